// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Groups and their queues: memory, handles, life and death, and the ioctls for them but
 * GROUP_SUBMIT.
 *
 * Called by the ioctl table (garm_drv.c) and by the other files of the scheduler; calls vm, gem and
 * fw for memory, and the JobQueue.
 */
#include <linux/capability.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <drm/drm_auth.h>

#include "garm_sched.h"
#include "garm_sched_internal.h"
#include "garm_sync.h"
#include "garm_trace.h"
#include "garm_vm.h"

/* What the GPU and the driver share and no shader may execute or user space may map. */
#define GARM_SHARED_BO_FLAGS	DRM_PANTHOR_BO_NO_MMAP
#define GARM_SHARED_MAP_FLAGS \
	(DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC | DRM_PANTHOR_VM_BIND_OP_MAP_UNCACHED)

/* One of a group's pieces of memory, mapped for the CPU if @map. Stored even if that fails. */
static int keep_kbo(struct garm_group *group, struct garm_kbo **where, struct garm_kbo *kbo,
		    bool map)
{
	if (IS_ERR(kbo))
		return PTR_ERR(kbo);
	*where = kbo;
	group->kbo_bytes += garm_kbo_size(kbo);
	return map ? garm_kbo_vmap(kbo) : 0;
}

static u32 ring_jobs(u32 ring_size)
{
	return ring_size / (GARM_JOB_MIN_LINES * GARM_RING_LINE);
}

/* Sizes of a group's parts of the shared memory; each begins a line. */
static size_t syncs_size(const struct garm_group *group)
{
	return ALIGN(group->queue_count * sizeof(struct garm_sync64), GARM_RING_LINE);
}

static size_t reports_size(u32 ring_size)
{
	return ALIGN(ring_jobs(ring_size) * sizeof(struct garm_job_report), GARM_RING_LINE);
}

/* Rings first, so that they begin pages, then sync objects, then the queues' job reports. */
static int create_shared(struct garm_group *group, const struct drm_panthor_queue_create *args)
{
	size_t size = syncs_size(group), ring_at = 0, at = 0;
	int ret;

	for (u32 i = 0; i < group->queue_count; i++) {
		at += args[i].ringbuf_size;
		size += args[i].ringbuf_size + reports_size(args[i].ringbuf_size);
	}
	ret = keep_kbo(group, &group->shared,
		       garm_kbo_create(group->gdev, group->vm, size, GARM_SHARED_BO_FLAGS,
				       GARM_SHARED_MAP_FLAGS, GARM_KBO_AUTO_VA, "group's queues"),
		       true);
	if (ret)
		return ret;
	group->syncs = group->shared->kmap + at;
	group->syncs_va = group->shared->va + at;
	memset(group->syncs, 0, syncs_size(group));
	at += syncs_size(group);
	for (u32 i = 0; i < group->queue_count; i++) {
		struct garm_queue *queue = &group->queues[i];

		queue->ring_size = args[i].ringbuf_size;
		queue->ring = group->shared->kmap + ring_at;
		queue->ring_va = group->shared->va + ring_at;
		ring_at += queue->ring_size;
		queue->reports = group->shared->kmap + at;
		queue->reports_va = group->shared->va + at;
		at += reports_size(queue->ring_size);
	}
	return 0;
}

static int create_ifaces(struct garm_group *group)
{
	int ret = keep_kbo(group, &group->ifaces,
			   garm_fw_alloc_ring_ifaces(group->gdev, group->queue_count), false);

	for (u32 i = 0; i < group->queue_count && !ret; i++) {
		struct garm_queue *queue = &group->queues[i];

		queue->iface_va = group->ifaces->va + i * FW_RING_IFACE_SIZE;
		queue->in = group->ifaces->kmap + i * FW_RING_IFACE_SIZE;
		queue->out = (void *)queue->in + FW_RING_OUT_OFFSET;
	}
	return ret;
}

