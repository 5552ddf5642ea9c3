/*
 * The executor's private side: its context for one slice, what a handler
 * answers, faults, memory spans, asynchronous operations.
 *
 * Included by cs_exec.c, cs_state.c and exec_*.c only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_CS_INTERNAL_H
#define MALI_CS_INTERNAL_H

#include <string.h>

#include "../inject/inject.h"
#include "../mmu/mmu_tlb.h"
#include "cs_table.h"

#define CS_LIKELY(x)   __builtin_expect(!!(x), 1)
#define CS_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define CS_SB_LIMIT                                                                                \
    0xffffu /* outstanding operations per entry: our bound, the hardware's is unknown */
#define CS_SB_NONE 0xffu /* cs_deferred.signal: signals nothing */
#define CS_SB_MASK ((1u << CS_SB_COUNT) - 1)

/* What a handler answers. */
enum cs_next {
    CS_NEXT,      /* done: go on behind the instruction */
    CS_FRAME,     /* done, and it set ip, the stack or extract itself */
    CS_HALT,      /* not executed: ctx->stop says why; a repeat must be possible */
    CS_NEXT_HALT, /* executed, and the slice ends: ctx->stop says why */
};

/* One slice. */
struct cs_ctx {
    const struct cs_env *env;
    struct cs_state *st;
    struct mali_fault *fault;
    enum cs_stop stop;
    uint64_t ip; /* of the instruction being executed */
    /* Code that may be read through @code: addresses [lo, stop_at) of the current frame. */
    uint64_t lo, stop_at;
    const uint8_t *code;         /* host pointer to @lo */
    uint64_t ring_va, ring_pos;  /* of @lo when the frame is the ring */
    uint32_t left;               /* budget */
    uint32_t counts[CS_OPCODES]; /* executed or tried, for the fidelity report */
};

/** Up to 64 bytes of guest memory on at most two pages, as 32-bit words. */
struct cs_span {
    uint32_t *first, *second; /* second: word @split and on */
    unsigned split;
};

/* --- injected faults (cs_inject.c) ------------------------------------------- */
/** A rule waits at cs_instr: every instruction goes through its handler, and through cs_injected(). */
static inline bool cs_inject_armed(const struct cs_ctx *c)
{
    return inject_armed(c->env->bus->inject, INJECT_cs_instr);
}
/** Hook of cs_instr: false: nothing strikes instruction @w. True: *next is its outcome. */
bool cs_injected(struct cs_ctx *c, uint64_t w, enum cs_next *next);

/* --- handlers: cs_<NAME>(), one per row of cs.def -------------------------- */
typedef enum cs_next cs_handler(struct cs_ctx *c, uint64_t w);
#define F(...)
#define CS_INSN(op, name, fid, syntax, what, note, source, fields) cs_handler cs_##name;
#include "cs.def"
#undef CS_INSN
#undef F

/* --- fields that many instructions share ----------------------------------- */
static inline unsigned cs_r32(uint64_t w)
{
    return (w >> 32) & 0xff;
}
static inline unsigned cs_r40(uint64_t w)
{
    return (w >> 40) & 0xff;
}
static inline unsigned cs_r48(uint64_t w)
{
    return (w >> 48) & 0xff;
}
static inline unsigned cs_wait_mask(uint64_t w)
{
    return (w >> 16) & 0xffff;
}
static inline unsigned cs_signal(uint64_t w)
{
    return (w >> 48) & 0xf;
}
static inline bool cs_progress_inc(uint64_t w)
{
    return (w >> 32) & 1;
}

/* Register numbers were checked against the table before any handler runs. */
static inline uint64_t cs_d(const struct cs_state *st, unsigned reg)
{
    return st->regs[reg] | (uint64_t)st->regs[reg + 1] << 32;
}

static inline void cs_set_d(struct cs_state *st, unsigned reg, uint64_t val)
{
    st->regs[reg] = (uint32_t)val;
    st->regs[reg + 1] = (uint32_t)(val >> 32);
}

/* --- endings (cs_exec.c) ---------------------------------------------------- */
/** A fatal fault at the current instruction. */
enum cs_next cs_fatal(struct cs_ctx *c, uint8_t code, uint64_t info);
/** CS_INSTR_INVALID for the word, and a log line that says @why. */
enum cs_next cs_invalid(struct cs_ctx *c, uint64_t w, const char *why);
/** A recoverable fault: error state, the instruction counts as executed. */
enum cs_next cs_recoverable(struct cs_ctx *c, const struct mali_fault *fault);
/** A stall or a memory fault (c->fault is filled in): the instruction is not executed. */
enum cs_next cs_memory_stop(struct cs_ctx *c, enum mali_mem_result r);
enum cs_next cs_block(struct cs_ctx *c, enum cs_blocked why);
/** Writes ip back to the frame it belongs to. */
void cs_save_ip(struct cs_ctx *c, uint64_t ip);
/** True when @code ends the stream (CS_FATAL), false when it is one of CS_FAULT. */
bool cs_code_is_fatal(const struct mali_fault *fault);

/* --- memory (exec_mem.c) ---------------------------------------------------- */
/** FAULTSTATUS source id of a stream: guess, hardware's coding is not public. */
static inline uint16_t cs_source_id(const struct cs_env *env)
{
    return (uint16_t)(env->csg << 8 | env->cs);
}

static inline enum mali_mem_result cs_map(struct cs_ctx *c, uint64_t va, enum mali_access access,
                                          void **ptr)
{
    uint64_t avail;

    return mali_tlb_ptr(c->env->tlb, c->env->as, va, access, cs_source_id(c->env), ptr, &avail,
                        c->fault);
}

/** Maps @words 32-bit words (at most 16) from @va, 4-byte aligned: all or nothing. */
enum mali_mem_result cs_map_span(struct cs_ctx *c, uint64_t va, unsigned words,
                                 enum mali_access access, struct cs_span *span);

static inline uint32_t *cs_span_word(const struct cs_span *s, unsigned i)
{
    return i < s->split ? s->first + i : s->second + (i - s->split);
}

/* Other CPUs and GPU threads may race with a stream: plain words are relaxed atomics. */
static inline uint32_t cs_ld32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline void cs_st32(uint32_t *p, uint32_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}

/* --- asynchronous operations (exec_async.c) --------------------------------- */
/**
 * Issues the operation @w with operands @op: runs it now or defers it. @always:
 * asynchronous even with an empty wait mask.
 */
enum cs_next cs_issue(struct cs_ctx *c, uint64_t w, const uint64_t op[3], bool always);
/** Runs every deferred operation that waits for nothing any more. *stalled: one met a stall. */
enum cs_next cs_drain(struct cs_ctx *c, bool *stalled);
/** Entries of the scoreboard that are not zero. */
uint32_t cs_outstanding(const struct cs_state *st);

/* The operations themselves. CS_NEXT, or CS_HALT with nothing done. */
enum cs_next cs_do_sync(struct cs_ctx *c, const struct cs_deferred *d);        /* exec_sync.c */
enum cs_next cs_do_store_state(struct cs_ctx *c, const struct cs_deferred *d); /* exec_mem.c */
enum cs_next cs_do_flush(struct cs_ctx *c, const struct cs_deferred *d);       /* exec_mem.c */
enum cs_next cs_do_heap(struct cs_ctx *c, const struct cs_deferred *d);        /* exec_heap.c */
/** The heap context's counters into st->heap_*, for the host; they stay when it cannot be read. */
void cs_heap_counters(struct cs_ctx *c);
/** Links the chunks that the host granted (st->grant_*) into the heap. */
enum cs_next cs_heap_accept(struct cs_ctx *c);

#endif
