/*
 * Cases of vk_compute: arithmetic of every type.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "garm_igt.h"
#include "vk_compute.h"

#include "bits.h"
#include "floatfn_exact.h"
#include "floatfn_near.h"
#include "floatfn_sine.h"
#include "intfn16.h"
#include "intfn32.h"
#include "intfn64.h"
#include "intfn8.h"
#include "matmul_f16.h"
#include "matmul_f16_f16.h"
#include "matmul_f32.h"
#include "matmul_i8.h"
#include "matmul_tiled.h"
#include "pack.h"

/* --- matrices ------------------------------------------------------------------------------ */

typedef _Float16 half;

/* Entries are multiples of 1/4 below 2, so that sums of any order, fused or not, are the same fp32.
 */
static float entry(uint32_t *seed)
{
    return ((int)(rnd(seed) >> 9 & 15) - 8) / 4.0f;
}

static void multiply(struct outcome *o, unsigned n, const float *a, const float *b)
{
    float *want = o->want;

    for (unsigned y = 0; y < n; y++)
        for (unsigned x = 0; x < n; x++) {
            float sum = 0;
            for (unsigned k = 0; k < n; k++)
                sum += a[y * n + k] * b[k * n + x];
            if (o->type == OUT_F16)
                ((half *)o->want)[y * n + x] = (half)sum;
            else
                want[y * n + x] = sum;
        }
}

static void matrix(struct vkc *vk, struct outcome *o, struct vkc_spirv code, unsigned n,
                   bool half_in, unsigned tile)
{
    static float a[256 * 256], b[256 * 256];
    struct vkc_buf in[2], out = vkc_buffer(vk, (o->type == OUT_F16 ? 2 : 4) * n * n, NULL);
    uint32_t seed = 7, push = n;

    igt_assert_lte(n, 256);
    for (unsigned i = 0; i < n * n; i++) {
        a[i] = entry(&seed);
        b[i] = entry(&seed);
    }
    multiply(o, n, a, b);
    for (unsigned k = 0; k < 2; k++) {
        const float *from = k ? b : a;
        in[k] = vkc_buffer(vk, (half_in ? 2 : 4) * n * n, half_in ? NULL : from);
        for (unsigned i = 0; half_in && i < n * n; i++)
            ((half *)in[k].map)[i] = (half)from[i];
    }
    struct vkc_pass p = {.code = code,
                         .bind = {VKC_SSBO(in[0]), VKC_SSBO(in[1]), VKC_SSBO(out)},
                         .push = &push,
                         .push_bytes = 4,
                         .groups = {n / tile, n / tile}};
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, out.bytes);
}

static unsigned side(unsigned scale)
{
    return scale > 1 ? 128 : 32;
}

static void matmul_fp32(struct vkc *vk, struct outcome *o, unsigned scale)
{
    outcome_make(o, OUT_F32, side(scale) * side(scale));
    matrix(vk, o, (struct vkc_spirv)VKC_SPIRV(matmul_f32), side(scale), false, 8);
}

static void matmul_shared(struct vkc *vk, struct outcome *o, unsigned scale)
{
    outcome_make(o, OUT_F32, side(scale) * side(scale));
    matrix(vk, o, (struct vkc_spirv)VKC_SPIRV(matmul_tiled), side(scale), false, 16);
}

static void matmul_fp16_storage(struct vkc *vk, struct outcome *o, unsigned scale)
{
    outcome_make(o, OUT_F32, side(scale) * side(scale));
    matrix(vk, o, (struct vkc_spirv)VKC_SPIRV(matmul_f16), side(scale), true, 8);
}

static void matmul_fp16(struct vkc *vk, struct outcome *o, unsigned scale)
{
    outcome_make(o, OUT_F16, side(scale) * side(scale));
    matrix(vk, o, (struct vkc_spirv)VKC_SPIRV(matmul_f16_f16), side(scale), true, 8);
}

