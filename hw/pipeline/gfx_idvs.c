/*
 * RUN_IDVS: index fetch, the batches that gfx_vertex.c shades, assembly. Vertices shaded lately are
 * shaded once. Positions come first, then primitives; varyings are shaded for vertices of those that
 * are left, which is what the hardware's name means: index-driven vertex shading.
 *
 * The first batches are short and shaded on the calling thread, where most draws end; long draws go
 * on in long ones, over the pool's threads. What a batch holds depends on the draw alone.
 *
 * Called by pipeline.c. Calls gfx_vertex.c, gfx_prim.c, gfx_pass.c, gfx_heap.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_idvs.h"

#define BUDGET     16384u      /* instructions of a slice on one thread */
#define SLICE_NS   1000000u    /* of one on several */
#define BATCH      192u        /* indices; a multiple of 3, 4 and 16 */
#define LONG_BATCH 6144u       /* likewise */
#define SHORT      (2 * BATCH) /* indices until batches are long */
/* Vertices that may be met again; powers of two, larger than a batch. */
#define RECENT      1024u
#define LONG_RECENT 16384u
#define WAITING     4u    /* vertices of earlier batches that a primitive may have */
#define MAX_VARYING 4096u /* bytes of a vertex: more than any API has */

enum { /* primitive flags. Source: v10.xml */
       PRIM_POINTS = 1,
       PRIM_LINES = 2,
       PRIM_LINE_STRIP = 4,
       PRIM_LINE_LOOP = 6,
       PRIM_TRIANGLES = 8,
       PRIM_TRIANGLE_STRIP = 10,
       PRIM_TRIANGLE_FAN = 12,
       PRIM_POLYGON = 13,
       PRIM_QUADS = 14,
};

float idvs_reg_float(const struct gfx_idvs *v, unsigned r)
{
    float f;

    memcpy(&f, &v->head.job.regs[r], 4);
    return f;
}

/* --- set-up ------------------------------------------------------------------------------ */

static void idvs_fini(struct gfx_job *j)
{
    struct gfx_idvs *v = (struct gfx_idvs *)j;

    gfx_vertex_places_free(v);
    free(v->raw);
    free(v->slot);
    free(v->wanted);
    free(v->varied);
    free(v->cache);
    free(v->id);
    free(v->recent);
}

static int32_t low16(uint32_t x)
{
    return (int32_t)(x & 0xffff);
}

static int32_t at_most(int32_t x, uint32_t limit)
{
    return x < (int32_t)limit ? x : (int32_t)limit;
}

static struct gfx_draw make_draw(const struct gfx_idvs *v, const struct gfx_pass *pass)
{
    const uint32_t *r = v->head.job.regs;
    uint64_t srt = idvs_reg64(v, IDVS_SRT), tsd = idvs_reg64(v, IDVS_TSD);

    return (struct gfx_draw){
        .dcd =
            {
                .flags0 = r[IDVS_FLAGS0],
                .flags1 = r[IDVS_FLAGS1],
                .min_z = idvs_reg_float(v, IDVS_LOW_DEPTH),
                .max_z = idvs_reg_float(v, IDVS_HIGH_DEPTH),
                .zs = idvs_reg64(v, IDVS_ZS),
                .blend = idvs_reg64(v, IDVS_BLEND),
                .occlusion = idvs_reg64(v, IDVS_OCCLUSION),
                .srt = idvs_flag(v, 38) ? idvs_reg64(v, IDVS_SRT + 4) : srt,
                .fau = idvs_reg64(v, IDVS_FAU + 4),
                .spd = idvs_reg64(v, IDVS_SPD + 4),
                .tsd = idvs_flag(v, 39) ? idvs_reg64(v, IDVS_TSD + 4) : tsd,
            },
        .min_x = low16(r[IDVS_SCISSOR_MIN]),
        .min_y = low16(r[IDVS_SCISSOR_MIN] >> 16),
        .max_x = at_most(low16(r[IDVS_SCISSOR_MAX]), pass->width - 1),
        .max_y = at_most(low16(r[IDVS_SCISSOR_MAX] >> 16), pass->height - 1),
        .vary_bytes = r[IDVS_VARY_BYTES],
    };
}

/* The pass that the tiler context names, or a new one. */
static enum mali_mem_result open_pass(struct gfx_idvs *v, struct gfx_pass **pass)
{
    struct mali_pipeline *p = v->head.pipeline;
    struct core *k = gfx_vertex_core(v);
    uint64_t va = idvs_reg64(v, IDVS_TILER), id, root = core_root(k);
    uint32_t w[8];
    enum mali_mem_result r = core_read(k, va, w, sizeof(w));

