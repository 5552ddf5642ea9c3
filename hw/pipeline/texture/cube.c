/*
 * The edges of cube maps: which texel lies beside a face.
 *
 * Source: the table of faces in the OpenGL specification (Cube Map Texture Selection).
 *
 * Called by sample.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "texture.h"

/* For each face, the axes (x y z: 0 1 2) and signs of its own direction, of s and of t. */
static const struct {
    uint8_t axis[3];
    int8_t sign[3];
} faces[6] = {
    {{0, 2, 1}, {1, -1, -1}},  /* +X: s = -z, t = -y */
    {{0, 2, 1}, {-1, 1, -1}},  /* -X */
    {{1, 0, 2}, {1, 1, 1}},    /* +Y: s = x, t = z */
    {{1, 0, 2}, {-1, 1, -1}},  /* -Y */
    {{2, 0, 1}, {1, 1, -1}},   /* +Z: s = x, t = -y */
    {{2, 0, 1}, {-1, -1, -1}}, /* -Z */
};

void tex_cube_project(unsigned from, float st[2], unsigned to)
{
    float v[3], ahead;

    if (from == to)
        return;
    v[faces[from].axis[0]] = faces[from].sign[0];
    v[faces[from].axis[1]] = (float)faces[from].sign[1] * (2 * st[0] - 1);
    v[faces[from].axis[2]] = (float)faces[from].sign[2] * (2 * st[1] - 1);
    ahead = v[faces[to].axis[0]] * (float)faces[to].sign[0];
    if (!(ahead > 0))
        return;
    st[0] = (v[faces[to].axis[1]] * (float)faces[to].sign[1] / ahead + 1) / 2;
    st[1] = (v[faces[to].axis[2]] * (float)faces[to].sign[2] / ahead + 1) / 2;
}

bool tex_cube_neighbour(unsigned *face, int64_t *x, int64_t *y, uint32_t size)
{
    const int64_t n = size;
    bool out_x = *x < 0 || *x >= n, out_y = *y < 0 || *y >= n;
    int64_t v[3], s,
        t; /* a point of the cube from -n to n on each axis; texel i is at 2i + 1 - n */
    unsigned to;

    if (!out_x && !out_y)
        return true;
    if (out_x && out_y)
        return false;
    s = out_x ? (*x < 0 ? -n : n) : 2 * *x + 1 - n;
    t = out_y ? (*y < 0 ? -n : n) : 2 * *y + 1 - n;
    v[faces[*face].axis[0]] = faces[*face].sign[0] * (n - 1); /* the first row of the other face */
    v[faces[*face].axis[1]] = faces[*face].sign[1] * s;
    v[faces[*face].axis[2]] = faces[*face].sign[2] * t;
    to = out_x ? faces[*face].axis[1] : faces[*face].axis[2];
    *face = 2 * to + (v[to] < 0);
    s = faces[*face].sign[1] * v[faces[*face].axis[1]];
    t = faces[*face].sign[2] * v[faces[*face].axis[2]];
    *x = (s + n - 1) / 2;
    *y = (t + n - 1) / 2;
    return true;
}
