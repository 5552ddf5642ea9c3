/*
 * Syncobjs and timeline syncobjs in and out of submissions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "kernel_log.h"
#include "panthor_util.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct pu_ctx c;
static uint32_t group;

static uint64_t add_stream(void)
{
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_load(10, 80, 1, 0), cs_wait(0xff),
                            cs_add32(10, 10, 1), cs_store(10, 80, 1, 0), cs_wait(0xff)};

    return pu_stream(&c, job, PU_N(job));
}

/* A chain over two queues, each link waiting for the one before. */
static void chain(bool timeline)
{
    enum { LINKS = 40 };
    uint64_t va = add_stream();
    uint32_t tl = pu_sync_create(c.fd), bin[LINKS + 1];

    *pu_data(&c, 0) = 0;
    for (unsigned i = 0; i <= LINKS; i++)
        bin[i] = timeline ? tl : pu_sync_create(c.fd);
    for (unsigned i = 0; i < LINKS; i++) {
        const struct pu_sync s[] = {
            {.handle = bin[i + 1], .signal = true, .timeline = timeline, .point = timeline ? i + 1 : 0},
            {.handle = bin[i], .timeline = timeline, .point = timeline ? i : 0},
        };

        igt_assert_eq(pu_submit(c.fd, group, i & 1, va, 48, s, i ? 2 : 1), 0);
    }
    igt_assert_eq(pu_sync_wait(c.fd, bin[LINKS], timeline ? LINKS : 0, PU_WAIT), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), LINKS);
    for (unsigned i = 0; !timeline && i <= LINKS; i++)
        pu_sync_destroy(c.fd, bin[i]);
    pu_sync_destroy(c.fd, tl);
}

/* A submission without a stream is a sync point of its queue. */
static void sync_only(void)
{
    uint64_t va = add_stream();
    uint32_t sync = pu_sync_create(c.fd);
    const struct pu_sync s = {.handle = sync, .signal = true};

    *pu_data(&c, 0) = 0;
    igt_assert_eq(pu_submit(c.fd, group, 0, va, 48, NULL, 0), 0);
    igt_assert_eq(pu_submit(c.fd, group, 0, 0, 0, &s, 1), 0);
    igt_assert_eq(pu_sync_wait(c.fd, sync, 0, PU_WAIT), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 1);
    pu_sync_destroy(c.fd, sync);
}

/* A job waits for a fence that another queue's later job gives. */
static void gpu_then_cpu(void)
{
    const uint64_t wait[] = {cs_mov48(80, PU_DATA_VA + 64), cs_mov48(10, 0),
                             cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT)};
    const uint64_t give[] = {cs_mov48(80, PU_DATA_VA + 64), cs_mov48(10, 1), cs_sync(CS_SYNC_ADD64, 80, 10, 0)};
    uint32_t a = pu_sync_create(c.fd), b = pu_sync_create(c.fd);

    *pu_data(&c, 64) = *pu_data(&c, 68) = 0;
    igt_assert_eq(pu_go(&c, group, 0, wait, PU_N(wait), a), 0);
    igt_assert_eq(pu_sync_wait(c.fd, a, 0, PU_SECOND / 50), -ETIME);
    igt_assert_eq(pu_go(&c, group, 1, give, PU_N(give), b), 0);
    igt_assert_eq(pu_sync_wait(c.fd, b, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_wait(c.fd, a, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_status(c.fd, a), 1);
    pu_sync_destroy(c.fd, a);
    pu_sync_destroy(c.fd, b);
}

static int bad(uint32_t handle, bool signal, bool timeline, uint64_t point)
{
    const struct pu_sync s = {.handle = handle, .signal = signal, .timeline = timeline, .point = point};

    return pu_submit(c.fd, group, 0, add_stream(), 48, &s, 1);
}

static int bad_flags(uint32_t flags)
{
    struct drm_panthor_sync_op op = {.flags = flags, .handle = pu_sync_create(c.fd)};
    struct drm_panthor_queue_submit q = {
        .stream_addr = add_stream(), .stream_size = 48,
        .syncs = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op},
    };
    struct drm_panthor_group_submit a = {
        .group_handle = group, .queue_submits = {.stride = sizeof(q), .count = 1, .array = (uintptr_t)&q},
    };
    int r = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &a);

    pu_sync_destroy(c.fd, op.handle);
    return r;
}

