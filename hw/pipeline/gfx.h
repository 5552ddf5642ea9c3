/*
 * Graphics: what vertex and tiling work leaves for fragment work, and what the
 * files of both share.
 *
 * RUN_IDVS shades vertices, assembles, clips and culls primitives, and adds them
 * to a pass: the draws and primitives that belong to one tiler context. Where
 * hardware writes a polygon list to the tiler heap, the model writes the
 * pass's number; software never looks inside. RUN_FRAGMENT finds the pass by that number,
 * goes through its tiles and shades.
 *
 * RUN_FULLSCREEN adds a primitive as large as the scissor.
 *
 *     RUN_IDVS -> idvs.c -> prim.c -> pass.c -> fragment.c -> raster.c, zs.c, tile.c, blend.c
 *
 * Called by pipeline.c. Calls core.c and the interpreter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_GFX_H
#define MALI_GFX_H

#include "pipeline_internal.h"

#define GFX_TILE        32 /* pixels each way; hardware's is 16, seen only in CRCs */
#define GFX_PIXELS      (GFX_TILE * GFX_TILE)
#define GFX_QUADS       (GFX_PIXELS / 4)
#define GFX_MAX_RTS     8
#define GFX_MAX_SAMPLES 16
#define GFX_SLOTS       8   /* primitives in a warp */
#define GFX_SUBPIXEL    256 /* source: subPixelPrecisionBits of panvk */
#define GFX_MAX_LAYERS  256

/* --- passes -------------------------------------------------------------------------- */

/** DCD flags that RUN_IDVS and draw descriptors share. Source: v10.xml, "Draw". */
struct gfx_dcd {
    uint32_t flags0, flags1;
    float min_z, max_z;
    uint64_t zs, blend, occlusion; /* descriptors; blend: count in bits 3:0; the counter */
    uint64_t srt, fau, spd, tsd;   /* fragment shader's; spd 0: none */
};

#define DCD_PIXEL_KILL(d)     ((d)->flags0 >> 2 & 3)
#define DCD_ZS_UPDATE(d)      ((d)->flags0 >> 4 & 3)
#define DCD_CLEAN_WRITE(d)    ((d)->flags0 >> 9 & 1) /* leaves the tile clean: preloads */
#define DCD_PER_SAMPLE(d)     ((d)->flags0 >> 11 & 1)
#define DCD_OCCLUSION(d)      ((d)->flags0 >> 14 & 3)
#define DCD_FRONT_CCW(d)      ((d)->flags0 >> 16 & 1)
#define DCD_CULL_FRONT(d)     ((d)->flags0 >> 17 & 1)
#define DCD_CULL_BACK(d)      ((d)->flags0 >> 18 & 1)
#define DCD_MULTISAMPLE(d)    ((d)->flags0 >> 19 & 1)
#define DCD_MODIFIES_COVER(d) ((d)->flags0 >> 20 & 1)
#define DCD_A2C_INVERT(d)     ((d)->flags0 >> 21 & 1)
#define DCD_ALPHA_TO_COVER(d) ((d)->flags0 >> 22 & 1)
#define DCD_SAMPLE_MASK(d)    ((d)->flags1 & 0xffff)
enum { DCD_EARLY = 0, DCD_WEAK_EARLY = 2, DCD_LATE = 3 }; /* pixel kill, ZS update */

/** A draw descriptor in memory: frame shaders', full-screen draws'. */
void gfx_dcd_unpack(const uint32_t w[32], struct gfx_dcd *d);

/** One RUN_IDVS or RUN_FULLSCREEN as fragment work sees it. */
struct gfx_draw {
    struct gfx_dcd dcd;
    int32_t min_x, min_y, max_x, max_y; /* scissor, inclusive */
    uint32_t vary_bytes;                /* of a vertex */
    uint32_t vertices, room;
    uint32_t most_vertices; /* that there can be, or UINT32_MAX */
    uint8_t *vary;          /* vertices * vary_bytes */
};

enum gfx_kind { GFX_TRIANGLE, GFX_LINE, GFX_POINT };

#define GFX_CORNERS 4

