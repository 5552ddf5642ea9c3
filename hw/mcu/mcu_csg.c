/*
 * Group requests (start, suspend, resume, terminate, endpoint configuration,
 * status update) and group events (idle, sync update, progress timer).
 *
 * Called by mcu_glb.c (requests) and mcu.c (events). Calls mcu_cs.c, mcu_suspend.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "mcu_internal.h"

static void csg_read_config(struct mali_mcu *m, unsigned g)
{
    struct mcu_csg *c = &m->csg[g];
    const uint64_t in = csg_in(m, g);

    c->allow_compute = mcu_rd64(m, in + CSG_ALLOW_COMPUTE);
    c->allow_fragment = mcu_rd64(m, in + CSG_ALLOW_FRAGMENT);
    c->allow_other = mcu_rd32(m, in + CSG_ALLOW_OTHER);
    c->ep_req = mcu_rd32(m, in + CSG_EP_REQ);
}

static void csg_begin(struct mali_mcu *m, unsigned g, bool resume)
{
    struct mcu_csg *c = &m->csg[g];
    const uint64_t in = csg_in(m, g);
    char name[32];

    if (!resume)
        mali_inject_forget(m->bus->inject, g);
    memset(c, 0, sizeof(*c));
    c->idle_deadline = MCU_NO_DEADLINE;
    c->as = mcu_rd32(m, in + CSG_CONFIG) & (MALI_AS_COUNT - 1);
    c->suspend_buf = mcu_rd64(m, in + CSG_SUSPEND_BUF);
    csg_read_config(m, g);
    for (unsigned i = 0; i < m->cfg.streams; i++)
        memset(mcu_stream(m, g, i), 0, sizeof(struct mcu_cs));
    if (resume && !mcu_resume(m, g))
        return; /* broken: the image is not ours, the firmware crashes */
    c->active = true;
    for (unsigned i = 0; i < m->cfg.streams; i++)
        mcu_cs_serve(m, g, i);
    mali_trace_emit(m->trace, MALI_EV_csg_state, resume ? "resumed" : "started", g, c->as, 0, 0);
    snprintf(name, sizeof(name), "AS %u, priority %u", c->as, c->ep_req >> 28);
    mali_trace_begin(m->trace, MALI_TRACK_GROUP, g, name);
}

/* After the group left its slot no stream is started: acks say so, as a START must be seen anew. */
void mcu_csg_stop(struct mali_mcu *m, unsigned g)
{
    struct mcu_csg *c = &m->csg[g];

    if (c->active)
        mali_trace_end(m->trace, MALI_TRACK_GROUP, g);
    c->active = false;
    for (unsigned i = 0; i < m->cfg.streams; i++) {
        uint64_t out = cs_out(m, g, i);
        uint32_t ack = mcu_rd32(m, out + CS_ACK);

        mcu_stream(m, g, i)->started = false;
        if (ack & CS_STATE_MASK)
            mcu_wr32(m, out + CS_ACK, ack & ~CS_STATE_MASK);
    }
}

void mcu_csg_publish(struct mali_mcu *m, unsigned g)
{
    const uint64_t out = csg_out(m, g);
    uint32_t dep = 0;
    bool idle = true;

    for (unsigned i = 0; i < m->cfg.streams; i++) {
        struct mcu_cs *cs = mcu_stream(m, g, i);

        if (!cs->started)
            continue;
        idle &= mcu_cs_publish(m, g, i);
        if (cs->st.resources)
            dep |= 1u << i;
    }
    mcu_wr32(m, out + CSG_STATUS_STATE, idle);
    mcu_wr32(m, out + CSG_EP_CURRENT, m->csg[g].ep_req & 0xfffffu);
    mcu_wr32(m, out + CSG_EP_STATUS_REQ, m->csg[g].ep_req & 0xfffffu);
    mcu_wr32(m, out + CSG_RESOURCE_DEP, dep);
}

static bool csg_outstanding(struct mali_mcu *m, unsigned g)
{
    for (unsigned i = 0; i < m->cfg.streams; i++) {
        struct mcu_cs *cs = mcu_stream(m, g, i);

        for (unsigned n = 0; cs->started && n < CS_SB_COUNT; n++) {
            if (cs->st.sb_count[n] && !cs->st.deferred_count)
                return true;
        }
    }
    return false;
}

