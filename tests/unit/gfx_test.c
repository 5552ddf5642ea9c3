/*
 * Graphics units that need no shader: set-up, clipping, coverage, depth and
 * stencil, packing and blending of colours. A pass is made, primitives are put into it, and
 * its tiles are rasterised as a fragment job does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../hw/pipeline/gfx_fragment.h"
#include "../../hw/pipeline/gfx_vec.h"

#define SIZE 128 /* of the framebuffer */
#define MADE 64  /* primitives that one may become here */

struct bench {
    struct fake_host *h;
    struct mali_pipeline *p;
    struct gfx_pass *pass;
    struct gfx_setup s;
    struct gfx_prim made[MADE];
    bool full;
    struct gfx_fb fb;
    uint16_t hit[SIZE * SIZE][GFX_MAX_SAMPLES];
};

static struct bench *bench_new(unsigned samples, uint32_t flags0)
{
    static const uint16_t at[4][2] = {{96, 32}, {224, 96}, {32, 160}, {160, 224}};
    struct bench *b = calloc(1, sizeof(*b));
    struct gfx_draw d = {.dcd.flags0 = flags0, .max_x = SIZE - 1, .max_y = SIZE - 1};

    b->h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    b->p = mali_pipeline_new(&b->h->bus, 0);
    b->pass = gfx_pass_new(b->p, 1, 0x1000, SIZE, SIZE, 2);
    gfx_pass_add_draw(b->p, b->pass, &d);
    b->s = (struct gfx_setup){.pass = b->pass, .width = 1, .high = 1, .out = b->made};
    b->fb = (struct gfx_fb){.width = SIZE,
                            .height = SIZE,
                            .max_x = SIZE - 1,
                            .max_y = SIZE - 1,
                            .samples = samples,
                            .z_internal = 1};
    for (unsigned i = 0; i < samples && samples == 4; i++) {
        b->fb.sample_x[i] = at[i][0];
        b->fb.sample_y[i] = at[i][1];
    }
    return b;
}

static void bench_free(struct bench *b)
{
    mali_pipeline_free(b->p);
    fake_host_free(b->h);
    free(b);
}

/* What set-up has made goes to the pass. */
static void put(struct bench *b)
{
    for (unsigned i = 0; i < b->s.made; i++)
        b->full |= !gfx_pass_add_prim(b->p, b->pass, &b->made[i]);
    b->s.made = 0;
}

static void triangle(struct bench *b, const struct gfx_vertex v[3], unsigned provoking)
{
    gfx_triangle(&b->s, v, provoking);
    put(b);
}

static void line(struct bench *b, const struct gfx_vertex v[2], unsigned provoking)
{
    gfx_line(&b->s, v, provoking);
    put(b);
}

static void point(struct bench *b, const struct gfx_vertex *v)
{
    gfx_point(&b->s, v);
    put(b);
}

static void count_quad(struct bench *b, const struct gfx_tile *t, const struct gfx_quad *q)
{
    for (unsigned i = 0; i < 4; i++)
        for (unsigned s = 0; s < b->fb.samples; s++) {
            unsigned x = t->x + q->x + (i & 1), y = t->y + q->y + (i >> 1);
            b->hit[y * SIZE + x][s] += q->cover[i] >> s & 1;
        }
}

/* Rasterises everything and counts how often each sample was hit. */
static void draw(struct bench *b)
{
    static struct gfx_quad quad[GFX_QUADS];

    memset(b->hit, 0, sizeof(b->hit));
    for (unsigned n = 0; n < b->pass->tiles_x * b->pass->tiles_y; n++) {
        const struct gfx_bin *bin = &b->pass->bin[n];
        struct gfx_tile t = {.x = n % b->pass->tiles_x * GFX_TILE,
                             .y = n / b->pass->tiles_x * GFX_TILE,
                             .w = GFX_TILE,
                             .h = GFX_TILE};
        for (unsigned i = 0; i < bin->count; i++) {
            const struct gfx_prim *p = &b->pass->prim[bin->prim[i]];
            unsigned quads = gfx_raster(b->p->vec, &b->fb, &t, p, &b->pass->draw[p->draw], quad);
            for (unsigned q = 0; q < quads; q++)
                count_quad(b, &t, &quad[q]);
        }
    }
}

