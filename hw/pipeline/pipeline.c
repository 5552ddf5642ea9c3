/*
 * The pipeline's front door: gives a job to the unit that runs it. Jobs for units
 * that are not modelled are refused with CS_ENDPOINT_FAULT, and each type of
 * job says so once in the log.
 *
 * Called by csf and mcu. Calls compute.c, gfx_idvs.c, gfx_fullscreen.c, gfx_frame.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../valhall/jit.h"
#include "gfx_job.h"
#include "gfx_lanes.h"
#include "gfx_vec.h"
#include "texture/wide.h"

struct mali_pipeline *mali_pipeline_new(struct mali_bus *bus, unsigned threads)
{
    struct mali_pipeline *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->bus = bus;
    p->vec = gfx_vec_best();
    p->lanes = gfx_lanes_best();
    p->tex_vec = tex_vec_best();
    p->slices = 1;
    p->pool = pool_new(bus, threads);
    p->programs = va_cache_new();
    if (!p->pool || !p->programs) {
        mali_pipeline_free(p);
        return NULL;
    }
    return p;
}

void mali_pipeline_jit(struct mali_pipeline *p, unsigned mode)
{
    va_cache_jit(p->programs, mode);
}

void mali_pipeline_free(struct mali_pipeline *p)
{
    if (!p)
        return;
    mali_pipeline_capture_end(p);
    mali_pipeline_reset(p);
    mali_pipeline_race_end(p);
    pool_free(p->pool);
    for (unsigned i = 0; i < POOL_MAX; i++)
        mali_tlb_free(p->tlb[i]);
    va_cache_free(p->programs);
    va_jit_wait(); /* for what nobody will run: the process may end next */
    free(p);
}

void mali_pipeline_drop(struct mali_pipeline *p, uint64_t token)
{
    if (!token)
        return;
    record_drop(p, token);
    compute_drop(p, token);
    gfx_job_drop(p, token);
}

void mali_pipeline_finish_fragment(struct mali_pipeline *p, const struct mali_tlb *tlb, uint8_t as,
                                   uint64_t first)
{
    if (p)
        gfx_pass_finish(p, mali_mmu_root(tlb->mmu, as), first);
}

void mali_pipeline_reset(struct mali_pipeline *p)
{
    if (!p)
        return;
    record_drop(p, 0);
    compute_drop(p, 0);
    gfx_job_drop(p, 0);
    gfx_pass_drop_all(p);
}

uint64_t pipeline_root(const struct mali_job *job)
{
    return mali_mmu_root(job->tlb->mmu, job->as);
}

bool pipeline_same_job(const struct mali_job *first, uint64_t root, const struct mali_job *job)
{
    enum { JOB_REGS = 64 };

    return first->instr == job->instr && first->ip == job->ip && root == pipeline_root(job) &&
           first->core_mask == job->core_mask &&
           !memcmp(first->regs, job->regs, JOB_REGS * sizeof(first->regs[0]));
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

static enum mali_job_result refuse(struct mali_pipeline *p, const struct mali_job *job,
                                   struct mali_fault *fault)
{
    static const char why[] = "not modelled yet";
    uint32_t bit = 1u << ((unsigned)job->type & 31);
    char text[128];

    if (job->token) {
        mali_pipeline_drop(p, *job->token); /* another instruction stands there now */
        *job->token = 0;
    }
    if (!(__atomic_fetch_or(&p->said, bit, __ATOMIC_RELAXED) & bit))
        mali_log(p->bus, MALI_LOG_UNIMP, "%s: %s", mali_job_type_name(job->type), why);
    mali_trace_touch(job->trace, MALI_FID_SHADER, mali_job_type_name(job->type), MALI_FID_TODO, why,
                     NULL, 1);
    *fault = (struct mali_fault){
        .code = MALI_CS_ENDPOINT_FAULT,
        .as = job->as,
        .info = job->ip,
    };
    snprintf(text, sizeof(text), "%s: %s: %s", mali_job_type_name(job->type),
             mali_fault_name(fault->code), why);
    mali_trace_finding(job->trace, "endpoint fault", text);
    return MALI_JOB_FAULTED;
}

enum mali_job_result pipeline_run(struct mali_pipeline *p, const struct mali_job *job,
                                  struct mali_fault *fault)
{
    p->reports = mali_trace_counts(job->trace);
    p->slices++;
    switch (job->type) {
    case MALI_JOB_COMPUTE:
    case MALI_JOB_COMPUTE_INDIRECT:
        if (job->token && job->tlb)
            return compute_submit(p, job, fault);
        return refuse(p, job, fault);
    case MALI_JOB_IDVS:
        /* Without malloc_enable the vertex shader's outputs are descriptors: no driver asks for it.
         */
        if (job->token && job->tlb && (job->instr >> 33 & 1))
            return gfx_idvs_submit(p, job, fault);
        return refuse(p, job, fault);
    case MALI_JOB_FULLSCREEN:
        if (job->token && job->tlb)
            return gfx_fullscreen_submit(p, job, fault);
        return refuse(p, job, fault);
    case MALI_JOB_FRAGMENT:
        if (job->token && job->tlb)
            return gfx_fragment_submit(p, job, fault);
        return refuse(p, job, fault);
    case MALI_JOB_FINISH_TILING: /* polygon lists are complete at any time */
        return MALI_JOB_DONE;
    default:
        return refuse(p, job, fault);
    }
}

enum mali_job_result mali_pipeline_submit(struct mali_pipeline *p, const struct mali_job *job,
                                          mali_job_done_fn done, struct mali_fault *fault)
{
    (void)done;
    if (__builtin_expect(p->recorder != NULL, 0))
        return record_submit(p, job, fault);
    return pipeline_run(p, job, fault);
}
