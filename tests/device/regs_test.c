/*
 * The register window: reset values, what can be written, what is absent, access sizes,
 * counters, and the device's properties.
 *
 * The table is this test's own (driver-facts B.1, B.3); the model's is hw/regs/gpu.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

enum kind { RO, RW, WO };

static const struct reg {
    const char *name;
    uint32_t off;
    unsigned words;
    enum kind kind;
    uint64_t reset, writable;
} regs[] = {
    { "GPU_ID", 0x000, 1, RO, 0xa8670005, 0 },
    { "L2_FEATURES", 0x004, 1, RO, 0x07120306, 0 },
    { "CORE_FEATURES", 0x008, 1, RO, 0, 0 },
    { "TILER_FEATURES", 0x00c, 1, RO, 0x809, 0 },
    { "MEM_FEATURES", 0x010, 1, RO, 0x301, 0 },
    { "MMU_FEATURES", 0x014, 1, RO, 0x2830, 0 },
    { "AS_PRESENT", 0x018, 1, RO, 0xff, 0 },
    { "CSF_ID", 0x01c, 1, RO, 0x040a0412, 0 },
    { "GPU_INT_CLEAR", 0x024, 1, WO, 0, 0 },
    { "GPU_INT_MASK", 0x028, 1, RW, 0, 0x000e0703 },
    { "GPU_INT_STAT", 0x02c, 1, RO, 0, 0 },
    { "GPU_STATUS", 0x034, 1, RO, 0, 0 },
    { "GPU_FAULT_STATUS", 0x03c, 1, RO, 0, 0 },
    { "GPU_FAULT_ADDR", 0x040, 2, RO, 0, 0 },
    { "GPU_L2_CONFIG", 0x048, 1, RW, 0, 0xffff0000 },
    { "GPU_PWR_KEY", 0x050, 1, WO, 0, 0 },
    { "GPU_FEATURES", 0x060, 2, RO, 0, 0 },
    { "TIMESTAMP_OFFSET", 0x088, 2, RW, 0, ~0ull },
    { "CYCLE_COUNT", 0x090, 2, RO, 0, 0 },
    { "TIMESTAMP", 0x098, 2, RO, 0, 0 },
    { "THREAD_MAX_THREADS", 0x0a0, 1, RO, 2048, 0 },
    { "THREAD_MAX_WORKGROUP_SIZE", 0x0a4, 1, RO, 1024, 0 },
    { "THREAD_MAX_BARRIER_SIZE", 0x0a8, 1, RO, 1024, 0 },
    { "THREAD_FEATURES", 0x0ac, 1, RO, 0x04010000, 0 },
    { "TEXTURE_FEATURES_0", 0x0b0, 1, RO, 0xc1ffff9e, 0 },
    /* words 1 to 3: no hardware value is known; 0 is the model's own statement */
    { "TEXTURE_FEATURES_1", 0x0b4, 1, RO, 0, 0 },
    { "TEXTURE_FEATURES_2", 0x0b8, 1, RO, 0, 0 },
    { "TEXTURE_FEATURES_3", 0x0bc, 1, RO, 0, 0 },
    { "SHADER_PRESENT", 0x100, 2, RO, 0x50005, 0 },
    { "TILER_PRESENT", 0x110, 2, RO, 1, 0 },
    { "L2_PRESENT", 0x120, 2, RO, 1, 0 },
    { "SHADER_READY", 0x140, 2, RO, 0, 0 },
    { "TILER_READY", 0x150, 2, RO, 0, 0 },
    { "L2_READY", 0x160, 2, RO, 0, 0 },
    { "SHADER_PWRTRANS", 0x200, 2, RO, 0, 0 },
    { "TILER_PWRTRANS", 0x210, 2, RO, 0, 0 },
    { "L2_PWRTRANS", 0x220, 2, RO, 0, 0 },
    { "SHADER_PWRACTIVE", 0x240, 2, RO, 0, 0 },
    { "TILER_PWRACTIVE", 0x250, 2, RO, 0, 0 },
    { "L2_PWRACTIVE", 0x260, 2, RO, 0, 0 },
    { "REVID", 0x280, 1, RO, 0, 0 },
    { "COHERENCY_FEATURES", 0x300, 1, RO, 0, 0 },
    { "COHERENCY_PROTOCOL", 0x304, 1, RW, 31, 0x1f },
    { "MCU_CONTROL", 0x700, 1, RO, 0, 0 }, /* writable, but it starts things: mcu_test */
    { "MCU_STATUS", 0x704, 1, RO, 0, 0 },
    { "CSF_CONFIG", 0xf00, 1, RW, 0, 0xffffffff },
    { "SHADER_CONFIG", 0xf04, 1, RW, 0, 0xffffffff },
    { "TILER_CONFIG", 0xf08, 1, RW, 0, 0xffffffff },
    { "L2_MMU_CONFIG", 0xf0c, 1, RW, 0, 0xffffffff },
    { "JOB_INT_CLEAR", 0x1004, 1, WO, 0, 0 },
    { "JOB_INT_MASK", 0x1008, 1, RW, 0, 0xffffffff },
    { "JOB_INT_STAT", 0x100c, 1, RO, 0, 0 },
    { "MMU_INT_CLEAR", 0x2004, 1, WO, 0, 0 },
    { "MMU_INT_MASK", 0x2008, 1, RW, 0, 0xffffffff },
    { "MMU_INT_STAT", 0x200c, 1, RO, 0, 0 },
    { "LATEST_FLUSH_ID", 0x10000, 1, RO, 1, 0 },
};

