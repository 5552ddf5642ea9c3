/*
 * The common filter, quick: one texel, or two by two, of a flat texture that is not compressed, in
 * rows, u-interleaved or AFBC. The same results as filter() in sample.c, to the bit: the same
 * texels and weights, sums in the same order; whatever is rarer, or not in one piece of memory, is
 * left to it.
 *
 * Called by sample.c. Calls tex_unit.map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "quick.h"
#include "surface.h"

#define NEAR 0x1p30 /* coordinates in 1/256 that are certainly integers of 64 bits */

typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));

/* --- coordinates ------------------------------------------------------------------------- */

/* Two neighbours along an axis, wrapped; -1: the border. */
struct axis {
    int32_t at[2];
    unsigned fraction; /* of the second, in 1/256 */
};

static int32_t wrap(unsigned mode, int64_t i, int64_t n)
{
    switch (mode) {
    case TEX_WRAP_REPEAT:
        if (i >= 0 && i < n)
            return (int32_t)i;
        i %= n;
        return (int32_t)(i < 0 ? i + n : i);
    case TEX_WRAP_EDGE:
        return (int32_t)(i < 0 ? 0 : i < n ? i : n - 1);
    default: /* TEX_WRAP_BORDER */
        return i < 0 || i >= n ? -1 : (int32_t)i;
    }
}

static bool place(float coord, uint32_t size, bool scaled, bool round_even, int8_t offset,
                  unsigned mode, bool linear, struct axis *a)
{
    double x = (double)coord * (scaled ? size : 1) * 256, rest;
    int64_t i;

    if (!(x > -NEAR && x < NEAR))
        return false;
    i = (int64_t)x;
    i -= (double)i > x;
    rest = x - (double)i;
    i += round_even && (rest > 0.5 || (rest == 0.5 && (i & 1)));
    i -= linear ? 128 : 0;
    a->fraction = i & 255;
    i = (i >> 8) + offset;
    a->at[0] = wrap(mode, i, size);
    if (linear)
        a->at[1] = wrap(mode, i + 1, size);
    return true;
}

/* --- texels --------------------------------------------------------------------------------- */

/* Sixteen sub-blocks of size 1, as in bytes 4 to 15 of an AFBC header: uncompressed. */
static const uint8_t uncompressed[12] = {0x41, 0x10, 0x04, 0x41, 0x10, 0x04,
                                         0x41, 0x10, 0x04, 0x41, 0x10, 0x04};

/* The superblock that a footprint looked at last: most lie in one. */
struct superblock {
    bool valid, solid;
    uint32_t at;         /* its header, in headers */
    const uint8_t *here; /* one colour: the texel */
    uint64_t body;       /* else: where its texels begin */
};

static bool find_superblock(struct tex_unit *u, const struct tex_surface *s, uint32_t at,
                            struct superblock *b)
{
    const uint8_t *header = u->map(u->ctx, s->va + 16ull * at, 16);
    uint32_t offset;

    b->valid = false;
    if (!header || s->afbc_bytes > 8)
        return false;
    b->solid = !(header[4] & 63); /* one colour, in the header's last two words */
    if (!b->solid && memcmp(header + 4, uncompressed, sizeof(uncompressed)))
        return false;
    memcpy(&offset, header, 4);
    b->here = header + 8 + s->afbc_first;
    b->body = s->va + offset;
    b->at = at;
    b->valid = true;
    return true;
}

static const uint8_t *afbc_texel(struct tex_unit *u, const struct tex_surface *s,
                                 struct superblock *b, uint32_t x, uint32_t y)
{
    uint32_t at = tex_afbc_header(s->afbc_tiled, x >> s->afbc_width, y >> s->afbc_height,
                                  (uint32_t)(s->row_stride / 16));
    const uint8_t *p;
    uint32_t in;

    if ((!b->valid || b->at != at) && !find_superblock(u, s, at, b))
        return NULL;
    if (b->solid)
        return b->here;
    in = tex_afbc_texel(x & ((1u << s->afbc_width) - 1), y & ((1u << s->afbc_height) - 1),
                        s->afbc_width, s->afbc_height);
    p = u->map(u->ctx, b->body + (uint64_t)in * s->afbc_bytes, s->afbc_bytes);
    return p ? p + s->afbc_first : NULL;
}

