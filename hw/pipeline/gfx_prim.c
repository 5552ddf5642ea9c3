/*
 * Primitive set-up: clipping, culling, snapping to the pixel grid, the planes
 * that fragments are interpolated with, and what becomes of lines and points.
 *
 * Vertices come in window space with 1/w of clip space, as Mesa's position shaders write them.
 * Interpolation is in homogeneous coordinates (x*w, y*w, w), which holds for vertices behind the
 * eye, too: a clipped triangle keeps the planes of the whole one, only its outline changes.
 *
 * Called by gfx_assembly.c, on any thread. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>
#include <string.h>

#include "gfx.h"

#define GUARD       16384.0 /* pixels: beyond, outlines are clipped; products of edges fit 64 bits */
#define W_MIN       1e-7    /* of clip space: vertices nearer to the eye's plane are clipped */
#define MAX_POLYGON (GFX_CLIPPED + 2)

struct corner {
    double x, y, z, w; /* homogeneous */
    double t;          /* lines: 0 at the first end, 1 at the other */
};

static bool usable(const struct gfx_vertex *v)
{
    return isfinite(v->x) && isfinite(v->y) && isfinite(v->z) && isfinite(v->w) && v->w != 0;
}

static struct corner homogeneous(const struct gfx_vertex *v)
{
    double w = 1.0 / (double)v->w;

    return (struct corner){v->x * w, v->y * w, v->z * w, w, 0};
}

/* --- clipping ------------------------------------------------------------------------ */

/* Planes: inside where a*x + b*y + c*z + d*w >= 0. */
struct plane {
    double a, b, c, d;
};

static double side(const struct plane *p, const struct corner *c)
{
    return p->a * c->x + p->b * c->y + p->c * c->z + p->d * c->w;
}

static struct corner cut(const struct corner *a, const struct corner *b, double da, double db)
{
    double t = da / (da - db);

    return (struct corner){a->x + t * (b->x - a->x), a->y + t * (b->y - a->y),
                           a->z + t * (b->z - a->z), a->w + t * (b->w - a->w),
                           a->t + t * (b->t - a->t)};
}

/* One plane against a closed polygon of @n corners; returns how many are left. */
static unsigned clip(const struct plane *p, const struct corner *in, unsigned n, struct corner *out)
{
    unsigned k = 0;

    for (unsigned i = 0; i < n && k + 2 <= MAX_POLYGON; i++) {
        const struct corner *a = &in[i], *b = &in[i + 1 == n ? 0 : i + 1];
        double da = side(p, a), db = side(p, b);
        if (da >= 0)
            out[k++] = *a;
        if ((da >= 0) != (db >= 0))
            out[k++] = cut(a, b, da, db);
    }
    return k;
}

static unsigned planes_of(const struct gfx_setup *s, struct plane p[8])
{
    unsigned n = 0;

    p[n++] = (struct plane){.d = 1}; /* w >= W_MIN: see clip_polygon() */
    if (s->low_cull)
        p[n++] = (struct plane){.c = 1, .d = -(double)s->low};
    if (s->high_cull)
        p[n++] = (struct plane){.c = -1, .d = (double)s->high};
    p[n++] = (struct plane){.a = 1, .d = GUARD};
    p[n++] = (struct plane){.a = -1, .d = GUARD};
    p[n++] = (struct plane){.b = 1, .d = GUARD};
    p[n++] = (struct plane){.b = -1, .d = GUARD};
    return n;
}

static unsigned clip_polygon(const struct gfx_setup *s, struct corner *c, unsigned n)
{
    struct corner other[MAX_POLYGON];
    struct plane p[8];
    unsigned planes = planes_of(s, p);

    for (unsigned i = 0; i < planes && n; i++) {
        bool all = true;
        for (unsigned k = 0; k < n; k++) {
            c[k].w -= i ? 0 : W_MIN;
            all &= side(&p[i], &c[k]) >= 0;
        }
        if (!all) {
            n = clip(&p[i], c, n, other);
            memcpy(c, other, n * sizeof(*c));
        }
        for (unsigned k = 0; k < n && !i; k++)
            c[k].w += W_MIN;
    }
    return n;
}

