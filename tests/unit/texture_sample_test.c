/*
 * Sampling against a reference: the formulas of the Vulkan specification over an array of texels,
 * in double precision, one texel at a time. Also cube edges by geometry, LODs by log2(), AFBC, and
 * descriptors that are not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/pipeline/texture/surface.h"

#include <math.h>
#include <stdlib.h>

/* --- memory ------------------------------------------------------------------------------ */

#define MEMORY (1 << 20)
#define TEXELS 0x10000 /* of level l and layer k: at TEXELS + 0x4000 * (4 * k + l) */

enum { TILED = 1, LINEAR = 2 };
enum { F32 = 191 << 12, R32F = 167 << 12 | 16, RGBA8 = 187 << 12, RGBA32UI = 157 << 12 };

static uint8_t memory[MEMORY];

static enum tex_result read_memory(void *ctx, uint64_t va, void *to, size_t len)
{
    if (va >= MEMORY || len > MEMORY - va)
        return TEX_FAULT;
    memcpy(to, memory + va, len);
    return TEX_OK;
}

/* Most of memory is in one piece. */
static const uint8_t *map_memory(void *ctx, uint64_t va, size_t len)
{
    return va >= MEMORY || len > MEMORY - va || va % 1021 == 0 ? NULL : memory + va;
}

static struct tex_unit unit = {.read = read_memory, .map = map_memory};

struct shape {
    unsigned dim, width, height, depth, layers, levels;
    uint32_t format;
    unsigned order;
};

static void put32(uint32_t at, uint32_t v)
{
    memcpy(memory + at, &v, 4);
}

static unsigned minify(unsigned size, unsigned level)
{
    return size >> level > 1 ? size >> level : 1;
}

/* Of a tile of 16 x 16. */
static unsigned interleaved(unsigned x, unsigned y)
{
    unsigned index = 0;

    for (unsigned b = 0; b < 4; b++)
        index |= ((x ^ y) >> b & 1) << 2 * b | (y >> b & 1) << (2 * b + 1);
    return index;
}

/* Descriptor words of @s; its planes are written to memory at 0. */
static void make(const struct shape *s, uint32_t w[8])
{
    unsigned faces = s->dim == TEX_CUBE ? 6 : 1;

    memset(w, 0, 32);
    w[0] = 2 | s->dim << 4 | s->format << 10;
    w[1] = (s->width - 1) | (s->height - 1) << 16;
    w[2] = 0 | 1 << 3 | 2 << 6 | 3 << 9 | (s->levels - 1) << 16;
    w[3] = (uint32_t)(s->levels - 1) << 24;
    w[6] = s->layers - 1;
    w[7] = s->depth - 1;
    for (unsigned k = 0; k < s->layers * faces; k++)
        for (unsigned l = 0; l < s->levels; l++) {
            uint32_t at = 32 * (k * s->levels + l), wide = minify(s->width, l);
            memset(memory + at, 0, 32);
            put32(at, 10 | 1 << 4 | s->order << 8);
            put32(at + 8, TEXELS + 0x4000 * (4 * k + l));
            put32(at + 16, s->order == TILED ? (wide + 15) / 16 * 256 * 16 : wide * 16);
            put32(at + 24, 0x800);
        }
}

/* The texel's components, which depend on where it is: small integers over 4. */
static double texel_value(unsigned layer, unsigned level, unsigned x, unsigned y, unsigned z,
                          unsigned c)
{
    unsigned h = (x * 7 + y * 13 + z * 29 + layer * 5 + level * 3 + c * 11) * 2654435761u;

    return (h >> 16 & 63) / 4.0 - 4;
}

/* Fills the texels of an F32 image. */
static void fill(const struct shape *s)
{
    unsigned faces = s->dim == TEX_CUBE ? 6 : 1;

    for (unsigned k = 0; k < s->layers * faces; k++)
        for (unsigned l = 0; l < s->levels; l++)
            for (unsigned z = 0; z < minify(s->depth, l); z++)
                for (unsigned y = 0; y < minify(s->height, l); y++)
                    for (unsigned x = 0; x < minify(s->width, l); x++) {
                        unsigned wide = minify(s->width, l), tiles = (wide + 15) / 16;
                        unsigned i = s->order == TILED ? (y / 16 * tiles + x / 16) * 256 +
                                                             interleaved(x % 16, y % 16)
                                                       : y * wide + x;
                        uint32_t at = TEXELS + 0x4000 * (4 * k + l) + 0x800 * z + 16 * i;
                        for (unsigned c = 0; c < 4; c++) {
                            float f = (float)texel_value(k, l, x, y, z, c);
                            memcpy(memory + at + 4 * c, &f, 4);
                        }
                    }
}

/* --- YUV -------------------------------------------------------------------------------- */

#define LUMA     0x1000
#define CHROMA_U 0x2000
#define CHROMA_V 0x3000

/* Of 8 bits, or of 10: the same with other low bits. */
static unsigned luma_value(unsigned x, unsigned y, bool ten)
{
    unsigned v = (x * 29 + y * 17) % 256;

    return ten ? v << 2 | (x + y) % 4 : v;
}

static unsigned chroma_value(unsigned x, unsigned y, unsigned c, bool ten)
{
    unsigned v = (x * 37 + y * 91 + c * 53 + 11) % 256;

    return ten ? v << 2 | (3 * x + y + c) % 4 : v;
}

/* Where the samples of a plane are: in rows, rows of 16-bit words, tiles, superblocks. */
enum places { ROWS, WORDS, TILES, SUPERBLOCKS };

/* Bit by bit: sample @index of a row at @at; its lowest bit has @room bits before the next. */
static void put_bits(uint32_t at, unsigned index, unsigned room, unsigned value)
{
    for (unsigned b = 0; b < 10; b++) {
        unsigned bit = room * index + (room - 10) + b;

        memory[at + bit / 8] =
            (uint8_t)((memory[at + bit / 8] & ~(1u << bit % 8)) | (value >> b & 1) << bit % 8);
    }
}

#define ACROSS 2u /* tiles and superblocks */

