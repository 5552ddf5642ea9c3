/*
 * Scenes of gles_draw: several samples a pixel, in renderbuffers and textures, and queries that
 * count samples. Called through the table at the end. Calls gld.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "gld.h"

#define SAMPLES 4

static const char fs_colour[] = "in vec4 v; out vec4 o; void main() { o = v; }\n";

/* Triangles that meet in the middle: all edges are slanted. */
static const char vs_star[] =
    "out vec4 v; void main() { int i = gl_VertexID / 3, k = gl_VertexID % 3;\n"
    "    float a = float(i + (k == 2 ? 1 : 0)) * 0.8976 + 0.2;\n"
    "    gl_Position = vec4(k == 0 ? vec2(0.05, -0.1) : vec2(cos(a), sin(a)) * (i % 2 == 0 ? 0.95 "
    ": 0.6),\n"
    "        float(i) * 0.1 - 0.3, 1.0);\n"
    "    v = vec4(float(i & 1), float(i & 2) * 0.5, float(k) * 0.5, float(i) / 7.0); }\n";

static GLuint many; /* the multisampled framebuffer under way */
static GLuint renderbuffers[3];

static GLuint renderbuffer(unsigned i, GLenum point, GLenum format)
{
    glGenRenderbuffers(1, &renderbuffers[i]);
    glBindRenderbuffer(GL_RENDERBUFFER, renderbuffers[i]);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, SAMPLES, format, GLD_W, GLD_H_);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, point, GL_RENDERBUFFER, renderbuffers[i]);
    return renderbuffers[i];
}

/* A framebuffer of renderbuffers with four samples, bound and cleared. */
static void begin(struct glc *gl, GLenum colour, GLenum depth)
{
    memset(renderbuffers, 0, sizeof(renderbuffers));
    glGenFramebuffers(1, &many);
    glBindFramebuffer(GL_FRAMEBUFFER, many);
    renderbuffer(0, GL_COLOR_ATTACHMENT0, colour);
    if (depth)
        renderbuffer(1, GL_DEPTH_STENCIL_ATTACHMENT, depth);
    gld_need_complete(gl, "several samples of this format");
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
}

static void resolve(GLuint to)
{
    glBindFramebuffer(GL_READ_FRAMEBUFFER, many);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, to);
    glBlitFramebuffer(0, 0, GLD_W, GLD_H_, 0, 0, GLD_W, GLD_H_, GL_COLOR_BUFFER_BIT, GL_NEAREST);
}

/* Resolves into the target. */
static void end(void)
{
    resolve(gld_target());
    gld_back();
    glDeleteFramebuffers(1, &many);
    glDeleteRenderbuffers(3, renderbuffers);
}

static void star(struct glc *gl)
{
    glc_draw_program(gl, vs_star, fs_colour);
    glDrawArrays(GL_TRIANGLES, 0, 21);
}

/* GLES resolves between equal formats only: into a texture, which is drawn. */
static void end_as(struct glc *gl, GLenum format)
{
    GLuint fbo;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
                           glc_texture(gl, format, GLD_W, GLD_H_), 0);
    resolve(fbo);
    glDeleteFramebuffers(1, &fbo);
    glDeleteFramebuffers(1, &many);
    glDeleteRenderbuffers(3, renderbuffers);
    gld_back();
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                         "void main() { o = texture(t, st); }\n");
    gld_quad();
}

/* --- renderbuffers ---------------------------------------------------------------------------- */

static void resolve_rgba8(struct glc *gl)
{
    begin(gl, GL_RGBA8, 0);
    star(gl);
    end();
}

static void resolve_565(struct glc *gl)
{
    begin(gl, GL_RGB565, 0);
    star(gl);
    end_as(gl, GL_RGB565);
}

static void resolve_1010102(struct glc *gl)
{
    begin(gl, GL_RGB10_A2, 0);
    star(gl);
    end_as(gl, GL_RGB10_A2);
}

/* Depth and stencil a sample; blended on top, which reads each sample. */
static void depth_stencil(struct glc *gl)
{
    begin(gl, GL_RGBA8, GL_DEPTH24_STENCIL8);
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_STENCIL_TEST);
    glStencilOp(GL_KEEP, GL_KEEP, GL_INCR);
    star(gl);
    glStencilFunc(GL_EQUAL, 0, 0xff);
    glEnable(GL_BLEND);
    glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { o = vec4(1.0, st, st.x); }\n");
    gld_quad();
    end();
}