/* Where texel (@x, @y) lies; NULL: not in one piece, or not readable. */
static const uint8_t *texel(struct tex_unit *u, const struct tex_surface *s, struct superblock *b,
                            uint32_t x, uint32_t y, unsigned bytes)
{
    if (s->afbc_width)
        return afbc_texel(u, s, b, x, y);
    if (!s->tiled)
        return u->map(u->ctx, s->va + y * s->row_stride + (uint64_t)x * bytes, bytes);
    return u->map(u->ctx,
                  s->va + (y >> 4) * s->row_stride +
                      (((uint64_t)(x >> 4) << 8) + tex_tile_index(x & 15, y & 15, 4)) * bytes,
                  bytes);
}

/* Components of 8 bits, normalised: the whole texel at once, memory's order. */
static v4f bytes_to_unit(const uint8_t *p)
{
    v4i i = {p[0], p[1], p[2], p[3]};

    return __builtin_convertvector(i, v4f) / 255.0f;
}

static bool load(struct tex_unit *u, const struct tex_texture *t, const struct tex_surface *s,
                 struct superblock *b, const uint32_t border[4], bool eight, int32_t x, int32_t y,
                 v4f *out)
{
    const uint8_t *p;

    if (x < 0 || y < 0) {
        memcpy(out, border, 16);
        return true;
    }
    p = texel(u, s, b, (uint32_t)x, (uint32_t)y, t->format.bytes);
    if (!p)
        return false;
    if (eight)
        *out = bytes_to_unit(p);
    else
        texel_load(&t->format, p, (uint32_t *)out);
    return true;
}

/* --- filtering ------------------------------------------------------------------------------ */

bool tex_quick_fits(const struct tex_texture *t, const struct tex_sampler *s)
{
    for (unsigned i = 0; i < 2; i++)
        if (s->wrap[i] != TEX_WRAP_REPEAT && s->wrap[i] != TEX_WRAP_EDGE &&
            s->wrap[i] != TEX_WRAP_BORDER)
            return false;
    return t->dim == TEX_2D && s->reduction == TEX_AVERAGE;
}

bool tex_quick_filter(struct tex_unit *u, const struct tex_texture *t, const struct tex_sampler *s,
                      const struct tex_surface *plane, const struct tex_request *q,
                      const float coord[2], bool linear, uint32_t out[4])
{
    static const uint8_t in_order[4] = {0, 1, 2, 3};
    bool eight = t->format.type == TEXEL_UNORM && t->format.bytes == 4 && t->format.channels == 4 &&
                 t->format.bits[0] == 8 && !t->format.srgb && !t->format.shift &&
                 !memcmp(t->format.from, in_order, 4);
    struct superblock block = {.valid = false};
    struct axis a[2];
    v4f v[4], sum = {0};

    if (!u->map || plane->codec || plane->empty || plane->depth > 1 ||
        !place(coord[0], plane->width, s->normalized, s->round_even, q->offset[0], s->wrap[0],
               linear, &a[0]) ||
        !place(coord[1], plane->height, s->normalized, s->round_even, q->offset[1], s->wrap[1],
               linear, &a[1]))
        return false;
    if (!linear) {
        if (!load(u, t, plane, &block, s->border, eight, a[0].at[0], a[1].at[0], &sum))
            return false;
        memcpy(out, &sum, 16);
        return true;
    }
    for (unsigned k = 0; k < 4; k++)
        if (!load(u, t, plane, &block, s->border, eight, a[0].at[k & 1], a[1].at[k >> 1], &v[k]))
            return false;
    for (unsigned k = 0; k < 4; k++) {
        unsigned weight = (k & 1 ? a[0].fraction : 256 - a[0].fraction) *
                          (k >> 1 ? a[1].fraction : 256 - a[1].fraction);
        if (weight) /* infinities beside the texel do not matter */
            sum += (float)weight / 65536.0f * v[k];
    }
    memcpy(out, &sum, 16);
    return true;
}
