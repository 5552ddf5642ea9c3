/*
 * Register arithmetic: ADD_IMMEDIATE32/64, UMIN32, and what the two MOVEs do to
 * a pair. The cases of a subtest are one stream; each leaves its result in
 * memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

#define PER_CASE 6 /* at most so many instructions */

/* The pair r10:r11 goes to the @i-th 64-bit word. */
static uint64_t keep(unsigned i)
{
    return cs_store(10, 80, 3, (int16_t)(i * 8));
}

static void check(struct pu_ctx *c, unsigned i, uint64_t want)
{
    uint64_t got = pu_data64(c, i * 8);

    igt_assert_f(got == want, "case %u: expected: 0x%" PRIx64 ", got: 0x%" PRIx64 "\n", i, want,
                 got);
}

static void add32(struct pu_ctx *c, uint32_t group)
{
    static const struct {
        uint32_t src;
        int32_t imm;
        uint32_t want;
    } t[] = {
        {0, 0, 0},
        {1, 2, 3},
        {0xffffffff, 1, 0},
        {0xffffffff, 2, 1},
        {0, -1, 0xffffffff},
        {3, -5, 0xfffffffe},
        {0x7fffffff, 1, 0x80000000},
        {0x80000000, -1, 0x7fffffff},
        {0x80000000, INT32_MIN, 0},
        {0xffffffff, INT32_MAX, 0x7ffffffe},
        {0x12345678, INT32_MIN, 0x92345678},
    };
    uint64_t s[1 + PU_N(t) * PER_CASE];
    unsigned n = 0;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    for (unsigned i = 0; i < PU_N(t); i++) {
        s[n++] = cs_mov32(20, t[i].src);
        s[n++] = cs_mov32(11, 0x5afe0000 + i); /* the neighbour: no carry may get there */
        s[n++] = cs_add32(10, 20, t[i].imm);
        s[n++] = keep(i);
        s[n++] = cs_wait(0xff);
    }
    pu_must_run(c, group, s, n);
    for (unsigned i = 0; i < PU_N(t); i++)
        check(c, i, (0x5afe0000ull + i) << 32 | t[i].want);
}

/* Sources are made of two MOVE32: a MOVE has only 48 bits. */
static void add64(struct pu_ctx *c, uint32_t group)
{
    static const struct {
        uint64_t src;
        int32_t imm;
        uint64_t want;
    } t[] = {
        {0, 0, 0},
        {0xffffffffull, 1, 0x100000000ull},
        {0x100000000ull, -1, 0xffffffffull},
        {0, -1, UINT64_MAX},
        {UINT64_MAX, 1, 0},
        {UINT64_MAX, 2, 1},
        {0xffffffffffffull, 1, 0x1000000000000ull},
        {INT64_MAX, 1, 0x8000000000000000ull},
        {0x8000000000000000ull, -1, INT64_MAX},
        {0, INT32_MIN, 0xffffffff80000000ull},
        {0x80000000ull, INT32_MIN, 0},
        {0xfedcba9876543210ull, INT32_MAX, 0xfedcba98f654320full},
    };
    uint64_t s[1 + PU_N(t) * PER_CASE];
    unsigned n = 0;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    for (unsigned i = 0; i < PU_N(t); i++) {
        s[n++] = cs_mov32(20, (uint32_t)t[i].src);
        s[n++] = cs_mov32(21, (uint32_t)(t[i].src >> 32));
        s[n++] = cs_add64(10, 20, t[i].imm);
        s[n++] = keep(i);
        s[n++] = cs_wait(0xff);
    }
    pu_must_run(c, group, s, n);
    for (unsigned i = 0; i < PU_N(t); i++)
        check(c, i, t[i].want);
}

