/*
 * One variant of gfx_vec.h. The including file sets GFX_VARIANT (a name), VA_PIECE and the target,
 * as for the instructions' meanings, whose vector tools these are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are only passed between inlined functions */
#pragma GCC diagnostic ignored "-Wunused-function"
/* A product and a sum are two roundings, in every variant. */
#ifdef __clang__
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include <string.h>

#include "../valhall/sem_vec.h"
#include "gfx_vec.h"

VA_INLINE vu get(const va_v16u *v, unsigned k)
{
    return ((const vu_mem *)v)[k];
}

VA_INLINE void put(va_v16u *v, unsigned k, vu x)
{
    ((vu_mem *)v)[k] = x;
}

VA_INLINE vf splat_f(float x)
{
    uint32_t u;

    memcpy(&u, &x, 4); /* added to zero, -0 would become 0 */
    return as_f(splat(u));
}

VA_INLINE vf pick_f(vu m, vf a, vf b)
{
    return as_f(pick(m, as_u(a), as_u(b)));
}

/* --- coverage -------------------------------------------------------------------------------- */

/* Lanes that are negative. */
VA_INLINE unsigned signs_of(vu v)
{
#ifdef VA_HOST_AVX512
    return _mm512_movepi32_mask((__m512i)v);
#elif defined(VA_HOST_AVX2)
    return (unsigned)_mm256_movemask_ps((__m256)v);
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_ps((__m128)v);
#else
    unsigned lanes = 0;
    for (unsigned i = 0; i < LANES; i++)
        lanes |= (v[i] >> 31) << i;
    return lanes;
#endif
}

static void cover(const struct gfx_vec_edges *e, unsigned first, unsigned columns, unsigned rows,
                  uint32_t *row)
{
    uint32_t all = ~0u >> (32 - columns) << first;
    vu column = {0}, at[GFX_CORNERS];

    for (unsigned i = 0; i < LANES; i++)
        column[i] = i;
    for (unsigned x = 0; x < columns; x += LANES, column += LANES) {
        VA_UNROLL
        for (unsigned i = 0; i < GFX_CORNERS; i++)
            at[i] = splat((uint32_t)e->c[i]) + (uint32_t)e->a[i] * column;
        for (unsigned y = 0; y < rows; y++) {
            uint32_t in = ~signs_of(at[0] | at[1] | at[2] | at[3]) & (~0u >> (32 - LANES));
            row[y] = (x ? row[y] : 0) | (in << x << first & all);
            VA_UNROLL
            for (unsigned i = 0; i < GFX_CORNERS; i++)
                at[i] += (uint32_t)e->b[i];
        }
    }
}

/* --- interpolation ---------------------------------------------------------------------- */

VA_INLINE vf plane_at(const float p[3], vf x, vf y)
{
    return p[0] + p[1] * x + p[2] * y;
}

static void interpolate(const float bary[3][3], const va_v16u *xs, const va_v16u *ys,
                        const float (*value)[3], unsigned n, va_v16u *out)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vf x = as_f(get(xs, k)), y = as_f(get(ys, k)), b[3];
        for (unsigned i = 0; i < 3; i++)
            b[i] = plane_at(bary[i], x, y);
        vf weight = b[0] + b[1] + b[2];
        for (unsigned c = 0; c < n; c++) { /* what all vertices agree on stays what it is */
            const float *v = value[c];
            put(&out[c], k, as_u(v[0] + (b[1] * (v[1] - v[0]) + b[2] * (v[2] - v[0])) / weight));
        }
    }
}

/* Word @slot of the GFX_SLOTS at @words in each lane. */
VA_INLINE vu words_of_slots(const void *words, vu slot)
{
#ifdef VA_HOST_AVX512
    __m512i twice = _mm512_broadcast_i32x8(_mm256_loadu_si256(words));
    return (vu)_mm512_permutexvar_epi32((__m512i)slot, twice);
#elif defined(VA_HOST_AVX2)
    return (vu)_mm256_permutevar8x32_epi32(_mm256_loadu_si256(words), (__m256i)slot);
#else
    typedef uint32_t word __attribute__((may_alias));
    vu r;

    for (unsigned i = 0; i < LANES; i++)
        r[i] = ((const word *)words)[slot[i]];
    return r;
#endif
}

