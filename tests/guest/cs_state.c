/*
 * STORE_STATE, scoreboard entries, resource requests and cache flushes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

static uint64_t cntvct(void)
{
#ifdef __aarch64__
    uint64_t t;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(t));
    return t;
#else
    return 0;
#endif
}

/* Two samples of @state, a loop between them. */
static void sample(struct pu_ctx *c, uint32_t group, unsigned state)
{
    *pu_data(c, 0) = *pu_data(c, 4) = *pu_data(c, 8) = *pu_data(c, 12) = 0;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_store_state(state, 80, 0), cs_mov32(11, 100000),
          cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -2), cs_store_state(state, 80, 8));
}

static void timestamp(struct pu_ctx *c, uint32_t group)
{
    uint64_t before = cntvct(), first, second, after;

    sample(c, group, CS_STATE_TIMESTAMP);
    after = cntvct();
    first = pu_data64(c, 0);
    second = pu_data64(c, 8);
    igt_assert_f(first < second, "expected: growth, got: %" PRIu64 " then %" PRIu64 "\n", first,
                 second);
    igt_require_f(after, "CNTVCT needs an Arm guest\n");
    igt_assert_f(before <= first && second <= after, "expected: between CNTVCTs %" PRIu64 " and %"
                 PRIu64 ", got: %" PRIu64 " and %" PRIu64 "\n", before, after, first, second);
}

static void cycles(struct pu_ctx *c, uint32_t group)
{
    uint64_t first, second;

    sample(c, group, CS_STATE_CYCLES);
    first = pu_data64(c, 0);
    second = pu_data64(c, 8);
    igt_assert_f(first < second, "expected: growth, got: %" PRIu64 " then %" PRIu64 "\n", first,
                 second);
    sample(c, group, CS_STATE_CYCLES);
    igt_assert_f(second < pu_data64(c, 0), "expected: growth from job to job, got: %" PRIu64
                 " then %" PRIu64 "\n", second, pu_data64(c, 0));
}

/* The offset is signed, the store 64 bits wide, the neighbours stay. */
static void store_shape(struct pu_ctx *c, uint32_t group)
{
    for (unsigned i = 0; i < 8; i++)
        *pu_data(c, i * 4) = ~0u;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA + 0x1000),
          cs_store_state(CS_STATE_TIMESTAMP, 80, -0x1000 + 8));
    igt_assert_eq_u32(*pu_data(c, 4), ~0u);
    igt_assert_f(pu_data64(c, 8) != ~0ull, "expected: a time, got: nothing\n");
    igt_assert_f(*pu_data(c, 12) != ~0u, "expected: a high word, got: nothing\n");
    igt_assert_eq_u32(*pu_data(c, 16), ~0u);
}

/* No error: zero. Whether 32 or 64 bits are written is not known; no more is. */
static void error_status(struct pu_ctx *c, uint32_t group)
{
    for (unsigned i = 0; i < 8; i++)
        *pu_data(c, i * 4) = ~0u;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_store_state(CS_STATE_ERROR, 80, 8));
    igt_assert_eq_u32(*pu_data(c, 4), ~0u);
    igt_assert_eq_u32(*pu_data(c, 8), 0);
    igt_assert_eq_u32(*pu_data(c, 16), ~0u);
}

/* With a scoreboard mask the store is deferred; the value must still arrive. */
static void store_deferred(struct pu_ctx *c, uint32_t group)
{
    *pu_data(c, 8) = *pu_data(c, 12) = 0;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 7), cs_store(10, 80, 1, 0),
          cs_store_state(CS_STATE_TIMESTAMP, 80, 8) | cs_defer(1, 3), cs_wait(1 << 3));
    igt_assert_eq_u32(*pu_data(c, 0), 7);
    igt_assert_f(pu_data64(c, 8), "expected: a time, got: 0\n");
}

/* Loads and stores through each entry; the other entries need no waiting for. */
static void scoreboards(struct pu_ctx *c, uint32_t group)
{
    for (unsigned sb = 0; sb < 8; sb++) {
        *pu_data(c, 4) = 0;
        pu_do(c, group, cs_set_sb((sb + 1) & 7, sb), cs_mov48(80, PU_DATA_VA), cs_mov32(10, sb + 1),
              cs_store(10, 80, 1, 0), cs_wait(1u << sb), cs_load(11, 80, 1, 0), cs_wait(1u << sb),
              cs_add32(11, 11, 1), cs_store(11, 80, 1, 4), cs_wait(1u << sb), cs_set_sb(0, 0));
        igt_assert_eq_u32(*pu_data(c, 4), sb + 2);
    }
}

/* Nothing is in flight: each WAIT falls through. */
static void idle_waits(struct pu_ctx *c, uint32_t group)
{
    uint64_t s[256 + 3];
    unsigned n = 0;

    for (unsigned mask = 0; mask < 256; mask++)
        s[n++] = cs_wait(mask);
    s[n++] = cs_mov48(80, PU_DATA_VA);
    s[n++] = cs_mov32(10, 0x5b);
    s[n++] = cs_store(10, 80, 1, 0);
    pu_must_run(c, group, s, n);
    igt_assert_eq_u32(*pu_data(c, 0), 0x5b);
}

