/*
 * Messages of memory in compiled code: LOAD, STORE, LD_BUFFER and LEA_BUFFER are inlined for lanes
 * that lie near each other, in one window; for a few windows a function is called, else the host.
 *
 * Registers are the compiled function's variables, not struct va_warp's: what is called gets them
 * in a struct far, which brings them there and back.
 *
 * Included by jit_pieces.c. The functions of the last section are named by jit_emit.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_JIT_MEMORY_H
#define MALI_VA_JIT_MEMORY_H

#define LIKELY(x)  __builtin_expect(!!(x), 1)
#define NOT_INLINE __attribute__((noinline))
#define WORDS_MAX  4

/* An operation that is called: sources as va_memory() and messages have them, staging registers. */
struct far {
    va_v16u src[2 * VA_MAX_SRC], r[WORDS_MAX];
};

/* --- lanes ------------------------------------------------------------------------------- */

VA_INLINE bool none(const vu x[PIECES])
{
#ifdef VA_HOST_AVX512
    return !_mm512_test_epi32_mask((__m512i)x[0], (__m512i)x[0]);
#else
    vu all = x[0] | x[1];
    return _mm256_testz_si256((__m256i)all, (__m256i)all);
#endif
}

/* Whether a bit of @bits is set in no lane of @mask. */
VA_INLINE bool none_of(const vu x[PIECES], uint32_t bits, const vu_mem *mask)
{
    vu y[PIECES];

    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) y[k] = x[k] & mask[k] & bits;
    return none(y);
}

/* Whether no lane of @mask is above @limit. */
VA_INLINE bool none_above(const vu x[PIECES], uint32_t limit, const vu_mem *mask)
{
    vu y[PIECES];

    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) y[k] = (vu)(x[k] > splat(limit)) & mask[k];
    return none(y);
}

/* The word of the lowest lane of @active. */
VA_INLINE uint32_t first_of(const vu_mem *x, uint32_t active, uint32_t how)
{
#ifdef VA_HOST_AVX512
    __m512i v = (__m512i)x[0];

    if (!(how & HOW_ALL))
        v = _mm512_maskz_compress_epi32((__mmask16)active, v);
    return (uint32_t)_mm512_cvtsi512_si32(v);
#else
    return ((const uint32_t *)x)[how & HOW_ALL ? 0 : __builtin_ctz(active)];
#endif
}

/* --- windows ------------------------------------------------------------------------------- */

RARE bool jit_window(const struct va_jit_args *a, struct va_jit_window *w, uint64_t va,
                     uint32_t write)
{
    if (va >> 48) /* what the host has there may change */
        return false;
    a->map(a, va, write, w);
    return w->len;
}

/* Where @va is, and how many bytes follow; NULL: the host has to say. */
VA_INLINE uint8_t *window(const struct va_jit_args *a, uint64_t va, bool write, uint64_t *room)
{
    struct va_jit_window *w =
        &a->memory_seen->window[write][(va >> 12 ^ va >> 17) & (VA_JIT_WINDOWS - 1)];

    if (!LIKELY(va - w->va < w->len) && !jit_window(a, w, va, write))
        return NULL;
    *room = w->len - (va - w->va);
    return w->p + (va - w->va);
}

/* --- near: all lanes in one window, none before the first ------------------------------------ */

/* Words that lie anywhere behind @p. */
NOT_INLINE void jit_gather(const uint8_t *p, const va_v16u *off, va_v16u *r, uint32_t words)
{
    const uint8_t *each[VA_LANES];

    for (unsigned i = 0; i < VA_LANES; i++)
        each[i] = p + ((const uint32_t *)off)[i];
    va_rows_load_any(r, each, words);
}

