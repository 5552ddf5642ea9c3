/*
 * Runtime power management: an idle GPU suspends, a job wakes it, nothing is lost.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"
#include "sysfs.h"

#define STATUS SYSFS_GPU "power/runtime_status"

static void cycles(unsigned n)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);
    char status[32];
    const uint64_t first[] = {cs_mov32(40, 0)};
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_add32(40, 40, 1), cs_store(40, 80, 1, 0), cs_wait(0xff)};

    igt_require_f(sysfs_read(STATUS, status, sizeof(status)), "%s cannot be read", STATUS);
    igt_assert_eq(pu_run(&c, group, first, 1), 0);
    for (unsigned i = 1; i <= n; i++) {
        igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
        igt_assert_eq_u32(*pu_data(&c, 0), i); /* the register survived the suspend */
        igt_assert_f(sysfs_wait(STATUS, "suspended", 20), "%s did not become suspended in 20 s", STATUS);
    }
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

/* Many groups at once: each comes back with its own registers. */
static void groups(void)
{
    enum { N = 12 };
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group[N];
    char status[32];

    igt_require_f(sysfs_read(STATUS, status, sizeof(status)), "%s cannot be read", STATUS);
    for (unsigned i = 0; i < N; i++) {
        const uint64_t set[] = {cs_mov32(40, 0x100 + i)};

        group[i] = pu_need_group(&c, 1);
        igt_assert_eq(pu_run(&c, group[i], set, 1), 0);
    }
    igt_assert_f(sysfs_wait(STATUS, "suspended", 20), "%s did not become suspended in 20 s", STATUS);
    for (unsigned i = 0; i < N; i++) {
        const uint64_t get[] = {cs_mov48(80, PU_DATA_VA + 4 * i), cs_store(40, 80, 1, 0), cs_wait(0xff)};

        igt_assert_eq(pu_run(&c, group[i], get, PU_N(get)), 0);
        igt_assert_eq_u32(*pu_data(&c, 4 * i), 0x100 + i);
        pu_group_destroy(c.fd, group[i]);
    }
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("idle, suspended, woken by a job, ten times; a CS register keeps its value");
    igt_subtest("suspend-resume") cycles(10);
    igt_describe("twelve groups suspended together keep their own registers");
    igt_subtest("groups") groups();
}
