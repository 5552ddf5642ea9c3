/*
 * ASTC: blocks of 128 bits for 4x4 to 12x12, or 3x3x3 to 6x6x6 texels. A grid of weights, widened
 * to the block's size, mixes two end points in each of up to four partitions.
 *
 * Decodes to four halves (wide) or RGBA8 (narrow). A block that is not valid, or that needs HDR
 * when the plane does not allow it, is magenta, or NaN when wide HDR.
 *
 * Source: the Khronos Data Format Specification (ASTC).
 *
 * Called through block.c. Calls astc_points.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "astc.h"

#define MAX_WEIGHTS    64
#define MAX_PARTITIONS 4
#define ONE_HALF       0x3c00

const struct astc_range astc_ranges[ASTC_RANGES] = {
    {1, 1}, {3, 0}, {1, 2}, {5, 0}, {3, 1}, {1, 3}, {5, 1}, {3, 2}, {1, 4}, {5, 2}, {3, 3},
    {1, 5}, {5, 3}, {3, 4}, {1, 6}, {5, 4}, {3, 5}, {1, 7}, {5, 5}, {3, 6}, {1, 8}};

/* --- bounded integer sequences ------------------------------------------------------------ */

unsigned astc_sequence_bits(unsigned r, unsigned n)
{
    const struct astc_range *g = &astc_ranges[r];

    return n * g->bits + (g->base == 3 ? (8 * n + 4) / 5 : g->base == 5 ? (7 * n + 2) / 3 : 0);
}

static void trits(unsigned t, uint8_t out[5])
{
    unsigned c;

    if ((t >> 2 & 7) == 7) {
        c = (t >> 5 & 7) << 2 | (t & 3);
        out[4] = out[3] = 2;
    } else {
        c = t & 0x1f;
        out[4] = (t >> 5 & 3) == 3 ? 2 : t >> 7 & 1;
        out[3] = (t >> 5 & 3) == 3 ? t >> 7 & 1 : t >> 5 & 3;
    }
    if ((c & 3) == 3) {
        out[2] = 2;
        out[1] = c >> 4 & 1;
        out[0] = (c >> 3 & 1) << 1 | (c >> 2 & ~(c >> 3) & 1);
    } else if ((c >> 2 & 3) == 3) {
        out[2] = out[1] = 2;
        out[0] = c & 3;
    } else {
        out[2] = c >> 4 & 1;
        out[1] = c >> 2 & 3;
        out[0] = (c >> 1 & 1) << 1 | (c & ~(c >> 1) & 1);
    }
}

static void quints(unsigned q, uint8_t out[3])
{
    unsigned c;

    if ((q >> 1 & 3) == 3 && (q >> 5 & 3) == 0) {
        out[2] = (q & 1) << 2 | (q >> 4 & ~q & 1) << 1 | (q >> 3 & ~q & 1);
        out[1] = out[0] = 4;
        return;
    }
    if ((q >> 1 & 3) == 3) {
        out[2] = 4;
        c = (q >> 3 & 3) << 3 | (~(q >> 5) & 3) << 1 | (q & 1);
    } else {
        out[2] = q >> 5 & 3;
        c = q & 0x1f;
    }
    out[1] = (c & 7) == 5 ? 4 : c >> 3 & 3;
    out[0] = (c & 7) == 5 ? c >> 3 & 3 : c & 7;
}

struct value {
    uint8_t digit, low; /* trit or quint; bits */
};

/* @n values; what lies behind the sequence's end counts as zeros. */
static void take_sequence(struct tex_bits *b, unsigned r, unsigned n, struct value *v)
{
    static const uint8_t trit_bits[5] = {2, 2, 1, 2, 1}, quint_bits[3] = {3, 2, 2};
    const struct astc_range *g = &astc_ranges[r];
    unsigned group = g->base == 3   ? 5
                     : g->base == 5 ? 3
                                    : 1,
             end = b->at + astc_sequence_bits(r, n);

    for (unsigned i = 0; i < n; i += group) {
        unsigned packed = 0, have = 0;
        uint8_t digit[5] = {0};
        for (unsigned k = 0; k < group; k++) {
            unsigned left = b->at < end ? end - b->at : 0;
            unsigned low = tex_bits_take(b, g->bits < left ? g->bits : left);
            if (i + k < n)
                v[i + k].low = (uint8_t)low;
            if (g->base > 1) {
                unsigned w = g->base == 3 ? trit_bits[k] : quint_bits[k];
                left = b->at < end ? end - b->at : 0;
                packed |= tex_bits_take(b, w < left ? w : left) << have;
                have += w;
            }
        }
        if (g->base == 3)
            trits(packed, digit);
        else if (g->base == 5)
            quints(packed, digit);
        for (unsigned k = 0; k < group && i + k < n; k++)
            v[i + k].digit = digit[k];
    }
}

