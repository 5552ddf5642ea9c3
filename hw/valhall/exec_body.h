/*
 * The interpreter, one variant: the lanes at the lowest program counter run together,
 * their sources are gathered, the instruction's function computes all 16 lanes,
 * the result is merged into those that are active. The including file sets VA_EXEC (a name) and
 * the target, and VA_PIECE, VA_HOST_AVX2 or VA_HOST_AVX512 as for the instructions' meanings.
 *
 * Calls program.c, sem.h's functions and the host's callbacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_internal.h"

#include <string.h>

#include "exec_mem_body.h"

#define FIRST_PRELOADED 48u /* of the ABI; source: Mesa's compiler */

typedef uint64_t vector64 __attribute__((vector_size(64), may_alias));

/* Lanes that wait for their turn at one counter. */
struct group {
    uint64_t pc;
    uint16_t lanes;
};

/* The lanes that run now, and the others that could. */
struct run {
    struct va_warp *w;
    const struct va_shader *s;
    const struct va_program *p; /* where pc is */
    uint64_t base;
    uint64_t pc;                  /* of the lanes in active */
    uint64_t next;                /* lowest counter of the groups, or ~0 */
    struct group group[VA_LANES]; /* the lowest counter last */
    unsigned groups;
    uint16_t active;
    enum va_ftz ftz;
    const struct va_jit_code *code[2]; /* of p, for all lanes and for any, or NULL */
    struct va_jit_args jit;            /* from here on: only with code */
    struct va_frame f;                 /* mask: of active */
    struct va_pair taken;              /* what a condition gave */
};

/* --- which lanes run ------------------------------------------------------------------- */

static void set_active(struct run *x, uint16_t lanes)
{
    x->active = lanes;
    x->f.env.active = lanes;
    va_lane_mask(&x->f.mask, lanes);
}

/* Where lanes are that do not run: at a barrier, or when va_run() ends. */
static void park(struct run *x, uint16_t lanes, uint64_t pc)
{
    if (lanes == 0xffff) {
        vector64 *all = (vector64 *)x->w->pc;
        all[0] = all[1] = (vector64){0} + pc;
        return;
    }
    for (unsigned left = lanes; left; left &= left - 1)
        x->w->pc[__builtin_ctz(left)] = pc;
}

/* @lanes go on at @pc when it is their turn. */
static void later(struct run *x, uint16_t lanes, uint64_t pc)
{
    unsigned i = x->groups;

    if (!lanes)
        return;
    while (i && x->group[i - 1].pc < pc)
        i--;
    if (i && x->group[i - 1].pc == pc) {
        x->group[i - 1].lanes |= lanes;
        return;
    }
    memmove(&x->group[i + 1], &x->group[i], (x->groups - i) * sizeof(x->group[0]));
    x->group[i] = (struct group){pc, lanes};
    x->groups++;
    x->next = x->group[x->groups - 1].pc;
}

/* The lowest group runs, with the lanes that are there already. False: none can run. */
static bool choose(struct run *x)
{
    const struct group *g;
    uint16_t lanes = x->active;

    if (!x->groups)
        return lanes;
    if (lanes && x->pc != x->next) { /* active lanes have gone past the group */
        later(x, lanes, x->pc);
        lanes = 0;
    }
    g = &x->group[--x->groups];
    x->pc = g->pc;
    set_active(x, lanes | g->lanes);
    x->next = x->groups ? x->group[x->groups - 1].pc : ~0ull;
    return true;
}

/* Whether all lanes, those that have ended too, were left at one place. */
static bool left_together(const struct va_warp *w)
{
    const vector64 *pc = (const vector64 *)w->pc;
    const va_v16u differ = (va_v16u)((pc[0] ^ w->pc[0]) | (pc[1] ^ w->pc[0]));

    return !va_any(&differ);
}

