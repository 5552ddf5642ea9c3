/*
 * Sync objects in memory: SYNC_ADD, SYNC_SET and SYNC_WAIT, 32 and 64 bit,
 * inside a stream, between queues and between groups.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>

#include "cs_job.h"

#define ROUNDS 50

static void clear(struct pu_ctx *c, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i += 4)
        *pu_data(c, i) = 0;
}

/* ---- one stream ------------------------------------------------------------------ */

static void add_set_32(struct pu_ctx *c, uint32_t group)
{
    clear(c, 64);
    *pu_data(c, 0) = 0xfffffffe;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 32), cs_mov32(10, 5),
          cs_mov48(12, 0x123456789a), cs_sync(CS_SYNC_ADD32, 80, 10, 0),
          cs_sync(CS_SYNC_SET32, 82, 12, 0), cs_sync(CS_SYNC_ADD32, 82, 10, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 3); /* wraps */
    igt_assert_eq_u32(*pu_data(c, 4), 0); /* the error word; no carry */
    igt_assert_eq_u32(*pu_data(c, 32), 0x3456789f);
    igt_assert_eq_u32(*pu_data(c, 36), 0);
}

static void add_set_64(struct pu_ctx *c, uint32_t group)
{
    clear(c, 64);
    *pu_data(c, 0) = 0xfffffffe;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 32), cs_mov48(10, 5),
          cs_mov48(12, 0x123456789a), cs_sync(CS_SYNC_ADD64, 80, 10, 0),
          cs_sync(CS_SYNC_SET64, 82, 12, 0), cs_sync(CS_SYNC_ADD64, 82, 10, 0));
    igt_assert_eq_u64(pu_data64(c, 0), 0x100000003ull);
    igt_assert_eq_u64(pu_data64(c, 8), 0);
    igt_assert_eq_u64(pu_data64(c, 32), 0x123456789full);
    igt_assert_eq_u64(pu_data64(c, 40), 0);
}

/* Conditions that hold already; unsigned: a value with its top bit set is large. */
static void conditions(struct pu_ctx *c, uint32_t group, unsigned wait)
{
    clear(c, 64);
    *pu_data(c, 0) = 5;
    *pu_data(c, 16) = 0x80000000;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 16), cs_mov48(10, 4),
          cs_mov48(12, 5), cs_mov48(14, 6), cs_sync_wait(wait, 80, 10, CS_GT),
          cs_sync_wait(wait, 80, 12, CS_LE), cs_sync_wait(wait, 80, 14, CS_LE),
          cs_sync_wait(wait, 82, 12, CS_GT), cs_store(10, 80, 1, 32));
    igt_assert_eq_u32(*pu_data(c, 32), 4);
    igt_assert_eq_u32(*pu_data(c, 0), 5); /* waiting changes nothing */
}

static void conditions_32(struct pu_ctx *c, uint32_t group)
{
    conditions(c, group, CS_SYNC_WAIT32);
}
static void conditions_64(struct pu_ctx *c, uint32_t group)
{
    conditions(c, group, CS_SYNC_WAIT64);
    *pu_data(c, 4) = 1; /* 0x100000005: the high word counts */
    pu_do(c, group, cs_mov48(12, 5), cs_sync_wait(CS_SYNC_WAIT64, 80, 12, CS_GT));
}

/* Deferred until stores are done; the WAIT for the entry it signals sees it done. */
static void deferred(struct pu_ctx *c, uint32_t group)
{
    clear(c, 64);
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 32), cs_mov48(10, 1),
          cs_mov32(20, 100), cs_store(20, 80, 1, 16),
          cs_sync(CS_SYNC_ADD64, 80, 10, 0) | cs_defer(1, 2),
          cs_wait(1 << 2), cs_load(24, 80, 3, 0), cs_wait(1), cs_store(24, 82, 3, 0), cs_wait(1),
          cs_sync(CS_SYNC_SET32, 80, 20, 0) | cs_defer(0xfb, 2), cs_wait(1 << 2),
          cs_load(24, 80, 1, 0), cs_wait(1), cs_store(24, 82, 1, 8));
    igt_assert_eq_u64(pu_data64(c, 32), 1);
    igt_assert_eq_u32(*pu_data(c, 40), 100);
    igt_assert_eq_u32(*pu_data(c, 16), 100);
}

