/*
 * The framebuffer descriptor and the tile buffer: clearing, write-back.
 *
 * Blendable formats are held as hardware holds them, 32 bits a sample with fraction bits below
 * the channels that memory has; every other format is held as the bytes that memory gets.
 * Source: pan_clear.c, pan_desc.c.
 *
 * Called by fragment.c. Calls core.c, gfx_blend.c (unpacking).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_afbc.h"
#include "gfx_vec.h"
#include "texel.h"
#include "texture/surface.h"

enum {
    BLOCK_NONE = 0,
    BLOCK_TILED = 1,
    BLOCK_LINEAR = 2,
    BLOCK_LARGE = 8, /* tiles of 64 KiB */
    BLOCK_AFBC = 12,
    BLOCK_AFBC_TILED = 13
};
enum { MSAA_SINGLE, MSAA_AVERAGE, MSAA_MULTIPLE, MSAA_LAYERED };
enum { ZS_D16 = 1, ZS_D24 = 2, ZS_D24X8 = 4, ZS_D24S8 = 5, ZS_D32 = 14, S_S8 = 1, S_X24S8 = 4 };
enum { INTERNAL_RAW8 = 32, INTERNAL_RAW128 = 36, INTERNAL_LAST_BLENDABLE = 6 };

#define FB_MAX 16384u /* pixels each way. Source: maxImageDimension2D of panvk */

static uint64_t at64(const uint32_t *w, unsigned i)
{
    return w[i] | (uint64_t)w[i + 1] << 32;
}

static float as_float(uint32_t u)
{
    union {
        uint32_t u;
        float f;
    } v = {u};

    return v.f;
}

/* --- descriptors -------------------------------------------------------------------------- */

static enum mali_mem_result invalid(struct core *k, uint64_t va, const char *what, unsigned value)
{
    mali_log(k->pipeline->bus, MALI_LOG_GUEST_ERROR,
             "framebuffer descriptor 0x%llx: %s %u is not valid or not modelled",
             (unsigned long long)va, what, value);
    return core_fault(k, MALI_DATA_INVALID_FAULT, va);
}

/*
 * A sample pattern of several samples, while the targets have one: D3D's forced sample count. The
 * shader sees the coverage; the table of positions is that of one sample, so places come from here.
 * Source: Mesa, force_samples in pan_desc.c; the places are D3D 11's, in 1/16 pixel from the
 * centre.
 */
static bool force_samples(struct gfx_fb *fb, unsigned pattern)
{
    static const struct {
        unsigned samples;
        int8_t at[16][2];
    } patterns[] = {
        {0, {{0, 0}}},
        {4, {{-4, -4}, {4, -4}, {-4, 4}, {4, 4}}},
        {4, {{-2, -6}, {6, -2}, {-6, 2}, {2, 6}}},
        {8, {{1, -3}, {-1, 3}, {5, 1}, {-3, -5}, {-5, 5}, {-7, -1}, {3, 7}, {7, -7}}},
        {16,
         {{1, 1},
          {-1, -3},
          {-3, 2},
          {4, -1},
          {-5, -2},
          {2, 5},
          {5, 3},
          {3, -5},
          {-2, 6},
          {0, -7},
          {-4, -6},
          {-6, 4},
          {-8, 0},
          {7, -4},
          {6, 7},
          {-7, -8}}},
    };

    if (pattern >= sizeof(patterns) / sizeof(patterns[0]))
        return false;
    if (fb->samples > 1)
        return true;
    fb->forced = patterns[pattern].samples;
    for (unsigned i = 0; i < fb->forced; i++) {
        fb->sample_x[i] = (uint16_t)((patterns[pattern].at[i][0] + 8) * 16);
        fb->sample_y[i] = (uint16_t)((patterns[pattern].at[i][1] + 8) * 16);
    }
    return true;
}

