/*
 * The device tree of the GPU and of its clock, voltage and operating points.
 * Bindings: Documentation/devicetree/bindings/gpu/arm,mali-valhall-csf.yaml,
 * arm,vexpress-sysreg, gpio-regulator, operating-points-v2.
 *
 * Called by hw/core/sysbus-fdt.c for each device of this type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/platform-bus.h"
#include "system/device_tree.h"
#include "hw/mali/qemu/mali_device.h"

#define GIC_SPI 0
#define IRQ_LEVEL_HIGH 4

/* Operating points of the RK3588's GPU. Source: rk3588-opp.dtsi, Linux 6.12. */
static const struct {
    uint32_t mhz, microvolt;
} opps[] = {
    { 300, 675000 }, { 400, 675000 }, { 500, 675000 }, { 600, 675000 },
    { 700, 700000 }, { 800, 750000 }, { 900, 800000 }, { 1000, 850000 },
};

static uint32_t new_phandle(void *fdt, const char *node)
{
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_setprop_cell(fdt, node, "phandle", phandle);
    return phandle;
}

/* A GPIO bank of the page; returns its phandle. */
static uint32_t add_bank(void *fdt, const char *sysreg, const char *name)
{
    g_autofree char *node = g_strdup_printf("%s/%s", sysreg, name);
    g_autofree char *compat = g_strdup_printf("arm,vexpress-sysreg,%s", name);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", compat);
    qemu_fdt_setprop(fdt, node, "gpio-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, node, "#gpio-cells", 2);
    return new_phandle(fdt, node);
}

/* The page of mali_platform.c; returns the phandle of its voltage GPIOs. */
static uint32_t add_sysreg(void *fdt, const char *bus, uint64_t base, uint32_t *sysreg)
{
    g_autofree char *node = g_strdup_printf("%s/sysreg@%" PRIx64, bus, base);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "arm,vexpress-sysreg");
    qemu_fdt_setprop_cells(fdt, node, "reg", (uint32_t)base, MALI_PLATFORM_SIZE);
    *sysreg = new_phandle(fdt, node);
    add_bank(fdt, node, "sys_flash"); /* unused, but the driver complains about missing ones */
    add_bank(fdt, node, "sys_mci");
    return add_bank(fdt, node, "sys_led");
}

static uint32_t add_clock(void *fdt, const char *prefix, uint32_t sysreg)
{
    g_autofree char *node = g_strdup_printf("/%s-config-bus", prefix);
    g_autofree char *osc = g_strdup_printf("%s/gpu-clock", node);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "arm,vexpress,config-bus");
    qemu_fdt_setprop_cell(fdt, node, "arm,vexpress,config-bridge", sysreg);
    qemu_fdt_add_subnode(fdt, osc);
    qemu_fdt_setprop_string(fdt, osc, "compatible", "arm,vexpress-osc");
    qemu_fdt_setprop_cells(fdt, osc, "arm,vexpress-sysreg,func", 1, 0);
    qemu_fdt_setprop_cells(fdt, osc, "freq-range", MALI_CLOCK_MIN, MALI_CLOCK_MAX);
    qemu_fdt_setprop_cell(fdt, osc, "#clock-cells", 0);
    qemu_fdt_setprop_string(fdt, osc, "clock-output-names", "clk_gpu");
    return new_phandle(fdt, osc);
}

static uint32_t add_regulator(void *fdt, const char *prefix, uint32_t gpio)
{
    g_autofree char *node = g_strdup_printf("/%s-regulator", prefix);
    uint32_t states[2 * ARRAY_SIZE(mali_voltages)];

    for (unsigned i = 0; i < ARRAY_SIZE(mali_voltages); i++) {
        states[2 * i] = cpu_to_be32(mali_voltages[i]);
        states[2 * i + 1] = cpu_to_be32(i);
    }
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "regulator-gpio");
    qemu_fdt_setprop_string(fdt, node, "regulator-name", "vdd_gpu");
    qemu_fdt_setprop_string(fdt, node, "regulator-type", "voltage");
    qemu_fdt_setprop_cell(fdt, node, "regulator-min-microvolt", mali_voltages[0]);
    qemu_fdt_setprop_cell(fdt, node, "regulator-max-microvolt",
                          mali_voltages[ARRAY_SIZE(mali_voltages) - 1]);
    qemu_fdt_setprop_cells(fdt, node, "gpios", gpio, 0, 0, gpio, 1, 0, gpio, 2, 0);
    qemu_fdt_setprop_cells(fdt, node, "gpios-states", 1, 1, 1);
    qemu_fdt_setprop(fdt, node, "states", states, sizeof(states));
    return new_phandle(fdt, node);
}

