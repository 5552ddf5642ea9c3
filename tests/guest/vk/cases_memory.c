/*
 * Cases of vk_compute: images, texel buffers, private arrays, copies.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "garm_igt.h"
#include "vk_compute.h"

#include "image_atomic.h"
#include "image_atomic_read.h"
#include "image_atomic_zero.h"
#include "image_load_3d.h"
#include "image_load_array.h"
#include "image_load_r32f.h"
#include "image_load_r32ui.h"
#include "image_load_rgba16f.h"
#include "image_load_rgba32f.h"
#include "image_load_rgba32i.h"
#include "image_load_rgba8.h"
#include "image_load_rgba8_snorm.h"
#include "image_load_rgba8ui.h"
#include "image_store_3d.h"
#include "image_store_array.h"
#include "image_store_r32f.h"
#include "image_store_r32ui.h"
#include "image_store_rgba16f.h"
#include "image_store_rgba32f.h"
#include "image_store_rgba32i.h"
#include "image_store_rgba8.h"
#include "image_store_rgba8_snorm.h"
#include "image_store_rgba8ui.h"
#include "scratch.h"
#include "texels_r32ui.h"
#include "texels_rgba8.h"

/* --- images ---------------------------------------------------------------------------------- */

typedef _Float16 half;
enum { W = 24, H = 20, FLAT = 1, DEEP = 4 };

/* How a format changes what is stored in it. */
enum texel { T_FLOAT, T_HALF, T_UNORM8, T_SNORM8, T_INT, T_UINT8 };

