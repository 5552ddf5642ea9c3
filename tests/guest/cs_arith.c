/*
 * ADD_IMMEDIATE32, ADD_IMMEDIATE64 and UMIN32 on edge values, each pair of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

static const uint32_t edges[] = {0, 1, 0x7fffffff, 0x80000000u, 0x80000001u, ~1u, ~0u};
static const uint64_t wide[] = {0, 1, 0x7fffffff, 0x80000000ull, ~0u, 0x100000000ull, 0xffffffffffffull};

static struct pu_ctx c;
static uint32_t group;

/* Runs @setup and @insn, whose result is in d20; compares the two words of it. */
static void check(uint64_t a, uint64_t b, uint64_t insn, uint64_t want)
{
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(10, a), cs_mov48(12, b), cs_mov48(20, 0),
                            insn, cs_store(20, 80, 3, 0), cs_wait(0xff)};

    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    igt_assert_f(pu_data64(&c, 0) == want,
                 "0x%" PRIx64 " and 0x%" PRIx64 ": got 0x%" PRIx64 ", expected 0x%" PRIx64 "\n", a, b,
                 pu_data64(&c, 0), want);
}

static void add32(void)
{
    for (unsigned i = 0; i < PU_N(edges); i++)
        for (unsigned k = 0; k < PU_N(edges); k++)
            check(edges[i], edges[k], cs_add32(20, 10, (int32_t)edges[k]), (uint32_t)(edges[i] + edges[k]));
}

static void add64(void)
{
    for (unsigned i = 0; i < PU_N(wide); i++)
        for (unsigned k = 0; k < PU_N(edges); k++)
            check(wide[i], edges[k], cs_add64(20, 10, (int32_t)edges[k]),
                  wide[i] + (uint64_t)(int64_t)(int32_t)edges[k]);
}

static void umin32(void)
{
    for (unsigned i = 0; i < PU_N(edges); i++)
        for (unsigned k = 0; k < PU_N(edges); k++)
            check(edges[i], edges[k], cs_umin32(20, 10, 12), edges[i] < edges[k] ? edges[i] : edges[k]);
}

igt_main
{
    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        group = pu_need_group(&c, 1);
    }
    igt_describe("32-bit sums wrap and carry nothing into the next register");
    igt_subtest("add32-edges") add32();
    igt_describe("the immediate of a 64-bit sum is sign-extended");
    igt_subtest("add64-edges") add64();
    igt_describe("the minimum is unsigned");
    igt_subtest("umin32-edges") umin32();
    igt_fixture {
        pu_group_destroy(c.fd, group);
        pu_ctx_free(&c);
    }
}
