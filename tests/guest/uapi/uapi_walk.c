/*
 * A random walk over the user-space interface, written down.
 *
 *   uapi_walk [--seed N] [--steps N] [--minor N]
 *
 * Makes generated ioctls, good and bad ones, and prints one line for each: the call, its errno, what came
 * back. The same seed makes the same calls on every driver, so the output of two drivers can be compared
 * (tests/boot/uapi.py). Values that may differ between correct drivers (addresses that the kernel chooses,
 * times, mmap offsets) are printed as what must be true of them. --minor leaves out what came later.
 *
 * Uses ioctl numbers and structures only; no test library, so that nothing hides an error.
 *
 * SPDX-License-Identifier: MIT
 */
#include "../../../driver/garm_uapi.h"
#include "../lib/cs_builder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((unsigned)sysconf(_SC_PAGESIZE))
#define POOL 24
#define STREAM_VA 0x10000000ull
#define STREAM_STEP 0x100
#define DATA_VA 0x20000000ull

static int fd;
static unsigned step, minor_version = 9;
static uint64_t state;

/* --- random choices ------------------------------------------------------------------------- */

static uint32_t rnd(uint32_t n)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((state >> 33) % n);
}

static bool chance(unsigned percent)
{
    return rnd(100) < percent;
}

#define ONE_OF(...) \
    ({ \
        const uint64_t list_[] = { __VA_ARGS__ }; \
        list_[rnd(sizeof(list_) / sizeof(list_[0]))]; \
    })

/* --- objects --------------------------------------------------------------------------------- */

struct pool {
    uint32_t id[POOL];
    unsigned count;
    uint32_t dead;
};
static struct pool vms, bos, groups, heaps, binaries, timelines;
static uint32_t group_vm[129]; /* by group handle */

static void keep(struct pool *p, uint32_t id)
{
    if (p->count < POOL)
        p->id[p->count++] = id;
    if (p->dead == id)
        p->dead = 0;
}

static void drop(struct pool *p, uint32_t id)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->id[i] == id) {
            p->id[i] = p->id[--p->count];
            p->dead = id;
            return;
        }
    }
}

/* No longer to be used, though it lives. */
static void forget(struct pool *p, uint32_t id)
{
    uint32_t dead = p->dead;

    drop(p, id);
    p->dead = dead;
}

/* Mostly one that lives; else none, one that is gone, or nonsense. */
static uint32_t pick(const struct pool *p)
{
    unsigned kind = rnd(20);

    if (kind < 16 && p->count)
        return p->id[rnd(p->count)];
    return kind == 17 ? 0 : kind == 18 ? p->dead : (uint32_t)ONE_OF(0x7fffffff, 0xffffffff, 77, 0x10001);
}

/* --- writing down ---------------------------------------------------------------------------- */

static char line[1024];
static size_t used;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int n = vsnprintf(line + used, sizeof(line) - used, format, list);
    va_end(list);
    if (n > 0)
        used += (size_t)n < sizeof(line) - used ? (size_t)n : sizeof(line) - used - 1;
}

static void end_line(void)
{
    printf("%05u %s\n", step, line);
    fflush(stdout);
    used = 0;
    line[0] = 0;
}

static int call(unsigned long request, void *arg)
{
    int ret;

    do
        ret = ioctl(fd, request, arg);
    while (ret < 0 && (errno == EINTR || errno == EAGAIN));
    ret = ret < 0 ? errno : 0;
    note(" = %s", ret ? strerrorname_np(ret) : "0");
    return ret;
}

static uint32_t sum(const void *data, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 16777619u;
    return hash;
}

/* --- sync operations -------------------------------------------------------------------------- */

/* Binary ones are born signalled; a wait always finds a fence. */
static uint32_t new_syncobj(bool signalled)
{
    struct drm_syncobj_create args = { .flags = signalled ? DRM_SYNCOBJ_CREATE_SIGNALED : 0 };

    return ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args) ? 0 : args.handle;
}