/* The same of floats. */
VA_INLINE vf of_slots(const float v[GFX_SLOTS], vu slot)
{
    return as_f(words_of_slots(v, slot));
}

VA_INLINE vf plane_of_slots(const float p[3][GFX_SLOTS], vu slot, vf x, vf y)
{
    return of_slots(p[0], slot) + of_slots(p[1], slot) * x + of_slots(p[2], slot) * y;
}

static void interpolate_slots(const float bary[3][3][GFX_SLOTS], const uint32_t *slots,
                              const va_v16u *xs, const va_v16u *ys,
                              const float (*value)[3][GFX_SLOTS], unsigned n, va_v16u *out)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vf x = as_f(get(xs, k)), y = as_f(get(ys, k)), b[3];
        vu slot = get((const va_v16u *)slots, k);
        for (unsigned i = 0; i < 3; i++)
            b[i] = plane_of_slots(bary[i], slot, x, y);
        vf weight = b[0] + b[1] + b[2];
        for (unsigned c = 0; c < n; c++) {
            vf v = of_slots(value[c][0], slot);
            vf to1 = of_slots(value[c][1], slot) - v, to2 = of_slots(value[c][2], slot) - v;
            put(&out[c], k, as_u(v + (b[1] * to1 + b[2] * to2) / weight));
        }
    }
}

static void relative(const float at[2][VA_LANES], const float ox[VA_LANES],
                     const float oy[VA_LANES], va_v16u *x, va_v16u *y)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vf dx = as_f(get((const va_v16u *)ox, k)), dy = as_f(get((const va_v16u *)oy, k));
        put(x, k, as_u(as_f(get((const va_v16u *)at[0], k)) - dx));
        put(y, k, as_u(as_f(get((const va_v16u *)at[1], k)) - dy));
    }
}

/* --- depth --------------------------------------------------------------------------------- */

/* To the nearest integer, ties to even; 0 <= x <= 1, max < 2^24. The product is exact. */
VA_INLINE vu scaled(vf x, double max)
{
#ifdef VA_HOST_AVX512
    __m512d m = _mm512_set1_pd(max), lo = _mm512_cvtps_pd(_mm512_castps512_ps256((__m512)x));
    __m512d hi = _mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)x, 1));
    __m256i a = _mm512_cvtpd_epi32(_mm512_mul_pd(lo, m));
    __m256i b = _mm512_cvtpd_epi32(_mm512_mul_pd(hi, m));
    return (vu)_mm512_inserti32x8(_mm512_castsi256_si512(a), b, 1);
#elif defined(VA_HOST_AVX2)
    __m256d m = _mm256_set1_pd(max), lo = _mm256_cvtps_pd(_mm256_castps256_ps128((__m256)x));
    __m256d hi = _mm256_cvtps_pd(_mm256_extractf128_ps((__m256)x, 1));
    __m128i a = _mm256_cvtpd_epi32(_mm256_mul_pd(lo, m));
    __m128i b = _mm256_cvtpd_epi32(_mm256_mul_pd(hi, m));
    return (vu)_mm256_set_m128i(b, a);
#else
    vu r;
    for (unsigned i = 0; i < LANES; i++) {
        union {
            double d;
            uint64_t u;
        } v = {(double)x[i] * max + 0x1.8p52}; /* the integer is in the mantissa's end */
        r[i] = (uint32_t)v.u;
    }
    return r;
#endif
}

/* @m: all ones or zero per lane. */
VA_INLINE unsigned lanes_of(vu m)
{
#ifdef VA_HOST_AVX512
    return _mm512_movepi32_mask((__m512i)m);
#elif defined(VA_HOST_AVX2)
    return (unsigned)_mm256_movemask_ps((__m256)m);
#else
    unsigned lanes = 0;
    for (unsigned i = 0; i < LANES; i++)
        lanes |= (m[i] & 1) << i;
    return lanes;
#endif
}

