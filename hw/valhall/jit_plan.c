/*
 * Which instructions of a program are compiled, and its blocks: runs of them that are entered at
 * the first only. The same for everybody who asks about the same program.
 *
 * Called by jit_emit.c, jit.c and exec.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_internal.h"
#include "jit.h"

#include <stdlib.h>

#define MAX_BLOCK                                                                                  \
    64 /* instructions: a block runs as a whole or not at all, and budgets are small */

static enum va_jit_how how(const struct va_step *s, const struct va_micro *m)
{
    if (s->error || !m->operands)
        return VA_JIT_NOT;
    switch (s->kind) {
    case VA_KIND_ALU:
        return VA_JIT_INLINE;
    case VA_KIND_NOP:
        return VA_JIT_NOTHING;
    case VA_KIND_BRANCH:
        return s->insn.flow == VA_FLOW_END || s->insn.flow == VA_FLOW_DISCARD ? VA_JIT_NOT
                                                                              : VA_JIT_BRANCH;
    case VA_KIND_LOAD:
    case VA_KIND_STORE:
    case VA_KIND_ATOM:
    case VA_KIND_MESSAGE:
        return VA_JIT_MEMORY;
    default:
        return VA_JIT_NOT;
    }
}

static bool ends_block(const struct va_step *s, unsigned kind)
{
    return kind == VA_JIT_NOT || kind == VA_JIT_BRANCH || s->insn.flow == VA_FLOW_END ||
           s->insn.flow == VA_FLOW_DISCARD || s->insn.op == VA_OP_BLEND;
}

/* Marks where blocks start with 1 in plan->len. */
static void leaders(const struct va_program *p, struct va_jit_plan *plan)
{
    plan->len[0] = 1;
    for (unsigned i = 0; i < p->count; i++) {
        const struct va_step *s = &p->step[i];
        if (ends_block(s, plan->how[i]) && i + 1 < p->count)
            plan->len[i + 1] = 1;
        if (!s->error && (s->kind == VA_KIND_BRANCH || s->insn.op == VA_OP_BLEND)) {
            int64_t to = (int64_t)i + 1 + s->insn.imm[0];
            if (to >= 0 && to < (int64_t)p->count)
                plan->len[to] = 1;
        }
    }
}

/* The length of the block that starts at @i. */
static unsigned length(const struct va_program *p, const struct va_jit_plan *plan, unsigned i)
{
    unsigned n = 0;

    do {
        if (plan->how[i + n] == VA_JIT_NOT)
            return n;
        n++;
    } while (n < MAX_BLOCK && i + n < p->count && !plan->len[i + n] &&
             !ends_block(&p->step[i + n - 1], plan->how[i + n - 1]));
    return n;
}

bool va_jit_plan(const struct va_program *p, struct va_jit_plan *plan)
{
    unsigned n = p->count;

    *plan = (struct va_jit_plan){.count = n};
    plan->how = calloc(n, sizeof(*plan->how));
    plan->block = calloc(n, sizeof(*plan->block));
    plan->len = calloc(n, sizeof(*plan->len));
    if (!plan->how || !plan->block || !plan->len)
        return false;
    for (unsigned i = 0; i < n; i++)
        plan->how[i] = (uint8_t)how(&p->step[i], &p->micro[i]);
    leaders(p, plan);
    for (unsigned i = 0; i < n; i++) {
        plan->block[i] = VA_JIT_NO_BLOCK;
        if (!plan->len[i])
            continue;
        plan->len[i] = (uint16_t)length(p, plan, i);
        if (!plan->len[i])
            continue;
        if (plan->blocks >= VA_JIT_NO_BLOCK - 1)
            return false;
        plan->block[i] = (uint16_t)plan->blocks++;
        if (i + plan->len[i] < n && !plan->len[i + plan->len[i]])
            plan->len[i + plan->len[i]] = 1; /* it was cut: the rest is a block, too */
    }
    return true;
}

void va_jit_plan_free(struct va_jit_plan *plan)
{
    free(plan->how);
    free(plan->block);
    free(plan->len);
    *plan = (struct va_jit_plan){0};
}
