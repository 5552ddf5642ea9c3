/*
 * RUN_FRAGMENT: the framebuffer's descriptor, and its tiles, in slices, over the pool's threads.
 *
 * The first slice runs on the calling thread; a job that lasts is then spread: each worker has a
 * place of its own (gfx_fragment.c), takes tiles from a common counter, row by row, and keeps the
 * one that it could not finish for the next slice. All are joined before submit returns. Tiles do
 * not overlap, a tile's primitives are drawn in order by one worker: what is drawn does not depend
 * on the threads.
 *
 * Called by pipeline.c. Calls pool.c, gfx_fragment.c, gfx_pass.c, gfx_tile.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "gfx_fragment.h"

#define CHUNK    2048u    /* instructions between two looks at the clock; rasterising counts, too */
#define FIRST    8u       /* chunks of the first slice, and of any where there is one thread; */
#define CHUNKS   2048u    /* of a worker in another slice, */
#define SLICE_NS 1000000u /* which ends early after that time where there are threads */
#define NO_PLACE (~0u)

/* Registers. Source: pan_csf.c */
enum { REG_FBD = 40, REG_MIN = 42, REG_MAX = 43, REG_TILE_MAP = 44 };

static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                [MALI_MEM_STALL] = MALI_JOB_STALL,
                                [MALI_MEM_FAULT] = MALI_JOB_FAULTED};

/* A slice, as its workers see it. */
struct slice {
    struct gfx_frame *fr;
    const struct mali_job *job;
    const struct gfx_pass *pass;
    unsigned chunks;
    uint64_t until;  /* host's ns */
    uint32_t stalls; /* atomic: workers that met a locked region */
};

/* --- loading ------------------------------------------------------------------------------- */

static uint32_t more(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t less(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void bounds(struct gfx_frame *fr, const uint32_t *r)
{
    struct gfx_fb *fb = &fr->fb;
    uint32_t x0, y0;

    fb->min_x = more(fb->min_x, r[REG_MIN] & 0xffff);
    fb->min_y = more(fb->min_y, r[REG_MIN] >> 16);
    fb->max_x = less(fb->max_x, r[REG_MAX] & 0xffff);
    fb->max_y = less(fb->max_y, r[REG_MAX] >> 16);
    if (fb->min_x > fb->max_x || fb->min_y > fb->max_y)
        return; /* no tiles */
    x0 = fb->min_x / GFX_TILE;
    y0 = fb->min_y / GFX_TILE;
    fr->columns = fb->max_x / GFX_TILE - x0 + 1;
    fr->tiles = fr->columns * (fb->max_y / GFX_TILE - y0 + 1);
}

static enum mali_mem_result frame_load(struct gfx_frame *fr)
{
    const uint32_t *r = fr->head.job.regs;
    struct core *k = &fr->place[0]->core;
    uint64_t tag = r[REG_FBD] | (uint64_t)r[REG_FBD + 1] << 32;
    uint64_t map = r[REG_TILE_MAP] | (uint64_t)r[REG_TILE_MAP + 1] << 32;
    enum mali_mem_result m;

    if (!fr->head.job.core_mask) /* guess: no core takes it */
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, fr->head.job.ip);
    if (fr->head.job.instr & 1 || map) { /* no driver asks for a tile-enable map */
        mali_log(k->pipeline->bus, MALI_LOG_UNIMP, "RUN_FRAGMENT: tile-enable map: not modelled");
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, fr->head.job.ip);
    }
    m = gfx_fb_load(k, tag, &fr->fb);
    if (m == MALI_MEM_OK && fr->fb.tiler)
        m = core_read(k, fr->fb.tiler, &fr->pass_id, 8);
    if (m != MALI_MEM_OK)
        return m;
    bounds(fr, r);
    return gfx_place_open(fr->place[0]) ? MALI_MEM_OK : core_fault(k, MALI_OOM, fr->head.job.ip);
}

/* --- places ---------------------------------------------------------------------------------- */

static void frame_fini(struct gfx_job *j)
{
    struct gfx_frame *fr = (struct gfx_frame *)j;

    for (unsigned i = 0; i < fr->made; i++)
        gfx_place_free(fr->place[i]);
}

