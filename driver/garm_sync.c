// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * User arrays, answers of variable size, and the sync operations of an ioctl: see garm_sync.h.
 *
 * Called by every ioctl that takes an array, and by GROUP_SUBMIT and VM_BIND for their jobs; calls
 * the syncobj functions of DRM and the JobQueue.
 */
#include <linux/bsearch.h>
#include <linux/dma-fence-chain.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include "garm_sync.h"

#define GARM_ARRAY_LIMIT (64u << 20)
#define GARM_SYNC_FLAGS (DRM_PANTHOR_SYNC_OP_HANDLE_TYPE_MASK | (u32)DRM_PANTHOR_SYNC_OP_SIGNAL)

/*
 * Distinct syncobjs and points that one ioctl may signal. For each point drm_syncobj_add_point()
 * walks all earlier ones that have not signalled, with reservations held.
 */
#define GARM_MAX_SIGNALS 16384

/*
 * A syncobj, or a point of it, that jobs of the ioctl signal. They are sorted: millions of
 * operations may name them, and between arming and pushing nobody must have to search for long.
 */
struct garm_signal {
	struct list_head node;		/* in garm_submit.in_order */
	u32 handle;
	u64 point;
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;	/* for a point */
	struct dma_fence *before;	/* what was there when the ioctl began, or NULL */
	struct dma_fence *fence;	/* of the last job that signals it; reference */
	/* while jobs are walked: the last one passed that signals it, or -1 */
	s64 producer;
	s64 waiter;			/* the last one passed that waits for that, or -1 */
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
	array = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
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
	INIT_LIST_HEAD(&s->in_order);
	INIT_LIST_HEAD(&s->late);
	s->jobs = kvcalloc(count, sizeof(*s->jobs), GFP_KERNEL_ACCOUNT);
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

int garm_may_go_on(struct drm_device *drm)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	if (drm_dev_is_unplugged(drm))
		return -ENODEV;
	cond_resched();
	return 0;
}

static int compare_signals(const void *a, const void *b)
{
	const struct garm_signal *x = a, *y = b;

	if (x->handle != y->handle)
		return x->handle < y->handle ? -1 : 1;
	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	return 0;
}

static struct garm_signal *find_signal(struct garm_submit *s, const struct drm_panthor_sync_op *op)
{
	const struct garm_signal key = { .handle = op->handle, .point = op->timeline_value };

	return bsearch(&key, s->signals, s->signal_count, sizeof(key), compare_signals);
}

static void fini_signal(struct garm_signal *signal)
{
	if (signal->syncobj)
		drm_syncobj_put(signal->syncobj);
	dma_fence_chain_free(signal->chain);
	dma_fence_put(signal->before);
	dma_fence_put(signal->fence);
}

static int init_signal(struct garm_submit *s, struct garm_signal *signal)
{
	signal->producer = -1;
	signal->waiter = -1;
	if (signal->point) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain)
			return -ENOMEM;
	}
	signal->syncobj = drm_syncobj_find(s->file, signal->handle);
	if (!signal->syncobj)
		return -EINVAL;
	/* Nothing there yet is fine, unless somebody in this ioctl waits for it. */
	if (drm_syncobj_find_fence(s->file, signal->handle, signal->point, 0, &signal->before))
		signal->before = NULL;
	return 0;
}

/* How many operations signal; all operations that do are checked. */
static int count_signals(struct garm_submit *s, size_t *count)
{
	*count = 0;
	for (u32 i = 0; i < s->count; i++) {
		cond_resched();
		for (u32 op = 0; op < s->jobs[i].sync_count; op++) {
			int ret;

			if (!is_signal(&s->jobs[i].syncs[op]))
				continue;
			ret = check_op(&s->jobs[i].syncs[op]);
			if (ret)
				return ret;
			++*count;
		}
	}
	return 0;
}

static void collect_signals(struct garm_submit *s)
{
	size_t n = 0, distinct = 0;

	for (u32 i = 0; i < s->count; i++) {
		cond_resched();
		for (u32 op = 0; op < s->jobs[i].sync_count; op++) {
			const struct drm_panthor_sync_op *sync = &s->jobs[i].syncs[op];

			if (!is_signal(sync))
				continue;
			s->signals[n].handle = sync->handle;
			s->signals[n++].point = sync->timeline_value;
		}
	}
	sort(s->signals, n, sizeof(*s->signals), compare_signals, NULL);
	for (size_t i = 0; i < n; i++) {
		if (i && !compare_signals(&s->signals[i], &s->signals[distinct - 1]))
			continue;
		s->signals[distinct++] = s->signals[i];
	}
	s->signal_count = distinct;
}

