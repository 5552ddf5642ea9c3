/*
 * The tiler heap's chunks: what the tiler takes from the kernel's chain and from the free list,
 * what it says of it in the tiler context, what happens when there is none left, and with hostile
 * memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"
#include "tap.h"

#include <stdlib.h>

#include "../../hw/pipeline/gfx.h"

#define AS    1
#define TILER 0x100000ull /* the tiler context */
#define HEAP  0x100100ull /* its heap descriptor */
#define CTX   0x100200ull /* the heap context */
#define CHUNK 0x200000ull /* chunks, 4 KiB apart in the tests, of 2 pages as they say */
#define FAR   0x700000ull /* not mapped */
#define BYTES (2 * 4096 - 64)

struct bench {
    struct fake_host *h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *p;
    struct core k;
    struct gfx_pass *pass;
    uint64_t root;
};

static uint64_t *at(struct bench *b, uint64_t va)
{
    uint64_t page = va >= CHUNK ? 8 + (va - CHUNK) / 4096 : 1;

    return fake_ram(b->h, fake_page(b->h, (unsigned)page) + (va & 4095), 8);
}

/* A heap of @chunks chunks, the first one being the last one made, as the kernel chains them. */
static struct bench *bench_new(unsigned chunks)
{
    struct bench *b = calloc(1, sizeof(*b));

