/*
 * Buffer objects: IGT's panthor_gem list, written anew, and bad input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_job.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
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
    igt_assert_eq_u64(size, (5000 + page - 1) / page * page);
}

static void map_and_write(void)
{
    uint64_t size = 65536, offset;
    uint32_t bo = create(&size);
    uint32_t *p;

    igt_assert_eq(pu_bo_offset(fd, bo, &offset), 0);
    igt_assert_neq_u64(offset, 0);
    p = pu_bo_mmap(fd, bo, size);
    igt_assert(p);
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

static int create_pad(void)
{
    struct drm_panthor_bo_create a = {.size = 4096, .pad = 1};

    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_BO_CREATE, &a);
}

static int offset_pad(void)
{
    uint64_t size = 4096;
    struct drm_panthor_bo_mmap_offset a = {.handle = create(&size), .pad = 1};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_BO_MMAP_OFFSET, &a);

    pu_bo_close(fd, a.handle);
    return r;
}

static int export(uint32_t bo)
{
    struct drm_prime_handle a = {.handle = bo, .flags = DRM_CLOEXEC | DRM_RDWR};
    int r = pu_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &a);

    return r ? r : a.fd;
}

/* Through a file descriptor and back: the same object. A BO of one VM stays home. */
static void prime(void)
{
    uint64_t size = 8192;
    struct drm_prime_handle in = {0};
    uint32_t vm, bo = create(&size);

    in.fd = export(bo);
    igt_assert_lte(0, in.fd);
    igt_assert_eq(pu_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in), 0);
    igt_assert_eq_u32(in.handle, bo);
    close(in.fd);
    pu_bo_close(fd, bo);
    igt_assert_eq(pu_vm_create(fd, 0, 0, &vm), 0);
    igt_assert_eq(pu_bo_create(fd, &size, 0, vm, &bo), 0);
    igt_assert_eq(export(bo), -EINVAL);
    pu_bo_close(fd, bo);
    pu_vm_destroy(fd, vm);
}

/* A dma-buf of @size bytes that another device of the kernel made of @memory, or -1. */
static int foreign(int memory, uint64_t size)
{
    struct udmabuf_create a = {.memfd = memory, .flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
    int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), r;

    if (dev < 0)
        return -1;
    r = ioctl(dev, UDMABUF_CREATE, &a);
    close(dev);
    return r;
}

/* Somebody else's memory: the GPU reads and writes it, and gives it back whole. */
static void import_foreign(void)
{
    const uint64_t size = 0x20000, va = 0x48000000, far = 0x10040;
    int memory = memfd_create("garm", MFD_ALLOW_SEALING | MFD_CLOEXEC), buf;
    const uint64_t words[] = {cs_mov48(80, va + far), cs_load(10, 80, 1, 0),
                              cs_wait(0xff),          cs_add32(10, 10, 1),
                              cs_mov48(80, va),       cs_store(10, 80, 1, 0)};
    struct drm_prime_handle in = {0}, again = {0};
    struct pu_ctx c;
    volatile uint32_t *cpu;
    uint32_t group;

    igt_assert(memory >= 0 && !ftruncate(memory, (off_t)size) &&
               !fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK));
    buf = foreign(memory, size);
    igt_require_f(buf >= 0, "no /dev/udmabuf: %s", strerror(errno));
    cpu = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    igt_assert(cpu != MAP_FAILED);
    cpu[far / 4] = 41;
    c = pu_need_ctx(pu_need_device());
    group = pu_need_group(&c, 1);
    again.fd = in.fd = buf;
    igt_assert_eq(pu_ioctl(c.fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in), 0);
    igt_assert_eq(pu_ioctl(c.fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &again), 0);
    igt_assert_eq_u32(again.handle, in.handle);
    close(buf);
    if (pu_minor(c.fd) >= PU_MINOR_BO_SYNC) {
        struct pu_bo_query_info info = {.handle = in.handle};
        struct pu_bo_sync_op op = {.handle = in.handle, .size = 64};
        struct pu_bo_sync sync = {
            .ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op}};

        igt_assert_eq(pu_ioctl(c.fd, PU_IOCTL_BO_QUERY_INFO, &info), 0);
        igt_assert_eq_u32(info.extra_flags, 1); /* imported */
        igt_assert_eq(pu_ioctl(c.fd, PU_IOCTL_BO_SYNC, &sync), -EINVAL);
    }
    igt_assert_eq(pu_map(c.fd, c.vm, in.handle, va, size, 0), 0);
    pu_bo_close(c.fd, in.handle); /* the mapping keeps it */
    pu_must_run(&c, group, words, PU_N(words));
    igt_assert_eq_u32(cpu[0], 42);
    igt_assert_eq(pu_unmap(c.fd, c.vm, va, size), 0);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
    munmap((void *)cpu, size);
    close(memory);
}

static int label(uint32_t bo, uint32_t pad, const char *text)
{
    struct pu_bo_set_label a = {.handle = bo, .pad = pad, .label = (uintptr_t)text};

    return pu_ioctl(fd, PU_IOCTL_BO_SET_LABEL, &a);
}

