/*
 * Scenes of vk_draw: render passes, multisampling, queries, indirect draws, secondary command
 * buffers, views.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "vkd.h"

#include "draw_shaders.h"

#define VS(name) spirv_v_##name
#define FS(name) spirv_f_##name

static struct vkd_push rect(float x0, float y0, float x1, float y1)
{
    return (struct vkd_push){
        .rect = {x0, y0, x1, y1}, .color = {1, 0.8f, 0.4f, 0.9f}, .more = {{0.5f}, {1, 1, 1, 1}}};
}

static void quad_pipe(struct vkd_pipe *p, struct vkc_spirv fs)
{
    vkd_pipe_init(p, VS(quad), fs);
    p->ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
}

static void show(struct vkd *d, const struct vkd_image *i, struct vkc_spirv fs)
{
    struct vkd_push push = rect(-1, -1, 1, 1);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    memset(push.color, 0, sizeof(push.color));
    quad_pipe(&p, fs);
    vkd_pipe_bind(&p, (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                        .image = i,
                                        .sampler = vkd_sampler(d, NULL)});
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
}

/* --- multisampling --------------------------------------------------------------------------- */

/* Four samples a pixel of @format, and their depth. */
struct four {
    struct vkd_image color, depth;
    struct vkd_render render;
};

static void four_samples(struct vkd *d, struct four *f, VkFormat format)
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_, .samples = 4};

    f->color = vkd_image(d, &how);
    how.format = VK_FORMAT_D32_SFLOAT_S8_UINT;
    f->depth = vkd_image(d, &how);
    f->render = vkd_target(d);
    f->render.color[0] = &f->color;
    f->render.depth = &f->depth;
}

static void ring_pipe(struct vkd *d, struct vkd_pipe *p, VkFormat format)
{
    vkd_pipe_init(p, VS(ring), FS(color));
    p->ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    p->formats[0] = format;
    p->ms.rasterizationSamples = VK_SAMPLE_COUNT_4_BIT;
    vkd_pipe(d, p);
}

static void draw_ring(struct vkd *d, const struct vkd_pipe *p)
{
    struct vkd_push push = rect(-1, -1, 1, 1);

    push.more[0][1] = 0.6f;
    vkd_use(d->cmd, p);
    vkd_push(d->cmd, p, &push);
    vkCmdDraw(d->cmd, 12, 1, 1, 0);
}

/* A ring in a target of four samples a pixel. */
static void ring_of_four(struct vkd *d, struct four *f)
{
    struct vkd_pipe p;

    four_samples(d, f, VK_FORMAT_R8G8B8A8_UNORM);
    ring_pipe(d, &p, VK_FORMAT_R8G8B8A8_UNORM);
    vkd_begin(d, &f->render);
    draw_ring(d, &p);
    vkd_end(d);
}

/* A ring with smooth edges, resolved at the end of the rendering. */
static void resolve_format(struct vkd *d, VkFormat format)
{
    struct vkd_image_how how = {.format = format, .w = VKD_W, .h = VKD_H_};
    struct vkd_image one = vkd_image(d, &how);
    struct vkd_pipe p;
    struct four f;

    four_samples(d, &f, format);
    f.render.resolve[0] = &one;
    ring_pipe(d, &p, format);
    vkd_begin(d, &f.render);
    draw_ring(d, &p);
    vkd_end(d);
    show(d, &one, FS(show));
}

#define RESOLVE(name, format)                                                                      \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        resolve_format(d, VK_FORMAT_##format);                                                     \
    }

RESOLVE(resolve_rgba8, R8G8B8A8_UNORM)
RESOLVE(resolve_srgb, R8G8B8A8_SRGB)
RESOLVE(resolve_rgba16f, R16G16B16A16_SFLOAT)
RESOLVE(resolve_565, R5G6B5_UNORM_PACK16)

