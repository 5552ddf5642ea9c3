/*
 * Address spaces: every kind of fault with its status, access type, address and interrupt; leaf sizes;
 * commands and what they drop; lock regions; isolation. The accesses are a command stream's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

#define AS       1u
#define IN_PAGE  0x40 /* tested addresses are inside their page */
#define MARK     0x600df00du
#define HOLE     0x60000000ull /* -m 256 ends at 0x50000000 */
#define UART     0x09000000ull
#define HIGH     (1ull << 41)  /* beyond the model's 40 physical address bits */
#define ACCESS_ATOMIC 0
#define ACCESS_EXEC   1
#define ACCESS_READ   2
#define ACCESS_WRITE  3

/* One group with one stream in VM 1. */
static struct rig *bench(void)
{
    struct rig *r = rig_up("");

    if (!TAP_CHECK(r))
        return NULL;
    vm_new(r, AS);
    wr(r, MMU_CLEAR, ~0u);
    wr(r, MMU_MASK, 0xffff);
    TAP_CHECK(group_start(r, 0, AS, 1));
    return r;
}

/* Has the stream load r70 from, store r70 = MARK to, or add 1 atomically to @va. */
static void access_va(struct rig *r, uint64_t va, unsigned how)
{
    const uint64_t job[] = {
        cs_mov32(68, (uint32_t)va), cs_mov32(69, (uint32_t)(va >> 32)), cs_mov32(70, MARK), cs_mov32(71, 0),
        how == ACCESS_READ    ? cs_load32(70, 68)
        : how == ACCESS_WRITE ? cs_store32(70, 68)
                              : cs_sync_add64(68, 70),
        cs_wait(0xff),
    };

    submit(r, 0, 0, job, 6);
    step(r, 100000);
}

/* The group died of a fault: drop what is left in its ring and start it anew. */
static bool restart(struct rig *r)
{
    wr(r, MMU_CLEAR, 0xffff);
    if (!csg_state(r, 0, CSG_TERMINATE))
        return false;
    set64(r, r->userio[0][0], extract(r, 0, 0));
    as_command(r, AS, AS_FLUSH_MEM);
    return group_start(r, 0, AS, 1);
}

static bool no_fault(struct rig *r)
{
    return !(rd(r, MMU_RAWSTAT) & 0xffff);
}

/* Checks the fault record of @as and the interrupt, then clears it. */
static bool fault_is(struct rig *r, unsigned as, unsigned code, unsigned how, uint64_t va)
{
    uint32_t status = rd(r, AS_REG(as, AS_FAULTSTATUS));
    bool ok = TAP_CHECK_EQ(rd(r, MMU_RAWSTAT) & 0xffff, 1u << as) & TAP_CHECK_EQ(status & 0xff, code) &
              TAP_CHECK_EQ(status >> 8 & 3, how) & TAP_CHECK_EQ(rd64(r, AS_REG(as, AS_FAULTADDRESS)), va) &
              TAP_CHECK(qtest_irq_level(r->q, LINE_MMU)) & TAP_CHECK(rd(r, GPU_STATUS) & 1u << 4);

    wr(r, MMU_CLEAR, 1u << as);
    return ok & TAP_CHECK(!qtest_irq_level(r->q, LINE_MMU));
}

