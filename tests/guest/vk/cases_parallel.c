/*
 * Cases of vk_compute: invocations that work together.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "garm_igt.h"
#include "vk_compute.h"

#include "atomics.h"
#include "bitonic.h"
#include "diverge.h"
#include "histogram.h"
#include "reduce_shared.h"
#include "reduce_subgroup.h"
#include "scan_add.h"
#include "scan_block.h"
#include "subgroup.h"

static struct vkc_buf random_words(struct vkc *vk, unsigned n, uint32_t seed)
{
    struct vkc_buf b = vkc_buffer(vk, 4 * n, NULL);
    uint32_t *w = b.map;

    for (unsigned i = 0; i < n; i++)
        w[i] = rnd(&seed);
    return b;
}

static void reduce(struct vkc *vk, struct outcome *o, struct vkc_spirv code, unsigned scale)
{
    unsigned groups = 16 * scale, n = 256 * groups;
    struct vkc_buf a = random_words(vk, n, 20), out = vkc_buffer(vk, 4 * groups, NULL);
    struct vkc_pass p = {.code = code, .bind = {VKC_SSBO(a), VKC_SSBO(out)}, .groups = {groups}};

    outcome_make(o, OUT_U32, groups);
    for (unsigned i = 0; i < n; i++)
        ((uint32_t *)o->want)[i / 256] += ((uint32_t *)a.map)[i];
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * groups);
}

static void reduction_shared(struct vkc *vk, struct outcome *o, unsigned scale)
{
    reduce(vk, o, (struct vkc_spirv)VKC_SPIRV(reduce_shared), scale);
}

static void reduction_subgroup(struct vkc *vk, struct outcome *o, unsigned scale)
{
    reduce(vk, o, (struct vkc_spirv)VKC_SPIRV(reduce_subgroup), scale);
}

/* Three passes: blocks, sums of the blocks (one block again), sums added. */
static void prefix_sum(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned groups = scale > 1 ? 256 : 32, n = 256 * groups;
    struct vkc_buf a = random_words(vk, n, 21), sums = vkc_buffer(vk, 4 * 256, NULL);
    struct vkc_buf total = vkc_buffer(vk, 4, NULL);
    struct vkc_pass p[3] = {
        {.code = VKC_SPIRV(scan_block), .bind = {VKC_SSBO(a), VKC_SSBO(sums)}, .groups = {groups}},
        {.code = VKC_SPIRV(scan_block), .bind = {VKC_SSBO(sums), VKC_SSBO(total)}},
        {.code = VKC_SPIRV(scan_add), .bind = {VKC_SSBO(a), VKC_SSBO(sums)}, .groups = {groups}},
    };
    uint32_t sum = 0;

    outcome_make(o, OUT_U32, n);
    for (unsigned i = 0; i < n; i++)
        ((uint32_t *)o->want)[i] = sum += ((uint32_t *)a.map)[i];
    vkc_run(vk, p, 3);
    memcpy(o->got, a.map, 4 * n);
}

static void byte_histogram(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned groups = 16 * scale, n = 256 * groups;
    static const uint32_t zeros[256];
    struct vkc_buf a = random_words(vk, n, 22), bins = vkc_buffer(vk, sizeof(zeros), zeros);
    struct vkc_pass p = {
        .code = VKC_SPIRV(histogram), .bind = {VKC_SSBO(a), VKC_SSBO(bins)}, .groups = {groups}};

    outcome_make(o, OUT_U32, 256);
    for (unsigned i = 0; i < 4 * n; i++)
        ((uint32_t *)o->want)[((uint8_t *)a.map)[i]]++;
    vkc_run(vk, &p, 1);
    memcpy(o->got, bins.map, sizeof(zeros));
}