/* Headers of superblocks whose bodies lie in the opposite order; the last is one colour. */
static void put_header(uint32_t at, unsigned n, unsigned bytes, unsigned c, unsigned value)
{
    uint32_t header[4] = {128 + (2 * ACROSS - 1 - n) * 256 * bytes};

    for (unsigned i = 0; i < 16; i++)
        header[1 + 6 * i / 32] |= 1u << 6 * i % 32;
    if (n < 2 * ACROSS - 1) {
        memcpy(memory + at + 16 * n, header, 16);
    } else {
        memset(memory + at + 16 * n, 0, 8);
        memory[at + 16 * n + 8 + c] = (uint8_t)value;
    }
}

/* Byte @c of the element of @bytes at (@x, @y), with 8 bits or with 10. */
static void put_sample(enum places where, uint32_t at, unsigned bytes, unsigned x, unsigned y,
                       unsigned c, bool ten, unsigned value)
{
    unsigned n = y / 16 * ACROSS + x / 16, in = interleaved(x % 16, y % 16);

    if (ten)
        put_bits(at + 64 * y, x * bytes + c, where == WORDS ? 16 : 10, value);
    else if (where == ROWS)
        memory[at + 64 * y + x * bytes + c] = (uint8_t)value;
    else if (where == TILES)
        memory[at + (256 * n + in) * bytes + c] = (uint8_t)value;
    else
        memory[at + 128 + ((2 * ACROSS - 1 - n) * 256 + in) * bytes + c] = (uint8_t)value;
    if (where == SUPERBLOCKS)
        put_header(at, n, bytes, c, value);
}

/* Linear interpolation of chroma that lies in the middle of each pair (or quad) of texels. */
static double chroma_at(unsigned x, unsigned y, unsigned width, unsigned height, unsigned rows,
                        unsigned c, bool ten)
{
    double u = (x + 0.5) / 2 - 0.5, v = (y + 0.5) / rows - 0.5, sum = 0;
    int last_x = (int)(width + 1) / 2 - 1, last_y = (int)((height + rows - 1) / rows) - 1;

    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            int at_x = (int)floor(u) + i, at_y = (int)floor(v) + j;
            double weight =
                (i ? u - floor(u) : 1 - (u - floor(u))) * (j ? v - floor(v) : 1 - (v - floor(v)));
            at_x = at_x < 0 ? 0 : at_x > last_x ? last_x : at_x;
            at_y = at_y < 0 ? 0 : at_y > last_y ? last_y : at_y;
            sum += weight * chroma_value((unsigned)at_x, (unsigned)at_y, c, ten);
        }
    return sum / (ten ? 1023 : 255);
}

/* The texture's descriptor, and that of its first plane. */
static void describe_yuv(unsigned width, unsigned height, uint32_t format, uint32_t w[8])
{
    memset(w, 0, 32);
    w[0] = 2 | TEX_2D << 4 | format << 10;
    w[1] = (width - 1) | (height - 1) << 16;
    w[2] = 0 | 1 << 3 | 2 << 6 | 3 << 9;
    memset(memory, 0, 64);
    put32(0, 10 | 1 << 4 | LINEAR << 8);
    put32(8, LUMA);
    put32(16, 64);
}

/* Two texels in four bytes, of which two are luma. */
static void make_packed(unsigned width, unsigned height, uint32_t format, bool luma_first,
                        uint32_t w[8])
{
    describe_yuv(width, height, format, w);
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < (width + 1) / 2 * 2; x++) {
            memory[LUMA + 64 * y + 2 * x + !luma_first] = (uint8_t)luma_value(x, y, false);
            memory[LUMA + 64 * y + 2 * x + luma_first] =
                (uint8_t)chroma_value(x / 2, y, x & 1, false);
        }
}

/* The descriptor of a plane with elements of @bytes. @mode: of AFBC. */
static void describe_plane(uint32_t at, enum places where, bool apart, unsigned bytes,
                           unsigned mode)
{
    static const unsigned type[] = {1, 1, 1, 6}, order[] = {LINEAR, LINEAR, TILED, 0};

    put32(at, 10 | (apart ? 8 : type[where]) << 4 | order[where] << 8);
    if (where == WORDS)
        put32(at, 10 | 1 << 4 | LINEAR << 8 | 76u << 24);
    if (where == SUPERBLOCKS)
        put32(at, 10 | 6 << 4 | mode << 26);
    put32(at + 16, where == TILES ? ACROSS * 256 * bytes : where == SUPERBLOCKS ? ACROSS * 16 : 64);
}

static void make_yuv(unsigned width, unsigned height, uint32_t format, bool apart, bool ten,
                     enum places where, uint32_t w[8])
{
    bool half = format >> 12 == 38;

    describe_yuv(width, height, format, w);
    describe_plane(0, where, false, 1, half ? 35 : 39);
    describe_plane(32, where, apart, apart ? 1 : 2, half ? 34 : 38);
    put32(40, CHROMA_U);
    put32(56, apart ? CHROMA_V : 0);
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            put_sample(where, LUMA, 1, x, y, 0, ten, luma_value(x, y, ten));
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < (width + 1) / 2; x++)
            for (unsigned c = 0; c < 2; c++)
                put_sample(where, apart && c ? CHROMA_V : CHROMA_U, apart ? 1 : 2, x, y,
                           apart ? 0 : c, ten, chroma_value(x, y, c, ten));
}

