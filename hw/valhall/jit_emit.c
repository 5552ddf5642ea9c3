/*
 * Writes a program as calls to the functions of jit_pieces.c, with operands' addresses, the
 * instruction and how it runs as constants, and has LLVM inline, simplify and assemble them.
 *
 * Called by jit.c. Calls LLVM, jit_plan.c, jit_loose.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit_emit.h"

#include "exec_internal.h"
#include "jit_loose.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS    16
#define OF_FUNCTION ((unsigned)-1) /* LLVMAttributeFunctionIndex */

/* What va_vectors() asks for before it says so: code on disk is good for all such CPUs. */
#define CPU         "haswell"
#define CPU512      "x86-64-v4"
#define FEATURES    "+avx2,+fma,+f16c"
#define FEATURES512 FEATURES ",+avx512f,+avx512dq,+avx512bw,+avx512vl,+avx512vbmi"
#define TRIPLE      "x86_64-pc-linux-gnu"

#define REGISTERS VA_JIT_REGISTERS

/*
 * Inlining leaves much that constants decide; then what is left is like any code. Since LLVM 18
 * instcombine named like this ends the process when one round does not do, unless told not to.
 */
#define PASSES(combine)                                                                            \
    "always-inline,globaldce,function(sroa,early-cse<memssa>,simplifycfg," combine ",sroa,"        \
    "early-cse<memssa>,simplifycfg,gvn,dse," combine ",adce,simplifycfg)"
#define LLVM_VERIFIES 18u /* the first version */

/* Arguments of a compiled function. */
enum { ARG_ARGS, ARG_REGS, ARG_BOUND, ARG_MASK, ARG_ACTIVE, ARG_AT, ARGS };

struct emit {
    const struct llvm *l;
    const struct va_program *p;
    struct va_jit_plan plan;
    struct va_jit_loose loosely;
    unsigned form; /* as VA_JIT_ALL() has it */
    enum va_ftz ftz;
    llvm_ref context, module, lib, builder;
    llvm_ref i8, i32, i64, ptr, none; /* types */
    llvm_ref zeros, ones;             /* pairs of vectors */
    char *why;
    size_t why_size;
    bool failed;
    /* of the function under way: */
    llvm_ref fn, arg[ARGS], left, scratch;
    llvm_ref *block; /* by instruction: where a block starts */
    uint32_t how;    /* HOW_* of jit_pieces.c */
    /*
     * Registers are variables while the function runs: LLVM makes values of them, also across
     * blocks. They come from struct va_warp when it is entered and go back when it is left.
     */
    uint64_t used, written;
    uint64_t loose, ever_loose; /* here; anywhere: see jit_loose.h */
    llvm_ref reg[REGISTERS];
    llvm_ref mask, active; /* variables: which lanes run */
    llvm_ref to, dispatch; /* a variable: the block that dispatch goes to */
    llvm_ref exit, out_at, out_why, out_what, out_loose;
};

#define HOW_ALL   1u
#define HOW_FTZ32 2u
#define HOW_FTZ16 4u
#define HOW_LOOSE 8u

/* Names of instructions as alu_NAME() has them. */
static const char *const op_names[VA_OPS] = {
#define VA(id, ...) #id,
#include "isa.def"
#undef VA
};

static void fail(struct emit *e, const char *what, const char *detail)
{
    if (!e->failed)
        snprintf(e->why, e->why_size, "%s: %s", what, detail ? detail : "");
    e->failed = true;
}

static llvm_ref int32(const struct emit *e, uint64_t x)
{
    return e->l->ConstInt(e->i32, x, 0);
}

/* --- calls to pieces ----------------------------------------------------------------------- */

/* Declares the piece @name as the bitcode has it. */
static llvm_ref piece(struct emit *e, const char *name, llvm_ref *type)
{
    llvm_ref from = e->l->GetNamedFunction(e->lib, name), fn;

    if (!from) {
        fail(e, "no such piece", name);
        return NULL;
    }
    *type = e->l->GlobalGetValueType(from);
    fn = e->l->GetNamedFunction(e->module, name);
    return fn ? fn : e->l->AddFunction(e->module, name, *type);
}

