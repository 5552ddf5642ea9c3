/*
 * The MMU: 16 address spaces, the AARCH64_4K page-table walk, the soft TLB,
 * AS commands and faults: the only way from the GPU to memory.
 *
 * Called by csf, mcu, pipeline (accesses) and gpu (registers). Calls bus.
 *
 * Threads. Registers and AS commands are guarded by the core's lock
 * (gpu/gpu.h). Accesses are made without it, through a struct mali_tlb that
 * belongs to ONE thread. An AS command takes effect only at a safe point: at
 * once when no GPU thread is executing, else when the GPU thread calls
 * mali_mmu_run_commands() between two slices; until then STATUS.ACTIVE reads 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_MMU_H
#define MALI_MMU_H

#include "../bus/bus.h"

#define MALI_AS_COUNT 16
#define MALI_TLB_ENTRIES 1024 /* direct mapped, power of two */

struct mali_mmu;
struct mali_tlb;
struct mali_trace;

/**
 * Result of an access. STALL: the address lies in a region that a LOCK command
 * holds; nothing was done, the caller must retry later from the start of its
 * instruction. FAULT: *fault is filled in; nothing was transferred beyond what
 * precedes the faulting page.
 */
enum mali_mem_result { MALI_MEM_OK = 0, MALI_MEM_STALL, MALI_MEM_FAULT };

/* --- life ---------------------------------------------------------------- */
struct mali_mmu *mali_mmu_new(struct mali_bus *bus, unsigned va_bits,
                              unsigned pa_bits, uint32_t as_present);
void mali_mmu_free(struct mali_mmu *mmu); /* after its TLBs */
void mali_mmu_reset(struct mali_mmu *mmu); /* GPU reset: all AS unmapped, no pending command */
/** Where events and fidelity touches go, or NULL; before any thread uses the MMU. */
void mali_mmu_set_trace(struct mali_mmu *mmu, struct mali_trace *trace);

/* --- registers; core's lock held ------------------------------------------ */
/** Reads / writes a 32-bit word of the AS block @as (@off 0x00..0x3c). */
uint32_t mali_mmu_reg_read(struct mali_mmu *mmu, unsigned as, unsigned off);
void mali_mmu_reg_write(struct mali_mmu *mmu, unsigned as, unsigned off, uint32_t val);
/** True while some AS has a command that waits for mali_mmu_run_commands(). */
bool mali_mmu_command_pending(const struct mali_mmu *mmu);
/** Executes pending commands: no thread may be inside an access. Bits of
 *  MMU_IRQ_RAWSTAT to raise (command completed, 31:16) are returned. */
uint32_t mali_mmu_run_commands(struct mali_mmu *mmu);

/** Virtual ns at which a command that an injected fault holds may run, or UINT64_MAX. */
uint64_t mali_mmu_held_until(const struct mali_mmu *mmu);
/** Injected faults let go of the commands that they hold. */
void mali_mmu_let_go(struct mali_mmu *mmu);

/* --- accesses; from the thread that owns @tlb, lock not needed ------------- */
struct mali_tlb *mali_tlb_new(struct mali_mmu *mmu);
void mali_tlb_free(struct mali_tlb *tlb);

/**
 * Somebody who wants to know which pages a TLB's owner touches. @touched is called before the
 * access is made, on each miss that finds a page, also when its permissions then refuse the
 * access: so at least once for every page and kind of access
 * (read, write, atomic, execute) after mali_tlb_watch(). @pa, @va: of the page; @allow: bit per
 * enum mali_access.
 */
struct mali_tlb_watch {
    void (*touched)(struct mali_tlb_watch *w, unsigned as, uint64_t va, uint64_t pa,
                    unsigned allow, enum mali_access access);
};
/** Forgets all translations, and tells @w of the next ones; NULL: nobody. The owner's thread. */
void mali_tlb_watch(struct mali_tlb *tlb, struct mali_tlb_watch *w);

