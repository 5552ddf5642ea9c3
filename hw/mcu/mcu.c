/*
 * The microcontroller: life, control register, doorbells, timers and the step
 * that serves requests, reports what streams did and runs their next slices.
 *
 * Called by gpu (registers, thread, timers). Calls mcu_boot.c, mcu_glb.c,
 * mcu_csg.c, mcu_cs.c.
 *
 * One step: report -> serve -> watch -> pick -> (unlock) run slices (lock).
 * Interface memory is only touched by the step's thread, so doorbells and
 * timers merely leave a mark and wake it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "mcu_internal.h"

#define POLL_SYNC_NS     1000000u   /* sync-blocked streams look again: memory may change unseen */
#define POLL_STALL_NS    20000u     /* a stream at a locked MMU region looks again */
#define POLL_PROGRESS_NS 100000000u /* resolution of the progress timer */

struct mali_mcu *mali_mcu_new(struct mali_bus *bus, struct mali_mmu *mmu,
                              struct mali_pipeline *pipe, struct mali_trace *trace,
                              const struct mali_mcu_config *cfg, const struct mali_mcu_ops *ops,
                              void *opaque)
{
    struct mali_mcu *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->bus = bus;
    m->mmu = mmu;
    m->pipeline = pipe;
    m->trace = trace;
    m->cfg = *cfg;
    m->ops = ops;
    m->opaque = opaque;
    m->tlb = mali_tlb_new(mmu);
    m->csg = calloc(cfg->csgs, sizeof(*m->csg));
    m->cs = calloc((size_t)cfg->csgs * cfg->streams, sizeof(*m->cs));
    if (!m->tlb || !m->csg || !m->cs) {
        mali_mcu_free(m);
        return NULL;
    }
    mcu_layout_init(m);
    mali_mcu_reset(m);
    return m;
}

void mali_mcu_free(struct mali_mcu *m)
{
    if (!m)
        return;
    if (m->tlb)
        mali_tlb_free(m->tlb);
    free(m->csg);
    free(m->cs);
    free(m);
}

static void drop_state(struct mali_mcu *m)
{
    memset(&m->s, 0, sizeof(m->s));
    memset(m->csg, 0, m->cfg.csgs * sizeof(*m->csg));
    memset(m->cs, 0, (size_t)m->cfg.csgs * m->cfg.streams * sizeof(*m->cs));
    m->s.glb_idle_deadline = m->s.poweroff_deadline = m->s.poll_deadline = MCU_NO_DEADLINE;
    m->s.glb_idle_sent = 1;
    for (unsigned g = 0; g < m->cfg.csgs; g++)
        m->csg[g].idle_deadline = MCU_NO_DEADLINE;
    m->broken = m->timer_due = m->slices_ran = false;
    memset(&m->inj, 0, sizeof(m->inj));
    m->irq = 0;
}

void mali_mcu_reset(struct mali_mcu *m)
{
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if (!m->csg[g].active)
            continue;
        mali_trace_end(m->trace, MALI_TRACK_GROUP, g);
        /* What suspended groups have under way outlives this, as their images in memory do: a
         * driver resumes them when it has reset the GPU for the sake of another group, or put it to
         * sleep. */
        mcu_csg_drop_jobs(m, g);
    }
    if (m->s.status == MALI_MCU_ENABLED)
        mali_trace_end(m->trace, MALI_TRACK_POWER, 3);
    drop_state(m);
    m->ops->timer(m->opaque, MCU_NO_DEADLINE);
}

void mali_mcu_control(struct mali_mcu *m, uint32_t val)
{
    if (val > 2) {
        mali_log(m->bus, MALI_LOG_GUEST_ERROR, "MCU_CONTROL: value %u, 0..2 exist", val);
        return;
    }
    if (val == 0) {
        mali_mcu_reset(m);
        m->ops->want_power(m->opaque, 0, false);
        mali_trace_emit(m->trace, MALI_EV_mcu_state, "disabled", 0, 0, 0, 0);
        return;
    }
    m->s.control = val;
    if (m->s.status != MALI_MCU_DISABLED)
        return;
    m->s.boot_pending = 1;
    m->ops->wake(m->opaque);
}

uint32_t mali_mcu_control_read(const struct mali_mcu *m)
{
    return m->s.control;
}

uint32_t mali_mcu_status(const struct mali_mcu *m)
{
    return m->s.status;
}

void mali_mcu_doorbell(struct mali_mcu *m, unsigned index)
{
    struct inject_hit hit;

    mali_trace_emit(m->trace, MALI_EV_mcu_doorbell, index ? "user" : "global", index, 0, 0, 0);
    if (m->s.status != MALI_MCU_ENABLED)
        return;
    if (INJECT(m->bus->inject, doorbell, &hit, .index = index))
        return;
    if (index == 0)
        m->s.glb_doorbell = 1;
    else if (index < 64)
        m->s.user_doorbells |= 1ull << index;
    m->ops->wake(m->opaque);
}

void mali_mcu_timer(struct mali_mcu *m, uint64_t now)
{
    (void)now;
    m->timer_due = true;
    m->ops->wake(m->opaque);
}

