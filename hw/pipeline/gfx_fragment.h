/*
 * A fragment job: what gfx_fragment.c (tiles), gfx_shade.c (warps) and gfx_varying.c
 * (interpolation) share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_FRAGMENT_H
#define MALI_GFX_FRAGMENT_H

#include "gfx_job.h"

#define GFX_STATES    16          /* draws whose state is at hand */
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
    uint32_t key;
    struct gfx_dcd dcd;
    struct gfx_zs zs;
    struct gfx_blend blend[GFX_MAX_RTS];
    struct core core;
};

struct gfx_fragment {
    struct gfx_job head;
    struct mali_job now; /* as last submitted */
    struct core core;    /* memory; no shader */
    struct gfx_fb fb;
    struct gfx_tile tile;
    uint64_t pass_id;
    enum gfx_phase phase;
    bool drawn;                  /* the tile has primitives */
    uint32_t next_prim;          /* of the tile's bin */
    bool begun;                  /* the primitive or frame shader under way has its quads */
    const struct gfx_prim *prim; /* NULL: a frame shader */
    const struct gfx_draw *draw;
    struct gfx_state *now_state;
    struct gfx_quad quad[GFX_QUADS];
    unsigned quads, next_quad, sample;
    uint64_t occlusion, occluded; /* counter's address, not yet added */
    bool occlusion_predicate;
    bool in_warp;
    struct gfx_warp warp;
    struct gfx_state state[GFX_STATES];
};

/** Takes up to four quads; those that early tests leave are in the warp if @f->in_warp is set. */
void gfx_warp_begin(struct gfx_fragment *f);
/** The shader has ended: what has to be done behind it. */
void gfx_warp_end(struct gfx_fragment *f);

/** LD_VAR_BUF, LD_VAR_SPECIAL and relatives. */
enum va_message_result gfx_varying_message(struct gfx_fragment *f, struct va_warp *w,
                                           const struct va_insn *in, const struct va_val *src,
                                           uint16_t lanes);
/** Depth of the primitive at a place, framebuffer pixels; no bias, no clamp. */
float gfx_depth_at(const struct gfx_prim *t, float x, float y);

#endif
