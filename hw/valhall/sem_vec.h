/*
 * Vector tools for the instructions' meanings: types, selectors, fp16
 * conversion, flushing, fused multiply-add. Everything is exact or says so.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_SEM_VEC_H
#define MALI_VA_SEM_VEC_H

#include "sem.h"

#ifdef __x86_64__ /* exact shortcuts; the MXCSR's flush and denormal bits do not reach them */
#include <immintrin.h>
#endif

#define VA_INLINE static inline __attribute__((always_inline))
#ifdef VA_JIT_PIECES
#define VA_PART               VA_INLINE
#define VA_SEL_IS_CONSTANT(s) true
#else
#define VA_SEL_IS_CONSTANT(s)                                                                      \
    (__builtin_constant_p((s)->sel_enum) && __builtin_constant_p((s)->sel))
#define VA_PART static __attribute__((noinline))
#endif

/*
 * A warp is computed piece by piece: vectors as wide as the variant's registers
 * (VA_PIECE bytes), because compilers take wider ones apart lane by lane.
 */
#define LANES  (VA_PIECE / 4)
#define PIECES (VA_LANES / LANES)

typedef uint32_t vu __attribute__((vector_size(VA_PIECE)));
typedef int32_t vi __attribute__((vector_size(VA_PIECE)));
typedef float vf __attribute__((vector_size(VA_PIECE)));
typedef vu vu_mem __attribute__((may_alias)); /* a piece inside a va_v16u */

/* A piece of an operand. */
struct pval {
    vu w[2];
};

/* 16-bit and 8-bit lanes of a word, each widened to 32 bits: 2 or 4 vectors. */
struct vx2 {
    vu h[2];
};
struct vx4 {
    vu b[4];
};

#define F32_NAN 0x7fc00000u
#define F16_NAN 0x7e00u

VA_INLINE vu splat(uint32_t x)
{
    return (vu){0} + x;
}

/* m: all ones or zero per lane. */
VA_INLINE vu pick(vu m, vu a, vu b)
{
    return (a & m) | (b & ~m);
}

VA_INLINE vf as_f(vu x)
{
    return (vf)x;
}

VA_INLINE vu as_u(vf x)
{
    return (vu)x;
}

/* Half a piece's lanes in double: what needs more than fp32 on its way. */
typedef double vd __attribute__((vector_size(VA_PIECE)));
typedef uint64_t vd_bits __attribute__((vector_size(VA_PIECE)));
typedef int64_t vd_int __attribute__((vector_size(VA_PIECE)));
typedef float vf_half __attribute__((vector_size(VA_PIECE / 2)));
typedef int32_t vi_half __attribute__((vector_size(VA_PIECE / 2)));

struct vf_halves {
    vf_half half[2];
};

struct vi_halves {
    vi_half half[2];
};

VA_INLINE struct vf_halves split_vf(vf x)
{
    const union {
        vf whole;
        struct vf_halves h;
    } u = {x};

    return u.h;
}

VA_INLINE struct vi_halves split_vi(vi x)
{
    const union {
        vi whole;
        struct vi_halves h;
    } u = {x};

    return u.h;
}

/* In registers: what is stored in halves is slow to be read as a whole. */
VA_INLINE vf join_vf(struct vf_halves h)
{
#ifdef VA_HOST_AVX512
    return (vf)_mm512_insertf32x8(_mm512_castps256_ps512((__m256)h.half[0]), (__m256)h.half[1], 1);
#elif defined(VA_HOST_AVX2)
    return (vf)_mm256_set_m128((__m128)h.half[1], (__m128)h.half[0]);
#else
    const union {
        struct vf_halves h;
        vf whole;
    } u = {h};

    return u.whole;
#endif
}

VA_INLINE vi join_vi(struct vi_halves h)
{
    return (vi)join_vf((struct vf_halves){{(vf_half)h.half[0], (vf_half)h.half[1]}});
}

/* GCC widens in two halves, which it puts together. */
VA_INLINE vd widen(vf_half x)
{
#ifdef VA_HOST_AVX512
    return (vd)_mm512_cvtps_pd((__m256)x);
#elif defined(VA_HOST_AVX2)
    return (vd)_mm256_cvtps_pd((__m128)x);
#else
    return __builtin_convertvector(x, vd);
#endif
}

