/*
 * Coverage: which samples of a tile an outline covers, quad by quad. Edge
 * functions are integers in 1/256 pixel and so exact: neighbours that share an
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

/* Edges that cut the box; the others do not matter in it. */
static unsigned cutting(const struct outline *o, const struct box *b, struct edge out[GFX_CORNERS])
{
    int64_t x0 = b->x0 * GFX_SUBPIXEL, x1 = (b->x1 + 1) * GFX_SUBPIXEL;
    int64_t y0 = b->y0 * GFX_SUBPIXEL, y1 = (b->y1 + 1) * GFX_SUBPIXEL;
    unsigned n = 0;

    for (unsigned i = 0; i < o->n; i++) {
        const struct edge *e = &o->e[i];
        if (e->a * (e->a < 0 ? x1 : x0) + e->b * (e->b < 0 ? y1 : y0) + e->c < 0)
            out[n++] = *e;
    }
    return n;
}

/* Edges at the pixels' centres of the box, from its first one on. The 256 are exact: pixels are as
 * far from each other. False: too long for 32 bits. */
static bool edges_in_box(const struct edge *e, unsigned edges, const struct box *b,
                         struct gfx_vec_edges *out)
{
    const int64_t far = 1 << 30; /* the sign is the same in all of the tile */
    int64_t x = b->x0 * GFX_SUBPIXEL + GFX_SUBPIXEL / 2;
    int64_t y = b->y0 * GFX_SUBPIXEL + GFX_SUBPIXEL / 2;

    *out = (struct gfx_vec_edges){0};
    for (unsigned i = 0; i < edges; i++) {
        int64_t c = (e[i].a * x + e[i].b * y + e[i].c) >> 8;
        if (llabs(e[i].a) + llabs(e[i].b) > far / 2 / GFX_TILE)
            return false;
        out->a[i] = (int32_t)e[i].a;
        out->b[i] = (int32_t)e[i].b;
        out->c[i] = (int32_t)(c > far ? far : c < -far ? -far : c);
    }
    return true;
}

/* The covered pixels of each row of the box. */
static void rows_of_box(const struct gfx_vec *vec, const struct outline *o, const struct box *b,
                        uint32_t row[GFX_TILE])
{
    unsigned columns = (unsigned)(b->x1 - b->x0 + 1), rows = (unsigned)(b->y1 - b->y0 + 1);
    struct edge cut[GFX_CORNERS];
    struct gfx_vec_edges e;
    unsigned edges = cutting(o, b, cut);

    if (!edges_in_box(cut, edges, b, &e)) {
        for (unsigned y = 0; y < rows; y++)
            row[y] = row_cover(cut, edges, b, b->y0 + (int)y);
        return;
    }
    vec->cover(&e, columns, rows, row);
    for (unsigned y = 0; y < rows; y++)
        row[y] = (row[y] & ~0u >> (32 - columns)) << b->x0;
}

static unsigned quads_of_rows(const struct gfx_vec *vec, const struct outline *o, uint16_t full,
                              const struct box *b, struct gfx_quad *quad)
{
    uint32_t rows[GFX_TILE + 2] = {0}, *row = rows + (b->y0 & 1); /* of whole quads */
    unsigned n = 0;

    rows_of_box(vec, o, b, row);
    row = rows;
    for (int y = b->y0 & ~1; y <= b->y1; y += 2, row += 2) {
        uint32_t up = row[0], down = row[1];
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

unsigned gfx_raster(const struct gfx_vec *vec, const struct gfx_fb *fb, const struct gfx_tile *tile,
                    const struct gfx_prim *t, const struct gfx_draw *d, struct gfx_quad *quad)
{
    enum { BLOCK = 8 };
    int tx = (int)tile->x, ty = (int)tile->y;
    unsigned n = 0;
    unsigned samples = fb->forced ? fb->forced : fb->samples;
    uint16_t full = (uint16_t)((1u << samples) - 1);
    struct box b = {
        .x0 = at_least(at_least(t->min_x - tx, (int)fb->min_x - tx), 0),
        .y0 = at_least(at_least(t->min_y - ty, (int)fb->min_y - ty), 0),
        .x1 = at_most(t->max_x - tx, (int)tile->w - 1),
        .y1 = at_most(t->max_y - ty, (int)tile->h - 1),
    };
    struct outline o;

    if (b.x0 > b.x1 || b.y0 > b.y1)
        return 0;
    set_edges(t, (int64_t)tx * GFX_SUBPIXEL, (int64_t)ty * GFX_SUBPIXEL, &o);
    if (samples == 1 || !DCD_MULTISAMPLE(&d->dcd)) {
        n = quads_of_rows(vec, &o, full, &b, quad);
        forced_covers(fb, quad, n);
        return n;
    }
    for (int y = b.y0 & ~(BLOCK - 1); y <= b.y1; y += BLOCK)
        for (int x = b.x0 & ~(BLOCK - 1); x <= b.x1; x += BLOCK)
            if (!outside(&o, x * GFX_SUBPIXEL, y * GFX_SUBPIXEL, BLOCK * GFX_SUBPIXEL))
                n += quads_in_block(fb, &o, full, &b, x, y, BLOCK, quad + n);
    forced_covers(fb, quad, n);
    return n;
}