static int add_signals(struct garm_submit *s)
{
	size_t count;
	int ret = count_signals(s, &count);

	if (ret || !count)
		return ret;
	s->signals = kvcalloc(count, sizeof(*s->signals), GFP_KERNEL_ACCOUNT);
	if (!s->signals)
		return -ENOMEM;
	collect_signals(s);
	if (s->signal_count > GARM_MAX_SIGNALS)
		return -E2BIG;
	for (size_t i = 0; i < s->signal_count && !ret; i++)
		ret = garm_may_go_on(s->file->minor->dev) ?: init_signal(s, &s->signals[i]);
	return ret;
}

static int add_late_dep(struct garm_submit *s, u32 index, struct garm_signal *signal)
{
	struct garm_late_dep *late;

	/* Once is enough. */
	if (signal->waiter == index)
		return 0;
	late = kzalloc(sizeof(*late), GFP_KERNEL_ACCOUNT);
	if (!late)
		return -ENOMEM;
	signal->waiter = index;
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

static int add_waits(struct garm_submit *s, u32 index)
{
	const struct garm_submit_job *job = &s->jobs[index];
	int ret = garm_may_go_on(s->file->minor->dev);

	for (u32 op = 0; op < job->sync_count && !ret; op++) {
		if (is_signal(&job->syncs[op]))
			continue;
		/* Each is compared with those before it. */
		ret = garm_may_go_on(s->file->minor->dev) ?: add_wait(s, index, &job->syncs[op]);
	}
	return ret;
}

/*
 * Operations that signal are checked before those that wait, and these in their order, so that the
 * first bad one gives the error, as in Panthor.
 */
int garm_submit_prepare(struct garm_submit *s)
{
	int ret = add_signals(s);

	for (u32 i = 0; i < s->count && !ret; i++) {
		const struct garm_submit_job *job = &s->jobs[i];

		ret = add_waits(s, i);
		for (u32 op = 0; op < job->sync_count && !ret; op++) {
			struct garm_signal *signal;

			if (!is_signal(&job->syncs[op]))
				continue;
			signal = find_signal(s, &job->syncs[op]);
			if (signal->producer < 0)
				list_add_tail(&signal->node, &s->in_order);
			signal->producer = i;
		}
	}
	return ret;
}

static void publish(struct garm_submit *s)
{
	struct garm_signal *signal;

	list_for_each_entry(signal, &s->in_order, node) {
		if (signal->chain) {
			drm_syncobj_add_point(signal->syncobj, signal->chain, signal->fence,
					      signal->point);
			signal->chain = NULL;	/* the syncobj owns it now */
		} else {
			drm_syncobj_replace_fence(signal->syncobj, signal->fence);
		}
	}
}

/* The list is in the order of the jobs that wait. */
static void fill_late_deps(struct garm_submit *s, u32 index)
{
	struct garm_late_dep *late, *next;

	list_for_each_entry_safe(late, next, &s->late, node) {
		if (late->index != index)
			break;
		jobq_job_fill_dep(s->jobs[index].job, late->dep,
				  dma_fence_get(late->signal->fence));
		list_del(&late->node);
		kfree(late);
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
		cond_resched();
	}
	for (u32 i = 0; i < s->count; i++) {
		struct jobq_job *job = s->jobs[i].job;

		s->jobs[i].job = NULL;
		s->jobs[i].fence = NULL;
		jobq_push(job);
	}
	/* It has references of its own and may take its time: the fences signal. */
	publish(s);
}

void garm_submit_fini(struct garm_submit *s)
{
	struct garm_late_dep *late, *next_late;

	list_for_each_entry_safe(late, next_late, &s->late, node)
		kfree(late);
	for (size_t i = 0; i < s->signal_count; i++)
		fini_signal(&s->signals[i]);
	kvfree(s->signals);
	s->signals = NULL;
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
