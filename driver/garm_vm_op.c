// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One change of a VM's mappings: prepare, execute, clean up. See garm_vm_internal.h.
 *
 * Called by garm_vm.c for the driver's own mappings and by garm_vm_bind.c for the user's. drm_gpuvm
 * knows which mappings are touched and calls back with steps; the steps edit the tables through
 * garm_vm_pt.c.
 *
 * A BO is pinned by the operation that maps it. Afterwards garm_vm_evict.c may take it out of the
 * tables again, and mappings are marked as evicted. What an operation removes stays linked to its
 * BO until the clean-up, and keeps it: then caches and TLBs have been flushed.
 *
 * Locks: reservation of the VM > gpuva lock of the BO; op_lock > gpuva lock. The clean-up takes
 * reservations, so it is never on the fence-signalling path.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "garm_trace.h"
#include "garm_vm_internal.h"

static struct garm_vma *to_garm_vma(struct drm_gpuva *va)
{
	return container_of(va, struct garm_vma, base);
}

static bool is_sparse(u32 flags)
{
	return flags & DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE;
}

/* The dummy BO of sparse mappings repeats every 2 MiB: its offset follows from the address. */
static void fix_sparse_offset(struct drm_gpuva_op_map *map, u32 flags)
{
	if (map && is_sparse(flags))
		map->gem.offset = map->va.addr % SZ_2M;
}

static struct garm_vma *take_spare(struct garm_vm_op *op)
{
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++) {
		if (op->spare[i])
			return no_free_ptr(op->spare[i]);
	}
	return NULL;
}

static void give_back_spare(struct garm_vm_op *op, struct garm_vma *vma)
{
	for (int i = 0; vma && i < ARRAY_SIZE(op->spare); i++) {
		if (!op->spare[i]) {
			op->spare[i] = vma;
			return;
		}
	}
}

static void link_vma(struct garm_vma *vma, struct drm_gpuvm_bo *vm_bo)
{
	struct mutex *lock = garm_gpuva_lock(to_garm_bo(vm_bo->obj));

	mutex_lock(lock);
	drm_gpuva_link(&vma->base, vm_bo);
	mutex_unlock(lock);
}

static int step_map(struct drm_gpuva_op *step, void *data)
{
	struct garm_vm *vm = data;
	struct garm_vm_op *op = vm->op;
	struct garm_vma *vma = take_spare(op);
	int ret;

	if (drm_WARN_ON(&vm->gdev->base, !vma))
		return -ENOMEM;
	vma->flags = op->flags & GARM_MAP_FLAGS;
	fix_sparse_offset(&step->map, vma->flags);
	ret = garm_pt_map(vm, step->map.va.addr, step->map.va.range, op->bo, step->map.gem.offset,
			  vma->flags);
	if (ret) {
		give_back_spare(op, vma);
		return ret;
	}
	drm_gpuva_map(&vm->base, &vma->base, &step->map);
	link_vma(vma, op->vm_bo);
	return 0;
}

/*
 * What has to be unmapped so that [@start, @end) of @old can be: leaves of 2 MiB at the ends as a
 * whole. A leaf lies inside of one mapping, so only blocks that @old covers can be one.
 */
static void widen_to_blocks(struct garm_vm *vm, const struct drm_gpuva *old, u64 *start, u64 *end)
{
	u64 old_end = old->va.addr + old->va.range;
	u64 first = ALIGN_DOWN(*start, SZ_2M), last = ALIGN_DOWN(*end, SZ_2M);

	if (first != *start && first >= old->va.addr && first + SZ_2M <= old_end &&
	    garm_pt_may_be_block(vm, first))
		*start = first;
	if (last != *end && last >= old->va.addr && last + SZ_2M <= old_end &&
	    garm_pt_may_be_block(vm, last))
		*end = last + SZ_2M;
}

/* Map again what was unmapped with a leaf and shall stay: [@start, @end) of what @part will be. */
static int restore(struct garm_vm *vm, const struct drm_gpuva_op_map *part, u64 start, u64 end,
		   u32 flags)
{
	u64 offset = part->gem.offset + (start - part->va.addr);

	if (start >= end)
		return 0;
	/* Its pages are there: to take them, the mapping would have been evicted. */
	return garm_pt_map(vm, start, end - start, to_garm_bo(part->gem.obj), offset, flags);
}

