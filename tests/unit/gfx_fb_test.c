/*
 * Framebuffer descriptors as memory has them: what is read from one, and what is refused with
 * DATA_INVALID_FAULT because it is not modelled or not valid.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../hw/pipeline/gfx.h"

#define AS     1
#define FB     0x100000ull     /* the descriptor, */
#define TARGET (FB + 128)      /* its only render target, */
#define TAG    (FB | 1)        /* and how jobs name it */
#define PIXELS 0x200000ull     /* where the target is written */
#define SIZE   16u             /* pixels of a side */
#define RGBA8  (1u << 26)      /* internal format of the target */
#define WRITE  (1u | 19u << 3) /* write-back as R8G8B8A8, */
#define LINEAR (2u << 8)       /* in rows */

struct bench {
    struct fake_host *h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *p;
    struct core k;
    uint32_t *fb, *rt;
};

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    uint64_t root;

    b->h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    b->mmu = mali_mmu_new(&b->h->bus, 48, 40, 0xff);
    b->tlb = mali_tlb_new(b->mmu);
    b->p = mali_pipeline_new(&b->h->bus, 1);
    root = pt_new_root(b->h);
    pt_map(b->h, root, FB, fake_page(b->h, 1), 4096, PT_R | PT_W);
    pt_map(b->h, root, PIXELS, fake_page(b->h, 2), 4096, PT_R | PT_W);
    fake_as_enable(b->mmu, AS, root);
    b->k = (struct core){.pipeline = b->p, .tlb = b->tlb, .as = AS};
    b->fb = fake_ram(b->h, fake_page(b->h, 1), 4096);
    b->rt = b->fb + 32;
    b->fb[8] = (SIZE - 1) | (SIZE - 1) << 16;
    b->fb[10] = b->fb[8];
    b->rt[0] = RGBA8;
    b->rt[1] = WRITE | LINEAR | 1u << 19 | 2u << 22 | 3u << 25; /* components in their order */
    b->rt[8] = (uint32_t)PIXELS;
    b->rt[10] = 4 * SIZE;
    return b;
}

static void bench_free(struct bench *b)
{
    mali_pipeline_free(b->p);
    mali_tlb_free(b->tlb);
    mali_mmu_free(b->mmu);
    fake_host_free(b->h);
    free(b);
}

static void read_back(void)
{
    struct bench *b = bench_new();
    struct gfx_fb fb;

    TAP_CHECK_EQ(gfx_fb_load(&b->k, TAG, &fb), MALI_MEM_OK);
    TAP_CHECK_EQ(fb.width, SIZE);
    TAP_CHECK_EQ(fb.height, SIZE);
    TAP_CHECK_EQ(fb.samples, 1);
    TAP_CHECK_EQ(fb.rts, 1);
    TAP_CHECK_EQ(fb.rt[0].base, PIXELS);
    TAP_CHECK_EQ(fb.rt[0].bytes, 4);
    bench_free(b);
}

/* A pattern of 16 samples over targets with one; 5 is no pattern. */
static void forced_samples(void)
{
    struct bench *b = bench_new();
    struct gfx_fb fb;

    TAP_CHECK_EQ(gfx_fb_load(&b->k, TAG, &fb), MALI_MEM_OK);
    TAP_CHECK_EQ(fb.forced, 0);
    b->fb[11] = 4 << 3;
    TAP_CHECK_EQ(gfx_fb_load(&b->k, TAG, &fb), MALI_MEM_OK);
    TAP_CHECK_EQ(fb.samples, 1);
    TAP_CHECK_EQ(fb.forced, 16);
    TAP_CHECK_EQ(fb.sample_x[0], 144);
    TAP_CHECK_EQ(fb.sample_x[12], 0);
    TAP_CHECK_EQ(fb.sample_y[9], 16);
    b->fb[11] = 5 << 3;
    TAP_CHECK_EQ(gfx_fb_load(&b->k, TAG, &fb), MALI_MEM_FAULT);
    TAP_CHECK_EQ(b->k.fault.code, MALI_DATA_INVALID_FAULT);
    bench_free(b);
}

/* Word 0 of a render target with @bits more set. */
static void refuse_target(uint32_t bits)
{
    struct bench *b = bench_new();
    struct gfx_fb fb;

    b->rt[0] |= bits;
    TAP_CHECK_EQ(gfx_fb_load(&b->k, TAG, &fb), MALI_MEM_FAULT);
    TAP_CHECK_EQ(b->k.fault.code, MALI_DATA_INVALID_FAULT);
    TAP_CHECK_EQ(b->k.fault.info, TARGET);
    bench_free(b);
}

static void yuv_targets(void)
{
    refuse_target(1u << 24); /* planes of luma and chroma */
    refuse_target(7);        /* the same with a fixed rate */
    refuse_target(1u << 24 | 7u);
}

/* Write-back modes: 6 and 7 are those of fixed rates. */
static void unknown_modes(void)
{
    for (uint32_t mode = 1; mode < 16; mode++)
        refuse_target(mode);
}

TAP_MAIN({"read-back", read_back}, {"forced-samples", forced_samples}, {"yuv-targets", yuv_targets},
         {"unknown-modes", unknown_modes})
