/*
 * Fragments in warps: packing quads, what the shader finds in its registers, and
 * the messages that end a fragment: ATEST, ZS_EMIT, BLEND, LD_TILE, ST_TILE.
 *
 * Depth and stencil are tested before the shader where the draw allows it, else when ATEST or
 * ZS_EMIT comes, at the latest when the shader has ended.
 *
 * Called by gfx_fragment.c, core_message(). Calls gfx_zs.c, gfx_blend.c, gfx_varying.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>
#include <string.h>

#include "gfx_lanes.h"
#include "gfx_vec.h"
#include "texel.h"

enum { Z_SOURCE_MIN, Z_SOURCE_MAX, Z_SOURCE_FIXED, Z_SOURCE_SHADER }; /* source: v10.xml */
enum { CLAMP_0_1 = 1, CLAMP_BOUNDS = 2 };
enum { REGS_F16, REGS_F32, REGS_I32, REGS_U32, REGS_I16, REGS_U16 }; /* register file formats */

/* --- depth and stencil ------------------------------------------------------------------- */

static float bias(const struct gfx_fragment *f, const struct gfx_zs *zs, const struct gfx_prim *t,
                  float z)
{
    float r = f->fb.z_internal == 0 ? 0x1p-16f : 0x1p-24f, b;
    int e;

    if (f->fb.z_internal == 2) { /* fp32: a unit of the depth's exponent */
        frexpf(z, &e);
        r = ldexpf(1, e - 24);
    }
    b = zs->units * r + zs->factor * t->dz;
    if (zs->bias_clamp > 0)
        return b < zs->bias_clamp ? b : zs->bias_clamp;
    if (zs->bias_clamp < 0)
        return b > zs->bias_clamp ? b : zs->bias_clamp;
    return b;
}

static float clamped(const struct gfx_state *s, float z)
{
    float lo = s->zs.clamp == CLAMP_BOUNDS ? s->dcd.min_z : 0;
    float hi = s->zs.clamp == CLAMP_BOUNDS ? s->dcd.max_z : 1;

    if (s->zs.clamp != CLAMP_0_1 && s->zs.clamp != CLAMP_BOUNDS)
        return z;
    return z > lo ? (z < hi ? z : hi) : lo;
}

/* Fixed-function depths of lane @i's samples, as the tile buffer holds them. */
static void depths(const struct gfx_fragment *f, unsigned i, uint32_t z[GFX_MAX_SAMPLES])
{
    const struct gfx_state *s = f->now_state;
    const struct gfx_warp *g = &f->warp;
    const struct gfx_prim *t = gfx_prim_of(g, i);
    float x = (float)(f->tile.x + g->pixel[i] % GFX_TILE);
    float y = (float)(f->tile.y + g->pixel[i] / GFX_TILE);

    for (unsigned n = 0; n < f->fb.samples; n++) {
        bool centre = f->fb.samples == 1 || !DCD_MULTISAMPLE(&s->dcd);
        float v = 0;
        if (s->zs.z_source == Z_SOURCE_MIN || s->zs.z_source == Z_SOURCE_MAX) {
            v = s->zs.z_source == Z_SOURCE_MIN ? s->dcd.min_z : s->dcd.max_z;
        } else if (t) {
            v = gfx_depth_at(t, x + (centre ? 0.5f : (float)f->fb.sample_x[n] / GFX_SUBPIXEL),
                             y + (centre ? 0.5f : (float)f->fb.sample_y[n] / GFX_SUBPIXEL));
            if (s->zs.bias)
                v += bias(f, &s->zs, t, v);
        }
        z[n] = gfx_z_pack(&f->fb, clamped(s, v));
    }
}

/* Tests a lane's samples and counts those that pass for good. */
static void test_lane(struct gfx_fragment *f, unsigned i, const uint32_t *z, int stencil,
                      bool update)
{
    struct gfx_state *s = f->now_state;
    const struct gfx_prim *t = gfx_prim_of(&f->warp, i);
    unsigned face = t && t->back;
    uint16_t *cover = &f->warp.cover[i];

    if (!*cover)
        return;
    *cover =
        gfx_zs_test(&f->fb, &f->tile, &s->zs, face, f->warp.pixel[i], *cover, z, stencil, update);
    if (update && DCD_OCCLUSION(&s->dcd))
        f->occluded += (unsigned)__builtin_popcount(*cover);
}

