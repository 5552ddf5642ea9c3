/*
 * The register side of the MMU: the sixteen AS blocks, their commands, fault
 * records and the snapshot. Called by gpu with the core's lock; drops TLB
 * entries through tlb.c.
 *
 * The registers that the guest writes are a shadow; commands, which run only at
 * safe points, copy them to what accesses see (act_*, lock_*, struct mmu_as).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mmu_internal.h"

#include <stdlib.h>
#include <string.h>

#define REG_COMMAND 0x18
#define REG_STATUS  0x28

#define LOCK_MIN_LOG2 15 /* 32 KiB; source: AS_LOCK_REGION_MIN_SIZE */

/* --- tables -------------------------------------------------------------------- */
struct mmu_reg {
    uint8_t off, words;
    bool writable;
    uint8_t member; /* offset in struct mali_as_state */
    const char *name;
};

static const struct mmu_reg mmu_regs[] = {
#define MMU_REG(offset, name, words, writable, member)                                             \
    {offset, words, writable, offsetof(struct mali_as_state, member), #name},
#include "mmu.def"
};

struct mmu_row {
    const char *name, *how;
    enum mali_fidelity fid;
};

static const struct mmu_row mmu_commands[8] = {
#define MMU_COMMAND(value, name, fidelity, how) [value] = {#name, how, fidelity},
#include "mmu.def"
};

static const struct mmu_row mmu_modes[16] = {
#define MMU_MODE(value, name, fidelity, how) [value] = {#name, how, fidelity},
#include "mmu.def"
};

static const struct mmu_row mmu_features[MMU_FEATURES] = {
#define MMU_FEATURE(id, name, fidelity, how) [MMU_FEATURE_##id] = {name, how, fidelity},
#include "mmu.def"
};

static const struct mmu_row mmu_faults[256] = {
#define MMU_FAULT(code, name, fidelity, how) [code] = {name, how, fidelity},
#include "mmu.def"
};

const char *mali_fault_name(uint8_t code)
{
    return mmu_faults[code].name ? mmu_faults[code].name : "unknown fault";
}

static void mmu_touch(struct mali_mmu *mmu, const struct mmu_row *row, uint32_t *slot)
{
    if (mmu->trace)
        mali_trace_touch(mmu->trace, MALI_FID_MMU, row->name, row->fid, row->how, slot, 1);
}

void mmu_touch_feature(struct mali_mmu *mmu, enum mmu_feature f)
{
    mmu_touch(mmu, &mmu_features[f], &mmu->feature_slot[f]);
}

/* --- active configuration --------------------------------------------------------- */
/* source: panthor writes 55 - bits to TRANSCFG's INA field; start level as lpae's T0SZ. */
static void as_decode(struct mali_mmu *mmu, unsigned as)
{
    const struct mali_as_state *s = &mmu->as[as];
    struct mmu_as *a = &mmu->active[as];
    unsigned bits = 55 - MMU_TRANSCFG_INA(s->act_transcfg);

    a->cfg = s->act_transcfg;
    a->mode = MMU_TRANSCFG_MODE(a->cfg);
    a->va_bits = bits < mmu->va_bits && a->mode == MMU_MODE_AARCH64_4K ? bits : mmu->va_bits;
    a->start_level = a->va_bits > 39 ? 0 : a->va_bits > 30 ? 1 : 2;
    uint64_t table = 8ull << (a->va_bits - (39 - 9 * a->start_level));
    a->root = s->act_transtab & ~((table < 64 ? 64 : table) - 1);
    a->attr_faults = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((s->act_memattr >> (8 * i) & 0xc0) == 0xc0) /* AS_MEMATTR_AARCH64_FAULT */
            a->attr_faults |= 1u << i;
}

/* What UPDATE puts in force: for the fidelity report and the log. */
static void as_judge(struct mali_mmu *mmu, unsigned as)
{
    const struct mmu_as *a = &mmu->active[as];
    const struct mmu_row *mode = &mmu_modes[a->mode];

    if (!mode->name) {
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR, "mmu: AS%u: TRANSCFG 0x%llx: mode %u is reserved",
                 as, (unsigned long long)a->cfg, a->mode);
        return;
    }
    mmu_touch(mmu, mode, &mmu->mode_slot[a->mode]);
    if (mode->fid == MALI_FID_TODO)
        mali_log(mmu->bus, MALI_LOG_UNIMP, "mmu: AS%u: mode %s is not modelled: accesses fault", as,
                 mode->name);
    if (a->mode != MMU_MODE_AARCH64_4K)
        return;

    const struct {
        bool used;
        enum mmu_feature f;
    } features[] = {
        {a->va_bits < mmu->va_bits, MMU_FEATURE_INA},
        {a->cfg & MMU_TRANSCFG_WXN, MMU_FEATURE_WXN},
        {a->cfg & MMU_TRANSCFG_XREADABLE, MMU_FEATURE_XREADABLE},
        {a->cfg & MMU_TRANSCFG_NO_AF, MMU_FEATURE_NO_AF},
        {MMU_TRANSCFG_OUTA(a->cfg), MMU_FEATURE_OUTA},
        {a->cfg & MMU_TRANSCFG_SL_CONCAT, MMU_FEATURE_SL_CONCAT},
        {a->cfg & MMU_TRANSCFG_PTW, MMU_FEATURE_PTW_ATTR},
    };
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        const struct mmu_row *row = &mmu_features[features[i].f];
        if (!features[i].used)
            continue;
        mmu_touch_feature(mmu, features[i].f);
        if (row->fid == MALI_FID_TODO)
            mali_log(mmu->bus, MALI_LOG_UNIMP, "mmu: AS%u: %s: %s", as, row->name, row->how);
    }
}

