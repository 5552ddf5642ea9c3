/*
 * What one client may ask for in a single call: so much that the driver would search for hours, ask
 * the allocator for what it cannot have (which warns), or fill the memory. garm.ko does it or
 * refuses it, at once, and the kernel has nothing to say.
 *
 * Run by scripts/test boot and debug; calls lib/panthor_util.h. driver/README.md names the limits.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cs_job.h"
#include "kernel_log.h"

#define MAX_JOBS  65536u /* GARM_MAX_JOBS_PER_FILE */
#define SOME_JOBS 2000u
#define POINTS    16384u       /* signals in one call; each costs a walk along those before it */
#define WAITS     600000u      /* an array of as many pointers is beyond kmalloc() */
#define HUGE      (1ull << 40) /* a table of its pages is beyond kvmalloc() */
#define LARGE     (1ull << 38)
#define HUGE_VA   0x80000000ull

static int submit(struct pu_ctx *c, uint32_t group, const struct drm_panthor_queue_submit *jobs,
                  uint32_t count)
{
    struct drm_panthor_group_submit args = {
        .group_handle = group,
        .queue_submits = {.stride = sizeof(*jobs), .count = count, .array = (uintptr_t)jobs},
    };

    return pu_ioctl(c->fd, DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &args);
}

static struct drm_panthor_obj_array ops_array(const struct drm_panthor_sync_op *ops, uint32_t count)
{
    return (struct drm_panthor_obj_array){
        .stride = sizeof(*ops), .count = count, .array = (uintptr_t)ops};
}

/* Each point is looked up several times, twice of them while fences are armed and not yet pushed.
 */
static void many_signals(struct pu_ctx *c, uint32_t group)
{
    struct drm_panthor_sync_op *ops = calloc(POINTS + 1, sizeof(*ops));
    uint32_t sync = pu_sync_create(c->fd);
    struct drm_panthor_queue_submit job = {.syncs = ops_array(ops, POINTS + 1)};

    igt_assert(ops);
    for (uint32_t i = 0; i <= POINTS; i++)
        ops[i] = (struct drm_panthor_sync_op){
            .flags = DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_TIMELINE_SYNCOBJ |
                     (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL,
            .handle = sync,
            .timeline_value = i + 1,
        };
    igt_assert_eq(submit(c, group, &job, 1), -E2BIG);
    job.syncs.count = POINTS;
    igt_assert_eq(submit(c, group, &job, 1), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 1, PU_WAIT), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, POINTS, PU_WAIT), 0);
    pu_sync_destroy(c->fd, sync);
    free(ops);
}

