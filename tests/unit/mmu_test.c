/*
 * The MMU: leaves, faults, commands, locks, invalidation, hostile tables,
 * snapshots, and a random comparison with a slow reference walker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"
#include "tap.h"

#include "../../hw/mmu/mmu_tlb.h"
#include "../../hw/trace/trace.h"

#include <stdlib.h>
#include <time.h>

enum { CMD_NOP, CMD_UPDATE, CMD_LOCK, CMD_UNLOCK, CMD_FLUSH_PT, CMD_FLUSH_MEM };
enum {
    TRANSTAB = 0,
    MEMATTR = 8,
    LOCKADDR = 0x10,
    COMMAND = 0x18,
    FAULTSTATUS = 0x1c,
    FAULTADDRESS = 0x20,
    STATUS = 0x28,
    TRANSCFG = 0x30,
    FAULTEXTRA = 0x38
};

#define SRC 0x2100
#define RWX (PT_R | PT_W | PT_X)

struct world {
    struct fake_host *h;
    struct mali_mmu *mmu;
    struct mali_tlb *tlb;
    uint64_t root;
    struct mali_fault fault; /* of the last access */
};

static struct world world_new(uint64_t ram_size)
{
    struct world w = {.h = fake_host_new(FAKE_RAM_BASE, ram_size)};

    w.mmu = mali_mmu_new(&w.h->bus, 48, 40, 0xff);
    w.tlb = mali_tlb_new(w.mmu);
    w.root = pt_new_root(w.h);
    fake_as_enable(w.mmu, 1, w.root);
    return w;
}

static void world_free(struct world *w)
{
    mali_tlb_free(w->tlb);
    mali_mmu_free(w->mmu);
    fake_host_free(w->h);
}

static enum mali_mem_result touch(struct world *w, unsigned as, uint64_t va,
                                  enum mali_access access, void **ptr)
{
    uint64_t avail = 0;
    void *p = NULL;

    memset(&w->fault, 0, sizeof(w->fault));
    enum mali_mem_result r = mali_mem_ptr(w->tlb, as, va, access, SRC, &p, &avail, &w->fault);
    if (ptr)
        *ptr = p;
    return r;
}

/* Code of the fault that the access meets; 0 none, 0x100 stall. */
static unsigned code(struct world *w, uint64_t va, enum mali_access access)
{
    enum mali_mem_result r = touch(w, 1, va, access, NULL);

    if (r == MALI_MEM_STALL)
        return 0x100;
    if (r == MALI_MEM_OK)
        return 0;
    TAP_CHECK(w->fault.memory);
    TAP_CHECK_EQ(w->fault.va, va);
    TAP_CHECK_EQ(w->fault.as, 1);
    TAP_CHECK_EQ(w->fault.access, access);
    TAP_CHECK_EQ(w->fault.source_id, SRC);
    return w->fault.code;
}

static uint64_t reg64(struct world *w, unsigned as, unsigned off)
{
    return mali_mmu_reg_read(w->mmu, as, off) | (uint64_t)mali_mmu_reg_read(w->mmu, as, off + 4)
                                                    << 32;
}

static void set_cfg(struct world *w, uint64_t cfg)
{
    fake_as_write64(w->mmu, 1, TRANSCFG, cfg);
    fake_as_command(w->mmu, 1, CMD_UPDATE);
}

static void lock(struct world *w, uint64_t base, unsigned log2)
{
    fake_as_write64(w->mmu, 1, LOCKADDR, base | (log2 - 1));
    fake_as_command(w->mmu, 1, CMD_LOCK);
}

/* --- translation -------------------------------------------------------------- */
static void leaf_sizes(void)
{
    struct world w = world_new(4 * FAKE_GIB);
    uint64_t pa1g = 0xc0000000, pa2m = 0x80200000, pa4k = FAKE_RAM_BASE + 0x5000;
    struct {
        uint64_t va, pa, size;
    } m[] = {
        {0x7fe0da65c000, pa4k, 4 * FAKE_KIB},
        {0x7fe000200000, pa2m, 2 * FAKE_MIB},
        {0x7f8040000000, pa1g, FAKE_GIB},
        {0xfffffffff000, pa4k, 4 * FAKE_KIB},
        {0, pa4k, 4 * FAKE_KIB},
    };

    for (unsigned i = 0; i < 5; i++)
        pt_map(w.h, w.root, m[i].va, m[i].pa, m[i].size, PT_R | PT_W | PT_ATTR(1));
    for (unsigned i = 0; i < 5; i++) {
        uint64_t offs[] = {0, 8, m[i].size / 2 + 3, m[i].size - 1};
        for (unsigned j = 0; j < 4; j++) {
            void *p = NULL;
            TAP_CHECK_EQ(touch(&w, 1, m[i].va + offs[j], MALI_ACCESS_READ, &p), MALI_MEM_OK);
            TAP_CHECK(p == fake_ram(w.h, m[i].pa + offs[j], 1));
        }
        if (m[i].va && m[i].va != 0xfffffffff000)
            TAP_CHECK_EQ(code(&w, m[i].va + m[i].size, MALI_ACCESS_READ) & ~3u, 0xc0);
    }
    TAP_CHECK_EQ((*pt_entry(w.h, w.root, m[1].va, 2)) & 3, 1);
    TAP_CHECK_EQ((*pt_entry(w.h, w.root, m[2].va, 1)) & 3, 1);
    world_free(&w);
}

static void contiguous_hint(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    void *p;

    pt_map(w.h, w.root, 0x10000, fake_page(w.h, 16), 0x10000, PT_R | PT_CONTIG);
    *pt_entry(w.h, w.root, 0x13000, 3) = 0; /* a group that lies about itself */
    TAP_CHECK_EQ(touch(&w, 1, 0x12000, MALI_ACCESS_READ, &p), MALI_MEM_OK);
    TAP_CHECK(p == fake_ram(w.h, fake_page(w.h, 18), 1));
    TAP_CHECK_EQ(code(&w, 0x13000, MALI_ACCESS_READ), 0xc3);
    world_free(&w);
}

static void identity(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    void *p;

    set_cfg(&w, 2);
    TAP_CHECK_EQ(touch(&w, 1, FAKE_RAM_BASE + 0x1234, MALI_ACCESS_EXECUTE, &p), MALI_MEM_OK);
    TAP_CHECK(p == fake_ram(w.h, FAKE_RAM_BASE + 0x1234, 1));
    TAP_CHECK_EQ(code(&w, FAKE_RAM_BASE, MALI_ACCESS_WRITE), 0);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 1ull << 40, MALI_ACCESS_READ), MALI_ADDR_SIZE_FAULT_OUT0);
    TAP_CHECK_EQ(code(&w, 1ull << 48, MALI_ACCESS_READ), MALI_ADDR_SIZE_FAULT_IN);
    world_free(&w);
}

static void modes_that_fault(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    static const struct {
        unsigned mode, guest_errors, unimp;
    } m[] = {{0, 0, 0}, {1, 0, 0}, {3, 1, 0}, {7, 1, 0}, {8, 0, 1}, {15, 1, 0}};

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, RWX);
    for (unsigned i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
        set_cfg(&w, FAKE_TRANSCFG_4K);
        TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0);
        fake_log_clear(w.h);
        set_cfg(&w, m[i].mode);
        TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], m[i].guest_errors);
        TAP_CHECK_EQ(w.h->log_count[MALI_LOG_UNIMP], m[i].unimp);
        TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0xc0);
        TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), 0xc0);
    }
    world_free(&w);
}