/* From where the warp was left: groups, and the lowest runs. */
static bool enter(struct run *x)
{
    uint16_t ready = x->w->alive & ~x->w->waiting;

    x->groups = 0;
    x->pc = x->next = ~0ull;
    x->active = 0;
    if (x->w->fresh || left_together(x->w)) {
        x->w->fresh = false;
        x->pc = x->w->pc[0];
        set_active(x, ready);
        return ready;
    }
    for (unsigned left = ready; left; left &= left - 1)
        later(x, (uint16_t)(left & -left), x->w->pc[__builtin_ctz(left)]);
    return choose(x);
}

static void leave(struct run *x)
{
    park(x, x->active, x->pc);
    for (unsigned i = 0; i < x->groups; i++)
        park(x, x->group[i].lanes, x->group[i].pc);
}

/* By vectors: compilers turn a memset() of this size into a string instruction, slow to start. */
static inline void clear_registers(struct va_warp *w, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        w->r[i] = (va_v16u){0};
        __asm__("" : : : "memory");
    }
}

static void jit_prepare(struct run *x);

static void locate_code(struct run *x)
{
    struct va_program *p = x->s->program;

    x->code[0] = x->code[1] = NULL;
    if (!x->s->bound || x->ftz >= VA_FTZ_MODES || p->jit_mode == VA_JIT_OFF)
        return;
    x->code[0] = __atomic_load_n(&p->jit[VA_JIT_ALL(x->ftz)], __ATOMIC_ACQUIRE);
    x->code[1] = __atomic_load_n(&p->jit[VA_JIT_PART(x->ftz)], __ATOMIC_ACQUIRE);
    if (x->code[0])
        jit_prepare(x);
}

/* Makes x->p the program that x->pc is in. */
static bool locate(struct run *x)
{
    struct va_warp *w = x->w;
    const struct va_shader *s = x->s;

    if (x->pc - s->base < 8ull * s->program->count && !((x->pc - s->base) & 7)) {
        x->p = s->program;
        x->base = s->base;
        locate_code(x);
        return true;
    }
    /* Another program may name other registers. */
    clear_registers(w, w->clean, FIRST_PRELOADED);
    w->clean = FIRST_PRELOADED;
    if (!w->here || x->pc - w->here_base >= 8ull * w->here->count || ((x->pc - w->here_base) & 7)) {
        va_program_put(w->here);
        w->here = va_program_get(s->cache, x->pc, s->host->fetch, s->host->ctx);
        w->here_base = x->pc;
    }
    x->p = w->here;
    x->base = w->here_base;
    x->code[0] = x->code[1] = NULL;
    return x->p;
}

/* --- sources and destinations ------------------------------------------------------------- */

static uint32_t uniform(const struct va_shader *s, unsigned word)
{
    return word < s->fau_words ? s->fau[word] : 0;
}

static void special(const struct run *x, unsigned which, unsigned half, va_v16u *v)
{
    switch (which) {
    case VA_SPECIAL_LANE_ID:
        *v = half ? (va_v16u){0} : va_lane_ids;
        break;
    case VA_SPECIAL_THREAD_LOCAL_POINTER:
        *v = x->w->tls[half];
        break;
    case VA_SPECIAL_PROGRAM_COUNTER: /* of the next instruction */
        va_fill(v, (uint32_t)((x->pc + 8) >> 32 * half));
        break;
    default:
        va_fill(v, (uint32_t)(x->s->special[which & 63] >> 32 * half));
    }
}

static void gather_sources(const struct run *x, const struct va_insn *in, struct va_val *out)
{
    for (unsigned i = 0; i < in->nr_src; i++) {
        const struct va_src *s = &in->src[i];
        bool pair = s->bits == 64;
        switch (s->kind) {
        case VA_SRC_REG:
            out[i].w[0] = x->w->r[s->index];
            if (pair)
                out[i].w[1] = x->w->r[s->index | 1];
            break;
        case VA_SRC_UNIFORM:
            va_fill(&out[i].w[0], uniform(x->s, s->index));
            if (pair)
                va_fill(&out[i].w[1], uniform(x->s, s->index | 1));
            break;
        case VA_SRC_CONST:
            va_fill(&out[i].w[0], s->value);
            out[i].w[1] = (va_v16u){0};
            break;
        default:
            special(x, s->index, pair ? 0 : s->half, &out[i].w[0]);
            if (pair)
                special(x, s->index, 1, &out[i].w[1]);
        }
    }
}

