/*
 * What lies in a plane: texels as they are, texels that take another form, compressed blocks.
 * A codec turns one unit of memory into texels of the format that descriptors of its kind name.
 *
 * Called by surface.c. The decoders are in bc.c, bptc.c, etc.c, astc.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_BLOCK_H
#define MALI_TEXTURE_BLOCK_H

#include "texture.h"

/** Variants of ASTC: bits of tex_surface.variant. */
enum { ASTC_WIDE = 1, ASTC_HDR = 2 };

/** Decodes @block to width * height * depth texels, x fastest, of texel_bytes each. */
typedef void tex_decode_fn(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                           uint8_t *texels);

struct tex_codec {
    uint8_t width, height, depth;
    uint8_t bytes;       /* of a block */
    uint8_t texel_bytes; /* decoded */
    bool compressed;     /* tiles are of 4x4 blocks, not of 16x16 texels */
    tex_decode_fn *decode;
};

/** The codec of a generic plane's clump format; *raw: texels as they are. NULL: not modelled. */
const struct tex_codec *tex_clump_codec(unsigned clump, bool *raw);
/** ASTC of this footprint, wide (four halves) or narrow (RGBA8). NULL: there is none. */
const struct tex_codec *tex_astc_codec(unsigned width, unsigned height, unsigned depth, bool wide);

tex_decode_fn bc1_decode, bc2_decode, bc3_decode, bc4_unorm_decode, bc4_snorm_decode,
    bc5_unorm_decode, bc5_snorm_decode;
tex_decode_fn bc6h_unsigned_decode, bc6h_signed_decode, bc7_decode;
tex_decode_fn etc2_rgb_decode, etc2_rgba1_decode, etc2_rgba_decode, eac_r_unorm_decode,
    eac_r_snorm_decode, eac_rg_unorm_decode, eac_rg_snorm_decode;
tex_decode_fn astc_decode;

static inline void tex_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

/** Bits of a 128-bit block, least significant first. */
struct tex_bits {
    uint64_t w[2];
    unsigned at;
};

static inline uint32_t tex_bits_peek(const struct tex_bits *b, unsigned at, unsigned n)
{
    uint64_t v;

    if (at >= 128 || n == 0)
        return 0;
    v = b->w[at / 64] >> at % 64;
    if (at < 64 && at + n > 64)
        v |= b->w[1] << (64 - at);
    return (uint32_t)(v & ((1ull << n) - 1));
}

static inline uint32_t tex_bits_take(struct tex_bits *b, unsigned n)
{
    uint32_t v = tex_bits_peek(b, b->at, n);

    b->at += n;
    return v;
}

#endif
