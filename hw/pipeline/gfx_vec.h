/*
 * Arithmetic of fragments, sixteen lanes at a time: interpolation, depths, fixed-function
 * blending. Compiled for any CPU, for AVX2 and for AVX-512; all give the bits of the lane-by-lane
 * functions (gfx_varying.c, gfx_shade.c, gfx_blend.c), which a unit test holds them to.
 *
 * Vectors are passed by address, 64-byte aligned; fp32 values as bits.
 *
 * Called by gfx_lanes_body.h, gfx_raster.c, gfx_shade.c, gfx_varying.c. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_VEC_H
#define MALI_GFX_VEC_H

#include "gfx.h"

/** Depths of a plane, as the tile buffer holds them. */
struct gfx_vec_depth {
    /* Of each primitive, at x, y relative to its origin; or NULL. */
    const float (*plane)[GFX_SLOTS];
    float fixed;          /* plane NULL: everywhere */
    const float *bias;    /* of each, added; or NULL */
    const uint32_t *slot; /* of each lane, 64-byte aligned */
    bool clamp;
    float low, high;
    unsigned internal; /* 0, 1: fixed point of 16, 24 bits; 2: fp32 */
};

/** Fixed-function blending of a packed format; see gfx_blend.c. */
struct gfx_vec_blend {
    uint8_t whole[4], frac[4]; /* bits of each channel, from bit 0 */
    bool round, alpha_one;
    bool replace; /* no equation */
    uint32_t equation;
    float constant;
};

/** Edges of an outline, those that are not used zero: inside is where a x + b y + c >= 0 for all.
 */
struct gfx_vec_edges {
    int32_t a[GFX_CORNERS], b[GFX_CORNERS], c[GFX_CORNERS];
};

struct gfx_vec {
    /** Bit @first + x of @row[y]: (x, y) is inside @e; x < @columns, y < @rows. No sum overflows.
     */
    void (*cover)(const struct gfx_vec_edges *e, unsigned first, unsigned columns, unsigned rows,
                  uint32_t *row);
    /** @out[c] = sum of @value[c][i] by the weights over w of planes @bary, perspective-correct. */
    void (*interpolate)(const float bary[3][3], const va_v16u *x, const va_v16u *y,
                        const float (*value)[3], unsigned n, va_v16u *out);
    /** The same with planes and values of several primitives; @slot: which is each lane's. */
    void (*interpolate_slots)(const float bary[3][3][GFX_SLOTS], const uint32_t *slot,
                              const va_v16u *x, const va_v16u *y,
                              const float (*value)[3][GFX_SLOTS], unsigned n, va_v16u *out);
    void (*depth)(const struct gfx_vec_depth *d, const va_v16u *x, const va_v16u *y, va_v16u *out);
    /** Lanes for which "@z FUNC @old" holds; @func: bits less, equal, greater. */
    uint16_t (*compare)(unsigned func, bool floats, const va_v16u *z, const va_v16u *old);
    /** @word: the packed pixels, replaced by the result. Colours are fp32. */
    void (*blend)(const struct gfx_vec_blend *b, const struct gfx_color *src, va_v16u *word);
    /** fp32 bits of the halves at bit @shift (0, 16). */
    void (*from_half)(const va_v16u *in, unsigned shift, va_v16u *out);
    /** Bits @bits of @r's lanes in @lanes become those of @value. */
    void (*merge)(va_v16u *r, const va_v16u *value, uint16_t lanes, uint32_t bits);
    /** The lowest bit of each lane. */
    uint16_t (*bits)(const va_v16u *v);
    /** 1 in the lanes of @lanes, 0 in others. */
    void (*spread)(uint16_t lanes, va_v16u *v);
    /** Nearest halves of fp32 bits, in the low half. */
    void (*to_half)(const va_v16u *in, va_v16u *out);
    /** 16 x 16 words, rows GFX_TILE apart, in the order of u-interleaved tiles. Any alignment. */
    void (*interleave)(const uint8_t *in, uint8_t *out);
    /** Bytes of @words (a multiple of 16) change places: byte c of each is byte @from[c] of @in's,
     * for 4 zero, for 5 all ones. Any alignment. */
    void (*bytes)(const uint8_t from[4], const uint8_t *in, uint8_t *out, size_t words);
};

extern const struct gfx_vec gfx_vec_base;
#ifdef __x86_64__
extern const struct gfx_vec gfx_vec_avx2, gfx_vec_avx512;
#endif
/** One variant; NULL: not for this CPU. */
const struct gfx_vec *gfx_vec_of(enum va_vectors v);
/** That of va_vectors(). Slow: ask once. */
const struct gfx_vec *gfx_vec_best(void);

#endif
