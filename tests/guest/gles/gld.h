/*
 * Drawing for gles_draw, on top of glc.h: programs, quads, textures, a target of GLD_W x GLD_H that
 * is read back. A scene draws into gld_target(), which is cleared, with the state that a new
 * context has; what it makes through gl's lists lives until the next one.
 *
 * Called by the scenes of gles_draw. Calls glc.c, libEGL, libGLESv2.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GLD_H
#define GLD_H

#include <GLES3/gl32.h>

#include "glc.h"

#define GLD_W  160
#define GLD_H_ 120

struct gld_scene {
    const char *name, *what;
    void (*draw)(struct glc *gl);
    unsigned tolerance; /* of a channel, in 1/255 */
    unsigned pixels;    /* that may differ by more */
    const char *why;    /* either is not 0 */
};

/** Tables that end with a row of zeros. */
extern const struct gld_scene scenes_basic[], scenes_vertices[], scenes_samples[],
    scenes_textures[], scenes_formats[], scenes_yuv[], scenes_output[];

/** A quad over the viewport, with `st` from 0 to 1; gld_quad() draws it. */
GLuint gld_quad_program(struct glc *gl, const char *fs);
void gld_quad(void);
/** Sets the viewport to cell `i` of `columns` by `rows`, with a border of two pixels. */
void gld_cell(unsigned i, unsigned columns, unsigned rows);

/** A buffer, bound to `point`. */
GLuint gld_buffer(struct glc *gl, GLenum point, size_t bytes, const void *init);
/** Attributes 0: position, 1: colour; seven floats a vertex. */
void gld_vertices(struct glc *gl, const float *v, size_t bytes);
void gld_uniform(GLuint program, const char *name, float a, float b, float c, float d);
void gld_integer(GLuint program, const char *name, int a);

/** An RGBA8 texture (2D or cube) of random texels, with `levels` generated levels, bound. */
GLuint gld_picture(struct glc *gl, GLenum kind, GLsizei w, GLsizei h, GLsizei levels);
/** A texture without storage, bound. */
GLuint gld_texture(struct glc *gl, GLenum kind);
void gld_filters(GLenum kind, GLint min, GLint mag, GLint wrap);

/** The framebuffer that is compared; binding it is the scene's business. */
GLuint gld_target(void);
/** Binds it, with its viewport. */
void gld_back(void);
/** Skips the scene when the context has no such extension. */
void gld_need(struct glc *gl, const char *extension);
/** An entry of an extension, looked up once it is needed. */
void *gld_entry(struct glc *gl, const char *name);
/** The framebuffer that is bound must be complete; skips the scene when this driver cannot. */
void gld_need_complete(struct glc *gl, const char *what);

/** For the program: makes the target, with the state of a new context; deletes it again. */
void gld_start(struct glc *gl);
void gld_finish(struct glc *gl, uint8_t *px);

#endif
