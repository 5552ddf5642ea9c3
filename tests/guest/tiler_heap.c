/*
 * Tiler heaps: create, destroy, bad arguments, and a stream that selects one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>

static struct pu_ctx c;

static int create(uint32_t vm, uint32_t initial, uint32_t chunk, uint32_t max, struct drm_panthor_tiler_heap_create *out)
{
    *out = (struct drm_panthor_tiler_heap_create){
        .vm_id = vm, .initial_chunk_count = initial, .chunk_size = chunk, .max_chunks = max, .target_in_flight = 65535,
    };
    return pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_TILER_HEAP_CREATE, out);
}

static int destroy(uint32_t handle, uint32_t pad)
{
    struct drm_panthor_tiler_heap_destroy a = {.handle = handle, .pad = pad};

    return pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_TILER_HEAP_DESTROY, &a);
}

static void use(void)
{
    struct drm_panthor_tiler_heap_create h;
    uint32_t group = pu_need_group(&c, 1);

    igt_assert_eq(create(c.vm, 5, 2 << 20, 64, &h), 0);
    igt_assert_neq_u64(h.tiler_heap_ctx_gpu_va, 0);
    igt_assert_neq_u64(h.first_heap_chunk_gpu_va, 0);
    const uint64_t job[] = {
        cs_mov48(80, h.tiler_heap_ctx_gpu_va), cs_heap_set(80), cs_heap_op(0), cs_heap_op(1), cs_heap_op(3),
        cs_mov48(82, h.first_heap_chunk_gpu_va), cs_load(10, 82, 3, 0), cs_wait(0xff),
        cs_mov48(84, PU_DATA_VA), cs_store(10, 84, 3, 0), cs_wait(0xff),
    };

    igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
    igt_assert_eq_u64(pu_data64(&c, 0) & 0xfff, (2 << 20) >> 12); /* chunk header: size in pages */
    igt_assert_eq(destroy(h.handle, 0), 0);
    igt_assert_neq(destroy(h.handle, 0), 0);
    pu_group_destroy(c.fd, group);
}

static void known_vm_unknown_heap(void)
{
    struct drm_panthor_tiler_heap_create h;
    uint32_t vm;

    igt_assert_eq(pu_vm_create(c.fd, 0, 0, &vm), 0);
    igt_assert_eq(destroy(vm << 16, 0), -ENOENT); /* never had a heap */
    igt_assert_eq(create(vm, 1, 128 << 10, 4, &h), 0);
    igt_assert_eq(destroy(vm << 16 | 77, 0), -EINVAL);
    igt_assert_eq(destroy(h.handle, 1), -EINVAL); /* pad */
    igt_assert_eq(destroy(h.handle, 0), 0);
    igt_assert_eq(destroy(h.handle, 0), -EINVAL);
    igt_assert_eq(pu_vm_destroy(c.fd, vm), 0);
    igt_assert_eq(destroy(h.handle, 0), -EINVAL); /* no such VM */
}

/* Chunks of one heap are a list: each begins with the next one's address and size, the last with zero. */
static void chunks(void)
{
    struct drm_panthor_tiler_heap_create h;
    uint32_t group = pu_need_group(&c, 1);
    uint64_t va, header = 0;

    igt_assert_eq(create(c.vm, 3, 128 << 10, 4, &h), 0);
    va = h.first_heap_chunk_gpu_va;
    for (unsigned n = 1; n <= 3; n++, va = header & ~0xfffull) {
        const uint64_t job[] = {cs_mov48(82, va), cs_load(10, 82, 3, 0), cs_wait(0xff), cs_mov48(84, PU_DATA_VA),
                                cs_store(10, 84, 3, 0), cs_wait(0xff)};

        igt_assert_neq_u64(va, 0);
        igt_assert_eq(pu_run(&c, group, job, PU_N(job)), 0);
        header = pu_data64(&c, 0);
        igt_info("chunk %u at 0x%" PRIx64 ": 0x%" PRIx64 "\n", n, va, header);
        igt_assert_eq_u64(header & 0xfff, n < 3 ? (128 << 10) >> 12 : 0);
    }
    igt_assert_eq_u64(header, 0);
    igt_assert_eq(destroy(h.handle, 0), 0);
    pu_group_destroy(c.fd, group);
}

static void limit(void)
{
    struct drm_panthor_tiler_heap_create h;
    uint32_t vm;
    unsigned n = 0;
    int r = 0;

    igt_assert_eq(pu_vm_create(c.fd, 0, 0, &vm), 0);
    while (n < 160 && !(r = create(vm, 1, 128 << 10, 1, &h)))
        n++;
    igt_info("%u heaps\n", n);
    igt_assert_eq(pu_vm_destroy(c.fd, vm), 0); /* takes the heaps along */
    igt_assert_eq(r, -EBUSY);
    igt_assert_eq(n, 128);
}

igt_main
{
    struct drm_panthor_tiler_heap_create h;

    igt_fixture c = pu_need_ctx(pu_need_device());
    igt_subtest("create-use-destroy") use();
    igt_describe("the GPU follows the list of chunks that the kernel wrote");
    igt_subtest("chunks") chunks();
    igt_subtest("limit") limit();
    igt_subtest("bad-vm") igt_assert_eq(create(99, 1, 2 << 20, 4, &h), -EINVAL);
    igt_subtest("bad-initial-zero") igt_assert_eq(create(c.vm, 0, 2 << 20, 4, &h), -EINVAL);
    igt_subtest("bad-initial-above-max") igt_assert_eq(create(c.vm, 5, 2 << 20, 4, &h), -EINVAL);
    igt_subtest("bad-chunk-small") igt_assert_eq(create(c.vm, 1, 64 << 10, 4, &h), -EINVAL);
    igt_subtest("bad-chunk-large") igt_assert_eq(create(c.vm, 1, 16 << 20, 4, &h), -EINVAL);
    igt_subtest("bad-chunk-alignment") igt_assert_eq(create(c.vm, 1, (2 << 20) + 512, 4, &h), -EINVAL);
    igt_subtest("bad-destroy") known_vm_unknown_heap();
    igt_fixture pu_ctx_free(&c);
}
