/*
 * Images: single texels of a texture descriptor's base level, by integer
 * coordinates: LD_TEX, LEA_TEX and ST_CVT (storage images and texel buffers),
 * TEX_FETCH (also other levels). Planes that are linear or of 16x16 tiles.
 *
 * What lies outside an image, or in an empty slot, reads as zero; LEA_TEX then
 * gives an address at which stores vanish.
 *
 * Called by messages.c. Calls core.c, texel.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "component.h"
#include "core.h"

#define DESC_NULL     0 /* type nibbles; source: v10.xml */
#define DESC_TEXTURE  2
#define DESC_PLANE    10
#define PLANE_GENERIC 1
#define CLUMP_TILED   1
#define CLUMP_LINEAR  2

struct image {
    bool empty;
    uint8_t swizzle[4]; /* for each component: 0..3, TEXEL_ZERO, TEXEL_ONE */
    uint32_t pixel_format;
    struct texel_format format;
    unsigned dim; /* VA_DIM_..., but cube 0: as the descriptor has it */
    unsigned width, height, depth, layers, levels, samples;
    uint64_t planes;
};

struct where {
    unsigned x, y, slice, layer, level; /* slice: of a 3D image, or sample */
};

enum { DIM_CUBE, DIM_1D, DIM_2D, DIM_3D };

/* UNMODELLED: its format is. */
static enum va_message_result find_image(struct core *c, uint32_t handle, struct image *im)
{
    uint32_t w[8];
    uint64_t va;
    enum mali_mem_result r = core_descriptor(c, handle, w, &va);

    memset(im, 0, sizeof(*im));
    im->empty = true;
    if (r != MALI_MEM_OK || (w[0] & 15) == DESC_NULL)
        return core_answer(r);
    if ((w[0] & 15) != DESC_TEXTURE)
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, va));
    im->dim = w[0] >> 4 & 3;
    im->pixel_format = w[0] >> 10;
    im->width = (w[1] & 0xffff) + 1;
    im->height = im->dim == DIM_1D ? 1 : (w[1] >> 16) + 1;
    for (unsigned i = 0; i < 4; i++)
        im->swizzle[i] = w[2] >> 3 * i & 7;
    im->levels = (w[2] >> 16 & 31) + 1;
    im->samples = 1u << (w[3] >> 13 & 7);
    im->planes = w[4] | (uint64_t)w[5] << 32;
    im->layers = ((w[6] & 0xffff) + 1) * (im->dim == DIM_CUBE ? 6 : 1);
    im->depth = im->dim == DIM_3D ? (w[7] & 0xffff) + 1 : im->samples;
    im->empty = false;
    return texel_format(im->pixel_format, &im->format) ? VA_MSG_DONE : VA_MSG_UNMODELLED;
}

static unsigned minify(unsigned size, unsigned level)
{
    return size >> level ? size >> level : 1;
}

static bool inside(const struct image *im, const struct where *at)
{
    return !im->empty && at->level < im->levels && at->x < minify(im->width, at->level) &&
           at->y < minify(im->height, at->level) && at->layer < im->layers &&
           at->slice < (im->dim == DIM_3D ? minify(im->depth, at->level) : im->depth);
}

/* Of a texel in a 16x16 tile: y3 (x3^y3) y2 (x2^y2) y1 (x1^y1) y0 (x0^y0), top first. */
static unsigned tile_index(unsigned x, unsigned y)
{
    unsigned index = 0;

    for (unsigned i = 0; i < 4; i++)
        index |= ((x ^ y) >> i & 1) << 2 * i | (y >> i & 1) << (2 * i + 1);
    return index;
}

/* *@va: the texel's address; 0: there is none. */
static enum va_message_result texel_address(struct core *c, const struct image *im,
                                            const struct where *at, uint64_t *va)
{
    uint64_t plane = im->planes + 32ull * (at->layer * im->levels + at->level), base;
    uint32_t w[8], bytes = im->format.bytes;
    enum mali_mem_result r;

    *va = 0;
    if (!inside(im, at))
        return VA_MSG_DONE;
    r = core_read(c, plane, w, sizeof(w));
    if (r != MALI_MEM_OK || (w[0] & 15) == DESC_NULL)
        return core_answer(r);
    if ((w[0] & 15) != DESC_PLANE)
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, plane));
    if (!(w[0] >> 4 & 15))
        return VA_MSG_DONE;
    if ((w[0] >> 4 & 15) != PLANE_GENERIC)
        return VA_MSG_UNMODELLED;
    base = (w[2] | (uint64_t)w[3] << 32) + at->slice * (uint64_t)(int64_t)(int32_t)w[6];
    switch (w[0] >> 8 & 15) {
    case CLUMP_LINEAR:
        *va = base + at->y * (uint64_t)w[4] + at->x * bytes;
        return VA_MSG_DONE;
    case CLUMP_TILED:
        *va = base + (at->y / 16) * (uint64_t)w[4] +
              (at->x / 16 * 256 + tile_index(at->x & 15, at->y & 15)) * bytes;
        return VA_MSG_DONE;
    default:
        return VA_MSG_UNMODELLED;
    }
}

