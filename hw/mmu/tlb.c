/*
 * The soft TLB: misses (walk, permission, host pointer, dirty notice), the list
 * of all TLBs, and dropping entries at safe points. Sits between access.c and
 * walk.c; mmu.c's commands drop entries.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mmu_internal.h"

#include <stdlib.h>
#include <string.h>

#define TLB_WRITES (1u << MALI_ACCESS_WRITE | 1u << MALI_ACCESS_ATOMIC)

/* --- life ------------------------------------------------------------------ */
struct mali_tlb *mali_tlb_new(struct mali_mmu *mmu)
{
    size_t size = (sizeof(struct mali_tlb) + 63) & ~(size_t)63;
    struct mali_tlb *tlb = aligned_alloc(64, size);

    if (!tlb)
        return NULL;
    memset(tlb, 0, size);
    tlb->mmu = mmu;
    pthread_mutex_lock(&mmu->tlbs_lock);
    tlb->next = mmu->tlbs;
    mmu->tlbs = tlb;
    pthread_mutex_unlock(&mmu->tlbs_lock);
    return tlb;
}

void mali_tlb_free(struct mali_tlb *tlb)
{
    if (!tlb)
        return;
    struct mali_mmu *mmu = tlb->mmu;

    pthread_mutex_lock(&mmu->tlbs_lock);
    struct mali_tlb **link = &mmu->tlbs;
    while (*link != tlb)
        link = &(*link)->next;
    *link = tlb->next;
    mmu->gone.walks += tlb->walks;
    mmu->gone.fills += tlb->fills;
    pthread_mutex_unlock(&mmu->tlbs_lock);
    free(tlb);
}

void mali_tlb_watch(struct mali_tlb *tlb, struct mali_tlb_watch *w)
{
    memset(tlb->entry, 0, sizeof(tlb->entry));
    tlb->watch = w;
}

static void tlb_count(uint64_t *counter)
{
    __atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED); /* only the owner writes */
}