static enum mali_mem_result load_parameters(struct core *k, uint64_t va, const uint32_t *w,
                                            struct gfx_fb *fb)
{
    *fb = (struct gfx_fb){
        .pre0 = w[0] & 7,
        .pre1 = w[0] >> 3 & 7,
        .post = w[0] >> 6 & 7,
        .layer = w[0] >> 24,
        .arg = at64(w, 2),
        .positions = at64(w, 4),
        .frame_dcds = at64(w, 6),
        .width = (w[8] & 0xffff) + 1,
        .height = (w[8] >> 16) + 1,
        .min_x = w[9] & 0xffff,
        .min_y = w[9] >> 16,
        .max_x = w[10] & 0xffff,
        .max_y = w[10] >> 16,
        .samples = 1u << (w[11] & 7),
        .point_max_y = w[11] >> 15 & 1,
        .rts = (w[11] >> 19 & 15) + 1,
        .s_clear = w[12] & 0xff,
        .s_write = w[12] >> 8 & 1,
        .z_internal = w[12] >> 16 & 3,
        .z_write = w[12] >> 18 & 1,
        .z_clear = as_float(w[13]),
        .tiler = at64(w, 14),
    };
    if (fb->width > FB_MAX || fb->height > FB_MAX)
        return invalid(k, va, "width or height", fb->width > FB_MAX ? fb->width : fb->height);
    if (fb->samples > GFX_MAX_SAMPLES)
        return invalid(k, va, "sample count", fb->samples);
    if (!force_samples(fb, w[11] >> 3 & 7))
        return invalid(k, va, "sample pattern", w[11] >> 3 & 7);
    if (fb->rts > GFX_MAX_RTS)
        return invalid(k, va, "render target count", fb->rts);
    if (fb->z_internal > 2)
        return invalid(k, va, "internal depth format", fb->z_internal);
    if (fb->max_x >= fb->width)
        fb->max_x = fb->width - 1;
    if (fb->max_y >= fb->height)
        fb->max_y = fb->height - 1;
    return MALI_MEM_OK;
}

static enum mali_mem_result load_zs(struct core *k, uint64_t va, struct gfx_zs_target *zs)
{
    uint32_t w[16];
    enum mali_mem_result r = core_read(k, va, w, sizeof(w));

    if (r != MALI_MEM_OK)
        return r;
    *zs = (struct gfx_zs_target){
        .present = true,
        .format = w[0] & 15,
        .block = w[0] >> 4 & 15,
        .msaa = w[0] >> 8 & 3,
        .s_format = w[0] >> 16 & 15,
        .s_block = w[0] >> 20 & 15,
        .s_msaa = w[0] >> 24 & 3,
        .clean_write = w[0] >> 31,
        .base = at64(w, 8),
        .row_stride = w[10],
        .surface_stride = w[11],
        .s_base = at64(w, 12),
        .s_row_stride = w[14],
        .s_surface_stride = w[15],
    };
    return MALI_MEM_OK;
}

static enum mali_mem_result load_rt(struct core *k, uint64_t va, struct gfx_rt *rt)
{
    struct texel_format f;
    uint32_t w[16];
    enum mali_mem_result r = core_read(k, va, w, sizeof(w));

    if (r != MALI_MEM_OK)
        return r;
    *rt = (struct gfx_rt){
        .internal = w[0] >> 26,
        .write = w[1] & 1,
        .format = w[1] >> 3 & 31,
        .block = w[1] >> 8 & 15,
        .msaa = w[1] >> 12 & 3,
        .srgb = w[1] >> 14 & 1,
        .clean_write = w[1] >> 31,
        .base = at64(w, 8),
        .row_stride = w[10],
        .surface_stride = w[11],
        .afbc_body = w[11],
        .wide = w[2] >> 2 & 1,
        .afbc_mode = w[2] >> 10 & 63,
    };
    for (unsigned i = 0; i < 4; i++) {
        rt->swizzle[i] = w[1] >> (16 + 3 * i) & 7;
        rt->clear[i] = w[12 + i];
    }
    /* Targets in YUV, and compressed at a fixed rate: their other words mean something else. */
    if (w[0] >> 24 & 1)
        return invalid(k, va, "YUV bit of a render target", 1);
    if (w[0] & 15)
        return invalid(k, va, "write-back mode of a render target", w[0] & 15);
    if (gfx_rt_float(rt, &f))
        rt->bytes = f.bytes;
    else if (rt->internal >= INTERNAL_RAW8 && rt->internal <= INTERNAL_RAW128)
        rt->bytes = (uint8_t)(1u << (rt->internal - INTERNAL_RAW8));
    else if (rt->internal >= 1 && rt->internal <= INTERNAL_LAST_BLENDABLE)
        rt->bytes = 4;
    else
        return invalid(k, va, "internal format of a render target", rt->internal);
    return MALI_MEM_OK;
}

