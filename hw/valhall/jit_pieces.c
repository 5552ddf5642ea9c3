/*
 * What compiled shaders are made of: the instructions' meanings and the steps between them, as
 * functions that jit_emit.c calls with constants and LLVM inlines. Not part of the core: clang
 * makes bitcode of it, jit_embed.py puts that into the build.
 *
 * alu_NAME() is an instruction of isa_alu.def; jit_NAME() a step. All are named by jit_emit.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#pragma clang fp contract(off)

#define VA_HOST_FMA
#ifdef __AVX512F__ /* jit_embed.py makes two of it */
#define VA_HOST_AVX512
#define VA_PIECE 64
#else
#define VA_HOST_AVX2
#define VA_PIECE 32
#endif
#define VA_JIT_PIECES /* sem_vec.h: selectors are inlined, they are constants in the end */

#include "exec_internal.h"
#include "jit.h"
#include "sem_vec.h"
#include "sem_micro.h"

#define INLINED __attribute__((always_inline))
/* Rarely called: LLVM then keeps registers where no call is, not on the stack around all of them.
 */
#define RARE __attribute__((noinline, cold))

/** @how: bits of an instruction that is not the same in all programs that have it. */
#define HOW_ALL   1u /* lanes are active */
#define HOW_FTZ32 2u
#define HOW_FTZ16 4u
#define HOW_LOOSE 8u /* a NaN of the result may be any */

/* An instruction: sources word by word, those it does not have are zeros. @halves: of the result.
 */
#define OP(id)                                                                                     \
    VA_INLINE void piece_##id(const struct va_insn *in, const struct pval *s, struct pval *d,      \
                              const struct va_env *env);                                           \
    INLINED void alu_##id(const struct va_insn *in, const vu_mem *s0, const vu_mem *t0,            \
                          const vu_mem *s1, const vu_mem *t1, const vu_mem *s2, const vu_mem *t2,  \
                          const vu_mem *s3, const vu_mem *t3, vu_mem *d0, vu_mem *d1,              \
                          const vu_mem *mask, uint32_t active, uint32_t how, uint32_t halves)      \
    {                                                                                              \
        const struct va_env env = {(uint16_t)active, how & HOW_FTZ32, how & HOW_FTZ16,             \
                                   how & HOW_LOOSE};                                               \
        VA_UNROLL for (unsigned k = 0; k < PIECES; k++)                                            \
        {                                                                                          \
            const struct pval ps[VA_MAX_SRC] = {                                                   \
                {{s0[k], t0[k]}}, {{s1[k], t1[k]}}, {{s2[k], t2[k]}}, {{s3[k], t3[k]}}};           \
            struct pval pd = {{splat(0), splat(0)}};                                               \
            piece_##id(in, ps, &pd, &env);                                                         \
            jit_out(d0, d1, mask, how, halves, k, &pd, WIDE_RESULT(id));                           \
        }                                                                                          \
    }                                                                                              \
    VA_INLINE void piece_##id(const struct va_insn *in, const struct pval *s, struct pval *d,      \
                              const struct va_env *env)

/* Those that look across lanes. */
#define OP_WARP(id)                                                                                \
    VA_INLINE void va_##id(const struct va_insn *in, const struct va_val *s, struct va_val *d,     \
                           const struct va_env *env);                                              \
    INLINED void alu_##id(const struct va_insn *in, const vu_mem *s0, const vu_mem *t0,            \
                          const vu_mem *s1, const vu_mem *t1, const vu_mem *s2, const vu_mem *t2,  \
                          const vu_mem *s3, const vu_mem *t3, vu_mem *d0, vu_mem *d1,              \
                          const vu_mem *mask, uint32_t active, uint32_t how, uint32_t halves)      \
    {                                                                                              \
        const struct va_env env = {(uint16_t)active, how & HOW_FTZ32, how & HOW_FTZ16,             \
                                   how & HOW_LOOSE};                                               \
        struct va_val s[2], d;                                                                     \
        jit_pair(&s[0], s0, t0);                                                                   \
        jit_pair(&s[1], s1, t1);                                                                   \
        va_##id(in, s, &d, &env);                                                                  \
        VA_UNROLL for (unsigned k = 0; k < PIECES; k++)                                            \
        {                                                                                          \
            struct pval pd = {{((const vu_mem *)&d.w[0])[k], splat(0)}};                           \
            if (WIDE_RESULT(id))                                                                   \
                pd.w[1] = ((const vu_mem *)&d.w[1])[k];                                            \
            jit_out(d0, d1, mask, how, halves, k, &pd, WIDE_RESULT(id));                           \
        }                                                                                          \
    }                                                                                              \
    VA_INLINE void va_##id(const struct va_insn *in, const struct va_val *s, struct va_val *d,     \
                           const struct va_env *env)

