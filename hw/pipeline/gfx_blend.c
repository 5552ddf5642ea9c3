/*
 * Colours into and out of the tile buffer: packing of blendable formats, the
 * fixed-function blend equation, sRGB, conversion of raw formats.
 *
 * Called by fragment.c, gfx_tile.c. Calls texel.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>
#include <string.h>

#include "gfx_vec.h"
#include "texel.h"

#define INTERNAL_LAST_BLENDABLE 6
#define FORMAT_SRGB             (1u << 20)
#define FORMAT_RAW              (1u << 22)

/* Whole and fraction bits of each channel, from bit 0. Source: pan_clear.c */
static const struct {
    uint8_t whole[4], frac[4];
} layouts[7] = {
    [1] = {{8, 8, 8, 8}, {0, 0, 0, 0}}, [2] = {{10, 10, 10, 2}, {0, 0, 0, 0}},
    [3] = {{8, 8, 8, 2}, {2, 2, 2, 0}}, [4] = {{4, 4, 4, 4}, {4, 4, 4, 4}},
    [5] = {{5, 6, 5, 0}, {5, 4, 5, 2}}, [6] = {{5, 5, 5, 1}, {5, 5, 5, 1}},
};

void gfx_tib_unpack(unsigned internal, uint32_t word, float rgba[4])
{
    for (unsigned i = 0, at = 0; i < 4; i++) {
        unsigned whole = layouts[internal].whole[i], frac = layouts[internal].frac[i];
        uint32_t v = word >> at & ((1u << (whole + frac)) - 1);
        at += whole + frac;
        rgba[i] = whole ? (float)v / (float)(((1u << whole) - 1) << frac) : 1.0f;
        if (rgba[i] > 1)
            rgba[i] = 1;
    }
}

uint32_t gfx_tib_pack(unsigned internal, const float rgba[4], bool round)
{
    uint32_t word = 0;

    for (unsigned i = 0, at = 0; i < 4; i++) {
        unsigned whole = layouts[internal].whole[i], frac = layouts[internal].frac[i];
        float x = rgba[i] > 0 ? (rgba[i] < 1 ? rgba[i] : 1) : 0; /* NaN: 0 */
        uint32_t max = (1u << whole) - 1, v;
        if (round)
            v = (uint32_t)lrintf(x * (float)max) << frac;
        else
            v = (uint32_t)lrintf(x * (float)(max << frac));
        word |= v << at;
        at += whole + frac;
    }
    return word;
}

bool gfx_rt_float(const struct gfx_rt *rt, struct texel_format *f)
{
    /* Pixel formats, without an order. Source: v10.xml of Mesa 26, "Color Buffer Internal Format"
     */
    static const uint8_t number[21] = {[16] = 199, [17] = 207, [18] = 223, [20] = 89};

    return rt->internal < sizeof(number) && number[rt->internal] &&
           texel_format((uint32_t)number[rt->internal] << 12, f);
}

/* Formats 224..242 that round to whole bits: "PU", against "AU" with fractions. Source: v10.xml */
static bool rounds(uint32_t conv)
{
    unsigned f = conv >> 12 & 0xff;

    return f == 225 || f == 227 || f == 233 || f == 242;
}

/* --- sRGB ------------------------------------------------------------------------------------ */

static float srgb_to_linear(float c)
{
    return c <= 0.04045f ? c / 12.92f : powf((c + 0.055f) / 1.055f, 2.4f);
}

static float linear_to_srgb(float c)
{
    if (!(c > 0))
        return 0;
    return c <= 0.0031308f ? c * 12.92f : c >= 1 ? 1 : 1.055f * powf(c, 1 / 2.4f) - 0.055f;
}

/* --- the equation ------------------------------------------------------------------------------
 */

struct terms {
    const float *src, *dst;
    float constant;
};

static float term_b(unsigned code, float s, float d)
{
    switch (code & 3) {
    case 0:
        return s - d;
    case 1:
        return s + d;
    case 2:
        return s;
    default:
        return d;
    }
}

