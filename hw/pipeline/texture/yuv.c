/*
 * Textures of luma and subsampled chroma. In planes of their own, every layer and level has two
 * plane descriptors: luma, then chroma (pairs in one plane, or two planes of one pitch); packed,
 * two texels are four bytes of one plane. Samples of 10 bits follow each other without gaps, from
 * the lowest bit on: four in five bytes; or, if the planes' clump format says so, they are the
 * upper bits of words of 16. Components are Y, U, V and 1; the conversion to RGB is the shader's.
 *
 * Planes of 8 bits, but for packed ones, may also be in tiles, and pairs in AFBC: what the README
 * says of AFBC holds for them, too.
 *
 * Source: v10.xml (pixel formats 32 to 47, "YUV Swizzle", "YUV Cr Siting", Two-Plane YUV Chroma),
 * Mesa's panfrost_emit_surface(); drm_fourcc.h for what it imports as 10 bits: NV15 (4:2:0) and
 * NV20 (4:2:2); for the words, Mesa after 26.1, whose table has P010 as YUV420_10X6. How the unit
 * makes chroma for each luma texel is published nowhere: where chroma lies between luma texels, it
 * is interpolated linearly, in fp32.
 *
 * Called by descriptor.c and through tex_surface.fetch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"
#include "surface.h"

#define RGBA8_UNORM (187u << 12) /* what a texel is taken for by the rest of the unit */

enum { DESC_PLANE = 10 };
enum { PLANE_GENERIC = 1, PLANE_AFBC = 6, PLANE_CHROMA_2P = 8 };
enum { CLUMP_TILED = 1, CLUMP_LINEAR = 2 }; /* orderings */
enum { CLUMP_YUV420_10X6 = 76 };            /* a format */
enum { SITING_CENTER_Y = 1, SITING_CENTER = 3, SITING_REPLICATED = 7 };

#define SWAP 8u /* bit 3 of the pixel format; Mesa sets it for VYUY8 only. Source: pan_format.c */

/* Formats by number; rows of luma for each row of chroma. All have half the columns. */
static const struct {
    uint8_t number, rows;
    bool apart; /* U and V in planes of their own */
    bool packed, luma_last;
    bool ten; /* bits a sample */
} formats[] = {
    {34, 1, .packed = true},                    /* YUYV8 */
    {35, 1, .packed = true, .luma_last = true}, /* VYUY8 */
    {36, .rows = 1},                            /* Y8 UV8 422 */
    {37, 1, .apart = true},                     /* Y8 U8 V8 422 */
    {38, .rows = 2},                            /* Y8 UV8 420 */
    {39, 2, .apart = true},                     /* Y8 U8 V8 420 */
    {46, 1, .ten = true},                       /* Y10 UV10 422 */
    {47, 2, .ten = true},                       /* Y10 UV10 420 */
};

/*
 * "YUV Swizzle": the name lists where Y, U and V go, so this is its inverse. Only so does what
 * Mesa's texture descriptors make of it come out as Y, U, V for all of its packed formats.
 */
static const uint8_t swizzles[6][3] = {
    {0, 1, 2}, /* YUVA */
    {0, 2, 1}, /* YVUA */
    {1, 0, 2}, /* UYVA */
    {2, 0, 1}, /* UVYA */
    {2, 1, 0}, /* VUYA */
    {1, 2, 0}, /* VYUA */
};

/* Tells its planes from plain ones; nothing is decoded with it. */
static const struct tex_codec planes = {1, 1, 1, .bytes = 1, .texel_bytes = 4};

bool tex_yuv_format(uint32_t pixel_format, struct tex_texture *t)
{
    unsigned swizzle = pixel_format & 7, swap = pixel_format & 0x1f8,
             siting = pixel_format >> 9 & 7;

    if (swizzle >= sizeof(swizzles) / sizeof(swizzles[0]))
        return false;
    if (siting != SITING_CENTER && siting != SITING_CENTER_Y && siting != SITING_REPLICATED)
        return false;
    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i].number == pixel_format >> 12 && swap == (formats[i].luma_last ? SWAP : 0)) {
            t->yuv.rows = formats[i].rows;
            t->yuv.apart = formats[i].apart;
            t->yuv.packed = formats[i].packed;
            t->yuv.luma_last = formats[i].luma_last;
            t->yuv.ten = formats[i].ten;
            memcpy(t->yuv.from, swizzles[swizzle], sizeof(t->yuv.from));
            t->yuv.replicated = siting == SITING_REPLICATED;
            return texel_format(RGBA8_UNORM, &t->format);
        }
    return false;
}