NOT_INLINE void jit_scatter(uint8_t *p, const va_v16u *off, const va_v16u *r, uint32_t active,
                            uint32_t words)
{
    const uint32_t *o = (const uint32_t *)off, *v = (const uint32_t *)r;
    uint8_t *each[VA_LANES];

    if (active == 0xffff && words > 1) {
        for (unsigned i = 0; i < VA_LANES; i++)
            each[i] = p + o[i];
        va_rows_store_any(r, each, words);
        return;
    }
    for (unsigned left = active; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        for (unsigned w = 0; w < words; w++)
            __builtin_memcpy(p + o[i] + 4 * w, v + VA_LANES * w + i, 4);
    }
}

VA_INLINE void put(vu_mem *r, const vu v[PIECES], const vu_mem *mask)
{
    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) r[k] = pick(mask[k], v[k], r[k]);
}

/* Lanes' words among the 64 bytes at @p. */
VA_INLINE void load_row(vu_mem *r, const uint8_t *p, const vu d[PIECES], const vu_mem *mask)
{
    vu v[PIECES];
#ifdef VA_HOST_AVX512
    v[0] = (vu)_mm512_permutexvar_epi32((__m512i)(d[0] >> 2), _mm512_loadu_si512(p));
#else
    const __m256i a = _mm256_loadu_si256((const __m256i *)p);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(p + 32));

    VA_UNROLL
    for (unsigned k = 0; k < PIECES; k++) {
        __m256i at = (__m256i)(d[k] >> 2), low = _mm256_permutevar8x32_epi32(a, at);
        __m256i high = _mm256_permutevar8x32_epi32(b, at);
        v[k] = pick((vu)(d[k] > splat(31)), (vu)high, (vu)low);
    }
#endif
    put(r, v, mask);
}

/* One word for each lane, anywhere. */
VA_INLINE void load_each(vu_mem *r, const uint8_t *p, const vu d[PIECES], const vu_mem *mask,
                         uint32_t active)
{
#ifdef VA_HOST_AVX512
    r[0] = (vu)_mm512_mask_i32gather_epi32((__m512i)r[0], (__mmask16)active, (__m512i)d[0], p, 1);
#else
    for (unsigned k = 0; k < PIECES; k++)
        r[k] = (vu)_mm256_mask_i32gather_epi32((__m256i)r[k], (const int *)p, (__m256i)d[k],
                                               (__m256i)mask[k], 1);
#endif
}

VA_INLINE void load_many(vu_mem *const r[WORDS_MAX], const uint8_t *p, const vu d[PIECES],
                         const vu_mem *mask, unsigned words)
{
    va_v16u off, v[WORDS_MAX];

    for (unsigned k = 0; k < PIECES; k++)
        ((vu_mem *)&off)[k] = d[k] & mask[k];
    jit_gather(p, &off, v, words);
    VA_UNROLL
    for (unsigned w = 0; w < words; w++) {
        vu x[PIECES];
        for (unsigned k = 0; k < PIECES; k++)
            x[k] = ((const vu_mem *)&v[w])[k];
        put(r[w], x, mask);
    }
}

/* The same words for all lanes. */
VA_INLINE void load_same(vu_mem *const r[WORDS_MAX], const uint8_t *p, const vu_mem *mask,
                         unsigned words)
{
    VA_UNROLL
    for (unsigned w = 0; w < words; w++) {
        vu v[PIECES];
        uint32_t x;
        __builtin_memcpy(&x, p + 4 * w, 4);
        for (unsigned k = 0; k < PIECES; k++)
            v[k] = splat(x);
        put(r[w], v, mask);
    }
}

/* Where @va is; NULL: there is no room for @words words @d behind it in each lane. @d above @most
 * is no distance. */
VA_INLINE uint8_t *near(const struct va_jit_args *a, uint64_t va, const vu d[PIECES], uint32_t most,
                        const vu_mem *mask, bool write, unsigned words, uint64_t *room)
{
    uint8_t *p = window(a, va, write, room);

    if (!LIKELY(p && *room >= 4 * words))
        return NULL;
    if (*room - 4 * words < most)
        most = (uint32_t)*room - 4 * words;
    return LIKELY(none_above(d, most, mask)) ? p : NULL;
}