static void test_lanes(struct gfx_fragment *f, uint16_t lanes, bool update)
{
    uint32_t z[GFX_MAX_SAMPLES];

    if (gfx_lanes_test(f, lanes, update))
        return;
    for (unsigned i = 0; i < VA_LANES; i++)
        if (lanes >> i & 1) {
            depths(f, i, z);
            test_lane(f, i, z, -1, update);
        }
}

static bool shader_depth(const struct gfx_state *s)
{
    return s->zs.z_source == Z_SOURCE_SHADER || s->zs.s_from_shader;
}

/* When to test, and when to update, before the shader. Weak: as if late, so only when it is the
 * same. */
static bool early(const struct gfx_state *s, unsigned op)
{
    if (shader_depth(s))
        return false;
    return op == DCD_EARLY || (op == DCD_WEAK_EARLY && !DCD_MODIFIES_COVER(&s->dcd));
}

/* The late test, for lanes that have come to it. */
static void late(struct gfx_fragment *f, uint16_t lanes)
{
    if (!f->warp.zs_done)
        test_lanes(f, lanes & (uint16_t)~f->warp.tested, true);
    f->warp.tested |= lanes;
}

/* --- begin, end ---------------------------------------------------------------------------- */

/* Covers as lanes of words; @high: above them. */
static void preload_cover(const struct gfx_fragment *f, const uint16_t cover[VA_LANES],
                          uint32_t high, va_v16u *r)
{
    if (f->fb.samples == 1)
        f->pipeline->vec->spread(gfx_lanes_of(cover), r);
    for (unsigned i = 0; f->fb.samples > 1 && i < VA_LANES; i++)
        (*r)[i] = cover[i] | high;
}

/* What register r48 + @p of the ABI holds, in all lanes. Source: Mesa's compiler. */
static void preload(const struct gfx_fragment *f, unsigned p, va_v16u *r)
{
    const struct gfx_warp *g = &f->warp;
    uint32_t u[GFX_SLOTS];

    switch (p) {
    case 9:
        for (unsigned n = 0; n < g->prims; n++)
            u[n] = g->prim[n] ? g->prim[n]->number : 0;
        gfx_by_slot(g, u, r);
        break;
    case 10:
        for (unsigned n = 0; n < g->prims; n++)
            u[n] = g->prim[n] && g->prim[n]->back;
        gfx_by_slot(g, u, r);
        break;
    case 11:
        memcpy(r, g->position, sizeof(*r));
        break;
    case 12:
        preload_cover(f, g->cover, 0, r);
        break;
    case 13:
        if (f->fb.forced)
            for (unsigned i = 0; i < VA_LANES; i++)
                (*r)[i] = g->forced[i];
        else
            preload_cover(f, g->first, g->sample << 16, r);
        break;
    case 14:
    case 15:
        va_fill(r, (uint32_t)(f->fb.arg >> 32 * (p - 14)));
        break;
    default:
        break;
    }
}

/* Where a quad is in the framebuffer: x, y << 16 of its first pixel. */
static uint32_t quad_at(const struct gfx_fragment *f, const struct gfx_quad *quad)
{
    return (f->tile.x + quad->x) | (f->tile.y + quad->y) << 16;
}

/* The place of the primitive under way in the warp; GFX_SLOTS: there is none. */
static unsigned take_slot(const struct gfx_fragment *f, struct gfx_warp *g)
{
    if (g->prims && g->prim[g->prims - 1] == f->prim)
        return g->prims - 1;
    if (g->prims == GFX_SLOTS)
        return GFX_SLOTS;
    g->prim[g->prims] = f->prim;
    g->index[g->prims] = f->prim ? (uint32_t)(f->prim - f->pass->prim) : 0;
    return g->prims++;
}

#define ONES 0x0001000100010001ull /* of four fields of 16 bits */

/* Pixels of a quad: the distance of each from the first, in the tile and in the framebuffer. */
static const uint64_t quad_pixels = 1ull << 16 | (uint64_t)GFX_TILE << 32 | (GFX_TILE + 1ull) << 48;
static const va_quarter quad_positions = {0, 1, 0x10000, 0x10001};

