/*
 * The vectors of wide.h for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI): the same source, the same
 * results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#include "../../valhall/target_avx512.h"
#define TEX_VARIANT tex_vec_avx512
#include "vec_body.h"
#include "../../valhall/target_end.h"
#endif
