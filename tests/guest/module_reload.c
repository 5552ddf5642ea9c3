/*
 * The driver leaves and comes back, and works each time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
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

/* A line in the kernel log to look behind. */
static void mark(const char *text)
{
    FILE *f = fopen("/dev/kmsg", "we");

    igt_require_f(f, "/dev/kmsg cannot be written");
    fprintf(f, "%s\n", text);
    fclose(f);
}

/* Fails when the kernel complained after the mark. */
static void check_log(const char *from)
{
    static const char *const bad[] = {"WARNING:", "BUG:", "Oops", "Call trace:", "refcount_t:", "still in use"};
    static char log[1 << 20];
    int n = klogctl(3 /* read all */, log, sizeof(log) - 1);
    const char *at;

    igt_assert_lte(0, n);
    log[n] = 0;
    at = strstr(log, from);
    igt_assert_f(at, "the kernel log lost the mark: too much was printed");
    for (unsigned i = 0; i < PU_N(bad); i++) {
        const char *hit = strstr(at, bad[i]);

        igt_assert_f(!hit, "expected a quiet kernel log, got: %.400s", hit);
    }
}

static bool appears(void)
{
    for (unsigned i = 0; i < 200; i++) {
        int fd = pu_open();

        if (fd >= 0) {
            close(fd);
            return true;
        }
        usleep(50000);
    }
    return false;
}

/*
 * Waits until nobody refers to the module: a fence of a job holds it until it has been freed, a grace period after
 * the last user of its file (driver/jobqueue.c), and rmmod does not wait.
 */
static void wait_unused(void)
{
    const char *driver = getenv("GARM_DRIVER");
    char path[128];
    int users = -1;

    snprintf(path, sizeof(path), "/sys/module/%s/refcnt", driver ? driver : "panthor");
    for (unsigned i = 0; i < 200; i++) {
        FILE *f = fopen(path, "re");

        igt_require_f(f, "%s cannot be read", path);
        igt_assert_eq(fscanf(f, "%d", &users), 1);
        fclose(f);
        if (!users)
            return;
        usleep(50000);
    }
    igt_assert_f(false, "%s: expected 0 within 10 s, got %d", path, users);
}

static void reload(unsigned n)
{
    char begin[64];

    snprintf(begin, sizeof(begin), "garm module_reload %d begins", (int)getpid());
    mark(begin);
    job();
    for (unsigned i = 0; i < n; i++) {
        wait_unused();
        igt_assert_eq(system("rmmod ${GARM_DRIVER:-panthor}"), 0);
        igt_assert_lt(pu_open(), 0);
        igt_assert_eq(system("modprobe ${GARM_DRIVER:-panthor}"), 0);
        igt_assert_f(appears(), "no render node 10 s after modprobe");
        job();
    }
    check_log(begin);
}

igt_main
{
    igt_describe("rmmod and modprobe, three times, with a job each time and a quiet kernel log");
    igt_subtest("reload") reload(3);
}