static unsigned hits(const struct bench *b, unsigned *twice)
{
    unsigned n = 0;

    *twice = 0;
    for (unsigned i = 0; i < SIZE * SIZE; i++)
        for (unsigned s = 0; s < b->fb.samples; s++) {
            n += b->hit[i][s] != 0;
            *twice += b->hit[i][s] > 1;
        }
    return n;
}

static uint32_t rnd(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static struct gfx_vertex vertex(double x, double y)
{
    return (struct gfx_vertex){.x = (float)x, .y = (float)y, .z = 0.5f, .w = 1};
}

/* --- coverage ---------------------------------------------------------------------------- */

/* A fan of random spokes inside a square: every sample exactly once. */
static void fan(unsigned samples, uint32_t flags0)
{
    uint32_t seed = 4711;

    for (unsigned round = 0; round < 20; round++) {
        struct bench *b = bench_new(samples, flags0);
        struct gfx_vertex mid =
            vertex(20 + rnd(&seed) % 22000 / 256.0, 20 + rnd(&seed) % 22000 / 256.0);
        double at[26];
        unsigned twice, n = 0;

        for (unsigned i = 0; i < 24; i++) /* places along the square's outline, sorted */
            at[i] = (i + rnd(&seed) % 1000 / 1001.0) / 24 * 4;
        at[24] = at[0];
        for (unsigned corner = 0; corner < 4; corner++) /* an outline has its corners */
            at[corner * 6] = corner;
        at[24] = 4;
        for (unsigned i = 0; i < 24; i++) {
            struct gfx_vertex v[3] = {mid};
            for (unsigned k = 0; k < 2; k++) {
                double p = at[i + k] >= 4 ? 0 : at[i + k], f = p - floor(p);
                double x = p < 1 ? f : p < 2 ? 1 : p < 3 ? 1 - f : 0;
                double y = p < 1 ? 0 : p < 2 ? f : p < 3 ? 1 : 1 - f;
                v[1 + k] = vertex(10 + 107 * x, 10 + 107 * y);
            }
            triangle(b, v, 2);
        }
        draw(b);
        n = hits(b, &twice);
        TAP_CHECK_EQ(twice, 0);
        TAP_CHECK_EQ(n, 107u * 107 * samples);
        bench_free(b);
    }
}

static void no_crack(void)
{
    fan(1, 0);
}

static void no_crack_msaa(void)
{
    fan(4, 1u << 19);
}

/* Mesa's smooth lines: the shader is told of samples that the target does not have. */
static void forced_samples(void)
{
    static struct gfx_quad quad[GFX_QUADS];
    static const uint16_t at[4][2] = {{96, 32}, {224, 96}, {32, 160}, {160, 224}};
    const struct gfx_tile tile = {.w = GFX_TILE, .h = GFX_TILE};

    for (unsigned multi = 0; multi < 2; multi++) {
        struct bench *b = bench_new(1, multi << 19);
        struct gfx_vertex v[3] = {vertex(2.25, 1), vertex(20, 1), vertex(2.25, 20)};
        unsigned n;

        b->fb.forced = 4;
        for (unsigned i = 0; i < 4; i++) {
            b->fb.sample_x[i] = at[i][0];
            b->fb.sample_y[i] = at[i][1];
        }
        triangle(b, v, 2);
        TAP_REQUIRE(b->pass->prims == 1);
        n = gfx_raster(b->p->vec, &b->fb, &tile, b->pass->prim, b->pass->draw, quad);
        TAP_REQUIRE(n > 2);
        TAP_CHECK_EQ(quad[0].x, 2); /* of the row of y = 1 */
        TAP_CHECK_EQ(quad[0].cover[0], 0);
        TAP_CHECK_EQ(quad[0].cover[2], 1);
        TAP_CHECK_EQ(quad[0].forced[2], multi ? 11 : 15);
        TAP_CHECK_EQ(quad[0].cover[3], 1);
        TAP_CHECK_EQ(quad[0].forced[3], 15);
        bench_free(b);
    }
}

/* Covered pixels of @t, one by one: what is left of the edges, top and left ones included. */
static bool covers(const struct gfx_prim *t, int px, int py)
{
    int64_t x = px * GFX_SUBPIXEL + GFX_SUBPIXEL / 2, y = py * GFX_SUBPIXEL + GFX_SUBPIXEL / 2;

    for (unsigned i = 0; i < t->corners; i++) {
        unsigned k = (i + 1u) % t->corners;
        int64_t dx = t->x[k] - t->x[i], dy = t->y[k] - t->y[i];
        int64_t at = dx * (y - t->y[i]) - dy * (x - t->x[i]);
        if (at < 0 || (at == 0 && !(dy < 0 || (dy == 0 && dx > 0))))
            return false;
    }
    return px >= t->min_x && px <= t->max_x && py >= t->min_y && py <= t->max_y;
}

/* Outlines of all lengths, up to those that need more than 32 bits, in all variants. */
static void every_variant_covers(void)
{
    static struct gfx_quad quad[GFX_QUADS];
    static const struct gfx_draw draw;
    const struct gfx_fb fb = {.max_x = 1023, .max_y = 1023, .samples = 1};
    uint32_t seed = 99;

    for (unsigned round = 0; round < 3000; round++) {
        struct gfx_tile tile = {.x = 32 * (rnd(&seed) % 30), .y = 32 * (rnd(&seed) % 30)};
        int reach = 64 << rnd(&seed) % 18;
        struct gfx_prim t = {.corners = 3, .max_x = 1023, .max_y = 1023};
        tile.w = 1 + rnd(&seed) % 32;
        tile.h = 1 + rnd(&seed) % 32;
        for (unsigned i = 0; i < 3; i++) {
            t.x[i] = (int)tile.x * 256 + (int)(rnd(&seed) % (2u * (unsigned)reach)) - reach + 4096;
            t.y[i] = (int)tile.y * 256 + (int)(rnd(&seed) % (2u * (unsigned)reach)) - reach + 4096;
        }
        if (round & 1) {
            t.min_x = (int16_t)(tile.x + rnd(&seed) % 8);
            t.max_y = (int16_t)(tile.y + rnd(&seed) % 32);
        }
        for (unsigned v = 0; v < VA_VECTORS && gfx_vec_of(v); v++) {
            static bool hit[GFX_TILE][GFX_TILE];
            unsigned n = gfx_raster(gfx_vec_of(v), &fb, &tile, &t, &draw, quad), wrong = 0;
            memset(hit, 0, sizeof(hit));
            for (unsigned i = 0; i < 4 * n; i++)
                hit[quad[i / 4].y + (i >> 1 & 1)][quad[i / 4].x + (i & 1)] |=
                    quad[i / 4].cover[i % 4];
            for (unsigned y = 0; y < tile.h; y++)
                for (unsigned x = 0; x < tile.w; x++)
                    wrong += hit[y][x] != covers(&t, (int)(tile.x + x), (int)(tile.y + y));
            TAP_CHECK_EQ(wrong, 0);
        }
    }
}

/* Pixel centres on the outline: top and left edges are in, others out. */
static void top_left(void)
{
    struct bench *b = bench_new(1, 0);
    struct gfx_vertex v[4] = {vertex(1.5, 1.5), vertex(4.5, 1.5), vertex(4.5, 4.5),
                              vertex(1.5, 4.5)};
    struct gfx_vertex low[3] = {v[0], v[2], v[3]};
    unsigned twice;

    triangle(b, v, 2);
    triangle(b, low, 2);
    draw(b);
    TAP_CHECK_EQ(hits(b, &twice), 9);
    TAP_CHECK_EQ(twice, 0);
    TAP_CHECK_EQ(b->hit[1 * SIZE + 1][0], 1);
    TAP_CHECK_EQ(b->hit[3 * SIZE + 3][0], 1);
    TAP_CHECK_EQ(b->hit[4 * SIZE + 1][0], 0);
    TAP_CHECK_EQ(b->hit[1 * SIZE + 4][0], 0);
    bench_free(b);
}

static void culling(void)
{
    /* clockwise on screen; front face: clockwise unless bit 16; bit 17 culls fronts, 18 backs */
    static const struct {
        uint32_t flags;
        unsigned prims;
    } cases[] = {{0, 1},
                 {1u << 17, 0},
                 {1u << 18, 1},
                 {1u << 16 | 1u << 17, 1},
                 {1u << 16 | 1u << 18, 0},
                 {3u << 17, 0}};
    struct gfx_vertex v[3] = {vertex(2, 2), vertex(60, 2), vertex(2, 60)};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *b = bench_new(1, cases[i].flags);
        triangle(b, v, 2);
        TAP_CHECK_EQ(b->pass->prims, cases[i].prims);
        bench_free(b);
    }
}