static int create_save(struct garm_group *group)
{
	struct garm_csg_iface *csg = garm_fw_csg(group->gdev, 0);
	size_t first = ALIGN(csg->suspend_size, SZ_4K);
	int ret = keep_kbo(group, &group->save,
			   garm_fw_alloc_suspend_bufs(group->gdev,
						      first + csg->protm_suspend_size), false);

	if (ret)
		return ret;
	group->suspend_va = group->save->va;
	group->protm_va = group->save->va + first;
	return 0;
}

static int queue_init(struct garm_queue *queue, const struct drm_panthor_queue_create *args)
{
	struct garm_group *group = queue->group;
	u32 job_count = ring_jobs(args->ringbuf_size);

	queue->priority = args->priority;
	queue->job_mask = job_count - 1;
	queue->jobs = kvcalloc(job_count, sizeof(*queue->jobs), GFP_KERNEL);
	if (!queue->jobs)
		return -ENOMEM;
	jobq_init(&queue->jobq, &garm_job_ops, queue->name, group->gdev->sched->wq,
		  garm_ring_credits(args->ringbuf_size), garm_job_timeout());
	jobq_timer_stop(&queue->jobq);
	return 0;
}

static void queue_fini(struct garm_queue *queue)
{
	if (queue->jobq.ops)
		jobq_destroy(&queue->jobq);
	garm_wait_unmap(queue);
	kvfree(queue->jobs);
}

static void pool_put(struct garm_group_pool *pool)
{
	if (refcount_dec_and_test(&pool->live))
		complete(&pool->empty);
}

/*
 * The last reference may be dropped on the fence-signalling path; what follows sleeps and takes
 * reservations.
 */
static void group_release_work(struct work_struct *work)
{
	struct garm_group *group = container_of(work, struct garm_group, release_work);
	struct garm_group_pool *pool = group->pool;

	for (u32 i = 0; i < group->queue_count; i++)
		queue_fini(&group->queues[i]);
	garm_kbo_destroy(group->shared);
	garm_kbo_destroy(group->ifaces);
	garm_kbo_destroy(group->save);
	garm_vm_put(group->vm);
	kvfree(group);
	pool_put(pool);
}

static void group_release(struct kref *ref)
{
	struct garm_group *group = container_of(ref, struct garm_group, ref);

	drm_WARN_ON(&group->gdev->base, group->cand.slot >= 0 || !list_empty(&group->node) ||
		    !list_empty(&group->cand.node));
	queue_work(group->gdev->sched->free_wq, &group->release_work);
}

struct garm_group *garm_group_get(struct garm_group *group)
{
	kref_get(&group->ref);
	return group;
}

/** garm_group_put() - any context that may take a spinlock; the release is done elsewhere */
void garm_group_put(struct garm_group *group)
{
	if (group)
		kref_put(&group->ref, group_release);
}

/* What a queue's jobs end with when its group dies. */
static int death_error(const struct garm_group *group, u32 queue)
{
	if (group->fatal_queues & BIT(queue))
		return -EINVAL;
	return group->timedout ? -ETIMEDOUT : -ECANCELED;
}

/**
 * garm_group_kill() - the end of a group: every fence of its queues signals, now and later
 * @group: the group
 *
 * The caller holds the scheduler's lock, taken inside dma_fence_begin_signalling(), and has made
 * sure that the GPU no longer runs the group: it is on no slot. Drops the scheduler's reference.
 * Does nothing the second time.
 */
void garm_group_kill(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;

	lockdep_assert_held(&sched->lock);
	if (group->state == GARM_GROUP_DEAD)
		return;
	drm_WARN_ON(&group->gdev->base, group->cand.slot >= 0 || garm_group_can_run(group));

	for (u32 i = 0; i < group->queue_count; i++) {
		struct garm_queue *queue = &group->queues[i];
		struct garm_sync64 *sync = garm_queue_sync(queue);

		/* What was done in time was done well. */
		garm_queue_check_done(queue);
		/* Nothing on the GPU waits for this queue any more. */
		WRITE_ONCE(sync->status, ~0u);
		WRITE_ONCE(sync->seqno, ~0ull);
		jobq_kill(&queue->jobq, death_error(group, i));
	}
	WRITE_ONCE(group->state, GARM_GROUP_DEAD);
	trace_garm_group_ended(group);
	group->cand.can_run = false;
	list_del_init(&group->node);
	list_del_init(&group->doomed_node);
	list_del_init(&group->cand.node);
	garm_group_put(group);
}

