/*
 * What the files of hw/mcu share: the microcontroller's state and accessors
 * for interface memory.
 *
 * State that must survive a snapshot is plain data in struct mcu_state,
 * struct mcu_csg and struct mcu_cs; everything else is rebuilt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_MCU_INTERNAL_H
#define MALI_MCU_INTERNAL_H

#include "mcu.h"
#include "fw_if.h"
#include "../csf/cs.h"

#define MCU_SRC_FW 0x0000u /* FAULTSTATUS source id of the microcontroller itself */
#define MCU_NO_DEADLINE UINT64_MAX

enum mcu_level { MCU_LEVEL_GLB, MCU_LEVEL_CSG, MCU_LEVEL_CS, MCU_LEVEL_MCU };

/** One stream slot. */
struct mcu_cs {
    struct cs_state st;
    uint64_t ring_in, ring_out;     /* VAs of the user I/O blocks in AS0 */
    uint64_t progress_seen;         /* st.progress_count + extract when last looked at */
    uint64_t progress_cycles;       /* GPU cycles then */
    uint64_t reported_extract;      /* last value written to the output block */
    struct mali_fault held;         /* a fault to report, or that waits for the host to ack the last one */
    uint32_t doorbell;              /* user doorbell index from CS_CONFIG */
    uint32_t prio;
    uint32_t idle_mask;             /* CS_IDLE_* conditions of CS_REQ */
    uint8_t started;                /* CS_REQ START is in force */
    uint8_t stop;                   /* enum cs_stop of the last slice */
    uint8_t wake;                   /* re-evaluate: kicked, sync event, host acked */
    uint8_t dead;                   /* CS_FATAL raised: must not run again */
    uint8_t held_valid, held_fatal;
    uint8_t oom_wait;               /* TILER_OOM raised, host has not answered */
    uint8_t heap_wait;              /* ... has no memory: chunks of fragment work that ends are waited for */
};

/** One group slot. */
struct mcu_csg {
    uint64_t suspend_buf;
    uint64_t allow_compute, allow_fragment;
    uint64_t idle_deadline;         /* virtual ns when CSG_IDLE is due */
    uint32_t allow_other, ep_req;
    uint8_t active;                 /* started or resumed, not suspended or terminated */
    uint8_t as;
    uint8_t idle_sent;              /* CSG_IDLE raised since it was last busy */
    uint8_t timeout_sent;
    uint8_t sync_event;             /* a stream updated a sync object with system scope */
    uint8_t pad[3];
};

struct mcu_state {
    uint32_t control, status;       /* MCU_CONTROL, MCU_STATUS */
    uint32_t boot_pending;
    uint32_t glb_doorbell;          /* doorbell 0 was rung */
    uint64_t user_doorbells;        /* bit per doorbell page 1..31 */
    uint32_t glb_seen;              /* GLB_REQ at the last look, for level requests */
    uint32_t shared_size;           /* bytes mapped at FW_SHARED_VA when booted */
    uint32_t progress_timer, poweroff_timer, idle_timer;
    uint32_t any_sync;              /* some sync object changed: sync-blocked streams look again */
    uint64_t core_en_mask;
    uint64_t glb_idle_deadline;
    uint64_t poweroff_deadline;
    uint64_t poll_deadline;         /* sync-blocked and stalled streams look again */
    uint32_t glb_idle_sent;
    uint32_t powered;
    uint32_t rotate;                /* first slot of the next round */
    uint32_t prfcnt_on;
    uint64_t instrs, jobs, flushes, slices;
    uint32_t prfcnt_insert, prfcnt_pad;
    uint64_t prfcnt_last[8];        /* totals at the last sample */
};

