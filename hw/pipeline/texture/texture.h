/*
 * The texture unit: descriptors, memory layouts, compressed blocks, filtering. It knows memory only
 * through a callback and has no other state than a cache of decoded blocks, which is checked
 * against memory on every use.
 *
 * A texture descriptor names an array of planes, one for each layer (cube faces are layers) and
 * level. A decoded plane is a struct tex_surface; its function fetches one texel. Sampling computes
 * which texels, with which weights.
 *
 * Called by tex_message.c (TEX_*), image.c (LD_TEX, LEA_TEX) and unit tests. Calls texel.c.
 *
 * One struct tex_unit belongs to one thread at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TEXTURE_H
#define MALI_TEXTURE_H

#include <stddef.h>

#include "../texel.h"
#include "level.h"

/** What a step of the unit came to. Everything but OK ends the whole operation. */
enum tex_result {
    TEX_OK,
    TEX_STALL,      /* memory: a locked region is in the way */
    TEX_FAULT,      /* memory: the access faulted; whoever reads memory knows how */
    TEX_BAD,        /* not a descriptor of that kind; tex_unit.bad is its address */
    TEX_UNMODELLED, /* tex_unit.what says what is missing */
};

#define TEX_BLOCK_BYTES                                                                            \
    (6 * 6 * 6 * 8) /* the largest decoded block: ASTC 6x6x6, four halves each */

struct tex_codec;

struct tex_blocks;
struct tex_vec;

struct tex_unit {
    /** Copies @len bytes at GPU address @va. */
    enum tex_result (*read)(void *ctx, uint64_t va, void *to, size_t len);
    /** @len bytes at GPU address @va, in one piece; NULL: not so, ask read(). May be NULL. */
    const uint8_t *(*map)(void *ctx, uint64_t va, size_t len);
    /** The page at GPU address @va, if that has been looked up before and needs nothing now; valid
     * for as long as the views are. May be NULL. */
    const uint8_t *(*peek)(void *ctx, uint64_t va);
    void *ctx;
    uint64_t bad;              /* after TEX_BAD */
    const char *what;          /* after TEX_UNMODELLED */
    uint32_t value;            /* ... and the value that was met */
    const struct tex_vec *vec; /* for wide.h; NULL: lane by lane */
    struct tex_blocks *blocks; /* decoded, by content; NULL: none yet */
    uint8_t lone_block[TEX_BLOCK_BYTES] __attribute__((aligned(8)));
};

/** Frees what the unit has collected. It may be used again. */
void tex_unit_fini(struct tex_unit *u);

enum tex_dim { TEX_CUBE, TEX_1D, TEX_2D, TEX_3D }; /* as descriptors have it */

/** A texture descriptor. LODs and such are in 1/256. */
struct tex_texture {
    bool empty; /* a null descriptor: everything reads as zero */
    uint8_t dim;
    uint8_t levels, min_level;
    uint8_t samples;
    uint8_t swizzle[4]; /* for each component: 0..3, TEXEL_ZERO, TEXEL_ONE */
    uint16_t min_lod, max_lod;
    uint32_t pixel_format;
    uint32_t width, height, depth; /* of level 0; depth 1 unless 3D */
    uint32_t layers;               /* planes for each level: faces count */
    uint64_t planes;
    struct texel_format format;
    struct {
        uint8_t rows;    /* of luma for one of chroma; 0: no YUV */
        bool apart;      /* U and V in planes of their own */
        uint8_t from[3]; /* what components 0, 1, 2 are: 0 Y, 1 U, 2 V */
        bool replicated; /* texels of a pair have the same chroma */
        bool packed;     /* two texels are four bytes of one plane */
        bool luma_last;  /* packed: V, Y, U, Y instead of Y, U, Y, V */
        bool ten;        /* bits a sample, four in five bytes */
    } yuv;
};

struct tex_surface;

/** Texel (x, y, z) of a surface, inside it; z: slice or sample. */
typedef enum tex_result tex_fetch_fn(struct tex_unit *u, const struct tex_texture *t,
                                     const struct tex_surface *s, uint32_t x, uint32_t y,
                                     uint32_t z, uint32_t rgba[4]);

