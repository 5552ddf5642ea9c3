/*
 * Sixteen lanes that ask the same flat texture: the common case of TEX_SINGLE and TEX_FETCH, whose
 * arithmetic is done in vectors; see wide.c. The bits are those of tex_sample() and tex_load().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_WIDE_H
#define MALI_TEXTURE_WIDE_H

#include "../../valhall/sem.h" /* enum va_vectors */
#include "texture.h"

#define TEX_LANES 16
#define TEX_TAPS  4
#define TEX_PAGE  4096u /* what tex_unit.map is asked for at most */

/* --- what the vectors' variants offer (vec_body.h) -----------------------------------------
 */

/** Two neighbours along an axis for each lane. */
struct tex_along {
    uint32_t fraction[TEX_LANES]; /* of the second, in 1/256 */
    uint32_t far[2][TEX_LANES];   /* added to the other axis's: bytes; AFBC: headers */
    uint32_t near[2][TEX_LANES];  /* xor the other axis's, in elements */
    uint32_t rest[2][TEX_LANES];  /* texels within the element */
} __attribute__((aligned(64)));

/** In which piece of memory texels lie, and how far from its beginning. */
struct tex_places {
    uint32_t piece[TEX_TAPS][TEX_LANES];
    uint32_t in[TEX_TAPS][TEX_LANES]; /* bytes */
} __attribute__((aligned(64)));

/** Texels of all lanes, in memory's bits or (TEX_VALUES) as fp32 components. */
struct tex_words {
    uint32_t w[TEX_TAPS][4][TEX_LANES];
} __attribute__((aligned(64)));

/** Which levels each lane asks, as tex_choose_levels() has it. */
struct tex_choice {
    int32_t level[2][TEX_LANES];
    uint32_t fraction[TEX_LANES]; /* of the second, in 1/256; 0: the first alone */
    uint16_t linear;              /* lanes: within a level */
} __attribute__((aligned(64)));

/** What of a sample is to be written. */
struct tex_wanted {
    uint16_t lanes;
    bool all;     /* or nothing: unless all of @lanes are had */
    uint8_t mask; /* of the components, which follow each other without gaps */
};

struct tex_vec {
    /**
     * Places @coord (fp32 bits) on @a, along x (@down false) or y. Returns the lanes whose
     * neighbours are texels: not the border, nor too far away for it to matter exactly.
     */
    uint16_t (*place)(const struct tex_axis *a, bool down, const uint32_t *coord,
                      struct tex_along *to);
    /** The same for integers: lanes that are inside. */
    uint16_t (*fetch)(const struct tex_axis *a, bool down, const uint32_t *at,
                      struct tex_along *to);
    /** Where texels are, for neighbours along both axes (@taps 1: the first). */
    void (*split)(const struct tex_layout *l, const struct tex_along *x, const struct tex_along *y,
                  unsigned taps, struct tex_places *to);
    /**
     * Texels of @bytes (1, 2, 4 or 8, in so many words) of those of @lanes whose @piece is @number:
     * at @host + (@in & @mask). Returns them.
     */
    uint16_t (*load)(const uint8_t *host, uint32_t mask, const uint32_t *piece, uint32_t number,
                     const uint32_t *in, unsigned bytes, uint16_t lanes, uint32_t to[][TEX_LANES]);
    /** Filters four texels, or takes the first: @out[c] of @lanes. */
    void (*filter)(const struct tex_unpack *p, const struct tex_words *w, const struct tex_along *x,
                   const struct tex_along *y, bool linear, uint16_t lanes,
                   uint32_t out[4][TEX_LANES]);
    /**
     * place(), split(), load() and filter() in one, for a level that is plain: samples at @coord
     * (fp32 bits), four texels for each lane or (@linear false) one. Returns those lanes that
     * were had: not on the border, not far away, all texels in pages that are at hand. @out may
     * be where @coord is.
     */
    uint16_t (*sample)(const struct tex_level *l, const struct tex_unpack *p,
                       const uint32_t *const coord[2], bool linear, const struct tex_wanted *want,
                       uint32_t out[][TEX_LANES]);
    /** The same for the texels at integers; those that are none are not had. */
    uint16_t (*texels)(const struct tex_level *l, const struct tex_unpack *p,
                       const uint32_t *const at[2], uint16_t lanes, uint32_t out[4][TEX_LANES]);
    /** The lanes of @v that are @to. */
    uint16_t (*equal)(const uint32_t *v, uint32_t to);
    /** @out becomes @out * (1 - @fraction / 256) + @second * @fraction / 256 in @lanes. */
    void (*between)(const uint32_t second[4][TEX_LANES], const uint32_t *fraction, uint16_t lanes,
                    uint32_t out[4][TEX_LANES]);
    /** @lod: with every bias, before clamps. */
    void (*choose)(const struct tex_texture *t, const struct tex_sampler *s, const int32_t *lod,
                   struct tex_choice *to);
    /** The lanes that ask the same first level as lane @first, in the same way. */
    uint16_t (*like)(const struct tex_choice *c, unsigned first);
    /**
     * LODs by tex_lod()'s rules, isotropic, of what changes from lanes to their neighbours: @coord
     * times @scale.
     */
    void (*lod)(const uint32_t *const coord[2], const float scale[2], int32_t *lod);
};

extern const struct tex_vec tex_vec_base;
#ifdef __x86_64__
extern const struct tex_vec tex_vec_avx2, tex_vec_avx512;
#endif
/** One variant; NULL: not for this CPU. */
const struct tex_vec *tex_vec_of(enum va_vectors v);
/** That of va_vectors(). Slow: ask once. */
const struct tex_vec *tex_vec_best(void);

/* --- sampling ------------------------------------------------------------------------------- */

/** What the lanes ask. Arrays have TEX_LANES entries, 64-byte aligned where vectors read them. */
struct tex_wide {
    uint16_t lanes;
    const uint32_t *coord[2];                            /* fp32 bits; tex_wide_fetch: integers */
    int32_t lod[TEX_LANES] __attribute__((aligned(64))); /* with every bias, before clamps */
    uint32_t layer;
    int8_t offset[2];
    /* Unless each lane has one probe (tex_lod): how many, and from the first to the last. */
    bool anisotropic;
    uint8_t probes[TEX_LANES];
    float axis[2][TEX_LANES];
};

/** Whether tex_wide_sample() can do anything for this texture and sampler. */
bool tex_wide_fits(const struct tex_unit *u, const struct tex_texture *t,
                   const struct tex_sampler *s);

/**
 * Samples, as tex_sample() would; not shadows, not integer formats. Returns the lanes that are
 * done: the others' texels are on the border, not in one piece or not readable, and must be asked
 * for one by one. @out: components as the API names them, of those lanes.
 */
uint16_t tex_wide_sample(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                         const struct tex_wide *q, uint32_t out[4][TEX_LANES]);

/**
 * What tex_vec.sample() needs to do for @q what tex_wide_sample() does, whatever the LODs are: the
 * level, and whether four texels are asked of it. NULL: it cannot. Good for as long as the view
 * keeps it and level->asked is what it was.
 */
const struct tex_level *tex_wide_plain(struct tex_unit *u, struct tex_view *v,
                                       const struct tex_sampler *s, const struct tex_wide *q,
                                       bool *linear);

/** tex_wide_sample() for tex_load() of @level; @q->lod is not looked at. */
uint16_t tex_wide_fetch(struct tex_unit *u, struct tex_view *v, const struct tex_wide *q,
                        uint32_t level, uint32_t out[4][TEX_LANES]);

#endif
