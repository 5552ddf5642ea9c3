// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * GROUP_SUBMIT: from the user's command streams to words in a ring, and from the ring's sync object
 * to fences.
 *
 * Called by the ioctl table (garm_drv.c), by the JobQueue (garm_job_ops) and by the scheduler,
 * which learns from the firmware that something was done. Calls garm_sync.h for sync operations, vm
 * for reservations.
 */
#include <linux/dma-fence.h>
#include <linux/math64.h>
#include <linux/slab.h>
#ifdef CONFIG_ARM_ARCH_TIMER
#include <asm/arch_timer.h>
#endif

#include <drm/drm_exec.h>

#include "garm_cs_encode.h"
#include "garm_sched.h"
#include "garm_sched_internal.h"
#include "garm_sync.h"
#include "garm_trace.h"
#include "garm_vm.h"

#define GARM_LATEST_FLUSH_ZERO	GENMASK(30, 24)

/* Registers that user space must not expect to keep over a call: the last four. */
struct garm_job_regs {
	u8 addr;	/* a pair */
	u8 value;	/* a pair */
};

static struct garm_job_regs job_regs(struct garm_device *gdev)
{
	u8 first = gdev->csif_info.cs_reg_count - gdev->csif_info.unpreserved_cs_reg_count;

	return (struct garm_job_regs){ .addr = first, .value = first + 2 };
}

static u32 job_lines(u32 profile)
{
	/* See encode_job(): 14 words, 4 more for each counter. */
	u32 words = 14 + 4 * hweight32(profile);

	BUILD_BUG_ON(DIV_ROUND_UP(14, GARM_RING_LINE / 8) != GARM_JOB_MIN_LINES);
	BUILD_BUG_ON(DIV_ROUND_UP(14 + 2 * 4, GARM_RING_LINE / 8) != GARM_JOB_MAX_LINES);
	return DIV_ROUND_UP(words, GARM_RING_LINE / 8);
}

static u32 encode_counters(u64 *words, const struct garm_job *job, struct garm_job_regs regs,
			   u64 report_va, bool after)
{
	u32 n = 0;

	if (job->profile & GARM_PROFILE_CYCLES) {
		words[n++] = cs_mov48(regs.addr, report_va + (after ?
				offsetof(struct garm_job_report, cycles_after) :
				offsetof(struct garm_job_report, cycles_before)));
		words[n++] = cs_store_state(regs.addr, CS_STATE_CYCLES, 0);
	}
	if (job->profile & GARM_PROFILE_TIME) {
		words[n++] = cs_mov48(regs.value, report_va + (after ?
				offsetof(struct garm_job_report, time_after) :
				offsetof(struct garm_job_report, time_before)));
		words[n++] = cs_store_state(regs.value, CS_STATE_TIMESTAMP, 0);
	}
	return n;
}

/*
 * What the ring calls a command stream with (driver-facts B.8): caches flushed unless they were
 * since the user built the stream; the call; then, when everything that it started has ended, the
 * error state goes to the job's report, and its @number to the queue's sync object: a number that
 * is lost is made good by the next one. The barrier keeps a fault of this job from the next. @words
 * has been zeroed: zero is NOP.
 */
static void encode_job(u64 *words, const struct garm_job *job, u64 number)
{
	struct garm_queue *queue = job->queue;
	struct garm_device *gdev = job->group->gdev;
	struct garm_job_regs regs = job_regs(gdev);
	u64 report_va = queue->reports_va +
			((number - 1) & queue->job_mask) * sizeof(struct garm_job_report);
	u16 all = gdev->sched->sb_mask;
	u32 n = 0;

	words[n++] = cs_mov32(regs.value, job->latest_flush);
	words[n++] = cs_flush_all(regs.value, 0);
	n += encode_counters(words + n, job, regs, report_va, false);
	words[n++] = cs_mov48(regs.addr, job->va);
	words[n++] = cs_mov32(regs.value, job->size);
	words[n++] = cs_wait(BIT(0));
	words[n++] = cs_call(regs.addr, regs.value);
	words[n++] = cs_wait(all);
	n += encode_counters(words + n, job, regs, report_va, true);
	words[n++] = cs_mov48(regs.addr, report_va + offsetof(struct garm_job_report, error));
	words[n++] = cs_store_state(regs.addr, CS_STATE_ERROR, 0);
	words[n++] = cs_mov48(regs.addr, garm_queue_sync_va(queue));
	words[n++] = cs_mov48(regs.value, number);
	words[n++] = cs_wait(all);
	words[n++] = cs_sync_set64(regs.addr, regs.value, 0);
	words[n++] = cs_error_barrier();
	WARN_ON_ONCE(DIV_ROUND_UP(n, GARM_RING_LINE / 8) != job_lines(job->profile));
}

