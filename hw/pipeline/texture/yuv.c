/*
 * Textures of luma and subsampled chroma in planes of their own. Every layer and level has two
 * plane descriptors: luma, then chroma (pairs in one plane, or two planes of one pitch). Components
 * are Y, U, V and 1; the conversion to RGB is the shader's.
 *
 * Source: v10.xml (pixel formats 32 to 47, "YUV Swizzle", "YUV Cr Siting", Two-Plane YUV Chroma),
 * Mesa's panfrost_emit_surface(). How the unit makes chroma for each luma texel is published
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
enum { SWIZZLE_YUVA = 0, SWIZZLE_YVUA = 1 };
enum { SITING_CENTER_Y = 1, SITING_CENTER = 3, SITING_REPLICATED = 7 };

/* Formats by number; rows of luma for each row of chroma. All have half the columns. */
static const struct {
    uint8_t number, rows;
    bool apart; /* U and V in planes of their own */
} formats[] = {
    {36, 1, false}, /* Y8 UV8 422 */
    {37, 1, true},  /* Y8 U8 V8 422 */
    {38, 2, false}, /* Y8 UV8 420 */
    {39, 2, true},  /* Y8 U8 V8 420 */
};

/* Tells its planes from plain ones; nothing is decoded with it. */
static const struct tex_codec planes = {1, 1, 1, .bytes = 1, .texel_bytes = 4};

bool tex_yuv_format(uint32_t pixel_format, struct tex_texture *t)
{
    unsigned swizzle = pixel_format & 7, siting = pixel_format >> 9 & 7;

    if (pixel_format >> 3 & 0x3f || swizzle > SWIZZLE_YVUA)
        return false;
    if (siting != SITING_CENTER && siting != SITING_CENTER_Y && siting != SITING_REPLICATED)
        return false;
    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i].number == pixel_format >> 12) {
            t->yuv.rows = formats[i].rows;
            t->yuv.apart = formats[i].apart;
            t->yuv.swapped = swizzle == SWIZZLE_YVUA;
            t->yuv.replicated = siting == SITING_REPLICATED;
            return texel_format(RGBA8_UNORM, &t->format);
        }
    return false;
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
    s->chroma_va[1] = t->yuv.apart ? w[6] | (uint64_t)w[7] << 32 : s->chroma_va[0] + 1;
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

static enum tex_result chroma(struct tex_unit *u, const struct tex_texture *t,
                              const struct tex_surface *s, uint32_t x, uint32_t y, float out[2])
{
    struct tap h = tap(x, s->width, 1, t->yuv.replicated),
               v = tap(y, s->height, t->yuv.rows - 1, t->yuv.replicated);
    uint32_t column[2] = {h.first, h.second}, row[2] = {v.first, v.second};
    unsigned step = t->yuv.apart ? 1 : 2;

    for (unsigned c = 0; c < 2; c++) {
        unsigned sum = 0;

        for (unsigned i = 0; i < 4; i++) {
            unsigned weight = (i & 1 ? h.weight : 4 - h.weight) * (i & 2 ? v.weight : 4 - v.weight);
            uint8_t value;
            enum tex_result r;

            if (!weight)
                continue;
            r = u->read(u->ctx,
                        s->chroma_va[c] + row[i >> 1] * s->chroma_stride +
                            (uint64_t)column[i & 1] * step,
                        &value, 1);
            if (r != TEX_OK)
                return r;
            sum += weight * value;
        }
        out[c] = (float)sum / (16 * 255);
    }
    return TEX_OK;
}

enum tex_result tex_fetch_yuv(struct tex_unit *u, const struct tex_texture *t,
                              const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z,
                              uint32_t rgba[4])
{
    uint8_t luma;
    float c[4] = {[3] = 1}, uv[2];
    enum tex_result r = u->read(u->ctx, s->va + y * s->row_stride + x, &luma, 1);

    if (r == TEX_OK)
        r = chroma(u, t, s, x, y, uv);
    if (r != TEX_OK)
        return r;
    c[0] = (float)luma / 255;
    c[1] = uv[t->yuv.swapped];
    c[2] = uv[!t->yuv.swapped];
    memcpy(rgba, c, sizeof(c));
    return TEX_OK;
}
