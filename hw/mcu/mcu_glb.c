/*
 * Global requests: configuration, ping, halt, counters, protected mode, and
 * the doorbells that lead to the groups.
 *
 * Called by mcu.c at each doorbell 0. Calls mcu_csg.c, mcu_perf.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mcu_internal.h"

/** A GLB timer value (1024-cycle units of the system counter or of the GPU's) in virtual ns. */
uint64_t mcu_timer_ns(struct mali_mcu *m, uint32_t timer)
{
    uint64_t ticks = (uint64_t)(timer & ~GLB_TIMER_GPU_COUNTER) << 10;
    uint32_t hz = m->bus->ops->counter_hz(m->bus->opaque);

    /* The GPU-counter source is rare and close enough in rate: same scale. */
    if (!hz)
        hz = 1000000000u;
    return (uint64_t)((unsigned __int128)ticks * 1000000000u / hz);
}

/* Requests that only make us read an input; all toggle: done when ack equals req. */
static void serve_config(struct mali_mcu *m, uint32_t bits)
{
    const uint64_t in = glb_in(m);

    if (bits & GLB_REQ_CFG_PROGRESS)
        m->s.progress_timer = mcu_rd32(m, in + GLB_PROGRESS_TIMER);
    if (bits & GLB_REQ_CFG_PWROFF)
        m->s.poweroff_timer = mcu_rd32(m, in + GLB_PWROFF_TIMER);
    if (bits & GLB_REQ_CFG_ALLOC_EN)
        m->s.core_en_mask = mcu_rd64(m, in + GLB_ALLOC_EN) & m->cfg.shader_present;
}

static void serve_counters(struct mali_mcu *m, uint32_t req, uint32_t bits)
{
    if (bits & GLB_REQ_PRFCNT_EN)
        mcu_prfcnt_enable(m, req & GLB_REQ_PRFCNT_EN);
    if (bits & GLB_REQ_PRFCNT_SAMPLE)
        mcu_prfcnt_sample(m);
}

/*
 * Halt: not acknowledged through the interface, MCU_STATUS says so. The edge
 * from 0 to 1 counts. Source: panthor_fw_halt_mcu() and its waiters.
 */
static void serve_halt(struct mali_mcu *m, bool sleep)
{
    m->s.status = MALI_MCU_HALTED;
    mcu_wr32(m, glb_out(m) + GLB_HALT_STATUS, 0);
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if (m->csg[g].active)
            mcu_csg_publish(m, g);
        m->csg[g].active = false;
    }
    mali_trace_emit(m->trace, MALI_EV_mcu_state, sleep ? "asleep" : "halted", m->s.status, 0, 0, 0);
    mali_trace_end(m->trace, MALI_TRACK_POWER, 3);
}

static void serve_doorbells(struct mali_mcu *m)
{
    uint32_t req = mcu_rd32(m, glb_in(m) + GLB_DB_REQ);
    uint32_t ack = mcu_rd32(m, glb_out(m) + GLB_DB_ACK);

    if (req == ack)
        return;
    mcu_take_doorbells(m, glb_out(m) + GLB_DB_ACK, req);
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if ((req ^ ack) & (1u << g))
            mcu_csg_serve(m, g);
    }
}

static void touch_bits(struct mali_mcu *m, uint32_t bits)
{
    for (; bits; bits &= bits - 1)
        mcu_touch(m, MCU_LEVEL_GLB, (unsigned)__builtin_ctz(bits), 1);
}

/* Bits we know; the rest stays unacknowledged and is named in log and report. */
#define GLB_KNOWN                                                                                  \
    (GLB_REQ_CFG_PROGRESS | GLB_REQ_CFG_ALLOC_EN | GLB_REQ_CFG_PWROFF | GLB_REQ_PROTM_ENTER |      \
     GLB_REQ_PRFCNT_EN | GLB_REQ_PRFCNT_SAMPLE | GLB_REQ_COUNTER_EN | GLB_REQ_PING |               \
     GLB_REQ_FWCFG_UPDATE | GLB_REQ_IDLE_EN)

void mcu_glb_serve(struct mali_mcu *m)
{
    uint32_t req = mcu_rd32(m, glb_in(m) + GLB_REQ);
    uint32_t ack = mcu_rd32(m, glb_out(m) + GLB_ACK);
    uint32_t diff = (req ^ ack) & ~GLB_EVT_MASK;
    uint32_t edge = req & ~m->s.glb_seen;
    uint32_t bits = diff & GLB_KNOWN;
    uint32_t unknown = diff & ~(GLB_KNOWN | GLB_REQ_HALT | GLB_REQ_SLEEP);
    bool late = false;
    uint32_t lost = mcu_inject_glb(m, bits | (edge & (GLB_REQ_HALT | GLB_REQ_SLEEP)), &late);

    if (late)
        return; /* the doorbell is looked at again then */
    bits &= ~lost;
    edge &= ~lost;
    m->s.glb_seen = req;
    serve_config(m, bits);
    /* A level, not a toggle: after a boot without new sections the driver leaves it set. */
    if (req & GLB_REQ_IDLE_EN)
        m->s.idle_timer = mcu_rd32(m, glb_in(m) + GLB_IDLE_TIMER);
    serve_counters(m, req, bits);
    if (bits) {
        mcu_wr32(m, glb_out(m) + GLB_ACK, (ack & ~bits) | (req & bits));
        if (mcu_rd32(m, glb_in(m) + GLB_ACK_IRQ_MASK) & bits)
            m->irq |= MALI_JOB_IRQ_GLB;
        mali_trace_emit(m->trace, MALI_EV_mcu_glb_request,
                        mcu_req_name(MCU_LEVEL_GLB, (unsigned)__builtin_ctz(bits)), req,
                        (ack & ~bits) | (req & bits), 0, 0);
        touch_bits(m, bits);
    }
    if (bits & GLB_REQ_PROTM_ENTER) {
        mali_log(m->bus, MALI_LOG_UNIMP, "protected mode requested: refused, there is none");
        mcu_raise(m, glb_in(m) + GLB_REQ, glb_out(m) + GLB_ACK, GLB_EVT_PROTM_EXIT,
                  MALI_JOB_IRQ_GLB, GLB_ACK_IRQ_MASK);
    }
    if (unknown) {
        mali_log(m->bus, MALI_LOG_UNIMP, "global request bits 0x%08x are not known", unknown);
        touch_bits(m, unknown);
    }
    serve_doorbells(m);
    if (edge & (GLB_REQ_HALT | GLB_REQ_SLEEP)) {
        touch_bits(m, edge & (GLB_REQ_HALT | GLB_REQ_SLEEP));
        serve_halt(m, !(edge & GLB_REQ_HALT));
    }
}