/* --- texels ------------------------------------------------------------------------------ */

/* Where texel @at of a row takes its chroma: the first of two neighbours, the weight of the second
 * in quarters. Chroma lies in the middle of each pair. */
struct tap {
    uint32_t first, second;
    unsigned weight;
};

static struct tap tap(uint32_t at, uint32_t size, unsigned shift, bool nearest)
{
    uint32_t own = at >> shift, last = (size - 1) >> shift;

    if (!shift || nearest)
        return (struct tap){own, own, 0};
    if (at & 1)
        return (struct tap){own, own < last ? own + 1 : own, 1};
    return (struct tap){own ? own - 1 : own, own, 3};
}

static unsigned largest(const struct tex_texture *t)
{
    return t->yuv.ten ? 1023 : 255;
}

/* Samples of 10 bits: in words of their own, or one behind the other from the row's start on. */
static enum tex_result ten_bits(struct tex_unit *u, const struct tex_surface *s,
                                const struct tex_plane *p, uint32_t x, uint32_t y, unsigned *value)
{
    uint64_t index = (uint64_t)x * p->bytes + p->first,
             va = p->va + y * p->row_stride + (s->wide_samples ? 2 * index : index * 10 / 8);
    unsigned shift = s->wide_samples ? 6 : index % 4 * 2;
    uint8_t bytes[2] = {0};
    enum tex_result r = u->read(u->ctx, va, bytes, 2);

    *value = (bytes[0] | bytes[1] << 8) >> shift & 1023;
    return r;
}

/* Sample (@x, @y) of Y, U or V, which is @p. */
static enum tex_result sample(struct tex_unit *u, const struct tex_texture *t,
                              const struct tex_surface *s, const struct tex_plane *p, uint32_t x,
                              uint32_t y, unsigned *value)
{
    uint8_t bytes[TEXEL_BYTES] = {0};
    enum tex_result r;

    if (t->yuv.ten)
        return ten_bits(u, s, p, x, y, value);
    if (p->afbc_width)
        r = tex_afbc_read(u, p, x, y, bytes);
    else
        r = u->read(u->ctx, tex_plane_va(p, x, y) + p->first, &bytes[p->first], 1);
    *value = bytes[p->first];
    return r;
}

static enum tex_result chroma(struct tex_unit *u, const struct tex_texture *t,
                              const struct tex_surface *s, uint32_t x, uint32_t y, float out[2])
{
    struct tap h = tap(x, s->width, 1, t->yuv.replicated),
               v = tap(y, s->height, t->yuv.rows - 1, t->yuv.replicated);
    uint32_t column[2] = {h.first, h.second}, row[2] = {v.first, v.second};

    for (unsigned c = 0; c < 2; c++) {
        unsigned sum = 0;

        for (unsigned i = 0; i < 4; i++) {
            unsigned weight = (i & 1 ? h.weight : 4 - h.weight) * (i & 2 ? v.weight : 4 - v.weight);
            unsigned value;
            enum tex_result r;

            if (!weight)
                continue;
            r = sample(u, t, s, &s->yuv[1 + c], column[i & 1], row[i >> 1], &value);
            if (r != TEX_OK)
                return r;
            sum += weight * value;
        }
        out[c] = (float)sum / (float)(16 * largest(t));
    }
    return TEX_OK;
}

static enum tex_result fetch(struct tex_unit *u, const struct tex_texture *t,
                             const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                             uint32_t rgba[4])
{
    unsigned luma;
    float c[4] = {[3] = 1}, yuv[3];
    enum tex_result r = sample(u, t, s, &s->yuv[0], x, y, &luma);

    (void)z;
    if (r == TEX_OK)
        r = chroma(u, t, s, x, y, yuv + 1);
    if (r != TEX_OK)
        return r;
    yuv[0] = (float)luma / (float)largest(t);
    for (unsigned i = 0; i < 3; i++)
        c[i] = yuv[t->yuv.from[i]];
    memcpy(rgba, c, sizeof(c));
    return TEX_OK;
}

