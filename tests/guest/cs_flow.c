/*
 * Control flow: branches, loops, calls down to the stack's depth, jumps; and how
 * long registers live.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

#define NESTED 7 /* calls below the ring's frame; the kernel's CALL of a job is one of them */

/* Every condition with values below, at and above zero: taken and not taken. */
static void conditions(struct pu_ctx *c, uint32_t group)
{
    static const int32_t v[] = {INT32_MIN, -65536, -1, 0, 1, 65536, INT32_MAX};
    uint64_t s[1 + 7 * PU_N(v) * 6];
    unsigned n = 0;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    for (unsigned cond = CS_LE; cond <= CS_ALWAYS; cond++)
        for (unsigned i = 0; i < PU_N(v); i++) {
            s[n++] = cs_mov32(10, (uint32_t)v[i]);
            s[n++] = cs_mov32(11, 1);
            s[n++] = cs_branch(cond, 10, 1);
            s[n++] = cs_mov32(11, 0);
            s[n++] = cs_store(11, 80, 1, (int16_t)((cond * PU_N(v) + i) * 4));
            s[n++] = cs_wait(0xff);
        }
    pu_must_run(c, group, s, n);
    for (unsigned cond = CS_LE; cond <= CS_ALWAYS; cond++)
        for (unsigned i = 0; i < PU_N(v); i++) {
            const bool want[] = {v[i] <= 0, v[i] > 0, v[i] == 0, v[i] != 0, v[i] < 0, v[i] >= 0,
                                 true};
            uint32_t got = *pu_data(c, (cond * PU_N(v) + i) * 4);

            igt_assert_f(got == want[cond], "condition %u, value %d: expected: %d, got: %u\n", cond,
                         v[i], want[cond], got);
        }
}

/* A loop that ends by each condition. r10 counts rounds, r11 is what the condition looks at. */
static void loops(struct pu_ctx *c, uint32_t group)
{
    static const struct {
        unsigned cond;
        int32_t from, step;
        uint32_t rounds;
    } t[] = {
        {CS_GT, 1000, -1, 1000}, {CS_NE, 1000, -2, 500},  {CS_GE, 1000, -1, 1001},
        {CS_LT, -1000, 1, 1000}, {CS_LE, -1000, 1, 1001}, {CS_EQ, -1, 1, 2},
    };

    for (unsigned i = 0; i < PU_N(t); i++) {
        pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0),
              cs_mov32(11, (uint32_t)t[i].from), cs_add32(10, 10, 1),
              cs_add32(11, 11, t[i].step), cs_branch(t[i].cond, 11, -3),
              cs_store(10, 80, 1, 0));
        igt_assert_f(*pu_data(c, 0) == t[i].rounds, "condition %u: expected: %u rounds, got: %u\n",
                     t[i].cond, t[i].rounds, *pu_data(c, 0));
    }
}

static void nested_loops(struct pu_ctx *c, uint32_t group)
{
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov32(11, 300),
          cs_mov32(12, 400), cs_add32(10, 10, 1), cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -3),
          cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -6), cs_store(10, 80, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 300 * 400);
}

/* Out and back over 20000 instructions that must not run. */
static void far_branches(struct pu_ctx *c, uint32_t group)
{
    enum { FAR = 20000 };
    static uint64_t s[FAR + 8];
    unsigned n = 0, back;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    s[n++] = cs_mov32(10, 1);
    s[n++] = cs_branch(CS_ALWAYS, 10, FAR);
    back = n;
    s[n++] = cs_branch(CS_ALWAYS, 10, FAR); /* to the store at the end */
    while (n < back + FAR)
        s[n++] = cs_mov32(10, 0xbad);
    s[n++] = cs_branch(CS_ALWAYS, 10, -FAR - 1);
    s[n++] = cs_store(10, 80, 1, 0);
    pu_must_run(c, group, s, n);
    igt_assert_eq_u32(*pu_data(c, 0), 1);
}

/*
 * @depth calls, one in the other: each level below the job's own counts in r10
 * when it comes back, the innermost says so in r11. Returns the outermost's VA.
 */