static void labels(void)
{
    static char text[5000];
    uint64_t size = 4096;
    uint32_t bo;

    igt_require_f(pu_minor(fd) >= PU_MINOR_LABEL, "panthor 1.%d has no BO_SET_LABEL", pu_minor(fd));
    bo = create(&size);
    memset(text, 'x', sizeof(text) - 1);
    igt_assert_eq(label(bo, 0, "garm"), 0);
    igt_assert_eq(label(bo, 0, NULL), 0);
    igt_assert_eq(label(bo, 1, "garm"), -EINVAL);
    igt_assert_eq(label(0xdead, 0, "garm"), -ENOENT);
    igt_assert_eq(label(bo, 0, (char *)8), -EFAULT);
    igt_assert_eq(label(bo, 0, text), -E2BIG);
    pu_bo_close(fd, bo);
}

static int sync_range(uint32_t bo, uint32_t type, uint64_t at, uint64_t size)
{
    struct pu_bo_sync_op op = {.handle = bo, .type = type, .offset = at, .size = size};
    struct pu_bo_sync a = {.ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op}};

    return pu_ioctl(fd, PU_IOCTL_BO_SYNC, &a);
}

static void bo_sync(uint32_t flags)
{
    uint64_t size = 65536;
    uint32_t bo;

    igt_require_f(pu_minor(fd) >= PU_MINOR_BO_SYNC, "panthor 1.%d has no BO_SYNC", pu_minor(fd));
    igt_assert_eq(pu_bo_create(fd, &size, flags, 0, &bo), 0);
    igt_assert_eq(sync_range(bo, PU_BO_FLUSH, 0, size), 0);
    igt_assert_eq(sync_range(bo, PU_BO_FLUSH_INVALIDATE, 4096, 128), 0);
    igt_assert_eq(sync_range(bo, PU_BO_FLUSH, 4096, size), -EINVAL);
    igt_assert_eq(sync_range(bo, 2, 0, size), -EINVAL);
    igt_assert_eq(sync_range(0xdead, PU_BO_FLUSH, 0, size), -ENOENT);
    pu_bo_close(fd, bo);
}

static void query_info(void)
{
    struct pu_bo_query_info a = {0};
    uint64_t size = 4096;

    igt_require_f(pu_minor(fd) >= PU_MINOR_BO_SYNC, "panthor 1.%d has no BO_QUERY_INFO", pu_minor(fd));
    igt_assert_eq(pu_bo_create(fd, &size, PU_BO_WB_MMAP, 0, &a.handle), 0);
    igt_assert_eq(pu_ioctl(fd, PU_IOCTL_BO_QUERY_INFO, &a), 0);
    igt_assert_eq_u32(a.create_flags, PU_BO_WB_MMAP);
    igt_assert_eq_u32(a.extra_flags, 0);
    pu_bo_close(fd, a.handle);
    a.handle = 0xdead;
    igt_assert_eq(pu_ioctl(fd, PU_IOCTL_BO_QUERY_INFO, &a), -ENOENT);
}

/* An older driver does not know what came later: EINVAL, and nothing else happens. */
static void newer_ioctls(void)
{
    struct pu_bo_query_info a = {0};

    igt_require_f(pu_minor(fd) < PU_MINOR_LABEL, "panthor 1.%d knows them", pu_minor(fd));
    igt_assert_eq(label(1, 0, "garm"), -EINVAL);
    igt_assert_eq(sync_range(1, PU_BO_FLUSH, 0, 4096), -EINVAL);
    igt_assert_eq(pu_ioctl(fd, PU_IOCTL_BO_QUERY_INFO, &a), -EINVAL);
}

igt_main
{
    uint64_t offset;

    igt_fixture fd = pu_need_device();
    igt_subtest("bo_create") bo_create();
    igt_subtest("bo_create_round_size") round_size();
    igt_subtest("bo_mmap_offset") map_and_write();
    igt_subtest("bo_mmap_offset_invalid_handle") igt_assert_eq(pu_bo_offset(fd, 0xdead, &offset), -ENOENT);
    igt_describe("fresh memory is zero, also when others wrote to it before");
    igt_subtest("bo_zeroed") zeroed();
    igt_subtest("no-mmap") no_mmap();
    igt_describe("export and import give the same object; a VM's own BO cannot be exported");
    igt_subtest("prime") prime();
    igt_describe("a dma-buf of another device is mapped, used by a job, and released");
    igt_subtest("import-foreign") import_foreign();
    igt_subtest("label") labels();
    igt_subtest("sync-write-combined") bo_sync(0);
    igt_subtest("sync-write-back") bo_sync(PU_BO_WB_MMAP);
    igt_subtest("query-info") query_info();
    igt_subtest("newer-ioctls") newer_ioctls();
    igt_subtest("bad-size") igt_assert_eq(bad_create(0, 0, 0), -EINVAL);
    igt_subtest("bad-flags") igt_assert_eq(bad_create(4096, 0x80000000, 0), -EINVAL);
    igt_describe("NO_MMAP with WB_MMAP; before 1.7 the second is an unknown flag");
    igt_subtest("bad-flags-together")
        igt_assert_eq(bad_create(4096, DRM_PANTHOR_BO_NO_MMAP | PU_BO_WB_MMAP, 0), -EINVAL);
    igt_subtest("bad-exclusive-vm") igt_assert_eq(bad_create(4096, 0, 77), -EINVAL);
    igt_subtest("bad-create-pad") igt_assert_eq(create_pad(), -EINVAL);
    igt_subtest("bad-mmap-offset-pad") igt_assert_eq(offset_pad(), -EINVAL);
}
