/*
 * Registers of a program: what each instruction reads and writes, and where a NaN in one need not
 * yet be the one that all results have (settle() in sem_vec.h).
 *
 * Arithmetic takes any NaN for any other, so of a chain of it only the last has to be looked at:
 * where its bits are read, or compiled code is left. A register is "loose" until then.
 *
 * Called by jit_emit.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_JIT_LOOSE_H
#define MALI_VA_JIT_LOOSE_H

#include "jit.h"

#define VA_JIT_REGISTERS 64

/** Set of registers with @r only. */
static inline uint64_t va_jit_bit(unsigned r)
{
    return 1ull << (r % VA_JIT_REGISTERS);
}

/** The register that operand @k begins in, or VA_JIT_REGISTERS: none. */
unsigned va_jit_register(const struct va_micro *m, unsigned k);
/** Registers that instruction @i names as sources. */
uint64_t va_jit_reads(const struct va_program *p, unsigned i);
/** Those that it writes as its destination. */
uint64_t va_jit_writes(const struct va_program *p, unsigned i);
/** Those that a message may read and write; four at least, as some format decides how many. */
uint64_t va_jit_staging(const struct va_program *p, unsigned i);

/** Where registers are loose, if whole warps run. */
struct va_jit_loose {
    uint64_t *before; /* each instruction; NULL: none is anywhere */
    uint64_t firm;    /* those that never are */
};

/** False: no memory. va_jit_loose_free() in any case. */
bool va_jit_loose(const struct va_program *p, const struct va_jit_plan *plan,
                  struct va_jit_loose *to);
void va_jit_loose_free(struct va_jit_loose *l);
/** Registers whose bits instruction @i looks at. */
uint64_t va_jit_exact(const struct va_program *p, const struct va_jit_plan *plan, unsigned i);
/** Those that it leaves loose. */
uint64_t va_jit_loosens(const struct va_program *p, const struct va_jit_plan *plan,
                        const struct va_jit_loose *l, unsigned i);

#endif
