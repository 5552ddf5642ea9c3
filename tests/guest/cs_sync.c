/*
 * Sync objects in memory: add, set and wait, 32 and 64 bit, between queues of a
 * group and between groups.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>

#define ROUNDS 50

static struct pu_ctx c;

static void clear(uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i += 4)
        *pu_data(&c, i) = 0;
}

static void basic(unsigned add, unsigned set, bool wide)
{
    uint32_t group = pu_need_group(&c, 1);
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 32), cs_mov48(10, 5), cs_mov48(12, 0x123456789a),
        cs_sync(add, 80, 10, 0), cs_sync(add, 80, 10, 0), cs_sync(set, 82, 12, 0),
    };

    clear(64);
    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    pu_group_destroy(c.fd, group);
    igt_assert_eq_u64(pu_data64(&c, 0), 10);
    igt_assert_eq_u64(pu_data64(&c, 32), wide ? 0x123456789a : 0x3456789a);
}

static void conditions(unsigned wait)
{
    uint32_t group = pu_need_group(&c, 1);
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov48(10, 4), cs_mov48(12, 5),
        cs_sync_wait(wait, 80, 10, CS_GT), /* 5 > 4 */
        cs_sync_wait(wait, 80, 12, CS_LE), /* 5 <= 5 */
        cs_store(10, 80, 1, 32), cs_wait(0xff),
    };

    clear(64);
    *pu_data(&c, 0) = 5;
    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    pu_group_destroy(c.fd, group);
    igt_assert_eq_u32(*pu_data(&c, 32), 4);
}

/* Half a game: wait until the partner has made move @i, then make ours. */
static void play(uint64_t *words, unsigned *n, uint64_t mine, uint64_t theirs, unsigned i, unsigned add,
                 unsigned wait, bool first)
{
    words[(*n)++] = cs_mov48(80, mine);
    words[(*n)++] = cs_mov48(82, theirs);
    words[(*n)++] = cs_mov48(10, 1);
    words[(*n)++] = cs_mov48(12, i);
    if (first)
        words[(*n)++] = cs_sync(add, 80, 10, 0);
    words[(*n)++] = cs_sync_wait(wait, 82, 12, CS_GT);
    if (!first)
        words[(*n)++] = cs_sync(add, 80, 10, 0);
}

static void ping_pong(uint32_t group_a, uint32_t group_b, uint32_t queue_b, unsigned add, unsigned wait)
{
    static uint64_t a[6 * ROUNDS], b[6 * ROUNDS];
    uint32_t sync_a = pu_sync_create(c.fd), sync_b = pu_sync_create(c.fd);
    unsigned na = 0, nb = 0;

    clear(64);
    for (unsigned i = 0; i < ROUNDS; i++) {
        play(a, &na, PU_DATA_VA, PU_DATA_VA + 32, i, add, wait, true);
        play(b, &nb, PU_DATA_VA + 32, PU_DATA_VA, i, add, wait, false);
    }
    igt_assert_eq(pu_go(&c, group_b, queue_b, b, nb, sync_b), 0);
    igt_assert_eq(pu_go(&c, group_a, 0, a, na, sync_a), 0);
    igt_assert_eq(pu_sync_wait(c.fd, sync_a, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_wait(c.fd, sync_b, 0, PU_WAIT), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), ROUNDS);
    igt_assert_eq_u32(*pu_data(&c, 32), ROUNDS);
    pu_sync_destroy(c.fd, sync_a);
    pu_sync_destroy(c.fd, sync_b);
}

static void two_queues(unsigned add, unsigned wait)
{
    uint32_t group = pu_need_group(&c, 2);

    ping_pong(group, group, 1, add, wait);
    pu_group_destroy(c.fd, group);
}

static void two_groups(unsigned add, unsigned wait)
{
    uint32_t a = pu_need_group(&c, 1), b = pu_need_group(&c, 1);

    ping_pong(a, b, 0, add, wait);
    pu_group_destroy(c.fd, a);
    pu_group_destroy(c.fd, b);
}

/*
 * panthor's sync_upd_work() puts released groups into the run list and queues no tick (6.12 and 7.2). If it gets
 * the scheduler's lock only after the tick for the last idle event, nothing runs them until somebody asks for
 * another tick: their jobs would time out after five seconds. One empty job may ask, once; then all must run.
 */
static void released(const uint32_t *sync, unsigned count, uint32_t group)
{
    const uint64_t nop[] = {cs_mov32(10, 0)};
    bool asked = false;

    for (unsigned i = 0; i < count; i++) {
        int r = pu_sync_wait(c.fd, sync[i], 0, asked ? PU_WAIT : PU_SECOND);

        if (r == -ETIME && !asked) {
            asked = true;
            igt_info("group %u was released and did not run: asking the driver for a tick\n", i);
            igt_assert_eq(pu_run(&c, group, nop, PU_N(nop)), 0);
            r = pu_sync_wait(c.fd, sync[i], 0, PU_WAIT);
        }
        igt_assert_eq(r, 0);
        igt_assert_eq(pu_sync_status(c.fd, sync[i]), 1);
    }
}

/* More blocked groups than slots: the one they wait for must still get in. */
static void crowd(void)
{
    enum { N = 12 };
    uint32_t group[N], sync[N], last = pu_need_group(&c, 1);

    clear(64);
    for (unsigned i = 0; i < N; i++) {
        const uint64_t job[] = {
            cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 32), cs_mov48(10, 0), cs_mov48(12, 1),
            cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT), cs_sync(CS_SYNC_ADD64, 82, 12, 0),
        };

        group[i] = pu_need_group(&c, 1);
        sync[i] = pu_sync_create(c.fd);
        igt_assert_eq(pu_go(&c, group[i], 0, job, PU_N(job), sync[i]), 0);
    }
    const uint64_t release[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(12, 1), cs_sync(CS_SYNC_ADD64, 80, 12, 0)};

    igt_assert_eq(pu_run(&c, last, release, PU_N(release)), 0);
    released(sync, N, last);
    for (unsigned i = 0; i < N; i++) {
        pu_sync_destroy(c.fd, sync[i]);
        pu_group_destroy(c.fd, group[i]);
    }
    pu_group_destroy(c.fd, last);
    igt_assert_eq_u32(*pu_data(&c, 32), N);
}

igt_main
{
    igt_fixture c = pu_need_ctx(pu_need_device());
    igt_subtest("add-set-32") basic(CS_SYNC_ADD32, CS_SYNC_SET32, false);
    igt_subtest("add-set-64") basic(CS_SYNC_ADD64, CS_SYNC_SET64, true);
    igt_subtest("conditions-32") conditions(CS_SYNC_WAIT32);
    igt_subtest("conditions-64") conditions(CS_SYNC_WAIT64);
    igt_describe("two queues of one group wait for each other, fifty times");
    igt_subtest("two-queues-32") two_queues(CS_SYNC_ADD32, CS_SYNC_WAIT32);
    igt_subtest("two-queues-64") two_queues(CS_SYNC_ADD64, CS_SYNC_WAIT64);
    igt_describe("two groups wait for each other, fifty times");
    igt_subtest("two-groups-32") two_groups(CS_SYNC_ADD32, CS_SYNC_WAIT32);
    igt_subtest("two-groups-64") two_groups(CS_SYNC_ADD64, CS_SYNC_WAIT64);
    igt_describe("twelve groups blocked on eight slots, released by a late one");
    igt_subtest("crowd") crowd();
    igt_fixture pu_ctx_free(&c);
}