static llvm_ref call(struct emit *e, const char *name, unsigned n, ...)
{
    llvm_ref type, fn = piece(e, name, &type), arg[MAX_ARGS];
    va_list list;

    if (!fn)
        return NULL;
    va_start(list, n);
    for (unsigned i = 0; i < n; i++)
        arg[i] = va_arg(list, llvm_ref);
    va_end(list);
    return e->l->BuildCall2(e->builder, type, fn, arg, n, "");
}

/* @bytes after @base. */
static llvm_ref after(struct emit *e, llvm_ref base, uint64_t bytes)
{
    llvm_ref n = e->l->ConstInt(e->i64, bytes, 0);

    return bytes ? e->l->BuildGEP2(e->builder, e->i8, base, &n, 1, "") : base;
}

static llvm_ref constant(struct emit *e, const void *bytes, unsigned n, unsigned align)
{
    llvm_ref value = e->l->ConstStringInContext(e->context, bytes, n, 1);
    llvm_ref global = e->l->AddGlobal(e->module, e->l->TypeOf(value), "");

    e->l->SetInitializer(global, value);
    e->l->SetGlobalConstant(global, 1);
    e->l->SetLinkage(global, LLVM_PRIVATE);
    e->l->SetAlignment(global, align);
    return global;
}

/* A variable of @vectors warp-wide vectors; only in the first block of a function. */
static llvm_ref variable(struct emit *e, unsigned vectors)
{
    llvm_ref v =
        e->l->BuildAlloca(e->builder, e->l->ArrayType2(e->i8, vectors * sizeof(va_v16u)), "");

    e->l->SetAlignment(v, 64);
    return v;
}

/* Where word @high, 0 or 1, of operand @k of the fast form is. */
static llvm_ref operand(struct emit *e, const struct va_micro *m, unsigned k, unsigned high)
{
    uint64_t offset = m->at[k] + 64 * high;
    unsigned r = va_jit_register(m, k);

    switch (m->base[k]) {
    case VA_BASE_REGS:
        return r < REGISTERS ? e->reg[(r + high) & 63] : after(e, e->arg[ARG_REGS], offset);
    case VA_BASE_BOUND:
        return after(e, e->arg[ARG_BOUND], offset);
    case VA_BASE_CONSTS:
        if (!m->at[k])
            return e->zeros;
        return constant(e, (const char *)e->p->consts + offset, sizeof(va_v16u), 64);
    default:
        return high ? after(e, e->scratch, 64) : e->scratch;
    }
}

/* --- registers ----------------------------------------------------------------------------- */

/* Registers that are variables: all others stay in struct va_warp. */
static void find_registers(struct emit *e)
{
    e->used = e->written = 0;
    for (unsigned i = 0; i < e->plan.count; i++) {
        if (e->plan.how[i] == VA_JIT_NOT || e->plan.how[i] == VA_JIT_NOTHING)
            continue;
        e->used |= va_jit_reads(e->p, i);
        e->written |= va_jit_writes(e->p, i);
        if (e->plan.how[i] == VA_JIT_MEMORY)
            e->written |= va_jit_staging(e->p, i);
    }
    e->used |= e->written;
}

/* Registers of @set to struct va_warp, or from there. */
static void synchronise(struct emit *e, uint64_t set, bool to_warp)
{
    for (unsigned r = 0; r < REGISTERS; r++) {
        if (!(set & e->used & va_jit_bit(r)))
            continue;
        llvm_ref there = after(e, e->arg[ARG_REGS], 64 * r);
        if (to_warp)
            call(e, "jit_copy", 2, there, e->reg[r]);
        else
            call(e, "jit_copy", 2, e->reg[r], there);
    }
}

/* Registers of @set, if they are loose here, are what the interpreter would have. */
static void settle(struct emit *e, uint64_t set)
{
    for (uint64_t left = set & e->loose; left; left &= left - 1)
        call(e, "jit_settle", 1, e->reg[__builtin_ctzll(left)]);
    e->loose &= ~set;
}

static llvm_ref active(struct emit *e)
{
    return e->how & HOW_ALL ? int32(e, 0xffff)
                            : e->l->BuildLoad2(e->builder, e->i32, e->active, "");
}

/* --- instructions ---------------------------------------------------------------------------- */

