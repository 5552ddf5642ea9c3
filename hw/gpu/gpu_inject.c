/*
 * Injected faults of interrupts, power, clocks and the device as a whole, and the way from gpu.h to
 * the rules.
 *
 * Called by gpu.c (tick, registers), irq.c and power.c (hooks) and hosts. Calls inject and mcu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gpu_internal.h"

#define PROTECTED_FAULT (1u << 1) /* GPU_INT; source: panthor_regs.h, 6.12 */

void gpu_inject_wake(void *opaque)
{
    gpu_thread_wake(opaque);
}

/* --- interrupt lines ------------------------------------------------------------- */
void gpu_inject_irq(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t bits)
{
    struct gpu_inject_line *l = &gpu->injected.line[line];
    struct inject_hit hit;

    INJECT_SAW(gpu->bus.inject,
               line == MALI_IRQ_JOB   ? "job interrupt"
               : line == MALI_IRQ_MMU ? "mmu interrupt"
                                      : "gpu interrupt",
               bits);
    if (INJECT(gpu->bus.inject, irq_raise, &hit, .line = line, .bits = bits)) {
        l->mute |= bits;
        l->mute_to = hit.fault == FAULT_irq_late ? gpu->now + hit.param[0] : GPU_NEVER;
    } else if (l->mute && l->mute_to == GPU_NEVER) {
        l->mute = 0; /* a lost one is found by the next */
    }
}

bool gpu_inject_level(const struct mali_gpu *gpu, enum mali_irq_line line)
{
    const struct gpu_inject_line *l = &gpu->injected.line[line];

    if (gpu->injected.gone)
        return false;
    return (gpu_irq_stat(gpu, line) & ~l->mute) || l->rises || l->stuck;
}

void gpu_inject_line_seen(struct mali_gpu *gpu, enum mali_irq_line line)
{
    struct gpu_inject_line *l = &gpu->injected.line[line];

    if (!l->rises)
        return;
    l->rises--;
    gpu_irq_update(gpu);
}

/* --- power, clock ------------------------------------------------------------------ */
uint64_t gpu_inject_power(struct mali_gpu *gpu, enum gpu_domain d, bool on, uint64_t at,
                          uint64_t end)
{
    struct inject_hit hit;

    (void)at;
    if (on ? INJECT(gpu->bus.inject, power_on, &hit, .domain = d)
           : INJECT(gpu->bus.inject, power_off, &hit, .domain = d))
        return hit.arg ? end + hit.param[0] : GPU_NEVER; /* late, or never */
    return end;
}

void gpu_inject_clock(struct mali_gpu *gpu, uint32_t hz)
{
    gpu->clock_hz = hz;
    if (gpu->injected.slow) {
        uint64_t wrong = (uint64_t)hz * gpu->injected.percent / 100;

        hz = wrong > UINT32_MAX ? UINT32_MAX : (uint32_t)wrong;
    }
    gpu_clock_set_hz(&gpu->clock, gpu->now, hz);
}

bool mali_gpu_platform_fault(struct mali_gpu *gpu, enum mali_platform_use use, bool *error)
{
    struct mali_inject *in = gpu->bus.inject;
    struct inject_hit hit;
    bool hits = use == MALI_CLOCK_SET   ? INJECT(in, clock_set, &hit)
                : use == MALI_CLOCK_GET ? INJECT(in, clock_get, &hit)
                                        : INJECT(in, voltage_set, &hit);

    if (hits)
        *error = hit.fault == FAULT_clock_error || hit.fault == FAULT_clock_unreadable;
    return hits;
}

/* --- actions -------------------------------------------------------------------------- */
static void act_irq(struct mali_gpu *gpu, const struct inject_hit *hit)
{
    struct gpu_inject_line *l = &gpu->injected.line[hit->param[0]];

    if (hit->fault == FAULT_irq_stuck)
        l->stuck = true;
    else
        l->rises = hit->fault == FAULT_irq_storm ? (uint32_t)hit->param[1] : 1;
    gpu_irq_update(gpu);
}

static void act_gpu(struct mali_gpu *gpu, const struct inject_hit *hit)
{
    if (hit->fault == FAULT_gpu_protected)
        gpu_irq_raise(gpu, MALI_IRQ_GPU, PROTECTED_FAULT);
    else
        gpu_fault_raise(gpu, (uint32_t)hit->param[0], 0);
}

static void act_clock(struct mali_gpu *gpu, const struct inject_hit *hit)
{
    gpu->injected.slow = true;
    gpu->injected.percent = (unsigned)hit->param[0];
    gpu_inject_clock(gpu, gpu->clock_hz);
}

static void act_gone(struct mali_gpu *gpu)
{
    gpu->injected.gone = true;
    gpu_irq_update(gpu);
}