/* What atomics.comp leaves, computed one invocation after the other. */
static void want_atomics(const uint32_t *a, unsigned groups, uint32_t *w, int32_t *signs)
{
    for (unsigned g = 0; g < groups; g++) {
        uint32_t *s = w + 64 + 8 * g;
        s[3] = ~0u;
        for (unsigned i = 0; i < 64; i++) {
            uint32_t x = *a++, *at = w + 8 * (x & 7);
            int32_t *sign = signs + 2 * (x & 7);
            at[0] += x;
            at[1] = x < at[1] ? x : at[1];
            at[2] = x > at[2] ? x : at[2];
            at[3] &= x | 0xffff00ff;
            at[4] |= x & 0x10101;
            at[5] ^= x;
            at[7] ^= at[6]++ * 2654435761u;
            sign[0] = (int32_t)x < sign[0] ? (int32_t)x : sign[0];
            sign[1] = (int32_t)x > sign[1] ? (int32_t)x : sign[1];
            s[0] += x;
            s[1] ^= x;
            s[2] = x > s[2] ? x : s[2];
            s[3] = x < s[3] ? x : s[3];
            s[4] |= 1u << (x & 31);
            s[5] += x & 15;
        }
        s[6] = 77;
        s[7] = 5 + g; /* what was there */
    }
}

static void atomic_operations(struct vkc *vk, struct outcome *o, unsigned scale)
{
    enum { GROUPS = 8, WORDS = 64 + 8 * GROUPS };
    struct vkc_buf a = random_words(vk, 64 * GROUPS, 23), out = vkc_buffer(vk, 4 * WORDS, NULL);
    struct vkc_buf signs = vkc_buffer(vk, 4 * 16, NULL);
    uint32_t *w = out.map, *want;
    struct vkc_pass p = {.code = VKC_SPIRV(atomics),
                         .bind = {VKC_SSBO(a), VKC_SSBO(out), VKC_SSBO(signs)},
                         .groups = {GROUPS}};

    outcome_make(o, OUT_U32, WORDS + 16);
    want = o->want;
    memset(w, 0, 4 * WORDS);
    memset(signs.map, 0, 4 * 16);
    for (unsigned i = 0; i < 8; i++) {
        w[8 * i + 1] = ~0u;
        w[8 * i + 3] = 0xfff0ffff;
    }
    for (unsigned g = 0; g < GROUPS; g++)
        w[64 + 8 * g + 6] = 5 + g;
    memcpy(want, w, 4 * WORDS);
    want_atomics(a.map, GROUPS, want, (int32_t *)want + WORDS);
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * WORDS);
    memcpy((uint32_t *)o->got + WORDS, signs.map, 4 * 16);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Each step is a pass of its own, all in one submission. */
static void bitonic_sort(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned n = scale > 1 ? 16384 : 2048, count = 0;
    struct vkc_buf a = random_words(vk, n, 24);
    static struct vkc_pass p[VKC_PASSES];
    static uint32_t push[VKC_PASSES][2];

    outcome_make(o, OUT_U32, n);
    memcpy(o->want, a.map, 4 * n);
    qsort(o->want, n, 4, ascending);
    for (unsigned k = 2; k <= n; k *= 2)
        for (unsigned j = k / 2; j > 0; j /= 2, count++) {
            push[count][0] = j;
            push[count][1] = k;
            p[count] = (struct vkc_pass){.code = VKC_SPIRV(bitonic),
                                         .bind = {VKC_SSBO(a)},
                                         .push = push[count],
                                         .push_bytes = 8,
                                         .groups = {n / 128}};
        }
    vkc_run(vk, p, count);
    memcpy(o->got, a.map, 4 * n);
}

static uint32_t collatz(uint32_t x)
{
    uint32_t steps = 0;

    for (; x != 1 && steps < 200; steps++)
        x = x & 1 ? 3 * x + 1 : x >> 1;
    return steps;
}

static uint32_t diverging(uint32_t word)
{
    uint32_t x = word & 1023, sum = 0;

    for (uint32_t k = 1; k <= (x & 7); k++) {
        if (k == 5 && x & 8)
            continue;
        sum += collatz(x + k);
        if (sum > 300)
            break;
    }
    switch (x % 5) {
    case 0:
        return sum ^ 0x55;
    case 1:
        return (sum + 1000) * 3;
    case 2:
        return sum * 3;
    case 3:
        return x > 512 ? 0xdead : sum;
    }
    return sum;
}

static void divergence(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned n = 1024 * scale;
    struct vkc_buf a = random_words(vk, n, 25), out = vkc_buffer(vk, 4 * n, NULL);
    struct vkc_pass p = {
        .code = VKC_SPIRV(diverge), .bind = {VKC_SSBO(a), VKC_SSBO(out)}, .groups = {n / 64}};

    outcome_make(o, OUT_U32, n);
    for (unsigned i = 0; i < n; i++)
        ((uint32_t *)o->want)[i] = diverging(((uint32_t *)a.map)[i]);
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * n);
}

