/*
 * What the texture unit's own files share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_SURFACE_H
#define MALI_TEXTURE_SURFACE_H

#include "texture.h"

/** The function that fetches texels of a surface, whose other fields are set. */
tex_fetch_fn *tex_fetcher(const struct tex_surface *s);

/** Notes what is missing, returns TEX_UNMODELLED. @what: static. */
enum tex_result tex_unmodelled(struct tex_unit *u, const char *what, uint32_t value);

/** The block's texels, decoded and kept by content; valid until the next call. @raw: 16 bytes. */
const uint8_t *tex_block_texels(struct tex_unit *u, const struct tex_surface *s,
                                const uint8_t raw[16]);

/** Which levels are sampled, and how. */
struct tex_levels {
    bool linear; /* within a level */
    uint32_t level[2];
    unsigned fraction; /* of the second, in 1/256; 0: the first alone */
};
/** @lod: with every bias, before clamps. */
void tex_choose_levels(const struct tex_texture *t, const struct tex_sampler *s, int32_t lod,
                       struct tex_levels *l);

/** The format as Y, U and V in 8 bits each; false: it is not one of those that are modelled. */
bool tex_yuv_format(uint32_t pixel_format, struct tex_texture *t);
/** A YUV surface's places and fetcher. @w: its first plane descriptor, which lies at @va; one of
 * chroma may follow. */
enum tex_result tex_yuv_surface(struct tex_unit *u, const struct tex_texture *t, uint64_t va,
                                const uint32_t w[8], struct tex_surface *s);

/** Reads element (@x, @y) of an AFBC plane; @bytes has room for TEXEL_BYTES. */
enum tex_result tex_afbc_read(struct tex_unit *u, const struct tex_plane *p, uint32_t x, uint32_t y,
                              uint8_t *bytes);

/**
 * Of element (@x, @y) in a tile of 2^@bits squared: y3 (x3^y3) ... y0 (x0^y0), top first.
 * Uncompressed AFBC superblocks of @bits 4 have the same order.
 */
static inline uint32_t tex_tile_index(uint32_t x, uint32_t y, unsigned bits)
{
    /* Bits 3:0 with a gap after each: no two add up. */
    static const uint8_t apart[16] = {0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85};
    uint32_t index = 0;

    if (bits <= 4)
        return (uint32_t)(apart[x] ^ apart[y]) | (uint32_t)apart[y] << 1;
    for (unsigned i = 0; i < bits; i++)
        index |= ((x ^ y) >> i & 1) << 2 * i | (y >> i & 1) << (2 * i + 1);
    return index;
}

/** Address of element (@x, @y) of a plane that is no AFBC. */
static inline uint64_t tex_plane_va(const struct tex_plane *p, uint32_t x, uint32_t y)
{
    uint64_t index = x;

    if (p->tiled) {
        index = (uint64_t)(x >> 4) << 8 | tex_tile_index(x & 15, y & 15, 4);
        y >>= 4;
    }
    return p->va + y * p->row_stride + index * p->bytes;
}

/** Where a superblock's header lies, in headers from the first. @tile: tex_afbc_tile();
 * @row_headers: of a row of tiles. */
static inline uint32_t tex_afbc_header(unsigned tile, uint32_t sx, uint32_t sy,
                                       uint32_t row_headers)
{
    uint32_t morton = 0;

    for (unsigned i = 0; i < tile; i++)
        morton |= (sx >> i & 1) << 2 * i | (sy >> i & 1) << (2 * i + 1);
    return (sy >> tile) * row_headers + (sx >> tile << 2 * tile) + morton;
}

/** log2 of the superblocks each way whose headers form a tile. Source: Mesa's pan_afbc.h. */
static inline unsigned tex_afbc_tile(bool tiled, unsigned bytes)
{
    return !tiled ? 0 : bytes > 4 ? 2 : 3;
}

/** Bytes of a texel by AFBC's compression mode; 0: not modelled. Source: v10.xml. */
uint8_t tex_afbc_bytes(unsigned mode);

/** A power of two that elements of 64 KiB tiles may have as size: its log2. False: it is none. */
static inline bool tex_large_bits(unsigned bytes, unsigned *bits)
{
    *bits = bytes ? (unsigned)__builtin_ctz(bytes) : 0;
    return bytes == 1u << *bits && *bits <= 4;
}

/**
 * log2 of the width and height of a tile of 64 KiB, in elements of 2^@bits bytes: square, or twice
 * as wide. Source: Mesa 26's pan_layout.h.
 */
static inline unsigned tex_large_width(unsigned bits)
{
    return 8 - bits / 2;
}

static inline unsigned tex_large_height(unsigned bits)
{
    return 8 - (bits + 1) / 2;
}

/** Of an element in tiles of 64 KiB, whose 16 x 16 parts lie row by row. @row_stride: of the tiles.
 */
static inline uint64_t tex_large_offset(uint32_t x, uint32_t y, unsigned bits, uint64_t row_stride)
{
    unsigned w = tex_large_width(bits), h = tex_large_height(bits);
    uint32_t column = x >> 4 & ((1u << (w - 4)) - 1), row = y >> 4 & ((1u << (h - 4)) - 1);

    return (y >> h) * row_stride + ((uint64_t)(x >> w) << 16) +
           ((((row << (w - 4)) + column) << 8 | tex_tile_index(x & 15, y & 15, 4)) << bits);
}

/** Where texel (@x, @y) of an uncompressed superblock lies, in texels. log2 of its size. */
static inline uint32_t tex_afbc_texel(uint32_t x, uint32_t y, unsigned width, unsigned height)
{
    unsigned bits = height < width ? height : width;

    return (x >> bits << 2 * bits) + tex_tile_index(x & ((1u << bits) - 1), y, bits);
}

#endif
