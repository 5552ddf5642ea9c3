/*
 * TAP for the unit tests: a table of named subtests, checks that print what was
 * got, what was expected and the command that repeats the failing subtest.
 *
 *     static void leaf_4k(void) { TAP_CHECK_EQ(1 + 1, 2); }
 *     TAP_MAIN({ "leaf-4k", leaf_4k })
 *
 * A failed check marks its subtest "not ok" and goes on; TAP_REQUIRE returns
 * from the calling function instead. Run without arguments: all subtests; with
 * names: only those; --list: the names. Include it once per program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_TAP_H
#define GARM_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct tap_test {
    const char *name; /* lower case, hyphens */
    void (*run)(void);
};

/* The program under test has no globals; this test harness has one: its state. */
static struct {
    const char *program, *current;
    const char *skip; /* reason, or NULL */
    unsigned failures, shown;
} tap;

/** True when this failure should be printed (the first 10 of a subtest are). */
static inline bool tap_fail(const char *file, int line)
{
    tap.failures++;
    if (tap.shown >= 10)
        return false;
    tap.shown++;
    printf("# %s:%d: check failed; repeat: %s %s\n", file, line, tap.program, tap.current);
    return true;
}

static inline bool tap_check_eq(uint64_t got, uint64_t want, const char *got_text,
                                const char *want_text, const char *file, int line)
{
    if (got == want)
        return true;
    if (tap_fail(file, line)) {
        printf("#   got      0x%" PRIx64 " (%" PRId64 ") = %s\n", got, (int64_t)got, got_text);
        printf("#   expected 0x%" PRIx64 " (%" PRId64 ") = %s\n", want, (int64_t)want, want_text);
    }
    return false;
}

static inline bool tap_check_str(const char *got, const char *want, const char *file, int line)
{
    if (got == want || (got && want && !strcmp(got, want)))
        return true;
    if (tap_fail(file, line))
        printf("#   got      \"%s\"\n#   expected \"%s\"\n", got ? got : "(null)",
               want ? want : "(null)");
    return false;
}

static inline bool tap_check_mem(const void *got, const void *want, size_t len, const char *file,
                                 int line)
{
    const uint8_t *g = got, *w = want;
    if (!len || !memcmp(g, w, len))
        return true;
    size_t i = 0;
    while (g[i] == w[i])
        i++;
    if (tap_fail(file, line))
        printf("#   byte %zu of %zu: got 0x%02x, expected 0x%02x\n", i, len, g[i], w[i]);
    return false;
}

static inline bool tap_check(bool ok, const char *text, const char *file, int line)
{
    if (!ok && tap_fail(file, line))
        printf("#   expected to hold: %s\n", text);
    return ok;
}

#define TAP_CHECK_EQ(got, want)                                                                    \
    tap_check_eq((uint64_t)(got), (uint64_t)(want), #got, #want, __FILE__, __LINE__)
#define TAP_CHECK_STR(got, want)      tap_check_str(got, want, __FILE__, __LINE__)
#define TAP_CHECK_MEM(got, want, len) tap_check_mem(got, want, len, __FILE__, __LINE__)
#define TAP_CHECK(cond)               tap_check(!!(cond), #cond, __FILE__, __LINE__)
/** As TAP_CHECK, and leaves the calling (void) function when it fails. */
#define TAP_REQUIRE(cond)                                                                          \
    do {                                                                                           \
        if (!TAP_CHECK(cond))                                                                      \
            return;                                                                                \
    } while (0)

/** Marks the running subtest as skipped; the caller returns after it. */
static inline void tap_skip(const char *why)
{
    tap.skip = why;
}

/** A comment line, for measurements, seeds, and what a failed check was about. */
__attribute__((format(printf, 1, 2))) static inline void tap_note(const char *fmt, ...)
{
    va_list ap;
    if (tap.failures > tap.shown)
        return;
    printf("# ");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
}

static inline bool tap_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return argc <= 1;
}

/** Exit status: 0 all ok, 1 something failed, 2 no such subtest. */
static inline int tap_main(const struct tap_test *tests, size_t n, int argc, char **argv)
{
    unsigned bad = 0, number = 0, planned = 0;

    tap.program = argv[0];
    for (size_t i = 0; i < n; i++) {
        if (argc == 2 && !strcmp(argv[1], "--list"))
            printf("%s\n", tests[i].name);
        planned += tap_wanted(tests[i].name, argc, argv);
    }
    if (argc == 2 && !strcmp(argv[1], "--list"))
        return 0;
    if (!planned) {
        fprintf(stderr, "%s: no such subtest; \"%s --list\" prints the names\n", argv[0], argv[0]);
        return 2;
    }
    printf("TAP version 13\n1..%u\n", planned);
    for (size_t i = 0; i < n; i++) {
        if (!tap_wanted(tests[i].name, argc, argv))
            continue;
        tap.current = tests[i].name;
        tap.failures = tap.shown = 0;
        tap.skip = NULL;
        tests[i].run();
        if (tap.failures > tap.shown)
            printf("# and %u more failed checks\n", tap.failures - tap.shown);
        printf("%s %u - %s%s%s\n", tap.failures ? "not ok" : "ok", ++number, tests[i].name,
               tap.skip ? " # SKIP " : "", tap.skip ? tap.skip : "");
        fflush(stdout);
        bad += tap.failures != 0;
    }
    return bad ? 1 : 0;
}

#define TAP_MAIN(...)                                                                              \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct tap_test tests[] = {__VA_ARGS__};                                      \
        return tap_main(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);                      \
    }

#endif
