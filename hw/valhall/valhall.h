/*
 * The shader instruction set: words to decoded instructions, to text, and back.
 * Everything here is made from the rows of isa.def and enums.def.
 *
 * Called by the interpreter (exec.c), tools and unit tests. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VALHALL_H
#define MALI_VALHALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Instructions by name: VA_OP_FADD_F32. The number is the row's, not the opcode. */
#define VA(id, ...) VA_OP_##id,
enum va_op {
#include "isa.def"
    VA_OPS
};
#undef VA

/** Modifiers by name: VA_M_CLAMP indexes va_insn.mod. */
#define VA_MOD(name, text) VA_M_##name,
enum va_mod {
#include "enums.def"
    VA_MODS
};

/** Enumerations of field values: VA_E_CLAMP. */
#define VA_ENUM(name, width, values) VA_E_##name,
enum va_enum {
    VA_E_FLAG, /* one bit, not an enumeration */
#include "enums.def"
    VA_ENUMS
};

/** Field values by name: VA_CLAMP_0_1, VA_FLOW_END, VA_ATOM_AADD. */
#define V(e, value, name, text)      VA_##e##_##name = value,
#define VA_ENUM(name, width, values) values
enum va_value {
#include "enums.def"
};
#undef V

/** Special values by name; page * 16 + number. */
#define VA_SPECIAL(page, number, name, text) VA_SPECIAL_##name = (page)*16 + (number),
enum va_special {
#include "enums.def"
};

enum va_unit {
    VA_UNIT_FMA,
    VA_UNIT_CVT,
    VA_UNIT_SFU,
    VA_UNIT_V,
    VA_UNIT_LS,
    VA_UNIT_T,
    VA_UNIT_VT,
    VA_UNIT_NONE,
    VA_UNITS
};

/** How far an instruction's meaning is modelled. */
enum va_fidelity { VA_EXACT, VA_APPROX, VA_TODO };

/** Immediates by name; va_insn.imm holds them in the row's order. */
enum va_imm_name { VA_I_CONSTANT, VA_I_OFFSET, VA_I_TABLE, VA_I_INDEX, VA_I_SHIFT, VA_I_TARGET };

enum va_src_kind {
    VA_SRC_REG,     /* index: register 0..63 */
    VA_SRC_UNIFORM, /* index: 32-bit uniform word 0..255 */
    VA_SRC_CONST,   /* index: entry of the constant table; value: the constant */
    VA_SRC_SPECIAL, /* index: enum va_special; half: which 32-bit half */
};

/** One source, resolved. */
struct va_src {
    uint8_t kind; /* enum va_src_kind */
    uint8_t index;
    uint8_t half;     /* special values: 0 low, 1 high word */
    bool last;        /* registers: last use, a hint */
    uint8_t bits;     /* 64: a pair, starting at index; else 32 */
    bool neg, abs;    /* floating point: absolute value first, then negation */
    bool inv;         /* bitwise not */
    uint8_t sel;      /* which part is read: a value of sel_enum */
    uint8_t sel_enum; /* enum va_enum, or 0 when the source has no selector */
    uint32_t value;   /* constants; zero-extended when 64 bits are read */
};

/** Staging registers of a message: reg .. reg + count - 1. */
struct va_staging {
    uint8_t reg, count;
    uint8_t flags;    /* bits 47:46 of the word: 1 read, 2 write; 0 when the row has none */
    bool read, write; /* what the row says */
};

#define VA_MAX_SRC 4
#define VA_MAX_SR  2
#define VA_MAX_IMM 2

/** A decoded instruction. */
struct va_insn {
    uint16_t op;  /* enum va_op */
    uint8_t flow; /* VA_FLOW_... */
    uint8_t fau_page;
    uint8_t dst;      /* first destination register */
    uint8_t dst_mask; /* written 16-bit halves: 1 low, 2 high; 0: no destination */
    uint8_t dst_bits; /* 0, 32 or 64 */
    uint8_t nr_src, nr_sr, nr_imm;
    struct va_src src[VA_MAX_SRC];
    struct va_staging sr[VA_MAX_SR];
    int64_t imm[VA_MAX_IMM]; /* sign-extended where the row says SIGNED */
    uint8_t mod[VA_MODS];    /* by enum va_mod; zero where the row has none */
};

