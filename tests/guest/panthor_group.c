/*
 * Groups: IGT's panthor_group list, written anew, and bad input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>
#include <unistd.h>

static struct pu_ctx c;
static uint32_t page; /* the smallest ring: one below the page size is mapped in part and used whole */

static int create(uint32_t vm, unsigned queues, uint32_t ring)
{
    uint32_t id;
    int r = pu_group_create(c.fd, vm, queues, ring, PANTHOR_GROUP_PRIORITY_MEDIUM, &id);

    return r ? r : pu_group_destroy(c.fd, id);
}

static int raw_queue(struct drm_panthor_group_create a, struct drm_panthor_queue_create q)
{
    int r;

    q.ringbuf_size = page;
    a.queues = (struct drm_panthor_obj_array){.stride = sizeof(q), .count = 1, .array = (uintptr_t)&q};
    a.vm_id = c.vm;
    a.priority = a.priority ? a.priority : PANTHOR_GROUP_PRIORITY_MEDIUM;
    r = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_CREATE, &a);
    return r ? r : pu_group_destroy(c.fd, a.group_handle);
}

static int raw_create(struct drm_panthor_group_create a)
{
    return raw_queue(a, (struct drm_panthor_queue_create){0});
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

static struct drm_panthor_queue_submit job(uint64_t va)
{
    return (struct drm_panthor_queue_submit){.stream_addr = va, .stream_size = 8};
}

static int raw_submit(uint32_t group_pad, struct drm_panthor_queue_submit q, unsigned count)
{
    struct drm_panthor_group_submit a = {
        .group_handle = pu_need_group(&c, 1),
        .pad = group_pad,
        .queue_submits = {.stride = sizeof(q), .count = count, .array = (uintptr_t)&q},
    };
    int r = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &a);

    pu_group_destroy(c.fd, a.group_handle);
    return r;
}

static int state_pad(void)
{
    struct drm_panthor_group_get_state a = {.group_handle = pu_need_group(&c, 1), .pad = 1};
    uint32_t group = a.group_handle;
    int r = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_GET_STATE, &a);

    pu_group_destroy(c.fd, group);
    return r;
}

static int destroy_pad(void)
{
    struct drm_panthor_group_destroy a = {.group_handle = pu_need_group(&c, 1), .pad = 1};
    int r = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_DESTROY, &a);

    pu_group_destroy(c.fd, a.group_handle);
    return r;
}

static void limit(void)
{
    uint32_t id[160];
    unsigned n = 0;
    int r = 0;

    while (n < PU_N(id) && !(r = pu_group_create(c.fd, c.vm, 1, page, PANTHOR_GROUP_PRIORITY_LOW, &id[n])))
        n++;
    igt_info("%u groups\n", n);
    while (n)
        pu_group_destroy(c.fd, id[--n]);
    igt_assert_eq(r, -EBUSY);
}

/* What a user without CAP_SYS_NICE may ask for. */
static void unprivileged(void)
{
    uint32_t id;
    int r[4];

    igt_require(!geteuid());
    igt_assert_eq(seteuid(65534), 0);
    for (unsigned p = 0; p < PU_N(r); p++) {
        r[p] = pu_group_create(c.fd, c.vm, 1, page, (uint8_t)p, &id);
        if (!r[p])
            pu_group_destroy(c.fd, id);
    }
    igt_assert_eq(seteuid(0), 0);
    igt_assert_eq(r[PANTHOR_GROUP_PRIORITY_LOW], 0);
    igt_assert_eq(r[PANTHOR_GROUP_PRIORITY_MEDIUM], 0);
    igt_assert_eq(r[PANTHOR_GROUP_PRIORITY_HIGH], -EACCES);
    igt_assert_eq(r[PU_PRIORITY_REALTIME], pu_minor(c.fd) >= PU_MINOR_PRIORITIES ? -EACCES : -EINVAL);
}

/* One ioctl for both queues of a group; the second job waits for the first. */
static void two_queues(void)
{
    const uint64_t first[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 11), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    const uint64_t second[] = {cs_mov48(68, PU_DATA_VA), cs_load(70, 68, 1, 0), cs_wait(0xff), cs_add32(70, 70, 1),
                               cs_store(70, 68, 1, 4), cs_wait(0xff)};
    uint32_t tl = pu_sync_create(c.fd), group = pu_need_group(&c, 2);
    const struct pu_sync s1 = {.handle = tl, .signal = true, .timeline = true, .point = 1};
    const struct pu_sync s2[] = {{.handle = tl, .timeline = true, .point = 1},
                                 {.handle = tl, .signal = true, .timeline = true, .point = 2}};
    struct drm_panthor_sync_op ops[2][16] = {0};
    struct drm_panthor_queue_submit q[] = {
        {.queue_index = 1, .stream_size = sizeof(first), .stream_addr = pu_stream(&c, first, PU_N(first)),
         .syncs = pu_sync_ops(ops[0], &s1, 1)},
        {.queue_index = 0, .stream_size = sizeof(second), .stream_addr = pu_stream(&c, second, PU_N(second)),
         .syncs = pu_sync_ops(ops[1], s2, 2)},
    };
    struct drm_panthor_group_submit a = {
        .group_handle = group, .queue_submits = {.stride = sizeof(q[0]), .count = 2, .array = (uintptr_t)q},
    };

    *pu_data(&c, 0) = *pu_data(&c, 4) = 0;
    igt_assert_eq(pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &a), 0);
    igt_assert_eq(pu_sync_wait(c.fd, tl, 2, PU_WAIT), 0);
    igt_assert_eq_u32(*pu_data(&c, 4), 12);
    pu_sync_destroy(c.fd, tl);
    pu_group_destroy(c.fd, group);
}

