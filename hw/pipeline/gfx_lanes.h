/*
 * Fragments in warps, sixteen lanes at a time: packing pixels (gfx_warp_body.h), and the common
 * cases of what their shaders ask for: one sample a pixel, no stencil, packed colours
 * (gfx_lanes_body.h). gfx_shade.c and gfx_varying.c do the others lane by lane.
 *
 * Compiled with the arithmetic (gfx_vec.h) for any CPU, for AVX2 and for AVX-512, with the same
 * results: a warp's word stays in wide registers from one step to the next.
 *
 * Called by gfx_fragment.c, core_message(). Calls gfx_shade.c.
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

enum { GFX_Z_MIN, GFX_Z_MAX, GFX_Z_FIXED, GFX_Z_SHADER }; /* source: v10.xml */
enum { GFX_CLAMP_0_1 = 1, GFX_CLAMP_BOUNDS = 2 };
/** Register file formats. Source: v10.xml */
enum gfx_regs { REGS_F16, REGS_F32, REGS_I32, REGS_U32, REGS_I16, REGS_U16 };

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

/** Depth or stencil come from the shader. */
static inline bool gfx_shader_depth(const struct gfx_state *s)
{
    return s->zs.z_source == GFX_Z_SHADER || s->zs.s_from_shader;
}

/** One variant of what is done to whole warps. */
struct gfx_lanes {
    /**
     * Puts quads into the warp. False: all are there, and it may have room for those of the draw's
     * next primitive. True: it has to run first, as it is full or has a pixel of the next quad.
     */
    bool (*take)(struct gfx_fragment *f);
    /** Begins the warp; what early tests leave is under way if @f->in_warp is set. */
    void (*begin)(struct gfx_fragment *f);
    /** The shader has ended: what has to be done behind it. */
    void (*end)(struct gfx_fragment *f);
    /** Messages of fragment shaders; those that are not common go to gfx_fragment_message(). */
    enum va_message_result (*message)(struct core *c, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes);
    /** Where an LD_VAR* interpolates, relative to the primitives. False: not at pixels' centres. */
    bool (*centres)(struct gfx_fragment *f, const struct va_insn *in, uint16_t lanes, va_v16u *x,
                    va_v16u *y);
    /** Component @c (words, or halves in their low parts) of a result in registers from @reg on. */
    void (*put)(struct va_warp *w, unsigned reg, bool half_dst, unsigned c, const va_v16u *value,
                uint16_t lanes);
    /** The components of @v that @mask names, fp32 bits, as results in registers @sr, without gaps.
     */
    void (*put_floats)(struct va_warp *w, const struct va_staging *sr, unsigned mask, bool half_dst,
                       const va_v16u v[4], uint16_t lanes);
};

extern const struct gfx_lanes gfx_lanes_base;
#ifdef __x86_64__
extern const struct gfx_lanes gfx_lanes_avx2, gfx_lanes_avx512;
#endif
/** One variant; NULL: not for this CPU. */
const struct gfx_lanes *gfx_lanes_variant(enum va_vectors v);
/** That of va_vectors(). Slow: ask once. */
const struct gfx_lanes *gfx_lanes_best(void);

/* gfx_shade.c: the same lane by lane, for any number of samples */
/** The depth and stencil test of lanes @lanes: cover, counts, depths. @update: for good. */
void gfx_shade_test(struct gfx_fragment *f, uint16_t lanes, bool update);
/** What ATEST leaves of the lanes' covers. */
void gfx_shade_atest(struct gfx_fragment *f, const struct va_warp *w, const struct va_insn *in,
                     const struct va_val *src, uint16_t lanes);
/** Writes the colours in registers to target @rt. False: no such format. */
bool gfx_shade_color(struct gfx_fragment *f, const struct va_warp *w, unsigned rt, uint32_t conv,
                     const struct gfx_blend *b, const struct va_insn *in,
                     const struct va_val *cover, uint16_t lanes);
/** The answer to a conversion that is not known: a fault, and a line in the log. */
enum va_message_result gfx_shade_no_format(struct gfx_fragment *f, struct core *c, uint32_t conv);
/** How the registers of BLEND, LD_TILE and ST_TILE hold a colour of conversion @conv. */
enum gfx_regs gfx_regs_format(const struct va_insn *in, uint32_t conv);

#endif
