/*
 * Pixel formats: texels as memory holds them to four components, and back. A
 * format is looked up once; its functions then work without looking at it again.
 *
 * Called by images, attributes, the texture unit. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXEL_H
#define MALI_TEXEL_H

#include <stdbool.h>
#include <stdint.h>

enum texel_type { TEXEL_UNORM, TEXEL_SNORM, TEXEL_UINT, TEXEL_SINT, TEXEL_FLOAT };

#define TEXEL_BYTES 16         /* the largest */
#define TEXEL_SRGB  (1u << 20) /* of a pixel format */
#define TEXEL_Z24X8 77         /* its number: bits 19:12 of a pixel format */

struct texel_format;
/** Normalised and float types give fp32 bits, the others integers of 32 bits. */
typedef void texel_load_fn(const struct texel_format *f, const void *from, uint32_t rgba[4]);
/** The inverse; values out of range are clamped. @to: TEXEL_BYTES, f->bytes of them are the texel.
 */
typedef void texel_store_fn(const struct texel_format *f, const uint32_t rgba[4], void *to);

/** Channels lie one after the other from bit @shift, little endian. */
struct texel_format {
    uint8_t type;     /* enum texel_type */
    uint8_t channels; /* in memory */
    uint8_t bits[4];  /* of each; floats: 10, 11, 16 or 32 */
    uint8_t bytes;    /* of a texel, at most TEXEL_BYTES */
    uint8_t shift;    /* unused bits before the first channel */
    uint8_t from[4];  /* R, G, B, A: memory channel, TEXEL_ZERO or TEXEL_ONE */
    bool srgb;        /* of R, G, B, when they are 8 bits wide */
    texel_load_fn *load;
    texel_store_fn *store;
};

enum { TEXEL_ZERO = 4, TEXEL_ONE = 5 };

/** The 22-bit pixel format of descriptors. False: not modelled. */
bool texel_format(uint32_t pixel_format, struct texel_format *f);

static inline void texel_load(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    f->load(f, from, rgba);
}

static inline void texel_store(const struct texel_format *f, const uint32_t rgba[4], void *to)
{
    f->store(f, rgba, to);
}

static inline bool texel_is_integer(const struct texel_format *f)
{
    return f->type == TEXEL_UINT || f->type == TEXEL_SINT;
}

/** 1 as @f's components hold it. */
static inline uint32_t texel_one(const struct texel_format *f)
{
    return texel_is_integer(f) ? 1 : 0x3f800000;
}

uint32_t texel_half_to_float(uint16_t h);
/** Rounds to nearest even; @f: fp32 bits. */
uint16_t texel_float_to_half(uint32_t f);

/** Entry i: the linear value of i / 510 in sRGB; 511 of them. Odd ones are where rounding changes.
 */
extern const float texel_srgb[511];

#endif
