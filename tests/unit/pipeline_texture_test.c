/*
 * Texture instructions in compute jobs: staging registers in their order, handles in both forms,
 * results of both widths, LODs from quads and from gradients, cubes, gathers, faults.
 *
 * What filtering computes is texture_sample_test.c's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"

#include <math.h>

#define FORMAT(number, order) ((number) << 12 | (order))
#define PLANES                (SLOTS + 0x400)

enum { DIM_CUBE, DIM_1D, DIM_2D, DIM_3D };
enum { R32F = 167 << 12 | 16, TABLE = 5, TEXTURE = 7, SAMPLER = 3, OUT = 2 };

static uint32_t bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, 4);
    return u;
}

static float as_float(uint32_t u)
{
    float f;

    memcpy(&f, &u, 4);
    return f;
}

/* 16x16 texels of R32F, x + 16 y of each level; level l is 100 l more, layer k 1000 k more. */
static struct world *texture_world(unsigned dim, unsigned layers, unsigned levels)
{
    struct world *w = world_new();
    uint32_t *d;

    set_d(w, 0, SRT | 6);
    put_table(w, TABLE, 16);
    d = at32(w, SLOTS + 32 * TEXTURE);
    memset(d, 0, 32);
    d[0] = 2 | dim << 4 | R32F << 10;
    d[1] = 15 | 15 << 16;
    d[2] = 0 | 1 << 3 | 2 << 6 | 3 << 9 | (levels - 1) << 16;
    d[3] = (levels - 1) << 24;
    d[4] = PLANES;
    d[6] = layers / (dim == DIM_CUBE ? 6 : 1) - 1;
    d = at32(w, SLOTS + 32 * SAMPLER);
    memset(d, 0, 32);
    d[0] = 1 | 9 << 8 | 9 << 12 | 9 << 16 | 1 << 23 | 1 << 25 | 1 << 27 | 1 << 28; /* nearest */
    d[1] = 0x1fff << 16;
    for (unsigned k = 0; k < layers; k++)
        for (unsigned l = 0; l < levels; l++) {
            unsigned n = 16 >> l, i = k * levels + l;
            uint64_t at = BUF(0) + 0x400 * i;
            d = at32(w, PLANES + 32 * i);
            memset(d, 0, 32);
            d[0] = 10 | 1 << 4 | 2 << 8;
            d[2] = (uint32_t)at;
            d[4] = 4 * n;
            for (unsigned t = 0; t < n * n; t++)
                *at32(w, at + 4 * t) = bits((float)(t % n + 16 * (t / n) + 100 * l + 1000 * k));
        }
    return w;
}

/* r16.. = the texture, operands from r24 on, handles in u2:u3. */
static struct va_insn tex(enum va_op op, unsigned dim, unsigned operands, unsigned results)
{
    struct va_insn in = insn(op, 0, uni(2), reg(0));

    in.sr[0] = (struct va_staging){.reg = 16, .count = results};
    in.sr[1] = (struct va_staging){.reg = 24, .count = operands};
    in.mod[VA_M_WIDTH] = VA_WIDTH_32;
    in.mod[VA_M_WRITE_MASK] = (1u << results) - 1;
    in.mod[VA_M_DIM] = dim;
    in.mod[VA_M_WIDE_INDICES] = 1;
    return in;
}

/* Registers r24.. hold @setup (7 of them), then @message; r16..r19 go to element @lane of OUT. */
static enum cs_stop run(struct world *w, const uint64_t setup[7], uint64_t message)
{
    PROGRAM(w, setup[0], setup[1], setup[2], setup[3], setup[4], setup[5], setup[6], movi(16, 7),
            movi(17, 7), movi(18, 7), movi(19, 7), message, address(8, uni(0), 60, 4),
            END(memory(VA_OP_STORE_I128, 16, reg(8))));
    SET_FAU(w, BUF(OUT), (TABLE << 24 | SAMPLER) | (uint64_t)(TABLE << 24 | TEXTURE) << 32);
    return run_job(w);
}

