/*
 * The helpers of panthor_util.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "panthor_util.h"
#include "garm_igt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int pu_ioctl(int fd, unsigned long request, void *arg)
{
    int r;

    do {
        r = ioctl(fd, request, arg);
    } while (r && (errno == EINTR || errno == EAGAIN));
    return r ? -errno : 0;
}

static int version(int fd, char *name, size_t size, int *minor)
{
    struct drm_version v = {.name = name, .name_len = size - 1};
    int r;

    memset(name, 0, size);
    r = pu_ioctl(fd, DRM_IOCTL_VERSION, &v);
    *minor = v.version_minor;
    return r;
}

int pu_open(void)
{
    char path[32], name[32];
    int minor;

    for (int i = 128; i < 136; i++) {
        int fd;

        snprintf(path, sizeof(path), "/dev/dri/renderD%d", i);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (!version(fd, name, sizeof(name), &minor) && !strcmp(name, "panthor"))
            return fd;
        close(fd);
    }
    return -ENODEV;
}

int pu_minor(int fd)
{
    char name[32];
    int minor = 0;

    version(fd, name, sizeof(name), &minor);
    return minor;
}

int pu_query(int fd, uint32_t type, void *out, uint32_t size)
{
    struct drm_panthor_dev_query q = {.type = type, .size = size, .pointer = (uintptr_t)out};

    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_DEV_QUERY, &q);
}

int64_t pu_flush_id(int fd)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    volatile uint32_t *p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, DRM_PANTHOR_USER_FLUSH_ID_MMIO_OFFSET);
    uint32_t id;

    if (p == MAP_FAILED)
        return -errno;
    id = *p;
    munmap((void *)p, page);
    return id;
}

int pu_vm_create(int fd, uint32_t flags, uint64_t range, uint32_t *id)
{
    struct drm_panthor_vm_create a = {.flags = flags, .user_va_range = range};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_CREATE, &a);

    *id = a.id;
    return r;
}

int pu_vm_destroy(int fd, uint32_t id)
{
    struct drm_panthor_vm_destroy a = {.id = id};

    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_DESTROY, &a);
}

int pu_vm_bind(int fd, uint32_t vm, uint32_t flags, struct drm_panthor_obj_array *ops)
{
    struct drm_panthor_vm_bind a = {.vm_id = vm, .flags = flags, .ops = *ops};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_BIND, &a);

    ops->count = a.ops.count;
    return r;
}

int pu_vm_op(int fd, uint32_t vm, uint32_t flags, uint32_t bo, uint64_t off, uint64_t va, uint64_t size)
{
    struct drm_panthor_vm_bind_op op = {
        .flags = flags, .bo_handle = bo, .bo_offset = off, .va = va, .size = size,
    };
    struct drm_panthor_obj_array ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op};

    return pu_vm_bind(fd, vm, 0, &ops);
}

int pu_map(int fd, uint32_t vm, uint32_t bo, uint64_t va, uint64_t size, uint32_t flags)
{
    return pu_vm_op(fd, vm, DRM_PANTHOR_VM_BIND_OP_TYPE_MAP | flags, bo, 0, va, size);
}

int pu_unmap(int fd, uint32_t vm, uint64_t va, uint64_t size)
{
    return pu_vm_op(fd, vm, DRM_PANTHOR_VM_BIND_OP_TYPE_UNMAP, 0, 0, va, size);
}

int pu_vm_state(int fd, uint32_t vm, uint32_t *state)
{
    struct drm_panthor_vm_get_state a = {.vm_id = vm};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_VM_GET_STATE, &a);

    *state = a.state;
    return r;
}

int pu_bo_create(int fd, uint64_t *size, uint32_t flags, uint32_t exclusive_vm, uint32_t *handle)
{
    struct drm_panthor_bo_create a = {.size = *size, .flags = flags, .exclusive_vm_id = exclusive_vm};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_BO_CREATE, &a);

    *size = a.size;
    *handle = a.handle;
    return r;
}

int pu_bo_offset(int fd, uint32_t handle, uint64_t *offset)
{
    struct drm_panthor_bo_mmap_offset a = {.handle = handle};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_BO_MMAP_OFFSET, &a);

    *offset = a.offset;
    return r;
}

void *pu_bo_mmap(int fd, uint32_t handle, uint64_t size)
{
    uint64_t offset;
    void *p;

    if (pu_bo_offset(fd, handle, &offset))
        return NULL;
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    return p == MAP_FAILED ? NULL : p;
}

void pu_bo_close(int fd, uint32_t handle)
{
    struct drm_gem_close a = {.handle = handle};

    pu_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &a);
}

int pu_group_create(int fd, uint32_t vm, unsigned queues, uint32_t ring, uint8_t prio, uint32_t *id)
{
    struct drm_panthor_queue_create q[32] = {0};
    struct drm_panthor_gpu_info info = {0};
    struct drm_panthor_group_create a = {
        .queues = {.stride = sizeof(q[0]), .count = queues, .array = (uintptr_t)q},
        .priority = prio,
        .vm_id = vm,
    };
    int r = pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, &info, sizeof(info));

    if (r)
        return r;
    for (unsigned i = 0; i < queues && i < 32; i++)
        q[i].ringbuf_size = ring;
    a.compute_core_mask = a.fragment_core_mask = info.shader_present;
    a.tiler_core_mask = info.tiler_present;
    a.max_compute_cores = a.max_fragment_cores = __builtin_popcountll(info.shader_present);
    a.max_tiler_cores = 1;
    r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_GROUP_CREATE, &a);
    *id = a.group_handle;
    return r;
}

int pu_group_destroy(int fd, uint32_t id)
{
    struct drm_panthor_group_destroy a = {.group_handle = id};

    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_GROUP_DESTROY, &a);
}

int pu_group_state(int fd, uint32_t id, uint32_t *state, uint32_t *fatal_queues)
{
    struct drm_panthor_group_get_state a = {.group_handle = id};
    int r = pu_ioctl(fd, DRM_IOCTL_PANTHOR_GROUP_GET_STATE, &a);

    *state = a.state;
    if (fatal_queues)
        *fatal_queues = a.fatal_queues;
    return r;
}

uint32_t pu_sync_create(int fd)
{
    struct drm_syncobj_create a = {0};

    return pu_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &a) ? 0 : a.handle;
}

void pu_sync_destroy(int fd, uint32_t handle)
{
    struct drm_syncobj_destroy a = {.handle = handle};

    pu_ioctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &a);
}

int pu_sync_wait(int fd, uint32_t handle, uint64_t point, int64_t ns)
{
    struct timespec now;
    struct drm_syncobj_timeline_wait a = {
        .handles = (uintptr_t)&handle, .points = (uintptr_t)&point, .count_handles = 1,
        .flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
    };

    clock_gettime(CLOCK_MONOTONIC, &now);
    a.timeout_nsec = now.tv_sec * PU_SECOND + now.tv_nsec + ns;
    return pu_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &a);
}

int pu_sync_file(int fd, uint32_t handle)
{
    struct drm_syncobj_handle a = {
        .handle = handle, .flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
    };
    int r = pu_ioctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &a);

    return r ? r : a.fd;
}

int pu_file_status(int file, int ms)
{
    struct sync_file_info info = {0};
    struct pollfd p = {.fd = file, .events = POLLIN};
    int r;

    poll(&p, 1, ms); /* when it is in vain, the status says so */
    r = pu_ioctl(file, SYNC_IOC_FILE_INFO, &info);
    return r ? r : info.status;
}