/* What injected faults have done that lasts until the next boot; not part of a snapshot. */
struct mcu_injected {
    uint32_t pending;           /* actions for the next step: bit per enum mcu_action */
    uint32_t glb_lost;          /* global requests that are not served */
    uint32_t csg_lost[32];      /* per group: bit per state that is not served */
    uint32_t cs_lost[32];       /* per group: bit per stream that is not started or stopped */
    uint64_t hold_until;        /* virtual ns: global requests wait */
    uint64_t boot_at;           /* virtual ns: a boot waits; 0: none */
    bool hung;
};
enum mcu_action { MCU_ACT_FATAL, MCU_ACT_HANG, MCU_ACT_SPURIOUS, MCU_ACT_PROGRESS };

/** Where the blocks lie in the shared section; computed from the configuration. */
struct mcu_layout {
    uint32_t group_stride;
    uint32_t glb_in, glb_out;       /* offsets from FW_SHARED_VA */
    uint32_t csg_in, csg_out, cs_in, cs_out;
    uint32_t size;
    uint32_t suspend_size;
};

struct mali_mcu {
    struct mali_bus *bus;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    struct mali_pipeline *pipeline;
    struct mali_trace *trace;
    struct mali_mcu_config cfg;
    const struct mali_mcu_ops *ops;
    void *opaque;
    struct mcu_layout lay;
    struct mcu_state s;
    struct mcu_csg *csg;            /* [csgs] */
    struct mcu_cs *cs;              /* [csgs * streams] */
    uint32_t irq;                   /* JOB_IRQ bits collected during a step */
    bool broken;                    /* an interface access faulted: crash at the next safe moment */
    struct mali_fault broken_fault;
    const char *broken_what;
    bool timer_due;                 /* a deadline has passed */
    bool slices_ran;                /* results of slices wait to be reported */
    bool in_slices;                 /* streams run, the lock is not held */
    unsigned run_csg;               /* slot whose stream is running, for callbacks */
    uint32_t touch_slot[4][32];     /* fidelity report: cached slots per request row */
    struct mcu_injected inj;
};

static inline struct mcu_cs *mcu_stream(struct mali_mcu *m, unsigned g, unsigned i)
{
    return &m->cs[g * m->cfg.streams + i];
}

/* --- interface memory (mcu_mem.c): VA in AS0; failure marks the firmware broken --- */
uint32_t mcu_rd32(struct mali_mcu *m, uint64_t va);
uint64_t mcu_rd64(struct mali_mcu *m, uint64_t va);
void mcu_wr32(struct mali_mcu *m, uint64_t va, uint32_t val);
void mcu_wr64(struct mali_mcu *m, uint64_t va, uint64_t val);
/** A region of AS0 is locked that the next step may access. */
bool mcu_touches_locked(const struct mali_mcu *m);
void mcu_crash(struct mali_mcu *m, const struct mali_fault *fault, const char *what);
/** Flips the event @bit of the ack word so that it differs from req; false when still unacknowledged. */
bool mcu_raise(struct mali_mcu *m, uint64_t in, uint64_t out, uint32_t bit, uint32_t irq_bit,
               uint32_t mask_off);
/**
 * Acknowledges doorbells before their requests are read, and in this order for everybody: a host that has written
 * a request and still sees the old acknowledgement does not flip the bit, for that request is seen now.
 */
void mcu_take_doorbells(struct mali_mcu *m, uint64_t ack, uint32_t req);
void mcu_touch(struct mali_mcu *m, enum mcu_level level, unsigned bit, uint64_t n);
const char *mcu_req_name(enum mcu_level level, unsigned bit);

static inline uint64_t glb_in(const struct mali_mcu *m)
{
    return FW_SHARED_VA + m->lay.glb_in;
}
static inline uint64_t glb_out(const struct mali_mcu *m)
{
    return FW_SHARED_VA + m->lay.glb_out;
}
static inline uint64_t csg_in(const struct mali_mcu *m, unsigned g)
{
    return FW_SHARED_VA + m->lay.csg_in + g * CSG_INPUT_SIZE;
}
static inline uint64_t csg_out(const struct mali_mcu *m, unsigned g)
{
    return FW_SHARED_VA + m->lay.csg_out + g * CSG_OUTPUT_SIZE;
}
static inline uint64_t cs_in(const struct mali_mcu *m, unsigned g, unsigned i)
{
    return FW_SHARED_VA + m->lay.cs_in + (g * m->cfg.streams + i) * CS_INPUT_SIZE;
}
static inline uint64_t cs_out(const struct mali_mcu *m, unsigned g, unsigned i)
{
    return FW_SHARED_VA + m->lay.cs_out + (g * m->cfg.streams + i) * CS_OUTPUT_SIZE;
}

