/*
 * Scenes of vk_draw: textures, samplers, descriptors.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "outcome.h"
#include "vkd.h"

#include "draw_shaders.h"

#define FS(name)   spirv_f_##name
#define WRAP(name) VK_SAMPLER_ADDRESS_MODE_##name

/* Texture coordinates st * @scale + @offset, level-of-detail bias @bias (shader TEXTURE). */
static struct vkd_push coordinates(float scale, float offset, float bias)
{
    return (struct vkd_push){.rect = VKD_WHOLE, .more = {{0.5f, scale, offset, bias}}};
}

/* A quad with texture @i through @s. */
static void textured(struct vkd *d, struct vkc_spirv fs, const struct vkd_image *i,
                     const VkSamplerCreateInfo *s, const struct vkd_push *push)
{
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_pipe_init(&p, spirv_v_quad, fs);
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                        .image = i,
                                        .sampler = vkd_sampler(d, s)});
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, push);
    vkd_end(d);
}

/* A noise texture, 16 by 8, through filter and wrapping. */
static void wrapped(struct vkd *d, VkFilter filter, VkSamplerAddressMode wrap, VkBorderColor border)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 8});
    VkSamplerCreateInfo s = vkd_sampler_info(filter, wrap);
    struct vkd_push push = coordinates(3, -1, 0);

    s.borderColor = border;
    textured(d, FS(texture), &i, &s, &push);
}

#define WRAPPED(name, filter, wrap, border)                                                        \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        wrapped(d, VK_FILTER_##filter, WRAP(wrap), VK_BORDER_COLOR_##border);                      \
    }

WRAPPED(nearest_repeat, NEAREST, REPEAT, FLOAT_OPAQUE_BLACK)
WRAPPED(linear_repeat, LINEAR, REPEAT, FLOAT_OPAQUE_BLACK)
WRAPPED(linear_mirror, LINEAR, MIRRORED_REPEAT, FLOAT_OPAQUE_BLACK)
WRAPPED(linear_edge, LINEAR, CLAMP_TO_EDGE, FLOAT_OPAQUE_BLACK)
WRAPPED(linear_border, LINEAR, CLAMP_TO_BORDER, FLOAT_OPAQUE_WHITE)
WRAPPED(nearest_border, NEAREST, CLAMP_TO_BORDER, FLOAT_TRANSPARENT_BLACK)
WRAPPED(mirror_once, LINEAR, MIRROR_CLAMP_TO_EDGE, FLOAT_OPAQUE_BLACK)

static struct vkd_image levels(struct vkd *d)
{
    return vkd_noise(d, (struct vkd_image_how){.w = 64, .h = 64, .levels = 7});
}

static void mipmaps(struct vkd *d)
{
    struct vkd_image i = levels(d);
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(CLAMP_TO_EDGE));
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(lod), &i, &s, &push);
}

static void mipmaps_nearest(struct vkd *d)
{
    struct vkd_image i = levels(d);
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_NEAREST, WRAP(REPEAT));
    struct vkd_push push = coordinates(1, 0, 0);

    s.minLod = 1;
    s.maxLod = 4;
    textured(d, FS(lod), &i, &s, &push);
}

/* The level comes from derivatives: three texels a pixel, biased. */
static void implicit_level(struct vkd *d)
{
    struct vkd_image i = levels(d);
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_NEAREST, WRAP(REPEAT));
    struct vkd_push push = coordinates(5.3f, 0.013f, 0.25f);

    s.mipLodBias = 0.5f;
    textured(d, FS(texture), &i, &s, &push);
}

/* lavapipe is told the level: its own of gradients is approximate, and in Mesa 26.1 another than in 25.0. */
static void gradients(struct vkd *d)
{
    struct vkd_image i = levels(d);
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(REPEAT));
    struct vkd_push push = coordinates(1, 0, 0);
    struct vkc_spirv gradient = FS(grad), level = FS(grad_level);

    textured(d, d->vk->props.vendorID == VKC_MESA ? level : gradient, &i, &s, &push);
}

static void layers(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 8, .layers = 5});
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(REPEAT));
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(array), &i, &s, &push);
}

static void volume(struct vkd *d)
{
    struct vkd_image i =
        vkd_noise(d, (struct vkd_image_how){.type = VK_IMAGE_TYPE_3D, .w = 8, .h = 8, .depth = 4});
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(MIRRORED_REPEAT));
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(volume), &i, &s, &push);
}

