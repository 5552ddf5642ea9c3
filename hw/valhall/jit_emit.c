/*
 * Writes a program as calls to the functions of jit_pieces.c, with operands' addresses, the
 * instruction and how it runs as constants, and has LLVM inline, simplify and assemble them.
 *
 * Called by jit.c. Calls LLVM, jit_plan.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit_emit.h"

#include "exec_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS    16
#define OF_FUNCTION ((unsigned)-1) /* LLVMAttributeFunctionIndex */

/* What va_vectors() asks for before it says AVX2: code on disk is good for all such CPUs. */
#define CPU      "haswell"
#define FEATURES "+avx2,+fma,+f16c"
#define TRIPLE   "x86_64-pc-linux-gnu"

/* Inlining leaves much that constants decide; then what is left is like any code. */
#define PASSES                                                                                     \
    "always-inline,globaldce,function(sroa,early-cse<memssa>,simplifycfg,instcombine,sroa,"        \
    "early-cse<memssa>,simplifycfg,gvn,dse,instcombine,adce,simplifycfg)"

/* Arguments of a compiled function. */
enum { ARG_ARGS, ARG_REGS, ARG_BOUND, ARG_MASK, ARG_ACTIVE, ARG_AT, ARGS };

struct emit {
    const struct llvm *l;
    const struct va_program *p;
    struct va_jit_plan plan;
    unsigned form; /* as VA_JIT_ALL() has it */
    enum va_ftz ftz;
    llvm_ref context, module, lib, builder;
    llvm_ref i8, i32, i64, ptr, none; /* types */
    llvm_ref zeros;                   /* a pair of vectors */
    char *why;
    size_t why_size;
    bool failed;
    /* of the function under way: */
    llvm_ref fn, arg[ARGS], left, scratch;
    llvm_ref *block; /* by instruction: where a block starts */
    uint32_t how;    /* HOW_* of jit_pieces.c */
};

#define HOW_ALL   1u
#define HOW_FTZ32 2u
#define HOW_FTZ16 4u

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

/* Where operand @k of the fast form is: two words if it has them. */
static llvm_ref operand(struct emit *e, const struct va_micro *m, unsigned k)
{
    uint64_t offset = m->at[k];

    switch (m->base[k]) {
    case VA_BASE_REGS:
        return after(e, e->arg[ARG_REGS], offset);
    case VA_BASE_BOUND:
        return after(e, e->arg[ARG_BOUND], offset);
    case VA_BASE_CONSTS:
        return offset ? constant(e, (const char *)e->p->consts + offset, sizeof(struct va_pair), 64)
                      : e->zeros;
    default:
        return e->scratch;
    }
}

/* --- instructions ---------------------------------------------------------------------------- */

/* Words of the sources of instruction @i, low and high; zeros where there is none. */
static void sources(struct emit *e, unsigned i, llvm_ref s[2 * VA_MAX_SRC])
{
    const struct va_micro *m = &e->p->micro[i];

    for (unsigned k = 0; k < VA_MAX_SRC; k++) {
        bool there = k < m->insn->nr_src;
        s[2 * k] = there ? operand(e, m, k) : e->zeros;
        s[2 * k + 1] = there && m->insn->src[k].bits == 64 ? after(e, s[2 * k], 64) : e->zeros;
    }
}

/* A meaning inlined; its result goes to @dst. */
static void emit_inline(struct emit *e, unsigned i)
{
    const struct va_micro *m = &e->p->micro[i];
    const struct va_insn *in = m->insn;
    llvm_ref s[2 * VA_MAX_SRC], d = operand(e, m, VA_DST);
    char name[64];

    snprintf(name, sizeof(name), "alu_%s", op_names[in->op]);
    sources(e, i, s);
    call(e, name, 15, constant(e, in, sizeof(*in), 8), s[0], s[1], s[2], s[3], s[4], s[5], s[6],
         s[7], d, in->dst_bits == 64 ? after(e, d, 64) : d, e->arg[ARG_MASK], e->arg[ARG_ACTIVE],
         int32(e, e->how), int32(e, m->halves));
}

static bool has_piece(struct emit *e, unsigned op)
{
    char name[64];

    snprintf(name, sizeof(name), "alu_%s", op_names[op]);
    return e->l->GetNamedFunction(e->lib, name);
}

