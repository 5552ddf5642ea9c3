/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the scheduler share: groups, queues, jobs, the scheduler itself. Nobody else
 * includes it but garm_trace.c and garm_debugfs.c, which only read.
 *
 * Life of a group
 *
 *   GROUP_CREATE: NEW -> tick: STARTING -> acknowledged: ACTIVE -> tick: SUSPENDED -> STARTING ...
 *   from everywhere: destroyed, fault, time-out -> terminated (STOPPED), off its slot -> DEAD
 *
 * garm_group_kill() makes a group DEAD: all its fences signal. It needs the group off the slots, so
 * that the GPU no longer touches what the fences guard.
 *
 * References: the file's handle; the scheduler's list, until the group is dead; each job; each work
 * item.
 *
 * Locking: everything is protected by garm_sched.lock, a mutex on the fence-signalling path, but
 * what says otherwise. There is no separate lock for resets: they take the scheduler's lock, clear
 * @on, and nobody touches a slot until they set it again.
 */
#ifndef GARM_SCHED_INTERNAL_H
#define GARM_SCHED_INTERNAL_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "garm_device.h"
#include "garm_fw.h"
#include "garm_gem.h"
#include "garm_slots.h"
#include "jobqueue.h"

#define GARM_MAX_GROUPS_PER_FILE	128
#define GARM_RING_MIN_SIZE		SZ_4K
#define GARM_RING_MAX_SIZE		SZ_64K
#define GARM_QUEUE_PRIORITY_MAX		15
#define GARM_TICK_MS			10
#define GARM_LEFT_OUT_MS		100	/* a look at groups with work that have no slot */

/*
 * A job's instructions fill whole cache lines of the ring (the prefetcher wants it); they are the
 * credits.
 */
#define GARM_RING_LINE			64
#define GARM_JOB_MIN_LINES		2
#define GARM_JOB_MAX_LINES		3
#define GARM_JOB_MAX_WORDS		(GARM_JOB_MAX_LINES * GARM_RING_LINE / 8)

#define GARM_PROFILE_CYCLES		BIT(0)
#define GARM_PROFILE_TIME		BIT(1)

/** struct garm_sync64 - a sync object as the GPU writes it */
struct garm_sync64 {
	u64 seqno;			/* number of the last job that is done */
	u32 status;			/* errors, which the driver's jobs do not propagate */
	u32 pad;
};

#define GARM_JOB_UNREPORTED		(~0u)

/** struct garm_job_report - what a job says of itself before it counts as done */
struct garm_job_report {
	u64 cycles_before, cycles_after;	/* if profiled */
	u64 time_before, time_after;
	/* the stream's error state, 0: no fault; GARM_JOB_UNREPORTED until then */
	u32 error;
	u32 pad;
};

struct garm_group;
struct garm_sched;

/** struct garm_ring_job - a job in the ring */
struct garm_ring_job {
	u64 seqno;			/* in the JobQueue, which counts empty jobs too */
	u64 va;				/* of the user's stream, for dumps */
	u32 size;
	u32 profile;			/* GARM_PROFILE_* */
};

/** struct garm_queue - a ring and its JobQueue */
struct garm_queue {
	struct jobq jobq;
	struct garm_group *group;
	u32 index;
	u8 priority;			/* in the group, 0..15 */
	char name[32];

	u32 ring_size;			/* bytes */
	u64 ring_va, reports_va;	/* in the user's VM, parts of garm_group.shared */
	void *ring;			/* mapped for the CPU */
	struct garm_job_report *reports;
	u64 iface_va;			/* in the firmware's VM, a part of garm_group.ifaces */
	struct fw_ring_in *in;
	const struct fw_ring_out *out;
	u64 insert;			/* byte count, never read back from shared memory */

	/*
	 * Jobs in the ring: number n (from 1) is in jobs[(n - 1) & job_mask] and in that report.
	 */
	struct garm_ring_job *jobs;
	u32 job_mask;
	u64 submitted;			/* number of the last one written */
	u64 done;			/* of the last one known to be done */
	bool timer_on;			/* the JobQueue's timer may run */

