/*
 * Images in compute jobs: pixel formats against hand-made vectors, storage images, linear
 * and tiled, fetches from texel buffers, arrays and levels.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"

#include "../../hw/pipeline/texel.h"

#include <math.h>

/* --- formats ------------------------------------------------------------------------- */

#define FORMAT(number, order) ((number) << 12 | (order))

enum { RGBA = 0, BGRA = 4, ABGR = 12, RGB1 = 16, RRR1 = 227 };

static uint32_t bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, 4);
    return u;
}

/* Stores @in, expects @memory, loads it and expects @out. */
static void check_format(uint32_t format, const uint32_t in[4], const void *memory, unsigned bytes,
                         const uint32_t out[4])
{
    struct texel_format f;
    uint32_t got[4];
    uint8_t to[16];

    if (!TAP_CHECK(texel_format(format, &f)))
        return;
    TAP_CHECK_EQ(f.bytes, bytes);
    texel_store(&f, in, to);
    if (!TAP_CHECK_MEM(to, memory, bytes))
        tap_note("format %u", format >> 12);
    texel_load(&f, memory, got);
    for (unsigned i = 0; i < 4; i++)
        if (!TAP_CHECK_EQ(got[i], out[i]))
            tap_note("format %u, component %u", format >> 12, i);
}

#define F4(a, b, c, d) ((const uint32_t[4]){bits(a), bits(b), bits(c), bits(d)})
#define U4(a, b, c, d) ((const uint32_t[4]){a, b, c, d})
#define BYTES(...)     (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void formats(void)
{
    const float h = 128 / 255.0f;

    check_format(FORMAT(187, RGBA), F4(0, 1, .5f, 2), BYTES(0, 0xff, 0x80, 0xff), F4(0, 1, h, 1));
    check_format(FORMAT(187, BGRA), F4(0, 1, .5f, 2), BYTES(0x80, 0xff, 0, 0xff), F4(0, 1, h, 1));
    check_format(FORMAT(187, ABGR), F4(0, 1, .5f, -1), BYTES(0, 0x80, 0xff, 0), F4(0, 1, h, 0));
    check_format(FORMAT(187, RGB1), F4(1, 0, 0, 0), BYTES(0xff, 0, 0, 0), F4(1, 0, 0, 1));
    check_format(FORMAT(163, RRR1), F4(1, 0, 0, 0), BYTES(0xff), F4(1, 1, 1, 1));
    check_format(FORMAT(99, RGB1), F4(-3, 0, 0, 0), BYTES(0x81), F4(-1, 0, 0, 1));
    check_format(FORMAT(223, RGBA), F4(1, -2, 65504, 1e-9f),
                 BYTES(0, 0x3c, 0, 0xc0, 0xff, 0x7b, 0, 0), F4(1, -2, 65504, 0));
    check_format(FORMAT(167, RGB1), F4(1.5f, 9, 9, 9), BYTES(0, 0, 0xc0, 0x3f), F4(1.5f, 0, 0, 1));
    check_format(FORMAT(89, RGB1), F4(1, .5f, 2, 9), BYTES(0xc0, 0x03, 0x1c, 0x80),
                 F4(1, .5f, 2, 1));
    check_format(FORMAT(67, RGBA), F4(1, 0, 2, 1), BYTES(0xff, 0x03, 0xf0, 0xff), F4(1, 0, 1, 1));
    check_format(FORMAT(64, RGB1), F4(1, 0, 1, 0), BYTES(0x1f, 0xf8), F4(1, 0, 1, 1));
    check_format(FORMAT(219, RGBA), U4(-200u, 200, -1u, 5), BYTES(0x80, 0x7f, 0xff, 5),
                 U4(-128u, 127, -1u, 5));
    check_format(FORMAT(156, RGBA), U4(70000, 1, 2, 3), BYTES(0xff, 0xff, 1, 0, 2, 0, 3, 0),
                 U4(65535, 1, 2, 3));
    check_format(FORMAT(141, RGB1), U4(7, 0x89abcdef, 2, 3),
                 BYTES(7, 0, 0, 0, 0xef, 0xcd, 0xab, 0x89), U4(7, 0x89abcdef, 0, 1));
    check_format(FORMAT(221, RGBA), U4(1, -2u, 3, 4),
                 BYTES(1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 3, 0, 0, 0, 4, 0, 0, 0),
                 U4(1, -2u, 3, 4));
}

