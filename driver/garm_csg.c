// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Group slots through the firmware's interface: what a slot is told, and waiting until it did it.
 *
 * Called by garm_sched.c, which decides; calls fw (requests), mmu (address spaces) and
 * garm_events.c (what a slot has still to say before another group gets it). All of it is on the
 * fence-signalling path, under the scheduler's lock, with the slots usable (garm_sched.on).
 */
#include "garm_gpu.h"
#include "garm_mmu.h"
#include "garm_sched_internal.h"
#include "garm_trace.h"
#include "garm_vm.h"

/* Requests to several slots that are rung and waited for together. */
struct csg_batch {
	struct garm_sched *sched;
	u32 slots;				/* mask */
	u32 bits[GARM_MAX_CSGS_USED];		/* requests to wait for */
	u32 failed;				/* out: slots that did not answer */
	bool aborted;				/* out: ... because of a reset */
};

static void batch_state(struct csg_batch *batch, u32 slot, u32 state)
{
	garm_csg_update(batch->sched->gdev, slot, state, CSG_STATE_MASK);
	batch->bits[slot] |= CSG_STATE_MASK;
	batch->slots |= BIT(slot);
}

static void batch_toggle(struct csg_batch *batch, u32 slot, u32 bits)
{
	garm_csg_toggle(batch->sched->gdev, slot, bits);
	batch->bits[slot] |= bits;
	batch->slots |= BIT(slot);
}

/*
 * All slots have the same 100 ms; one that hangs does not cost the others theirs, as theirs have
 * run.
 */
static int batch_run(struct csg_batch *batch)
{
	struct garm_device *gdev = batch->sched->gdev;
	u32 left_ms = GARM_FW_TIMEOUT_MS, slot;
	unsigned long left = batch->slots;

	if (!batch->slots)
		return 0;
	garm_csg_doorbell(gdev, batch->slots);
	for_each_set_bit(slot, &left, GARM_MAX_CSGS_USED) {
		u32 acked;
		int ret;

		ret = garm_csg_wait(gdev, slot, batch->bits[slot], &acked, &left_ms);
		if (!ret)
			continue;
		batch->failed |= BIT(slot);
		if (ret == -EIO)
			batch->aborted = true;
		else
			drm_err(&gdev->base,
				"group slot %u: requests 0x%x, only 0x%x acknowledged\n",
				slot, batch->bits[slot], acked);
	}
	return batch->failed ? -ETIMEDOUT : 0;
}

/*
 * The clock of a job's time-out runs while the group has a slot, or waits for what no slot can
 * bring.
 */
static void queue_timer(struct garm_queue *queue, bool on)
{
	if (queue->timer_on == on)
		return;
	queue->timer_on = on;
	if (on)
		jobq_timer_start(&queue->jobq);
	else
		jobq_timer_stop(&queue->jobq);
}

/* The queue's status as the firmware wrote it at the last status update or suspend. */
static void sync_queue(struct garm_group *group, struct garm_queue *queue)
{
	struct garm_cs_iface *cs = garm_fw_cs(group->gdev, group->cand.slot, queue->index);
	u32 reason = CS_STATUS_BLOCKED(READ_ONCE(cs->out->status_blocked_reason));
	bool outstanding = READ_ONCE(cs->out->status_scoreboards);

	/* Work in progress: neither idle nor blocked, whatever comes next in the stream. */
	if (outstanding)
		return;
	if (reason == CS_STATUS_BLOCKED_NONE) {
		if (READ_ONCE(queue->out->extract) == queue->insert)
			group->idle_queues |= BIT(queue->index);
	} else if (reason == CS_STATUS_BLOCKED_SYNC) {
		garm_wait_set(queue, cs->out);
		if (!garm_wait_over(queue))
			group->blocked_queues |= BIT(queue->index);
	}
}

