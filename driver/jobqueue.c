// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * JobQueue: see jobqueue.h for what it promises. Called by the rooms that have jobs (rings,
 * VM_BIND); calls nothing of the driver but the queue's operations.
 *
 * A job is in one list at a time:
 *
 *   jobq_push() > pending > (work: dependencies, credits) > running > finished > garbage > freed
 *                    |_________ after jobq_kill() ____________________^
 *
 * Only the work takes jobs out of pending, so it alone looks at dependencies, without a lock.
 */
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "compat.h"
#include "garm_trace.h"
#include "jobqueue.h"

#define JOBQ_NAME_SIZE 32
/* Delays below it are in the first level of the timer wheel, which has a slot for each tick. */
#define JOBQ_EXACT_TICKS 63

/** struct jobq_fence - a done-fence; lives on alone after its queue */
struct jobq_fence {
	struct dma_fence base;	/* first: newer kernels free the fence themselves */
	spinlock_t lock;
	const char *driver;
	char name[JOBQ_NAME_SIZE];
};

static struct jobq_fence *to_jobq_fence(struct dma_fence *fence)
{
	return container_of(fence, struct jobq_fence, base);
}

static const char *jobq_fence_driver_name(struct dma_fence *fence)
{
	return to_jobq_fence(fence)->driver;
}

static const char *jobq_fence_timeline_name(struct dma_fence *fence)
{
	return to_jobq_fence(fence)->name;
}

#ifdef GARM_FENCE_OPS_OUTLIVE_SIGNAL
/*
 * A signalled fence may outlive the module in a sync file or a syncobj, and this kernel calls its
 * operations until the end. So each fence holds the module, until it has been freed after a grace
 * period.
 */
static void jobq_fence_free(struct rcu_head *rcu)
{
	kfree(to_jobq_fence(container_of(rcu, struct dma_fence, rcu)));
	module_put(THIS_MODULE);
}

static void jobq_fence_release(struct dma_fence *fence)
{
	call_rcu(&fence->rcu, jobq_fence_free);
}
#endif

static const struct dma_fence_ops jobq_fence_ops = {
	.get_driver_name = jobq_fence_driver_name,
	.get_timeline_name = jobq_fence_timeline_name,
#ifdef GARM_FENCE_OPS_OUTLIVE_SIGNAL
	.release = jobq_fence_release,
#endif
};

void jobq_module_exit(void)
{
	rcu_barrier();
}

static struct jobq_fence *jobq_fence_alloc(const struct jobq *q)
{
	struct jobq_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL_ACCOUNT);

	if (!fence)
		return NULL;
	spin_lock_init(&fence->lock);
	fence->driver = q->ops->driver;
	strscpy(fence->name, q->name, sizeof(fence->name));
	return fence;
}

static void jobq_fence_arm(struct jobq_fence *fence, u64 context, u64 seqno)
{
#ifdef GARM_FENCE_OPS_OUTLIVE_SIGNAL
	__module_get(THIS_MODULE);
#endif
	dma_fence_init(&fence->base, &jobq_fence_ops, &fence->lock, context, seqno);
}

/*
 * Fences out of the finished list. Whoever finds nobody at it does it, also for those who add
 * meanwhile, so that fences of a queue signal in order whatever contexts complete them.
 */
static void jobq_signal(struct jobq *q)
{
	struct jobq_job *job;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (q->signalling || list_empty(&q->finished)) {
		spin_unlock_irqrestore(&q->lock, flags);
		return;
	}
	q->signalling = true;
	while ((job = list_first_entry_or_null(&q->finished, struct jobq_job, node))) {
		list_del_init(&job->node);
		spin_unlock_irqrestore(&q->lock, flags);

		if (job->error)
			dma_fence_set_error(&job->fence->base, job->error);
		trace_garm_job_done(job);
		dma_fence_signal(&job->fence->base);

		spin_lock_irqsave(&q->lock, flags);
		list_add_tail(&job->node, &q->garbage);
	}
	q->signalling = false;
	queue_work(q->free_wq, &q->free_work);
	spin_unlock_irqrestore(&q->lock, flags);
}

