/*
 * Register arithmetic and branch conditions, inline: what most instructions
 * of a busy stream are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_CS_EXEC_ALU_H
#define MALI_CS_EXEC_ALU_H

#include "cs_internal.h"

static inline void alu_move(uint32_t *regs, uint64_t w)
{
    regs[cs_r48(w)] = (uint32_t)w;
    regs[cs_r48(w) + 1] = (w >> 32) & 0xffff;
}

static inline void alu_move32(uint32_t *regs, uint64_t w)
{
    regs[cs_r48(w)] = (uint32_t)w;
}

static inline void alu_add32(uint32_t *regs, uint64_t w)
{
    regs[cs_r48(w)] = regs[cs_r40(w)] + (uint32_t)w;
}

static inline void alu_add64(uint32_t *regs, uint64_t w)
{
    unsigned src = cs_r40(w), dst = cs_r48(w);
    uint64_t v = (regs[src] | (uint64_t)regs[src + 1] << 32) + (uint64_t)(int64_t)(int32_t)w;

    regs[dst] = (uint32_t)v;
    regs[dst + 1] = (uint32_t)(v >> 32);
}

static inline void alu_umin32(uint32_t *regs, uint64_t w)
{
    uint32_t a = regs[cs_r32(w)], b = regs[cs_r40(w)];

    regs[cs_r48(w)] = a < b ? a : b;
}

/* Signed compare with zero, as Mesa's interpreter does. Condition 7 was refused before. */
static inline bool alu_condition(unsigned cond, int32_t v)
{
    /* bit per condition (le gt eq ne lt ge always), by sign of v */
    unsigned truth = v < 0 ? 0x59 : v == 0 ? 0x65 : 0x6a;

    return truth >> cond & 1;
}

#endif
