/*
 * Compute jobs. Workgroups run one after the other, x fastest; the warps of one
 * take turns, so that they may wait for each other, and meet at barriers. A job
 * runs in slices of a bounded number of instructions, one per submit, so that
 * nobody waits for a shader that does not end; between slices it lives here,
 * under the name that its stream keeps.
 *
 * All of it happens on one core, the lowest that the group may use: local storage of
 * the first threads and of the first instance is used.
 *
 * Called by pipeline.c. Calls core.c and the interpreter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline_internal.h"

#define SLICE   8192u /* instructions of warps in one submit: a millisecond, ten with messages */
#define QUANTUM 1024u /* of these, in a warp before the next one has its turn */

/* Registers of the job. Source: decode_csf.c */
enum {
    REG_SRT = 0,
    REG_FAU = 8,
    REG_SPD = 16,
    REG_TSD = 24,
    REG_ATTRIBUTE_OFFSET = 32,
    REG_GROUP_SIZE = 33,
    REG_OFFSET = 34, /* x, y, z in threads */
    REG_GRID = 37,   /* x, y, z in workgroups */
};

enum warp_state { WARP_RUNS, WARP_WAITS, WARP_ENDED };

struct compute_warp {
    struct va_warp w;
    enum warp_state state;
};

struct compute_job {
    struct compute_job *next;
    uint64_t token;
    struct mali_job job; /* as first submitted */
    struct core core;
    bool loaded;                /* descriptors were read */
    bool in_group;              /* warps are under way */
    uint32_t size[3];           /* of a workgroup */
    unsigned threads;           /* of a workgroup */
    unsigned merged;            /* workgroups along x that share a warp */
    uint32_t grid[3], group[3]; /* how many, and the one under way or next */
    unsigned warps, alive, waiting, turn;
    struct compute_warp *warp;
};

/* --- jobs under way ------------------------------------------------------------------ */

static void warps_fini(struct compute_job *c)
{
    for (unsigned i = 0; c->in_group && i < c->warps; i++)
        va_warp_fini(&c->warp[i].w);
    c->in_group = false;
}

static void job_free(struct mali_pipeline *p, struct compute_job **at)
{
    struct compute_job *c = *at;

    *at = c->next;
    p->job_count--;
    if (core_watched(&c->core) && p->observer && p->observer->ended)
        p->observer->ended(p->observer, &c->core);
    warps_fini(c);
    core_fini(&c->core);
    free(c->warp);
    free(c);
}

void compute_drop(struct mali_pipeline *p, uint64_t token)
{
    struct compute_job **at = &p->jobs;

    while (*at)
        if (!token || (*at)->token == token)
            job_free(p, at);
        else
            at = &(*at)->next;
}

/* Same instruction, same place, same registers: what a token from guest memory must match. */
static bool same_job(const struct mali_job *a, const struct mali_job *b)
{
    return a->instr == b->instr && a->ip == b->ip && a->as == b->as &&
           a->core_mask == b->core_mask && !memcmp(a->regs, b->regs, sizeof(a->regs));
}

static struct compute_job *job_new(struct mali_pipeline *p, const struct mali_job *job)
{
    struct compute_job *c = aligned_alloc(64, (sizeof(*c) + 63) & ~(size_t)63);
    struct compute_job **last = &p->jobs;

    if (!c)
        return NULL;
    if (p->job_count >= PIPELINE_MAX_JOBS) { /* groups that were suspended and forgotten */
        while ((*last)->next)
            last = &(*last)->next;
        job_free(p, last);
    }
    memset(c, 0, sizeof(*c));
    c->token = ++p->last_token;
    c->job = *job;
    c->core.pipeline = p;
    c->core.job = c->token;
    c->next = p->jobs;
    p->jobs = c;
    p->job_count++;
    return c;
}

/* The job that @job's token names, moved to the front of the list; NULL: there is none. */
static struct compute_job *job_find(struct mali_pipeline *p, uint64_t token)
{
    for (struct compute_job **at = &p->jobs; *at; at = &(*at)->next)
        if ((*at)->token == token) {
            struct compute_job *c = *at;
            *at = c->next;
            c->next = p->jobs;
            p->jobs = c;
            return c;
        }
    return NULL;
}

/* --- setup ----------------------------------------------------------------------------- */

static uint64_t reg64(const struct compute_job *c, unsigned base, unsigned select_lo)
{
    unsigned r = base + 2 * (c->job.instr >> select_lo & 3);

    return c->job.regs[r] | (uint64_t)c->job.regs[r + 1] << 32;
}

static bool make_warps(struct compute_job *c)
{
    unsigned warps = (c->threads + VA_LANES - 1) / VA_LANES;

    if (!c->warp)
        c->warp = aligned_alloc(64, (warps * sizeof(*c->warp) + 63) & ~(size_t)63);
    c->warps = warps;
    return c->warp;
}

