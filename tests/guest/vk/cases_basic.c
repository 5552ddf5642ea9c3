/*
 * Cases of vk_compute: what every dispatch needs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "vk_compute.h"

#include "args.h"
#include "ids.h"
#include "push_spv.h"
#include "spec.h"
#include "uniforms.h"
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

static void push_constants(struct vkc *vk, struct outcome *o, unsigned scale)
{
    enum { N = 256 };
    struct {
        uint32_t mul;
        int32_t add;
        float f[2];
        uint32_t pad[4], table[4][4];
    } push[2];
    struct vkc_buf out[2];
    struct vkc_pass p[2];
    uint32_t seed = 2, *want;

    outcome_make(o, OUT_U32, 2 * N);
    want = o->want;
    for (unsigned k = 0; k < 2; k++) { /* two passes of one submission with different constants */
        push[k].mul = rnd(&seed);
        push[k].add = -(int)(rnd(&seed) & 0xffff);
        push[k].f[0] = 2.5f + k;
        push[k].f[1] = 1.25f;
        for (unsigned i = 0; i < 16; i++)
            push[k].table[i / 4][i % 4] = rnd(&seed);
        for (uint32_t i = 0; i < N; i++)
            *want++ = i * push[k].mul + push[k].add +
                      (uint32_t)(push[k].f[0] * (float)i + push[k].f[1]) +
                      push[k].table[i & 3][i >> 2 & 3];
        out[k] = vkc_buffer(vk, 4 * N, NULL);
        p[k] = (struct vkc_pass){.code = VKC_SPIRV(push_spv),
                                 .bind = {VKC_SSBO(out[k])},
                                 .push = &push[k],
                                 .push_bytes = sizeof(push[k]),
                                 .groups = {N / 32}};
    }
    vkc_run(vk, p, 2);
    memcpy(o->got, out[0].map, 4 * N);
    memcpy((uint32_t *)o->got + N, out[1].map, 4 * N);
}

static void specialisation(struct vkc *vk, struct outcome *o, unsigned scale)
{
    static const struct {
        uint32_t size, count;
        float factor;
        uint32_t twice;
    } set[] = {{64, 7, 0.5f, 0}, {24, 24, 3.0f, 1}, {1, 1, 8.0f, 1}, {128, 100, 0.25f, 0}};
    enum { N = 384 };
    struct vkc_buf out[4];
    struct vkc_pass p[4];
    float *want;

    outcome_make(o, OUT_F32, 4 * N);
    want = o->want;
    for (unsigned k = 0; k < 4; k++) {
        out[k] = vkc_buffer(vk, 4 * N, NULL);
        p[k] = (struct vkc_pass){.code = VKC_SPIRV(spec),
                                 .bind = {VKC_SSBO(out[k])},
                                 .specs = 4,
                                 .groups = {N / set[k].size}};
        memcpy(p[k].spec, &set[k], sizeof(p[k].spec));
        for (uint32_t i = 0; i < N; i++) {
            float sum = set[k].factor * (set[k].count * (set[k].count - 1) / 2); /* exact */
            *want++ = sum * (set[k].twice ? 2 : 1) + i % set[k].size + set[k].size;
        }
    }
    vkc_run(vk, p, 4);
    for (unsigned k = 0; k < 4; k++)
        memcpy((float *)o->got + k * N, out[k].map, 4 * N);
}

/* What ids.comp writes for a grid. */
static void want_ids(uint32_t *want, const uint32_t grid[3])
{
    static const uint32_t size[3] = {5, 3, 2};

    for (uint32_t z = 0; z < grid[2] * size[2]; z++)
        for (uint32_t y = 0; y < grid[1] * size[1]; y++)
            for (uint32_t x = 0; x < grid[0] * size[0]; x++) {
                uint32_t l[3] = {x % size[0], y % size[1], z % size[2]};
                *want++ = x / size[0] | y / size[1] << 8 | z / size[2] << 16;
                *want++ = l[0] | l[1] << 8 | l[2] << 16;
                *want++ = l[0] + size[0] * (l[1] + size[1] * l[2]);
                *want++ = grid[0] | grid[1] << 8 | grid[2] << 16;
            }
}

static void grid_ids(struct vkc *vk, struct outcome *o, unsigned scale)
{
    static const uint32_t grid[3] = {7, 4, 3};
    unsigned words = 4 * 30 * grid[0] * grid[1] * grid[2];

    outcome_make(o, OUT_U32, words);
    want_ids(o->want, grid);
    struct vkc_buf out = vkc_buffer(vk, 4 * words, NULL);
    struct vkc_pass p = {
        .code = VKC_SPIRV(ids), .bind = {VKC_SSBO(out)}, .groups = {grid[0], grid[1], grid[2]}};
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * words);
}

/* One dispatch from arguments that the host wrote, one from those that a shader wrote, one of
 * nothing. */