static void depth(const struct gfx_vec_depth *d, const va_v16u *x, const va_v16u *y, va_v16u *out)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vu slot = get((const va_v16u *)d->slot, k);
        vf z = splat_f(d->fixed), one = splat_f(1);
        if (d->plane)
            z = plane_of_slots(d->plane, slot, as_f(get(x, k)), as_f(get(y, k)));
        if (d->bias)
            z += of_slots(d->bias, slot);
        if (d->clamp) {
            vf lo = splat_f(d->low), hi = splat_f(d->high);
            z = pick_f((vu)(z > lo), pick_f((vu)(z < hi), z, hi), lo);
        }
        if (d->internal == 2) {
            put(out, k, as_u(z));
            continue;
        }
        z = pick_f((vu)(z > 0), pick_f((vu)(z < 1), z, one), (vf){0}); /* NaN: 0 */
        put(out, k, scaled(z, d->internal == 0 ? 0xffff : 0xffffff));
    }
}

static uint16_t compare(unsigned func, bool floats, const va_v16u *z, const va_v16u *old)
{
    const vu less = splat(func & 1 ? ~0u : 0), equal = splat(func & 2 ? ~0u : 0),
             greater = splat(func & 4 ? ~0u : 0);
    uint16_t lanes = 0;

    for (unsigned k = 0; k < PIECES; k++) {
        vu a = get(z, k), b = get(old, k);
        vu lt = floats ? (vu)(as_f(a) < as_f(b)) : (vu)(a < b);
        vu gt = floats ? (vu)(as_f(a) > as_f(b)) : (vu)(a > b);
        vu pass = (lt & less) | (gt & greater) | (~(lt | gt) & equal);
        lanes |= (uint16_t)(lanes_of(pass) << k * LANES);
    }
    return lanes;
}

/* --- blending --------------------------------------------------------------------------------- */

VA_INLINE vf saturate(vf x)
{
    return pick_f((vu)(x > 0), pick_f((vu)(x < 1), x, splat_f(1)), (vf){0}); /* NaN: 0 */
}

VA_INLINE vf minus(vf x, bool yes)
{
    return as_f(as_u(x) ^ (yes ? 0x80000000u : 0));
}

/* Channel @ch of the pixels; a format without it: 1. */
VA_INLINE vf unpack(vu word, unsigned at, unsigned whole, unsigned frac)
{
    vu v = word >> at & ((1u << (whole + frac)) - 1);
    vf x = __builtin_convertvector((vi)v, vf) / (float)(((1u << whole) - 1) << frac);

    return whole ? pick_f((vu)(x > 1), splat_f(1), x) : splat_f(1);
}

/* Ties to even; @x: 0 to 1, at most 2^22 steps. */
VA_INLINE vu pack(vf x, unsigned whole, unsigned frac, bool round)
{
    uint32_t max = (1u << whole) - 1;
    vf v = x * (float)(round ? max : max << frac) + 0x1.8p23f;

    return (as_u(v) & 0x3fffff) << (round ? frac : 0);
}

VA_INLINE vf factor(unsigned code, const vf *src, const vf *dst, float constant, unsigned ch)
{
    switch (code & 7) {
    case 2:
        return src[ch];
    case 3:
        return dst[ch];
    case 4:
        return 2 * src[ch];
    case 5:
        return src[3];
    case 6:
        return dst[3];
    case 7:
        return splat_f(constant);
    default:
        return (vf){0};
    }
}

/* A twelve-bit function: (+-A) + (+-B) * C, C possibly 1 - C. Source: v10.xml, "Blend Function". */
VA_INLINE vf function(uint32_t fn, const vf *src, const vf *dst, float constant, unsigned ch)
{
    vf a = (fn & 3) == 2 ? src[ch] : (fn & 3) == 3 ? dst[ch] : (vf){0};
    unsigned code = fn >> 4 & 3;
    vf b = code == 0   ? src[ch] - dst[ch]
           : code == 1 ? src[ch] + dst[ch]
           : code == 2 ? src[ch]
                       : dst[ch];
    vf c = factor(fn >> 8, src, dst, constant, ch);

    c = fn >> 11 & 1 ? 1 - c : c;
    return minus(a, fn >> 3 & 1) + minus(b, fn >> 7 & 1) * c;
}

/* All channels replaced. */
VA_INLINE vu replace_piece(const struct gfx_vec_blend *b, const vf src[4])
{
    vu result = {0};
    unsigned at = 0;

#pragma GCC unroll 4
    for (unsigned ch = 0; ch < 4; ch++) {
        result |= pack(src[ch], b->whole[ch], b->frac[ch], b->round) << (at & 31);
        at += b->whole[ch] + b->frac[ch];
    }
    return result;
}

