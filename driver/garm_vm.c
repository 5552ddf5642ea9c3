// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * VMs: their life, the driver's own mappings in them, what submissions need of them, and the
 * handles of a file. See garm_vm.h.
 *
 * Called by ioctls, groups, heaps and the firmware room; calls garm_vm_op.c for every change of
 * mappings and garm_mmu.c for the hardware's side.
 *
 * References: handles, groups, kbos and (through drm_gpuvm) mappings hold the VM. When its handle
 * is destroyed, its queue of binds ends and everything is unmapped, so mappings never keep it
 * alive; groups that are left run into faults, end, and drop it.
 */
#include <linux/slab.h>
#include <linux/xarray.h>

#include <drm/drm_exec.h>

#include "garm_heap.h"
#include "garm_sched.h"
#include "garm_trace.h"
#include "garm_vm_internal.h"

/** garm_vm_get() - one more reference; NULL is allowed and returned */
struct garm_vm *garm_vm_get(struct garm_vm *vm)
{
	if (vm)
		drm_gpuvm_get(&vm->base);
	return vm;
}

/**
 * garm_vm_put() - drop a reference
 * @vm: NULL is allowed
 *
 * The last one may access the hardware and free memory: sleeps, not on the fence-signalling path.
 */
void garm_vm_put(struct garm_vm *vm)
{
	if (vm)
		drm_gpuvm_put(&vm->base);
}

/** garm_vm_resv() - reservation of the VM and of the BOs that are its alone */
struct dma_resv *garm_vm_resv(struct garm_vm *vm)
{
	return drm_gpuvm_resv(&vm->base);
}

/** garm_vm_root() - the object that owns that reservation, for private BOs to hold. Borrowed */
struct drm_gem_object *garm_vm_root(struct garm_vm *vm)
{
	return vm->base.r_obj;
}

/** garm_vm_for_fw() - is it the firmware's? Constant */
bool garm_vm_for_fw(struct garm_vm *vm)
{
	return vm->for_fw;
}

/** garm_vm_user_end() - first address that is not the user's; constant */
u64 garm_vm_user_end(struct garm_vm *vm)
{
	return vm->user_end;
}

/** garm_vm_usable() - false after a bind failed: tables may not be what the user believes */
bool garm_vm_usable(struct garm_vm *vm)
{
	return !READ_ONCE(vm->unusable);
}

/**
 * garm_vm_faulted() - is the VM's address space shut because of a fault of one of its users?
 * @vm: the VM
 *
 * True until the last of those users has left: nobody gets the address space before. Any context.
 */
bool garm_vm_faulted(struct garm_vm *vm)
{
	return READ_ONCE(vm->faulted);
}

/**
 * garm_vm_report_fault() - the address space was shut because of a fault: its users must leave
 * @vm: the VM
 *
 * From the MMU's interrupt thread, slots_lock held.
 */
void garm_vm_report_fault(struct garm_vm *vm)
{
	/* The firmware's VM has no groups; garm_mmu.c resets. */
	if (vm->for_fw)
		return;
	/* Without users nobody is to blame, and the next one finds everything as it should. */
	if (vm->as.active)
		WRITE_ONCE(vm->faulted, true);
	garm_sched_report_mmu_fault(vm->gdev);
}

/** garm_vm_set_unusable() - no map any more, and what runs in the VM faults; op_lock held */
void garm_vm_set_unusable(struct garm_vm *vm)
{
	lockdep_assert_held(&vm->op_lock);
	if (vm->unusable)
		return;
	WRITE_ONCE(vm->unusable, true);
	garm_mmu_shut(vm);
}

/**
 * garm_vm_create() - a VM with empty page tables
 * @gdev: the device
 * @for_fw: the firmware's: 4 GiB, everything is the kernel's, slot 0
 * @kernel_start: of the kernel's part; below is the user's
 * @kernel_size: its bytes
 * @auto_start: where GARM_KBO_AUTO_VA allocates, inside the kernel's part
 * @auto_size: bytes of that
 *
 * Return: with one reference, or ERR_PTR(-ENOMEM).
 */
