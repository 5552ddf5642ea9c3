/*
 * What the cases of vk_compute share: a case makes its inputs, runs on one device, and
 * leaves what it got and what the CPU computes; vk_compute.c compares, on both devices; vk_bench.c
 * takes the time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef VK_COMPUTE_H
#define VK_COMPUTE_H

#include "outcome.h"
#include "vkc.h"

struct vk_case {
    const char *name, *what;
    /** NULL: the device can run it; else why not. */
    const char *(*lacks)(const struct vkc *vk);
    /** scale: 1, or more for benchmarks. */
    void (*run)(struct vkc *vk, struct outcome *o, unsigned scale);
};

extern const struct vk_case cases_basic[], cases_math[], cases_parallel[], cases_memory[];

#endif
