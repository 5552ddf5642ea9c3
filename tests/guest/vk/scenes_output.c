/*
 * Scenes of vk_draw: depth, stencil, blending, masks, what colour and depth formats keep.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "vkd.h"

#include "draw_shaders.h"

#define QUAD     spirv_v_quad
#define FS(name) spirv_f_##name

static void quad_pipe(struct vkd_pipe *p, struct vkc_spirv fs)
{
    vkd_pipe_init(p, QUAD, fs);
    p->ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
}

static struct vkd_push rect(float x0, float y0, float x1, float y1, float z)
{
    return (struct vkd_push){
        .rect = {x0, y0, x1, y1}, .color = {1, 0.8f, 0.4f, 0.9f}, .more = {{z}, {1, 1, 1, 1}}};
}

static struct vkd_push tinted(struct vkd_push p, float r, float g, float b, float a)
{
    const float c[4] = {r, g, b, a};

    memcpy(p.color, c, sizeof(c));
    return p;
}

/*
 * Shows part @part of @i, pixel by pixel: what @fs makes of a texel, times @scale, plus @add. NULL:
 * all of it.
 */
static void show(struct vkd *d, const struct vkd_image *i, struct vkc_spirv fs, float scale,
                 float add, const VkRect2D *part)
{
    struct vkd_push push = {.rect = VKD_WHOLE,
                            .color = {add, add, add, add},
                            .more = {{0}, {scale, scale, scale, scale}}};
    struct vkd_pipe p;

    quad_pipe(&p, fs);
    if (part)
        p.scissor = *part;
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                        .image = i,
                                        .sampler = vkd_sampler(d, NULL)});
    vkd_pipe(d, &p);
    vkd_quad(d, &p, &push);
}

/* --- depth ----------------------------------------------------------------------------------- */

static const float crossing[] = {
    -1, 1,  0.05f, 1, 0, 0, 1, 1, 1,  0.95f, 1, 0, 0, 1, 0, -1, 0.5f, 1, 0, 0, 1,
    -1, -1, 0.95f, 0, 1, 0, 1, 1, -1, 0.05f, 0, 1, 0, 1, 0, 1,  0.5f, 0, 1, 0, 1,
};

/* Triangles that cut each other, then the depth itself as a texture. */
static void depth_format(struct vkd *d, VkFormat format)
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_};
    const VkRect2D right = {{VKD_W / 2, 0}, {VKD_W / 2, VKD_H_}};
    struct vkd_render r = vkd_target(d);
    struct vkd_image z, view;
    struct vkd_pipe p;

    igt_require_f(vkd_format(d, format, VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT),
                  "%s cannot draw to depth format %d", d->vk->label, format);
    z = vkd_image(d, &how);
    r.depth = &z;
    vkd_pipe_init(&p, spirv_v_color, FS(color));
    vkd_pipe_colored(&p);
    p.depth = format;
    p.stencil = z.aspects & VK_IMAGE_ASPECT_STENCIL_BIT ? format : VK_FORMAT_UNDEFINED;
    p.ds.depthTestEnable = p.ds.depthWriteEnable = VK_TRUE;
    vkd_pipe(d, &p);
    vkd_vertices(d, 0, crossing, sizeof(crossing));
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDraw(d->cmd, 6, 1, 0, 0);
    vkd_end(d);
    view = z;
    view.view = vkd_view(d, &z, VK_IMAGE_VIEW_TYPE_2D, format, VK_IMAGE_ASPECT_DEPTH_BIT, 0, 0, 1);
    r = vkd_target(d);
    r.keep = true;
    vkd_begin(d, &r);
    show(d, &view, FS(show), 1, 0, &right);
    vkd_end(d);
}

#define DEPTH(name, format)                                                                        \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        depth_format(d, VK_FORMAT_##format);                                                       \
    }

