/*
 * Small helpers on the panthor uAPI: everything returns 0 or -errno, nothing
 * asserts, except the pu_need_* family, which fails the running subtest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PANTHOR_UTIL_H
#define PANTHOR_UTIL_H

#include "panthor_compat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PU_SECOND 1000000000ll
#define PU_WAIT (20 * PU_SECOND) /* generous: the guest is emulated */
#define PU_AREA 0x100000ull
#define PU_STREAM_VA 0x10000000ull
#define PU_DATA_VA 0x20000000ull

/** Opens the render node whose driver calls itself panthor; -errno when there is none. */
int pu_open(void);
int pu_ioctl(int fd, unsigned long request, void *arg);
/** drm version minor: 0 on Linux 6.12, 8 on 7.2. */
int pu_minor(int fd);
int pu_query(int fd, uint32_t type, void *out, uint32_t size);
/** LATEST_FLUSH_ID, read through a mapping of its page; -errno when that fails. */
int64_t pu_flush_id(int fd);

int pu_vm_create(int fd, uint32_t flags, uint64_t range, uint32_t *id);
int pu_vm_destroy(int fd, uint32_t id);
int pu_vm_op(int fd, uint32_t vm, uint32_t flags, uint32_t bo, uint64_t off, uint64_t va, uint64_t size);
int pu_map(int fd, uint32_t vm, uint32_t bo, uint64_t va, uint64_t size, uint32_t flags);
int pu_unmap(int fd, uint32_t vm, uint64_t va, uint64_t size);
/** Any number of operations; their count is rewritten when one of a synchronous bind fails. */
int pu_vm_bind(int fd, uint32_t vm, uint32_t flags, struct drm_panthor_obj_array *ops);
int pu_vm_state(int fd, uint32_t vm, uint32_t *state);

int pu_bo_create(int fd, uint64_t *size, uint32_t flags, uint32_t exclusive_vm, uint32_t *handle);
int pu_bo_offset(int fd, uint32_t handle, uint64_t *offset);
void *pu_bo_mmap(int fd, uint32_t handle, uint64_t size);
void pu_bo_close(int fd, uint32_t handle);

/** A group of @queues queues (ring of @ring bytes each) with all cores. */
int pu_group_create(int fd, uint32_t vm, unsigned queues, uint32_t ring, uint8_t prio, uint32_t *id);
int pu_group_destroy(int fd, uint32_t id);
int pu_group_state(int fd, uint32_t id, uint32_t *state, uint32_t *fatal_queues);

uint32_t pu_sync_create(int fd);
void pu_sync_destroy(int fd, uint32_t handle);
/** Waits for a binary syncobj (point 0) or a timeline point; -ETIME on time-out. */
int pu_sync_wait(int fd, uint32_t handle, uint64_t point, int64_t ns);
/** Status of the fence in a syncobj: 1 signalled, 0 active, negative error. */
int pu_sync_status(int fd, uint32_t handle);
/** The syncobj's fence as a file, which outlives the device; -errno. */
int pu_sync_file(int fd, uint32_t handle);
/** Waits @ms for such a file's fence, then its status as above. */
int pu_file_status(int file, int ms);

struct pu_sync {
    uint32_t handle;
    bool signal, timeline;
    uint64_t point;
};
/** Translates @count (at most 16) of them into @ops, the uAPI's form. */
struct drm_panthor_obj_array pu_sync_ops(struct drm_panthor_sync_op *ops, const struct pu_sync *syncs,
                                         unsigned count);
/** Signals a timeline point from the CPU, or reads how far the timeline is. */
int pu_timeline_signal(int fd, uint32_t handle, uint64_t point);
int pu_timeline_query(int fd, uint32_t handle, uint64_t *point);
int pu_submit(int fd, uint32_t group, uint32_t queue, uint64_t va, uint32_t bytes,
              const struct pu_sync *syncs, unsigned count);

/** A VM with a stream area and a data area, both mapped on the CPU. */
struct pu_ctx {
    int fd;
    uint32_t vm, stream_bo, data_bo;
    uint64_t *stream;
    volatile uint32_t *data;
    uint32_t used; /* bytes of the stream area */
};
/** These fail the subtest (or skip it, when there is no device). */
int pu_need_device(void);
struct pu_ctx pu_need_ctx(int fd);
void pu_ctx_free(struct pu_ctx *c);
uint32_t pu_need_group(struct pu_ctx *c, unsigned queues);
/** Copies @n instructions; returns their VA (64-byte aligned). */
uint64_t pu_stream(struct pu_ctx *c, const uint64_t *words, unsigned n);
/** Submits a stream that signals @sync. */
int pu_go(struct pu_ctx *c, uint32_t group, uint32_t queue, const uint64_t *words, unsigned n,
          uint32_t sync);
/** Submits and waits; 0, or -errno of submission, waiting or the fence itself. */
int pu_run_on(struct pu_ctx *c, uint32_t group, uint32_t queue, const uint64_t *words, unsigned n, int64_t ns);
/** The same on queue 0 with the usual time-out. */
int pu_run(struct pu_ctx *c, uint32_t group, const uint64_t *words, unsigned n);
/** CPU view of the data area at byte @off. */
static inline volatile uint32_t *pu_data(struct pu_ctx *c, uint32_t off)
{
    return c->data + off / 4;
}
static inline uint64_t pu_data64(struct pu_ctx *c, uint32_t off)
{
    return *(volatile uint64_t *)(c->data + off / 4);
}
#define PU_N(words) (sizeof(words) / sizeof((words)[0]))

#endif