static void cube(struct vkd *d)
{
    struct vkd_image i = vkd_noise(
        d, (struct vkd_image_how){.view = VK_IMAGE_VIEW_TYPE_CUBE, .w = 4, .h = 4, .layers = 6});
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(cube), &i, NULL, &push);
}

static void cube_linear(struct vkd *d)
{
    struct vkd_image i = vkd_noise(
        d, (struct vkd_image_how){.view = VK_IMAGE_VIEW_TYPE_CUBE, .w = 4, .h = 4, .layers = 6});
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(CLAMP_TO_EDGE));
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(cube), &i, &s, &push);
}

static void cubes(struct vkd *d)
{
    struct vkd_image i =
        vkd_noise(d, (struct vkd_image_how){
                         .view = VK_IMAGE_VIEW_TYPE_CUBE_ARRAY, .w = 4, .h = 4, .layers = 12});
    struct vkd_push push = coordinates(1, 0, 0);

    igt_require(d->vk->features.features.imageCubeArray);
    textured(d, FS(cubes), &i, NULL, &push);
}

static void shadow(struct vkd *d)
{
    struct vkd_image_how how = {.format = VK_FORMAT_D32_SFLOAT, .w = 16, .h = 8};
    struct vkd_image i = vkd_image(d, &how);
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(CLAMP_TO_EDGE));
    struct vkd_push push = coordinates(1, 0, 0);
    float z[16 * 8];
    uint32_t seed = 3;

    for (unsigned n = 0; n < VKC_COUNT(z); n++)
        z[n] = (float)(rnd(&seed) >> 24) / 255;
    vkd_upload(d, &i, 0, z, sizeof(z));
    s.compareEnable = VK_TRUE;
    s.compareOp = VK_COMPARE_OP_LESS;
    textured(d, FS(shadow), &i, &s, &push);
}

static void gather(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 8});
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(REPEAT));
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(gather), &i, &s, &push);
}

static void texels(struct vkd *d)
{
    struct vkd_image i = levels(d);
    struct vkd_push push = coordinates(1, 0, 0);

    textured(d, FS(texels), &i, NULL, &push);
}

/* The larger one of each four. */
static void reduction(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 8});
    VkSamplerReductionModeCreateInfo max = {
        .sType = VK_STRUCTURE_TYPE_SAMPLER_REDUCTION_MODE_CREATE_INFO,
        .reductionMode = VK_SAMPLER_REDUCTION_MODE_MAX};
    VkSamplerCreateInfo s = vkd_sampler_info(VK_FILTER_LINEAR, WRAP(REPEAT));
    struct vkd_push push = coordinates(2, 0, 0);

    igt_require_f(vkd_format(d, i.format, VK_FORMAT_FEATURE_SAMPLED_IMAGE_FILTER_MINMAX_BIT),
                  "%s has no minimum and maximum of texels", d->vk->label);
    s.pNext = &max;
    textured(d, FS(texture), &i, &s, &push);
}

/* Components in another order, one and zero instead of others. */
static void swizzle(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 8}), other = i;
    struct vkd_push push = coordinates(1, 0, 0);
    VkImageViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                  .image = i.image,
                                  .viewType = VK_IMAGE_VIEW_TYPE_2D,
                                  .format = i.format,
                                  .components = {VK_COMPONENT_SWIZZLE_B, VK_COMPONENT_SWIZZLE_ONE,
                                                 VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_G},
                                  .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};

    VKC(d->vk, vkCreateImageView(d->vk->device, &info, NULL, &other.view));
    vkc_keep(d->vk, VKC_OBJ_IMAGE_VIEW, (uint64_t)other.view);
    textured(d, FS(texture), &other, NULL, &push);
}

static void fill(float *f, unsigned n, uint32_t seed)
{
    for (unsigned i = 0; i < n; i++)
        f[i] = (float)(rnd(&seed) >> 24) / 255;
}