/*
 * The kernel's timers are late by up to an eighth of their delay (kernel/time/timer.c), a quarter
 * of a second for 5 s at 250 Hz: sleep seven eighths of what is left until it is so little that
 * they are exact.
 */
static void jobq_timer_sleep(struct jobq *q)
{
	unsigned long left = time_after(q->timer_end, jiffies) ? q->timer_end - jiffies : 0;

	lockdep_assert_held(&q->lock);
	mod_delayed_work(q->wq, &q->timer, left < JOBQ_EXACT_TICKS ? left : left - left / 8);
}

/* The oldest job in the hardware changed, or the clock was switched. */
static void jobq_timer_update(struct jobq *q, bool restart)
{
	bool want = q->timeout && !q->timer_stopped && !q->error && !list_empty(&q->running);

	lockdep_assert_held(&q->lock);
	if (restart)
		q->timeout_left = q->timeout;
	if (want && (!q->timer_armed || restart)) {
		q->timer_armed = true;
		q->timer_end = jiffies + q->timeout_left;
		jobq_timer_sleep(q);
	} else if (!want && q->timer_armed) {
		q->timer_armed = false;
		/*
		 * At least a tick, so that a queue that comes back late is not found guilty at
		 * once.
		 */
		q->timeout_left = time_after(q->timer_end, jiffies) ? q->timer_end - jiffies : 1;
		cancel_delayed_work(&q->timer);
	}
}

/* Move what is done from running to finished; true if anything moved. */
static bool jobq_collect(struct jobq *q)
{
	struct jobq_job *job, *next;
	bool any = false;

	lockdep_assert_held(&q->lock);
	list_for_each_entry_safe(job, next, &q->running, node) {
		if (!q->error && !job->ready && job->seqno > q->done_seqno)
			break;
		if (q->error && !job->error && !(job->seqno <= q->done_seqno))
			job->error = q->error;
		q->credits_used -= job->credits;
		list_move_tail(&job->node, &q->finished);
		any = true;
	}
	if (any) {
		jobq_timer_update(q, true);
		if (!list_empty(&q->pending))
			queue_work(q->wq, &q->work);
	}
	return any;
}

static void jobq_free_work(struct work_struct *work)
{
	struct jobq *q = container_of(work, struct jobq, free_work);
	struct jobq_job *job, *next;
	LIST_HEAD(garbage);

	spin_lock_irq(&q->lock);
	list_for_each_entry_safe(job, next, &q->garbage, node) {
		/* The work or the timer still looks at it, and will queue us again. */
		if (job != q->in_run && job != q->in_timeout)
			list_move_tail(&job->node, &garbage);
	}
	spin_unlock_irq(&q->lock);

	list_for_each_entry_safe(job, next, &garbage, node) {
		list_del_init(&job->node);
		jobq_job_discard(job);
		q->ops->free(job);
		cond_resched();
	}
}

static void jobq_dep_signalled(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	struct jobq_job *job = container_of(cb, struct jobq_job, cb);

	queue_work(job->q->wq, &job->q->work);
}

static void jobq_stop_waiting(struct jobq_job *job)
{
	if (!job->waiting)
		return;
	/* When this says no, the callback has returned: it is called under the fence's lock. */
	dma_fence_remove_callback(job->waiting, &job->cb);
	dma_fence_put(job->waiting);
	job->waiting = NULL;
}

/*
 * Are the dependencies of the head signalled? If not, the next one that is not will queue the work.
 */
