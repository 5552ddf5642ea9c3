/*
 * The interpreter for any CPU of the build's architecture, and what calls a program's variant.
 *
 * Called by the pipeline. Calls the variants' functions (exec_body.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define VA_EXEC va_exec_base
#include "exec_body.h"

/* --- preparation --------------------------------------------------------------------- */

static uint8_t message_kind(const struct va_insn *in, uint8_t *size)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 6, 8, 12, 16};

    *size = bytes[va_info(in->op)->secondary & 7];
    if (in->op >= VA_OP_LOAD_I8 && in->op <= VA_OP_LOAD_I128)
        return VA_KIND_LOAD;
    if (in->op >= VA_OP_STORE_I8 && in->op <= VA_OP_STORE_I128)
        return VA_KIND_STORE;
    switch (in->op) {
    case VA_OP_ATOM_I32:
    case VA_OP_ATOM_I64:
    case VA_OP_ATOM1_RETURN_I32:
    case VA_OP_ATOM1_RETURN_I64:
    case VA_OP_ATOM_RETURN_I32:
    case VA_OP_ATOM_RETURN_I64:
        return VA_KIND_ATOM;
    case VA_OP_BARRIER:
        return VA_KIND_BARRIER;
    default:
        return VA_KIND_MESSAGE;
    }
}

void va_step_prepare(struct va_step *s, va_alu_fn *const *alu)
{
    const struct va_insn *in = &s->insn;

    s->fn = alu[in->op];
    if (va_info(in->op)->message)
        s->kind = message_kind(in, &s->size);
    else if (!va_alu_modelled(in))
        s->kind = VA_KIND_UNMODELLED;
    else if (in->op == VA_OP_NOP)
        s->kind = VA_KIND_NOP;
    else if (in->op == VA_OP_BRANCHZ)
        s->kind = VA_KIND_BRANCH;
    else if (in->op == VA_OP_BRANCHZI)
        s->kind = VA_KIND_JUMP;
    else if (in->op == VA_OP_DISCARD_F32)
        s->kind = VA_KIND_DISCARD;
    else
        s->kind = VA_KIND_ALU;
    va_exec_base.prepare(s);
}

/* --- variants -------------------------------------------------------------------------- */

const struct va_exec *va_exec_best(void)
{
    static const struct va_exec *const variants[VA_VECTORS] = {
        &va_exec_base,
#ifdef __x86_64__
        &va_exec_avx2,
        &va_exec_avx512,
#endif
    };

    return variants[va_vectors()];
}

void va_warp_init(struct va_warp *w, const struct va_shader *s, uint16_t lanes)
{
    w->exec = s->program ? s->program->exec : &va_exec_base;
    w->exec->warp_init(w, s, lanes);
}

void va_put_loaded(struct va_warp *w, const struct va_insn *in, unsigned size, unsigned lane,
                   const uint64_t v[2])
{
    w->exec->put_loaded(w, in, size, lane, v);
}

bool va_load_together(struct va_warp *w, const struct va_host *host, const struct va_insn *in,
                      unsigned size, uint64_t base, uint64_t bytes, const va_v16u *offset,
                      uint16_t lanes, enum va_message_result *r)
{
    return w->exec->load_together(w, host, in, size, base, bytes, offset, lanes, r);
}

/* Of this thread: for profiles. */
static _Thread_local const struct va_shader *running;

void va_running(uint64_t *hash, uint64_t *va)
{
    const struct va_shader *s = running;

    *hash = s ? s->program->hash : 0;
    *va = s ? s->base : 0;
}

enum va_stop va_run(struct va_warp *w, const struct va_shader *s, uint32_t budget)
{
    enum va_stop stop;

    running = s;
    stop = w->exec->run(w, s, budget);
    running = NULL;
    return stop;
}

void va_warp_fini(struct va_warp *w)
{
    va_program_put(w->here);
    w->here = NULL;
}

const char *va_fault_name(enum va_fault_kind kind)
{
    static const char *const names[] = {
        [VA_FAULT_NONE] = "none",
        [VA_FAULT_PC] = "no code at the program counter",
        [VA_FAULT_ENCODING] = "not an instruction",
        [VA_FAULT_UNMODELLED] = "instruction is not modelled",
        [VA_FAULT_ALIGNMENT] = "misaligned atomic operation",
        [VA_FAULT_HOST] = "message or memory access failed",
    };

    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}