/* Drawn, then resolved by a command of its own. */
static void resolve_image(struct vkd *d)
{
    VkImageResolve region = {.srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                             .srcOffset = {10, 20, 0},
                             .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                             .dstOffset = {25, 5, 0},
                             .extent = {110, 90, 1}};
    struct vkd_render r = vkd_target(d);
    struct four f;

    ring_of_four(d, &f);
    vkd_begin(d, &r);
    vkd_end(d);
    vkCmdResolveImage(d->cmd, f.color.image, VK_IMAGE_LAYOUT_GENERAL, d->color.image,
                      VK_IMAGE_LAYOUT_GENERAL, 1, &region);
}

/* Drawn in two renderings; the second one finds what the first one left of each sample. */
static void samples_kept(struct vkd *d)
{
    struct vkd_push push = rect(-0.9f, -0.1f, 0.83f, 0.15f);
    struct vkd_pipe q;
    struct four f;

    ring_of_four(d, &f);
    quad_pipe(&q, FS(ramp));
    q.ms.rasterizationSamples = VK_SAMPLE_COUNT_4_BIT;
    vkd_pipe(d, &q);
    f.render.keep = true;
    f.render.resolve[0] = &d->color;
    vkd_begin(d, &f.render);
    vkd_quad(d, &q, &push);
    vkd_end(d);
}

/* The samples of some stripes, by texel fetch. */
static void samples_fetched(struct vkd *d)
{
    struct four f;

    ring_of_four(d, &f);
    show(d, &f.color, FS(show_samples));
}

/* A quad with four samples, as @set has changed it. */
static void four_quad(struct vkd *d, struct vkd_pipe *p, struct vkd_push push)
{
    struct four f;

    four_samples(d, &f, VK_FORMAT_R8G8B8A8_UNORM);
    f.render.resolve[0] = &d->color;
    p->ms.rasterizationSamples = VK_SAMPLE_COUNT_4_BIT;
    vkd_pipe(d, p);
    vkd_begin(d, &f.render);
    vkd_quad(d, p, &push);
    vkd_end(d);
}

static void sample_shading(struct vkd *d)
{
    struct vkd_pipe p;

    igt_require(d->vk->features.features.sampleRateShading);
    quad_pipe(&p, FS(samples));
    four_quad(d, &p, rect(-0.93f, -0.71f, 0.85f, 0.77f));
}

static void sample_rate(struct vkd *d)
{
    struct vkd_pipe p;

    igt_require(d->vk->features.features.sampleRateShading);
    vkd_pipe_init(&p, VS(interpolate), FS(interpolate));
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    p.ms.sampleShadingEnable = VK_TRUE;
    p.ms.minSampleShading = 1;
    four_quad(d, &p, rect(-1, -1, 1, 1));
}

static void centroid(struct vkd *d)
{
    struct vkd_pipe p;

    vkd_pipe_init(&p, VS(interpolate), FS(interpolate));
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    four_quad(d, &p, rect(-1, -1, 1, 1));
}

static void sample_mask(struct vkd *d)
{
    struct vkd_pipe p;

    quad_pipe(&p, FS(ramp));
    p.mask = 0xb;
    four_quad(d, &p, rect(-0.93f, -0.71f, 0.85f, 0.77f));
}

static void mask_written(struct vkd *d)
{
    struct vkd_pipe p;

    quad_pipe(&p, FS(sample_mask));
    four_quad(d, &p, rect(-0.93f, -0.71f, 0.85f, 0.77f));
}

static void alpha_coverage(struct vkd *d)
{
    struct vkd_pipe p;

    quad_pipe(&p, FS(ramp));
    p.ms.alphaToCoverageEnable = VK_TRUE;
    four_quad(d, &p, rect(-1, -1, 1, 1));
}

static void alpha_one(struct vkd *d)
{
    struct vkd_pipe p;

    igt_require(d->vk->features.features.alphaToOne);
    quad_pipe(&p, FS(ramp));
    p.ms.alphaToOneEnable = VK_TRUE;
    four_quad(d, &p, rect(-1, -1, 1, 1));
}

static void lines_smooth(struct vkd *d)
{
    struct vkd_pipe p;
    struct four f;

    four_samples(d, &f, VK_FORMAT_R8G8B8A8_UNORM);
    f.render.resolve[0] = &d->color;
    vkd_pipe_init(&p, VS(ring), FS(color));
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_LINE_STRIP;
    p.ms.rasterizationSamples = VK_SAMPLE_COUNT_4_BIT;
    vkd_pipe(d, &p);
    vkd_begin(d, &f.render);
    draw_ring(d, &p);
    vkd_end(d);
}

