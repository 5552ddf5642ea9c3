// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues that wait for a sync object in the user's memory (SYNC_WAIT) while their group has no
 * slot.
 *
 * The firmware looks after them as long as the group is on a slot. Off the slots the CPU reads the
 * object, on every sync update and now and then, and makes the group ready when the wait is over.
 * Called by garm_csg.c (status), garm_events.c and the tick; calls vm and gem for the mapping.
 *
 * The mapping takes reservations and memory, so it is made by a work item off the fence-signalling
 * path. Until it exists, and where it cannot be made, the queue does not count as blocked: the
 * group competes for slots like a ready one and the firmware looks. So no fence ever depends on the
 * mapping.
 */
#include "garm_sched_internal.h"
#include "garm_vm.h"

static u32 wait_bytes(bool is64)
{
	return is64 ? sizeof(u64) : sizeof(u32);
}

/** garm_wait_set() - the firmware says what the queue waits for; scheduler's lock held */
void garm_wait_set(struct garm_queue *queue, const struct fw_cs_out *out)
{
	u32 wait = READ_ONCE(out->status_wait);
	u64 va = READ_ONCE(out->status_wait_sync_ptr);
	u64 ref = READ_ONCE(out->status_wait_sync_value);
	bool is64 = wait & CS_STATUS_WAIT_SYNC_64B;

	if (is64)
		ref |= (u64)READ_ONCE(out->status_wait_sync_value_hi) << 32;
	if (va != queue->wait.va || is64 != queue->wait.is64)
		queue->wait.unmappable = false;
	queue->wait.va = va;
	queue->wait.is64 = is64;
	queue->wait.ref = ref;
	queue->wait.gt = CS_STATUS_WAIT_CONDITION(wait) == CS_STATUS_WAIT_GT;
	queue->wait.valid = true;
}

static bool mapping_fits(const struct garm_queue *queue)
{
	return queue->wait.bo && !queue->wait.map_old && queue->wait.map_va == queue->wait.va &&
	       queue->wait.map_64 == queue->wait.is64;
}

static u64 read_object(const struct garm_queue *queue)
{
	return queue->wait.is64 ? READ_ONCE(*(const u64 *)queue->wait.map) :
				  READ_ONCE(*(const u32 *)queue->wait.map);
}

/**
 * garm_wait_over() - may the queue go on, as far as the CPU can tell?
 * @queue: the queue
 *
 * The scheduler's lock is held. Return: true also when the CPU cannot tell (yet).
 */
bool garm_wait_over(struct garm_queue *queue)
{
	struct garm_sched *sched = queue->group->gdev->sched;
	u64 value;

	lockdep_assert_held(&sched->lock);
	if (!queue->wait.valid || queue->wait.unmappable)
		return true;
	if (!mapping_fits(queue)) {
		if (!queue->wait.want_map) {
			queue->wait.want_map = true;
			queue_work(sched->alloc_wq, &sched->map_work);
		}
		return true;
	}
	value = read_object(queue);
	if (queue->wait.gt ? value <= queue->wait.ref : value > queue->wait.ref)
		return false;
	/* Something else may be mapped there by the time of the next wait. */
	queue->wait.map_old = true;
	queue->wait.valid = false;
	return true;
}

/* Blocked queues of a group whose wait is over are blocked no more. */
static bool unblock_queues(struct garm_group *group)
{
	unsigned long blocked = group->blocked_queues;
	u32 before = group->blocked_queues, i;

	for_each_set_bit(i, &blocked, group->queue_count) {
		if (garm_wait_over(&group->queues[i]))
			group->blocked_queues &= ~BIT(i);
	}
	return group->blocked_queues != before;
}

/** garm_sched_look_at_waits() - sync objects may have changed; scheduler's lock held */
void garm_sched_look_at_waits(struct garm_sched *sched)
{
	struct garm_group *group;

	lockdep_assert_held(&sched->lock);
	list_for_each_entry(group, &sched->groups, node) {
		if (group->blocked_queues && unblock_queues(group))
			garm_sched_became_ready(group);
	}
}

