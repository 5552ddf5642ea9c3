/*
 * Injected faults of the firmware: boots, interfaces, requests, events, suspended groups.
 *
 * Called by the files of hw/mcu (hooks) and gpu (actions). Calls inject.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "mcu_internal.h"

/* --- actions ---------------------------------------------------------------------- */
void mali_mcu_inject(struct mali_mcu *m, enum inject_fault_id fault)
{
    static const struct {
        enum inject_fault_id fault;
        enum mcu_action action;
    } actions[] = {
        {FAULT_mcu_fatal, MCU_ACT_FATAL},
        {FAULT_mcu_hang, MCU_ACT_HANG},
        {FAULT_csg_spurious, MCU_ACT_SPURIOUS},
        {FAULT_progress_spurious, MCU_ACT_PROGRESS},
    };

    if (fault == INJECT_FAULTS) {
        memset(&m->inj, 0, sizeof(m->inj));
        return;
    }
    if (m->s.status != MALI_MCU_ENABLED) {
        INJECT_SAW(m->bus->inject, "no firmware runs: nothing to do it to", m->s.status);
        return;
    }
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (actions[i].fault == fault)
            m->inj.pending |= 1u << actions[i].action;
}

static void raise_all(struct mali_mcu *m, uint32_t bit)
{
    for (unsigned g = 0; g < m->cfg.csgs; g++)
        if (m->csg[g].active)
            mcu_raise(m, csg_in(m, g) + CSG_REQ, csg_out(m, g) + CSG_ACK, bit, 1u << g,
                      CSG_ACK_IRQ_MASK);
}

void mcu_inject_act(struct mali_mcu *m)
{
    uint32_t todo = m->inj.pending;
    const struct mali_fault fault = {.code = MALI_CSF_FW_INTERNAL_ERROR};

    m->inj.pending = 0;
    if (m->s.status != MALI_MCU_ENABLED)
        return;
    if (todo & 1u << MCU_ACT_FATAL)
        mcu_crash(m, &fault, "an injected fault");
    if (todo & 1u << MCU_ACT_HANG)
        m->inj.hung = true;
    if (todo & 1u << MCU_ACT_SPURIOUS) {
        raise_all(m, CSG_EVT_SYNC_UPDATE);
        raise_all(m, CSG_EVT_IDLE);
    }
    if (todo & 1u << MCU_ACT_PROGRESS)
        raise_all(m, CSG_EVT_PROGRESS);
}

/* --- boot --------------------------------------------------------------------------- */
bool mcu_inject_boot(struct mali_mcu *m)
{
    struct inject_hit hit;

    if (!INJECT(m->bus->inject, mcu_boot, &hit))
        return false;
    if (hit.fault == FAULT_mcu_boot_late) {
        m->inj.boot_at = mali_bus_now(m->bus) + hit.param[0];
        m->ops->timer(m->opaque, m->inj.boot_at);
    } else if (hit.fault == FAULT_mcu_boot_fails) {
        m->s.status = MALI_MCU_FATAL;
        mali_trace_emit(m->trace, MALI_EV_mcu_state, "boot failed", m->s.status, 0, 0, 0);
    }
    return true;
}

void mcu_inject_publish(struct mali_mcu *m)
{
    struct inject_hit hit;

    if (INJECT(m->bus->inject, fw_publish, &hit))
        mcu_wr32(m, FW_SHARED_VA + hit.arg, (uint32_t)hit.param[0]);
}

/* --- requests -------------------------------------------------------------------------- */
uint32_t mcu_inject_glb(struct mali_mcu *m, uint32_t bits, bool *late)
{
    struct inject_hit hit;
    uint32_t fresh = bits & ~m->inj.glb_lost;

    if (fresh && INJECT(m->bus->inject, glb_request, &hit, .bits = fresh)) {
        if (hit.fault == FAULT_glb_late) {
            *late = true;
            m->inj.hold_until = mali_bus_now(m->bus) + hit.param[0];
            m->s.glb_doorbell = 1;
        } else {
            m->inj.glb_lost |= fresh;
        }
    }
    return m->inj.glb_lost;
}

bool mcu_inject_csg(struct mali_mcu *m, unsigned g, uint32_t want, bool *wrong)
{
    struct inject_hit hit;

    if (m->inj.csg_lost[g] >> (want & 7) & 1)
        return true;
    if (!INJECT(m->bus->inject, csg_request, &hit, .group = g, .request = want))
        return false;
    *wrong = hit.fault == FAULT_csg_wrong_state;
    if (!*wrong)
        m->inj.csg_lost[g] |= 1u << (want & 7);
    return true;
}

bool mcu_inject_cs(struct mali_mcu *m, unsigned g, unsigned i, uint32_t want)
{
    struct inject_hit hit;

    if (m->inj.cs_lost[g] >> i & 1)
        return true;
    if (!INJECT(m->bus->inject, cs_request, &hit, .group = g, .queue = i, .request = want))
        return false;
    m->inj.cs_lost[g] |= 1u << i;
    return true;
}

/* --- suspended groups, rings -------------------------------------------------------------- */
bool mcu_inject_suspend(struct mali_mcu *m, unsigned g)
{
    struct mali_fault fault = {0};
    struct inject_hit hit;
    uint8_t junk[64];

    if (!INJECT(m->bus->inject, suspend, &hit, .group = g))
        return false;
    if (hit.fault == FAULT_suspend_halts) {
        m->inj.hung = true;
        return true;
    }
    memset(junk, 0xa5, sizeof(junk));
    if (mali_mem_write(m->tlb, FW_AS, m->csg[g].suspend_buf + 16, junk, sizeof(junk), MCU_SRC_FW,
                       &fault) != MALI_MEM_OK)
        mcu_crash(m, &fault, "suspend buffer write");
    return m->broken;
}

uint64_t mcu_inject_extract(struct mali_mcu *m, unsigned g, unsigned i, uint64_t extract)
{
    struct inject_hit hit;

    if (!INJECT(m->bus->inject, extract, &hit, .group = g, .queue = i, .as = m->csg[g].as))
        return extract;
    return hit.fault == FAULT_extract_ahead ? extract + hit.param[0] : extract - hit.param[0];
}
