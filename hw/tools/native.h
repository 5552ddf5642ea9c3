/*
 * A GPU's memory and pipeline without a guest: RAM that is made page by page, page
 * tables for one address space, an MMU, and a log on standard error. What
 * mali-run and mali-replay stand on.
 *
 * Called by the tools, their unit tests and the replay fuzzer. Calls mmu, pipeline.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_NATIVE_H
#define MALI_NATIVE_H

#include "../mmu/mmu_tlb.h"
#include "../pipeline/pipeline.h"

#define NATIVE_AS 1

struct native {
    struct mali_bus bus;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *pipeline;
    uint8_t *ram;
    uint64_t size, used; /* bytes; what native_page() has given out */
    uint64_t root;       /* page table of NATIVE_AS */
    bool quiet;          /* no log */
};

/**
 * @pages of RAM for contents and page tables; @threads as of mali_pipeline_new(). NULL: out of
 * memory.
 */
struct native *native_new(uint64_t pages, unsigned threads);
void native_free(struct native *n);
/** All pages given back, nothing mapped; the pipeline keeps its programs. False: out of RAM. */
bool native_reset(struct native *n);

/** Guest-physical address of a new page of zeros, or 0: out of RAM. */
uint64_t native_page(struct native *n);
/** The host's address of @pa, which lies in a page from native_page(). */
uint8_t *native_at(struct native *n, uint64_t pa);
/**
 * Maps the page at @va to @pa with bits (1 << enum mali_access) of @allow. A page that may be
 * written may be read and used by atomics. False: out of RAM for tables.
 */
bool native_map(struct native *n, uint64_t va, uint64_t pa, unsigned allow);
/** @pages of zeros from @va on, those that are mapped already stay. False: out of RAM. */
bool native_map_new(struct native *n, uint64_t va, uint64_t pages, unsigned allow);

/** Copies out of or into mapped memory whatever its permissions; false: not all is mapped. */
bool native_read(struct native *n, uint64_t va, void *buf, size_t len);
bool native_write(struct native *n, uint64_t va, const void *buf, size_t len);

/** "INSTR_INVALID_ENC": the exception's name in the kernel's table, never NULL. */
const char *native_fault_name(uint8_t code);

#define NATIVE_R  (1u << MALI_ACCESS_READ)
#define NATIVE_RW (NATIVE_R | 1u << MALI_ACCESS_WRITE | 1u << MALI_ACCESS_ATOMIC)
#define NATIVE_X  (1u << MALI_ACCESS_EXECUTE)

#endif