struct garm_vm *garm_vm_create(struct garm_device *gdev, bool for_fw, u64 kernel_start,
			       u64 kernel_size, u64 auto_start, u64 auto_size)
{
	/* The microcontroller has 32-bit addresses. */
	u64 range = for_fw ? SZ_4G : 1ull << GPU_MMU_VA_BITS(gdev->gpu_info.mmu_features);
	struct drm_gem_object *root;
	struct garm_vm *vm;
	int ret;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	vm->gdev = gdev;
	vm->id = atomic_inc_return(&gdev->mmu->vm_serial);
	vm->for_fw = for_fw;
	vm->user_end = kernel_start;
	vm->auto_start = auto_start;
	vm->auto_end = auto_start + auto_size;
	vm->as.slot = -1;
	INIT_LIST_HEAD(&vm->as.lru);
	INIT_LIST_HEAD(&vm->node);

	root = drm_gpuvm_resv_object_alloc(&gdev->base);
	if (!root) {
		ret = -ENOMEM;
		goto err_free;
	}
	ret = garm_pt_init(vm);
	if (ret)
		goto err_put_root;
	mutex_init(&vm->op_lock);
	mutex_init(&vm->mm_lock);
	mutex_init(&vm->heap_lock);
	drm_mm_init(&vm->mm, kernel_start, kernel_size);
	/* drm_gpuvm reserves nothing: the kernel's mappings are in the same tree. */
	drm_gpuvm_init(&vm->base, for_fw ? "garm-firmware" : "garm-vm", GARM_GPUVM_FLAGS,
		       &gdev->base, root, 0, range, 0, 0, &garm_gpuvm_ops);
	drm_gem_object_put(root);
	if (!for_fw)
		garm_vm_bind_init(vm);
	garm_mmu_add_vm(vm);
	return vm;

err_put_root:
	drm_gem_object_put(root);
err_free:
	kfree(vm);
	return ERR_PTR(ret);
}

/** garm_vm_free() - drm_gpuvm_ops.vm_free: the last reference is gone, and with it every mapping */
void garm_vm_free(struct drm_gpuvm *gpuvm)
{
	struct garm_vm *vm = to_garm_vm(gpuvm);

	garm_mmu_remove_vm(vm);
	garm_mmu_forget(vm);
	garm_pt_fini(vm);
	drm_WARN_ON(&vm->gdev->base, vm->heaps || vm->dummy);
	drm_mm_takedown(&vm->mm);
	mutex_destroy(&vm->heap_lock);
	mutex_destroy(&vm->mm_lock);
	mutex_destroy(&vm->op_lock);
	kfree(vm);
}

/**
 * garm_vm_alloc_va() - a range of the kernel's part
 * @vm: the VM
 * @va: where, aligned to 4 KiB, or GARM_KBO_AUTO_VA
 * @size: bytes, a multiple of 4 KiB
 * @node: out; zeroed before
 *
 * Large ranges begin at 2 MiB, so that leaves of that size can be used. Takes mm_lock.
 * Return: 0; -EINVAL; -ENOSPC when there is no room, there or at all.
 */
int garm_vm_alloc_va(struct garm_vm *vm, u64 va, u64 size, struct drm_mm_node *node)
{
	int ret;

	if (!size || !IS_ALIGNED(size, SZ_4K))
		return -EINVAL;
	if (va != GARM_KBO_AUTO_VA && !IS_ALIGNED(va, SZ_4K))
		return -EINVAL;
	mutex_lock(&vm->mm_lock);
	if (va == GARM_KBO_AUTO_VA) {
		ret = drm_mm_insert_node_in_range(&vm->mm, node, size,
						  size >= SZ_2M ? SZ_2M : SZ_4K, 0, vm->auto_start,
						  vm->auto_end, DRM_MM_INSERT_BEST);
	} else {
		node->start = va;
		node->size = size;
		ret = drm_mm_reserve_node(&vm->mm, node);
	}
	mutex_unlock(&vm->mm_lock);
	return ret;
}

/** garm_vm_free_va() - give back a range of garm_vm_alloc_va(), unmapped before. Takes mm_lock */
void garm_vm_free_va(struct garm_vm *vm, struct drm_mm_node *node)
{
	mutex_lock(&vm->mm_lock);
	drm_mm_remove_node(node);
	mutex_unlock(&vm->mm_lock);
}