/** Why a word is not an instruction. All are INSTR_INVALID_ENC on hardware. */
enum va_error {
    VA_OK,
    VA_ERR_OPCODE,      /* no such primary opcode */
    VA_ERR_SECONDARY,   /* primary opcode known, secondary not */
    VA_ERR_RESERVED,    /* a bit is set that no field covers */
    VA_ERR_ENUM,        /* a field holds a value that does not exist */
    VA_ERR_FLOW,        /* no such flow */
    VA_ERR_DEST,        /* nothing written, or half of a 64-bit destination */
    VA_ERR_PAIR,        /* a 64-bit operand that does not start at an even word */
    VA_ERR_STAGING,     /* staging registers beyond r63, misaligned, or wrong flags */
    VA_ERR_SPECIAL,     /* no such special value on this FAU page */
    VA_ERR_FAU_LIMIT,   /* more uniform, special and constant words than one word may name */
    VA_ERR_FAU_MESSAGE, /* a message reads a special value only the engine has */
    VA_ERR_RANGE,       /* va_encode only: a value does not fit its field */
    VA_ERRORS
};

/**
 * Decodes @word. Returns VA_OK or the first thing wrong with it; @out is then
 * unspecified. Any 64-bit value may be passed.
 */
enum va_error va_decode(uint64_t word, struct va_insn *out);

/** The inverse: va_encode(va_decode(w)) == w for every valid w. */
enum va_error va_encode(const struct va_insn *in, uint64_t *word);

/**
 * Prints @in into @buf as Mesa's disassembler does, always terminated when @size
 * is not 0. Returns the length the whole text has.
 */
int va_disasm(const struct va_insn *in, char *buf, size_t size);

/** A modifier that an instruction has: everything that changes its meaning but is no operand. */
struct va_modifier {
    const char *text; /* as va_disasm() prints it, without the dot; static */
    int source;       /* of which source, or -1: of the instruction */
    enum va_fidelity fidelity;
    const char *how; /* static: what is approximate or refused; "" for EXACT */
};
#define VA_MAX_MODIFIERS 32
/** The modifiers of @in that are not the unprinted default; returns how many. */
unsigned va_modifiers(const struct va_insn *in, struct va_modifier out[VA_MAX_MODIFIERS]);

/** "opcode", "reserved bits", ...: names for logs, NULL beyond VA_ERRORS. */
const char *va_error_name(enum va_error err);

/** Text of value @val of enumeration @e ("" for the unprinted default), or NULL: reserved. */
const char *va_enum_text(enum va_enum e, unsigned val);

/** Text of a special value, or NULL. */
const char *va_special_text(unsigned special);

/** The constant table's entry, 0 <= @index < 32. */
uint32_t va_lut(unsigned index);

/** What a row says about an instruction, for reports and messages. */
struct va_info {
    const char *name;
    uint16_t opcode;
    uint8_t secondary;
    uint8_t unit;     /* enum va_unit */
    uint8_t fidelity; /* enum va_fidelity */
    bool message;     /* goes to a message unit, not the execution engine */
};
const struct va_info *va_info(enum va_op op);
const char *va_unit_name(unsigned unit);

/** Row @i of the modifiers that are less exact than their instructions; false: no more. */
bool va_inexact(unsigned i, struct va_modifier *m);

/** Why a TODO instruction is refused: what no source says (static); NULL for all others. */
const char *va_why_refused(enum va_op op);

/** The table's self-check: NULL, or a line in @buf about the first wrong row. */
const char *va_table_check(char *buf, size_t size);

/** Prints every instruction with its opcode, unit and fidelity, and the totals. */
void va_table(FILE *out);

/** Prints every instruction and modifier that is refused, with the reason. */
void va_refused(FILE *out);

#endif
