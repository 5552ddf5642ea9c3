/*
 * TEX_*: staging registers to requests for the texture unit, its results to registers.
 *
 * Staging registers, those that are present, in this order: x (of cubes: s with the face in its top
 * three bits), y, z, array layer, reference, offsets, LOD, gradient descriptor (two words).
 * Source: Mesa's bi_emit_tex_valhall().
 *
 * The gradient descriptor is our own: TEX_GRADIENT makes it, TEX_SINGLE takes it. First word: LOD
 * in 1/256 in 15:0, number of probes in 23:16; second: the axis of the probes as two halves.
 *
 * Called by messages.c. Calls the texture unit, core.c, gfx_lanes.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "component.h"
#include "gfx_lanes.h"
#include "pipeline_internal.h"
#include "tex_message.h"
#include "texture/wide.h"

#define MAX_LINES 32 /* of the log, about what is missing */

static float as_float(uint32_t u)
{
    float f;

    memcpy(&f, &u, 4);
    return f;
}

static uint32_t as_bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, 4);
    return u;
}

/* --- descriptors --------------------------------------------------------------------------- */

static enum tex_result unit_read(void *ctx, uint64_t va, void *to, size_t len)
{
    struct core *c = ctx;

    switch (core_read(c, va, to, len)) {
    case MALI_MEM_OK:
        if (c->tex_for.w)
            core_lane_touched(c, c->tex_for.w, c->tex_for.in, c->tex_for.lane, va, (unsigned)len,
                              VA_READ);
        return TEX_OK;
    case MALI_MEM_STALL:
        return TEX_STALL;
    default:
        return TEX_FAULT;
    }
}

static const uint8_t *unit_map(void *ctx, uint64_t va, size_t len)
{
    struct core *c = ctx;
    uint64_t avail = MALI_PAGE_SIZE - (va & MALI_PAGE_MASK);
    void *p = mali_tlb_probe(c->tlb, c->as, va, MALI_ACCESS_READ);

    if (!p && core_ptr(c, va, MALI_ACCESS_READ, &p, &avail) != MALI_MEM_OK)
        return NULL;
    return len <= avail ? p : NULL;
}

static const uint8_t *unit_peek(void *ctx, uint64_t va)
{
    struct core *c = ctx;

    return mali_tlb_probe(c->tlb, c->as, va, MALI_ACCESS_READ);
}

static struct tex_unit *unit(struct core *c)
{
    c->tex.read = unit_read;
    c->tex.map = core_watched(c) ? NULL : unit_map; /* observers want to be told of each read */
    c->tex.peek = c->host.epoch ? unit_peek : NULL; /* as for buffers, which are kept, too */
    c->tex.vec = c->pipeline->tex_vec;
    c->tex.ctx = c;
    return &c->tex;
}

enum va_message_result core_tex_answer(struct core *c, enum tex_result r)
{
    switch (r) {
    case TEX_OK:
        return VA_MSG_DONE;
    case TEX_STALL:
        return VA_MSG_STALL;
    case TEX_BAD:
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, c->tex.bad));
    case TEX_UNMODELLED:
        if (__atomic_fetch_add(&c->pipeline->said_textures, 1, __ATOMIC_RELAXED) < MAX_LINES)
            mali_log(c->pipeline->bus, MALI_LOG_UNIMP, "%s 0x%x: not modelled", c->tex.what,
                     c->tex.value);
        return VA_MSG_UNMODELLED;
    default:
        return VA_MSG_FAULT;
    }
}

enum va_message_result core_view(struct core *c, struct core_view *view, uint32_t handle,
                                 bool linear)
{
    enum mali_mem_result r;
    enum tex_result t;
    uint32_t w[8];
    uint64_t va;

    if (view->valid && view->handle == handle && view->linear == linear)
        return VA_MSG_DONE;
    view->valid = false;
    view->v.count = view->v.next = 0;
    view->v.unpacked = false;
    r = core_descriptor(c, handle, w, &va);
    if (r != MALI_MEM_OK)
        return core_answer(r);
    t = tex_decode_texture(unit(c), w, va, &view->v.t);
    if (t != TEX_OK)
        return core_tex_answer(c, t);
    if (linear && view->v.t.format.srgb)
        texel_format(view->v.t.pixel_format & ~TEXEL_SRGB, &view->v.t.format);
    view->handle = handle;
    view->linear = linear;
    view->valid = true;
    return VA_MSG_DONE;
}

