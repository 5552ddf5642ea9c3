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

/* Cells, and the largest frame, which is as large as they: every pixel has a texel of its own. */
#define COLUMNS 4u
#define ROWS    3u
#define SIZE    (GLD_W / COLUMNS - 2)
#define PIECE   64u /* strides are multiples of */
#define PLANES  3u
#define ROOM    (64u * 1024) /* from plane to plane: for whole tiles, and AFBC's headers */

enum kind {
    PAIRS,  /* luma, and U beside V in a plane */
    APART,  /* luma, U, V */
    PACKED, /* luma, U, luma, V in one plane */
};

/* Chroma for every second column; samples of 16 bits have their value in the upper ones. */
struct frame {
    uint32_t fourcc;
    enum kind kind;
    unsigned rows; /* of luma for one of chroma */
    unsigned bits, room;
    uint64_t modifier;
};

static const struct frame linear[] = {
    {DRM_FORMAT_NV12, PAIRS, 2, 8, 8, 0},   {DRM_FORMAT_NV16, PAIRS, 1, 8, 8, 0},
    {DRM_FORMAT_NV21, PAIRS, 2, 8, 8, 0},   {DRM_FORMAT_YUV420, APART, 2, 8, 8, 0},
    {DRM_FORMAT_YVU420, APART, 2, 8, 8, 0}, {DRM_FORMAT_YUYV, PACKED, 1, 8, 8, 0},
    {DRM_FORMAT_NV15, PAIRS, 2, 10, 10, 0}, {DRM_FORMAT_NV20, PAIRS, 1, 10, 10, 0},
    {DRM_FORMAT_P010, PAIRS, 2, 10, 16, 0}, {DRM_FORMAT_P012, PAIRS, 2, 12, 16, 0},
    {DRM_FORMAT_P016, PAIRS, 2, 16, 16, 0}, {DRM_FORMAT_Y216, PACKED, 1, 16, 16, 0},
};

#define TILED DRM_FORMAT_MOD_ARM_16X16_BLOCK_U_INTERLEAVED

static const struct frame tiled[] = {
    {DRM_FORMAT_NV12, PAIRS, 2, 8, 8, TILED},   {DRM_FORMAT_NV16, PAIRS, 1, 8, 8, TILED},
    {DRM_FORMAT_NV21, PAIRS, 2, 8, 8, TILED},   {DRM_FORMAT_YUV420, APART, 2, 8, 8, TILED},
    {DRM_FORMAT_YVU420, APART, 2, 8, 8, TILED},
};

/* Luma in blocks of 16 x 32, chroma of 8 x 16 pairs; a compute shader of Mesa makes rows of it. */
#define MEDIATEK (0x0bull << 56 | 1) /* newer headers: DRM_FORMAT_MOD_MTK_16L_32S_TILE */

static const struct frame mediatek[] = {{DRM_FORMAT_NV12, PAIRS, 2, 8, 8, MEDIATEK}};

#define AFBC(flags)                                                                                \
    DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_SPARSE | (flags))

static const struct frame compressed[] = {
    {DRM_FORMAT_NV12, PAIRS, 2, 8, 8, AFBC(0)},
    {DRM_FORMAT_NV16, PAIRS, 1, 8, 8, AFBC(0)},
    {DRM_FORMAT_NV12, PAIRS, 2, 8, 8, AFBC(AFBC_FORMAT_MOD_SPLIT)},
    {DRM_FORMAT_NV12, PAIRS, 2, 8, 8, AFBC(AFBC_FORMAT_MOD_TILED | AFBC_FORMAT_MOD_SC)},
};

/* Pixels each way. Mesa's shader converts whole tiles only. */
static unsigned size_of(const struct frame *f)
{
    return f->modifier == MEDIATEK ? 32 : SIZE;
}

static bool is_afbc(const struct frame *f)
{
    return f->modifier >> 52 == (DRM_FORMAT_MOD_VENDOR_ARM << 4 | DRM_FORMAT_MOD_ARM_TYPE_AFBC);
}

/* Of AFBC: the pixels across that a stride is a multiple of. */
static unsigned superblocks(const struct frame *f)
{
    return f->modifier & AFBC_FORMAT_MOD_TILED ? 8 * 16 : 16;
}

static unsigned planes_of(const struct frame *f)
{
    return f->kind == PAIRS ? 2 : f->kind == APART ? 3 : 1;
}

/* --- what the frame shows ------------------------------------------------------------------ */

static unsigned rounded(double value, unsigned bits)
{
    return (unsigned)(value * ((1u << bits) - 1) + 0.5);
}

