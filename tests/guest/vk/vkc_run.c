/*
 * Pipelines, descriptors and command buffers of a list of passes: see vkc.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "outcome.h"
#include "vkc.h"

/* What a pass needs at run time; destroyed when it is over. */
struct ready {
    VkShaderModule module;
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    VkDescriptorSet set;
    bool borrowed; /* all but the set is an earlier pass's */
};

static const VkDescriptorType types[] = {
    [VKC_STORAGE] = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
    [VKC_UNIFORM] = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
    [VKC_IMAGE] = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
    [VKC_TEXELS] = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
    [VKC_STORAGE_TEXELS] = VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER,
};

static VkDescriptorPool make_pool(struct vkc *vk, unsigned passes)
{
    VkDescriptorPoolSize sizes[VKC_COUNT(types) - 1];
    VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                       .maxSets = passes,
                                       .poolSizeCount = VKC_COUNT(sizes),
                                       .pPoolSizes = sizes};
    VkDescriptorPool pool;

    for (unsigned i = 0; i < VKC_COUNT(sizes); i++)
        sizes[i] = (VkDescriptorPoolSize){types[i + 1], passes * VKC_SLOTS};
    VKC(vk, vkCreateDescriptorPool(vk->device, &info, NULL, &pool));
    return pool;
}

static void make_layouts(struct vkc *vk, const struct vkc_pass *p, struct ready *r)
{
    VkDescriptorSetLayoutBinding b[VKC_SLOTS];
    VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .pBindings = b};
    VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, p->push_bytes};
    VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                         .setLayoutCount = 1,
                                         .pSetLayouts = &r->set_layout,
                                         .pushConstantRangeCount = p->push_bytes != 0,
                                         .pPushConstantRanges = &push};
    uint32_t n = 0;

    for (; n < VKC_SLOTS && p->bind[n].kind; n++)
        b[n] = (VkDescriptorSetLayoutBinding){.binding = n,
                                              .descriptorType = types[p->bind[n].kind],
                                              .descriptorCount = 1,
                                              .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    set.bindingCount = n;
    VKC(vk, vkCreateDescriptorSetLayout(vk->device, &set, NULL, &r->set_layout));
    VKC(vk, vkCreatePipelineLayout(vk->device, &layout, NULL, &r->layout));
}

static void make_pipeline(struct vkc *vk, const struct vkc_pass *p, struct ready *r)
{
    VkShaderModuleCreateInfo module = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                       .codeSize = p->code.bytes,
                                       .pCode = p->code.words};
    VkSpecializationMapEntry map[VKC_SPECS];
    VkSpecializationInfo spec = {p->specs, map, sizeof(p->spec), p->spec};
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .pName = "main",
                  .pSpecializationInfo = p->specs ? &spec : NULL},
    };

    for (unsigned i = 0; i < p->specs; i++)
        map[i] = (VkSpecializationMapEntry){i, 4 * i, 4};
    VKC(vk, vkCreateShaderModule(vk->device, &module, NULL, &r->module));
    make_layouts(vk, p, r);
    info.stage.module = r->module;
    info.layout = r->layout;
    VKC(vk, vkCreateComputePipelines(vk->device, VK_NULL_HANDLE, 1, &info, NULL, &r->pipeline));
}

static void make_set(struct vkc *vk, const struct vkc_pass *p, VkDescriptorPool pool,
                     struct ready *r)
{
    VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                        .descriptorPool = pool,
                                        .descriptorSetCount = 1,
                                        .pSetLayouts = &r->set_layout};

    VKC(vk, vkAllocateDescriptorSets(vk->device, &info, &r->set));
    for (unsigned i = 0; i < VKC_SLOTS && p->bind[i].kind; i++) {
        const struct vkc_binding *b = &p->bind[i];
        VkDescriptorBufferInfo buf = {b->buf ? b->buf->buffer : VK_NULL_HANDLE, 0, VK_WHOLE_SIZE};
        VkDescriptorImageInfo img = {.imageView = b->image ? b->image->view : VK_NULL_HANDLE,
                                     .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
        VkWriteDescriptorSet w = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                  .dstSet = r->set,
                                  .dstBinding = i,
                                  .descriptorCount = 1,
                                  .descriptorType = types[b->kind],
                                  .pBufferInfo = &buf,
                                  .pImageInfo = &img,
                                  .pTexelBufferView = b->buf ? &b->buf->view : NULL};
        vkUpdateDescriptorSets(vk->device, 1, &w, 0, NULL);
    }
}

VkCommandBuffer vkc_begin(struct vkc *vk)
{
    VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                        .commandPool = vk->pool,
                                        .commandBufferCount = 1};
    VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VkCommandBuffer cmd;

    VKC(vk, vkAllocateCommandBuffers(vk->device, &info, &cmd));
    VKC(vk, vkBeginCommandBuffer(cmd, &begin));
    return cmd;
}

void vkc_end(struct vkc *vk, VkCommandBuffer cmd)
{
    VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &cmd};
    VkFence fence;
    VkResult r;
    double start;

    VKC(vk, vkEndCommandBuffer(cmd));
    VKC(vk, vkCreateFence(vk->device, &info, NULL, &fence));
    start = now();
    VKC(vk, vkQueueSubmit(vk->queue, 1, &submit, fence));
    r = vkWaitForFences(vk->device, 1, &fence, VK_TRUE, VKC_WAIT_NS);
    vk->seconds = now() - start;
    vkc_check(vk, r, "vkWaitForFences");
    vkDestroyFence(vk->device, fence, NULL);
    vkFreeCommandBuffers(vk->device, vk->pool, 1, &cmd);
}

