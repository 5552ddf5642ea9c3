/*
 * ASTC's sixteen endpoint modes: what the values of a partition mean as two colours.
 *
 * Source: the Khronos Data Format Specification (ASTC, "Endpoint Unquantization", HDR modes).
 *
 * Called by astc.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "astc.h"

static int clamp(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static void set(uint16_t p[4], int r, int g, int b, int a)
{
    const int v[4] = {r, g, b, a};

    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint16_t)clamp(v[i], 0, 255);
}

/* The top bit of @a moves to @b; what stays is a signed difference. */
static void transfer(int *a, int *b)
{
    *b = *b >> 1 | (*a & 0x80);
    *a = *a >> 1 & 0x3f;
    if (*a & 0x20)
        *a -= 0x40;
}

static void set_blue(uint16_t p[4], int r, int g, int b, int a)
{
    set(p, (r + b) >> 1, (g + b) >> 1, b, a);
}

/* Two colours, or a colour and a difference; blue is contracted when they are in the other order.
 */
static void direct(struct astc_points *p, const uint8_t *v, bool alpha)
{
    int a0 = alpha ? v[6] : 255, a1 = alpha ? v[7] : 255;

    if (v[1] + v[3] + v[5] >= v[0] + v[2] + v[4]) {
        set(p->point[0], v[0], v[2], v[4], a0);
        set(p->point[1], v[1], v[3], v[5], a1);
    } else {
        set_blue(p->point[0], v[1], v[3], v[5], a1);
        set_blue(p->point[1], v[0], v[2], v[4], a0);
    }
}

static void offset(struct astc_points *p, const uint8_t *in, bool alpha)
{
    int v[8] = {0};

    for (unsigned i = 0; i < (alpha ? 8u : 6u); i++)
        v[i] = in[i];
    for (unsigned i = 0; i < (alpha ? 8u : 6u); i += 2)
        transfer(&v[i + 1], &v[i]);
    if (!alpha) {
        v[6] = 255;
        v[7] = 0;
    }
    if (v[1] + v[3] + v[5] >= 0) {
        set(p->point[0], v[0], v[2], v[4], v[6]);
        set(p->point[1], v[0] + v[1], v[2] + v[3], v[4] + v[5], v[6] + v[7]);
    } else {
        set_blue(p->point[0], v[0] + v[1], v[2] + v[3], v[4] + v[5], v[6] + v[7]);
        set_blue(p->point[1], v[0], v[2], v[4], v[6]);
    }
}

static void luminance_offset(struct astc_points *p, const uint8_t *v)
{
    int l0 = v[0] >> 2 | (v[1] & 0xc0), l1 = l0 + (v[1] & 0x3f);

    set(p->point[0], l0, l0, l0, 255);
    set(p->point[1], l1, l1, l1, 255);
}

static void luminance_alpha_offset(struct astc_points *p, const uint8_t *in)
{
    int v[4] = {in[0], in[1], in[2], in[3]};

    transfer(&v[1], &v[0]);
    transfer(&v[3], &v[2]);
    set(p->point[0], v[0], v[0], v[0], v[2]);
    set(p->point[1], v[0] + v[1], v[0] + v[1], v[0] + v[1], v[2] + v[3]);
}

/* --- high dynamic range: 12 bits, kept as 16 ---------------------------------------------------
 */

static void set_hdr(uint16_t p[4], int r, int g, int b)
{
    p[0] = (uint16_t)(clamp(r, 0, 0xfff) << 4);
    p[1] = (uint16_t)(clamp(g, 0, 0xfff) << 4);
    p[2] = (uint16_t)(clamp(b, 0, 0xfff) << 4);
    p[3] = 0x7800;
}

static void hdr_luminance(struct astc_points *p, const uint8_t *v, bool small)
{
    int y0, y1;

    if (!small) {
        bool up = v[1] >= v[0];
        y0 = up ? v[0] << 4 : (v[1] << 4) + 8;
        y1 = up ? v[1] << 4 : (v[0] << 4) - 8;
    } else if (v[0] & 0x80) {
        y0 = (v[1] & 0xe0) << 4 | (v[0] & 0x7f) << 2;
        y1 = y0 + ((v[1] & 0x1f) << 2);
    } else {
        y0 = (v[1] & 0xf0) << 4 | (v[0] & 0x7f) << 1;
        y1 = y0 + ((v[1] & 0x0f) << 1);
    }
    set_hdr(p->point[0], y0, y0, y0);
    set_hdr(p->point[1], y1, y1, y1);
}

