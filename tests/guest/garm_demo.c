/*
 * The demonstration that scripts/run shows: who the GPU is, which firmware it
 * runs, and the MOV job: the GPU stores a constant in memory and a fence says so.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "panthor_util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <time.h>

#define MAGIC 0xcafef00du

static const struct {
    uint32_t product; /* GPU_ID >> 16 with the revision of the architecture cleared */
    const char *name;
} names[] = {
    {0xa807, "Mali-G610"}, {0xa802, "Mali-G710"}, {0xaa03, "Mali-G510"}, {0xac04, "Mali-G310"},
};

static const char *gpu_name(uint32_t id)
{
    for (unsigned i = 0; i < PU_N(names); i++) {
        if (names[i].product == ((id >> 16) & 0xff0f))
            return names[i].name;
    }
    return "unknown Mali";
}

static void print_kernel_line(const char *label, const char *what)
{
    size_t size = 1 << 20;
    char *log = calloc(1, size + 1), *at, *end;

    if (!log || klogctl(3, log, size) < 0) {
        printf("%-10s (the kernel log cannot be read)\n", label);
        free(log);
        return;
    }
    at = strstr(log, what);
    end = at ? strchr(at, '\n') : NULL;
    if (end)
        *end = 0;
    printf("%-10s %s\n", label, at ? at : "not found in the kernel log");
    free(log);
}

static int print_identity(int fd)
{
    struct drm_panthor_gpu_info g = {0};
    struct drm_panthor_csif_info c = {0};
    struct utsname u;
    int r = pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, &g, sizeof(g));

    r = r ? r : pu_query(fd, DRM_PANTHOR_DEV_QUERY_CSIF_INFO, &c, sizeof(c));
    if (r)
        return r;
    uname(&u);
    printf("GPU        %s (GPU_ID 0x%08x: architecture %u.%u.%u, version r%up%u)\n", gpu_name(g.gpu_id),
           g.gpu_id, g.gpu_id >> 28, (g.gpu_id >> 24) & 15, (g.gpu_id >> 20) & 15,
           (g.gpu_id >> 12) & 15, (g.gpu_id >> 4) & 255);
    printf("           %d shader cores (mask 0x%" PRIx64 "), %d L2, %d tiler, %u-bit virtual, %u-bit "
           "physical addresses\n", __builtin_popcountll(g.shader_present), (uint64_t)g.shader_present,
           __builtin_popcountll(g.l2_present), __builtin_popcountll(g.tiler_present),
           g.mmu_features & 255, (g.mmu_features >> 8) & 255);
    printf("           %u groups x %u streams, %u registers, %u scoreboard entries, %d address spaces\n",
           c.csg_slot_count, c.cs_slot_count, c.cs_reg_count, c.scoreboard_slot_count,
           __builtin_popcount(g.as_present));
    printf("Driver     panthor 1.%d on Linux %s\n", pu_minor(fd), u.release);
    print_kernel_line("Firmware", "CSF FW");
    return 0;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int mov_job(int fd)
{
    struct pu_ctx c = {.fd = fd};
    uint64_t size = PU_AREA;
    uint32_t group, sync;
    double start;
    int r = pu_vm_create(fd, 0, 0, &c.vm);

    r = r ? r : pu_bo_create(fd, &size, 0, 0, &c.stream_bo);
    r = r ? r : pu_bo_create(fd, &size, 0, 0, &c.data_bo);
    r = r ? r : pu_map(fd, c.vm, c.stream_bo, PU_STREAM_VA, size, 0);
    r = r ? r : pu_map(fd, c.vm, c.data_bo, PU_DATA_VA, size, 0);
    r = r ? r : pu_group_create(fd, c.vm, 1, 65536, PANTHOR_GROUP_PRIORITY_MEDIUM, &group);
    if (r)
        return r;
    c.stream = pu_bo_mmap(fd, c.stream_bo, size);
    c.data = pu_bo_mmap(fd, c.data_bo, size);
    if (!c.stream || !c.data)
        return -ENOMEM;
    const uint64_t job[] = {
        cs_mov48(68, PU_DATA_VA), cs_mov32(70, MAGIC), cs_store(70, 68, 1, 0), cs_wait(0xff),
        cs_mov32(70, 0), cs_flush(70, 0, 1), cs_wait(0xff),
    };
    sync = pu_sync_create(fd);
    printf("MOV job    MOVE32 r70 <- 0x%08x; STORE_MULTIPLE r70 -> 0x%llx; flush; fence\n", MAGIC, PU_DATA_VA);
    start = seconds();
    r = pu_go(&c, group, 0, job, PU_N(job), sync);
    r = r ? r : pu_sync_wait(fd, sync, 0, PU_WAIT);
    printf("           memory holds 0x%08x, fence %s after %.2f ms\n", c.data[0],
           r ? strerror(-r) : "signalled", (seconds() - start) * 1e3);
    if (!r && c.data[0] != MAGIC)
        r = -EIO;
    pu_group_destroy(fd, group);
    pu_ctx_free(&c);
    return r;
}

int main(void)
{
    int fd = pu_open();
    int r;

    if (fd < 0) {
        printf("Verdict    FAILED: no render node of the driver panthor (is it loaded? see dmesg)\n");
        return 1;
    }
    r = print_identity(fd);
    r = r ? r : mov_job(fd);
    if (r)
        printf("Verdict    FAILED: %s\n", strerror(-r));
    else
        printf("Verdict    OK: the firmware boots, the GPU runs a job\n");
    return r ? 1 : 0;
}