DEPTH(depth_d16, D16_UNORM)
DEPTH(depth_x8d24, X8_D24_UNORM_PACK32)
DEPTH(depth_d24s8, D24_UNORM_S8_UINT)
DEPTH(depth_d32, D32_SFLOAT)
DEPTH(depth_d32s8, D32_SFLOAT_S8_UINT)

static void depth_functions(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p, behind;

    r.clear_depth = 0.5f;
    quad_pipe(&behind, FS(push)); /* shows what is left of the depth */
    behind.ds.depthTestEnable = VK_TRUE;
    vkd_pipe(d, &behind);
    vkd_begin(d, &r);
    for (unsigned i = 0; i < 8; i++) {
        quad_pipe(&p, FS(push));
        p.ds.depthTestEnable = VK_TRUE;
        p.ds.depthWriteEnable = i & 1;
        p.ds.depthCompareOp = (VkCompareOp)i;
        vkd_pipe(d, &p);
        for (unsigned k = 0; k < 3; k++) {
            float x = -1 + 0.25f * (float)i, y = -1 + 0.6f * (float)k;
            struct vkd_push push = rect(x, y, x + 0.2f, y + 0.5f, 0.25f * (float)(k + 1));
            vkd_quad(d, &p, &push);
            push = tinted(push, 0, 0, 1, 1);
            push.more[0][0] = 0.4f;
            push.rect[2] -= 0.1f;
            vkd_quad(d, &behind, &push);
        }
    }
    vkd_end(d);
}

static void fragment_depth(struct vkd *d)
{
    struct vkd_push push = rect(-1, -1, 1, 1, 0.5f);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_begin(d, &r);
    for (uint32_t i = 0; i < 2; i++) {
        quad_pipe(&p, FS(depth));
        p.spec[0] = i;
        p.ds.depthTestEnable = p.ds.depthWriteEnable = VK_TRUE;
        vkd_pipe(d, &p);
        vkd_quad(d, &p, &push);
    }
    vkd_end(d);
}

/* Slanted triangles, one moved by a bias. */
static void depth_bias(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_vertices(d, 0, crossing, sizeof(crossing));
    vkd_begin(d, &r);
    for (unsigned i = 0; i < 4; i++) {
        vkd_pipe_init(&p, spirv_v_color, FS(color));
        vkd_pipe_colored(&p);
        p.viewport = (VkViewport){(float)(i % 2) * 80, (float)(i / 2) * 60, 80, 60, 0, 1};
        p.ds.depthTestEnable = p.ds.depthWriteEnable = VK_TRUE;
        vkd_pipe(d, &p);
        vkd_use(d->cmd, &p);
        vkCmdDraw(d->cmd, 3, 1, 0, 0);
        p.rs.depthBiasEnable = VK_TRUE;
        p.rs.depthBiasConstantFactor = i & 1 ? 40000 : -100000;
        p.rs.depthBiasSlopeFactor = i & 2 ? -8 : 12;
        p.rs.depthBiasClamp = i == 3 ? -0.01f : 0;
        vkd_pipe(d, &p);
        vkd_use(d->cmd, &p);
        vkCmdDraw(d->cmd, 3, 1, 3, 0);
    }
    vkd_end(d);
}

/* Triangles in front of the near plane and behind the far one, clipped and clamped. */
static void depth_clamp(struct vkd *d)
{
    static const float v[] = {
        -1, 1,  -0.6f, 1, 0, 0, 1, 1, 1,  0.8f, 1, 1, 0, 1, 0, -1, 1.7f,  0, 0, 1, 1,
        -1, -1, 1.5f,  0, 1, 0, 1, 1, -1, 0.3f, 0, 1, 1, 1, 0, 1,  -0.8f, 1, 0, 1, 1,
    };
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    igt_require(d->vk->features.features.depthClamp);
    vkd_vertices(d, 0, v, sizeof(v));
    vkd_begin(d, &r);
    for (unsigned i = 0; i < 4; i++) {
        vkd_pipe_init(&p, spirv_v_color, FS(color));
        vkd_pipe_colored(&p);
        p.viewport = (VkViewport){(float)(i % 2) * 80, (float)(i / 2) * 60, 80, 60,
                                  i & 2 ? 0.3f : 0,    i & 2 ? 0.6f : 1};
        p.rs.depthClampEnable = i & 1;
        p.ds.depthTestEnable = p.ds.depthWriteEnable = VK_TRUE;
        p.ds.depthCompareOp = VK_COMPARE_OP_LESS_OR_EQUAL;
        vkd_pipe(d, &p);
        vkd_use(d->cmd, &p);
        vkCmdDraw(d->cmd, 6, 1, 0, 0);
    }
    vkd_end(d);
}

