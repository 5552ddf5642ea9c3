/*
 * Vulkan compute on unmodified Mesa: every case runs on the Mali (panvk) and on lavapipe in
 * the same guest, and is compared with what the CPU computes and with each other.
 *
 *     vk_compute [--list-subtests] [--run-subtest PATTERN]
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "garm_igt.h"
#include "vk_compute.h"

IGT_TEST_DESCRIPTION("Vulkan compute: the Mali against lavapipe and the CPU");

static const struct vk_case *const tables[] = {cases_basic, cases_math, cases_parallel,
                                               cases_memory};
static struct vkc mali, lavapipe;

/* --- running ------------------------------------------------------------------------------ */

static void run_on(struct vkc *vk, const struct vk_case *c, struct outcome *o)
{
    double start = now();

    c->run(vk, o, 1);
    igt_info("%s: %.3f s, of it %.3f s from submit to fence\n", vk->label, now() - start,
             vk->seconds);
    outcome_compare(o, o->got, o->want, vk->label, "the CPU");
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
            outcome_compare(&a, a.got, b.got, mali.label, lavapipe.label);
        else
            igt_info("subgroups of %u and %u: each compared with the CPU only\n", a.group, b.group);
    } else {
        igt_info("not compared with lavapipe: %s\n", lacks);
    }
}

static void open_both(void)
{
    igt_require_f(vkc_open(&mali, VKC_MALI, "mali"), "no Vulkan device of vendor 0x%x", VKC_MALI);
    igt_assert_f(vkc_open(&lavapipe, VKC_MESA, "lavapipe"),
                 "no Vulkan device of vendor 0x%x (lavapipe)", VKC_MESA);
    igt_info("%s, Vulkan %u.%u.%u, driver 0x%x; %s\n", mali.props.deviceName,
             VK_API_VERSION_MAJOR(mali.props.apiVersion),
             VK_API_VERSION_MINOR(mali.props.apiVersion),
             VK_API_VERSION_PATCH(mali.props.apiVersion), mali.props.driverVersion,
             lavapipe.props.deviceName);
}

igt_main
{
    static unsigned t; /* static: a failed subtest comes back here by longjmp() */
    static const struct vk_case *c;

    igt_fixture open_both();
    for (t = 0; t < VKC_COUNT(tables); t++)
        for (c = tables[t]; c->name; c++) {
            igt_describe(c->what);
            igt_subtest(c->name) run_case(c);
        }
    igt_fixture
    {
        vkc_close(&mali);
        vkc_close(&lavapipe);
    }
}
