/*
 * The common filter, quick; see quick.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_QUICK_H
#define MALI_TEXTURE_QUICK_H

#include "texture.h"

/** Whether tex_quick_filter() may be asked at all. */
bool tex_quick_fits(const struct tex_texture *t, const struct tex_sampler *s);

/**
 * Filters @plane of @t at @coord; not for shadows, integers mixed, integer coordinates. False:
 * nothing was done.
 */
bool tex_quick_filter(struct tex_unit *u, const struct tex_texture *t, const struct tex_sampler *s,
                      const struct tex_surface *plane, const struct tex_request *q,
                      const float coord[2], bool linear, uint32_t out[4]);

#endif