/**
 * A triangle on the pixel grid, ready to be rasterised, or the four-cornered outline of a line or a
 * point: whole, so that each of its pixels is shaded once. Planes are
 * a + b * (x - ox) + c * (y - oy) in pixels.
 */
struct gfx_prim {
    uint32_t draw, number;                  /* number: gl_PrimitiveID */
    uint32_t v[3];                          /* vertices whose varyings are interpolated */
    uint32_t flat;                          /* the provoking vertex */
    int32_t x[GFX_CORNERS], y[GFX_CORNERS]; /* 1/256 pixel; area is positive */
    int16_t min_x, min_y, max_x, max_y;     /* pixels, inclusive, inside the scissor */
    float ox, oy;
    float bary[3][3];           /* planes of weight over w of v[0..2]; their sum is 1/w */
    float w[3];                 /* plane of 1/w, which the sum only comes near to */
    float z[3];                 /* plane of the depth */
    float dz;                   /* largest slope of it */
    float point[2], point_size; /* points: centre, size */
    uint8_t corners, kind, back, layer;
};

struct gfx_bin {
    uint32_t *prim;
    uint32_t count, room;
};

/**
 * Memory of the tiler heap that a pass holds. The model keeps its lists in the host's memory, but
 * takes chunks as hardware would, so that the heap's protocol is the guest's own: growth, out of
 * memory, return.
 */
struct gfx_heap {
    uint64_t first, last; /* chunks, address | size in pages; 0: none */
    uint64_t left;        /* bytes of the last one that nothing has taken */
    uint64_t owed;        /* bytes of bins since the last gfx_heap_take() */
};

/** What is drawn between two resets of a tiler context. */
struct gfx_pass {
    struct gfx_pass *next;
    uint64_t id;    /* what stands in the tiler context's polygon list */
    uint64_t root;  /* translation table of its address space: whose it is */
    uint64_t tiler; /* address of the tiler context */
    uint32_t width, height, layers, tiles_x, tiles_y;
    uint64_t bytes;
    struct gfx_heap heap;
    struct gfx_draw *draw;
    uint32_t draws, draw_room;
    struct gfx_prim *prim;
    uint32_t prims, prim_room;
    struct gfx_bin *bin; /* [layer][y][x] */
    bool waits;          /* a draw has met an empty heap and goes on with its vertices later */
    uint64_t looks;      /* at bins, by all primitives so far: what their binning cost */
};

/** A new, empty pass; NULL: no memory, or a framebuffer larger than any. */
struct gfx_pass *gfx_pass_new(struct mali_pipeline *p, uint64_t root, uint64_t tiler,
                              uint32_t width, uint32_t height, uint32_t layers);
/** Pass @id of address space @root, or NULL. */
struct gfx_pass *gfx_pass_find(struct mali_pipeline *p, uint64_t root, uint64_t id);
/**
 * The pass that the tiler context at @tiler names, or a new one, whose number is left there.
 * @context: what the tiler context begins with.
 */
enum mali_mem_result gfx_pass_open(struct core *k, uint64_t tiler, uint32_t context[8],
                                   struct gfx_pass **pass);
/** The number that a tiler context adds to its draws' layers. */
int gfx_layer_offset(const uint32_t context[8]);
/**
 * The chunks from @first on (address | size in pages) have gone back to their heap, and with them
 * the lists of the pass in address space @root that held them: frees it. 0, unknown: nothing.
 */
void gfx_pass_finish(struct mali_pipeline *p, uint64_t root, uint64_t first);
void gfx_pass_drop_all(struct mali_pipeline *p);
/** The next new pass gets @id, which was made by gfx_pass_new(): for replays. */
void gfx_pass_expect(struct mali_pipeline *p, uint64_t id);
/** False: no memory, or more than a pass may take. */
bool gfx_pass_add_draw(struct mali_pipeline *p, struct gfx_pass *pass, const struct gfx_draw *d);
bool gfx_pass_add_prim(struct mali_pipeline *p, struct gfx_pass *pass, const struct gfx_prim *t);
/**
 * A new pass in place of pass @id, whose primitives have been drawn meanwhile (incremental
 * rendering): it begins with draw *@draw, vertices and all. *@draw is set to its number there.
 * NULL: as gfx_pass_new().
 */
