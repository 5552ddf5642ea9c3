/*
 * The executor: finds the code of the current frame, runs it in bursts, says
 * why it stopped. Instructions live in exec_*.c, one handler per row of cs.def.
 *
 * Frames. The ring is the root: its address is ring_base + (extract modulo
 * ring_size), its end is insert. CALL pushes a frame, which ends, and returns,
 * when ip reaches its end or lies beyond it (a BRANCH may do that). A BRANCH to
 * below the frame's first instruction runs what is in memory there: a frame
 * has an end but no beginning, as in Mesa's interpreter. In the ring, a BRANCH
 * beyond insert stops at insert; one further back than ring_size is a
 * CS_CONFIG_FAULT, for the host may have reused that space.
 * While frames are pushed, extract stays at the CALL: the kernel's driver
 * finds the faulty job by it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_alu.h"

/* --- endings ---------------------------------------------------------------- */

enum cs_next cs_fatal(struct cs_ctx *c, uint8_t code, uint64_t info)
{
    *c->fault = (struct mali_fault){.code = code, .as = c->env->as, .info = info};
    c->stop = CS_STOP_FATAL;
    return CS_HALT;
}

enum cs_next cs_invalid(struct cs_ctx *c, uint64_t w, const char *why)
{
    mali_log(c->env->bus, MALI_LOG_GUEST_ERROR,
             "group %u stream %u: invalid instruction 0x%016llx at 0x%llx: %s", c->env->csg,
             c->env->cs, (unsigned long long)w, (unsigned long long)c->ip, why);
    return cs_fatal(c, MALI_CS_INSTR_INVALID, w);
}

bool cs_code_is_fatal(const struct mali_fault *fault)
{
    if (fault->memory)
        return true;
    switch (fault->code) {
    case MALI_KABOOM:
    case MALI_CS_RES_TERM:
    case MALI_CS_INHERIT_FAULT:
    case MALI_INSTR_INVALID_PC:
    case MALI_INSTR_INVALID_ENC:
    case MALI_INSTR_BARRIER_FAULT:
    case MALI_DATA_INVALID_FAULT:
    case MALI_TILE_RANGE_FAULT:
    case MALI_ADDR_RANGE_FAULT:
    case MALI_IMPRECISE_FAULT:
    case MALI_CSF_RES_EVICTION_TIMEOUT:
        return false;
    default:
        return true;
    }
}

enum cs_next cs_recoverable(struct cs_ctx *c, const struct mali_fault *fault)
{
    if (c->st->error) /* the first one is carried to the barrier and was reported */
        return CS_NEXT;
    c->st->error = fault->code;
    c->st->error_info = fault->info;
    *c->fault = *fault;
    c->stop = CS_STOP_FAULT;
    return CS_NEXT_HALT;
}

enum cs_next cs_memory_stop(struct cs_ctx *c, enum mali_mem_result r)
{
    if (r == MALI_MEM_STALL) {
        c->stop = CS_STOP_STALL;
    } else {
        c->fault->info = c->fault->va;
        c->stop = CS_STOP_FATAL;
    }
    return CS_HALT;
}

enum cs_next cs_block(struct cs_ctx *c, enum cs_blocked why)
{
    c->st->blocked = why;
    c->stop = CS_STOP_BLOCKED;
    return CS_HALT;
}

/* --- frames ----------------------------------------------------------------- */

void cs_save_ip(struct cs_ctx *c, uint64_t ip)
{
    struct cs_state *st = c->st;

    if (st->depth) {
        st->stack[st->depth].ip = ip;
        return;
    }
    st->extract = c->ring_pos + (ip - c->ring_va);
    if ((int64_t)(st->extract - st->insert) > 0)
        st->extract = st->insert;
}

static bool ring_valid(const struct cs_state *st)
{
    uint32_t size = st->ring_size;

    return size >= 8 && !(size & (size - 1)) && !(st->ring_base & 7) &&
           st->ring_base + size > st->ring_base && !((st->extract | st->insert) & 7) &&
           st->insert >= st->extract && st->insert - st->extract <= size;
}

