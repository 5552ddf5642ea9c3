/*
 * The three interrupt blocks: RAWSTAT collects, MASK gates, the line is high
 * while RAWSTAT & MASK is not zero. A bit that arrives while masked stays and
 * raises the line when it is unmasked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gpu_internal.h"

static const char *const line_name[MALI_IRQ_LINES] = { "job", "mmu", "gpu" };

void gpu_irq_update(struct mali_gpu *gpu)
{
    unsigned old = atomic_load_explicit(&gpu->levels, memory_order_relaxed), new = 0;

    for (unsigned i = 0; i < MALI_IRQ_LINES; i++)
        new |= (unsigned)gpu_inject_level(gpu, i) << i;
    atomic_store_explicit(&gpu->levels, new, memory_order_release);
    for (unsigned i = 0; i < MALI_IRQ_LINES; i++) {
        if (!((old ^ new) >> i & 1))
            continue;
        mali_trace_emit(gpu->trace, MALI_EV_irq_level, line_name[i], new >> i & 1, 0, 0, 0);
        if (new >> i & 1)
            mali_trace_begin(gpu->trace, MALI_TRACK_IRQ, i, line_name[i]);
        else
            mali_trace_end(gpu->trace, MALI_TRACK_IRQ, i);
    }
}

void gpu_irq_raise(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t bits)
{
    struct gpu_irq_block *b = &gpu->irq[line];

    if (!bits)
        return;
    b->rawstat |= bits;
    gpu_inject_irq(gpu, line, bits);
    mali_trace_emit(gpu->trace, MALI_EV_irq_raise, line_name[line], bits, b->rawstat, b->mask, 0);
    gpu_irq_update(gpu);
}

void gpu_irq_clear(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t bits)
{
    gpu->irq[line].rawstat &= ~bits;
    gpu->injected.line[line].mute &= ~bits;
    gpu_irq_update(gpu);
}

void gpu_irq_set_mask(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t mask)
{
    gpu->irq[line].mask = mask;
    gpu_irq_update(gpu);
}

uint32_t gpu_irq_stat(const struct mali_gpu *gpu, enum mali_irq_line line)
{
    return gpu->irq[line].rawstat & gpu->irq[line].mask;
}

void gpu_fault_raise(struct mali_gpu *gpu, uint32_t status, uint64_t addr)
{
    if (!gpu->fault_status) { /* the first one stays until CLEAR_FAULT or a reset */
        gpu->fault_status = status;
        gpu->fault_addr = addr;
    }
    gpu_irq_raise(gpu, MALI_IRQ_GPU, GPU_IRQ_FAULT);
}

unsigned mali_gpu_irq_levels(const struct mali_gpu *gpu)
{
    return atomic_load_explicit(&gpu->levels, memory_order_acquire);
}
