/*
 * Address spaces keep to themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <unistd.h>

static int fd;

static uint32_t state_after(struct pu_ctx *c, const uint64_t *job, unsigned n)
{
    uint32_t group = pu_need_group(c, 1), state = 0;

    pu_run(c, group, job, n);
    igt_assert_eq(pu_group_state(fd, group, &state, NULL), 0);
    pu_group_destroy(fd, group);
    return state;
}

static void same_address(void)
{
    struct pu_ctx a = pu_need_ctx(fd), b = pu_need_ctx(fd);
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0xa), cs_store(10, 80, 1, 0), cs_wait(0xff)};

    igt_assert_eq_u32(state_after(&a, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&a, 0), 0xa);
    igt_assert_eq_u32(*pu_data(&b, 0), 0);
    pu_ctx_free(&a);
    pu_ctx_free(&b);
}

static void read_only(void)
{
    struct pu_ctx c = pu_need_ctx(fd);
    const uint64_t load[] = {cs_mov48(80, 0x40000000), cs_mov48(82, PU_DATA_VA), cs_load(10, 80, 1, 0),
                             cs_wait(0xff), cs_store(10, 82, 1, 0x80), cs_wait(0xff)};
    const uint64_t store[] = {cs_mov48(80, 0x40000000), cs_mov32(10, 1), cs_store(10, 80, 1, 0), cs_wait(0xff)};

    *pu_data(&c, 0) = 0x5eed;
    igt_assert_eq(pu_map(fd, c.vm, c.data_bo, 0x40000000, PU_AREA, DRM_PANTHOR_VM_BIND_OP_MAP_READONLY), 0);
    igt_assert_eq_u32(state_after(&c, load, PU_N(load)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0x80), 0x5eed);
    igt_assert_neq(state_after(&c, store, PU_N(store)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0x5eed);
    pu_ctx_free(&c);
}

static void after_unmap(void)
{
    struct pu_ctx c = pu_need_ctx(fd), other = pu_need_ctx(fd);
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 7), cs_store(10, 80, 1, 0), cs_wait(0xff)};

    igt_assert_eq_u32(state_after(&c, job, PU_N(job)), 0);
    *pu_data(&c, 0) = 0;
    igt_assert_eq(pu_unmap(fd, c.vm, PU_DATA_VA, PU_AREA), 0);
    igt_assert_neq(state_after(&c, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0);
    igt_assert_eq_u32(state_after(&other, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&other, 0), 7);
    pu_ctx_free(&c);
    pu_ctx_free(&other);
}

/* A page is taken from under a running stream: it faults, its neighbour goes on. */
static void unmap_while_running(void)
{
    struct pu_ctx guilty = pu_need_ctx(fd), other = pu_need_ctx(fd);
    const uint64_t spin[] = {cs_mov48(80, PU_DATA_VA), cs_add32(10, 10, 1), cs_store(10, 80, 1, 0),
                             cs_branch(CS_ALWAYS, 10, -3)};
    const uint64_t loop[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0), cs_mov32(11, 3000000), cs_add32(10, 10, 1),
                             cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -3), cs_store(10, 80, 1, 0), cs_wait(0xff)};
    uint32_t a = pu_need_group(&guilty, 1), b = pu_need_group(&other, 1), state;
    uint32_t sa = pu_sync_create(fd), sb = pu_sync_create(fd);

    igt_assert_eq(pu_go(&guilty, a, 0, spin, PU_N(spin), sa), 0);
    for (unsigned i = 0; i < 2000 && !*pu_data(&guilty, 0); i++)
        usleep(10000);
    igt_assert_f(*pu_data(&guilty, 0), "expected: the stream stores within 20 s, got: nothing\n");
    igt_assert_eq(pu_go(&other, b, 0, loop, PU_N(loop), sb), 0);
    igt_assert_eq(pu_unmap(fd, guilty.vm, PU_DATA_VA, PU_AREA), 0);
    igt_assert_eq(pu_sync_wait(fd, sa, 0, PU_WAIT), 0);
    igt_assert_eq(pu_group_state(fd, a, &state, NULL), 0);
    igt_assert_neq(state, 0);
    igt_assert_eq(pu_sync_wait(fd, sb, 0, PU_WAIT), 0);
    igt_assert_eq_u32(*pu_data(&other, 0), 3000000);
    igt_assert_eq(pu_group_state(fd, b, &state, NULL), 0);
    igt_assert_eq_u32(state, 0);
    pu_sync_destroy(fd, sa);
    pu_sync_destroy(fd, sb);
    pu_group_destroy(fd, a);
    pu_group_destroy(fd, b);
    pu_ctx_free(&guilty);
    pu_ctx_free(&other);
}

/* More VMs than address-space slots. */
static void many_vms(void)
{
    enum { N = 16 };
    static struct pu_ctx c[N];
    uint32_t group[N], sync[N];

    for (unsigned i = 0; i < N; i++) {
        const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov32(10, 100 + i), cs_mov32(11, 200000),
                                cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -2), cs_store(10, 80, 1, 0), cs_wait(0xff)};

        c[i] = pu_need_ctx(fd);
        group[i] = pu_need_group(&c[i], 1);
        sync[i] = pu_sync_create(fd);
        igt_assert_eq(pu_go(&c[i], group[i], 0, job, PU_N(job), sync[i]), 0);
    }
    for (unsigned i = 0; i < N; i++) {
        igt_assert_eq(pu_sync_wait(fd, sync[i], 0, PU_WAIT), 0);
        igt_assert_eq_u32(*pu_data(&c[i], 0), 100 + i);
        pu_sync_destroy(fd, sync[i]);
        pu_group_destroy(fd, group[i]);
        pu_ctx_free(&c[i]);
    }
}

igt_main
{
    igt_fixture fd = pu_need_device();
    igt_describe("the same address in two VMs is different memory");
    igt_subtest("same-address") same_address();
    igt_subtest("read-only") read_only();
    igt_subtest("after-unmap") after_unmap();
    igt_subtest("unmap-while-running") unmap_while_running();
    igt_describe("sixteen VMs on seven address spaces");
    igt_subtest("many-vms") many_vms();
}
