/*
 * What a RUN_IDVS job does over the pool's threads: a batch's vertices are shaded in warps, its
 * primitives set up.
 *
 * A place is what a thread works with: the cores of both shaders, a warp, a window. It takes 16
 * vertices of the batch, shades their positions or their varyings, or it takes a range of indices
 * and sets its primitives up; it keeps what it could not finish for the next slice. Each place has
 * a part of the batch, much the same one in every phase, so that what a phase reads is in the cache
 * of the core that wrote it; when that is done it takes from the others'. Where a vertex's results
 * go was settled before: what is drawn does not depend on the threads.
 *
 * Vertex shaders store through addresses that LEA_BUF_IMM returns. Software never reads these
 * buffers, so they are no guest memory here but a window that only the shader sees: position slots
 * of 16 bytes, VERTEX_SLOTS of them a vertex, or the varyings of a vertex and view.
 *
 * Called by gfx_idvs.c, messages.c (LEA_BUF_IMM). Calls pool.c, core.c, the interpreter,
 * gfx_assembly.c, gfx_pass.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_idvs.h"
#include "texel.h"

#define VERTEX_SLOTS 64u                                    /* of 16 bytes: eight views of eight */
#define POSITIONS    ((size_t)VA_LANES * VERTEX_SLOTS * 16) /* bytes of them in a window */
#define CHUNK        4096u /* instructions between two looks at the clock */
#define CHUNKS       1024u /* of a worker in a slice */
#define SHARE        256u  /* vertices that are worth another thread */
#define NO_PLACE     (~0u)

enum stage { STAGE_NONE, STAGE_POSITION, STAGE_VARYING, STAGE_SETUP };

/* A worker's share of the job, down to the warp under way. */
struct gfx_vertex_place {
    uint32_t next, end; /* its part of v->todo; next: atomic, other places take from it, too */
    _Alignas(64) struct core position;
    struct core varying;
    struct va_warp warp;
    enum stage stage;
    uint32_t lanes;            /* vertices under way */
    uint32_t vertex[VA_LANES]; /* these, of the instance's */
    struct gfx_range *range;   /* under way */
    uint8_t *window;
};

/* A slice, as its workers see it. */
struct slice {
    struct gfx_idvs *v;
    const struct mali_job *job;
    struct gfx_pass *pass;
    uint64_t until;
    uint32_t stalls; /* atomic: workers that met a locked region */
};

/* --- places ---------------------------------------------------------------------------------- */

struct core *gfx_vertex_core(struct gfx_idvs *v)
{
    return &v->place[0]->position;
}

static void clone(struct gfx_vertex_place *to, const struct gfx_vertex_place *from, unsigned n,
                  bool secondary)
{
    core_clone(&to->position, &from->position, n, VA_LANES);
    va_bind(&to->position.shader);
    if (!secondary)
        return;
    core_clone(&to->varying, &from->varying, n, VA_LANES);
    va_bind(&to->varying.shader);
}

static void place_free(struct gfx_vertex_place *p)
{
    if (p->stage == STAGE_POSITION || p->stage == STAGE_VARYING)
        va_warp_fini(&p->warp);
    core_fini(&p->position);
    core_fini(&p->varying);
    free(p->window);
    free(p);
}

static bool add_window(struct gfx_idvs *v, struct gfx_vertex_place *p)
{
    p->window = calloc(1, POSITIONS + (size_t)VA_LANES * GFX_MAX_VIEWS * v->vary_stride);
    return p->window;
}

bool gfx_vertex_place_add(struct gfx_idvs *v)
{
    size_t whole = (sizeof(struct gfx_vertex_place) + 63) & ~(size_t)63;
    struct mali_pipeline *pl = v->head.pipeline;
    struct gfx_vertex_place *p;
    unsigned n = v->made;

    if (n && !pl->tlb[n])
        pl->tlb[n] = mali_tlb_new(v->place[0]->position.tlb->mmu);
    p = n && !pl->tlb[n] ? NULL : aligned_alloc(64, whole);
    if (!p)
        return false;
    memset(p, 0, whole);
    if (n) {
        clone(p, v->place[0], n, idvs_secondary(v));
        if (!add_window(v, p)) {
            place_free(p);
            return false;
        }
    }
    v->place[v->made++] = p;
    return true;
}