/* A job waits for a timeline point that the CPU has given; one nobody gave yet is refused. */
static void cpu_timeline(void)
{
    uint32_t tl = pu_sync_create(c.fd);
    const struct pu_sync s[] = {{.handle = tl, .timeline = true, .point = 3},
                                {.handle = tl, .timeline = true, .signal = true, .point = 9}};
    uint64_t va = add_stream(), point = 0;

    *pu_data(&c, 0) = 0;
    igt_assert_eq(pu_submit(c.fd, group, 0, va, 48, s, 2), -EINVAL);
    igt_assert_eq(pu_timeline_signal(c.fd, tl, 3), 0);
    igt_assert_eq(pu_submit(c.fd, group, 0, va, 48, s, 2), 0);
    igt_assert_eq(pu_sync_wait(c.fd, tl, 9, PU_WAIT), 0);
    igt_assert_eq_u32(*pu_data(&c, 0), 1); /* the refused one did not run */
    igt_assert_eq(pu_timeline_query(c.fd, tl, &point), 0);
    igt_assert_eq_u64(point, 9);
    pu_sync_destroy(c.fd, tl);
}

/* The fence leaves as a sync_file, and comes back into another syncobj. */
static void sync_file(void)
{
    uint32_t a = pu_sync_create(c.fd), b = pu_sync_create(c.fd);
    const struct pu_sync s = {.handle = a, .signal = true}, w = {.handle = b};
    struct drm_syncobj_handle h = {.handle = a, .flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE};
    uint64_t va = add_stream();

    *pu_data(&c, 0) = 0;
    igt_assert_eq(pu_submit(c.fd, group, 0, va, 48, &s, 1), 0);
    igt_assert_eq(pu_ioctl(c.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &h), 0);
    h.handle = b;
    h.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE;
    igt_assert_eq(pu_ioctl(c.fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &h), 0);
    close(h.fd);
    igt_assert_eq(pu_submit(c.fd, group, 1, va, 48, &w, 1), 0);
    igt_assert_eq(pu_submit(c.fd, group, 1, 0, 0, &s, 1), 0);
    igt_assert_eq(pu_sync_wait(c.fd, b, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_wait(c.fd, a, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_status(c.fd, b), 1);
    igt_assert_eq_u32(*pu_data(&c, 0), 2);
    pu_sync_destroy(c.fd, a);
    pu_sync_destroy(c.fd, b);
}

/*
 * panthor 6.12.107 crashes here, and 7.2.12 reads the same: on an unknown handle the cleanup of
 * panthor_submit_ctx_add_sync_signal() drops a reference of the syncobj that was not found (NULL).
 * garm.ko has it right; GARM_CRASH=1 tries it on any driver.
 */
static void bad_signal_handle(void)
{
    igt_require_f(on_garm() || getenv("GARM_CRASH"),
                  "known panthor bug: a bad handle to signal crashes the kernel");
    igt_assert_eq(bad(12345, true, false, 0), -EINVAL);
}

igt_main
{
    static uint32_t fresh;

    igt_fixture {
        c = pu_need_ctx(pu_need_device());
        group = pu_need_group(&c, 2);
        fresh = pu_sync_create(c.fd);
    }
    igt_subtest("chain-binary") chain(false);
    igt_subtest("chain-timeline") chain(true);
    igt_subtest("sync-only") sync_only();
    igt_subtest("wait-for-later-job") gpu_then_cpu();
    igt_subtest("cpu-timeline") cpu_timeline();
    igt_subtest("sync-file") sync_file();
    igt_subtest("bad-flags") igt_assert_eq(bad_flags(0x100), -EINVAL);
    igt_subtest("bad-handle-type") igt_assert_eq(bad_flags(2), -EINVAL);
    igt_subtest("bad-wait-handle") igt_assert_eq(bad(12345, false, false, 0), -ENOENT);
    igt_subtest("bad-signal-handle") bad_signal_handle();
    igt_subtest("bad-binary-point") igt_assert_eq(bad(fresh, true, false, 3), -EINVAL);
    igt_subtest("bad-wait-no-fence") igt_assert_eq(bad(fresh, false, false, 0), -EINVAL);
    igt_fixture {
        pu_group_destroy(c.fd, group);
        pu_ctx_free(&c);
    }
}
