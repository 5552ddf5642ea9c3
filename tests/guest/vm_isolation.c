/*
 * Address spaces keep to themselves: same addresses, other memory; what is
 * read-only or gone cannot be reached; what one VM loses, another keeps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

#define FATAL  DRM_PANTHOR_GROUP_STATE_FATAL_FAULT
#define VIEW   0x40000000ull /* a second mapping */
#define MAP    DRM_PANTHOR_VM_BIND_OP_TYPE_MAP
#define LONG   3000000 /* rounds of a loop that outlasts an unmap */

static void store(struct pu_ctx *c, uint32_t group, uint64_t va, uint32_t val)
{
    pu_do(c, group, cs_mov48(80, va), cs_mov32(10, val), cs_store(10, 80, 1, 0));
}

/* A store or load at @va with a group of its own, which must die of it. */
static void must_die(struct pu_ctx *c, uint64_t va, bool load)
{
    uint32_t group = pu_need_group(c, 1);
    const uint64_t job[] = {cs_mov48(80, va), cs_mov32(10, 0xdead),
                            load ? cs_load(10, 80, 1, 0) : cs_store(10, 80, 1, 0), cs_wait(0xff)};

    pu_run(c, group, job, PU_N(job));
    pu_must_become(c->fd, group, FATAL);
    pu_group_destroy(c->fd, group);
}

static void same_address(struct pu_ctx *a, uint32_t group_a)
{
    struct pu_ctx b = pu_need_ctx(a->fd);
    uint32_t group_b = pu_need_group(&b, 1);

    for (uint32_t i = 0; i < 8; i++) {
        uint32_t off = i * 0x1004;

        *pu_data(a, off) = *pu_data(&b, off) = 0x5afe;
        store(a, group_a, PU_DATA_VA + off, 0xa0 + i);
        igt_assert_eq_u32(*pu_data(a, off), 0xa0 + i);
        igt_assert_eq_u32(*pu_data(&b, off), 0x5afe);
        store(&b, group_b, PU_DATA_VA + off, 0xb0 + i);
        igt_assert_eq_u32(*pu_data(a, off), 0xa0 + i);
        igt_assert_eq_u32(*pu_data(&b, off), 0xb0 + i);
    }
    pu_group_destroy(b.fd, group_b);
    pu_ctx_free(&b);
}

/* What is mapped in one VM only is a hole in the other. */
static void no_neighbour(struct pu_ctx *a, uint32_t group_a)
{
    struct pu_ctx b = pu_need_ctx(a->fd);

    igt_assert_eq(pu_map(a->fd, a->vm, a->data_bo, VIEW, PU_AREA, 0), 0);
    store(a, group_a, VIEW, 1);
    igt_assert_eq_u32(*pu_data(a, 0), 1);
    must_die(&b, VIEW, false);
    must_die(&b, VIEW, true);
    igt_assert_eq_u32(*pu_data(a, 0), 1);
    store(a, group_a, VIEW, 2);
    igt_assert_eq_u32(*pu_data(a, 0), 2);
    pu_ctx_free(&b);
}

/* One BO in two VMs at different addresses is the same memory. */
static void shared_bo(struct pu_ctx *a, uint32_t group_a)
{
    struct pu_ctx b = pu_need_ctx(a->fd);
    uint32_t group_b = pu_need_group(&b, 1);

    igt_assert_eq(pu_map(a->fd, b.vm, a->data_bo, VIEW, PU_AREA, 0), 0);
    store(a, group_a, PU_DATA_VA + 0x100, 0x1234);
    pu_do(&b, group_b, cs_mov48(80, VIEW), cs_load(10, 80, 1, 0x100), cs_wait(0xff),
          cs_add32(10, 10, 1), cs_store(10, 80, 1, 0x104));
    igt_assert_eq_u32(*pu_data(a, 0x104), 0x1235);
    pu_group_destroy(b.fd, group_b);
    pu_ctx_free(&b);
}

