/*
 * The mali-g610 sysbus device: what the glue files share.
 *
 * mali_device.c (device, host callbacks), mali_ram.c (RAM table),
 * mali_platform.c (clock and voltage page), mali_fdt.c (device tree),
 * mali_snapshot.c (VMState), mali_trace.c (trace points).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_MALI_DEVICE_H
#define HW_MALI_DEVICE_H

#include "hw/sysbus.h"
#include "hw/mali/gpu/gpu.h"
#include "qemu/timer.h"
#include "exec/memory.h"
#include "system/runstate.h"

#define TYPE_MALI_G610 "mali-g610"
OBJECT_DECLARE_SIMPLE_TYPE(MaliState, MALI_G610)

#define MALI_PLATFORM_SIZE 0x1000

/* One stretch of guest RAM; the table is sorted and replaced as a whole. */
typedef struct MaliRamSection {
    uint64_t base, size;
    void *host;
    MemoryRegion *mr;
    uint64_t offset;      /* in mr */
    bool writable;
} MaliRamSection;

typedef struct MaliRamTable {
    unsigned count;
    struct MaliRamTable *retired; /* older tables: freed with the device */
    MaliRamSection section[];
} MaliRamTable;

/* A page modelled after the Versatile Express system registers. */
typedef struct MaliPlatform {
    MemoryRegion mmio;
    uint32_t led;         /* SYS_LED: GPIOs that select the voltage */
    uint32_t cfgdata, cfgctrl, cfgstat;
    uint32_t clock_hz;
} MaliPlatform;

struct MaliState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    MaliPlatform platform;
    qemu_irq irq[MALI_IRQ_LINES];
    struct mali_gpu *gpu;
    struct mali_host_ops ops;
    QEMUTimer *timer;
    QEMUBH *timer_bh;     /* arms the timer from the GPU thread */
    uint64_t timer_ns;    /* atomic: what the core asked for last */
    MemoryListener listener;
    MaliRamTable *ram;    /* atomic pointer */
    GArray *ram_build;    /* sections seen since the transaction began */
    VMChangeStateEntry *vmstate_change;
    Notifier exit;
    bool paused;
    uint32_t counter_hz, counter_period;

    /* VMState */
    uint8_t *image;
    uint32_t image_size;

    struct {
        char *model, *coherency, *trace, *report, *log, *capture, *inject, *jit, *jit_cache;
        char *vectors;
        uint64_t capture_limit;
        uint32_t cores, l2_slices, csgs, streams, address_spaces, threads, clock;
        bool deterministic, trace_instr, stats, race;
    } prop;
};

/* Voltages that the regulator's three GPIOs select, in microvolt; mali_fdt.c tells the guest. */
extern const uint32_t mali_voltages[8];
#define MALI_CLOCK_MIN  100000000u
#define MALI_CLOCK_MAX 1000000000u

void mali_platform_init(MaliState *s);
void mali_platform_reset(MaliState *s);
void mali_platform_apply(MaliState *s);

void mali_ram_init(MaliState *s);
void mali_ram_cleanup(MaliState *s);
void *mali_ram_lookup(void *opaque, uint64_t pa, uint64_t *avail, bool *writable);
void mali_ram_dirty(void *opaque, uint64_t pa, uint64_t len);

void mali_trace_to_qemu(void *opaque, const struct mali_event *ev);
extern const VMStateDescription vmstate_mali;

struct PlatformBusDevice;
/* Called for each device of this type by hw/core/sysbus-fdt.c. */
int mali_fdt_add(SysBusDevice *sbdev, void *fdt, const char *bus, struct PlatformBusDevice *pbus,
                 int irq_start);

#endif
