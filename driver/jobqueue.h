/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * JobQueue: dependencies first, then the hardware, in order, and a fence that always signals.
 *
 * A job holds the fences it depends on. Jobs of a queue become eligible in the order of
 * jobq_push(): when the head's fences have signalled and the queue has credits (ring space) left,
 * @run puts it in the hardware's ring. Whoever learns of progress calls jobq_complete(); the
 * done-fence of every job up to that sequence number signals, in order. There is no scheduling
 * here: which queue runs is the firmware's business.
 *
 * Nothing here knows a GPU; other drivers could use it. Implemented in jobqueue.c, tested in
 * jobqueue_kunit.c; used by garm_group.c (a ring) and garm_vm_bind.c (page-table updates, which
 * complete in @run).
 *
 * Guarantees
 *   - after jobq_push() a job's done-fence signals in finite time if its dependencies do:
 *     completed, timed out (the hook must act), or killed;
 *   - from jobq_arm() on nothing is allocated and nothing fails: safe for memory reclaim;
 *   - @run and @timeout are called in process context on the queue's workqueue, inside
 *     dma_fence_begin_signalling(): they must not allocate with direct reclaim or take a dma_resv
 *     lock; @run is called for one job at a time;
 *   - jobs are freed (@free) in a work item outside of the signalling path, after their fence has
 *     signalled;
 *   - jobq_destroy() returns when nothing of the queue is referenced any more but fences, which
 *     stand alone. Nobody may call jobq_complete() any more.
 *
 * Locking: jobq.lock is a leaf, irqsave. No fence is signalled and no fence lock taken under it:
 * what is done is moved to @finished, and one caller at a time signals from there, in order,
 * without the lock.
 */
#ifndef JOBQUEUE_H
#define JOBQUEUE_H

#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct jobq;
struct jobq_job;

/** struct jobq_ops - what the owner of a queue provides; constant, alive as long as the module */
struct jobq_ops {
	const char *driver;	/* names for dma_fence_ops */
	/**
	 * @run: hand the job to the hardware. Return 0 when it is on its way; 1 when there is
	 * nothing to wait for (its fence signals as soon as those of all earlier jobs have); a
	 * negative errno when it cannot run: like 1, and its fence gets that error.
	 */
	int (*run)(struct jobq_job *job);
	/**
	 * @timeout: the oldest job in flight made no progress for the queue's time-out (NULL: no
	 * time-out). Return true to start a new period, false to leave the timer off (the owner
	 * kills the queue).
	 */
	bool (*timeout)(struct jobq *q, struct jobq_job *job);
	/** @free: drop what the job holds; process context, may sleep and allocate */
	void (*free)(struct jobq_job *job);
};

struct jobq {
	const struct jobq_ops *ops;
	const char *name;		/* timeline name */
	struct workqueue_struct *wq;	/* WQ_MEM_RECLAIM; shared by queues */
	struct workqueue_struct *free_wq;
	spinlock_t lock;		/* protects all below */
	u64 context;			/* of the done-fences */
	u64 seqno;			/* of the job armed last */
	u64 done_seqno;			/* highest one of jobq_complete() */
	u32 credits, credits_used;	/* e.g. ring slots */
	/* pushed, waiting for dependencies or credits; the work takes them out */
	struct list_head pending;
	struct list_head running;	/* in the hardware */
	struct list_head finished;	/* fence to be signalled, in this order */
	struct list_head garbage;	/* signalled, to be freed */
	struct jobq_job *in_run, *in_timeout;	/* not to be freed just now */
	bool signalling;		/* somebody empties @finished */
	struct work_struct work;	/* advances the head */
	struct work_struct free_work;
	struct delayed_work timer;
	unsigned long timeout, timeout_left;	/* jiffies; 0: none */
	unsigned long timer_end;	/* jiffies, while armed */
	struct dma_fence *last;		/* done-fence of the last job armed; reference */
	int error;			/* jobq_kill() was called: every later job ends with it */
	unsigned int stopped;		/* count of jobq_stop() */
	unsigned int timer_stopped;
	bool timer_armed;
};

