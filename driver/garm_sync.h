/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * User arrays and sync operations, shared by GROUP_SUBMIT and VM_BIND (garm_sync.c).
 *
 * A submit context collects jobs and their sync operations, resolves waits against earlier signals
 * of the same ioctl, and publishes all signals once every job is armed: all or nothing.
 */
#ifndef GARM_SYNC_H
#define GARM_SYNC_H

#include <drm/drm_exec.h>
#include "garm_uapi.h"
#include "jobqueue.h"

struct drm_device;
struct drm_file;
struct garm_signal;

/**
 * garm_array_get() - copy a struct drm_panthor_obj_array into the kernel
 * @min: bytes of the element in the first version of the interface; @size: in this one
 * Smaller elements are extended with zeros; larger ones must be zero beyond @size.
 * Return: kvmalloc'ed array of in->count elements of @size bytes (NULL when count is 0), or
 * ERR_PTR:
 * -EINVAL stride below @min, -E2BIG, -EFAULT, -ENOMEM (also for more than 64 MiB).
 */
void *garm_array_get(const struct drm_panthor_obj_array *in, u32 min, u32 size);
#define GARM_ARRAY_GET(in, type, last_field_of_first_version) \
	((type *)garm_array_get(in, offsetofend(type, last_field_of_first_version), sizeof(type)))
/**
 * garm_copy_out() - answer with a struct whose size the caller gave; see DEV_QUERY. Updates nothing
 * but memory
 */
int garm_copy_out(u64 user, u32 user_size, u32 min, u32 size, const void *kernel);

/**
 * garm_may_go_on() - for loops as long as user space likes: reschedules
 *
 * Return: 0; -EINTR when the caller is being killed; -ENODEV when the device was unplugged, which
 * waits for ioctls.
 */
int garm_may_go_on(struct drm_device *drm);

struct garm_submit_job {
	struct jobq_job *job;		/* initialised; also for sync-only work (run() returns 1) */
	struct dma_fence *fence;	/* its done-fence, from arming to push; borrowed */
	struct drm_panthor_sync_op *syncs;
	u32 sync_count;
};

/** struct garm_submit - an ioctl's jobs. Not shared; no locking */
struct garm_submit {
	struct drm_file *file;
	struct garm_signal *signals;	/* one per (handle, point) that is signalled, sorted */
	size_t signal_count;
	struct list_head in_order;	/* the same as the user has them first */
	struct list_head late;		/* waits for fences of jobs of this ioctl */
	struct garm_submit_job *jobs;
	u32 count;
	struct drm_exec exec;
};

int garm_submit_init(struct garm_submit *s, struct drm_file *file, u32 count);
/** garm_submit_set_syncs() - copy job @index's operations from the user */
int garm_submit_set_syncs(struct garm_submit *s, u32 index,
			  const struct drm_panthor_obj_array *syncs);
/** garm_submit_drop_syncs() - undo garm_submit_set_syncs() */
void garm_submit_drop_syncs(struct garm_submit *s, u32 index);
/**
 * garm_submit_prepare() - everything that can fail: looks up syncobjs and fences, allocates fence
 * chains, and adds dependencies of waits on fences that exist. For waits on earlier signals of this
 * ioctl room is reserved, which arm_all fills. -E2BIG for more than 16384 different signals.
 */
int garm_submit_prepare(struct garm_submit *s);
/**
 * garm_submit_arm_all() - arm every job in order, resolve waits among them, push, publish the
 * signals
 * @armed: called for each job after it was armed: put its fence into reservations. Must not fail
 *
 * Afterwards the jobs belong to their queues and s->jobs[].job is NULL. The caller holds whatever
 * serialises submissions to these queues.
 */
void garm_submit_arm_all(struct garm_submit *s,
			 void (*armed)(struct garm_submit *s, u32 index, void *arg), void *arg);
/* frees; discards jobs that were not pushed through ops->free */
void garm_submit_fini(struct garm_submit *s);

#endif