static void act_mmu(struct mali_gpu *gpu, const struct inject_hit *hit)
{
    const struct mali_fault fault = {
        .code = MALI_TRANSLATION_FAULT_0 + 3,
        .access = MALI_ACCESS_READ,
        .as = (uint8_t)hit->param[0],
        .memory = true,
    };

    gpu_irq_raise(gpu, MALI_IRQ_MMU, mali_mmu_report_fault(gpu->mmu, &fault));
}

static void act(struct mali_gpu *gpu, const struct inject_hit *hit)
{
    switch (hit->fault) {
    case FAULT_irq_spurious:
    case FAULT_irq_storm:
    case FAULT_irq_stuck:
        act_irq(gpu, hit);
        break;
    case FAULT_gpu_fault:
    case FAULT_gpu_shareability:
    case FAULT_gpu_protected:
        act_gpu(gpu, hit);
        break;
    case FAULT_clock_wrong:
        act_clock(gpu, hit);
        break;
    case FAULT_timestamp_jump:
        gpu->injected.timestamp += hit->param[0];
        break;
    case FAULT_gone:
        act_gone(gpu);
        break;
    case FAULT_mmu_spurious:
        act_mmu(gpu, hit);
        break;
    default:
        mali_mcu_inject(gpu->mcu, hit->fault);
        gpu_thread_wake(gpu);
        break;
    }
}

static void lines_tick(struct mali_gpu *gpu)
{
    bool change = false;

    for (unsigned i = 0; i < MALI_IRQ_LINES; i++) {
        struct gpu_inject_line *l = &gpu->injected.line[i];

        if (l->mute && l->mute_to <= gpu->now) {
            l->mute = 0;
            change = true;
        }
    }
    if (change)
        gpu_irq_update(gpu);
}

void gpu_inject_tick(struct mali_gpu *gpu)
{
    struct mali_inject *in = gpu->bus.inject;
    struct inject_hit hit;

    if (__builtin_expect(!in || (!atomic_load_explicit(&in->acting, memory_order_relaxed) &&
                                 !atomic_load_explicit(&in->timed, memory_order_relaxed) &&
                                 !atomic_load_explicit(&in->watched, memory_order_relaxed)),
                         1))
        return;
    lines_tick(gpu);
    gpu_run_mmu_commands(gpu);
    while (mali_inject_next_action(in, gpu->now, &hit))
        act(gpu, &hit);
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t gpu_inject_next(const struct mali_gpu *gpu)
{
    struct mali_inject *in = gpu->bus.inject;
    uint64_t next = GPU_NEVER;

    if (!in)
        return next;
    if (atomic_load_explicit(&in->timed, memory_order_relaxed))
        next = mali_inject_deadline(in);
    for (unsigned i = 0; i < MALI_IRQ_LINES; i++) {
        const struct gpu_inject_line *l = &gpu->injected.line[i];

        if (l->mute && l->mute_to < next)
            next = l->mute_to;
    }
    return min_of(next, mali_mmu_held_until(gpu->mmu));
}

/* --- rules ------------------------------------------------------------------------------ */
bool mali_gpu_inject_add(struct mali_gpu *gpu, const char *text, char **err)
{
    bool ok;

    gpu_lock_safe(gpu);
    gpu_tick(gpu);
    ok = mali_inject_add(gpu->bus.inject, text, err);
    /* What is translated already would pass the hook by. */
    if (ok && inject_armed(gpu->bus.inject, INJECT_walk))
        mali_mmu_invalidate_all(gpu->mmu);
    gpu_tick(gpu);
    gpu_unlock(gpu);
    return ok;
}

bool mali_gpu_inject_remove(struct mali_gpu *gpu, unsigned id)
{
    bool found;

    gpu_lock_safe(gpu);
    gpu_tick(gpu);
    found = mali_inject_remove(gpu->bus.inject, id);
    if (!id) {
        bool gone = gpu->injected.gone;

        gpu->injected = (struct gpu_injected){0};
        gpu_inject_clock(gpu, gpu->clock_hz);
        mali_mcu_inject(gpu->mcu, INJECT_FAULTS);
        mali_mmu_let_go(gpu->mmu);
        gpu_run_mmu_commands(gpu);
        if (gone && !gpu->stepping)
            gpu_cold_reset(gpu); /* it was taken out, and is put in again */
        gpu_irq_update(gpu);
        gpu_thread_wake(gpu);
    }
    gpu_unlock(gpu);
    return found;
}

char *mali_gpu_inject_rules(struct mali_gpu *gpu)
{
    return mali_inject_rules(gpu->bus.inject);
}

char *mali_gpu_inject_log(struct mali_gpu *gpu)
{
    return mali_inject_log(gpu->bus.inject);
}

void mali_gpu_inject_log_clear(struct mali_gpu *gpu)
{
    mali_inject_log_clear(gpu->bus.inject);
}

char *mali_gpu_inject_catalogue(void)
{
    return mali_inject_catalogue();
}