static void yuv(void)
{
    static const struct {
        uint32_t format; /* centred chroma */
        unsigned rows;
        bool apart;
        int luma;      /* packed: its first byte */
        uint8_t at[3]; /* components that are Y, U, V; packed: those bytes in memory */
        enum places where;
    } cases[] = {
        {38 << 12 | 3 << 9, 2, false, -1, {0, 1, 2}, ROWS},
        {38 << 12 | 3 << 9 | 1, 2, false, -1, {0, 2, 1}, ROWS},
        {36 << 12 | 1 << 9, 1, false, -1, {0, 1, 2}, ROWS},
        {39 << 12 | 3 << 9, 2, true, -1, {0, 1, 2}, ROWS},
        {39 << 12 | 3 << 9 | 1, 2, true, -1, {0, 2, 1}, ROWS},
        {38 << 12 | 3 << 9, 2, false, -1, {0, 1, 2}, TILES},
        {36 << 12 | 1 << 9 | 1, 1, false, -1, {0, 2, 1}, TILES},
        {39 << 12 | 3 << 9, 2, true, -1, {0, 1, 2}, TILES},
        {38 << 12 | 3 << 9, 2, false, -1, {0, 1, 2}, SUPERBLOCKS},
        {36 << 12 | 1 << 9, 1, false, -1, {0, 1, 2}, SUPERBLOCKS},
        {47 << 12 | 3 << 9, 2, false, -1, {0, 1, 2}, WORDS},
        {34 << 12 | 1 << 9, 1, false, 0, {0, 1, 2}, ROWS},
        {34 << 12 | 1 << 9 | 3, 1, false, 0, {1, 2, 0}, ROWS},     /* UVYA */
        {34 << 12 | 1 << 9 | 5, 1, false, 0, {2, 0, 1}, ROWS},     /* VYUA */
        {35 << 12 | 1 << 9 | 8 | 2, 1, false, 1, {1, 2, 0}, ROWS}, /* UYVA; V is the first chroma */
        {35 << 12 | 1 << 9 | 8 | 4, 1, false, 1, {2, 0, 1}, ROWS}, /* VUYA */
        {46 << 12 | 1 << 9, 1, false, -1, {0, 1, 2}, ROWS},        /* 10 bits */
        {47 << 12 | 3 << 9, 2, false, -1, {0, 1, 2}, ROWS},
    };
    const unsigned width = 17, height = 17; /* a texel more than a tile */
    double worst = 0;

    for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct tex_texture t;
        struct tex_surface s;
        uint32_t w[8], rgba[4];
        float got[4];
        bool ten = cases[k].format >> 12 >= 46;

        if (cases[k].luma < 0)
            make_yuv(width, height, cases[k].format, cases[k].apart, ten, cases[k].where, w);
        else
            make_packed(width, height, cases[k].format, !cases[k].luma, w);
        TAP_REQUIRE(tex_decode_texture(&unit, w, 0, &t) == TEX_OK);
        TAP_REQUIRE(tex_surface(&unit, &t, 0, 0, &s) == TEX_OK);
        for (unsigned y = 0; y < height; y++)
            for (unsigned x = 0; x < width; x++) {
                TAP_REQUIRE(s.fetch(&unit, &t, &s, x, y, 0, rgba) == TEX_OK);
                memcpy(got, rgba, sizeof(got));
                worst = fmax(worst, fabs(got[cases[k].at[0]] -
                                         luma_value(x, y, ten) / (ten ? 1023.0 : 255.0)));
                for (unsigned c = 0; c < 2; c++)
                    worst =
                        fmax(worst, fabs(got[cases[k].at[1 + c]] -
                                         chroma_at(x, y, width, height, cases[k].rows, c, ten)));
                worst = fmax(worst, fabs(got[3] - 1.0));
            }
        TAP_CHECK_EQ(tex_address(&t, &s, 0, 0, 0), 0);
    }
    tap_note("luma and interpolated chroma: off by %g at most", worst);
    TAP_CHECK(worst < 1e-6);
}

/* What nothing says how it lies in memory ends with a word of what it is. */
static void yuv_refused(void)
{
    enum { Y8_UV8 = 38 << 12 | 3 << 9, Y8_U8_V8 = Y8_UV8 + (1 << 12), YUYV = 34 << 12 | 1 << 9 };
    enum { Y10_UV10 = 47 << 12 | 3 << 9, AFBC = 10 | 6 << 4, GENERIC = 10 | 1 << 4 };
    static const struct {
        uint32_t format, plane[2];
        const char *what;
        uint32_t value;
    } cases[] = {
        {Y8_UV8, {GENERIC | 8 << 8, 0}, "YUV plane with clump ordering", 8},
        {Y8_UV8, {GENERIC | LINEAR << 8, 10 | 8 << 4 | LINEAR << 8}, "YUV plane of type", 8},
        {YUYV, {GENERIC | TILED << 8, 0}, "YUV plane with clump ordering", TILED},
        {Y10_UV10, {GENERIC | TILED << 8, 0}, "YUV plane with clump ordering", TILED},
        {Y10_UV10, {AFBC | 43u << 26, 0}, "AFBC plane of YUV with compression mode", 43},
        {YUYV, {AFBC | 37u << 26, 0}, "AFBC plane of YUV with compression mode", 37},
        {Y8_UV8, {AFBC | 32u << 26, 0}, "AFBC plane of YUV with compression mode", 32},
        {Y8_UV8,
         {AFBC | 35u << 26, AFBC | 38u << 26},
         "AFBC plane of YUV with compression mode",
         38},
        {Y8_U8_V8,
         {AFBC | 35u << 26, AFBC | 35u << 26},
         "AFBC plane of YUV with compression mode",
         35},
        {Y8_UV8, {AFBC | 3 << 8 | 35u << 26, 0}, "AFBC plane with superblock size", 3},
    };

    for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct tex_texture t;
        struct tex_surface s;
        uint32_t w[8];

        describe_yuv(16, 16, cases[k].format, w);
        put32(0, cases[k].plane[0]);
        put32(32, cases[k].plane[1]);
        TAP_REQUIRE(tex_decode_texture(&unit, w, 0, &t) == TEX_OK);
        TAP_CHECK_EQ(tex_surface(&unit, &t, 0, 0, &s), TEX_UNMODELLED);
        TAP_CHECK(!strcmp(unit.what, cases[k].what));
        TAP_CHECK_EQ(unit.value, cases[k].value);
    }
}

/* Tiles of 64 KiB: 16 x 16 parts row by row in them. Source: the kernel's drm_fourcc.h */
static void large_tiles(void)
{
    static const struct {
        unsigned bytes, width, height;
    } tiles[] = {{1, 256, 256}, {2, 256, 128}, {4, 128, 128}, {8, 128, 64}, {16, 64, 64}};

    for (unsigned k = 0; k < 5; k++) {
        unsigned b = tiles[k].bytes, w = tiles[k].width, h = tiles[k].height, bits;
        TAP_CHECK(tex_large_bits(b, &bits));
        TAP_CHECK_EQ(w * h * b, 65536);
        TAP_CHECK_EQ(tex_large_offset(1, 0, bits, 1 << 20), b);
        TAP_CHECK_EQ(tex_large_offset(0, 1, bits, 1 << 20), 3 * b);
        TAP_CHECK_EQ(tex_large_offset(16, 0, bits, 1 << 20), 256 * b);
        TAP_CHECK_EQ(tex_large_offset(0, 16, bits, 1 << 20), 16 * w * b);
        TAP_CHECK_EQ(tex_large_offset(w, 0, bits, 1 << 20), 65536);
        TAP_CHECK_EQ(tex_large_offset(2 * w - 1, h - 1, bits, 1 << 20) / b,
                     131072 / b - 256 + 0xaa);
        TAP_CHECK_EQ(tex_large_offset(0, h, bits, 1 << 20), 1 << 20);
    }
    unsigned bits;
    TAP_CHECK(!tex_large_bits(12, &bits));
    TAP_CHECK(!tex_large_bits(0, &bits));
}

