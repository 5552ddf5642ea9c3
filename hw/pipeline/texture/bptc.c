/*
 * BC6H and BC7: blocks of 4x4 texels in up to three subsets, each with end points and an index for
 * each texel. BC7 decodes to RGBA8, BC6H to four halves.
 *
 * Source: the Khronos Data Format Specification (BPTC), whose tables these are.
 *
 * Called through block.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"

/* Bit i: the subset of texel i. BC6H uses the first 32. */
static const uint16_t two_subsets[64] = {
    0xcccc, 0x8888, 0xeeee, 0xecc8, 0xc880, 0xfeec, 0xfec8, 0xec80, 0xc800, 0xffec, 0xfe80,
    0xe800, 0xffe8, 0xff00, 0xfff0, 0xf000, 0xf710, 0x008e, 0x7100, 0x08ce, 0x008c, 0x7310,
    0x3100, 0x8cce, 0x088c, 0x3110, 0x6666, 0x366c, 0x17e8, 0x0ff0, 0x718e, 0x399c, 0xaaaa,
    0xf0f0, 0x5a5a, 0x33cc, 0x3c3c, 0x55aa, 0x9696, 0xa55a, 0x73ce, 0x13c8, 0x324c, 0x3bdc,
    0x6996, 0xc33c, 0x9966, 0x0660, 0x0272, 0x04e4, 0x4e40, 0x2720, 0xc936, 0x936c, 0x39c6,
    0x639c, 0x9336, 0x9cc6, 0x817e, 0xe718, 0xccf0, 0x0fcc, 0x7744, 0xee22};
/* Bits 2i + 1, 2i. */
static const uint32_t three_subsets[64] = {
    0xaa685050, 0x6a5a5040, 0x5a5a4200, 0x5450a0a8, 0xa5a50000, 0xa0a05050, 0x5555a0a0, 0x5a5a5050,
    0xaa550000, 0xaa555500, 0xaaaa5500, 0x90909090, 0x94949494, 0xa4a4a4a4, 0xa9a59450, 0x2a0a4250,
    0xa5945040, 0x0a425054, 0xa5a5a500, 0x55a0a0a0, 0xa8a85454, 0x6a6a4040, 0xa4a45000, 0x1a1a0500,
    0x0050a4a4, 0xaaa59090, 0x14696914, 0x69691400, 0xa08585a0, 0xaa821414, 0x50a4a450, 0x6a5a0200,
    0xa9a58000, 0x5090a0a8, 0xa8a09050, 0x24242424, 0x00aa5500, 0x24924924, 0x24499224, 0x50a50a50,
    0x500aa550, 0xaaaa4444, 0x66660000, 0xa5a0a5a0, 0x50a050a0, 0x69286928, 0x44aaaa44, 0x66666600,
    0xaa444444, 0x54a854a8, 0x95809580, 0x96969600, 0xa85454a8, 0x80959580, 0xaa141414, 0x96960000,
    0xaaaa1414, 0xa05050a0, 0xa0a5a5a0, 0x96000000, 0x40804080, 0xa9a8a9a8, 0xaaaaaa44, 0x2a4a5254};
/* The texels whose index lacks its top bit, besides texel 0. */
static const uint8_t anchor_of_two[64] = {
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 2,  8, 2, 2, 8,
    8,  15, 2,  8,  2,  2,  8,  8,  2,  2,  15, 15, 6,  8,  2,  8,  15, 15, 2, 8, 2, 2,
    2,  15, 15, 6,  6,  2,  6,  8,  15, 15, 2,  2,  15, 15, 15, 15, 15, 2,  2, 15};
