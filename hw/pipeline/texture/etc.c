/*
 * ETC2 and EAC: blocks of 4x4 texels around base colours. Colours decode to RGBA8, R11 and RG11 to
 * 16 bits a channel. ETC1 is a subset. Texels are numbered down the columns.
 *
 * Source: the Khronos Data Format Specification (ETC2), whose tables these are.
 *
 * Called through block.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"

static const uint8_t modifiers[8][2] = {{2, 8},   {5, 17},  {9, 29},   {13, 42},
                                        {18, 60}, {24, 80}, {33, 106}, {47, 183}};
static const uint8_t distances[8] = {3, 6, 11, 16, 23, 32, 41, 64};
static const int8_t eac_modifiers[16][8] = {
    {-3, -6, -9, -15, 2, 5, 8, 14}, {-3, -7, -10, -13, 2, 6, 9, 12}, {-2, -5, -8, -13, 1, 4, 7, 12},
    {-2, -4, -6, -13, 1, 3, 5, 12}, {-3, -6, -8, -12, 2, 5, 7, 11},  {-3, -7, -9, -11, 2, 6, 8, 10},
    {-4, -7, -8, -11, 3, 6, 7, 10}, {-3, -5, -8, -11, 2, 4, 7, 10},  {-2, -6, -8, -10, 1, 5, 7, 9},
    {-2, -5, -8, -10, 1, 4, 7, 9},  {-2, -4, -8, -10, 1, 3, 7, 9},   {-2, -5, -7, -10, 1, 4, 6, 9},
    {-3, -4, -7, -10, 2, 3, 6, 9},  {-1, -2, -3, -10, 0, 1, 2, 9},   {-4, -6, -8, -9, 3, 5, 7, 8},
    {-3, -5, -7, -9, 2, 4, 6, 8}};

static int clamp8(int v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

static int widen(unsigned v, unsigned bits)
{
    return (int)(v << (8 - bits) | v >> (2 * bits - 8));
}

/* --- colours -------------------------------------------------------------------------- */

/* The index of texel @i: 0 to 3. */
static unsigned index_of(const uint8_t *b, unsigned i)
{
    unsigned high = (unsigned)b[4] << 8 | b[5], low = (unsigned)b[6] << 8 | b[7];

    return (high >> i & 1) << 1 | (low >> i & 1);
}

static void put(uint8_t *texels, unsigned i, const int rgb[3], int add, bool clear)
{
    uint8_t *t = texels + 4 * (i / 4 + 4 * (i & 3));

    for (unsigned c = 0; c < 3; c++)
        t[c] = clear ? 0 : (uint8_t)clamp8(rgb[c] + add);
    t[3] = clear ? 0 : 255;
}

/* Two halves with a base colour each. @solid: no index means transparent. */
static void halves(const uint8_t *b, int base[2][3], bool solid, uint8_t *texels)
{
    bool flip = b[3] & 1;

    for (unsigned i = 0; i < 16; i++) {
        unsigned half = flip ? (i & 3) / 2 : i / 8, index = index_of(b, i);
        const uint8_t *m = modifiers[half ? b[3] >> 2 & 7 : b[3] >> 5];
        int add = index & 1 ? m[1] : solid ? m[0] : 0;
        put(texels, i, base[half], index & 2 ? -add : add, !solid && index == 2);
    }
}

static void four_colours(const uint8_t *b, const int colour[4][3], const int add[4], bool solid,
                         uint8_t *texels)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned index = index_of(b, i);
        put(texels, i, colour[index], add[index], !solid && index == 2);
    }
}

static void mode_t(const uint8_t *b, bool solid, uint8_t *texels)
{
    const int d = distances[(b[3] >> 2 & 3) << 1 | (b[3] & 1)];
    const int first[3] = {((b[0] >> 3 & 3) << 2 | (b[0] & 3)) * 17, (b[1] >> 4) * 17,
                          (b[1] & 15) * 17};
    const int second[3] = {(b[2] >> 4) * 17, (b[2] & 15) * 17, (b[3] >> 4) * 17};
    int colour[4][3];

    for (unsigned k = 0; k < 4; k++)
        memcpy(colour[k], k ? second : first, sizeof(first));
    four_colours(b, (const int(*)[3])colour, (const int[4]){0, d, 0, -d}, solid, texels);
}

static void mode_h(const uint8_t *b, bool solid, uint8_t *texels)
{
    const int first[3] = {b[0] >> 3 & 15, (b[0] & 7) << 1 | (b[1] >> 4 & 1),
                          (b[1] & 8) | (b[1] & 3) << 1 | b[2] >> 7};
    const int second[3] = {b[2] >> 3 & 15, (b[2] & 7) << 1 | b[3] >> 7, b[3] >> 3 & 15};
    bool order =
        (first[0] << 8 | first[1] << 4 | first[2]) >= (second[0] << 8 | second[1] << 4 | second[2]);
    const int d = distances[(b[3] & 4) | (b[3] & 1) << 1 | order];
    int colour[4][3];

    for (unsigned k = 0; k < 4; k++)
        for (unsigned c = 0; c < 3; c++)
            colour[k][c] = (k < 2 ? first[c] : second[c]) * 17;
    four_colours(b, (const int(*)[3])colour, (const int[4]){d, -d, d, -d}, solid, texels);
}

