/*
 * Interpolation: LD_VAR_BUF and relatives. A primitive's planes give weight over w
 * of each vertex; their sum is 1/w, which makes the result perspective-correct.
 *
 * Lane by lane; what is common is done for whole warps before (gfx_lanes_body.h).
 *
 * Called by gfx_shade.c. Calls texel.c (fp16).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "gfx_lanes.h"
#include "gfx_vec.h"
#include "texel.h"

static float plane(const float p[3], float x, float y)
{
    return p[0] + p[1] * x + p[2] * y;
}

void gfx_weights_at(const struct gfx_prim *t, float x, float y, bool inside, float b[3])
{
    for (unsigned i = 0; i < 3; i++) {
        b[i] = plane(t->bary[i], x, y);
        b[i] = inside && b[i] < 0 ? 0 : b[i];
    }
}

float gfx_depth_at(const struct gfx_prim *t, float x, float y)
{
    return plane(t->z, x - t->ox, y - t->oy);
}

/* --- where --------------------------------------------------------------------------- */

/* A covered place of the pixel: its centre when that is covered wholly, else the first sample. */
static unsigned centroid(const struct gfx_fragment *f, uint16_t cover)
{
    uint16_t full = (uint16_t)((1u << f->fb.samples) - 1);

    return cover == full || !cover ? ~0u : (unsigned)__builtin_ctz(cover);
}

static void sample_at(const struct gfx_fragment *f, unsigned sample, float at[2])
{
    bool centre = f->fb.samples == 1 || sample >= f->fb.samples;

    at[0] = centre ? 0.5f : (float)f->fb.sample_x[sample] / GFX_SUBPIXEL;
    at[1] = centre ? 0.5f : (float)f->fb.sample_y[sample] / GFX_SUBPIXEL;
}

/* The place in lane @i's pixel that sample mode @mode means; @src: the instruction's source 0. */
static void place(const struct gfx_fragment *f, unsigned mode, unsigned i, uint32_t src,
                  float at[2])
{
    const struct gfx_warp *g = &f->warp;

    switch (mode) {
    case VA_SAMPLE_CENTROID:
        sample_at(f, centroid(f, g->first[i]), at);
        break;
    case VA_SAMPLE_SAMPLE:
        sample_at(f, src >> 16 & 0xff, at);
        break;
    case VA_SAMPLE_EXPLICIT:
        at[0] = (float)(int16_t)src / GFX_SUBPIXEL;
        at[1] = (float)(int16_t)(src >> 16) / GFX_SUBPIXEL;
        break;
    default: /* per-sample shading: at the sample */
        sample_at(f, DCD_PER_SAMPLE(&f->now_state->dcd) ? g->sample : ~0u, at);
    }
    at[0] += (float)(f->tile.x + g->pixel[i] % GFX_TILE);
    at[1] += (float)(f->tile.y + g->pixel[i] / GFX_TILE);
}

/* Fills at[][] of the lanes, or takes what an earlier instruction has stored. */
static void places(struct gfx_fragment *f, const struct va_insn *in, const va_v16u *src,
                   uint16_t lanes, float x[VA_LANES], float y[VA_LANES])
{
    unsigned update = in->mod[VA_M_UPDATE];
    va_v16u centre[2];

    if (f->pipeline->lanes->centres(f, in, lanes, &centre[0], &centre[1])) {
        memcpy(x, &centre[0], sizeof(centre[0]));
        memcpy(y, &centre[1], sizeof(centre[1]));
        return;
    }
    for (unsigned i = 0; i < VA_LANES; i++) {
        float at[2] = {f->warp.at[0][i], f->warp.at[1][i]};
        if (!(lanes >> i & 1))
            continue;
        if (update != VA_UPDATE_RETRIEVE)
            place(f, in->mod[VA_M_SAMPLE], i, (*src)[i], at);
        if (update == VA_UPDATE_STORE) {
            f->warp.at[0][i] = at[0];
            f->warp.at[1][i] = at[1];
        }
        x[i] = at[0] - f->warp.ox[i];
        y[i] = at[1] - f->warp.oy[i];
    }
}

/* Is lane @i's place one of the primitive? Pixels that only lend derivatives may be outside. */
static bool is_inside(const struct gfx_fragment *f, const struct va_insn *in, unsigned i)
{
    return in->mod[VA_M_SAMPLE] == VA_SAMPLE_CENTROID && f->warp.first[i];
}

/* --- what ------------------------------------------------------------------------------- */

