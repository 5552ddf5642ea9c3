/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Groups, their queues, and which groups are on the hardware's slots.
 *
 *   garm_group.c   life of a group, its memory, ioctls, state
 *   garm_submit.c  GROUP_SUBMIT: sync operations, reservations, jobs; the ring (jobq_ops.run)
 *   garm_slots.c   pure decisions: who gets a slot, with what priority (KUnit-tested, no register)
 *   garm_sched.c   tick, reset, power
 *   garm_csg.c     slots through the firmware: start, suspend, resume, terminate, status
 *   garm_waits.c   sync objects that groups without a slot wait for
 *   garm_sched_dump.c  what is added to core dumps
 *   garm_events.c  firmware events: sync updates, idle, faults, out-of-memory, progress timer
 */
#ifndef GARM_SCHED_H
#define GARM_SCHED_H

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct garm_device;
struct garm_file;
struct garm_vm;

int garm_sched_init(struct garm_device *gdev);
void garm_sched_unplug(struct garm_device *gdev);
/* Everything off the slots; the firmware still runs. */
void garm_sched_suspend(struct garm_device *gdev);
void garm_sched_resume(struct garm_device *gdev);
void garm_sched_pre_reset(struct garm_device *gdev);
void garm_sched_post_reset(struct garm_device *gdev, bool failed);

/*
 * From interrupt threads: groups whose bits are set (JOB_IRQ_*), an MMU fault of some VM. No sleep.
 */
void garm_sched_report_fw_events(struct garm_device *gdev, u32 events);
void garm_sched_report_mmu_fault(struct garm_device *gdev);
/* The VM's handle was destroyed: its groups die. */
void garm_sched_vm_destroyed(struct garm_device *gdev, struct garm_vm *vm);

int garm_group_pool_create(struct garm_file *file);
void garm_group_pool_destroy(struct garm_file *file);

int garm_ioctl_group_create(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_group_destroy(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_group_submit(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_group_get_state(struct drm_device *drm, void *data, struct drm_file *file);
u8 garm_allowed_priorities(struct drm_file *file);	/* mask, for DEV_QUERY */
/* Bytes held by groups, and by those on a slot; for fdinfo */
void garm_group_memory(struct garm_file *file, u64 *resident, u64 *active);

#endif
