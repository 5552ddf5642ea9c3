/*
 * Drawing for gles_draw: see gld.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "gld.h"
#include "outcome.h"

static struct {
    GLuint fbo, colour, depth;
} target;

/* --- quads -------------------------------------------------------------------------------- */

GLuint gld_quad_program(struct glc *gl, const char *fs)
{
    return glc_draw_program(gl,
                            "out vec2 st; void main() {\n"
                            "    st = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
                            "    gl_Position = vec4(st * 2.0 - 1.0, 0.0, 1.0); }\n",
                            fs);
}

void gld_quad(void)
{
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

void gld_cell(unsigned i, unsigned columns, unsigned rows)
{
    GLsizei w = GLD_W / (GLsizei)columns, h = GLD_H_ / (GLsizei)rows;

    glViewport((GLint)(i % columns) * w + 1, (GLint)(i / columns) * h + 1, w - 2, h - 2);
}

/* --- buffers, uniforms ---------------------------------------------------------------------- */

GLuint gld_buffer(struct glc *gl, GLenum point, size_t bytes, const void *init)
{
    GLuint b;

    igt_assert_lt(gl->buffer_count, GLC_OBJECTS);
    glGenBuffers(1, &b);
    gl->buffers[gl->buffer_count++] = b;
    glBindBuffer(point, b);
    glBufferData(point, (GLsizeiptr)bytes, init, GL_STATIC_DRAW);
    return b;
}

void gld_vertices(struct glc *gl, const float *v, size_t bytes)
{
    gld_buffer(gl, GL_ARRAY_BUFFER, bytes, v);
    glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, 28, 0);
    glVertexAttribPointer(1, 4, GL_FLOAT, GL_FALSE, 28, (void *)12);
    glEnableVertexAttribArray(0);
    glEnableVertexAttribArray(1);
}

void gld_uniform(GLuint program, const char *name, float a, float b, float c, float d)
{
    glUniform4f(glGetUniformLocation(program, name), a, b, c, d);
}

void gld_integer(GLuint program, const char *name, int a)
{
    glUniform1i(glGetUniformLocation(program, name), a);
}

/* --- textures ----------------------------------------------------------------------------- */

GLuint gld_texture(struct glc *gl, GLenum kind)
{
    GLuint t;

    igt_assert_lt(gl->texture_count, GLC_OBJECTS);
    glGenTextures(1, &t);
    gl->textures[gl->texture_count++] = t;
    glBindTexture(kind, t);
    return t;
}

GLuint gld_picture(struct glc *gl, GLenum kind, GLsizei w, GLsizei h, GLsizei levels)
{
    static uint8_t px[64 * 64 * 4];
    uint32_t seed = 5;
    GLuint t;

    for (unsigned i = 0; i < sizeof(px); i++)
        px[i] = (uint8_t)rnd(&seed);
    t = gld_texture(gl, kind);
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

void gld_filters(GLenum kind, GLint min, GLint mag, GLint wrap)
{
    glTexParameteri(kind, GL_TEXTURE_MIN_FILTER, min);
    glTexParameteri(kind, GL_TEXTURE_MAG_FILTER, mag);
    glTexParameteri(kind, GL_TEXTURE_WRAP_S, wrap);
    glTexParameteri(kind, GL_TEXTURE_WRAP_T, wrap);
    glTexParameteri(kind, GL_TEXTURE_WRAP_R, wrap);
}

/* --- what the driver can ---------------------------------------------------------------------- */

void gld_need(struct glc *gl, const char *extension)
{
    GLint n = 0;

    glGetIntegerv(GL_NUM_EXTENSIONS, &n);
    for (GLuint i = 0; i < (GLuint)n; i++)
        if (!strcmp((const char *)glGetStringi(GL_EXTENSIONS, i), extension))
            return;
    igt_skip("%s has no %s", gl->label, extension);
}

void *gld_entry(struct glc *gl, const char *name)
{
    void *entry = (void *)eglGetProcAddress(name);

    igt_assert_f(entry, "%s: libEGL knows no %s", gl->label, name);
    return entry;
}

void gld_need_complete(struct glc *gl, const char *what)
{
    GLenum status = glCheckFramebufferStatus(GL_FRAMEBUFFER);

    igt_require_f(status == GL_FRAMEBUFFER_COMPLETE, "%s cannot draw to %s (0x%x)", gl->label, what,
                  status);
}

/* --- target ----------------------------------------------------------------------------------- */

GLuint gld_target(void)
{
    return target.fbo;
}

void gld_back(void)
{
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    glViewport(0, 0, GLD_W, GLD_H_);
}

static void make_target(struct glc *gl)
{
    glGenFramebuffers(1, &target.fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    target.colour = glc_texture(gl, GL_RGBA8, GLD_W, GLD_H_);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target.colour, 0);
    glGenRenderbuffers(1, &target.depth);
    glBindRenderbuffer(GL_RENDERBUFFER, target.depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, GLD_W, GLD_H_);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER,
                              target.depth);
    igt_assert_eq(glCheckFramebufferStatus(GL_FRAMEBUFFER), GL_FRAMEBUFFER_COMPLETE);
}

/* A scene that ended in the middle leaves whatever it had set. */
static void reset_state(void)
{
    static const GLenum off[] = {GL_BLEND,
                                 GL_DEPTH_TEST,
                                 GL_STENCIL_TEST,
                                 GL_SCISSOR_TEST,
                                 GL_CULL_FACE,
                                 GL_SAMPLE_MASK,
                                 GL_SAMPLE_ALPHA_TO_COVERAGE,
                                 GL_SAMPLE_COVERAGE,
                                 GL_RASTERIZER_DISCARD,
                                 GL_POLYGON_OFFSET_FILL,
                                 GL_PRIMITIVE_RESTART_FIXED_INDEX};

    for (unsigned i = 0; i < GLC_COUNT(off); i++)
        glDisable(off[i]);
    for (GLuint i = 0; i < 8; i++) {
        glDisableVertexAttribArray(i);
        glVertexAttribDivisor(i, 0);
    }
    glActiveTexture(GL_TEXTURE0);
    glBindBuffer(GL_ARRAY_BUFFER, 0);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, 0);
    glCullFace(GL_BACK);
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glDepthMask(GL_TRUE);
    glStencilMask(0xff);
    glDepthFunc(GL_LESS);
    glDepthRangef(0, 1);
    glStencilFunc(GL_ALWAYS, 0, 0xff);
    glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
    glBlendEquation(GL_FUNC_ADD);
    glBlendFunc(GL_ONE, GL_ZERO);
    glLineWidth(1);
    glViewport(0, 0, GLD_W, GLD_H_);
    glClearColor(0.2f, 0.4f, 0.6f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
}

void gld_start(struct glc *gl)
{
    glc_reset(gl);
    while (glGetError() != GL_NO_ERROR)
        ;
    make_target(gl);
    reset_state();
}

void gld_finish(struct glc *gl, uint8_t *px)
{
    glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
    glReadPixels(0, 0, GLD_W, GLD_H_, GL_RGBA, GL_UNSIGNED_BYTE, px);
    glc_check(gl, "glReadPixels");
    glDeleteFramebuffers(1, &target.fbo);
    glDeleteRenderbuffers(1, &target.depth);
}