/* Words of the sources of instruction @i, low and high; zeros where there is none. */
static void sources(struct emit *e, unsigned i, llvm_ref s[2 * VA_MAX_SRC])
{
    const struct va_micro *m = &e->p->micro[i];

    for (unsigned k = 0; k < VA_MAX_SRC; k++) {
        bool there = k < m->insn->nr_src;
        s[2 * k] = there ? operand(e, m, k, 0) : e->zeros;
        s[2 * k + 1] = there && m->insn->src[k].bits == 64 ? operand(e, m, k, 1) : e->zeros;
    }
}

/* A meaning inlined; its result goes to @dst. */
static void emit_inline(struct emit *e, unsigned i)
{
    const struct va_micro *m = &e->p->micro[i];
    const struct va_insn *in = m->insn;
    uint64_t loosens = e->how & HOW_ALL ? va_jit_loosens(e->p, &e->plan, &e->loosely, i) : 0;
    llvm_ref s[2 * VA_MAX_SRC], d = operand(e, m, VA_DST, 0);
    char name[64];

    snprintf(name, sizeof(name), "alu_%s", op_names[in->op]);
    sources(e, i, s);
    call(e, name, 15, constant(e, in, sizeof(*in), 8), s[0], s[1], s[2], s[3], s[4], s[5], s[6],
         s[7], d, in->dst_bits == 64 ? operand(e, m, VA_DST, 1) : d, e->mask, active(e),
         int32(e, e->how | (loosens ? HOW_LOOSE : 0)), int32(e, m->halves));
    e->loose = (e->loose & ~va_jit_writes(e->p, i)) | loosens;
    e->ever_loose |= loosens;
}

static bool has_piece(struct emit *e, unsigned op)
{
    char name[64];

    snprintf(name, sizeof(name), "alu_%s", op_names[op]);
    return e->l->GetNamedFunction(e->lib, name);
}

/* Goes to the interpreter at @at, a value. */
static void emit_leave_at(struct emit *e, llvm_ref at, enum va_jit_exit why, llvm_ref what)
{
    e->l->BuildStore(e->builder, at, e->out_at);
    e->l->BuildStore(e->builder, int32(e, why), e->out_why);
    e->l->BuildStore(e->builder, what, e->out_what);
    e->l->BuildStore(e->builder, e->l->ConstInt(e->i64, e->loose, 0), e->out_loose);
    e->l->BuildBr(e->builder, e->exit);
}

static void emit_leave(struct emit *e, unsigned i, enum va_jit_exit why, llvm_ref what)
{
    emit_leave_at(e, int32(e, i), why, what);
}

/* Where all ways out lead. */
static void emit_exit(struct emit *e)
{
    const struct llvm *l = e->l;

    l->PositionBuilderAtEnd(e->builder, e->exit);
    synchronise(e, e->written & ~e->ever_loose, true);
    for (uint64_t left = e->ever_loose; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        call(e, "jit_copy_settled", 4, after(e, e->arg[ARG_REGS], 64 * r), e->reg[r],
             l->BuildLoad2(e->builder, e->i64, e->out_loose, ""), int32(e, r));
    }
    l->BuildRet(e->builder, call(e, "jit_leave", 5, e->arg[ARG_ARGS],
                                 l->BuildLoad2(e->builder, e->i32, e->left, ""),
                                 l->BuildLoad2(e->builder, e->i32, e->out_at, ""),
                                 l->BuildLoad2(e->builder, e->i32, e->out_why, ""),
                                 l->BuildLoad2(e->builder, e->i32, e->out_what, "")));
}

static llvm_ref new_block(struct emit *e)
{
    return e->l->AppendBasicBlockInContext(e->context, e->fn, "");
}

static void branch_if(struct emit *e, llvm_ref not_equal, llvm_ref to, llvm_ref then,
                      llvm_ref other)
{
    e->l->BuildCondBr(e->builder, e->l->BuildICmp(e->builder, LLVM_INT_NE, not_equal, to, ""), then,
                      other);
}

/* On to instruction @i: its block, or the interpreter. */
static void emit_goto(struct emit *e, int64_t i)
{
    if (i >= 0 && i < e->plan.count && e->block[i])
        e->l->BuildBr(e->builder, e->block[i]);
    else
        emit_leave(e, (uint32_t)i, VA_JIT_LEFT, int32(e, 0));
}

