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

    for (unsigned i = 0; i < 2; i++)
        a.h[i] = settle16(clamp_mod(in, fn(half_value(a.h[i]), half_value(b.h[i]))), env->ftz16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* A result of which one half is written is rounded to fp16. Source: Mesa 26's bi_f32_to_f16_to() */
OP(FADD_F32)
{
    float32(in, s, d, env, fn_fadd);
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
    d->w[0] = settle(clamp_mod(in, r), env->ftz32);
}

OP(FMA_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16), b = src_f16(in, s, 1, env->ftz16),
               c = src_f16(in, s, 2, env->ftz16);

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
    d->w[0] = settle(a + c, env->ftz32);
}

OP(FADD_IMM_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

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

/* 2^e, -1022 <= e <= 1023. */
static inline double exp2_int(int e)
{
    union {
        uint64_t u;
        double d;
    } r = {(uint64_t)(e + 1023) << 52};
    return r.d;
}

/* x * 2^e, exact unless it is far outside of every fp32 or fp16 value. */
static inline double scale_double(double x, int e)
{
    e = e > 600 ? 600 : e < -600 ? -600 : e;
    return x * exp2_int(e);
}

VA_INLINE vf scale(vf x, vu e, unsigned mode)
{
    for (unsigned i = 0; i < LANES; i++)
        x[i] = round_double(scale_double(x[i], (int32_t)e[i]), mode);
    return x;
}

OP(LDEXP_F32)
{
    d->w[0] = settle(scale(src_f32(in, s, 0, env->ftz32), s[1].w[0], MOD(ROUND)), env->ftz32);
}

OP(LDEXP_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    for (unsigned k = 0; k < 2; k++) {
        vf x = half_to_float(a.h[k]);
        vu e = extend16(s[1].w[0], k, true);
        for (unsigned i = 0; i < LANES; i++)
            a.h[k][i] = round_double_half(scale_double(x[i], (int32_t)e[i]), MOD(ROUND));
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

/*
 * x = m * 2^e. Default: m in [0.5, 1). sqrt: e counts powers of four, m in
 * [0.25, 1). log: m in [0.75, 1.5). Zero, infinity and NaN: m = x, e = 0.
 */
static inline double split(double x, bool sqrt, bool log, int *e)
{
    union {
        double d;
        uint64_t u;
    } r = {x};
    int exp = (int)(r.u >> 52 & 0x7ff) - 1022;

    *e = 0;
    if (x == 0 || x - x != 0)
        return x;
    r.u = (r.u & ~(0x7ffull << 52)) | 1022ull << 52;
    if (log && (r.d < 0 ? -r.d : r.d) < 0.75) {
        r.d *= 2;
        exp--;
    } else if (!log && sqrt) {
        if (exp & 1) {
            r.d *= 0.5;
            exp++;
        }
        exp >>= 1;
    }
    *e = exp;
    return r.d;
}

/* Half a piece's lanes in double: what needs more than fp32 on its way. */
typedef double vd __attribute__((vector_size(VA_PIECE)));
typedef uint64_t vd_bits __attribute__((vector_size(VA_PIECE)));
typedef float vf_half __attribute__((vector_size(VA_PIECE / 2)));
typedef int32_t vi_half __attribute__((vector_size(VA_PIECE / 2)));
typedef vd double_fn(vd x);

union vf_halves {
    vf whole;
    vf_half half[2];
};

/* @fn of each lane, rounded to fp32. */
VA_INLINE vf in_double(vf x, double_fn *fn)
{
    union vf_halves u = {x};

    for (unsigned i = 0; i < 2; i++)
        u.half[i] = __builtin_convertvector(fn(__builtin_convertvector(u.half[i], vd)), vf_half);
    return u.whole;
}

VA_INLINE vd pick_double(vd_bits m, vd a, vd b)
{
    return (vd)(((vd_bits)a & m) | ((vd_bits)b & ~m));
}

/* split(x, false, true, ...) without the exponent, of finite x but 0. */
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

VA_INLINE vf split_lanes(const struct va_insn *in, vf x, vu *e)
{
    int exp;

    for (unsigned i = 0; i < LANES; i++) {
        x[i] = (float)split(x[i], MOD(SQRT), MOD(LOG), &exp);
        (*e)[i] = exp;
    }
    return x;
}

OP(FREXPM_F32)
{
    vu e;
    d->w[0] = settle(split_lanes(in, src_f32(in, s, 0, env->ftz32), &e), env->ftz32);
}

OP(FREXPE_F32)
{
    split_lanes(in, src_f32(in, s, 0, env->ftz32), &d->w[0]);
}

OP(FREXPM_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);
    vu e;

    for (unsigned i = 0; i < 2; i++)
        a.h[i] = settle16(split_lanes(in, half_to_float(a.h[i]), &e), env->ftz16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(FREXPE_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    for (unsigned i = 0; i < 2; i++)
        split_lanes(in, half_to_float(a.h[i]), &a.h[i]);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* --- special functions
 * ---------------------------------------------------------------------------- */

/* 1 / sqrt(x) for normal x > 0, to about 2^-52: Newton's method from a guess of the bits. */
VA_INLINE vd rsqrt_double(vd x)
{
    vd y = (vd)(0x5fe6eb50c7b537a9ull - ((vd_bits)x >> 1));

    for (unsigned i = 0; i < 5; i++)
        y = y * (1.5 - 0.5 * x * y * y);
    return y;
}

/* 2^y in double for |y| <= 0.5 * log(2): Taylor series of e^y about the middle of the fraction. */
VA_INLINE vd exp2_fraction(vd fraction)
{
    static const double c[] = {/* 1 / k! */
                               1.0 / 87178291200,
                               1.0 / 6227020800,
                               1.0 / 479001600,
                               1.0 / 39916800,
                               1.0 / 3628800,
                               1.0 / 362880,
                               1.0 / 40320,
                               1.0 / 5040,
                               1.0 / 720,
                               1.0 / 120,
                               1.0 / 24,
                               1.0 / 6,
                               1.0 / 2,
                               1.0,
                               1.0};
    vd y = (fraction * 0x1p-24 - 0.5) * 0.693147180559945309417, r = {0};

    for (unsigned k = 0; k < sizeof(c) / sizeof(c[0]); k++)
        r = r * y + c[k];
    return r * 1.41421356237309504880;
}

/* 2^(n / 2^24) */
VA_INLINE vf exp2_fixed(vi n)
{
    union {
        vi whole;
        vi_half half[2];
    } part = {n & 0xffffff};
    union vf_halves r;

    for (unsigned i = 0; i < 2; i++) {
        vd fraction = exp2_fraction(__builtin_convertvector(part.half[i], vd));
        for (unsigned k = 0; k < LANES / 2; k++)
            fraction[k] *= exp2_int(n[i * LANES / 2 + k] >> 24);
        r.half[i] = __builtin_convertvector(fraction, vf_half);
    }
    return r.whole;
}

/* log2(m) / (m - 1) without the singularity at 1: artanh series in (m - 1) / (m + 1); of x's m. */
VA_INLINE vd log2_ratio(vd x)
{
    vd m = log_mantissa(x), z = (m - 1) / (m + 1), z2 = z * z, r = {0};

    for (int k = 12; k >= 0; k--)
        r = r * z2 + 1.0 / (2 * k + 1);
    return r * 2 / (m + 1) * 1.44269504088896340736;
}

VA_INLINE vf fn_frcp(vf x)
{
    return 1.0f / x;
}

VA_INLINE vf fn_frsq(vf x)
{
    vf r = in_double(x, rsqrt_double);
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
    vf x = src_f32(in, s, 0, env->ftz32);
    int e;

    for (unsigned i = 0; i < LANES; i++)
        x[i] = 1.0f / (float)split(x[i], false, false, &e);
    d->w[0] = settle(x, env->ftz32);
}

OP(FRSQ_APPROX_F32)
{
    vf x = src_f32(in, s, 0, env->ftz32);
    int e;

    for (unsigned i = 0; i < LANES; i++)
        x[i] = (float)split(x[i], true, false, &e);
    x = fn_frsq(x);
    d->w[0] = settle(x, env->ftz32);
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

    for (unsigned i = 0; i < 3; i++)
        m = fn_fmax(m, as_f(as_u(src_f32(in, s, i, env->ftz32)) & 0x7fffffff));
    d->w[0] = settle(m, env->ftz32);
}

/* Faces in GL's order (+X -X +Y -Y +Z -Z) in bits 31:29. Ties: Z, then Y, then X (guess). */
OP(CUBEFACE2_V9)
{
    vu v[3], sign[3];
    vf mag[3];

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
