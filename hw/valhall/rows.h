/*
 * Rows to columns: a lane's words lie side by side in memory, in registers they are as far apart as
 * a register is wide. Four lanes' words are turned at once, in registers of 16 bytes, which every
 * host has; word by word, the host would wait for its own stores.
 *
 * Used by the interpreter's memory instructions, for warps of which every lane runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_ROWS_H
#define MALI_VA_ROWS_H

#include <string.h>

#include "sem.h"

typedef uint32_t va_four __attribute__((vector_size(16)));

static inline void va_turn(va_four r[4])
{
    va_four a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
    va_four b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
    va_four c = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    va_four d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);

    r[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

/* @words words at @p, zeros behind them; made of numbers, as a copy of 12 bytes goes over the
 * stack. */
static inline __attribute__((always_inline)) va_four va_row(const uint8_t *p, unsigned words)
{
    typedef uint64_t two __attribute__((vector_size(16)));
    uint64_t low;
    uint32_t high = 0;
    va_four all;

    if (words == 4) {
        memcpy(&all, p, 16);
        return all;
    }
    memcpy(&low, p, 8);
    if (words == 3)
        memcpy(&high, p + 8, 4);
    return (va_four)(two){low, high};
}

/** @words words, 2 to 4 and best a constant, of each lane: @r[k] gets word k of all @p[]. */
static inline __attribute__((always_inline)) void
va_rows_load(va_v16u *r, const uint8_t *const p[VA_LANES], unsigned words)
{
    for (unsigned q = 0; q < VA_LANES; q += 4) {
        va_four v[4];
        for (unsigned i = 0; i < 4; i++)
            v[i] = va_row(p[q + i], words);
        va_turn(v);
        for (unsigned k = 0; k < words; k++)
            memcpy((uint32_t *)&r[k] + q, &v[k], sizeof(v[k]));
    }
}

/** The way back, lane by lane in their order. */
static inline __attribute__((always_inline)) void
va_rows_store(const va_v16u *r, uint8_t *const p[VA_LANES], unsigned words)
{
    for (unsigned q = 0; q < VA_LANES; q += 4) {
        va_four v[4] = {{0}};
        for (unsigned k = 0; k < words; k++)
            memcpy(&v[k], (const uint32_t *)&r[k] + q, sizeof(v[k]));
        va_turn(v);
        for (unsigned i = 0; i < 4; i++)
            memcpy(p[q + i], &v[i], 4 * words);
    }
}

/** As va_rows_load(), any number of words from 2 to 4. */
static inline void va_rows_load_any(va_v16u *r, const uint8_t *const p[VA_LANES], unsigned words)
{
    if (words == 4)
        va_rows_load(r, p, 4);
    else if (words == 3)
        va_rows_load(r, p, 3);
    else
        va_rows_load(r, p, 2);
}

/** As va_rows_store(), likewise. */
static inline void va_rows_store_any(const va_v16u *r, uint8_t *const p[VA_LANES], unsigned words)
{
    if (words == 4)
        va_rows_store(r, p, 4);
    else if (words == 3)
        va_rows_store(r, p, 3);
    else
        va_rows_store(r, p, 2);
}

#endif
