/*
 * Images: single texels of a texture descriptor's base level, by integer
 * coordinates: LD_TEX, LEA_TEX and ST_CVT (storage images and texel buffers); LD_CVT (texels by
 * address).
 *
 * What lies outside an image, or in an empty slot, reads as zero; LEA_TEX then
 * gives an address at which stores vanish.
 *
 * Called by messages.c. Calls core.c, the texture unit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "component.h"
#include "tex_message.h"

/* Where LD_TEX and LEA_TEX look. */
struct where {
    uint32_t x, y, z, layer; /* z: slice or sample */
};

/* Sources 0: x and y, 1: slice or sample, and layer. */
static enum va_message_result lane_image(struct core *c, const struct va_insn *in,
                                         const struct va_val *src, unsigned lane,
                                         struct core_view *view, struct where *at)
{
    uint32_t xy = src[0].w[0][lane], zw = src[1].w[0][lane];
    uint32_t handle =
        in->op == VA_OP_LD_TEX_IMM    ? core_handle((unsigned)in->imm[1], (unsigned)in->imm[0])
        : in->op == VA_OP_LEA_TEX_IMM ? core_handle((unsigned)in->imm[0], (unsigned)in->imm[1])
                                      : src[2].w[0][lane];
    enum va_message_result r = core_view(c, view, handle, false);

    *at = (struct where){xy & 0xffff, xy >> 16, zw & 0xffff, zw >> 16};
    if (view->v.t.dim == TEX_1D) { /* the whole register is x */
        at->x = xy;
        at->y = 0;
    }
    return r;
}

/* *@va: the texel's address; 0: there is none. */
static enum va_message_result texel_va(struct core *c, struct tex_view *v, const struct where *at,
                                       uint64_t *va)
{
    const struct tex_surface *s;
    enum tex_result r;

    *va = 0;
    if (v->t.empty || at->layer >= v->t.layers)
        return VA_MSG_DONE;
    r = tex_view_surface(&c->tex, v, at->layer, 0, &s);
    if (r != TEX_OK)
        return core_tex_answer(c, r);
    if (!tex_inside(s, at->x, at->y, at->z))
        return VA_MSG_DONE;
    *va = tex_address(&v->t, s, at->x, at->y, at->z);
    return *va ? VA_MSG_DONE : VA_MSG_UNMODELLED; /* compressed: no address */
}

static enum va_message_result ld_tex(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes)
{
    unsigned regfmt = in->mod[VA_M_REGFMT], n = in->mod[VA_M_VECSIZE] + 1u;
    bool half = component_is_half(regfmt);
    struct texel_format f[VA_LANES];
    struct core_view view;
    uint32_t v[VA_LANES][4];
    struct where at;

    view.valid = false;
    for (unsigned i = 0; i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        core_tex_for(c, w, in, i);
        enum va_message_result r = lane_image(c, in, src, i, &view, &at);
        if (r == VA_MSG_DONE)
            r = core_tex_answer(c, tex_load(&c->tex, &view.v, at.x, at.y, at.z, at.layer, 0, v[i]));
        if (r != VA_MSG_DONE)
            return r;
        f[i] = view.v.t.format;
    }
    for (unsigned i = 0; i < VA_LANES; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < n; k++)
            component_put(w, &in->sr[0], i, k, component_to_register(&f[i], v[i][k], regfmt), half);
    return VA_MSG_DONE;
}

static enum va_message_result lea_tex(struct core *c, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes)
{
    uint32_t v[VA_LANES][3] = {{0}};
    struct core_view view;
    struct where at;
    uint64_t va;

    view.valid = false;
    for (unsigned i = 0; i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        core_tex_for(c, NULL, in, i); /* looks at descriptors only */
        enum va_message_result r = lane_image(c, in, src, i, &view, &at);
        if (r == VA_MSG_DONE)
            r = texel_va(c, &view.v, &at, &va);
        if (r != VA_MSG_DONE)
            return r;
        va = va ? va : CORE_NULL_WINDOW;
        v[i][0] = (uint32_t)va;
        v[i][1] = va >> 32;
        v[i][2] = COMPONENT_CONVERSION | view.v.t.pixel_format;
    }
    for (unsigned i = 0; i < VA_LANES; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < 3; k++)
            component_put(w, &in->sr[0], i, k, v[i][k], false);
    return VA_MSG_DONE;
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

/* Sources 0: address, 1: conversion word: a texel buffer's, as its descriptor has it. */
static enum va_message_result ld_cvt(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes)
{
    unsigned regfmt = in->mod[VA_M_REGFMT], n = in->mod[VA_M_VECSIZE] + 1u;
    enum mali_mem_result r = MALI_MEM_OK;
    struct texel_format f[VA_LANES] = {{0}};
    uint32_t v[VA_LANES][4] = {{0}};

    for (unsigned i = 0; i < VA_LANES && r == MALI_MEM_OK; i++) {
        uint64_t va = (src[0].w[0][i] | (uint64_t)src[0].w[1][i] << 32) + (uint64_t)in->imm[0];
        uint8_t bytes[TEXEL_BYTES];

        if (!(lanes >> i & 1))
            continue;
        if (CORE_IN_NULL_WINDOW(va))
            continue;
        if (!texel_format(src[1].w[0][i] & 0x3fffff, &f[i]))
            return VA_MSG_UNMODELLED;
        r = core_read(c, va, bytes, f[i].bytes);
        if (r != MALI_MEM_OK)
            break;
        core_lane_touched(c, w, in, i, va, f[i].bytes, VA_READ);
        texel_load(&f[i], bytes, v[i]);
    }
    for (unsigned i = 0; r == MALI_MEM_OK && i < VA_LANES; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < n; k++)
            component_put(w, &in->sr[0], i, k, component_to_register(&f[i], v[i][k], regfmt),
                          component_is_half(regfmt));
    return core_answer(r);
}

enum va_message_result image_message(struct core *c, struct va_warp *w, const struct va_insn *in,
                                     const struct va_val *src, uint16_t lanes)
{
    switch (in->op) {
    case VA_OP_LD_TEX_IMM:
    case VA_OP_LD_TEX:
        return ld_tex(c, w, in, src, lanes);
    case VA_OP_LD_CVT:
        return ld_cvt(c, w, in, src, lanes);
    case VA_OP_ST_CVT:
        return st_cvt(c, w, in, src, lanes);
    default:
        return lea_tex(c, w, in, src, lanes);
    }
}
