// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Interrupt blocks: the four registers that the GPU, MMU and JOB blocks have in common.
 *
 * Called by garm_gpu.c, garm_mmu.c and garm_fw.c, each of which owns one block; calls their
 * handlers in the block's interrupt thread. Nothing else of the driver is called.
 *
 * The line is high while RAWSTAT & MASK is not zero; a bit that is raised while masked stays in
 * RAWSTAT until INT_CLEAR (driver-facts B.3). So a bit is never lost by masking, only by clearing,
 * and only handlers and garm_irq_resume() clear. INT_MASK is written under the lock together with
 * the state that justifies it:
 *
 *   SUSPENDED --resume--> ACTIVE --hard handler--> PROCESSING --thread found no more--> ACTIVE
 *   ACTIVE or PROCESSING --suspend--> SUSPENDED
 *
 * In SUSPENDED nobody touches the block's registers: its clock may be off.
 */
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>

#include "garm_device.h"
#include "garm_trace.h"

static u32 irq_read(struct garm_irq *irq, u32 reg)
{
	return garm_read(irq->gdev, irq->base + reg);
}

static void irq_write(struct garm_irq *irq, u32 reg, u32 value)
{
	garm_write(irq->gdev, irq->base + reg, value);
}

static irqreturn_t garm_irq_hard(int nr, void *data)
{
	struct garm_irq *irq = data;

	/* The line may be shared: it may not be ours, and may come while our clocks are off. */
	guard(spinlock_irqsave)(&irq->lock);
	if (irq->state != GARM_IRQ_ACTIVE || !irq_read(irq, INT_STAT))
		return IRQ_NONE;
	irq_write(irq, INT_MASK, 0);
	irq->state = GARM_IRQ_PROCESSING;
	return IRQ_WAKE_THREAD;
}

/* What the thread has to handle now; 0 when the block was suspended in the meantime. */
static u32 irq_pending(struct garm_irq *irq)
{
	guard(spinlock_irqsave)(&irq->lock);
	if (irq->state == GARM_IRQ_SUSPENDED)
		return 0;
	return irq_read(irq, INT_RAWSTAT) & irq->mask;
}

static irqreturn_t garm_irq_thread(int nr, void *data)
{
	struct garm_irq *irq = data;
	irqreturn_t ret = IRQ_NONE;
	u32 status;

	/*
	 * The handler may still touch registers when suspend begins: that waits in
	 * synchronize_irq().
	 */
	while ((status = irq_pending(irq))) {
		trace_garm_irq(irq->gdev->base.dev, irq->name, status);
		irq->handler(irq->gdev, status);
		ret = IRQ_HANDLED;
	}

	guard(spinlock_irqsave)(&irq->lock);
	if (irq->state == GARM_IRQ_PROCESSING) {
		irq->state = GARM_IRQ_ACTIVE;
		/* A bit that came since the last look raises the line again here. */
		irq_write(irq, INT_MASK, irq->mask);
	}
	return ret;
}

/**
 * garm_irq_request() - set up one interrupt block
 * @gdev: the device, powered
 * @irq: the block; must live as long as the device's managed (devm) resources
 * @name: of the interrupt in the device tree: "gpu", "mmu" or "job"
 * @base: offset of the block's registers
 * @handler: called in the thread with the bits that are raised and wanted; clears them with
 * INT_CLEAR
 *
 * Leaves the block masked and suspended. The line is freed with the device's managed resources.
 * Return: 0, or the error of finding or requesting the interrupt. May sleep; probe only.
 */
int garm_irq_request(struct garm_device *gdev, struct garm_irq *irq, const char *name, u32 base,
		     void (*handler)(struct garm_device *gdev, u32 status))
{
	struct device *dev = gdev->base.dev;
	const char *label;
	int nr, ret;

	nr = platform_get_irq_byname(to_platform_device(dev), name);
	if (nr < 0)
		return nr;
	label = devm_kasprintf(dev, GFP_KERNEL, "garm-%s", name);
	if (!label)
		return -ENOMEM;

	irq->gdev = gdev;
	irq->name = name;
	irq->base = base;
	irq->irq = nr;
	irq->handler = handler;
	spin_lock_init(&irq->lock);
	irq->mask = 0;
	irq->state = GARM_IRQ_SUSPENDED;
	/* A boot loader or another driver may have left bits enabled. */
	irq_write(irq, INT_MASK, 0);

	ret = devm_request_threaded_irq(dev, nr, garm_irq_hard, garm_irq_thread, IRQF_SHARED,
					label, irq);
	if (ret)
		drm_err(&gdev->base, "interrupt %s (%d): request failed: %d\n", name, nr, ret);
	return ret;
}

/**
 * garm_irq_resume() - let a block raise interrupts
 * @irq: the block
 * @mask: bits that are wanted from now on
 *
 * On a suspended block, whatever is raised already is cleared: it belongs to the time before the
 * suspend or reset. On one that is not suspended only the mask changes and nothing is lost.
 * Any context; the device is powered.
 */
void garm_irq_resume(struct garm_irq *irq, u32 mask)
{
	guard(spinlock_irqsave)(&irq->lock);
	irq->mask = mask;
	if (irq->state == GARM_IRQ_SUSPENDED) {
		/* All bits: some may be enabled only later. */
		irq_write(irq, INT_CLEAR, ~0u);
		irq->state = GARM_IRQ_ACTIVE;
	}
	/* In PROCESSING the thread writes the mask when it is done. */
	if (irq->state == GARM_IRQ_ACTIVE)
		irq_write(irq, INT_MASK, mask);
}

/**
 * garm_irq_suspend() - mask a block and wait until its handler does not run any more
 * @irq: the block
 *
 * Idempotent. Does not touch registers when the block is suspended already, so the device need not
 * be powered then. May sleep; not from the handler, nor with a lock held that the handler takes.
 */
void garm_irq_suspend(struct garm_irq *irq)
{
	scoped_guard(spinlock_irqsave, &irq->lock) {
		if (irq->state != GARM_IRQ_SUSPENDED) {
			irq->state = GARM_IRQ_SUSPENDED;
			irq_write(irq, INT_MASK, 0);
			/* The write must have arrived before the caller turns the clocks off. */
			irq_read(irq, INT_MASK);
		}
	}
	synchronize_irq(irq->irq);
}

static void irq_change(struct garm_irq *irq, u32 set, u32 clear)
{
	guard(spinlock_irqsave)(&irq->lock);
	irq->mask = (irq->mask | set) & ~clear;
	/* In the other states the mask is written when they end. */
	if (irq->state == GARM_IRQ_ACTIVE)
		irq_write(irq, INT_MASK, irq->mask);
}

/**
 * garm_irq_enable() - want more bits
 * @irq: the block
 * @bits: bits; those raised already, even while they were not wanted, are reported
 *
 * Any context. On a suspended block the next garm_irq_resume() decides about the mask.
 */
void garm_irq_enable(struct garm_irq *irq, u32 bits)
{
	irq_change(irq, bits, 0);
}

/**
 * garm_irq_disable() - want fewer bits
 * @irq: the block
 * @bits: bits; the handler may be called with them once more when it runs on another CPU
 *
 * Any context.
 */
void garm_irq_disable(struct garm_irq *irq, u32 bits)
{
	irq_change(irq, 0, bits);
}