void gfx_vertex_places_free(struct gfx_idvs *v)
{
    for (unsigned i = 0; i < v->made; i++)
        place_free(v->place[i]);
}

enum mali_mem_result gfx_vertex_load(struct gfx_idvs *v)
{
    uint64_t srt = idvs_reg64(v, IDVS_SRT), fau = idvs_reg64(v, IDVS_FAU);
    uint64_t tsd = idvs_reg64(v, IDVS_TSD);
    struct gfx_vertex_place *p = v->place[0];
    enum mali_mem_result r =
        core_load(&p->position, srt, fau, idvs_reg64(v, IDVS_SPD), tsd, CORE_STAGE_VERTEX);

    if (r == MALI_MEM_OK && idvs_secondary(v))
        r = core_load(&p->varying, idvs_flag(v, 35) ? idvs_reg64(v, IDVS_SRT + 2) : srt,
                      idvs_flag(v, 36) ? idvs_reg64(v, IDVS_FAU + 2) : fau,
                      idvs_reg64(v, IDVS_SPD + 2),
                      idvs_flag(v, 37) ? idvs_reg64(v, IDVS_TSD + 2) : tsd, CORE_STAGE_VERTEX);
    if (r != MALI_MEM_OK)
        return r;
    if (!p->window && !add_window(v, p))
        return core_fault(&p->position, MALI_OOM, v->head.job.ip);
    va_bind(&p->position.shader);
    if (idvs_secondary(v))
        va_bind(&p->varying.shader);
    return MALI_MEM_OK;
}

static void attach(struct gfx_idvs *v, struct core *k, const struct mali_job *job,
                   struct mali_tlb *tlb)
{
    k->pipeline = v->head.pipeline;
    k->tlb = tlb;
    k->as = job->as;
    k->source = (uint16_t)(0x8000 | job->csg << 8 | job->cs); /* guess, as the streams' */
    k->stalled = false;
    k->attribute_offset = job->regs[IDVS_ATTR_OFFSET];
    k->base_instance = job->regs[IDVS_BASE_INSTANCE];
}

void gfx_vertex_attach(struct gfx_idvs *v, const struct mali_job *job)
{
    for (unsigned i = 0; i < v->made; i++) {
        struct mali_tlb *tlb = i ? v->head.pipeline->tlb[i] : job->tlb;
        attach(v, &v->place[i]->position, job, tlb);
        attach(v, &v->place[i]->varying, job, tlb);
    }
}

void gfx_vertex_report(struct gfx_idvs *v, struct mali_trace *t)
{
    for (unsigned i = 0; i < v->made; i++) {
        va_count(&v->place[i]->position.shader);
        va_count(&v->place[i]->varying.shader);
        core_report(&v->place[i]->position, t);
        core_report(&v->place[i]->varying, t);
    }
}

struct mali_fault gfx_vertex_fault(const struct gfx_idvs *v)
{
    const struct gfx_vertex_place *p = v->place[v->faulted == NO_PLACE ? 0 : v->faulted];

    return p->position.fault.code ? p->position.fault : p->varying.fault;
}

/* --- messages of vertex shaders --------------------------------------------------------------- */

/*
 * Linear id (r59 plus an offset) to an address. Position shaders count slots of 16 bytes; in
 * varying shaders each four of them are a view.
 */