static void swap_int(int *a, int *b)
{
    int t = *a;

    *a = *b;
    *b = t;
}

/* A colour and a scale. */
static void hdr_scale(struct astc_points *p, const uint8_t *v)
{
    static const uint8_t shifts[6] = {1, 1, 2, 3, 4, 5};
    unsigned modeval = (v[0] & 0xc0) >> 6 | (v[1] & 0x80) >> 5 | (v[2] & 0x80) >> 4, major, mode;
    int red = v[0] & 0x3f, green = v[1] & 0x1f, blue = v[2] & 0x1f, scale = v[3] & 0x1f;
    int x0 = v[1] >> 6 & 1, x1 = v[1] >> 5 & 1, x2 = v[2] >> 6 & 1, x3 = v[2] >> 5 & 1,
        x4 = v[3] >> 7 & 1, x5 = v[3] >> 6 & 1, x6 = v[3] >> 5 & 1, ohm;

    if ((modeval & 0xc) != 0xc) {
        major = modeval >> 2;
        mode = modeval & 3;
    } else if (modeval != 0xf) {
        major = modeval & 3;
        mode = 4;
    } else {
        major = 0;
        mode = 5;
    }
    ohm = 1 << mode;
    green |= ohm & 0x30 ? x0 << 6 : 0;
    green |= ohm & 0x3a ? x1 << 5 : 0;
    blue |= ohm & 0x30 ? x2 << 6 : 0;
    blue |= ohm & 0x3a ? x3 << 5 : 0;
    scale |= ohm & 0x3d ? x6 << 5 : 0;
    scale |= ohm & 0x2d ? x5 << 6 : 0;
    scale |= ohm & 0x04 ? x4 << 7 : 0;
    red |= ohm & 0x3b ? x4 << 6 : 0;
    red |= ohm & 0x04 ? x3 << 6 : 0;
    red |= ohm & 0x10 ? x5 << 7 : 0;
    red |= ohm & 0x0f ? x2 << 7 : 0;
    red |= ohm & 0x05 ? x1 << 8 : 0;
    red |= ohm & 0x0a ? x0 << 8 : 0;
    red |= ohm & 0x05 ? x0 << 9 : 0;
    red |= ohm & 0x02 ? x6 << 9 : 0;
    red |= ohm & 0x01 ? x3 << 10 : 0;
    red |= ohm & 0x02 ? x5 << 10 : 0;
    red <<= shifts[mode];
    green <<= shifts[mode];
    blue <<= shifts[mode];
    scale <<= shifts[mode];
    if (mode != 5) {
        green = red - green;
        blue = red - blue;
    }
    if (major == 1)
        swap_int(&red, &green);
    else if (major == 2)
        swap_int(&red, &blue);
    set_hdr(p->point[1], red, green, blue);
    set_hdr(p->point[0], red - scale, green - scale, blue - scale);
}

static int extend(int v, unsigned bits)
{
    return (int)((unsigned)v << (32 - bits)) >> (32 - bits);
}

