/*
 * Fragment work on whole warps; see gfx_lanes.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gfx_lanes.h"

#include "gfx_vec.h"
#include "texel.h"

#define FORMAT_SRGB             (1u << 20)
#define FORMAT_RAW              (1u << 22)
#define INTERNAL_LAST_BLENDABLE 6

enum { Z_SOURCE_MIN, Z_SOURCE_MAX, Z_SOURCE_FIXED }; /* source: v10.xml */
enum { CLAMP_0_1 = 1, CLAMP_BOUNDS = 2 };

/* --- pixels of the warp ------------------------------------------------------------------ */

/* The lanes of a quad lie in two rows, two beside each other. */
static void load_pixels(const uint32_t *plane, const struct gfx_warp *g, va_v16u *out)
{
    uint8_t *to = (uint8_t *)out;

    for (unsigned i = 0; !g->loose && i < VA_LANES; i += 2)
        memcpy(to + 4 * i, plane + g->pixel[i], 8);
    for (unsigned i = 0; g->loose && i < VA_LANES; i++)
        memcpy(to + 4 * i, plane + g->pixel[i], 4);
}

static void store_pairs(uint32_t *plane, const struct gfx_warp *g, uint16_t lanes, const va_v16u *v)
{
    const uint8_t *from = (const uint8_t *)v;

    for (unsigned i = 0; i < VA_LANES; i += 2) {
        unsigned pair = lanes >> i & 3;
        if (pair == 3)
            memcpy(plane + g->pixel[i], from + 4 * i, 8);
        else if (pair)
            plane[g->pixel[i + (pair == 2)]] = (*v)[i + (pair == 2)];
    }
}

static void store_pixels(uint32_t *plane, const struct gfx_warp *g, uint16_t lanes,
                         const va_v16u *v)
{
    const uint32_t *from = (const uint32_t *)v;

    if (!g->loose)
        store_pairs(plane, g, lanes, v);
    for (unsigned left = g->loose ? lanes : 0; left; left &= left - 1)
        plane[g->pixel[__builtin_ctz(left)]] = from[__builtin_ctz(left)];
}

/* --- depth ---------------------------------------------------------------------------------- */

static bool depth_of(const struct gfx_fragment *f, struct gfx_vec_depth *d)
{
    const struct gfx_state *s = f->now_state;
    const struct gfx_zs *zs = &s->zs;
    const struct gfx_warp *g = &f->warp;
    bool plane = zs->z_source != Z_SOURCE_MIN && zs->z_source != Z_SOURCE_MAX && g->prim[0];
    float fixed = zs->z_source == Z_SOURCE_MIN   ? s->dcd.min_z
                  : zs->z_source == Z_SOURCE_MAX ? s->dcd.max_z
                                                 : 0;

    if (plane && zs->bias && (f->fb.z_internal == 2 || zs->bias_clamp != 0))
        return false; /* by the depth's exponent; clamped */
    *d = (struct gfx_vec_depth){
        .clamp = zs->clamp == CLAMP_0_1 || zs->clamp == CLAMP_BOUNDS,
        .low = zs->clamp == CLAMP_BOUNDS ? s->dcd.min_z : 0,
        .high = zs->clamp == CLAMP_BOUNDS ? s->dcd.max_z : 1,
        .internal = f->fb.z_internal,
        .slot = g->slot,
    };
    for (unsigned s = 0; s < g->prims; s++) {
        d->plane[0][s] = plane ? g->prim[s]->z[0] : fixed;
        for (unsigned i = 1; i < 3; i++)
            d->plane[i][s] = plane ? g->prim[s]->z[i] : 0;
        if (plane && zs->bias)
            d->bias[s] = zs->units * (f->fb.z_internal == 0 ? 0x1p-16f : 0x1p-24f) +
                         zs->factor * g->prim[s]->dz;
    }
    return true;
}

/* Places in the framebuffer relative to the primitives. */
static void relative(const struct gfx_fragment *f, const float at[2][VA_LANES], va_v16u *x,
                     va_v16u *y)
{
    f->pipeline->vec->relative(at, f->warp.ox, f->warp.oy, x, y);
}

void gfx_lanes_atest(struct gfx_fragment *f, const struct va_warp *w, const va_v16u *src,
                     uint16_t lanes)
{
    uint16_t left = f->pipeline->vec->bits(src) & (uint16_t)~w->helper;

    gfx_lanes_keep(&f->warp, left | (uint16_t)~lanes);
}

void gfx_lanes_put_cover(struct gfx_fragment *f, struct va_warp *w, unsigned reg, uint16_t lanes)
{
    va_v16u v;

    for (unsigned i = 0; f->fb.samples > 1 && i < VA_LANES; i++)
        v[i] = f->warp.cover[i];
    if (f->fb.samples == 1)
        f->pipeline->vec->spread(gfx_lanes_covered(&f->warp), &v);
    f->pipeline->vec->merge(&w->r[reg], &v, lanes, ~0u);
}