static void drop_jobs(struct mali_mcu *m, const struct cs_state *st)
{
    mali_pipeline_drop(m->pipeline, st->job_token);
    mali_pipeline_drop(m->pipeline, st->oom_token);
}

void mcu_csg_drop_jobs(struct mali_mcu *m, unsigned g)
{
    for (unsigned i = 0; i < m->cfg.streams; i++)
        drop_jobs(m, &mcu_stream(m, g, i)->st);
}

/* Returns false when the change cannot be made yet: the request stays unacknowledged. */
static bool csg_change_state(struct mali_mcu *m, unsigned g, uint32_t want)
{
    struct mcu_csg *c = &m->csg[g];

    switch (want) {
    case CSG_STATE_START:
    case CSG_STATE_RESUME:
        if (c->active) { /* host starts over a running group: the old one is gone */
            mcu_csg_drop_jobs(m, g);
            mcu_csg_stop(m, g);
        }
        csg_begin(m, g, want == CSG_STATE_RESUME);
        return !m->broken;
    case CSG_STATE_SUSPEND:
        if (!c->active)
            return true;
        if (csg_outstanding(m, g))
            return false;
        mcu_csg_publish(m, g);
        if (!mcu_suspend(m, g) || mcu_inject_suspend(m, g))
            return false;
        mcu_csg_stop(m, g);
        mali_trace_emit(m->trace, MALI_EV_csg_state, "suspended", g, c->as, 0, 0);
        return true;
    case CSG_STATE_TERMINATE:
        INJECT_SAW(m->bus->inject, "group terminated", g);
        if (c->active)
            mali_trace_emit(m->trace, MALI_EV_csg_state, "terminated", g, c->as, 0, 0);
        mcu_csg_drop_jobs(m, g);
        mcu_csg_stop(m, g);
        return true;
    default:
        mali_log(m->bus, MALI_LOG_GUEST_ERROR, "group %u: state %u does not exist", g, want);
        return false;
    }
}

static void csg_serve_streams(struct mali_mcu *m, unsigned g)
{
    const uint64_t in = csg_in(m, g), out = csg_out(m, g);
    uint32_t req = mcu_rd32(m, in + CSG_DB_REQ);
    uint32_t bits = req ^ mcu_rd32(m, out + CSG_DB_ACK);

    if (!bits)
        return;
    mcu_take_doorbells(m, out + CSG_DB_ACK, req);
    for (unsigned i = 0; i < m->cfg.streams; i++) {
        if (bits & (1u << i))
            mcu_cs_serve(m, g, i);
    }
}

void mcu_csg_serve(struct mali_mcu *m, unsigned g)
{
    const uint64_t in = csg_in(m, g), out = csg_out(m, g);
    uint32_t req = mcu_rd32(m, in + CSG_REQ);
    uint32_t ack = mcu_rd32(m, out + CSG_ACK);
    uint32_t diff = req ^ ack, done = 0;
    bool wrong = false;

    if (diff & CSG_STATE_MASK) {
        uint32_t want = req & CSG_STATE_MASK;

        mcu_touch(m, MCU_LEVEL_CSG, want, 1);
        if (mcu_inject_csg(m, g, want, &wrong)) {
            if (m->inj.hung)
                return;
        } else if (csg_change_state(m, g, want)) {
            done |= CSG_STATE_MASK;
        }
        if (wrong) { /* an answer, but not to what was asked */
            done |= CSG_STATE_MASK;
            req = (req & ~CSG_STATE_MASK) | ((want ^ 1) & CSG_STATE_MASK);
        }
    }
    if (m->inj.hung)
        return;
    if (diff & CSG_REQ_EP_CFG) {
        csg_read_config(m, g);
        mcu_touch(m, MCU_LEVEL_CSG, 4, 1);
        done |= CSG_REQ_EP_CFG;
    }
    csg_serve_streams(m, g);
    if (diff & CSG_REQ_STATUS) {
        if (m->csg[g].active)
            mcu_csg_publish(m, g);
        mcu_touch(m, MCU_LEVEL_CSG, 5, 1);
        done |= CSG_REQ_STATUS;
    }
    if (!done)
        return;
    ack = mcu_rd32(m, out + CSG_ACK); /* events may have been raised meanwhile */
    mcu_wr32(m, out + CSG_ACK, (ack & ~done) | (req & done));
    if (mcu_rd32(m, in + CSG_ACK_IRQ_MASK) & diff & done)
        m->irq |= 1u << g;
    mali_trace_emit(m->trace, MALI_EV_csg_request,
                    (done & diff & CSG_STATE_MASK)
                        ? mcu_req_name(MCU_LEVEL_CSG, req & CSG_STATE_MASK)
                        : "CSG_CONFIG",
                    g, req, (ack & ~done) | (req & done), 0);
}

