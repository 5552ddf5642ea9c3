/*
 * Between shader messages and the texture unit: handles to textures and samplers, results to
 * answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEX_MESSAGE_H
#define MALI_TEX_MESSAGE_H

#include "core.h"

/** The texture that lanes of one message named last; large: only @valid has to be made false. */
struct core_view {
    bool valid;
    bool linear; /* an sRGB format is read as a linear one */
    uint32_t handle;
    struct tex_view v;
};

/** Makes @view the texture that @handle names. */
enum va_message_result core_view(struct core *c, struct core_view *view, uint32_t handle,
                                 bool linear);
/** What the message answers when the unit says @r; the fault is filled in, what is missing logged.
 */
enum va_message_result core_tex_answer(struct core *c, enum tex_result r);

/** What the unit reads from now on is told to observers as @lane's; @w NULL: nothing is told. */
static inline void core_tex_for(struct core *c, struct va_warp *w, const struct va_insn *in,
                                unsigned lane)
{
    c->tex_for.w = w;
    c->tex_for.in = in;
    c->tex_for.lane = lane;
}

/** TEX_FETCH, TEX_SINGLE, TEX_GATHER, TEX_GRADIENT. */
enum va_message_result tex_message(struct core *c, struct va_warp *w, const struct va_insn *in,
                                   const struct va_val *src, uint16_t lanes);

#endif