/* --- clipping ------------------------------------------------------------------------------- */

/* A ground plane that reaches behind the eye: horizon at y = 64, what is drawn lies below it. */
static void behind_the_eye(void)
{
    struct bench *b = bench_new(1, 0);
    /* clip-space w: 4 in front, -1 behind; window y = 64 + 40 / w for both */
    struct gfx_vertex v[3] = {{.x = -60, .y = 74, .z = 0.5f, .w = 0.25f},
                              {.x = 180, .y = 74, .z = 0.5f, .w = 0.25f},
                              {.x = 64, .y = 24, .z = 0.5f, .w = -1}};
    unsigned above = 0, below = 0;

    triangle(b, v, 2);
    draw(b);
    for (unsigned y = 0; y < SIZE; y++)
        for (unsigned x = 0; x < SIZE; x++)
            *(y < 74 ? &above : &below) += b->hit[y * SIZE + x][0];
    TAP_CHECK_EQ(above, 0);
    TAP_CHECK(below > SIZE * (SIZE - 75));
    bench_free(b);
}

static void depth_clip(void)
{
    struct gfx_vertex v[3] = {{.x = 0, .y = 0, .z = -1, .w = 1},
                              {.x = 100, .y = 0, .z = 1, .w = 1},
                              {.x = 0, .y = 100, .z = -1, .w = 1}};
    unsigned twice, all, half;

    for (unsigned clip = 0; clip < 2; clip++) {
        struct bench *b = bench_new(1, 0);
        b->s.low_cull = clip;
        triangle(b, v, 2);
        draw(b);
        *(clip ? &half : &all) = hits(b, &twice);
        TAP_CHECK_EQ(twice, 0);
        TAP_CHECK_EQ(b->hit[10 * SIZE + 10][0], !clip); /* z = -0.8 */
        TAP_CHECK_EQ(b->hit[10 * SIZE + 80][0], 1);     /* z = 0.6 */
        bench_free(b);
    }
    TAP_CHECK(half > all / 5 && half < all / 3);
}

