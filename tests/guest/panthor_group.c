/*
 * Groups: IGT's panthor_group list, written anew, and bad input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>

static struct pu_ctx c;

static int create(uint32_t vm, unsigned queues, uint32_t ring)
{
    uint32_t id;
    int r = pu_group_create(c.fd, vm, queues, ring, PANTHOR_GROUP_PRIORITY_MEDIUM, &id);

    return r ? r : pu_group_destroy(c.fd, id);
}

static int raw_create(struct drm_panthor_group_create a)
{
    struct drm_panthor_queue_create q = {.ringbuf_size = 4096};
    int r;

    a.queues = (struct drm_panthor_obj_array){.stride = sizeof(q), .count = 1, .array = (uintptr_t)&q};
    a.vm_id = c.vm;
    a.priority = PANTHOR_GROUP_PRIORITY_MEDIUM;
    r = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_CREATE, &a);
    return r ? r : pu_group_destroy(c.fd, a.group_handle);
}

static void submit(void)
{
    uint32_t group = pu_need_group(&c, 1);
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 0xdeadbeef), cs_store(70, 68, 1, 0),
                            cs_wait(0xff), cs_mov32(70, 0), cs_flush(70, 0, 1), cs_wait(0xff)};

    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 0xdeadbeef);
    igt_assert_eq(pu_group_destroy(c.fd, group), 0);
}

static int bad_submit(uint32_t queue, uint64_t va, uint32_t bytes)
{
    uint32_t group = pu_need_group(&c, 1);
    int r = pu_submit(c.fd, group, queue, va, bytes, NULL, 0);

    pu_group_destroy(c.fd, group);
    return r;
}

static void states(void)
{
    uint32_t group = pu_need_group(&c, 1), state = 99, fatal = 99;

    igt_assert_eq(pu_group_state(c.fd, group, &state, &fatal), 0);
    igt_assert_eq_u32(state, 0);
    igt_assert_eq_u32(fatal, 0);
    pu_group_destroy(c.fd, group);
    igt_assert_eq(pu_group_state(c.fd, group, &state, &fatal), -EINVAL);
    igt_assert_eq(pu_group_destroy(c.fd, group), -EINVAL);
}

igt_main
{
    static const uint64_t nop;
    static uint64_t va;

    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        va = pu_stream(&c, &nop, 1);
    }
    igt_subtest("group_create") igt_assert_eq(create(c.vm, 1, 4096), 0);
    igt_subtest("group_create_queues") igt_assert_eq(create(c.vm, 8, 65536), 0);
    igt_subtest("group_submit") submit();
    igt_subtest("state") states();
    igt_subtest("bad-no-queue") igt_assert_eq(create(c.vm, 0, 4096), -EINVAL);
    igt_subtest("bad-many-queues") igt_assert_eq(create(c.vm, 33, 4096), -EINVAL);
    igt_subtest("bad-ring-small") igt_assert_eq(create(c.vm, 1, 2048), -EINVAL);
    igt_subtest("bad-ring-power") igt_assert_eq(create(c.vm, 1, 12288), -EINVAL);
    igt_subtest("bad-ring-large") igt_assert_eq(create(c.vm, 1, 131072), -EINVAL);
    igt_subtest("bad-vm") igt_assert_eq(create(77, 1, 4096), -EINVAL);
    igt_subtest("bad-pad") igt_assert_eq(raw_create((struct drm_panthor_group_create){.pad = 1}), -EINVAL);
    igt_subtest("bad-core-mask")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.compute_core_mask = 1ull << 40}), -EINVAL);
    igt_subtest("bad-core-count")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.max_compute_cores = 2}), -EINVAL);
    igt_subtest("bad-queue-index") igt_assert_eq(bad_submit(1, va, 8), -EINVAL);
    igt_subtest("bad-stream-alignment") igt_assert_eq(bad_submit(0, va + 8, 8), -EINVAL);
    igt_subtest("bad-stream-size") igt_assert_eq(bad_submit(0, va, 4), -EINVAL);
    igt_subtest("bad-size-without-address") igt_assert_eq(bad_submit(0, 0, 8), -EINVAL);
    igt_fixture pu_ctx_free(&c);
}