static void fewer_va_bits(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, PT_R);
    uint64_t level1 = *pt_entry(w.h, w.root, 0, 0) & 0xfffffffff000;
    uint64_t level2 = *pt_entry(w.h, w.root, 0, 1) & 0xfffffffff000;
    struct {
        unsigned bits;
        uint64_t root;
    } m[] = {{48, w.root}, {40, w.root}, {39, level1}, {31, level1}, {30, level2}, {25, level2}};
    for (unsigned i = 0; i < 6; i++) {
        fake_as_write64(w.mmu, 1, TRANSTAB, m[i].root);
        set_cfg(&w, 6 | (55 - m[i].bits) << 6);
        TAP_CHECK_EQ(code(&w, 0x1008, MALI_ACCESS_READ), 0);
        TAP_CHECK_EQ(code(&w, 1ull << m[i].bits, MALI_ACCESS_READ), MALI_ADDR_SIZE_FAULT_IN);
    }
    fake_as_write64(w.mmu, 1, TRANSTAB, w.root);
    set_cfg(&w, 6); /* 55 bits asked: the hardware has 48 */
    TAP_CHECK_EQ(code(&w, 0x1008, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, 1ull << 48, MALI_ACCESS_READ), MALI_ADDR_SIZE_FAULT_IN);
    world_free(&w);
}

/* --- faults -------------------------------------------------------------------- */
static void translation_faults(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    uint64_t va = 0x7fe0da65c000;

    for (int level = 3; level >= 0; level--) {
        pt_map(w.h, w.root, va, fake_page(w.h, 1), 0x1000, PT_R);
        uint64_t *e = pt_entry(w.h, w.root, va, level), good = *e;
        TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0);
        fake_as_command(w.mmu, 1, CMD_FLUSH_PT);
        *e = good & ~1ull; /* invalid */
        TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0xc0 + level);
        *e = good & ~3ull;
        TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0xc0 + level);
        *e = good & ~2ull; /* reserved at 0 and 3, a block elsewhere */
        if (level == 0 || level == 3)
            TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0xc0 + level);
        *e = good;
    }
    world_free(&w);
}

static void permission_faults(void)
{
    struct world w = world_new(4 * FAKE_GIB);
    static const struct {
        uint64_t size;
        unsigned level;
    } leaf[] = {{4 * FAKE_KIB, 3}, {2 * FAKE_MIB, 2}, {FAKE_GIB, 1}};

    for (unsigned i = 0; i < 3; i++)
        for (unsigned flags = 0; flags < 8; flags++) {
            uint64_t va = 0x100000000000 + ((uint64_t)(i * 8 + flags) << 30);
            unsigned bad = MALI_PERM_FAULT_0 + leaf[i].level;
            bool r = flags & (PT_R | PT_W), wr = flags & PT_W, x = flags & PT_X;
            pt_map(w.h, w.root, va, 0x80000000, leaf[i].size, flags);
            for (int pass = 0; pass < 2; pass++) { /* the second may hit the TLB */
                TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), r ? 0 : bad);
                TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_WRITE), wr ? 0 : bad);
                TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_ATOMIC), wr ? 0 : bad);
                TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_EXECUTE), x ? 0 : bad);
            }
        }
    world_free(&w);
}

static void hierarchical_permissions(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    for (unsigned level = 0; level < 3; level++) {
        pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, RWX);
        uint64_t *e = pt_entry(w.h, w.root, 0x1000, level), good = *e;
        static const struct {
            uint64_t bit;
            unsigned r, w, x;
        } m[] = {{1ull << 60, 0, 0, 0xcb}, {1ull << 61, 0xcb, 0xcb, 0}, {1ull << 62, 0, 0xcb, 0}};
        for (unsigned i = 0; i < 3; i++) {
            *e = good | m[i].bit;
            set_cfg(&w, FAKE_TRANSCFG_4K);
            TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), m[i].r);
            TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), m[i].w);
            TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_EXECUTE), m[i].x);
            set_cfg(&w, FAKE_TRANSCFG_4K | 1ull << 33); /* DISABLE_HIER_AP */
            TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), 0);
            TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_EXECUTE), 0);
        }
        *e = good;
    }
    world_free(&w);
}

static void wxn_and_xreadable(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, RWX);
    pt_map(w.h, w.root, 0x2000, fake_page(w.h, 2), 0x1000, PT_R | PT_X);
    pt_map(w.h, w.root, 0x3000, fake_page(w.h, 3), 0x1000, PT_X);
    set_cfg(&w, FAKE_TRANSCFG_4K | 1ull << 35);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_EXECUTE), 0xcb);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), 0);
    TAP_CHECK_EQ(code(&w, 0x2000, MALI_ACCESS_EXECUTE), 0);
    TAP_CHECK_EQ(code(&w, 0x3000, MALI_ACCESS_READ), 0xcb);
    set_cfg(&w, FAKE_TRANSCFG_4K | 1ull << 36);
    TAP_CHECK_EQ(code(&w, 0x3000, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, 0x3000, MALI_ACCESS_WRITE), 0xcb);
    world_free(&w);
}

static void access_flag(void)
{
    struct world w = world_new(4 * FAKE_GIB);
    uint64_t va[] = {0x40000000, 0x80000000, 0xc0000000};

    pt_map(w.h, w.root, va[0], 0x80000000, FAKE_GIB, RWX | PT_NO_AF);
    pt_map(w.h, w.root, va[1], 0x80000000, 2 * FAKE_MIB, RWX | PT_NO_AF);
    pt_map(w.h, w.root, va[2], 0x80000000, 4096, PT_NO_AF); /* AF goes before permission */
    for (unsigned i = 0; i < 3; i++)
        TAP_CHECK_EQ(code(&w, va[i], MALI_ACCESS_READ), 0xd9 + i);
    set_cfg(&w, FAKE_TRANSCFG_4K | 1ull << 34); /* DISABLE_AF_FAULT */
    TAP_CHECK_EQ(code(&w, va[0], MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, va[1], MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, va[2], MALI_ACCESS_READ), 0xcb);
    world_free(&w);
}

static void memory_attributes(void)
{
    struct world w = world_new(4 * FAKE_GIB);

    for (unsigned i = 0; i < 8; i++) {
        pt_map(w.h, w.root, i << 12, fake_page(w.h, i), 4096, PT_R | PT_ATTR(i));
        TAP_CHECK_EQ(code(&w, i << 12, MALI_ACCESS_READ), i < 3 ? 0 : 0xeb);
    }
    pt_map(w.h, w.root, 0x40000000, 0x80000000, FAKE_GIB, PT_R | PT_ATTR(7));
    pt_map(w.h, w.root, 0x80000000, 0x80000000, 2 * FAKE_MIB, PT_R | PT_ATTR(7));
    TAP_CHECK_EQ(code(&w, 0x40000000, MALI_ACCESS_READ), 0xe9);
    TAP_CHECK_EQ(code(&w, 0x80000000, MALI_ACCESS_READ), 0xea);
    world_free(&w);
}

static void address_sizes(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    uint64_t va = 0x7fe0da65c000, out = 1ull << 40;

    TAP_CHECK_EQ(code(&w, 1ull << 48, MALI_ACCESS_READ), 0xe0);
    TAP_CHECK_EQ(code(&w, UINT64_MAX, MALI_ACCESS_WRITE), 0xe0);
    TAP_CHECK_EQ(code(&w, 0xffff000000001000, MALI_ACCESS_READ), 0xe0);
    pt_map(w.h, w.root, va, fake_page(w.h, 1), 0x1000, PT_R);
    TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, va | 1ull << 52, MALI_ACCESS_READ), 0xe0); /* must not hit the TLB */
    TAP_CHECK_EQ(code(&w, va | 1ull << 63, MALI_ACCESS_READ), 0xe0);
    fake_as_command(w.mmu, 1, CMD_FLUSH_MEM);
    for (unsigned level = 0; level < 4; level++) {
        uint64_t *e = pt_entry(w.h, w.root, va, level), good = *e;
        *e = good | out;
        TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0xe4 + level);
        *e = good;
    }
    for (unsigned level = 1; level < 3; level++) { /* blocks */
        uint64_t *e = pt_entry(w.h, w.root, va, level), good = *e;
        *e = out | 1 << 10 | 1 << 6 | 1;
        TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0xe4 + level);
        *e = good;
    }
    fake_as_write64(w.mmu, 1, TRANSTAB, w.root | out);
    set_cfg(&w, FAKE_TRANSCFG_4K);
    TAP_CHECK_EQ(code(&w, va, MALI_ACCESS_READ), 0xe4);
    world_free(&w);
}