/* Formats that are not plain channels. */
static void odd_formats(void)
{
    enum { GRBA = 2, SRGB = 1 << 20 };

    check_format(FORMAT(187, RGBA) | SRGB, F4(0, 1, .5f, .5f), BYTES(0, 0xff, 188, 0x80),
                 F4(0, 1, 0.502886474f, 128 / 255.0f));
    check_format(FORMAT(187, ABGR) | SRGB, F4(.5f, 2, -1, 1), BYTES(0xff, 0, 0xff, 188),
                 F4(0.502886474f, 1, 0, 1));
    check_format(FORMAT(91, RGB1), F4(1, .5f, 2, 9), BYTES(0x80, 0x80, 0x00, 0x8c),
                 F4(1, .5f, 2, 1));
    check_format(FORMAT(91, RGB1), F4(1e9f, -1, NAN, 9), BYTES(0xff, 0x01, 0, 0xf8),
                 F4(65408, 0, 0, 1));
    check_format(FORMAT(92, RGB1), F4(1, .5f, 2, 9), BYTES(0x11, 0x10, 0x10, 0x80),
                 F4(1, .5f, 2, 1));
    check_format(FORMAT(90, RGB1), F4(1, .5f, 2, 9), BYTES(0xe0, 0x01, 0x0e, 0x80),
                 F4(1, .5f, 2, 1));
    check_format(FORMAT(82, RGB1), F4(-1.5f, 1e9f, 0, 0),
                 BYTES(0, 0x80, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x7f), F4(-1.5f, 32768, 0, 1));
    check_format(FORMAT(77, RGBA), F4(1, 0, 0, 0), BYTES(0xff, 0xff, 0xff, 0), F4(1, 0, 0, 1));
    check_format(FORMAT(78, RGBA), F4(1, 0, 0, 0), BYTES(0, 0xff, 0xff, 0xff), F4(1, 0, 0, 1));
    check_format(FORMAT(93, GRBA), U4(7, 1, 2, 3), BYTES(7), U4(7, 0, 0, 0));
}

/* The table by its formula, and that each of its values comes back. */
static void srgb(void)
{
    struct texel_format f;
    uint8_t to[TEXEL_BYTES];

    TAP_REQUIRE(texel_format(FORMAT(187, RGBA) | 1 << 20, &f));
    for (unsigned i = 0; i < 511; i++) {
        double c = i / 510.0, want = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
        TAP_CHECK(fabs(texel_srgb[i] - want) <= 1e-7 * want);
    }
    for (unsigned i = 0; i < 256; i++) {
        uint32_t in[4] = {bits(texel_srgb[2 * i]), 0, 0, 0};
        texel_store(&f, in, to);
        TAP_CHECK_EQ(to[0], i);
        in[0] = i < 255 ? bits(texel_srgb[2 * i + 1] * 0.9999f) : bits(2);
        texel_store(&f, in, to);
        TAP_CHECK_EQ(to[0], i);
    }
}

/* Every number and order that a descriptor can hold: loading what was stored gives it again. */
static void every_format(void)
{
    unsigned known = 0;

    for (uint32_t number = 0; number < 256; number++)
        for (uint32_t order = 0; order < 256; order++) {
            struct texel_format f;
            uint8_t memory[TEXEL_BYTES], again[TEXEL_BYTES];
            uint32_t a[4], b[4];
            if (!texel_format(FORMAT(number, order), &f))
                continue;
            known += order == 0;
            for (unsigned i = 0; i < TEXEL_BYTES; i++)
                memory[i] = (37 * i + 11 + number) & 0x3f; /* no NaN */
            texel_load(&f, memory, a);
            texel_store(&f, a, again);
            texel_load(&f, again, b);
            if (!TAP_CHECK_MEM(a, b, sizeof(a)))
                tap_note("format %u, order %u", number, order);
        }
    TAP_CHECK(known > 90);
}

static void refused_formats(void)
{
    static const uint32_t refused[] = {
        FORMAT(1, RGBA),
        FORMAT(22, RGBA),
        FORMAT(187, RGBA) | 1 << 21,
        FORMAT(188, RGBA) | 1 << 20,
        FORMAT(187, 1),
        FORMAT(96, RGBA),
        FORMAT(103, RGBA),
        FORMAT(255, RGBA),
        FORMAT(187, 0x100),
        FORMAT(102, RGBA),
    };
    struct texel_format f;

    for (unsigned i = 0; i < sizeof(refused) / 4; i++)
        if (!TAP_CHECK(!texel_format(refused[i], &f)))
            tap_note("format 0x%x", refused[i]);
}