/* Writes the next four lanes' pixels: those of a quad, as @order has them. */
static void take_lanes(const struct gfx_fragment *f, struct gfx_warp *g,
                       const struct gfx_quad *from, unsigned slot, uint64_t pixels,
                       va_quarter positions)
{
    va_quarter at = va_spread(quad_at(f, from)) + positions, which = va_spread(slot);
    uint64_t pixel = (from->y * GFX_TILE + from->x) * ONES + pixels;

    memcpy(&g->pixel[g->taken], &pixel, 8);
    memcpy(&g->position[g->taken], &at, 16);
    memcpy(&g->slot[g->taken], &which, 16);
}

/* --- quads --- */

/* Puts one quad into the next lanes; @may: samples of a pixel that may be covered, and that are
 * shaded now. What follows from where it is waits for close_warp(). */
static void take_quad(struct gfx_fragment *f, unsigned slot, const struct gfx_quad *from,
                      uint16_t may, uint16_t now)
{
    struct gfx_warp *g = &f->warp;
    uint64_t first = gfx_quad_load(from->cover) & may * ONES, cover = first & now * ONES;

    take_lanes(f, g, from, slot, quad_pixels, quad_positions);
    memcpy(&g->first[g->taken], &first, 8);
    memcpy(&g->cover[g->taken], &cover, 8);
    memcpy(&g->forced[g->taken], from->forced, 8);
    g->taken += 4;
}

/* The warp has a pixel of the quad: the one that comes first has to end first. */
static bool in_warp_already(const struct gfx_warp *g, const struct gfx_quad *quad, uint32_t at)
{
    for (unsigned i = 0; i < g->taken; i += 4)
        if (g->position[i] == at && (gfx_quad_fields(gfx_quad_load(&g->first[i])) &
                                     gfx_quad_fields(gfx_quad_load(quad->cover))))
            return true;
    return false;
}

static bool take_quads(struct gfx_fragment *f)
{
    struct gfx_state *s = f->now_state;
    struct gfx_warp *g = &f->warp;
    bool per_sample = gfx_per_sample(f);
    uint16_t mask = per_sample ? (uint16_t)(1u << f->sample) : 0xffff;

    g->sample = per_sample ? f->sample : 0;
    for (; f->next_quad < f->quads; f->next_quad++) {
        const struct gfx_quad *quad = &f->quad[f->next_quad];
        if (g->taken == VA_LANES || in_warp_already(g, quad, quad_at(f, quad)))
            return true;
        take_quad(f, take_slot(f, g), quad, DCD_SAMPLE_MASK(&s->dcd), mask);
    }
    return g->taken == VA_LANES;
}

/* --- pixels --- */

/* By the covered pixels of a quad: these before the others. */
static struct {
    uint64_t pixels;
    va_quarter positions;
    unsigned count;
} packed[16];

static void __attribute__((constructor)) fill_packed(void)
{
    for (unsigned cover = 0; cover < 16; cover++)
        for (unsigned i = 0; i < 4; i++)
            if (cover >> i & 1) {
                unsigned n = packed[cover].count++;
                packed[cover].pixels |= (quad_pixels >> 16 * i & 0xffff) << 16 * n;
                packed[cover].positions[n] = quad_positions[i];
            }
}

/* Covered pixels of a quad of one sample, as bits. */
static unsigned covered_pixels(const struct gfx_quad *quad)
{
    uint64_t v = gfx_quad_load(quad->cover) & ONES;

    return (v | v >> 15 | v >> 30 | v >> 45) & 15;
}

static bool take_pixels(struct gfx_fragment *f)
{
    const uint64_t ones = ONES;
    struct gfx_warp *g = &f->warp;

    g->sample = 0;
    for (; f->next_quad < f->quads; f->next_quad++) {
        const struct gfx_quad *quad = &f->quad[f->next_quad];
        unsigned cover = covered_pixels(quad), n = packed[cover].count, slot;
        uint32_t *up = &g->used[quad->y], *down = up + 1;

        if (g->taken + n > VA_LANES || ((*up >> quad->x & 3) & cover) ||
            ((*down >> quad->x & 3) & cover >> 2) || (slot = take_slot(f, g)) == GFX_SLOTS)
            return true;
        *up |= (cover & 3) << quad->x;
        *down |= cover >> 2 << quad->x;
        take_lanes(f, g, quad, slot, packed[cover].pixels, packed[cover].positions);
        memcpy(&g->cover[g->taken], &ones, 8);
        g->taken += n;
    }
    return g->taken == VA_LANES;
}

