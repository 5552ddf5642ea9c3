/*
 * Scenes of vk_draw: copies, blits, clears, which Mesa makes of draws and dispatches.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "outcome.h"
#include "vkd.h"

#define COLOR VK_IMAGE_ASPECT_COLOR_BIT

static void clear_target(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);

    vkd_begin(d, &r);
    vkd_end(d);
}

static VkImageSubresourceLayers level(uint32_t l)
{
    return (VkImageSubresourceLayers){COLOR, l, 0, 1};
}

/* Part of a noise texture, larger or smaller, turned over. */
static void blit(struct vkd *d, VkFormat format, VkFilter filter)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.format = format, .w = 32, .h = 24});
    VkImageBlit b[2] = {
        {level(0), {{2, 3, 0}, {30, 20, 1}}, level(0), {{10, 5, 0}, {90, 70, 1}}},
        {level(0), {{0, 0, 0}, {32, 24, 1}}, level(0), {{150, 115, 0}, {100, 80, 1}}}};

    clear_target(d);
    vkCmdBlitImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, d->color.image,
                   VK_IMAGE_LAYOUT_GENERAL, 2, b, filter);
}

static void blit_nearest(struct vkd *d)
{
    blit(d, VK_FORMAT_R8G8B8A8_UNORM, VK_FILTER_NEAREST);
}

static void blit_linear(struct vkd *d)
{
    blit(d, VK_FORMAT_R8G8B8A8_UNORM, VK_FILTER_LINEAR);
}

static void blit_convert(struct vkd *d)
{
    blit(d, VK_FORMAT_A2B10G10R10_UNORM_PACK32, VK_FILTER_NEAREST);
}

/* Levels made by blits, then shown side by side. */
static void blit_levels(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 64, .h = 64, .levels = 4});
    int32_t x = 0;

    clear_target(d);
    for (int32_t l = 1; l < 4; l++) {
        int32_t from = 64 >> (l - 1), to = 64 >> l;
        VkImageBlit b = {level((uint32_t)l - 1),
                         {{0, 0, 0}, {from, from, 1}},
                         level((uint32_t)l),
                         {{0, 0, 0}, {to, to, 1}}};
        vkCmdBlitImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, i.image, VK_IMAGE_LAYOUT_GENERAL,
                       1, &b, VK_FILTER_LINEAR);
        vkd_barrier(d->cmd);
    }
    for (int32_t l = 0; l < 4; l++, x += 64 >> (l - 1)) {
        VkImageCopy c = {
            level((uint32_t)l), {0, 0, 0}, level(0), {x, 4, 0}, {64u >> l, 64u >> l, 1}};
        vkCmdCopyImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, d->color.image,
                       VK_IMAGE_LAYOUT_GENERAL, 1, &c);
        vkd_barrier(d->cmd);
    }
}

static void copy_image(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 48, .h = 40, .layers = 2});
    VkImageCopy c[2] = {{level(0), {3, 5, 0}, level(0), {7, 9, 0}, {41, 31, 1}},
                        {level(0), {0, 0, 0}, level(0), {77, 49, 0}, {48, 40, 1}}};

    c[1].srcSubresource.baseArrayLayer = 1;
    clear_target(d);
    vkCmdCopyImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, d->color.image,
                   VK_IMAGE_LAYOUT_GENERAL, 2, c);
}

