/*
 * gfx_vec.h and gfx_lanes.h for any CPU of the build's architecture, and the choice between
 * variants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define GFX_VARIANT gfx_vec_base
#define GFX_LANES   gfx_lanes_base
#define VA_PIECE    16
#include "gfx_vec_body.h"
#include "gfx_lanes_body.h"
#include "gfx_warp_body.h"

const struct gfx_vec *gfx_vec_of(enum va_vectors v)
{
    static const struct gfx_vec *const variants[VA_VECTORS] = {
        &gfx_vec_base,
#ifdef __x86_64__
        &gfx_vec_avx2,
        &gfx_vec_avx512,
#endif
    };

    return va_alu_of(v) ? variants[v] : NULL; /* the same test */
}

const struct gfx_lanes *gfx_lanes_variant(enum va_vectors v)
{
    static const struct gfx_lanes *const variants[VA_VECTORS] = {
        &gfx_lanes_base,
#ifdef __x86_64__
        &gfx_lanes_avx2,
        &gfx_lanes_avx512,
#endif
    };

    return va_alu_of(v) ? variants[v] : NULL;
}

const struct gfx_lanes *gfx_lanes_best(void)
{
    return gfx_lanes_variant(va_vectors());
}

const struct gfx_vec *gfx_vec_best(void)
{
    return gfx_vec_of(va_vectors());
}
