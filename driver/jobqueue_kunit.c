// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of the JobQueue. Built into garm.ko where the kernel has KUnit (the debug kernel
 * does); run when the module is loaded, results in the kernel log as KTAP. The hardware is a list
 * of jobs that were handed over.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "compat.h"
#include "jobqueue.h"

#define CREDITS 8
#define LONG_TIME msecs_to_jiffies(60000)

struct rig {
	struct jobq q;
	struct workqueue_struct *wq;
	struct kunit *test;
	int ran, freed, timeouts;
	u64 order[32];		/* sequence numbers in the order of run() */
	bool again;		/* what the time-out hook answers */
	struct completion timed_out;
};

struct rig_job {
	struct jobq_job base;
	struct rig *rig;
	int ret;		/* what run() answers */
};

static int rig_run(struct jobq_job *job)
{
	struct rig_job *j = container_of(job, struct rig_job, base);

	j->rig->order[j->rig->ran++ % ARRAY_SIZE(j->rig->order)] = job->seqno;
	return j->ret;
}

static bool rig_timeout(struct jobq *q, struct jobq_job *job)
{
	struct rig *rig = container_of(q, struct rig, q);

	rig->timeouts++;
	complete(&rig->timed_out);
	return rig->again;
}

static void rig_free(struct jobq_job *job)
{
	struct rig_job *j = container_of(job, struct rig_job, base);

	j->rig->freed++;
	kfree(j);
}

static const struct jobq_ops rig_ops = {
	.driver = "test",
	.run = rig_run,
	.timeout = rig_timeout,
	.free = rig_free,
};

static struct rig *rig_new(struct kunit *test, unsigned long timeout)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	init_completion(&rig->timed_out);
	rig->wq = alloc_workqueue("jobq-test", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	KUNIT_ASSERT_NOT_NULL(test, rig->wq);
	jobq_init(&rig->q, &rig_ops, "test-queue", rig->wq, CREDITS, timeout);
	return rig;
}

static void rig_end(struct rig *rig, int jobs)
{
	jobq_destroy(&rig->q);
	KUNIT_EXPECT_EQ(rig->test, rig->freed, jobs);
	destroy_workqueue(rig->wq);
	rcu_barrier();
}

/* Let the queue do all that it can. */
static void settle(struct rig *rig)
{
	flush_work(&rig->q.work);
	flush_work(&rig->q.free_work);
	flush_work(&rig->q.work);
}

static struct rig_job *job_new(struct rig *rig, u32 credits)
{
	struct rig_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, job);
	KUNIT_ASSERT_EQ(rig->test, jobq_job_init(&job->base, &rig->q, credits), 0);
	job->rig = rig;
	return job;
}

/* Returns the done-fence with a reference. */
static struct dma_fence *push(struct rig_job *job)
{
	struct dma_fence *fence = dma_fence_get(jobq_arm(&job->base));

	jobq_push(&job->base);
	return fence;
}

static const char *dep_name(struct dma_fence *fence)
{
	return "dep";
}

static const struct dma_fence_ops dep_ops = {
	.get_driver_name = dep_name,
	.get_timeline_name = dep_name,
};

static DEFINE_SPINLOCK(dep_lock);

static struct dma_fence *dep_new(struct kunit *test, u64 context, u64 seqno)
{
	struct dma_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fence);
	dma_fence_init(fence, &dep_ops, &dep_lock, context, seqno);
	return fence;
}

static void expect(struct rig *rig, struct dma_fence *fence, bool signalled, int error)
{
	KUNIT_EXPECT_EQ(rig->test, dma_fence_is_signaled(fence), signalled);
	if (signalled)
		KUNIT_EXPECT_EQ(rig->test, dma_fence_get_status(fence), error ? error : 1);
}

static void runs_and_completes_in_order(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct dma_fence *f[3];

	for (int i = 0; i < 3; i++)
		f[i] = push(job_new(rig, 1));
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 3);
	for (int i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, rig->order[i], i + 1);
		expect(rig, f[i], false, 0);
	}
	KUNIT_EXPECT_EQ(test, jobq_oldest_running(&rig->q), 1);
	jobq_complete(&rig->q, 2, 0);
	expect(rig, f[0], true, 0);
	expect(rig, f[1], true, 0);
	expect(rig, f[2], false, 0);
	jobq_complete(&rig->q, 1, 0);	/* the past changes nothing */
	jobq_complete(&rig->q, 3, -EIO);
	expect(rig, f[2], true, -EIO);
	KUNIT_EXPECT_TRUE(test, jobq_idle(&rig->q));
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->freed, 3);
	for (int i = 0; i < 3; i++)
		dma_fence_put(f[i]);
	rig_end(rig, 3);
}

