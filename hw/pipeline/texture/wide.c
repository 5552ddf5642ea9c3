/*
 * Sixteen lanes that ask the same flat texture. Lanes are sorted by level, texels of each level are
 * gathered lane by lane from pieces of memory - pages, AFBC superblocks, decoded blocks - of which
 * the last few are at hand, and unpacked and filtered in vectors. A lane that needs more than that
 * (the border, a texel that is not in one piece of readable memory) is left to sample.c.
 *
 * Called by tex_message.c. Calls struct tex_vec, tex_unit.map, surface.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"
#include "surface.h"
#include "wide.h"

#define PIECES   8 /* at hand, by number */
#define FAR_MOST (1ull << 31)

/* --- pieces of memory --------------------------------------------------------------------------
 */

/* What texels of a piece are read from. */
struct piece {
    uint64_t number; /* + 1; 0: none */
    uint32_t mask;   /* of what is added: 0 for a superblock of one colour */
    const uint8_t *host;
    uint64_t va; /* host NULL: each texel has to be found */
};

/* Of one level, for one message. */
struct gather {
    struct tex_unit *u;
    const struct tex_texture *t;
    const struct tex_surface *s;
    unsigned taps;
    struct piece piece[PIECES];
};

static const uint8_t *map(struct tex_unit *u, uint64_t va, size_t len)
{
    return va % TEX_PAGE + len <= TEX_PAGE ? u->map(u->ctx, va, len) : NULL;
}

static bool find_page(struct gather *g, struct piece *p, uint32_t number)
{
    p->host = g->u->map(g->u->ctx, (g->s->va / TEX_PAGE + number) * TEX_PAGE, TEX_PAGE);
    p->mask = TEX_PAGE - 1;
    return p->host;
}

/* Sixteen sub-blocks of size 1, as in bytes 4 to 15 of an AFBC header: uncompressed. */
static const uint8_t uncompressed[12] = {0x41, 0x10, 0x04, 0x41, 0x10, 0x04,
                                         0x41, 0x10, 0x04, 0x41, 0x10, 0x04};

static bool find_superblock(struct gather *g, struct piece *p, uint32_t number)
{
    const struct tex_surface *s = g->s;
    const uint8_t *header = map(g->u, s->va + 16ull * number, 16);
    uint32_t offset;

    if (!header)
        return false;
    p->mask = 0;
    p->host = header + 8 + s->afbc_first; /* one colour, in the header's last two words */
    if (!(header[4] & 63))
        return true;
    if (memcmp(header + 4, uncompressed, sizeof(uncompressed)))
        return false;
    memcpy(&offset, header, 4);
    p->mask = ~0u;
    p->va = s->va + offset + s->afbc_first;
    p->host = map(g->u, p->va, (size_t)s->afbc_bytes << (s->afbc_width + s->afbc_height));
    return true;
}

static bool find_block(struct gather *g, struct piece *p, uint32_t number)
{
    const uint8_t *raw = map(g->u, g->s->va + number, g->s->codec->bytes);
    uint8_t copy[16] = {0}; /* the guest may write it meanwhile */

    if (!raw)
        return false;
    memcpy(copy, raw, g->s->codec->bytes);
    p->mask = ~0u;
    p->host = tex_block_texels(g->u, g->s, copy);
    for (unsigned i = 0; i < PIECES; i++) /* another one's place */
        if (&g->piece[i] != p && g->piece[i].host == p->host)
            g->piece[i].number = 0;
    return true;
}

static bool find(struct gather *g, struct piece *p, uint32_t number)
{
    bool found = g->s->afbc_width ? find_superblock(g, p, number)
                 : g->s->codec    ? find_block(g, p, number)
                                  : find_page(g, p, number);

    p->number = found ? number + 1ull : 0;
    return found;
}

/* --- gathering ---------------------------------------------------------------------------------
 */

/* Lanes that were had, of @lanes, one by one: texels that may lie in two pieces, or that come as
 * their components (@values). */
