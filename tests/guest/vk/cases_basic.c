/*
 * Cases of vk_compute: what every dispatch needs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "vk_compute.h"
#include "vecadd.h"

static void vector_add(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned n = 4096 * scale;
    uint32_t seed = 1;

    outcome_make(o, OUT_F32, n);
    struct vkc_buf a = vkc_buffer(vk, 4 * n, NULL), b = vkc_buffer(vk, 4 * n, NULL);
    struct vkc_buf c = vkc_buffer(vk, 4 * n, NULL);
    float *x = a.map, *y = b.map, *want = o->want;
    for (unsigned i = 0; i < n; i++) {
        x[i] = (float)rnd(&seed) / 7;
        y[i] = (float)(int)rnd(&seed) / 11;
        want[i] = x[i] + y[i];
    }
    struct vkc_pass p = {.code = VKC_SPIRV(vecadd),
                         .bind = {VKC_SSBO(a), VKC_SSBO(b), VKC_SSBO(c)},
                         .groups = {n / 64}};
    vkc_run(vk, &p, 1);
    memcpy(o->got, c.map, 4 * n);
}

const struct vk_case cases_basic[] = {
    {"vector-add", "fp32 sums, the same bits everywhere", NULL, vector_add},
    {0},
};