/* ---- one step ----------------------------------------------------------------- */

static bool runnable_left(const struct mali_mcu *m)
{
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if (!m->csg[g].active)
            continue;
        for (unsigned i = 0; i < m->cfg.streams; i++) {
            if (mcu_cs_runnable(m, &m->csg[g], &m->cs[g * m->cfg.streams + i]))
                return true;
        }
    }
    return false;
}

/*
 * AS0 is locked for a page-table change and we would touch what is locked: it
 * must wait. Whoever ends the LOCK wakes us.
 */
static bool interface_locked(const struct mali_mcu *m)
{
    if (!mali_mmu_as_locked(m->mmu, FW_AS))
        return false;
    return m->s.status != MALI_MCU_ENABLED || mcu_touches_locked(m);
}

bool mali_mcu_pending(const struct mali_mcu *m)
{
    if (m->inj.hung || interface_locked(m))
        return false;
    if (m->s.boot_pending || m->slices_ran || m->timer_due || m->broken || m->inj.pending)
        return true;
    return m->s.status == MALI_MCU_ENABLED &&
           ((m->s.glb_doorbell && !m->inj.hold_until) || m->s.user_doorbells || runnable_left(m));
}

bool mali_mcu_busy(const struct mali_mcu *m)
{
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        for (unsigned i = 0; m->csg[g].active && i < m->cfg.streams; i++) {
            const struct mcu_cs *cs = &m->cs[g * m->cfg.streams + i];

            if (cs->started && !mcu_cs_idle(cs))
                return true;
        }
    }
    return false;
}

/* The firmware hit an exception of its own: it stops answering, as on hardware. */
static void crash_now(struct mali_mcu *m)
{
    mali_log(m->bus, MALI_LOG_GUEST_ERROR, "MCU crashed: %s at 0x%llx (%s)", m->broken_what,
             (unsigned long long)m->broken_fault.va, mali_fault_name(m->broken_fault.code));
    INJECT_SAW(m->bus->inject, "firmware crashed", m->broken_fault.va);
    m->broken = false;
    m->s.status = MALI_MCU_FATAL;
    for (unsigned g = 0; g < m->cfg.csgs; g++)
        m->csg[g].active = false;
    if (m->broken_fault.memory)
        m->ops->mmu_irq(m->opaque, mali_mmu_report_fault(m->mmu, &m->broken_fault));
    mali_trace_emit(m->trace, MALI_EV_mcu_state, "crashed", m->s.status, 0, 0, 0);
}

static void each_stream(struct mali_mcu *m, void (*fn)(struct mali_mcu *, unsigned, unsigned))
{
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        for (unsigned i = 0; m->csg[g].active && i < m->cfg.streams; i++) {
            if (mcu_stream(m, g, i)->started)
                fn(m, g, i);
        }
    }
}

static void kick(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);

    if (cs->doorbell < 64 && (m->s.user_doorbells & (1ull << cs->doorbell)))
        cs->wake = true;
}

static void wake_blocked(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);

    if (cs->stop == CS_STOP_BLOCKED || cs->stop == CS_STOP_STALL)
        cs->wake = true;
}

static void wake_sync(struct mali_mcu *m, unsigned g, unsigned i)
{
    struct mcu_cs *cs = mcu_stream(m, g, i);

    if (cs->stop == CS_STOP_BLOCKED &&
        (cs->st.blocked == CS_BLOCKED_SYNC || cs->st.blocked == CS_BLOCKED_PROGRESS))
        cs->wake = true;
    if (cs->heap_wait) {
        cs->heap_wait = false;
        cs->wake = true;
    }
}

static void serve(struct mali_mcu *m, uint64_t now)
{
    if (m->s.any_sync) {
        m->s.any_sync = 0;
        each_stream(m, wake_sync);
    }
    if (now >= m->s.poll_deadline)
        each_stream(m, wake_blocked);
    if (m->s.user_doorbells) {
        each_stream(m, kick);
        m->s.user_doorbells = 0;
    }
    if (m->s.glb_doorbell && now >= m->inj.hold_until) {
        m->inj.hold_until = 0;
        m->s.glb_doorbell = 0;
        mcu_glb_serve(m);
    }
}

static void watch_global_idle(struct mali_mcu *m, uint64_t now)
{
    if (mali_mcu_busy(m)) {
        m->s.glb_idle_sent = 0;
        m->s.glb_idle_deadline = MCU_NO_DEADLINE;
        return;
    }
    if (m->s.glb_idle_sent || !(m->s.glb_seen & GLB_REQ_IDLE_EN))
        return;
    if (m->s.glb_idle_deadline == MCU_NO_DEADLINE)
        m->s.glb_idle_deadline = now + mcu_timer_ns(m, m->s.idle_timer);
    if (now < m->s.glb_idle_deadline)
        return;
    m->s.glb_idle_deadline = MCU_NO_DEADLINE;
    m->s.glb_idle_sent = 1;
    mcu_touch(m, MCU_LEVEL_GLB, 26, 1);
    mcu_raise(m, glb_in(m) + GLB_REQ, glb_out(m) + GLB_ACK, GLB_EVT_IDLE, MALI_JOB_IRQ_GLB,
              GLB_ACK_IRQ_MASK);
}

