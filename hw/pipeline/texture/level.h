/*
 * A level of a flat texture as one sampler asks it: what wide.c finds out once, keeps with the view
 * and gives to the vectors (vec_body.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_LEVEL_H
#define MALI_TEXTURE_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

/** One axis of a level, and how memory lays texels out along it. */
struct tex_axis {
    int32_t size;   /* texels, at most 65536 */
    float inverse;  /* the nearest to 1 / size */
    double scale;   /* of the coordinate, to 1/256 texels */
    bool power;     /* @scale is a power of two */
    int32_t offset; /* texels */
    uint8_t wrap;   /* enum tex_wrap */
    bool linear, round_even;
    /* The element that texel i lies in: i / unit, the i % unit-th of it. */
    uint8_t unit;
    /* Elements: 2^run_bits to a piece of the interleaved 2^mix_bits, whose number counts @pitch. */
    bool mixed;
    uint8_t run_bits, mix_bits;
    uint8_t headers; /* 2^this pieces are mixed again, which counts for all that @pitch does */
    uint8_t large;   /* 2^this pieces are a larger one, whose number counts @far; 0: none are */
    uint32_t pitch, far;
};

struct tex_layout {
    /* Pieces: pages, from the one that holds the first texel; superblocks, by their headers;
     * compressed blocks, by bytes from the first. */
    enum { TEX_PAGES, TEX_SUPERBLOCKS, TEX_BLOCKS } kind;
    uint32_t first;  /* TEX_PAGES: of the first texel in its page */
    uint8_t bytes;   /* of an element: a texel, a compressed block */
    uint8_t texel;   /* TEX_BLOCKS: bytes of a decoded texel */
    uint8_t columns; /* TEX_BLOCKS: texels in a row of a block */
};

#define TEX_SLOTS 32

/** Pages, or AFBC superblocks, that are at hand, each in the slot that tex_slot() names. */
struct tex_pages {
    /* From the page that holds the level's first texel; of the header; TEX_NO_PAGE. */
    uint32_t number[TEX_SLOTS];
    /* What makes an offset from the first page's first byte one from @base, modulo 2^32; of
     * superblocks: one from their first texel. */
    uint32_t shift[TEX_SLOTS];
    uint32_t mask[TEX_SLOTS]; /* superblocks: of such offsets; 0: one colour */
    const uint8_t *base;      /* somewhere in one of them; NULL: there are none */
};

#define TEX_NO_PAGE ~0u

/** Neighbours in a row have different slots, and those of power-of-two strides mostly, too. */
static inline uint32_t tex_slot(uint32_t number)
{
    return (number ^ number >> 5) % TEX_SLOTS;
}

struct tex_level {
    uint64_t asked; /* what of the sampler and the request counts; 0: nothing is known */
    bool fits;      /* offsets within it are less than 2^31 */
    bool plain;     /* words of 8 bits a channel, none in two pages: tex_vec.sample() */
    struct tex_axis axis[2];
    struct tex_layout layout;
    struct tex_pages pages;
};

#endif
