/*
 * Vulkan compute on unmodified Mesa: every case runs on the Mali (panvk) and on lavapipe in
 * the same guest, and is compared with what the CPU computes and with each other.
 *
 *     vk_compute [--list-subtests] [--run-subtest PATTERN]
 *     vk_compute --bench [CASE...]    times, as JSON
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "garm_igt.h"
#include "vk_compute.h"

IGT_TEST_DESCRIPTION("Vulkan compute: the Mali against lavapipe and the CPU");

static const struct vk_case *const tables[] = {cases_basic, cases_math, cases_parallel, cases_memory};
static struct vkc mali, lavapipe;

static const unsigned sizes[] = {[OUT_U8] = 1,  [OUT_U16] = 2, [OUT_U32] = 4,
                                 [OUT_U64] = 8, [OUT_F32] = 4, [OUT_F16] = 2};

void outcome_make(struct outcome *o, enum outcome_type type, unsigned count)
{
    o->type = type;
    o->count = count;
    o->got = calloc(count, sizes[type]);
    o->want = calloc(count, sizes[type]);
    igt_assert(o->got && o->want);
}

static void outcome_free(struct outcome *o)
{
    free(o->got);
    free(o->want);
    memset(o, 0, sizeof(*o));
}

uint32_t rnd(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8 ^ *state << 11;
}

float rnd_small(uint32_t *state)
{
    return ((int)(rnd(state) >> 7 & 255) - 128) / 16.0f;
}

/* --- comparison -------------------------------------------------------------------------- */

static uint64_t element(enum outcome_type type, const void *array, unsigned i)
{
    uint64_t v = 0;

    memcpy(&v, (const char *)array + (size_t)i * sizes[type], sizes[type]);
    return v;
}

static double number(enum outcome_type type, uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    uint16_t low = (uint16_t)bits;
    _Float16 half;
    float f;

    memcpy(&f, &word, 4);
    memcpy(&half, &low, 2);
    return type == OUT_F32 ? f : type == OUT_F16 ? (double)half : (double)bits;
}

/* Floats of one sign are ordered as their bits are; both zeros are one number. */
static int64_t ordered(uint64_t bits, unsigned width)
{
    uint64_t sign = 1ull << (width - 1);

    return bits & sign ? -(int64_t)(bits & (sign - 1)) : (int64_t)bits;
}

static bool same(const struct outcome *o, uint64_t a, uint64_t b)
{
    unsigned width = 8 * sizes[o->type];
    int64_t distance;

    if (a == b)
        return true;
    if (o->type != OUT_F32 && o->type != OUT_F16)
        return false;
    distance = ordered(a, width) - ordered(b, width);
    if (!distance)
        return o->zeros || o->ulps;
    return llabs(distance) <= o->ulps ||
           (o->absolute > 0 && fabs(number(o->type, a) - number(o->type, b)) <= o->absolute);
}

static void compare(const struct outcome *o, const void *got, const void *want, const char *who,
                    const char *whom)
{
    for (unsigned i = 0; i < o->count; i++) {
        uint64_t g = element(o->type, got, i), w = element(o->type, want, i);
        igt_assert_f(same(o, g, w),
                     "element %u of %u: %s got 0x%" PRIx64 " (%g), expected as %s 0x%" PRIx64
                     " (%g), %u ulps allowed",
                     i, o->count, who, g, number(o->type, g), whom, w, number(o->type, w), o->ulps);
    }
}

/* --- running ------------------------------------------------------------------------------ */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void run_on(struct vkc *vk, const struct vk_case *c, struct outcome *o)
{
    double start = now();

    c->run(vk, o, 1);
    igt_info("%s: %.3f s, of it %.3f s from submit to fence\n", vk->label, now() - start, vk->seconds);
    compare(o, o->got, o->want, vk->label, "the CPU");
}

static void run_case(const struct vk_case *c)
{
    static struct outcome a, b;
    const char *lacks = c->lacks ? c->lacks(&mali) : NULL;

    outcome_free(&a); /* what a failed case left */
    outcome_free(&b);
    vkc_reset(&mali);
    vkc_reset(&lavapipe);
    igt_skip_on_f(lacks, "%s: %s", mali.props.deviceName, lacks);
    run_on(&mali, c, &a);
    lacks = c->lacks ? c->lacks(&lavapipe) : NULL;
    if (!lacks) {
        run_on(&lavapipe, c, &b);
        igt_assert_eq(a.count, b.count);
        if (a.group == b.group)
            compare(&a, a.got, b.got, mali.label, lavapipe.label);
        else
            igt_info("subgroups of %u and %u: each compared with the CPU only\n", a.group, b.group);
    } else {
        igt_info("not compared with lavapipe: %s\n", lacks);
    }
}

static void open_both(void)
{
    igt_require_f(vkc_open(&mali, VKC_MALI, "mali"), "no Vulkan device of vendor 0x%x", VKC_MALI);
    igt_assert_f(vkc_open(&lavapipe, VKC_MESA, "lavapipe"), "no Vulkan device of vendor 0x%x (lavapipe)",
                 VKC_MESA);
    igt_info("%s, Vulkan %u.%u.%u, driver 0x%x; %s\n", mali.props.deviceName,
             VK_API_VERSION_MAJOR(mali.props.apiVersion), VK_API_VERSION_MINOR(mali.props.apiVersion),
             VK_API_VERSION_PATCH(mali.props.apiVersion), mali.props.driverVersion,
             lavapipe.props.deviceName);
}

igt_main
{
    static unsigned t; /* static: a failed subtest comes back here by longjmp() */
    static const struct vk_case *c;

    igt_fixture
        open_both();
    for (t = 0; t < VKC_COUNT(tables); t++)
        for (c = tables[t]; c->name; c++) {
            igt_describe(c->what);
            igt_subtest(c->name)
                run_case(c);
        }
    igt_fixture
    {
        vkc_close(&mali);
        vkc_close(&lavapipe);
    }
}