static enum mali_mem_result load_positions(struct core *k, struct gfx_fb *fb)
{
    uint32_t w[GFX_MAX_SAMPLES];
    enum mali_mem_result r;

    if (fb->samples == 1)
        return MALI_MEM_OK;
    r = core_read(k, fb->positions, w, 4 * fb->samples);
    for (unsigned i = 0; r == MALI_MEM_OK && i < fb->samples; i++) {
        fb->sample_x[i] = w[i] & 0xff; /* 0 <= position < 1 */
        fb->sample_y[i] = w[i] >> 16 & 0xff;
    }
    return r;
}

enum mali_mem_result gfx_fb_load(struct core *k, uint64_t tag, struct gfx_fb *fb)
{
    uint64_t va = tag & ~63ull;
    bool ext = tag >> 1 & 1;
    uint32_t w[32];
    enum mali_mem_result r;

    if (!(tag & 1)) /* the type of the descriptor */
        return invalid(k, va, "pointer tag", tag & 63);
    r = core_read(k, va, w, sizeof(w));
    if (r == MALI_MEM_OK)
        r = load_parameters(k, va, w, fb);
    if (r == MALI_MEM_OK && ext)
        r = load_zs(k, va + 128, &fb->zs);
    for (unsigned i = 0; r == MALI_MEM_OK && i < fb->rts; i++)
        r = load_rt(k, va + 128 + (ext ? 64 : 0) + 64 * i, &fb->rt[i]);
    return r == MALI_MEM_OK ? load_positions(k, fb) : r;
}

/* --- the buffer ---------------------------------------------------------------------------- */

bool gfx_tile_alloc(struct gfx_tile *t, const struct gfx_fb *fb)
{
    size_t n = (size_t)GFX_PIXELS * fb->samples;
    bool ok;

    t->z = malloc(4 * n);
    t->s = malloc(n);
    ok = t->z && t->s;
    for (unsigned i = 0; i < fb->rts; i++) {
        t->rt[i] = malloc(n * fb->rt[i].bytes);
        ok = ok && t->rt[i];
    }
    return ok;
}

void gfx_tile_free(struct gfx_tile *t)
{
    free(t->z);
    free(t->s);
    for (unsigned i = 0; i < GFX_MAX_RTS; i++)
        free(t->rt[i]);
    memset(t, 0, sizeof(*t));
}

/* Repeats the first @unit bytes of @to up to @size: each copy is as long as all before it. */
static void repeat(uint8_t *to, size_t unit, size_t size)
{
    for (size_t have = unit; have < size; have *= 2)
        memcpy(to + have, to, size - have < have ? size - have : have);
}

void gfx_tile_clear(struct gfx_tile *t, const struct gfx_fb *fb)
{
    size_t n = (size_t)GFX_PIXELS * fb->samples;
    uint32_t z = gfx_z_pack(fb, fb->z_clear);

    memcpy(t->z, &z, sizeof(z));
    repeat((uint8_t *)t->z, sizeof(z), n * sizeof(z));
    memset(t->s, fb->s_clear, n);
    for (unsigned r = 0; r < fb->rts; r++) {
        unsigned bytes = fb->rt[r].bytes; /* the words are replicated: pan_clear.c */
        memcpy(t->rt[r], (const uint8_t *)fb->rt[r].clear, bytes);
        repeat(t->rt[r], bytes, n * bytes);
    }
}

/* --- write-back ------------------------------------------------------------------------------ */

/* A plane of memory that a tile goes to. body, wide: AFBC. */
struct surface {
    uint64_t base, row_stride;
    unsigned block, bytes;
    uint64_t body;
    bool wide;
};

static bool known_block(unsigned block)
{
    return block == BLOCK_LINEAR || block == BLOCK_TILED || block == BLOCK_LARGE ||
           block == BLOCK_AFBC || block == BLOCK_AFBC_TILED;
}

