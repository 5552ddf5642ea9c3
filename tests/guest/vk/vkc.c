/*
 * The thin layer on Vulkan: see vkc.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "garm_igt.h"
#include "vkc.h"

#define VKC_EXTENSIONS 9

void vkc_check(const struct vkc *vk, VkResult r, const char *call)
{
    igt_assert_f(r == VK_SUCCESS, "%s: %s: expected VK_SUCCESS, got VkResult %d", vk->label, call,
                 r);
}

/* --- device ---------------------------------------------------------------------------- */

/* Other Debian drivers would only cost time; a user's own choice stands. */
static void only_two_drivers(void)
{
    setenv("VK_DRIVER_FILES",
           "/usr/share/vulkan/icd.d/panfrost_icd.json:/usr/share/vulkan/icd.d/lvp_icd.json", 0);
}

static bool find_device(struct vkc *vk, uint32_t vendor)
{
    VkPhysicalDevice list[16];
    uint32_t n = VKC_COUNT(list);
    VkResult r = vkEnumeratePhysicalDevices(vk->instance, &n, list);

    if (r != VK_INCOMPLETE)
        vkc_check(vk, r, "vkEnumeratePhysicalDevices");
    for (uint32_t i = 0; i < n; i++) {
        vkGetPhysicalDeviceProperties(list[i], &vk->props);
        vk->physical = list[i];
        if (vk->props.vendorID == vendor)
            return true;
    }
    return false;
}

static void find_queue(struct vkc *vk)
{
    VkQueueFamilyProperties list[8];
    uint32_t n = VKC_COUNT(list);

    vkGetPhysicalDeviceQueueFamilyProperties(vk->physical, &n, list);
    for (vk->family = 0; vk->family < n; vk->family++)
        if (list[vk->family].queueFlags & VK_QUEUE_COMPUTE_BIT)
            break;
    igt_assert_f(vk->family < n, "%s: no queue family with compute among %u", vk->label, n);
    vk->timestamp_bits = list[vk->family].timestampValidBits;
}

static void query_features(struct vkc *vk)
{
    VkPhysicalDeviceProperties2 props = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                         .pNext = &vk->subgroup};

    vk->small.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES_KHR;
    vk->storage8.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES_KHR;
    vk->storage8.pNext = &vk->small;
    vk->small.pNext = &vk->multiview;
    vk->multiview.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MULTIVIEW_FEATURES;
    vk->multiview.pNext = &vk->rendering;
    vk->rendering.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES_KHR;
    vk->rendering.pNext = &vk->index8;
    vk->index8.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_INDEX_TYPE_UINT8_FEATURES_EXT;
    vk->index8.pNext = &vk->divisor;
    vk->divisor.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VERTEX_ATTRIBUTE_DIVISOR_FEATURES_EXT;
    vk->storage16.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES;
    vk->storage16.pNext = &vk->storage8;
    vk->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    vk->features.pNext = &vk->storage16;
    vkGetPhysicalDeviceFeatures2(vk->physical, &vk->features);
    vk->features.features.robustBufferAccess = VK_FALSE;
    vk->subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
    vkGetPhysicalDeviceProperties2(vk->physical, &props);
    vkGetPhysicalDeviceMemoryProperties(vk->physical, &vk->memory);
}

/* Of the extensions that the cases can use, those that the device has. */
static uint32_t extensions(struct vkc *vk, const char *names[VKC_EXTENSIONS])
{
    static const char *const wanted[VKC_EXTENSIONS] = {
        "VK_KHR_8bit_storage",
        "VK_KHR_shader_float16_int8",
        "VK_KHR_depth_stencil_resolve",
        "VK_KHR_dynamic_rendering",
        "VK_KHR_sampler_mirror_clamp_to_edge",
        "VK_EXT_depth_clip_enable",
        "VK_EXT_index_type_uint8",
        "VK_EXT_sampler_filter_minmax",
        "VK_EXT_vertex_attribute_divisor",
    };
    uint32_t n = 0, used = 0;
    VkExtensionProperties *list;

    VKC(vk, vkEnumerateDeviceExtensionProperties(vk->physical, NULL, &n, NULL));
    list = calloc(n, sizeof(*list));
    igt_assert(list);
    VKC(vk, vkEnumerateDeviceExtensionProperties(vk->physical, NULL, &n, list));
    for (unsigned w = 0; w < VKC_COUNT(wanted); w++)
        for (uint32_t i = 0; i < n; i++)
            if (!strcmp(list[i].extensionName, wanted[w])) {
                names[used++] = wanted[w];
                break;
            }
    free(list);
    return used;
}

