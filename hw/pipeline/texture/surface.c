/*
 * From a texel's coordinates to its value: memory layouts, decoded blocks, AFBC.
 *
 * Layouts: rows; 16x16 texels (or 4x4 blocks) whose elements are interleaved; tiles of 64 KiB of
 * such, where blocks are as texels; AFBC superblocks of which the header says one colour, or that
 * all of it is uncompressed. AFBC's compressed payload is not published; nothing but this model
 * writes AFBC in a guest's memory, and it writes those two forms only, in the order that surface.h
 * has.
 *
 * Source of the interleaving: Mesa's tiling code; of AFBC headers: Mesa's packing shader.
 *
 * Called by descriptor.c (tex_fetcher) and through tex_surface.fetch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "surface.h"

/* --- addresses -------------------------------------------------------------------------- */

/* Of the element (texel or block) (@x, @y, @z); elements of @bytes. */
static uint64_t element_va(const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                           unsigned bytes)
{
    unsigned bits = s->codec && s->codec->compressed ? 2 : 4, mask = (1u << bits) - 1;
    uint64_t va = s->va + z * (uint64_t)s->slice_stride;

    if (s->large)
        return va + tex_large_offset(x, y, (unsigned)__builtin_ctz(bytes), s->row_stride);
    if (!s->tiled)
        return va + y * s->row_stride + (uint64_t)x * bytes;
    return va + (y >> bits) * s->row_stride +
           (((uint64_t)(x >> bits) << 2 * bits) + tex_tile_index(x & mask, y & mask, bits)) * bytes;
}

uint64_t tex_address(const struct tex_texture *t, const struct tex_surface *s, uint32_t x,
                     uint32_t y, uint32_t z)
{
    if (s->codec || s->afbc_width)
        return 0;
    return element_va(s, x, y, z, t->format.bytes);
}

/* --- texels as they are ------------------------------------------------------------------ */

static enum tex_result fetch_raw(struct tex_unit *u, const struct tex_texture *t,
                                 const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                                 uint32_t rgba[4])
{
    uint8_t bytes[TEXEL_BYTES];
    enum tex_result r =
        u->read(u->ctx, element_va(s, x, y, z, t->format.bytes), bytes, t->format.bytes);

    if (r == TEX_OK)
        texel_load(&t->format, bytes, rgba);
    return r;
}

/* --- blocks ------------------------------------------------------------------------------ */

/* Small blocks, of 16 texels of 8 bytes at most, are many; others few. */
#define SMALL_BYTES 128
#define SMALL_BITS  11
#define LARGE_BITS  6

struct tag {
    const struct tex_codec *codec; /* NULL: empty */
    uint64_t raw[2];
    uint8_t variant;
};

struct tex_blocks {
    struct tag small_tag[1 << SMALL_BITS], large_tag[1 << LARGE_BITS];
    uint8_t small[1 << SMALL_BITS][SMALL_BYTES] __attribute__((aligned(8)));
    uint8_t large[1 << LARGE_BITS][TEX_BLOCK_BYTES] __attribute__((aligned(8)));
};