static void bus_faults(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    w.h->rom_base = fake_page(w.h, 8);
    w.h->rom_size = 4096;
    w.h->hole_base = fake_page(w.h, 16) + 0x800; /* RAM ends in the middle of a page */
    w.h->hole_size = 4096;
    mali_mmu_invalidate_all(w.mmu);
    pt_map(w.h, w.root, 0x1000, 0x1000, 0x1000, RWX);             /* no RAM there */
    pt_map(w.h, w.root, 0x2000, fake_page(w.h, 8), 0x1000, RWX);  /* ROM */
    pt_map(w.h, w.root, 0x3000, fake_page(w.h, 16), 0x2000, RWX); /* half a page, twice */
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 0x2000, MALI_ACCESS_WRITE), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 0x2000, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, 0x2000, MALI_ACCESS_WRITE), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 0x2000, MALI_ACCESS_ATOMIC), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 0x37ff, MALI_ACCESS_WRITE), 0);
    TAP_CHECK_EQ(code(&w, 0x3800, MALI_ACCESS_READ), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 0x4000, MALI_ACCESS_READ), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(code(&w, 0x4800, MALI_ACCESS_READ), 0);

    uint8_t buf[32], want[32];
    memset(buf, 0xee, sizeof(buf));
    memset(want, 0xee, sizeof(want));
    memset(fake_ram(w.h, fake_page(w.h, 16) + 0x7f0, 16), 0x55, 16);
    memset(want, 0x55, 16);
    TAP_CHECK_EQ(mali_mem_read(w.tlb, 1, 0x37f0, buf, 32, SRC, &w.fault), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.va, 0x3800);
    TAP_CHECK_MEM(buf, want, 32);

    /* tables outside RAM, at every level */
    for (unsigned level = 0; level < 3; level++) {
        pt_map(w.h, w.root, 0x5000, fake_page(w.h, 1), 0x1000, PT_R);
        uint64_t *e = pt_entry(w.h, w.root, 0x5000, level), good = *e;
        *e = 0x1000 | 3;
        TAP_CHECK_EQ(code(&w, 0x5000, MALI_ACCESS_READ), MALI_GPU_BUS_FAULT);
        *e = good;
    }
    fake_as_write64(w.mmu, 1, TRANSTAB, 0x1000);
    set_cfg(&w, FAKE_TRANSCFG_4K);
    TAP_CHECK_EQ(code(&w, 0x5000, MALI_ACCESS_READ), MALI_GPU_BUS_FAULT);
    world_free(&w);
}

static void tables_that_loop(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    uint64_t *root = fake_ram(w.h, w.root, 4096);
    void *p;

    for (unsigned i = 0; i < 512; i++)
        root[i] = w.root | 1 << 10 | 1 << 6 | 3; /* every level is the root itself */
    TAP_CHECK_EQ(touch(&w, 1, 0x7fe0da65c008, MALI_ACCESS_WRITE, &p), MALI_MEM_OK);
    TAP_CHECK(p == (uint8_t *)root + 8); /* the GPU writes its own table: its problem */
    for (unsigned i = 0; i < 512; i++)
        root[i] = UINT64_MAX;
    fake_as_command(w.mmu, 1, CMD_FLUSH_PT);
    TAP_CHECK_EQ(code(&w, 0, MALI_ACCESS_READ), 0xe4);
    world_free(&w);
}

static void fault_records(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    TAP_CHECK_EQ(code(&w, 0x7fe0da65cb80, MALI_ACCESS_READ), 0xc0);
    struct mali_fault f = w.fault;
    f.code = 0xc1; /* as an RK3588 logged it: ubuntu-rockchip issue 763 */
    TAP_CHECK_EQ(mali_mmu_report_fault(w.mmu, &f), 2);
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, FAULTSTATUS), 0x210002c1);
    TAP_CHECK_EQ(reg64(&w, 1, FAULTADDRESS), 0x7fe0da65cb80);
    f.va = 0x1234;
    f.access = MALI_ACCESS_WRITE;
    TAP_CHECK_EQ(mali_mmu_report_fault(w.mmu, &f), 2);
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, FAULTSTATUS), 0x210002c1); /* first wins */
    mali_mmu_irq_cleared(w.mmu, 1);                                     /* another AS */
    mali_mmu_report_fault(w.mmu, &f);
    TAP_CHECK_EQ(reg64(&w, 1, FAULTADDRESS), 0x7fe0da65cb80);
    mali_mmu_irq_cleared(w.mmu, 2);
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, FAULTSTATUS), 0x210002c1); /* 6.12 reads late */
    mali_mmu_report_fault(w.mmu, &f);
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, FAULTSTATUS), 0x210003c1);
    TAP_CHECK_EQ(reg64(&w, 1, FAULTADDRESS), 0x1234);
    TAP_CHECK_EQ(reg64(&w, 1, FAULTEXTRA), 0);

    f.memory = false;
    TAP_CHECK_EQ(mali_mmu_report_fault(w.mmu, &f), 0);
    f.memory = true;
    f.as = 200;
    TAP_CHECK_EQ(mali_mmu_report_fault(w.mmu, &f), 0);
    f.as = 9; /* not present */
    TAP_CHECK_EQ(mali_mmu_report_fault(w.mmu, &f), 0);
    TAP_CHECK_STR(mali_fault_name(0xc2), "translation fault at level 2");
    TAP_CHECK_STR(mali_fault_name(0x48), "stream bus fault");
    TAP_CHECK_STR(mali_fault_name(0xff), "unknown fault");
    world_free(&w);
}

/* --- registers and commands -------------------------------------------------------- */
static void registers(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    static const unsigned rw[] = {TRANSTAB, MEMATTR, LOCKADDR, TRANSCFG};

    for (unsigned i = 0; i < 4; i++) {
        fake_as_write64(w.mmu, 2, rw[i], 0x123456789abcdef0 + i);
        TAP_CHECK_EQ(reg64(&w, 2, rw[i]), 0x123456789abcdef0 + i);
        TAP_CHECK_EQ(reg64(&w, 3, rw[i]), 0);
    }
    TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], 0);
    static const unsigned bad[] = {
        FAULTSTATUS, FAULTADDRESS, FAULTADDRESS + 4, STATUS, 0x2c, FAULTEXTRA, 0x40, 2};
    for (unsigned i = 0; i < 8; i++) {
        fake_log_clear(w.h);
        mali_mmu_reg_write(w.mmu, 2, bad[i], ~0u);
        TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], bad[i] != 2);
    }
    fake_log_clear(w.h);
    mali_mmu_reg_write(w.mmu, 9, TRANSTAB, 1); /* absent */
    mali_mmu_reg_write(w.mmu, 9, COMMAND, CMD_UPDATE);
    mali_mmu_reg_write(w.mmu, 16, COMMAND, CMD_UPDATE);
    TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], 3);
    TAP_CHECK(!mali_mmu_command_pending(w.mmu));
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 9, TRANSTAB), 0);
    TAP_CHECK_EQ(touch(&w, 9, 0, MALI_ACCESS_READ, NULL), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.code, 0xc0);
    TAP_CHECK_EQ(touch(&w, 77, 0, MALI_ACCESS_READ, NULL), MALI_MEM_FAULT);
    world_free(&w);
}

