/*
 * Sampling: coordinates to texels and weights, filtering within a level and between levels,
 * comparison, reduction, gathering. Coordinates have 8 bits below the texel, weights 8 bits, sums
 * are single precision in a fixed order.
 *
 * Source of the rules: the Vulkan specification (Texel Input, Texel Filtering, Image Sample
 * Operations); of what the sampler's bits mean: v10.xml and how Mesa fills them.
 *
 * Called by tex_message.c and unit tests. Calls surface.c, cube.c, lod.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "surface.h"

#define FAR 0x1p40 /* coordinates beyond are as good as there */

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

/* --- coordinates --------------------------------------------------------------------------- */

/* Towards minus infinity, or to the nearest even. NaN: 0. */
static int64_t to_fixed(double x, bool round_even)
{
    int64_t i;
    double rest;

    x = x == x ? (x < -FAR ? -FAR : x > FAR ? FAR : x) : 0;
    i = (int64_t)x;
    i -= (double)i > x;
    rest = x - (double)i;
    return round_even && (rest > 0.5 || (rest == 0.5 && (i & 1))) ? i + 1 : i;
}

/* Texel @i of @n under @wrap; -1: the border. */
typedef int64_t wrap_fn(int64_t i, int64_t n);

static int64_t wrap_repeat(int64_t i, int64_t n)
{
    if (i >= 0 && i < n)
        return i;
    i %= n;
    return i < 0 ? i + n : i;
}

static int64_t wrap_edge(int64_t i, int64_t n)
{
    return i < 0 ? 0 : i < n ? i : n - 1;
}

static int64_t wrap_border(int64_t i, int64_t n)
{
    return i < 0 || i >= n ? -1 : i;
}

static int64_t wrap_mirror(int64_t i, int64_t n)
{
    i = wrap_repeat(i, 2 * n);
    return i < n ? i : 2 * n - 1 - i;
}

static int64_t wrap_mirror_edge(int64_t i, int64_t n)
{
    return wrap_edge(i < 0 ? -1 - i : i, n);
}

static int64_t wrap_mirror_border(int64_t i, int64_t n)
{
    return wrap_border(i < 0 ? -1 - i : i, n);
}

static wrap_fn *const wraps[16] = {
    [TEX_WRAP_REPEAT] = wrap_repeat,           [TEX_WRAP_EDGE] = wrap_edge,
    [TEX_WRAP_BORDER] = wrap_border,           [TEX_WRAP_MIRROR] = wrap_mirror,
    [TEX_WRAP_MIRROR_EDGE] = wrap_mirror_edge, [TEX_WRAP_MIRROR_BORDER] = wrap_mirror_border,
};

/* --- the texels of one filter ---------------------------------------------------------------- */

struct tap {
    int64_t at[3]; /* before wrapping */
    float weight;
};

/* What a filter looks at in one level. */
struct footprint {
    unsigned dims, taps; /* 1, 2, 4, 8 */
    struct tap tap[8];
};

struct op {
    struct tex_unit *u;
    struct tex_view *v;
    const struct tex_sampler *s;
    const struct tex_request *q;
    uint32_t layer; /* of the plane; cubes: of face 0 */
    bool integer;   /* the format's components are */
    bool shadow;
    float reference;
};

static unsigned dimensions(const struct tex_texture *t)
{
    return t->dim == TEX_1D ? 1 : t->dim == TEX_3D ? 3 : 2;
}

/* @coord in units of the level or of the whole image. */
static void place(const struct op *o, const float coord[3], uint32_t level, bool linear,
                  struct footprint *f)
{
    const struct tex_texture *t = &o->v->t;
    const uint32_t size[3] = {tex_minify(t->width, level), tex_minify(t->height, level),
                              tex_minify(t->depth, level)};
    unsigned fraction[3] = {0};
    int64_t low[3] = {0};

