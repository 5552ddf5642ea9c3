/*
 * A microcontroller whose slices end when the test says so. Links in place of
 * hw/mcu, hw/csf and hw/pipeline.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_FAKE_MCU_H
#define GARM_FAKE_MCU_H

#include "../../hw/mcu/mcu.h"

#include <stdatomic.h>

struct mali_mcu { /* what the core's lock guards, unless atomic */
    const struct mali_mcu_ops *ops;
    void *opaque;
    struct mali_mmu *mmu;
    uint32_t control, status, rings, resets, timers;
    unsigned work;         /* steps wanted */
    uint32_t raise;        /* JOB_IRQ bits the next step raises */
    atomic_bool hold;      /* a slice lasts until this falls */
    atomic_bool in_slice;
    atomic_uint steps;
};

/** The test's handle on the MCU of the GPU made last. */
extern struct mali_mcu *fake_mcu;

#endif
