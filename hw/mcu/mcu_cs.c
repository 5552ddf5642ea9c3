/*
 * Streams: requests (start, stop, extract event), one slice of execution,
 * status words, and stream events (fault, fatal, tiler out-of-memory,
 * protected mode).
 *
 * Called by mcu.c and mcu_csg.c. Calls csf (cs_run) and mmu (fault records).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "mcu_internal.h"

/* ---- requests -------------------------------------------------------------- */

static void cs_start(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    const uint64_t in = cs_in(m, g, i);
    uint64_t base = mcu_rd64(m, in + CS_BASE);
    uint32_t size = mcu_rd32(m, in + CS_SIZE);
    bool resumed = cs->st.ring_size != 0; /* state came from a suspend image */

    cs->ring_in = mcu_rd64(m, in + CS_USER_INPUT);
    cs->ring_out = mcu_rd64(m, in + CS_USER_OUTPUT);
    if (resumed) {
        cs->st.ring_base = base;
        cs->st.ring_size = size;
    } else {
        cs_init(&cs->st, base, size, mcu_rd64(m, cs->ring_in + RING_EXTRACT_INIT));
        cs->reported_extract = cs->st.extract;
        cs->stop = CS_STOP_EMPTY;
    }
    cs->oom_wait = cs->heap_wait = false; /* it asks again */
    cs->started = true;
    cs->wake = true;
    cs->progress_seen = UINT64_MAX;
}

static void cs_config(struct mali_mcu *m, unsigned g, unsigned i, uint32_t req)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    uint32_t config = mcu_rd32(m, cs_in(m, g, i) + CS_CONFIG);

    cs->prio = config & 0xf;
    cs->doorbell = (config >> 8) & 0xff;
    cs->idle_mask =
        req & (CS_IDLE_SYNC_WAIT | CS_IDLE_PROTM_PEND | CS_IDLE_EMPTY | CS_IDLE_RESOURCE);
}

/* The host has answered a tiler OOM: memory, or nothing: then fragment work or the exception
 * handler has to help. */
static void cs_oom_answered(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    uint64_t first = mcu_rd64(m, cs_in(m, g, i) + CS_HEAP_START);
    uint64_t last = mcu_rd64(m, cs_in(m, g, i) + CS_HEAP_END);
    enum cs_oom_next next = cs_oom_answer(&cs->st, first, last);

    cs->oom_wait = false;
    cs->heap_wait = next == CS_OOM_WAIT;
    cs->wake = next == CS_OOM_RUN;
    cs->stop = CS_STOP_BUDGET; /* the event has been dealt with */
    if (next != CS_OOM_FATAL)
        return;
    cs->held = (struct mali_fault){.code = MALI_OOM, .info = cs->st.heap};
    cs->held_valid = cs->held_fatal = true;
}

/** Looks at CS_REQ of a stream whose doorbell was rung, or whose group starts. */
void mcu_cs_serve(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    const uint64_t in = cs_in(m, g, i), out = cs_out(m, g, i);
    uint32_t req, ack, want;

    if (!m->csg[g].active)
        return;
    req = mcu_rd32(m, in + CS_REQ);
    ack = mcu_rd32(m, out + CS_ACK);
    want = req & CS_STATE_MASK;
    if (((req ^ ack) & CS_STATE_MASK) && mcu_inject_cs(m, g, i, want))
        return;
    if (want == CS_STATE_START && !cs->started) {
        cs_config(m, g, i, req);
        cs_start(m, g, i);
    } else if (want == CS_STATE_STOP && cs->started) {
        mcu_cs_publish(m, g, i);
        cs->started = false;
    } else if (cs->started) {
        cs_config(m, g, i, req);
    }
    if ((req ^ ack) & (CS_STATE_MASK | CS_IDLE_SYNC_WAIT | CS_IDLE_PROTM_PEND | CS_IDLE_EMPTY |
                       CS_IDLE_RESOURCE)) {
        const uint32_t keep = CS_REQ_EXTRACT_EVENT | CS_EVT_TILER_OOM | CS_EVT_PROTM_PEND |
                              CS_EVT_FATAL | CS_EVT_FAULT;

        mcu_wr32(m, out + CS_ACK, (ack & keep) | (req & ~keep));
        if (mcu_rd32(m, in + CS_ACK_IRQ_MASK) & (req ^ ack) & CS_STATE_MASK)
            m->irq |= 1u << g;
        if ((req ^ ack) & CS_STATE_MASK) {
            mcu_touch(m, MCU_LEVEL_CS, want == CS_STATE_START, 1);
            mali_trace_emit(m->trace, MALI_EV_cs_request,
                            mcu_req_name(MCU_LEVEL_CS, want == CS_STATE_START), g, i, 0, 0);
        }
    }
    if (cs->oom_wait && !((req ^ ack) & CS_EVT_TILER_OOM))
        cs_oom_answered(m, g, i);
    cs->wake = true;
}

