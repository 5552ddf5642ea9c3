/*
 * Floating-point arithmetic, cube maps and the special functions.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* --- add, minimum, maximum, multiply-add ---------------------------------------------------- */

typedef vf float_fn(vf a, vf b);

VA_INLINE vf fn_fadd(vf a, vf b)
{
    return a + b;
}

/* The other operand when one is NaN; -0 < +0. */
VA_INLINE vf fn_fmin(vf a, vf b)
{
    vu r = pick((vu)(a < b), as_u(a), as_u(b));

    r = pick((vu)(a == b), as_u(a) | as_u(b), r); /* equal bits, or zeros: the negative one */
    return as_f(pick((vu)(b != b), as_u(a), r));
}

VA_INLINE vf fn_fmax(vf a, vf b)
{
    vu r = pick((vu)(a > b), as_u(a), as_u(b));

    r = pick((vu)(a == b), as_u(a) & as_u(b), r);
    return as_f(pick((vu)(b != b), as_u(a), r));
}

VA_INLINE vu settle16(vf x, bool ftz)
{
    vu h = float_to_half(x);
    return ftz ? flush16(h) : h;
}

/* settle(), unless all that reads it takes any NaN. The interpreter always settles. */
VA_INLINE vu arithmetic_result(vf x, const struct va_env *env)
{
#ifdef VA_JIT_PIECES
    if (env->loose)
        return env->ftz32 ? flush32(as_u(x)) : as_u(x);
#endif
    return settle(x, env->ftz32);
}

VA_INLINE void float32(const struct va_insn *in, const struct pval *s, struct pval *d,
                       const struct va_env *env, float_fn *fn)
{
    vf r = fn(src_f32(in, s, 0, env->ftz32), src_f32(in, s, 1, env->ftz32));
    d->w[0] = settle(clamp_mod(in, r), env->ftz32);
}

