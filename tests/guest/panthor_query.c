/*
 * DEV_QUERY: sizes, contents against what the device is (GARM_EXPECT), bad input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "garm_igt.h"
#include "panthor_util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fd;

#define FIELD(type, name) {#name, offsetof(struct drm_panthor_##type, name), sizeof(((struct drm_panthor_##type *)0)->name)}
struct field {
    const char *name;
    size_t at, size;
};
static const struct field gpu_fields[] = {
    FIELD(gpu_info, gpu_id), FIELD(gpu_info, gpu_rev), FIELD(gpu_info, csf_id), FIELD(gpu_info, l2_features),
    FIELD(gpu_info, tiler_features), FIELD(gpu_info, mem_features), FIELD(gpu_info, mmu_features),
    FIELD(gpu_info, thread_features), FIELD(gpu_info, max_threads), FIELD(gpu_info, as_present),
    FIELD(gpu_info, shader_present), FIELD(gpu_info, l2_present), FIELD(gpu_info, tiler_present),
    FIELD(gpu_info, coherency_features), FIELD(gpu_info, core_features),
    FIELD(gpu_info, thread_max_workgroup_size), FIELD(gpu_info, thread_max_barrier_size),
    FIELD(gpu_info, texture_features[0]), FIELD(gpu_info, texture_features[1]),
    FIELD(gpu_info, texture_features[2]), FIELD(gpu_info, texture_features[3]),
};
static const struct field csif_fields[] = {
    FIELD(csif_info, csg_slot_count), FIELD(csif_info, cs_slot_count), FIELD(csif_info, cs_reg_count),
    FIELD(csif_info, scoreboard_slot_count), FIELD(csif_info, unpreserved_cs_reg_count),
};

/* Value that GARM_EXPECT="name=value,..." gives for @name. */
static bool expected(const char *name, uint64_t *value)
{
    const char *at = getenv("GARM_EXPECT");
    size_t len = strlen(name);

    for (; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (!strncmp(at, name, len) && at[len] == '=') {
            *value = strtoull(at + len + 1, NULL, 0);
            return true;
        }
    }
    return false;
}

static bool known(const char *name, const struct field *f, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        size_t len = strlen(f[i].name);

        if (!strncmp(name, f[i].name, len) && name[len] == '=')
            return true;
    }
    return false;
}

/* A name in GARM_EXPECT that nothing compares would be a comparison silently lost. */
static void expected_names(void)
{
    const char *at = getenv("GARM_EXPECT");

    igt_require_f(at && *at, "GARM_EXPECT is not set");
    for (; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        igt_assert_f(known(at, gpu_fields, PU_N(gpu_fields)) || known(at, csif_fields, PU_N(csif_fields)),
                     "GARM_EXPECT: no such field: %s", at);
}

static void compare(const void *info, const struct field *f, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t got = 0, want;

        memcpy(&got, (const char *)info + f[i].at, f[i].size);
        igt_info("%s = 0x%" PRIx64 "\n", f[i].name, got);
        if (expected(f[i].name, &want))
            igt_assert_f(got == want, "%s: got 0x%" PRIx64 ", expected 0x%" PRIx64, f[i].name, got, want);
    }
}

static void gpu_info(void)
{
    struct drm_panthor_gpu_info info = {0};

    igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, &info, sizeof(info)), 0);
    igt_assert_neq_u32(info.gpu_id, 0);
    igt_assert_neq_u64(info.shader_present, 0);
    compare(&info, gpu_fields, PU_N(gpu_fields));
}

static void csif_info(void)
{
    struct drm_panthor_csif_info info = {0};

    igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_CSIF_INFO, &info, sizeof(info)), 0);
    igt_assert_eq(info.unpreserved_cs_reg_count, 4);
    compare(&info, csif_fields, PU_N(csif_fields));
}

static uint32_t size_of(uint32_t type)
{
    struct drm_panthor_dev_query q = {.type = type};

    igt_assert_eq(pu_ioctl(fd, DRM_IOCTL_PANTHOR_DEV_QUERY, &q), 0);
    return q.size;
}

static void sizes(void)
{
    igt_assert_lte(96, size_of(DRM_PANTHOR_DEV_QUERY_GPU_INFO));
    igt_assert_eq(size_of(DRM_PANTHOR_DEV_QUERY_CSIF_INFO), 24);
}

/* A small structure gets the beginning, a large one zeros at its end. */
static void truncated(void)
{
    uint32_t buf[64];

    memset(buf, 0xff, sizeof(buf));
    igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, buf, 96), 0);
    igt_assert_eq_u32(buf[96 / 4], 0xffffffff);
    igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, buf, sizeof(buf)), 0);
    igt_assert_eq_u32(buf[63], 0);
}