/* Every combination of units is granted and given back; also over the end of a job. */
static void resources(struct pu_ctx *c, uint32_t group)
{
    for (unsigned units = 0; units < 16; units++) {
        *pu_data(c, 0) = 0;
        pu_do(c, group, cs_req_res(units), cs_mov48(80, PU_DATA_VA), cs_mov32(10, units + 1),
              cs_store(10, 80, 1, 0), cs_wait(0xff), cs_req_res(0));
        igt_assert_eq_u32(*pu_data(c, 0), units + 1);
    }
    pu_do(c, group, cs_req_res(0xf));
    pu_do(c, group, cs_req_res(0));
}

/* One queue holds them all: the other must get them when it lets go. */
static void resources_shared(struct pu_ctx *c, uint32_t group)
{
    uint32_t sync[2];

    *pu_data(c, 0) = *pu_data(c, 4) = 0;
    for (unsigned q = 0; q < 2; q++) {
        uint64_t s[10 + CS_END_WORDS] = {
            cs_mov48(80, PU_DATA_VA + q * 4), cs_mov32(10, 0), cs_mov32(11, 200),
            cs_req_res(0xf), cs_add32(10, 10, 1), cs_req_res(0), cs_add32(11, 11, -1),
            cs_branch(CS_GT, 11, -5), cs_store(10, 80, 1, 0),
        };

        sync[q] = pu_sync_create(c->fd);
        igt_assert_eq(pu_go(c, group, q, s, cs_finish(s, 9), sync[q]), 0);
    }
    for (unsigned q = 0; q < 2; q++) {
        pu_must_signal(c->fd, sync[q], PU_WAIT);
        pu_sync_destroy(c->fd, sync[q]);
        igt_assert_eq_u32(*pu_data(c, q * 4), 200);
    }
}

/* Each mode of L2 and LSC, with and without the others; through each entry. */
static void flushes(struct pu_ctx *c, uint32_t group)
{
    static const unsigned modes[] = {0, 1, 3};
    uint64_t s[3 * 3 * 2 * 2 + 8 * 2 + 4];
    unsigned n = 0;

    s[n++] = cs_mov48(80, PU_DATA_VA);
    s[n++] = cs_mov32(10, 0);
    for (unsigned l2 = 0; l2 < 3; l2++)
        for (unsigned lsc = 0; lsc < 3; lsc++)
            for (unsigned other = 0; other < 2; other++) {
                s[n++] = CS_OP(36) | CS_AT(2, 48) | CS_AT(10, 40) | other << 9 | modes[lsc] << 4 |
                         modes[l2];
                s[n++] = cs_wait(1 << 2);
            }
    for (unsigned sb = 0; sb < 8; sb++) {
        s[n++] = cs_flush(10, 1u << ((sb + 1) & 7), sb);
        s[n++] = cs_wait(1u << sb);
    }
    s[n++] = cs_mov32(11, 0xf1);
    s[n++] = cs_store(11, 80, 1, 0);
    *pu_data(c, 0) = 0;
    pu_must_run(c, group, s, n);
    igt_assert_eq_u32(*pu_data(c, 0), 0xf1);
}

/* A flush id of the past or of the future: whether skipped or done, it completes. */
static void flush_ids(struct pu_ctx *c, uint32_t group)
{
    static const uint32_t ids[] = {0, 1, 0x7fffff, 0xffffff};

    for (unsigned i = 0; i < PU_N(ids); i++) {
        pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, ids[i]), cs_flush(10, 0, 3),
              cs_wait(1 << 3), cs_store(10, 80, 1, 0));
        igt_assert_eq_u32(*pu_data(c, 0), ids[i]);
    }
}

igt_main
{
    pu_subtest("timestamp", "the GPU's time grows and is the guest's system counter", timestamp, 1);
    pu_subtest("cycles", "the cycle count grows, from job to job too", cycles, 1);
    pu_subtest("store-shape", "STORE_STATE writes 64 bits at a signed offset", store_shape, 1);
    pu_subtest("error-status", "the error status of a healthy stream is zero", error_status, 1);
    pu_subtest("store-deferred", "STORE_STATE may wait for scoreboard entries", store_deferred, 1);
    pu_subtest("scoreboards", "SET_SB_ENTRY moves loads and stores to any entry", scoreboards, 1);
    pu_subtest("idle-waits", "WAIT for entries that nothing uses", idle_waits, 1);
    pu_subtest("resources", "REQ_RESOURCE takes and releases each set of units", resources, 1);
    pu_subtest("resources-shared", "two queues take turns with all units", resources_shared, 2);
    pu_subtest("flushes", "FLUSH_CACHE2 in each mode, through each entry", flushes, 1);
    pu_subtest("flush-ids", "FLUSH_CACHE2 completes whatever its flush id", flush_ids, 1);
}
