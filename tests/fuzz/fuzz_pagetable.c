/*
 * Random page tables, AS registers and accesses, straight against the MMU.
 * Promises: an access that succeeds stays inside RAM, a write inside writable
 * RAM; with a cold TLB it hits the address that this file's own walk finds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "harness.h"
#include "../../hw/mmu/mmu.h"

#define TABLES 8 /* pages of tables at the start of RAM */

struct state {
    struct hx h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
};

static uint64_t *entry(struct state *s, unsigned page, unsigned index)
{
    return hx_ram(&s->h, HX_RAM_BASE + page % TABLES * 0x1000 + index % 512 * 8, 8);
}

/* VA whose four indices are small, so that random entries are hit. */
static uint64_t small_va(struct fz *f)
{
    uint32_t i = fz_u32(f);

    return (uint64_t)(i & 3) << 39 | (uint64_t)(i >> 2 & 3) << 30 | (uint64_t)(i >> 4 & 3) << 21 |
           (uint64_t)(i >> 6 & 3) << 12 | (i >> 8 & 0xfff);
}

static uint64_t random_entry(struct fz *f)
{
    uint8_t k = fz_u8(f);
    uint64_t flags = fz_u16(f), pa = HX_RAM_BASE + (uint64_t)fz_u16(f) * 0x1000 % (2 * HX_RAM_SIZE);

    switch (k % 6) {
    case 0:
        return (HX_RAM_BASE + k % TABLES * 0x1000) | 3;
    case 1: /* a good page */
        return pa | 3 | 1 << 6 | 1 << 10 | (flags & 1) << 7 | (flags & 2) << 52;
    case 2: /* a block */
        return (pa & ~0x1fffffull) | 1 | 1 << 6 | 1 << 10 | (flags & 1) << 7;
    case 3:
        return pa | (flags & 0xfff) | flags << 48;
    case 4:
        return 0;
    default:
        return fz_u64(f);
    }
}

/* The physical address of @va by the published format, when every level is valid. */
static bool walk(struct state *s, uint64_t root, uint64_t va, uint64_t *pa)
{
    uint64_t table = root & 0x0000fffffffff000ull;

    for (unsigned level = 0; level < 4; level++) {
        unsigned shift = 39 - 9 * level;
        uint64_t *e = hx_ram(&s->h, table + (va >> shift & 511) * 8, 8);

        if (!e || !(*e & 1)) {
            return false;
        }
        table = *e & 0x0000fffffffff000ull;
        if (level == 3 ? !(*e & 2) : level == 0 && !(*e & 2)) {
            return false;
        }
        if (level == 3 || !(*e & 2)) {
            uint64_t mask = (1ull << shift) - 1;

            *pa = (table & ~mask) | (va & mask);
            return true;
        }
    }
    return false;
}

static void check_pointer(struct state *s, void *ptr, uint64_t avail, bool write)
{
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *lo = s->h.half[i], *hi = lo + HX_HALF;
        uint8_t *p = ptr;

        if (p >= lo && p < hi) {
            if (!avail || avail > (uint64_t)(hi - p)) {
                hx_die("avail leaves the host block");
            }
            if (write && i == 1 && p + avail > (uint8_t *)hx_ram(&s->h, HX_ROM_BASE, 1)) {
                hx_die("a write was allowed into the ROM");
            }
            return;
        }
    }
    hx_die("a pointer outside RAM");
}

static void access_ptr(struct state *s, struct fz *f, unsigned as)
{
    enum mali_access access = fz_u8(f) % 4;
    bool cold = fz_u8(f) & 1;
    uint64_t va = fz_u8(f) & 7 ? small_va(f) : fz_value(f), avail = 0, want;
    struct mali_as_state st[MALI_AS_COUNT];
    struct mali_fault fault = {0};
    void *ptr = NULL;
    enum mali_mem_result r;

    if (cold) {
        mali_mmu_invalidate_all(s->mmu);
    }
    r = mali_mem_ptr(s->tlb, as, va, access, 7, &ptr, &avail, &fault);
    if (r == MALI_MEM_OK) {
        check_pointer(s, ptr, avail, access == MALI_ACCESS_WRITE || access == MALI_ACCESS_ATOMIC);
        mali_mmu_save(s->mmu, st);
        if (cold && (st[as].act_transcfg & 0x7ff) == (HX_TRANSCFG & 0x7ff)) {
            if (!walk(s, st[as].act_transtab, va, &want)) {
                hx_die("an access succeeded without a translation");
            }
            if (hx_ram(&s->h, want, 1) != ptr) {
                hx_die("an access reached another address than the tables say");
            }
        }
    } else if (r == MALI_MEM_FAULT) {
        if (fault.code < 0x40 || fault.as != as || fault.access != access || !fault.memory) {
            hx_die("a fault without code, address space or access type");
        }
        mali_mmu_report_fault(s->mmu, &fault);
        if (!mali_fault_name(fault.code)) {
            hx_die("a fault code without a name");
        }
    }
}