static bool jobq_deps_done(struct jobq_job *job)
{
	if (job->waiting) {
		if (!dma_fence_is_signaled(job->waiting))
			return false;
		jobq_stop_waiting(job);
	}
	while (job->next_dep < job->dep_count) {
		struct dma_fence *fence = job->deps[job->next_dep];

		job->deps[job->next_dep++] = NULL;
		if (!fence)
			continue;
		if (!dma_fence_add_callback(fence, &job->cb, jobq_dep_signalled)) {
			job->waiting = fence;
			return false;
		}
		dma_fence_put(fence);
	}
	/* It may be asked again, when credits are missing. */
	if (trace_garm_job_eligible_enabled() && !job->traced) {
		job->traced = true;
		trace_garm_job_eligible(job);
	}
	return true;
}

/* The head of pending when it may be looked at, or NULL. */
static struct jobq_job *jobq_head(struct jobq *q)
{
	struct jobq_job *job;

	spin_lock_irq(&q->lock);
	job = list_first_entry_or_null(&q->pending, struct jobq_job, node);
	if (q->stopped && !q->error)
		job = NULL;
	spin_unlock_irq(&q->lock);
	return job;
}

/* Take the head out of pending: to running, or to finished when the queue was killed. */
static bool jobq_take(struct jobq *q, struct jobq_job *job)
{
	bool run = false;

	spin_lock_irq(&q->lock);
	if (q->error) {
		job->error = q->error;
		list_move_tail(&job->node, &q->finished);
	} else if (!q->stopped && q->credits_used + job->credits <= q->credits) {
		q->credits_used += job->credits;
		list_move_tail(&job->node, &q->running);
		/* From here on it can be completed, before run() even returns. */
		q->in_run = job;
		jobq_timer_update(q, list_is_singular(&q->running));
		run = true;
	}
	spin_unlock_irq(&q->lock);
	return run;
}

static void jobq_run(struct jobq *q, struct jobq_job *job)
{
	int ret;

	trace_garm_job_run(job);
	ret = q->ops->run(job);

	spin_lock_irq(&q->lock);
	q->in_run = NULL;
	if (ret) {
		job->ready = true;
		if (ret < 0 && !job->error)
			job->error = ret;
	}
	jobq_collect(q);
	if (!list_empty(&q->garbage))
		queue_work(q->free_wq, &q->free_work);
	spin_unlock_irq(&q->lock);
	jobq_signal(q);
}

static void jobq_work(struct work_struct *work)
{
	struct jobq *q = container_of(work, struct jobq, work);
	bool cookie = dma_fence_begin_signalling();
	struct jobq_job *job;

	while ((job = jobq_head(q))) {
		bool killed = READ_ONCE(q->error);

		if (killed)
			jobq_stop_waiting(job);
		else if (!jobq_deps_done(job))
			break;
		if (jobq_take(q, job))
			jobq_run(q, job);
		else if (READ_ONCE(q->error))
			jobq_signal(q);
		else
			break;	/* no credits: jobq_collect() queues us; stopped: jobq_start() */
		cond_resched();
	}
	dma_fence_end_signalling(cookie);
}

static void jobq_timer(struct work_struct *work)
{
	struct jobq *q = container_of(to_delayed_work(work), struct jobq, timer);
	struct jobq_job *job = NULL;
	bool cookie, again;

	cookie = dma_fence_begin_signalling();
	spin_lock_irq(&q->lock);
	if (q->timer_armed && time_before(jiffies, q->timer_end)) {
		/* Not the end yet, or progress has moved it while we were on our way. */
		jobq_timer_sleep(q);
	} else if (q->timer_armed) {
		q->timer_armed = false;
		q->timeout_left = q->timeout;
		job = list_first_entry_or_null(&q->running, struct jobq_job, node);
		q->in_timeout = job;
	}
	spin_unlock_irq(&q->lock);
	if (job) {
		again = q->ops->timeout(q, job);

		spin_lock_irq(&q->lock);
		q->in_timeout = NULL;
		if (again)
			jobq_timer_update(q, false);
		if (!list_empty(&q->garbage))
			queue_work(q->free_wq, &q->free_work);
		spin_unlock_irq(&q->lock);
	}
	dma_fence_end_signalling(cookie);
}

