/*
 * Pixel formats. Regular ones are numbered by a formula (source: v10.xml): base +
 * 8 * (channels - 1) + size; base 96 snorm, 128 uint, 160 unorm, 192 sint; size
 * 1 to 5 for 2 to 32 bits, 7 for fp32 (beside unorm) and fp16 (beside sint). Not
 * modelled: sRGB, compressed, YUV, 16.16 fixed point, shared exponent.
 *
 * Called by messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "texel.h"

/* --- formats -------------------------------------------------------------------- */

static bool regular(unsigned n, struct texel_format *f)
{
    static const uint8_t types[] = {
        [3] = TEXEL_SNORM, [4] = TEXEL_UINT, [5] = TEXEL_UNORM, [6] = TEXEL_SINT};
    unsigned class = n >> 5, size = n & 7, bits = 1u << size;

    if (n < 96 || n > 223 || size == 0 || size == 6)
        return false;
    f->type = types[class];
    f->channels = (n >> 3 & 3) + 1;
    if (size == 7) {
        if (class != 5 && class != 6)
            return false;
        f->type = TEXEL_FLOAT;
        bits = class == 5 ? 32 : 16;
    }
    memset(f->bits, 0, sizeof(f->bits));
    memset(f->bits, bits, f->channels);
    return f->channels * bits % 8 == 0;
}

static bool packed(unsigned n, struct texel_format *f)
{
    static const struct {
        uint8_t number;
        struct texel_format f;
    } formats[] = {
        {64, {TEXEL_UNORM, 3, {5, 6, 5}, 0, {0}}},
        {65, {TEXEL_UNORM, 4, {5, 5, 5, 1}, 0, {0}}},
        {66, {TEXEL_UNORM, 4, {1, 5, 5, 5}, 0, {0}}},
        {67, {TEXEL_UNORM, 4, {10, 10, 10, 2}, 0, {0}}},
        {68, {TEXEL_UNORM, 4, {2, 10, 10, 10}, 0, {0}}},
        {69, {TEXEL_SNORM, 4, {10, 10, 10, 2}, 0, {0}}},
        {70, {TEXEL_SNORM, 4, {2, 10, 10, 10}, 0, {0}}},
        {71, {TEXEL_UINT, 4, {10, 10, 10, 2}, 0, {0}}},
        {72, {TEXEL_UINT, 4, {2, 10, 10, 10}, 0, {0}}},
        {73, {TEXEL_SINT, 4, {10, 10, 10, 2}, 0, {0}}},
        {74, {TEXEL_SINT, 4, {2, 10, 10, 10}, 0, {0}}},
        {75, {TEXEL_UNORM, 1, {16}, 0, {0}}},
        {89, {TEXEL_FLOAT, 3, {11, 11, 10}, 0, {0}}},
        {93, {TEXEL_UINT, 1, {8}, 0, {0}}},
    };

    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i].number == n) {
            *f = formats[i].f;
            return true;
        }
    return false;
}

/* A name of an order lists channels as they lie in memory; here: where R, G, B, A come from. */
static bool component_order(unsigned order, uint8_t from[4])
{
    enum { Z = TEXEL_ZERO, O = TEXEL_ONE };
    static const struct {
        uint8_t order, from[4];
    } orders[] = {
        {0, {0, 1, 2, 3}},   /* RGBA */
        {2, {1, 0, 2, 3}},   /* GRBA */
        {4, {2, 1, 0, 3}},   /* BGRA */
        {8, {1, 2, 3, 0}},   /* ARGB */
        {10, {2, 1, 3, 0}},  /* AGRB */
        {12, {3, 2, 1, 0}},  /* ABGR */
        {16, {0, 1, 2, O}},  /* RGB1 */
        {18, {1, 0, 2, O}},  /* GRB1 */
        {20, {2, 1, 0, O}},  /* BGR1 */
        {24, {1, 2, 3, O}},  /* 1RGB */
        {26, {2, 1, 3, O}},  /* 1GRB */
        {28, {3, 2, 1, O}},  /* 1BGR */
        {226, {0, 0, 0, 0}}, /* RRRR */
        {227, {0, 0, 0, O}}, /* RRR1 */
        {228, {0, 0, 0, 1}}, /* RRRA, inferred */
        {229, {Z, Z, Z, 0}}, /* 000A, inferred */
        {230, {Z, Z, Z, O}}, /* 0001 */
        {231, {Z, Z, Z, Z}}, /* 0000 */
    };

    for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        if (orders[i].order == order) {
            memcpy(from, orders[i].from, 4);
            return true;
        }
    return false;
}

bool texel_format(uint32_t pixel_format, struct texel_format *f)
{
    unsigned number = pixel_format >> 12 & 0xff, bits = 0;

    if ((pixel_format >> 20) || (pixel_format & 0xfff) > 0xff)
        return false;
    if (!regular(number, f) && !packed(number, f))
        return false;
    if (!component_order(pixel_format & 0xff, f->from))
        return false;
    for (unsigned i = 0; i < f->channels; i++)
        bits += f->bits[i];
    f->bytes = bits / 8;
    for (unsigned i = 0; i < 4; i++) /* channels that memory does not have */
        if (f->from[i] < TEXEL_ZERO && f->from[i] >= f->channels)
            f->from[i] = i == 3 ? TEXEL_ONE : TEXEL_ZERO;
    return true;
}

