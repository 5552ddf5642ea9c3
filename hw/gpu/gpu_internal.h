/*
 * What the files of hw/gpu share: the device's state.
 *
 * One lock guards everything but the fields marked otherwise. Two flags say
 * what the GPU thread does:
 *
 *   stepping   it is inside mali_mcu_step(), perhaps with the lock given up.
 *              The MCU must not be reset, disabled, saved or loaded now.
 *   executing  it has given the lock up to run command streams (implies
 *              stepping). Translations must not change now: AS commands,
 *              cache commands and RAM changes wait for the safe point, which
 *              is where it takes the lock again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GPU_INTERNAL_H
#define MALI_GPU_INTERNAL_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "gpu.h"
#include "../inject/inject.h"
#include "../mcu/mcu.h"
#include "../mmu/mmu.h"
#include "../pipeline/pipeline.h"
#include "../regs/regs.h"
#include "../trace/trace.h"

#define GPU_NEVER UINT64_MAX

/* GPU_INT bits; source: panthor 6.12 panthor_regs.h */
#define GPU_IRQ_FAULT             (1u << 0)
#define GPU_IRQ_RESET_COMPLETED   (1u << 8)
#define GPU_IRQ_POWER_CHANGED     (1u << 9)
#define GPU_IRQ_POWER_CHANGED_ALL (1u << 10)
#define GPU_IRQ_CLEAN_COMPLETED   (1u << 17)
#define GPU_IRQ_MCU_STATUS        (1u << 19)

enum gpu_domain { GPU_SHADER, GPU_TILER, GPU_L2, GPU_DOMAINS }; /* order of gpu.def's rows */

/** struct gpu_power - one power domain. Bits of @trans move towards @want. */
struct gpu_power {
    uint64_t present, ready, trans, want;
    uint64_t done_at[64]; /* virtual ns at which the bit's transition ends */
};

struct gpu_irq_block {
    uint32_t rawstat, mask;
};

enum gpu_reset_kind { GPU_RESET_NONE, GPU_RESET_SOFT, GPU_RESET_HARD };

/** struct gpu_model - a row of models.def. */
struct gpu_model {
    const char *name, *dt_name;
    uint32_t gpu_id, revid, csf_id, core_features, l2_features, tiler_features, mem_features;
    uint32_t mmu_features, thread_features, max_threads, max_workgroup, max_barrier, texture0;
    uint32_t as_present;
    uint64_t l2_present, tiler_present;
    unsigned cores, max_cores, mhz;
    const char *firmware_dir;
    enum mali_fidelity fidelity;
    const char *source;
};

/** struct gpu_identity - the model with the configuration applied; constant. */
struct gpu_identity {
    const struct gpu_model *model;
    unsigned arch, csgs, streams, l2_slices;
    uint32_t as_present;
    uint64_t shader_present;
    bool coherent;
};

/** An interrupt block as injected faults have left it; see gpu_inject.c. */
struct gpu_inject_line {
    uint32_t mute;    /* RAWSTAT bits that do not raise the line */
    uint64_t mute_to; /* virtual ns at which they do */
    uint32_t rises;   /* how often the line is still high for nothing */
    bool stuck;
};

/** What injected faults have done that lasts. */
struct gpu_injected {
    struct gpu_inject_line line[MALI_IRQ_LINES];
    uint64_t timestamp; /* offset */
    unsigned percent;   /* of the core clock; 0 and not @slow: as it is */
    bool slow, gone;
};

/** struct gpu_clock - cycle counter; guarded by its own leaf lock (read by running streams). */
struct gpu_clock {
    pthread_mutex_t lock;
    uint32_t hz;
    bool running;        /* L2 powered and not stopped by command */
    uint64_t base;       /* cycles at @since */
    uint64_t rest;       /* fraction of a cycle at @since, in 1e-9 cycles */
    uint64_t since;      /* virtual ns */
};

struct mali_gpu {
    struct mali_bus bus;
    struct mali_trace *trace;
    struct mali_mmu *mmu;
    struct mali_pipeline *pipe;
    struct mali_mcu *mcu;
    struct gpu_identity id;
    bool deterministic;
    uint64_t busy_ns;        /* host time spent in steps, for the benchmark */
    bool report;             /* print the fidelity summary at the end */