struct gfx_pass *gfx_pass_renew(struct mali_pipeline *p, uint64_t root, uint64_t id,
                                uint32_t *draw);

/**
 * Takes *@need bytes of the tiler heap for @pass; @heap: the context that HEAP_SET selected, 0:
 * none, which needs no memory. FAULT, STALL: as core_read(). *@need is what is missing after OK:
 * not zero when there is no chunk left.
 */
enum mali_mem_result gfx_heap_take(struct core *k, struct gfx_pass *pass, uint64_t heap,
                                   uint64_t *need);

/**
 * Room for @n more vertices of draw @draw, which need not be the last: two streams may draw into
 * one pass.
 */
bool gfx_pass_add_vertices(struct mali_pipeline *p, struct gfx_pass *pass, uint32_t draw,
                           uint32_t n);

/* --- primitives ------------------------------------------------------------------------ */

/** A shaded vertex: window space, w is 1/w of clip space; its number in the draw. */
struct gfx_vertex {
    float x, y, z, w;
    float size;
    uint32_t index;
    uint8_t layer;
};

/** What assembling and clipping know of a draw, and where they put what is left of it. */
struct gfx_setup {
    const struct gfx_pass *pass;
    uint32_t draw, number;
    bool low_cull, high_cull; /* depth clipping */
    float low, high;
    float width; /* of lines; of points without an array of sizes */
    uint8_t layer;
    struct gfx_prim *out; /* room for GFX_CLIPPED more */
    uint32_t made;        /* in it */
};

/** A clipped triangle, line or point is so many primitives at most. */
#define GFX_CLIPPED 14

void gfx_triangle(struct gfx_setup *s, const struct gfx_vertex v[3], unsigned provoking);
void gfx_line(struct gfx_setup *s, const struct gfx_vertex v[2], unsigned provoking);
void gfx_point(struct gfx_setup *s, const struct gfx_vertex *v);

/* --- tiles ------------------------------------------------------------------------------- */

/** A render target's descriptor. Source: v10.xml, "Render Target". */
struct gfx_rt {
    uint8_t internal, format, block, msaa; /* enums of v10.xml */
    bool write, clean_write, srgb;
    uint8_t swizzle[4];
    uint8_t bytes; /* of a sample in the tile buffer */
    uint64_t base, row_stride, surface_stride;
    uint64_t afbc_body;
    bool wide;
    uint8_t afbc_mode;
    uint32_t clear[4];
};

struct gfx_zs_target {
    uint8_t format, block, msaa, s_format, s_block, s_msaa;
    bool present, clean_write;
    uint64_t base, row_stride, surface_stride;
    uint64_t s_base, s_row_stride, s_surface_stride;
};

struct gfx_fb {
    uint32_t width, height;
    uint32_t min_x, min_y, max_x, max_y; /* inclusive */
    uint8_t pre0, pre1, post, layer;
    uint64_t arg, frame_dcds, tiler, positions;
    unsigned samples, rts;
    unsigned forced; /* samples that coverage is found with, though targets have one; else 0 */
    bool point_max_y;
    bool z_write, s_write;
    uint8_t z_internal, s_clear;
    float z_clear;
    struct gfx_zs_target zs;
    struct gfx_rt rt[GFX_MAX_RTS];
    uint16_t sample_x[GFX_MAX_SAMPLES], sample_y[GFX_MAX_SAMPLES]; /* 1/256 pixel */
};

/** The tile buffer. Pixel i is at x = i % 32, y = i / 32; samples of a pixel lie in planes. */
struct gfx_tile {
    uint32_t x, y; /* of its first pixel */
    uint32_t w, h; /* pixels inside the framebuffer's bounds */
    bool touched;
    uint32_t *z; /* [sample][pixel]: integers as wide as the format, or fp32 bits */
    uint8_t *s;
    uint8_t *rt[GFX_MAX_RTS]; /* [sample][pixel][bytes] */
};

