/*
 * What goes wrong in a command stream kills its group, is reported, and harms
 * nobody else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#define FATAL DRM_PANTHOR_GROUP_STATE_FATAL_FAULT
#define LOST (DRM_PANTHOR_GROUP_STATE_FATAL_FAULT | DRM_PANTHOR_GROUP_STATE_TIMEDOUT)

static struct pu_ctx innocent;
static uint32_t innocent_group;

/* The bystander: another VM, another group; must work before and after. */
static void check_innocent(void)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 0x600d), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    uint32_t state;

    *pu_data(&innocent, 0) = 0;
    igt_assert_eq(pu_run(&innocent, innocent_group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&innocent, 0), 0x600d);
    igt_assert_eq(pu_group_state(innocent.fd, innocent_group, &state, NULL), 0);
    igt_assert_eq_u32(state, 0);
}

/* Runs a guilty job in a VM of its own; its fence must signal, its group be lost. */
static void guilty(const uint64_t *words, unsigned n, uint64_t va, uint32_t want)
{
    struct pu_ctx c = pu_need_ctx(innocent.fd);
    uint32_t group = pu_need_group(&c, 1), sync = pu_sync_create(c.fd), state = 0, queues = 0;
    const struct pu_sync s = {.handle = sync, .signal = true};

    if (words)
        va = pu_stream(&c, words, n);
    igt_assert_eq(pu_submit(c.fd, group, 0, va, n * 8, &s, 1), 0);
    igt_assert_eq(pu_sync_wait(c.fd, sync, 0, 40 * PU_SECOND), 0);
    igt_assert_eq(pu_group_state(c.fd, group, &state, &queues), 0);
    igt_assert_f(state & want, "group state: got 0x%x, expected a bit of 0x%x", state, want);
    if (want == FATAL)
        igt_assert_eq_u32(queues, 1);
    igt_assert_lt(pu_sync_status(c.fd, sync), 0); /* the fence carries an error */
    /* nothing more is accepted */
    igt_assert_neq(pu_submit(c.fd, group, 0, va, n * 8, &s, 1), 0);
    pu_sync_destroy(c.fd, sync);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
    check_innocent();
}

static void one(uint64_t word)
{
    guilty(&word, 1, 0, FATAL);
}

static void wild(uint64_t instr)
{
    const uint64_t job[] = {cs_mov48(68, 0x7fff00000000), instr, cs_wait(0xff)};

    guilty(job, PU_N(job), 0, FATAL);
}

static void misaligned(void)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA + 2), cs_store(70, 68, 1, 0), cs_wait(0xff)};

    guilty(job, PU_N(job), 0, FATAL);
}

static void endless(bool destroy)
{
    const uint64_t job[] = {cs_add32(10, 10, 1), cs_branch(CS_ALWAYS, 10, -2)};
    struct pu_ctx c;
    uint32_t group, sync;

    if (!destroy) {
        guilty(job, PU_N(job), 0, LOST);
        return;
    }
    c = pu_need_ctx(innocent.fd);
    group = pu_need_group(&c, 1);
    sync = pu_sync_create(c.fd);
    igt_assert_eq(pu_go(&c, group, 0, job, PU_N(job), sync), 0);
    check_innocent();
    igt_assert_eq(pu_group_destroy(c.fd, group), 0);
    igt_assert_eq(pu_sync_wait(c.fd, sync, 0, PU_WAIT), 0);
    pu_sync_destroy(c.fd, sync);
    pu_ctx_free(&c);
    check_innocent();
}

static void run_compute(void)
{
    const uint64_t job[] = {cs_req_res(1), cs_mov32(37, 0), cs_run_compute(), cs_wait(0xff)};
    struct pu_ctx c = pu_need_ctx(innocent.fd);
    uint32_t group = pu_need_group(&c, 1), state = 0;

    pu_run(&c, group, job, PU_N(job));
    igt_assert_eq(pu_group_state(c.fd, group, &state, NULL), 0);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
    check_innocent();
    igt_require_f(state, "RUN_COMPUTE ran: there are shader cores");
    igt_assert_eq_u32(state & FATAL, FATAL);
}

igt_main
{
    igt_fixture {
        innocent = pu_need_ctx(pu_need_device());
        innocent_group = pu_need_group(&innocent, 1);
        check_innocent();
    }
    igt_describe("an opcode that does not exist");
    igt_subtest("invalid-opcode") one(0xfeull << 56);
    igt_describe("a reserved bit set");
    igt_subtest("reserved-bit") one(cs_mov32(10, 1) | 1ull << 40);
    igt_describe("a register beyond the file");
    igt_subtest("register-range") one(cs_mov32(200, 1));
    igt_describe("a 64-bit operand in an odd register");
    igt_subtest("odd-pair") one(cs_mov48(11, 1));
    igt_subtest("wild-store") wild(cs_store(70, 68, 1, 0));
    igt_subtest("wild-load") wild(cs_load(70, 68, 1, 0));
    igt_subtest("wild-sync") wild(cs_sync(CS_SYNC_ADD64, 68, 70, 0));
    igt_subtest("misaligned-store") misaligned();
    igt_describe("the stream itself is not mapped");
    igt_subtest("unmapped-stream") guilty(NULL, 8, 0x6000000000, FATAL);
    igt_describe("jobs that need shader cores are refused loudly");
    igt_subtest("run-compute") run_compute();
    igt_describe("a group is destroyed while its stream spins");
    igt_subtest("endless-loop-destroyed") endless(true);
    igt_describe("a spinning stream is killed by a time-out");
    igt_subtest("endless-loop-timeout") endless(false);
    igt_fixture {
        pu_group_destroy(innocent.fd, innocent_group);
        pu_ctx_free(&innocent);
    }
}