    if (r != MALI_MEM_OK)
        return r;
    v->first_provoking = w[2] >> 18 & 1;
    v->layer_offset = (int32_t)(w[4] << 15) >> 23;
    id = w[0] | (uint64_t)w[1] << 32;
    *pass = id ? gfx_pass_find(p, root, id) : NULL;
    if (*pass)
        return MALI_MEM_OK;
    if (id)
        mali_log(p->bus, MALI_LOG_GUEST_ERROR,
                 "RUN_IDVS: tiler context 0x%llx: polygon list 0x%llx is not known: a new one",
                 (unsigned long long)va, (unsigned long long)id);
    *pass = gfx_pass_new(p, root, va, (w[3] & 0xffff) + 1, (w[3] >> 16) + 1, (w[4] & 0xff) + 1);
    if (!*pass)
        return core_fault(k, MALI_DATA_INVALID_FAULT, va);
    return core_write(k, va, &(*pass)->id, 8);
}

/* What a batch takes, and the vertices that may be met again. */
static bool make_room(struct gfx_idvs *v)
{
    bool is_long = v->head.job.regs[IDVS_COUNT] > SHORT;

    v->room = is_long ? LONG_BATCH : BATCH;
    v->ring = is_long ? LONG_RECENT : RECENT;
    v->raw = calloc(v->room, 4);
    v->slot = calloc(v->room, sizeof(*v->slot));
    v->wanted = calloc(v->room + WAITING, sizeof(*v->wanted));
    v->cache = calloc(v->ring, sizeof(*v->cache));
    v->id = calloc(v->ring, sizeof(*v->id));
    v->varied = calloc(v->ring, sizeof(*v->varied));
    v->recent = calloc(v->ring, v->views * sizeof(*v->recent));
    return v->raw && v->slot && v->wanted && v->cache && v->id && v->varied && v->recent;
}

static enum mali_mem_result idvs_load(struct gfx_idvs *v)
{
    const uint32_t *r = v->head.job.regs;
    static const uint8_t sizes[8] = {0, 1, 2, 4};
    struct core *k = gfx_vertex_core(v);
    struct gfx_pass *pass;
    struct gfx_draw d;
    enum mali_mem_result m;

    v->prim_flags = r[IDVS_PRIM_FLAGS] | (uint32_t)v->head.job.instr;
    v->view_mask = v->prim_flags >> 24 ? v->prim_flags >> 24 : 1;
    v->views = 32 - (unsigned)__builtin_clz(v->view_mask);
    v->index_bytes = sizes[v->prim_flags >> 8 & 7];
    v->layered = v->prim_flags >> 20 & 1;
    v->extended = (v->prim_flags >> 22 & 3) == 2;
    if (!v->head.job.core_mask) /* guess: no core takes it */
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, v->head.job.ip);
    if (r[IDVS_VARY_BYTES] > MAX_VARYING || (v->prim_flags >> 8 & 7) > 3)
        return core_fault(k, MALI_DATA_INVALID_FAULT, v->head.job.ip);
    v->vary_stride = (r[IDVS_VARY_BYTES] + 63) & ~15u;
    m = gfx_vertex_load(v);
    if (m == MALI_MEM_OK)
        m = open_pass(v, &pass);
    if (m != MALI_MEM_OK)
        return m;
    v->pass_id = pass->id;
    if (!make_room(v))
        return core_fault(k, MALI_OOM, v->head.job.ip);
    d = make_draw(v, pass);
    if (!gfx_pass_add_draw(v->head.pipeline, pass, &d))
        return core_fault(k, MALI_OOM, v->head.job.ip);
    v->draw = pass->draws - 1;
    return MALI_MEM_OK;
}

/* --- indices ------------------------------------------------------------------------------------
 */

/* To v->raw. */
static enum mali_mem_result read_indices(struct gfx_idvs *v, uint32_t n)
{
    uint64_t at = (uint64_t)(v->head.job.regs[IDVS_FIRST_INDEX] + v->next) * v->index_bytes;
    uint64_t size = v->head.job.regs[IDVS_INDEX_BYTES], len = (uint64_t)n * v->index_bytes;
    uint64_t there = at >= size ? 0 : at + len <= size ? len : size - at;

