/*
 * What unit tests of compute jobs share: a GPU address space with code, descriptors,
 * buffers, local storage and a ring, a stream, the pipeline. Include once per program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_COMPUTE_WORLD_H
#define GARM_COMPUTE_WORLD_H

#include "fake_host.h"
#include "tap.h"
#include "va_asm.h"

#include "../../hw/csf/cs_table.h"

#include <stdlib.h>

/* --- a GPU address space ---------------------------------------------------------------- */

#define AS       1
#define CODE     0x1100000000ull /* 4 pages, executable */
#define DESC     0x200000ull     /* 2 pages */
#define SPD      (DESC + 0x000)
#define TSD      (DESC + 0x040)
#define SRT      (DESC + 0x080)
#define FAU      (DESC + 0x400)
#define SLOTS    (DESC + 0x1000) /* table of descriptors, 16 of them */
#define DATA     0x300000ull     /* 16 pages, apart in physical memory by pairs */
#define BUF(n)   (DATA + 0x4000ull * (n))
#define TLS      0x400000ull   /* 128 pages: 512 bytes for each of 1024 threads */
#define WLS      0x7ffff000ull /* 2 pages */
#define RING     0x600000ull
#define READONLY 0x610000ull
#define NOEXEC   0x620000ull
#define UNMAPPED 0x700000ull

#define RUN      "RUN_COMPUTE.x_axis.srt0.spd0.tsd0.fau0 #1"
#define INDIRECT "RUN_COMPUTE_INDIRECT.srt0.spd0.tsd0.fau0 #1"

static unsigned world_threads = 1; /* of the pipelines of new worlds */

struct world {
    struct fake_host *h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *pipeline;
    uint64_t root;
    struct cs_state *st;
    struct cs_env env;
    struct mali_fault fault; /* of the last run */
    unsigned started, ended, slices;
};

static void on_job(void *opaque, enum mali_job_type type, bool start)
{
    struct world *w = opaque;

    w->started += start;
    w->ended += !start;
}

static uint32_t on_flush(void *opaque, uint32_t modes, uint32_t id)
{
    return id;
}

static const struct cs_ops world_ops = {.job = on_job, .flush = on_flush};

static void *at(struct world *w, uint64_t va)
{
    struct mali_fault f;
    uint64_t avail;
    void *p;

    if (mali_mem_ptr(w->tlb, AS, va, MALI_ACCESS_READ, 0, &p, &avail, &f) != MALI_MEM_OK) {
        printf("Bail out! the test uses unmapped address 0x%" PRIx64 "\n", va);
        exit(1);
    }
    return p;
}

static uint32_t *at32(struct world *w, uint64_t va)
{
    return at(w, va);
}

static void put64(struct world *w, uint64_t va, uint64_t v)
{
    memcpy(at(w, va), &v, 8);
}

static void set_d(struct world *w, unsigned reg, uint64_t v)
{
    w->st->regs[reg] = (uint32_t)v;
    w->st->regs[reg + 1] = v >> 32;
}

/* The shader program descriptor; everything preloaded, fp32 denormals flushed. */
static void put_spd(struct world *w, uint64_t code)
{
    uint32_t *d = at32(w, SPD);

    d[0] = 8 | 1 << 4 | 1 << 17;
    d[1] = 0xffff;
    put64(w, SPD + 8, code);
}

static void put_tsd(struct world *w)
{
    uint32_t *d = at32(w, TSD);

    d[0] = 5;                 /* 512 bytes a thread */
    d[1] = 2 | (13 + 1) << 8; /* 4 instances of 8 KiB */
    d[2] = (uint32_t)(TLS >> 8);
    d[3] = (uint32_t)(TLS >> 40) | 1u << 28;
    put64(w, TSD + 16, WLS);
}

/* Resource table @n: @slots descriptors at SLOTS. */
static inline void put_table(struct world *w, unsigned n, unsigned slots)
{
    put64(w, SRT + 16 * n, SLOTS | 1ull << 56);
    put64(w, SRT + 16 * n + 8, 32 * slots);
}

static inline void put_buffer(struct world *w, unsigned slot, uint64_t va, uint32_t size)
{
    uint32_t *d = at32(w, SLOTS + 32 * slot);

    d[0] = 9 | 1 << 4;
    d[1] = size;
    put64(w, SLOTS + 32 * slot + 8, va);
}

