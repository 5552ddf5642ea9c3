/*
 * Vector arithmetic of fragments against the functions that do the same lane by lane: the same bits
 * for random values and edge values, in every variant that this CPU runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>
#include <string.h>

#include "../../hw/pipeline/gfx_vec.h"
#include "../../hw/pipeline/texel.h"
#include "../../hw/pipeline/texture/surface.h"
#include "tap.h"

#define ROUNDS 20000

static const struct gfx_vec *variants[VA_VECTORS];
static unsigned variant_count;

static void find_variants(void)
{
    for (variant_count = 0; variant_count < VA_VECTORS && gfx_vec_of(variant_count);
         variant_count++)
        variants[variant_count] = gfx_vec_of(variant_count);
    TAP_CHECK(variant_count && variants[variant_count - 1] == gfx_vec_best());
}

static uint64_t state = 88172645463325252ull;

static uint32_t rnd(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static uint32_t bits_of(float f)
{
    uint32_t u;

    memcpy(&u, &f, 4);
    return u;
}

static float float_of(uint32_t u)
{
    float f;

    memcpy(&f, &u, 4);
    return f;
}

/* Mostly from 0 to 1, sometimes anything. */
static uint32_t some_float(void)
{
    static const float edges[] = {0, -0.0f, 1, -1, 0.5f, 2, INFINITY, -INFINITY, NAN, 0x1p-140f};

    switch (rnd() % 8) {
    case 0:
        return bits_of(edges[rnd() % (sizeof(edges) / sizeof(edges[0]))]);
    case 1:
        return rnd();
    default:
        return bits_of((float)(rnd() & 0xffffff) / 0xffffff);
    }
}

static bool same(const char *what, const struct gfx_vec *v, unsigned i, uint32_t got, uint32_t want)
{
    unsigned which = 0;

    if (got == want)
        return true;
    while (which < variant_count && variants[which] != v)
        which++;
    tap_note("%s, variant %u, lane %u: got 0x%08x, expected 0x%08x", what, which, i, got, want);
    return TAP_CHECK(false);
}

static void random_colors(struct gfx_color *c)
{
    for (unsigned n = 0; n < 4; n++)
        for (unsigned i = 0; i < VA_LANES; i++)
            c->c[n][i] = some_float();
}

/* Formats and equations at random; the reference gets the same pixels. */
static void blending(void)
{
    uint16_t pixel[VA_LANES];

    for (unsigned i = 0; i < VA_LANES; i++)
        pixel[i] = (uint16_t)i;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct gfx_rt rt = {.internal = (uint8_t)(1 + rnd() % 6), .bytes = 4};
        struct gfx_blend b = {.alpha_one = rnd() & 1,
                              .round = rnd() & 1,
                              .constant = (uint16_t)rnd(),
                              .equation = rnd()};
        const struct gfx_blend *use = rnd() % 4 ? &b : NULL;
        uint32_t plane[VA_LANES], conv = rnd() % 2 ? 225u << 12 : 0;
        struct gfx_color src;
        struct gfx_vec_blend d;
        va_v16u word[VA_VECTORS];
        random_colors(&src);
        for (unsigned i = 0; i < VA_LANES; i++)
            plane[i] = rnd();
        for (unsigned n = 0; n < VA_VECTORS; n++)
            memcpy(&word[n], plane, sizeof(plane));
        gfx_blend_layout(&rt, conv, use, &d);
        TAP_REQUIRE(gfx_blend_write(&rt, (uint8_t *)plane, pixel, 0xffff, conv, use, &src));
        for (unsigned n = 0; n < variant_count; n++) {
            variants[n]->blend(&d, &src, &word[n]);
            for (unsigned i = 0; i < VA_LANES; i++)
                if (!same("blend", variants[n], i, word[n][i], plane[i])) {
                    tap_note("format %u, equation 0x%08x", rt.internal, use ? b.equation : 0);
                    return;
                }
        }
    }
}

static float clamped(const struct gfx_vec_depth *d, float z)
{
    return !d->clamp ? z : z > d->low ? (z < d->high ? z : d->high) : d->low;
}