void jobq_init(struct jobq *q, const struct jobq_ops *ops, const char *name,
	       struct workqueue_struct *wq, u32 credits, unsigned long timeout)
{
	*q = (struct jobq){
		.ops = ops,
		.name = name,
		.wq = wq,
		.free_wq = system_dfl_wq,
		.context = dma_fence_context_alloc(1),
		.credits = credits,
		.timeout = ops->timeout ? timeout : 0,
		.timeout_left = timeout,
	};
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->pending);
	INIT_LIST_HEAD(&q->running);
	INIT_LIST_HEAD(&q->finished);
	INIT_LIST_HEAD(&q->garbage);
	INIT_WORK(&q->work, jobq_work);
	INIT_WORK(&q->free_work, jobq_free_work);
	INIT_DELAYED_WORK(&q->timer, jobq_timer);
}

void jobq_destroy(struct jobq *q)
{
	jobq_kill(q, -ECANCELED);
	/*
	 * The first flush empties pending; a dependency's callback may queue the work once more
	 * before it does.
	 */
	flush_work(&q->work);
	cancel_work_sync(&q->work);
	cancel_delayed_work_sync(&q->timer);
	flush_work(&q->free_work);
	cancel_work_sync(&q->free_work);
	jobq_free_work(&q->free_work);
	WARN_ON(!list_empty(&q->pending) || !list_empty(&q->running) || !list_empty(&q->finished) ||
		!list_empty(&q->garbage));
	dma_fence_put(q->last);
	q->last = NULL;
}

int jobq_job_init(struct jobq_job *job, struct jobq *q, u32 credits)
{
	if (credits > q->credits)
		return -EINVAL;
	*job = (struct jobq_job){ .q = q, .credits = credits };
	INIT_LIST_HEAD(&job->node);
	job->fence = jobq_fence_alloc(q);
	return job->fence ? 0 : -ENOMEM;
}

int jobq_job_reserve_dep(struct jobq_job *job)
{
	if (job->dep_count == job->dep_room) {
		u32 room = job->dep_room ? 2 * job->dep_room : 4;
		struct dma_fence **deps;

		/* How many is user space's to say: more than kmalloc() has at a time. */
		deps = kvrealloc(job->deps, array_size(room, sizeof(*deps)), GFP_KERNEL_ACCOUNT);
		if (!deps)
			return -ENOMEM;
		job->deps = deps;
		job->dep_room = room;
	}
	job->deps[job->dep_count] = NULL;
	return job->dep_count++;
}

void jobq_job_fill_dep(struct jobq_job *job, int index, struct dma_fence *fence)
{
	job->deps[index] = fence;
}

int jobq_job_add_dep(struct jobq_job *job, struct dma_fence *fence)
{
	int index;

	if (!fence || dma_fence_is_signaled(fence)) {
		dma_fence_put(fence);
		return 0;
	}
	for (u32 i = 0; i < job->dep_count; i++) {
		struct dma_fence *known = job->deps[i];

		if (!known || known->context != fence->context)
			continue;
		if (dma_fence_is_later(fence, known))
			swap(job->deps[i], fence);
		dma_fence_put(fence);
		return 0;
	}
	index = jobq_job_reserve_dep(job);
	if (index < 0) {
		dma_fence_put(fence);
		return index;
	}
	job->deps[index] = fence;
	return 0;
}

struct dma_fence *jobq_arm(struct jobq_job *job)
{
	struct jobq *q = job->q;
	struct dma_fence *fence = &job->fence->base, *before;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	job->seqno = ++q->seqno;
	jobq_fence_arm(job->fence, q->context, job->seqno);
	before = q->last;
	q->last = dma_fence_get(fence);
	job->armed = true;
	spin_unlock_irqrestore(&q->lock, flags);
	dma_fence_put(before);
	return fence;
}