/* ---- execution -------------------------------------------------------------- */

static bool sync_blocked(const struct mcu_cs *cs)
{
    return cs->stop == CS_STOP_BLOCKED && cs->st.blocked == CS_BLOCKED_SYNC;
}

bool mcu_cs_idle(const struct mcu_cs *cs)
{
    if (cs->dead)
        return true;
    /* A waiting stream that looks again (it polls) is busy when it goes on, not before. */
    if ((cs->wake && !sync_blocked(cs)) || cs->held_valid || cs->oom_wait || cs->heap_wait)
        return false;
    for (unsigned n = 0; n < CS_SB_COUNT; n++) {
        if (cs->st.sb_count[n])
            return false;
    }
    if (cs->stop == CS_STOP_EMPTY)
        return cs->idle_mask & CS_IDLE_EMPTY;
    if (sync_blocked(cs))
        return cs->idle_mask & CS_IDLE_SYNC_WAIT;
    if (cs->stop == CS_STOP_BLOCKED && cs->st.blocked == CS_BLOCKED_RESOURCE)
        return cs->idle_mask & CS_IDLE_RESOURCE;
    if (cs->stop == CS_STOP_PROTM)
        return cs->idle_mask & CS_IDLE_PROTM_PEND;
    return false;
}

bool mcu_cs_runnable(const struct mali_mcu *m, const struct mcu_csg *csg, const struct mcu_cs *cs)
{
    (void)m;
    if (!csg->active || !cs->started || cs->dead || cs->held_valid || cs->oom_wait || cs->heap_wait)
        return false;
    return cs->wake || cs->stop == CS_STOP_BUDGET;
}

static void on_sync_update(void *opaque, uint64_t va, bool system)
{
    struct mali_mcu *m = opaque;

    (void)va;
    m->s.any_sync = 1;
    if (system)
        m->csg[m->run_csg].sync_event = true;
}

static void on_heap_update(void *opaque)
{
    struct mali_mcu *m = opaque;

    m->s.any_sync = 1;
}

static uint64_t on_cycles(void *opaque)
{
    struct mali_mcu *m = opaque;

    return m->ops->cycles(m->opaque);
}

static uint32_t on_flush(void *opaque, uint32_t modes, uint32_t flush_id)
{
    struct mali_mcu *m = opaque;

    (void)flush_id;
    m->s.flushes++;
    return m->ops->flush(m->opaque, modes);
}

static void on_job(void *opaque, enum mali_job_type type, bool start)
{
    struct mali_mcu *m = opaque;

    (void)type;
    if (start)
        m->s.jobs++;
}

static uint64_t on_progress(void *opaque, unsigned queue)
{
    struct mali_mcu *m = opaque;

    return queue < m->cfg.streams ? mcu_stream(m, m->run_csg, queue)->st.progress[0] : 0;
}

static const struct cs_ops stream_ops = {
    .sync_update = on_sync_update,
    .heap_update = on_heap_update,
    .cycles = on_cycles,
    .flush = on_flush,
    .job = on_job,
    .progress = on_progress,
};

static const char *const stop_names[] = {
    [CS_STOP_BUDGET] = "budget", [CS_STOP_EMPTY] = "empty", [CS_STOP_BLOCKED] = "blocked",
    [CS_STOP_STALL] = "stall",   [CS_STOP_FAULT] = "fault", [CS_STOP_FATAL] = "fatal",
    [CS_STOP_OOM] = "oom",       [CS_STOP_PROTM] = "protm",
};

static void hold_fault(struct mcu_cs *cs, const struct mali_fault *fault, bool fatal)
{
    cs->held = *fault;
    cs->held_valid = true;
    cs->held_fatal = fatal;
}

/* Idle again after this is news, even when no step saw it busy in between. */
static void idle_no_more(struct mali_mcu *m, unsigned g)
{
    m->csg[g].idle_sent = false;
    m->csg[g].idle_deadline = MCU_NO_DEADLINE;
    m->s.glb_idle_sent = 0;
    m->s.glb_idle_deadline = MCU_NO_DEADLINE;
}