bool gfx_lanes_test(struct gfx_fragment *f, uint16_t lanes, bool update)
{
    struct gfx_state *s = f->now_state;
    const struct gfx_vec *v = f->pipeline->vec;
    bool writes = update && s->zs.z_write;
    struct gfx_vec_depth d;
    va_v16u x, y, z, old;

    if (f->fb.samples > 1 || s->zs.stencil)
        return false;
    lanes &= gfx_lanes_covered(&f->warp);
    if (s->zs.z_func != 7 || writes) {
        if (!depth_of(f, &d))
            return false;
        relative(f, f->warp.centre, &x, &y);
        v->depth(&d, &x, &y, &z);
        load_pixels(f->tile.z, &f->warp, &old);
        uint16_t pass = v->compare(s->zs.z_func, f->fb.z_internal == 2, &z, &old) & lanes;
        gfx_lanes_keep(&f->warp, pass | (uint16_t)~lanes);
        lanes = pass;
        if (writes)
            store_pixels(f->tile.z, &f->warp, lanes, &z);
    }
    if (update && DCD_OCCLUSION(&s->dcd))
        f->occluded += (unsigned)__builtin_popcount(lanes);
    return true;
}

/* --- colour --------------------------------------------------------------------------------- */

bool gfx_lanes_color(struct gfx_fragment *f, unsigned rt, uint16_t lanes, uint32_t conv,
                     const struct gfx_blend *b, const struct gfx_color *src)
{
    const struct gfx_rt *target = &f->fb.rt[rt];
    uint32_t *plane = (uint32_t *)(void *)f->tile.rt[rt];
    struct gfx_vec_blend v;
    va_v16u word;

    if (f->fb.samples > 1 || target->internal > INTERNAL_LAST_BLENDABLE ||
        (conv & (FORMAT_SRGB | FORMAT_RAW)) || (b && b->srgb))
        return false;
    gfx_blend_layout(target, conv, b, &v);
    if (!v.replace)
        load_pixels(plane, &f->warp, &word);
    f->pipeline->vec->blend(&v, src, &word);
    store_pixels(plane, &f->warp, lanes, &word);
    return true;
}

void gfx_lanes_registers(const struct gfx_fragment *f, const struct va_warp *w, unsigned reg,
                         bool halves, struct gfx_color *out)
{
    for (unsigned n = 0; n < 4; n++)
        if (halves)
            f->pipeline->vec->from_half(&w->r[(reg + n / 2) & 63], n & 1 ? 16 : 0, &out->c[n]);
        else
            out->c[n] = w->r[(reg + n) & 63];
}

/* --- interpolation -------------------------------------------------------------------------- */

bool gfx_lanes_centres(struct gfx_fragment *f, const struct va_insn *in, uint16_t lanes, va_v16u *x,
                       va_v16u *y)
{
    unsigned mode = in->mod[VA_M_SAMPLE], update = in->mod[VA_M_UPDATE];
    struct gfx_warp *g = &f->warp;

    if (update == VA_UPDATE_RETRIEVE) {
        relative(f, g->at, x, y);
        return true;
    }
    if (f->fb.samples > 1 || mode == VA_SAMPLE_EXPLICIT)
        return false;
    relative(f, g->centre, x, y);
    if (update == VA_UPDATE_STORE && lanes == 0xffff)
        memcpy(g->at, g->centre, sizeof(g->at));
    for (unsigned i = 0; update == VA_UPDATE_STORE && lanes != 0xffff && i < VA_LANES; i++)
        if (lanes >> i & 1) {
            g->at[0][i] = g->centre[0][i];
            g->at[1][i] = g->centre[1][i];
        }
    return true;
}

static bool uniform_offset(const va_v16u *offset, uint16_t lanes, uint32_t *at)
{
    *at = (*offset)[__builtin_ctz(lanes)];
    for (unsigned i = 0; i < VA_LANES; i++)
        if ((lanes >> i & 1) && (*offset)[i] != *at)
            return false;
    return true;
}

/* A component at byte @at of vertex @v, as it is; beyond its varyings: zero. */
static uint32_t component(const struct gfx_draw *d, uint32_t v, uint32_t at, bool half)
{
    const uint8_t *from = d->vary + (uint64_t)v * d->vary_bytes + at;
    uint32_t u = 0;

    if (v >= d->vertices || at > d->vary_bytes || (half ? 2u : 4u) > d->vary_bytes - at)
        return 0;
    if (half)
        memcpy(&u, from, 2);
    else
        memcpy(&u, from, 4);
    return u;
}

