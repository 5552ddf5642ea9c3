/*
 * RUN_FULLSCREEN: descriptors by hand as Mesa's pan_csf.c and panvk_vX_cmd_draw.c make them, a
 * shader that gives the colour of its uniforms, then RUN_FRAGMENT, and the target is looked at.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "../../hw/pipeline/gfx.h"
#include "../../hw/tools/native.h"
#include "tap.h"

#define PAGES   64
#define DATA    0x20000000u
#define SPD     (DATA + 0x0)
#define TSD     (DATA + 0x80)
#define ZSD     (DATA + 0xc0) /* of draw n: 32 bytes */
#define BLEND   (DATA + 0x140)
#define TILER   (DATA + 0x180)
#define HEAP    (DATA + 0x200)
#define FBD     (DATA + 0x280) /* parameters, depth/stencil, one target */
#define FAU     (DATA + 0x400) /* of draw n: 16 bytes */
#define DCD     (DATA + 0x800) /* of draw n: 128 bytes */
#define TARGET  (DATA + 0x4000)
#define DEPTH   (DATA + 0x8000)
#define CHUNK   (DATA + 0xc000)
#define CODE    0x30000000u
#define WIDTH   64u
#define HEIGHT  48u
#define CLEAR   0xff996633u
#define DCD_REG 64 /* as pan_csf.c has it */

#define Z_ALWAYS 0xe4c00000u /* fixed-function depth, clamped to 0..1 */
#define Z_LESS   0x24c00000u
#define Z_WRITE  0x08000000u
#define Z_BIAS   0x10000000u

static const uint64_t shader[] = {
    0x0091c00000000080, /* MOV.i32 r0, u0 */
    0x0091c10000000081, 0x0091c20000000082,
    0x0091c30000000083, 0x487dbc0200ea037c, /* ATEST.wait @r60, ^r60, r3 */
    0x787f4008323c00f0,                     /* BLEND.slot0.v4.f32.end @r0:r3 */
};

/* What draw n looks like. */
static const float colour[4][4] = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}, {1, 1, 1, 1}};
static const uint32_t words[4] = {0xff0000ff, 0xff00ff00, 0xffff0000, 0xffffffff};

struct world {
    struct native *n;
    uint64_t token;
    struct mali_fault fault;
    struct mali_job job;
};

static void put(struct world *w, uint64_t va, const void *from, size_t bytes)
{
    TAP_CHECK(native_write(w->n, va, from, bytes));
}

static void put32(struct world *w, uint64_t va, uint32_t v)
{
    put(w, va, &v, 4);
}

static uint32_t get32(struct world *w, uint64_t va)
{
    uint32_t v = 0;

    TAP_CHECK(native_read(w->n, va, &v, 4));
    return v;
}

/* One RGBA8 target and a D24S8, both linear and cleared; the depth to 1. */
static void put_framebuffer(struct world *w)
{
    const uint32_t size = (HEIGHT - 1) << 16 | (WIDTH - 1);
    const uint32_t fbd[16] = {[8] = size,      [10] = size,       [11] = 0x04005480,
                              [12] = 0x250100, [13] = 0x3f800000, [14] = TILER};
    const uint32_t zs[16] = {
        [0] = 0x80000025, [8] = DEPTH, [10] = WIDTH * 4, [11] = WIDTH * HEIGHT * 4};
    const uint32_t rt[16] = {[0] = 0x04000000, [1] = 0x86888299, [8] = TARGET, [10] = WIDTH * 4,
                             [12] = CLEAR,     [13] = CLEAR,     [14] = CLEAR, [15] = CLEAR};

    put(w, FBD, fbd, sizeof(fbd));
    put(w, FBD + 128, zs, sizeof(zs));
    put(w, FBD + 192, rt, sizeof(rt));
}

/* The descriptor of draw @i, which tests depth by @z; @bias: the depth that it asks for. */
static void put_draw(struct world *w, unsigned i, uint32_t z, float bias)
{
    uint32_t zsd[8] = {7, 0, 0, 0, z, 0x7f800000 /* infinite units */};
    const uint32_t dcd[32] = {
        [0] = 0x10029, [1] = 0x1ffff, [7] = 0x3f800000, [10] = ZSD + 32 * i, [12] = BLEND | 1,
        [17] = 2,      [26] = SPD,    [28] = TSD,       [30] = FAU + 16 * i};

    memcpy(&zsd[7], &bias, 4);
    put(w, ZSD + 32 * i, zsd, sizeof(zsd));
    put(w, DCD + 128 * i, dcd, sizeof(dcd));
    put(w, FAU + 16 * i, colour[i], sizeof(colour[i]));
}