struct jobq_fence;

/** struct jobq_job - embed it first in the driver's job */
struct jobq_job {
	struct jobq *q;
	struct list_head node;
	u32 credits;
	/* valid after jobq_arm(); those of a queue are consecutive */
	u64 seqno;
	struct jobq_fence *fence;	/* allocated by jobq_job_init() */
	struct dma_fence **deps;	/* NULL entries are reserved and never filled */
	u32 dep_count, dep_room, next_dep;
	struct dma_fence *waiting;	/* dependency that the callback is on */
	struct dma_fence_cb cb;
	int error;			/* what the fence will signal with */
	bool armed;
	bool traced;			/* garm_job_eligible was */
	/* needs nothing of the hardware: done when all earlier ones are */
	bool ready;
};

/**
 * jobq_init() - a queue
 * @wq: ordered or not, WQ_MEM_RECLAIM; @credits: sum of the credits of jobs that may run at a time;
 * @timeout: jiffies without progress of the oldest running job until @ops->timeout, or 0
 */
void jobq_init(struct jobq *q, const struct jobq_ops *ops, const char *name,
	       struct workqueue_struct *wq, u32 credits, unsigned long timeout);
/**
 * jobq_destroy() - kill with -ECANCELED if jobs are left, wait for work items, drop the last fence
 */
void jobq_destroy(struct jobq *q);

/** jobq_job_init() - -ENOMEM, or -EINVAL when @credits can never be had */
int jobq_job_init(struct jobq_job *job, struct jobq *q, u32 credits);
/**
 * jobq_job_add_dep() - the job waits for @fence; consumes the reference, also on error
 *
 * Fences of one context are merged. Return: 0, -ENOMEM.
 */
int jobq_job_add_dep(struct jobq_job *job, struct dma_fence *fence);
/** jobq_job_reserve_dep() - room for a fence that exists only after arming; index, or -ENOMEM */
int jobq_job_reserve_dep(struct jobq_job *job);
/**
 * jobq_job_fill_dep() - put a fence in reserved room, after arming, before the push
 *
 * Consumes the reference.
 */
void jobq_job_fill_dep(struct jobq_job *job, int index, struct dma_fence *fence);
/**
 * jobq_arm() - give the job its place and its done-fence
 *
 * The caller serialises arm and push per queue, and pushes after it.
 * Return: the done-fence (borrowed).
 */
struct dma_fence *jobq_arm(struct jobq_job *job);
void jobq_push(struct jobq_job *job);		/* the queue owns it from now on */
/* a job that was not armed: drops deps and fence, not the job */
void jobq_job_discard(struct jobq_job *job);

/**
 * jobq_complete() - jobs up to @seqno are done; any context
 * @error: for the ones that this completes, or 0
 */
void jobq_complete(struct jobq *q, u64 seqno, int error);
/**
 * jobq_set_error() - the running job @seqno failed; its fence will signal with @error, unless it
 * has an error already
 */
void jobq_set_error(struct jobq *q, u64 seqno, int error);
/** jobq_kill() - no job runs any more; all fences, also of jobs pushed later, signal with @error */
void jobq_kill(struct jobq *q, int error);

/* counted: no @run until jobq_start(); waits for a running one */
void jobq_stop(struct jobq *q);
void jobq_start(struct jobq *q);
/* counted: the queue is not on the hardware, its time stands still */
void jobq_timer_stop(struct jobq *q);
void jobq_timer_start(struct jobq *q);
void jobq_progress(struct jobq *q);	/* the time-out begins anew */
/* with a reference, signalled or not, or NULL */
struct dma_fence *jobq_last_fence(struct jobq *q);
bool jobq_idle(struct jobq *q);		/* nothing pending and nothing running */
u64 jobq_oldest_running(struct jobq *q);	/* seqno, or 0 */
void jobq_module_exit(void);		/* waits for fences that are being freed */

#endif