struct core_sampler {
    bool valid;
    uint32_t handle;
    struct tex_sampler s;
};

/* Descriptors that were read in this slice are kept, as buffers' are (messages.c). */
#define VIEWS    8
#define SAMPLERS 8
#define SITES    8

/*
 * A TEX_SINGLE as it last came, when tex_vec.sample() is all that it takes: the instruction, both
 * words of its handle, and what they lead to. It holds until other descriptors are read.
 */
struct site {
    uint64_t made; /* core_textures.made; 0: none */
    struct va_insn insn;
    uint32_t word[2];
    const struct tex_level *level;
    uint64_t asked; /* level->asked */
    const struct tex_unpack *unpack;
    bool linear;
};

struct core_textures {
    uint64_t slice;
    uint64_t made; /* descriptors read, from 1 on */
    struct core_view view[VIEWS];
    struct core_sampler sampler[SAMPLERS];
    struct site site[SITES];
};

static struct core_textures *textures(struct core *c)
{
    struct core_textures *t = c->textures;

    if (!t)
        t = c->textures = calloc(1, sizeof(*t));
    if (!t || t->slice == c->pipeline->slices)
        return t;
    t->made++;
    for (unsigned i = 0; i < VIEWS; i++)
        t->view[i].valid = false;
    for (unsigned i = 0; i < SAMPLERS; i++)
        t->sampler[i].valid = false;
    t->slice = c->pipeline->slices;
    return t;
}

static enum va_message_result find_sampler(struct core *c, struct core_sampler *s, uint32_t handle)
{
    enum mali_mem_result r;
    enum tex_result t;
    uint32_t w[8];
    uint64_t va;

    if (s->valid && s->handle == handle)
        return VA_MSG_DONE;
    c->textures->made++;
    s->valid = false;
    r = core_descriptor(c, handle, w, &va);
    if (r != MALI_MEM_OK)
        return core_answer(r);
    t = tex_decode_sampler(unit(c), w, va, &s->s);
    s->handle = handle;
    s->valid = t == TEX_OK;
    return core_tex_answer(c, t);
}

/* --- operands --------------------------------------------------------------------------------- */

/* What the staging registers say, of one lane and of all. */
struct operands {
    uint32_t x, y, z, layer, reference, offset, lod, gradient[2];
};

/* Each names the sixteen lanes of a register, or of nothing. */
struct columns {
    const uint32_t *x, *y, *z, *layer, *reference, *offset, *lod, *gradient[2];
};

static const va_v16u nothing;

/* Staging register *@k, if @there and it is one of those that the instruction names. */
static const uint32_t *column(const struct va_warp *w, const struct va_staging *sr, bool there,
                              unsigned *k)
{
    unsigned at = *k;

    *k += there;
    return there && at < sr->count ? (const uint32_t *)&w->r[sr->reg + at]
                                   : (const uint32_t *)&nothing;
}

static void find_columns(const struct va_warp *w, const struct va_insn *in, struct columns *c)
{
    const struct va_staging *sr = &in->sr[1];
    unsigned dim = in->mod[VA_M_DIM], k = 0;
    unsigned coords = dim == VA_DIM_1D ? 1 : dim == VA_DIM_3D ? 3 : 2;
    bool single = in->op == VA_OP_TEX_SINGLE, fetch = in->op == VA_OP_TEX_FETCH;
    bool more = in->op != VA_OP_TEX_GRADIENT; /* whose derivatives follow: given_gradient() */
    unsigned lod = single ? in->mod[VA_M_LOD] : VA_LOD_ZERO;

    c->x = column(w, sr, true, &k);
    c->y = column(w, sr, coords > 1, &k);
    c->z = column(w, sr, coords > 2, &k);
    c->layer = column(w, sr, more && in->mod[VA_M_ARRAY_ENABLE], &k);
    c->reference = column(w, sr, more && !fetch && in->mod[VA_M_SHADOW], &k);
    c->offset = column(w, sr, more && in->mod[VA_M_TEXEL_OFFSET], &k);
    c->lod = column(w, sr, lod == VA_LOD_EXPLICIT || lod == VA_LOD_COMPUTED_BIAS, &k);
    c->gradient[0] = column(w, sr, lod == VA_LOD_GRDESC, &k);
    c->gradient[1] = column(w, sr, lod == VA_LOD_GRDESC, &k);
}