static void write_back(struct run *x, const struct va_insn *in, const struct va_val *d)
{
    static const uint32_t halves[4] = {0, 0x0000ffff, 0xffff0000, 0xffffffff};
    va_v16u *r = &x->w->r[in->dst], mask = x->f.mask & halves[in->dst_mask];

    if (x->active == 0xffff && in->dst_mask == 3)
        r[0] = d->w[0];
    else
        va_merge(&r[0], &d->w[0], &mask);
    if (in->dst_bits == 64)
        va_merge(&r[1], &d->w[1], &x->f.mask);
}

/* --- control flow ---------------------------------------------------------------------------- */

/* The active lanes for which the condition holds. */
static uint16_t condition(struct run *x, const struct va_step *s, const struct va_val *src)
{
    struct va_val d;

    s->fn(&s->insn, src, &d, &x->f.env);
    return va_lanes_of(&d.w[0]) & x->active;
}

static void end_lanes(struct run *x, uint16_t lanes)
{
    x->w->alive &= ~lanes;
    x->w->helper &= ~lanes;
    set_active(x, x->active & ~lanes);
}

/* The flow field, for lanes that go on with the next instruction. */
static void flow(struct run *x, unsigned flow, uint16_t lanes)
{
    if (flow == VA_FLOW_END)
        end_lanes(x, lanes);
    else if (flow == VA_FLOW_DISCARD)
        end_lanes(x, lanes & x->w->helper);
}

/* BRANCHZ and BRANCHZI: where lane @i goes when taken. */
static uint64_t target(const struct run *x, const struct va_step *s, const struct va_val *src,
                       unsigned i)
{
    uint64_t next = x->pc + 8;

    if (s->kind == VA_KIND_BRANCH)
        return next + 8 * (uint64_t)s->insn.imm[0];
    if (s->insn.mod[VA_M_ABSOLUTE])
        return (x->pc & ~0xffffffffull) | src[1].w[0][i];
    return next + (int64_t)(int32_t)src[1].w[0][i];
}

/* Lanes part, or go to several places: all are chosen anew. */
static void scatter(struct run *x, const struct va_step *s, const struct va_val *src,
                    uint16_t taken)
{
    uint16_t stay = x->active & ~taken;

    for (unsigned left = taken; left; left &= left - 1)
        later(x, (uint16_t)(left & -left), target(x, s, src, (unsigned)__builtin_ctz(left)));
    flow(x, s->insn.flow, stay);
    later(x, stay & x->w->alive, x->pc + 8);
    set_active(x, 0);
}

/* Lanes part: those with the lower counter run on, the others wait. */
static void split(struct run *x, uint16_t taken, uint64_t to)
{
    uint16_t stay = x->active & ~taken;
    uint64_t next = x->pc + 8;
    bool taken_first = to < next;

    later(x, taken_first ? stay : taken, taken_first ? next : to);
    set_active(x, taken_first ? taken : stay);
    x->pc = taken_first ? to : next;
}

static void branch(struct run *x, const struct va_step *s, const struct va_val *src, uint16_t taken)
{
    unsigned f = s->insn.flow;

    if (!taken) {
        flow(x, f, x->active);
        x->pc += 8;
    } else if (s->kind != VA_KIND_BRANCH || f == VA_FLOW_END || f == VA_FLOW_DISCARD) {
        scatter(x, s, src, taken);
    } else if (taken == x->active) {
        x->pc = target(x, s, src, 0);
    } else if (s->insn.imm[0] == 0) {
        x->pc += 8; /* to the same place */
    } else {
        split(x, taken, target(x, s, src, 0));
    }
}

