/*
 * Vectors of 16 lanes in quarters: what one register of the plainest x86-64 and of Arm holds. In
 * code for these, compilers build a number that is spread over a whole vector word by word on the
 * stack, and the read that follows waits for it; a spread quarter is one instruction.
 *
 * Used by the interpreter and by the pipeline's messages. Where the file that includes this is
 * compiled for wider registers, VA_PIECE bytes, a quarter is as much as one of those holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_QUARTER_H
#define MALI_VA_QUARTER_H

#include "sem.h"

#if defined(VA_HOST_AVX2) || defined(VA_HOST_AVX512)
#include <immintrin.h>
#define VA_QUARTER_BYTES VA_PIECE
#else
#define VA_QUARTER_BYTES 16
#endif
#define VA_QUARTERS (4 * VA_LANES / VA_QUARTER_BYTES)

typedef uint32_t va_quarter __attribute__((vector_size(VA_QUARTER_BYTES), may_alias));

/** @x in each lane. */
static inline va_quarter va_spread(uint32_t x)
{
#if VA_QUARTER_BYTES == 16
    return (va_quarter){x, x, x, x};
#else
    return (va_quarter){0} + x;
#endif
}

/** @x in all lanes of @v. */
static inline void va_fill(va_v16u *v, uint32_t x)
{
    va_quarter *q = (va_quarter *)v;

    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++)
        q[k] = va_spread(x);
}

/** Whether a bit is set. */
static inline bool va_quarter_any(va_quarter q)
{
#ifdef VA_HOST_AVX512
    return _mm512_test_epi32_mask((__m512i)q, (__m512i)q);
#elif defined(VA_HOST_AVX2)
    return !_mm256_testz_si256((__m256i)q, (__m256i)q);
#else
    typedef uint64_t half __attribute__((vector_size(16)));
    half h = (half)q;

    return (h[0] | h[1]) != 0;
#endif
}

/** All ones in the lanes of @lanes. */
static inline void va_lane_mask(va_v16u *m, uint16_t lanes)
{
    va_quarter *q = (va_quarter *)m;
#ifdef VA_HOST_AVX512
    *q = (va_quarter)_mm512_movm_epi32(lanes);
#elif defined(VA_HOST_AVX2)
    const va_quarter bit = {1, 2, 4, 8, 16, 32, 64, 128}, which = va_spread(lanes);

    q[0] = (va_quarter)((which & bit) == bit);
    q[1] = (va_quarter)((which & bit << 8) == bit << 8);
#else
    va_quarter bit = {1, 2, 4, 8}, which = va_spread(lanes);

    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++, bit <<= 4)
        q[k] = (va_quarter)((which & bit) == bit);
#endif
}

/** Whether all of @lanes, at least one, hold the same. */
static inline bool va_alike(const va_v16u *v, uint16_t lanes)
{
    const va_quarter *q = (const va_quarter *)v;
    va_quarter first, differ = {0};
    va_v16u mask;

    if (!lanes)
        return false;
    first = va_spread(((const uint32_t *)v)[__builtin_ctz(lanes)]);
    va_lane_mask(&mask, lanes);
    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++)
        differ |= (q[k] ^ first) & ((const va_quarter *)&mask)[k];
    return !va_quarter_any(differ);
}

#endif