/**
 * garm_group_fatal() - queues of the group cannot go on, so the group cannot; scheduler's lock held
 * @group: the group
 * @queues: mask
 */
void garm_group_fatal(struct garm_group *group, u32 queues)
{
	lockdep_assert_held(&group->gdev->sched->lock);
	WRITE_ONCE(group->fatal_queues, group->fatal_queues | queues);
	garm_sched_ended(group);
}

/* Is a priority the caller's to ask for? 0, -EINVAL, or -EACCES. */
static int check_priority(struct drm_file *file, u8 priority)
{
	if (priority > PANTHOR_GROUP_PRIORITY_REALTIME)
		return -EINVAL;
	if (priority <= PANTHOR_GROUP_PRIORITY_MEDIUM)
		return 0;
	return capable(CAP_SYS_NICE) || drm_is_current_master(file) ? 0 : -EACCES;
}

/**
 * garm_allowed_priorities() - for DEV_QUERY: a bit for each priority that the caller may ask for
 * @file: the caller's open file
 */
u8 garm_allowed_priorities(struct drm_file *file)
{
	u8 mask = 0;

	for (u8 priority = 0; priority <= PANTHOR_GROUP_PRIORITY_REALTIME; priority++) {
		if (!check_priority(file, priority))
			mask |= BIT(priority);
	}
	return mask;
}

static int check_cores(struct garm_device *gdev, const struct drm_panthor_group_create *args)
{
	const struct drm_panthor_gpu_info *info = &gdev->gpu_info;

	if ((args->compute_core_mask | args->fragment_core_mask) & ~info->shader_present ||
	    args->tiler_core_mask & ~info->tiler_present)
		return -EINVAL;
	if (hweight64(args->compute_core_mask) < args->max_compute_cores ||
	    hweight64(args->fragment_core_mask) < args->max_fragment_cores ||
	    hweight64(args->tiler_core_mask) < args->max_tiler_cores)
		return -EINVAL;
	return 0;
}

static int check_queues(const struct drm_panthor_queue_create *queues, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		const struct drm_panthor_queue_create *queue = &queues[i];

		if (queue->pad[0] || queue->pad[1] || queue->pad[2] ||
		    queue->priority > GARM_QUEUE_PRIORITY_MAX ||
		    queue->ringbuf_size < GARM_RING_MIN_SIZE ||
		    queue->ringbuf_size > GARM_RING_MAX_SIZE || !is_power_of_2(queue->ringbuf_size))
			return -EINVAL;
	}
	return 0;
}

static struct garm_group *group_alloc(struct garm_file *file,
				      const struct drm_panthor_group_create *args)
{
	struct task_struct *task = current->group_leader;
	struct garm_group *group;

	group = kvzalloc(struct_size(group, queues, args->queues.count), GFP_KERNEL);
	if (!group)
		return NULL;
	group->queue_count = args->queues.count;
	kref_init(&group->ref);
	group->gdev = file->gdev;
	group->pool = file->groups;
	refcount_inc(&group->pool->live);
	INIT_WORK(&group->release_work, group_release_work);
	INIT_WORK(&group->oom_work, garm_group_oom_work);
	INIT_LIST_HEAD(&group->node);
	INIT_LIST_HEAD(&group->doomed_node);
	INIT_LIST_HEAD(&group->cand.node);
	group->cand.slot = -1;
	group->cand.priority = args->priority;
	group->cand.can_run = true;
	group->idle_queues = garm_group_all_queues(group);
	group->compute_mask = args->compute_core_mask;
	group->fragment_mask = args->fragment_core_mask;
	group->tiler_mask = args->tiler_core_mask;
	group->max_compute = args->max_compute_cores;
	group->max_fragment = args->max_fragment_cores;
	group->max_tiler = args->max_tiler_cores;
	group->task.pid = task->pid;
	get_task_comm(group->task.comm, task);
	for (u32 i = 0; i < group->queue_count; i++) {
		group->queues[i].group = group;
		group->queues[i].index = i;
	}
	return group;
}