static void make_device(struct vkc *vk)
{
    const char *names[VKC_EXTENSIONS];
    float priority = 1;
    VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueFamilyIndex = vk->family,
                                     .queueCount = 1,
                                     .pQueuePriorities = &priority};
    VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                               .pNext = &vk->features,
                               .queueCreateInfoCount = 1,
                               .pQueueCreateInfos = &queue,
                               .enabledExtensionCount = extensions(vk, names),
                               .ppEnabledExtensionNames = names};
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                    .queueFamilyIndex = vk->family};

    VKC(vk, vkCreateDevice(vk->physical, &info, NULL, &vk->device));
    vkGetDeviceQueue(vk->device, vk->family, 0, &vk->queue);
    VKC(vk, vkCreateCommandPool(vk->device, &pool, NULL, &vk->pool));
}

bool vkc_open(struct vkc *vk, uint32_t vendor, const char *label)
{
    VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                             .pApplicationName = "garm vk_compute",
                             .apiVersion = VK_API_VERSION_1_1};
    VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                 .pApplicationInfo = &app};

    memset(vk, 0, sizeof(*vk));
    vk->label = label;
    only_two_drivers();
    VKC(vk, vkCreateInstance(&info, NULL, &vk->instance));
    if (!find_device(vk, vendor)) {
        vkDestroyInstance(vk->instance, NULL);
        vk->instance = VK_NULL_HANDLE;
        return false;
    }
    find_queue(vk);
    query_features(vk);
    make_device(vk);
    return true;
}

void vkc_close(struct vkc *vk)
{
    if (!vk->instance)
        return;
    vkc_reset(vk);
    if (vk->device) {
        vkDestroyCommandPool(vk->device, vk->pool, NULL);
        vkDestroyDevice(vk->device, NULL);
    }
    vkDestroyInstance(vk->instance, NULL);
    vk->instance = VK_NULL_HANDLE;
}

/* --- memory ---------------------------------------------------------------------------- */

void vkc_keep(struct vkc *vk, enum vkc_object_kind kind, uint64_t handle)
{
    igt_assert_lt(vk->object_count, VKC_OBJECTS);
    vk->objects[vk->object_count++] = (struct vkc_object){kind, handle};
}

static void destroy(struct vkc *vk, const struct vkc_object *o)
{
    switch (o->kind) {
#define DESTROY(k, type, call)                                                                     \
    case VKC_OBJ_##k:                                                                              \
        call(vk->device, (type)o->handle, NULL);                                                   \
        break
        DESTROY(BUFFER, VkBuffer, vkDestroyBuffer);
        DESTROY(VIEW, VkBufferView, vkDestroyBufferView);
        DESTROY(MEMORY, VkDeviceMemory, vkFreeMemory);
        DESTROY(IMAGE, VkImage, vkDestroyImage);
        DESTROY(IMAGE_VIEW, VkImageView, vkDestroyImageView);
        DESTROY(MODULE, VkShaderModule, vkDestroyShaderModule);
        DESTROY(SET_LAYOUT, VkDescriptorSetLayout, vkDestroyDescriptorSetLayout);
        DESTROY(LAYOUT, VkPipelineLayout, vkDestroyPipelineLayout);
        DESTROY(PIPELINE, VkPipeline, vkDestroyPipeline);
        DESTROY(POOL, VkDescriptorPool, vkDestroyDescriptorPool);
        DESTROY(SAMPLER, VkSampler, vkDestroySampler);
        DESTROY(RENDER_PASS, VkRenderPass, vkDestroyRenderPass);
        DESTROY(FRAMEBUFFER, VkFramebuffer, vkDestroyFramebuffer);
        DESTROY(QUERIES, VkQueryPool, vkDestroyQueryPool);
#undef DESTROY
    }
}

void vkc_reset(struct vkc *vk)
{
    while (vk->object_count)
        destroy(vk, &vk->objects[--vk->object_count]);
}