static void waits_for_dependencies(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	u64 context = dma_fence_context_alloc(2);
	struct dma_fence *a = dep_new(test, context, 1), *b = dep_new(test, context + 1, 1);
	struct rig_job *job = job_new(rig, 1);
	struct dma_fence *f[2];

	KUNIT_EXPECT_EQ(test, jobq_job_add_dep(&job->base, dma_fence_get(a)), 0);
	KUNIT_EXPECT_EQ(test, jobq_job_add_dep(&job->base, dma_fence_get(b)), 0);
	f[0] = push(job);
	f[1] = push(job_new(rig, 1));
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 0);
	dma_fence_signal(b);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 0);
	dma_fence_signal(a);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 2);
	jobq_complete(&rig->q, 2, 0);
	expect(rig, f[1], true, 0);
	dma_fence_put(f[0]);
	dma_fence_put(f[1]);
	dma_fence_put(a);
	dma_fence_put(b);
	rig_end(rig, 2);
}

static void merges_dependencies_of_a_context(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	u64 context = dma_fence_context_alloc(1);
	struct dma_fence *a = dep_new(test, context, 1), *b = dep_new(test, context, 2);
	struct rig_job *job = job_new(rig, 1);
	struct dma_fence *f;

	KUNIT_EXPECT_EQ(test, jobq_job_add_dep(&job->base, dma_fence_get(b)), 0);
	KUNIT_EXPECT_EQ(test, jobq_job_add_dep(&job->base, dma_fence_get(a)), 0);
	KUNIT_EXPECT_EQ(test, job->base.dep_count, 1);
	f = push(job);
	dma_fence_signal(a);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 0);
	dma_fence_signal(b);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 1);
	dma_fence_put(f);
	dma_fence_put(a);
	dma_fence_put(b);
	rig_end(rig, 1);
}

static void reserved_dependency(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct rig_job *first = job_new(rig, 1), *second = job_new(rig, 1);
	struct rig_job *third = job_new(rig, 1);
	struct dma_fence *f[3];
	int room = jobq_job_reserve_dep(&second->base);

	KUNIT_EXPECT_GE(test, room, 0);
	/* never filled: no dependency */
	KUNIT_EXPECT_GE(test, jobq_job_reserve_dep(&third->base), 0);
	f[0] = dma_fence_get(jobq_arm(&first->base));
	jobq_job_fill_dep(&second->base, room, dma_fence_get(f[0]));
	f[1] = dma_fence_get(jobq_arm(&second->base));
	f[2] = dma_fence_get(jobq_arm(&third->base));
	jobq_push(&first->base);
	jobq_push(&second->base);
	jobq_push(&third->base);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 1);
	jobq_complete(&rig->q, 1, 0);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 3);
	for (int i = 0; i < 3; i++)
		dma_fence_put(f[i]);
	rig_end(rig, 3);
}

static void credits_limit_what_runs(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct rig_job *job;

	dma_fence_put(push(job_new(rig, 5)));
	dma_fence_put(push(job_new(rig, 4)));	/* does not fit */
	dma_fence_put(push(job_new(rig, 1)));	/* would, but keeps its place */
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 1);
	jobq_complete(&rig->q, 1, 0);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 3);
	job = kzalloc(sizeof(*job), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, job);
	KUNIT_EXPECT_EQ(test, jobq_job_init(&job->base, &rig->q, CREDITS + 1), -EINVAL);
	kfree(job);
	rig_end(rig, 3);
}

static void jobs_that_need_no_hardware(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct rig_job *job[4];
	struct dma_fence *f[4];

	for (int i = 0; i < 4; i++)
		job[i] = job_new(rig, 1);
	job[0]->ret = 1;
	job[2]->ret = 1;
	job[3]->ret = -EFAULT;
	for (int i = 0; i < 4; i++)
		f[i] = push(job[i]);
	settle(rig);
	expect(rig, f[0], true, 0);		/* nothing before it */
	expect(rig, f[1], false, 0);
	expect(rig, f[2], false, 0);		/* behind 1 */
	expect(rig, f[3], false, 0);
	jobq_complete(&rig->q, 2, 0);
	expect(rig, f[2], true, 0);
	expect(rig, f[3], true, -EFAULT);
	for (int i = 0; i < 4; i++)
		dma_fence_put(f[i]);
	rig_end(rig, 4);
}