/* Shader cores and tiler are up while a stream holds endpoints, and poweroff_timer longer. */
static void watch_power(struct mali_mcu *m, uint64_t now)
{
    bool wanted = false;

    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        for (unsigned i = 0; m->csg[g].active && i < m->cfg.streams; i++) {
            struct mcu_cs *cs = mcu_stream(m, g, i);

            wanted |= cs->started && cs->st.resources && !mcu_cs_idle(cs);
        }
    }
    if (wanted) {
        m->s.poweroff_deadline = MCU_NO_DEADLINE;
        if (!m->s.powered)
            m->ops->want_power(m->opaque, m->s.core_en_mask, true);
        m->s.powered = 1;
    } else if (m->s.powered) {
        if (m->s.poweroff_deadline == MCU_NO_DEADLINE)
            m->s.poweroff_deadline = now + mcu_timer_ns(m, m->s.poweroff_timer);
        if (now >= m->s.poweroff_deadline) {
            m->s.poweroff_deadline = MCU_NO_DEADLINE;
            m->s.powered = 0;
            m->ops->want_power(m->opaque, 0, false);
        }
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When must somebody look again although nothing happens? */
static void arm_timer(struct mali_mcu *m, uint64_t now)
{
    uint64_t poll = MCU_NO_DEADLINE;
    uint64_t next;

    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        for (unsigned i = 0; m->csg[g].active && i < m->cfg.streams; i++) {
            struct mcu_cs *cs = mcu_stream(m, g, i);

            if (!cs->started || cs->dead)
                continue;
            if (cs->stop == CS_STOP_STALL)
                poll = earlier(poll, now + POLL_STALL_NS);
            else if (cs->stop == CS_STOP_BLOCKED && cs->st.blocked == CS_BLOCKED_SYNC)
                poll = earlier(poll, now + POLL_SYNC_NS);
            else if (!mcu_cs_idle(cs))
                poll = earlier(poll, now + POLL_PROGRESS_NS);
        }
    }
    if (m->s.poll_deadline <= now || poll < m->s.poll_deadline || poll == MCU_NO_DEADLINE)
        m->s.poll_deadline = poll;
    next = earlier(m->s.poll_deadline, earlier(m->s.glb_idle_deadline, m->s.poweroff_deadline));
    if (m->inj.hold_until > now)
        next = earlier(next, m->inj.hold_until);
    for (unsigned g = 0; g < m->cfg.csgs; g++)
        next = earlier(next, m->csg[g].active ? m->csg[g].idle_deadline : MCU_NO_DEADLINE);
    m->ops->timer(m->opaque, next);
}

static void run_group(struct mali_mcu *m, unsigned g)
{
    for (unsigned i = 0; m->csg[g].active && i < m->cfg.streams; i++) {
        if (mcu_cs_runnable(m, &m->csg[g], mcu_stream(m, g, i)))
            mcu_cs_slice(m, g, i);
    }
}

/* Every runnable stream gets a slice; who comes first rotates. */
static bool run_slices(struct mali_mcu *m)
{
    if (!runnable_left(m))
        return false;
    m->slices_ran = m->in_slices = true;
    m->ops->unlock(m->opaque);
    for (unsigned n = 0; n < m->cfg.csgs; n++)
        run_group(m, (m->s.rotate + n) % m->cfg.csgs);
    m->ops->lock(m->opaque);
    m->in_slices = false;
    m->s.rotate = (m->s.rotate + 1) % m->cfg.csgs;
    return true;
}

static bool flush_irq(struct mali_mcu *m)
{
    uint32_t bits = m->irq;

    m->irq = 0;
    if (bits)
        m->ops->job_irq(m->opaque, bits);
    return bits;
}

static bool alive(struct mali_mcu *m)
{
    if (m->broken)
        crash_now(m);
    return m->s.status == MALI_MCU_ENABLED;
}

bool mali_mcu_step(struct mali_mcu *m)
{
    uint64_t now = mali_bus_now(m->bus);

    if (m->inj.hung || interface_locked(m))
        return false;
    m->timer_due = false;
    if (m->inj.boot_at && now >= m->inj.boot_at) {
        m->inj.boot_at = 0;
        mcu_boot(m);
    } else if (m->s.boot_pending) {
        m->s.boot_pending = 0;
        if (!mcu_inject_boot(m))
            mcu_boot(m);
    }
    if (m->inj.pending)
        mcu_inject_act(m);
    m->slices_ran = false;
    if (!alive(m))
        return false;
    each_stream(m, mcu_cs_report);
    for (unsigned g = 0; g < m->cfg.csgs; g++)
        mcu_csg_watch(m, g, now);
    serve(m, now);
    if (!alive(m)) {
        flush_irq(m);
        return false;
    }
    watch_global_idle(m, now);
    watch_power(m, now);
    arm_timer(m, now);
    /* Interrupts leave when a step ends: do not make them wait for slices. */
    if (!flush_irq(m))
        run_slices(m);
    return mali_mcu_pending(m);
}