    f->dims = dimensions(t);
    f->taps = linear ? 1u << f->dims : 1;
    for (unsigned i = 0; i < f->dims; i++) {
        double scale = o->s->normalized || t->dim == TEX_CUBE ? size[i] : 1;
        int64_t fixed = o->q->integer_coords
                            ? (int64_t)o->q->integer[i] * 256 + 128
                            : to_fixed((double)coord[i] * scale * 256, o->s->round_even);
        fixed -= linear && !o->q->integer_coords ? 128 : 0;
        low[i] = (fixed >> 8) + o->q->offset[i];
        fraction[i] = fixed & 255;
    }
    for (unsigned k = 0; k < f->taps; k++) {
        unsigned weight = 1;
        for (unsigned i = 0; i < 3; i++) {
            f->tap[k].at[i] = low[i] + (k >> i & 1);
            if (i < f->dims && linear)
                weight *= k >> i & 1 ? fraction[i] : 256 - fraction[i];
        }
        f->tap[k].weight = linear ? (float)weight / (float)(1u << 8 * f->dims) : 1;
    }
}

static void border(const struct op *o, uint32_t rgba[4])
{
    memcpy(rgba, o->s->border, 16);
}

/* Wraps the tap; false: the border. *corner: beside two edges of a cube, which is no texel. */
static bool wrap(const struct op *o, const struct tex_surface *s, struct tap *tap, unsigned dims,
                 bool linear, unsigned *face, bool *corner)
{
    const int64_t size[3] = {s->width, s->height, s->depth};

    if (o->v->t.dim == TEX_CUBE && o->s->seamless && linear) {
        *corner = !tex_cube_neighbour(face, &tap->at[0], &tap->at[1], s->width);
        return true;
    }
    for (unsigned i = 0; i < dims; i++) {
        unsigned mode = o->v->t.dim == TEX_CUBE ? TEX_WRAP_EDGE : o->s->wrap[i];
        tap->at[i] = wraps[mode](tap->at[i], size[i]);
        if (tap->at[i] < 0)
            return false;
    }
    return true;
}

static enum tex_result fetch(const struct op *o, const struct tex_surface *s, const struct tap *tap,
                             uint32_t rgba[4])
{
    uint32_t x = (uint32_t)tap->at[0], y = (uint32_t)tap->at[1], z = (uint32_t)tap->at[2];

    memset(rgba, 0, 16);
    if (!tex_inside(s, x, y, z))
        return TEX_OK;
    return s->fetch(o->u, &o->v->t, s, x, y, z, rgba);
}

static bool compare(unsigned func, float texel, float reference)
{
    bool less = texel<reference, equal = texel == reference, more = texel> reference;

    return (func & 1 && less) || (func & 2 && equal) || (func & 4 && more);
}

/* Texels of a footprint, compared when shadows want it. *corner: the tap that is none, or 8. */
static enum tex_result fetch_taps(const struct op *o, uint32_t level, struct footprint *f,
                                  uint32_t rgba[8][4], unsigned *corner)
{
    enum tex_result r = TEX_OK;

    *corner = 8;
    for (unsigned k = 0; k < f->taps && r == TEX_OK; k++) {
        const struct tex_surface *s;
        unsigned face = o->q->face;
        bool none = false;

        r = tex_view_surface(o->u, o->v, o->layer + face, level, &s);
        if (r != TEX_OK)
            return r;
        if (!s->empty && !wrap(o, s, &f->tap[k], f->dims, f->taps > 1, &face, &none)) {
            border(o, rgba[k]);
        } else if (none) {
            *corner = k;
            continue;
        } else {
            if (face != o->q->face)
                r = tex_view_surface(o->u, o->v, o->layer + face, level, &s);
            if (r == TEX_OK)
                r = fetch(o, s, &f->tap[k], rgba[k]);
        }
        if (o->shadow) {
            float pass = compare(o->s->compare, as_float(rgba[k][0]), o->reference);
            rgba[k][0] = as_bits(pass);
            rgba[k][1] = rgba[k][2] = 0;
            rgba[k][3] = as_bits(1);
        }
    }
    return r;
}

/* The corner's texel is the mean of the three others. */
static void fill_corner(const struct op *o, uint32_t rgba[8][4], unsigned corner)
{
    for (unsigned c = 0; c < 4 && corner < 4; c++) {
        float sum = 0;
        if (o->integer) {
            rgba[corner][c] = rgba[corner ^ 1][c];
            continue;
        }
        for (unsigned k = 0; k < 4; k++)
            sum += k == corner ? 0 : as_float(rgba[k][c]);
        rgba[corner][c] = as_bits(sum / 3);
    }
}