static void sync_group(struct garm_group *group)
{
	group->idle_queues = 0;
	group->blocked_queues = 0;
	for (u32 i = 0; i < group->queue_count; i++)
		sync_queue(group, &group->queues[i]);
	garm_sched_classify(group);
}

/**
 * garm_csg_update_status() - ask the firmware what the groups on slots are doing
 * @sched: the scheduler
 *
 * Return: 0, or -ETIMEDOUT after requesting a reset.
 */
int garm_csg_update_status(struct garm_sched *sched)
{
	struct csg_batch batch = { .sched = sched };
	int ret;

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];

		if (group && group->state == GARM_GROUP_ACTIVE && garm_group_can_run(group))
			batch_toggle(&batch, slot, CSG_STATUS_UPDATE);
	}
	ret = batch_run(&batch);
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (batch.slots & ~batch.failed & BIT(slot))
			sync_group(sched->slots[slot]);
	}
	if (ret)
		garm_device_reset(sched->gdev, "status update not acknowledged");
	return ret;
}

/* endpoint_req2 replaces endpoint_req from interface 4.0 on; same fields in the low word. */
static void set_endpoints(struct garm_sched *sched, u32 slot, const struct garm_group *group,
			  u8 priority)
{
	struct fw_csg_in *in = garm_fw_csg(sched->gdev, slot)->in;
	u32 req = CSG_EP_REQ_COMPUTE(group->max_compute) |
		  CSG_EP_REQ_FRAGMENT(group->max_fragment) |
		  CSG_EP_REQ_TILER(group->max_tiler) | CSG_EP_REQ_PRIORITY(priority);

	if (sched->wide_endpoints)
		WRITE_ONCE(in->endpoint_req2, req);
	else
		WRITE_ONCE(in->endpoint_req, req);
}

static void program_queue(struct garm_queue *queue, u32 slot)
{
	struct garm_device *gdev = queue->group->gdev;
	struct fw_cs_in *in = garm_fw_cs(gdev, slot, queue->index)->in;
	const u32 idle = CS_IDLE_SYNC_WAIT | CS_IDLE_EMPTY;

	/* Where a stream begins that was never started; a resumed one has it in its image. */
	WRITE_ONCE(queue->in->extract, READ_ONCE(queue->out->extract));
	WRITE_ONCE(in->ringbuf_base, queue->ring_va);
	WRITE_ONCE(in->ringbuf_size, queue->ring_size);
	WRITE_ONCE(in->ringbuf_input, queue->iface_va);
	WRITE_ONCE(in->ringbuf_output, queue->iface_va + FW_RING_OUT_OFFSET);
	WRITE_ONCE(in->config, CS_CONFIG_PRIORITY(queue->priority) |
			       CS_CONFIG_DOORBELL(GPU_DOORBELL_CSG(slot)));
	WRITE_ONCE(in->heap_start, 0);
	WRITE_ONCE(in->heap_end, 0);
	WRITE_ONCE(in->ack_irq_mask, ~0u);
	garm_cs_update(gdev, slot, queue->index, CS_STATE_START | idle, CS_STATE_MASK | idle);
	queue_timer(queue, true);
}

static void program_group(struct garm_group *group, u32 slot, u8 priority, u32 as)
{
	struct garm_sched *sched = group->gdev->sched;
	struct fw_csg_in *in = garm_fw_csg(sched->gdev, slot)->in;

	for (u32 i = 0; i < group->queue_count; i++)
		program_queue(&group->queues[i], slot);
	WRITE_ONCE(in->allow_compute, group->compute_mask);
	WRITE_ONCE(in->allow_fragment, group->fragment_mask);
	WRITE_ONCE(in->allow_other, group->tiler_mask);
	set_endpoints(sched, slot, group, priority);
	WRITE_ONCE(in->config, as);
	WRITE_ONCE(in->suspend_buf, group->suspend_va);
	WRITE_ONCE(in->protm_suspend_buf, group->protm_va);
	WRITE_ONCE(in->ack_irq_mask, ~0u);
}