	/* The sync object that the queue is blocked on, from the firmware's status. */
	struct {
		u64 va, ref;
		bool gt, is64;
		bool valid;		/* va etc. are set */
		bool want_map;		/* for the mapping work */
		bool unmappable;	/* the CPU cannot read it: let the firmware look */
		u64 map_va;		/* of the mapping below */
		bool map_64;
		bool map_old;		/* of an earlier wait: look again at what is there */
		struct garm_bo *bo;	/* NULL: no mapping */
		const void *map;	/* the object itself */
	} wait;
};

enum garm_group_state {
	GARM_GROUP_NEW,
	GARM_GROUP_STARTING,		/* on a slot, start or resume not yet acknowledged */
	GARM_GROUP_ACTIVE,		/* on a slot */
	GARM_GROUP_SUSPENDED,		/* state is in its suspend buffer */
	GARM_GROUP_STOPPED,		/* terminated, or unknown: can never run again */
	GARM_GROUP_DEAD,		/* its fences have signalled; in no list */
};

/** struct garm_group - queues that share a VM and a slot; allocated in one piece with its queues */
struct garm_group {
	struct kref ref;
	struct garm_device *gdev;
	struct garm_group_pool *pool;	/* outlives the group */
	struct garm_vm *vm;		/* reference */
	u64 client;			/* drm-client-id; with @serial its name in traces */
	u32 serial;			/* of the client's groups, from 1 */
	struct work_struct release_work;
	struct {
		pid_t pid;
		char comm[TASK_COMM_LEN];
	} task;

	/* Constant: */
	u64 compute_mask, fragment_mask, tiler_mask;
	u8 max_compute, max_fragment, max_tiler;
	u32 queue_count;
	/*
	 * Each change of a VM that is on the GPU costs a cache flush, and a group is made while
	 * somebody waits for it, so all of its memory that may be mapped alike is in one piece:
	 */
	struct garm_kbo *shared;	/* the user's VM: rings, sync objects, job reports */
	struct garm_kbo *ifaces;	/* the firmware's VM: ring interfaces */
	struct garm_kbo *save;		/* likewise: both suspend buffers */
	u64 suspend_va, protm_va;	/* parts of @save */
	struct garm_sync64 *syncs;	/* one per queue, in @shared */
	u64 syncs_va;
	size_t kbo_bytes;

	/* Under sched.lock; the flags that end a group are also read without it (READ_ONCE). */
	struct list_head node;		/* sched.groups: every group that is not dead */
	struct list_head doomed_node;	/* sched.doomed, during a reset */
	struct garm_cand cand;		/* its node: in sched.ready or sched.waiting */
	enum garm_group_state state;
	u32 residency;			/* tells one stay on a slot from the next */
	u32 idle_queues, blocked_queues;	/* from the firmware's status */
	u32 fatal_queues;
	bool timedout, innocent, destroyed;
	bool vm_gone;			/* its VM was destroyed */

	atomic_t oom_queues;		/* tiler out-of-memory events to be looked at */
	struct work_struct oom_work;

	struct garm_queue queues[] __counted_by(queue_count);
};

/** struct garm_group_pool - the groups of a file */
struct garm_group_pool {
	struct garm_file *file;
	struct xarray xa;
	refcount_t live;		/* groups that have not been released, and one */
	atomic_t serial;		/* for names */
	struct completion empty;
};

/** struct garm_job - a command stream to be called by a queue */
struct garm_job {
	struct jobq_job base;		/* first */
	struct garm_group *group;	/* reference */
	struct garm_queue *queue;
	u64 va;
	u32 size;			/* 0: only a point in the queue */
	u32 latest_flush;
	u32 profile;			/* GARM_PROFILE_* */
	bool powered;			/* holds a reference of garm_device_get() */
};

/** struct garm_sched - the scheduler */
struct garm_sched {
	struct garm_device *gdev;
	struct mutex lock;			/* everything below that is not constant; groups */
	struct workqueue_struct *wq;		/* on the fence-signalling path */
	struct workqueue_struct *alloc_wq;	/* heap growth, mappings of sync objects */
	struct workqueue_struct *free_wq;	/* release of groups */
	struct delayed_work tick;
	struct work_struct events_work;
	struct work_struct map_work;
	atomic_t events;			/* JOB_IRQ_*; any context */
	atomic_t vm_faulted;			/* some VM has; any context */
	struct ratelimit_state log;		/* for what user space can cause */