/* --- life ------------------------------------------------------------------------- */
struct mali_mmu *mali_mmu_new(struct mali_bus *bus, unsigned va_bits, unsigned pa_bits,
                              uint32_t as_present)
{
    struct mali_mmu *mmu = calloc(1, sizeof(*mmu));

    if (!mmu)
        return NULL;
    mmu->bus = bus;
    /* What the table format can express; below 25 bits no start level fits. */
    mmu->va_bits = va_bits > 48 ? 48 : va_bits < 25 ? 25 : va_bits;
    mmu->pa_bits = pa_bits > 48 ? 48 : pa_bits;
    mmu->as_present = as_present & ((1u << MALI_AS_COUNT) - 1);
    pthread_mutex_init(&mmu->tlbs_lock, NULL);
    mali_mmu_reset(mmu);
    return mmu;
}

void mali_mmu_free(struct mali_mmu *mmu)
{
    if (!mmu)
        return;
    pthread_mutex_destroy(&mmu->tlbs_lock);
    free(mmu);
}

void mali_mmu_set_trace(struct mali_mmu *mmu, struct mali_trace *trace)
{
    mmu->trace = trace;
}

void mali_mmu_reset(struct mali_mmu *mmu)
{
    memset(mmu->as, 0, sizeof(mmu->as));
    mmu->pending = mmu->stuck = 0;
    for (unsigned as = 0; as < MALI_AS_COUNT; as++)
        as_decode(mmu, as);
    mali_mmu_invalidate_all(mmu);
}

/* --- registers ---------------------------------------------------------------------- */
static const struct mmu_reg *reg_find(struct mali_mmu *mmu, unsigned as, unsigned off)
{
    if (as >= MALI_AS_COUNT || !(mmu->as_present >> as & 1))
        return NULL;
    for (size_t i = 0; i < sizeof(mmu_regs) / sizeof(mmu_regs[0]); i++)
        if (off - mmu_regs[i].off < mmu_regs[i].words * 4u)
            return &mmu_regs[i];
    return NULL;
}

uint32_t mali_mmu_reg_read(struct mali_mmu *mmu, unsigned as, unsigned off)
{
    const struct mmu_reg *r = reg_find(mmu, as, off);

    if (!r) {
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR, "mmu: AS%u: read of 0x%x: no such register", as,
                 off);
        return 0;
    }
    if (r->off == REG_STATUS)
        return mmu->pending >> as & 1;
    if (r->off == REG_COMMAND)
        return mmu->as[as].command & ~MMU_PENDING;
    const uint8_t *member = (const uint8_t *)&mmu->as[as] + r->member;
    if (r->words == 1)
        return *(const uint32_t *)member;
    return (uint32_t)(*(const uint64_t *)member >> (off & 4 ? 32 : 0));
}

static void reg_command(struct mali_mmu *mmu, unsigned as, uint32_t val)
{
    if (mmu->pending >> as & 1) {
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR,
                 "mmu: AS%u: COMMAND 0x%x while ACTIVE: ignored, poll STATUS first", as, val);
        return;
    }
    if (val >= 8 || !mmu_commands[val].name) {
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR, "mmu: AS%u: COMMAND 0x%x is unknown", as, val);
        val = 0xff;
    }
    struct inject_hit hit;

    mmu->as[as].command = val | MMU_PENDING;
    mmu->pending |= 1u << as;
    if (INJECT(mmu->bus->inject, as_command, &hit, .as = as, .command = val)) {
        mmu->stuck |= 1u << as;
        mmu->stuck_to[as] = hit.fault == FAULT_as_late ? mali_bus_now(mmu->bus) + hit.param[0]
                                                       : UINT64_MAX;
    }
}