/* One more place, and a TLB for whoever works there. */
static bool place_add(struct gfx_frame *fr)
{
    struct mali_pipeline *p = fr->head.pipeline;
    unsigned i = fr->made;
    struct gfx_fragment *f;

    if (i && !p->tlb[i])
        p->tlb[i] = mali_tlb_new(fr->place[0]->core.tlb->mmu);
    f = i && !p->tlb[i] ? NULL : gfx_place_new(fr, i);
    if (!f)
        return false;
    if (i && !gfx_place_open(f)) {
        gfx_place_free(f);
        return false;
    }
    fr->place[fr->made++] = f;
    return true;
}

static uint32_t tiles_left(const struct gfx_frame *fr)
{
    uint32_t next = __atomic_load_n(&fr->next, __ATOMIC_RELAXED);

    return next < fr->tiles ? fr->tiles - next : 0;
}

/* How many places have work in this slice; makes those that are missing. */
static unsigned places_wanted(struct gfx_frame *fr)
{
    uint32_t left = tiles_left(fr);
    unsigned n = 1;

    for (unsigned i = 1; i < fr->made; i++)
        if (fr->place[i]->busy)
            n = i + 1;
    while (n < fr->most && left > 0) {
        if (n == fr->made && !place_add(fr))
            break;
        left -= !fr->place[n++]->busy;
    }
    return n;
}

/* --- slices ---------------------------------------------------------------------------------- */

