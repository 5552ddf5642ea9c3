/*
 * The CSF microcontroller, modelled at its interface: boot through address
 * space 0, global / group / stream interfaces in the shared section, request
 * and acknowledge, doorbells, scheduling of group slots, suspend and resume.
 *
 * Called by gpu (registers, thread, timers). Calls csf, mmu, pipeline, trace.
 *
 * Threads. Every function is called with the core's lock held. mali_mcu_step()
 * gives the lock up (ops->unlock / ops->lock) while it runs command streams.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_MCU_H
#define MALI_MCU_H

#include "../bus/bus.h"
#include "../inject/inject.h"
#include "../mmu/mmu.h"
#include "../pipeline/pipeline.h"
#include "../trace/trace.h"

struct mali_mcu;

enum mali_mcu_status { /* MCU_STATUS */
    MALI_MCU_DISABLED = 0,
    MALI_MCU_ENABLED = 1,
    MALI_MCU_HALTED = 2,
    MALI_MCU_FATAL = 3,
};

#define MALI_JOB_IRQ_GLB (1u << 31)

/** What the microcontroller asks of the GPU around it. All with the lock held,
 *  except cycles and flush, which the GPU thread calls without it. */
struct mali_mcu_ops {
    void (*lock)(void *opaque);
    void (*unlock)(void *opaque);
    void (*job_irq)(void *opaque, uint32_t bits); /* raise in JOB_IRQ_RAWSTAT */
    void (*mmu_irq)(void *opaque, uint32_t bits); /* raise in MMU_IRQ_RAWSTAT */
    void (*gpu_irq)(void *opaque, uint32_t bits); /* raise in GPU_IRQ_RAWSTAT */
    /* Firmware wants exactly these shader cores / the tiler powered (transitions take time;
     *  L2 off means nothing comes up). */
    void (*want_power)(void *opaque, uint64_t shader_mask, bool tiler);
    uint64_t (*cycles)(void *opaque);
    uint32_t (*flush)(void *opaque, uint32_t modes); /* new LATEST_FLUSH_ID */
    void (*timer)(void *opaque, uint64_t ns);        /* call mali_mcu_timer() then; UINT64_MAX: never */
    void (*wake)(void *opaque);                      /* mali_mcu_step() has work; lock-free, any thread */
    bool (*l2_ready)(void *opaque);
};

struct mali_mcu_config {
    unsigned csgs, streams;
    uint64_t shader_present;
    uint32_t slice;       /* instructions per slice */
    bool trace_instr;
};

struct mali_mcu *mali_mcu_new(struct mali_bus *bus, struct mali_mmu *mmu, struct mali_pipeline *pipe,
                              struct mali_trace *trace, const struct mali_mcu_config *cfg,
                              const struct mali_mcu_ops *ops, void *opaque);
void mali_mcu_free(struct mali_mcu *mcu);

/** GPU reset: all state gone, MCU_STATUS disabled. */
void mali_mcu_reset(struct mali_mcu *mcu);
/** MCU_CONTROL was written: 0 disable, 1 enable, 2 auto. */
void mali_mcu_control(struct mali_mcu *mcu, uint32_t val);
uint32_t mali_mcu_control_read(const struct mali_mcu *mcu);
uint32_t mali_mcu_status(const struct mali_mcu *mcu);
/** Doorbell page @index was written with bit 0 set. 0 global, n+1 as CS_CONFIG says. */
void mali_mcu_doorbell(struct mali_mcu *mcu, unsigned index);
/** Virtual time reached what ops->timer asked for. */
void mali_mcu_timer(struct mali_mcu *mcu, uint64_t now);
/** True when mali_mcu_step() would do something now. */
bool mali_mcu_pending(const struct mali_mcu *mcu);
/**
 * Serves what is pending, then one slice of every runnable stream. True while
 * more is runnable at once. Single caller at a time (GPU thread, or the MMIO
 * handler in deterministic mode).
 */
bool mali_mcu_step(struct mali_mcu *mcu);
/** Does an injected action to the microcontroller; INJECT_FAULTS: undoes what lasts. */
void mali_mcu_inject(struct mali_mcu *mcu, enum inject_fault_id fault);
/** True while command streams or endpoints are busy (GPU_STATUS.GPU_ACTIVE). */
bool mali_mcu_busy(const struct mali_mcu *mcu);

/** ns: no deadline in a snapshot lies further ahead. */
#define MALI_SNAPSHOT_FAR (1ull << 62)

/** Plain-data state; paused. load validates, false on nonsense. */
size_t mali_mcu_state_size(const struct mali_mcu *mcu);
void mali_mcu_save(const struct mali_mcu *mcu, void *out);
bool mali_mcu_load(struct mali_mcu *mcu, const void *in, size_t size);

#endif