    b->h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    b->mmu = mali_mmu_new(&b->h->bus, 48, 40, 0xff);
    b->tlb = mali_tlb_new(b->mmu);
    b->p = mali_pipeline_new(&b->h->bus, 1);
    b->root = pt_new_root(b->h);
    pt_map(b->h, b->root, TILER, fake_page(b->h, 1), 4096, PT_R | PT_W);
    pt_map(b->h, b->root, CHUNK, fake_page(b->h, 8), 8 * 4096, PT_R | PT_W);
    fake_as_enable(b->mmu, AS, b->root);
    b->k = (struct core){.pipeline = b->p, .tlb = b->tlb, .as = AS};
    b->pass = gfx_pass_new(b->p, 1, TILER, 64, 64, 1);
    *at(b, TILER + 24) = HEAP;
    *at(b, HEAP) = 0x29 | (uint64_t)2 << 44; /* size 8192 */
    *at(b, HEAP + 8) = CHUNK;
    for (unsigned i = 0; i + 1 < chunks; i++)
        *at(b, CHUNK + 4096 * i) = (CHUNK + 4096 * (i + 1)) | 2;
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

static enum mali_mem_result take(struct bench *b, uint64_t *need)
{
    return gfx_heap_take(&b->k, b->pass, CTX, need);
}

static void no_heap(void)
{
    struct bench *b = bench_new(1);
    uint64_t need = 1ull << 40;

    TAP_CHECK_EQ(gfx_heap_take(&b->k, b->pass, 0, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(need, 0);
    TAP_CHECK_EQ(*at(b, TILER + 40), 0);
    bench_free(b);
}

static void chain(void)
{
    struct bench *b = bench_new(3);
    uint64_t need = 100;

    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(need, 0);
    TAP_CHECK_EQ(*at(b, TILER + 40), CHUNK | 2); /* completed top, bottom */
    TAP_CHECK_EQ(*at(b, TILER + 48), CHUNK | 2);
    TAP_CHECK_EQ(*at(b, CTX), (CHUNK + 4096) | 2);

    need = BYTES; /* more than the first one has left */
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(need, 0);
    TAP_CHECK_EQ(*at(b, TILER + 40), CHUNK | 2);
    TAP_CHECK_EQ(*at(b, TILER + 48), (CHUNK + 4096) | 2);
    TAP_CHECK_EQ(*at(b, CHUNK), (CHUNK + 4096) | 2);

    need = 4 * BYTES; /* more than there is: what is there is taken */
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(need, 4 * BYTES - (3 * BYTES - 100 - BYTES));
    TAP_CHECK_EQ(*at(b, CTX), 0);
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK); /* the descriptor's chain is not taken twice */
    TAP_CHECK(need != 0);

    *at(b, CTX) = (CHUNK + 4 * 4096) | 1; /* one is returned, of another size */
    need = 4096 - 64;
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(need, 0);
    TAP_CHECK_EQ(*at(b, CHUNK + 2 * 4096),
                 (CHUNK + 4 * 4096) | 1); /* chained to what the pass had */
    TAP_CHECK_EQ(*at(b, TILER + 48), (CHUNK + 4 * 4096) | 1);
    bench_free(b);
}

/* Bins are owed and paid with the next batch; a renewed pass begins without chunks and keeps its
 * vertices. */
static void debts(void)
{
    struct bench *b = bench_new(2);
    struct gfx_draw d = {.vary_bytes = 4, .max_x = 63, .max_y = 63};
    uint64_t need = 0;
    uint32_t draw = 1;
    struct gfx_pass *next;

    gfx_pass_add_draw(b->p, b->pass, &d);
    gfx_pass_add_draw(b->p, b->pass, &d);
    TAP_REQUIRE(gfx_pass_add_vertices(b->p, b->pass, 1, 2));
    memcpy(b->pass->draw[1].vary, "abcdefgh", 8);
    TAP_REQUIRE(gfx_pass_add_prim(
        b->p, b->pass, &(struct gfx_prim){.x = {0, 256, 0}, .y = {0, 0, 256}, .corners = 3}));
    TAP_CHECK(b->pass->heap.owed > 0);
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(b->pass->heap.first, CHUNK | 2);

    uint64_t before = b->pass->id;
    next = gfx_pass_renew(b->p, 1, before, &draw);
    TAP_REQUIRE(next);
    b->pass = next;
    TAP_CHECK(next->id != before);
    TAP_CHECK(!gfx_pass_find(b->p, 1, before));
    TAP_CHECK_EQ(draw, 0);
    TAP_CHECK_EQ(next->draws, 1);
    TAP_CHECK_EQ(next->prims, 0);
    TAP_CHECK_EQ(next->heap.first, 0);
    TAP_CHECK_EQ(next->draw[0].vertices, 2);
    TAP_CHECK_MEM(next->draw[0].vary, "abcdefgh", 8);
    draw = 1;
    TAP_CHECK(!gfx_pass_renew(b->p, 1, next->id, &draw)); /* no such draw */
    TAP_CHECK(!gfx_pass_renew(b->p, 2, next->id, &draw)); /* another address space's */
    bench_free(b);
}

/* Chunks that go back to the heap take their pass along, no other one, and none that a draw still
 * needs the vertices of. */
static void finish(void)
{
    struct bench *b = bench_new(2);
    uint64_t need = 100, id = b->pass->id;
    struct gfx_pass *none = gfx_pass_new(b->p, 1, TILER + 0x1000, 64, 64, 1);
    uint64_t none_id = none->id;

    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_REQUIRE(b->pass->heap.first == (CHUNK | 2));
    gfx_pass_finish(b->p, 1, 0);                  /* a pass without chunks: which, is not known */
    gfx_pass_finish(b->p, 2, CHUNK | 2);          /* another address space */
    gfx_pass_finish(b->p, 1, (CHUNK + 4096) | 2); /* another pass's */
    b->pass->waits = true;
    gfx_pass_finish(b->p, 1, CHUNK | 2);
    TAP_CHECK(gfx_pass_find(b->p, 1, id) == b->pass);
    TAP_CHECK(gfx_pass_find(b->p, 1, none_id) == none);
    b->pass->waits = false;
    gfx_pass_finish(b->p, 1, CHUNK | 2);
    TAP_CHECK(!gfx_pass_find(b->p, 1, id));
    TAP_CHECK(gfx_pass_find(b->p, 1, none_id) == none);
    TAP_CHECK_EQ(b->p->pass_count, 1);
    bench_free(b);
}

static void hostile(void)
{
    uint64_t need = 1;
    struct bench *b = bench_new(1);

    *at(b, HEAP) = 0x19 | (uint64_t)2 << 44; /* a simple buffer */
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_FAULT);
    TAP_CHECK_EQ(b->k.fault.code, MALI_DATA_INVALID_FAULT);
    TAP_CHECK_EQ(b->k.fault.info, HEAP);

    *at(b, HEAP) = 0x29; /* chunks without size */
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_FAULT);
    TAP_CHECK_EQ(b->k.fault.code, MALI_DATA_INVALID_FAULT);
    TAP_CHECK_EQ(b->k.fault.info, CHUNK);

    *at(b, CTX) = FAR | 2; /* a link to nowhere */
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_FAULT);
    TAP_CHECK(b->k.fault.memory);
    TAP_CHECK_EQ(b->k.fault.va, FAR);

    *at(b, CTX) = 0;
    *at(b, TILER + 24) = FAR; /* no descriptor */
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_FAULT);
    TAP_CHECK_EQ(b->k.fault.va, FAR);

    *at(b, CTX) =
        CHUNK | 2; /* a chunk that follows itself: nothing but the guest's own memory suffers */
    *at(b, CHUNK) = CHUNK | 2;
    need = 100 * BYTES;
    TAP_CHECK_EQ(take(b, &need), MALI_MEM_OK);
    TAP_CHECK_EQ(need, 0);
    bench_free(b);
}

TAP_MAIN({"no-heap", no_heap}, {"chain", chain}, {"debts", debts}, {"finish", finish}, {"hostile", hostile})