/* The piece that has message @i inlined, and with how many words; NULL: none has. */
static const char *memory_piece(const struct va_step *s, unsigned *words)
{
    static const char *const pieces[3][5] = {
        {NULL, "jit_load1", "jit_load2", "jit_load3", "jit_load4"},
        {NULL, "jit_store1", "jit_store2", "jit_store3", "jit_store4"},
        {NULL, "jit_buffer1", "jit_buffer2", "jit_buffer3", "jit_buffer4"},
    };

    *words = s->words;
    switch (s->kind) {
    case VA_KIND_LOAD:
        return pieces[0][s->words];
    case VA_KIND_STORE:
        return pieces[1][s->words];
    case VA_KIND_MESSAGE:
        if (s->insn.op != VA_OP_LEA_BUFFER)
            return pieces[2][s->words];
        *words = 2;
        return s->insn.sr[0].count == 2 ? "jit_lea_buffer" : NULL;
    default:
        return NULL;
    }
}

/* A load of one or two bytes. */
static llvm_ref emit_small(struct emit *e, unsigned i)
{
    const struct va_step *st = &e->p->step[i];
    const struct va_small *m = &st->small;
    unsigned kind = st->insn.src[1].kind, reg = st->insn.sr[0].reg;
    llvm_ref s[2 * VA_MAX_SRC], args = e->arg[ARG_ARGS], lanes = active(e), how = int32(e, e->how);
    llvm_ref r0 = e->reg[reg], r1 = m->both ? e->reg[(reg + 1) & 63] : e->zeros;
    llvm_ref bytes = int32(e, m->bytes), keep = int32(e, m->keep), part = int32(e, m->part);
    llvm_ref form = int32(e, m->up | m->shift << 8 | m->both << 16);

    sources(e, i, s);
    if (st->kind != VA_KIND_MESSAGE)
        return call(e, "jit_load_small", 14, args, int32(e, i), s[0], s[1], r0, r1, e->mask, lanes,
                    how, e->l->ConstInt(e->i64, (uint64_t)st->insn.imm[0], 1), bytes, form, keep,
                    part);
    return call(e, "jit_buffer_small", 15, args, int32(e, i), s[0], s[1], s[2], r0, r1, e->mask,
                lanes, how, int32(e, kind == VA_SRC_CONST || kind == VA_SRC_UNIFORM), bytes, form,
                keep, part);
}

static llvm_ref emit_inlined(struct emit *e, unsigned i, const char *name, unsigned words)
{
    const struct va_step *st = &e->p->step[i];
    llvm_ref s[2 * VA_MAX_SRC], r[4], args = e->arg[ARG_ARGS], lanes = active(e);
    unsigned kind = st->insn.src[1].kind;

    sources(e, i, s);
    for (unsigned k = 0; k < 4; k++)
        r[k] = k < words ? e->reg[(st->insn.sr[0].reg + k) & 63] : e->zeros;
    if (st->kind != VA_KIND_MESSAGE)
        return call(e, name, 12, args, int32(e, i), s[0], s[1], r[0], r[1], r[2], r[3], e->mask,
                    lanes, int32(e, e->how), e->l->ConstInt(e->i64, (uint64_t)st->insn.imm[0], 1));
    return call(e, name, 13, args, int32(e, i), s[0], s[1], s[2], r[0], r[1], r[2], r[3], e->mask,
                lanes, int32(e, e->how), int32(e, kind == VA_SRC_CONST || kind == VA_SRC_UNIFORM));
}

/* A message: enum va_message_result, or NULL. */
static llvm_ref emit_answer(struct emit *e, unsigned i)
{
    const struct va_step *st = &e->p->step[i];
    llvm_ref s[2 * VA_MAX_SRC], args = e->arg[ARG_ARGS], r;
    unsigned words;
    const char *name = memory_piece(st, &words);

    if (name)
        return emit_inlined(e, i, name, words);
    if (st->small.bytes)
        return emit_small(e, i);
    sources(e, i, s);
    synchronise(e, va_jit_staging(e->p, i), true);
    if (st->kind != VA_KIND_MESSAGE)
        r = call(e, "jit_memory", 5, args, int32(e, i), s[0], s[1], active(e));
    else
        r = call(e, "jit_message", 12, args, int32(e, i), int32(e, st->insn.nr_src), s[0], s[1],
                 s[2], s[3], s[4], s[5], s[6], s[7], active(e));
    synchronise(e, va_jit_staging(e->p, i), false);
    return r;
}