VA_INLINE vd_int widen_int(vi_half x)
{
#ifdef VA_HOST_AVX512
    return (vd_int)_mm512_cvtepi32_epi64((__m256i)x);
#elif defined(VA_HOST_AVX2)
    return (vd_int)_mm256_cvtepi32_epi64((__m128i)x);
#else
    return __builtin_convertvector(x, vd_int);
#endif
}

VA_INLINE vi_half narrow_int(vd_int x)
{
#ifdef VA_HOST_AVX512
    return (vi_half)_mm512_cvtepi64_epi32((__m512i)x);
#else
    return __builtin_convertvector(x, vi_half);
#endif
}

/* --- integer selectors ---------------------------------------------------------- */

VA_INLINE vu extend8(vu x, unsigned byte, bool sign)
{
    vu up = x << (24 - 8 * byte);
    return sign ? (vu)((vi)up >> 24) : up >> 24;
}

VA_INLINE vu extend16(vu x, unsigned half, bool sign)
{
    vu up = half ? x : x << 16;
    return sign ? (vu)((vi)up >> 16) : up >> 16;
}

/*
 * Selectors other than the identity are rare and not inlined: they would be most
 * of the code. One 32-bit operand through SWZ32, SWZ64, LANE8, LANE16, SWZ16 (low
 * lane):
 */
VA_INLINE void sel32_fixed(const struct va_src *s, vu *v, bool sign)
{
    vu x = *v;

    switch (s->sel_enum) {
    case VA_E_SWZ32:
    case VA_E_SWZ64: /* the same numbers; W0 is the word itself */
        if (s->sel >= VA_SWZ32_B0 && s->sel <= VA_SWZ32_B3)
            *v = extend8(x, s->sel - VA_SWZ32_B0, sign);
        if (s->sel == VA_SWZ32_H0 || s->sel == VA_SWZ32_H1)
            *v = extend16(x, s->sel - VA_SWZ32_H0, sign);
        break;
    case VA_E_LANE8:
        *v = extend8(x, s->sel, sign);
        break;
    case VA_E_LANES8: /* both bytes are the same one */
        *v = extend8(x, s->sel - VA_LANES8_B00, sign);
        break;
    case VA_E_LANE16:
        *v = extend16(x, s->sel, sign);
        break;
    case VA_E_SWZ16:
        *v = extend16(x, s->sel & 1, sign); /* H10 and H11 begin with the high half */
        break;
    default:
        break;
    }
}

VA_PART void sel32_part(const struct va_src *s, vu *v, bool sign)
{
    sel32_fixed(s, v, sign);
}

VA_INLINE vu sel32(const struct va_src *s, vu x, bool sign)
{
    bool whole = s->sel_enum == VA_E_SWZ32 || s->sel_enum == VA_E_SWZ64; /* value 0: all of it */

    if (VA_SEL_IS_CONSTANT(s)) /* shapes.def */
        sel32_fixed(s, &x, sign);
    else if (s->sel_enum && (s->sel || !whole))
        sel32_part(s, &x, sign);
    return x;
}

/* Which bytes or halves SWZ16 and HALF8 put into lanes 0 and 1; 8: a whole half. */
VA_INLINE void sel16_parts(const struct va_src *s, unsigned part[2], bool *bytes)
{
    static const uint8_t swz16[14][3] = {
        [VA_SWZ16_H00] = {0, 0, 0}, [VA_SWZ16_H10] = {1, 0, 0}, [VA_SWZ16_H01] = {0, 1, 0},
        [VA_SWZ16_H11] = {1, 1, 0}, [VA_SWZ16_B00] = {0, 0, 1}, [VA_SWZ16_B20] = {2, 0, 1},
        [VA_SWZ16_B02] = {0, 2, 1}, [VA_SWZ16_B22] = {2, 2, 1}, [VA_SWZ16_B11] = {1, 1, 1},
        [VA_SWZ16_B31] = {3, 1, 1}, [VA_SWZ16_B13] = {1, 3, 1}, [VA_SWZ16_B33] = {3, 3, 1},
        [VA_SWZ16_B01] = {0, 1, 1}, [VA_SWZ16_B23] = {2, 3, 1},
    };

    if (s->sel_enum == VA_E_HALF8) {
        part[0] = s->sel & 3;
        part[1] = s->sel >> 2;
        *bytes = true;
    } else if (s->sel_enum == VA_E_SWZ16) {
        part[0] = swz16[s->sel][0];
        part[1] = swz16[s->sel][1];
        *bytes = swz16[s->sel][2];
    } else {
        part[0] = 0;
        part[1] = 1;
        *bytes = false;
    }
}

