/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * GPU virtual address spaces: drm_gpuvm, page tables, VM_BIND.
 *
 * The lower part of a VM's range is the user's, the upper the kernel's. Implemented in garm_vm.c
 * (objects, maps) and garm_vm_bind.c (the ioctl and its JobQueue); used by groups, heaps and the
 * firmware.
 */
#ifndef GARM_VM_H
#define GARM_VM_H

#include <linux/sizes.h>
#include <linux/types.h>
#include "garm_gem.h"

struct dma_fence;
struct drm_exec;
struct garm_device;
struct garm_file;
struct garm_heap_pool;
struct garm_vm;

/* Upper part of the range that is never the user's: 256 MiB at least. */
#define GARM_VM_MIN_KERNEL_SIZE		(256ull << 20)
#define GARM_MAX_VMS_PER_FILE		32
#define GARM_VM_PAGE_SIZES		(SZ_4K | SZ_2M)	/* for DEV_QUERY MMU_INFO */

/**
 * garm_vm_create() - a VM with empty page tables
 * @for_fw: the firmware's: 4 GiB, everything is the kernel's, slot 0
 * @kernel_start, @kernel_size: the kernel's part
 * @auto_start, @auto_size: where GARM_KBO_AUTO_VA allocates, inside the kernel's part
 */
struct garm_vm *garm_vm_create(struct garm_device *gdev, bool for_fw, u64 kernel_start,
			       u64 kernel_size, u64 auto_start, u64 auto_size);
struct garm_vm *garm_vm_get(struct garm_vm *vm);
void garm_vm_put(struct garm_vm *vm);			/* NULL is allowed */
struct dma_resv *garm_vm_resv(struct garm_vm *vm);
struct drm_gem_object *garm_vm_root(struct garm_vm *vm);
bool garm_vm_for_fw(struct garm_vm *vm);		/* the firmware's */
u64 garm_vm_user_end(struct garm_vm *vm);		/* first address that is not the user's */

bool garm_vm_faulted(struct garm_vm *vm);	/* shut by an MMU fault: its users must leave */
bool garm_vm_usable(struct garm_vm *vm);		/* false after a bind failed */
/* Called in the MMU's interrupt thread; marks the VM and tells the scheduler. */
void garm_vm_report_fault(struct garm_vm *vm);

/* Maps for the driver itself; sleep. @bo must be pinned. */
int garm_vm_map_bo(struct garm_vm *vm, struct garm_bo *bo, u64 offset, u64 size, u64 va,
		   u32 map_flags);
int garm_vm_unmap(struct garm_vm *vm, u64 va, u64 size);
int garm_vm_alloc_va(struct garm_vm *vm, u64 va, u64 size, struct drm_mm_node *node);
void garm_vm_free_va(struct garm_vm *vm, struct drm_mm_node *node);
/*
 * The BO at a user address, with a reference, and the offset in it: for CPU access to user objects
 * (sync waits).
 */
struct garm_bo *garm_vm_bo_at(struct garm_vm *vm, u64 va, u64 *offset);

/* For submission: lock the reservations of everything mapped, then add fences. */
int garm_vm_prepare(struct garm_vm *vm, struct drm_exec *exec, unsigned int fences);
void garm_vm_add_fence(struct garm_vm *vm, struct drm_exec *exec, struct dma_fence *fence);

/* Pages under memory pressure (garm_vm_evict.c). */
int garm_vm_validate(struct garm_vm *vm, struct drm_exec *exec);
int garm_vm_evict_bo(struct garm_bo *bo);
bool garm_vm_bo_used_since(struct garm_bo *bo, unsigned long when);

/* Heaps of a VM; created on first use. */
/* With a reference, or ERR_PTR. */
struct garm_heap_pool *garm_vm_heaps(struct garm_vm *vm, bool create);

/* Per-file handles */
int garm_vm_pool_create(struct garm_file *file);
void garm_vm_pool_destroy(struct garm_file *file);
/* With a reference, or NULL. */
struct garm_vm *garm_vm_pool_get(struct garm_file *file, u32 id);

/* ioctls, with Panthor's checks and errors */
int garm_ioctl_vm_create(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_vm_destroy(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_vm_bind(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_vm_get_state(struct drm_device *drm, void *data, struct drm_file *file);

#endif
