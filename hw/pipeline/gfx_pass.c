/*
 * Passes: draws and primitives between tiling and fragment work, in bins of a
 * tile each. The guest names a pass by the number that the model left in its tiler context, so
 * a number is believed only in the address space that it was made in.
 *
 * A pass ends when its chunks of the tiler heap are returned (gfx_pass_finish()), or its tiler context
 * is used anew. Memory is bounded: a pass by PASS_BYTES, all of them by ALL_BYTES; the pass that was not used for
 * longest goes first, and fragment work on it then faults.
 *
 * Called by gfx_idvs.c, gfx_assembly.c, gfx_fullscreen.c, gfx_frame.c, pipeline.c. Calls core.c, spare.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx.h"

#define PASS_BYTES (512ull << 20)
#define ALL_BYTES  (1024ull << 20)
#define MAX_PASSES 256
#define MAX_FB     65536u
#define PRIM_BYTES 16u /* guess: what a primitive takes of the tiler heap */
#define BIN_BYTES  8u  /* guess: an entry of a bin */

/* What a draw's vertices take, or take up. */
static uint64_t vary_bytes(const struct gfx_draw *d)
{
    return (uint64_t)d->room * (d->vary_bytes + 1);
}

static void pass_free(struct mali_pipeline *p, struct gfx_pass **at)
{
    struct gfx_pass *pass = *at;
    uint64_t bins = (uint64_t)pass->tiles_x * pass->tiles_y * pass->layers;

    *at = pass->next;
    p->pass_bytes -= pass->bytes;
    p->pass_count--;
    for (uint64_t i = 0; pass->bin && i < bins; i++)
        free(pass->bin[i].prim);
    if (pass->prims) {
        p->pass_prims = pass->prims;
        p->draw_vertices = 0;
    }
    for (uint32_t i = 0; i < pass->draws; i++) {
        struct gfx_draw *d = &pass->draw[i];
        p->draw_vertices = d->vertices > p->draw_vertices ? d->vertices : p->draw_vertices;
        spare_give(&p->spares, d->vary, vary_bytes(d));
    }
    free(pass->bin);
    free(pass->draw);
    spare_give(&p->spares, pass->prim, pass->prim_room * sizeof(*pass->prim));
    free(pass);
}

void gfx_pass_finish(struct mali_pipeline *p, uint64_t root, uint64_t first)
{
    for (struct gfx_pass **at = &p->passes; first && *at;)
        if ((*at)->root == root && (*at)->heap.first == first && !(*at)->waits)
            pass_free(p, at);
        else
            at = &(*at)->next;
}

void gfx_pass_drop_all(struct mali_pipeline *p)
{
    while (p->passes)
        pass_free(p, &p->passes);
    spare_free(&p->spares);
}

/* The one not used for longest, but not the first: that one is in use. */
static void evict(struct mali_pipeline *p)
{
    struct gfx_pass **last = &p->passes;

    while (*last && (*last)->next)
        last = &(*last)->next;
    if (*last && last != &p->passes)
        pass_free(p, last);
}

void gfx_pass_expect(struct mali_pipeline *p, uint64_t id)
{
    p->last_pass = (id >> 6 & 0xffffffff) - 1;
}

static bool charge(struct mali_pipeline *p, struct gfx_pass *pass, uint64_t bytes)
{
    if (bytes > PASS_BYTES - pass->bytes)
        return false;
    while (p->pass_bytes + bytes > ALL_BYTES && p->pass_count > 1)
        evict(p);
    pass->bytes += bytes;
    p->pass_bytes += bytes;
    return true;
}

