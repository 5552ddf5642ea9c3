/*
 * Buffer objects: IGT's panthor_gem list, written anew, and bad input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd;

static uint32_t create(uint64_t *size)
{
    uint32_t bo;

    igt_assert_eq(pu_bo_create(fd, size, 0, 0, &bo), 0);
    igt_assert_neq(bo, 0);
    return bo;
}

static void bo_create(void)
{
    uint64_t size = 4096;

    pu_bo_close(fd, create(&size));
}

static void round_size(void)
{
    uint64_t size = 5000, page = (uint64_t)sysconf(_SC_PAGESIZE);

    pu_bo_close(fd, create(&size));
    igt_assert_eq(size, (5000 + page - 1) / page * page);
}

static void map_and_write(void)
{
    uint64_t size = 65536, offset;
    uint32_t bo = create(&size);
    uint32_t *p;

    igt_assert_eq(pu_bo_offset(fd, bo, &offset), 0);
    igt_assert_neq(offset, 0);
    p = pu_bo_mmap(fd, bo, size);
    igt_assert(p);
    for (unsigned i = 0; i < size / 4; i++)
        igt_assert_eq_u32(p[i], 0);
    p[100] = 42;
    igt_assert_eq_u32(p[100], 42);
    munmap(p, size);
    pu_bo_close(fd, bo);
}

/* Memory that another object dirtied and gave back must not shine through. */
static void zeroed(void)
{
    for (unsigned round = 0; round < 8; round++) {
        uint64_t size = 1 << 20;
        uint32_t bo = create(&size);
        uint32_t *p = pu_bo_mmap(fd, bo, size);

        igt_assert(p);
        for (unsigned i = 0; i < size / 4; i++) {
            igt_assert_f(!p[i], "word %u of a fresh object: got 0x%x, expected 0", i, p[i]);
            p[i] = 0xdddddddd;
        }
        munmap(p, size);
        pu_bo_close(fd, bo);
    }
}

static int bad_create(uint64_t size, uint32_t flags, uint32_t vm)
{
    uint32_t bo;

    return pu_bo_create(fd, &size, flags, vm, &bo);
}

static void no_mmap(void)
{
    uint64_t size = 4096, offset;
    uint32_t bo;

    igt_assert_eq(pu_bo_create(fd, &size, DRM_PANTHOR_BO_NO_MMAP, 0, &bo), 0);
    igt_assert(!pu_bo_mmap(fd, bo, size));
    if (pu_minor(fd) >= 7) /* older kernels give an offset that mmap() refuses */
        igt_assert_eq(pu_bo_offset(fd, bo, &offset), -EPERM);
    pu_bo_close(fd, bo);
}

igt_main
{
    uint64_t offset;

    igt_fixture fd = pu_need_device();
    igt_subtest("bo_create") bo_create();
    igt_subtest("bo_create_round_size") round_size();
    igt_subtest("bo_mmap_offset") map_and_write();
    igt_subtest("bo_mmap_offset_invalid_handle") igt_assert_eq(pu_bo_offset(fd, 0xdead, &offset), -ENOENT);
    igt_subtest("bo_zeroed") zeroed();
    igt_subtest("no-mmap") no_mmap();
    igt_subtest("bad-size") igt_assert_eq(bad_create(0, 0, 0), -EINVAL);
    igt_subtest("bad-flags") igt_assert_eq(bad_create(4096, 0x80000000, 0), -EINVAL);
    igt_subtest("bad-exclusive-vm") igt_assert_eq(bad_create(4096, 0, 77), -EINVAL);
}