enum va_message_result gfx_lea_buf(struct core *c, struct va_warp *w, const struct va_insn *in,
                                   const struct va_val *src, uint16_t lanes)
{
    va_v16u id = src[0].w[0], mask, zero = {0};
    va_v16u view = id / VERTEX_SLOTS * GFX_MAX_VIEWS + id % VERTEX_SLOTS / 4 % GFX_MAX_VIEWS;
    va_v16u at = c->vary_stride ? view * c->vary_stride : id * 16;

    va_lane_mask(&mask, lanes);
    for (unsigned n = 0; n < in->sr[0].count; n++) {
        va_v16u *r = &w->r[in->sr[0].reg + n];
        *r = ((n == 0   ? at
               : n == 1 ? zero + (uint32_t)(CORE_VERTEX_WINDOW >> 32)
                        : zero) &
              mask) |
             (*r & ~mask);
    }
    return VA_MSG_DONE;
}

/* --- warps ------------------------------------------------------------------------------------ */

static struct gfx_vertex *vertex(const struct gfx_idvs *v, uint32_t n)
{
    return &v->recent[(size_t)idvs_place(v, n) * v->views];
}

/* Number in the draw of vertex @n of the instance, in view @view. */
static uint32_t number(const struct gfx_idvs *v, uint32_t n, unsigned view)
{
    return v->base + n * v->views + view;
}

static void preload(const struct gfx_idvs *v, struct gfx_vertex_place *p, const struct core *k)
{
    uint32_t draw_id = idvs_flag(v, 34) ? v->head.job.regs[v->head.job.instr >> 40 & 0x7f] : 0;

    for (uint32_t left = k->preload & 0xffff; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        uint32_t *r = (uint32_t *)&p->warp.r[48 + n];
        for (unsigned i = 0; i < p->lanes; i++)
            r[i] = n == 11   ? i * VERTEX_SLOTS
                   : n == 12 ? v->id[idvs_place(v, p->vertex[i])]
                   : n == 13 ? v->instance
                   : n == 14 ? draw_id
                             : 0;
    }
}

static void stage_begin(const struct gfx_idvs *v, struct gfx_vertex_place *p, enum stage stage)
{
    bool first = stage == STAGE_POSITION;
    struct core *k = first ? &p->position : &p->varying;

    va_warp_init(&p->warp, &k->shader, (uint16_t)((1u << p->lanes) - 1));
    k->vary_stride = first ? 0 : v->vary_stride;
    k->window = first ? p->window : p->window + POSITIONS;
    k->window_bytes = first ? POSITIONS : (size_t)VA_LANES * GFX_MAX_VIEWS * v->vary_stride;
    for (unsigned i = 0; first && i < p->lanes; i++) /* what take_positions() reads */
        memset(p->window + (size_t)i * VERTEX_SLOTS * 16, 0,
               v->views * (v->extended ? 8u : 4u) * 16);
    preload(v, p, k);
    for (unsigned i = 0; k->tls && i < p->lanes; i++)
        va_set_tls(&p->warp, i, k->tls + i * k->tls_bytes);
    p->stage = stage;
}

static float half(const uint8_t *p)
{
    uint16_t h;
    uint32_t u;
    float f;

    memcpy(&h, p, 2);
    u = texel_half_to_float(h);
    memcpy(&f, &u, 4);
    return f;
}

static void take_positions(const struct gfx_idvs *v, const struct gfx_vertex_place *p)
{
    unsigned stride = v->extended ? 8 : 4;
    bool sizes = (v->prim_flags >> 11 & 3) == 2;
    float size = idvs_reg_float(v, IDVS_PRIM_SIZE);

    for (unsigned i = 0; i < p->lanes; i++)
        for (unsigned view = 0; view < v->views; view++) {
            const uint8_t *from = p->window + (i * VERTEX_SLOTS + view * stride) * 16;
            struct gfx_vertex *out = &vertex(v, p->vertex[i])[view];
            memcpy(&out->x, from, 16);
            out->size = sizes ? half(from + 64) : size;
            out->layer = v->layered ? from[66] : 0;
            out->index = number(v, p->vertex[i], view);
        }
}

