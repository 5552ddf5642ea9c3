/*
 * The instructions' meanings for any CPU of the build's architecture, and the
 * choice between variants.
 *
 * Called by the interpreter. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifdef __aarch64__
#define VA_HOST_FMA
#endif
#define VA_VARIANT va_alu_base
#define VA_BIND    va_bind_base
#define VA_PIECE   16
#include "sem_body.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

/* With FMA and F16C, for which not every compiler has a name here. */
static bool has_avx2(void)
{
#ifdef __x86_64__
    unsigned a, b, c = 0, d;

    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
#else
    return false;
#endif
}

va_alu_fn *const *va_alu_best(void)
{
#ifdef __x86_64__
    if (has_avx2())
        return va_alu_avx2;
#endif
    return va_alu_base;
}

va_bind_fn *va_bind_best(void)
{
#ifdef __x86_64__
    if (has_avx2())
        return va_bind_avx2;
#endif
    return va_bind_base;
}

bool va_alu_modelled(const struct va_insn *in)
{
    const struct va_info *info = va_info(in->op);

    if (info->message || info->fidelity == VA_TODO)
        return false;
    switch (in->op) {
    case VA_OP_BRANCHZ:
    case VA_OP_BRANCHZI:
        return in->src[0].sel != VA_COMBINE_LOWBITS;
    case VA_OP_CLPER_I32:
    case VA_OP_CLPER_S32:
    case VA_OP_CLPER_V2U16:
    case VA_OP_CLPER_V2S16:
    case VA_OP_CLPER_V4U8:
    case VA_OP_CLPER_V4S8:
    case VA_OP_CLPER_U64:
    case VA_OP_CLPER_S64:
        return in->mod[VA_M_LANE_OP] <= VA_LANE_OP_XOR;
    default:
        return true;
    }
}
