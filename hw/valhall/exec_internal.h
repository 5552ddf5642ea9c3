/*
 * What the interpreter's files share: a program's steps, and memory messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_EXEC_INTERNAL_H
#define MALI_VA_EXEC_INTERNAL_H

#include "exec.h"

/** What the interpreter does with an instruction. */
enum va_kind {
    VA_KIND_ALU,
    VA_KIND_NOP,
    VA_KIND_BRANCH, /* BRANCHZ */
    VA_KIND_JUMP,   /* BRANCHZI */
    VA_KIND_DISCARD,
    VA_KIND_LOAD,
    VA_KIND_STORE,
    VA_KIND_ATOM,
    VA_KIND_BARRIER,
    VA_KIND_MESSAGE, /* the host's */
    VA_KIND_UNMODELLED,
};

struct va_step {
    struct va_insn insn;
    va_alu_fn *fn; /* ALU; conditions of BRANCH, JUMP, DISCARD */
    uint8_t kind;  /* enum va_kind */
    uint8_t size;  /* LOAD, STORE, ATOM: bytes */
    uint8_t error; /* enum va_error; then nothing else is valid */
};

struct va_program {
    struct va_program *next; /* cache chain; the cache's lock */
    unsigned refs;           /* atomic */
    unsigned count;
    uint64_t hash;
    uint64_t *words;
    struct va_step step[];
};

/** Fills in what @s->insn implies. */
void va_step_prepare(struct va_step *s, va_alu_fn *const *alu);

/** LOAD, STORE and ATOM for @lanes; registers are written only if all lanes succeed. */
enum va_message_result va_memory(struct va_warp *w, const struct va_host *host,
                                 const struct va_step *s, const struct va_val *src, uint16_t lanes);

/* Vectors are passed by address: passing them by value depends on the host's registers. */

/** A bit of its own for each lane. */
static const va_v16u va_lane_bits = {1,     2,     4,     8,     0x10,   0x20,   0x40,   0x80,
                                     0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000};

/** All ones in the lanes of @lanes. */
static inline void va_lane_mask(va_v16u *m, uint16_t lanes)
{
    *m = va_lane_bits & ((va_v16u){0} + lanes);
    *m = ((*m - 1) >> 31) - 1; /* zero wraps; compilers would take a comparison apart */
}

static inline void va_merge(va_v16u *r, const va_v16u *value, const va_v16u *mask)
{
    *r = (*value & *mask) | (*r & ~*mask);
}

#endif
