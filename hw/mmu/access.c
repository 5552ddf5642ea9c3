/*
 * Reads, writes, fetches and copies through the translation, a page at a time.
 * Called by csf, mcu and pipeline; uses the TLB.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mmu_internal.h"

#include <string.h>

/*
 * A stall must leave nothing done, so a transfer that reaches into the held
 * region stalls before its first byte. (A fault on an earlier page is then
 * found after the region is released.)
 */
static bool access_stalls(const struct mali_tlb *tlb, unsigned as, uint64_t va, size_t len)
{
    if (as >= MALI_AS_COUNT || !len)
        return false;
    const struct mali_as_state *s = &tlb->mmu->as[as];

    return s->lock_start != s->lock_end && va < s->lock_end &&
           (va >= s->lock_start || s->lock_start - va < len);
}

static enum mali_mem_result access_in(struct mali_tlb *tlb, unsigned as, uint64_t va, uint8_t *buf,
                                      size_t len, enum mali_access access, uint16_t source_id,
                                      struct mali_fault *fault)
{
    if (access_stalls(tlb, as, va, len))
        return MALI_MEM_STALL;
    while (len) {
        void *p;
        uint64_t avail;
        enum mali_mem_result r = mali_tlb_ptr(tlb, as, va, access, source_id, &p, &avail, fault);
        if (r != MALI_MEM_OK)
            return r;
        size_t n = avail < len ? avail : len;
        memcpy(buf, p, n);
        buf += n;
        va += n;
        len -= n;
    }
    return MALI_MEM_OK;
}

enum mali_mem_result mali_mem_read(struct mali_tlb *tlb, unsigned as, uint64_t va, void *buf,
                                   size_t len, uint16_t source_id, struct mali_fault *fault)
{
    return access_in(tlb, as, va, buf, len, MALI_ACCESS_READ, source_id, fault);
}

enum mali_mem_result mali_mem_fetch(struct mali_tlb *tlb, unsigned as, uint64_t va, void *buf,
                                    size_t len, uint16_t source_id, struct mali_fault *fault)
{
    return access_in(tlb, as, va, buf, len, MALI_ACCESS_EXECUTE, source_id, fault);
}

enum mali_mem_result mali_mem_write(struct mali_tlb *tlb, unsigned as, uint64_t va, const void *buf,
                                    size_t len, uint16_t source_id, struct mali_fault *fault)
{
    const uint8_t *from = buf;

    if (access_stalls(tlb, as, va, len))
        return MALI_MEM_STALL;
    while (len) {
        void *p;
        uint64_t avail;
        enum mali_mem_result r =
            mali_tlb_ptr(tlb, as, va, MALI_ACCESS_WRITE, source_id, &p, &avail, fault);
        if (r != MALI_MEM_OK)
            return r;
        size_t n = avail < len ? avail : len;
        memcpy(p, from, n);
        from += n;
        va += n;
        len -= n;
    }
    return MALI_MEM_OK;
}

/*
 * Pages that follow each other in the host on both sides are copied together:
 * memcpy is faster on long runs. What a copy between overlapping buffers leaves
 * in the destination is undefined; it never touches anything else.
 */
#define COPY_RUN (64ull << 20)

enum mali_mem_result mali_mem_copy(struct mali_tlb *tlb, unsigned dst_as, uint64_t dst,
                                   unsigned src_as, uint64_t src, size_t len, uint16_t source_id,
                                   struct mali_fault *fault)
{
    uint8_t *to = NULL, *from = NULL; /* the run so far: @run bytes that are still to be copied */
    size_t run = 0;
    enum mali_mem_result r = MALI_MEM_OK;

    if (access_stalls(tlb, src_as, src, len) || access_stalls(tlb, dst_as, dst, len))
        return MALI_MEM_STALL;
    while (len) {
        void *p, *q;
        uint64_t p_avail, q_avail;
        r = mali_tlb_ptr(tlb, src_as, src, MALI_ACCESS_READ, source_id, &p, &p_avail, fault);
        if (r != MALI_MEM_OK)
            break;
        r = mali_tlb_ptr(tlb, dst_as, dst, MALI_ACCESS_WRITE, source_id, &q, &q_avail, fault);
        if (r != MALI_MEM_OK)
            break;
        size_t n = len;
        n = p_avail < n ? p_avail : n;
        n = q_avail < n ? q_avail : n;
        if (!run || from + run != p || to + run != q || run >= COPY_RUN) {
            if (run)
                memmove(to, from, run);
            to = q;
            from = p;
            run = 0;
        }
        run += n;
        src += n;
        dst += n;
        len -= n;
    }
    if (run)
        memmove(to, from, run);
    return r;
}