/* --- messages -------------------------------------------------------------------------- */

struct last_image {
    bool valid;
    uint32_t handle;
    struct image im;
};

static enum va_message_result lane_image(struct core *c, struct last_image *last, uint32_t handle)
{
    enum va_message_result r;

    if (last->valid && last->handle == handle)
        return VA_MSG_DONE;
    r = find_image(c, handle, &last->im);
    last->handle = handle;
    last->valid = r == VA_MSG_DONE;
    return r;
}

/* Where LD_TEX and LEA_TEX look: sources 0: x and y, 1: slice or sample, and layer. */
static enum va_message_result lane_texel(struct core *c, const struct va_insn *in,
                                         const struct va_val *src, unsigned lane,
                                         struct last_image *last, uint64_t *va)
{
    uint32_t xy = src[0].w[0][lane], zw = src[1].w[0][lane];
    uint32_t handle = in->op == VA_OP_LD_TEX_IMM    ? core_handle(in->imm[1], in->imm[0])
                      : in->op == VA_OP_LEA_TEX_IMM ? core_handle(in->imm[0], in->imm[1])
                                                    : src[2].w[0][lane];
    struct where at = {xy & 0xffff, xy >> 16, zw & 0xffff, zw >> 16, 0};
    enum va_message_result r = lane_image(c, last, handle);

    if (r != VA_MSG_DONE)
        return r;
    if (last->im.dim == DIM_1D) { /* the whole register is x */
        at.x = xy;
        at.y = 0;
    }
    return texel_address(c, &last->im, &at, va);
}

static void swizzle(const struct image *im, const uint32_t rgba[4], uint32_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned s = im->swizzle[i];
        out[i] = s < 4            ? rgba[s]
                 : s == TEXEL_ONE ? (texel_is_integer(&im->format) ? 1 : 0x3f800000)
                                  : 0;
    }
}

static enum va_message_result read_texel(struct core *c, const struct image *im, uint64_t va,
                                         uint32_t out[4])
{
    uint8_t bytes[16];
    uint32_t rgba[4];
    enum mali_mem_result r;

    memset(out, 0, 16);
    if (!va)
        return VA_MSG_DONE;
    r = core_read(c, va, bytes, im->format.bytes);
    if (r != MALI_MEM_OK)
        return core_answer(r);
    texel_load(&im->format, bytes, rgba);
    swizzle(im, rgba, out);
    return VA_MSG_DONE;
}

static enum va_message_result ld_tex(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes)
{
    unsigned regfmt = in->mod[VA_M_REGFMT], n = in->mod[VA_M_VECSIZE] + 1u;
    uint32_t v[VA_LANES][4] = {{0}};
    struct texel_format f[VA_LANES] = {{0}};
    struct last_image last = {0};
    enum va_message_result r = VA_MSG_DONE;

    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        uint64_t va;
        if (!(lanes >> i & 1))
            continue;
        r = lane_texel(c, in, src, i, &last, &va);
        if (r == VA_MSG_DONE)
            r = read_texel(c, &last.im, va, v[i]);
        if (r == VA_MSG_DONE && va)
            core_lane_touched(c, w, in, i, va, last.im.format.bytes, VA_READ);
        f[i] = last.im.format;
    }
    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < n; k++)
            component_put(w, &in->sr[0], i, k, component_to_register(&f[i], v[i][k], regfmt),
                          component_is_half(regfmt));
    return r;
}

static enum va_message_result lea_tex(struct core *c, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes)
{
    uint32_t v[VA_LANES][3] = {{0}};
    struct last_image last = {0};
    enum va_message_result r = VA_MSG_DONE;

    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        uint64_t va = 0;
        if (!(lanes >> i & 1))
            continue;
        r = lane_texel(c, in, src, i, &last, &va);
        va = va ? va : CORE_NULL_WINDOW;
        v[i][0] = (uint32_t)va;
        v[i][1] = va >> 32;
        v[i][2] = COMPONENT_CONVERSION | last.im.pixel_format;
    }
    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < 3; k++)
            component_put(w, &in->sr[0], i, k, v[i][k], false);
    return r;
}

/* Sources 0: address, 1: conversion word. A repetition after a stall stores the same again. */
static enum va_message_result st_cvt(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes)
{
    unsigned regfmt = in->mod[VA_M_REGFMT], n = in->mod[VA_M_VECSIZE] + 1u;
    enum mali_mem_result r = MALI_MEM_OK;