/** Reads a framebuffer descriptor with its extension and render targets. @tag: as in r40:41. */
enum mali_mem_result gfx_fb_load(struct core *k, uint64_t tag, struct gfx_fb *fb);
/** @t: all zero, or as freed. False: no memory; gfx_tile_free() is due all the same. */
bool gfx_tile_alloc(struct gfx_tile *t, const struct gfx_fb *fb);
void gfx_tile_free(struct gfx_tile *t);
void gfx_tile_clear(struct gfx_tile *t, const struct gfx_fb *fb);
/** 16 x 16 pixels of @bytes, rows GFX_TILE apart from @corner on, in the order of u-interleaved
 * tiles and of AFBC superblocks. */
void gfx_interleave(const struct gfx_vec *vec, const uint8_t *corner, unsigned bytes, uint8_t *out);
/** May be repeated after a stall. */
enum mali_mem_result gfx_tile_write(struct core *k, const struct gfx_tile *t,
                                    const struct gfx_fb *fb);

/** Bytes of a pixel in memory; 0: the format is not known. */
uint8_t gfx_rt_bytes(const struct gfx_rt *rt);
/** A pixel of a blendable target as it lies in memory, to 8 bits a channel. False: not such. */
bool gfx_rt_unpack(const struct gfx_rt *rt, const uint8_t *from, uint8_t rgba[4]);

/* --- fragments --------------------------------------------------------------------------- */

/** A quad of 2 x 2 pixels: pixel i is at x + (i & 1), y + (i >> 1). */
struct gfx_quad {
    uint8_t x, y; /* in the tile */
    uint16_t cover[4];
    uint16_t forced[4]; /* with forced samples: which are covered, for the shader only */
};

/** Quads of the tile that @t covers; @quad has room for GFX_QUADS. Returns how many. */
unsigned gfx_raster(const struct gfx_vec *vec, const struct gfx_fb *fb, const struct gfx_tile *tile,
                    const struct gfx_prim *t, const struct gfx_draw *d, struct gfx_quad *quad);

/**
 * The same of one sample a pixel, for those who need no quads: rows of the tile from *@first on,
 * bit x of each: the pixel is covered. Returns how many rows. A row's pixels lie together.
 */
unsigned gfx_raster_rows(const struct gfx_vec *vec, const struct gfx_fb *fb,
                         const struct gfx_tile *tile, const struct gfx_prim *t,
                         uint32_t row[GFX_TILE], unsigned *first);

/** Depth/stencil descriptor, unpacked. */
struct gfx_zs {
    bool stencil, s_from_shader, z_write, bias, read_only;
    uint8_t z_func, z_source, clamp;
    struct {
        uint8_t func, fail, zfail, zpass, write_mask, value_mask, ref;
    } face[2]; /* front, back */
    float units, factor, bias_clamp;
};

void gfx_zs_unpack(const uint32_t w[8], struct gfx_zs *zs);
/** Converts a depth to how the tile buffer holds it. */
uint32_t gfx_z_pack(const struct gfx_fb *fb, float z);
/**
 * Tests samples @cover of tile pixel @pixel against depths @z (per sample, packed) and @stencil;
 * returns those that pass. @update: depth and stencil are written.
 */
uint16_t gfx_zs_test(const struct gfx_fb *fb, struct gfx_tile *t, const struct gfx_zs *zs,
                     unsigned face, unsigned pixel, uint16_t cover, const uint32_t *z, int stencil,
                     bool update);

/** Who writes a target. Source: v10.xml, "Blend Mode" */
enum { BLEND_SHADER, BLEND_OPAQUE, BLEND_FIXED, BLEND_OFF };

/** Blend descriptor. */
struct gfx_blend {
    bool alpha_one, enable, srgb, round;
    uint16_t constant;
    uint32_t equation;
    uint64_t internal;
};

/** A colour of the 16 lanes: fp32 bits, or integers. */
struct gfx_color {
    va_v16u c[4];
};

/**
 * Writes @src to sample @sample of tile pixels @pixel[], for lanes with @lanes set. @conv: memory
 * format of a raw target. @b: blend by its equation, NULL: replace.
 */
bool gfx_blend_write(const struct gfx_rt *rt, uint8_t *plane, const uint16_t pixel[VA_LANES],
                     uint16_t lanes, uint32_t conv, const struct gfx_blend *b,
                     const struct gfx_color *src);
