/*
 * valhall_jit_test.c on hosts that have AVX2 and no AVX-512, or as if.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define VECTORS "avx2"
#include "valhall_jit_test.c"