void mali_mmu_get_stats(const struct mali_mmu *mmu, struct mali_mmu_stats *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&mmu->tlbs_lock;

    pthread_mutex_lock(lock);
    *out = mmu->gone;
    for (const struct mali_tlb *t = mmu->tlbs; t; t = t->next) {
        out->walks += __atomic_load_n(&t->walks, __ATOMIC_RELAXED);
        out->fills += __atomic_load_n(&t->fills, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(lock);
    out->invalidations = mmu->invalidations;
    out->faults = mmu->faults;
}

/* --- host memory ------------------------------------------------------------ */
uint8_t *mmu_ram(struct mali_tlb *tlb, uint64_t pa, uint64_t *avail, bool *writable)
{
    const struct mali_bus *bus = tlb->mmu->bus;

    for (unsigned i = 0; i < MALI_TLB_RAM_RANGES; i++) {
        const struct mali_tlb_ram *r = &tlb->ram[i];
        if (pa - r->pa < r->size) {
            *avail = r->size - (pa - r->pa);
            *writable = r->writable;
            return r->host + (pa - r->pa);
        }
    }
    *avail = 0;
    *writable = false;
    uint8_t *host = bus->ops->ram(bus->opaque, pa, avail, writable);
    if (!host || !*avail)
        return NULL;

    /* A range that ends where a known one ends contains it: replace that one. */
    unsigned slot = tlb->ram_victim;
    for (unsigned i = 0; i < MALI_TLB_RAM_RANGES; i++)
        if (tlb->ram[i].size && tlb->ram[i].pa + tlb->ram[i].size == pa + *avail)
            slot = i;
    if (slot == tlb->ram_victim)
        tlb->ram_victim = (slot + 1) % MALI_TLB_RAM_RANGES;
    tlb->ram[slot] =
        (struct mali_tlb_ram){.pa = pa, .size = *avail, .host = host, .writable = *writable};
    return host;
}

/* --- misses ------------------------------------------------------------------ */
static enum mali_mem_result tlb_fault(uint8_t code, unsigned as, uint64_t va,
                                      enum mali_access access, uint16_t source_id,
                                      struct mali_fault *fault)
{
    *fault = (struct mali_fault){
        .code = code, .access = access, .as = as, .memory = true, .source_id = source_id, .va = va};
    return MALI_MEM_FAULT;
}

static void tlb_fill(struct mali_tlb *tlb, uint64_t key, uint8_t *host, unsigned allow)
{
    tlb->entry[mali_tlb_index(key)] =
        (struct mali_tlb_entry){.tag = key | (uint64_t)allow << 60, .host = host};
    tlb_count(&tlb->fills);
}

/*
 * Finds the host's memory for a translated page and remembers it. RAM that does
 * not cover the whole 4 KiB page (the host's layout may end anywhere) is used
 * but not remembered.
 */
static bool tlb_resolve(struct mali_tlb *tlb, uint64_t key, const struct mmu_walk *w,
                        enum mali_access access, void **ptr, uint64_t *avail)
{
    const struct mali_bus *bus = tlb->mmu->bus;
    uint64_t offset = w->pa & MALI_PAGE_MASK, left = MALI_PAGE_SIZE - offset, bytes;
    bool writes = TLB_WRITES >> access & 1, writable;
    uint8_t *page = mmu_ram(tlb, w->pa - offset, &bytes, &writable);
    bool whole = page && bytes >= MALI_PAGE_SIZE;
    uint8_t *host = whole ? page + offset : mmu_ram(tlb, w->pa, &bytes, &writable);

    if (!host || (writes && !writable))
        return false;
    *ptr = host;
    *avail = whole || bytes > left ? left : bytes;
    if (writes && whole)
        bus->ops->dirty(bus->opaque, w->pa - offset, MALI_PAGE_SIZE);
    else if (writes)
        bus->ops->dirty(bus->opaque, w->pa, *avail);
    if (whole && !inject_armed(tlb->mmu->bus->inject, INJECT_walk)) /* each access is an event then */
        tlb_fill(tlb, key, page, writes ? w->allow : w->allow & ~TLB_WRITES);
    return true;
}

/* Out of line: keeps a hit in mali_mem_ptr() free of this function's frame. */
__attribute__((noinline)) static enum mali_mem_result
tlb_miss(struct mali_tlb *tlb, unsigned as, uint64_t va, enum mali_access access,
         uint16_t source_id, void **ptr, uint64_t *avail, struct mali_fault *fault)
{
    struct mali_mmu *mmu = tlb->mmu;
    struct inject_hit hit;
    struct mmu_walk w;

    if (as >= MALI_AS_COUNT)
        return tlb_fault(MALI_TRANSLATION_FAULT_0, as, va, access, source_id, fault);
    if (mmu_locked(&mmu->as[as], va))
        return MALI_MEM_STALL;
    if (INJECT(mmu->bus->inject, walk, &hit, .as = as, .va = va, .access = access)) {
        if (hit.fault != FAULT_flip_pte)
            return tlb_fault((uint8_t)(hit.arg + hit.param[0]), as, va, access, source_id, fault);
        tlb->flip = 1ull << hit.param[0];
    }
    uint8_t code = mmu_walk(tlb, &mmu->active[as], va, &w);
    tlb->flip = 0;
    tlb_count(&tlb->walks);
    if (!code && !(w.allow >> access & 1))
        code = MALI_PERM_FAULT_0 + w.level;
    if (!code && !tlb_resolve(tlb, mali_tlb_key(as, va), &w, access, ptr, avail))
        code = MALI_GPU_BUS_FAULT;
    if (tlb->watch && (!code || code == MALI_PERM_FAULT_0 + w.level))
        tlb->watch->touched(tlb->watch, as, va & ~MALI_PAGE_MASK, w.pa & ~MALI_PAGE_MASK, w.allow,
                            access);
    if (mmu->trace)
        mali_trace_emit(mmu->trace, MALI_EV_mmu_walk, mali_fault_name(code), as, va, w.pa, 0);
    return code ? tlb_fault(code, as, va, access, source_id, fault) : MALI_MEM_OK;
}

enum mali_mem_result mali_mem_ptr(struct mali_tlb *tlb, unsigned as, uint64_t va,
                                  enum mali_access access, uint16_t source_id, void **ptr,
                                  uint64_t *avail, struct mali_fault *fault)
{
    void *host = mali_tlb_probe(tlb, as, va, access);

    if (!host)
        return tlb_miss(tlb, as, va, access, source_id, ptr, avail, fault);
    *ptr = host;
    *avail = MALI_PAGE_SIZE - (va & MALI_PAGE_MASK);
    return MALI_MEM_OK;
}

/* --- dropping, at safe points -------------------------------------------------- */
static void tlb_drop(struct mali_tlb *tlb, unsigned as, uint64_t start, uint64_t end)
{
    uint64_t first = mali_tlb_key(as, start), pages = (end - start) >> MALI_PAGE_SHIFT;

    if (pages >= MALI_TLB_ENTRIES) {
        for (unsigned i = 0; i < MALI_TLB_ENTRIES; i++) {
            struct mali_tlb_entry *e = &tlb->entry[i];
            uint64_t va = (e->tag & ((1ull << 52) - 1)) << MALI_PAGE_SHIFT;
            if ((e->tag >> 52 & 255) == as && va - start < end - start)
                e->tag = 0;
        }
        return;
    }
    for (uint64_t key = first; key < first + pages; key++) {
        struct mali_tlb_entry *e = &tlb->entry[mali_tlb_index(key)];
        if ((e->tag & MALI_TLB_KEY) == key)
            e->tag = 0;
    }
}

void mmu_tlbs_drop(struct mali_mmu *mmu, unsigned as, uint64_t start, uint64_t end)
{
    pthread_mutex_lock(&mmu->tlbs_lock);
    for (struct mali_tlb *t = mmu->tlbs; t; t = t->next)
        tlb_drop(t, as, start, end);
    pthread_mutex_unlock(&mmu->tlbs_lock);
    mmu->invalidations++;
}

void mali_mmu_invalidate_all(struct mali_mmu *mmu)
{
    pthread_mutex_lock(&mmu->tlbs_lock);
    for (struct mali_tlb *t = mmu->tlbs; t; t = t->next) {
        memset(t->entry, 0, sizeof(t->entry));
        memset(t->ram, 0, sizeof(t->ram));
    }
    pthread_mutex_unlock(&mmu->tlbs_lock);
    mmu->invalidations++;
}

/* Translations stay: only the next write of each page must tell the host again. */
void mali_mmu_invalidate_writable(struct mali_mmu *mmu)
{
    pthread_mutex_lock(&mmu->tlbs_lock);
    for (struct mali_tlb *t = mmu->tlbs; t; t = t->next)
        for (unsigned i = 0; i < MALI_TLB_ENTRIES; i++)
            t->entry[i].tag &= ~((uint64_t)TLB_WRITES << 60);
    pthread_mutex_unlock(&mmu->tlbs_lock);
}
