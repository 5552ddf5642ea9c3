/*
 * Graphics jobs under way. A token comes from guest memory: it is believed only for the same
 * instruction with the same registers at the same place.
 *
 * Called by idvs.c, fragment.c, pipeline.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gfx_job.h"

#include <stdlib.h>
#include <string.h>

static void job_free(struct mali_pipeline *p, struct gfx_job **at)
{
    struct gfx_job *j = *at;

    *at = j->next;
    p->gfx_job_count--;
    j->fini(j);
    free(j);
}

void gfx_job_drop(struct mali_pipeline *p, uint64_t token)
{
    struct gfx_job **at = &p->gfx_jobs;

    while (*at)
        if (!token || (*at)->token == token)
            job_free(p, at);
        else
            at = &(*at)->next;
}

/* Found jobs move to the front: the last one of the list was not used for longest. */
static struct gfx_job *find(struct mali_pipeline *p, uint64_t token)
{
    for (struct gfx_job **at = &p->gfx_jobs; *at; at = &(*at)->next)
        if ((*at)->token == token) {
            struct gfx_job *j = *at;
            *at = j->next;
            j->next = p->gfx_jobs;
            p->gfx_jobs = j;
            return j;
        }
    return NULL;
}

static struct gfx_job *job_new(struct mali_pipeline *p, const struct mali_job *job, size_t size,
                               void (*fini)(struct gfx_job *j))
{
    size_t whole = (size + 63) & ~(size_t)63;
    struct gfx_job *j = aligned_alloc(64, whole), **last = &p->gfx_jobs;

    if (!j)
        return NULL;
    if (p->gfx_job_count >= PIPELINE_MAX_JOBS) { /* groups that were suspended and forgotten */
        while ((*last)->next)
            last = &(*last)->next;
        job_free(p, last);
    }
    memset(j, 0, whole);
    j->token = ++p->last_token;
    j->fini = fini;
    j->job = *job;
    j->root = pipeline_root(job);
    j->pipeline = p;
    j->next = p->gfx_jobs;
    p->gfx_jobs = j;
    p->gfx_job_count++;
    return j;
}

struct gfx_job *gfx_job_get(struct mali_pipeline *p, const struct mali_job *job, size_t size,
                            void (*fini)(struct gfx_job *j), struct mali_fault *fault)
{
    struct gfx_job *j = *job->token ? find(p, *job->token) : NULL;
    uint64_t token = *job->token;

    *job->token = 0;
    *fault = (struct mali_fault){.as = job->as, .info = job->ip};
    if (j && pipeline_same_job(&j->job, j->root, job))
        return j;
    if (token && !j) { /* restored from a snapshot, or forgotten over too many others */
        fault->code = MALI_CSF_RES_EVICTION_TIMEOUT;
        return NULL;
    }
    if (j)
        gfx_job_drop(p, token);
    j = job_new(p, job, size, fini);
    if (!j)
        fault->code = MALI_CSF_FW_INTERNAL_ERROR;
    return j;
}

enum mali_job_result gfx_job_put(struct gfx_job *j, const struct mali_job *job,
                                 enum mali_job_result r)
{
    if (r == MALI_JOB_AGAIN && j->work != j->work_seen && job->progress)
        ++*job->progress;
    j->work_seen = j->work;
    if (r == MALI_JOB_AGAIN || r == MALI_JOB_STALL || r == MALI_JOB_OOM)
        *job->token = j->token;
    else
        gfx_job_drop(j->pipeline, j->token);
    return r;
}
