/*
 * Drawing for vk_draw: see vkd.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "garm_igt.h"
#include "outcome.h"
#include "vkd.h"

static uint32_t or_one(uint32_t x)
{
    return x ? x : 1;
}

/* --- images ------------------------------------------------------------------------------- */

static VkImageAspectFlags aspects_of(VkFormat f)
{
    switch (f) {
    case VK_FORMAT_D16_UNORM:
    case VK_FORMAT_D32_SFLOAT:
    case VK_FORMAT_X8_D24_UNORM_PACK32:
        return VK_IMAGE_ASPECT_DEPTH_BIT;
    case VK_FORMAT_S8_UINT:
        return VK_IMAGE_ASPECT_STENCIL_BIT;
    case VK_FORMAT_D24_UNORM_S8_UINT:
    case VK_FORMAT_D32_SFLOAT_S8_UINT:
        return VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT;
    default:
        return VK_IMAGE_ASPECT_COLOR_BIT;
    }
}

static VkFormatFeatureFlags features_of(const struct vkd *d, VkFormat format)
{
    VkFormatProperties p;

    vkGetPhysicalDeviceFormatProperties(d->vk->physical, format, &p);
    return p.optimalTilingFeatures;
}

bool vkd_format(const struct vkd *d, VkFormat format, VkFormatFeatureFlags features)
{
    return (features_of(d, format) & features) == features;
}

/* Every usage that the format has but storage, which costs some layouts. */
static VkImageUsageFlags usage_of(const struct vkd *d, const struct vkd_image *i)
{
    static const struct {
        VkFormatFeatureFlags feature;
        VkImageUsageFlags usage;
    } table[] = {
        {VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, VK_IMAGE_USAGE_SAMPLED_BIT},
        {VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
         VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT},
        {VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT,
         VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT},
    };
    VkFormatFeatureFlags has = features_of(d, i->format);
    VkImageUsageFlags usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

    for (unsigned n = 0; n < VKC_COUNT(table); n++)
        if (has & table[n].feature)
            usage |= table[n].usage;
    return usage;
}

VkImageView vkd_view(struct vkd *d, const struct vkd_image *i, VkImageViewType type,
                     VkFormat format, VkImageAspectFlags aspect, uint32_t level, uint32_t layer,
                     uint32_t layers)
{
    VkImageViewCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = i->image,
        .viewType = type,
        .format = format,
        .subresourceRange = {aspect, level, VK_REMAINING_MIP_LEVELS, layer, layers}};
    VkImageView view;

    if (aspect != VK_IMAGE_ASPECT_COLOR_BIT || level)
        info.subresourceRange.levelCount = 1;
    VKC(d->vk, vkCreateImageView(d->vk->device, &info, NULL, &view));
    vkc_keep(d->vk, VKC_OBJ_IMAGE_VIEW, (uint64_t)view);
    return view;
}

static void to_general(struct vkd *d, const struct vkd_image *i)
{
    VkImageMemoryBarrier b = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
        .newLayout = VK_IMAGE_LAYOUT_GENERAL,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = i->image,
        .subresourceRange = {i->aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS}};

    vkCmdPipelineBarrier(d->cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, &b);
}

struct vkd_image vkd_image(struct vkd *d, const struct vkd_image_how *how)
{
    struct vkd_image i = {.format = how->format,
                          .aspects = aspects_of(how->format),
                          .w = or_one(how->w),
                          .h = or_one(how->h),
                          .depth = or_one(how->depth),
                          .levels = or_one(how->levels),
                          .layers = or_one(how->layers),
                          .samples = or_one(how->samples)};
    bool cube = how->view == VK_IMAGE_VIEW_TYPE_CUBE || how->view == VK_IMAGE_VIEW_TYPE_CUBE_ARRAY;
    VkImageCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
        .flags =
            (cube ? VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT : 0u) | VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
        .imageType = how->type ? how->type : VK_IMAGE_TYPE_2D,
        .format = i.format,
        .extent = {i.w, i.h, i.depth},
        .mipLevels = i.levels,
        .arrayLayers = i.layers,
        .samples = (VkSampleCountFlagBits)i.samples,
        .usage = usage_of(d, &i) | (how->storage ? VK_IMAGE_USAGE_STORAGE_BIT : 0u),
    };
    VkImageViewType view = how->view     ? how->view
                           : i.depth > 1 ? VK_IMAGE_VIEW_TYPE_3D
                           : how->layers ? VK_IMAGE_VIEW_TYPE_2D_ARRAY
                                         : VK_IMAGE_VIEW_TYPE_2D;
    VkMemoryRequirements need;

    if (i.aspects != VK_IMAGE_ASPECT_COLOR_BIT)
        info.flags &= ~(VkImageCreateFlags)VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
    VKC(d->vk, vkCreateImage(d->vk->device, &info, NULL, &i.image));
    vkc_keep(d->vk, VKC_OBJ_IMAGE, (uint64_t)i.image);
    vkGetImageMemoryRequirements(d->vk->device, i.image, &need);
    VKC(d->vk, vkBindImageMemory(d->vk->device, i.image, vkc_memory(d->vk, &need, 0), 0));
    i.view = vkd_view(d, &i, view, i.format, i.aspects, 0, 0, VK_REMAINING_ARRAY_LAYERS);
    to_general(d, &i);
    return i;
}

