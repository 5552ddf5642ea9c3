/*
 * Jobs: RUN_* and FINISH_TILING hand a snapshot of the registers to the
 * pipeline and hold the endpoint scoreboard entry until it answers. A job that
 * the pipeline runs in slices keeps the stream at its instruction until it is
 * done; st->job_token names it, also across a suspend.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

/* cookie: 7:0 scoreboard entry, 15:8 type, 16 progress_inc, 63:17 job number */
static uint64_t cookie_make(unsigned entry, enum mali_job_type type, bool inc, uint64_t number)
{
    return entry | (uint64_t)type << 8 | (uint64_t)inc << 16 | number << 17;
}

static void job_ended(const struct cs_env *env, struct cs_state *st, uint64_t cookie)
{
    enum mali_job_type type = (cookie >> 8) & 0xff;

    st->progress_count++;
    mali_trace_emit(env->trace, MALI_EV_job, "end", env->csg, env->cs, cookie >> 17, 0);
    mali_trace_end(env->trace, MALI_TRACK_JOB, env->csg * 32u + env->cs);
    if (env->ops->job)
        env->ops->job(env->opaque, type, false);
}

static void job_started(struct cs_ctx *c, const struct mali_job *job)
{
    const struct cs_env *env = c->env;
    const char *name = mali_job_type_name(job->type);

    mali_trace_emit(env->trace, MALI_EV_job, name, env->csg, env->cs, job->cookie >> 17, 0);
    mali_trace_begin(env->trace, MALI_TRACK_JOB, env->csg * 32u + env->cs, name);
    if (env->ops->job)
        env->ops->job(env->opaque, job->type, true);
}

static enum cs_next job_failed(struct cs_ctx *c, struct mali_fault *fault)
{
    if (!fault->memory)
        fault->as = c->env->as;
    if (!cs_code_is_fatal(fault))
        return cs_recoverable(c, fault);
    *c->fault = *fault;
    c->stop = CS_STOP_FATAL;
    return CS_HALT;
}

/* The pipeline's answer, or what an injected fault makes of it. */
static enum mali_job_result submit(struct cs_ctx *c, const struct mali_job *job,
                                   struct mali_fault *fault)
{
    const struct cs_env *env = c->env;
    struct inject_hit hit;

    if (INJECT(env->bus->inject, job, &hit, .group = env->csg, .queue = env->cs, .as = env->as,
               .va = c->ip, .job = c->st->job_count)) {
        mali_pipeline_drop(env->pipeline, c->st->job_token);
        c->st->job_token = 0;
        if (hit.fault == FAULT_job_endless)
            return MALI_JOB_AGAIN;
        *fault = (struct mali_fault){.code = (uint8_t)hit.param[0], .as = env->as, .info = c->ip};
        return hit.fault == FAULT_job_fault ? MALI_JOB_FAULTED : MALI_JOB_DONE;
    }
    return mali_pipeline_submit(env->pipeline, job, env->ops->job_done, fault);
}

static enum cs_next run_job(struct cs_ctx *c, uint64_t w, enum mali_job_type type)
{
    const struct cs_env *env = c->env;
    struct cs_state *st = c->st;
    unsigned entry = st->sb_endpoint;
    struct mali_fault fault = {0};

    if (st->error && !st->job_token) /* a job that has begun goes on */
        return CS_NEXT;
    if (st->sb_count[entry] >= CS_SB_LIMIT)
        return cs_block(c, CS_BLOCKED_RESOURCE);

