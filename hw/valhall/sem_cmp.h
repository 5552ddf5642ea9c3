/*
 * Comparisons, conditional selection, branch conditions, and the instructions
 * that look across lanes.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

VA_INLINE vu int_condition(const struct va_insn *in, vu a, vu b, bool sign)
{
    vu flip = splat(sign ? 0x80000000 : 0);

    a ^= flip; /* signed order is unsigned order with the sign bit turned over */
    b ^= flip;
    switch (MOD(CONDITION)) {
    case VA_CONDITION_EQ:
        return (vu)(a == b);
    case VA_CONDITION_GT:
        return (vu)(a > b);
    case VA_CONDITION_GE:
        return (vu)(a >= b);
    case VA_CONDITION_LT:
        return (vu)(a < b);
    case VA_CONDITION_LE:
        return (vu)(a <= b);
    case VA_CONDITION_TOTAL: /* CSEL only; integers are always ordered */
        return splat(-1);
    default: /* NE, GTLT */
        return (vu)(a != b);
    }
}

VA_INLINE vu float_condition(const struct va_insn *in, vf a, vf b)
{
    switch (MOD(CONDITION)) {
    case VA_CONDITION_EQ:
        return (vu)(a == b);
    case VA_CONDITION_GT:
        return (vu)(a > b);
    case VA_CONDITION_GE:
        return (vu)(a >= b);
    case VA_CONDITION_NE:
        return (vu)(a != b);
    case VA_CONDITION_LT:
        return (vu)(a < b);
    case VA_CONDITION_LE:
        return (vu)(a <= b);
    case VA_CONDITION_GTLT:
        return (vu)(a < b) | (vu)(a > b);
    default: /* TOTAL: neither is NaN */
        return (vu)(a == a) & (vu)(b == b);
    }
}

/* --- compare: combined with source 2, as 1, 1.0 or all ones -------------------------------- */

enum { COMBINE_OR, COMBINE_AND, COMBINE_MULTI };

VA_INLINE vu cmp_result(const struct va_insn *in, vu yes, unsigned width)
{
    switch (MOD(RESULT)) {
    case VA_RESULT_F1:
        return yes & (width == 32 ? 0x3f800000 : width == 16 ? 0x3c00 : 1);
    case VA_RESULT_M1:
        return yes;
    default: /* I1, U1 */
        return yes & 1;
    }
}

VA_INLINE vu cmp_combine(vu yes, vu c, int how)
{
    vu chained = (vu)(c != 0);
    return how == COMBINE_OR ? yes | chained : yes & chained;
}

/* High half of a 64-bit comparison; source 2 is the low half's result (guess: the rule
 * that makes the documented sequence right). */
VA_INLINE vu cmp_multi(const struct va_insn *in, vu a, vu b, vu low, bool sign)
{
    vu yes = int_condition(in, a, b, sign), equal = (vu)(a == b), less = (vu)(low != 0);

    if (MOD(RESULT) == VA_RESULT_U1)
        return yes;
    switch (MOD(CONDITION)) {
    case VA_CONDITION_EQ:
        return yes & less;
    case VA_CONDITION_NE:
        return yes | less;
    default:
        return (yes & ~equal) | (equal & less);
    }
}

VA_INLINE void icmp32(const struct va_insn *in, const struct pval *s, struct pval *d, int how,
                      bool sign)
{
    vu a = sel32(&in->src[0], s[0].w[0], sign), b = sel32(&in->src[1], s[1].w[0], sign);
    vu yes = how == COMBINE_MULTI ? cmp_multi(in, a, b, s[2].w[0], sign)
                                  : cmp_combine(int_condition(in, a, b, sign), s[2].w[0], how);

    d->w[0] = cmp_result(in, yes, 32);
}

VA_INLINE void icmp16(const struct va_insn *in, const struct pval *s, struct pval *d, int how,
                      bool sign)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], sign), b = sel16(&in->src[1], s[1].w[0], sign),
               c = sel16(&in->src[2], s[2].w[0], false);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] =
            cmp_result(in, cmp_combine(int_condition(in, a.h[i], b.h[i], sign), c.h[i], how), 16);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

