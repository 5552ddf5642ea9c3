/*
 * The pipeline: what RUN_COMPUTE, RUN_IDVS, RUN_FRAGMENT and their relatives
 * hand their register state to. Compute jobs are run, in slices; every other job
 * is refused with a fault that says so; nothing is ever answered with success
 * that was not done.
 *
 * Called by csf (jobs) and mcu (drop, reset). Calls valhall and mmu.
 *
 * Threads. Everything but new and free is called by whoever steps the
 * microcontroller: the GPU thread, or, when it does not step, the holder of the core's lock. Worker
 * threads work only while that one is inside mali_pipeline_submit().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_PIPELINE_H
#define MALI_PIPELINE_H

#include "../bus/bus.h"

struct mali_tlb;
struct mali_trace;

enum mali_job_type {
    MALI_JOB_COMPUTE,
    MALI_JOB_COMPUTE_INDIRECT,
    MALI_JOB_TILING,
    MALI_JOB_IDVS,
    MALI_JOB_FRAGMENT,
    MALI_JOB_FULLSCREEN,
    MALI_JOB_FINISH_TILING,
};

/** Everything a job may look at; registers are a snapshot taken at RUN time. */
struct mali_job {
    enum mali_job_type type;
    uint8_t as;      /* address space of the group */
    uint8_t csg, cs; /* slot and stream, for traces */
    uint64_t instr;  /* the RUN_* instruction word (flags override, selects) */
    uint64_t ip;     /* its address */
    uint32_t regs[128];
    uint64_t core_mask;       /* endpoints that the group may use */
    uint64_t heap;            /* tiler heap context in force (HEAP_SET); 0: none. gfx_heap.c */
    void *owner;              /* opaque to the pipeline */
    uint64_t cookie;          /* opaque to the pipeline: scoreboard entry and job number */
    struct mali_tlb *tlb;     /* the calling thread's; used during the call only */
    struct mali_trace *trace; /* or NULL */
    /**
     * In: 0, or what an earlier AGAIN, STALL or OOM left here: that job goes on. Out: the job's name
     * after those, else 0. Whoever keeps it may keep it in guest memory: a name that is
     * not known, or whose registers, instruction or address differ, reaches no other job.
     */
    uint64_t *token;
    /** Counts up with AGAIN when parts of the job have ended since its last slice; or NULL. */
    uint64_t *progress;
};

/** Called when an asynchronous job has ended, from any thread. */
typedef void (*mali_job_done_fn)(const struct mali_job *job, const struct mali_fault *fault);

enum mali_job_result {
    MALI_JOB_DONE,    /* finished, memory is written */
    MALI_JOB_PENDING, /* done() will be called */
    MALI_JOB_FAULTED, /* *fault says why */
    MALI_JOB_AGAIN,   /* a slice was run: submit it again, when other work has had its turn */
    MALI_JOB_STALL,   /* as AGAIN, but a locked MMU region is in the way: some time later */
    MALI_JOB_OOM,     /* as AGAIN, but the tiler heap has no chunk left: when it has one, or was flushed */
};

struct mali_pipeline;
/**
 * @threads: that run shaders, the one that submits among them; 1: no others, slices are counted in
 * instructions only, so that a job runs the same way each time; 0: as many as the host has.
 */
struct mali_pipeline *mali_pipeline_new(struct mali_bus *bus, unsigned threads);
/**
 * Whether shaders are compiled (valhall/jit.h), an enum va_jit_mode; not at first. Before the first
 * job. Without LLVM nothing changes.
 */
void mali_pipeline_jit(struct mali_pipeline *p, unsigned mode);
/** Before the MMU that its jobs used is freed. */
void mali_pipeline_free(struct mali_pipeline *p);
enum mali_job_result mali_pipeline_submit(struct mali_pipeline *p, const struct mali_job *job,
                                          mali_job_done_fn done, struct mali_fault *fault);
/** Job @token will not be submitted again: its group has been terminated. 0, unknown: nothing. */
void mali_pipeline_drop(struct mali_pipeline *p, uint64_t token);
/**
 * FINISH_FRAGMENT in address space @as: the tiler heap's chunks from @first on are free again, what
 * was tiled into them is gone. 0, unknown: nothing.
 */
void mali_pipeline_finish_fragment(struct mali_pipeline *p, const struct mali_tlb *tlb, uint8_t as,
                                   uint64_t first);
/** A cold reset, or a state from elsewhere: no job goes on, nothing that was drawn is left. */
void mali_pipeline_reset(struct mali_pipeline *p);
/**
 * Writes every job with the memory it touches to @path (trace/capture.h), until the pipeline is
 * freed or the file has @limit bytes (0: CAPTURE_LIMIT). Jobs then run on the thread that submits
 * them. Before the first job. False: *err says why (static).
 */
bool mali_pipeline_capture(struct mali_pipeline *p, const char *path, uint64_t limit,
                           const char **err);
/** Ends the capture's file; the pipeline goes on without. */
void mali_pipeline_capture_end(struct mali_pipeline *p);
/**
 * Reports races between invocations (race.c) to the log and to @trace, which may be NULL. Jobs then
 * run slowly, on the thread that submits them. Before the first job. False: out of memory.
 */
bool mali_pipeline_race(struct mali_pipeline *p, struct mali_trace *trace);
/** Ends that, with a line about what was found. */
void mali_pipeline_race_end(struct mali_pipeline *p);
/** Name of a job type for logs, traces and reports. */
const char *mali_job_type_name(enum mali_job_type type);

#endif
