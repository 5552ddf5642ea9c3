/*
 * The driver leaves and comes back, and works each time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <stdlib.h>
#include <unistd.h>

static void job(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);
    const uint64_t words[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 3), cs_store(10, 80, 1, 0), cs_wait(0xff)};

    igt_assert_eq(pu_run(&c, group, words, PU_N(words)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 3);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
    close(c.fd);
}

static void reload(unsigned n)
{
    job();
    for (unsigned i = 0; i < n; i++) {
        igt_assert_eq(system("rmmod panthor"), 0);
        igt_assert_lt(pu_open(), 0);
        igt_assert_eq(system("modprobe panthor"), 0);
        for (unsigned wait = 0; wait < 200 && access("/dev/dri/renderD128", R_OK); wait++)
            usleep(50000);
        job();
    }
}

igt_main
{
    igt_describe("rmmod and modprobe, three times, with a job each time");
    igt_subtest("reload") reload(3);
}