bool gfx_warp_take(struct gfx_fragment *f)
{
    struct gfx_warp *g = &f->warp;

    if (!g->taken) {
        g->prims = 0;
        g->loose = f->now_state->loose;
        if (g->loose)
            memset(g->used, 0, sizeof(g->used));
    }
    return g->loose ? take_pixels(f) : take_quads(f);
}

/* Centres of the pixels; origins of their primitives. */
static void place_lanes(struct gfx_warp *g)
{
    typedef int32_t words __attribute__((vector_size(16), may_alias));
    typedef float floats __attribute__((vector_size(16), may_alias));
    floats *x = (floats *)g->centre[0], *y = (floats *)g->centre[1];
    const struct gfx_prim *t = g->prim[0];

    for (unsigned q = 0; q < VA_QUARTERS; q++) {
        va_quarter at = ((const va_quarter *)g->position)[q];
        x[q] = __builtin_convertvector((words)(at & 0xffff), floats) + 0.5f;
        y[q] = __builtin_convertvector((words)(at >> 16), floats) + 0.5f;
        ((floats *)g->ox)[q] = (floats){0} + (t ? t->ox : 0);
        ((floats *)g->oy)[q] = (floats){0} + (t ? t->oy : 0);
    }
    for (unsigned i = 0; g->prims > 1 && i < VA_LANES; i++) {
        g->ox[i] = gfx_prim_of(g, i)->ox;
        g->oy[i] = gfx_prim_of(g, i)->oy;
    }
}

/* Nothing is left for the rest of the warp. Returns the lanes that belong to something. */
static uint16_t close_warp(struct gfx_warp *g)
{
    uint16_t lanes = (uint16_t)((1u << g->taken) - 1);

    memset(&g->slot[g->taken], 0, (VA_LANES - g->taken) * sizeof(g->slot[0]));
    gfx_lanes_keep(g, lanes);
    if (g->loose)
        memcpy(g->first, g->cover, sizeof(g->first));
    else
        memset(&g->first[g->taken], 0, (VA_LANES - g->taken) * sizeof(g->first[0]));
    g->taken = 0;
    place_lanes(g);
    return lanes;
}

void gfx_warp_begin(struct gfx_fragment *f)
{
    struct gfx_state *s = f->now_state;
    struct gfx_warp *g = &f->warp;
    bool kill, update;
    uint16_t lanes, alive;

    lanes = close_warp(g);
    g->tested = 0;
    kill = !s->dcd.spd || early(s, DCD_PIXEL_KILL(&s->dcd));
    update = kill && (!s->dcd.spd || early(s, DCD_ZS_UPDATE(&s->dcd)));
    if (kill)
        test_lanes(f, lanes, update);
    g->zs_done = update;
    alive = gfx_lanes_covered(g);
    if (!alive || !s->dcd.spd)
        return;
    if (s->core.shader.helpers) { /* whole quads in which anything is left */
        uint16_t quads = alive | alive >> 1 | alive >> 2 | alive >> 3;
        quads &= 0x1111;
        lanes &= (uint16_t)(quads * 15);
    } else {
        lanes = alive;
    }
    va_warp_init(&g->w, &s->core.shader, lanes);
    g->w.helper = lanes & (uint16_t)~alive;
    for (uint32_t left = s->core.preload; left; left &= left - 1)
        preload(f, (unsigned)__builtin_ctz(left), &g->w.r[48 + __builtin_ctz(left)]);
    for (unsigned i = 0; s->core.tls && i < VA_LANES; i++)
        va_set_tls(&g->w, i, s->core.tls + (f->n * VA_LANES + i) * s->core.tls_bytes);
    f->in_warp = true;
    f->warps++;
    f->lanes += (unsigned)__builtin_popcount(lanes);
}

