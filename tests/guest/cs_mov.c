/*
 * The MOV job: constants go through registers into memory. One word, every
 * register and pair, many stores, long streams.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

#define MAGIC 0xdeadbeefu

/* What the first MOV job of panthor_group does, word for word. */
static void mov_job(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {
        cs_mov48(68, PU_DATA_VA), cs_mov32(70, MAGIC), cs_store(70, 68, 1, 0), cs_wait(0xff),
        cs_mov32(70, 0), cs_flush(70, 0, 1), cs_wait(0xff),
    };

    *pu_data(c, 0) = 0x11111111;
    igt_assert_eq(pu_run(c, group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(c, 0), MAGIC);
    igt_assert_eq_u32(*pu_data(c, 4), 0);
}

/* r92 to r95 too: the kernel's ring sets them before it uses them. */
static void every_register(struct pu_ctx *c, uint32_t group)
{
    for (unsigned r = 0; r < 96; r++) {
        unsigned addr = r == 68 || r == 69 ? 70 : 68;

        pu_do(c, group, cs_mov48(addr, PU_DATA_VA + r * 4), cs_mov32(r, MAGIC + r),
              cs_store(r, addr, 1, 0));
        igt_assert_f(*pu_data(c, r * 4) == MAGIC + r, "r%u: expected: 0x%x, got: 0x%x\n", r,
                     MAGIC + r, *pu_data(c, r * 4));
    }
}

static void every_pair(struct pu_ctx *c, uint32_t group)
{
    for (unsigned r = 0; r < 96; r += 2) {
        uint64_t want = 0xfedc00000000 + r * 0x10001, got;
        unsigned addr = r == 68 ? 70 : 68;

        pu_do(c, group, cs_mov48(addr, PU_DATA_VA), cs_mov32(r + 1, ~0u), cs_mov48(r, want),
              cs_store(r, addr, 3, (int16_t)(r * 8)));
        got = pu_data64(c, r * 8);
        igt_assert_f(got == want, "pair r%u: expected: 0x%" PRIx64 ", got: 0x%" PRIx64 "\n", r,
                     want, got);
    }
}

/* r0 to r91 hold their own values; then one changes, and no other with it. */
static void independent(struct pu_ctx *c, uint32_t group)
{
    uint64_t s[110];
    unsigned n = 0;

    for (unsigned r = 0; r < 92; r++)
        s[n++] = cs_mov32(r, 0x5000 + r);
    s[n++] = cs_mov48(92, PU_DATA_VA);
    s[n++] = cs_mov32(33, 0xabcdef);
    for (unsigned r = 0; r < 92; r += 4)
        if (r % 16 == 0 || r > 80)
            s[n++] = cs_store(r, 92, r < 80 ? 0xffff : 0xf, (int16_t)(r * 4));
    pu_must_run(c, group, s, n);
    for (unsigned r = 0; r < 92; r++) {
        uint32_t want = r == 33 ? 0xabcdef : 0x5000 + r;

        igt_assert_f(*pu_data(c, r * 4) == want, "r%u: expected: 0x%x, got: 0x%x\n", r, want,
                     *pu_data(c, r * 4));
    }
}

/* Stores to every word of 32 KiB, each with its own value. */
static void many_stores(struct pu_ctx *c, uint32_t group)
{
    enum { WORDS = 8192 };
    static uint64_t s[WORDS * 4];
    unsigned n = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        s[n++] = cs_mov48(68, PU_DATA_VA + i * 4);
        s[n++] = cs_mov32(70, i * 2654435761u);
        s[n++] = cs_store(70, 68, 1, 0);
        s[n++] = cs_wait(0xff);
    }
    pu_must_run(c, group, s, n);
    for (unsigned i = 0; i < WORDS; i++)
        igt_assert_eq_u32(*pu_data(c, i * 4), i * 2654435761u);
}

/* @n instructions in a straight line, most of them additions. */
static void straight(struct pu_ctx *c, uint32_t group, unsigned n)
{
    uint64_t *s = malloc(n * sizeof(*s));
    unsigned tail = n - CS_END_WORDS;
    int r;

    s[0] = cs_mov48(68, PU_DATA_VA);
    s[1] = cs_mov32(70, 0);
    for (unsigned i = 2; i < tail - 1; i++)
        s[i] = cs_add32(70, 70, 1);
    s[tail - 1] = cs_store(70, 68, 1, 0);
    r = pu_run(c, group, s, cs_finish(s, tail));
    free(s);
    igt_assert_eq(r, 0);
    igt_assert_eq_u32(*pu_data(c, 0), tail - 3);
}

static void job_4000(struct pu_ctx *c, uint32_t group)
{
    straight(c, group, 4000);
}

static void job_large(struct pu_ctx *c, uint32_t group)
{
    straight(c, group, (unsigned)(PU_AREA / 8));
}

static void one_instruction(struct pu_ctx *c, uint32_t group)
{
    const uint64_t nop = 0;

    igt_assert_eq(pu_run(c, group, &nop, 1), 0);
    mov_job(c, group);
}

static void every_queue(struct pu_ctx *c, uint32_t group)
{
    uint32_t sync[8];

    for (unsigned q = 0; q < 8; q++) {
        uint64_t s[3 + CS_END_WORDS] = {
            cs_mov48(68, PU_DATA_VA + q * 64), cs_mov32(70, MAGIC + q), cs_store(70, 68, 1, 0),
        };

        sync[q] = pu_sync_create(c->fd);
        igt_assert_eq(pu_go(c, group, q, s, cs_finish(s, 3), sync[q]), 0);
    }
    for (unsigned q = 0; q < 8; q++) {
        pu_must_signal(c->fd, sync[q], PU_WAIT);
        igt_assert_eq_u32(*pu_data(c, q * 64), MAGIC + q);
        pu_sync_destroy(c->fd, sync[q]);
    }
}

igt_main
{
    pu_subtest("mov", "a constant reaches memory and the fence signals", mov_job, 1);
    pu_subtest("every-register", "each register can be moved to and stored", every_register, 1);
    pu_subtest("every-pair", "each pair takes a 48-bit constant, zero-extended", every_pair, 1);
    pu_subtest("registers-independent", "writing one register changes no other", independent, 1);
    pu_subtest("many-stores", "8192 stores in one stream", many_stores, 1);
    pu_subtest("job-4000", "a stream of 4000 instructions", job_4000, 1);
    pu_subtest("job-1-mib", "a stream of 128 Ki instructions without a branch", job_large, 1);
    pu_subtest("one-instruction", "the smallest stream", one_instruction, 1);
    pu_subtest("every-queue", "all eight queues of a group at once", every_queue, 8);
}
