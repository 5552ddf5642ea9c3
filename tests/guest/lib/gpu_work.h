/*
 * Work for shader cores and tiler without Mesa: a compute job that stores a word, and a draw
 * (vertices, then fragments) that leaves a picture of which two pixels are looked at. Descriptors
 * and shaders are those that Mesa 25.0 makes, cut down; source: v10.xml. The caller gives a block
 * of WORK_SIZE bytes that is mapped on both sides below 4 GiB and executable there, and a stream
 * that he submits; one job at a time may use a block.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_GPU_WORK_H
#define GARM_GPU_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cs_builder.h"

#define WORK_SIZE  0x8000u
#define WORK_WORDS 96u /* of a stream, at most */
#define WORK_W     64u /* pixels of the picture */
#define WORK_H     32u
#define WORK_BACK  0xff996633u /* what it is cleared to */

/* Places in the block. */
enum {
    WORK_CODE = 0x0, /* of each stage, 0x400 apart */
    WORK_SPD = 0x1000,
    WORK_TSD = 0x1080,
    WORK_ZSD = 0x10c0,
    WORK_BLEND = 0x1100,
    WORK_SRT = 0x1140, /* no resources */
    WORK_FAU = 0x1180,
    WORK_TILER = 0x1200, /* 192 bytes: the context keeps the pass */
    WORK_HEAP = 0x12c0,
    WORK_FBD = 0x1300, /* parameters, then one render target */
    WORK_FRAMES = 0x1400,
    WORK_SAMPLES = 0x1600,
    WORK_PICTURE = 0x4000,
};

struct work {
    uint8_t *cpu;
    uint64_t va;
};

static inline void work_put(const struct work *b, uint32_t at, const void *data, size_t size)
{
    memcpy(b->cpu + at, data, size);
}

/* ---- compute ------------------------------------------------------------------------------ */
/** Appends to @w at @n: a shader that stores @value at @va; the new count. */
static inline unsigned work_compute(const struct work *b, uint64_t *w, unsigned n, uint64_t va,
                                    uint32_t value)
{
    static const uint64_t code[] = {
        0x0091c20000000080, 0x0091c30000000081, 0x0091c40000000082, /* r2:r3 = u0:u1, r4 = u2 */
        0x7861440218000002, /* STORE.i32.slot0.end @r4, r2 */
    };
    const uint32_t spd[8] = {8 | 1 << 4, 0xffff, (uint32_t)(b->va + WORK_CODE)}, tsd[8] = {0, 31};
    const uint64_t fau[2] = {va, value};

    work_put(b, WORK_CODE, code, sizeof(code));
    work_put(b, WORK_SPD, spd, sizeof(spd));
    work_put(b, WORK_TSD, tsd, sizeof(tsd));
    work_put(b, WORK_FAU, fau, sizeof(fau));
    w[n++] = cs_req_res(1);
    w[n++] = cs_mov48(0, 0);
    w[n++] = cs_mov48(8, b->va + WORK_FAU);
    w[n++] = cs_mov32(9, 2u << 24); /* 64-bit words of FAU */
    w[n++] = cs_mov48(16, b->va + WORK_SPD);
    w[n++] = cs_mov48(24, b->va + WORK_TSD);
    for (unsigned r = 32; r < 40; r++)
        w[n++] = cs_mov32(r, r >= 37); /* 1 x 1 x 1 invocations from 0, one workgroup */
    w[n++] = cs_run_compute() | 1;
    w[n++] = cs_wait(0xff);
    return n;
}

/* ---- graphics ----------------------------------------------------------------------------- */
/* The stages' code: a rectangle from the vertex's number and uniforms, a ramp of colours, the
 * fragment's colour. */