/* A queue that wants a mapping, with a reference to its group. */
static struct garm_queue *next_to_map(struct garm_sched *sched)
{
	struct garm_group *group;

	list_for_each_entry(group, &sched->groups, node) {
		for (u32 i = 0; i < group->queue_count; i++) {
			if (!group->queues[i].wait.want_map)
				continue;
			group->queues[i].wait.want_map = false;
			garm_group_get(group);
			return &group->queues[i];
		}
	}
	return NULL;
}

/*
 * The object as the CPU sees it. Memory of other devices, and cached mappings that the GPU does not
 * snoop, are not worth the trouble: the firmware looks at those.
 */
static int map_object(struct garm_group *group, u64 va, u32 bytes, struct garm_bo **out,
		      const void **map)
{
	struct garm_bo *bo;
	void *vaddr;
	u64 offset;
	int ret;

	if (!IS_ALIGNED(va, bytes))
		return -EINVAL;
	bo = garm_vm_bo_at(group->vm, va, &offset);
	if (IS_ERR_OR_NULL(bo))
		return bo ? PTR_ERR(bo) : -ENOENT;
	ret = -EOPNOTSUPP;
	if (drm_gem_is_imported(&bo->base) || (bo->cached && !group->gdev->coherent))
		goto err_put;
	ret = -EINVAL;
	if (offset > bo->base.size - bytes || !IS_ALIGNED(offset, bytes))
		goto err_put;
	ret = garm_bo_vmap(bo, &vaddr);
	if (ret)
		goto err_put;
	*out = bo;
	*map = vaddr + offset;
	return 0;
err_put:
	drm_gem_object_put(&bo->base);
	return ret;
}

static void drop_mapping(struct garm_bo *bo)
{
	if (!bo)
		return;
	garm_bo_vunmap(bo);
	drm_gem_object_put(&bo->base);
}

static void map_wait(struct garm_queue *queue, u64 va, bool is64)
{
	struct garm_group *group = queue->group;
	struct garm_sched *sched = group->gdev->sched;
	struct garm_bo *bo = NULL;
	const void *map = NULL;
	int ret;

	ret = map_object(group, va, wait_bytes(is64), &bo, &map);
	if (ret)
		drm_dbg(&group->gdev->base, "%s: sync object at 0x%llx cannot be mapped: %d\n",
			queue->name, va, ret);

	mutex_lock(&sched->lock);
	if (queue->wait.va == va && queue->wait.is64 == is64) {
		if (ret) {
			queue->wait.unmappable = true;
		} else {
			swap(queue->wait.bo, bo);
			queue->wait.map = map;
			queue->wait.map_va = va;
			queue->wait.map_64 = is64;
			queue->wait.map_old = false;
			/* The status will tell whether the queue is blocked. */
			garm_sched_kick(sched, 0);
		}
	}
	mutex_unlock(&sched->lock);
	drop_mapping(bo);
}

/**
 * garm_sched_map_waits() - work: map the sync objects that queues wait for. Off the
 * fence-signalling path
 * @work: the work item
 */
void garm_sched_map_waits(struct work_struct *work)
{
	struct garm_sched *sched = container_of(work, struct garm_sched, map_work);
	struct garm_queue *queue;
	bool is64;
	u64 va;

	for (;;) {
		mutex_lock(&sched->lock);
		queue = next_to_map(sched);
		if (queue) {
			va = queue->wait.va;
			is64 = queue->wait.is64;
		}
		mutex_unlock(&sched->lock);
		if (!queue)
			return;
		map_wait(queue, va, is64);
		garm_group_put(queue->group);
	}
}

/**
 * garm_wait_unmap() - drop the mapping, with the group's last reference gone
 * @queue: the queue
 *
 * Takes a reservation: not on the fence-signalling path.
 */
void garm_wait_unmap(struct garm_queue *queue)
{
	drop_mapping(queue->wait.bo);
	queue->wait.bo = NULL;
}
