/*
 * What the executor's unit tests share: a GPU address space with code, data
 * and a ring, a stream, callbacks that count, and a pipeline that answers what
 * the test tells it. Include once per program; link without pipeline.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_CSF_WORLD_H
#define GARM_CSF_WORLD_H

#include "fake_host.h"
#include "tap.h"

#include "../../hw/csf/cs_table.h"

#include <stdlib.h>

#define AS        1
#define CODE      0x100000ull /* 4 pages */
#define DATA      0x200000ull /* 2 pages, apart in physical memory */
#define READ_ONLY 0x210000ull
#define RING      0x300000ull /* 1 page */
#define RING_SIZE 4096u
#define UNMAPPED  0x700000ull

struct mali_pipeline {
    enum mali_job_result answer;
    struct mali_fault fault;
    unsigned submitted;
    struct mali_job job[64]; /* ring */
    mali_job_done_fn done;
    uint64_t dropped, finished;
};

struct world {
    struct fake_host *h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline pipeline;
    uint64_t root;
    struct cs_state *st;
    struct cs_env env;
    struct mali_fault fault; /* of the last run */
    uint32_t executed;
    /* what the callbacks saw */
    unsigned syncs, flushes, started, ended;
    uint64_t sync_va, cycles, progress[32];
    bool sync_system;
    uint32_t flush_modes, flush_id;
};

enum mali_job_result mali_pipeline_submit(struct mali_pipeline *p, const struct mali_job *job,
                                          mali_job_done_fn done, struct mali_fault *fault)
{
    p->job[p->submitted++ % 64] = *job;
    p->done = done;
    if (p->answer == MALI_JOB_FAULTED)
        *fault = p->fault;
    return p->answer;
}

void mali_pipeline_drop(struct mali_pipeline *p, uint64_t token)
{
    p->dropped = token;
}

void mali_pipeline_finish_fragment(struct mali_pipeline *p, const struct mali_tlb *tlb, uint8_t as,
                                   uint64_t first)
{
    (void)tlb;
    p->finished = as == AS ? first : 0;
}

const char *mali_job_type_name(enum mali_job_type type)
{
    return type == MALI_JOB_COMPUTE ? "RUN_COMPUTE" : "job";
}

static void on_sync(void *opaque, uint64_t va, bool system)
{
    struct world *w = opaque;

    w->syncs++;
    w->sync_va = va;
    w->sync_system = system;
}

static uint64_t on_cycles(void *opaque)
{
    return ((struct world *)opaque)->cycles;
}

static uint32_t on_flush(void *opaque, uint32_t modes, uint32_t id)
{
    struct world *w = opaque;

    w->flush_modes = modes;
    w->flush_id = id;
    return ++w->flushes;
}

static void on_job(void *opaque, enum mali_job_type type, bool start)
{
    struct world *w = opaque;

    (void)type;
    w->started += start;
    w->ended += !start;
}

static uint64_t on_progress(void *opaque, unsigned queue)
{
    return ((struct world *)opaque)->progress[queue];
}

static void on_job_done(const struct mali_job *job, const struct mali_fault *fault)
{
    (void)job, (void)fault;
}

static const struct cs_ops world_ops = {on_sync, on_cycles,   on_flush,
                                        on_job,  on_progress, on_job_done, NULL};

static uint64_t *at(struct world *w, uint64_t va)
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

static inline uint32_t *at32(struct world *w, uint64_t va)
{
    return (uint32_t *)at(w, va);
}

static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));

    w->h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    w->mmu = mali_mmu_new(&w->h->bus, 48, 40, 0xff);
    w->tlb = mali_tlb_new(w->mmu);
    w->root = pt_new_root(w->h);
    pt_map(w->h, w->root, CODE, fake_page(w->h, 0), 4 * 4096, PT_R | PT_W);
    pt_map(w->h, w->root, DATA, fake_page(w->h, 8), 4096, PT_R | PT_W);
    pt_map(w->h, w->root, DATA + 4096, fake_page(w->h, 12), 4096, PT_R | PT_W);
    pt_map(w->h, w->root, READ_ONLY, fake_page(w->h, 13), 4096, PT_R);
    pt_map(w->h, w->root, RING, fake_page(w->h, 14), 4096, PT_R | PT_W);
    fake_as_enable(w->mmu, AS, w->root);
    w->st = calloc(1, sizeof(*w->st));
    cs_init(w->st, RING, RING_SIZE, 0);
    w->env = (struct cs_env){.bus = &w->h->bus,
                             .tlb = w->tlb,
                             .pipeline = &w->pipeline,
                             .ops = &world_ops,
                             .opaque = w,
                             .as = AS,
                             .csg = 2,
                             .cs = 3,
                             .core_mask = 0xf};
    return w;
}

static void world_free(struct world *w)
{
    free(w->st);
    mali_tlb_free(w->tlb);
    mali_mmu_free(w->mmu);
    fake_host_free(w->h);
    free(w);
}

static uint64_t assemble(const char *line)
{
    const char *err;
    uint64_t word = 0;

    if (!cs_assemble(line, &word, &err)) {
        printf("Bail out! %s: %s\n", line, err);
        exit(1);
    }
    return word;
}

static inline void put_lines(struct world *w, uint64_t va, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *at(w, va + 8 * i) = assemble(lines[i]);
}

static void ring_lines(struct world *w, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n; i++, w->st->insert += 8)
        *at(w, RING + (w->st->insert & (RING_SIZE - 1))) = assemble(lines[i]);
}

#define LINES(...)                                                                                 \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
/** Appends instructions to the ring. */
#define RING_PUT(w, ...) ring_lines(w, LINES(__VA_ARGS__))
/** Writes instructions to memory. */
#define CODE_PUT(w, va, ...) put_lines(w, va, LINES(__VA_ARGS__))

static enum cs_stop run_n(struct world *w, uint32_t budget)
{
    return cs_run(&w->env, w->st, budget, &w->executed, &w->fault);
}

static enum cs_stop run(struct world *w)
{
    return run_n(w, 10000);
}

/** Job @index of those submitted ended. */
static inline enum cs_stop job_done(struct world *w, unsigned index, const struct mali_fault *fault)
{
    return cs_job_done(&w->env, w->st, w->pipeline.job[index].cookie, fault, &w->fault);
}

static inline uint64_t pair(const struct world *w, unsigned reg)
{
    return w->st->regs[reg] | (uint64_t)w->st->regs[reg + 1] << 32;
}

/** The ring's instructions are run in a fresh world and must end fatally with @code. */
static inline void expect_fatal(uint8_t code, const char *const *lines, size_t n)
{
    struct world *w = world_new();

    ring_lines(w, lines, n);
    if (!TAP_CHECK_EQ(run(w), CS_STOP_FATAL) || !TAP_CHECK_EQ(w->fault.code, code))
        tap_note("by: %s", lines[n - 1]);
    TAP_CHECK_EQ(w->st->extract, 8 * (n - 1)); /* stays at the culprit */
    if (code == MALI_CS_INSTR_INVALID)
        TAP_CHECK_EQ(w->fault.info, assemble(lines[n - 1]));
    TAP_CHECK(!w->fault.memory);
    TAP_CHECK(cs_state_valid(w->st));
    world_free(w);
}
#define EXPECT_FATAL(code, ...) expect_fatal(code, LINES(__VA_ARGS__))
#define EXPECT_INVALID(...)     expect_fatal(MALI_CS_INSTR_INVALID, LINES(__VA_ARGS__))

#endif
