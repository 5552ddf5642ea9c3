/*
 * What the two halves of the ASTC decoder share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_ASTC_H
#define MALI_TEXTURE_ASTC_H

#include "block.h"

/** A range of values: count, as a trit or quint (3, 5; 1: none) and bits. */
struct astc_range {
    uint8_t base, bits;
};

#define ASTC_RANGES 21
extern const struct astc_range astc_ranges[ASTC_RANGES]; /* 2, 3, 4, 5, 6, 8, 10 ... 256 values */

struct astc_points {
    uint16_t point[2][4]; /* 8 bits, or 16 when hdr says so */
    bool hdr, hdr_alpha;
};

/** Values that endpoint mode @mode takes. */
static inline unsigned astc_mode_values(unsigned mode)
{
    return 2 * (mode >> 2) + 2;
}

/** The end points that @v (0 to 255 each) mean in endpoint mode @mode. */
void astc_points(unsigned mode, const uint8_t *v, struct astc_points *p);

/** Bits that @n values of range @r take. */
unsigned astc_sequence_bits(unsigned r, unsigned n);

#endif