/* The first fault wins, the others stop. */
static void place_faulted(struct gfx_frame *fr, unsigned i)
{
    unsigned none = NO_PLACE;

    __atomic_compare_exchange_n(&fr->faulted, &none, i, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    __atomic_store_n(&fr->stop, true, __ATOMIC_RELAXED);
}

static bool take_tile(struct gfx_frame *fr, struct gfx_fragment *f)
{
    uint32_t n;

    if (f->busy)
        return true;
    if (!tiles_left(fr))
        return false;
    n = __atomic_fetch_add(&fr->next, 1, __ATOMIC_RELAXED);
    if (n < fr->tiles)
        gfx_place_begin(f, n);
    return f->busy;
}

/* A chunk of instructions; false: this worker has nothing more to do in this slice. */
static bool work_chunk(struct slice *s, unsigned i, uint32_t budget)
{
    struct gfx_frame *fr = s->fr;
    struct gfx_fragment *f = fr->place[i];
    enum mali_job_result r = MALI_JOB_DONE;

    while (r == MALI_JOB_DONE && budget && !__atomic_load_n(&fr->stop, __ATOMIC_RELAXED)) {
        if (!take_tile(fr, f))
            return false;
        r = gfx_place_run(f, &budget);
    }
    if (r == MALI_JOB_FAULTED)
        place_faulted(fr, i);
    if (r == MALI_JOB_STALL)
        __atomic_store_n(&s->stalls, 1, __ATOMIC_RELAXED);
    return !budget && r != MALI_JOB_STALL && r != MALI_JOB_FAULTED;
}

/* One worker's share of a slice. */
static void work(void *ctx, unsigned i)
{
    struct slice *s = ctx;

    gfx_place_attach(s->fr->place[i], s->job, i ? s->fr->head.pipeline->tlb[i] : s->job->tlb,
                     s->pass);
    for (unsigned n = 0; n < s->chunks; n++)
        if (!work_chunk(s, i, CHUNK) || mali_host_ns() >= s->until)
            break;
}

static enum mali_job_result slice_result(const struct slice *s)
{
    const struct gfx_frame *fr = s->fr;

    if (fr->faulted != NO_PLACE)
        return MALI_JOB_FAULTED;
    if (s->stalls)
        return MALI_JOB_STALL;
    for (unsigned i = 0; i < fr->made; i++)
        if (fr->place[i]->busy)
            return MALI_JOB_AGAIN;
    return tiles_left(fr) ? MALI_JOB_AGAIN : MALI_JOB_DONE;
}

/* The pass that the tiler context named; false: it is not of this address space, or evicted. */
static bool find_pass(struct slice *s)
{
    struct gfx_frame *fr = s->fr;
    struct core *k = &fr->place[0]->core;

    if (!fr->pass_id)
        return true;
    s->pass = gfx_pass_find(fr->head.pipeline, core_root(k), fr->pass_id);
    if (!s->pass)
        core_fault(k, MALI_DATA_INVALID_FAULT, fr->fb.tiler);
    return s->pass;
}

static enum mali_job_result first_slice(struct slice *s)
{
    struct gfx_frame *fr = s->fr;
    struct mali_pipeline *p = fr->head.pipeline;
    enum mali_job_result r = loads[frame_load(fr)];

    if (r != MALI_JOB_DONE)
        return r;
    fr->head.loaded = true;
    if (!fr->tiles)
        return MALI_JOB_DONE;
    if (!find_pass(s))
        return MALI_JOB_FAULTED;
    /* Recorders and observers look at one thread, reports count there. */
    fr->most = p->recorder || p->observer || p->reports ? 1 : pool_size(p->pool);
    s->until = fr->most > 1 ? mali_host_ns() + SLICE_NS : UINT64_MAX;
    work(s, 0);
    return slice_result(s);
}

static enum mali_job_result frame_slice(struct gfx_frame *fr, const struct mali_job *job)
{
    struct mali_pipeline *p = fr->head.pipeline;
    struct slice s = {.fr = fr, .job = job, .chunks = FIRST, .until = UINT64_MAX};

    if (!fr->made && !place_add(fr)) {
        fr->faulted = NO_PLACE;
        return MALI_JOB_FAULTED;
    }
    gfx_place_attach(fr->place[0], job, job->tlb, NULL);
    if (!fr->head.loaded) {
        fr->faulted = NO_PLACE;
        fr->most = 1;
        return first_slice(&s);
    }
    if (!find_pass(&s))
        return MALI_JOB_FAULTED;
    unsigned places = places_wanted(fr);
    if (fr->most > 1) {
        s.chunks = CHUNKS;
        s.until = mali_host_ns() + SLICE_NS;
    }
    pool_run(p->pool, places, work, &s);
    return slice_result(&s);
}

/* --- submit ------------------------------------------------------------------------------------
 */

static void set_fault(struct gfx_frame *fr, const struct mali_job *job, struct mali_fault *fault)
{
    const struct gfx_fragment *f = NULL;

    if (fr->made)
        f = fr->place[fr->faulted == NO_PLACE ? 0 : fr->faulted];
    if (f)
        *fault = f->core.fault;
    else
        *fault =
            (struct mali_fault){.code = MALI_CSF_FW_INTERNAL_ERROR, .as = job->as, .info = job->ip};
    mali_log(fr->head.pipeline->bus, MALI_LOG_GUEST_ERROR,
             "RUN_FRAGMENT at 0x%llx, tile %u %u: %s, 0x%llx", (unsigned long long)job->ip,
             f ? f->tile.x : 0, f ? f->tile.y : 0, mali_fault_name(fault->code),
             (unsigned long long)fault->info);
}

static void tell_work(const struct gfx_frame *fr, struct mali_trace *trace)
{
    struct mali_pipeline *p = fr->head.pipeline;
    uint64_t warps = 0, lanes = 0;

    for (unsigned i = 0; i < fr->made; i++) {
        warps += fr->place[i]->warps;
        lanes += fr->place[i]->lanes;
    }
    pipeline_work(p, trace, MALI_WORK_TILES, fr->tiles);
    pipeline_work(p, trace, MALI_WORK_WARPS, warps);
    pipeline_work(p, trace, MALI_WORK_LANES, lanes);
}

enum mali_job_result gfx_fragment_submit(struct mali_pipeline *p, const struct mali_job *job,
                                         struct mali_fault *fault)
{
    struct gfx_frame *fr = (struct gfx_frame *)gfx_job_get(p, job, sizeof(*fr), frame_fini, fault);
    enum mali_job_result r;

    if (!fr)
        return MALI_JOB_FAULTED;
    r = frame_slice(fr, job);
    for (unsigned i = 0; (p->reports || r == MALI_JOB_FAULTED) && i < fr->made; i++)
        gfx_place_report(fr->place[i]);
    if (r == MALI_JOB_FAULTED)
        set_fault(fr, job, fault);
    if (r == MALI_JOB_DONE)
        tell_work(fr, job->trace);
    fr->head.work = fr->next;
    return gfx_job_put(&fr->head, job, r);
}
