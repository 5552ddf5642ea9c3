/*
 * The tests' microcontroller; see fake_mcu.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_mcu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mali_pipeline {
    int unused;
};

struct mali_mcu *fake_mcu;

struct mali_mcu *mali_mcu_new(struct mali_bus *bus, struct mali_mmu *mmu, struct mali_pipeline *pipe,
                              struct mali_trace *trace, const struct mali_mcu_config *cfg,
                              const struct mali_mcu_ops *ops, void *opaque)
{
    struct mali_mcu *m = calloc(1, sizeof(*m));

    (void)bus, (void)pipe, (void)trace, (void)cfg;
    m->ops = ops;
    m->opaque = opaque;
    m->mmu = mmu;
    return fake_mcu = m;
}

/* The core must never touch the MCU's state under a running slice. */
static void must_not_run(const struct mali_mcu *m)
{
    if (atomic_load(&m->in_slice))
        abort();
}

void mali_mcu_free(struct mali_mcu *m)
{
    free(m);
}

void mali_mcu_reset(struct mali_mcu *m)
{
    must_not_run(m);
    m->control = m->status = m->work = m->raise = 0;
    m->resets++;
    m->ops->timer(m->opaque, UINT64_MAX);
}

void mali_mcu_control(struct mali_mcu *m, uint32_t val)
{
    must_not_run(m);
    m->control = val;
    m->status = val ? MALI_MCU_ENABLED : MALI_MCU_DISABLED;
}

uint32_t mali_mcu_control_read(const struct mali_mcu *m)
{
    return m->control;
}

uint32_t mali_mcu_status(const struct mali_mcu *m)
{
    return m->status;
}

void mali_mcu_doorbell(struct mali_mcu *m, unsigned index)
{
    m->rings |= 1u << index;
    m->work++;
    m->ops->wake(m->opaque);
}

void mali_mcu_timer(struct mali_mcu *m, uint64_t now)
{
    (void)now;
    m->timers++;
}

bool mali_mcu_pending(const struct mali_mcu *m)
{
    return m->work != 0;
}

bool mali_mcu_step(struct mali_mcu *m)
{
    if (m->work)
        m->work--;
    m->ops->unlock(m->opaque);
    atomic_store(&m->in_slice, true);
    m->ops->cycles(m->opaque);
    while (atomic_load(&m->hold))
        usleep(100);
    atomic_store(&m->in_slice, false);
    m->ops->lock(m->opaque);
    if (m->raise)
        m->ops->job_irq(m->opaque, m->raise);
    m->raise = 0;
    atomic_fetch_add(&m->steps, 1);
    return m->work != 0;
}

bool mali_mcu_busy(const struct mali_mcu *m)
{
    must_not_run(m);
    return m->work != 0;
}

size_t mali_mcu_state_size(const struct mali_mcu *m)
{
    (void)m;
    return 2 * sizeof(uint32_t);
}

void mali_mcu_save(const struct mali_mcu *m, void *out)
{
    uint32_t s[2] = { m->control, m->work };

    must_not_run(m);
    memcpy(out, s, sizeof(s));
}

bool mali_mcu_load(struct mali_mcu *m, const void *in, size_t size)
{
    uint32_t s[2];

    memcpy(s, in, size);
    m->control = s[0];
    m->status = s[0] ? MALI_MCU_ENABLED : MALI_MCU_DISABLED;
    m->work = s[1];
    return s[0] <= 3;
}

struct mali_pipeline *mali_pipeline_new(struct mali_bus *bus, unsigned threads)
{
    (void)bus, (void)threads;
    return calloc(1, sizeof(struct mali_pipeline));
}

void mali_pipeline_jit(struct mali_pipeline *p, unsigned mode)
{
}

void mali_pipeline_free(struct mali_pipeline *p)
{
    free(p);
}

void mali_pipeline_reset(struct mali_pipeline *p)
{
}

bool mali_pipeline_capture(struct mali_pipeline *p, const char *path, uint64_t limit,
                           const char **err)
{
    *err = "this pipeline captures nothing";
    return false;
}

void mali_pipeline_capture_end(struct mali_pipeline *p)
{
}

bool mali_pipeline_race(struct mali_pipeline *p, struct mali_trace *trace)
{
    return false;
}

void mali_pipeline_race_end(struct mali_pipeline *p)
{
}

void mali_mcu_inject(struct mali_mcu *mcu, enum inject_fault_id fault)
{
    (void)mcu, (void)fault;
}