static void shadow_until_update(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    uint64_t root2 = pt_new_root(w.h);
    void *p;

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, PT_R);
    pt_map(w.h, root2, 0x1000, fake_page(w.h, 2), 0x1000, PT_R);
    fake_as_write64(w.mmu, 1, TRANSTAB, root2);
    fake_as_write64(w.mmu, 1, TRANSCFG, 1);
    TAP_CHECK_EQ(touch(&w, 1, 0x1000, MALI_ACCESS_READ, &p), MALI_MEM_OK);
    TAP_CHECK(p == fake_ram(w.h, fake_page(w.h, 1), 1));
    fake_as_write64(w.mmu, 1, TRANSCFG, FAKE_TRANSCFG_4K);
    mali_mmu_reg_write(w.mmu, 1, COMMAND, CMD_UPDATE);
    TAP_CHECK(mali_mmu_command_pending(w.mmu));
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, STATUS), 1);
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 2, STATUS), 0);
    TAP_CHECK_EQ(touch(&w, 1, 0x1000, MALI_ACCESS_READ, &p), MALI_MEM_OK);
    TAP_CHECK(p == fake_ram(w.h, fake_page(w.h, 1), 1)); /* not run yet */
    mali_mmu_reg_write(w.mmu, 1, COMMAND, CMD_LOCK);     /* while active: ignored */
    TAP_CHECK(fake_log_has(w.h, "while ACTIVE"));
    TAP_CHECK_EQ(mali_mmu_run_commands(w.mmu), 1u << 17);
    TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, STATUS), 0);
    TAP_CHECK(!mali_mmu_command_pending(w.mmu));
    TAP_CHECK_EQ(touch(&w, 1, 0x1000, MALI_ACCESS_READ, &p), MALI_MEM_OK);
    TAP_CHECK(p == fake_ram(w.h, fake_page(w.h, 2), 1));
    world_free(&w);
}

static void unknown_commands(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    static const uint32_t cmds[] = {6, 7, 8, 0xff, 0x100, 0x101, 0x80000001, UINT32_MAX};

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, PT_R);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0);
    pt_unmap(w.h, w.root, 0x1000, 0x1000);
    for (unsigned i = 0; i < 8; i++) {
        fake_log_clear(w.h);
        TAP_CHECK_EQ(fake_as_command(w.mmu, 1, cmds[i]), 1u << 17);
        TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], 1);
        TAP_CHECK_EQ(mali_mmu_reg_read(w.mmu, 1, STATUS), 0);
    }
    fake_log_clear(w.h);
    TAP_CHECK_EQ(fake_as_command(w.mmu, 1, CMD_NOP), 1u << 17);
    TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], 0);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0); /* nothing was dropped */
    world_free(&w);
}

static void lock_stalls(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    uint8_t buf[0x2000], *ram = fake_ram(w.h, fake_page(w.h, 0), 0x40000);

    pt_map(w.h, w.root, 0x100000, fake_page(w.h, 0), 0x40000, RWX);
    for (unsigned i = 0; i < 64; i++)
        TAP_CHECK_EQ(code(&w, 0x100000 + i * 4096, MALI_ACCESS_WRITE), 0);
    lock(&w, 0x10bfc0, 15); /* base is aligned down */
    TAP_CHECK_EQ(code(&w, 0x107fff, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, 0x108000, MALI_ACCESS_READ), 0x100);
    TAP_CHECK_EQ(code(&w, 0x10ffff, MALI_ACCESS_WRITE), 0x100);
    TAP_CHECK_EQ(code(&w, 0x110000, MALI_ACCESS_EXECUTE), 0);

    /* a transfer that reaches into the region leaves nothing done */
    memset(ram, 0x11, 0x40000);
    memset(buf, 0x22, sizeof(buf));
    TAP_CHECK_EQ(mali_mem_write(w.tlb, 1, 0x107000, buf, 0x1001, SRC, &w.fault), MALI_MEM_STALL);
    TAP_CHECK_EQ(ram[0x7000], 0x11);
    TAP_CHECK_EQ(mali_mem_write(w.tlb, 1, 0x107000, buf, 0x1000, SRC, &w.fault), MALI_MEM_OK);
    TAP_CHECK_EQ(ram[0x7fff], 0x22);
    TAP_CHECK_EQ(mali_mem_read(w.tlb, 1, 0x10f000, buf, 0x2000, SRC, &w.fault), MALI_MEM_STALL);
    TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x107000, 1, 0x100000, 0x1001, SRC, &w.fault),
                 MALI_MEM_STALL);
    TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x120000, 1, 0x107000, 0x1001, SRC, &w.fault),
                 MALI_MEM_STALL);
    TAP_CHECK_EQ(ram[0x20000], 0x11);
    TAP_CHECK_EQ(mali_mem_read(w.tlb, 1, 0x10f000, buf, 0, SRC, &w.fault), MALI_MEM_OK);

    static const uint32_t release[] = {CMD_UNLOCK, CMD_FLUSH_PT, CMD_FLUSH_MEM};
    for (unsigned i = 0; i < 3; i++) {
        lock(&w, 0x108000, 15);
        TAP_CHECK_EQ(code(&w, 0x108000, MALI_ACCESS_READ), 0x100);
        fake_as_command(w.mmu, 1, release[i]);
        TAP_CHECK_EQ(code(&w, 0x108000, MALI_ACCESS_READ), 0);
    }
    /* encodings: everything; too small; the top of the space */
    fake_as_write64(w.mmu, 1, LOCKADDR, 63);
    fake_as_command(w.mmu, 1, CMD_LOCK);
    TAP_CHECK_EQ(code(&w, 0, MALI_ACCESS_READ), 0x100);
    TAP_CHECK_EQ(code(&w, 0xffffffffffff, MALI_ACCESS_READ), 0x100);
    fake_as_command(w.mmu, 1, CMD_UNLOCK);
    fake_log_clear(w.h);
    fake_as_write64(w.mmu, 1, LOCKADDR, 0x109000 | 11);
    fake_as_command(w.mmu, 1, CMD_LOCK);
    TAP_CHECK(fake_log_has(w.h, "below 32 KiB"));
    TAP_CHECK_EQ(code(&w, 0x10f000, MALI_ACCESS_READ), 0x100);
    fake_as_write64(w.mmu, 1, LOCKADDR, 0xffffffffffff8000 | 14);
    fake_as_command(w.mmu, 1, CMD_LOCK); /* moves the lock */
    TAP_CHECK_EQ(code(&w, 0x10f000, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&w, 0xffffffffffff9000, MALI_ACCESS_READ), 0x100);
    /* another AS is not held */
    fake_as_enable(w.mmu, 2, w.root);
    lock(&w, 0x108000, 15);
    TAP_CHECK_EQ(touch(&w, 2, 0x108000, MALI_ACCESS_READ, NULL), MALI_MEM_OK);
    world_free(&w);
}

static bool stale(struct world *w, struct mali_tlb *tlb, unsigned as, uint64_t va, uint64_t old_pa)
{
    uint64_t avail;
    void *p = NULL;
    enum mali_mem_result r =
        mali_mem_ptr(tlb, as, va, MALI_ACCESS_READ, SRC, &p, &avail, &w->fault);

    return r == MALI_MEM_OK && p == fake_ram(w->h, old_pa, 1);
}