/* fp16 sums are exact enough in fp32: rounding twice is rounding once (24 >= 2 * 11 + 2 bits). */
VA_INLINE void float16(const struct va_insn *in, const struct pval *s, struct pval *d,
                       const struct va_env *env, float_fn *fn)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16), b = src_f16(in, s, 1, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = settle16(clamp_mod(in, fn(half_value(a.h[i]), half_value(b.h[i]))), env->ftz16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* A result of which one half is written is rounded to fp16. Source: Mesa 26's bi_f32_to_f16_to() */
OP(FADD_F32)
{
    vf r = src_f32(in, s, 0, env->ftz32) + src_f32(in, s, 1, env->ftz32);

    d->w[0] = arithmetic_result(clamp_mod(in, r), env);
    if (in->dst_mask == 1 || in->dst_mask == 2) {
        vu h = settle16(as_f(d->w[0]), env->ftz16);
        d->w[0] = pack16(h, h);
    }
}
OP(FADD_V2F16)
{
    float16(in, s, d, env, fn_fadd);
}
OP(FMIN_F32)
{
    float32(in, s, d, env, fn_fmin);
}
OP(FMIN_V2F16)
{
    float16(in, s, d, env, fn_fmin);
}
OP(FMAX_F32)
{
    float32(in, s, d, env, fn_fmax);
}
OP(FMAX_V2F16)
{
    float16(in, s, d, env, fn_fmax);
}

OP(FMA_F32)
{
    vf r = fma_lanes(src_f32(in, s, 0, env->ftz32), src_f32(in, s, 1, env->ftz32),
                     src_f32(in, s, 2, env->ftz32));
    d->w[0] = arithmetic_result(clamp_mod(in, r), env);
}

OP(FMA_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16), b = src_f16(in, s, 1, env->ftz16),
               c = src_f16(in, s, 2, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vf r = fma_to_odd(half_value(a.h[i]), half_value(b.h[i]), half_value(c.h[i]));
        a.h[i] = settle16(clamp_mod(in, r), env->ftz16);
    }
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(FADD_IMM_F32)
{
    vf c = as_f(splat(in->imm[0])), a = src_f32(in, s, 0, env->ftz32);

    if (env->ftz32)
        c = as_f(flush32(as_u(c)));
    d->w[0] = arithmetic_result(a + c, env);
}

OP(FADD_IMM_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vu c = extend16(splat(in->imm[0]), i, false);
        if (env->ftz16)
            c = flush16(c);
        a.h[i] = settle16(half_value(a.h[i]) + half_value(c), env->ftz16);
    }
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* --- exponents ---------------------------------------------------------------------------------
 */

typedef vd double_fn(vd x);

VA_INLINE vd pick_double(vd_bits m, vd a, vd b)
{
    return (vd)(((vd_bits)a & m) | ((vd_bits)b & ~m));
}

/* 2^e, -1022 <= e <= 1023. */
VA_INLINE vd exp2_int(vi_half e)
{
    return (vd)((widen_int(e) + 1023) << 52);
}

/* x * 2^e, exact unless it is far outside of every fp32 or fp16 value. */
VA_INLINE vd scale_double(vf_half x, vi_half e)
{
    vi_half high = (vi_half)(e > 600), low = (vi_half)(e < -600);

    e = (high & 600) | (low & -600) | (e & ~(high | low));
    return widen(x) * exp2_int(e);
}

VA_INLINE vf scale(vf x, vu e, unsigned mode)
{
    struct vf_halves u = split_vf(x);
    const struct vi_halves by = split_vi((vi)e);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vd d = scale_double(u.half[i], by.half[i]);
        u.half[i] = __builtin_convertvector(d, vf_half);
        for (unsigned k = 0; mode != VA_ROUND_RTE && k < LANES / 2; k++)
            u.half[i][k] = round_double(d[k], mode);
    }
    return join_vf(u);
}

/* The same to fp16. */
VA_INLINE vu scale_to_half(vf x, vu e, unsigned mode)
{
    const struct vf_halves u = split_vf(x);
    const struct vi_halves by = split_vi((vi)e);
    vu r;

    for (unsigned i = 0; i < 2; i++) {
        vd d = scale_double(u.half[i], by.half[i]);
        for (unsigned k = 0; k < LANES / 2; k++)
            r[i * LANES / 2 + k] = round_double_half(d[k], mode);
    }
    return r;
}

OP(LDEXP_F32)
{
    d->w[0] = settle(scale(src_f32(in, s, 0, env->ftz32), s[1].w[0], MOD(ROUND)), env->ftz32);
}

OP(LDEXP_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned k = 0; k < 2; k++) {
        a.h[k] = scale_to_half(half_to_float(a.h[k]), extend16(s[1].w[0], k, true), MOD(ROUND));
        if (env->ftz16)
            a.h[k] = flush16(a.h[k]);
    }
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* (A * B + C) * 2^D: rounded after the sum, and again where the scaled value is denormal. */
enum { RSCALE, RSCALE_N, RSCALE_LEFT };

VA_INLINE void fma_rscale(const struct va_insn *in, const struct pval *s, struct pval *d,
                          const struct va_env *env, int zero, bool scale16)
{
    vf a = src_f32(in, s, 0, env->ftz32), b = src_f32(in, s, 1, env->ftz32),
       c = src_f32(in, s, 2, env->ftz32), r = fma_lanes(a, b, c);
    vu e = scale16 ? extend16(s[3].w[0], 0, true) : s[3].w[0];

    if (zero != RSCALE) {
        vu any = (vu)(a == 0) | (vu)(b == 0);
        vf instead = zero == RSCALE_N ? c : a + c;
        r = as_f(pick(any, as_u(instead), as_u(r)));
    }
    d->w[0] = settle(clamp_mod(in, scale(r, e, VA_ROUND_RTE)), env->ftz32);
}

OP(FMA_RSCALE_F32)
{
    fma_rscale(in, s, d, env, RSCALE, false);
}
OP(FMA_RSCALE_N_F32)
{
    fma_rscale(in, s, d, env, RSCALE_N, false);
}
OP(FMA_RSCALE_LEFT_F32)
{
    fma_rscale(in, s, d, env, RSCALE_LEFT, false);
}
OP(FMA_RSCALE_SCALE16_F32)
{
    fma_rscale(in, s, d, env, RSCALE, true);
}

/* @fn of each lane, rounded to fp32. */
VA_INLINE vf in_double(vf x, double_fn *fn)
{
    struct vf_halves u = split_vf(x);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        u.half[i] = __builtin_convertvector(fn(widen(u.half[i])), vf_half);
    return join_vf(u);
}

/* split() for log without the exponent, of finite x but 0. */
VA_INLINE vd log_mantissa(vd x)
{
    vd m = (vd)(((vd_bits)x & ~(0x7ffull << 52)) | 1022ull << 52);
    vd size = (vd)((vd_bits)m & ~(1ull << 63));

    return pick_double((vd_bits)(size < 0.75), m * 2, m);
}

VA_INLINE vd log_mantissa_or_itself(vd x)
{
    return pick_double((vd_bits)(x == 0) | (vd_bits)(x - x != 0), x, log_mantissa(x));
}

/*
 * x = m * 2^e. Default: m in [0.5, 1). sqrt: e counts powers of four, m in
 * [0.25, 1). log: m in [0.75, 1.5). Zero, infinity and NaN: m = x, e = 0.
 */
VA_INLINE vd split(vd x, bool sqrt, bool log, vi_half *e)
{
    vd_bits keep = (vd_bits)(x == 0) | (vd_bits)(x - x != 0);
    vi_half exp = narrow_int((vd_int)((vd_bits)x >> 52 & 0x7ff)) - 1022;
    vd m = (vd)(((vd_bits)x & ~(0x7ffull << 52)) | 1022ull << 52);

    if (log) {
        vd_int small = (vd_int)((vd)((vd_bits)m & ~(1ull << 63)) < 0.75);
        m = pick_double((vd_bits)small, m * 2, m);
        exp += narrow_int(small);
    } else if (sqrt) {
        vi_half odd = exp & 1;
        m = pick_double((vd_bits)widen_int(-odd), m * 0.5, m);
        exp = (exp + odd) >> 1;
    }
    *e = exp & ~narrow_int((vd_int)keep);
    return pick_double(keep, x, m);
}

VA_INLINE vf split_lanes(vf x, bool sqrt, bool log, vu *e)
{
    struct vf_halves u = split_vf(x);
    struct vi_halves exp;

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vd m = split(widen(u.half[i]), sqrt, log, &exp.half[i]);
        u.half[i] = __builtin_convertvector(m, vf_half);
    }
    *e = (vu)join_vi(exp);
    return join_vf(u);
}

