/*
 * Pixel formats: texels as memory holds them to four components, and back.
 *
 * Called by messages. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXEL_H
#define MALI_TEXEL_H

#include <stdbool.h>
#include <stdint.h>

enum texel_type { TEXEL_UNORM, TEXEL_SNORM, TEXEL_UINT, TEXEL_SINT, TEXEL_FLOAT };

/** Channels lie one after the other from bit 0, little endian. */
struct texel_format {
    uint8_t type;     /* enum texel_type */
    uint8_t channels; /* in memory */
    uint8_t bits[4];  /* of each; floats: 10, 11, 16 or 32 */
    uint8_t bytes;    /* of a texel, at most 16 */
    uint8_t from[4];  /* R, G, B, A: memory channel, TEXEL_ZERO or TEXEL_ONE */
};

enum { TEXEL_ZERO = 4, TEXEL_ONE = 5 };

/** The 22-bit pixel format of descriptors. False: not modelled. */
bool texel_format(uint32_t pixel_format, struct texel_format *f);
/** Normalised and float types give fp32 bits, the others integers of 32 bits. */
void texel_load(const struct texel_format *f, const void *from, uint32_t rgba[4]);
/** The inverse; values out of range are clamped. @to: 16 bytes, f->bytes of them are the texel. */
void texel_store(const struct texel_format *f, const uint32_t rgba[4], void *to);

static inline bool texel_is_integer(const struct texel_format *f)
{
    return f->type == TEXEL_UINT || f->type == TEXEL_SINT;
}

uint32_t texel_half_to_float(uint16_t h);
/** Rounds to nearest even; @f: fp32 bits. */
uint16_t texel_float_to_half(uint32_t f);

#endif