/* From @va + @d of each lane. False: not near, nothing was done. */
VA_INLINE bool load_near(const struct va_jit_args *a, uint64_t va, const vu d[PIECES],
                         uint32_t most, vu_mem *const r[WORDS_MAX], const vu_mem *mask,
                         uint32_t active, unsigned words)
{
    uint64_t room;
    uint8_t *p = near(a, va, d, most, mask, false, words, &room);

    if (!p)
        return false;
    if (words == 1 && room >= 64 && none_of(d, ~60u, mask))
        load_row(r[0], p, d, mask);
    else if (words > 1 && none_of(d, ~0u, mask))
        load_same(r, p, mask, words);
    else if (words == 1)
        load_each(r[0], p, d, mask, active);
    else
        load_many(r, p, d, mask, words);
    return true;
}

VA_INLINE bool store_near(const struct va_jit_args *a, uint64_t va, const vu d[PIECES],
                          uint32_t most, vu_mem *const r[WORDS_MAX], const vu_mem *mask,
                          uint32_t active, uint32_t how, unsigned words)
{
    uint32_t first = how & HOW_ALL ? 0 : 4 * (uint32_t)__builtin_ctz(active);
    uint64_t room;
    uint8_t *p = near(a, va, d, most, mask, true, words, &room);
    vu side[PIECES];
    va_v16u off, v[WORDS_MAX];

    if (!p)
        return false;
    for (unsigned k = 0; k < PIECES; k++)
        side[k] = d[k] ^ (((const vu_mem *)&va_lane_ids)[k] * 4 - first);
    if (words == 1 && none_of(side, ~0u, mask)) {
#ifdef VA_HOST_AVX512
        _mm512_mask_storeu_epi32(p - first, (__mmask16)active, (__m512i)r[0][0]);
#else
        for (unsigned k = 0; k < PIECES; k++)
            _mm256_maskstore_epi32((int *)(p - first + 32 * k), (__m256i)mask[k], (__m256i)r[0][k]);
#endif
        return true;
    }
#ifdef VA_HOST_AVX512
    if (words == 1) { /* of lanes that name one word the last one's stays, as one by one */
        _mm512_mask_i32scatter_epi32(p, (__mmask16)active, (__m512i)d[0], (__m512i)r[0][0], 1);
        return true;
    }
#endif
    for (unsigned k = 0; k < PIECES; k++)
        ((vu_mem *)&off)[k] = d[k];
    VA_UNROLL
    for (unsigned w = 0; w < words; w++)
        jit_copy((vu_mem *)&v[w], r[w]);
    jit_scatter(p, &off, v, active, words);
    return true;
}

/* 32 bits for each lane of @mask, all of them in the window, or nothing. */
VA_INLINE bool bytes_near(const struct va_jit_args *a, uint64_t va, const vu d[PIECES],
                          uint32_t most, const vu_mem *mask, uint32_t active, vu x[PIECES])
{
    uint64_t room;
    uint8_t *p = near(a, va, d, most, mask, false, 1, &room);

    if (!p)
        return false;
#ifdef VA_HOST_AVX512
    if (room >= 64 && none_above(d, 60, mask)) {
        __m512i first = _mm512_shuffle_epi8(
            (__m512i)d[0], _mm512_set4_epi32(0x0c0c0c0c, 0x08080808, 0x04040404, 0));
        x[0] = (vu)_mm512_permutexvar_epi8(_mm512_add_epi8(first, _mm512_set1_epi32(0x03020100)),
                                           _mm512_loadu_si512(p));
        return true;
    }
#endif
    VA_UNROLL for (unsigned k = 0; k < PIECES; k++) x[k] = splat(0);
    load_each(x, p, d, mask, active);
    return true;
}