/** One slice of a stream. The core's lock is NOT held; nothing but this stream's state and
 *  interface memory is touched, results are reported by the next step. */
void mcu_cs_slice(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    const struct cs_env env = {
        .bus = m->bus,
        .tlb = m->tlb,
        .trace = m->trace,
        .pipeline = m->pipeline,
        .ops = &stream_ops,
        .opaque = m,
        .as = m->csg[g].as,
        .csg = (uint8_t)g,
        .cs = (uint8_t)i,
        .trace_instr = m->cfg.trace_instr,
        .core_mask = m->csg[g].allow_compute,
    };
    struct mali_fault fault = {0};
    uint32_t executed = 0;

    cs->wake = false;
    m->run_csg = g;
    cs->st.insert = mcu_rd64(m, cs->ring_in + RING_INSERT);
    if (m->broken)
        return;
    cs->stop = (uint8_t)cs_run(&env, &cs->st, m->cfg.slice, &executed, &fault);
    if (mali_trace_on(m->trace))
        mali_trace_emit(m->trace, MALI_EV_cs_slice, stop_names[cs->stop], g, i, executed,
                        cs->st.extract);
    if (executed)
        idle_no_more(m, g);
    m->s.instrs += executed;
    m->s.slices++;
    if (cs->st.extract != cs->reported_extract) {
        cs->reported_extract = cs->st.extract;
        mcu_wr64(m, cs->ring_out + RING_EXTRACT, mcu_inject_extract(m, g, i, cs->st.extract));
    }
    if (cs->stop == CS_STOP_FAULT || cs->stop == CS_STOP_FATAL)
        hold_fault(cs, &fault, cs->stop == CS_STOP_FATAL);
    else if (cs->stop == CS_STOP_EMPTY && mcu_rd64(m, cs->ring_in + RING_INSERT) != cs->st.insert)
        cs->wake = true; /* the host went on while we finished */
}

/* ---- status and events ------------------------------------------------------ */

/* Whether the object that a stream waits for still says so. */
static bool still_waits(struct mali_mcu *m, unsigned g, const struct mcu_cs *cs)
{
    const struct cs_state *st = &cs->st;
    struct mali_fault fault = {0};
    uint64_t val = 0;

    if (mali_mem_read(m->tlb, m->csg[g].as, st->wait_va, &val, st->wait_64 ? 8 : 4, MCU_SRC_FW,
                      &fault) != MALI_MEM_OK)
        return !cs->wake; /* as it saw it last, unless it has reason to look again */
    return st->wait_cond ? val <= st->wait_ref : val > st->wait_ref;
}

/*
 * The host acts on what this says of a wait: a group that is called blocked
 * goes to a list that is looked through at the next SYNC_UPDATE, one that is
 * not is expected to run. So the object is read anew; returns whether the
 * stream is idle by it.
 */
bool mcu_cs_publish(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    const uint64_t out = cs_out(m, g, i);
    bool idle = mcu_cs_idle(cs);
    struct cs_status s;

    cs_get_status(&cs->st, &s);
    if (sync_blocked(cs) && !still_waits(m, g, cs)) {
        s.blocked = CS_UNBLOCKED;
        idle = false;
    } else if (cs->wake && cs->stop == CS_STOP_BLOCKED && !sync_blocked(cs)) {
        s.blocked = CS_UNBLOCKED; /* will look again: not known to be blocked */
    }
    mcu_wr64(m, out + CS_STATUS_CMD_PTR, s.cmd_ptr);
    mcu_wr32(m, out + CS_STATUS_WAIT, s.wait);
    mcu_wr32(m, out + CS_STATUS_REQ_RES, s.req_resource);
    mcu_wr64(m, out + CS_STATUS_SYNC_PTR, s.sync_pointer);
    mcu_wr32(m, out + CS_STATUS_SYNC_VAL, (uint32_t)s.sync_value);
    mcu_wr32(m, out + CS_STATUS_SYNC_VAL_HI, (uint32_t)(s.sync_value >> 32));
    mcu_wr32(m, out + CS_STATUS_SB, s.scoreboards);
    mcu_wr32(m, out + CS_STATUS_BLOCKED, s.blocked);
    mcu_wr32(m, out + CS_HEAP_VT_START, cs->st.heap_vt_start);
    mcu_wr32(m, out + CS_HEAP_VT_END, cs->st.heap_vt_end);
    mcu_wr32(m, out + CS_HEAP_FRAG_END, cs->st.heap_frag_end);
    mcu_wr64(m, out + CS_HEAP_ADDRESS, cs->st.heap);
    if (cs->ring_out)
        mcu_wr32(m, cs->ring_out + RING_ACTIVE, !idle);
    return idle;
}