/* What was drawn is kept, with its samples, over a flush: the second part loads it. */
static void kept(struct glc *gl)
{
    begin(gl, GL_RGBA8, GL_DEPTH24_STENCIL8);
    glEnable(GL_DEPTH_TEST);
    star(gl);
    glFinish();
    glDepthFunc(GL_GREATER);
    gld_quad_program(
        gl,
        "in vec2 st; out vec4 o; void main() { gl_FragDepth = 0.6; o = vec4(st, 1.0, 1.0); }\n");
    gld_quad();
    end();
}

/* --- masks ------------------------------------------------------------------------------------ */

static void sample_mask(struct glc *gl)
{
    begin(gl, GL_RGBA8, 0);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { o = vec4(st, 1.0, 1.0); }\n");
    glEnable(GL_SAMPLE_MASK);
    for (unsigned i = 0; i < 16; i++) {
        gld_cell(i, 4, 4);
        glSampleMaski(0, i);
        gld_quad();
    }
    glDisable(GL_SAMPLE_MASK);
    glSampleMaski(0, ~0u);
    end();
}

static void alpha_to_coverage(struct glc *gl)
{
    begin(gl, GL_RGBA8, 0);
    glEnable(GL_SAMPLE_ALPHA_TO_COVERAGE);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() {\n"
                         "    o = vec4(1.0, 1.0, 0.0, floor(st.x * 5.0) / 4.0); }\n");
    gld_quad();
    glDisable(GL_SAMPLE_ALPHA_TO_COVERAGE);
    end();
}

static void coverage(struct glc *gl)
{
    begin(gl, GL_RGBA8, 0);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { o = vec4(1.0, st, 1.0); }\n");
    glEnable(GL_SAMPLE_COVERAGE);
    glSampleCoverage(0.5f, GL_FALSE);
    gld_cell(0, 2, 1);
    gld_quad();
    glSampleCoverage(0.5f, GL_TRUE);
    gld_cell(1, 2, 1);
    gld_quad();
    glDisable(GL_SAMPLE_COVERAGE);
    glSampleCoverage(1, GL_FALSE);
    end();
}

static void mask_written(struct glc *gl)
{
    gld_need(gl, "GL_OES_sample_variables");
    begin(gl, GL_RGBA8, 0);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() {\n"
                         "    gl_SampleMask[0] = int(st.x * 16.0) & gl_SampleMaskIn[0];\n"
                         "    o = vec4(1.0, st, 1.0); }\n");
    gld_quad();
    end();
}

/* --- shading of samples ------------------------------------------------------------------------
 */

static void sample_numbers(struct glc *gl)
{
    gld_need(gl, "GL_OES_sample_variables");
    begin(gl, GL_RGBA8, 0);
    glc_draw_program(
        gl, vs_star,
        "in vec4 v; out vec4 o; void main() {\n"
        "    o = vec4(float(gl_SampleID) / 3.0, gl_SamplePosition, 1.0) * 0.5 + v * 0.5; }\n");
    glDrawArrays(GL_TRIANGLES, 0, 21);
    end();
}

static void sample_shading(struct glc *gl)
{
    PFNGLMINSAMPLESHADINGPROC rate = gld_entry(gl, "glMinSampleShadingOES");

    gld_need(gl, "GL_OES_sample_shading");
    begin(gl, GL_RGBA8, 0);
    glEnable(GL_SAMPLE_SHADING);
    rate(1);
    gld_quad_program(gl, "in vec2 st; out vec4 o; void main() { vec2 k = st * vec2(40.0, 30.0);\n"
                         "    o = fract(k.x + k.y) < 0.5 ? vec4(1.0) : vec4(st, 0.0, 1.0); }\n");
    gld_quad();
    glDisable(GL_SAMPLE_SHADING);
    rate(0);
    end();
}

static void interpolation(struct glc *gl)
{
    gld_need(gl, "GL_OES_shader_multisample_interpolation");
    begin(gl, GL_RGBA8, 0);
    glc_draw_program(
        gl,
        "centroid out vec4 a; sample out vec4 b; out vec4 c; void main() {\n"
        "    int i = gl_VertexID / 3, k = gl_VertexID % 3; float t = float(i + k) * 0.9;\n"
        "    gl_Position = vec4(k == 0 ? vec2(0) : vec2(cos(t), sin(t)) * 0.95, 0.0, 1.0);\n"
        "    a = vec4(float(k) * 0.5, 0, 0, 1); b = a.yxzw; c = a.yzxw; }\n",
        "centroid in vec4 a; sample in vec4 b; in vec4 c; out vec4 o; void main() {\n"
        "    o = a + b + interpolateAtOffset(c, vec2(0.25, -0.25)); o.a = 1.0; }\n");
    glDrawArrays(GL_TRIANGLES, 0, 18);
    end();
}