static bool is_afbc(unsigned block)
{
    return block == BLOCK_AFBC || block == BLOCK_AFBC_TILED;
}

/* Elements of 3, 6 or 12 bytes have no tiles of 64 KiB. */
static bool fits_block(unsigned block, unsigned bytes)
{
    unsigned bits;

    return block != BLOCK_LARGE || tex_large_bits(bytes, &bits);
}

static uint64_t surface_at(const struct surface *s, unsigned x, unsigned y)
{
    if (s->block == BLOCK_LARGE)
        return s->base + tex_large_offset(x, y, (unsigned)__builtin_ctz(s->bytes), s->row_stride);
    if (s->block == BLOCK_LINEAR)
        return s->base + y * s->row_stride + (uint64_t)x * s->bytes;
    return s->base + y / 16 * s->row_stride +
           ((uint64_t)(x / 16) * 256 + tex_tile_index(x & 15, y & 15, 4)) * s->bytes;
}

/* Pixels of the tile that are inside the bounds. */
static bool in_bounds(const struct gfx_fb *fb, unsigned x, unsigned y)
{
    return x >= fb->min_x && x <= fb->max_x && y >= fb->min_y && y <= fb->max_y;
}

/* Entry i: which pixel of the tile buffer, from the corner of a 16 x 16 tile, begins square i of
 * that.
 */
static uint16_t squares[64];

static void __attribute__((constructor)) fill_squares(void)
{
    for (unsigned y = 0; y < 16; y += 2)
        for (unsigned x = 0; x < 16; x += 2)
            squares[tex_tile_index(x, y, 4) / 4] = (uint16_t)(y * GFX_TILE + x);
}

/* Squares of 2 x 2 lie one behind the other, each clockwise from its first pixel. */
static inline __attribute__((always_inline)) void interleave(const uint8_t *corner, unsigned bytes,
                                                             uint8_t *out)
{
    for (unsigned i = 0; i < 64; i++, out += 4 * bytes) {
        const uint8_t *above = corner + squares[i] * bytes, *below = above + GFX_TILE * bytes;
        memcpy(out, above, 2 * bytes);
        memcpy(out + 2 * bytes, below + bytes, bytes);
        memcpy(out + 3 * bytes, below, bytes);
    }
}

void gfx_interleave(const struct gfx_vec *vec, const uint8_t *corner, unsigned bytes, uint8_t *out)
{
    if (bytes == 4)
        vec->interleave(corner, out);
    else if (bytes == 2)
        interleave(corner, 2, out);
    else if (bytes == 8)
        interleave(corner, 8, out);
    else
        interleave(corner, bytes, out);
}

/* A whole 16 x 16 tile at @va, from the tile buffer's @corner on: to the page, if it is in one. */
static enum mali_mem_result write_whole(struct core *k, uint64_t va, const uint8_t *corner,
                                        unsigned bytes)
{
    uint8_t out[256 * 16] __attribute__((aligned(64)));
    uint64_t avail = 0;
    void *p;

    if (!CORE_IN_NULL_WINDOW(va)) {
        enum mali_mem_result r = core_ptr(k, va, MALI_ACCESS_WRITE, &p, &avail);
        if (r != MALI_MEM_OK)
            return r;
    }
    gfx_interleave(k->pipeline->vec, corner, bytes, avail >= 256 * bytes ? p : out);
    return avail >= 256 * bytes ? MALI_MEM_OK : core_write(k, va, out, 256 * bytes);
}

/* One 16 x 16 tile of memory; @px: the tile's pixels as memory has them. */
static enum mali_mem_result write_interleaved(struct core *k, const struct gfx_tile *t,
                                              const struct gfx_fb *fb, const struct surface *s,
                                              const uint8_t *px, unsigned bx, unsigned by)
{
    unsigned x0 = t->x + bx, y0 = t->y + by, n = s->bytes;
    enum mali_mem_result r = MALI_MEM_OK;

    if (in_bounds(fb, x0, y0) && in_bounds(fb, x0 + 15, y0 + 15))
        return write_whole(k, surface_at(s, x0, y0), px + (by * GFX_TILE + bx) * n, n);
    for (unsigned y = 0; y < 16 && r == MALI_MEM_OK; y++)
        for (unsigned x = 0; x < 16 && r == MALI_MEM_OK; x++)
            if (in_bounds(fb, x0 + x, y0 + y))
                r = core_write(k, surface_at(s, x0 + x, y0 + y),
                               px + ((by + y) * GFX_TILE + bx + x) * n, n);
    return r;
}

