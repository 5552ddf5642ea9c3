/*
 * Fragments in whole warps against the functions that do the same lane by lane: random primitives,
 * states and messages, in every variant that this CPU runs. Registers, covers, depths, colours and
 * counts must be the same bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../hw/pipeline/component.h"
#include "../../hw/pipeline/gfx_lanes.h"
#include "../../hw/pipeline/texel.h"

#define ROUNDS   2000
#define VERTICES 32
#define BYTES    40 /* of a vertex's varyings */

/* What a round does with one primitive after the other, and what it leaves. */
struct scene {
    struct gfx_fragment *f;
    struct gfx_pass pass;
    struct gfx_draw draw;
    struct gfx_state state;
    struct gfx_prim prim[GFX_SLOTS + 4];
    unsigned prims;
    uint8_t vary[VERTICES * BYTES];
    unsigned warps, answers;
};

static uint64_t state;

static uint32_t rnd(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static float unit(void)
{
    return (float)(rnd() & 0xffff) / 0xffff;
}

/* --- a random scene ------------------------------------------------------------------------ */

static void random_prim(struct gfx_prim *t, const struct gfx_tile *tile)
{
    int x = (int)(rnd() % 24) * GFX_SUBPIXEL, y = (int)(rnd() % 24) * GFX_SUBPIXEL;
    int size = 1 << (9 + rnd() % 6);
    int tx = (int)tile->x, ty = (int)tile->y;

    *t = (struct gfx_prim){.corners = 3, .back = rnd() & 1};
    t->max_x = (int16_t)(tx + 31);
    t->max_y = (int16_t)(ty + 31);
    for (unsigned i = 0; i < 3; i++) {
        t->v[i] = rnd() % (VERTICES + 1); /* the last one is outside */
        t->x[i] = tx * GFX_SUBPIXEL + x + (i == 1 ? size : 0);
        t->y[i] = ty * GFX_SUBPIXEL + y + (i == 2 ? size : 0);
        for (unsigned k = 0; k < 3; k++)
            t->bary[i][k] = (k ? 0.01f : 0.5f) + unit() * 0.1f;
        t->z[i] = unit() * (i ? 0x1p-6f : 0.6f);
    }
    t->flat = t->v[2];
    t->number = rnd();
    t->dz = unit();
    t->ox = (float)(tx + (int)(rnd() % 8));
    t->oy = (float)(ty + (int)(rnd() % 8));
}

static void random_state(struct gfx_state *s)
{
    static const uint8_t when[3] = {DCD_EARLY, DCD_WEAK_EARLY, DCD_LATE};

    s->loose = rnd() & 1;
    s->dcd.spd = 1;
    s->dcd.flags0 = (uint32_t)when[rnd() % 3] << 2 | (uint32_t)when[rnd() % 3] << 4 |
                    (rnd() & 1) << 14 | (rnd() & 1) << 20;
    s->dcd.flags1 = 0xffff;
    s->dcd.min_z = 0.2f;
    s->dcd.max_z = 0.7f;
    s->zs = (struct gfx_zs){.z_func = (uint8_t)(rnd() % 8),
                            .z_write = rnd() & 1,
                            .z_source = (uint8_t)(rnd() % 3),
                            .clamp = (uint8_t)(rnd() % 3),
                            .bias = rnd() & 1,
                            .units = unit() * 64,
                            .factor = unit() * 0.01f,
                            .bias_clamp = rnd() % 4 ? 0 : 0x1p-8f,
                            .stencil = !(rnd() % 4)};
    for (unsigned i = 0; i < 2; i++) {
        s->zs.face[i].func = (uint8_t)(rnd() % 8);
        s->zs.face[i].zpass = (uint8_t)(rnd() % 8);
        s->zs.face[i].value_mask = s->zs.face[i].write_mask = 0xff;
        s->zs.face[i].ref = (uint8_t)rnd();
    }
    s->blend[0] = (struct gfx_blend){.alpha_one = rnd() & 1,
                                     .round = rnd() & 1,
                                     .srgb = !(rnd() % 8),
                                     .constant = (uint16_t)rnd(),
                                     .equation = rnd()};
    s->core.preload = rnd() & 0xfe00;
    s->core.shader.helpers = !s->loose && (rnd() & 1);
}

static bool scene_open(struct scene *s, struct mali_pipeline *p)
{
    struct gfx_fragment *f = s->f;
    bool msaa = !(rnd() % 4);

    memset(f, 0, sizeof(*f));
    f->pipeline = p;
    f->fb = (struct gfx_fb){.width = 128, .height = 128, .max_x = 127, .max_y = 127, .samples = 1};
    f->fb.samples = msaa ? 4 : 1;
    f->fb.z_internal = (uint8_t)(rnd() % 3);
    f->fb.arg = rnd();
    f->fb.rts = 1;
    f->fb.rt[0] = (struct gfx_rt){.internal = (uint8_t)(1 + rnd() % 6), .bytes = 4};
    if (!gfx_tile_alloc(&f->tile, &f->fb))
        return false;
    f->tile.w = f->tile.h = GFX_TILE;
    f->tile.x = rnd() % 4 * GFX_TILE;
    f->tile.y = rnd() % 4 * GFX_TILE;
    for (unsigned i = 0; i < GFX_PIXELS * f->fb.samples; i++) {
        f->tile.z[i] = gfx_z_pack(&f->fb, 0.3f + unit() * 0.3f);
        f->tile.s[i] = (uint8_t)rnd();
        ((uint32_t *)(void *)f->tile.rt[0])[i] = rnd();
    }
    s->draw = (struct gfx_draw){.max_x = 31, .max_y = 31, .vary_bytes = BYTES, .vary = s->vary};
    s->draw.vertices = VERTICES;
    for (unsigned i = 0; i < sizeof(s->vary) / 2; i++) { /* small numbers as halves and as floats */
        uint16_t v = (uint16_t)((rnd() & 0x83ff) | (12 + rnd() % 6) << 10);
        memcpy(s->vary + 2 * i, &v, 2);
    }
    memset(&s->state, 0, sizeof(s->state));
    random_state(&s->state);
    s->state.loose &= !msaa;
    s->state.core.fragment = f;
    f->now_state = &s->state;
    f->draw = &s->draw;
    s->pass.prim = s->prim;
    f->pass = &s->pass;
    s->prims = 1 + rnd() % (sizeof(s->prim) / sizeof(s->prim[0]));
    for (unsigned i = 0; i < s->prims; i++)
        random_prim(&s->prim[i], &f->tile);
    s->warps = s->answers = 0;
    return true;
}

/* --- what is done to it -------------------------------------------------------------------- */

/* With @lanes NULL lane by lane. */
static void send(struct scene *s, const struct gfx_lanes *lanes, const struct va_insn *in,
                 const struct va_val *src, uint16_t mask)
{
    struct gfx_fragment *f = s->f;
    struct va_warp *w = &f->warp.w;
    enum va_message_result r = VA_MSG_DONE;

    if (lanes) {
        r = lanes->message(&s->state.core, w, in, src, mask);
    } else if (in->op == VA_OP_ATEST) {
        gfx_shade_atest(f, w, in, src, mask);
        if (!f->warp.zs_done)
            gfx_shade_test(f, mask & (uint16_t)~f->warp.tested, true);
        f->warp.tested |= mask;
        for (unsigned i = 0; i < VA_LANES; i++)
            if (mask >> i & 1)
                w->r[in->sr[0].reg][i] = f->warp.cover[i];
    } else if (in->op == VA_OP_BLEND) {
        const struct gfx_blend *b = src[0].w[0][0] == BLEND_FIXED ? &s->state.blend[0] : NULL;
        TAP_CHECK(gfx_shade_color(f, w, 0, src[0].w[1][0], b, in, &src[1], mask));
        r = VA_MSG_TAKEN;
    } else {
        r = gfx_fragment_message(&s->state.core, w, in, src, mask);
    }
    s->answers = s->answers * 8 + (unsigned)r;
}

static void send_varying(struct scene *s, const struct gfx_lanes *lanes, uint16_t mask)
{
    static const uint16_t ops[4] = {VA_OP_LD_VAR_BUF_IMM_F32, VA_OP_LD_VAR_BUF_IMM_F16,
                                    VA_OP_LD_VAR_BUF_F32, VA_OP_LD_VAR_BUF_F16};
    static const uint8_t formats[4] = {VA_SRCFMT_F32, VA_SRCFMT_F16, VA_SRCFMT_FLAT32,
                                       VA_SRCFMT_FLAT16};
    struct va_insn in = {.op = ops[rnd() % 4], .sr = {{.reg = 8, .count = 4}}};
    struct va_val src[4] = {0};
    unsigned format = formats[rnd() % 4], apart = !(rnd() % 4);

    in.mod[VA_M_VECSIZE] = (uint8_t)(rnd() % 4);
    in.mod[VA_M_SRCFMT] = (uint8_t)format;
    in.mod[VA_M_UPDATE] = rnd() % 2 ? VA_UPDATE_STORE : VA_UPDATE_CLOBBER;
    in.imm[0] = rnd() % 12 * 4;
    for (unsigned i = 0; i < VA_LANES; i++)
        src[1].w[0][i] = (uint32_t)in.imm[0] + (apart && i == 7 ? 4 : 0);
    send(s, lanes, &in, src, mask);
}

static void send_color(struct scene *s, const struct gfx_lanes *lanes, uint16_t mask)
{
    struct va_insn in = {.op = VA_OP_BLEND, .sr = {{.reg = 0, .count = 4}}};
    struct va_val src[4] = {0};
    uint32_t mode = rnd() & 1 ? BLEND_FIXED : BLEND_OPAQUE;
    uint32_t conv = (rnd() % 8 ? 0 : 1u << 20) | (rnd() % 2 ? 225u << 12 : 0);

    in.mod[VA_M_REGFMT] = rnd() & 1 ? VA_REGFMT_F32 : VA_REGFMT_F16;
    for (unsigned i = 0; i < VA_LANES; i++) {
        src[0].w[0][i] = mode;
        src[0].w[1][i] = conv;
        src[1].w[0][i] = rnd() % 4 ? ~0u : rnd();
        for (unsigned k = 0; k < 4; k++) /* halves from 0 to 2, above them floats */
            s->f->warp.w.r[k][i] = rnd() % 0x4000 << 16 | rnd() % 0x4000;
    }
    send(s, lanes, &in, src, mask);
}

/* What a texture message leaves. */
static void put_texels(struct scene *s, const struct gfx_lanes *lanes, uint16_t mask)
{
    struct va_warp *w = &s->f->warp.w;
    struct va_staging sr = {.reg = 16, .count = (uint8_t)(1 + rnd() % 4)};
    unsigned names = rnd() % 16, n = 0;
    bool half = rnd() & 1;
    va_v16u v[4];

    for (unsigned i = 0; i < 4 * VA_LANES; i++) /* some are too large for halves */
        v[i / VA_LANES][i % VA_LANES] = (rnd() & 0x807fffff) | (100 + rnd() % 60) << 23;
    for (unsigned i = 0; i < 4 * VA_LANES; i++) /* what the registers had before */
        w->r[sr.reg + i / VA_LANES][i % VA_LANES] = rnd();
    if (lanes) {
        lanes->put_floats(w, &sr, names, half, (const va_v16u *)v, mask);
        return;
    }
    for (unsigned c = 0; c < 4; c++) {
        for (unsigned i = 0; (names >> c & 1) && i < VA_LANES; i++)
            if (mask >> i & 1)
                component_put(w, &sr, i, n, half ? texel_float_to_half(v[c][i]) : v[c][i], half);
        n += names >> c & 1;
    }
}

static void shade(struct scene *s, const struct gfx_lanes *lanes)
{
    struct va_warp *w = &s->f->warp.w;
    struct va_insn in = {.op = VA_OP_ATEST, .sr = {{.reg = 60, .count = 1}}};
    struct va_val src[4] = {0};
    uint16_t some = w->alive & (uint16_t)rnd();

    send_varying(s, lanes, w->alive);
    if (some)
        send_varying(s, lanes, some);
    put_texels(s, lanes, some);
    for (unsigned i = 0; i < VA_LANES; i++)
        src[0].w[0][i] = rnd() % 4 ? ~0u : rnd();
    if (!gfx_shader_depth(&s->state))
        send(s, lanes, &in, src, w->alive);
    send_color(s, lanes, w->alive);
}

/* What is kept of a lane's pixel and primitive belongs together. */
static bool is_placed(const struct gfx_fragment *f, unsigned i)
{
    const struct gfx_warp *g = &f->warp;
    const struct gfx_prim *t = g->slot[i] < g->prims ? g->prim[g->slot[i]] : NULL;
    unsigned x = g->position[i] & 0xffff, y = g->position[i] >> 16;

    return t && g->ox[i] == t->ox && g->oy[i] == t->oy && g->centre[0][i] == (float)x + 0.5f &&
           g->centre[1][i] == (float)y + 0.5f &&
           g->pixel[i] == (y - f->tile.y) * GFX_TILE + x - f->tile.x;
}

/* A warp that is full, or the last one. What it leaves goes into @kept. */
static void warp(struct scene *s, const struct gfx_lanes *pack, const struct gfx_lanes *lanes)
{
    struct gfx_fragment *f = s->f;

    pack->begin(f);
    s->warps++;
    for (unsigned i = 0; i < VA_LANES; i++)
        TAP_CHECK(!f->warp.first[i] || is_placed(f, i));
    if (!f->in_warp)
        return;
    shade(s, lanes);
    if (lanes)
        lanes->end(f);
    else
        gfx_lanes_base.end(f);
    va_warp_fini(&f->warp.w);
    f->in_warp = false;
}

/* All primitives with one variant; with @lanes NULL what is in the warps is done lane by lane. */
static bool run(struct scene *s, struct mali_pipeline *p, const struct gfx_lanes *pack,
                const struct gfx_lanes *lanes)
{
    struct gfx_fragment *f = s->f;

    if (!scene_open(s, p))
        return false;
    for (unsigned i = 0; i < s->prims; i++) {
        f->prim = &s->prim[i];
        f->next_quad = f->next_row = f->rows = f->quads = 0;
        if (s->state.loose)
            f->rows = gfx_raster_rows(p->vec, &f->fb, &f->tile, f->prim, f->row, &f->first_row);
        else
            f->quads = gfx_raster(p->vec, &f->fb, &f->tile, f->prim, &s->draw, f->quad);
        if (f->fb.samples > 1)
            for (unsigned q = 0; q < 4 * f->quads; q++)
                f->quad[q / 4].cover[q % 4] &= (uint16_t)rnd() | 1;
        while (pack->take(f))
            warp(s, pack, lanes);
    }
    if (f->warp.taken)
        warp(s, pack, lanes);
    return true;
}

/* --- comparing ------------------------------------------------------------------------------ */

struct kept {
    unsigned warps, answers;
    uint64_t occluded, lanes;
    uint16_t cover[VA_LANES], pixel[VA_LANES];
    va_v16u r[64];
    float at[2][VA_LANES];
    uint32_t z[4 * GFX_PIXELS], color[4 * GFX_PIXELS];
    uint8_t stencil[4 * GFX_PIXELS];
};

static void keep(const struct scene *s, struct kept *k)
{
    const struct gfx_fragment *f = s->f;
    unsigned n = f->fb.samples * GFX_PIXELS;

    memset(k, 0, sizeof(*k));
    k->warps = s->warps;
    k->answers = s->answers;
    k->occluded = f->occluded;
    k->lanes = f->lanes;
    memcpy(k->cover, f->warp.cover, sizeof(k->cover));
    memcpy(k->pixel, f->warp.pixel, sizeof(k->pixel));
    memcpy(k->r, f->warp.w.r, sizeof(k->r));
    memcpy(k->at, f->warp.at, sizeof(k->at));
    memcpy(k->z, f->tile.z, 4 * n);
    memcpy(k->color, f->tile.rt[0], 4 * n);
    memcpy(k->stencil, f->tile.s, n);
}

static bool differ(const struct kept *a, const struct kept *b, const char *what, unsigned round)
{
    const char *where = a->warps != b->warps                                 ? "warps"
                        : a->lanes != b->lanes                               ? "lanes"
                        : a->answers != b->answers                           ? "answers"
                        : memcmp(a->pixel, b->pixel, sizeof(a->pixel))       ? "pixels"
                        : memcmp(a->at, b->at, sizeof(a->at))                ? "places"
                        : memcmp(a->r, b->r, sizeof(a->r))                   ? "registers"
                        : memcmp(a->cover, b->cover, sizeof(a->cover))       ? "covers"
                        : memcmp(a->z, b->z, sizeof(a->z))                   ? "depths"
                        : memcmp(a->stencil, b->stencil, sizeof(a->stencil)) ? "stencil"
                        : memcmp(a->color, b->color, sizeof(a->color))       ? "colours"
                        : a->occluded != b->occluded                         ? "samples counted"
                                                                             : NULL;

    if (where)
        tap_note("round %u, %s: %s", round, what, where);
    return where;
}

static void every_variant(void)
{
    static const char *const names[VA_VECTORS] = {"base", "avx2", "avx512"};
    struct fake_host *h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    struct mali_pipeline *p = mali_pipeline_new(&h->bus, 0);
    static struct kept want, got;
    struct scene *s = calloc(1, sizeof(*s));
    unsigned variants = 0, shaded = 0;
    bool bad = false;

    s->f = aligned_alloc(64, (sizeof(*s->f) + 63) & ~(size_t)63);
    for (unsigned round = 1; round <= ROUNDS && !bad; round++) {
        state = round * 0x9e3779b97f4a7c15ull;
        TAP_REQUIRE(run(s, p, &gfx_lanes_base, NULL));
        keep(s, &want);
        shaded += want.lanes != 0;
        gfx_tile_free(&s->f->tile);
        for (variants = 0; variants < VA_VECTORS && gfx_lanes_variant(variants); variants++) {
            const struct gfx_lanes *l = gfx_lanes_variant(variants);
            state = round * 0x9e3779b97f4a7c15ull;
            TAP_REQUIRE(run(s, p, l, l));
            keep(s, &got);
            gfx_tile_free(&s->f->tile);
            bad |= differ(&got, &want, names[variants], round);
        }
    }
    TAP_CHECK(!bad);
    TAP_CHECK(shaded > ROUNDS / 2);
    tap_note("%u variants, %u rounds with shaded lanes", variants, shaded);
    free(s->f);
    free(s);
    mali_pipeline_free(p);
    fake_host_free(h);
}

TAP_MAIN({"every-variant", every_variant})