static void discard(struct run *x, const struct va_step *s, const struct va_val *src)
{
    uint16_t lanes = condition(x, s, src);

    x->w->discarded |= lanes;
    if (x->s->helpers)
        x->w->helper |= lanes;
    else
        end_lanes(x, lanes);
}

/* --- one instruction ----------------------------------------------------------------------------
 */

static enum va_stop fault(struct run *x, enum va_fault_kind kind, const struct va_step *s)
{
    if (x->w->fault.kind == VA_FAULT_NONE)
        x->w->fault.kind = kind;
    x->w->fault.pc = x->pc;
    if (s && s->error)
        x->w->fault.encoding = s->error;
    else if (s)
        x->w->fault.insn = &s->insn;
    return VA_STOP_FAULT;
}

/* Tells a host that wants to know where a LOAD, STORE or ATOM went. */
static void tell(struct run *x, const struct va_step *s, const struct va_val *src)
{
    struct va_touch t = {
        .pc = x->pc,
        .insn = &s->insn,
        .access = s->kind == VA_KIND_LOAD    ? VA_READ
                  : s->kind == VA_KIND_STORE ? VA_WRITE
                                             : VA_ATOMIC,
        .size = s->size,
        .lanes = x->active,
    };

    if (t.access != VA_READ && s->insn.mod[VA_M_ACCESS] != VA_ACCESS_FORCE)
        t.lanes &= ~x->w->helper;
    for (unsigned i = 0; i < VA_LANES; i++)
        t.va[i] = (src[0].w[0][i] | (uint64_t)src[0].w[1][i] << 32) + s->insn.imm[0];
    x->s->host->touched(x->s->host->ctx, x->w, &t);
}

/* VA_STOP_SLICE here means: go on. */
static enum va_stop message_done(struct run *x, const struct va_step *s, enum va_message_result r)
{
    const struct va_insn *in = &s->insn;

    if (r == VA_MSG_UNMODELLED)
        return fault(x, VA_FAULT_UNMODELLED, s);
    if (r == VA_MSG_STALL)
        return VA_STOP_STALL;
    if (r == VA_MSG_FAULT)
        return fault(x, VA_FAULT_HOST, s);
    if (in->op != VA_OP_BLEND) {
        flow(x, in->flow, x->active);
    } else if (r == VA_MSG_TAKEN) { /* else a blend shader is called: no flow, no jump */
        flow(x, in->flow, x->active);
        x->pc += 8 * (uint64_t)in->imm[0];
    }
    return VA_STOP_SLICE;
}

static enum va_stop message(struct run *x, const struct va_step *s, const struct va_val *src)
{
    const struct va_insn *in = &s->insn;
    const struct va_host *host = x->s->host;

    if (__builtin_expect(host->touched != NULL, 0))
        x->w->at = x->pc;
    enum va_message_result r = s->kind != VA_KIND_MESSAGE
                                   ? memory(x->w, host, s, src[0].w, x->active)
                               : host->message ? host->message(host->ctx, x->w, in, src, x->active)
                                               : VA_MSG_UNMODELLED;

    if (__builtin_expect(host->touched != NULL, 0) && s->kind != VA_KIND_MESSAGE &&
        r == VA_MSG_DONE)
        tell(x, s, src);
    return message_done(x, s, r);
}

static enum va_stop step(struct run *x, const struct va_step *s)
{
    const struct va_insn *in = &s->insn;
    struct va_val src[VA_MAX_SRC], d;
    enum va_stop stop = VA_STOP_SLICE;