static const uint8_t anchors_of_three[2][64] = {
    {3,  3,  15, 15, 8, 3,  15, 15, 8,  8,  6, 6,  6, 5,  3, 3,  3,  3,  8,  15, 3,  3,
     6,  10, 5,  8,  8, 6,  8,  5,  15, 15, 8, 15, 3, 5,  6, 10, 8,  15, 15, 3,  15, 5,
     15, 15, 15, 15, 3, 15, 5,  5,  5,  8,  5, 10, 5, 10, 8, 13, 15, 12, 3,  3},
    {15, 8, 8, 3,  15, 15, 3,  8,  15, 15, 15, 15, 15, 15, 15, 8,  15, 8,  15, 3,  15, 8,
     15, 8, 3, 15, 6,  10, 15, 15, 10, 8,  15, 3,  15, 10, 10, 8,  9,  10, 6,  15, 8,  15,
     3,  6, 6, 8,  15, 3,  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 3,  15, 15, 8}};
/* In 64ths, by bits of an index. */
static const uint8_t weights[5][16] = {
    [2] = {0, 21, 43, 64},
    [3] = {0, 9, 18, 27, 37, 46, 55, 64},
    [4] = {0, 4, 9, 13, 17, 21, 26, 30, 34, 38, 43, 47, 51, 55, 60, 64}};

static unsigned subset_of(unsigned subsets, unsigned partition, unsigned texel)
{
    return subsets == 1   ? 0
           : subsets == 2 ? two_subsets[partition] >> texel & 1
                          : three_subsets[partition] >> 2 * texel & 3;
}

static bool is_anchor(unsigned subsets, unsigned partition, unsigned texel)
{
    return texel == 0 || (subsets == 2 && texel == anchor_of_two[partition]) ||
           (subsets == 3 &&
            (texel == anchors_of_three[0][partition] || texel == anchors_of_three[1][partition]));
}

static void take_indices(struct tex_bits *b, unsigned subsets, unsigned partition, unsigned bits,
                         uint8_t index[16])
{
    for (unsigned i = 0; i < 16; i++)
        index[i] = (uint8_t)tex_bits_take(b, bits - is_anchor(subsets, partition, i));
}

static int mix(int a, int b, unsigned weight)
{
    return (a * (64 - (int)weight) + b * (int)weight + 32) >> 6;
}

static void start(struct tex_bits *b, const uint8_t *block)
{
    memcpy(b->w, block, 16);
    b->at = 0;
}

/* --- BC7 ------------------------------------------------------------------------------- */

struct bc7_mode {
    uint8_t subsets, partition_bits, rotation_bits, selection_bits, colour_bits, alpha_bits;
    uint8_t own_p, shared_p; /* low bits of end points: one for each, or for each subset */
    uint8_t index_bits, second_bits;
};

static const struct bc7_mode bc7_modes[8] = {
    {3, 4, 0, 0, 4, 0, 1, 0, 3, 0}, {2, 6, 0, 0, 6, 0, 0, 1, 3, 0}, {3, 6, 0, 0, 5, 0, 0, 0, 2, 0},
    {2, 6, 0, 0, 7, 0, 1, 0, 2, 0}, {1, 0, 2, 1, 5, 6, 0, 0, 2, 3}, {1, 0, 2, 0, 7, 8, 0, 0, 2, 2},
    {1, 0, 0, 0, 7, 7, 1, 0, 4, 0}, {2, 6, 0, 0, 5, 5, 1, 0, 2, 0}};

/* End points of 8 bits: point[2 * subset + which][channel]. */
static void bc7_points(struct tex_bits *b, const struct bc7_mode *m, uint8_t point[6][4])
{
    unsigned n = 2u * m->subsets;

    for (unsigned c = 0; c < 4; c++)
        for (unsigned i = 0; i < n; i++)
            point[i][c] = (uint8_t)tex_bits_take(b, c < 3 ? m->colour_bits : m->alpha_bits);
    if (m->own_p || m->shared_p)
        for (unsigned i = 0; i < n; i += 1 + m->shared_p) {
            unsigned p = tex_bits_take(b, 1);
            for (unsigned k = i; k <= i + m->shared_p; k++)
                for (unsigned c = 0; c < 4; c++)
                    point[k][c] = (uint8_t)(point[k][c] << 1 | p);
        }
    for (unsigned i = 0; i < n; i++)
        for (unsigned c = 0; c < 4; c++) {
            unsigned bits = (c < 3 ? m->colour_bits : m->alpha_bits) + m->own_p + m->shared_p;
            unsigned v = point[i][c] << (8 - bits);
            point[i][c] = c == 3 && !m->alpha_bits ? 255 : (uint8_t)(v | v >> bits);
        }
}

