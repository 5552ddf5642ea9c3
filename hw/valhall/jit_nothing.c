/*
 * In place of the bitcode of jit_pieces.c where the build has no clang.
 *
 * Called by jit_llvm.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit_llvm.h"

const unsigned char va_jit_bitcode_avx2[1], va_jit_bitcode_avx512[1];
const size_t va_jit_bitcode_avx2_size, va_jit_bitcode_avx512_size;
const unsigned va_jit_bitcode_avx2_version;
