// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Mappings of objects whose pages are taken, and how they come back.
 *
 * Called by garm_shrink.c (evict, in reclaim) and by GROUP_SUBMIT through garm_vm_validate()
 * (restore); edits tables through garm_vm_pt.c.
 *
 * An evicted mapping stays in the VM's tree with garm_vma.evicted set and nothing in the tables.
 * Operations that split or remove it leave the tables alone. drm_gpuvm_bo.evicted says that an
 * object may have such mappings in a VM, so that drm_gpuvm finds it again; it is written under the
 * object's reservation, garm_vma.evicted under op_lock.
 *
 * Restoring is before the job is armed, with all reservations held, where memory may be allocated;
 * the tables for it are allocated outside of op_lock.
 */
#include <drm/drm_exec.h>

#include "garm_trace.h"
#include "garm_vm_internal.h"

/* Tables for one round of restoring: 1 MiB, unless a single mapping needs more. */
#define TABLES_AT_ONCE 256

static struct garm_vma *to_garm_vma(struct drm_gpuva *va)
{
	return container_of(va, struct garm_vma, base);
}

/* op_lock and the object's gpuva lock are held. */
static int evict_vma(struct garm_vm *vm, struct garm_vma *vma)
{
	u64 start = vma->base.va.addr, size = vma->base.va.range;
	int ret = garm_mmu_lock_region(vm, start, size);

	if (ret)
		return ret;
	garm_pt_unmap(vm, start, size);
	vma->evicted = true;
	/* On failure the GPU may have it cached until the reset: the pages stay. */
	return garm_mmu_unlock_region(vm);
}

static int evict_from(struct drm_gpuvm_bo *vm_bo)
{
	struct garm_vm *vm = to_garm_vm(vm_bo->vm);
	struct garm_vm_op op;
	struct drm_gpuva *va;
	int ret = 0;

	if (!mutex_trylock(&vm->op_lock))
		return -EBUSY;
	/* Tables that are not what the tree says are nothing to work with. */
	if (vm->unusable) {
		mutex_unlock(&vm->op_lock);
		return -EINVAL;
	}
	garm_vm_op_init(&op);
	vm->op = &op;
	if (!vm_bo->evicted)
		drm_gpuvm_bo_evict(vm_bo, true);
	drm_gpuvm_bo_for_each_va(va, vm_bo) {
		struct garm_vma *vma = to_garm_vma(va);

		if (vma->evicted || vma->dead)
			continue;
		ret = evict_vma(vm, vma);
		if (ret)
			break;
	}
	vm->op = NULL;
	mutex_unlock(&vm->op_lock);
	garm_pt_release(vm, &op.tables);
	trace_garm_evicted(vm, vm_bo->obj->size, ret);
	return ret;
}

/**
 * garm_vm_evict_bo() - take an object out of the tables of all VMs
 * @bo: the object; its reservation, which is idle, and its gpuva lock are held
 *
 * For reclaim: allocates nothing, tries op_lock only. Inside garm_mmu_op_try_begin().
 * Return: 0: the GPU cannot reach the pages; or an error: it may, and the mappings that are gone
 * already come back with the next submission.
 */
int garm_vm_evict_bo(struct garm_bo *bo)
{
	struct drm_gpuvm_bo *vm_bo;
	int ret = 0;

	dma_resv_assert_held(bo->base.resv);
	lockdep_assert_held(garm_gpuva_lock(bo));
	drm_gem_for_each_gpuvm_bo(vm_bo, &bo->base) {
		ret = evict_from(vm_bo);
		if (ret)
			break;
	}
	return ret;
}

/**
 * garm_vm_bo_used_since() - did a VM in which an object is mapped submit after a point in time?
 * @bo: the object
 * @when: jiffies
 *
 * For reclaim: only tries the gpuva lock.
 */
bool garm_vm_bo_used_since(struct garm_bo *bo, unsigned long when)
{
	struct drm_gpuvm_bo *vm_bo;
	bool used = false;

	if (!mutex_trylock(garm_gpuva_lock(bo)))
		return true;
	drm_gem_for_each_gpuvm_bo(vm_bo, &bo->base)
		used |= time_after(READ_ONCE(to_garm_vm(vm_bo->vm)->last_use), when);
	mutex_unlock(garm_gpuva_lock(bo));
	return used;
}

/*
 * Tables that the evicted mappings of an object need, as many mappings as fit a round, but one at
 * least; 0 when none is evicted. Takes op_lock.
 */
