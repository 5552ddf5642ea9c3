/*
 * A shader core as one job sees it: memory through the MMU, code, resource
 * tables, local storage, messages, and what the interpreter needs of all that.
 *
 * One struct core belongs to one job, and to one thread at a time. Callbacks that
 * fail leave the fault, or that a locked region is in the way, in it.
 *
 * Called by the pipeline's job types. Calls valhall, mmu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_CORE_H
#define MALI_CORE_H

#include "../mmu/mmu_tlb.h"
#include "../trace/trace.h"
#include "../valhall/exec.h"
#include "../valhall/quarter.h"
#include "pipeline.h"
#include "texture/texture.h"

#define CORE_FAU_WORDS   256  /* 128 of 64 bits */
#define CORE_MAX_THREADS 1024 /* of a workgroup; source: THREAD_MAX_WORKGROUP_SIZE of a G610 */

#define CORE_TABLE_IDVS_OUTPUT  61 /* what IDVS writes; source: Mesa's varying stores */
#define CORE_NULL_WINDOW        VA_NOWHERE
#define CORE_IN_NULL_WINDOW(va) (((va) ^ CORE_NULL_WINDOW) >> 40 == 0)
#define CORE_NULL_BYTES         256
/* Where vertex shaders store: seen by nobody else. Its low half is zero: shaders add to that. */
#define CORE_VERTEX_WINDOW        0xffbea70000000000ull
#define CORE_IN_VERTEX_WINDOW(va) (((va) ^ CORE_VERTEX_WINDOW) >> 32 == 0)

enum core_stage { CORE_STAGE_COMPUTE = 1, CORE_STAGE_FRAGMENT = 2, CORE_STAGE_VERTEX = 3 };

struct core;

/**
 * Somebody who watches what invocations do: the race detector, the replay tool. A job that is
 * watched runs on the plain interpreter and on one thread. All are told from that thread.
 */
struct core_observer {
    /** Accesses by lanes of @w; invocation = 16 * VA_SPECIAL_WARP_ID + lane. */
    void (*touched)(struct core_observer *o, struct core *c, struct va_warp *w,
                    const struct va_touch *t);
    /** The job is over, however. May be NULL. */
    void (*ended)(struct core_observer *o, struct core *c);
};

#define CORE_ATTRIBUTES 8

/** An attribute descriptor, with its buffer, that was read; attribute.c's. */
struct attribute_seen {
    uint64_t slice; /* when; mali_pipeline.slices */
    uint32_t handle;
    bool empty;
    uint8_t type;     /* ATTRIBUTE_... */
    bool offset;      /* the job's attribute offset is added to the vertex */
    bool by_instance; /* not by vertex */
    uint8_t divisor_r, divisor_e;
    uint32_t divisor_d, stride, pixel_format;
    int32_t first; /* bytes */
    uint8_t words; /* channels that are 32 bits in memory and in registers; 0: not so */
    bool integer;  /* the format's channels are no floats */
    struct texel_format format;
    uint64_t va, size; /* of the buffer */
};

struct core {
    struct mali_pipeline *pipeline;
    struct mali_tlb *tlb; /* of the thread that runs it now */
    uint8_t as;
    uint16_t source; /* FAULTSTATUS source id */
    uint64_t srt;    /* resource tables */
    unsigned tables;
    uint64_t tls, tls_bytes;   /* thread local storage: base, bytes per thread */
    uint64_t wls, wls_bytes;   /* workgroup local storage: base, bytes per instance */
    unsigned wls_instances;    /* for each core */
    uint32_t preload;          /* bit per register from r48 */
    uint32_t attribute_offset; /* of the job: added to vertex numbers where a descriptor says so */
    /* For observers: */
    uint32_t grid[3], group[3]; /* workgroups, the one under way */
    uint32_t epoch;             /* barriers that it has passed */
    unsigned threads;           /* of one workgroup; more are those of merged ones */
    uint64_t job;               /* number of the job in this pipeline */

    struct va_insn refused; /* what was not modelled, if has_refused */
    bool has_refused;
    bool stalled;             /* a callback met a locked region */
    struct mali_fault fault;  /* of the callback that failed last; code 0: none */
    struct mali_fault failed; /* of core_ptr(): its page gives that again; code 0: none */
    struct va_shader shader;
    struct va_host host;
    uint32_t fau[CORE_FAU_WORDS];
    uint64_t counts[VA_OPS];
    uint8_t null_bytes[CORE_NULL_BYTES];
    struct va_buffer seen[VA_BUFFERS]; /* of the resource tables in srt; by slice */
    struct attribute_seen attributes[CORE_ATTRIBUTES];
    /* graphics */
    uint8_t *window; /* vertex shaders: their outputs */
    size_t window_bytes;
    uint32_t vary_stride;          /* varying shaders: of a vertex and view; 0: position shader */
    uint32_t base_instance;        /* added to instance ids by LD_ATTR */
    struct gfx_fragment *fragment; /* fragment shaders: their job */
    struct tex_unit tex;
    struct core_textures *textures; /* descriptors that were read; tex_message.c's, or NULL */
    struct {                        /* whose reads the texture unit's are; for observers */
        struct va_warp *w;
        const struct va_insn *in;
        unsigned lane;
    } tex_for;
};