static void set_error(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct dma_fence *f[4];

	for (int i = 0; i < 4; i++)
		f[i] = push(job_new(rig, 1));
	settle(rig);
	jobq_set_error(&rig->q, 2, -EINVAL);
	jobq_set_error(&rig->q, 4, -EIO);
	jobq_set_error(&rig->q, 4, -ENOMEM);	/* the first error counts */
	jobq_set_error(&rig->q, 5, -ENOMEM);	/* there is no such job */
	jobq_complete(&rig->q, 3, 0);
	expect(rig, f[0], true, 0);
	expect(rig, f[1], true, -EINVAL);
	expect(rig, f[2], true, 0);
	expect(rig, f[3], false, 0);
	jobq_set_error(&rig->q, 1, -EIO);	/* it is done */
	jobq_complete(&rig->q, 4, 0);
	expect(rig, f[0], true, 0);
	expect(rig, f[3], true, -EIO);
	for (int i = 0; i < 4; i++)
		dma_fence_put(f[i]);
	rig_end(rig, 4);
}

static void kill_signals_everything(struct kunit *test)
{
	struct rig *rig = rig_new(test, LONG_TIME);
	struct dma_fence *never = dep_new(test, dma_fence_context_alloc(1), 1);
	struct dma_fence *f[4];
	struct rig_job *blocked = job_new(rig, 1);

	f[0] = push(job_new(rig, 1));
	KUNIT_EXPECT_EQ(test, jobq_job_add_dep(&blocked->base, dma_fence_get(never)), 0);
	f[1] = push(blocked);
	f[2] = push(job_new(rig, 1));
	settle(rig);
	jobq_kill(&rig->q, -ETIMEDOUT);
	expect(rig, f[0], true, -ETIMEDOUT);	/* at once */
	settle(rig);
	expect(rig, f[1], true, -ETIMEDOUT);
	expect(rig, f[2], true, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, rig->ran, 1);
	jobq_kill(&rig->q, -EIO);
	f[3] = push(job_new(rig, 1));
	settle(rig);
	expect(rig, f[3], true, -ETIMEDOUT);	/* the first reason stays */
	dma_fence_signal(never);
	dma_fence_put(never);
	for (int i = 0; i < 4; i++)
		dma_fence_put(f[i]);
	rig_end(rig, 4);
}

static void stop_and_start(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);

	jobq_stop(&rig->q);
	jobq_stop(&rig->q);
	dma_fence_put(push(job_new(rig, 1)));
	settle(rig);
	jobq_start(&rig->q);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 0);
	jobq_start(&rig->q);
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 1);
	jobq_stop(&rig->q);
	dma_fence_put(push(job_new(rig, 1)));
	rig_end(rig, 2);	/* a stopped queue can be destroyed */
}

static void timeout(struct kunit *test)
{
	struct rig *rig = rig_new(test, 1);
	struct dma_fence *f = push(job_new(rig, 1));

	wait_for_completion(&rig->timed_out);
	flush_delayed_work(&rig->q.timer);
	KUNIT_EXPECT_EQ(test, rig->timeouts, 1);	/* the hook said: not again */
	KUNIT_EXPECT_FALSE(test, rig->q.timer_armed);
	expect(rig, f, false, 0);
	rig->again = true;
	jobq_progress(&rig->q);
	wait_for_completion(&rig->timed_out);
	wait_for_completion(&rig->timed_out);
	jobq_complete(&rig->q, 1, 0);
	KUNIT_EXPECT_FALSE(test, rig->q.timer_armed);
	expect(rig, f, true, 0);
	dma_fence_put(f);
	rig_end(rig, 1);
}

static void time_stands_still_off_the_hardware(struct kunit *test)
{
	struct rig *rig = rig_new(test, LONG_TIME);

	jobq_timer_stop(&rig->q);
	dma_fence_put(push(job_new(rig, 1)));
	settle(rig);
	KUNIT_EXPECT_EQ(test, rig->ran, 1);
	KUNIT_EXPECT_FALSE(test, rig->q.timer_armed);
	jobq_timer_start(&rig->q);
	KUNIT_EXPECT_TRUE(test, rig->q.timer_armed);
	KUNIT_EXPECT_LE(test, rig->q.timer_end - jiffies, LONG_TIME);
	/* Not in one go: a timer that far away would be late. */
	KUNIT_EXPECT_TRUE(test, time_before(rig->q.timer.timer.expires, rig->q.timer_end));
	jobq_timer_stop(&rig->q);
	KUNIT_EXPECT_FALSE(test, rig->q.timer_armed);
	KUNIT_EXPECT_LE(test, rig->q.timeout_left, LONG_TIME);
	KUNIT_EXPECT_GT(test, rig->q.timeout_left, LONG_TIME / 2);
	jobq_timer_start(&rig->q);
	jobq_complete(&rig->q, 1, 0);
	KUNIT_EXPECT_FALSE(test, rig->q.timer_armed);
	rig_end(rig, 1);
}

