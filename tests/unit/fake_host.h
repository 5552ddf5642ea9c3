/*
 * A host for the unit tests: RAM, a ROM part, a hole, virtual time that a test
 * advances, one recorded timer, an interrupt flag, captured log lines, trace
 * events and dirty notices; and helpers that build AARCH64_4K page tables.
 *
 *     struct fake_host *h = fake_host_new(FAKE_RAM_BASE, 64 * FAKE_MIB);
 *     struct mali_mmu *mmu = mali_mmu_new(&h->bus, 48, 40, 0xff);
 *     uint64_t root = pt_new_root(h);
 *     pt_map(h, root, 0x1000, fake_page(h, 1), 0x1000, PT_R | PT_W);
 *     fake_as_enable(mmu, 1, root);
 *
 * Safe to call from several threads, except for the fields that a test sets up
 * before it starts threads. Links with nothing but libc and pthread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_FAKE_HOST_H
#define GARM_FAKE_HOST_H

#include "../../hw/bus/bus.h"
#include "../../hw/mmu/mmu.h"

#include <pthread.h>

#define FAKE_KIB       1024ull
#define FAKE_MIB       (1024 * FAKE_KIB)
#define FAKE_GIB       (1024 * FAKE_MIB)
#define FAKE_RAM_BASE  0x80000000ull
#define FAKE_LOG_LINES 64
#define FAKE_EVENTS    256
#define FAKE_EVENT_IDS 64

struct fake_event { /* copy of struct mali_event; name copied */
    int id;
    uint64_t a, b, c, d;
    char name[48];
};

struct fake_host {
    struct mali_bus bus; /* pass &h->bus, or fake_host_ops() and h */

    /* RAM at [ram_base, ram_base + ram_size); sparse on the host until touched. */
    uint8_t *ram;
    uint64_t ram_base, ram_size;
    /* Set by the test. Inside RAM: not writable / not there at all. */
    uint64_t rom_base, rom_size, hole_base, hole_size;
    uint64_t table_next; /* page tables are taken downwards from the end of RAM */

    pthread_mutex_t lock; /* protects what follows */
    uint64_t now_ns, counter_offset;
    uint32_t counter_hz;
    uint64_t timer_ns; /* as last requested; UINT64_MAX: none */
    unsigned timer_calls;
    bool irq; /* ops->irq was called; the test clears it */
    unsigned irq_calls;
    unsigned ram_calls;
    unsigned dirty_calls;
    uint64_t dirty_pa, dirty_len;  /* last notice */
    unsigned log_count[3];         /* per enum mali_log */
    char log[FAKE_LOG_LINES][256]; /* ring; newest at (log_total - 1) % FAKE_LOG_LINES */
    unsigned log_total;
    bool log_print;                       /* also to stdout as TAP comments */
    unsigned event_count[FAKE_EVENT_IDS]; /* per enum mali_event_id */
    struct fake_event event[FAKE_EVENTS]; /* ring, as log */
    unsigned event_total;
    int threads; /* GPU threads alive */
};

/* --- life; abort() when out of memory: these are tests --------------------- */
struct fake_host *fake_host_new(uint64_t ram_base, uint64_t ram_size);
void fake_host_free(struct fake_host *h);
const struct mali_host_ops *fake_host_ops(void); /* opaque: struct fake_host * */

/* --- memory ---------------------------------------------------------------- */
/** Host pointer to @pa; aborts when [pa, pa+len) is not inside RAM. Sees ROM and hole. */
void *fake_ram(struct fake_host *h, uint64_t pa, uint64_t len);
/** Physical address of page @n of RAM. */
uint64_t fake_page(const struct fake_host *h, uint64_t n);

/* --- time, log -------------------------------------------------------------- */
void fake_advance(struct fake_host *h, uint64_t ns);
/** Moves time to the requested timer; false when there is none. The caller then
 *  calls mali_gpu_timer_expired(). */
bool fake_advance_to_timer(struct fake_host *h);
/** True when a captured line contains @text. */
bool fake_log_has(struct fake_host *h, const char *text);
void fake_log_clear(struct fake_host *h);

/* --- page tables (Arm LPAE stage 1, 4 KiB granule, 4 levels) ----------------- */
enum pt_flags {
    PT_R = 1 << 0,     /* AP[1]: accessible (implied by PT_W) */
    PT_W = 1 << 1,     /* not AP[2] */
    PT_X = 1 << 2,     /* not XN */
    PT_NO_AF = 1 << 3, /* access flag clear */
    PT_CONTIG = 1 << 4,
    PT_4K_ONLY = 1 << 5, /* no block leaves */
    PT_2M_MAX = 1 << 6,  /* no 1 GiB leaves */
};
#define PT_ATTR(n) ((unsigned)(n) << 8) /* AttrIndx 0..7 */

uint64_t pt_new_root(struct fake_host *h);
/** Maps with the largest leaves that alignment and @flags allow; makes tables as needed. */
void pt_map(struct fake_host *h, uint64_t root, uint64_t va, uint64_t pa, uint64_t size,
            unsigned flags);
/** Clears the leaves (whole leaves) that cover the range. */
void pt_unmap(struct fake_host *h, uint64_t root, uint64_t va, uint64_t size);
/** The descriptor for @va at @level (0..3); NULL when no table leads there. */
uint64_t *pt_entry(struct fake_host *h, uint64_t root, uint64_t va, unsigned level);

/* MEMATTR: panthor 6.12's bytes for 0 NC, 1 WB (CPU-inner), 2 device; 3..7 fault, which panthor
 * never sets. */
#define FAKE_MEMATTR     0xc0c0c0c0c04c9f4cull
#define FAKE_TRANSCFG_4K ((uint64_t)(6 | (55 - 48) << 6 | 2 << 24 | 1 << 30))

/** Writes a 64-bit AS register by halves, low first, as panthor does. */
static inline void fake_as_write64(struct mali_mmu *mmu, unsigned as, unsigned off, uint64_t val)
{
    mali_mmu_reg_write(mmu, as, off, (uint32_t)val);
    mali_mmu_reg_write(mmu, as, off + 4, (uint32_t)(val >> 32));
}

/** Issues an AS command and runs it; returns the RAWSTAT bits. */
static inline uint32_t fake_as_command(struct mali_mmu *mmu, unsigned as, uint32_t cmd)
{
    mali_mmu_reg_write(mmu, as, 0x18, cmd);
    return mali_mmu_run_commands(mmu);
}

/** Points AS @as at @root, mode AARCH64_4K with 48-bit VA, and UPDATEs it. */
static inline void fake_as_enable(struct mali_mmu *mmu, unsigned as, uint64_t root)
{
    fake_as_write64(mmu, as, 0x00, root);
    fake_as_write64(mmu, as, 0x08, FAKE_MEMATTR);
    fake_as_write64(mmu, as, 0x30, FAKE_TRANSCFG_4K);
    fake_as_command(mmu, as, 1);
}

#endif