static int remap_tables(struct garm_vm *vm, const struct drm_gpuva_op_remap *remap, u32 flags)
{
	u64 start, end, hole_start, hole_end;
	int ret = 0;

	drm_gpuva_op_remap_to_unmap_range(remap, &hole_start, &hole_end);
	hole_end += hole_start;
	start = hole_start;
	end = hole_end;
	widen_to_blocks(vm, remap->unmap->va, &start, &end);
	garm_pt_unmap(vm, start, end - start);
	if (remap->prev)
		ret = restore(vm, remap->prev, start, hole_start, flags);
	if (remap->next && !ret)
		ret = restore(vm, remap->next, hole_end, end, flags);
	/* Tree and tables differ now. */
	if (ret)
		garm_vm_set_unusable(vm);
	return ret;
}

static void remove_vma(struct garm_vm_op *op, struct garm_vma *vma)
{
	vma->dead = true;
	list_add_tail(&vma->node, &op->dead);
}

static int step_remap(struct drm_gpuva_op *step, void *data)
{
	struct garm_vm *vm = data;
	struct garm_vm_op *op = vm->op;
	const struct drm_gpuva_op_remap *remap = &step->remap;
	struct garm_vma *old = to_garm_vma(remap->unmap->va);
	struct garm_vma *prev = remap->prev ? take_spare(op) : NULL;
	struct garm_vma *next = remap->next ? take_spare(op) : NULL;
	int ret = -ENOMEM;

	if (drm_WARN_ON(&vm->gdev->base, (remap->prev && !prev) || (remap->next && !next)))
		goto err;
	fix_sparse_offset(remap->prev, old->flags);
	fix_sparse_offset(remap->next, old->flags);
	ret = old->evicted ? 0 : remap_tables(vm, remap, old->flags);
	if (ret)
		goto err;
	drm_gpuva_remap(prev ? &prev->base : NULL, next ? &next->base : NULL, &step->remap);
	if (prev) {
		prev->flags = old->flags;
		prev->evicted = old->evicted;
		link_vma(prev, old->base.vm_bo);
	}
	if (next) {
		next->flags = old->flags;
		next->evicted = old->evicted;
		link_vma(next, old->base.vm_bo);
	}
	remove_vma(op, old);
	return 0;

err:
	give_back_spare(op, prev);
	give_back_spare(op, next);
	return ret;
}

static int step_unmap(struct drm_gpuva_op *step, void *data)
{
	struct garm_vm *vm = data;
	struct garm_vma *vma = to_garm_vma(step->unmap.va);

	if (!vma->evicted)
		garm_pt_unmap(vm, vma->base.va.addr, vma->base.va.range);
	drm_gpuva_unmap(&step->unmap);
	remove_vma(vm->op, vma);
	return 0;
}

const struct drm_gpuvm_ops garm_gpuvm_ops = {
	.vm_free = garm_vm_free,
	.vm_bo_validate = garm_vm_bo_validate,
	.sm_step_map = step_map,
	.sm_step_remap = step_remap,
	.sm_step_unmap = step_unmap,
};

/** garm_vm_op_init() - an operation that does nothing and can be cleaned up */
void garm_vm_op_init(struct garm_vm_op *op)
{
	*op = (struct garm_vm_op){ .type = GARM_VM_OP_NONE };
	INIT_LIST_HEAD(&op->dead);
}

static int alloc_spares(struct garm_vm_op *op, struct garm_vm *vm, int count)
{
	return kmem_cache_alloc_bulk(vm->gdev->mmu->vmas, GFP_KERNEL_ACCOUNT | __GFP_ZERO, count,
				     (void **)op->spare) ? 0 : -ENOMEM;
}

/*
 * Drop a reference of what ties a BO to @vm, and with @unpin a pin, whose owner has a reference of
 * the BO. Otherwise the BO may end with it, so its locks are held inside of a reference of our own.
 */
static void put_vm_bo(struct garm_vm *vm, struct drm_gpuvm_bo *vm_bo, bool unpin)
{
	struct garm_bo *bo = to_garm_bo(vm_bo->obj);
	bool private = bo->base.resv == garm_vm_resv(vm), last;

	if (refcount_dec_not_one(&vm_bo->kref.refcount)) {
		if (unpin)
			garm_bo_unpin(bo);
		return;
	}
	drm_gem_object_get(&bo->base);
	dma_resv_lock(garm_vm_resv(vm), NULL);
	mutex_lock(garm_gpuva_lock(bo));
	last = drm_gpuvm_bo_put(vm_bo);
	mutex_unlock(garm_gpuva_lock(bo));
	if (!private)
		dma_resv_unlock(garm_vm_resv(vm));
	if (last || unpin) {
		if (!private)
			dma_resv_lock(bo->base.resv, NULL);
		if (unpin)
			garm_bo_unpin_locked(bo);
		else
			garm_shrink_update(bo);
	}
	if (private || last || unpin)
		dma_resv_unlock(bo->base.resv);
	drm_gem_object_put(&bo->base);
}