/* Fills both TLBs for @pages from 0x100000 and moves the mapping in the tables. */
static void fill_and_move(struct world *w, struct mali_tlb *other, unsigned pages)
{
    pt_map(w->h, w->root, 0x100000, fake_page(w->h, 0), pages * 4096, PT_R | PT_4K_ONLY);
    fake_as_command(w->mmu, 1, CMD_FLUSH_MEM);
    fake_as_command(w->mmu, 2, CMD_FLUSH_MEM);
    for (unsigned i = 0; i < pages; i++) {
        TAP_CHECK(stale(w, w->tlb, 1, 0x100000 + i * 4096, fake_page(w->h, i)));
        TAP_CHECK(stale(w, other, 1, 0x100000 + i * 4096, fake_page(w->h, i)));
        TAP_CHECK(stale(w, other, 2, 0x100000 + i * 4096, fake_page(w->h, i)));
    }
    pt_map(w->h, w->root, 0x100000, fake_page(w->h, 1000), pages * 4096, PT_R | PT_4K_ONLY);
}

static void invalidation_exact(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    struct mali_tlb *other = mali_tlb_new(w.mmu);
    static const struct {
        const char *what;
        int lock_log2; /* 0: no lock */
        uint64_t lock_base;
        uint32_t command;
        unsigned first, count; /* pages that must be fresh afterwards */
    } m[] = {
        {"nop", 0, 0, CMD_NOP, 0, 0},
        {"unlock", 0, 0, CMD_UNLOCK, 0, 0},
        {"flush-pt", 0, 0, CMD_FLUSH_PT, 0, 32},
        {"flush-mem", 0, 0, CMD_FLUSH_MEM, 0, 32},
        {"update", 0, 0, CMD_UPDATE, 0, 32},
        {"lock 32K, unlock", 15, 0x108000, CMD_UNLOCK, 8, 8},
        {"lock 32K, flush-pt", 15, 0x110000, CMD_FLUSH_PT, 16, 8},
        {"lock 64K, flush-mem", 16, 0x110000, CMD_FLUSH_MEM, 16, 16},
        {"lock 16M, unlock", 24, 0x1000000, CMD_UNLOCK, 0, 0},
        {"lock 1M, unlock", 20, 0x100000, CMD_UNLOCK, 0, 32},
        {"lock 16M, flush-pt", 24, 0, CMD_FLUSH_PT, 0, 32},
        {"lock all, flush-pt", 64, 0, CMD_FLUSH_PT, 0, 32},
    };

    fake_as_enable(w.mmu, 2, w.root);
    for (unsigned i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
        fill_and_move(&w, other, 32);
        if (m[i].lock_log2)
            lock(&w, m[i].lock_base, m[i].lock_log2);
        fake_as_command(w.mmu, 1, m[i].command);
        for (unsigned p = 0; p < 32; p++) {
            bool fresh = p - m[i].first < m[i].count;
            uint64_t va = 0x100000 + p * 4096;
            bool ok = TAP_CHECK_EQ(stale(&w, w.tlb, 1, va, fake_page(w.h, p)), !fresh);
            ok = TAP_CHECK_EQ(stale(&w, other, 1, va, fake_page(w.h, p)), !fresh) && ok;
            ok = TAP_CHECK_EQ(stale(&w, other, 2, va, fake_page(w.h, p)), 1) && ok;
            if (!ok)
                tap_note("%s, page %u", m[i].what, p);
        }
    }
    fill_and_move(&w, other, 32);
    mali_mmu_invalidate_all(w.mmu);
    TAP_CHECK(!stale(&w, other, 2, 0x100000, fake_page(w.h, 0)));
    fill_and_move(&w, other, 32);
    mali_mmu_reset(w.mmu);
    TAP_CHECK_EQ(code(&w, 0x100000, MALI_ACCESS_READ), 0xc0);
    TAP_CHECK_EQ(reg64(&w, 1, TRANSTAB), 0);
    mali_tlb_free(other);
    world_free(&w);
}

/* The order of panthor 6.12: it never unlocks, and does not wait for UPDATE. */
static void driver_sequences(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    lock(&w, 0, 64); /* enable */
    fake_as_command(w.mmu, 1, CMD_FLUSH_MEM);
    fake_as_enable(w.mmu, 1, w.root);
    pt_map(w.h, w.root, 0x200000, fake_page(w.h, 3), 0x1000, PT_R); /* map */
    lock(&w, 0x200000, 15);
    fake_as_command(w.mmu, 1, CMD_FLUSH_PT);
    TAP_CHECK_EQ(code(&w, 0x200000, MALI_ACCESS_READ), 0);
    pt_unmap(w.h, w.root, 0x200000, 0x1000); /* unmap, 7.2: lock, edit, unlock */
    lock(&w, 0x200000, 15);
    TAP_CHECK_EQ(code(&w, 0x200000, MALI_ACCESS_READ), 0x100);
    fake_as_command(w.mmu, 1, CMD_UNLOCK);
    TAP_CHECK_EQ(code(&w, 0x200000, MALI_ACCESS_READ), 0xc3);
    lock(&w, 0, 64); /* disable */
    fake_as_command(w.mmu, 1, CMD_FLUSH_MEM);
    fake_as_write64(w.mmu, 1, TRANSTAB, 0);
    fake_as_write64(w.mmu, 1, MEMATTR, 0);
    set_cfg(&w, 1);
    TAP_CHECK_EQ(code(&w, 0x200000, MALI_ACCESS_READ), 0xc0);
    TAP_CHECK_EQ(w.h->log_count[MALI_LOG_GUEST_ERROR], 0);
    world_free(&w);
}

/* --- transfers, dirty, snapshot ------------------------------------------------------- */
static void transfers(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    enum { N = 5 * 4096 };
    uint8_t buf[N], back[N];

    for (unsigned i = 0; i < N; i++)
        buf[i] = i * 7 + (i >> 8);
    for (unsigned i = 0; i < 8; i++) { /* scattered, in reverse */
        pt_map(w.h, w.root, 0x10000 + i * 4096, fake_page(w.h, 64 - i), 4096, PT_R | PT_W);
        pt_map(w.h, w.root, 0x40000 + i * 4096, fake_page(w.h, 100 + i), 4096, RWX);
    }
    static const unsigned offs[] = {0, 1, 7, 4095}, lens[] = {0, 1, 8, 4096, 4097, N};
    for (unsigned o = 0; o < 4; o++)
        for (unsigned l = 0; l < 6; l++)
            for (unsigned d = 0; d < 4; d++) {
                memset(back, 0, N);
                TAP_CHECK_EQ(
                    mali_mem_write(w.tlb, 1, 0x10000 + offs[o], buf, lens[l], SRC, &w.fault),
                    MALI_MEM_OK);
                TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x40000 + offs[d], 1, 0x10000 + offs[o],
                                           lens[l], SRC, &w.fault),
                             MALI_MEM_OK);
                TAP_CHECK_EQ(
                    mali_mem_fetch(w.tlb, 1, 0x40000 + offs[d], back, lens[l], SRC, &w.fault),
                    MALI_MEM_OK);
                TAP_CHECK_MEM(back, buf, lens[l]);
            }
    /* the other way: contiguous source, scattered destination */
    TAP_CHECK_EQ(mali_mem_write(w.tlb, 1, 0x40000, buf, N, SRC, &w.fault), MALI_MEM_OK);
    TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x10000, 1, 0x40000, N, SRC, &w.fault), MALI_MEM_OK);
    TAP_CHECK_EQ(mali_mem_read(w.tlb, 1, 0x10000, back, N, SRC, &w.fault), MALI_MEM_OK);
    TAP_CHECK_MEM(back, buf, N);
    TAP_CHECK_EQ(mali_mem_fetch(w.tlb, 1, 0x10000, back, 8, SRC, &w.fault), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.code, 0xcb);
    TAP_CHECK_EQ(w.fault.access, MALI_ACCESS_EXECUTE);
    /* faults stop at the page: what precedes it is done */
    memset(fake_ram(w.h, fake_page(w.h, 57), 4096), 0, 4096);
    TAP_CHECK_EQ(mali_mem_write(w.tlb, 1, 0x17ff0, buf, 32, SRC, &w.fault), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.va, 0x18000);
    TAP_CHECK_MEM(fake_ram(w.h, fake_page(w.h, 57) + 0xff0, 16), buf, 16);
    TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x47ff0, 1, 0x10000, 32, SRC, &w.fault), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.va, 0x48000);
    TAP_CHECK_EQ(w.fault.access, MALI_ACCESS_WRITE);
    TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x40000, 1, 0x17ff0, 32, SRC, &w.fault), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.access, MALI_ACCESS_READ);
    /* lengths that wrap around the address space */
    TAP_CHECK_EQ(mali_mem_read(w.tlb, 1, UINT64_MAX - 7, back, 64, SRC, &w.fault), MALI_MEM_FAULT);
    TAP_CHECK_EQ(w.fault.code, 0xe0);
    /* overlap: any content, no harm */
    TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, 0x40010, 1, 0x40000, N, SRC, &w.fault), MALI_MEM_OK);
    world_free(&w);
}