/* --- render passes ------------------------------------------------------------------------------
 */

static VkAttachmentDescription described(const struct vkd_image *i, VkAttachmentLoadOp load)
{
    return (VkAttachmentDescription){.format = i->format,
                                     .samples = (VkSampleCountFlagBits)i->samples,
                                     .loadOp = load,
                                     .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                     .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                     .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
                                     .initialLayout = VK_IMAGE_LAYOUT_GENERAL,
                                     .finalLayout = VK_IMAGE_LAYOUT_GENERAL};
}

/* Two subpasses: a colour, then the target with the colour as an input; or one, if not @two. */
static VkRenderPass make_pass(struct vkd *d, const struct vkd_image *first, bool two)
{
    VkAttachmentDescription a[3] = {described(first, VK_ATTACHMENT_LOAD_OP_CLEAR),
                                    described(&d->depth, VK_ATTACHMENT_LOAD_OP_CLEAR),
                                    described(&d->color, VK_ATTACHMENT_LOAD_OP_CLEAR)};
    VkAttachmentReference color = {0, VK_IMAGE_LAYOUT_GENERAL};
    VkAttachmentReference depth = {1, VK_IMAGE_LAYOUT_GENERAL};
    VkAttachmentReference last = {2, VK_IMAGE_LAYOUT_GENERAL};
    VkSubpassDescription s[2] = {
        {.colorAttachmentCount = 1, .pColorAttachments = &color, .pDepthStencilAttachment = &depth},
        {.inputAttachmentCount = 1,
         .pInputAttachments = &color,
         .colorAttachmentCount = 1,
         .pColorAttachments = &last}};
    VkSubpassDependency dep = {0,
                               1,
                               VK_PIPELINE_STAGE_ALL_GRAPHICS_BIT,
                               VK_PIPELINE_STAGE_ALL_GRAPHICS_BIT,
                               VK_ACCESS_MEMORY_WRITE_BIT,
                               VK_ACCESS_MEMORY_READ_BIT,
                               VK_DEPENDENCY_BY_REGION_BIT};
    VkRenderPassCreateInfo info = {.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                   .attachmentCount = two ? 3 : 2,
                                   .pAttachments = a,
                                   .subpassCount = two ? 2 : 1,
                                   .pSubpasses = s,
                                   .dependencyCount = two,
                                   .pDependencies = &dep};
    VkRenderPass pass;

    VKC(d->vk, vkCreateRenderPass(d->vk->device, &info, NULL, &pass));
    vkc_keep(d->vk, VKC_OBJ_RENDER_PASS, (uint64_t)pass);
    return pass;
}

static void begin_pass(struct vkd *d, VkRenderPass pass, const struct vkd_image *first, bool two,
                       VkSubpassContents contents)
{
    VkImageView views[3] = {first->view, d->depth.view, d->color.view};
    VkFramebufferCreateInfo fb = {.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                  .renderPass = pass,
                                  .attachmentCount = two ? 3 : 2,
                                  .pAttachments = views,
                                  .width = VKD_W,
                                  .height = VKD_H_,
                                  .layers = 1};
    VkClearValue clear[3] = {{.color.float32 = {0.1f, 0.2f, 0.3f, 1}},
                             {.depthStencil = {0.6f, 0}},
                             {.color.float32 = {0.9f, 0.8f, 0.7f, 1}}};
    VkRenderPassBeginInfo info = {.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                  .renderPass = pass,
                                  .renderArea = {{0, 0}, {VKD_W, VKD_H_}},
                                  .clearValueCount = two ? 3 : 2,
                                  .pClearValues = clear};

    VKC(d->vk, vkCreateFramebuffer(d->vk->device, &fb, NULL, &info.framebuffer));
    vkc_keep(d->vk, VKC_OBJ_FRAMEBUFFER, (uint64_t)info.framebuffer);
    vkCmdBeginRenderPass(d->cmd, &info, contents);
}