struct gfx_pass *gfx_pass_new(struct mali_pipeline *p, uint64_t root, uint64_t tiler,
                              uint32_t width, uint32_t height, uint32_t layers)
{
    struct gfx_pass *pass;

    for (struct gfx_pass **at = &p->passes; *at;) /* the tiler context has been reset */
        if ((*at)->root == root && (*at)->tiler == tiler)
            pass_free(p, at);
        else
            at = &(*at)->next;
    while (p->pass_count >= MAX_PASSES)
        evict(p);
    pass = calloc(1, sizeof(*pass));
    if (!pass || width > MAX_FB || height > MAX_FB || layers > GFX_MAX_LAYERS) {
        free(pass);
        return NULL;
    }
    *pass = (struct gfx_pass){
        .next = p->passes,
        .id = (++p->last_pass & 0xffffffff) << 6 | 0x1full << 40, /* looks like an address */
        .root = root,
        .tiler = tiler,
        .width = width,
        .height = height,
        .layers = layers,
        .tiles_x = (width + GFX_TILE - 1) / GFX_TILE,
        .tiles_y = (height + GFX_TILE - 1) / GFX_TILE,
    };
    p->passes = pass;
    p->pass_count++;
    uint64_t bins = (uint64_t)pass->tiles_x * pass->tiles_y * layers;
    if (charge(p, pass, bins * sizeof(*pass->bin)))
        pass->bin = calloc(bins, sizeof(*pass->bin));
    if (!pass->bin) {
        pass_free(p, &p->passes);
        return NULL;
    }
    return pass;
}

struct gfx_pass *gfx_pass_find(struct mali_pipeline *p, uint64_t root, uint64_t id)
{
    for (struct gfx_pass **at = &p->passes; *at; at = &(*at)->next)
        if ((*at)->id == id && (*at)->root == root) {
            struct gfx_pass *pass = *at;
            *at = pass->next;
            pass->next = p->passes;
            p->passes = pass;
            return pass;
        }
    return NULL;
}

struct gfx_pass *gfx_pass_renew(struct mali_pipeline *p, uint64_t root, uint64_t id, uint32_t *draw)
{
    struct gfx_pass *old = gfx_pass_find(p, root, id), *pass;
    struct gfx_draw d;
    uint64_t bytes;

    if (!old || *draw >= old->draws)
        return NULL;
    d = old->draw[*draw];
    old->draw[*draw].vary = NULL;
    bytes = vary_bytes(&d);
    pass = gfx_pass_new(p, root, old->tiler, old->width, old->height,
                        old->layers); /* frees the old one */
    if (!pass || !charge(p, pass, bytes) || !gfx_pass_add_draw(p, pass, &d)) {
        free(d.vary);
        return NULL;
    }
    *draw = 0;
    return pass;
}

enum mali_mem_result gfx_pass_open(struct core *k, uint64_t tiler, uint32_t context[8],
                                   struct gfx_pass **pass)
{
    struct mali_pipeline *p = k->pipeline;
    const uint32_t *w = context;
    uint64_t id, root = core_root(k);
    enum mali_mem_result r = core_read(k, tiler, context, 8 * sizeof(*context));

    if (r != MALI_MEM_OK)
        return r;
    id = w[0] | (uint64_t)w[1] << 32;
    *pass = id ? gfx_pass_find(p, root, id) : NULL;
    if (*pass)
        return MALI_MEM_OK;
    if (id)
        mali_log(p->bus, MALI_LOG_GUEST_ERROR,
                 "tiler context 0x%llx: polygon list 0x%llx is not known: a new one",
                 (unsigned long long)tiler, (unsigned long long)id);
    *pass = gfx_pass_new(p, root, tiler, (w[3] & 0xffff) + 1, (w[3] >> 16) + 1, (w[4] & 0xff) + 1);
    if (!*pass)
        return core_fault(k, MALI_DATA_INVALID_FAULT, tiler);
    return core_write(k, tiler, &(*pass)->id, 8);
}

int gfx_layer_offset(const uint32_t context[8])
{
    return (int32_t)(context[4] << 15) >> 23;
}

/* Room for @more: NULL is no answer but a failure, old elements stay. @first: elements, at first.
 */
static bool grow(struct mali_pipeline *p, struct gfx_pass *pass, void **array, uint32_t count,
                 uint32_t *room, size_t size, uint32_t more, uint32_t first)
{
    uint64_t want = (uint64_t)count + more, next = *room ? *room : first > 4 ? first : 4;
    size_t got;
    void *bigger;

    if (want <= *room)
        return true;
    while (next < want)
        next *= 2;
    if (next > UINT32_MAX || (next - *room) * size > PASS_BYTES)
        return false;
    bigger = spare_take(&p->spares, next * size, &got);
    if (bigger && (got / size > UINT32_MAX || !charge(p, pass, (got / size - *room) * size))) {
        spare_give(&p->spares, bigger, got);
        bigger = NULL;
    }
    if (!bigger)
        return false;
    if (*array)
        memcpy(bigger, *array, count * size);
    spare_give(&p->spares, *array, *room * size);
    *array = bigger;
    *room = (uint32_t)(got / size);
    return true;
}