static uint16_t gather_each(struct gather *g, const struct tex_places *at, bool values,
                            uint16_t lanes, struct tex_words *w)
{
    unsigned bytes = g->t->format.bytes;
    bool pages = !g->s->afbc_width && !g->s->codec;

    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned l = (unsigned)__builtin_ctz(left);
        for (unsigned t = 0; t < g->taps; t++) {
            uint32_t number = at->piece[t][l], in = at->in[t][l], v[4] = {0};
            struct piece *p = &g->piece[number % PIECES];
            const uint8_t *from = NULL;
            if (p->number == number + 1ull || find(g, p, number))
                from = p->host ? p->host + (in & p->mask) : map(g->u, p->va + in, bytes);
            if (!from || (pages && in > TEX_PAGE - bytes)) {
                lanes &= (uint16_t)~(1u << l);
                break;
            }
            if (values)
                texel_load(&g->t->format, from, v);
            else
                memcpy(v, from, bytes);
            for (unsigned k = 0; k < (values ? 4 : (bytes + 3) / 4); k++)
                w->w[t][k][l] = v[k];
        }
    }
    return lanes;
}

/* Tap @t of the first of @lanes and those in the same piece, which is scattered or nowhere. Returns
 * them; those that were not had are taken from *@good. */
static uint16_t gather_far(const struct gather *g, const struct piece *p, bool found,
                           const struct tex_places *at, unsigned t, unsigned bytes, uint16_t lanes,
                           uint16_t *good, struct tex_words *w)
{
    uint32_t number = at->piece[t][__builtin_ctz(lanes)];
    uint16_t same = 0;

    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned l = (unsigned)__builtin_ctz(left);
        uint32_t v[2] = {0};
        const uint8_t *from;
        if (at->piece[t][l] != number)
            continue;
        same |= (uint16_t)(1u << l);
        from = found ? map(g->u, p->va + at->in[t][l], bytes) : NULL;
        if (!from) {
            *good &= (uint16_t)~(1u << l);
            continue;
        }
        memcpy(v, from, bytes);
        w->w[t][0][l] = v[0];
        w->w[t][1][l] = v[1];
    }
    return same;
}

/* As gather_each(), of texels of which none lies in two pieces; all lanes of a piece at once. */
static uint16_t gather_words(struct gather *g, const struct tex_places *at, unsigned bytes,
                             uint16_t lanes, struct tex_words *w)
{
    uint16_t good = lanes;

    for (unsigned t = 0; t < g->taps; t++)
        for (uint16_t left = good, had; left; left &= (uint16_t)~had) {
            uint32_t number = at->piece[t][__builtin_ctz(left)];
            struct piece *p = &g->piece[number % PIECES];
            bool found = p->number == number + 1ull || find(g, p, number);
            if (found && p->host)
                had = g->u->vec->load(p->host, p->mask, at->piece[t], number, at->in[t], bytes,
                                      left, w->w[t]);
            else
                had = gather_far(g, p, found, at, t, bytes, left, &good, w);
        }
    return good;
}

/* Whether no texel lies in two pieces: a superblock or a block is one. */
static bool whole(const struct gather *g, unsigned bytes)
{
    const struct tex_surface *s = g->s;

    return s->afbc_width || s->codec || (s->va % bytes == 0 && s->row_stride % bytes == 0);
}

static uint16_t gather(struct gather *g, const struct tex_places *at, bool values, uint16_t lanes,
                       struct tex_words *w)
{
    unsigned bytes = g->t->format.bytes;

    return !values && whole(g, bytes) ? gather_words(g, at, bytes, lanes, w)
                                      : gather_each(g, at, values, lanes, w);
}

/* --- formats -------------------------------------------------------------------------------------
 */

static bool halves(const struct texel_format *f)
{
    bool all = f->type == TEXEL_FLOAT && f->channels != 3 && f->bytes == 2 * f->channels;

    for (unsigned i = 0; i < f->channels; i++)
        all &= f->bits[i] == 16;
    return all;
}

/* Division by 2^bits - 1 is correctly rounded, whether in fp32 or, as texel.c does it, in fp64 with
 * a second rounding: quotients of such small integers are far enough from ties. */
static bool bits(const struct texel_format *f)
{
    unsigned at = f->shift;
    bool fits =
        f->type == TEXEL_UNORM && (f->bytes <= 2 || f->bytes == 4 || f->bytes == 8) && f->channels;

    for (unsigned i = 0; i < f->channels; at += f->bits[i++])
        fits &= f->bits[i] <= 16 && at / 32 == (at + f->bits[i] - 1) / 32;
    return fits;
}

/* What the API's components are, which the swizzle names. */
static void name_results(const struct tex_texture *t, struct tex_unpack *p)
{
    static const uint8_t as_they_are[4] = {0, 1, 2, 3};
    const uint8_t *from = p->kind == TEX_VALUES ? as_they_are : t->format.from;

    for (unsigned i = 0; i < 4; i++) {
        unsigned c = t->swizzle[i];
        p->colour[i] = c < 3;
        if (c < 4)
            p->from[i] = from[c];
        else
            p->from[i] = c == TEXEL_ONE ? TEXEL_ONE : TEXEL_ZERO;
    }
}