static bool ring_is_sane(struct garm_queue *queue)
{
	u64 extract = READ_ONCE(queue->out->extract);

	return extract <= queue->insert && queue->insert - extract <= queue->ring_size;
}

static bool rings_are_sane(struct garm_group *group)
{
	for (u32 i = 0; i < group->queue_count; i++) {
		if (ring_is_sane(&group->queues[i]))
			continue;
		drm_err(&group->gdev->base,
			"%s: firmware read up to %llu, written are %llu bytes\n",
			group->queues[i].name, READ_ONCE(group->queues[i].out->extract),
			group->queues[i].insert);
		return false;
	}
	return true;
}

/* What the slot reported of groups that had it before is none of the next one's. */
static void clean_slot(struct garm_sched *sched, u32 slot, u32 queue_count)
{
	struct garm_csg_iface *csg = garm_fw_csg(sched->gdev, slot);

	for (u32 i = 0; i < queue_count; i++) {
		struct garm_cs_iface *cs = garm_fw_cs(sched->gdev, slot, i);

		garm_cs_update(sched->gdev, slot, i, READ_ONCE(cs->out->ack), CS_EVENT_MASK);
	}
	WRITE_ONCE(csg->in->cs_irq_ack, READ_ONCE(csg->out->cs_irq_req));
	garm_csg_update(sched->gdev, slot, READ_ONCE(csg->out->ack), CSG_EVENT_MASK);
}

/* A free slot becomes the group's, and the start is requested. */
static int begin_start(struct csg_batch *batch, struct garm_group *group, u32 slot, u8 priority)
{
	struct garm_sched *sched = batch->sched;
	u32 queues = garm_group_all_queues(group);
	bool resume = group->state == GARM_GROUP_SUSPENDED;
	int as;

	if (!rings_are_sane(group)) {
		garm_group_fatal(group, queues);
		return 0;
	}
	as = garm_vm_activate(group->vm);
	if (as < 0)
		return as;
	sched->slots[slot] = group;
	WRITE_ONCE(group->cand.slot, slot);
	group->cand.fw_priority = priority;
	list_del_init(&group->cand.node);
	group->residency++;
	WRITE_ONCE(group->state, GARM_GROUP_STARTING);
	trace_garm_group_bound(group, as, resume);
	clean_slot(sched, slot, group->queue_count);
	program_group(group, slot, priority, as);
	batch_state(batch, slot, resume ? CSG_STATE_RESUME : CSG_STATE_START);
	batch_toggle(batch, slot, CSG_ENDPOINT_CONFIG);
	garm_cs_doorbell(sched->gdev, slot, queues);
	return 0;
}

static void started(struct csg_batch *batch)
{
	for (u32 slot = 0; slot < batch->sched->slot_count; slot++) {
		struct garm_group *group = batch->sched->slots[slot];

		if (batch->slots & ~batch->failed & BIT(slot) &&
		    group->state == GARM_GROUP_STARTING)
			WRITE_ONCE(group->state, GARM_GROUP_ACTIVE);
	}
}

/**
 * garm_csg_start() - give the picked groups that have no slot one, and start or resume them
 * @sched: the scheduler
 * @plan: who gets a slot
 *
 * There are as many free slots as such groups. Return: 0; an error after a reset was requested.
 * Groups that get no address space stay off the slots.
 */