static void take(const struct columns *c, struct operands lane[VA_LANES])
{
    for (unsigned i = 0; i < VA_LANES; i++)
        lane[i] = (struct operands){
            c->x[i],         c->y[i],      c->z[i],   c->layer[i],
            c->reference[i], c->offset[i], c->lod[i], {c->gradient[0][i], c->gradient[1][i]},
        };
}

/* One message: the lanes' operands, the texture and sampler that the last one named. */
struct call {
    struct core *c;
    const struct va_insn *in;
    const struct va_val *src;
    struct core_textures *seen;
    struct core_view *view;
    struct core_sampler *sampler;
    struct columns of;
    va_v16u narrow;                 /* see narrow_operands() */
    struct operands lane[VA_LANES]; /* of all, for a quad's differences; once take() is done */
};

/* Four bits with a sign to eight. */
static uint32_t nibble(uint32_t x)
{
    return (((x & 15) ^ 8) - 8) & 0xff;
}

/*
 * A handle that takes one word leaves the other for offsets of four bits, the sample in the third's
 * place, and for fetches a level in bits 15:12. Offsets in a register replace these offsets, but
 * not the level. Bits 31:16 are a layer, which Mesa never uses: not modelled. Source: Mesa 26.2's
 * va_lower_tex() in pan_nir_lower_tex.c; before, the word is zero. Inferred: both levels add.
 */
static void narrow_operands(struct call *call)
{
    const va_v16u *word = &call->src[0].w[1];
    bool fetches = call->in->op == VA_OP_TEX_FETCH, given = call->in->mod[VA_M_TEXEL_OFFSET];
    uint32_t any = 0;

    for (unsigned i = 0; i < VA_LANES; i++)
        any |= (*word)[i];
    if (call->in->mod[VA_M_WIDE_INDICES] || call->in->op == VA_OP_TEX_GRADIENT ||
        !(any & ((given ? 0 : 0xfffu) | (fetches ? 0xf000u : 0))))
        return;
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t v = (*word)[i], old = call->of.offset[i];
        uint32_t level = (old >> 24) + (fetches ? v >> 12 & 15 : 0);
        if (!given)
            old = nibble(v) | nibble(v >> 4) << 8 | nibble(v >> 8) << 16;
        call->narrow[i] = (old & 0xffffff) | (level < 255 ? level : 255) << 24;
    }
    call->of.offset = (const uint32_t *)&call->narrow;
}

static enum va_message_result name(struct call *call, unsigned lane)
{
    uint32_t low = call->src[0].w[0][lane], handle;
    bool wide = call->in->mod[VA_M_WIDE_INDICES], fetches = call->in->op == VA_OP_TEX_FETCH;
    enum va_message_result r = VA_MSG_DONE;
    bool linear;

    handle = wide ? low : core_handle(low >> 11 & 31, low & 0x7ff);
    call->sampler = &call->seen->sampler[handle % SAMPLERS];
    if (!fetches)
        r = find_sampler(call->c, call->sampler, handle);
    if (r != VA_MSG_DONE)
        return r;
    handle = wide ? call->src[0].w[1][lane] : core_handle(low >> 27, low >> 16 & 0x7ff);
    linear = !fetches && call->sampler->s.srgb_override;
    call->view = &call->seen->view[handle % VIEWS];
    if (!call->view->valid || call->view->handle != handle || call->view->linear != linear)
        call->seen->made++;
    return core_view(call->c, call->view, handle, linear);
}

/* s shares its register with the face: bits 31 and 30 are zero for 0 to 1, bit 29 is one but for
 * zero. */
static void coordinates(const struct call *call, unsigned lane, float coord[3], uint8_t *face)
{
    const struct operands *o = &call->lane[lane];
    uint32_t x = o->x;

    *face = 0;
    if (call->in->mod[VA_M_DIM] == VA_DIM_CUBE) {
        *face = (uint8_t)((x >> 29) % 6);
        x &= 0x1fffffff;
        x |= x ? 0x20000000 : 0;
    }
    coord[0] = as_float(x);
    coord[1] = as_float(o->y);
    coord[2] = as_float(o->z);
}

