/*
 * Makes the fast form of programs, and binds it to a job.
 *
 * Called by program.c and the pipeline. Calls the variants' va_bind_*().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_internal.h"

#include <stdlib.h>
#include <string.h>

static void *vectors(size_t n, size_t each)
{
    void *p = aligned_alloc(64, (n * each + 63) & ~(size_t)63);

    if (p)
        memset(p, 0, (n * each + 63) & ~(size_t)63);
    return p;
}

/* --- programs ------------------------------------------------------------------------ */

/* The thread-local pointer is the warp's, behind its registers. */
_Static_assert(!offsetof(struct va_warp, r) && !(offsetof(struct va_warp, tls) & 63) &&
                   sizeof(struct va_warp) >= offsetof(struct va_warp, tls) + 3 * 64,
               "an operand is two vectors at an offset from the registers");

/* Where special value @which is; false: it is not the same for all warps of a job. */
static bool special(struct va_program *p, const struct va_src *s, uint32_t *at)
{
    unsigned i = 0;

    if (s->index == VA_SPECIAL_THREAD_LOCAL_POINTER) {
        *at = (offsetof(struct va_warp, tls[s->bits == 64 ? 0 : s->half])) | VA_BASE_REGS;
        return true;
    }
    if (s->index == VA_SPECIAL_WARP_ID || s->index == VA_SPECIAL_PROGRAM_COUNTER)
        return false;
    while (i < p->specials && p->special[i] != s->index)
        i++;
    if (i == VA_BOUND_SPECIALS)
        return false;
    if (i == p->specials)
        p->special[p->specials++] = s->index;
    *at = (offsetof(struct va_bound, special[i].w[s->bits == 64 ? 0 : s->half])) | VA_BASE_BOUND;
    return true;
}

/* Offset of constant @value, which is added when it is new. */
static uint32_t constant(struct va_program *p, unsigned *n, uint32_t value)
{
    unsigned i = 1; /* the first one is zero, for sources that do not exist */

    while (i < *n && p->consts[i].w[0][0] != value)
        i++;
    if (!value)
        i = 0;
    else if (i == *n)
        p->consts[(*n)++].w[0] += value;
    return i * sizeof(p->consts[0]) | VA_BASE_CONSTS;
}

/* @at: its offset, a multiple of 64, with enum va_base in the lowest bits. */
static bool operand(struct va_program *p, unsigned *consts, const struct va_src *s, uint32_t *at)
{
    unsigned words = s->bits == 64 ? 2 : 1;

    switch (s->kind) {
    case VA_SRC_REG:
        *at = s->index * 64u | VA_BASE_REGS;
        return true;
    case VA_SRC_UNIFORM:
        *at = (offsetof(struct va_bound, uniform) + s->index * 64u) | VA_BASE_BOUND;
        if (p->uniforms < s->index + words)
            p->uniforms = s->index + words;
        return true;
    case VA_SRC_CONST:
        *at = constant(p, consts, s->value);
        return true;
    default:
        return special(p, s, at);
    }
}

/*
 * A constant of which a part is read becomes one that is read whole, so that the instruction
 * matches more of shapes.def. Parts with their top bit set stay: the instruction may extend them.
 */
static bool fold_source(struct va_src *s)
{
    uint32_t part, bits;

    if (s->kind != VA_SRC_CONST || s->bits == 64)
        return false;
    if (s->sel_enum == VA_E_LANES8 && s->sel > VA_LANES8_B00) {
        s->value = (s->value >> 8 * (s->sel - VA_LANES8_B00) & 0xff) * 0x01010101u;
        s->sel = VA_LANES8_B00;
        return true;
    }
    if (s->sel_enum != VA_E_SWZ32 || s->sel == VA_SWZ32_NONE)
        return false;
    bits = s->sel >= VA_SWZ32_B0 ? 8 : 16;
    part = bits == 8 ? s->value >> 8 * (s->sel - VA_SWZ32_B0)
                     : s->value >> 16 * (s->sel - VA_SWZ32_H0);
    part &= (1u << bits) - 1;
    if (part >> (bits - 1))
        return false;
    s->value = part;
    s->sel = VA_SWZ32_NONE;
    return true;
}

static bool fold(struct va_insn *in)
{
    bool folded = false;

    for (unsigned i = 0; i < in->nr_src; i++)
        folded |= fold_source(&in->src[i]);
    return folded;
}

/* How many instructions would change. */
static unsigned foldable(const struct va_program *p)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->count; i++) {
        struct va_insn in = p->step[i].insn;
        n += !p->step[i].error && fold(&in);
    }
    return n;
}

/* A branch on a constant: every lane takes it. */
static bool always(const struct va_step *s)
{
    struct va_val src[VA_MAX_SRC] = {{{{0}}}}, d;
    struct va_env env = {.active = 0xffff};

    if (s->kind != VA_KIND_BRANCH || s->insn.src[0].kind != VA_SRC_CONST)
        return false;
    src[0].w[0] += s->insn.src[0].value;
    s->fn(&s->insn, src, &d, &env);
    return va_lanes_of(&d.w[0]) == 0xffff;
}