    pthread_mutex_t lock;
    uint64_t now;            /* virtual ns, sampled when the lock was taken */
    uint64_t counter;        /* system counter, sampled at the first use under the lock */
    bool counter_valid;

    /* registers that are plain storage, and the ones that are not */
    uint32_t shadow[MALI_REG_WORDS];
    uint32_t touch[MALI_REG_COUNT]; /* slots of mali_trace_touch() */
    uint32_t *logged;               /* bit per word of the window: guest error was logged */
    struct gpu_irq_block irq[MALI_IRQ_LINES];
    atomic_uint levels;             /* lock-free for readers */
    unsigned notified;              /* levels the host was last told of */
    struct gpu_power power[GPU_DOMAINS];
    struct gpu_clock clock;
    uint32_t microvolt;
    bool cycles_stopped;            /* GPU_CMD TIME/disable */
    bool pwr_unlocked;              /* PWR_KEY was written */
    uint32_t fault_status;
    uint64_t fault_addr;
    atomic_uint flush_id;           /* streams read and bump it without the lock */

    /* commands under way */
    enum gpu_reset_kind reset;      /* issued, not completed */
    bool reset_wiped;               /* state is gone, the delay is not over */
    uint64_t reset_at;
    bool flushing;
    struct gpu_injected injected;
    uint32_t clock_hz;              /* as the platform set it */
    uint64_t flush_at;
    uint64_t mcu_timer_at;
    bool mcu_off_pending;           /* MCU_CONTROL writes that wait for the end of the step */
    int64_t mcu_ctl_pending;        /* -1: none */
    uint32_t mcu_status_seen;       /* for the interrupt MCU_STATUS_CHANGED */
    uint64_t timer_armed;           /* what the host was last asked for */
    uint64_t rerun_at;              /* deterministic: more slices then */
    unsigned reruns;                /* ... so often in a row */

    /* GPU thread */
    pthread_t thread;
    bool thread_started, stop;
    bool paused, stepping, executing;
    unsigned exclusive;             /* waiters for !executing: the thread lets them go first */
    pthread_cond_t parked;          /* stepping became false */
    pthread_cond_t safe;            /* executing became false */
    pthread_cond_t go;              /* exclusive became 0 */
    sem_t wake;
    atomic_bool woken;              /* a post of @wake is outstanding */
};

/* --- gpu.c --- */
/** Takes the lock and samples virtual time. */
void gpu_lock(struct mali_gpu *gpu);
/** Releases the lock, then tells the host about timers and interrupt levels. */
void gpu_unlock(struct mali_gpu *gpu);
/** As gpu_lock(), and no command stream is running. */
void gpu_lock_safe(struct mali_gpu *gpu);
/** Brings everything that depends on virtual time up to gpu->now. */
void gpu_tick(struct mali_gpu *gpu);
/** Raises MCU_STATUS_CHANGED when it has. */
void gpu_watch_mcu_status(struct mali_gpu *gpu);
/** Cold state of everything; no step in progress. */
void gpu_cold_reset(struct mali_gpu *gpu);
uint64_t gpu_counter(struct mali_gpu *gpu);

/* --- gpu_regs.c --- */
uint32_t gpu_reg_read(struct mali_gpu *gpu, uint64_t off);
void gpu_reg_write(struct mali_gpu *gpu, uint64_t off, uint32_t val);
/** Shadow registers back to their reset values, identity filled in. */
void gpu_regs_reset(struct mali_gpu *gpu);

/* --- model.c --- */
/** Validates @cfg and fills *id; false and *err (malloc'd) when it cannot be. */
bool gpu_identity_init(struct gpu_identity *id, const struct mali_config *cfg, char **err);
/** Value of a register that the model decides; false when @w is not one. */
bool gpu_identity_word(const struct gpu_identity *id, const struct mali_reg_word *w, uint32_t *val);
/** The mask of @cores shader cores, strided as hardware does. */
uint64_t gpu_shader_mask(unsigned cores);