static void subpasses(struct vkd *d)
{
    struct vkd_image_how how = {.format = VK_FORMAT_R8G8B8A8_UNORM, .w = VKD_W, .h = VKD_H_};
    struct vkd_image first = vkd_image(d, &how);
    struct vkd_push push = rect(-0.8f, -0.7f, 0.9f, 0.8f), all = rect(-1, -0.9f, 1, 1);
    VkRenderPass pass = make_pass(d, &first, true);
    struct vkd_pipe p, q;

    quad_pipe(&p, FS(ramp));
    p.pass = pass;
    p.ds.depthTestEnable = VK_TRUE;
    vkd_pipe(d, &p);
    quad_pipe(&q, FS(input));
    q.pass = pass;
    q.subpass = 1;
    vkd_pipe_bind(&q,
                  (struct vkd_bind){.type = VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT, .image = &first});
    vkd_pipe(d, &q);
    begin_pass(d, pass, &first, true, VK_SUBPASS_CONTENTS_INLINE);
    vkd_quad(d, &p, &push);
    vkCmdNextSubpass(d->cmd, VK_SUBPASS_CONTENTS_INLINE);
    vkd_quad(d, &q, &all);
    vkCmdEndRenderPass(d->cmd);
}

static VkCommandBuffer secondary(struct vkd *d, VkRenderPass pass)
{
    VkCommandBufferAllocateInfo alloc = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                         .commandPool = d->vk->pool,
                                         .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
                                         .commandBufferCount = 1};
    VkCommandBufferInheritanceInfo from = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO, .renderPass = pass};
    VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = VK_COMMAND_BUFFER_USAGE_RENDER_PASS_CONTINUE_BIT |
                                               VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT,
                                      .pInheritanceInfo = &from};
    VkCommandBuffer cmd;

    VKC(d->vk, vkAllocateCommandBuffers(d->vk->device, &alloc, &cmd));
    VKC(d->vk, vkBeginCommandBuffer(cmd, &begin));
    return cmd;
}

/* Two secondary command buffers inside a render pass, one of them twice. */
static void secondaries(struct vkd *d)
{
    VkRenderPass pass = make_pass(d, &d->color, false);
    struct vkd_push push[2] = {rect(-0.8f, -0.7f, 0.3f, 0.8f), rect(-0.2f, -0.9f, 0.9f, 0.2f)};
    struct vkd_pipe p;
    VkCommandBuffer c[2];

    quad_pipe(&p, FS(ramp));
    p.pass = pass;
    p.att[0].blendEnable = VK_TRUE;
    p.att[0].dstColorBlendFactor = VK_BLEND_FACTOR_ONE;
    vkd_pipe(d, &p);
    for (unsigned i = 0; i < 2; i++) {
        c[i] = secondary(d, pass);
        vkd_use(c[i], &p);
        vkd_push(c[i], &p, &push[i]);
        vkCmdDraw(c[i], 4, 1, 0, 0);
        VKC(d->vk, vkEndCommandBuffer(c[i]));
    }
    begin_pass(d, pass, &d->color, false, VK_SUBPASS_CONTENTS_SECONDARY_COMMAND_BUFFERS);
    vkCmdExecuteCommands(d->cmd, 2, c);
    vkCmdExecuteCommands(d->cmd, 1, c);
    vkCmdEndRenderPass(d->cmd);
}

/* A rendering stopped and taken up again in another command buffer's place. */
static void suspended(struct vkd *d)
{
    struct vkd_push push = rect(-0.8f, -0.7f, 0.3f, 0.8f), other = rect(-0.2f, -0.9f, 0.9f, 0.2f);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    quad_pipe(&p, FS(ramp));
    p.ds.depthTestEnable = p.ds.depthWriteEnable = VK_TRUE;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
    r.keep = true;
    vkd_begin(d, &r);
    vkd_quad(d, &p, &other);
    vkd_end(d);
}

