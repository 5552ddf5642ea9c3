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

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

/* --- variants ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *lacks;
    va_alu_fn *const *alu;
    va_bind_fn *bind;
} variants[] = {
    {"base", "", va_alu_base, va_bind_base},
#ifdef __x86_64__
    {"avx2", "the CPU has no AVX2, FMA and F16C", va_alu_avx2, va_bind_avx2},
    {"avx512", "the CPU has no AVX-512 (F, DQ, BW, VL, VBMI)", va_alu_avx512, va_bind_avx512},
#endif
};

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

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

/* VBMI also because CPUs without it clock down for a while after each wide instruction. */
static bool has_avx512(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi");
#else
    return false;
#endif
}

static enum va_vectors host_vectors(void)
{
    return !has_avx2() ? VA_VECTORS_BASE : !has_avx512() ? VA_VECTORS_AVX2 : VA_VECTORS_AVX512;
}

static unsigned most = VA_VECTORS; /* atomic: va_vectors_choose() */

enum va_vectors va_vectors(void)
{
    unsigned host = host_vectors(), limit = __atomic_load_n(&most, __ATOMIC_RELAXED);

    return host < limit ? host : limit;
}

bool va_vectors_choose(const char *name, const char **why)
{
    unsigned v = 0;

    while (v < VARIANTS && strcmp(name, variants[v].name))
        v++;
    if (!strcmp(name, "best")) {
        v = VA_VECTORS;
    } else if (v == VARIANTS) {
        *why = "known are best, base and, on x86-64, avx2, avx512";
        return false;
    } else if (v > (unsigned)host_vectors()) {
        *why = variants[v].lacks;
        return false;
    }
    __atomic_store_n(&most, v, __ATOMIC_RELAXED);
    return true;
}

va_alu_fn *const *va_alu_of(enum va_vectors v)
{
    return v <= host_vectors() ? variants[v].alu : NULL;
}

va_alu_fn *const *va_alu_best(void)
{
    return variants[va_vectors()].alu;
}

va_bind_fn *va_bind_of(enum va_vectors v)
{
    return v <= host_vectors() ? variants[v].bind : NULL;
}

va_bind_fn *va_bind_best(void)
{
    return variants[va_vectors()].bind;
}

bool va_alu_modelled(const struct va_insn *in)
{
    const struct va_info *info = va_info(in->op);

    if (info->message || info->fidelity == VA_TODO)
        return false;
    if (in->op == VA_OP_BRANCHZ || in->op == VA_OP_BRANCHZI)
        return in->src[0].sel != VA_COMBINE_LOWBITS;
    return !va_is_clper(in->op) || in->mod[VA_M_LANE_OP] <= VA_LANE_OP_XOR;
}