static enum mali_mem_result write_surface(struct core *k, const struct gfx_tile *t,
                                          const struct gfx_fb *fb, const struct surface *s,
                                          const uint8_t *px)
{
    unsigned skip = t->x < fb->min_x ? fb->min_x - t->x : 0;
    struct gfx_afbc afbc = {s->base, s->body, s->row_stride, s->block == BLOCK_AFBC_TILED,
                            s->wide, s->bytes};
    enum mali_mem_result r = MALI_MEM_OK;

    if (is_afbc(s->block))
        return gfx_afbc_write(k, t, fb, &afbc, px);
    if (s->block == BLOCK_LINEAR) {
        for (unsigned y = 0; y < t->h && r == MALI_MEM_OK; y++)
            if (t->y + y >= fb->min_y && skip < t->w)
                r = core_write(k, surface_at(s, t->x + skip, t->y + y),
                               px + (y * GFX_TILE + skip) * s->bytes,
                               (size_t)(t->w - skip) * s->bytes);
        return r;
    }
    for (unsigned y = 0; y < t->h && r == MALI_MEM_OK; y += 16)
        for (unsigned x = 0; x < t->w && r == MALI_MEM_OK; x += 16)
            r = write_interleaved(k, t, fb, s, px, x, y);
    return r;
}

/* --- colour ---------------------------------------------------------------------------------- */

/* Memory formats of blendable targets: bits of each channel, from the lowest. */
static const uint8_t channels[32][4] = {
    [16] = {8},          [17] = {8, 8},          [18] = {8, 8, 8},
    [19] = {8, 8, 8, 8}, [20] = {4, 4, 4, 4},    [21] = {5, 6, 5},
    [22] = {8, 8, 8},    [24] = {10, 10, 10, 2}, [28] = {5, 5, 5, 1},
};
static const uint8_t raw_bytes[8] = {1, 2, 3, 4, 6, 8, 12, 16};
static const uint8_t float_bytes[32] = {[16] = 2, [17] = 4, [18] = 6, [19] = 8, [20] = 4};

static unsigned memory_bytes(const struct gfx_rt *rt)
{
    unsigned bits = 0;

    /* AFBC: the compression mode decides. Source: Mesa's pan_emit_afbc_color_attachment() */
    if (is_afbc(rt->block) && rt->internal > INTERNAL_LAST_BLENDABLE)
        return tex_afbc_bytes(rt->afbc_mode);
    if (rt->internal > INTERNAL_LAST_BLENDABLE && rt->format < 8)
        return raw_bytes[rt->format];
    if (rt->internal > INTERNAL_LAST_BLENDABLE)
        return rt->internal < INTERNAL_RAW8 ? float_bytes[rt->format] : 0;
    for (unsigned i = 0; i < 4; i++)
        bits += channels[rt->format][i];
    return bits / 8;
}

uint8_t gfx_rt_bytes(const struct gfx_rt *rt)
{
    return (uint8_t)memory_bytes(rt);
}

/* Floats, from 0 to 1. */
static bool unpack_float(const struct gfx_rt *rt, const uint8_t *from, uint8_t rgba[4])
{
    struct texel_format f;
    uint32_t v[4];

    if (!gfx_rt_float(rt, &f))
        return false;
    texel_load(&f, from, v);
    for (unsigned i = 0; i < 4; i++) {
        float x = as_float(v[i]);
        rgba[i] = (uint8_t)((x > 0 ? x < 1 ? x : 1 : 0) * 255 + 0.5f);
    }
    return true;
}