static void depths(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct gfx_vec_depth d = {.clamp = rnd() & 1, .high = 1, .internal = rnd() % 3};
        struct gfx_fb fb = {.z_internal = (uint8_t)d.internal};
        float plane[3][GFX_SLOTS], bias[GFX_SLOTS];
        va_v16u slot, x, y, z[VA_VECTORS];
        d.slot = (const uint32_t *)&slot;
        d.plane = rnd() % 8 ? plane : NULL;
        d.bias = rnd() % 2 ? bias : NULL;
        d.fixed = float_of(some_float());
        for (unsigned i = 0; i < 3; i++)
            for (unsigned q = 0; q < GFX_SLOTS; q++)
                plane[i][q] = float_of(some_float());
        for (unsigned q = 0; q < GFX_SLOTS; q++)
            bias[q] = float_of(some_float());
        for (unsigned i = 0; i < VA_LANES; i++) {
            x[i] = bits_of((float)(rnd() % 64) - 0.5f);
            y[i] = bits_of((float)(rnd() % 64) - 0.5f);
            slot[i] = rnd() % GFX_SLOTS;
        }
        for (unsigned n = 0; n < variant_count; n++) {
            variants[n]->depth(&d, &x, &y, &z[n]);
            for (unsigned i = 0; i < VA_LANES; i++) {
                unsigned q = slot[i];
                float v = d.fixed;
                if (d.plane)
                    v = plane[0][q] + plane[1][q] * float_of(x[i]) + plane[2][q] * float_of(y[i]);
                v = clamped(&d, d.bias ? v + bias[q] : v);
                if (d.internal == 2 && v != v && z[n][i] << 1 > 0xff000000u)
                    continue; /* which NaN is left open */
                if (!same("depth", variants[n], i, z[n][i], gfx_z_pack(&fb, v)))
                    return;
            }
        }
    }
}

static void comparing(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct gfx_fb fb = {.samples = 1, .z_internal = rnd() & 1 ? 2 : 1};
        struct gfx_zs zs = {.z_func = (uint8_t)(rnd() % 8)};
        static uint32_t plane[GFX_PIXELS];
        static uint8_t stencil[GFX_PIXELS];
        struct gfx_tile t = {.z = plane, .s = stencil};
        va_v16u z, old;
        for (unsigned i = 0; i < VA_LANES; i++) {
            z[i] = fb.z_internal == 2 ? some_float() : rnd() & 0xffffff;
            old[i] = plane[i] = rnd() % 4 ? z[i] ^ (rnd() & 3) : some_float() & 0x3fffffff;
        }
        for (unsigned n = 0; n < variant_count; n++) {
            uint16_t got = variants[n]->compare(zs.z_func, fb.z_internal == 2, &z, &old);
            for (unsigned i = 0; i < VA_LANES; i++) {
                uint32_t one = z[i];
                uint16_t want = gfx_zs_test(&fb, &t, &zs, 0, i, 1, &one, -1, false);
                if (!same("compare", variants[n], i, got >> i & 1, want))
                    return;
            }
        }
    }
}

static void halves_and_masks(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint16_t lanes = (uint16_t)rnd();
        va_v16u in, old, half, full, low, one;
        for (unsigned i = 0; i < VA_LANES; i++) {
            in[i] = rnd() % 2 ? rnd() : some_float();
            old[i] = rnd();
        }
        for (unsigned n = 0; n < variant_count; n++) {
            const struct gfx_vec *v = variants[n];
            v->to_half(&in, &half);
            v->from_half(&in, 16, &full);
            low = old;
            v->merge(&low, &in, lanes, 0xffff);
            v->spread(lanes, &one);
            TAP_CHECK_EQ(v->bits(&one), lanes);
            for (unsigned i = 0; i < VA_LANES; i++)
                if (!same("to_half", v, i, half[i], texel_float_to_half(in[i])) ||
                    !same("from_half", v, i, full[i],
                          texel_half_to_float((uint16_t)(in[i] >> 16))) ||
                    !same("merge", v, i, low[i],
                          lanes >> i & 1 ? (old[i] & 0xffff0000) | (in[i] & 0xffff) : old[i]) ||
                    !same("spread", v, i, one[i], lanes >> i & 1))
                    return;
        }
    }
}

