/*
 * Scenes of gles_draw: kinds of textures, and what a sampler does with them. Called through the
 * table at the end. Calls gld.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "gld.h"
#include "outcome.h"

/* Random texels, the same on both renderers. */
static const uint8_t *texels(void)
{
    static uint8_t px[64 * 64 * 4];
    uint32_t seed = 11;

    for (unsigned i = 0; i < sizeof(px); i++)
        px[i] = (uint8_t)rnd(&seed);
    return px;
}

/* A texture of layers or slices, with levels of other texels, bound. */
static void deep_picture(struct glc *gl, GLenum kind, GLsizei w, GLsizei h, GLsizei d,
                         GLsizei levels)
{
    gld_texture(gl, kind);
    glTexStorage3D(kind, levels, GL_RGBA8, w, h, d);
    for (GLint l = 0; l < levels; l++)
        glTexSubImage3D(kind, l, 0, 0, 0, w >> l, h >> l, kind == GL_TEXTURE_3D ? d >> l : d,
                        GL_RGBA, GL_UNSIGNED_BYTE, texels() + 101 * l);
    glc_check(gl, "a deep texture");
}

/* --- kinds -------------------------------------------------------------------------------------
 */

static void volume(struct glc *gl)
{
    deep_picture(gl, GL_TEXTURE_3D, 8, 4, 8, 2);
    gld_filters(GL_TEXTURE_3D, GL_LINEAR_MIPMAP_NEAREST, GL_LINEAR, GL_MIRRORED_REPEAT);
    gld_quad_program(
        gl, "uniform sampler3D t; in vec2 st; out vec4 o; void main() {\n"
            "    o = textureLod(t, vec3(st * 2.0 - 0.5, st.x + st.y), step(0.5, st.y)); }\n");
    gld_quad();
}

static void layers(struct glc *gl)
{
    deep_picture(gl, GL_TEXTURE_2D_ARRAY, 16, 8, 4, 3);
    gld_filters(GL_TEXTURE_2D_ARRAY, GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR, GL_REPEAT);
    gld_quad_program(
        gl,
        "uniform sampler2DArray t; in vec2 st; out vec4 o; void main() {\n"
        "    o = textureLod(t, vec3(st * 2.0, floor(st.x * 6.0) - 1.0 + 0.2), st.y * 2.0); }\n");
    gld_quad();
}

static void cube_array(struct glc *gl)
{
    gld_need(gl, "GL_EXT_texture_cube_map_array");
    deep_picture(gl, GL_TEXTURE_CUBE_MAP_ARRAY, 4, 4, 12, 1);
    gld_filters(GL_TEXTURE_CUBE_MAP_ARRAY, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    gld_quad_program(gl, "uniform highp samplerCubeArray t; in vec2 st; out vec4 o; void main() {\n"
                         "    float a = st.x * 6.28, b = fract(st.y * 2.0) * 3.1 - 1.55;\n"
                         "    o = texture(t, vec4(cos(a) * cos(b), sin(b), sin(a) * cos(b), "
                         "floor(st.y * 2.0))); }\n");
    gld_quad();
}

static void cube_linear(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_CUBE_MAP, 4, 4, 1);
    gld_filters(GL_TEXTURE_CUBE_MAP, GL_LINEAR, GL_LINEAR, GL_CLAMP_TO_EDGE);
    gld_quad_program(gl, "uniform samplerCube t; in vec2 st; out vec4 o; void main() {\n"
                         "    float a = st.x * 6.28, b = st.y * 3.1 - 1.55;\n"
                         "    o = texture(t, vec3(cos(a) * cos(b), sin(b), sin(a) * cos(b))); }\n");
    gld_quad();
}

