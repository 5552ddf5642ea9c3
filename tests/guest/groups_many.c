/*
 * More groups than the eight slots: all of them run, and registers, loops and
 * memory come through every suspend and resume.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>

#include "cs_job.h"

#define GROUPS 64
#define QUEUES 4 /* at most */
#define KEPT   40 /* registers r20.. that must survive */
#define LIMIT  (240 * PU_SECOND)

/* Where queue @q of group @g leaves its count and, behind it, its kept registers. */
static uint32_t place(unsigned g, unsigned q)
{
    return (g * QUEUES + q) * 256;
}

static uint32_t mark(unsigned g, unsigned q, unsigned i)
{
    return (g + 1) << 16 | q << 8 | i;
}

/*
 * Counts @loops rounds from @g, with marks in registers that nothing touches. Returns the syncobj; 0 when the
 * group is dead already, of the timer bug that took another queue's job.
 */
static uint32_t submit(struct pu_ctx *c, uint32_t group, unsigned g, unsigned q, uint32_t loops)
{
    uint64_t s[KEPT + 16];
    uint32_t sync = pu_sync_create(c->fd);
    unsigned n = 0;
    int r;

    s[n++] = cs_mov48(80, PU_DATA_VA + place(g, q));
    for (unsigned i = 0; i < KEPT; i++)
        s[n++] = cs_mov32(20 + i, mark(g, q, i));
    s[n++] = cs_mov32(10, g);
    s[n++] = cs_mov32(11, loops + q);
    s[n++] = cs_add32(10, 10, 1);
    s[n++] = cs_add32(11, 11, -1);
    s[n++] = cs_branch(CS_GT, 11, -3);
    s[n++] = cs_store(10, 80, 1, 0);
    for (unsigned i = 0; i < KEPT; i += 8)
        s[n++] = cs_store(20 + i, 80, 0xff, (int16_t)(4 + i * 4));
    r = pu_go(c, group, q, s, cs_finish(s, n), sync);
    if (!r)
        return sync;
    igt_assert_eq(r, -EINVAL);
    pu_must_be_timer(c, group);
    pu_sync_destroy(c->fd, sync);
    return 0;
}

static void check(struct pu_ctx *c, unsigned g, unsigned q, uint32_t loops)
{
    uint32_t got = *pu_data(c, place(g, q)), want = g + loops + q;

    igt_assert_f(got == want, "group %u, queue %u: expected: %u, got: %u\n", g, q, want, got);
    for (unsigned i = 0; i < KEPT; i++) {
        got = *pu_data(c, place(g, q) + 4 + i * 4);
        igt_assert_f(got == mark(g, q, i), "group %u, queue %u, r%u: expected: 0x%x, got: 0x%x\n",
                     g, q, 20 + i, mark(g, q, i), got);
    }
}

/* The job once more, in a group of its own. */
static void run_again(struct pu_ctx *c, unsigned queues, unsigned g, unsigned q, uint32_t loops)
{
    uint32_t fresh = pu_need_group(c, queues), sync = submit(c, fresh, g, q, loops);

    igt_assert_neq_u32(sync, 0);
    pu_must_signal(c->fd, sync, LIMIT);
    pu_sync_destroy(c->fd, sync);
    pu_group_destroy(c->fd, fresh);
}

/* 64 groups dealt out to @vms VMs. All are submitted before anything is waited for. */
static void count(int fd, unsigned vms, unsigned queues, uint32_t loops)
{
    static struct pu_ctx c[GROUPS];
    static uint32_t group[GROUPS], sync[GROUPS][QUEUES];
    bool dead[GROUPS] = {0};
    unsigned lost = 0;

    for (unsigned i = 0; i < vms; i++)
        c[i] = pu_need_ctx(fd);
    for (unsigned g = 0; g < GROUPS; g++)
        group[g] = pu_need_group(&c[g % vms], queues);
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned q = 0; q < queues; q++)
            sync[g][q] = submit(&c[g % vms], group[g], g, q, loops);
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned q = 0; q < queues; q++) {
            if (!sync[g][q] || pu_lost(&c[g % vms], group[g], sync[g][q], LIMIT)) {
                run_again(&c[g % vms], queues, g, q, loops);
                dead[g] = true;
                lost++;
            }
            check(&c[g % vms], g, q, loops);
            pu_sync_destroy(fd, sync[g][q]);
        }
    igt_assert_lt(lost, GROUPS * queues / 2);
    for (unsigned g = 0; g < GROUPS; g++) {
        if (!dead[g])
            pu_must_be_sound(&c[g % vms], group[g]);
        pu_group_destroy(fd, group[g]);
    }
    for (unsigned i = 0; i < vms; i++)
        pu_ctx_free(&c[i]);
}

/* Each group three times: the second and third job find it idle, suspended or evicted. */
static void again(int fd)
{
    struct pu_ctx c = pu_need_ctx(fd);
    static uint32_t group[GROUPS], sync[GROUPS];
    unsigned lost = 0;

    for (unsigned g = 0; g < GROUPS; g++) {
        group[g] = pu_need_group(&c, 1);
        sync[g] = pu_sync_create(fd);
    }
    for (unsigned round = 1; round <= 3; round++) {
        for (unsigned g = 0; g < GROUPS; g++) {
            uint64_t s[4 + CS_END_WORDS] = {
                cs_mov48(80, PU_DATA_VA + place(g, 0)), cs_add32(10, 10, (int32_t)(g + 1)),
                cs_store(10, 80, 1, 0),
            };

            igt_assert_eq(pu_go(&c, group[g], 0, s, cs_finish(s, 3), sync[g]), 0);
        }
        for (unsigned g = 0; g < GROUPS; g++) {
            if (pu_lost(&c, group[g], sync[g], LIMIT)) {
                /* Whether it had run is not known: the new group's register begins with the round's value. */
                pu_group_destroy(fd, group[g]);
                group[g] = pu_need_group(&c, 1);
                pu_do(&c, group[g], cs_mov48(80, PU_DATA_VA + place(g, 0)), cs_mov32(10, round * (g + 1)),
                      cs_store(10, 80, 1, 0));
                lost++;
            }
            igt_assert_eq_u32(*pu_data(&c, place(g, 0)), round * (g + 1));
        }
    }
    igt_assert_lt(lost, GROUPS / 2);
    for (unsigned g = 0; g < GROUPS; g++) {
        pu_sync_destroy(fd, sync[g]);
        pu_group_destroy(fd, group[g]);
    }
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("64 groups of one VM, streams long enough to be preempted");
    igt_subtest("one-queue") count(pu_need_device(), 1, 1, 600000);
    igt_describe("64 groups in 16 VMs: more than address spaces too");
    igt_subtest("many-vms") count(pu_need_device(), 16, 1, 400000);
    igt_describe("64 groups of four queues each");
    igt_subtest("four-queues") count(pu_need_device(), 1, 4, 100000);
    igt_describe("64 groups of four queues each in 16 VMs");
    igt_subtest("four-queues-many-vms") count(pu_need_device(), 16, 4, 100000);
    igt_describe("64 groups with tiny jobs");
    igt_subtest("short") count(pu_need_device(), 1, 1, 1);
    igt_describe("64 groups with three jobs each: registers outlive idleness");
    igt_subtest("again") again(pu_need_device());
}
