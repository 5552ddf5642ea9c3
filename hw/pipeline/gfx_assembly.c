/*
 * Assembly of a RUN_IDVS job's batch: indices to primitives, their set-up, their bins.
 *
 * Set-up (clipping, culling, planes) takes most of it and needs nothing but the vertices'
 * positions, so lists are cut into ranges of indices that several threads set up. What a range has
 * made stays with it until one thread has put it into the pass's bins, range by range: the order is
 * the draw's, whoever was first. Strips, fans and lists that a restart may have shifted are one
 * range, as each vertex needs what came before it. A range has room for a part of what it may make:
 * then bins come first, and set-up goes on after them.
 *
 * Called by gfx_idvs.c, gfx_vertex.c (ranges, on its threads). Calls gfx_prim.c, gfx_pass.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "gfx_idvs.h"

#define RANGE      384u /* indices: a multiple of 3 and 4 */
#define PRIMITIVES 512u /* of a range that are not in bins yet */
/* What one primitive may become: in each view a clipped polygon, twice for quads. */
#define MOST (2 * GFX_MAX_VIEWS * GFX_CLIPPED)

_Static_assert(PRIMITIVES > MOST, "a range has room for one primitive at least");

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

/* A range as its thread sees it. */
struct assembly {
    struct gfx_idvs *v;
    struct gfx_setup s;
};

/* --- primitives ----------------------------------------------------------------------------- */