/* Component @c at byte @offset of vertex @v; beyond its varyings: zero. */
static uint32_t component(const struct gfx_draw *d, uint32_t v, uint32_t offset, unsigned bytes)
{
    uint32_t u = 0;

    if (v < d->vertices && offset <= d->vary_bytes && bytes <= d->vary_bytes - offset)
        memcpy(&u, d->vary + (uint64_t)v * d->vary_bytes + offset, bytes);
    return u;
}

static float as_float(uint32_t u, bool is_half)
{
    float f;

    u = is_half ? texel_half_to_float((uint16_t)u) : u;
    memcpy(&f, &u, 4);
    return f;
}

/*
 * The mean of three values by weights @b. What all vertices agree on comes out as it went in:
 * piglit compares such values for equality, and they pass on hardware.
 */
static float weighted(const float b[3], float a0, float a1, float a2)
{
    return a0 + (b[1] * (a1 - a0) + b[2] * (a2 - a0)) / (b[0] + b[1] + b[2]);
}

static uint32_t interpolated(const struct gfx_fragment *f, const struct gfx_prim *t,
                             uint32_t offset, bool half_src, const float b[3])
{
    float a[3], v;
    uint32_t u;

    for (unsigned i = 0; i < 3; i++)
        a[i] = as_float(component(f->draw, t->v[i], offset, half_src ? 2 : 4), half_src);
    v = weighted(b, a[0], a[1], a[2]);
    memcpy(&u, &v, 4);
    return u;
}

/* Puts component @c of lane @i where the result format has it. */
static void put(struct va_warp *w, const struct va_insn *in, bool half_dst, unsigned c, unsigned i,
                uint32_t u)
{
    unsigned reg = in->sr[0].reg + (half_dst ? c / 2 : c);

    if (reg >= in->sr[0].reg + in->sr[0].count)
        return;
    if (half_dst)
        w->r[reg][i] = (w->r[reg][i] & (c & 1 ? 0xffffu : 0xffff0000u)) | u << (c & 1 ? 16 : 0);
    else
        w->r[reg][i] = u;
}

static enum va_message_result ld_var_buf(struct gfx_fragment *f, struct va_warp *w,
                                         const struct va_insn *in, const struct va_val *src,
                                         uint16_t lanes)
{
    bool imm = in->op == VA_OP_LD_VAR_BUF_IMM_F32 || in->op == VA_OP_LD_VAR_BUF_IMM_F16;
    bool half_dst = in->op == VA_OP_LD_VAR_BUF_F16 || in->op == VA_OP_LD_VAR_BUF_IMM_F16;
    unsigned format = in->mod[VA_M_SRCFMT];
    bool flat = format == VA_SRCFMT_FLAT32 || format == VA_SRCFMT_FLAT16;
    bool half_src = format == VA_SRCFMT_FLAT16 || format == VA_SRCFMT_F16;
    float x[VA_LANES] = {0}, y[VA_LANES] = {0}, b[3];

    if (!f->warp.prim[0])
        return VA_MSG_UNMODELLED;
    places(f, in, &src[0].w[0], lanes, x, y);
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t offset = imm ? (uint32_t)in->imm[0] : src[1].w[0][i];
        if (!(lanes >> i & 1))
            continue;
        gfx_weights_at(gfx_prim_of(&f->warp, i), x[i], y[i], is_inside(f, in, i), b);
        for (unsigned c = 0; c <= in->mod[VA_M_VECSIZE]; c++) {
            uint32_t at = offset + c * (half_src ? 2 : 4), u;
            u = flat ? component(f->draw, gfx_prim_of(&f->warp, i)->flat, at, half_src ? 2 : 4)
                     : interpolated(f, gfx_prim_of(&f->warp, i), at, half_src, b);
            if (!flat && half_dst)
                u = texel_float_to_half(u);
            else if (flat && half_src != half_dst)
                u = half_dst ? texel_float_to_half(u) : texel_half_to_float((uint16_t)u);
            put(w, in, half_dst, c, i, u);
        }
    }
    return VA_MSG_DONE;
}

/* --- through attribute descriptors --------------------------------------------------------- */

#define DESC_ATTRIBUTE   5
#define ATTRIBUTE_PACKET 6 /* an element of the vertex's packet. Source: v10.xml */
#define PACKET_POSITIONS_SIZE                                                                      \
    1024 /* what lies before the varyings. Source: Mesa's varying descriptors */

/* Where a varying lies in a vertex, and its format. */
struct varying {
    struct texel_format format;
    uint32_t offset;
    bool empty, flat;
};

