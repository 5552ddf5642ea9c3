/*
 * Integer instructions. 16- and 8-bit forms widen their lanes to 32 bits, do the
 * 32-bit operation and pack the results.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Declares the piece function that follows, and makes of it the warp function (va_ID) and
 * the fast form's function for any modifiers and lanes (some_ID).
 */
#ifndef OP /* jit_pieces.c has its own */
#define OP(id)                                                                                     \
    VA_INLINE void piece_##id(const struct va_insn *in, const struct pval *s, struct pval *d,      \
                              const struct va_env *env);                                           \
    static void va_##id(const struct va_insn *in, const struct va_val *s, struct va_val *d,        \
                        const struct va_env *env)                                                  \
    {                                                                                              \
        for (unsigned k = 0; k < PIECES; k++) {                                                    \
            struct pval ps[VA_MAX_SRC], pd = {{splat(0), splat(0)}};                               \
            VA_UNROLL for (unsigned i = 0; i < VA_MAX_SRC; i++)                                    \
            {                                                                                      \
                ps[i].w[0] = ((const vu_mem *)&s[i].w[0])[k];                                      \
                ps[i].w[1] = ((const vu_mem *)&s[i].w[1])[k];                                      \
            }                                                                                      \
            piece_##id(in, ps, &pd, env);                                                          \
            ((vu_mem *)&d->w[0])[k] = pd.w[0];                                                     \
            ((vu_mem *)&d->w[1])[k] = pd.w[1];                                                     \
        }                                                                                          \
    }                                                                                              \
    static void some_##id(const struct va_micro *m, const struct va_frame *f)                      \
    {                                                                                              \
        const struct ends e = micro_ends(m, f);                                                    \
        for (unsigned k = 0; k < PIECES; k++) {                                                    \
            struct pval ps[VA_MAX_SRC], pd = {{splat(0), splat(0)}};                               \
            micro_in(&e, k, ps);                                                                   \
            piece_##id(m->insn, ps, &pd, &f->env);                                                 \
            micro_out_some(m, f, &e, k, &pd, WIDE_RESULT(id));                                     \
        }                                                                                          \
    }                                                                                              \
    VA_INLINE void piece_##id(const struct va_insn *in, const struct pval *s, struct pval *d,      \
                              const struct va_env *env)

/* For those that look across lanes. */
#define OP_WARP(id)                                                                                \
    static void va_##id(const struct va_insn *in, const struct va_val *s, struct va_val *d,        \
                        const struct va_env *env);                                                 \
    static void some_##id(const struct va_micro *m, const struct va_frame *f)                      \
    {                                                                                              \
        micro_warp(m, f, va_##id, WIDE_RESULT(id));                                                \
    }                                                                                              \
    static void va_##id(const struct va_insn *in, const struct va_val *s, struct va_val *d,        \
                        const struct va_env *env)
#endif

#define MOD(name) (in->mod[VA_M_##name])

/* --- two sources, one width at a time ---------------------------------------------- */

typedef vu int_fn(const struct va_insn *in, vu a, vu b, unsigned width, bool sign);

VA_INLINE vu umin_lanes(vu a, vu b)
{
    return pick((vu)(a < b), a, b);
}

VA_INLINE vu smin_lanes(vu a, vu b)
{
    return pick((vu)((vi)a < (vi)b), a, b);
}

VA_INLINE vu smax_lanes(vu a, vu b)
{
    return pick((vu)((vi)a > (vi)b), a, b);
}

/* Results of narrow lanes fit in 32 signed bits: cut them to the lane's range. */
VA_INLINE vu saturate_narrow(vu r, unsigned width, bool sign)
{
    uint32_t top = sign ? (1u << (width - 1)) - 1 : (1u << width) - 1;
    return smax_lanes(smin_lanes(r, splat(top)), splat(sign ? ~top : 0));
}

VA_INLINE vu fn_iadd(const struct va_insn *in, vu a, vu b, unsigned width, bool sign)
{
    vu r = a + b;

    if (!MOD(SATURATE))
        return r;
    if (width < 32)
        return saturate_narrow(r, width, sign);
    if (!sign)
        return r | (vu)(r < a);
    vu over = (vu)((vi)((a ^ r) & (b ^ r)) >> 31);
    return pick(over, (vu)((vi)a >> 31) ^ 0x7fffffff, r);
}