/* Scheduler's lock held; the JobQueue's credits say that there is room. */
static void write_job(const struct garm_job *job)
{
	struct garm_queue *queue = job->queue;
	u32 slot = queue->submitted & queue->job_mask;
	u64 words[GARM_JOB_MAX_WORDS] = {};
	u32 lines = job_lines(job->profile);

	WRITE_ONCE(queue->reports[slot].error, GARM_JOB_UNREPORTED);
	encode_job(words, job, queue->submitted + 1);
	for (u32 line = 0; line < lines; line++) {
		/* A line never wraps: ring sizes and positions are multiples of it. */
		u64 at = (queue->insert + line * GARM_RING_LINE) & (queue->ring_size - 1);

		memcpy(queue->ring + at, &words[line * GARM_RING_LINE / 8], GARM_RING_LINE);
	}
	queue->jobs[slot].seqno = job->base.seqno;
	queue->jobs[slot].va = job->va;
	queue->jobs[slot].size = job->size;
	queue->jobs[slot].profile = job->profile;
	queue->submitted++;
	queue->insert += lines * GARM_RING_LINE;
	/* The words first. */
	dma_wmb();
	trace_garm_ring_write(queue, &job->base, job->va, job->size);
	WRITE_ONCE(queue->in->insert, queue->insert);
}

static struct garm_job *to_garm_job(struct jobq_job *base)
{
	return container_of(base, struct garm_job, base);
}

/* jobq_ops.run */
static int job_run(struct jobq_job *base)
{
	struct garm_job *job = to_garm_job(base);
	struct garm_sched *sched = job->group->gdev->sched;
	int ret = 0;

	if (!job->size)
		return 1;
	mutex_lock(&sched->lock);
	if (garm_group_can_run(job->group)) {
		write_job(job);
		garm_sched_work_added(job->queue);
	} else {
		ret = -ECANCELED;
	}
	mutex_unlock(&sched->lock);
	return ret;
}

/*
 * The firmware has acknowledged the group's start, and this queue's stream does not run. It would
 * not run for the slot's next group either.
 */
static bool never_started(const struct garm_queue *queue)
{
	struct garm_group *group = queue->group;
	struct garm_cs_iface *cs;

	if (group->cand.slot < 0)
		return false;
	cs = garm_fw_cs(group->gdev, group->cand.slot, queue->index);
	return (READ_ONCE(cs->out->ack) & CS_STATE_MASK) != CS_STATE_START;
}

/*
 * jobq_ops.timeout: no job of the queue was done for a while, of which it spent all on a slot or
 * blocked.
 */
static bool job_timeout(struct jobq *q, struct jobq_job *base)
{
	struct garm_queue *queue = container_of(q, struct garm_queue, jobq);
	struct garm_group *group = queue->group;
	struct garm_device *gdev = group->gdev;
	bool progress;

	mutex_lock(&gdev->sched->lock);
	/* Perhaps only the event was lost. */
	progress = garm_queue_check_done(queue);
	if (!progress && garm_group_can_run(group)) {
		drm_warn(&gdev->base, "%s[%d]: %s: job %llu of %llu timed out\n", group->task.comm,
			 group->task.pid, queue->name, queue->done + 1, queue->submitted);
		WRITE_ONCE(gdev->sched->dump_why, "job timed out");
		WRITE_ONCE(group->timedout, true);
		if (gdev->sched->on && never_started(queue))
			garm_device_reset(gdev, "a stream was never started");
		garm_sched_ended(group);
	}
	mutex_unlock(&gdev->sched->lock);
	return progress;
}

static void job_free(struct jobq_job *base)
{
	struct garm_job *job = to_garm_job(base);

	if (job->powered)
		garm_device_put(job->group->gdev);
	/* The file outlives its groups. */
	garm_file_remove_job(job->group->pool->file);
	garm_group_put(job->group);
	kfree(job);
}

const struct jobq_ops garm_job_ops = {
	.driver = "garm",
	.run = job_run,
	.timeout = job_timeout,
	.free = job_free,
};

static u64 ticks_to_ns(u64 ticks)
{
#ifdef CONFIG_ARM_ARCH_TIMER
	return mul_u64_u32_div(ticks, NSEC_PER_SEC, arch_timer_get_cntfrq());
#else
	return 0;
#endif
}

