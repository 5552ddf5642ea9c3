/*
 * The tiler heap's chunks as the tiler takes them: from the list of free chunks in the heap
 * context, which at first is the chain that the heap's descriptor names. What a pass has taken
 * stands in its tiler context ("completed top" and "completed bottom", which command streams hand
 * to FINISH_FRAGMENT) and is chained.
 *
 * Nothing is kept in the chunks but their headers: lists and vertices are in the host's memory
 * (gfx_pass.c). Layouts: v10.xml (Tiler Heap, Tiler Context), panthor_heap.c (chunk header),
 * csf/exec_heap.c (heap context).
 *
 * Called by gfx_idvs.c. Calls core.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gfx.h"

#define CHUNK_HEADER 64u
#define CHUNK_PAGES  0xfffull

enum { TILER_HEAP = 24, TILER_TOP = 40 }; /* offsets in the tiler context */

/* The heap context; 24 of its 32 bytes. */
struct context {
    uint64_t free; /* address | pages; 0: none */
    uint32_t counters[3];
    uint32_t flags; /* bit 0: the descriptor's chain has been taken */
};

/* The chain that the kernel made with the heap. */
static enum mali_mem_result first_chain(struct core *k, const struct gfx_pass *pass,
                                        uint64_t *chunk)
{
    uint64_t va, base;
    uint32_t w[8];
    enum mali_mem_result r = core_read(k, pass->tiler + TILER_HEAP, &va, sizeof(va));

    if (r == MALI_MEM_OK)
        r = core_read(k, va, w, sizeof(w));
    if (r != MALI_MEM_OK)
        return r;
    base = w[2] | (uint64_t)w[3] << 32;
    if ((w[0] & 0xff) != (2 << 4 | 9) || (base & CHUNK_PAGES) ||
        w[1] >> 12 > CHUNK_PAGES) /* buffer, tiler heap */
        return core_fault(k, MALI_DATA_INVALID_FAULT, va);
    *chunk = base ? base | w[1] >> 12 : 0;
    return MALI_MEM_OK;
}

/*
 * Moves the first free chunk to the pass. The context's list changes last: a stall repeats the
 * rest, which writes the same again.
 */
static enum mali_mem_result take_chunk(struct core *k, struct gfx_pass *pass, uint64_t heap,
                                       bool *empty)
{
    struct context ctx;
    uint64_t chunk, next, ends[2];
    enum mali_mem_result r = core_read(k, heap, &ctx, sizeof(ctx));

    if (r == MALI_MEM_OK && !(ctx.flags & 1) && !ctx.free)
        r = first_chain(k, pass, &ctx.free);
    chunk = ctx.free;
    *empty = r == MALI_MEM_OK && !(chunk & ~CHUNK_PAGES);
    if (r != MALI_MEM_OK || *empty)
        return r;
    if (!(chunk & CHUNK_PAGES))
        return core_fault(k, MALI_DATA_INVALID_FAULT, chunk);
    r = core_read(k, chunk & ~CHUNK_PAGES, &next, sizeof(next));
    if (r == MALI_MEM_OK && pass->heap.last)
        r = core_write(k, pass->heap.last & ~CHUNK_PAGES, &chunk, sizeof(chunk));
    ends[0] = pass->heap.first ? pass->heap.first : chunk;
    ends[1] = chunk;
    if (r == MALI_MEM_OK)
        r = core_write(k, pass->tiler + TILER_TOP, ends, sizeof(ends));
    ctx.free = next;
    ctx.flags |= 1;
    if (r == MALI_MEM_OK)
        r = core_write(k, heap, &ctx, sizeof(ctx));
    if (r != MALI_MEM_OK)
        return r;
    pass->heap.first = ends[0];
    pass->heap.last = chunk;
    pass->heap.left = ((chunk & CHUNK_PAGES) << 12) - CHUNK_HEADER;
    return MALI_MEM_OK;
}

enum mali_mem_result gfx_heap_take(struct core *k, struct gfx_pass *pass, uint64_t heap,
                                   uint64_t *need)
{
    bool empty = false;

    *need += pass->heap.owed;
    pass->heap.owed = 0;
    if (!heap)
        *need = 0;
    while (*need && !empty) {
        uint64_t now = *need < pass->heap.left ? *need : pass->heap.left;

        pass->heap.left -= now;
        *need -= now;
        if (*need) {
            enum mali_mem_result r = take_chunk(k, pass, heap, &empty);
            if (r != MALI_MEM_OK)
                return r;
        }
    }
    return MALI_MEM_OK;
}
