/*
 * Random compute jobs through the executor, the pipeline and the interpreter, in a
 * mapped environment. Promises: a submit ends, a stream's state stays valid, a
 * fault has a code, and a job that was dropped does not come back.
 *
 * Input: 4 bytes of flags and sizes, the workgroup's size and the grid, 16 words of
 * uniforms, 16 descriptors, then the program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "harness.h"
#include "../../hw/csf/cs_table.h"
#include "../../hw/pipeline/pipeline.h"

#define CODE_VA  0x50000000ull
#define SPD      (HX_DATA_VA + 0x0)
#define TSD      (HX_DATA_VA + 0x40)
#define SRT      (HX_DATA_VA + 0x80)
#define FAU      (HX_DATA_VA + 0x100)
#define SLOTS    (HX_DATA_VA + 0x200) /* and more behind them: planes, for instance */
#define TABLES   8
#define SLICES   40
#define MAX_CODE 480

static void *data_at(struct hx *h, uint64_t va)
{
    return hx_ram(h, h->data_pa + (va - HX_DATA_VA), 8);
}

static void put32(struct hx *h, uint64_t va, uint32_t v)
{
    memcpy(data_at(h, va), &v, 4);
}

static void put64(struct hx *h, uint64_t va, uint64_t v)
{
    memcpy(data_at(h, va), &v, 8);
}

/* Descriptors as a driver makes them, but for what @odd changes. */
static void put_descriptors(struct hx *h, struct fz *f, uint8_t odd)
{
    put32(h, SPD, 8 | 1 << 4 | (odd & 3) << 17);
    put32(h, SPD + 4, 0xffff);
    put64(h, SPD + 8, CODE_VA + (odd & 4 ? fz_u16(f) : 0));
    put32(h, TSD, 1);
    put32(h, TSD + 4, 2 | 9 << 8);
    put64(h, TSD + 8, (HX_DATA_VA + 0x8000) >> 8 | 1ull << 60);
    put64(h, TSD + 16, HX_DATA_VA + 0xf000);
    for (unsigned i = 0; i < TABLES; i++) {
        put64(h, SRT + 16 * i, SLOTS | (uint64_t)(i != 1) << 56);
        put64(h, SRT + 16 * i + 8, 32 * 16);
    }
    for (unsigned i = 0; i < 16; i++)
        put32(h, FAU + 4 * i, (uint32_t)fz_value(f));
    for (unsigned i = 0; i < 16 * 8; i++) {
        static const uint32_t types[] = {9 | 1 << 4, 2 | 2 << 4 | 187u << 22, 10 | 1 << 4 | 2 << 8,
                                         2 | 1 << 4 | 141u << 22};
        uint32_t v = fz_u8(f);
        if (i % 8 == 0)
            v = v < 0xf0 ? types[v & 3] : v;
        if (i % 8 == 2 || i % 8 == 4)
            v = (uint32_t)HX_DATA_VA + 0x200 + v * 32;
        put32(h, SLOTS + 4 * i, v);
    }
    if (odd & 8)
        put32(h, HX_DATA_VA + (fz_u16(f) & 0x7fc), (uint32_t)fz_value(f));
}

static void run(struct cs_env *env, struct cs_state *st, uint8_t odd)
{
    for (unsigned i = 0; i < SLICES; i++) {
        struct mali_fault fault = {0};
        uint32_t executed = 0;
        enum cs_stop stop = cs_run(env, st, 16, &executed, &fault);

        if (!cs_state_valid(st))
            hx_die("a slice left an invalid state");
        if ((stop == CS_STOP_FAULT || stop == CS_STOP_FATAL) && fault.code < 0x04)
            hx_die("a fault without a code");
        if (stop != CS_STOP_BUDGET && stop != CS_STOP_STALL)
            return;
        if ((odd & 0x10) && i == 3 && st->job_token) {
            mali_pipeline_drop(env->pipeline, st->job_token);
            if (cs_run(env, st, 16, &executed, &fault) != CS_STOP_FAULT)
                hx_die("a job came back");
            return;
        }
        if ((odd & 0x20) && i == 2)
            st->regs[60]++;
    }
}

static uint64_t on_cycles(void *opaque)
{
    return ((struct hx *)opaque)->now += 10;
}

static const struct cs_ops ops = {.cycles = on_cycles};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz f = {data, size};
    uint8_t odd = fz_u8(&f), tables = fz_u8(&f) % (TABLES + 1);
    const uint64_t word = 4ull << 56 | 1;
    struct mali_mmu *mmu;
    struct cs_state st;
    struct cs_env env;
    struct hx h;
    uint64_t code_pa;

    hx_init(&h, NULL);
    hx_user_space(&h);
    code_pa = hx_pages(&h, 1);
    hx_map(&h, h.root1, CODE_VA, code_pa, 4096, HX_R | HX_X);
    mmu = mali_mmu_new(&h.bus, 48, 40, 0x3);
    for (unsigned half = 0; half < 2; half++) {
        mali_mmu_reg_write(mmu, 1, 0x00 + 4 * half, (uint32_t)(h.root1 >> (32 * half)));
        mali_mmu_reg_write(mmu, 1, 0x08 + 4 * half, (uint32_t)(HX_MEMATTR >> (32 * half)));
        mali_mmu_reg_write(mmu, 1, 0x30 + 4 * half, (uint32_t)(HX_TRANSCFG >> (32 * half)));
    }
    mali_mmu_reg_write(mmu, 1, 0x18, 1);
    mali_mmu_run_commands(mmu);
    env = (struct cs_env){.bus = &h.bus,
                          .tlb = mali_tlb_new(mmu),
                          .pipeline = mali_pipeline_new(&h.bus, 1),
                          .ops = &ops,
                          .opaque = &h,
                          .as = HX_USER_AS,
                          .csg = 1,
                          .cs = 2,
                          .core_mask = 0xf};
    cs_init(&st, HX_RING_VA, 0x1000, 0);
    st.regs[0] = (uint32_t)SRT | tables;
    st.regs[8] = (uint32_t)FAU;
    st.regs[9] = 8u << 24;
    st.regs[16] = (uint32_t)SPD;
    st.regs[24] = (uint32_t)TSD;
    st.regs[33] = fz_u8(&f) & 0x3fu;
    st.regs[33] |= (fz_u8(&f) & 3u) << 10;
    st.regs[33] |= (fz_u8(&f) & 3u) << 20;
    for (unsigned i = 0; i < 3; i++) {
        st.regs[34 + i] = fz_u8(&f);
        st.regs[37 + i] = odd & 0x40 ? fz_u32(&f) : fz_u8(&f) & 3u;
    }
    put_descriptors(&h, &f, odd);
    for (unsigned i = 0; f.n >= 8 && i < MAX_CODE; i++) {
        uint64_t w = fz_u64(&f);
        memcpy(hx_ram(&h, code_pa + 8 * i, 8), &w, 8);
    }
    memcpy(hx_ram(&h, h.ring_pa, 8), &word, 8);
    st.insert = 8;
    run(&env, &st, odd);
    mali_pipeline_free(env.pipeline);
    mali_tlb_free(env.tlb);
    mali_mmu_free(mmu);
    hx_fini(&h);
    return 0;
}
