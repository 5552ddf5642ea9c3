/*
 * What the cases of vk_compute share: a case makes its inputs, runs on one device, and
 * leaves what it got and what the CPU computes; vk_compute.c compares, on both devices.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef VK_COMPUTE_H
#define VK_COMPUTE_H

#include "vkc.h"

enum outcome_type { OUT_U8, OUT_U16, OUT_U32, OUT_U64, OUT_F32, OUT_F16 };

/** A case's result; arrays of `count` elements, made by outcome_make(). */
struct outcome {
    enum outcome_type type;
    unsigned count;
    unsigned ulps;   /* how far a float may be from the CPU's; 0: the same bits */
    double absolute; /* or by this much */
    bool zeros;      /* both zeros are the same */
    unsigned group;  /* of subgroups; devices are compared only if theirs are the same */
    void *got, *want;
};

struct vk_case {
    const char *name, *what;
    /** NULL: the device can run it; else why not. */
    const char *(*lacks)(const struct vkc *vk);
    /** scale: 1, or more for benchmarks. */
    void (*run)(struct vkc *vk, struct outcome *o, unsigned scale);
};

void outcome_make(struct outcome *o, enum outcome_type type, unsigned count);
/** Repeatable numbers; every case seeds its own. */
uint32_t rnd(uint32_t *state);
/** Multiples of 1/16 in [-8, 8): sums and products of a few are exact in fp32. */
float rnd_small(uint32_t *state);

extern const struct vk_case cases_basic[], cases_math[], cases_parallel[], cases_memory[];

#endif