static void read_only(struct pu_ctx *c, uint32_t group)
{
    *pu_data(c, 0) = 0x5eed;
    igt_assert_eq(pu_map(c->fd, c->vm, c->data_bo, VIEW, PU_AREA,
                         DRM_PANTHOR_VM_BIND_OP_MAP_READONLY), 0);
    pu_do(c, group, cs_mov48(80, VIEW), cs_mov48(82, PU_DATA_VA), cs_load(10, 80, 1, 0),
          cs_wait(0xff), cs_store(10, 82, 1, 0x80));
    igt_assert_eq_u32(*pu_data(c, 0x80), 0x5eed);
    pu_group_destroy(c->fd, group);
    must_die(c, VIEW, false);
    igt_assert_eq_u32(*pu_data(c, 0), 0x5eed);
}

static void after_unmap(struct pu_ctx *c, uint32_t group)
{
    store(c, group, PU_DATA_VA, 7);
    igt_assert_eq_u32(*pu_data(c, 0), 7);
    igt_assert_eq(pu_unmap(c->fd, c->vm, PU_DATA_VA, PU_AREA), 0);
    pu_group_destroy(c->fd, group);
    must_die(c, PU_DATA_VA, false);
    must_die(c, PU_DATA_VA, true);
    igt_assert_eq_u32(*pu_data(c, 0), 7);
}

/* A page out of the middle: only it is gone. */
static void partial_unmap(struct pu_ctx *c, uint32_t group)
{
    *pu_data(c, 0x5000) = 0x5afe;
    igt_assert_eq(pu_unmap(c->fd, c->vm, PU_DATA_VA + 0x4000, 0x4000), 0);
    store(c, group, PU_DATA_VA + 0x3ffc, 1);
    store(c, group, PU_DATA_VA + 0x8000, 2);
    igt_assert_eq_u32(*pu_data(c, 0x3ffc), 1);
    igt_assert_eq_u32(*pu_data(c, 0x8000), 2);
    pu_group_destroy(c->fd, group);
    must_die(c, PU_DATA_VA + 0x5000, false);
    igt_assert_eq_u32(*pu_data(c, 0x5000), 0x5afe);
}

/* The page behind an address changes between two jobs: no stale translation is used. */
static void remap(struct pu_ctx *c, uint32_t group)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t off = i % 2 ? 0x10000 : 0x20000;

        igt_assert_eq(pu_vm_op(c->fd, c->vm, MAP, c->data_bo, off, VIEW, 0x4000), 0);
        *pu_data(c, 0x10000) = *pu_data(c, 0x20000) = 0x5afe;
        store(c, group, VIEW, i);
        igt_assert_eq_u32(*pu_data(c, off), i);
        igt_assert_eq_u32(*pu_data(c, off ^ 0x30000), 0x5afe);
    }
}

/* Memory goes away under a running stream: that one faults, another VM's runs on. */
static void unmap_while_running(struct pu_ctx *guilty, uint32_t a)
{
    struct pu_ctx other = pu_need_ctx(guilty->fd);
    const uint64_t spin[] = {cs_mov48(80, PU_DATA_VA), cs_add32(10, 10, 1), cs_store(10, 80, 1, 0),
                             cs_branch(CS_ALWAYS, 10, -3)};
    uint64_t loop[8 + CS_END_WORDS] = {
        cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov32(11, LONG), cs_add32(10, 10, 1),
        cs_store(10, 80, 1, 0), cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -4),
        cs_store(10, 80, 1, 0),
    };
    uint32_t b = pu_need_group(&other, 1);
    uint32_t sync_a = pu_sync_create(guilty->fd), sync_b = pu_sync_create(guilty->fd);
    const struct timespec nap = {.tv_nsec = 1000000};

    *pu_data(guilty, 0) = 0;
    igt_assert_eq(pu_go(guilty, a, 0, spin, PU_N(spin), sync_a), 0);
    for (unsigned i = 0; i < 20000 && !*pu_data(guilty, 0); i++)
        nanosleep(&nap, NULL);
    igt_assert_f(*pu_data(guilty, 0), "expected: a stream that runs, got: nothing in 20 s\n");
    igt_assert_eq(pu_go(&other, b, 0, loop, cs_finish(loop, 8), sync_b), 0);
    igt_assert_eq(pu_unmap(guilty->fd, guilty->vm, PU_DATA_VA, PU_AREA), 0);
    igt_assert_eq(pu_sync_wait(guilty->fd, sync_a, 0, 2 * PU_WAIT), 0);
    igt_assert_lt(pu_sync_status(guilty->fd, sync_a), 0);
    pu_must_become(guilty->fd, a, FATAL);
    pu_must_signal(guilty->fd, sync_b, 2 * PU_WAIT);
    igt_assert_eq_u32(*pu_data(&other, 0), LONG);
    pu_must_be(guilty->fd, b, 0);
    pu_sync_destroy(guilty->fd, sync_a);
    pu_sync_destroy(guilty->fd, sync_b);
    pu_group_destroy(other.fd, b);
    pu_ctx_free(&other);
}