/* The memory of a group; on failure the caller drops it with what it has got so far. */
static int group_init(struct garm_group *group, struct drm_file *drm_file,
		      const struct drm_panthor_queue_create *queues)
{
	int ret;

	group->client = drm_file->client_id;
	group->serial = atomic_inc_return(&group->pool->serial);
	ret = create_save(group);
	if (!ret)
		ret = create_ifaces(group);
	if (!ret)
		ret = create_shared(group, queues);
	for (u32 i = 0; i < group->queue_count && !ret; i++) {
		struct garm_queue *queue = &group->queues[i];

		scnprintf(queue->name, sizeof(queue->name), "garm-%llu-%u-%u", group->client,
			  group->serial, i);
		ret = queue_init(queue, &queues[i]);
	}
	return ret;
}

/* From here on it counts as one of the device's groups, until it is killed. */
static void group_destroy(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;
	bool cookie = dma_fence_begin_signalling();

	mutex_lock(&sched->lock);
	WRITE_ONCE(group->destroyed, true);
	garm_sched_ended(group);
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(cookie);
	garm_group_put(group);
}

static int group_create(struct drm_file *drm_file, struct drm_panthor_group_create *args,
			const struct drm_panthor_queue_create *queues)
{
	struct garm_file *file = drm_file->driver_priv;
	struct garm_group *group = group_alloc(file, args);
	int ret;

	if (!group)
		return -ENOMEM;
	ret = -EINVAL;
	group->vm = garm_vm_pool_get(file, args->vm_id);
	if (!group->vm)
		goto err_put;
	group->cand.vm = group->vm;
	ret = group_init(group, drm_file, queues);
	if (ret)
		goto err_put;

	trace_garm_group_created(group);
	garm_sched_add(group);
	/* Published last: from here on another thread may use it, or destroy it. */
	ret = xa_alloc(&file->groups->xa, &args->group_handle, group,
		       XA_LIMIT(1, GARM_MAX_GROUPS_PER_FILE), GFP_KERNEL);
	if (ret)
		group_destroy(group);
	return ret;
err_put:
	garm_group_put(group);
	return ret;
}

/**
 * garm_ioctl_group_create() - GROUP_CREATE
 * @drm: the device
 * @data: argument of the ioctl
 * @file: the caller's open file
 *
 * Return: 0; -EINVAL for anything malformed, an unknown VM, or more queues than a slot has streams;
 * -EACCES for a priority that the caller may not have; -EBUSY beyond 128 groups; -ENODEV; -ENOMEM.
 */
int garm_ioctl_group_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct garm_device *gdev = to_garm_device(drm);
	struct drm_panthor_group_create *args = data;
	struct drm_panthor_queue_create *queues;
	int ret, cookie;

	if (!args->queues.count || args->queues.count > GARM_MAX_CS_PER_CSG)
		return -EINVAL;
	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;
	queues = GARM_ARRAY_GET(&args->queues, struct drm_panthor_queue_create, ringbuf_size);
	ret = PTR_ERR_OR_ZERO(queues);
	if (ret)
		goto out_exit;
	ret = check_priority(file, args->priority);
	if (ret)
		goto out_free;
	if (args->pad || args->queues.count > garm_fw_cs_count(gdev)) {
		ret = -EINVAL;
		goto out_free;
	}
	ret = check_cores(gdev, args);
	if (!ret)
		ret = check_queues(queues, args->queues.count);
	if (!ret)
		ret = group_create(file, args, queues);
out_free:
	kvfree(queues);
out_exit:
	drm_dev_exit(cookie);
	return ret;
}

/**
 * garm_ioctl_group_destroy() - GROUP_DESTROY; jobs end with ECANCELED. -EINVAL: pad, unknown handle
 * @drm: the device
 * @data: argument of the ioctl
 * @drm_file: the caller's open file
 */
