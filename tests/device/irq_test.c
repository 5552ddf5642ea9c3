/*
 * Interrupts: the RAWSTAT, CLEAR, MASK, STAT registers of the three blocks, levels and edges of the three
 * lines, and that they arrive at the interrupt controller's inputs that the device tree names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

static const struct {
    uint32_t base, bits; /* registers from RAWSTAT on; what exists */
    const char *name;
} blocks[] = {
    [LINE_JOB] = { JOB_RAWSTAT, 0xffffffff, "job" },
    [LINE_MMU] = { MMU_RAWSTAT, 0xffffffff, "mmu" },
    [LINE_GPU] = { GPU_RAWSTAT, 0x000e0703, "gpu" },
};
enum { RAWSTAT, CLEAR = 4, MASK = 8, STAT = 12 };

/* The line as the glue drives it, as the core reports it and as the GIC sees it agree with @want. */
static bool lines_are(struct rig *r, unsigned want)
{
    unsigned got = 0, gic = qtest_read(r->q, GIC_DIST + 0x200 + (32 + FIRST_SPI) / 32 * 4, 4) >>
                            (32 + FIRST_SPI) % 32 & 7;

    for (unsigned i = 0; i < 3; i++)
        got |= (unsigned)qtest_irq_level(r->q, i) << i;
    return TAP_CHECK_EQ(got, want) & TAP_CHECK_EQ(gic, want) &
           TAP_CHECK_EQ(qtest_property(r->q, "irq-levels"), want);
}

static void bits(struct rig *r, unsigned line)
{
    const uint32_t base = blocks[line].base;

    for (unsigned n = 0; n < 32; n++) {
        uint32_t bit = 1u << n, real = bit & blocks[line].bits;

        wr(r, base + MASK, 0xffffffff);
        wr(r, base + RAWSTAT, bit); /* write 1 to set: a test aid of the hardware */
        TAP_CHECK_EQ(rd(r, base + RAWSTAT), real);
        TAP_CHECK_EQ(rd(r, base + STAT), real);
        wr(r, base + CLEAR, ~bit); /* clears others only */
        TAP_CHECK_EQ(rd(r, base + RAWSTAT), real);
        wr(r, base + MASK, ~bit);
        TAP_CHECK_EQ(rd(r, base + STAT), 0);
        TAP_CHECK_EQ(rd(r, base + RAWSTAT), real);
        wr(r, base + CLEAR, bit);
        TAP_CHECK_EQ(rd(r, base + RAWSTAT), 0);
    }
    wr(r, base + MASK, 0);
}

static void every_bit(void)
{
    struct rig *r = rig_new("");

    for (unsigned line = 0; line < 3; line++)
        bits(r, line);
    rig_free(r);
}

static void level_follows_mask(void)
{
    struct rig *r = rig_new("");

    for (unsigned line = 0; line < 3; line++) {
        const uint32_t base = blocks[line].base;
        bool ok = lines_are(r, 0);

        wr(r, base + RAWSTAT, 0x101);
        ok &= lines_are(r, 0); /* masked */
        wr(r, base + MASK, 0x100);
        ok &= lines_are(r, 1u << line); /* what came while masked is not lost */
        wr(r, base + CLEAR, 1);
        ok &= lines_are(r, 1u << line);
        wr(r, base + MASK, 0);
        ok &= lines_are(r, 0);
        wr(r, base + MASK, 0x101);
        ok &= lines_are(r, 1u << line);
        wr(r, base + CLEAR, 0x100);
        ok &= lines_are(r, 0);
        wr(r, base + MASK, 0);
        if (!ok)
            tap_note("line %s", blocks[line].name);
    }
    rig_free(r);
}

