/*
 * Textures of luma and subsampled chroma. In planes of their own, every layer and level has two
 * plane descriptors: luma, then chroma (pairs in one plane, or two planes of one pitch); packed,
 * two texels are four bytes of one plane. Samples of 10 bits follow each other without gaps, from
 * the lowest bit on: four in five bytes. Components are Y, U, V and 1; the conversion to RGB is
 * the shader's.
 *
 * Source: v10.xml (pixel formats 32 to 47, "YUV Swizzle", "YUV Cr Siting", Two-Plane YUV Chroma),
 * Mesa's panfrost_emit_surface(); drm_fourcc.h for what it imports as 10 bits: NV15 (4:2:0) and
 * NV20 (4:2:2). How the unit makes chroma for each luma texel is published
 * nowhere: where chroma lies between luma texels, it is interpolated linearly, in fp32.
 *
 * Called by descriptor.c and through tex_surface.fetch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"
#include "surface.h"

#define RGBA8_UNORM (187u << 12) /* what a texel is taken for by the rest of the unit */

enum { PLANE_GENERIC = 1, PLANE_CHROMA_2P = 8 };
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

void tex_yuv_pairs(const struct tex_texture *t, struct tex_surface *s)
{
    s->chroma_va[0] = s->va + (t->yuv.luma_last ? 2 : 1); /* U */
    s->chroma_va[1] = s->va + (t->yuv.luma_last ? 0 : 3);
    s->chroma_stride = s->row_stride;
    s->codec = &planes;
}

enum tex_result tex_yuv_chroma(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                               struct tex_surface *s)
{
    unsigned type = w[0] >> 4 & 15;

    if (type != (t->yuv.apart ? PLANE_CHROMA_2P : PLANE_GENERIC))
        return tex_unmodelled(u, "chroma plane of type", type);
    if ((w[0] >> 8 & 15) != 2)
        return tex_unmodelled(u, "chroma plane with clump ordering", w[0] >> 8 & 15);
    s->chroma_va[0] = w[2] | (uint64_t)w[3] << 32;
    s->chroma_va[1] = t->yuv.apart ? w[6] | (uint64_t)w[7] << 32 : s->chroma_va[0];
    s->chroma_stride = w[4];
    s->codec = &planes;
    return TEX_OK;
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

/* Sample @index of those that lie one behind the other from @va on. */
static enum tex_result sample(struct tex_unit *u, const struct tex_texture *t, uint64_t va,
                              uint64_t index, unsigned *value)
{
    uint8_t bytes[2] = {0};
    unsigned shift = t->yuv.ten ? index % 4 * 2 : 0;
    enum tex_result r =
        u->read(u->ctx, va + (t->yuv.ten ? index * 10 / 8 : index), bytes, t->yuv.ten ? 2 : 1);

    *value = t->yuv.ten ? (bytes[0] | bytes[1] << 8) >> shift & 1023 : bytes[0];
    return r;
}

static enum tex_result chroma(struct tex_unit *u, const struct tex_texture *t,
                              const struct tex_surface *s, uint32_t x, uint32_t y, float out[2])
{
    struct tap h = tap(x, s->width, 1, t->yuv.replicated),
               v = tap(y, s->height, t->yuv.rows - 1, t->yuv.replicated);
    uint32_t column[2] = {h.first, h.second}, row[2] = {v.first, v.second};
    unsigned step = t->yuv.packed ? 4 : t->yuv.apart ? 1 : 2;
    bool pairs = !t->yuv.packed && !t->yuv.apart;

    for (unsigned c = 0; c < 2; c++) {
        unsigned sum = 0;

        for (unsigned i = 0; i < 4; i++) {
            unsigned weight = (i & 1 ? h.weight : 4 - h.weight) * (i & 2 ? v.weight : 4 - v.weight);
            unsigned value;
            enum tex_result r;

            if (!weight)
                continue;
            r = sample(u, t, s->chroma_va[c] + row[i >> 1] * s->chroma_stride,
                       (uint64_t)column[i & 1] * step + (pairs ? c : 0), &value);
            if (r != TEX_OK)
                return r;
            sum += weight * value;
        }
        out[c] = (float)sum / (float)(16 * largest(t));
    }
    return TEX_OK;
}

enum tex_result tex_fetch_yuv(struct tex_unit *u, const struct tex_texture *t,
                              const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                              uint32_t rgba[4])
{
    unsigned luma;
    float c[4] = {[3] = 1}, yuv[3];
    enum tex_result r = sample(u, t, s->va + y * s->row_stride,
                               t->yuv.packed ? 2ull * x + t->yuv.luma_last : x, &luma);

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
