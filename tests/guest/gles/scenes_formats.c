/*
 * Scenes of gles_draw: formats of textures, each in a cell of the picture; the texels are random
 * bytes where every bit pattern is a colour. Called through the table at the end. Calls gld.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "gld.h"
#include "outcome.h"

#define SIDE 16 /* of a texture */

static uint8_t bytes[SIDE * SIDE * 16];

static void fill(uint32_t seed)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(rnd(&seed) >> 5);
}

/* --- uncompressed -------------------------------------------------------------------------------
 */

enum texel_kind { ANY, HALVES, FLOATS, SMALL_FLOATS }; /* what random bytes must be made into */

struct format {
    GLenum internal, format, type;
    enum texel_kind kind;
};

/* Without infinities and what is no number: conversions of these are not asked. */
static void fill_texels(enum texel_kind kind, uint32_t seed)
{
    fill(seed);
    for (unsigned i = 0; kind == HALVES && i < sizeof(bytes) / 2; i++)
        ((uint16_t *)bytes)[i] &= 0xbbff;
    for (unsigned i = 0; kind == SMALL_FLOATS && i < sizeof(bytes) / 4; i++)
        ((uint32_t *)bytes)[i] &= ~(1u << 10 | 1u << 21 | 1u << 31);
    for (unsigned i = 0; kind == FLOATS && i < sizeof(bytes) / 4; i++)
        ((float *)bytes)[i] = (float)(((uint32_t *)bytes)[i] & 0xffff) / 50000;
}

static void show_formats(struct glc *gl, const struct format *f, unsigned n, unsigned columns,
                         unsigned rows, const char *show)
{
    gld_quad_program(gl, show);
    for (unsigned i = 0; i < n; i++) {
        fill_texels(f[i].kind, 17 + i);
        gld_texture(gl, GL_TEXTURE_2D);
        glTexStorage2D(GL_TEXTURE_2D, 1, f[i].internal, SIDE, SIDE);
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIDE, SIDE, f[i].format, f[i].type, bytes);
        glc_check(gl, "a format");
        gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
        gld_cell(i, columns, rows);
        gld_quad();
    }
}

static const char show_float[] =
    "uniform sampler2D t; out vec4 o;\n"
    "void main() { o = abs(texelFetch(t, ivec2(gl_FragCoord.xy) & 15, 0)); }\n";

static void formats_float(struct glc *gl)
{
    static const struct format f[] = {
        {GL_R8, GL_RED, GL_UNSIGNED_BYTE, ANY},
        {GL_RG8, GL_RG, GL_UNSIGNED_BYTE, ANY},
        {GL_RGB8, GL_RGB, GL_UNSIGNED_BYTE, ANY},
        {GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, ANY},
        {GL_SRGB8, GL_RGB, GL_UNSIGNED_BYTE, ANY},
        {GL_SRGB8_ALPHA8, GL_RGBA, GL_UNSIGNED_BYTE, ANY},
        {GL_R8_SNORM, GL_RED, GL_BYTE, ANY},
        {GL_RG8_SNORM, GL_RG, GL_BYTE, ANY},
        {GL_RGB8_SNORM, GL_RGB, GL_BYTE, ANY},
        {GL_RGBA8_SNORM, GL_RGBA, GL_BYTE, ANY},
        {GL_RGB565, GL_RGB, GL_UNSIGNED_SHORT_5_6_5, ANY},
        {GL_RGBA4, GL_RGBA, GL_UNSIGNED_SHORT_4_4_4_4, ANY},
        {GL_RGB5_A1, GL_RGBA, GL_UNSIGNED_SHORT_5_5_5_1, ANY},
        {GL_RGB10_A2, GL_RGBA, GL_UNSIGNED_INT_2_10_10_10_REV, ANY},
        {GL_R11F_G11F_B10F, GL_RGB, GL_UNSIGNED_INT_10F_11F_11F_REV, SMALL_FLOATS},
        {GL_RGB9_E5, GL_RGB, GL_UNSIGNED_INT_5_9_9_9_REV, SMALL_FLOATS},
        {GL_R16F, GL_RED, GL_HALF_FLOAT, HALVES},
        {GL_RG16F, GL_RG, GL_HALF_FLOAT, HALVES},
        {GL_RGB16F, GL_RGB, GL_HALF_FLOAT, HALVES},
        {GL_RGBA16F, GL_RGBA, GL_HALF_FLOAT, HALVES},
        {GL_R32F, GL_RED, GL_FLOAT, FLOATS},
        {GL_RG32F, GL_RG, GL_FLOAT, FLOATS},
        {GL_RGB32F, GL_RGB, GL_FLOAT, FLOATS},
        {GL_RGBA32F, GL_RGBA, GL_FLOAT, FLOATS},
        {GL_DEPTH_COMPONENT16, GL_DEPTH_COMPONENT, GL_UNSIGNED_SHORT, ANY},
        {GL_DEPTH_COMPONENT24, GL_DEPTH_COMPONENT, GL_UNSIGNED_INT, ANY},
        {GL_DEPTH_COMPONENT32F, GL_DEPTH_COMPONENT, GL_FLOAT, FLOATS},
        {GL_DEPTH24_STENCIL8, GL_DEPTH_STENCIL, GL_UNSIGNED_INT_24_8, ANY},
    };

    show_formats(gl, f, GLC_COUNT(f), 7, 4, show_float);
}