static bool cs_event(struct mali_mcu *m, unsigned g, unsigned i, uint32_t bit)
{
    const uint64_t in = cs_in(m, g, i), out = cs_out(m, g, i);
    unsigned n = (unsigned)__builtin_ctz(bit);
    struct inject_hit hit;
    uint32_t irq_req;

    if (INJECT(m->bus->inject, cs_event, &hit, .group = g, .queue = i, .bits = bit))
        return true; /* for us it was raised */
    INJECT_SAW(m->bus->inject, mcu_req_name(MCU_LEVEL_CS, n), (uint64_t)g << 8 | i);
    if (!mcu_raise(m, in + CS_REQ, out + CS_ACK, bit, 1u << g, CS_ACK_IRQ_MASK))
        return false;
    irq_req = mcu_rd32(m, csg_out(m, g) + CSG_IRQ_REQ);
    if (!((irq_req ^ mcu_rd32(m, csg_in(m, g) + CSG_IRQ_ACK)) & (1u << i)))
        mcu_wr32(m, csg_out(m, g) + CSG_IRQ_REQ, irq_req ^ (1u << i));
    mcu_touch(m, MCU_LEVEL_CS, n, 1);
    mali_trace_emit(m->trace, MALI_EV_cs_event, mcu_req_name(MCU_LEVEL_CS, n), g, i, 0, 0);
    return true;
}

/* A fault is encoded for the hardware here and nowhere else. */
static void report_fault(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);
    const uint64_t out = cs_out(m, g, i);
    const uint32_t bit = cs->held_fatal ? CS_EVT_FATAL : CS_EVT_FAULT;
    uint32_t code = cs->held.code;
    uint64_t info = cs->held.info;

    if ((mcu_rd32(m, cs_in(m, g, i) + CS_REQ) ^ mcu_rd32(m, out + CS_ACK)) & bit)
        return; /* the host has not taken the previous one */
    if (cs->held.memory) {
        m->ops->mmu_irq(m->opaque, mali_mmu_report_fault(m->mmu, &cs->held));
        code = MALI_CS_BUS_FAULT;
        info = cs->held.va;
    }
    mcu_cs_publish(m, g, i);
    mcu_wr64(m, out + (cs->held_fatal ? CS_FATAL_INFO : CS_FAULT_INFO), info);
    mcu_wr32(m, out + (cs->held_fatal ? CS_FATAL : CS_FAULT), code);
    cs_event(m, g, i, bit);
    mali_trace_emit(m->trace, MALI_EV_cs_fault, mali_fault_name((uint8_t)code), g, i, code, info);
    cs->held_valid = false;
    cs->dead = cs->held_fatal;
    cs->wake = true;
}

static void report_extract(struct mali_mcu *m, unsigned g, unsigned i)
{
    const uint64_t in = cs_in(m, g, i), out = cs_out(m, g, i);
    uint32_t req = mcu_rd32(m, in + CS_REQ), ack = mcu_rd32(m, out + CS_ACK);

    if (!((req ^ ack) & CS_REQ_EXTRACT_EVENT))
        return;
    mcu_wr32(m, out + CS_ACK, ack ^ CS_REQ_EXTRACT_EVENT);
    if (mcu_rd32(m, in + CS_ACK_IRQ_MASK) & CS_REQ_EXTRACT_EVENT)
        m->irq |= 1u << g;
    mcu_touch(m, MCU_LEVEL_CS, 4, 1);
}

/** Reports what the last slice of a stream left behind. Lock held. */
void mcu_cs_report(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);

    if (cs->held_valid)
        report_fault(m, g, i);
    if (cs->stop == CS_STOP_OOM && !cs->oom_wait) {
        mcu_cs_publish(m, g, i);
        cs->oom_wait = cs_event(m, g, i, CS_EVT_TILER_OOM);
    }
    if (cs->stop == CS_STOP_PROTM) {
        mali_log(m->bus, MALI_LOG_UNIMP, "group %u stream %u: PROT_REGION, never granted", g, i);
        cs_event(m, g, i, CS_EVT_PROTM_PEND);
        cs->stop = CS_STOP_BLOCKED;
    }
    report_extract(m, g, i);
}
