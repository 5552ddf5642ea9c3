// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the firmware reports about groups: sync updates, idle, faults, tiler out-of-memory, progress
 * time-outs; and what MMU faults mean for groups.
 *
 * The JOB and MMU interrupt threads call garm_sched_report_*(), which only note and queue work. The
 * work runs on the scheduler's queue, under its lock, on the fence-signalling path. Growing a heap
 * allocates and runs on a queue of its own. Calls fw, heap and vm.
 */
#include "garm_heap.h"
#include "garm_sched.h"
#include "garm_sched_internal.h"
#include "garm_vm.h"

#define CS_EXCEPTION_UNRECOVERABLE	0x41	/* driver-facts B.10 */

/** garm_sched_report_fw_events() - JOB interrupt: slots that have events. Any context */
void garm_sched_report_fw_events(struct garm_device *gdev, u32 events)
{
	struct garm_sched *sched = READ_ONCE(gdev->sched);

	if (!sched)
		return;
	atomic_or(events, &sched->events);
	queue_work(sched->wq, &sched->events_work);
}

/**
 * garm_sched_report_mmu_fault() - some VM has faulted (garm_vm_faulted()): its groups must die. Any
 * context
 * @gdev: the device
 */
void garm_sched_report_mmu_fault(struct garm_device *gdev)
{
	struct garm_sched *sched = READ_ONCE(gdev->sched);

	if (!sched)
		return;
	atomic_set(&sched->vm_faulted, 1);
	queue_work(sched->wq, &sched->events_work);
}

/**
 * garm_events_vm_faults() - mark the groups that ran in VMs that faulted
 * @sched: the scheduler
 *
 * The scheduler's lock is held. The hardware names a VM, not a group: all that had a slot then are
 * guilty; those that had none cannot have done it, and those that want one do not get it before the
 * guilty have left. The queue that did it has a fatal event if the firmware saw it; if none has,
 * all queues are guilty. The tick takes the groups off their slots.
 */
void garm_events_vm_faults(struct garm_sched *sched)
{
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		struct garm_group *group = sched->slots[slot];

		if (!group || !garm_vm_faulted(group->vm))
			continue;
		garm_events_slot(sched, slot);
		if (group->fatal_queues)
			continue;
		drm_dbg(&sched->gdev->base, "%s[%d]: group ends: its VM faulted\n",
			group->task.comm, group->task.pid);
		WRITE_ONCE(group->fatal_queues, garm_group_all_queues(group));
	}
}

static void log_exception(struct garm_sched *sched, u32 slot, u32 cs, const char *what, u32 status,
			  u64 info)
{
	struct garm_group *group = sched->slots[slot];
	u32 type = CS_EXCEPTION_TYPE(status);

	if (!__ratelimit(&sched->log))
		return;
	drm_warn(&sched->gdev->base,
		 "%s[%d]: %s on slot %u stream %u: %s (0x%02x), data 0x%x, info 0x%llx\n",
		 group ? group->task.comm : "no group", group ? group->task.pid : 0, what, slot, cs,
		 garm_exception_name(type), type, CS_EXCEPTION_DATA(status), info);
}

static void stream_fatal(struct garm_sched *sched, u32 slot, u32 cs, const struct fw_cs_out *out)
{
	struct garm_group *group = sched->slots[slot];
	u32 status = READ_ONCE(out->fatal), queues = BIT(cs);

	if (group && cs >= group->queue_count)
		queues = garm_group_all_queues(group);
	log_exception(sched, slot, cs, "CS_FATAL", status, READ_ONCE(out->fatal_info));
	WRITE_ONCE(sched->dump_why, "CS_FATAL");
	if (group)
		garm_group_fatal(group, queues);
	if (CS_EXCEPTION_TYPE(status) == CS_EXCEPTION_UNRECOVERABLE)
		garm_device_reset(sched->gdev, "unrecoverable command-stream exception");
}

/*
 * The event does not name the job, and by now the stream may be several further. So nobody is
 * blamed here: each job reports its own error (garm_submit.c).
 */
static void stream_fault(struct garm_sched *sched, u32 slot, u32 cs, const struct fw_cs_out *out)
{
	log_exception(sched, slot, cs, "CS_FAULT", READ_ONCE(out->fault),
		      READ_ONCE(out->fault_info));
}

/* Return: whether somebody will answer. */
static bool stream_oom(struct garm_sched *sched, u32 slot, u32 cs)
{
	struct garm_group *group = sched->slots[slot];

	if (!group || cs >= group->queue_count)
		return false;
	atomic_or(BIT(cs), &group->oom_queues);
	garm_group_get(group);
	if (!queue_work(sched->alloc_wq, &group->oom_work))
		garm_group_put(group);
	return true;
}