static void halves(void)
{
    for (unsigned h = 0; h < 0x10000; h++)
        if ((h & 0x7fff) <= 0x7c00)
            TAP_CHECK_EQ(texel_float_to_half(texel_half_to_float(h)), h);
    TAP_CHECK_EQ(texel_float_to_half(0x7fc00000), 0x7e00);
    TAP_CHECK_EQ(texel_float_to_half(bits(65519.0f)), 0x7bff);
    TAP_CHECK_EQ(texel_float_to_half(bits(65520.0f)), 0x7c00);
    TAP_CHECK_EQ(texel_float_to_half(bits(1.0f + 0x1p-11f)), 0x3c00); /* ties to even */
    TAP_CHECK_EQ(texel_float_to_half(bits(1.0f + 0x3p-11f)), 0x3c02);
    TAP_CHECK_EQ(texel_float_to_half(bits(0x3p-26f)), 1);
    TAP_CHECK_EQ(texel_float_to_half(bits(0x1p-25f)), 0);
}

/* --- images ----------------------------------------------------------------------------- */

enum { DIM_CUBE, DIM_1D, DIM_2D, DIM_3D };
enum { TILED = 1, LINEAR = 2 };

#define PLANES (SLOTS + 0x400)

/* Texture in @slot whose planes begin at PLANES + 32 * @plane. */
static void put_texture(struct world *w, unsigned slot, unsigned dim, uint32_t format,
                        unsigned width, unsigned height, unsigned plane)
{
    uint32_t *d = at32(w, SLOTS + 32 * slot);

    memset(d, 0, 32);
    d[0] = 2 | dim << 4 | format << 10;
    d[1] = (width - 1) | (height - 1) << 16;
    d[2] = 0 | 1 << 3 | 2 << 6 | 3 << 9;
    d[4] = PLANES + 32 * plane;
}

static void put_plane(struct world *w, unsigned plane, unsigned order, uint64_t va,
                      uint32_t row_stride, uint32_t slice_stride)
{
    uint32_t *d = at32(w, PLANES + 32 * plane);

    d[0] = 10 | 1 << 4 | order << 8;
    d[1] = 0x4000;
    d[2] = (uint32_t)va;
    d[4] = row_stride;
    d[6] = slice_stride;
}

static uint64_t mul(unsigned dst, struct va_src a, struct va_src b)
{
    return word(insn(VA_OP_IMUL_I32, dst, a, b));
}

/* r[sr]:r[sr + 1]:r[sr + 2] = texel of slot @index of table 5 */
static uint64_t lea_tex(unsigned sr, unsigned index, struct va_src xy, struct va_src zw)
{
    struct va_insn in = insn(VA_OP_LEA_TEX_IMM, 0, xy, zw);

    in.sr[0] = (struct va_staging){.reg = sr, .count = 3, .flags = 2};
    in.imm[0] = 5;
    in.imm[1] = index;
    return word(in);
}

static uint64_t ld_tex(unsigned sr, unsigned index, struct va_src xy, struct va_src zw,
                       unsigned regfmt, unsigned regs)
{
    struct va_insn in = insn(VA_OP_LD_TEX_IMM, 0, xy, zw);

    in.sr[0] = (struct va_staging){.reg = sr, .count = regs, .flags = 2};
    in.mod[VA_M_VECSIZE] = VA_VECSIZE_V4;
    in.mod[VA_M_REGFMT] = regfmt;
    in.imm[0] = index;
    in.imm[1] = 5;
    return word(in);
}

/* Stores four components from @sr to where lea_tex() said in @at. */
static uint64_t st_cvt(unsigned sr, unsigned at, unsigned regfmt)
{
    struct va_insn in = insn(VA_OP_ST_CVT, 0, reg(at), reg(at + 2));

    in.sr[0] = (struct va_staging){.reg = sr, .count = 4, .flags = 1};
    in.mod[VA_M_VECSIZE] = VA_VECSIZE_V4;
    in.mod[VA_M_REGFMT] = regfmt;
    return word(in);
}