void gfx_warp_end(struct gfx_fragment *f)
{
    /* Neither ATEST nor ZS_EMIT came: legal where the driver knows that early and late are the
     * same. Lanes that a DISCARD ended did not come to it either, and have nothing to test. */
    if (!f->warp.zs_done && !shader_depth(f->now_state))
        late(f, (uint16_t)(gfx_lanes_covered(&f->warp) & ~f->warp.tested & ~f->warp.w.discarded));
}

/* --- ATEST, ZS_EMIT ----------------------------------------------------------------------------
 */

static float lane_float(const struct va_val *v, unsigned i)
{
    uint32_t u = v->w[0][i];
    float f;

    memcpy(&f, &u, 4);
    return f;
}

static float alpha_of(const struct va_insn *in, const struct va_val *src, unsigned i)
{
    uint32_t u = src[1].w[0][i];
    float f;

    if (in->src[1].sel == VA_WIDEN_H0 || in->src[1].sel == VA_WIDEN_H1)
        u = texel_half_to_float((uint16_t)(in->src[1].sel == VA_WIDEN_H1 ? u >> 16 : u));
    memcpy(&f, &u, 4);
    return f;
}

static uint16_t alpha_cover(const struct gfx_fragment *f, float alpha)
{
    unsigned n = f->fb.samples, on;

    alpha = alpha > 0 ? (alpha < 1 ? alpha : 1) : 0;
    on = (unsigned)lrintf(alpha * (float)n);
    return (uint16_t)((1u << on) - 1);
}

static enum va_message_result atest(struct gfx_fragment *f, struct va_warp *w,
                                    const struct va_insn *in, const struct va_val *src,
                                    uint16_t lanes)
{
    struct gfx_state *s = f->now_state;
    struct gfx_warp *g = &f->warp;

    if (f->fb.samples == 1)
        gfx_lanes_atest(f, w, &src[0].w[0], lanes);
    for (unsigned i = 0; f->fb.samples > 1 && i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        g->cover[i] &= (uint16_t)src[0].w[0][i];
        if (w->helper >> i & 1)
            g->cover[i] = 0;
        if (DCD_ALPHA_TO_COVER(&s->dcd))
            g->cover[i] &= alpha_cover(f, alpha_of(in, src, i));
    }
    if (!shader_depth(s))
        late(f, lanes);
    gfx_lanes_put_cover(f, w, in->sr[0].reg, lanes);
    return VA_MSG_DONE;
}

static enum va_message_result zs_emit(struct gfx_fragment *f, struct va_warp *w,
                                      const struct va_insn *in, const struct va_val *src,
                                      uint16_t lanes)
{
    struct gfx_state *s = f->now_state;
    struct gfx_warp *g = &f->warp;
    bool emit_z = in->mod[VA_M_Z] && s->zs.z_source == Z_SOURCE_SHADER;
    bool emit_s = in->mod[VA_M_STENCIL] && s->zs.s_from_shader;
    uint32_t z[GFX_MAX_SAMPLES];

    for (unsigned i = 0; i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        g->cover[i] &= (uint16_t)src[2].w[0][i];
        if (w->helper >> i & 1)
            g->cover[i] = 0;
        depths(f, i, z);
        for (unsigned n = 0; emit_z && n < f->fb.samples; n++)
            z[n] = gfx_z_pack(&f->fb, clamped(s, lane_float(&src[0], i)));
        test_lane(f, i, z, emit_s ? (int)(src[1].w[0][i] & 0xff) : -1, true);
        w->r[in->sr[0].reg][i] = g->cover[i];
    }
    g->tested |= lanes;
    return VA_MSG_DONE;
}

/* --- colours --------------------------------------------------------------------------------- */

static bool narrow(unsigned format)
{
    return format == REGS_F16 || format == REGS_I16 || format == REGS_U16;
}

/*
 * What the instruction calls its registers' format, or, if it leaves that open, the descriptor.
 * Four registers are 32 bits each whatever the descriptor says: Mesa's blit shaders come with the
 * format of "no colour", fp16.
 */
