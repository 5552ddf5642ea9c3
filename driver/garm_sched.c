// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The scheduler: which groups are on the firmware's slots, and when that is looked at again.
 *
 * The firmware runs what is on its slots. The tick asks it what those groups do (garm_csg.c),
 * decides who gets a slot (garm_slots.c), and carries the decision out (garm_csg.c). It runs when
 * work was added or a group became idle or ended, and every 10 ms while groups compete. Reset and
 * suspend take everything off the slots.
 *
 * Power: each job holds a reference of garm_device_get() from the ioctl until it is freed, so the
 * device is up while there is work, and nothing on the fence-signalling path has to wake it. Groups
 * without jobs stay on their slots until garm_sched_suspend().
 *
 * Called by garm_device.c (life, reset, power), garm_vm.c, and the other files of the scheduler.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>

#include "garm_dump.h"
#include "garm_gpu.h"
#include "garm_sched.h"
#include "garm_sched_internal.h"
#include "garm_trace.h"
#include "garm_vm.h"

#define GARM_JOB_TIMEOUT_MS	5000

static uint job_timeout_ms = GARM_JOB_TIMEOUT_MS;
module_param(job_timeout_ms, uint, 0644);
MODULE_PARM_DESC(job_timeout_ms,
		 "Milliseconds without progress after which a job fails (10 to 3600000, default 5000); for new groups");

/** garm_job_timeout() - jiffies; never zero: fences must signal in finite time */
unsigned long garm_job_timeout(void)
{
	uint ms = READ_ONCE(job_timeout_ms);

	return msecs_to_jiffies(clamp(ms ?: GARM_JOB_TIMEOUT_MS, 10u, 3600u * 1000));
}

/**
 * garm_sched_kick() - a tick is needed, in @delay jiffies at the latest
 * @sched: the scheduler
 * @delay: jiffies
 *
 * The scheduler's lock is held. Does nothing while slots cannot be used: whoever makes them usable
 * kicks.
 */
void garm_sched_kick(struct garm_sched *sched, unsigned long delay)
{
	u64 at = get_jiffies_64() + delay;

	lockdep_assert_held(&sched->lock);
	if (!sched->on || at >= sched->next_tick)
		return;
	sched->next_tick = at;
	mod_delayed_work(sched->wq, &sched->tick, delay);
}

static unsigned long slice_left(const struct garm_sched *sched)
{
	u64 now = get_jiffies_64();

	return time_after64(sched->slice_end, now) ? sched->slice_end - now : 0;
}

/** garm_sched_classify() - what the group wants, from what its queues do; scheduler's lock held */
void garm_sched_classify(struct garm_group *group)
{
	u32 busy = garm_group_all_queues(group) & ~(group->idle_queues | group->blocked_queues);

	if (busy)
		group->cand.class = GARM_CAND_READY;
	else
		group->cand.class = group->blocked_queues ? GARM_CAND_WAITING : GARM_CAND_IDLE;
}

/* A group that has no slot goes to the end of the list of those that want what it wants. */
static void place(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;

	list_del_init(&group->cand.node);
	if (group->cand.class == GARM_CAND_READY)
		list_add_tail(&group->cand.node, &sched->ready[group->cand.priority]);
	else if (group->cand.class == GARM_CAND_WAITING)
		list_add_tail(&group->cand.node, &sched->waiting[group->cand.priority]);
}

/**
 * garm_sched_became_ready() - queues of the group have something to do that had not
 * @group: the group
 *
 * The scheduler's lock is held. A group with a slot is run already; the tick only sees whether it
 * has rivals.
 */
void garm_sched_became_ready(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;
	enum garm_cand_class before = group->cand.class;

	garm_sched_classify(group);
	if (group->cand.class != GARM_CAND_READY || before == GARM_CAND_READY)
		return;
	if (group->cand.slot >= 0) {
		if (sched->busy++)
			garm_sched_kick(sched, slice_left(sched));
		return;
	}
	place(group);
	/* Is there a slot that nobody needs, or one that may be taken? */
	if (sched->busy < sched->slot_count || group->cand.priority == GARM_PRIORITY_PREEMPTS)
		garm_sched_kick(sched, 0);
	else
		garm_sched_kick(sched, slice_left(sched));
}

/** garm_sched_work_added() - a job is in the queue's ring; scheduler's lock held */
void garm_sched_work_added(struct garm_queue *queue)
{
	struct garm_group *group = queue->group;
	struct garm_sched *sched = group->gdev->sched;

	group->idle_queues &= ~BIT(queue->index);
	garm_sched_became_ready(group);
	if (!sched->on || group->cand.slot < 0)
		return;
	garm_fw_ring(group->gdev, GPU_DOORBELL_CSG(group->cand.slot));
	garm_devfreq_busy(group->gdev);
}