/* --- levels of detail ----------------------------------------------------------------------------
 */

/* How coordinates change from lane @a to lane @b, in texels of level 0, on the face of @at. */
static void difference(const struct call *call, unsigned at, unsigned a, unsigned b, float d[3])
{
    const struct tex_texture *t = &call->view->v.t;
    bool scaled = call->sampler->s.normalized || t->dim == TEX_CUBE;
    const float size[3] = {scaled ? (float)t->width : 1, scaled ? (float)t->height : 1,
                           scaled ? (float)t->depth : 1};
    uint8_t face, face_a, face_b;
    float here[3], ca[3], cb[3];
    unsigned dim = call->in->mod[VA_M_DIM], n = dim == VA_DIM_1D ? 1 : dim == VA_DIM_3D ? 3 : 2;

    coordinates(call, at, here, &face);
    coordinates(call, a, ca, &face_a);
    coordinates(call, b, cb, &face_b);
    if (dim == VA_DIM_CUBE) {
        tex_cube_project(face_a, ca, face);
        tex_cube_project(face_b, cb, face);
    }
    for (unsigned i = 0; i < 3; i++)
        d[i] = i < n ? (cb[i] - ca[i]) * size[i] : 0;
}

static void quad_gradient(const struct call *call, unsigned lane, struct tex_gradient *g)
{
    difference(call, lane, lane & ~1u, lane | 1, g->dx);
    difference(call, lane, lane & ~2u, lane | 2, g->dy);
}

/* TEX_GRADIENT with derivatives in registers: ddx, ddy of each coordinate in turn. */
static void given_gradient(const struct call *call, const struct va_warp *w, unsigned lane,
                           struct tex_gradient *g)
{
    const struct tex_texture *t = &call->view->v.t;
    bool scaled = call->sampler->s.normalized || t->dim == TEX_CUBE;
    const uint32_t size[3] = {t->width, t->height, t->depth};

    memset(g, 0, sizeof(*g));
    for (unsigned i = 0; i < 3 && 2 * i < call->in->sr[1].count; i++) {
        float scale = scaled ? (float)size[i] : 1;
        g->dx[i] = as_float(component_get(w, &call->in->sr[1], lane, 2 * i, false)) * scale;
        g->dy[i] = as_float(component_get(w, &call->in->sr[1], lane, 2 * i + 1, false)) * scale;
    }
}

static int32_t low_half(uint32_t v)
{
    return (int16_t)(v & 0xffff);
}

/* tex_any_lod(), and there is one probe. */
static bool any_lod(const struct call *call)
{
    return tex_any_lod(&call->view->v.t, &call->sampler->s) && call->sampler->s.max_anisotropy <= 1;
}

static void request_lod(const struct call *call, unsigned lane, struct tex_request *q)
{
    const struct operands *o = &call->lane[lane];
    struct tex_gradient g;

    q->lod.probes = 1;
    switch (call->in->mod[VA_M_LOD]) {
    case VA_LOD_EXPLICIT:
        q->lod.lod = low_half(o->lod);
        break;
    case VA_LOD_COMPUTED_BIAS:
        q->bias = low_half(o->lod);
        q->min_lod = (int32_t)(o->lod >> 16);
        /* fall through */
    case VA_LOD_COMPUTED:
        if (!any_lod(call)) {
            quad_gradient(call, lane, &g);
            tex_lod(&call->view->v.t, &call->sampler->s, &g, &q->lod);
        }
        break;
    case VA_LOD_GRDESC:
        q->lod.lod = low_half(o->gradient[0]);
        q->lod.biased = true; /* TEX_GRADIENT has added the bias, or was told not to */
        q->lod.probes = o->gradient[0] >> 16 & 31;
        for (unsigned i = 0; i < 2; i++)
            q->lod.axis[i] = as_float(texel_half_to_float((uint16_t)(o->gradient[1] >> 16 * i)));
        break;
    default:
        break;
    }
}

/* --- messages
 * -------------------------------------------------------------------------------------- */

