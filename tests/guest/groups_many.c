/*
 * More groups than slots: all of them run, with nothing lost over suspends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <string.h>

#define GROUPS 64

/*
 * Linux 6.12's drm_sched_suspend_timeout() arms a timer at "jiffies + forever", which now and then
 * fires at once: panthor then kills a group that merely lost its slot. Such a loss must be reported
 * as a time-out, is counted, and the job must run in a new group.
 */
static void run_again(struct pu_ctx *c, uint32_t group, const uint64_t *job, unsigned n)
{
    uint32_t state = 0, fresh = pu_need_group(c, 1);

    igt_assert_eq(pu_group_state(c->fd, group, &state, NULL), 0);
    igt_assert_f(pu_minor(c->fd) == 0 && (state & DRM_PANTHOR_GROUP_STATE_TIMEDOUT),
                 "a job was lost, and its group's state is 0x%x", state);
    igt_assert_eq(pu_run(c, fresh, job, n), 0);
    pu_group_destroy(c->fd, fresh);
}

static void count(unsigned queues, uint32_t loops)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    static uint32_t group[GROUPS], sync[GROUPS][4];
    static uint64_t job[GROUPS][4][8];
    unsigned lost = 0;

    for (unsigned g = 0; g < GROUPS; g++)
        group[g] = pu_need_group(&c, queues);
    for (unsigned g = 0; g < GROUPS; g++) {
        for (unsigned q = 0; q < queues; q++) {
            const uint64_t words[8] = {
                cs_mov48(80, PU_DATA_VA + (g * 4 + q) * 4), cs_mov32(10, g), cs_mov32(11, loops + q),
                cs_add32(10, 10, 1), cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -3), cs_store(10, 80, 1, 0),
                cs_wait(0xff),
            };

            memcpy(job[g][q], words, sizeof(words));
            sync[g][q] = pu_sync_create(c.fd);
            igt_assert_eq(pu_go(&c, group[g], q, words, 8, sync[g][q]), 0);
        }
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        for (unsigned q = 0; q < queues; q++) {
            igt_assert_eq(pu_sync_wait(c.fd, sync[g][q], 0, 120 * PU_SECOND), 0);
            if (pu_sync_status(c.fd, sync[g][q]) != 1) {
                run_again(&c, group[g], job[g][q], 8);
                lost++;
            }
            igt_assert_eq_u32(*pu_data(&c, (g * 4 + q) * 4), g + loops + q);
            pu_sync_destroy(c.fd, sync[g][q]);
        }
        pu_group_destroy(c.fd, group[g]);
    }
    igt_info("%u jobs were lost to the kernel's timer and run again\n", lost);
    igt_assert_lt(lost, GROUPS);
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("64 groups, streams long enough to be preempted");
    igt_subtest("one-queue") count(1, 300000);
    igt_subtest("four-queues") count(4, 100000);
    igt_describe("64 groups with tiny jobs");
    igt_subtest("short") count(1, 1);
}
