/*
 * Components of texels and attributes on their way to and from staging registers:
 * one to a register, or two halves of one when the register format has 16 bits.
 *
 * Called by image.c, attribute.c and the texture unit. Calls texel.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_COMPONENT_H
#define MALI_COMPONENT_H

#include "../valhall/exec.h"
#include "texel.h"

/** The third word of LEA_TEX and LEA_ATTR, for ST_CVT only: our own. 21:0 pixel format. */
#define COMPONENT_CONVERSION 0x40000000u

/** What a register of VA_REGFMT_... @regfmt holds for component @v of format @f; floats to integers
 * truncate, what does not fit is clamped. */
uint32_t component_to_register(const struct texel_format *f, uint32_t v, unsigned regfmt);
/** The inverse: the component as texel_store() wants it. */
uint32_t component_from_register(const struct texel_format *f, uint32_t v, unsigned regfmt);

static inline bool component_is_half(unsigned regfmt)
{
    return regfmt == VA_REGFMT_F16 || regfmt == VA_REGFMT_S16 || regfmt == VA_REGFMT_U16;
}

/** Component @k of lane @lane's staging registers; those that the instruction does not name are
 * neither written nor read. */
static inline void component_put(struct va_warp *w, const struct va_staging *sr, unsigned lane,
                                 unsigned k, uint32_t v, bool half)
{
    unsigned r = half ? k / 2 : k;

    if (r >= sr->count)
        return;
    if (half && (k & 1))
        w->r[sr->reg + r][lane] = (w->r[sr->reg + r][lane] & 0xffff) | v << 16;
    else
        w->r[sr->reg + r][lane] = v;
}

static inline uint32_t component_get(const struct va_warp *w, const struct va_staging *sr,
                                     unsigned lane, unsigned k, bool half)
{
    unsigned r = half ? k / 2 : k;

    if (r >= sr->count)
        return 0;
    return half && (k & 1) ? w->r[sr->reg + r][lane] >> 16 : w->r[sr->reg + r][lane];
}

#endif