static void discard(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct dma_fence *dep = dep_new(test, dma_fence_context_alloc(1), 1), *f;
	struct rig_job *job = job_new(rig, 1);

	KUNIT_EXPECT_EQ(test, jobq_job_add_dep(&job->base, dma_fence_get(dep)), 0);
	jobq_job_discard(&job->base);
	kfree(job);
	KUNIT_EXPECT_EQ(test, kref_read(&dep->refcount), 1);
	job = job_new(rig, 1);
	f = dma_fence_get(jobq_arm(&job->base));
	jobq_job_discard(&job->base);
	kfree(job);
	expect(rig, f, true, -ECANCELED);
	dma_fence_put(f);
	dma_fence_signal(dep);
	dma_fence_put(dep);
	rig_end(rig, 0);
}

static void fence_outlives_queue(struct kunit *test)
{
	struct rig *rig = rig_new(test, 0);
	struct dma_fence *f = push(job_new(rig, 1)), *last = jobq_last_fence(&rig->q);

	KUNIT_EXPECT_PTR_EQ(test, f, last);
	dma_fence_put(last);
	rig_end(rig, 1);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(f), -ECANCELED);
	dma_fence_put(f);
}

struct hammer {
	struct work_struct work;
	struct rig *rig;
};

static void hammer_work(struct work_struct *work)
{
	struct rig *rig = container_of(work, struct hammer, work)->rig;

	while (!READ_ONCE(rig->q.error)) {
		jobq_complete(&rig->q, jobq_oldest_running(&rig->q), 0);
		cond_resched();
	}
}

/*
 * Completions on another processor while jobs are pushed: every fence signals, in order, nothing
 * leaks.
 */
static void completion_races_with_push(struct kunit *test)
{
	enum { JOBS = 500 };
	struct rig *rig = rig_new(test, LONG_TIME);
	struct hammer hammer = { .rig = rig };
	struct dma_fence *last = NULL;
	int ran;
	long left;

	INIT_WORK_ONSTACK(&hammer.work, hammer_work);
	queue_work(system_dfl_wq, &hammer.work);
	for (int i = 0; i < JOBS; i++) {
		dma_fence_put(last);
		last = push(job_new(rig, 1 + i % CREDITS));
	}
	/* However slow the machine is: wait while there is progress. */
	do {
		ran = READ_ONCE(rig->ran);
		left = dma_fence_wait_timeout(last, false, 30 * HZ);
	} while (!left && READ_ONCE(rig->ran) != ran);
	KUNIT_EXPECT_GT(test, left, 0);
	KUNIT_EXPECT_EQ(test, rig->ran, JOBS);
	jobq_kill(&rig->q, -ECANCELED);
	flush_work(&hammer.work);
	destroy_work_on_stack(&hammer.work);
	expect(rig, last, true, 0);
	dma_fence_put(last);
	rig_end(rig, JOBS);
}

static struct kunit_case jobq_cases[] = {
	KUNIT_CASE(runs_and_completes_in_order),
	KUNIT_CASE(waits_for_dependencies),
	KUNIT_CASE(merges_dependencies_of_a_context),
	KUNIT_CASE(reserved_dependency),
	KUNIT_CASE(credits_limit_what_runs),
	KUNIT_CASE(jobs_that_need_no_hardware),
	KUNIT_CASE(set_error),
	KUNIT_CASE(kill_signals_everything),
	KUNIT_CASE(stop_and_start),
	KUNIT_CASE(timeout),
	KUNIT_CASE(time_stands_still_off_the_hardware),
	KUNIT_CASE(discard),
	KUNIT_CASE(fence_outlives_queue),
	KUNIT_CASE(completion_races_with_push),
	{}
};

static struct kunit_suite jobq_suite = {
	.name = "garm-jobqueue",
	.test_cases = jobq_cases,
};

kunit_test_suite(jobq_suite);