static void formats_unsigned(struct glc *gl)
{
    static const struct format f[] = {
        {GL_R8UI, GL_RED_INTEGER, GL_UNSIGNED_BYTE, ANY},
        {GL_RG8UI, GL_RG_INTEGER, GL_UNSIGNED_BYTE, ANY},
        {GL_RGB8UI, GL_RGB_INTEGER, GL_UNSIGNED_BYTE, ANY},
        {GL_RGBA8UI, GL_RGBA_INTEGER, GL_UNSIGNED_BYTE, ANY},
        {GL_R16UI, GL_RED_INTEGER, GL_UNSIGNED_SHORT, ANY},
        {GL_RG16UI, GL_RG_INTEGER, GL_UNSIGNED_SHORT, ANY},
        {GL_RGB16UI, GL_RGB_INTEGER, GL_UNSIGNED_SHORT, ANY},
        {GL_RGBA16UI, GL_RGBA_INTEGER, GL_UNSIGNED_SHORT, ANY},
        {GL_R32UI, GL_RED_INTEGER, GL_UNSIGNED_INT, ANY},
        {GL_RG32UI, GL_RG_INTEGER, GL_UNSIGNED_INT, ANY},
        {GL_RGB32UI, GL_RGB_INTEGER, GL_UNSIGNED_INT, ANY},
        {GL_RGBA32UI, GL_RGBA_INTEGER, GL_UNSIGNED_INT, ANY},
        {GL_RGB10_A2UI, GL_RGBA_INTEGER, GL_UNSIGNED_INT_2_10_10_10_REV, ANY},
    };

    show_formats(gl, f, GLC_COUNT(f), 5, 3,
                 "uniform usampler2D t; out vec4 o; void main() {\n"
                 "    uvec4 u = texelFetch(t, ivec2(gl_FragCoord.xy) & 15, 0);\n"
                 "    o = vec4((u ^ (u >> 8) ^ (u >> 16) ^ (u >> 24)) & 255u) / 255.0; }\n");
}