static inline void set_size(struct world *w, unsigned x, unsigned y, unsigned z)
{
    w->st->regs[33] = (x - 1) | (y - 1) << 10 | (z - 1) << 20;
}

static inline void set_grid(struct world *w, unsigned x, unsigned y, unsigned z)
{
    w->st->regs[37] = x;
    w->st->regs[38] = y;
    w->st->regs[39] = z;
}

static inline void set_fau(struct world *w, const uint64_t *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put64(w, FAU + 8 * i, v[i]);
    set_d(w, 8, FAU | (uint64_t)n << 56);
}

#define SET_FAU(w, ...)                                                                            \
    set_fau(w, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static void map_all(struct world *w)
{
    const uint64_t root = w->root = pt_new_root(w->h);

    pt_map(w->h, root, CODE, fake_page(w->h, 0), 4 * 4096, PT_R | PT_X);
    pt_map(w->h, root, DESC, fake_page(w->h, 4), 2 * 4096, PT_R | PT_W);
    for (unsigned i = 0; i < 8; i++)
        pt_map(w->h, root, DATA + 0x2000 * i, fake_page(w->h, 30 - 3 * i), 0x2000, PT_R | PT_W);
    pt_map(w->h, root, TLS, fake_page(w->h, 40), 128 * 4096, PT_R | PT_W);
    pt_map(w->h, root, WLS, fake_page(w->h, 170), 2 * 4096, PT_R | PT_W);
    pt_map(w->h, root, RING, fake_page(w->h, 173), 4096, PT_R | PT_W);
    pt_map(w->h, root, READONLY, fake_page(w->h, 174), 4096, PT_R);
    pt_map(w->h, root, NOEXEC, fake_page(w->h, 175), 4096, PT_R | PT_W);
    fake_as_enable(w->mmu, AS, root);
}

static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));

    w->h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    w->h->bus.log_mask = 7;
    w->mmu = mali_mmu_new(&w->h->bus, 48, 40, 0xff);
    w->tlb = mali_tlb_new(w->mmu);
    w->pipeline = mali_pipeline_new(&w->h->bus, world_threads);
    map_all(w);
    w->st = calloc(1, sizeof(*w->st));
    cs_init(w->st, RING, 4096, 0);
    w->env = (struct cs_env){.bus = &w->h->bus,
                             .tlb = w->tlb,
                             .pipeline = w->pipeline,
                             .ops = &world_ops,
                             .opaque = w,
                             .as = AS,
                             .csg = 2,
                             .cs = 3,
                             .core_mask = 0x50004};
    put_spd(w, CODE);
    put_tsd(w);
    set_d(w, 0, SRT);
    set_d(w, 8, FAU);
    set_d(w, 16, SPD);
    set_d(w, 24, TSD);
    set_size(w, 16, 1, 1);
    set_grid(w, 1, 1, 1);
    return w;
}

static void world_free(struct world *w)
{
    TAP_CHECK_EQ(w->started, w->ended);
    mali_pipeline_free(w->pipeline);
    free(w->st);
    mali_tlb_free(w->tlb);
    mali_mmu_free(w->mmu);
    fake_host_free(w->h);
    free(w);
}

static inline void put_code(struct world *w, const uint64_t *code, unsigned n)
{
    memcpy(at(w, CODE), code, 8 * n);
    memset((uint8_t *)at(w, CODE) + 8 * n, 0, 64);
}

#define PROGRAM(w, ...)                                                                            \
    put_code(w, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static inline void ring_put(struct world *w, const char *line)
{
    const char *err;
    uint64_t word = 0;

    TAP_CHECK(cs_assemble(line, &word, &err));
    put64(w, RING + (w->st->insert & 4095), word);
    w->st->insert += 8;
}

static inline enum cs_stop slice(struct world *w)
{
    uint32_t executed;

    w->slices++;
    return cs_run(&w->env, w->st, 1000, &executed, &w->fault);
}

static inline enum cs_stop finish(struct world *w)
{
    enum cs_stop stop;

    w->slices = 0;
    do
        stop = slice(w);
    while (stop == CS_STOP_BUDGET && w->slices < 1000);
    return stop;
}

static inline enum cs_stop run_job(struct world *w)
{
    ring_put(w, RUN);
    return finish(w);
}

#endif