    if (in->mod[VA_M_ACCESS] != VA_ACCESS_FORCE)
        lanes &= ~w->helper;
    for (unsigned i = 0; i < VA_LANES && r == MALI_MEM_OK; i++) {
        uint64_t va = (src[0].w[0][i] | (uint64_t)src[0].w[1][i] << 32) + (uint64_t)in->imm[0];
        uint32_t conversion = src[1].w[0][i], rgba[4] = {0, 0, 0, 0};
        struct texel_format f;
        uint8_t bytes[16];

        if (!(lanes >> i & 1) || CORE_IN_NULL_WINDOW(va))
            continue;
        if (!texel_format(conversion & 0x3fffff, &f))
            return VA_MSG_UNMODELLED;
        rgba[3] = texel_is_integer(&f) ? 1 : 0x3f800000;
        for (unsigned k = 0; k < n; k++)
            rgba[k] = component_from_register(
                &f, component_get(w, &in->sr[0], i, k, component_is_half(regfmt)), regfmt);
        texel_store(&f, rgba, bytes);
        r = core_write(c, va, bytes, f.bytes);
        if (r == MALI_MEM_OK)
            core_lane_touched(c, w, in, i, va, f.bytes, VA_WRITE);
    }
    return core_answer(r);
}

/* Staging registers of TEX_FETCH, those present: x, y, z, layer, offsets and level. */
static void fetch_where(const struct va_warp *w, const struct va_insn *in, unsigned lane,
                        struct where *at)
{
    const struct va_staging *sr = &in->sr[1];
    unsigned dims = in->mod[VA_M_DIM] + 1u, k = 0;

    at->x = component_get(w, sr, lane, k++, false);
    if (dims > 1)
        at->y = component_get(w, sr, lane, k++, false);
    if (dims > 2)
        at->slice = component_get(w, sr, lane, k++, false);
    if (in->mod[VA_M_ARRAY_ENABLE])
        at->layer = component_get(w, sr, lane, k++, false);
    if (in->mod[VA_M_TEXEL_OFFSET]) { /* bytes: dx, dy, dz or sample, level */
        uint32_t o = component_get(w, sr, lane, k, false);
        at->x += (uint32_t)(int8_t)o;
        at->y += (uint32_t)(int8_t)(o >> 8);
        at->slice += dims > 2 ? (uint32_t)(int8_t)(o >> 16) : o >> 16 & 0xff;
        at->level = o >> 24;
    }
}

static unsigned fetch_regfmt(const struct va_insn *in, const struct texel_format *f)
{
    static const uint8_t types[4][2] = {{0, 0},
                                        {VA_REGFMT_F16, VA_REGFMT_F32},
                                        {VA_REGFMT_U16, VA_REGFMT_U32},
                                        {VA_REGFMT_S16, VA_REGFMT_S32}};
    unsigned type = in->mod[VA_M_REGTYPE];

    if (type == VA_REGTYPE_AUTO)
        type = f->type == TEXEL_UINT   ? VA_REGTYPE_U
               : f->type == TEXEL_SINT ? VA_REGTYPE_S
                                       : VA_REGTYPE_F;
    return types[type & 3][in->mod[VA_M_WIDTH] & 1];
}

static enum va_message_result tex_fetch(struct core *c, struct va_warp *w, const struct va_insn *in,
                                        const struct va_val *src, uint16_t lanes)
{
    uint32_t v[VA_LANES][4] = {{0}};
    struct texel_format f[VA_LANES] = {{0}};
    struct last_image last = {0};
    enum va_message_result r = VA_MSG_DONE;

    if (in->mod[VA_M_DIM] == VA_DIM_CUBE)
        return VA_MSG_UNMODELLED;
    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        uint32_t low = src[0].w[0][i];
        struct where at = {0};
        uint64_t va = 0;
        if (!(lanes >> i & 1))
            continue;
        r = lane_image(c, &last,
                       in->mod[VA_M_WIDE_INDICES] ? src[0].w[1][i]
                                                  : core_handle(low >> 27, low >> 16 & 0x7ff));
        fetch_where(w, in, i, &at);
        if (r == VA_MSG_DONE)
            r = texel_address(c, &last.im, &at, &va);
        if (r == VA_MSG_DONE)
            r = read_texel(c, &last.im, va, v[i]);
        if (r == VA_MSG_DONE && va)
            core_lane_touched(c, w, in, i, va, last.im.format.bytes, VA_READ);
        f[i] = last.im.format;
    }
    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        unsigned regfmt, n = 0;
        if (!(lanes >> i & 1))
            continue;
        regfmt = fetch_regfmt(in, &f[i]);
        for (unsigned k = 0; k < 4; k++)
            if (in->mod[VA_M_WRITE_MASK] >> k & 1)
                component_put(w, &in->sr[0], i, n++, component_to_register(&f[i], v[i][k], regfmt),
                              component_is_half(regfmt));
    }
    return r;
}

enum va_message_result image_message(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes)
{
    switch (in->op) {
    case VA_OP_LD_TEX_IMM:
    case VA_OP_LD_TEX:
        return ld_tex(c, w, in, src, lanes);
    case VA_OP_ST_CVT:
        return st_cvt(c, w, in, src, lanes);
    case VA_OP_TEX_FETCH:
        return tex_fetch(c, w, in, src, lanes);
    default:
        return lea_tex(c, w, in, src, lanes);
    }
}
