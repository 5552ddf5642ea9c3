/*
 * System sleep with work in flight. pm_test lets the kernel come back by itself: with "devices"
 * every driver has been suspended, with "platform" noirq callbacks too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"
#include "job_timeout.h"
#include "kernel_log.h"
#include "sysfs.h"

#define PM_TEST "/sys/power/pm_test"
#define DELAY   "/sys/module/suspend/parameters/pm_test_delay"

static void sleep_once(const char *level)
{
    bool ok;

    igt_require_f(sysfs_write(PM_TEST, level), "%s cannot be written\n", PM_TEST);
    sysfs_write(DELAY, "1"); /* instead of five seconds */
    ok = sysfs_write("/sys/power/state", "freeze");
    sysfs_write(PM_TEST, "none");
    igt_assert_f(ok, "the system did not sleep\n");
}

/* A group that counts in a loop until the CPU lets it go, one that is blocked, one that is idle. */
static void in_flight(const char *level)
{
    enum { N = 10 };
    struct pu_ctx c;
    uint32_t waker, group[N], sync[N];
    char mark[64];

    need_garm();
    c = pu_need_ctx(pu_need_device());
    waker = pu_need_group(&c, 1);
    klog_mark(mark);
    for (unsigned i = 0; i < N; i++) {
        const uint64_t held[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 1024 + 16 * i),
                                 cs_mov32(40, 0x100 + i),  cs_load(10, 80, 1, 0),
                                 cs_wait_progress(0xff),   cs_branch(CS_EQ, 10, -3),
                                 cs_store(40, 82, 1, 0),   cs_wait(0xff)};
        const uint64_t blocked[] = {cs_mov48(80, PU_DATA_VA + 16),
                                    cs_mov48(82, PU_DATA_VA + 1024 + 16 * i),
                                    cs_mov48(84, 0),
                                    cs_mov32(40, 0x100 + i),
                                    cs_sync_wait(CS_SYNC_WAIT64, 80, 84, CS_GT),
                                    cs_store(40, 82, 1, 0),
                                    cs_wait(0xff)};

        group[i] = pu_need_group_timeout(&c, "120000");
        sync[i] = pu_sync_create(c.fd);
        igt_assert_eq(i % 2 ? pu_go(&c, group[i], 0, blocked, PU_N(blocked), sync[i])
                            : pu_go(&c, group[i], 0, held, PU_N(held), sync[i]),
                      0);
    }
    sleep_once(level);
    sleep_once(level);
    *pu_data(&c, 0) = 1;
    pu_do(&c, waker, cs_mov48(80, PU_DATA_VA + 16), cs_mov48(12, 1),
          cs_sync(CS_SYNC_ADD64, 80, 12, 0));
    for (unsigned i = 0; i < N; i++) {
        pu_must_signal(c.fd, sync[i], 60 * PU_SECOND);
        igt_assert_eq_u32(*pu_data(&c, 1024 + 16 * i), 0x100 + i);
        pu_must_be(c.fd, group[i], 0);
        pu_sync_destroy(c.fd, sync[i]);
        pu_group_destroy(c.fd, group[i]);
    }
    pu_group_destroy(c.fd, waker);
    pu_ctx_free(&c);
    close(c.fd);
    klog_check(mark);
}

igt_main
{
    igt_describe("jobs that run or wait over a sleep complete, with pm_test=devices");
    igt_subtest("devices") in_flight("devices");
    igt_describe("the same with pm_test=platform");
    igt_subtest("platform") in_flight("platform");
}
