/*
 * Drawing for vk_draw, on top of vkc.h: images, pipelines, descriptors, rendering into a target
 * that is read back. All images stay in layout GENERAL; vkd_barrier() orders whatever follows after
 * whatever came before. What a scene makes lives until vkc_reset().
 *
 * Called by the scenes of vk_draw. Calls vkc.c, libvulkan.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef VKD_H
#define VKD_H

#include "vkc.h"

#define VKD_W      160u
#define VKD_H_     120u
#define VKD_COLORS 4u
#define VKD_BINDS  8u

/** An image with one view of all of it. */
struct vkd_image {
    VkImage image;
    VkImageView view;
    VkFormat format;
    VkImageAspectFlags aspects;
    uint32_t w, h, depth, levels, layers, samples;
};

/** What vkd_image() makes; zeros stand for one, 2D and every usage that the format allows. */
struct vkd_image_how {
    VkFormat format;
    uint32_t w, h, depth, levels, layers, samples;
    VkImageType type;     /* 0: 2D (no scene has 1D) */
    bool storage;         /* storage images, too */
    VkImageViewType view; /* 0: 2D, or 2D array when there are layers */
};

/** What a binding is; type: VK_DESCRIPTOR_TYPE_*. */
struct vkd_bind {
    VkDescriptorType type;
    const struct vkc_buf *buf;
    VkDeviceSize offset, range; /* of buf; range 0: all */
    const struct vkd_image *image;
    VkSampler sampler;
};

/** Push constants of every scene's shaders (draw.glsl). */
struct vkd_push {
    float rect[4];    /* of quads: x0, y0, x1, y1 in clip space */
    float color[4];   /* of flat shaders */
    float more[2][4]; /* more[0][0]: depth of quads */
};

/** Everything that a graphics pipeline is made of; scenes change what vkd_pipe_init() set. */
struct vkd_pipe {
    struct vkc_spirv vs, fs; /* fs.words NULL: none */
    uint32_t spec[VKC_SPECS];
    VkVertexInputBindingDescription binding[4];
    VkVertexInputAttributeDescription attribute[8];
    VkPipelineVertexInputStateCreateInfo vi;
    VkPipelineInputAssemblyStateCreateInfo ia;
    VkViewport viewport;
    VkRect2D scissor;
    VkPipelineRasterizationStateCreateInfo rs;
    VkSampleMask mask;
    VkPipelineMultisampleStateCreateInfo ms;
    VkPipelineDepthStencilStateCreateInfo ds;
    VkPipelineColorBlendAttachmentState att[VKD_COLORS];
    VkPipelineColorBlendStateCreateInfo cb;
    VkFormat formats[VKD_COLORS];
    VkFormat depth, stencil;
    uint32_t views; /* view mask */
    VkDynamicState dynamic[4];
    unsigned dynamics;
    VkRenderPass pass; /* instead of dynamic rendering */
    uint32_t subpass;
    struct vkd_bind bind[VKD_BINDS];
    unsigned binds;
    /* made by vkd_pipe() */
    VkPipeline pipeline;
    VkPipelineLayout layout;
    VkDescriptorSet set;
};

/** A scene on one device. */
struct vkd {
    struct vkc *vk;
    VkCommandBuffer cmd;           /* has begun */
    struct vkd_image color, depth; /* the target, RGBA8 and its depth; VKD_W by VKD_H_ */
    VkDescriptorPool pool;
    PFN_vkCmdBeginRenderingKHR begin;
    PFN_vkCmdEndRenderingKHR end;
};

/** Attachments of a rendering; zeros: none. */
struct vkd_render {
    const struct vkd_image *color[VKD_COLORS], *resolve[VKD_COLORS], *depth;
    unsigned colors;
    bool keep; /* load instead of clear */
    VkClearColorValue clear;
    float clear_depth;
    uint32_t clear_stencil;
    uint32_t layers, views;
    VkRenderingFlags flags;
};

/** Begins: target, command buffer. */
void vkd_start(struct vkd *d, struct vkc *vk);
/** Copies image @i's level 0 and layer 0 to host memory, @bytes per texel; submits and waits. */
void vkd_finish(struct vkd *d, uint8_t *px);
/** A buffer of @i's texels, @bytes each, filled by the commands so far; valid after vkd_finish().
 */
struct vkc_buf vkd_read(struct vkd *d, const struct vkd_image *i, VkImageAspectFlags aspect,
                        unsigned bytes);

struct vkd_image vkd_image(struct vkd *d, const struct vkd_image_how *how);
/** Another view of an image's levels and layers. */
VkImageView vkd_view(struct vkd *d, const struct vkd_image *i, VkImageViewType type,
                     VkFormat format, VkImageAspectFlags aspect, uint32_t level, uint32_t layer,
                     uint32_t layers);
/** An RGBA8 image of repeatable noise with all its levels; they are noise of their own. */
struct vkd_image vkd_noise(struct vkd *d, struct vkd_image_how how);
/** Fills level @level, all layers, with @bytes texels of @data. */
void vkd_upload(struct vkd *d, const struct vkd_image *i, uint32_t level, const void *data,
                size_t bytes);
/** A sampler like @info; NULL: nearest, clamped to the edge. */
VkSampler vkd_sampler(struct vkd *d, const VkSamplerCreateInfo *info);
VkSamplerCreateInfo vkd_sampler_info(VkFilter filter, VkSamplerAddressMode wrap);

/** Triangle list, no vertex input, target's formats, all channels written, no tests. */
void vkd_pipe_init(struct vkd_pipe *p, struct vkc_spirv vs, struct vkc_spirv fs);
/** Position (vec3) and colour (vec4) of 28 bytes from binding 0. */
void vkd_pipe_colored(struct vkd_pipe *p);
void vkd_pipe_bind(struct vkd_pipe *p, struct vkd_bind b);
void vkd_pipe(struct vkd *d, struct vkd_pipe *p);
/** Binds pipeline and descriptors to @cmd. */
void vkd_use(VkCommandBuffer cmd, const struct vkd_pipe *p);
void vkd_push(VkCommandBuffer cmd, const struct vkd_pipe *p, const struct vkd_push *push);

/** The target, cleared, with its depth. */
struct vkd_render vkd_target(const struct vkd *d);
void vkd_begin(struct vkd *d, const struct vkd_render *r);
void vkd_end(struct vkd *d);
void vkd_barrier(VkCommandBuffer cmd);
/** Draws quads with @push: four vertices, a strip. */
void vkd_quad(struct vkd *d, const struct vkd_pipe *p, const struct vkd_push *push);
/** Vertices of @floats floats at binding @binding. */
void vkd_vertices(struct vkd *d, unsigned binding, const float *v, size_t bytes);
/** True: @format can be used for @features in optimal tiling. */
bool vkd_format(const struct vkd *d, VkFormat format, VkFormatFeatureFlags features);

/** The whole of clip space. */
#define VKD_WHOLE                                                                                  \
    {                                                                                              \
        -1, -1, 1, 1                                                                               \
    }

struct vkd_scene {
    const char *name, *what;
    void (*draw)(struct vkd *d);
    unsigned tolerance, pixels; /* see picture.h */
    const char *why;            /* of a tolerance that is not zero */
};

extern const struct vkd_scene scenes_basic[], scenes_output[], scenes_textures[], scenes_passes[],
    scenes_transfers[];

#endif