/* A descriptor at a level and what an access through it gives. */
static const struct entry {
    const char *name;
    unsigned level;
    uint64_t desc; /* | a page's, block's or table's address where it is 0 */
    unsigned how, code;
} entries[] = {
    { "no entry, level 0", 0, 0, ACCESS_READ, 0xc0 },
    { "no entry, level 1", 1, 0, ACCESS_READ, 0xc1 },
    { "no entry, level 2", 2, 0, ACCESS_WRITE, 0xc2 },
    { "no entry, level 3", 3, 0, ACCESS_WRITE, 0xc3 },
    { "no entry, level 3, atomic", 3, 0, ACCESS_ATOMIC, 0xc3 },
    { "reserved descriptor, level 3", 3, PTE_RW, ACCESS_READ, 0xc3 },
    { "block at level 0", 0, PTE_RW, ACCESS_READ, 0xc0 },
    { "read-only 1 GiB", 1, PTE_R | RAM_BASE, ACCESS_WRITE, 0xc9 },
    { "read-only 2 MiB", 2, PTE_R | RAM_BASE, ACCESS_WRITE, 0xca },
    { "read-only 4 KiB", 3, PTE_R | PTE_TABLE | RAM_BASE, ACCESS_WRITE, 0xcb },
    { "read-only 4 KiB, atomic", 3, PTE_R | PTE_TABLE | RAM_BASE, ACCESS_ATOMIC, 0xcb },
    { "not for users", 3, (PTE_RW & ~PTE_USER) | PTE_TABLE | RAM_BASE, ACCESS_READ, 0xcb },
    { "access flag, 1 GiB", 1, (PTE_RW & ~PTE_AF) | RAM_BASE, ACCESS_READ, 0xd9 },
    { "access flag, 2 MiB", 2, (PTE_RW & ~PTE_AF) | RAM_BASE, ACCESS_READ, 0xda },
    { "access flag, 4 KiB", 3, (PTE_RW & ~PTE_AF) | PTE_TABLE | RAM_BASE, ACCESS_WRITE, 0xdb },
    { "output address, table at level 0", 0, PTE_VALID | PTE_TABLE | HIGH, ACCESS_READ, 0xe4 },
    { "output address, table at level 1", 1, PTE_VALID | PTE_TABLE | HIGH, ACCESS_READ, 0xe5 },
    { "output address, block at level 1", 1, PTE_RW | HIGH, ACCESS_READ, 0xe5 },
    { "output address, table at level 2", 2, PTE_VALID | PTE_TABLE | HIGH, ACCESS_WRITE, 0xe6 },
    { "output address, page", 3, PTE_RW | PTE_TABLE | HIGH, ACCESS_WRITE, 0xe7 },
    { "attribute, 1 GiB", 1, PTE_RW | PTE_ATTR(5) | RAM_BASE, ACCESS_READ, 0xe9 },
    { "attribute, 2 MiB", 2, PTE_RW | PTE_ATTR(5) | RAM_BASE, ACCESS_READ, 0xea },
    { "attribute, 4 KiB", 3, PTE_RW | PTE_TABLE | PTE_ATTR(5) | RAM_BASE, ACCESS_READ, 0xeb },
    { "page in a hole", 3, PTE_RW | PTE_TABLE | HOLE, ACCESS_READ, 0x80 },
    { "page of MMIO, read", 3, PTE_RW | PTE_TABLE | UART, ACCESS_READ, 0x80 },
    { "page of MMIO, write", 3, PTE_RW | PTE_TABLE | UART, ACCESS_WRITE, 0x80 },
    { "the GPU's own registers", 3, PTE_RW | PTE_TABLE | GPU_BASE, ACCESS_WRITE, 0x80 },
    { "table in a hole", 2, PTE_VALID | PTE_TABLE | HOLE, ACCESS_READ, 0x80 },
    { "table in MMIO", 1, PTE_VALID | PTE_TABLE | UART, ACCESS_READ, 0x80 },
};

/* An address of its own for each case: no two share a table entry at the case's level. */
static uint64_t va_of(const struct entry *e, unsigned n)
{
    static const uint64_t base[4] = { 0x200000000000, 0x10000000000, 0x50000000, 0x40000000 };

    return base[e->level] + ((uint64_t)n << (39 - 9 * e->level)) + IN_PAGE;
}

static void every_fault(void)
{
    struct rig *r = bench();

    TAP_REQUIRE(r);
    for (unsigned n = 0; n < sizeof(entries) / sizeof(entries[0]); n++) {
        const struct entry *e = &entries[n];
        uint64_t va = va_of(e, n);

        pt_set(r, r->vm_root[AS], va, e->level, e->desc);
        access_va(r, va, e->how);
        bool ok = fault_is(r, AS, e->code, e->how, va);
        ok &= TAP_CHECK(cs_events(r, 0, 0) & CS_FATAL);
        ok &= TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0) + 0x84) & 0xff, 0x48); /* bus fault of the stream */
        ok &= TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0) + 0x90), (uint32_t)va);
        if (!ok)
            tap_note("%s", e->name);
        TAP_REQUIRE(restart(r));
    }
    access_va(r, DATA_VA, ACCESS_WRITE); /* and the stream still works */
    TAP_CHECK(no_fault(r));
    TAP_CHECK_EQ(data32(r, AS, 0), MARK);
    rig_free(r);
}

