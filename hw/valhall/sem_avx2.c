/*
 * The instructions' meanings for x86-64 with AVX2, FMA and F16C: the same source, the
 * same results, chosen at run time by va_alu_best().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#include "target_avx2.h"
#define VA_VARIANT va_alu_avx2
#define VA_BIND    va_bind_avx2
#include "sem_body.h"
#include "target_end.h"
#endif
