/*
 * Trace points: hands the core's events to QEMU's tracing (-trace 'mali_*').
 *
 * Called by the core through struct mali_host_ops, on any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "trace.h"
#include "hw/mali/trace/trace.h"
#include "hw/mali/qemu/mali_device.h"

void mali_trace_to_qemu(void *opaque, const struct mali_event *ev)
{
    const char *name = ev->name ? ev->name : "";

    switch (ev->id) {
    case MALI_EV_reg_read:
        trace_mali_reg_read(name, ev->a, ev->b);
        break;
    case MALI_EV_reg_write:
        trace_mali_reg_write(name, ev->a, ev->b);
        break;
    case MALI_EV_irq_raise:
        trace_mali_irq_raise(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_irq_level:
        trace_mali_irq_level(name, ev->a);
        break;
    case MALI_EV_gpu_command:
        trace_mali_gpu_command(name, ev->a);
        break;
    case MALI_EV_gpu_reset:
        trace_mali_gpu_reset(name);
        break;
    case MALI_EV_power:
        trace_mali_power(name, ev->a, ev->b);
        break;
    case MALI_EV_clock:
        trace_mali_clock(name, ev->a);
        break;
    case MALI_EV_mmu_command:
        trace_mali_mmu_command(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_mmu_walk:
        trace_mali_mmu_walk(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_mmu_fault:
        trace_mali_mmu_fault(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_mcu_state:
        trace_mali_mcu_state(name, ev->a);
        break;
    case MALI_EV_mcu_boot_step:
        trace_mali_mcu_boot_step(name, ev->a, ev->b);
        break;
    case MALI_EV_mcu_glb_request:
        trace_mali_mcu_glb_request(name, ev->a, ev->b);
        break;
    case MALI_EV_mcu_doorbell:
        trace_mali_mcu_doorbell(name, ev->a);
        break;
    case MALI_EV_csg_request:
        trace_mali_csg_request(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_csg_state:
        trace_mali_csg_state(name, ev->a, ev->b);
        break;
    case MALI_EV_csg_event:
        trace_mali_csg_event(name, ev->a);
        break;
    case MALI_EV_cs_request:
        trace_mali_cs_request(name, ev->a, ev->b);
        break;
    case MALI_EV_cs_event:
        trace_mali_cs_event(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_cs_slice:
        trace_mali_cs_slice(name, ev->a, ev->b, ev->c, ev->d);
        break;
    case MALI_EV_cs_instr:
        trace_mali_cs_instr(name, ev->a, ev->b, ev->c, ev->d);
        break;
    case MALI_EV_cs_sync:
        trace_mali_cs_sync(name, ev->a, ev->b);
        break;
    case MALI_EV_cs_fault:
        trace_mali_cs_fault(name, ev->a, ev->b, ev->c, ev->d);
        break;
    case MALI_EV_job:
        trace_mali_job(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_inject:
        trace_mali_inject(name, ev->a, ev->b, ev->c, ev->d);
        break;
    case MALI_EV_inject_effect:
        trace_mali_inject_effect(name, ev->a, ev->b, ev->c);
        break;
    case MALI_EV_COUNT:
        break;
    }
}