/**
 * garm_vm_map_bo() - map for the driver itself
 * @vm: the VM
 * @bo: the object; may be this VM's alone
 * @offset: in @bo
 * @size: bytes
 * @va: where
 * @map_flags: DRM_PANTHOR_VM_BIND_OP_MAP_*, not sparse
 *
 * All aligned to 4 KiB. Takes reservations, allocates, waits while a reset is in progress.
 * Return: 0; -EINVAL (arguments, or the VM is destroyed or unusable); -ENOMEM; -ETIMEDOUT of the
 * hardware.
 */
int garm_vm_map_bo(struct garm_vm *vm, struct garm_bo *bo, u64 offset, u64 size, u64 va,
		   u32 map_flags)
{
	struct garm_vm_op op;
	int ret;

	if (!size || !IS_ALIGNED(va | size | offset, SZ_4K) || size > bo->base.size ||
	    offset > bo->base.size - size ||
	    (map_flags & ~(GARM_MAP_FLAGS & ~DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE)))
		return -EINVAL;
	ret = garm_vm_op_prepare_map(&op, vm, bo, offset, size, va, map_flags, NULL);
	if (!ret)
		ret = garm_vm_op_exec_sync(&op, vm);
	garm_vm_op_cleanup(&op, vm);
	return ret;
}

/**
 * garm_vm_unmap() - undo garm_vm_map_bo(), or empty a whole VM
 * @vm: the VM
 * @va: first byte
 * @size: bytes; mappings end where the range does
 *
 * Holes are fine. Cannot run out of memory, because no mapping has to be split. Takes reservations,
 * waits while a reset is in progress.
 * Return: 0; or -ETIMEDOUT of the hardware: unmapped nevertheless, after the reset that was
 * requested.
 */
int garm_vm_unmap(struct garm_vm *vm, u64 va, u64 size)
{
	struct garm_vm_op op;
	int ret;

	garm_vm_op_init(&op);
	op.type = GARM_VM_OP_UNMAP;
	op.va = va;
	op.size = size;
	ret = garm_vm_op_exec_sync(&op, vm);
	if (ret)
		drm_err(&vm->gdev->base, "unmap of 0x%llx bytes at 0x%llx: %d\n", size, va, ret);
	garm_vm_op_cleanup(&op, vm);
	return ret;
}

/**
 * garm_vm_bo_at() - what is mapped at an address
 * @vm: the VM
 * @va: the address
 * @offset: out: of @va in the BO
 *
 * Unless the caller prevents it, the mapping may have changed when this returns. Takes op_lock.
 * Return: with a reference, to be dropped off the fence-signalling path; or ERR_PTR(-ENOENT).
 */
struct garm_bo *garm_vm_bo_at(struct garm_vm *vm, u64 va, u64 *offset)
{
	struct garm_bo *bo = ERR_PTR(-ENOENT);
	struct drm_gpuva *at;

	mutex_lock(&vm->op_lock);
	at = drm_gpuva_find_first(&vm->base, va, 1);
	if (at) {
		const struct garm_vma *vma = container_of(at, struct garm_vma, base);

		bo = to_garm_bo(at->gem.obj);
		drm_gem_object_get(&bo->base);
		*offset = vma->flags & DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE ?
			  va % SZ_2M : at->gem.offset + (va - at->va.addr);
	}
	mutex_unlock(&vm->op_lock);
	return bo;
}

/**
 * garm_vm_prepare() - lock everything that is mapped and make room for fences
 * @vm: the VM
 * @exec: initialised with DRM_EXEC_IGNORE_DUPLICATES; called inside drm_exec_until_all_locked()
 * @fences: how many will be added to each
 *
 * The caller follows with drm_exec_retry_on_contention().
 * Return: 0, -EDEADLK, -EINTR or -ENOMEM.
 */
int garm_vm_prepare(struct garm_vm *vm, struct drm_exec *exec, unsigned int fences)
{
	int ret = drm_gpuvm_prepare_vm(&vm->base, exec, fences);

	return ret ?: drm_gpuvm_prepare_objects(&vm->base, exec, fences);
}

/**
 * garm_vm_add_fence() - a job that may use everything that is mapped
 * @vm: the VM
 * @exec: after garm_vm_prepare(), everything still locked
 * @fence: of the job
 *
 * Synchronisation is explicit, so the fence only keeps the memory.
 */
void garm_vm_add_fence(struct garm_vm *vm, struct drm_exec *exec, struct dma_fence *fence)
{
	drm_gpuvm_resv_add_fence(&vm->base, exec, fence, DMA_RESV_USAGE_BOOKKEEP,
				 DMA_RESV_USAGE_BOOKKEEP);
}