static uint32_t out(struct world *w, unsigned lane, unsigned k)
{
    return at32(w, BUF(OUT) + 16 * lane)[k];
}

#define SETUP(...) ((const uint64_t[7]){__VA_ARGS__})
#define F(r, x)    movi(r, bits(x))

static void explicit_lod(void)
{
    struct world *w = texture_world(DIM_2D, 1, 3);
    struct va_insn in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 3, 4);

    in.mod[VA_M_LOD] = VA_LOD_EXPLICIT;
    at32(w, SLOTS + 32 * SAMPLER)[0] |= 0u << 30; /* the nearest level */
    TAP_CHECK_EQ(run(w, SETUP(F(24, 0.3f), F(25, 0.8f), movi(26, 256), NOP(), NOP(), NOP(), NOP()),
                     word(in)),
                 CS_STOP_EMPTY);
    TAP_CHECK(as_float(out(w, 0, 0)) == 2 + 16 * 6 + 100);
    TAP_CHECK_EQ(out(w, 0, 1), 0);
    TAP_CHECK_EQ(out(w, 0, 3), bits(1));
    world_free(w);
}

/* Layer, reference and offsets follow the coordinates in this order. */
static void operand_order(void)
{
    struct world *w = texture_world(DIM_2D, 3, 1);
    struct va_insn in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 4, 1);
    const uint64_t *setup =
        SETUP(F(24, 0.5f), F(25, 0.5f), F(26, 1.6f), movi(27, 0xfe01), NOP(), NOP(), NOP());

    in.mod[VA_M_ARRAY_ENABLE] = in.mod[VA_M_TEXEL_OFFSET] = 1;
    TAP_CHECK_EQ(run(w, setup, word(in)), CS_STOP_EMPTY);
    TAP_CHECK(as_float(out(w, 0, 0)) == 2000 + 9 + 16 * 6); /* layer 1.6 is 2 */
    in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 5, 1);
    in.mod[VA_M_ARRAY_ENABLE] = in.mod[VA_M_TEXEL_OFFSET] = in.mod[VA_M_SHADOW] = 1;
    at32(w, SLOTS + 32 * SAMPLER)[1] |= 2 << 13; /* equal */
    for (unsigned i = 0; i < 2; i++) {
        TAP_CHECK_EQ(run(w,
                         SETUP(F(24, 0.5f), F(25, 0.5f), F(26, 1), F(27, 1000 + 9 + 16 * 6 + i),
                               movi(28, 0xfe01), NOP(), NOP()),
                         word(in)),
                     CS_STOP_EMPTY);
        TAP_CHECK_EQ(out(w, 0, 0), i ? 0 : bits(1));
    }
    world_free(w);
}

/* Handles in one word; halves as results; components without gaps. */
static void narrow_and_half(void)
{
    struct world *w = texture_world(DIM_2D, 1, 1);
    struct va_insn in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 2, 1);

    in.mod[VA_M_WIDE_INDICES] = 0;
    in.mod[VA_M_WIDTH] = VA_WIDTH_16;
    in.mod[VA_M_WRITE_MASK] = VA_WRITE_MASK_RA;
    PROGRAM(w, F(24, 0.5f), F(25, 0), movi(16, 7), movi(17, 7), movi(18, 7), movi(19, 7), word(in),
            address(8, uni(0), 60, 4), END(memory(VA_OP_STORE_I128, 16, reg(8))));
    SET_FAU(w, BUF(OUT), (uint32_t)(TABLE << 27 | TEXTURE << 16 | TABLE << 11 | SAMPLER));
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(out(w, 0, 0), 0x3c004800); /* 8 and 1 */
    TAP_CHECK_EQ(out(w, 0, 1), 7);
    world_free(w);
}

/*
 * The second word of a narrow handle has offsets of four bits, and a level for TEX_FETCH. Offsets
 * in a register replace these offsets; levels add.
 */
