/*
 * Scenes of gles_draw: video frames that are imported as dma-bufs and sampled as external
 * textures. llvmpipe cannot import them: there the scene draws what the processor makes of the
 * same frame. Called through the table at the end. Calls gld.c, libEGL, the driver's ioctls.
 *
 * SPDX-License-Identifier: MIT
 */
#include <drm_fourcc.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "garm_igt.h"
#include "gld.h"
#include "panthor_util.h"

/* Of a frame: the cells' size, so that every pixel has a texel of its own. */
#define COLUMNS 2u
#define ROWS    3u
#define WIDTH   (GLD_W / COLUMNS - 2)
#define HEIGHT  (GLD_H_ / ROWS - 2)
#define PIECE   64u /* strides and planes are multiples of */

/* Frames of two planes: luma, and pairs of chroma for every second column. */
static const struct frame {
    uint32_t fourcc;
    unsigned rows;              /* of luma for one of chroma */
    unsigned bits, room, shift; /* of a sample; from one to the next; below it */
} frames[] = {
    {DRM_FORMAT_NV12, 2, 8, 8, 0},   {DRM_FORMAT_NV16, 1, 8, 8, 0},
    {DRM_FORMAT_NV15, 2, 10, 10, 0}, {DRM_FORMAT_NV20, 1, 10, 10, 0},
    {DRM_FORMAT_P010, 2, 10, 16, 6},
};

/* --- what the frame shows ------------------------------------------------------------------ */

/* Luma of 10 bits that uses all of them, from texel to texel. */
static unsigned luma(unsigned x, unsigned y)
{
    return (x * 53 + y * 197 + x * y * 7) % 1024;
}

/* Chroma from 0.4 to 0.6 across and upwards: on a slope it does not matter how it is interpolated.
 */
static double chroma(double x, double y, unsigned c)
{
    return 0.4 + 0.2 * (c ? y / HEIGHT : x / WIDTH);
}

static unsigned rounded(double value, unsigned bits)
{
    return (unsigned)(value * ((1u << bits) - 1) + 0.5);
}

/* The same as RGB: BT.601, all values in use. */
static void show(const struct frame *f, unsigned x, unsigned y, uint8_t rgba[4])
{
    double l = (double)(luma(x, y) >> (10 - f->bits)) / ((1u << f->bits) - 1),
           u = chroma(x + 0.5, y + 0.5, 0) - 0.5, v = chroma(x + 0.5, y + 0.5, 1) - 0.5;
    double rgb[3] = {l + 1.402 * v, l - 0.344136 * u - 0.714136 * v, l + 1.772 * u};

    for (unsigned c = 0; c < 3; c++)
        rgba[c] = (uint8_t)rounded(rgb[c] < 0 ? 0 : rgb[c] > 1 ? 1 : rgb[c], 8);
    rgba[3] = 255;
}

/* --- memory --------------------------------------------------------------------------------- */

/* Sample @index of a row, its bits from the lowest on. */
static void put(const struct frame *f, uint8_t *row, unsigned index, unsigned value)
{
    for (unsigned b = 0; b < f->bits; b++) {
        unsigned bit = index * f->room + f->shift + b;

        row[bit / 8] |= (uint8_t)((value >> b & 1) << bit % 8);
    }
}

static unsigned stride_of(const struct frame *f)
{
    return (WIDTH * f->room / 8 + PIECE) / PIECE * PIECE;
}