/* Luma of 10 bits that uses all of them, from texel to texel. */
static unsigned luma(const struct frame *f, unsigned x, unsigned y)
{
    unsigned l = (x * 53 + y * 197 + x * y * 7) % 1024;

    return f->bits < 10 ? l >> (10 - f->bits) : l << (f->bits - 10) | l >> (20 - f->bits);
}

/* Chroma from 0.4 to 0.6 across and upwards: on a slope it does not matter how it is interpolated.
 */
static double chroma(const struct frame *f, double x, double y, unsigned c)
{
    return 0.4 + 0.2 * (c ? y : x) / size_of(f);
}

/* The same for the sample that column @x and row @y of chroma have; @c as in memory. */
static unsigned chroma_sample(const struct frame *f, unsigned x, unsigned y, unsigned c)
{
    bool swapped = f->fourcc == DRM_FORMAT_NV21 || f->fourcc == DRM_FORMAT_YVU420;

    return rounded(chroma(f, 2 * x + 1, (y + 0.5) * f->rows, swapped ? !c : c), f->bits);
}

/* The same as RGB: BT.601, all values in use. */
static void show(const struct frame *f, unsigned x, unsigned y, uint8_t rgba[4])
{
    double l = (double)luma(f, x, y) / ((1u << f->bits) - 1),
           u = chroma(f, x + 0.5, y + 0.5, 0) - 0.5, v = chroma(f, x + 0.5, y + 0.5, 1) - 0.5;
    double rgb[3] = {l + 1.402 * v, l - 0.344136 * u - 0.714136 * v, l + 1.772 * u};

    for (unsigned c = 0; c < 3; c++)
        rgba[c] = (uint8_t)rounded(rgb[c] < 0 ? 0 : rgb[c] > 1 ? 1 : rgb[c], 8);
    rgba[3] = 255;
}

/* --- memory --------------------------------------------------------------------------------- */

static unsigned up(unsigned value, unsigned piece)
{
    return (value + piece - 1) / piece * piece;
}

/* AFBC: what its superblocks, or tiles of their headers, would have in rows; Mesa is strict with
 * the planes of a frame, but takes what it would choose by itself for one alone. */
static unsigned stride_of(const struct frame *f, unsigned plane)
{
    if (is_afbc(f))
        return plane ? 2 * up(size_of(f) / 2, superblocks(f)) : up(size_of(f), superblocks(f));
    return up(size_of(f) * (f->kind == PACKED ? 2 : 1) * f->room / 8, PIECE);
}

/* The first bit of sample @c of element (@x, @y), which has @samples. */
static size_t place(const struct frame *f, unsigned samples, unsigned x, unsigned y, unsigned c)
{
    size_t row = (size_t)stride_of(f, 0) * 8 * y, index = x;

    if (f->modifier == TILED) { /* y3 (x3^y3) ... y0 (x0^y0) in tiles of 16 x 16 */
        row = (size_t)stride_of(f, 0) * 8 * (y / 16 * 16);
        index = x / 16 * 256;
        for (unsigned b = 0; b < 4; b++)
            index |= ((x ^ y) >> b & 1) << 2 * b | (y >> b & 1) << (2 * b + 1);
    }
    if (f->modifier == MEDIATEK) {
        unsigned w = 16 / samples, h = 32 / samples;
        row = (size_t)stride_of(f, 0) * 8 * (y / h * h);
        index = (x / w * h + y % h) * w + x % w;
    }
    return row + (index * samples + c) * f->room + (f->room == 16 ? 16 - f->bits : 0);
}

static void put(const struct frame *f, uint8_t *plane, size_t at, unsigned value)
{
    for (unsigned b = 0; b < f->bits; b++)
        plane[(at + b) / 8] |= (uint8_t)((value >> b & 1) << (at + b) % 8);
}

static void fill_frame(const struct frame *f, uint8_t *to)
{
    for (unsigned y = 0; y < size_of(f); y++)
        for (unsigned x = 0; x < size_of(f); x++)
            put(f, to, place(f, f->kind == PACKED ? 2 : 1, x, y, 0), luma(f, x, y));
    for (unsigned y = 0; y < size_of(f) / f->rows; y++)
        for (unsigned x = 0; x < size_of(f); x++) {
            unsigned c = x & 1, value = chroma_sample(f, x / 2, y, c);

            if (f->kind == PACKED)
                put(f, to, place(f, 4, x / 2, y, 1 + 2 * c), value);
            else if (f->kind == PAIRS)
                put(f, to + ROOM, place(f, 2, x / 2, y, c), value);
            else
                put(f, to + (1 + c) * ROOM, place(f, 1, x / 2, y, 0), value);
        }
}