/* --- textures of several samples
 * ------------------------------------------------------------------ */

static const char show_samples[] =
    "uniform highp sampler2DMS t; in vec2 st; out vec4 o; void main() {\n"
    "    ivec2 at = ivec2(st * vec2(textureSize(t)));\n"
    "    o = texelFetch(t, at, (at.x / 8 + at.y / 8) % 4); }\n";

static void texture_samples(struct glc *gl)
{
    GLuint t = gld_texture(gl, GL_TEXTURE_2D_MULTISAMPLE), fbo;

    glTexStorage2DMultisample(GL_TEXTURE_2D_MULTISAMPLE, SAMPLES, GL_RGBA8, 96, 72, GL_TRUE);
    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D_MULTISAMPLE, t, 0);
    gld_need_complete(gl, "a texture of several samples");
    glViewport(0, 0, 96, 72);
    glClear(GL_COLOR_BUFFER_BIT);
    star(gl);
    gld_back();
    gld_quad_program(gl, show_samples);
    gld_quad();
    glDeleteFramebuffers(1, &fbo);
}

/* The depth of each sample, fetched. */
static void depth_samples(struct glc *gl)
{
    GLuint t, fbo, d;

    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    t = gld_texture(gl, GL_TEXTURE_2D_MULTISAMPLE);
    glTexStorage2DMultisample(GL_TEXTURE_2D_MULTISAMPLE, SAMPLES, GL_RGBA8, 96, 72, GL_TRUE);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D_MULTISAMPLE, t, 0);
    d = gld_texture(gl, GL_TEXTURE_2D_MULTISAMPLE);
    glTexStorage2DMultisample(GL_TEXTURE_2D_MULTISAMPLE, SAMPLES, GL_DEPTH_COMPONENT24, 96, 72,
                              GL_TRUE);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D_MULTISAMPLE, d, 0);
    gld_need_complete(gl, "a depth texture of several samples");
    glViewport(0, 0, 96, 72);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glEnable(GL_DEPTH_TEST);
    star(gl);
    glDisable(GL_DEPTH_TEST);
    gld_back();
    gld_quad_program(gl, show_samples);
    gld_quad();
    glDeleteFramebuffers(1, &fbo);
}

/* EXT_multisampled_render_to_texture: the samples never leave the tile buffer. */
static void implicit_samples(struct glc *gl)
{
    PFNGLFRAMEBUFFERTEXTURE2DMULTISAMPLEEXTPROC attach =
        gld_entry(gl, "glFramebufferTexture2DMultisampleEXT");
    GLuint t, fbo;

    gld_need(gl, "GL_EXT_multisampled_render_to_texture");
    t = gld_texture(gl, GL_TEXTURE_2D);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, 96, 72);
    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t, 0, SAMPLES);
    gld_need_complete(gl, "a texture with samples of its own");
    glViewport(0, 0, 96, 72);
    glClear(GL_COLOR_BUFFER_BIT);
    star(gl);
    gld_back();
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    gld_quad_program(
        gl, "uniform sampler2D t; in vec2 st; out vec4 o; void main() { o = texture(t, st); }\n");
    gld_quad();
    glDeleteFramebuffers(1, &fbo);
}

/* --- queries --------------------------------------------------------------------------------- */

#define ROUNDS 6

static void small_quads(struct glc *gl, GLenum kind, GLuint *queries)
{
    GLuint p = glc_draw_program(
        gl,
        "uniform vec4 d; void main() {\n"
        "    gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) - 0.5, d.x, 1.0); }\n",
        "uniform vec4 d; out vec4 o; void main() { if (d.y > 0.0) discard; o = vec4(d.x, 0.0, 1.0, "
        "1.0); }\n");

    glEnable(GL_DEPTH_TEST);
    glGenQueries(ROUNDS, queries);
    for (unsigned i = 0; i < ROUNDS; i++) {
        gld_cell(i % 3, 6, 1);
        gld_uniform(p, "d", i < 3 ? 0 : i == 4 ? 0.5f : -0.2f * (float)i, i == 1 || i == 5, 0, 0);
        glBeginQuery(kind, queries[i]);
        gld_quad();
        glEndQuery(kind);
    }
    glDisable(GL_DEPTH_TEST);
}