/* @n components from byte @at of vertex @v's varyings, @bytes each, as floats. */
static void corner(const struct gfx_draw *d, uint32_t v, uint32_t at, unsigned bytes, unsigned n,
                   float value[4])
{
    bool inside = v < d->vertices && at <= d->vary_bytes && n * bytes <= d->vary_bytes - at;
    const uint8_t *from = d->vary + (uint64_t)v * d->vary_bytes + at;

    if (inside && bytes == 4) {
        memcpy(value, from, 4 * n);
        return;
    }
    for (unsigned c = 0; c < n; c++) {
        uint32_t u = component(d, v, at + c * bytes, bytes == 2);
        u = bytes == 2 ? texel_half_to_float((uint16_t)u) : u;
        memcpy(&value[c], &u, 4);
    }
}

static void interpolate(const struct gfx_fragment *f, uint32_t at, unsigned bytes, unsigned n,
                        const va_v16u *x, const va_v16u *y, va_v16u out[4])
{
    const struct gfx_prim *t = f->warp.prim[0];
    float value[4][3], one[4];

    for (unsigned i = 0; i < 3; i++) {
        corner(f->draw, t->v[i], at, bytes, n, one);
        for (unsigned c = 0; c < n; c++)
            value[c][i] = one[c];
    }
    f->pipeline->vec->interpolate(t->bary, x, y, (const float(*)[3])value, n, out);
}

/* The same of a warp with several primitives. */
static void interpolate_mixed(const struct gfx_fragment *f, uint32_t at, unsigned bytes, unsigned n,
                              const va_v16u *x, const va_v16u *y, va_v16u out[4])
{
    float value[4][3][GFX_SLOTS], bary[3][3][GFX_SLOTS], one[4];

    for (unsigned s = 0; s < f->warp.prims; s++) {
        const struct gfx_prim *t = f->warp.prim[s];
        for (unsigned i = 0; i < 3; i++) {
            corner(f->draw, t->v[i], at, bytes, n, one);
            for (unsigned c = 0; c < n; c++)
                value[c][i][s] = one[c];
            for (unsigned k = 0; k < 3; k++)
                bary[i][k][s] = t->bary[i][k];
        }
    }
    f->pipeline->vec->interpolate_slots((const float(*)[3][GFX_SLOTS])bary, f->warp.slot, x, y,
                                        (const float(*)[3][GFX_SLOTS])value, n, out);
}

/* What is not interpolated: of the provoking vertex. */
static void flat_values(const struct gfx_fragment *f, uint32_t at, unsigned bytes, unsigned n,
                        va_v16u out[4])
{
    const struct gfx_warp *g = &f->warp;
    uint32_t u[GFX_SLOTS];

    for (unsigned c = 0; c < n; c++) {
        for (unsigned s = 0; s < g->prims; s++)
            u[s] = component(f->draw, g->prim[s]->flat, at + c * bytes, bytes == 2);
        gfx_by_slot(g, u, &out[c]);
    }
}

void gfx_lanes_put(const struct gfx_fragment *f, struct va_warp *w, unsigned reg, bool half_dst,
                   unsigned c, va_v16u *value, uint16_t lanes)
{
    const struct gfx_vec *v = f->pipeline->vec;

    if (!half_dst) {
        v->merge(&w->r[reg + c], value, lanes, ~0u);
        return;
    }
    if (c & 1)
        *value <<= 16;
    v->merge(&w->r[reg + c / 2], value, lanes, c & 1 ? 0xffff0000u : 0xffffu);
}

bool gfx_lanes_ld_var_buf(struct gfx_fragment *f, struct va_warp *w, const struct va_insn *in,
                          const va_v16u *offset, uint16_t lanes)
{
    const struct gfx_vec *v = f->pipeline->vec;
    bool half_dst = in->op == VA_OP_LD_VAR_BUF_F16 || in->op == VA_OP_LD_VAR_BUF_IMM_F16;
    unsigned format = in->mod[VA_M_SRCFMT];
    bool flat = format == VA_SRCFMT_FLAT32 || format == VA_SRCFMT_FLAT16;
    bool half_src = format == VA_SRCFMT_FLAT16 || format == VA_SRCFMT_F16;
    unsigned n = in->mod[VA_M_VECSIZE] + 1u, bytes = half_src ? 2 : 4;
    uint32_t at = (uint32_t)in->imm[0];
    va_v16u x, y, out[4];

    if (n > 4 || (half_dst ? (n + 1) / 2 : n) > in->sr[0].count || (flat && half_src != half_dst) ||
        (offset && !uniform_offset(offset, lanes, &at)) || !gfx_lanes_centres(f, in, lanes, &x, &y))
        return false;
    if (flat)
        flat_values(f, at, bytes, n, out);
    else if (f->warp.prims > 1)
        interpolate_mixed(f, at, bytes, n, &x, &y, out);
    else
        interpolate(f, at, bytes, n, &x, &y, out);
    for (unsigned c = 0; c < n; c++) {
        if (half_dst && !flat)
            v->to_half(&out[c], &out[c]);
        gfx_lanes_put(f, w, in->sr[0].reg, half_dst, c, &out[c], lanes);
    }
    return true;
}