/* A row of deferred additions through one entry: all of them count. */
static void deferred_many(struct pu_ctx *c, uint32_t group)
{
    clear(c, 64);
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(10, 3), cs_mov32(12, 200),
          cs_store(12, 80, 1, 32), cs_sync(CS_SYNC_ADD64, 80, 10, 0) | cs_defer(1, 2),
          cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -4), cs_wait(1 << 2));
    igt_assert_eq_u64(pu_data64(c, 0), 600);
}

/* ---- two streams ------------------------------------------------------------------- */

/* A game of two: each waits for the other's move @i before it makes its own. */
struct game {
    unsigned add, wait;
    uint64_t mine, theirs;
    bool first;
};

static unsigned play(const struct game *g, uint64_t *s)
{
    unsigned n = 0;

    s[n++] = cs_mov48(80, g->mine);
    s[n++] = cs_mov48(82, g->theirs);
    s[n++] = cs_mov48(10, 1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        s[n++] = cs_mov48(12, i);
        if (g->first)
            s[n++] = cs_sync(g->add, 80, 10, 0);
        s[n++] = cs_sync_wait(g->wait, 82, 12, CS_GT);
        if (!g->first)
            s[n++] = cs_sync(g->add, 80, 10, 0);
    }
    return n;
}

static void ping_pong(struct pu_ctx *c, uint32_t a, uint32_t b, uint32_t queue_b, bool wide)
{
    unsigned add = wide ? CS_SYNC_ADD64 : CS_SYNC_ADD32;
    unsigned wait = wide ? CS_SYNC_WAIT64 : CS_SYNC_WAIT32;
    const struct game first = {add, wait, PU_DATA_VA, PU_DATA_VA + 64, true};
    const struct game second = {add, wait, PU_DATA_VA + 64, PU_DATA_VA, false};
    uint64_t s[3 + 3 * ROUNDS];
    uint32_t sync_a = pu_sync_create(c->fd), sync_b = pu_sync_create(c->fd);

    clear(c, 128);
    igt_assert_eq(pu_go(c, b, queue_b, s, play(&second, s), sync_b), 0);
    igt_assert_eq(pu_go(c, a, 0, s, play(&first, s), sync_a), 0);
    pu_must_signal(c->fd, sync_a, PU_WAIT);
    pu_must_signal(c->fd, sync_b, PU_WAIT);
    igt_assert_eq_u64(pu_data64(c, 0), ROUNDS);
    igt_assert_eq_u64(pu_data64(c, 64), ROUNDS);
    pu_sync_destroy(c->fd, sync_a);
    pu_sync_destroy(c->fd, sync_b);
}

static void queues_32(struct pu_ctx *c, uint32_t group)
{
    ping_pong(c, group, group, 1, false);
}
static void queues_64(struct pu_ctx *c, uint32_t group)
{
    ping_pong(c, group, group, 1, true);
}
static void groups_32(struct pu_ctx *c, uint32_t group)
{
    uint32_t other = pu_need_group(c, 1);

    ping_pong(c, group, other, 0, false);
    pu_group_destroy(c->fd, other);
}
static void groups_64(struct pu_ctx *c, uint32_t group)
{
    uint32_t other = pu_need_group(c, 1);

    ping_pong(c, group, other, 0, true);
    pu_group_destroy(c->fd, other);
}

