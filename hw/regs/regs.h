/*
 * The register file as data: gpu.def gives the decoder, the names in traces,
 * the reset values and the documentation.
 *
 * Called by gpu. Calls nothing. The tables are constant once built, so they
 * are shared by all GPUs of the process and need no lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_REGS_H
#define MALI_REGS_H

#include <stdint.h>
#include <stdio.h>

#include "../trace/trace.h"

enum mali_reg_id {
#define MALI_REG(name, ...) MALI_REG_##name,
#include "gpu.def"
#undef MALI_REG
    MALI_REG_COUNT
};

enum mali_reg_access {
    MALI_REG_RO,
    MALI_REG_RW,
    MALI_REG_WO,  /* reads 0 */
    MALI_REG_W1C, /* write 1 to clear, reads 0 */
    MALI_REG_W1S, /* write 1 to set */
};

/** One row of gpu.def. */
struct mali_reg {
    const char *name;
    uint32_t off;
    uint16_t width, count;
    uint32_t stride;
    enum mali_reg_access access;
    unsigned arch;
    uint64_t reset, wmask;
    enum mali_fidelity fidelity;
    const char *what, *how, *source;
};

/** One 32-bit word of one register: what an offset means. */
struct mali_reg_word {
    const struct mali_reg *reg;
    uint16_t id;    /* enum mali_reg_id */
    uint16_t slot;  /* running number of the word, 0..MALI_REG_WORDS-1 */
    uint8_t index;  /* element of an array register */
    uint8_t high;   /* 1: bits 63:32 */
    uint32_t off;
    uint32_t reset, wmask;
    char name[40];  /* "AS_TRANSTAB_LO(3)", as panthor 6.12 spells it */
};

enum {
    MALI_REG_WORDS = 0
#define MALI_REG(name, off, width, count, ...) +(count) * ((width) / 32)
#include "gpu.def"
#undef MALI_REG
};

/** The rows, in the order of gpu.def. */
extern const struct mali_reg mali_regs[MALI_REG_COUNT];
/** All words by slot. */
const struct mali_reg_word *mali_reg_words(void);
/** The word at byte offset @off (a multiple of 4), or NULL where nothing is. */
const struct mali_reg_word *mali_reg_find(uint64_t off);
/** Prints the table for the documentation. */
void mali_reg_print_markdown(FILE *out);

#endif