static const struct image_format {
    const char *name;
    VkFormat format;
    enum texel texel;
    uint8_t channels;
    enum { PLAIN, LAYERS, SOLID } shape;
    struct vkc_spirv store, load;
} formats[] = {
#define FORMAT(n, f, t, c, s)                                                                      \
    {#n, f, t, c, s, VKC_SPIRV(image_store_##n), VKC_SPIRV(image_load_##n)}
    FORMAT(rgba8, VK_FORMAT_R8G8B8A8_UNORM, T_UNORM8, 4, PLAIN),
    FORMAT(rgba8_snorm, VK_FORMAT_R8G8B8A8_SNORM, T_SNORM8, 4, PLAIN),
    FORMAT(rgba8ui, VK_FORMAT_R8G8B8A8_UINT, T_UINT8, 4, PLAIN),
    FORMAT(rgba16f, VK_FORMAT_R16G16B16A16_SFLOAT, T_HALF, 4, PLAIN),
    FORMAT(rgba32f, VK_FORMAT_R32G32B32A32_SFLOAT, T_FLOAT, 4, PLAIN),
    FORMAT(r32f, VK_FORMAT_R32_SFLOAT, T_FLOAT, 1, PLAIN),
    FORMAT(r32ui, VK_FORMAT_R32_UINT, T_INT, 1, PLAIN),
    FORMAT(rgba32i, VK_FORMAT_R32G32B32A32_SINT, T_INT, 4, PLAIN),
    FORMAT(3d, VK_FORMAT_R8G8B8A8_UNORM, T_UNORM8, 4, SOLID),
    FORMAT(array, VK_FORMAT_R8G8B8A8_UNORM, T_UNORM8, 4, LAYERS),
#undef FORMAT
};

/* A component as the format keeps it. */
static uint32_t kept(enum texel t, uint32_t in)
{
    float f;

    memcpy(&f, &in, 4);
    switch (t) {
    case T_HALF:
        f = (float)(half)f;
        break;
    case T_UNORM8:
        f = rintf(fminf(fmaxf(f, 0), 1) * 255) / 255;
        break;
    case T_SNORM8:
        f = rintf(fminf(fmaxf(f, -1), 1) * 127) / 127;
        break;
    default:
        return in;
    }
    memcpy(&in, &f, 4);
    return in;
}

static uint32_t component(enum texel t, uint32_t *seed)
{
    float f = ((int)(rnd(seed) >> 8 & 0xffff) - 32768) / 24001.0f;
    uint32_t bits;

    if (t == T_HALF) /* exact: Vulkan leaves open how a store rounds */
        f = (float)(half)f;
    if (t == T_INT)
        return rnd(seed);
    if (t == T_UINT8)
        return rnd(seed) & 255;
    memcpy(&bits, &f, 4);
    return bits;
}

/* What image_load gives for what image_store took: mirrored in x, absent channels 0, 0, 1. */
static void want_image(const struct image_format *f, const uint32_t *in, uint32_t *want,
                       unsigned depth)
{
    bool integer = f->texel == T_INT || f->texel == T_UINT8;

    for (unsigned i = 0; i < W * H * depth; i++) {
        unsigned x = i % W, from = i - x + (W - 1 - x);
        for (unsigned c = 0; c < 4; c++)
            want[4 * i + c] = c < f->channels ? kept(f->texel, in[4 * from + c])
                              : c < 3         ? 0
                              : integer       ? 1
                                              : 0x3f800000;
    }
}

static void image_round_trip(struct vkc *vk, struct outcome *o, const struct image_format *f)
{
    unsigned depth = f->shape == PLAIN ? FLAT : DEEP, words = 4 * W * H * depth;
    struct vkc_buf in = vkc_buffer(vk, 4 * words, NULL), out = vkc_buffer(vk, 4 * words, NULL);
    struct vkc_image image =
        vkc_image(vk, f->shape == SOLID ? VK_IMAGE_TYPE_3D : VK_IMAGE_TYPE_2D, f->format,
                  (VkExtent3D){W, H, f->shape == SOLID ? DEEP : 1}, f->shape == LAYERS ? DEEP : 0);
    struct vkc_pass p[2] = {
        {.code = f->store, .bind = {VKC_SSBO(in), VKC_IMG(image)}, .groups = {W / 4, H / 4, depth}},
        {.code = f->load, .bind = {VKC_IMG(image), VKC_SSBO(out)}, .groups = {W / 4, H / 4, depth}},
    };
    uint32_t seed = 30;

    outcome_make(o, f->texel == T_INT || f->texel == T_UINT8 ? OUT_U32 : OUT_F32, words);
    o->ulps =
        f->texel == T_UNORM8 || f->texel == T_SNORM8; /* of 1/255, as a quotient or a product */
    for (unsigned i = 0; i < words; i++)
        ((uint32_t *)in.map)[i] = component(f->texel, &seed);
    want_image(f, in.map, o->want, depth);
    vkc_run(vk, p, 2);
    memcpy(o->got, out.map, 4 * words);
}

#define IMAGE_CASE(i)                                                                              \
    static void image_##i(struct vkc *vk, struct outcome *o, unsigned scale)                       \
    {                                                                                              \
        image_round_trip(vk, o, &formats[i]);                                                      \
    }
IMAGE_CASE(0)
IMAGE_CASE(1)
IMAGE_CASE(2)
IMAGE_CASE(3)
IMAGE_CASE(4)
IMAGE_CASE(5)
IMAGE_CASE(6)
IMAGE_CASE(7)
IMAGE_CASE(8)
IMAGE_CASE(9)

static void image_atomics(struct vkc *vk, struct outcome *o, unsigned scale)
{
    enum { N = 1024 };
    struct vkc_buf a = vkc_buffer(vk, 4 * N, NULL), out = vkc_buffer(vk, 4 * 24, NULL);
    struct vkc_image image =
        vkc_image(vk, VK_IMAGE_TYPE_2D, VK_FORMAT_R32_UINT, (VkExtent3D){8, 3, 1}, 0);
    struct vkc_pass p[3] = {
        {.code = VKC_SPIRV(image_atomic_zero), .bind = {VKC_IMG(image)}},
        {.code = VKC_SPIRV(image_atomic),
         .bind = {VKC_SSBO(a), VKC_IMG(image)},
         .groups = {N / 64}},
        {.code = VKC_SPIRV(image_atomic_read), .bind = {VKC_IMG(image), VKC_SSBO(out)}},
    };
    uint32_t seed = 31, *want;

    outcome_make(o, OUT_U32, 24);
    want = o->want;
    for (unsigned i = 0; i < N; i++) {
        uint32_t x = ((uint32_t *)a.map)[i] = rnd(&seed);
        want[x & 7]++;
        want[8 + (x & 7)] = x > want[8 + (x & 7)] ? x : want[8 + (x & 7)];
        want[16 + (x & 7)] ^= x;
    }
    vkc_run(vk, p, 3);
    memcpy(o->got, out.map, 4 * 24);
}

/* --- texel buffers ------------------------------------------------------------------------------
 */

/* Four components of each texel of n, read backwards and swapped in two pairs. */
static void texel_buffer(struct vkc *vk, struct outcome *o, struct vkc_spirv code, VkFormat format,
                         unsigned channels, unsigned bytes)
{
    enum { N = 512 };
    static const uint8_t from[4] = {1, 0, 3, 2};
    struct vkc_buf a = vkc_buffer(vk, bytes * N, NULL), b = vkc_buffer(vk, bytes * N, NULL);
    struct vkc_buf size = vkc_buffer(vk, 8, NULL);
    struct vkc_pass p = {
        .code = code, .bind = {VKC_TEX(a), VKC_STEX(b), VKC_SSBO(size)}, .groups = {N / 64}};
    uint32_t seed = 32, *want;

    outcome_make(o, OUT_U32, N + 2);
    want = o->want;
    for (unsigned i = 0; i < N; i++)
        ((uint32_t *)a.map)[i] = rnd(&seed);
    for (unsigned i = 0; i < N; i++) {
        uint32_t in = ((uint32_t *)a.map)[N - 1 - i];
        for (unsigned c = 0; channels == 4 && c < 4; c++)
            want[i] |= (in >> 8 * from[c] & 255) << 8 * c;
        /* A single channel gets the absent green, which is 0. */
    }
    want[N] = want[N + 1] = N;
    vkc_texels(vk, &a, format);
    vkc_texels(vk, &b, format);
    vkc_run(vk, &p, 1);
    memcpy(o->got, b.map, 4 * N);
    memcpy((uint32_t *)o->got + N, size.map, 8);
}

static void texels_bytes(struct vkc *vk, struct outcome *o, unsigned scale)
{
    texel_buffer(vk, o, (struct vkc_spirv)VKC_SPIRV(texels_rgba8), VK_FORMAT_R8G8B8A8_UNORM, 4, 4);
}

static void texels_word(struct vkc *vk, struct outcome *o, unsigned scale)
{
    texel_buffer(vk, o, (struct vkc_spirv)VKC_SPIRV(texels_r32ui), VK_FORMAT_R32_UINT, 1, 4);
}

/* --- memory of an invocation, copies
 * --------------------------------------------------------------- */

static uint32_t shuffled(uint32_t x)
{
    uint32_t t[64], hash = 0;

    for (unsigned k = 0; k < 64; k++)
        t[k] = k * x;
    for (unsigned k = 0; k < 64; k++) {
        uint32_t other = x >> (k & 15) & 63;
        t[k] = t[k] * 3 + t[other];
        t[other] ^= k;
    }
    for (unsigned k = 0; k < 64; k++)
        hash = hash * 31 + t[k];
    return hash;
}

static void private_array(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned n = 512 * scale;
    struct vkc_buf a = vkc_buffer(vk, 4 * n, NULL), out = vkc_buffer(vk, 4 * n, NULL);
    struct vkc_pass p = {
        .code = VKC_SPIRV(scratch), .bind = {VKC_SSBO(a), VKC_SSBO(out)}, .groups = {n / 64}};
    uint32_t seed = 33;

    outcome_make(o, OUT_U32, n);
    for (unsigned i = 0; i < n; i++)
        ((uint32_t *)o->want)[i] = shuffled(((uint32_t *)a.map)[i] = rnd(&seed));
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * n);
}

