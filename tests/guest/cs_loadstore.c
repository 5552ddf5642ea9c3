/*
 * LOAD_MULTIPLE and STORE_MULTIPLE: which register meets which word, offsets,
 * page borders, destinations that hold the address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

#define CLEAN 0x5afe5afeu
#define FAR_VA 0x40000000ull /* for mappings of a subtest's own */
#define PAGE 0x4000u /* a multiple of every page size */

static uint32_t word(unsigned i)
{
    return i * 2654435761u ^ 0x9e3779b9;
}

static void fill(struct pu_ctx *c, uint32_t off, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        *pu_data(c, off + i * 4) = word(i);
}

static void clean(struct pu_ctx *c, uint32_t off, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        *pu_data(c, off + i * 4) = CLEAN;
}

static const uint16_t masks[] = {
    0x0001, 0x8000, 0x8001, 0x0005, 0x5555, 0xaaaa, 0x00ff, 0xff00, 0x0ff0, 0xffff, 0x7ffe, 0x1248,
    0x0000,
};

/* Memory 0x1000 -> registers r20..r35, which hold CLEAN -> memory 0x2000, all of them. */
static void load_masks(struct pu_ctx *c, uint32_t group)
{
    fill(c, 0x1000, 16);
    for (unsigned m = 0; m < PU_N(masks); m++) {
        uint64_t s[24];
        unsigned n = 0;

        for (unsigned r = 20; r < 36; r++)
            s[n++] = cs_mov32(r, CLEAN);
        s[n++] = cs_mov48(80, PU_DATA_VA + 0x1000);
        s[n++] = cs_load(20, 80, masks[m], 0);
        s[n++] = cs_wait(0xff);
        s[n++] = cs_store(20, 80, 0xffff, 0x1000);
        pu_must_run(c, group, s, n);
        for (unsigned i = 0; i < 16; i++) {
            unsigned nth = (unsigned)__builtin_popcount(masks[m] & ((1u << i) - 1));
            uint32_t want = masks[m] >> i & 1 ? word(nth) : CLEAN;
            uint32_t got = *pu_data(c, 0x2000 + i * 4);

            igt_assert_f(got == want, "mask 0x%x, register %u: expected: 0x%x, got: 0x%x\n",
                         masks[m], i, want, got);
        }
    }
}

static void store_masks(struct pu_ctx *c, uint32_t group)
{
    fill(c, 0x1000, 16);
    for (unsigned m = 0; m < PU_N(masks); m++) {
        clean(c, 0x2000 - 4, 18);
        pu_do(c, group, cs_mov48(80, PU_DATA_VA + 0x1000), cs_load(20, 80, 0xffff, 0),
              cs_wait(0xff), cs_store(20, 80, masks[m], 0x1000));
        for (unsigned i = 0; i < 18; i++) {
            uint32_t want = CLEAN, got = *pu_data(c, 0x2000 - 4 + i * 4);

            for (unsigned r = 0, nth = 1; r < 16; r++)
                if ((masks[m] >> r & 1) && nth++ == i)
                    want = word(r);

            igt_assert_f(got == want, "mask 0x%x, word %d: expected: 0x%x, got: 0x%x\n", masks[m],
                         (int)i - 1, want, got);
        }
    }
}

/* Offsets from -32 KiB to 32 KiB - 4, the address register in the middle of the data. */
static void offsets(struct pu_ctx *c, uint32_t group)
{
    static const int16_t t[] = {0, 4, -4, 64, -64, 0xffc, 0x1000, -0x1000, -32768, 32764};
    const uint32_t from = 0x10000, to = 0x30000;

    for (unsigned i = 0; i < PU_N(t); i++)
        *pu_data(c, (uint32_t)((int)from + t[i])) = word(i);
    for (unsigned i = 0; i < PU_N(t); i++)
        pu_do(c, group, cs_mov48(80, PU_DATA_VA + from), cs_mov48(82, PU_DATA_VA + to),
              cs_load(10, 80, 1, t[i]), cs_wait(0xff), cs_store(10, 82, 1, t[i]));
    for (unsigned i = 0; i < PU_N(t); i++) {
        uint32_t got = *pu_data(c, (uint32_t)((int)to + t[i]));

        igt_assert_f(got == word(i), "offset %d: expected: 0x%x, got: 0x%x\n", t[i], word(i), got);
    }
}