static void everything_before(VkCommandBuffer cmd)
{
    VkMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                         .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                         .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT};

    vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &b,
                         0, NULL, 0, NULL);
}

static void record(VkCommandBuffer cmd, const struct vkc_pass *p, const struct ready *r)
{
    uint32_t g[3];

    for (unsigned i = 0; i < 3; i++)
        g[i] = p->groups[i] ? p->groups[i] : 1;
    vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, r->pipeline);
    vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, r->layout, 0, 1, &r->set, 0, NULL);
    if (p->push_bytes)
        vkCmdPushConstants(cmd, r->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, p->push_bytes, p->push);
    if (p->indirect)
        vkCmdDispatchIndirect(cmd, p->indirect->buffer, p->indirect_offset);
    else
        vkCmdDispatch(cmd, g[0], g[1], g[2]);
    everything_before(cmd);
}

static bool same_pipeline(const struct vkc_pass *a, const struct vkc_pass *b)
{
    for (unsigned i = 0; i < VKC_SLOTS; i++)
        if (a->bind[i].kind != b->bind[i].kind)
            return false;
    return a->code.words == b->code.words && a->push_bytes == b->push_bytes &&
           a->specs == b->specs && !memcmp(a->spec, b->spec, sizeof(a->spec));
}

/* A pipeline of its own, or that of an earlier pass. */
static void make_ready(struct vkc *vk, const struct vkc_pass *passes, struct ready *ready,
                       unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (!ready[k].borrowed && same_pipeline(&passes[k], &passes[i])) {
            ready[i] = ready[k];
            ready[i].borrowed = true;
            return;
        }
    ready[i].borrowed = false;
    make_pipeline(vk, &passes[i], &ready[i]);
}

/* One submission of all passes, @rounds times. */
static void submit(struct vkc *vk, const struct vkc_pass *passes, const struct ready *ready,
                   unsigned count, unsigned rounds, VkQueryPool queries)
{
    VkCommandBuffer cmd = vkc_begin(vk);

    if (queries) {
        vkCmdResetQueryPool(cmd, queries, 0, 2);
        vkCmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, queries, 0);
    }
    for (unsigned r = 0; r < rounds; r++)
        for (unsigned i = 0; i < count; i++)
            record(cmd, &passes[i], &ready[i]);
    if (queries)
        vkCmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, 1);
    vkc_end(vk, cmd);
}

/*
 * Seconds of a round. Of many in one submission, so that what a submission and the wait for it cost
 * weighs little: on a fast device that is more than a round's work.
 */
static double measure(struct vkc *vk, const struct vkc_pass *passes, const struct ready *ready,
                      unsigned count)
{
    enum { TIMES = 3, MOST = 1 << 16 };
    unsigned rounds = 1;
    double best;

    submit(vk, passes, ready, count, rounds, VK_NULL_HANDLE);
    while (vk->seconds < vk->least && rounds < MOST) {
        rounds *= 2;
        submit(vk, passes, ready, count, rounds, VK_NULL_HANDLE);
    }
    igt_assert_f(vk->seconds >= vk->least, "%s: %u rounds took %g s only, expected %g", vk->label,
                 rounds, vk->seconds, vk->least);
    best = vk->seconds;
    for (unsigned i = 1; i < TIMES; i++) {
        submit(vk, passes, ready, count, rounds, VK_NULL_HANDLE);
        best = vk->seconds < best ? vk->seconds : best;
    }
    return best / rounds;
}

static void run(struct vkc *vk, const struct vkc_pass *passes, unsigned count, VkQueryPool queries)
{
    static struct ready ready[VKC_PASSES];
    VkDescriptorPool pool;

    igt_assert_lte(count, VKC_PASSES);
    pool = make_pool(vk, count);
    for (unsigned i = 0; i < count; i++) {
        make_ready(vk, passes, ready, i);
        make_set(vk, &passes[i], pool, &ready[i]);
    }
    submit(vk, passes, ready, count, 1, queries); /* may compile */
    if (vk->least > 0)
        vk->seconds = measure(vk, passes, ready, count);
    for (unsigned i = 0; i < count; i++) {
        if (ready[i].borrowed)
            continue;
        vkDestroyPipeline(vk->device, ready[i].pipeline, NULL);
        vkDestroyPipelineLayout(vk->device, ready[i].layout, NULL);
        vkDestroyDescriptorSetLayout(vk->device, ready[i].set_layout, NULL);
        vkDestroyShaderModule(vk->device, ready[i].module, NULL);
    }
    vkDestroyDescriptorPool(vk->device, pool, NULL);
}

void vkc_run(struct vkc *vk, const struct vkc_pass *passes, unsigned count)
{
    run(vk, passes, count, VK_NULL_HANDLE);
}

void vkc_run_timed(struct vkc *vk, const struct vkc_pass *passes, unsigned count, double *ns)
{
    VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                  .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                  .queryCount = 2};
    uint64_t ticks[2];
    VkQueryPool queries;

    VKC(vk, vkCreateQueryPool(vk->device, &info, NULL, &queries));
    run(vk, passes, count, queries);
    VKC(vk, vkGetQueryPoolResults(vk->device, queries, 0, 2, sizeof(ticks), ticks, sizeof(ticks[0]),
                                  VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
    vkDestroyQueryPool(vk->device, queries, NULL);
    *ns = (ticks[1] - ticks[0]) * (double)vk->props.limits.timestampPeriod;
}
