/*
 * Random command streams through the executor, in a mapped environment.
 * Promises: a slice stays within its budget, a state stays valid, a fault has
 * a code, and text and words of the disassembler agree.
 *
 * Input: budget, flags, 8 words of register set-up, then instructions: the
 * first 64 go to the ring, the others to the stream that CALLs and jumps reach.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "harness.h"
#include "../../hw/csf/cs.h"
#include "../../hw/pipeline/pipeline.h"

static void on_sync(void *opaque, uint64_t va, bool system)
{
    (void)opaque, (void)va, (void)system;
}

static uint64_t on_cycles(void *opaque)
{
    return ((struct hx *)opaque)->now += 10;
}

static uint32_t on_flush(void *opaque, uint32_t modes, uint32_t id)
{
    (void)opaque, (void)modes;
    return id + 1;
}

static void on_job(void *opaque, enum mali_job_type type, bool start)
{
    (void)opaque, (void)start;
    if (!mali_job_type_name(type)) {
        hx_die("a job type without a name");
    }
}

static uint64_t on_progress(void *opaque, unsigned queue)
{
    (void)opaque;
    return queue;
}

static const struct cs_ops ops = {.sync_update = on_sync,
                                  .cycles = on_cycles,
                                  .flush = on_flush,
                                  .job = on_job,
                                  .progress = on_progress};

static void check_text(uint64_t word)
{
    char text[256], again[256];
    const char *err = NULL;
    uint64_t back = 0;

    memset(text, 'x', sizeof(text));
    cs_disasm(word, text, sizeof(text));
    if (!memchr(text, 0, sizeof(text))) {
        hx_die("disassembly without an end");
    }
    cs_disasm(word, again, 8);
    if (!memchr(again, 0, 8)) {
        hx_die("disassembly overruns a small buffer");
    }
    if (!cs_assemble(text, &back, &err)) {
        fprintf(stderr, "0x%016llx \"%s\": %s\n", (unsigned long long)word, text, err ? err : "");
        hx_die("disassembly that cannot be assembled");
    }
    if (back != word) {
        fprintf(stderr, "0x%016llx \"%s\" 0x%016llx\n", (unsigned long long)word, text,
                (unsigned long long)back);
        hx_die("assembling what was disassembled gives another word");
    }
}

static void run(const struct cs_env *env, struct cs_state *st, uint32_t budget, unsigned slices)
{
    struct cs_status status;

    for (unsigned i = 0; i < slices; i++) {
        struct mali_fault fault = {0};
        uint32_t executed = 0;
        enum cs_stop stop = cs_run(env, st, budget, &executed, &fault);

        if (executed > budget) {
            hx_die("more instructions than the budget");
        }
        if (!cs_state_valid(st)) {
            hx_die("a slice left an invalid state");
        }
        cs_get_status(st, &status);
        switch (stop) {
        case CS_STOP_FATAL:
        case CS_STOP_FAULT:
            if (fault.code < 0x04) {
                hx_die("a fault without a code");
            }
            if (stop == CS_STOP_FATAL) {
                return;
            }
            break;
        case CS_STOP_OOM:
            if (!cs_enter_oom_handler(st)) {
                return;
            }
            break;
        case CS_STOP_EMPTY:
            return;
        default:
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz f = {data, size};
    struct mali_mmu *mmu;
    struct hx h;
    struct cs_state st;
    uint32_t budget = 1 + fz_u8(&f) * 4;
    uint8_t flags = fz_u8(&f);
    unsigned words = 0;
    struct cs_env env;

    hx_init(&h, NULL);
    hx_user_space(&h);
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
                          .as = flags & 4 ? 0 : HX_USER_AS,
                          .csg = 1,
                          .cs = 2,
                          .trace_instr = flags & 1,
                          .core_mask = 0xf};
    cs_init(&st, HX_RING_VA, 0x1000, flags & 2 ? 0xfc0 : 0);
    for (unsigned i = 0; i < 8; i++) { /* r0..: addresses and values; the rest zero */
        uint64_t v = fz_value(&f);

        st.regs[2 * i] = (uint32_t)v;
        st.regs[2 * i + 1] = (uint32_t)(v >> 32);
    }
    st.regs[64] = (uint32_t)HX_DATA_VA;
    st.regs[66] = (uint32_t)HX_STREAM_VA;
    st.regs[68] = 256; /* a length for CALL and JUMP */
    for (; f.n && words < 1024; words++) {
        uint64_t w = hx_insn(&f);
        uint64_t pa = words < 64 ? h.ring_pa + ((st.extract + 8 * words) & 0xfff)
                                 : h.stream_pa + 8 * (words - 64);

        memcpy(hx_ram(&h, pa, 8), &w, 8);
        check_text(w);
    }
    st.insert = st.extract + 8 * (words < 64 ? words : 64);
    run(&env, &st, budget, 32);
    mali_pipeline_free(env.pipeline);
    mali_tlb_free(env.tlb);
    mali_mmu_free(mmu);
    hx_fini(&h);
    return 0;
}