void mali_mmu_reg_write(struct mali_mmu *mmu, unsigned as, unsigned off, uint32_t val)
{
    const struct mmu_reg *r = reg_find(mmu, as, off);

    if (!r || !r->writable) {
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR, "mmu: AS%u: write of 0x%x to 0x%x: %s", as, val,
                 off, r ? "read-only register" : "no such register");
        return;
    }
    if (r->off == REG_COMMAND) {
        reg_command(mmu, as, val);
        return;
    }
    uint64_t *member = (uint64_t *)(void *)((uint8_t *)&mmu->as[as] + r->member);
    unsigned shift = off & 4 ? 32 : 0;
    *member = (*member & ~(0xffffffffull << shift)) | (uint64_t)val << shift;
}

/* --- commands ------------------------------------------------------------------------- */
static void as_drop_all(struct mali_mmu *mmu, unsigned as)
{
    mmu_tlbs_drop(mmu, as, 0, UINT64_MAX);
}

static void as_update(struct mali_mmu *mmu, unsigned as)
{
    struct mali_as_state *s = &mmu->as[as];

    s->act_transtab = s->transtab;
    s->act_memattr = s->memattr;
    s->act_transcfg = s->transcfg;
    as_decode(mmu, as);
    as_judge(mmu, as);
    as_drop_all(mmu, as);
}

/* source: panthor's lock_region(): low six bits are log2(size) - 1, 63 is everything. */
static void as_lock(struct mali_mmu *mmu, unsigned as)
{
    struct mali_as_state *s = &mmu->as[as];
    unsigned log2 = (s->lockaddr & 63) + 1;

    if (log2 < LOCK_MIN_LOG2) {
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR,
                 "mmu: AS%u: LOCKADDR 0x%llx: region of 2^%u bytes is below 32 KiB: 32 KiB locked",
                 as, (unsigned long long)s->lockaddr, log2);
        log2 = LOCK_MIN_LOG2;
    }
    if (log2 == 64) {
        s->lock_start = 0;
        s->lock_end = UINT64_MAX;
    } else {
        uint64_t size = 1ull << log2;
        s->lock_start = s->lockaddr & ~(size - 1);
        s->lock_end = s->lock_start + size ? s->lock_start + size : UINT64_MAX;
    }
    mmu_tlbs_drop(mmu, as, s->lock_start, s->lock_end);
}

static void as_unlock(struct mali_mmu *mmu, unsigned as)
{
    struct mali_as_state *s = &mmu->as[as];

    if (s->lock_start == s->lock_end)
        mali_log(mmu->bus, MALI_LOG_GUEST_ERROR, "mmu: AS%u: UNLOCK without a locked region", as);
    s->lock_start = s->lock_end = 0;
}

static void as_flush(struct mali_mmu *mmu, unsigned as)
{
    struct mali_as_state *s = &mmu->as[as];

    if (s->lock_start == s->lock_end)
        as_drop_all(mmu, as);
    else
        mmu_tlbs_drop(mmu, as, s->lock_start, s->lock_end);
    s->lock_start = s->lock_end = 0;
}

static void as_execute(struct mali_mmu *mmu, unsigned as)
{
    struct mali_as_state *s = &mmu->as[as];
    unsigned command = s->command & 0xff;
    uint64_t start = s->lock_start, end = s->lock_end; /* what a flush works on */

    s->command = 0;
    mmu->pending &= ~(1u << as);
    switch (command) {
    case MMU_COMMAND_UPDATE:
        as_update(mmu, as);
        break;
    case MMU_COMMAND_LOCK:
        as_lock(mmu, as);
        start = s->lock_start;
        end = s->lock_end;
        break;
    case MMU_COMMAND_UNLOCK:
        as_unlock(mmu, as);
        break;
    case MMU_COMMAND_FLUSH_PT:
    case MMU_COMMAND_FLUSH_MEM:
        as_flush(mmu, as);
        break;
    case MMU_COMMAND_NOP:
        break;
    default: /* unknown; logged when written */
        return;
    }
    mmu_touch(mmu, &mmu_commands[command], &mmu->command_slot[command]);
    mali_trace_emit(mmu->trace, MALI_EV_mmu_command, mmu_commands[command].name, as, start, end, 0);
}

/* Pending, and not held by an injected fault. */
static uint32_t runnable_commands(const struct mali_mmu *mmu)
{
    uint32_t run = mmu->pending;

    for (uint32_t m = mmu->stuck; __builtin_expect(m != 0, 0); m &= m - 1) {
        unsigned as = (unsigned)__builtin_ctz(m);

        if (mali_bus_now(mmu->bus) < mmu->stuck_to[as])
            run &= ~(1u << as);
    }
    return run;
}