/* Return: whether the stream waits for its doorbell. */
static bool stream_events(struct garm_sched *sched, u32 slot, u32 cs)
{
	struct garm_cs_iface *iface = garm_fw_cs(sched->gdev, slot, cs);
	u32 ack = READ_ONCE(iface->out->ack);
	u32 events = (READ_ONCE(iface->in->req) ^ ack) & CS_EVENT_MASK;
	u32 answered = events;

	/* The event before what describes it. */
	dma_rmb();
	if (events & CS_FATAL)
		stream_fatal(sched, slot, cs, iface->out);
	if (events & CS_FAULT)
		stream_fault(sched, slot, cs, iface->out);
	if (events & CS_TILER_OOM && stream_oom(sched, slot, cs))
		answered &= ~CS_TILER_OOM;
	if (events & CS_PROTM_PENDING) {
		if (__ratelimit(&sched->log))
			drm_warn(&sched->gdev->base, "slot %u stream %u: no protected mode\n",
				 slot, cs);
		if (sched->slots[slot])
			garm_group_fatal(sched->slots[slot], BIT(cs));
	}
	garm_cs_update(sched->gdev, slot, cs, ack, answered);
	return answered & (CS_FAULT | CS_TILER_OOM);
}

static void progress_timeout(struct garm_sched *sched, struct garm_group *group)
{
	drm_warn(&sched->gdev->base, "%s[%d]: no progress on slot %d\n", group->task.comm,
		 group->task.pid, group->cand.slot);
	WRITE_ONCE(sched->dump_why, "no progress");
	WRITE_ONCE(group->timedout, true);
	garm_sched_ended(group);
}

static void group_events(struct garm_sched *sched, struct garm_group *group, u32 events)
{
	for (u32 i = 0; events & CSG_SYNC_UPDATE && i < group->queue_count; i++)
		garm_queue_check_done(&group->queues[i]);
	if (events & CSG_PROGRESS_TIMER_EVENT)
		progress_timeout(sched, group);
	/* Somebody else may want the slot, or the device may slow down. */
	if (events & CSG_IDLE)
		garm_sched_kick(sched, 0);
}

/**
 * garm_events_slot() - look at everything that a slot reports
 * @sched: the scheduler
 * @slot: number of the slot
 *
 * The scheduler's lock is held and the slots are usable.
 */
void garm_events_slot(struct garm_sched *sched, u32 slot)
{
	struct garm_csg_iface *csg = garm_fw_csg(sched->gdev, slot);
	u32 ack = READ_ONCE(csg->out->ack), irq = READ_ONCE(csg->out->cs_irq_req), ring = 0;
	u32 events = (READ_ONCE(csg->in->req) ^ ack) & CSG_EVENT_MASK;
	unsigned long streams = irq ^ READ_ONCE(csg->in->cs_irq_ack);
	u32 cs;

	lockdep_assert_held(&sched->lock);
	if (!events && !streams)
		return;
	/*
	 * Answered before the streams are looked at: what they report from now on interrupts again.
	 */
	WRITE_ONCE(csg->in->cs_irq_ack, irq);
	garm_csg_update(sched->gdev, slot, ack, events);
	/* Also orders the event before what it is about. */
	mb();
	for_each_set_bit(cs, &streams, garm_fw_cs_count(sched->gdev)) {
		if (stream_events(sched, slot, cs))
			ring |= BIT(cs);
	}
	if (sched->slots[slot])
		group_events(sched, sched->slots[slot], events);
	if (ring)
		garm_cs_doorbell(sched->gdev, slot, ring);
	else
		garm_csg_doorbell(sched->gdev, BIT(slot));
}

/** garm_events_work() - work: what the JOB interrupt reported */
void garm_events_work(struct work_struct *work)
{
	struct garm_sched *sched = container_of(work, struct garm_sched, events_work);
	unsigned long slots;
	bool fence_cookie;
	u32 events, slot;
	int cookie;

	if (!drm_dev_enter(&sched->gdev->base, &cookie))
		return;
	fence_cookie = dma_fence_begin_signalling();
	mutex_lock(&sched->lock);
	events = atomic_xchg(&sched->events, 0);
	if (atomic_xchg(&sched->vm_faulted, 0)) {
		WRITE_ONCE(sched->dump_why, "MMU fault");
		garm_sched_kick(sched, 0);
	}
	/* Off: suspend and reset have looked at the slots, or will. */
	if (sched->on) {
		slots = events & JOB_IRQ_CSG_MASK;
		for_each_set_bit(slot, &slots, sched->slot_count)
			garm_events_slot(sched, slot);
		garm_sched_look_at_waits(sched);
	}
	mutex_unlock(&sched->lock);
	dma_fence_end_signalling(fence_cookie);
	drm_dev_exit(cookie);
}

