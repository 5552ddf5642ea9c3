/*
 * Interface memory: 32- and 64-bit accesses through address space 0, event
 * bits, names. A failing access is what a crashed firmware is made of.
 *
 * Called by every file of hw/mcu. Calls mmu and trace.
 *
 * No access here can stall: mali_mcu_step() does not begin while a LOCK is held
 * on address space 0, and lock commands wait for the step's safe points.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "mcu_internal.h"

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

/* Host pointer for an aligned access; NULL after marking the firmware broken. */
static void *fw_ptr(struct mali_mcu *m, uint64_t va, size_t len, enum mali_access access)
{
    struct mali_fault fault = {0};
    uint64_t avail = 0;
    void *p = NULL;

    if (m->broken)
        return NULL;
    if (va & (len - 1)) {
        fault.code = MALI_CSF_FW_INTERNAL_ERROR;
        fault.va = va;
        mcu_crash(m, &fault, "misaligned interface address");
        return NULL;
    }
    if (mali_mem_ptr(m->tlb, FW_AS, va, access, MCU_SRC_FW, &p, &avail, &fault) != MALI_MEM_OK ||
        avail < len) {
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
