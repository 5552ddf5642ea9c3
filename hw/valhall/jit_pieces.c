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
#define VA_HOST_AVX2
#define VA_PIECE      32
#define VA_JIT_PIECES /* sem_vec.h: selectors are inlined, they are constants in the end */

#include "exec_internal.h"
#include "jit.h"
#include "sem_vec.h"
#include "sem_micro.h"

#define INLINED __attribute__((always_inline))

/** @how: bits of an instruction that is not the same in all programs that have it. */
#define HOW_ALL   1u /* lanes are active */
#define HOW_FTZ32 2u
#define HOW_FTZ16 4u

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
        const struct va_env env = {(uint16_t)active, how & HOW_FTZ32, how & HOW_FTZ16};            \
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

/* Those that look across lanes are called, not inlined. */
#define OP_WARP(id)                                                                                \
    static __attribute__((unused)) void va_##id(const struct va_insn *in, const struct va_val *s,  \
                                                struct va_val *d, const struct va_env *env)

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

/** The fast form's function. */
INLINED void jit_call(const struct va_jit_args *a, uint32_t at, uint32_t how, uint32_t ftz)
{
    const struct va_micro *m = &a->micro[at];

    (how & HOW_ALL ? m->all[ftz] : m->part[ftz])(m, a->f);
}

/* --- memory ---------------------------------------------------------------------------------- */

/** LOAD, STORE, ATOM: enum va_message_result. @r, @imm: as the others have it. */
INLINED uint32_t jit_memory(const struct va_jit_args *a, va_v16u *r, uint32_t at,
                            const va_v16u *src, uint32_t active, int64_t imm)
{
    return a->memory(a->w, a->host, &a->step[at], src, (uint16_t)active);
}

/** A message of the host, with @n sources: enum va_message_result. */
INLINED uint32_t jit_message(const struct va_jit_args *a, uint32_t at, uint32_t n,
                             const va_v16u *s0, const va_v16u *t0, const va_v16u *s1,
                             const va_v16u *t1, const va_v16u *s2, const va_v16u *t2,
                             const va_v16u *s3, const va_v16u *t3, uint32_t active)
{
    struct va_val src[VA_MAX_SRC]; /* copies: the message writes registers while it reads them */

    if (!a->host->message)
        return VA_MSG_UNMODELLED;
    if (n > 0)
        src[0] = (struct va_val){{*s0, *t0}};
    if (n > 1)
        src[1] = (struct va_val){{*s1, *t1}};
    if (n > 2)
        src[2] = (struct va_val){{*s2, *t2}};
    if (n > 3)
        src[3] = (struct va_val){{*s3, *t3}};
    return a->host->message(a->host->ctx, a->w, a->micro[at].insn, src, (uint16_t)active);
}

/* Where @bytes at @va are; NULL: not in one stretch, or the host has to say what is wrong. */
VA_INLINE uint8_t *window(const struct va_jit_args *a, uint64_t va, uint64_t bytes, bool write)
{
    struct va_jit_window *win = &a->window[write][(va >> 12 ^ va >> 17) & (VA_JIT_WINDOWS - 1)],
                         other;
    uint64_t off = va - win->va;

    if (__builtin_expect(off < win->len && win->len - off >= bytes, 1))
        return win->p + off;
    a->map(a, va, write, &other);
    /* What reads beyond all addresses find may change: the host makes it anew. */
    if (write || !(va >> 48))
        *win = other;
    return other.len >= bytes ? other.p : NULL;
}

/* Whether all lanes of @mask are in the 4 GiB of lane @first. */
VA_INLINE bool same_top(const vu_mem *hi, uint32_t top, const vu_mem *mask)
{
    vu other = splat(0);

    for (unsigned k = 0; k < PIECES; k++)
        other |= (hi[k] ^ top) & mask[k];
    return _mm256_testz_si256((__m256i)other, (__m256i)other);
}