/* As struct va_small has it; @form: up, shift, both, a byte each. */
VA_INLINE void put_small(vu x[PIECES], vu_mem *r0, vu_mem *r1, const vu_mem *mask, uint32_t bytes,
                         uint32_t form, uint32_t keep, uint32_t part)
{
    uint32_t up = form & 0xff, shift = form >> 8 & 0xff, both = form >> 16;

    VA_UNROLL
    for (unsigned k = 0; k < PIECES; k++) {
        vu v = x[k] & (bytes == 1 ? 0xff : 0xffff), above = splat(0);
        if (up) {
            v = (vu)((vi)(v << up) >> up);
            above = (vu)((vi)v >> 31);
        }
        v = (v & keep) << shift;
        r0[k] = pick(mask[k] & part, v, r0[k]);
        if (both)
            r1[k] = pick(mask[k], above, r1[k]);
    }
}

/* --- spread: in a few windows ---------------------------------------------------------------
 *
 * Local storage of a warp's invocations, say, which is longer than a page.
 */

#define SPREAD 4

/* A word of each of @lanes, which are at @lo; @low is at @p. */
VA_INLINE void move_words(uint8_t *p, const va_v16u *lo, uint32_t low, va_v16u *r, uint32_t lanes,
                          bool write)
{
#ifdef VA_HOST_AVX512
    __m512i d = _mm512_sub_epi32(_mm512_loadu_si512(lo), _mm512_set1_epi32((int)low));
    __m512i v = _mm512_loadu_si512(r);

    if (write)
        _mm512_mask_i32scatter_epi32(p, (__mmask16)lanes, d, v, 1);
    else
        _mm512_storeu_si512(r, _mm512_mask_i32gather_epi32(v, (__mmask16)lanes, d, p, 1));
#else
    for (; lanes; lanes &= lanes - 1) {
        unsigned i = (unsigned)__builtin_ctz(lanes);
        uint32_t d = ((const uint32_t *)lo)[i] - low;
        if (write)
            __builtin_memcpy(p + d, (uint32_t *)r + i, 4);
        else
            __builtin_memcpy((uint32_t *)r + i, p + d, 4);
    }
#endif
}

/* Lanes of @x at most @limit behind @low. */
VA_INLINE uint32_t lanes_behind(const va_v16u *x, uint32_t low, uint32_t limit)
{
    const vu_mem *from = (const vu_mem *)x;
    uint32_t in = 0;

    VA_UNROLL
    for (unsigned k = 0; k < PIECES; k++) {
        vu d = from[k] - low;
#ifdef VA_HOST_AVX512
        in = _mm512_cmple_epu32_mask((__m512i)d, (__m512i)splat(limit));
#else
        in |= (uint32_t)_mm256_movemask_ps((__m256)(d <= splat(limit))) << 8 * k;
#endif
    }
    return in;
}

/* @b's sources are lanes' addresses less @imm. Stores are done in the order of lanes. False: not so
 * near, or another order, nothing was done. */
NOT_INLINE bool jit_spread(const struct va_jit_args *a, struct far *b, uint32_t active, int64_t imm,
                           uint32_t words, bool write)
{
    const uint32_t *lo = (const uint32_t *)&b->src[0];
    uint32_t top = ((const uint32_t *)&b->src[1])[__builtin_ctz(active)];
    uint32_t lanes[SPREAD], low[SPREAD], left = active;
    uint8_t *p[SPREAD];
    unsigned n = 0;

    if ((active & ~lanes_behind(&b->src[1], top, 0)) || (write && words > 1))
        return false;
    for (; left; n++) {
        uint64_t room, limit = INT32_MAX;
        if (n == SPREAD)
            return false;
        low[n] = lo[__builtin_ctz(left)];
        p[n] = window(a, (low[n] | (uint64_t)top << 32) + (uint64_t)imm, write, &room);
        if (!p[n] || room < 4 * words)
            return false;
        limit = room - 4 * words < limit ? room - 4 * words : limit;
        limit = ~low[n] < limit ? ~low[n] : limit; /* more goes over the end of the 4 GiB */
        lanes[n] = left & lanes_behind(&b->src[0], low[n], (uint32_t)limit);
        left &= ~lanes[n];
        if (write && left && lanes[n] > (left & -left)) /* bytes that two lanes store: the last's */
            return false;
    }
    for (unsigned k = 0; k < n; k++)
        for (unsigned w = 0; w < words; w++)
            move_words(p[k] + 4 * w, &b->src[0], low[k], &b->r[w], lanes[k], write);
    return true;
}

