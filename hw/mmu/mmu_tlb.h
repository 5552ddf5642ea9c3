/*
 * The soft TLB and its inline probe: the hot path of every GPU memory access.
 * One TLB belongs to one thread. Others touch it only at a safe point.
 *
 * Called by access.c and by rooms that load and store word by word.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_MMU_TLB_H
#define MALI_MMU_TLB_H

#include "mmu.h"

#define MALI_PAGE_SHIFT 12
#define MALI_PAGE_SIZE  (1ull << MALI_PAGE_SHIFT)
#define MALI_PAGE_MASK  (MALI_PAGE_SIZE - 1)

/*
 * tag: 51:0 VA >> 12, 59:52 address space, 60 + enum mali_access: that access
 * may use this entry. An empty entry has no access bit, so it never matches.
 * Write and atomic bits are set only by a miss that writes: the host has then
 * been told that the page gets dirty.
 */
struct mali_tlb_entry {
    uint64_t tag;
    uint8_t *host; /* of the page's first byte */
};

#define MALI_TLB_KEY           ((1ull << 60) - 1)
#define MALI_TLB_ALLOW(access) (1ull << (60 + (access)))

/* A range of guest-physical RAM that the host has shown us: spares ops->ram. */
struct mali_tlb_ram {
    uint64_t pa, size;
    uint8_t *host;
    bool writable;
};

#define MALI_TLB_RAM_RANGES 4

struct mali_tlb {
    struct mali_tlb_entry entry[MALI_TLB_ENTRIES];
    struct mali_mmu *mmu;
    struct mali_tlb *next;
    struct mali_tlb_watch *watch; /* or NULL; looked at by misses only */
    uint64_t walks, fills; /* written by the owner, read by anyone: relaxed atomics */
    uint64_t flip; /* an injected fault: bits of the next leaf descriptor */
    struct mali_tlb_ram ram[MALI_TLB_RAM_RANGES];
    unsigned ram_victim;
};

/** @as < 256: the key has eight bits for it. */
static inline uint64_t mali_tlb_key(unsigned as, uint64_t va)
{
    return va >> MALI_PAGE_SHIFT | (uint64_t)as << 52;
}

/* Mixes in higher bits: copies between buffers a power of two apart must not collide. */
static inline unsigned mali_tlb_index(uint64_t key)
{
    return (key ^ key >> 10 ^ key >> 43) & (MALI_TLB_ENTRIES - 1);
}

/** Host pointer to @va, valid to the end of its 4 KiB page; NULL: call mali_mem_ptr(). */
static inline void *mali_tlb_probe(const struct mali_tlb *tlb, unsigned as, uint64_t va,
                                   enum mali_access access)
{
    uint64_t key = mali_tlb_key(as, va);
    const struct mali_tlb_entry *e = &tlb->entry[mali_tlb_index(key)];
    uint64_t allow = MALI_TLB_ALLOW(access);

    if (__builtin_expect(((e->tag ^ (key | allow)) & (MALI_TLB_KEY | allow)) != 0, 0))
        return NULL;
    return e->host + (va & MALI_PAGE_MASK);
}

/** mali_mem_ptr() with the probe inlined. */
static inline enum mali_mem_result mali_tlb_ptr(struct mali_tlb *tlb, unsigned as, uint64_t va,
                                                enum mali_access access, uint16_t source_id,
                                                void **ptr, uint64_t *avail,
                                                struct mali_fault *fault)
{
    void *host = mali_tlb_probe(tlb, as, va, access);

    if (!host)
        return mali_mem_ptr(tlb, as, va, access, source_id, ptr, avail, fault);
    *ptr = host;
    *avail = MALI_PAGE_SIZE - (va & MALI_PAGE_MASK);
    return MALI_MEM_OK;
}

#endif