int garm_ioctl_group_destroy(struct drm_device *drm, void *data, struct drm_file *drm_file)
{
	struct garm_file *file = drm_file->driver_priv;
	struct drm_panthor_group_destroy *args = data;
	struct garm_group *group;

	if (args->pad)
		return -EINVAL;
	group = xa_erase(&file->groups->xa, args->group_handle);
	if (!group)
		return -EINVAL;
	group_destroy(group);
	return 0;
}

/** garm_group_lookup() - the group of a handle, with a reference, or NULL */
struct garm_group *garm_group_lookup(struct garm_file *file, u32 handle)
{
	struct garm_group *group;

	xa_lock(&file->groups->xa);
	group = xa_load(&file->groups->xa, handle);
	if (group)
		garm_group_get(group);
	xa_unlock(&file->groups->xa);
	return group;
}

/**
 * garm_ioctl_group_get_state() - GROUP_GET_STATE
 * @drm: the device
 * @data: argument of the ioctl
 * @drm_file: the caller's open file
 *
 * Without the scheduler's lock: whoever has seen a fence's error sees the state, which was set
 * before. The answer's handle is zero, as Panthor's is. Return: 0, or -EINVAL for a pad or an
 * unknown handle.
 */
int garm_ioctl_group_get_state(struct drm_device *drm, void *data, struct drm_file *drm_file)
{
	struct garm_file *file = drm_file->driver_priv;
	struct drm_panthor_group_get_state *args = data;
	struct garm_group *group;

	if (args->pad)
		return -EINVAL;
	group = garm_group_lookup(file, args->group_handle);
	if (!group)
		return -EINVAL;
	*args = (struct drm_panthor_group_get_state){};
	args->fatal_queues = READ_ONCE(group->fatal_queues);
	if (READ_ONCE(group->vm_gone) && !args->fatal_queues)
		args->fatal_queues = garm_group_all_queues(group);
	if (args->fatal_queues)
		args->state |= DRM_PANTHOR_GROUP_STATE_FATAL_FAULT;
	if (READ_ONCE(group->timedout))
		args->state |= DRM_PANTHOR_GROUP_STATE_TIMEDOUT;
	if (READ_ONCE(group->innocent))
		args->state |= DRM_PANTHOR_GROUP_STATE_INNOCENT;
	garm_group_put(group);
	return 0;
}

/**
 * garm_group_memory() - for fdinfo: bytes that a file's groups hold, and those of groups on a slot
 * @file: the caller's open file
 * @resident: out: of all groups
 * @active: out: of those on a slot
 */
void garm_group_memory(struct garm_file *file, u64 *resident, u64 *active)
{
	struct garm_group *group;
	unsigned long handle;

	*resident = 0;
	*active = 0;
	xa_lock(&file->groups->xa);
	xa_for_each(&file->groups->xa, handle, group) {
		*resident += group->kbo_bytes;
		if (READ_ONCE(group->cand.slot) >= 0)
			*active += group->kbo_bytes;
	}
	xa_unlock(&file->groups->xa);
}

/** garm_group_pool_create() - at open: room for the file's groups. -ENOMEM */
int garm_group_pool_create(struct garm_file *file)
{
	struct garm_group_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return -ENOMEM;
	pool->file = file;
	xa_init_flags(&pool->xa, XA_FLAGS_ALLOC1);
	refcount_set(&pool->live, 1);
	init_completion(&pool->empty);
	file->groups = pool;
	return 0;
}

/**
 * garm_group_pool_destroy() - at close: all groups of the file end
 * @file: the caller's open file
 *
 * Returns when the last one has been released, so no group outlives its file, and its VMs can be
 * torn down: the firmware writes heap contexts while it suspends or terminates a group. Sleeps.
 */
void garm_group_pool_destroy(struct garm_file *file)
{
	struct garm_group_pool *pool = file->groups;
	struct garm_group *group;
	unsigned long handle;

	if (!pool)
		return;
	xa_for_each(&pool->xa, handle, group) {
		if (xa_erase(&pool->xa, handle))
			group_destroy(group);
	}
	pool_put(pool);
	wait_for_completion(&pool->empty);
	xa_destroy(&pool->xa);
	kfree(pool);
	file->groups = NULL;
}