static void emit_message(struct emit *e, unsigned start, unsigned i)
{
    unsigned n = e->plan.len[start], done = i - start;
    llvm_ref ok = new_block(e), bad = new_block(e), r = emit_answer(e, i);

    if (!r)
        return;
    branch_if(e, r, int32(e, VA_MSG_DONE), bad, ok);
    e->l->PositionBuilderAtEnd(e->builder, bad);
    call(e, "jit_uncount", 4, e->arg[ARG_ARGS], int32(e, start), int32(e, n), int32(e, done));
    llvm_ref left = e->l->BuildLoad2(e->builder, e->i32, e->left, "");
    left = e->l->BuildAdd(e->builder, left, int32(e, n - done), "");
    e->l->BuildStore(e->builder, left, e->left);
    emit_leave(e, i, VA_JIT_ANSWER, r);
    e->l->PositionBuilderAtEnd(e->builder, ok);
}

/*
 * Lanes part at @i, or join there: who runs then, and where, jit_turn() decides. It goes on in this
 * form, unless that is left for the one for whole warps.
 */
static void emit_turn(struct emit *e, unsigned i, llvm_ref taken)
{
    const struct llvm *l = e->l;
    llvm_ref args = e->arg[ARG_ARGS], go = new_block(e), leave = new_block(e);
    llvm_ref to = call(e, "jit_turn", 3, args, int32(e, i), taken);

    if (!to)
        return;
    l->BuildStore(e->builder, call(e, "jit_active", 2, args, e->mask), e->active);
    l->BuildStore(e->builder, to, e->to);
    branch_if(e, to, int32(e, VA_JIT_NO_BLOCK), go, leave);
    l->PositionBuilderAtEnd(e->builder, go);
    l->BuildBr(e->builder, e->dispatch);
    l->PositionBuilderAtEnd(e->builder, leave);
    emit_leave_at(e, call(e, "jit_at", 1, args), VA_JIT_LEFT, int32(e, 0));
}

static void emit_branch(struct emit *e, unsigned i)
{
    int64_t to = (int64_t)i + 1 + e->p->step[i].insn.imm[0];
    llvm_ref some, stay, go, part;

    if (e->p->micro[i].always) {
        emit_goto(e, to);
        return;
    }
    some = new_block(e);
    stay = new_block(e);
    go = new_block(e);
    part = new_block(e);
    emit_inline(e, i);
    llvm_ref lanes = active(e), taken = call(e, "jit_taken", 2, e->scratch, lanes);
    if (!taken)
        return;
    branch_if(e, taken, int32(e, 0), some, stay);
    e->l->PositionBuilderAtEnd(e->builder, some);
    branch_if(e, taken, lanes, part, go);
    e->l->PositionBuilderAtEnd(e->builder, part);
    if (e->how & HOW_ALL)
        emit_leave(e, i, VA_JIT_PARTED, taken);
    else
        emit_turn(e, i, taken);
    e->l->PositionBuilderAtEnd(e->builder, stay);
    emit_goto(e, (int64_t)i + 1);
    e->l->PositionBuilderAtEnd(e->builder, go);
    emit_goto(e, to);
}

/* The fast form's function, which works on struct va_warp. */
static void emit_call(struct emit *e, unsigned i)
{
    synchronise(e, va_jit_reads(e->p, i) | va_jit_writes(e->p, i), true);
    call(e, "jit_call", 4, e->arg[ARG_ARGS], int32(e, i), int32(e, e->how), int32(e, e->ftz));
    synchronise(e, va_jit_writes(e->p, i), false);
}

