/*
 * One variant of gfx_lanes.h: the messages of fragment shaders in their common cases. Each function
 * answers false for what it does not do.
 *
 * Included behind gfx_vec_body.h, whose functions it uses. Calls gfx_shade.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gfx_lanes.h"
#include "texel.h"

#define FORMAT_SRGB             (1u << 20)
#define FORMAT_RAW              (1u << 22)
#define INTERNAL_LAST_BLENDABLE 6

/* Lanes become what @u has for their primitive. */
static void by_slot(const struct gfx_warp *g, const uint32_t u[GFX_SLOTS], va_v16u *r)
{
    for (unsigned k = 0; k < PIECES; k++)
        put(r, k, words_of_slots(u, get((const va_v16u *)g->slot, k)));
}

/* --- pixels of the warp ------------------------------------------------------------------ */

VA_INLINE uint64_t load_pair(const uint32_t *from)
{
    uint64_t v;

    memcpy(&v, from, 8);
    return v;
}

/* Piece @k of the lanes' words, as one vector: through memory it would wait for its parts. The
 * lanes of a quad lie in two rows, two beside each other. */
VA_INLINE vu load_piece(const uint32_t *plane, const struct gfx_warp *g, unsigned k)
{
    typedef uint64_t pairs __attribute__((vector_size(VA_PIECE)));
    const uint16_t *at = &g->pixel[k * LANES];
#define ONE(i)  plane[at[i]]
#define PAIR(i) load_pair(plane + at[i])
#define FOUR(i) ONE(i), ONE(i + 1), ONE(i + 2), ONE(i + 3)
#if VA_PIECE == 64
    return g->loose ? (vu){FOUR(0), FOUR(4), FOUR(8), FOUR(12)}
                    : (vu)(pairs){PAIR(0), PAIR(2),  PAIR(4),  PAIR(6),
                                  PAIR(8), PAIR(10), PAIR(12), PAIR(14)};
#elif VA_PIECE == 32
    return g->loose ? (vu){FOUR(0), FOUR(4)} : (vu)(pairs){PAIR(0), PAIR(2), PAIR(4), PAIR(6)};
#else
    return g->loose ? (vu){FOUR(0)} : (vu)(pairs){PAIR(0), PAIR(2)};
#endif
#undef ONE
#undef PAIR
#undef FOUR
}

