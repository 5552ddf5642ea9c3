/*
 * A little assembler for shader programs in unit tests: one function per kind of
 * instruction, each returns the word. Include after tap.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_VA_ASM_H
#define GARM_VA_ASM_H

#include "../../hw/valhall/valhall.h"

static inline struct va_src reg(unsigned r)
{
    return (struct va_src){.kind = VA_SRC_REG, .index = r};
}

static inline struct va_src uni(unsigned u)
{
    return (struct va_src){.kind = VA_SRC_UNIFORM, .index = u};
}

static inline struct va_src lut(unsigned i)
{
    return (struct va_src){.kind = VA_SRC_CONST, .index = i};
}

static inline struct va_src spec(unsigned which, unsigned half)
{
    return (struct va_src){.kind = VA_SRC_SPECIAL, .index = which, .half = half};
}

static inline struct va_insn insn(enum va_op op, unsigned dst, struct va_src a, struct va_src b)
{
    struct va_insn in = {.op = op, .dst = dst, .dst_mask = 3, .src = {a, b}};

    for (unsigned i = 0; i < 2; i++)
        if (in.src[i].kind == VA_SRC_SPECIAL)
            in.fau_page = in.src[i].index >> 4;
    return in;
}

static inline uint64_t word(struct va_insn in)
{
    uint64_t w = 0;

    if (!TAP_CHECK_STR(va_error_name(va_encode(&in, &w)), "valid"))
        tap_note("%s", va_info(in.op)->name);
    return w;
}

#define END(w) ((w) | (uint64_t)VA_FLOW_END << 59)

#define NOP()     word(insn(VA_OP_NOP, 0, reg(0), reg(0)))
#define BARRIER() 0x4845c001c0000000ull /* with a wait for it, as Mesa emits it */

static inline uint64_t movi(unsigned dst, uint32_t value)
{
    struct va_insn in = insn(VA_OP_IADD_IMM_I32, dst, lut(0), reg(0));
    in.imm[0] = value;
    return word(in);
}

static inline uint64_t addi(unsigned dst, unsigned a, uint32_t value)
{
    struct va_insn in = insn(VA_OP_IADD_IMM_I32, dst, reg(a), reg(0));
    in.imm[0] = value;
    return word(in);
}

static inline uint64_t mov(unsigned dst, struct va_src a)
{
    return word(insn(VA_OP_MOV_I32, dst, a, reg(0)));
}

static inline uint64_t add(unsigned dst, struct va_src a, struct va_src b)
{
    return word(insn(VA_OP_IADD_U32, dst, a, b));
}

static inline uint64_t sub(unsigned dst, struct va_src a, struct va_src b)
{
    return word(insn(VA_OP_ISUB_U32, dst, a, b));
}

/** r[dst]:r[dst + 1] = 64-bit @base + (r[index] << shift); all three start at even words. */
static inline uint64_t address(unsigned dst, struct va_src base, unsigned index, unsigned shift)
{
    struct va_insn in = insn(VA_OP_SHADDX_U64, dst, base, reg(index));
    in.src[1].sel = VA_SWZ64_W0;
    in.imm[0] = shift;
    return word(in);
}

/** Jump by @offset instructions after the next when @a is not zero (eq: is zero). */
static inline uint64_t branch(struct va_src a, bool eq, int offset)
{
    struct va_insn in = insn(VA_OP_BRANCHZ, 0, a, reg(0));
    in.mod[VA_M_EQ] = eq;
    in.flow = VA_FLOW_RECONVERGE;
    in.imm[0] = offset;
    return word(in);
}

/** LOAD and STORE of 32 or 128 bits. */
static inline uint64_t memory(enum va_op op, unsigned sr, struct va_src at)
{
    struct va_insn in = insn(op, 0, at, reg(0));
    bool load = op >= VA_OP_LOAD_I8 && op <= VA_OP_LOAD_I128;
    bool wide = op == VA_OP_LOAD_I128 || op == VA_OP_STORE_I128;

    in.sr[0] = (struct va_staging){.reg = sr, .count = wide ? 4 : 1, .flags = load ? 2 : 1};
    if (load)
        in.mod[VA_M_LOAD_LANE] = wide ? VA_LOAD128_IDENTITY : VA_LOAD32_W0;
    return word(in);
}

/** Atomic add of r[sr] without a result. */
static inline uint64_t atom_add(unsigned sr, struct va_src at)
{
    struct va_insn in = insn(VA_OP_ATOM_I32, 0, at, reg(0));

    in.sr[0] = (struct va_staging){.reg = sr, .count = 1, .flags = 1};
    in.mod[VA_M_ATOM] = VA_ATOM_AADD;
    return word(in);
}

/** r[sr] = old value, which is incremented. */
static inline uint64_t atom_inc(unsigned sr, struct va_src at)
{
    struct va_insn in = insn(VA_OP_ATOM1_RETURN_I32, 0, at, reg(0));

    in.sr[0] = (struct va_staging){.reg = sr, .count = 1, .flags = 2};
    in.mod[VA_M_ATOM1] = VA_ATOM1_AINC;
    return word(in);
}

/** r[sr].. = @words of the buffer @handle at byte @offset; LEA_BUFFER: its address. */
static inline uint64_t buffer(enum va_op op, unsigned sr, unsigned words, struct va_src offset,
                              struct va_src handle)
{
    struct va_insn in = insn(op, 0, offset, handle);

    in.sr[0] = (struct va_staging){.reg = sr, .count = words, .flags = 2};
    if (op == VA_OP_LD_BUFFER_I128)
        in.mod[VA_M_LOAD_LANE] = VA_LOAD128_IDENTITY;
    return word(in);
}

#endif