/* A store before SYNC_ADD is seen by whoever saw the addition; @scope as in the instruction. */
static void message(struct pu_ctx *c, uint32_t group, unsigned scope)
{
    uint64_t reader[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0), cs_sync_wait(CS_SYNC_WAIT32, 80, 10, CS_GT),
        cs_load(20, 80, 0xffff, 64), cs_wait(0xff), cs_store(20, 80, 0xffff, 128), cs_wait(0xff),
    };
    uint64_t writer[24];
    uint32_t sync = pu_sync_create(c->fd);
    unsigned n = 0;

    clear(c, 256);
    igt_assert_eq(pu_go(c, group, 1, reader, PU_N(reader), sync), 0);
    writer[n++] = cs_mov48(80, PU_DATA_VA);
    writer[n++] = cs_mov32(10, 1);
    for (unsigned i = 0; i < 16; i++)
        writer[n++] = cs_mov32(20 + i, 0x4d00 + i);
    writer[n++] = cs_store(20, 80, 0xffff, 64);
    writer[n++] = cs_wait(0xff);
    writer[n++] = cs_sync(CS_SYNC_ADD32, 80, 10, scope << 1);
    pu_must_run(c, group, writer, n);
    pu_must_signal(c->fd, sync, PU_WAIT);
    pu_sync_destroy(c->fd, sync);
    for (unsigned i = 0; i < 16; i++)
        igt_assert_eq_u32(*pu_data(c, 128 + i * 4), 0x4d00 + i);
}

static void message_system(struct pu_ctx *c, uint32_t group)
{
    message(c, group, 0);
}
static void message_group(struct pu_ctx *c, uint32_t group)
{
    message(c, group, 2);
}

/* Eight queues add to one object, a thousand times each. */
static void contention(struct pu_ctx *c, uint32_t group)
{
    uint32_t sync[8];

    clear(c, 64);
    for (unsigned q = 0; q < 8; q++) {
        const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(10, 1), cs_mov32(12, 1000),
                                cs_sync(CS_SYNC_ADD64, 80, 10, 0), cs_add32(12, 12, -1),
                                cs_branch(CS_GT, 12, -3)};

        sync[q] = pu_sync_create(c->fd);
        igt_assert_eq(pu_go(c, group, q, job, PU_N(job), sync[q]), 0);
    }
    for (unsigned q = 0; q < 8; q++) {
        pu_must_signal(c->fd, sync[q], PU_WAIT);
        pu_sync_destroy(c->fd, sync[q]);
    }
    igt_assert_eq_u64(pu_data64(c, 0), 8000);
}

/*
 * panthor's sync_upd_work() puts released groups into the run list and queues no tick (6.12 and 7.2). If it gets
 * the scheduler's lock only after the tick for the last idle event, nothing runs them until somebody asks for
 * another tick: their jobs would time out after five seconds. One empty job may ask, once; then all must run.
 */
static void released(struct pu_ctx *c, const uint32_t *sync, unsigned count, uint32_t group)
{
    for (unsigned i = 0; i < count; i++) {
        if (pu_sync_wait(c->fd, sync[i], 0, PU_SECOND) != -ETIME)
            continue;
        igt_info("group %u was released and did not run: asking the driver for a tick\n", i);
        pu_do(c, group, cs_mov32(10, 0));
        return;
    }
}

/* Waits for a shared object, then says so in its own. */
static uint32_t wait_and_tell(struct pu_ctx *c, uint32_t group, unsigned i)
{
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 64 + i * 16),
                            cs_mov48(10, 0), cs_mov48(12, 1),
                            cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT),
                            cs_sync(CS_SYNC_SET64, 82, 12, 0)};
    uint32_t sync = pu_sync_create(c->fd);

    igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
    return sync;
}

/* More blocked groups than slots: the one they wait for must still get in. */
static void crowd(struct pu_ctx *c, uint32_t last)
{
    enum { N = 12 };
    uint32_t group[N], sync[N];
    double submitted[N];
    unsigned lost = 0;

    clear(c, 64 + N * 16);
    for (unsigned i = 0; i < N; i++) {
        group[i] = pu_need_group(c, 1);
        submitted[i] = pu_seconds();
        sync[i] = wait_and_tell(c, group[i], i);
    }
    pu_do(c, last, cs_mov48(80, PU_DATA_VA), cs_mov48(12, 1), cs_sync(CS_SYNC_ADD64, 80, 12, 0));
    released(c, sync, N, last);
    for (unsigned i = 0; i < N; i++) {
        if (pu_lost(c, group[i], sync[i], PU_WAIT)) {
            /* The driver's time-out is 5 s: an earlier one is its timer bug, a later one was earned. */
            igt_assert_f(pu_seconds() - submitted[i] < 5, "group %u was not released in time\n", i);
            igt_assert_lt(++lost, N / 2);
            pu_group_destroy(c->fd, group[i]);
            pu_sync_destroy(c->fd, sync[i]);
            group[i] = pu_need_group(c, 1);
            sync[i] = wait_and_tell(c, group[i], i);
            pu_must_signal(c->fd, sync[i], PU_WAIT);
        }
        igt_assert_eq_u64(pu_data64(c, 64 + i * 16), 1);
    }
    for (unsigned i = 0; i < N; i++) {
        pu_sync_destroy(c->fd, sync[i]);
        pu_group_destroy(c->fd, group[i]);
    }
}

