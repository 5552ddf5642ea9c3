/*
 * The pipeline: what RUN_COMPUTE, RUN_IDVS, RUN_FRAGMENT and their relatives
 * hand their register state to. Until the shader cores exist every job is
 * refused with a fault that says so; nothing is ever answered with success.
 *
 * Called by csf. Will call valhall, texture and mmu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_PIPELINE_H
#define MALI_PIPELINE_H

#include "../bus/bus.h"

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
    uint8_t as;          /* address space of the group */
    uint8_t csg, cs;     /* slot and stream, for traces */
    uint64_t instr;      /* the RUN_* instruction word (flags override, selects) */
    uint64_t ip;         /* its address */
    uint32_t regs[128];
    uint64_t core_mask;  /* endpoints that the group may use */
    void *owner;         /* opaque to the pipeline */
    uint64_t cookie;     /* opaque to the pipeline: scoreboard entry and job number */
};

/** Called when an asynchronous job has ended, from any thread. */
typedef void (*mali_job_done_fn)(const struct mali_job *job, const struct mali_fault *fault);

enum mali_job_result {
    MALI_JOB_DONE,    /* finished, memory is written */
    MALI_JOB_PENDING, /* done() will be called */
    MALI_JOB_FAULTED, /* *fault says why */
};

struct mali_pipeline;
struct mali_pipeline *mali_pipeline_new(struct mali_bus *bus, unsigned threads);
void mali_pipeline_free(struct mali_pipeline *p);
enum mali_job_result mali_pipeline_submit(struct mali_pipeline *p, const struct mali_job *job,
                                          mali_job_done_fn done, struct mali_fault *fault);
/** Name of a job type for logs, traces and reports. */
const char *mali_job_type_name(enum mali_job_type type);

#endif