static struct world *world_new(unsigned layers)
{
    static const uint32_t spd[4] = {0x80000128, 0x3000, CODE, 0};
    static const uint32_t blend[4] = {0xa00, 0xf0122122, 0x1a, 0xed000};
    const uint32_t tiler[5] = {0, 0, 0x400fe, (HEIGHT - 1) << 16 | (WIDTH - 1), layers - 1};
    struct world *w = calloc(1, sizeof(*w));

    w->n = native_new(PAGES, 1);
    w->n->quiet = true;
    TAP_CHECK(native_map_new(w->n, DATA, 16, NATIVE_RW) &&
              native_map_new(w->n, CODE, 1, NATIVE_R | NATIVE_X));
    put(w, SPD, spd, sizeof(spd));
    put32(w, TSD + 4, 0x1f);
    put(w, BLEND, blend, sizeof(blend));
    put(w, TILER, tiler, sizeof(tiler));
    put(w, CODE, shader, sizeof(shader));
    put_framebuffer(w);
    for (unsigned i = 0; i < 4; i++)
        put_draw(w, i, Z_ALWAYS, 0);
    return w;
}

static void world_free(struct world *w)
{
    native_free(w->n);
    free(w);
}

/* --- jobs -------------------------------------------------------------------------------- */

static enum mali_job_result submit(struct world *w)
{
    enum mali_job_result r = MALI_JOB_AGAIN;

    w->job.as = NATIVE_AS;
    w->job.tlb = w->n->tlb;
    w->job.token = &w->token;
    w->job.ip = 0x1000;
    for (unsigned i = 0; i < 1000 && r == MALI_JOB_AGAIN; i++)
        r = mali_pipeline_submit(w->n->pipeline, &w->job, NULL, &w->fault);
    return r;
}

/* Makes draw @i of pixels (x0, y0) to (x1, y1) the job to submit. */
static void aim(struct world *w, unsigned i, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    w->job = (struct mali_job){
        .type = MALI_JOB_FULLSCREEN, .instr = 8ull << 56 | (uint64_t)DCD_REG << 40, .core_mask = 1};
    w->job.regs[40] = TILER;
    w->job.regs[42] = y0 << 16 | x0;
    w->job.regs[43] = y1 << 16 | x1;
    w->job.regs[56] = 0x30000; /* both depth culls: the packing's default in Mesa */
    w->job.regs[DCD_REG] = DCD + 128 * i;
}

static void draw(struct world *w, unsigned i, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    aim(w, i, x0, y0, x1, y1);
    TAP_CHECK_EQ(submit(w), MALI_JOB_DONE);
    TAP_CHECK_EQ(w->token, 0);
}

static void fragments(struct world *w)
{
    w->job = (struct mali_job){.type = MALI_JOB_FRAGMENT, .instr = 7ull << 56, .core_mask = 1};
    w->job.regs[40] = FBD | 3;
    w->job.regs[43] = (HEIGHT - 1) << 16 | (WIDTH - 1);
    TAP_CHECK_EQ(submit(w), MALI_JOB_DONE);
}

static uint32_t pixel(struct world *w, unsigned x, unsigned y)
{
    return get32(w, TARGET + 4 * (y * WIDTH + x));
}

/* Pixels of colour @c; @outside: of them, those that are not in the rectangle. */
static unsigned pixels(struct world *w, uint32_t c, unsigned x0, unsigned y0, unsigned x1,
                       unsigned y1, unsigned *outside)
{
    unsigned n = 0;

    *outside = 0;
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            bool is = pixel(w, x, y) == c;
            n += is;
            *outside += is && (x < x0 || x > x1 || y < y0 || y > y1);
        }
    return n;
}

/* --- tests --------------------------------------------------------------------------------- */

/* Every pixel of the scissor once, over tiles, and none beside it. */
static void covers_the_scissor(void)
{
    static const uint16_t boxes[][4] = {
        {5, 3, 40, 33}, {0, 0, 0, 0}, {31, 31, 32, 32}, {63, 47, 63, 47}, {0, 0, 0xffff, 0xffff}};

    for (unsigned i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        const uint16_t *b = boxes[i];
        struct world *w = world_new(1);
        unsigned x1 = b[2] < WIDTH ? b[2] : WIDTH - 1, y1 = b[3] < HEIGHT ? b[3] : HEIGHT - 1;
        unsigned outside, all = (x1 - b[0] + 1) * (y1 - b[1] + 1);

        draw(w, 1, b[0], b[1], b[2], b[3]);
        fragments(w);
        TAP_CHECK_EQ(pixels(w, words[1], b[0], b[1], x1, y1, &outside), all);
        TAP_CHECK_EQ(outside, 0);
        TAP_CHECK_EQ(pixels(w, CLEAR, 0, 0, WIDTH, HEIGHT, &outside), WIDTH * HEIGHT - all);
        world_free(w);
    }
}