static uint32_t varying_handle(const struct va_insn *in, const struct va_val *src, unsigned lane)
{
    switch (in->op) {
    case VA_OP_LD_VAR_IMM:
    case VA_OP_LD_VAR_FLAT_IMM:
        return core_handle((unsigned)in->imm[0], (unsigned)in->imm[1]);
    case VA_OP_LD_VAR:
        return src[1].w[0][lane];
    default:
        return src[0].w[0][lane];
    }
}

static enum va_message_result find_varying(struct core *c, uint32_t handle, struct varying *v)
{
    uint32_t w[8];
    uint64_t va;
    enum mali_mem_result r = core_descriptor(c, handle, w, &va);

    v->empty = true;
    if (r != MALI_MEM_OK || !(w[0] & 15))
        return core_answer(r);
    if ((w[0] & 15) != DESC_ATTRIBUTE)
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, va));
    if ((w[0] >> 4 & 15) != ATTRIBUTE_PACKET || !texel_format(w[0] >> 10, &v->format)) {
        mali_log(c->pipeline->bus, MALI_LOG_UNIMP,
                 "varying descriptor 0x%llx: type %u, format 0x%x: not modelled",
                 (unsigned long long)va, w[0] >> 4 & 15, w[0] >> 10);
        return VA_MSG_UNMODELLED;
    }
    v->offset = w[2] - PACKET_POSITIONS_SIZE;
    v->empty = false;
    v->flat = texel_is_integer(&v->format);
    return VA_MSG_DONE;
}

/* All components of vertex @n, as fp32 bits or integers; beyond its varyings: zeros. */
static void vertex_value(const struct gfx_draw *d, const struct varying *v, uint32_t n,
                         uint32_t out[4])
{
    uint8_t bytes[TEXEL_BYTES] = {0};

    if (n < d->vertices && v->offset <= d->vary_bytes &&
        v->format.bytes <= d->vary_bytes - v->offset)
        memcpy(bytes, d->vary + (uint64_t)n * d->vary_bytes + v->offset, v->format.bytes);
    texel_load(&v->format, bytes, out);
}

static void blend_vertices(const struct gfx_fragment *f, const struct gfx_prim *t,
                           const struct varying *v, const float b[3], uint32_t out[4])
{
    uint32_t u[3][4];
    float a;

    for (unsigned i = 0; i < 3; i++)
        vertex_value(f->draw, v, t->v[i], u[i]);
    for (unsigned n = 0; n < 4; n++) {
        a = weighted(b, as_float(u[0][n], false), as_float(u[1][n], false),
                     as_float(u[2][n], false));
        memcpy(&out[n], &a, 4);
    }
}

/*
 * Varyings of a frame shader, which has no primitive: an attribute's vertices 0, 1 and 2 are what
 * the framebuffer's corners at the origin, along x and along y have. Source: Mesa's shader that
 * fills the tile buffer from memory; with its buffer of four corners it must see its own pixel's
 * place.
 */
static enum va_message_result ld_var_frame(struct gfx_fragment *f, struct va_warp *w,
                                           const struct va_insn *in, const struct va_val *src,
                                           uint16_t lanes)
{
    bool half_dst = in->mod[VA_M_REGFMT] == VA_REGFMT_F16, is_integer;
    float x[VA_LANES] = {0}, y[VA_LANES] = {0}, v[VA_LANES];
    uint32_t corner[3][4];
    va_v16u out;

    places(f, in, &src[0].w[0], lanes, x, y);
    for (unsigned i = 0; i < 3; i++) {
        enum va_message_result r = attribute_fetch(&f->now_state->core, varying_handle(in, src, 0),
                                                   i, corner[i], &is_integer);
        if (r != VA_MSG_DONE)
            return r;
        if (is_integer)
            return VA_MSG_UNMODELLED;
    }
    for (unsigned n = 0; n <= in->mod[VA_M_VECSIZE]; n++) {
        float base = as_float(corner[0][n], false),
              dx = (as_float(corner[1][n], false) - base) / (float)f->fb.width,
              dy = (as_float(corner[2][n], false) - base) / (float)f->fb.height;
        for (unsigned i = 0; i < VA_LANES; i++)
            v[i] = base + dx * x[i] + dy * y[i];
        memcpy(&out, v, sizeof(out));
        if (half_dst)
            f->pipeline->vec->to_half(&out, &out);
        if ((half_dst ? n / 2 : n) < in->sr[0].count)
            f->pipeline->lanes->put(w, in->sr[0].reg, half_dst, n, &out, lanes);
    }
    return VA_MSG_DONE;
}

