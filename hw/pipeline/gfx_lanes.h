/*
 * The common cases of fragment work, sixteen lanes at a time: one sample a pixel, no stencil,
 * packed colours. Each answers false for what it does not do; gfx_shade.c and gfx_varying.c then do
 * it lane by lane, with the same results.
 *
 * Called by gfx_shade.c, gfx_varying.c. Calls gfx_vec.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_LANES_H
#define MALI_GFX_LANES_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "gfx_fragment.h"

/* Covers are four fields of 16 bits a quad. */
static inline uint64_t gfx_quad_load(const uint16_t field[4])
{
    uint64_t v;

    memcpy(&v, field, 8);
    return v;
}

/** The primitive of lane @i; NULL: a frame shader. */
static inline const struct gfx_prim *gfx_prim_of(const struct gfx_warp *g, unsigned i)
{
    return g->prim[g->slot[i]];
}

/** Lanes become what @u has for their primitive. */
static inline void gfx_by_slot(const struct gfx_warp *g, const uint32_t u[GFX_SLOTS], va_v16u *r)
{
    if (g->prims == 1)
        va_fill(r, u[0]);
    for (unsigned i = 0; g->prims > 1 && i < VA_LANES; i++)
        (*r)[i] = u[g->slot[i]];
}

/** Fields of a quad's cover that are not zero, as ones. */
static inline uint64_t gfx_quad_fields(uint64_t v)
{
    const uint64_t low = 0x7fff7fff7fff7fffull;

    return ((((v & low) + low) | v) & ~low) >> 15;
}

/** Lanes that have any sample in @cover. */
static inline uint16_t gfx_lanes_of(const uint16_t cover[VA_LANES])
{
#ifdef __SSE2__
    const __m128i none = _mm_setzero_si128();
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)cover);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(cover + 8));

    low = _mm_cmpeq_epi16(low, none);
    high = _mm_cmpeq_epi16(high, none);
    return (uint16_t)~_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
    uint16_t lanes = 0;

    for (unsigned q = 0; q < 4; q++) {
        uint64_t v = gfx_quad_fields(gfx_quad_load(&cover[4 * q]));
        lanes |= (uint16_t)(((v | v >> 15 | v >> 30 | v >> 45) & 15) << 4 * q);
    }
    return lanes;
#endif
}

/** Lanes that have any sample left. */
static inline uint16_t gfx_lanes_covered(const struct gfx_warp *g)
{
    return gfx_lanes_of(g->cover);
}

/** Lanes outside @lanes have no sample left. */
static inline void gfx_lanes_keep(struct gfx_warp *g, uint16_t lanes)
{
#ifdef __SSE2__
    const __m128i bit = _mm_set_epi16(128, 64, 32, 16, 8, 4, 2, 1);

    for (unsigned i = 0; i < 2; i++) {
        __m128i *at = (__m128i *)(void *)&g->cover[8 * i];
        __m128i m = _mm_and_si128(_mm_set1_epi16((short)(lanes >> 8 * i & 255)), bit);
        m = _mm_cmpeq_epi16(m, bit);
        _mm_storeu_si128(at, _mm_and_si128(_mm_loadu_si128(at), m));
    }
#else
    for (unsigned q = 0; q < 4; q++) {
        uint64_t m = lanes >> 4 * q & 15, v = gfx_quad_load(&g->cover[4 * q]);
        m = (m | m << 15 | m << 30 | m << 45) & 0x0001000100010001ull;
        v &= m * 0xffff;
        memcpy(&g->cover[4 * q], &v, 8);
    }
#endif
}

/** ATEST of one sample a pixel, without alpha: @src is the cover that the shader leaves. */
void gfx_lanes_atest(struct gfx_fragment *f, const struct va_warp *w, const va_v16u *src,
                     uint16_t lanes);

/** Register @reg gets the covers that are left. */
void gfx_lanes_put_cover(struct gfx_fragment *f, struct va_warp *w, unsigned reg, uint16_t lanes);

/** The depth test of lanes @lanes of the warp: cover, counts, depths. @update: for good. */
bool gfx_lanes_test(struct gfx_fragment *f, uint16_t lanes, bool update);

/** Writes the colours in @src to target @rt for lanes @lanes, as gfx_blend_write(). */
bool gfx_lanes_color(struct gfx_fragment *f, unsigned rt, uint16_t lanes, uint32_t conv,
                     const struct gfx_blend *b, const struct gfx_color *src);

/** A colour from registers of fp16, or words. */
void gfx_lanes_registers(const struct gfx_fragment *f, const struct va_warp *w, unsigned reg,
                         bool halves, struct gfx_color *out);

/** Where an LD_VAR* interpolates, relative to the primitives. False: not at pixels' centres. */
bool gfx_lanes_centres(struct gfx_fragment *f, const struct va_insn *in, uint16_t lanes, va_v16u *x,
                       va_v16u *y);

/** Component @c (words, or halves in their low parts) of a result in registers from @reg on. */
void gfx_lanes_put(const struct gfx_fragment *f, struct va_warp *w, unsigned reg, bool half_dst,
                   unsigned c, va_v16u *value, uint16_t lanes);

/** LD_VAR_BUF and LD_VAR_BUF_IMM of what is interpolated at the pixels' centres. */
bool gfx_lanes_ld_var_buf(struct gfx_fragment *f, struct va_warp *w, const struct va_insn *in,
                          const va_v16u *offset, uint16_t lanes);

#endif
