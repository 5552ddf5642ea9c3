/*
 * What panthor 1.1 to 1.8 added to the uAPI: the build root's headers are 1.0.
 * The names have a prefix of their own (PU_, pu_), so newer headers do not clash.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PANTHOR_COMPAT_H
#define PANTHOR_COMPAT_H

#include <drm/drm.h>
#include <drm/panthor_drm.h>
#include <stdint.h>

/* drm version minors that brought something */
enum {
    PU_MINOR_TIMESTAMP = 1,
    PU_MINOR_PRIORITIES = 2,
    PU_MINOR_LABEL = 4,
    PU_MINOR_MMIO_OFFSET = 5,
    PU_MINOR_BO_SYNC = 7, /* and WB_MMAP, BO_QUERY_INFO */
    PU_MINOR_TIMESTAMP_FLAGS = 8,
};

enum { PU_QUERY_TIMESTAMP = 2, PU_QUERY_PRIORITIES = 3 };
enum { PU_PRIORITY_REALTIME = 3 };
enum { PU_BO_WB_MMAP = 1 << 1 };
enum { PU_MAP_SPARSE = 1 << 3 };
enum { PU_GROUP_INNOCENT = 1 << 2 };

/* flags, an input, select what the query fills in */
enum {
    PU_TIMESTAMP_GPU = 1 << 0,
    PU_TIMESTAMP_CPU_MONOTONIC = 1 << 1,
    PU_TIMESTAMP_CPU_BAD = 3 << 1,
    PU_TIMESTAMP_CYCLES = 1 << 5,
    PU_TIMESTAMP_FREQ = 1 << 6,
    PU_TIMESTAMP_DURATION = 1 << 7,
    PU_TIMESTAMP_BAD = 1 << 8,
};
struct pu_timestamp_info {
    uint64_t frequency, current, offset;
    uint32_t flags, duration_ns;
    uint64_t cycles, cpu_sec, cpu_nsec;
};

struct pu_bo_set_label {
    uint32_t handle, pad;
    uint64_t label;
};
struct pu_set_user_mmio_offset {
    uint64_t offset;
};
enum { PU_BO_FLUSH, PU_BO_FLUSH_INVALIDATE };
struct pu_bo_sync_op {
    uint32_t handle, type;
    uint64_t offset, size;
};
struct pu_bo_sync {
    struct drm_panthor_obj_array ops;
};
struct pu_bo_query_info {
    uint32_t handle, extra_flags, create_flags, pad;
};

#define PU_IOCTL_BO_SET_LABEL DRM_IOWR(DRM_COMMAND_BASE + 0x0d, struct pu_bo_set_label)
#define PU_IOCTL_SET_USER_MMIO_OFFSET DRM_IOWR(DRM_COMMAND_BASE + 0x0e, struct pu_set_user_mmio_offset)
#define PU_IOCTL_BO_SYNC DRM_IOWR(DRM_COMMAND_BASE + 0x0f, struct pu_bo_sync)
#define PU_IOCTL_BO_QUERY_INFO DRM_IOWR(DRM_COMMAND_BASE + 0x10, struct pu_bo_query_info)

#endif
