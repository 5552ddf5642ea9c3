/*
 * Life of the device, its lock, and the entry points of gpu.h: take the lock,
 * bring time-dependent state up to date, do it, release, tell the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gpu_internal.h"
#include "../valhall/jit.h"

#define SLICE         16384 /* instructions in one go; ~0.1 ms: what MMIO of AS commands waits */
#define SLICE_DET     4096
#define DET_SLICES    64    /* deterministic: steps in one MMIO or timer call */

/* --- lock ------------------------------------------------------------------------ */
void gpu_lock(struct mali_gpu *gpu)
{
    pthread_mutex_lock(&gpu->lock);
    gpu->now = mali_bus_now(&gpu->bus);
    gpu->counter_valid = false;
}

void gpu_lock_safe(struct mali_gpu *gpu)
{
    pthread_mutex_lock(&gpu->lock);
    gpu->exclusive++;
    while (gpu->executing)
        pthread_cond_wait(&gpu->safe, &gpu->lock);
    if (!--gpu->exclusive)
        pthread_cond_broadcast(&gpu->go);
    gpu->now = mali_bus_now(&gpu->bus);
    gpu->counter_valid = false;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One host timer serves power, commands, the MCU and the next deterministic run. */
static void rearm(struct mali_gpu *gpu)
{
    uint64_t next = min64(min64(gpu_power_next(gpu), gpu_command_next(gpu)),
                          min64(gpu->mcu_timer_at, gpu->rerun_at));

    next = min64(next, gpu_inject_next(gpu));

    if (next == gpu->timer_armed)
        return;
    gpu->timer_armed = next;
    gpu->bus.ops->timer(gpu->bus.opaque, next);
}

void gpu_unlock(struct mali_gpu *gpu)
{
    unsigned levels = mali_gpu_irq_levels(gpu);
    bool changed = levels != gpu->notified;

    gpu->notified = levels;
    rearm(gpu);
    pthread_mutex_unlock(&gpu->lock);
    if (changed)
        gpu->bus.ops->irq(gpu->bus.opaque);
}

static void apply_mcu_control(struct mali_gpu *gpu)
{
    int64_t val = gpu->mcu_ctl_pending;
    bool off = gpu->mcu_off_pending;

    if (gpu->stepping)
        return;
    gpu->mcu_off_pending = false;
    gpu->mcu_ctl_pending = -1;
    if (off)
        mali_mcu_control(gpu->mcu, 0);
    if (val >= 0)
        mali_mcu_control(gpu->mcu, (uint32_t)val);
}

void gpu_watch_mcu_status(struct mali_gpu *gpu)
{
    uint32_t status = mali_mcu_status(gpu->mcu);

    if (status != gpu->mcu_status_seen)
        gpu_irq_raise(gpu, MALI_IRQ_GPU, GPU_IRQ_MCU_STATUS);
    gpu->mcu_status_seen = status;
}

void gpu_tick(struct mali_gpu *gpu)
{
    gpu_inject_tick(gpu);
    gpu_power_tick(gpu);
    apply_mcu_control(gpu);
    gpu_command_tick(gpu);
    if (gpu->now >= gpu->mcu_timer_at) {
        gpu->mcu_timer_at = GPU_NEVER;
        mali_mcu_timer(gpu->mcu, gpu->now);
    }
    gpu_watch_mcu_status(gpu);
}

uint64_t gpu_counter(struct mali_gpu *gpu)
{
    if (!gpu->counter_valid)
        gpu->counter = gpu->bus.ops->counter(gpu->bus.opaque);
    gpu->counter_valid = true;
    return gpu->counter;
}

/* Deterministic mode: the work that a call has made possible is done before it returns. */
static void unlock_and_run(struct mali_gpu *gpu)
{
    if (gpu->deterministic)
        gpu_run_here(gpu, DET_SLICES);
    gpu_unlock(gpu);
}

/* --- life --------------------------------------------------------------------------- */
static void init_power(struct mali_gpu *gpu)
{
    gpu->power[GPU_SHADER].present = gpu->id.shader_present;
    gpu->power[GPU_TILER].present = gpu->id.model->tiler_present;
    gpu->power[GPU_L2].present = gpu->id.model->l2_present;
}

static void init_locks(struct mali_gpu *gpu)
{
    pthread_mutex_init(&gpu->lock, NULL);
    pthread_cond_init(&gpu->parked, NULL);
    pthread_cond_init(&gpu->safe, NULL);
    pthread_cond_init(&gpu->go, NULL);
    sem_init(&gpu->wake, 0, 0);
}

/* What is wrong with what @cfg says of compiled shaders, or NULL. */
static const char *start_jit(struct mali_gpu *gpu, const struct mali_config *cfg)
{
    bool keep = !cfg->jit_cache || strcmp(cfg->jit_cache, "none") != 0;
    const char *why = "";

    if (cfg->jit == MALI_JIT_NEEDED && gpu->deterministic)
        return "jit: shaders are not compiled when deterministic";
    if (cfg->jit == MALI_JIT_NEEDED && !va_jit_available(&why))
        return why;
    if (cfg->jit == MALI_JIT_OFF || gpu->deterministic)
        return NULL;
    mali_pipeline_jit(gpu->pipe, VA_JIT_ON);
    if (keep && !va_jit_keep(cfg->jit_cache) && cfg->jit_cache)
        return "jit-cache: that folder cannot be made";
    return NULL;
}

/* Makes the rooms below; the name of what could not be made, or NULL. */
static const char *make_rooms(struct mali_gpu *gpu, const struct mali_config *cfg)
{
    const struct gpu_model *m = gpu->id.model;
    struct mali_mcu_config mcu = {
        .csgs = gpu->id.csgs,
        .streams = gpu->id.streams,
        .shader_present = gpu->id.shader_present,
        .slice = gpu->deterministic ? SLICE_DET : SLICE,
        .trace_instr = cfg->trace_instr,
    };
    const char *err = NULL;

    gpu->trace = mali_trace_new(&gpu->bus, cfg->trace_file, cfg->report_file, &err);
    gpu->report = cfg->report_file != NULL;
    if (!gpu->trace)
        return err ? err : "the event stream could not be made";
    gpu->bus.inject = mali_inject_new(&gpu->bus, gpu->trace, gpu_inject_wake, gpu);
    if (!gpu->bus.inject)
        return "out of memory";
    gpu->logged = calloc(MALI_MMIO_SIZE / 4 / 32, sizeof(*gpu->logged));
    gpu->mmu = mali_mmu_new(&gpu->bus, m->mmu_features & 0xff, m->mmu_features >> 8 & 0xff,
                            gpu->id.as_present);
    gpu->pipe = mali_pipeline_new(&gpu->bus, gpu->deterministic ? 1 : cfg->threads);
    if (!gpu->logged || !gpu->mmu || !gpu->pipe)
        return "out of memory";
    err = start_jit(gpu, cfg);
    if (err)
        return err;
    if (cfg->race && !mali_pipeline_race(gpu->pipe, gpu->trace))
        return "out of memory for the race detector";
    if (cfg->capture_file &&
        !mali_pipeline_capture(gpu->pipe, cfg->capture_file, cfg->capture_limit, &err))
        return err;
    mali_mmu_set_trace(gpu->mmu, gpu->trace);
    gpu->mcu = mali_mcu_new(&gpu->bus, gpu->mmu, gpu->pipe, gpu->trace, &mcu, &gpu_mcu_ops, gpu);
    if (!gpu->mcu)
        return "out of memory";
    gpu->now = mali_bus_now(&gpu->bus);
    gpu_cold_reset(gpu);
    if (!gpu->deterministic && !gpu_thread_start(gpu))
        return "the GPU thread could not be started";
    return NULL;
}

struct mali_gpu *mali_gpu_new(const struct mali_config *cfg, const struct mali_host_ops *ops,
                              void *opaque, char **err)
{
    struct mali_gpu *gpu = calloc(1, sizeof(*gpu));

    if (err)
        *err = NULL;
    if (!gpu)
        return NULL;
    gpu->bus = (struct mali_bus){ .ops = ops, .opaque = opaque, .log_mask = cfg->log_mask };
    if (!gpu_identity_init(&gpu->id, cfg, err)) {
        free(gpu);
        return NULL;
    }
    gpu->deterministic = cfg->deterministic;
    gpu->mcu_timer_at = gpu->rerun_at = gpu->timer_armed = GPU_NEVER;
    gpu->mcu_ctl_pending = -1;
    init_locks(gpu);
    init_power(gpu);
    gpu_clock_init(&gpu->clock, cfg->core_clock_hz ? cfg->core_clock_hz
                                                   : gpu->id.model->mhz * 1000000u);
    gpu->clock_hz = gpu->clock.hz;
    const char *why = make_rooms(gpu, cfg);
    char *rules = NULL;
    if (!why && (!cfg->inject || mali_gpu_inject_add(gpu, cfg->inject, &rules)))
        return gpu;
    if (err)
        *err = why ? strdup(why) : rules;
    else
        free(rules);
    mali_gpu_free(gpu);
    return NULL;
}

uint64_t mali_gpu_busy_ns(struct mali_gpu *gpu)
{
    uint64_t ns;

    gpu_lock(gpu);
    ns = gpu->busy_ns;
    gpu_unlock(gpu);
    return ns;
}

void mali_gpu_stop(struct mali_gpu *gpu)
{
    gpu_thread_stop(gpu);
    if (gpu->pipe) {
        mali_pipeline_capture_end(gpu->pipe);
        mali_pipeline_race_end(gpu->pipe);
    }
    if (gpu->report)
        mali_trace_summary(gpu->trace, stderr);
    mali_trace_finish(gpu->trace);
    gpu->report = false;
}

uint64_t mali_gpu_compiled(uint64_t *failed)
{
    struct va_jit_stats s;

    va_jit_get_stats(&s);
    *failed = s.failed;
    return s.compiled;
}

void mali_gpu_exit(void)
{
    va_jit_end();
}

void mali_gpu_free(struct mali_gpu *gpu)
{
    if (!gpu)
        return;
    mali_gpu_stop(gpu);
    mali_mcu_free(gpu->mcu);
    if (gpu->pipe)
        mali_pipeline_free(gpu->pipe);
    if (gpu->mmu)
        mali_mmu_free(gpu->mmu);
    mali_inject_free(gpu->bus.inject);
    if (gpu->trace) {
        mali_trace_finish(gpu->trace);
        mali_trace_free(gpu->trace);
    }
    free(gpu->logged);
    sem_destroy(&gpu->wake);
    pthread_cond_destroy(&gpu->go);
    pthread_cond_destroy(&gpu->safe);
    pthread_cond_destroy(&gpu->parked);
    pthread_mutex_destroy(&gpu->clock.lock);
    pthread_mutex_destroy(&gpu->lock);
    free(gpu);
}

/* Takes the lock with no step in progress; release_parked() lets the thread go on. */
static bool lock_parked(struct mali_gpu *gpu)
{
    pthread_mutex_lock(&gpu->lock);
    bool was_paused = gpu->paused;
    gpu->paused = true;
    gpu_park(gpu);
    gpu->now = mali_bus_now(&gpu->bus);
    gpu->counter_valid = false;
    gpu_tick(gpu);
    return was_paused;
}

static void release_parked(struct mali_gpu *gpu, bool paused)
{
    gpu->paused = paused;
    if (!paused) {
        gpu_thread_wake(gpu);
        if (gpu->deterministic && mali_mcu_pending(gpu->mcu))
            gpu->rerun_at = gpu->now;
    }
    gpu_unlock(gpu);
}

void mali_gpu_system_reset(struct mali_gpu *gpu)
{
    bool was_paused = lock_parked(gpu);

    mali_trace_emit(gpu->trace, MALI_EV_gpu_reset, "system", 0, 0, 0, 0);
    gpu_cold_reset(gpu);
    gpu->rerun_at = GPU_NEVER;
    release_parked(gpu, was_paused);
}

void mali_gpu_pause(struct mali_gpu *gpu)
{
    lock_parked(gpu);
    gpu_unlock(gpu);
}

void mali_gpu_resume(struct mali_gpu *gpu)
{
    gpu_lock(gpu);
    release_parked(gpu, false);
}

/* --- registers ------------------------------------------------------------------------ */
static bool access_valid(struct mali_gpu *gpu, uint64_t off, unsigned size, const char *how)
{
    if ((size == 4 || size == 8) && off % size == 0 && off <= MALI_MMIO_SIZE - size)
        return true;
    mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR,
             "%s of %u bytes at 0x%llx: 4 or 8 aligned bytes below 0x%x are possible", how, size,
             (unsigned long long)off, MALI_MMIO_SIZE);
    return false;
}

