/*
 * Texture, sampler and plane descriptors.
 *
 * Source of the fields: v10.xml; what drivers leave empty and how planes follow each other:
 * Mesa's panfrost_emit_texture_payload().
 *
 * Called by tex_message.c, image.c, sample.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "block.h"
#include "surface.h"

#define DESC_NULL    0 /* type nibbles */
#define DESC_SAMPLER 1
#define DESC_TEXTURE 2
#define DESC_PLANE   10

enum plane {
    PLANE_NULL = 0,
    PLANE_GENERIC = 1,
    PLANE_ASTC_2D = 4,
    PLANE_ASTC_3D = 5,
    PLANE_AFBC = 6
};
enum { CLUMP_TILED = 1, CLUMP_LINEAR = 2, CLUMP_LARGE = 8 };

static uint32_t field(uint32_t w, unsigned lo, unsigned width)
{
    return w >> lo & ((1u << width) - 1);
}

static enum tex_result bad(struct tex_unit *u, uint64_t va)
{
    u->bad = va;
    return TEX_BAD;
}

enum tex_result tex_unmodelled(struct tex_unit *u, const char *what, uint32_t value)
{
    u->what = what;
    u->value = value;
    return TEX_UNMODELLED;
}

/* --- textures ------------------------------------------------------------------------- */

enum tex_result tex_decode_texture(struct tex_unit *u, const uint32_t w[8], uint64_t va,
                                   struct tex_texture *t)
{
    memset(t, 0, sizeof(*t));
    t->empty = true;
    if (field(w[0], 0, 4) == DESC_NULL)
        return TEX_OK;
    if (field(w[0], 0, 4) != DESC_TEXTURE)
        return bad(u, va);
    t->dim = (uint8_t)field(w[0], 4, 2);
    t->pixel_format = field(w[0], 10, 22);
    t->width = field(w[1], 0, 16) + 1;
    t->height = t->dim == TEX_1D ? 1 : field(w[1], 16, 16) + 1;
    for (unsigned i = 0; i < 4; i++)
        t->swizzle[i] = (uint8_t)field(w[2], 3 * i, 3);
    t->levels = (uint8_t)(field(w[2], 16, 5) + 1);
    t->min_level = (uint8_t)field(w[2], 24, 5);
    t->min_lod = (uint16_t)field(w[3], 0, 13);
    t->samples = (uint8_t)(1u << field(w[3], 13, 3));
    t->max_lod = (uint16_t)field(w[3], 16, 13);
    t->planes = w[4] | (uint64_t)w[5] << 32;
    t->layers = (field(w[6], 0, 16) + 1) * (t->dim == TEX_CUBE ? 6 : 1);
    t->depth = t->dim == TEX_3D ? field(w[7], 0, 16) + 1 : 1;
    t->empty = false;
    if (!texel_format(t->pixel_format, &t->format) && !tex_yuv_format(t->pixel_format, t))
        return tex_unmodelled(u, "texture with pixel format", t->pixel_format);
    return TEX_OK;
}

void tex_swizzle(const struct tex_texture *t, const uint32_t rgba[4], uint32_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned s = t->swizzle[i];
        out[i] = s < 4 ? rgba[s] : s == TEXEL_ONE ? texel_one(&t->format) : 0;
    }
}

/* --- samplers -------------------------------------------------------------------------- */

static int32_t extend(uint32_t v, unsigned bits)
{
    return (int32_t)(v << (32 - bits)) >> (32 - bits);
}

static bool wrap_known(unsigned wrap)
{
    return wrap >= TEX_WRAP_REPEAT && wrap != 10 && wrap != 14;
}

