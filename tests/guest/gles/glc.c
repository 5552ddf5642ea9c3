/*
 * The thin layer on EGL and GLES: see glc.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "garm_igt.h"
#include "glc.h"

/* --- context --------------------------------------------------------------------------- */

/* EGL_PLATFORM_DEVICE opens the driver of one device, so that both are there in one process. */
static EGLDisplay find_display(bool software)
{
    PFNEGLQUERYDEVICESEXTPROC query =
        (PFNEGLQUERYDEVICESEXTPROC)eglGetProcAddress("eglQueryDevicesEXT");
    PFNEGLQUERYDEVICESTRINGEXTPROC name =
        (PFNEGLQUERYDEVICESTRINGEXTPROC)eglGetProcAddress("eglQueryDeviceStringEXT");
    EGLDeviceEXT list[16];
    EGLint n = 0;

    igt_assert_f(query && name, "this EGL has no device enumeration");
    igt_assert_f(query(GLC_COUNT(list), list, &n), "eglQueryDevicesEXT: 0x%x", eglGetError());
    for (EGLint i = 0; i < n; i++) {
        const char *ext = name(list[i], EGL_EXTENSIONS);
        if ((strstr(ext, "EGL_MESA_device_software") != NULL) == software)
            return eglGetPlatformDisplay(EGL_PLATFORM_DEVICE_EXT, list[i], NULL);
    }
    return EGL_NO_DISPLAY;
}

bool glc_open(struct glc *gl, bool software, const char *label)
{
    static const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_CONTEXT_MINOR_VERSION, 1,
                                        EGL_NONE};

    memset(gl, 0, sizeof(*gl));
    gl->label = label;
    gl->display = find_display(software);
    if (gl->display == EGL_NO_DISPLAY)
        return false;
    igt_assert_f(eglInitialize(gl->display, NULL, NULL), "%s: eglInitialize: 0x%x", label,
                 eglGetError());
    igt_assert_f(eglBindAPI(EGL_OPENGL_ES_API), "%s: eglBindAPI: 0x%x", label, eglGetError());
    gl->context = eglCreateContext(gl->display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
    igt_assert_f(gl->context != EGL_NO_CONTEXT, "%s: eglCreateContext for GLES 3.1: 0x%x", label,
                 eglGetError());
    glc_use(gl);
    snprintf(gl->renderer, sizeof(gl->renderer), "%s", (const char *)glGetString(GL_RENDERER));
    return true;
}

void glc_use(struct glc *gl)
{
    igt_assert_f(eglMakeCurrent(gl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, gl->context),
                 "%s: eglMakeCurrent: 0x%x", gl->label, eglGetError());
}

