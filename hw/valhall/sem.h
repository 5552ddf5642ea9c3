/*
 * What execution-engine instructions mean: one pure function each, over the 16
 * lanes of a warp. Sources come in as raw 32-bit words (pairs for 64-bit
 * operands); selectors, absolute value, negation, clamps and round modes are
 * taken from the decoded instruction. No state, no memory, no libm, and the same
 * bits on every host and in every variant: NaN results are the canonical quiet
 * NaN, products are never contracted.
 *
 * Called by the interpreter (exec.c) and unit tests. Control flow (NOP, BRANCHZ,
 * BRANCHZI, DISCARD) is the interpreter's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_SEM_H
#define MALI_VA_SEM_H

#include "valhall.h"

#define VA_LANES 16

/* One 32-bit word of every lane. */
typedef uint32_t va_v16u __attribute__((vector_size(64)));

/** An operand of every lane: w[0] the word, or low word; w[1] the high word. */
struct va_val {
    va_v16u w[2];
};

/** What an instruction sees besides its sources. */
struct va_env {
    uint16_t active; /* lanes that execute it; WMASK and CLPER look at it */
    bool ftz32;      /* fp32 denormals become zero, on the way in and out */
    bool ftz16;      /* fp16 likewise */
};

/**
 * Computes @d from @s[VA_MAX_SRC] (unused ones may hold anything; @d is another object; a
 * 32-bit result has a zero high word). Every lane is computed, active or not; the caller merges
 * by lane and by insn->dst_mask. 64-bit constants have a zero high word.
 */
typedef void va_alu_fn(const struct va_insn *in, const struct va_val *s, struct va_val *d,
                       const struct va_env *env);

/** Functions by enum va_op; NULL: not an ALU instruction, or not modelled. */
typedef va_alu_fn *const va_alu_table[VA_OPS];

/** Variants of the same source. va_alu_best() picks by what the host CPU has. */
extern va_alu_table va_alu_base;
#ifdef __x86_64__
extern va_alu_table va_alu_avx2;
#endif
va_alu_fn *const *va_alu_best(void);

/** False when a modifier of an otherwise modelled instruction is not modelled. */
bool va_alu_modelled(const struct va_insn *in);

#endif
