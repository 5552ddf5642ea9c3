/*
 * Virtual CPUs that wait for each other do not keep the host's CPUs from those that they wait for.
 *
 * QEMU with a thread for each virtual CPU makes nothing of YIELD and WFE: a guest that wants a lock spins
 * for real. When the holder's thread has no CPU, because the GPU's threads have them all, the waiting one
 * burns a whole time slice of the host, with the CPU that the holder needs. With two virtual CPUs and two of
 * the host, 40 % of the virtual CPUs' time in vkmark went there, and a third of the frames. So who has spun for a
 * moment calls sched_yield(). A real core sleeps in WFE; nothing that a guest may rely on changes.
 *
 * Called by the helper that patches/0002-arm-spin.patch adds; the device prints the count (stats=on).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/timer.h"
#include "hw/mali/qemu/spin.h"

static __thread struct mali_spin spin;
static size_t yields;

void mali_vcpu_spins(void)
{
    if (!mali_spin_wait(&spin, get_clock())) {
        return;
    }
    sched_yield();
    qatomic_inc(&yields);
    spin.last = get_clock();
}

uint64_t mali_vcpu_yields(void)
{
    return qatomic_read(&yields);
}