void jobq_push(struct jobq_job *job)
{
	struct jobq *q = job->q;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	trace_garm_job_queued(job);
	list_add_tail(&job->node, &q->pending);
	queue_work(q->wq, &q->work);
	spin_unlock_irqrestore(&q->lock, flags);
}

void jobq_job_discard(struct jobq_job *job)
{
	jobq_stop_waiting(job);
	while (job->next_dep < job->dep_count)
		dma_fence_put(job->deps[job->next_dep++]);
	kvfree(job->deps);
	job->deps = NULL;
	job->dep_count = 0;
	job->next_dep = 0;
	if (!job->armed) {
		kfree(job->fence);
	} else if (job->fence) {
		if (!dma_fence_is_signaled(&job->fence->base)) {
			dma_fence_set_error(&job->fence->base, -ECANCELED);
			dma_fence_signal(&job->fence->base);
		}
		dma_fence_put(&job->fence->base);
	}
	job->fence = NULL;
}

void jobq_complete(struct jobq *q, u64 seqno, int error)
{
	struct jobq_job *job;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (seqno > q->done_seqno) {
		list_for_each_entry(job, &q->running, node) {
			if (job->seqno > seqno)
				break;
			if (error && !job->error)
				job->error = error;
		}
		q->done_seqno = seqno;
		jobq_collect(q);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	jobq_signal(q);
}

void jobq_set_error(struct jobq *q, u64 seqno, int error)
{
	struct jobq_job *job;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_for_each_entry(job, &q->running, node) {
		if (job->seqno == seqno) {
			if (!job->error)
				job->error = error;
			break;
		}
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

void jobq_kill(struct jobq *q, int error)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (!q->error) {
		q->error = error;
		trace_garm_queue_killed(q);
	}
	jobq_collect(q);
	jobq_timer_update(q, false);
	queue_work(q->wq, &q->work);
	spin_unlock_irqrestore(&q->lock, flags);
	jobq_signal(q);
}

void jobq_stop(struct jobq *q)
{
	spin_lock_irq(&q->lock);
	q->stopped++;
	spin_unlock_irq(&q->lock);
	flush_work(&q->work);
}

void jobq_start(struct jobq *q)
{
	spin_lock_irq(&q->lock);
	if (!WARN_ON(!q->stopped) && !--q->stopped && !list_empty(&q->pending))
		queue_work(q->wq, &q->work);
	spin_unlock_irq(&q->lock);
}

void jobq_timer_stop(struct jobq *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	q->timer_stopped++;
	jobq_timer_update(q, false);
	spin_unlock_irqrestore(&q->lock, flags);
}

void jobq_timer_start(struct jobq *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (!WARN_ON(!q->timer_stopped)) {
		q->timer_stopped--;
		jobq_timer_update(q, false);
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

void jobq_progress(struct jobq *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	jobq_timer_update(q, true);
	spin_unlock_irqrestore(&q->lock, flags);
}

struct dma_fence *jobq_last_fence(struct jobq *q)
{
	struct dma_fence *fence;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	fence = dma_fence_get(q->last);
	spin_unlock_irqrestore(&q->lock, flags);
	return fence;
}

bool jobq_idle(struct jobq *q)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&q->lock, flags);
	idle = list_empty(&q->pending) && list_empty(&q->running);
	spin_unlock_irqrestore(&q->lock, flags);
	return idle;
}

u64 jobq_oldest_running(struct jobq *q)
{
	struct jobq_job *job;
	unsigned long flags;
	u64 seqno;

	spin_lock_irqsave(&q->lock, flags);
	job = list_first_entry_or_null(&q->running, struct jobq_job, node);
	seqno = job ? job->seqno : 0;
	spin_unlock_irqrestore(&q->lock, flags);
	return seqno;
}
