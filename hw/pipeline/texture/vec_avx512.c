/*
 * The vectors of wide.h for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI): the same source, the same results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#ifdef __clang__
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi"))),        \
    apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi")
#endif
#define VA_HOST_FMA
#define VA_HOST_AVX512
#define TEX_VARIANT tex_vec_avx512
#define VA_PIECE    64
#include "vec_body.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
