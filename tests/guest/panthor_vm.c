/*
 * VMs: IGT's panthor_vm list, written anew, and bad input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>

#define HUGE 0x200000ull
#define VA 0x80000000ull
#define UNMAP DRM_PANTHOR_VM_BIND_OP_TYPE_UNMAP

static int fd;
static uint32_t vm, bo; /* bo: four huge pages */

static void create_destroy(void)
{
    uint32_t id;

    igt_assert_eq(pu_vm_create(fd, 0, 0, &id), 0);
    igt_assert_neq(id, 0);
    igt_assert_eq(pu_vm_destroy(fd, id), 0);
    igt_assert_eq(pu_vm_destroy(fd, id), -EINVAL);
}

static int bad_create(uint32_t flags, uint64_t range)
{
    uint32_t id;
    int r = pu_vm_create(fd, flags, range, &id);

    if (!r)
        pu_vm_destroy(fd, id);
    return r;
}

static void map(uint64_t va, uint64_t off, uint64_t size)
{
    igt_assert_eq(pu_vm_op(fd, vm, DRM_PANTHOR_VM_BIND_OP_TYPE_MAP, bo, off, va, size), 0);
}

static void unbind(void)
{
    map(VA, 0, HUGE);
    igt_assert_eq(pu_unmap(fd, vm, VA, HUGE), 0);
}

/* Maps @pages huge pages at VA, unmaps [from, from + size) of them, then everything. */
static void hugepage(unsigned pages, uint64_t from, uint64_t size)
{
    map(VA, 0, pages * HUGE);
    igt_assert_eq(pu_unmap(fd, vm, VA + from, size), 0);
    igt_assert_eq(pu_unmap(fd, vm, VA, pages * HUGE), 0);
    map(VA, 0, pages * HUGE); /* the range is free again, whole */
    igt_assert_eq(pu_unmap(fd, vm, VA, pages * HUGE), 0);
}

static void successive(void)
{
    map(VA, 0, 2 * HUGE);
    for (uint64_t at = 0; at < 2 * HUGE; at += HUGE / 8)
        igt_assert_eq(pu_unmap(fd, vm, VA + at, HUGE / 8), 0);
}

static void overlap(void)
{
    map(VA, 0, 4 * HUGE);
    map(VA + HUGE, 0, HUGE); /* a second mapping replaces what it covers */
    igt_assert_eq(pu_unmap(fd, vm, VA, 4 * HUGE), 0);
}

static int op(uint32_t flags, uint32_t handle, uint64_t off, uint64_t va, uint64_t size)
{
    return pu_vm_op(fd, vm, flags, handle, off, va, size);
}

static int async_op(uint32_t flags, uint32_t handle, struct drm_panthor_sync_op *syncs, uint32_t count)
{
    struct drm_panthor_vm_bind_op op = {
        .flags = flags, .bo_handle = handle, .va = VA, .size = HUGE,
        .syncs = {.stride = sizeof(*syncs), .count = count, .array = (uintptr_t)syncs},
    };
    struct drm_panthor_vm_bind a = {
        .vm_id = vm, .flags = DRM_PANTHOR_VM_BIND_ASYNC,
        .ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op},
    };

    if ((flags & DRM_PANTHOR_VM_BIND_OP_TYPE_MASK) == DRM_PANTHOR_VM_BIND_OP_TYPE_SYNC_ONLY)
        op.va = op.size = 0;
    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_BIND, &a);
}

/* Map, sync-only and unmap on the VM's queue, chained over points of one timeline. */
static void bind_async(void)
{
    static const uint32_t types[] = {DRM_PANTHOR_VM_BIND_OP_TYPE_MAP, DRM_PANTHOR_VM_BIND_OP_TYPE_SYNC_ONLY, UNMAP};
    uint32_t timeline = pu_sync_create(fd);
    const uint32_t kind = DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_TIMELINE_SYNCOBJ;

    for (unsigned i = 0; i < PU_N(types); i++) {
        struct drm_panthor_sync_op s[] = {
            {.flags = kind | DRM_PANTHOR_SYNC_OP_SIGNAL, .handle = timeline, .timeline_value = i + 1},
            {.flags = kind | DRM_PANTHOR_SYNC_OP_WAIT, .handle = timeline, .timeline_value = i},
        };

        igt_assert_eq(async_op(types[i], types[i] == DRM_PANTHOR_VM_BIND_OP_TYPE_MAP ? bo : 0, s, i ? 2 : 1), 0);
    }
    igt_assert_eq(pu_sync_wait(fd, timeline, PU_N(types), PU_WAIT), 0);
    pu_sync_destroy(fd, timeline);
}

