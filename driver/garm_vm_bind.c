// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * VM_BIND: what the user maps and unmaps, at once or in order with fences.
 *
 * Called by the ioctl table; calls garm_vm_op.c for the changes and garm_sync.c for the sync
 * operations.
 *
 * Asynchronous operations are jobs of one JobQueue per VM: none overtakes an earlier one.
 * Neighbours without sync operations between them share a job.
 * Everything that can fail is done before the job is armed; the job itself edits the tables in its
 * run() and is done. If it fails all the same, the user could not be told in time: its fence gets
 * the error and the VM becomes unusable.
 *
 * A job holds no reference of its VM: the queue is destroyed, with all jobs freed, when the VM's
 * handle is.
 */
#include <linux/slab.h>

#include <drm/drm_exec.h>

#include "garm_sync.h"
#include "garm_vm_internal.h"

#define BIND_TYPE_MASK ((u32)DRM_PANTHOR_VM_BIND_OP_TYPE_MASK)
/* Operations that are done under one lock of the VM: it must not be held for long. */
#define BIND_BATCH 64u

struct garm_bind_job {
	struct jobq_job base;
	struct garm_vm *vm;
	struct garm_file *file;		/* outlives the handles of its VMs */
	u32 count;
	struct garm_vm_op ops[] __counted_by(count);
};

static struct garm_bind_job *to_bind_job(struct jobq_job *job)
{
	return container_of(job, struct garm_bind_job, base);
}

static int bind_run(struct jobq_job *job)
{
	struct garm_bind_job *bind = to_bind_job(job);
	u32 done;
	int ret = garm_vm_ops_exec(bind->ops, bind->count, bind->vm, true, &done);

	return ret ?: 1;
}

static void cleanup_ops(struct garm_vm_op *ops, u32 count, struct garm_vm *vm)
{
	for (u32 i = 0; i < count; i++)
		garm_vm_op_cleanup(&ops[i], vm);
}

static void bind_free(struct jobq_job *job)
{
	struct garm_bind_job *bind = to_bind_job(job);

	cleanup_ops(bind->ops, bind->count, bind->vm);
	garm_file_remove_job(bind->file);
	kvfree(bind);
}

static const struct jobq_ops bind_ops = {
	.driver = "garm",
	.run = bind_run,
	.free = bind_free,
};

/** garm_vm_bind_init() - the VM's queue of binds */
void garm_vm_bind_init(struct garm_vm *vm)
{
	/* One at a time, done when it returns: no time-out. */
	jobq_init(&vm->bindq, &bind_ops, "garm-vm-bind", vm->gdev->mmu->bind_wq, 1, 0);
}

static int prepare_map(struct garm_vm_op *op, struct garm_vm *vm, struct garm_bo *bo,
		       const struct drm_panthor_vm_bind_op *args, const struct garm_vm_op *before)
{
	if (args->size > bo->base.size || args->bo_offset > bo->base.size - args->size)
		return -EINVAL;
	if (bo->exclusive_vm && bo->exclusive_vm != garm_vm_root(vm))
		return -EINVAL;
	if (!args->size)
		return 0;
	return garm_vm_op_prepare_map(op, vm, bo, args->bo_offset, args->size, args->va,
				      args->flags & ~BIND_TYPE_MASK, before);
}

static int prepare_sparse(struct garm_vm_op *op, struct garm_vm *vm,
			  const struct drm_panthor_vm_bind_op *args,
			  const struct garm_vm_op *before)
{
	struct garm_bo *dummy;
	int ret;

	/* Nothing that could be executed is there. */
	if (!(args->flags & DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC) || args->bo_handle ||
	    args->bo_offset)
		return -EINVAL;
	if (!args->size)
		return 0;
	dummy = garm_vm_dummy(vm);
	if (IS_ERR(dummy))
		return PTR_ERR(dummy);
	ret = garm_vm_op_prepare_map(op, vm, dummy, 0, args->size, args->va,
				     args->flags & ~BIND_TYPE_MASK, before);
	drm_gem_object_put(&dummy->base);
	return ret;
}