/* Two layers drawn as two views; each half of the target shows one. */
static void views(struct vkd *d)
{
    struct vkd_image_how how = {
        .format = VK_FORMAT_R8G8B8A8_UNORM, .w = VKD_W, .h = VKD_H_, .layers = 2};
    struct vkd_push push = rect(-0.8f, -0.7f, 0.3f, 0.8f);
    struct vkd_image l = vkd_image(d, &how), z;
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    igt_require(d->vk->multiview.multiview);
    how.format = VK_FORMAT_D32_SFLOAT_S8_UINT;
    z = vkd_image(d, &how);
    r.color[0] = &l;
    r.depth = &z;
    r.views = 3;
    vkd_pipe_init(&p, VS(views), FS(ramp));
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    p.views = 3;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
    show(d, &l, FS(show_layers));
}

/* --- queries
 * -------------------------------------------------------------------------------------- */

enum { QUERIES = 6 };

/* Quads whose samples are counted; the counts end up as texels of the first row. */
static void queries(struct vkd *d, VkQueryControlFlags precise, VkFormat format, uint32_t samples)
{
    VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                  .queryType = VK_QUERY_TYPE_OCCLUSION,
                                  .queryCount = QUERIES};
    struct vkc_buf b = vkc_buffer(d->vk, QUERIES * 4, NULL);
    VkBufferImageCopy c = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                           .imageExtent = {QUERIES, 1, 1}};
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;
    struct four f;
    VkQueryPool pool;

    VKC(d->vk, vkCreateQueryPool(d->vk->device, &info, NULL, &pool));
    vkc_keep(d->vk, VKC_OBJ_QUERIES, (uint64_t)pool);
    vkCmdResetQueryPool(d->cmd, pool, 0, QUERIES);
    if (samples > 1) {
        four_samples(d, &f, format);
        r = f.render;
        r.resolve[0] = &d->color;
    }
    quad_pipe(&p, FS(ramp));
    p.ms.rasterizationSamples = (VkSampleCountFlagBits)samples;
    p.ds.depthTestEnable = p.ds.depthWriteEnable = VK_TRUE;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    for (unsigned i = 0; i < QUERIES; i++) {
        float x = -0.9f + 0.2f * (float)i;
        struct vkd_push push = rect(x, -0.8f + 0.1f * (float)i, x + 0.5f, 0.7f);
        push.more[0][0] = i == 2 ? 0.99f : 0.9f - 0.1f * (float)i; /* 2: behind */
        if (i == 3)
            push.rect[0] = push.rect[2] = 3; /* outside */
        vkCmdBeginQuery(d->cmd, pool, i, precise);
        vkd_quad(d, &p, &push);
        if (i == 4)
            vkd_quad(d, &p, &push); /* equal, not less: none passes */
        vkCmdEndQuery(d->cmd, pool, i);
    }
    vkd_end(d);
    vkCmdCopyQueryPoolResults(d->cmd, pool, 0, QUERIES, b.buffer, 0, 4, VK_QUERY_RESULT_WAIT_BIT);
    vkd_barrier(d->cmd);
    if (!precise) { /* only whether it is zero is defined */
        vkc_end(d->vk, d->cmd);
        for (unsigned i = 0; i < QUERIES; i++)
            ((uint32_t *)b.map)[i] = ((uint32_t *)b.map)[i] ? ~0u : 0;
        d->cmd = vkc_begin(d->vk);
    }
    vkCmdCopyBufferToImage(d->cmd, b.buffer, d->color.image, VK_IMAGE_LAYOUT_GENERAL, 1, &c);
}

static void occlusion(struct vkd *d)
{
    queries(d, 0, VK_FORMAT_R8G8B8A8_UNORM, 1);
}

static void occlusion_precise(struct vkd *d)
{
    igt_require(d->vk->features.features.occlusionQueryPrecise);
    queries(d, VK_QUERY_CONTROL_PRECISE_BIT, VK_FORMAT_R8G8B8A8_UNORM, 1);
}

static void occlusion_samples(struct vkd *d)
{
    igt_require(d->vk->features.features.occlusionQueryPrecise);
    queries(d, VK_QUERY_CONTROL_PRECISE_BIT, VK_FORMAT_R8G8B8A8_UNORM, 4);
}