VA_PART void sel16_part(const struct va_src *s, const vu *x, bool sign, struct vx2 *r)
{
    unsigned part[2];
    bool bytes;

    sel16_parts(s, part, &bytes);
    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        r->h[i] = bytes ? extend8(*x, part[i], sign) : extend16(*x, part[i], sign);
}

VA_INLINE struct vx2 sel16(const struct va_src *s, vu x, bool sign)
{
    struct vx2 r;

    if (!s->sel_enum || (s->sel_enum == VA_E_SWZ16 && s->sel == VA_SWZ16_H01))
        r = (struct vx2){{extend16(x, 0, sign), extend16(x, 1, sign)}};
    else
        sel16_part(s, &x, sign, &r);
    return r;
}

VA_PART void sel8_part(const struct va_src *s, const vu *x, bool sign, struct vx4 *r)
{
    static const uint8_t swz8[12][4] = {
        [VA_SWZ8_B0123] = {0, 1, 2, 3}, [VA_SWZ8_B3210] = {3, 2, 1, 0},
        [VA_SWZ8_B0101] = {0, 1, 0, 1}, [VA_SWZ8_B2323] = {2, 3, 2, 3},
        [VA_SWZ8_B0000] = {0, 0, 0, 0}, [VA_SWZ8_B1111] = {1, 1, 1, 1},
        [VA_SWZ8_B2222] = {2, 2, 2, 2}, [VA_SWZ8_B3333] = {3, 3, 3, 3},
        [VA_SWZ8_B2301] = {2, 3, 0, 1}, [VA_SWZ8_B1032] = {1, 0, 3, 2},
        [VA_SWZ8_B0011] = {0, 0, 1, 1}, [VA_SWZ8_B2233] = {2, 2, 3, 3},
    };
    unsigned sel = s->sel_enum == VA_E_SWZ8 ? s->sel : VA_SWZ8_B0123;

    for (unsigned i = 0; i < 4; i++)
        r->b[i] = extend8(*x, swz8[sel][i], sign);
}

VA_INLINE struct vx4 sel8(const struct va_src *s, vu x, bool sign)
{
    struct vx4 r;

    sel8_part(s, &x, sign, &r);
    return r;
}

/* A 64-bit operand whose selector may pick a 32-bit part, extended. */
VA_INLINE struct pval sel64(const struct va_src *s, const struct pval *v, bool sign)
{
    struct pval x = *v;

    if (s->sel_enum == VA_E_SWZ64 && s->sel != VA_SWZ64_NONE) {
        x.w[0] = sel32(s, x.w[0], sign);
        x.w[1] = sign ? (vu)((vi)x.w[0] >> 31) : splat(0);
    }
    return x;
}

VA_INLINE vu pack16(vu lo, vu hi)
{
    return (lo & 0xffff) | hi << 16;
}

VA_INLINE vu pack8(struct vx4 x)
{
    return (x.b[0] & 0xff) | (x.b[1] & 0xff) << 8 | (x.b[2] & 0xff) << 16 | x.b[3] << 24;
}

/* --- floating point ---------------------------------------------------------------- */

VA_INLINE vu is_nan(vu x)
{
    return (vu)((x & 0x7fffffff) > 0x7f800000);
}

VA_INLINE vu is_nan16(vu x)
{
    return (vu)((x & 0x7fff) > 0x7c00);
}

VA_INLINE vu flush32(vu x)
{
#ifdef VA_HOST_AVX512
    const __m512i v = (__m512i)x;
    __mmask16 tiny = _mm512_testn_epi32_mask(v, _mm512_set1_epi32(0x7f800000));
    return (vu)_mm512_mask_and_epi32(v, tiny, v, _mm512_set1_epi32(INT32_MIN));
#endif
    return pick((vu)((x & 0x7f800000) == 0), x & 0x80000000, x);
}

VA_INLINE vu flush16(vu x)
{
    return pick((vu)((x & 0x7c00) == 0), x & 0x8000, x);
}

/* Results: one NaN for all, denormals flushed on request. */
VA_INLINE vu settle(vf x, bool ftz)
{
#ifdef VA_HOST_AVX512
    __mmask16 nan = _mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_UNORD_Q);
    vu r = (vu)_mm512_mask_set1_epi32((__m512i)x, nan, F32_NAN);
#else
    vu r = pick((vu)(x != x), splat(F32_NAN), as_u(x));
#endif
    return ftz ? flush32(r) : r;
}

