/*
 * GLES drawing on unmodified Mesa: every scene is drawn on the Mali (panfrost) and on llvmpipe in
 * the same guest, and the pictures are compared.
 *
 *     gles_draw [--list-subtests] [--run-subtest PATTERN]
 *
 * A pixel differs when a channel does by more than the scene allows; a scene allows that many
 * pixels to differ, because what a sample on an edge belongs to is not the same for both renderers.
 * GLES_DRAW_OUT=FOLDER keeps the pictures as PPM.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "garm_igt.h"
#include "glc.h"
#include "outcome.h"
#include "picture.h"

IGT_TEST_DESCRIPTION("GLES drawing: the Mali against llvmpipe");

#define W 160
#define H 120

struct scene {
    const char *name, *what;
    void (*draw)(struct glc *gl);
    unsigned tolerance; /* of a channel, in 1/255 */
    unsigned pixels;    /* that may differ by more */
};

static struct {
    GLuint fbo, colour, depth;
} target;

/* --- tools ------------------------------------------------------------------------------ */

/* Attributes 0: position, 1: colour; seven floats a vertex. */
static const char vs_colour[] = "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c;\n"
                                "out vec4 v; void main() { gl_Position = vec4(p, 1.0); v = c; }\n";
static const char fs_colour[] = "in vec4 v; out vec4 o; void main() { o = v; }\n";

static void vertices(struct glc *gl, const float *v, size_t bytes)
{
    GLuint b;

    glGenBuffers(1, &b);
    gl->buffers[gl->buffer_count++] = b;
    glBindBuffer(GL_ARRAY_BUFFER, b);
    glBufferData(GL_ARRAY_BUFFER, bytes, v, GL_STATIC_DRAW);
    glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, 28, 0);
    glVertexAttribPointer(1, 4, GL_FLOAT, GL_FALSE, 28, (void *)12);
    glEnableVertexAttribArray(0);
    glEnableVertexAttribArray(1);
}

static void colour_program(struct glc *gl, const float *v, size_t bytes)
{
    glc_draw_program(gl, vs_colour, fs_colour);
    vertices(gl, v, bytes);
}

/* A quad over the whole target, with st from 0 to 1. */
static GLuint quad_program(struct glc *gl, const char *fs)
{
    return glc_draw_program(gl,
                            "out vec2 st; void main() {\n"
                            "    st = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
                            "    gl_Position = vec4(st * 2.0 - 1.0, 0.0, 1.0); }\n",
                            fs);
}