static uint64_t chain(struct pu_ctx *c, unsigned depth, uint32_t *bytes)
{
    const uint64_t leaf[] = {cs_add32(11, 11, 1), cs_add32(10, 10, 1)};
    uint64_t va = pu_stream(c, leaf, PU_N(leaf));

    *bytes = sizeof(leaf);
    for (unsigned i = 1; i < depth; i++) {
        const uint64_t level[] = {cs_mov48(20, va), cs_mov32(22, *bytes), cs_call(20, 22),
                                  cs_add32(10, 10, 1)};

        va = pu_stream(c, level, PU_N(level));
        *bytes = sizeof(level);
    }
    return va;
}

static void calls(struct pu_ctx *c, uint32_t group)
{
    for (unsigned depth = 1; depth < NESTED; depth++) {
        uint32_t bytes;
        uint64_t va = chain(c, depth, &bytes);

        pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0), cs_mov48(20, va),
              cs_mov32(22, bytes), cs_call(20, 22), cs_store(10, 80, 3, 0));
        igt_assert_eq_u32(*pu_data(c, 0), depth);
        igt_assert_eq_u32(*pu_data(c, 4), 1);
    }
}

static void call_overflow(struct pu_ctx *c, uint32_t group)
{
    uint32_t bytes, fresh;
    uint64_t va = chain(c, NESTED, &bytes);
    const uint64_t job[] = {cs_mov48(20, va), cs_mov32(22, bytes), cs_call(20, 22),
                            cs_mov48(80, PU_DATA_VA), cs_mov32(10, 1), cs_store(10, 80, 1, 0)};

    *pu_data(c, 0) = 0;
    pu_run(c, group, job, PU_N(job));
    pu_must_become(c->fd, group, DRM_PANTHOR_GROUP_STATE_FATAL_FAULT);
    igt_assert_eq_u32(*pu_data(c, 0), 0);
    fresh = pu_need_group(c, 1);
    calls(c, fresh);
    pu_group_destroy(c->fd, fresh);
}

/* The stack does not grow with the number of calls. */
static void many_calls(struct pu_ctx *c, uint32_t group)
{
    uint32_t bytes;
    uint64_t va = chain(c, 2, &bytes);

    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0), cs_mov32(12, 2000),
          cs_mov48(20, va), cs_mov32(22, bytes), cs_call(20, 22), cs_add32(12, 12, -1),
          cs_branch(CS_GT, 12, -5), cs_store(10, 80, 3, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 4000);
    igt_assert_eq_u32(*pu_data(c, 4), 2000);
}

