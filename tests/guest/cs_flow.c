/*
 * Arithmetic, loads and stores, branches, calls and jumps of command streams.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

static struct pu_ctx c;
static uint32_t group;

static void run(const uint64_t *words, unsigned n)
{
    igt_assert_eq(pu_run(&c, group, words, n), 0);
}

static void arithmetic(void)
{
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0xffffffff), cs_add32(11, 10, 2), cs_add32(12, 11, -5),
        cs_mov48(14, 0xffffffffffff), cs_add64(16, 14, 1), cs_add64(18, 14, -1),
        cs_umin32(20, 10, 11), cs_umin32(21, 11, 10), cs_store(10, 80, 0xfff, 0), cs_wait(0xff),
    };

    run(job, PU_N(job));
    igt_assert_eq_u32(*pu_data(&c, 4), 1);                       /* wraps */
    igt_assert_eq_u32(*pu_data(&c, 8), 0xfffffffc);
    igt_assert_eq_u64(pu_data64(&c, 16), 0xffffffffffff);        /* MOVE zero-extends 48 bits */
    igt_assert_eq_u64(pu_data64(&c, 24), 0x1000000000000);
    igt_assert_eq_u64(pu_data64(&c, 32), 0xfffffffffffe);
    igt_assert_eq_u32(*pu_data(&c, 40), 1);
    igt_assert_eq_u32(*pu_data(&c, 44), 1);
}

static void load_store(void)
{
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA + 0x2000), cs_load(10, 80, 0x0005, -16), cs_wait(0xff),
        cs_store(10, 80, 0x0005, 0x1000 - 8), cs_wait(0xff),
        cs_mov48(82, PU_DATA_VA + 0x4ffc), cs_load(20, 82, 3, 0), cs_wait(0xff), /* crosses a page */
        cs_store(20, 82, 3, 0x100), cs_wait(0xff),
        cs_mov48(84, PU_DATA_VA + 0x6000), cs_load(84, 84, 3, 0), cs_wait(0xff), /* over its address */
        cs_mov48(86, PU_DATA_VA + 0x7000), cs_store(84, 86, 3, 0), cs_wait(0xff),
    };

    *pu_data(&c, 0x1ff0) = 0x11;
    *pu_data(&c, 0x1ff8) = 0x33;
    *pu_data(&c, 0x2ffc) = 0x77;
    *pu_data(&c, 0x4ffc) = 0xaa;
    *pu_data(&c, 0x5000) = 0xbb;
    *pu_data(&c, 0x6000) = 0xcc;
    *pu_data(&c, 0x6004) = 0xdd;
    run(job, PU_N(job));
    igt_assert_eq_u32(*pu_data(&c, 0x2ff8), 0x11);
    igt_assert_eq_u32(*pu_data(&c, 0x2ffc), 0x77); /* masked out */
    igt_assert_eq_u32(*pu_data(&c, 0x3000), 0x33);
    igt_assert_eq_u32(*pu_data(&c, 0x50fc), 0xaa);
    igt_assert_eq_u32(*pu_data(&c, 0x5100), 0xbb);
    igt_assert_eq_u32(*pu_data(&c, 0x7000), 0xcc);
    igt_assert_eq_u32(*pu_data(&c, 0x7004), 0xdd);
}

/* Which values take each condition: compared with zero, signed. */
static void conditions(void)
{
    static const int32_t values[] = {-2147483647 - 1, -1, 0, 1, 2147483647};

    for (unsigned cond = CS_LE; cond <= CS_ALWAYS; cond++) {
        for (unsigned i = 0; i < PU_N(values); i++) {
            int32_t v = values[i];
            const bool want[] = {v <= 0, v > 0, v == 0, v != 0, v < 0, v >= 0, true};
            const uint64_t job[] = {
                cs_mov48(80, PU_DATA_VA), cs_mov32(10, (uint32_t)v), cs_mov32(11, 1),
                cs_branch(cond, 10, 1), cs_mov32(11, 0), cs_store(11, 80, 1, 0), cs_wait(0xff),
            };

            run(job, PU_N(job));
            igt_assert_f(*pu_data(&c, 0) == want[cond], "condition %u, value %d: got %u, expected %u\n",
                         cond, v, *pu_data(&c, 0), want[cond]);
        }
    }
}