/* Loads four components to @sr from where lea_tex() said in @at. */
static uint64_t ld_cvt(unsigned sr, unsigned at, unsigned regfmt)
{
    struct va_insn in = insn(VA_OP_LD_CVT, 0, reg(at), reg(at + 2));

    in.sr[0] = (struct va_staging){.reg = sr, .count = 4, .flags = 2};
    in.mod[VA_M_VECSIZE] = VA_VECSIZE_V4;
    in.mod[VA_M_REGFMT] = regfmt;
    return word(in);
}

static struct world *image_world(void)
{
    struct world *w = world_new();

    set_d(w, 0, SRT | 6);
    put_table(w, 5, 16);
    return w;
}

/* Threads 20x18 write (x, y, x + y, 7) to an image of 16x16, the others are outside. */
static void write_image(struct world *w)
{
    PROGRAM(w, mul(4, reg(61), uni(0)), add(4, reg(4), reg(60)), lea_tex(6, 1, reg(4), lut(0)),
            mov(10, reg(60)), mov(11, reg(61)), add(12, reg(60), reg(61)), movi(13, 7),
            END(st_cvt(10, 6, VA_REGFMT_AUTO)));
    SET_FAU(w, 0x10000);
    set_size(w, 20, 18, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
}

static uint32_t texel_of(unsigned x, unsigned y)
{
    return x | y << 8 | (x + y) << 16 | 7u << 24;
}

/* An image to another one, texel by texel through registers; places outside load zeros. */
static void load_converted(void)
{
    struct world *w = image_world();

    put_texture(w, 1, DIM_2D, FORMAT(155, RGBA), 8, 8, 0);
    put_plane(w, 0, LINEAR, BUF(0), 64, 0);
    put_texture(w, 2, DIM_2D, FORMAT(155, RGBA), 16, 16, 1);
    put_plane(w, 1, LINEAR, BUF(1), 64, 0);
    for (unsigned i = 0; i < 256; i++) {
        *at32(w, BUF(0) + 4 * i) = 0x01020304 * (i + 1);
        *at32(w, BUF(1) + 4 * i) = ~0u;
    }
    PROGRAM(w, mul(4, reg(61), uni(0)), add(4, reg(4), reg(60)), lea_tex(6, 1, reg(4), lut(0)),
            ld_cvt(10, 6, VA_REGFMT_U32), lea_tex(6, 2, reg(4), lut(0)),
            END(st_cvt(10, 6, VA_REGFMT_U32)));
    SET_FAU(w, 0x10000);
    set_size(w, 16, 16, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned y = 0; y < 16; y++)
        for (unsigned x = 0; x < 16; x++)
            TAP_CHECK_EQ(*at32(w, BUF(1) + 64 * y + 4 * x),
                         x < 8 && y < 8 ? 0x01020304 * (16 * y + x + 1) : 0);
    world_free(w);
}

static void storage_linear(void)
{
    struct world *w = image_world();

    put_texture(w, 1, DIM_2D, FORMAT(155, RGBA), 16, 16, 0);
    put_plane(w, 0, LINEAR, BUF(0), 80, 0);
    write_image(w);
    for (unsigned y = 0; y < 18; y++)
        for (unsigned x = 0; x < 20; x++)
            TAP_CHECK_EQ(*at32(w, BUF(0) + 80 * y + 4 * x), x < 16 && y < 16 ? texel_of(x, y) : 0);
    world_free(w);
}

static void storage_tiled(void)
{
    static const uint8_t known[][3] = {{0, 0, 0},   {1, 0, 1},     {0, 1, 3},
                                       {1, 1, 2},   {2, 0, 4},     {0, 2, 12},
                                       {15, 0, 85}, {15, 15, 170}, {0, 15, 255}};
    struct world *w = image_world();

    put_texture(w, 1, DIM_2D, FORMAT(155, RGBA), 20, 18, 0); /* 2x2 tiles */
    put_plane(w, 0, TILED, BUF(0), 2 * 1024, 0);
    write_image(w);
    for (unsigned i = 0; i < sizeof(known) / 3; i++)
        TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * known[i][2]), texel_of(known[i][0], known[i][1]));
    TAP_CHECK_EQ(*at32(w, BUF(0) + 1024 + 4), texel_of(17, 0));
    TAP_CHECK_EQ(*at32(w, BUF(0) + 2048 + 12), texel_of(0, 17));
    TAP_CHECK_EQ(*at32(w, BUF(0) + 3072 + 8), texel_of(17, 17));
    world_free(w);
}