/** garm_sched_add() - a new group; takes a reference until it is killed */
void garm_sched_add(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;

	mutex_lock(&sched->lock);
	garm_group_get(group);
	list_add_tail(&group->node, &sched->groups);
	mutex_unlock(&sched->lock);
}

/**
 * garm_sched_ended() - the group cannot run any more (see garm_group_can_run())
 * @group: the group
 *
 * The scheduler's lock is held. On a slot, the tick takes it off; otherwise it is killed here and
 * now, unless a reset has yet to make sure that the GPU does not run it.
 */
void garm_sched_ended(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;

	lockdep_assert_held(&sched->lock);
	if (group->cand.slot >= 0)
		garm_sched_kick(sched, 0);
	else if (list_empty(&group->doomed_node))
		garm_group_kill(group);
}

/* Groups that ended without a word, off the slots. */
static void sweep(struct garm_sched *sched)
{
	struct garm_group *group, *next;

	list_for_each_entry_safe(group, next, &sched->groups, node) {
		group->cand.can_run = garm_group_can_run(group);
		if (!group->cand.can_run && group->cand.slot < 0)
			garm_sched_ended(group);
	}
}

/* Off its slot: back to the lists, or dead. */
static void release_slot(struct garm_group *group)
{
	garm_csg_unbind(group);
	if (!garm_group_can_run(group)) {
		garm_group_kill(group);
		return;
	}
	garm_sched_classify(group);
	place(group);
}

/* Residents that the plan does not pick leave. Return: an error after a reset was requested. */
static int evict(struct garm_sched *sched)
{
	u32 leaving = 0, failed;

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (sched->slots[slot] && !sched->slots[slot]->cand.picked)
			leaving |= BIT(slot);
	}
	if (!leaving)
		return 0;
	failed = garm_csg_evict(sched, leaving, true);
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (leaving & ~failed & BIT(slot))
			release_slot(sched->slots[slot]);
	}
	if (!failed)
		return 0;
	garm_device_reset(sched->gdev, "group does not leave its slot");
	return -EIO;
}

static void decide(struct garm_sched *sched, struct garm_plan *plan)
{
	struct garm_slots in = {
		.slot_count = sched->slot_count,
		.vm_count = sched->vm_count,
		.slice_over = !slice_left(sched),
		.ready = sched->ready,
		.waiting = sched->waiting,
	};

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (sched->slots[slot])
			in.resident[slot] = &sched->slots[slot]->cand;
	}
	garm_slots_decide(&in, plan);
	if (in.slice_over)
		sched->slice_end = get_jiffies_64() + msecs_to_jiffies(GARM_TICK_MS);
}

static int apply(struct garm_sched *sched, const struct garm_plan *plan)
{
	int ret;

	ret = evict(sched);
	if (!ret)
		ret = garm_csg_set_priorities(sched, plan);
	if (!ret)
		ret = garm_csg_start(sched, plan);
	return ret;
}

static void tick(struct garm_sched *sched)
{
	struct garm_plan plan;

	garm_events_vm_faults(sched);
	sweep(sched);
	if (garm_csg_update_status(sched))
		return;
	garm_sched_look_at_waits(sched);
	decide(sched, &plan);
	trace_garm_tick(&plan);
	if (apply(sched, &plan))
		return;

	sched->busy = plan.busy;
	if (plan.busy)
		garm_devfreq_busy(sched->gdev);
	else
		garm_devfreq_idle(sched->gdev);
	if (plan.rotate)
		garm_sched_kick(sched, slice_left(sched));
	/* Waits may end, and others become idle, without an event. */
	if (plan.left_out)
		garm_sched_kick(sched, msecs_to_jiffies(GARM_LEFT_OUT_MS));
}

static void tick_work(struct work_struct *work)
{
	struct garm_sched *sched = container_of(to_delayed_work(work), struct garm_sched, tick);
	bool fence_cookie;
	int cookie;

	if (!drm_dev_enter(&sched->gdev->base, &cookie))
		return;
	fence_cookie = dma_fence_begin_signalling();
	/* Before anything of it is gone. */
	garm_sched_take_dump(sched);
	mutex_lock(&sched->lock);
	sched->next_tick = U64_MAX;
	/* Otherwise there is one when the slots can be used again. */
	if (sched->on && !garm_device_reset_pending(sched->gdev))
		tick(sched);
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(fence_cookie);
	drm_dev_exit(cookie);
}