static void quad(void)
{
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

static void uniform(GLuint p, const char *name, float a, float b, float c, float d)
{
    glUniform4f(glGetUniformLocation(p, name), a, b, c, d);
}

static const float two_triangles[] = {
    -0.8f, -0.8f, 0, 1, 0, 0, 1, 0.8f, -0.8f, 0, 0, 1, 0, 1,    0, 0.8f, 0,     0, 0, 1, 1,
    -0.9f, 0,     0, 1, 1, 1, 1, 0.9f, 0,     0, 1, 1, 0, 0.5f, 0, 0.9f, -0.9f, 0, 1, 1, 0.2f,
};

/* --- scenes: the basics --------------------------------------------------------------------- */

static void clear_scene(struct glc *gl)
{
    (void)gl;
    glEnable(GL_SCISSOR_TEST);
    glScissor(17, 9, 61, 83);
    glClearColor(1, 0.5f, 0, 0.25f);
    glClear(GL_COLOR_BUFFER_BIT);
}

static void smooth(struct glc *gl)
{
    colour_program(gl, two_triangles, sizeof(two_triangles));
    glDrawArrays(GL_TRIANGLES, 0, 6);
}

static void depth(struct glc *gl)
{
    static const float v[] = {-1, -1, -0.9f, 1, 0, 0, 1, 1,  -1, 0.9f, 1, 0, 0, 1,
                              0,  1,  0,     1, 0, 0, 1, -1, 1,  0.9f, 0, 1, 0, 1,
                              1,  1,  -0.9f, 0, 1, 0, 1, 0,  -1, 0,    0, 1, 0, 1};
    colour_program(gl, v, sizeof(v));
    glEnable(GL_DEPTH_TEST);
    glDrawArrays(GL_TRIANGLES, 0, 6);
}

static void perspective(struct glc *gl)
{
    GLuint p = glc_draw_program(
        gl,
        "out vec2 st; void main() {\n"
        "    st = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
        "    vec3 q = vec3(st.x * 6.0 - 3.0, -1.0, st.y * 12.0 - 2.0);\n"
        "    gl_Position = vec4(q.x, q.y, q.z * 1.02 - 0.2, q.z); }\n",
        "in vec2 st; out vec4 o; void main() {\n"
        "    ivec2 k = ivec2(floor(st * 16.0)); o = vec4(float((k.x + k.y) & 1), st, 1.0); }\n");
    (void)p;
    quad();
}

static void indexed(struct glc *gl)
{
    static const uint16_t index[] = {0, 1, 2, 3, 0xffff, 4, 5, 6, 7, 8};
    float v[9 * 7];

    for (unsigned i = 0; i < 9; i++) {
        float at[] = {-0.9f + 0.2f * (float)i,
                      (i & 1 ? 0.7f : -0.6f),
                      0,
                      (float)(i % 3) / 2,
                      (float)i / 8,
                      1,
                      1};
        memcpy(v + 7 * i, at, sizeof(at));
    }
    colour_program(gl, v, sizeof(v));
    glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    glDrawElements(GL_TRIANGLE_STRIP, 10, GL_UNSIGNED_SHORT, index);
    glDisable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
}

static void fan_and_cull(struct glc *gl)
{
    float v[12 * 7];

    for (unsigned i = 0; i < 12; i++) {
        float a = (float)i * 0.57f, r = i ? 0.9f : 0;
        float at[] = {r * cosf(a), r * sinf(a), 0, i & 1, i & 2 ? 1 : 0, i & 4 ? 1 : 0, 1};
        memcpy(v + 7 * i, at, sizeof(at));
    }
    colour_program(gl, v, sizeof(v));
    glEnable(GL_CULL_FACE);
    glDrawArrays(GL_TRIANGLE_FAN, 0, 12);
    glCullFace(GL_FRONT);
    glDrawArrays(GL_TRIANGLE_FAN, 0, 5); /* all culled */
}

static void points(struct glc *gl)
{
    glc_draw_program(gl,
                     "out vec4 v; void main() { float i = float(gl_VertexID);\n"
                     "    gl_Position = vec4(-0.8 + 0.22 * i, sin(i) * 0.7, 0.0, 1.0);\n"
                     "    gl_PointSize = 2.0 + 4.0 * i; v = vec4(i / 8.0, 1.0, 0.0, 1.0); }\n",
                     "in vec4 v; out vec4 o; void main() { o = vec4(v.x, gl_PointCoord, 1.0); }\n");
    glDrawArrays(GL_POINTS, 0, 8);
}

static void lines(struct glc *gl)
{
    glc_draw_program(gl,
                     "out vec4 v; void main() { float a = float(gl_VertexID) * 0.7;\n"
                     "    gl_Position = vec4(0.8 * cos(a), 0.8 * sin(a * 1.3), 0.0, 1.0);\n"
                     "    v = vec4(1.0, a / 7.0, 0.5, 1.0); }\n",
                     fs_colour);
    glLineWidth(3);
    glDrawArrays(GL_LINE_LOOP, 0, 9);
    glLineWidth(1);
}

static void instances(struct glc *gl)
{
    static const float at[] = {-0.6f, -0.6f, 0, 1, 0,    0, 1, 0.5f, -0.4f, 0, 0,
                               1,     0,     1, 0, 0.5f, 0, 0, 0,    1,     1};

    glc_draw_program(
        gl,
        "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c; flat out vec4 v;\n"
        "void main() { vec2 q = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 0.4;\n"
        "    gl_Position = vec4(p.xy + q + float(gl_InstanceID) * 0.03, 0.0, 1.0); v = c; }\n",
        "flat in vec4 v; out vec4 o; void main() { o = v; }\n");
    vertices(gl, at, sizeof(at));
    glVertexAttribDivisor(0, 2);
    glVertexAttribDivisor(1, 2);
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, 6);
    glVertexAttribDivisor(0, 0);
    glVertexAttribDivisor(1, 0);
}