/* Planes are perspective-correct: halfway on screen between w = 1 and w = 3 lies a quarter. */
static void perspective(void)
{
    struct bench *b = bench_new(1, 0);
    struct gfx_vertex v[3] = {
        {.x = 0, .y = 0, .w = 1}, {.x = 100, .y = 0, .w = 1.0f / 3}, {.x = 0, .y = 100, .w = 1}};

    triangle(b, v, 2);
    TAP_CHECK_EQ(b->pass->prims, 1);
    const struct gfx_prim *p = b->pass->prim;
    float w[3], sum = 0;
    for (unsigned i = 0; i < 3; i++) {
        w[i] = p->bary[i][0] + p->bary[i][1] * (50 - p->ox) + p->bary[i][2] * (0 - p->oy);
        sum += w[i];
    }
    TAP_CHECK(fabsf(w[1] / sum - 0.25f) < 1e-5f);
    TAP_CHECK(fabsf(w[0] / sum - 0.75f) < 1e-5f);
    TAP_CHECK(fabsf(sum - (1 + 1.0f / 3) / 2) < 1e-5f);
    bench_free(b);
}

/* How many covered samples have a weight below zero. */
static unsigned negative_weights(const struct bench *b, bool inside)
{
    const struct gfx_prim *t = b->pass->prim;
    unsigned n = 0;

    for (unsigned i = 0; i < SIZE * SIZE * b->fb.samples; i++) {
        unsigned s = i % b->fb.samples, x = i / b->fb.samples % SIZE, y = i / b->fb.samples / SIZE;
        float w[3];
        if (!b->hit[i / b->fb.samples][s])
            continue;
        gfx_weights_at(t, (float)x + b->fb.sample_x[s] / 256.0f - t->ox,
                       (float)y + b->fb.sample_y[s] / 256.0f - t->oy, inside, w);
        n += w[0] < 0 || w[1] < 0 || w[2] < 0;
    }
    return n;
}

