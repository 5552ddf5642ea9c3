/*
 * The page-table walk: Arm LPAE stage 1, 4 KiB granule. Reached on a TLB miss;
 * calls the host's RAM. Every walk ends after at most four levels, so tables
 * that point at themselves are harmless.
 *
 * source: the format that panthor builds (io-pgtable's ARM_64_LPAE_S1), whose
 * descriptors are public; the GPU accesses memory as EL0 does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mmu_internal.h"

#include <endian.h>
#include <string.h>

#define DESC_VALID        1ull
#define DESC_TABLE        2ull /* at level 3: page */
#define DESC_ADDR         0x0000fffffffff000ull
#define DESC_ATTR(d)      ((unsigned)((d) >> 2 & 7))
#define DESC_AP_EL0       (1ull << 6) /* AP[1] */
#define DESC_AP_READ_ONLY (1ull << 7) /* AP[2] */
#define DESC_AF           (1ull << 10)
#define DESC_CONTIG       (1ull << 52)
#define DESC_XN           (1ull << 54) /* UXN; bit 53, PXN, is for EL1 and ignored */
/* In table descriptors, for everything below */
#define DESC_XN_TABLE           (1ull << 60)
#define DESC_AP_TABLE_NO_EL0    (1ull << 61)
#define DESC_AP_TABLE_READ_ONLY (1ull << 62)
#define DESC_HIER               (DESC_XN_TABLE | DESC_AP_TABLE_NO_EL0 | DESC_AP_TABLE_READ_ONLY)

static unsigned walk_shift(unsigned level)
{
    return 39 - 9 * level;
}

static void walk_touch(struct mali_tlb *tlb, enum mmu_feature f)
{
    if (tlb->mmu->trace)
        mmu_touch_feature(tlb->mmu, f);
}

/* The guest may write the descriptor meanwhile: one load of eight bytes. */
static bool walk_load(struct mali_tlb *tlb, uint64_t pa, uint64_t *desc)
{
    uint64_t avail;
    bool writable;
    uint8_t *p = mmu_ram(tlb, pa, &avail, &writable);

    if (!p || avail < 8)
        return false;
    if ((uintptr_t)p & 7) /* the host placed its RAM oddly */
        memcpy(desc, p, 8);
    else
        *desc = __atomic_load_n((uint64_t *)(void *)p, __ATOMIC_RELAXED);
    *desc = le64toh(*desc);
    return true;
}

static unsigned walk_allow(const struct mmu_as *as, uint64_t leaf, uint64_t hier)
{
    bool el0 = (leaf & DESC_AP_EL0) && !(hier & DESC_AP_TABLE_NO_EL0);
    bool write = el0 && !(leaf & DESC_AP_READ_ONLY) && !(hier & DESC_AP_TABLE_READ_ONLY);
    bool exec =
        !(leaf & DESC_XN) && !(hier & DESC_XN_TABLE) && !(write && (as->cfg & MMU_TRANSCFG_WXN));
    bool read = el0 || (exec && (as->cfg & MMU_TRANSCFG_XREADABLE));

    return (unsigned)read << MALI_ACCESS_READ | (unsigned)exec << MALI_ACCESS_EXECUTE |
           (unsigned)write << MALI_ACCESS_WRITE | (unsigned)write << MALI_ACCESS_ATOMIC;
}

/* Order of the checks after the address: guess. Access flag before permission: lpae. */
static uint8_t walk_leaf(struct mali_tlb *tlb, const struct mmu_as *as, uint64_t va, uint64_t leaf,
                         unsigned level, uint64_t hier, struct mmu_walk *out)
{
    uint64_t offset = (1ull << walk_shift(level)) - 1;

    walk_touch(tlb, level == 3   ? MMU_FEATURE_LEAF_4K
                    : level == 2 ? MMU_FEATURE_LEAF_2M
                                 : MMU_FEATURE_LEAF_1G);
    if (leaf & DESC_CONTIG)
        walk_touch(tlb, MMU_FEATURE_CONTIG);
    out->pa = (leaf & DESC_ADDR & ~offset) | (va & offset);
    out->level = level;
    if (out->pa >> tlb->mmu->pa_bits)
        return MALI_ADDR_SIZE_FAULT_OUT0 + level;
    if (as->attr_faults >> DESC_ATTR(leaf) & 1)
        return MALI_MEM_ATTR_FAULT_0 + level;
    if (!(leaf & DESC_AF) && !(as->cfg & MMU_TRANSCFG_NO_AF))
        return MALI_ACCESS_FLAG_0 + level;
    out->allow = walk_allow(as, leaf, hier);
    return MALI_OK;
}

static uint8_t walk_tables(struct mali_tlb *tlb, const struct mmu_as *as, uint64_t va,
                           struct mmu_walk *out)
{
    uint64_t table = as->root, hier = 0, desc;

    if (table >> tlb->mmu->pa_bits)
        return MALI_ADDR_SIZE_FAULT_OUT0 + as->start_level;
    for (unsigned level = as->start_level;; level++) {
        uint64_t index = va >> walk_shift(level) & 511;

        if (!walk_load(tlb, table + index * 8, &desc))
            return MALI_GPU_BUS_FAULT;
        if (__builtin_expect(tlb->flip != 0, 0) && (level == 3 || !(desc & DESC_TABLE)))
            desc ^= tlb->flip;
        if (!(desc & DESC_VALID))
            return MALI_TRANSLATION_FAULT_0 + level;
        if (level == 3)
            return desc & DESC_TABLE ? walk_leaf(tlb, as, va, desc, level, hier, out)
                                     : MALI_TRANSLATION_FAULT_0 + level; /* reserved */
        if (!(desc & DESC_TABLE))
            return level ? walk_leaf(tlb, as, va, desc, level, hier, out)
                         : MALI_TRANSLATION_FAULT_0; /* 512 GiB block: reserved */
        table = desc & DESC_ADDR;
        if (table >> tlb->mmu->pa_bits)
            return MALI_ADDR_SIZE_FAULT_OUT0 + level;
        if ((desc & DESC_HIER) && !(as->cfg & MMU_TRANSCFG_NO_HIER_AP)) {
            walk_touch(tlb, MMU_FEATURE_HIER_AP);
            hier |= desc & DESC_HIER;
        }
    }
}

static uint8_t walk_identity(struct mali_tlb *tlb, uint64_t va, struct mmu_walk *out)
{
    *out = (struct mmu_walk){.pa = va, .allow = 15};
    return va >> tlb->mmu->pa_bits ? MALI_ADDR_SIZE_FAULT_OUT0 : MALI_OK;
}

uint8_t mmu_walk(struct mali_tlb *tlb, const struct mmu_as *as, uint64_t va, struct mmu_walk *out)
{
    *out = (struct mmu_walk){0};
    if (as->mode != MMU_MODE_AARCH64_4K && as->mode != MMU_MODE_IDENTITY)
        return MALI_TRANSLATION_FAULT_0;
    if (va >> as->va_bits)
        return MALI_ADDR_SIZE_FAULT_IN;
    if (as->mode == MMU_MODE_IDENTITY)
        return walk_identity(tlb, va, out);
    return walk_tables(tlb, as, va, out);
}
