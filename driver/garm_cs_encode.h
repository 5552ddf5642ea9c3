/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Command-stream instructions that the driver itself writes into a queue's ring.
 *
 * Pure functions, a 64-bit word each: opcode in 63:56. Used by garm_submit.c; a host test compares
 * them with the model's table (hw/csf/cs.def). Source: driver-facts B.8; fields of Mesa's v10.xml.
 */
#ifndef GARM_CS_ENCODE_H
#define GARM_CS_ENCODE_H

#include <linux/bits.h>
#include <linux/types.h>

#define CS_OP(op)		((u64)(op) << 56)
#define CS_FIELD(value, shift)	((u64)(value) << (shift))

#define CS_IMM48_MASK		GENMASK_ULL(47, 0)
#define CS_FLUSH_CLEAN_INVALIDATE 3
#define CS_FLUSH_OTHER_INVALIDATE BIT(9)

enum cs_store_state { CS_STATE_TIMESTAMP = 0, CS_STATE_CYCLES = 1, CS_STATE_ERROR = 3 };

/* d[reg] = imm, zero-extended */
static inline u64 cs_mov48(u8 reg, u64 imm)
{
	return CS_OP(1) | CS_FIELD(reg, 48) | (imm & CS_IMM48_MASK);
}

/* r[reg] = imm */
static inline u64 cs_mov32(u8 reg, u32 imm)
{
	return CS_OP(2) | CS_FIELD(reg, 48) | imm;
}

/* Until the scoreboard entries of the mask are empty. */
static inline u64 cs_wait(u16 scoreboards)
{
	return CS_OP(3) | CS_FIELD(scoreboards, 16);
}

/* Runs r[size] bytes of instructions at d[addr]. */
static inline u64 cs_call(u8 addr, u8 size)
{
	return CS_OP(32) | CS_FIELD(addr, 40) | CS_FIELD(size, 32);
}

/*
 * Clean and invalidate L2 and LSC, invalidate the others, unless done since r[flush_id]; signals an
 * entry.
 */
static inline u64 cs_flush_all(u8 flush_id, u8 scoreboard)
{
	return CS_OP(36) | CS_FIELD(scoreboard, 48) | CS_FIELD(flush_id, 40) |
	       CS_FLUSH_OTHER_INVALIDATE | CS_FIELD(CS_FLUSH_CLEAN_INVALIDATE, 4) |
	       CS_FLUSH_CLEAN_INVALIDATE;
}

/*
 * mem64[d[addr]] = a counter, or mem32[d[addr]] = the error state, 0 without a fault since the last
 * barrier; signals an entry. Width of the error state: Mesa's panvk keeps it in 32 bits.
 */
static inline u64 cs_store_state(u8 addr, enum cs_store_state state, u8 scoreboard)
{
	return CS_OP(40) | CS_FIELD(scoreboard, 48) | CS_FIELD(addr, 40) | CS_FIELD(state, 32);
}

/* Ends the error state that a recoverable fault began. */
static inline u64 cs_error_barrier(void)
{
	return CS_OP(47);
}

/* mem64[d[addr]] = d[value]; notifies the whole system. The error state goes nowhere. */
static inline u64 cs_sync_set64(u8 addr, u8 value, u8 scoreboard)
{
	return CS_OP(52) | CS_FIELD(scoreboard, 48) | CS_FIELD(addr, 40) | CS_FIELD(value, 32);
}

#endif
