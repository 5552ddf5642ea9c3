/*
 * What follows is compiled for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI), until target_end.h. With
 * GCC to the file's end.
 *
 * Included by the files that are a variant each of what the host's registers decide: sem_avx512.c,
 * exec_avx512.c, ../pipeline/gfx_vec_avx512.c, ../pipeline/texture/vec_avx512.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __clang__
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi"))),        \
    apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi")
#endif
#define VA_HOST_FMA
#define VA_HOST_AVX512
#define VA_PIECE 64