static float term_c(unsigned code, const struct terms *t, unsigned ch)
{
    switch (code & 7) {
    case 2:
        return t->src[ch];
    case 3:
        return t->dst[ch];
    case 4:
        return 2 * t->src[ch]; /* never a second source: Mesa blends such in shaders */
    case 5:
        return t->src[3];
    case 6:
        return t->dst[3];
    case 7:
        return t->constant;
    default:
        return 0;
    }
}

/* A twelve-bit function: (+-A) + (+-B) * C, C possibly 1 - C. Source: v10.xml, "Blend Function". */
static float blend_channel(uint32_t fn, const struct terms *t, unsigned ch)
{
    float a = (fn & 3) == 2 ? t->src[ch] : (fn & 3) == 3 ? t->dst[ch] : 0;
    float b = term_b(fn >> 4, t->src[ch], t->dst[ch]);
    float c = term_c(fn >> 8, t, ch);

    a = fn >> 3 & 1 ? -a : a;
    b = fn >> 7 & 1 ? -b : b;
    c = fn >> 11 & 1 ? 1 - c : c;
    return a + b * c;
}

static float saturate(float x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

static void blend(const struct gfx_blend *b, const struct terms *t, float out[4])
{
    for (unsigned ch = 0; ch < 4; ch++) {
        uint32_t fn = ch < 3 ? b->equation & 0xfff : b->equation >> 12 & 0xfff;
        out[ch] = b->equation >> (28 + ch) & 1 ? blend_channel(fn, t, ch) : t->dst[ch];
    }
}

/* --- writing, reading
 * ------------------------------------------------------------------------------ */

static void lane_color(const struct gfx_color *c, unsigned lane, float out[4])
{
    for (unsigned ch = 0; ch < 4; ch++) {
        union {
            uint32_t u;
            float f;
        } v = {c->c[ch][lane]};
        out[ch] = saturate(v.f);
    }
}

static uint32_t blended(const struct gfx_rt *rt, uint32_t old, uint32_t conv,
                        const struct gfx_blend *b, float src[4])
{
    bool srgb = (conv & FORMAT_SRGB) || (b && b->srgb);
    unsigned bits = layouts[rt->internal].whole[0];
    float dst[4], out[4];

    gfx_tib_unpack(rt->internal, old, dst);
    for (unsigned ch = 0; ch < 3 && srgb; ch++)
        dst[ch] = srgb_to_linear(dst[ch]);
    if (b && b->alpha_one)
        src[3] = 1;
    if (b) {
        struct terms t = {src, dst,
                          (float)(b->constant >> (16 - bits)) / (float)((1u << bits) - 1)};
        blend(b, &t, out);
        for (unsigned ch = 0; ch < 4; ch++)
            out[ch] = saturate(out[ch]);
    } else {
        memcpy(out, src, sizeof(out));
    }
    for (unsigned ch = 0; ch < 3 && srgb; ch++)
        out[ch] = linear_to_srgb(out[ch]);
    uint32_t word = gfx_tib_pack(rt->internal, out, rounds(conv) || (b && b->round));
    if (!b)
        return word;
    uint32_t keep = 0; /* masked channels keep their very bits */
    for (unsigned ch = 0, at = 0; ch < 4; ch++) {
        unsigned n = layouts[rt->internal].whole[ch] + layouts[rt->internal].frac[ch];
        if (!(b->equation >> (28 + ch) & 1))
            keep |= (uint32_t)((1ull << n) - 1) << at;
        at += n;
    }
    return (word & ~keep) | (old & keep);
}

/*
 * The equation on floats of format @f, which are not clamped; @at: the sample. The constant of a
 * blend descriptor is none for floats (source: Mesa 26's pan_pack_blend_constant()): zero.
 */
static void blend_floats(const struct texel_format *f, uint8_t *at, const struct gfx_blend *b,
                         const uint32_t src[4])
{
    union {
        uint32_t u[4];
        float f[4];
    } s, dst, out;
    struct terms t = {s.f, dst.f, 0};
    uint8_t bytes[TEXEL_BYTES];

    memcpy(s.u, src, sizeof(s));
    if (b->alpha_one)
        s.f[3] = 1;
    texel_load(f, at, dst.u);
    blend(b, &t, out.f);
    texel_store(f, out.u, bytes);
    memcpy(at, bytes, f->bytes);
}

bool gfx_blend_write(const struct gfx_rt *rt, uint8_t *plane, const uint16_t pixel[VA_LANES],
                     uint16_t lanes, uint32_t conv, const struct gfx_blend *b,
                     const struct gfx_color *src)
{
    struct texel_format f, floats;
    bool blendable = rt->internal <= INTERNAL_LAST_BLENDABLE;
    bool raw = conv & FORMAT_RAW, equation = b && !raw && gfx_rt_float(rt, &floats);

    if (!blendable && !raw && !texel_format(conv & 0x3fffff, &f))
        return false;
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint8_t *at = plane + (size_t)pixel[i] * rt->bytes, bytes[16];
        uint32_t word[4];
        float s[4];
        if (!(lanes >> i & 1))
            continue;
        if (blendable && !raw) {
            lane_color(src, i, s);
            memcpy(word, at, 4);
            word[0] = blended(rt, word[0], conv, b, s);
            memcpy(at, word, 4);
            continue;
        }
        for (unsigned c = 0; c < 4; c++)
            word[c] = src->c[c][i];
        if (equation) {
            blend_floats(&floats, at, b, word);
        } else if (raw) {
            memcpy(at, word, rt->bytes);
        } else {
            texel_store(&f, word, bytes); /* what is wider than the target is cut off */
            memcpy(at, bytes, f.bytes < rt->bytes ? f.bytes : rt->bytes);
        }
    }
    return true;
}