uint64_t mali_gpu_read(struct mali_gpu *gpu, uint64_t off, unsigned size)
{
    if (!access_valid(gpu, off, size, "read"))
        return 0;
    gpu_lock(gpu);
    gpu_tick(gpu);
    if (gpu->injected.gone) { /* what a bus answers for a device that is not there */
        gpu_unlock(gpu);
        return size == 8 ? UINT64_MAX : UINT32_MAX;
    }
    uint64_t val = gpu_reg_read(gpu, off);
    if (size == 8) /* both halves see the same moment */
        val |= (uint64_t)gpu_reg_read(gpu, off + 4) << 32;
    gpu_unlock(gpu);
    return val;
}

void mali_gpu_write(struct mali_gpu *gpu, uint64_t off, uint64_t val, unsigned size)
{
    if (!access_valid(gpu, off, size, "write"))
        return;
    gpu_lock(gpu);
    gpu_tick(gpu);
    if (gpu->injected.gone) {
        gpu_unlock(gpu);
        return;
    }
    gpu_reg_write(gpu, off, (uint32_t)val);
    if (size == 8)
        gpu_reg_write(gpu, off + 4, (uint32_t)(val >> 32));
    unlock_and_run(gpu);
}

/* --- time, clock, memory ----------------------------------------------------------------- */
void mali_gpu_timer_expired(struct mali_gpu *gpu)
{
    gpu_lock(gpu);
    gpu->timer_armed = GPU_NEVER; /* the host's timer is used up */
    gpu_tick(gpu);
    unlock_and_run(gpu);
}