/* The user's GPU code could have written there, so this may be nonsense, but his own. */
static u64 difference(const u64 *before, const u64 *after)
{
	u64 from = READ_ONCE(*before), to = READ_ONCE(*after);

	return to > from ? to - from : 0;
}

/*
 * Jobs @from + 1 to @to are done: errors and counters out of their reports. A job whose report was
 * skipped has an error as well: only a fault can do that. Nonsense that the user's GPU code wrote
 * there is about his own jobs.
 */
static void read_reports(struct garm_queue *queue, u64 from, u64 to)
{
	struct garm_file *file = queue->group->pool->file;
	u64 cycles = 0, ticks = 0;

	for (u64 n = from; n < to; n++) {
		u32 slot = n & queue->job_mask, profile = queue->jobs[slot].profile;
		const struct garm_job_report *report = &queue->reports[slot];

		if (READ_ONCE(report->error))
			jobq_set_error(&queue->jobq, queue->jobs[slot].seqno, -EINVAL);
		if (profile & GARM_PROFILE_CYCLES)
			cycles += difference(&report->cycles_before, &report->cycles_after);
		if (profile & GARM_PROFILE_TIME)
			ticks += difference(&report->time_before, &report->time_after);
	}
	if (!cycles && !ticks)
		return;
	spin_lock(&file->stats.lock);
	file->stats.cycles += cycles;
	file->stats.time_ns += ticks_to_ns(ticks);
	spin_unlock(&file->stats.lock);
}

/**
 * garm_queue_check_done() - read the queue's sync object and signal the fences of what is done
 * @queue: the queue
 *
 * The scheduler's lock is held. Return: whether anything was. A count that no job can have made
 * ends the group: the object is where the user's GPU code can write.
 */
bool garm_queue_check_done(struct garm_queue *queue)
{
	struct garm_sync64 *sync = garm_queue_sync(queue);
	struct garm_group *group = queue->group;
	u64 count;

	lockdep_assert_held(&group->gdev->sched->lock);
	if (group->state == GARM_GROUP_DEAD || queue->done == queue->submitted)
		return false;
	count = READ_ONCE(sync->seqno);
	if (count == queue->done)
		return false;
	if (count < queue->done || count > queue->submitted) {
		if (!group->fatal_queues && __ratelimit(&group->gdev->sched->log))
			drm_warn(&group->gdev->base,
				 "%s[%d]: %s: sync object says %llu, can be %llu to %llu\n",
				 group->task.comm, group->task.pid, queue->name, count, queue->done,
				 queue->submitted);
		/* Not garm_group_fatal(), which may call us: who called will find it. */
		WRITE_ONCE(group->fatal_queues, group->fatal_queues | BIT(queue->index));
		garm_sched_kick(group->gdev->sched, 0);
		return false;
	}
	/* The count before the reports. */
	dma_rmb();
	read_reports(queue, queue->done, count);
	queue->done = count;
	jobq_complete(&queue->jobq, queue->jobs[(count - 1) & queue->job_mask].seqno, 0);
	return true;
}

static int check_submit(const struct drm_panthor_queue_submit *args, const struct garm_group *group)
{
	if (args->pad || !args->stream_size != !args->stream_addr)
		return -EINVAL;
	/* Lines of the prefetcher; instructions. */
	if (!IS_ALIGNED(args->stream_addr, 64) || !IS_ALIGNED(args->stream_size, 8))
		return -EINVAL;
	/* It must fit the instruction that loads it. */
	if (args->stream_addr & ~CS_IMM48_MASK)
		return -EINVAL;
	if (args->latest_flush & GARM_LATEST_FLUSH_ZERO)
		return -EINVAL;
	return args->queue_index < group->queue_count ? 0 : -EINVAL;
}

/*
 * The job powers the device up until it is freed: here, where a failure has somebody to go to, and
 * where it may take the locks and the memory that the fence-signalling path may not.
 */
