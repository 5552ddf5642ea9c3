/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Differences between the kernels that garm.ko supports: Linux 6.12 (Debian stable) to 7.3 (backports).
 *
 * The only place with version tests; included by garm_device.h. Where a kernel has the newer interface it is
 * used under its own name; for an older kernel the same name is provided here. Each section says who uses it.
 */
#ifndef GARM_COMPAT_H
#define GARM_COMPAT_H

#include <linux/version.h>

#define GARM_KERNEL(a, b) (LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))

/* jobqueue.c */
#if !GARM_KERNEL(7, 2)
/* dma_fence_ops of a signalled fence are still called; later kernels forget them when it signals. */
#define GARM_FENCE_OPS_OUTLIVE_SIGNAL
#endif
#if !GARM_KERNEL(6, 18)
#define system_dfl_wq system_unbound_wq
#endif

#endif
