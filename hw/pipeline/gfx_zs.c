/*
 * Depth and stencil: the descriptor, how depths are kept in the tile buffer, and
 * the test. Fixed-point depths are compared as integers, fp32 ones as numbers.
 *
 * Called by fragment.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>

#include "gfx.h"

enum { Z_D16, Z_D24, Z_D32 }; /* internal formats. Source: v10.xml */

static void unpack_face(struct gfx_zs *zs, unsigned face, uint32_t ops, uint32_t masks,
                        uint32_t values, uint32_t refs)
{
    zs->face[face].func = ops & 7;
    zs->face[face].fail = ops >> 3 & 7;
    zs->face[face].zfail = ops >> 6 & 7;
    zs->face[face].zpass = ops >> 9 & 7;
    zs->face[face].write_mask = masks & 0xff;
    zs->face[face].value_mask = values & 0xff;
    zs->face[face].ref = refs & 0xff;
}

void gfx_zs_unpack(const uint32_t w[8], struct gfx_zs *zs)
{
    union {
        uint32_t u;
        float f;
    } units = {w[5]}, factor = {w[6]}, clamp = {w[7]};

    *zs = (struct gfx_zs){
        .stencil = w[0] >> 31,
        .s_from_shader = w[0] >> 30 & 1,
        .read_only = w[4] >> 21 & 1,
        .clamp = w[4] >> 23 & 3,
        .z_source = w[4] >> 25 & 3,
        .z_write = w[4] >> 27 & 1,
        .bias = w[4] >> 28 & 1,
        .z_func = w[4] >> 29,
        .units = units.f,
        .factor = factor.f,
        .bias_clamp = clamp.f,
    };
    unpack_face(zs, 0, w[0] >> 4, w[1], w[1] >> 16, w[2]);
    unpack_face(zs, 1, w[0] >> 16, w[1] >> 8, w[1] >> 24, w[2] >> 8);
}

uint32_t gfx_z_pack(const struct gfx_fb *fb, float z)
{
    union {
        float f;
        uint32_t u;
    } v = {z};

    if (fb->z_internal == Z_D32)
        return v.u;
    double max = fb->z_internal == Z_D16 ? 0xffff : 0xffffff;
    double c = z > 0 ? (z < 1 ? (double)z : 1.0) : 0.0; /* NaN: 0 */
    return (uint32_t)lrint(c * max);
}

/* -1, 0, 1: a against b. */
static int order(bool floats, uint32_t a, uint32_t b)
{
    union {
        uint32_t u;
        float f;
    } x = {a}, y = {b};

    if (floats)
        return x.f < y.f ? -1 : x.f > y.f;
    return a < b ? -1 : a > b;
}

static bool passes(unsigned func, int o)
{
    /* The function is a set: bit 0 less, 1 equal, 2 greater. Source: v10.xml, "Func". */

    return func >> (o + 1) & 1;
}

static uint8_t stencil_op(unsigned op, uint8_t old, uint8_t ref)
{
    switch (op & 7) {
    case 0:
        return old;
    case 1:
        return ref;
    case 2:
        return 0;
    case 3:
        return (uint8_t)~old;
    case 4:
        return (uint8_t)(old + 1);
    case 5:
        return (uint8_t)(old - 1);
    case 6:
        return old == 0xff ? old : (uint8_t)(old + 1);
    default:
        return old ? (uint8_t)(old - 1) : old;
    }
}

uint16_t gfx_zs_test(const struct gfx_fb *fb, struct gfx_tile *t, const struct gfx_zs *zs,
                     unsigned face, unsigned pixel, uint16_t cover, const uint32_t *z, int stencil,
                     bool update)
{
    uint16_t pass = 0;

    for (unsigned s = 0; s < fb->samples; s++) {
        uint32_t *zp = &t->z[s * GFX_PIXELS + pixel];
        uint8_t *sp = &t->s[s * GFX_PIXELS + pixel];
        uint8_t ref = stencil >= 0 ? (uint8_t)stencil : zs->face[face].ref, op;
        if (!(cover >> s & 1))
            continue;
        unsigned vm = zs->face[face].value_mask;
        bool s_ok = !zs->stencil || passes(zs->face[face].func,
                                           (ref & vm) < (*sp & vm) ? -1 : (ref & vm) > (*sp & vm));
        bool z_ok = passes(zs->z_func, order(fb->z_internal == Z_D32, z[s], *zp));
        pass |= (uint16_t)((s_ok && z_ok) << s);
        if (!update)
            continue;
        if (zs->stencil) {
            uint8_t wm = zs->face[face].write_mask;
            op = !s_ok ? zs->face[face].fail : !z_ok ? zs->face[face].zfail : zs->face[face].zpass;
            *sp = (uint8_t)((*sp & ~wm) | (stencil_op(op, *sp, ref) & wm));
        }
        if (zs->z_write && s_ok && z_ok)
            *zp = z[s];
    }
    return pass;
}
