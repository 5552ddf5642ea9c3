/*
 * Scenes of gles_draw: blending and targets beyond the first ones; what fragments write to memory;
 * copies between framebuffers. Called through the table at the end. Calls gld.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "gld.h"

static const char show[] =
    "uniform sampler2D t; in vec2 st; out vec4 o; void main() { o = texture(t, st); }\n";

/* A framebuffer of `n` textures of these formats, bound; the textures stay in units 0 to n - 1. */
static GLuint targets(struct glc *gl, const GLenum *formats, unsigned n)
{
    GLenum points[4];
    GLuint fbo;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    for (unsigned i = 0; i < n; i++) {
        points[i] = GL_COLOR_ATTACHMENT0 + i;
        glActiveTexture(GL_TEXTURE0 + i);
        glFramebufferTexture2D(GL_FRAMEBUFFER, points[i], GL_TEXTURE_2D,
                               glc_texture(gl, formats[i], GLD_W, GLD_H_), 0);
    }
    glActiveTexture(GL_TEXTURE0);
    glDrawBuffers((GLsizei)n, points);
    gld_need_complete(gl, "these formats");
    glClear(GL_COLOR_BUFFER_BIT);
    return fbo;
}

/* Shows each of `n` textures in a cell. */
static void show_targets(struct glc *gl, unsigned n, const char *fs)
{
    GLuint p;

    gld_back();
    p = gld_quad_program(gl, fs);
    for (unsigned i = 0; i < n; i++) {
        gld_integer(p, "t", (int)i);
        gld_cell(i, 2, (n + 1) / 2);
        gld_quad();
    }
}

/* --- blending -----------------------------------------------------------------------------------
 */

static void dual_source(struct glc *gl)
{
    gld_need(gl, "GL_EXT_blend_func_extended");
    gld_quad_program(gl,
                     "in vec2 st; layout(location = 0, index = 0) out vec4 a;\n"
                     "layout(location = 0, index = 1) out vec4 b;\n"
                     "void main() { a = vec4(st, 0.5, 0.7); b = vec4(st.yx, 1.0 - st.x, 0.4); }\n");
    glEnable(GL_BLEND);
    gld_cell(0, 2, 2);
    glBlendFunc(GL_ONE, GL_SRC1_COLOR_EXT);
    gld_quad();
    gld_cell(1, 2, 2);
    glBlendFunc(GL_SRC1_COLOR_EXT, GL_ONE_MINUS_SRC1_COLOR_EXT);
    gld_quad();
    gld_cell(2, 2, 2);
    glBlendFunc(GL_ONE_MINUS_SRC1_ALPHA_EXT, GL_SRC1_ALPHA_EXT);
    gld_quad();
    gld_cell(3, 2, 2);
    glBlendEquation(GL_FUNC_SUBTRACT);
    glBlendFunc(GL_SRC1_ALPHA_EXT, GL_ONE_MINUS_SRC1_COLOR_EXT);
    gld_quad();
}