/* ---- events --------------------------------------------------------------- */

bool mcu_csg_idle(struct mali_mcu *m, unsigned g)
{
    if (!m->csg[g].active)
        return true;
    for (unsigned i = 0; i < m->cfg.streams; i++) {
        struct mcu_cs *cs = mcu_stream(m, g, i);

        if (cs->started && !mcu_cs_idle(cs))
            return false;
    }
    return true;
}

static void csg_event(struct mali_mcu *m, unsigned g, uint32_t bit)
{
    struct inject_hit hit;

    if (INJECT(m->bus->inject, csg_event, &hit, .group = g, .bits = bit))
        return;
    INJECT_SAW(m->bus->inject, mcu_req_name(MCU_LEVEL_CSG, (unsigned)__builtin_ctz(bit)), g);
    if (mcu_raise(m, csg_in(m, g) + CSG_REQ, csg_out(m, g) + CSG_ACK, bit, 1u << g,
                  CSG_ACK_IRQ_MASK)) {
        unsigned n = (unsigned)__builtin_ctz(bit);

        mcu_touch(m, MCU_LEVEL_CSG, n, 1);
        mali_trace_emit(m->trace, MALI_EV_csg_event, mcu_req_name(MCU_LEVEL_CSG, n), g, 0, 0, 0);
    }
}

static void watch_idle(struct mali_mcu *m, unsigned g, uint64_t now)
{
    struct mcu_csg *c = &m->csg[g];

    if (!mcu_csg_idle(m, g)) {
        c->idle_deadline = MCU_NO_DEADLINE;
        c->idle_sent = false;
        return;
    }
    if (c->idle_sent)
        return;
    if (c->idle_deadline == MCU_NO_DEADLINE)
        c->idle_deadline = now + mcu_timer_ns(m, m->s.idle_timer);
    if (now < c->idle_deadline)
        return;
    c->idle_deadline = MCU_NO_DEADLINE;
    c->idle_sent = true;
    mcu_wr32(m, csg_out(m, g) + CSG_STATUS_STATE, 1);
    csg_event(m, g, CSG_EVT_IDLE);
}

/* The progress timer: a busy stream that neither finishes jobs nor moves on in its ring. */
static void watch_progress(struct mali_mcu *m, unsigned g)
{
    struct mcu_csg *c = &m->csg[g];
    uint64_t cycles = m->ops->cycles(m->opaque);
    uint64_t limit = (uint64_t)m->s.progress_timer << 10;

    for (unsigned i = 0; i < m->cfg.streams; i++) {
        struct mcu_cs *cs = mcu_stream(m, g, i);
        uint64_t seen = cs->st.progress_count + cs->st.extract;

        if (!cs->started || mcu_cs_idle(cs) || seen != cs->progress_seen || cs->dead) {
            cs->progress_seen = seen;
            cs->progress_cycles = cycles;
        } else if (limit && cycles - cs->progress_cycles > limit && !c->timeout_sent) {
            c->timeout_sent = true;
            csg_event(m, g, CSG_EVT_PROGRESS);
        }
    }
}

void mcu_csg_watch(struct mali_mcu *m, unsigned g, uint64_t now)
{
    struct mcu_csg *c = &m->csg[g];

    if (c->sync_event) {
        c->sync_event = false;
        csg_event(m, g, CSG_EVT_SYNC_UPDATE);
    }
    if (!c->active)
        return;
    watch_idle(m, g, now);
    watch_progress(m, g);
}