static u64 tables_for_round(struct garm_vm *vm, struct drm_gpuvm_bo *vm_bo)
{
	struct mutex *gpuva_lock = garm_gpuva_lock(to_garm_bo(vm_bo->obj));
	struct drm_gpuva *va;
	u64 sum = 0;

	mutex_lock(&vm->op_lock);
	mutex_lock(gpuva_lock);
	drm_gpuvm_bo_for_each_va(va, vm_bo) {
		u64 need = garm_pt_count_map(va->va.addr, va->va.range);

		if (!to_garm_vma(va)->evicted || to_garm_vma(va)->dead)
			continue;
		if (sum && sum + need > TABLES_AT_ONCE)
			break;
		sum += need;
	}
	mutex_unlock(gpuva_lock);
	mutex_unlock(&vm->op_lock);
	return sum;
}

static int restore_vma(struct garm_vm *vm, struct garm_vma *vma)
{
	u64 start = vma->base.va.addr, size = vma->base.va.range;
	int ret, err;

	ret = garm_mmu_lock_region(vm, start, size);
	if (ret)
		return ret;
	ret = garm_pt_map(vm, start, size, to_garm_bo(vma->base.gem.obj), vma->base.gem.offset,
			  vma->flags);
	if (!ret)
		vma->evicted = false;
	err = garm_mmu_unlock_region(vm);
	return ret ?: err;
}

/* As many as @op has tables for. */
static int restore_round(struct garm_vm *vm, struct drm_gpuvm_bo *vm_bo, struct garm_vm_op *op)
{
	struct mutex *gpuva_lock = garm_gpuva_lock(to_garm_bo(vm_bo->obj));
	struct garm_mmu *mmu = vm->gdev->mmu;
	struct drm_gpuva *va;
	int ret = 0;

	garm_mmu_op_begin(mmu);
	mutex_lock(&vm->op_lock);
	mutex_lock(gpuva_lock);
	vm->op = op;
	drm_gpuvm_bo_for_each_va(va, vm_bo) {
		struct garm_vma *vma = to_garm_vma(va);

		if (vm->unusable)
			break;
		if (!vma->evicted || vma->dead)
			continue;
		if (op->tables.used + garm_pt_count_map(va->va.addr, va->va.range) >
		    op->tables.count)
			break;
		ret = restore_vma(vm, vma);
		if (ret)
			break;
	}
	vm->op = NULL;
	mutex_unlock(gpuva_lock);
	mutex_unlock(&vm->op_lock);
	garm_mmu_op_end(mmu);
	return ret;
}

static int restore_all(struct garm_vm *vm, struct drm_gpuvm_bo *vm_bo)
{
	int ret = 0;

	while (!ret && garm_vm_usable(vm)) {
		u64 count = tables_for_round(vm, vm_bo);
		struct garm_vm_op op;

		if (!count)
			break;
		garm_vm_op_init(&op);
		ret = garm_pt_reserve(vm, &op.tables, count);
		if (!ret)
			ret = restore_round(vm, vm_bo, &op);
		garm_pt_release(vm, &op.tables);
	}
	return ret;
}

/** garm_vm_bo_validate() - drm_gpuvm_ops.vm_bo_validate; all reservations are held */
int garm_vm_bo_validate(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec)
{
	struct garm_vm *vm = to_garm_vm(vm_bo->vm);
	struct garm_bo *bo = to_garm_bo(vm_bo->obj);
	int ret;

	/* Whoever submits there is to run into a fault, as if nothing had been evicted. */
	if (!garm_vm_usable(vm) || vm->destroyed)
		return 0;
	ret = garm_bo_populate_locked(bo);
	if (!ret)
		ret = restore_all(vm, vm_bo);
	trace_garm_restored(vm, bo->base.size, ret);
	if (ret)
		return ret;
	drm_gpuvm_bo_evict(vm_bo, false);
	garm_shrink_restored(bo);
	return 0;
}

/**
 * garm_vm_validate() - bring back what was evicted
 * @vm: the VM
 * @exec: after garm_vm_prepare(), everything still locked
 *
 * Until the caller has added its fence and drops the locks, nothing is evicted. Allocates, waits
 * while a reset is in progress: not on the fence-signalling path.
 * Return: 0, also when the VM is destroyed or unusable; -ENOMEM; -ETIMEDOUT of the hardware.
 */
int garm_vm_validate(struct garm_vm *vm, struct drm_exec *exec)
{
	WRITE_ONCE(vm->last_use, jiffies);
	return drm_gpuvm_validate(&vm->base, exec);
}