static void bytes_change_places(void)
{
    enum { WORDS = 48 };

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t in[4 * WORDS + 1], out[4 * WORDS + 2], from[4];
        for (unsigned i = 0; i < sizeof(in); i++)
            in[i] = (uint8_t)rnd();
        for (unsigned c = 0; c < 4; c++)
            from[c] = rnd() % 6;
        for (unsigned n = 0; n < variant_count; n++) {
            out[0] = out[4 * WORDS + 1] = 0xa5; /* must stay */
            variants[n]->bytes(from, in + 1, out + 1, WORDS);
            TAP_CHECK(out[0] == 0xa5 && out[4 * WORDS + 1] == 0xa5);
            for (unsigned i = 0; i < 4 * WORDS; i++) {
                unsigned f = from[i % 4];
                unsigned want = f == 5 ? 255 : f == 4 ? 0 : in[1 + i / 4 * 4 + f];
                if (!same("bytes", variants[n], i, out[1 + i], want))
                    return;
            }
        }
    }
}

static void squares(void)
{
    for (unsigned round = 0; round < 100; round++) {
        static uint8_t in[4 * GFX_PIXELS + 1], out[4 * 256 + 2];
        for (unsigned i = 0; i < sizeof(in); i++)
            in[i] = (uint8_t)rnd();
        for (unsigned n = 0; n < variant_count; n++) {
            out[0] = out[4 * 256 + 1] = 0xa5; /* must stay */
            variants[n]->interleave(in + 1, out + 1);
            TAP_CHECK(out[0] == 0xa5 && out[4 * 256 + 1] == 0xa5);
            for (unsigned i = 0; i < 256; i++) {
                const uint8_t *got = out + 1 + 4 * tex_tile_index(i % 16, i / 16, 4);
                uint32_t a, b;
                memcpy(&a, got, 4);
                memcpy(&b, in + 1 + 4 * (i / 16 * GFX_TILE + i % 16), 4);
                if (!same("interleave", variants[n], i, a, b))
                    return;
            }
        }
    }
}

static void interpolation(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        float bary[3][3], value[4][3];
        va_v16u x, y, out[4];
        for (unsigned i = 0; i < 3; i++)
            for (unsigned k = 0; k < 3; k++)
                bary[i][k] = (float)(int32_t)rnd() * 0x1p-30f;
        for (unsigned c = 0; c < 4; c++)
            for (unsigned k = 0; k < 3; k++)
                value[c][k] = float_of(some_float());
        for (unsigned i = 0; i < VA_LANES; i++) {
            x[i] = bits_of((float)(rnd() % 64) - 0.5f);
            y[i] = bits_of((float)(rnd() % 64) - 0.5f);
        }
        for (unsigned n = 0; n < variant_count; n++) {
            variants[n]->interpolate(bary, &x, &y, (const float(*)[3])value, 4, out);
            for (unsigned i = 0; i < VA_LANES * 4; i++) {
                unsigned lane = i % VA_LANES, c = i / VA_LANES;
                const float *v = value[c];
                float b[3], sum;
                for (unsigned k = 0; k < 3; k++)
                    b[k] = bary[k][0] + bary[k][1] * float_of(x[lane]) +
                           bary[k][2] * float_of(y[lane]);
                sum = v[0] + (b[1] * (v[1] - v[0]) + b[2] * (v[2] - v[0])) / (b[0] + b[1] + b[2]);
                if (sum != sum && out[c][lane] << 1 > 0xff000000u)
                    continue;
                if (!same("interpolate", variants[n], lane, out[c][lane], bits_of(sum)))
                    return;
            }
        }
    }
}