int pu_sync_status(int fd, uint32_t handle)
{
    int file = pu_sync_file(fd, handle), r;

    if (file < 0)
        return file;
    r = pu_file_status(file, 0);
    close(file);
    return r;
}

int pu_timeline_signal(int fd, uint32_t handle, uint64_t point)
{
    struct drm_syncobj_timeline_array a = {
        .handles = (uintptr_t)&handle, .points = (uintptr_t)&point, .count_handles = 1,
    };

    return pu_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &a);
}

int pu_timeline_query(int fd, uint32_t handle, uint64_t *point)
{
    struct drm_syncobj_timeline_array a = {
        .handles = (uintptr_t)&handle, .points = (uintptr_t)point, .count_handles = 1,
    };

    return pu_ioctl(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a);
}

struct drm_panthor_obj_array pu_sync_ops(struct drm_panthor_sync_op *ops, const struct pu_sync *syncs,
                                         unsigned count)
{
    for (unsigned i = 0; i < count && i < 16; i++) {
        ops[i].handle = syncs[i].handle;
        ops[i].timeline_value = syncs[i].point;
        ops[i].flags = (syncs[i].signal ? DRM_PANTHOR_SYNC_OP_SIGNAL : DRM_PANTHOR_SYNC_OP_WAIT) |
                       (syncs[i].timeline ? DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_TIMELINE_SYNCOBJ
                                          : DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_SYNCOBJ);
    }
    return (struct drm_panthor_obj_array){.stride = sizeof(*ops), .count = count, .array = (uintptr_t)ops};
}

int pu_submit(int fd, uint32_t group, uint32_t queue, uint64_t va, uint32_t bytes,
              const struct pu_sync *syncs, unsigned count)
{
    struct drm_panthor_sync_op ops[16] = {0};
    struct drm_panthor_queue_submit q = {
        .queue_index = queue, .stream_size = bytes, .stream_addr = va, .syncs = pu_sync_ops(ops, syncs, count),
    };
    struct drm_panthor_group_submit a = {
        .group_handle = group,
        .queue_submits = {.stride = sizeof(q), .count = 1, .array = (uintptr_t)&q},
    };

    if (count > PU_N(ops))
        return -E2BIG;
    return pu_ioctl(fd, DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &a);
}