/* --- scenes: fragments -------------------------------------------------------------------------
 */

static void coordinates(struct glc *gl)
{
    quad_program(gl, "out vec4 o; void main() { o = vec4(gl_FragCoord.xy / 160.0,\n"
                     "    gl_FragCoord.z, gl_FrontFacing ? 1.0 : 0.0); }\n");
    quad();
}

static void derivatives(struct glc *gl)
{
    quad_program(gl, "in vec2 st; out vec4 o; void main() { float f = st.x * st.x * 3.0 + st.y;\n"
                     "    o = vec4(dFdx(f) * 20.0, dFdy(f) * 50.0, fwidth(st.x) * 80.0, 1.0); }\n");
    quad();
}

static void discarding(struct glc *gl)
{
    quad_program(gl, "in vec2 st; out vec4 o; void main() {\n"
                     "    if (fract(st.x * 7.0) + fract(st.y * 5.0) < 0.8) discard;\n"
                     "    o = vec4(st, dFdx(st.x) * 100.0, 1.0); }\n");
    quad();
}

static void loops(struct glc *gl)
{
    quad_program(
        gl, "in vec2 st; out vec4 o; void main() { vec2 c = st * 3.0 - vec2(2.2, 1.5), z = c;\n"
            "    int n = 0; while (n < 40 && dot(z, z) < 4.0) {\n"
            "        z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c; n++; }\n"
            "    o = vec4(float(n & 7) / 7.0, float(n) / 40.0, 0.3, 1.0); }\n");
    quad();
}

static void blend_modes(struct glc *gl)
{
    static const GLenum modes[][3] = {
        {GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_FUNC_ADD},
        {GL_ONE, GL_ONE, GL_FUNC_ADD},
        {GL_DST_COLOR, GL_ZERO, GL_FUNC_ADD},
        {GL_ONE_MINUS_DST_COLOR, GL_ONE, GL_FUNC_ADD},
        {GL_ONE, GL_ONE, GL_FUNC_REVERSE_SUBTRACT},
        {GL_CONSTANT_COLOR, GL_ONE_MINUS_CONSTANT_ALPHA, GL_FUNC_ADD},
        {GL_ONE, GL_ONE, GL_MIN},
        {GL_SRC_ALPHA_SATURATE, GL_DST_ALPHA, GL_FUNC_ADD},
    };
    GLuint p = quad_program(gl, "uniform vec4 c; in vec2 st; out vec4 o;\n"
                                "void main() { o = vec4(c.rg * st, c.b, c.a * st.y); }\n");

    glEnable(GL_BLEND);
    glEnable(GL_SCISSOR_TEST);
    glBlendColor(0.3f, 0.6f, 0.2f, 0.7f);
    for (unsigned i = 0; i < GLC_COUNT(modes); i++) {
        glBlendFunc(modes[i][0], modes[i][1]);
        glBlendEquation(modes[i][2]);
        glScissor((GLint)i * 20, (GLint)i * 5, 20, 70);
        uniform(p, "c", 1, 0.8f, 0.4f, 0.9f);
        quad();
    }
    glBlendEquation(GL_FUNC_ADD);
    glBlendFunc(GL_ONE, GL_ZERO);
}