/* The ring itself is where the driver said, and cannot be read: faults of the fetch of instructions. */
static void ring_fetch(void)
{
    struct rig *r = bench();

    TAP_REQUIRE(r);
    for (unsigned n = 0; n < sizeof(entries) / sizeof(entries[0]); n++) {
        const struct entry *e = &entries[n];
        uint64_t va = va_of(e, n) - IN_PAGE;

        if (e->how != ACCESS_READ)
            continue;
        TAP_REQUIRE(csg_state(r, 0, CSG_TERMINATE));
        pt_set(r, r->vm_root[AS], va, e->level, e->desc);
        as_command(r, AS, AS_FLUSH_MEM);
        group_prog(r, 0, AS, 1);
        set_fw64(r, cs_in(r, 0, 0) + 0x10, va);
        TAP_REQUIRE(csg_state(r, 0, CSG_START));
        submit(r, 0, 0, (const uint64_t[]){ 0 }, 1);
        step(r, 100000);
        bool ok = fault_is(r, AS, e->code, ACCESS_READ, va);
        ok &= TAP_CHECK(cs_events(r, 0, 0) & CS_FATAL);
        ok &= TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0) + 0x84) & 0xff, 0x48);
        ok &= TAP_CHECK_EQ(extract(r, 0, 0), 0); /* nothing was run */
        if (!ok)
            tap_note("%s", e->name);
        set64(r, r->userio[0][0], 0);
    }
    TAP_REQUIRE(csg_state(r, 0, CSG_TERMINATE));
    TAP_REQUIRE(group_start(r, 0, AS, 1)); /* the ring where it can be read again */
    access_va(r, DATA_VA, ACCESS_WRITE);
    TAP_CHECK(no_fault(r));
    TAP_CHECK_EQ(data32(r, AS, 0), MARK);
    rig_free(r);
}

static void input_address(void)
{
    struct rig *r = bench();
    const uint64_t va = (1ull << 48) + DATA_VA;

    TAP_REQUIRE(r);
    access_va(r, va, ACCESS_READ);
    fault_is(r, AS, 0xe0, ACCESS_READ, va);
    rig_free(r);
}

/* Permissions of tables hold for everything below. */
static void table_permissions(void)
{
    struct rig *r = bench();
    uint64_t table = rig_pages(r, 4096, 4096), va = 0x60000000;

    TAP_REQUIRE(r);
    set64(r, table, PTE_RW | PTE_TABLE | r->data[AS]);
    pt_set(r, r->vm_root[AS], va, 2, table | PTE_VALID | PTE_TABLE | 1ull << 62); /* APTable: read-only */
    access_va(r, va, ACCESS_READ);
    TAP_CHECK(no_fault(r));
    access_va(r, va, ACCESS_WRITE);
    fault_is(r, AS, 0xcb, ACCESS_WRITE, va);
    TAP_REQUIRE(restart(r));
    pt_set(r, r->vm_root[AS], va, 2, table | PTE_VALID | PTE_TABLE | 1ull << 61); /* APTable: not EL0 */
    as_command(r, AS, AS_FLUSH_MEM);
    access_va(r, va, ACCESS_READ);
    fault_is(r, AS, 0xcb, ACCESS_READ, va);
    rig_free(r);
}

/* Tables that point at themselves end: the fourth level takes the root for a page. */
static void looping_tables(void)
{
    struct rig *r = bench();
    const uint64_t va = 0x7fbfdfeff000ull; /* index 255, 255, 255, 255 */

    TAP_REQUIRE(r);
    pt_set(r, r->vm_root[AS], va, 0, r->vm_root[AS] | PTE_VALID | PTE_TABLE);
    access_va(r, va, ACCESS_READ);
    fault_is(r, AS, 0xdb, ACCESS_READ, va);
    rig_free(r);
}

