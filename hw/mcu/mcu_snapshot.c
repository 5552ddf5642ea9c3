/*
 * Snapshot of the microcontroller: its plain-data state as one image. Images
 * may come from anywhere, so load checks whatever is used as an index.
 *
 * Called by gpu/snapshot.c with the GPU paused.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "mcu_internal.h"

struct snapshot_header {
    uint32_t csgs, streams;
    uint32_t state_size, csg_size, cs_size;
    uint32_t flags;
};
#define SNAP_TIMER_DUE  1u
#define SNAP_SLICES_RAN 2u
#define SNAP_BROKEN     4u

static size_t cs_bytes(const struct mali_mcu *m)
{
    return (size_t)m->cfg.csgs * m->cfg.streams * sizeof(*m->cs);
}

static size_t csg_bytes(const struct mali_mcu *m)
{
    return m->cfg.csgs * sizeof(*m->csg);
}

size_t mali_mcu_state_size(const struct mali_mcu *m)
{
    return sizeof(struct snapshot_header) + sizeof(m->s) + csg_bytes(m) + cs_bytes(m);
}

void mali_mcu_save(const struct mali_mcu *m, void *out)
{
    struct snapshot_header h = {
        .csgs = m->cfg.csgs,
        .streams = m->cfg.streams,
        .state_size = sizeof(m->s),
        .csg_size = sizeof(*m->csg),
        .cs_size = sizeof(*m->cs),
        .flags = (m->timer_due ? SNAP_TIMER_DUE : 0) | (m->slices_ran ? SNAP_SLICES_RAN : 0) |
                 (m->broken ? SNAP_BROKEN : 0),
    };
    uint8_t *p = out;

    memcpy(p, &h, sizeof(h));
    p += sizeof(h);
    memcpy(p, &m->s, sizeof(m->s));
    p += sizeof(m->s);
    memcpy(p, m->csg, csg_bytes(m));
    p += csg_bytes(m);
    memcpy(p, m->cs, cs_bytes(m));
}

static bool deadline_valid(uint64_t now, uint64_t at)
{
    return at == MCU_NO_DEADLINE || at <= now || at - now < MALI_SNAPSHOT_FAR;
}

/* Deadlines arm the GPU's timer, whose value must fit into the next image. */
static bool deadlines_valid(const struct mali_mcu *m)
{
    uint64_t now = mali_bus_now(m->bus);

    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if (!deadline_valid(now, m->csg[g].idle_deadline))
            return false;
    }
    return deadline_valid(now, m->s.glb_idle_deadline) &&
           deadline_valid(now, m->s.poweroff_deadline) && deadline_valid(now, m->s.poll_deadline);
}

static bool slots_valid(const struct mali_mcu *m)
{
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if (m->csg[g].as >= MALI_AS_COUNT)
            return false;
        for (unsigned i = 0; i < m->cfg.streams; i++) {
            const struct mcu_cs *cs = &m->cs[g * m->cfg.streams + i];

            if (cs->stop > CS_STOP_PROTM)
                return false;
            if (cs->started && !cs_state_valid(&cs->st))
                return false;
        }
    }
    return true;
}

bool mali_mcu_load(struct mali_mcu *m, const void *in, size_t size)
{
    struct snapshot_header h;
    const uint8_t *p = in;

    if (size != mali_mcu_state_size(m))
        return false;
    memcpy(&h, p, sizeof(h));
    if (h.csgs != m->cfg.csgs || h.streams != m->cfg.streams || h.state_size != sizeof(m->s) ||
        h.csg_size != sizeof(*m->csg) || h.cs_size != sizeof(*m->cs))
        return false;
    p += sizeof(h);
    mali_pipeline_reset(
        m->pipeline); /* jobs under way are not in an image: they end with a fault */
    memcpy(&m->s, p, sizeof(m->s));
    p += sizeof(m->s);
    memcpy(m->csg, p, csg_bytes(m));
    p += csg_bytes(m);
    memcpy(m->cs, p, cs_bytes(m));
    m->timer_due = h.flags & SNAP_TIMER_DUE;
    m->slices_ran = h.flags & SNAP_SLICES_RAN;
    m->broken = h.flags & SNAP_BROKEN;
    m->broken_what = "restored";
    if (m->s.status > MALI_MCU_FATAL || m->s.control > 2 || m->s.rotate >= m->cfg.csgs ||
        !slots_valid(m) || !deadlines_valid(m)) {
        mali_mcu_reset(m);
        return false;
    }
    return true;
}