/* --- far: called -------------------------------------------------------------------------- */

/* Lane by lane: where each of @n bytes is; false: the host has to say. */
VA_INLINE bool lanes_at(const struct va_jit_args *a, const va_v16u *src, uint32_t active,
                        int64_t imm, unsigned n, bool write, uint8_t *p[VA_LANES])
{
    const uint32_t *lo = (const uint32_t *)&src[0], *hi = (const uint32_t *)&src[1];
    uint64_t room;

    for (unsigned left = active; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        p[i] = window(a, (lo[i] | (uint64_t)hi[i] << 32) + (uint64_t)imm, write, &room);
        if (!p[i] || room < n)
            return false;
    }
    return true;
}

VA_INLINE bool far_words(const struct va_jit_args *a, struct far *b, const struct va_step *s,
                         uint32_t active)
{
    bool write = s->kind == VA_KIND_STORE;
    uint8_t *each[VA_LANES];

    if (!lanes_at(a, b->src, active, s->insn.imm[0], 4u * s->words, write, each))
        return false;
    if (active == 0xffff && s->words > 1) {
        if (write)
            va_rows_store_any(b->r, each, s->words);
        else
            va_rows_load_any(b->r, (const uint8_t *const *)each, s->words);
        return true;
    }
    for (unsigned left = active; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        for (unsigned w = 0; w < s->words; w++) {
            uint32_t *r = (uint32_t *)&b->r[w] + i;
            if (write)
                __builtin_memcpy(each[i] + 4 * w, r, 4);
            else
                __builtin_memcpy(r, each[i] + 4 * w, 4);
        }
    }
    return true;
}

/* Any message with @n staging registers. */
RARE uint32_t jit_far(const struct va_jit_args *a, struct far *b, uint32_t at, uint32_t active,
                      uint32_t n)
{
    const struct va_step *s = &a->step[at];
    va_v16u *r = &a->w->r[s->insn.sr[0].reg];
    bool words =
        s->words && (s->kind == VA_KIND_LOAD || (s->kind == VA_KIND_STORE && !a->w->helper));
    uint32_t result;

    if (words && (jit_spread(a, b, active, s->insn.imm[0], s->words, s->kind == VA_KIND_STORE) ||
                  far_words(a, b, s, active)))
        return VA_MSG_DONE;
    for (unsigned k = 0; k < n; k++)
        r[k] = b->r[k];
    if (s->kind != VA_KIND_MESSAGE)
        result = a->memory(a->w, a->host, s, b->src, (uint16_t)active);
    else if (a->host->message)
        result = a->host->message(a->host->ctx, a->w, a->micro[at].insn,
                                  (const struct va_val *)b->src, (uint16_t)active);
    else
        result = VA_MSG_UNMODELLED;
    for (unsigned k = 0; k < n; k++)
        b->r[k] = r[k];
    return result;
}

VA_INLINE uint32_t far(const struct va_jit_args *a, uint32_t at, const vu_mem *s0, const vu_mem *t0,
                       const vu_mem *s1, const vu_mem *t1, vu_mem *const r[WORDS_MAX],
                       uint32_t active, unsigned n, bool back)
{
    struct far b;
    uint32_t result;

    jit_copy((vu_mem *)&b.src[0], s0);
    jit_copy((vu_mem *)&b.src[1], t0);
    jit_copy((vu_mem *)&b.src[2], s1);
    jit_copy((vu_mem *)&b.src[3], t1);
    VA_UNROLL
    for (unsigned k = 0; k < n; k++)
        jit_copy((vu_mem *)&b.r[k], r[k]);
    result = jit_far(a, &b, at, active, n);
    VA_UNROLL
    for (unsigned k = 0; k < n; k++)
        if (back)
            jit_copy(r[k], (const vu_mem *)&b.r[k]);
    return result;
}