    gather_sources(x, in, src);
    switch (s->kind) {
    case VA_KIND_ALU:
        s->fn(in, src, &d, &x->f.env);
        write_back(x, in, &d);
        break;
    case VA_KIND_NOP:
        break;
    case VA_KIND_BRANCH:
    case VA_KIND_JUMP:
        branch(x, s, src, condition(x, s, src));
        return VA_STOP_SLICE;
    case VA_KIND_DISCARD:
        discard(x, s, src);
        break;
    case VA_KIND_BARRIER:
        park(x, x->active, x->pc + 8);
        x->w->waiting |= x->active;
        flow(x, in->flow, x->active);
        x->w->waiting &= x->w->alive;
        set_active(x, 0);
        return VA_STOP_SLICE;
    case VA_KIND_UNMODELLED:
        return fault(x, VA_FAULT_UNMODELLED, s);
    default:
        stop = message(x, s, src);
        if (stop == VA_STOP_SLICE)
            x->pc += 8;
        return stop;
    }
    flow(x, in->flow, x->active);
    x->pc += 8;
    return stop;
}

/* --- the fast form --------------------------------------------------------------------- */

/* Nothing is kept of lanes that have ended: they may compute, too. */
static bool all_lanes(const struct run *x)
{
    return (x->active == 0xffff || x->active == x->w->alive) && x->ftz < VA_FTZ_MODES;
}

/*
 * At most @n instructions that only compute, up to where other lanes wait. Without a count of each:
 * where the run starts and ends is counted.
 */
static uint32_t compute(struct run *x, const struct va_micro *m, uint64_t i, uint32_t n)
{
    uint64_t room = (x->next - x->pc + 7) / 8; /* at least one: next lies behind */
    uint64_t *starts = x->s->bound->starts;

    n = n < m->run ? n : m->run;
    n = n < room ? n : (uint32_t)room;
    starts[i]++;
    starts[i + n]--;
    if (all_lanes(x))
        for (const struct va_micro *end = m + n; m < end; m++)
            m->all[x->ftz](m, &x->f);
    else if (x->ftz < VA_FTZ_MODES)
        for (const struct va_micro *end = m + n; m < end; m++)
            m->part[x->ftz](m, &x->f);
    else
        for (const struct va_micro *end = m + n; m < end; m++)
            m->some(m, &x->f);
    x->pc += 8 * (uint64_t)n;
    return n;
}

/* A branch or a memory access; *stop as of message_done(). False: neither. */
static bool fast_step(struct run *x, const struct va_step *s, const struct va_micro *m,
                      enum va_stop *stop)
{
    const va_v16u *at;

    switch (s->kind) {
    case VA_KIND_BRANCH:
        if (m->always) {
            branch(x, s, NULL, x->active);
            return true;
        }
        if (all_lanes(x))
            m->all[x->ftz](m, &x->f);
        else if (x->ftz < VA_FTZ_MODES)
            m->part[x->ftz](m, &x->f);
        else
            m->some(m, &x->f);
        branch(x, s, NULL, va_lanes_of(&x->taken.w[0]) & x->active);
        return true;
    case VA_KIND_LOAD:
    case VA_KIND_STORE:
    case VA_KIND_ATOM:
        at = va_operand(m, &x->f, 0);
        *stop = message_done(x, s, memory(x->w, x->s->host, s, at, x->active));
        if (*stop == VA_STOP_SLICE)
            x->pc += 8;
        return true;
    default:
        return false;
    }
}

/* --- compiled code ---------------------------------------------------------------------- */

static unsigned jit_memory(struct va_warp *w, const struct va_host *host, const struct va_step *s,
                           const va_v16u *src, uint16_t lanes)
{
    return memory(w, host, s, src, lanes);
}

static void jit_map(const struct va_jit_args *a, uint64_t va, bool write, struct va_jit_window *win)
{
    enum va_message_result result;
    uint64_t len = 0;
    uint8_t *p = a->host->map(a->host->ctx, va, write ? VA_WRITE : VA_READ, &len, &result);

    *win = (struct va_jit_window){va, p ? len : 0, p};
}

/* The block where the lanes that run now are; a->next as it is wanted there. */
static uint32_t jit_where(struct run *x, struct va_jit_args *a, const struct va_jit_code *c)
{
    uint64_t i = (x->pc - x->base) / 8;

    a->at = (uint32_t)i;
    a->active = x->active;
    a->next = i + (x->next - x->pc + 7) / 8;
    if (x->pc - x->base >= 8ull * x->p->count || (x->active == 0xffff && x->code[0]))
        return VA_JIT_NO_BLOCK; /* also where the form for whole warps is quicker */
    return c->plan.block[i];
}