static void dirty_notices(void)
{
    struct world w = world_new(64 * FAKE_MIB);

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x2000, PT_R | PT_W);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(w.h->dirty_calls, 0);
    for (unsigned i = 0; i < 3; i++) {
        TAP_CHECK_EQ(code(&w, 0x1008, MALI_ACCESS_WRITE), 0);
        TAP_CHECK_EQ(code(&w, 0x1ff8, MALI_ACCESS_ATOMIC), 0);
        TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0);
        TAP_CHECK_EQ(w.h->dirty_calls, 1);
    }
    TAP_CHECK_EQ(w.h->dirty_pa, fake_page(w.h, 1));
    TAP_CHECK_EQ(w.h->dirty_len, 4096);
    TAP_CHECK_EQ(code(&w, 0x2000, MALI_ACCESS_ATOMIC), 0);
    TAP_CHECK_EQ(w.h->dirty_calls, 2);
    struct mali_mmu_stats a, b;
    mali_mmu_get_stats(w.mmu, &a);
    mali_mmu_invalidate_writable(w.mmu);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_READ), 0);
    mali_mmu_get_stats(w.mmu, &b);
    TAP_CHECK_EQ(b.walks, a.walks); /* reads still hit */
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), 0);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), 0);
    TAP_CHECK_EQ(w.h->dirty_calls, 3);
    w.h->rom_base = fake_page(w.h, 9);
    w.h->rom_size = 4096;
    mali_mmu_invalidate_all(w.mmu);
    pt_map(w.h, w.root, 0x3000, fake_page(w.h, 9), 0x1000, PT_R | PT_W);
    TAP_CHECK_EQ(code(&w, 0x3000, MALI_ACCESS_WRITE), MALI_GPU_BUS_FAULT);
    TAP_CHECK_EQ(w.h->dirty_calls, 3);
    world_free(&w);
}