enum tex_result tex_decode_sampler(struct tex_unit *u, const uint32_t w[8], uint64_t va,
                                   struct tex_sampler *s)
{
    memset(s, 0, sizeof(*s));
    if (field(w[0], 0, 4) != DESC_SAMPLER)
        return bad(u, va);
    s->reduction = (uint8_t)field(w[0], 4, 2);
    for (unsigned i = 0; i < 3; i++)
        s->wrap[i] = (uint8_t)field(w[0], 16 - 4 * i, 4);
    s->round_even = field(w[0], 21, 1);
    s->srgb_override = field(w[0], 22, 1);
    s->seamless = field(w[0], 23, 1);
    s->clamp_integer_coordinates = field(w[0], 24, 1);
    s->normalized = field(w[0], 25, 1);
    s->clamp_integer_array = field(w[0], 26, 1);
    s->minify_nearest = field(w[0], 27, 1);
    s->magnify_nearest = field(w[0], 28, 1);
    s->magnify_cutoff = field(w[0], 29, 1);
    s->mip = (uint8_t)field(w[0], 30, 2);
    s->min_lod = (int32_t)field(w[1], 0, 13);
    s->compare = (uint8_t)field(w[1], 13, 3);
    s->max_lod = (int32_t)field(w[1], 16, 13);
    s->bias = extend(field(w[2], 0, 16), 16);
    s->max_anisotropy = field(w[2], 24, 2) == 3 ? (uint8_t)(field(w[2], 16, 5) + 1) : 1;
    memcpy(s->border, w + 4, sizeof(s->border));
    for (unsigned i = 0; i < 3; i++)
        if (!wrap_known(s->wrap[i]))
            return tex_unmodelled(u, "sampler with wrap mode", s->wrap[i]);
    if (s->reduction == 1)
        return tex_unmodelled(u, "sampler with reduction mode", s->reduction);
    if (s->mip == TEX_MIP_FAST) /* where it takes one level only, no source says */
        s->mip = TEX_MIP_LINEAR;
    return TEX_OK;
}

/* --- planes ---------------------------------------------------------------------------- */

static enum tex_result generic(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                               struct tex_surface *s)
{
    bool raw = true;

    s->codec = tex_clump_codec(field(w[0], 24, 8), &raw);
    if (!raw && !s->codec)
        return tex_unmodelled(u, "plane with clump format", field(w[0], 24, 8));
    if (s->codec && s->codec->texel_bytes != t->format.bytes)
        return tex_unmodelled(u, "compressed plane of a texture with pixel format",
                              t->pixel_format);
    return TEX_OK;
}

static enum tex_result astc(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                            struct tex_surface *s)
{
    /* Source of the codes: v10.xml. */
    static const uint8_t flat[8] = {4, 5, 6, 0, 8, 0, 10, 12}, solid[4] = {4, 5, 6, 3};
    bool cubes = field(w[0], 4, 4) == PLANE_ASTC_3D, wide = field(w[0], 25, 1);
    unsigned width = cubes ? solid[field(w[0], 26, 2)] : flat[field(w[0], 26, 3)],
             height = cubes ? solid[field(w[0], 28, 2)] : flat[field(w[0], 29, 3)],
             depth = cubes ? solid[field(w[0], 30, 2)] : 1;

    s->variant = (uint8_t)((wide ? ASTC_WIDE : 0) | (field(w[0], 24, 1) && wide ? ASTC_HDR : 0));
    s->codec = tex_astc_codec(width, height, depth, wide);
    if (!s->codec)
        return tex_unmodelled(u, "ASTC plane with footprint bits", field(w[0], 26, 6));
    if (s->codec->texel_bytes != t->format.bytes)
        return tex_unmodelled(u, "ASTC plane of a texture with pixel format", t->pixel_format);
    return TEX_OK;
}

uint8_t tex_afbc_bytes(unsigned mode)
{
    static const uint8_t bytes[64] = {
        [0] = 1,  [1] = 2,  [3] = 2,  [4] = 2,  [5] = 2,  [6] = 2,  [8] = 4, [9] = 3,
        [10] = 4, [11] = 4, [12] = 4, [14] = 1, [15] = 4, [16] = 6, [17] = 8};

    return bytes[mode & 63];
}

static enum tex_result afbc(struct tex_unit *u, const struct tex_texture *t, const uint32_t w[8],
                            struct tex_surface *s)
{
    enum { AFBC_RGB8 = 9, AFBC_X24S8 = 15 }; /* X24S8: the stencil of a combined plane */
    unsigned size = field(w[0], 8, 3), mode = field(w[0], 26, 6), bytes = tex_afbc_bytes(mode);
    /* Depths of 24 bits without a fourth byte. Source: Mesa 26's Z24_UNORM_PACKED */
    bool packed_depth = mode == AFBC_RGB8 && (t->pixel_format >> 12 & 0xff) == TEXEL_Z24X8;

