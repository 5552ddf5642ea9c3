/*
 * Hostile draws: a scene that is valid, of descriptors and shaders as Mesa makes them, in which the
 * input changes words; then RUN_IDVS, RUN_FULLSCREEN and RUN_FRAGMENT over it. Promises: a submit
 * ends, and so do its slices; a fault has a code; a job that was dropped does not come back; the
 * unchanged scene is drawn (checked once, before any input).
 *
 * Input: a byte of flags, then changes until it ends: a byte that says which descriptor, shader or
 * register, a byte for the word, how many bytes fz_value() takes for the value.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "harness.h"
#include "../../hw/mmu/mmu.h"
#include "../../hw/pipeline/pipeline.h"

#define CODE_VA 0x50000000ull
#define SPD     (HX_DATA_VA + 0x0) /* position, varyings, fragment: 32 bytes each */
#define TSD     (HX_DATA_VA + 0x80)
#define ZSD     (HX_DATA_VA + 0xc0)
#define BLEND   (HX_DATA_VA + 0x100)
#define SRT     (HX_DATA_VA + 0x140)
#define FAU     (HX_DATA_VA + 0x180)
#define TILER   (HX_DATA_VA + 0x200)
#define FBD     (HX_DATA_VA + 0x280) /* parameters, depth/stencil, one target */
#define DCDS    (HX_DATA_VA + 0x400) /* of frame shaders, 128 bytes each */
#define SAMPLES (HX_DATA_VA + 0x600)
#define INDICES (HX_DATA_VA + 0x700)
#define TARGET  (HX_DATA_VA + 0x8000)
#define DEPTH   (HX_DATA_VA + 0xc000)
#define WIDTH   64u
#define HEIGHT  48u
#define SLICES  60
#define DCD_REG 60 /* RUN_FULLSCREEN's draw descriptor; of the registers that change() may hit */

static const uint64_t RUN_IDVS = 6ull << 56 | 1ull << 33 | 1ull << 38; /* fragment resources: r4 */
static const uint64_t RUN_FRAGMENT = 7ull << 56;
static const uint64_t RUN_FULLSCREEN = 8ull << 56 | (uint64_t)DCD_REG << 40;

enum { IDVS, FRAGMENT, FULLSCREEN, JOBS };

/* Code in CODE_VA's page, as Mesa 25.0 compiles a quad, its position and its ramp of colours. */
static const uint64_t position_code[] = {
    0x0110c000000001c0, 0x00b4c1011000c03c, 0x0090c10000090041, 0x00b4c2041dc0c47c,
    0x00b4c0011040c042, 0x0090c00000090040, 0x0091c20000000086, 0x00a4c21000004288,
    0x00b2c10000864241, 0x0091c20000000087, 0x00a4c21000004289, 0x00b2c00000874240,
    0x0091c20000000083, 0x00b2c10000428041, 0x0091c20000000084, 0x00b2c00000428140,
    0x0091c20000000082, 0x0091c30000000085, 0x00b2c2000043428a, 0x0091c40000000041,
    0x0091c50000000040, 0x0091c60000000042, 0x0091c700000000d0, 0x085e800400000d7b,
    0x7861440879000040,
};
static const uint64_t varying_code[] = {
    0x0110c000000001c0, 0x00b4c1011000c03c, 0x0090c10000090041, 0x00b4c2041dc0c47c,
    0x00b4c0011040c042, 0x0090c00000090040, 0x0091c20000000041, 0x0091c30000000040,
    0x085e800400000d7b, 0x786142046a000040,
};
static const uint64_t fragment_code[] = {
    0x085c80041200007d, 0x0091c200000000c0, 0x0091c300000000d0, 0x487dbc0200ea447c,
    0x787f4008323c00f0, 0x0110f000000000c0, 0x002fc1100000f1c0,
};

/* Viewport scale and offset, the rectangle, its depth, 1.0: what position_code reads. */
static const float uniforms[12] = {32, 24, 1, 32, 24, 0, -0.9f, -1, 1, 1, 0.5f, 1};

/* A scene in memory, and the registers of its jobs. */
struct scene {
    struct hx h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *pipeline;
    uint64_t code_pa;
    struct mali_job job[JOBS];
};