int garm_csg_start(struct garm_sched *sched, const struct garm_plan *plan)
{
	struct csg_batch batch = { .sched = sched };
	int ret = 0;
	u32 slot = 0;

	for (u32 i = 0; i < plan->count && !ret; i++) {
		struct garm_group *group = container_of(plan->pick[i], struct garm_group, cand);

		if (group->cand.slot >= 0 || !garm_group_can_run(group))
			continue;
		while (slot < sched->slot_count && sched->slots[slot])
			slot++;
		if (drm_WARN_ON(&sched->gdev->base, slot == sched->slot_count))
			break;
		ret = begin_start(&batch, group, slot, GARM_FW_PRIORITY_MAX - i);
		/*
		 * Its VM has a fault, whose report asks for the tick that clears the slots of those
		 * who may have caused it, and finds this one in the lists.
		 */
		if (ret == -EAGAIN)
			ret = 0;
	}
	if (ret) {
		/* It is in the lists; what kept it out may be over next time. */
		drm_err(&sched->gdev->base, "no address space for a group: %d\n", ret);
		garm_sched_kick(sched, msecs_to_jiffies(GARM_LEFT_OUT_MS));
	}
	ret = batch_run(&batch);
	if (ret)
		garm_device_reset(sched->gdev, "group not started");
	started(&batch);
	return ret;
}

/* A start that a reset interrupted may have been done since. */
static void finish_starts(struct garm_sched *sched)
{
	struct csg_batch batch = { .sched = sched };

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (sched->slots[slot] && sched->slots[slot]->state == GARM_GROUP_STARTING) {
			batch.slots |= BIT(slot);
			batch.bits[slot] = CSG_STATE_MASK;
		}
	}
	batch_run(&batch);
	started(&batch);
}

/* The group left the slot as it should. */
static void stopped_as_asked(struct garm_group *group)
{
	if (!garm_group_can_run(group)) {
		WRITE_ONCE(group->state, GARM_GROUP_STOPPED);
		return;
	}
	sync_group(group);
	WRITE_ONCE(group->state, GARM_GROUP_SUSPENDED);
}

/*
 * Groups that did not suspend are terminated: their state is lost. @blame: they are guilty of it;
 * otherwise the firmware or somebody else may be.
 */
static void give_up(struct csg_batch *suspend, bool blame)
{
	struct garm_sched *sched = suspend->sched;
	struct csg_batch batch = { .sched = sched };

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];

		if (!(suspend->failed & BIT(slot)))
			continue;
		if (garm_group_can_run(group)) {
			drm_warn(&sched->gdev->base,
				 "%s[%d]: group on slot %u cannot be suspended\n",
				 group->task.comm, group->task.pid, slot);
			WRITE_ONCE(sched->dump_why, "group does not suspend");
			if (!blame)
				WRITE_ONCE(group->innocent, true);
			WRITE_ONCE(group->timedout, true);
		}
		/* A reset ends it without waiting. */
		if (!garm_device_reset_pending(sched->gdev))
			batch_state(&batch, slot, CSG_STATE_TERMINATE);
	}
	batch_run(&batch);
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (suspend->failed & BIT(slot))
			WRITE_ONCE(sched->slots[slot]->state, GARM_GROUP_STOPPED);
	}
	suspend->failed &= ~batch.slots | batch.failed;
}

/**
 * garm_csg_evict() - suspend the groups of slots, terminate those that cannot run
 * @sched: the scheduler
 * @slots: mask
 * @blame: a group that does not suspend is guilty; false in a reset and when the device suspends
 *
 * The groups stay bound to their slots, in the state SUSPENDED or STOPPED: garm_csg_unbind()
 * follows. Those that are still ACTIVE were not touched, because a reset is pending. Return: slots
 * that did not even terminate, where the GPU may still be running the group.
 */
u32 garm_csg_evict(struct garm_sched *sched, u32 slots, bool blame)
{
	struct csg_batch batch = { .sched = sched };

	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];
		bool starting;

		if (!group || !(slots & BIT(slot)))
			continue;
		/* Whether it ran is not known, so neither is its state. */
		starting = group->state == GARM_GROUP_STARTING;
		if (starting && garm_group_can_run(group)) {
			WRITE_ONCE(group->innocent, true);
			WRITE_ONCE(group->timedout, true);
		}
		trace_garm_group_evict(group);
		batch_state(&batch, slot, garm_group_can_run(group) ? CSG_STATE_SUSPEND :
								      CSG_STATE_TERMINATE);
	}
	batch_run(&batch);
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (batch.slots & ~batch.failed & BIT(slot))
			stopped_as_asked(sched->slots[slot]);
	}
	if (batch.failed && !batch.aborted)
		give_up(&batch, blame);
	return batch.failed;
}