static const struct tex_unpack *unpacking(struct tex_view *v)
{
    const struct texel_format *f = &v->t.format;
    struct tex_unpack *p = &v->unpack;
    unsigned at = f->shift;

    if (v->unpacked)
        return p;
    v->unpacked = true;
    p->kind = !bits(f) && !halves(f)   ? TEX_VALUES
              : f->type == TEXEL_FLOAT ? TEX_HALVES
              : f->srgb                ? TEX_SRGB
                                       : TEX_BITS;
    for (unsigned i = 0; i < 4; at += f->bits[i++]) {
        bool values = p->kind == TEX_VALUES;
        p->word[i] = (uint8_t)(values ? i : at / 32 % 4);
        p->shift[i] = values ? 0 : at % 32;
        p->max[i] = values ? ~0u : (1u << f->bits[i]) - 1;
        p->scale[i] = p->max[i] ? 1.0f / (float)p->max[i] : 0;
    }
    name_results(&v->t, p);
    return p;
}

/* --- levels, as they are asked -----------------------------------------------------------------
 */

struct op {
    struct tex_unit *u;
    struct tex_view *v;
    const struct tex_sampler *s; /* NULL: texels are fetched */
    const struct tex_wide *q;
    const struct tex_unpack *unpack;
};

/* Tiles of 64 KiB. Returns how many rows of them there may be. */
static uint64_t large_axes(const struct tex_surface *s, unsigned bytes, struct tex_axis a[2])
{
    unsigned bits = (unsigned)__builtin_ctz(bytes);

    a[0].large = (uint8_t)(tex_large_width(bits) - 4);
    a[1].large = (uint8_t)(tex_large_height(bits) - 4);
    a[0].pitch = 256 * bytes;
    a[1].pitch = a[0].pitch << a[0].large;
    a[0].far = 1u << 16;
    a[1].far = (uint32_t)s->row_stride;
    return (s->height >> tex_large_height(bits)) + 1;
}

/* False: too large for offsets of 32 bits. */
static bool axes(const struct op *o, const struct tex_surface *s, struct tex_axis a[2])
{
    const uint32_t size[2] = {s->width, s->height};
    unsigned unit[2] = {s->codec ? s->codec->width : 1, s->codec ? s->codec->height : 1};
    unsigned tile = s->codec && s->codec->compressed && !s->large ? 2 : 4;
    unsigned bytes = s->codec ? s->codec->bytes : o->v->t.format.bytes;
    uint64_t rows = s->height;

    for (unsigned i = 0; i < 2; i++) {
        a[i] = (struct tex_axis){
            .size = (int32_t)size[i],
            .inverse = 1.0f / (float)size[i],
            .scale = 256.0 * (o->s && o->s->normalized ? size[i] : 1),
            .power = !(o->s && o->s->normalized) || !(size[i] & (size[i] - 1)),
            .offset = o->q->offset[i],
            .wrap = o->s ? o->s->wrap[i] : 0,
            .round_even = o->s && o->s->round_even,
            .unit = (uint8_t)unit[i],
            .mixed = s->tiled || s->large || s->afbc_width,
            .run_bits = (uint8_t)tile,
            .mix_bits = (uint8_t)tile,
            .pitch = i ? (uint32_t)s->row_stride : bytes << 2 * tile,
        };
        if (s->afbc_width) {
            a[i].run_bits = i ? s->afbc_height : s->afbc_width;
            a[i].mix_bits = s->afbc_height < s->afbc_width ? s->afbc_height : s->afbc_width;
            a[i].headers = s->afbc_tile;
            a[i].pitch = i ? (uint32_t)(s->row_stride / 16) : 1u << 2 * s->afbc_tile;
        }
    }
    if (s->large)
        rows = large_axes(s, bytes, a);
    return s->row_stride * rows < FAR_MOST && size[0] <= 65536 && size[1] <= 65536;
}

static void lay_out(const struct tex_surface *s, unsigned bytes, struct tex_layout *l)
{
    *l = (struct tex_layout){
        .kind = s->afbc_width ? TEX_SUPERBLOCKS
                : s->codec    ? TEX_BLOCKS
                              : TEX_PAGES,
        .first = s->va % TEX_PAGE,
        .bytes = s->afbc_width ? s->afbc_bytes
                 : s->codec    ? s->codec->bytes
                               : (uint8_t)bytes,
        .texel = (uint8_t)bytes,
        .columns = s->codec ? s->codec->width : 1,
    };
}

