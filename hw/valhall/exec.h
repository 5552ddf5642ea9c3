/*
 * The shader interpreter: programs decoded once and kept by content, warps of 16
 * lanes run over them with execution masks.
 *
 * Divergence: every lane has a program counter; the lanes at the lowest one run
 * together until a jump, an end, or the next lane's counter. Compilers emit blocks
 * in an order in which that reconverges at post-dominators, so RECONVERGE needs
 * no stack (inferred).
 *
 * Messages complete at once, so waiting for slots does nothing. Memory messages
 * and BARRIER are handled here; all others go to the host's message().
 *
 * Called by the pipeline. Calls sem.h's functions and the host's callbacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_EXEC_H
#define MALI_VA_EXEC_H

#include "jit.h"
#include "sem.h"

/* --- programs --------------------------------------------------------------------- */

/** Longest program, in instructions. */
#define VA_PROGRAM_MAX 65536

struct va_program;
struct va_cache;
struct va_exec;

/**
 * Copies up to @n words of code at @va; returns how many there are before the
 * first that cannot be read.
 */
typedef unsigned va_fetch_fn(void *ctx, uint64_t va, uint64_t *words, unsigned n);

struct va_cache *va_cache_new(void);
/** Whether programs seen from now on are compiled (jit.h); not at first. */
void va_cache_jit(struct va_cache *cache, enum va_jit_mode mode);
/** Programs still held stay valid until va_program_put(). */
void va_cache_free(struct va_cache *cache);

/**
 * The program at @va: its words up to the zeros behind the last instruction that
 * straight flow or a direct branch reaches. Decoded on first sight of its content;
 * words that are not instructions fault when they are executed. NULL: nothing
 * can be read at @va. Any thread.
 */
struct va_program *va_program_get(struct va_cache *cache, uint64_t va, va_fetch_fn *fetch,
                                  void *ctx);
void va_program_put(struct va_program *p);
/** Of its words: the same content has the same. */
uint64_t va_program_hash(const struct va_program *p);
/** One more va_program_put() will be called. */
void va_program_hold(struct va_program *p);
/** Whether the caller's reference is the last one. */
bool va_program_last(const struct va_program *p);
/** Whether a lane's result may depend on others': derivatives, shuffles, ballots. */
bool va_program_neighbours(const struct va_program *p);
/** Instructions in @p, and the decoded form of one, or NULL: not an instruction. */
unsigned va_program_size(const struct va_program *p);
const struct va_insn *va_program_insn(const struct va_program *p, unsigned i);

struct va_cache_stats {
    uint64_t hits, misses, evictions;
};
void va_cache_get_stats(struct va_cache *cache, struct va_cache_stats *out);

/* --- warps --------------------------------------------------------------------------- */

struct va_warp;

enum va_access { VA_READ, VA_WRITE, VA_ATOMIC };

/** What a message did. */
enum va_message_result {
    VA_MSG_DONE,       /* go on with the next instruction */
    VA_MSG_TAKEN,      /* BLEND by fixed function: jump to its target, or end */
    VA_MSG_STALL,      /* nothing was done: stop, repeat the instruction on the next run */
    VA_MSG_FAULT,      /* stop for good */
    VA_MSG_UNMODELLED, /* the host does not know this message */
};

/** Accesses of one instruction, after they were made. */
struct va_touch {
    uint64_t pc;
    const struct va_insn *insn;
    enum va_access access;
    unsigned size;  /* bytes, of each lane */
    uint16_t lanes; /* that made one */
    uint64_t va[VA_LANES];
};

/** Where addresses outside a buffer lead: loads give zeros, stores vanish. No VA is that high. */
#define VA_NOWHERE 0xffdead0000000000ull

/** A buffer that the host has looked up. */
struct va_buffer {
    uint64_t epoch; /* when; *va_host.epoch */
    uint64_t va, size;
    uint32_t handle;
};

#define VA_BUFFERS 16
/** Where among VA_BUFFERS @handle is kept. */
static inline unsigned va_buffer_slot(uint32_t handle)
{
    return (handle ^ handle >> 24) % VA_BUFFERS;
}

struct va_host {
    /**
     * Host pointer to @va, valid for *avail >= 1 bytes and until va_run() returns;
     * NULL: *result is VA_MSG_STALL or VA_MSG_FAULT, and the host knows why.
     */
    void *(*map)(void *ctx, uint64_t va, enum va_access access, uint64_t *avail,
                 enum va_message_result *result);
    /**
     * A message that is not LOAD, STORE, ATOM or BARRIER, for the lanes in @lanes.
     * Staging registers are in @w. Lanes in w->helper must not have side effects. May be
     * NULL. Rows of isa_msg.def say TODO until a host handles them.
     */
    enum va_message_result (*message)(void *ctx, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes);
    /** Code behind a jump out of the program. */
    va_fetch_fn *fetch;
    void *ctx;
    /** Told of every LOAD, STORE and ATOM; message() may tell of others. NULL: nobody asks. */
    void (*touched)(void *ctx, struct va_warp *w, const struct va_touch *t);
    /**
     * While this number stays, what map() gave below 2^48 stays, too, across runs; does not change
     * during one. NULL: only until va_run() returns.
     */
    const uint64_t *epoch;
    /** VA_BUFFERS of them, kept by message(): those of this epoch are as it found them. Or NULL. */
    const struct va_buffer *buffers;
    /**
     * Memory that nobody else accesses while this thread runs, a workgroup's: its sums need not be
     * atomic.
     */
    uint64_t own, own_bytes;
};

