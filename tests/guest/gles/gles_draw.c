/*
 * GLES drawing on unmodified Mesa: every scene is drawn on the Mali (panfrost) and on llvmpipe in
 * the same guest, and the pictures are compared.
 *
 *     gles_draw [--list-subtests] [--run-subtest PATTERN]      the first of each kind
 *     gles_scenes, gles_formats                                the others; formats of textures
 *
 * A pixel differs when a channel does by more than the scene allows; a scene allows that many
 * pixels to differ; its table (scenes_*.c) says why.
 * GLES_DRAW_OUT=FOLDER keeps the pictures as PPM.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "gld.h"
#include "outcome.h"
#include "picture.h"

IGT_TEST_DESCRIPTION("GLES drawing: the Mali against llvmpipe");

/* Which scenes: each of the three programs has its own; what llvmpipe takes for formats is minutes.
 */
static const struct gld_scene *const tables[] = {
#if defined(GLES_SCENES)
    scenes_vertices,
    scenes_samples,
    scenes_textures,
    scenes_output,
#elif defined(GLES_FORMATS)
    scenes_formats,
    scenes_yuv,
#else
    scenes_basic,
#endif
};
static struct glc mali, llvmpipe;

static void draw_on(struct glc *gl, const struct gld_scene *s, uint8_t *px)
{
    double start = now();

    glc_use(gl);
    gld_start(gl);
    s->draw(gl);
    glc_check(gl, s->name);
    gld_finish(gl, px);
    igt_info("%s: %.3f s\n", gl->label, now() - start);
    picture_keep("GLES_DRAW_OUT", s->name, gl->label, px, GLD_W, GLD_H_, 1);
}

static void run_scene(const struct gld_scene *s)
{
    static uint8_t a[GLD_W * GLD_H_ * 4], b[GLD_W * GLD_H_ * 4];
    const struct picture_limit limit = {s->tolerance, s->pixels};

    draw_on(&mali, s, a);
    draw_on(&llvmpipe, s, b);
    picture_compare(a, b, GLD_W, GLD_H_, &limit);
}

static void open_both(void)
{
    igt_require_f(glc_open(&mali, false, "mali") && strstr(mali.renderer, "Mali"),
                  "no EGL device that is a Mali (%s)", mali.renderer);
    igt_assert_f(glc_open(&llvmpipe, true, "llvmpipe"), "EGL has no software device");
    igt_info("%s; %s\n", mali.renderer, llvmpipe.renderer);
}

igt_main
{
    static unsigned t; /* static: a failed subtest comes back here by longjmp() */
    static const struct gld_scene *s;

    igt_fixture open_both();
    for (t = 0; t < GLC_COUNT(tables); t++)
        for (s = tables[t]; s->name; s++) {
            igt_describe(s->what);
            igt_subtest(s->name) run_scene(s);
        }
    igt_fixture
    {
        glc_close(&mali);
        glc_close(&llvmpipe);
    }
}