static void buffer_texture(struct glc *gl)
{
    PFNGLTEXBUFFERRANGEPROC range = gld_entry(gl, "glTexBufferRangeEXT");
    GLuint b;

    gld_need(gl, "GL_EXT_texture_buffer");
    b = gld_buffer(gl, GL_TEXTURE_BUFFER, 4096 * 4, texels());
    gld_texture(gl, GL_TEXTURE_BUFFER);
    range(GL_TEXTURE_BUFFER, GL_RGBA8, b, 256, 2000 * 4);
    gld_quad_program(gl, "uniform highp samplerBuffer t; in vec2 st; out vec4 o; void main() {\n"
                         "    ivec2 k = ivec2(st * 32.0); o = texelFetch(t, k.x + 32 * k.y);\n"
                         "    o.a = float(textureSize(t)) / 4000.0; }\n");
    gld_quad();
}

/* --- levels -------------------------------------------------------------------------------------
 */

static const char plane[] =
    "out vec2 st; void main() { st = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
    "    vec3 q = vec3(st.x * 6.0 - 3.0, -1.0, st.y * 12.0 + 0.8);\n"
    "    gl_Position = vec4(q.x, q.y, q.z * 1.02 - 0.2, q.z); }\n";

static void bias(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 64, 64, 7);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST_MIPMAP_NEAREST, GL_NEAREST, GL_REPEAT);
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o;\n"
                         "void main() { o = texture(t, st * 2.5, floor(st.x * 8.0) - 3.75); }\n");
    gld_quad();
}

/* Levels that a sampler and a texture leave. */
static void level_limits(struct glc *gl)
{
    GLuint p;

    gld_picture(gl, GL_TEXTURE_2D, 64, 64, 7);
    gld_filters(GL_TEXTURE_2D, GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR, GL_REPEAT);
    p = gld_quad_program(gl,
                         "uniform sampler2D t; uniform vec4 c; in vec2 st; out vec4 o;\n"
                         "void main() { o = textureLod(t, st, st.x * 8.0 - 1.0) + c * 0.0; }\n");
    gld_uniform(p, "c", 0, 0, 0, 0);
    for (unsigned i = 0; i < 4; i++) {
        glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_MIN_LOD, i == 1 ? 1.5f : -1000);
        glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_MAX_LOD, i == 1 ? 3.25f : 1000);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_BASE_LEVEL, i >= 2 ? 2 : 0);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, i == 3 ? 4 : 1000);
        gld_cell(i, 2, 2);
        gld_quad();
    }
}

static void gradients(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 64, 64, 7);
    gld_filters(GL_TEXTURE_2D, GL_LINEAR_MIPMAP_NEAREST, GL_LINEAR, GL_REPEAT);
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o; void main() {\n"
                         "    float k = exp2(floor(st.x * 5.0)) / 52.0;\n"
                         "    o = textureGrad(t, st, vec2(k, 0.0), vec2(0.0, k * 0.5)); }\n");
    gld_quad();
}

/* Anisotropy has no one right answer: stripes that point away keep their contrast, and how much is
 * what is drawn. */
static void anisotropy(struct glc *gl)
{
    static uint8_t stripes[64 * 64 * 4];

    gld_need(gl, "GL_EXT_texture_filter_anisotropic");
    for (unsigned i = 0; i < 64 * 64; i++)
        memset(stripes + 4 * i, i % 64 / 8 % 2 ? 255 : 0, 4);
    gld_texture(gl, GL_TEXTURE_2D);
    glTexStorage2D(GL_TEXTURE_2D, 7, GL_RGBA8, 64, 64);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 64, 64, GL_RGBA, GL_UNSIGNED_BYTE, stripes);
    glGenerateMipmap(GL_TEXTURE_2D);
    gld_filters(GL_TEXTURE_2D, GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR, GL_REPEAT);
    glc_draw_program(gl, plane,
                     "uniform sampler2D t; in vec2 st; out vec4 o; void main() {\n"
                     "    o = vec4(texture(t, st * 3.0).rgb, 1.0); }\n");
    glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_MAX_ANISOTROPY_EXT, 8);
    gld_quad();
}

/* --- sampling ----------------------------------------------------------------------------------
 */

static void gather(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 16, 8, 1);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_REPEAT);
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o; void main() {\n"
                         "    o = textureGather(t, st, 0) * 0.5 + textureGather(t, st, 2) * 0.25\n"
                         "        + textureGatherOffset(t, st, ivec2(1, -2), 1) * 0.25; }\n");
    gld_quad();
}