/* Finds or makes what ties @bo to @vm. The BO is pinned for the operation. */
static int get_vm_bo(struct garm_vm_op *op, struct garm_vm *vm, struct garm_bo *bo)
{
	struct drm_gpuvm_bo *new;
	int ret;

	ret = garm_bo_pin(bo);
	if (ret)
		return ret;
	op->pinned = true;
	mutex_lock(garm_gpuva_lock(bo));
	op->vm_bo = drm_gpuvm_bo_find(&vm->base, &bo->base);
	mutex_unlock(garm_gpuva_lock(bo));
	if (op->vm_bo)
		return 0;
	new = drm_gpuvm_bo_create(&vm->base, &bo->base);
	if (!new)
		return -ENOMEM;
	dma_resv_lock(garm_vm_resv(vm), NULL);
	garm_gpuvm_obtain_lock(garm_gpuva_lock(bo));
	op->vm_bo = drm_gpuvm_bo_obtain_prealloc(new);
	garm_gpuvm_obtain_unlock(garm_gpuva_lock(bo));
	drm_gpuvm_bo_extobj_add(op->vm_bo);
	dma_resv_unlock(garm_vm_resv(vm));
	return 0;
}

/**
 * garm_vm_op_prepare_map() - everything that mapping needs and that can fail
 * @op: to be filled; must be cleaned up, also after an error
 * @vm: the VM
 * @bo: what to map; the operation takes its own reference
 * @offset: in @bo
 * @size: bytes
 * @va: where
 * @flags: DRM_PANTHOR_VM_BIND_OP_MAP_*
 * @before: the operation before this one in the array of garm_vm_ops_exec(), or NULL
 *
 * Everything is aligned to 4 KiB and in range. Takes reservations, allocates.
 * Return: 0; -EINVAL when @bo belongs to another VM; or -ENOMEM.
 */
int garm_vm_op_prepare_map(struct garm_vm_op *op, struct garm_vm *vm, struct garm_bo *bo,
			   u64 offset, u64 size, u64 va, u32 flags,
			   const struct garm_vm_op *before)
{
	int ret;

	garm_vm_op_init(op);
	if (bo->exclusive_vm && bo->exclusive_vm != garm_vm_root(vm))
		return -EINVAL;
	op->type = GARM_VM_OP_MAP;
	op->flags = flags;
	op->va = va;
	op->size = size;
	op->bo_offset = offset;
	op->bo = bo;
	drm_gem_object_get(&bo->base);
	ret = alloc_spares(op, vm, 3);
	if (!ret)
		ret = get_vm_bo(op, vm, bo);
	if (!ret)
		ret = garm_pt_reserve(vm, &op->tables, garm_pt_count_map_op(op, before));
	return ret;
}

/**
 * garm_vm_op_prepare_unmap() - everything that unmapping needs and that can fail
 * @op: to be filled; must be cleaned up, also after an error
 * @vm: the VM
 * @va: first byte, aligned to 4 KiB
 * @size: bytes, a multiple of 4 KiB
 *
 * Return: 0 or -ENOMEM.
 */
int garm_vm_op_prepare_unmap(struct garm_vm_op *op, struct garm_vm *vm, u64 va, u64 size)
{
	int ret;

	garm_vm_op_init(op);
	op->type = GARM_VM_OP_UNMAP;
	op->va = va;
	op->size = size;
	/* A mapping may stick out at either end. */
	ret = alloc_spares(op, vm, 2);
	if (!ret)
		ret = garm_pt_reserve(vm, &op->tables, garm_pt_count_unmap(va, size));
	return ret;
}

/* The region that has to be locked for all of @ops; false when they do nothing. */
static bool ops_region(const struct garm_vm_op *ops, u32 count, u64 *start, u64 *end)
{
	*start = U64_MAX;
	*end = 0;
	for (u32 i = 0; i < count; i++) {
		if (ops[i].type == GARM_VM_OP_NONE)
			continue;
		/* Leaves at the ends may have to be replaced: see widen_to_blocks(). */
		*start = min(*start, ALIGN_DOWN(ops[i].va, SZ_2M));
		*end = max(*end, ALIGN(ops[i].va + ops[i].size, SZ_2M));
	}
	return *end;
}

/* @err: what locking the region said. */
static int exec_one(struct garm_vm_op *op, struct garm_vm *vm, int err)
{
	int ret = 0;

	if (op->type == GARM_VM_OP_MAP && (vm->destroyed || vm->unusable))
		return -EINVAL;
	if (err && op->type == GARM_VM_OP_MAP)
		return err;
	/* Callers free what they unmap, so go on. Without the lock it takes the reset's help. */
	op->unflushed = err;
	vm->op = op;
	if (op->type == GARM_VM_OP_MAP)
		ret = garm_gpuvm_sm_map(&vm->base, vm, op->va, op->size, &op->bo->base,
					op->bo_offset);
	else
		ret = drm_gpuvm_sm_unmap(&vm->base, vm, op->va, op->size);
	vm->op = NULL;
	return ret;
}

