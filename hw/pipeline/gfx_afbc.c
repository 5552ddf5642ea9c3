/*
 * AFBC write-back. Two of its forms are written: superblocks of one colour, which is a header
 * alone, and uncompressed ones; the layout of images reserves room for them ("sparse"). The texture
 * unit reads both (texture/surface.c).
 *
 * Superblocks that the bounds cut are read first: what lies outside keeps its value.
 *
 * Called by gfx_tile.c. Calls core.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "gfx_afbc.h"
#include "texture/surface.h"

#define TEXELS 256 /* of a superblock: 16 x 16 or 32 x 8 */

struct superblock {
    uint64_t header, body; /* addresses */
    unsigned x, y;         /* of its first pixel, in the framebuffer */
    unsigned bytes;        /* of its texels */
};

static struct superblock locate(const struct gfx_afbc *a, unsigned x, unsigned y)
{
    unsigned w = a->wide ? 5 : 4, h = a->wide ? 3 : 4;
    uint64_t n = tex_afbc_header(tex_afbc_tile(a->tiled, a->bytes), x >> w, y >> h,
                                 (uint32_t)(a->row_stride / 16));

    return (struct superblock){
        .header = a->base + 16 * n,
        .body = a->base + a->body + n * TEXELS * a->bytes,
        .x = x,
        .y = y,
        .bytes = TEXELS * a->bytes,
    };
}

/* Its texels as memory has them now, in their order there. Other forms than ours: zeros. */
static enum mali_mem_result read_old(struct core *k, const struct gfx_afbc *a,
                                     const struct superblock *s, uint8_t *texels)
{
    uint32_t header[4];
    enum mali_mem_result r = core_read(k, s->header, header, sizeof(header));

    if (r != MALI_MEM_OK)
        return r;
    if ((header[1] & 63) == 1)
        return core_read(k, a->base + header[0], texels, s->bytes);
    memset(texels, 0, s->bytes);
    for (unsigned i = 0; a->bytes <= 8 && i < TEXELS; i++)
        memcpy(texels + i * a->bytes, &header[2], a->bytes);
    return MALI_MEM_OK;
}

static bool one_colour(const uint8_t *texels, const struct superblock *s, unsigned bytes)
{
    return bytes <= 8 && !memcmp(texels, texels + bytes, s->bytes - bytes);
}

static enum mali_mem_result write_new(struct core *k, const struct gfx_afbc *a,
                                      const struct superblock *s, const uint8_t *texels)
{
    uint32_t header[4] = {0};
    enum mali_mem_result r = MALI_MEM_OK;

    if (one_colour(texels, s, a->bytes)) {
        memcpy(&header[2], texels, a->bytes);
    } else {
        header[0] = (uint32_t)(s->body - a->base);
        for (unsigned i = 0; i < 16; i++) { /* sixteen sizes of six bits: 1, uncompressed */
            unsigned bit = 32 + 6 * i;
            header[bit / 32] |= 1u << bit % 32;
        }
        r = core_write(k, s->body, texels, s->bytes);
    }
    return r == MALI_MEM_OK ? core_write(k, s->header, header, sizeof(header)) : r;
}

/* True: no pixel of the image outside the bounds is in it. */
static bool whole(const struct gfx_fb *fb, unsigned x, unsigned y, unsigned w, unsigned h)
{
    bool right = x + w - 1 <= fb->max_x || fb->max_x == fb->width - 1;
    bool below = y + h - 1 <= fb->max_y || fb->max_y == fb->height - 1;

    return x >= fb->min_x && y >= fb->min_y && right && below;
}

/* A superblock of 16 x 16 without a pixel outside the bounds. */
static bool square(const struct gfx_afbc *a, const struct gfx_fb *fb, const struct superblock *s)
{
    return !a->wide && s->x >= fb->min_x && s->y >= fb->min_y && s->x + 15 <= fb->max_x &&
           s->y + 15 <= fb->max_y;
}

static void overlay(const struct gfx_afbc *a, const struct gfx_fb *fb, const struct gfx_tile *t,
                    const struct superblock *s, const uint8_t *px, uint8_t *texels)
{
    unsigned lw = a->wide ? 5 : 4, lh = a->wide ? 3 : 4, n = a->bytes;

    for (unsigned y = 0; y < 1u << lh; y++)
        for (unsigned x = 0; x < 1u << lw; x++) {
            unsigned fx = s->x + x, fy = s->y + y;
            if (fx < fb->min_x || fy < fb->min_y || fx > fb->max_x || fy > fb->max_y)
                continue;
            memcpy(texels + tex_afbc_texel(x, y, lw, lh) * n,
                   px + ((fy - t->y) * GFX_TILE + fx - t->x) * n, n);
        }
}

/* What the superblock is to hold. */
static enum mali_mem_result fill(struct core *k, const struct gfx_tile *t, const struct gfx_fb *fb,
                                 const struct gfx_afbc *a, const struct superblock *s,
                                 const uint8_t *px, uint8_t *texels)
{
    enum mali_mem_result r = MALI_MEM_OK;

    if (square(a, fb, s)) {
        gfx_interleave(k->pipeline->vec, px + ((s->y - t->y) * GFX_TILE + s->x - t->x) * a->bytes,
                       a->bytes, texels);
        return r;
    }
    if (whole(fb, s->x, s->y, a->wide ? 32 : 16, a->wide ? 8 : 16))
        memset(texels, 0, s->bytes);
    else
        r = read_old(k, a, s, texels);
    if (r == MALI_MEM_OK)
        overlay(a, fb, t, s, px, texels);
    return r;
}

enum mali_mem_result gfx_afbc_write(struct core *k, const struct gfx_tile *t,
                                    const struct gfx_fb *fb, const struct gfx_afbc *a,
                                    const uint8_t *px)
{
    unsigned w = a->wide ? 32 : 16, h = a->wide ? 8 : 16;
    uint8_t texels[TEXELS * 16];
    enum mali_mem_result r = MALI_MEM_OK;

    for (unsigned y = t->y; y < t->y + t->h && r == MALI_MEM_OK; y += h)
        for (unsigned x = t->x; x < t->x + t->w && r == MALI_MEM_OK; x += w) {
            struct superblock s = locate(a, x, y);
            if (x + w <= fb->min_x || y + h <= fb->min_y)
                continue;
            r = fill(k, t, fb, a, &s, px, texels);
            if (r == MALI_MEM_OK)
                r = write_new(k, a, &s, texels);
        }
    return r;
}