static void *at(struct scene *s, uint64_t va)
{
    return hx_ram(&s->h, s->h.data_pa + (va - HX_DATA_VA), 4);
}

static void put32(struct scene *s, uint64_t va, uint32_t v)
{
    memcpy(at(s, va), &v, 4);
}

static void put_words(struct scene *s, uint64_t va, const uint32_t *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put32(s, va + 4 * i, w[i]);
}

static void put_code(struct scene *s, unsigned spd, const uint64_t *code, size_t bytes)
{
    static const uint32_t flags[3] = {0x80000138, 0x80000038, 0x80000128};
    static const uint32_t preload[3] = {0x1800, 0x1800, 0x3000};
    uint32_t offset = 0x400 * spd;
    const uint32_t w[4] = {flags[spd], preload[spd], (uint32_t)CODE_VA + offset, 0};

    put_words(s, SPD + 32 * spd, w, 4);
    memcpy(hx_ram(&s->h, s->code_pa + offset, bytes), code, bytes);
}

/* One RGBA8 target and a D24S8, both linear; a cleared frame; frame shaders as yet never run. */
static void put_framebuffer(struct scene *s)
{
    const uint32_t size = (HEIGHT - 1) << 16 | (WIDTH - 1);
    const uint32_t fbd[16] = {
        [4] = (uint32_t)SAMPLES, [6] = (uint32_t)DCDS, [8] = size,        [10] = size,
        [11] = 0x04005480,       [12] = 0x250100,      [13] = 0x3f800000, [14] = (uint32_t)TILER};
    const uint32_t zs[16] = {
        [0] = 0x80000025, [8] = (uint32_t)DEPTH, [10] = WIDTH * 4, [11] = WIDTH * HEIGHT * 4};
    const uint32_t rt[16] = {
        [0] = 0x04000000,  [1] = 0x86888299,  [8] = (uint32_t)TARGET, [10] = WIDTH * 4,
        [12] = 0xff996633, [13] = 0xff996633, [14] = 0xff996633,      [15] = 0xff996633};
    const uint32_t dcd[32] = {[0] = 0x200,
                              [1] = 0x1ffff,
                              [7] = 0x3f800000,
                              [10] = (uint32_t)ZSD,
                              [12] = (uint32_t)BLEND | 1,
                              [26] = (uint32_t)SPD + 64,
                              [28] = (uint32_t)TSD};

    put_words(s, FBD, fbd, 16);
    put_words(s, FBD + 128, zs, 16);
    put_words(s, FBD + 192, rt, 16);
    for (unsigned i = 0; i < 3; i++)
        put_words(s, DCDS + 128 * i, dcd, 32);
    for (unsigned i = 0; i < 16; i++)
        put32(s, SAMPLES + 4 * i, (i * 37 & 0xff) | (i * 91 & 0xff) << 16);
}

static void put_scene(struct scene *s)
{
    static const uint32_t zsd[8] = {7, 0, 0, 0, 0xe4c00000};
    static const uint32_t blend[4] = {0xa00, 0xf0122122, 0x1a, 0xed000};
    const uint32_t tiler[4] = {0, 0, 0x400fe, (HEIGHT - 1) << 16 | (WIDTH - 1)};

    put_code(s, 0, position_code, sizeof(position_code));
    put_code(s, 1, varying_code, sizeof(varying_code));
    put_code(s, 2, fragment_code, sizeof(fragment_code));
    put32(s, TSD + 4, 0x1f);
    put_words(s, ZSD, zsd, 8);
    put_words(s, BLEND, blend, 4);
    put_words(s, FAU, (const uint32_t *)uniforms, 12);
    put_words(s, TILER, tiler, 4);
    for (unsigned i = 0; i < 64; i++)
        put32(s, INDICES + 4 * i, i % 5 | (i % 7) << 16);
    put_framebuffer(s);
}