static void snapshot(void)
{
    struct world w = world_new(64 * FAKE_MIB), v;
    struct mali_as_state a[MALI_AS_COUNT], b[MALI_AS_COUNT];

    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, PT_R);
    pt_map(w.h, w.root, 0x9000, fake_page(w.h, 1), 0x1000, PT_R);
    lock(&w, 0x8000, 15);
    TAP_CHECK_EQ(code(&w, 0x1000, MALI_ACCESS_WRITE), 0xcb);
    mali_mmu_report_fault(w.mmu, &w.fault);
    fake_as_write64(w.mmu, 1, TRANSCFG, 1); /* shadow differs from active */
    mali_mmu_reg_write(w.mmu, 1, COMMAND, CMD_UPDATE);
    mali_mmu_reg_write(w.mmu, 3, COMMAND, CMD_NOP);
    mali_mmu_save(w.mmu, a);

    v = w;
    v.mmu = mali_mmu_new(&w.h->bus, 48, 40, 0xff);
    v.tlb = mali_tlb_new(v.mmu);
    mali_mmu_load(v.mmu, a);
    mali_mmu_save(v.mmu, b);
    TAP_CHECK_MEM(b, a, sizeof(a));
    TAP_CHECK_EQ(code(&v, 0x1000, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(code(&v, 0x9000, MALI_ACCESS_READ), 0x100);
    TAP_CHECK_EQ(mali_mmu_reg_read(v.mmu, 1, FAULTSTATUS), 0x210003cb);
    TAP_CHECK_EQ(mali_mmu_reg_read(v.mmu, 1, STATUS), 1);
    TAP_CHECK_EQ(mali_mmu_run_commands(v.mmu), 1u << 17 | 1u << 19);
    TAP_CHECK_EQ(code(&v, 0x1000, MALI_ACCESS_READ), 0xc0);

    static const uint64_t bad_locks[][2] = {{0x1000, 0x1008},  {0x8000, 0x8000},  {0x9000, 0x11000},
                                            {0x8000, 0x14000}, {0x10000, 0x8000}, {5, UINT64_MAX}};
    for (unsigned i = 0; i < 6; i++) {
        mali_mmu_save(w.mmu, a);
        a[1].lock_start = bad_locks[i][0];
        a[1].lock_end = bad_locks[i][1];
        mali_mmu_load(v.mmu, a);
        mali_mmu_save(v.mmu, b);
        TAP_CHECK_EQ(b[1].lock_start, 0);
        TAP_CHECK_EQ(b[1].lock_end, 0);
    }
    memset(a, 0xff, sizeof(a)); /* hostile images */
    mali_mmu_load(v.mmu, a);
    mali_mmu_run_commands(v.mmu);
    TAP_CHECK_EQ(code(&v, 0x1000, MALI_ACCESS_READ), 0xc0);
    srand(1);
    for (unsigned n = 0; n < 300; n++) {
        for (unsigned i = 0; i < sizeof(a); i++)
            ((uint8_t *)a)[i] = rand() >> 8 & (n & 1 ? 0xff : 0x86);
        mali_mmu_load(v.mmu, a);
        for (unsigned as = 0; as < 20; as++)
            touch(&v, as, (uint64_t)rand() << 12, rand() & 3, NULL);
        mali_mmu_run_commands(v.mmu);
        touch(&v, 1, rand(), MALI_ACCESS_READ, NULL);
    }
    mali_tlb_free(v.tlb);
    mali_mmu_free(v.mmu);
    world_free(&w);
}

/* --- events ------------------------------------------------------------------------------ */
static const struct fake_event *last_event(struct fake_host *h)
{
    return &h->event[(h->event_total - 1) % FAKE_EVENTS];
}

static void trace_events(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    const char *err = NULL;
    struct mali_trace *t = mali_trace_new(&w.h->bus, NULL, NULL, &err);

    TAP_REQUIRE(t != NULL);
    mali_mmu_set_trace(w.mmu, t);
    pt_map(w.h, w.root, 0x1000, fake_page(w.h, 1), 0x1000, PT_R);
    TAP_CHECK_EQ(code(&w, 0x1234, MALI_ACCESS_READ), 0);
    TAP_CHECK_EQ(last_event(w.h)->id, MALI_EV_mmu_walk);
    TAP_CHECK_EQ(last_event(w.h)->c, fake_page(w.h, 1) + 0x234);
    TAP_CHECK_EQ(code(&w, 0x1230, MALI_ACCESS_READ), 0); /* a hit: no event */
    TAP_CHECK_EQ(w.h->event_total, 1);
    TAP_CHECK_EQ(code(&w, 0x1234, MALI_ACCESS_WRITE), 0xcb);
    TAP_CHECK_STR(last_event(w.h)->name, "permission fault at level 3");
    mali_mmu_report_fault(w.mmu, &w.fault);
    TAP_CHECK_EQ(last_event(w.h)->id, MALI_EV_mmu_fault);
    TAP_CHECK_EQ(last_event(w.h)->c, 0x210003cb);
    lock(&w, 0x8000, 15);
    TAP_CHECK_EQ(last_event(w.h)->id, MALI_EV_mmu_command);
    TAP_CHECK_STR(last_event(w.h)->name, "LOCK");
    TAP_CHECK_EQ(last_event(w.h)->b, 0x8000);
    TAP_CHECK_EQ(last_event(w.h)->c, 0x10000);
    fake_as_command(w.mmu, 1, CMD_FLUSH_PT);
    TAP_CHECK_STR(last_event(w.h)->name, "FLUSH_PT");
    TAP_CHECK_EQ(last_event(w.h)->c, 0x10000);
    mali_mmu_set_trace(w.mmu, NULL);
    mali_trace_free(t);
    world_free(&w);
}

/* --- random comparison ------------------------------------------------------------------ */
static uint64_t rng_state;

static uint64_t rnd(void) /* xorshift64* */
{
    rng_state ^= rng_state >> 12;
    rng_state ^= rng_state << 25;
    rng_state ^= rng_state >> 27;
    return rng_state * 0x2545f4914f6cdd1dull;
}

/* Written from the format's description alone: recursive, no TLB, host RAM by hand. */
static unsigned ref_level(struct fake_host *h, uint64_t table, unsigned level, uint64_t va,
                          uint64_t cfg, uint64_t memattr, unsigned no_el0, unsigned ro, unsigned xn,
                          enum mali_access access, uint64_t *pa)
{
    static const uint64_t span[] = {1ull << 39, 1ull << 30, 1ull << 21, 1ull << 12};
    uint64_t slot = table + va / span[level] % 512 * 8, d;

    if (slot < h->ram_base || slot + 8 > h->ram_base + h->ram_size)
        return 0x80;
    memcpy(&d, h->ram + (slot - h->ram_base), 8);
    bool valid = d & 1, table_bit = d & 2;
    uint64_t addr = d % (1ull << 48) / 4096 * 4096;
    if (!valid || (!table_bit && (level == 0 || level == 3)))
        return 0xc0 + level;
    if (table_bit && level < 3) {
        if (addr >= 1ull << 40)
            return 0xe4 + level;
        if (!(cfg >> 33 & 1)) {
            no_el0 |= d >> 61 & 1;
            ro |= d >> 62 & 1;
            xn |= d >> 60 & 1;
        }
        return ref_level(h, addr, level + 1, va, cfg, memattr, no_el0, ro, xn, access, pa);
    }
    *pa = addr / span[level] * span[level] + va % span[level];
    if (*pa >= 1ull << 40)
        return 0xe4 + level;
    if ((memattr >> (8 * (d / 4 % 8)) & 0xff) >= 0xc0)
        return 0xe8 + level;
    if (!(d & 1024) && !(cfg >> 34 & 1))
        return 0xd8 + level;
    bool user = (d & 64) && !no_el0, write = user && !(d & 128) && !ro;
    bool exec = !(d >> 54 & 1) && !xn && !(write && (cfg >> 35 & 1));
    bool read = user || (exec && (cfg >> 36 & 1));
    bool allowed = access == MALI_ACCESS_READ ? read : access == MALI_ACCESS_EXECUTE ? exec : write;
    if (!allowed)
        return 0xc8 + level;
    return *pa < h->ram_base || *pa >= h->ram_base + h->ram_size ? 0x80 : 0;
}

static uint64_t random_desc(struct fake_host *h, const uint64_t *tables, unsigned n)
{
    uint64_t d = rnd(), kind = rnd() % 16;

    d &= ~(0xfffffffff000ull | 3);
    d &= ~((rnd() & rnd() & rnd()) << 60 ^ 7ull << 60); /* hierarchy bits: rarely */
    d |= kind == 0 ? rnd() & 3 : kind < 12 ? 3 : 1;
    if (rnd() % 4)
        d |= 1 << 10 | 1 << 6;
    if (rnd() % 8)
        d &= ~0x10ull; /* attributes 0..3: mostly valid */
    switch (rnd() % 16) {
    case 0:
        return d | (rnd() & 0xfffffffff000);
    case 1:
        return d | (rnd() & 0xfffffff000);
    case 2:
    case 3:
    case 4:
        return d | (h->ram_base + (rnd() % (h->ram_size / 4096)) * 4096);
    default:
        return d | tables[rnd() % n];
    }
}

static void random_against_reference(void)
{
    enum { TABLES = 24, ROUNDS = 300, PROBES = 400 };
    struct world w = world_new(16 * FAKE_MIB);
    uint64_t tables[TABLES], seen[256] = {0};
    const char *env = getenv("MMU_TEST_SEED");

    rng_state = env ? strtoull(env, NULL, 0) : 0x6d616c69;
    tap_note("MMU_TEST_SEED=0x%" PRIx64, rng_state);
    for (unsigned i = 0; i < TABLES; i++)
        tables[i] = pt_new_root(w.h);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TABLES; i++)
            for (unsigned j = 0; j < 512; j++)
                ((uint64_t *)fake_ram(w.h, tables[i], 4096))[j] = random_desc(w.h, tables, TABLES);
        uint64_t cfg = 6 | 7 << 6 | (rnd() & 15) << 33;
        uint64_t memattr = rnd() & (rnd() | 0x3f3f3f3f3f3f3f3f);
        fake_as_write64(w.mmu, 1, TRANSTAB, tables[0]);
        fake_as_write64(w.mmu, 1, MEMATTR, memattr);
        set_cfg(&w, cfg);
        uint64_t page = 0;
        for (unsigned i = 0; i < PROBES; i++) {
            if (!i || rnd() % 3)
                page = rnd() >> 16 & ~0xfffull;
            uint64_t va = page | (rnd() & 0xfff), pa = 0;
            enum mali_access access = rnd() & 3;
            unsigned want = ref_level(w.h, tables[0], 0, va, cfg, memattr, 0, 0, 0, access, &pa);
            void *p = NULL;
            unsigned got = touch(&w, 1, va, access, &p) == MALI_MEM_OK ? 0 : w.fault.code;
            seen[want]++;
            bool ok = TAP_CHECK_EQ(got, want);
            if (ok && !want)
                ok = TAP_CHECK(p == fake_ram(w.h, pa, 1));
            if (!ok)
                tap_note("round %u, va 0x%" PRIx64 ", access %d", round, va, access);
        }
    }
    /* the generator reaches everything: no level of luck in the comparison */
    static const uint8_t must[] = {0x00, 0x80, 0xc0, 0xc1, 0xc2, 0xc3, 0xc9, 0xca, 0xcb, 0xd9,
                                   0xda, 0xdb, 0xe4, 0xe5, 0xe6, 0xe7, 0xe9, 0xea, 0xeb};
    for (unsigned i = 0; i < sizeof(must); i++)
        if (!TAP_CHECK(seen[must[i]] > 0))
            tap_note("code 0x%02x never came up", must[i]);
    world_free(&w);
}

