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

static struct drm_panthor_vm_bind_op map_op(uint64_t va)
{
    return (struct drm_panthor_vm_bind_op){.bo_handle = bo, .va = va, .size = HUGE};
}

/* Arrays of operations: element sizes of older and newer programs. */
static void strides(void)
{
    struct {
        struct drm_panthor_vm_bind_op op;
        uint64_t beyond;
    } e[2] = {{.op = map_op(VA)}, {.op = map_op(VA + HUGE)}};
    struct drm_panthor_obj_array ops = {.stride = sizeof(e[0]), .count = 2, .array = (uintptr_t)e};

    igt_assert_eq(pu_vm_bind(fd, vm, 0, &ops), 0);
    e[1].beyond = 1;
    igt_assert_eq(pu_vm_bind(fd, vm, 0, &ops), -E2BIG);
    e[1].beyond = 0;
    ops.stride = sizeof(e[0].op) - 8;
    igt_assert_eq(pu_vm_bind(fd, vm, 0, &ops), -EINVAL);
    ops.stride = sizeof(e[0].op);
    ops.array = 8;
    igt_assert_eq(pu_vm_bind(fd, vm, 0, &ops), -EFAULT);
    ops.count = 0;
    igt_assert_eq(pu_vm_bind(fd, vm, 0, &ops), 0);
    igt_assert_eq(pu_unmap(fd, vm, VA, 2 * HUGE), 0);
}

/* The count says which operation failed; those before it have happened. */
static void failing_index(void)
{
    struct drm_panthor_vm_bind_op op[3] = {map_op(VA), map_op(VA + HUGE), map_op(VA + 1)};
    struct drm_panthor_obj_array ops = {.stride = sizeof(op[0]), .count = 3, .array = (uintptr_t)op};

    igt_assert_eq(pu_vm_bind(fd, vm, 0, &ops), -EINVAL);
    igt_assert_eq_u32(ops.count, 2);
    igt_assert_eq(pu_unmap(fd, vm, VA, 2 * HUGE), 0);
}

static int bind_syncs(uint32_t flags, struct drm_panthor_vm_bind_op op, const struct pu_sync *syncs, unsigned n)
{
    struct drm_panthor_sync_op sops[16] = {0};
    struct drm_panthor_obj_array ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op};

    op.syncs = pu_sync_ops(sops, syncs, n);
    return pu_vm_bind(fd, vm, flags, &ops);
}

/* Map, sync-only and unmap on the VM's queue, chained over points of one timeline. */
static void bind_async(void)
{
    const struct drm_panthor_vm_bind_op op[] = {
        map_op(VA),
        map_op(VA + HUGE),
        {.flags = DRM_PANTHOR_VM_BIND_OP_TYPE_SYNC_ONLY},
        {.flags = UNMAP, .va = VA, .size = 2 * HUGE},
        map_op(VA),
        {.flags = UNMAP, .va = VA, .size = HUGE},
    };
    uint32_t tl = pu_sync_create(fd), state = 99;
    uint64_t point = 0;

    for (unsigned i = 0; i < PU_N(op); i++) {
        const struct pu_sync s[] = {{.handle = tl, .signal = true, .timeline = true, .point = i + 1},
                                    {.handle = tl, .timeline = true, .point = i}};

        igt_assert_eq(bind_syncs(DRM_PANTHOR_VM_BIND_ASYNC, op[i], s, i ? 2 : 1), 0);
    }
    igt_assert_eq(pu_sync_wait(fd, tl, PU_N(op), PU_WAIT), 0);
    igt_assert_eq(pu_timeline_query(fd, tl, &point), 0);
    igt_assert_eq_u64(point, PU_N(op));
    igt_assert_eq(pu_vm_state(fd, vm, &state), 0);
    igt_assert_eq_u32(state, DRM_PANTHOR_VM_STATE_USABLE);
    pu_sync_destroy(fd, tl);
}