void mali_gpu_set_clock(struct mali_gpu *gpu, uint32_t hz)
{
    gpu_lock(gpu);
    gpu_tick(gpu);
    gpu_inject_clock(gpu, hz);
    mali_trace_emit(gpu->trace, MALI_EV_clock, "core", hz, 0, 0, 0);
    mali_trace_counter(gpu->trace, MALI_TRACK_CLOCK, 0, hz);
    gpu_unlock(gpu);
}

void mali_gpu_set_voltage(struct mali_gpu *gpu, uint32_t microvolt)
{
    gpu_lock(gpu);
    gpu->microvolt = microvolt;
    mali_trace_counter(gpu->trace, MALI_TRACK_CLOCK, 1, microvolt);
    gpu_unlock(gpu);
}

void mali_gpu_ram_changed(struct mali_gpu *gpu)
{
    gpu_lock_safe(gpu);
    mali_mmu_invalidate_all(gpu->mmu);
    gpu_unlock(gpu);
}

void mali_gpu_dirty_sync(struct mali_gpu *gpu)
{
    gpu_lock_safe(gpu);
    mali_mmu_invalidate_writable(gpu->mmu);
    gpu_unlock(gpu);
}

bool mali_gpu_run(struct mali_gpu *gpu, unsigned max_slices)
{
    bool more;

    gpu_lock(gpu);
    gpu_tick(gpu);
    if (gpu->deterministic)
        more = gpu_run_here(gpu, max_slices);
    else
        more = gpu->stepping || mali_mcu_pending(gpu->mcu); /* the thread runs it */
    gpu_unlock(gpu);
    return more;
}
