/*
 * Power domains: L2, tiler, shader cores. A request starts transitions that
 * take virtual time; they are ended lazily, by any register access and by the
 * timer that the next deadline arms.
 *
 * Dependencies (inferred; hardware's own order is not documented): tiler and
 * cores come up only when the L2 is up or coming up, and then start after it;
 * an L2 that is told to go takes them along first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gpu_internal.h"

/* Virtual ns one transition takes. Guess: the driver polls every 100 us, up to 20 ms. */
static const uint32_t delay_ns[GPU_DOMAINS] = {
    [GPU_SHADER] = 20000,
    [GPU_TILER] = 20000,
    [GPU_L2] = 50000,
};
static const char *const domain_name[GPU_DOMAINS] = { "shader", "tiler", "L2" };
static const unsigned track[GPU_DOMAINS] = { 2, 1, 0 };

void gpu_power_set_ready(struct mali_gpu *gpu, enum gpu_domain d, uint64_t ready)
{
    struct gpu_power *p = &gpu->power[d];

    if (!p->ready && ready)
        mali_trace_begin(gpu->trace, MALI_TRACK_POWER, track[d], domain_name[d]);
    else if (p->ready && !ready)
        mali_trace_end(gpu->trace, MALI_TRACK_POWER, track[d]);
    p->ready = ready;
    if (d == GPU_L2)
        gpu_clock_run(&gpu->clock, gpu->now, ready && !gpu->cycles_stopped);
}

void gpu_power_reset(struct mali_gpu *gpu)
{
    for (unsigned d = 0; d < GPU_DOMAINS; d++) {
        gpu_power_set_ready(gpu, d, 0);
        gpu->power[d].trans = gpu->power[d].want = 0;
    }
}

/* Cores and tiler that are up or moving hold the L2. */
static bool dependents_on(const struct mali_gpu *gpu)
{
    return gpu->power[GPU_SHADER].ready || gpu->power[GPU_SHADER].trans ||
           gpu->power[GPU_TILER].ready || gpu->power[GPU_TILER].trans;
}

static bool l2_up(const struct mali_gpu *gpu)
{
    const struct gpu_power *l2 = &gpu->power[GPU_L2];

    return (l2->ready & ~l2->trans) != 0;
}

/* May bit transitions of @d in direction @on begin now? */
static bool may_start(const struct mali_gpu *gpu, enum gpu_domain d, bool on)
{
    if (d == GPU_L2)
        return on || !dependents_on(gpu);
    return !on || l2_up(gpu);
}

/* Starts what is wanted, possible and not yet moving, at virtual time @at. */
static void start(struct mali_gpu *gpu, enum gpu_domain d, uint64_t at)
{
    struct gpu_power *p = &gpu->power[d];
    uint64_t idle = ~p->trans, begin = 0;

    if (may_start(gpu, d, true))
        begin |= p->want & ~p->ready & idle;
    if (may_start(gpu, d, false))
        begin |= p->ready & ~p->want & idle;
    if (!begin)
        return;
    p->trans |= begin;
    uint64_t end = gpu_inject_power(gpu, d, (begin & ~p->ready) != 0, at, at + delay_ns[d]);
    for (uint64_t m = begin; m; m &= m - 1)
        p->done_at[__builtin_ctzll(m)] = end;
}

static void start_all(struct mali_gpu *gpu, uint64_t at)
{
    for (unsigned d = GPU_DOMAINS; d--;)
        start(gpu, d, at);
    start(gpu, GPU_L2, at); /* dependents that had nothing to do may have let it go */
}

/* Ends the transitions of @d due exactly at @at; the bits that ended. */
static uint64_t finish(struct mali_gpu *gpu, enum gpu_domain d, uint64_t at)
{
    struct gpu_power *p = &gpu->power[d];
    uint64_t done = 0;

    for (uint64_t m = p->trans; m; m &= m - 1)
        if (p->done_at[__builtin_ctzll(m)] <= at)
            done |= m & -m;
    if (!done)
        return 0;
    uint64_t on = done & ~p->ready;
    p->trans &= ~done;
    gpu_power_set_ready(gpu, d, p->ready ^ done);
    mali_trace_emit(gpu->trace, MALI_EV_power, domain_name[d], on != 0, done, 0, 0);
    return done;
}

uint64_t gpu_power_trans(const struct gpu_power *p)
{
    return p->trans | (p->ready ^ p->want); /* what waits for another domain counts */
}

static bool moving(const struct mali_gpu *gpu)
{
    for (unsigned d = 0; d < GPU_DOMAINS; d++)
        if (gpu_power_trans(&gpu->power[d]))
            return true;
    return false;
}

uint64_t gpu_power_next(const struct mali_gpu *gpu)
{
    uint64_t next = GPU_NEVER;

    for (unsigned d = 0; d < GPU_DOMAINS; d++) {
        const struct gpu_power *p = &gpu->power[d];

        for (uint64_t m = p->trans; m; m &= m - 1) {
            uint64_t at = p->done_at[__builtin_ctzll(m)];
            next = at < next ? at : next;
        }
    }
    return next;
}

void gpu_power_tick(struct mali_gpu *gpu)
{
    uint64_t at, now = gpu->now;

    /* Step by step, so that what starts after another starts at the right time. */
    while ((at = gpu_power_next(gpu)) <= now) {
        uint64_t ended = 0;

        gpu->now = at;
        for (unsigned d = 0; d < GPU_DOMAINS; d++)
            ended |= finish(gpu, d, at);
        start_all(gpu, at);
        if (ended)
            gpu_irq_raise(gpu, MALI_IRQ_GPU, GPU_IRQ_POWER_CHANGED);
        if (!moving(gpu))
            gpu_irq_raise(gpu, MALI_IRQ_GPU, GPU_IRQ_POWER_CHANGED_ALL);
    }
    gpu->now = now;
}

static void l2_off(struct mali_gpu *gpu)
{
    if (dependents_on(gpu) && !gpu->power[GPU_L2].want)
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR,
                 "L2_PWROFF while cores 0x%llx and tiler 0x%llx are on: they are powered off first",
                 (unsigned long long)gpu->power[GPU_SHADER].ready,
                 (unsigned long long)gpu->power[GPU_TILER].ready);
    if (!gpu->power[GPU_L2].want)
        gpu->power[GPU_SHADER].want = gpu->power[GPU_TILER].want = 0;
}

void gpu_power_request(struct mali_gpu *gpu, enum gpu_domain d, uint64_t mask, bool on)
{
    struct gpu_power *p = &gpu->power[d];

    if (mask & ~p->present)
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR,
                 "%s power %s: mask 0x%llx, present are 0x%llx; the others are ignored",
                 domain_name[d], on ? "on" : "off", (unsigned long long)mask,
                 (unsigned long long)p->present);
    mask &= p->present;
    if (on && d != GPU_L2 && mask && !gpu->power[GPU_L2].want) {
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR, "%s power on while the L2 is off: ignored",
                 domain_name[d]);
        return;
    }
    p->want = on ? p->want | mask : p->want & ~mask;
    if (d == GPU_L2 && !on && mask)
        l2_off(gpu);
    start_all(gpu, gpu->now);
}

void gpu_power_want(struct mali_gpu *gpu, uint64_t shader, bool tiler)
{
    if (!gpu->power[GPU_L2].want)
        shader = tiler = 0;
    gpu->power[GPU_SHADER].want = shader & gpu->power[GPU_SHADER].present;
    gpu->power[GPU_TILER].want = tiler ? gpu->power[GPU_TILER].present : 0;
    start_all(gpu, gpu->now);
}
