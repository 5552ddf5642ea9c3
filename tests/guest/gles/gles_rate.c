/*
 * Rates of a GLES implementation, one workload each: fill, blending, small triangles with depth and
 * lighting, textures (bilinear, trilinear, ASTC), a shader that computes. Off-screen, 512 x 512.
 * Prints a line of JSON a scene: {"scene":, "renderer":, "frames":, "s":}; "s" is of a frame.
 *
 *     gles_rate [--software] [--frames N] [SCENE...]     default: all scenes, as many frames as fit
 *                                                        in a second
 *
 * scripts/bench sets the Mali against llvmpipe with it; captures of its frames are what the
 * pipeline is measured with in isolation (mali-replay --bench).
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "garm_igt.h"
#include "glc.h"

#define SIZE   512
#define LAYERS 8  /* full-screen quads of a frame */
#define GRID   96 /* squares of the mesh, each way */

struct scene {
    const char *name;
    void (*setup)(struct glc *gl);
    void (*draw)(void);
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* --- quads over the whole target -------------------------------------------------------------- */

static const char vs_quad[] =
    "out vec2 st; flat out float layer; void main() {\n"
    "    st = vec2(gl_VertexID & 1, gl_VertexID >> 1); layer = float(gl_InstanceID);\n"
    "    gl_Position = vec4(st * 2.0 - 1.0, 0.0, 1.0); }\n";

static void draw_quads(void)
{
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, LAYERS);
}

static void fill(struct glc *gl)
{
    glc_draw_program(gl, vs_quad,
                     "in vec2 st; flat in float layer; out vec4 o;\n"
                     "void main() { o = vec4(st, layer * 0.125, 1.0); }\n");
}

static void blend(struct glc *gl)
{
    glc_draw_program(gl, vs_quad,
                     "in vec2 st; flat in float layer; out vec4 o;\n"
                     "void main() { o = vec4(st, layer * 0.125, 0.3); }\n");
    glEnable(GL_BLEND);
    glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
}

static void compute_bound(struct glc *gl)
{
    glc_draw_program(
        gl, vs_quad,
        "in vec2 st; flat in float layer; out vec4 o; void main() {\n"
        "    vec2 z = vec2(0.0), c = st * 2.5 - vec2(1.8, 1.25) + layer * 0.01; float n = 0.0;\n"
        "    for (int i = 0; i < 24; i++) {\n"
        "        z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;\n"
        "        n += dot(z, z) < 4.0 ? 1.0 : 0.0; z = clamp(z, -4.0, 4.0); }\n"
        "    o = vec4(n / 24.0, z * 0.2 + 0.5, 1.0); }\n");
}

/* --- textures -----------------------------------------------------------------------------------
 */

static void textured(struct glc *gl, GLint min, float scale)
{
    char fs[256];

    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, min);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    snprintf(fs, sizeof(fs),
             "uniform sampler2D t; in vec2 st; flat in float layer; out vec4 o;\n"
             "void main() { o = texture(t, st * %f + layer * 0.37); }\n",
             scale);
    glc_draw_program(gl, vs_quad, fs);
}

static void picture(struct glc *gl, GLsizei levels)
{
    static uint8_t px[256 * 256 * 4];
    uint32_t seed = 5;
    GLuint t;

    for (unsigned i = 0; i < sizeof(px); i++) {
        seed = seed * 1664525u + 1013904223u;
        px[i] = (uint8_t)(seed >> 24);
    }
    glGenTextures(1, &t);
    gl->textures[gl->texture_count++] = t;
    glBindTexture(GL_TEXTURE_2D, t);
    glTexStorage2D(GL_TEXTURE_2D, levels, GL_RGBA8, 256, 256);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 256, 256, GL_RGBA, GL_UNSIGNED_BYTE, px);
    if (levels > 1)
        glGenerateMipmap(GL_TEXTURE_2D);
}

static void bilinear(struct glc *gl)
{
    picture(gl, 1);
    textured(gl, GL_LINEAR, 1.7);
}

static void trilinear(struct glc *gl)
{
    picture(gl, 9);
    textured(gl, GL_LINEAR_MIPMAP_LINEAR, 5.5);
}

/* Blocks of 4 x 4 texels: a weight of two bits each, one partition, RGB end points of 8 bits. */
static void astc(struct glc *gl)
{
    static uint8_t blocks[64 * 64][16];
    static const uint8_t one[16] = {0x42, 0x00, 0x3d, 0x00, 0x4b, 0x96, 0x20, 0x70,
                                    0x1b, 0xe4, 0x27, 0xd8, 0x1b, 0x4e, 0xb1, 0x93};
    GLuint t;

    for (unsigned i = 0; i < 64 * 64; i++) {
        memcpy(blocks[i], one, 16);
        for (unsigned k = 3; k < 8; k++)
            blocks[i][k] = (uint8_t)(one[k] + i * 37 * k);
    }
    glGenTextures(1, &t);
    gl->textures[gl->texture_count++] = t;
    glBindTexture(GL_TEXTURE_2D, t);
    glCompressedTexImage2D(GL_TEXTURE_2D, 0, GL_COMPRESSED_RGBA_ASTC_4x4_KHR, 256, 256, 0,
                           sizeof(blocks), blocks);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    textured(gl, GL_LINEAR, 1.7);
}

