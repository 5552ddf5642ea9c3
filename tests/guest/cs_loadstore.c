/*
 * LOAD_MULTIPLE and STORE_MULTIPLE: masks, signed offsets, page borders.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#define WORD(i) (0xa0000000u + (i) * 0x10001u)
#define BACK 0x40000u /* where loaded registers are written for the CPU to see */

static const unsigned masks[] = {1, 2, 0x8000, 0x8001, 0x5555, 0xaaaa, 0x0ff0, 0xffff, 0};

static struct pu_ctx c;
static uint32_t group;

/* r20..r35 get WORD(i), go through the mask to @at, r40..r55 come back from there. */
static void round_trip(unsigned mask, uint32_t at)
{
    uint64_t s[48];
    unsigned n = 0;

    for (unsigned i = 0; i < 16; i++) {
        *pu_data(&c, at + 4 * i) = 0x11;
        s[n++] = cs_mov32(20 + i, WORD(i));
        s[n++] = cs_mov32(40 + i, 0x22);
    }
    s[n++] = cs_mov48(80, PU_DATA_VA + at);
    s[n++] = cs_store(20, 80, mask, 0);
    s[n++] = cs_wait(0xff);
    s[n++] = cs_load(40, 80, mask, 0);
    s[n++] = cs_wait(0xff);
    s[n++] = cs_mov48(82, PU_DATA_VA + BACK);
    s[n++] = cs_store(40, 82, 0xffff, 0);
    s[n++] = cs_wait(0xff);
    igt_assert_eq(pu_run(&c, group, s, n), 0);
    for (unsigned i = 0; i < 16; i++) {
        bool in = mask >> i & 1;

        igt_assert_f(*pu_data(&c, at + 4 * i) == (in ? WORD(i) : 0x11), "mask 0x%x, stored word %u: got 0x%x\n",
                     mask, i, *pu_data(&c, at + 4 * i));
        igt_assert_f(*pu_data(&c, BACK + 4 * i) == (in ? WORD(i) : 0x22),
                     "mask 0x%x, loaded register %u: got 0x%x\n", mask, i, *pu_data(&c, BACK + 4 * i));
    }
}

static void all_masks(void)
{
    for (unsigned m = 0; m < PU_N(masks); m++)
        round_trip(masks[m], 0);
}

static void borders(void)
{
    for (uint32_t border = 4096; border <= 65536; border *= 2)
        for (unsigned m = 0; m < PU_N(masks); m++)
            round_trip(masks[m], border - 20);
}

static void offsets(void)
{
    static const int off[] = {0, 4, -4, 2048, -2048, 32764, -32768};

    for (unsigned i = 0; i < PU_N(off); i++) {
        const uint64_t job[] = {
            cs_mov48(80, PU_DATA_VA + 0x10000), cs_mov32(10, WORD(i)), cs_store(10, 80, 1, (int16_t)off[i]),
            cs_wait(0xff), cs_load(12, 80, 1, (int16_t)off[i]), cs_wait(0xff), cs_mov48(82, PU_DATA_VA + BACK),
            cs_store(12, 82, 1, 0), cs_wait(0xff),
        };

        igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
        igt_assert_eq_u32(*pu_data(&c, 0x10000 + (uint32_t)off[i]), WORD(i));
        igt_assert_eq_u32(*pu_data(&c, BACK), WORD(i));
    }
}

/* 64 KiB, sixteen words a step. */
static void copy(void)
{
    const unsigned words = 16384;
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 0x80000), cs_mov32(84, words / 16),
        cs_load(10, 80, 0xffff, 0), cs_wait(0xff), cs_store(10, 82, 0xffff, 0), cs_wait(0xff),
        cs_add64(80, 80, 64), cs_add64(82, 82, 64), cs_add32(84, 84, -1), cs_branch(CS_GT, 84, -8),
    };

    for (unsigned i = 0; i < words; i++)
        *pu_data(&c, 4 * i) = i * 2654435761u;
    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    for (unsigned i = 0; i < words; i++)
        igt_assert_eq_u32(*pu_data(&c, 0x80000 + 4 * i), i * 2654435761u);
}

igt_main
{
    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        group = pu_need_group(&c, 1);
    }
    igt_describe("each bit of the mask moves its own register and leaves a gap when clear");
    igt_subtest("masks") all_masks();
    igt_describe("sixteen words over page borders of 4 to 64 KiB");
    igt_subtest("page-borders") borders();
    igt_describe("the byte offset is signed");
    igt_subtest("offsets") offsets();
    igt_describe("a loop of loads and stores copies 64 KiB");
    igt_subtest("copy-loop") copy();
    igt_fixture {
        pu_group_destroy(c.fd, group);
        pu_ctx_free(&c);
    }
}