    if (size > 2)
        return tex_unmodelled(u, "AFBC plane with superblock size", size);
    if (!bytes)
        return tex_unmodelled(u, "AFBC plane with compression mode", mode);
    s->afbc_bytes = (uint8_t)bytes;
    s->afbc_first = mode == AFBC_X24S8 && t->format.bytes == 1 ? 3 : 0;
    if (bytes != t->format.bytes && !s->afbc_first && !packed_depth)
        return tex_unmodelled(u, "AFBC plane of a texture with pixel format", t->pixel_format);
    s->afbc_width = (uint8_t)(4 + size);
    s->afbc_height = (uint8_t)(4 - size);
    s->afbc_tile = (uint8_t)tex_afbc_tile(field(w[0], 19, 1), bytes);
    return TEX_OK;
}

static enum tex_result plane_type(struct tex_unit *u, const struct tex_texture *t,
                                  const uint32_t w[8], struct tex_surface *s)
{
    switch (field(w[0], 4, 4)) {
    case PLANE_GENERIC:
        return generic(u, t, w, s);
    case PLANE_ASTC_2D:
    case PLANE_ASTC_3D:
        return astc(u, t, w, s);
    case PLANE_AFBC:
        return afbc(u, t, w, s);
    default:
        return tex_unmodelled(u, "plane of type", field(w[0], 4, 4));
    }
}

enum tex_result tex_surface(struct tex_unit *u, const struct tex_texture *t, uint32_t layer,
                            uint32_t level, struct tex_surface *s)
{
    unsigned planes = t->yuv.rows && !t->yuv.packed ? 2 : 1;
    uint64_t va = t->planes + 32 * planes * ((uint64_t)layer * t->levels + level);
    enum tex_result r;
    uint32_t w[8];

    *s = (struct tex_surface){.empty = true, .layer = layer, .level = level};
    r = u->read(u->ctx, va, w, sizeof(w));
    if (r != TEX_OK || field(w[0], 0, 4) == DESC_NULL)
        return r;
    if (field(w[0], 0, 4) != DESC_PLANE)
        return bad(u, va);
    if (field(w[0], 4, 4) == PLANE_NULL)
        return TEX_OK;
    s->width = tex_minify(t->width, level);
    s->height = tex_minify(t->height, level);
    s->depth = t->dim == TEX_3D ? tex_minify(t->depth, level) : t->samples;
    s->va = w[2] | (uint64_t)w[3] << 32;
    s->row_stride = w[4];
    s->slice_stride = (int32_t)w[6];
    if (t->yuv.rows) {
        r = tex_yuv_surface(u, t, va, w, s);
        s->empty = r != TEX_OK;
        return r;
    }
    r = plane_type(u, t, w, s);
    if (r != TEX_OK)
        return r;
    if (!s->afbc_width) {
        unsigned order = field(w[0], 8, 4);
        unsigned bytes = s->codec ? s->codec->bytes : t->format.bytes, bits;
        if (order != CLUMP_TILED && order != CLUMP_LINEAR && order != CLUMP_LARGE)
            return tex_unmodelled(u, "plane with clump ordering", order);
        if (order == CLUMP_LARGE && !tex_large_bits(bytes, &bits))
            return tex_unmodelled(u, "plane in 64 KiB tiles of elements of bytes", bytes);
        s->tiled = order == CLUMP_TILED;
        s->large = order == CLUMP_LARGE;
    }
    s->fetch = tex_fetcher(s);
    s->empty = false;
    return TEX_OK;
}

enum tex_result tex_view_surface(struct tex_unit *u, struct tex_view *v, uint32_t layer,
                                 uint32_t level, const struct tex_surface **s)
{
    struct tex_surface *to;
    enum tex_result r;

    for (unsigned i = 0; i < v->count; i++)
        if (v->surface[i].layer == layer && v->surface[i].level == level) {
            *s = &v->surface[i];
            return TEX_OK;
        }
    to = &v->surface[v->count < TEX_SURFACES ? v->count : v->next++ % TEX_SURFACES];
    to->layer = ~0u; /* until it is decoded */
    r = tex_surface(u, &v->t, layer, level, to);
    if (r != TEX_OK) {
        to->layer = ~0u;
        return r;
    }
    v->count += v->count < TEX_SURFACES;
    v->level[to - v->surface].asked = 0;
    *s = to;
    return TEX_OK;
}