/** What tells address spaces apart whatever slot they are in: the translation table in force. */
uint64_t core_root(const struct core *c);
/** As mali_mem_ptr(); c->fault, c->stalled say how it ended, too. What faults ends the job. */
enum mali_mem_result core_ptr(struct core *c, uint64_t va, enum mali_access access, void **p,
                              uint64_t *avail);
/** OK, or fault and stall as mali_mem_read() has them; c->fault, c->stalled say so, too. */
enum mali_mem_result core_read(struct core *c, uint64_t va, void *buf, size_t len);
/** c->fault = @code about @info; returns MALI_MEM_FAULT. */
enum mali_mem_result core_fault(struct core *c, uint8_t code, uint64_t info);

/**
 * Reads what registers @r of a job point at: resource tables, FAU words (pointer and count), the
 * shader program and local storage descriptors; decodes the program.
 */
enum mali_mem_result core_load(struct core *c, uint64_t srt, uint64_t fau, uint64_t spd,
                               uint64_t tsd, enum core_stage stage);
void core_fini(struct core *c);
/**
 * @to, zero, becomes another core of @from's job, with the @n-th instance of local storage;
 * @threads: of each instance. The shader is not bound; the core id is @from's. core_fini(@to) ends
 * it.
 */
void core_clone(struct core *to, const struct core *from, unsigned n, unsigned threads);

/** After VA_STOP_FAULT. True: a locked region was in the way, run it again; false: see c->fault. */
bool core_warp_stalled(struct core *c, struct va_warp *w);
/** True: somebody observes the job. */
static inline bool core_watched(const struct core *c)
{
    return __builtin_expect(c->host.touched != NULL, 0);
}
void core_tell(struct core *c, struct va_warp *w, const struct va_insn *in, unsigned lane,
               uint64_t va, unsigned size, enum va_access access);
/** Tells observers that one lane of the message under way has accessed [@va, @va + @size). */
static inline void core_lane_touched(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     unsigned lane, uint64_t va, unsigned size,
                                     enum va_access access)
{
    if (core_watched(c))
        core_tell(c, w, in, lane, va, size, access);
}
/** Tells the fidelity report that a job named @job ended with c->fault, and what was refused. */
void core_report_fault(const struct core *c, struct mali_trace *t, const char *job);
/** Adds the instructions counted so far to the fidelity report and clears them. */
void core_report(struct core *c, struct mali_trace *t);

/* messages.c */
/**
 * The descriptor that @handle (table 31:24, index 23:0) names: eight words, zeros where there is
 * none. *@va: where it lies.
 */
enum mali_mem_result core_descriptor(struct core *c, uint32_t handle, uint32_t w[8], uint64_t *va);
enum va_message_result core_answer(enum mali_mem_result r);
/** The buffer that @handle names: *@va, *@size; 0, 0 where there is none. */
enum mali_mem_result core_buffer(struct core *c, uint32_t handle, uint64_t *va, uint64_t *size);
/** The handle of immediates: a table of four bits says 0 to 11, or 60 to 63 (source: Mesa's
 * va_res_fold_table_idx()). */
static inline uint32_t core_handle(unsigned table, unsigned index)
{
    return (table > 11 ? table + 48 : table) << 24 | index;
}
/** As core_read(). The null window takes everything. */
enum mali_mem_result core_write(struct core *c, uint64_t va, const void *buf, size_t len);

/** Host pointer to the 64-bit counter at @va (its low three bits are ignored), for atomics. */
enum mali_mem_result core_counter(struct core *c, uint64_t va, uint64_t **counter);

/* attribute.c: LD_ATTR, LEA_ATTR, LEA_BUF_IMM */
enum va_message_result attribute_message(struct core *c, struct va_warp *w,
                                         const struct va_insn *in, const struct va_val *src,
                                         uint16_t lanes);

/**
 * All components of vertex @vertex of instance 0 of attribute @handle, as texel_load() has them;
 * zeros outside of its buffer. *@is_integer: they are no floats.
 */
enum va_message_result attribute_fetch(struct core *c, uint32_t handle, uint32_t vertex,
                                       uint32_t out[4], bool *is_integer);

/* image.c */
enum va_message_result image_message(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes);

enum va_message_result core_message(void *ctx, struct va_warp *w, const struct va_insn *in,
                                    const struct va_val *src, uint16_t lanes);

#endif