static void empty_scissor(void)
{
    struct world *w = world_new(1);
    unsigned outside;

    draw(w, 1, 20, 20, 19, 30);
    draw(w, 1, WIDTH, 0, WIDTH + 5, 5);
    TAP_REQUIRE(w->n->pipeline->passes);
    TAP_CHECK_EQ(w->n->pipeline->passes->prims, 0);
    fragments(w);
    TAP_CHECK_EQ(pixels(w, CLEAR, 0, 0, WIDTH, HEIGHT, &outside), WIDTH * HEIGHT);
    world_free(w);
}

/* Draws of one pass, each with its own descriptor, the later on top. */
static void in_order(void)
{
    struct world *w = world_new(1);

    draw(w, 0, 0, 0, 40, 40);
    draw(w, 1, 10, 10, 30, 30);
    draw(w, 2, 20, 20, 50, 45);
    TAP_CHECK_EQ(w->n->pipeline->passes->draws, 3);
    fragments(w);
    TAP_CHECK_EQ(pixel(w, 5, 5), words[0]);
    TAP_CHECK_EQ(pixel(w, 15, 15), words[1]);
    TAP_CHECK_EQ(pixel(w, 25, 25), words[2]);
    TAP_CHECK_EQ(pixel(w, 40, 35), words[2]);
    TAP_CHECK_EQ(pixel(w, 55, 5), CLEAR);
    world_free(w);
}

/* The primitive lies at 0; panvk moves it with a clamped bias without bounds. */
static void depth(void)
{
    struct world *w = world_new(1);

    put_draw(w, 0, Z_ALWAYS | Z_WRITE | Z_BIAS, 0.25f);
    put_draw(w, 1, Z_LESS | Z_BIAS, 0.5f);
    put_draw(w, 2, Z_LESS | Z_WRITE, 0);
    draw(w, 0, 0, 0, 31, 31);
    draw(w, 1, 0, 0, 47, 31); /* behind the first */
    draw(w, 2, 16, 0, 39, 31);
    fragments(w);
    TAP_CHECK_EQ(pixel(w, 8, 8), words[0]);
    TAP_CHECK_EQ(get32(w, DEPTH + 4 * (8 * WIDTH + 8)) & 0xffffff, 0x400000);
    TAP_CHECK_EQ(pixel(w, 20, 8), words[2]);
    TAP_CHECK_EQ(get32(w, DEPTH + 4 * (8 * WIDTH + 20)) & 0xffffff, 0);
    TAP_CHECK_EQ(pixel(w, 44, 8), words[1]);
    TAP_CHECK_EQ(get32(w, DEPTH + 4 * (8 * WIDTH + 44)) & 0xffffff, 0xffffff);
    world_free(w);
}

/* panvk's barrier in a pass: no shader, no targets, depth and stencil left alone. */
static void barrier(void)
{
    struct world *w = world_new(1);
    const uint32_t dcd[32] = {[0] = 1u << 10, [1] = 0xffff, [10] = ZSD};
    unsigned outside;

    draw(w, 1, 0, 0, 9, HEIGHT - 1);
    put(w, DCD, dcd, sizeof(dcd));
    draw(w, 0, 0, 0, 0xffff, 0xffff);
    fragments(w);
    TAP_CHECK_EQ(pixels(w, words[1], 0, 0, 9, HEIGHT, &outside), 10 * HEIGHT);
    TAP_CHECK_EQ(pixels(w, CLEAR, 10, 0, WIDTH, HEIGHT, &outside), (WIDTH - 10) * HEIGHT);
    TAP_CHECK_EQ(outside, 0);
    world_free(w);
}

/* Primitives of each layer, as bits. */
static unsigned layers_drawn(uint32_t offset, uint32_t flags, uint64_t override)
{
    struct world *w = world_new(4);
    const struct gfx_pass *pass;
    unsigned drawn = 0;

    put32(w, TILER + 16, 3 | (offset & 0x1ff) << 8);
    aim(w, 0, 0, 0, 9, 9);
    w->job.regs[56] = flags;
    w->job.instr |= override;
    TAP_CHECK_EQ(submit(w), MALI_JOB_DONE);
    pass = w->n->pipeline->passes;
    for (unsigned l = 0; TAP_CHECK(pass) && l < pass->layers; l++)
        drawn |= (pass->bin[l * pass->tiles_x * pass->tiles_y].count != 0) << l;
    world_free(w);
    return drawn;
}