void vkd_upload(struct vkd *d, const struct vkd_image *i, uint32_t level, const void *data,
                size_t bytes)
{
    uint32_t w = i->w >> level, h = i->h >> level, z = i->depth >> level;
    struct vkc_buf b = vkc_buffer(d->vk, bytes, data);
    VkBufferImageCopy c = {.imageSubresource = {i->aspects, level, 0, i->layers},
                           .imageExtent = {or_one(w), or_one(h), or_one(z)}};

    vkCmdCopyBufferToImage(d->cmd, b.buffer, i->image, VK_IMAGE_LAYOUT_GENERAL, 1, &c);
    vkd_barrier(d->cmd);
}

struct vkd_image vkd_noise(struct vkd *d, struct vkd_image_how how)
{
    struct vkd_image i;
    uint32_t seed = 5;

    how.format = how.format ? how.format : VK_FORMAT_R8G8B8A8_UNORM;
    i = vkd_image(d, &how);
    size_t bytes = (size_t)i.w * i.h * i.depth * i.layers * 4;
    uint32_t *px = malloc(bytes);
    igt_assert(px);
    for (size_t n = 0; n < bytes / 4; n++)
        px[n] = rnd(&seed);
    for (uint32_t l = 0; l < i.levels; l++) {
        size_t part = (size_t)or_one(i.w >> l) * or_one(i.h >> l) * or_one(i.depth >> l);
        vkd_upload(d, &i, l, px, part * i.layers * 4);
    }
    free(px);
    return i;
}

/* --- samplers ------------------------------------------------------------------------------ */

VkSamplerCreateInfo vkd_sampler_info(VkFilter filter, VkSamplerAddressMode wrap)
{
    return (VkSamplerCreateInfo){.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
                                 .magFilter = filter,
                                 .minFilter = filter,
                                 .mipmapMode = filter == VK_FILTER_LINEAR
                                                   ? VK_SAMPLER_MIPMAP_MODE_LINEAR
                                                   : VK_SAMPLER_MIPMAP_MODE_NEAREST,
                                 .addressModeU = wrap,
                                 .addressModeV = wrap,
                                 .addressModeW = wrap,
                                 .maxAnisotropy = 1,
                                 .maxLod = VK_LOD_CLAMP_NONE};
}

VkSampler vkd_sampler(struct vkd *d, const VkSamplerCreateInfo *info)
{
    VkSamplerCreateInfo plain =
        vkd_sampler_info(VK_FILTER_NEAREST, VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE);
    VkSampler s;

    VKC(d->vk, vkCreateSampler(d->vk->device, info ? info : &plain, NULL, &s));
    vkc_keep(d->vk, VKC_OBJ_SAMPLER, (uint64_t)s);
    return s;
}

/* --- pipelines ------------------------------------------------------------------------------ */

void vkd_pipe_init(struct vkd_pipe *p, struct vkc_spirv vs, struct vkc_spirv fs)
{
    static const VkStencilOpState keep = {.compareOp = VK_COMPARE_OP_ALWAYS};

    *p = (struct vkd_pipe){
        .vs = vs,
        .fs = fs,
        .vi.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
        .ia = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
               .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST},
        .viewport = {0, 0, VKD_W, VKD_H_, 0, 1},
        .scissor = {{0, 0}, {VKD_W, VKD_H_}},
        .rs = {.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO, .lineWidth = 1},
        .mask = ~0u,
        .ms = {.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
               .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT},
        .ds = {.sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
               .depthCompareOp = VK_COMPARE_OP_LESS,
               .front = keep,
               .back = keep},
        .cb = {.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
               .attachmentCount = 1},
        .formats = {VK_FORMAT_R8G8B8A8_UNORM},
        .depth = VK_FORMAT_D32_SFLOAT_S8_UINT,
        .stencil = VK_FORMAT_D32_SFLOAT_S8_UINT,
    };
    for (unsigned i = 0; i < VKD_COLORS; i++)
        p->att[i] =
            (VkPipelineColorBlendAttachmentState){.srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
                                                  .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
                                                  .colorWriteMask = 15};
}

