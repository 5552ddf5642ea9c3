/*
 * Graphics jobs under way: kept between slices under the token that their stream keeps.
 *
 * Called by idvs.c and fragment.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_JOB_H
#define MALI_GFX_JOB_H

#include "gfx.h"

/** Begins every kind of graphics job. */
struct gfx_job {
    struct gfx_job *next;
    uint64_t token;
    void (*fini)(struct gfx_job *j); /* frees what the job holds, not the job */
    struct mali_job job;             /* as first submitted */
    uint64_t root;                   /* of its address space, whatever slot that is in now */
    struct mali_pipeline *pipeline;
    bool loaded;
    uint64_t work, work_seen; /* changes when a part of the job ends; as the last slice left it */
};

/**
 * The job that *@job->token names, or a new one: @size bytes, 64-byte aligned, zero behind the
 * head. NULL: *@fault says why. Takes the token.
 */
struct gfx_job *gfx_job_get(struct mali_pipeline *p, const struct mali_job *job, size_t size,
                            void (*fini)(struct gfx_job *j), struct mali_fault *fault);
/** After a slice: the job goes on (the token is set), or has ended and is gone. Returns @r. */
enum mali_job_result gfx_job_put(struct gfx_job *j, const struct mali_job *job,
                                 enum mali_job_result r);
/** Ends jobs without a trace; @token 0: all. */
void gfx_job_drop(struct mali_pipeline *p, uint64_t token);

#endif
