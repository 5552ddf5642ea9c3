/*
 * Compute jobs: registers and descriptors, and slices. One submit runs a slice: for a bounded
 * number of instructions or about a millisecond, so that nobody waits for a shader that does not
 * end; between slices a job lives here, under the name that its stream keeps.
 *
 * A slice begins on the calling thread. A job that lasts is spread over the pool's workers: each
 * has a place of its own (workgroup.c), takes workgroups from a common counter, x fastest, and
 * keeps the one that it could not finish for the next slice. All are joined before submit returns.
 *
 * Called by pipeline.c. Calls pool.c, workgroup.c, core.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline_internal.h"
#include "workgroup.h"

#define CHUNK    8192u    /* between two looks at the clock */
#define CHUNKS   16u      /* of a worker in a slice, */
#define SLICE_NS 1000000u /* which ends early after that time */
#define PER_CORE 2048u    /* threads of a core that have local storage; source: models.def */
#define NO_PLACE (~0u)

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

struct compute_job {
    struct compute_job *next;
    uint64_t token;
    struct mali_job job; /* as first submitted */
    uint64_t root;       /* of its address space, whatever slot that is in now */
    bool loaded;         /* descriptors were read */
    bool stop;           /* atomic: workers end their slice */
    unsigned faulted;    /* atomic: the first place that met a fault, or NO_PLACE */
    unsigned most, made; /* places that there may be, and are */
    struct place *place[POOL_MAX];
    struct grid grid;
};

/* A slice of a job, as its workers see it. */
struct slice {
    struct mali_pipeline *p;
    struct compute_job *c;
    const struct mali_job *job;
    unsigned chunks;
    uint64_t until;  /* host's ns */
    uint32_t stalls; /* atomic: workers that met a locked region */
};

/* --- jobs under way ------------------------------------------------------------------ */

