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

/* Whether writing @text makes the frequency @want. */
static bool reaches(const char *file, const char *text, long want)
{
    char freq[32];

    snprintf(freq, sizeof(freq), "%ld", want);
    return sysfs_write(file, text) && sysfs_wait(DF "cur_freq", freq, 20);
}

/* The governor goes where a limit leaves it no choice. */
static void limits(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);
    long low = number(DF "min_freq"), high = number(DF "max_freq");
    char text[32];
    bool up, down;

    igt_require_f(low != high, "only one operating point");
    igt_assert(sysfs_write(SYSFS_GPU "power/control", "on"));
    snprintf(text, sizeof(text), "%ld", high);
    up = reaches(DF "min_freq", text, high);
    sysfs_write(DF "min_freq", "0");
    snprintf(text, sizeof(text), "%ld", low);
    down = reaches(DF "max_freq", text, low);
    job(&c, group);
    sysfs_write(DF "max_freq", "0");
    sysfs_write(SYSFS_GPU "power/control", "auto");
    igt_assert_f(up, "min_freq = %ld: cur_freq did not follow in 20 s", high);
    igt_assert_f(down, "max_freq = %ld: cur_freq did not follow in 20 s", low);
    job(&c, group);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

static bool available(const char *governor)
{
    char list[128], command[64];

    snprintf(command, sizeof(command), "modprobe -q governor_%s", governor);
    if (system(command))
        igt_info("governor_%s is not a module of this kernel\n", governor);
    return sysfs_read(DF "available_governors", list, sizeof(list)) && strstr(list, governor);
}

/* performance and powersave stay at the ends. */
static void governor(const char *name, bool highest)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);
    long low = number(DF "min_freq"), high = number(DF "max_freq");
    bool moved;

    igt_require_f(low != high, "only one operating point");
    igt_require_f(available(name), "this kernel has no %s governor", name);
    igt_assert(sysfs_write(SYSFS_GPU "power/control", "on"));
    moved = reaches(DF "governor", name, highest ? high : low);
    job(&c, group);
    sysfs_write(DF "governor", "simple_ondemand");
    sysfs_write(SYSFS_GPU "power/control", "auto");
    igt_assert_f(moved, "governor %s: cur_freq is not %ld after 20 s", name, highest ? high : low);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

igt_main
{
    igt_describe("operating points that user space asks for reach clock and GPU");
    igt_subtest("frequencies") frequencies();
    igt_describe("min_freq and max_freq force the governor's hand");
    igt_subtest("limits") limits();
    igt_subtest("performance") governor("performance", true);
    igt_subtest("powersave") governor("powersave", false);
}