static struct garm_job *job_create(struct garm_group *group,
				   const struct drm_panthor_queue_submit *args)
{
	struct garm_device *gdev = group->gdev;
	struct garm_job *job;
	int ret;

	ret = check_submit(args, group);
	if (ret)
		return ERR_PTR(ret);
	if (!garm_file_add_job(group->pool->file))
		return ERR_PTR(-EBUSY);
	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job) {
		garm_file_remove_job(group->pool->file);
		return ERR_PTR(-ENOMEM);
	}
	job->group = garm_group_get(group);
	job->queue = &group->queues[args->queue_index];
	job->va = args->stream_addr;
	job->size = args->stream_size;
	job->latest_flush = args->latest_flush;
	job->profile = READ_ONCE(gdev->profile_mask) & (GARM_PROFILE_CYCLES | GARM_PROFILE_TIME);
	if (job->size) {
		ret = garm_device_get(gdev);
		if (ret)
			goto err_free;
		job->powered = true;
	}
	ret = jobq_job_init(&job->base, &job->queue->jobq, job->size ? job_lines(job->profile) : 0);
	if (ret)
		goto err_free;
	return job;
err_free:
	job_free(&job->base);
	return ERR_PTR(ret);
}

static int add_jobs(struct garm_submit *submit, struct garm_group *group,
		    const struct drm_panthor_queue_submit *args)
{
	for (u32 i = 0; i < submit->count; i++) {
		int ret = garm_may_go_on(&group->gdev->base);
		struct garm_job *job;

		if (ret)
			return ret;
		job = job_create(group, &args[i]);
		if (IS_ERR(job))
			return PTR_ERR(job);
		submit->jobs[i].job = &job->base;
		ret = garm_submit_set_syncs(submit, i, &args[i].syncs);
		if (ret)
			return ret;
	}
	return garm_submit_prepare(submit);
}

static void job_armed(struct garm_submit *submit, u32 index, void *arg)
{
	struct garm_group *group = arg;

	garm_vm_add_fence(group->vm, &submit->exec, submit->jobs[index].fence);
}

/* Fences of one queue replace each other in a reservation, so that many are enough. */
static int lock_vm(struct garm_submit *submit, struct garm_group *group)
{
	unsigned int fences = min(submit->count, group->queue_count);
	int ret = 0;

	drm_exec_init(&submit->exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(&submit->exec) {
		ret = garm_vm_prepare(group->vm, &submit->exec, fences);
		drm_exec_retry_on_contention(&submit->exec);
		if (ret)
			break;
	}
	return ret ?: garm_vm_validate(group->vm, &submit->exec);
}

static int submit_jobs(struct drm_file *file, struct garm_group *group,
		       const struct drm_panthor_queue_submit *args, u32 count)
{
	struct garm_submit submit;
	int ret;

	ret = garm_submit_init(&submit, file, count);
	if (ret)
		return ret;
	ret = add_jobs(&submit, group, args);
	if (ret)
		goto out_fini;
	ret = lock_vm(&submit, group);
	/*
	 * The VM's reservation, held by whoever submits to its groups, keeps arming and pushing
	 * together.
	 */
	if (!ret)
		garm_submit_arm_all(&submit, job_armed, group);
	drm_exec_fini(&submit.exec);
out_fini:
	garm_submit_fini(&submit);
	return ret;
}

/**
 * garm_ioctl_group_submit() - GROUP_SUBMIT: all of the array's jobs, or none
 * @drm: the device
 * @data: argument of the ioctl
 * @drm_file: the caller's open file
 *
 * Return: 0, also for an empty array; -EINVAL for anything malformed, an unknown group, one that
 * ended, a queue that it does not have; errors of sync operations (A.6); -ENODEV; -ENOMEM; -EBUSY
 * when the file has GARM_MAX_JOBS_PER_FILE jobs that have not ended; that of powering up the
 * device; -EINTR. A job whose ring is full waits for its turn, the caller does not.
 */
int garm_ioctl_group_submit(struct drm_device *drm, void *data, struct drm_file *drm_file)
{
	struct drm_panthor_group_submit *args = data;
	struct drm_panthor_queue_submit *jobs;
	struct garm_group *group;
	int ret, cookie;

	if (args->pad)
		return -EINVAL;
	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;
	jobs = GARM_ARRAY_GET(&args->queue_submits, struct drm_panthor_queue_submit, syncs);
	ret = PTR_ERR_OR_ZERO(jobs);
	if (ret || !jobs)
		goto out_exit;
	ret = -EINVAL;
	group = garm_group_lookup(drm_file->driver_priv, args->group_handle);
	if (!group)
		goto out_free;
	if (garm_group_can_run(group))
		ret = submit_jobs(drm_file, group, jobs, args->queue_submits.count);
	garm_group_put(group);
out_free:
	kvfree(jobs);
out_exit:
	drm_dev_exit(cookie);
	return ret;
}