/* What is covered is inside, though planes and coverage have corners of their own. */
static void centroid(void)
{
    unsigned without = 0, with = 0;
    uint32_t seed = 42;

    for (unsigned round = 0; round < 100; round++) {
        struct bench *b = bench_new(4, 1u << 19);
        struct gfx_vertex v[3];
        for (unsigned i = 0; i < 3; i++)
            v[i] = vertex(rnd(&seed) % 128000 / 1001.0, rnd(&seed) % 128000 / 1001.0);
        triangle(b, v, 2);
        draw(b);
        without += negative_weights(b, false);
        with += negative_weights(b, true);
        bench_free(b);
    }
    TAP_CHECK(without > 0);
    TAP_CHECK_EQ(with, 0);
}

/* Numbers that a hostile shader may write: nothing is drawn, nothing breaks. */
static void strange_numbers(void)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0f, 1e38f, -1e38f, 1e-40f, 3e9f};
    const unsigned n = sizeof(odd) / sizeof(odd[0]);
    struct bench *b = bench_new(1, 0);

    for (unsigned i = 0; i < n * n * n; i++) {
        struct gfx_vertex v[3] = {
            {.x = odd[i % n], .y = odd[i / n % n], .z = odd[i / n / n], .w = 1},
            {.x = 5, .y = odd[i % n], .z = 0, .w = odd[i / n % n]},
            {.x = odd[i / n / n], .y = 9, .z = odd[i % n], .w = 1, .size = odd[i % n]}};
        triangle(b, v, 2);
        line(b, v, 1);
        point(b, &v[2]);
    }
    draw(b);
    TAP_CHECK(!b->full);
    bench_free(b);
}

/* --- lines, points ------------------------------------------------------------------------------
 */

static void lines_and_points(void)
{
    struct bench *b = bench_new(1, 0);
    struct gfx_vertex v[2] = {vertex(10.5, 20.5), vertex(30.5, 20.5)};
    struct gfx_vertex p = vertex(64, 64);
    unsigned twice;

    line(b, v, 1);
    draw(b);
    TAP_CHECK_EQ(hits(b, &twice), 20);
    p.size = 8;
    point(b, &p);
    draw(b);
    TAP_CHECK_EQ(hits(b, &twice), 20 + 64);
    TAP_CHECK_EQ(b->hit[60 * SIZE + 60][0], 1);
    TAP_CHECK_EQ(b->hit[68 * SIZE + 68][0], 0);
    bench_free(b);
}

/* How far (x, y) lies inside the rectangle of @width about segment @v; negative: outside. */
static double depth_in_line(const struct gfx_vertex v[2], double width, double x, double y)
{
    double dx = v[1].x - v[0].x, dy = v[1].y - v[0].y, len = hypot(dx, dy);
    double along = ((x - v[0].x) * dx + (y - v[0].y) * dy) / len;
    double across = ((x - v[0].x) * dy - (y - v[0].y) * dx) / len;

    return fmin(fmin(along, len - along), width / 2 - fabs(across));
}

/* Samples of @q whose cover is not what the rectangle says; those near its outline may be either.
 */
static unsigned wrong_samples(const struct bench *b, const struct gfx_vertex v[2], unsigned x,
                              unsigned y, uint16_t cover)
{
    unsigned n = b->fb.forced ? b->fb.forced : b->fb.samples, wrong = 0;

    for (unsigned s = 0; s < n; s++) {
        double in = depth_in_line(v, (double)b->s.width, x + b->fb.sample_x[s] / 256.0,
                                  y + b->fb.sample_y[s] / 256.0);
        wrong += fabs(in) > 1.5 / 256 && (in > 0) != (cover >> s & 1);
    }
    return wrong;
}

/*
 * A line's pixels are shaded once each, with all the samples that it covers: a shader that is told
 * of them by D3D's forced sample count could not add up two parts.
 */