    memset(v->raw + there, 0, len - there); /* beyond the end: zeros */
    return there ? core_read(gfx_vertex_core(v), idvs_reg64(v, IDVS_INDICES) + at, v->raw, there)
                 : MALI_MEM_OK;
}

static uint32_t index_at(const struct gfx_idvs *v, uint32_t i)
{
    uint32_t word;
    uint16_t half;

    switch (v->index_bytes) {
    case 1:
        return v->raw[i];
    case 2:
        memcpy(&half, v->raw + 2 * (size_t)i, 2);
        return half;
    case 4:
        memcpy(&word, v->raw + 4 * (size_t)i, 4);
        return word;
    default: /* Without indices there is no first one: panvk's indirect draws leave the register
                alone. */
        return v->next + i;
    }
}

static bool is_restart(const struct gfx_idvs *v, uint32_t index)
{
    return (v->prim_flags >> 19 & 1) && v->index_bytes &&
           index == (uint32_t)((1ull << 8 * v->index_bytes) - 1);
}

/* Where vertex @id is, or will be: then it is noted for shading. */
static uint32_t find_slot(struct gfx_idvs *v, uint32_t id)
{
    uint32_t mask = v->ring - 1, *c = &v->cache[id & mask], slot = *c - 1;

    if (*c > v->floor && v->id[slot & mask] == id)
        return slot & mask;
    slot = v->slots++;
    *c = slot + 1;
    v->id[slot & mask] = id;
    v->varied[slot & mask] = false;
    v->fresh++;
    v->vertices++;
    return slot & mask;
}

/* Slots below the floor are not met again: another instance's, or this batch may overwrite them. */
static void raise_floor(struct gfx_idvs *v)
{
    uint32_t safe = v->ring - v->room; /* vertices that this batch cannot overwrite */

    if (v->slots > UINT32_MAX / 2) { /* numbers run out */
        memset(v->cache, 0, v->ring * sizeof(*v->cache));
        v->slots = v->floor = 0;
    }
    if (v->slots > safe && v->floor < v->slots - safe)
        v->floor = v->slots - safe;
}

static enum mali_mem_result fetch(struct gfx_idvs *v)
{
    const uint32_t *r = v->head.job.regs;
    uint32_t left = r[IDVS_COUNT] - v->next, most = v->next < SHORT ? BATCH : v->room;
    uint32_t n = left < most ? left : most;
    enum mali_mem_result m = v->index_bytes ? read_indices(v, n) : MALI_MEM_OK;

    if (m != MALI_MEM_OK)
        return m;
    v->fresh = 0;
    raise_floor(v);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t index = index_at(v, i);
        v->slot[i] = is_restart(v, index) ? ~0u : find_slot(v, index + r[IDVS_BASE_VERTEX]);
    }
    v->indices = n;
    v->next += n;
    return MALI_MEM_OK;
}

/* --- assembly
 * --------------------------------------------------------------------------------------- */

struct assembly {
    struct gfx_idvs *v;
    struct gfx_setup s;
};

/* @n vertices, @provoking one of them, in every view. */
static void primitive(struct assembly *a, const struct gfx_vertex *const c[3], unsigned n,
                      unsigned provoking)
{
    struct gfx_idvs *v = a->v;

    a->s.number = v->number++;
    for (unsigned view = 0; view < v->views; view++) {
        struct gfx_vertex x[3];
        if (!(v->view_mask >> view & 1))
            continue;
        for (unsigned i = 0; i < n; i++)
            x[i] = c[i][view];
        int layer = (v->prim_flags >> 24 ? (int)view : (int)x[provoking].layer) + v->layer_offset;
        if (layer < 0 || layer >= (int)a->s.pass->layers)
            continue;
        a->s.layer = (uint8_t)layer;
        if (n == 1)
            gfx_point(&a->s, &x[0]);
        else if (n == 2)
            gfx_line(&a->s, x, provoking);
        else
            gfx_triangle(&a->s, x, provoking);
    }
}

static void triangle(struct assembly *a, const struct gfx_vertex *x, const struct gfx_vertex *y,
                     const struct gfx_vertex *z, unsigned provoking)
{
    const struct gfx_vertex *const c[3] = {x, y, z};

    primitive(a, c, 3, provoking);
}

static void line(struct assembly *a, const struct gfx_vertex *x, const struct gfx_vertex *y)
{
    const struct gfx_vertex *const c[3] = {x, y};

    primitive(a, c, 2, a->v->first_provoking ? 0 : 1);
}