static void narrow_operands(void)
{
    enum { HANDLE = TABLE << 27 | TEXTURE << 16 | TABLE << 11 | SAMPLER };
    static const struct {
        enum va_op op;
        uint32_t word, offset;
        bool given;
        float want; /* from texel 4, 3 */
    } cases[] = {
        {VA_OP_TEX_FETCH, 0, 0, false, 4 + 16 * 3},
        {VA_OP_TEX_FETCH, 0x0e2, 0, false, 6 + 16 * 1},
        {VA_OP_TEX_FETCH, 0x10f1, 0, false, 5 + 8 * 0 + 16 * 2 + 100},
        {VA_OP_TEX_FETCH, 0x1055, 0x0001, true, 5 + 16 * 3 + 100},
        {VA_OP_TEX_FETCH, 0x1000, 0x01000001, true, -1}, /* 4, 3 of level 2: outside */
        {VA_OP_TEX_FETCH, 0x0000, 0x01000001, true, 5 + 16 * 3 + 100},
        {VA_OP_TEX_SINGLE, 0xf0e2, 0, false, 6 + 16 * 1},
        {VA_OP_TEX_SINGLE, 0x0055, 0xff00, true, 4 + 16 * 2},
        {VA_OP_TEX_GATHER, 0x001f, 0, false, 3 - 1 + 16 * (2 + 1)},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool fetch = cases[i].op == VA_OP_TEX_FETCH;
        struct world *w = texture_world(DIM_2D, 1, 3);
        struct va_insn in = tex(cases[i].op, VA_DIM_2D, cases[i].given ? 3 : 2, 1);

        in.mod[VA_M_WIDE_INDICES] = 0;
        in.mod[VA_M_TEXEL_OFFSET] = cases[i].given;
        in.mod[VA_M_LOD] = cases[i].op == VA_OP_TEX_SINGLE ? VA_LOD_ZERO : 0;
        PROGRAM(w, fetch ? movi(24, 4) : F(24, 4.25f / 16), fetch ? movi(25, 3) : F(25, 3.25f / 16),
                movi(26, cases[i].offset), movi(16, 7), movi(17, 7), movi(18, 7), movi(19, 7),
                word(in), address(8, uni(0), 60, 4), END(memory(VA_OP_STORE_I128, 16, reg(8))));
        SET_FAU(w, BUF(OUT), HANDLE | (uint64_t)cases[i].word << 32);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        if (cases[i].want >= 0 && !TAP_CHECK(as_float(out(w, 0, 0)) == cases[i].want))
            tap_note("case %u: %g", i, (double)as_float(out(w, 0, 0)));
        if (cases[i].want < 0)
            TAP_CHECK_EQ(out(w, 0, 0), 0);
        world_free(w);
    }
}

/* A quad is two lanes wide: the row below is two steps of 2^(k - 4) away, 2^(k + 1) texels of 16.
 */
static void computed_lod(void)
{
    for (unsigned k = 0; k < 3; k++) {
        struct world *w = texture_world(DIM_2D, 1, 4);
        struct va_insn in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 2, 1);
        struct va_insn scale = insn(VA_OP_S32_TO_F32, 24, reg(60), reg(0));
        struct va_insn mul = insn(VA_OP_FMA_F32, 24, reg(24), uni(4));
        in.mod[VA_M_LOD] = VA_LOD_COMPUTED;
        mul.src[2] = uni(5);
        PROGRAM(w, word(scale), word(mul), F(25, 0.01f), word(in), address(8, uni(0), 60, 4),
                END(memory(VA_OP_STORE_I128, 16, reg(8))));
        SET_FAU(w, BUF(OUT), (TABLE << 24 | SAMPLER) | (uint64_t)(TABLE << 24 | TEXTURE) << 32,
                bits(ldexpf(1, (int)k - 4)) | (uint64_t)bits(0.01f) << 32);
        set_size(w, 16, 1, 1);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        TAP_CHECK(as_float(out(w, 0, 0)) == 100 * (k + 1));
        TAP_CHECK(as_float(out(w, 3, 0)) == 100 * (k + 1) + 1);
        world_free(w);
    }
}

