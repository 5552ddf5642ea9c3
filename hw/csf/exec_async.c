/*
 * Asynchronous operations: those with a wait mask run when the entries of the
 * mask are zero, which may be long after the stream has gone on.
 *
 * An operation raises its signal entry when it is issued, before it waits, so
 * one that waits for its own entry never runs (cs_builder.h asserts against
 * it). It waits for jobs in flight and for operations deferred before it, not
 * for those deferred after it (inferred: a counter cannot tell, but a later
 * operation that waits for an earlier one must not lock both).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

uint32_t cs_outstanding(const struct cs_state *st)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < CS_SB_COUNT; i++)
        mask |= (uint32_t)(st->sb_count[i] != 0) << i;
    return mask;
}

static enum cs_next perform(struct cs_ctx *c, const struct cs_deferred *d)
{
    switch (d->word >> 56) {
    case CS_OP_FLUSH_CACHE2:
        return cs_do_flush(c, d);
    case CS_OP_STORE_STATE:
        return cs_do_store_state(c, d);
    case CS_OP_HEAP_OPERATION:
    case CS_OP_FINISH_FRAGMENT:
        return cs_do_heap(c, d);
    default:
        return cs_do_sync(c, d);
    }
}

enum cs_next cs_issue(struct cs_ctx *c, uint64_t w, const uint64_t op[3], bool always)
{
    struct cs_state *st = c->st;
    uint32_t mask = cs_wait_mask(w), signal = cs_signal(w);
    bool async = always || mask;

    if (mask & ~CS_SB_MASK)
        return cs_invalid(c, w, "the wait mask names no scoreboard entry");
    if (async && signal >= CS_SB_COUNT)
        return cs_invalid(c, w, "no such scoreboard entry to signal");

    struct cs_deferred d = {w, c->ip, {op[0], op[1], op[2]}, mask, async ? signal : CS_SB_NONE};
    uint32_t own = mask ? 1u << signal : 0;
    if (!(mask & (cs_outstanding(st) | own)))
        return perform(c, &d);
    if (st->deferred_count == CS_DEFERRED_MAX || st->sb_count[signal] >= CS_SB_LIMIT)
        return cs_block(c, CS_BLOCKED_DEFERRED);
    st->deferred[st->deferred_count++] = d;
    st->sb_count[signal]++;
    return CS_NEXT;
}

/* In the error state the same things are skipped that would have been skipped at issue. */
static bool skipped(const struct cs_state *st, const struct cs_deferred *d)
{
    unsigned op = d->word >> 56;

    return st->error &&
           (op == CS_OP_FLUSH_CACHE2 || op == CS_OP_HEAP_OPERATION || op == CS_OP_FINISH_FRAGMENT);
}

static void drop(struct cs_state *st, unsigned i)
{
    if (st->deferred[i].signal < CS_SB_COUNT)
        st->sb_count[st->deferred[i].signal]--;
    st->deferred_count--;
    memmove(&st->deferred[i], &st->deferred[i + 1],
            (st->deferred_count - i) * sizeof(st->deferred[0]));
}

/* Entries that operation @i must wait for: jobs in flight, earlier operations, itself. */
static uint32_t waits_for(const struct cs_state *st, unsigned i)
{
    uint32_t later[CS_SB_COUNT] = {0}, mask = 0;

    for (unsigned k = i + 1; k < st->deferred_count; k++)
        if (st->deferred[k].signal < CS_SB_COUNT)
            later[st->deferred[k].signal]++;
    for (unsigned e = 0; e < CS_SB_COUNT; e++)
        mask |= (uint32_t)(st->sb_count[e] != later[e]) << e;
    return mask & st->deferred[i].wait_mask;
}

/* CS_NEXT, or CS_HALT after a fault. */
enum cs_next cs_drain(struct cs_ctx *c, bool *stalled)
{
    struct cs_state *st = c->st;

    *stalled = false;
    for (unsigned i = 0; i < st->deferred_count;) {
        if (waits_for(st, i)) {
            i++;
            continue;
        }
        struct cs_deferred d = st->deferred[i];
        if (!skipped(st, &d)) {
            uint64_t ip = c->ip;
            c->ip = d.ip;
            enum cs_next next = perform(c, &d);
            c->ip = ip;
            if (next != CS_NEXT && c->stop == CS_STOP_STALL) {
                *stalled = true;
                i++;
                continue;
            }
            drop(st, i);
            if (next != CS_NEXT)
                return CS_HALT;
        } else {
            drop(st, i);
        }
        i = 0; /* it may have released an earlier one */
    }
    return CS_NEXT;
}
