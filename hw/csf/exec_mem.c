/*
 * Loads, stores, stored state, cache flushes, trace points.
 *
 * Alignment. The CS accesses 32-bit words; what a misaligned address does is
 * not public: the model ends the stream with CS_INSTR_INVALID (guess). Loads
 * and stores complete at once, so their scoreboard entry is never outstanding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

enum mali_mem_result cs_map_span(struct cs_ctx *c, uint64_t va, unsigned words,
                                 enum mali_access access, struct cs_span *span)
{
    uint64_t room = (MALI_PAGE_SIZE - (va & MALI_PAGE_MASK)) / 4;
    void *ptr;
    enum mali_mem_result r = cs_map(c, va, access, &ptr);

    span->first = ptr;
    span->second = NULL;
    span->split = words;
    if (r != MALI_MEM_OK || words <= room)
        return r;
    span->split = (unsigned)room;
    r = cs_map(c, va + room * 4, access, &ptr);
    span->second = ptr;
    return r;
}

/*
 * As many words as the mask names registers, packed. Inferred from panvk, which resets words 16 to
 * 31 of a tiler context with two stores of the eight registers 0, 1, 10..15, at words 16 and 24:
 * with gaps they would reach into the framebuffer descriptor behind it. Arm's LDM and STM do
 * likewise; Mesa's decoder leaves gaps, but no driver has a mask with gaps elsewhere.
 */
static enum cs_next map_multiple(struct cs_ctx *c, uint64_t w, enum mali_access access,
                                 struct cs_span *span)
{
    unsigned mask = cs_wait_mask(w); /* the same bits hold the register mask here */
    unsigned high = 31 - (unsigned)__builtin_clz(mask);
    uint64_t va = cs_d(c->st, cs_r40(w)) + (uint64_t)(int64_t)(int16_t)w;

    if (cs_r48(w) + high >= CS_REG_COUNT)
        return cs_invalid(c, w, "no such register");
    if (va & 3)
        return cs_invalid(c, w, "the address is not a multiple of 4");

    enum mali_mem_result r = cs_map_span(c, va, (unsigned)__builtin_popcount(mask), access, span);
    return r == MALI_MEM_OK ? CS_NEXT : cs_memory_stop(c, r);
}

/*
 * Runs in the error state as well. Inferred from panvk: its streams take the addresses that later
 * SYNC_ADD64s with error_propagate and STORE_STATEs name from memory, behind jobs that may have
 * failed.
 */
enum cs_next cs_LOAD_MULTIPLE(struct cs_ctx *c, uint64_t w)
{
    unsigned mask = cs_wait_mask(w), base = cs_r48(w);
    struct cs_span span;
    enum cs_next next;

    if (!mask)
        return CS_NEXT;
    next = map_multiple(c, w, MALI_ACCESS_READ, &span);
    for (unsigned i = 0; next == CS_NEXT && mask; mask &= mask - 1, i++)
        c->st->regs[base + (unsigned)__builtin_ctz(mask)] = cs_ld32(cs_span_word(&span, i));
    return next;
}

enum cs_next cs_STORE_MULTIPLE(struct cs_ctx *c, uint64_t w)
{
    unsigned mask = cs_wait_mask(w), base = cs_r48(w);
    struct cs_span span;
    enum cs_next next;

    if (!mask || c->st->error)
        return CS_NEXT;
    next = map_multiple(c, w, MALI_ACCESS_WRITE, &span);
    for (unsigned i = 0; next == CS_NEXT && mask; mask &= mask - 1, i++)
        cs_st32(cs_span_word(&span, i), c->st->regs[base + (unsigned)__builtin_ctz(mask)]);
    return next;
}

/* --- STORE_STATE ------------------------------------------------------------- */

enum { STATE_TIMESTAMP, STATE_CYCLES, STATE_DISJOINT, STATE_ERROR };

static unsigned state_kind(uint64_t w)
{
    return (w >> 32) & 3;
}

/* Runs in the error state as well: reporting the error is what one of its states is for. */
enum cs_next cs_STORE_STATE(struct cs_ctx *c, uint64_t w)
{
    uint64_t va = cs_d(c->st, cs_r40(w)) + (uint64_t)(int64_t)(int16_t)w;

    if (va & 3)
        return cs_invalid(c, w, "the address is not a multiple of 4");
    return cs_issue(c, w, (uint64_t[3]){va}, false);
}

enum cs_next cs_do_store_state(struct cs_ctx *c, const struct cs_deferred *d)
{
    const struct cs_env *env = c->env;
    unsigned kind = state_kind(d->word);
    struct cs_span span;
    uint64_t val = 0;
    /* panvk stores the error status into the second word of an 8-byte object: 32 bits. */
    enum mali_mem_result r =
        cs_map_span(c, d->op[0], kind == STATE_ERROR ? 1 : 2, MALI_ACCESS_WRITE, &span);

    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    if (kind == STATE_TIMESTAMP)
        val = env->bus->ops->counter(env->bus->opaque);
    else if (kind == STATE_CYCLES)
        val = env->ops->cycles ? env->ops->cycles(env->opaque) : 0;
    else if (kind == STATE_ERROR)
        val = c->st->error;
    if (kind != STATE_ERROR && !(d->op[0] & 7)) {
        __atomic_store_n((uint64_t *)span.first, val, __ATOMIC_RELAXED);
        return CS_NEXT;
    }
    cs_st32(cs_span_word(&span, 0), (uint32_t)val);
    if (kind != STATE_ERROR)
        cs_st32(cs_span_word(&span, 1), (uint32_t)(val >> 32));
    return CS_NEXT;
}

/* --- caches ------------------------------------------------------------------- */

enum cs_next cs_FLUSH_CACHE2(struct cs_ctx *c, uint64_t w)
{
    if (c->st->error)
        return CS_NEXT;
    return cs_issue(c, w, (uint64_t[3]){c->st->regs[cs_r40(w)]}, true);
}

/* Whether a newer flush makes this one superfluous is for ops->flush to say: it owns the id. */
enum cs_next cs_do_flush(struct cs_ctx *c, const struct cs_deferred *d)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (c->env->ops->flush)
        c->env->ops->flush(c->env->opaque, d->word & 0x3ff, (uint32_t)d->op[0]);
    return CS_NEXT;
}

/* --- trace points --------------------------------------------------------------- */

enum cs_next cs_TRACE_POINT(struct cs_ctx *c, uint64_t w)
{
    mali_log(c->env->bus, MALI_LOG_UNIMP,
             "TRACE_POINT: the format of the instruction trace buffer is not known");
    return cs_invalid(c, w, "TRACE_POINT is not modelled");
}