/* Sixteen words, @k of them before the end of a page. Neighbours in VA are strangers in the BO. */
static void page_crossing(struct pu_ctx *c, uint32_t group)
{
    const uint32_t first = 3 * PAGE, second = PAGE;

    igt_assert_eq(pu_vm_op(c->fd, c->vm, DRM_PANTHOR_VM_BIND_OP_TYPE_MAP, c->data_bo, first, FAR_VA,
                           PAGE), 0);
    igt_assert_eq(pu_vm_op(c->fd, c->vm, DRM_PANTHOR_VM_BIND_OP_TYPE_MAP, c->data_bo, second,
                           FAR_VA + PAGE, PAGE), 0);
    for (unsigned k = 1; k < 16; k++) {
        fill(c, 0x1000, 16);
        clean(c, first, PAGE / 4);
        clean(c, second, PAGE / 4);
        clean(c, 0x2000, 16);
        pu_do(c, group, cs_mov48(80, PU_DATA_VA + 0x1000), cs_load(20, 80, 0xffff, 0),
              cs_mov48(82, FAR_VA + PAGE - k * 4), cs_wait(0xff), cs_store(20, 82, 0xffff, 0),
              cs_wait(0xff), cs_load(40, 82, 0xffff, 0), cs_wait(0xff),
              cs_store(40, 80, 0xffff, 0x1000));
        for (unsigned i = 0; i < 16; i++) {
            uint32_t off = i < k ? first + PAGE - (k - i) * 4 : second + (i - k) * 4;

            igt_assert_f(*pu_data(c, off) == word(i), "%u before the border, stored word %u: "
                         "expected: 0x%x, got: 0x%x\n", k, i, word(i), *pu_data(c, off));
            igt_assert_f(*pu_data(c, 0x2000 + i * 4) == word(i), "%u before the border, loaded "
                         "word %u: expected: 0x%x, got: 0x%x\n", k, i, word(i),
                         *pu_data(c, 0x2000 + i * 4));
        }
        igt_assert_eq_u32(*pu_data(c, first + PAGE - (k + 1) * 4), CLEAN);
        igt_assert_eq_u32(*pu_data(c, second + (16 - k) * 4), CLEAN);
    }
}

/* A load over its own address register: the address is read before. */
static void load_over_address(struct pu_ctx *c, uint32_t group)
{
    fill(c, 0x1000, 16);
    for (unsigned at = 0; at < 16; at += 2) {
        unsigned base = 40 - at; /* the address pair r40 is words at and at + 1 */

        pu_do(c, group, cs_mov48(40, PU_DATA_VA + 0x1000), cs_load(base, 40, 0xffff, 0),
              cs_wait(0xff), cs_mov48(82, PU_DATA_VA + 0x2000), cs_store(base, 82, 0xffff, 0));
        for (unsigned i = 0; i < 16; i++)
            igt_assert_f(*pu_data(c, 0x2000 + i * 4) == word(i), "address at word %u, word %u: "
                         "expected: 0x%x, got: 0x%x\n", at, i, word(i),
                         *pu_data(c, 0x2000 + i * 4));
    }
}

static void store_of_address(struct pu_ctx *c, uint32_t group)
{
    pu_do(c, group, cs_mov48(40, PU_DATA_VA + 0x3000), cs_store(40, 40, 3, 0));
    igt_assert_eq_u64(pu_data64(c, 0x3000), PU_DATA_VA + 0x3000);
}

/* The ends of the register file: r0 up, and sixteen up to r95. */
static void register_ends(struct pu_ctx *c, uint32_t group)
{
    fill(c, 0x1000, 16);
    clean(c, 0x2000, 32);
    pu_do(c, group, cs_mov48(60, PU_DATA_VA + 0x1000), cs_load(0, 60, 0xffff, 0),
          cs_load(80, 60, 0xffff, 0), cs_wait(0xff), cs_store(0, 60, 0xffff, 0x1000),
          cs_store(80, 60, 0xffff, 0x1040));
    for (unsigned i = 0; i < 32; i++)
        igt_assert_eq_u32(*pu_data(c, 0x2000 + i * 4), word(i % 16));
}

/* What the CS wrote is what it reads, with nothing but a WAIT between. */
static void read_after_write(struct pu_ctx *c, uint32_t group)
{
    *pu_data(c, 0x1000) = 0;
    pu_do(c, group, cs_mov48(80, PU_DATA_VA + 0x1000), cs_mov32(11, 1000), cs_load(10, 80, 1, 0),
          cs_wait(0xff), cs_add32(10, 10, 3), cs_store(10, 80, 1, 0), cs_wait(0xff),
          cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -7));
    igt_assert_eq_u32(*pu_data(c, 0x1000), 3000);
}

/* 64 KiB in lines of 64 bytes. */
static void copy(struct pu_ctx *c, uint32_t group)
{
    const uint32_t from = 0x20000, to = 0x40000, size = 0x10000;

    fill(c, from, size / 4);
    pu_do(c, group, cs_mov48(80, PU_DATA_VA + from), cs_mov48(82, PU_DATA_VA + to),
          cs_mov32(60, size / 64), cs_load(20, 80, 0xffff, 0), cs_wait(0xff),
          cs_store(20, 82, 0xffff, 0), cs_wait(0xff), cs_add64(80, 80, 64), cs_add64(82, 82, 64),
          cs_add32(60, 60, -1), cs_branch(CS_GT, 60, -8));
    for (unsigned i = 0; i < size / 4; i++)
        igt_assert_eq_u32(*pu_data(c, to + i * 4), word(i));
}

igt_main
{
    pu_subtest("load-masks", "a load fills the listed registers from successive words, and no other",
               load_masks, 1);
    pu_subtest("store-masks", "a store writes the listed registers to successive words, and no other",
               store_masks, 1);
    pu_subtest("offsets", "offsets are signed bytes, up to 32 KiB either way", offsets, 1);
    pu_subtest("page-crossing", "sixteen words over a border between unrelated pages",
               page_crossing, 1);
    pu_subtest("load-over-address", "a load may overwrite its address", load_over_address, 1);
    pu_subtest("store-of-address", "a store may store its address", store_of_address, 1);
    pu_subtest("register-ends", "sixteen registers from r0 and sixteen up to r95", register_ends,
               1);
    pu_subtest("read-after-write", "a thousand increments of a word in memory", read_after_write,
               1);
    pu_subtest("copy", "64 KiB copied in a loop", copy, 1);
}