static void matmul_int8(struct vkc *vk, struct outcome *o, unsigned scale)
{
    unsigned n = side(scale);
    struct vkc_buf a = vkc_buffer(vk, n * n, NULL), b = vkc_buffer(vk, n * n, NULL);
    struct vkc_buf out = vkc_buffer(vk, 4 * n * n, NULL);
    int8_t *x = a.map, *y = b.map;
    uint32_t seed = 8, push = n;

    outcome_make(o, OUT_U32, n * n);
    for (unsigned i = 0; i < n * n; i++) {
        x[i] = (int8_t)(rnd(&seed) >> 8);
        y[i] = (int8_t)(rnd(&seed) >> 8);
    }
    for (unsigned i = 0; i < n * n; i++) {
        int32_t sum = 0;
        for (unsigned k = 0; k < n; k++)
            sum += x[i / n * n + k] * y[k * n + i % n];
        ((int32_t *)o->want)[i] = sum;
    }
    struct vkc_pass p = {.code = VKC_SPIRV(matmul_i8),
                         .bind = {VKC_SSBO(a), VKC_SSBO(b), VKC_SSBO(out)},
                         .push = &push,
                         .push_bytes = 4,
                         .groups = {n / 8, n / 8}};
    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, 4 * n * n);
}

/* --- functions of two arguments ----------------------------------------------------------------
 */

enum { PAIRS = 256 };

/* Runs a shader that writes `rows` results for each pair. */
static void run_rows(struct vkc *vk, struct outcome *o, struct vkc_spirv code, const void *a,
                     const void *b, unsigned bytes)
{
    uint32_t push = PAIRS;
    struct vkc_buf in[2] = {vkc_buffer(vk, PAIRS * bytes, a), vkc_buffer(vk, PAIRS * bytes, b)};
    struct vkc_buf out = vkc_buffer(vk, (size_t)o->count * bytes, NULL);
    struct vkc_pass p = {.code = code,
                         .bind = {VKC_SSBO(in[0]), VKC_SSBO(in[1]), VKC_SSBO(out)},
                         .push = &push,
                         .push_bytes = 4,
                         .groups = {PAIRS / 64}};

    vkc_run(vk, &p, 1);
    memcpy(o->got, out.map, out.bytes);
}

/* Everyday numbers of all magnitudes; no NaN, whose treatment Vulkan leaves open. */
static void float_pairs(float *a, float *b, float limit)
{
    static const float edges[] = {0,    1,     -1,       0.5f,       -0.5f, 1.5f,
                                  2.5f, -2.5f, 16777216, 8388607.5f, 3e-5f, 0.1f};
    uint32_t seed = 9;

    for (unsigned i = 0; i < PAIRS; i++) {
        if (i < VKC_COUNT(edges) * VKC_COUNT(edges)) {
            a[i] = edges[i / VKC_COUNT(edges)];
            b[i] = edges[i % VKC_COUNT(edges)];
        } else {
            a[i] = ldexpf((int)rnd(&seed) / 2147483648.0f, rnd(&seed) % 24);
            b[i] = ldexpf((int)rnd(&seed) / 2147483648.0f, rnd(&seed) % 24);
        }
        if (limit != 0) {
            a[i] = fmodf(a[i], limit);
            b[i] = fmodf(b[i], limit);
        }
        if (b[i] == 0)
            b[i] = 3;
        if (a[i] == 0 && limit != 0)
            a[i] = 2;
    }
}