/* --- planes ---------------------------------------------------------------------------- */

static void plane_at(float out[3], double a, double b, double c, double ox, double oy)
{
    out[0] = (float)(a + b * ox + c * oy);
    out[1] = (float)b;
    out[2] = (float)c;
}

/*
 * Weights of the three corners over w: the rows of the inverse of the matrix whose
 * columns are (x, y, w). False: the triangle is seen edge on.
 */
static bool set_planes(struct gfx_prim *t, const struct corner c[3])
{
    double sum_b = 0, sum_c = 0, sum_a = 0, det = 0, w[3] = {0}, m[3][3];

    for (unsigned i = 0; i < 3; i++) {
        const struct corner *p = &c[(i + 1) % 3], *q = &c[(i + 2) % 3];
        m[i][0] = p->y * q->w - p->w * q->y;
        m[i][1] = p->w * q->x - p->x * q->w;
        m[i][2] = p->x * q->y - p->y * q->x;
    }
    det = c[0].x * m[0][0] + c[0].y * m[0][1] + c[0].w * m[0][2];
    if (det == 0 || !isfinite(det))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        double b = m[i][0] / det, cc = m[i][1] / det, a = m[i][2] / det;
        plane_at(t->bary[i], a, b, cc, t->ox, t->oy);
        w[0] += a;
        w[1] += b;
        w[2] += cc;
        sum_a += a * c[i].z;
        sum_b += b * c[i].z;
        sum_c += cc * c[i].z;
    }
    plane_at(t->w, w[0], w[1], w[2], t->ox, t->oy);
    plane_at(t->z, sum_a, sum_b, sum_c, t->ox, t->oy);
    t->dz = fmaxf(fabsf(t->z[1]), fabsf(t->z[2]));
    return true;
}

/* --- outlines on the grid ---------------------------------------------------------------- */

static int32_t snap(double x)
{
    return (int32_t)lrint(x * GFX_SUBPIXEL);
}

static int32_t clamp32(int32_t x, int32_t lo, int32_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static void bounds(const int32_t v[GFX_CORNERS], unsigned n, int32_t lo, int32_t hi, int16_t *min,
                   int16_t *max)
{
    int32_t a = v[0], b = v[0];

    for (unsigned i = 1; i < n; i++) {
        a = v[i] < a ? v[i] : a;
        b = v[i] > b ? v[i] : b;
    }
    *min = (int16_t)clamp32(a >> 8, lo, hi + 1);
    *max = (int16_t)clamp32(b >> 8, lo - 1, hi);
}

/* Twice the area of the outline. */
static int64_t area_of(const struct gfx_prim *t)
{
    int64_t area = 0;

    for (unsigned i = 2; i < t->corners; i++)
        area += (int64_t)(t->x[i - 1] - t->x[0]) * (t->y[i] - t->y[0]) -
                (int64_t)(t->x[i] - t->x[0]) * (t->y[i - 1] - t->y[0]);
    return area;
}

/* Adds the outline x, y of @t (either winding) if anything of it is inside the scissor. */
static void emit(struct gfx_setup *s, struct gfx_prim *t)
{
    const struct gfx_draw *d = &s->pass->draw[s->draw];
    unsigned last = t->corners - 1u;
    int64_t area = area_of(t);

    if (!area)
        return;
    if (area < 0) {
        int32_t x = t->x[1], y = t->y[1];
        t->x[1] = t->x[last];
        t->y[1] = t->y[last];
        t->x[last] = x;
        t->y[last] = y;
    }
    bounds(t->x, t->corners, d->min_x, d->max_x, &t->min_x, &t->max_x);
    bounds(t->y, t->corners, d->min_y, d->max_y, &t->min_y, &t->max_y);
    if (t->min_x > t->max_x || t->min_y > t->max_y)
        return;
    s->out[s->made++] = *t;
}

static void begin(const struct gfx_setup *s, struct gfx_prim *t, enum gfx_kind kind, uint32_t flat)
{
    *t = (struct gfx_prim){.draw = s->draw,
                           .number = s->number,
                           .flat = flat,
                           .corners = kind == GFX_TRIANGLE ? 3 : GFX_CORNERS,
                           .kind = kind,
                           .layer = s->layer};
}

/* Positive: clockwise on a screen whose y points down. Works for corners behind the eye, too. */
static double facing(const struct corner c[3])
{
    return c[0].x * (c[1].y * c[2].w - c[2].y * c[1].w) -
           c[0].y * (c[1].x * c[2].w - c[2].x * c[1].w) +
           c[0].w * (c[1].x * c[2].y - c[2].x * c[1].y);
}

/* Unclipped: the facing of what is really drawn, so that tiny triangles agree with their pixels. */
static double facing_snapped(const struct gfx_vertex v[3])
{
    int64_t x[3], y[3];

    for (unsigned i = 0; i < 3; i++) {
        x[i] = snap(v[i].x);
        y[i] = snap(v[i].y);
    }
    return (double)((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]));
}