/* Blocks are kept by what their bytes are: nothing has to be told when memory changes. */
const uint8_t *tex_block_texels(struct tex_unit *u, const struct tex_surface *s,
                                const uint8_t raw[16])
{
    const struct tex_codec *c = s->codec;
    bool small = c->width * c->height * c->depth * c->texel_bytes <= SMALL_BYTES;
    uint64_t w[2], hash;
    uint8_t *texels;
    struct tag *tag;

    if (!u->blocks)
        u->blocks = calloc(1, sizeof(*u->blocks));
    if (!u->blocks) { /* slower */
        c->decode(c, s->variant, raw, u->lone_block);
        return u->lone_block;
    }
    memcpy(w, raw, 16);
    hash = (w[0] ^ w[1] * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
    hash >>= 64 - (small ? SMALL_BITS : LARGE_BITS);
    tag = small ? &u->blocks->small_tag[hash] : &u->blocks->large_tag[hash];
    texels = small ? u->blocks->small[hash] : u->blocks->large[hash];
    if (tag->raw[0] == w[0] && tag->raw[1] == w[1] && tag->codec == c && tag->variant == s->variant)
        return texels;
    *tag = (struct tag){c, {w[0], w[1]}, s->variant};
    c->decode(c, s->variant, raw, texels);
    return texels;
}

void tex_unit_fini(struct tex_unit *u)
{
    free(u->blocks);
    u->blocks = NULL;
}

static enum tex_result fetch_block(struct tex_unit *u, const struct tex_texture *t,
                                   const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                                   uint32_t rgba[4])
{
    const struct tex_codec *c = s->codec;
    uint32_t bx = x / c->width, by = y / c->height, bz = z / c->depth;
    uint32_t in =
        x - bx * c->width + c->width * (y - by * c->height + c->height * (z - bz * c->depth));
    uint8_t raw[16] = {0};
    enum tex_result r = u->read(u->ctx, element_va(s, bx, by, bz, c->bytes), raw, c->bytes);

    if (r == TEX_OK)
        texel_load(&t->format, tex_block_texels(u, s, raw) + in * c->texel_bytes, rgba);
    return r;
}

/* --- AFBC --------------------------------------------------------------------------------- */

/* 32 bits of offset, then 16 sizes of 6 bits. */
static unsigned subblock_size(const uint8_t header[16], unsigned i)
{
    unsigned at = 32 + 6 * i, v = header[at / 8] >> at % 8;

    if (at % 8 > 2)
        v |= (unsigned)header[at / 8 + 1] << (8 - at % 8);
    return v & 63;
}

enum tex_result tex_afbc_read(struct tex_unit *u, const struct tex_plane *p, uint32_t x, uint32_t y,
                              uint8_t *bytes)
{
    uint32_t sx = x >> p->afbc_width, sy = y >> p->afbc_height, offset,
             in = tex_afbc_texel(x & ((1u << p->afbc_width) - 1), y & ((1u << p->afbc_height) - 1),
                                 p->afbc_width, p->afbc_height),
             at = tex_afbc_header(p->afbc_tile, sx, sy, (uint32_t)(p->row_stride / 16));
    uint8_t header[16];
    enum tex_result r = u->read(u->ctx, p->va + 16ull * at, header, 16);

    if (r != TEX_OK)
        return r;
    if (subblock_size(header, 0) == 0) { /* one colour, in the last two words */
        memcpy(bytes, header + 8, 8);
        return TEX_OK;
    }
    for (unsigned i = 0; i < 16; i++)
        if (subblock_size(header, i) != 1)
            return tex_unmodelled(u, "AFBC with a compressed sub-block, of size",
                                  subblock_size(header, i));
    memcpy(&offset, header, 4);
    return u->read(u->ctx, p->va + offset + (uint64_t)in * p->bytes, bytes, p->bytes);
}

static enum tex_result fetch_afbc(struct tex_unit *u, const struct tex_texture *t,
                                  const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                                  uint32_t rgba[4])
{
    const struct tex_plane p = {
        .va = s->va + z * (uint64_t)s->slice_stride, /* offsets in headers count from here, too */
        .row_stride = s->row_stride,
        .bytes = s->afbc_bytes,
        .afbc_width = s->afbc_width,
        .afbc_height = s->afbc_height,
        .afbc_tile = s->afbc_tile,
    };
    uint8_t bytes[TEXEL_BYTES + 3] = {0};
    enum tex_result r = tex_afbc_read(u, &p, x, y, bytes);

    if (r == TEX_OK)
        texel_load(&t->format, bytes + s->afbc_first, rgba);
    return r;
}

tex_fetch_fn *tex_fetcher(const struct tex_surface *s)
{
    return s->afbc_width ? fetch_afbc : s->codec ? fetch_block : fetch_raw;
}