static void float_exact(struct vkc *vk, struct outcome *o, unsigned scale)
{
    float a[PAIRS], b[PAIRS], *want;

    outcome_make(o, OUT_F32, 16 * PAIRS);
    o->zeros = true;
    want = o->want;
    float_pairs(a, b, 0);
    for (unsigned i = 0; i < PAIRS; i++) {
        float x = a[i], y = b[i];
        float row[16] = {x + y,
                         x - y,
                         x * y,
                         floorf(x),
                         ceilf(x),
                         truncf(x),
                         rintf(x),
                         fminf(x, y),
                         fmaxf(x, y),
                         fabsf(x),
                         (x > 0) - (x < 0),
                         (int)x,
                         (uint32_t)fabsf(y),
                         x < y ? x : -y,
                         fminf(fmaxf(x, -1), 1),
                         x == y ? 1 : 2};
        for (unsigned r = 0; r < 16; r++)
            want[r * PAIRS + i] = row[r];
    }
    run_rows(vk, o, (struct vkc_spirv)VKC_SPIRV(floatfn_exact), a, b, 4);
}

/* Vulkan allows 2.5 ulps of a division, 2 of an inverse square root, and inherits sqrt from it. */
static void float_near(struct vkc *vk, struct outcome *o, unsigned scale)
{
    float a[PAIRS], b[PAIRS], *want;

    outcome_make(o, OUT_F32, 4 * PAIRS);
    o->ulps = 3;
    want = o->want;
    float_pairs(a, b, 1000);
    for (unsigned i = 0; i < PAIRS; i++) {
        want[i] = a[i] / b[i];
        want[PAIRS + i] = sqrtf(fabsf(a[i]));
        want[2 * PAIRS + i] = (float)(1 / sqrt(fabs((double)a[i])));
        want[3 * PAIRS + i] = 1 / b[i];
    }
    run_rows(vk, o, (struct vkc_spirv)VKC_SPIRV(floatfn_near), a, b, 4);
}

/* Vulkan's limits: 2^-11 for sine and cosine, a few ulps and more for the others. */
static void float_sine(struct vkc *vk, struct outcome *o, unsigned scale)
{
    float a[PAIRS], b[PAIRS], *want;

    outcome_make(o, OUT_F32, 6 * PAIRS);
    o->ulps = 16;
    o->absolute = 1 / 2048.0;
    want = o->want;
    float_pairs(a, b, 3.14f);
    for (unsigned i = 0; i < PAIRS; i++) {
        want[i] = sinf(a[i]);
        want[PAIRS + i] = cosf(a[i]);
        want[2 * PAIRS + i] = exp2f(a[i]);
        want[3 * PAIRS + i] = log2f(fabsf(a[i]));
        want[4 * PAIRS + i] = atanf(a[i]);
        want[5 * PAIRS + i] = tanhf(a[i]);
    }
    run_rows(vk, o, (struct vkc_spirv)VKC_SPIRV(floatfn_sine), a, b, 4);
}