/* The rows of subgroup.comp for one subgroup: x has its s words. */
static void want_subgroup(const uint32_t *x, unsigned s, unsigned first, uint32_t *want, unsigned n)
{
    uint32_t sum = 0, low = ~0u, high = 0, bit0 = 0, bit1 = 0, some = 0, others = 0, all = 1,
             any = 0;

    for (unsigned i = 0; i < s; i++) {
        bit0 |= (x[i] & 1) << i;
        bit1 |= (x[i] >> 1 & 1) << i;
        low = x[i] < low ? x[i] : low;
        all &= x[i] > 1000;
        any |= x[i] > 0xf0000000;
        some += x[i] & 4 ? x[i] & 255 : 0;
        others |= (x[i] & 4 ? 0u : 1u) << i;
    }
    for (unsigned i = 0; i < s; i++) {
        const uint32_t *quad = x + (i & ~3u);
        high = x[i] > high ? x[i] : high;
        uint32_t row[16] = {i | first % 64 / s << 8 | s << 16 | 64 / s << 24,
                            bit0,
                            x[i ^ 3],
                            x[i ^ 1],
                            i ? x[i - 1] : 0,
                            0,
                            sum,
                            high,
                            low,
                            x[2],
                            x[0],
                            all | any << 1,
                            quad[0] ^ quad[1] ^ quad[2] ^ quad[3],
                            x[i ^ 3],
                            __builtin_popcount(bit1),
                            x[i] & 4 ? some : others};
        sum += x[i];
        for (unsigned r = 0; r < 16; r++)
            want[r * n + first + i] = row[r];
    }
    for (unsigned i = 0; i < s; i++)
        want[5 * n + first + i] = sum;
}

static void subgroup_operations(struct vkc *vk, struct outcome *o, unsigned scale)
{
    enum { N = 512 };
    uint32_t push = N;
    struct vkc_buf a = random_words(vk, N, 26), out = vkc_buffer(vk, 4 * 16 * N, NULL);
    struct vkc_pass p = {.code = VKC_SPIRV(subgroup),
                         .bind = {VKC_SSBO(a), VKC_SSBO(out)},
                         .push = &push,
                         .push_bytes = 4,
                         .groups = {N / 64}};
    unsigned s = vk->subgroup.subgroupSize;

    igt_assert_f(s >= 4 && s <= 32, "%s: subgroups of %u, expected 4 to 32", vk->label, s);
    outcome_make(o, OUT_U32, 16 * N);
    o->group = s; /* results of devices with other subgroups are others */
    for (unsigned i = 0; i < N; i += s)
        want_subgroup((uint32_t *)a.map + i, s, i, o->want, N);
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * 16 * N);
}

static const char *no_subgroups(const struct vkc *vk)
{
    return ~vk->subgroup.supportedOperations &
                   (VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_VOTE_BIT |
                    VK_SUBGROUP_FEATURE_ARITHMETIC_BIT | VK_SUBGROUP_FEATURE_BALLOT_BIT |
                    VK_SUBGROUP_FEATURE_SHUFFLE_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT |
                    VK_SUBGROUP_FEATURE_CLUSTERED_BIT | VK_SUBGROUP_FEATURE_QUAD_BIT)
               ? "subgroup operations are missing"
               : NULL;
}

const struct vk_case cases_parallel[] = {
    {"reduction-shared", "sums through a tree in shared memory", NULL, reduction_shared},
    {"reduction-subgroup", "sums through subgroups", no_subgroups, reduction_subgroup},
    {"prefix-sum", "three passes with barriers between them", NULL, prefix_sum},
    {"histogram", "atomics in shared memory and in a buffer", NULL, byte_histogram},
    {"atomics", "every atomic operation, in a buffer and in shared memory", NULL,
     atomic_operations},
    {"bitonic-sort", "a pass for each step, in one submission", NULL, bitonic_sort},
    {"divergence", "loops, breaks and switches that differ from lane to lane", NULL, divergence},
    {"subgroup-operations", "votes, ballots, shuffles, scans, clusters, quads", no_subgroups,
     subgroup_operations},
    {0},
};