static void umin32(struct pu_ctx *c, uint32_t group)
{
    static const uint32_t t[][2] = {
        {0, 0},
        {0, 1},
        {1, 0},
        {7, 7},
        {0, 0xffffffff},
        {0xffffffff, 0x80000000},
        {1, 0xffffffff},
        {0x7fffffff, 0x80000000},
        {0x80000001, 0x80000000},
    };
    uint64_t s[1 + PU_N(t) * PER_CASE];
    unsigned n = 0;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    for (unsigned i = 0; i < PU_N(t); i++) {
        s[n++] = cs_mov32(20, t[i][0]);
        s[n++] = cs_mov32(21, t[i][1]);
        s[n++] = cs_mov32(11, 0x5afe0000 + i);
        s[n++] = cs_umin32(10, 20, 21);
        s[n++] = keep(i);
        s[n++] = cs_wait(0xff);
    }
    pu_must_run(c, group, s, n);
    for (unsigned i = 0; i < PU_N(t); i++)
        check(c, i, (0x5afe0000ull + i) << 32 | (t[i][0] < t[i][1] ? t[i][0] : t[i][1]));
}

static void in_place(struct pu_ctx *c, uint32_t group)
{
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0xfffffff0), cs_mov32(11, 5),
          cs_add32(10, 10, 0x20), keep(0), cs_wait(0xff),
          cs_add64(10, 10, -0x11), keep(1), cs_wait(0xff),
          cs_mov32(12, 3), cs_umin32(10, 10, 12), keep(2), cs_wait(0xff),
          cs_umin32(11, 12, 11), keep(3), cs_wait(0xff),
          cs_umin32(11, 11, 11), cs_add32(11, 10, -4), keep(4));
    check(c, 0, 0x500000010ull);
    check(c, 1, 0x4ffffffffull);
    check(c, 2, 0x400000003ull);
    check(c, 3, 0x300000003ull);
    check(c, 4, 0xffffffff00000003ull);
}

static void mov48(struct pu_ctx *c, uint32_t group)
{
    static const uint64_t t[] = {
        0, 1, 0x80000000, 0xffffffff, 0x100000000, 0x800000000000, 0xffffffffffff, 0x123456789abc,
    };
    uint64_t s[1 + PU_N(t) * PER_CASE];
    unsigned n = 0;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    for (unsigned i = 0; i < PU_N(t); i++) {
        s[n++] = cs_mov32(10, ~0u);
        s[n++] = cs_mov32(11, ~0u);
        s[n++] = cs_mov48(10, t[i]);
        s[n++] = keep(i);
        s[n++] = cs_wait(0xff);
    }
    pu_must_run(c, group, s, n);
    for (unsigned i = 0; i < PU_N(t); i++)
        check(c, i, t[i]);
}

static void mov32(struct pu_ctx *c, uint32_t group)
{
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0xaaaabbbbcccc),
          cs_mov32(10, 0x11111111), keep(0), cs_wait(0xff), cs_mov32(11, 0x22222222), keep(1));
    check(c, 0, 0xaaaa11111111ull);
    check(c, 1, 0x2222222211111111ull);
}

/* 70000 steps of 0x10001: over the carry into the high word. */
static void carries(struct pu_ctx *c, uint32_t group)
{
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0), cs_mov32(12, 70000),
          cs_add64(10, 10, 0x10001), cs_add32(12, 12, -1), cs_branch(CS_NE, 12, -3), keep(0));
    check(c, 0, 70000ull * 0x10001);
}

igt_main
{
    pu_subtest("add32-wraps", "ADD_IMMEDIATE32 wraps at 32 bits and carries nowhere", add32, 1);
    pu_subtest("add64-wraps", "ADD_IMMEDIATE64 sign-extends its constant, carries and wraps",
               add64, 1);
    pu_subtest("umin32", "UMIN32 compares without sign", umin32, 1);
    pu_subtest("in-place", "a destination may be one of the sources", in_place, 1);
    pu_subtest("move48-zero-extends", "MOVE clears the 16 bits above its constant", mov48, 1);
    pu_subtest("move32-one-register", "MOVE32 writes half of a pair", mov32, 1);
    pu_subtest("add64-loop", "70000 additions in a loop", carries, 1);
}
