/*
 * The command-stream front end: what one stream (CS) is, and the executor that
 * runs its instructions for a bounded slice. One table (cs.def) gives decoder,
 * disassembler, assembler, documentation and fidelity.
 *
 * Called by mcu (which owns slots, requests and scheduling), unit tests,
 * fuzzers, tools. Calls pipeline (RUN_*), mmu (every access), trace.
 *
 * Threads. cs_run() is called by the GPU thread without the core's lock; a
 * struct cs_state belongs to the caller for the duration. The callbacks in
 * struct cs_ops are made from inside cs_run().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_CS_H
#define MALI_CS_H

#include "../bus/bus.h"
#include "../mmu/mmu.h"
#include "../pipeline/pipeline.h"
#include "../trace/trace.h"

#define CS_REG_COUNT 96
#define CS_UNPRESERVED_REGS 4
#define CS_SB_COUNT 8
#define CS_CALL_DEPTH 8     /* the ring counts as one */
#define CS_FRAMES (2 * CS_CALL_DEPTH) /* an exception handler has a full stack of its own */
#define CS_DEFERRED_MAX 32  /* asynchronous operations that wait for scoreboard entries */

/* CS_STATUS_BLOCKED_REASON; source: panthor_fw.h */
enum cs_blocked {
    CS_UNBLOCKED = 0,
    CS_BLOCKED_SCOREBOARD = 1,
    CS_BLOCKED_PROGRESS = 2,
    CS_BLOCKED_SYNC = 3,
    CS_BLOCKED_DEFERRED = 4,
    CS_BLOCKED_RESOURCE = 5,
    CS_BLOCKED_FLUSH = 6,
};

struct cs_frame {
    uint64_t ip, end; /* next instruction, one past the last; ring frame: unused */
};

/** An asynchronous operation that has not run yet. Operands were read at issue. */
struct cs_deferred {
    uint64_t word;      /* the instruction */
    uint64_t ip;
    uint64_t op[3];     /* captured register operands: address, data, second data */
    uint32_t wait_mask; /* scoreboard entries it waits for */
    uint32_t signal;    /* entry that it holds, or 0xff */
};

/**
 * Everything a stream must keep over a suspend: plain data, no pointer. It is
 * what a suspend buffer in guest memory holds, so whoever reads one back must
 * call cs_state_valid() first.
 */
struct cs_state {
    uint32_t regs[CS_REG_COUNT];

    uint64_t ring_base;  /* VA in the group's address space */
    uint32_t ring_size;  /* bytes, power of two */
    uint32_t depth;      /* frames above the ring: 0 = executing the ring, else stack[depth] */
    uint64_t insert;     /* bytes, monotonic: refreshed by mcu before each slice */
    uint64_t extract;    /* bytes, monotonic: the ring instruction being executed */
    struct cs_frame stack[CS_FRAMES]; /* [0], the ring, is unused */

    uint32_t sb_count[CS_SB_COUNT]; /* outstanding operations per entry */
    uint8_t sb_endpoint, sb_other;  /* SET_SB_ENTRY */
    uint8_t blocked;                /* enum cs_blocked: why the last slice stopped */
    uint8_t in_handler;             /* 0, or 1 + the depth that the tiler-OOM handler interrupted */
    uint32_t wait_mask;             /* CS_BLOCKED_SCOREBOARD: entries waited for */
    uint32_t resources;             /* REQ_RESOURCE mask held */

    /* the SYNC_WAIT (or PROGRESS_WAIT) that blocks */
    uint64_t wait_va, wait_ref;
    uint8_t wait_cond, wait_64, wait_reject;
    uint8_t wait_protm; /* PROT_REGION waits for protected mode */

    uint32_t error;       /* 0, or the CS_FAULT word (type | data << 8) carried to ERROR_BARRIER */
    uint64_t error_info;

