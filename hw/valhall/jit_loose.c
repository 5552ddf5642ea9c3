/*
 * Which registers may hold any NaN, by instruction: see jit_loose.h.
 *
 * A register that is loose is settled when its bits are wanted. That is only right if they are a
 * result of arithmetic by whatever way the program came there; bits from elsewhere have to stay as
 * they are, NaN or not. So where a loose one and a raw one would meet, that register is firm: all
 * its results are settled at once, in all of the program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit_loose.h"

#include "exec_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- registers of an instruction --------------------------------------------------------------
 */

unsigned va_jit_register(const struct va_micro *m, unsigned k)
{
    return m->base[k] == VA_BASE_REGS && m->at[k] < 64 * VA_JIT_REGISTERS ? m->at[k] / 64
                                                                          : VA_JIT_REGISTERS;
}

uint64_t va_jit_reads(const struct va_program *p, unsigned i)
{
    const struct va_micro *m = &p->micro[i];
    uint64_t set = 0;

    for (unsigned k = 0; k < m->insn->nr_src; k++) {
        unsigned r = va_jit_register(m, k);
        if (r < VA_JIT_REGISTERS)
            set |= va_jit_bit(r) | (m->insn->src[k].bits == 64 ? va_jit_bit(r + 1) : 0);
    }
    return set;
}

uint64_t va_jit_writes(const struct va_program *p, unsigned i)
{
    const struct va_micro *m = &p->micro[i];
    unsigned r = m->insn->dst_mask ? va_jit_register(m, VA_DST) : VA_JIT_REGISTERS;

    return r >= VA_JIT_REGISTERS
               ? 0
               : va_jit_bit(r) | (m->insn->dst_bits == 64 ? va_jit_bit(r + 1) : 0);
}

uint64_t va_jit_staging(const struct va_program *p, unsigned i)
{
    const struct va_insn *in = &p->step[i].insn;
    uint64_t set = 0;

    for (unsigned k = 0; k < in->nr_sr; k++)
        for (unsigned n = 0; n < in->sr[k].count || n < 4; n++)
            set |= va_jit_bit(in->sr[k].reg + n);
    return set;
}

/* --- what an instruction does to them ---------------------------------------------------------
 */

/* Takes any NaN for any other, and its own result is settled. */
static bool arithmetic(const struct va_insn *in)
{
    switch (in->op) {
    case VA_OP_FADD_F32:
    case VA_OP_FADD_IMM_F32:
    case VA_OP_FMA_F32:
    case VA_OP_FMIN_F32:
    case VA_OP_FMAX_F32:
        return in->dst_mask == 3;
    default:
        return false;
    }
}

/* Leaves any NaN when it is told to (arithmetic_result() in sem_float.h). */
static bool can_loosen(const struct va_insn *in)
{
    return in->op == VA_OP_FMA_F32 || in->op == VA_OP_FADD_F32 || in->op == VA_OP_FADD_IMM_F32;
}

/* Operand @k is a word of arithmetic. */
static bool takes_any(const struct va_insn *in, unsigned k)
{
    const struct va_src *s = &in->src[k];

    return arithmetic(in) && s->bits == 32 &&
           (s->sel_enum != VA_E_WIDEN || s->sel == VA_WIDEN_NONE);
}

uint64_t va_jit_exact(const struct va_program *p, const struct va_jit_plan *plan, unsigned i)
{
    const struct va_micro *m = &p->micro[i];
    uint64_t set = 0;

    if (plan->how[i] == VA_JIT_NOT || plan->how[i] == VA_JIT_NOTHING)
        return 0; /* all is settled when compiled code is left */
    if (plan->how[i] != VA_JIT_INLINE)
        return va_jit_staging(p, i) | va_jit_reads(p, i);
    for (unsigned k = 0; k < m->insn->nr_src; k++) {
        unsigned r = va_jit_register(m, k);
        if (r < VA_JIT_REGISTERS && !takes_any(m->insn, k))
            set |= va_jit_bit(r) | (m->insn->src[k].bits == 64 ? va_jit_bit(r + 1) : 0);
    }
    /* What is written in part keeps the other part. */
    if (m->halves != ~0u)
        set |= va_jit_writes(p, i);
    return set;
}

uint64_t va_jit_loosens(const struct va_program *p, const struct va_jit_plan *plan,
                        const struct va_jit_loose *l, unsigned i)
{
    const struct va_micro *m = &p->micro[i];

    if (!l->before || plan->how[i] != VA_JIT_INLINE || !arithmetic(m->insn) ||
        !can_loosen(m->insn) || m->halves != ~0u)
        return 0;
    return va_jit_writes(p, i) & ~l->firm;
}

