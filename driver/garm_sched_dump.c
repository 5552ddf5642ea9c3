// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the scheduler adds to device core dumps: groups, queues, rings, and the streams being run.
 *
 * A source of garm_dump.h; also the note that a dump is wanted, which the tick takes before it
 * changes anything on the slots. Calls dump and, through it, vm.
 */
#include "garm_dump.h"
#include "garm_sched_internal.h"

#define DUMP_STREAMS	8

/* A command stream of a user, to be read without the scheduler's lock. */
struct dump_stream {
	struct garm_group *group;	/* reference */
	u64 va;
	u32 size;
};

struct dump_streams {
	struct dump_stream at[DUMP_STREAMS];
	u32 count;
};

/** garm_group_state_name() - for people */
const char *garm_group_state_name(enum garm_group_state state)
{
	static const char *const names[] = {
		[GARM_GROUP_NEW] = "new", [GARM_GROUP_STARTING] = "starting",
		[GARM_GROUP_ACTIVE] = "active", [GARM_GROUP_SUSPENDED] = "suspended",
		[GARM_GROUP_STOPPED] = "stopped", [GARM_GROUP_DEAD] = "dead",
	};

	return names[state];
}

static void note_stream(struct garm_queue *queue, struct dump_streams *streams)
{
	const struct garm_ring_job *job = &queue->jobs[queue->done & queue->job_mask];

	if (streams->count == DUMP_STREAMS)
		return;
	streams->at[streams->count++] = (struct dump_stream){
		.group = garm_group_get(queue->group), .va = job->va, .size = job->size,
	};
}

static void add_queue(struct garm_dump *dump, struct garm_queue *queue,
		      struct dump_streams *streams)
{
	const struct garm_sync64 *sync = garm_queue_sync(queue);

	garm_dump_section(dump, "queue name=%s cs=%u", queue->name, queue->index);
	garm_dump_add(dump, "insert 0x%llx", queue->insert);
	garm_dump_add(dump, "extract 0x%llx", READ_ONCE(queue->out->extract));
	garm_dump_add(dump, "submitted %llu", queue->submitted);
	garm_dump_add(dump, "done %llu", queue->done);
	garm_dump_add(dump, "sync.seqno 0x%llx", READ_ONCE(sync->seqno));
	if (queue->wait.valid)
		garm_dump_add(dump, "wait 0x%llx %s 0x%llx", queue->wait.va,
			      queue->wait.gt ? ">" : "<=", queue->wait.ref);
	if (queue->group->cand.slot < 0 || queue->done == queue->submitted)
		return;
	garm_dump_memory(dump, "ring", queue->ring_va, queue->ring, queue->ring_size);
	note_stream(queue, streams);
}

static void add_group(struct garm_dump *dump, struct garm_group *group,
		      struct dump_streams *streams)
{
	garm_dump_section(dump, "group pid=%d slot=%d", group->task.pid, group->cand.slot);
	garm_dump_add(dump, "task %*pEhp", (int)strlen(group->task.comm), group->task.comm);
	garm_dump_add(dump, "state %s", garm_group_state_name(group->state));
	garm_dump_add(dump, "priority %u", group->cand.priority);
	garm_dump_add(dump, "idle_queues 0x%x", group->idle_queues);
	garm_dump_add(dump, "blocked_queues 0x%x", group->blocked_queues);
	garm_dump_add(dump, "fatal_queues 0x%x", group->fatal_queues);
	garm_dump_add(dump, "timedout %d", group->timedout);
	garm_dump_add(dump, "innocent %d", group->innocent);
	garm_dump_add(dump, "destroyed %d", group->destroyed);
	for (u32 i = 0; i < group->queue_count; i++)
		add_queue(dump, &group->queues[i], streams);
}

/**
 * garm_sched_dump() - a source of dumps
 * @gdev: the device
 * @dump: where to
 *
 * Takes the scheduler's lock, and without it what garm_dump_va() takes: who wants a dump holds
 * neither that lock nor an inner one. Allowed on the fence-signalling path.
 */
void garm_sched_dump(struct garm_device *gdev, struct garm_dump *dump)
{
	struct garm_sched *sched = gdev->sched;
	struct dump_streams streams = {};
	struct garm_group *group;

	mutex_lock(&sched->lock);
	list_for_each_entry(group, &sched->groups, node) {
		if (group->cand.slot >= 0 || !garm_group_can_run(group))
			add_group(dump, group, &streams);
	}
	mutex_unlock(&sched->lock);
	for (u32 i = 0; i < streams.count; i++) {
		struct dump_stream *stream = &streams.at[i];

		garm_dump_va(dump, "stream", stream->group->vm, stream->va, stream->size);
		garm_group_put(stream->group);
	}
}

/**
 * garm_sched_take_dump() - take the dump that was wanted (garm_sched.dump_why), if any
 * @sched: the scheduler
 *
 * No lock held. Not when the device is powering down: then nobody will see much anyway.
 */
void garm_sched_take_dump(struct garm_sched *sched)
{
	const char *why = xchg(&sched->dump_why, NULL);
	struct device *dev = sched->gdev->base.dev;

	if (!why || pm_runtime_get_if_active(dev) <= 0)
		return;
	garm_dump_take(sched->gdev, why);
	garm_device_put(sched->gdev);
}