    uint64_t handler_va;  /* SET_EXCEPTION_HANDLER, tiler OOM */
    uint32_t handler_len;
    uint32_t pad1;
    uint64_t handler_ret_ip; /* while in_handler: VA of the interrupted instruction, for status */

    uint64_t heap;        /* HEAP_SET */
    uint32_t heap_vt_start, heap_vt_end, heap_frag_end, pad2; /* CS_HEAP_* counters as last seen */
    uint64_t grant_first, grant_last; /* chunks that answer a tiler OOM: linked into the heap at the next slice */
    uint64_t oom_token;               /* while in_handler: job_token of the interrupted instruction */
    uint64_t progress[32];   /* [0]: this queue's value (PROGRESS_STORE/LOAD); the rest is unused */
    uint64_t progress_count; /* for the progress timer: progress_inc, jobs and their parts */
    uint64_t instr_count;    /* executed since start, for counters */
    uint64_t job_count;
    uint64_t job_token; /* names the job that the instruction at hand has begun; 0: none */

    uint32_t deferred_count, pad3;
    struct cs_deferred deferred[CS_DEFERRED_MAX];
};

/** What a stream needs of the firmware above it. */
struct cs_ops {
    /** A sync object at @va was updated; @system: scope system, the host must hear of it. */
    void (*sync_update)(void *opaque, uint64_t va, bool system);
    /** GPU core cycles since reset (STORE_STATE, TRACE_POINT). */
    uint64_t (*cycles)(void *opaque);
    /** FLUSH_CACHE2 completed: returns the LATEST_FLUSH_ID now in force. @modes: bits 9:0 of the
     *  instruction (L2 3:0, LSC 7:4, other 9); @flush_id: what its register held. */
    uint32_t (*flush)(void *opaque, uint32_t modes, uint32_t flush_id);
    /** A RUN_* instruction ended a job synchronously or asynchronously (counters). */
    void (*job)(void *opaque, enum mali_job_type type, bool start);
    /** PROGRESS_WAIT: progress value @index of queue @queue of the group. */
    uint64_t (*progress)(void *opaque, unsigned queue);
    /** Given to mali_pipeline_submit() with job.owner = opaque: any thread; the owner then calls
     *  cs_job_done(). May be NULL while no pipeline answers MALI_JOB_PENDING. */
    mali_job_done_fn job_done;
    /** A heap's counters or free chunks changed: streams that wait for memory look again. NULL: nobody does. */
    void (*heap_update)(void *opaque);
};

/** The surroundings of a stream while it is resident; owned by mcu. */
struct cs_env {
    struct mali_bus *bus;
    struct mali_tlb *tlb;
    struct mali_trace *trace;
    struct mali_pipeline *pipeline;
    const struct cs_ops *ops;
    void *opaque;
    uint8_t as;        /* the group's address space */
    uint8_t csg, cs;   /* slot numbers */
    bool trace_instr;  /* emit cs_instr for every instruction */
    uint64_t core_mask;
    uint32_t *touch_slots; /* 64 words, zero at first, that live as long as trace; NULL: slower */
};

enum cs_stop {
    CS_STOP_BUDGET,  /* slice used up, more to do */
    CS_STOP_EMPTY,   /* ring empty: extract == insert; jobs may be in flight: see sb_count */
    CS_STOP_BLOCKED, /* st->blocked says why; run again when that may have changed */
    CS_STOP_STALL,   /* touched a locked MMU region; run again later */
    CS_STOP_FAULT,   /* recoverable: *fault goes to CS_FAULT; the stream may be run again at once */
    CS_STOP_FATAL,   /* *fault goes to CS_FATAL; the stream must not run again */
    CS_STOP_OOM,     /* tiler out of memory: raise the event; run again after cs_oom_answer() */
    CS_STOP_PROTM,   /* PROT_REGION entered: protected mode wanted */
};

