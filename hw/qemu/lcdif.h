/*
 * A display controller for the guest: the LCDIF of NXP's i.MX28 with a panel on its parallel
 * port. lcdif.c has the registers and the picture, lcdif_fdt.c the device tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_MALI_LCDIF_H
#define HW_MALI_LCDIF_H

#include "hw/sysbus.h"
#include "qemu/timer.h"
#include "ui/console.h"

#define TYPE_LCDIF "lcdif"
OBJECT_DECLARE_SIMPLE_TYPE(LcdifState, LCDIF)

#define LCDIF_MMIO_SIZE  0x2000
#define LCDIF_REGISTERS  12   /* one each 16 bytes, CTRL to VDCTRL4 */
#define LCDIF_MAX_PIXELS 4096 /* in each direction */
#define LCDIF_ALIGN      64   /* of the width: rows of Mesa's linear targets, llvmpipe's too */

struct LcdifState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    qemu_irq irq;
    QemuConsole *console;
    QEMUTimer *timer; /* end of the frame that is scanned out */
    uint32_t reg[LCDIF_REGISTERS];
    uint32_t series, frame; /* starts of the controller; frames since then, for `frames` */
    bool flipped;           /* the next frame shows another buffer */
    uint32_t quiet;         /* frames without an address written, since the last that had one */
    bool format_named;      /* a format that is not modelled was logged */

    struct {
        uint32_t width, height; /* of the panel, pixels */
        uint32_t rate;          /* frames a second; high for programs that draw as fast as they can */
        bool adaptive;          /* at most so many, when there is something new; else LCDIF_LOW_RATE */
        char *frames;           /* folder for one picture per flip; NULL: none */
        uint32_t every, limit;  /* of which each n-th, and how many in all */
    } prop;
    uint32_t written;
};

/* The panel's timing: blanking of VESA's 800x600 mode, 60 frames a second unless `rate` says so. */
#define LCDIF_H_FRONT 40u
#define LCDIF_H_SYNC  128u
#define LCDIF_H_BACK  88u
#define LCDIF_V_FRONT 1u
#define LCDIF_V_SYNC  4u
#define LCDIF_V_BACK  23u
#define LCDIF_RATE    60u
#define LCDIF_MAX_RATE 1000u          /* each frame is an interrupt */
#define LCDIF_MAX_ADAPTIVE_RATE 5000u /* each picture is some */
#define LCDIF_LOW_RATE 50u            /* drivers wait 100 ms for a frame that ends */
#define LCDIF_QUIET    2u             /* frames at the full rate behind a new picture */

/* Pixels a second. */
uint32_t lcdif_clock(const LcdifState *s);

struct PlatformBusDevice;
/* Called for each device of this type by hw/core/sysbus-fdt.c. */
int lcdif_fdt_add(SysBusDevice *sbdev, void *fdt, const char *bus, struct PlatformBusDevice *pbus,
                  int irq_start);

#endif
