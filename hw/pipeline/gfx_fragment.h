/*
 * A fragment job: what gfx_frame.c (the job, slices, threads), gfx_fragment.c (a tile),
 * gfx_lanes.h (warps), gfx_shade.c and gfx_varying.c (lane by lane) share.
 *
 * Threads: one struct gfx_fragment belongs to one thread at a time. Tiles share nothing but the
 * frame, which is read only but for its atomics, and memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_FRAGMENT_H
#define MALI_GFX_FRAGMENT_H

#include "gfx_job.h"

#define GFX_STATES    32          /* draws whose state is at hand */
#define GFX_KEY_FRAME 0xfffffff0u /* names of frame shaders' states */

enum gfx_phase {
    GFX_PHASE_BEGIN,
    GFX_PHASE_PRE0,
    GFX_PHASE_PRE1,
    GFX_PHASE_PRIMS,
    GFX_PHASE_POST,
    GFX_PHASE_WRITE,
};

/** Descriptors of a draw, unpacked. */
struct gfx_state {
    bool valid;
    bool loose; /* warps of pixels, not of quads */
    uint32_t key;
    struct gfx_dcd dcd;
    struct gfx_zs zs;
    struct gfx_blend blend[GFX_MAX_RTS];
    struct core core;
};

struct gfx_fragment;

/** The job. */
struct gfx_frame {
    struct gfx_job head;
    struct gfx_fb fb;
    uint64_t pass_id;
    uint32_t columns, tiles; /* in rows of columns, from the one that has the bounds' corner */
    uint32_t next;           /* tile to begin next; atomic */
    bool stop;               /* workers end their slice; atomic */
    unsigned faulted;        /* the first place that met a fault; atomic */
    unsigned most, made;     /* places that there may be, and are */
    struct gfx_fragment *place[POOL_MAX];
};

/** A place where tiles are drawn: a worker's share of the job, down to the warp under way. */
struct gfx_fragment {
    struct mali_pipeline *pipeline;
    const struct gfx_frame *frame;
    const struct gfx_pass *pass; /* NULL: nothing was drawn; of this slice, as job and tlb */
    const struct mali_job *job;
    struct mali_tlb *tlb;
    unsigned n;       /* of this place: whose local storage */
    struct core core; /* memory; no shader */
    struct gfx_fb fb; /* as the frame's */
    struct gfx_tile tile;
    bool busy; /* the tile is not finished */
    enum gfx_phase phase;
    bool drawn;                  /* the tile has primitives */
    uint32_t next_prim;          /* of the tile's bin */
    bool begun;                  /* the primitive or frame shader under way has its quads */
    const struct gfx_prim *prim; /* whose quads these are; NULL: a frame shader */
    const struct gfx_draw *draw;
    struct gfx_state *now_state;
    struct gfx_quad quad[GFX_QUADS];
    unsigned quads, next_quad, sample;
    uint32_t row[GFX_TILE]; /* loose: no quads, but pixels that are left, row by row */
    unsigned rows, next_row, first_row;
    uint64_t occlusion, occluded; /* counter's address, not yet added */
    bool occlusion_predicate;
    bool in_warp;
    struct gfx_warp warp;
    struct gfx_state *state[GFX_STATES]; /* or NULL */
    uint64_t warps, lanes;               /* with a shader, so far */
};

/** Each sample of a pixel is shaded by itself. */
static inline bool gfx_per_sample(const struct gfx_fragment *f)
{
    return DCD_PER_SAMPLE(&f->now_state->dcd) && f->fb.samples > 1;
}

/* gfx_fragment.c */
/** A place without a framebuffer: gfx_place_open() is due. NULL: no memory. */
struct gfx_fragment *gfx_place_new(struct gfx_frame *frame, unsigned n);
/** Takes the frame's framebuffer. False: no memory for a tile of it. */
bool gfx_place_open(struct gfx_fragment *f);
void gfx_place_free(struct gfx_fragment *f);
/** A slice begins: whose memory this is, what was drawn. */
void gfx_place_attach(struct gfx_fragment *f, const struct mali_job *job, struct mali_tlb *tlb,
                      const struct gfx_pass *pass);
/** What was executed goes to the fidelity report; not while others do so. */
void gfx_place_report(struct gfx_fragment *f);
/** Begins the @n-th tile of the frame. */
void gfx_place_begin(struct gfx_fragment *f, uint32_t n);
/** Goes on with the tile. AGAIN: the budget is spent; DONE: the tile is in memory. */
enum mali_job_result gfx_place_run(struct gfx_fragment *f, uint32_t *budget);

/* gfx_varying.c */
/** LD_VAR_BUF, LD_VAR_SPECIAL and relatives. */
enum va_message_result gfx_varying_message(struct gfx_fragment *f, struct va_warp *w,
                                           const struct va_insn *in, const struct va_val *src,
                                           uint16_t lanes);
/** Depth of the primitive at a place, framebuffer pixels; no bias, no clamp. */
float gfx_depth_at(const struct gfx_prim *t, float x, float y);
/**
 * Weights over w of the primitive's vertices, @x, @y from its origin. @inside: the place is one of
 * the primitive, so none is negative. Planes come from corners that are not snapped to the grid and
 * coverage from those that are, which differ by 1/512 pixel.
 */
void gfx_weights_at(const struct gfx_prim *t, float x, float y, bool inside, float b[3]);

#endif
