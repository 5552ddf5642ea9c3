/*
 * gfx_vec.h and gfx_lanes.h for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI): the same source, the
 * same results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#include "../valhall/target_avx512.h"
#define GFX_VARIANT gfx_vec_avx512
#define GFX_LANES   gfx_lanes_avx512
#include "gfx_vec_body.h"
#include "gfx_lanes_body.h"
#include "gfx_warp_body.h"
#include "../valhall/target_end.h"
#endif
