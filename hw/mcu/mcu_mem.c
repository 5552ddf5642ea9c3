/*
 * Interface memory: 32- and 64-bit accesses through address space 0, event
 * bits, names. A failing access is what a crashed firmware is made of.
 *
 * Called by every file of hw/mcu. Calls mmu and trace.
 *
 * A step does not begin while something is locked in address space 0 that it may
 * access, and lock commands wait for its safe points; slices never stall here.
 * Only an address that the host wrote after the step began can: that access waits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>

#include "mcu_internal.h"

#define LOCK_MIN   0x8000u /* the smallest region that can be locked, and its alignment */
#define STALL_NS   50000
#define STALL_MAX  2000    /* waits of STALL_NS; then the host has forgotten its LOCK */

struct req_row {
    enum mcu_level level;
    unsigned bit;
    const char *name;
    enum mali_fidelity fid;
    const char *note;
};

static const struct req_row req_rows[] = {
#define MCU_REQ(lvl, bit, name, fid, note) {MCU_LEVEL_##lvl, bit, name, MALI_FID_##fid, note},
#include "mcu.def"
#undef MCU_REQ
};

static const struct req_row *req_row(enum mcu_level level, unsigned bit)
{
    for (size_t i = 0; i < sizeof(req_rows) / sizeof(req_rows[0]); i++) {
        if (req_rows[i].level == level && req_rows[i].bit == bit)
            return &req_rows[i];
    }
    return NULL;
}

const char *mcu_req_name(enum mcu_level level, unsigned bit)
{
    const struct req_row *r = req_row(level, bit);

    return r ? r->name : "unknown request";
}

void mcu_touch(struct mali_mcu *m, enum mcu_level level, unsigned bit, uint64_t n)
{
    const struct req_row *r = req_row(level, bit);

    if (!m->trace)
        return;
    if (r)
        mali_trace_touch(m->trace, MALI_FID_MCU, r->name, r->fid, r->note,
                         &m->touch_slot[level][bit], n);
    else
        mali_trace_touch(m->trace, MALI_FID_MCU, "unknown request", MALI_FID_TODO,
                         "left unacknowledged", &m->touch_slot[level][bit], n);
}

void mcu_crash(struct mali_mcu *m, const struct mali_fault *fault, const char *what)
{
    if (m->broken)
        return;
    m->broken = true;
    m->broken_fault = *fault;
    m->broken_what = what;
}

/* ---- what is locked ----------------------------------------------------------- */

static enum mali_mem_result probe(const struct mali_mcu *m, uint64_t va, void **p)
{
    struct mali_fault fault = {0};
    uint64_t avail;

    return mali_mem_ptr(m->tlb, FW_AS, va, MALI_ACCESS_READ, MCU_SRC_FW, p, &avail, &fault);
}

static bool locked(const struct mali_mcu *m, uint64_t va, uint64_t len)
{
    void *p;

    for (uint64_t at = va; va && at < va + len; at = (at | (LOCK_MIN - 1)) + 1) {
        if (probe(m, at, &p) == MALI_MEM_STALL)
            return true;
    }
    return false;
}

/* What an address word of the (unlocked) shared section points to. */
static bool pointee_locked(const struct mali_mcu *m, uint64_t at, uint64_t len)
{
    void *p;

    return probe(m, at, &p) == MALI_MEM_OK &&
           locked(m, __atomic_load_n((uint64_t *)p, __ATOMIC_RELAXED), len);
}

static bool stream_locked(const struct mali_mcu *m, unsigned g, unsigned i)
{
    const struct mcu_cs *cs = &m->cs[g * m->cfg.streams + i];

    if (m->csg[g].active && cs->started)
        return locked(m, cs->ring_in, 1) || locked(m, cs->ring_out, 1);
    return pointee_locked(m, cs_in(m, g, i) + CS_USER_INPUT, 1) ||
           pointee_locked(m, cs_in(m, g, i) + CS_USER_OUTPUT, 1);
}

