/*
 * Comparison of compute results: see outcome.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "garm_igt.h"
#include "outcome.h"

static const unsigned sizes[] = {
    [OUT_U8] = 1, [OUT_U16] = 2, [OUT_U32] = 4, [OUT_U64] = 8, [OUT_F32] = 4, [OUT_F16] = 2};

unsigned outcome_size(enum outcome_type type)
{
    return sizes[type];
}

void outcome_make(struct outcome *o, enum outcome_type type, unsigned count)
{
    o->type = type;
    o->count = count;
    o->got = calloc(count, sizes[type]);
    o->want = calloc(count, sizes[type]);
    igt_assert(o->got && o->want);
}

void outcome_free(struct outcome *o)
{
    free(o->got);
    free(o->want);
    memset(o, 0, sizeof(*o));
}

uint32_t rnd(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8 ^ *state << 11;
}

float rnd_small(uint32_t *state)
{
    return ((int)(rnd(state) >> 7 & 255) - 128) / 16.0f;
}

/* --- comparison -------------------------------------------------------------------------- */

static uint64_t element(enum outcome_type type, const void *array, unsigned i)
{
    uint64_t v = 0;

    memcpy(&v, (const char *)array + (size_t)i * sizes[type], sizes[type]);
    return v;
}

static double number(enum outcome_type type, uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    uint16_t low = (uint16_t)bits;
    _Float16 half;
    float f;

    memcpy(&f, &word, 4);
    memcpy(&half, &low, 2);
    return type == OUT_F32 ? f : type == OUT_F16 ? (double)half : (double)bits;
}

/* Floats of one sign are ordered as their bits are; both zeros are one number. */
static int64_t ordered(uint64_t bits, unsigned width)
{
    uint64_t sign = 1ull << (width - 1);

    return bits & sign ? -(int64_t)(bits & (sign - 1)) : (int64_t)bits;
}

static bool same(const struct outcome *o, uint64_t a, uint64_t b)
{
    unsigned width = 8 * sizes[o->type];
    int64_t distance;

    if (a == b)
        return true;
    if (o->type != OUT_F32 && o->type != OUT_F16)
        return false;
    distance = ordered(a, width) - ordered(b, width);
    if (!distance)
        return o->zeros || o->ulps;
    return llabs(distance) <= o->ulps ||
           (o->absolute > 0 && fabs(number(o->type, a) - number(o->type, b)) <= o->absolute);
}

void outcome_compare(const struct outcome *o, const void *got, const void *want, const char *who,
                     const char *whom)
{
    for (unsigned i = 0; i < o->count; i++) {
        uint64_t g = element(o->type, got, i), w = element(o->type, want, i);
        igt_assert_f(same(o, g, w),
                     "element %u of %u: %s got 0x%" PRIx64 " (%g), expected as %s 0x%" PRIx64
                     " (%g), %u ulps allowed",
                     i, o->count, who, g, number(o->type, g), whom, w, number(o->type, w), o->ulps);
    }
}

double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