/* The target to a buffer and back elsewhere, rows longer than the picture. */
static void copy_buffer(struct vkd *d)
{
    struct vkd_image i = vkd_noise(d, (struct vkd_image_how){.w = 48, .h = 40});
    struct vkc_buf b = vkc_buffer(d->vk, 64 * 64 * 4, NULL),
                   b2 = vkc_buffer(d->vk, 64 * 64 * 4, NULL);
    VkBufferImageCopy out = {128, 64, 50, level(0), {5, 6, 0}, {40, 30, 1}};
    VkBufferImageCopy in = {256, 64, 50, level(0), {21, 33, 0}, {39, 29, 1}};
    VkBufferCopy move = {0, 128, 64 * 64 * 4 - 128};

    clear_target(d);
    vkCmdFillBuffer(d->cmd, b2.buffer, 0, VK_WHOLE_SIZE, 0xff00ff80);
    vkCmdCopyImageToBuffer(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, b.buffer, 1, &out);
    vkd_barrier(d->cmd);
    vkCmdCopyBuffer(d->cmd, b.buffer, b2.buffer, 1, &move);
    vkd_barrier(d->cmd);
    vkCmdCopyBufferToImage(d->cmd, b2.buffer, d->color.image, VK_IMAGE_LAYOUT_GENERAL, 1, &in);
}

static void update_buffer(struct vkd *d)
{
    uint32_t px[256], seed = 9;
    struct vkc_buf b = vkc_buffer(d->vk, 2048, NULL);
    VkBufferImageCopy in = {512, 0, 0, level(0), {40, 40, 0}, {16, 24, 1}};

    for (unsigned i = 0; i < 256; i++)
        px[i] = rnd(&seed);
    clear_target(d);
    vkCmdFillBuffer(d->cmd, b.buffer, 0, VK_WHOLE_SIZE, 0xff8040ff);
    vkd_barrier(d->cmd);
    vkCmdUpdateBuffer(d->cmd, b.buffer, 1024, sizeof(px), px);
    vkd_barrier(d->cmd);
    vkCmdCopyBufferToImage(d->cmd, b.buffer, d->color.image, VK_IMAGE_LAYOUT_GENERAL, 1, &in);
}

/* Clears of a format of every kind, shown by a blit or a copy. */
static void clear_images(struct vkd *d)
{
    static const VkFormat formats[] = {
        VK_FORMAT_R8G8B8A8_UNORM,      VK_FORMAT_B8G8R8A8_SRGB, VK_FORMAT_R5G6B5_UNORM_PACK16,
        VK_FORMAT_R16G16B16A16_SFLOAT, VK_FORMAT_R8_UNORM,      VK_FORMAT_A2B10G10R10_UNORM_PACK32};
    VkClearColorValue v = {.float32 = {0.3f, 0.6f, 0.9f, 0.5f}};

    clear_target(d);
    for (unsigned n = 0; n < VKC_COUNT(formats); n++) {
        int32_t x = (int32_t)n * 26, y = 10 + 5 * (int32_t)n;
        struct vkd_image_how how = {.format = formats[n], .w = 20, .h = 20};
        struct vkd_image i = vkd_image(d, &how);
        VkImageSubresourceRange range = {COLOR, 0, 1, 0, 1};
        VkImageBlit b = {
            level(0), {{0, 0, 0}, {20, 20, 1}}, level(0), {{x, y, 0}, {x + 20, y + 20, 1}}};
        vkCmdClearColorImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, &v, 1, &range);
        vkd_barrier(d->cmd);
        vkCmdBlitImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, d->color.image,
                       VK_IMAGE_LAYOUT_GENERAL, 1, &b, VK_FILTER_NEAREST);
        vkd_barrier(d->cmd);
    }
}

/* Layers and levels cleared each on its own. */
static void clear_layers(struct vkd *d)
{
    struct vkd_image_how how = {
        .format = VK_FORMAT_R8G8B8A8_UNORM, .w = 32, .h = 32, .layers = 4, .levels = 3};
    struct vkd_image i = vkd_image(d, &how);

    clear_target(d);
    for (uint32_t n = 0; n < 4; n++) {
        VkClearColorValue v = {.float32 = {(float)n / 3, 0.5f, 1 - (float)n / 3, 1}};
        VkImageSubresourceRange range = {COLOR, n == 3 ? 1 : 0, n == 3 ? 2 : 1, n, n == 1 ? 2 : 1};
        vkCmdClearColorImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, &v, 1, &range);
        vkd_barrier(d->cmd);
    }
    for (uint32_t n = 0; n < 4; n++) {
        uint32_t l = n == 3 ? 1 : 0;
        VkImageCopy c = {
            level(l), {0, 0, 0}, level(0), {(int32_t)n * 36, 20, 0}, {32u >> l, 32u >> l, 1}};
        c.srcSubresource.baseArrayLayer = n;
        vkCmdCopyImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, d->color.image,
                       VK_IMAGE_LAYOUT_GENERAL, 1, &c);
        vkd_barrier(d->cmd);
    }
}