/* All lanes of @mask: lane i is at @low + i * @step. */
VA_INLINE bool in_steps(const vu_mem *lo, uint32_t low, uint32_t step, const vu_mem *mask)
{
    vu other = splat(0);

    for (unsigned k = 0; k < PIECES; k++)
        other |= ((lo[k] - low) ^ ((const vu_mem *)&va_lane_ids)[k] * step) & mask[k];
    return _mm256_testz_si256((__m256i)other, (__m256i)other);
}

/* Lowest and highest word of the lanes of @mask. */
VA_INLINE void extent(const vu_mem *lo, const vu_mem *mask, uint32_t *low, uint32_t *high)
{
    __m256i a = _mm256_min_epu32((__m256i)(lo[0] | ~mask[0]), (__m256i)(lo[1] | ~mask[1]));
    __m256i b = _mm256_max_epu32((__m256i)(lo[0] & mask[0]), (__m256i)(lo[1] & mask[1]));
    __m128i l = _mm_min_epu32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    __m128i h = _mm_max_epu32(_mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1));

    l = _mm_min_epu32(l, _mm_shuffle_epi32(l, 0x4e));
    h = _mm_max_epu32(h, _mm_shuffle_epi32(h, 0x4e));
    *low = (uint32_t)_mm_cvtsi128_si32(_mm_min_epu32(l, _mm_shuffle_epi32(l, 0xb1)));
    *high = (uint32_t)_mm_cvtsi128_si32(_mm_max_epu32(h, _mm_shuffle_epi32(h, 0xb1)));
}

/* Lane by lane: where each of @n bytes is; false: va_memory() has to. */
VA_INLINE bool lanes_at(const struct va_jit_args *a, const va_v16u *src, uint32_t active,
                        int64_t imm, unsigned n, bool write, uint8_t *p[VA_LANES])
{
    const uint32_t *lo = (const uint32_t *)&src[0], *hi = (const uint32_t *)&src[1];

    for (unsigned left = active; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        p[i] = window(a, (lo[i] | (uint64_t)hi[i] << 32) + (uint64_t)imm, n, write);
        if (!p[i])
            return false;
    }
    return true;
}

/* The same word for all lanes of @mask. */
VA_INLINE void load_all_same(vu_mem *r, const uint8_t *p, const vu_mem *mask, unsigned words)
{
    for (unsigned w = 0; w < words; w++) {
        uint32_t x;
        __builtin_memcpy(&x, p + 4 * w, 4);
        for (unsigned k = 0; k < PIECES; k++)
            r[PIECES * w + k] = pick(mask[k], splat(x), r[PIECES * w + k]);
    }
}

VA_INLINE void load_gather(vu_mem *r, const uint8_t *p, const vu_mem *off, const vu_mem *mask,
                           unsigned words)
{
    vu at[PIECES];

    for (unsigned k = 0; k < PIECES; k++)
        at[k] = off[k];
    for (unsigned w = 0; w < words; w++)
        for (unsigned k = 0; k < PIECES; k++)
            r[PIECES * w + k] = (vu)_mm256_mask_i32gather_epi32(
                (__m256i)r[PIECES * w + k], (const int *)(p + 4 * w), (__m256i)at[k],
                (__m256i)mask[k], 1);
}