/* To the nearest, halves to the even one; not below zero. NaN: 0. */
static uint32_t layer_number(uint32_t bits)
{
    const float big = 0x1p23f;
    float f = as_float(bits);

    if (!(f > 0))
        return 0;
    if (f >= 65536)
        return 65536;
    volatile float sum = f + big;
    return (uint32_t)(sum - big);
}

static void make_request(const struct call *call, unsigned lane, struct tex_request *q)
{
    const struct operands *o = &call->lane[lane];

    memset(q, 0, sizeof(*q));
    q->min_lod = INT32_MIN;
    coordinates(call, lane, q->coord, &q->face);
    q->layer = layer_number(o->layer);
    q->shadow = call->in->mod[VA_M_SHADOW];
    q->reference = as_float(o->reference);
    for (unsigned i = 0; i < 3; i++)
        q->offset[i] = (int8_t)(o->offset >> 8 * i);
    if (call->in->op == VA_OP_TEX_SINGLE) {
        request_lod(call, lane, q);
    } else if (call->in->mod[VA_M_INTEGER_COORDINATES]) {
        q->integer_coords = true;
        q->integer[0] = (int32_t)o->x;
        q->integer[1] = (int32_t)o->y;
    }
}

static enum tex_result fetch(struct call *call, unsigned lane, uint32_t out[4])
{
    const struct operands *o = &call->lane[lane];
    const struct tex_texture *t = &call->view->v.t;
    bool solid = call->in->mod[VA_M_DIM] == VA_DIM_3D;
    uint32_t third = solid ? o->z + (uint32_t)(int8_t)(o->offset >> 16) : o->offset >> 16 & 0xff;

    return tex_load(unit(call->c), &call->view->v, o->x + (uint32_t)(int8_t)o->offset,
                    t->dim == TEX_1D ? 0 : o->y + (uint32_t)(int8_t)(o->offset >> 8), third,
                    o->layer, o->offset >> 24, out);
}

static enum tex_result run_lane(struct call *call, unsigned lane, uint32_t out[4])
{
    struct tex_request q;

    if (call->in->op == VA_OP_TEX_FETCH)
        return fetch(call, lane, out);
    make_request(call, lane, &q);
    if (call->in->op == VA_OP_TEX_GATHER)
        return tex_gather(unit(call->c), &call->view->v, &call->sampler->s, &q,
                          call->in->mod[VA_M_COMPONENT], out);
    return tex_sample(unit(call->c), &call->view->v, &call->sampler->s, &q, out);
}

static unsigned result_regfmt(const struct va_insn *in, const struct texel_format *f)
{
    static const uint8_t types[4][2] = {{0, 0},
                                        {VA_REGFMT_F16, VA_REGFMT_F32},
                                        {VA_REGFMT_U16, VA_REGFMT_U32},
                                        {VA_REGFMT_S16, VA_REGFMT_S32}};
    unsigned type = in->mod[VA_M_REGTYPE];

    if (type == VA_REGTYPE_AUTO)
        type = f->type == TEXEL_UINT   ? VA_REGTYPE_U
               : f->type == TEXEL_SINT ? VA_REGTYPE_S
                                       : VA_REGTYPE_F;
    return types[type & 3][in->mod[VA_M_WIDTH] & 1];
}

/* Components of the write mask, without gaps. */
static void put_result(const struct call *call, struct va_warp *w, unsigned lane,
                       const struct texel_format *f, const uint32_t v[4])
{
    unsigned regfmt = result_regfmt(call->in, f), n = 0;

    for (unsigned k = 0; k < 4; k++)
        if (call->in->mod[VA_M_WRITE_MASK] >> k & 1)
            component_put(w, &call->in->sr[0], lane, n++, component_to_register(f, v[k], regfmt),
                          component_is_half(regfmt));
}

/* --- all lanes at once -------------------------------------------------------------------------
 */

/* One texture and sampler, layer and offset for all. */
static bool together(const struct call *call, uint16_t lanes)
{
    const struct va_insn *in = call->in;
    unsigned lod = in->mod[VA_M_LOD];

    if (core_watched(call->c) || in->mod[VA_M_DIM] != VA_DIM_2D || in->mod[VA_M_SHADOW])
        return false;
    if (in->op == VA_OP_TEX_SINGLE ? lod == VA_LOD_GRDESC : in->op != VA_OP_TEX_FETCH)
        return false;
    return va_alike(&call->src[0].w[0], lanes) &&
           (!in->mod[VA_M_WIDE_INDICES] || va_alike(&call->src[0].w[1], lanes)) &&
           (!in->mod[VA_M_ARRAY_ENABLE] || va_alike((const va_v16u *)call->of.layer, lanes)) &&
           (call->of.offset == (const uint32_t *)&nothing ||
            va_alike((const va_v16u *)call->of.offset, lanes));
}