igt_main
{
    static const struct drm_panthor_group_create none;
    static const uint64_t nop;
    static uint64_t va;

    igt_fixture {
        page = (uint32_t)sysconf(_SC_PAGESIZE);
        c = pu_need_ctx(pu_need_device());
        va = pu_stream(&c, &nop, 1);
    }
    igt_subtest("group_create") igt_assert_eq(create(c.vm, 1, page), 0);
    igt_subtest("group_create_queues") igt_assert_eq(create(c.vm, 8, 65536), 0);
    igt_subtest("group_submit") submit();
    igt_subtest("group_submit_queues") two_queues();
    igt_subtest("state") states();
    igt_subtest("limit") limit();
    igt_subtest("unprivileged") unprivileged();
    igt_subtest("submit-nothing") igt_assert_eq(raw_submit(0, job(va), 0), 0);
    igt_subtest("bad-no-queue") igt_assert_eq(create(c.vm, 0, page), -EINVAL);
    igt_subtest("bad-many-queues") igt_assert_eq(create(c.vm, 33, page), -EINVAL);
    igt_subtest("bad-ring-small") igt_assert_eq(create(c.vm, 1, 2048), -EINVAL);
    igt_subtest("bad-ring-power") igt_assert_eq(create(c.vm, 1, 12288), -EINVAL);
    igt_subtest("bad-ring-large") igt_assert_eq(create(c.vm, 1, 131072), -EINVAL);
    igt_subtest("bad-vm") igt_assert_eq(create(77, 1, page), -EINVAL);
    igt_subtest("bad-pad") igt_assert_eq(raw_create((struct drm_panthor_group_create){.pad = 1}), -EINVAL);
    igt_subtest("bad-core-mask")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.compute_core_mask = 1ull << 40}), -EINVAL);
    igt_subtest("bad-core-count")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.max_compute_cores = 2}), -EINVAL);
    igt_subtest("bad-fragment-mask")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.fragment_core_mask = 1ull << 40}), -EINVAL);
    igt_subtest("bad-tiler-mask")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.tiler_core_mask = 2}), -EINVAL);
    igt_subtest("bad-tiler-count")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.max_tiler_cores = 1}), -EINVAL);
    igt_subtest("bad-priority")
        igt_assert_eq(raw_create((struct drm_panthor_group_create){.priority = 4}), -EINVAL);
    igt_subtest("bad-queue-pad")
        igt_assert_eq(raw_queue(none, (struct drm_panthor_queue_create){.pad = {0, 0, 1}}), -EINVAL);
    igt_subtest("bad-queue-priority")
        igt_assert_eq(raw_queue(none, (struct drm_panthor_queue_create){.priority = 16}), -EINVAL);
    igt_subtest("bad-destroy-pad") igt_assert_eq(destroy_pad(), -EINVAL);
    igt_subtest("bad-state-pad") igt_assert_eq(state_pad(), -EINVAL);
    igt_subtest("bad-group") igt_assert_eq(pu_submit(c.fd, 99, 0, va, 8, NULL, 0), -EINVAL);
    igt_subtest("bad-submit-pad") igt_assert_eq(raw_submit(1, job(va), 1), -EINVAL);
    igt_subtest("bad-queue-submit-pad") {
        struct drm_panthor_queue_submit q = job(va);

        q.pad = 1;
        igt_assert_eq(raw_submit(0, q, 1), -EINVAL);
    }
    igt_subtest("bad-latest-flush") {
        struct drm_panthor_queue_submit q = job(va);

        q.latest_flush = 1u << 24;
        igt_assert_eq(raw_submit(0, q, 1), -EINVAL);
    }
    igt_subtest("bad-address-without-size") igt_assert_eq(bad_submit(0, va, 0), -EINVAL);
    igt_subtest("bad-queue-index") igt_assert_eq(bad_submit(1, va, 8), -EINVAL);
    igt_subtest("bad-stream-alignment") igt_assert_eq(bad_submit(0, va + 8, 8), -EINVAL);
    igt_subtest("bad-stream-size") igt_assert_eq(bad_submit(0, va, 4), -EINVAL);
    igt_subtest("bad-size-without-address") igt_assert_eq(bad_submit(0, 0, 8), -EINVAL);
    igt_fixture pu_ctx_free(&c);
}