static int prepare_type_map(struct garm_vm_op *op, struct garm_vm *vm, struct drm_file *file,
			    const struct drm_panthor_vm_bind_op *args,
			    const struct garm_vm_op *before)
{
	struct drm_gem_object *obj;
	int ret;

	if (args->flags & ~(GARM_MAP_FLAGS | BIND_TYPE_MASK))
		return -EINVAL;
	if (args->flags & DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE)
		return prepare_sparse(op, vm, args, before);
	obj = drm_gem_object_lookup(file, args->bo_handle);
	if (!obj)
		return -EINVAL;
	ret = prepare_map(op, vm, to_garm_bo(obj), args, before);
	drm_gem_object_put(obj);
	return ret;
}

static int prepare_type_unmap(struct garm_vm_op *op, struct garm_vm *vm,
			      const struct drm_panthor_vm_bind_op *args)
{
	if ((args->flags & ~BIND_TYPE_MASK) || args->bo_handle || args->bo_offset)
		return -EINVAL;
	return args->size ? garm_vm_op_prepare_unmap(op, vm, args->va, args->size) : 0;
}

static int prepare_type_sync(const struct drm_panthor_vm_bind_op *args)
{
	if ((args->flags & ~BIND_TYPE_MASK) || args->bo_handle || args->bo_offset || args->va ||
	    args->size || !args->syncs.count)
		return -EINVAL;
	return 0;
}

/*
 * Check a user's operation and prepare it. @op must be cleaned up, also after an error. An
 * operation on 0 bytes stays one that does nothing. @before: see garm_vm_op_prepare_map().
 */
static int prepare_op(struct garm_vm_op *op, struct garm_vm *vm, struct drm_file *file,
		      const struct drm_panthor_vm_bind_op *args, const struct garm_vm_op *before)
{
	u64 end = garm_vm_user_end(vm);

	garm_vm_op_init(op);
	if (!IS_ALIGNED(args->va | args->size | args->bo_offset, SZ_4K))
		return -EINVAL;
	/* The kernel's part of the range is not the user's, neither to map nor to unmap. */
	if (args->va >= end || args->size > end - args->va)
		return -EINVAL;
	switch (args->flags & BIND_TYPE_MASK) {
	case DRM_PANTHOR_VM_BIND_OP_TYPE_MAP:
		return prepare_type_map(op, vm, file, args, before);
	case DRM_PANTHOR_VM_BIND_OP_TYPE_UNMAP:
		return prepare_type_unmap(op, vm, args);
	case DRM_PANTHOR_VM_BIND_OP_TYPE_SYNC_ONLY:
		return prepare_type_sync(args);
	default:
		return -EINVAL;
	}
}

static int prepare_sync(struct garm_vm_op *op, struct garm_vm *vm, struct drm_file *file,
			const struct drm_panthor_vm_bind_op *args, const struct garm_vm_op *before)
{
	garm_vm_op_init(op);
	if (args->syncs.count)
		return -EINVAL;
	/* Before any other check, as Panthor has it. */
	return args->size ? prepare_op(op, vm, file, args, before) : 0;
}

/* Operations that are prepared, executed and cleaned up together; *@done: before the bad one. */
static int bind_batch(struct garm_vm *vm, struct drm_file *file,
		      const struct drm_panthor_vm_bind_op *list, struct garm_vm_op *ops, u32 count,
		      u32 *done)
{
	int ret = 0, bad = 0;
	u32 ready = 0;

	while (ready < count && !bad) {
		bad = prepare_sync(&ops[ready], vm, file, &list[ready],
				   ready ? &ops[ready - 1] : NULL);
		if (bad)
			garm_vm_op_cleanup(&ops[ready], vm);
		else
			ready++;
	}
	*done = 0;
	if (ready)
		ret = garm_vm_ops_exec_sync(ops, ready, vm, done);
	cleanup_ops(ops, ready, vm);
	return ret ?: bad;
}

