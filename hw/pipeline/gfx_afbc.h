/*
 * AFBC write-back. Called by gfx_tile.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_AFBC_H
#define MALI_GFX_AFBC_H

#include "gfx.h"

/** An image: addresses of its headers, bytes from there to its bodies, bytes of a row of headers.
 */
struct gfx_afbc {
    uint64_t base, body, row_stride;
    bool tiled, wide; /* headers in tiles of 8 x 8, or 4 x 4 (tex_afbc_tile()); superblocks of 32 x
                         8 instead of 16 x 16 */
    unsigned bytes;   /* of a texel */
};

/**
 * Writes @px (the tile's pixels as memory has them) to the superblocks that the tile covers; tiles
 * are multiples of superblocks. May be repeated after a stall.
 */
enum mali_mem_result gfx_afbc_write(struct core *k, const struct gfx_tile *t,
                                    const struct gfx_fb *fb, const struct gfx_afbc *a,
                                    const uint8_t *px);

#endif
