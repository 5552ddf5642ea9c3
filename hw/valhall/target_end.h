/*
 * The end of what target_avx2.h or target_avx512.h began.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __clang__
#pragma clang attribute pop
#endif
