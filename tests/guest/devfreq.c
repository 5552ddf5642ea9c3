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

static void follow(const char *governor, long want)
{
    char text[32];

    igt_assert(sysfs_write(DF "governor", governor));
    snprintf(text, sizeof(text), "%ld", want);
    igt_assert_f(sysfs_wait(DF "cur_freq", text, 20), "governor %s: cur_freq %ld, expected %ld", governor,
                 number(DF "cur_freq"), want);
}

static void governors(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);
    long low = number(DF "min_freq"), high = number(DF "max_freq");
    char clk[64];

    igt_require_f(low != high, "only one operating point");
    if (system("modprobe -a governor_performance governor_powersave"))
        igt_info("the governors are not modules of this kernel\n");
    /* a GPU that sleeps keeps its clock: hold it awake */
    igt_assert(sysfs_write(SYSFS_GPU "power/control", "on"));
    follow("performance", high);
    job(&c, group);
    if (sysfs_read(CLK, clk, sizeof(clk)))
        igt_assert_eq(strtol(clk, NULL, 10), high);
    follow("powersave", low);
    job(&c, group);
    if (sysfs_read(CLK, clk, sizeof(clk)))
        igt_assert_eq(strtol(clk, NULL, 10), low);
    igt_assert(sysfs_write(DF "governor", "simple_ondemand"));
    igt_assert(sysfs_write(SYSFS_GPU "power/control", "auto"));
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("performance and powersave move the clock between its ends");
    igt_subtest("governors") governors();
}