static void load_pixels(const uint32_t *plane, const struct gfx_warp *g, va_v16u *out)
{
    for (unsigned k = 0; k < PIECES; k++)
        put(out, k, load_piece(plane, g, k));
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

/* @bias has room for those of the primitives. */
static bool depth_of(const struct gfx_fragment *f, float bias[GFX_SLOTS], struct gfx_vec_depth *d)
{
    const struct gfx_state *s = f->now_state;
    const struct gfx_zs *zs = &s->zs;
    const struct gfx_warp *g = &f->warp;
    bool plane = zs->z_source != GFX_Z_MIN && zs->z_source != GFX_Z_MAX && g->prim[0];

    if (plane && zs->bias && (f->fb.z_internal == 2 || zs->bias_clamp != 0))
        return false; /* by the depth's exponent; clamped */
    *d = (struct gfx_vec_depth){
        .plane = plane ? g->z : NULL,
        .fixed = zs->z_source == GFX_Z_MIN   ? s->dcd.min_z
                 : zs->z_source == GFX_Z_MAX ? s->dcd.max_z
                                             : 0,
        .bias = plane && zs->bias ? bias : NULL,
        .clamp = zs->clamp == GFX_CLAMP_0_1 || zs->clamp == GFX_CLAMP_BOUNDS,
        .low = zs->clamp == GFX_CLAMP_BOUNDS ? s->dcd.min_z : 0,
        .high = zs->clamp == GFX_CLAMP_BOUNDS ? s->dcd.max_z : 1,
        .internal = f->fb.z_internal,
        .slot = g->slot,
    };
    for (unsigned n = 0; d->bias && n < g->prims; n++)
        bias[n] =
            zs->units * (f->fb.z_internal == 0 ? 0x1p-16f : 0x1p-24f) + zs->factor * g->prim[n]->dz;
    return true;
}

static bool test_whole(struct gfx_fragment *f, uint16_t lanes, bool update)
{
    struct gfx_state *s = f->now_state;
    bool writes = update && s->zs.z_write;
    struct gfx_vec_depth d;
    float bias[GFX_SLOTS];
    va_v16u x, y, z, old;

    if (f->fb.samples > 1 || s->zs.stencil)
        return false;
    lanes &= gfx_lanes_covered(&f->warp);
    if (s->zs.z_func != 7 || writes) {
        if (!depth_of(f, bias, &d))
            return false;
        relative(f->warp.centre, f->warp.ox, f->warp.oy, &x, &y);
        depth(&d, &x, &y, &z);
        load_pixels(f->tile.z, &f->warp, &old);
        uint16_t pass = compare(s->zs.z_func, f->fb.z_internal == 2, &z, &old) & lanes;
        gfx_lanes_keep(&f->warp, pass | (uint16_t)~lanes);
        lanes = pass;
        if (writes)
            store_pixels(f->tile.z, &f->warp, lanes, &z);
    }
    if (update && DCD_OCCLUSION(&s->dcd))
        f->occluded += (unsigned)__builtin_popcount(lanes);
    return true;
}

/* Tests the lanes, in the way that does it. */
static void test_lanes(struct gfx_fragment *f, uint16_t lanes, bool update)
{
    if (!test_whole(f, lanes, update))
        gfx_shade_test(f, lanes, update);
}

static void late(struct gfx_fragment *f, uint16_t lanes)
{
    if (!f->warp.zs_done)
        test_lanes(f, lanes & (uint16_t)~f->warp.tested, true);
    f->warp.tested |= lanes;
}

/* Register @reg gets the covers that are left. */
static void put_cover(struct gfx_fragment *f, struct va_warp *w, unsigned reg, uint16_t lanes)
{
    va_v16u v;

    if (f->fb.samples == 1)
        spread(gfx_lanes_covered(&f->warp), &v);
    else
        for (unsigned i = 0; i < VA_LANES; i++)
            v[i] = f->warp.cover[i];
    merge(&w->r[reg], &v, lanes, ~0u);
}

/* Source 0: the covers that the shader leaves. */
static enum va_message_result atest(struct gfx_fragment *f, struct va_warp *w,
                                    const struct va_insn *in, const struct va_val *src,
                                    uint16_t lanes)
{
    if (f->fb.samples == 1) {
        uint16_t left = bits(&src[0].w[0]) & (uint16_t)~w->helper;
        gfx_lanes_keep(&f->warp, left | (uint16_t)~lanes);
    } else {
        gfx_shade_atest(f, w, in, src, lanes);
    }
    if (!gfx_shader_depth(f->now_state))
        late(f, lanes);
    put_cover(f, w, in->sr[0].reg, lanes);
    return VA_MSG_DONE;
}

/* --- colour --------------------------------------------------------------------------------- */

/* A colour from registers of fp16, or of words. */
static void color_of(const struct va_warp *w, unsigned reg, bool halves, struct gfx_color *out)
{
    for (unsigned n = 0; n < 4; n++)
        if (halves)
            from_half(&w->r[(reg + n / 2) & 63], n & 1 ? 16 : 0, &out->c[n]);
        else
            out->c[n] = w->r[(reg + n) & 63];
}

/* Lanes of @cover that have their sample left and write colours. */
static uint16_t writers(const struct gfx_fragment *f, const struct va_warp *w, const va_v16u *cover,
                        uint16_t lanes)
{
    return bits(cover) & gfx_lanes_covered(&f->warp) & lanes & (uint16_t)~w->helper;
}

/* Packed pixels of one sample. */
static bool color_whole(struct gfx_fragment *f, const struct va_warp *w, unsigned rt, uint32_t conv,
                        const struct gfx_blend *b, const struct va_insn *in,
                        const struct va_val *cover, uint16_t lanes)
{
    const struct gfx_rt *target = &f->fb.rt[rt];
    uint32_t *plane = (uint32_t *)(void *)f->tile.rt[rt];
    enum gfx_regs format = gfx_regs_format(in, conv);
    struct gfx_vec_blend v;
    struct gfx_color src;
    va_v16u word;

    if (f->fb.samples > 1 || target->internal > INTERNAL_LAST_BLENDABLE ||
        (conv & (FORMAT_SRGB | FORMAT_RAW)) || (b && b->srgb) || format == REGS_I16 ||
        format == REGS_U16)
        return false;
    lanes = writers(f, w, &cover->w[0], lanes);
    if (!lanes)
        return true;
    color_of(w, in->sr[0].reg, format == REGS_F16, &src);
    gfx_blend_layout(target, conv, b, &v);
    if (!v.replace)
        load_pixels(plane, &f->warp, &word);
    blend(&v, &src, &word);
    store_pixels(plane, &f->warp, lanes, &word);
    return true;
}

static enum va_message_result blend_message(struct gfx_fragment *f, struct core *c,
                                            struct va_warp *w, const struct va_insn *in,
                                            const struct va_val *src, uint16_t lanes)
{
    unsigned first = (unsigned)__builtin_ctz(lanes); /* descriptors are the same in all lanes */
    uint32_t low = ((const uint32_t *)&src[0].w[0])[first];
    uint32_t conv = ((const uint32_t *)&src[0].w[1])[first];
    unsigned mode = low & 3, rt = low >> 16 & 15;
    const struct gfx_blend *b = NULL;

    if (mode == BLEND_SHADER)
        return VA_MSG_DONE;
    if (mode == BLEND_OFF || rt >= f->fb.rts)
        return VA_MSG_TAKEN;
    if (mode == BLEND_FIXED)
        b = &f->now_state->blend[rt & 7];
    if (!color_whole(f, w, rt, conv, b, in, &src[1], lanes) &&
        !gfx_shade_color(f, w, rt, conv, b, in, &src[1], lanes))
        return gfx_shade_no_format(f, c, conv);
    return VA_MSG_TAKEN;
}

/* --- interpolation -------------------------------------------------------------------------- */

static bool centres(struct gfx_fragment *f, const struct va_insn *in, uint16_t lanes, va_v16u *x,
                    va_v16u *y)
{
    unsigned mode = in->mod[VA_M_SAMPLE], update = in->mod[VA_M_UPDATE];
    struct gfx_warp *g = &f->warp;

    if (update == VA_UPDATE_RETRIEVE) {
        relative(g->at, g->ox, g->oy, x, y);
        return true;
    }
    if (f->fb.samples > 1 || mode == VA_SAMPLE_EXPLICIT)
        return false;
    relative(g->centre, g->ox, g->oy, x, y);
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
    *at = ((const uint32_t *)offset)[__builtin_ctz(lanes)];
    return va_alike(offset, lanes);
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

static void interpolate_one(const struct gfx_fragment *f, uint32_t at, unsigned bytes, unsigned n,
                            const va_v16u *x, const va_v16u *y, va_v16u out[4])
{
    const struct gfx_prim *t = f->warp.prim[0];
    float value[4][3], one[4];

    for (unsigned i = 0; i < 3; i++) {
        corner(f->draw, t->v[i], at, bytes, n, one);
        for (unsigned c = 0; c < n; c++)
            value[c][i] = one[c];
    }
    interpolate(t->bary, x, y, (const float(*)[3])value, n, out);
}

#ifdef VA_HOST_AVX512
/* Where four words of vertex @v's varyings may be read, of which the first @n are inside. */
static const float *row_of(const struct gfx_draw *d, uint32_t v, uint32_t at, unsigned n)
{
    uint64_t from = (uint64_t)v * d->vary_bytes + at;

    if (v >= d->vertices || at > d->vary_bytes || 4 * n > d->vary_bytes - at ||
        from + 16 > (uint64_t)d->vertices * d->vary_bytes)
        return NULL;
    return (const float *)(const void *)(d->vary + from);
}

/* Four words of corner @i of each primitive, side by side. False: some are outside. */
static bool rows_of_slots(const struct gfx_fragment *f, unsigned i, uint32_t at, unsigned n,
                          __m512 rows[2])
{
    __m128 row[GFX_SLOTS] = {0};

    for (unsigned s = 0; s < f->warp.prims; s++) {
        const float *from = row_of(f->draw, f->warp.prim[s]->v[i], at, n);
        if (!from)
            return false;
        row[s] = _mm_loadu_ps(from);
    }
    for (unsigned k = 0; k < 2; k++) {
        rows[k] = _mm512_castps128_ps512(row[4 * k]);
        rows[k] = _mm512_insertf32x4(rows[k], row[4 * k + 1], 1);
        rows[k] = _mm512_insertf32x4(rows[k], row[4 * k + 2], 2);
        rows[k] = _mm512_insertf32x4(rows[k], row[4 * k + 3], 3);
    }
    return true;
}

/* interpolate_slots() of values that stay in registers: no table of them has to be made. */
static bool interpolate_rows(const struct gfx_fragment *f, uint32_t at, unsigned n,
                             const va_v16u *xs, const va_v16u *ys, va_v16u out[4])
{
    const struct gfx_warp *g = &f->warp;
    vu slot = get((const va_v16u *)g->slot, 0);
    vf x = as_f(get(xs, 0)), y = as_f(get(ys, 0)), b[3], v[3];
    __m512 rows[3][2];

    for (unsigned i = 0; i < 3; i++) {
        if (!rows_of_slots(f, i, at, n, rows[i]))
            return false;
        b[i] = plane_of_slots(g->bary[i], slot, x, y);
    }
    vf weight = b[0] + b[1] + b[2];
    for (unsigned c = 0; c < n; c++) {
        __m512i which = (__m512i)(slot * 4 + c);
        for (unsigned i = 0; i < 3; i++)
            v[i] = (vf)_mm512_permutex2var_ps(rows[i][0], which, rows[i][1]);
        put(&out[c], 0, as_u(v[0] + (b[1] * (v[1] - v[0]) + b[2] * (v[2] - v[0])) / weight));
    }
    return true;
}
#else
static bool interpolate_rows(const struct gfx_fragment *f, uint32_t at, unsigned n,
                             const va_v16u *xs, const va_v16u *ys, va_v16u out[4])
{
    return false;
}
#endif

/* The same of a warp with several primitives. */
static void interpolate_mixed(const struct gfx_fragment *f, uint32_t at, unsigned bytes, unsigned n,
                              const va_v16u *x, const va_v16u *y, va_v16u out[4])
{
    float value[4][3][GFX_SLOTS], one[4];

    if (bytes == 4 && interpolate_rows(f, at, n, x, y, out))
        return;
    for (unsigned s = 0; s < f->warp.prims; s++)
        for (unsigned i = 0; i < 3; i++) {
            corner(f->draw, f->warp.prim[s]->v[i], at, bytes, n, one);
            for (unsigned c = 0; c < n; c++)
                value[c][i][s] = one[c];
        }
    interpolate_slots(f->warp.bary, f->warp.slot, x, y, (const float(*)[3][GFX_SLOTS])value, n,
                      out);
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
        by_slot(g, u, &out[c]);
    }
}

static void put_component(struct va_warp *w, unsigned reg, bool half_dst, unsigned c,
                          const va_v16u *value, uint16_t lanes)
{
    va_v16u high;

    if (!half_dst) {
        merge(&w->r[reg + c], value, lanes, ~0u);
        return;
    }
    for (unsigned k = 0; (c & 1) && k < PIECES; k++)
        put(&high, k, get(value, k) << 16);
    merge(&w->r[reg + c / 2], c & 1 ? &high : value, lanes, c & 1 ? 0xffff0000u : 0xffffu);
}

static void put_floats(struct va_warp *w, const struct va_staging *sr, unsigned mask, bool half_dst,
                       const va_v16u v[4], uint16_t lanes)
{
    unsigned n = 0;
    va_v16u half;

    for (unsigned c = 0; c < 4; c++) {
        if (!(mask >> c & 1) || (half_dst ? n / 2 : n) >= sr->count)
            continue;
        if (half_dst)
            to_half(&v[c], &half);
        if (half_dst && !(n & 1)) /* zeros above, as component_put() leaves */
            merge(&w->r[sr->reg + n++ / 2], &half, lanes, ~0u);
        else
            put_component(w, sr->reg, half_dst, n++, half_dst ? &half : &v[c], lanes);
    }
}

/* LD_VAR_BUF and LD_VAR_BUF_IMM (@offset NULL) of what is interpolated at the pixels' centres. */
static bool ld_var_buf(struct gfx_fragment *f, struct va_warp *w, const struct va_insn *in,
                       const va_v16u *offset, uint16_t lanes)
{
    bool half_dst = in->op == VA_OP_LD_VAR_BUF_F16 || in->op == VA_OP_LD_VAR_BUF_IMM_F16;
    unsigned format = in->mod[VA_M_SRCFMT];
    bool flat = format == VA_SRCFMT_FLAT32 || format == VA_SRCFMT_FLAT16;
    bool half_src = format == VA_SRCFMT_FLAT16 || format == VA_SRCFMT_F16;
    unsigned n = in->mod[VA_M_VECSIZE] + 1u, bytes = half_src ? 2 : 4;
    uint32_t at = (uint32_t)in->imm[0];
    va_v16u x, y, out[4];

    if (!f->warp.prim[0] || n > 4 || (half_dst ? (n + 1) / 2 : n) > in->sr[0].count ||
        (flat && half_src != half_dst) || (offset && !uniform_offset(offset, lanes, &at)) ||
        !centres(f, in, lanes, &x, &y))
        return false;
    if (flat)
        flat_values(f, at, bytes, n, out);
    else if (f->warp.prims > 1)
        interpolate_mixed(f, at, bytes, n, &x, &y, out);
    else
        interpolate_one(f, at, bytes, n, &x, &y, out);
    for (unsigned c = 0; c < n; c++) {
        if (half_dst && !flat)
            to_half(&out[c], &out[c]);
        put_component(w, in->sr[0].reg, half_dst, c, &out[c], lanes);
    }
    return true;
}

/* --- messages ------------------------------------------------------------------------------- */

static enum va_message_result message(struct core *c, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes)
{
    struct gfx_fragment *f = c->fragment;
    bool done = false;

    switch (in->op) {
    case VA_OP_ATEST:
        return atest(f, w, in, src, lanes);
    case VA_OP_BLEND:
        return blend_message(f, c, w, in, src, lanes);
    case VA_OP_LD_VAR_BUF_IMM_F32:
    case VA_OP_LD_VAR_BUF_IMM_F16:
        done = ld_var_buf(f, w, in, NULL, lanes);
        break;
    case VA_OP_LD_VAR_BUF_F32:
    case VA_OP_LD_VAR_BUF_F16:
        done = ld_var_buf(f, w, in, &src[1].w[0], lanes);
        break;
    default:
        break;
    }
    return done ? VA_MSG_DONE : gfx_fragment_message(c, w, in, src, lanes);
}
