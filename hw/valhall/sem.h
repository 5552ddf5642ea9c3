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

/* Before a loop of four rounds or fewer: as many times the code. */
#ifdef __clang__
#define VA_UNROLL _Pragma("unroll")
#else
#define VA_UNROLL _Pragma("GCC unroll 4")
#endif

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
    bool loose;      /* compiled code: a NaN of the result may be any (jit_loose.h) */
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

/** Registers of the host that variants of the same source are made for, the smallest first. */
enum va_vectors { VA_VECTORS_BASE, VA_VECTORS_AVX2, VA_VECTORS_AVX512, VA_VECTORS };

extern va_alu_table va_alu_base;
#ifdef __x86_64__
extern va_alu_table va_alu_avx2, va_alu_avx512;
#endif

/** What is used: the largest that this CPU has, unless va_vectors_choose() said less. */
enum va_vectors va_vectors(void);
/**
 * For the whole process, before it shades: "base", "avx2", "avx512", or "best" again. False: this
 * CPU cannot, or there is no such name; *@why says which (static).
 */
bool va_vectors_choose(const char *name, const char **why);
/** The functions of one variant; NULL: not for this CPU. */
va_alu_fn *const *va_alu_of(enum va_vectors v);
/** Those of va_vectors(). */
va_alu_fn *const *va_alu_best(void);

/** Whether @op, an enum va_op, is CLPER: what another lane has. */
static inline bool va_is_clper(unsigned op)
{
    return op == VA_OP_CLPER_I32 || op == VA_OP_CLPER_S32 || op == VA_OP_CLPER_V2U16 ||
           op == VA_OP_CLPER_V2S16 || op == VA_OP_CLPER_V4U8 || op == VA_OP_CLPER_V4S8 ||
           op == VA_OP_CLPER_U64 || op == VA_OP_CLPER_S64;
}

/** False when a modifier of an otherwise modelled instruction is not modelled. */
bool va_alu_modelled(const struct va_insn *in);

#endif