/* The driver's own shaders: fill, update, copy at odd places. */
static void buffer_copies(struct vkc *vk, struct outcome *o, unsigned scale)
{
    enum { N = 4096 };
    struct vkc_buf a = vkc_buffer(vk, N, NULL), b = vkc_buffer(vk, N, NULL);
    VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                               .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                               .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT |
                                                VK_ACCESS_TRANSFER_READ_BIT |
                                                VK_ACCESS_HOST_READ_BIT};
    static const uint32_t update[5] = {1, 22, 333, 4444, 55555};
    VkBufferCopy odd[2] = {{3, 1001, 77}, {512, 2048, 1024}};
    uint8_t *in = a.map, *want;
    uint32_t seed = 34;
    VkCommandBuffer cmd;

    outcome_make(o, OUT_U8, N);
    want = o->want;
    for (unsigned i = 0; i < N; i++)
        in[i] = (uint8_t)(rnd(&seed) >> 8);
    memset(want, 0x5a, N);
    memcpy(want + 256, update, sizeof(update));
    for (unsigned i = 0; i < 2; i++)
        memcpy(want + odd[i].dstOffset, in + odd[i].srcOffset, odd[i].size);
    cmd = vkc_begin(vk);
    vkCmdFillBuffer(cmd, b.buffer, 0, VK_WHOLE_SIZE, 0x5a5a5a5a);
    vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1,
                         &barrier, 0, NULL, 0, NULL);
    vkCmdUpdateBuffer(cmd, b.buffer, 256, sizeof(update), update);
    vkCmdCopyBuffer(cmd, a.buffer, b.buffer, 2, odd);
    vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                         &barrier, 0, NULL, 0, NULL);
    vkc_end(vk, cmd);
    memcpy(o->got, b.map, N);
}

const struct vk_case cases_memory[] = {
    {"image-rgba8", "stored and loaded, clamped and rounded", NULL, image_0},
    {"image-rgba8-snorm", "stored and loaded", NULL, image_1},
    {"image-rgba8ui", "stored and loaded", NULL, image_2},
    {"image-rgba16f", "stored and loaded", NULL, image_3},
    {"image-rgba32f", "stored and loaded", NULL, image_4},
    {"image-r32f", "stored and loaded, absent channels", NULL, image_5},
    {"image-r32ui", "stored and loaded, absent channels", NULL, image_6},
    {"image-rgba32i", "stored and loaded", NULL, image_7},
    {"image-3d", "slices", NULL, image_8},
    {"image-array", "layers", NULL, image_9},
    {"image-atomics", "in a two-dimensional image", NULL, image_atomics},
    {"texel-buffer-rgba8", "fetched and stored, sizes", NULL, texels_bytes},
    {"texel-buffer-r32ui", "fetched and stored, absent channels", NULL, texels_word},
    {"private-array", "thread-local storage", NULL, private_array},
    {"buffer-copies", "fill, update, copy at odd offsets: the driver's own shaders", NULL,
     buffer_copies},
    {0},
};