/* Each primitive has its planes and values: what the function for one makes of each of them. */
static void slots(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        float bary[3][3][GFX_SLOTS], value[4][3][GFX_SLOTS], one_bary[3][3], one_value[4][3];
        va_v16u slot, x, y, out[4], want[4];
        for (unsigned i = 0; i < 9 * GFX_SLOTS; i++)
            bary[i / GFX_SLOTS / 3][i / GFX_SLOTS % 3][i % GFX_SLOTS] =
                (float)(int32_t)rnd() * 0x1p-30f;
        for (unsigned i = 0; i < 12 * GFX_SLOTS; i++)
            value[i / GFX_SLOTS / 3][i / GFX_SLOTS % 3][i % GFX_SLOTS] = float_of(some_float());
        for (unsigned i = 0; i < VA_LANES; i++) {
            x[i] = bits_of((float)(rnd() % 64) - 0.5f);
            y[i] = bits_of((float)(rnd() % 64) - 0.5f);
            slot[i] = rnd() % GFX_SLOTS;
        }
        for (unsigned n = 0; n < variant_count; n++) {
            variants[n]->interpolate_slots((const float(*)[3][GFX_SLOTS])bary,
                                           (const uint32_t *)&slot, &x, &y,
                                           (const float(*)[3][GFX_SLOTS])value, 4, out);
            for (unsigned s = 0; s < GFX_SLOTS; s++) {
                for (unsigned i = 0; i < 9; i++)
                    one_bary[i / 3][i % 3] = bary[i / 3][i % 3][s];
                for (unsigned i = 0; i < 12; i++)
                    one_value[i / 3][i % 3] = value[i / 3][i % 3][s];
                variants[n]->interpolate((const float(*)[3])one_bary, &x, &y,
                                         (const float(*)[3])one_value, 4, want);
                for (unsigned i = 0; i < 4 * VA_LANES; i++) {
                    unsigned lane = i % VA_LANES, c = i / VA_LANES;
                    if (slot[lane] != s ||
                        (want[c][lane] << 1 > 0xff000000u && out[c][lane] << 1 > 0xff000000u))
                        continue; /* which NaN is left open */
                    if (!same("interpolate_slots", variants[n], lane, out[c][lane], want[c][lane]))
                        return;
                }
            }
        }
    }
}

/* Edges as long as an outline's may be, one by one. */
static bool inside(const struct gfx_vec_edges *e, unsigned x, unsigned y)
{
    for (unsigned i = 0; i < GFX_CORNERS; i++)
        if ((int64_t)e->a[i] * x + (int64_t)e->b[i] * y + e->c[i] < 0)
            return false;
    return true;
}

static void coverage(void)
{
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        unsigned first = rnd() % GFX_TILE, rows = 1 + rnd() % GFX_TILE, shift = rnd() % 20;
        unsigned edges = rnd() % (GFX_CORNERS + 1), columns = 1 + rnd() % (GFX_TILE - first);
        struct gfx_vec_edges e = {0};
        uint32_t row[GFX_TILE + 1];
        for (unsigned i = 0; i < edges; i++) { /* through the box, or near it */
            e.a[i] = (int32_t)(rnd() % (1 << 24)) - (1 << 23);
            e.b[i] = (int32_t)(rnd() % (1 << 24)) - (1 << 23);
            e.a[i] >>= shift;
            e.b[i] >>= shift;
            e.c[i] = -e.a[i] * (int32_t)(rnd() % 40) - e.b[i] * (int32_t)(rnd() % 40);
        }
        for (unsigned n = 0; n < variant_count; n++) {
            row[rows] = 0xa5a5a5a5;
            variants[n]->cover(&e, first, columns, rows, row);
            TAP_CHECK_EQ(row[rows], 0xa5a5a5a5);
            for (unsigned y = 0; y < rows; y++) /* nothing beside it */
                TAP_CHECK_EQ(row[y] & ~(~0u >> (32 - columns) << first), 0);
            for (unsigned i = 0; i < columns * rows; i++) {
                unsigned at_x = i % columns, at_y = i / columns;
                if (!same("cover", variants[n], i, row[at_y] >> (first + at_x) & 1,
                          inside(&e, at_x, at_y)))
                    return;
            }
        }
    }
}

static void all_of(void (*test)(void))
{
    find_variants();
    test();
    tap_note("%u variants", variant_count);
}

static void test_blending(void)
{
    all_of(blending);
}

static void test_depths(void)
{
    all_of(depths);
}

static void test_comparing(void)
{
    all_of(comparing);
}

static void test_halves(void)
{
    all_of(halves_and_masks);
}

static void test_interpolation(void)
{
    all_of(interpolation);
}

static void test_bytes(void)
{
    all_of(bytes_change_places);
}

static void test_slots(void)
{
    all_of(slots);
}

static void test_coverage(void)
{
    all_of(coverage);
}

static void test_squares(void)
{
    all_of(squares);
}

TAP_MAIN({"blending", test_blending}, {"depths", test_depths}, {"comparing", test_comparing},
         {"halves-and-masks", test_halves}, {"interpolation", test_interpolation},
         {"slots", test_slots}, {"bytes-change-places", test_bytes}, {"coverage", test_coverage},
         {"squares", test_squares})