/* Leaves every frame that has ended. */
static void frames_pop(struct cs_ctx *c)
{
    struct cs_state *st = c->st;

    while (st->depth && st->stack[st->depth].ip >= st->stack[st->depth].end) {
        st->depth--;
        if (st->in_handler && st->depth < st->in_handler) {
            st->in_handler = 0; /* the interrupted instruction runs again */
            /* After an error in the handler nothing more runs: the interrupted job has ended, too.
             */
            if (st->error)
                mali_pipeline_drop(c->env->pipeline, st->oom_token);
            st->job_token = st->error ? 0 : st->oom_token;
            st->oom_token = 0;
        } else if (!st->depth)
            st->extract += 8; /* behind the CALL */
    }
}

/* Sets ip, lo, stop_at and code for the frame on top. CS_NEXT: there is code. */
static enum cs_next frame_enter(struct cs_ctx *c)
{
    struct cs_state *st = c->st;
    uint64_t end, avail, page_end;
    void *host;

    frames_pop(c);
    if (!st->depth) {
        uint64_t off = st->extract & (st->ring_size - 1);
        uint64_t run = st->insert - st->extract;

        c->ip = st->ring_base + off;
        if (!ring_valid(st))
            return cs_fatal(c, MALI_CS_CONFIG_FAULT, st->extract);
        if (!run) {
            c->stop = CS_STOP_EMPTY;
            return CS_HALT;
        }
        end = c->ip + (run < st->ring_size - off ? run : st->ring_size - off);
        c->ring_va = c->ip;
        c->ring_pos = st->extract;
    } else {
        c->ip = st->stack[st->depth].ip;
        end = st->stack[st->depth].end;
    }

    enum mali_mem_result r = mali_tlb_ptr(c->env->tlb, c->env->as, c->ip, MALI_ACCESS_READ,
                                          cs_source_id(c->env), &host, &avail, c->fault);
    if (r != MALI_MEM_OK)
        return cs_memory_stop(c, r);
    page_end = (c->ip & ~MALI_PAGE_MASK) + MALI_PAGE_SIZE;
    c->stop_at = page_end && page_end < end ? page_end : end;
    /* Backward branches within the page are cheap, but not in the ring: extract needs checks. */
    c->lo = st->depth ? c->ip & ~MALI_PAGE_MASK : c->ip;
    c->code = (const uint8_t *)host - (c->ip - c->lo);
    return CS_NEXT;
}

/* --- bursts ------------------------------------------------------------------ */

#define F(...)
#define CS_INSN(op, name, fid, syntax, what, note, source, fields) [op] = cs_##name,
static cs_handler *const handlers[CS_OPCODES] = {
#include "cs.def"
};
#undef CS_INSN
#undef F

/* Everything that is not inlined, and every word that the masks refuse. */
static enum cs_next slow_instr(struct cs_ctx *c, uint64_t w)
{
    if (CS_UNLIKELY(cs_has_enum[w >> 56] || !cs_word_shape_ok(w))) {
        const char *problem = cs_word_problem(w);
        if (problem)
            return cs_invalid(c, w, problem);
    }
    return handlers[w >> 56](c, w);
}

/*
 * Runs the current code until it ends, the budget is used up or a handler says
 * otherwise. @reference: every instruction goes through its handler, and can be
 * traced or struck by a fault; tests compare the two.
 */