bool gfx_rt_unpack(const struct gfx_rt *rt, const uint8_t *from, uint8_t rgba[4])
{
    uint32_t word;

    if (rt->internal > INTERNAL_LAST_BLENDABLE)
        return unpack_float(rt, from, rgba);
    memcpy(&word, from, 4);
    memcpy(rgba, (const uint8_t[]){0, 0, 0, 255}, 4);
    for (unsigned i = 0, at = 0; i < 4; i++) {
        unsigned bits = channels[rt->format][i], max = (1u << bits) - 1;
        if (bits && rt->swizzle[i] < 4)
            rgba[rt->swizzle[i]] = (uint8_t)(((word >> at & max) * 255 + max / 2) / max);
        at += bits;
    }
    return true;
}

static void pack_pixel(const struct gfx_rt *rt, const float rgba[4], uint8_t *out, unsigned bytes)
{
    const float all[8] = {rgba[0], rgba[1], rgba[2], rgba[3], 0, 1, 0, 0};
    uint64_t v = 0;
    unsigned at = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned bits = channels[rt->format][i], max = (1u << bits) - 1;
        v |= (uint64_t)(uint32_t)(all[rt->swizzle[i]] * (float)max + 0.5f) << at;
        at += bits;
    }
    memcpy(out, &v, bytes);
}

/* The mean of a pixel's samples of a target of floats, as memory has it. */
static void average_floats(const struct gfx_tile *t, const struct gfx_fb *fb, unsigned n,
                           unsigned pixel, const struct texel_format *f, uint8_t *out)
{
    float sum[4] = {0};
    uint32_t v[4];

    for (unsigned s = 0; s < fb->samples; s++) {
        texel_load(f, t->rt[n] + ((size_t)s * GFX_PIXELS + pixel) * f->bytes, v);
        for (unsigned c = 0; c < 4; c++)
            sum[c] += as_float(v[c]);
    }
    for (unsigned c = 0; c < 4; c++) {
        sum[c] /= (float)fb->samples;
        memcpy(&v[c], &sum[c], 4);
    }
    texel_store(f, v, out);
}

static void average(const struct gfx_tile *t, const struct gfx_fb *fb, unsigned n, unsigned pixel,
                    float rgba[4])
{
    float sum[4] = {0}, one[4];

    for (unsigned s = 0; s < fb->samples; s++) {
        uint32_t w;
        memcpy(&w, t->rt[n] + 4 * ((size_t)s * GFX_PIXELS + pixel), 4);
        gfx_tib_unpack(fb->rt[n].internal, w, one);
        for (unsigned c = 0; c < 4; c++)
            sum[c] += one[c];
    }
    for (unsigned c = 0; c < 4; c++)
        rgba[c] = sum[c] / (float)fb->samples;
}

/*
 * Channels of 8 bits both here and in memory: bytes change places, if at all. The pixels where they
 * are, or in @out; NULL: other channels.
 */
static const uint8_t *convert_bytes(const struct gfx_vec *vec, const struct gfx_rt *rt,
                                    const uint8_t *plane, uint8_t *out)
{
    static const uint8_t eight[4] = {8, 8, 8, 8}, same[4] = {0, 1, 2, 3};

    if (rt->internal != 1 || memcmp(channels[rt->format], eight, 4))
        return NULL;
    if (!memcmp(rt->swizzle, same, 4))
        return plane;
    vec->bytes(rt->swizzle, plane, out, GFX_PIXELS); /* beyond the channels: zero, one */
    return out;
}

/* Sample @s of target @n as memory has it: the tile's own pixels, or in @out. */
static const uint8_t *convert(const struct gfx_vec *vec, const struct gfx_tile *t,
                              const struct gfx_fb *fb, unsigned n, unsigned s, bool resolve,
                              uint8_t *out, unsigned bytes)
{
    const struct gfx_rt *rt = &fb->rt[n];
    const uint8_t *plane = t->rt[n] + (size_t)s * GFX_PIXELS * rt->bytes;
    const uint8_t *as_bytes = resolve ? NULL : convert_bytes(vec, rt, plane, out);
    struct texel_format f;
    bool floats = gfx_rt_float(rt, &f);

    if (as_bytes)
        return as_bytes;
    for (unsigned i = 0; i < GFX_PIXELS; i++) {
        float rgba[4];
        uint32_t w;
        if (floats && resolve) {
            uint8_t mean[TEXEL_BYTES];
            average_floats(t, fb, n, i, &f, mean);
            memcpy(out + i * bytes, mean, bytes);
            continue;
        }
        if (rt->internal > INTERNAL_LAST_BLENDABLE) {
            memcpy(out + i * bytes, plane + i * rt->bytes, bytes);
            continue;
        }
        if (resolve) {
            average(t, fb, n, i, rgba);
        } else {
            memcpy(&w, plane + 4 * i, 4);
            gfx_tib_unpack(rt->internal, w, rgba);
        }
        pack_pixel(rt, rgba, out + i * bytes, bytes);
    }
    return out;
}