static float reduce(unsigned how, float a, float b)
{
    return how == TEX_MIN ? (b < a ? b : a) : b > a ? b : a;
}

/* One level at @coord. Integers are never mixed. */
static enum tex_result filter(const struct op *o, const float coord[3], uint32_t level, bool linear,
                              uint32_t out[4])
{
    uint32_t rgba[8][4] = {{0}}; /* a lone tap beyond a cube's corner stays zero */
    struct footprint f;
    unsigned corner;
    enum tex_result r;

    linear &= !o->integer;
    place(o, coord, level, linear, &f);
    r = fetch_taps(o, level, &f, rgba, &corner);
    if (r != TEX_OK)
        return r;
    if (f.taps == 1) {
        memcpy(out, rgba[0], 16);
        return TEX_OK;
    }
    fill_corner(o, rgba, corner);
    for (unsigned c = 0; c < 4; c++) {
        bool any = false;
        float sum = 0;
        for (unsigned k = 0; k < f.taps; k++) {
            float v = as_float(rgba[k][c]);
            if (f.tap[k].weight == 0)
                continue;
            if (o->s->reduction == TEX_AVERAGE)
                sum += f.tap[k].weight * v;
            else
                sum = any ? reduce(o->s->reduction, sum, v) : v;
            any = true;
        }
        out[c] = as_bits(sum);
    }
    return TEX_OK;
}

/* --- levels -------------------------------------------------------------------------------------
 */

void tex_choose_levels(const struct tex_texture *t, const struct tex_sampler *s, int32_t lod,
                       struct tex_levels *l)
{
    int32_t last = t->levels - 1;

    lod = tex_lod_clamp(t, s, lod);
    l->linear = lod > (s->magnify_cutoff ? 128 : 0) ? !s->minify_nearest : !s->magnify_nearest;
    lod = lod < 0 ? 0 : lod;
    l->fraction = s->mip == TEX_MIP_LINEAR ? lod & 255 : 0;
    l->level[0] = s->mip == TEX_MIP_NONE      ? 0
                  : s->mip == TEX_MIP_NEAREST ? (uint32_t)(lod + 127) >> 8
                                              : (uint32_t)lod >> 8;
    if ((int32_t)l->level[0] > last)
        l->level[0] = (uint32_t)last;
    if (l->level[0] < t->min_level && t->min_level <= last)
        l->level[0] = t->min_level;
    l->level[1] = (int32_t)l->level[0] < last ? l->level[0] + 1 : l->level[0];
}

static enum tex_result sample_at(const struct op *o, const struct tex_levels *l,
                                 const float coord[3], uint32_t out[4])
{
    uint32_t second[4];
    enum tex_result r = filter(o, coord, l->level[0], l->linear, out);
    float w = (float)l->fraction / 256;

    if (r != TEX_OK || l->fraction == 0 || l->level[0] == l->level[1] || o->integer)
        return r;
    r = filter(o, coord, l->level[1], l->linear, second);
    for (unsigned c = 0; c < 4; c++) {
        float a = as_float(out[c]), b = as_float(second[c]);
        out[c] = as_bits(o->s->reduction == TEX_AVERAGE ? a * (1 - w) + b * w
                                                        : reduce(o->s->reduction, a, b));
    }
    return r;
}