/* A buffer object of the GPU's driver as a file, with the frame in it unless it is AFBC. */
static int frame_file(const struct frame *f)
{
    uint64_t size = PLANES * ROOM;
    struct drm_prime_handle prime = {.flags = DRM_CLOEXEC | DRM_RDWR};
    int fd = pu_open();
    void *view;

    igt_assert_lte(0, fd);
    igt_assert_eq(pu_bo_create(fd, &size, 0, 0, &prime.handle), 0);
    view = pu_bo_mmap(fd, prime.handle, size);
    igt_assert(view);
    memset(view, 0, size);
    if (!is_afbc(f))
        fill_frame(f, view);
    munmap(view, size);
    igt_assert_eq(pu_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    close(fd);
    return prime.fd;
}

/* --- textures -------------------------------------------------------------------------------- */

/* Planes [first, first + planes) of the file's frame as an image of their own. */
static EGLImageKHR image_of(struct glc *gl, const struct frame *f, int file, uint32_t fourcc,
                            unsigned width, unsigned height, unsigned first, unsigned planes)
{
    static const EGLint names[PLANES][5] = {
        {EGL_DMA_BUF_PLANE0_FD_EXT, EGL_DMA_BUF_PLANE0_OFFSET_EXT, EGL_DMA_BUF_PLANE0_PITCH_EXT,
         EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT},
        {EGL_DMA_BUF_PLANE1_FD_EXT, EGL_DMA_BUF_PLANE1_OFFSET_EXT, EGL_DMA_BUF_PLANE1_PITCH_EXT,
         EGL_DMA_BUF_PLANE1_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE1_MODIFIER_HI_EXT},
        {EGL_DMA_BUF_PLANE2_FD_EXT, EGL_DMA_BUF_PLANE2_OFFSET_EXT, EGL_DMA_BUF_PLANE2_PITCH_EXT,
         EGL_DMA_BUF_PLANE2_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE2_MODIFIER_HI_EXT},
    };
    PFNEGLCREATEIMAGEKHRPROC create = gld_entry(gl, "eglCreateImageKHR");
    EGLint list[12 + 10 * PLANES] = {EGL_WIDTH,
                                     (EGLint)width,
                                     EGL_HEIGHT,
                                     (EGLint)height,
                                     EGL_LINUX_DRM_FOURCC_EXT,
                                     (EGLint)fourcc,
                                     EGL_YUV_COLOR_SPACE_HINT_EXT,
                                     EGL_ITU_REC601_EXT,
                                     EGL_SAMPLE_RANGE_HINT_EXT,
                                     EGL_YUV_FULL_RANGE_EXT};
    unsigned n = 10;

    for (unsigned p = 0; p < planes; p++) {
        const EGLint values[5] = {file, (EGLint)((first + p) * ROOM),
                                  (EGLint)stride_of(f, first + p), (EGLint)f->modifier,
                                  (EGLint)(f->modifier >> 32)};
        for (unsigned i = 0; i < 5; i++) {
            list[n++] = names[p][i];
            list[n++] = values[i];
        }
    }
    list[n] = EGL_NONE;
    EGLImageKHR image = create(gl->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, list);
    igt_assert_f(image != EGL_NO_IMAGE_KHR, "%s: import of %.4s: EGL error 0x%x", gl->label,
                 (const char *)&fourcc, eglGetError());
    return image;
}

/* A texture, bound to @kind, that is the image; which is gone then. */
static GLuint texture_of(struct glc *gl, GLenum kind, EGLImageKHR image)
{
    PFNEGLDESTROYIMAGEKHRPROC destroy = gld_entry(gl, "eglDestroyImageKHR");
    PFNGLEGLIMAGETARGETTEXTURE2DOESPROC target = gld_entry(gl, "glEGLImageTargetTexture2DOES");
    GLuint texture = gld_texture(gl, kind);

    target(kind, image);
    gld_filters(kind, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    glc_check(gl, "an imported frame");
    destroy(gl->display, image);
    return texture;
}

/* Nobody but the GPU writes AFBC: the plane is a target of its own, into which its samples are
 * drawn. */
static void compress(struct glc *gl, const struct frame *f, int file, unsigned plane)
{
    static uint8_t samples[SIZE][SIZE][2];
    unsigned width = plane ? size_of(f) / 2 : size_of(f),
             height = plane ? size_of(f) / f->rows : size_of(f);
    GLuint fbo;

    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            for (unsigned c = 0; c < 2; c++)
                samples[y][x][c] = (uint8_t)(plane ? chroma_sample(f, x, y, c) : luma(f, x, y));
    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    GLuint target = texture_of(
        gl, GL_TEXTURE_2D,
        image_of(gl, f, file, plane ? DRM_FORMAT_GR88 : DRM_FORMAT_R8, width, height, plane, 1));
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target, 0);
    gld_need_complete(gl, "a plane in AFBC");
    glViewport(0, 0, (GLsizei)width, (GLsizei)height);
    glc_texture(gl, GL_RG8, SIZE, SIZE);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIZE, SIZE, GL_RG, GL_UNSIGNED_BYTE, samples);
    gld_quad_program(gl, "uniform sampler2D t; out vec4 o;\n"
                         "void main() { o = texelFetch(t, ivec2(gl_FragCoord.xy), 0); }\n");
    gld_quad();
    glFinish();
    glDeleteFramebuffers(1, &fbo);
    glc_check(gl, "a plane in AFBC");
    gld_back();
}

