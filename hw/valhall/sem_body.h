/*
 * One variant of the instructions' meanings: all functions and their tables. The
 * including file sets VA_VARIANT, VA_BIND (names), VA_PIECE and the target.
 *
 * Rows of isa_alu.def that say TODO have no function; a row that says otherwise
 * and has none does not build.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are only passed between inlined functions */
/* A product and a sum are two roundings, in every variant. */
#ifdef __clang__
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include "sem_vec.h"
#include "sem_micro.h"
#include "sem_int.h"
#include "sem_cmp.h"
#include "sem_float.h"
#include "sem_cvt.h"

#define VA_FN_EXACT(id)  [VA_OP_##id] = va_##id,
#define VA_FN_APPROX(id) [VA_OP_##id] = va_##id,
#define VA_FN_TODO(id)
#define VA(id, text, opc, sec, val, un, fid, ...) VA_FN_##fid(id)
va_alu_table VA_VARIANT = {
#include "isa_alu.def"
};
#undef VA

#include "sem_shapes.h"