/* Levels of detail and probes, without bias, as request_lod() has them. quad_gradient() wants each
 * lane's operands and knows cubes: a tenth of the whole message's time. */
static void wide_probes(const struct call *call, const uint32_t *const coord[2],
                        const float scale[2], struct tex_wide *q)
{
    q->anisotropic = true;
    for (unsigned i = 0; i < VA_LANES; i++) {
        struct tex_gradient g = {{0}, {0}};
        struct tex_lod lod;
        for (unsigned k = 0; k < 2; k++) {
            const uint32_t *c = coord[k];
            g.dx[k] = (as_float(c[i | 1]) - as_float(c[i & ~1u])) * scale[k];
            g.dy[k] = (as_float(c[i | 2]) - as_float(c[i & ~2u])) * scale[k];
        }
        tex_lod(&call->view->v.t, &call->sampler->s, &g, &lod);
        q->lod[i] = lod.lod;
        q->probes[i] = lod.probes;
        q->axis[0][i] = lod.axis[0];
        q->axis[1][i] = lod.axis[1];
    }
}

/* Levels of detail before clamps, with every bias; none where none matters. */
static void wide_lods(const struct call *call, struct tex_wide *q)
{
    const struct tex_texture *t = &call->view->v.t;
    const struct tex_sampler *s = &call->sampler->s;
    const uint32_t *const coord[2] = {call->of.x, call->of.y};
    const float scale[2] = {s->normalized ? (float)t->width : 1,
                            s->normalized ? (float)t->height : 1};
    unsigned how = call->in->mod[VA_M_LOD];

    q->anisotropic = false;
    if (any_lod(call))
        return;
    if (s->max_anisotropy > 1 && (how == VA_LOD_COMPUTED || how == VA_LOD_COMPUTED_BIAS))
        wide_probes(call, coord, scale, q);
    else if (how == VA_LOD_COMPUTED || how == VA_LOD_COMPUTED_BIAS)
        call->c->tex.vec->lod(coord, scale, q->lod);
    else
        memset(q->lod, 0, sizeof(q->lod));
    for (unsigned i = 0; i < VA_LANES; i++)
        q->lod[i] += s->bias;
    if (how != VA_LOD_EXPLICIT && how != VA_LOD_COMPUTED_BIAS)
        return;
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t o = call->of.lod[i];
        int32_t least = how == VA_LOD_COMPUTED_BIAS ? (int32_t)(o >> 16) : INT32_MIN;
        q->lod[i] += low_half(o);
        q->lod[i] = q->lod[i] > least ? q->lod[i] : least;
    }
}

/* Floats of the lanes that can be had at once: *done. */
static enum va_message_result wide(struct call *call, uint16_t lanes, va_v16u v[4], uint16_t *done)
{
    uint32_t(*out)[TEX_LANES] = (uint32_t(*)[TEX_LANES])v;
    unsigned first = (unsigned)__builtin_ctz(lanes);
    enum va_message_result r = name(call, first);
    struct tex_wide q;
    uint32_t offset;

    *done = 0;
    if (r != VA_MSG_DONE)
        return r;
    offset = call->of.offset[first];
    q.lanes = lanes;
    q.coord[0] = call->of.x;
    q.coord[1] = call->of.y;
    q.offset[0] = (int8_t)offset;
    q.offset[1] = (int8_t)(offset >> 8);
    if (call->in->op == VA_OP_TEX_FETCH) {
        q.layer = call->of.layer[first];
        if (!(offset >> 16 & 0xff)) /* the sample */
            *done = tex_wide_fetch(unit(call->c), &call->view->v, &q, offset >> 24, out);
        return r;
    }
    if (!tex_wide_fits(unit(call->c), &call->view->v.t, &call->sampler->s))
        return r;
    q.layer = layer_number(call->of.layer[first]);
    wide_lods(call, &q);
    *done = tex_wide_sample(unit(call->c), &call->view->v, &call->sampler->s, &q, out);
    return r;
}