/* --- stencil ------------------------------------------------------------------------------------
 */

static VkStencilOpState stencil_op(unsigned pass, unsigned zfail, unsigned func, unsigned ref)
{
    return (VkStencilOpState){.failOp = VK_STENCIL_OP_KEEP,
                              .passOp = (VkStencilOp)pass,
                              .depthFailOp = (VkStencilOp)zfail,
                              .compareOp = (VkCompareOp)func,
                              .compareMask = 0xff,
                              .writeMask = 0x7f,
                              .reference = ref};
}

/* Both faces with an operation each, then the counts made visible. */
static void stencil_format(struct vkd *d, VkFormat format)
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_};
    struct vkd_render r = vkd_target(d);
    struct vkd_image s;
    struct vkd_pipe p;

    igt_require_f(vkd_format(d, format, VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT),
                  "%s cannot draw to stencil format %d", d->vk->label, format);
    s = vkd_image(d, &how);
    r.depth = &s;
    r.clear_stencil = 2;
    r.clear_depth = 0.5f;
    vkd_begin(d, &r);
    for (unsigned op = 0; op < 8; op++)
        for (unsigned face = 0; face < 2; face++) {
            float x = -1 + 0.25f * (float)op, z = op & 1 && s.aspects & 2 ? 0.75f : 0.25f;
            struct vkd_push push = rect(face ? x + 0.2f : x, -0.9f, face ? x : x + 0.2f, 0.8f, z);
            quad_pipe(&p, FS(push));
            p.depth = s.aspects & VK_IMAGE_ASPECT_DEPTH_BIT ? format : VK_FORMAT_UNDEFINED;
            p.stencil = format;
            p.cb.attachmentCount = 1;
            p.att[0].colorWriteMask = 0;
            p.ds.depthTestEnable = p.depth != VK_FORMAT_UNDEFINED;
            p.ds.stencilTestEnable = VK_TRUE;
            p.ds.front = stencil_op(op, 7 - op, VK_COMPARE_OP_ALWAYS, 5);
            p.ds.back = stencil_op(7 - op, op, VK_COMPARE_OP_NOT_EQUAL, 3);
            vkd_pipe(d, &p);
            vkd_quad(d, &p, &push);
        }
    quad_pipe(&p, FS(push));
    p.depth = s.aspects & VK_IMAGE_ASPECT_DEPTH_BIT ? format : VK_FORMAT_UNDEFINED;
    p.stencil = format;
    p.ds.stencilTestEnable = VK_TRUE;
    p.ds.front = p.ds.back = stencil_op(0, 0, VK_COMPARE_OP_EQUAL, 0);
    p.dynamic[p.dynamics++] = VK_DYNAMIC_STATE_STENCIL_REFERENCE;
    vkd_pipe(d, &p);
    for (unsigned value = 0; value < 8; value++) {
        static const uint8_t known[8] = {0, 1, 2, 3, 5, 125, 126, 127};
        struct vkd_push push =
            tinted(rect(-1, -1, 1, 1, 0.25f), (float)value / 7, (float)(value & 1), 0.5f, 1);
        vkCmdSetStencilReference(d->cmd, VK_STENCIL_FACE_FRONT_AND_BACK, known[value]);
        vkd_quad(d, &p, &push);
    }
    vkd_end(d);
}