/* Four targets, each with blending, equation, mask of its own. */
static void blend_targets(struct glc *gl)
{
    static const GLenum formats[] = {GL_RGBA8, GL_RGB565, GL_RGB10_A2, GL_RGBA4};
    PFNGLENABLEIOESPROC on = gld_entry(gl, "glEnableiOES");
    PFNGLDISABLEIOESPROC off = gld_entry(gl, "glDisableiOES");
    PFNGLBLENDFUNCIOESPROC function = gld_entry(gl, "glBlendFunciOES");
    PFNGLBLENDEQUATIONIOESPROC equation = gld_entry(gl, "glBlendEquationiOES");
    PFNGLCOLORMASKIOESPROC mask = gld_entry(gl, "glColorMaskiOES");
    GLuint fbo;

    gld_need(gl, "GL_OES_draw_buffers_indexed");
    fbo = targets(gl, formats, 4);
    for (GLuint i = 0; i < 3; i++)
        on(GL_BLEND, i);
    function(0, GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    function(1, GL_ONE, GL_ONE);
    equation(1, GL_FUNC_REVERSE_SUBTRACT);
    function(2, GL_DST_COLOR, GL_ZERO);
    mask(3, GL_TRUE, GL_FALSE, GL_TRUE, GL_TRUE);
    gld_quad_program(
        gl, "in vec2 st; layout(location = 0) out vec4 a; layout(location = 1) out vec4 b;\n"
            "layout(location = 2) out vec4 c; layout(location = 3) out vec4 d; void main() {\n"
            "    a = vec4(1.0, st, st.x); b = vec4(st, 0.1, 1.0); c = vec4(st.yx, 1.0, 1.0);\n"
            "    d = vec4(1.0, 1.0, st); }\n");
    gld_quad();
    for (GLuint i = 0; i < 4; i++) {
        off(GL_BLEND, i);
        mask(i, GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    }
    show_targets(gl, 4, show);
    glDeleteFramebuffers(1, &fbo);
}

/* Equations that are no function of factors: the driver makes them a shader that reads the tile. */
static void blend_advanced(struct glc *gl)
{
    static const struct {
        GLenum equation;
        const char *layout;
    } kinds[] = {{GL_MULTIPLY_KHR, "blend_support_multiply"},
                 {GL_OVERLAY_KHR, "blend_support_overlay"},
                 {GL_SOFTLIGHT_KHR, "blend_support_softlight"},
                 {GL_HSL_HUE_KHR, "blend_support_hsl_hue"}};
    PFNGLBLENDBARRIERKHRPROC barrier = gld_entry(gl, "glBlendBarrierKHR");

    gld_need(gl, "GL_KHR_blend_equation_advanced");
    gld_quad_program(
        gl, "in vec2 st; out vec4 o; void main() { o = vec4(1.0 - st.x, st.y, st.x, 1.0); }\n");
    gld_quad();
    gld_quad_program(
        gl,
        "layout(blend_support_all_equations) out; in vec2 st; layout(location = 0) out vec4 o;\n"
        "void main() { o = vec4(st, 0.3, 1.0) * 0.8; }\n");
    glEnable(GL_BLEND);
    for (unsigned i = 0; i < GLC_COUNT(kinds); i++) {
        barrier();
        glBlendEquation(kinds[i].equation);
        gld_cell(i, 2, 2);
        gld_quad();
    }
}

static void framebuffer_fetch(struct glc *gl)
{
    gld_need(gl, "GL_EXT_shader_framebuffer_fetch");
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { o = vec4(st, 0.2, 1.0); }\n");
    gld_quad();
    gld_quad_program(gl, "in vec2 st; layout(location = 0) inout vec4 o; void main() {\n"
                         "    o = vec4(fract(o.rg * 3.0), o.r * o.g, 1.0); }\n");
    gld_quad();
}

/* --- targets -----------------------------------------------------------------------------------
 */

static void half_floats(struct glc *gl)
{
    static const GLenum formats[] = {GL_RGBA16F, GL_R11F_G11F_B10F, GL_RG16F, GL_RGBA32F};
    GLuint fbo;

    gld_need(gl, "GL_EXT_color_buffer_float");
    fbo = targets(gl, formats, 4);
    gld_quad_program(
        gl, "in vec2 st; layout(location = 0) out vec4 a; layout(location = 1) out vec4 b;\n"
            "layout(location = 2) out vec4 c; layout(location = 3) out vec4 d; void main() {\n"
            "    a = vec4(st * 300.0, -0.5, 1.0); b = vec4(st * 70.0, 0.01, 1.0);\n"
            "    c = vec4(st * -9.0, 1.0, 1.0); d = vec4(st * 100000.0, 0.25, 1.0); }\n");
    gld_quad();
    show_targets(gl, 4,
                 "uniform sampler2D t; in vec2 st; out vec4 o; void main() {\n"
                 "    o = fract(abs(texture(t, st)) * 0.013); o.a = 1.0; }\n");
    glDeleteFramebuffers(1, &fbo);
}

/* sRGB: blended as linear colours. */
static void srgb(struct glc *gl)
{
    static const GLenum format = GL_SRGB8_ALPHA8;
    GLuint fbo = targets(gl, &format, 1);

    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    gld_quad_program(
        gl, "in vec2 st; out vec4 o; void main() { o = vec4(st * 0.7, 0.1, st.x * 0.7); }\n");
    gld_quad();
    glDisable(GL_BLEND);
    show_targets(gl, 1, show);
    glDeleteFramebuffers(1, &fbo);
}

/* Layers, slices, faces, levels as targets, then sampled. */
static void layers(struct glc *gl)
{
    static const GLenum kinds[] = {GL_TEXTURE_2D_ARRAY, GL_TEXTURE_3D};
    GLuint fbo, fill, t[3], p;

    fill = gld_quad_program(
        gl,
        "uniform vec4 c; in vec2 st; out vec4 o; void main() { o = vec4(c.xy * st, c.z, 1.0); }\n");
    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glViewport(0, 0, 32, 32);
    for (unsigned k = 0; k < 2; k++) {
        t[k] = gld_texture(gl, kinds[k]);
        glTexStorage3D(kinds[k], 1, GL_RGBA8, 32, 32, 4);
        gld_filters(kinds[k], GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
        for (GLint i = 0; i < 4; i++) {
            glFramebufferTextureLayer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, t[k], 0, 3 - i);
            gld_uniform(fill, "c", (float)i / 3, 1, (float)k, 0);
            gld_quad();
        }
    }
    t[2] = gld_texture(gl, GL_TEXTURE_CUBE_MAP);
    glTexStorage2D(GL_TEXTURE_CUBE_MAP, 2, GL_RGBA8, 32, 32);
    gld_filters(GL_TEXTURE_CUBE_MAP, GL_NEAREST_MIPMAP_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    for (unsigned i = 0; i < 12; i++) {
        glViewport(0, 0, i < 6 ? 32 : 16, i < 6 ? 32 : 16);
        glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0,
                               GL_TEXTURE_CUBE_MAP_POSITIVE_X + i % 6, t[2], (GLint)i / 6);
        gld_uniform(fill, "c", (float)(i % 3) / 2, (float)i / 12, (float)(i & 1), 0);
        gld_quad();
    }
    glDeleteFramebuffers(1, &fbo);
    gld_back();
    p = gld_quad_program(
        gl,
        "uniform sampler2DArray a; uniform sampler3D b; uniform samplerCube c; in vec2 st; out "
        "vec4 o;\n"
        "void main() { float k = floor(st.x * 4.0), x = fract(st.x * 4.0), y = fract(st.y * 3.0);\n"
        "    float u = st.x * 6.28, v = y * 3.1 - 1.55;\n"
        "    vec4 m = textureLod(c, vec3(cos(u) * cos(v), sin(v), sin(u) * cos(v)), step(0.5, "
        "st.x));\n"
        "    o = st.y < 0.333 ? texture(a, vec3(x, y, k)) : st.y < 0.667 ?\n"
        "        texture(b, vec3(x, y, (k + 0.5) / 4.0)) : m; }\n");
    for (unsigned i = 0; i < 2; i++) {
        glActiveTexture(GL_TEXTURE0 + i);
        glBindTexture(kinds[i], t[i]);
    }
    glActiveTexture(GL_TEXTURE2);
    glBindTexture(GL_TEXTURE_CUBE_MAP, t[2]);
    glActiveTexture(GL_TEXTURE0);
    gld_integer(p, "a", 0);
    gld_integer(p, "b", 1);
    gld_integer(p, "c", 2);
    gld_quad();
}

/* --- depth, stencil ------------------------------------------------------------------------------
 */

static void stencil_faces(struct glc *gl)
{
    static const GLenum operations[] = {GL_KEEP,      GL_ZERO, GL_REPLACE,   GL_INCR,
                                        GL_INCR_WRAP, GL_DECR, GL_DECR_WRAP, GL_INVERT};
    GLuint p = glc_draw_program(
        gl,
        "uniform vec4 c; out vec2 st; void main() {\n"
        "    st = vec2(gl_VertexID & 1, gl_VertexID >> 1); vec2 k = c.x > 0.0 ? st : st.yx;\n"
        "    gl_Position = vec4(k * 2.0 - 1.0, 0.0, 1.0); }\n",
        "uniform vec4 c; out vec4 o; void main() { o = vec4(c.yzw, 1.0); }\n");

    glEnable(GL_STENCIL_TEST);
    glColorMask(GL_FALSE, GL_FALSE, GL_FALSE, GL_FALSE);
    for (unsigned i = 0; i < 16; i++) {
        glStencilFuncSeparate(GL_FRONT, i < 8 ? GL_ALWAYS : GL_NEVER, 200, 0xff);
        glStencilFuncSeparate(GL_BACK, GL_ALWAYS, 3, 0x0f);
        glStencilOpSeparate(GL_FRONT, operations[(i + 3) % 8], GL_KEEP, operations[i % 8]);
        glStencilOpSeparate(GL_BACK, GL_KEEP, GL_KEEP, operations[7 - i % 8]);
        glStencilMaskSeparate(GL_BACK, 0x7f);
        gld_cell(i, 4, 4);
        for (unsigned k = 0; k < 3; k++) {
            gld_uniform(p, "c", k == 1 ? -1 : 1, 0, 0, 0);
            gld_quad();
        }
    }
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glStencilMask(0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
    glViewport(0, 0, GLD_W, GLD_H_);
    for (unsigned bit = 0; bit < 8; bit++) {
        glStencilFunc(GL_EQUAL, 0xff, 1u << bit);
        glScissor(0, (GLint)bit * 15, GLD_W, 15);
        glEnable(GL_SCISSOR_TEST);
        gld_uniform(p, "c", 1, (float)(bit & 1), (float)(bit & 2) / 2, (float)bit / 7);
        gld_quad();
    }
}

/* The range, a bias with a slope and its clamp, depths beyond the range. */
static void depths(struct glc *gl)
{
    PFNGLPOLYGONOFFSETCLAMPEXTPROC offset = gld_entry(gl, "glPolygonOffsetClampEXT");
    GLuint p = glc_draw_program(
        gl,
        "uniform vec4 c; out vec2 st; void main() { st = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
        "    gl_Position = vec4(st * 2.0 - 1.0, dot(c.xyz, vec3(st, 1.0)), 1.0); }\n",
        "uniform vec4 c; in vec2 st; out vec4 o; void main() { o = vec4(st, c.w, 1.0); }\n");

    gld_need(gl, "GL_EXT_polygon_offset_clamp");
    glEnable(GL_DEPTH_TEST);
    for (unsigned i = 0; i < 4; i++) {
        gld_cell(i, 2, 2);
        if (i == 1)
            glDepthRangef(0.9f, 0.2f);
        gld_uniform(p, "c", 1.2f, 0.4f, -0.8f, 0);
        gld_quad();
        glDepthRangef(0, 1);
        if (i >= 2)
            glEnable(GL_POLYGON_OFFSET_FILL);
        offset(i >= 2 ? -8 : 0, 4, i == 3 ? -0.01f : 0);
        gld_uniform(p, "c", 0.3f, 1.2f, -0.5f, 1);
        gld_quad();
        glDisable(GL_POLYGON_OFFSET_FILL);
    }
    glPolygonOffset(0, 0);
}

static void depth_clamp(struct glc *gl)
{
    gld_need(gl, "GL_EXT_depth_clamp");
    glc_draw_program(
        gl,
        "out vec2 st; void main() { st = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
        "    gl_Position = vec4(st * 2.0 - 1.0, st.x * 4.0 - 2.0, 1.0); }\n",
        "in vec2 st; out vec4 o; void main() { o = vec4(gl_FragCoord.z, st.y, 0.5, 1.0); }\n");
    glEnable(GL_DEPTH_TEST);
    glDepthFunc(GL_LEQUAL);
    gld_cell(0, 1, 2);
    gld_quad();
    glEnable(GL_DEPTH_CLAMP_EXT);
    gld_cell(1, 1, 2);
    gld_quad();
    glDisable(GL_DEPTH_CLAMP_EXT);
}

/* --- what fragments do to memory
 * ------------------------------------------------------------------ */

/* Counted fragments: all, and only those that pass the early depth test. */
static void early_tests(struct glc *gl)
{
    static const char *const bodies[] = {
        "layout(binding = 0, offset = 0) uniform atomic_uint n; out vec4 o;\n"
        "void main() { atomicCounterIncrement(n); o = vec4(1.0); }\n",
        "layout(early_fragment_tests) in; layout(binding = 0, offset = 4) uniform atomic_uint n; "
        "out vec4 o;\n"
        "void main() { atomicCounterIncrement(n); o = vec4(1.0); }\n"};
    static const uint32_t zero[2];
    GLint most = 0;
    GLuint b, p, seen[2];

    glGetIntegerv(GL_MAX_FRAGMENT_ATOMIC_COUNTERS, &most);
    igt_require_f(most >= 2, "%s has no atomic counters in fragment shaders", gl->label);
    b = gld_buffer(gl, GL_ATOMIC_COUNTER_BUFFER, sizeof(zero), zero);
    glBindBufferBase(GL_ATOMIC_COUNTER_BUFFER, 0, b);
    p = gld_quad_program(
        gl,
        "in vec2 st; out vec4 o; void main() { gl_FragDepth = st.x; o = vec4(st, 0.0, 1.0); }\n");
    glEnable(GL_DEPTH_TEST);
    gld_quad();
    for (unsigned i = 0; i < 2; i++) {
        gld_quad_program(gl, bodies[i]); /* at depth 0.5: the right half passes */
        glDepthMask(GL_FALSE);
        gld_quad();
    }
    glMemoryBarrier(GL_BUFFER_UPDATE_BARRIER_BIT);
    glc_read(gl, b, sizeof(seen), seen);
    igt_assert_f(seen[1] == GLD_W * GLD_H_ / 2,
                 "%s: %u fragments behind the early test, expected %u", gl->label, seen[1],
                 GLD_W * GLD_H_ / 2);
    igt_assert_f(seen[0] >= seen[1] && seen[0] <= GLD_W * GLD_H_, "%s: %u fragments without it",
                 gl->label, seen[0]);
    (void)p;
}

/* --- copies -------------------------------------------------------------------------------------
 */

static void blits(struct glc *gl)
{
    static const GLenum format = GL_RGBA8;
    GLuint fbo = targets(gl, &format, 1);

    gld_quad_program(
        gl, "in vec2 st; out vec4 o; void main() { vec2 k = floor(st * vec2(16.0, 12.0));\n"
            "    o = vec4(k / 16.0, mod(k.x + k.y, 2.0), 1.0); }\n");
    gld_quad();
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, gld_target());
    glBlitFramebuffer(0, 0, 80, 60, 0, 0, 160, 120, GL_COLOR_BUFFER_BIT, GL_LINEAR);
    glBlitFramebuffer(0, 0, 160, 120, 70, 50, 10, 5, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glEnable(GL_SCISSOR_TEST);
    glScissor(90, 60, 40, 50);
    glBlitFramebuffer(30, 10, 50, 50, 80, 40, 160, 120, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    gld_back();
    glDeleteFramebuffers(1, &fbo);
}

/* Texels copied by CopyImage, CopyTexSubImage, through a buffer. */
static void copies(struct glc *gl)
{
    PFNGLCOPYIMAGESUBDATAPROC copy = gld_entry(gl, "glCopyImageSubDataEXT");
    GLuint a, b, buffer;

    gld_need(gl, "GL_EXT_copy_image");
    a = gld_picture(gl, GL_TEXTURE_2D, 32, 32, 1);
    b = gld_texture(gl, GL_TEXTURE_2D);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, 64, 64);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    glClearColor(0.3f, 0.9f, 0.1f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glCopyTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 8, 8, 64, 64);
    copy(a, GL_TEXTURE_2D, 0, 3, 5, 0, b, GL_TEXTURE_2D, 0, 10, 20, 0, 24, 17, 1);
    buffer = gld_buffer(gl, GL_PIXEL_PACK_BUFFER, 16 * 16 * 4, NULL);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { o = vec4(st, 1.0, 1.0); }\n");
    gld_quad();
    glReadPixels(40, 40, 16, 16, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, buffer);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 45, 40, 16, 16, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
    gld_quad_program(gl, show);
    gld_quad();
}

/* --- table -------------------------------------------------------------------------------------
 */

#define STEPS "rounding of interpolation to 8 bits"
#define TIES  "coordinates on the border between two texels"

const struct gld_scene scenes_output[] = {
    {"dual-source", "blended with a second colour of the shader's", dual_source, 1, 0, STEPS},
    {"blend-targets", "four targets, each with its own blending and mask", blend_targets, 17, 0,
     "4444 has 16 steps"},
    {"blend-advanced", "multiply, overlay, soft light, hue", blend_advanced, 3, 60,
     "two roundings"},
    {"framebuffer-fetch", "the shader reads what is there", framebuffer_fetch, 4, 400,
     "edges of the pattern"},
    {"half-floats", "targets of 16, 11 and 32 bits", half_floats, 4, 1200, "edges of the pattern"},
    {"srgb", "a target in sRGB, blended", srgb, 3, 0, "a step of sRGB where it is steepest"},
    {"layers-drawn", "layers, slices, faces and levels as targets", layers, 2, 600, TIES},
    {"stencil-faces", "every operation on both faces, masks", stencil_faces, 0, 0, NULL},
    {"depths", "ranges, bias with slope and clamp", depths, 2, 120, "where planes meet"},
    {"depth-clamp", "clipped, and clamped", depth_clamp, 2, 0, STEPS},
    {"early-tests", "fragments counted behind an early depth test", early_tests, 2, 60, STEPS},
    {"blits", "scaled, turned over, scissored", blits, 3, 300, TIES},
    {"copies", "texels copied in three ways", copies, 1, 300, TIES},
    {0},
};
