/*
 * Scenes of gles_draw: shapes, fragments, blending, textures, targets; the first of each. Called
 * through the table at the end. Calls gld.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "garm_igt.h"
#include "gld.h"

/* Attributes 0: position, 1: colour; seven floats a vertex. */
static const char vs_colour[] = "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c;\n"
                                "out vec4 v; void main() { gl_Position = vec4(p, 1.0); v = c; }\n";
static const char fs_colour[] = "in vec4 v; out vec4 o; void main() { o = v; }\n";

static void colour_program(struct glc *gl, const float *v, size_t bytes)
{
    glc_draw_program(gl, vs_colour, fs_colour);
    gld_vertices(gl, v, bytes);
}

static const float two_triangles[] = {
    -0.8f, -0.8f, 0, 1, 0, 0, 1, 0.8f, -0.8f, 0, 0, 1, 0, 1,    0, 0.8f, 0,     0, 0, 1, 1,
    -0.9f, 0,     0, 1, 1, 1, 1, 0.9f, 0,     0, 1, 1, 0, 0.5f, 0, 0.9f, -0.9f, 0, 1, 1, 0.2f,
};

/* --- scenes: the basics ---------------------------------------------------------------------- */

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
    gld_quad();
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
    gld_vertices(gl, at, sizeof(at));
    glVertexAttribDivisor(0, 2);
    glVertexAttribDivisor(1, 2);
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, 6);
    glVertexAttribDivisor(0, 0);
    glVertexAttribDivisor(1, 0);
}

/* --- scenes: fragments ----------------------------------------------------------------------- */

static void coordinates(struct glc *gl)
{
    gld_quad_program(gl, "out vec4 o; void main() { o = vec4(gl_FragCoord.xy / 160.0,\n"
                         "    gl_FragCoord.z, gl_FrontFacing ? 1.0 : 0.0); }\n");
    gld_quad();
}

static void derivatives(struct glc *gl)
{
    gld_quad_program(gl,
                     "in vec2 st; out vec4 o; void main() { float f = st.x * st.x * 3.0 + st.y;\n"
                     "    o = vec4(dFdx(f) * 20.0, dFdy(f) * 50.0, fwidth(st.x) * 80.0, 1.0); }\n");
    gld_quad();
}

static void discarding(struct glc *gl)
{
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() {\n"
                         "    if (fract(st.x * 7.0) + fract(st.y * 5.0) < 0.8) discard;\n"
                         "    o = vec4(st, dFdx(st.x) * 100.0, 1.0); }\n");
    gld_quad();
}

static void loops(struct glc *gl)
{
    gld_quad_program(
        gl, "in vec2 st; out vec4 o; void main() { vec2 c = st * 3.0 - vec2(2.2, 1.5), z = c;\n"
            "    int n = 0; while (n < 40 && dot(z, z) < 4.0) {\n"
            "        z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c; n++; }\n"
            "    o = vec4(float(n & 7) / 7.0, float(n) / 40.0, 0.3, 1.0); }\n");
    gld_quad();
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
    GLuint p = gld_quad_program(gl, "uniform vec4 c; in vec2 st; out vec4 o;\n"
                                    "void main() { o = vec4(c.rg * st, c.b, c.a * st.y); }\n");

    glEnable(GL_BLEND);
    glEnable(GL_SCISSOR_TEST);
    glBlendColor(0.3f, 0.6f, 0.2f, 0.7f);
    for (unsigned i = 0; i < GLC_COUNT(modes); i++) {
        glBlendFunc(modes[i][0], modes[i][1]);
        glBlendEquation(modes[i][2]);
        glScissor((GLint)i * 20, (GLint)i * 5, 20, 70);
        gld_uniform(p, "c", 1, 0.8f, 0.4f, 0.9f);
        gld_quad();
    }
    glBlendEquation(GL_FUNC_ADD);
    glBlendFunc(GL_ONE, GL_ZERO);
}

static void colour_mask(struct glc *gl)
{
    smooth(gl);
    glColorMask(GL_FALSE, GL_TRUE, GL_FALSE, GL_TRUE);
    gld_quad_program(gl,
                     "in vec2 st; out vec4 o; void main() { o = vec4(1.0, st.x, 1.0, 0.5); }\n");
    gld_quad();
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
}