static bool inside(const struct gfx_setup *s, const struct gfx_vertex *v)
{
    return v->w > 0 && v->w < 1 / W_MIN && fabsf(v->x) < GUARD && fabsf(v->y) < GUARD &&
           (!s->low_cull || v->z >= s->low) && (!s->high_cull || v->z <= s->high);
}

static void emit_polygon(struct gfx_setup *s, struct gfx_prim *t, const struct corner *c,
                         unsigned n)
{
    int32_t x[MAX_POLYGON], y[MAX_POLYGON];

    for (unsigned i = 0; i < n; i++) {
        x[i] = snap(c[i].x / c[i].w);
        y[i] = snap(c[i].y / c[i].w);
    }
    for (unsigned i = 2; i < n; i++) {
        struct gfx_prim one = *t;
        const unsigned k[3] = {0, i - 1, i};
        for (unsigned j = 0; j < 3; j++) {
            one.x[j] = x[k[j]];
            one.y[j] = y[k[j]];
        }
        emit(s, &one);
    }
}

void gfx_triangle(struct gfx_setup *s, const struct gfx_vertex v[3], unsigned provoking)
{
    const struct gfx_dcd *dcd = &s->pass->draw[s->draw].dcd;
    struct corner c[MAX_POLYGON];
    struct gfx_prim t;
    bool whole = true;

    for (unsigned i = 0; i < 3; i++) {
        if (!usable(&v[i]))
            return;
        whole &= inside(s, &v[i]);
        c[i] = homogeneous(&v[i]);
    }
    double area = whole ? facing_snapped(v) : facing(c);
    bool front = DCD_FRONT_CCW(dcd) ? area < 0 : area > 0;
    if (area == 0 || (front ? DCD_CULL_FRONT(dcd) : DCD_CULL_BACK(dcd)))
        return;
    begin(s, &t, GFX_TRIANGLE, v[provoking].index);
    t.back = !front;
    t.ox = v[0].w > 0 && fabsf(v[0].x) < GUARD ? floorf(v[0].x) : 0;
    t.oy = v[0].w > 0 && fabsf(v[0].y) < GUARD ? floorf(v[0].y) : 0;
    for (unsigned i = 0; i < 3; i++)
        t.v[i] = v[i].index;
    if (!set_planes(&t, c))
        return;
    emit_polygon(s, &t, c, whole ? 3 : clip_polygon(s, c, 3));
}

/* --- lines and points ---------------------------------------------------------------------- */

/* Adds line or point @t, of which everything but the outline @q is there. */
static void emit_outline(struct gfx_setup *s, struct gfx_prim *t, const double q[GFX_CORNERS][2])
{
    for (unsigned i = 0; i < GFX_CORNERS; i++) {
        t->x[i] = snap(q[i][0]);
        t->y[i] = snap(q[i][1]);
    }
    emit(s, t);
}

/* Clips segment a, b in place; false: nothing is left. */
static bool clip_line(const struct gfx_setup *s, struct corner *a, struct corner *b)
{
    struct plane p[8];
    unsigned planes = planes_of(s, p);

    for (unsigned i = 0; i < planes; i++) {
        double bias = i ? 0 : W_MIN, da = side(&p[i], a) - bias, db = side(&p[i], b) - bias;
        if (da < 0 && db < 0)
            return false;
        if (da < 0)
            *a = cut(a, b, da, db);
        else if (db < 0)
            *b = cut(b, a, db, da);
    }
    return true;
}