/* One instruction of the block at @start. True: it has left the block. */
static bool emit_insn(struct emit *e, unsigned start, unsigned i)
{
    const struct va_insn *in = &e->p->step[i].insn;

    settle(e, va_jit_exact(e->p, &e->plan, i));
    switch (e->plan.how[i]) {
    case VA_JIT_INLINE:
        if (has_piece(e, in->op))
            emit_inline(e, i);
        else
            emit_call(e, i);
        break;
    case VA_JIT_MEMORY:
        emit_message(e, start, i);
        if (in->op != VA_OP_BLEND)
            break;
        emit_goto(e, (int64_t)i + 1); /* a blend shader: no flow. Else it is answered with a jump */
        return true;
    case VA_JIT_BRANCH:
        emit_branch(e, i);
        return true;
    default:
        break;
    }
    if (in->flow == VA_FLOW_END || in->flow == VA_FLOW_DISCARD) {
        emit_leave(e, i, VA_JIT_FLOW, int32(e, 0));
        return true;
    }
    return false;
}

/* --- functions
 * ------------------------------------------------------------------------------------ */

/* Lanes that wait at @start run from there on, too. */
static void emit_join(struct emit *e, unsigned start)
{
    llvm_ref join = new_block(e), other = new_block(e);
    llvm_ref there = call(e, "jit_joins", 2, e->arg[ARG_ARGS], int32(e, start));

    if (!there)
        return;
    branch_if(e, there, int32(e, 0), join, other);
    e->l->PositionBuilderAtEnd(e->builder, join);
    emit_turn(e, start, int32(e, 0));
    e->l->PositionBuilderAtEnd(e->builder, other);
}

static void emit_block(struct emit *e, unsigned start)
{
    unsigned n = e->plan.len[start];
    llvm_ref run = new_block(e), out = new_block(e);

    e->loose = e->how & HOW_ALL && e->loosely.before ? e->loosely.before[start] : 0;
    e->l->PositionBuilderAtEnd(e->builder, e->block[start]);
    llvm_ref left = e->l->BuildLoad2(e->builder, e->i32, e->left, "");
    llvm_ref room = call(e, "jit_room", 5, e->arg[ARG_ARGS], left, int32(e, start), int32(e, n),
                         int32(e, e->how));
    if (!room)
        return;
    branch_if(e, room, int32(e, 0), run, out);
    e->l->PositionBuilderAtEnd(e->builder, out);
    if (!(e->how & HOW_ALL))
        emit_join(e, start);
    emit_leave(e, start, VA_JIT_LEFT, int32(e, 0));
    e->l->PositionBuilderAtEnd(e->builder, run);
    e->l->BuildStore(e->builder, e->l->BuildSub(e->builder, left, int32(e, n), ""), e->left);
    call(e, "jit_count", 3, e->arg[ARG_ARGS], int32(e, start), int32(e, n));
    for (unsigned i = start; i < start + n && !e->failed; i++)
        if (emit_insn(e, start, i))
            return;
    if (!e->failed)
        emit_goto(e, start + n);
}

static void attribute(struct emit *e, unsigned at, const char *name)
{
    unsigned kind = e->l->GetEnumAttributeKindForName(name, strlen(name));

    e->l->AddAttributeAtIndex(e->fn, at, e->l->CreateEnumAttribute(e->context, kind, 0));
}

static void feature(struct emit *e, const char *key, const char *value)
{
    e->l->AddAttributeAtIndex(e->fn, OF_FUNCTION,
                              e->l->CreateStringAttribute(e->context, key, (unsigned)strlen(key),
                                                          value, (unsigned)strlen(value)));
}

static const char *cpu(void)
{
    return va_jit_wide() ? CPU512 : CPU;
}

static const char *features(void)
{
    return va_jit_wide() ? FEATURES512 : FEATURES;
}

/* Uniforms do not change while the function runs; registers are seen by messages, too. */
static void attributes(struct emit *e)
{
    attribute(e, 1 + ARG_BOUND, "noalias");
    attribute(e, 1 + ARG_BOUND, "readonly");
    attribute(e, OF_FUNCTION, "nounwind");
    feature(e, "target-cpu", cpu());
    feature(e, "target-features", features());
    feature(e, "prefer-vector-width", va_jit_wide() ? "512" : "256");
}

static llvm_ref number(struct emit *e)
{
    return e->l->BuildAlloca(e->builder, e->i32, "");
}

