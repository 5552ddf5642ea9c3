/*
 * A stream's state as data: start, hostile checks, status words, and entry
 * into the tiler-OOM handler.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

void cs_init(struct cs_state *st, uint64_t ring_base, uint32_t ring_size, uint64_t extract)
{
    memset(st, 0, sizeof(*st));
    st->ring_base = ring_base;
    st->ring_size = ring_size;
    st->extract = st->insert = extract;
}

static bool frames_valid(const struct cs_state *st)
{
    if (st->in_handler > CS_CALL_DEPTH)
        return false;
    /* The handler's own frame lies above the depth that it interrupted. */
    if (st->in_handler && st->depth < st->in_handler)
        return false;
    if (st->depth > CS_CALL_DEPTH - 1u + st->in_handler || st->depth >= CS_FRAMES)
        return false;
    for (unsigned i = 1; i <= st->depth; i++)
        if ((st->stack[i].ip | st->stack[i].end) & 7)
            return false;
    return true;
}

static bool deferred_valid(const struct cs_deferred *d)
{
    unsigned op = d->word >> 56;
    bool wide = op == CS_OP_SYNC_ADD64 || op == CS_OP_SYNC_SET64;

    switch (op) {
    case CS_OP_SYNC_ADD32:
    case CS_OP_SYNC_SET32:
    case CS_OP_SYNC_ADD64:
    case CS_OP_SYNC_SET64:
        if (d->op[0] & (wide ? 7 : 3))
            return false;
        break;
    case CS_OP_STORE_STATE:
        if (d->op[0] & 3)
            return false;
        break;
    case CS_OP_FLUSH_CACHE2:
    case CS_OP_HEAP_OPERATION:
    case CS_OP_FINISH_FRAGMENT:
        break;
    default:
        return false;
    }
    return !cs_word_problem(d->word) && !(d->wait_mask & ~CS_SB_MASK) && d->signal < CS_SB_COUNT;
}

static bool scoreboard_valid(const struct cs_state *st)
{
    uint32_t held[CS_SB_COUNT] = {0};

    if (st->deferred_count > CS_DEFERRED_MAX)
        return false;
    for (unsigned i = 0; i < st->deferred_count; i++) {
        if (!deferred_valid(&st->deferred[i]))
            return false;
        held[st->deferred[i].signal]++;
    }
    for (unsigned i = 0; i < CS_SB_COUNT; i++)
        if (st->sb_count[i] < held[i] || st->sb_count[i] > CS_SB_LIMIT)
            return false;
    return true;
}

bool cs_state_valid(const struct cs_state *st)
{
    return frames_valid(st) && scoreboard_valid(st) && st->sb_endpoint < CS_SB_COUNT &&
           st->sb_other < CS_SB_COUNT && st->blocked <= CS_BLOCKED_FLUSH &&
           !(st->wait_mask & ~CS_SB_MASK) && st->wait_cond <= 1 && st->wait_64 <= 1 &&
           st->wait_reject <= 1 && st->wait_protm <= 1 && !(st->resources & ~0xfu) &&
           !((st->handler_va | st->handler_len) & 7) && !(st->extract & 7) &&
           !(st->error & ~0xffffu);
    /* The ring itself is checked by cs_run(): the host may give a new one. */
}

static uint64_t current_ip(const struct cs_state *st)
{
    if (st->depth)
        return st->stack[st->depth].ip;
    return st->ring_base + (st->ring_size ? st->extract & (st->ring_size - 1) : 0);
}

bool cs_enter_oom_handler(struct cs_state *st)
{
    if (!st->handler_va || !st->handler_len || st->in_handler)
        return false;
    st->handler_ret_ip = current_ip(st);
    st->oom_token = st->job_token; /* the handler runs jobs of its own */
    st->job_token = 0;
    st->in_handler = (uint8_t)(st->depth + 1);
    st->depth++;
    st->stack[st->depth] = (struct cs_frame){st->handler_va, st->handler_va + st->handler_len};
    st->blocked = CS_UNBLOCKED; /* what blocked runs again afterwards */
    return true;
}

enum cs_oom_next cs_oom_answer(struct cs_state *st, uint64_t first, uint64_t last)
{
    st->grant_first = first;
    st->grant_last = last;
    if (first)
        return CS_OOM_RUN;
    /* What panthor expects of the firmware; source: panthor_sched.c, group_process_tiler_oom() */
    if (st->heap_vt_end != st->heap_frag_end && !st->in_handler)
        return CS_OOM_WAIT;
    return cs_enter_oom_handler(st) ? CS_OOM_RUN : CS_OOM_FATAL;
}

/* Bits of CS_STATUS_WAIT; source: panthor_fw.h */
#define WAIT_SB_SRC_WAIT  (8u << 16)
#define WAIT_SYNC_COND(c) ((uint32_t)(c) << 24)
#define WAIT_PROGRESS     (1u << 28)
#define WAIT_PROTM        (1u << 29)
#define WAIT_SYNC_64B     (1u << 30)
#define WAIT_SYNC         (1u << 31)

void cs_get_status(const struct cs_state *st, struct cs_status *out)
{
    memset(out, 0, sizeof(*out));
    out->cmd_ptr = current_ip(st);
    out->req_resource = st->resources;
    out->scoreboards = cs_outstanding(st);
    out->blocked = st->blocked;
    if (st->wait_protm)
        out->wait |= WAIT_PROTM;
    switch (st->blocked) {
    case CS_BLOCKED_SCOREBOARD:
        out->wait |= (st->wait_mask & 0xffff) | WAIT_SB_SRC_WAIT;
        break;
    case CS_BLOCKED_PROGRESS:
        out->wait |= WAIT_PROGRESS;
        out->sync_value = st->wait_ref;
        break;
    case CS_BLOCKED_SYNC:
        out->wait |= WAIT_SYNC | WAIT_SYNC_COND(st->wait_cond) | (st->wait_64 ? WAIT_SYNC_64B : 0);
        out->sync_pointer = st->wait_va;
        out->sync_value = st->wait_ref;
        break;
    }
}
