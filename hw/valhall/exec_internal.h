/*
 * What the interpreter's files share: a program's steps, and memory messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_EXEC_INTERNAL_H
#define MALI_VA_EXEC_INTERNAL_H

#include "exec.h"
#include "jit.h"
#include "micro.h"
#include "quarter.h"
#include "rows.h"

/** What the interpreter does with an instruction. */
enum va_kind {
    VA_KIND_ALU,
    VA_KIND_NOP,
    VA_KIND_BRANCH, /* BRANCHZ */
    VA_KIND_JUMP,   /* BRANCHZI */
    VA_KIND_DISCARD,
    VA_KIND_LOAD,
    VA_KIND_STORE,
    VA_KIND_ATOM,
    VA_KIND_BARRIER,
    VA_KIND_MESSAGE, /* the host's */
    VA_KIND_UNMODELLED,
};

/**
 * A load of one or two bytes, into all or a part of its registers: sign-extended by @up bits up and
 * down if @up, what @keep has moved up by @shift goes to the bits @part of the first register;
 * @both: the second one gets what is above.
 */
struct va_small {
    uint8_t bytes; /* 0: it is something else */
    uint8_t up, shift, both;
    uint32_t keep, part;
};

struct va_step {
    struct va_insn insn;
    va_alu_fn *fn; /* ALU; conditions of BRANCH, JUMP, DISCARD */
    uint8_t kind;  /* enum va_kind */
    uint8_t size;  /* LOAD, STORE, ATOM, LD_BUFFER: bytes */
    uint8_t words; /* LOAD, STORE, LD_BUFFER of whole registers: how many; else 0 */
    uint8_t error; /* enum va_error; then nothing else is valid */
    struct va_small small;
};

/* Constants are kept as pairs: a 64-bit operand's high word is zero. */
struct va_pair {
    va_v16u w[2];
};

#define VA_BOUND_SPECIALS 8 /* different ones that a program's fast form may read */

struct va_program {
    struct va_program *next; /* cache chain; the cache's lock */
    unsigned refs;           /* atomic */
    unsigned count;
    const struct va_exec *exec;
    uint64_t hash;
    uint64_t *words;
    struct va_micro *micro; /* as many as steps */
    struct va_pair *consts;
    struct va_insn *folded; /* instructions of which the fast form has another form */
    unsigned regs;          /* one past the highest register below r48 that is named */
    unsigned uniforms;      /* one past the highest uniform word that is read */
    uint8_t special[VA_BOUND_SPECIALS], specials; /* enum va_special that are read, how many */
    bool neighbours;                              /* va_program_neighbours() */
    uint8_t jit_mode;                             /* enum va_jit_mode */
    bool jit_asked[VA_JIT_FORMS];                 /* atomic: somebody compiles it, or has tried */
    struct va_jit_code *jit[VA_JIT_FORMS];        /* atomic; NULL: not compiled */
    uint64_t heat, parted;                        /* atomic: instructions, va_jit_parted()s */
    struct va_step step[];
};

/** What a job adds to a program: its uniforms as whole vectors, and counts. */
struct va_bound {
    uint64_t *starts; /* by instruction: runs that start there less those that end before */
    struct va_jit_memory memory;
    struct va_pair special[VA_BOUND_SPECIALS];
    va_v16u uniform[]; /* as many as the program reads, one more */
};

/** VA_FTZ_MODES: a combination that no compiler asks for; it has no functions of its own. */
static inline enum va_ftz va_ftz_of(const struct va_shader *s)
{
    return !s->ftz16 ? (enum va_ftz)s->ftz32 : s->ftz32 ? VA_FTZ_BOTH : VA_FTZ_MODES;
}

/** Makes @p's fast form; false: out of memory. */
bool va_micro_prepare(struct va_program *p);
void va_micro_free(struct va_program *p);

/** Fills in what @s->insn implies. */
void va_step_prepare(struct va_step *s, va_alu_fn *const *alu);

/** One variant of the interpreter (exec_body.h): exec.h's functions, but for the choice. */
struct va_exec {
    enum va_stop (*run)(struct va_warp *w, const struct va_shader *s, uint32_t budget);
    void (*warp_init)(struct va_warp *w, const struct va_shader *s, uint16_t lanes);
    void (*prepare)(struct va_step *s); /* sets @s->words */
    void (*put_loaded)(struct va_warp *w, const struct va_insn *in, unsigned size, unsigned lane,
                       const uint64_t v[2]);
    bool (*load_together)(struct va_warp *w, const struct va_host *host, const struct va_insn *in,
                          unsigned size, uint64_t base, uint64_t bytes, const va_v16u *offset,
                          uint16_t lanes, enum va_message_result *r);
};

extern const struct va_exec va_exec_base;
#ifdef __x86_64__
extern const struct va_exec va_exec_avx2, va_exec_avx512;
#endif
/** That of va_vectors(). Slow: ask once. */
const struct va_exec *va_exec_best(void);

/* Vectors are passed by address: passing them by value depends on the host's registers. */

/** A bit of its own for each lane. */
static const va_v16u va_lane_bits = {1,     2,     4,     8,     0x10,   0x20,   0x40,   0x80,
                                     0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000};

static const va_v16u va_lane_ids = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static inline void va_merge(va_v16u *r, const va_v16u *value, const va_v16u *mask)
{
    *r = (*value & *mask) | (*r & ~*mask);
}

static inline bool va_any(const va_v16u *v)
{
    const va_quarter *q = (const va_quarter *)v;
    va_quarter r = q[0];

    VA_UNROLL
    for (unsigned k = 1; k < VA_QUARTERS; k++)
        r |= q[k];
    return va_quarter_any(r);
}

/** The lanes whose word is not zero in any of the bits of va_lane_bits: all ones or zero before. */
static inline uint16_t va_lanes_of(const va_v16u *m)
{
#ifdef VA_HOST_AVX512
    return _mm512_movepi32_mask((__m512i)*m);
#elif defined(VA_HOST_AVX2)
    const __m256 *p = (const __m256 *)m;

    return (uint16_t)(_mm256_movemask_ps(p[0]) | _mm256_movemask_ps(p[1]) << 8);
#else
    typedef uint64_t half __attribute__((vector_size(32), may_alias));
    const va_v16u x = *m & va_lane_bits;
    const half *h = (const half *)&x;
    half r = h[0] | h[1];
    uint64_t a = (r[0] | r[1]) | (r[2] | r[3]);

    return (uint16_t)(a | a >> 32);
#endif
}

#endif