VA_INLINE void jit_pair(struct va_val *to, const vu_mem *low, const vu_mem *high)
{
    VA_UNROLL
    for (unsigned k = 0; k < PIECES; k++) {
        ((vu_mem *)&to->w[0])[k] = low[k];
        ((vu_mem *)&to->w[1])[k] = high[k];
    }
}

VA_INLINE void jit_out(vu_mem *d0, vu_mem *d1, const vu_mem *mask, uint32_t how, uint32_t halves,
                       unsigned k, const struct pval *pd, bool wide)
{
    if ((how & HOW_ALL) && halves == ~0u)
        d0[k] = pd->w[0];
    else if (how & HOW_ALL)
        d0[k] = pick(splat(halves), pd->w[0], d0[k]);
    else
        d0[k] = pick(mask[k] & halves, pd->w[0], d0[k]);
    if (wide)
        d1[k] = how & HOW_ALL ? pd->w[1] : pick(mask[k], pd->w[1], d1[k]);
}

#include "sem_int.h"
#include "sem_cmp.h"
#include "sem_float.h"
#include "sem_cvt.h"

INLINED uint32_t jit_left(const struct va_jit_args *a)
{
    return a->left;
}

/** Whether the @n instructions from @at can all run now. */
INLINED uint32_t jit_room(const struct va_jit_args *a, uint32_t left, uint32_t at, uint32_t n,
                          uint32_t how)
{
    return left >= n && ((how & HOW_ALL) || a->next >= at + n);
}

/** They do: counted as va_count() wants it. */
INLINED void jit_count(const struct va_jit_args *a, uint32_t at, uint32_t n)
{
    a->starts[at]++;
    a->starts[at + n]--;
}

/** Only the first @done of them did. */
INLINED void jit_uncount(const struct va_jit_args *a, uint32_t at, uint32_t n, uint32_t done)
{
    a->starts[at + n]++;
    a->starts[at + done]--;
}

INLINED uint32_t jit_leave(struct va_jit_args *a, uint32_t left, uint32_t at, uint32_t why,
                           uint32_t what)
{
    a->left = left;
    a->why = why;
    a->taken = a->answer = what;
    return at;
}

/** Lanes for which the condition @d of a branch holds. */
INLINED uint32_t jit_taken(const va_v16u *d, uint32_t active)
{
    return va_lanes_of(d) & active;
}

/** A register from memory or to it. */
INLINED void jit_copy(vu_mem *to, const vu_mem *from)
{
    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) to[k] = from[k];
}

/** What was left loose has to be what the interpreter would have. */
INLINED void jit_settle(vu_mem *r)
{
    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) r[k] = settle(as_f(r[k]), false);
}

/** A register to memory; settled if bit @r of @loose is set. */
INLINED void jit_copy_settled(vu_mem *to, const vu_mem *from, uint64_t loose, uint32_t r)
{
    vu m = splat(0 - (uint32_t)(loose >> r & 1));

    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) to[k] =
        pick(m, settle(as_f(from[k]), false), from[k]);
}

/** Lanes part or join: struct va_jit_args.turn. */
RARE uint32_t jit_turn(struct va_jit_args *a, uint32_t i, uint32_t taken)
{
    return a->turn(a, i, taken);
}

/** After jit_turn(): where the interpreter goes on. */
INLINED uint32_t jit_at(const struct va_jit_args *a)
{
    return a->at;
}

/** After jit_turn(): the lanes that run; @mask: of them. */
INLINED uint32_t jit_active(const struct va_jit_args *a, vu_mem *mask)
{
    jit_copy(mask, (const vu_mem *)&a->f->mask);
    return a->active;
}

/** Whether lanes wait at @at. */
INLINED uint32_t jit_joins(const struct va_jit_args *a, uint32_t at)
{
    return a->next == at;
}

/** The fast form's function. */
INLINED void jit_call(const struct va_jit_args *a, uint32_t at, uint32_t how, uint32_t ftz)
{
    const struct va_micro *m = &a->micro[at];

    (how & HOW_ALL ? m->all[ftz] : m->part[ftz])(m, a->f);
}

#include "jit_memory.h"