#define STENCIL(name, format)                                                                      \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        stencil_format(d, VK_FORMAT_##format);                                                     \
    }

STENCIL(stencil_s8, S8_UINT)
STENCIL(stencil_d24s8, D24_UNORM_S8_UINT)
STENCIL(stencil_d32s8, D32_SFLOAT_S8_UINT)

/* --- blending ------------------------------------------------------------------------------------
 */

/* Draws @n small quads whose blending @set makes, over a ramp, into a target of @format; shows it.
 */
static void blend_grid(struct vkd *d, VkFormat format, unsigned n,
                       void (*set)(struct vkd_pipe *p, unsigned i))
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_};
    struct vkd_push all = rect(-1, -1, 1, 1, 0.5f);
    struct vkd_render r = vkd_target(d);
    struct vkd_image t;
    struct vkd_pipe p;

    igt_require_f(vkd_format(d, format, VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BLEND_BIT),
                  "%s cannot blend format %d", d->vk->label, format);
    t = vkd_image(d, &how);
    r.color[0] = &t;
    vkd_begin(d, &r);
    quad_pipe(&p, FS(ramp));
    p.formats[0] = format;
    vkd_pipe(d, &p);
    vkd_quad(d, &p, &all);
    for (unsigned i = 0; i < n; i++) {
        float x = -1 + 0.2f * (float)(i % 10), y = -1 + 0.2f * (float)(i / 10);
        struct vkd_push push =
            tinted(rect(x, y, x + 0.19f, y + 0.19f, 0.5f), 0.7f, 0.3f, 0.9f, 0.6f);
        quad_pipe(&p, FS(push));
        p.formats[0] = format;
        p.cb.blendConstants[0] = 0.3f;
        p.cb.blendConstants[1] = 0.6f;
        p.cb.blendConstants[2] = 0.2f;
        p.cb.blendConstants[3] = 0.7f;
        set(&p, i);
        vkd_pipe(d, &p);
        vkd_quad(d, &p, &push);
    }
    vkd_end(d);
    r = vkd_target(d);
    vkd_begin(d, &r);
    show(d, &t, FS(show), 1, 0, NULL);
    vkd_end(d);
}

/* Every factor as a source and as a destination; every operation. */
static void set_all(struct vkd_pipe *p, unsigned i)
{
    VkPipelineColorBlendAttachmentState *a = &p->att[0];

    a->blendEnable = VK_TRUE;
    a->srcColorBlendFactor = a->srcAlphaBlendFactor =
        i < 15 ? (VkBlendFactor)i : VK_BLEND_FACTOR_ONE;
    a->dstColorBlendFactor = a->dstAlphaBlendFactor =
        i >= 15 && i < 30 ? (VkBlendFactor)(i - 15) : VK_BLEND_FACTOR_ZERO;
    if (i < 30)
        return;
    i -= 30;
    a->colorBlendOp = (VkBlendOp)(i % 5);
    a->alphaBlendOp = (VkBlendOp)((i + 2) % 5);
    a->srcColorBlendFactor = i < 5 ? VK_BLEND_FACTOR_ONE : VK_BLEND_FACTOR_SRC_ALPHA;
    a->dstColorBlendFactor = VK_BLEND_FACTOR_ONE;
    a->dstAlphaBlendFactor = i < 5 ? VK_BLEND_FACTOR_ONE : VK_BLEND_FACTOR_ONE_MINUS_DST_ALPHA;
}

/* Some of them: lavapipe compiles long for each. */
static void set_some(struct vkd_pipe *p, unsigned i)
{
    static const uint8_t some[] = {4, 6, 14, 19, 21, 31, 32, 38};

    set_all(p, some[i]);
}

static void set_logic(struct vkd_pipe *p, unsigned i)
{
    p->cb.logicOpEnable = VK_TRUE;
    p->cb.logicOp = (VkLogicOp)i;
}