static void colour_mask(struct glc *gl)
{
    smooth(gl);
    glColorMask(GL_FALSE, GL_TRUE, GL_FALSE, GL_TRUE);
    quad_program(gl, "in vec2 st; out vec4 o; void main() { o = vec4(1.0, st.x, 1.0, 0.5); }\n");
    quad();
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
}

static void stencil(struct glc *gl)
{
    colour_program(gl, two_triangles, sizeof(two_triangles));
    glEnable(GL_STENCIL_TEST);
    glStencilFunc(GL_ALWAYS, 1, 0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_INCR);
    glDrawArrays(GL_TRIANGLES, 0, 6);
    quad_program(gl, "out vec4 o; void main() { o = vec4(1.0, 0.0, 1.0, 1.0); }\n");
    glStencilFunc(GL_EQUAL, 2, 0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
    quad();
}

static void fragment_depth(struct glc *gl)
{
    glEnable(GL_DEPTH_TEST);
    quad_program(
        gl,
        "in vec2 st; out vec4 o; void main() { gl_FragDepth = st.x; o = vec4(st, 0.0, 1.0); }\n");
    quad();
    quad_program(gl, "in vec2 st; out vec4 o; void main() { gl_FragDepth = 1.0 - st.y; o = "
                     "vec4(0.0, 0.0, 1.0, 1.0); }\n");
    quad();
}

static void offset_fill(struct glc *gl)
{
    glEnable(GL_DEPTH_TEST);
    quad_program(gl, "out vec4 o; void main() { o = vec4(1.0, 0.0, 0.0, 1.0); }\n");
    quad();
    glEnable(GL_POLYGON_OFFSET_FILL);
    glPolygonOffset(0, -4);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, 80, 60);
    quad_program(gl, "out vec4 o; void main() { o = vec4(0.0, 1.0, 0.0, 1.0); }\n");
    quad();
    glPolygonOffset(0, 4);
    glScissor(40, 30, 120, 90);
    quad_program(gl, "out vec4 o; void main() { o = vec4(0.0, 0.0, 1.0, 1.0); }\n");
    quad();
    glDisable(GL_POLYGON_OFFSET_FILL);
}

/* --- scenes: textures
 * ----------------------------------------------------------------------------- */

static GLuint picture(struct glc *gl, GLenum kind, GLsizei w, GLsizei h, GLsizei levels)
{
    static uint8_t px[64 * 64 * 4];
    uint32_t seed = 5;
    GLuint t;

    for (unsigned i = 0; i < sizeof(px); i++)
        px[i] = (uint8_t)rnd(&seed);
    glGenTextures(1, &t);
    gl->textures[gl->texture_count++] = t;
    glBindTexture(kind, t);
    glTexStorage2D(kind, levels, GL_RGBA8, w, h);
    if (kind == GL_TEXTURE_2D)
        glTexSubImage2D(kind, 0, 0, 0, w, h, GL_RGBA, GL_UNSIGNED_BYTE, px);
    for (unsigned f = 0; kind == GL_TEXTURE_CUBE_MAP && f < 6; f++)
        glTexSubImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + f, 0, 0, 0, w, h, GL_RGBA,
                        GL_UNSIGNED_BYTE, px + 97 * f);
    if (levels > 1)
        glGenerateMipmap(kind);
    glc_check(gl, "a texture");
    return t;
}

static void filters(GLenum kind, GLint min, GLint mag, GLint wrap)
{
    glTexParameteri(kind, GL_TEXTURE_MIN_FILTER, min);
    glTexParameteri(kind, GL_TEXTURE_MAG_FILTER, mag);
    glTexParameteri(kind, GL_TEXTURE_WRAP_S, wrap);
    glTexParameteri(kind, GL_TEXTURE_WRAP_T, wrap);
}

static const char fs_texture[] = "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                                 "void main() { o = texture(t, st * 3.0 - 1.0); }\n";

static void texture_nearest(struct glc *gl)
{
    picture(gl, GL_TEXTURE_2D, 16, 8, 1);
    filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_REPEAT);
    quad_program(gl, fs_texture);
    quad();
}