/* --- indirect draws ----------------------------------------------------------------------------
 */

static const float fan[] = {
    -0.8f, 0.8f, 0, 1, 0, 0, 1, 0.8f, 0.8f, 0, 0, 1, 0, 1,    0, -0.8f, 0,    0, 0, 1, 1,
    -0.9f, 0,    0, 1, 1, 1, 1, 0.9f, 0,    0, 1, 1, 0, 0.5f, 0, -0.9f, 0.9f, 0, 1, 1, 0.2f,
};

static void indirect(struct vkd *d)
{
    static const uint16_t index[] = {0, 1, 2, 3, 4, 5};
    static const uint32_t args[] = {0, 0, 3,  1, 3, 0, /* the second draw: indexed */ 3,
                                    1, 1, -1, 0};
    struct vkc_buf b = vkc_buffer(d->vk, sizeof(args), args);
    struct vkc_buf ib = vkc_buffer(d->vk, sizeof(index), index);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_pipe_init(&p, VS(color), FS(color));
    vkd_pipe_colored(&p);
    vkd_pipe(d, &p);
    vkd_vertices(d, 0, fan, sizeof(fan));
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDrawIndirect(d->cmd, b.buffer, 8, 1, 16);
    /* Not before: panvk 25.0 forgets an index buffer over a draw that has no indices. */
    vkCmdBindIndexBuffer(d->cmd, ib.buffer, 0, VK_INDEX_TYPE_UINT16);
    vkCmdDrawIndexedIndirect(d->cmd, b.buffer, 24, 1, 20);
    vkd_end(d);
}

#define STEPS "rounding to 8 bits"
#define EDGES "samples on edges, 1/256 pixel"

const struct vkd_scene scenes_passes[] = {
    {"resolve-rgba8", "four samples, resolved at the end", resolve_rgba8, 2, 40, EDGES},
    {"resolve-srgb", "the same, sRGB", resolve_srgb, 2, 40, EDGES},
    {"resolve-rgba16f", "the same, 16F", resolve_rgba16f, 2, 40, EDGES},
    {"resolve-565", "the same, 565", resolve_565, 9, 40, EDGES},
    {"resolve-image", "resolved by a command of its own", resolve_image, 2, 40, EDGES},
    {"samples-kept", "four samples loaded in a second rendering", samples_kept, 2, 40, EDGES},
    {"samples-fetched", "single samples by texel fetch", samples_fetched, 2, 40, EDGES},
    {"sample-shading", "gl_SampleID, gl_SamplePosition, per-sample inputs", sample_shading, 2, 40,
     EDGES},
    {"sample-rate", "all of the shader once a sample", sample_rate, 2, 60, EDGES},
    {"centroid", "interpolation at the centroid", centroid, 3, 200,
     "which covered place a centroid is, is left open"},
    {"sample-mask", "a fixed mask", sample_mask, 2, 40, EDGES},
    {"mask-written", "gl_SampleMask", mask_written, 2, 40, EDGES},
    {"alpha-to-coverage", "coverage from alpha", alpha_coverage, 70, 0,
     "how alpha becomes coverage is left open: one sample of four"},
    {"alpha-to-one", "alpha as if one", alpha_one, 1, 0, STEPS},
    {"lines-smooth", "lines with four samples", lines_smooth, 2, 400,
     "lines are not strict: which samples is not defined"},
    {"subpasses", "a render pass whose second subpass reads the first", subpasses, 1, 0, STEPS},
    {"secondary", "secondary command buffers, one of them twice", secondaries, 1, 0, STEPS},
    {"loaded", "two renderings into one target, depth kept", suspended, 1, 0, STEPS},
    {"views", "two views drawn at once", views, 1, 0, STEPS},
    {"occlusion", "occlusion queries, yes or no", occlusion, 1, 0, STEPS},
    {"occlusion-precise", "occlusion queries that count", occlusion_precise, 1, 0, STEPS},
    {"occlusion-samples", "the same with four samples a pixel", occlusion_samples, 1, 0, STEPS},
    {"indirect", "draws whose parameters are in memory", indirect, 2, 40, EDGES},
    {0},
};
