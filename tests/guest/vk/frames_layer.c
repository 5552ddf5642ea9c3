/*
 * A Vulkan layer that keeps what a program presents: each of the first frames of a swapchain is
 * copied to memory and written as FOLDER/NUMBER.ppm, behind the driver's back and whatever the
 * window system, also without one.
 *
 *     VK_INSTANCE_LAYERS=VK_LAYER_GARM_frames GARM_FRAMES=/out/f GARM_FRAMES_LIMIT=3 vkmark ...
 *
 * frames_layer.json tells the loader of it. The copy waits for what the presentation would have
 * waited for, and the presentation then for the copy. Called by the Vulkan loader, for
 * tests/boot/frames.py; calls the driver below.
 *
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define EXPORT        __attribute__((visibility("default")))
#define WAIT_NS       (120ull * 1000000000) /* for a frame; a driver that hangs is not waited for */
#define BYTES         4u                    /* of a pixel, in all formats that are known */
#define MAX_IMAGES    16u
#define DEFAULT_LIMIT 3u

/* clang-format off */
#define INSTANCE_FUNCTIONS(F)                                                                      \
    F(DestroyInstance) F(GetPhysicalDeviceMemoryProperties)
#define DEVICE_FUNCTIONS(F)                                                                        \
    F(DestroyDevice) F(CreateSwapchainKHR) F(DestroySwapchainKHR) F(GetSwapchainImagesKHR)         \
    F(QueuePresentKHR) F(QueueSubmit) F(CreateCommandPool) F(DestroyCommandPool)                   \
    F(AllocateCommandBuffers) F(ResetCommandPool) F(BeginCommandBuffer) F(EndCommandBuffer)        \
    F(CmdPipelineBarrier) F(CmdCopyImageToBuffer) F(CreateBuffer) F(DestroyBuffer)                 \
    F(GetBufferMemoryRequirements) F(AllocateMemory) F(FreeMemory) F(BindBufferMemory)             \
    F(MapMemory) F(CreateFence) F(DestroyFence) F(WaitForFences) F(ResetFences)
/* clang-format on */

/* Handles of a kind begin with a pointer that the loader gives to all of an instance or device. */
struct instance {
    void *key;
    PFN_vkGetInstanceProcAddr next_function;
#define MEMBER(name) PFN_vk##name name;
    INSTANCE_FUNCTIONS(MEMBER)
    struct instance *next;
};

struct swapchain {
    VkSwapchainKHR handle;
    VkExtent2D size;
    const struct layout *layout;
    VkImage images[MAX_IMAGES];
    VkBuffer buffer;
    VkDeviceMemory memory;
    const uint8_t *pixels;
    struct swapchain *next;
};

struct device {
    void *key;
    VkDevice handle;
    PFN_vkGetDeviceProcAddr next_function;
    DEVICE_FUNCTIONS(MEMBER)
    VkPhysicalDeviceMemoryProperties memory;
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence done;
    unsigned frames; /* written so far */
    struct swapchain *swapchains;
    struct device *next;
};

/* Formats, and where a pixel's red, green and blue bytes are. */
static const struct layout {
    VkFormat format;
    uint8_t red, green, blue;
} layouts[] = {
    {VK_FORMAT_B8G8R8A8_UNORM, 2, 1, 0},
    {VK_FORMAT_B8G8R8A8_SRGB, 2, 1, 0},
    {VK_FORMAT_R8G8B8A8_UNORM, 0, 1, 2},
    {VK_FORMAT_R8G8B8A8_SRGB, 0, 1, 2},
};

