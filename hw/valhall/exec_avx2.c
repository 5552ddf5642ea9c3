/*
 * The interpreter for x86-64 with AVX2: the same source as exec.c's, the same results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif
#define VA_HOST_AVX2
#define VA_EXEC  va_exec_avx2
#define VA_PIECE 32
#include "exec_body.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
