/*
 * The kernel's log, for tests that take the driver apart: a mark to look behind, and what must not
 * follow it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_KERNEL_LOG_H
#define GARM_KERNEL_LOG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "garm_igt.h"

/** Writes a line that is found nowhere else to the log, and leaves it in @mark (64 bytes). */
static inline void klog_mark(char *mark)
{
    static unsigned count;
    FILE *f = fopen("/dev/kmsg", "we");

    igt_require_f(f, "/dev/kmsg cannot be written\n");
    snprintf(mark, 64, "guest test %d-%u begins", (int)getpid(), ++count);
    fprintf(f, "%s\n", mark);
    fclose(f);
}

/** The log from @mark on; valid until the next call. */
static inline const char *klog_since(const char *mark)
{
    static char log[1 << 20];
    int n = klogctl(3 /* read all */, log, sizeof(log) - 1);
    const char *at;

    igt_assert_lte(0, n);
    log[n] = 0;
    at = strstr(log, mark);
    igt_assert_f(at, "the kernel log lost the mark: too much was printed\n");
    return at;
}

/** Fails when the kernel complained after the mark. */
static inline void klog_check(const char *mark)
{
    static const char *const bad[] = {"WARNING:",    "BUG:",        "Oops",
                                      "Call trace:", "refcount_t:", "still in use"};
    const char *at = klog_since(mark);

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *hit = strstr(at, bad[i]);

        igt_assert_f(!hit, "expected a quiet kernel log, got: %.400s\n", hit);
    }
}

/** Polls until @text is in the log after the mark; false after @seconds. */
static inline bool klog_wait(const char *mark, const char *text, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 50; i++) {
        if (strstr(klog_since(mark), text))
            return true;
        usleep(20000);
    }
    return false;
}

/** Is the driver garm.ko? scripts/run says so in GARM_DRIVER. */
static inline bool on_garm(void)
{
    const char *driver = getenv("GARM_DRIVER");

    return driver && !strcmp(driver, "garm");
}

/** For what only garm.ko has: skips with every other driver. */
static inline void need_garm(void)
{
    const char *driver = getenv("GARM_DRIVER");

    igt_require_f(on_garm(), "not for this driver: GARM_DRIVER is %s\n",
                  driver ? driver : "not set");
}

#endif