/* In order; what was done before an error stays done, and args->count tells where it happened. */
static int bind_sync(struct garm_vm *vm, struct drm_file *file,
		     const struct drm_panthor_vm_bind_op *list, struct drm_panthor_obj_array *args)
{
	struct garm_vm_op one, *ops = &one;
	u32 room = min(args->count, BIND_BATCH);
	int ret = 0;

	if (room > 1) {
		ops = kvmalloc_array(room, sizeof(*ops), GFP_KERNEL);
		if (!ops)
			return -ENOMEM;
	}
	for (u32 i = 0, done; i < args->count && !ret; i += done) {
		done = 0;
		ret = garm_may_go_on(&vm->gdev->base) ?:
		      bind_batch(vm, file, &list[i], ops, min(args->count - i, room), &done);
		if (ret)
			args->count = i + done;
	}
	if (room > 1)
		kvfree(ops);
	return ret;
}

static bool has_waits(const struct garm_submit_job *job)
{
	for (u32 i = 0; i < job->sync_count; i++) {
		if (!(job->syncs[i].flags & (u32)DRM_PANTHOR_SYNC_OP_SIGNAL))
			return true;
	}
	return false;
}

/*
 * How many operations from the first of @list on one job could do: all have nothing to wait for
 * and nobody to tell but the last, of which it has to be seen.
 */
static u32 count_joined(const struct drm_panthor_vm_bind_op *list, u32 count)
{
	u32 i = 0;

	while (i < min(count, BIND_BATCH) - 1 && !list[i].syncs.count)
		i++;
	return i + 1;
}

static struct garm_bind_job *bind_job_create(struct garm_submit *s, struct garm_vm *vm, u32 room)
{
	struct garm_file *file = s->file->driver_priv;
	struct garm_bind_job *bind;
	int ret = -ENOMEM;

	if (!garm_file_add_job(file))
		return ERR_PTR(-EBUSY);
	bind = kvzalloc(struct_size(bind, ops, room), GFP_KERNEL_ACCOUNT);
	if (!bind)
		goto err_remove;
	bind->vm = vm;
	bind->file = file;
	ret = jobq_job_init(&bind->base, &vm->bindq, 1);
	if (ret)
		goto err_free;
	s->jobs[s->count++].job = &bind->base;
	return bind;

err_free:
	kvfree(bind);
err_remove:
	garm_file_remove_job(file);
	return ERR_PTR(ret);
}

/*
 * One job for as many operations as possible: a job costs much more than a small change. What can
 * be seen of it is that fences of reservations are one for all.
 * Return: operations that are in the job, or an error; the job is in @s and may be without any.
 */
static int create_job(struct garm_submit *s, struct garm_vm *vm,
		      const struct drm_panthor_vm_bind_op *list, u32 left)
{
	u32 room = count_joined(list, left), at = s->count;
	struct garm_bind_job *bind = bind_job_create(s, vm, room);
	int ret = 0;

	if (IS_ERR(bind))
		return PTR_ERR(bind);
	while (bind->count < room) {
		u32 i = bind->count++;

		ret = prepare_op(&bind->ops[i], vm, s->file, &list[i],
				 i ? &bind->ops[i - 1] : NULL);
		if (!ret && list[i].syncs.count)
			ret = garm_submit_set_syncs(s, at, &list[i].syncs);
		if (ret)
			return ret;
		/* Those before it do not wait. */
		if (i && has_waits(&s->jobs[at])) {
			cleanup_ops(&bind->ops[i], 1, vm);
			bind->count--;
			garm_submit_drop_syncs(s, at);
			break;
		}
	}
	return bind->count;
}

static int create_jobs(struct garm_submit *s, struct garm_vm *vm,
		       const struct drm_panthor_vm_bind_op *list, u32 count)
{
	s->count = 0;
	for (u32 i = 0; i < count;) {
		int n = garm_may_go_on(&vm->gdev->base) ?: create_job(s, vm, &list[i], count - i);

		if (n < 0)
			return n;
		i += n;
	}
	return garm_submit_prepare(s);
}

