/*
 * The fast form of a program, made once when it is decoded: an instruction's operands are
 * offsets into tables of whole vectors, its function is specialised for its modifiers. Runs
 * of instructions that only compute are executed without looking at anything else. A translator
 * to machine code would start from this form, too.
 *
 * The functions are the shared meanings (sem.h) inlined with more or less of the instruction
 * as constants: sem_micro.h, shapes.def. Called by exec.c; made by sem_base.c, sem_avx2.c,
 * sem_avx512.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_MICRO_H
#define MALI_VA_MICRO_H

#include "sem.h"

struct va_micro;

/** What the functions work on: the warp that runs. */
struct va_frame {
    const void *base[4]; /* by enum va_base */
    struct va_env env;
    va_v16u mask __attribute__((aligned(64))); /* all ones in active lanes */
};

/** Where an operand's vectors lie. */
enum va_base {
    VA_BASE_REGS,   /* r0.. */
    VA_BASE_BOUND,  /* uniforms and special values of the job: struct va_bound */
    VA_BASE_CONSTS, /* the program's constants, in pairs */
    VA_BASE_SCRATCH /* where a condition goes */
};

typedef void va_micro_fn(const struct va_micro *m, const struct va_frame *f);

/** How denormals are treated, an index of functions: a job's, not a program's property. */
enum va_ftz { VA_FTZ_NONE, VA_FTZ_32, VA_FTZ_BOTH, VA_FTZ_MODES };

/** Sources, then the destination. */
enum { VA_DST = VA_MAX_SRC, VA_ENDS };

struct va_micro {
    va_micro_fn *some;               /* any active lanes, any mode */
    va_micro_fn *all[VA_FTZ_MODES];  /* all lanes active */
    va_micro_fn *part[VA_FTZ_MODES]; /* any active lanes */
    const struct va_insn *insn; /* what the operands belong to: constants may be selected already */
    uint32_t at[VA_ENDS];       /* of sources, of the destination: offset in bytes from base */
    uint32_t halves;            /* of the destination, written bits of a word */
    uint16_t run;               /* instructions from here that only compute; 0: not this one */
    bool operands : 1;          /* at[] is valid */
    bool always : 1;            /* a branch that every lane takes */
    uint8_t base[VA_ENDS];      /* enum va_base */
};

/** Picks the functions of @m for @in; @m->insn, at and base are set by the caller. */
typedef void va_bind_fn(const struct va_insn *in, struct va_micro *m);
extern va_bind_fn va_bind_base;
#ifdef __x86_64__
extern va_bind_fn va_bind_avx2, va_bind_avx512;
#endif
/** The one that belongs to va_alu_of(), or to va_alu_best(). */
va_bind_fn *va_bind_of(enum va_vectors v);
va_bind_fn *va_bind_best(void);

/** Operand @i. */
static inline const void *va_operand(const struct va_micro *m, const struct va_frame *f, unsigned i)
{
    return (const char *)f->base[m->base[i]] + m->at[i];
}

#endif