static void descriptors(struct vkd *d)
{
    float uniforms[5 * 4 + 64], values[16 * 4];
    uint8_t bytes[16 * 4];
    struct vkd_image t = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 16}), im;
    struct vkd_image_how how = {.format = VK_FORMAT_R8G8B8A8_UNORM, .w = 16, .h = 16};
    struct vkd_push push = coordinates(1, 0, 0);
    struct vkd_render r = vkd_target(d);
    struct vkc_buf u, s, b;
    struct vkd_pipe p;

    fill(uniforms, VKC_COUNT(uniforms), 1);
    fill(values, VKC_COUNT(values), 2);
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37);
    u = vkc_buffer(d->vk, sizeof(uniforms), uniforms);
    s = vkc_buffer(d->vk, sizeof(values), values);
    b = vkc_buffer(d->vk, sizeof(bytes), bytes);
    vkc_texels(d->vk, &b, VK_FORMAT_R8G8B8A8_UNORM);
    how.storage = true;
    im = vkd_noise(d, how);
    vkd_pipe_init(&p, spirv_v_quad, FS(descriptors));
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    vkd_pipe_bind(
        &p, (struct vkd_bind){
                .type = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, .buf = &u, .offset = 256, .range = 80});
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .buf = &s});
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, .image = &t});
    vkd_pipe_bind(
        &p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_SAMPLER, .sampler = vkd_sampler(d, NULL)});
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, .image = &im});
    vkd_pipe_bind(&p,
                  (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, .buf = &b});
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
}

/* The vertex shader reads a storage buffer and a texture. */
static void vertex_fetch(struct vkd *d)
{
    static const float v[] = {-0.9f, -0.9f, 0.1f, 0.1f, 0.9f, -0.7f,
                              0.9f,  0.1f,  0,    0.8f, 0.4f, 0.9f};
    struct vkd_image t = vkd_noise(d, (struct vkd_image_how){.w = 16, .h = 16});
    struct vkc_buf b = vkc_buffer(d->vk, sizeof(v), v);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_pipe_init(&p, spirv_v_fetch, FS(color));
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .buf = &b});
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                        .image = &t,
                                        .sampler = vkd_sampler(d, NULL)});
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDraw(d->cmd, 3, 1, 0, 0);
    vkd_end(d);
}

#define TAPS "weights of linear filtering have 8 bits"
#define TIES "coordinates between two texels"

const struct vkd_scene scenes_textures[] = {
    {"nearest-repeat", "nearest, repeat", nearest_repeat, 0, 250, TIES},
    {"linear-repeat", "linear, repeat", linear_repeat, 3, 0, TAPS},
    {"linear-mirror", "mirrored repeat", linear_mirror, 3, 0, TAPS},
    {"linear-edge", "clamped to the edge", linear_edge, 3, 0, TAPS},
    {"linear-border", "clamped to a white border", linear_border, 3, 0, TAPS},
    {"nearest-border", "to a transparent one", nearest_border, 0, 250, TIES},
    {"mirror-once", "mirrored once, then clamped", mirror_once, 3, 0, TAPS},
    {"mipmaps", "explicit levels, trilinear", mipmaps, 5, 0, "8 bits of the level, too"},
    {"mipmaps-nearest", "explicit levels, nearest, clamped", mipmaps_nearest, 0, 250, TIES},
    {"implicit-level", "levels from derivatives, biased", implicit_level, 0, 250, TIES},
    {"gradients", "levels from gradients", gradients, 5, 120, "the level's fraction has 8 bits"},
    {"layers", "an array of textures", layers, 3, 120, TIES},
    {"volume", "a volume, trilinear", volume, 3, 0, TAPS},
    {"cube", "all faces of a cube", cube, 0, 400, TIES},
    {"cube-linear", "filtered over its edges", cube_linear, 8, 60,
     "corners, where three texels meet, are left open"},
    {"cubes", "an array of cubes", cubes, 0, 400, TIES},
    {"shadow", "compared with a reference, filtered", shadow, 3, 0, TAPS},
    {"gather", "gathered, with an offset", gather, 0, 250, TIES},
    {"texels", "fetched by place; sizes", texels, 1, 250, TIES},
    {"reduction", "the maximum of four texels", reduction, 0, 250, TIES},
    {"swizzle", "components of a view in another order", swizzle, 0, 60, TIES},
    {"descriptors", "uniform, storage, texture, sampler, image, texel buffer", descriptors, 2, 250,
     TIES},
    {"vertex-fetch", "a vertex shader reads a buffer and a texture", vertex_fetch, 2, 20,
     "samples on edges"},
    {0},
};