static uint32_t jit_turn(struct va_jit_args *a, uint32_t i, uint32_t taken)
{
    struct run *x = (struct run *)((char *)a - offsetof(struct run, jit));

    x->pc = x->base + 8ull * i;
    if (taken)
        branch(x, &x->p->step[i], NULL, (uint16_t)taken);
    if (x->pc >= x->next)
        choose(x);
    return jit_where(x, a, x->code[1]);
}

/* What an earlier run of this shader has mapped may still be where it was. */
static void jit_remember(struct va_jit_memory *m, uint64_t epoch)
{
    if (epoch && m->epoch == epoch)
        return;
    m->epoch = epoch;
    for (unsigned i = 0; i < VA_JIT_WINDOWS; i++)
        m->window[0][i].len = m->window[1][i].len = 0;
}

static void jit_prepare(struct run *x)
{
    const struct va_host *host = x->s->host;

    x->jit = (struct va_jit_args){
        .w = x->w,
        .host = host,
        .step = x->s->program->step,
        .micro = x->s->program->micro,
        .f = &x->f,
        .starts = x->s->bound->starts,
        .memory = jit_memory,
        .map = jit_map,
        .turn = jit_turn,
        .memory_seen = &x->s->bound->memory,
        .epoch = host->epoch ? *host->epoch : 0,
    };
    jit_remember(x->jit.memory_seen, x->jit.epoch);
}

/* What is left to do at the instruction where compiled code came back. */
static enum va_stop compiled_end(struct run *x, const struct va_jit_args *a,
                                 const struct va_step *s)
{
    switch (a->why) {
    case VA_JIT_PARTED:
        branch(x, s, NULL, (uint16_t)a->taken);
        return VA_STOP_SLICE;
    case VA_JIT_FLOW:
        flow(x, s->insn.flow, x->active);
        x->pc += 8;
        return VA_STOP_SLICE;
    case VA_JIT_ANSWER:
        return message_done(x, s, a->answer);
    default:
        return VA_STOP_SLICE;
    }
}

/* A message that was answered with a jump is done, which the others were not: compiled code left
 * it to be counted. */
static void compiled_jump(struct run *x, const struct va_step *s, uint32_t *done)
{
    x->pc += 8;
    ++*done;
    if (x->s->counts)
        x->s->counts[s->insn.op]++;
}

/* At most @budget instructions from the @i-th on; false: none of them is compiled, or too many. */
static bool compiled(struct run *x, uint64_t i, uint32_t budget, uint32_t *done, enum va_stop *stop)
{
    const struct va_jit_code *c = x->code[x->active != 0xffff];
    uint64_t room = (x->next - x->pc + 7) / 8;

    if (!c && x->active != 0xffff)
        va_jit_parted(x->s->program, x->ftz);
    if (!c || c->plan.block[i] == VA_JIT_NO_BLOCK)
        return false;
    x->jit.next = i + room;
    x->jit.left = budget;
    uint32_t at = c->run(&x->jit, x->w->r, x->s->bound, &x->f.mask, x->active, c->plan.block[i]);
    *done = budget - x->jit.left;
    if (!*done && x->jit.why == VA_JIT_LEFT)
        return false;
    x->pc = x->base + 8 * (uint64_t)(int64_t)(int32_t)at;
    *stop = compiled_end(x, &x->jit, &x->p->step[x->jit.why == VA_JIT_LEFT ? i : at]);
    if (*stop == VA_STOP_SLICE && x->jit.why == VA_JIT_ANSWER)
        compiled_jump(x, &x->p->step[at], done);
    if (*stop != VA_STOP_SLICE) /* the instruction that stops is not counted, those before are */
        x->w->executed += *done;
    return true;
}