/* ---- errors -------------------------------------------------------------------------- */

/* Without an error nothing is propagated: the error word stays. */
static void no_error(struct pu_ctx *c, uint32_t group)
{
    clear(c, 64);
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov48(10, 1),
          cs_sync(CS_SYNC_ADD32, 80, 10, 1), cs_mov48(80, PU_DATA_VA + 32),
          cs_sync(CS_SYNC_SET64, 80, 10, 1));
    igt_assert_eq_u64(pu_data64(c, 0), 1);
    igt_assert_eq_u64(pu_data64(c, 32), 1);
    igt_assert_eq_u64(pu_data64(c, 40), 0);
}

/*
 * A wait for an object with an error: one value of the instruction's bit 0 takes
 * the error over, and the driver gives it to the job's fence; the other does not.
 * Sources disagree which is which, so either will do. The group survives both.
 */
static void inherited(struct pu_ctx *c, uint32_t group)
{
    uint32_t state = 0;
    unsigned errors = 0;

    for (unsigned bit = 0; bit < 2; bit++) {
        const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0),
                                cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT) | bit,
                                cs_mov32(12, 6000000), /* the driver blames the job that runs */
                                cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -2)};
        uint32_t sync = pu_sync_create(c->fd);

        clear(c, 64);
        *pu_data(c, 0) = *pu_data(c, 8) = 1;
        igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
        igt_assert_eq(pu_sync_wait(c->fd, sync, 0, PU_WAIT), 0);
        errors += pu_sync_status(c->fd, sync) < 0;
        pu_sync_destroy(c->fd, sync);
        igt_assert_eq(pu_group_state(c->fd, group, &state, NULL), 0);
        igt_skip_on_f(state & DRM_PANTHOR_GROUP_STATE_TIMEDOUT, "too slow here for the driver's progress timer\n");
        pu_must_be(c->fd, group, 0);
        no_error(c, group);
    }
    igt_require_f(errors, "nothing takes errors over, or the driver hears of it after the job\n");
    igt_assert_eq(errors, 1);
}

igt_main
{
    pu_subtest("add-set-32", "32-bit objects: wrap, and nothing beside them", add_set_32, 1);
    pu_subtest("add-set-64", "64-bit objects: carry, and nothing beside them", add_set_64, 1);
    pu_subtest("conditions-32", "both conditions, when they hold at once", conditions_32, 1);
    pu_subtest("conditions-64", "both conditions with 64 bits", conditions_64, 1);
    pu_subtest("deferred", "an operation waits for its entries, then signals its own", deferred, 1);
    pu_subtest("deferred-many", "two hundred deferred operations", deferred_many, 1);
    pu_subtest("two-queues-32", "two queues of a group take turns, 32 bits", queues_32, 2);
    pu_subtest("two-queues-64", "two queues of a group take turns, 64 bits", queues_64, 2);
    pu_subtest("two-groups-32", "two groups of a VM take turns, 32 bits", groups_32, 1);
    pu_subtest("two-groups-64", "two groups of a VM take turns, 64 bits", groups_64, 1);
    pu_subtest("message-system", "stores come before the SYNC_ADD that tells of them",
               message_system, 2);
    pu_subtest("message-group", "the same with an object of the group's scope", message_group, 2);
    pu_subtest("contention", "eight queues add to one object", contention, 8);
    pu_subtest("crowd", "twelve groups blocked on eight slots, released by a late one", crowd, 1);
    pu_subtest("no-error", "without an error, propagation changes nothing", no_error, 1);
    pu_subtest("error-inherited", "an object's error is taken over, or rejected", inherited, 1);
}
