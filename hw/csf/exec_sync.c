/*
 * Sync objects: a 32- or 64-bit value with an error word behind it, in memory
 * that other streams, groups and the kernel look at.
 *
 * The error word: v10.xml says that a status is written there, 1 for a fault.
 * The model writes it only in the error state and never clears it (inferred:
 * the kernel zeroes its objects once and takes "not zero" for a failure).
 * SYNC_WAIT's flag is called error reject; Mesa's decoder prints it as
 * "reject", and "inherit" when it is clear: so a clear flag takes the error
 * over (CS_INHERIT_FAULT) and a set one does not. A misaligned object ends the
 * stream with CS_INSTR_INVALID (guess).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

static bool is_64(uint64_t w)
{
    return w >> 56 >= CS_OP_SYNC_ADD64;
}

static bool is_add(uint64_t w)
{
    unsigned op = w >> 56;

    return op == CS_OP_SYNC_ADD32 || op == CS_OP_SYNC_ADD64;
}

static uint64_t error_word(uint64_t w, uint64_t va)
{
    return va + (is_64(w) ? 8 : 4);
}

/* --- SYNC_ADD, SYNC_SET ------------------------------------------------------- */

static enum cs_next sync_update(struct cs_ctx *c, uint64_t w)
{
    uint64_t va = cs_d(c->st, cs_r40(w));
    uint64_t data = is_64(w) ? cs_d(c->st, cs_r32(w)) : c->st->regs[cs_r32(w)];

    if (va & (is_64(w) ? 7 : 3))
        return cs_invalid(c, w, "the sync object is not aligned");
    return cs_issue(c, w, (uint64_t[3]){va, data}, false);
}

enum cs_next cs_SYNC_ADD32(struct cs_ctx *c, uint64_t w)
{
    return sync_update(c, w);
}
enum cs_next cs_SYNC_SET32(struct cs_ctx *c, uint64_t w)
{
    return sync_update(c, w);
}
enum cs_next cs_SYNC_ADD64(struct cs_ctx *c, uint64_t w)
{
    return sync_update(c, w);
}
enum cs_next cs_SYNC_SET64(struct cs_ctx *c, uint64_t w)
{
    return sync_update(c, w);
}

static uint64_t apply(uint64_t w, void *ptr, uint64_t data)
{
    if (is_64(w)) {
        if (is_add(w))
            return __atomic_add_fetch((uint64_t *)ptr, data, __ATOMIC_SEQ_CST);
        __atomic_store_n((uint64_t *)ptr, data, __ATOMIC_SEQ_CST);
        return data;
    }
    if (is_add(w))
        return __atomic_add_fetch((uint32_t *)ptr, (uint32_t)data, __ATOMIC_SEQ_CST);
    __atomic_store_n((uint32_t *)ptr, (uint32_t)data, __ATOMIC_SEQ_CST);
    return data;
}

enum cs_next cs_do_sync(struct cs_ctx *c, const struct cs_deferred *d)
{
    const struct cs_env *env = c->env;
    uint64_t w = d->word, va = d->op[0], val;
    struct inject_hit hit;
    void *ptr, *err = NULL;
    /* Both words are mapped before either is written: a stall must leave nothing behind. */
    enum mali_mem_result r =
        cs_map(c, va, is_add(w) ? MALI_ACCESS_ATOMIC : MALI_ACCESS_WRITE, &ptr);

    if (r == MALI_MEM_OK && (w & 1) && c->st->error)
        r = cs_map(c, error_word(w, va), MALI_ACCESS_WRITE, &err);
    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    if (INJECT(env->bus->inject, sync, &hit, .group = env->csg, .queue = env->cs, .as = env->as,
               .va = va))
        return CS_NEXT;
    if (err)
        cs_st32(err, 1);
    val = apply(w, ptr, d->op[1]);
    mali_trace_emit(env->trace, MALI_EV_cs_sync, cs_insn_by_opcode(w >> 56)->name, va, val, 0, 0);
    if (env->ops->sync_update)
        env->ops->sync_update(env->opaque, va, !((w >> 1) & 3));
    return CS_NEXT;
}

/* --- SYNC_WAIT ------------------------------------------------------------------ */

/* The wait is over: an error of the object becomes ours, unless it is rejected. */
static enum cs_next inherit(struct cs_ctx *c, uint64_t w, uint64_t va)
{
    void *err;

    if (w & 1)
        return CS_NEXT;
    enum mali_mem_result r = cs_map(c, error_word(w, va), MALI_ACCESS_READ, &err);
    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    if (!cs_ld32(err))
        return CS_NEXT;
    return cs_recoverable(
        c, &(struct mali_fault){.code = MALI_CS_INHERIT_FAULT, .as = c->env->as, .info = va});
}

static enum cs_next sync_wait(struct cs_ctx *c, uint64_t w)
{
    struct cs_state *st = c->st;
    bool wide = is_64(w), greater = (w >> 28) & 1;
    uint64_t va = cs_d(st, cs_r40(w)), ref, val;
    void *ptr;

    ref = wide ? cs_d(st, cs_r32(w)) : st->regs[cs_r32(w)];
    if (va & (wide ? 7 : 3))
        return cs_invalid(c, w, "the sync object is not aligned");
    enum mali_mem_result r = cs_map(c, va, MALI_ACCESS_READ, &ptr);
    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    val = wide ? __atomic_load_n((uint64_t *)ptr, __ATOMIC_SEQ_CST)
               : __atomic_load_n((uint32_t *)ptr, __ATOMIC_SEQ_CST);
    if (greater ? val > ref : val <= ref)
        return inherit(c, w, va);

    st->wait_va = va;
    st->wait_ref = ref;
    st->wait_cond = greater;
    st->wait_64 = wide;
    st->wait_reject = w & 1;
    mali_trace_emit(c->env->trace, MALI_EV_cs_sync, cs_insn_by_opcode(w >> 56)->name, va, val, 0,
                    0);
    return cs_block(c, CS_BLOCKED_SYNC);
}

enum cs_next cs_SYNC_WAIT32(struct cs_ctx *c, uint64_t w)
{
    return sync_wait(c, w);
}
enum cs_next cs_SYNC_WAIT64(struct cs_ctx *c, uint64_t w)
{
    return sync_wait(c, w);
}
