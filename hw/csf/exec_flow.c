/*
 * Control flow, scoreboard waits, resources, progress values, protected mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_alu.h"

enum cs_next cs_BRANCH(struct cs_ctx *c, uint64_t w)
{
    uint64_t ip = c->ip + 8;

    if (alu_condition((w >> 28) & 7, (int32_t)c->st->regs[cs_r40(w)]))
        ip += (uint64_t)(int64_t)(int16_t)w * 8;
    cs_save_ip(c, ip);
    return CS_FRAME;
}

enum cs_next cs_WAIT(struct cs_ctx *c, uint64_t w)
{
    uint32_t mask = (w >> 16) & CS_SB_MASK;

    if (mask & cs_outstanding(c->st)) {
        c->st->wait_mask = mask;
        return cs_block(c, CS_BLOCKED_SCOREBOARD);
    }
    c->st->progress_count += cs_progress_inc(w);
    return CS_NEXT;
}

enum cs_next cs_SET_SB_ENTRY(struct cs_ctx *c, uint64_t w)
{
    unsigned endpoint = w & 0xf, other = (w >> 4) & 0xf;

    if (endpoint >= CS_SB_COUNT || other >= CS_SB_COUNT)
        return cs_invalid(c, w, "no such scoreboard entry");
    c->st->sb_endpoint = (uint8_t)endpoint;
    c->st->sb_other = (uint8_t)other;
    return CS_NEXT;
}

/* Address and length registers of CALL, JUMP and SET_EXCEPTION_HANDLER. */
static const char *target(const struct cs_state *st, uint64_t w, uint64_t *va, uint32_t *len)
{
    *va = cs_d(st, cs_r40(w));
    *len = st->regs[cs_r32(w)];
    if (*va & 7)
        return "the address is not a multiple of 8";
    if (*len & 7)
        return "the length is not a multiple of 8";
    if (*va + *len < *va)
        return "the code wraps around the address space";
    return NULL;
}

enum cs_next cs_CALL(struct cs_ctx *c, uint64_t w)
{
    struct cs_state *st = c->st;
    uint64_t va;
    uint32_t len;
    const char *problem = target(st, w, &va, &len);
    /* A handler has a full stack above what it interrupted. */
    unsigned limit = CS_CALL_DEPTH - 1 + (st->in_handler ? st->in_handler : 0);

    if (problem)
        return cs_invalid(c, w, problem);
    if (st->depth >= limit)
        return cs_fatal(c, MALI_CS_CALL_STACK_OVERFLOW, c->ip);
    cs_save_ip(c, st->depth ? c->ip + 8 : c->ip); /* the ring stays at the CALL */
    st->depth++;
    st->stack[st->depth] = (struct cs_frame){va, va + len};
    return CS_FRAME;
}

enum cs_next cs_JUMP(struct cs_ctx *c, uint64_t w)
{
    struct cs_state *st = c->st;
    uint64_t va;
    uint32_t len;
    const char *problem = target(st, w, &va, &len);

    if (!st->depth)
        problem = "JUMP in the ring buffer";
    if (problem)
        return cs_invalid(c, w, problem);
    st->stack[st->depth] = (struct cs_frame){va, va + len};
    return CS_FRAME;
}

enum cs_next cs_SET_EXCEPTION_HANDLER(struct cs_ctx *c, uint64_t w)
{
    struct cs_state *st = c->st;
    uint64_t va;
    uint32_t len;
    const char *problem = target(st, w, &va, &len);

    if (problem)
        return cs_invalid(c, w, problem);
    st->handler_va = va;
    st->handler_len = len;
    return CS_NEXT;
}

enum cs_next cs_REQ_RESOURCE(struct cs_ctx *c, uint64_t w)
{
    c->st->resources = w & 0xf;
    return CS_NEXT;
}

enum cs_next cs_ERROR_BARRIER(struct cs_ctx *c, uint64_t w)
{
    (void)w;
    c->st->error = 0;
    c->st->error_info = 0;
    return CS_NEXT;
}

enum cs_next cs_PROGRESS_STORE(struct cs_ctx *c, uint64_t w)
{
    c->st->progress[0] = cs_d(c->st, cs_r40(w));
    return CS_NEXT;
}

enum cs_next cs_PROGRESS_LOAD(struct cs_ctx *c, uint64_t w)
{
    cs_set_d(c->st, cs_r48(w), c->st->progress[0]);
    return CS_NEXT;
}

enum cs_next cs_PROGRESS_WAIT(struct cs_ctx *c, uint64_t w)
{
    const struct cs_env *env = c->env;
    unsigned queue = w & 31;
    uint64_t want = cs_d(c->st, cs_r40(w));
    uint64_t have = queue == env->cs     ? c->st->progress[0]
                    : env->ops->progress ? env->ops->progress(env->opaque, queue)
                                         : 0;

    if (have >= want)
        return CS_NEXT;
    c->st->wait_ref = want;
    c->st->wait_va = 0;
    return cs_block(c, CS_BLOCKED_PROGRESS);
}

/* The model has no protected mode: the firmware above raises the event and nobody grants it. */
enum cs_next cs_PROT_REGION(struct cs_ctx *c, uint64_t w)
{
    (void)w;
    c->st->blocked = CS_BLOCKED_RESOURCE;
    c->st->wait_protm = 1;
    c->stop = CS_STOP_PROTM;
    return CS_HALT;
}