/* The draw's primitive a->s.number: @n vertices, @provoking one of them, in every view. */
static void primitive(struct assembly *a, const struct gfx_vertex *const c[3], unsigned n,
                      unsigned provoking)
{
    struct gfx_idvs *v = a->v;

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
    a->s.number++;
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

/* Of a list: @c are its @n vertices. */
static void list_primitive(struct assembly *a, const struct gfx_vertex *const c[4], unsigned n)
{
    bool first = a->v->first_provoking;

    if (n < 4) {
        primitive(a, c, n, first ? 0 : n - 1);
        return;
    }
    triangle(a, c[0], c[1], first ? c[2] : c[3], first ? 0 : 2);
    a->s.number--; /* two halves of one */
    triangle(a, first ? c[0] : c[1], c[2], c[3], first ? 0 : 2);
}

/* One more vertex for lists: @n make a primitive. */
static void push_list(struct assembly *a, const struct gfx_vertex *x, unsigned n)
{
    struct gfx_idvs *v = a->v;
    const struct gfx_vertex *c[4] = {v->held[0], v->held[1], v->held[2], x};

    if (v->have + 1 < n) {
        keep(v, v->held[v->have++], x);
        return;
    }
    c[n - 1] = x;
    v->have = 0;
    list_primitive(a, c, n);
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

/* How many vertices a primitive of the list has; 0: it is none. */
static unsigned list_of(const struct gfx_idvs *v)
{
    static const uint8_t lists[16] = {
        [PRIM_POINTS] = 1, [PRIM_LINES] = 2, [PRIM_TRIANGLES] = 3, [PRIM_QUADS] = 4};

    return lists[v->prim_flags & 15];
}

static void push(struct assembly *a, const struct gfx_vertex *x)
{
    switch (a->v->prim_flags & 0xff) {
    case PRIM_LINE_STRIP:
    case PRIM_LINE_LOOP:
        push_line_strip(a, x);
        break;
    case PRIM_TRIANGLE_STRIP:
        push_strip(a, x);
        break;
    case PRIM_TRIANGLE_FAN:
    case PRIM_POLYGON:
        push_fan(a, x, (a->v->prim_flags & 0xff) == PRIM_POLYGON);
        break;
    default:
        push_list(a, x, list_of(a->v));
        break;
    }
}

bool gfx_assembly_knows(uint32_t prim_flags)
{
    unsigned mode = prim_flags & 0xff;

    return mode < 16 && (0x7556u & 1u << mode); /* 1 2 4 6 8 10 12 13 14 */
}

/* --- ranges -------------------------------------------------------------------------------------
 */

uint32_t gfx_assembly_ranges(uint32_t indices)
{
    return (indices + RANGE - 1) / RANGE;
}

uint32_t gfx_assembly_prims(uint32_t indices)
{
    return gfx_assembly_ranges(indices) * PRIMITIVES;
}

void gfx_assembly_begin(struct gfx_idvs *v)
{
    unsigned n = list_of(v);
    bool cut = n && !v->have && !v->restarts;
    uint32_t size = cut ? RANGE : v->indices;

    v->ranges = 0;
    v->binned = 0;
    v->in_bins = 0;
    for (uint32_t at = 0; at < v->indices; at += size) {
        struct gfx_range *r = &v->range[v->ranges];
        r->prim = v->made_prims + (size_t)v->ranges * PRIMITIVES;
        r->corner = v->corner + (size_t)v->ranges++ * PRIMITIVES;
        r->at = at;
        r->end = v->indices - at < size ? v->indices : at + size;
        r->list = cut ? (uint8_t)n : 0;
        r->number = v->number + (cut ? at / n : 0);
        r->count = 0;
    }
}

static bool has_room(const struct assembly *a)
{
    return a->s.made + MOST <= PRIMITIVES;
}

/* Of a cut list: no primitive lies in two ranges, and what is left over at the end is none. */
static void run_list(struct assembly *a, struct gfx_range *r, uint32_t *budget)
{
    const struct gfx_idvs *v = a->v;
    uint32_t n = r->list, cost = 4 * n, at = r->at; /* other threads write the range's neighbours */

    while (has_room(a) && r->end - at >= n && *budget) {
        const struct gfx_vertex *c[4] = {NULL};
        for (uint32_t i = 0; i < n; i++)
            c[i] = &v->recent[(size_t)v->slot[at + i] * v->views];
        list_primitive(a, c, n);
        at += n;
        *budget -= cost < *budget ? cost : *budget;
    }
    r->at = r->end - at < n ? r->end : at;
}

/* Vertex by vertex, with what the job holds from those before. */
static void run_held(struct assembly *a, struct gfx_range *r, uint32_t *budget)
{
    struct gfx_idvs *v = a->v;

    while (has_room(a) && r->at < r->end && *budget) {
        uint32_t slot = v->slot[r->at];
        if (slot == ~0u)
            close_loop(a);
        else
            push(a, &v->recent[(size_t)slot * v->views]);
        if (++r->at == v->indices && v->next == v->head.job.regs[IDVS_COUNT])
            close_loop(a);
        *budget -= 4 < *budget ? 4 : *budget;
    }
}

bool gfx_assembly_run(struct gfx_idvs *v, struct gfx_range *r, struct gfx_pass *pass,
                      uint32_t *budget)
{
    struct assembly a = {
        v,
        {
            .pass = pass,
            .draw = v->draw,
            .number = r->number,
            .out = r->prim,
            .made = r->count,
            .low_cull = v->prim_flags >> 16 & 1,
            .high_cull = v->prim_flags >> 17 & 1,
            .low = idvs_reg_float(v, IDVS_LOW_DEPTH),
            .high = idvs_reg_float(v, IDVS_HIGH_DEPTH),
            .width = idvs_reg_float(v, IDVS_PRIM_SIZE),
        },
    };

    if (r->list)
        run_list(&a, r, budget);
    else
        run_held(&a, r, budget);
    for (uint32_t i = r->count; i < a.s.made; i++)
        memcpy(r->corner[i].v, r->prim[i].v, sizeof(r->corner[i].v));
    r->number = a.s.number;
    r->count = a.s.made;
    return !has_room(&a) || r->at >= r->end;
}

/* --- bins ------------------------------------------------------------------------------------
 */

/* What is made of range @r, from v->in_bins on. DONE, AGAIN: *@budget is spent; FAULTED. */
static enum mali_job_result bin_range(struct gfx_idvs *v, const struct gfx_range *r,
                                      struct gfx_pass *pass, uint32_t *budget)
{
    for (; v->in_bins < r->count; v->in_bins++) {
        uint64_t before = pass->looks, cost;
        if (!*budget)
            return MALI_JOB_AGAIN;
        if (!gfx_pass_add_prim(v->head.pipeline, pass, &r->prim[v->in_bins])) {
            core_fault(gfx_vertex_core(v), MALI_OOM, v->head.job.ip);
            return MALI_JOB_FAULTED;
        }
        cost = 1 + pass->looks - before;
        *budget -= cost < *budget ? (uint32_t)cost : *budget;
    }
    return MALI_JOB_DONE;
}

bool gfx_assembly_ended(const struct gfx_idvs *v)
{
    for (uint32_t i = v->binned; i < v->ranges; i++)
        if (v->range[i].at < v->range[i].end)
            return false;
    return true;
}

enum mali_job_result gfx_assembly_bin(struct gfx_idvs *v, struct gfx_pass *pass, uint32_t *budget)
{
    while (v->binned < v->ranges) {
        struct gfx_range *r = &v->range[v->binned];
        enum mali_job_result res = bin_range(v, r, pass, budget);
        if (res != MALI_JOB_DONE)
            return res;
        v->in_bins = 0;
        r->count = 0;
        if (r->at < r->end)
            return MALI_JOB_DONE;
        v->binned++;
    }
    v->number = v->ranges ? v->range[v->ranges - 1].number : v->number;
    return MALI_JOB_DONE;
}