VA_INLINE vu blend_piece(const struct gfx_vec_blend *b, const vf src[4], vu word)
{
    vf dst[4], out;
    vu result = {0};
    uint32_t keep = 0;
    unsigned at[5] = {0};

#pragma GCC unroll 4
    for (unsigned ch = 0; ch < 4; ch++) {
        at[ch + 1] = at[ch] + b->whole[ch] + b->frac[ch];
        dst[ch] = unpack(word, at[ch], b->whole[ch], b->frac[ch]);
    }
#pragma GCC unroll 4
    for (unsigned ch = 0; ch < 4; ch++) {
        uint32_t fn = ch < 3 ? b->equation & 0xfff : b->equation >> 12 & 0xfff;
        if (!(b->equation >> (28 + ch) & 1)) {
            keep |= (uint32_t)((1ull << at[ch + 1]) - (1ull << at[ch]));
            continue;
        }
        out = saturate(function(fn, src, dst, b->constant, ch));
        result |= pack(out, b->whole[ch], b->frac[ch], b->round) << (at[ch] & 31);
    }
    return (result & ~keep) | (word & keep);
}

VA_INLINE void colors(const struct gfx_color *c, unsigned k, vf out[4])
{
#pragma GCC unroll 4
    for (unsigned ch = 0; ch < 4; ch++)
        out[ch] = saturate(as_f(get(&c->c[ch], k)));
}

static void blend(const struct gfx_vec_blend *b, const struct gfx_color *src, va_v16u *word)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vf s[4];
        colors(src, k, s);
        if (b->replace) {
            put(word, k, replace_piece(b, s));
            continue;
        }
        if (b->alpha_one)
            s[3] = splat_f(1);
        put(word, k, blend_piece(b, s, get(word, k)));
    }
}

/* --- halves ------------------------------------------------------------------------------------
 */

static void from_half(const va_v16u *in, unsigned shift, va_v16u *out)
{
    for (unsigned k = 0; k < PIECES; k++)
        put(out, k, as_u(half_to_float(get(in, k) >> shift & 0xffff)));
}

static const va_v16u lane_bits = {1,     2,     4,     8,     0x10,   0x20,   0x40,   0x80,
                                  0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000};

/* All ones in the lanes of @lanes. */
VA_INLINE vu mask_of(uint16_t lanes, unsigned k)
{
#ifdef VA_HOST_AVX512
    return (vu)_mm512_movm_epi32(lanes);
#else
    return (vu)((get(&lane_bits, k) & lanes) != 0);
#endif
}

static void merge(va_v16u *r, const va_v16u *value, uint16_t lanes, uint32_t bits)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vu m = mask_of(lanes, k) & bits;
        put(r, k, pick(m, get(value, k), get(r, k)));
    }
}

static uint16_t bits(const va_v16u *v)
{
    uint16_t lanes = 0;

    for (unsigned k = 0; k < PIECES; k++)
        lanes |= (uint16_t)(lanes_of((vu)((vi)(get(v, k) << 31) >> 31)) << k * LANES);
    return lanes;
}

static void spread(uint16_t lanes, va_v16u *v)
{
    for (unsigned k = 0; k < PIECES; k++)
        put(v, k, mask_of(lanes, k) & 1);
}

static void to_half(const va_v16u *in, va_v16u *out)
{
    for (unsigned k = 0; k < PIECES; k++)
        put(out, k, float_to_half(as_f(get(in, k))));
}

