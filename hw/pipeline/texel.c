/*
 * Pixel formats. Regular ones are numbered by a formula (source: v10.xml): base +
 * 8 * (channels - 1) + size; base 96 snorm, 128 uint, 160 unorm, 192 sint; size
 * 1 to 5 for 2 to 32 bits, 7 for fp32 (beside unorm) and fp16 (beside sint). Bit
 * 20 of a pixel format says sRGB. Not here: YUV and the tile buffer's own formats.
 * Compressed images name the format that their blocks become (texture/block.h).
 *
 * Called by images, attributes, the texture unit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "texel.h"

#define NUMBER_CONSTANT 95 /* all components from the order: 0000 or 0001 */
#define NUMBER_S8       93
#define NUMBER_RGB9E5   91
#define NUMBER_E5BGR9   92
#define NUMBER_FIXED    81 /* to 84: 1 to 4 channels of signed 16.16 */

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
    memset(f->bits, bits, f->channels);
    f->bytes = f->channels * bits / 8;
    return f->channels * bits % 8 == 0;
}

static bool packed(unsigned n, struct texel_format *f)
{
    static const struct {
        uint8_t number, type, channels, bits[4], bytes, shift;
    } formats[] = {
        {64, TEXEL_UNORM, 3, {5, 6, 5}, 2, 0},
        {65, TEXEL_UNORM, 4, {5, 5, 5, 1}, 2, 0},
        {66, TEXEL_UNORM, 4, {1, 5, 5, 5}, 2, 0},
        {67, TEXEL_UNORM, 4, {10, 10, 10, 2}, 4, 0},
        {68, TEXEL_UNORM, 4, {2, 10, 10, 10}, 4, 0},
        {69, TEXEL_SNORM, 4, {10, 10, 10, 2}, 4, 0},
        {70, TEXEL_SNORM, 4, {2, 10, 10, 10}, 4, 0},
        {71, TEXEL_UINT, 4, {10, 10, 10, 2}, 4, 0},
        {72, TEXEL_UINT, 4, {2, 10, 10, 10}, 4, 0},
        {73, TEXEL_SINT, 4, {10, 10, 10, 2}, 4, 0},
        {74, TEXEL_SINT, 4, {2, 10, 10, 10}, 4, 0},
        {75, TEXEL_UNORM, 1, {16}, 2, 0}, /* Z16 */
        {76, TEXEL_FLOAT, 1, {32}, 4, 0}, /* Z32; source: Mesa 26 has it for Z32_FLOAT */
        {77, TEXEL_UNORM, 1, {24}, 4, 0}, /* Z24X8 */
        {78, TEXEL_UNORM, 1, {24}, 4, 8}, /* X8Z24 */
        {81, TEXEL_FLOAT, 1, {32}, 4, 0},
        {82, TEXEL_FLOAT, 2, {32, 32}, 8, 0},
        {83, TEXEL_FLOAT, 3, {32, 32, 32}, 12, 0},
        {84, TEXEL_FLOAT, 4, {32, 32, 32, 32}, 16, 0},
        {89, TEXEL_FLOAT, 3, {11, 11, 10}, 4, 0},
        {90, TEXEL_FLOAT, 3, {10, 11, 11}, 4, 0},
        {NUMBER_RGB9E5, TEXEL_FLOAT, 3, {9, 9, 9, 5}, 4, 0},
        {NUMBER_E5BGR9, TEXEL_FLOAT, 3, {9, 9, 9, 5}, 4, 0},
        {NUMBER_S8, TEXEL_UINT, 1, {8}, 1, 0},
        {NUMBER_CONSTANT, TEXEL_FLOAT, 0, {0}, 1, 0},
    };

    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i].number == n) {
            f->type = formats[i].type;
            f->channels = formats[i].channels;
            memcpy(f->bits, formats[i].bits, 4);
            f->bytes = formats[i].bytes;
            f->shift = formats[i].shift;
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
        {228, {0, 0, 0, 3}}, /* RRRA, inferred */
        {229, {Z, Z, Z, 3}}, /* 000A: Mesa's A8, whose bytes read as the A of RGBA8 */
        {230, {Z, Z, Z, O}}, /* 0001 */
        {231, {Z, Z, Z, Z}}, /* 0000 */
        {240, {0, Z, Z, Z}}, /* R000, inferred */
        {242, {0, 2, 1, 3}}, /* RBGA, inferred */
    };

    for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        if (orders[i].order == order) {
            memcpy(from, orders[i].from, 4);
            return true;
        }
    return false;
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

#define INLINE static inline __attribute__((always_inline))

/* @width bits from bit @at of 16 bytes; width <= 32. No channel crosses bit 64. */
INLINE uint32_t bits_get(const uint64_t w[2], unsigned at, unsigned width)
{
    return (uint32_t)(w[at / 64] >> at % 64 & ((1ull << width) - 1));
}

INLINE void spread(const struct texel_format *f, uint32_t channel[6], uint32_t rgba[4])
{
    channel[TEXEL_ZERO] = 0;
    channel[TEXEL_ONE] = texel_one(f);
    for (unsigned i = 0; i < 4; i++)
        rgba[i] = channel[f->from[i]];
}