/* The word B of the specification: the bits above the lowest, spread. @pattern: for each bit from
 * the top, which of a b c d e f (1 to 6), or 0. */
static unsigned spread(unsigned low, const char *pattern)
{
    unsigned v = 0;

    for (; *pattern; pattern++)
        v = v << 1 | (*pattern == '0' ? 0 : low >> (*pattern - 'a') & 1);
    return v;
}

static unsigned replicate(unsigned v, unsigned bits, unsigned to)
{
    unsigned out = 0;
    int at = (int)to;

    while (at > 0) {
        at -= (int)bits;
        out |= at >= 0 ? v << at : v >> -at;
    }
    return out;
}

static uint8_t colour_value(unsigned r, struct value v)
{
    static const struct {
        uint8_t c;
        const char *b;
    } trit[7] = {{0, ""},           {204, "0"},        {93, "b000b0bb0"}, {44, "cb000cbcb"},
                 {22, "dcb000dcb"}, {11, "edcb000ed"}, {5, "fedcb000f"}},
      quint[6] = {{0, ""},           {113, "0"},        {54, "b0000bb00"},
                  {26, "cb0000cbc"}, {13, "dcb0000dc"}, {6, "edcb0000e"}};
    const struct astc_range *g = &astc_ranges[r];
    unsigned a = v.low & 1 ? 0x1ff : 0, t;

    if (g->base == 1)
        return (uint8_t)replicate(v.low, g->bits, 8);
    t = g->base == 3 ? v.digit * trit[g->bits].c + spread(v.low, trit[g->bits].b)
                     : v.digit * quint[g->bits].c + spread(v.low, quint[g->bits].b);
    t ^= a;
    return (uint8_t)((a & 0x80) | t >> 2);
}

static uint8_t weight_value(unsigned r, struct value v)
{
    static const uint8_t trit0[3] = {0, 32, 63}, quint0[5] = {0, 16, 32, 47, 63};
    static const uint8_t ct[4] = {0, 50, 23, 11}, cq[3] = {0, 28, 13};
    static const char *const bt[4] = {"", "0", "b000b0b", "cb000cb"}, *const bq[3] = {"", "0",
                                                                                      "b0000b0"};
    const struct astc_range *g = &astc_ranges[r];
    unsigned a = v.low & 1 ? 0x7f : 0, t;

    if (g->base == 1)
        t = replicate(v.low, g->bits, 6);
    else if (g->bits == 0)
        t = g->base == 3 ? trit0[v.digit] : quint0[v.digit];
    else {
        t = g->base == 3 ? v.digit * ct[g->bits] + spread(v.low, bt[g->bits])
                         : v.digit * cq[g->bits] + spread(v.low, bq[g->bits]);
        t ^= a;
        t = (a & 0x20) | t >> 2;
    }
    return (uint8_t)(t > 32 ? t + 1 : t);
}

/* --- the block's mode ---------------------------------------------------------------------- */

struct grid {
    unsigned w, h, d; /* of weights */
    unsigned range;
    bool dual;
};

static bool mode_2d(unsigned m, struct grid *g, unsigned *r)
{
    unsigned a = m >> 5 & 3, b = m >> 7 & 3;

    g->d = 1;
    if (m & 3) {
        *r = (m >> 4 & 1) | (m & 3) << 1;
        switch (m >> 2 & 3) {
        case 0:
            g->w = b + 4;
            g->h = a + 2;
            break;
        case 1:
            g->w = b + 8;
            g->h = a + 2;
            break;
        case 2:
            g->w = a + 2;
            g->h = b + 8;
            break;
        default:
            g->w = m & 0x100 ? (b & 1) + 2 : a + 2;
            g->h = m & 0x100 ? a + 2 : (b & 1) + 6;
        }
        return true;
    }
    *r = (m >> 4 & 1) | (m >> 2 & 3) << 1;
    if (*r < 2)
        return false;
    switch (m >> 7 & 3) {
    case 0:
        g->w = 12;
        g->h = a + 2;
        return true;
    case 1:
        g->w = a + 2;
        g->h = 12;
        return true;
    case 2:
        g->w = a + 6;
        g->h = (m >> 9 & 3) + 6;
        return true;
    default:
        g->w = a == 0 ? 6 : 10;
        g->h = a == 0 ? 10 : 6;
        return a < 2;
    }
}

