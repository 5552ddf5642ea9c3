/*
 * A RUN_IDVS job: what gfx_idvs.c (indices, phases, slices), gfx_vertex.c (shading, over threads)
 * and gfx_assembly.c (primitives) share.
 *
 * Threads: a struct gfx_vertex_place belongs to one thread at a time. While vertices are shaded,
 * the job is read only but for its atomics and for what belongs to the vertices that a place has
 * taken: their elements of recent[] and of the draw's varyings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_IDVS_H
#define MALI_GFX_IDVS_H

#include "gfx_job.h"

#define GFX_MAX_VIEWS 8u

/** Registers of RUN_IDVS. Source: pan_csf.c, panvk_vX_cmd_draw.c */
enum {
    IDVS_SRT = 0,
    IDVS_FAU = 8,
    IDVS_SPD = 16,
    IDVS_TSD = 24,
    IDVS_ATTR_OFFSET = 32,
    IDVS_COUNT = 33,
    IDVS_INSTANCES = 34,
    IDVS_FIRST_INDEX = 35,
    IDVS_BASE_VERTEX = 36,
    IDVS_BASE_INSTANCE = 37,
    IDVS_INDEX_BYTES = 39,
    IDVS_TILER = 40,
    IDVS_SCISSOR_MIN = 42,
    IDVS_SCISSOR_MAX = 43,
    IDVS_LOW_DEPTH = 44,
    IDVS_HIGH_DEPTH = 45,
    IDVS_OCCLUSION = 46,
    IDVS_VARY_BYTES = 48,
    IDVS_BLEND = 50,
    IDVS_ZS = 52,
    IDVS_INDICES = 54,
    IDVS_PRIM_FLAGS = 56,
    IDVS_FLAGS0 = 57,
    IDVS_FLAGS1 = 58,
    IDVS_PRIM_SIZE = 60,
};

enum gfx_idvs_phase {
    IDVS_FETCH,
    IDVS_POSITIONS,
    IDVS_RESERVE,
    IDVS_SETUP,
    IDVS_BIN, /* where set-up goes on after it; else that is done beside the varyings */
    IDVS_VARYINGS,
};

/** What threads do together. */
enum gfx_vertex_work { WORK_POSITIONS, WORK_SETUP, WORK_VARYINGS };

/** A primitive's vertices, by their numbers in the draw. */
struct gfx_corners {
    uint32_t v[3];
};

/** Indices of a batch that one thread makes primitives of; the arrays belong to the job. */
struct gfx_range {
    uint32_t at, end; /* indices from here on are left */
    uint32_t number;  /* of the next primitive */
    uint32_t count;   /* primitives made that are not in bins */
    uint8_t list;     /* vertices of a primitive of a list; 0: one by one, with those held */
    struct gfx_prim *prim;
    struct gfx_corners *corner; /* of each of them */
};

struct gfx_vertex_place;

/** The job. */
struct gfx_idvs {
    struct gfx_job head;
    uint64_t pass_id;
    uint32_t draw;
    uint32_t prim_flags, views, view_mask;
    uint32_t instance, next; /* index to fetch next */
    bool first_provoking, layered, extended;
    int layer_offset;
    unsigned index_bytes;
    enum gfx_idvs_phase phase;
    uint64_t need;   /* IDVS_RESERVE: bytes of the tiler heap that are missing */
    bool flushed;    /* the heap had no more: the pass may have been drawn meanwhile */
    uint8_t *arrays; /* those of below, of so many bytes */
    size_t arrays_bytes;
    /* the batch: as many indices as room[] has elements, at most */
    uint32_t room, indices;
    uint8_t *raw;            /* as they lie in memory */
    uint32_t *slot;          /* each one's vertex, of recent[]; ~0: restart */
    uint32_t fresh;          /* vertices met for the first time: the instance's last ones */
    bool restarts;           /* some of them are */
    uint32_t wants, *wanted; /* vertices of its primitives that have no varyings yet */
    uint32_t parts;          /* phases that have ended */
    uint32_t vertices;       /* of the instance */
    uint32_t base;           /* number in the draw of the first of them, in its first view */
    /* what threads do together */
    enum gfx_vertex_work work;
    uint64_t done[2];    /* positions, varyings of the job so far */
    uint32_t todo;       /* vertices, or ranges */
    bool stop;           /* atomic: places end their slice */
    unsigned faulted;    /* atomic: the first place that met a fault */
    unsigned most, made; /* places that there may be, and are */
    struct gfx_vertex_place *place[POOL_MAX];
    uint32_t vary_stride;
    /* vertices met lately, a power of two of them: the nth of the job is at n % ring */
    uint32_t ring, slots;      /* slots: handed out so far */
    uint32_t floor;            /* none below is of this instance, and safe from this batch */
    uint32_t *cache;           /* [id % ring]: a slot that may be id's, + 1 */
    uint32_t *id;              /* as indices name it */
    bool *varied;              /* its varyings are shaded, or about to be */
    struct gfx_vertex *recent; /* [slot][view] */
    /* assembly */
    struct gfx_range *range;
    struct gfx_prim *made_prims; /* all ranges' */
    struct gfx_corners *corner;  /* likewise: dense, for the one thread that looks at all of them */
    uint32_t ranges, binned;     /* those in bins */
    uint32_t in_bins;            /* primitives of the next one that are */
    struct gfx_vertex held[3][GFX_MAX_VIEWS], opening[GFX_MAX_VIEWS];
    uint32_t have, number; /* vertices held, or more (the winding of strips); primitives so far */
};

