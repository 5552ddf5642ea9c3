/*
 * Performance counters: GLB_PERFCNT_EN and GLB_PERFCNT_SAMPLE. A sample is a
 * row of 256-byte blocks (a header of four words, then 60 counters) written
 * behind GLB_PRFCNT_BASE at slot INSERT. Every counter says what the model
 * really counted since the last sample; indices are Garm's own (README.md).
 *
 * Called by mcu_glb.c. Calls mmu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "mcu_internal.h"

#define BLOCK_SIZE 256u
#define BLOCKS     1u /* the front end's; shader, tiler and L2 blocks come with those rooms */
#define RING_SLOTS 128u

enum perf_counter { PERF_CYCLES, PERF_INSTRS, PERF_JOBS, PERF_FLUSHES, PERF_SLICES, PERF_WALKS,
                    PERF_FAULTS, PERF_COUNT };

uint32_t mcu_prfcnt_size(const struct mali_mcu *m)
{
    (void)m;
    return (BLOCKS * BLOCK_SIZE) >> 8; /* HARDWARE_SIZE 15:0 in 256-byte units, FIRMWARE_SIZE 0 */
}

static void perf_totals(struct mali_mcu *m, uint64_t out[PERF_COUNT])
{
    struct mali_mmu_stats st;

    mali_mmu_get_stats(m->mmu, &st);
    out[PERF_CYCLES] = m->ops->cycles(m->opaque);
    out[PERF_INSTRS] = m->s.instrs;
    out[PERF_JOBS] = m->s.jobs;
    out[PERF_FLUSHES] = m->s.flushes;
    out[PERF_SLICES] = m->s.slices;
    out[PERF_WALKS] = st.walks;
    out[PERF_FAULTS] = st.faults;
}

void mcu_prfcnt_enable(struct mali_mcu *m, bool on)
{
    m->s.prfcnt_on = on;
    if (!on)
        return;
    m->s.prfcnt_insert = 0;
    mcu_wr32(m, glb_out(m) + GLB_PRFCNT_INSERT, 0);
    perf_totals(m, m->s.prfcnt_last);
}

void mcu_prfcnt_sample(struct mali_mcu *m)
{
    const uint64_t in = glb_in(m);
    uint32_t block[BLOCK_SIZE / 4] = {0};
    uint32_t enable = mcu_rd32(m, in + GLB_PRFCNT_CSF_EN);
    uint32_t extract = mcu_rd32(m, in + GLB_PRFCNT_EXTRACT);
    uint64_t base = mcu_rd64(m, in + GLB_PRFCNT_BASE);
    unsigned as = mcu_rd32(m, in + GLB_PRFCNT_AS) & (MALI_AS_COUNT - 1);
    uint64_t now[PERF_COUNT], time = m->bus->ops->counter(m->bus->opaque);
    struct mali_fault fault = {0};

    if (!m->s.prfcnt_on)
        return;
    if (m->s.prfcnt_insert - extract >= RING_SLOTS) {
        mcu_raise(m, in + GLB_REQ, glb_out(m) + GLB_ACK, GLB_EVT_PRFCNT_OVERFLOW, MALI_JOB_IRQ_GLB,
                  GLB_ACK_IRQ_MASK);
        mcu_touch(m, MCU_LEVEL_GLB, 25, 1);
        return;
    }
    perf_totals(m, now);
    block[0] = (uint32_t)time;
    block[1] = (uint32_t)(time >> 32);
    block[2] = enable;
    for (unsigned i = 0; i < PERF_COUNT; i++) {
        /* an enable bit covers four counters, as in the driver's masks */
        if (enable & (1u << (1 + i / 4)))
            block[4 + i] = (uint32_t)(now[i] - m->s.prfcnt_last[i]);
        m->s.prfcnt_last[i] = now[i];
    }
    base += (uint64_t)(m->s.prfcnt_insert % RING_SLOTS) * BLOCKS * BLOCK_SIZE;
    if (mali_mem_write(m->tlb, as, base, block, sizeof(block), MCU_SRC_FW, &fault) != MALI_MEM_OK) {
        if (fault.memory)
            m->ops->mmu_irq(m->opaque, mali_mmu_report_fault(m->mmu, &fault));
        mcu_wr32(m, glb_out(m) + GLB_PRFCNT_STATUS, fault.code);
        return;
    }
    mcu_wr32(m, glb_out(m) + GLB_PRFCNT_INSERT, ++m->s.prfcnt_insert);
}