/* Goes to the interpreter at @i. */
static void emit_leave(struct emit *e, unsigned i, enum va_jit_exit why, llvm_ref what)
{
    llvm_ref left = e->l->BuildLoad2(e->builder, e->i32, e->left, "");

    e->l->BuildRet(e->builder, call(e, "jit_leave", 5, e->arg[ARG_ARGS], left, int32(e, i),
                                    int32(e, why), what));
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

/* What serves a message of memory. */
static const char *memory_piece(const struct va_step *s)
{
    static const char *const pieces[2][5] = {
        {"jit_memory", "jit_load1", "jit_load2", "jit_load3", "jit_load4"},
        {"jit_memory", "jit_store1", "jit_store2", "jit_store3", "jit_store4"},
    };

    return s->kind == VA_KIND_ATOM ? "jit_memory" : pieces[s->kind == VA_KIND_STORE][s->words];
}

/* A message: enum va_message_result, or NULL. */
static llvm_ref emit_answer(struct emit *e, unsigned i)
{
    const struct va_step *st = &e->p->step[i];
    llvm_ref s[2 * VA_MAX_SRC], args = e->arg[ARG_ARGS], active = e->arg[ARG_ACTIVE];

    if (st->kind != VA_KIND_MESSAGE)
        return call(e, memory_piece(st), 6, args, e->arg[ARG_REGS], int32(e, i),
                    operand(e, &e->p->micro[i], 0), active,
                    e->l->ConstInt(e->i64, (uint64_t)st->insn.imm[0], 1));
    sources(e, i, s);
    return call(e, "jit_message", 12, args, int32(e, i), int32(e, st->insn.nr_src), s[0], s[1],
                s[2], s[3], s[4], s[5], s[6], s[7], active);
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
    e->l->BuildRet(e->builder, call(e, "jit_leave", 5, e->arg[ARG_ARGS], left, int32(e, i),
                                    int32(e, VA_JIT_ANSWER), r));
    e->l->PositionBuilderAtEnd(e->builder, ok);
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
    llvm_ref taken = call(e, "jit_taken", 2, e->scratch, e->arg[ARG_ACTIVE]);
    if (!taken)
        return;
    branch_if(e, taken, int32(e, 0), some, stay);
    e->l->PositionBuilderAtEnd(e->builder, some);
    branch_if(e, taken, e->arg[ARG_ACTIVE], part, go);
    e->l->PositionBuilderAtEnd(e->builder, part);
    emit_leave(e, i, VA_JIT_PARTED, taken);
    e->l->PositionBuilderAtEnd(e->builder, stay);
    emit_goto(e, (int64_t)i + 1);
    e->l->PositionBuilderAtEnd(e->builder, go);
    emit_goto(e, to);
}

/* One instruction of the block at @start. True: it has left the block. */
static bool emit_insn(struct emit *e, unsigned start, unsigned i)
{
    const struct va_insn *in = &e->p->step[i].insn;

    switch (e->plan.how[i]) {
    case VA_JIT_INLINE:
        if (has_piece(e, in->op))
            emit_inline(e, i);
        else
            call(e, "jit_call", 4, e->arg[ARG_ARGS], int32(e, i), int32(e, e->how),
                 int32(e, e->ftz));
        break;
    case VA_JIT_MEMORY:
        emit_message(e, start, i);
        break;
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

static void emit_block(struct emit *e, unsigned start)
{
    unsigned n = e->plan.len[start];
    llvm_ref run = new_block(e), out = new_block(e);

    e->l->PositionBuilderAtEnd(e->builder, e->block[start]);
    llvm_ref left = e->l->BuildLoad2(e->builder, e->i32, e->left, "");
    llvm_ref room = call(e, "jit_room", 5, e->arg[ARG_ARGS], left, int32(e, start), int32(e, n),
                         int32(e, e->how));
    if (!room)
        return;
    branch_if(e, room, int32(e, 0), run, out);
    e->l->PositionBuilderAtEnd(e->builder, out);
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

/* Uniforms and mask do not change while the function runs; registers are seen by messages, too. */
static void attributes(struct emit *e)
{
    static const unsigned fixed[] = {ARG_BOUND, ARG_MASK};

    for (unsigned i = 0; i < 2; i++) {
        attribute(e, 1 + fixed[i], "noalias");
        attribute(e, 1 + fixed[i], "readonly");
    }
    attribute(e, OF_FUNCTION, "nounwind");
    feature(e, "target-cpu", CPU);
    feature(e, "target-features", FEATURES);
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
    e->l->PositionBuilderAtEnd(e->builder, entry);
    e->scratch = variable(e, 2);
    e->left = e->l->BuildAlloca(e->builder, e->i32, "");
    llvm_ref left = call(e, "jit_left", 1, e->arg[ARG_ARGS]);
    if (!left)
        return;
    e->l->BuildStore(e->builder, left, e->left);
    sw = e->l->BuildSwitch(e->builder, e->arg[ARG_AT], none, e->plan.blocks);
    for (unsigned i = 0; i < e->plan.count && !e->failed; i++) {
        if (!block[i])
            continue;
        e->l->AddCase(sw, int32(e, e->plan.block[i]), block[i]);
        emit_block(e, i);
    }
}

/* --- modules -------------------------------------------------------------------------------------
 */

/* The pieces, read from the bitcode as they are needed; linked where they are called. */
static bool open_pieces(struct emit *e)
{
    llvm_ref buffer = e->l->CreateMemoryBufferWithMemoryRange((const char *)va_jit_bitcode,
                                                              va_jit_bitcode_size, "pieces", 0);

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

    error = e->l->RunPasses(e->module, PASSES, machine, options);
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
    llvm_ref *block = calloc(e->plan.count, sizeof(*block));

    if (!block) {
        fail(e, "memory", "none");
        return;
    }
    e->zeros = constant(e, &zeros, sizeof(zeros), 64);
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
    return l->CreateTargetMachine(target, TRIPLE, CPU, FEATURES, LLVM_OPT_LESS, LLVM_RELOC_PIC,
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

    if (!va_jit_plan(p, &e.plan)) {
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
    va_jit_plan_free(&e.plan);
    return object;
}
