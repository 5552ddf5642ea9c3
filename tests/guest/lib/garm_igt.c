/*
 * A small stand-in for IGT's core: command line, subtests, exit codes.
 * Called through the macros of garm_igt.h. One test program, one state.
 *
 * SPDX-License-Identifier: MIT
 */
#include "garm_igt.h"

#ifndef GARM_REAL_IGT

#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

sigjmp_buf garm_igt_jump, garm_igt_dynamic_jump;
const char *garm_igt_description = "see --describe";

static struct {
    const char *program, *pattern, *part, *describe, *current;
    char dynamic[128]; /* name of the dynamic subtest that runs; empty: none */
    bool group;        /* the subtest has dynamic ones; what became of them: */
    unsigned parts_passed, parts_failed, parts_skipped;
    bool list, show;
    bool armed;  /* inside a subtest or fixture: garm_igt_jump is valid */
    bool broken; /* a fixture failed or skipped */
    unsigned passed, failed, skipped;
    int broken_status;
    struct timespec start, part_start;
} igt;

static void usage(const char *program)
{
    printf("usage: %s [--list-subtests] [--describe] [--run-subtest PATTERN] [--dynamic-subtest "
           "PATTERN]\n",
           program);
}

void garm_igt_start(int argc, char **argv)
{
    igt.program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--list-subtests")) {
            igt.list = true;
        } else if (!strcmp(argv[i], "--describe")) {
            igt.list = igt.show = true;
        } else if (!strcmp(argv[i], "--run-subtest") && i + 1 < argc) {
            igt.pattern = argv[++i];
        } else if (!strcmp(argv[i], "--dynamic-subtest") && i + 1 < argc) {
            igt.part = argv[++i];
        } else if (!strcmp(argv[i], "--help-description")) {
            printf("%s\n", garm_igt_description);
            exit(0);
        } else {
            usage(igt.program);
            exit(strcmp(argv[i], "--help") ? IGT_EXIT_INVALID : 0);
        }
    }
}

void garm_igt_describe(const char *text)
{
    igt.describe = text;
}

const char *garm_igt_name(const char *fmt, ...)
{
    static char name[128];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(name, sizeof(name), fmt, ap);
    va_end(ap);
    return name;
}

bool garm_igt_fixture(void)
{
    igt.current = NULL;
    igt.armed = !igt.list && !igt.broken;
    return igt.armed;
}

static double elapsed(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - start->tv_sec + (now.tv_nsec - start->tv_nsec) / 1e9;
}

static void result(const char *word)
{
    printf("Subtest %s: %s (%.3fs)\n", igt.current, word, elapsed(&igt.start));
    igt.current = NULL;
}

static void dynamic_result(const char *word, unsigned *count)
{
    printf("Dynamic subtest %s: %s (%.3fs)\n", igt.dynamic, word, elapsed(&igt.part_start));
    igt.dynamic[0] = 0;
    ++*count;
}

bool garm_igt_enter(const char *name)
{
    const char *text = igt.describe;

    igt.describe = NULL;
    if (igt.list) {
        printf(igt.show ? "%s: %s\n" : "%s\n", name, text ? text : "");
        return false;
    }
    if (igt.pattern && fnmatch(igt.pattern, name, 0))
        return false;
    igt.current = name;
    igt.group = false;
    clock_gettime(CLOCK_MONOTONIC, &igt.start);
    if (igt.broken) {
        result(igt.broken_status == IGT_EXIT_SKIP ? "SKIP" : "FAIL");
        *(igt.broken_status == IGT_EXIT_SKIP ? &igt.skipped : &igt.failed) += 1;
        return false;
    }
    printf("Starting subtest: %s\n", name);
    igt.armed = true;
    return true;
}

bool garm_igt_enter_group(const char *name)
{
    bool enter = garm_igt_enter(name);

    igt.group = enter;
    igt.parts_passed = igt.parts_failed = igt.parts_skipped = 0;
    return enter;
}

bool garm_igt_dynamic(const char *name)
{
    if (igt.part && fnmatch(igt.part, name, 0))
        return false;
    snprintf(igt.dynamic, sizeof(igt.dynamic), "%s", name);
    clock_gettime(CLOCK_MONOTONIC, &igt.part_start);
    printf("Starting dynamic subtest: %s\n", name);
    return true;
}

bool garm_igt_dynamic_leave(void)
{
    dynamic_result("SUCCESS", &igt.parts_passed);
    return false;
}

/* Reached when a subtest or fixture ran to its end. */
bool garm_igt_leave(void)
{
    bool failed = igt.group && igt.parts_failed,
         skipped = igt.group && !igt.parts_passed && !failed;

    igt.armed = false;
    if (igt.current) {
        *(failed ? &igt.failed : skipped ? &igt.skipped : &igt.passed) += 1;
        result(failed ? "FAIL" : skipped ? "SKIP" : "SUCCESS");
    }
    return false;
}

/* Ends the running block; a program without blocks (mov_bench) ends itself. */
static void ended(int status)
{
    if (!igt.armed)
        exit(status);
    if (igt.dynamic[0]) {
        if (status == IGT_EXIT_SKIP)
            dynamic_result("SKIP", &igt.parts_skipped);
        else
            dynamic_result("FAIL", &igt.parts_failed);
        siglongjmp(garm_igt_dynamic_jump, 1);
    }
    igt.armed = false;
    if (!igt.current) {
        igt.broken = true;
        igt.broken_status = status;
    } else if (status == IGT_EXIT_SKIP) {
        igt.skipped++;
        result("SKIP");
    } else {
        igt.failed++;
        result("FAIL");
    }
    siglongjmp(garm_igt_jump, 1);
}

void garm_igt_skip(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n(%s:%d)\n", file, line);
    ended(IGT_EXIT_SKIP);
    abort();
}

void garm_igt_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    printf("%s:%d: ", file, line);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    if (igt.current)
        printf("\nrepeat: %s --run-subtest %s%s%s\n", igt.program, igt.current,
               igt.dynamic[0] ? " --dynamic-subtest " : "", igt.dynamic);
    else
        printf("\n(in a fixture of %s)\n", igt.program ? igt.program : "a plain program");
    ended(IGT_EXIT_FAILURE);
    abort();
}

int garm_igt_end(void)
{
    if (igt.list)
        return IGT_EXIT_SUCCESS;
    if (igt.failed || (igt.broken && igt.broken_status == IGT_EXIT_FAILURE))
        return IGT_EXIT_FAILURE;
    if (igt.passed)
        return IGT_EXIT_SUCCESS;
    if (igt.skipped || igt.broken)
        return IGT_EXIT_SKIP;
    printf("no subtest matches\n");
    return IGT_EXIT_INVALID;
}

#endif