VA_INLINE vu fn_isub(const struct va_insn *in, vu a, vu b, unsigned width, bool sign)
{
    vu r = a - b;

    if (!MOD(SATURATE))
        return r;
    if (width < 32)
        return saturate_narrow(r, width, sign);
    if (!sign)
        return r & ~(vu)(a < b);
    vu over = (vu)((vi)((a ^ b) & (a ^ r)) >> 31);
    return pick(over, (vu)((vi)a >> 31) ^ 0x7fffffff, r);
}

/* Saturating products of full words: the slow way, drivers do not emit them. */
static vu imul32_saturated(vu a, vu b, bool sign)
{
    for (unsigned i = 0; i < LANES; i++) {
        int64_t p = (int64_t)(int32_t)a[i] * (int32_t)b[i];
        uint64_t u = (uint64_t)a[i] * b[i];
        if (sign)
            a[i] = p > INT32_MAX ? INT32_MAX : p < INT32_MIN ? (uint32_t)INT32_MIN : (uint32_t)p;
        else
            a[i] = u > UINT32_MAX ? UINT32_MAX : (uint32_t)u;
    }
    return a;
}

VA_INLINE vu fn_imul(const struct va_insn *in, vu a, vu b, unsigned width, bool sign)
{
    if (!MOD(SATURATE))
        return a * b;
    if (width == 32)
        return imul32_saturated(a, b, sign);
    return sign ? saturate_narrow(a * b, width, true) : umin_lanes(a * b, splat((1u << width) - 1));
}

VA_INLINE vu fn_hadd(const struct va_insn *in, vu a, vu b, unsigned width, bool sign)
{
    vu half = sign ? (vu)((vi)(a ^ b) >> 1) : (a ^ b) >> 1;
    return MOD(RHADD) ? (a | b) - half : (a & b) + half;
}

VA_INLINE void int32(const struct va_insn *in, const struct pval *s, struct pval *d, int_fn *fn,
                     bool sign)
{
    d->w[0] =
        fn(in, sel32(&in->src[0], s[0].w[0], sign), sel32(&in->src[1], s[1].w[0], sign), 32, sign);
}

VA_INLINE void int16(const struct va_insn *in, const struct pval *s, struct pval *d, int_fn *fn,
                     bool sign)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], sign), b = sel16(&in->src[1], s[1].w[0], sign);

    d->w[0] = pack16(fn(in, a.h[0], b.h[0], 16, sign), fn(in, a.h[1], b.h[1], 16, sign));
}

VA_INLINE void int8(const struct va_insn *in, const struct pval *s, struct pval *d, int_fn *fn,
                    bool sign)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], sign), b = sel8(&in->src[1], s[1].w[0], sign);

    for (unsigned i = 0; i < 4; i++)
        a.b[i] = fn(in, a.b[i], b.b[i], 8, sign);
    d->w[0] = pack8(a);
}