void vkd_pipe_colored(struct vkd_pipe *p)
{
    p->binding[0] = (VkVertexInputBindingDescription){0, 28, VK_VERTEX_INPUT_RATE_VERTEX};
    p->attribute[0] = (VkVertexInputAttributeDescription){0, 0, VK_FORMAT_R32G32B32_SFLOAT, 0};
    p->attribute[1] = (VkVertexInputAttributeDescription){1, 0, VK_FORMAT_R32G32B32A32_SFLOAT, 12};
    p->vi.vertexBindingDescriptionCount = 1;
    p->vi.vertexAttributeDescriptionCount = 2;
}

void vkd_pipe_bind(struct vkd_pipe *p, struct vkd_bind b)
{
    igt_assert_lt(p->binds, VKD_BINDS);
    p->bind[p->binds++] = b;
}

static void write_set(struct vkd *d, const struct vkd_pipe *p)
{
    for (unsigned i = 0; i < p->binds; i++) {
        const struct vkd_bind *b = &p->bind[i];
        VkDescriptorBufferInfo buf = {b->buf ? b->buf->buffer : VK_NULL_HANDLE, b->offset,
                                      b->range ? b->range : VK_WHOLE_SIZE};
        VkDescriptorImageInfo img = {b->sampler, b->image ? b->image->view : VK_NULL_HANDLE,
                                     VK_IMAGE_LAYOUT_GENERAL};
        VkWriteDescriptorSet w = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                  .dstSet = p->set,
                                  .dstBinding = i,
                                  .descriptorCount = 1,
                                  .descriptorType = b->type,
                                  .pBufferInfo = &buf,
                                  .pImageInfo = &img,
                                  .pTexelBufferView = b->buf ? &b->buf->view : NULL};
        vkUpdateDescriptorSets(d->vk->device, 1, &w, 0, NULL);
    }
}

static void make_layout(struct vkd *d, struct vkd_pipe *p)
{
    const VkShaderStageFlags stages = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
    VkDescriptorSetLayoutBinding b[VKD_BINDS] = {0};
    VkDescriptorSetLayoutCreateInfo sets = {.sType =
                                                VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                            .bindingCount = p->binds,
                                            .pBindings = b};
    VkPushConstantRange push = {stages, 0, sizeof(struct vkd_push)};
    VkDescriptorSetLayout set_layout;
    VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                       .setLayoutCount = 1,
                                       .pSetLayouts = &set_layout,
                                       .pushConstantRangeCount = 1,
                                       .pPushConstantRanges = &push};
    VkDescriptorSetAllocateInfo alloc = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                         .descriptorPool = d->pool,
                                         .descriptorSetCount = 1,
                                         .pSetLayouts = &set_layout};

    for (unsigned i = 0; i < p->binds; i++)
        b[i] = (VkDescriptorSetLayoutBinding){i, p->bind[i].type, 1,
                                              p->bind[i].type == VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT
                                                  ? VK_SHADER_STAGE_FRAGMENT_BIT
                                                  : stages,
                                              NULL};
    VKC(d->vk, vkCreateDescriptorSetLayout(d->vk->device, &sets, NULL, &set_layout));
    vkc_keep(d->vk, VKC_OBJ_SET_LAYOUT, (uint64_t)set_layout);
    VKC(d->vk, vkCreatePipelineLayout(d->vk->device, &info, NULL, &p->layout));
    vkc_keep(d->vk, VKC_OBJ_LAYOUT, (uint64_t)p->layout);
    if (!p->binds)
        return;
    VKC(d->vk, vkAllocateDescriptorSets(d->vk->device, &alloc, &p->set));
    write_set(d, p);
}

static VkPipelineShaderStageCreateInfo stage(struct vkd *d, struct vkc_spirv code,
                                             VkShaderStageFlagBits which,
                                             const VkSpecializationInfo *spec)
{
    VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                     .codeSize = code.bytes,
                                     .pCode = code.words};
    VkPipelineShaderStageCreateInfo s = {.sType =
                                             VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                         .stage = which,
                                         .pName = "main",
                                         .pSpecializationInfo = spec};

    VKC(d->vk, vkCreateShaderModule(d->vk->device, &info, NULL, &s.module));
    vkc_keep(d->vk, VKC_OBJ_MODULE, (uint64_t)s.module);
    return s;
}

static void link_parts(struct vkd_pipe *p)
{
    p->vi.pVertexBindingDescriptions = p->binding;
    p->vi.pVertexAttributeDescriptions = p->attribute;
    p->ms.pSampleMask = &p->mask;
    p->cb.pAttachments = p->att;
}