static unsigned regs_format(const struct va_insn *in, uint32_t conv)
{
    static const uint8_t of[8] = {
        [VA_REGFMT_F32] = REGS_F32, [VA_REGFMT_F16] = REGS_F16, [VA_REGFMT_S32] = REGS_I32,
        [VA_REGFMT_U32] = REGS_U32, [VA_REGFMT_S16] = REGS_I16, [VA_REGFMT_U16] = REGS_U16};
    static const uint8_t wide[8] = {
        [REGS_F16] = REGS_F32, [REGS_I16] = REGS_I32, [REGS_U16] = REGS_U32};
    unsigned format = conv >> 24 & 7;

    if (in->mod[VA_M_REGFMT] != VA_REGFMT_AUTO)
        return of[in->mod[VA_M_REGFMT]];
    return in->sr[0].count > 2 && narrow(format) ? wide[format] : format;
}

static uint32_t widen(unsigned format, uint32_t half)
{
    return format == REGS_I16 ? (uint32_t)(int16_t)half : half & 0xffff;
}

static void get_color(const struct gfx_fragment *f, const struct va_warp *w, unsigned reg,
                      unsigned format, struct gfx_color *c)
{
    if (!narrow(format) || format == REGS_F16) {
        gfx_lanes_registers(f, w, reg, narrow(format), c);
        return;
    }
    for (unsigned n = 0; n < 4; n++)
        for (unsigned i = 0; i < VA_LANES; i++)
            c->c[n][i] = widen(format, w->r[(reg + n / 2) & 63][i] >> (n & 1 ? 16 : 0));
}

/* Lanes that have sample @n left and write colours. */
static uint16_t sample_lanes(const struct gfx_fragment *f, const struct va_warp *w,
                             const struct va_val *cover, uint16_t lanes, unsigned n)
{
    const struct gfx_warp *g = &f->warp;
    uint16_t out = 0;

    if (f->fb.samples == 1)
        return f->pipeline->vec->bits(&cover->w[0]) & gfx_lanes_covered(g) & lanes &
               (uint16_t)~w->helper;
    for (unsigned i = 0; i < VA_LANES; i++)
        out |= (uint16_t)((g->cover[i] & cover->w[0][i]) >> n & 1) << i;
    return out & lanes & (uint16_t)~w->helper;
}

static bool write_color(struct gfx_fragment *f, const struct va_warp *w, unsigned rt, uint32_t conv,
                        const struct gfx_blend *b, const struct va_insn *in,
                        const struct va_val *cover, uint16_t lanes)
{
    unsigned format = regs_format(in, conv);
    struct gfx_color src;

    get_color(f, w, in->sr[0].reg, format, &src);
    for (unsigned n = 0; n < f->fb.samples; n++) {
        uint16_t now = sample_lanes(f, w, cover, lanes, n);
        uint8_t *plane = f->tile.rt[rt] + (size_t)n * GFX_PIXELS * f->fb.rt[rt].bytes;
        if (!now || gfx_lanes_color(f, rt, now, conv, b, &src))
            continue;
        if (!gfx_blend_write(&f->fb.rt[rt], plane, f->warp.pixel, now, conv, b, &src))
            return false;
    }
    return true;
}

static enum va_message_result no_format(struct gfx_fragment *f, struct core *c, uint32_t conv)
{
    mali_log(f->pipeline->bus, MALI_LOG_UNIMP, "tile buffer: conversion 0x%x: not modelled", conv);
    core_fault(c, MALI_DATA_INVALID_FAULT, conv);
    return VA_MSG_FAULT;
}

static enum va_message_result blend(struct gfx_fragment *f, struct core *c, struct va_warp *w,
                                    const struct va_insn *in, const struct va_val *src,
                                    uint16_t lanes)
{
    unsigned first = (unsigned)__builtin_ctz(lanes); /* descriptors are the same in all lanes */
    uint32_t low = src[0].w[0][first], conv = src[0].w[1][first];
    unsigned mode = low & 3, rt = low >> 16 & 15;
    const struct gfx_blend *b = NULL;

    if (mode == BLEND_SHADER)
        return VA_MSG_DONE;
    if (mode == BLEND_OFF || rt >= f->fb.rts)
        return VA_MSG_TAKEN;
    if (mode == BLEND_FIXED)
        b = &f->now_state->blend[rt & 7];
    if (!write_color(f, w, rt, conv, b, in, &src[1], lanes))
        return no_format(f, c, conv);
    return VA_MSG_TAKEN;
}

