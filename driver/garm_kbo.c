// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * BOs that the driver makes for itself: memory, an address in one VM, and maybe a CPU mapping. See
 * garm_gem.h.
 *
 * Called by the firmware room, groups and heaps; calls garm_gem.c for the memory and garm_vm.c for
 * the address.
 */
#include <linux/slab.h>

#include <kunit/static_stub.h>

#include "garm_device.h"
#include "garm_gem.h"
#include "garm_vm.h"

/**
 * garm_kbo_create() - allocate, pin, and map into a VM
 * @gdev: the device
 * @vm: whose only the memory is
 * @size: bytes; mapped are whole GPU pages (4 KiB), which on kernels with larger pages may be
 *	less than the BO has: a firmware section must not reach into the next one
 * @bo_flags: DRM_PANTHOR_BO_*
 * @map_flags: DRM_PANTHOR_VM_BIND_OP_MAP_*
 * @va: where, or GARM_KBO_AUTO_VA
 * @name: constant, for debugfs and dumps
 *
 * Takes reservations and the VM's locks, allocates: not on the fence-signalling path.
 * Return: ERR_PTR: -ENOMEM, -ENOSPC or -EEXIST (address), -EINVAL (VM destroyed or unusable,
 * alignment).
 */
struct garm_kbo *garm_kbo_create(struct garm_device *gdev, struct garm_vm *vm, size_t size,
				 u32 bo_flags, u32 map_flags, u64 va, const char *name)
{
	struct garm_kbo *kbo;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(garm_kbo_create, gdev, vm, size, bo_flags, map_flags, va, name);
	kbo = kzalloc(sizeof(*kbo), GFP_KERNEL);
	if (!kbo)
		return ERR_PTR(-ENOMEM);
	kbo->bo = garm_bo_create(gdev, size, bo_flags, vm);
	if (IS_ERR(kbo->bo)) {
		ret = PTR_ERR(kbo->bo);
		goto err_free;
	}
	kbo->bo->kernel = true;
	kbo->bo->fw_mapped = garm_vm_for_fw(vm);
	ret = garm_bo_set_label(kbo->bo, name);
	if (ret)
		goto err_put_bo;
	ret = garm_bo_pin(kbo->bo);
	if (ret)
		goto err_put_bo;
	kbo->va_size = ALIGN(size, SZ_4K);
	ret = garm_vm_alloc_va(vm, va, kbo->va_size, &kbo->node);
	if (ret)
		goto err_unpin;
	kbo->va = kbo->node.start;
	ret = garm_vm_map_bo(vm, kbo->bo, 0, kbo->va_size, kbo->va, map_flags);
	if (ret)
		goto err_free_va;
	kbo->vm = garm_vm_get(vm);
	return kbo;

err_free_va:
	garm_vm_free_va(vm, &kbo->node);
err_unpin:
	garm_bo_unpin(kbo->bo);
err_put_bo:
	drm_gem_object_put(&kbo->bo->base);
err_free:
	drm_dbg(&gdev->base, "%s of %zu bytes at 0x%llx: %d\n", name, size, va, ret);
	kfree(kbo);
	return ERR_PTR(ret);
}

/**
 * garm_kbo_destroy() - unmap and free
 * @kbo: NULL and ERR_PTR are allowed
 *
 * Afterwards the GPU cannot reach the memory any more: caches and TLBs are flushed. Takes
 * reservations: not on the fence-signalling path. The VM may have been destroyed before.
 */
void garm_kbo_destroy(struct garm_kbo *kbo)
{
	KUNIT_STATIC_STUB_REDIRECT(garm_kbo_destroy, kbo);
	if (IS_ERR_OR_NULL(kbo))
		return;
	garm_kbo_vunmap(kbo);
	garm_vm_unmap(kbo->vm, kbo->va, kbo->va_size);
	garm_vm_free_va(kbo->vm, &kbo->node);
	garm_bo_unpin(kbo->bo);
	drm_gem_object_put(&kbo->bo->base);
	garm_vm_put(kbo->vm);
	kfree(kbo);
}

/** garm_kbo_vmap() - set kmap, unless it is set. Takes the reservation, allocates */
int garm_kbo_vmap(struct garm_kbo *kbo)
{
	KUNIT_STATIC_STUB_REDIRECT(garm_kbo_vmap, kbo);
	return kbo->kmap ? 0 : garm_bo_vmap(kbo->bo, &kbo->kmap);
}

/** garm_kbo_vunmap() - undo garm_kbo_vmap(), if there was one. Takes the reservation */
void garm_kbo_vunmap(struct garm_kbo *kbo)
{
	KUNIT_STATIC_STUB_REDIRECT(garm_kbo_vunmap, kbo);
	if (!kbo->kmap)
		return;
	kbo->kmap = NULL;
	garm_bo_vunmap(kbo->bo);
}
