/*
 * Levels of detail: how coarse a level a sample wants, from how fast its coordinates change. In
 * 1/256 of a level, computed in integers and exact floating-point steps, the same on every host.
 *
 * Source of the rules: the Vulkan specification (Scale Factor Operation, Level-of-Detail
 * Operation); rounding to 1/256 is a choice.
 *
 * Called by tex_message.c and sample.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "texture.h"

#define LOD_MOST 32768

int32_t tex_log2_square(double square)
{
    uint64_t bits;
    double m;
    int32_t lod;

    if (!(square > 0))
        return -LOD_MOST;
    memcpy(&bits, &square, 8);
    lod = ((int32_t)(bits >> 52) - 1023) * 128; /* half of the exponent, in 1/256 */
    if (lod >= LOD_MOST)
        return LOD_MOST - 1;
    if (lod <= -LOD_MOST)
        return -LOD_MOST;
    bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
    memcpy(&m, &bits, 8);
    /* the fraction: seven bits, and one to round by */
    unsigned fraction = 0;
    for (unsigned i = 0; i < 8; i++) {
        m *= m;
        fraction <<= 1;
        if (m >= 2) {
            fraction |= 1;
            m /= 2;
        }
    }
    return lod + (int32_t)((fraction + 1) >> 1);
}

static double length2(const float v[3])
{
    return (double)v[0] * v[0] + (double)v[1] * v[1] + (double)v[2] * v[2];
}

/* The least n with n * n * @small >= @large, at most @most. */
static unsigned ratio(double large, double small, unsigned most)
{
    unsigned n = 1;

    while (n < most && (double)n * n * small < large)
        n++;
    return n;
}

void tex_lod(const struct tex_texture *t, const struct tex_sampler *s, const struct tex_gradient *g,
             struct tex_lod *out)
{
    double x = length2(g->dx), y = length2(g->dy), large = x >= y ? x : y, small = x >= y ? y : x;
    const float *major = x >= y ? g->dx : g->dy;

    *out = (struct tex_lod){.probes = 1};
    if (s->max_anisotropy > 1 && t->dim == TEX_2D && large > 0) {
        out->probes = (uint8_t)ratio(large, small, s->max_anisotropy);
        out->axis[0] = major[0] / (float)t->width;
        out->axis[1] = major[1] / (float)t->height;
        large /= (double)out->probes * out->probes;
    }
    out->lod = tex_log2_square(large);
}

int32_t tex_lod_clamp(const struct tex_texture *t, const struct tex_sampler *s, int32_t lod)
{
    int32_t lo = s->min_lod > t->min_lod ? s->min_lod : t->min_lod,
            hi = s->max_lod < t->max_lod ? s->max_lod : t->max_lod, last = 256 * (t->levels - 1);

    hi = hi < last ? hi : last;
    lod = lod > lo ? lod : lo;
    return lod < hi ? lod : hi;
}
