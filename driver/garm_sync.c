// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * User arrays, answers of variable size, and the sync operations of an ioctl: see garm_sync.h.
 *
 * Called by every ioctl that takes an array, and by GROUP_SUBMIT and VM_BIND for their jobs; calls
 * the syncobj functions of DRM and the JobQueue.
 */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include "garm_sync.h"

#define GARM_ARRAY_LIMIT (64u << 20)
#define GARM_SYNC_FLAGS (DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_MASK | (u32)DRM_PANTHOR_SYNC_OP_SIGNAL)

/* A syncobj, or a point of it, that jobs of the ioctl signal. */
struct garm_signal {
	struct list_head node;
	u32 handle;
	u64 point;
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;	/* for a point */
	struct dma_fence *before;	/* what was there when the ioctl began, or NULL */
	struct dma_fence *fence;	/* of the last job that signals it; reference */
	/* while jobs are walked: the last one passed that signals it, or -1 */
	int producer;
};

/* A wait on a fence that exists only once the job that signals it is armed. */
struct garm_late_dep {
	struct list_head node;
	struct garm_signal *signal;
	u32 index;			/* job that waits */
	int dep;			/* its reserved room */
};

void *garm_array_get(const struct drm_panthor_obj_array *in, u32 min, u32 size)
{
	void __user *from = u64_to_user_ptr(in->array);
	void *array;
	size_t bytes;
	int ret = 0;

	if (!in->count)
		return NULL;
	if (in->stride < min)
		return ERR_PTR(-EINVAL);
	if (check_mul_overflow((size_t)in->count, (size_t)size, &bytes) || bytes > GARM_ARRAY_LIMIT)
		return ERR_PTR(-ENOMEM);
	array = kvzalloc(bytes, GFP_KERNEL);
	if (!array)
		return ERR_PTR(-ENOMEM);
	if (in->stride == size) {
		if (copy_from_user(array, from, bytes))
			ret = -EFAULT;
	} else {
		for (u32 i = 0; i < in->count && !ret; i++) {
			ret = copy_struct_from_user(array + (size_t)i * size, size,
						    from + (u64)i * in->stride, in->stride);
			if (!(i % 1024))
				cond_resched();
		}
	}
	if (ret) {
		kvfree(array);
		return ERR_PTR(ret);
	}
	return array;
}

int garm_copy_out(u64 user, u32 user_size, u32 min, u32 size, const void *kernel)
{
	void __user *to = u64_to_user_ptr(user);

	if (user_size < min)
		return -EINVAL;
	if (copy_to_user(to, kernel, min(user_size, size)))
		return -EFAULT;
	if (user_size > size && clear_user(to + size, user_size - size))
		return -EFAULT;
	return 0;
}

static bool is_signal(const struct drm_panthor_sync_op *op)
{
	return op->flags & (u32)DRM_PANTHOR_SYNC_OP_SIGNAL;
}

static int check_op(const struct drm_panthor_sync_op *op)
{
	u32 type = op->flags & DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_MASK;

	if (op->flags & ~GARM_SYNC_FLAGS)
		return -EINVAL;
	if (type != DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_SYNCOBJ &&
	    type != DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_TIMELINE_SYNCOBJ)
		return -EINVAL;
	if (type == DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_SYNCOBJ && op->timeline_value)
		return -EINVAL;
	return 0;
}

int garm_submit_init(struct garm_submit *s, struct drm_file *file, u32 count)
{
	*s = (struct garm_submit){ .file = file, .count = count };
	INIT_LIST_HEAD(&s->signals);
	INIT_LIST_HEAD(&s->late);
	s->jobs = kvcalloc(count, sizeof(*s->jobs), GFP_KERNEL);
	return s->jobs ? 0 : -ENOMEM;
}

int garm_submit_set_syncs(struct garm_submit *s, u32 index,
			  const struct drm_panthor_obj_array *syncs)
{
	struct garm_submit_job *job = &s->jobs[index];
	struct drm_panthor_sync_op *ops;

	ops = GARM_ARRAY_GET(syncs, struct drm_panthor_sync_op, timeline_value);
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	job->syncs = ops;
	job->sync_count = syncs->count;
	return 0;
}

void garm_submit_drop_syncs(struct garm_submit *s, u32 index)
{
	struct garm_submit_job *job = &s->jobs[index];

	kvfree(job->syncs);
	job->syncs = NULL;
	job->sync_count = 0;
}

static struct garm_signal *find_signal(struct garm_submit *s, const struct drm_panthor_sync_op *op)
{
	struct garm_signal *signal;

	list_for_each_entry(signal, &s->signals, node) {
		if (signal->handle == op->handle && signal->point == op->timeline_value)
			return signal;
	}
	return NULL;
}

static void free_signal(struct garm_signal *signal)
{
	if (signal->syncobj)
		drm_syncobj_put(signal->syncobj);
	dma_fence_chain_free(signal->chain);
	dma_fence_put(signal->before);
	dma_fence_put(signal->fence);
	kfree(signal);
}