static void formats_signed(struct glc *gl)
{
    static const struct format f[] = {
        {GL_R8I, GL_RED_INTEGER, GL_BYTE, ANY},     {GL_RG8I, GL_RG_INTEGER, GL_BYTE, ANY},
        {GL_RGBA8I, GL_RGBA_INTEGER, GL_BYTE, ANY}, {GL_R16I, GL_RED_INTEGER, GL_SHORT, ANY},
        {GL_RG16I, GL_RG_INTEGER, GL_SHORT, ANY},   {GL_RGBA16I, GL_RGBA_INTEGER, GL_SHORT, ANY},
        {GL_R32I, GL_RED_INTEGER, GL_INT, ANY},     {GL_RG32I, GL_RG_INTEGER, GL_INT, ANY},
        {GL_RGBA32I, GL_RGBA_INTEGER, GL_INT, ANY},
    };

    show_formats(gl, f, GLC_COUNT(f), 3, 3,
                 "uniform isampler2D t; out vec4 o; void main() {\n"
                 "    ivec4 u = texelFetch(t, ivec2(gl_FragCoord.xy) & 15, 0);\n"
                 "    o = vec4((u ^ (u >> 8) ^ (u >> 16) ^ (u >> 24)) & 255) / 255.0; }\n");
}

/* The stencil of a texture that has both. */
static void stencil_texture(struct glc *gl)
{
    fill(23);
    gld_texture(gl, GL_TEXTURE_2D);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_DEPTH24_STENCIL8, SIDE, SIDE);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIDE, SIDE, GL_DEPTH_STENCIL, GL_UNSIGNED_INT_24_8,
                    bytes);
    gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_DEPTH_STENCIL_TEXTURE_MODE, GL_STENCIL_INDEX);
    gld_quad_program(gl, "uniform usampler2D t; out vec4 o; void main() {\n"
                         "    o = vec4(float(texelFetch(t, ivec2(gl_FragCoord.xy) & 15, 0).r) / "
                         "255.0, 0.5, 0.0, 1.0); }\n");
    gld_quad();
}

/* --- compressed ---------------------------------------------------------------------------------
 */

struct blocks {
    GLenum internal;
    unsigned w, h, bytes;
};

static void show_blocks(struct glc *gl, const struct blocks *f, unsigned n, unsigned columns,
                        unsigned rows)
{
    gld_quad_program(gl, show_float);
    for (unsigned i = 0; i < n; i++) {
        unsigned across = (SIDE + f[i].w - 1) / f[i].w, down = (SIDE + f[i].h - 1) / f[i].h;

        gld_texture(gl, GL_TEXTURE_2D);
        glTexStorage2D(GL_TEXTURE_2D, 1, f[i].internal, SIDE, SIDE);
        glCompressedTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIDE, SIDE, f[i].internal,
                                  (GLsizei)(across * down * f[i].bytes), bytes);
        glc_check(gl, "a compressed format");
        gld_filters(GL_TEXTURE_2D, GL_NEAREST, GL_NEAREST, GL_CLAMP_TO_EDGE);
        gld_cell(i, columns, rows);
        gld_quad();
    }
}

static void etc2(struct glc *gl)
{
    static const struct blocks f[] = {
        {GL_COMPRESSED_RGB8_ETC2, 4, 4, 8},
        {GL_COMPRESSED_SRGB8_ETC2, 4, 4, 8},
        {GL_COMPRESSED_RGB8_PUNCHTHROUGH_ALPHA1_ETC2, 4, 4, 8},
        {GL_COMPRESSED_SRGB8_PUNCHTHROUGH_ALPHA1_ETC2, 4, 4, 8},
        {GL_COMPRESSED_RGBA8_ETC2_EAC, 4, 4, 16},
        {GL_COMPRESSED_SRGB8_ALPHA8_ETC2_EAC, 4, 4, 16},
        {GL_COMPRESSED_R11_EAC, 4, 4, 8},
        {GL_COMPRESSED_SIGNED_R11_EAC, 4, 4, 8},
        {GL_COMPRESSED_RG11_EAC, 4, 4, 16},
        {GL_COMPRESSED_SIGNED_RG11_EAC, 4, 4, 16},
    };

    fill(29);
    show_blocks(gl, f, GLC_COUNT(f), 5, 2);
}