/* A vertex is wanted when its place in recent[] may be another's. */
static void keep(const struct gfx_idvs *v, struct gfx_vertex *to, const struct gfx_vertex *from)
{
    memcpy(to, from, v->views * sizeof(*to));
}

/* One more vertex for lists: @n make a primitive. */
static void push_list(struct assembly *a, const struct gfx_vertex *x, unsigned n)
{
    struct gfx_idvs *v = a->v;
    unsigned last = v->first_provoking ? 0 : n - 1;
    const struct gfx_vertex *h0 = v->held[0], *h1 = v->held[1], *h2 = v->held[2];

    if (v->have + 1 < n) {
        keep(v, v->held[v->have++], x);
        return;
    }
    v->have = 0;
    if (n == 4) {
        triangle(a, h0, h1, v->first_provoking ? h2 : x, v->first_provoking ? 0 : 2);
        v->number--; /* two halves of one */
        triangle(a, v->first_provoking ? h0 : h1, h2, x, v->first_provoking ? 0 : 2);
        return;
    }
    const struct gfx_vertex *const c[3] = {n > 1 ? h0 : x, n > 2 ? h1 : x, x};
    primitive(a, c, n, last);
}

static void push_line_strip(struct assembly *a, const struct gfx_vertex *x)
{
    struct gfx_idvs *v = a->v;

    if (v->have)
        line(a, v->held[0], x);
    else
        keep(v, v->opening, x);
    keep(v, v->held[0], x);
    v->have = v->have < 2 ? v->have + 1 : 2;
}

/* held[0], held[1]: the last two; have counts on, for the winding. */
static void push_strip(struct assembly *a, const struct gfx_vertex *x)
{
    struct gfx_idvs *v = a->v;
    const struct gfx_vertex *h0 = v->held[0], *h1 = v->held[1];

    if (v->have < 2) {
        keep(v, v->held[v->have++], x);
        return;
    }
    if (v->have & 1)
        triangle(a, h1, h0, x, v->first_provoking ? 1 : 2);
    else
        triangle(a, h0, h1, x, v->first_provoking ? 0 : 2);
    keep(v, v->held[0], h1);
    keep(v, v->held[1], x);
    v->have = v->have == 2 ? 3 : 2;
}

static void push_fan(struct assembly *a, const struct gfx_vertex *x, bool polygon)
{
    struct gfx_idvs *v = a->v;

    if (v->have < 2) {
        keep(v, v->held[v->have++], x);
        return;
    }
    triangle(a, v->held[0], v->held[1], x, polygon ? 0 : v->first_provoking ? 1 : 2);
    keep(v, v->held[1], x);
}

static void close_loop(struct assembly *a)
{
    struct gfx_idvs *v = a->v;

    if ((v->prim_flags & 0xff) == PRIM_LINE_LOOP && v->have > 1)
        line(a, v->held[0], v->opening);
    v->have = 0;
}

static void push(struct assembly *a, const struct gfx_vertex *x)
{
    switch (a->v->prim_flags & 0xff) {
    case PRIM_POINTS:
        push_list(a, x, 1);
        break;
    case PRIM_LINES:
        push_list(a, x, 2);
        break;
    case PRIM_LINE_STRIP:
    case PRIM_LINE_LOOP:
        push_line_strip(a, x);
        break;
    case PRIM_TRIANGLES:
        push_list(a, x, 3);
        break;
    case PRIM_TRIANGLE_STRIP:
        push_strip(a, x);
        break;
    case PRIM_TRIANGLE_FAN:
    case PRIM_POLYGON:
        push_fan(a, x, (a->v->prim_flags & 0xff) == PRIM_POLYGON);
        break;
    case PRIM_QUADS:
        push_list(a, x, 4);
        break;
    default: /* refused before */
        break;
    }
}

static bool known_mode(unsigned mode)
{
    return mode < 16 && (0x7556u & 1u << mode); /* 1 2 4 6 8 10 12 13 14 */
}

/* The batch's primitives; AGAIN: *@budget is spent, of which a vertex takes four and a look at a
 * bin one. */
static enum mali_job_result assemble(struct gfx_idvs *v, struct gfx_pass *pass, uint32_t *budget)
{
    struct assembly a = {
        v,
        {
            .p = v->head.pipeline,
            .pass = pass,
            .draw = v->draw,
            .low_cull = v->prim_flags >> 16 & 1,
            .high_cull = v->prim_flags >> 17 & 1,
            .low = idvs_reg_float(v, IDVS_LOW_DEPTH),
            .high = idvs_reg_float(v, IDVS_HIGH_DEPTH),
            .width = idvs_reg_float(v, IDVS_PRIM_SIZE),
        },
    };

