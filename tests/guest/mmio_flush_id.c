/*
 * The LATEST_FLUSH_ID page that user space maps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static void read_it(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1), before, after;
    const uint64_t job[] = {cs_mov32(10, 0), cs_flush(10, 0, 1), cs_wait(2)};
    volatile uint32_t *p = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, c.fd,
                                DRM_PANTHOR_USER_FLUSH_ID_MMIO_OFFSET);

    igt_assert(p != MAP_FAILED);
    before = *p;
    igt_assert_neq(before, 0); /* zero would mean: always flush */
    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    after = *p;
    igt_assert_neq(after, 0);
    igt_info("flush id %u, after a flush %u\n", before, after);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
}

static int map_errno(size_t size, int prot, int flags)
{
    int fd = pu_need_device();
    void *p = mmap(NULL, size, prot, flags, fd, DRM_PANTHOR_USER_FLUSH_ID_MMIO_OFFSET);

    int r = p == MAP_FAILED ? -errno : 0;

    close(fd);
    return r;
}

static void helper(void)
{
    int fd = pu_need_device();

    igt_assert_neq_u64(pu_flush_id(fd), 0);
    igt_assert_lt_u64(pu_flush_id(fd), 1ull << 24); /* 24 bits, and no error */
    close(fd);
}

static int set_offset(int fd, uint64_t offset)
{
    struct pu_set_user_mmio_offset a = {.offset = offset};

    return pu_ioctl(fd, PU_IOCTL_SET_USER_MMIO_OFFSET, &a);
}

/* A program may ask for the offset that 32-bit programs use. */
static void user_offset(void)
{
    size_t page = sysconf(_SC_PAGESIZE);
    int fd = pu_need_device();
    volatile uint32_t *p;

    if (pu_minor(fd) < PU_MINOR_MMIO_OFFSET) {
        igt_assert_eq(set_offset(fd, 1ull << 43), -EINVAL);
        igt_skip("panthor 1.%d has no SET_USER_MMIO_OFFSET", pu_minor(fd));
    }
    igt_assert_eq(set_offset(fd, 1ull << 44), -EINVAL);
    igt_assert_eq(set_offset(fd, 0), -EINVAL);
    igt_assert_eq(set_offset(fd, 1ull << 43), 0);
    p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 1ull << 43);
    igt_assert(p != MAP_FAILED);
    igt_assert_neq_u32(*p, 0);
    igt_assert_eq(set_offset(fd, 1ull << 56), 0);
    close(fd);
}

igt_main
{
    size_t page = sysconf(_SC_PAGESIZE);

    igt_subtest("read") read_it();
    igt_subtest("read-again") helper();
    igt_subtest("user-mmio-offset") user_offset();
    igt_subtest("bad-exec") igt_assert_lt(map_errno(page, PROT_READ | PROT_EXEC, MAP_SHARED), 0);
    igt_subtest("bad-write") igt_assert_eq(map_errno(page, PROT_READ | PROT_WRITE, MAP_SHARED), -EINVAL);
    igt_subtest("bad-size") igt_assert_eq(map_errno(2 * page, PROT_READ, MAP_SHARED), -EINVAL);
    igt_subtest("bad-private") igt_assert_eq(map_errno(page, PROT_READ, MAP_PRIVATE), -EINVAL);
}
