// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Requests to the firmware: bits made pending, doorbells rung, acknowledgments waited for.
 *
 * Called by the scheduler and by garm_fw.c; calls registers only. A request is pending while a bit
 * differs between what the driver wrote (in->req) and what the firmware acknowledged (out->ack).
 * Interface memory is write-combined: a doorbell is a register write, whose barrier orders it
 * behind the memory writes before it.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "garm_fw_priv.h"
#include "garm_trace.h"

#define FW_SPIN_US	10
#define FW_RECHECK_MS	10	/* a lost interrupt or a reset requested meanwhile is noticed */
#define FW_ROUND_MS	(2 * FW_RECHECK_MS)	/* what one sleep counts at most */

static void fw_toggle(spinlock_t *lock, u32 *req, const u32 *ack, u32 bits)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	WRITE_ONCE(*req, (READ_ONCE(*req) & ~bits) | (~READ_ONCE(*ack) & bits));
	spin_unlock_irqrestore(lock, flags);
}

static void fw_update(spinlock_t *lock, u32 *req, u32 value, u32 mask)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	WRITE_ONCE(*req, (READ_ONCE(*req) & ~mask) | (value & mask));
	spin_unlock_irqrestore(lock, flags);
}

/**
 * garm_glb_toggle() - make global requests pending
 * @gdev: the device
 * @bits: GLB_*
 *
 * A bit that is pending already stays so. Context: any; takes the interface's lock.
 */
void garm_glb_toggle(struct garm_device *gdev, u32 bits)
{
	struct garm_glb_iface *glb = &gdev->fw->glb;

	fw_toggle(&glb->lock, &glb->in->req, &glb->out->ack, bits);
	trace_garm_fw_request(-1, -1, &glb->in->req, bits);
}

/** garm_glb_update() - set global request bits. Context: any; takes the interface's lock */
void garm_glb_update(struct garm_device *gdev, u32 value, u32 mask)
{
	struct garm_glb_iface *glb = &gdev->fw->glb;

	fw_update(&glb->lock, &glb->in->req, value, mask);
	trace_garm_fw_request(-1, -1, &glb->in->req, mask);
}

/** garm_csg_toggle() - make a slot's requests pending. Context: any; takes the interface's lock */
void garm_csg_toggle(struct garm_device *gdev, u32 slot, u32 bits)
{
	struct garm_csg_iface *csg = garm_fw_csg(gdev, slot);

	if (!csg)
		return;
	fw_toggle(&csg->lock, &csg->in->req, &csg->out->ack, bits);
	trace_garm_fw_request(slot, -1, &csg->in->req, bits);
}

/** garm_csg_update() - set a slot's request bits. Context: any; takes the interface's lock */
void garm_csg_update(struct garm_device *gdev, u32 slot, u32 value, u32 mask)
{
	struct garm_csg_iface *csg = garm_fw_csg(gdev, slot);

	if (!csg)
		return;
	fw_update(&csg->lock, &csg->in->req, value, mask);
	trace_garm_fw_request(slot, -1, &csg->in->req, mask);
}

/** garm_cs_update() - set request bits of a stream. Context: any; takes the interface's lock */
void garm_cs_update(struct garm_device *gdev, u32 slot, u32 cs, u32 value, u32 mask)
{
	struct garm_cs_iface *iface = garm_fw_cs(gdev, slot, cs);

	if (!iface)
		return;
	fw_update(&iface->lock, &iface->in->req, value, mask);
	trace_garm_fw_request(slot, cs, &iface->in->req, mask);
}

/**
 * garm_fw_ring() - ring a doorbell
 * @gdev: the device
 * @doorbell: GPU_DOORBELL_GLB or GPU_DOORBELL_CSG(slot)
 *
 * Context: any, with the device powered and inside drm_dev_enter(), or in its suspend, resume and
 * reset.
 */
void garm_fw_ring(struct garm_device *gdev, u32 doorbell)
{
	trace_garm_doorbell(doorbell);
	garm_write(gdev, GPU_DOORBELL(doorbell), 1);
}

/**
 * garm_csg_doorbell() - have the firmware look at the requests of groups
 * @gdev: the device
 * @slot_mask: a bit per group slot
 *
 * Context: any; takes the global interface's lock.
 */
void garm_csg_doorbell(struct garm_device *gdev, u32 slot_mask)
{
	struct garm_glb_iface *glb = &gdev->fw->glb;

	/*
	 * The requests are visible before we look whether an earlier doorbell is still pending: the
	 * firmware acknowledges that one and then reads the requests, so one of us sees the other.
	 */
	dma_mb();
	fw_toggle(&glb->lock, &glb->in->doorbell_req, &glb->out->doorbell_ack, slot_mask);
	garm_fw_ring(gdev, GPU_DOORBELL_GLB);
}

/**
 * garm_cs_doorbell() - have the firmware look at the requests of a group's streams
 * @gdev: the device
 * @slot: group slot
 * @cs_mask: a bit per stream
 *
 * Context: any; takes the locks of the group's and of the global interface, one after the other.
 */