uint64_t mali_mmu_held_until(const struct mali_mmu *mmu)
{
    uint64_t next = UINT64_MAX;

    for (uint32_t m = mmu->stuck & mmu->pending; m; m &= m - 1) {
        unsigned as = (unsigned)__builtin_ctz(m);

        next = mmu->stuck_to[as] < next ? mmu->stuck_to[as] : next;
    }
    return next;
}

void mali_mmu_let_go(struct mali_mmu *mmu)
{
    mmu->stuck = 0;
}

bool mali_mmu_command_pending(const struct mali_mmu *mmu)
{
    return runnable_commands(mmu) != 0;
}

uint64_t mali_mmu_root(const struct mali_mmu *mmu, unsigned as)
{
    return as < MALI_AS_COUNT ? mmu->active[as].root : 0;
}

bool mali_mmu_as_locked(const struct mali_mmu *mmu, unsigned as)
{
    return as < MALI_AS_COUNT && mmu->as[as].lock_start != mmu->as[as].lock_end;
}

uint32_t mali_mmu_run_commands(struct mali_mmu *mmu)
{
    uint32_t done = runnable_commands(mmu);

    mmu->stuck &= ~done;
    for (unsigned as = 0; as < MALI_AS_COUNT; as++)
        if (done >> as & 1)
            as_execute(mmu, as);
    return done << 16;
}

/* --- faults ----------------------------------------------------------------------------- */
uint32_t mali_mmu_report_fault(struct mali_mmu *mmu, const struct mali_fault *fault)
{
    if (!fault->memory || fault->as >= MALI_AS_COUNT || !(mmu->as_present >> fault->as & 1))
        return 0;

    struct mali_as_state *s = &mmu->as[fault->as];
    uint32_t status = fault->code | (fault->access & 3u) << 8 | (uint32_t)fault->source_id << 16;

    mmu->faults++;
    INJECT_SAW(mmu->bus->inject, "MMU fault reported", fault->va);
    if (mmu_faults[fault->code].name)
        mmu_touch(mmu, &mmu_faults[fault->code], &mmu->fault_slot[fault->code]);
    if (!s->fault_valid) {
        s->fault_valid = 1;
        s->faultstatus = status;
        s->faultaddress = fault->va;
        s->faultextra = 0; /* guess: panthor never reads it */
        mali_log(mmu->bus, MALI_LOG_INFO, "mmu: AS%u: %s, access %u, va 0x%llx, source 0x%x",
                 fault->as, mali_fault_name(fault->code), fault->access & 3,
                 (unsigned long long)fault->va, fault->source_id);
    }
    mali_trace_emit(mmu->trace, MALI_EV_mmu_fault, mali_fault_name(fault->code), fault->as,
                    fault->va, status, 0);
    return 1u << fault->as;
}

/* The registers keep their values: panthor 6.12 clears first and reads afterwards. */
void mali_mmu_irq_cleared(struct mali_mmu *mmu, uint32_t bits)
{
    for (unsigned as = 0; as < MALI_AS_COUNT; as++)
        if (bits >> as & 1)
            mmu->as[as].fault_valid = 0;
}

/* --- snapshot ----------------------------------------------------------------------------- */
void mali_mmu_save(const struct mali_mmu *mmu, struct mali_as_state out[MALI_AS_COUNT])
{
    memcpy(out, mmu->as, sizeof(mmu->as));
}

/* The image may be hostile: only values that registers and commands can produce stay. */
static void as_sanitise(struct mali_as_state *s)
{
    uint64_t size = s->lock_end - s->lock_start;
    bool all = !s->lock_start && s->lock_end == UINT64_MAX;
    bool top = s->lock_end == UINT64_MAX;
    uint64_t exact = top ? size + 1 : size;

    if (s->lock_start >= s->lock_end ||
        (!all &&
         (exact & (exact - 1) || exact < 1ull << LOCK_MIN_LOG2 || s->lock_start & (exact - 1))))
        s->lock_start = s->lock_end = 0;
    if (!(s->command & MMU_PENDING))
        s->command = 0;
    s->command &= MMU_PENDING | 0xff;
    s->fault_valid = !!s->fault_valid;
    s->pad = 0;
}

void mali_mmu_load(struct mali_mmu *mmu, const struct mali_as_state in[MALI_AS_COUNT])
{
    memcpy(mmu->as, in, sizeof(mmu->as));
    mmu->pending = 0;
    for (unsigned as = 0; as < MALI_AS_COUNT; as++) {
        struct mali_as_state *s = &mmu->as[as];
        if (!(mmu->as_present >> as & 1))
            memset(s, 0, sizeof(*s));
        as_sanitise(s);
        if (s->command)
            mmu->pending |= 1u << as;
        as_decode(mmu, as);
    }
    mali_mmu_invalidate_all(mmu);
}
