/*
 * A thin layer on Vulkan for compute tests: open one physical device, make buffers and
 * images, run a list of passes, wait. Every failure ends the subtest with the call's name
 * and its VkResult. What a subtest makes lives until vkc_reset().
 *
 * Called by the cases of vk_compute. Calls libvulkan.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef VKC_H
#define VKC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

#define VKC_MALI     0x13b5u  /* PCI vendor id of Arm, panvk's vendorID */
#define VKC_MESA     0x10005u /* VK_VENDOR_ID_MESA: lavapipe's */
#define VKC_SLOTS    8        /* bindings of a pass */
#define VKC_SPECS    4
#define VKC_PASSES   160 /* in one submission */
#define VKC_OBJECTS  512 /* alive at a time, of each kind */
#define VKC_WAIT_NS  60000000000ull
#define VKC_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define VKC_SPIRV(a)                                                                               \
    {                                                                                              \
        (a), sizeof(a)                                                                             \
    }

struct vkc_spirv {
    const uint32_t *words;
    size_t bytes;
};

/** What lives until vkc_reset(); destroyed in the opposite order. */
enum vkc_object_kind {
    VKC_OBJ_BUFFER,
    VKC_OBJ_VIEW,
    VKC_OBJ_MEMORY,
    VKC_OBJ_IMAGE,
    VKC_OBJ_IMAGE_VIEW,
    VKC_OBJ_MODULE,
    VKC_OBJ_SET_LAYOUT,
    VKC_OBJ_LAYOUT,
    VKC_OBJ_PIPELINE,
    VKC_OBJ_POOL,
    VKC_OBJ_SAMPLER,
    VKC_OBJ_RENDER_PASS,
    VKC_OBJ_FRAMEBUFFER,
    VKC_OBJ_QUERIES,
};

/** One device, and what the subtest under way has made with it. */
struct vkc {
    const char *label; /* "mali", "lavapipe" */
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
    VkCommandPool pool;
    VkPhysicalDeviceProperties props;
    VkPhysicalDeviceSubgroupProperties subgroup;
    VkPhysicalDeviceFeatures2 features;
    VkPhysicalDevice16BitStorageFeatures storage16;
    VkPhysicalDevice8BitStorageFeaturesKHR storage8;
    VkPhysicalDeviceShaderFloat16Int8FeaturesKHR small;
    VkPhysicalDeviceMultiviewFeatures multiview;
    VkPhysicalDeviceDynamicRenderingFeaturesKHR rendering;
    VkPhysicalDeviceIndexTypeUint8FeaturesEXT index8;
    VkPhysicalDeviceVertexAttributeDivisorFeaturesEXT divisor;
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t timestamp_bits;
    double least;   /* benchmarks: seconds that a submission of vkc_run() takes, by its rounds */
    double seconds; /* submit to fence, of the last vkc_run(); with least: of one round */
    struct vkc_object {
        enum vkc_object_kind kind;
        uint64_t handle;
    } objects[VKC_OBJECTS];
    unsigned object_count;
};

/** Host-visible and coherent memory; map stays valid until vkc_reset(). */
struct vkc_buf {
    VkBuffer buffer;
    VkBufferView view; /* of texel buffers */
    VkDeviceMemory mem;
    void *map;
    size_t bytes;
};

struct vkc_image {
    VkImage image;
    VkImageView view;
    VkExtent3D size;
};

/** What a binding is; 0 ends the list. */
enum vkc_kind { VKC_NONE, VKC_STORAGE, VKC_UNIFORM, VKC_IMAGE, VKC_TEXELS, VKC_STORAGE_TEXELS };

struct vkc_binding {
    enum vkc_kind kind;
    const struct vkc_buf *buf;
    const struct vkc_image *image;
};

/** A dispatch. Passes see what those before them have written. */
struct vkc_pass {
    struct vkc_spirv code;
    struct vkc_binding bind[VKC_SLOTS];
    const void *push;
    uint32_t push_bytes;
    uint32_t spec[VKC_SPECS]; /* constant_id 0.. */
    unsigned specs;
    uint32_t groups[3];             /* zeros count as one, unless indirect */
    const struct vkc_buf *indirect; /* groups come from here */
    VkDeviceSize indirect_offset;
};

/** False: this machine has no such device. Ends the subtest when Vulkan does not work. */
bool vkc_open(struct vkc *vk, uint32_t vendor, const char *label);
void vkc_close(struct vkc *vk);
/** Destroys what the subtest has made. */
void vkc_reset(struct vkc *vk);

/** Leaves an object to vkc_reset(). */
void vkc_keep(struct vkc *vk, enum vkc_object_kind kind, uint64_t handle);
/** Memory of a type that has all of @flags (VK_MEMORY_PROPERTY_*). */
VkDeviceMemory vkc_memory(struct vkc *vk, const VkMemoryRequirements *need, uint32_t flags);
struct vkc_buf vkc_buffer(struct vkc *vk, size_t bytes, const void *init);
/** A view of a whole buffer as texels. */
void vkc_texels(struct vkc *vk, struct vkc_buf *buf, VkFormat format);
/** An image in layout GENERAL; layers 0: none, the view is no array. */
struct vkc_image vkc_image(struct vkc *vk, VkImageType type, VkFormat format, VkExtent3D size,
                           unsigned layers);
/**
 * Runs the passes one after the other in one submission and waits; sets vk->seconds. With
 * vk->least, submits them again in as many rounds as take that long, thrice: the fastest counts.
 */
void vkc_run(struct vkc *vk, const struct vkc_pass *passes, unsigned count);
/** Ticks of the device around the passes, where it has timestamps: *ns is their difference. */
void vkc_run_timed(struct vkc *vk, const struct vkc_pass *passes, unsigned count, double *ns);

/** For what vkc_run() does not do: a command buffer that has begun; ends, is submitted, waited for.
 */
VkCommandBuffer vkc_begin(struct vkc *vk);
void vkc_end(struct vkc *vk, VkCommandBuffer cmd);
/** A VkResult other than VK_SUCCESS ends the subtest. */
void vkc_check(const struct vkc *vk, VkResult r, const char *call);
#define VKC(vk, call) vkc_check(vk, call, #call)

#define VKC_SSBO(b)                                                                                \
    {                                                                                              \
        .kind = VKC_STORAGE, .buf = &(b)                                                           \
    }
#define VKC_UBO(b)                                                                                 \
    {                                                                                              \
        .kind = VKC_UNIFORM, .buf = &(b)                                                           \
    }
#define VKC_IMG(i)                                                                                 \
    {                                                                                              \
        .kind = VKC_IMAGE, .image = &(i)                                                           \
    }
#define VKC_TEX(b)                                                                                 \
    {                                                                                              \
        .kind = VKC_TEXELS, .buf = &(b)                                                            \
    }
#define VKC_STEX(b)                                                                                \
    {                                                                                              \
        .kind = VKC_STORAGE_TEXELS, .buf = &(b)                                                    \
    }

#endif