static int exec_locked(struct garm_vm_op *ops, u32 count, struct garm_vm *vm, u32 *done)
{
	u64 start, end;
	int ret = 0, err;
	u32 i;

	lockdep_assert_held(&vm->op_lock);
	if (!ops_region(ops, count, &start, &end)) {
		*done = count;
		return 0;
	}
	err = garm_mmu_lock_region(vm, start, end - start);
	for (i = 0; i < count && !ret; i++) {
		if (ops[i].type == GARM_VM_OP_NONE)
			continue;
		ret = exec_one(&ops[i], vm, err);
		trace_garm_vm_bind(vm, &ops[i], ret);
	}
	*done = ret ? i - 1 : count;
	if (!err) {
		err = garm_mmu_unlock_region(vm);
		while (err && i)
			ops[--i].unflushed = true;
	}
	if (err && !ret)
		*done = 0;
	return ret ?: err;
}

/**
 * garm_vm_ops_exec() - do some operations, one after the other
 * @ops: array, prepared
 * @count: how many
 * @vm: the VM
 * @fatal: a failure makes the VM unusable, because nobody can be told in time
 * @done: out: how many are done; the next one has failed
 *
 * When it returns 0, tables are changed and nothing that the GPU has cached is older. One lock of
 * the region and one flush serve all: a flush takes much longer than a change. Stops at the first
 * that fails; those before it stay. Takes op_lock. May be on the fence-signalling path: allocates
 * nothing.
 * Return: 0; -EINVAL (map into a VM that is destroyed or unusable); -ETIMEDOUT of the hardware: a
 * reset was requested, and the changes but maps are made.
 */
int garm_vm_ops_exec(struct garm_vm_op *ops, u32 count, struct garm_vm *vm, bool fatal, u32 *done)
{
	int ret;

	mutex_lock(&vm->op_lock);
	ret = exec_locked(ops, count, vm, done);
	if (ret && fatal)
		garm_vm_set_unusable(vm);
	mutex_unlock(&vm->op_lock);
	return ret;
}

/** garm_vm_ops_exec_sync() - garm_vm_ops_exec() outside of a JobQueue; waits for a reset to end */
int garm_vm_ops_exec_sync(struct garm_vm_op *ops, u32 count, struct garm_vm *vm, u32 *done)
{
	struct garm_mmu *mmu = vm->gdev->mmu;
	int ret;

	garm_mmu_op_begin(mmu);
	ret = garm_vm_ops_exec(ops, count, vm, false, done);
	garm_mmu_op_end(mmu);
	return ret;
}

/** garm_vm_op_exec_sync() - one operation */
int garm_vm_op_exec_sync(struct garm_vm_op *op, struct garm_vm *vm)
{
	u32 done;

	return garm_vm_ops_exec_sync(op, 1, vm, &done);
}

static void free_vma(struct garm_vm *vm, struct garm_vma *vma)
{
	struct drm_gpuvm_bo *vm_bo = drm_gpuvm_bo_get(vma->base.vm_bo);
	struct mutex *lock = garm_gpuva_lock(to_garm_bo(vm_bo->obj));

	mutex_lock(lock);
	drm_gpuva_unlink(&vma->base);
	mutex_unlock(lock);
	put_vm_bo(vm, vm_bo, false);
	kmem_cache_free(vm->gdev->mmu->vmas, vma);
}

/**
 * garm_vm_op_cleanup() - free what the operation did not need and what it removed
 * @op: in any state
 * @vm: the VM; the caller has a reference
 *
 * Takes reservations, sleeps: not on the fence-signalling path. After a failure of the hardware it
 * waits for the reset, because until then the GPU may reach what was removed.
 */
void garm_vm_op_cleanup(struct garm_vm_op *op, struct garm_vm *vm)
{
	struct garm_vma *vma, *next;

	if (op->unflushed && current_work() != &vm->gdev->reset.work)
		flush_work(&vm->gdev->reset.work);
	garm_pt_release(vm, &op->tables);
	list_for_each_entry_safe(vma, next, &op->dead, node)
		free_vma(vm, vma);
	if (op->vm_bo)
		put_vm_bo(vm, op->vm_bo, op->pinned);
	else if (op->pinned)
		garm_bo_unpin(op->bo);
	if (op->bo)
		drm_gem_object_put(&op->bo->base);
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++) {
		if (op->spare[i])
			kmem_cache_free(vm->gdev->mmu->vmas, op->spare[i]);
	}
	garm_vm_op_init(op);
}
