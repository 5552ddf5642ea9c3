/*
 * More groups than slots: all of them run, with nothing lost over suspends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#define GROUPS 64

static void count(unsigned queues, uint32_t loops)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    static uint32_t group[GROUPS], sync[GROUPS][4];

    for (unsigned g = 0; g < GROUPS; g++)
        group[g] = pu_need_group(&c, queues);
    for (unsigned g = 0; g < GROUPS; g++) {
        for (unsigned q = 0; q < queues; q++) {
            uint32_t at = (g * 4 + q) * 4;
            const uint64_t job[] = {
                cs_mov48(80, PU_DATA_VA + at), cs_mov32(10, g), cs_mov32(11, loops + q), cs_add32(10, 10, 1),
                cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -3), cs_store(10, 80, 1, 0), cs_wait(0xff),
            };

            sync[g][q] = pu_sync_create(c.fd);
            igt_assert_eq(pu_go(&c, group[g], q, job, PU_N(job), sync[g][q]), 0);
        }
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        for (unsigned q = 0; q < queues; q++) {
            igt_assert_eq(pu_sync_wait(c.fd, sync[g][q], 0, 120 * PU_SECOND), 0);
            igt_assert_eq_u32(*pu_data(&c, (g * 4 + q) * 4), g + loops + q);
            pu_sync_destroy(c.fd, sync[g][q]);
        }
        pu_group_destroy(c.fd, group[g]);
    }
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("64 groups, streams long enough to be preempted");
    igt_subtest("one-queue") count(1, 2000000);
    igt_subtest("four-queues") count(4, 300000);
    igt_describe("64 groups with tiny jobs");
    igt_subtest("short") count(1, 1);
}
