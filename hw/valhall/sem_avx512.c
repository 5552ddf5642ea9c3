/*
 * The instructions' meanings for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI): the same source, the
 * same results, a warp's word in one register; chosen at run time by va_alu_best().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __x86_64__
#include "target_avx512.h"
#define VA_VARIANT va_alu_avx512
#define VA_BIND    va_bind_avx512
#include "sem_body.h"
#include "target_end.h"
#endif