/* One rising edge from idle to idle, however many bits come and go in between. */
static void edges(void)
{
    struct rig *r = rig_new("");

    for (unsigned line = 0; line < 3; line++) {
        const uint32_t base = blocks[line].base;

        wr(r, base + MASK, 0x3);
        wr(r, base + RAWSTAT, 1);
        wr(r, base + RAWSTAT, 2);
        wr(r, base + CLEAR, 1);
        TAP_CHECK(qtest_irq_level(r->q, line));
        wr(r, base + CLEAR, 2);
        TAP_CHECK(!qtest_irq_level(r->q, line));
        TAP_CHECK_EQ(qtest_irq_edges(r->q, line), 1);
        wr(r, base + RAWSTAT, 2);
        TAP_CHECK_EQ(qtest_irq_edges(r->q, line), 2);
        wr(r, base + CLEAR, 2);
    }
    rig_free(r);
}

static void lines_are_independent(void)
{
    struct rig *r = rig_new("");

    for (unsigned line = 0; line < 3; line++) {
        wr(r, blocks[line].base + MASK, 1);
        wr(r, blocks[line].base + RAWSTAT, 1);
        lines_are(r, (2u << line) - 1);
    }
    for (unsigned line = 0; line < 3; line++) {
        wr(r, blocks[line].base + CLEAR, 1);
        lines_are(r, 7 & ~((2u << line) - 1));
    }
    rig_free(r);
}

/* panthor's hard handler: mask 0, thread, clear, mask back. A second event in between is seen after. */
static void handler_loses_nothing(void)
{
    struct rig *r = rig_new("");

    wr(r, GPU_MASK, IRQ_RESET_DONE | IRQ_FLUSH_DONE);
    wr(r, GPU_RAWSTAT, IRQ_RESET_DONE);
    TAP_CHECK(qtest_irq_level(r->q, LINE_GPU));
    wr(r, GPU_MASK, 0);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
    wr(r, GPU_CLEAR, IRQ_RESET_DONE);
    wr(r, GPU_RAWSTAT, IRQ_FLUSH_DONE);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
    wr(r, GPU_MASK, IRQ_RESET_DONE | IRQ_FLUSH_DONE);
    TAP_CHECK(qtest_irq_level(r->q, LINE_GPU));
    TAP_CHECK_EQ(rd(r, GPU_STAT), IRQ_FLUSH_DONE);
    rig_free(r);
}

static void system_reset(void)
{
    struct rig *r = rig_new("");

    for (unsigned line = 0; line < 3; line++) {
        wr(r, blocks[line].base + MASK, 1);
        wr(r, blocks[line].base + RAWSTAT, 1);
    }
    lines_are(r, 7);
    qtest_qmp(r->q, "{\"execute\": \"system_reset\"}");
    for (unsigned i = 0; i < 100 && qtest_property(r->q, "irq-levels"); i++)
        step(r, 1000);
    for (unsigned line = 0; line < 3; line++) {
        TAP_CHECK(!qtest_irq_level(r->q, line));
        TAP_CHECK_EQ(rd(r, blocks[line].base + RAWSTAT), 0);
        TAP_CHECK_EQ(rd(r, blocks[line].base + MASK), 0);
    }
    rig_free(r);
}

/* The GPU thread raises lines without the big lock held: they must come without a register access. */
static void from_the_gpu_thread(void)
{
    struct rig *r = rig_new_raw("", NULL);

    TAP_REQUIRE(power_l2(r));
    load_firmware(r);
    wr(r, JOB_MASK, ~0u);
    wr(r, MCU_CONTROL, 2);
    for (unsigned i = 0; i < 5000 && !qtest_irq_level(r->q, LINE_JOB); i++)
        step(r, 1000);
    TAP_CHECK(qtest_irq_level(r->q, LINE_JOB));
    TAP_CHECK_EQ(rd(r, JOB_STAT), JOB_GLB);
    wr(r, JOB_CLEAR, JOB_GLB);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_JOB));
    rig_free(r);
}

TAP_MAIN({"every-bit", every_bit}, {"level-follows-mask", level_follows_mask}, {"edges", edges},
         {"lines-are-independent", lines_are_independent},
         {"handler-loses-nothing", handler_loses_nothing}, {"system-reset", system_reset},
         {"from-the-gpu-thread", from_the_gpu_thread})
