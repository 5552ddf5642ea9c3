/*
 * Coverage: which samples of a tile an outline covers, quad by quad, or, with one sample a pixel,
 * row by row. Edge functions are integers in 1/256 pixel and so exact: neighbours that share an
 * edge leave no hole and hit no sample twice.
 *
 * Ties: a sample on an edge belongs to the outline when that is a top or a left edge (tie-break
 * rule "minus 180 in, 0 out", the only one that Mesa asks for).
 *
 * Called by gfx_fragment.c. Calls gfx_vec.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_vec.h"

/* Edge i: inside where a * x + b * y + c >= 0, coordinates from the tile's corner. */
struct edge {
    int64_t a, b, c;
};

/* The inside of a convex outline. */
struct outline {
    struct edge e[GFX_CORNERS];
    unsigned n;
};

static void set_edges(const struct gfx_prim *t, int64_t ox, int64_t oy, struct outline *o)
{
    o->n = 0;
    for (unsigned i = 0; i < t->corners; i++) {
        unsigned next = i + 1 == t->corners ? 0 : i + 1;
        int64_t dx = t->x[next] - t->x[i], dy = t->y[next] - t->y[i];
        bool top_left = dy < 0 || (dy == 0 && dx > 0);
        if (dx || dy) /* else two corners of a short line met on the grid */
            o->e[o->n++] = (struct edge){
                .a = -dy,
                .b = dx,
                .c = dx * (oy - t->y[i]) - dy * (ox - t->x[i]) - !top_left,
            };
    }
}

/* Samples of the pixel at (x, y), 1/256 from the tile's corner. */
static uint16_t pixel_cover(const struct gfx_fb *fb, const struct outline *o, int64_t x, int64_t y)
{
    uint16_t cover = 0;

    for (unsigned s = 0; s < (fb->forced ? fb->forced : fb->samples); s++) {
        int64_t sx = x + fb->sample_x[s], sy = y + fb->sample_y[s];
        int64_t out = 0;
        for (unsigned i = 0; i < o->n; i++)
            out |= o->e[i].a * sx + o->e[i].b * sy + o->e[i].c;
        cover |= (uint16_t)((out >= 0) << s);
    }
    return cover;
}

/* Largest and smallest value of an edge over the square of @size at (x, y). */
static int64_t largest(const struct edge *e, int64_t x, int64_t y, int64_t size)
{
    return e->a * (e->a > 0 ? x + size : x) + e->b * (e->b > 0 ? y + size : y) + e->c;
}

static int64_t smallest(const struct edge *e, int64_t x, int64_t y, int64_t size)
{
    return e->a * (e->a < 0 ? x + size : x) + e->b * (e->b < 0 ? y + size : y) + e->c;
}

static bool outside(const struct outline *o, int64_t x, int64_t y, int64_t size)
{
    for (unsigned i = 0; i < o->n; i++)
        if (largest(&o->e[i], x, y, size) < 0)
            return true;
    return false;
}

static bool all_inside(const struct outline *o, int64_t x, int64_t y, int64_t size)
{
    for (unsigned i = 0; i < o->n; i++)
        if (smallest(&o->e[i], x, y, size) < 0)
            return false;
    return true;
}

/* Pixels that may be drawn, in the tile, inclusive. */
struct box {
    int x0, y0, x1, y1;
};

static uint16_t boxed(const struct box *b, int x, int y, uint16_t cover)
{
    return x >= b->x0 && x <= b->x1 && y >= b->y0 && y <= b->y1 ? cover : 0;
}

static unsigned quads_in_block(const struct gfx_fb *fb, const struct outline *o, uint16_t full,
                               const struct box *b, int bx, int by, int size, struct gfx_quad *quad)
{
    bool whole = all_inside(o, bx * GFX_SUBPIXEL, by * GFX_SUBPIXEL, size * GFX_SUBPIXEL);
    unsigned n = 0;

    for (int y = by; y < by + size; y += 2)
        for (int x = bx; x < bx + size; x += 2) {
            struct gfx_quad *q = &quad[n];
            uint16_t any = 0;
            for (int i = 0; i < 4; i++) {
                int px = x + (i & 1), py = y + (i >> 1);
                uint16_t cover = boxed(b, px, py, full);
                if (cover && !whole)
                    cover = pixel_cover(fb, o, px * GFX_SUBPIXEL, py * GFX_SUBPIXEL);
                q->cover[i] = cover;
                any |= q->cover[i];
            }
            q->x = (uint8_t)x;
            q->y = (uint8_t)y;
            n += any != 0;
        }
    return n;
}

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