static void texture_linear(struct glc *gl)
{
    picture(gl, GL_TEXTURE_2D, 16, 8, 1);
    filters(GL_TEXTURE_2D, GL_LINEAR, GL_LINEAR, GL_MIRRORED_REPEAT);
    quad_program(gl, fs_texture);
    quad();
}

static void texture_mipmaps(struct glc *gl)
{
    picture(gl, GL_TEXTURE_2D, 64, 64, 7);
    filters(GL_TEXTURE_2D, GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR, GL_CLAMP_TO_EDGE);
    quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                     "void main() { o = textureLod(t, st, st.x * 6.0); }\n");
    quad();
}

static void texture_cube(struct glc *gl)
{
    picture(gl, GL_TEXTURE_CUBE_MAP, 4, 4, 1);
    filters(GL_TEXTURE_CUBE_MAP, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    quad_program(gl, "uniform samplerCube t; in vec2 st; out vec4 o; void main() {\n"
                     "    float a = st.x * 6.28, b = st.y * 3.1 - 1.55;\n"
                     "    o = texture(t, vec3(cos(a) * cos(b), sin(b), sin(a) * cos(b))); }\n");
    quad();
}

/* What was drawn is read as a texture: the layout that the driver chose for it comes back. */
static void render_to_texture(struct glc *gl)
{
    GLuint t = picture(gl, GL_TEXTURE_2D, 64, 64, 1), fbo;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t, 0);
    glViewport(0, 0, 64, 64);
    glClear(GL_COLOR_BUFFER_BIT);
    smooth(gl);
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    glViewport(0, 0, W, H);
    filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                     "void main() { o = texture(t, st); }\n");
    quad();
    glDeleteFramebuffers(1, &fbo);
}

/* --- scenes: targets
 * ---------------------------------------------------------------------------------- */

/* Draws into two targets of other formats, then shows both. */
static void other_formats(struct glc *gl, GLenum a, GLenum b, const char *fs, const char *show)
{
    GLenum draw[] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1};
    GLuint t[2], fbo, p;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    for (unsigned i = 0; i < 2; i++) {
        glActiveTexture(GL_TEXTURE0 + i);
        t[i] = glc_texture(gl, i ? b : a, W, H);
        glFramebufferTexture2D(GL_FRAMEBUFFER, draw[i], GL_TEXTURE_2D, t[i], 0);
    }
    glDrawBuffers(2, draw);
    igt_require_f(glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE,
                  "%s cannot draw to these formats", gl->label);
    quad_program(gl, fs);
    quad();
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    p = quad_program(gl, show);
    glUniform1i(glGetUniformLocation(p, "a"), 0);
    glUniform1i(glGetUniformLocation(p, "b"), 1);
    quad();
    glActiveTexture(GL_TEXTURE0);
    glDeleteFramebuffers(1, &fbo);
}

static void target_unorm(struct glc *gl)
{
    other_formats(gl, GL_RGB565, GL_RGB10_A2,
                  "in vec2 st; layout(location = 0) out vec4 x; layout(location = 1) out vec4 y;\n"
                  "void main() { x = vec4(st, 0.5, 1.0); y = vec4(0.2, st.yx, 1.0); }\n",
                  "uniform sampler2D a; uniform sampler2D b; in vec2 st; out vec4 o;\n"
                  "void main() { o = st.x + st.y < 1.0 ? texture(a, st) : texture(b, st); }\n");
}

static void target_integer(struct glc *gl)
{
    other_formats(
        gl, GL_RGBA8UI, GL_R32I,
        "in vec2 st; layout(location = 0) out uvec4 x; layout(location = 1) out ivec4 y;\n"
        "void main() { x = uvec4(st * 255.0, 7, 300); y = ivec4(int(st.x * 900.0) - 450); }\n",
        "precision highp usampler2D; precision highp isampler2D;\n"
        "uniform usampler2D a; uniform isampler2D b; in vec2 st; out vec4 o;\n"
        "void main() { o = vec4(vec2(texture(a, st).xy) / 255.0,\n"
        "    float(texture(b, st).x + 450) / 900.0, 1.0); }\n");
}