/* Blocks with a 4 x 4 grid of two-bit weights, one partition, direct endpoints; most random blocks
 * would be errors. */
static void fill_astc(uint32_t seed)
{
    fill(seed);
    for (unsigned i = 0; i + 16 <= sizeof(bytes); i += 16) {
        unsigned mode = 0x42u | (i & 16 ? 12u : 8u) << 13; /* RGBA or RGB endpoints of 8 bits */

        bytes[i] = (uint8_t)mode;
        bytes[i + 1] = (uint8_t)(mode >> 8);
        bytes[i + 2] = (uint8_t)((bytes[i + 2] & 0xfe) | mode >> 16);
    }
}

#define ASTC(w, h)      {GL_COMPRESSED_RGBA_ASTC_##w##x##h, w, h, 16}
#define ASTC_SRGB(w, h) {GL_COMPRESSED_SRGB8_ALPHA8_ASTC_##w##x##h, w, h, 16}

static void astc(struct glc *gl)
{
    static const struct blocks f[] = {
        ASTC(4, 4),      ASTC(5, 4),      ASTC(5, 5),        ASTC(6, 5),   ASTC(6, 6),
        ASTC(8, 5),      ASTC(8, 6),      ASTC(8, 8),        ASTC(10, 5),  ASTC(10, 6),
        ASTC(10, 8),     ASTC(10, 10),    ASTC(12, 10),      ASTC(12, 12), ASTC_SRGB(4, 4),
        ASTC_SRGB(6, 6), ASTC_SRGB(8, 8), ASTC_SRGB(12, 12),
    };

    gld_need(gl, "GL_KHR_texture_compression_astc_ldr");
    fill_astc(31);
    show_blocks(gl, f, GLC_COUNT(f), 6, 3);
}

static void astc_sliced(struct glc *gl)
{
    gld_need(gl, "GL_KHR_texture_compression_astc_sliced_3d");
    fill_astc(37);
    gld_texture(gl, GL_TEXTURE_3D);
    glTexStorage3D(GL_TEXTURE_3D, 1, GL_COMPRESSED_RGBA_ASTC_4x4, SIDE, SIDE, 4);
    glCompressedTexSubImage3D(GL_TEXTURE_3D, 0, 0, 0, 0, SIDE, SIDE, 4, GL_COMPRESSED_RGBA_ASTC_4x4,
                              4 * 16 * 16, bytes);
    gld_filters(GL_TEXTURE_3D, GL_LINEAR, GL_LINEAR, GL_REPEAT);
    gld_quad_program(gl, "uniform sampler3D t; in vec2 st; out vec4 o;\n"
                         "void main() { o = texture(t, vec3(st, st.x * 2.0)); }\n");
    gld_quad();
}

static void s3tc(struct glc *gl)
{
    static const struct blocks f[] = {
        {GL_COMPRESSED_RGB_S3TC_DXT1_EXT, 4, 4, 8},
        {GL_COMPRESSED_RGBA_S3TC_DXT1_EXT, 4, 4, 8},
        {GL_COMPRESSED_RGBA_S3TC_DXT3_EXT, 4, 4, 16},
        {GL_COMPRESSED_RGBA_S3TC_DXT5_EXT, 4, 4, 16},
    };

    gld_need(gl, "GL_EXT_texture_compression_s3tc");
    fill(41);
    show_blocks(gl, f, GLC_COUNT(f), 2, 2);
}

static void rgtc(struct glc *gl)
{
    static const struct blocks f[] = {
        {GL_COMPRESSED_RED_RGTC1_EXT, 4, 4, 8},
        {GL_COMPRESSED_SIGNED_RED_RGTC1_EXT, 4, 4, 8},
        {GL_COMPRESSED_RED_GREEN_RGTC2_EXT, 4, 4, 16},
        {GL_COMPRESSED_SIGNED_RED_GREEN_RGTC2_EXT, 4, 4, 16},
    };

    gld_need(gl, "GL_EXT_texture_compression_rgtc");
    fill(43);
    show_blocks(gl, f, GLC_COUNT(f), 2, 2);
}

