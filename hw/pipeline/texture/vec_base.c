/*
 * The vectors of wide.h for any CPU of the build's architecture, and the choice between variants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define TEX_VARIANT tex_vec_base
#define VA_PIECE    16
#include "vec_body.h"

const struct tex_vec *tex_vec_of(enum va_vectors v)
{
    static const struct tex_vec *const variants[VA_VECTORS] = {
        &tex_vec_base,
#ifdef __x86_64__
        &tex_vec_avx2,
        &tex_vec_avx512,
#endif
    };

    return va_alu_of(v) ? variants[v] : NULL; /* the same test */
}

const struct tex_vec *tex_vec_best(void)
{
    return tex_vec_of(va_vectors());
}