static void stencil(struct glc *gl)
{
    colour_program(gl, two_triangles, sizeof(two_triangles));
    glEnable(GL_STENCIL_TEST);
    glStencilFunc(GL_ALWAYS, 1, 0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_INCR);
    glDrawArrays(GL_TRIANGLES, 0, 6);
    gld_quad_program(gl, "out vec4 o; void main() { o = vec4(1.0, 0.0, 1.0, 1.0); }\n");
    glStencilFunc(GL_EQUAL, 2, 0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
    gld_quad();
}

static void fragment_depth(struct glc *gl)
{
    glEnable(GL_DEPTH_TEST);
    gld_quad_program(
        gl,
        "in vec2 st; out vec4 o; void main() { gl_FragDepth = st.x; o = vec4(st, 0.0, 1.0); }\n");
    gld_quad();
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { gl_FragDepth = 1.0 - st.y; o = "
                         "vec4(0.0, 0.0, 1.0, 1.0); }\n");
    gld_quad();
}

static void offset_fill(struct glc *gl)
{
    glEnable(GL_DEPTH_TEST);
    gld_quad_program(gl, "out vec4 o; void main() { o = vec4(1.0, 0.0, 0.0, 1.0); }\n");
    gld_quad();
    glEnable(GL_POLYGON_OFFSET_FILL);
    glPolygonOffset(0, -4);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, 80, 60);
    gld_quad_program(gl, "out vec4 o; void main() { o = vec4(0.0, 1.0, 0.0, 1.0); }\n");
    gld_quad();
    glPolygonOffset(0, 4);
    glScissor(40, 30, 120, 90);
    gld_quad_program(gl, "out vec4 o; void main() { o = vec4(0.0, 0.0, 1.0, 1.0); }\n");
    gld_quad();
    glDisable(GL_POLYGON_OFFSET_FILL);
}

/* --- textures -------------------------------------------------------------------------------- */

static const char fs_texture[] = "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                                 "void main() { o = texture(t, st * 3.0 - 1.0); }\n";

static void texture_nearest(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 16, 8, 1);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_REPEAT);
    gld_quad_program(gl, fs_texture);
    gld_quad();
}

static void texture_linear(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 16, 8, 1);
    gld_filters(GL_TEXTURE_2D, GL_LINEAR, GL_LINEAR, GL_MIRRORED_REPEAT);
    gld_quad_program(gl, fs_texture);
    gld_quad();
}

static void texture_mipmaps(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 64, 64, 7);
    gld_filters(GL_TEXTURE_2D, GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR, GL_CLAMP_TO_EDGE);
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                         "void main() { o = textureLod(t, st, st.x * 6.0); }\n");
    gld_quad();
}

static void texture_cube(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_CUBE_MAP, 4, 4, 1);
    gld_filters(GL_TEXTURE_CUBE_MAP, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    gld_quad_program(gl, "uniform samplerCube t; in vec2 st; out vec4 o; void main() {\n"
                         "    float a = st.x * 6.28, b = st.y * 3.1 - 1.55;\n"
                         "    o = texture(t, vec3(cos(a) * cos(b), sin(b), sin(a) * cos(b))); }\n");
    gld_quad();
}

/* What was drawn is read as a texture: the layout that the driver chose for it comes back. */
static void render_to_texture(struct glc *gl)
{
    GLuint t = gld_picture(gl, GL_TEXTURE_2D, 64, 64, 1), fbo;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t, 0);
    glViewport(0, 0, 64, 64);
    glClear(GL_COLOR_BUFFER_BIT);
    smooth(gl);
    glBindFramebuffer(GL_FRAMEBUFFER, gld_target());
    glViewport(0, 0, GLD_W, GLD_H_);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                         "void main() { o = texture(t, st); }\n");
    gld_quad();
    glDeleteFramebuffers(1, &fbo);
}

/* --- scenes: targets ------------------------------------------------------------------------- */

