/*
 * What the tests of the GPU core share: one GPU on a fake host, register
 * access, time. Include after fake_host.h and tap.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_GPU_FIXTURE_H
#define GARM_GPU_FIXTURE_H

#include "fake_host.h"
#include "tap.h"

#include "../../hw/gpu/gpu.h"
#include "../../hw/regs/regs.h"

#include <stdlib.h>

#define R(name)   ((uint64_t)mali_regs[MALI_REG_##name].off)
#define JOB_LINE  (1u << MALI_IRQ_JOB)
#define MMU_LINE  (1u << MALI_IRQ_MMU)
#define GPU_LINE  (1u << MALI_IRQ_GPU)
#define BIT(n)    (1u << (n))
#define US        1000ull
#define ALL_LOGS  7u

static const struct mali_config det __attribute__((unused)) = { .deterministic = true, .log_mask = ALL_LOGS };
static const struct mali_config threaded __attribute__((unused)) = { .log_mask = ALL_LOGS };

struct fixture {
    struct fake_host *h;
    struct mali_gpu *gpu;
};

static inline struct fixture setup(const struct mali_config *cfg)
{
    struct fixture f = { .h = fake_host_new(FAKE_RAM_BASE, FAKE_MIB) };
    char *err = NULL;

    f.gpu = mali_gpu_new(cfg, fake_host_ops(), f.h, &err);
    if (!f.gpu) {
        printf("# mali_gpu_new: %s\n", err ? err : "?");
        abort();
    }
    return f;
}

static inline void teardown(struct fixture f)
{
    mali_gpu_free(f.gpu);
    fake_host_free(f.h);
}

static inline uint32_t rd(struct fixture f, uint64_t off)
{
    return (uint32_t)mali_gpu_read(f.gpu, off, 4);
}

static inline void wr(struct fixture f, uint64_t off, uint32_t val)
{
    mali_gpu_write(f.gpu, off, val, 4);
}

static inline void pass(struct fixture f, uint64_t ns)
{
    fake_advance(f.h, ns);
}

/* Lets time pass in the way a host does: by the timer that the core asked for. */
static inline void expire(struct fixture f)
{
    if (TAP_CHECK(fake_advance_to_timer(f.h)))
        mali_gpu_timer_expired(f.gpu);
}

static inline void l2_on(struct fixture f)
{
    wr(f, R(L2_PWRON), 1);
    pass(f, 50 * US);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 1);
}

#endif