static void take_varyings(const struct gfx_idvs *v, const struct gfx_vertex_place *p,
                          struct gfx_draw *d)
{
    const uint8_t *from = p->window + POSITIONS;

    for (unsigned i = 0; i < p->lanes && d->vary_bytes; i++)
        for (unsigned view = 0; view < v->views; view++)
            memcpy(d->vary + (uint64_t)number(v, p->vertex[i], view) * d->vary_bytes,
                   from + (size_t)(i * GFX_MAX_VIEWS + view) * v->vary_stride, d->vary_bytes);
}

/* Runs the warp under way. DONE: it has ended. */
static enum mali_job_result warp_run(struct gfx_vertex_place *p, uint32_t *budget)
{
    struct core *k = p->stage == STAGE_POSITION ? &p->position : &p->varying;
    uint64_t before = p->warp.executed, used;

    k->fault.code = 0;
    enum va_stop stop = va_run(&p->warp, &k->shader, *budget);
    used = p->warp.executed - before + 1;
    *budget -= used < *budget ? (uint32_t)used : *budget;
    switch (stop) {
    case VA_STOP_ENDED:
        va_warp_fini(&p->warp);
        return MALI_JOB_DONE;
    case VA_STOP_SLICE:
        return MALI_JOB_AGAIN;
    case VA_STOP_STALL:
        return MALI_JOB_STALL;
    case VA_STOP_BARRIER: /* no workgroup to wait for */
        core_fault(k, MALI_INSTR_BARRIER_FAULT, p->warp.pc[0]);
        return MALI_JOB_FAULTED;
    default:
        return core_warp_stalled(k, &p->warp) ? MALI_JOB_STALL : MALI_JOB_FAULTED;
    }
}

/* The vertices or the range under way. DONE: they are shaded, or it is set up. */
static enum mali_job_result place_run(struct gfx_idvs *v, struct gfx_vertex_place *p,
                                      struct gfx_pass *pass, uint32_t *budget)
{
    enum mali_job_result r;

    if (!*budget)
        return MALI_JOB_AGAIN;
    if (p->stage == STAGE_SETUP)
        r = gfx_assembly_run(v, p->range, pass, budget) ? MALI_JOB_DONE : MALI_JOB_AGAIN;
    else
        r = warp_run(p, budget);
    if (r != MALI_JOB_DONE)
        return r;
    if (p->stage == STAGE_VARYING)
        take_varyings(v, p, &pass->draw[v->draw]);
    else if (p->stage == STAGE_POSITION)
        take_positions(v, p);
    p->stage = STAGE_NONE;
    return MALI_JOB_DONE;
}

/* --- slices ---------------------------------------------------------------------------------- */

static uint32_t part_left(const struct gfx_vertex_place *p)
{
    uint32_t next = __atomic_load_n(&p->next, __ATOMIC_RELAXED);

    return next < p->end ? p->end - next : 0;
}

static uint32_t work_left(const struct gfx_idvs *v)
{
    uint32_t left = 0;

    for (unsigned i = 0; i < v->made; i++)
        left += part_left(v->place[i]);
    return left;
}

uint32_t gfx_vertex_taken(const struct gfx_idvs *v)
{
    return v->todo - work_left(v);
}

static void take_vertices(const struct gfx_idvs *v, struct gfx_vertex_place *p, uint32_t at,
                          uint32_t end)
{
    bool varying = v->work == WORK_VARYINGS;

    p->lanes = end - at < VA_LANES ? end - at : VA_LANES;
    for (unsigned i = 0; i < p->lanes; i++)
        p->vertex[i] = varying ? v->wanted[at + i] : v->vertices - v->fresh + at + i;
    stage_begin(v, p, varying ? STAGE_VARYING : STAGE_POSITION);
}