/* --- the loop ---------------------------------------------------------------------------- */

static enum va_stop nothing_ready(struct va_warp *w)
{
    if (!w->alive)
        return VA_STOP_ENDED;
    w->waiting = 0;
    return VA_STOP_BARRIER;
}

static void frame_init(struct run *x)
{
    const struct va_shader *s = x->s;

    x->f.env.ftz32 = s->ftz32;
    x->f.env.ftz16 = s->ftz16;
    x->ftz = va_ftz_of(s);
    x->f.base[VA_BASE_REGS] = x->w->r;
    x->f.base[VA_BASE_BOUND] = s->bound;
    x->f.base[VA_BASE_CONSTS] = s->program->consts;
    x->f.base[VA_BASE_SCRATCH] = &x->taken;
}

/* The instruction at x->pc, or runs of them; how many: *done. */
static enum va_stop advance(struct run *x, uint32_t budget, uint32_t *done)
{
    const struct va_shader *s = x->s;
    uint64_t i = (x->pc - x->base) / 8;
    const struct va_step *st = &x->p->step[i];
    enum va_stop stop = VA_STOP_SLICE;

    if (x->code[0] && compiled(x, i, budget, done, &stop))
        return stop;
    *done = 1;
    if (s->bound && x->p == s->program) {
        const struct va_micro *m = &x->p->micro[i];
        if (m->run) {
            *done = compute(x, m, i, budget);
            return stop;
        }
        if (!m->operands || !fast_step(x, st, m, &stop))
            stop = st->error ? fault(x, VA_FAULT_ENCODING, st) : step(x, st);
    } else {
        stop = st->error ? fault(x, VA_FAULT_ENCODING, st) : step(x, st);
    }
    if (stop == VA_STOP_SLICE && s->counts)
        s->counts[st->insn.op]++;
    if (__builtin_expect(s->executed != NULL, 0) && stop == VA_STOP_SLICE && x->p == s->program)
        s->executed[i]++;
    return stop;
}

static enum va_stop run(struct va_warp *w, const struct va_shader *s, uint32_t budget)
{
    struct run x; /* not all of it is set: much of it is room for vectors */
    enum va_stop stop = VA_STOP_SLICE;
    uint32_t done;

    if (w->fault.kind)
        return VA_STOP_FAULT;
    x.w = w;
    x.s = s;
    x.p = NULL;
    frame_init(&x);
    if (!enter(&x))
        return nothing_ready(w);
    for (; budget && stop == VA_STOP_SLICE; budget -= done) {
        if (!x.p || x.pc - x.base >= 8ull * x.p->count || ((x.pc - x.base) & 7))
            if (!locate(&x)) {
                stop = fault(&x, VA_FAULT_PC, NULL);
                break;
            }
        stop = advance(&x, budget, &done);
        if (stop != VA_STOP_SLICE)
            break;
        w->executed += done;
        if ((!x.active || x.pc >= x.next) && !choose(&x))
            return nothing_ready(w);
    }
    leave(&x);
    return stop;
}

static void warp_init(struct va_warp *w, const struct va_shader *s, uint16_t lanes)
{
    unsigned regs =
        s->program && s->program->regs < FIRST_PRELOADED ? s->program->regs : FIRST_PRELOADED;

    clear_registers(w, 0, regs);
    clear_registers(w, FIRST_PRELOADED, 64);
    w->clean = (uint8_t)regs;
    w->fresh = true;
    w->alive = lanes;
    w->helper = w->waiting = w->discarded = 0;
    w->executed = w->at = w->here_base = 0;
    w->here = NULL;
    w->fault = (struct va_fault){.kind = VA_FAULT_NONE};
    vector64 *pc = (vector64 *)w->pc;
    for (unsigned i = 0; i < 2; i++) {
        pc[i] = (vector64){0} + s->base;
        w->tls[i] = (va_v16u){0};
    }
}

const struct va_exec VA_EXEC = {run, warp_init, memory_prepare, put_loaded_lane, load_together};
