/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few helpers of the kernel that driver code under test on the host may use. */
#ifndef KSHIM_LINUX_KERNEL_H
#define KSHIM_LINUX_KERNEL_H

#include <linux/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)   (((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))

#endif