/* --- what jit_emit.c names: enum va_message_result --------------------------------------------
 */

/* Whether all lanes of @mask have the first one's high word; *va: its address; @d: how far behind
 * it the others are, if at most *most: more goes over the end of the 4 GiB. */
VA_INLINE bool same_base(const vu_mem *lo, const vu_mem *hi, const vu_mem *mask, uint32_t active,
                         uint32_t how, int64_t imm, vu d[PIECES], uint64_t *va, uint32_t *most)
{
    uint32_t low = first_of(lo, active, how), top = first_of(hi, active, how);
    vu other[PIECES];

    for (unsigned k = 0; k < PIECES; k++) {
        d[k] = lo[k] - low;
        other[k] = hi[k] ^ top;
    }
    *va = (low | (uint64_t)top << 32) + (uint64_t)imm;
    *most = ~low;
    return LIKELY(none_of(other, ~0u, mask));
}

VA_INLINE uint32_t load_words(const struct va_jit_args *a, uint32_t at, const vu_mem *lo,
                              const vu_mem *hi, vu_mem *const r[WORDS_MAX], const vu_mem *mask,
                              uint32_t active, uint32_t how, int64_t imm, unsigned words)
{
    vu d[PIECES];
    uint32_t most;
    uint64_t va;

    if (LIKELY(same_base(lo, hi, mask, active, how, imm, d, &va, &most) &&
               load_near(a, va, d, most, r, mask, active, words)))
        return VA_MSG_DONE;
    return far(a, at, lo, hi, lo, hi, r, active, words, true);
}

VA_INLINE uint32_t store_words(const struct va_jit_args *a, uint32_t at, const vu_mem *lo,
                               const vu_mem *hi, vu_mem *const r[WORDS_MAX], const vu_mem *mask,
                               uint32_t active, uint32_t how, int64_t imm, unsigned words)
{
    vu d[PIECES];
    uint32_t most;
    uint64_t va;

    if (LIKELY(!a->w->helper && same_base(lo, hi, mask, active, how, imm, d, &va, &most) &&
               store_near(a, va, d, most, r, mask, active, how, words)))
        return VA_MSG_DONE;
    return far(a, at, lo, hi, lo, hi, r, active, words, false);
}

/* The buffer that all lanes of @mask name, if the host has it at hand. */
VA_INLINE const struct va_buffer *buffer(const struct va_jit_args *a, const vu_mem *handle,
                                         const vu_mem *mask, uint32_t active, uint32_t how,
                                         uint32_t alike)
{
    uint32_t h = first_of(handle, active, how);
    const struct va_buffer *b;
    vu other[PIECES];

    for (unsigned k = 0; k < PIECES; k++)
        other[k] = handle[k] ^ h;
    if (!alike && !none_of(other, ~0u, mask))
        return NULL;
    if (!a->host->buffers)
        return NULL;
    b = &a->host->buffers[va_buffer_slot(h)];
    return LIKELY(b->epoch == a->epoch && b->handle == h) ? b : NULL;
}