/* Nothing happens besides the computation. */
static bool computes(const struct va_step *s)
{
    bool plain = s->kind == VA_KIND_ALU || s->kind == VA_KIND_NOP;

    return !s->error && plain && s->insn.flow != VA_FLOW_END && s->insn.flow != VA_FLOW_DISCARD;
}

static void prepare(struct va_program *p, unsigned *consts, const struct va_step *s,
                    struct va_micro *m, va_bind_fn *bind)
{
    static const uint32_t halves[4] = {0, 0x0000ffff, 0xffff0000, 0xffffffff};
    const struct va_insn *in = m->insn;
    bool jumps = s->kind == VA_KIND_BRANCH;

    m->always = always(s);
    m->operands = !s->error;
    for (unsigned i = 0; i < VA_MAX_SRC; i++) {
        uint32_t at = VA_BASE_CONSTS;
        if (i < in->nr_src && m->operands)
            m->operands = operand(p, consts, &in->src[i], &at);
        m->at[i] = at & ~63u;
        m->base[i] = at & 3;
    }
    m->at[VA_DST] = jumps ? 0 : in->dst * 64u;
    m->base[VA_DST] = jumps ? VA_BASE_SCRATCH : VA_BASE_REGS;
    m->halves = jumps ? ~0u : halves[in->dst_mask & 3];
    if (m->operands && (jumps || s->kind == VA_KIND_ALU || s->kind == VA_KIND_NOP))
        bind(in, m);
}

static void nothing(const struct va_micro *m, const struct va_frame *f)
{
}

bool va_micro_prepare(struct va_program *p)
{
    va_bind_fn *bind = va_bind_best();
    unsigned consts = 1, folds = foldable(p), folded = 0;

    p->micro = vectors(p->count, sizeof(*p->micro));
    p->folded = calloc(folds + 1, sizeof(*p->folded));
    /* The constant table has 32 entries; parts of them are new ones. */
    p->consts = vectors(33 + (size_t)VA_MAX_SRC * folds, sizeof(*p->consts));
    if (!p->micro || !p->consts || !p->folded) {
        va_micro_free(p);
        return false;
    }
    for (unsigned i = p->count; i-- > 0;) {
        struct va_micro *m = &p->micro[i];
        const struct va_step *s = &p->step[i];
        unsigned after = i + 1 < p->count ? m[1].run : 0;

        if (s->error)
            continue;
        p->folded[folded] = s->insn;
        m->insn = fold(&p->folded[folded]) ? &p->folded[folded++] : &s->insn;
        prepare(p, &consts, s, m, bind);
        if (s->kind == VA_KIND_NOP)
            m->some = m->all[0] = m->all[1] = m->all[2] = m->part[0] = m->part[1] = m->part[2] =
                nothing;
        if (m->operands && computes(s))
            m->run = after < UINT16_MAX ? after + 1 : after;
    }
    return true;
}

void va_micro_free(struct va_program *p)
{
    free(p->micro);
    free(p->consts);
    free(p->folded);
}

/* --- jobs ------------------------------------------------------------------------------- */

static void bind_special(const struct va_shader *s, unsigned which, struct va_pair *v)
{
    if (which == VA_SPECIAL_LANE_ID) {
        v->w[0] = va_lane_ids;
        return;
    }
    v->w[0] += (uint32_t)s->special[which & 63];
    v->w[1] += (uint32_t)(s->special[which & 63] >> 32);
}

void va_bind(struct va_shader *s)
{
    const struct va_program *p = s->program;
    size_t size = sizeof(*s->bound) + 64 * (p->uniforms + 1ul);
    struct va_bound *b;

    if (s->host->touched) /* only the plain interpreter tells of accesses */
        return;
    b = vectors(1, size + 8 * (p->count + 1ul));
    if (!b)
        return;
    b->starts = (uint64_t *)((char *)b + size);
    for (unsigned i = 0; i < p->specials; i++)
        bind_special(s, p->special[i], &b->special[i]);
    for (unsigned i = 0; i < p->uniforms && i < s->fau_words; i++)
        b->uniform[i] += s->fau[i];
    s->bound = b;
    if (p->jit_mode == VA_JIT_NOW)
        va_jit_compile(s->program, va_ftz_of(s));
}

void va_count(struct va_shader *s)
{
    struct va_bound *b = s->bound;
    uint64_t running = 0, total = 0;

    if (!b || (!s->counts && !s->executed && s->program->jit_mode != VA_JIT_ON))
        return;
    for (unsigned i = 0; i < s->program->count; i++) {
        running += b->starts[i];
        b->starts[i] = 0;
        total += running;
        if (running && s->counts)
            s->counts[s->program->step[i].insn.op] += running;
        if (s->executed)
            s->executed[i] += running;
    }
    b->starts[s->program->count] = 0;
    if (s->program->jit_mode == VA_JIT_ON)
        va_jit_heat(s->program, va_ftz_of(s), total);
}

void va_unbind(struct va_shader *s)
{
    va_count(s); /* who wants no counts does want hot programs compiled */
    free(s->bound);
    s->bound = NULL;
}