/* One function for each width: the same rows as intfn.comp. */
#define INTEGERS(W, WIDE)                                                                          \
    static void integers_##W(struct vkc *vk, struct outcome *o, unsigned scale)                    \
    {                                                                                              \
        uint##W##_t a[PAIRS], b[PAIRS], *want;                                                     \
        uint32_t seed = 10;                                                                        \
                                                                                                   \
        outcome_make(o, OUT_U##W, 16 * PAIRS);                                                     \
        want = o->want;                                                                            \
        for (unsigned i = 0; i < PAIRS; i++) {                                                     \
            uint##W##_t x = (uint##W##_t)((uint64_t)rnd(&seed) << 32 | rnd(&seed));                \
            uint##W##_t y = (uint##W##_t)((uint64_t)rnd(&seed) << 32 | rnd(&seed));                \
            x >>= i % 5 ? 0 : W / 2; /* some small, some of one sign */                            \
            y >>= i % 3 ? 0 : W / 2;                                                               \
            int##W##_t sx = (int##W##_t)x, sy = (int##W##_t)y;                                     \
            unsigned shift = y & (W - 1);                                                          \
            uint##W##_t row[16] = {                                                                \
                x + y,                                                                             \
                x - y,                                                                             \
                (uint##W##_t)((WIDE)x * y),                                                        \
                x & y,                                                                             \
                x | y,                                                                             \
                x ^ y,                                                                             \
                (uint##W##_t) ~x,                                                                  \
                (uint##W##_t)((WIDE)x << shift),                                                   \
                (uint##W##_t)(x >> shift),                                                         \
                (uint##W##_t)(sx >> shift),                                                        \
                (uint##W##_t)(x / (y | 1)),                                                        \
                (uint##W##_t)(W < 64   ? x % (y | 1)                                               \
                              : sx < 0 ? -x                                                        \
                                       : x),                                                       \
                (uint##W##_t)(W < 64   ? (uint##W##_t)(sx / (int##W##_t)((y & 63) | 1))            \
                              : x == y ? x                                                         \
                                       : ~x),                                                      \
                x < y ? x : y,                                                                     \
                (uint##W##_t)(sx > sy ? sx : sy),                                                  \
                (uint##W##_t)((x < y) + 2 * (sx < sy))};                                           \
            a[i] = x;                                                                              \
            b[i] = y;                                                                              \
            for (unsigned r = 0; r < 16; r++)                                                      \
                want[r * PAIRS + i] = row[r];                                                      \
        }                                                                                          \
        run_rows(vk, o, (struct vkc_spirv)VKC_SPIRV(intfn##W), a, b, W / 8);                       \
    }

INTEGERS(8, uint32_t)
INTEGERS(16, uint32_t)
INTEGERS(32, uint64_t)
INTEGERS(64, uint64_t)

static uint32_t reverse(uint32_t x)
{
    uint32_t r = 0;

    for (unsigned i = 0; i < 32; i++)
        r |= (x >> i & 1) << (31 - i);
    return r;
}

static void bit_operations(struct vkc *vk, struct outcome *o, unsigned scale)
{
    uint32_t a[PAIRS], b[PAIRS], *want, seed = 11;

    outcome_make(o, OUT_U32, 15 * PAIRS);
    want = o->want;
    for (unsigned i = 0; i < PAIRS; i++) {
        uint32_t x = i < 2 ? -i : rnd(&seed) >> (i & 31), y = rnd(&seed);
        uint32_t at = y & 15, bits = y >> 4 & 15, mask = (1u << bits) - 1, sign = ~x < x ? ~x : x;
        uint64_t product = (uint64_t)x * y;
        uint32_t row[15] = {
            __builtin_popcount(x),
            reverse(x),
            x ? __builtin_ctz(x) : -1,
            x ? 31 - __builtin_clz(x) : -1,
            sign ? 31 - __builtin_clz(sign) : -1,
            x >> at & mask,
            bits ? (uint32_t)((int32_t)((x >> at & mask) << (32 - bits)) >> (32 - bits)) : 0,
            (x & ~(mask << at)) | (y & mask) << at,
            product >> 32,
            (uint32_t)product,
            (uint64_t)((int64_t)(int32_t)x * (int32_t)y) >> 32,
            x + y,
            x + y < x,
            x - y,
            x < y};
        a[i] = x;
        b[i] = y;
        for (unsigned r = 0; r < 15; r++)
            want[r * PAIRS + i] = row[r];
    }
    run_rows(vk, o, (struct vkc_spirv)VKC_SPIRV(bits), a, b, 4);
}

static uint16_t half_bits(float f)
{
    half h = (half)f;
    uint16_t bits;

    memcpy(&bits, &h, 2);
    return bits;
}

/* A clamped value as an integer of a normalised format. */
static uint32_t normal(float f, float low, int scale, uint32_t mask)
{
    return (uint32_t)(int)rintf(fminf(fmaxf(f, low), 1) * scale) & mask;
}

static void packing(struct vkc *vk, struct outcome *o, unsigned scale)
{
    float a[PAIRS], b[PAIRS];
    uint32_t *want, seed = 12;

    outcome_make(o, OUT_U32, 6 * PAIRS);
    want = o->want;
    for (unsigned i = 0; i < PAIRS; i++) { /* no ties of the normalised formats */
        float x = a[i] = ((int)(rnd(&seed) >> 8 & 0xffff) - 32768) / 26001.0f, y;
        y = b[i] = ((int)(rnd(&seed) >> 8 & 0xffff) - 32768) / 17123.0f;
        uint16_t hy = half_bits(y), word = i * 241 % 0x7c00; /* finite */
        half back;
        memcpy(&back, &word, 2);
        float wide = back;
        uint32_t un[2] = {normal(x, 0, 255, 255), normal(y, 0, 255, 255)};
        uint32_t sn[2] = {normal(y, -1, 127, 255), normal(x, -1, 127, 255)};
        want[i] = half_bits(x) | (uint32_t)hy << 16;
        want[PAIRS + i] = normal(x, 0, 65535, 65535) | normal(y, 0, 65535, 65535) << 16;
        want[2 * PAIRS + i] = normal(x, -1, 32767, 65535) | normal(y, -1, 32767, 65535) << 16;
        want[3 * PAIRS + i] = un[0] | un[1] << 8 | un[0] << 16 | un[1] << 24;
        want[4 * PAIRS + i] = sn[0] | sn[1] << 8 | sn[0] << 16 | sn[1] << 24;
        memcpy(&want[5 * PAIRS + i], &wide, 4);
    }
    run_rows(vk, o, (struct vkc_spirv)VKC_SPIRV(pack), a, b, 4);
}

/* --- what a device must have
 * ---------------------------------------------------------------------- */

static const char *no_int8(const struct vkc *vk)
{
    return vk->storage8.storageBuffer8BitAccess && vk->small.shaderInt8
               ? NULL
               : "no 8-bit storage and integers";
}

static const char *no_int16(const struct vkc *vk)
{
    return vk->storage16.storageBuffer16BitAccess && vk->features.features.shaderInt16
               ? NULL
               : "no 16-bit storage and integers";
}

static const char *no_int64(const struct vkc *vk)
{
    return vk->features.features.shaderInt64 ? NULL : "no 64-bit integers";
}

static const char *no_half_storage(const struct vkc *vk)
{
    return vk->storage16.storageBuffer16BitAccess ? NULL : "no 16-bit storage";
}

static const char *no_half(const struct vkc *vk)
{
    return vk->small.shaderFloat16 ? no_half_storage(vk)
                                   : "no fp16 arithmetic in Vulkan (shaderFloat16 is false)";
}

const struct vk_case cases_math[] = {
    {"matmul-fp32", "matrices straight from memory", NULL, matmul_fp32},
    {"matmul-shared", "matrices through tiles in shared memory", NULL, matmul_shared},
    {"matmul-fp16-storage", "fp16 matrices, fp32 sums", no_half_storage, matmul_fp16_storage},
    {"matmul-fp16", "fp16 matrices, fp16 sums", no_half, matmul_fp16},
    {"matmul-int8", "int8 matrices, int32 sums", no_int8, matmul_int8},
    {"float-exact", "fp32 operations whose results are defined to the bit", NULL, float_exact},
    {"float-near", "division, square roots: 3 ulps", NULL, float_near},
    {"float-sine", "sine, cosine, exp2, log2, atan, tanh: Vulkan's limits", NULL, float_sine},
    {"integers-8", "arithmetic of 8 bits in 8-bit storage", no_int8, integers_8},
    {"integers-16", "arithmetic of 16 bits in 16-bit storage", no_int16, integers_16},
    {"integers-32", "arithmetic of 32 bits", NULL, integers_32},
    {"integers-64", "arithmetic of 64 bits", no_int64, integers_64},
    {"bit-operations", "counts, reversals, fields, carries, high products", NULL, bit_operations},
    {"packing", "halves and normalised integers in a word", NULL, packing},
    {0},
};
