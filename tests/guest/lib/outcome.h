/*
 * What a compute case got and what the CPU computes, and how far they may differ. Shared by
 * vk_compute and gles_compute, which run a case on two devices.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

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

/** Zeroed arrays; ends the subtest when there is no memory. */
void outcome_make(struct outcome *o, enum outcome_type type, unsigned count);
void outcome_free(struct outcome *o);
/** Bytes of an element. */
unsigned outcome_size(enum outcome_type type);
/** Ends the subtest at the first element of got that is too far from want; who, whom: for the
 * message. */
void outcome_compare(const struct outcome *o, const void *got, const void *want, const char *who,
                     const char *whom);
/** Repeatable numbers; every case seeds its own. */
uint32_t rnd(uint32_t *state);
/** Multiples of 1/16 in [-8, 8): sums and products of a few are exact in fp32. */
float rnd_small(uint32_t *state);
/** Seconds of the monotonic clock. */
double now(void);

#endif
