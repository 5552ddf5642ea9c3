/*
 * The vectors of wide.h for x86-64 with AVX2 and F16C: the same source, the same results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#include "../../valhall/target_avx2.h"
#define TEX_VARIANT tex_vec_avx2
#include "vec_body.h"
#include "../../valhall/target_end.h"
#endif
