/*
 * A thin layer on EGL and GLES 3.1: a context on one EGL device without a
 * surface, programs, buffers, textures. Every failure ends the subtest with what failed and the
 * GL error or the compiler's log. What a subtest makes lives until glc_reset().
 *
 * Called by gles_compute, gles_draw, gles_rate. Calls libEGL, libGLESv2.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GLC_H
#define GLC_H

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl31.h>
#include <GLES2/gl2ext.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLC_OBJECTS  64
#define GLC_COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct glc {
    const char *label; /* "mali", "llvmpipe" */
    EGLDisplay display;
    EGLContext context;
    char renderer[96];
    GLuint programs[GLC_OBJECTS], buffers[GLC_OBJECTS], textures[GLC_OBJECTS];
    unsigned program_count, buffer_count, texture_count;
};

/** On the EGL device that is software, or on the first that is not. False: there is none. */
bool glc_open(struct glc *gl, bool software, const char *label);
void glc_close(struct glc *gl);
/** Makes the context current; every subtest begins so. */
void glc_use(struct glc *gl);
/** Destroys what the subtest has made. */
void glc_reset(struct glc *gl);

/** A compute program; body: what follows "#version 310 es" and the default precisions. */
GLuint glc_program(struct glc *gl, const char *body);
/** The same of a vertex and a fragment shader, for drawing; in use. */
GLuint glc_draw_program(struct glc *gl, const char *vs, const char *fs);
/** The same with varyings captured by transform feedback, `how` as glTransformFeedbackVaryings().
 */
GLuint glc_capture_program(struct glc *gl, const char *vs, const char *fs, const char *const *names,
                           unsigned count, GLenum how);
/** A shader storage buffer, bound at `binding`; init NULL: bytes of 0xcd. */
GLuint glc_buffer(struct glc *gl, unsigned binding, size_t bytes, const void *init);
/** A 2D texture of one level with immutable storage, not bound. */
GLuint glc_texture(struct glc *gl, GLenum format, unsigned width, unsigned height);
void glc_dispatch(struct glc *gl, GLuint program, unsigned x, unsigned y, unsigned z);
/** Waits and copies a buffer's content. */
void glc_read(struct glc *gl, GLuint buffer, size_t bytes, void *to);
/** A GL error ends the subtest. */
void glc_check(const struct glc *gl, const char *what);

#endif