/*
 * Off the slots with everything; no slot is touched any more. What did not stop is stopped by what
 * follows (power, reset) and lost. @doom: keep those that ended for garm_sched_post_reset(), as the
 * GPU may still run them.
 */
static void clear_slots(struct garm_sched *sched, bool doom)
{
	u32 failed = garm_csg_evict_all(sched);

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];

		if (!group)
			continue;
		if (failed & BIT(slot) && garm_group_can_run(group)) {
			WRITE_ONCE(group->innocent, true);
			WRITE_ONCE(group->timedout, true);
		}
		if (doom) {
			list_add_tail(&group->doomed_node, &sched->doomed);
			garm_csg_unbind(group);
		} else {
			release_slot(group);
		}
	}
	sched->on = false;
	sched->busy = 0;
	if (failed)
		garm_device_reset(sched->gdev, "groups do not leave their slots");
}

/* Slots can be used again; what was reported before says nothing about them. */
static void open_slots(struct garm_sched *sched)
{
	if (sched->gone)
		return;
	atomic_set(&sched->events, 0);
	sched->on = true;
	sched->next_tick = U64_MAX;
	sched->slice_end = get_jiffies_64();
	garm_sched_kick(sched, 0);
}

/**
 * garm_sched_suspend() - the device powers down: groups are suspended
 * @gdev: the device
 *
 * Called by runtime PM, when there are no jobs, and by system sleep, when there may be. The
 * firmware still runs. A group that cannot be suspended is lost and the next resume is a slow one.
 */
void garm_sched_suspend(struct garm_device *gdev)
{
	struct garm_sched *sched = gdev->sched;
	bool cookie = dma_fence_begin_signalling();

	mutex_lock(&sched->lock);
	if (sched->on)
		clear_slots(sched, false);
	garm_devfreq_idle(gdev);
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(cookie);
}

/** garm_sched_resume() - the device is up and its firmware runs */
void garm_sched_resume(struct garm_device *gdev)
{
	mutex_lock(&gdev->sched->lock);
	open_slots(gdev->sched);
	mutex_unlock(&gdev->sched->lock);
}

/**
 * garm_sched_pre_reset() - take groups off the slots as far as the firmware still answers
 * @gdev: the device
 *
 * From here to garm_sched_post_reset() no slot is touched; jobs are still written to rings, which
 * the reset does not concern. Runs in the reset's work. Groups that ended live on as doomed: their
 * fences must not signal before the GPU has stopped.
 */
void garm_sched_pre_reset(struct garm_device *gdev)
{
	struct garm_sched *sched = gdev->sched;
	bool cookie = dma_fence_begin_signalling();

	cmpxchg(&sched->dump_why, NULL, "reset");
	garm_sched_take_dump(sched);
	mutex_lock(&sched->lock);
	if (sched->on)
		clear_slots(sched, true);
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(cookie);
}

static void end_all(struct garm_sched *sched)
{
	struct garm_group *group, *next;

	list_for_each_entry_safe(group, next, &sched->groups, node) {
		if (garm_group_can_run(group)) {
			WRITE_ONCE(group->innocent, true);
			WRITE_ONCE(group->timedout, true);
		}
		garm_group_kill(group);
	}
}

/**
 * garm_sched_post_reset() - innocent groups go on, the guilty end
 * @gdev: the device
 * @failed: the GPU did not come back: all groups end
 */
void garm_sched_post_reset(struct garm_device *gdev, bool failed)
{
	struct garm_sched *sched = gdev->sched;
	struct garm_group *group, *next;
	bool cookie = dma_fence_begin_signalling();

	mutex_lock(&sched->lock);
	list_for_each_entry_safe(group, next, &sched->doomed, doomed_node) {
		list_del_init(&group->doomed_node);
		if (garm_group_can_run(group)) {
			garm_sched_classify(group);
			place(group);
		} else {
			garm_group_kill(group);
		}
	}
	if (failed)
		end_all(sched);
	else
		open_slots(sched);
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(cookie);
}

/**
 * garm_sched_vm_destroyed() - the VM's handle is gone: its groups end
 * @gdev: the device
 * @vm: the VM
 *
 * Returns when they have been taken off the slots, unless a reset does that: the firmware writes
 * heap contexts when a group leaves, so the VM must not be torn down before. Sleeps; no lock of the
 * scheduler held.
 */
void garm_sched_vm_destroyed(struct garm_device *gdev, struct garm_vm *vm)
{
	struct garm_sched *sched = gdev->sched;
	struct garm_group *group, *next;
	bool cookie, wait = false;

	cookie = dma_fence_begin_signalling();
	mutex_lock(&sched->lock);
	list_for_each_entry_safe(group, next, &sched->groups, node) {
		if (group->vm != vm)
			continue;
		wait |= group->cand.slot >= 0;
		WRITE_ONCE(group->vm_gone, true);
		garm_sched_ended(group);
	}
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(cookie);
	if (wait)
		flush_delayed_work(&sched->tick);
}

