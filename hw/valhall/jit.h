/*
 * Shader programs as machine code. A program that has run for a while is compiled by LLVM, in a
 * thread of its own, from the same meanings that the interpreter has (jit_pieces.c, bitcode that
 * the build embeds); until that is done, and for whatever is not compiled, the interpreter runs.
 * Results are the same bits: registers, memory, counts, faults and where they are.
 *
 * Compiled are runs of instructions that compute, branches, and messages of a program bound by
 * va_bind(). Registers are values while compiled code runs; they come from struct va_warp when it
 * is entered, at any block, and go back when it is left, anywhere. Lanes that part and join again
 * stay in it; who runs when is the interpreter's to say (va_jit_args.turn).
 *
 * LLVM is a shared library looked for when it is first needed; without it, without clang at build
 * time, or on a CPU without AVX2 there is no compiled code, and va_jit_available() says why.
 *
 * jit_plan.c: blocks of a program; jit_emit.c: LLVM IR, from jit_pieces.c and jit_memory.h;
 * jit_llvm.c: the library; jit.c: queue and thread. Called by exec.c and program.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_JIT_H
#define MALI_VA_JIT_H

#include "micro.h"

struct va_host;
struct va_program;
struct va_step;
struct va_warp;

/** Why compiled code came back, and what the interpreter has to do at the instruction it names. */
enum va_jit_exit {
    VA_JIT_LEFT,   /* go on there */
    VA_JIT_PARTED, /* a branch that va_jit_args.taken lanes take, not all of them */
    VA_JIT_FLOW,   /* it is done, but for its flow */
    VA_JIT_ANSWER, /* a message said va_jit_args.answer, which is not VA_MSG_DONE */
};

#define VA_JIT_WINDOWS 32 /* a power of two */

/** Memory that the host has mapped. */
struct va_jit_window {
    uint64_t va, len;
    uint8_t *p;
};

/** What one bound shader has mapped since the host's epoch began (va_host.epoch). */
struct va_jit_memory {
    uint64_t epoch;
    struct va_jit_window window[2][VA_JIT_WINDOWS]; /* of reads and of writes */
};

/** What compiled code sees of a run. jit_pieces.c reads it: both sides are built from here. */
struct va_jit_args {
    struct va_warp *w;
    const struct va_host *host;
    const struct va_step *step;
    const struct va_micro *micro;
    const struct va_frame *f;
    uint64_t *starts; /* struct va_bound */
    /** va_memory() */
    unsigned (*memory)(struct va_warp *w, const struct va_host *host, const struct va_step *s,
                       const va_v16u *src, uint16_t lanes);
    /** Maps @va for its access; what came of it is in the window, len 0: nothing. */
    void (*map)(const struct va_jit_args *a, uint64_t va, bool write, struct va_jit_window *win);
    /**
     * Lanes part at @i, where @taken of them branch; 0: lanes that wait at @i join. Those that run
     * then are in f, next and active; returns the block where, or VA_JIT_NO_BLOCK: the interpreter
     * goes on, at instruction @at.
     */
    uint32_t (*turn)(struct va_jit_args *a, uint32_t i, uint32_t taken);
    struct va_jit_memory *memory_seen;
    uint64_t epoch;  /* of the host, or 0: nothing stays beyond this run */
    uint64_t next;   /* instruction at which other lanes wait, or any beyond the program */
    uint32_t at;     /* of turn() */
    uint32_t active; /* of turn() */
    uint32_t left;   /* instructions that may run; out: that are left */
    uint32_t why;    /* out: enum va_jit_exit */
    uint32_t taken;  /* out: VA_JIT_PARTED */
    uint32_t answer; /* out: VA_JIT_ANSWER: enum va_message_result */
};

/** Runs from block @at; returns the instruction that va_jit_args.why is about. */
typedef uint32_t va_jit_fn(struct va_jit_args *a, va_v16u *r, const void *bound,
                           const va_v16u *mask, uint32_t active, uint32_t at);

/** How an instruction is compiled. */
enum va_jit_how {
    VA_JIT_NOT,    /* the interpreter's */
    VA_JIT_INLINE, /* ALU: its meaning, inlined */
    VA_JIT_CALL,   /* ALU: the fast form's function is called */
    VA_JIT_NOTHING,
    VA_JIT_BRANCH,
    VA_JIT_MEMORY,
};

#define VA_JIT_NO_BLOCK 0xffff

/** A program's blocks: by instruction. */
struct va_jit_plan {
    unsigned count;  /* instructions */
    unsigned blocks; /* fewer than VA_JIT_NO_BLOCK */
    uint8_t *how;    /* enum va_jit_how */
    uint16_t *block; /* that starts here, or VA_JIT_NO_BLOCK */
    uint16_t *len;   /* of that block */
};

/** What a program is compiled for: how it treats denormals, and which lanes of a warp run. */
#define VA_JIT_FORMS     (2 * VA_FTZ_MODES)
#define VA_JIT_ALL(ftz)  (2u * (ftz))      /* all of them */
#define VA_JIT_PART(ftz) (2u * (ftz) + 1u) /* any */

/** A program compiled in one form. */
struct va_jit_code {
    va_jit_fn *run;
    void *unit; /* what frees it */
    struct va_jit_plan plan;
};

/** False: no memory, or too many blocks. va_jit_plan_free() in any case. */
bool va_jit_plan(const struct va_program *p, struct va_jit_plan *plan);
void va_jit_plan_free(struct va_jit_plan *plan);

enum va_jit_mode {
    VA_JIT_OFF,
    VA_JIT_ON,  /* in the background, when a program has run for a while */
    VA_JIT_NOW, /* at va_bind(), which waits for it: tests */
};

/** False: *@why says what is missing (static). Looks for LLVM when it is called first. */
bool va_jit_available(const char **why);

/** Of a program that executed @n more instructions: compiles it when that makes it worth it. */
void va_jit_heat(struct va_program *p, enum va_ftz ftz, uint64_t n);
/** A warp of @p, which is compiled for whole warps, runs in part: as va_jit_heat(). */
void va_jit_parted(struct va_program *p, enum va_ftz ftz);
/** Compiles @p now unless that was tried, and waits. */
void va_jit_compile(struct va_program *p, enum va_ftz ftz);
/** Waits until nothing is being compiled, or waits to be. */
void va_jit_wait(void);
/**
 * The process ends: nothing is compiled any more; waits for what is. Called before exit(), whose
 * handlers take apart what LLVM set up while it compiled. Harmless twice; one thread at a time.
 */
void va_jit_end(void);
/**
 * Compiled programs are kept on disk, in folder @where; NULL: garm/shaders in the user's cache
 * folder. Once, before anything is compiled; else nothing is kept. False: that folder cannot be.
 */
bool va_jit_keep(const char *where);
/** @p goes: nobody runs it. */
void va_jit_forget(struct va_program *p);

struct va_jit_stats {
    uint64_t compiled, failed; /* programs */
    uint64_t ns;               /* spent on them */
    uint64_t loaded;           /* of the compiled ones: found on disk */
};
void va_jit_get_stats(struct va_jit_stats *out);

#endif
