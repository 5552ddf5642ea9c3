/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Buffer objects: GEM objects on shmem, imported ones, and those that the driver makes for itself.
 *
 * A type of our own on top of shmem, not drm_gem_shmem_object: write-back mappings, labels and
 * eviction need it, and the helper changes with every kernel. Implemented in garm_gem.c; used by
 * garm_drv.c, garm_vm.c.
 */
#ifndef GARM_GEM_H
#define GARM_GEM_H

#include <linux/iosys-map.h>
#include <linux/mutex.h>
#include <drm/drm_gem.h>

#include "garm_uapi.h"

struct drm_minor;
struct garm_device;
struct garm_vm;

/* Lists of garm_shrink.c, cheapest to take memory from first. */
enum garm_bo_class { GARM_BO_KEPT, GARM_BO_UNMAPPED, GARM_BO_MAPPED, GARM_BO_CLASSES };

/** struct garm_bo - a buffer object; pages are pinned while @pins is not zero */
struct garm_bo {
	struct drm_gem_object base;
	u32 flags;				/* DRM_PANTHOR_BO_* given at creation */
	bool cached;				/* CPU mappings are write-back */
	struct drm_gem_object *exclusive_vm;	/* root of the only VM it may be in, or NULL */
	struct mutex gpuva_lock;		/* garm_gpuva_lock(); later kernels have one */
	struct mutex label_lock;
	const char *label;			/* kstrdup_const, or NULL */
	u32 creator_pid;
	char creator[16];
	bool kernel;				/* the driver's own */
	bool fw_mapped;				/* ... in the firmware's VM */
	struct list_head node;			/* garm_device.gems */

	/* Protected by base.resv: */
	struct page **pages;			/* NULL when not populated or imported */
	struct sg_table *sgt;			/* DMA-mapped; of the import for imported ones */
	/* Users who need pages and sgt to stay. Mappings in VMs are none: they can be evicted. */
	unsigned int pins;
	unsigned int vmaps;
	unsigned int exports;			/* dma-bufs: who maps its pages we do not know */
	unsigned int evictions;
	void *vaddr;

	struct list_head reclaim_node;		/* garm_shrink.lists; protected by its lock */
	enum garm_bo_class reclaim_class;	/* likewise */
};

static inline struct garm_bo *to_garm_bo(struct drm_gem_object *obj)
{
	return container_of(obj, struct garm_bo, base);
}

int garm_gem_init(struct garm_device *gdev);

/**
 * garm_bo_create() - a BO of @size bytes, rounded up to pages, zeroed on first use
 * @vm: the only VM that may map it (shares that VM's reservation), or NULL
 * Return: with one reference, or ERR_PTR.
 */
struct garm_bo *garm_bo_create(struct garm_device *gdev, size_t size, u32 flags,
			       struct garm_vm *vm);
int garm_bo_create_handle(struct drm_file *file, struct garm_vm *vm, u64 *size, u32 flags,
			  u32 *handle);
int garm_bo_populate_locked(struct garm_bo *bo);	/* pages and sgt, as long as it is locked */
void garm_bo_depopulate_locked(struct garm_bo *bo);	/* give the pages back to shmem */
int garm_bo_pin(struct garm_bo *bo);		/* takes the reservation, allocates */
int garm_bo_pin_locked(struct garm_bo *bo);
void garm_bo_unpin(struct garm_bo *bo);
void garm_bo_unpin_locked(struct garm_bo *bo);
int garm_bo_vmap(struct garm_bo *bo, void **vaddr);
void garm_bo_vunmap(struct garm_bo *bo);
int garm_bo_set_label(struct garm_bo *bo, const char *label);	/* takes a copy; NULL clears */
int garm_bo_sync(struct garm_bo *bo, u32 type, u64 offset, u64 size);	/* BO_SYNC */
struct drm_gem_object *garm_gem_prime_import(struct drm_device *drm, struct dma_buf *buf);
struct drm_gem_object *garm_gem_prime_import_sg(struct drm_device *drm,
						struct dma_buf_attachment *attach,
						struct sg_table *sgt);

/* garm_shrink.c: memory of idle objects under pressure */
int garm_shrink_init(struct garm_device *gdev);
int garm_shrink_register(struct garm_device *gdev);
void garm_shrink_update(struct garm_bo *bo);	/* reservation held: what holds the pages changed */
void garm_shrink_forget(struct garm_bo *bo);	/* it is being freed */
void garm_shrink_restored(struct garm_bo *bo);	/* counts */
void garm_shrink_debugfs_init(struct drm_minor *minor);

/**
 * struct garm_kbo - a BO that the driver made for itself, mapped in one VM
 *
 * In the firmware's VM (ring interfaces, suspend buffers, sections) or in the kernel's part of a
 * user's VM (rings, sync objects, heap contexts and chunks).
 */
struct garm_kbo {
	struct garm_bo *bo;
	struct garm_vm *vm;		/* holds a reference */
	u64 va;
	u64 va_size;
	void *kmap;			/* NULL until garm_kbo_vmap() */
	struct drm_mm_node node;
};

#define GARM_KBO_AUTO_VA (~0ull)

/**
 * garm_kbo_create() - allocate, pin, and map into a VM
 * @map_flags: DRM_PANTHOR_VM_BIND_OP_MAP_*
 * @va: where, or GARM_KBO_AUTO_VA
 * @name: constant, for debugfs and dumps
 * Return: ERR_PTR on failure. May sleep and allocate.
 */
struct garm_kbo *garm_kbo_create(struct garm_device *gdev, struct garm_vm *vm, size_t size,
				 u32 bo_flags, u32 map_flags, u64 va, const char *name);
void garm_kbo_destroy(struct garm_kbo *kbo);	/* NULL and ERR_PTR are allowed */
int garm_kbo_vmap(struct garm_kbo *kbo);	/* sets kmap; cached like the user's mappings */
void garm_kbo_vunmap(struct garm_kbo *kbo);
static inline size_t garm_kbo_size(const struct garm_kbo *kbo) { return kbo->bo->base.size; }

#endif