/* Lock the VM's reservation and those of all BOs that are mapped, with room for the fences. */
static int lock_all(struct garm_submit *s, struct garm_vm *vm)
{
	int ret = 0;

	drm_exec_until_all_locked(&s->exec) {
		const struct garm_bo *before = NULL;

		ret = drm_gpuvm_prepare_vm(&vm->base, &s->exec, 1);
		drm_exec_retry_on_contention(&s->exec);
		for (u32 i = 0; i < s->count && !ret; i++) {
			struct garm_bind_job *bind = to_bind_job(s->jobs[i].job);

			for (u32 op = 0; op < bind->count && !ret; op++) {
				struct garm_bo *bo = bind->ops[op].bo;

				if (!bo || bo == before)
					continue;
				ret = drm_exec_prepare_obj(&s->exec, &bo->base, 1);
				drm_exec_retry_on_contention(&s->exec);
				before = bo;
			}
		}
		if (ret)
			break;
	}
	return ret;
}

/* All fences are of one context, in order: each replaces the one before, one place suffices. */
static void bind_armed(struct garm_submit *s, u32 index, void *data)
{
	struct garm_bind_job *bind = to_bind_job(s->jobs[index].job);
	struct dma_fence *fence = s->jobs[index].fence;
	const struct garm_bo *before = NULL;
	struct garm_vm *vm = data;

	dma_resv_add_fence(garm_vm_resv(vm), fence, DMA_RESV_USAGE_BOOKKEEP);
	for (u32 op = 0; op < bind->count; op++) {
		struct garm_bo *bo = bind->ops[op].bo;

		if (bo && bo != before && bo->base.resv != garm_vm_resv(vm))
			dma_resv_add_fence(bo->base.resv, fence, DMA_RESV_USAGE_BOOKKEEP);
		before = bo;
	}
}

static int bind_async(struct garm_vm *vm, struct drm_file *file,
		      const struct drm_panthor_vm_bind_op *list, u32 count)
{
	struct garm_submit s;
	int ret;

	if (READ_ONCE(vm->destroyed) || !garm_vm_usable(vm))
		return -EINVAL;
	ret = garm_submit_init(&s, file, count);
	if (ret)
		return ret;
	ret = create_jobs(&s, vm, list, count);
	if (ret)
		goto out_submit;
	drm_exec_init(&s.exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES, 0);
	ret = lock_all(&s, vm);
	/* VM_DESTROY takes the reservation, and ends the queue after it. */
	if (!ret && vm->destroyed)
		ret = -EINVAL;
	if (!ret)
		garm_submit_arm_all(&s, bind_armed, vm);
	drm_exec_fini(&s.exec);
out_submit:
	garm_submit_fini(&s);
	return ret;
}

/**
 * garm_ioctl_vm_bind() - VM_BIND
 * @drm: the device
 * @data: the argument
 * @file: the caller
 *
 * Unlike Panthor, flags that do not exist are refused.
 * Return: 0; -EINVAL (VM, flags, an operation; asynchronous or map when the VM is unusable);
 * -ENOENT (syncobj to wait for); -EFAULT, -E2BIG, -ENOMEM, -EINTR; -ENODEV; -EBUSY when the file
 * has GARM_MAX_JOBS_PER_FILE jobs that have not ended; -ETIMEDOUT of the hardware for a synchronous
 * operation.
 */
int garm_ioctl_vm_bind(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_vm_bind *args = data;
	struct drm_panthor_vm_bind_op *list;
	struct garm_vm *vm;
	int ret, cookie;

	if (args->flags & ~DRM_PANTHOR_VM_BIND_ASYNC)
		return -EINVAL;
	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;
	vm = garm_vm_pool_get(file->driver_priv, args->vm_id);
	if (!vm) {
		ret = -EINVAL;
		goto out_exit;
	}
	list = GARM_ARRAY_GET(&args->ops, struct drm_panthor_vm_bind_op, syncs);
	if (IS_ERR(list)) {
		ret = PTR_ERR(list);
		goto out_put;
	}
	if (!args->ops.count)
		ret = 0;
	else if (args->flags & DRM_PANTHOR_VM_BIND_ASYNC)
		ret = bind_async(vm, file, list, args->ops.count);
	else
		ret = bind_sync(vm, file, list, &args->ops);
	kvfree(list);
out_put:
	garm_vm_put(vm);
out_exit:
	drm_dev_exit(cookie);
	return ret;
}