static bool mode_3d(unsigned m, struct grid *g, unsigned *r)
{
    unsigned a = m >> 5 & 3, b;

    if (m & 3) {
        *r = (m >> 4 & 1) | (m & 3) << 1;
        g->w = a + 2;
        g->h = (m >> 7 & 3) + 2;
        g->d = (m >> 2 & 3) + 2;
        return true;
    }
    *r = (m >> 4 & 1) | (m >> 2 & 3) << 1;
    b = m >> 9 & 3;
    switch (m >> 7 & 3) {
    case 0:
        g->w = 6;
        g->h = b + 2;
        g->d = a + 2;
        break;
    case 1:
        g->w = a + 2;
        g->h = 6;
        g->d = b + 2;
        break;
    case 2:
        g->w = a + 2;
        g->h = b + 2;
        g->d = 6;
        break;
    default:
        g->w = a == 0 ? 6 : 2;
        g->h = a == 1 ? 6 : 2;
        g->d = a == 2 ? 6 : 2;
        return *r >= 2 && a < 3;
    }
    return *r >= 2;
}

/* False: reserved, or too large for the block. */
static bool block_mode(unsigned m, const struct tex_codec *c, struct grid *g)
{
    static const uint8_t ranges[2][8] = {{0, 0, 0, 1, 2, 3, 4, 5}, {0, 0, 6, 7, 8, 9, 10, 11}};
    bool flat = c->depth == 1, plain, high;
    unsigned r, bits, n;

    if (!(flat ? mode_2d(m, g, &r) : mode_3d(m, g, &r)))
        return false;
    /* these bits are part of the grid's size in some modes */
    plain = (m & 3) || (flat ? (m >> 7 & 3) != 2 : (m >> 7 & 3) == 3);
    g->dual = plain && (m >> 10 & 1);
    high = plain && (m >> 9 & 1);
    g->range = ranges[high][r];
    n = g->w * g->h * g->d << g->dual;
    bits = astc_sequence_bits(g->range, n);
    return n <= MAX_WEIGHTS && bits >= 24 && bits <= 96 && g->w <= c->width && g->h <= c->height &&
           g->d <= c->depth;
}

/* --- partitions --------------------------------------------------------------------------------
 */

static uint32_t hash52(uint32_t p)
{
    p ^= p >> 15;
    p -= p << 17;
    p += p << 7;
    p += p << 4;
    p ^= p >> 5;
    p += p << 16;
    p ^= p >> 7;
    p ^= p >> 3;
    p ^= p << 6;
    p ^= p >> 17;
    return p;
}

/* How the partitions of a block lie, worked out once. */
struct partitioning {
    unsigned count;
    uint8_t seed[12];
    uint32_t random;
    bool small;
};

static void partitioning(struct partitioning *p, unsigned seed, unsigned count,
                         const struct tex_codec *c)
{
    uint32_t r = hash52(seed + (count - 1) * 1024);
    unsigned sh1, sh2, sh3;

    p->count = count;
    p->random = r;
    p->small = c->width * c->height * c->depth < 31;
    for (unsigned i = 0; i < 8; i++)
        p->seed[i] = r >> 4 * i & 15;
    for (unsigned i = 0; i < 4; i++) {
        static const uint8_t at[4] = {18, 22, 26, 30};
        p->seed[8 + i] = (uint8_t)((r >> at[i] | r << (32 - at[i])) & 15);
    }
    for (unsigned i = 0; i < 12; i++)
        p->seed[i] = (uint8_t)(p->seed[i] * p->seed[i]);
    if (seed & 1) {
        sh1 = seed & 2 ? 4 : 5;
        sh2 = count == 3 ? 6 : 5;
    } else {
        sh1 = count == 3 ? 6 : 5;
        sh2 = seed & 2 ? 4 : 5;
    }
    sh3 = seed & 0x10 ? sh1 : sh2;
    for (unsigned i = 0; i < 8; i++)
        p->seed[i] >>= i & 1 ? sh2 : sh1;
    for (unsigned i = 8; i < 12; i++)
        p->seed[i] >>= sh3;
}