/* Vertices of a draw: as many as the largest one had lately, but no more than it can have. */
static uint32_t expected_vertices(const struct mali_pipeline *p, const struct gfx_draw *d)
{
    uint32_t least = p->draw_vertices < d->most_vertices ? p->draw_vertices : d->most_vertices;

    return (uint64_t)least * (d->vary_bytes + 1) < ALL_BYTES / 64 ? least : 0;
}

bool gfx_pass_add_draw(struct mali_pipeline *p, struct gfx_pass *pass, const struct gfx_draw *d)
{
    if (!grow(p, pass, (void **)&pass->draw, pass->draws, &pass->draw_room, sizeof(*d), 1, 0))
        return false;
    pass->draw[pass->draws++] = *d;
    return true;
}

bool gfx_pass_add_vertices(struct mali_pipeline *p, struct gfx_pass *pass, uint32_t draw,
                           uint32_t n)
{
    struct gfx_draw *d = &pass->draw[draw];
    uint32_t before = d->vertices;

    if (!n) /* a batch of vertices met before; there may be no array yet */
        return true;
    if (!grow(p, pass, (void **)&d->vary, d->vertices, &d->room, d->vary_bytes + 1, n,
              expected_vertices(p, d)))
        return false;
    memset(d->vary + (uint64_t)before * d->vary_bytes, 0, (uint64_t)n * d->vary_bytes);
    d->vertices += n;
    return true;
}

/* False: the tile's square lies wholly outside an edge. */
static bool touches(const struct gfx_prim *t, int64_t x, int64_t y)
{
    const int64_t size = GFX_TILE * GFX_SUBPIXEL;

    for (unsigned i = 0; i < t->corners; i++) {
        unsigned n = i + 1 == t->corners ? 0 : i + 1;
        int64_t dx = t->x[n] - t->x[i], dy = t->y[n] - t->y[i];
        int64_t cx = dy > 0 ? x : x + size, cy = dx > 0 ? y + size : y; /* innermost corner */
        if (dx * (cy - t->y[i]) - dy * (cx - t->x[i]) < 0)
            return false;
    }
    return true;
}

/* Primitives: as many as a pass had lately, but no more than a small part of what all may take. */
static uint32_t expected_prims(const struct mali_pipeline *p)
{
    const uint32_t most = ALL_BYTES / 64 / sizeof(struct gfx_prim);

    return p->pass_prims < most ? p->pass_prims : most;
}

bool gfx_pass_add_prim(struct mali_pipeline *p, struct gfx_pass *pass, const struct gfx_prim *t)
{
    uint32_t x0 = (uint32_t)t->min_x / GFX_TILE, x1 = (uint32_t)t->max_x / GFX_TILE;
    uint32_t y0 = (uint32_t)t->min_y / GFX_TILE, y1 = (uint32_t)t->max_y / GFX_TILE;
    struct gfx_bin *layer = pass->bin + (uint64_t)t->layer * pass->tiles_x * pass->tiles_y;
    bool one = x0 == x1 && y0 == y1;
    uint32_t owed = PRIM_BYTES;

    if (!grow(p, pass, (void **)&pass->prim, pass->prims, &pass->prim_room, sizeof(*t), 1,
              expected_prims(p)))
        return false;
    pass->looks += (uint64_t)(x1 - x0 + 1) * (y1 - y0 + 1);
    for (uint32_t y = y0; y <= y1 && y < pass->tiles_y; y++)
        for (uint32_t x = x0; x <= x1 && x < pass->tiles_x; x++) {
            struct gfx_bin *b = &layer[y * pass->tiles_x + x];
            if (!one && !touches(t, (int64_t)x * GFX_TILE * GFX_SUBPIXEL,
                                 (int64_t)y * GFX_TILE * GFX_SUBPIXEL))
                continue;
            if (!grow(p, pass, (void **)&b->prim, b->count, &b->room, sizeof(*b->prim), 1, 0))
                return false;
            b->prim[b->count++] = pass->prims;
            if (owed < BIN_BYTES * 4) /* large ones go to coarse bins: the hierarchy mask */
                owed += BIN_BYTES;
        }
    pass->heap.owed += owed;
    pass->prim[pass->prims++] = *t;
    return true;
}