static int wait_point(uint32_t handle, uint64_t point)
{
    struct timespec now;
    uint64_t points[] = { point };
    struct drm_syncobj_timeline_wait args = { .handles = (uintptr_t)&handle, .points = (uintptr_t)points,
                                              .count_handles = 1, .flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL };

    clock_gettime(CLOCK_MONOTONIC, &now);
    args.timeout_nsec = now.tv_sec * 1000000000ll + now.tv_nsec + 20000000000ll;
    return ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args) ? errno : 0;
}

/* Points that earlier jobs of the ioctl in the making signal. */
static struct drm_panthor_sync_op sent[16];
static unsigned sent_count;

/*
 * Some operations, few of them wrong. Two things are left out that panthor (up to 7.3 at least) answers with a
 * crash and with a kernel warning: a signal that names a syncobj that does not exist, and a wait for a point
 * without a fence that a later job of the same ioctl signals. A wait may be for a point that nobody signals.
 */
static unsigned random_syncs(struct drm_panthor_sync_op *ops, unsigned max)
{
    unsigned count = rnd(max + 1), known = sent_count;

    for (unsigned i = 0; i < count; i++) {
        bool timeline = chance(40), signal = chance(60);
        const struct pool *p = timeline ? &timelines : &binaries;

        ops[i] = (struct drm_panthor_sync_op){
            .flags = (timeline ? DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_TIMELINE_SYNCOBJ : 0) |
                     (signal ? (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL : 0),
            .handle = signal ? p->id[rnd(p->count)] : pick(p),
            .timeline_value = timeline ? 1 + rnd(4) + step * 8ull : 0,
        };
        if (!signal && timeline)
            ops[i].timeline_value = ONE_OF(0, 1, step * 8ull - 6, step * 8ull + 7);
        if (!signal && known && chance(40)) {
            ops[i] = sent[rnd(known)];
            ops[i].flags &= DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_MASK;
        }
        if (chance(3))
            ops[i].flags |= ONE_OF(2, 0x100, 0x40000000);
        if (chance(3) && !timeline)
            ops[i].timeline_value = 5;
        if (signal && sent_count < sizeof(sent) / sizeof(sent[0]))
            sent[sent_count++] = ops[i];
        note(" sync(%x,%u,%llu)", ops[i].flags, ops[i].handle, (unsigned long long)ops[i].timeline_value);
    }
    return count;
}

/* --- queries ---------------------------------------------------------------------------------- */

static void dev_query(void)
{
    static const uint32_t full[] = { 112, 24, 56, 4, 8 };
    uint32_t types = minor_version >= 9 ? 5 : minor_version >= 2 ? 4 : minor_version >= 1 ? 3 : 2;
    uint8_t out[256];
    struct drm_panthor_dev_query q = { .type = rnd(types) };

    if (chance(5))
        q.type = (uint32_t)ONE_OF(9, 255, 0x80000000);
    memset(out, 0xa5, sizeof(out));
    q.size = q.type < 5 ? full[q.type] : 16;
    if (chance(40))
        q.size = (uint32_t)ONE_OF(0, 3, 4, 8, 15, 16, 24, 56, 96, 100, 104, 112, 200);
    if (q.type == DRM_PANTHOR_DEV_QUERY_TIMESTAMP_INFO) {
        memset(out, 0, sizeof(out));
        if (minor_version >= 8 && chance(60)) {
            uint32_t flags = (uint32_t)ONE_OF(0, 1, 2, 4, 6, 0x10, 0x20, 0x40, 0x80, 0xf3, 0xf5, 0x100, 0xff);

            memcpy(out + 24, &flags, 4);
            note("flags %x ", flags);
        }
    }
    q.pointer = chance(15) ? 0 : chance(3) ? 8 : (uintptr_t)out;
    note("DEV_QUERY type %u size %u pointer %d", q.type, q.size, q.pointer == 0 ? 0 : q.pointer == 8 ? 8 : 1);
    if (call(DRM_IOCTL_PANTHOR_DEV_QUERY, &q))
        return;
    note(" size %u", q.size);
    if (!q.pointer || q.pointer == 8)
        return;
    if (q.type != DRM_PANTHOR_DEV_QUERY_TIMESTAMP_INFO) {
        note(" sum %08x", sum(out, q.size));
        return;
    }
    /* times differ; which of them are there does not */
    for (unsigned at = 0; at < 56; at += 8) {
        uint64_t value;

        memcpy(&value, out + at, 8);
        if (at == 24)
            note(" flags %x %s", (uint32_t)value, value >> 32 ? "duration" : "-");
        else
            note(" %s", value ? "set" : "0");
    }
}

/* --- address spaces --------------------------------------------------------------------------- */

static void vm_create(void)
{
    struct drm_panthor_vm_create args = { .flags = chance(5) ? 1 : 0 };

    args.user_va_range = ONE_OF(0, 0, 1ull << 47, 1ull << 32, 1ull << 30, 1ull << 48, (1ull << 48) - (256ull << 20),
                                (1ull << 48) - (256ull << 20) + 1, ~0ull, 4096, 12345);
    note("VM_CREATE flags %u range %llx", args.flags, (unsigned long long)args.user_va_range);
    if (!call(DRM_IOCTL_PANTHOR_VM_CREATE, &args)) {
        note(" id %u range %llx", args.id, (unsigned long long)args.user_va_range);
        keep(&vms, args.id);
    }
}

static void vm_destroy(void)
{
    struct drm_panthor_vm_destroy args = { .id = pick(&vms), .pad = chance(5) };

    note("VM_DESTROY %u pad %u", args.id, args.pad);
    if (call(DRM_IOCTL_PANTHOR_VM_DESTROY, &args))
        return;
    drop(&vms, args.id);
    /* Groups of a destroyed VM end at once on garm, at their next job on panthor (driver/README.md): left alone. */
    for (unsigned i = groups.count; i--;) {
        if (group_vm[groups.id[i] % 129] == args.id)
            forget(&groups, groups.id[i]);
    }
}

static void vm_get_state(void)
{
    struct drm_panthor_vm_get_state args = { .vm_id = pick(&vms), .state = 7 };

    note("VM_GET_STATE %u", args.vm_id);
    if (!call(DRM_IOCTL_PANTHOR_VM_GET_STATE, &args))
        note(" state %u", args.state);
}

static void random_bind_op(struct drm_panthor_vm_bind_op *op)
{
    uint32_t type = (uint32_t)ONE_OF(0, 0, 0, 1u << 28, 1u << 28, 2u << 28, chance(10) ? 3u << 28 : 0);

    *op = (struct drm_panthor_vm_bind_op){ .flags = type };
    if (type != 2u << 28 || chance(10)) {
        op->va = STREAM_VA + rnd(64) * 0x10000ull;
        op->size = (uint64_t)ONE_OF(0x1000, 0x4000, 0x10000, 0x200000, 0x400000, 0, 0x800, 0x1001);
        if (chance(8))
            op->va = ONE_OF(0, 0x800, 1ull << 47, (1ull << 47) - 0x1000, (1ull << 48) - 0x1000, ~0xfffull);
        if (chance(15))
            op->va &= ~0x1fffffull;
    }
    if (type == 0 || chance(5)) {
        op->bo_handle = pick(&bos);
        op->bo_offset = ONE_OF(0, 0, 0, 0x1000, 0x10000, 0x800, 1ull << 40);
    }
    if (type == 0)
        op->flags |= (uint32_t)ONE_OF(0, 0, 1, 2, 3, 4, 6, chance(20) ? 0x10 : 0, chance(20) ? 5 : 0);
    else if (chance(5))
        op->flags |= 1;
    note(" op(%x,%u,%llx,%llx,%llx", op->flags, op->bo_handle, (unsigned long long)op->bo_offset,
         (unsigned long long)op->va, (unsigned long long)op->size);
}

static void vm_bind(void)
{
    struct drm_panthor_sync_op syncs[4][3] = { 0 };
    struct drm_panthor_vm_bind_op ops[4] = { 0 };
    bool async = chance(40);
    struct drm_panthor_vm_bind args = { .vm_id = pick(&vms), .flags = async };
    uint32_t end = binaries.id[0];

    args.ops = (struct drm_panthor_obj_array)DRM_PANTHOR_OBJ_ARRAY(1 + rnd(4), ops);
    if (chance(3))
        args.ops.count = 0;
    if (chance(4))
        args.ops.stride = (uint32_t)ONE_OF(0, 8, 47, 64);
    note("VM_BIND %u%s stride %u:", args.vm_id, async ? " async" : "", args.ops.stride);
    for (unsigned i = 0; i < args.ops.count; i++) {
        random_bind_op(&ops[i]);
        if (async || chance(4)) {
            unsigned n = random_syncs(syncs[i], 2);

            /* the last one ends the line: everything before it is over when its syncobj signals */
            if (async && i + 1 == args.ops.count) {
                syncs[i][n++] = (struct drm_panthor_sync_op){ .flags = (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL,
                                                              .handle = end };
            }
            ops[i].syncs = (struct drm_panthor_obj_array)DRM_PANTHOR_OBJ_ARRAY(n, syncs[i]);
        }
        note(")");
    }
    int ret = call(DRM_IOCTL_PANTHOR_VM_BIND, &args);
    note(" count %u", args.ops.count);
    if (!ret && async && args.ops.count)
        note(" wait %s", strerrorname_np(wait_point(end, 0)) ?: "0");
}

/* --- buffers ----------------------------------------------------------------------------------- */

static void bo_create(void)
{
    struct drm_panthor_bo_create args = { .size = ONE_OF(0, 1, 4096, 4097, 65536, 0x200000, 0x400000, 0x12345) };

    args.flags = (uint32_t)ONE_OF(0, 0, 0, 0, 1, 4, minor_version >= 7 ? 2 : 0, minor_version >= 7 ? 3 : 0, 0x80000000);
    if (chance(25))
        args.exclusive_vm_id = pick(&vms);
    args.pad = chance(3);
    note("BO_CREATE size %llx flags %x vm %u pad %u", (unsigned long long)args.size, args.flags, args.exclusive_vm_id,
         args.pad);
    if (!call(DRM_IOCTL_PANTHOR_BO_CREATE, &args)) {
        note(" handle %u size %llx", args.handle, (unsigned long long)args.size);
        keep(&bos, args.handle);
        if (bos.count == POOL) {
            struct drm_gem_close gone = { .handle = bos.id[rnd(POOL)] };

            ioctl(fd, DRM_IOCTL_GEM_CLOSE, &gone);
            drop(&bos, gone.handle);
        }
    }
}

static void gem_close(void)
{
    struct drm_gem_close args = { .handle = pick(&bos) };

    note("GEM_CLOSE %u", args.handle);
    if (!call(DRM_IOCTL_GEM_CLOSE, &args))
        drop(&bos, args.handle);
}

static void bo_mmap(void)
{
    struct drm_panthor_bo_mmap_offset args = { .handle = pick(&bos), .pad = chance(4) };
    int prot = PROT_READ | PROT_WRITE;

    note("BO_MMAP_OFFSET %u pad %u", args.handle, args.pad);
    if (call(DRM_IOCTL_PANTHOR_BO_MMAP_OFFSET, &args))
        return;
    int flags = chance(10) ? MAP_PRIVATE : MAP_SHARED;
    uint32_t *map = mmap(NULL, PAGE, prot, flags, fd, (off_t)args.offset);
    note(" mmap %s %s", flags == MAP_PRIVATE ? "private" : "shared", map == MAP_FAILED ? strerrorname_np(errno) : "0");
    if (map == MAP_FAILED)
        return;
    note(" was %x", map[1]);
    map[1] = 0x1000 + args.handle;
    munmap(map, PAGE);
}

static void bo_set_label(void)
{
    static char longest[4200];
    struct drm_panthor_bo_set_label args = { .handle = pick(&bos), .pad = chance(4) };
    unsigned kind = rnd(5);

    memset(longest, 'x', sizeof(longest) - 1);
    if (kind == 4)
        longest[4095] = 0;
    args.label = kind == 0 ? 0 : kind == 1 ? 8 : kind == 2 ? (uintptr_t)"a label" : (uintptr_t)longest;
    note("BO_SET_LABEL %u kind %u pad %u", args.handle, kind, args.pad);
    call(DRM_IOCTL_PANTHOR_BO_SET_LABEL, &args);
}

static void bo_query_info(void)
{
    struct drm_panthor_bo_query_info args = { .handle = pick(&bos), .pad = chance(10) };

    note("BO_QUERY_INFO %u pad %u", args.handle, args.pad);
    if (!call(DRM_IOCTL_PANTHOR_BO_QUERY_INFO, &args))
        note(" extra %x create %x", args.extra_flags, args.create_flags);
}

static void bo_sync(void)
{
    struct drm_panthor_bo_sync_op ops[3];
    struct drm_panthor_bo_sync args = { .ops = DRM_PANTHOR_OBJ_ARRAY(rnd(4), ops) };

    note("BO_SYNC");
    for (unsigned i = 0; i < args.ops.count; i++) {
        ops[i] = (struct drm_panthor_bo_sync_op){ .handle = pick(&bos), .type = (uint32_t)ONE_OF(0, 1, 0, 1, 2),
                                                  .offset = ONE_OF(0, 64, 1, 1ull << 50),
                                                  .size = ONE_OF(1, 64, 4096, 0, ~0ull) };
        note(" (%u,%u,%llx,%llx)", ops[i].handle, ops[i].type, (unsigned long long)ops[i].offset,
             (unsigned long long)ops[i].size);
    }
    call(DRM_IOCTL_PANTHOR_BO_SYNC, &args);
}

static void prime(void)
{
    struct drm_prime_handle args = { .handle = pick(&bos), .flags = DRM_CLOEXEC | DRM_RDWR };

    note("PRIME export %u", args.handle);
    if (call(DRM_IOCTL_PRIME_HANDLE_TO_FD, &args))
        return;
    struct drm_prime_handle back = { .fd = args.fd };

    note(" import");
    if (!call(DRM_IOCTL_PRIME_FD_TO_HANDLE, &back))
        note(" %s handle", back.handle == args.handle ? "the same" : "another");
    close(args.fd);
}

static void flush_id(void)
{
    uint64_t offset = ONE_OF(1ull << 56, 1ull << 56, 1ull << 43, (1ull << 56) + PAGE);
    size_t size = ONE_OF(1, 1, 1, 2) * PAGE;
    int prot = (int)ONE_OF(PROT_READ, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
    int flags = (int)ONE_OF(MAP_SHARED, MAP_SHARED, MAP_PRIVATE);

    note("mmap flush id %llx size %zx prot %x flags %x", (unsigned long long)offset, size / PAGE, prot, flags);
    volatile uint32_t *map = mmap(NULL, size, prot, flags, fd, (off_t)offset);
    note(" = %s", map == MAP_FAILED ? strerrorname_np(errno) : "0");
    if (map != MAP_FAILED) {
        note(" %s", *map ? "not 0" : "0");
        munmap((void *)map, size);
    }
}

static void user_mmio_offset(void)
{
    struct drm_panthor_set_user_mmio_offset args = { .offset = ONE_OF(1ull << 56, 1ull << 56, 0, 1, 1ull << 44) };

    note("SET_USER_MMIO_OFFSET %llx", (unsigned long long)args.offset);
    call(DRM_IOCTL_PANTHOR_SET_USER_MMIO_OFFSET, &args);
}

/* --- groups and heaps --------------------------------------------------------------------------- */

static void group_create(void)
{
    struct drm_panthor_queue_create queues[9] = { 0 };
    struct drm_panthor_group_create args = {
        .queues = DRM_PANTHOR_OBJ_ARRAY(1 + rnd(3), queues), .max_compute_cores = 4, .max_fragment_cores = 4,
        .max_tiler_cores = 1, .priority = (uint8_t)ONE_OF(0, 1, 1, 1, 2, chance(30) ? 4 : 1),
        .compute_core_mask = 0x50005, .fragment_core_mask = 0x50005, .tiler_core_mask = 1, .vm_id = pick(&vms),
    };

    /* more queues than the hardware has streams: panthor takes up to 32, garm says EINVAL (a listed exception) */
    if (chance(5))
        args.queues.count = (uint32_t)ONE_OF(0, 8);
    for (unsigned i = 0; i < args.queues.count; i++) {
        queues[i] = (struct drm_panthor_queue_create){ .priority = (uint8_t)rnd(15), .ringbuf_size = 1u << (12 + rnd(5)) };
        if (queues[i].ringbuf_size < PAGE)
            queues[i].ringbuf_size = PAGE;
        if (chance(3))
            queues[i].priority = 16;
        if (chance(3))
            queues[i].ringbuf_size = (uint32_t)ONE_OF(0, 2048, 5000, 131072);
        if (chance(3))
            queues[i].pad[1] = 1;
    }
    if (chance(4))
        args.pad = 1;
    if (chance(4))
        args.compute_core_mask = (uint64_t)ONE_OF(0, 0x5, 0x50007);
    if (chance(4))
        args.tiler_core_mask = (uint64_t)ONE_OF(0, 3);
    if (chance(4))
        args.max_fragment_cores = (uint8_t)ONE_OF(0, 5, 255);
    note("GROUP_CREATE queues %u vm %u priority %u pad %u masks %llx %llx max %u", args.queues.count, args.vm_id,
         args.priority, args.pad, (unsigned long long)args.compute_core_mask, (unsigned long long)args.tiler_core_mask,
         args.max_fragment_cores);
    for (unsigned i = 0; i < args.queues.count; i++)
        note(" (%u,%u,%u)", queues[i].priority, queues[i].ringbuf_size, queues[i].pad[1]);
    if (!call(DRM_IOCTL_PANTHOR_GROUP_CREATE, &args)) {
        note(" handle %u", args.group_handle);
        group_vm[args.group_handle % 129] = args.vm_id;
        keep(&groups, args.group_handle);
    }
}

static void group_destroy(void)
{
    struct drm_panthor_group_destroy args = { .group_handle = pick(&groups), .pad = chance(4) };

    note("GROUP_DESTROY %u pad %u", args.group_handle, args.pad);
    if (!call(DRM_IOCTL_PANTHOR_GROUP_DESTROY, &args))
        drop(&groups, args.group_handle);
}

static void group_get_state(void)
{
    struct drm_panthor_group_get_state args = { .group_handle = pick(&groups), .pad = chance(4), .state = 99 };

    note("GROUP_GET_STATE %u pad %u", args.group_handle, args.pad);
    if (!call(DRM_IOCTL_PANTHOR_GROUP_GET_STATE, &args))
        note(" state %x fatal %x handle %u", args.state, args.fatal_queues, args.group_handle);
}

/* The walk's own group: jobs really run, and memory tells. It is in no pool, so nothing happens to it. */
static struct {
    uint32_t vm, group;
    uint64_t *stream;
    volatile uint32_t *data;
} mine;

static void submit(void)
{
    struct drm_panthor_sync_op syncs[3][4] = { 0 };
    struct drm_panthor_queue_submit qs[3] = { 0 };
    struct drm_panthor_group_submit args = { .group_handle = chance(80) ? mine.group : pick(&groups),
                                             .pad = chance(3) };
    uint32_t end = binaries.id[1];

    /* panthor (7.3) looks only at the low half of this handle, and would find a group that was not meant */
    if (args.group_handle > 0xffff)
        args.group_handle |= 0xffff;
    args.queue_submits = (struct drm_panthor_obj_array)DRM_PANTHOR_OBJ_ARRAY(rnd(4), qs);
    note("GROUP_SUBMIT %s %u pad %u:", args.group_handle == mine.group ? "mine" : "other", args.group_handle, args.pad);
    for (unsigned i = 0; i < args.queue_submits.count; i++) {
        qs[i] = (struct drm_panthor_queue_submit){ .queue_index = rnd(2), .stream_size = 40 };
        qs[i].stream_addr = STREAM_VA + qs[i].queue_index * STREAM_STEP;
        if (args.group_handle != mine.group || chance(10)) {
            qs[i].stream_addr = 0;
            qs[i].stream_size = 0;
        }
        if (chance(4))
            qs[i].queue_index = (uint32_t)ONE_OF(2, 31, 64, 0xffffffff);
        if (chance(4))
            qs[i].stream_size = (uint32_t)ONE_OF(0, 4, 12);
        if (chance(4))
            qs[i].stream_addr = ONE_OF(STREAM_VA + 8, STREAM_VA + 32, 0);
        if (chance(3))
            qs[i].latest_flush = 0x40000000;
        if (chance(3))
            qs[i].pad = 1;
        note(" (%u,%llx,%u,%x,%u", qs[i].queue_index, (unsigned long long)qs[i].stream_addr, qs[i].stream_size,
             qs[i].latest_flush, qs[i].pad);
        unsigned n = random_syncs(syncs[i], 2);

        if (i + 1 == args.queue_submits.count)
            syncs[i][n++] = (struct drm_panthor_sync_op){ .flags = (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL, .handle = end };
        qs[i].syncs = (struct drm_panthor_obj_array)DRM_PANTHOR_OBJ_ARRAY(n, syncs[i]);
        note(")");
    }
    if (!call(DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &args) && args.queue_submits.count)
        note(" wait %s", strerrorname_np(wait_point(end, 0)) ?: "0");
    /* both queues are idle when empty jobs on them have signalled */
    if (args.group_handle == mine.group) {
        for (unsigned i = 0; i < 2; i++) {
            struct drm_panthor_sync_op op = { .flags = (uint32_t)DRM_PANTHOR_SYNC_OP_SIGNAL, .handle = end };
            struct drm_panthor_queue_submit q = { .queue_index = i, .syncs = DRM_PANTHOR_OBJ_ARRAY(1, &op) };
            struct drm_panthor_group_submit all = { .group_handle = mine.group,
                                                    .queue_submits = DRM_PANTHOR_OBJ_ARRAY(1, &q) };

            if (ioctl(fd, DRM_IOCTL_PANTHOR_GROUP_SUBMIT, &all) || wait_point(end, 0))
                note(" queue %u is stuck: %s", i, strerrorname_np(errno));
        }
        note(" counters %u %u", mine.data[0], mine.data[STREAM_STEP / 4]);
    }
}

static void heap_create(void)
{
    struct drm_panthor_tiler_heap_create args = {
        .vm_id = pick(&vms), .initial_chunk_count = (uint32_t)ONE_OF(1, 2, 0, 9),
        .chunk_size = (uint32_t)ONE_OF(0x20000, 0x40000, 0x200000, 0x10000, 0x30000, 0x20001, 0x1000000),
        .max_chunks = (uint32_t)ONE_OF(4, 8, 1, 0), .target_in_flight = (uint32_t)ONE_OF(0, 1, 65535),
    };

    note("TILER_HEAP_CREATE vm %u initial %u size %x max %u target %u", args.vm_id, args.initial_chunk_count,
         args.chunk_size, args.max_chunks, args.target_in_flight);
    if (!call(DRM_IOCTL_PANTHOR_TILER_HEAP_CREATE, &args)) {
        note(" handle %x context %s chunk %s", args.handle, args.tiler_heap_ctx_gpu_va % 64 ? "unaligned" : "aligned",
             args.first_heap_chunk_gpu_va % 4096 ? "unaligned" : "aligned");
        keep(&heaps, args.handle);
    }
}

static void heap_destroy(void)
{
    struct drm_panthor_tiler_heap_destroy args = { .handle = pick(&heaps), .pad = chance(4) };

    note("TILER_HEAP_DESTROY %x pad %u", args.handle, args.pad);
    if (!call(DRM_IOCTL_PANTHOR_TILER_HEAP_DESTROY, &args))
        drop(&heaps, args.handle);
}

/* --- the walk ------------------------------------------------------------------------------------ */

static const struct {
    void (*run)(void);
    unsigned weight, minor;
} moves[] = {
    { dev_query, 8, 0 },     { vm_create, 8, 0 },       { vm_destroy, 4, 0 },       { vm_get_state, 3, 0 },
    { vm_bind, 24, 0 },      { bo_create, 14, 0 },      { gem_close, 6, 0 },        { bo_mmap, 8, 0 },
    { bo_set_label, 3, 4 },  { bo_query_info, 4, 7 },   { bo_sync, 4, 7 },          { prime, 4, 0 },
    { flush_id, 3, 0 },      { user_mmio_offset, 2, 5 }, { group_create, 8, 0 },    { group_destroy, 4, 0 },
    { group_get_state, 4, 0 }, { submit, 16, 0 },       { heap_create, 6, 0 },      { heap_destroy, 4, 0 },
};

static void move(void)
{
    unsigned total = 0;

    sent_count = 0;
    for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
        total += moves[i].minor <= minor_version ? moves[i].weight : 0;
    unsigned at = rnd(total);
    for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].minor > minor_version)
            continue;
        if (at < moves[i].weight) {
            moves[i].run();
            return;
        }
        at -= moves[i].weight;
    }
}

static void *own_bo(uint64_t va)
{
    struct drm_panthor_bo_create bo = { .size = PAGE };
    struct drm_panthor_bo_mmap_offset offset = { 0 };
    struct drm_panthor_vm_bind_op op = { .va = va, .size = PAGE };
    struct drm_panthor_vm_bind bind = { .vm_id = mine.vm, .ops = DRM_PANTHOR_OBJ_ARRAY(1, &op) };

    if (ioctl(fd, DRM_IOCTL_PANTHOR_BO_CREATE, &bo))
        return MAP_FAILED;
    offset.handle = op.bo_handle = bo.handle;
    if (ioctl(fd, DRM_IOCTL_PANTHOR_VM_BIND, &bind) || ioctl(fd, DRM_IOCTL_PANTHOR_BO_MMAP_OFFSET, &offset))
        return MAP_FAILED;
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset.offset);
}