#define INT_FAMILY(name, fn, u32, u16, u8)                                                         \
    OP(name##_##u32)                                                                               \
    {                                                                                              \
        int32(in, s, d, fn, false);                                                                \
    }                                                                                              \
    OP(name##_##u16)                                                                               \
    {                                                                                              \
        int16(in, s, d, fn, false);                                                                \
    }                                                                                              \
    OP(name##_##u8)                                                                                \
    {                                                                                              \
        int8(in, s, d, fn, false);                                                                 \
    }                                                                                              \
    OP(name##_S32)                                                                                 \
    {                                                                                              \
        int32(in, s, d, fn, true);                                                                 \
    }                                                                                              \
    OP(name##_V2S16)                                                                               \
    {                                                                                              \
        int16(in, s, d, fn, true);                                                                 \
    }                                                                                              \
    OP(name##_V4S8)                                                                                \
    {                                                                                              \
        int8(in, s, d, fn, true);                                                                  \
    }

INT_FAMILY(IADD, fn_iadd, U32, V2U16, V4U8)
INT_FAMILY(ISUB, fn_isub, U32, V2U16, V4U8)
INT_FAMILY(IMUL, fn_imul, I32, V2I16, V4I8)
INT_FAMILY(HADD, fn_hadd, U32, V2U16, V4U8)

/* --- 64 bits ------------------------------------------------------------------------ */

VA_INLINE uint64_t lane64(const struct pval *v, unsigned i)
{
    return v->w[0][i] | (uint64_t)v->w[1][i] << 32;
}

VA_INLINE void set64(struct pval *v, unsigned i, uint64_t x)
{
    v->w[0][i] = (uint32_t)x;
    v->w[1][i] = x >> 32;
}

VA_INLINE void add64(const struct va_insn *in, const struct pval *s, struct pval *d, bool sign,
                     bool sub)
{
    struct pval a = sel64(&in->src[0], &s[0], sign), b = sel64(&in->src[1], &s[1], sign);

    for (unsigned i = 0; i < LANES; i++) {
        uint64_t x = lane64(&a, i), y = lane64(&b, i), r = sub ? x - y : x + y;
        bool over = sign ? (((sub ? x ^ y : ~(x ^ y)) & (x ^ r)) >> 63) : sub ? x < y : r < x;
        if (over && MOD(SATURATE))
            r = sign ? (uint64_t)((int64_t)x >> 63) ^ INT64_MAX : sub ? 0 : UINT64_MAX;
        set64(d, i, r);
    }
}

OP(IADD_U64)
{
    add64(in, s, d, false, false);
}
OP(IADD_S64)
{
    add64(in, s, d, true, false);
}
OP(ISUB_U64)
{
    add64(in, s, d, false, true);
}
OP(ISUB_S64)
{
    add64(in, s, d, true, true);
}

/* A + (B << shift); B is extended by its selector first. */
VA_INLINE void shaddx(const struct va_insn *in, const struct pval *s, struct pval *d, bool sign)
{
    struct pval b = sel64(&in->src[1], &s[1], sign);
    unsigned n = in->imm[0];
    vu lo = b.w[0] << n, hi = n ? b.w[1] << n | b.w[0] >> (32 - n) : b.w[1];

    d->w[0] = s[0].w[0] + lo;
    d->w[1] = s[0].w[1] + hi - (vu)(d->w[0] < lo); /* a true comparison is -1: the carry */
}

OP(SHADDX_U64)
{
    shaddx(in, s, d, false);
}
OP(SHADDX_S64)
{
    shaddx(in, s, d, true);
}

OP(SEG_ADD_U64)
{
    struct pval b = sel64(&in->src[1], &s[1], false);

    for (unsigned i = 0; i < LANES; i++) {
        uint64_t x = lane64(&s[0], i), y = lane64(&b, i);
        set64(d, i, MOD(PRESERVE_NULL) && !x ? 0 : MOD(NEG) ? x - y : x + y);
    }
}

/* Both halves of the product of the low words. */
OP(IMULD_U64)
{
    struct pval a = sel64(&in->src[0], &s[0], false), b = sel64(&in->src[1], &s[1], false);

    for (unsigned i = 0; i < LANES; i++)
        set64(d, i, (uint64_t)a.w[0][i] * b.w[0][i]);
}

/* --- immediates, moves, one source ------------------------------------------------------ */

OP(MOV_I32)
{
    d->w[0] = s[0].w[0];
}
OP(NOT_OLD_I32)
{
    d->w[0] = ~s[0].w[0];
}

OP(NOT_OLD_I64)
{
    d->w[0] = ~s[0].w[0];
    d->w[1] = ~s[0].w[1];
}

OP(IADD_IMM_I32)
{
    d->w[0] = s[0].w[0] + (uint32_t)in->imm[0];
}

OP(IADD_IMM_V2I16)
{
    uint32_t c = in->imm[0];
    d->w[0] = pack16(s[0].w[0] + c, (s[0].w[0] >> 16) + (c >> 16));
}

OP(IADD_IMM_V4I8)
{
    uint32_t c = in->imm[0];
    vu a = s[0].w[0];
    /* Even and odd bytes apart, so that no carry crosses a lane. */
    d->w[0] = (((a & 0x00ff00ff) + (c & 0x00ff00ff)) & 0x00ff00ff) |
              (((a & 0xff00ff00) + (c & 0xff00ff00)) & 0xff00ff00);
}

VA_INLINE vu clz(vu x, unsigned width)
{
    vu n = splat(0);

    for (unsigned step = width / 2; step; step /= 2) {
        vu small = (vu)(x < (1u << (width - step)));
        n += small & step;
        x = pick(small, x << step, x);
    }
    return n + ((vu)(x < (1u << (width - 1))) & 1);
}

OP(CLZ_U32)
{
    d->w[0] = clz(s[0].w[0], 32);
}

OP(CLZ_V2U16)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], false);
    d->w[0] = pack16(clz(a.h[0], 16), clz(a.h[1], 16));
}

OP(CLZ_V4U8)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], false);
    for (unsigned i = 0; i < 4; i++)
        a.b[i] = clz(a.b[i], 8);
    d->w[0] = pack8(a);
}