static void check_line(struct bench *b, const struct gfx_vertex v[2])
{
    static struct gfx_quad quad[GFX_QUADS];
    static uint16_t cover[SIZE * SIZE];
    unsigned again = 0, wrong = 0;

    memset(cover, 0, sizeof(cover));
    line(b, v, 1);
    for (unsigned n = 0; n < b->pass->tiles_x * b->pass->tiles_y; n++) {
        const struct gfx_bin *bin = &b->pass->bin[n];
        struct gfx_tile t = {.x = n % b->pass->tiles_x * GFX_TILE,
                             .y = n / b->pass->tiles_x * GFX_TILE,
                             .w = GFX_TILE,
                             .h = GFX_TILE};
        for (unsigned i = 0; i < bin->count; i++) {
            const struct gfx_prim *p = &b->pass->prim[bin->prim[i]];
            unsigned quads = gfx_raster(b->p->vec, &b->fb, &t, p, b->pass->draw, quad);
            for (unsigned k = 0; k < 4 * quads; k++) {
                const struct gfx_quad *q = &quad[k / 4];
                unsigned at = (t.y + q->y + (k >> 1 & 1)) * SIZE + t.x + q->x + (k & 1);
                uint16_t now = b->fb.forced ? q->forced[k % 4] : q->cover[k % 4];
                again += cover[at] && now;
                cover[at] |= now;
            }
        }
    }
    for (unsigned i = 0; i < SIZE * SIZE; i++)
        wrong += wrong_samples(b, v, i % SIZE, i / SIZE, cover[i]);
    TAP_CHECK_EQ(again, 0);
    TAP_CHECK_EQ(wrong, 0);
}

static void lines_once(void)
{
    uint32_t seed = 1202;

    for (unsigned i = 0; i < 200; i++) {
        struct bench *b = bench_new(i & 1 ? 4 : 1, 1u << 19);
        double x = 10 + rnd(&seed) % 27000 / 256.0, y = 10 + rnd(&seed) % 27000 / 256.0;
        double len = ldexp(1, (int)(rnd(&seed) % 15) - 8), turn = rnd(&seed) % 6283 / 1000.0;
        struct gfx_vertex v[2] = {vertex(x, y), vertex(x + len * cos(turn), y + len * sin(turn))};

        b->s.width = ldexpf(1, (int)(rnd(&seed) % 8) - 3);
        if (b->fb.samples == 1) {
            b->fb.forced = 16;
            for (unsigned s = 0; s < 16; s++) {
                b->fb.sample_x[s] = (uint16_t)(rnd(&seed) % 256);
                b->fb.sample_y[s] = (uint16_t)(rnd(&seed) % 256);
            }
        }
        check_line(b, v);
        bench_free(b);
    }
}

/* --- depth, stencil
 * --------------------------------------------------------------------------------- */

static void depth_functions(void)
{
    static const uint8_t want[8] = {0, 1, 2, 3, 4, 5, 6, 7}; /* bits: less, equal, greater */
    struct gfx_fb fb = {.samples = 1};
    struct gfx_tile t = {0};

    TAP_REQUIRE(gfx_tile_alloc(&t, &fb));
    for (unsigned internal = 0; internal < 3; internal++)
        for (unsigned func = 0; func < 8; func++)
            for (unsigned o = 0; o < 3; o++) {
                struct gfx_zs zs = {.z_func = (uint8_t)func, .z_write = true};
                uint32_t old, z;
                fb.z_internal = (uint8_t)internal;
                old = gfx_z_pack(&fb, 0.5f);
                z = gfx_z_pack(&fb, 0.25f + 0.25f * (float)o);
                t.z[5] = old;
                t.s[5] = 0;
                unsigned pass = gfx_zs_test(&fb, &t, &zs, 0, 5, 1, &z, -1, true);
                TAP_CHECK_EQ(pass, want[func] >> o & 1);
                TAP_CHECK_EQ(t.z[5], pass ? z : old);
            }
    gfx_tile_free(&t);
}

