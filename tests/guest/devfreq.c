/*
 * Frequency scaling: what a governor asks for reaches clock and regulator, and
 * the GPU goes on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"
#include "sysfs.h"

#include <stdlib.h>

#define DF "/sys/class/devfreq/*.gpu/"
#define CLK "/sys/kernel/debug/clk/clk_gpu/clk_rate"
#define VDD "/sys/class/regulator/regulator.*/"

static long number(const char *pattern)
{
    char buf[64];

    igt_assert_f(sysfs_read(pattern, buf, sizeof(buf)), "%s cannot be read", pattern);
    return strtol(buf, NULL, 10);
}

static void job(struct pu_ctx *c, uint32_t group)
{
    const uint64_t words[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 9), cs_store(10, 80, 1, 0), cs_wait(0xff)};

    *pu_data(c, 0) = 0;
    igt_assert_eq(pu_run(c, group, words, PU_N(words)), 0);
    igt_assert_eq_u32(*pu_data(c, 0), 9);
}

static void follow(long want)
{
    char text[32], clk[64];

    snprintf(text, sizeof(text), "%ld", want);
    igt_assert(sysfs_write(DF "userspace/set_freq", text));
    igt_assert_f(sysfs_wait(DF "cur_freq", text, 20), "cur_freq %ld, expected %ld", number(DF "cur_freq"), want);
    if (sysfs_read(CLK, clk, sizeof(clk)))
        igt_assert_eq(strtol(clk, NULL, 10), want); /* what the clock's hardware says */
}

static void frequencies(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);
    long low = number(DF "min_freq"), high = number(DF "max_freq");
    bool moved;

    igt_require_f(low != high, "only one operating point");
    if (system("modprobe governor_userspace"))
        igt_info("governor_userspace is not a module of this kernel\n");
    /* a GPU that sleeps keeps its clock: hold it awake */
    igt_assert(sysfs_write(SYSFS_GPU "power/control", "on"));
    moved = sysfs_write(DF "governor", "userspace");
    if (moved) {
        follow(high);
        job(&c, group);
        follow(low);
        job(&c, group);
        sysfs_write(DF "governor", "simple_ondemand");
    }
    sysfs_write(SYSFS_GPU "power/control", "auto");
    igt_assert_f(moved, "the userspace governor was refused");
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("operating points that user space asks for reach clock and GPU");
    igt_subtest("frequencies") frequencies();
}