static void set_mask(struct vkd_pipe *p, unsigned i)
{
    static const uint8_t masks[] = {0, 1, 2, 4, 8, 7, 10, 13};

    p->att[0].colorWriteMask = masks[i / 2];
    if (i & 1)
        return;
    p->att[0].blendEnable = VK_TRUE;
    p->att[0].dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA;
}

#define BLEND(name, format, n, set)                                                                \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        blend_grid(d, VK_FORMAT_##format, n, set);                                                 \
    }

BLEND(blend_rgba8, R8G8B8A8_UNORM, 40, set_all)
BLEND(blend_bgra8, B8G8R8A8_UNORM, 8, set_some)
BLEND(blend_srgb, R8G8B8A8_SRGB, 8, set_some)
BLEND(blend_565, R5G6B5_UNORM_PACK16, 8, set_some)
BLEND(blend_1010102, A2B10G10R10_UNORM_PACK32, 8, set_some)
BLEND(blend_rgba16f, R16G16B16A16_SFLOAT, 8, set_some)
BLEND(blend_rgba32f, R32G32B32A32_SFLOAT, 8, set_some)
BLEND(blend_rgba16, R16G16B16A16_UNORM, 8, set_some)
BLEND(mask_rgba8, R8G8B8A8_UNORM, 16, set_mask)
BLEND(mask_rgba16f, R16G16B16A16_SFLOAT, 16, set_mask)
BLEND(mask_565, R5G6B5_UNORM_PACK16, 16, set_mask)

static void logic(struct vkd *d)
{
    igt_require(d->vk->features.features.logicOp);
    blend_grid(d, VK_FORMAT_R8G8B8A8_UNORM, 16, set_logic);
}

/* --- targets -------------------------------------------------------------------------------------
 */

/* A ramp in a target of @format, read as a texture. */
static void unorm_target(struct vkd *d, VkFormat format)
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_};
    struct vkd_push push = rect(-0.9f, -0.8f, 1, 1, 0.5f);
    struct vkd_render r = vkd_target(d);
    struct vkd_image t;
    struct vkd_pipe p;

    igt_require_f(vkd_format(d, format, VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT),
                  "%s cannot draw to format %d", d->vk->label, format);
    t = vkd_image(d, &how);
    r.color[0] = &t;
    quad_pipe(&p, FS(ramp));
    p.formats[0] = format;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
    r = vkd_target(d);
    vkd_begin(d, &r);
    show(d, &t, FS(show), 1, 0, NULL);
    vkd_end(d);
}

#define TARGET(name, format)                                                                       \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        unorm_target(d, VK_FORMAT_##format);                                                       \
    }

TARGET(target_r8, R8_UNORM)
TARGET(target_rg8, R8G8_UNORM)
TARGET(target_bgra8, B8G8R8A8_UNORM)
TARGET(target_srgb, B8G8R8A8_SRGB)
TARGET(target_565, R5G6B5_UNORM_PACK16)
TARGET(target_5551, A1R5G5B5_UNORM_PACK16)
TARGET(target_4444, B4G4R4A4_UNORM_PACK16)
TARGET(target_1010102, A2B10G10R10_UNORM_PACK32)
TARGET(target_r16, R16_UNORM)
TARGET(target_rgba16, R16G16B16A16_UNORM)
TARGET(target_r16f, R16_SFLOAT)
TARGET(target_rgba16f, R16G16B16A16_SFLOAT)
TARGET(target_rg32f, R32G32_SFLOAT)
TARGET(target_rgba32f, R32G32B32A32_SFLOAT)
TARGET(target_r11g11b10f, B10G11R11_UFLOAT_PACK32)