static void stencil_operations(void)
{
    static const uint8_t want[8] = {0xff, 0x3c, 0,    0,
                                    0,    0xfe, 0xff, 0xfe}; /* from 0xff, ref 0x3c */
    struct gfx_fb fb = {.samples = 1};
    struct gfx_tile t = {0};
    uint32_t z = 0;

    TAP_REQUIRE(gfx_tile_alloc(&t, &fb));
    for (unsigned op = 0; op < 8; op++) {
        struct gfx_zs zs = {.stencil = true, .z_func = 7};
        zs.face[1].func = 7;
        zs.face[1].zpass = (uint8_t)op;
        zs.face[1].write_mask = 0xff;
        zs.face[1].ref = 0x3c;
        t.s[0] = 0xff;
        gfx_zs_test(&fb, &t, &zs, 1, 0, 1, &z, -1, true);
        TAP_CHECK_EQ(t.s[0], want[op]);
        zs.face[1].write_mask = 0x0f;
        t.s[0] = 0xff;
        gfx_zs_test(&fb, &t, &zs, 1, 0, 1, &z, -1, true);
        TAP_CHECK_EQ(t.s[0], 0xf0 | (want[op] & 0x0f));
    }
    gfx_tile_free(&t);
}

/* --- colours
 * ------------------------------------------------------------------------------------------ */

static void packing(void)
{
    for (unsigned internal = 1; internal <= 6; internal++)
        for (unsigned i = 0; i <= 255; i++) {
            float in[4] = {i / 255.0f, 1 - i / 255.0f, 0, 1}, out[4];
            gfx_tib_unpack(internal, gfx_tib_pack(internal, in, false), out);
            float step = internal == 2 ? 1 / 1023.0f : 1 / 240.0f;
            TAP_CHECK(fabsf(out[0] - in[0]) <= step);
            TAP_CHECK(fabsf(out[1] - in[1]) <= step);
            TAP_CHECK(out[2] == 0);
            TAP_CHECK(out[3] == 1);
        }
}

/* src * src.a + dst * (1 - src.a), written by the equation's fields. */
static void source_over(void)
{
    /* A = dst, B = src - dst, C = src alpha: dst + (src - dst) * a */
    uint32_t fn = 3 | 0 << 4 | 5 << 8;
    struct gfx_blend b = {.enable = true, .equation = fn | fn << 12 | 0xfu << 28};
    struct gfx_rt rt = {.internal = 1, .bytes = 4};
    struct gfx_color src = {{{0}}};
    uint16_t pixel[VA_LANES] = {0};
    float one = 1, half = 0.5f, none = 0;
    uint32_t word = 0xff0000ff; /* red */

    memcpy(&src.c[2], &one, 4);
    memcpy(&src.c[3], &half, 4);
    TAP_CHECK(gfx_blend_write(&rt, (uint8_t *)&word, pixel, 1, 237 << 12, &b, &src));
    TAP_CHECK_EQ(word & 0xff, 128);
    TAP_CHECK_EQ(word >> 8 & 0xff, 0);
    TAP_CHECK_EQ(word >> 16 & 0xff, 128);
    b.equation &= ~(1u << 28); /* red is masked */
    word = 0xff000012;
    memcpy(&src.c[0], &one, 4);
    memcpy(&src.c[1], &none, 4);
    TAP_CHECK(gfx_blend_write(&rt, (uint8_t *)&word, pixel, 1, 237 << 12, &b, &src));
    TAP_CHECK_EQ(word & 0xff, 0x12);
}

/* Doubled source: 0 + dst * (2 * src). */
static void twice_the_source(void)
{
    uint32_t fn = 1 | 3 << 4 | 4 << 8;
    struct gfx_blend b = {.enable = true, .equation = fn | fn << 12 | 0xfu << 28};
    struct gfx_rt rt = {.internal = 1, .bytes = 4};
    struct gfx_color src = {{{0}}};
    uint16_t pixel[VA_LANES] = {0};
    float quarter = 0.25f, one = 1;
    uint32_t word = 0x80808080;

    memcpy(&src.c[0], &quarter, 4);
    memcpy(&src.c[3], &one, 4);
    TAP_CHECK(gfx_blend_write(&rt, (uint8_t *)&word, pixel, 1, 237 << 12, &b, &src));
    TAP_CHECK_EQ(word, 0xff000040);
}