/* --- one sample a pixel: rows are intervals -------------------------------------------------- */

/* Narrows [*lo, *hi] to the pixels of row @y, its centre line, that lie inside an edge. */
static bool narrow_row(const struct edge *e, int y, int *lo, int *hi)
{
    int64_t k =
        e->a * (GFX_SUBPIXEL / 2) + e->b * ((int64_t)y * GFX_SUBPIXEL + GFX_SUBPIXEL / 2) + e->c;
    int64_t step = e->a * GFX_SUBPIXEL, first = k + step * *lo, last = k + step * *hi;

    if (first < 0 && last < 0)
        return false;
    if (first < 0)
        *lo = (int)((-k + step - 1) / step);
    else if (last < 0)
        *hi = (int)(k / -step);
    return true;
}

/* Bit x: the pixel's centre is covered. */
static uint32_t row_cover(const struct edge *e, unsigned edges, const struct box *b, int y)
{
    int lo = b->x0, hi = b->x1;

    if (y < b->y0 || y > b->y1)
        return 0;
    for (unsigned i = 0; i < edges; i++)
        if (!narrow_row(&e[i], y, &lo, &hi) || lo > hi)
            return 0;
    return (~0u >> (31 - (hi - lo))) << lo;
}

/* Edges at the pixels' centres of the box, from its first one on; @ox, @oy: the tile's corner.
 * Pixels are 256 apart, so eight bits less change no sign. False: too long for 32 bits. */
static bool edges_in_box(const struct gfx_prim *t, int64_t ox, int64_t oy, const struct box *b,
                         struct gfx_vec_edges *out)
{
    const int64_t far = 1 << 30; /* the sign is the same in all of the tile */
    int64_t x = ox + b->x0 * GFX_SUBPIXEL + GFX_SUBPIXEL / 2;
    int64_t y = oy + b->y0 * GFX_SUBPIXEL + GFX_SUBPIXEL / 2;

    for (unsigned i = 0; i < GFX_CORNERS; i++) {
        unsigned from = i < t->corners ? i : 0, to = i + 1 < t->corners ? i + 1 : 0;
        int64_t dx = t->x[to] - t->x[from], dy = t->y[to] - t->y[from], c;
        if (llabs(dx) + llabs(dy) > far / 2 / GFX_TILE)
            return false;
        c = dx * (y - t->y[from]) - dy * (x - t->x[from]);
        c -= dy > 0 || (dy == 0 && dx < 0); /* neither a top nor a left edge */
        c >>= 8;
        out->a[i] = (int32_t)-dy;
        out->b[i] = (int32_t)dx;
        out->c[i] = (int32_t)(c > far ? far : c < -far ? -far : c);
    }
    return true;
}

/* The covered pixels of each row of the box. Those of a row lie together. */
static void rows_of_box(const struct gfx_vec *vec, const struct gfx_prim *t, int64_t ox, int64_t oy,
                        const struct box *b, uint32_t *row)
{
    unsigned columns = (unsigned)(b->x1 - b->x0 + 1), rows = (unsigned)(b->y1 - b->y0 + 1);
    struct gfx_vec_edges e;
    struct outline o;

    if (edges_in_box(t, ox, oy, b, &e)) {
        vec->cover(&e, (unsigned)b->x0, columns, rows, row);
        return;
    }
    set_edges(t, ox, oy, &o);
    for (unsigned y = 0; y < rows; y++)
        row[y] = row_cover(o.e, o.n, b, b->y0 + (int)y);
}

static unsigned quads_of_rows(const uint32_t *rows, uint16_t full, const struct box *b,
                              struct gfx_quad *quad)
{
    unsigned n = 0;

