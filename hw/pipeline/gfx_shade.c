/*
 * What ends a fragment, lane by lane, for any number of samples: depth and stencil, ATEST, ZS_EMIT,
 * BLEND, LD_TILE, ST_TILE. The common cases are done for whole warps before (gfx_lanes_body.h).
 *
 * Depth and stencil are tested before the shader where the draw allows it, else when ATEST or
 * ZS_EMIT comes, at the latest when the shader has ended.
 *
 * Called through gfx_lanes.h. Calls gfx_zs.c, gfx_blend.c, gfx_varying.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>
#include <string.h>

#include "gfx_lanes.h"
#include "gfx_vec.h"
#include "texel.h"

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
    float lo = s->zs.clamp == GFX_CLAMP_BOUNDS ? s->dcd.min_z : 0;
    float hi = s->zs.clamp == GFX_CLAMP_BOUNDS ? s->dcd.max_z : 1;

    if (s->zs.clamp != GFX_CLAMP_0_1 && s->zs.clamp != GFX_CLAMP_BOUNDS)
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
        if (s->zs.z_source == GFX_Z_MIN || s->zs.z_source == GFX_Z_MAX) {
            v = s->zs.z_source == GFX_Z_MIN ? s->dcd.min_z : s->dcd.max_z;
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

void gfx_shade_test(struct gfx_fragment *f, uint16_t lanes, bool update)
{
    uint32_t z[GFX_MAX_SAMPLES];

    for (unsigned i = 0; i < VA_LANES; i++)
        if (lanes >> i & 1) {
            depths(f, i, z);
            test_lane(f, i, z, -1, update);
        }
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

void gfx_shade_atest(struct gfx_fragment *f, const struct va_warp *w, const struct va_insn *in,
                     const struct va_val *src, uint16_t lanes)
{
    struct gfx_warp *g = &f->warp;

    for (unsigned i = 0; i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        g->cover[i] &= (uint16_t)src[0].w[0][i];
        if (w->helper >> i & 1)
            g->cover[i] = 0;
        if (DCD_ALPHA_TO_COVER(&f->now_state->dcd))
            g->cover[i] &= alpha_cover(f, alpha_of(in, src, i));
    }
}

static enum va_message_result zs_emit(struct gfx_fragment *f, struct va_warp *w,
                                      const struct va_insn *in, const struct va_val *src,
                                      uint16_t lanes)
{
    struct gfx_state *s = f->now_state;
    struct gfx_warp *g = &f->warp;
    bool emit_z = in->mod[VA_M_Z] && s->zs.z_source == GFX_Z_SHADER;
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
enum gfx_regs gfx_regs_format(const struct va_insn *in, uint32_t conv)
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
    for (unsigned n = 0; n < 4; n++) {
        const va_v16u *r = &w->r[(reg + (narrow(format) ? n / 2 : n)) & 63];
        if (!narrow(format))
            c->c[n] = *r;
        else if (format == REGS_F16)
            f->pipeline->vec->from_half(r, n & 1 ? 16 : 0, &c->c[n]);
        else
            for (unsigned i = 0; i < VA_LANES; i++)
                c->c[n][i] = widen(format, (*r)[i] >> (n & 1 ? 16 : 0));
    }
}

/* Lanes that have sample @n left and write colours. */
static uint16_t sample_lanes(const struct gfx_fragment *f, const struct va_warp *w,
                             const struct va_val *cover, uint16_t lanes, unsigned n)
{
    const struct gfx_warp *g = &f->warp;
    uint16_t out = 0;

    for (unsigned i = 0; i < VA_LANES; i++)
        out |= (uint16_t)((g->cover[i] & cover->w[0][i]) >> n & 1) << i;
    return out & lanes & (uint16_t)~w->helper;
}

bool gfx_shade_color(struct gfx_fragment *f, const struct va_warp *w, unsigned rt, uint32_t conv,
                     const struct gfx_blend *b, const struct va_insn *in,
                     const struct va_val *cover, uint16_t lanes)
{
    unsigned format = gfx_regs_format(in, conv);
    struct gfx_color src;

    get_color(f, w, in->sr[0].reg, format, &src);
    for (unsigned n = 0; n < f->fb.samples; n++) {
        uint16_t now = sample_lanes(f, w, cover, lanes, n);
        uint8_t *plane = f->tile.rt[rt] + (size_t)n * GFX_PIXELS * f->fb.rt[rt].bytes;
        if (now && !gfx_blend_write(&f->fb.rt[rt], plane, f->warp.pixel, now, conv, b, &src))
            return false;
    }
    return true;
}

enum va_message_result gfx_shade_no_format(struct gfx_fragment *f, struct core *c, uint32_t conv)
{
    mali_log(f->pipeline->bus, MALI_LOG_UNIMP, "tile buffer: conversion 0x%x: not modelled", conv);
    core_fault(c, MALI_DATA_INVALID_FAULT, conv);
    return VA_MSG_FAULT;
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
    get_color(f, w, in->sr[0].reg, gfx_regs_format(in, conv), &color);
    uint16_t now = sample_lanes(f, w, &src[1], lanes, sample);
    uint8_t *plane = f->tile.rt[rt] + (size_t)sample * GFX_PIXELS * f->fb.rt[rt].bytes;
    if (now && !gfx_blend_write(&f->fb.rt[rt], plane, f->warp.pixel, now, conv, NULL, &color))
        return gfx_shade_no_format(f, c, conv);
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
    unsigned format = gfx_regs_format(in, conv);
    struct gfx_color color;

    if (!tile_index(f, word, &rt, &sample)) {
        core_fault(c, MALI_TILE_RANGE_FAULT, word);
        return VA_MSG_FAULT;
    }
    const uint8_t *plane = f->tile.rt[rt] + (size_t)sample * GFX_PIXELS * f->fb.rt[rt].bytes;
    if (!gfx_blend_read(&f->fb.rt[rt], plane, f->warp.pixel, lanes, conv, &color))
        return gfx_shade_no_format(f, c, conv);
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
    case VA_OP_ZS_EMIT:
        return zs_emit(f, w, in, src, lanes);
    case VA_OP_LD_TILE:
        return ld_tile(f, c, w, in, src, lanes);
    case VA_OP_ST_TILE:
        return st_tile(f, c, w, in, src, lanes);
    default:
        return gfx_varying_message(f, w, in, src, lanes);
    }
}
