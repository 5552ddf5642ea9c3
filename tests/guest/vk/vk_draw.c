/*
 * Vulkan drawing on unmodified Mesa: every scene is drawn by the Mali (panvk) and by lavapipe in
 * the same guest, and the pictures are compared.
 *
 *     vk_draw [--list-subtests] [--run-subtest PATTERN]
 *
 * A scene allows some difference of a channel, and some pixels that differ by more; its table says
 * why. VK_DRAW_OUT=FOLDER keeps the pictures as PPM.
 *
 * SPDX-License-Identifier: MIT
 */
#include "garm_igt.h"
#include "outcome.h"
#include "picture.h"
#include "vkd.h"

IGT_TEST_DESCRIPTION("Vulkan drawing: the Mali against lavapipe");

static const struct vkd_scene *const tables[] = {scenes_basic, scenes_output, scenes_textures,
                                                 scenes_passes, scenes_transfers};
static struct vkc mali, lavapipe;
static bool under_way; /* stays set when a scene ends in the middle */

/* A scene that ended in the middle may have lost its device: the next one gets a new one. */
static void renew(struct vkc *vk, uint32_t vendor, const char *label)
{
    if (!under_way)
        return;
    vkc_close(vk);
    igt_assert_f(vkc_open(vk, vendor, label), "%s cannot be opened again", label);
}

static void draw_on(struct vkc *vk, const struct vkd_scene *s, uint8_t *px)
{
    static struct vkd d;
    double start = now();

    vkd_start(&d, vk);
    s->draw(&d);
    vkd_finish(&d, px);
    igt_info("%s: %.3f s, of it %.3f s from submit to fence\n", vk->label, now() - start,
             vk->seconds);
    vkc_reset(vk);
    picture_keep("VK_DRAW_OUT", s->name, vk->label, px, VKD_W, VKD_H_, 0);
}

static void run_scene(const struct vkd_scene *s)
{
    static uint8_t a[VKD_W * VKD_H_ * 4], b[VKD_W * VKD_H_ * 4];
    const struct picture_limit limit = {s->tolerance, s->pixels};

    renew(&mali, VKC_MALI, "mali");
    renew(&lavapipe, VKC_MESA, "lavapipe");
    under_way = true;
    draw_on(&mali, s, a);
    draw_on(&lavapipe, s, b);
    under_way = false;
    picture_compare(a, b, VKD_W, VKD_H_, &limit);
}

static void open_both(void)
{
    igt_require_f(vkc_open(&mali, VKC_MALI, "mali"), "no Vulkan device of vendor 0x%x", VKC_MALI);
    igt_assert_f(vkc_open(&lavapipe, VKC_MESA, "lavapipe"),
                 "no Vulkan device of vendor 0x%x (lavapipe)", VKC_MESA);
    igt_info("%s; %s\n", mali.props.deviceName, lavapipe.props.deviceName);
}

igt_main
{
    static unsigned t; /* static: a failed subtest comes back here by longjmp() */
    static const struct vkd_scene *s;

    igt_fixture open_both();
    for (t = 0; t < VKC_COUNT(tables); t++)
        for (s = tables[t]; s->name; s++) {
            igt_describe(s->what);
            igt_subtest(s->name) run_scene(s);
        }
    igt_fixture
    {
        vkc_close(&mali);
        vkc_close(&lavapipe);
    }
}