static enum mali_mem_result write_rt(struct core *k, const struct gfx_tile *t,
                                     const struct gfx_fb *fb, unsigned n)
{
    const struct gfx_rt *rt = &fb->rt[n];
    unsigned bytes = memory_bytes(rt);
    unsigned samples = rt->msaa == MSAA_LAYERED ? fb->samples : 1;
    bool resolve = rt->msaa == MSAA_AVERAGE && fb->samples > 1;
    uint8_t px[GFX_PIXELS * 16];
    enum mali_mem_result r = MALI_MEM_OK;

    if (!bytes || (rt->internal > INTERNAL_LAST_BLENDABLE && bytes > rt->bytes))
        return invalid(k, rt->base, "write-back format", rt->format);
    if (!known_block(rt->block) || !fits_block(rt->block, bytes) ||
        (is_afbc(rt->block) && samples > 1))
        return invalid(k, rt->base, "block format", rt->block);
    if (rt->msaa == MSAA_MULTIPLE || (resolve && rt->internal >= INTERNAL_RAW8))
        return invalid(k, rt->base, "multisample mode", rt->msaa);
    for (unsigned s = 0; s < samples && r == MALI_MEM_OK; s++) {
        struct surface to = {is_afbc(rt->block) ? rt->base : rt->base + s * rt->surface_stride,
                             rt->row_stride,
                             rt->block,
                             bytes,
                             rt->afbc_body,
                             rt->wide};
        r = write_surface(k, t, fb, &to,
                          convert(k->pipeline->vec, t, fb, n, s, resolve, px, bytes));
    }
    return r;
}

/* --- depth, stencil -----------------------------------------------------------------------------
 */

/* A plane that holds depth, too, of which only the stencil is written: the rest is read first. */
static enum mali_mem_result merge(struct core *k, const struct gfx_tile *t, const struct gfx_fb *fb,
                                  const struct surface *to, uint8_t *px, uint32_t keep)
{
    enum mali_mem_result r = MALI_MEM_OK;

    for (unsigned y = 0; y < t->h && r == MALI_MEM_OK; y++)
        for (unsigned x = 0; x < t->w && r == MALI_MEM_OK; x++) {
            uint32_t old, now;
            if (!in_bounds(fb, t->x + x, t->y + y))
                continue;
            r = core_read(k, surface_at(to, t->x + x, t->y + y), &old, 4);
            memcpy(&now, px + 4 * (y * GFX_TILE + x), 4);
            now = (old & keep) | (now & ~keep);
            memcpy(px + 4 * (y * GFX_TILE + x), &now, 4);
        }
    return r;
}

/* Depths of sample @s as memory has them: those of the tile, or in @px. @both: the stencil above.
 */
static const uint8_t *depth_words(const struct gfx_tile *t, unsigned s, unsigned bytes, bool both,
                                  uint8_t *px)
{
    const uint32_t *z = t->z + (size_t)s * GFX_PIXELS;
    const uint8_t *stencil = t->s + (size_t)s * GFX_PIXELS;

    if (bytes == 4 && !both)
        return (const uint8_t *)z;
    for (unsigned i = 0; i < GFX_PIXELS && both; i++) {
        uint32_t v = z[i] | (uint32_t)stencil[i] << 24;
        memcpy(px + 4 * i, &v, 4);
    }
    for (unsigned i = 0; i < GFX_PIXELS && !both; i++)
        memcpy(px + i * bytes, &z[i], bytes);
    return px;
}

/* Where depth and stencil share a plane, both go out: Mesa then asks for the depth's write alone.
 */