/* What an empty slot without a request points to is of the past. */
static bool slot_in_use(const struct mali_mcu *m, unsigned g)
{
    void *req, *ack;

    if (m->csg[g].active)
        return true;
    return probe(m, csg_in(m, g) + CSG_REQ, &req) == MALI_MEM_OK &&
           probe(m, csg_out(m, g) + CSG_ACK, &ack) == MALI_MEM_OK &&
           ((__atomic_load_n((uint32_t *)req, __ATOMIC_RELAXED) ^
             __atomic_load_n((uint32_t *)ack, __ATOMIC_RELAXED)) & CSG_STATE_MASK);
}

bool mcu_touches_locked(const struct mali_mcu *m)
{
    if (locked(m, FW_SHARED_VA, m->lay.size))
        return true;
    for (unsigned g = 0; g < m->cfg.csgs; g++) {
        if (!slot_in_use(m, g))
            continue;
        if (locked(m, m->csg[g].suspend_buf, m->lay.suspend_size) ||
            pointee_locked(m, csg_in(m, g) + CSG_SUSPEND_BUF, m->lay.suspend_size))
            return true;
        for (unsigned i = 0; i < m->cfg.streams; i++) {
            if (stream_locked(m, g, i))
                return true;
        }
    }
    return false;
}

/* Lets the host end its LOCK; false when that makes no sense. */
static bool wait_for_unlock(struct mali_mcu *m, unsigned tries)
{
    const struct timespec nap = {.tv_nsec = STALL_NS};

    if (m->in_slices || tries >= STALL_MAX)
        return false;
    m->ops->unlock(m->opaque);
    nanosleep(&nap, NULL);
    m->ops->lock(m->opaque);
    return true;
}

/* ---- accesses ----------------------------------------------------------------- */

/* Host pointer for an aligned access; NULL after marking the firmware broken. */
static void *fw_ptr(struct mali_mcu *m, uint64_t va, size_t len, enum mali_access access)
{
    struct mali_fault fault = {0};
    enum mali_mem_result r;
    uint64_t avail = 0;
    unsigned tries = 0;
    void *p = NULL;

    if (m->broken)
        return NULL;
    if (va & (len - 1)) {
        fault.code = MALI_CSF_FW_INTERNAL_ERROR;
        fault.va = va;
        mcu_crash(m, &fault, "misaligned interface address");
        return NULL;
    }
    do {
        r = mali_mem_ptr(m->tlb, FW_AS, va, access, MCU_SRC_FW, &p, &avail, &fault);
    } while (r == MALI_MEM_STALL && wait_for_unlock(m, tries++));
    if (r != MALI_MEM_OK || avail < len) {
        mcu_crash(m, &fault, access == MALI_ACCESS_WRITE ? "write" : "read");
        return NULL;
    }
    return p;
}

uint32_t mcu_rd32(struct mali_mcu *m, uint64_t va)
{
    uint32_t *p = fw_ptr(m, va, 4, MALI_ACCESS_READ);

    return p ? __atomic_load_n(p, __ATOMIC_ACQUIRE) : 0;
}

uint64_t mcu_rd64(struct mali_mcu *m, uint64_t va)
{
    uint64_t *p = fw_ptr(m, va, 8, MALI_ACCESS_READ);

    return p ? __atomic_load_n(p, __ATOMIC_ACQUIRE) : 0;
}

void mcu_wr32(struct mali_mcu *m, uint64_t va, uint32_t val)
{
    uint32_t *p = fw_ptr(m, va, 4, MALI_ACCESS_WRITE);

    if (p)
        __atomic_store_n(p, val, __ATOMIC_RELEASE);
}

void mcu_wr64(struct mali_mcu *m, uint64_t va, uint64_t val)
{
    uint64_t *p = fw_ptr(m, va, 8, MALI_ACCESS_WRITE);

    if (p)
        __atomic_store_n(p, val, __ATOMIC_RELEASE);
}

void mcu_take_doorbells(struct mali_mcu *m, uint64_t ack, uint32_t req)
{
    mcu_wr32(m, ack, req);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool mcu_raise(struct mali_mcu *m, uint64_t in, uint64_t out, uint32_t bit, uint32_t irq_bit,
               uint32_t mask_off)
{
    uint32_t req = mcu_rd32(m, in);
    uint32_t ack = mcu_rd32(m, out);

    if ((req ^ ack) & bit)
        return false;
    mcu_wr32(m, out, ack ^ bit);
    if (mcu_rd32(m, in + mask_off) & bit)
        m->irq |= irq_bit;
    return true;
}