/* The loader's interface has no place for a context: all that there are, by key. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct instance *instances;
static struct device *devices;

static void *key_of(const void *handle)
{
    return *(void *const *)handle;
}

static struct instance *instance_of(const void *handle)
{
    struct instance *i;

    pthread_mutex_lock(&lock);
    for (i = instances; i && i->key != key_of(handle);)
        i = i->next;
    pthread_mutex_unlock(&lock);
    return i;
}

static struct device *device_of(const void *handle)
{
    struct device *d;

    pthread_mutex_lock(&lock);
    for (d = devices; d && d->key != key_of(handle);)
        d = d->next;
    pthread_mutex_unlock(&lock);
    return d;
}

static VkResult refuse(const char *why)
{
    fprintf(stderr, "garm frames layer: %s\n", why);
    return VK_ERROR_INITIALIZATION_FAILED;
}

/* --- a frame ------------------------------------------------------------------------------ */

static void image_barrier(struct device *d, VkImage image, VkAccessFlags from, VkAccessFlags to,
                          VkImageLayout before, VkImageLayout after)
{
    VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = from,
        .dstAccessMask = to,
        .oldLayout = before,
        .newLayout = after,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
    };

    d->CmdPipelineBarrier(d->commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                          VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, &barrier);
}

static void record(struct device *d, const struct swapchain *s, VkImage image)
{
    VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkBufferImageCopy region = {
        .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .imageExtent = {s->size.width, s->size.height, 1},
    };
    VkMemoryBarrier read = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                            .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                            .dstAccessMask = VK_ACCESS_HOST_READ_BIT};

    d->ResetCommandPool(d->handle, d->pool, 0);
    d->BeginCommandBuffer(d->commands, &begin);
    image_barrier(d, image, VK_ACCESS_MEMORY_WRITE_BIT, VK_ACCESS_TRANSFER_READ_BIT,
                  VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    d->CmdCopyImageToBuffer(d->commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, s->buffer, 1,
                            &region);
    image_barrier(d, image, VK_ACCESS_TRANSFER_READ_BIT, VK_ACCESS_MEMORY_READ_BIT,
                  VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
    d->CmdPipelineBarrier(d->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT,
                          0, 1, &read, 0, NULL, 0, NULL);
    d->EndCommandBuffer(d->commands);
}

/* Copies @image once the semaphores of @info are signalled, which uses them up. */
static VkResult copy(struct device *d, const struct swapchain *s, VkImage image, VkQueue queue,
                     const VkPresentInfoKHR *info)
{
    VkPipelineStageFlags *stages = calloc(info->waitSemaphoreCount + 1, sizeof(*stages));
    VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .waitSemaphoreCount = info->waitSemaphoreCount,
        .pWaitSemaphores = info->pWaitSemaphores,
        .pWaitDstStageMask = stages,
        .commandBufferCount = 1,
        .pCommandBuffers = &d->commands,
    };
    VkResult result;

    if (!stages)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    for (uint32_t i = 0; i < info->waitSemaphoreCount; i++)
        stages[i] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    record(d, s, image);
    result = d->QueueSubmit(queue, 1, &submit, d->done);
    free(stages);
    if (!result)
        result = d->WaitForFences(d->handle, 1, &d->done, VK_TRUE, WAIT_NS);
    if (result)
        return result;
    return d->ResetFences(d->handle, 1, &d->done);
}

static VkResult write_picture(const struct swapchain *s, const char *folder, unsigned number)
{
    uint32_t count = s->size.width * s->size.height;
    char name[4096];
    FILE *file;
    bool good;

    snprintf(name, sizeof(name), "%s/%05u.ppm", folder, number);
    file = fopen(name, "wb");
    if (!file)
        return refuse(name);
    fprintf(file, "P6\n%u %u\n255\n", s->size.width, s->size.height);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *pixel = s->pixels + BYTES * i;

        putc(pixel[s->layout->red], file);
        putc(pixel[s->layout->green], file);
        putc(pixel[s->layout->blue], file);
    }
    good = !ferror(file);
    return fclose(file) == 0 && good ? VK_SUCCESS : refuse(name);
}