/* Texels are words of channels of 8 bits, of which none is in two pages. */
static bool plain(const struct op *o, const struct tex_surface *s, const struct tex_layout *l)
{
    const struct tex_unpack *p = o->unpack;
    bool aligned = s->va % 4 == 0 && s->row_stride % 4 == 0;
    bool fits = (l->kind == TEX_SUPERBLOCKS || (l->kind == TEX_PAGES && aligned)) &&
                l->bytes == 4 && l->texel == 4 && (p->kind == TEX_BITS || p->kind == TEX_SRGB);

    for (unsigned i = 0; i < 4; i++)
        fits &= p->from[i] >= TEXEL_ZERO || p->max[p->from[i]] == 255;
    return fits;
}

/* All of the sampler and the request that axes() looks at; never zero. */
static uint64_t asked(const struct op *o)
{
    const struct tex_sampler *s = o->s;
    uint64_t how = 1;

    if (s)
        how = 2 | (uint64_t)s->normalized << 2 | (uint64_t)s->round_even << 3 |
              (uint64_t)s->wrap[0] << 8 | (uint64_t)s->wrap[1] << 16;
    return how | (uint64_t)(uint8_t)o->q->offset[0] << 24 |
           (uint64_t)(uint8_t)o->q->offset[1] << 32;
}

/* What is known of the surface, which is one of the view's. */
static struct tex_level *level(const struct op *o, const struct tex_surface *s)
{
    struct tex_level *l = &o->v->level[s - o->v->surface];
    uint64_t how = asked(o);

    if (l->asked == how)
        return l;
    if (!l->asked) {
        memset(l->pages.number, 0xff, sizeof(l->pages.number));
        l->pages.base = NULL;
    }
    l->asked = how;
    l->fits = !s->empty && s->depth <= 1 &&
              !(s->afbc_width && s->afbc_bytes < o->v->t.format.bytes) && axes(o, s, l->axis);
    lay_out(s, o->v->t.format.bytes, &l->layout);
    l->plain = l->fits && o->u->peek && plain(o, s, &l->layout);
    return l;
}

/* --- pages at hand ------------------------------------------------------------------------------
 */

/* Notes that page or superblock @number, whose offsets begin at @before, is at @host, if that can
 * be reached from the others. */
static void keep(struct tex_pages *p, uint32_t number, const uint8_t *host, uint32_t before,
                 uint32_t mask)
{
    unsigned slot = tex_slot(number);
    intptr_t from_base;

    if (!p->base)
        p->base = host;
    from_base = (intptr_t)host - (intptr_t)p->base;
    if (from_base != (int32_t)from_base || from_base > INT32_MAX - (int32_t)TEX_PAGE)
        return;
    p->number[slot] = number;
    p->shift[slot] = (uint32_t)from_base - before;
    p->mask[slot] = mask;
}

static void keep_page(const struct gather *g, struct tex_pages *p, uint32_t number)
{
    const uint8_t *host = g->u->peek(g->u->ctx, (g->s->va / TEX_PAGE + number) * TEX_PAGE);

    if (host && p->number[tex_slot(number)] != number)
        keep(p, number, host, number * TEX_PAGE, 0);
}

static void keep_superblock(struct gather *g, struct tex_pages *p, uint32_t number)
{
    struct piece piece;

    if (find_superblock(g, &piece, number) && piece.host)
        keep(p, number, piece.host, 0, piece.mask);
}

/* Those that texels of @lanes were in; of pages the next ones, too, for the warps that follow. */
static void keep_pages(struct gather *g, struct tex_pages *p, const struct tex_places *at,
                       uint16_t lanes)
{
    for (unsigned t = 0; t < g->taps; t++)
        for (unsigned left = lanes; left; left &= left - 1) {
            uint32_t number = at->piece[t][__builtin_ctz(left)];
            if (p->number[tex_slot(number)] == number)
                continue;
            if (g->s->afbc_width) {
                keep_superblock(g, p, number);
                continue;
            }
            keep_page(g, p, number + 1);
            keep_page(g, p, number);
        }
}

/* --- one level --------------------------------------------------------------------------------
 */

/* Texels of @lanes at level @number, filtered; returns the lanes that are done. *outside, when
 * fetched: those that have no texel, which are not among them. */
