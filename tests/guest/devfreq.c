/*
 * Frequency scaling: what a governor asks for reaches clock and regulator, and
 * the GPU goes on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"
#include "sysfs.h"

#include <stdlib.h>

#define DF "/sys/class/devfreq/*.gpu/"
#define CLK "/sys/kernel/debug/clk/clk_gpu/clk_rate"
#define COOLING "/sys/class/thermal/cooling_device%u/"

static long number(const char *pattern)
{
    char buf[64];

    igt_assert_f(sysfs_read(pattern, buf, sizeof(buf)), "%s cannot be read", pattern);
    return strtol(buf, NULL, 10);
}

/* Millionths of a volt that the GPU's regulator gives, or 0. */
static long microvolts(void)
{
    char path[256], name[32], text[32];

    for (unsigned i = 0; i < 16; i++) {
        snprintf(path, sizeof(path), "/sys/class/regulator/regulator.%u/name", i);
        if (!sysfs_read(path, name, sizeof(name)) || strcmp(name, "vdd_gpu"))
            continue;
        snprintf(path, sizeof(path), "/sys/class/regulator/regulator.%u/microvolts", i);
        if (sysfs_read(path, text, sizeof(text)))
            return strtol(text, NULL, 10);
    }
    return 0;
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
        long volts;

        follow(high);
        job(&c, group);
        volts = microvolts();
        follow(low);
        job(&c, group);
        igt_assert_f(!volts || microvolts() < volts, "vdd_gpu gives %ld uV at %ld Hz and %ld uV at %ld Hz", volts, high,
                     microvolts(), low);
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

/* The GPU is held awake and busy, until the data area's first word is not 0. */
static void spin(struct pu_ctx *c, uint32_t group, uint32_t sync)
{
    const uint64_t words[] = {cs_mov48(80, PU_DATA_VA), cs_load(10, 80, 1, 0), cs_wait_progress(0xff), cs_branch(CS_EQ, 10, -3)};

    igt_assert(sysfs_write(SYSFS_GPU "power/control", "on"));
    *pu_data(c, 0) = 0;
    igt_assert_eq(pu_go(c, group, 0, words, PU_N(words), sync), 0);
}

/* simple_ondemand follows the load that the driver reports: a job that spins, then nothing. */
static void load(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1), sync = pu_sync_create(c.fd);
    char low[32], high[32];
    bool up, down;

    snprintf(low, sizeof(low), "%ld", number(DF "min_freq"));
    snprintf(high, sizeof(high), "%ld", number(DF "max_freq"));
    igt_require_f(strcmp(low, high) != 0, "only one operating point");
    spin(&c, group, sync);
    up = sysfs_wait(DF "cur_freq", high, 4); /* before the job's time is up */
    *pu_data(&c, 0) = 1;
    igt_assert_eq(pu_sync_wait(c.fd, sync, 0, PU_WAIT), 0);
    down = sysfs_wait(DF "cur_freq", low, 20);
    sysfs_write(SYSFS_GPU "power/control", "auto");
    igt_assert_f(up, "a busy GPU: cur_freq is not %s", high);
    igt_assert_f(down, "an idle GPU: cur_freq is %ld, expected %s", number(DF "cur_freq"), low);
    pu_sync_destroy(c.fd, sync);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

/* The GPU's cooling device; its number, or -1. */
static int cooling_device(void)
{
    char path[256], type[64];

    for (int i = 0; i < 64; i++) {
        snprintf(path, sizeof(path), COOLING "type", (unsigned)i);
        if (sysfs_read(path, type, sizeof(type)) && strstr(type, "devfreq") && strstr(type, ".gpu"))
            return i;
    }
    return -1;
}

/*
 * A hot chip: each state of the cooling device takes an operating point away, from the fastest on. The job wants it
 * all the time.
 */
static void cooling(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1), sync = pu_sync_create(c.fd);
    char low[32], high[32], state[256], most[32], path[256];
    bool up, cooled, back;
    int n = cooling_device();

    igt_require_f(n >= 0, "the kernel has no cooling device for devfreq");
    snprintf(path, sizeof(path), COOLING "max_state", (unsigned)n);
    snprintf(state, sizeof(state), COOLING "cur_state", (unsigned)n);
    igt_assert(sysfs_read(path, most, sizeof(most)) && atoi(most) > 0);
    snprintf(low, sizeof(low), "%ld", number(DF "min_freq"));
    snprintf(high, sizeof(high), "%ld", number(DF "max_freq"));
    spin(&c, group, sync);
    /* All of it before the job's time is up. */
    up = sysfs_wait(DF "cur_freq", high, 4);
    cooled = sysfs_write(state, most) && sysfs_wait(DF "cur_freq", low, 4);
    sysfs_write(state, "0");
    back = sysfs_wait(DF "cur_freq", high, 4);
    *pu_data(&c, 0) = 1;
    igt_assert_eq(pu_sync_wait(c.fd, sync, 0, PU_WAIT), 0);
    sysfs_write(SYSFS_GPU "power/control", "auto");
    igt_assert_f(up, "a busy GPU: cur_freq is not %s", high);
    igt_assert_f(cooled, "cooling state %s: cur_freq is not %s", most, low);
    igt_assert_f(back, "cooling state 0: cur_freq is not %s", high);
    pu_sync_destroy(c.fd, sync);
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
    igt_describe("a spinning job raises the frequency, an idle GPU lowers it");
    igt_subtest("load") load();
    igt_describe("the cooling device takes the fast operating points away and gives them back");
    igt_subtest("cooling") cooling();
}