static void gather_offsets(struct glc *gl)
{
    gld_need(gl, "GL_EXT_gpu_shader5");
    gld_picture(gl, GL_TEXTURE_2D, 16, 8, 1);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_REPEAT);
    gld_quad_program(
        gl,
        "uniform sampler2D t; in vec2 st; out vec4 o; void main() {\n"
        "    const ivec2 k[4] = ivec2[](ivec2(0, 1), ivec2(-3, 2), ivec2(5, -1), ivec2(2, 2));\n"
        "    o = textureGatherOffsets(t, st, k, 3); }\n");
    gld_quad();
}

static void fetch(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 32, 32, 4);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST_MIPMAP_NEAREST, GL_NEAREST, GL_REPEAT);
    gld_quad_program(
        gl,
        "uniform sampler2D t; in vec2 st; out vec4 o; void main() {\n"
        "    int l = int(st.x * 4.0); vec2 size = vec2(textureSize(t, l));\n"
        "    o = texelFetchOffset(t, ivec2(vec2(fract(st.x * 4.0), st.y) * (size - 2.0)) + 1, l,\n"
        "        ivec2(1, -1)); }\n");
    gld_quad();
}

static void swizzle(struct glc *gl)
{
    gld_picture(gl, GL_TEXTURE_2D, 16, 16, 1);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_REPEAT);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_R, GL_BLUE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_G, GL_ONE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_B, GL_ALPHA);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_A, GL_ZERO);
    gld_quad_program(
        gl,
        "uniform sampler2D t; in vec2 st; out vec4 o; void main() { o = texture(t, st * 2.0); }\n");
    gld_quad();
}

static void border(struct glc *gl)
{
    static const GLint filters[] = {GL_NEAREST, GL_LINEAR};

    gld_need(gl, "GL_EXT_texture_border_clamp");
    gld_quad_program(gl, "uniform sampler2D t; in vec2 st; out vec4 o; void main() { o = "
                         "texture(t, st * 2.0 - 0.5); }\n");
    for (unsigned i = 0; i < 2; i++) {
        gld_picture(gl, GL_TEXTURE_2D, 16, 8, 1);
        gld_filters(GL_TEXTURE_2D, filters[i], filters[i], GL_CLAMP_TO_BORDER_EXT);
        glTexParameterfv(GL_TEXTURE_2D, GL_TEXTURE_BORDER_COLOR_EXT,
                         (float[]){0.9f, 0.1f, 0.6f, 0.5f});
        gld_cell(i, 2, 1);
        gld_quad();
    }
}

/* --- shadows -----------------------------------------------------------------------------------
 */

static void compared(struct glc *gl, GLenum kind, GLint filter, GLint function)
{
    static uint16_t depths[16 * 16 * 6];
    uint32_t seed = 3;

    for (unsigned i = 0; i < GLC_COUNT(depths); i++)
        depths[i] = (uint16_t)rnd(&seed);
    gld_texture(gl, kind);
    if (kind == GL_TEXTURE_2D_ARRAY)
        glTexStorage3D(kind, 1, GL_DEPTH_COMPONENT16, 16, 16, 2);
    else
        glTexStorage2D(kind, 1, GL_DEPTH_COMPONENT16, 16, 16);
    if (kind == GL_TEXTURE_2D)
        glTexSubImage2D(kind, 0, 0, 0, 16, 16, GL_DEPTH_COMPONENT, GL_UNSIGNED_SHORT, depths);
    else if (kind == GL_TEXTURE_2D_ARRAY)
        glTexSubImage3D(kind, 0, 0, 0, 0, 16, 16, 2, GL_DEPTH_COMPONENT, GL_UNSIGNED_SHORT, depths);
    for (unsigned f = 0; kind == GL_TEXTURE_CUBE_MAP && f < 6; f++)
        glTexSubImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + f, 0, 0, 0, 16, 16, GL_DEPTH_COMPONENT,
                        GL_UNSIGNED_SHORT, depths + 256 * f);
    gld_filters(kind, filter, filter, GL_CLAMP_TO_EDGE);
    glTexParameteri(kind, GL_TEXTURE_COMPARE_MODE, GL_COMPARE_REF_TO_TEXTURE);
    glTexParameteri(kind, GL_TEXTURE_COMPARE_FUNC, function);
}

