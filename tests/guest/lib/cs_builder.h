/*
 * Encoders for the v10 command-stream instructions the tests use.
 * Source of every bit position: Mesa's v10.xml.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CS_BUILDER_H
#define CS_BUILDER_H

#include <stdint.h>

enum { CS_LE, CS_GT, CS_EQ, CS_NE, CS_LT, CS_GE, CS_ALWAYS };

#define CS_OP(op)      ((uint64_t)(op) << 56)
#define CS_AT(val, lo) ((uint64_t)(val) << (lo))

static inline uint64_t cs_mov48(unsigned d, uint64_t imm)
{
    return CS_OP(1) | CS_AT(d, 48) | (imm & 0xffffffffffffull);
}
static inline uint64_t cs_mov32(unsigned d, uint32_t imm)
{
    return CS_OP(2) | CS_AT(d, 48) | imm;
}
static inline uint64_t cs_wait(unsigned mask)
{
    return CS_OP(3) | CS_AT(mask, 16);
}
/** The same, and the firmware's progress timer begins anew: for streams that are meant to run for
 * long. */
static inline uint64_t cs_wait_progress(unsigned mask)
{
    return cs_wait(mask) | 1ull << 32;
}
static inline uint64_t cs_add32(unsigned d, unsigned s, int32_t imm)
{
    return CS_OP(16) | CS_AT(d, 48) | CS_AT(s, 40) | (uint32_t)imm;
}
static inline uint64_t cs_add64(unsigned d, unsigned s, int32_t imm)
{
    return CS_OP(17) | CS_AT(d, 48) | CS_AT(s, 40) | (uint32_t)imm;
}
static inline uint64_t cs_umin32(unsigned d, unsigned a, unsigned b)
{
    return CS_OP(18) | CS_AT(d, 48) | CS_AT(b, 40) | CS_AT(a, 32);
}
static inline uint64_t cs_load(unsigned base, unsigned addr, unsigned mask, int16_t off)
{
    return CS_OP(20) | CS_AT(base, 48) | CS_AT(addr, 40) | CS_AT(mask, 16) | (uint16_t)off;
}
static inline uint64_t cs_store(unsigned base, unsigned addr, unsigned mask, int16_t off)
{
    return CS_OP(21) | CS_AT(base, 48) | CS_AT(addr, 40) | CS_AT(mask, 16) | (uint16_t)off;
}
static inline uint64_t cs_branch(unsigned cond, unsigned reg, int16_t off)
{
    return CS_OP(22) | CS_AT(reg, 40) | CS_AT(cond, 28) | (uint16_t)off;
}
static inline uint64_t cs_set_sb(unsigned endpoint, unsigned other)
{
    return CS_OP(23) | CS_AT(other, 4) | endpoint;
}
static inline uint64_t cs_call(unsigned addr, unsigned len)
{
    return CS_OP(32) | CS_AT(addr, 40) | CS_AT(len, 32);
}
static inline uint64_t cs_jump(unsigned addr, unsigned len)
{
    return CS_OP(33) | CS_AT(addr, 40) | CS_AT(len, 32);
}
static inline uint64_t cs_req_res(unsigned mask)
{
    return CS_OP(34) | mask;
}
/** Clean and invalidate L2 and LSC, invalidate others; @reg holds the flush id. */
static inline uint64_t cs_flush(unsigned reg, unsigned wait, unsigned signal)
{
    return CS_OP(36) | CS_AT(signal, 48) | CS_AT(reg, 40) | CS_AT(wait, 16) | 1u << 9 | 3u << 4 | 3;
}
enum { CS_SYNC_ADD32 = 37, CS_SYNC_SET32 = 38, CS_SYNC_ADD64 = 51, CS_SYNC_SET64 = 52 };
static inline uint64_t cs_sync(unsigned op, unsigned addr, unsigned data, unsigned flags)
{
    return CS_OP(op) | CS_AT(addr, 40) | CS_AT(data, 32) | flags; /* flags: error_propagate 1 */
}
enum { CS_SYNC_WAIT32 = 39, CS_SYNC_WAIT64 = 53 };
static inline uint64_t cs_sync_wait(unsigned op, unsigned addr, unsigned data, unsigned cond)
{
    return CS_OP(op) | CS_AT(addr, 40) | CS_AT(data, 32) | CS_AT(cond, 28);
}
enum { CS_STATE_TIMESTAMP, CS_STATE_CYCLES, CS_STATE_DISJOINT, CS_STATE_ERROR };
static inline uint64_t cs_store_state(unsigned what, unsigned addr, int16_t off)
{
    return CS_OP(40) | CS_AT(addr, 40) | CS_AT(what, 32) | (uint16_t)off;
}
static inline uint64_t cs_heap_set(unsigned addr)
{
    return CS_OP(48) | CS_AT(addr, 40);
}
static inline uint64_t cs_heap_op(unsigned op)
{
    return CS_OP(49) | CS_AT(op, 32);
}
static inline uint64_t cs_run_compute(void)
{
    return CS_OP(4);
}

#endif