    for (; v->assembled < v->indices && !a.s.full; v->assembled++) {
        uint64_t before = pass->looks, cost;
        if (!*budget)
            return MALI_JOB_AGAIN;
        uint32_t slot = v->slot[v->assembled];
        if (slot == ~0u)
            close_loop(&a);
        else
            push(&a, &v->recent[(size_t)slot * v->views]);
        cost = 4 + pass->looks - before;
        *budget -= cost < *budget ? (uint32_t)cost : *budget;
    }
    if (v->next == v->head.job.regs[IDVS_COUNT] && !a.s.full)
        close_loop(&a);
    if (a.s.full) {
        core_fault(gfx_vertex_core(v), MALI_OOM, v->head.job.ip);
        return MALI_JOB_FAULTED;
    }
    return MALI_JOB_DONE;
}

/* --- the job
 * ------------------------------------------------------------------------------------------ */

static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                [MALI_MEM_STALL] = MALI_JOB_STALL,
                                [MALI_MEM_FAULT] = MALI_JOB_FAULTED};

static void next_instance(struct gfx_idvs *v)
{
    v->floor = v->slots; /* instances differ in attributes: nothing is met again */
    v->instance++;
    v->next = 0;
    v->have = v->number = 0;
    v->vertices = 0;
}

static void next_phase(struct gfx_idvs *v, enum gfx_idvs_phase phase)
{
    v->phase = phase;
    v->parts++;
}

/* A batch from its indices to its primitives, or as far as it comes. */
static enum mali_job_result batch(struct gfx_idvs *v, const struct mali_job *job,
                                  struct gfx_pass *pass, uint32_t *budget, uint64_t until)
{
    uint32_t bytes = 16 + ((job->regs[IDVS_VARY_BYTES] + 15) & ~15u);
    enum mali_job_result res;

    if (v->phase == IDVS_FETCH) {
        res = loads[fetch(v)];
        if (res == MALI_JOB_DONE && !gfx_vertex_begin(v, pass)) {
            core_fault(gfx_vertex_core(v), MALI_OOM, job->ip);
            res = MALI_JOB_FAULTED;
        }
        if (res != MALI_JOB_DONE)
            return res;
        next_phase(v, IDVS_POSITIONS);
    }
    if (v->phase == IDVS_POSITIONS) {
        res = gfx_vertex_shade(v, job, pass, budget, until);
        if (res != MALI_JOB_DONE)
            return res;
        v->need = (uint64_t)v->fresh * v->views * bytes;
        next_phase(v, IDVS_RESERVE);
    }
    if (v->phase == IDVS_RESERVE) {
        res = loads[gfx_heap_take(gfx_vertex_core(v), pass, job->heap, &v->need)];
        if (res != MALI_JOB_DONE)
            return res;
        v->flushed = v->need;
        if (v->flushed)
            return MALI_JOB_OOM;
        v->assembled = 0;
        v->first_prim = pass->prims;
        next_phase(v, IDVS_ASSEMBLE);
    }
    if (v->phase == IDVS_ASSEMBLE) {
        res = assemble(v, pass, budget);
        if (res != MALI_JOB_DONE)
            return res;
        gfx_vertex_begin_varyings(v, pass);
        next_phase(v, IDVS_VARYINGS);
    }
    res = gfx_vertex_shade(v, job, pass, budget, until);
    if (res == MALI_JOB_DONE)
        next_phase(v, IDVS_FETCH);
    return res;
}

/* DONE: the whole draw. On several threads the clock ends a slice, on one its instructions do. */
static enum mali_job_result idvs_slice(struct gfx_idvs *v, const struct mali_job *job,
                                       struct gfx_pass *pass)
{
    const uint32_t *r = v->head.job.regs;
    uint64_t until = v->most > 1 ? mali_host_ns() + SLICE_NS : UINT64_MAX;
    uint32_t budget = BUDGET;

    while (v->instance < r[IDVS_INSTANCES]) {
        if (v->most > 1 ? mali_host_ns() >= until : !budget)
            return MALI_JOB_AGAIN;
        if (v->most > 1)
            budget = BUDGET;
        enum mali_job_result res = batch(v, job, pass, &budget, until);
        if (res == MALI_JOB_AGAIN && v->phase == IDVS_ASSEMBLE)
            continue;
        if (res != MALI_JOB_DONE)
            return res;
        if (v->next == r[IDVS_COUNT])
            next_instance(v);
    }
    return MALI_JOB_DONE;
}