/* Whether @bytes bytes at @off of each lane lie in one buffer; *va: of the first lane. */
VA_INLINE bool in_buffer(const struct va_jit_args *a, const vu_mem *off, const vu_mem *handle,
                         const vu_mem *mask, uint32_t active, uint32_t how, uint32_t alike,
                         uint32_t bytes, vu d[PIECES], uint64_t *va)
{
    const struct va_buffer *b = buffer(a, handle, mask, active, how, alike);
    uint32_t first = first_of(off, active, how);
    uint64_t most;
    vu o[PIECES];

    if (!LIKELY(b && b->size >= bytes))
        return false;
    most = b->size - bytes;
    for (unsigned k = 0; k < PIECES; k++) {
        o[k] = off[k];
        d[k] = off[k] - first;
    }
    *va = b->va + first;
    return LIKELY(none_above(o, most < UINT32_MAX ? (uint32_t)most : UINT32_MAX, mask));
}

VA_INLINE uint32_t load_buffer(const struct va_jit_args *a, uint32_t at, const vu_mem *off,
                               const vu_mem *zero, const vu_mem *handle, vu_mem *const r[WORDS_MAX],
                               const vu_mem *mask, uint32_t active, uint32_t how, uint32_t alike,
                               unsigned words)
{
    vu d[PIECES];
    uint64_t va;

    if (LIKELY(in_buffer(a, off, handle, mask, active, how, alike, 4 * words, d, &va) &&
               load_near(a, va, d, ~first_of(off, active, how), r, mask, active, words)))
        return VA_MSG_DONE;
    return far(a, at, off, zero, handle, zero, r, active, words, true);
}

#define R4 vu_mem *r0, vu_mem *r1, vu_mem *r2, vu_mem *r3

#define MEMORY(words)                                                                              \
    INLINED uint32_t jit_load##words(const struct va_jit_args *a, uint32_t at, const vu_mem *lo,   \
                                     const vu_mem *hi, R4, const vu_mem *mask, uint32_t active,    \
                                     uint32_t how, int64_t imm)                                    \
    {                                                                                              \
        vu_mem *const r[WORDS_MAX] = {r0, r1, r2, r3};                                             \
        return load_words(a, at, lo, hi, r, mask, active, how, imm, words);                        \
    }                                                                                              \
    INLINED uint32_t jit_store##words(const struct va_jit_args *a, uint32_t at, const vu_mem *lo,  \
                                      const vu_mem *hi, R4, const vu_mem *mask, uint32_t active,   \
                                      uint32_t how, int64_t imm)                                   \
    {                                                                                              \
        vu_mem *const r[WORDS_MAX] = {r0, r1, r2, r3};                                             \
        return store_words(a, at, lo, hi, r, mask, active, how, imm, words);                       \
    }                                                                                              \
    INLINED uint32_t jit_buffer##words(const struct va_jit_args *a, uint32_t at,                   \
                                       const vu_mem *off, const vu_mem *zero,                      \
                                       const vu_mem *handle, R4, const vu_mem *mask,               \
                                       uint32_t active, uint32_t how, uint32_t alike)              \
    {                                                                                              \
        vu_mem *const r[WORDS_MAX] = {r0, r1, r2, r3};                                             \
        return load_buffer(a, at, off, zero, handle, r, mask, active, how, alike, words);          \
    }
MEMORY(1)
MEMORY(2)
MEMORY(3)
MEMORY(4)

/** LOAD of one or two bytes. */
INLINED uint32_t jit_load_small(const struct va_jit_args *a, uint32_t at, const vu_mem *lo,
                                const vu_mem *hi, vu_mem *r0, vu_mem *r1, const vu_mem *mask,
                                uint32_t active, uint32_t how, int64_t imm, uint32_t bytes,
                                uint32_t form, uint32_t keep, uint32_t part)
{
    vu_mem *const r[WORDS_MAX] = {r0, r1, r0, r1};
    vu d[PIECES], x[PIECES];
    uint32_t most;
    uint64_t va;

    if (!LIKELY(same_base(lo, hi, mask, active, how, imm, d, &va, &most) &&
                bytes_near(a, va, d, most, mask, active, x)))
        return far(a, at, lo, hi, lo, hi, r, active, form >> 16 ? 2 : 1, true);
    put_small(x, r0, r1, mask, bytes, form, keep, part);
    return VA_MSG_DONE;
}

