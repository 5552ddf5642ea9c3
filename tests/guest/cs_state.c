/*
 * STORE_STATE, scoreboard entries, resource requests and cache flushes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

static struct pu_ctx c;
static uint32_t group;

static uint64_t cntvct(void)
{
#ifdef __aarch64__
    uint64_t t;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(t));
    return t;
#else
    return 0;
#endif
}

static void timestamp(void)
{
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_store_state(CS_STATE_TIMESTAMP, 80, 0),
        cs_store_state(CS_STATE_CYCLES, 80, 8), cs_mov32(11, 1000), cs_add32(11, 11, -1),
        cs_branch(CS_GT, 11, -2), cs_store_state(CS_STATE_TIMESTAMP, 80, 16),
        cs_store_state(CS_STATE_CYCLES, 80, 24), cs_wait(0xff),
    };
    uint64_t before = cntvct(), after;

    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    after = cntvct();
    igt_assert_lte(before, pu_data64(&c, 0));
    igt_assert_lte(pu_data64(&c, 0), pu_data64(&c, 16));
    igt_assert_lte(pu_data64(&c, 16), after);
    igt_assert_lte(pu_data64(&c, 8), pu_data64(&c, 24));
    igt_assert_neq(pu_data64(&c, 24), 0);
}

static void scoreboards(void)
{
    for (unsigned sb = 0; sb < 8; sb++) {
        const uint64_t job[] = {
            cs_set_sb((sb + 1) & 7, sb), cs_mov48(80, PU_DATA_VA), cs_mov32(10, sb + 1),
            cs_store(10, 80, 1, 0), cs_wait(1u << sb), cs_load(11, 80, 1, 0), cs_wait(1u << sb),
            cs_add32(11, 11, 1), cs_store(11, 80, 1, 4), cs_wait(1u << sb), cs_set_sb(0, 0),
        };

        igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
        igt_assert_eq_u32(*pu_data(&c, 4), sb + 2);
    }
}

static void resources(void)
{
    const uint64_t job[] = {
        cs_req_res(0xf), cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0x5a), cs_store(10, 80, 1, 0),
        cs_wait(0xff), cs_req_res(0),
    };

    *pu_data(&c, 0) = 0;
    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0x5a);
}

static void flush(void)
{
    const uint64_t job[] = {cs_mov32(10, 0), cs_flush(10, 0, 3), cs_wait(8), cs_flush(10, 8, 4), cs_wait(0x10)};

    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
}

igt_main
{
    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        group = pu_need_group(&c, 1);
    }
    igt_describe("the GPU's timestamp is the guest's system counter; cycles advance");
    igt_subtest("timestamp") timestamp();
    igt_subtest("scoreboards") scoreboards();
    igt_subtest("resources") resources();
    igt_subtest("flush") flush();
    igt_fixture {
        pu_group_destroy(c.fd, group);
        pu_ctx_free(&c);
    }
}