/* --- the reference ------------------------------------------------------------------------- */

static const double border_colour[4] = {-8, 16, 0.5, 2};

static int mirror(int n)
{
    return n >= 0 ? n : -(1 + n);
}

static int modulo(int a, int n)
{
    return ((a % n) + n) % n;
}

/* Vulkan, "Wrapping Operation"; -1 the border. */
static int ref_wrap(unsigned mode, int i, int size)
{
    switch (mode) {
    case TEX_WRAP_REPEAT:
        return modulo(i, size);
    case TEX_WRAP_MIRROR:
        return size - 1 - mirror(modulo(i, 2 * size) - size);
    case TEX_WRAP_EDGE:
        return i < 0 ? 0 : i >= size ? size - 1 : i;
    case TEX_WRAP_MIRROR_EDGE:
        return mirror(i) >= size ? size - 1 : mirror(i);
    case TEX_WRAP_BORDER:
        return i < 0 || i >= size ? -1 : i;
    default:
        return mirror(i) >= size ? -1 : mirror(i);
    }
}

static double ref_texel(const struct shape *s, const struct tex_sampler *smp, unsigned layer,
                        unsigned level, int x, int y, int z, unsigned c)
{
    x = ref_wrap(smp->wrap[0], x, (int)minify(s->width, level));
    if (s->dim != TEX_1D)
        y = ref_wrap(smp->wrap[1], y, (int)minify(s->height, level));
    if (s->dim == TEX_3D)
        z = ref_wrap(smp->wrap[2], z, (int)minify(s->depth, level));
    if (x < 0 || y < 0 || z < 0)
        return border_colour[c];
    return texel_value(layer, level, (unsigned)x, (unsigned)y, (unsigned)z, c);
}

static double ref_filter(const struct shape *s, const struct tex_sampler *smp, const double st[3],
                         const int off[3], unsigned layer, unsigned level, bool linear, unsigned c)
{
    double u[3] = {st[0] * minify(s->width, level), st[1] * minify(s->height, level),
                   st[2] * minify(s->depth, level)},
           sum = 0;
    int i0[3] = {0}, dims = s->dim == TEX_1D ? 1 : s->dim == TEX_3D ? 3 : 2;
    double a[3] = {0};

    for (int d = 0; d < dims; d++) {
        double v = linear ? u[d] - 0.5 : u[d];
        i0[d] = (int)floor(v);
        a[d] = linear ? v - i0[d] : 0;
        i0[d] += off[d];
    }
    for (int k = 0; k < 8; k++) {
        double w = 1;
        for (int d = 0; d < 3; d++)
            w *= k >> d & 1 ? a[d] : 1 - a[d];
        if (w != 0)
            sum += w * ref_texel(s, smp, layer, level, i0[0] + (k & 1), i0[1] + (k >> 1 & 1),
                                 i0[2] + (k >> 2), c);
    }
    return sum;
}

/* --- helpers ---------------------------------------------------------------------------------- */

static uint32_t random32(void)
{
    static uint64_t s = 0x853c49e6748fea9bull;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return (uint32_t)(s >> 16);
}

static struct tex_sampler default_sampler(void)
{
    struct tex_sampler s = {.normalized = true,
                            .seamless = true,
                            .max_lod = 0x1fff,
                            .max_anisotropy = 1,
                            .mip = TEX_MIP_NONE};

    for (unsigned i = 0; i < 3; i++)
        s.wrap[i] = TEX_WRAP_REPEAT;
    for (unsigned i = 0; i < 4; i++) {
        float f = (float)border_colour[i];
        memcpy(&s.border[i], &f, 4);
    }
    return s;
}

static bool view_of(const struct shape *s, struct tex_view *v)
{
    uint32_t w[8];

    make(s, w);
    memset(v, 0, sizeof(*v));
    return TAP_CHECK_EQ(tex_decode_texture(&unit, w, 0, &v->t), TEX_OK);
}

static double as_double(uint32_t u)
{
    float f;

    memcpy(&f, &u, 4);
    return f;
}

static bool close_to(double got, double want)
{
    return fabs(got - want) <= 1e-5 * (1 + fabs(want));
}

/* --- one level
 * ------------------------------------------------------------------------------------ */

/* Coordinates at multiples of 1/256 of a texel of images whose sizes are powers of two: exact. */
static void wraps_and_filters(void)
{
    static const uint8_t modes[] = {8, 9, 11, 12, 13, 15};
    static const struct shape shapes[] = {{TEX_1D, 16, 1, 1, 1, 1, F32, LINEAR},
                                          {TEX_2D, 16, 8, 1, 2, 1, F32, LINEAR},
                                          {TEX_2D, 32, 16, 1, 1, 1, F32, TILED},
                                          {TEX_3D, 8, 4, 4, 1, 1, F32, LINEAR}};

    for (unsigned n = 0; n < 4000; n++) {
        const struct shape *s = &shapes[n % 4];
        struct tex_sampler smp = default_sampler();
        struct tex_request q = {.lod.probes = 1, .min_lod = INT32_MIN};
        double st[3] = {0};
        const unsigned size[3] = {s->width, s->height, s->depth};
        int off[3] = {0};
        bool linear = random32() & 1;
        struct tex_view v;
        uint32_t out[4];

        fill(s);
        if (!view_of(s, &v))
            return;
        smp.magnify_nearest = !linear;
        for (unsigned i = 0; i < 3; i++) {
            smp.wrap[i] = modes[random32() % 6];
            st[i] =
                ((int)(random32() % (size[i] * 256 * 5)) - (int)size[i] * 512) / (size[i] * 256.0);
            q.coord[i] = (float)st[i];
            off[i] = random32() & 3 ? 0 : (int)(random32() % 16) - 8;
            q.offset[i] = (int8_t)off[i];
        }
        q.layer = random32() % 4; /* clamped */
        TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
        for (unsigned c = 0; c < 4; c++) {
            unsigned layer = q.layer < s->layers ? q.layer : s->layers - 1;
            double want = ref_filter(s, &smp, st, off, layer, 0, linear, c);
            if (!TAP_CHECK(close_to(as_double(out[c]), want))) {
                tap_note("case %u, shape %u, wraps %u %u %u, at %g %g %g, %s: got %g, expected %g",
                         n, n % 4, smp.wrap[0], smp.wrap[1], smp.wrap[2], st[0], st[1], st[2],
                         linear ? "linear" : "nearest", as_double(out[c]), want);
                return;
            }
        }
    }
}