static inline void work_put_stages(const struct work *b)
{
    static const uint64_t position[] = {
        0x0110c000000001c0, 0x00b4c1011000c03c, 0x0090c10000090041, 0x00b4c2041dc0c47c,
        0x00b4c0011040c042, 0x0090c00000090040, 0x0091c20000000086, 0x00a4c21000004288,
        0x00b2c10000864241, 0x0091c20000000087, 0x00a4c21000004289, 0x00b2c00000874240,
        0x0091c20000000083, 0x00b2c10000428041, 0x0091c20000000084, 0x00b2c00000428140,
        0x0091c20000000082, 0x0091c30000000085, 0x00b2c2000043428a, 0x0091c40000000041,
        0x0091c50000000040, 0x0091c60000000042, 0x0091c700000000d0, 0x085e800400000d7b,
        0x7861440879000040,
    };
    static const uint64_t varying[] = {
        0x0110c000000001c0, 0x00b4c1011000c03c, 0x0090c10000090041, 0x00b4c2041dc0c47c,
        0x00b4c0011040c042, 0x0090c00000090040, 0x0091c20000000041, 0x0091c30000000040,
        0x085e800400000d7b, 0x786142046a000040,
    };
    static const uint64_t fragment[] = {
        0x085c80041200007d, 0x0091c200000000c0, 0x0091c300000000d0, 0x487dbc0200ea447c,
        0x787f4008323c00f0, 0x0110f000000000c0, 0x002fc1100000f1c0,
    };
    /* Viewport's scale and offset, the rectangle's corners, its depth, 1. */
    static const float uniforms[12] = {32, 16, 1, 32, 16, 0, -.9f, -1, 1, 1, .5f, 1};
    static const uint32_t flags[3] = {0x80000138, 0x80000038, 0x80000128},
                          preload[3] = {0x1800, 0x1800, 0x3000};

    work_put(b, WORK_CODE, position, sizeof(position));
    work_put(b, WORK_CODE + 0x400, varying, sizeof(varying));
    work_put(b, WORK_CODE + 0x800, fragment, sizeof(fragment));
    work_put(b, WORK_FAU, uniforms, sizeof(uniforms));
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t spd[8] = {flags[i], preload[i], (uint32_t)(b->va + WORK_CODE) + 0x400 * i};

        work_put(b, WORK_SPD + 32 * i, spd, sizeof(spd));
    }
}

/* Descriptors of the draw and the framebuffer; @chunk: the heap's first, 0: no heap. */
static inline void work_put_scene(const struct work *b, uint64_t chunk, uint32_t chunk_size)
{
    const uint32_t va = (uint32_t)b->va, size = (WORK_H - 1) << 16 | (WORK_W - 1);
    const uint32_t tsd[8] = {0, 31}, zsd[8] = {7, [4] = 0xe4c00000},
                   blend[4] = {0xa00, 0xf0122122, 0x1a, 0xed000};
    const uint32_t heap[8] = {2 << 4 | 9,
                              chunk_size,
                              (uint32_t)chunk & ~0xfffu,
                              (uint32_t)(chunk >> 32),
                              (uint32_t)(chunk & ~0xfffu) + 64,
                              (uint32_t)(chunk >> 32),
                              (uint32_t)((chunk & ~0xfffu) + chunk_size),
                              (uint32_t)(chunk >> 32)};
    const uint32_t tiler[48] = {0, 0, 0x400fe, size, [6] = chunk ? va + WORK_HEAP : 0};
    const uint32_t fbd[48] = {[4] = va + WORK_SAMPLES,
                              [6] = va + WORK_FRAMES,
                              [8] = size,
                              [10] = size,
                              [11] = 0x04001480,
                              [12] = 0x10000,
                              [13] = 0x3f800000,
                              [14] = va + WORK_TILER,
                              [32] = 0x04000000,
                              [33] = 0x86888299,
                              [40] = va + WORK_PICTURE,
                              [42] = WORK_W * 4,
                              [44] = WORK_BACK,
                              [45] = WORK_BACK,
                              [46] = WORK_BACK,
                              [47] = WORK_BACK};
    const uint32_t none[16] = {0};

    work_put(b, WORK_TSD, tsd, sizeof(tsd));
    work_put(b, WORK_ZSD, zsd, sizeof(zsd));
    work_put(b, WORK_BLEND, blend, sizeof(blend));
    work_put(b, WORK_SRT, none, sizeof(none));
    work_put(b, WORK_TILER, tiler, sizeof(tiler));
    work_put(b, WORK_HEAP, heap, sizeof(heap));
    work_put(b, WORK_FBD, fbd, sizeof(fbd));
    for (unsigned i = 0; i < 16; i++) {
        const uint32_t middle = 128 | 128 << 16;

        work_put(b, WORK_SAMPLES + 4 * i, &middle, 4);
    }
}