/** Clears @st as for CS_REQ START of a fresh queue: registers read zero. */
void cs_init(struct cs_state *st, uint64_t ring_base, uint32_t ring_size, uint64_t extract);
/** True when every index, count and enum in a restored state is in range. */
bool cs_state_valid(const struct cs_state *st);

/**
 * Executes at most @budget instructions of @st. *executed: how many. @fault is
 * filled in for FAULT and FATAL. Blocked conditions are re-evaluated at entry.
 */
enum cs_stop cs_run(const struct cs_env *env, struct cs_state *st, uint32_t budget,
                    uint32_t *executed, struct mali_fault *fault);
/** An asynchronous job of this stream ended: @cookie is mali_job.cookie. May make
 *  the stream runnable. @fault NULL or what happened: then returns CS_STOP_FAULT/FATAL, as it
 *  does when a deferred operation faults that the job had held back; else CS_STOP_BUDGET. */
enum cs_stop cs_job_done(const struct cs_env *env, struct cs_state *st, uint64_t cookie,
                         const struct mali_fault *fault, struct mali_fault *out);
/** Enters the tiler-OOM handler. False when none is set, or it is being executed. */
bool cs_enter_oom_handler(struct cs_state *st);

enum cs_oom_next { CS_OOM_RUN, CS_OOM_WAIT, CS_OOM_FATAL };
/**
 * The host's answer to CS_STOP_OOM: chunks @first to @last (address | size in pages), or 0: none.
 * RUN: the stream goes on, with the memory or in its handler. WAIT: fragment work that was tiled but has not ended
 * will return chunks: run again after ops->heap_update(). FATAL: nobody can help.
 */
enum cs_oom_next cs_oom_answer(struct cs_state *st, uint64_t first, uint64_t last);

/* CS_STATUS_* words as the interface defines them; source: panthor_fw.h */
struct cs_status {
    uint64_t cmd_ptr;       /* CS_STATUS_CMD_PTR: VA of the current instruction */
    uint32_t wait;          /* CS_STATUS_WAIT */
    uint32_t req_resource;  /* CS_STATUS_REQ_RESOURCE */
    uint64_t sync_pointer;  /* CS_STATUS_WAIT_SYNC_POINTER */
    uint64_t sync_value;    /* CS_STATUS_WAIT_SYNC_VALUE and _HI */
    uint32_t scoreboards;   /* CS_STATUS_SCOREBOARDS: entries non-zero */
    uint32_t blocked;       /* CS_STATUS_BLOCKED_REASON */
};
void cs_get_status(const struct cs_state *st, struct cs_status *out);

/* --- the table ------------------------------------------------------------- */
struct cs_field {
    const char *name;
    uint8_t lo, width;
    uint8_t kind; /* enum in cs_table.h: register, pair, signed, mask, enum, flag, constant */
};
struct cs_insn {
    const char *name;     /* field's name: "MOVE32", "SYNC_ADD64" */
    uint8_t opcode;
    enum mali_fidelity fidelity;
    const char *note;     /* how APPROX differs / why TODO faults / "" */
    const char *source;   /* where the fact comes from */
    const char *what;     /* semantics in one line */
    const struct cs_field *fields;
    unsigned field_count;
    uint64_t known_bits;  /* bits that some field or the opcode covers */
    const char *syntax;   /* assembly; the language is explained in cs_table.h */
};
/** Row for an opcode, or NULL when no such instruction exists on v10. */
const struct cs_insn *cs_insn_by_opcode(uint8_t opcode);
/** Row @i of the table in opcode order, NULL past the end. */
const struct cs_insn *cs_insn_at(unsigned i);
/** One line of assembly for @word, always NUL-terminated; returns the length snprintf-like. */
int cs_disasm(uint64_t word, char *buf, size_t size);
/** Parses one line in the syntax cs_disasm prints. On failure *err (static) says why. */
bool cs_assemble(const char *line, uint64_t *word, const char **err);

#endif