/* Of place @part's part, for place @p. False: nothing is left of it. */
static bool take_from(struct gfx_idvs *v, struct gfx_vertex_place *part, struct gfx_vertex_place *p)
{
    bool setup = v->work == WORK_SETUP;
    uint32_t at;

    if (!part_left(part))
        return false;
    at = __atomic_fetch_add(&part->next, setup ? 1 : VA_LANES, __ATOMIC_RELAXED);
    if (at >= part->end)
        return false;
    if (setup) {
        p->stage = STAGE_SETUP;
        p->range = &v->range[v->binned + at];
    } else {
        take_vertices(v, p, at, part->end);
    }
    return true;
}

/* Its own part first. False: there is nothing that no place has taken. */
static bool take_work(struct gfx_idvs *v, unsigned i)
{
    if (v->place[i]->stage != STAGE_NONE)
        return true;
    for (unsigned k = 0; k < v->made; k++)
        if (take_from(v, v->place[(i + k) % v->made], v->place[i]))
            return true;
    return false;
}

/* The first fault wins, the others stop. */
static void place_faulted(struct gfx_idvs *v, unsigned i)
{
    unsigned none = NO_PLACE;

    __atomic_compare_exchange_n(&v->faulted, &none, i, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    __atomic_store_n(&v->stop, true, __ATOMIC_RELAXED);
}

/* As many instructions as *@budget; false: this worker has nothing more to do in this slice. */
static bool work_chunk(struct slice *s, unsigned i, uint32_t *budget)
{
    struct gfx_idvs *v = s->v;
    struct gfx_vertex_place *p = v->place[i];
    enum mali_job_result r = MALI_JOB_DONE;

    while (r == MALI_JOB_DONE && *budget && !__atomic_load_n(&v->stop, __ATOMIC_RELAXED)) {
        if (!take_work(v, i))
            return false;
        r = place_run(v, p, s->pass, budget);
    }
    if (r == MALI_JOB_FAULTED)
        place_faulted(v, i);
    if (r == MALI_JOB_STALL)
        __atomic_store_n(&s->stalls, 1, __ATOMIC_RELAXED);
    return !*budget && r != MALI_JOB_STALL && r != MALI_JOB_FAULTED;
}

/*
 * While the others shade varyings, the calling thread puts the batch's primitives into bins. False:
 * *@budget is spent, or there was a fault.
 */
static bool bin_chunk(struct slice *s, uint32_t *budget)
{
    struct gfx_idvs *v = s->v;
    enum mali_job_result r = MALI_JOB_DONE;

    if (v->work == WORK_VARYINGS)
        r = gfx_assembly_bin(v, s->pass, budget);
    if (r == MALI_JOB_FAULTED)
        place_faulted(v, 0);
    return r == MALI_JOB_DONE;
}

/* As work_chunk(), for the calling thread. */
static bool first_chunk(struct slice *s, uint32_t *budget)
{
    return bin_chunk(s, budget) ? work_chunk(s, 0, budget) : s->v->faulted == NO_PLACE;
}

/* One worker's share of a slice. */
static void work(void *ctx, unsigned i)
{
    struct slice *s = ctx;

    for (unsigned n = 0; n < CHUNKS; n++) {
        uint32_t budget = CHUNK;
        if (!(i ? work_chunk(s, i, &budget) : first_chunk(s, &budget)) ||
            mali_host_ns() >= s->until)
            break;
    }
}

/* How many places have work in this slice. */
static unsigned places_wanted(const struct gfx_idvs *v)
{
    unsigned n = 1;

    for (unsigned i = 1; i < v->made; i++)
        if (v->place[i]->stage != STAGE_NONE || (i < v->most && part_left(v->place[i])))
            n = i + 1;
    return n;
}

static enum mali_job_result result(const struct slice *s)
{
    const struct gfx_idvs *v = s->v;

    if (v->faulted != NO_PLACE)
        return MALI_JOB_FAULTED;
    if (s->stalls)
        return MALI_JOB_STALL;
    for (unsigned i = 0; i < v->made; i++)
        if (v->place[i]->stage != STAGE_NONE)
            return MALI_JOB_AGAIN;
    if (v->work == WORK_VARYINGS && v->binned < v->ranges)
        return MALI_JOB_AGAIN;
    return work_left(v) ? MALI_JOB_AGAIN : MALI_JOB_DONE;
}

/* How many places are worth having for @todo; makes those that are missing. */
static unsigned parts_wanted(struct gfx_idvs *v, enum gfx_vertex_work work, uint32_t todo)
{
    uint32_t share = work == WORK_SETUP ? 1 : SHARE;
    unsigned n = 1;

    while (n < v->most && todo > share * n && (n < v->made || gfx_vertex_place_add(v)))
        n++;
    return n;
}

static void begin(struct gfx_idvs *v, enum gfx_vertex_work work, uint32_t todo)
{
    uint32_t unit = work == WORK_SETUP ? 1 : VA_LANES, units = (todo + unit - 1) / unit, at = 0;
    unsigned n = parts_wanted(v, work, todo);

    v->work = work;
    v->todo = todo;
    v->stop = false;
    v->faulted = NO_PLACE;
    for (unsigned i = 0; i < v->made; i++) {
        uint32_t end = i + 1 < n ? units * (i + 1) / n * unit : todo;
        v->place[i]->next = at;
        v->place[i]->end = end;
        at = end;
    }
}

bool gfx_vertex_begin(struct gfx_idvs *v, struct gfx_pass *pass)
{
    begin(v, WORK_POSITIONS, v->fresh);
    v->wants = 0;
    v->done[0] += v->fresh;
    v->base = pass->draw[v->draw].vertices - (v->vertices - v->fresh) * v->views;
    return gfx_pass_add_vertices(v->head.pipeline, pass, v->draw, v->fresh * v->views);
}

void gfx_vertex_begin_setup(struct gfx_idvs *v)
{
    begin(v, WORK_SETUP, v->ranges - v->binned);
}

/*
 * A vertex by its number in the draw. Where others have taken its place in the ring it is one that
 * assembly holds, which has had its varyings when its own batch ended.
 */
static void want(struct gfx_idvs *v, uint32_t n)
{
    uint32_t i = v->views == 1 ? n - v->base : (n - v->base) / v->views, back = v->vertices - i;

    if (i >= v->vertices || back > v->ring || back > v->slots || v->varied[idvs_place(v, i)])
        return;
    v->varied[idvs_place(v, i)] = true;
    v->wanted[v->wants++] = i;
}

/* What assembly keeps for later primitives. */
static void want_held(struct gfx_idvs *v)
{
    for (uint32_t i = 0; i < v->have && i < 3; i++)
        want(v, v->held[i][0].index);
    if (v->have)
        want(v, v->opening[0].index);
}

void gfx_vertex_want(struct gfx_idvs *v)
{
    for (uint32_t i = v->binned; idvs_secondary(v) && i < v->ranges; i++) {
        const struct gfx_range *r = &v->range[i];
        for (uint32_t k = 0; k < r->count; k++)
            for (unsigned c = 0; c < 3; c++) /* the provoking one is among them */
                want(v, r->corner[k].v[c]);
        if (r->at < r->end) /* those behind it are not put into bins yet, either */
            break;
    }
}

void gfx_vertex_begin_varyings(struct gfx_idvs *v)
{
    if (idvs_secondary(v))
        want_held(v);
    begin(v, WORK_VARYINGS, v->wants);
    v->done[1] += v->wants;
}

enum mali_job_result gfx_vertex_run(struct gfx_idvs *v, const struct mali_job *job,
                                    struct gfx_pass *pass, uint32_t *budget, uint64_t until)
{
    struct slice s = {.v = v, .job = job, .pass = pass, .until = until};
    unsigned places = places_wanted(v);

    gfx_vertex_attach(v, job);
    if (places > 1)
        pool_run(v->head.pipeline->pool, places, work, &s);
    else
        first_chunk(&s, budget);
    return result(&s);
}