static enum mali_mem_result write_z(struct core *k, const struct gfx_tile *t,
                                    const struct gfx_fb *fb)
{
    const struct gfx_zs_target *zs = &fb->zs;
    bool both = zs->format == ZS_D24S8;
    /* D24 alone has no fourth byte. Source: Mesa 26's Z24_UNORM_PACKED */
    unsigned bytes = zs->format == ZS_D16 ? 2 : zs->format == ZS_D24 ? 3 : 4;
    unsigned samples = zs->msaa == MSAA_LAYERED ? fb->samples : 1;
    uint8_t px[GFX_PIXELS * 4];
    enum mali_mem_result r = MALI_MEM_OK;

    if (zs->format != ZS_D16 && zs->format != ZS_D24X8 && zs->format != ZS_D24 && !both &&
        zs->format != ZS_D32)
        return invalid(k, zs->base, "depth format", zs->format);
    if (!known_block(zs->block) || !fits_block(zs->block, bytes) ||
        (is_afbc(zs->block) && samples > 1))
        return invalid(k, zs->base, "block format", zs->block);
    for (unsigned s = 0; s < samples && r == MALI_MEM_OK; s++) {
        struct surface to = {is_afbc(zs->block) ? zs->base : zs->base + s * zs->surface_stride,
                             zs->row_stride,
                             zs->block,
                             bytes,
                             zs->surface_stride,
                             false};
        r = write_surface(k, t, fb, &to, depth_words(t, s, bytes, both, px));
    }
    return r;
}

static enum mali_mem_result write_s(struct core *k, const struct gfx_tile *t,
                                    const struct gfx_fb *fb)
{
    const struct gfx_zs_target *zs = &fb->zs;
    bool shared = zs->s_format == S_X24S8;
    unsigned samples = zs->s_msaa == MSAA_LAYERED ? fb->samples : 1;
    uint8_t px[GFX_PIXELS * 4];
    enum mali_mem_result r = MALI_MEM_OK;

    if (zs->s_format != S_S8 && !shared)
        return invalid(k, zs->s_base, "stencil format", zs->s_format);
    if (!known_block(zs->s_block) || (is_afbc(zs->s_block) && (samples > 1 || shared)))
        return invalid(k, zs->s_base, "stencil's block format", zs->s_block);
    for (unsigned s = 0; s < samples && r == MALI_MEM_OK; s++) {
        /* AFBC: the stride's word is where the bodies begin. Source: v10.xml, "S AFBC Body Offset"
         */
        struct surface to = {is_afbc(zs->s_block) ? zs->s_base
                                                  : zs->s_base + s * zs->s_surface_stride,
                             zs->s_row_stride,
                             zs->s_block,
                             shared ? 4 : 1,
                             zs->s_surface_stride,
                             false};
        for (unsigned i = 0; i < GFX_PIXELS; i++) {
            uint32_t v = (uint32_t)t->s[s * GFX_PIXELS + i] << (shared ? 24 : 0);
            memcpy(px + i * to.bytes, &v, to.bytes);
        }
        if (shared)
            r = merge(k, t, fb, &to, px, 0x00ffffff);
        if (r == MALI_MEM_OK)
            r = write_surface(k, t, fb, &to, px);
    }
    return r;
}

enum mali_mem_result gfx_tile_write(struct core *k, const struct gfx_tile *t,
                                    const struct gfx_fb *fb)
{
    const struct gfx_zs_target *zs = &fb->zs;
    bool zs_due = zs->present && (t->touched || zs->clean_write);
    enum mali_mem_result r = MALI_MEM_OK;

    for (unsigned i = 0; i < fb->rts && r == MALI_MEM_OK; i++)
        if (fb->rt[i].write && fb->rt[i].block && (t->touched || fb->rt[i].clean_write))
            r = write_rt(k, t, fb, i);
    if (r == MALI_MEM_OK && zs_due && zs->base &&
        (fb->z_write || (fb->s_write && zs->format == ZS_D24S8)))
        r = write_z(k, t, fb);
    if (r == MALI_MEM_OK && zs_due && fb->s_write && zs->format != ZS_D24S8 && zs->s_base)
        r = write_s(k, t, fb);
    return r;
}