/* --- planes ------------------------------------------------------------------------------ */

enum { LUMA, PAIRS, APART }; /* what a plane holds: Y, or U beside V, or U with V in another */

/* Rows, or tiles of 16 x 16 elements. */
static enum tex_result generic(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                               struct tex_plane *p)
{
    unsigned order = w[0] >> 8 & 15;
    bool tiles = !t->yuv.packed && !t->yuv.ten; /* of the others nothing says what an element is */

    if (order != CLUMP_LINEAR && !(order == CLUMP_TILED && tiles))
        return tex_unmodelled(u, "YUV plane with clump ordering", order);
    p->tiled = order == CLUMP_TILED;
    return TEX_OK;
}

/*
 * The planes of 8 bits are taken for R8 and R8G8: in the next architecture's descriptors they have
 * no modes of their own any more (Mesa's pan_afbc_compression_mode()).
 */
static enum tex_result afbc(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                            unsigned kind, struct tex_plane *p)
{
    static const uint8_t modes[2][2] = {{39, 38}, {35, 34}}; /* YUV422 1c8, 2c8; YUV420 1c8, 2c8 */
    unsigned size = w[0] >> 8 & 7, mode = w[0] >> 26;

    if (size > 2)
        return tex_unmodelled(u, "AFBC plane with superblock size", size);
    if (kind == APART || t->yuv.packed || t->yuv.ten ||
        mode != modes[t->yuv.rows - 1][kind == PAIRS])
        return tex_unmodelled(u, "AFBC plane of YUV with compression mode", mode);
    p->afbc_width = (uint8_t)(4 + size);
    p->afbc_height = (uint8_t)(4 - size);
    p->afbc_tile = (uint8_t)tex_afbc_tile(w[0] >> 19 & 1, p->bytes);
    return TEX_OK;
}

static enum tex_result plane(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                             unsigned kind, struct tex_plane *p)
{
    unsigned type = w[0] >> 4 & 15;

    *p = (struct tex_plane){
        .va = w[2] | (uint64_t)w[3] << 32,
        .row_stride = w[4],
        .bytes = kind == PAIRS ? 2 : 1,
    };
    if (type == PLANE_AFBC)
        return afbc(u, t, w, kind, p);
    if (type != (kind == APART ? PLANE_CHROMA_2P : PLANE_GENERIC))
        return tex_unmodelled(u, "YUV plane of type", type);
    return generic(u, t, w, p);
}

/* Y, U, Y, V of two texels in four bytes. */
static void pairs_of_texels(const struct tex_texture *t, struct tex_plane p[3])
{
    unsigned luma = t->yuv.luma_last ? 1 : 0;

    p[1] = p[2] = p[0];
    p[0].bytes = 2;
    p[1].bytes = p[2].bytes = 4;
    p[0].first = (uint8_t)luma;
    p[1].first = luma ? 2 : 1;
    p[2].first = luma ? 0 : 3;
}

enum tex_result tex_yuv_surface(struct tex_unit *u, const struct tex_texture *t, uint64_t va,
                                const uint32_t first[8], struct tex_surface *s)
{
    enum tex_result r = plane(u, t, first, LUMA, &s->yuv[0]);
    uint32_t w[8];

    s->codec = &planes;
    s->fetch = fetch;
    s->wide_samples = t->yuv.ten && first[0] >> 24 == CLUMP_YUV420_10X6;
    if (r != TEX_OK || t->yuv.packed) {
        pairs_of_texels(t, s->yuv);
        return r;
    }
    r = u->read(u->ctx, va + 32, w, sizeof(w));
    if (r != TEX_OK)
        return r;
    if ((w[0] & 15) != DESC_PLANE) {
        u->bad = va + 32;
        return TEX_BAD;
    }
    r = plane(u, t, w, t->yuv.apart ? APART : PAIRS, &s->yuv[1]);
    s->yuv[2] = s->yuv[1];
    if (t->yuv.apart)
        s->yuv[2].va = w[6] | (uint64_t)w[7] << 32;
    else
        s->yuv[2].first = 1;
    return r;
}