static uint16_t one_level(const struct op *o, uint32_t number, bool linear, uint16_t lanes,
                          uint16_t *outside, uint32_t out[4][TEX_LANES])
{
    struct tex_along x, y;
    struct gather g = {.u = o->u, .t = &o->v->t, .taps = linear ? 4 : 1};
    const struct tex_vec *vec = o->u->vec;
    struct tex_places at;
    struct tex_level *l;
    struct tex_words w;
    const struct tex_wanted want = {.lanes = lanes, .mask = 15};
    uint16_t in, done = 0;

    if (tex_view_surface(o->u, o->v, o->q->layer, number, &g.s) != TEX_OK)
        return 0;
    l = level(o, g.s);
    *outside = 0;
    if (!l->fits)
        return 0;
    if (l->plain)
        done = o->s ? vec->sample(l, o->unpack, o->q->coord, linear, &want, out)
                    : vec->texels(l, o->unpack, o->q->coord, lanes, out);
    lanes &= (uint16_t)~done;
    if (!lanes)
        return done;
    l->axis[0].linear = l->axis[1].linear = linear;
    in = o->s ? vec->place(&l->axis[0], false, o->q->coord[0], &x) &
                    vec->place(&l->axis[1], true, o->q->coord[1], &y)
              : vec->fetch(&l->axis[0], false, o->q->coord[0], &x) &
                    vec->fetch(&l->axis[1], true, o->q->coord[1], &y);
    *outside = lanes & (uint16_t)~in;
    vec->split(&l->layout, &x, &y, g.taps, &at);
    lanes = gather(&g, &at, o->unpack->kind == TEX_VALUES, lanes & in, &w);
    if (!lanes)
        return done;
    vec->filter(o->unpack, &w, &x, &y, linear, lanes, out);
    if (l->plain)
        keep_pages(&g, &l->pages, &at, lanes);
    return done | lanes;
}

/* --- which levels -------------------------------------------------------------------------------
 */

/* @lanes, which agree on the first level and filter. */
static uint16_t levels(const struct op *o, const struct tex_choice *c, uint16_t lanes,
                       uint32_t out[4][TEX_LANES])
{
    uint32_t second[4][TEX_LANES] __attribute__((aligned(64)));
    unsigned first = (unsigned)__builtin_ctz(lanes);
    bool linear = c->linear >> first & 1;
    uint16_t done, both, outside;

    done = one_level(o, (uint32_t)c->level[0][first], linear, lanes, &outside, out);
    both = done & (uint16_t)~o->u->vec->equal(c->fraction, 0);
    if (both) {
        uint16_t had = one_level(o, (uint32_t)c->level[1][first], linear, both, &outside, second);
        o->u->vec->between(second, c->fraction, had, out);
        done &= (uint16_t)~(both & ~had);
    }
    return done;
}

/* --- operations ---------------------------------------------------------------------------------
 */

static bool flat(const struct tex_unit *u, const struct tex_texture *t)
{
    return u->map && u->vec && !t->empty && t->dim == TEX_2D && !t->yuv.rows &&
           !texel_is_integer(&t->format) && t->format.bytes && t->format.load;
}

bool tex_wide_fits(const struct tex_unit *u, const struct tex_texture *t,
                   const struct tex_sampler *s)
{
    return flat(u, t) && s->reduction == TEX_AVERAGE;
}

/* One probe for each of o->q->lanes; @c: their levels, unless every LOD is as good. */
static uint16_t probe(const struct op *o, const struct tex_choice *c, uint32_t out[4][TEX_LANES])
{
    uint16_t done = 0, outside;

    if (tex_any_lod(&o->v->t, o->s))
        return one_level(o, 0, !o->s->minify_nearest, o->q->lanes, &outside, out);
    for (uint16_t left = o->q->lanes; left;) {
        uint16_t same = left & o->u->vec->like(c, (unsigned)__builtin_ctz(left));
        done |= levels(o, c, same, out);
        left &= (uint16_t)~same;
    }
    return done;
}

/* Lanes of @q that have more than @n probes. */
static uint16_t with_more(const struct tex_wide *q, unsigned n)
{
    uint16_t lanes = 0;

    for (unsigned i = 0; i < TEX_LANES; i++)
        lanes |= (uint16_t)((q->probes[i] > n) << i);
    return lanes & q->lanes;
}