static int add_signal(struct garm_submit *s, const struct drm_panthor_sync_op *op)
{
	struct garm_signal *signal;
	int ret = check_op(op);

	if (ret || find_signal(s, op))
		return ret;
	ret = -ENOMEM;
	signal = kzalloc(sizeof(*signal), GFP_KERNEL);
	if (!signal)
		return -ENOMEM;
	signal->handle = op->handle;
	signal->point = op->timeline_value;
	signal->producer = -1;
	if (signal->point) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain)
			goto err;
	}
	signal->syncobj = drm_syncobj_find(s->file, op->handle);
	ret = -EINVAL;
	if (!signal->syncobj)
		goto err;
	/* Nothing there yet is fine, unless somebody in this ioctl waits for it. */
	if (drm_syncobj_find_fence(s->file, op->handle, op->timeline_value, 0, &signal->before))
		signal->before = NULL;
	list_add_tail(&signal->node, &s->signals);
	return 0;
err:
	free_signal(signal);
	return ret;
}

static int add_late_dep(struct garm_submit *s, u32 index, struct garm_signal *signal)
{
	struct garm_late_dep *late = kzalloc(sizeof(*late), GFP_KERNEL);

	if (!late)
		return -ENOMEM;
	late->dep = jobq_job_reserve_dep(s->jobs[index].job);
	if (late->dep < 0) {
		int ret = late->dep;

		kfree(late);
		return ret;
	}
	late->signal = signal;
	late->index = index;
	list_add_tail(&late->node, &s->late);
	return 0;
}

static int add_wait(struct garm_submit *s, u32 index, const struct drm_panthor_sync_op *op)
{
	struct garm_signal *signal = find_signal(s, op);
	struct dma_fence *fence;
	int ret = check_op(op);

	if (ret)
		return ret;
	if (signal && signal->producer >= 0)
		return add_late_dep(s, index, signal);
	if (signal) {
		if (!signal->before)
			return -EINVAL;
		fence = dma_fence_get(signal->before);
	} else {
		ret = drm_syncobj_find_fence(s->file, op->handle, op->timeline_value, 0, &fence);
		if (ret)
			return ret;
	}
	return jobq_job_add_dep(s->jobs[index].job, fence);
}

/*
 * Each operation is checked when its turn comes, so that the first bad one gives the error, as in
 * Panthor.
 */
int garm_submit_prepare(struct garm_submit *s)
{
	int ret = 0;

	for (u32 i = 0; i < s->count && !ret; i++) {
		for (u32 op = 0; op < s->jobs[i].sync_count && !ret; op++) {
			if (is_signal(&s->jobs[i].syncs[op]))
				ret = add_signal(s, &s->jobs[i].syncs[op]);
		}
	}
	for (u32 i = 0; i < s->count && !ret; i++) {
		const struct garm_submit_job *job = &s->jobs[i];

		for (u32 op = 0; op < job->sync_count && !ret; op++) {
			if (!is_signal(&job->syncs[op]))
				ret = add_wait(s, i, &job->syncs[op]);
		}
		for (u32 op = 0; op < job->sync_count; op++) {
			if (is_signal(&job->syncs[op]))
				find_signal(s, &job->syncs[op])->producer = i;
		}
	}
	return ret;
}

static void publish(struct garm_submit *s)
{
	struct garm_signal *signal;

	list_for_each_entry(signal, &s->signals, node) {
		if (signal->chain) {
			drm_syncobj_add_point(signal->syncobj, signal->chain, signal->fence,
					      signal->point);
			signal->chain = NULL;	/* the syncobj owns it now */
		} else {
			drm_syncobj_replace_fence(signal->syncobj, signal->fence);
		}
	}
}

static void fill_late_deps(struct garm_submit *s, u32 index)
{
	struct garm_late_dep *late;

	list_for_each_entry(late, &s->late, node) {
		if (late->index != index)
			continue;
		jobq_job_fill_dep(s->jobs[index].job, late->dep,
				  dma_fence_get(late->signal->fence));
	}
}

void garm_submit_arm_all(struct garm_submit *s,
			 void (*armed)(struct garm_submit *s, u32 index, void *arg), void *arg)
{
	for (u32 i = 0; i < s->count; i++) {
		struct garm_submit_job *job = &s->jobs[i];

		fill_late_deps(s, i);
		job->fence = jobq_arm(job->job);
		for (u32 op = 0; op < job->sync_count; op++) {
			struct garm_signal *signal;

			if (!is_signal(&job->syncs[op]))
				continue;
			signal = find_signal(s, &job->syncs[op]);
			dma_fence_put(signal->fence);
			signal->fence = dma_fence_get(job->fence);
		}
		if (armed)
			armed(s, i, arg);
	}
	/* Before the push: a job that is done at once must not be freed under publish(). */
	publish(s);
	for (u32 i = 0; i < s->count; i++) {
		struct jobq_job *job = s->jobs[i].job;

		s->jobs[i].job = NULL;
		s->jobs[i].fence = NULL;
		jobq_push(job);
	}
}

void garm_submit_fini(struct garm_submit *s)
{
	struct garm_late_dep *late, *next_late;
	struct garm_signal *signal, *next;

	list_for_each_entry_safe(late, next_late, &s->late, node)
		kfree(late);
	list_for_each_entry_safe(signal, next, &s->signals, node)
		free_signal(signal);
	for (u32 i = 0; s->jobs && i < s->count; i++) {
		struct jobq_job *job = s->jobs[i].job;

		kvfree(s->jobs[i].syncs);
		if (job) {
			jobq_job_discard(job);
			job->q->ops->free(job);
		}
	}
	kvfree(s->jobs);
	s->jobs = NULL;
}