/* --- numbers --------------------------------------------------------------------- */

static uint32_t float_bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, 4);
    return u;
}

static float bits_float(uint32_t u)
{
    float f;

    memcpy(&f, &u, 4);
    return f;
}

uint32_t texel_half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, man = h & 0x3ff;

    if (exp == 31)
        return sign | 0x7f800000 | man << 13;
    if (exp)
        return sign | (exp + 112) << 23 | man << 13;
    return sign | float_bits((float)man * 0x1p-24f); /* zero, denormal */
}

uint16_t texel_float_to_half(uint32_t f)
{
    uint32_t sign = f >> 16 & 0x8000, a = f & 0x7fffffff, shift, man, half, rest;

    if (a > 0x7f800000)
        return 0x7e00;
    if (a >= 0x477ff000) /* rounds to infinity */
        return sign | 0x7c00;
    if (a < 0x33000000) /* rounds to zero; 2^-25 itself is a tie with zero */
        return sign;
    shift = a >= 0x38800000 ? 13 : 126 - (a >> 23);
    man = a >= 0x38800000 ? a - 0x38000000 : (a & 0x7fffff) | 0x800000;
    half = 1u << (shift - 1);
    rest = man & (2 * half - 1);
    man >>= shift;
    return sign | (man + (rest > half || (rest == half && (man & 1))));
}

/* --- channels --------------------------------------------------------------------- */

static uint32_t channel_load(enum texel_type type, uint32_t raw, unsigned bits)
{
    int32_t s = bits < 32 ? (int32_t)(raw << (32 - bits)) >> (32 - bits) : (int32_t)raw;
    double max;

    switch (type) {
    case TEXEL_UNORM:
        return float_bits((float)((double)raw / (double)((1ull << bits) - 1)));
    case TEXEL_SNORM:
        max = (double)((1ull << (bits - 1)) - 1);
        return float_bits(s < -max ? -1.0f : (float)(s / max));
    case TEXEL_SINT:
        return (uint32_t)s;
    case TEXEL_FLOAT:
        if (bits == 32)
            return raw;
        return texel_half_to_float(bits == 16 ? raw : bits == 11 ? raw << 4 : raw << 5);
    default:
        return raw;
    }
}

/* Nearest even. |x| is far below 2^52. */
static int64_t nearest(double x)
{
    const double big = 0x1.8p52;
    volatile double sum = x + big;

    return (int64_t)(sum - big);
}

static double clamp(double x, double lo, double hi)
{
    return x >= lo ? (x < hi ? x : hi) : lo; /* NaN: lo */
}

static uint32_t small_float(uint32_t v, unsigned bits)
{
    uint32_t h = texel_float_to_half(v), shift = bits == 11 ? 4 : 5;

    if ((h & 0x7fff) > 0x7c00)
        return ((1u << bits) - 1); /* NaN */
    if (h & 0x8000)
        return 0;
    return h >> shift; /* towards zero */
}

static uint32_t channel_store(enum texel_type type, uint32_t v, unsigned bits)
{
    uint64_t umax = (1ull << bits) - 1;
    int64_t smax = (int64_t)(umax >> 1), s = (int32_t)v;
    double x = bits_float(v);

    switch (type) {
    case TEXEL_UNORM:
        return (uint32_t)nearest(clamp(x, 0, 1) * (double)umax);
    case TEXEL_SNORM:
        return (uint32_t)(nearest((x == x ? clamp(x, -1, 1) : 0) * (double)smax) & (int64_t)umax);
    case TEXEL_UINT:
        return v < umax ? v : (uint32_t)umax;
    case TEXEL_SINT:
        s = s < -smax - 1 ? -smax - 1 : s > smax ? smax : s;
        return (uint32_t)(s & (int64_t)umax);
    default:
        return bits == 32 ? v : bits == 16 ? texel_float_to_half(v) : small_float(v, bits);
    }
}

/* --- texels ------------------------------------------------------------------------ */

/* @width bits from bit @at of 16 bytes; width <= 32. */
static uint32_t bits_get(const uint64_t w[2], unsigned at, unsigned width)
{
    uint64_t v = w[at / 64] >> at % 64;

    return (uint32_t)(v & ((1ull << width) - 1)); /* no channel crosses bit 64 */
}

void texel_load(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    const uint32_t one = texel_is_integer(f) ? 1 : 0x3f800000;
    uint32_t channel[6] = {0, 0, 0, 0, [TEXEL_ZERO] = 0, [TEXEL_ONE] = one};
    uint64_t w[2] = {0};

    memcpy(w, from, f->bytes);
    for (unsigned i = 0, at = 0; i < f->channels; at += f->bits[i++])
        channel[i] = channel_load(f->type, bits_get(w, at, f->bits[i]), f->bits[i]);
    for (unsigned i = 0; i < 4; i++)
        rgba[i] = channel[f->from[i]];
}

void texel_store(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    uint64_t w[2] = {0};

    for (unsigned i = 0, at = 0; i < f->channels; at += f->bits[i++])
        for (unsigned k = 0; k < 4; k++)
            if (f->from[k] == i) {
                uint64_t v = channel_store(f->type, rgba[k], f->bits[i]);
                w[at / 64] |= v << at % 64;
                break;
            }
    memcpy(to, w, 16);
}
