/*
 * BC1 to BC5: two end points and interpolated values between them, 4x4 texels. Colours decode to
 * RGBA8, BC4 and BC5 to 16 bits a channel.
 *
 * Source: the Khronos Data Format Specification (S3TC, RGTC). Interpolated values are rounded to
 * the nearest.
 *
 * Called through block.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"

/* --- colours ------------------------------------------------------------------------- */

static void expand565(unsigned c, int rgb[3])
{
    int r = c >> 11 & 31, g = c >> 5 & 63, b = c & 31;

    rgb[0] = r << 3 | r >> 2;
    rgb[1] = g << 2 | g >> 4;
    rgb[2] = b << 3 | b >> 2;
}

/* @opaque: always four colours, as in BC2 and BC3. */
static void colours(const uint8_t *block, uint8_t *texels, bool opaque)
{
    unsigned c0 = block[0] | block[1] << 8, c1 = block[2] | block[3] << 8;
    uint8_t palette[4][4];
    int a[3], b[3];

    expand565(c0, a);
    expand565(c1, b);
    for (unsigned i = 0; i < 3; i++) {
        bool four = opaque || c0 > c1;
        palette[0][i] = (uint8_t)a[i];
        palette[1][i] = (uint8_t)b[i];
        palette[2][i] = (uint8_t)(four ? (2 * a[i] + b[i] + 1) / 3 : (a[i] + b[i] + 1) / 2);
        palette[3][i] = (uint8_t)(four ? (a[i] + 2 * b[i] + 1) / 3 : 0);
    }
    palette[0][3] = palette[1][3] = palette[2][3] = 255;
    palette[3][3] = opaque || c0 > c1 ? 255 : 0;
    for (unsigned i = 0; i < 16; i++)
        memcpy(texels + 4 * i, palette[block[4 + i / 4] >> 2 * (i & 3) & 3], 4);
}

void bc1_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block, uint8_t *texels)
{
    colours(block, texels, false);
}

void bc2_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block, uint8_t *texels)
{
    colours(block + 8, texels, true);
    for (unsigned i = 0; i < 16; i++)
        texels[4 * i + 3] = (uint8_t)((block[i / 2] >> 4 * (i & 1) & 15) * 17);
}

/* --- single channels --------------------------------------------------------------------- */

/* Eight values in units of 1/35 of one. @six: six between the end points; else four, @lo and @hi.
 */
static void ramp(int a, int b, bool six, int lo, int hi, int value[8])
{
    value[0] = 35 * a;
    value[1] = 35 * b;
    for (int i = 0; i < 6; i++)
        if (six)
            value[2 + i] = 5 * ((6 - i) * a + (1 + i) * b);
        else
            value[2 + i] = i < 4 ? 7 * ((4 - i) * a + (1 + i) * b) : 35 * (i == 4 ? lo : hi);
}

static uint64_t indices(const uint8_t *block)
{
    uint64_t w = 0;

    memcpy(&w, block + 2, 6);
    return w;
}

/* @x / @y to the nearest, halves away from zero. */
static int divide(int64_t x, int64_t y)
{
    return (int)((x < 0 ? x - y / 2 : x + y / 2) / y);
}

void bc3_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block, uint8_t *texels)
{
    uint64_t index = indices(block);
    int value[8];

    colours(block + 8, texels, true);
    ramp(block[0], block[1], block[0] > block[1], 0, 255, value);
    for (unsigned i = 0; i < 16; i++)
        texels[4 * i + 3] = (uint8_t)divide(value[index >> 3 * i & 7], 35);
}

/* 16 values at @texels, @step bytes apart, as 16-bit integers. */
static void channel(const uint8_t *block, bool is_signed, uint8_t *texels, unsigned step)
{
    int a = is_signed ? (int8_t)block[0] : block[0], b = is_signed ? (int8_t)block[1] : block[1];
    int value[8], max = is_signed ? 127 : 255;
    uint64_t index = indices(block);
    bool six = a > b; /* before -128 becomes -127 */

    a = a < -127 ? -127 : a;
    b = b < -127 ? -127 : b;
    ramp(a, b, six, is_signed ? -127 : 0, max, value);
    for (unsigned i = 0; i < 16; i++) {
        int64_t v = (int64_t)value[index >> 3 * i & 7] * (is_signed ? 32767 : 65535);
        tex_put16(texels + step * i, (uint16_t)divide(v, 35 * max));
    }
}

void bc4_unorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                      uint8_t *texels)
{
    channel(block, false, texels, 2);
}

void bc4_snorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                      uint8_t *texels)
{
    channel(block, true, texels, 2);
}

void bc5_unorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                      uint8_t *texels)
{
    channel(block, false, texels, 4);
    channel(block + 8, false, texels + 2, 4);
}

void bc5_snorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                      uint8_t *texels)
{
    channel(block, true, texels, 4);
    channel(block + 8, true, texels + 2, 4);
}