static void bytes(const uint8_t from[4], const uint8_t *in, uint8_t *out, size_t words)
{
    uint32_t set = 0;

    for (unsigned c = 0; c < 4; c++)
        set |= from[c] == 5 ? 0xffu << 8 * c : 0;
#if defined(VA_HOST_AVX2) || defined(VA_HOST_AVX512)
    uint8_t at[VA_PIECE];
    for (unsigned i = 0; i < VA_PIECE; i++) /* within 16 bytes; bit 7: zero */
        at[i] = from[i % 4] < 4 ? (uint8_t)((i & 12) + from[i % 4]) : 0x80;
#endif
#ifdef VA_HOST_AVX512
    __m512i places = _mm512_loadu_si512(at);
    for (size_t i = 0; i < 4 * words; i += 64) {
        __m512i v = _mm512_shuffle_epi8(_mm512_loadu_si512(in + i), places);
        _mm512_storeu_si512(out + i, _mm512_or_si512(v, _mm512_set1_epi32((int)set)));
    }
#elif defined(VA_HOST_AVX2)
    __m256i places = _mm256_loadu_si256((const __m256i *)(const void *)at);
    for (size_t i = 0; i < 4 * words; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(in + i));
        v = _mm256_or_si256(_mm256_shuffle_epi8(v, places), _mm256_set1_epi32((int)set));
        _mm256_storeu_si256((__m256i *)(void *)(out + i), v);
    }
#else
    for (size_t i = 0; i < 4 * words; i += sizeof(vu)) {
        vu x, v = splat(set);
        memcpy(&x, in + i, sizeof(x));
        for (unsigned c = 0; c < 4; c++)
            v |= (x >> 8 * (from[c] & 3) & (from[c] < 4 ? 0xff : 0)) << 8 * c;
        memcpy(out + i, &v, sizeof(v));
    }
#endif
}

/* --- u-interleaved tiles --------------------------------------------------------------------- */

/*
 * Squares of 2 x 2 are clockwise from their first pixel, squares of such squares likewise: a block
 * of 4 x 4 from @in on.
 */
VA_INLINE void interleave_block(const uint8_t *in, uint8_t *out)
{
#ifdef VA_HOST_AVX512
    const __m512i order = _mm512_setr_epi32(0, 1, 5, 4, 2, 3, 7, 6, 10, 11, 15, 14, 8, 9, 13, 12);
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)in));

    for (unsigned y = 1; y < 4; y++) {
        __m128i row = _mm_loadu_si128((const __m128i *)(const void *)(in + 4 * y * GFX_TILE));
        v = y == 1   ? _mm512_inserti32x4(v, row, 1)
            : y == 2 ? _mm512_inserti32x4(v, row, 2)
                     : _mm512_inserti32x4(v, row, 3);
    }
    _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, v));
#elif defined(VA_HOST_AVX2)
    const __m256i order[2] = {_mm256_setr_epi32(0, 1, 5, 4, 2, 3, 7, 6),
                              _mm256_setr_epi32(2, 3, 7, 6, 0, 1, 5, 4)};

    for (unsigned i = 0; i < 2; i++) {
        const __m128i *up = (const __m128i *)(const void *)(in + 8 * i * GFX_TILE);
        const __m128i *down = (const __m128i *)(const void *)(in + (8 * i + 4) * GFX_TILE);
        __m256i v = _mm256_set_m128i(_mm_loadu_si128(down), _mm_loadu_si128(up));
        v = _mm256_permutevar8x32_epi32(v, order[i]);
        _mm256_storeu_si256((__m256i *)(void *)(out + 32 * i), v);
    }
#else
    static const uint8_t at[4][2] = {{0, 0}, {2, 0}, {2, 2}, {0, 2}};

    for (unsigned i = 0; i < 4; i++, out += 16) {
        const uint8_t *above = in + 4 * (at[i][1] * GFX_TILE + at[i][0]);
        uint64_t row[2];
        memcpy(&row[0], above, 8);
        memcpy(&row[1], above + 4 * GFX_TILE, 8);
        row[1] = row[1] >> 32 | row[1] << 32;
        memcpy(out, row, 16);
    }
#endif
}

static void interleave(const uint8_t *in, uint8_t *out)
{
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++, out += 64) { /* blocks are in that order, too */
        unsigned y = (i >> 1 & 1) | (i >> 2 & 2), x = (i & 1) ^ (i >> 1 & 1);
        x |= ((i >> 2 & 1) ^ (i >> 3 & 1)) << 1;
        interleave_block(in + 4 * (4 * y * GFX_TILE + 4 * x), out);
    }
}

const struct gfx_vec GFX_VARIANT = {
    cover, interpolate, interpolate_slots, depth,      compare, blend, from_half, merge,
    bits,  spread,      to_half,           interleave, bytes};