/* Many small triangles, each its own colour. */
static void mesh(struct glc *gl)
{
    glc_draw_program(
        gl,
        "flat out vec4 v; void main() { int i = gl_VertexID / 6, k = gl_VertexID % 6;\n"
        "    ivec2 c = ivec2(i % 40, i / 40) + ivec2(k == 1 || k == 2 || k == 4, k >= 2 "
        "&& k != 3 ? 1 : 0);\n"
        "    vec2 p = vec2(c) / vec2(20.0, 15.0) - 1.0;\n"
        "    gl_Position = vec4(p + 0.02 * sin(p.yx * 9.0), 0.0, 1.0);\n"
        "    v = vec4(float(gl_VertexID / 3 % 7) / 6.0, float(i % 11) / 10.0, float(i % "
        "5) / 4.0, 1.0); }\n",
        "flat in vec4 v; out vec4 o; void main() { o = v; }\n");
    glDrawArrays(GL_TRIANGLES, 0, 40 * 30 * 6);
}

/*
 * Order, depth and stencil over more triangles than a small tiler heap holds: with
 * pan_csf_max_chunks=1 the target is drawn in several goes (incremental rendering), and what was
 * drawn must be there in the next.
 */
static void crowd(struct glc *gl)
{
    glc_draw_program(gl,
                     "out vec4 v; void main() { int i = gl_VertexID / 3, k = gl_VertexID % 3;\n"
                     "    uint h = uint(i) * 2654435761u; float a = float(h >> 22) / 163.0;\n"
                     "    vec2 c = vec2(h & 1023u, h >> 10 & 1023u) / 512.0 - 1.0;\n"
                     "    float b = a + float(k) * 2.0944;\n"
                     "    gl_Position = vec4(c + 0.04 * vec2(cos(b), sin(b)), float(i % 97) / 97.0 "
                     "- 0.5, 1.0);\n"
                     "    v = vec4(float(h >> 3 & 7u) / 7.0, float(h >> 6 & 7u) / 7.0, float(k) / "
                     "2.0, 0.25); }\n",
                     "in vec4 v; out vec4 o; void main() { o = v; }\n");
    glEnable(GL_DEPTH_TEST);
    glDepthMask(GL_FALSE);
    glEnable(GL_STENCIL_TEST);
    glStencilFunc(GL_GREATER, 200, 0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_INCR);
    glEnable(GL_BLEND);
    glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    glDrawArrays(GL_TRIANGLES, 0, 3 * 12000);
    glDepthMask(GL_TRUE);
    glDisable(GL_BLEND);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 3 * 5);
    glStencilFunc(GL_LESS, 6, 0xff);
    glDepthFunc(GL_GREATER);
    glDrawArrays(GL_TRIANGLES, 0, 3 * 12000);
}

/* --- running
 * -------------------------------------------------------------------------------------------- */