/* The second job waits for the first again and again: one dependency. */
static void many_waits(struct pu_ctx *c, uint32_t group)
{
    struct drm_panthor_sync_op *ops = calloc(WAITS, sizeof(*ops));
    uint32_t first = pu_sync_create(c->fd), second = pu_sync_create(c->fd);
    const uint32_t signal = (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL;
    struct drm_panthor_sync_op one = {.flags = signal, .handle = first};
    struct drm_panthor_queue_submit jobs[] = {{.syncs = ops_array(&one, 1)},
                                              {.syncs = ops_array(ops, WAITS)}};

    igt_assert(ops);
    for (uint32_t i = 0; i < WAITS - 1; i++)
        ops[i].handle = first;
    ops[WAITS - 1] = (struct drm_panthor_sync_op){.flags = signal, .handle = second};
    igt_assert_eq(submit(c, group, jobs, 2), 0);
    pu_must_signal(c->fd, first, PU_WAIT);
    pu_must_signal(c->fd, second, PU_WAIT);
    pu_sync_destroy(c->fd, first);
    pu_sync_destroy(c->fd, second);
    free(ops);
}

/* Beyond the limit nothing is done; below it they all end, and make room. */
static void many_jobs(struct pu_ctx *c, uint32_t group)
{
    struct drm_panthor_queue_submit *jobs = calloc(MAX_JOBS + 1, sizeof(*jobs));
    struct drm_panthor_sync_op end = {.flags = (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL,
                                      .handle = pu_sync_create(c->fd)};

    igt_assert(jobs);
    igt_assert_eq(submit(c, group, jobs, MAX_JOBS + 1), -EBUSY);
    jobs[SOME_JOBS - 1].syncs = ops_array(&end, 1);
    igt_assert_eq(submit(c, group, jobs, SOME_JOBS), 0);
    pu_must_signal(c->fd, end.handle, 6 * PU_WAIT);
    pu_sync_destroy(c->fd, end.handle);
    free(jobs);
}

/* The same for binds, which are jobs of their VM when they have something to tell. */
static void many_binds(struct pu_ctx *c, uint32_t group)
{
    struct drm_panthor_sync_op end = {.flags = (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL,
                                      .handle = pu_sync_create(c->fd)};
    struct drm_panthor_vm_bind_op *ops = calloc(MAX_JOBS + 1, sizeof(*ops));
    struct drm_panthor_obj_array array = {
        .stride = sizeof(*ops), .count = MAX_JOBS + 1, .array = (uintptr_t)ops};

    (void)group;
    igt_assert(ops);
    for (uint32_t i = 0; i < MAX_JOBS + 1; i++)
        ops[i] = (struct drm_panthor_vm_bind_op){
            .flags = (uint32_t)DRM_PANTHOR_VM_BIND_OP_TYPE_SYNC_ONLY, .syncs = ops_array(&end, 1)};
    igt_assert_eq(pu_vm_bind(c->fd, c->vm, DRM_PANTHOR_VM_BIND_ASYNC, &array), -EBUSY);
    array.count = 1;
    igt_assert_eq(pu_vm_bind(c->fd, c->vm, DRM_PANTHOR_VM_BIND_ASYNC, &array), 0);
    pu_must_signal(c->fd, end.handle, PU_WAIT);
    pu_sync_destroy(c->fd, end.handle);
    free(ops);
}

static sigjmp_buf no_memory;

static void on_sigbus(int number)
{
    (void)number;
    siglongjmp(no_memory, 1);
}

/* More than there is memory: it exists, but nothing can touch it. */
static void huge_object(struct pu_ctx *c, uint32_t group)
{
    struct sigaction old, new = {.sa_handler = on_sigbus};
    uint64_t size = HUGE, large = LARGE;
    volatile bool touched = false;
    volatile char *p;
    uint32_t huge, bo;

    (void)group;
    igt_assert_eq(pu_bo_create(c->fd, &size, DRM_PANTHOR_BO_NO_MMAP, 0, &huge), 0);
    igt_assert_eq(pu_map(c->fd, c->vm, huge, HUGE_VA, 4096, 0), -ENOMEM);
    pu_bo_close(c->fd, huge);
    igt_assert_eq(pu_bo_create(c->fd, &large, 0, 0, &bo), 0);
    p = pu_bo_mmap(c->fd, bo, large);
    igt_assert(p);
    sigaction(SIGBUS, &new, &old);
    if (!sigsetjmp(no_memory, 1)) {
        p[4096] = 1;
        touched = true;
    }
    sigaction(SIGBUS, &old, NULL);
    igt_assert_f(!touched, "an object of 256 GiB has pages\n");
    munmap((void *)p, large);
    pu_bo_close(c->fd, bo);
}

igt_main
{
    static char mark[64];

    igt_fixture
    {
        need_garm();
        klog_mark(mark);
    }
    pu_subtest("many-signals", "16,384 points of a timeline in one call, no more", many_signals, 1);
    pu_subtest("many-waits", "600,000 times the same wait in one call", many_waits, 1);
    pu_subtest("many-jobs", "65,536 jobs of a client at a time", many_jobs, 1);
    pu_subtest("many-binds", "VM_BIND's jobs count as well", many_binds, 0);
    pu_subtest("huge-object", "256 GiB and 1 TiB that nobody has", huge_object, 0);
    igt_fixture klog_check(mark);
}