	u32 slot_count, vm_count;		/* constant */
	u32 sb_mask;				/* all scoreboard entries */
	bool wide_endpoints;			/* endpoint_req2 is in use */

	bool on;				/* powered, no reset: slots may be touched */
	bool gone;				/* unplugged */
	struct list_head groups;
	struct list_head doomed;
	struct list_head ready[GARM_PRIORITIES];
	struct list_head waiting[GARM_PRIORITIES];
	struct garm_group *slots[GARM_MAX_CSGS_USED];
	u32 busy;				/* ready groups on slots, as of the last tick */
	u64 slice_end;				/* jiffies64 */
	u64 next_tick;				/* jiffies64; U64_MAX: none */
	const char *dump_why;			/* a dump is wanted; any context */
};

/* Room for the tail of a job that is done but whose last instructions may still be fetched. */
static inline u32 garm_ring_credits(u32 ring_size)
{
	return ring_size / GARM_RING_LINE - GARM_JOB_MAX_LINES;
}

static inline u32 garm_group_all_queues(const struct garm_group *group)
{
	return GENMASK(group->queue_count - 1, 0);
}

static inline struct garm_sync64 *garm_queue_sync(struct garm_queue *queue)
{
	return &queue->group->syncs[queue->index];
}

static inline u64 garm_queue_sync_va(struct garm_queue *queue)
{
	return queue->group->syncs_va + queue->index * sizeof(struct garm_sync64);
}

/* Without the scheduler's lock the answer may be out of date in one direction: true. */
static inline bool garm_group_can_run(const struct garm_group *group)
{
	return READ_ONCE(group->state) < GARM_GROUP_STOPPED && !READ_ONCE(group->fatal_queues) &&
	       !READ_ONCE(group->timedout) && !READ_ONCE(group->destroyed) &&
	       !READ_ONCE(group->vm_gone);
}

/* garm_group.c */
struct garm_group *garm_group_get(struct garm_group *group);
void garm_group_put(struct garm_group *group);
struct garm_group *garm_group_lookup(struct garm_file *file, u32 handle);
void garm_group_kill(struct garm_group *group);
void garm_group_fatal(struct garm_group *group, u32 queues);

/* garm_submit.c */
extern const struct jobq_ops garm_job_ops;
bool garm_queue_check_done(struct garm_queue *queue);

/* garm_sched.c */
unsigned long garm_job_timeout(void);
void garm_sched_kick(struct garm_sched *sched, unsigned long delay);
void garm_sched_add(struct garm_group *group);
void garm_sched_ended(struct garm_group *group);
void garm_sched_classify(struct garm_group *group);
void garm_sched_became_ready(struct garm_group *group);
void garm_sched_work_added(struct garm_queue *queue);

/* garm_csg.c */
int garm_csg_update_status(struct garm_sched *sched);
int garm_csg_set_priorities(struct garm_sched *sched, const struct garm_plan *plan);
int garm_csg_start(struct garm_sched *sched, const struct garm_plan *plan);
u32 garm_csg_evict(struct garm_sched *sched, u32 slots, bool blame);
u32 garm_csg_evict_all(struct garm_sched *sched);
void garm_csg_unbind(struct garm_group *group);

/* garm_waits.c */
void garm_wait_set(struct garm_queue *queue, const struct fw_cs_out *out);
bool garm_wait_over(struct garm_queue *queue);
void garm_wait_unmap(struct garm_queue *queue);
void garm_sched_look_at_waits(struct garm_sched *sched);
void garm_sched_map_waits(struct work_struct *work);

/* garm_sched_dump.c */
const char *garm_group_state_name(enum garm_group_state state);
struct garm_dump;
void garm_sched_dump(struct garm_device *gdev, struct garm_dump *dump);
void garm_sched_take_dump(struct garm_sched *sched);

/* garm_events.c */
void garm_events_work(struct work_struct *work);
void garm_events_slot(struct garm_sched *sched, u32 slot);
void garm_events_vm_faults(struct garm_sched *sched);
void garm_group_oom_work(struct work_struct *work);

#endif