static void integer_target(struct vkd *d, VkFormat format, struct vkc_spirv fs,
                           struct vkc_spirv shown, float scale, float add)
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_};
    struct vkd_push push = rect(-0.9f, -0.8f, 1, 1, 0.5f);
    struct vkd_render r = vkd_target(d);
    struct vkd_image t;
    struct vkd_pipe p;

    igt_require_f(vkd_format(d, format, VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT),
                  "%s cannot draw to format %d", d->vk->label, format);
    t = vkd_image(d, &how);
    r.color[0] = &t;
    memset(&r.clear, 0, sizeof(r.clear));
    r.clear.uint32[1] = 77;
    quad_pipe(&p, fs);
    p.formats[0] = format;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
    r = vkd_target(d);
    vkd_begin(d, &r);
    show(d, &t, shown, scale, add, NULL);
    vkd_end(d);
}

#define INTEGER(name, format, fs, shown, scale, add)                                               \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        integer_target(d, VK_FORMAT_##format, FS(fs), FS(shown), scale, add);                      \
    }

INTEGER(target_rgba8ui, R8G8B8A8_UINT, integers, show_uint, 1 / 255.0f, 0)
INTEGER(target_rgba16ui, R16G16B16A16_UINT, integers, show_uint, 1 / 300.0f, 0)
INTEGER(target_r32ui, R32_UINT, integers, show_uint, 1 / 255.0f, 0)
INTEGER(target_rgba8i, R8G8B8A8_SINT, signed, show_int, 1 / 200.0f, 0.5f)
INTEGER(target_rgba32i, R32G32B32A32_SINT, signed, show_int, 1 / 400.0f, 0.5f)
INTEGER(target_rg16i, R16G16_SINT, signed, show_int, 1 / 200.0f, 0.5f)

/* Four attachments of different formats, each with its own blending and mask. */
static void attachments(struct vkd *d)
{
    static const VkFormat formats[4] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R16G16B16A16_SFLOAT,
                                        VK_FORMAT_R8_UNORM, VK_FORMAT_A2B10G10R10_UNORM_PACK32};
    struct vkd_push push = rect(-0.9f, -0.8f, 1, 1, 0.5f);
    struct vkd_render r = vkd_target(d);
    struct vkd_image t[4];
    struct vkd_pipe p;

    igt_require(d->vk->features.features.independentBlend);
    quad_pipe(&p, FS(colors));
    for (unsigned i = 0; i < 4; i++) {
        struct vkd_image_how how = {.format = formats[i], .w = VKD_W, .h = VKD_H_};
        t[i] = vkd_image(d, &how);
        r.color[i] = &t[i];
        p.formats[i] = formats[i];
    }
    r.colors = p.cb.attachmentCount = 4;
    p.att[0].blendEnable = VK_TRUE;
    p.att[0].dstColorBlendFactor = VK_BLEND_FACTOR_ONE;
    p.att[1].blendEnable = VK_TRUE;
    p.att[1].srcColorBlendFactor = VK_BLEND_FACTOR_DST_COLOR;
    p.att[3].colorWriteMask = 6;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
    r = vkd_target(d);
    vkd_begin(d, &r);
    for (unsigned i = 0; i < 4; i++) {
        const VkRect2D part = {{i & 1 ? VKD_W / 2 : 0, i & 2 ? VKD_H_ / 2 : 0},
                               {VKD_W / 2, VKD_H_ / 2}};
        show(d, &t[i], FS(show), 1, 0, &part);
    }
    vkd_end(d);
}

#define STEPS  "rounding to 8 bits"
#define COARSE "a step of the format: conversions may round to either side"
#define EDGES  "samples on edges, 1/256 pixel"