static inline uint64_t idvs_reg64(const struct gfx_idvs *v, unsigned r)
{
    return v->head.job.regs[r] | (uint64_t)v->head.job.regs[r + 1] << 32;
}

float idvs_reg_float(const struct gfx_idvs *v, unsigned r);

/** Bit @bit of the instruction. */
static inline bool idvs_flag(const struct gfx_idvs *v, unsigned bit)
{
    return v->head.job.instr >> bit & 1;
}

/** There is a varying shader. */
static inline bool idvs_secondary(const struct gfx_idvs *v)
{
    return v->prim_flags >> 18 & 1;
}

/** Where in the ring vertex @n of the instance is; one of the last @v->ring. */
static inline uint32_t idvs_place(const struct gfx_idvs *v, uint32_t n)
{
    return (v->slots - (v->vertices - n)) & (v->ring - 1);
}

/** One more place; the first one's cores are to be loaded. False: no memory. */
bool gfx_vertex_place_add(struct gfx_idvs *v);
void gfx_vertex_places_free(struct gfx_idvs *v);
/** The core of the first place that memory is accessed through. */
struct core *gfx_vertex_core(struct gfx_idvs *v);
/** The shaders of the first place, as the registers name them. */
enum mali_mem_result gfx_vertex_load(struct gfx_idvs *v);
/** What a slice brings: its TLB and address space's slot. */
void gfx_vertex_attach(struct gfx_idvs *v, const struct mali_job *job);
/** Adds what the places' shaders did to the fidelity report. */
void gfx_vertex_report(struct gfx_idvs *v, struct mali_trace *t);
/** Of what the places do together: how much has been begun. */
uint32_t gfx_vertex_taken(const struct gfx_idvs *v);
/** After MALI_JOB_FAULTED. */
struct mali_fault gfx_vertex_fault(const struct gfx_idvs *v);

/** Numbers the batch's fresh vertices, begins the shading of their positions. False: no memory. */
bool gfx_vertex_begin(struct gfx_idvs *v, struct gfx_pass *pass);
/** Begins the set-up of those of the batch's ranges that have something left. */
void gfx_vertex_begin_setup(struct gfx_idvs *v);
/** After set-up: notes the vertices of primitives that are to be put into bins next. */
void gfx_vertex_want(struct gfx_idvs *v);
/**
 * Begins the shading of varyings: of vertices that were noted. Those that no primitive is left of
 * have none, as on hardware. Bins are filled meanwhile.
 */
void gfx_vertex_begin_varyings(struct gfx_idvs *v);
/**
 * Does what was begun. On one thread, which takes its instructions from *@budget; or, when
 * the job may have more places and there is work for them, on several, until @until (host's ns).
 * DONE: all; AGAIN, STALL, FAULTED.
 */
enum mali_job_result gfx_vertex_run(struct gfx_idvs *v, const struct mali_job *job,
                                    struct gfx_pass *pass, uint32_t *budget, uint64_t until);

/** A mode of @prim_flags that is modelled. */
bool gfx_assembly_knows(uint32_t prim_flags);
/** How many ranges, and primitives in them, a batch of @indices needs room for. */
uint32_t gfx_assembly_ranges(uint32_t indices);
uint32_t gfx_assembly_prims(uint32_t indices);
/** Cuts the batch into ranges. */
void gfx_assembly_begin(struct gfx_idvs *v);
/**
 * Sets primitives of a range up, which takes four of *@budget a vertex. By one thread at a time;
 * others may be at work on other ranges. True: it has ended, or has no room left.
 */
bool gfx_assembly_run(struct gfx_idvs *v, struct gfx_range *r, struct gfx_pass *pass,
                      uint32_t *budget);
/** Every range is set up to its end. */
bool gfx_assembly_ended(const struct gfx_idvs *v);
/**
 * Puts what was made into bins, in the draw's order, which takes one of *@budget a primitive and a
 * look at a bin. DONE: as much as there was, of all ranges or up to one that goes on. AGAIN,
 * FAULTED. No thread sets up meanwhile.
 */
enum mali_job_result gfx_assembly_bin(struct gfx_idvs *v, struct gfx_pass *pass, uint32_t *budget);

#endif