static const struct scene scenes[] = {
    {"clear", "a clear and one inside a scissor", clear_scene, 0, 0},
    {"smooth", "two triangles, interpolated colours", smooth, 2, 40},
    {"depth", "triangles that cut each other", depth, 2, 120},
    {"perspective", "a plane that reaches behind the eye", perspective, 3, 500},
    {"indexed", "16-bit indices, a strip, restart", indexed, 2, 60},
    {"fan-and-cull", "a fan; culling", fan_and_cull, 2, 60},
    {"points", "sizes from the shader, gl_PointCoord", points, 4, 60},
    {"lines", "a loop of wide lines", lines, 4, 900},
    {"instances", "attributes with a divisor, flat varyings", instances, 1, 60},
    {"coordinates", "gl_FragCoord, gl_FrontFacing", coordinates, 1, 0},
    {"derivatives", "dFdx, dFdy, fwidth", derivatives, 3, 60},
    {"discard", "discarded fragments next to derivatives", discarding, 3, 150},
    {"loops", "loops that diverge", loops, 2, 400},
    {"blend", "eight blend functions", blend_modes, 2, 0},
    {"colour-mask", "masked channels keep their value", colour_mask, 2, 40},
    {"stencil", "counting, then testing", stencil, 2, 60},
    {"fragment-depth", "depth from the shader", fragment_depth, 2, 160},
    {"polygon-offset", "offsets both ways", offset_fill, 0, 0},
    {"texture-nearest", "repeat", texture_nearest, 0, 250},
    {"texture-linear", "mirrored repeat", texture_linear, 3, 100},
    {"texture-mipmaps", "generated levels, explicit level of detail", texture_mipmaps, 5, 200},
    {"texture-cube", "all faces", texture_cube, 0, 400},
    {"render-to-texture", "drawn, then sampled", render_to_texture, 2, 100},
    {"target-unorm", "565 and 10-10-10-2", target_unorm, 9, 0},
    {"target-integer", "two integer targets", target_integer, 2, 0},
    {"mesh", "2400 small triangles", mesh, 1, 600},
    {"crowd", "24000 blended triangles, depth and stencil", crowd, 12, 600},
};

static struct glc mali, llvmpipe;

static void make_target(struct glc *gl)
{
    glGenFramebuffers(1, &target.fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    target.colour = glc_texture(gl, GL_RGBA8, W, H);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target.colour, 0);
    glGenRenderbuffers(1, &target.depth);
    glBindRenderbuffer(GL_RENDERBUFFER, target.depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, W, H);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER,
                              target.depth);
    igt_assert_eq(glCheckFramebufferStatus(GL_FRAMEBUFFER), GL_FRAMEBUFFER_COMPLETE);
}

static void reset_state(void)
{
    static const GLenum off[] = {GL_BLEND, GL_DEPTH_TEST, GL_STENCIL_TEST, GL_SCISSOR_TEST,
                                 GL_CULL_FACE};

    for (unsigned i = 0; i < GLC_COUNT(off); i++)
        glDisable(off[i]);
    glCullFace(GL_BACK);
    glDisableVertexAttribArray(0);
    glDisableVertexAttribArray(1);
    glViewport(0, 0, W, H);
    glClearColor(0.2f, 0.4f, 0.6f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
}

static void draw_on(struct glc *gl, const struct scene *s, uint8_t *px)
{
    double start = now();

    glc_use(gl);
    glc_reset(gl);
    while (glGetError() != GL_NO_ERROR)
        ;
    make_target(gl);
    reset_state();
    s->draw(gl);
    glc_check(gl, s->name);
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    glReadPixels(0, 0, W, H, GL_RGBA, GL_UNSIGNED_BYTE, px);
    glc_check(gl, "glReadPixels");
    glDeleteFramebuffers(1, &target.fbo);
    glDeleteRenderbuffers(1, &target.depth);
    igt_info("%s: %.3f s\n", gl->label, now() - start);
    picture_keep("GLES_DRAW_OUT", s->name, gl->label, px, W, H, 1);
}

static void run_scene(const struct scene *s)
{
    static uint8_t a[W * H * 4], b[W * H * 4];
    const struct picture_limit limit = {s->tolerance, s->pixels};

    draw_on(&mali, s, a);
    draw_on(&llvmpipe, s, b);
    picture_compare(a, b, W, H, &limit);
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
    static unsigned i; /* static: a failed subtest comes back here by longjmp() */

    igt_fixture open_both();
    for (i = 0; i < GLC_COUNT(scenes); i++) {
        igt_describe(scenes[i].what);
        igt_subtest(scenes[i].name) run_scene(&scenes[i]);
    }
    igt_fixture
    {
        glc_close(&mali);
        glc_close(&llvmpipe);
    }
}