/* Each result becomes the colour of a cell. */
static void occlusion(struct glc *gl)
{
    static const GLenum kinds[] = {GL_ANY_SAMPLES_PASSED, GL_ANY_SAMPLES_PASSED_CONSERVATIVE};

    for (unsigned k = 0; k < 2; k++) {
        GLuint queries[ROUNDS], passed[ROUNDS], p;

        small_quads(gl, kinds[k], queries);
        for (unsigned i = 0; i < ROUNDS; i++)
            glGetQueryObjectuiv(queries[i], GL_QUERY_RESULT, &passed[i]);
        glDeleteQueries(ROUNDS, queries);
        p = gld_quad_program(gl, "uniform vec4 c; out vec4 o; void main() { o = c; }\n");
        for (unsigned i = 0; i < ROUNDS; i++) {
            gld_cell(6 * (1 + k) + i, 6, 3);
            gld_uniform(p, "c", passed[i] ? 1 : 0, 0.5f, 0, 1);
            gld_quad();
        }
    }
}

static void conditional(struct glc *gl)
{
    PFNGLBEGINCONDITIONALRENDERNVPROC begin_if = gld_entry(gl, "glBeginConditionalRenderNV");
    PFNGLENDCONDITIONALRENDERNVPROC end_if = gld_entry(gl, "glEndConditionalRenderNV");
    GLuint queries[ROUNDS], p;

    gld_need(gl, "GL_NV_conditional_render");
    small_quads(gl, GL_ANY_SAMPLES_PASSED, queries);
    p = gld_quad_program(
        gl, "uniform vec4 c; in vec2 st; out vec4 o; void main() { o = vec4(st, c.x, 1.0); }\n");
    for (unsigned i = 0; i < ROUNDS; i++) {
        gld_cell(12 + i, 6, 3);
        gld_uniform(p, "c", (float)i / ROUNDS, 0, 0, 0);
        begin_if(queries[i], i & 1 ? GL_QUERY_WAIT_NV : GL_QUERY_BY_REGION_WAIT_NV);
        gld_quad();
        end_if();
    }
    glDeleteQueries(ROUNDS, queries);
}

/* --- table -------------------------------------------------------------------------------------
 */

#define EDGES "samples on edges, 1/256 pixel"

const struct gld_scene scenes_samples[] = {
    {"samples-rgba8", "four samples a pixel, resolved", resolve_rgba8, 2, 60, EDGES},
    {"samples-565", "the same, 565", resolve_565, 9, 60, EDGES},
    {"samples-1010102", "the same, 10-10-10-2", resolve_1010102, 2, 60, EDGES},
    {"samples-depth", "depth, stencil, blending of samples", depth_stencil, 3, 120, EDGES},
    {"samples-kept", "samples and their depth loaded again", kept, 2, 120, EDGES},
    {"sample-mask", "sixteen masks", sample_mask, 2, 0, "rounding of the resolve"},
    {"alpha-to-coverage", "five alphas", alpha_to_coverage, 70, 0,
     "which samples an alpha covers is not defined"},
    {"sample-coverage", "a half, and the other half", coverage, 2, 0, "rounding of the resolve"},
    {"mask-written", "gl_SampleMask, gl_SampleMaskIn", mask_written, 2, 0,
     "rounding of the resolve"},
    {"sample-numbers", "gl_SampleID, gl_SamplePosition", sample_numbers, 2, 60, EDGES},
    {"sample-shading", "the shader once a sample", sample_shading, 2, 120, "edges of the pattern"},
    {"interpolation", "centroid, sample, interpolateAtOffset", interpolation, 3, 300,
     "where a centroid is may differ"},
    {"texture-samples", "a texture of four samples, fetched", texture_samples, 2, 120, EDGES},
    {"depth-samples", "beside a depth texture of four samples", depth_samples, 2, 120, EDGES},
    {"samples-implicit", "samples that never leave the tile buffer", implicit_samples, 2, 120,
     EDGES},
    {"occlusion", "queries: any sample passed", occlusion, 0, 0, NULL},
    {"conditional", "draws that depend on queries", conditional, 1, 0, "rounding of interpolation"},
    {0},
};