static void import(struct glc *gl, const struct frame *f)
{
    int file = frame_file(f);

    for (unsigned p = 0; p < planes_of(f) && is_afbc(f); p++)
        compress(gl, f, file, p);
    texture_of(gl, GL_TEXTURE_EXTERNAL_OES,
               image_of(gl, f, file, f->fourcc, size_of(f), size_of(f), 0, planes_of(f)));
    close(file);
}

/* Skips the scene when the driver does not offer the frame's layout. */
static void need_layout(struct glc *gl, const struct frame *f)
{
    PFNEGLQUERYDMABUFMODIFIERSEXTPROC query = gld_entry(gl, "eglQueryDmaBufModifiersEXT");
    EGLuint64KHR list[64];
    EGLBoolean external[64];
    EGLint n = 0;

    query(gl->display, (EGLint)f->fourcc, GLC_COUNT(list), list, external, &n);
    for (EGLint i = 0; i < n; i++)
        if (list[i] == f->modifier)
            return;
    igt_skip("%s imports no %.4s with modifier 0x%llx", gl->label, (const char *)&f->fourcc,
             (unsigned long long)f->modifier);
}

static void convert(struct glc *gl, const struct frame *f)
{
    static uint8_t rgba[SIZE * SIZE][4];
    GLsizei size = (GLsizei)size_of(f);

    for (unsigned y = 0; y < size_of(f); y++)
        for (unsigned x = 0; x < size_of(f); x++)
            show(f, x, y, rgba[y * size_of(f) + x]);
    glc_texture(gl, GL_RGBA8, size, size);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, size, size, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
}

static void draw_frames(struct glc *gl, const struct frame *frames, unsigned n)
{
    bool imports = !strcmp(gl->label, "mali");

    if (imports)
        gld_need(gl, "GL_OES_EGL_image_external_essl3");
    for (unsigned i = 0; i < n && imports; i++)
        need_layout(gl, &frames[i]);
    for (unsigned i = 0; i < n; i++) {
        if (imports)
            import(gl, &frames[i]);
        else
            convert(gl, &frames[i]);
        gld_quad_program(gl, imports
                                 ? "uniform highp samplerExternalOES t; in vec2 st; out vec4 o;\n"
                                   "void main() { o = texture(t, st); }\n"
                                 : "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                                   "void main() { o = texture(t, st); }\n");
        glViewport((GLint)(i % COLUMNS * (SIZE + 2)) + 1, (GLint)(i / COLUMNS * (SIZE + 2)) + 1,
                   (GLsizei)size_of(&frames[i]), (GLsizei)size_of(&frames[i]));
        gld_quad();
    }
}

static void video(struct glc *gl)
{
    draw_frames(gl, linear, GLC_COUNT(linear));
}

static void video_tiled(struct glc *gl)
{
    draw_frames(gl, tiled, GLC_COUNT(tiled));
}

static void video_mediatek(struct glc *gl)
{
    draw_frames(gl, mediatek, GLC_COUNT(mediatek));
}

static void video_afbc(struct glc *gl)
{
    draw_frames(gl, compressed, GLC_COUNT(compressed));
}

#define WHY "coefficients of the conversion; chroma where P010 and the like have none of their own"

const struct gld_scene scenes_yuv[] = {
    {"video", "NV12, NV16, NV21, YU12, YV12, YUYV, NV15, NV20, P010, P012, P016, Y216 as dma-bufs",
     video, 3, 0, WHY},
    {"video-tiled", "NV12, NV16, NV21, YU12, YV12 in tiles of 16 x 16", video_tiled, 3, 0, WHY},
    {"video-mediatek", "NV12 in tiles of 16 x 32", video_mediatek, 3, 0, WHY},
    {"video-afbc", "NV12, NV16 that the GPU compressed, plane by plane", video_afbc, 3, 0, WHY},
    {0},
};