static uint32_t add_opps(void *fdt, const char *prefix)
{
    g_autofree char *table = g_strdup_printf("/%s-opp-table", prefix);

    qemu_fdt_add_subnode(fdt, table);
    qemu_fdt_setprop_string(fdt, table, "compatible", "operating-points-v2");
    for (int i = ARRAY_SIZE(opps) - 1; i >= 0; i--) {
        uint32_t hz = opps[i].mhz * 1000000;
        g_autofree char *opp = g_strdup_printf("%s/opp-%u", table, hz);

        qemu_fdt_add_subnode(fdt, opp);
        qemu_fdt_setprop_u64(fdt, opp, "opp-hz", hz);
        qemu_fdt_setprop_cells(fdt, opp, "opp-microvolt", opps[i].microvolt, opps[i].microvolt,
                               mali_voltages[ARRAY_SIZE(mali_voltages) - 1]);
    }
    return new_phandle(fdt, table);
}

int mali_fdt_add(SysBusDevice *sbdev, void *fdt, const char *bus, PlatformBusDevice *pbus,
                 int irq_start)
{
    static const char irq_names[] = "job\0mmu\0gpu";
    static const char clock_names[] = "core\0coregroup\0stacks";
    MaliState *s = MALI_G610(sbdev);
    uint64_t base = platform_bus_get_mmio_addr(pbus, sbdev, 0);
    uint64_t page = platform_bus_get_mmio_addr(pbus, sbdev, 1);
    g_autofree char *prefix = g_strdup_printf("gpu-%" PRIx64, base);
    g_autofree char *node = g_strdup_printf("%s/gpu@%" PRIx64, bus, base);
    g_autofree char *compat = NULL;
    struct mali_identity id;
    uint32_t sysreg, gpio, clock, irq[3];
    int compat_len;

    mali_gpu_get_identity(s->gpu, &id);
    gpio = add_sysreg(fdt, bus, page, &sysreg);
    for (int i = 0; i < 3; i++) {
        irq[i] = irq_start + platform_bus_get_irqn(pbus, sbdev, i);
    }
    compat = g_strdup_printf("%s%carm,mali-valhall-csf", id.dt_name, 0);
    compat_len = strlen(id.dt_name) + 1 + sizeof("arm,mali-valhall-csf");
    compat = g_realloc(compat, compat_len);
    memcpy(compat + strlen(id.dt_name) + 1, "arm,mali-valhall-csf", sizeof("arm,mali-valhall-csf"));
    if (!strcmp(id.dt_name, "arm,mali-valhall-csf")) {
        compat_len = sizeof("arm,mali-valhall-csf"); /* no specific name: once is enough */
    }

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop(fdt, node, "compatible", compat, compat_len);
    qemu_fdt_setprop_cells(fdt, node, "reg", (uint32_t)base, MALI_MMIO_SIZE);
    qemu_fdt_setprop_cells(fdt, node, "interrupts", GIC_SPI, irq[0], IRQ_LEVEL_HIGH,
                           GIC_SPI, irq[1], IRQ_LEVEL_HIGH, GIC_SPI, irq[2], IRQ_LEVEL_HIGH);
    qemu_fdt_setprop(fdt, node, "interrupt-names", irq_names, sizeof(irq_names));
    clock = add_clock(fdt, prefix, sysreg);
    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clock_names, sizeof(clock_names));
    qemu_fdt_setprop_cell(fdt, node, "mali-supply", add_regulator(fdt, prefix, gpio));
    qemu_fdt_setprop_cell(fdt, node, "operating-points-v2", add_opps(fdt, prefix));
    qemu_fdt_setprop_cell(fdt, node, "#cooling-cells", 2);
    qemu_fdt_setprop_cell(fdt, node, "dynamic-power-coefficient", 2982);
    /* The machine's root node says dma-coherent: a GPU without must contradict. */
    qemu_fdt_setprop(fdt, node, id.coherent ? "dma-coherent" : "dma-noncoherent", NULL, 0);
    return 0;
}
