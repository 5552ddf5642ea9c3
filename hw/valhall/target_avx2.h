/*
 * What follows is compiled for x86-64 with AVX2, FMA and F16C, until target_end.h. With GCC to the
 * file's end.
 *
 * Included by the files that are a variant each of what the host's registers decide: sem_avx2.c,
 * exec_avx2.c, ../pipeline/gfx_vec_avx2.c, ../pipeline/texture/vec_avx2.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif
#define VA_HOST_FMA
#define VA_HOST_AVX2
#define VA_PIECE 32
