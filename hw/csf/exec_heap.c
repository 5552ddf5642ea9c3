/*
 * The tiler heap as the command stream sees it: which heap context, the three
 * counters that the kernel weighs when the tiler runs out of memory, and the
 * return of chunks.
 *
 * The kernel hands over a zeroed 32-byte context and never looks into it; a
 * chunk begins with the address of the next one, whose low 12 bits hold the
 * chunk's size in pages. The context's layout is the firmware's own, so the
 * model chooses: the first 64-bit word is the head of the list of returned
 * chunks. Source: panthor_heap.c 6.12; the list is ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

enum { HEAP_VT_START, HEAP_VT_END, HEAP_FRAG_END = 3 };

enum cs_next cs_HEAP_SET(struct cs_ctx *c, uint64_t w)
{
    if (!c->st->error)
        c->st->heap = cs_d(c->st, cs_r40(w));
    return CS_NEXT;
}

enum cs_next cs_HEAP_OPERATION(struct cs_ctx *c, uint64_t w)
{
    if (c->st->error)
        return CS_NEXT;
    return cs_issue(c, w, (uint64_t[3]){0}, false);
}

enum cs_next cs_FINISH_FRAGMENT(struct cs_ctx *c, uint64_t w)
{
    struct cs_state *st = c->st;
    uint64_t first = cs_d(st, cs_r40(w)), last = cs_d(st, cs_r32(w));

    if (st->error)
        return CS_NEXT;
    return cs_issue(c, w, (uint64_t[3]){first, last, st->heap}, false);
}

/* Puts the chunks first..last, already chained, in front of the heap's free list. */
static enum mali_mem_result return_chunks(struct cs_ctx *c, uint64_t first, uint64_t last,
                                          uint64_t heap)
{
    const uint64_t low = 0xfff; /* size of the chunk, not address */
    const struct cs_env *env = c->env;
    struct inject_hit hit;
    void *head, *next;
    enum mali_mem_result r;

    if (!(first & ~low) || !(last & ~low))
        return MALI_MEM_OK; /* this pass used no chunk */
    r = cs_map(c, heap & ~7ull, MALI_ACCESS_WRITE, &head);
    if (r == MALI_MEM_OK)
        r = cs_map(c, last & ~low, MALI_ACCESS_WRITE, &next);
    if (r != MALI_MEM_OK)
        return r;
    if (INJECT(env->bus->inject, chunk, &hit, .group = env->csg, .queue = env->cs, .as = env->as,
               .va = first & ~low))
        first ^= 1ull << hit.param[0];
    __atomic_store_n((uint64_t *)next, __atomic_load_n((uint64_t *)head, __ATOMIC_RELAXED),
                     __ATOMIC_RELAXED);
    __atomic_store_n((uint64_t *)head, first, __ATOMIC_RELAXED);
    return MALI_MEM_OK;
}

enum cs_next cs_do_heap(struct cs_ctx *c, const struct cs_deferred *d)
{
    struct cs_state *st = c->st;

    if (d->word >> 56 == CS_OP_FINISH_FRAGMENT) {
        enum mali_mem_result r = return_chunks(c, d->op[0], d->op[1], d->op[2]);
        if (r != MALI_MEM_OK)
            return cs_memory_stop(c, r);
        st->heap_frag_end += d->word & 1;
        return CS_NEXT;
    }
    switch ((d->word >> 32) & 3) {
    case HEAP_VT_START:
        st->heap_vt_start++;
        break;
    case HEAP_VT_END:
        st->heap_vt_end++;
        break;
    case HEAP_FRAG_END:
        st->heap_frag_end++;
        break;
    }
    return CS_NEXT;
}