/**
 * garm_vm_heaps() - the heaps of a VM
 * @vm: the VM
 * @create: make them if there are none
 *
 * Return: with a reference; ERR_PTR(-ENOENT) when there are none, -EINVAL when the VM is destroyed,
 * -ENOMEM.
 */
struct garm_heap_pool *garm_vm_heaps(struct garm_vm *vm, bool create)
{
	struct garm_heap_pool *pool;

	mutex_lock(&vm->heap_lock);
	if (!vm->heaps && create) {
		pool = ERR_PTR(-EINVAL);
		if (!READ_ONCE(vm->destroyed))
			pool = garm_heap_pool_create(vm->gdev, vm);
		if (!IS_ERR(pool))
			vm->heaps = pool;
	}
	if (vm->heaps)
		pool = garm_heap_pool_get(vm->heaps);
	else if (!create)
		pool = ERR_PTR(-ENOENT);
	mutex_unlock(&vm->heap_lock);
	return pool;
}

/**
 * garm_vm_dummy() - the BO behind sparse mappings
 * @vm: the VM
 *
 * Return: with a reference; ERR_PTR(-EINVAL) when the VM is destroyed, -ENOMEM.
 */
struct garm_bo *garm_vm_dummy(struct garm_vm *vm)
{
	struct garm_bo *dummy;
	int ret;

	mutex_lock(&vm->heap_lock);
	dummy = vm->dummy;
	if (!dummy && READ_ONCE(vm->destroyed))
		dummy = ERR_PTR(-EINVAL);
	if (!dummy) {
		dummy = garm_bo_create(vm->gdev, SZ_2M, DRM_PANTHOR_BO_NO_MMAP, vm);
		ret = PTR_ERR_OR_ZERO(dummy);
		/* Its mappings may be terabytes: not worth evicting. */
		if (!ret)
			ret = garm_bo_pin(dummy);
		if (!ret) {
			garm_bo_set_label(dummy, "sparse");
			dummy->kernel = true;
			vm->dummy = dummy;
		} else if (!IS_ERR(dummy)) {
			drm_gem_object_put(&dummy->base);
			dummy = ERR_PTR(ret);
		}
	}
	if (!IS_ERR(dummy))
		drm_gem_object_get(&dummy->base);
	mutex_unlock(&vm->heap_lock);
	return dummy;
}

/*
 * The handle goes: no bind any more, nothing mapped. Drops the handle's reference. Binds that are
 * queued end with -ECANCELED. Takes reservations, waits for the queue.
 */
static void vm_destroy(struct garm_vm *vm)
{
	struct garm_heap_pool *heaps;
	struct garm_bo *dummy;

	trace_garm_vm_destroyed(vm);
	/* Binds are armed under the reservation and executed under op_lock. */
	dma_resv_lock(garm_vm_resv(vm), NULL);
	mutex_lock(&vm->op_lock);
	WRITE_ONCE(vm->destroyed, true);
	mutex_unlock(&vm->op_lock);
	dma_resv_unlock(garm_vm_resv(vm));

	garm_sched_vm_destroyed(vm->gdev, vm);
	/* Resets leave the queue alone from now on; a stopped one can be destroyed. */
	garm_mmu_remove_vm(vm);
	jobq_destroy(&vm->bindq);

	mutex_lock(&vm->heap_lock);
	heaps = vm->heaps;
	vm->heaps = NULL;
	dummy = vm->dummy;
	vm->dummy = NULL;
	mutex_unlock(&vm->heap_lock);
	if (heaps)
		garm_heap_pool_destroy(heaps);
	garm_vm_unmap(vm, vm->base.mm_start, vm->base.mm_range);
	if (dummy) {
		garm_bo_unpin(dummy);
		drm_gem_object_put(&dummy->base);
	}
	garm_vm_put(vm);
}

/** struct garm_vm_pool - VM handles of a file */
struct garm_vm_pool {
	struct xarray vms;	/* holds a reference of each; its lock for lookups */
};

/** garm_vm_pool_create() - for a file that is opened. Return: 0 or -ENOMEM */
int garm_vm_pool_create(struct garm_file *file)
{
	file->vms = kzalloc(sizeof(*file->vms), GFP_KERNEL);
	if (!file->vms)
		return -ENOMEM;
	xa_init_flags(&file->vms->vms, XA_FLAGS_ALLOC1);
	return 0;
}

