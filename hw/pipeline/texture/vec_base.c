/*
 * The vectors of wide.h for any CPU of the build's architecture, and the choice between variants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define TEX_VARIANT tex_vec_base
#define VA_PIECE    16
#include "vec_body.h"

const struct tex_vec *tex_vec_best(void)
{
#ifdef __x86_64__
    if (va_alu_best() != va_alu_base) /* the same test */
        return &tex_vec_avx2;
#endif
    return &tex_vec_base;
}
