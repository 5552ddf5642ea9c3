/*
 * Coverage: which samples of a tile a triangle covers, quad by quad. Edge
 * functions are integers in 1/256 pixel and so exact: neighbours that share an
 * edge leave no hole and hit no sample twice.
 *
 * Ties: a sample on an edge belongs to the triangle when that is a top or a left edge (tie-break
 * rule "minus 180 in, 0 out", the only one that Mesa asks for).
 *
 * Called by fragment.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gfx.h"

/* Edge i: inside where a * x + b * y + c >= 0, coordinates from the tile's corner. */
struct edge {
    int64_t a, b, c;
};

static void set_edges(const struct gfx_prim *t, int64_t ox, int64_t oy, struct edge e[3])
{
    for (unsigned i = 0; i < 3; i++) {
        unsigned n = i == 2 ? 0 : i + 1;
        int64_t dx = t->x[n] - t->x[i], dy = t->y[n] - t->y[i];
        bool top_left = dy < 0 || (dy == 0 && dx > 0);
        e[i].a = -dy;
        e[i].b = dx;
        e[i].c = dx * (oy - t->y[i]) - dy * (ox - t->x[i]) - !top_left;
    }
}

/* Samples of the pixel at (x, y), 1/256 from the tile's corner. */
static uint16_t pixel_cover(const struct gfx_fb *fb, const struct edge e[3], unsigned samples,
                            int64_t x, int64_t y)
{
    uint16_t cover = 0;

    for (unsigned s = 0; s < samples; s++) {
        int64_t sx = x + (samples > 1 ? fb->sample_x[s] : GFX_SUBPIXEL / 2);
        int64_t sy = y + (samples > 1 ? fb->sample_y[s] : GFX_SUBPIXEL / 2);
        int64_t out = 0;
        for (unsigned i = 0; i < 3; i++)
            out |= e[i].a * sx + e[i].b * sy + e[i].c;
        cover |= (uint16_t)((out >= 0) << s);
    }
    return cover;
}

/* Smallest and largest value of an edge over the square of @size at (x, y). */
static bool outside(const struct edge e[3], int64_t x, int64_t y, int64_t size)
{
    for (unsigned i = 0; i < 3; i++)
        if (e[i].a * (e[i].a > 0 ? x + size : x) + e[i].b * (e[i].b > 0 ? y + size : y) + e[i].c <
            0)
            return true;
    return false;
}

static bool all_inside(const struct edge e[3], int64_t x, int64_t y, int64_t size)
{
    for (unsigned i = 0; i < 3; i++)
        if (e[i].a * (e[i].a < 0 ? x + size : x) + e[i].b * (e[i].b < 0 ? y + size : y) + e[i].c <
            0)
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

static unsigned quads_in_block(const struct gfx_fb *fb, const struct edge e[3], unsigned samples,
                               uint16_t full, const struct box *b, int bx, int by, int size,
                               struct gfx_quad *quad)
{
    bool whole = all_inside(e, bx * GFX_SUBPIXEL, by * GFX_SUBPIXEL, size * GFX_SUBPIXEL);
    unsigned n = 0;

    for (int y = by; y < by + size; y += 2)
        for (int x = bx; x < bx + size; x += 2) {
            struct gfx_quad *q = &quad[n];
            uint16_t any = 0;
            for (int i = 0; i < 4; i++) {
                int px = x + (i & 1), py = y + (i >> 1);
                uint16_t cover = boxed(b, px, py, full);
                if (cover && !whole)
                    cover = pixel_cover(fb, e, samples, px * GFX_SUBPIXEL, py * GFX_SUBPIXEL);
                q->cover[i] = cover && samples == 1 ? full : cover;
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

unsigned gfx_raster(const struct gfx_fb *fb, const struct gfx_tile *tile, const struct gfx_prim *t,
                    const struct gfx_draw *d, struct gfx_quad *quad)
{
    enum { BLOCK = 8 };
    int tx = (int)tile->x, ty = (int)tile->y;
    unsigned samples = DCD_MULTISAMPLE(&d->dcd) ? fb->samples : 1, n = 0;
    uint16_t full = (uint16_t)((1u << fb->samples) - 1);
    struct box b = {
        .x0 = at_least(at_least(t->min_x - tx, (int)fb->min_x - tx), 0),
        .y0 = at_least(at_least(t->min_y - ty, (int)fb->min_y - ty), 0),
        .x1 = at_most(t->max_x - tx, (int)tile->w - 1),
        .y1 = at_most(t->max_y - ty, (int)tile->h - 1),
    };
    struct edge e[3];

    if (b.x0 > b.x1 || b.y0 > b.y1)
        return 0;
    set_edges(t, (int64_t)tx * GFX_SUBPIXEL, (int64_t)ty * GFX_SUBPIXEL, e);
    for (int y = b.y0 & ~(BLOCK - 1); y <= b.y1; y += BLOCK)
        for (int x = b.x0 & ~(BLOCK - 1); x <= b.x1; x += BLOCK)
            if (!outside(e, x * GFX_SUBPIXEL, y * GFX_SUBPIXEL, BLOCK * GFX_SUBPIXEL))
                n += quads_in_block(fb, e, samples, full, &b, x, y, BLOCK, quad + n);
    return n;
}