/** Where a plane has its elements: in rows, in tiles of 16 x 16, or in AFBC superblocks. */
struct tex_plane {
    uint64_t va, row_stride;         /* AFBC: of the headers */
    uint8_t bytes, first;            /* of an element; the one of it that is wanted */
    uint8_t afbc_width, afbc_height; /* of superblocks, log2; 0: no AFBC */
    uint8_t afbc_tile;               /* superblocks each way whose headers lie together, log2 */
    bool tiled;
};

/** One plane, or those of YUV: a layer of a level. */
struct tex_surface {
    bool empty;                      /* a null plane */
    uint8_t afbc_width, afbc_height; /* of superblocks, log2 */
    uint8_t afbc_tile;               /* superblocks each way whose headers lie together, log2 */
    uint8_t afbc_bytes, afbc_first;  /* of a texel; the one where the texture's format begins */
    bool tiled, large;               /* tiles of 16 x 16 elements; such tiles in tiles of 64 KiB */
    uint8_t variant;                 /* of the codec: ASTC's decode mode */
    uint32_t layer, level;
    uint32_t width, height, depth; /* of the level; depth: slices or samples */
    uint64_t va;
    uint64_t row_stride;
    int64_t slice_stride;
    struct tex_plane yuv[3]; /* where Y, U and V are */
    bool wide_samples;       /* YUV of 10 bits: a sample is the upper bits of 16 */
    const struct tex_codec *codec;
    tex_fetch_fn *fetch;
};

enum tex_wrap {
    TEX_WRAP_REPEAT = 8,
    TEX_WRAP_EDGE = 9,
    TEX_WRAP_BORDER = 11,
    TEX_WRAP_MIRROR = 12,
    TEX_WRAP_MIRROR_EDGE = 13,
    TEX_WRAP_MIRROR_BORDER = 15,
};
enum tex_mip { TEX_MIP_NEAREST = 0, TEX_MIP_NONE = 1, TEX_MIP_FAST = 2, TEX_MIP_LINEAR = 3 };
enum tex_reduction { TEX_AVERAGE = 0, TEX_MIN = 2, TEX_MAX = 3 };

/** A sampler descriptor. */
struct tex_sampler {
    uint8_t wrap[3];   /* enum tex_wrap: s, t, r */
    uint8_t mip;       /* enum tex_mip */
    uint8_t reduction; /* enum tex_reduction */
    uint8_t compare;   /* result = texel OP reference: never < = <= > != >= always */
    uint8_t max_anisotropy;
    bool magnify_nearest, minify_nearest, magnify_cutoff;
    bool normalized, round_even, seamless;
    bool srgb_override; /* sRGB formats are read as linear ones */
    bool clamp_integer_coordinates, clamp_integer_array;
    int32_t min_lod, max_lod, bias;
    uint32_t border[4];
};

/** Null descriptors give an empty texture; a null sampler is TEX_BAD. @va: where @w was, for
 * errors. */
enum tex_result tex_decode_texture(struct tex_unit *u, const uint32_t w[8], uint64_t va,
                                   struct tex_texture *t);
enum tex_result tex_decode_sampler(struct tex_unit *u, const uint32_t w[8], uint64_t va,
                                   struct tex_sampler *s);
/** Reads and decodes the plane of (layer, level), which exist. */
enum tex_result tex_surface(struct tex_unit *u, const struct tex_texture *t, uint32_t layer,
                            uint32_t level, struct tex_surface *s);

static inline uint32_t tex_minify(uint32_t size, unsigned level)
{
    return size >> level ? size >> level : 1;
}

static inline bool tex_inside(const struct tex_surface *s, uint32_t x, uint32_t y, uint32_t z)
{
    return !s->empty && x < s->width && y < s->height && z < s->depth;
}

/** Address of an uncompressed texel, inside; 0: this layout has none. */
uint64_t tex_address(const struct tex_texture *t, const struct tex_surface *s, uint32_t x,
                     uint32_t y, uint32_t z);

/** The texture's swizzle. */
void tex_swizzle(const struct tex_texture *t, const uint32_t rgba[4], uint32_t out[4]);