/* Where probe @n of each lane is: sample_probes() in sample.c. */
static void place_probe(const struct op *o, unsigned n, uint32_t to[2][TEX_LANES])
{
    const float scale[2] = {o->s->normalized ? 1 : (float)o->v->t.width,
                            o->s->normalized ? 1 : (float)o->v->t.height};
    const struct tex_wide *q = o->q;

    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < TEX_LANES; i++) {
            float at = ((float)(2 * n + 1) / (float)(2 * q->probes[i])) - 0.5f, f;
            memcpy(&f, &q->coord[k][i], 4);
            f += at * q->axis[k][i] * scale[k];
            memcpy(&to[k][i], &f, 4);
        }
}

/* @sum += @one in @lanes. */
static void add_probe(float sum[4][TEX_LANES], uint32_t one[4][TEX_LANES], uint16_t lanes)
{
    for (unsigned k = 0; k < 4; k++)
        for (unsigned i = 0; i < TEX_LANES; i++) {
            float f;
            memcpy(&f, &one[k][i], 4);
            sum[k][i] += lanes >> i & 1 ? f : 0.0f;
        }
}

/* Lanes with several probes each, one after the other. */
static uint16_t probes(const struct op *o, const struct tex_choice *c, uint32_t out[4][TEX_LANES])
{
    uint32_t coord[2][TEX_LANES] __attribute__((aligned(64)));
    uint32_t one[4][TEX_LANES] __attribute__((aligned(64)));
    float sum[4][TEX_LANES] = {{0}};
    uint16_t done = o->q->lanes;
    struct tex_wide q = *o->q;
    struct op each = *o;

    each.q = &q;
    q.coord[0] = coord[0];
    q.coord[1] = coord[1];
    for (unsigned n = 0; (q.lanes = with_more(o->q, n) & done); n++) {
        place_probe(o, n, coord);
        uint16_t had = probe(&each, c, one);
        add_probe(sum, one, had);
        done &= (uint16_t)~(q.lanes & ~had);
    }
    for (unsigned k = 0; k < 4; k++)
        for (unsigned i = 0; i < TEX_LANES; i++) {
            float f = sum[k][i] / (float)o->q->probes[i];
            if (done >> i & 1)
                memcpy(&out[k][i], &f, 4);
        }
    return done;
}

uint16_t tex_wide_sample(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                         const struct tex_wide *q, uint32_t out[4][TEX_LANES])
{
    struct op o = {.u = u, .v = v, .s = s, .q = q};
    struct tex_wide some;
    struct tex_choice c;
    uint16_t several = q->anisotropic ? with_more(q, 1) : 0, done = 0;

    o.unpack = unpacking(v);
    if (!tex_any_lod(&v->t, s))
        u->vec->choose(&v->t, s, q->lod, &c);
    if (!several && q->layer < v->t.layers)
        return probe(&o, &c, out);
    some = *q;
    o.q = &some;
    some.layer = q->layer < v->t.layers ? q->layer : v->t.layers - 1;
    some.lanes = q->lanes & (uint16_t)~several;
    if (some.lanes)
        done = probe(&o, &c, out);
    some.lanes = several;
    return done | (several ? probes(&o, &c, out) : 0);
}

const struct tex_level *tex_wide_plain(struct tex_unit *u, struct tex_view *v,
                                       const struct tex_sampler *s, const struct tex_wide *q,
                                       bool *linear)
{
    struct op o = {.u = u, .v = v, .s = s, .q = q};
    const struct tex_surface *surface;
    const struct tex_level *l;

    if (!tex_wide_fits(u, &v->t, s) || !tex_any_lod(&v->t, s) || q->anisotropic ||
        q->layer >= v->t.layers || tex_view_surface(u, v, q->layer, 0, &surface) != TEX_OK)
        return NULL;
    o.unpack = unpacking(v);
    l = level(&o, surface);
    *linear = !s->minify_nearest;
    return l->plain ? l : NULL;
}

uint16_t tex_wide_fetch(struct tex_unit *u, struct tex_view *v, const struct tex_wide *q,
                        uint32_t at, uint32_t out[4][TEX_LANES])
{
    struct op o = {.u = u, .v = v, .q = q};
    uint16_t done, outside;

    if (!flat(u, &v->t) || q->layer >= v->t.layers || at >= v->t.levels)
        return 0;
    o.unpack = unpacking(v);
    done = one_level(&o, at, false, q->lanes, &outside, out);
    for (unsigned left = outside; done && left; left &= left - 1)
        for (unsigned c = 0; c < 4; c++)
            out[c][__builtin_ctz(left)] = 0;
    return done ? done | outside : 0;
}
