/*
 * The tiler heap as the command stream sees it: which heap context, the three
 * counters that the kernel weighs when the tiler runs out of memory, and the
 * return of chunks.
 *
 * The kernel hands over a zeroed 32-byte context and never looks into it; a
 * chunk begins with the address of the next one, whose low 12 bits hold the
 * chunk's size in pages. The context's layout is the firmware's own, so the
 * model chooses, for all streams that share a heap:
 *     words 0, 1: head of the list of free chunks; 2: passes whose tiling began; 3: ended; 4: whose
 * fragment work ended; 5: bit 0: the first chunks have been taken from the heap's descriptor
 * (pipeline/gfx_heap.c) Source: panthor_heap.c 6.12; the layout is ours.
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
    return cs_issue(c, w, (uint64_t[3]){0, 0, c->st->heap}, false);
}

enum cs_next cs_FINISH_FRAGMENT(struct cs_ctx *c, uint64_t w)
{
    struct cs_state *st = c->st;
    uint64_t first = cs_d(st, cs_r40(w)), last = cs_d(st, cs_r32(w));

    if (st->error)
        return CS_NEXT;
    return cs_issue(c, w, (uint64_t[3]){first, last, st->heap}, false);
}

/* Words of the heap context. */
enum { HEAP_FREE = 0, HEAP_COUNTERS = 2, HEAP_WORDS = 6 };

static enum mali_mem_result map_context(struct cs_ctx *c, uint64_t heap, struct cs_span *span)
{
    return cs_map_span(c, heap & ~7ull, HEAP_WORDS, MALI_ACCESS_WRITE, span);
}

static void see_counters(struct cs_state *st, const struct cs_span *ctx)
{
    st->heap_vt_start = cs_ld32(cs_span_word(ctx, HEAP_COUNTERS + HEAP_VT_START));
    st->heap_vt_end = cs_ld32(cs_span_word(ctx, HEAP_COUNTERS + HEAP_VT_END));
    st->heap_frag_end = cs_ld32(cs_span_word(ctx, HEAP_COUNTERS + HEAP_FRAG_END - 1));
}

void cs_heap_counters(struct cs_ctx *c)
{
    struct cs_span ctx;

    if (c->st->heap && map_context(c, c->st->heap, &ctx) == MALI_MEM_OK)
        see_counters(c->st, &ctx);
}

/* One more of a counter. Without a heap the stream counts for itself. */
static enum mali_mem_result count(struct cs_ctx *c, unsigned which, uint64_t heap)
{
    struct cs_state *st = c->st;
    struct cs_span ctx;
    enum mali_mem_result r;

    if (!heap) {
        st->heap_vt_start += which == HEAP_VT_START;
        st->heap_vt_end += which == HEAP_VT_END;
        st->heap_frag_end += which == HEAP_FRAG_END;
        return MALI_MEM_OK;
    }
    r = map_context(c, heap, &ctx);
    if (r != MALI_MEM_OK)
        return r;
    __atomic_fetch_add(cs_span_word(&ctx, HEAP_COUNTERS + which - (which == HEAP_FRAG_END)), 1,
                       __ATOMIC_RELAXED);
    if (heap == st->heap)
        see_counters(st, &ctx);
    return MALI_MEM_OK;
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

enum cs_next cs_heap_accept(struct cs_ctx *c)
{
    struct cs_state *st = c->st;
    enum mali_mem_result r;

    if (!st->grant_first)
        return CS_NEXT;
    r = return_chunks(c, st->grant_first, st->grant_last, st->heap);
    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    st->grant_first = st->grant_last = 0;
    return CS_NEXT;
}

enum cs_next cs_do_heap(struct cs_ctx *c, const struct cs_deferred *d)
{
    bool finish = d->word >> 56 == CS_OP_FINISH_FRAGMENT;
    unsigned which = finish ? HEAP_FRAG_END : (d->word >> 32) & 3;
    struct cs_span ctx;
    enum mali_mem_result r = MALI_MEM_OK;

    if (finish) {
        if (d->word & 1 && d->op[2]) /* all or nothing: it may be repeated after a stall */
            r = map_context(c, d->op[2], &ctx);
        if (r == MALI_MEM_OK)
            r = return_chunks(c, d->op[0], d->op[1], d->op[2]);
    }
    if (r == MALI_MEM_OK && (!finish || d->word & 1))
        r = count(c, which, d->op[2]);
    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    if (finish)
        mali_pipeline_finish_fragment(c->env->pipeline, c->env->tlb, c->env->as, d->op[0]);
    if (c->env->ops->heap_update)
        c->env->ops->heap_update(c->env->opaque);
    return CS_NEXT;
}