/* What the function keeps, in its first block. False: it cannot be. */
static bool emit_variables(struct emit *e)
{
    const struct llvm *l = e->l;
    llvm_ref left = call(e, "jit_left", 1, e->arg[ARG_ARGS]);

    if (!left)
        return false;
    e->scratch = variable(e, 2);
    e->mask = e->how & HOW_ALL ? e->ones : variable(e, 1);
    for (unsigned r = 0; r < REGISTERS; r++)
        e->reg[r] = e->used & va_jit_bit(r) ? variable(e, 1) : NULL;
    e->left = number(e);
    e->active = number(e);
    e->to = number(e);
    e->out_at = number(e);
    e->out_why = number(e);
    e->out_what = number(e);
    e->out_loose = l->BuildAlloca(e->builder, e->i64, "");
    if (!(e->how & HOW_ALL))
        call(e, "jit_copy", 2, e->mask, e->arg[ARG_MASK]);
    synchronise(e, e->used, false);
    l->BuildStore(e->builder, left, e->left);
    l->BuildStore(e->builder, e->arg[ARG_ACTIVE], e->active);
    l->BuildStore(e->builder, e->arg[ARG_AT], e->to);
    l->BuildBr(e->builder, e->dispatch);
    return !e->failed;
}

static void emit_function(struct emit *e, const char *name, uint32_t how, llvm_ref *block)
{
    llvm_ref type[ARGS] = {e->ptr, e->ptr, e->ptr, e->ptr, e->i32, e->i32};
    llvm_ref entry, none, sw;

    e->fn = e->l->AddFunction(e->module, name, e->l->FunctionType(e->i32, type, ARGS, 0));
    attributes(e);
    e->how = how | (e->ftz == VA_FTZ_NONE   ? 0
                    : e->ftz == VA_FTZ_BOTH ? HOW_FTZ32 | HOW_FTZ16
                                            : HOW_FTZ32);
    e->block = block;
    for (unsigned i = 0; i < ARGS; i++)
        e->arg[i] = e->l->GetParam(e->fn, i);
    entry = new_block(e);
    none = new_block(e);
    for (unsigned i = 0; i < e->plan.count; i++)
        block[i] = e->plan.block[i] != VA_JIT_NO_BLOCK ? new_block(e) : NULL;
    e->l->PositionBuilderAtEnd(e->builder, none);
    e->l->BuildUnreachable(e->builder);
    e->dispatch = new_block(e);
    e->exit = new_block(e);
    e->l->PositionBuilderAtEnd(e->builder, entry);
    find_registers(e);
    if (!emit_variables(e))
        return;
    e->l->PositionBuilderAtEnd(e->builder, e->dispatch);
    sw = e->l->BuildSwitch(e->builder, e->l->BuildLoad2(e->builder, e->i32, e->to, ""), none,
                           e->plan.blocks);
    for (unsigned i = 0; i < e->plan.count && !e->failed; i++) {
        if (!block[i])
            continue;
        e->l->AddCase(sw, int32(e, e->plan.block[i]), block[i]);
        emit_block(e, i);
    }
    emit_exit(e);
}

/* --- modules -------------------------------------------------------------------------------------
 */

/* The pieces, read from the bitcode as they are needed; linked where they are called. */
static bool open_pieces(struct emit *e)
{
    size_t size;
    const char *bitcode = va_jit_pieces(&size);
    llvm_ref buffer = e->l->CreateMemoryBufferWithMemoryRange(bitcode, size, "pieces", 0);

    if (e->l->GetBitcodeModuleInContext2(e->context, buffer, &e->lib)) {
        e->lib = NULL;
        fail(e, "bitcode", "not readable");
        return false;
    }
    e->l->SetTarget(e->module, e->l->GetTarget(e->lib));
    e->l->SetDataLayout(e->module, e->l->GetDataLayoutStr(e->lib));
    return true;
}

static bool link_pieces(struct emit *e)
{
    const struct llvm *l = e->l;
    int bad;

    for (llvm_ref f = l->GetFirstFunction(e->lib); f; f = l->GetNextFunction(f))
        if (!l->IsDeclaration(f))
            l->SetLinkage(f, LLVM_LINK_ONCE_ODR);
    bad = l->LinkModules2(e->module, e->lib);
    e->lib = NULL; /* it is gone in any case */
    if (bad)
        fail(e, "linking", "refused");
    return !bad;
}