static inline __attribute__((always_inline)) enum cs_next burst(struct cs_ctx *c, bool reference)
{
    uint32_t *const regs = c->st->regs;
    const uint64_t lo = c->lo, stop_at = c->stop_at;
    const uint8_t *const code = c->code;
    uint64_t ip = c->ip;
    uint32_t left = c->left;
    enum cs_next next = CS_FRAME;

    while (ip < stop_at) {
        if (CS_UNLIKELY(!left)) {
            c->stop = CS_STOP_BUDGET;
            next = CS_HALT;
            break;
        }
        uint64_t w = __atomic_load_n((const uint64_t *)(code + (ip - lo)), __ATOMIC_RELAXED);
        unsigned op = w >> 56;

        if (!reference && CS_LIKELY(cs_word_shape_ok(w))) {
            switch (op) {
            case CS_OP_NOP:
                goto done;
            case CS_OP_MOVE:
                alu_move(regs, w);
                goto done;
            case CS_OP_MOVE32:
                alu_move32(regs, w);
                goto done;
            case CS_OP_ADD_IMMEDIATE32:
                alu_add32(regs, w);
                goto done;
            case CS_OP_ADD_IMMEDIATE64:
                alu_add64(regs, w);
                goto done;
            case CS_OP_UMIN32:
                alu_umin32(regs, w);
                goto done;
            case CS_OP_BRANCH: {
                unsigned cond = (w >> 28) & 7;
                if (CS_UNLIKELY(cond > 6))
                    break;
                left--;
                c->counts[op]++;
                ip += 8;
                if (alu_condition(cond, (int32_t)regs[cs_r40(w)]))
                    ip += (uint64_t)(int64_t)(int16_t)w * 8;
                if (CS_LIKELY(ip - lo < stop_at - lo))
                    continue;
                goto out;
            }
            default:
                break;
            }
        }
        c->ip = ip;
        if (reference && c->env->trace_instr)
            mali_trace_emit(c->env->trace, MALI_EV_cs_instr,
                            cs_insn_by_opcode(op) ? cs_insn_by_opcode(op)->name : "unknown",
                            c->env->csg, c->env->cs, ip, w);
        next =
            reference && cs_inject_armed(c) && cs_injected(c, w, &next) ? next : slow_instr(c, w);
        if (next == CS_HALT) {
            if (cs_insn_by_opcode(op)) /* the report names what blocked or was refused, too */
                c->counts[op]++;
            break;
        }
        if (next != CS_NEXT) {
            left--;
            c->counts[op]++;
            c->left = left;
            if (next == CS_NEXT_HALT)
                cs_save_ip(c, ip + 8);
            return next;
        }
        next = CS_FRAME;
    done:
        left--;
        c->counts[op]++;
        ip += 8;
    }
out:
    cs_save_ip(c, ip);
    c->left = left;
    return next;
}

/*
 * Functions of their own, so that the code of the quick one is the same whether there are hooks for
 * injected faults or not, and does not depend on what is around it: scripts/bench inject compares.
 */
static __attribute__((noinline, aligned(64))) enum cs_next cs_burst(struct cs_ctx *c)
{
    return burst(c, false);
}

static __attribute__((noinline)) enum cs_next cs_burst_reference(struct cs_ctx *c)
{
    return burst(c, true);
}

static void run(struct cs_ctx *c)
{
    for (;;) {
        if (frame_enter(c) == CS_HALT)
            return;
        enum cs_next next =
            c->env->trace_instr || cs_inject_armed(c) ? cs_burst_reference(c) : cs_burst(c);
        if (next != CS_FRAME)
            return;
    }
}

/* The fidelity report counts instructions by opcode. */
static void touch(struct cs_ctx *c)
{
    const struct cs_insn *insn;

    for (unsigned i = 0; (insn = cs_insn_at(i)); i++) {
        uint32_t local = 0, n = c->counts[insn->opcode];
        uint32_t *slot = c->env->touch_slots ? &c->env->touch_slots[insn->opcode] : &local;
        if (n)
            mali_trace_touch(c->env->trace, MALI_FID_CS, insn->name, insn->fidelity, insn->note,
                             slot, n);
    }
}

enum cs_stop cs_run(const struct cs_env *env, struct cs_state *st, uint32_t budget,
                    uint32_t *executed, struct mali_fault *fault)
{
    struct cs_ctx c = {.env = env, .st = st, .fault = fault, .left = budget};
    bool stalled = false;

    memset(fault, 0, sizeof(*fault));
    *executed = 0;
    st->blocked = CS_UNBLOCKED;
    st->wait_protm = 0;
    c.ip = st->depth ? st->stack[st->depth].ip : st->ring_base;
    if (!ring_valid(st))
        cs_fatal(&c, MALI_CS_CONFIG_FAULT, st->extract);
    else if (cs_heap_accept(&c) == CS_NEXT && cs_drain(&c, &stalled) == CS_NEXT)
        run(&c);

    /* Someone must come back for a deferred operation that a locked region held up. */
    if (stalled && (c.stop == CS_STOP_BLOCKED || c.stop == CS_STOP_EMPTY))
        c.stop = CS_STOP_STALL;
    *executed = budget - c.left;
    st->instr_count += *executed;
    touch(&c);
    return c.stop;
}