static void first_fault_stays(void)
{
    struct rig *r = bench();

    TAP_REQUIRE(r);
    access_va(r, 0x7000000000ull, ACCESS_READ);
    TAP_REQUIRE(csg_state(r, 0, CSG_TERMINATE));
    set64(r, r->userio[0][0], extract(r, 0, 0));
    TAP_REQUIRE(group_start(r, 0, AS, 1));
    access_va(r, 0x7000001000ull, ACCESS_WRITE); /* not cleared yet: not recorded */
    fault_is(r, AS, 0xc1, ACCESS_READ, 0x7000000000ull);
    rig_free(r);
}

static void leaf_sizes(void)
{
    static const struct {
        unsigned level;
        uint64_t va, size;
    } leaves[] = { { 3, 0x40000000, 1u << 12 }, { 2, 0x50000000, 1u << 21 }, { 1, 0x10000000000, 1u << 30 } };
    struct rig *r = bench();

    TAP_REQUIRE(r);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t offset = (r->data[AS] - RAM_BASE + 0x1230 + 16 * i) % leaves[i].size;
        uint64_t pa = r->data[AS] + 0x1230 + 16 * i - offset;

        pt_set(r, r->vm_root[AS], leaves[i].va, leaves[i].level,
               pa | PTE_RW | PTE_ATTR(1) | (leaves[i].level == 3 ? PTE_TABLE : 0));
        access_va(r, leaves[i].va + offset, ACCESS_WRITE);
        TAP_CHECK(no_fault(r));
        TAP_CHECK_EQ(data32(r, AS, 0x1230 + 16 * i), MARK);
    }
    rig_free(r);
}

static void modes(void)
{
    struct rig *r = bench();
    uint64_t page = rig_pages(r, 4096, 4096);

    TAP_REQUIRE(r);
    vm_new(r, 2);
    wr64(r, AS_REG(2, AS_TRANSCFG), 1); /* unmapped */
    as_command(r, 2, AS_UPDATE);
    TAP_REQUIRE(group_start(r, 1, 2, 1));
    submit(r, 1, 0, (const uint64_t[]){ 0 }, 1);
    step(r, 100000);
    fault_is(r, 2, 0xc0, ACCESS_READ, RING_VA + 0x100000); /* the ring itself */
    /* identity: the ring is where guest memory has it */
    TAP_REQUIRE(csg_state(r, 0, CSG_TERMINATE));
    wr64(r, AS_REG(AS, AS_TRANSCFG), 2);
    as_command(r, AS, AS_UPDATE);
    group_prog(r, 0, AS, 1);
    set_fw64(r, cs_in(r, 0, 0) + 0x10, r->ring[0][0]);
    TAP_REQUIRE(csg_state(r, 0, CSG_START));
    access_va(r, page + 8, ACCESS_WRITE);
    TAP_CHECK(no_fault(r));
    TAP_CHECK_EQ(mem32(r, page + 8), MARK);
    rig_free(r);
}

/* After each command that drops translations, changed tables are seen. */
static void commands_drop_translations(void)
{
    static const unsigned commands[] = { AS_UPDATE, AS_LOCK, AS_FLUSH_PT, AS_FLUSH_MEM };
    struct rig *r = bench();
    const uint64_t va = 0x40000000;

    TAP_REQUIRE(r);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t old = rig_pages(r, 4096, 4096), new = rig_pages(r, 4096, 4096);

        pt_map(r, r->vm_root[AS], va, old, 4096, PTE_RW);
        as_command(r, AS, AS_FLUSH_MEM);
        access_va(r, va, ACCESS_WRITE);
        TAP_CHECK_EQ(mem32(r, old), MARK);
        set32(r, old, 0);
        pt_map(r, r->vm_root[AS], va, new, 4096, PTE_RW);
        wr64(r, AS_REG(AS, AS_LOCKADDR), va | 14); /* 32 KiB */
        as_command(r, AS, commands[i]);
        if (commands[i] == AS_LOCK)
            as_command(r, AS, AS_UNLOCK);
        access_va(r, va, ACCESS_WRITE);
        if (!(TAP_CHECK_EQ(mem32(r, new), MARK) & TAP_CHECK_EQ(mem32(r, old), 0)))
            tap_note("command %u", commands[i]);
    }
    rig_free(r);
}