void garm_cs_doorbell(struct garm_device *gdev, u32 slot, u32 cs_mask)
{
	struct garm_csg_iface *csg = garm_fw_csg(gdev, slot);

	if (!csg)
		return;
	dma_mb(); /* as in garm_csg_doorbell() */
	fw_toggle(&csg->lock, &csg->in->doorbell_req, &csg->out->doorbell_ack, cs_mask);
	garm_csg_doorbell(gdev, BIT(slot));
}

/* One wait. @req is compared as it was at the start: others may add requests meanwhile. */
struct fw_wait {
	const u32 *ack;
	u32 req, mask;
};

static bool fw_acked(const struct fw_wait *w)
{
	return (READ_ONCE(*w->ack) & w->mask) == w->req;
}

/* Most answers come within microseconds: quicker than sleeping and being woken. */
static bool fw_spin(const struct fw_wait *w)
{
	ktime_t end = ktime_add_us(ktime_get(), FW_SPIN_US);

	do {
		if (fw_acked(w))
			return true;
		cpu_relax();
	} while (ktime_before(ktime_get(), end));
	return fw_acked(w);
}

/*
 * The reset itself may still talk to a firmware that lives, and so may a suspend, which takes the
 * groups off their slots in its place: the next resume is the reset. Everybody else would wait in
 * vain.
 */
static bool fw_wait_is_vain(struct garm_device *gdev)
{
	return garm_device_reset_pending(gdev) && current_work() != &gdev->reset.work &&
	       atomic_read(&gdev->pm.state) != GARM_PM_SUSPENDING;
}

/*
 * Sleeps once. Time that nobody had, because the machine slept or its hypervisor paused it, is not
 * the firmware's fault: a sleep counts little however long it took.
 */
static bool fw_sleep(struct garm_fw *fw, const struct fw_wait *w, u32 *left_ms)
{
	unsigned long start = jiffies;
	u32 took;

	if (wait_event_timeout(fw->wait, fw_acked(w), msecs_to_jiffies(FW_RECHECK_MS)) > 0)
		return true;
	took = clamp_t(u32, jiffies_to_msecs(jiffies - start), 1, FW_ROUND_MS);
	*left_ms -= min(took, *left_ms);
	return false;
}

static int fw_wait_acks(struct garm_device *gdev, const u32 *req, const u32 *ack, u32 mask,
			u32 *acked, u32 *left_ms)
{
	struct fw_wait w = { .ack = ack, .req = READ_ONCE(*req) & mask, .mask = mask };
	bool done = fw_spin(&w);
	int ret = 0;

	while (!done && !ret) {
		if (fw_wait_is_vain(gdev))
			ret = -EIO;
		else if (!*left_ms)
			ret = -ETIMEDOUT;
		else
			done = fw_sleep(gdev->fw, &w, left_ms);
	}
	/* One look decides about both results, so that they agree. */
	*acked = done ? mask : ~(READ_ONCE(*ack) ^ w.req) & mask;
	if (*acked != mask)
		return ret;
	dma_rmb(); /* what the firmware wrote before it acknowledged can be read now */
	return 0;
}

/**
 * garm_glb_wait() - wait for the acknowledgment of global requests
 * @gdev: the device
 * @mask: GLB_*, not GLB_HALT: MCU_STATUS tells about that one
 * @acked: out: those that were acknowledged
 * @timeout_ms: how long, not counting a pause of the whole machine
 *
 * Context: sleeps; allowed on the fence-signalling path. Device powered.
 * Return: 0, -ETIMEDOUT, -EIO when a reset is pending (and the caller is neither the reset nor a
 * suspend), -EINVAL for GLB_HALT.
 */
int garm_glb_wait(struct garm_device *gdev, u32 mask, u32 *acked, u32 timeout_ms)
{
	struct garm_glb_iface *glb = &gdev->fw->glb;
	int ret;

	*acked = 0;
	if (drm_WARN_ON_ONCE(&gdev->base, mask & GLB_HALT))
		return -EINVAL;
	ret = fw_wait_acks(gdev, &glb->in->req, &glb->out->ack, mask, acked, &timeout_ms);
	trace_garm_fw_ack(-1, mask, *acked, ret);
	return ret;
}

/**
 * garm_csg_wait() - wait for the acknowledgment of a group slot's requests
 * @gdev: the device
 * @slot: group slot
 * @mask: CSG_*; CSG_STATE_MASK only as a whole
 * @acked: out: those that were acknowledged; all bits of the state or none
 * @left_ms: in: how long; out: what is left of it, for the next slot asked at the same time. A
 *	pause of the whole machine does not count.
 *
 * Context: sleeps; allowed on the fence-signalling path. Device powered.
 * Return: 0, -ETIMEDOUT, -EIO when a reset is pending (and the caller is not the reset), -EINVAL
 * for a slot that does not exist.
 */
int garm_csg_wait(struct garm_device *gdev, u32 slot, u32 mask, u32 *acked, u32 *left_ms)
{
	struct garm_csg_iface *csg = garm_fw_csg(gdev, slot);
	int ret;

	*acked = 0;
	if (!csg)
		return -EINVAL;
	ret = fw_wait_acks(gdev, &csg->in->req, &csg->out->ack, mask, acked, left_ms);
	if ((*acked & CSG_STATE_MASK) != CSG_STATE_MASK)
		*acked &= ~CSG_STATE_MASK;
	trace_garm_fw_ack(slot, mask, *acked, ret);
	return ret;
}