void bc7_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block, uint8_t *texels)
{
    unsigned mode = 0, partition, rotation, selection;
    uint8_t point[6][4], index[2][16];
    const struct bc7_mode *m;
    struct tex_bits b;

    while (mode < 8 && !(block[0] >> mode & 1))
        mode++;
    if (mode == 8) { /* reserved: transparent black */
        memset(texels, 0, 64);
        return;
    }
    m = &bc7_modes[mode];
    start(&b, block);
    b.at = mode + 1;
    partition = tex_bits_take(&b, m->partition_bits);
    rotation = tex_bits_take(&b, m->rotation_bits);
    selection = tex_bits_take(&b, m->selection_bits);
    bc7_points(&b, m, point);
    take_indices(&b, m->subsets, partition, m->index_bits, index[0]);
    if (m->second_bits)
        take_indices(&b, 1, 0, m->second_bits, index[1]);
    for (unsigned i = 0; i < 16; i++) {
        unsigned s = 2 * subset_of(m->subsets, partition, i), colour = selection,
                 alpha = m->second_bits ? !selection : 0;
        uint8_t *t = texels + 4 * i, other;
        for (unsigned k = 0; k < 4; k++) {
            unsigned set = k < 3 ? colour : alpha,
                     w = weights[set ? m->second_bits : m->index_bits][index[set][i]];
            t[k] = (uint8_t)mix(point[s][k], point[s + 1][k], w);
        }
        if (rotation) { /* alpha changes places with R, G or B */
            other = t[3];
            t[3] = t[rotation - 1];
            t[rotation - 1] = other;
        }
    }
}

/* --- BC6H ------------------------------------------------------------------------------ */

/* Bits of an end point (w x y z: 0 to 3) and channel, in the order of the block. */
struct bc6h_field {
    uint8_t point, channel, lo, width;
};

struct bc6h_mode {
    uint8_t subsets; /* 0: reserved */
    uint8_t delta;   /* x, y, z are differences to w */
    uint8_t bits;    /* of w */
    uint8_t other[3];
    struct bc6h_field field[32];
};