/* A depth cleared, copied to a buffer, shown as bytes. */
static void clear_depth(struct vkd *d)
{
    struct vkd_image_how how = {.format = VK_FORMAT_D32_SFLOAT, .w = VKD_W, .h = 40};
    struct vkd_image i = vkd_image(d, &how);
    VkClearDepthStencilValue v = {0.372f, 0};
    VkImageSubresourceRange range = {VK_IMAGE_ASPECT_DEPTH_BIT, 0, 1, 0, 1};
    VkBufferImageCopy c = {.imageSubresource = level(0), .imageExtent = {VKD_W, 40, 1}};
    struct vkc_buf b;

    clear_target(d);
    vkCmdClearDepthStencilImage(d->cmd, i.image, VK_IMAGE_LAYOUT_GENERAL, &v, 1, &range);
    b = vkd_read(d, &i, VK_IMAGE_ASPECT_DEPTH_BIT, 4);
    vkCmdCopyBufferToImage(d->cmd, b.buffer, d->color.image, VK_IMAGE_LAYOUT_GENERAL, 1, &c);
}

/* Depth and stencil rectangles cleared inside a rendering. */
static void clear_attachments(struct vkd *d)
{
    VkClearAttachment z = {VK_IMAGE_ASPECT_DEPTH_BIT, 0, {.depthStencil = {0.25f, 0}}};
    VkClearAttachment c = {COLOR, 0, {.color.float32 = {1, 0, 0.5f, 1}}};
    VkClearRect rect[2] = {{{{17, 9}, {61, 83}}, 0, 1}, {{{80, 50}, {61, 33}}, 0, 1}};
    VkBufferImageCopy copy = {
        .imageSubresource = level(0), .imageOffset = {0, 60, 0}, .imageExtent = {VKD_W, 60, 1}};
    struct vkd_render r = vkd_target(d);
    struct vkc_buf b;

    vkd_begin(d, &r);
    vkCmdClearAttachments(d->cmd, 1, &z, 2, rect);
    vkCmdClearAttachments(d->cmd, 1, &c, 1, rect + 1);
    vkd_end(d);
    b = vkd_read(d, &d->depth, VK_IMAGE_ASPECT_DEPTH_BIT, 4);
    vkCmdCopyBufferToImage(d->cmd, b.buffer, d->color.image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
}

#define TIES "coordinates between two texels"

const struct vkd_scene scenes_transfers[] = {
    {"blit-nearest", "larger, and turned over", blit_nearest, 0, 250, TIES},
    {"blit-linear", "filtered", blit_linear, 3, 0, "weights of filtering have 8 bits"},
    {"blit-convert", "from 10-10-10-2", blit_convert, 1, 250, TIES},
    {"blit-levels", "levels made by blits", blit_levels, 4, 0,
     "8-bit weights and rounding, level upon level"},
    {"copy-image", "parts and layers of an image", copy_image, 0, 0, NULL},
    {"copy-buffer", "an image to a buffer and back", copy_buffer, 0, 0, NULL},
    {"update-buffer", "buffers filled and updated", update_buffer, 0, 0, NULL},
    {"clear-images", "clears of six formats", clear_images, 5, 0, "565 has 32 steps"},
    {"clear-layers", "single layers and levels", clear_layers, 1, 0, "rounding of the colour"},
    {"clear-depth", "a depth image", clear_depth, 0, 0, NULL},
    {"clear-attachments", "rectangles of depth and colour", clear_attachments, 0, 0, NULL},
    {0},
};
