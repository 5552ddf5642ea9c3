/*
 * Boot: the layout of the shared section, the vector fetch through address
 * space 0 that a real core would make, and publishing the interfaces.
 *
 * Called by mcu.c when MCU_CONTROL enables the core. Calls mmu through mcu_mem.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mcu_internal.h"

#define PAGE 0x1000u

static uint32_t align_up(uint32_t v, uint32_t a)
{
    return (v + a - 1) & ~(a - 1);
}

void mcu_layout_init(struct mali_mcu *m)
{
    struct mcu_layout *l = &m->lay;
    uint32_t slots = m->cfg.csgs * m->cfg.streams;
    uint32_t at;

    l->group_stride = align_up(FW_STREAM_CONTROL + m->cfg.streams * FW_STREAM_STRIDE, 0x40);
    /* Input and output blocks start on pages of their own: the host writes one, we the other. */
    at = align_up(FW_GROUP_CONTROL + m->cfg.csgs * l->group_stride, PAGE);
    l->glb_in = at;
    l->csg_in = l->glb_in + GLB_INPUT_SIZE;
    l->cs_in = l->csg_in + m->cfg.csgs * CSG_INPUT_SIZE;
    at = align_up(l->cs_in + slots * CS_INPUT_SIZE, PAGE);
    l->glb_out = at;
    l->csg_out = l->glb_out + GLB_OUTPUT_SIZE;
    l->cs_out = l->csg_out + m->cfg.csgs * CSG_OUTPUT_SIZE;
    l->size = align_up(l->cs_out + slots * CS_OUTPUT_SIZE, PAGE);
    l->suspend_size = mcu_suspend_size(m->cfg.streams);
}

/* Bytes mapped readable and writable from the start of the shared section, up to what we need. */
static uint32_t shared_mapped(struct mali_mcu *m, struct mali_fault *fault)
{
    uint64_t avail;
    uint32_t n;
    void *p;

    for (n = 0; n < m->lay.size; n += PAGE) {
        if (mali_mem_ptr(m->tlb, FW_AS, FW_SHARED_VA + n, MALI_ACCESS_WRITE, MCU_SRC_FW, &p, &avail,
                         fault) != MALI_MEM_OK)
            break;
    }
    return n;
}

/*
 * What an M-profile core does out of reset: initial stack pointer and reset
 * vector from the vector table at 0, then a fetch at the vector, whose bit 0
 * must be set (Thumb state). Source: Armv7-M architecture, exception model.
 */
static const char *fetch_vectors(struct mali_mcu *m, struct mali_fault *fault)
{
    uint32_t vec[2];
    uint16_t insn;

    /* Vectors are data reads: the vendor's image maps the page at 0 without execute permission. */
    if (mali_mem_read(m->tlb, FW_AS, 0, vec, sizeof(vec), MCU_SRC_FW, fault) != MALI_MEM_OK)
        return "the vector table at 0 cannot be read";
    mali_trace_emit(m->trace, MALI_EV_mcu_boot_step, "vectors", 0, vec[1], 0, 0);
    if (!(vec[1] & 1))
        return "the reset vector is not a Thumb address";
    if (mali_mem_fetch(m->tlb, FW_AS, vec[1] & ~1u, &insn, sizeof(insn), MCU_SRC_FW, fault) !=
        MALI_MEM_OK)
        return "the reset handler cannot be fetched";
    mali_trace_emit(m->trace, MALI_EV_mcu_boot_step, "reset handler", vec[1] & ~1u, insn, 0, 0);
    return NULL;
}

static void publish_cs(struct mali_mcu *m, unsigned g, unsigned i, uint64_t ctl)
{
    /* work registers - 1, scoreboards, and which endpoints it can drive */
    mcu_wr32(m, ctl + CS_FEATURES,
             (CS_REG_COUNT - 1) | (CS_SB_COUNT << 8) | (1u << 16) | (1u << 17) | (1u << 18));
    mcu_wr32(m, ctl + CS_INPUT_VA, (uint32_t)cs_in(m, g, i));
    mcu_wr32(m, ctl + CS_OUTPUT_VA, (uint32_t)cs_out(m, g, i));
    /* Nothing is pending after a boot: whatever the host asked before is acknowledged, stopped. */
    mcu_wr32(m, cs_out(m, g, i) + CS_ACK, mcu_rd32(m, cs_in(m, g, i) + CS_REQ) & ~CS_STATE_MASK);
}

