/*
 * The MOV job and its variations: a constant goes through a register to memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

static struct pu_ctx c;
static uint32_t group;

static void mov(void)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 0xdeadbeef), cs_store(70, 68, 1, 0),
                            cs_wait(0xff), cs_mov32(70, 0), cs_flush(70, 0, 1), cs_wait(0xff)};

    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0xdeadbeef);
}

static void every_register(void)
{
    for (unsigned reg = 0; reg < 92; reg++) {
        unsigned addr = reg < 90 && reg != 88 && reg != 89 ? 90 : 86;
        const uint64_t job[] = {cs_mov48(addr, PU_DATA_VA + 4 * reg), cs_mov32(reg, 0x1000 + reg),
                                cs_store(reg, addr, 1, 0), cs_wait(0xff)};

        igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
        igt_assert_eq_u32(*pu_data(&c, 4 * reg), 0x1000 + reg);
    }
}

static void many_stores(void)
{
    enum { N = 1000 };
    static uint64_t job[3 * N + 1];
    unsigned n = 0;

    for (unsigned i = 0; i < N; i++) {
        job[n++] = cs_mov48(68, PU_DATA_VA + 0x1000 + 4 * i);
        job[n++] = cs_mov32(70, i * 2654435761u);
        job[n++] = cs_store(70, 68, 1, 0);
    }
    job[n++] = cs_wait(0xff);
    igt_assert_eq(pu_run(&c, group, job, n), 0);
    for (unsigned i = 0; i < N; i++)
        igt_assert_eq_u32(*pu_data(&c, 0x1000 + 4 * i), i * 2654435761u);
}

igt_main
{
    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        group = pu_need_group(&c, 1);
    }
    igt_describe("one constant through the GPU");
    igt_subtest("mov") mov();
    igt_describe("every register that user space keeps");
    igt_subtest("every-register") every_register();
    igt_describe("a stream of 3001 instructions");
    igt_subtest("many-stores") many_stores();
    igt_fixture {
        igt_assert_eq(pu_group_destroy(c.fd, group), 0);
        pu_ctx_free(&c);
    }
}
