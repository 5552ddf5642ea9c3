/*
 * Speed of the command-stream executor and of copies through the GPU's address
 * translation. Prints one JSON object:
 *   csf_minstr_per_s   loop of ADD_IMMEDIATE32 and BRANCH, the figure of issue 2
 *   csf_mixed_minstr_per_s   loop of moves, 64-bit adds, loads and stores
 *   mmu_copy_gb_per_s, memcpy_gb_per_s   64 MiB in 4 KiB pages, best of five
 * Times are CPU time of this thread, so a busy machine disturbs little. csf_bench N does an Nth of
 * it: for scripts/bench inject, which runs two builds of it in turn, many times.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../hw/csf/cs.h"
#include "../unit/fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AS       1
#define CODE     0x100000ull
#define DATA     0x200000ull
#define RING     0x300000ull
#define COPY_LEN (64 * FAKE_MIB)
#define SRC      0x10000000ull
#define DST      0x20000000ull

struct bench {
    struct fake_host *h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *pipeline;
    uint64_t root;
};

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void put(struct bench *b, uint64_t page, const char *const *lines)
{
    uint64_t *p = fake_ram(b->h, fake_page(b->h, page), 4096);
    const char *err;

    for (; *lines; lines++)
        if (!cs_assemble(*lines, p++, &err)) {
            fprintf(stderr, "%s: %s\n", *lines, err);
            exit(1);
        }
}

static double run(struct bench *b, const char *const *lines, unsigned count)
{
    static const char *const ring[] = {"MOVE d92, #0x100000", "MOVE32 r94, #0x1000",
                                       "CALL d92, r94", NULL};
    static const struct cs_ops ops = {0};
    struct cs_env env = {
        .bus = &b->h->bus, .tlb = b->tlb, .pipeline = b->pipeline, .ops = &ops, .as = AS};
    struct cs_state *st = malloc(sizeof(*st));
    struct mali_fault fault;
    uint32_t done;
    uint64_t total = 0;

    put(b, 0, lines);
    put(b, 2, ring);
    cs_init(st, RING, 4096, 0);
    st->insert = 24;
    double start = cpu_seconds();
    while (total < count) {
        enum cs_stop stop = cs_run(&env, st, 100000, &done, &fault);
        if (stop != CS_STOP_BUDGET) {
            fprintf(stderr, "stopped: %d, fault 0x%x\n", stop, fault.code);
            exit(1);
        }
        total += done;
    }
    double spent = cpu_seconds() - start;
    free(st);
    return total / spent / 1e6;
}

static void best_copies(struct bench *b, int rounds, double *mmu, double *libc)
{
    struct mali_fault fault;
    uint8_t *src = fake_ram(b->h, fake_page(b->h, 1024), COPY_LEN);
    uint8_t *dst = fake_ram(b->h, fake_page(b->h, 1024) + COPY_LEN, COPY_LEN);

    memset(src, 1, COPY_LEN);
    memset(dst, 2, COPY_LEN);
    *mmu = *libc = 0;
    for (int i = 0; i < rounds; i++) {
        double t0 = cpu_seconds();
        if (mali_mem_copy(b->tlb, AS, DST, AS, SRC, COPY_LEN, 0, &fault) != MALI_MEM_OK)
            exit(1);
        double t1 = cpu_seconds();
        memcpy(dst, src, COPY_LEN);
        double t2 = cpu_seconds();
        double m = COPY_LEN / (t1 - t0) / 1e9, l = COPY_LEN / (t2 - t1) / 1e9;
        *mmu = m > *mmu ? m : *mmu;
        *libc = l > *libc ? l : *libc;
    }
}

int main(int argc, char **argv)
{
    static const char *const adds[] = {"ADD_IMMEDIATE32 r0, r0, #1", "BRANCH.always r0, #-2", NULL};
    static const char *const mixed[] = {"MOVE d2, #0x200000",
                                        "MOVE32 r4, #0x7",
                                        "ADD_IMMEDIATE64 d6, d6, #-1",
                                        "STORE_MULTIPLE [d2 + 8], r4:r5:r6:r7",
                                        "LOAD_MULTIPLE r8:r9, [d2 + 8]",
                                        "WAIT #0x1",
                                        "UMIN32 r10, r8, r9",
                                        "BRANCH.always r0, #-8",
                                        NULL};
    struct bench b = {.h = fake_host_new(FAKE_RAM_BASE, 256 * FAKE_MIB)};
    unsigned part = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1;
    double mmu, libc;

    if (!part || part > 1000) {
        fprintf(stderr, "%s: 1 to 1000 are allowed\n", argv[1]);
        return 1;
    }
    b.mmu = mali_mmu_new(&b.h->bus, 48, 40, 0xff);
    b.tlb = mali_tlb_new(b.mmu);
    b.pipeline = mali_pipeline_new(&b.h->bus, 0);
    b.root = pt_new_root(b.h);
    pt_map(b.h, b.root, CODE, fake_page(b.h, 0), 4096, PT_R);
    pt_map(b.h, b.root, DATA, fake_page(b.h, 1), 4096, PT_R | PT_W);
    pt_map(b.h, b.root, RING, fake_page(b.h, 2), 4096, PT_R);
    pt_map(b.h, b.root, SRC, fake_page(b.h, 1024), COPY_LEN, PT_R | PT_4K_ONLY);
    pt_map(b.h, b.root, DST, fake_page(b.h, 1024) + COPY_LEN, COPY_LEN, PT_R | PT_W | PT_4K_ONLY);
    fake_as_enable(b.mmu, AS, b.root);

    double hot = run(&b, adds, 400000000 / part), mix = run(&b, mixed, 100000000 / part);
    best_copies(&b, part > 1 ? 2 : 5, &mmu, &libc);
    printf("{\"csf_minstr_per_s\": %.0f, \"csf_mixed_minstr_per_s\": %.0f, "
           "\"mmu_copy_gb_per_s\": %.2f, \"memcpy_gb_per_s\": %.2f}\n",
           hot, mix, mmu, libc);
    mali_pipeline_free(b.pipeline);
    mali_tlb_free(b.tlb);
    mali_mmu_free(b.mmu);
    fake_host_free(b.h);
    return 0;
}