static unsigned partition_of(const struct partitioning *p, unsigned x, unsigned y, unsigned z)
{
    const uint8_t *s = p->seed;
    unsigned a, b, c, d;

    if (p->count == 1)
        return 0;
    x <<= p->small;
    y <<= p->small;
    z <<= p->small;
    a = (s[0] * x + s[1] * y + s[10] * z + (p->random >> 14)) & 0x3f;
    b = (s[2] * x + s[3] * y + s[11] * z + (p->random >> 10)) & 0x3f;
    c = p->count < 3 ? 0 : (s[4] * x + s[5] * y + s[8] * z + (p->random >> 6)) & 0x3f;
    d = p->count < 4 ? 0 : (s[6] * x + s[7] * y + s[9] * z + (p->random >> 2)) & 0x3f;
    if (a >= b && a >= c && a >= d)
        return 0;
    if (b >= c && b >= d)
        return 1;
    return c >= d ? 2 : 3;
}

/* --- weights -----------------------------------------------------------------------------------
 */

/* Position of texel @x in the grid, in 16ths. */
static unsigned grid_at(unsigned x, unsigned size, unsigned n)
{
    unsigned scale = size > 1 ? (1024 + size / 2) / (size - 1) : 0;

    return (scale * x * (n - 1) + 32) >> 6;
}

static unsigned weight_2d(const struct grid *g, const uint8_t *w, unsigned stride, unsigned js,
                          unsigned jt)
{
    unsigned s = js >> 4, fs = js & 15, t = jt >> 4, ft = jt & 15, at = s + t * g->w;
    unsigned w11 = (fs * ft + 8) >> 4, w10 = ft - w11, w01 = fs - w11, w00 = 16 - fs - ft + w11;
    unsigned sum = 8 + w[at * stride] * w00;

    sum += w01 ? w[(at + 1) * stride] * w01 : 0;
    sum += w10 ? w[(at + g->w) * stride] * w10 : 0;
    sum += w11 ? w[(at + g->w + 1) * stride] * w11 : 0;
    return sum >> 4;
}

/* Along the edges of a cube's simplex: the largest fraction first. */
static unsigned weight_3d(const struct grid *g, const uint8_t *w, unsigned stride,
                          const unsigned j[3])
{
    const unsigned step[3] = {1, g->w, g->w * g->h};
    unsigned at = 0, order[3] = {0, 1, 2}, f[3], sum, last = 16;

    for (unsigned i = 0; i < 3; i++) {
        at += (j[i] >> 4) * step[i];
        f[i] = j[i] & 15;
    }
    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0; k < 2; k++)
            if (f[order[k]] < f[order[k + 1]]) {
                unsigned t = order[k];
                order[k] = order[k + 1];
                order[k + 1] = t;
            }
    sum = 8;
    for (unsigned i = 0; i < 4; i++) {
        unsigned here = i < 3 ? f[order[i]] : 0;
        sum += last - here ? w[at * stride] * (last - here) : 0;
        last = here;
        at += i < 3 && here ? step[order[i]] : 0;
    }
    return sum >> 4;
}

/* --- texels -------------------------------------------------------------------------------------
 */

/* @v / 65536 as a half, rounded towards zero; 65535 is one. */
static uint16_t unorm_to_half(unsigned v)
{
    unsigned top;

    if (v == 0xffff)
        return ONE_HALF;
    if (v < 4)
        return (uint16_t)(v << 8); /* denormal: units of 2^-24 */
    top = 31 - (unsigned)__builtin_clz(v);
    return (uint16_t)((top - 1) << 10 | ((top >= 10 ? v >> (top - 10) : v << (10 - top)) & 0x3ff));
}

/* A logarithmic 5.11 value as a half. */
static uint16_t log_to_half(unsigned v)
{
    unsigned e = v >> 11, m = v & 0x7ff, f;

    f = m < 512 ? 3 * m : m < 1536 ? 4 * m - 512 : 5 * m - 2048;
    f = e << 10 | f >> 3;
    return (uint16_t)(f > 0x7bff ? 0x7bff : f);
}