/* A mapping that reaches the kernel's part of the address space. */
static void kernel_range(void)
{
    struct drm_panthor_vm_create a = {0};

    igt_require_f(pu_minor(fd) >= 8, "panthor 1.%d lets user space map there: fixed later", pu_minor(fd));
    igt_assert_eq(pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_CREATE, &a), 0);
    igt_assert_eq(pu_map(fd, a.id, bo, a.user_va_range - 4096, 8192, 0), -EINVAL);
    igt_assert_eq(pu_map(fd, a.id, bo, a.user_va_range, 4096, 0), -EINVAL);
    pu_vm_destroy(fd, a.id);
}

static void state(void)
{
    uint32_t s = 99;

    igt_assert_eq(pu_vm_state(fd, vm, &s), 0);
    igt_assert_eq_u32(s, DRM_PANTHOR_VM_STATE_USABLE);
    igt_assert_eq(pu_vm_state(fd, 77, &s), -EINVAL);
}

static void limit(void)
{
    uint32_t id[40];
    unsigned n = 0;
    int r = 0;

    while (n < 40 && !(r = pu_vm_create(fd, 0, 0, &id[n])))
        n++;
    while (n)
        pu_vm_destroy(fd, id[--n]);
    igt_assert_eq(r, -EBUSY);
}

igt_main
{
    igt_fixture {
        uint64_t size = 4 * HUGE;

        fd = pu_need_device();
        igt_assert_eq(pu_vm_create(fd, 0, 0, &vm), 0);
        igt_assert_eq(pu_bo_create(fd, &size, 0, 0, &bo), 0);
    }
    igt_subtest("vm_create_destroy") create_destroy();
    igt_subtest("vm_destroy_invalid") igt_assert_eq(pu_vm_destroy(fd, 0xdead), -EINVAL);
    igt_subtest("vm_bind") map(VA, 0, HUGE);
    igt_subtest("vm_unbind") unbind();
    igt_subtest("vm_unbind_invalid_address") igt_assert_eq(op(UNMAP, bo, 0, VA, HUGE), -EINVAL);
    igt_subtest("vm_unbind_hole") igt_assert_eq(pu_unmap(fd, vm, VA + 64 * HUGE, HUGE), 0);
    igt_subtest("vm_unbind_identical_hugepage_single") hugepage(1, 0, HUGE);
    igt_subtest("vm_unbind_identical_hugepage_single_partial") hugepage(1, 0, HUGE / 2);
    igt_subtest("vm_unbind_identical_hugepage_multiple") hugepage(4, 0, 4 * HUGE);
    igt_subtest("vm_unbind_identical_hugepage_offset") hugepage(4, HUGE, 2 * HUGE);
    igt_subtest("vm_unbind_hugepage_leftaligned") hugepage(2, 0, HUGE / 2);
    igt_subtest("vm_unbind_hugepage_rightaligned") hugepage(2, HUGE + HUGE / 2, HUGE / 2);
    igt_subtest("vm_unbind_hugepage_subset") hugepage(2, HUGE / 4, HUGE / 2);
    igt_subtest("vm_unbind_hugepage_superset") hugepage(3, HUGE / 2, 2 * HUGE);
    igt_subtest("vm_unbind_hugepage_successive") successive();
    igt_subtest("overlap") overlap();
    igt_subtest("vm_bind_intersect_kbo_range") kernel_range();
    igt_describe("map, sync-only and unmap, asynchronous, chained over a timeline");
    igt_subtest("bind-async") bind_async();
    igt_subtest("state") state();
    igt_subtest("limit") limit();
    igt_subtest("bad-flags") igt_assert_eq(bad_create(1, 0), -EINVAL);
    igt_subtest("bad-range") igt_assert_eq(bad_create(0, 1ull << 48), -EINVAL);
    igt_subtest("bad-bind-handle") igt_assert_eq(op(0, 0xdead, 0, VA, HUGE), -EINVAL);
    igt_subtest("bad-bind-va") igt_assert_eq(op(0, bo, 0, VA + 1, HUGE), -EINVAL);
    igt_subtest("bad-bind-size") igt_assert_eq(op(0, bo, 0, VA, 100), -EINVAL);
    igt_subtest("bad-bind-beyond-bo") igt_assert_eq(op(0, bo, HUGE, VA, 4 * HUGE), -EINVAL);
    igt_subtest("bad-bind-type") igt_assert_eq(op(7u << 28, bo, 0, VA, HUGE), -EINVAL);
    igt_subtest("bad-bind-op-flags") igt_assert_eq(op(0x100, bo, 0, VA, HUGE), -EINVAL);
    igt_fixture {
        pu_bo_close(fd, bo);
        pu_vm_destroy(fd, vm);
    }
}