/* panthor 7.2's way to edit tables: LOCK, edit, UNLOCK. Accesses to the region wait, they do not fault. */
static void lock_stalls(void)
{
    struct rig *r = bench();

    TAP_REQUIRE(r);
    wr64(r, AS_REG(AS, AS_LOCKADDR), DATA_VA | 14);
    as_command(r, AS, AS_LOCK);
    access_va(r, DATA_VA + 0x8000, ACCESS_WRITE); /* behind the region */
    TAP_CHECK_EQ(data32(r, AS, 0x8000), MARK);
    access_va(r, DATA_VA + 0x7ffc, ACCESS_WRITE);
    step(r, 10 * MS);
    TAP_CHECK_EQ(data32(r, AS, 0x7ffc), 0);
    TAP_CHECK(no_fault(r));
    as_command(r, AS, AS_UNLOCK);
    step(r, MS);
    TAP_CHECK_EQ(data32(r, AS, 0x7ffc), MARK);
    rig_free(r);
}

/* panthor 6.12 never unlocks: the flush releases the region. */
static void flush_releases(void)
{
    struct rig *r = bench();

    TAP_REQUIRE(r);
    wr64(r, AS_REG(AS, AS_LOCKADDR), 63); /* everything */
    as_command(r, AS, AS_LOCK);
    access_va(r, DATA_VA, ACCESS_WRITE);
    TAP_CHECK_EQ(data32(r, AS, 0), 0);
    as_command(r, AS, AS_FLUSH_PT);
    step(r, MS);
    TAP_CHECK_EQ(data32(r, AS, 0), MARK);
    rig_free(r);
}

static void command_registers(void)
{
    struct rig *r = rig_new("");

    wr(r, MMU_CLEAR, ~0u);
    for (unsigned as = 0; as < 8; as++) {
        as_command(r, as, AS_UPDATE);
        TAP_CHECK_EQ(rd(r, MMU_RAWSTAT), 1u << (16 + as)); /* request complete */
        TAP_CHECK_EQ(rd(r, AS_REG(as, AS_STATUS)), 0);
        wr(r, MMU_CLEAR, ~0u);
    }
    wr64(r, AS_REG(1, AS_LOCKADDR), DATA_VA | 14);
    for (unsigned command = AS_NOP; command <= AS_FLUSH_MEM; command++) {
        as_command(r, 1, command);
        bool ok = TAP_CHECK_EQ(rd(r, AS_REG(1, AS_STATUS)), 0);
        if (command != AS_NOP)
            ok &= TAP_CHECK_EQ(rd(r, MMU_RAWSTAT), 1u << 17);
        if (!ok)
            tap_note("command %u", command);
        wr(r, MMU_CLEAR, ~0u);
    }
    as_command(r, 1, 77);
    TAP_CHECK(qtest_stderr_has(r->q, "COMMAND 0x4d is unknown"));
    wr64(r, AS_REG(1, AS_LOCKADDR), 3);
    as_command(r, 1, AS_LOCK);
    TAP_CHECK(qtest_stderr_has(r->q, "below 32 KiB"));
    rig_free(r);
}

static void isolation(void)
{
    struct rig *r = bench();

    TAP_REQUIRE(r);
    vm_new(r, 2);
    TAP_REQUIRE(group_start(r, 1, 2, 1));
    access_va(r, DATA_VA, ACCESS_WRITE);
    TAP_CHECK_EQ(data32(r, AS, 0), MARK);
    TAP_CHECK_EQ(data32(r, 2, 0), 0);
    submit(r, 1, 0,
           (const uint64_t[]){ cs_mov48(68, DATA_VA), cs_mov32(70, 2), cs_store32(70, 68), cs_wait(0xff) }, 4);
    step(r, 100000);
    TAP_CHECK_EQ(data32(r, 2, 0), 2);
    TAP_CHECK_EQ(data32(r, AS, 0), MARK);
    rig_free(r);
}

TAP_MAIN({"every-fault", every_fault}, {"ring-fetch", ring_fetch}, {"input-address", input_address},
         {"table-permissions", table_permissions}, {"looping-tables", looping_tables},
         {"first-fault-stays", first_fault_stays}, {"leaf-sizes", leaf_sizes}, {"modes", modes},
         {"commands-drop-translations", commands_drop_translations}, {"lock-stalls", lock_stalls},
         {"flush-releases", flush_releases}, {"command-registers", command_registers},
         {"isolation", isolation})