static void put_texel(unsigned variant, const uint16_t wide[4], const uint8_t narrow[4],
                      uint8_t *to)
{
    for (unsigned k = 0; k < 4; k++)
        if (variant & ASTC_WIDE)
            tex_put16(to + 2 * k, wide[k]);
        else
            to[k] = narrow[k];
}

static void error_texel(unsigned variant, uint8_t *to)
{
    static const uint16_t nan[4] = {0xffff, 0xffff, 0xffff, 0xffff};
    static const uint16_t magenta[4] = {ONE_HALF, 0, ONE_HALF, ONE_HALF};
    static const uint8_t narrow[4] = {255, 0, 255, 255};

    put_texel(variant, variant & ASTC_HDR ? nan : magenta, narrow, to);
}

static unsigned texel_count(const struct tex_codec *c)
{
    return c->width * c->height * (unsigned)c->depth;
}

static void error(const struct tex_codec *c, unsigned variant, uint8_t *texels)
{
    for (unsigned i = 0; i < texel_count(c); i++)
        error_texel(variant, texels + i * c->texel_bytes);
}

/* One colour for all. */
static void void_extent(const struct tex_codec *c, unsigned variant, const struct tex_bits *b,
                        uint8_t *texels)
{
    bool hdr = tex_bits_peek(b, 9, 1), flat = c->depth == 1, bad, all = true;
    unsigned width = flat ? 13 : 9, at = flat ? 12 : 10, n = flat ? 4 : 6, e[6];
    uint16_t wide[4];
    uint8_t narrow[4];

    for (unsigned i = 0; i < n; i++) {
        e[i] = tex_bits_peek(b, at + width * i, width);
        all &= e[i] == (1u << width) - 1;
    }
    bad = flat && tex_bits_peek(b, 10, 2) != 3;
    for (unsigned i = 0; i < n; i += 2)
        bad |= !all && e[i] >= e[i + 1];
    if (bad || (hdr && !(variant & ASTC_HDR))) {
        error(c, variant, texels);
        return;
    }
    for (unsigned k = 0; k < 4; k++) {
        unsigned v = tex_bits_peek(b, 64 + 16 * k, 16);
        wide[k] = hdr ? (uint16_t)v : unorm_to_half(v);
        narrow[k] = (uint8_t)(v >> 8);
    }
    for (unsigned i = 0; i < texel_count(c); i++)
        put_texel(variant, wide, narrow, texels + i * c->texel_bytes);
}

struct colours {
    struct partitioning parts;
    struct astc_points points[MAX_PARTITIONS];
    unsigned second; /* the component that the second plane's weights mix, or 4 */
};

static void texel(const struct colours *k, unsigned variant, unsigned part, const unsigned w[2],
                  uint8_t *to)
{
    const struct astc_points *p = &k->points[part];

    if (p->hdr && !(variant & ASTC_HDR)) {
        error_texel(variant, to);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        bool hdr = i < 3 ? p->hdr : p->hdr_alpha;
        unsigned low = variant & ASTC_WIDE ? 0x101u : 0x100u, add = variant & ASTC_WIDE ? 0 : 0x80;
        unsigned a = hdr ? p->point[0][i] : p->point[0][i] * low + add;
        unsigned b = hdr ? p->point[1][i] : p->point[1][i] * low + add;
        unsigned weight = w[i == k->second], v = (a * (64 - weight) + b * weight + 32) >> 6;
        if (variant & ASTC_WIDE)
            tex_put16(to + 2 * i, hdr ? log_to_half(v) : unorm_to_half(v));
        else
            to[i] = (uint8_t)(v >> 8);
    }
}

static void texels_of(const struct tex_codec *c, unsigned variant, const struct grid *g,
                      const uint8_t *weight, const struct colours *k, uint8_t *texels)
{
    unsigned stride = 1u + g->dual;

    for (unsigned z = 0; z < c->depth; z++)
        for (unsigned y = 0; y < c->height; y++)
            for (unsigned x = 0; x < c->width; x++) {
                unsigned j[3] = {grid_at(x, c->width, g->w), grid_at(y, c->height, g->h),
                                 grid_at(z, c->depth, g->d)},
                         w[2] = {0, 0};
                for (unsigned p = 0; p < stride; p++)
                    w[p] = c->depth == 1 ? weight_2d(g, weight + p, stride, j[0], j[1])
                                         : weight_3d(g, weight + p, stride, j);
                texel(k, variant, partition_of(&k->parts, x, y, z), w, texels);
                texels += c->texel_bytes;
            }
}

