/*
 * One variant of gfx_lanes.h: which pixels go into a warp, what its shader finds in its registers,
 * early tests. Behind it the variant's table.
 *
 * Included behind gfx_lanes_body.h; the including file has set GFX_LANES (a name), too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* When to test, and when to update, before the shader. Weak: as if late, so only when it is the
 * same. */
static bool early(const struct gfx_state *s, unsigned op)
{
    if (gfx_shader_depth(s))
        return false;
    return op == DCD_EARLY || (op == DCD_WEAK_EARLY && !DCD_MODIFIES_COVER(&s->dcd));
}

/* --- registers ----------------------------------------------------------------------------- */

/* Covers as lanes of words; @high: above them. */
static void preload_cover(const struct gfx_fragment *f, const uint16_t cover[VA_LANES],
                          uint32_t high, va_v16u *r)
{
    if (f->fb.samples == 1)
        spread(gfx_lanes_of(cover), r);
    for (unsigned i = 0; f->fb.samples > 1 && i < VA_LANES; i++)
        (*r)[i] = cover[i] | high;
}

static void preload_forced(const struct gfx_warp *g, va_v16u *r)
{
    for (unsigned i = 0; i < VA_LANES; i++)
        (*r)[i] = g->forced[i];
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
        by_slot(g, u, r);
        break;
    case 10:
        for (unsigned n = 0; n < g->prims; n++)
            u[n] = g->prim[n] && g->prim[n]->back;
        by_slot(g, u, r);
        break;
    case 11:
        memcpy(r, g->position, sizeof(*r));
        break;
    case 12:
        preload_cover(f, g->cover, 0, r);
        break;
    case 13:
        if (f->fb.forced)
            preload_forced(g, r);
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

/* --- pixels into lanes ---------------------------------------------------------------------- */

/* Where a quad is in the framebuffer: x, y << 16 of its first pixel. */
static uint32_t quad_at(const struct gfx_fragment *f, const struct gfx_quad *quad)
{
    return (f->tile.x + quad->x) | (f->tile.y + quad->y) << 16;
}

/* @t NULL: a frame shader's place is the framebuffer's. */
static void keep_planes(struct gfx_warp *g, const struct gfx_prim *t, unsigned slot)
{
    for (unsigned i = 0; t && i < 3; i++) {
        for (unsigned k = 0; k < 3; k++)
            g->bary[i][k][slot] = t->bary[i][k];
        g->z[i][slot] = t->z[i];
    }
    g->origin[0][slot] = t ? t->ox : 0;
    g->origin[1][slot] = t ? t->oy : 0;
}

/* The place of the primitive under way in the warp; GFX_SLOTS: there is none. */
static unsigned take_slot(const struct gfx_fragment *f, struct gfx_warp *g)
{
    if (g->prims && g->prim[g->prims - 1] == f->prim)
        return g->prims - 1;
    if (g->prims == GFX_SLOTS)
        return GFX_SLOTS;
    keep_planes(g, f->prim, g->prims);
    g->prim[g->prims] = f->prim;
    g->index[g->prims] = f->prim ? (uint32_t)(f->prim - f->pass->prim) : 0;
    return g->prims++;
}

typedef uint32_t quad_words __attribute__((vector_size(16), may_alias));

#define ONES 0x0001000100010001ull /* of four fields of 16 bits */

/* --- quads --- */

/* Puts one quad into the next lanes; @may: samples of a pixel that may be covered, and that are
 * shaded now. What follows from where it is waits for close_warp(). */
static void take_quad(struct gfx_fragment *f, unsigned slot, const struct gfx_quad *from,
                      uint16_t may, uint16_t now)
{
    struct gfx_warp *g = &f->warp;
    uint64_t first = gfx_quad_load(from->cover) & may * ONES, cover = first & now * ONES;
    quad_words at = quad_at(f, from) + (quad_words){0, 1, 0x10000, 0x10001};
    quad_words which = slot + (quad_words){0};

    memcpy(&g->position[g->taken], &at, 16);
    memcpy(&g->slot[g->taken], &which, 16);
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

/* @n pixels of a row, from @at on, into the next lanes. */
static void take_run(struct gfx_warp *g, uint32_t at, unsigned slot, unsigned n)
{
    vu place = {0}, which = splat(slot);

    for (unsigned i = 0; i < LANES; i++)
        place[i] = at + i;
    for (unsigned k = 0; k < n; k += LANES, place += LANES) {
        memcpy(&g->position[g->taken + k], &place, sizeof(place));
        memcpy(&g->slot[g->taken + k], &which, sizeof(which));
    }
    g->taken += n;
}

static bool take_rows(struct gfx_fragment *f)
{
    struct gfx_warp *g = &f->warp;

    g->sample = 0;
    for (; f->next_row < f->rows; f->next_row++) {
        uint32_t y = f->first_row + f->next_row, left = f->row[f->next_row], now;
        unsigned x, n, room = VA_LANES - g->taken, slot;
        if (!left)
            continue;
        if (!room || (left & g->used[y]) || (slot = take_slot(f, g)) == GFX_SLOTS)
            return true;
        x = (unsigned)__builtin_ctz(left);
        n = 32 - x - (unsigned)__builtin_clz(left); /* they lie together */
        n = n < room ? n : room;
        now = ((1u << n) - 1) << x;
        take_run(g, (f->tile.x + x) | (f->tile.y + y) << 16, slot, n);
        g->used[y] |= now;
        f->row[f->next_row] = left & ~now;
        if (left & ~now)
            return true;
    }
    return g->taken == VA_LANES;
}

static bool take(struct gfx_fragment *f)
{
    struct gfx_warp *g = &f->warp;

    if (!g->taken) {
        g->prims = 0;
        g->loose = f->now_state->loose;
        if (g->loose)
            memset(g->used, 0, sizeof(g->used));
    }
    return g->loose ? take_rows(f) : take_quads(f);
}

typedef uint16_t piece_halves __attribute__((vector_size(VA_PIECE / 2)));

/* What follows from positions and slots: pixels, their centres, origins of their primitives. Lanes
 * outside @lanes are at the tile's first pixel. */
static void place_lanes(struct gfx_warp *g, uint32_t corner, uint16_t lanes)
{
    for (unsigned k = 0; k < PIECES; k++) {
        vu m = mask_of(lanes, k);
        vu at = pick(m, get((const va_v16u *)g->position, k), splat(corner)), in = at - corner;
        vu slot = get((const va_v16u *)g->slot, k) & m;
        vf x = __builtin_convertvector((vi)(at & 0xffff), vf) + 0.5f;
        vf y = __builtin_convertvector((vi)(at >> 16), vf) + 0.5f;
        piece_halves pixel =
            __builtin_convertvector((in & 0xffff) + (in >> 16) * GFX_TILE, piece_halves);
        put((va_v16u *)g->position, k, at);
        put((va_v16u *)g->slot, k, slot);
        put((va_v16u *)g->centre[0], k, as_u(x));
        put((va_v16u *)g->centre[1], k, as_u(y));
        put((va_v16u *)g->ox, k, words_of_slots(g->origin[0], slot));
        put((va_v16u *)g->oy, k, words_of_slots(g->origin[1], slot));
        memcpy(&g->pixel[k * LANES], &pixel, sizeof(pixel));
    }
}

/* Nothing is left for the rest of the warp. Returns the lanes that belong to something. */
static uint16_t close_warp(struct gfx_fragment *f)
{
    struct gfx_warp *g = &f->warp;
    uint16_t lanes = (uint16_t)((1u << g->taken) - 1);

    place_lanes(g, f->tile.x | f->tile.y << 16, lanes);
    for (unsigned i = 0; g->loose && i < VA_LANES; i++)
        g->cover[i] = 1;
    gfx_lanes_keep(g, lanes);
    if (g->loose)
        memcpy(g->first, g->cover, sizeof(g->first));
    else
        memset(&g->first[g->taken], 0, (VA_LANES - g->taken) * sizeof(g->first[0]));
    g->taken = 0;
    return lanes;
}

/* --- begin, end ---------------------------------------------------------------------------- */

static void begin(struct gfx_fragment *f)
{
    struct gfx_state *s = f->now_state;
    struct gfx_warp *g = &f->warp;
    bool kill, update;
    uint16_t lanes, alive;

    lanes = close_warp(f);
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

static void end(struct gfx_fragment *f)
{
    /* Neither ATEST nor ZS_EMIT came: legal where the driver knows that early and late are the
     * same. Lanes that a DISCARD ended did not come to it either, and have nothing to test. */
    if (!f->warp.zs_done && !gfx_shader_depth(f->now_state))
        late(f, (uint16_t)(gfx_lanes_covered(&f->warp) & ~f->warp.tested & ~f->warp.w.discarded));
}

const struct gfx_lanes GFX_LANES = {take, begin, end, message, centres, put_component, put_floats};