/* --- as it last came ---------------------------------------------------------------------------
 */

static struct site *site(struct core_textures *t, const struct va_insn *in)
{
    return &t->site[(uintptr_t)in / 64 % SITES];
}

/* All that quick() goes by: another program may have its instructions at the same addresses. */
static bool same_insn(const struct va_insn *a, const struct va_insn *b)
{
    return a->op == b->op && !memcmp(a->sr, b->sr, sizeof(a->sr)) &&
           !memcmp(a->mod, b->mod, sizeof(a->mod));
}

/* Whether tex_vec.sample() could give it its registers as they are: all components, fp32, of
 * coordinates alone. */
static bool simple(const struct call *call)
{
    const struct va_insn *in = call->in;
    unsigned lod = in->mod[VA_M_LOD], mask = in->mod[VA_M_WRITE_MASK];

    return in->op == VA_OP_TEX_SINGLE &&
           (lod == VA_LOD_ZERO ||
            (lod == VA_LOD_COMPUTED && call->sampler->s.max_anisotropy <= 1)) &&
           !in->mod[VA_M_ARRAY_ENABLE] && call->of.offset == (const uint32_t *)&nothing &&
           result_regfmt(in, &call->view->v.t.format) == VA_REGFMT_F32 && in->sr[1].count >= 2 &&
           (unsigned)__builtin_popcount(mask & 15) <= in->sr[0].count;
}

/* Of a message that wide() has done for all of @lanes. */
static void remember(struct call *call, uint16_t lanes)
{
    struct site *s = site(call->seen, call->in);
    const struct tex_wide q = {.lanes = lanes};
    unsigned first = (unsigned)__builtin_ctz(lanes);

    s->made = 0;
    if (!simple(call))
        return;
    s->level = tex_wide_plain(unit(call->c), &call->view->v, &call->sampler->s, &q, &s->linear);
    if (!s->level)
        return;
    s->made = call->seen->made;
    s->insn = *call->in;
    s->word[0] = call->src[0].w[0][first];
    s->word[1] = call->src[0].w[1][first];
    s->asked = s->level->asked;
    s->unpack = &call->view->v.unpack;
}

/* Does the message if it is one as before and nothing else comes up. */
static bool quick(struct core *c, struct va_warp *w, const struct va_insn *in,
                  const struct va_val *src, uint16_t lanes)
{
    struct core_textures *t = c->textures;
    const uint32_t *const word[2] = {(const uint32_t *)&src[0].w[0],
                                     (const uint32_t *)&src[0].w[1]};
    const uint32_t *const coord[2] = {(const uint32_t *)&w->r[in->sr[1].reg],
                                      (const uint32_t *)&w->r[in->sr[1].reg + 1]};
    const struct tex_wanted want = {lanes, true, in->mod[VA_M_WRITE_MASK] & 15};
    const struct tex_vec *vec = c->tex.vec;
    const struct site *s;

    if (!t || t->slice != c->pipeline->slices)
        return false;
    s = site(t, in);
    return s->made == t->made && s->level->asked == s->asked && same_insn(&s->insn, in) &&
           !(lanes & ~(vec->equal(word[0], s->word[0]) & vec->equal(word[1], s->word[1]))) &&
           vec->sample(s->level, s->unpack, coord, s->linear, &want,
                       (uint32_t(*)[TEX_LANES]) & w->r[in->sr[0].reg]) == lanes;
}

/* --- one by one --------------------------------------------------------------------------------
 */

static enum va_message_result texels(struct call *call, struct va_warp *w, uint16_t lanes)
{
    struct texel_format format[VA_LANES];
    enum va_message_result r = VA_MSG_DONE;
    va_v16u column[4];
    uint16_t done = 0;
    bool floats = true;
    unsigned regfmt = 0;