/* Draws into two targets of other formats, then shows both. */
static void other_formats(struct glc *gl, GLenum a, GLenum b, const char *fs, const char *show)
{
    GLenum draw[] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1};
    GLuint t[2], fbo, p;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    for (unsigned i = 0; i < 2; i++) {
        glActiveTexture(GL_TEXTURE0 + i);
        t[i] = glc_texture(gl, i ? b : a, GLD_W, GLD_H_);
        glFramebufferTexture2D(GL_FRAMEBUFFER, draw[i], GL_TEXTURE_2D, t[i], 0);
    }
    glDrawBuffers(2, draw);
    igt_require_f(glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE,
                  "%s cannot draw to these formats", gl->label);
    gld_quad_program(gl, fs);
    gld_quad();
    glBindFramebuffer(GL_FRAMEBUFFER, gld_target());
    p = gld_quad_program(gl, show);
    glUniform1i(glGetUniformLocation(p, "a"), 0);
    glUniform1i(glGetUniformLocation(p, "b"), 1);
    gld_quad();
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
    glc_draw_program(
        gl,
        "out vec4 v; void main() { int i = gl_VertexID / 3, k = gl_VertexID % 3;\n"
        "    uint h = uint(i) * 2654435761u; float a = float(h >> 22) / 163.0;\n"
        "    vec2 c = vec2(h & 1023u, h >> 10 & 1023u) / 512.0 - 1.0;\n"
        "    float b = a + float(k) * 2.0944;\n"
        "    gl_Position = vec4(c + 0.04 * vec2(cos(b), sin(b)), float(i % 97) / 97.0 - "
        "0.5, 1.0);\n"
        "    v = vec4(float(h >> 3 & 7u) / 7.0, float(h >> 6 & 7u) / 7.0, float(k) / 2.0, "
        "0.25); }\n",
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

/* Small triangles over each other, one after the other: each adds to what those before have left.
 */
static void pile(struct glc *gl)
{
    glc_draw_program(
        gl,
        "out vec3 v; void main() { int i = gl_VertexID / 3, k = gl_VertexID % 3, at = i / 4;\n"
        "    vec2 c = (vec2(at % 20, at / 20) + 0.5) / vec2(10.0, 7.5) - 1.0;\n"
        "    vec2 d = vec2(k == 1 ? 0.06 : -0.03, k == 2 ? 0.08 : -0.04);\n"
        "    gl_Position = vec4(c + (i % 2 == 0 ? d : d.yx), 0.5 - 0.1 * float(i % 4), 1.0);\n"
        "    v = vec3(i % 4 == 0, i % 4 == 1 || i % 4 == 2, 1.0) * 0.25 + float(k) * 0.02; }\n",
        "in vec3 v; out vec4 o; void main() { o = vec4(v, 0.5); }\n");
    glEnable(GL_DEPTH_TEST); /* each is nearer than those below, or all would be as one */
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_SRC_ALPHA);
    glDrawArrays(GL_TRIANGLES, 0, 3 * 4 * 300);
}

#define EDGES "samples on edges, 1/256 pixel"
#define STEPS "rounding of interpolation to 8 bits"
#define TAPS  "weights of filtering have 8 bits"
#define TIES  "coordinates on the border between two texels"

const struct gld_scene scenes_basic[] = {
    {"clear", "a clear and one inside a scissor", clear_scene, 0, 0, NULL},
    {"smooth", "two triangles, interpolated colours", smooth, 2, 40, EDGES},
    {"depth", "triangles that cut each other", depth, 2, 120, EDGES},
    {"perspective", "a plane that reaches behind the eye", perspective, 3, 500,
     "edges of the pattern"},
    {"indexed", "16-bit indices, a strip, restart", indexed, 2, 60, EDGES},
    {"fan-and-cull", "a fan; culling", fan_and_cull, 2, 60, EDGES},
    {"points", "sizes from the shader, gl_PointCoord", points, 4, 60, EDGES},
    {"lines", "a loop of wide lines", lines, 4, 900, "which pixels a wide line has is not defined"},
    {"instances", "attributes with a divisor, flat varyings", instances, 1, 60, EDGES},
    {"coordinates", "gl_FragCoord, gl_FrontFacing", coordinates, 1, 0, STEPS},
    {"derivatives", "dFdx, dFdy, fwidth", derivatives, 3, 60,
     "coarse derivatives may be those of any pixel of the quad"},
    {"discard", "discarded fragments next to derivatives", discarding, 3, 150, EDGES},
    {"loops", "loops that diverge", loops, 2, 400, "iterations hang on the last bit"},
    {"blend", "eight blend functions", blend_modes, 2, 0, STEPS},
    {"colour-mask", "masked channels keep their value", colour_mask, 2, 40, EDGES},
    {"stencil", "counting, then testing", stencil, 2, 60, EDGES},
    {"fragment-depth", "depth from the shader", fragment_depth, 2, 160, EDGES},
    {"polygon-offset", "offsets both ways", offset_fill, 0, 0, NULL},
    {"texture-nearest", "repeat", texture_nearest, 0, 250, TIES},
    {"texture-linear", "mirrored repeat", texture_linear, 3, 100, TAPS},
    {"texture-mipmaps", "generated levels, explicit level of detail", texture_mipmaps, 5, 200,
     TAPS},
    {"texture-cube", "all faces", texture_cube, 0, 400, TIES},
    {"render-to-texture", "drawn, then sampled", render_to_texture, 2, 100, EDGES},
    {"target-unorm", "565 and 10-10-10-2", target_unorm, 9, 0, "565 has 32 steps"},
    {"target-integer", "two integer targets", target_integer, 2, 0, STEPS},
    {"mesh", "2400 small triangles", mesh, 1, 600, EDGES},
    {"pile", "300 piles of four blended triangles", pile, 2, 300, EDGES},
    {"crowd", "24000 blended triangles, depth and stencil", crowd, 12, 600,
     "many layers, a step of rounding each"},
    {0},
};