/* An unrelated mapping comes and goes while a stream of the same VM runs: it must not notice. */
static void bind_while_running(struct pu_ctx *c, uint32_t group)
{
    uint64_t loop[8 + CS_END_WORDS] = {
        cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov32(11, LONG), cs_add32(10, 10, 1),
        cs_store(10, 80, 1, 0), cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -4),
        cs_store(10, 80, 1, 0),
    };
    uint32_t sync = pu_sync_create(c->fd);

    igt_assert_eq(pu_go(c, group, 0, loop, cs_finish(loop, 8), sync), 0);
    for (unsigned i = 0; i < 30; i++) {
        igt_assert_eq(pu_map(c->fd, c->vm, c->data_bo, VIEW, PU_AREA, 0), 0);
        igt_assert_eq(pu_unmap(c->fd, c->vm, VIEW, PU_AREA), 0);
    }
    pu_must_signal(c->fd, sync, 2 * PU_WAIT);
    igt_assert_eq_u32(*pu_data(c, 0), LONG);
    pu_must_be(c->fd, group, 0);
    pu_sync_destroy(c->fd, sync);
}

/* Sixteen VMs on seven address spaces, all at work. */
static void many_vms(struct pu_ctx *first, uint32_t unused)
{
    enum { N = 16 };
    static struct pu_ctx c[N];
    uint32_t group[N], sync[N];
    unsigned lost = 0;

    (void)unused;
    for (unsigned i = 0; i < N; i++) {
        uint64_t s[7 + CS_END_WORDS] = {
            cs_mov48(80, PU_DATA_VA), cs_mov32(10, 100 + i), cs_mov32(11, 200000),
            cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -2), cs_store(10, 80, 1, 0),
        };

        c[i] = pu_need_ctx(first->fd);
        group[i] = pu_need_group(&c[i], 1);
        sync[i] = pu_sync_create(first->fd);
        igt_assert_eq(pu_go(&c[i], group[i], 0, s, cs_finish(s, 6), sync[i]), 0);
    }
    for (unsigned i = 0; i < N; i++) {
        if (pu_lost(&c[i], group[i], sync[i], 2 * PU_WAIT)) {
            pu_group_destroy(first->fd, group[i]);
            group[i] = pu_need_group(&c[i], 1);
            pu_do(&c[i], group[i], cs_mov48(80, PU_DATA_VA), cs_mov32(10, 100 + i), cs_store(10, 80, 1, 0));
            lost++;
        }
        igt_assert_eq_u32(*pu_data(&c[i], 0), 100 + i);
        pu_sync_destroy(first->fd, sync[i]);
        pu_group_destroy(first->fd, group[i]);
        pu_ctx_free(&c[i]);
    }
    igt_assert_lt(lost, N / 2);
}

igt_main
{
    pu_subtest("same-address", "one address in two VMs is two memories", same_address, 1);
    pu_subtest("no-neighbour", "another VM's mapping is a hole", no_neighbour, 1);
    pu_subtest("shared-bo", "one buffer in two VMs is one memory", shared_bo, 1);
    pu_subtest("read-only", "a read-only mapping can be read and not written", read_only, 1);
    pu_subtest("after-unmap", "what is unmapped faults and stays as it was", after_unmap, 1);
    pu_subtest("partial-unmap", "unmapping a part leaves the rest", partial_unmap, 1);
    pu_subtest("remap", "an address gets other memory between jobs", remap, 1);
    pu_subtest("unmap-while-running", "memory taken from a running stream kills only it",
               unmap_while_running, 1);
    pu_subtest("bind-while-running", "unrelated mappings come and go under a running stream",
               bind_while_running, 1);
    pu_subtest("many-vms", "sixteen VMs on seven address spaces", many_vms, 0);
}