static void loop(void)
{
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov32(11, 100000),
        cs_add32(10, 10, 3), cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -3),
        cs_store(10, 80, 1, 0), cs_wait(0xff),
    };

    run(job, PU_N(job));
    igt_assert_eq_u32(*pu_data(&c, 0), 300000);
}

/* A chain of @depth calls below the stream; the innermost stores. Returns the outermost's words. */
static uint64_t call_chain(unsigned depth, uint32_t *bytes)
{
    const uint64_t leaf[] = {cs_add32(10, 10, 1), cs_store(10, 80, 1, 0), cs_wait(0xff)};
    uint64_t va = pu_stream(&c, leaf, PU_N(leaf));
    uint32_t len = sizeof(leaf);

    for (unsigned i = 0; i < depth; i++) {
        const uint64_t level[] = {cs_mov48(20 + 2 * i, va), cs_mov32(60 + i, len),
                                  cs_call(20 + 2 * i, 60 + i), cs_add32(10, 10, 0x100),
                                  cs_store(10, 80, 1, 4), cs_wait(0xff)};

        va = pu_stream(&c, level, PU_N(level));
        len = sizeof(level);
    }
    *bytes = len;
    return va;
}

static void calls(void)
{
    /* the ring is frame 1, the job's stream 2, this call 3: five more fit into eight */
    uint32_t bytes;
    uint64_t va = call_chain(5, &bytes);
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov48(82, va),
                            cs_mov32(84, bytes), cs_call(82, 84)};

    run(job, PU_N(job));
    igt_assert_eq_u32(*pu_data(&c, 0), 1);
    igt_assert_eq_u32(*pu_data(&c, 4), 0x501);
}

static void jumps(void)
{
    const uint64_t third[] = {cs_add32(10, 10, 4), cs_store(10, 80, 1, 0), cs_wait(0xff)};
    uint64_t va3 = pu_stream(&c, third, PU_N(third));
    const uint64_t second[] = {cs_add32(10, 10, 2), cs_mov48(82, va3), cs_mov32(84, sizeof(third)),
                               cs_jump(82, 84), cs_mov32(10, 0x666)};
    uint64_t va2 = pu_stream(&c, second, PU_N(second));
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 1), cs_mov48(82, va2),
                            cs_mov32(84, sizeof(second)), cs_jump(82, 84), cs_mov32(10, 0x777)};

    run(job, PU_N(job));
    igt_assert_eq_u32(*pu_data(&c, 0), 7);
}

static void registers_persist(void)
{
    const uint64_t first[] = {cs_mov32(40, 0x1234)};
    const uint64_t second[] = {cs_mov48(80, PU_DATA_VA), cs_store(40, 80, 1, 0), cs_wait(0xff)};
    uint32_t fresh;

    run(first, 1);
    run(second, PU_N(second));
    igt_assert_eq_u32(*pu_data(&c, 0), 0x1234);
    fresh = pu_need_group(&c, 1);
    igt_assert_eq(pu_run(&c, fresh, second, PU_N(second)), 0);
    igt_assert_eq(pu_group_destroy(c.fd, fresh), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0); /* a new queue reads zeros */
}

static void call_overflow(void)
{
    uint32_t bytes, state, own = pu_need_group(&c, 1);
    uint64_t va = call_chain(6, &bytes);
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov48(82, va),
                            cs_mov32(84, bytes), cs_call(82, 84)};

    *pu_data(&c, 0) = 0;
    pu_run(&c, own, job, PU_N(job));
    igt_assert_eq(pu_group_state(c.fd, own, &state, NULL), 0);
    igt_assert_eq_u32(state & DRM_PANTHOR_GROUP_STATE_FATAL_FAULT, DRM_PANTHOR_GROUP_STATE_FATAL_FAULT);
    igt_assert_eq_u32(*pu_data(&c, 0), 0);
    pu_group_destroy(c.fd, own);
}

igt_main
{
    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        group = pu_need_group(&c, 1);
    }
    igt_subtest("arithmetic") arithmetic();
    igt_subtest("load-store") load_store();
    igt_subtest("conditions") conditions();
    igt_subtest("loop") loop();
    igt_subtest("calls") calls();
    igt_subtest("jumps") jumps();
    igt_subtest("registers-persist") registers_persist();
    igt_describe("one call more than the stack holds kills the group, and only it");
    igt_subtest("call-overflow") call_overflow();
    igt_subtest("loop-after-overflow") loop();
    igt_fixture {
        pu_group_destroy(c.fd, group);
        pu_ctx_free(&c);
    }
}
