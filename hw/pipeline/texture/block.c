/*
 * Which codec a plane's clump format or ASTC footprint names, and the simple ones: depth and
 * stencil beside each other, alpha alone.
 *
 * Source of the numbers: v10.xml (clump formats); of the layouts: their names, Mesa's table.
 *
 * Called by descriptor.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"

/* Depth's or stencil's bytes of a larger unit. */
static void low32_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                         uint8_t *texels)
{
    memcpy(texels, block, 4);
}

static void high32_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                          uint8_t *texels)
{
    memcpy(texels, block + 4, 4);
}

static void byte0_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                         uint8_t *texels)
{
    texels[0] = block[0];
}

static void byte3_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                         uint8_t *texels)
{
    texels[0] = block[3];
}

static void byte4_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                         uint8_t *texels)
{
    texels[0] = block[4];
}

/* Luminance and alpha as RGBA8. */
static void l4a4_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                        uint8_t *texels)
{
    memset(texels, (block[0] & 15) * 17, 3);
    texels[3] = (uint8_t)((block[0] >> 4) * 17);
}

static void l8a8_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                        uint8_t *texels)
{
    memset(texels, block[0], 3);
    texels[3] = block[1];
}

static void a8_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                      uint8_t *texels)
{
    memset(texels, 0, 3);
    texels[3] = block[0];
}

static const struct tex_codec clumps[] = {
    [16] = {1, 1, 1, 8, 4, false, low32_decode},  /* D32X32 */
    [17] = {1, 1, 1, 8, 4, false, high32_decode}, /* X32D32 */
    [18] = {1, 1, 1, 8, 1, false, byte4_decode},  /* X32S8X24 */
    [19] = {1, 1, 1, 8, 1, false, byte3_decode},  /* X24S8X32 */
    [20] = {1, 1, 1, 4, 1, false, byte3_decode},  /* X24S8 */
    [21] = {1, 1, 1, 4, 1, false, byte0_decode},  /* S8X24 */
    [24] = {1, 1, 1, 1, 4, false, l4a4_decode},
    [25] = {1, 1, 1, 2, 4, false, l8a8_decode},
    [26] = {1, 1, 1, 1, 4, false, a8_decode},
    [32] = {4, 4, 1, 8, 4, true, etc2_rgb_decode},
    [33] = {4, 4, 1, 8, 2, true, eac_r_unorm_decode},
    [34] = {4, 4, 1, 8, 2, true, eac_r_snorm_decode},
    [35] = {4, 4, 1, 16, 4, true, eac_rg_unorm_decode},
    [36] = {4, 4, 1, 16, 4, true, eac_rg_snorm_decode},
    [37] = {4, 4, 1, 16, 4, true, etc2_rgba_decode},
    [38] = {4, 4, 1, 8, 4, true, etc2_rgba1_decode},
    [48] = {4, 4, 1, 8, 4, true, bc1_decode},
    [49] = {4, 4, 1, 16, 4, true, bc2_decode},
    [50] = {4, 4, 1, 16, 4, true, bc3_decode},
    [51] = {4, 4, 1, 8, 2, true, bc4_unorm_decode},
    [52] = {4, 4, 1, 8, 2, true, bc4_snorm_decode},
    [53] = {4, 4, 1, 16, 4, true, bc5_unorm_decode},
    [54] = {4, 4, 1, 16, 4, true, bc5_snorm_decode},
    [55] = {4, 4, 1, 16, 8, true, bc6h_unsigned_decode},
    [56] = {4, 4, 1, 16, 8, true, bc6h_signed_decode},
    [57] = {4, 4, 1, 16, 4, true, bc7_decode},
};

const struct tex_codec *tex_clump_codec(unsigned clump, bool *raw)
{
    *raw = clump <= 4 || (clump >= 8 && clump <= 10) || clump == 22; /* RAW8 to RAW128, S8 */
    if (*raw || clump >= sizeof(clumps) / sizeof(clumps[0]) || !clumps[clump].decode)
        return NULL;
    return &clumps[clump];
}

#define ASTC(w, h, d)                                                                              \
    {w, h, d, 16, 8, true, astc_decode},                                                           \
    {                                                                                              \
        w, h, d, 16, 4, true, astc_decode                                                          \
    }

const struct tex_codec *tex_astc_codec(unsigned width, unsigned height, unsigned depth, bool wide)
{
    static const struct tex_codec footprints[] = {
        ASTC(4, 4, 1),  ASTC(5, 4, 1),   ASTC(5, 5, 1),   ASTC(6, 5, 1),   ASTC(6, 6, 1),
        ASTC(8, 5, 1),  ASTC(8, 6, 1),   ASTC(8, 8, 1),   ASTC(10, 5, 1),  ASTC(10, 6, 1),
        ASTC(10, 8, 1), ASTC(10, 10, 1), ASTC(12, 10, 1), ASTC(12, 12, 1), ASTC(3, 3, 3),
        ASTC(4, 3, 3),  ASTC(4, 4, 3),   ASTC(4, 4, 4),   ASTC(5, 4, 4),   ASTC(5, 5, 4),
        ASTC(5, 5, 5),  ASTC(6, 5, 5),   ASTC(6, 6, 5),   ASTC(6, 6, 6),
    };

    for (unsigned i = 0; i < sizeof(footprints) / sizeof(footprints[0]); i++) {
        const struct tex_codec *c = &footprints[i];
        if (c->width == width && c->height == height && c->depth == depth &&
            (c->texel_bytes == 8) == wide)
            return c;
    }
    return NULL;
}