static void put_registers(struct scene *s)
{
    static const struct {
        uint8_t reg;
        uint32_t value;
    } draw[] = {
        {0, (uint32_t)SRT},
        {4, (uint32_t)SRT},
        {8, (uint32_t)FAU},
        {9, 6u << 24},
        {12, (uint32_t)FAU},
        {13, 2u << 24},
        {16, (uint32_t)SPD},
        {18, (uint32_t)SPD + 32},
        {20, (uint32_t)SPD + 64},
        {24, (uint32_t)TSD},
        {33, 4},
        {34, 2},
        {39, 256},
        {40, (uint32_t)TILER},
        {43, (HEIGHT - 1) << 16 | (WIDTH - 1)},
        {45, 0x3f800000},
        {48, 16},
        {50, (uint32_t)BLEND | 1},
        {52, (uint32_t)ZSD},
        {54, (uint32_t)INDICES},
        {56, 0x0047000a},
        {57, 0x10029},
        {58, 0x1ffff},
        {60, 0x3f800000},
    };

    s->job[IDVS].type = MALI_JOB_IDVS;
    s->job[IDVS].instr = RUN_IDVS;
    for (unsigned i = 0; i < sizeof(draw) / sizeof(draw[0]); i++)
        s->job[IDVS].regs[draw[i].reg] = draw[i].value;
    s->job[FRAGMENT].type = MALI_JOB_FRAGMENT;
    s->job[FRAGMENT].instr = RUN_FRAGMENT;
    s->job[FRAGMENT].regs[40] = (uint32_t)FBD | 3;
    s->job[FRAGMENT].regs[43] = (HEIGHT - 1) << 16 | (WIDTH - 1);
    s->job[FULLSCREEN].type = MALI_JOB_FULLSCREEN;
    s->job[FULLSCREEN].instr = RUN_FULLSCREEN;
    s->job[FULLSCREEN].regs[40] = (uint32_t)TILER;
    s->job[FULLSCREEN].regs[43] = 0xffffffff;
    s->job[FULLSCREEN].regs[DCD_REG] = (uint32_t)DCDS + 128; /* a frame shader's, too */
}

/* --- changes -------------------------------------------------------------------------------- */