/* A plane through three colours: origin, to the right, down. */
static void planar(const uint8_t *b, uint8_t *texels)
{
    const int o[3] = {widen(b[0] >> 1 & 63, 6), widen((b[0] & 1u) << 6 | (b[1] >> 1 & 63), 7),
                      widen((b[1] & 1u) << 5 | (b[2] & 0x18) | (b[2] & 3u) << 1 | b[3] >> 7, 6)};
    const int h[3] = {widen((b[3] >> 2 & 31u) << 1 | (b[3] & 1), 6), widen(b[4] >> 1, 7),
                      widen((b[4] & 1u) << 5 | b[5] >> 3, 6)};
    const int v[3] = {widen((b[5] & 7u) << 3 | b[6] >> 5, 6),
                      widen((b[6] & 31u) << 2 | b[7] >> 6, 7), widen(b[7] & 63, 6)};

    for (int i = 0; i < 16; i++) {
        int rgb[3], x = i / 4, y = i & 3;
        for (unsigned c = 0; c < 3; c++)
            rgb[c] = (x * (h[c] - o[c]) + y * (v[c] - o[c]) + 4 * o[c] + 2) >> 2;
        put(texels, (unsigned)i, rgb, 0, false);
    }
}

/* @alpha1: the bit that says "differential" elsewhere says "solid" here. */
static void rgb(const uint8_t *b, bool alpha1, uint8_t *texels)
{
    bool flag = b[3] & 2, solid = !alpha1 || flag;
    int base[2][3];

    if (!alpha1 && !flag) {
        for (unsigned c = 0; c < 3; c++) {
            base[0][c] = (b[c] >> 4) * 17;
            base[1][c] = (b[c] & 15) * 17;
        }
        halves(b, base, true, texels);
        return;
    }
    for (unsigned c = 0; c < 3; c++) {
        int first = b[c] >> 3, delta = (b[c] & 3) - (b[c] & 4), second = first + delta;
        if (second < 0 || second > 31) { /* the first that does not fit says which mode it is */
            if (c == 0)
                mode_t(b, solid, texels);
            else if (c == 1)
                mode_h(b, solid, texels);
            else
                planar(b, texels);
            return;
        }
        base[0][c] = widen((unsigned)first, 5);
        base[1][c] = widen((unsigned)second, 5);
    }
    halves(b, base, solid, texels);
}

void etc2_rgb_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                     uint8_t *texels)
{
    rgb(block, false, texels);
}

void etc2_rgba1_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                       uint8_t *texels)
{
    rgb(block, true, texels);
}

/* --- single channels --------------------------------------------------------------------- */

static int eac_modifier(const uint8_t *b, unsigned i)
{
    uint64_t bits = 0;

    for (unsigned k = 2; k < 8; k++)
        bits = bits << 8 | b[k];
    return eac_modifiers[b[1] & 15][bits >> (45 - 3 * i) & 7];
}

void etc2_rgba_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                      uint8_t *texels)
{
    rgb(block + 8, false, texels);
    for (unsigned i = 0; i < 16; i++)
        texels[4 * (i / 4 + 4 * (i & 3)) + 3] =
            (uint8_t)clamp8(block[0] + eac_modifier(block, i) * (block[1] >> 4));
}

/* 11 bits, made 16 by repeating the top ones. */
static void eac(const uint8_t *b, bool is_signed, uint8_t *texels, unsigned step)
{
    int base = is_signed ? (int8_t)b[0] : b[0], multiplier = b[1] >> 4;

    base = base < -127 ? -127 : base;
    for (unsigned i = 0; i < 16; i++) {
        int v = base * 8 + (is_signed ? 0 : 4) +
                eac_modifier(b, i) * (multiplier ? multiplier * 8 : 1),
            lo = is_signed ? -1023 : 0, hi = is_signed ? 1023 : 2047, mag;
        v = v < lo ? lo : v > hi ? hi : v;
        mag = v < 0 ? -v : v;
        mag = mag << 5 | mag >> (is_signed ? 5 : 6);
        tex_put16(texels + step * (i / 4 + 4 * (i & 3)), (uint16_t)(v < 0 ? -mag : mag));
    }
}

void eac_r_unorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                        uint8_t *texels)
{
    eac(block, false, texels, 2);
}

void eac_r_snorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                        uint8_t *texels)
{
    eac(block, true, texels, 2);
}

void eac_rg_unorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                         uint8_t *texels)
{
    eac(block, false, texels, 4);
    eac(block + 8, false, texels + 2, 4);
}

void eac_rg_snorm_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                         uint8_t *texels)
{
    eac(block, true, texels, 4);
    eac(block + 8, true, texels + 2, 4);
}