/** What all warps of a job share. */
struct va_shader {
    struct va_program *program;
    uint64_t base;       /* address of its first instruction */
    const uint32_t *fau; /* uniform words; those from fau_words on read as zero */
    unsigned fau_words;
    bool ftz32, ftz16;
    bool helpers;         /* a discarded lane goes on as a helper */
    uint64_t special[64]; /* by enum va_special; lane id, pc, TLS are per lane or per step */
    struct va_cache *cache;
    const struct va_host *host;
    uint64_t *counts;       /* by enum va_op, how often each was executed by a warp; or NULL */
    uint64_t *executed;     /* by instruction of the program, likewise; or NULL */
    struct va_bound *bound; /* by va_bind(), or NULL: the plain interpreter, same results */
};

/**
 * Binds @s, whose program, uniforms and special values are set, to the program's fast form;
 * they must not change until va_unbind(), but for the warp id. Without memory, and when the
 * host wants to be told of accesses, nothing is bound.
 * One thread at a time runs a bound shader.
 */
void va_bind(struct va_shader *s);
/** Adds to @s->counts and to the program's heat what has been counted apart. */
void va_count(struct va_shader *s);
/** The end of a va_bind(); what was not counted yet is. NULL bound: nothing. */
void va_unbind(struct va_shader *s);

enum va_stop {
    VA_STOP_ENDED,   /* no lane is left */
    VA_STOP_BARRIER, /* all lanes left wait at a BARRIER; run again to go past it */
    VA_STOP_SLICE,   /* the budget is spent */
    VA_STOP_STALL,   /* the host asked to try again later */
    VA_STOP_FAULT,   /* w->fault */
};

enum va_fault_kind {
    VA_FAULT_NONE,
    VA_FAULT_PC,         /* no code there: INSTR_INVALID_PC */
    VA_FAULT_ENCODING,   /* not an instruction: INSTR_INVALID_ENC */
    VA_FAULT_UNMODELLED, /* an instruction this model does not execute: INSTR_INVALID_ENC, logged */
    VA_FAULT_ALIGNMENT,  /* an atomic operation across its size */
    VA_FAULT_HOST,       /* the host said so */
};

struct va_fault {
    enum va_fault_kind kind;
    enum va_error encoding; /* VA_FAULT_ENCODING: what is wrong */
    uint64_t pc;
    const struct va_insn *insn; /* VA_FAULT_UNMODELLED; valid as long as the program */
};

/**
 * Plain data but for @here; 64-byte aligned (aligned_alloc() when not a variable). Set up by
 * va_warp_init(), then registers as the ABI demands.
 */
struct va_warp {
    va_v16u r[64];
    /* Of lanes that are alive and not running: */
    uint64_t pc[VA_LANES] __attribute__((aligned(64)));
    va_v16u tls[2];             /* thread-local pointer: low words, high words */
    uint16_t alive;             /* lanes that have not ended */
    uint16_t helper;            /* of those, without side effects */
    uint16_t waiting;           /* of those, at a barrier */
    uint16_t discarded;         /* lanes that a DISCARD met, ended or helpers since */
    const struct va_exec *exec; /* how the shader's program is run */
    uint64_t executed;          /* instructions, for counters and budgets */
    uint8_t clean;              /* registers from here to r47 may hold anything: see locate() */
    bool fresh;                 /* all lanes that are alive begin together */
    uint64_t at;                /* host->touched: program counter of the message under way */
    struct va_program *here;    /* the program last run, when not the shader's own */
    uint64_t here_base;
    struct va_fault fault;
};

/** @lanes start at the shader's first instruction; registers are zero. */
void va_warp_init(struct va_warp *w, const struct va_shader *s, uint16_t lanes);
/** Where a lane's thread-local storage is. */
static inline void va_set_tls(struct va_warp *w, unsigned lane, uint64_t va)
{
    w->tls[0][lane] = (uint32_t)va;
    w->tls[1][lane] = (uint32_t)(va >> 32);
}
static inline uint64_t va_tls(const struct va_warp *w, unsigned lane)
{
    return w->tls[0][lane] | (uint64_t)w->tls[1][lane] << 32;
}
/** Drops what the warp holds. */
void va_warp_fini(struct va_warp *w);

/**
 * What LOAD and LD_BUFFER do with a value: @v[] holds @size bytes for lane @lane, zeros above; the
 * instruction's lane selector says how they become registers.
 */
void va_put_loaded(struct va_warp *w, const struct va_insn *in, unsigned size, unsigned lane,
                   const uint64_t v[2]);

/**
 * For hosts' messages that load like LD_BUFFER: @size bytes at @base + @offset of each lane, when
 * all that lies within @bytes, is made of whole registers, and is one row or the same for all
 * lanes: one mapping, one copy. False: it is not like that, nothing was done. True: *@r as of a
 * message.
 */
bool va_load_together(struct va_warp *w, const struct va_host *host, const struct va_insn *in,
                      unsigned size, uint64_t base, uint64_t bytes, const va_v16u *offset,
                      uint16_t lanes, enum va_message_result *r);

/** Runs at most @budget instructions. */
enum va_stop va_run(struct va_warp *w, const struct va_shader *s, uint32_t budget);
/**
 * The program that this thread runs, also while it calls the host: hash of its code, and where it
 * lies; zeros: none. May be called in a signal handler: profiles are made so.
 */
void va_running(uint64_t *hash, uint64_t *va);

const char *va_fault_name(enum va_fault_kind kind);

#endif