VkDeviceMemory vkc_memory(struct vkc *vk, const VkMemoryRequirements *need, uint32_t flags)
{
    VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                 .allocationSize = need->size};
    const VkPhysicalDeviceMemoryProperties *m = &vk->memory;
    VkDeviceMemory mem;

    while (info.memoryTypeIndex < m->memoryTypeCount &&
           !(need->memoryTypeBits >> info.memoryTypeIndex & 1 &&
             (m->memoryTypes[info.memoryTypeIndex].propertyFlags & flags) == flags))
        info.memoryTypeIndex++;
    igt_assert_f(info.memoryTypeIndex < m->memoryTypeCount,
                 "%s: no memory type of 0x%x has flags 0x%x", vk->label, need->memoryTypeBits,
                 flags);
    VKC(vk, vkAllocateMemory(vk->device, &info, NULL, &mem));
    vkc_keep(vk, VKC_OBJ_MEMORY, (uint64_t)mem);
    return mem;
}

struct vkc_buf vkc_buffer(struct vkc *vk, size_t bytes, const void *init)
{
    VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = bytes,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
                 VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
                 VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT |
                 VK_BUFFER_USAGE_INDEX_BUFFER_BIT,
    };
    struct vkc_buf b = {.bytes = bytes};
    VkMemoryRequirements need;

    VKC(vk, vkCreateBuffer(vk->device, &info, NULL, &b.buffer));
    vkc_keep(vk, VKC_OBJ_BUFFER, (uint64_t)b.buffer);
    vkGetBufferMemoryRequirements(vk->device, b.buffer, &need);
    b.mem = vkc_memory(vk, &need,
                       VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
    VKC(vk, vkBindBufferMemory(vk->device, b.buffer, b.mem, 0));
    VKC(vk, vkMapMemory(vk->device, b.mem, 0, VK_WHOLE_SIZE, 0, &b.map));
    if (init)
        memcpy(b.map, init, bytes);
    else
        memset(b.map, 0xcd, bytes); /* so that what nobody writes is seen */
    return b;
}

void vkc_texels(struct vkc *vk, struct vkc_buf *buf, VkFormat format)
{
    VkBufferViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
                                   .buffer = buf->buffer,
                                   .format = format,
                                   .range = VK_WHOLE_SIZE};

    VKC(vk, vkCreateBufferView(vk->device, &info, NULL, &buf->view));
    vkc_keep(vk, VKC_OBJ_VIEW, (uint64_t)buf->view);
}

/* Out of the layout in which images are made. */
static void to_general(struct vkc *vk, VkImage image, unsigned layers)
{
    VkCommandBuffer cmd = vkc_begin(vk);
    VkImageMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                              .dstAccessMask =
                                  VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
                              .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                              .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                              .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                              .image = image,
                              .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, layers}};

    vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 0, NULL, 0, NULL, 1, &b);
    vkc_end(vk, cmd);
}

struct vkc_image vkc_image(struct vkc *vk, VkImageType type, VkFormat format, VkExtent3D size,
                           unsigned layers)
{
    unsigned count = layers ? layers : 1;
    static const VkImageViewType views[] = {VK_IMAGE_VIEW_TYPE_1D, VK_IMAGE_VIEW_TYPE_2D,
                                            VK_IMAGE_VIEW_TYPE_3D};
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                              .imageType = type,
                              .format = format,
                              .extent = size,
                              .mipLevels = 1,
                              .arrayLayers = count,
                              .samples = VK_SAMPLE_COUNT_1_BIT,
                              .tiling = VK_IMAGE_TILING_OPTIMAL,
                              .usage = VK_IMAGE_USAGE_STORAGE_BIT |
                                       VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                                       VK_IMAGE_USAGE_TRANSFER_DST_BIT};
    VkImageViewCreateInfo view = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                  .viewType = layers ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : views[type],
                                  .format = format,
                                  .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, count}};
    struct vkc_image i = {.size = size};
    VkMemoryRequirements need;

    VKC(vk, vkCreateImage(vk->device, &info, NULL, &i.image));
    vkc_keep(vk, VKC_OBJ_IMAGE, (uint64_t)i.image);
    vkGetImageMemoryRequirements(vk->device, i.image, &need);
    VKC(vk, vkBindImageMemory(vk->device, i.image, vkc_memory(vk, &need, 0), 0));
    view.image = i.image;
    VKC(vk, vkCreateImageView(vk->device, &view, NULL, &i.view));
    vkc_keep(vk, VKC_OBJ_IMAGE_VIEW, (uint64_t)i.view);
    to_general(vk, i.image, count);
    return i;
}