void glc_close(struct glc *gl)
{
    if (gl->display == EGL_NO_DISPLAY)
        return;
    if (gl->context) {
        glc_use(gl);
        glc_reset(gl);
        eglMakeCurrent(gl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        eglDestroyContext(gl->display, gl->context);
    }
    eglTerminate(gl->display);
    gl->display = EGL_NO_DISPLAY;
}

void glc_reset(struct glc *gl)
{
    for (unsigned i = 0; i < gl->program_count; i++)
        glDeleteProgram(gl->programs[i]);
    glDeleteBuffers(gl->buffer_count, gl->buffers);
    glDeleteTextures(gl->texture_count, gl->textures);
    gl->program_count = gl->buffer_count = gl->texture_count = 0;
}

void glc_check(const struct glc *gl, const char *what)
{
    GLenum e = glGetError();

    igt_assert_f(e == GL_NO_ERROR, "%s: %s: expected no GL error, got 0x%x", gl->label, what, e);
}

/* --- objects --------------------------------------------------------------------------- */

/* Drivers warn of extensions that they do not have; scenes ask before they use one. */
static const char drawing[] = "#extension GL_OES_sample_variables : enable\n"
                              "#extension GL_OES_shader_multisample_interpolation : enable\n"
                              "#extension GL_OES_shader_image_atomic : enable\n"
                              "#extension GL_OES_EGL_image_external_essl3 : enable\n"
                              "#extension GL_OES_texture_storage_multisample_2d_array : enable\n"
                              "#extension GL_EXT_texture_buffer : enable\n"
                              "#extension GL_EXT_texture_cube_map_array : enable\n"
                              "#extension GL_EXT_gpu_shader5 : enable\n"
                              "#extension GL_EXT_blend_func_extended : enable\n"
                              "#extension GL_EXT_shader_framebuffer_fetch : enable\n"
                              "#extension GL_EXT_clip_cull_distance : enable\n"
                              "#extension GL_KHR_blend_equation_advanced : enable\n"
                              "precision highp sampler2DMS; precision highp samplerCubeShadow;\n"
                              "precision highp sampler2DArrayShadow;\n";

static GLuint compile(const struct glc *gl, GLenum stage, const char *body)
{
    const char *parts[] = {
        "#version 310 es\n", "#extension GL_OES_shader_image_atomic : enable\n",
        stage == GL_COMPUTE_SHADER ? "" : drawing,
        "precision highp float; precision highp int;\n"
        "precision highp image2D; precision highp uimage2D; precision highp iimage2D;\n"
        "precision highp sampler2D; precision highp usampler2D; precision highp isampler2D;\n"
        "precision highp sampler3D; precision highp sampler2DArray; precision highp samplerCube;\n"
        "precision highp sampler2DShadow;\n",
        body};
    GLuint shader = glCreateShader(stage);
    char log[2048] = "";
    GLint ok;

    glShaderSource(shader, GLC_COUNT(parts), parts, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
    glGetShaderInfoLog(shader, sizeof(log), NULL, log);
    igt_assert_f(ok, "%s: a shader does not compile: %s", gl->label, log);
    return shader;
}

static GLuint link_program(struct glc *gl, GLuint program)
{
    char log[2048] = "";
    GLint ok;

    glLinkProgram(program);
    glGetProgramiv(program, GL_LINK_STATUS, &ok);
    glGetProgramInfoLog(program, sizeof(log), NULL, log);
    igt_assert_f(ok, "%s: a program does not link: %s", gl->label, log);
    igt_assert_lt(gl->program_count, GLC_OBJECTS);
    gl->programs[gl->program_count++] = program;
    return program;
}

static void attach(const struct glc *gl, GLuint program, GLenum stage, const char *body)
{
    GLuint shader = compile(gl, stage, body);

    glAttachShader(program, shader);
    glDeleteShader(shader);
}

GLuint glc_program(struct glc *gl, const char *body)
{
    GLuint program = glCreateProgram();

    attach(gl, program, GL_COMPUTE_SHADER, body);
    return link_program(gl, program);
}

GLuint glc_capture_program(struct glc *gl, const char *vs, const char *fs, const char *const *names,
                           unsigned count, GLenum how)
{
    GLuint program = glCreateProgram();

    attach(gl, program, GL_VERTEX_SHADER, vs);
    attach(gl, program, GL_FRAGMENT_SHADER, fs);
    if (count)
        glTransformFeedbackVaryings(program, (GLsizei)count, names, how);
    link_program(gl, program);
    glUseProgram(program);
    return program;
}

GLuint glc_draw_program(struct glc *gl, const char *vs, const char *fs)
{
    return glc_capture_program(gl, vs, fs, NULL, 0, GL_INTERLEAVED_ATTRIBS);
}

GLuint glc_buffer(struct glc *gl, unsigned binding, size_t bytes, const void *init)
{
    void *fill = init ? NULL : malloc(bytes);
    GLuint b;

    if (!init) {
        igt_assert(fill);
        memset(fill, 0xcd, bytes); /* so that what nobody writes is seen */
    }
    glGenBuffers(1, &b);
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, binding, b);
    glBufferData(GL_SHADER_STORAGE_BUFFER, bytes, init ? init : fill, GL_DYNAMIC_READ);
    free(fill);
    glc_check(gl, "glBufferData");
    igt_assert_lt(gl->buffer_count, GLC_OBJECTS);
    gl->buffers[gl->buffer_count++] = b;
    return b;
}

GLuint glc_texture(struct glc *gl, GLenum format, unsigned width, unsigned height)
{
    GLuint t;

    glGenTextures(1, &t);
    glBindTexture(GL_TEXTURE_2D, t);
    glTexStorage2D(GL_TEXTURE_2D, 1, format, width, height);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glc_check(gl, "glTexStorage2D");
    igt_assert_lt(gl->texture_count, GLC_OBJECTS);
    gl->textures[gl->texture_count++] = t;
    return t;
}

void glc_dispatch(struct glc *gl, GLuint program, unsigned x, unsigned y, unsigned z)
{
    glUseProgram(program);
    glDispatchCompute(x, y, z);
    glMemoryBarrier(GL_ALL_BARRIER_BITS);
    glc_check(gl, "glDispatchCompute");
}

void glc_read(struct glc *gl, GLuint buffer, size_t bytes, void *to)
{
    void *map;

    glBindBuffer(GL_COPY_READ_BUFFER, buffer);
    map = glMapBufferRange(GL_COPY_READ_BUFFER, 0, bytes, GL_MAP_READ_BIT);
    igt_assert_f(map, "%s: glMapBufferRange: 0x%x", gl->label, glGetError());
    memcpy(to, map, bytes);
    glUnmapBuffer(GL_COPY_READ_BUFFER);
    glc_check(gl, "glUnmapBuffer");
}
