/*
 * Injected faults of command streams: what strikes instead of an instruction.
 *
 * Called by cs_exec.c while a rule waits at cs_instr. Calls inject.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cs_internal.h"

/* The stream stands still until its time has come. */
static bool slow(struct cs_ctx *c, const struct inject_hit *hit, enum cs_next *next)
{
    if (mali_bus_now(c->env->bus) - hit->since >= hit->param[0])
        return false;
    c->stop = CS_STOP_STALL;
    *next = CS_HALT;
    return true;
}

static bool flip(struct cs_ctx *c, uint64_t w, const struct inject_hit *hit)
{
    unsigned mask = cs_wait_mask(w), reg = cs_r48(w) + (mask ? (unsigned)__builtin_ctz(mask) : 0);

    if (w >> 56 == CS_OP_STORE_MULTIPLE && reg < CS_REG_COUNT)
        c->st->regs[reg] ^= 1u << hit->param[0];
    return false; /* the instruction is executed */
}

bool cs_injected(struct cs_ctx *c, uint64_t w, enum cs_next *next)
{
    const struct cs_env *env = c->env;
    struct inject_hit hit;

    if (!INJECT(env->bus->inject, cs_instr, &hit, .group = env->csg, .queue = env->cs,
                .as = env->as, .va = c->ip, .job = c->st->job_count, .opcode = w >> 56))
        return false;
    switch (hit.fault) {
    case FAULT_cs_endless:
        c->stop = CS_STOP_BUDGET;
        *next = CS_HALT;
        return true;
    case FAULT_cs_slow:
        return slow(c, &hit, next);
    case FAULT_flip_result:
        return flip(c, w, &hit);
    case FAULT_heap_oom:
        c->stop = CS_STOP_OOM;
        *next = CS_HALT;
        return true;
    default:
        break;
    }
    const struct mali_fault fault = {.code = (uint8_t)hit.arg, .as = env->as, .info = c->ip};

    *next = cs_code_is_fatal(&fault) ? cs_fatal(c, fault.code, c->ip) : cs_recoverable(c, &fault);
    return true;
}