    struct mali_job job = {
        .type = type,
        .as = env->as,
        .csg = env->csg,
        .cs = env->cs,
        .instr = w,
        .ip = c->ip,
        .core_mask = env->core_mask,
        .owner = env->opaque,
        .cookie = cookie_make(entry, type, cs_progress_inc(w), st->job_count),
        .heap = st->heap & ~7ull,
        .tlb = env->tlb,
        .trace = env->trace,
        .token = &st->job_token,
        .progress = &st->progress_count,
    };
    memcpy(job.regs, st->regs, sizeof(st->regs));
    if (!st->job_token)
        job_started(c, &job);
    st->sb_count[entry]++; /* before submit: the answer may come from another thread at once */
    enum mali_job_result r = submit(c, &job, &fault);
    switch (r) {
    case MALI_JOB_PENDING:
        st->job_token = 0;
        st->job_count++;
        return CS_NEXT;
    case MALI_JOB_DONE:
        st->job_token = 0;
        st->job_count++;
        st->sb_count[entry]--;
        job_ended(env, st, job.cookie);
        return CS_NEXT;
    case MALI_JOB_AGAIN:
    case MALI_JOB_STALL:
        /* The stream stays at the instruction and holds no entry: it may be suspended. */
        st->sb_count[entry]--;
        c->stop = r == MALI_JOB_AGAIN ? CS_STOP_BUDGET : CS_STOP_STALL;
        return CS_HALT;
    case MALI_JOB_OOM: /* the firmware asks the host for memory, then the job goes on */
        st->sb_count[entry]--;
        cs_heap_counters(c);
        c->stop = CS_STOP_OOM;
        return CS_HALT;
    case MALI_JOB_FAULTED:
    default:
        st->job_token = 0;
        st->sb_count[entry]--;
        job_ended(env, st, job.cookie);
        if (!fault.code)
            fault.code = MALI_CS_ENDPOINT_FAULT;
        return job_failed(c, &fault);
    }
}

#define RUN(name, type)                                                                            \
    enum cs_next cs_##name(struct cs_ctx *c, uint64_t w)                                           \
    {                                                                                              \
        return run_job(c, w, type);                                                                \
    }

RUN(RUN_COMPUTE, MALI_JOB_COMPUTE)
RUN(RUN_COMPUTE_INDIRECT, MALI_JOB_COMPUTE_INDIRECT)
RUN(RUN_TILING, MALI_JOB_TILING)
RUN(RUN_IDVS, MALI_JOB_IDVS)
RUN(RUN_FRAGMENT, MALI_JOB_FRAGMENT)
RUN(RUN_FULLSCREEN, MALI_JOB_FULLSCREEN)
RUN(FINISH_TILING, MALI_JOB_FINISH_TILING)

/* Jobs in flight on @entry: what is outstanding without the deferred operations. */
static uint32_t in_flight(const struct cs_state *st, unsigned entry)
{
    uint32_t n = entry < CS_SB_COUNT ? st->sb_count[entry] : 0;

    for (unsigned i = 0; i < st->deferred_count; i++)
        n -= n && st->deferred[i].signal == entry;
    return n;
}

enum cs_stop cs_job_done(const struct cs_env *env, struct cs_state *st, uint64_t cookie,
                         const struct mali_fault *fault, struct mali_fault *out)
{
    struct cs_ctx c = {.env = env, .st = st, .fault = out};
    unsigned entry = cookie & 0xff;
    bool stalled;

    memset(out, 0, sizeof(*out));
    if (in_flight(st, entry)) /* one answer too many must not harm */
        st->sb_count[entry]--;
    job_ended(env, st, cookie);
    if (fault && fault->code) {
        struct mali_fault f = *fault;
        if (!f.memory)
            f.as = env->as;
        if (cs_code_is_fatal(&f)) {
            *out = f;
            return CS_STOP_FATAL;
        }
        if (cs_recoverable(&c, &f) == CS_NEXT_HALT) {
            struct mali_fault first = *out;
            /* A fatal fault of a deferred operation outranks the recoverable one. */
            if (cs_drain(&c, &stalled) == CS_HALT)
                return c.stop;
            *out = first;
            return CS_STOP_FAULT;
        }
    }
    return cs_drain(&c, &stalled) == CS_HALT ? c.stop : CS_STOP_BUDGET;
}