static void hdr_direct(struct astc_points *p, const uint8_t *v)
{
    static const uint8_t delta_bits[8] = {7, 6, 7, 6, 5, 6, 5, 6};
    unsigned major = v[4] >> 7 | (v[5] >> 7) << 1,
             mode = v[1] >> 7 | (v[2] >> 7) << 1 | (v[3] >> 7) << 2;
    int va = v[0] | (v[1] & 0x40) << 2, vb0 = v[2] & 0x3f, vb1 = v[3] & 0x3f, vc = v[1] & 0x3f,
        vd0 = v[4] & 0x7f, vd1 = v[5] & 0x7f, ohm = 1 << mode, shift;
    int x0 = v[2] >> 6 & 1, x1 = v[3] >> 6 & 1, x2 = v[4] >> 6 & 1, x3 = v[5] >> 6 & 1,
        x4 = v[4] >> 5 & 1, x5 = v[5] >> 5 & 1;

    if (major == 3) {
        set_hdr(p->point[0], v[0] << 4, v[2] << 4, (v[4] & 0x7f) << 5);
        set_hdr(p->point[1], v[1] << 4, v[3] << 4, (v[5] & 0x7f) << 5);
        return;
    }
    vd0 = extend(vd0, delta_bits[mode]);
    vd1 = extend(vd1, delta_bits[mode]);
    va |= ohm & 0xa4 ? x0 << 9 : 0;
    va |= ohm & 0x08 ? x2 << 9 : 0;
    va |= ohm & 0x50 ? x4 << 9 : 0;
    va |= ohm & 0x50 ? x5 << 10 : 0;
    va |= ohm & 0xa0 ? x1 << 10 : 0;
    va |= ohm & 0xc0 ? x2 << 11 : 0;
    vc |= ohm & 0x04 ? x1 << 6 : 0;
    vc |= ohm & 0xe8 ? x3 << 6 : 0;
    vc |= ohm & 0x20 ? x2 << 7 : 0;
    vb0 |= ohm & 0x5b ? x0 << 6 : 0;
    vb1 |= ohm & 0x5b ? x1 << 6 : 0;
    vb0 |= ohm & 0x12 ? x2 << 7 : 0;
    vb1 |= ohm & 0x12 ? x3 << 7 : 0;
    shift = (int)(mode >> 1) ^ 3;
    va = (int)((unsigned)va << shift);
    vb0 = (int)((unsigned)vb0 << shift);
    vb1 = (int)((unsigned)vb1 << shift);
    vc = (int)((unsigned)vc << shift);
    vd0 = (int)((unsigned)vd0 << shift);
    vd1 = (int)((unsigned)vd1 << shift);
    int hi[3] = {va, va - vb0, va - vb1};
    int lo[3] = {va - vc, va - vb0 - vc - vd0, va - vb1 - vc - vd1};
    if (major) {
        swap_int(&hi[0], &hi[major]);
        swap_int(&lo[0], &lo[major]);
    }
    set_hdr(p->point[0], lo[0], lo[1], lo[2]);
    set_hdr(p->point[1], hi[0], hi[1], hi[2]);
}

static void hdr_alpha(struct astc_points *p, const uint8_t *v)
{
    int mode = v[0] >> 7 | (v[1] >> 7) << 1, a0 = v[0] & 0x7f, a1 = v[1] & 0x7f;

    if (mode == 3) {
        a0 <<= 5;
        a1 <<= 5;
    } else {
        a0 |= a1 << (mode + 1) & 0x780;
        a1 &= 0x3f >> mode;
        a1 ^= 0x20 >> mode;
        a1 -= 0x20 >> mode;
        a0 <<= 4 - mode;
        a1 = (int)((unsigned)a1 << (4 - mode)) + a0;
        a1 = clamp(a1, 0, 0xfff);
    }
    p->point[0][3] = (uint16_t)(a0 << 4);
    p->point[1][3] = (uint16_t)(a1 << 4);
}

void astc_points(unsigned mode, const uint8_t *v, struct astc_points *p)
{
    p->hdr = mode == 2 || mode == 3 || mode == 7 || mode == 11 || mode >= 14;
    p->hdr_alpha = p->hdr && mode != 14;
    switch (mode) {
    case 0:
        set(p->point[0], v[0], v[0], v[0], 255);
        set(p->point[1], v[1], v[1], v[1], 255);
        break;
    case 1:
        luminance_offset(p, v);
        break;
    case 2:
    case 3:
        hdr_luminance(p, v, mode == 3);
        break;
    case 4:
        set(p->point[0], v[0], v[0], v[0], v[2]);
        set(p->point[1], v[1], v[1], v[1], v[3]);
        break;
    case 5:
        luminance_alpha_offset(p, v);
        break;
    case 6:
    case 10:
        set(p->point[0], v[0] * v[3] >> 8, v[1] * v[3] >> 8, v[2] * v[3] >> 8,
            mode == 10 ? v[4] : 255);
        set(p->point[1], v[0], v[1], v[2], mode == 10 ? v[5] : 255);
        break;
    case 7:
        hdr_scale(p, v);
        break;
    case 8:
    case 12:
        direct(p, v, mode == 12);
        break;
    case 9:
    case 13:
        offset(p, v, mode == 13);
        break;
    default:
        hdr_direct(p, v);
        if (mode == 14) {
            p->point[0][3] = v[6];
            p->point[1][3] = v[7];
        } else if (mode == 15) {
            hdr_alpha(p, v + 6);
        }
    }
}