static const struct reg as_regs[] = {
    { "TRANSTAB", AS_TRANSTAB, 2, RW, 0, ~0ull },
    { "MEMATTR", AS_MEMATTR, 2, RW, 0, ~0ull },
    { "LOCKADDR", AS_LOCKADDR, 2, RW, 0, ~0ull },
    { "FAULTSTATUS", AS_FAULTSTATUS, 1, RO, 0, 0 },
    { "FAULTADDRESS", AS_FAULTADDRESS, 2, RO, 0, 0 },
    { "STATUS", AS_STATUS, 1, RO, 0, 0 },
    { "TRANSCFG", AS_TRANSCFG, 2, RW, 0, ~0ull },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t get(struct rig *r, const struct reg *g, uint32_t base)
{
    uint64_t val = rd(r, base + g->off);

    return g->words == 2 ? val | (uint64_t)rd(r, base + g->off + 4) << 32 : val;
}

static void put(struct rig *r, const struct reg *g, uint32_t base, uint64_t val)
{
    wr(r, base + g->off, (uint32_t)val);
    if (g->words == 2)
        wr(r, base + g->off + 4, (uint32_t)(val >> 32));
}

static void check(const struct reg *g, uint64_t got, uint64_t want, const char *when)
{
    if (!TAP_CHECK_EQ(got, want))
        tap_note("%s at 0x%x, %s", g->name, g->off, when);
}

static void walk(struct rig *r, const struct reg *list, unsigned count, uint32_t base)
{
    static const uint64_t patterns[] = { ~0ull, 0xa5a5a5a55a5a5a5aull, 0 };

    for (const struct reg *g = list; g < list + count; g++)
        if (g->off != TIMESTAMP)
            check(g, get(r, g, base), g->reset, "after reset");
    for (const struct reg *g = list; g < list + count; g++) {
        if (g->off == MCU_CONTROL || g->off == TIMESTAMP)
            continue;
        for (unsigned i = 0; i < COUNT(patterns); i++) {
            uint64_t want = (g->reset & ~g->writable) | (patterns[i] & g->writable);

            if (g->kind == RW && g->words == 1)
                want = patterns[i] & g->writable;
            put(r, g, base, patterns[i]);
            check(g, get(r, g, base), g->kind == RW ? want : g->reset, "after a write");
        }
    }
}

static void gpu_block(void)
{
    struct rig *r = rig_new("");

    walk(r, regs, COUNT(regs), 0);
    TAP_CHECK_EQ(qtest_property(r->q, "irq-levels"), 0);
    rig_free(r);
}

static void as_blocks(void)
{
    struct rig *r = rig_new("");

    for (unsigned as = 0; as < 8; as++)
        walk(r, as_regs, COUNT(as_regs), AS_REG(as, 0));
    rig_free(r);
}

static void absent_registers(void)
{
    static const uint32_t offs[] = { 0x038, 0x3f8, 0x800, 0x1010, 0x2010, 0x3000, 0x10004, 0x7fffc, 0x80004 };
    struct rig *r = rig_new("");

    for (unsigned i = 0; i < COUNT(offs); i++) {
        char text[64];

        wr(r, offs[i], ~0u);
        TAP_CHECK_EQ(rd(r, offs[i]), 0);
        snprintf(text, sizeof(text), "register 0x%05x (none) does not exist", offs[i]);
        if (!TAP_CHECK(qtest_stderr_has(r->q, text)))
            tap_note("no line \"%s\"", text);
    }
    TAP_CHECK_EQ(rd(r, AS_REG(8, AS_TRANSTAB)), 0); /* AS_PRESENT has 8 */
    TAP_CHECK(qtest_stderr_has(r->q, "is not on this model"));
    TAP_CHECK_EQ(rd(r, DOORBELL(3)), 0);
    TAP_CHECK(qtest_stderr_has(r->q, "CSF_DOORBELL(3)) is write-only"));
    rig_free(r);
}

static void access_sizes(void)
{
    struct rig *r = rig_new("");

    TAP_CHECK_EQ(rd64(r, 0x000), 0x07120306a8670005ull);
    qtest_write(r->q, GPU_BASE + 0x088, 0x1122334455667788ull, 8);
    TAP_CHECK_EQ(rd(r, 0x088), 0x55667788);
    TAP_CHECK_EQ(rd(r, 0x08c), 0x11223344);
    TAP_CHECK_EQ(qtest_read(r->q, GPU_BASE + 1, 1), 0);
    TAP_CHECK_EQ(qtest_read(r->q, GPU_BASE + 2, 2), 0);
    qtest_write(r->q, GPU_BASE + 0x088, 0xff, 1);
    qtest_write(r->q, GPU_BASE + 0x08a, 0xffff, 2);
    TAP_CHECK_EQ(rd(r, 0x088), 0x55667788);
    TAP_CHECK(qtest_stderr_has(r->q, "1-byte write at 0x88"));
    TAP_CHECK(qtest_stderr_has(r->q, "2-byte read at 0x2"));
    rig_free(r);
}

/* GPU_TIMESTAMP is the guest's CNTVCT: 62.5 MHz on -M virt with its default CPU. */
static void timestamp(void)
{
    struct rig *r = rig_new("");
    uint64_t at = rd64(r, TIMESTAMP);

    step(r, 1000 * MS);
    TAP_CHECK_EQ(rd64(r, TIMESTAMP) - at, 62500000);
    wr64(r, 0x088, 1ull << 40);
    TAP_CHECK_EQ(rd64(r, TIMESTAMP) - at, 62500000 + (1ull << 40));
    rig_free(r);
}

static void cycle_count(void)
{
    struct rig *r = rig_new("clock=500000000");

    step(r, MS);
    TAP_CHECK_EQ(rd64(r, CYCLE_COUNT), 0); /* L2 off: stopped */
    TAP_REQUIRE(power_l2(r));
    uint64_t at = rd64(r, CYCLE_COUNT);
    step(r, 10 * MS);
    TAP_CHECK_EQ(rd64(r, CYCLE_COUNT) - at, 5000000);
    rig_free(r);
}

static void properties(void)
{
    struct rig *r = rig_new("cores=6,l2-slices=2,address-spaces=16,coherency=ace-lite,csgs=4,streams=16");

    TAP_CHECK_EQ(rd(r, SHADER_PRESENT), 0x150015);
    TAP_CHECK_EQ(rd(r, 0x010), 0x101);
    TAP_CHECK_EQ(rd(r, 0x018), 0xffff);
    TAP_CHECK_EQ(rd(r, 0x300), 1);
    wr(r, AS_REG(15, AS_TRANSTAB), 0x1000);
    TAP_CHECK_EQ(rd(r, AS_REG(15, AS_TRANSTAB)), 0x1000);
    TAP_CHECK_EQ(qtest_property(r->q, "gpu-id"), 0xa8670005);
    TAP_CHECK_EQ(qtest_property(r->q, "core-clock"), 1000000000);
    TAP_CHECK_EQ(qtest_property(r->q, "core-voltage"), 850000);
    TAP_CHECK_EQ(qtest_property(r->q, "no-such-thing"), -1);
    rig_free(r);
}

static void other_models(void)
{
    struct rig *r = rig_new("model=g310");

    TAP_CHECK_EQ(rd(r, GPU_ID) >> 16, 0xac74);
    TAP_CHECK_EQ(rd(r, SHADER_PRESENT), 1);
    rig_free(r);
}

static void impossible_properties(void)
{
    static const struct {
        const char *properties, *says[2];
    } cases[] = {
        { "model=g78", { "g78", "g610" } },
        { "cores=7", { "cores", "1 to 6" } },
        { "model=g310,cores=2", { "cores", "1 to 1" } },
        { "csgs=2", { "csgs", "3 to 31" } },
        { "streams=33", { "streams", "8 to 32" } },
        { "address-spaces=1", { "address_spaces", "2 to 16" } },
        { "coherency=ace", { "coherency", "ace-lite" } },
        { "clock=5", { "clock=5", "100000000" } },
        { "log=loud", { "log=loud", "guest" } },
        { "trace=/nowhere/x.json", { "/nowhere/x.json", "" } },
    };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        char text[1024];
        bool ok = TAP_CHECK_EQ(qtest_run(cases[i].properties, "-S", text, sizeof(text)), 1);

        ok &= TAP_CHECK(strstr(text, cases[i].says[0]) && strstr(text, cases[i].says[1]));
        if (!ok)
            tap_note("-device mali-g610,%s said: %s", cases[i].properties, text);
    }
}

TAP_MAIN({"gpu-block", gpu_block}, {"as-blocks", as_blocks}, {"absent-registers", absent_registers},
         {"access-sizes", access_sizes}, {"timestamp", timestamp}, {"cycle-count", cycle_count},
         {"properties", properties}, {"other-models", other_models},
         {"impossible-properties", impossible_properties})