static void load_any(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    uint32_t channel[6];
    uint64_t w[2] = {0};

    memcpy(w, from, f->bytes);
    for (unsigned i = 0, at = f->shift; i < f->channels; at += f->bits[i++])
        channel[i] = channel_load(f->type, bits_get(w, at, f->bits[i]), f->bits[i]);
    spread(f, channel, rgba);
}

/* Channels of one size, known when this is compiled. */
INLINE void load_same(const struct texel_format *f, const void *from, uint32_t rgba[4],
                      enum texel_type type, unsigned bits, unsigned channels)
{
    uint32_t channel[6] = {0};

    for (unsigned i = 0; i < channels; i++) {
        uint32_t raw = 0;
        memcpy(&raw, (const uint8_t *)from + i * bits / 8, bits / 8);
        channel[i] = type == TEXEL_UNORM && bits == 8 ? float_bits((float)raw / 255.0f)
                                                      : channel_load(type, raw, bits);
    }
    spread(f, channel, rgba);
}

#define LOAD_SAME(type, bits, n)                                                                   \
    static void load_##type##_##bits##_##n(const struct texel_format *f, const void *from,         \
                                           uint32_t rgba[4])                                       \
    {                                                                                              \
        load_same(f, from, rgba, TEXEL_##type, bits, n);                                           \
    }
#define EACH_COUNT(X, type, bits)                                                                  \
    X(type, bits, 1) X(type, bits, 2) X(type, bits, 3) X(type, bits, 4)
#define EACH_SAME(X)                                                                               \
    EACH_COUNT(X, UNORM, 8)                                                                        \
    EACH_COUNT(X, UNORM, 16)                                                                       \
    EACH_COUNT(X, SNORM, 8)                                                                        \
    EACH_COUNT(X, SNORM, 16)                                                                       \
    EACH_COUNT(X, UINT, 8)                                                                         \
    EACH_COUNT(X, UINT, 16)                                                                        \
    EACH_COUNT(X, UINT, 32)                                                                        \
    EACH_COUNT(X, SINT, 8)                                                                         \
    EACH_COUNT(X, SINT, 16)                                                                        \
    EACH_COUNT(X, SINT, 32)                                                                        \
    EACH_COUNT(X, FLOAT, 16)                                                                       \
    EACH_COUNT(X, FLOAT, 32)
EACH_SAME(LOAD_SAME)

static texel_load_fn *loader(const struct texel_format *f)
{
    static const struct {
        uint8_t type, bits, channels;
        texel_load_fn *load;
    } same[] = {
#define ROW(type, bits, n) {TEXEL_##type, bits, n, load_##type##_##bits##_##n},
        EACH_SAME(ROW)
#undef ROW
    };

    for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        bool fits = f->type == same[i].type && f->channels == same[i].channels && !f->shift &&
                    f->bytes * 8 == same[i].bits * same[i].channels;
        for (unsigned k = 0; k < same[i].channels; k++)
            fits &= f->bits[k] == same[i].bits;
        if (fits)
            return same[i].load;
    }
    return load_any;
}

/* Channels of 8 bits, R, G and B by the table; alpha is the component A. */
static void load_srgb(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    const uint8_t *p = from;

    for (unsigned i = 0; i < 4; i++) {
        unsigned c = f->from[i];
        rgba[i] = c == TEXEL_ZERO  ? 0
                  : c == TEXEL_ONE ? texel_one(f)
                  : i < 3          ? float_bits(texel_srgb[2 * p[c]])
                                   : float_bits((float)p[c] / 255.0f);
    }
}

/* Signed 16.16. */
static void load_fixed(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    uint32_t channel[6];

    for (unsigned i = 0; i < f->channels; i++) {
        int32_t raw;
        memcpy(&raw, (const uint8_t *)from + 4 * i, 4);
        channel[i] = float_bits((float)(raw / 65536.0));
    }
    spread(f, channel, rgba);
}

/* Three mantissas of 9 bits without a hidden one, an exponent of bias 15. */
static void load_shared(const struct texel_format *f, uint32_t raw, unsigned exp_at,
                        unsigned mant_at, uint32_t rgba[4])
{
    float scale = bits_float(((raw >> exp_at & 31) + 127 - 15 - 9) << 23);
    uint32_t channel[6];

    for (unsigned i = 0; i < 3; i++)
        channel[i] = float_bits((float)(raw >> (mant_at + 9 * i) & 511) * scale);
    spread(f, channel, rgba);
}

static void load_rgb9e5(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    uint32_t raw;

    memcpy(&raw, from, 4);
    load_shared(f, raw, 27, 0, rgba);
}

static void load_e5bgr9(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    uint32_t raw;

    memcpy(&raw, from, 4);
    load_shared(f, raw, 0, 5, rgba);
}

/* The component that memory channel @i takes its value from, or 4: none. */
static unsigned source_of(const struct texel_format *f, unsigned i)
{
    unsigned k = 0;

    while (k < 4 && f->from[k] != i)
        k++;
    return k;
}

