/*
 * The instruction table's private side: field kinds, the operand enums, the
 * masks by which the executor rejects a word in two ANDs, and the table's own
 * checks and printing. Rows: cs.def.
 *
 * Called by the executor, disassembler, assembler, tools and unit tests.
 *
 * Syntax strings (one per row, read by cs_disasm.c and cs_asm.c alike):
 *   {name}        the field, printed as its kind demands
 *   {?name:A|B}   text A when the field is nonzero, else B ("|B" may be absent)
 *   {~name}       nothing when zero, else a space and the field
 *   {%mem}        [dN] or [dN + offset] from the fields addr and offset
 *   {%regs}       the registers base+i of mask: r4:r5:r7 when bit 0 is set,
 *                 else r4/0x00f0 (base/mask), so that nothing is lost
 * Words that no row covers exactly are printed as ".word 0x...".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_CS_TABLE_H
#define MALI_CS_TABLE_H

#include <stdio.h>

#include "cs.h"

enum cs_kind {
    CS_F_REG,    /* r12 */
    CS_F_PAIR,   /* d12: even register, 64 bits */
    CS_F_SINT,   /* signed, #-4 */
    CS_F_HEX,    /* #0x10 */
    CS_F_SBMASK, /* mask of scoreboard entries, #0xff */
    CS_F_DEC,    /* bare decimal */
    CS_F_SLOT,   /* scoreboard entry, bare decimal */
    CS_F_FLAG,   /* one bit; only in {?...} */
    CS_F_COND,   /* the rest: enums */
    CS_F_SYNCCOND,
    CS_F_STATE,
    CS_F_HEAPOP,
    CS_F_FLUSH,
    CS_F_SCOPE,
    CS_F_EXCEPTION,
    CS_F_AXIS,
    CS_F_ORDER,
    CS_F_KINDS
};

/* Opcodes by name: CS_OP_MOVE32 */
#define CS_INSN(op, name, fid, syntax, what, note, source, fields) CS_OP_##name = op,
#define F(...)
enum cs_opcode {
#include "cs.def"
};
#undef F
#undef CS_INSN

#define CS_OPCODES 64 /* one past the highest, rounded up */

/** Text of the enum value @val of @kind, or NULL when the hardware has none. */
const char *cs_enum_name(unsigned kind, unsigned val);

/** The field of @insn called @name, or NULL. */
const struct cs_field *cs_field_by_name(const struct cs_insn *insn, const char *name, size_t len);

static inline uint64_t cs_mask(unsigned lo, unsigned width)
{
    return (width >= 64 ? ~0ull : (1ull << width) - 1) << lo;
}

static inline uint64_t cs_get(const struct cs_field *f, uint64_t word)
{
    return (word & cs_mask(f->lo, f->width)) >> f->lo;
}

static inline int64_t cs_get_signed(const struct cs_field *f, uint64_t word)
{
    return (int64_t)(word << (64 - f->lo - f->width)) >> (64 - f->width);
}

/**
 * Masks by opcode. ok: bits that may be set at all (an odd pair or a register
 * from 128 up has a bit outside; an unknown opcode has no bit inside). hi: bit 6
 * of every register field, which together with bit 5 makes 96 or more.
 */
extern const uint64_t cs_ok_bits[256], cs_hi_bits[256];
/** By opcode: the instruction has fields whose values the masks cannot judge. */
extern const bool cs_has_enum[256];

/** False for an unknown opcode, unknown bits, odd pairs, registers from 96 up. */
static inline bool cs_word_shape_ok(uint64_t w)
{
    unsigned op = w >> 56;
    return !((w & ~cs_ok_bits[op]) | (w & (w << 1) & cs_hi_bits[op]));
}
/** As above, and every enum field holds a value that exists. NULL, or what is wrong. */
const char *cs_word_problem(uint64_t word);

/** The table's self-check: NULL, or a line (in @buf) about the first wrong row. */
const char *cs_table_check(char *buf, size_t size);

/** Prints the whole table as Markdown. */
void cs_doc(FILE *out);

#endif