/* Reads registers and descriptors. */
static enum mali_mem_result job_load(struct compute_job *c)
{
    struct core *k = &c->core;
    uint32_t size = c->job.regs[REG_GROUP_SIZE];
    enum mali_mem_result r;

    for (unsigned i = 0; i < 3; i++) {
        c->size[i] = (size >> 10 * i & 0x3ff) + 1;
        c->grid[i] = c->job.regs[REG_GRID + i];
        if (!c->grid[i]) {
            c->grid[0] = 0; /* nothing to do */
            return MALI_MEM_OK;
        }
    }
    if (!c->job.core_mask) /* guess: no core takes it */
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, c->job.ip);
    c->threads = c->size[0] * c->size[1] * c->size[2]; /* at most 2^30 */
    if ((size >> 30 & 1) || c->threads > CORE_MAX_THREADS)
        return core_fault(k, MALI_DATA_INVALID_FAULT, size);
    c->merged = size >> 31 && c->threads <= VA_LANES / 2 ? VA_LANES / c->threads : 1;
    k->attribute_offset = c->job.regs[REG_ATTRIBUTE_OFFSET];
    r = core_load(k, reg64(c, REG_SRT, 40), reg64(c, REG_FAU, 46), reg64(c, REG_SPD, 42),
                  reg64(c, REG_TSD, 44), CORE_STAGE_COMPUTE);
    if (r != MALI_MEM_OK)
        return r;
    k->shader.special[VA_SPECIAL_CORE_ID] = (unsigned)__builtin_ctzll(c->job.core_mask);
    va_bind(&k->shader);
    return make_warps(c) ? MALI_MEM_OK : core_fault(k, MALI_CSF_FW_INTERNAL_ERROR, c->job.ip);
}

/* --- workgroups ------------------------------------------------------------------------- */

/* Registers as Mesa's compiler expects them: local, workgroup, global ids. */
static void preload(struct compute_job *c, struct va_warp *w, unsigned lane, unsigned thread)
{
    unsigned t = thread % c->threads;
    uint32_t group[3] = {c->group[0] + thread / c->threads, c->group[1], c->group[2]};
    uint32_t local[3] = {t % c->size[0], t / c->size[0] % c->size[1],
                         t / (c->size[0] * c->size[1])};
    uint32_t r[16] = {0};

    r[7] = local[0] | local[1] << 16;
    r[8] = local[2];
    for (unsigned i = 0; i < 3; i++) {
        r[9 + i] = group[i];
        r[12 + i] = group[i] * c->size[i] + local[i] + c->job.regs[REG_OFFSET + i];
    }
    for (unsigned i = 0; i < 16; i++)
        if (c->core.preload >> i & 1)
            w->r[48 + i][lane] = r[i];
}

static void group_begin(struct compute_job *c)
{
    uint32_t left = c->grid[0] - c->group[0];
    unsigned threads = c->threads * (c->merged < left ? c->merged : left);

    for (unsigned i = 0; i < c->warps; i++) {
        struct va_warp *w = &c->warp[i].w;
        unsigned first = i * VA_LANES, n = threads - first < VA_LANES ? threads - first : VA_LANES;

        va_warp_init(w, &c->core.shader, (uint16_t)((1u << n) - 1));
        for (unsigned lane = 0; lane < n; lane++) {
            preload(c, w, lane, first + lane);
            w->tls[lane] = c->core.tls + (first + lane) * c->core.tls_bytes;
        }
        c->warp[i].state = WARP_RUNS;
    }
    c->alive = c->warps;
    c->waiting = c->turn = 0;
    c->in_group = true;
    if (core_watched(&c->core)) {
        memcpy(c->core.group, c->group, sizeof(c->group));
        memcpy(c->core.grid, &c->job.regs[REG_GRID], sizeof(c->core.grid));
        c->core.threads = c->threads;
        c->core.epoch = 0;
    }
}

/* Goes on to the next workgroup, or those merged; false: that was the last one. */
static bool group_next(struct compute_job *c)
{
    for (unsigned i = 0; i < 3; i++) {
        uint32_t step = i ? 1 : c->merged;
        if (c->grid[i] - c->group[i] > step) {
            c->group[i] += step;
            return true;
        }
        c->group[i] = 0;
    }
    c->grid[0] = 0;
    return false;
}

/* All warps that are left have come to the barrier: they go on behind it. */
static void release(struct compute_job *c)
{
    if (!c->waiting || c->waiting < c->alive)
        return;
    for (unsigned i = 0; i < c->warps; i++)
        if (c->warp[i].state == WARP_WAITS)
            c->warp[i].state = WARP_RUNS;
    c->waiting = 0;
    c->core.epoch++;
}