/* fp16 (in the low half) to fp32, exact; NaN payloads move up. */
VA_INLINE vf half_to_float(vu h)
{
    vu mag = (h & 0x7fff) << 13, exp = mag & 0x0f800000;
    vu norm = mag + ((127 - 15) << 23);
    vu special = mag + ((255 - 31) << 23);
    /* 113 << 23 is 2^-14: adding and subtracting it leaves the denormal's value. */
    vu tiny = as_u(as_f(mag + (113u << 23)) - as_f(splat(113u << 23)));
    vu r = pick((vu)(exp == 0x0f800000), special, pick((vu)(exp == 0), tiny, norm));

    return as_f(r | (h & 0x8000) << 16);
}

/* The same for what arithmetic is done with: a NaN stays one, its payload does not matter. */
VA_INLINE vf half_value(vu h)
{
#ifdef VA_HOST_AVX512
    return (vf)_mm512_cvtph_ps(_mm512_cvtepi32_epi16((__m512i)h));
#elif defined(VA_HOST_AVX2)
    __m256i w = (__m256i)h; /* words in order: pairs of 64 bits change places after packing */
    __m256i n = _mm256_permute4x64_epi64(_mm256_packus_epi32(w, w), 0x08);
    return (vf)_mm256_cvtph_ps(_mm256_castsi256_si128(n));
#else
    return half_to_float(h);
#endif
}

/* fp32 to fp16, to nearest even; NaN becomes the canonical one. */
VA_INLINE vu float_to_half(vf f)
{
#ifdef VA_HOST_AVX512
    __m512i h = _mm512_cvtepu16_epi32(_mm512_cvtps_ph((__m512)f, _MM_FROUND_TO_NEAREST_INT));
    __mmask16 nan = _mm512_cmp_ps_mask((__m512)f, (__m512)f, _CMP_UNORD_Q);
    return (vu)_mm512_mask_set1_epi32(h, nan, F16_NAN);
#elif defined(VA_HOST_AVX2)
    vu h = (vu)_mm256_cvtepu16_epi32(_mm256_cvtps_ph((__m256)f, _MM_FROUND_TO_NEAREST_INT));
    return pick((vu)(f != f), splat(F16_NAN), h);
#endif
    vu x = as_u(f), mag = x & 0x7fffffff;
    vu norm = (mag + 0xfff + (mag >> 13 & 1) - ((127u - 15) << 23)) >> 13;
    /* Below 2^-14: adding 0.5 shifts the bits to where they belong and rounds them. */
    vu tiny = as_u(as_f(mag) + as_f(splat(0x3f000000))) - 0x3f000000;
    vu r = pick((vu)(mag < 0x38800000), tiny, norm);

    r = pick((vu)(mag >= 0x47800000), splat(0x7c00), r) | (x >> 16 & 0x8000);
    return pick(is_nan(x), splat(F16_NAN), r);
}

/* Rounds one exact double to fp32 in a given mode. Denormal results are kept. */
static inline float round_double(double d, unsigned mode)
{
    float f = (float)d;
    union {
        float f;
        int32_t i;
    } u = {f};
    bool up; /* the exact value lies above f */

    if (mode == VA_ROUND_RTE || (double)f == d || d != d || d - d != 0)
        return f;
    up = d > (double)f;
    bool want_up = mode == VA_ROUND_RTP || (mode == VA_ROUND_RTZ && d < 0);
    if (up != want_up)
        return f;
    if (f == 0) /* from zero to the smallest denormal of d's sign */
        u.i = d < 0 ? (int32_t)0x80000001 : 1;
    else
        u.i += (f > 0) == up ? 1 : -1;
    return u.f;
}

/* Rounds one exact double to fp16 in a given mode. */
static inline uint32_t round_double_half(double d, unsigned mode)
{
    double mag = d < 0 ? -d : d, unit = 0x1p-24, q;
    uint32_t sign = __builtin_signbit(d) ? 0x8000 : 0, r;
    uint64_t n;
    int e = 0;

    if (d != d)
        return F16_NAN;
    if (mag - mag != 0)
        return sign | 0x7c00;
    if (mag >= 65536 * 2.0)
        mag = 65536 * 2.0 - 1; /* as large as any overflow */
    for (double top = 0x1p-13; mag >= top; top *= 2, e++)
        unit *= 2;  /* the value of the last place */
    q = mag / unit; /* exact: unit is a power of two */
    n = (uint64_t)q;
    q -= (double)n;
    if (mode == VA_ROUND_RTE)
        n += q > 0.5 || (q == 0.5 && (n & 1));
    else if (mode == VA_ROUND_RTP || mode == VA_ROUND_RTN)
        n += q > 0 && (mode == VA_ROUND_RTP) == !sign;
    r = (uint32_t)(n + ((uint64_t)e << 10));
    if (r < 0x7c00)
        return sign | r;
    /* Overflow: to infinity, unless the mode points away from it. */
    bool to_inf = mode == VA_ROUND_RTE || (mode != VA_ROUND_RTZ && (mode == VA_ROUND_RTP) == !sign);
    return sign | (to_inf ? 0x7c00 : 0x7bff);
}