/* Reads slot 2 as @regfmt, four registers a thread. */
static void read_image(struct world *w, unsigned regfmt, unsigned regs)
{
    PROGRAM(w, movi(16, 0), movi(17, 0), movi(18, 0), movi(19, 0), mul(4, reg(61), uni(2)),
            add(4, reg(4), reg(60)), mul(5, reg(62), uni(2)),
            ld_tex(16, 2, reg(4), reg(5), regfmt, regs), mul(6, reg(61), uni(4)),
            add(6, reg(6), reg(60)), mul(7, reg(62), uni(5)), add(6, reg(6), reg(7)),
            address(8, uni(0), 6, 4), END(memory(VA_OP_STORE_I128, 16, reg(8))));
    SET_FAU(w, BUF(2), 0x10000, 4 | 16ull << 32);
    set_size(w, 4, 4, 3);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
}

static uint32_t *read_back(struct world *w, unsigned x, unsigned y, unsigned layer)
{
    return at32(w, BUF(2) + 16 * (x + 4 * y + 16 * layer));
}

static void loads(void)
{
    struct world *w = image_world();

    put_texture(w, 2, DIM_2D, FORMAT(187, BGRA), 4, 3, 0);
    at32(w, SLOTS + 32 * 2)[6] = 1; /* two layers */
    put_plane(w, 0, LINEAR, BUF(0), 64, 0);
    put_plane(w, 1, LINEAR, BUF(1), 64, 0);
    for (unsigned i = 0; i < 64; i++)
        *at32(w, BUF(0) + 4 * i) = *at32(w, BUF(1) + 4 * i) = 0xff00ff00;
    *at32(w, BUF(1) + 64 * 2 + 4 * 3) = 0x003300ff; /* A 0, R 0x33, G 0, B 0xff */
    read_image(w, VA_REGFMT_F32, 4);
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[0], bits(0.2f));
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[1], 0);
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[2], bits(1));
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[3], 0);
    TAP_CHECK_EQ(read_back(w, 3, 2, 0)[1], bits(1));
    for (unsigned k = 0; k < 4; k++) { /* outside: below, and behind the last layer */
        TAP_CHECK_EQ(read_back(w, 1, 3, 0)[k], 0);
        TAP_CHECK_EQ(read_back(w, 0, 0, 2)[k], 0);
    }
    read_image(w, VA_REGFMT_F16, 2);
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[0], 0x3266);
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[1], 0x3c00);
    TAP_CHECK_EQ(read_back(w, 3, 2, 1)[2], 0);
    put_texture(w, 2, DIM_2D, FORMAT(219, RGBA), 4, 4, 0); /* signed bytes */
    read_image(w, VA_REGFMT_S32, 4);
    TAP_CHECK_EQ(read_back(w, 0, 0, 0)[1], -1u);
    read_image(w, VA_REGFMT_F32, 4);
    TAP_CHECK_EQ(read_back(w, 0, 0, 0)[1], bits(-1));
    put_texture(w, 2, DIM_2D, FORMAT(187, RGBA), 4, 4, 3); /* an empty plane */
    read_image(w, VA_REGFMT_F32, 4);
    TAP_CHECK_EQ(read_back(w, 0, 0, 0)[3], 0);
    world_free(w);
}

/* --- fetches ------------------------------------------------------------------------------ */

/* r[16].. = texel; handles in u2:u3, coordinates from r[24] on. */
static uint64_t fetch(unsigned dim, unsigned operands, bool array, bool offset)
{
    struct va_insn in = insn(VA_OP_TEX_FETCH, 0, uni(2), reg(0));

    in.sr[0] = (struct va_staging){.reg = 16, .count = 4};
    in.sr[1] = (struct va_staging){.reg = 24, .count = operands};
    in.mod[VA_M_WIDTH] = VA_WIDTH_32;
    in.mod[VA_M_WRITE_MASK] = VA_WRITE_MASK_RGBA;
    in.mod[VA_M_DIM] = dim;
    in.mod[VA_M_WIDE_INDICES] = 1;
    in.mod[VA_M_ARRAY_ENABLE] = array;
    in.mod[VA_M_TEXEL_OFFSET] = offset;
    return word(in);
}