static void fill_frame(const struct frame *f, uint8_t *to)
{
    unsigned stride = stride_of(f);
    uint8_t *pairs = to + (size_t)stride * HEIGHT;

    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            put(f, to + y * stride, x, luma(x, y) >> (10 - f->bits));
    for (unsigned y = 0; y < HEIGHT / f->rows; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            put(f, pairs + y * stride, x,
                rounded(chroma(x / 2 * 2 + 1, (y + 0.5) * f->rows, x & 1), f->bits));
}

/* A buffer object of the GPU's driver with the frame in it, as a file. */
static int frame_file(const struct frame *f)
{
    uint64_t size = (uint64_t)stride_of(f) * HEIGHT * 2;
    struct drm_prime_handle prime = {.flags = DRM_CLOEXEC | DRM_RDWR};
    int fd = pu_open();
    void *view;

    igt_assert_lte(0, fd);
    igt_assert_eq(pu_bo_create(fd, &size, 0, 0, &prime.handle), 0);
    view = pu_bo_mmap(fd, prime.handle, size);
    igt_assert(view);
    memset(view, 0, size);
    fill_frame(f, view);
    munmap(view, size);
    igt_assert_eq(pu_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    close(fd);
    return prime.fd;
}

/* --- textures -------------------------------------------------------------------------------- */

static void import(struct glc *gl, const struct frame *f)
{
    PFNEGLCREATEIMAGEKHRPROC create = gld_entry(gl, "eglCreateImageKHR");
    PFNEGLDESTROYIMAGEKHRPROC destroy = gld_entry(gl, "eglDestroyImageKHR");
    PFNGLEGLIMAGETARGETTEXTURE2DOESPROC target = gld_entry(gl, "glEGLImageTargetTexture2DOES");
    int file = frame_file(f);
    const EGLint stride = (EGLint)stride_of(f), attributes[] = {
                                                    EGL_WIDTH,
                                                    (EGLint)WIDTH,
                                                    EGL_HEIGHT,
                                                    (EGLint)HEIGHT,
                                                    EGL_LINUX_DRM_FOURCC_EXT,
                                                    (EGLint)f->fourcc,
                                                    EGL_DMA_BUF_PLANE0_FD_EXT,
                                                    file,
                                                    EGL_DMA_BUF_PLANE0_OFFSET_EXT,
                                                    0,
                                                    EGL_DMA_BUF_PLANE0_PITCH_EXT,
                                                    stride,
                                                    EGL_DMA_BUF_PLANE1_FD_EXT,
                                                    file,
                                                    EGL_DMA_BUF_PLANE1_OFFSET_EXT,
                                                    stride * (EGLint)HEIGHT,
                                                    EGL_DMA_BUF_PLANE1_PITCH_EXT,
                                                    stride,
                                                    EGL_YUV_COLOR_SPACE_HINT_EXT,
                                                    EGL_ITU_REC601_EXT,
                                                    EGL_SAMPLE_RANGE_HINT_EXT,
                                                    EGL_YUV_FULL_RANGE_EXT,
                                                    EGL_NONE,
                                                };
    EGLImageKHR image =
        create(gl->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);

    close(file);
    igt_assert_f(image != EGL_NO_IMAGE_KHR, "%s: import of %.4s: EGL error 0x%x", gl->label,
                 (const char *)&f->fourcc, eglGetError());
    gld_texture(gl, GL_TEXTURE_EXTERNAL_OES);
    target(GL_TEXTURE_EXTERNAL_OES, image);
    gld_filters(GL_TEXTURE_EXTERNAL_OES, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    glc_check(gl, "an imported frame");
    destroy(gl->display, image);
}

static void convert(struct glc *gl, const struct frame *f)
{
    static uint8_t rgba[HEIGHT][WIDTH][4];

    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            show(f, x, y, rgba[y][x]);
    glc_texture(gl, GL_RGBA8, WIDTH, HEIGHT);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, WIDTH, HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
}

static void video(struct glc *gl)
{
    bool imports = !strcmp(gl->label, "mali");

    if (imports)
        gld_need(gl, "GL_OES_EGL_image_external_essl3");
    gld_quad_program(gl, imports ? "uniform highp samplerExternalOES t; in vec2 st; out vec4 o;\n"
                                   "void main() { o = texture(t, st); }\n"
                                 : "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                                   "void main() { o = texture(t, st); }\n");
    for (unsigned i = 0; i < GLC_COUNT(frames); i++) {
        if (imports)
            import(gl, &frames[i]);
        else
            convert(gl, &frames[i]);
        gld_cell(i, COLUMNS, ROWS);
        gld_quad();
    }
}

const struct gld_scene scenes_yuv[] = {
    {"video", "NV12, NV16, NV15, NV20, P010 as dma-bufs", video, 3, 0,
     "coefficients of the conversion; chroma where P010 has none of its own"},
    {0},
};