static bool set_up(void)
{
    struct drm_panthor_vm_create vm = { .user_va_range = 1ull << 47 };
    struct drm_panthor_queue_create queues[2] = { { .ringbuf_size = 65536 }, { .ringbuf_size = 65536 } };
    struct drm_panthor_group_create group = {
        .queues = DRM_PANTHOR_OBJ_ARRAY(2, queues), .max_compute_cores = 4, .max_fragment_cores = 4,
        .max_tiler_cores = 1, .priority = 1, .compute_core_mask = 0x50005, .fragment_core_mask = 0x50005,
        .tiler_core_mask = 1,
    };
    if (ioctl(fd, DRM_IOCTL_PANTHOR_VM_CREATE, &vm))
        return false;
    mine.vm = group.vm_id = vm.id;
    mine.stream = own_bo(STREAM_VA);
    mine.data = own_bo(DATA_VA);
    if (mine.stream == MAP_FAILED || mine.data == MAP_FAILED || ioctl(fd, DRM_IOCTL_PANTHOR_GROUP_CREATE, &group))
        return false;
    mine.group = group.group_handle;
    for (unsigned i = 0; i < 2; i++) {
        /* one more in the queue's own counter */
        const uint64_t words[] = { cs_mov48(80, DATA_VA + i * STREAM_STEP), cs_load(10, 80, 1, 0), cs_wait(0xff),
                                   cs_add32(10, 10, 1), cs_store(10, 80, 1, 0) };

        memcpy((uint8_t *)mine.stream + i * STREAM_STEP, words, sizeof(words));
    }
    for (unsigned i = 0; i < 6; i++) {
        keep(&binaries, new_syncobj(true));
        keep(&timelines, new_syncobj(false));
    }
    return true;
}

static unsigned option(int argc, char **argv, const char *name, unsigned fallback)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], name))
            return (unsigned)strtoul(argv[i + 1], NULL, 0);
    }
    return fallback;
}

int main(int argc, char **argv)
{
    unsigned steps = option(argc, argv, "--steps", 1000);

    state = option(argc, argv, "--seed", 1) * 0x9e3779b97f4a7c15ull;
    minor_version = option(argc, argv, "--minor", 9);
    fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
    if (fd < 0 || !set_up()) {
        fprintf(stderr, "uapi_walk: no usable /dev/dri/renderD128: %s\n", strerror(errno));
        return 1;
    }
    for (step = 1; step <= steps; step++) {
        move();
        end_line();
    }
    printf("end of the walk, %u steps\n", steps);
    return 0;
}