static void operation(struct state *s, struct fz *f)
{
    unsigned as = fz_u8(f) % 4, off;
    struct mali_fault fault = {0};
    uint8_t buf[0x3000];
    struct mali_as_state st[MALI_AS_COUNT];

    switch (fz_u8(f) % 12) {
    case 0: case 1: case 2:
        off = fz_u8(f);
        *entry(s, off & 7, off >> 3 & 3) = random_entry(f);
        break;
    case 3:
        off = fz_u8(f) % 16 * 4;
        mali_mmu_reg_write(s->mmu, as, off, (uint32_t)fz_value(f));
        break;
    case 4: /* sane set-up */
        mali_mmu_reg_write(s->mmu, as, 0, (uint32_t)(HX_RAM_BASE + fz_u8(f) % TABLES * 0x1000));
        mali_mmu_reg_write(s->mmu, as, 4, 0);
        mali_mmu_reg_write(s->mmu, as, 8, (uint32_t)HX_MEMATTR);
        mali_mmu_reg_write(s->mmu, as, 0xc, (uint32_t)(HX_MEMATTR >> 32));
        mali_mmu_reg_write(s->mmu, as, 0x30, (uint32_t)HX_TRANSCFG);
        mali_mmu_reg_write(s->mmu, as, 0x34, fz_u8(f) & 0x1f);
        mali_mmu_reg_write(s->mmu, as, 0x18, 1);
        mali_mmu_run_commands(s->mmu);
        break;
    case 5:
        mali_mmu_reg_write(s->mmu, as, 0x10, fz_u32(f));
        mali_mmu_reg_write(s->mmu, as, 0x14, fz_u16(f));
        mali_mmu_reg_write(s->mmu, as, 0x18, fz_u8(f) % 8);
        mali_mmu_run_commands(s->mmu);
        break;
    case 6: case 7: case 8:
        access_ptr(s, f, fz_u8(f) & 0x80 ? fz_u8(f) % 16 : as);
        break;
    case 9:
        off = fz_u16(f) % sizeof(buf);
        memset(buf, 0x5a, sizeof(buf));
        if (mali_mem_read(s->tlb, as, small_va(f), buf, off, 1, &fault) == MALI_MEM_OK) {
            mali_mem_write(s->tlb, as, small_va(f), buf, off, 1, &fault);
        }
        mali_mem_fetch(s->tlb, as, small_va(f), buf, 2, 1, &fault);
        break;
    case 10:
        mali_mem_copy(s->tlb, as, small_va(f), fz_u8(f) % 4, small_va(f), fz_u16(f), 1, &fault);
        break;
    default:
        mali_mmu_save(s->mmu, st);
        if (fz_u8(f) & 1) { /* as a hostile snapshot would have it */
            ((uint8_t *)st)[fz_u16(f) % sizeof(st)] ^= fz_u8(f);
        }
        mali_mmu_load(s->mmu, st);
        mali_mmu_irq_cleared(s->mmu, fz_u32(f));
        for (off = 0; off < 0x40; off += 4) {
            mali_mmu_reg_read(s->mmu, as, off);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz f = {data, size};
    struct state s;

    hx_init(&s.h, NULL);
    s.mmu = mali_mmu_new(&s.h.bus, 48, 40, 0x000f);
    s.tlb = mali_tlb_new(s.mmu);
    for (unsigned n = 0; f.n && n < 300; n++) {
        operation(&s, &f);
    }
    mali_tlb_free(s.tlb);
    mali_mmu_free(s.mmu);
    hx_fini(&s.h);
    return 0;
}