/* A turn of one warp. DONE: go on. */
static enum mali_job_result warp_turn(struct compute_job *c, struct compute_warp *cw,
                                      uint32_t *budget)
{
    uint32_t turn = *budget < QUANTUM ? *budget : QUANTUM;
    uint64_t before = cw->w.executed, used;
    struct core *k = &c->core;

    k->shader.special[VA_SPECIAL_WARP_ID] = cw - c->warp;
    k->fault.code = 0;
    enum va_stop stop = va_run(&cw->w, &k->shader, turn);
    used = cw->w.executed - before + 1; /* a turn that does nothing counts, too */
    *budget -= used < *budget ? used : *budget;
    switch (stop) {
    case VA_STOP_ENDED:
        va_warp_fini(&cw->w);
        cw->state = WARP_ENDED;
        c->alive--;
        break;
    case VA_STOP_BARRIER:
        cw->state = WARP_WAITS;
        c->waiting++;
        break;
    case VA_STOP_SLICE:
        break;
    case VA_STOP_STALL:
        return MALI_JOB_STALL;
    case VA_STOP_FAULT:
    default:
        return core_warp_stalled(k, &cw->w) ? MALI_JOB_STALL : MALI_JOB_FAULTED;
    }
    release(c);
    return MALI_JOB_DONE;
}

/* Runs the workgroup under way to its end, or to that of the budget. */
static enum mali_job_result group_run(struct compute_job *c, uint32_t *budget)
{
    while (c->alive) {
        struct compute_warp *cw = &c->warp[c->turn];

        if (!*budget)
            return MALI_JOB_AGAIN;
        if (cw->state == WARP_RUNS) {
            enum mali_job_result r = warp_turn(c, cw, budget);
            if (r != MALI_JOB_DONE)
                return r;
        }
        c->turn = c->turn + 1 < c->warps ? c->turn + 1 : 0;
    }
    warps_fini(c);
    return MALI_JOB_DONE;
}

static enum mali_job_result job_slice(struct compute_job *c)
{
    static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                    [MALI_MEM_STALL] = MALI_JOB_STALL,
                                    [MALI_MEM_FAULT] = MALI_JOB_FAULTED};
    uint32_t budget = SLICE;
    enum mali_job_result r = MALI_JOB_DONE;

    if (!c->loaded) {
        r = loads[job_load(c)];
        c->loaded = r == MALI_JOB_DONE;
    }
    while (r == MALI_JOB_DONE && c->grid[0]) {
        if (!c->in_group)
            group_begin(c);
        r = group_run(c, &budget);
        if (r == MALI_JOB_DONE && group_next(c) && !budget)
            r = MALI_JOB_AGAIN;
    }
    return r;
}

/* --- submit ---------------------------------------------------------------------------- */

static void say_fault(struct mali_pipeline *p, const struct compute_job *c)
{
    const struct mali_fault *f = &c->core.fault;

    mali_log(p->bus, MALI_LOG_GUEST_ERROR, "%s at 0x%llx, workgroup %u %u %u: %s, 0x%llx",
             mali_job_type_name(c->job.type), (unsigned long long)c->job.ip, c->group[0],
             c->group[1], c->group[2], mali_fault_name(f->code), (unsigned long long)f->info);
}

/* The job goes on, or begins. NULL: *fault says why not. */
static struct compute_job *job_of(struct mali_pipeline *p, const struct mali_job *job,
                                  struct mali_fault *fault)
{
    struct compute_job *c = *job->token ? job_find(p, *job->token) : NULL;

    if (c && same_job(&c->job, job))
        return c;
    if (*job->token && !c) { /* restored from a snapshot, or forgotten over too many others */
        *fault = (struct mali_fault){
            .code = MALI_CSF_RES_EVICTION_TIMEOUT, .as = job->as, .info = job->ip};
        return NULL;
    }
    if (c)
        compute_drop(p, c->token);
    c = job_new(p, job);
    if (!c)
        *fault =
            (struct mali_fault){.code = MALI_CSF_FW_INTERNAL_ERROR, .as = job->as, .info = job->ip};
    return c;
}

enum mali_job_result compute_submit(struct mali_pipeline *p, const struct mali_job *job,
                                    struct mali_fault *fault)
{
    struct compute_job *c = job_of(p, job, fault);
    enum mali_job_result r;

    *job->token = 0;
    if (!c)
        return MALI_JOB_FAULTED;
    c->core.tlb = job->tlb;
    c->core.as = job->as;
    c->core.source = (uint16_t)(0x8000 | job->csg << 8 | job->cs); /* guess, as the streams' */
    c->core.stalled = false;
    r = job_slice(c);
    va_count(&c->core.shader);
    core_report(&c->core, job->trace);
    if (r == MALI_JOB_AGAIN || r == MALI_JOB_STALL) {
        *job->token = c->token;
        return r;
    }
    if (r == MALI_JOB_FAULTED) {
        say_fault(p, c);
        *fault = c->core.fault;
    }
    compute_drop(p, c->token);
    return r;
}