VA_INLINE vu iabs(vu x)
{
    vu m = (vu)((vi)x >> 31);
    return (x ^ m) - m;
}

OP(IABS_S32)
{
    d->w[0] = iabs(sel32(&in->src[0], s[0].w[0], true));
}

OP(IABS_V2S16)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], true);
    d->w[0] = pack16(iabs(a.h[0]), iabs(a.h[1]));
}

OP(IABS_V4S8)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], true);
    for (unsigned i = 0; i < 4; i++)
        a.b[i] = iabs(a.b[i]);
    d->w[0] = pack8(a);
}

OP(POPCOUNT_I32)
{
    vu x = s[0].w[0];

    x -= x >> 1 & 0x55555555;
    x = (x & 0x33333333) + (x >> 2 & 0x33333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f;
    d->w[0] = x * 0x01010101 >> 24;
}

OP(BITREV_I32)
{
    vu x = s[0].w[0];

    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    x = (x >> 8 & 0x00ff00ff) | (x & 0x00ff00ff) << 8;
    d->w[0] = x >> 16 | x << 16;
}

OP(MKVEC_V2I16)
{
    d->w[0] = pack16(sel32(&in->src[0], s[0].w[0], false), sel32(&in->src[1], s[1].w[0], false));
}

OP(MKVEC_V2I8)
{
    d->w[0] = sel32(&in->src[0], s[0].w[0], false) | sel32(&in->src[1], s[1].w[0], false) << 8 |
              s[2].w[0] << 16;
}

/* --- shift, then logic -------------------------------------------------------------------- */

enum { LOGIC_AND, LOGIC_OR, LOGIC_XOR };

VA_INLINE vu logic(const struct va_insn *in, vu a, vu b, int op)
{
    if (in->src[2].inv)
        b = ~b;
    a = op == LOGIC_AND ? a & b : op == LOGIC_OR ? a | b : a ^ b;
    return MOD(NOT_RESULT) ? ~a : a;
}

/* Amounts wrap at the lane's width (inferred: APIs' shifts are not masked by the compiler). */
VA_INLINE vu shift(const struct va_insn *in, vu a, vu n, bool left)
{
    return left ? a << n : MOD(SIGNED) ? (vu)((vi)a >> (vi)n) : a >> n;
}

VA_INLINE void shift32(const struct va_insn *in, const struct pval *s, struct pval *d, bool left,
                       int op)
{
    vu a = sel32(&in->src[0], s[0].w[0], MOD(SIGNED)), n = sel32(&in->src[1], s[1].w[0], false);

    d->w[0] = logic(in, shift(in, a, n & 31, left), s[2].w[0], op);
}

VA_INLINE void shift16(const struct va_insn *in, const struct pval *s, struct pval *d, bool left,
                       int op)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], MOD(SIGNED));
    vu n = sel32(&in->src[1], s[1].w[0], false) & 15;

    d->w[0] =
        logic(in, pack16(shift(in, a.h[0], n, left), shift(in, a.h[1], n, left)), s[2].w[0], op);
}

