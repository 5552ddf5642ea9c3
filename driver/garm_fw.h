/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Firmware: image, boot and halt of the microcontroller, interface blocks, requests, watchdog.
 *
 * garm_fw_image.c parses the file (pure functions, tested on the host), garm_fw.c loads, boots and
 * halts, garm_fw_iface.c finds and configures the interfaces, garm_fw_req.c speaks to them. The
 * scheduler is called back with the groups that raised events (JOB_IRQ_CSG_MASK only; the global
 * idle event is acknowledged here).
 */
#ifndef GARM_FW_H
#define GARM_FW_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "garm_fw_if.h"

struct garm_device;
struct garm_kbo;
struct garm_vm;

/**
 * struct garm_glb_iface - the global interface, checked once and mapped
 * @lock: serialises read-modify-write of in->req and in->doorbell_req; taken in interrupt threads
 * and below the scheduler's lock; leaf lock
 */
struct garm_glb_iface {
	const struct fw_glb_control *control;
	struct fw_glb_in *in;
	const struct fw_glb_out *out;
	spinlock_t lock;	/* see above */
	u32 version;		/* copies of checked fields */
	u32 group_num;
};

struct garm_csg_iface {
	const struct fw_csg_control *control;
	struct fw_csg_in *in;
	const struct fw_csg_out *out;
	spinlock_t lock;	/* as the global one's */
	u32 suspend_size, protm_suspend_size, stream_num;
};

struct garm_cs_iface {
	const struct fw_cs_control *control;
	struct fw_cs_in *in;
	const struct fw_cs_out *out;
	spinlock_t lock;	/* as the global one's */
	u32 features;
};

int garm_fw_init(struct garm_device *gdev);	/* loads, boots, discovers, fills gdev->csif_info */
void garm_fw_unplug(struct garm_device *gdev);
void garm_fw_suspend(struct garm_device *gdev);	/* halts; gdev->reset.fast: it was clean */
int garm_fw_resume(struct garm_device *gdev);	/* boots (fast or slow), global configuration */
void garm_fw_pre_reset(struct garm_device *gdev, bool hang);
int garm_fw_post_reset(struct garm_device *gdev);

struct garm_vm *garm_fw_vm(struct garm_device *gdev);
struct garm_glb_iface *garm_fw_glb(struct garm_device *gdev);
struct garm_csg_iface *garm_fw_csg(struct garm_device *gdev, u32 slot);
struct garm_cs_iface *garm_fw_cs(struct garm_device *gdev, u32 slot, u32 cs);
u32 garm_fw_csg_count(struct garm_device *gdev);	/* slots that may be used */
u32 garm_fw_cs_count(struct garm_device *gdev);		/* streams in each */

/* Memory in the firmware's VM, mapped for the CPU too. */
struct garm_kbo *garm_fw_alloc_ring_ifaces(struct garm_device *gdev, u32 count);
struct garm_kbo *garm_fw_alloc_suspend_bufs(struct garm_device *gdev, size_t size);

/*
 * Requests. A bit is pending while in->req and out->ack differ in it. toggle makes bits pending;
 * update sets a multi-bit field. Any context; take the interface's lock. Ring the doorbell
 * afterwards: csg_doorbell has groups' requests looked at, cs_doorbell those of streams.
 */
void garm_glb_toggle(struct garm_device *gdev, u32 bits);
void garm_glb_update(struct garm_device *gdev, u32 value, u32 mask);
void garm_csg_toggle(struct garm_device *gdev, u32 slot, u32 bits);
void garm_csg_update(struct garm_device *gdev, u32 slot, u32 value, u32 mask);
void garm_cs_update(struct garm_device *gdev, u32 slot, u32 cs, u32 value, u32 mask);
void garm_csg_doorbell(struct garm_device *gdev, u32 slot_mask);
void garm_cs_doorbell(struct garm_device *gdev, u32 slot, u32 cs_mask);
void garm_fw_ring(struct garm_device *gdev, u32 doorbell);	/* GPU_DOORBELL_* */

/**
 * garm_glb_wait(), garm_csg_wait() - wait until the requests @mask are acknowledged
 * @acked: out: those that were; of a group's state all bits or none
 * Returns early with -EIO when a reset is pending, except in the reset work itself: that may still
 * ask a firmware that lives to suspend groups. Return: 0, -ETIMEDOUT, -EIO, -EINVAL (GLB_HALT; no
 * such slot).
 */
int garm_glb_wait(struct garm_device *gdev, u32 mask, u32 *acked, u32 timeout_ms);
int garm_csg_wait(struct garm_device *gdev, u32 slot, u32 mask, u32 *acked, u32 *left_ms);
#define GARM_FW_TIMEOUT_MS 100

#endif