static void indirect(struct vkc *vk, struct outcome *o, unsigned scale)
{
    static const uint32_t host[3] = {3, 2, 2}, ask[3] = {4, 1, 2}, grid[3] = {5, 2, 3};
    static const uint32_t none[3] = {3, 0, 1};
    unsigned first = 4 * 30 * 12, second = 4 * 30 * 30;

    outcome_make(o, OUT_U32, first + second + 4);
    want_ids(o->want, host);
    want_ids((uint32_t *)o->want + first, grid);
    memset((uint32_t *)o->want + first + second, 0xcd, 16);
    struct vkc_buf in = vkc_buffer(vk, 12, ask), args_buf = vkc_buffer(vk, 64, NULL);
    struct vkc_buf out[3] = {vkc_buffer(vk, 4 * first, NULL), vkc_buffer(vk, 4 * second, NULL),
                             vkc_buffer(vk, 16, NULL)};
    struct vkc_pass p[4] = {
        {.code = VKC_SPIRV(args), .bind = {VKC_SSBO(in), VKC_SSBO(args_buf)}},
        {.code = VKC_SPIRV(ids), .bind = {VKC_SSBO(out[0])}, .indirect = &args_buf},
        {.code = VKC_SPIRV(ids),
         .bind = {VKC_SSBO(out[1])},
         .indirect = &args_buf,
         .indirect_offset = 16},
        {.code = VKC_SPIRV(ids),
         .bind = {VKC_SSBO(out[2])},
         .indirect = &args_buf,
         .indirect_offset = 32},
    };
    memcpy(args_buf.map, host, 12);
    memcpy((uint32_t *)args_buf.map + 8, none, 12);
    vkc_run(vk, p, 4);
    memcpy(o->got, out[0].map, 4 * first);
    memcpy((uint32_t *)o->got + first, out[1].map, 4 * second);
    memcpy((uint32_t *)o->got + first + second, out[2].map, 16);
}

static void uniform_buffer(struct vkc *vk, struct outcome *o, unsigned scale)
{
    struct { /* std140 */
        float scalar, pad0[3], v[3], pad1, m[3][4], array[8][4];
        int32_t i[4][4];
    } u;
    enum { N = 64 };
    uint32_t seed = 5;
    float *want;

    memset(&u, 0, sizeof(u));
    outcome_make(o, OUT_F32, N);
    want = o->want;
    u.scalar = 3;
    for (unsigned k = 0; k < 3; k++) {
        u.v[k] = rnd_small(&seed);
        for (unsigned r = 0; r < 3; r++)
            u.m[k][r] = rnd_small(&seed);
    }
    for (unsigned k = 0; k < 8; k++)
        u.array[k][0] = rnd_small(&seed);
    for (unsigned k = 0; k < 16; k++)
        u.i[k / 4][k % 4] = (int)(rnd(&seed) & 255) - 128;
    for (unsigned n = 0; n < N; n++) {
        float in[3] = {n & 3, 1, 2}, p[3];
        for (unsigned r = 0; r < 3; r++)
            p[r] = u.m[0][r] * in[0] + u.m[1][r] * in[1] + u.m[2][r] * in[2] + u.v[r];
        want[n] =
            p[0] + p[1] * 2 + p[2] * 4 + u.array[n & 7][0] * u.scalar + u.i[n & 3][n >> 2 & 3];
    }
    struct vkc_buf in = vkc_buffer(vk, sizeof(u), &u), out = vkc_buffer(vk, 4 * N, NULL);
    struct vkc_pass p = {
        .code = VKC_SPIRV(uniforms), .bind = {VKC_UBO(in), VKC_SSBO(out)}, .groups = {N / 32}};
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * N);
}

/* Ticks around a job that takes its time: they do not run backwards, nor faster than the clock of
 * the CPU. */
static void timestamps(struct vkc *vk, struct outcome *o, unsigned scale)
{
    enum { N = 65536 };
    struct vkc_buf a = vkc_buffer(vk, 4 * N, NULL), c = vkc_buffer(vk, 4 * N, NULL);
    struct vkc_pass p = {.code = VKC_SPIRV(vecadd),
                         .bind = {VKC_SSBO(a), VKC_SSBO(a), VKC_SSBO(c)},
                         .groups = {N / 64}};
    double ns;

    outcome_make(o, OUT_U32, 1);
    vkc_run_timed(vk, &p, 1, &ns);
    igt_assert_f(ns > 0 && ns <= vk->seconds * 1e9,
                 "%s: %g ns between timestamps, expected 0 < ns <= %g", vk->label, ns,
                 vk->seconds * 1e9);
}

static const char *no_timestamps(const struct vkc *vk)
{
    return vk->timestamp_bits ? NULL : "no timestamps on its queue (timestampValidBits is 0)";
}

const struct vk_case cases_basic[] = {
    {"vector-add", "fp32 sums, the same bits everywhere", NULL, vector_add},
    {"push-constants", "of several types, changed between two dispatches", NULL, push_constants},
    {"specialisation", "constants: workgroup size, array size, loop, three types", NULL,
     specialisation},
    {"grid-ids", "every built-in id in a three-dimensional grid", NULL, grid_ids},
    {"indirect", "dispatches from memory: the host's arguments, a shader's, an empty grid", NULL,
     indirect},
    {"uniform-buffer", "std140, indexed by the invocation", NULL, uniform_buffer},
    {"timestamps", "of a queue, around a dispatch", no_timestamps, timestamps},
    {0},
};
