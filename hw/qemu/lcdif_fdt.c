/*
 * The device tree of the display controller, its pixel clock and its panel.
 * Bindings: Documentation/devicetree/bindings/display/fsl,lcdif.yaml, panel/panel-dpi.yaml.
 *
 * Called by hw/core/sysbus-fdt.c for each device of this type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/platform-bus.h"
#include "system/device_tree.h"
#include "hw/mali/qemu/lcdif.h"

#define GIC_SPI        0
#define IRQ_LEVEL_HIGH 4
#define DOTS_PER_MM    4 /* about 100 dots an inch */

static uint32_t new_phandle(void *fdt, const char *node)
{
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_setprop_cell(fdt, node, "phandle", phandle);
    return phandle;
}

/* The one port of a node with its one end point; returns the path of that. */
static char *add_endpoint(void *fdt, const char *node)
{
    g_autofree char *port = g_strdup_printf("%s/port", node);
    char *endpoint = g_strdup_printf("%s/endpoint", port);

    qemu_fdt_add_subnode(fdt, port);
    qemu_fdt_add_subnode(fdt, endpoint);
    return endpoint;
}

static uint32_t add_clock(const LcdifState *s, void *fdt, const char *prefix)
{
    g_autofree char *node = g_strdup_printf("/%s-clock", prefix);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "fixed-clock");
    qemu_fdt_setprop_cell(fdt, node, "#clock-cells", 0);
    qemu_fdt_setprop_cell(fdt, node, "clock-frequency", lcdif_clock(s));
    return new_phandle(fdt, node);
}

/* The panel; returns the path of its node. */
static char *add_panel(const LcdifState *s, void *fdt, const char *prefix)
{
    const struct {
        const char *name;
        uint32_t value;
    } timing[] = {
        {"clock-frequency", lcdif_clock(s)}, {"hactive", s->prop.width},
        {"hfront-porch", LCDIF_H_FRONT},     {"hsync-len", LCDIF_H_SYNC},
        {"hback-porch", LCDIF_H_BACK},       {"vactive", s->prop.height},
        {"vfront-porch", LCDIF_V_FRONT},     {"vsync-len", LCDIF_V_SYNC},
        {"vback-porch", LCDIF_V_BACK},
    };
    char *node = g_strdup_printf("/%s-panel", prefix);
    g_autofree char *mode = g_strdup_printf("%s/panel-timing", node);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "panel-dpi");
    qemu_fdt_setprop_cell(fdt, node, "width-mm", s->prop.width / DOTS_PER_MM);
    qemu_fdt_setprop_cell(fdt, node, "height-mm", s->prop.height / DOTS_PER_MM);
    qemu_fdt_add_subnode(fdt, mode);
    for (unsigned i = 0; i < ARRAY_SIZE(timing); i++) {
        qemu_fdt_setprop_cell(fdt, mode, timing[i].name, timing[i].value);
    }
    return node;
}

int lcdif_fdt_add(SysBusDevice *sbdev, void *fdt, const char *bus, PlatformBusDevice *pbus,
                  int irq_start)
{
    LcdifState *s = LCDIF(sbdev);
    uint64_t base = platform_bus_get_mmio_addr(pbus, sbdev, 0);
    int irq = irq_start + platform_bus_get_irqn(pbus, sbdev, 0);
    g_autofree char *prefix = g_strdup_printf("lcdif-%" PRIx64, base);
    g_autofree char *node = g_strdup_printf("%s/lcdif@%" PRIx64, bus, base);
    g_autofree char *panel = add_panel(s, fdt, prefix);
    g_autofree char *ours = NULL, *theirs = NULL;

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "fsl,imx28-lcdif");
    qemu_fdt_setprop_cells(fdt, node, "reg", (uint32_t)base, LCDIF_MMIO_SIZE);
    qemu_fdt_setprop_cells(fdt, node, "interrupts", GIC_SPI, irq, IRQ_LEVEL_HIGH);
    qemu_fdt_setprop_cell(fdt, node, "clocks", add_clock(s, fdt, prefix));
    ours = add_endpoint(fdt, node);
    theirs = add_endpoint(fdt, panel);
    qemu_fdt_setprop_cell(fdt, ours, "remote-endpoint", new_phandle(fdt, theirs));
    qemu_fdt_setprop_cell(fdt, theirs, "remote-endpoint", new_phandle(fdt, ours));
    return 0;
}
