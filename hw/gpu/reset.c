/*
 * GPU_CMD: reset, cache maintenance, time sources, fault clearing; and how
 * the commands that take time come to their end.
 *
 * A reset wipes the state as soon as no step of the microcontroller is in
 * progress and completes when its delay is over too. A cache command takes
 * effect at the safe point of the GPU thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gpu_internal.h"

/* Command types, payload from bit 8. 1 and 4: panthor 6.12; others recalled from Arm's driver. */
enum {
    CMD_NOP = 0,
    CMD_RESET = 1,       /* payload 1 soft, 2 hard */
    CMD_TIME = 3,        /* payload 0 stops the cycle counter, 1 starts it */
    CMD_FLUSH_CACHES = 4,
    CMD_SET_PROTECTED = 5,
    CMD_CLEAR_FAULT = 7,
};

#define RESET_NS 30000u /* guess */
#define FLUSH_NS 5000u  /* guess */
#define FLUSH_ID_RESET 1u /* guess: panthor's stand-in page reads 1 while the GPU is off */

static void wipe(struct mali_gpu *gpu)
{
    /* The GPU block keeps its mask: drivers wait for RESET_COMPLETED with it (panthor 6.12). */
    for (unsigned i = 0; i < MALI_IRQ_LINES; i++) {
        gpu->irq[i].rawstat = 0;
        if (i != MALI_IRQ_GPU)
            gpu->irq[i].mask = 0;
    }
    gpu->mcu_off_pending = false;
    gpu->mcu_ctl_pending = -1;
    gpu->flushing = false;
    gpu->mcu_timer_at = GPU_NEVER;
    mali_inject_forget(gpu->bus.inject, UINT64_MAX);
    mali_mcu_reset(gpu->mcu);
    gpu->mcu_status_seen = MALI_MCU_DISABLED;
    mali_mmu_reset(gpu->mmu);
    gpu->cycles_stopped = false;
    gpu_power_reset(gpu);
    gpu_clock_set_cycles(&gpu->clock, gpu->now, 0);
    gpu_regs_reset(gpu);
    gpu->fault_status = 0;
    gpu->fault_addr = 0;
    gpu_irq_update(gpu);
}

void gpu_cold_reset(struct mali_gpu *gpu)
{
    gpu->reset = GPU_RESET_NONE;
    gpu->injected = (struct gpu_injected){0};
    wipe(gpu);
    mali_pipeline_reset(gpu->pipe); /* nobody is left who could resume a group */
    gpu->irq[MALI_IRQ_GPU].mask = 0;
    atomic_store(&gpu->flush_id, FLUSH_ID_RESET);
    gpu_irq_update(gpu);
}

static void start_reset(struct mali_gpu *gpu, uint32_t payload)
{
    if (payload != 1 && payload != 2) {
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR, "GPU_CMD reset: kind %u, 1 and 2 exist", payload);
        return;
    }
    struct inject_hit hit;
    uint64_t late = 0;

    INJECT_SAW(gpu->bus.inject, "reset command", payload);
    if (INJECT(gpu->bus.inject, gpu_reset, &hit)) {
        if (!hit.arg) /* ignored, not late */
            return;
        late = hit.param[0];
    }
    gpu->reset = payload == 1 ? GPU_RESET_SOFT : GPU_RESET_HARD;
    gpu->reset_at = gpu->now + RESET_NS + late;
    gpu->reset_wiped = false;
    mali_trace_emit(gpu->trace, MALI_EV_gpu_reset, payload == 1 ? "soft" : "hard", 0, 0, 0, 0);
}

static void start_flush(struct mali_gpu *gpu)
{
    if (gpu->flushing) {
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR,
                 "GPU_CMD cache command while one is active: they complete together");
        return;
    }
    struct inject_hit hit;
    uint64_t late = 0;

    if (INJECT(gpu->bus.inject, cache_flush, &hit)) {
        if (hit.fault == FAULT_flush_lost)
            return;
        late = hit.param[0];
    }
    gpu->flushing = true;
    gpu->flush_at = gpu->now + FLUSH_NS + late;
}

static void set_time(struct mali_gpu *gpu, uint32_t payload)
{
    gpu->cycles_stopped = payload == 0;
    gpu_clock_run(&gpu->clock, gpu->now, gpu->power[GPU_L2].ready && !gpu->cycles_stopped);
}

void gpu_command(struct mali_gpu *gpu, uint32_t cmd)
{
    static const char *const name[8] = { "nop",   "reset",     "type2",    "time",
                                         "flush", "protected", "type6", "clear-fault" };
    uint32_t type = cmd & 0xff, payload = cmd >> 8;

    mali_trace_emit(gpu->trace, MALI_EV_gpu_command, type < 8 ? name[type] : "unknown", cmd, 0, 0,
                    0);
    if (gpu->reset && cmd != (CMD_RESET | 2 << 8)) {
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR, "GPU_CMD 0x%x during a reset: ignored", cmd);
        return;
    }
    switch (type) {
    case CMD_NOP:
        break;
    case CMD_RESET:
        start_reset(gpu, payload);
        break;
    case CMD_TIME:
        set_time(gpu, payload);
        break;
    case CMD_FLUSH_CACHES:
        start_flush(gpu);
        break;
    case CMD_CLEAR_FAULT:
        gpu->fault_status = 0;
        gpu->fault_addr = 0;
        break;
    case CMD_SET_PROTECTED:
        mali_log(&gpu->bus, MALI_LOG_UNIMP, "GPU_CMD: protected mode is not modelled: refused");
        break;
    default:
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR, "GPU_CMD 0x%x: type %u does not exist: ignored",
                 cmd, type);
    }
    gpu_command_tick(gpu);
}

void gpu_command_tick(struct mali_gpu *gpu)
{
    if (gpu->reset && !gpu->reset_wiped && !gpu->stepping) {
        wipe(gpu);
        gpu->reset_wiped = true;
    }
    if (gpu->reset && gpu->reset_wiped && gpu->now >= gpu->reset_at) {
        gpu->reset = GPU_RESET_NONE;
        INJECT_SAW(gpu->bus.inject, "reset completed", 0);
        gpu_irq_raise(gpu, MALI_IRQ_GPU, GPU_IRQ_RESET_COMPLETED);
    }
    if (gpu->flushing && !gpu->executing && gpu->now >= gpu->flush_at) {
        gpu->flushing = false;
        atomic_fetch_add(&gpu->flush_id, 1);
        gpu_irq_raise(gpu, MALI_IRQ_GPU, GPU_IRQ_CLEAN_COMPLETED);
    }
}

/* What is due but blocked needs no timer: the GPU thread comes by. */
uint64_t gpu_command_next(const struct mali_gpu *gpu)
{
    uint64_t next = GPU_NEVER;

    if (gpu->reset && gpu->reset_at > gpu->now)
        next = gpu->reset_at;
    if (gpu->flushing && gpu->flush_at > gpu->now && gpu->flush_at < next)
        next = gpu->flush_at;
    return next;
}