/** LD_BUFFER of one or two bytes. */
INLINED uint32_t jit_buffer_small(const struct va_jit_args *a, uint32_t at, const vu_mem *off,
                                  const vu_mem *zero, const vu_mem *handle, vu_mem *r0, vu_mem *r1,
                                  const vu_mem *mask, uint32_t active, uint32_t how, uint32_t alike,
                                  uint32_t bytes, uint32_t form, uint32_t keep, uint32_t part)
{
    vu_mem *const r[WORDS_MAX] = {r0, r1, r0, r1};
    vu d[PIECES], x[PIECES];
    uint64_t va;

    if (!LIKELY(in_buffer(a, off, handle, mask, active, how, alike, bytes, d, &va) &&
                bytes_near(a, va, d, ~first_of(off, active, how), mask, active, x)))
        return far(a, at, off, zero, handle, zero, r, active, form >> 16 ? 2 : 1, true);
    put_small(x, r0, r1, mask, bytes, form, keep, part);
    return VA_MSG_DONE;
}

/** LEA_BUFFER with two registers. */
INLINED uint32_t jit_lea_buffer(const struct va_jit_args *a, uint32_t at, const vu_mem *off,
                                const vu_mem *zero, const vu_mem *handle, R4, const vu_mem *mask,
                                uint32_t active, uint32_t how, uint32_t alike)
{
    const struct va_buffer *b = buffer(a, handle, mask, active, how, alike);
    vu_mem *const r[WORDS_MAX] = {r0, r1, r2, r3};
    vu low[PIECES], high[PIECES];

    if (!LIKELY(b && b->size <= UINT32_MAX))
        return far(a, at, off, zero, handle, zero, r, active, 2, true);
    for (unsigned k = 0; k < PIECES; k++) {
        vu in = (vu)(off[k] < splat((uint32_t)b->size)), lo = off[k] + (uint32_t)b->va;
        vu hi = splat((uint32_t)(b->va >> 32)) - (vu)(lo < off[k]); /* true is -1 */
        low[k] = pick(in, lo, (uint32_t)VA_NOWHERE + (off[k] & 0xfff));
        high[k] = pick(in, hi, splat((uint32_t)(VA_NOWHERE >> 32)));
    }
    put(r0, low, mask);
    put(r1, high, mask);
    return VA_MSG_DONE;
}

/** LOAD, STORE, ATOM of other kinds; staging registers are in struct va_warp. */
INLINED uint32_t jit_memory(const struct va_jit_args *a, uint32_t at, const vu_mem *lo,
                            const vu_mem *hi, uint32_t active)
{
    va_v16u src[2];

    jit_copy((vu_mem *)&src[0], lo);
    jit_copy((vu_mem *)&src[1], hi);
    return a->memory(a->w, a->host, &a->step[at], src, (uint16_t)active);
}

/** A message of the host, with @n sources; staging registers are in struct va_warp. */
INLINED uint32_t jit_message(const struct va_jit_args *a, uint32_t at, uint32_t n, const vu_mem *s0,
                             const vu_mem *t0, const vu_mem *s1, const vu_mem *t1, const vu_mem *s2,
                             const vu_mem *t2, const vu_mem *s3, const vu_mem *t3, uint32_t active)
{
    const vu_mem *const from[2 * VA_MAX_SRC] = {s0, t0, s1, t1, s2, t2, s3, t3};
    struct va_val src[VA_MAX_SRC]; /* copies: the message writes registers while it reads them */

    if (!a->host->message)
        return VA_MSG_UNMODELLED;
    VA_UNROLL
    for (unsigned k = 0; k < 2 * VA_MAX_SRC; k++)
        if (k < 2 * n)
            jit_copy((vu_mem *)&src[k / 2].w[k & 1], from[k]);
    return a->host->message(a->host->ctx, a->w, a->micro[at].insn, src, (uint16_t)active);
}

#endif