/* Far away, infinite and NaN coordinates end. */
static void wild_coordinates(void)
{
    static const float wild[] = {1e30f, -1e30f, INFINITY, -INFINITY, NAN, 1e9f, -0.0f, 1e-40f};
    const struct shape s = {TEX_3D, 8, 4, 4, 1, 1, F32, LINEAR};
    struct tex_view v;

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    for (unsigned n = 0; n < 8 * 8 * 16; n++) {
        struct tex_sampler smp = default_sampler();
        struct tex_request q = {.coord = {wild[n % 8], wild[n / 8 % 8], wild[(n + 3) % 8]},
                                .lod = {.lod = (int32_t)random32(), .probes = 1},
                                .min_lod = INT32_MIN};
        uint32_t out[4];
        q.lod.lod >>= 12;
        smp.wrap[0] = smp.wrap[1] = smp.wrap[2] = (uint8_t)(n & 1 ? 12 : n & 2 ? 8 : 11);
        smp.round_even = n & 4;
        TAP_CHECK_EQ(tex_sample(&unit, &v, &smp, &q, out), TEX_OK);
    }
}

/* --- levels
 * ------------------------------------------------------------------------------------------ */

static void mipmaps(void)
{
    const struct shape s = {TEX_2D, 32, 32, 1, 1, 4, F32, LINEAR};
    struct tex_view v;

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    for (int lod = -600; lod < 1300; lod += 37)
        for (unsigned mode = 0; mode < 16; mode++) {
            struct tex_sampler smp = default_sampler();
            const double st[3] = {0.25, 0.75, 0};
            const int none[3] = {0};
            struct tex_request q = {
                .coord = {0.25f, 0.75f, 0}, .lod = {.lod = lod, .probes = 1}, .min_lod = INT32_MIN};
            uint32_t out[4];
            double l;
            smp.mip = mode & 1 ? TEX_MIP_LINEAR : mode & 2 ? TEX_MIP_NEAREST : TEX_MIP_NONE;
            smp.magnify_nearest = mode & 4;
            smp.minify_nearest = !(mode & 4);
            smp.bias = mode & 8 ? 100 : 0;
            smp.min_lod = mode & 8 ? 300 : 0;
            smp.max_lod = mode & 8 ? 600 : 0x1fff;
            l = (lod + smp.bias) / 256.0;
            l = fmin(fmax(l, smp.min_lod / 256.0), fmin(smp.max_lod / 256.0, 3));
            bool linear = l > 0 ? !smp.minify_nearest : !smp.magnify_nearest;
            unsigned lo = smp.mip == TEX_MIP_NONE      ? 0
                          : smp.mip == TEX_MIP_NEAREST ? (unsigned)fmax(ceil(l + 0.5) - 1, 0)
                                                       : (unsigned)l;
            double f = smp.mip == TEX_MIP_LINEAR ? l - lo : 0;
            TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
            double want = ref_filter(&s, &smp, st, none, 0, lo, linear, 1);
            if (f > 0)
                want = want * (1 - f) + f * ref_filter(&s, &smp, st, none, 0, lo + 1, linear, 1);
            if (!TAP_CHECK(close_to(as_double(out[1]), want)))
                tap_note("lod %d, mode %u: got %g, expected %g", lod, mode, as_double(out[1]),
                         want);
        }
}

static void lods(void)
{
    const struct shape s = {TEX_2D, 64, 32, 1, 1, 1, F32, LINEAR};
    struct tex_sampler smp = default_sampler();
    struct tex_view v;

    TAP_REQUIRE(view_of(&s, &v));
    for (unsigned i = 0; i < 3000; i++) {
        float x = ldexpf(1 + (random32() & 0xffff) / 65536.0f, (int)(random32() % 30) - 15);
        float y = random32() & 1 ? 0 : x * ((random32() & 255) / 256.0f);
        struct tex_gradient g = {{x, 0, 0}, {0, y, 0}};
        struct tex_lod lod;
        tex_lod(&v.t, &smp, &g, &lod);
        if (!TAP_CHECK(fabs(lod.lod - 256 * log2(x)) <= 0.5001))
            tap_note("gradient %g: got %d, expected %g", x, lod.lod, 256 * log2(x));
        smp.max_anisotropy = 16;
        tex_lod(&v.t, &smp, &g, &lod);
        double n = y > 0 ? fmin(ceil(x / y - 1e-6), 16) : 16;
        TAP_CHECK_EQ(lod.probes, (unsigned)n);
        TAP_CHECK(fabs(lod.lod - 256 * log2(x / n)) <= 0.5001);
        TAP_CHECK(close_to(lod.axis[0], x / 64) && lod.axis[1] == 0);
        smp.max_anisotropy = 1;
    }
    TAP_CHECK_EQ(tex_log2_square(0), -32768);
    TAP_CHECK_EQ(tex_log2_square(NAN), -32768);
    TAP_CHECK_EQ(tex_log2_square(INFINITY), 32767);
    TAP_CHECK_EQ(tex_log2_square(4), 256);
}

/* Probes along x: the mean of samples at their places. */
static void anisotropy(void)
{
    const struct shape s = {TEX_2D, 32, 32, 1, 1, 1, F32, LINEAR};
    struct tex_sampler smp = default_sampler();
    struct tex_request q = {
        .coord = {0.5f, 0.5f, 0}, .lod = {.probes = 4, .axis = {0.25f, 0}}, .min_lod = INT32_MIN};
    const int none[3] = {0};
    double want = 0;
    struct tex_view v;
    uint32_t out[4];

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
    for (int i = 0; i < 4; i++) {
        const double st[3] = {0.5 + ((2 * i + 1) / 8.0 - 0.5) * 0.25, 0.5, 0};
        want += ref_filter(&s, &smp, st, none, 0, 0, true, 2) / 4;
    }
    TAP_CHECK(close_to(as_double(out[2]), want));
}