/* A move of a constant that is no NaN. */
static bool moves_number(const struct va_program *p, unsigned i)
{
    const struct va_micro *m = &p->micro[i];
    uint32_t v;

    if (m->halves != ~0u || m->base[0] != VA_BASE_CONSTS)
        return false;
    memcpy(&v, (const char *)p->consts + m->at[0], 4);
    if (m->insn->op == VA_OP_IADD_IMM_I32)
        v += (uint32_t)m->insn->imm[0];
    else if (m->insn->op != VA_OP_MOV_I32)
        return false;
    return (v & 0x7fffffff) <= 0x7f800000;
}

/* What instruction @i writes whose bits are not to be changed. */
static uint64_t writes_raw(const struct va_program *p, const struct va_jit_plan *plan, unsigned i)
{
    switch (plan->how[i]) {
    case VA_JIT_INLINE:
        return arithmetic(p->micro[i].insn) || moves_number(p, i) ? 0 : va_jit_writes(p, i);
    case VA_JIT_MEMORY:
        return va_jit_staging(p, i) | va_jit_writes(p, i);
    default:
        return 0;
    }
}

/* --- where they come together -----------------------------------------------------------------
 */

struct flow {
    const struct va_program *p;
    const struct va_jit_plan *plan;
    struct va_jit_loose *l;
    uint64_t *raw; /* before each instruction, as l->before */
    bool changed;
};

/* What holds behind one instruction holds before @i, too. */
static void reach(struct flow *f, int64_t i, uint64_t loose, uint64_t raw)
{
    if (i < 0 || i >= (int64_t)f->p->count)
        return;
    f->changed |= (loose & ~f->l->before[i]) || (raw & ~f->raw[i]);
    f->l->before[i] |= loose;
    f->raw[i] |= raw;
}

static void pass(struct flow *f, unsigned i)
{
    const struct va_step *s = &f->p->step[i];
    uint64_t loose = f->l->before[i] & ~va_jit_exact(f->p, f->plan, i), raw = f->raw[i];
    uint64_t now = va_jit_loosens(f->p, f->plan, f->l, i), same = writes_raw(f->p, f->plan, i);
    uint64_t all = now | same | (f->plan->how[i] == VA_JIT_INLINE ? va_jit_writes(f->p, i) : 0);

    loose = (loose & ~all) | now;
    raw = (raw & ~all) | same;
    if (s->error)
        return;
    bool blends = s->insn.op == VA_OP_BLEND; /* which jumps, or calls what comes next */
    if (s->kind == VA_KIND_BRANCH || blends)
        reach(f, (int64_t)i + 1 + s->insn.imm[0], loose, raw);
    if ((blends || s->insn.flow != VA_FLOW_END) &&
        !(s->kind == VA_KIND_BRANCH && f->p->micro[i].always))
        reach(f, (int64_t)i + 1, loose, raw);
}

/* Until nothing changes. Returns the registers in which loose and raw meet. */
static uint64_t settle_flow(struct flow *f)
{
    uint64_t both = 0;

    memset(f->l->before, 0, f->p->count * sizeof(*f->l->before));
    memset(f->raw, 0, f->p->count * sizeof(*f->raw));
    f->raw[0] = ~0ull; /* what a warp starts with */
    do {
        f->changed = false;
        for (unsigned i = 0; i < f->p->count; i++)
            pass(f, i);
    } while (f->changed);
    for (unsigned i = 0; i < f->p->count; i++)
        both |= f->l->before[i] & f->raw[i];
    return both;
}

/* The interpreter comes back only to the next instruction, with registers that it has not changed.
 */
static bool is_followed(const struct va_program *p, const struct va_jit_plan *plan)
{
    for (unsigned i = 0; i < p->count; i++)
        if (plan->how[i] == VA_JIT_NOT && !p->step[i].error && p->step[i].kind != VA_KIND_BARRIER)
            return false;
    return true;
}

bool va_jit_loose(const struct va_program *p, const struct va_jit_plan *plan,
                  struct va_jit_loose *to)
{
    struct flow f = {.p = p, .plan = plan, .l = to};
    uint64_t both;

    *to = (struct va_jit_loose){0};
    if (!is_followed(p, plan))
        return true;
    to->before = calloc(p->count, sizeof(*to->before));
    f.raw = calloc(p->count, sizeof(*f.raw));
    if (to->before && f.raw)
        while ((both = settle_flow(&f)))
            to->firm |= both;
    both = to->before && f.raw;
    free(f.raw);
    return both;
}

void va_jit_loose_free(struct va_jit_loose *l)
{
    free(l->before);
    *l = (struct va_jit_loose){0};
}