#ifndef VA_HOST_FMA
/*
 * a * b + c with one rounding, without a fused instruction: the product is exact
 * in double; the sum is rounded to odd in double, after which rounding to single
 * equals rounding once.
 */
static inline float fused(float a, float b, float c)
{
    double p = (double)a * b, s = p + c, t = s - p;
    double err = (p - (s - t)) + (c - t);
    union {
        double d;
        int64_t i;
    } u = {s};

    if (err == err && err != 0 && s - s == 0 && !(u.i & 1))
        u.i += (err > 0) == (s > 0) ? 1 : -1;
    return (float)u.d;
}
#else
#define fused __builtin_fmaf
#endif

VA_INLINE vf fma_lanes(vf a, vf b, vf c)
{
#ifdef VA_HOST_AVX512
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(VA_HOST_AVX2)
    return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#endif
    vf r;

    for (unsigned i = 0; i < LANES; i++)
        r[i] = fused(a[i], b[i], c[i]);
    return r;
}

/* The product of two fp16 values is exact in fp32; the sum is rounded to odd there. */
VA_INLINE vf fma_to_odd(vf a, vf b, vf c)
{
    vf p = a * b, s = p + c, t = s - p, err = (p - (s - t)) + (c - t);
    vu fix = (vu)(err != 0) & (vu)(err == err) & (vu)((as_u(s) & 0x7f800000) != 0x7f800000) &
             (vu)((as_u(s) & 1) == 0);
    vu up = (vu)((as_u(err) >> 31) == (as_u(s) >> 31));

    return as_f(as_u(s) + (fix & pick(up, splat(1), splat(-1))));
}

/* An fp32 operand: part, absolute value, sign, denormals. */
VA_INLINE vf src_f32(const struct va_insn *in, const struct pval *v, unsigned i, bool ftz)
{
    const struct va_src *s = &in->src[i];
    vu x = v[i].w[0];

    if (s->sel_enum == VA_E_WIDEN && s->sel != VA_WIDEN_NONE)
        x = as_u(half_to_float(extend16(x, s->sel - VA_WIDEN_H0, false)));
    if (s->abs)
        x &= 0x7fffffff;
    if (s->neg)
        x ^= 0x80000000;
    return as_f(ftz ? flush32(x) : x);
}

/* fp16 operands, as bits in the low half of each word. */
VA_INLINE struct vx2 src_f16(const struct va_insn *in, const struct pval *v, unsigned i, bool ftz)
{
    const struct va_src *s = &in->src[i];
    struct vx2 r = sel16(s, v[i].w[0], false);

    VA_UNROLL
    for (unsigned k = 0; k < 2; k++) {
        if (s->abs)
            r.h[k] &= 0x7fff;
        if (s->neg)
            r.h[k] ^= 0x8000;
        if (ftz)
            r.h[k] = flush16(r.h[k]);
    }
    return r;
}

/* max(x, lo) with NaN giving lo and -0 < +0. */
VA_INLINE vf clamp_low(vf x, float lo)
{
    vf l = as_f(splat(0)) + lo;
    vu keep = lo == 0 ? (vu)(x > l) : (vu)(x >= l);
    return as_f(pick(keep, as_u(x), as_u(l)));
}

VA_INLINE vf clamp_mod(const struct va_insn *in, vf x)
{
    unsigned mode = in->mod[VA_M_CLAMP];

    if (mode == VA_CLAMP_M1_1)
        x = clamp_low(x, -1.0f);
    else if (mode != VA_CLAMP_NONE)
        x = clamp_low(x, 0.0f);
    if (mode & 2) { /* M1_1 and 0_1 */
        vf one = as_f(splat(0x3f800000));
        x = as_f(pick((vu)(x > one), as_u(one), as_u(x)));
    }
    return x;
}

#endif