static void texel_buffer(void)
{
    struct world *w = image_world();

    put_texture(w, 7, DIM_1D, FORMAT(141, RGB1), 10, 1, 0);
    put_plane(w, 0, LINEAR, BUF(0) + 4, 0, 0);
    for (unsigned i = 0; i < 64; i++)
        *at32(w, BUF(0) + 4 * i) = 0x1000 + i;
    PROGRAM(w, mov(24, reg(60)), fetch(VA_DIM_1D, 1, false, false), address(0, uni(0), 60, 4),
            END(memory(VA_OP_STORE_I128, 16, reg(0))));
    SET_FAU(w, BUF(2), (5ull << 24 | 7) << 32);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 16; i++) {
        const uint32_t *v = at32(w, BUF(2) + 16 * i);
        TAP_CHECK_EQ(v[0], i < 10 ? 0x1001 + 2 * i : 0);
        TAP_CHECK_EQ(v[1], i < 10 ? 0x1002 + 2 * i : 0);
        TAP_CHECK_EQ(v[2], 0);
        TAP_CHECK_EQ(v[3], i < 10);
    }
    world_free(w);
}

/* Level 1 of layer 1, one texel to the left and one down. */
static void array_and_level(void)
{
    struct world *w = image_world();

    put_texture(w, 7, DIM_2D, FORMAT(133, RGB1), 32, 8, 0);
    at32(w, SLOTS + 32 * 7)[2] |= 1 << 16; /* two levels */
    at32(w, SLOTS + 32 * 7)[6] = 1;        /* two layers */
    put_plane(w, 3, LINEAR, BUF(1), 64, 0);
    for (unsigned i = 0; i < 64; i++)
        *at32(w, BUF(1) + 4 * i) = 0x1000 + i;
    PROGRAM(w, mov(24, reg(60)), movi(25, 1), movi(26, 1), movi(27, 0x010001ff),
            fetch(VA_DIM_2D, 4, true, true), address(0, uni(0), 60, 4),
            END(memory(VA_OP_STORE_I128, 16, reg(0))));
    SET_FAU(w, BUF(2), (5ull << 24 | 7) << 32);
    set_size(w, 32, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 32; i++)
        TAP_CHECK_EQ(*at32(w, BUF(2) + 16 * i), i > 0 && i <= 16 ? 0x1000 + 32 + i - 1 : 0);
    world_free(w);
}

/* --- faults -------------------------------------------------------------------------------- */

static void bad_descriptors(void)
{
    static const struct {
        uint32_t texture, plane;
        uint8_t code;
        uint64_t info;
    } cases[] = {
        {9, 0, MALI_DATA_INVALID_FAULT, SLOTS + 32},
        {2 | DIM_2D << 4 | FORMAT(187, RGBA) << 10, 9, MALI_DATA_INVALID_FAULT, PLANES},
        {2 | DIM_2D << 4 | FORMAT(22, RGBA) << 10, 10, MALI_INSTR_INVALID_ENC, CODE},
        {2 | DIM_2D << 4 | FORMAT(187, RGBA) << 10, 10 | 6 << 4, MALI_INSTR_INVALID_ENC, CODE},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = image_world();
        put_texture(w, 1, DIM_2D, FORMAT(187, RGBA), 16, 16, 0);
        at32(w, SLOTS + 32)[0] = cases[i].texture;
        at32(w, PLANES)[0] = cases[i].plane;
        PROGRAM(w, END(lea_tex(6, 1, lut(0), lut(0))));
        TAP_CHECK_EQ(run_job(w), CS_STOP_FAULT);
        TAP_CHECK_EQ(w->fault.code, cases[i].code);
        TAP_CHECK_EQ(w->fault.info, cases[i].info);
        world_free(w);
    }
}

TAP_MAIN({"formats", formats}, {"odd-formats", odd_formats}, {"srgb", srgb},
         {"every-format", every_format}, {"refused-formats", refused_formats}, {"halves", halves},
         {"storage-linear", storage_linear}, {"load-converted", load_converted},
         {"storage-tiled", storage_tiled}, {"loads", loads}, {"texel-buffer", texel_buffer},
         {"array-and-level", array_and_level}, {"bad-descriptors", bad_descriptors})