/* The registers of RUN_IDVS. */
static inline unsigned work_registers(const struct work *b, uint64_t *w, unsigned n)
{
    const uint32_t va = (uint32_t)b->va;
    const struct {
        uint8_t reg;
        uint32_t value;
    } regs[] = {
        {0, va + WORK_SRT},
        {1, 0},
        {4, va + WORK_SRT},
        {5, 0},
        {8, va + WORK_FAU},
        {9, 6u << 24},
        {12, va + WORK_FAU},
        {13, 2u << 24},
        {16, va + WORK_SPD},
        {17, 0},
        {18, va + WORK_SPD + 32},
        {19, 0},
        {20, va + WORK_SPD + 64},
        {21, 0},
        {24, va + WORK_TSD},
        {25, 0},
        {32, 0},
        {33, 4},
        {34, 1},
        {35, 0},
        {36, 0},
        {37, 0},
        {38, 0},
        {39, 0},
        {40, va + WORK_TILER},
        {41, 0},
        {42, 0},
        {43, (WORK_H - 1) << 16 | (WORK_W - 1)},
        {44, 0},
        {45, 0x3f800000},
        {46, 0},
        {47, 0},
        {48, 16},
        {49, 0},
        {50, (va + WORK_BLEND) | 1},
        {51, 0},
        {52, va + WORK_ZSD},
        {53, 0},
        {54, 0},
        {55, 0},
        {56, 0x47000a /* a strip of triangles */},
        {57, 0x10029},
        {58, 0x1ffff},
        {59, 0},
        {60, 0x3f800000},
    };

    for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
        w[n++] = cs_mov32(regs[i].reg, regs[i].value);
    return n;
}

/**
 * Appends a draw: vertices into the tiler (and @heap, a context of the kernel's with its first
 * @chunk; 0: without), then fragments. work_drawn() looks at the picture.
 */
static inline unsigned work_draw(const struct work *b, uint64_t *w, unsigned n, uint64_t heap,
                                 uint64_t chunk, uint32_t chunk_size)
{
    enum { START, END };

    work_put_stages(b);
    work_put_scene(b, chunk, chunk_size);
    memset(b->cpu + WORK_PICTURE, 0, 4 * WORK_W * WORK_H);
    w[n++] = cs_mov48(80, heap);
    w[n++] = cs_heap_set(80);
    n = work_registers(b, w, n);
    w[n++] = cs_req_res(0xf);
    w[n++] = cs_heap_op(START);
    w[n++] = CS_OP(6) | CS_AT(1, 33) | CS_AT(1, 38); /* RUN_IDVS, fragment resources of their own */
    w[n++] = cs_wait(0xff);
    w[n++] = CS_OP(9); /* FINISH_TILING */
    w[n++] = cs_wait(0xff);
    w[n++] = cs_heap_op(END);
    w[n++] = cs_mov48(40, (b->va + WORK_FBD) | 1); /* the tag: one target */
    w[n++] = cs_mov48(42, 0);
    w[n++] = cs_mov32(43, (WORK_H - 1) << 16 | (WORK_W - 1));
    w[n++] = cs_mov48(44, 0);
    w[n++] = CS_OP(7); /* RUN_FRAGMENT */
    w[n++] = cs_wait(0xff);
    w[n++] = cs_mov48(86, b->va + WORK_TILER);
    w[n++] = cs_load(82, 86, 0xf, 40); /* the chunks that it took, first and last */
    w[n++] = cs_wait(0xff);
    w[n++] = CS_OP(11) | CS_AT(82, 40) | CS_AT(84, 32) | 1; /* FINISH_FRAGMENT */
    return n;
}

/** Whether the picture is there: cleared outside of the rectangle, something else in it. */
static inline bool work_drawn(const struct work *b)
{
    const volatile uint32_t *at = (const volatile uint32_t *)(b->cpu + WORK_PICTURE);
    uint32_t corner = at[0], middle = at[WORK_W * (WORK_H / 2) + WORK_W / 2];

    return corner == WORK_BACK && middle != WORK_BACK && middle >> 24 == 0xff;
}

#endif