static void store_any(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    uint64_t w[2] = {0};

    for (unsigned i = 0, at = f->shift; i < f->channels; at += f->bits[i++]) {
        unsigned k = source_of(f, i);
        if (k < 4)
            w[at / 64] |= (uint64_t)channel_store(f->type, rgba[k], f->bits[i]) << at % 64;
    }
    memcpy(to, w, TEXEL_BYTES);
}

/* The nearest of 256: how many boundaries lie at or below. */
static uint8_t srgb_encode(float x)
{
    unsigned lo = 0, hi = 255;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (x >= texel_srgb[2 * mid + 1])
            lo = mid + 1;
        else
            hi = mid;
    }
    return (uint8_t)lo;
}

static void store_srgb(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    uint8_t *p = memset(to, 0, TEXEL_BYTES);

    for (unsigned i = 0; i < f->channels; i++) {
        unsigned k = source_of(f, i);
        if (k < 4)
            p[i] = k < 3 ? srgb_encode(bits_float(rgba[k]))
                         : (uint8_t)channel_store(TEXEL_UNORM, rgba[k], 8);
    }
}

static void store_fixed(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    memset(to, 0, TEXEL_BYTES);
    for (unsigned i = 0; i < f->channels; i++) {
        unsigned k = source_of(f, i);
        double x = k < 4 ? bits_float(rgba[k]) * 65536.0 : 0;
        int32_t v = x != x ? 0 : (int32_t)nearest(clamp(x, -0x1p31, 0x1p31 - 1));
        memcpy((uint8_t *)to + 4 * i, &v, 4);
    }
}

/* Source of the rounding: EXT_texture_shared_exponent. */
static uint32_t pack_shared(const struct texel_format *f, const uint32_t rgba[4], unsigned exp_at,
                            unsigned mant_at)
{
    const double most = 0x1p16 * 511 / 512;
    double c[3] = {0}, top = 0, scale;
    int exp;

    for (unsigned i = 0; i < 3; i++) {
        unsigned k = source_of(f, i);
        c[i] = k < 4 ? clamp(bits_float(rgba[k]), 0, most) : 0;
        top = c[i] > top ? c[i] : top;
    }
    exp = top > 0 ? (int)(float_bits((float)top) >> 23) - 127 : -16;
    exp = (exp < -16 ? -16 : exp) + 1;
    for (;; exp++) { /* again when the largest rounds up to 512 */
        scale = (double)bits_float((uint32_t)(127 + 9 - exp) << 23);
        if ((int64_t)(top * scale + 0.5) < 512)
            break;
    }
    uint32_t raw = (uint32_t)(exp + 15) << exp_at;
    for (unsigned i = 0; i < 3; i++)
        raw |= (uint32_t)(c[i] * scale + 0.5) << (mant_at + 9 * i);
    return raw;
}

static void store_rgb9e5(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    uint32_t raw = pack_shared(f, rgba, 27, 0);

    memset(to, 0, TEXEL_BYTES);
    memcpy(to, &raw, 4);
}

static void store_e5bgr9(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    uint32_t raw = pack_shared(f, rgba, 0, 5);

    memset(to, 0, TEXEL_BYTES);
    memcpy(to, &raw, 4);
}

/* --- look-up ------------------------------------------------------------------------ */

static void choose(struct texel_format *f, unsigned number)
{
    f->load = loader(f);
    f->store = store_any;
    if (f->srgb) {
        f->load = load_srgb;
        f->store = store_srgb;
    } else if (number >= NUMBER_FIXED && number < NUMBER_FIXED + 4) {
        f->load = load_fixed;
        f->store = store_fixed;
    } else if (number == NUMBER_RGB9E5) {
        f->load = load_rgb9e5;
        f->store = store_rgb9e5;
    } else if (number == NUMBER_E5BGR9) {
        f->load = load_e5bgr9;
        f->store = store_e5bgr9;
    }
}

/* Stencil is the second of two channels, the first of which reads as zero (source: Mesa's
 * table of formats); all others read what memory does not have as 0, 0, 0, 1. */
static void absent_channels(struct texel_format *f, unsigned number)
{
    for (unsigned i = 0; i < 4; i++) {
        if (f->from[i] >= TEXEL_ZERO)
            continue;
        if (number == NUMBER_S8)
            f->from[i] = f->from[i] == 1 ? 0 : TEXEL_ZERO;
        else if (f->from[i] >= f->channels)
            f->from[i] = i == 3 ? TEXEL_ONE : TEXEL_ZERO;
    }
}

bool texel_format(uint32_t pixel_format, struct texel_format *f)
{
    unsigned number = pixel_format >> 12 & 0xff;

    memset(f, 0, sizeof(*f));
    if ((pixel_format >> 21) || (pixel_format & 0xfff) > 0xff)
        return false;
    if (!regular(number, f) && !packed(number, f))
        return false;
    if (!component_order(pixel_format & 0xff, f->from))
        return false;
    f->srgb = pixel_format & TEXEL_SRGB;
    if (f->srgb && (f->type != TEXEL_UNORM || f->bits[0] != 8))
        return false;
    absent_channels(f, number);
    choose(f, number);
    return true;
}
