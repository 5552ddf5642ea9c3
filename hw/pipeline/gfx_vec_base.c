/*
 * gfx_vec.h for any CPU of the build's architecture, and the choice between variants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define GFX_VARIANT gfx_vec_base
#define VA_PIECE    16
#include "gfx_vec_body.h"

const struct gfx_vec *gfx_vec_best(void)
{
#ifdef __x86_64__
    if (va_alu_best() != va_alu_base) /* the same test */
        return &gfx_vec_avx2;
#endif
    return &gfx_vec_base;
}