/* The endpoint modes of @n partitions; *above: where their bits below the weights begin. */
static void endpoint_modes(struct tex_bits *b, unsigned n, unsigned *above, uint8_t mode[4])
{
    unsigned v, extra = 3 * n - 4;

    if (n == 1) {
        mode[0] = (uint8_t)tex_bits_take(b, 4);
        return;
    }
    v = tex_bits_take(b, 6);
    if (!(v & 3)) {
        memset(mode, (int)(v >> 2), 4);
        return;
    }
    *above -= extra;
    v |= tex_bits_peek(b, *above, extra) << 6;
    for (unsigned i = 0; i < n; i++)
        mode[i] = (uint8_t)((((v & 3) - 1 + (v >> (2 + i) & 1)) << 2) | (v >> (2 + n + 2 * i) & 3));
}

/* The colours' end points, between the modes and bit @above. False: they do not fit. */
static bool endpoints(struct tex_bits *b, unsigned n, const uint8_t mode[4], unsigned above,
                      struct astc_points *points)
{
    unsigned count = 0, range = ASTC_RANGES, room = above > b->at ? above - b->at : 0;
    struct value v[18];
    uint8_t value[18];

    for (unsigned i = 0; i < n; i++)
        count += astc_mode_values(mode[i]);
    if (count > 18)
        return false;
    while (range > 0 && astc_sequence_bits(range - 1, count) > room)
        range--;
    if (range < 5) /* fewer than six values: not enough */
        return false;
    take_sequence(b, range - 1, count, v);
    for (unsigned i = 0; i < count; i++)
        value[i] = colour_value(range - 1, v[i]);
    for (unsigned i = 0, at = 0; i < n; at += astc_mode_values(mode[i++]))
        astc_points(mode[i], value + at, &points[i]);
    return true;
}

static uint8_t reversed(uint8_t v)
{
    v = (uint8_t)((v & 0x0f) << 4 | v >> 4);
    v = (uint8_t)((v & 0x33) << 2 | (v >> 2 & 0x33));
    return (uint8_t)((v & 0x55) << 1 | (v >> 1 & 0x55));
}

/* Weights are read from the top, backwards. */
static void take_weights(const uint8_t *block, const struct grid *g, unsigned n, uint8_t *weight)
{
    struct value v[MAX_WEIGHTS];
    struct tex_bits b;
    uint8_t mirror[16];

    for (unsigned i = 0; i < 16; i++)
        mirror[i] = reversed(block[15 - i]);
    memcpy(b.w, mirror, 16);
    b.at = 0;
    take_sequence(&b, g->range, n, v);
    for (unsigned i = 0; i < n; i++)
        weight[i] = weight_value(g->range, v[i]);
}

void astc_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block, uint8_t *texels)
{
    uint8_t weight[MAX_WEIGHTS], mode[4];
    unsigned m, n, parts, seed = 0, above;
    struct colours k = {.second = 4};
    struct tex_bits b;
    struct grid g = {0};

    memcpy(b.w, block, 16);
    b.at = 0;
    m = tex_bits_take(&b, 11);
    if ((m & 0x1ff) == 0x1fc) {
        void_extent(c, variant, &b, texels);
        return;
    }
    parts = tex_bits_take(&b, 2) + 1;
    if (!block_mode(m, c, &g) || (g.dual && parts == 4)) {
        error(c, variant, texels);
        return;
    }
    n = g.w * g.h * g.d << g.dual;
    take_weights(block, &g, n, weight);
    above = 128 - astc_sequence_bits(g.range, n);
    if (parts > 1)
        seed = tex_bits_take(&b, 10);
    partitioning(&k.parts, seed, parts, c);
    endpoint_modes(&b, parts, &above, mode);
    if (g.dual) {
        above -= 2;
        k.second = tex_bits_peek(&b, above, 2);
    }
    if (endpoints(&b, parts, mode, above, k.points))
        texels_of(c, variant, &g, weight, &k, texels);
    else
        error(c, variant, texels);
}