/**
 * Host pointer to @va in address space @as, valid for *avail bytes (to the end
 * of the 4 KiB page or more), until the calling thread's next safe point.
 * This is the hot path: an inline TLB probe in mmu_tlb.h, then the slow walk.
 */
enum mali_mem_result mali_mem_ptr(struct mali_tlb *tlb, unsigned as, uint64_t va,
                                  enum mali_access access, uint16_t source_id,
                                  void **ptr, uint64_t *avail, struct mali_fault *fault);
/** Copies; crosses pages; @len any; @va any alignment. */
enum mali_mem_result mali_mem_read(struct mali_tlb *tlb, unsigned as, uint64_t va, void *buf,
                                   size_t len, uint16_t source_id, struct mali_fault *fault);
enum mali_mem_result mali_mem_write(struct mali_tlb *tlb, unsigned as, uint64_t va, const void *buf,
                                    size_t len, uint16_t source_id, struct mali_fault *fault);
/** As mali_mem_read, with execute permission demanded (instruction fetch by the MCU). */
enum mali_mem_result mali_mem_fetch(struct mali_tlb *tlb, unsigned as, uint64_t va, void *buf,
                                    size_t len, uint16_t source_id, struct mali_fault *fault);
/** Copies inside / between address spaces through the translation (bench, later DMA-like ops). */
enum mali_mem_result mali_mem_copy(struct mali_tlb *tlb, unsigned dst_as, uint64_t dst,
                                   unsigned src_as, uint64_t src, size_t len, uint16_t source_id,
                                   struct mali_fault *fault);

/* --- faults --------------------------------------------------------------- */
/**
 * Records @fault in FAULTSTATUS/FAULTADDRESS/FAULTEXTRA of its AS (the first
 * fault wins until the AS's interrupt bit is cleared) and returns the MMU_IRQ
 * RAWSTAT bit to raise. Core's lock held.
 */
uint32_t mali_mmu_report_fault(struct mali_mmu *mmu, const struct mali_fault *fault);
/** MMU_IRQ_CLEAR was written with @bits. Core's lock held. */
void mali_mmu_irq_cleared(struct mali_mmu *mmu, uint32_t bits);
/** "translation fault at level 2" for logs and traces. */
const char *mali_fault_name(uint8_t code);

/** The translation table that @as uses now: the same for an address space in whatever slot it is. */
uint64_t mali_mmu_root(const struct mali_mmu *mmu, unsigned as);
/** True while a LOCK command holds a region of @as. Core's lock held. */
bool mali_mmu_as_locked(const struct mali_mmu *mmu, unsigned as);

/* --- host events: no access may be in progress ----------------------------- */
void mali_mmu_invalidate_all(struct mali_mmu *mmu);      /* RAM layout changed, snapshot loaded */
void mali_mmu_invalidate_writable(struct mali_mmu *mmu); /* dirty logging restarts */

/* --- snapshot: plain data, versioned by the caller ------------------------- */
struct mali_as_state {
    uint64_t transtab, memattr, lockaddr, transcfg;   /* as written (shadow) */
    uint64_t act_transtab, act_memattr, act_transcfg; /* in force since UPDATE */
    uint64_t faultaddress, faultextra;
    uint64_t lock_start, lock_end;                    /* held region, end exclusive; start==end: none */
    uint32_t faultstatus;
    uint32_t command;                                 /* pending command or 0 */
    uint32_t fault_valid;
    uint32_t pad;
};
void mali_mmu_save(const struct mali_mmu *mmu, struct mali_as_state out[MALI_AS_COUNT]);
void mali_mmu_load(struct mali_mmu *mmu, const struct mali_as_state in[MALI_AS_COUNT]);

/* --- statistics, for counters, bench and the fidelity report ---------------- */
struct mali_mmu_stats {
    uint64_t walks, fills, invalidations, faults;
};
void mali_mmu_get_stats(const struct mali_mmu *mmu, struct mali_mmu_stats *out);

#endif