const struct vkd_scene scenes_output[] = {
    {"depth-d16", "D16, read as a texture", depth_d16, 1, 40, EDGES},
    {"depth-x8d24", "X8D24", depth_x8d24, 1, 40, EDGES},
    {"depth-d24s8", "D24S8", depth_d24s8, 1, 40, EDGES},
    {"depth-d32", "D32", depth_d32, 1, 40, EDGES},
    {"depth-d32s8", "D32S8", depth_d32s8, 1, 40, EDGES},
    {"depth-functions", "eight functions, with and without writing", depth_functions, 0, 0, NULL},
    {"fragment-depth", "depth from the shader", fragment_depth, 1, 40, EDGES},
    {"depth-bias", "constant, slope, clamp", depth_bias, 1, 120, EDGES},
    {"depth-clamp", "clipped and clamped at both ends", depth_clamp, 1, 60, EDGES},
    {"stencil-s8", "every operation on both faces", stencil_s8, 0, 0, NULL},
    {"stencil-d24s8", "the same beside a depth", stencil_d24s8, 0, 0, NULL},
    {"stencil-d32s8", "the same in a plane of its own", stencil_d32s8, 0, 0, NULL},
    {"blend-rgba8", "every factor and operation", blend_rgba8, 1, 0, STEPS},
    {"blend-bgra8", "some of them, BGRA", blend_bgra8, 1, 0, STEPS},
    {"blend-srgb", "the same, sRGB", blend_srgb, 3, 0, "a step of sRGB where it is steepest"},
    {"blend-565", "the same, 565", blend_565, 9, 0, COARSE},
    {"blend-1010102", "the same, 10-10-10-2", blend_1010102, 1, 0, STEPS},
    {"blend-rgba16f", "the same, 16F: a blend shader", blend_rgba16f, 1, 0, STEPS},
    {"blend-rgba32f", "the same, 32F", blend_rgba32f, 1, 0, STEPS},
    {"blend-rgba16", "the same, 16-bit unorm", blend_rgba16, 1, 0, STEPS},
    {"mask-rgba8", "write masks, with and without blending", mask_rgba8, 1, 0, STEPS},
    {"mask-rgba16f", "the same, 16F", mask_rgba16f, 1, 0, STEPS},
    {"mask-565", "the same, 565", mask_565, 9, 0, COARSE},
    {"logic", "sixteen logic operations", logic, 1, 0,
     "panvk 26 hands colours to blend shaders as halves"},
    {"target-r8", "a ramp in R8", target_r8, 1, 0, STEPS},
    {"target-rg8", "RG8", target_rg8, 1, 0, STEPS},
    {"target-bgra8", "BGRA8", target_bgra8, 1, 0, STEPS},
    {"target-srgb", "BGRA8 sRGB", target_srgb, 3, 0, "a step of sRGB where it is steepest"},
    {"target-565", "565", target_565, 9, 0, COARSE},
    {"target-5551", "1555", target_5551, 9, 0, COARSE},
    {"target-4444", "4444", target_4444, 17, 0, COARSE},
    {"target-1010102", "10-10-10-2", target_1010102, 1, 0, STEPS},
    {"target-r16", "R16", target_r16, 1, 0, STEPS},
    {"target-rgba16", "RGBA16", target_rgba16, 1, 0, STEPS},
    {"target-r16f", "R16F", target_r16f, 1, 0, STEPS},
    {"target-rgba16f", "RGBA16F", target_rgba16f, 1, 0, STEPS},
    {"target-rg32f", "RG32F", target_rg32f, 1, 0, STEPS},
    {"target-rgba32f", "RGBA32F", target_rgba32f, 1, 0, STEPS},
    {"target-r11g11b10f", "11-11-10 floats", target_r11g11b10f, 4, 0,
     "a step of a 5-bit mantissa: rounding is left open"},
    {"target-rgba8ui", "RGBA8 of unsigned integers", target_rgba8ui, 0, 0, NULL},
    {"target-rgba16ui", "16 bits", target_rgba16ui, 0, 0, NULL},
    {"target-r32ui", "32 bits", target_r32ui, 0, 0, NULL},
    {"target-rgba8i", "signed integers", target_rgba8i, 0, 0, NULL},
    {"target-rgba32i", "32 bits", target_rgba32i, 0, 0, NULL},
    {"target-rg16i", "two of 16 bits", target_rg16i, 0, 0, NULL},
    {"attachments", "four, each with its own format, blending, mask", attachments, 1, 0, STEPS},
    {0},
};
