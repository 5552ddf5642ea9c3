/*
 * Conversions, rounding, flushing, dot product.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* --- rounding to an integer value ------------------------------------------------------------ */

VA_INLINE vf round_f32(vf x, unsigned mode)
{
    vu mag = as_u(x) & 0x7fffffff, sign = as_u(x) & 0x80000000;
    vu big = (vu)(mag >= 0x4b000000); /* 2^23, infinity, NaN: integers already */
    vf a = as_f(pick(big, splat(0), mag)), magic = as_f(splat(0x4b000000));
    vf r = (a + magic) - magic; /* to nearest even */
    vf one = as_f(splat(0x3f800000));
    bool toward = mode == VA_ROUND_RTZ;

    if (mode != VA_ROUND_RTE) {
        vu positive = (vu)(sign == 0);
        vu grow = toward ? splat(0) : mode == VA_ROUND_RTP ? positive : ~positive;
        vf down = as_f(as_u(one) & (vu)(r > a)), up = as_f(as_u(one) & (vu)(r < a));
        r = as_f(pick(grow, as_u(r + up), as_u(r - down)));
    }
    return as_f(pick(big, as_u(x), as_u(r) | sign));
}

OP(FROUND_F32)
{
    d->w[0] = settle(round_f32(src_f32(in, s, 0, env->ftz32), MOD(ROUND)), env->ftz32);
}

OP(FROUND_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = settle16(round_f32(half_to_float(a.h[i]), MOD(ROUND)), env->ftz16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* --- float to integer: rounded, saturated, NaN is 0 --------------------------------------------
 */

VA_INLINE vu to_int(vf x, unsigned mode, float low, float high, bool sign)
{
    x = round_f32(x, mode);
    vu under = (vu)(x < low), over = (vu)(x >= high), none = (vu)(x != x);
    vu out = under | over | none;
    vf safe = as_f(as_u(x) & ~out);
    vu r;

    if (sign) {
        r = (vu) __builtin_convertvector(safe, vi);
    } else { /* in two steps, so that only signed conversions are needed */
        vu top = (vu)(safe >= 2147483648.0f);
        vf rest = safe - as_f(as_u(as_f(splat(0x4f000000))) & top);
        r = (vu) __builtin_convertvector(rest, vi) ^ (top & 0x80000000);
    }
    uint32_t least = sign ? (uint32_t)(int32_t)low : 0;
    uint32_t most = sign ? (uint32_t)((int64_t)high - 1) : (uint32_t)((uint64_t)high - 1);
    return pick(under, splat(least), pick(over, splat(most), r));
}

OP(F32_TO_S32)
{
    d->w[0] = to_int(src_f32(in, s, 0, env->ftz32), MOD(ROUND), -0x1p31f, 0x1p31f, true);
}

OP(F32_TO_U32)
{
    d->w[0] = to_int(src_f32(in, s, 0, env->ftz32), MOD(ROUND), 0, 0x1p32f, false);
}

OP(F16_TO_S32)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);
    d->w[0] = to_int(half_to_float(a.h[0]), MOD(ROUND), -0x1p31f, 0x1p31f, true);
}

OP(F16_TO_U32)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);
    d->w[0] = to_int(half_to_float(a.h[0]), MOD(ROUND), 0, 0x1p32f, false);
}

OP(V2F16_TO_V2S16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = to_int(half_to_float(a.h[i]), MOD(ROUND), -0x1p15f, 0x1p15f, true);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(V2F16_TO_V2U16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = to_int(half_to_float(a.h[i]), MOD(ROUND), 0, 0x1p16f, false);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* --- integer to float
 * ----------------------------------------------------------------------------- */

OP(S32_TO_F32)
{
    vu x = sel32(&in->src[0], s[0].w[0], true);

    if (MOD(ROUND) == VA_ROUND_RTE) {
        d->w[0] = as_u(__builtin_convertvector((vi)x, vf));
        return;
    }
    for (unsigned i = 0; i < LANES; i++) {
        union {
            float f;
            uint32_t u;
        } r = {round_double((int32_t)x[i], MOD(ROUND))};
        d->w[0][i] = r.u;
    }
}

OP(U32_TO_F32)
{
    vu x = sel32(&in->src[0], s[0].w[0], false);

    if (MOD(ROUND) == VA_ROUND_RTE) { /* halves are exact, so their sum is rounded once */
        vf high = __builtin_convertvector((vi)(x >> 16), vf) * 65536.0f;
        d->w[0] = as_u(high + __builtin_convertvector((vi)(x & 0xffff), vf));
        return;
    }
    for (unsigned i = 0; i < LANES; i++) {
        union {
            float f;
            uint32_t u;
        } r = {round_double(x[i], MOD(ROUND))};
        d->w[0][i] = r.u;
    }
}

/* 16 bits or fewer are exact in fp32. */
VA_INLINE vu small_to_float(vu x)
{
    return as_u(__builtin_convertvector((vi)x, vf));
}

OP(S16_TO_F32)
{
    d->w[0] = small_to_float(sel32(&in->src[0], s[0].w[0], true));
}
OP(U16_TO_F32)
{
    d->w[0] = small_to_float(sel32(&in->src[0], s[0].w[0], false));
}
OP(S8_TO_F32)
{
    d->w[0] = small_to_float(sel32(&in->src[0], s[0].w[0], true));
}
OP(U8_TO_F32)
{
    d->w[0] = small_to_float(sel32(&in->src[0], s[0].w[0], false));
}

VA_INLINE void to_v2f16(const struct va_insn *in, const struct pval *s, struct pval *d, bool sign,
                        bool wide)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], sign);
    unsigned mode = wide ? MOD(ROUND) : VA_ROUND_RTE;

    VA_UNROLL
    for (unsigned k = 0; k < 2; k++) {
        vf f = __builtin_convertvector((vi)a.h[k], vf);
        if (mode == VA_ROUND_RTE)
            a.h[k] = float_to_half(f);
        else
            for (unsigned i = 0; i < LANES; i++)
                a.h[k][i] = round_double_half(f[i], mode);
    }
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(V2S16_TO_V2F16)
{
    to_v2f16(in, s, d, true, true);
}
OP(V2U16_TO_V2F16)
{
    to_v2f16(in, s, d, false, true);
}
OP(V2S8_TO_V2F16)
{
    to_v2f16(in, s, d, true, false);
}
OP(V2U8_TO_V2F16)
{
    to_v2f16(in, s, d, false, false);
}