/* TEX_GRADIENT's words into TEX_SINGLE; and as a question for the LOD. */
static void gradients(void)
{
    struct world *w = texture_world(DIM_2D, 1, 3);
    struct va_insn grad = tex(VA_OP_TEX_GRADIENT, VA_DIM_2D, 4, 2),
                   in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 4, 1);

    grad.sr[0].reg = 26; /* x and y stay in r24, r25 */
    grad.sr[1].reg = 28;
    grad.mod[VA_M_DERIVATIVE_ENABLE] = grad.mod[VA_M_LOD_BIAS_DISABLE] = 1;
    grad.mod[VA_M_LOD_CLAMP_DISABLE] = 1;
    in.mod[VA_M_LOD] = VA_LOD_GRDESC;
    PROGRAM(w, F(24, 0.3f), F(25, 0.8f), F(28, 0.25f), F(29, 0), F(30, 0), F(31, 0.125f),
            word(grad), word(in), mov(17, reg(26)), address(8, uni(0), 60, 4),
            END(memory(VA_OP_STORE_I128, 16, reg(8))));
    SET_FAU(w, BUF(OUT), (TABLE << 24 | SAMPLER) | (uint64_t)(TABLE << 24 | TEXTURE) << 32);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK(as_float(out(w, 0, 0)) == 200 + 1 + 16 * 3); /* four texels a pixel: level 2 */
    TAP_CHECK_EQ(out(w, 0, 1) & 0xffff, 2 * 256);
    at32(w, SLOTS + 32 * SAMPLER)[1] = 0x180 << 16; /* at most 1.5 */
    grad = tex(VA_OP_TEX_GRADIENT, VA_DIM_2D, 2, 1);
    grad.mod[VA_M_FORCE_DELTA_ENABLE] = 1;
    for (unsigned clamp = 0; clamp < 2; clamp++) {
        struct va_insn scale = insn(VA_OP_S32_TO_F32, 24, reg(60), reg(0));
        grad.mod[VA_M_LOD_CLAMP_DISABLE] = !clamp;
        PROGRAM(w, word(scale), F(25, 0), word(grad), address(8, uni(0), 60, 4),
                END(memory(VA_OP_STORE_I128, 16, reg(8))));
        set_size(w, 4, 1, 1);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        TAP_CHECK_EQ(out(w, 0, 0) & 0xffff, clamp ? 0x180 : 5 * 256); /* (16, 32) texels */
    }
    world_free(w);
}

/* The sampler's bias is TEX_GRADIENT's to add: once, or not at all. */
static void gradient_bias(void)
{
    for (unsigned disable = 0; disable < 2; disable++) {
        struct world *w = texture_world(DIM_2D, 1, 4);
        struct va_insn grad = tex(VA_OP_TEX_GRADIENT, VA_DIM_2D, 4, 2),
                       in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 4, 1);

        at32(w, SLOTS + 32 * SAMPLER)[2] |= 256;
        grad.sr[0].reg = 26;
        grad.sr[1].reg = 28;
        grad.mod[VA_M_DERIVATIVE_ENABLE] = 1;
        grad.mod[VA_M_LOD_BIAS_DISABLE] = disable;
        in.mod[VA_M_LOD] = VA_LOD_GRDESC;
        PROGRAM(w, F(24, 0), F(25, 0), F(28, 0.125f), F(29, 0), F(30, 0), F(31, 0.125f), word(grad),
                word(in), address(8, uni(0), 60, 4), END(memory(VA_OP_STORE_I128, 16, reg(8))));
        SET_FAU(w, BUF(OUT), (TABLE << 24 | SAMPLER) | (uint64_t)(TABLE << 24 | TEXTURE) << 32);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        TAP_CHECK(as_float(out(w, 0, 0)) == (disable ? 100 : 200)); /* two texels a pixel */
        world_free(w);
    }
}