/* What a change may hit: where it begins, its words. */
static const struct {
    uint64_t va;
    unsigned words;
} places[] = {
    {SPD, 24},      {TSD, 8},   {ZSD, 8},      {BLEND, 4},      {FAU, 16},
    {TILER, 32},    {FBD, 16},  {FBD + 32, 8}, {FBD + 128, 16}, {FBD + 192, 16},
    {FBD + 192, 4}, {DCDS, 96}, {SRT, 16},     {SAMPLES, 16},   {INDICES, 64},
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static void change(struct scene *s, struct fz *f)
{
    static const uint16_t code[3] = {sizeof(position_code) / 4, sizeof(varying_code) / 4,
                                     sizeof(fragment_code) / 4};
    unsigned what = fz_u8(f) % (PLACES + 7), word = fz_u8(f);
    uint32_t v = (uint32_t)fz_value(f), old;
    uint8_t *p;

    if (what < PLACES) {
        p = at(s, places[what].va + 4 * (word % places[what].words));
    } else if (what < PLACES + 3) {
        what -= PLACES;
        p = hx_ram(&s->h, s->code_pa + 0x400 * what + 4 * (word % code[what]), 4);
    } else {
        struct mali_job *j = &s->job[what < PLACES + 5 ? IDVS : what - PLACES - 4];
        if (word >= 0x80)
            j->instr ^= 1ull << (word & 55);
        p = (uint8_t *)&j->regs[word % 62];
    }
    memcpy(&old, p, 4);
    v = word & 0x40 ? old ^ 1u << (v & 31) : v; /* a bit, or all of it */
    memcpy(p, &v, 4);
}

/* --- running -----------------------------------------------------------------------------------
 */

static enum mali_job_result run_job(struct scene *s, struct mali_job *j, bool drop)
{
    enum mali_job_result r = MALI_JOB_AGAIN;
    uint64_t token = 0;

    j->token = &token;
    for (unsigned i = 0; i < SLICES; i++) {
        struct mali_fault fault = {0};
        r = mali_pipeline_submit(s->pipeline, j, NULL, &fault);
        if (r == MALI_JOB_FAULTED && fault.code < 0x04)
            hx_die("a fault without a code");
        if (r != MALI_JOB_AGAIN && r != MALI_JOB_STALL)
            return r;
        if (!token)
            hx_die("a job goes on without a token");
        if (drop && i == 2) {
            mali_pipeline_drop(s->pipeline, token);
            if (mali_pipeline_submit(s->pipeline, j, NULL, &fault) != MALI_JOB_FAULTED)
                hx_die("a job came back");
            return MALI_JOB_FAULTED;
        }
    }
    mali_pipeline_drop(s->pipeline, token);
    return r;
}

static void scene_init(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    hx_init(&s->h, NULL);
    hx_user_space(&s->h);
    s->code_pa = hx_pages(&s->h, 1);
    hx_map(&s->h, s->h.root1, CODE_VA, s->code_pa, 4096, HX_R | HX_X);
    s->mmu = mali_mmu_new(&s->h.bus, 48, 40, 0x3);
    for (unsigned half = 0; half < 2; half++) {
        mali_mmu_reg_write(s->mmu, 1, 0x00 + 4 * half, (uint32_t)(s->h.root1 >> (32 * half)));
        mali_mmu_reg_write(s->mmu, 1, 0x08 + 4 * half, (uint32_t)(HX_MEMATTR >> (32 * half)));
        mali_mmu_reg_write(s->mmu, 1, 0x30 + 4 * half, (uint32_t)(HX_TRANSCFG >> (32 * half)));
    }
    mali_mmu_reg_write(s->mmu, 1, 0x18, 1);
    mali_mmu_run_commands(s->mmu);
    s->tlb = mali_tlb_new(s->mmu);
    s->pipeline = mali_pipeline_new(&s->h.bus, 1);
    put_scene(s);
    put_registers(s);
    for (unsigned i = 0; i < JOBS; i++) {
        s->job[i].as = HX_USER_AS;
        s->job[i].core_mask = 0xf;
        s->job[i].tlb = s->tlb;
        s->job[i].ip = HX_STREAM_VA + 8 * i;
    }
}

static void scene_fini(struct scene *s)
{
    mali_pipeline_free(s->pipeline);
    mali_tlb_free(s->tlb);
    mali_mmu_free(s->mmu);
    hx_fini(&s->h);
}

/* The scene itself: drawn, and not only cleared. */
static void check_scene(void)
{
    struct scene s;
    uint32_t middle, corner;

    scene_init(&s);
    for (unsigned i = IDVS; i <= FRAGMENT; i++)
        if (run_job(&s, &s.job[i], false) != MALI_JOB_DONE)
            hx_die(i ? "the scene's fragments are refused" : "the scene's vertices are refused");
    memcpy(&middle, at(&s, TARGET + 4 * (WIDTH * HEIGHT / 2 + WIDTH / 2)), 4);
    memcpy(&corner, at(&s, TARGET), 4);
    if (corner != 0xff996633 || middle == corner)
        hx_die("the scene is not drawn");
    if (run_job(&s, &s.job[FULLSCREEN], false) != MALI_JOB_DONE ||
        run_job(&s, &s.job[FRAGMENT], false) != MALI_JOB_DONE)
        hx_die("the full-screen draw is refused");
    memcpy(&corner, at(&s, TARGET), 4);
    if (corner != 0xff000000) /* the shader's colour where there are no varyings */
        hx_die("the full-screen draw is not there");
    scene_fini(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool checked;
    struct fz f = {data, size};
    uint8_t flags = fz_u8(&f);
    struct scene s;

    if (!checked)
        check_scene();
    checked = true;
    scene_init(&s);
    while (f.n)
        change(&s, &f);
    if (!(flags & 0x80))
        run_job(&s, &s.job[IDVS], flags & 1);
    if (flags & 8)
        run_job(&s, &s.job[FULLSCREEN], flags & 1);
    run_job(&s, &s.job[FRAGMENT], flags & 2);
    if (flags & 4) /* the same target once more, with what the first go left in the pass */
        run_job(&s, &s.job[FRAGMENT], false);
    scene_fini(&s);
    return 0;
}