/**
 * garm_csg_set_priorities() - groups that stay on their slots get the priorities of the plan; 0 or
 * -ETIMEDOUT
 * @sched: the scheduler
 * @plan: who gets a slot
 */
int garm_csg_set_priorities(struct garm_sched *sched, const struct garm_plan *plan)
{
	struct csg_batch batch = { .sched = sched };
	int ret;

	for (u32 i = 0; i < plan->count; i++) {
		struct garm_cand *cand = plan->pick[i];
		struct garm_group *group = container_of(cand, struct garm_group, cand);
		u8 priority = GARM_FW_PRIORITY_MAX - i;

		if (cand->slot < 0 || cand->fw_priority == priority)
			continue;
		set_endpoints(sched, cand->slot, group, priority);
		batch_toggle(&batch, cand->slot, CSG_ENDPOINT_CONFIG);
		cand->fw_priority = priority;
	}
	ret = batch_run(&batch);
	if (ret)
		garm_device_reset(sched->gdev, "group priority not acknowledged");
	return ret;
}

/**
 * garm_csg_unbind() - the slot becomes free
 * @group: the group
 *
 * The group is no longer run (or nobody will know better before the reset). What the slot has to
 * say is heard first. The caller places the group, or kills it.
 */
void garm_csg_unbind(struct garm_group *group)
{
	struct garm_sched *sched = group->gdev->sched;
	u32 slot = group->cand.slot;
	bool blocked;

	garm_events_slot(sched, slot);
	/* The address space was shut while it ran: what it was doing then is lost. */
	if (garm_vm_faulted(group->vm) && garm_group_can_run(group))
		WRITE_ONCE(group->fatal_queues, garm_group_all_queues(group));
	blocked = garm_group_can_run(group) && group->cand.class == GARM_CAND_WAITING;
	for (u32 i = 0; i < group->queue_count; i++) {
		/*
		 * Also where the group did not terminate, so that the next one finds its streams
		 * stopped.
		 */
		garm_cs_update(sched->gdev, slot, i, CS_STATE_STOP, CS_STATE_MASK);
		if (!blocked || !(group->blocked_queues & BIT(i)))
			queue_timer(&group->queues[i], false);
	}
	/* The firmware raises what was not answered anew when the group is back. */
	atomic_set(&group->oom_queues, 0);
	trace_garm_group_unbound(group);
	garm_vm_deactivate(group->vm);
	sched->slots[slot] = NULL;
	WRITE_ONCE(group->cand.slot, -1);
}

/**
 * garm_csg_evict_all() - everything off the slots, because the device suspends or is reset
 * @sched: the scheduler
 *
 * What the firmware wrote to the suspend buffers is made to reach memory. The groups are still
 * bound. Return: slots that did not stop.
 */
u32 garm_csg_evict_all(struct garm_sched *sched)
{
	u32 occupied = 0, failed;
	bool suspended = false;

	finish_starts(sched);
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		if (sched->slots[slot])
			occupied |= BIT(slot);
	}
	if (!occupied)
		return 0;
	failed = garm_csg_evict(sched, occupied, false);
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];

		suspended |= group && group->state == GARM_GROUP_SUSPENDED;
	}
	if (!suspended || !garm_gpu_flush_caches(sched->gdev, GPU_FLUSH_CLEAN, GPU_FLUSH_CLEAN, 0))
		return failed;
	/* The images are not in memory and will not be. */
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];

		if (!group || group->state != GARM_GROUP_SUSPENDED)
			continue;
		WRITE_ONCE(group->innocent, true);
		WRITE_ONCE(group->timedout, true);
		WRITE_ONCE(group->state, GARM_GROUP_STOPPED);
	}
	return failed;
}