static VKAPI_ATTR VkResult VKAPI_CALL queue_present(VkQueue queue, const VkPresentInfoKHR *info)
{
    struct device *d = device_of(queue);
    const char *folder = getenv("GARM_FRAMES"), *limit = getenv("GARM_FRAMES_LIMIT");
    VkPresentInfoKHR present = *info;

    for (uint32_t i = 0; i < info->swapchainCount && folder; i++) {
        struct swapchain *s = d->swapchains;
        VkResult result;

        if (d->frames >= (limit ? strtoul(limit, NULL, 10) : DEFAULT_LIMIT))
            break;
        while (s && s->handle != info->pSwapchains[i])
            s = s->next;
        if (!s)
            return refuse("a swapchain that was not made through this layer");
        result = copy(d, s, s->images[info->pImageIndices[i]], queue, &present);
        present.waitSemaphoreCount = 0;
        if (!result)
            result = write_picture(s, folder, d->frames++);
        if (result)
            return result;
    }
    return d->QueuePresentKHR(queue, &present);
}

/* --- swapchains --------------------------------------------------------------------------- */

static VkResult add_buffer(struct device *d, struct swapchain *s)
{
    const VkMemoryPropertyFlags wanted =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = (VkDeviceSize)BYTES * s->size.width * s->size.height,
        .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };
    VkMemoryAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    VkMemoryRequirements needs;
    VkResult result = d->CreateBuffer(d->handle, &info, NULL, &s->buffer);
    uint32_t type = 0;

    if (result)
        return result;
    d->GetBufferMemoryRequirements(d->handle, s->buffer, &needs);
    while (type < d->memory.memoryTypeCount &&
           (!(needs.memoryTypeBits >> type & 1) ||
            (d->memory.memoryTypes[type].propertyFlags & wanted) != wanted))
        type++;
    if (type == d->memory.memoryTypeCount)
        return refuse("no memory that the processor can read");
    allocate.allocationSize = needs.size;
    allocate.memoryTypeIndex = type;
    result = d->AllocateMemory(d->handle, &allocate, NULL, &s->memory);
    if (!result)
        result = d->BindBufferMemory(d->handle, s->buffer, s->memory, 0);
    if (!result)
        result = d->MapMemory(d->handle, s->memory, 0, VK_WHOLE_SIZE, 0, (void **)&s->pixels);
    return result;
}

static void free_swapchain(struct device *d, struct swapchain *s)
{
    d->DestroyBuffer(d->handle, s->buffer, NULL);
    d->FreeMemory(d->handle, s->memory, NULL);
    free(s);
}

