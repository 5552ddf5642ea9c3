/*
 * The interpreter for x86-64 with AVX-512: the same source as exec.c's, the same results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#include "target_avx512.h"
#define VA_EXEC va_exec_avx512
#include "exec_body.h"
#include "target_end.h"
#endif
