/*
 * Priorities: accepted as documented, and a high one gets in.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>

#define SPINNERS 12

static void accepted(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t id;

    for (uint8_t p = PANTHOR_GROUP_PRIORITY_LOW; p <= PANTHOR_GROUP_PRIORITY_HIGH; p++) {
        igt_assert_eq(pu_group_create(c.fd, c.vm, 1, 65536, p, &id), 0);
        pu_group_destroy(c.fd, id);
    }
    igt_assert_eq(pu_group_create(c.fd, c.vm, 1, 65536, 200, &id), -EINVAL);
    pu_ctx_free(&c);
}

static void overtakes(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    const uint64_t spin[] = {cs_add32(10, 10, 1), cs_branch(CS_ALWAYS, 10, -2)};
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0x411), cs_store(10, 80, 1, 0), cs_wait(0xff)};
    uint32_t low[SPINNERS], sync[SPINNERS], high;
    unsigned spinning = 0;

    for (unsigned i = 0; i < SPINNERS; i++) {
        igt_assert_eq(pu_group_create(c.fd, c.vm, 1, 65536, PANTHOR_GROUP_PRIORITY_LOW, &low[i]), 0);
        sync[i] = pu_sync_create(c.fd);
        igt_assert_eq(pu_go(&c, low[i], 0, spin, PU_N(spin), sync[i]), 0);
    }
    igt_assert_eq(pu_group_create(c.fd, c.vm, 1, 65536, PANTHOR_GROUP_PRIORITY_HIGH, &high), 0);
    igt_assert_eq(pu_run(&c, high, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0x411);
    /* Spinners die of the kernel's 5 s job time-out: had the job waited for that, slots would be free. */
    for (unsigned i = 0; i < SPINNERS; i++)
        spinning += pu_sync_status(c.fd, sync[i]) == 0;
    igt_assert_eq(spinning, SPINNERS);
    for (unsigned i = 0; i < SPINNERS; i++) {
        pu_group_destroy(c.fd, low[i]);
        pu_sync_destroy(c.fd, sync[i]);
    }
    pu_group_destroy(c.fd, high);
    pu_ctx_free(&c);
}

igt_main
{
    igt_subtest("accepted") accepted();
    igt_describe("twelve endless low-priority groups do not keep a high one out");
    igt_subtest("high-overtakes-endless-low") overtakes();
}