/* --- comparison, reduction, gather
 * ---------------------------------------------------------------- */

static void shadows(void)
{
    const struct shape s = {TEX_2D, 16, 16, 1, 1, 1, F32, LINEAR};
    struct tex_view v;

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    for (unsigned func = 0; func < 8; func++)
        for (unsigned n = 0; n < 64; n++) {
            struct tex_sampler smp = default_sampler();
            unsigned x = n % 15, y = n / 5;
            struct tex_request q = {.coord = {(x + 1) / 16.0f, (y + 1) / 16.0f, 0},
                                    .shadow = true,
                                    .reference = (float)texel_value(0, 0, x, y, 0, 0),
                                    .lod.probes = 1,
                                    .min_lod = INT32_MIN};
            double want = 0;
            uint32_t out[4];
            smp.compare = (uint8_t)func;
            for (unsigned k = 0; k < 4; k++) { /* halfway between four texels */
                double d = texel_value(0, 0, x + (k & 1), y + k / 2, 0, 0), r = q.reference;
                bool pass = func == 7 || (func == 1 && d < r) || (func == 2 && d == r) ||
                            (func == 3 && d <= r) || (func == 4 && d > r) ||
                            (func == 5 && d != r) || (func == 6 && d >= r);
                want += pass / 4.0;
            }
            TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
            TAP_CHECK(close_to(as_double(out[0]), want));
        }
}

static void reductions(void)
{
    const struct shape s = {TEX_2D, 16, 16, 1, 1, 1, F32, LINEAR};
    struct tex_view v;

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    for (unsigned n = 0; n < 128; n++) {
        struct tex_sampler smp = default_sampler();
        unsigned x = n % 15, y = n / 10 % 15;
        bool edge = n & 1; /* on a texel's centre line: its neighbour has no weight */
        struct tex_request q = {
            .coord = {edge ? (x + 0.5f) / 16 : (x + 1) / 16.0f, (y + 1) / 16.0f, 0},
            .lod.probes = 1,
            .min_lod = INT32_MIN};
        double lo = 1e9, hi = -1e9;
        uint32_t out[4];
        for (unsigned k = 0; k < 4; k++) {
            double d = texel_value(0, 0, x + (k & 1), y + k / 2, 0, 3);
            if (edge && (k & 1))
                continue;
            lo = fmin(lo, d);
            hi = fmax(hi, d);
        }
        smp.reduction = TEX_MIN;
        TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
        TAP_CHECK(as_double(out[3]) == lo);
        smp.reduction = TEX_MAX;
        TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
        TAP_CHECK(as_double(out[3]) == hi);
    }
}

/* Texels in memory's order: Mesa asks NIR for the order of the APIs (lower_tg4_broadcom_swizzle).
 */
static void gathers(void)
{
    static const unsigned dx[4] = {0, 1, 0, 1}, dy[4] = {0, 0, 1, 1};
    const struct shape s = {TEX_2D, 16, 16, 1, 1, 1, F32, LINEAR};
    struct tex_view v;

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    for (unsigned n = 0; n < 4 * 50; n++) {
        struct tex_sampler smp = default_sampler();
        unsigned x = n % 15, y = n / 14, c = n & 3;
        struct tex_request q = {.coord = {(x + 1) / 16.0f, (y + 1) / 16.0f, 0}, .lod.probes = 1};
        uint32_t out[4];
        TAP_REQUIRE(tex_gather(&unit, &v, &smp, &q, c, out) == TEX_OK);
        for (unsigned i = 0; i < 4; i++)
            TAP_CHECK(as_double(out[i]) == texel_value(0, 0, x + dx[i], y + dy[i], 0, c));
    }
}

/* Integers are not mixed, and come through the swizzle with 1 as an integer. */
static void integers(void)
{
    const struct shape s = {TEX_2D, 4, 4, 1, 1, 1, RGBA32UI, LINEAR};
    struct tex_sampler smp = default_sampler();
    struct tex_request q = {.coord = {0.5f, 0.25f, 0}, .lod.probes = 1, .min_lod = INT32_MIN};
    struct tex_view v;
    uint32_t out[4];

    for (unsigned i = 0; i < 64; i++)
        put32(TEXELS + 4 * i, 0xf0000000 + i);
    TAP_REQUIRE(view_of(&s, &v));
    v.t.swizzle[3] = TEXEL_ONE;
    v.t.swizzle[0] = 2;
    TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
    TAP_CHECK_EQ(out[0], 0xf0000000 + 4 * (4 * 1 + 2) + 2);
    TAP_CHECK_EQ(out[3], 1);
}

/* --- cubes
 * ----------------------------------------------------------------------------------------- */

/* OpenGL's table: the point of the cube (-1 to 1) at s, t (-1 to 1) of a face. */
static void cube_point(unsigned face, double s, double t, double p[3])
{
    const double points[6][3] = {{1, -t, -s}, {-1, -t, s}, {s, 1, t},
                                 {s, -1, -t}, {s, -t, 1},  {-s, -t, -1}};

    memcpy(p, points[face], sizeof(points[face]));
}

/* The neighbour's centre is as near as two texels around an edge are. */
static void cube_edges(void)
{
    for (uint32_t n = 1; n <= 16; n *= 2)
        for (unsigned face = 0; face < 6; face++)
            for (unsigned side = 0; side < 4; side++)
                for (uint32_t i = 0; i < n; i++) {
                    int64_t x = side == 0 ? -1 : side == 1 ? (int64_t)n : (int64_t)i;
                    int64_t y = side == 2 ? -1 : side == 3 ? (int64_t)n : (int64_t)i;
                    int64_t ix = x < 0 ? 0 : x >= (int64_t)n ? (int64_t)n - 1 : x;
                    int64_t iy = y < 0 ? 0 : y >= (int64_t)n ? (int64_t)n - 1 : y;
                    double a[3], b[3], d = 0;
                    unsigned to = face;
                    TAP_REQUIRE(tex_cube_neighbour(&to, &x, &y, n));
                    TAP_REQUIRE(x >= 0 && x < n && y >= 0 && y < n && to != face);
                    cube_point(face, (2.0 * (double)ix + 1) / n - 1, (2.0 * (double)iy + 1) / n - 1,
                               a);
                    cube_point(to, (2.0 * (double)x + 1) / n - 1, (2.0 * (double)y + 1) / n - 1, b);
                    for (unsigned k = 0; k < 3; k++)
                        d += (a[k] - b[k]) * (a[k] - b[k]);
                    if (!TAP_CHECK(fabs(sqrt(d) - sqrt(2) / n) < 1e-9))
                        tap_note("face %u, side %u, texel %u of %u: face %u at %d, %d", face, side,
                                 i, n, to, (int)x, (int)y);
                }
}