/* The plane that is @va at a, @vb at b and constant across the segment. */
static void line_plane(float out[3], const struct gfx_prim *t, const double along[3], double va,
                       double vb)
{
    plane_at(out, va + along[0] * (vb - va), along[1] * (vb - va), along[2] * (vb - va), t->ox,
             t->oy);
}

/* Planes along what is left of a segment, in weights of its whole ends. */
static void line_planes(struct gfx_prim *t, const struct corner *a, const struct corner *b)
{
    double ax = a->x / a->w, ay = a->y / a->w, dx = b->x / b->w - ax, dy = b->y / b->w - ay;
    double len = dx * dx + dy * dy;
    double along[3] = {-(ax * dx + ay * dy) / len, dx / len, dy / len}; /* 0 at a, 1 at b */

    line_plane(t->bary[0], t, along, (1 - a->t) / a->w, (1 - b->t) / b->w);
    line_plane(t->bary[1], t, along, a->t / a->w, b->t / b->w);
    line_plane(t->w, t, along, 1 / a->w, 1 / b->w);
    line_plane(t->z, t, along, a->z / a->w, b->z / b->w);
    t->dz = fmaxf(fabsf(t->z[1]), fabsf(t->z[2]));
}

/*
 * A line is the rectangle of its width around it: along the minor axis for lines
 * that are not multisampled (which comes to the Bresenham pixels), across it otherwise.
 */
void gfx_line(struct gfx_setup *s, const struct gfx_vertex v[2], unsigned provoking)
{
    const struct gfx_dcd *dcd = &s->pass->draw[s->draw].dcd;
    struct gfx_prim t;

    if (!usable(&v[0]) || !usable(&v[1]))
        return;
    struct corner a = homogeneous(&v[0]), b = homogeneous(&v[1]);
    b.t = 1;
    if (!clip_line(s, &a, &b))
        return;
    begin(s, &t, GFX_LINE, v[provoking].index);
    t.v[0] = v[0].index;
    t.v[1] = t.v[2] = v[1].index;
    double ax = a.x / a.w, ay = a.y / a.w, bx = b.x / b.w, by = b.y / b.w;
    double dx = bx - ax, dy = by - ay, len = sqrt(dx * dx + dy * dy);
    double half = (s->width > 0 && s->width < 4096 ? (double)s->width : 1) / 2;
    if (len == 0)
        return;
    t.ox = (float)floor(ax);
    t.oy = (float)floor(ay);
    line_planes(&t, &a, &b);
    double nx = -dy / len * half, ny = dx / len * half;
    if (!DCD_MULTISAMPLE(dcd)) {
        nx = fabs(dx) >= fabs(dy) ? 0 : half;
        ny = fabs(dx) >= fabs(dy) ? half : 0;
    }
    const double q[GFX_CORNERS][2] = {
        {ax - nx, ay - ny}, {bx - nx, by - ny}, {bx + nx, by + ny}, {ax + nx, ay + ny}};
    emit_outline(s, &t, q);
}

void gfx_point(struct gfx_setup *s, const struct gfx_vertex *v)
{
    struct gfx_prim t;

    if (!usable(v) || !inside(s, v))
        return;
    float size = v->size > 0 && v->size <= 4096 ? v->size : v->size > 4096 ? 4096 : 1;
    begin(s, &t, GFX_POINT, v->index);
    t.v[0] = t.v[1] = t.v[2] = v->index;
    t.ox = floorf(v->x);
    t.oy = floorf(v->y);
    t.bary[0][0] = v->w;
    t.w[0] = v->w;
    t.z[0] = v->z;
    t.point[0] = v->x;
    t.point[1] = v->y;
    t.point_size = size;
    double h = (double)size / 2;
    const double q[GFX_CORNERS][2] = {
        {v->x - h, v->y - h}, {v->x + h, v->y - h}, {v->x + h, v->y + h}, {v->x - h, v->y + h}};
    emit_outline(s, &t, q);
}