/* Pixel index word: sample 7:0, target 15:8, x 23:16, y 31:24, where 255 is the lane's pixel. */
static bool tile_index(const struct gfx_fragment *f, uint32_t word, unsigned *rt, unsigned *sample)
{
    *sample = word & 0xff;
    *rt = word >> 8 & 0xff;
    return word >> 24 == 0xff && *rt < f->fb.rts && *sample < f->fb.samples;
}

static enum va_message_result st_tile(struct gfx_fragment *f, struct core *c, struct va_warp *w,
                                      const struct va_insn *in, const struct va_val *src,
                                      uint16_t lanes)
{
    unsigned first = (unsigned)__builtin_ctz(lanes), rt, sample;
    uint32_t word = src[0].w[0][first], conv = src[2].w[0][first];
    struct gfx_color color;

    if (!tile_index(f, word, &rt, &sample)) {
        core_fault(c, MALI_TILE_RANGE_FAULT, word);
        return VA_MSG_FAULT;
    }
    get_color(f, w, in->sr[0].reg, regs_format(in, conv), &color);
    uint16_t now = sample_lanes(f, w, &src[1], lanes, sample);
    uint8_t *plane = f->tile.rt[rt] + (size_t)sample * GFX_PIXELS * f->fb.rt[rt].bytes;
    if (now && !gfx_blend_write(&f->fb.rt[rt], plane, f->warp.pixel, now, conv, NULL, &color))
        return no_format(f, c, conv);
    return VA_MSG_DONE;
}

static uint32_t narrowed(unsigned format, uint32_t u)
{
    return format == REGS_F16 ? texel_float_to_half(u) : u & 0xffff;
}

static enum va_message_result ld_tile(struct gfx_fragment *f, struct core *c, struct va_warp *w,
                                      const struct va_insn *in, const struct va_val *src,
                                      uint16_t lanes)
{
    unsigned first = (unsigned)__builtin_ctz(lanes), rt, sample;
    uint32_t word = src[0].w[0][first], conv = src[2].w[0][first];
    unsigned format = regs_format(in, conv);
    struct gfx_color color;

    if (!tile_index(f, word, &rt, &sample)) {
        core_fault(c, MALI_TILE_RANGE_FAULT, word);
        return VA_MSG_FAULT;
    }
    const uint8_t *plane = f->tile.rt[rt] + (size_t)sample * GFX_PIXELS * f->fb.rt[rt].bytes;
    if (!gfx_blend_read(&f->fb.rt[rt], plane, f->warp.pixel, lanes, conv, &color))
        return no_format(f, c, conv);
    for (unsigned n = 0; n <= in->mod[VA_M_VECSIZE]; n++)
        for (unsigned i = 0; i < VA_LANES; i++) {
            unsigned reg = in->sr[0].reg + (narrow(format) ? n / 2 : n);
            uint32_t u = color.c[n][i];
            if (!(lanes >> i & 1) || reg >= in->sr[0].reg + in->sr[0].count)
                continue;
            if (narrow(format))
                u = (w->r[reg][i] & (n & 1 ? 0xffffu : 0xffff0000u)) | narrowed(format, u)
                                                                           << (n & 1 ? 16 : 0);
            w->r[reg][i] = u;
        }
    return VA_MSG_DONE;
}

enum va_message_result gfx_fragment_message(struct core *c, struct va_warp *w,
                                            const struct va_insn *in, const struct va_val *src,
                                            uint16_t lanes)
{
    struct gfx_fragment *f = c->fragment;

    switch (in->op) {
    case VA_OP_ATEST:
        return atest(f, w, in, src, lanes);
    case VA_OP_ZS_EMIT:
        return zs_emit(f, w, in, src, lanes);
    case VA_OP_BLEND:
        return blend(f, c, w, in, src, lanes);
    case VA_OP_LD_TILE:
        return ld_tile(f, c, w, in, src, lanes);
    case VA_OP_ST_TILE:
        return st_tile(f, c, w, in, src, lanes);
    default:
        return gfx_varying_message(f, w, in, src, lanes);
    }
}