static bool simplify(struct emit *e, llvm_ref machine)
{
    llvm_ref options = e->l->CreatePassBuilderOptions(), error;
    unsigned major, minor, patch;

    e->l->GetVersion(&major, &minor, &patch);
    error = e->l->RunPasses(e->module,
                            major < LLVM_VERIFIES ? PASSES("instcombine")
                                                  : PASSES("instcombine<no-verify-fixpoint>"),
                            machine, options);
    e->l->DisposePassBuilderOptions(options);
    if (!error)
        return true;
    char *text = e->l->GetErrorMessage(error);
    fail(e, "passes", text);
    e->l->DisposeErrorMessage(text);
    return false;
}

static llvm_ref assemble(struct emit *e, llvm_ref machine)
{
    llvm_ref buffer = NULL;
    char *text = NULL;

    if (!e->l->TargetMachineEmitToMemoryBuffer(machine, e->module, LLVM_OBJECT_FILE, &text,
                                               &buffer))
        return buffer;
    fail(e, "assembling", text);
    e->l->DisposeMessage(text);
    return NULL;
}

/* The function, into e->module. */
static void emit_program(struct emit *e)
{
    static const struct va_pair zeros;
    struct va_pair ones;
    llvm_ref *block = calloc(e->plan.count, sizeof(*block));

    if (!block) {
        fail(e, "memory", "none");
        return;
    }
    memset(&ones, 0xff, sizeof(ones));
    e->zeros = constant(e, &zeros, sizeof(zeros), 64);
    e->ones = constant(e, &ones, sizeof(ones), 64);
    emit_function(e, VA_JIT_SYMBOL, e->form & 1 ? 0 : HOW_ALL, block);
    free(block);
}

static llvm_ref make_object(struct emit *e, llvm_ref machine)
{
    llvm_ref object = NULL;

    if (open_pieces(e)) {
        emit_program(e);
        if (!e->failed && link_pieces(e) && simplify(e, machine))
            object = assemble(e, machine);
    }
    if (e->lib)
        e->l->DisposeModule(e->lib);
    return object;
}

llvm_ref va_jit_machine(const struct llvm *l)
{
    llvm_ref target;
    char *text = NULL;

    if (l->GetTargetFromTriple(TRIPLE, &target, &text)) {
        l->DisposeMessage(text);
        return NULL;
    }
    return l->CreateTargetMachine(target, TRIPLE, cpu(), features(), LLVM_OPT_LESS, LLVM_RELOC_PIC,
                                  LLVM_CODE_MODEL_SMALL);
}

/* Without a handler LLVM ends the process after an error. */
static void diagnosed(llvm_ref info, void *opaque)
{
    struct emit *e = opaque;

    if (e->l->GetDiagInfoSeverity(info) != LLVM_DS_ERROR)
        return;
    char *text = e->l->GetDiagInfoDescription(info);
    fail(e, "LLVM", text);
    e->l->DisposeMessage(text);
}

llvm_ref va_jit_emit(const struct llvm *l, llvm_ref machine, const struct va_program *p,
                     unsigned form, char *why, size_t size)
{
    struct emit e = {.l = l, .p = p, .form = form, .ftz = form / 2, .why = why, .why_size = size};
    llvm_ref object = NULL;

    if (!va_jit_plan(p, &e.plan) || !va_jit_loose(p, &e.plan, &e.loosely)) {
        fail(&e, "plan", "no memory, or too many blocks");
    } else if (!e.plan.blocks) {
        fail(&e, "plan", "nothing to compile");
    } else {
        e.context = l->ContextCreate();
        l->ContextSetDiagnosticHandler(e.context, diagnosed, &e);
        e.module = l->ModuleCreateWithNameInContext("shader", e.context);
        e.builder = l->CreateBuilderInContext(e.context);
        e.i8 = l->IntTypeInContext(e.context, 8);
        e.i32 = l->IntTypeInContext(e.context, 32);
        e.i64 = l->IntTypeInContext(e.context, 64);
        e.ptr = l->PointerTypeInContext(e.context, 0);
        object = make_object(&e, machine);
        if (object && e.failed) {
            l->DisposeMemoryBuffer(object);
            object = NULL;
        }
        l->DisposeBuilder(e.builder);
        l->DisposeModule(e.module);
        l->ContextDispose(e.context);
    }
    va_jit_loose_free(&e.loosely);
    va_jit_plan_free(&e.plan);
    return object;
}