    core_tex_for(call->c, w, call->in, 0);
    if (together(call, lanes)) {
        r = wide(call, lanes, column, &done);
        if (done == lanes)
            remember(call, lanes);
    }
    if (r == VA_MSG_DONE && done) {
        regfmt = result_regfmt(call->in, &call->view->v.t.format);
        floats = regfmt == VA_REGFMT_F32 || regfmt == VA_REGFMT_F16;
    }
    if (done != lanes)
        take(&call->of, call->lane);
    for (uint32_t left = lanes & ~done; left && r == VA_MSG_DONE; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint32_t v[4];
        core_tex_for(call->c, w, call->in, i);
        r = name(call, i);
        if (r == VA_MSG_DONE)
            r = core_tex_answer(call->c, run_lane(call, i, v));
        if (r != VA_MSG_DONE)
            break;
        for (unsigned k = 0; k < 4; k++)
            column[k][i] = v[k];
        format[i] = call->view->v.t.format;
        regfmt = result_regfmt(call->in, &format[i]);
        floats &=
            !texel_is_integer(&format[i]) && (regfmt == VA_REGFMT_F32 || regfmt == VA_REGFMT_F16);
    }
    if (r != VA_MSG_DONE)
        return r;
    if (floats) {
        call->c->pipeline->lanes->put_floats(w, &call->in->sr[0], call->in->mod[VA_M_WRITE_MASK],
                                             regfmt == VA_REGFMT_F16, column, lanes);
        return VA_MSG_DONE;
    }
    for (unsigned i = 0; i < VA_LANES; i++) {
        const uint32_t v[4] = {column[0][i], column[1][i], column[2][i], column[3][i]};
        if (lanes >> i & 1)
            put_result(call, w, i, done >> i & 1 ? &call->view->v.t.format : &format[i], v);
    }
    return VA_MSG_DONE;
}

/* The first word alone is asked for as a LOD: of this quad, with the bias and clamps not disabled.
 */
static enum va_message_result gradient(struct call *call, struct va_warp *w, uint16_t lanes)
{
    const struct va_insn *in = call->in;
    uint32_t v[VA_LANES][2];

    for (unsigned i = 0; i < VA_LANES; i++) {
        struct tex_gradient g;
        struct tex_lod lod;
        int32_t n;
        if (!(lanes >> i & 1))
            continue;
        enum va_message_result r = name(call, i);
        if (r != VA_MSG_DONE)
            return r;
        if (in->mod[VA_M_DERIVATIVE_ENABLE])
            given_gradient(call, w, i, &g);
        else
            quad_gradient(call, i, &g);
        tex_lod(&call->view->v.t, &call->sampler->s, &g, &lod);
        n = lod.lod + (in->mod[VA_M_LOD_BIAS_DISABLE] ? 0 : call->sampler->s.bias);
        if (!in->mod[VA_M_LOD_CLAMP_DISABLE])
            n = tex_lod_clamp(&call->view->v.t, &call->sampler->s, n);
        n = n < INT16_MIN ? INT16_MIN : n > INT16_MAX ? INT16_MAX : n;
        v[i][0] = (uint16_t)n | (uint32_t)lod.probes << 16;
        v[i][1] = texel_float_to_half(as_bits(lod.axis[0])) |
                  (uint32_t)texel_float_to_half(as_bits(lod.axis[1])) << 16;
    }
    for (unsigned i = 0; i < VA_LANES; i++)
        for (unsigned k = 0, n = 0; (lanes >> i & 1) && k < 2; k++)
            if (in->mod[VA_M_WRITE_MASK] >> k & 1)
                component_put(w, &in->sr[0], i, n++, v[i][k], false);
    return VA_MSG_DONE;
}

enum va_message_result tex_message(struct core *c, struct va_warp *w, const struct va_insn *in,
                                   const struct va_val *src, uint16_t lanes)
{
    struct call call;

    if (in->op == VA_OP_TEX_SINGLE && quick(c, w, in, src, lanes))
        return VA_MSG_DONE;
    if (in->op == VA_OP_TEX_FETCH && in->mod[VA_M_DIM] == VA_DIM_CUBE)
        return VA_MSG_UNMODELLED;
    call.c = c;
    call.in = in;
    call.src = src;
    call.seen = textures(c);
    if (!call.seen)
        return core_answer(core_fault(c, MALI_CSF_FW_INTERNAL_ERROR, 0));
    find_columns(w, in, &call.of);
    narrow_operands(&call);
    if (in->op != VA_OP_TEX_GRADIENT)
        return texels(&call, w, lanes);
    take(&call.of, call.lane);
    return gradient(&call, w, lanes);
}
