/*
 * What the files of hw/mmu share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_MMU_INTERNAL_H
#define MALI_MMU_INTERNAL_H

#include "mmu_tlb.h"
#include "../inject/inject.h"
#include "../trace/trace.h"

#include <pthread.h>

enum mmu_mode { /* TRANSCFG[3:0] */
#define MMU_MODE(value, name, fidelity, how) MMU_MODE_##name = value,
#include "mmu.def"
};

enum mmu_command {
#define MMU_COMMAND(value, name, fidelity, how) MMU_COMMAND_##name = value,
#include "mmu.def"
};

enum mmu_feature {
#define MMU_FEATURE(id, name, fidelity, how) MMU_FEATURE_##id,
#include "mmu.def"
    MMU_FEATURES
};

/* struct mali_as_state.command: this bit, and the command in 7:0 */
#define MMU_PENDING (1u << 31)

/* TRANSCFG; source: panthor_regs.h */
#define MMU_TRANSCFG_MODE(v)    ((v)&15)
#define MMU_TRANSCFG_INA(v)     ((unsigned)((v) >> 6 & 31))
#define MMU_TRANSCFG_OUTA(v)    ((unsigned)((v) >> 14 & 31))
#define MMU_TRANSCFG_SL_CONCAT  (1ull << 22)
#define MMU_TRANSCFG_PTW        (0x7full << 24)
#define MMU_TRANSCFG_NO_HIER_AP (1ull << 33)
#define MMU_TRANSCFG_NO_AF      (1ull << 34)
#define MMU_TRANSCFG_WXN        (1ull << 35)
#define MMU_TRANSCFG_XREADABLE  (1ull << 36)

/* The active registers of an AS, decoded. Changes at safe points only. */
struct mmu_as {
    unsigned mode;        /* TRANSCFG[3:0], reserved ones become DISABLED */
    unsigned va_bits;     /* effective */
    unsigned start_level; /* of the walk */
    uint64_t root;
    uint64_t cfg;        /* TRANSCFG */
    uint8_t attr_faults; /* bit n: MEMATTR byte n says fault */
};

struct mali_mmu {
    struct mali_bus *bus;
    struct mali_trace *trace;
    unsigned va_bits, pa_bits;
    uint32_t as_present;
    uint32_t pending; /* bit per AS: as[].command has MMU_PENDING */
    uint32_t stuck;   /* bit per AS: an injected fault holds its command ... */
    uint64_t stuck_to[MALI_AS_COUNT]; /* ... until then, in virtual ns */
    struct mali_as_state as[MALI_AS_COUNT];
    struct mmu_as active[MALI_AS_COUNT];

    pthread_mutex_t tlbs_lock; /* protects the list and @gone */
    struct mali_tlb *tlbs;
    struct mali_mmu_stats gone; /* walks and fills of freed TLBs */

    uint64_t invalidations, faults; /* core's lock */
    /* mali_trace_touch's slots; it reads and sets them atomically */
    uint32_t command_slot[8], mode_slot[16], feature_slot[MMU_FEATURES], fault_slot[256];
};

/* --- walk.c ---------------------------------------------------------------- */
struct mmu_walk {
    uint64_t pa;
    unsigned level; /* of the leaf, for permission faults */
    unsigned allow; /* bit per enum mali_access */
};

/** Translates through the active configuration; MALI_OK or a fault code. */
uint8_t mmu_walk(struct mali_tlb *tlb, const struct mmu_as *as, uint64_t va, struct mmu_walk *out);

/* --- tlb.c ----------------------------------------------------------------- */
/** As ops->ram, through the TLB's short memory of ranges. */
uint8_t *mmu_ram(struct mali_tlb *tlb, uint64_t pa, uint64_t *avail, bool *writable);
/** Drops [start, end) of @as in every TLB; end exclusive, UINT64_MAX: no end. Safe point. */
void mmu_tlbs_drop(struct mali_mmu *mmu, unsigned as, uint64_t start, uint64_t end);

/* --- mmu.c ----------------------------------------------------------------- */
/** Any thread. */
void mmu_touch_feature(struct mali_mmu *mmu, enum mmu_feature f);

static inline bool mmu_locked(const struct mali_as_state *s, uint64_t va)
{
    return va - s->lock_start < s->lock_end - s->lock_start;
}

#endif