/**
 * garm_sched_unplug() - the device goes: all groups end
 * @gdev: the device
 *
 * drm_dev_enter() fails already, registers may still be touched. Nothing of the scheduler runs
 * afterwards but the release of groups.
 */
void garm_sched_unplug(struct garm_device *gdev)
{
	struct garm_sched *sched = gdev->sched;
	struct garm_group *group, *next;
	bool cookie;

	disable_delayed_work_sync(&sched->tick);
	disable_work_sync(&sched->events_work);
	cookie = dma_fence_begin_signalling();
	mutex_lock(&sched->lock);
	sched->gone = true;
	list_for_each_entry(group, &sched->groups, node)
		WRITE_ONCE(group->destroyed, true);
	if (sched->on)
		clear_slots(sched, false);
	list_for_each_entry_safe(group, next, &sched->groups, node)
		garm_group_kill(group);
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(cookie);
}

static void sched_fini(struct drm_device *drm, void *data)
{
	struct garm_sched *sched = data;

	drm_WARN_ON(drm, !list_empty(&sched->groups));
	/* The release of a group waits for its JobQueues. */
	if (sched->free_wq)
		destroy_workqueue(sched->free_wq);
	if (sched->alloc_wq)
		destroy_workqueue(sched->alloc_wq);
	if (sched->wq)
		destroy_workqueue(sched->wq);
}

static int init_limits(struct garm_sched *sched)
{
	struct garm_device *gdev = sched->gdev;
	u32 scoreboards = min(gdev->csif_info.scoreboard_slot_count, 16u);

	BUILD_BUG_ON(GARM_MAX_CSGS_USED != GARM_SLOTS_MAX);
	sched->slot_count = min_t(u32, garm_fw_csg_count(gdev), GARM_SLOTS_MAX);
	/* Slot 0 belongs to the firmware. */
	sched->vm_count = hweight32(gdev->gpu_info.as_present & ~BIT(0));
	if (!sched->slot_count || !sched->vm_count || !scoreboards) {
		drm_err(&gdev->base,
			"%u group slots, %u address spaces, %u scoreboard entries: too few\n",
			sched->slot_count, sched->vm_count, scoreboards);
		return -EINVAL;
	}
	sched->sb_mask = GENMASK(scoreboards - 1, 0);
	sched->wide_endpoints = garm_fw_glb(gdev)->version >= FW_VERSION(4, 0, 0);
	return 0;
}

/**
 * garm_sched_init() - the scheduler of a device whose firmware runs
 * @gdev: the device
 *
 * It lives as long as the DRM device. Return: 0, -ENOMEM, or -EINVAL when the hardware has too
 * little of something.
 */
int garm_sched_init(struct garm_device *gdev)
{
	struct garm_sched *sched = drmm_kzalloc(&gdev->base, sizeof(*sched), GFP_KERNEL);
	int ret;

	if (!sched)
		return -ENOMEM;
	sched->gdev = gdev;
	INIT_LIST_HEAD(&sched->groups);
	INIT_LIST_HEAD(&sched->doomed);
	for (u32 i = 0; i < GARM_PRIORITIES; i++) {
		INIT_LIST_HEAD(&sched->ready[i]);
		INIT_LIST_HEAD(&sched->waiting[i]);
	}
	INIT_DELAYED_WORK(&sched->tick, tick_work);
	INIT_WORK(&sched->events_work, garm_events_work);
	INIT_WORK(&sched->map_work, garm_sched_map_waits);
	ratelimit_state_init(&sched->log, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
	ret = drmm_mutex_init(&gdev->base, &sched->lock);
	if (!ret)
		ret = init_limits(sched);
	if (!ret)
		ret = drmm_add_action_or_reset(&gdev->base, sched_fini, sched);
	if (ret)
		return ret;

	sched->wq = alloc_workqueue("garm-sched", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	sched->alloc_wq = alloc_workqueue("garm-alloc", WQ_UNBOUND, 0);
	sched->free_wq = alloc_workqueue("garm-free", WQ_UNBOUND, 0);
	if (!sched->wq || !sched->alloc_wq || !sched->free_wq)
		return -ENOMEM;

	WRITE_ONCE(gdev->sched, sched);
	garm_dump_add_source(gdev, garm_sched_dump);
	mutex_lock(&sched->lock);
	open_slots(sched);
	mutex_unlock(&sched->lock);
	return 0;
}