static void bptc(struct glc *gl)
{
    static const struct blocks f[] = {
        {GL_COMPRESSED_RGBA_BPTC_UNORM_EXT, 4, 4, 16},
        {GL_COMPRESSED_SRGB_ALPHA_BPTC_UNORM_EXT, 4, 4, 16},
        {GL_COMPRESSED_RGB_BPTC_SIGNED_FLOAT_EXT, 4, 4, 16},
        {GL_COMPRESSED_RGB_BPTC_UNSIGNED_FLOAT_EXT, 4, 4, 16},
    };

    gld_need(gl, "GL_EXT_texture_compression_bptc");
    fill(47);
    show_blocks(gl, f, GLC_COUNT(f), 2, 2);
}

/* --- images -------------------------------------------------------------------------------------
 */

/* Stored by one draw's fragments, loaded by the next one's. */
static void fragment_images(struct glc *gl)
{
    GLint most = 0;
    GLuint t;

    glGetIntegerv(GL_MAX_FRAGMENT_IMAGE_UNIFORMS, &most);
    igt_require_f(most >= 1, "%s has no images in fragment shaders", gl->label);
    t = glc_texture(gl, GL_RGBA8, GLD_W, GLD_H_);
    glBindImageTexture(0, t, 0, GL_FALSE, 0, GL_WRITE_ONLY, GL_RGBA8);
    gld_quad_program(
        gl, "layout(rgba8, binding = 0) writeonly uniform image2D i; in vec2 st; out vec4 o;\n"
            "void main() { ivec2 k = ivec2(gl_FragCoord.xy);\n"
            "    imageStore(i, imageSize(i) - 1 - k, vec4(st, 0.5, 1.0)); o = vec4(0.0); }\n");
    gld_quad();
    glMemoryBarrier(GL_SHADER_IMAGE_ACCESS_BARRIER_BIT);
    glBindImageTexture(0, t, 0, GL_FALSE, 0, GL_READ_ONLY, GL_RGBA8);
    gld_quad_program(
        gl, "layout(rgba8, binding = 0) readonly uniform image2D i; in vec2 st; out vec4 o;\n"
            "void main() { ivec2 k = ivec2(gl_FragCoord.xy) & ~1; o = imageLoad(i, k) * 0.5 + "
            "vec4(0.0, 0.0, 0.3, 0.5); }\n");
    gld_quad();
}

/* --- table -------------------------------------------------------------------------------------
 */

#define SRGB "a step of sRGB where it is steepest"

const struct gld_scene scenes_formats[] = {
    {"formats-float", "28 formats of numbers between 0 and 1, or more", formats_float, 3, 0, SRGB},
    {"formats-unsigned", "13 of unsigned integers", formats_unsigned, 0, 0, NULL},
    {"formats-signed", "9 of signed ones", formats_signed, 0, 0, NULL},
    {"stencil-texture", "the stencil as a texture", stencil_texture, 0, 0, NULL},
    {"etc2", "ETC2 and EAC", etc2, 3, 0, SRGB},
    {"astc", "ASTC, 14 sizes of blocks, sRGB", astc, 3, 0, SRGB},
    {"astc-sliced", "ASTC in a volume, linear", astc_sliced, 3, 0,
     "weights of filtering have 8 bits"},
    {"s3tc", "BC1 to BC3", s3tc, 3, 0, "how colours in between are rounded"},
    {"rgtc", "BC4 and BC5", rgtc, 4, 0,
     "signed ones of llvmpipe are up to two steps of 1/127 off; the Mali's are exact"},
    {"bptc", "BC6H and BC7", bptc, 3, 0, SRGB},
    {"fragment-images", "images stored and loaded by fragments", fragment_images, 1, 0,
     "rounding to 8 bits"},
    {0},
};