/** garm_vm_pool_destroy() - the file is closed, its groups are destroyed; no ioctl runs. Sleeps */
void garm_vm_pool_destroy(struct garm_file *file)
{
	struct garm_vm *vm;
	unsigned long id;

	if (!file->vms)
		return;
	xa_for_each(&file->vms->vms, id, vm)
		vm_destroy(vm);
	xa_destroy(&file->vms->vms);
	kfree(file->vms);
	file->vms = NULL;
}

/** garm_vm_pool_get() - a VM by its handle, with a reference, or NULL */
struct garm_vm *garm_vm_pool_get(struct garm_file *file, u32 id)
{
	struct garm_vm *vm;

	xa_lock(&file->vms->vms);
	vm = garm_vm_get(xa_load(&file->vms->vms, id));
	xa_unlock(&file->vms->vms);
	return vm;
}

/*
 * How much of the range the user gets: what it asks for, else addresses that its CPU mappings can
 * have, else half of a large range. 0 when that leaves too little for the kernel.
 */
static u64 user_range(u64 wanted, u64 full)
{
	u64 most = full - GARM_VM_MIN_KERNEL_SIZE;

	if (wanted)
		return wanted <= most ? wanted : 0;
	if (TASK_SIZE_OF(current) < full)
		return min_t(u64, TASK_SIZE_OF(current), most);
	return full > SZ_4G ? full / 2 : most;
}

/**
 * garm_ioctl_vm_create() - VM_CREATE
 * @drm: the device
 * @data: the argument
 * @file: the caller
 *
 * The kernel's part is a power of two, at the end of the range.
 * Return: 0; -EINVAL (flags, range); -EBUSY for the 33rd; -ENODEV; -ENOMEM.
 */
int garm_ioctl_vm_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct garm_device *gdev = to_garm_device(drm);
	struct garm_file *gfile = file->driver_priv;
	struct drm_panthor_vm_create *args = data;
	u64 full = 1ull << GPU_MMU_VA_BITS(gdev->gpu_info.mmu_features), user, kernel;
	struct garm_vm *vm;
	int ret, cookie;
	u32 id, number;

	if (args->flags)
		return -EINVAL;
	user = full > GARM_VM_MIN_KERNEL_SIZE ? user_range(args->user_va_range, full) : 0;
	if (!user)
		return -EINVAL;
	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;
	kernel = rounddown_pow_of_two(full - user);
	vm = garm_vm_create(gdev, false, full - kernel, kernel, full - kernel, kernel);
	if (IS_ERR(vm)) {
		ret = PTR_ERR(vm);
		goto out;
	}
	/* Read before others can destroy it. */
	args->user_va_range = garm_vm_user_end(vm);
	number = vm->id;
	ret = xa_alloc(&gfile->vms->vms, &id, vm, XA_LIMIT(1, GARM_MAX_VMS_PER_FILE), GFP_KERNEL);
	if (ret) {
		vm_destroy(vm);
		goto out;
	}
	trace_garm_vm_created(file->client_id, id, number);
	args->id = id;
out:
	drm_dev_exit(cookie);
	return ret;
}

/** garm_ioctl_vm_destroy() - VM_DESTROY. Return: 0, or -EINVAL (padding, handle) */
int garm_ioctl_vm_destroy(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct garm_file *gfile = file->driver_priv;
	struct drm_panthor_vm_destroy *args = data;
	struct garm_vm *vm;

	if (args->pad)
		return -EINVAL;
	vm = xa_erase(&gfile->vms->vms, args->id);
	if (!vm)
		return -EINVAL;
	vm_destroy(vm);
	return 0;
}

/** garm_ioctl_vm_get_state() - VM_GET_STATE. Return: 0, or -EINVAL (handle) */
int garm_ioctl_vm_get_state(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_vm_get_state *args = data;
	struct garm_vm *vm = garm_vm_pool_get(file->driver_priv, args->vm_id);

	if (!vm)
		return -EINVAL;
	args->state = garm_vm_usable(vm) ? DRM_PANTHOR_VM_STATE_USABLE :
					   DRM_PANTHOR_VM_STATE_UNUSABLE;
	garm_vm_put(vm);
	return 0;
}