static void cube_projection(void)
{
    for (unsigned n = 0; n < 2000; n++) {
        unsigned from = random32() % 6, to = random32() % 6;
        float st[2] = {(random32() & 0xffff) / 65536.0f, (random32() & 0xffff) / 65536.0f};
        float moved[2] = {st[0], st[1]};
        double a[3], b[3], cross = 0;
        tex_cube_project(from, moved, to);
        if (from != to && moved[0] == st[0] && moved[1] == st[1])
            continue; /* it points the other way */
        cube_point(from, 2 * st[0] - 1, 2 * st[1] - 1, a);
        cube_point(to, 2 * moved[0] - 1, 2 * moved[1] - 1, b);
        for (unsigned k = 0; k < 3; k++)
            cross += fabs(a[k] * b[(k + 1) % 3] - a[(k + 1) % 3] * b[k]);
        TAP_CHECK(cross <= 1e-3 * (fabs(b[0]) + fabs(b[1]) + fabs(b[2])));
    }
}

/* Halfway between faces both count equally; at a corner all three do. */
static void cube_filter(void)
{
    const struct shape s = {TEX_CUBE, 4, 4, 1, 1, 1, F32, LINEAR};
    struct tex_sampler smp = default_sampler();
    struct tex_request q = {
        .coord = {0, 0.5f, 0}, .face = 4, .lod.probes = 1, .min_lod = INT32_MIN};
    struct tex_view v;
    uint32_t out[4];
    double want;

    fill(&s);
    TAP_REQUIRE(view_of(&s, &v));
    TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK); /* +Z beside -X */
    want = (texel_value(4, 0, 0, 1, 0, 0) + texel_value(4, 0, 0, 2, 0, 0) +
            texel_value(1, 0, 3, 1, 0, 0) + texel_value(1, 0, 3, 2, 0, 0)) /
           4;
    TAP_CHECK(close_to(as_double(out[0]), want));
    q.coord[1] = 0; /* ... and +Y: x of texel (0, 3), for +Y's t is z */
    TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
    want = (texel_value(4, 0, 0, 0, 0, 0) + texel_value(1, 0, 3, 0, 0, 0) +
            texel_value(2, 0, 0, 3, 0, 0)) /
           3;
    TAP_CHECK(close_to(as_double(out[0]), want));
    smp.magnify_nearest = true; /* the face's own edge */
    q.coord[0] = q.coord[1] = 1;
    TAP_REQUIRE(tex_sample(&unit, &v, &smp, &q, out) == TEX_OK);
    TAP_CHECK(as_double(out[0]) == texel_value(4, 0, 3, 3, 0, 0));
}

/* --- AFBC, sRGB, blocks
 * ------------------------------------------------------------------------------ */

/* A texture of 64x32 RGBA8 in superblocks of @size, headers at TEXELS. */
static bool afbc_view(unsigned size, bool tiled, struct tex_view *v)
{
    const struct shape s = {TEX_2D, 128, 64, 1, 1, 1, RGBA8, LINEAR};
    unsigned per_row = 128 >> (4 + size);

    if (!view_of(&s, v))
        return false;
    put32(0, 10 | 6 << 4 | size << 8 | (uint32_t)tiled << 19 | 10u << 26);
    put32(16, 16 * per_row * (tiled ? 8 : 1));
    memset(memory + TEXELS, 0, 0x4000);
    return true;
}

static void afbc(void)
{
    for (unsigned size = 0; size < 3; size++)
        for (unsigned tiled = 0; tiled < 2; tiled++) {
            unsigned w = 16u << size, h = 16u >> size;
            uint32_t header, out[4];
            struct tex_view v;
            TAP_REQUIRE(afbc_view(size, tiled, &v));
            /* superblock (1, 1): headers are in rows, or in Morton order */
            header = TEXELS + 16 * (tiled ? 3 : 128 / w + 1);
            TAP_REQUIRE(tex_load(&unit, &v, w, h, 0, 0, 0, out) == TEX_OK);
            TAP_CHECK_EQ(out[0], 0); /* zeroed memory is transparent black */
            put32(header + 8, 0xff00ff00);
            TAP_REQUIRE(tex_load(&unit, &v, 2 * w - 1, h, 0, 0, 0, out) == TEX_OK);
            TAP_CHECK(as_double(out[1]) == 1 && as_double(out[0]) == 0);
            put32(header, 0x2000); /* uncompressed: sixteen sizes of one */
            for (unsigned i = 0; i < 3; i++)
                put32(header + 4 + 4 * i, i == 0 ? 0x41041041 : i == 1 ? 0x10410410 : 0x04104104);
            memset(memory + TEXELS + 0x2000, 0, 1024);
            put32(TEXELS + 0x2000 + 4 * tex_afbc_texel(5, 3, 4 + size, 4 - size), 0x000000ff);
            unsigned found = 0;
            for (unsigned y = 0; y < h; y++)
                for (unsigned x = 0; x < w; x++) {
                    TAP_REQUIRE(tex_load(&unit, &v, w + x, h + y, 0, 0, 0, out) == TEX_OK);
                    found += out[0] != 0 && (x != 5 || y != 3);
                }
            TAP_CHECK_EQ(found, 0);
            TAP_REQUIRE(tex_load(&unit, &v, w + 5, h + 3, 0, 0, 0, out) == TEX_OK);
            TAP_CHECK(as_double(out[0]) == 1);
            memory[header + 4] = 0x42; /* a sub-block of another size */
            TAP_CHECK_EQ(tex_load(&unit, &v, w, h, 0, 0, 0, out), TEX_UNMODELLED);
        }
}