/* Targets of floats: the equation without clamps, the mask, and what is read back. */
static void float_targets(void)
{
    /* A = src, B = dst, C = 1 - 0: the sum */
    uint32_t fn = 2 | 3 << 4 | 1 << 8 | 1 << 11;
    struct gfx_blend b = {.enable = true, .equation = fn | fn << 12 | 0xdu << 28};
    struct gfx_rt rt = {.internal = 18, .bytes = 8};
    struct gfx_color src = {{{0}}};
    uint16_t pixel[VA_LANES] = {0}, half[4] = {0x4200, 0x4200, 0xc200, 0x3c00}; /* 3 3 -3 1 */
    float two = 2;

    for (unsigned c = 0; c < 4; c++)
        memcpy(&src.c[c], &two, 4);
    TAP_CHECK(gfx_blend_write(&rt, (uint8_t *)half, pixel, 1, 223 << 12, &b, &src));
    TAP_CHECK_EQ(half[0], 0x4500); /* 5 */
    TAP_CHECK_EQ(half[1], 0x4200); /* masked */
    TAP_CHECK_EQ(half[2], 0xbc00); /* -1 */
    TAP_CHECK_EQ(half[3], 0x4200);
    TAP_CHECK(gfx_blend_read(&rt, (uint8_t *)half, pixel, 1, 223 << 12, &src));
    TAP_CHECK_EQ(src.c[0][0], 0x40a00000);
    TAP_CHECK(gfx_blend_write(&rt, (uint8_t *)half, pixel, 1, 223 << 12, NULL, &src));
    TAP_CHECK_EQ(half[2], 0xbc00);
}

/* Mesa's GL_INTENSITY16F: RG16F in pixels of two bytes. What lies beside them stays. */
static void wide_conversion(void)
{
    const uint32_t conv = 207 << 12 | 226;
    struct gfx_rt rt = {.internal = 33, .bytes = 2};
    struct gfx_color c = {{{0}}};
    uint16_t pixel[VA_LANES] = {0}, plane[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    float two = 2;

    pixel[0] = 1;
    for (unsigned i = 0; i < 4; i++)
        memcpy(&c.c[i], &two, 4);
    TAP_CHECK(gfx_blend_write(&rt, (uint8_t *)plane, pixel, 1, conv, NULL, &c));
    TAP_CHECK_EQ(plane[0], 1);
    TAP_CHECK_EQ(plane[1], 0x4000);
    TAP_CHECK_EQ(plane[2], 3);
    TAP_CHECK(gfx_blend_read(&rt, (uint8_t *)plane, pixel, 1, conv, &c));
    for (unsigned i = 0; i < 4; i++)
        TAP_CHECK_EQ(c.c[i][0], 0x40000000);
    TAP_CHECK(!gfx_blend_write(&rt, (uint8_t *)plane, pixel, 1, 94 << 12, NULL, &c));
}

static void bounded_memory(void)
{
    struct bench *b = bench_new(1, 0);
    uint64_t first = b->pass->id;

    for (unsigned i = 0; i < 300; i++)
        TAP_CHECK(gfx_pass_new(b->p, 2, 0x1000 * i, 4096, 4096, 1) != NULL);
    TAP_CHECK(b->p->pass_count <= 256);
    TAP_CHECK(gfx_pass_find(b->p, 1, first) == NULL); /* the oldest went first */
    TAP_CHECK(gfx_pass_new(b->p, 2, 0, 1 << 20, 1, 1) == NULL);
    uint64_t mine = gfx_pass_new(b->p, 3, 0, 64, 64, 1)->id;
    TAP_CHECK(gfx_pass_find(b->p, 4, mine) == NULL); /* of another address space */
    TAP_CHECK(gfx_pass_find(b->p, 3, mine) != NULL);
    bench_free(b);
}

TAP_MAIN({"no-crack", no_crack}, {"no-crack-msaa", no_crack_msaa},
         {"forced-samples", forced_samples}, {"top-left", top_left}, {"culling", culling},
         {"behind-the-eye", behind_the_eye}, {"depth-clip", depth_clip},
         {"perspective", perspective}, {"centroid", centroid}, {"strange-numbers", strange_numbers},
         {"lines-and-points", lines_and_points}, {"lines-once", lines_once},
         {"every-variant-covers", every_variant_covers}, {"depth-functions", depth_functions},
         {"stencil-operations", stencil_operations}, {"packing", packing},
         {"source-over", source_over}, {"twice-the-source", twice_the_source},
         {"float-targets", float_targets}, {"wide-conversion", wide_conversion},
         {"bounded-memory", bounded_memory})