static void cube_and_gather(void)
{
    struct world *w = texture_world(DIM_CUBE, 6, 1);
    struct va_insn in = tex(VA_OP_TEX_SINGLE, VA_DIM_CUBE, 2, 1);

    for (unsigned face = 0; face < 6; face++) {
        TAP_CHECK_EQ(run(w,
                         SETUP(movi(24, (bits(0.3f) & 0x1fffffff) | face << 29), F(25, 0.8f), NOP(),
                               NOP(), NOP(), NOP(), NOP()),
                         word(in)),
                     CS_STOP_EMPTY);
        TAP_CHECK(as_float(out(w, 0, 0)) == 1000 * face + 4 + 16 * 12);
    }
    TAP_CHECK_EQ(
        run(w, SETUP(movi(24, 2u << 29), F(25, 0), NOP(), NOP(), NOP(), NOP(), NOP()), word(in)),
        CS_STOP_EMPTY);
    TAP_CHECK(as_float(out(w, 0, 0)) == 2000);
    world_free(w);
    w = texture_world(DIM_2D, 1, 1);
    in = tex(VA_OP_TEX_GATHER, VA_DIM_2D, 2, 4);
    TAP_CHECK_EQ(
        run(w, SETUP(F(24, 0.25f), F(25, 0.5f), NOP(), NOP(), NOP(), NOP(), NOP()), word(in)),
        CS_STOP_EMPTY);
    const float base = 3 + 16 * 7;
    TAP_CHECK(as_float(out(w, 0, 0)) == base && as_float(out(w, 0, 1)) == base + 1 &&
              as_float(out(w, 0, 2)) == base + 16 && as_float(out(w, 0, 3)) == base + 17);
    in.mod[VA_M_INTEGER_COORDINATES] = 1;
    TAP_CHECK_EQ(
        run(w, SETUP(movi(24, 5), movi(25, 2), NOP(), NOP(), NOP(), NOP(), NOP()), word(in)),
        CS_STOP_EMPTY);
    TAP_CHECK(as_float(out(w, 0, 0)) == 5 + 16 * 2);
    world_free(w);
}

static void faults(void)
{
    static const struct {
        unsigned slot, word_index;
        uint32_t value;
        uint8_t code;
        uint64_t info;
    } cases[] = {
        {SAMPLER, 0, 2, MALI_DATA_INVALID_FAULT, SLOTS + 32 * SAMPLER},
        {TEXTURE, 0, 9, MALI_DATA_INVALID_FAULT, SLOTS + 32 * TEXTURE},
        {TEXTURE, 0, 2 | DIM_2D << 4 | 48u << 22, MALI_INSTR_INVALID_ENC, 0}, /* YUV */
        {TEXTURE, 4, (uint32_t)UNMAPPED, 0xc3, UNMAPPED} /* translation fault, level 3 */,
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = texture_world(DIM_2D, 1, 1);
        struct va_insn in = tex(VA_OP_TEX_SINGLE, VA_DIM_2D, 2, 1);
        at32(w, SLOTS + 32 * cases[i].slot)[cases[i].word_index] = cases[i].value;
        enum cs_stop stop =
            run(w, SETUP(F(24, 0), F(25, 0), NOP(), NOP(), NOP(), NOP(), NOP()), word(in));
        TAP_CHECK(stop == CS_STOP_FAULT || stop == CS_STOP_FATAL);
        TAP_CHECK_EQ(w->fault.code, cases[i].code);
        if (cases[i].info)
            TAP_CHECK_EQ(w->fault.info, cases[i].info);
        world_free(w);
    }
}

TAP_MAIN({"explicit-lod", explicit_lod}, {"operand-order", operand_order},
         {"narrow-and-half", narrow_and_half}, {"narrow-operands", narrow_operands},
         {"computed-lod", computed_lod}, {"gradients", gradients}, {"gradient-bias", gradient_bias},
         {"cube-and-gather", cube_and_gather}, {"faults", faults})