void vkd_pipe(struct vkd *d, struct vkd_pipe *p)
{
    static const VkSpecializationMapEntry map[VKC_SPECS] = {
        {0, 0, 4}, {1, 4, 4}, {2, 8, 4}, {3, 12, 4}};
    VkSpecializationInfo spec = {VKC_SPECS, map, sizeof(p->spec), p->spec};
    VkPipelineShaderStageCreateInfo stages[2] = {
        stage(d, p->vs, VK_SHADER_STAGE_VERTEX_BIT, &spec)};
    VkPipelineViewportStateCreateInfo vp = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
        .viewportCount = 1,
        .pViewports = &p->viewport,
        .scissorCount = 1,
        .pScissors = &p->scissor};
    VkPipelineRenderingCreateInfoKHR rendering = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO_KHR,
        .viewMask = p->views,
        .colorAttachmentCount = p->cb.attachmentCount,
        .pColorAttachmentFormats = p->formats,
        .depthAttachmentFormat = p->depth,
        .stencilAttachmentFormat = p->stencil};
    VkPipelineDynamicStateCreateInfo dynamic = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
        .dynamicStateCount = p->dynamics,
        .pDynamicStates = p->dynamic};
    VkGraphicsPipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                         .pNext = p->pass ? NULL : &rendering,
                                         .stageCount = p->fs.words ? 2 : 1,
                                         .pStages = stages,
                                         .pVertexInputState = &p->vi,
                                         .pInputAssemblyState = &p->ia,
                                         .pViewportState = &vp,
                                         .pRasterizationState = &p->rs,
                                         .pMultisampleState = &p->ms,
                                         .pDepthStencilState = &p->ds,
                                         .pColorBlendState = &p->cb,
                                         .pDynamicState = p->dynamics ? &dynamic : NULL,
                                         .renderPass = p->pass,
                                         .subpass = p->subpass};

    if (p->fs.words)
        stages[1] = stage(d, p->fs, VK_SHADER_STAGE_FRAGMENT_BIT, &spec);
    link_parts(p);
    make_layout(d, p);
    info.layout = p->layout;
    VKC(d->vk,
        vkCreateGraphicsPipelines(d->vk->device, VK_NULL_HANDLE, 1, &info, NULL, &p->pipeline));
    vkc_keep(d->vk, VKC_OBJ_PIPELINE, (uint64_t)p->pipeline);
}

void vkd_use(VkCommandBuffer cmd, const struct vkd_pipe *p)
{
    vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS, p->pipeline);
    if (p->set)
        vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS, p->layout, 0, 1, &p->set, 0,
                                NULL);
}

void vkd_push(VkCommandBuffer cmd, const struct vkd_pipe *p, const struct vkd_push *push)
{
    vkCmdPushConstants(cmd, p->layout, VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                       sizeof(*push), push);
}

void vkd_quad(struct vkd *d, const struct vkd_pipe *p, const struct vkd_push *push)
{
    vkd_use(d->cmd, p);
    vkd_push(d->cmd, p, push);
    vkCmdDraw(d->cmd, p->ia.topology == VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST ? 6 : 4, 1, 0, 0);
}

void vkd_vertices(struct vkd *d, unsigned binding, const float *v, size_t bytes)
{
    struct vkc_buf b = vkc_buffer(d->vk, bytes, v);
    VkDeviceSize zero = 0;

    vkCmdBindVertexBuffers(d->cmd, binding, 1, &b.buffer, &zero);
}

/* --- rendering ------------------------------------------------------------------------------- */

struct vkd_render vkd_target(const struct vkd *d)
{
    return (struct vkd_render){.color = {&d->color},
                               .colors = 1,
                               .depth = &d->depth,
                               .clear.float32 = {0.2f, 0.4f, 0.6f, 1},
                               .clear_depth = 1};
}

static VkRenderingAttachmentInfoKHR
attachment(const struct vkd_render *r, const struct vkd_image *i, const struct vkd_image *resolve)
{
    VkRenderingAttachmentInfoKHR a = {.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO_KHR,
                                      .imageView = i->view,
                                      .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
                                      .loadOp = r->keep ? VK_ATTACHMENT_LOAD_OP_LOAD
                                                        : VK_ATTACHMENT_LOAD_OP_CLEAR,
                                      .storeOp = VK_ATTACHMENT_STORE_OP_STORE};

    if (i->aspects == VK_IMAGE_ASPECT_COLOR_BIT)
        a.clearValue.color = r->clear;
    else
        a.clearValue.depthStencil = (VkClearDepthStencilValue){r->clear_depth, r->clear_stencil};
    if (resolve) {
        a.resolveMode = VK_RESOLVE_MODE_AVERAGE_BIT;
        a.resolveImageView = resolve->view;
        a.resolveImageLayout = VK_IMAGE_LAYOUT_GENERAL;
    }
    return a;
}