/* Slices of a volume: what a header says is counted from its own slice's first header. */
static void afbc_slices(void)
{
    const struct shape s = {TEX_3D, 16, 16, 3, 1, 1, RGBA8, LINEAR};
    struct tex_view v;

    TAP_REQUIRE(view_of(&s, &v));
    put32(0, 10 | 6 << 4 | 10u << 26);
    put32(16, 16);
    put32(24, 0x500);
    for (unsigned z = 0; z < 3; z++) {
        uint32_t header = TEXELS + 0x500 * z;
        put32(header, 0x80);
        for (unsigned i = 0; i < 3; i++)
            put32(header + 4 + 4 * i, i == 0 ? 0x41041041 : i == 1 ? 0x10410410 : 0x04104104);
        memset(memory + header + 0x80, 51 * ((int)z + 1), 1024);
    }
    for (unsigned z = 0; z < 3; z++) {
        uint32_t out[4];
        TAP_REQUIRE(tex_load(&unit, &v, 7, 9, z, 0, 0, out) == TEX_OK);
        TAP_CHECK(close_to(as_double(out[0]), (z + 1) / 5.0));
    }
}

/* BC1 in rows and in tiles of 4x4 blocks; a level that is not a multiple of the block. */
static void block_layouts(void)
{
    for (unsigned order = TILED; order <= LINEAR; order++) {
        const struct shape s = {TEX_2D, 34, 18, 1, 1, 1, RGBA8, order};
        struct tex_view v;
        uint32_t out[4];
        TAP_REQUIRE(view_of(&s, &v));
        put32(0, 10 | 1 << 4 | order << 8 | 48u << 24);
        put32(16, order == TILED ? 3 * 16 * 8 : 9 * 8);
        memset(memory + TEXELS, 0, 0x1000);
        /* block (5, 1) and (8, 4): red */
        unsigned first = order == TILED ? 16 + 2 : 9 + 5,
                 last = order == TILED ? 64 + 16 : 4 * 9 + 8;
        put32(TEXELS + 8 * first, 0xf800);
        put32(TEXELS + 8 * last, 0xf800);
        for (unsigned y = 0; y < 18; y++)
            for (unsigned x = 0; x < 34; x++) {
                bool red = (x / 4 == 5 && y / 4 == 1) || (x / 4 == 8 && y / 4 == 4);
                TAP_REQUIRE(tex_load(&unit, &v, x, y, 0, 0, 0, out) == TEX_OK);
                if (!TAP_CHECK_EQ(as_double(out[0]) == 1, red)) {
                    tap_note("order %u, texel %u, %u", order, x, y);
                    return;
                }
            }
    }
}

/* Bytes that are the alpha of an RGBA8 in the order 000A: Mesa's GL_ALPHA8. */
static void alpha_alone(void)
{
    const struct shape s = {TEX_2D, 8, 1, 1, 1, 1, RGBA8 | 229, LINEAR};
    struct tex_view v;
    uint32_t out[4];

    TAP_REQUIRE(view_of(&s, &v));
    put32(0, 10 | 1 << 4 | LINEAR << 8 | 26u << 24);
    put32(16, 8);
    for (unsigned x = 0; x < 8; x++)
        memory[TEXELS + x] = (uint8_t)(x * 36 + 1);
    for (unsigned x = 0; x < 8; x++) {
        TAP_REQUIRE(tex_load(&unit, &v, x, 0, 0, 0, 0, out) == TEX_OK);
        TAP_CHECK(fabs(as_double(out[3]) - (x * 36 + 1) / 255.0) < 1e-6);
        TAP_CHECK(as_double(out[0]) == 0 && as_double(out[1]) == 0 && as_double(out[2]) == 0);
    }
}

/* --- descriptors
 * -------------------------------------------------------------------------------------- */

static void bad_descriptors(void)
{
    const struct shape s = {TEX_2D, 16, 16, 1, 1, 1, F32, LINEAR};
    struct tex_sampler smp = default_sampler();
    struct tex_request q = {.lod.probes = 1};
    struct tex_texture t;
    struct tex_view v;
    uint32_t w[8], out[4];

    make(&s, w);
    w[0] = 9;
    TAP_CHECK_EQ(tex_decode_texture(&unit, w, 0x1234, &t), TEX_BAD);
    TAP_CHECK_EQ(unit.bad, 0x1234);
    w[0] = 2 | 53u << 22; /* Y16 UV16 422 */
    TAP_CHECK_EQ(tex_decode_texture(&unit, w, 0, &t), TEX_UNMODELLED);
    memset(w, 0, sizeof(w));
    TAP_CHECK_EQ(tex_decode_texture(&unit, w, 0, &t), TEX_OK);
    TAP_CHECK(t.empty);
    TAP_CHECK_EQ(tex_decode_sampler(&unit, w, 0x40, &smp), TEX_BAD);
    w[0] = 1 | 10 << 8 | 8 << 12 | 8 << 16;
    TAP_CHECK_EQ(tex_decode_sampler(&unit, w, 0, &smp), TEX_UNMODELLED);
    smp = default_sampler();
    TAP_REQUIRE(view_of(&s, &v));
    put32(0, 3);
    TAP_CHECK_EQ(tex_sample(&unit, &v, &smp, &q, out), TEX_BAD);
    TAP_CHECK_EQ(unit.bad, 0);
    put32(0, 10 | 8 << 4);
    TAP_CHECK_EQ(tex_sample(&unit, &v, &smp, &q, out), TEX_UNMODELLED);
    put32(0, 10 | 1 << 4 | LINEAR << 8);
    put32(8, MEMORY);
    TAP_CHECK_EQ(tex_sample(&unit, &v, &smp, &q, out), TEX_FAULT);
    TAP_REQUIRE(view_of(&s, &v));
    put32(0, 0); /* an empty plane reads as zero */
    TAP_CHECK_EQ(tex_sample(&unit, &v, &smp, &q, out), TEX_OK);
    TAP_CHECK_EQ(out[0] | out[3], 0);
}

TAP_MAIN({"wraps-and-filters", wraps_and_filters}, {"large-tiles", large_tiles},
         {"wild-coordinates", wild_coordinates}, {"mipmaps", mipmaps}, {"lods", lods},
         {"anisotropy", anisotropy}, {"shadows", shadows}, {"reductions", reductions},
         {"gathers", gathers}, {"integers", integers}, {"cube-edges", cube_edges},
         {"cube-projection", cube_projection}, {"cube-filter", cube_filter}, {"afbc", afbc},
         {"afbc-slices", afbc_slices}, {"yuv", yuv}, {"yuv-refused", yuv_refused},
         {"block-layouts", block_layouts}, {"alpha-alone", alpha_alone},
         {"bad-descriptors", bad_descriptors})