/* Words of all lanes side by side, or the same, or in one stretch, or anywhere. */
VA_INLINE uint32_t load_words(const struct va_jit_args *a, va_v16u *regs, uint32_t at,
                              const va_v16u *src, uint32_t active, int64_t imm, unsigned words)
{
    const vu_mem *lo = (const vu_mem *)&src[0], *hi = (const vu_mem *)&src[1];
    const vu_mem *mask = (const vu_mem *)&a->f->mask;
    vu_mem *r = (vu_mem *)&regs[a->step[at].insn.sr[0].reg];
    unsigned first = (unsigned)__builtin_ctz(active), size = 4 * words;
    uint32_t low = ((const uint32_t *)lo)[first], top = ((const uint32_t *)hi)[first], high;
    uint64_t va = (low | (uint64_t)top << 32) + (uint64_t)imm;
    uint8_t *p, *each[VA_LANES];

    if (__builtin_expect(same_top(hi, top, mask), 1)) {
        if (in_steps(lo, low, 0, mask)) {
            p = window(a, va, size, false);
            if (p) {
                load_all_same(r, p, mask, words);
                return VA_MSG_DONE;
            }
        } else if (words == 1 && active == 0xffff && low <= UINT32_MAX - 64 &&
                   in_steps(lo, low, 4, mask)) {
            p = window(a, va, 64, false);
            if (p) {
                for (unsigned k = 0; k < PIECES; k++)
                    __builtin_memcpy(&r[k], p + 32 * k, 32);
                return VA_MSG_DONE;
            }
        }
        extent(lo, mask, &low, &high);
        va = (low | (uint64_t)top << 32) + (uint64_t)imm;
        p = high - low <= 4096 ? window(a, va, (uint64_t)(high - low) + size, false) : NULL;
        if (p) {
            vu off[PIECES];
            for (unsigned k = 0; k < PIECES; k++)
                off[k] = lo[k] - low;
            load_gather(r, p, off, mask, words);
            return VA_MSG_DONE;
        }
    }
    if (!lanes_at(a, src, active, imm, size, false, each))
        return a->memory(a->w, a->host, &a->step[at], src, (uint16_t)active);
    for (unsigned left = active; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        for (unsigned w = 0; w < words; w++)
            __builtin_memcpy((uint32_t *)r + VA_LANES * w + i, each[i] + 4 * w, 4);
    }
    return VA_MSG_DONE;
}

VA_INLINE uint32_t store_words(const struct va_jit_args *a, const va_v16u *regs, uint32_t at,
                               const va_v16u *src, uint32_t active, int64_t imm, unsigned words)
{
    const vu_mem *lo = (const vu_mem *)&src[0], *hi = (const vu_mem *)&src[1];
    const vu_mem *mask = (const vu_mem *)&a->f->mask;
    const uint32_t *r = (const uint32_t *)&regs[a->step[at].insn.sr[0].reg];
    uint32_t low = ((const uint32_t *)lo)[0], top = ((const uint32_t *)hi)[0];
    uint8_t *p, *each[VA_LANES];

    if (a->w->helper) /* has no side effects */
        return a->memory(a->w, a->host, &a->step[at], src, (uint16_t)active);
    if (words == 1 && active == 0xffff && low <= UINT32_MAX - 64 && same_top(hi, top, mask) &&
        in_steps(lo, low, 4, mask)) {
        p = window(a, (low | (uint64_t)top << 32) + (uint64_t)imm, 64, true);
        if (p) {
            __builtin_memcpy(p, r, 64);
            return VA_MSG_DONE;
        }
    }
    if (!lanes_at(a, src, active, imm, 4 * words, true, each))
        return a->memory(a->w, a->host, &a->step[at], src, (uint16_t)active);
    for (unsigned left = active; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        for (unsigned w = 0; w < words; w++)
            __builtin_memcpy(each[i] + 4 * w, r + VA_LANES * w + i, 4);
    }
    return VA_MSG_DONE;
}

#define MEMORY(words)                                                                              \
    __attribute__((noinline)) uint32_t jit_load##words(const struct va_jit_args *a, va_v16u *r,    \
                                                       uint32_t at, const va_v16u *src,            \
                                                       uint32_t active, int64_t imm)               \
    {                                                                                              \
        return load_words(a, r, at, src, active, imm, words);                                      \
    }                                                                                              \
    __attribute__((noinline)) uint32_t jit_store##words(const struct va_jit_args *a, va_v16u *r,   \
                                                        uint32_t at, const va_v16u *src,           \
                                                        uint32_t active, int64_t imm)              \
    {                                                                                              \
        return store_words(a, r, at, src, active, imm, words);                                     \
    }
MEMORY(1)
MEMORY(2)
MEMORY(3)
MEMORY(4)
