/*
 * Components of texels and attributes as registers hold them.
 *
 * Called by image.c, attribute.c and the texture unit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "component.h"

#include <string.h>

static float as_float(uint32_t u)
{
    float f;

    memcpy(&f, &u, 4);
    return f;
}

static uint32_t as_bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, 4);
    return u;
}

static uint32_t float_to_int(float f, bool is_signed)
{
    if (f != f)
        return 0;
    if (is_signed)
        return f <= -0x1p31f ? 0x80000000u : f >= 0x1p31f ? 0x7fffffffu : (uint32_t)(int32_t)f;
    return f <= 0 ? 0 : f >= 0x1p32f ? ~0u : (uint32_t)f;
}

static uint32_t int_clamp16(uint32_t v, bool from_signed, bool to_signed)
{
    int64_t x = from_signed ? (int32_t)v : (int64_t)v, lo = to_signed ? -32768 : 0,
            hi = to_signed ? 32767 : 65535;

    return (uint32_t)(x < lo ? lo : x > hi ? hi : x) & 0xffff;
}

uint32_t component_to_register(const struct texel_format *f, uint32_t v, unsigned regfmt)
{
    bool integer = texel_is_integer(f), sint = f->type == TEXEL_SINT;

    switch (regfmt) {
    case VA_REGFMT_F32:
    case VA_REGFMT_F16:
        if (integer)
            v = as_bits(sint ? (float)(int32_t)v : (float)v);
        return regfmt == VA_REGFMT_F32 ? v : texel_float_to_half(v);
    case VA_REGFMT_S32:
    case VA_REGFMT_U32:
        return integer ? v : float_to_int(as_float(v), regfmt == VA_REGFMT_S32);
    case VA_REGFMT_S16:
    case VA_REGFMT_U16:
        if (!integer)
            v = float_to_int(as_float(v), regfmt == VA_REGFMT_S16);
        return int_clamp16(v, integer ? sint : regfmt == VA_REGFMT_S16, regfmt == VA_REGFMT_S16);
    default:
        return v;
    }
}

uint32_t component_from_register(const struct texel_format *f, uint32_t v, unsigned regfmt)
{
    bool integer = texel_is_integer(f), is_float = false, is_signed = false;

    switch (regfmt) {
    case VA_REGFMT_AUTO:
        return v;
    case VA_REGFMT_F16:
        v = texel_half_to_float(v & 0xffff);
        is_float = true;
        break;
    case VA_REGFMT_F32:
        is_float = true;
        break;
    case VA_REGFMT_S16:
        v = (uint32_t)(int32_t)(int16_t)v;
        is_signed = true;
        break;
    case VA_REGFMT_U16:
        v &= 0xffff;
        break;
    default:
        is_signed = regfmt == VA_REGFMT_S32;
    }
    if (integer && is_float)
        return float_to_int(as_float(v), f->type == TEXEL_SINT);
    if (integer && is_signed && f->type == TEXEL_UINT)
        return (int32_t)v < 0 ? 0 : v;
    if (integer && !is_signed && f->type == TEXEL_SINT)
        return v > 0x7fffffff ? 0x7fffffff : v;
    if (!integer && !is_float)
        return as_bits(is_signed ? (float)(int32_t)v : (float)v);
    return v;
}
