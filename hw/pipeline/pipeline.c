/*
 * The pipeline's front door. There are no shader cores yet, so every job is
 * refused with CS_ENDPOINT_FAULT, and each type of job says so once in the log.
 *
 * Called by csf. SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "pipeline.h"

struct mali_pipeline {
    struct mali_bus *bus;
    unsigned threads;
    uint32_t said; /* bit per type: the log line was written; atomic */
};

struct mali_pipeline *mali_pipeline_new(struct mali_bus *bus, unsigned threads)
{
    struct mali_pipeline *p = calloc(1, sizeof(*p));

    if (p) {
        p->bus = bus;
        p->threads = threads;
    }
    return p;
}

void mali_pipeline_free(struct mali_pipeline *p)
{
    free(p);
}

const char *mali_job_type_name(enum mali_job_type type)
{
    static const char *const names[] = {
        [MALI_JOB_COMPUTE] = "RUN_COMPUTE",
        [MALI_JOB_COMPUTE_INDIRECT] = "RUN_COMPUTE_INDIRECT",
        [MALI_JOB_TILING] = "RUN_TILING",
        [MALI_JOB_IDVS] = "RUN_IDVS",
        [MALI_JOB_FRAGMENT] = "RUN_FRAGMENT",
        [MALI_JOB_FULLSCREEN] = "RUN_FULLSCREEN",
        [MALI_JOB_FINISH_TILING] = "FINISH_TILING",
    };

    return (unsigned)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown job";
}

enum mali_job_result mali_pipeline_submit(struct mali_pipeline *p, const struct mali_job *job,
                                          mali_job_done_fn done, struct mali_fault *fault)
{
    uint32_t bit = 1u << ((unsigned)job->type & 31);

    (void)done;
    if (!(__atomic_fetch_or(&p->said, bit, __ATOMIC_RELAXED) & bit))
        mali_log(p->bus, MALI_LOG_UNIMP, "%s: shader cores are not modelled yet",
                 mali_job_type_name(job->type));
    *fault = (struct mali_fault){
        .code = MALI_CS_ENDPOINT_FAULT,
        .as = job->as,
        .info = job->ip,
    };
    return MALI_JOB_FAULTED;
}