/* --- sampling ---------------------------------------------------------------------------- */

#define TEX_SURFACES 8

/** How components are made of the words that texels are. */
struct tex_unpack {
    enum { TEX_BITS, TEX_SRGB, TEX_HALVES, TEX_VALUES } kind;
    uint8_t from[4];           /* of each result: memory channel, TEXEL_ZERO or TEXEL_ONE */
    bool colour[4];            /* of each result: R, G or B, not A */
    uint8_t word[4], shift[4]; /* of each channel; TEX_VALUES: word k is component k */
    uint32_t max[4];           /* of each channel: what it is divided by */
    float scale[4];            /* the nearest to 1 / max */
};

/** A texture in use by one message: its surfaces, decoded as they are needed. */
struct tex_view {
    struct tex_texture t;
    struct tex_unpack unpack; /* for wide.h, when @unpacked */
    bool unpacked;
    unsigned count, next; /* of surface */
    struct tex_surface surface[TEX_SURFACES];
    struct tex_level level[TEX_SURFACES]; /* for wide.h, of each surface */
};

/** The surface of (layer, level), which exist; valid until the next call. */
enum tex_result tex_view_surface(struct tex_unit *u, struct tex_view *v, uint32_t layer,
                                 uint32_t level, const struct tex_surface **s);

/** How far coordinates change, in texels of level 0, to the right and down. */
struct tex_gradient {
    float dx[3], dy[3];
};

/** Which level, and which probes beside it. */
struct tex_lod {
    int32_t lod;    /* 1/256, before clamps and, unless @biased, bias */
    uint8_t probes; /* 1: isotropic */
    float axis[2];  /* between the first and the last probe, in normalised coordinates */
    bool biased;    /* of the sampler's bias nothing is to be added */
};

/** The LOD of a gradient; anisotropic when the sampler says so and the texture is flat. */
void tex_lod(const struct tex_texture *t, const struct tex_sampler *s, const struct tex_gradient *g,
             struct tex_lod *out);
/** 256 * log2(sqrt(@square)), rounded, within +-32768. */
int32_t tex_log2_square(double square);

/** Bias and clamps of sampler and texture. */
int32_t tex_lod_clamp(const struct tex_texture *t, const struct tex_sampler *s, int32_t lod);

/** Every LOD comes to the same texels and weights of a probe. */
static inline bool tex_any_lod(const struct tex_texture *t, const struct tex_sampler *s)
{
    return t->levels == 1 && s->minify_nearest == s->magnify_nearest;
}

struct tex_request {
    float coord[3];     /* s, t, r; faces of cubes apart */
    int32_t integer[3]; /* instead, when @integer_coords */
    bool integer_coords;
    uint8_t face;   /* of a cube */
    uint32_t layer; /* of arrays, rounded; clamped here */
    int8_t offset[3];
    bool shadow;
    float reference; /* of shadow */
    struct tex_lod lod;
    int32_t bias;    /* added to lod and the sampler's bias */
    int32_t min_lod; /* the instruction's clamp */
};

/** A filtered sample: components as texel_load() has them. */
enum tex_result tex_sample(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                           const struct tex_request *q, uint32_t out[4]);
/** Component @component of the four texels that a linear filter would use: (0,1) (1,1) (1,0) (0,0).
 */
enum tex_result tex_gather(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                           const struct tex_request *q, unsigned component, uint32_t out[4]);
/** A single texel by integers; outside: zeros, without a swizzle. */
enum tex_result tex_load(struct tex_unit *u, struct tex_view *v, uint32_t x, uint32_t y, uint32_t z,
                         uint32_t layer, uint32_t level, uint32_t out[4]);

/** A cube's texel (@x, @y) that lies beside @face, on the face it belongs to. False: a corner. */
bool tex_cube_neighbour(unsigned *face, int64_t *x, int64_t *y, uint32_t size);
/** The same direction as s, t of @from, as s, t of @to, beyond 0 to 1; unchanged when it points the
 * other way. */
void tex_cube_project(unsigned from, float st[2], unsigned to);

#endif