/* --- integer to wider integer
 * ------------------------------------------------------------------------ */

OP(S16_TO_S32)
{
    d->w[0] = sel32(&in->src[0], s[0].w[0], true);
}
OP(U16_TO_U32)
{
    d->w[0] = sel32(&in->src[0], s[0].w[0], false);
}
OP(S8_TO_S32)
{
    d->w[0] = sel32(&in->src[0], s[0].w[0], true);
}
OP(U8_TO_U32)
{
    d->w[0] = sel32(&in->src[0], s[0].w[0], false);
}

OP(V2S8_TO_V2S16)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], true);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(V2U8_TO_V2U16)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], false);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

/* --- float to float
 * -------------------------------------------------------------------------------------- */

/* Exact, whatever the round mode says. */
OP(F16_TO_F32)
{
    vu h = sel32(&in->src[0], s[0].w[0], false);

    if (in->src[0].abs)
        h &= 0x7fff;
    if (in->src[0].neg)
        h ^= 0x8000;
    if (env->ftz16)
        h = flush16(h);
    d->w[0] = settle(half_to_float(h), env->ftz32);
}

OP(V2F32_TO_V2F16)
{
    vu h[2];

    VA_UNROLL
    for (unsigned k = 0; k < 2; k++) {
        vf x = clamp_mod(in, src_f32(in, s, k, env->ftz32));
        if (MOD(ROUND) == VA_ROUND_RTE)
            h[k] = float_to_half(x);
        else
            for (unsigned i = 0; i < LANES; i++)
                h[k][i] = round_double_half(x[i], MOD(ROUND));
        if (env->ftz16)
            h[k] = flush16(h[k]);
    }
    d->w[0] = pack16(h[0], h[1]);
}

/* --- FLUSH: what the modifiers name, nothing else
 * ------------------------------------------------------------ */

VA_INLINE vu flush_special(const struct va_insn *in, vu x, unsigned width)
{
    uint32_t inf = width == 32 ? 0x7f800000 : 0x7c00, quiet = width == 32 ? 0x00400000 : 0x0200;
    uint32_t sign = 1u << (width - 1);
    vu mag = x & (sign - 1), nan = (vu)(mag > inf);

    if (MOD(FTZ))
        x = pick((vu)(mag < (inf & -inf)), x & sign, x);
    if (MOD(FLUSH_INF)) /* the largest finite value is the one below infinity */
        x -= (vu)(mag == inf) & 1;
    if (MOD(NAN) == VA_NAN_FLUSH_NAN)
        x &= ~nan;
    else if (MOD(NAN) == VA_NAN_QUIET_NAN)
        x |= nan & quiet;
    return x;
}

OP(FLUSH_F32)
{
    d->w[0] = flush_special(in, as_u(src_f32(in, s, 0, false)), 32);
}

OP(FLUSH_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, false);
    d->w[0] = pack16(flush_special(in, a.h[0], 16), flush_special(in, a.h[1], 16));
}

/* --- dot product of bytes
 * ------------------------------------------------------------------------------------- */

VA_INLINE void idp(const struct va_insn *in, const struct pval *s, struct pval *d, bool sign)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], sign), b = sel8(&in->src[1], s[1].w[0], sign);
    vu sum = a.b[0] * b.b[0] + a.b[1] * b.b[1] + a.b[2] * b.b[2] + a.b[3] * b.b[3];

    d->w[0] = fn_iadd(in, sum, s[2].w[0], 32, sign);
}

OP(IDP_V4S8)
{
    idp(in, s, d, true);
}
OP(IDP_V4U8)
{
    idp(in, s, d, false);
}