/* --- mcu_boot.c --- */
void mcu_layout_init(struct mali_mcu *m);
void mcu_boot(struct mali_mcu *m);

/* --- mcu_glb.c --- */
void mcu_glb_serve(struct mali_mcu *m);
uint64_t mcu_timer_ns(struct mali_mcu *m, uint32_t timer);

/* --- mcu_csg.c --- */
void mcu_csg_serve(struct mali_mcu *m, unsigned g);
void mcu_csg_stop(struct mali_mcu *m, unsigned g);
/** Jobs of a group that will not come back. Those of a suspended group go on after RESUME. */
void mcu_csg_drop_jobs(struct mali_mcu *m, unsigned g);
void mcu_csg_publish(struct mali_mcu *m, unsigned g);
/** Moves CSG_IDLE / progress-timer state on; called once per step. */
void mcu_csg_watch(struct mali_mcu *m, unsigned g, uint64_t now);
bool mcu_csg_idle(struct mali_mcu *m, unsigned g);

/* --- mcu_cs.c --- */
void mcu_cs_serve(struct mali_mcu *m, unsigned g, unsigned i);
/** Writes the status words; returns whether the stream is idle. */
bool mcu_cs_publish(struct mali_mcu *m, unsigned g, unsigned i);
bool mcu_cs_runnable(const struct mali_mcu *m, const struct mcu_csg *csg, const struct mcu_cs *cs);
void mcu_cs_slice(struct mali_mcu *m, unsigned g, unsigned i);
bool mcu_cs_idle(const struct mcu_cs *cs);
void mcu_cs_report(struct mali_mcu *m, unsigned g, unsigned i);

/* --- mcu_inject.c --- */
/** The actions that wait; in a step. */
void mcu_inject_act(struct mali_mcu *m);
/** Hook of mcu_boot: true when the boot does not happen now. */
bool mcu_inject_boot(struct mali_mcu *m);
/** Hook of fw_publish. */
void mcu_inject_publish(struct mali_mcu *m);
/** Hook of glb_request: which of @bits (not acknowledged yet) are not to be served; @late: none now. */
uint32_t mcu_inject_glb(struct mali_mcu *m, uint32_t bits, bool *late);
/** Hook of csg_request: true when the firmware is not to serve state @want now; *wrong: it is
 *  answered with another one. */
bool mcu_inject_csg(struct mali_mcu *m, unsigned g, uint32_t want, bool *wrong);
/** Hook of cs_request: true when the firmware does not see it. */
bool mcu_inject_cs(struct mali_mcu *m, unsigned g, unsigned i, uint32_t want);
/** Hook of suspend, when the image has been written: true when the firmware hangs. */
bool mcu_inject_suspend(struct mali_mcu *m, unsigned g);
/** Hook of extract: what is published for @extract. */
uint64_t mcu_inject_extract(struct mali_mcu *m, unsigned g, unsigned i, uint64_t extract);

/* --- mcu_suspend.c --- */
bool mcu_suspend(struct mali_mcu *m, unsigned g);
bool mcu_resume(struct mali_mcu *m, unsigned g);
uint32_t mcu_suspend_size(unsigned streams);

/* --- mcu_perf.c --- */
uint32_t mcu_prfcnt_size(const struct mali_mcu *m);
void mcu_prfcnt_enable(struct mali_mcu *m, bool on);
void mcu_prfcnt_sample(struct mali_mcu *m);

#endif
