/*
 * One row of isa.def in memory: what decoder, encoder, disassembler and the
 * table's own check share. Private to hw/valhall.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_ROW_H
#define MALI_VA_ROW_H

#include "valhall.h"

#define VA_MAX_MOD 12

/** Where the secondary opcode sits; isa.def explains the letters. */
enum va_sec { VA_SEC_N, VA_SEC_A, VA_SEC_C, VA_SEC_T, VA_SEC_P, VA_SEC_H, VA_SEC_M, VA_SEC_D };

enum va_sr_flags {
    VA_SR_NOFLAGS = 0,
    VA_SR_R = 1,
    VA_SR_W = 2,
    VA_SR_RW = 3,
    VA_SR_W1 = 4, /* 2 or 3 */
};

enum va_sr_count { VA_SR_CNT = 1, VA_SR_WCNT = 2 };

struct va_src_form {
    uint8_t lo, bits; /* bits 0 ends the list */
    uint8_t neg;      /* absolute value: the bit above; 0: none */
    uint8_t inv;
    uint8_t sel_lo, sel_width, sel_enum;
};

struct va_sr_form {
    uint8_t lo, flags, count; /* count 0 ends the list */
};

struct va_mod_form {
    uint8_t mod, en, lo, width; /* width 0 ends the list */
};

struct va_imm_form {
    uint8_t name, lo, width; /* width 0 ends the list */
    bool sign;
};

struct va_row {
    struct va_info info;
    uint8_t sec, dst_bits;
    struct va_sr_form sr[VA_MAX_SR + 1];
    struct va_src_form src[VA_MAX_SRC + 1];
    struct va_mod_form mod[VA_MAX_MOD + 1];
    struct va_imm_form imm[VA_MAX_IMM + 1];
};

extern const struct va_row va_rows[VA_OPS];
/** Bits of the word that the row's fields, opcode, page and flow cover. */
extern const uint64_t va_known[VA_OPS];
/** Bit v is set when value v of the enumeration exists. */
extern const uint16_t va_enum_valid[VA_ENUMS];
extern const char *const va_mod_text[VA_MODS];
extern const char *const va_imm_text[];

static inline uint64_t va_bits(uint64_t word, unsigned lo, unsigned width)
{
    return (word >> lo) & ((1ull << width) - 1);
}

/** The secondary opcode of @word as five bits, when it sits where @sec says. */
static inline unsigned va_secondary(uint64_t word, unsigned sec)
{
    switch (sec) {
    case VA_SEC_A:
        return va_bits(word, 16, 4);
    case VA_SEC_C:
        return va_bits(word, 16, 5);
    case VA_SEC_T:
        return va_bits(word, 24, 4);
    case VA_SEC_P:
        return va_bits(word, 24, 2);
    case VA_SEC_H:
        return va_bits(word, 24, 2) | va_bits(word, 32, 1) << 2;
    case VA_SEC_M:
        return va_bits(word, 27, 3);
    case VA_SEC_D:
        return va_bits(word, 37, 2);
    default:
        return 0;
    }
}

/** The inverse: the bits of the word that say @value. */
static inline uint64_t va_secondary_bits(unsigned value, unsigned sec)
{
    static const uint8_t lo[] = {[VA_SEC_A] = 16, [VA_SEC_C] = 16, [VA_SEC_T] = 24,
                                 [VA_SEC_P] = 24, [VA_SEC_M] = 27, [VA_SEC_D] = 37};

    if (sec == VA_SEC_H)
        return (uint64_t)(value & 3) << 24 | (uint64_t)(value >> 2) << 32;
    return sec == VA_SEC_N ? 0 : (uint64_t)value << lo[sec];
}

#endif