static const struct bc6h_mode bc6h_modes[32] = {
    [0x00] = {2,
              1,
              10,
              {5, 5, 5},
              {{2, 1, 4, 1},
               {2, 2, 4, 1},
               {3, 2, 4, 1},
               {0, 0, 0, 10},
               {0, 1, 0, 10},
               {0, 2, 0, 10},
               {1, 0, 0, 5},
               {3, 1, 4, 1},
               {2, 1, 0, 4},
               {1, 1, 0, 5},
               {3, 2, 0, 1},
               {3, 1, 0, 4},
               {1, 2, 0, 5},
               {3, 2, 1, 1},
               {2, 2, 0, 4},
               {2, 0, 0, 5},
               {3, 2, 2, 1},
               {3, 0, 0, 5},
               {3, 2, 3, 1}}},
    [0x01] = {2, 1, 7, {6, 6, 6}, {{2, 1, 5, 1}, {3, 1, 4, 1}, {3, 1, 5, 1}, {0, 0, 0, 7},
                                   {3, 2, 0, 1}, {3, 2, 1, 1}, {2, 2, 4, 1}, {0, 1, 0, 7},
                                   {2, 2, 5, 1}, {3, 2, 2, 1}, {2, 1, 4, 1}, {0, 2, 0, 7},
                                   {3, 2, 3, 1}, {3, 2, 5, 1}, {3, 2, 4, 1}, {1, 0, 0, 6},
                                   {2, 1, 0, 4}, {1, 1, 0, 6}, {3, 1, 0, 4}, {1, 2, 0, 6},
                                   {2, 2, 0, 4}, {2, 0, 0, 6}, {3, 0, 0, 6}}},
    [0x02] = {2,
              1,
              11,
              {5, 4, 4},
              {{0, 0, 0, 10},
               {0, 1, 0, 10},
               {0, 2, 0, 10},
               {1, 0, 0, 5},
               {0, 0, 10, 1},
               {2, 1, 0, 4},
               {1, 1, 0, 4},
               {0, 1, 10, 1},
               {3, 2, 0, 1},
               {3, 1, 0, 4},
               {1, 2, 0, 4},
               {0, 2, 10, 1},
               {3, 2, 1, 1},
               {2, 2, 0, 4},
               {2, 0, 0, 5},
               {3, 2, 2, 1},
               {3, 0, 0, 5},
               {3, 2, 3, 1}}},
    [0x06] = {2, 1, 11, {4, 5, 4}, {{0, 0, 0, 10}, {0, 1, 0, 10}, {0, 2, 0, 10}, {1, 0, 0, 4},
                                    {0, 0, 10, 1}, {3, 1, 4, 1},  {2, 1, 0, 4},  {1, 1, 0, 5},
                                    {0, 1, 10, 1}, {3, 1, 0, 4},  {1, 2, 0, 4},  {0, 2, 10, 1},
                                    {3, 2, 1, 1},  {2, 2, 0, 4},  {2, 0, 0, 4},  {3, 2, 0, 1},
                                    {3, 2, 2, 1},  {3, 0, 0, 4},  {2, 1, 4, 1},  {3, 2, 3, 1}}},
    [0x0a] = {2, 1, 11, {4, 4, 5}, {{0, 0, 0, 10}, {0, 1, 0, 10}, {0, 2, 0, 10}, {1, 0, 0, 4},
                                    {0, 0, 10, 1}, {2, 2, 4, 1},  {2, 1, 0, 4},  {1, 1, 0, 4},
                                    {0, 1, 10, 1}, {3, 2, 0, 1},  {3, 1, 0, 4},  {1, 2, 0, 5},
                                    {0, 2, 10, 1}, {2, 2, 0, 4},  {2, 0, 0, 4},  {3, 2, 1, 1},
                                    {3, 2, 2, 1},  {3, 0, 0, 4},  {3, 2, 4, 1},  {3, 2, 3, 1}}},
    [0x0e] =
        {2,
         1,
         9,
         {5, 5, 5},
         {{0, 0, 0, 9},
          {2, 2, 4, 1},
          {0, 1, 0, 9},
          {2, 1, 4, 1},
          {0, 2, 0, 9},
          {3, 2, 4, 1},
          {1, 0, 0, 5},
          {3, 1, 4, 1},
          {2, 1, 0, 4},
          {1, 1, 0, 5},
          {3, 2, 0, 1},
          {3, 1, 0, 4},
          {1, 2, 0, 5},
          {3, 2, 1, 1},
          {2, 2, 0, 4},
          {2, 0, 0, 5},
          {3, 2, 2, 1},
          {3, 0, 0, 5},
          {3, 2, 3, 1}}},
    [0x12] =
        {2,
         1,
         8,
         {6, 5, 5},
         {{0, 0, 0, 8},
          {3, 1, 4, 1},
          {2, 2, 4, 1},
          {0, 1, 0, 8},
          {3, 2, 2, 1},
          {2, 1, 4, 1},
          {0, 2, 0, 8},
          {3, 2, 3, 1},
          {3, 2, 4, 1},
          {1, 0, 0, 6},
          {2, 1, 0, 4},
          {1, 1, 0, 5},
          {3, 2, 0, 1},
          {3, 1, 0, 4},
          {1, 2, 0, 5},
          {3, 2, 1, 1},
          {2, 2, 0, 4},
          {2, 0, 0, 6},
          {3, 0, 0, 6}}},
    [0x16] = {2, 1, 8, {5, 6, 5}, {{0, 0, 0, 8}, {3, 2, 0, 1}, {2, 2, 4, 1}, {0, 1, 0, 8},
                                   {2, 1, 5, 1}, {2, 1, 4, 1}, {0, 2, 0, 8}, {3, 1, 5, 1},
                                   {3, 2, 4, 1}, {1, 0, 0, 5}, {3, 1, 4, 1}, {2, 1, 0, 4},
                                   {1, 1, 0, 6}, {3, 1, 0, 4}, {1, 2, 0, 5}, {3, 2, 1, 1},
                                   {2, 2, 0, 4}, {2, 0, 0, 5}, {3, 2, 2, 1}, {3, 0, 0, 5},
                                   {3, 2, 3, 1}}},
    [0x1a] = {2, 1, 8, {5, 5, 6}, {{0, 0, 0, 8}, {3, 2, 1, 1}, {2, 2, 4, 1}, {0, 1, 0, 8},
                                   {2, 2, 5, 1}, {2, 1, 4, 1}, {0, 2, 0, 8}, {3, 2, 5, 1},
                                   {3, 2, 4, 1}, {1, 0, 0, 5}, {3, 1, 4, 1}, {2, 1, 0, 4},
                                   {1, 1, 0, 5}, {3, 2, 0, 1}, {3, 1, 0, 4}, {1, 2, 0, 6},
                                   {2, 2, 0, 4}, {2, 0, 0, 5}, {3, 2, 2, 1}, {3, 0, 0, 5},
                                   {3, 2, 3, 1}}},
    [0x1e] = {2, 0, 6, {6, 6, 6}, {{0, 0, 0, 6}, {3, 1, 4, 1}, {3, 2, 0, 1}, {3, 2, 1, 1},
                                   {2, 2, 4, 1}, {0, 1, 0, 6}, {2, 1, 5, 1}, {2, 2, 5, 1},
                                   {3, 2, 2, 1}, {2, 1, 4, 1}, {0, 2, 0, 6}, {3, 1, 5, 1},
                                   {3, 2, 3, 1}, {3, 2, 5, 1}, {3, 2, 4, 1}, {1, 0, 0, 6},
                                   {2, 1, 0, 4}, {1, 1, 0, 6}, {3, 1, 0, 4}, {1, 2, 0, 6},
                                   {2, 2, 0, 4}, {2, 0, 0, 6}, {3, 0, 0, 6}}},
    [0x03] =
        {1,
         0,
         10,
         {10, 10, 10},
         {{0, 0, 0, 10},
          {0, 1, 0, 10},
          {0, 2, 0, 10},
          {1, 0, 0, 10},
          {1, 1, 0, 10},
          {1, 2, 0, 10}}},
    [0x07] =
        {1,
         1,
         11,
         {9, 9, 9},
         {{0, 0, 0, 10},
          {0, 1, 0, 10},
          {0, 2, 0, 10},
          {1, 0, 0, 9},
          {0, 0, 10, 1},
          {1, 1, 0, 9},
          {0, 1, 10, 1},
          {1, 2, 0, 9},
          {0, 2, 10, 1}}},
    [0x0b] =
        {1,
         1,
         12,
         {8, 8, 8},
         {{0, 0, 0, 10},
          {0, 1, 0, 10},
          {0, 2, 0, 10},
          {1, 0, 0, 8},
          {0, 0, 11, 1},
          {0, 0, 10, 1},
          {1, 1, 0, 8},
          {0, 1, 11, 1},
          {0, 1, 10, 1},
          {1, 2, 0, 8},
          {0, 2, 11, 1},
          {0, 2, 10, 1}}},
    [0x0f] = {1, 1, 16, {4, 4, 4}, {{0, 0, 0, 10}, {0, 1, 0, 10}, {0, 2, 0, 10}, {1, 0, 0, 4},
                                    {0, 0, 15, 1}, {0, 0, 14, 1}, {0, 0, 13, 1}, {0, 0, 12, 1},
                                    {0, 0, 11, 1}, {0, 0, 10, 1}, {1, 1, 0, 4},  {0, 1, 15, 1},
                                    {0, 1, 14, 1}, {0, 1, 13, 1}, {0, 1, 12, 1}, {0, 1, 11, 1},
                                    {0, 1, 10, 1}, {1, 2, 0, 4},  {0, 2, 15, 1}, {0, 2, 14, 1},
                                    {0, 2, 13, 1}, {0, 2, 12, 1}, {0, 2, 11, 1}, {0, 2, 10, 1}}},
};