    for (int y = b->y0 & ~1; y <= b->y1; y += 2, rows += 2) {
        uint32_t up = rows[0], down = rows[1];
        uint32_t any = up | down, left = (any | any >> 1) & 0x55555555;
        for (; left; left &= left - 1) {
            unsigned x = (unsigned)__builtin_ctz(left);
            uint64_t bits = (up >> x & 3) | (down >> x & 3) << 2;
            uint64_t cover = (bits | bits << 15 | bits << 30 | bits << 45) & 0x0001000100010001ull;
            cover *= full;
            quad[n].x = (uint8_t)x;
            quad[n].y = (uint8_t)y;
            memcpy(quad[n++].cover, &cover, 8);
        }
    }
    return n;
}

/* Covers of forced samples become the shader's; the targets' only sample is hit when any is. */
static void forced_covers(const struct gfx_fb *fb, struct gfx_quad *quad, unsigned n)
{
    for (unsigned i = 0; i < 4 * n && fb->forced; i++) {
        struct gfx_quad *q = &quad[i / 4];
        q->forced[i % 4] = q->cover[i % 4];
        q->cover[i % 4] = q->cover[i % 4] != 0;
    }
}

/* What of the tile @t may cover; false: nothing. */
static bool box_of(const struct gfx_fb *fb, const struct gfx_tile *tile, const struct gfx_prim *t,
                   struct box *b)
{
    int tx = (int)tile->x, ty = (int)tile->y;

    *b = (struct box){
        .x0 = at_least(at_least(t->min_x - tx, (int)fb->min_x - tx), 0),
        .y0 = at_least(at_least(t->min_y - ty, (int)fb->min_y - ty), 0),
        .x1 = at_most(t->max_x - tx, (int)tile->w - 1),
        .y1 = at_most(t->max_y - ty, (int)tile->h - 1),
    };
    return b->x0 <= b->x1 && b->y0 <= b->y1;
}

unsigned gfx_raster_rows(const struct gfx_vec *vec, const struct gfx_fb *fb,
                         const struct gfx_tile *tile, const struct gfx_prim *t,
                         uint32_t row[GFX_TILE], unsigned *first)
{
    struct box b;

    if (!box_of(fb, tile, t, &b))
        return 0;
    *first = (unsigned)b.y0;
    rows_of_box(vec, t, (int64_t)tile->x * GFX_SUBPIXEL, (int64_t)tile->y * GFX_SUBPIXEL, &b, row);
    return (unsigned)(b.y1 - b.y0 + 1);
}

unsigned gfx_raster(const struct gfx_vec *vec, const struct gfx_fb *fb, const struct gfx_tile *tile,
                    const struct gfx_prim *t, const struct gfx_draw *d, struct gfx_quad *quad)
{
    enum { BLOCK = 8 };
    int64_t ox = (int64_t)tile->x * GFX_SUBPIXEL, oy = (int64_t)tile->y * GFX_SUBPIXEL;
    unsigned n = 0;
    unsigned samples = fb->forced ? fb->forced : fb->samples;
    uint16_t full = (uint16_t)((1u << samples) - 1);
    struct box b;
    struct outline o;

    if (!box_of(fb, tile, t, &b))
        return 0;
    if (samples == 1 || !DCD_MULTISAMPLE(&d->dcd)) {
        uint32_t rows[GFX_TILE + 2] = {0}; /* of whole quads */
        rows_of_box(vec, t, ox, oy, &b, rows + (b.y0 & 1));
        n = quads_of_rows(rows, full, &b, quad);
        forced_covers(fb, quad, n);
        return n;
    }
    set_edges(t, ox, oy, &o);
    for (int y = b.y0 & ~(BLOCK - 1); y <= b.y1; y += BLOCK)
        for (int x = b.x0 & ~(BLOCK - 1); x <= b.x1; x += BLOCK)
            if (!outside(&o, x * GFX_SUBPIXEL, y * GFX_SUBPIXEL, BLOCK * GFX_SUBPIXEL))
                n += quads_in_block(fb, &o, full, &b, x, y, BLOCK, quad + n);
    forced_covers(fb, quad, n);
    return n;
}