/* --- irq.c --- */
void gpu_irq_raise(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t bits);
void gpu_irq_clear(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t bits);
void gpu_irq_set_mask(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t mask);
uint32_t gpu_irq_stat(const struct mali_gpu *gpu, enum mali_irq_line line);
/** Recomputes the line levels (after a reset or a load). */
void gpu_irq_update(struct mali_gpu *gpu);
/** Records the first GPU fault and raises its interrupt. */
void gpu_fault_raise(struct mali_gpu *gpu, uint32_t status, uint64_t addr);

/* --- power.c --- */
void gpu_power_reset(struct mali_gpu *gpu);
/** Sets the powered bits at once; the L2's also start and stop the cycle counter. */
void gpu_power_set_ready(struct mali_gpu *gpu, enum gpu_domain d, uint64_t ready);
/** PWRON / PWROFF was written by the guest. */
void gpu_power_request(struct mali_gpu *gpu, enum gpu_domain d, uint64_t mask, bool on);
/** The microcontroller wants exactly these cores and the tiler. */
void gpu_power_want(struct mali_gpu *gpu, uint64_t shader, bool tiler);
/** Ends transitions that are due. */
void gpu_power_tick(struct mali_gpu *gpu);
uint64_t gpu_power_next(const struct mali_gpu *gpu); /* deadline or GPU_NEVER */
/** PWRTRANS: bits on their way, or waiting for another domain to let them. */
uint64_t gpu_power_trans(const struct gpu_power *p);

/* --- clock.c --- */
void gpu_clock_init(struct gpu_clock *c, uint32_t hz);
uint64_t gpu_clock_cycles(struct gpu_clock *c, uint64_t now);
/** Starts or stops counting at @now. */
void gpu_clock_run(struct gpu_clock *c, uint64_t now, bool running);
void gpu_clock_set_hz(struct gpu_clock *c, uint64_t now, uint32_t hz);
void gpu_clock_set_cycles(struct gpu_clock *c, uint64_t now, uint64_t cycles);

/* --- reset.c: GPU_CMD --- */
void gpu_command(struct mali_gpu *gpu, uint32_t cmd);
/** Does what commands under way wait for: safe point, end of step, deadline. */
void gpu_command_tick(struct mali_gpu *gpu);
uint64_t gpu_command_next(const struct mali_gpu *gpu);

/* --- gpu_inject.c --- */
/** An action waits; any thread. */
void gpu_inject_wake(void *opaque);
/** Does the actions that are due, ends what has run out. Lock held. */
void gpu_inject_tick(struct mali_gpu *gpu);
uint64_t gpu_inject_next(const struct mali_gpu *gpu); /* deadline or GPU_NEVER */
/** Hook of irq_raise: true when the line must not rise for @bits now. */
void gpu_inject_irq(struct mali_gpu *gpu, enum mali_irq_line line, uint32_t bits);
/** STAT of @line was read, or bits of it were cleared. */
void gpu_inject_line_seen(struct mali_gpu *gpu, enum mali_irq_line line);
/** Level of a line, faults regarded. */
bool gpu_inject_level(const struct mali_gpu *gpu, enum mali_irq_line line);
/** The core clock is @hz: faults regarded. */
void gpu_inject_clock(struct mali_gpu *gpu, uint32_t hz);
/** A power transition of @d begins at @at: when it ends. */
uint64_t gpu_inject_power(struct mali_gpu *gpu, enum gpu_domain d, bool on, uint64_t at,
                          uint64_t end);

/* --- thread.c --- */
bool gpu_thread_start(struct mali_gpu *gpu);
void gpu_thread_stop(struct mali_gpu *gpu);
/** The GPU thread has something to look at. Lock-free, any thread. */
void gpu_thread_wake(struct mali_gpu *gpu);
/** Deterministic mode: runs up to @max slices in the caller; lock held at entry and exit. */
bool gpu_run_here(struct mali_gpu *gpu, unsigned max);
/** Waits until no step is in progress; lock held at entry and exit. @gpu->paused keeps it so. */
void gpu_park(struct mali_gpu *gpu);
/** AS commands that may run now do; lock held. */
void gpu_run_mmu_commands(struct mali_gpu *gpu);
/** MCU_CONTROL; waits for the end of a step when one is in progress. */
void gpu_mcu_control(struct mali_gpu *gpu, uint32_t val);
extern const struct mali_mcu_ops gpu_mcu_ops;

#endif