/*
 * The heap had no chunk left. Either it has one now, or the stream's handler has drawn the pass and
 * reset the tiler context: the rest of the draw belongs to a new pass. May be repeated after a
 * stall.
 */
static enum mali_mem_result reopen_pass(struct gfx_idvs *v)
{
    struct mali_pipeline *p = v->head.pipeline;
    struct core *k = gfx_vertex_core(v);
    uint64_t va = idvs_reg64(v, IDVS_TILER), id;
    struct gfx_pass *pass;
    enum mali_mem_result r = core_read(k, va, &id, sizeof(id));

    if (r == MALI_MEM_OK && !id)
        r = core_write(k, va, &id, sizeof(id)); /* may it be written? */
    if (r != MALI_MEM_OK)
        return r;
    if (!id) {
        pass = gfx_pass_renew(p, core_root(k), v->pass_id, &v->draw);
        if (!pass)
            return core_fault(k, MALI_OOM, v->head.job.ip);
        v->pass_id = id = pass->id;
        r = core_write(k, va, &id, sizeof(id));
    }
    v->flushed = false;
    return r;
}

static enum mali_job_result run(struct gfx_idvs *v, const struct mali_job *job)
{
    struct core *k = gfx_vertex_core(v);
    struct gfx_pass *pass;

    if (!v->head.loaded) {
        const uint32_t *r = v->head.job.regs;
        if (!r[IDVS_COUNT] || !r[IDVS_INSTANCES])
            return MALI_JOB_DONE; /* reads no descriptor */
        if (!known_mode((r[IDVS_PRIM_FLAGS] | (uint32_t)v->head.job.instr) & 0xff)) {
            core_fault(k, MALI_DATA_INVALID_FAULT, v->head.job.ip);
            return MALI_JOB_FAULTED;
        }
        enum mali_job_result res = loads[idvs_load(v)];
        if (res != MALI_JOB_DONE)
            return res;
        v->head.loaded = true;
    }
    if (v->flushed) {
        enum mali_job_result res = loads[reopen_pass(v)];
        if (res != MALI_JOB_DONE)
            return res;
    }
    pass = gfx_pass_find(v->head.pipeline, core_root(k), v->pass_id);
    if (!pass) { /* evicted over too many others, or reset meanwhile */
        core_fault(k, MALI_OOM, v->head.job.ip);
        return MALI_JOB_FAULTED;
    }
    return idvs_slice(v, job, pass);
}

static enum mali_job_result submit(struct gfx_idvs *v, const struct mali_job *job,
                                   struct mali_fault *fault)
{
    struct mali_pipeline *p = v->head.pipeline;
    enum mali_job_result r;

    if (!v->made && !gfx_vertex_place_add(v)) {
        fault->code = MALI_CSF_FW_INTERNAL_ERROR;
        return MALI_JOB_FAULTED;
    }
    gfx_vertex_attach(v, job);
    r = run(v, job);
    /* Recorders and observers look at one thread, reports count there. */
    v->most = p->recorder || p->observer || p->reports ? 1 : pool_size(p->pool);
    if (p->reports || r == MALI_JOB_FAULTED)
        gfx_vertex_report(v, job->trace);
    if (r == MALI_JOB_FAULTED)
        *fault = gfx_vertex_fault(v);
    for (unsigned i = 0; r == MALI_JOB_DONE && i < 2; i++)
        pipeline_work(p, job->trace, MALI_WORK_POSITIONS + i, v->done[i]);
    return r;
}

enum mali_job_result gfx_idvs_submit(struct mali_pipeline *p, const struct mali_job *job,
                                     struct mali_fault *fault)
{
    struct gfx_idvs *v = (struct gfx_idvs *)gfx_job_get(p, job, sizeof(*v), idvs_fini, fault);
    enum mali_job_result r;

    if (!v)
        return MALI_JOB_FAULTED;
    r = submit(v, job, fault);
    v->head.work = (uint64_t)v->parts << 32 | (v->taken + v->assembled);
    if (r == MALI_JOB_FAULTED)
        mali_log(p->bus, MALI_LOG_GUEST_ERROR, "RUN_IDVS at 0x%llx: %s, 0x%llx",
                 (unsigned long long)job->ip, mali_fault_name(fault->code),
                 (unsigned long long)fault->info);
    return gfx_job_put(&v->head, job, r);
}