static enum va_message_result ld_var(struct gfx_fragment *f, struct va_warp *w,
                                     const struct va_insn *in, const struct va_val *src,
                                     uint16_t lanes)
{
    bool flat = in->op == VA_OP_LD_VAR_FLAT || in->op == VA_OP_LD_VAR_FLAT_IMM;
    bool half_dst = in->mod[VA_M_REGFMT] == VA_REGFMT_F16;
    float x[VA_LANES] = {0}, y[VA_LANES] = {0}, b[3];
    struct varying v = {.empty = true};

    if (in->mod[VA_M_REGFMT] == VA_REGFMT_S16 || in->mod[VA_M_REGFMT] == VA_REGFMT_U16)
        return VA_MSG_UNMODELLED;
    if (!f->warp.prim[0])
        return in->op == VA_OP_LD_VAR_IMM ? ld_var_frame(f, w, in, src, lanes) : VA_MSG_UNMODELLED;
    if (!flat)
        places(f, in, &src[0].w[0], lanes, x, y);
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t u[4] = {0};
        if (!(lanes >> i & 1))
            continue;
        enum va_message_result r =
            find_varying(&f->now_state->core, varying_handle(in, src, i), &v);
        if (r != VA_MSG_DONE)
            return r;
        if (!v.empty && (flat || v.flat))
            vertex_value(f->draw, &v, gfx_prim_of(&f->warp, i)->flat, u);
        else if (!v.empty) {
            gfx_weights_at(gfx_prim_of(&f->warp, i), x[i], y[i], is_inside(f, in, i), b);
            blend_vertices(f, gfx_prim_of(&f->warp, i), &v, b, u);
        }
        for (unsigned n = 0; n <= in->mod[VA_M_VECSIZE]; n++)
            put(w, in, half_dst, n, i, half_dst ? texel_float_to_half(u[n]) : u[n]);
    }
    return VA_MSG_DONE;
}

/* --- special values --------------------------------------------------------------------------- */

enum { SPECIAL_POINT = 0, SPECIAL_FRAG_W = 2, SPECIAL_FRAG_Z = 3 }; /* source: ISA.xml */

static float special_value(const struct gfx_fragment *f, const struct gfx_prim *t, unsigned what,
                           unsigned c, float x, float y)
{
    float v;

    if (what == SPECIAL_FRAG_W) /* Mesa multiplies by it what is not to be perspective-correct */
        return plane(t->w, x, y);
    if (what == SPECIAL_FRAG_Z)
        return plane(t->z, x, y);
    v = ((c ? y + t->oy : x + t->ox) - t->point[c]) / t->point_size + 0.5f;
    return c && f->fb.point_max_y ? 1 - v : v;
}

static enum va_message_result ld_var_special(struct gfx_fragment *f, struct va_warp *w,
                                             const struct va_insn *in, const struct va_val *src,
                                             uint16_t lanes)
{
    unsigned what = (unsigned)in->imm[0];
    bool half_dst = in->mod[VA_M_REGFMT] == VA_REGFMT_F16;
    float x[VA_LANES] = {0}, y[VA_LANES] = {0};

    if (!f->warp.prim[0] ||
        (what != SPECIAL_POINT && what != SPECIAL_FRAG_W && what != SPECIAL_FRAG_Z))
        return VA_MSG_UNMODELLED;
    places(f, in, &src[0].w[0], lanes, x, y);
    for (unsigned i = 0; i < VA_LANES; i++)
        for (unsigned c = 0; (lanes >> i & 1) && c < (what == SPECIAL_POINT ? 2 : 1); c++) {
            float v = special_value(f, gfx_prim_of(&f->warp, i), what, c, x[i], y[i]);
            uint32_t u;
            memcpy(&u, &v, 4);
            put(w, in, half_dst, c, i, half_dst ? texel_float_to_half(u) : u);
        }
    return VA_MSG_DONE;
}

enum va_message_result gfx_varying_message(struct gfx_fragment *f, struct va_warp *w,
                                           const struct va_insn *in, const struct va_val *src,
                                           uint16_t lanes)
{
    switch (in->op) {
    case VA_OP_LD_VAR_BUF_IMM_F32:
    case VA_OP_LD_VAR_BUF_IMM_F16:
    case VA_OP_LD_VAR_BUF_F32:
    case VA_OP_LD_VAR_BUF_F16:
        return ld_var_buf(f, w, in, src, lanes);
    case VA_OP_LD_VAR_IMM:
    case VA_OP_LD_VAR_FLAT_IMM:
    case VA_OP_LD_VAR:
    case VA_OP_LD_VAR_FLAT:
        return ld_var(f, w, in, src, lanes);
    case VA_OP_LD_VAR_SPECIAL:
        return ld_var_special(f, w, in, src, lanes);
    default:
        return VA_MSG_UNMODELLED;
    }
}