static void publish_csg(struct mali_mcu *m, unsigned g)
{
    uint64_t ctl = FW_SHARED_VA + FW_GROUP_CONTROL + g * m->lay.group_stride;
    uint64_t in = csg_in(m, g), out = csg_out(m, g);

    mcu_wr32(m, ctl + CSG_FEATURES, 0);
    mcu_wr32(m, ctl + CSG_INPUT_VA, (uint32_t)in);
    mcu_wr32(m, ctl + CSG_OUTPUT_VA, (uint32_t)out);
    mcu_wr32(m, ctl + CSG_SUSPEND_SIZE, m->lay.suspend_size);
    mcu_wr32(m, ctl + CSG_PROTM_SUSPEND_SIZE, PAGE); /* zero would fail GROUP_CREATE */
    mcu_wr32(m, ctl + CSG_STREAM_NUM, m->cfg.streams);
    mcu_wr32(m, ctl + CSG_STREAM_STRIDE, FW_STREAM_STRIDE);
    mcu_wr32(m, out + CSG_ACK, mcu_rd32(m, in + CSG_REQ) & ~CSG_STATE_MASK);
    mcu_wr32(m, out + CSG_DB_ACK, mcu_rd32(m, in + CSG_DB_REQ));
    mcu_wr32(m, out + CSG_IRQ_REQ, mcu_rd32(m, in + CSG_IRQ_ACK));
    for (unsigned i = 0; i < m->cfg.streams; i++)
        publish_cs(m, g, i, ctl + FW_STREAM_CONTROL + i * FW_STREAM_STRIDE);
}

static void publish(struct mali_mcu *m)
{
    const uint64_t ctl = FW_SHARED_VA;

    for (unsigned g = 0; g < m->cfg.csgs; g++)
        publish_csg(m, g);
    mcu_wr32(m, ctl + GLB_FEATURES, 0);
    mcu_wr32(m, ctl + GLB_INPUT_VA, (uint32_t)glb_in(m));
    mcu_wr32(m, ctl + GLB_OUTPUT_VA, (uint32_t)glb_out(m));
    mcu_wr32(m, ctl + GLB_GROUP_NUM, m->cfg.csgs);
    mcu_wr32(m, ctl + GLB_GROUP_STRIDE, m->lay.group_stride);
    mcu_wr32(m, ctl + GLB_PRFCNT_SIZE, mcu_prfcnt_size(m));
    mcu_wr32(m, ctl + GLB_INSTR_FEATURES, 0);
    m->s.glb_seen = mcu_rd32(m, glb_in(m) + GLB_REQ);
    mcu_wr32(m, glb_out(m) + GLB_ACK, m->s.glb_seen);
    mcu_wr32(m, glb_out(m) + GLB_DB_ACK, mcu_rd32(m, glb_in(m) + GLB_DB_REQ));
    mcu_wr32(m, glb_out(m) + GLB_HALT_STATUS, 0);
    mcu_wr32(m, ctl + GLB_VERSION, FW_VERSION); /* last: a zero version means "not booted" */
    mcu_inject_publish(m);
}

static void boot_failed(struct mali_mcu *m, const char *why, const struct mali_fault *fault)
{
    mali_log(m->bus, MALI_LOG_GUEST_ERROR, "MCU boot failed: %s (%s at 0x%llx)", why,
             fault->code ? mali_fault_name(fault->code) : "no fault",
             (unsigned long long)fault->va);
    m->s.status = MALI_MCU_FATAL;
    mali_trace_emit(m->trace, MALI_EV_mcu_state, "boot failed", m->s.status, 0, 0, 0);
    if (fault->memory)
        m->ops->mmu_irq(m->opaque, mali_mmu_report_fault(m->mmu, fault));
}

void mcu_boot(struct mali_mcu *m)
{
    struct mali_fault fault = {0};
    const char *why;

    mcu_touch(m, MCU_LEVEL_MCU, 0, 1);
    why = fetch_vectors(m, &fault);
    if (why) {
        boot_failed(m, why, &fault);
        return;
    }
    m->s.shared_size = shared_mapped(m, &fault);
    if (m->s.shared_size < m->lay.size) {
        mali_log(m->bus, MALI_LOG_GUEST_ERROR,
                 "shared section at 0x%llx: 0x%x bytes are mapped, %u groups of %u streams need 0x%x",
                 FW_SHARED_VA, m->s.shared_size, m->cfg.csgs, m->cfg.streams, m->lay.size);
        boot_failed(m, "the shared section is too small", &fault);
        return;
    }
    m->s.status = MALI_MCU_ENABLED;
    m->s.glb_idle_sent = 1;
    m->s.core_en_mask = m->cfg.shader_present;
    publish(m);
    m->irq |= MALI_JOB_IRQ_GLB;
    INJECT_SAW(m->bus->inject, "firmware booted", 0);
    mali_trace_emit(m->trace, MALI_EV_mcu_state, "enabled", m->s.status, 0, 0, 0);
    mali_trace_begin(m->trace, MALI_TRACK_POWER, 3, "MCU");
}