OP(FREXPM_F32)
{
    vu e;
    d->w[0] =
        settle(split_lanes(src_f32(in, s, 0, env->ftz32), MOD(SQRT), MOD(LOG), &e), env->ftz32);
}

OP(FREXPE_F32)
{
    split_lanes(src_f32(in, s, 0, env->ftz32), MOD(SQRT), MOD(LOG), &d->w[0]);
}

OP(FREXPM_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);
    vu e;

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = settle16(split_lanes(half_to_float(a.h[i]), MOD(SQRT), MOD(LOG), &e), env->ftz16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(FREXPE_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        split_lanes(half_to_float(a.h[i]), MOD(SQRT), MOD(LOG), &a.h[i]);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* --- special functions
 * ---------------------------------------------------------------------------- */

VA_INLINE vf sqrt_lanes(vf x)
{
#ifdef VA_HOST_AVX512
    return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(VA_HOST_AVX2)
    return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
    return (vf)_mm_sqrt_ps((__m128)x);
#else
    for (unsigned i = 0; i < LANES; i++)
        x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

/* 1 / sqrt(x) for x > 0, to about 2^-45 before it is rounded: a step of Newton's method in double
 * from the fp32 result, whose two roundings are the same on every host. */
VA_INLINE vf rsqrt_lanes(vf x)
{
    struct vf_halves u = split_vf(x);
    const struct vf_halves guess = split_vf(1.0f / sqrt_lanes(x));

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vd y = widen(guess.half[i]);
        u.half[i] = __builtin_convertvector(y * (1.5 - 0.5 * widen(u.half[i]) * y * y), vf_half);
    }
    return join_vf(u);
}

#define TERMS 11
#ifdef __clang__
#define SERIES_UNROLL _Pragma("unroll")
#else
#define SERIES_UNROLL _Pragma("GCC unroll 11")
#endif

/* c[0] + c[1] * x + c[2] * x^2 ...; @n, at most TERMS, is a constant. */
VA_INLINE vd series(vd x, const double *c, unsigned n)
{
    vd r = (vd){0} + c[n - 1];

    SERIES_UNROLL
    for (unsigned k = n - 1; k-- > 0;)
        r = r * x + c[k];
    return r;
}

/* 2^(@fraction / 2^24), 0 to 1: e^y about the middle, to 2^-42. */
VA_INLINE vd exp2_fraction(vd fraction)
{
    static const double c[TERMS] = {/* 1 / k! */
                                    1.0,         1.0,          1.0 / 2,      1.0 / 6,
                                    1.0 / 24,    1.0 / 120,    1.0 / 720,    1.0 / 5040,
                                    1.0 / 40320, 1.0 / 362880, 1.0 / 3628800};
    vd y = (fraction * 0x1p-24 - 0.5) * 0.693147180559945309417;

    return series(y, c, TERMS) * 1.41421356237309504880;
}

/* 2^(n / 2^24) */
VA_INLINE vf exp2_fixed(vi n)
{
    const struct vf_halves part = split_vf(__builtin_convertvector(n & 0xffffff, vf)); /* exact */
    const struct vi_halves exp = split_vi(n >> 24);
    struct vf_halves r;

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vd fraction = exp2_fraction(widen(part.half[i]));
        fraction *= exp2_int(exp.half[i]);
        r.half[i] = __builtin_convertvector(fraction, vf_half);
    }
    return join_vf(r);
}

/* log2(m) / (m - 1) without the singularity at 1, to 2^-41: artanh series in (m - 1) / (m + 1); of
 * x's m. */
VA_INLINE vd log2_ratio(vd x)
{
    static const double c[] = {1.0,     1.0 / 3,  1.0 / 5,  1.0 / 7,
                               1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15};
    vd m = log_mantissa(x), by = 1 / (m + 1), z = (m - 1) * by;

    return series(z * z, c, sizeof(c) / sizeof(c[0])) * 2 * by * 1.44269504088896340736;
}

VA_INLINE vf fn_frcp(vf x)
{
    return 1.0f / x;
}

VA_INLINE vf fn_frsq(vf x)
{
    vf r = rsqrt_lanes(x);
    vu zero = (vu)(x == 0), bad = (vu)(x < 0) | (vu)(x != x);

    r = as_f(pick(zero, as_u(1.0f / x), as_u(r)));
    r = as_f(pick(as_u(x) == splat(0x7f800000), splat(0), as_u(r)));
    return as_f(pick(bad, splat(F32_NAN), as_u(r)));
}

typedef vf unary_fn(vf x);

VA_INLINE void special16(const struct va_insn *in, const struct pval *s, struct pval *d,
                         const struct va_env *env, unary_fn *fn)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = settle16(fn(half_to_float(a.h[i])), env->ftz16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(FRCP_F32)
{
    d->w[0] = settle(fn_frcp(src_f32(in, s, 0, env->ftz32)), env->ftz32);
}
OP(FRCP_F16)
{
    special16(in, s, d, env, fn_frcp);
}
OP(FRSQ_F32)
{
    d->w[0] = settle(fn_frsq(src_f32(in, s, 0, env->ftz32)), env->ftz32);
}
OP(FRSQ_F16)
{
    special16(in, s, d, env, fn_frsq);
}

/* Seeds of Newton steps of older chips: 1 / m and 1 / sqrt(m) of the split source. */
OP(FRCP_APPROX_F32)
{
    vu e;
    vf x = split_lanes(src_f32(in, s, 0, env->ftz32), false, false, &e);

    d->w[0] = settle(1.0f / x, env->ftz32);
}

OP(FRSQ_APPROX_F32)
{
    vu e;
    vf x = split_lanes(src_f32(in, s, 0, env->ftz32), true, false, &e);

    d->w[0] = settle(fn_frsq(x), env->ftz32);
}

/*
 * log2(x) = FLOGD(x) * FADD_LSCALE(-1, x) + FREXPE.log(x): the ratio log2(m) /
 * (m - 1), and m - 1. Special values are such that the whole is right: zero gives
 * inf * -1, infinity inf * inf, negative numbers NaN.
 */
OP(FLOGD_F32)
{
    vf x = src_f32(in, s, 0, env->ftz32), r = in_double(x, log2_ratio);
    vu bad = (vu)(x < 0) | (vu)(x != x), end = (vu)(x == 0) | (vu)(x - x != 0);

    r = as_f(pick(end, splat(0x7f800000), as_u(r)));
    d->w[0] = settle(as_f(pick(bad, splat(F32_NAN), as_u(r))), env->ftz32);
}

OP(FADD_LSCALE_F32)
{
    vf a = src_f32(in, s, 0, env->ftz32), b = src_f32(in, s, 1, env->ftz32);

    b = in_double(b, log_mantissa_or_itself);
    d->w[0] = settle(clamp_mod(in, a + b), env->ftz32);
}

/* 2^(A / 2^24); B is the unconverted exponent times 2^24: NaN, and what A cannot hold. */
OP(FEXP_F32)
{
    vf x = src_f32(in, s, 1, env->ftz32), r = exp2_fixed((vi)s[0].w[0]);

    r = as_f(pick((vu)(x >= 0x1p31f), splat(0x7f800000), as_u(r)));
    r = as_f(pick((vu)(x < -0x1p31f), splat(0), as_u(r)));
    r = as_f(pick((vu)(x != x), as_u(x), as_u(r)));
    d->w[0] = settle(clamp_mod(in, r), env->ftz32);
}

/* sin(i * pi / 32), correctly rounded, for a quarter turn. */
static const uint32_t va_sin_table[17] = {
    0x00000000, 0x3dc8bd36, 0x3e47c5c2, 0x3e94a031, 0x3ec3ef15, 0x3ef15aea,
    0x3f0e39da, 0x3f226799, 0x3f3504f3, 0x3f45e403, 0x3f54db31, 0x3f61c598,
    0x3f6c835e, 0x3f74fa0b, 0x3f7b14be, 0x3f7ec46d, 0x3f800000,
};

static inline uint32_t sin_entry(unsigned i)
{
    uint32_t v = va_sin_table[i & 16 ? 16 - (i & 15) : i & 15];
    return i & 32 && v ? v ^ 0x80000000 : v;
}

OP(FSIN_TABLE_U6)
{
    for (unsigned i = 0; i < LANES; i++)
        d->w[0][i] = sin_entry(s[0].w[0][i] & 63);
}

OP(FCOS_TABLE_U6)
{
    for (unsigned i = 0; i < LANES; i++)
        d->w[0][i] = sin_entry((s[0].w[0][i] + 16) & 63);
}

/* 2^(i / 16), correctly rounded. Source: Bifrost's exp2 sequence multiplies by it (Mesa). */
OP(FEXP_TABLE_U4)
{
    static const uint32_t entries[16] = {0x3f800000, 0x3f85aac3, 0x3f8b95c2, 0x3f91c3d3,
                                         0x3f9837f0, 0x3f9ef532, 0x3fa5fed7, 0x3fad583f,
                                         0x3fb504f3, 0x3fbd08a4, 0x3fc5672a, 0x3fce248c,
                                         0x3fd744fd, 0x3fe0ccdf, 0x3feac0c7, 0x3ff5257d};

    for (unsigned i = 0; i < LANES; i++)
        d->w[0][i] = entries[s[0].w[0][i] & 15];
}

/* --- cube maps
 * --------------------------------------------------------------------------------------- */

OP(CUBEFACE1)
{
    vf m = as_f(splat(0));

    VA_UNROLL
    for (unsigned i = 0; i < 3; i++)
        m = fn_fmax(m, as_f(as_u(src_f32(in, s, i, env->ftz32)) & 0x7fffffff));
    d->w[0] = settle(m, env->ftz32);
}

/* Faces in GL's order (+X -X +Y -Y +Z -Z) in bits 31:29. Ties: Z, then Y, then X (guess). */
OP(CUBEFACE2_V9)
{
    vu v[3], sign[3];
    vf mag[3];

    VA_UNROLL
    for (unsigned i = 0; i < 3; i++) {
        v[i] = as_u(src_f32(in, s, i, env->ftz32));
        sign[i] = v[i] >> 31;
        mag[i] = as_f(v[i] & 0x7fffffff);
    }
    vu z = (vu)(mag[2] >= mag[0]) & (vu)(mag[2] >= mag[1]), y = (vu)(mag[1] >= mag[0]);
    d->w[0] = pick(z, sign[2] + 4, pick(y, sign[1] + 2, sign[0])) << 29;
}

/* GL's table of s and t by face; SSEL reads z and x, TSEL y and z. */
OP(CUBE_SSEL)
{
    vu z = as_u(src_f32(in, s, 0, false)), x = as_u(src_f32(in, s, 1, false)),
       face = s[2].w[0] >> 29;
    vu r = pick((vu)(face < 2), z, x);

    d->w[0] = r ^ (((vu)(face == 0) | (vu)(face == 5)) & 0x80000000);
}

OP(CUBE_TSEL)
{
    vu y = as_u(src_f32(in, s, 0, false)), z = as_u(src_f32(in, s, 1, false)),
       face = s[2].w[0] >> 29;
    vu r = pick((vu)(face == 2) | (vu)(face == 3), z, y);

    d->w[0] = r ^ (~(vu)(face == 2) & 0x80000000);
}