/* Random edits and random regions: an entry is stale exactly when nothing covered it. */
static void random_invalidation(void)
{
    enum { PAGES = 256 };
    struct world w = world_new(64 * FAKE_MIB);
    uint64_t cached[PAGES], base = 0x400000;

    rng_state = 0x746c62;
    for (unsigned i = 0; i < PAGES; i++) {
        pt_map(w.h, w.root, base + i * 4096, fake_page(w.h, i), 4096, PT_R);
        TAP_CHECK(stale(&w, w.tlb, 1, base + i * 4096, fake_page(w.h, i)));
        cached[i] = fake_page(w.h, i);
    }
    for (unsigned n = 0; n < 2000; n++) {
        unsigned i = rnd() % PAGES;
        pt_map(w.h, w.root, base + i * 4096, fake_page(w.h, rnd() % 4096), 4096, PT_R);
        if (rnd() % 4 == 0) {
            unsigned log2 = 15 + rnd() % 7;
            uint64_t at = base + (rnd() % PAGES) * 4096, size = 1ull << log2;
            lock(&w, at & ~0xfffull, log2);
            fake_as_command(w.mmu, 1, CMD_UNLOCK + rnd() % 3);
            for (unsigned j = 0; j < PAGES; j++)
                if ((base + j * 4096) / size == at / size)
                    cached[j] = 0; /* dropped: the next access reads the tables */
        }
        for (unsigned k = 0; k < 3; k++, i = rnd() % PAGES) {
            uint64_t va = base + i * 4096;
            if (!cached[i])
                cached[i] = *pt_entry(w.h, w.root, va, 3) & 0xfffffffff000;
            if (!TAP_CHECK(stale(&w, w.tlb, 1, va, cached[i])))
                tap_note("step %u, page %u", n, i);
        }
    }
    world_free(&w);
}

/* --- threads -------------------------------------------------------------------------------- */
static void *thread_body(void *opaque)
{
    struct world *w = opaque;
    struct mali_tlb *tlb = mali_tlb_new(w->mmu);
    struct mali_fault f;
    uint32_t bad = 0, v;

    for (uint32_t n = 0; n < 20000; n++)
        bad += mali_mem_read(tlb, 1, 0x100000 + n * 4 % 0x40000, &v, 4, SRC, &f) != MALI_MEM_OK;
    mali_tlb_free(tlb);
    return (void *)(uintptr_t)bad;
}

static void threads(void)
{
    struct world w = world_new(64 * FAKE_MIB);
    pthread_t t[4];
    struct mali_mmu_stats s;

    pt_map(w.h, w.root, 0x100000, fake_page(w.h, 0), 0x40000, PT_R);
    for (unsigned i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, thread_body, &w);
    for (unsigned i = 0; i < 1000; i++) { /* registers, faults, statistics meanwhile */
        fake_as_write64(w.mmu, 1, TRANSTAB, i);
        mali_mmu_reg_read(w.mmu, 1, TRANSTAB);
        mali_mmu_get_stats(w.mmu, &s);
    }
    for (unsigned i = 0; i < 4; i++) {
        void *bad;
        pthread_join(t[i], &bad);
        TAP_CHECK_EQ((uintptr_t)bad, 0);
    }
    mali_mmu_get_stats(w.mmu, &s);
    TAP_CHECK_EQ(s.walks, 4 * 20); /* 80000 bytes */
    world_free(&w);
}

/* --- speed: prints, fails only when absurd (sanitizers, loaded machines) -----------------------
 */
static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void speed(void)
{
    enum { HITS = 20000000, COPY = 64 << 20 };
    struct world w = world_new(512 * FAKE_MIB);
    uint64_t sum = 0, src = 0x10000000, dst = 0x20000000;
    double best_hit = 1e9, best_call = 1e9, best_copy = 1e9, best_host = 1e9, best_walk = 1e9;

    pt_map(w.h, w.root, src, fake_page(w.h, 0), COPY, PT_R | PT_W | PT_4K_ONLY);
    pt_map(w.h, w.root, dst, fake_page(w.h, 0x8000), COPY, PT_R | PT_W | PT_4K_ONLY);
    memset(fake_ram(w.h, fake_page(w.h, 0), COPY), 1, COPY);
    memset(fake_ram(w.h, fake_page(w.h, 0x8000), COPY), 2, COPY);
    for (unsigned i = 0; i < 256; i++)
        touch(&w, 1, src + i * 4096, MALI_ACCESS_READ, NULL);
    for (unsigned pass = 0; pass < 3; pass++) {
        double t = seconds();
        for (unsigned i = 0; i < HITS; i++) {
            uint64_t va = src + (i * 0x1044u & 0xffff8);
            uint32_t *p = mali_tlb_probe(w.tlb, 1, va, MALI_ACCESS_READ);
            sum += p ? *p : 1000;
        }
        double ns = (seconds() - t) * 1e9 / HITS;
        best_hit = ns < best_hit ? ns : best_hit;
        t = seconds();
        for (unsigned i = 0; i < HITS / 4; i++) {
            void *p;
            uint64_t avail;
            mali_mem_ptr(w.tlb, 1, src + (i * 0x1044u & 0xffff8), MALI_ACCESS_READ, SRC, &p, &avail,
                         &w.fault);
            sum += *(uint32_t *)p;
        }
        ns = (seconds() - t) * 1e9 / (HITS / 4);
        best_call = ns < best_call ? ns : best_call;
        t = seconds();
        for (unsigned i = 0; i < 0x4000; i++)
            touch(&w, 1, dst + (i * 1117 & 0x3fff) * 4096ull, MALI_ACCESS_READ, NULL);
        ns = (seconds() - t) * 1e9 / 0x4000;
        best_walk = ns < best_walk ? ns : best_walk;
        t = seconds();
        memcpy(fake_ram(w.h, fake_page(w.h, 0x8000), COPY), fake_ram(w.h, fake_page(w.h, 0), COPY),
               COPY);
        ns = (seconds() - t) * 1e9;
        best_host = ns < best_host ? ns : best_host;
        fake_as_command(w.mmu, 1, CMD_FLUSH_MEM);
        t = seconds();
        TAP_CHECK_EQ(mali_mem_copy(w.tlb, 1, dst, 1, src, COPY, SRC, &w.fault), MALI_MEM_OK);
        ns = (seconds() - t) * 1e9;
        best_copy = ns < best_copy ? ns : best_copy;
    }
    TAP_CHECK(sum != 0);
    tap_note("hit %.2f ns inline, %.2f ns by mali_mem_ptr; miss %.0f ns", best_hit, best_call,
             best_walk);
    tap_note("copy of 64 MiB: %.2f ms, host memcpy %.2f ms, ratio %.2f", best_copy * 1e-6,
             best_host * 1e-6, best_host / best_copy);
    TAP_CHECK(best_hit < 200);
    world_free(&w);
}

TAP_MAIN({"leaf-sizes", leaf_sizes}, {"contiguous-hint", contiguous_hint}, {"identity", identity},
         {"modes-that-fault", modes_that_fault}, {"fewer-va-bits", fewer_va_bits},
         {"translation-faults", translation_faults}, {"permission-faults", permission_faults},
         {"hierarchical-permissions", hierarchical_permissions},
         {"wxn-and-xreadable", wxn_and_xreadable}, {"access-flag", access_flag},
         {"memory-attributes", memory_attributes}, {"address-sizes", address_sizes},
         {"bus-faults", bus_faults}, {"tables-that-loop", tables_that_loop},
         {"fault-records", fault_records}, {"registers", registers},
         {"shadow-until-update", shadow_until_update}, {"unknown-commands", unknown_commands},
         {"lock-stalls", lock_stalls}, {"invalidation-exact", invalidation_exact},
         {"driver-sequences", driver_sequences}, {"transfers", transfers},
         {"dirty-notices", dirty_notices}, {"snapshot", snapshot}, {"trace-events", trace_events},
         {"random-against-reference", random_against_reference},
         {"random-invalidation", random_invalidation}, {"threads", threads}, {"speed", speed})