VA_INLINE void shift8(const struct va_insn *in, const struct pval *s, struct pval *d, bool left,
                      int op)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], MOD(SIGNED));
    vu n = sel32(&in->src[1], s[1].w[0], false) & 7;

    for (unsigned i = 0; i < 4; i++)
        a.b[i] = shift(in, a.b[i], n, left);
    d->w[0] = logic(in, pack8(a), s[2].w[0], op);
}

VA_INLINE void shift64(const struct va_insn *in, const struct pval *s, struct pval *d, bool left,
                       int op)
{
    struct pval a = sel64(&in->src[0], &s[0], MOD(SIGNED));
    vu n = sel32(&in->src[1], s[1].w[0], false) & 63;

    for (unsigned i = 0; i < LANES; i++) {
        uint64_t x = lane64(&a, i);
        x = left ? x << n[i] : MOD(SIGNED) ? (uint64_t)((int64_t)x >> n[i]) : x >> n[i];
        set64(&a, i, x);
    }
    d->w[0] = logic(in, a.w[0], s[2].w[0], op);
    d->w[1] = logic(in, a.w[1], s[2].w[1], op);
}

#define SHIFT_FAMILY(name, left, op)                                                               \
    OP(name##_I32)                                                                                 \
    {                                                                                              \
        shift32(in, s, d, left, op);                                                               \
    }                                                                                              \
    OP(name##_V2I16)                                                                               \
    {                                                                                              \
        shift16(in, s, d, left, op);                                                               \
    }                                                                                              \
    OP(name##_V4I8)                                                                                \
    {                                                                                              \
        shift8(in, s, d, left, op);                                                                \
    }                                                                                              \
    OP(name##_I64)                                                                                 \
    {                                                                                              \
        shift64(in, s, d, left, op);                                                               \
    }

SHIFT_FAMILY(LSHIFT_AND, true, LOGIC_AND)
SHIFT_FAMILY(LSHIFT_OR, true, LOGIC_OR)
SHIFT_FAMILY(LSHIFT_XOR, true, LOGIC_XOR)
SHIFT_FAMILY(RSHIFT_AND, false, LOGIC_AND)
SHIFT_FAMILY(RSHIFT_OR, false, LOGIC_OR)
SHIFT_FAMILY(RSHIFT_XOR, false, LOGIC_XOR)

/* --- selection ------------------------------------------------------------------------------ */

/* The bits of @x that choose source 0. @zero: a mask with the bits of +-0.0 cleared. */
VA_INLINE vu mux_mask(const struct va_insn *in, vu x, unsigned width)
{
    uint32_t sign = 1u << (width - 1);

    switch (MOD(MUX)) {
    case VA_MUX_NEG:
        return (vu)((x & sign) != 0);
    case VA_MUX_INT_ZERO:
        return (vu)(x == 0);
    case VA_MUX_FP_ZERO:
        return (vu)((x & (sign - 1)) == 0);
    default:
        return x;
    }
}

OP(MUX_I32)
{
    d->w[0] = pick(mux_mask(in, s[2].w[0], 32), s[0].w[0], s[1].w[0]);
}

OP(MUX_V2I16)
{
    struct vx2 a = sel16(&in->src[0], s[0].w[0], false), b = sel16(&in->src[1], s[1].w[0], false),
               m = sel16(&in->src[2], s[2].w[0], false);

    VA_UNROLL
    for (unsigned i = 0; i < 2; i++)
        a.h[i] = pick(mux_mask(in, m.h[i], 16), a.h[i], b.h[i]);
    d->w[0] = pack16(a.h[0], a.h[1]);
}

OP(MUX_V4I8)
{
    struct vx4 a = sel8(&in->src[0], s[0].w[0], false), b = sel8(&in->src[1], s[1].w[0], false),
               m = sel8(&in->src[2], s[2].w[0], false);

    for (unsigned i = 0; i < 4; i++)
        a.b[i] = pick(mux_mask(in, m.b[i], 8), a.b[i], b.b[i]);
    d->w[0] = pack8(a);
}