static void shadow(struct glc *gl)
{
    static const GLint functions[] = {GL_LEQUAL, GL_GEQUAL,   GL_LESS,   GL_GREATER,
                                      GL_EQUAL,  GL_NOTEQUAL, GL_ALWAYS, GL_NEVER};

    gld_quad_program(gl, "uniform sampler2DShadow t; in vec2 st; out vec4 o;\n"
                         "void main() { o = vec4(texture(t, vec3(st, st.y)), st, 1.0); }\n");
    for (unsigned i = 0; i < GLC_COUNT(functions); i++) {
        compared(gl, GL_TEXTURE_2D, i & 1 ? GL_LINEAR : GL_NEAREST, functions[i]);
        gld_cell(i, 4, 2);
        gld_quad();
    }
}

static void shadow_kinds(struct glc *gl)
{
    compared(gl, GL_TEXTURE_CUBE_MAP, GL_NEAREST, GL_LEQUAL);
    gld_quad_program(
        gl, "uniform samplerCubeShadow t; in vec2 st; out vec4 o; void main() {\n"
            "    float a = st.x * 6.28, b = st.y * 3.1 - 1.55;\n"
            "    o = vec4(texture(t, vec4(cos(a) * cos(b), sin(b), sin(a) * cos(b), 0.4))); }\n");
    gld_cell(0, 3, 1);
    gld_quad();
    compared(gl, GL_TEXTURE_2D_ARRAY, GL_NEAREST, GL_GREATER);
    gld_quad_program(gl, "uniform sampler2DArrayShadow t; in vec2 st; out vec4 o; void main() {\n"
                         "    o = vec4(texture(t, vec4(st, st.y > 0.5 ? 1.0 : 0.0, st.x))); }\n");
    gld_cell(1, 3, 1);
    gld_quad();
    compared(gl, GL_TEXTURE_2D, GL_NEAREST, GL_LEQUAL);
    gld_quad_program(gl, "uniform sampler2DShadow t; in vec2 st; out vec4 o;\n"
                         "void main() { o = textureGather(t, st, 0.5); }\n");
    gld_cell(2, 3, 1);
    gld_quad();
}

/* --- table -------------------------------------------------------------------------------------
 */

#define TAPS "weights of filtering have 8 bits"
#define TIES "coordinates on the border between two texels"

const struct gld_scene scenes_textures[] = {
    {"volume", "a volume with two levels, linear, mirrored", volume, 4, 120, TAPS},
    {"layers", "an array, trilinear", layers, 6, 200, TAPS},
    {"cube-array", "an array of two cubes", cube_array, 0, 400, TIES},
    {"cube-linear", "filtered over a cube's edges", cube_linear, 8, 60,
     "the three texels of a corner"},
    {"buffer-texture", "a part of a buffer as a texture", buffer_texture, 0, 250, TIES},
    {"lod-bias", "eight biases", bias, 2, 300, "how levels are generated"},
    {"level-limits", "levels limited by sampler and texture", level_limits, 5, 200, TAPS},
    {"gradients", "levels from gradients", gradients, 5, 200, TAPS},
    {"anisotropy", "stripes on a plane, ratio 8", anisotropy, 90, 900,
     "how samples are spread is not defined"},
    {"gather", "gathered channels, an offset", gather, 1, 400, TIES},
    {"gather-offsets", "four offsets", gather_offsets, 0, 400, TIES},
    {"texel-fetch", "texels of four levels, with an offset", fetch, 2, 300,
     "how levels are generated"},
    {"swizzle", "channels in another order", swizzle, 0, 250, TIES},
    {"border-colour", "a colour of the program's around a texture", border, 3, 300, TAPS},
    {"shadow", "eight comparisons, with and without filtering", shadow, 4, 300, TAPS},
    {"shadow-kinds", "compared in cubes, arrays, gathered", shadow_kinds, 1, 500, TIES},
    {0},
};