/* What presentations of a new swapchain need. */
static VkResult add_swapchain(struct device *d, const VkSwapchainCreateInfoKHR *info,
                              VkSwapchainKHR handle)
{
    struct swapchain *s = calloc(1, sizeof(*s));
    uint32_t count = MAX_IMAGES;
    VkResult result;

    if (!s)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    s->handle = handle;
    s->size = info->imageExtent;
    for (unsigned i = 0; i < COUNT(layouts); i++)
        if (layouts[i].format == info->imageFormat)
            s->layout = &layouts[i];
    result = s->layout ? d->GetSwapchainImagesKHR(d->handle, handle, &count, s->images)
                       : refuse("a swapchain of a format that is not known here");
    if (!result)
        result = add_buffer(d, s);
    if (result) {
        free_swapchain(d, s);
        return result;
    }
    fprintf(stderr, "garm frames layer: %u x %u, format %d\n", s->size.width, s->size.height,
            info->imageFormat);
    s->next = d->swapchains;
    d->swapchains = s;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_swapchain(VkDevice device,
                                                       const VkSwapchainCreateInfoKHR *info,
                                                       const VkAllocationCallbacks *allocator,
                                                       VkSwapchainKHR *swapchain)
{
    struct device *d = device_of(device);
    VkSwapchainCreateInfoKHR own = *info;
    VkResult result;

    own.imageUsage |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    result = d->CreateSwapchainKHR(device, &own, allocator, swapchain);
    if (result)
        return result;
    result = add_swapchain(d, info, *swapchain);
    if (result)
        d->DestroySwapchainKHR(device, *swapchain, allocator);
    return result;
}

static VKAPI_ATTR void VKAPI_CALL destroy_swapchain(VkDevice device, VkSwapchainKHR swapchain,
                                                    const VkAllocationCallbacks *allocator)
{
    struct device *d = device_of(device);

    for (struct swapchain **at = &d->swapchains, *s; (s = *at); at = &s->next) {
        if (s->handle == swapchain) {
            *at = s->next;
            free_swapchain(d, s);
            break;
        }
    }
    d->DestroySwapchainKHR(device, swapchain, allocator);
}

/* --- instances and devices ---------------------------------------------------------------- */

/* The loader's word to a layer: a link to the next one, or a function of its own. */
static void *loader_info(const void *chain, VkStructureType type, VkLayerFunction function)
{
    for (const VkBaseInStructure *s = chain; s; s = s->pNext) {
        /* Both kinds begin alike. */
        if (s->sType == type && ((const VkLayerInstanceCreateInfo *)s)->function == function)
            return (void *)s;
    }
    return NULL;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info,
                                                      const VkAllocationCallbacks *allocator,
                                                      VkInstance *instance)
{
    VkLayerInstanceCreateInfo *link =
        loader_info(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO, VK_LAYER_LINK_INFO);
    struct instance *i = calloc(1, sizeof(*i));
    PFN_vkCreateInstance create;
    VkResult result;

    if (!link || !i) {
        free(i);
        return VK_ERROR_INITIALIZATION_FAILED;
    }
    i->next_function = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    create = (PFN_vkCreateInstance)i->next_function(NULL, "vkCreateInstance");
    result = create ? create(info, allocator, instance) : VK_ERROR_INITIALIZATION_FAILED;
    if (result) {
        free(i);
        return result;
    }
#define LOAD(name) i->name = (PFN_vk##name)i->next_function(*instance, "vk" #name);
    INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
    i->key = key_of(*instance);
    pthread_mutex_lock(&lock);
    i->next = instances;
    instances = i;
    pthread_mutex_unlock(&lock);
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL destroy_instance(VkInstance instance,
                                                   const VkAllocationCallbacks *allocator)
{
    struct instance *i = instance ? instance_of(instance) : NULL;

    if (!i)
        return;
    pthread_mutex_lock(&lock);
    for (struct instance **at = &instances; *at; at = &(*at)->next) {
        if (*at == i) {
            *at = i->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    i->DestroyInstance(instance, allocator);
    free(i);
}

/* One pool, buffer and fence: a frame is waited for before the next one. */
static VkResult prepare_device(struct device *d, const VkDeviceCreateInfo *info,
                               PFN_vkSetDeviceLoaderData set_loader_data)
{
    VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = info->pQueueCreateInfos[0].queueFamilyIndex,
    };
    VkCommandBufferAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkResult result;

    if (info->queueCreateInfoCount != 1)
        return refuse("queues of several families");
    result = d->CreateCommandPool(d->handle, &pool, NULL, &d->pool);
    allocate.commandPool = d->pool;
    if (!result)
        result = d->AllocateCommandBuffers(d->handle, &allocate, &d->commands);
    if (!result)
        result = set_loader_data(d->handle, d->commands);
    if (!result)
        result = d->CreateFence(d->handle, &fence, NULL, &d->done);
    return result;
}

static void free_device(struct device *d, const VkAllocationCallbacks *allocator)
{
    d->DestroyFence(d->handle, d->done, NULL);
    d->DestroyCommandPool(d->handle, d->pool, NULL);
    d->DestroyDevice(d->handle, allocator);
    free(d);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical,
                                                    const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator,
                                                    VkDevice *device)
{
    const VkStructureType type = VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO;
    VkLayerDeviceCreateInfo *link = loader_info(info->pNext, type, VK_LAYER_LINK_INFO);
    VkLayerDeviceCreateInfo *data = loader_info(info->pNext, type, VK_LOADER_DATA_CALLBACK);
    struct instance *i = instance_of(physical);
    struct device *d = calloc(1, sizeof(*d));
    PFN_vkCreateDevice create;
    VkResult result;

    if (!link || !data || !i || !d) {
        free(d);
        return VK_ERROR_INITIALIZATION_FAILED;
    }
    create =
        (PFN_vkCreateDevice)link->u.pLayerInfo->pfnNextGetInstanceProcAddr(NULL, "vkCreateDevice");
    d->next_function = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    result = create ? create(physical, info, allocator, device) : VK_ERROR_INITIALIZATION_FAILED;
    if (result) {
        free(d);
        return result;
    }
#define LOAD(name) d->name = (PFN_vk##name)d->next_function(*device, "vk" #name);
    DEVICE_FUNCTIONS(LOAD)
#undef LOAD
    d->handle = *device;
    d->key = key_of(*device);
    i->GetPhysicalDeviceMemoryProperties(physical, &d->memory);
    result = prepare_device(d, info, data->u.pfnSetDeviceLoaderData);
    if (result) {
        free_device(d, allocator);
        return result;
    }
    pthread_mutex_lock(&lock);
    d->next = devices;
    devices = d;
    pthread_mutex_unlock(&lock);
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL destroy_device(VkDevice device,
                                                 const VkAllocationCallbacks *allocator)
{
    struct device *d = device ? device_of(device) : NULL;

    if (!d)
        return;
    pthread_mutex_lock(&lock);
    for (struct device **at = &devices; *at; at = &(*at)->next) {
        if (*at == d) {
            *at = d->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    free_device(d, allocator);
}

/* --- the loader's questions ---------------------------------------------------------------- */

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance, const char *);
static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice, const char *);

static const struct {
    const char *name;
    PFN_vkVoidFunction function;
    bool of_device;
} own_functions[] = {
    {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)instance_function, false},
    {"vkCreateInstance", (PFN_vkVoidFunction)create_instance, false},
    {"vkDestroyInstance", (PFN_vkVoidFunction)destroy_instance, false},
    {"vkCreateDevice", (PFN_vkVoidFunction)create_device, false},
    {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)device_function, true},
    {"vkDestroyDevice", (PFN_vkVoidFunction)destroy_device, true},
    {"vkCreateSwapchainKHR", (PFN_vkVoidFunction)create_swapchain, true},
    {"vkDestroySwapchainKHR", (PFN_vkVoidFunction)destroy_swapchain, true},
    {"vkQueuePresentKHR", (PFN_vkVoidFunction)queue_present, true},
};

static PFN_vkVoidFunction own_function(const char *name, bool device_only)
{
    for (unsigned i = 0; i < COUNT(own_functions); i++)
        if (!strcmp(own_functions[i].name, name) && (own_functions[i].of_device || !device_only))
            return own_functions[i].function;
    return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance instance,
                                                                  const char *name)
{
    PFN_vkVoidFunction own = own_function(name, false);
    struct instance *i = instance ? instance_of(instance) : NULL;

    return own || !i ? own : i->next_function(instance, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char *name)
{
    PFN_vkVoidFunction own = own_function(name, true);
    struct device *d = device_of(device);

    return own || !d ? own : d->next_function(device, name);
}

EXPORT VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version)
{
    if (version->loaderLayerInterfaceVersion < 2)
        return refuse("a Vulkan loader that is too old");
    version->loaderLayerInterfaceVersion = 2;
    version->pfnGetInstanceProcAddr = instance_function;
    version->pfnGetDeviceProcAddr = device_function;
    version->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
