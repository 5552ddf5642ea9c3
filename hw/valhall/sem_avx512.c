/*
 * The instructions' meanings for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI): the same source, the
 * same results, a warp's word in one register; chosen at run time by va_alu_best().
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
#define VA_VARIANT va_alu_avx512
#define VA_BIND    va_bind_avx512
#define VA_PIECE   64
#include "sem_body.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