/* ---- contexts ---------------------------------------------------------------- */

int pu_need_device(void)
{
    int fd = pu_open();

    igt_require_f(fd >= 0, "no render node of a driver named panthor");
    return fd;
}

static uint32_t need_area(int fd, uint32_t vm, uint64_t va, void **cpu)
{
    uint64_t size = PU_AREA;
    uint32_t bo;

    igt_assert_eq(pu_bo_create(fd, &size, 0, 0, &bo), 0);
    igt_assert_eq(pu_map(fd, vm, bo, va, size, 0), 0);
    *cpu = pu_bo_mmap(fd, bo, size);
    igt_assert(*cpu);
    return bo;
}

struct pu_ctx pu_need_ctx(int fd)
{
    struct pu_ctx c = {.fd = fd};
    void *p;

    igt_assert_eq(pu_vm_create(fd, 0, 0, &c.vm), 0);
    c.stream_bo = need_area(fd, c.vm, PU_STREAM_VA, &p);
    c.stream = p;
    c.data_bo = need_area(fd, c.vm, PU_DATA_VA, &p);
    c.data = p;
    return c;
}

void pu_ctx_free(struct pu_ctx *c)
{
    pu_vm_destroy(c->fd, c->vm);
    munmap(c->stream, PU_AREA);
    munmap((void *)c->data, PU_AREA);
    pu_bo_close(c->fd, c->stream_bo);
    pu_bo_close(c->fd, c->data_bo);
}

/*
 * panthor 6.12 suspends the time-out of a queue whose group has no slot when its first job comes, with the timer
 * bug that pu_lost() is about. Empty first jobs take that risk; false when one was lost, and the group with it.
 */
static bool first_jobs(struct pu_ctx *c, uint32_t group, unsigned queues)
{
    static const uint64_t nop;
    bool kept = true;

    for (unsigned q = 0; kept && q < queues; q++)
        kept = pu_run_on(c, group, q, &nop, 1, PU_WAIT) != -ETIMEDOUT;
    return kept;
}

uint32_t pu_need_group(struct pu_ctx *c, unsigned queues)
{
    bool bug = pu_minor(c->fd) == 0;

    for (unsigned tries = 0; tries < 5; tries++) {
        uint32_t id;

        /* panthor maps only what was asked for, but uses the whole BO: a ring below a page breaks there */
        igt_assert_eq(pu_group_create(c->fd, c->vm, queues, (uint32_t)sysconf(_SC_PAGESIZE),
                                      PANTHOR_GROUP_PRIORITY_MEDIUM, &id), 0);
        if (!bug || first_jobs(c, id, queues))
            return id;
        igt_info("a new group was lost to the kernel's timer\n");
        pu_group_destroy(c->fd, id);
    }
    igt_assert_f(false, "five groups lost their first job");
    return 0;
}

uint64_t pu_stream(struct pu_ctx *c, const uint64_t *words, unsigned n)
{
    uint32_t at = c->used;

    igt_assert_f(n <= PU_AREA / 8, "a stream of %u instructions does not fit", n);
    if (at + n * 8 > PU_AREA)
        at = 0; /* callers that need this much have waited for the older ones */
    memcpy((uint8_t *)c->stream + at, words, n * 8);
    c->used = (at + n * 8 + 63) & ~63u;
    return PU_STREAM_VA + at;
}

int pu_go(struct pu_ctx *c, uint32_t group, uint32_t queue, const uint64_t *words, unsigned n,
          uint32_t sync)
{
    const struct pu_sync s = {.handle = sync, .signal = true};

    return pu_submit(c->fd, group, queue, pu_stream(c, words, n), n * 8, &s, sync ? 1 : 0);
}

int pu_run_on(struct pu_ctx *c, uint32_t group, uint32_t queue, const uint64_t *words, unsigned n, int64_t ns)
{
    uint32_t sync = pu_sync_create(c->fd);
    int r = pu_go(c, group, queue, words, n, sync);

    r = r ? r : pu_sync_wait(c->fd, sync, 0, ns);
    if (!r) /* waiting succeeds for a fence with an error, too */
        r = pu_sync_status(c->fd, sync);
    pu_sync_destroy(c->fd, sync);
    return r < 0 ? r : 0;
}

int pu_run(struct pu_ctx *c, uint32_t group, const uint64_t *words, unsigned n)
{
    return pu_run_on(c, group, 0, words, n, PU_WAIT);
}