static void job_free(struct mali_pipeline *p, struct compute_job **at)
{
    struct compute_job *c = *at;

    *at = c->next;
    p->job_count--;
    if (core_watched(&c->place[0]->core) && p->observer && p->observer->ended)
        p->observer->ended(p->observer, &c->place[0]->core);
    for (unsigned i = 0; i < c->made; i++)
        place_free(c->place[i], &c->grid);
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

static struct compute_job *job_new(struct mali_pipeline *p, const struct mali_job *job)
{
    struct compute_job *c = calloc(1, sizeof(*c)), **last = &p->jobs;

    if (!c)
        return NULL;
    c->place[0] = place_new(p);
    if (!c->place[0]) {
        free(c);
        return NULL;
    }
    if (p->job_count >= PIPELINE_MAX_JOBS) { /* groups that were suspended and forgotten */
        while ((*last)->next)
            last = &(*last)->next;
        job_free(p, last);
    }
    c->token = ++p->last_token;
    c->job = *job;
    c->root = pipeline_root(job);
    c->place[0]->core.job = c->token;
    c->faulted = NO_PLACE;
    c->most = c->made = 1;
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

/* Workgroups, merged ones once; more than can ever be run are as good as all. */
static uint64_t total_of(const struct grid *g)
{
    unsigned __int128 n = (g->count[0] - 1) / g->merged + 1;

    n *= (uint64_t)g->count[1] * g->count[2];
    return n > UINT64_MAX / 2 ? UINT64_MAX / 2 : (uint64_t)n;
}

/* The nth core that the group may use, of those from the lowest on. */
static unsigned nth_core(uint64_t mask, unsigned n)
{
    for (n %= (unsigned)__builtin_popcountll(mask); n; n--)
        mask &= mask - 1;
    return (unsigned)__builtin_ctzll(mask);
}

/* Places that have local storage of their own: drivers allocate it by cores. */
static unsigned places_of(const struct compute_job *c, unsigned most)
{
    const struct core *k = &c->place[0]->core;
    unsigned cores = (unsigned)__builtin_popcountll(c->job.core_mask), n = most;

    if (k->tls_bytes && n > PER_CORE * cores / (c->grid.warps * VA_LANES))
        n = PER_CORE * cores / (c->grid.warps * VA_LANES);
    if (k->wls_bytes && n > (uint64_t)k->wls_instances * cores)
        n = k->wls_instances * cores;
    return n ? n : 1;
}

/* A place's workgroup storage is its own, and one thread runs it. */
static void own_storage(struct core *k)
{
    k->host.own = k->wls;
    k->host.own_bytes = k->wls_bytes;
}

/* Reads registers and descriptors. */
static enum mali_mem_result job_load(struct compute_job *c)
{
    struct core *k = &c->place[0]->core;
    struct grid *g = &c->grid;
    uint32_t size = c->job.regs[REG_GROUP_SIZE];
    enum mali_mem_result r;

    for (unsigned i = 0; i < 3; i++) {
        g->size[i] = (size >> 10 * i & 0x3ff) + 1;
        g->offset[i] = c->job.regs[REG_OFFSET + i];
        g->count[i] = c->job.regs[REG_GRID + i];
        if (!g->count[i])
            return MALI_MEM_OK; /* nothing to do: total is 0 */
    }
    if (!c->job.core_mask) /* guess: no core takes it */
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, c->job.ip);
    g->threads = g->size[0] * g->size[1] * g->size[2]; /* at most 2^30 */
    if ((size >> 30 & 1) || g->threads > CORE_MAX_THREADS)
        return core_fault(k, MALI_DATA_INVALID_FAULT, size);
    g->merged = size >> 31 && g->threads <= VA_LANES / 2 ? VA_LANES / g->threads : 1;
    g->warps = (g->threads + VA_LANES - 1) / VA_LANES;
    k->attribute_offset = c->job.regs[REG_ATTRIBUTE_OFFSET];
    r = core_load(k, reg64(c, REG_SRT, 40), reg64(c, REG_FAU, 46), reg64(c, REG_SPD, 42),
                  reg64(c, REG_TSD, 44), CORE_STAGE_COMPUTE);
    if (r != MALI_MEM_OK)
        return r;
    k->shader.special[VA_SPECIAL_CORE_ID] = nth_core(c->job.core_mask, 0);
    own_storage(k);
    va_bind(&k->shader);
    g->total = total_of(g);
    return MALI_MEM_OK;
}

/* --- slices ---------------------------------------------------------------------------------- */

static bool groups_left(struct compute_job *c)
{
    return __atomic_load_n(&c->grid.next, __ATOMIC_RELAXED) < c->grid.total;
}

/* The first fault wins, the others stop. */
static void place_faulted(struct compute_job *c, unsigned i)
{
    unsigned none = NO_PLACE;

    __atomic_compare_exchange_n(&c->faulted, &none, i, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    __atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
}

/* A chunk of instructions; false: this worker has nothing more to do in this slice. */
static bool work_chunk(struct slice *s, unsigned i, uint32_t budget)
{
    struct compute_job *c = s->c;
    struct place *at = c->place[i];
    enum mali_job_result r = MALI_JOB_DONE;
    bool no_memory = false;

    while (r == MALI_JOB_DONE && budget && !__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
        if (!place_take(at, &c->grid, &no_memory))
            break;
        r = place_run(at, &c->grid, &budget, &c->stop);
    }
    if (no_memory)
        core_fault(&at->core, MALI_CSF_FW_INTERNAL_ERROR, c->job.ip);
    if (no_memory || r == MALI_JOB_FAULTED)
        place_faulted(c, i);
    if (r == MALI_JOB_STALL)
        __atomic_store_n(&s->stalls, 1, __ATOMIC_RELAXED);
    return !no_memory && !budget && r != MALI_JOB_STALL && r != MALI_JOB_FAULTED;
}

/* One worker's share of a slice. */
static void work(void *ctx, unsigned i)
{
    struct slice *s = ctx;
    struct core *k = &s->c->place[i]->core;

    k->tlb = i ? s->p->tlb[i] : s->job->tlb;
    k->as = s->job->as;
    k->source = (uint16_t)(0x8000 | s->job->csg << 8 | s->job->cs); /* guess, as the streams' */
    k->stalled = false;
    for (unsigned n = 0; n < s->chunks; n++)
        if (!work_chunk(s, i, CHUNK) || mali_host_ns() >= s->until)
            break;
    va_count(&k->shader);
}

/* One more place, and a TLB for whoever works there. */
static bool place_add(struct mali_pipeline *p, struct compute_job *c)
{
    unsigned i = c->made;
    struct place *at;

    if (!p->tlb[i])
        p->tlb[i] = mali_tlb_new(c->place[0]->core.tlb->mmu);
    at = p->tlb[i] ? place_new(p) : NULL;
    if (!at)
        return false;
    core_clone(&at->core, &c->place[0]->core, i, c->grid.warps * VA_LANES);
    at->core.shader.special[VA_SPECIAL_CORE_ID] = nth_core(c->job.core_mask, i);
    own_storage(&at->core);
    va_bind(&at->core.shader);
    c->place[c->made++] = at;
    return true;
}

/* How many places have work in this slice; makes those that are missing. */
static unsigned places_wanted(struct mali_pipeline *p, struct compute_job *c)
{
    uint64_t left = c->grid.total - (groups_left(c) ? c->grid.next : c->grid.total);
    unsigned n = 1;

    for (unsigned i = 1; i < c->made; i++)
        if (c->place[i]->busy)
            n = i + 1;
    while (n < c->most && left > 0) {
        if (n == c->made && !place_add(p, c))
            break;
        left -= !c->place[n++]->busy;
    }
    return n;
}

static enum mali_job_result slice_result(const struct slice *s, unsigned places)
{
    struct compute_job *c = s->c;

    if (c->faulted != NO_PLACE)
        return MALI_JOB_FAULTED;
    if (s->stalls)
        return MALI_JOB_STALL;
    for (unsigned i = 0; i < places; i++)
        if (c->place[i]->busy)
            return MALI_JOB_AGAIN;
    return groups_left(c) ? MALI_JOB_AGAIN : MALI_JOB_DONE;
}

static enum mali_job_result job_slice(struct mali_pipeline *p, struct compute_job *c,
                                      const struct mali_job *job)
{
    static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                    [MALI_MEM_STALL] = MALI_JOB_STALL,
                                    [MALI_MEM_FAULT] = MALI_JOB_FAULTED};
    struct slice s = {p, c, job, 1, UINT64_MAX, 0};
    struct core *k = &c->place[0]->core;
    enum mali_job_result r;
    unsigned places;

    if (!c->loaded) {
        k->tlb = job->tlb;
        k->as = job->as;
        k->source = (uint16_t)(0x8000 | job->csg << 8 | job->cs);
        k->stalled = false;
        r = loads[job_load(c)];
        if (r == MALI_JOB_FAULTED)
            c->faulted = 0;
        if (r != MALI_JOB_DONE)
            return r;
        c->loaded = true;
        work(&s, 0);
        if (c->grid.total && !p->recorder && !core_watched(k)) /* they look at one thread */
            c->most = places_of(c, pool_size(p->pool));
        return slice_result(&s, 1);
    }
    places = places_wanted(p, c);
    if (pool_size(p->pool) > 1) {
        s.chunks = CHUNKS;
        s.until = mali_host_ns() + SLICE_NS;
    }
    pool_run(p->pool, places, work, &s);
    return slice_result(&s, c->made);
}

/* --- submit ---------------------------------------------------------------------------- */

static void say_fault(struct mali_pipeline *p, const struct compute_job *c)
{
    const struct place *at = c->place[c->faulted];
    const struct mali_fault *f = &at->core.fault;

    mali_log(p->bus, MALI_LOG_GUEST_ERROR, "%s at 0x%llx, workgroup %u %u %u: %s, 0x%llx",
             mali_job_type_name(c->job.type), (unsigned long long)c->job.ip, at->group[0],
             at->group[1], at->group[2], mali_fault_name(f->code), (unsigned long long)f->info);
}

/* The job goes on, or begins. NULL: *fault says why not. */
static struct compute_job *job_of(struct mali_pipeline *p, const struct mali_job *job,
                                  struct mali_fault *fault)
{
    struct compute_job *c = *job->token ? job_find(p, *job->token) : NULL;

    if (c && pipeline_same_job(&c->job, c->root, job))
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
    r = job_slice(p, c, job);
    for (unsigned i = 0; i < c->made; i++)
        core_report(&c->place[i]->core, job->trace);
    if (r == MALI_JOB_AGAIN || r == MALI_JOB_STALL) {
        *job->token = c->token;
        return r;
    }
    if (r == MALI_JOB_FAULTED) {
        say_fault(p, c);
        core_report_fault(&c->place[c->faulted]->core, job->trace, mali_job_type_name(job->type));
        *fault = c->place[c->faulted]->core.fault;
    }
    compute_drop(p, c->token);
    return r;
}