/* --- triangles -------------------------------------------------------------------------------- */

static void mesh(struct glc *gl)
{
    static uint16_t index[GRID * GRID * 6];
    uint16_t *at = index;
    GLuint b;

    for (unsigned y = 0; y < GRID; y++)
        for (unsigned x = 0; x < GRID; x++) {
            uint16_t i = (uint16_t)(y * (GRID + 1) + x);
            const uint16_t square[6] = {i, i + 1, i + GRID + 1, i + GRID + 1, i + 1, i + GRID + 2};
            memcpy(at, square, sizeof(square));
            at += 6;
        }
    glGenBuffers(1, &b);
    gl->buffers[gl->buffer_count++] = b;
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, b);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof(index), index, GL_STATIC_DRAW);
    glc_draw_program(
        gl,
        "out vec3 n; void main() {\n"
        "    float x = float(gl_VertexID % 97) / 48.0 - 1.0;\n"
        "    float y = float(gl_VertexID / 97) / 48.0 - 1.0;\n"
        "    float h = sin(x * 9.0) * cos(y * 7.0) * 0.3;\n"
        "    n = vec3(cos(x * 9.0) * cos(y * 7.0), 1.0, sin(x * 9.0) * sin(y * 7.0));\n"
        "    gl_Position = vec4(x, y * 0.7 + h, y * 0.5, 1.5 + y * 0.4); }\n",
        "in vec3 n; out vec4 o; void main() {\n"
        "    float l = max(dot(normalize(n), vec3(0.4, 0.8, 0.4)), 0.0);\n"
        "    o = vec4(vec3(0.2, 0.5, 0.3) + l * 0.5, 1.0); }\n");
    glEnable(GL_DEPTH_TEST);
}

static void draw_mesh(void)
{
    glDrawElements(GL_TRIANGLES, GRID * GRID * 6, GL_UNSIGNED_SHORT, NULL);
}

static const struct scene scenes[] = {
    {"fill", fill, draw_quads},         {"blend", blend, draw_quads},
    {"bilinear", bilinear, draw_quads}, {"trilinear", trilinear, draw_quads},
    {"astc", astc, draw_quads},         {"compute", compute_bound, draw_quads},
    {"triangles", mesh, draw_mesh},
};

/* --- running ---------------------------------------------------------------------------------- */

static void target(struct glc *gl)
{
    GLuint fbo, depth, colour = glc_texture(gl, GL_RGBA8, SIZE, SIZE);

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, colour, 0);
    glGenRenderbuffers(1, &depth);
    glBindRenderbuffer(GL_RENDERBUFFER, depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, SIZE, SIZE);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER, depth);
    igt_assert_eq(glCheckFramebufferStatus(GL_FRAMEBUFFER), GL_FRAMEBUFFER_COMPLETE);
    glViewport(0, 0, SIZE, SIZE);
    glDisable(GL_BLEND);
    glDisable(GL_DEPTH_TEST);
}

static void frame(const struct scene *s)
{
    glClearColor(0.2f, 0.4f, 0.6f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
    s->draw();
    glFinish();
}

static void run(struct glc *gl, const struct scene *s, unsigned frames)
{
    unsigned n = 0;
    double start;

    glc_reset(gl);
    target(gl);
    s->setup(gl);
    if (!frames)
        frame(s); /* shaders are compiled now */
    start = now();
    do
        frame(s);
    while (++n < frames || (!frames && now() - start < 1));
    glc_check(gl, s->name);
    printf("{\"scene\": \"%s\", \"renderer\": \"%s\", \"frames\": %u, \"s\": %.6f}\n", s->name,
           gl->label, n, (now() - start) / n);
    fflush(stdout);
}

static bool wanted(const char *name, char **names, int n)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], name))
            return true;
    return !n;
}

int main(int argc, char **argv)
{
    bool software = false;
    unsigned frames = 0;
    struct glc gl;
    int at = 1;

    for (; at < argc && argv[at][0] == '-'; at++) {
        if (!strcmp(argv[at], "--software"))
            software = true;
        else if (!strcmp(argv[at], "--frames") && at + 1 < argc)
            frames = (unsigned)strtoul(argv[++at], NULL, 10);
        else
            return fprintf(stderr, "gles_rate [--software] [--frames N] [SCENE...]\n"), 2;
    }
    if (!glc_open(&gl, software, software ? "llvmpipe" : "mali"))
        return fprintf(stderr, "gles_rate: no such EGL device\n"), 1;
    for (unsigned i = 0; i < GLC_COUNT(scenes); i++)
        if (wanted(scenes[i].name, argv + at, argc - at))
            run(&gl, &scenes[i], frames);
    glc_close(&gl);
    return 0;
}