struct gfx_vec_blend;
/** What gfx_blend_write() would do to a packed format, for gfx_vec.h; not for sRGB. */
void gfx_blend_layout(const struct gfx_rt *rt, uint32_t conv, const struct gfx_blend *b,
                      struct gfx_vec_blend *out);
struct texel_format;
/** The format of a target that holds floats and can be blended; false: it is none. */
bool gfx_rt_float(const struct gfx_rt *rt, struct texel_format *f);
/** Reads, as fp32 or integers as the format says. */
bool gfx_blend_read(const struct gfx_rt *rt, const uint8_t *plane, const uint16_t pixel[VA_LANES],
                    uint16_t lanes, uint32_t conv, struct gfx_color *out);
/** A packed sample of a blendable format to 8-bit-per-channel-like components; see tile.c. */
void gfx_tib_unpack(unsigned internal, uint32_t word, float rgba[4]);
uint32_t gfx_tib_pack(unsigned internal, const float rgba[4], bool round);

/**
 * A warp of fragments that is filled, or under way. Its lanes are quads, four lanes each, or, where
 * no lane looks at another (struct gfx_state: loose), single pixels: small triangles would leave
 * half of the lanes idle. Arrays of what a quad or a run of pixels writes at once have room for one
 * behind the last lane.
 */
struct gfx_warp {
    struct va_warp w;
    unsigned taken; /* lanes, of a warp that is not under way yet */
    bool loose;
    unsigned prims;                         /* that its lanes belong to */
    const struct gfx_prim *prim[GFX_SLOTS]; /* NULL: a frame shader. Of this slice, as pass */
    uint32_t index[GFX_SLOTS];              /* of these, in the pass */
    /* Planes of these: of weights over w, of the depth; where they begin. */
    float bary[3][3][GFX_SLOTS] __attribute__((aligned(64))), z[3][GFX_SLOTS];
    float origin[2][GFX_SLOTS];
    uint32_t slot[2 * VA_LANES] __attribute__((aligned(64)));      /* which of these, by lane */
    float ox[VA_LANES] __attribute__((aligned(64))), oy[VA_LANES]; /* origins of the primitives */
    uint32_t used[GFX_TILE];      /* loose: bits of the pixels taken, by row of the tile */
    uint16_t pixel[VA_LANES];     /* in the tile */
    uint16_t cover[VA_LANES + 4]; /* samples left */
    uint16_t first[VA_LANES];     /* samples covered before any test */
    uint16_t forced[VA_LANES];    /* as of quads */
    unsigned sample;              /* per-sample shading: which */
    bool zs_done;                 /* depth and stencil were updated before the shader */
    uint16_t tested;              /* lanes that came to their late test */
    float at[2][VA_LANES]
        __attribute__((aligned(64))); /* interpolation position stored last, framebuffer pixels */
    float centre[2][VA_LANES] __attribute__((aligned(64))); /* of the pixels, likewise */
    uint32_t position[2 * VA_LANES]
        __attribute__((aligned(64))); /* of the pixels, in the framebuffer: x, y << 16 */
};

/** Messages of fragment shaders, lane by lane; @c->fragment is set. */
enum va_message_result gfx_fragment_message(struct core *c, struct va_warp *w,
                                            const struct va_insn *in, const struct va_val *src,
                                            uint16_t lanes);
/** LEA_BUF_IMM of vertex shaders. */
enum va_message_result gfx_lea_buf(struct core *c, struct va_warp *w, const struct va_insn *in,
                                   const struct va_val *src, uint16_t lanes);

/* --- jobs --------------------------------------------------------------------------------- */

enum mali_job_result gfx_idvs_submit(struct mali_pipeline *p, const struct mali_job *job,
                                     struct mali_fault *fault);
enum mali_job_result gfx_fullscreen_submit(struct mali_pipeline *p, const struct mali_job *job,
                                           struct mali_fault *fault);
enum mali_job_result gfx_fragment_submit(struct mali_pipeline *p, const struct mali_job *job,
                                         struct mali_fault *fault);

#endif
