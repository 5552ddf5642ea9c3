/*
 * The part of IGT's interface that these tests use: subtests, assertions,
 * skips, exit codes. With -DGARM_REAL_IGT the real library stands in.
 *
 *     igt_main {
 *         igt_fixture { open things }
 *         igt_describe("why"); igt_subtest("name") { igt_assert(...); }
 *         igt_describe("why"); igt_subtest_with_dynamic("name") { igt_dynamic("part") { igt_assert(...); } }
 *         igt_fixture { close things }
 *     }
 *
 * A failed assertion ends its subtest (longjmp), not the program.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_IGT_H
#define GARM_IGT_H

#ifdef GARM_REAL_IGT
#include <igt.h>
#else

#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define IGT_EXIT_SUCCESS 0
#define IGT_EXIT_SKIP 77
#define IGT_EXIT_FAILURE 98
#define IGT_EXIT_INVALID 99

extern sigjmp_buf garm_igt_jump, garm_igt_dynamic_jump;
extern const char *garm_igt_description;
void garm_igt_start(int argc, char **argv);
int garm_igt_end(void);
bool garm_igt_enter(const char *name);
bool garm_igt_leave(void);
/** A subtest that consists of dynamic ones: as good as the worst of them, a skip when none was run to its end. */
bool garm_igt_enter_group(const char *name);
bool garm_igt_dynamic(const char *name);
bool garm_igt_dynamic_leave(void);
bool garm_igt_fixture(void);
void garm_igt_describe(const char *text);
/** A subtest's name from a format; valid until the next call. */
const char *garm_igt_name(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void garm_igt_skip(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
__attribute__((noreturn)) void garm_igt_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define IGT_TEST_DESCRIPTION(text)                                                                 \
    __attribute__((constructor)) static void garm_igt_set_description(void)                        \
    {                                                                                              \
        garm_igt_description = text;                                                               \
    }                                                                                              \
    extern const char *garm_igt_description

#define igt_main                                                                                   \
    static void garm_igt_body(void);                                                               \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        garm_igt_start(argc, argv);                                                                \
        garm_igt_body();                                                                           \
        return garm_igt_end();                                                                     \
    }                                                                                              \
    static void garm_igt_body(void)

/* The jump target is set in the frame of the caller, so it stays valid while the block runs. */
#define igt_subtest(name)                                                                          \
    for (bool once_ = garm_igt_enter(name) && !sigsetjmp(garm_igt_jump, 1); once_;                 \
         once_ = garm_igt_leave())
#define igt_subtest_with_dynamic(name)                                                             \
    for (bool once_ = garm_igt_enter_group(name) && !sigsetjmp(garm_igt_jump, 1); once_;           \
         once_ = garm_igt_leave())
/* Only inside such a subtest; a failed assertion ends this one alone. */
#define igt_dynamic(name)                                                                          \
    for (bool inner_ = garm_igt_dynamic(name) && !sigsetjmp(garm_igt_dynamic_jump, 1); inner_;     \
         inner_ = garm_igt_dynamic_leave())
#define igt_dynamic_f(...) igt_dynamic(garm_igt_name(__VA_ARGS__))
#define igt_fixture for (bool once_ = garm_igt_fixture() && !sigsetjmp(garm_igt_jump, 1); once_;   \
                         once_ = garm_igt_leave())
#define igt_subtest_f(...) igt_subtest(garm_igt_name(__VA_ARGS__))
#define igt_describe(text) garm_igt_describe(text)
#define igt_info(...) printf(__VA_ARGS__)
#define igt_skip(...) garm_igt_skip(__FILE__, __LINE__, __VA_ARGS__)
#define igt_require_f(cond, ...)                                                                   \
    do {                                                                                           \
        if (!(cond))                                                                               \
            garm_igt_skip(__FILE__, __LINE__, __VA_ARGS__);                                        \
    } while (0)
#define igt_require(cond) igt_require_f(cond, "requires: %s", #cond)
#define igt_skip_on_f(cond, ...) igt_require_f(!(cond), __VA_ARGS__)
#define igt_skip_on(cond) igt_skip_on_f(cond, "cannot go with: %s", #cond)
#define igt_assert_f(cond, ...)                                                                    \
    do {                                                                                           \
        if (!(cond))                                                                               \
            garm_igt_fail(__FILE__, __LINE__, __VA_ARGS__);                                        \
    } while (0)
#define igt_assert(cond) igt_assert_f(cond, "expected to hold: %s", #cond)
#define garm_igt_cmp(a, op, b)                                                                     \
    do {                                                                                           \
        int64_t a_ = (int64_t)(a), b_ = (int64_t)(b);                                              \
        igt_assert_f(a_ op b_, "%s %s %s: got %" PRId64 " (0x%" PRIx64 "), expected %s %" PRId64   \
                     " (0x%" PRIx64 ")", #a, #op, #b, a_, a_, #op, b_, b_);                        \
    } while (0)
#define garm_igt_cmp_u64(a, op, b)                                                                 \
    do {                                                                                           \
        uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b);                                           \
        igt_assert_f(a_ op b_, "%s %s %s: got 0x%" PRIx64 ", expected %s 0x%" PRIx64, #a, #op, #b, \
                     a_, #op, b_);                                                                 \
    } while (0)
#define igt_assert_eq(a, b) garm_igt_cmp(a, ==, b)
#define igt_assert_eq_u32(a, b) garm_igt_cmp((uint32_t)(a), ==, (uint32_t)(b))
#define igt_assert_neq(a, b) garm_igt_cmp(a, !=, b)
#define igt_assert_neq_u32(a, b) garm_igt_cmp((uint32_t)(a), !=, (uint32_t)(b))
#define igt_assert_lt(a, b) garm_igt_cmp(a, <, b)
#define igt_assert_lte(a, b) garm_igt_cmp(a, <=, b)
/* IGT's plain forms compare int; these are for 64-bit values */
#define igt_assert_eq_u64(a, b) garm_igt_cmp_u64(a, ==, b)
#define igt_assert_neq_u64(a, b) garm_igt_cmp_u64(a, !=, b)
#define igt_assert_lt_u64(a, b) garm_igt_cmp_u64(a, <, b)
#define igt_assert_lte_u64(a, b) garm_igt_cmp_u64(a, <=, b)

#endif
#endif