static void layers(void)
{
    TAP_CHECK_EQ(layers_drawn(0, 0, 0), 1);
    TAP_CHECK_EQ(layers_drawn(0, 6u << 24, 0), 6);
    TAP_CHECK_EQ(layers_drawn(0, 2u << 24, 8u << 24), 10); /* the instruction's flags, too */
    TAP_CHECK_EQ(layers_drawn(2, 0xffu << 24, 0), 12);
    TAP_CHECK_EQ(layers_drawn((uint32_t)-1, 3u << 24, 0), 1);
}

static void faults_with(struct world *w, uint8_t code, uint64_t info)
{
    TAP_CHECK_EQ(submit(w), MALI_JOB_FAULTED);
    TAP_CHECK_EQ(w->fault.code, code);
    TAP_CHECK_EQ(w->fault.info, info);
    TAP_CHECK_EQ(w->token, 0);
    TAP_CHECK(!w->n->pipeline->passes);
}

static void faults(void)
{
    struct world *w = world_new(1);

    aim(w, 0, 0, 0, 9, 9);
    w->job.regs[DCD_REG] += 32;
    faults_with(w, MALI_DATA_INVALID_FAULT, DCD + 32);
    aim(w, 0, 0, 0, 9, 9);
    w->job.instr |= 0x7full << 40; /* a pair that begins with the last register */
    faults_with(w, MALI_DATA_INVALID_FAULT, 0x1000);
    aim(w, 0, 0, 0, 9, 9);
    w->job.instr |= 1u << 21; /* an array of scissors */
    faults_with(w, MALI_DATA_INVALID_FAULT, 0x230000);
    aim(w, 0, 0, 0, 9, 9);
    w->job.core_mask = 0;
    faults_with(w, MALI_CS_ENDPOINT_FAULT, 0x1000);
    for (unsigned i = 0; i < 2; i++) { /* tiler context or draw descriptor are not mapped */
        aim(w, 0, 0, 0, 9, 9);
        w->job.regs[i ? DCD_REG : 40] = 0x10000000;
        TAP_CHECK_EQ(submit(w), MALI_JOB_FAULTED);
        TAP_CHECK_EQ(w->fault.memory, true);
        TAP_CHECK_EQ(w->fault.va, 0x10000000);
    }
    TAP_CHECK(!w->n->pipeline->passes);
    world_free(w);
}

/*
 * The second draw finds no chunk for what the first one's bins owe. Then it gets one, or the pass
 * was drawn and the tiler context reset: the draw goes to a new pass.
 */
static void out_of_memory(void)
{
    for (unsigned drawn = 0; drawn < 2; drawn++) {
        struct world *w = world_new(1);
        const uint64_t chunk = CHUNK | 1, none = 0;
        const struct gfx_pass *pass;

        put32(w, HEAP + 20, 1); /* the chain was taken */
        aim(w, 0, 0, 0, 9, 9);
        w->job.heap = HEAP;
        TAP_CHECK_EQ(submit(w), MALI_JOB_DONE);
        aim(w, 1, 20, 20, 29, 29);
        w->job.heap = HEAP;
        for (unsigned i = 0; i < 2; i++) {
            TAP_CHECK_EQ(submit(w), MALI_JOB_OOM);
            TAP_CHECK(w->token);
        }
        TAP_CHECK_EQ(w->n->pipeline->passes->draws, 1);
        put(w, drawn ? TILER : HEAP, drawn ? &none : &chunk, 8);
        if (drawn)
            put(w, HEAP, &chunk, 8);
        TAP_CHECK_EQ(submit(w), MALI_JOB_DONE);
        TAP_CHECK_EQ(w->token, 0);
        pass = w->n->pipeline->passes;
        TAP_REQUIRE(pass);
        TAP_CHECK_EQ(pass->draws, drawn ? 1 : 2);
        TAP_CHECK_EQ(pass->heap.first, chunk);
        fragments(w);
        TAP_CHECK_EQ(pixel(w, 25, 25), words[1]);
        TAP_CHECK_EQ(pixel(w, 5, 5), drawn ? CLEAR : words[0]);
        world_free(w);
    }
}

TAP_MAIN({"covers-the-scissor", covers_the_scissor}, {"empty-scissor", empty_scissor},
         {"in-order", in_order}, {"depth", depth}, {"barrier", barrier}, {"layers", layers},
         {"faults", faults}, {"out-of-memory", out_of_memory})
