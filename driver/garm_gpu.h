/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* GPU control: identity, L2 power, soft reset, cache flush, counters, the GPU interrupt. */
#ifndef GARM_GPU_H
#define GARM_GPU_H

#include <linux/types.h>

struct garm_device;

int garm_gpu_init(struct garm_device *gdev);		/* identity, interrupt, L2 on */
void garm_gpu_unplug(struct garm_device *gdev);
void garm_gpu_suspend(struct garm_device *gdev);	/* L2 off after a clean halt, or reset */
int garm_gpu_resume(struct garm_device *gdev);		/* interrupt on, L2 on */
int garm_gpu_l2_on(struct garm_device *gdev);		/* 20 ms at most; -ETIMEDOUT */
int garm_gpu_soft_reset(struct garm_device *gdev);	/* 3 tries of 100 ms, the last hard */
/**
 * garm_gpu_flush_caches() - clean and/or invalidate, GPU_FLUSH_* each
 *
 * One at a time (a mutex); looks at RAWSTAT for 20 us, then waits up to 100 ms for the interrupt,
 * and looks again when it does not come.
 * Return: 0, or -ETIMEDOUT after requesting a reset. Allowed on the fence-signalling path.
 */
int garm_gpu_flush_caches(struct garm_device *gdev, u32 l2, u32 lsc, u32 other);
u64 garm_gpu_timestamp(struct garm_device *gdev);
u64 garm_gpu_timestamp_offset(struct garm_device *gdev);
u64 garm_gpu_cycles(struct garm_device *gdev);

int garm_devfreq_init(struct garm_device *gdev);
void garm_devfreq_suspend(struct garm_device *gdev);
void garm_devfreq_resume(struct garm_device *gdev);
void garm_devfreq_busy(struct garm_device *gdev);	/* any context */
void garm_devfreq_idle(struct garm_device *gdev);
unsigned long garm_devfreq_rate(struct garm_device *gdev);	/* Hz, the current one */

#endif
