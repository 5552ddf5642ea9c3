/*
 * The public face of the core: one emulated Mali as a host sees it. hw/qemu,
 * the unit tests, the fuzzers and the benchmark include this header only.
 *
 * Threads and locks. struct mali_gpu has one lock. Every function below takes
 * it; none may be called with it held. The GPU thread (unless deterministic)
 * runs command streams WITHOUT the lock, in slices, and takes it between
 * slices to serve doorbells, requests, AS commands and timers. A register
 * access therefore never waits for a command stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GPU_H
#define MALI_GPU_H

#include "../bus/bus.h"

#define MALI_MMIO_SIZE 0x200000 /* 2 MiB window; source: rk3588 device tree */

enum mali_irq_line { MALI_IRQ_JOB, MALI_IRQ_MMU, MALI_IRQ_GPU, MALI_IRQ_LINES };

enum mali_jit {
    MALI_JIT_OFF,
    MALI_JIT_IF_THERE, /* if this host can */
    MALI_JIT_NEEDED,   /* an error if it cannot */
};

/** struct mali_config - properties; 0 / NULL means the model's default. */
struct mali_config {
    const char *model;        /* row of gpu/models.def: "g610" */
    unsigned cores;           /* shader cores, 1..model's maximum */
    unsigned l2_slices;       /* 1..8 */
    unsigned csgs;            /* group slots, 3..31 (what panthor accepts) */
    unsigned streams;         /* stream slots per group, 8..32 */
    unsigned address_spaces;  /* 2..16 */
    const char *coherency;    /* "none" or "ace-lite" */
    bool deterministic;       /* no GPU thread, one order, work done in MMIO/timer calls */
    unsigned threads;         /* that run shaders; 0: host's cores; deterministic: 1 */
    enum mali_jit jit;        /* whether shaders are compiled; deterministic: they are not */
    const char *jit_cache;    /* folder of compiled shaders; NULL: the user's, "none": not kept */
    const char *vectors;      /* of the host that shaders run with, see valhall/sem.h; NULL: "best" */
    uint32_t core_clock_hz;   /* at start; mali_gpu_set_clock() changes it */
    unsigned log_mask;        /* bit per enum mali_log */
    bool trace_instr;
    const char *trace_file, *report_file;
    const char *capture_file; /* jobs with the memory they touch, see trace/capture.h */
    bool race;                /* report races between invocations, see pipeline/race.c */
    uint64_t capture_limit;   /* bytes of that file; 0: CAPTURE_LIMIT */
    const char *inject;       /* rules of faults, see inject/README.md */
};

struct mali_gpu;

/** Creates a powered-down GPU. NULL and *err (malloc'd, names object, value and limit) on a
 *  configuration that cannot be. */
struct mali_gpu *mali_gpu_new(const struct mali_config *cfg, const struct mali_host_ops *ops,
                              void *opaque, char **err);
void mali_gpu_free(struct mali_gpu *gpu);
/**
 * Ends the GPU thread for good and completes timeline and report (its summary goes to stderr).
 * Joins the thread: must not be called with a lock held that ops->irq takes. Harmless twice.
 */
void mali_gpu_stop(struct mali_gpu *gpu);
/** The process is about to end, with GPUs or without: waits for shaders being compiled. */
void mali_gpu_exit(void);

/** Cold reset of the whole device (system reset). */
void mali_gpu_system_reset(struct mali_gpu *gpu);

/** Register access; @size 4 or 8, naturally aligned, inside MALI_MMIO_SIZE. */
uint64_t mali_gpu_read(struct mali_gpu *gpu, uint64_t off, unsigned size);
void mali_gpu_write(struct mali_gpu *gpu, uint64_t off, uint64_t val, unsigned size);

/** Levels of the three lines, bit per enum mali_irq_line. Lock-free. */
unsigned mali_gpu_irq_levels(const struct mali_gpu *gpu);
/** Virtual time has reached what ops->timer asked for. */
void mali_gpu_timer_expired(struct mali_gpu *gpu);
/** The platform's clock / regulator changed. @hz 0: clock stopped. */
void mali_gpu_set_clock(struct mali_gpu *gpu, uint32_t hz);
void mali_gpu_set_voltage(struct mali_gpu *gpu, uint32_t microvolt);

/** Stops the GPU thread at a slice boundary and keeps it there; nests not. */
void mali_gpu_pause(struct mali_gpu *gpu);
void mali_gpu_resume(struct mali_gpu *gpu);
/** RAM moved (host pointers stale): call while paused or from the memory listener. */
void mali_gpu_ram_changed(struct mali_gpu *gpu);
void mali_gpu_dirty_sync(struct mali_gpu *gpu);

/**
 * Snapshot: the GPU must be paused. save returns a malloc'd image and its size;
 * load validates every byte (false and *err static on a bad or foreign image,
 * the GPU is then in its reset state).
 */
void *mali_gpu_save(struct mali_gpu *gpu, size_t *size);
bool mali_gpu_load(struct mali_gpu *gpu, const void *image, size_t size, const char **err);

/** Identity for the device tree and tests. */
struct mali_identity {
    const char *model, *dt_name;
    uint32_t gpu_id, as_present;
    uint64_t shader_present, l2_present, tiler_present;
    unsigned csgs, streams, va_bits, pa_bits;
    bool coherent;
    char firmware_dir[16]; /* "arch10.8" */
};
void mali_gpu_get_identity(const struct mali_gpu *gpu, struct mali_identity *out);

/** Forms of shaders that this process has compiled for all its GPUs; *@failed: that it could not. */
uint64_t mali_gpu_compiled(uint64_t *failed);
/** Host nanoseconds spent in steps of the microcontroller so far, for the benchmark. */
uint64_t mali_gpu_busy_ns(struct mali_gpu *gpu);
/**
 * Fault injection (inject/README.md). add: all rules of @text or none; false and *err (malloc'd)
 * name rule, value and limit. remove: rule @id, or every rule and what actions have done (0); false:
 * no such rule. The texts are malloc'd.
 */
bool mali_gpu_inject_add(struct mali_gpu *gpu, const char *text, char **err);
bool mali_gpu_inject_remove(struct mali_gpu *gpu, unsigned id);
char *mali_gpu_inject_rules(struct mali_gpu *gpu);
char *mali_gpu_inject_log(struct mali_gpu *gpu);
void mali_gpu_inject_log_clear(struct mali_gpu *gpu);
/** Every fault, point and key, as JSON; malloc'd. */
char *mali_gpu_inject_catalogue(void);
/**
 * The host's clock or regulator is used. False: as usual. True: a fault strikes, *error says whether
 * the host must report an error or leave things as they are without one.
 */
enum mali_platform_use { MALI_CLOCK_SET, MALI_CLOCK_GET, MALI_VOLTAGE_SET };
bool mali_gpu_platform_fault(struct mali_gpu *gpu, enum mali_platform_use use, bool *error);

/** Names for documentation and tests: register at @off, or NULL. */
const char *mali_gpu_reg_name(uint64_t off);
/** Runs everything that is runnable now (deterministic mode, tests): true if work remains. */
bool mali_gpu_run(struct mali_gpu *gpu, unsigned max_slices);

#endif