static int sign_extend(unsigned v, unsigned bits)
{
    return (int)(v << (32 - bits)) >> (32 - bits);
}

static int unquantize(int v, unsigned bits, bool is_signed)
{
    int mag = v < 0 ? -v : v;

    if (is_signed) {
        if (bits >= 16)
            return v;
        if (mag == 0)
            return 0;
        mag = mag >= (1 << (bits - 1)) - 1 ? 0x7fff : ((mag << 15) + 0x4000) >> (bits - 1);
        return v < 0 ? -mag : mag;
    }
    if (bits >= 15 || v == 0)
        return v;
    return v == (1 << bits) - 1 ? 0xffff : ((v << 15) + 0x4000) >> (bits - 1);
}

/* An interpolated value as a half. */
static uint16_t finish(int v, bool is_signed)
{
    if (!is_signed)
        return (uint16_t)(v * 31 >> 6);
    return v < 0 ? (uint16_t)(0x8000 | (-v * 31 >> 5)) : (uint16_t)(v * 31 >> 5);
}

static void bc6h_points(const struct bc6h_mode *m, unsigned raw[4][3], bool is_signed,
                        int point[4][3])
{
    for (unsigned c = 0; c < 3; c++)
        for (unsigned i = 0; i < 2u * m->subsets; i++) {
            int v = is_signed ? sign_extend(raw[i][c], m->bits) : (int)raw[i][c];
            if (i > 0 && m->delta) {
                v = (int)raw[0][c] + sign_extend(raw[i][c], m->other[c]);
                v &= (1 << m->bits) - 1;
                v = is_signed ? sign_extend((unsigned)v, m->bits) : v;
            }
            point[i][c] = unquantize(v, m->bits, is_signed);
        }
}