static void sync_only(void)
{
    struct drm_panthor_vm_bind_op op = {.flags = DRM_PANTHOR_VM_BIND_OP_TYPE_SYNC_ONLY};
    uint32_t sync = pu_sync_create(fd);
    const struct pu_sync s = {.handle = sync, .signal = true}, gone = {.handle = 0xdead};

    igt_assert_eq(bind_syncs(DRM_PANTHOR_VM_BIND_ASYNC, op, &s, 1), 0);
    igt_assert_eq(pu_sync_wait(fd, sync, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_status(fd, sync), 1);
    igt_assert_eq(bind_syncs(DRM_PANTHOR_VM_BIND_ASYNC, op, &s, 0), -EINVAL);
    igt_assert_eq(bind_syncs(DRM_PANTHOR_VM_BIND_ASYNC, op, &gone, 1), -ENOENT);
    igt_assert_eq(bind_syncs(0, map_op(VA), &s, 1), -EINVAL); /* synchronous: no syncs */
    op.va = VA;
    igt_assert_eq(bind_syncs(DRM_PANTHOR_VM_BIND_ASYNC, op, &s, 1), -EINVAL);
    pu_sync_destroy(fd, sync);
}

/* A BO made for one VM does not go into another. */
static void exclusive(void)
{
    uint64_t size = HUGE;
    uint32_t other, own;

    igt_assert_eq(pu_vm_create(fd, 0, 0, &other), 0);
    igt_assert_eq(pu_bo_create(fd, &size, 0, other, &own), 0);
    igt_assert_eq(pu_map(fd, other, own, VA, HUGE, 0), 0);
    igt_assert_eq(pu_map(fd, vm, own, VA, HUGE, 0), -EINVAL);
    pu_bo_close(fd, own);
    pu_vm_destroy(fd, other);
}

static int destroy_pad(void)
{
    struct drm_panthor_vm_destroy a = {.id = vm, .pad = 1};

    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_DESTROY, &a);
}

/* Sparse mappings (Linux 7.2 knows them, though it says 1.8). */
static void sparse(void)
{
    uint32_t flags = PU_MAP_SPARSE | DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC;

    igt_require_f(pu_minor(fd) >= 8, "panthor 1.%d has no sparse mappings", pu_minor(fd));
    igt_assert_eq(op(flags, 0, 0, VA, 8 * HUGE), 0);
    igt_assert_eq(pu_unmap(fd, vm, VA + HUGE + HUGE / 2, 2 * HUGE), 0); /* unaligned at both ends */
    map(VA + 5 * HUGE, 0, HUGE);                                        /* memory over sparse */
    igt_assert_eq(op(flags, 0, 0, VA + 4 * HUGE, 4 * HUGE), 0);         /* and sparse over memory */
    igt_assert_eq(pu_unmap(fd, vm, VA, 8 * HUGE), 0);
    igt_assert_eq(op(PU_MAP_SPARSE, 0, 0, VA, HUGE), -EINVAL); /* must not be executable */
    igt_assert_eq(op(flags, bo, 0, VA, HUGE), -EINVAL);
    igt_assert_eq(op(flags, 0, HUGE, VA, HUGE), -EINVAL);
    igt_assert_eq(op(flags, 0, 0, 0ull - HUGE, 2 * HUGE), -EINVAL); /* wraps around */
    igt_assert_eq(pu_unmap(fd, vm, 0ull - HUGE, 2 * HUGE), -EINVAL);
}

static void no_sparse(void)
{
    igt_require_f(pu_minor(fd) < 8, "panthor 1.%d has sparse mappings", pu_minor(fd));
    igt_assert_eq(op(PU_MAP_SPARSE | DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC, 0, 0, VA, HUGE), -EINVAL);
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
    igt_subtest("vm_bind_sparse") sparse();
    igt_subtest("vm_bind_sparse_unknown") no_sparse();
    igt_subtest("strides") strides();
    igt_subtest("failing-index") failing_index();
    igt_subtest("sync-only") sync_only();
    igt_subtest("exclusive") exclusive();
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
    igt_subtest("bad-bind-offset") igt_assert_eq(op(0, bo, 100, VA, HUGE), -EINVAL);
    igt_subtest("bad-bind-vm") igt_assert_eq(pu_map(fd, 77, bo, VA, HUGE, 0), -EINVAL);
    igt_subtest("bad-unbind-flags")
        igt_assert_eq(op(UNMAP | DRM_PANTHOR_VM_BIND_OP_MAP_READONLY, 0, 0, VA, HUGE), -EINVAL);
    igt_subtest("bad-unbind-offset") igt_assert_eq(op(UNMAP, 0, HUGE, VA, HUGE), -EINVAL);
    igt_subtest("bad-destroy-pad") igt_assert_eq(destroy_pad(), -EINVAL);
    igt_fixture {
        pu_bo_close(fd, bo);
        pu_vm_destroy(fd, vm);
    }
}