/* Probes lie evenly along the axis, around the middle. */
static enum tex_result sample_probes(const struct op *o, const struct tex_levels *l,
                                     uint32_t out[4])
{
    unsigned n = o->q->lod.probes;
    float sum[4] = {0}, coord[3];
    uint32_t one[4];

    if (n <= 1 || o->integer || o->q->integer_coords)
        return sample_at(o, l, o->q->coord, out);
    for (unsigned i = 0; i < n; i++) {
        float at = ((float)(2 * i + 1) / (float)(2 * n)) - 0.5f;
        memcpy(coord, o->q->coord, sizeof(coord));
        for (unsigned k = 0; k < 2; k++)
            coord[k] += at * o->q->lod.axis[k] *
                        (o->s->normalized ? 1
                         : k              ? o->v->t.height
                                          : o->v->t.width);
        enum tex_result r = sample_at(o, l, coord, one);
        if (r != TEX_OK)
            return r;
        for (unsigned c = 0; c < 4; c++)
            sum[c] = o->s->reduction == TEX_AVERAGE ? sum[c] + as_float(one[c])
                     : i ? reduce(o->s->reduction, sum[c], as_float(one[c]))
                         : as_float(one[c]);
    }
    for (unsigned c = 0; c < 4; c++)
        out[c] = as_bits(o->s->reduction == TEX_AVERAGE ? sum[c] / (float)n : sum[c]);
    return TEX_OK;
}

/* --- operations ---------------------------------------------------------------------------------
 */

static void begin(struct op *o, struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                  const struct tex_request *q)
{
    unsigned faces = v->t.dim == TEX_CUBE ? 6 : 1;
    uint32_t layers = v->t.layers / faces;
    bool unorm = v->t.format.type == TEXEL_UNORM;

    *o = (struct op){.u = u, .v = v, .s = s, .q = q};
    o->layer = (q->layer < layers ? q->layer : layers - 1) * faces;
    o->integer = texel_is_integer(&v->t.format);
    o->shadow = q->shadow && !o->integer;
    o->reference = !unorm             ? q->reference
                   : q->reference > 1 ? 1
                   : q->reference > 0 ? q->reference
                                      : 0;
}

enum tex_result tex_sample(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                           const struct tex_request *q, uint32_t out[4])
{
    uint32_t rgba[4];
    struct tex_levels l;
    struct op o;
    enum tex_result r;
    int32_t lod;

    memset(out, 0, 16);
    if (v->t.empty)
        return TEX_OK;
    begin(&o, u, v, s, q);
    lod = q->lod.lod + (q->lod.biased ? 0 : s->bias) + q->bias;
    tex_choose_levels(&v->t, s, lod > q->min_lod ? lod : q->min_lod, &l);
    r = sample_probes(&o, &l, rgba);
    if (r == TEX_OK)
        tex_swizzle(&v->t, rgba, out);
    return r;
}

enum tex_result tex_gather(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                           const struct tex_request *q, unsigned component, uint32_t out[4])
{
    uint32_t rgba[8][4] = {{0}}, swizzled[4];
    unsigned corner, level;
    struct footprint f;
    struct op o;
    enum tex_result r;

    memset(out, 0, 16);
    if (v->t.empty)
        return TEX_OK;
    if (dimensions(&v->t) != 2)
        return tex_unmodelled(u, "gather from a texture of dimension", v->t.dim);
    begin(&o, u, v, s, q);
    level = v->t.min_level < v->t.levels ? v->t.min_level : 0; /* no LOD, no bias */
    place(&o, q->coord, level, true, &f);
    r = fetch_taps(&o, level, &f, rgba, &corner);
    if (r != TEX_OK)
        return r;
    fill_corner(&o, rgba, corner);
    for (unsigned i = 0; i < 4; i++) { /* taps: x in bit 0, y in bit 1; Mesa reorders them */
        tex_swizzle(&v->t, rgba[i], swizzled);
        out[i] = swizzled[component & 3];
    }
    return TEX_OK;
}

enum tex_result tex_load(struct tex_unit *u, struct tex_view *v, uint32_t x, uint32_t y, uint32_t z,
                         uint32_t layer, uint32_t level, uint32_t out[4])
{
    const struct tex_surface *s;
    uint32_t rgba[4];
    enum tex_result r;

    memset(out, 0, 16);
    if (v->t.empty || layer >= v->t.layers || level >= v->t.levels)
        return TEX_OK;
    r = tex_view_surface(u, v, layer, level, &s);
    if (r != TEX_OK || !tex_inside(s, x, y, z))
        return r;
    r = s->fetch(u, &v->t, s, x, y, z, rgba);
    if (r == TEX_OK)
        tex_swizzle(&v->t, rgba, out);
    return r;
}