void gfx_blend_layout(const struct gfx_rt *rt, uint32_t conv, const struct gfx_blend *b,
                      struct gfx_vec_blend *out)
{
    unsigned bits = layouts[rt->internal].whole[0];

    *out = (struct gfx_vec_blend){.replace = !b, .round = rounds(conv) || (b && b->round)};
    memcpy(out->whole, layouts[rt->internal].whole, 4);
    memcpy(out->frac, layouts[rt->internal].frac, 4);
    if (!b)
        return;
    out->alpha_one = b->alpha_one;
    out->equation = b->equation;
    out->constant = (float)(b->constant >> (16 - bits)) / (float)((1u << bits) - 1);
}

bool gfx_blend_read(const struct gfx_rt *rt, const uint8_t *plane, const uint16_t pixel[VA_LANES],
                    uint16_t lanes, uint32_t conv, struct gfx_color *out)
{
    struct texel_format f;
    bool blendable = rt->internal <= INTERNAL_LAST_BLENDABLE;
    bool raw = conv & FORMAT_RAW;

    if (!blendable && !raw && !texel_format(conv & 0x3fffff, &f))
        return false;
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < VA_LANES; i++) {
        const uint8_t *at = plane + (size_t)pixel[i] * rt->bytes;
        uint32_t word[4] = {0};
        union {
            float f[4];
            uint32_t u[4];
        } c;
        if (!(lanes >> i & 1))
            continue;
        memcpy(word, at, rt->bytes);
        if (blendable && !raw) {
            gfx_tib_unpack(rt->internal, word[0], c.f);
            for (unsigned ch = 0; ch < 3 && (conv & FORMAT_SRGB); ch++)
                c.f[ch] = srgb_to_linear(c.f[ch]);
        } else if (raw) {
            memcpy(c.u, word, sizeof(c.u));
        } else {
            texel_load(&f, word, c.u);
        }
        for (unsigned ch = 0; ch < 4; ch++)
            out->c[ch][i] = c.u[ch];
    }
    return true;
}