VA_INLINE void icmp8(const struct va_insn *in, const struct pval *s, struct pval *d, int how,
                     bool sign)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], sign), b = sel8(&in->src[1], s[1].w[0], sign),
               c = sel8(&in->src[2], s[2].w[0], false);

    for (unsigned i = 0; i < 4; i++)
        a.b[i] =
            cmp_result(in, cmp_combine(int_condition(in, a.b[i], b.b[i], sign), c.b[i], how), 8);
    d->w[0] = pack8(a);
}

#define ICMP_FAMILY(how)                                                                           \
    OP(ICMP_##how##_U32)                                                                           \
    {                                                                                              \
        icmp32(in, s, d, COMBINE_##how, false);                                                    \
    }                                                                                              \
    OP(ICMP_##how##_V2U16)                                                                         \
    {                                                                                              \
        icmp16(in, s, d, COMBINE_##how, false);                                                    \
    }                                                                                              \
    OP(ICMP_##how##_V4U8)                                                                          \
    {                                                                                              \
        icmp8(in, s, d, COMBINE_##how, false);                                                     \
    }                                                                                              \
    OP(ICMP_##how##_S32)                                                                           \
    {                                                                                              \
        icmp32(in, s, d, COMBINE_##how, true);                                                     \
    }                                                                                              \
    OP(ICMP_##how##_V2S16)                                                                         \
    {                                                                                              \
        icmp16(in, s, d, COMBINE_##how, true);                                                     \
    }                                                                                              \
    OP(ICMP_##how##_V4S8)                                                                          \
    {                                                                                              \
        icmp8(in, s, d, COMBINE_##how, true);                                                      \
    }

ICMP_FAMILY(OR)
ICMP_FAMILY(AND)
OP(ICMP_MULTI_U32)
{
    icmp32(in, s, d, COMBINE_MULTI, false);
}
OP(ICMP_MULTI_S32)
{
    icmp32(in, s, d, COMBINE_MULTI, true);
}

VA_INLINE void fcmp32(const struct va_insn *in, const struct pval *s, struct pval *d, int how,
                      const struct va_env *env)
{
    vf a = src_f32(in, s, 0, env->ftz32), b = src_f32(in, s, 1, env->ftz32);
    d->w[0] = cmp_result(in, cmp_combine(float_condition(in, a, b), s[2].w[0], how), 32);
}

VA_INLINE void fcmp16(const struct va_insn *in, const struct pval *s, struct pval *d, int how,
                      const struct va_env *env)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16), b = src_f16(in, s, 1, env->ftz16),
               c = sel16(&in->src[2], s[2].w[0], false);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vu yes = float_condition(in, half_value(a.h[i]), half_value(b.h[i]));
        a.h[i] = cmp_result(in, cmp_combine(yes, c.h[i], how), 16);
    }
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(FCMP_OR_F32)
{
    fcmp32(in, s, d, COMBINE_OR, env);
}
OP(FCMP_OR_V2F16)
{
    fcmp16(in, s, d, COMBINE_OR, env);
}
OP(FCMP_AND_F32)
{
    fcmp32(in, s, d, COMBINE_AND, env);
}
OP(FCMP_AND_V2F16)
{
    fcmp16(in, s, d, COMBINE_AND, env);
}

/* --- compare and select ------------------------------------------------------------------------
 */

VA_INLINE void csel32(const struct va_insn *in, const struct pval *s, struct pval *d, bool sign)
{
    d->w[0] = pick(int_condition(in, s[0].w[0], s[1].w[0], sign), s[2].w[0], s[3].w[0]);
}

VA_INLINE void csel16(const struct va_insn *in, const struct pval *s, struct pval *d, bool sign)
{
    vu yes[2];

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        yes[i] =
            int_condition(in, extend16(s[0].w[0], i, sign), extend16(s[1].w[0], i, sign), sign);
    d->w[0] = pick(pack16(yes[0], yes[1]), s[2].w[0], s[3].w[0]);
}

OP(CSEL_U32)
{
    csel32(in, s, d, false);
}
OP(CSEL_S32)
{
    csel32(in, s, d, true);
}
OP(CSEL_V2U16)
{
    csel16(in, s, d, false);
}
OP(CSEL_V2S16)
{
    csel16(in, s, d, true);
}

OP(CSEL_F32)
{
    vf a = src_f32(in, s, 0, env->ftz32), b = src_f32(in, s, 1, env->ftz32);
    d->w[0] = pick(float_condition(in, a, b), s[2].w[0], s[3].w[0]);
}

OP(CSEL_V2F16)
{
    struct vx2 a = src_f16(in, s, 0, env->ftz16), b = src_f16(in, s, 1, env->ftz16);
    vu yes[2];

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        yes[i] = float_condition(in, half_value(a.h[i]), half_value(b.h[i]));
    d->w[0] = pick(pack16(yes[0], yes[1]), s[2].w[0], s[3].w[0]);
}

/* --- conditions of control flow: all ones where taken; the interpreter does the rest -------------
 */

VA_INLINE void branch_condition(const struct va_insn *in, const struct pval *s, struct pval *d)
{
    vu x = s[0].w[0], taken;

    switch (in->src[0].sel) {
    case VA_COMBINE_H0:
        taken = (vu)((x & 0xffff) != 0);
        break;
    case VA_COMBINE_H1:
        taken = (vu)(x >> 16 != 0);
        break;
    case VA_COMBINE_AND:
        taken = (vu)((x & 0xffff) != 0) & (vu)(x >> 16 != 0);
        break;
    default:
        taken = (vu)(x != 0);
    }
    d->w[0] = MOD(EQ) ? ~taken : taken;
}

OP(BRANCHZ)
{
    branch_condition(in, s, d);
}
OP(BRANCHZI)
{
    branch_condition(in, s, d);
}

OP(DISCARD_F32)
{
    d->w[0] = float_condition(in, src_f32(in, s, 0, env->ftz32), src_f32(in, s, 1, env->ftz32));
}

OP(NOP)
{
    d->w[0] = splat(0);
}

/* --- across lanes
 * ------------------------------------------------------------------------------------ */

VA_INLINE unsigned subgroup_lanes(const struct va_insn *in)
{
    return 2u << MOD(SUBGROUP);
}

VA_INLINE vu lane_numbers(unsigned k)
{
    static const va_v16u numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    return ((const vu_mem *)&numbers)[k];
}

/* Lanes that are all ones, where others are zero. */
VA_INLINE unsigned lanes_set(const vu *m)
{
    unsigned all = 0;

#ifdef VA_HOST_AVX512
    all = _mm512_movepi32_mask((__m512i)m[0]);
#elif defined(VA_HOST_AVX2)
    for (unsigned k = 0; k < PIECES; k++)
        all |= (unsigned)_mm256_movemask_ps((__m256)m[k]) << k * LANES;
#else
    for (unsigned i = 0; i < VA_LANES; i++)
        all |= (m[i / LANES][i % LANES] & 1) << i;
#endif
    return all;
}

/* Lane from[i] of @v for each i. */
VA_INLINE void take_lanes(const va_v16u *v, const vu *from, vu *out)
{
#ifdef VA_HOST_AVX512
    out[0] = (vu)_mm512_permutexvar_epi32((__m512i)from[0], (__m512i)*v);
#elif defined(VA_HOST_AVX2)
    const __m256i *p = (const __m256i *)v;

    for (unsigned k = 0; k < PIECES; k++) {
        __m256i at = (__m256i)from[k], low = _mm256_permutevar8x32_epi32(p[0], at),
                high = _mm256_permutevar8x32_epi32(p[1], at);
        out[k] = (vu)_mm256_blendv_ps((__m256)low, (__m256)high, (__m256)_mm256_slli_epi32(at, 28));
    }
#else
    for (unsigned i = 0; i < VA_LANES; i++)
        out[i / LANES][i % LANES] = (*v)[from[i / LANES][i % LANES]];
#endif
}

/* Lanes of the own subgroup whose source is not zero, the subgroup's first at bit 0. */
OP_WARP(WMASK)
{
    unsigned size = subgroup_lanes(in), all;
    const vu_mem *x = (const vu_mem *)&s[0].w[0];
    vu set[PIECES];

    for (unsigned k = 0; k < PIECES; k++)
        set[k] = (vu)(x[k] != 0);
    all = lanes_set(set) & env->active;
    for (unsigned k = 0; k < PIECES; k++)
        ((vu_mem *)&d->w[0])[k] = splat(all) >> (lane_numbers(k) & -size) & ((1u << size) - 1);
}

VA_INLINE void clper(const struct va_insn *in, const struct va_val *s, struct va_val *d,
                     unsigned words, const struct va_env *env)
{
    static const uint32_t inactive[16] = {
        [VA_INACTIVE_ZERO] = 0,
        [VA_INACTIVE_UMAX] = 0xffffffff,
        [VA_INACTIVE_I1] = 1,
        [VA_INACTIVE_V2I1] = 0x00010001,
        [VA_INACTIVE_SMIN] = 0x80000000,
        [VA_INACTIVE_SMAX] = 0x7fffffff,
        [VA_INACTIVE_V2SMIN] = 0x80008000,
        [VA_INACTIVE_V2SMAX] = 0x7fff7fff,
        [VA_INACTIVE_V4SMIN] = 0x80808080,
        [VA_INACTIVE_V4SMAX] = 0x7f7f7f7f,
        [VA_INACTIVE_F1] = 0x3f800000,
        [VA_INACTIVE_V2F1] = 0x3c003c00,
        [VA_INACTIVE_INFN] = 0xff800000,
        [VA_INACTIVE_INF] = 0x7f800000,
        [VA_INACTIVE_V2INFN] = 0xfc00fc00,
        [VA_INACTIVE_V2INF] = 0x7c007c00,
    };
    unsigned size = subgroup_lanes(in), byte = 8 * (in->src[1].sel - VA_LANES8_B00);
    bool swap = MOD(LANE_OP) == VA_LANE_OP_XOR;
    const vu_mem *index = (const vu_mem *)&s[1].w[0];
    vu from[PIECES], value[PIECES];

    for (unsigned k = 0; k < PIECES; k++) {
        vu lane = lane_numbers(k), to = index[k] >> byte & 0xff;
        to = swap ? lane ^ to : to;
        from[k] = (lane & -size) | (to & (size - 1));
    }
    for (unsigned w = 0; w < words; w++) {
        take_lanes(&s[0].w[w], from, value);
        for (unsigned k = 0; k < PIECES; k++) {
            vu there = -(splat(env->active) >> from[k] & 1);
            ((vu_mem *)&d->w[w])[k] = pick(there, value[k], splat(inactive[MOD(INACTIVE)]));
        }
    }
}

OP_WARP(CLPER_I32)
{
    clper(in, s, d, 1, env);
}
OP_WARP(CLPER_S32)
{
    clper(in, s, d, 1, env);
}
OP_WARP(CLPER_V2U16)
{
    clper(in, s, d, 1, env);
}
OP_WARP(CLPER_V2S16)
{
    clper(in, s, d, 1, env);
}
OP_WARP(CLPER_V4U8)
{
    clper(in, s, d, 1, env);
}
OP_WARP(CLPER_V4S8)
{
    clper(in, s, d, 1, env);
}
OP_WARP(CLPER_U64)
{
    clper(in, s, d, 2, env);
}
OP_WARP(CLPER_S64)
{
    clper(in, s, d, 2, env);
}
