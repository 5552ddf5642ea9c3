/*
 * A clock and a voltage that stock kernel drivers can change: one page modelled
 * after the Versatile Express system registers. The configuration bus behind
 * SYS_CFG* has one oscillator (driver clk-vexpress-osc), the lowest three
 * SYS_LED bits are GPIOs (driver gpio-mmio) that select the voltage
 * (driver gpio-regulator).
 * Source: drivers/bus/vexpress-config.c, drivers/mfd/vexpress-sysreg.c, Linux 6.12.
 *
 * Called by QEMU (MMIO); calls the core's mali_gpu_set_clock / _voltage.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/mali/qemu/mali_device.h"

#define SYS_ID        0x000
#define SYS_LED       0x008
#define SYS_MISC      0x060
#define SYS_PROCID0   0x084
#define SYS_PROCID1   0x088
#define SYS_CFGDATA   0x0a0
#define SYS_CFGCTRL   0x0a4
#define SYS_CFGSTAT   0x0a8
#define CFGCTRL_START (1u << 31)
#define CFGCTRL_WRITE (1u << 30)
#define CFGSTAT_DONE  (1u << 0)
#define CFGSTAT_ERROR (1u << 1)
#define FUNC_OSC      1

const uint32_t mali_voltages[8] = {
    675000, 700000, 725000, 750000, 775000, 800000, 825000, 850000,
};

void mali_platform_apply(MaliState *s)
{
    mali_gpu_set_clock(s->gpu, s->platform.clock_hz);
    mali_gpu_set_voltage(s->gpu, mali_voltages[s->platform.led & 7]);
}

/* True when an injected fault takes the transfer's place; see hw/inject. */
static bool injected(MaliState *s, enum mali_platform_use use)
{
    bool error = false, hit = mali_gpu_platform_fault(s->gpu, use, &error);

    if (error) {
        s->platform.cfgstat |= CFGSTAT_ERROR;
    }
    return hit;
}

/* One transfer on the configuration bus; it completes at once. */
static void config_transfer(MaliState *s)
{
    MaliPlatform *p = &s->platform;
    unsigned func = extract32(p->cfgctrl, 20, 6), device = extract32(p->cfgctrl, 0, 12);

    p->cfgstat = CFGSTAT_DONE;
    if (func != FUNC_OSC || device != 0) {
        qemu_log_mask(LOG_GUEST_ERROR, "mali: configuration function %u, device %u: only "
                      "oscillator 0 exists\n", func, device);
        p->cfgstat |= CFGSTAT_ERROR;
    } else if (!(p->cfgctrl & CFGCTRL_WRITE)) {
        if (!injected(s, MALI_CLOCK_GET)) {
            p->cfgdata = p->clock_hz;
        }
    } else if (p->cfgdata < MALI_CLOCK_MIN || p->cfgdata > MALI_CLOCK_MAX) {
        qemu_log_mask(LOG_GUEST_ERROR, "mali: core clock %u Hz, allowed are %u to %u\n",
                      p->cfgdata, MALI_CLOCK_MIN, MALI_CLOCK_MAX);
        p->cfgstat |= CFGSTAT_ERROR;
    } else if (!injected(s, MALI_CLOCK_SET)) {
        p->clock_hz = p->cfgdata;
        mali_gpu_set_clock(s->gpu, p->clock_hz);
    }
    p->cfgctrl &= ~CFGCTRL_START;
}

static uint64_t platform_read(void *opaque, hwaddr addr, unsigned size)
{
    MaliState *s = opaque;
    MaliPlatform *p = &s->platform;

    switch (addr) {
    case SYS_ID:
    case SYS_MISC:
    case SYS_PROCID0:
    case SYS_PROCID1:
        return 0;
    case SYS_LED:
        return p->led;
    case SYS_CFGDATA:
        return p->cfgdata;
    case SYS_CFGCTRL:
        return p->cfgctrl;
    case SYS_CFGSTAT:
        return p->cfgstat;
    default:
        /* the sysreg driver's other GPIO banks read their (empty) registers */
        return 0;
    }
}

static void platform_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    MaliState *s = opaque;
    MaliPlatform *p = &s->platform;

    switch (addr) {
    case SYS_LED:
        if (injected(s, MALI_VOLTAGE_SET)) {
            break;
        }
        p->led = val & 0xff;
        mali_gpu_set_voltage(s->gpu, mali_voltages[p->led & 7]);
        break;
    case SYS_CFGDATA:
        p->cfgdata = val;
        break;
    case SYS_CFGSTAT:
        p->cfgstat = val & (CFGSTAT_DONE | CFGSTAT_ERROR);
        break;
    case SYS_CFGCTRL:
        p->cfgctrl = val;
        if (val & CFGCTRL_START) {
            config_transfer(s);
        }
        break;
    default:
        qemu_log_mask(LOG_UNIMP, "mali: platform register 0x%" HWADDR_PRIx " is not modelled\n", addr);
    }
}

static const MemoryRegionOps platform_ops = {
    .read = platform_read,
    .write = platform_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

void mali_platform_init(MaliState *s)
{
    memory_region_init_io(&s->platform.mmio, OBJECT(s), &platform_ops, s, "mali-platform",
                          MALI_PLATFORM_SIZE);
}

void mali_platform_reset(MaliState *s)
{
    MaliPlatform *p = &s->platform;

    p->led = ARRAY_SIZE(mali_voltages) - 1; /* the highest voltage fits every clock */
    p->cfgdata = p->cfgctrl = p->cfgstat = 0;
    p->clock_hz = s->prop.clock;
    mali_platform_apply(s);
}