/* TIMESTAMP_INFO came with 1.1: type 2, at least 16 bytes: frequency, current value. */
static void timestamp(void)
{
    uint64_t a[3] = {0}, b[3] = {0};

    igt_require_f(pu_minor(fd) >= 1, "panthor 1.%d has no TIMESTAMP_INFO", pu_minor(fd));
    igt_assert_eq(pu_query(fd, PU_QUERY_TIMESTAMP, a, sizeof(a)), 0);
    igt_assert_eq(pu_query(fd, PU_QUERY_TIMESTAMP, b, sizeof(b)), 0);
    igt_assert_neq_u64(a[0], 0);
    igt_assert_lt_u64(a[1], b[1]);
    igt_assert_eq(pu_query(fd, PU_QUERY_TIMESTAMP, a, 8), -EINVAL);
}

static int timestamp_query(uint32_t flags, struct pu_timestamp_info *t)
{
    *t = (struct pu_timestamp_info){.flags = flags};
    return pu_query(fd, PU_QUERY_TIMESTAMP, t, sizeof(*t));
}

/* From 1.8 flags select the outputs; the others are zero. */
static void timestamp_flags(void)
{
    struct pu_timestamp_info t;
    struct {
        struct pu_timestamp_info t;
        uint64_t beyond;
    } large = {.beyond = 1};

    igt_require_f(pu_minor(fd) >= PU_MINOR_TIMESTAMP_FLAGS, "panthor 1.%d has no timestamp flags", pu_minor(fd));
    igt_assert_eq(timestamp_query(PU_TIMESTAMP_GPU | PU_TIMESTAMP_CPU_MONOTONIC, &t), 0);
    igt_assert_neq_u64(t.current, 0);
    igt_assert_neq_u64(t.cpu_sec | t.cpu_nsec, 0);
    igt_assert_eq_u64(t.frequency, 0);
    igt_assert_eq(timestamp_query(PU_TIMESTAMP_FREQ | PU_TIMESTAMP_CYCLES | PU_TIMESTAMP_DURATION, &t), 0);
    igt_assert_neq_u64(t.frequency, 0);
    igt_assert_eq_u64(t.current, 0);
    igt_assert_eq(timestamp_query(PU_TIMESTAMP_BAD, &t), -EINVAL);
    igt_assert_eq(timestamp_query(PU_TIMESTAMP_CPU_BAD, &t), -EINVAL);
    igt_assert_eq(pu_query(fd, PU_QUERY_TIMESTAMP, &large, sizeof(large)), -E2BIG);
}

/* root may use every priority */
static void priorities(void)
{
    uint32_t mask = 0;

    igt_require_f(pu_minor(fd) >= PU_MINOR_PRIORITIES, "panthor 1.%d has no GROUP_PRIORITIES_INFO", pu_minor(fd));
    igt_assert_eq(pu_query(fd, PU_QUERY_PRIORITIES, &mask, sizeof(mask)), 0);
    igt_assert_eq_u32(mask & 3, 3);
    if (!geteuid())
        igt_assert_eq_u32(mask, 0xf);
}

/* Query types that a newer driver brought are unknown to an older one. */
static void newer_types(void)
{
    uint64_t buf[8] = {0};

    igt_require_f(pu_minor(fd) < PU_MINOR_TIMESTAMP, "panthor 1.%d knows them", pu_minor(fd));
    igt_assert_eq(pu_query(fd, PU_QUERY_TIMESTAMP, buf, 24), -EINVAL);
    igt_assert_eq(pu_query(fd, PU_QUERY_PRIORITIES, buf, 4), -EINVAL);
}

igt_main
{
    uint32_t buf[64];

    igt_fixture fd = pu_need_device();
    igt_describe("identity and features, compared with GARM_EXPECT");
    igt_subtest("gpu-info") gpu_info();
    igt_describe("IGT's own: GPU_INFO answers and names a GPU");
    igt_subtest("query") gpu_info();
    igt_subtest("csif-info") csif_info();
    igt_describe("every name in GARM_EXPECT is a field");
    igt_subtest("expected-names") expected_names();
    igt_subtest("sizes") sizes();
    igt_subtest("truncated") truncated();
    igt_subtest("timestamp") timestamp();
    igt_subtest("timestamp-flags") timestamp_flags();
    igt_subtest("priorities") priorities();
    igt_subtest("newer-types") newer_types();
    igt_subtest("bad-type") igt_assert_eq(pu_query(fd, 99, buf, sizeof(buf)), -EINVAL);
    igt_subtest("bad-size") igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, buf, 8), -EINVAL);
    igt_subtest("bad-size-csif") igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_CSIF_INFO, buf, 20), -EINVAL);
    igt_subtest("bad-pointer") igt_assert_eq(pu_query(fd, DRM_PANTHOR_DEV_QUERY_GPU_INFO, (void *)8, 104), -EFAULT);
}
