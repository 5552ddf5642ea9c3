/*
 * What the pipeline's files share: the pipeline, and the jobs that it runs in slices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_PIPELINE_INTERNAL_H
#define MALI_PIPELINE_INTERNAL_H

#include "core.h"
#include "pool.h"
#include "spare.h"

#define PIPELINE_MAX_JOBS 256 /* under way, those of suspended groups among them */

struct compute_job;
struct recorder;
struct race;
struct gfx_job;
struct gfx_pass;
struct gfx_vec;
struct gfx_lanes;
struct tex_vec;

struct mali_pipeline {
    struct mali_bus *bus;
    struct mali_pool *pool;
    struct mali_tlb *tlb[POOL_MAX];    /* of workers, from 1 on; made when first needed */
    uint32_t said;                     /* bit per type: the log line was written; atomic */
    uint32_t said_op[VA_OPS / 32 + 1]; /* bit per shader instruction, likewise */
    uint32_t said_textures;            /* log lines of the texture unit; atomic */
    uint32_t op_slot[VA_OPS];          /* fidelity report: cached slots */
    const struct gfx_vec *vec;         /* arithmetic of fragments, for this CPU */
    const struct gfx_lanes *lanes;     /* fragments in warps, likewise */
    const struct tex_vec *tex_vec;     /* of texels */
    struct va_cache *programs;
    struct compute_job *jobs; /* the one that ran last first */
    unsigned job_count;
    uint64_t last_token;
    bool reports;    /* a fidelity report is wanted: count each instruction */
    uint64_t slices; /* submits so far, from 1 on: what is remembered of memory is of one of them */
    struct recorder *recorder;      /* or NULL: no capture */
    struct core_observer *observer; /* or NULL */
    struct race *race;              /* or NULL: no race detector */
    struct gfx_job *gfx_jobs;       /* likewise */
    unsigned gfx_job_count;
    struct gfx_pass *passes; /* likewise */
    uint64_t last_pass;      /* number of the pass made last; a replay sets it */
    unsigned pass_count;
    uint64_t pass_bytes;
    uint32_t pass_prims;    /* of the pass that went last: the next one's, probably; */
    uint32_t draw_vertices; /* of its largest draw */
    struct spares spares;
    uint64_t work[MALI_WORKS]; /* of the fragment job and of the draw that ended last */
};

/** The translation table of a job's address space: a VM that was suspended may come back in another
 * slot. */
uint64_t pipeline_root(const struct mali_job *job);
/**
 * Whether @job is the one that began as @first in address space @root: what a token from guest
 * memory must match. Jobs read no register from 64 on, which an exception handler that ran
 * meanwhile may leave changed.
 */
bool pipeline_same_job(const struct mali_job *first, uint64_t root, const struct mali_job *job);

/** Notes @value as what the job that ends has done, for timelines, too; @trace may be NULL. */
static inline void pipeline_work(struct mali_pipeline *p, struct mali_trace *trace,
                                 enum mali_work which, uint64_t value)
{
    p->work[which] = value;
    if (trace)
        mali_trace_counter(trace, MALI_TRACK_WORK, which, value);
}

/** Runs a slice of a compute job. */
enum mali_job_result compute_submit(struct mali_pipeline *p, const struct mali_job *job,
                                    struct mali_fault *fault);
/** Ends a job without a trace of it in memory; @token 0: all. */
void compute_drop(struct mali_pipeline *p, uint64_t token);

/** As mali_pipeline_submit(), not recorded. */
enum mali_job_result pipeline_run(struct mali_pipeline *p, const struct mali_job *job,
                                  struct mali_fault *fault);

/* record.c */
/** pipeline_run(), with what it touches noted; written when the job has ended. */
enum mali_job_result record_submit(struct mali_pipeline *p, const struct mali_job *job,
                                   struct mali_fault *fault);
/** Job @token will not go on; 0: all. */
void record_drop(struct mali_pipeline *p, uint64_t token);

#endif
