/*
 * The GPU thread, what it does between slices, and how others stop it. Also
 * what the microcontroller calls back.
 *
 * Rules: ops->irq is called by gpu_unlock() only, never inside a step, so a
 * thread that waits inside ops->irq (QEMU: for the BQL) is not stepping and
 * counts as parked; it sees `paused` when it takes the lock again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "gpu_internal.h"

/*
 * Deterministic mode: when the next share of slices runs. What goes on for long is given its shares
 * less and less often, so that waiting for a stream that never ends costs the host little.
 */
#define RERUN_NS     10000u
#define RERUN_LONG   64u /* shares, before the time between them is doubled ... */
#define RERUN_LONGER 10u /* ... that often */

void gpu_run_mmu_commands(struct mali_gpu *gpu)
{
    if (gpu->executing || !mali_mmu_command_pending(gpu->mmu))
        return;
    gpu_irq_raise(gpu, MALI_IRQ_MMU, mali_mmu_run_commands(gpu->mmu));
    if (mali_mcu_pending(gpu->mcu))
        gpu_thread_wake(gpu); /* what waited for the end of a LOCK goes on */
}

/* --- what the MCU calls ------------------------------------------------------------ */
static void op_unlock(void *opaque)
{
    struct mali_gpu *gpu = opaque;

    while (gpu->exclusive)
        pthread_cond_wait(&gpu->go, &gpu->lock);
    gpu->executing = true;
    pthread_mutex_unlock(&gpu->lock);
}

/* The safe point: whatever waited for the streams to stop is done here. */
static void op_lock(void *opaque)
{
    struct mali_gpu *gpu = opaque;

    gpu_lock(gpu);
    gpu->executing = false;
    pthread_cond_broadcast(&gpu->safe);
    gpu_run_mmu_commands(gpu);
    gpu_tick(gpu);
}

static void op_job_irq(void *opaque, uint32_t bits)
{
    gpu_irq_raise(opaque, MALI_IRQ_JOB, bits);
}

static void op_mmu_irq(void *opaque, uint32_t bits)
{
    gpu_irq_raise(opaque, MALI_IRQ_MMU, bits);
}

static void op_gpu_irq(void *opaque, uint32_t bits)
{
    gpu_irq_raise(opaque, MALI_IRQ_GPU, bits);
}

static void op_want_power(void *opaque, uint64_t shader_mask, bool tiler)
{
    gpu_power_want(opaque, shader_mask, tiler);
}

static uint64_t op_cycles(void *opaque)
{
    struct mali_gpu *gpu = opaque;

    return gpu_clock_cycles(&gpu->clock, mali_bus_now(&gpu->bus));
}

/* Host memory is coherent, so there is nothing to write back: only the number counts. */
static uint32_t op_flush(void *opaque, uint32_t modes)
{
    struct mali_gpu *gpu = opaque;

    (void)modes;
    return atomic_fetch_add(&gpu->flush_id, 1) + 1;
}

static void op_timer(void *opaque, uint64_t ns)
{
    struct mali_gpu *gpu = opaque;

    gpu->mcu_timer_at = ns;
}

static void op_wake(void *opaque)
{
    gpu_thread_wake(opaque);
}

static bool op_l2_ready(void *opaque)
{
    struct mali_gpu *gpu = opaque;
    const struct gpu_power *l2 = &gpu->power[GPU_L2];

    return (l2->ready & ~l2->trans) != 0;
}

const struct mali_mcu_ops gpu_mcu_ops = {
    .lock = op_lock,
    .unlock = op_unlock,
    .job_irq = op_job_irq,
    .mmu_irq = op_mmu_irq,
    .gpu_irq = op_gpu_irq,
    .want_power = op_want_power,
    .cycles = op_cycles,
    .flush = op_flush,
    .timer = op_timer,
    .wake = op_wake,
    .l2_ready = op_l2_ready,
};

/* --- steps ---------------------------------------------------------------------------- */
void gpu_mcu_control(struct mali_gpu *gpu, uint32_t val)
{
    if (!gpu->stepping) {
        mali_mcu_control(gpu->mcu, val);
        return;
    }
    /* The MCU must not lose its state under a step: gpu_tick() does it after. */
    if (val == 0) {
        gpu->mcu_off_pending = true;
        gpu->mcu_ctl_pending = -1;
    } else {
        gpu->mcu_ctl_pending = val;
    }
}

static void step(struct mali_gpu *gpu)
{
    uint64_t start = mali_host_ns();

    gpu->stepping = true;
    mali_mcu_step(gpu->mcu);
    gpu->stepping = false;
    gpu->busy_ns += mali_host_ns() - start;
    gpu_tick(gpu);
    pthread_cond_broadcast(&gpu->parked);
}

void gpu_park(struct mali_gpu *gpu)
{
    while (gpu->stepping)
        pthread_cond_wait(&gpu->parked, &gpu->lock);
}

bool gpu_run_here(struct mali_gpu *gpu, unsigned max)
{
    if (gpu->injected.gone)
        return false;
    if (gpu->stepping || gpu->paused)
        return true; /* whoever steps, or the resume, goes on with it */
    for (unsigned n = 0; n < max && mali_mcu_pending(gpu->mcu) && !gpu->paused; n++)
        step(gpu);
    bool more = mali_mcu_pending(gpu->mcu);
    unsigned longer = gpu->reruns / RERUN_LONG;
    gpu->reruns = more ? gpu->reruns + 1 : 0;
    gpu->rerun_at =
        more ? gpu->now + ((uint64_t)RERUN_NS << (longer < RERUN_LONGER ? longer : RERUN_LONGER))
             : GPU_NEVER;
    return more;
}

/* --- the thread ------------------------------------------------------------------------- */
void gpu_thread_wake(struct mali_gpu *gpu)
{
    if (gpu->thread_started && !atomic_exchange(&gpu->woken, true))
        sem_post(&gpu->wake);
}

/* Sleeps until gpu_thread_wake(). What was woken for before the flag fell is seen after it. */
static void wait_for_wake(struct mali_gpu *gpu)
{
    gpu_unlock(gpu);
    while (sem_wait(&gpu->wake))
        ; /* EINTR */
    atomic_store(&gpu->woken, false);
    gpu_lock(gpu);
}

static void *thread_main(void *arg)
{
    struct mali_gpu *gpu = arg;

    if (gpu->bus.ops->thread)
        gpu->bus.ops->thread(gpu->bus.opaque, true);
    gpu_lock(gpu);
    while (!gpu->stop) {
        gpu_tick(gpu);
        if (gpu->paused || gpu->injected.gone || !mali_mcu_pending(gpu->mcu)) {
            wait_for_wake(gpu);
            continue;
        }
        step(gpu);
        gpu_unlock(gpu); /* interrupts go out, others get their turn */
        gpu_lock(gpu);
    }
    gpu_unlock(gpu);
    if (gpu->bus.ops->thread)
        gpu->bus.ops->thread(gpu->bus.opaque, false);
    return NULL;
}

bool gpu_thread_start(struct mali_gpu *gpu)
{
    gpu->thread_started = true;
    if (pthread_create(&gpu->thread, NULL, thread_main, gpu))
        gpu->thread_started = false;
    return gpu->thread_started;
}

void gpu_thread_stop(struct mali_gpu *gpu)
{
    if (!gpu->thread_started)
        return;
    pthread_mutex_lock(&gpu->lock);
    gpu->stop = true;
    pthread_mutex_unlock(&gpu->lock);
    gpu_thread_wake(gpu);
    pthread_join(gpu->thread, NULL);
    gpu->thread_started = false;
}