/* 100 links, many more than the stack has frames; what follows a JUMP does not run. */
static void jumps(struct pu_ctx *c, uint32_t group)
{
    uint64_t end[3 + CS_END_WORDS] = {cs_add32(10, 10, 1), cs_mov48(80, PU_DATA_VA),
                                      cs_store(10, 80, 1, 0)};
    unsigned n = cs_finish(end, 3);
    uint64_t va = pu_stream(c, end, n);
    uint32_t bytes = n * 8;

    for (unsigned i = 0; i < 99; i++) {
        const uint64_t link[] = {cs_add32(10, 10, 1), cs_mov48(20, va), cs_mov32(22, bytes),
                                 cs_jump(20, 22), cs_mov32(10, 0xbad)};

        va = pu_stream(c, link, PU_N(link));
        bytes = sizeof(link);
    }
    const uint64_t job[] = {cs_mov32(10, 0), cs_mov48(20, va), cs_mov32(22, bytes),
                            cs_jump(20, 22), cs_mov32(10, 0xbad)};

    igt_assert_eq(pu_run(c, group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(c, 0), 100);
}

/* A callee jumps away: the end of where it went is its return. */
static void jump_in_callee(struct pu_ctx *c, uint32_t group)
{
    const uint64_t last[] = {cs_add32(10, 10, 0x10)};
    uint64_t va = pu_stream(c, last, 1);
    const uint64_t callee[] = {cs_add32(10, 10, 1), cs_mov48(24, va), cs_mov32(26, sizeof(last)),
                               cs_jump(24, 26), cs_mov32(10, 0xbad)};

    va = pu_stream(c, callee, PU_N(callee));
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov48(20, va),
          cs_mov32(22, sizeof(callee)), cs_call(20, 22), cs_add32(10, 10, 0x100),
          cs_store(10, 80, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 0x111);
}

/* A stream that jumps to its own start until r11 is used up. */
static void jump_loop(struct pu_ctx *c, uint32_t group)
{
    const uint64_t setup[] = {cs_mov32(10, 0), cs_mov32(11, 5000), cs_mov48(80, PU_DATA_VA)};
    uint64_t s[6 + CS_END_WORDS] = {cs_add32(10, 10, 2), cs_add32(11, 11, -1),
                                    cs_branch(CS_LE, 11, 1), cs_jump(20, 22),
                                    cs_store(10, 80, 1, 0), cs_wait(0xff)};
    unsigned n = cs_finish(s, 6);
    uint64_t va = pu_stream(c, s, n);
    const uint64_t job[] = {cs_mov48(20, va), cs_mov32(22, n * 8), cs_jump(20, 22)};

    igt_assert_eq(pu_run(c, group, setup, PU_N(setup)), 0);
    igt_assert_eq(pu_run(c, group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(c, 0), 10000);
}

/* All of r0..r91 of queue @q to memory; the address is in one of the kernel's registers. */
static void dump(struct pu_ctx *c, uint32_t group, uint32_t q)
{
    uint32_t sync = pu_sync_create(c->fd);
    uint64_t s[7 + CS_END_WORDS] = {cs_mov48(92, PU_DATA_VA)};
    unsigned n = 1;

    for (unsigned r = 0; r < 80; r += 16)
        s[n++] = cs_store(r, 92, 0xffff, (int16_t)(r * 4));
    s[n++] = cs_store(80, 92, 0xfff, 80 * 4);
    igt_assert_eq(pu_go(c, group, q, s, cs_finish(s, n), sync), 0);
    pu_must_signal(c->fd, sync, PU_WAIT);
    pu_sync_destroy(c->fd, sync);
}

static void set_all(struct pu_ctx *c, uint32_t group, uint32_t q, uint32_t val)
{
    uint32_t sync = pu_sync_create(c->fd);
    uint64_t s[92];

    for (unsigned r = 0; r < 92; r++)
        s[r] = cs_mov32(r, val + r);
    igt_assert_eq(pu_go(c, group, q, s, 92, sync), 0);
    pu_must_signal(c->fd, sync, PU_WAIT);
    pu_sync_destroy(c->fd, sync);
}

/* @val + r in each register r; @val 0: zero in all. */
static void expect_all(struct pu_ctx *c, uint32_t val)
{
    for (unsigned r = 0; r < 92; r++) {
        uint32_t want = val ? val + r : 0, got = *pu_data(c, r * 4);

        igt_assert_f(got == want, "r%u: expected: 0x%x, got: 0x%x\n", r, want, got);
    }
}

static void registers_persist(struct pu_ctx *c, uint32_t group)
{
    set_all(c, group, 0, 0x1000);
    set_all(c, group, 1, 0x2000);
    for (unsigned i = 0; i < 3; i++) {
        dump(c, group, 0);
        expect_all(c, 0x1000);
        dump(c, group, 1);
        expect_all(c, 0x2000);
    }
}

/* Whatever the slot's last owner left there. */
static void registers_start_zero(struct pu_ctx *c, uint32_t group)
{
    set_all(c, group, 0, 0xbad0000);
    igt_assert_eq(pu_group_destroy(c->fd, group), 0);
    for (unsigned i = 0; i < 10; i++) { /* more groups than slots */
        uint32_t fresh = pu_need_group(c, 1);

        dump(c, fresh, 0);
        expect_all(c, 0);
        set_all(c, fresh, 0, 0xbad0000);
        pu_group_destroy(c->fd, fresh);
    }
}

igt_main
{
    pu_subtest("conditions", "each condition compares with zero, signed", conditions, 1);
    pu_subtest("loops", "a loop that ends by each condition", loops, 1);
    pu_subtest("nested-loops", "a loop in a loop", nested_loops, 1);
    pu_subtest("far-branches", "20000 instructions forth and back", far_branches, 1);
    pu_subtest("calls", "calls nest to the allowed depth; a callee's end is its return", calls, 1);
    pu_subtest("call-overflow", "one call deeper kills the group, and only it", call_overflow, 1);
    pu_subtest("many-calls", "returns give their frame back", many_calls, 1);
    pu_subtest("jumps", "a chain of a hundred jumps", jumps, 1);
    pu_subtest("jump-in-callee", "a jump keeps the frame it replaces", jump_in_callee, 1);
    pu_subtest("jump-loop", "a stream that jumps to itself", jump_loop, 1);
    pu_subtest("registers-persist", "r0 to r91 live from job to job, each queue its own",
               registers_persist, 2);
    pu_subtest("registers-start-zero", "a fresh group reads zeros", registers_start_zero, 1);
}