static void bc6h_decode(const uint8_t *block, uint8_t *texels, bool is_signed)
{
    unsigned mode = block[0] & 3, partition = 0, raw[4][3] = {{0}}, bits;
    const struct bc6h_mode *m;
    uint8_t index[16];
    struct tex_bits b;
    int point[4][3] = {{0}};

    start(&b, block);
    b.at = mode < 2 ? 2 : 5;
    m = &bc6h_modes[mode < 2 ? mode : block[0] & 31u];
    for (const struct bc6h_field *f = m->field; f->width; f++)
        raw[f->point][f->channel] |= tex_bits_take(&b, f->width) << f->lo;
    if (m->subsets == 2)
        partition = tex_bits_take(&b, 5);
    bits = m->subsets == 2 ? 3 : 4;
    take_indices(&b, m->subsets, partition, bits, index);
    bc6h_points(m, raw, is_signed, point);
    for (unsigned i = 0; i < 16; i++) {
        unsigned s = 2 * subset_of(m->subsets ? m->subsets : 1, partition, i);
        for (unsigned c = 0; c < 3; c++) {
            int v = mix(point[s][c], point[s + 1][c], weights[bits][index[i]]);
            tex_put16(texels + 8 * i + 2 * c, m->subsets ? finish(v, is_signed) : 0);
        }
        tex_put16(texels + 8 * i + 6, 0x3c00);
    }
}

void bc6h_unsigned_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                          uint8_t *texels)
{
    bc6h_decode(block, texels, false);
}

void bc6h_signed_decode(const struct tex_codec *c, unsigned variant, const uint8_t *block,
                        uint8_t *texels)
{
    bc6h_decode(block, texels, true);
}