/* A tiler ran out of memory, on this stay of the group on a slot. */
struct oom_event {
	u32 cs, slot, residency;
	u64 heap_va;
	u32 in_flight;			/* render passes begun, */
	u32 pending;			/* tiled, with a fragment job to come */
	bool sane;
};

static bool read_oom(struct garm_group *group, struct oom_event *event)
{
	struct garm_sched *sched = group->gdev->sched;
	const struct fw_cs_out *out;
	u32 begun, tiled, done;
	bool there;

	mutex_lock(&sched->lock);
	there = sched->on && group->cand.slot >= 0;
	if (there) {
		event->slot = group->cand.slot;
		event->residency = group->residency;
		out = garm_fw_cs(group->gdev, event->slot, event->cs)->out;
		event->heap_va = READ_ONCE(out->heap_address);
		begun = READ_ONCE(out->heap_vt_start);
		tiled = READ_ONCE(out->heap_vt_end);
		done = READ_ONCE(out->heap_frag_end);
		event->in_flight = begun - done;
		event->pending = tiled - done;
		/* The pass that ran out of memory has begun and is not tiled. */
		event->sane = done <= tiled && tiled < begun;
	}
	mutex_unlock(&sched->lock);
	return there;
}

/* Without a chunk the firmware waits for fragment jobs, or runs the user's exception handler. */
static bool answer_oom(struct garm_group *group, const struct oom_event *event, u64 chunk)
{
	struct garm_sched *sched = group->gdev->sched;
	struct garm_cs_iface *iface;
	bool there;

	mutex_lock(&sched->lock);
	there = sched->on && group->cand.slot >= 0 && group->residency == event->residency;
	if (there) {
		iface = garm_fw_cs(group->gdev, event->slot, event->cs);
		WRITE_ONCE(iface->in->heap_start, chunk);
		WRITE_ONCE(iface->in->heap_end, chunk);
		/* The chunk before the answer. */
		dma_wmb();
		garm_cs_update(group->gdev, event->slot, event->cs, READ_ONCE(iface->out->ack),
			       CS_TILER_OOM);
		garm_cs_doorbell(group->gdev, event->slot, BIT(event->cs));
	}
	mutex_unlock(&sched->lock);
	return there;
}

static void handle_oom(struct garm_group *group, u32 cs)
{
	struct garm_sched *sched = group->gdev->sched;
	struct oom_event event = { .cs = cs };
	struct garm_heap_pool *heaps;
	u64 chunk = 0;
	bool cookie;
	int ret;

	/* Off its slot it will be told again when it is back. */
	if (!read_oom(group, &event))
		return;
	heaps = garm_vm_heaps(group->vm, false);
	ret = -EINVAL;
	if (!IS_ERR_OR_NULL(heaps) && event.sane)
		ret = garm_heap_grow(heaps, event.heap_va, event.in_flight, event.pending, &chunk);
	if (!ret || ret == -ENOMEM || ret == -EBUSY) {
		if (ret)
			chunk = 0;
		if (!answer_oom(group, &event, chunk) && chunk)
			garm_heap_return_chunk(heaps, event.heap_va, chunk & GENMASK_ULL(63, 12));
	} else {
		if (__ratelimit(&sched->log))
			drm_warn(&group->gdev->base, "%s[%d]: %s: heap 0x%llx cannot grow: %d\n",
				 group->task.comm, group->task.pid, group->queues[cs].name,
				 event.heap_va, ret);
		cookie = dma_fence_begin_signalling();
		mutex_lock(&sched->lock);
		if (group->state != GARM_GROUP_DEAD)
			garm_group_fatal(group, BIT(cs));
		mutex_unlock(&sched->lock);
		dma_fence_end_signalling(cookie);
	}
	if (!IS_ERR_OR_NULL(heaps))
		garm_heap_pool_put(heaps);
}

/**
 * garm_group_oom_work() - work: tiler out-of-memory events of a group. May allocate: off the
 * fence-signalling path
 * @work: the work item
 */
void garm_group_oom_work(struct work_struct *work)
{
	struct garm_group *group = container_of(work, struct garm_group, oom_work);
	unsigned long queues = atomic_xchg(&group->oom_queues, 0);
	u32 cs;

	for_each_set_bit(cs, &queues, group->queue_count)
		handle_oom(group, cs);
	garm_group_put(group);
}