void vkd_begin(struct vkd *d, const struct vkd_render *r)
{
    VkRenderingAttachmentInfoKHR colors[VKD_COLORS], zs;
    VkRenderingInfoKHR info = {.sType = VK_STRUCTURE_TYPE_RENDERING_INFO_KHR,
                               .flags = r->flags,
                               .layerCount = or_one(r->layers),
                               .viewMask = r->views,
                               .colorAttachmentCount = r->colors,
                               .pColorAttachments = colors};
    const struct vkd_image *any = r->colors ? r->color[0] : r->depth;

    for (unsigned i = 0; i < r->colors; i++)
        colors[i] = attachment(r, r->color[i], r->resolve[i]);
    if (r->depth) {
        zs = attachment(r, r->depth, NULL);
        info.pDepthAttachment = r->depth->aspects & VK_IMAGE_ASPECT_DEPTH_BIT ? &zs : NULL;
        info.pStencilAttachment = r->depth->aspects & VK_IMAGE_ASPECT_STENCIL_BIT ? &zs : NULL;
    }
    info.renderArea.extent = (VkExtent2D){any->w, any->h};
    d->begin(d->cmd, &info);
}

void vkd_end(struct vkd *d)
{
    d->end(d->cmd);
    vkd_barrier(d->cmd);
}

void vkd_barrier(VkCommandBuffer cmd)
{
    VkMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                         .srcAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                         .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT};

    vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 1, &b, 0, NULL, 0, NULL);
}

/* --- a scene ---------------------------------------------------------------------------------- */

static VkDescriptorPool make_pool(struct vkc *vk)
{
    VkDescriptorPoolSize sizes[VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT + 1];
    VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                       .maxSets = 64,
                                       .poolSizeCount = VKC_COUNT(sizes),
                                       .pPoolSizes = sizes};
    VkDescriptorPool pool;

    for (unsigned i = 0; i < VKC_COUNT(sizes); i++)
        sizes[i] = (VkDescriptorPoolSize){(VkDescriptorType)i, 64};
    VKC(vk, vkCreateDescriptorPool(vk->device, &info, NULL, &pool));
    vkc_keep(vk, VKC_OBJ_POOL, (uint64_t)pool);
    return pool;
}

void vkd_start(struct vkd *d, struct vkc *vk)
{
    struct vkd_image_how color = {.format = VK_FORMAT_R8G8B8A8_UNORM, .w = VKD_W, .h = VKD_H_};
    struct vkd_image_how depth = {.format = VK_FORMAT_D32_SFLOAT_S8_UINT, .w = VKD_W, .h = VKD_H_};

    *d = (struct vkd){.vk = vk, .pool = make_pool(vk)};
    d->begin =
        (PFN_vkCmdBeginRenderingKHR)vkGetDeviceProcAddr(vk->device, "vkCmdBeginRenderingKHR");
    d->end = (PFN_vkCmdEndRenderingKHR)vkGetDeviceProcAddr(vk->device, "vkCmdEndRenderingKHR");
    igt_assert_f(d->begin && d->end, "%s has no dynamic rendering", vk->label);
    d->cmd = vkc_begin(vk);
    d->color = vkd_image(d, &color);
    d->depth = vkd_image(d, &depth);
}

struct vkc_buf vkd_read(struct vkd *d, const struct vkd_image *i, VkImageAspectFlags aspect,
                        unsigned bytes)
{
    struct vkc_buf b = vkc_buffer(d->vk, (size_t)i->w * i->h * i->layers * bytes, NULL);
    VkBufferImageCopy c = {.imageSubresource = {aspect, 0, 0, i->layers},
                           .imageExtent = {i->w, i->h, 1}};

    vkd_barrier(d->cmd);
    vkCmdCopyImageToBuffer(d->cmd, i->image, VK_IMAGE_LAYOUT_GENERAL, b.buffer, 1, &c);
    vkd_barrier(d->cmd);
    return b;
}

void vkd_finish(struct vkd *d, uint8_t *px)
{
    struct vkc_buf b = vkd_read(d, &d->color, VK_IMAGE_ASPECT_COLOR_BIT, 4);

    vkc_end(d->vk, d->cmd);
    memcpy(px, b.map, (size_t)VKD_W * VKD_H_ * 4);
}
