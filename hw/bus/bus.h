/*
 * The bus: the one small struct of callbacks by which the GPU core meets its
 * host (QEMU, a unit test, a fuzzer, the replay tool), and the fault value
 * that every room passes upwards.
 *
 * Called by every room of hw/. Calls nothing but the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_BUS_H
#define MALI_BUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct mali_event;
struct mali_inject;

enum mali_log {
    MALI_LOG_GUEST_ERROR, /* the guest did what hardware forbids */
    MALI_LOG_UNIMP,       /* the model lacks what the guest asked for */
    MALI_LOG_INFO,
};

/**
 * struct mali_host_ops - what the core asks of its host.
 *
 * ram:   host pointer to guest-physical address @pa when it is RAM, else NULL
 *        (MMIO, holes). *avail: bytes from @pa that are contiguous in the host.
 *        *writable: false for ROM. Callable from any thread, no lock held or
 *        needed; pointers stay valid until mali_gpu_ram_changed().
 * dirty: @len bytes at @pa may be written from now on until the next
 *        mali_gpu_dirty_sync(); called once per writable TLB fill, any thread.
 * now:   virtual time in ns, any thread.
 * counter: the guest's system counter (CNTVCT), any thread.
 * counter_hz: its frequency.
 * timer: call mali_gpu_timer_expired() at virtual time @ns; replaces the
 *        previous request; UINT64_MAX cancels. May be called from any thread,
 *        with the core's lock held: must not call back synchronously.
 * irq:   the levels that mali_gpu_irq_levels() returns may have changed. Never
 *        called with the core's lock held. From vCPU/main thread or GPU thread.
 * log:   a line without newline. Any thread.
 * trace: one event (see trace/trace.h), any thread; may be NULL.
 * thread: a GPU thread has started (true) or is about to end; may be NULL.
 */
struct mali_host_ops {
    void *(*ram)(void *opaque, uint64_t pa, uint64_t *avail, bool *writable);
    void (*dirty)(void *opaque, uint64_t pa, uint64_t len);
    uint64_t (*now)(void *opaque);
    uint64_t (*counter)(void *opaque);
    uint32_t (*counter_hz)(void *opaque);
    void (*timer)(void *opaque, uint64_t ns);
    void (*irq)(void *opaque);
    void (*log)(void *opaque, enum mali_log level, const char *line);
    void (*trace)(void *opaque, const struct mali_event *ev);
    void (*thread)(void *opaque, bool start);
};

struct mali_bus {
    const struct mali_host_ops *ops;
    void *opaque;
    unsigned log_mask; /* bit per enum mali_log */
    struct mali_inject *inject; /* hooks of every room, see inject/inject.h; or NULL */
};

static inline uint64_t mali_bus_now(const struct mali_bus *b)
{
    return b->ops->now(b->opaque);
}

/** Formats and hands one line to the host, if that level is wanted. */
void mali_log(const struct mali_bus *b, enum mali_log level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A fault is a value: filled in where it is detected, carried up, encoded for
 * the hardware in one place (mmu for AS registers, mcu for CS_FAULT/CS_FATAL).
 */
enum mali_fault_code { /* source: panthor 6.12 panthor_device.c exception table */
    MALI_OK = 0x00,
    MALI_TERMINATED = 0x04,
    MALI_KABOOM = 0x05,
    MALI_EUREKA = 0x06,
    MALI_ACTIVE = 0x08,
    MALI_CS_RES_TERM = 0x0f,
    MALI_CS_CONFIG_FAULT = 0x40,
    MALI_CS_UNRECOVERABLE = 0x41,
    MALI_CS_ENDPOINT_FAULT = 0x44,
    MALI_CS_BUS_FAULT = 0x48,
    MALI_CS_INSTR_INVALID = 0x49,
    MALI_CS_CALL_STACK_OVERFLOW = 0x4a,
    MALI_CS_INHERIT_FAULT = 0x4b,
    MALI_INSTR_INVALID_PC = 0x50,
    MALI_INSTR_INVALID_ENC = 0x51,
    MALI_INSTR_BARRIER_FAULT = 0x55,
    MALI_DATA_INVALID_FAULT = 0x58,
    MALI_TILE_RANGE_FAULT = 0x59,
    MALI_ADDR_RANGE_FAULT = 0x5a,
    MALI_IMPRECISE_FAULT = 0x5b,
    MALI_OOM = 0x60,
    MALI_CSF_FW_INTERNAL_ERROR = 0x68,
    MALI_CSF_RES_EVICTION_TIMEOUT = 0x69,
    MALI_GPU_BUS_FAULT = 0x80,
    MALI_GPU_SHAREABILITY_FAULT = 0x88,
    MALI_SYSTEM_SHAREABILITY_FAULT = 0x89,
    MALI_GPU_CACHEABILITY_FAULT = 0x8a,
    MALI_TRANSLATION_FAULT_0 = 0xc0, /* + level 0..4 */
    MALI_PERM_FAULT_0 = 0xc8,        /* + level 0..3 */
    MALI_ACCESS_FLAG_0 = 0xd8,       /* + level 0..3 (1..3 are used) */
    MALI_ADDR_SIZE_FAULT_IN = 0xe0,
    MALI_ADDR_SIZE_FAULT_OUT0 = 0xe4, /* + level 0..3 */
    MALI_MEM_ATTR_FAULT_0 = 0xe8,     /* + level 0..3 */
};

enum mali_access { /* encoding of FAULTSTATUS[9:8] */
    MALI_ACCESS_ATOMIC = 0,
    MALI_ACCESS_EXECUTE = 1,
    MALI_ACCESS_READ = 2,
    MALI_ACCESS_WRITE = 3,
};

struct mali_fault {
    uint8_t code;      /* enum mali_fault_code */
    uint8_t access;    /* enum mali_access, memory faults */
    uint8_t as;        /* address space, memory faults */
    bool memory;       /* an MMU or bus fault: va, access, as are valid */
    uint16_t source_id;/* FAULTSTATUS[31:16], who asked */
    uint64_t va;       /* faulting address */
    uint64_t info;     /* exception data for the CS_FAULT_INFO register */
};

/**
 * The host's own clock in ns, from some moment on: for how long the model works at a stretch. The
 * guest never sees it; its time is mali_host_ops.now().
 */
static inline uint64_t mali_host_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
