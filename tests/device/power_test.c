/*
 * Power domains on virtual time, GPU_CMD (soft and hard reset, cache flush, time, fault clearing),
 * and what a reset keeps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

#define CMD_SOFT_RESET 0x101
#define CMD_HARD_RESET 0x201
#define CMD_FLUSH      (4 | 3 << 8 | 3 << 12 | 2 << 16)
#define POLL           1000 /* ns */

/* Steps until @reg reads @want; the time that took, or UINT64_MAX after @limit ns. */
static uint64_t until(struct rig *r, uint32_t reg, uint32_t want, uint64_t limit)
{
    for (uint64_t t = 0; t <= limit; t += POLL) {
        if (rd(r, reg) == want)
            return t;
        step(r, POLL);
    }
    return UINT64_MAX;
}

static void l2_on_off(void)
{
    struct rig *r = rig_new("");
    uint64_t took;

    wr(r, L2_PWRON, 1);
    TAP_CHECK_EQ(rd(r, L2_READY), 0);
    TAP_CHECK_EQ(rd(r, L2_PWRTRANS), 1);
    took = until(r, L2_READY, 1, 20 * MS); /* panthor's limit */
    TAP_CHECK(took > 0 && took < 20 * MS);
    TAP_CHECK_EQ(rd(r, L2_PWRTRANS), 0);
    TAP_CHECK_EQ(rd(r, GPU_RAWSTAT) & (IRQ_POWER_ONE | IRQ_POWER_ALL), IRQ_POWER_ONE | IRQ_POWER_ALL);
    wr(r, GPU_CLEAR, ~0u);
    wr(r, L2_PWROFF, 1);
    TAP_CHECK_EQ(rd(r, L2_PWRTRANS), 1);
    TAP_CHECK_EQ(rd(r, L2_READY), 0);
    took = until(r, L2_PWRTRANS, 0, 20 * MS);
    TAP_CHECK(took > 0 && took < 20 * MS);
    TAP_CHECK_EQ(rd(r, L2_READY), 0);
    TAP_CHECK(rd(r, GPU_RAWSTAT) & IRQ_POWER_ALL);
    rig_free(r);
}

/* The interrupt comes by the timer, without anyone reading a register. */
static void power_interrupt_by_timer(void)
{
    struct rig *r = rig_new("");

    wr(r, GPU_MASK, IRQ_POWER_ALL);
    wr(r, L2_PWRON, 1);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
    step(r, MS);
    TAP_CHECK(qtest_irq_level(r->q, LINE_GPU));
    wr(r, GPU_CLEAR, IRQ_POWER_ALL);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
    rig_free(r);
}

static void cores_need_the_l2(void)
{
    struct rig *r = rig_new("");

    wr(r, SHADER_PWRON, 0x50005);
    wr(r, TILER_PWRON, 1);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0);
    TAP_CHECK_EQ(rd(r, TILER_READY), 0);
    TAP_CHECK(qtest_stderr_has(r->q, "power on while the L2 is off"));
    TAP_REQUIRE(power_l2(r));
    wr(r, SHADER_PWRON, 0x10001);
    TAP_CHECK_EQ(rd(r, SHADER_PWRTRANS), 0x10001);
    TAP_CHECK(until(r, SHADER_READY, 0x10001, 20 * MS) != UINT64_MAX);
    wr(r, SHADER_PWRON, 0x40004);
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0x10001); /* the others stay up meanwhile */
    wr(r, TILER_PWRON, 1);
    TAP_CHECK(until(r, SHADER_READY, 0x50005, 20 * MS) != UINT64_MAX);
    TAP_CHECK(until(r, TILER_READY, 1, 20 * MS) != UINT64_MAX);
    wr(r, SHADER_PWROFF, 0x4);
    TAP_CHECK(until(r, SHADER_PWRTRANS, 0, 20 * MS) != UINT64_MAX);
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0x50001);
    rig_free(r);
}

/* Each domain of its own says when it is done, and the line rises: not only the L2's. */
static void every_domain_interrupts(void)
{
    static const struct {
        const char *name;
        uint32_t on, off, ready, trans, mask;
    } domains[] = {
        { "tiler", TILER_PWRON, TILER_PWROFF, TILER_READY, TILER_PWRTRANS, 1 },
        { "shader", SHADER_PWRON, SHADER_PWROFF, SHADER_READY, SHADER_PWRTRANS, 0x50005 },
    };
    struct rig *r = rig_new("");

    TAP_REQUIRE(power_l2(r));
    wr(r, GPU_MASK, IRQ_POWER_ALL);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned up = 1; up < 2; up--) {
            wr(r, GPU_CLEAR, ~0u);
            bool ok = TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
            wr(r, up ? domains[i].on : domains[i].off, domains[i].mask);
            ok &= TAP_CHECK_EQ(rd(r, domains[i].trans), domains[i].mask) &
                  TAP_CHECK_EQ(rd(r, domains[i].ready), 0) & TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
            ok &= TAP_CHECK(until(r, domains[i].trans, 0, 20 * MS) != UINT64_MAX);
            ok &= TAP_CHECK_EQ(rd(r, domains[i].ready), up ? domains[i].mask : 0) &
                  TAP_CHECK(qtest_irq_level(r->q, LINE_GPU)) & TAP_CHECK_EQ(rd(r, L2_READY), 1);
            if (!ok)
                tap_note("%s %s", domains[i].name, up ? "on" : "off");
        }
    rig_free(r);
}

static void l2_takes_cores_along(void)
{
    struct rig *r = rig_new("");
    uint64_t cores, l2;

    TAP_REQUIRE(power_l2(r));
    wr(r, SHADER_PWRON, 0x50005);
    step(r, MS);
    TAP_REQUIRE(rd(r, SHADER_READY) == 0x50005);
    wr(r, L2_PWROFF, 1);
    TAP_CHECK_EQ(rd(r, SHADER_PWRTRANS), 0x50005);
    TAP_CHECK_EQ(rd(r, L2_PWRTRANS), 1);
    cores = until(r, SHADER_PWRTRANS, 0, 20 * MS);
    l2 = until(r, L2_PWRTRANS, 0, 20 * MS);
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0);
    TAP_CHECK_EQ(rd(r, L2_READY), 0);
    TAP_CHECK_EQ(rd(r, L2_PWRTRANS), 0);
    TAP_CHECK(qtest_stderr_has(r->q, "L2_PWROFF while cores"));
    /* one after the other: from the cores' end the L2 takes as long as it does alone */
    TAP_REQUIRE(power_l2(r));
    wr(r, L2_PWROFF, 1);
    TAP_CHECK(cores > 0 && l2 == until(r, L2_PWRTRANS, 0, 20 * MS));
    rig_free(r);
}

static void absent_cores(void)
{
    struct rig *r = rig_new("cores=2");

    TAP_REQUIRE(power_l2(r));
    wr(r, SHADER_PWRON, ~0u);
    wr(r, SHADER_PWRON + 4, ~0u);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, SHADER_READY), rd(r, SHADER_PRESENT));
    TAP_CHECK_EQ(rd(r, SHADER_READY + 4), 0);
    rig_free(r);
}

static void reset_with(uint32_t command)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), 1);
    wr(r, GPU_MASK, IRQ_RESET_DONE);
    wr(r, GPU_CLEAR, ~0u);
    wr(r, GPU_CMD, command);
    TAP_CHECK(rd(r, GPU_STATUS) & 1);
    TAP_CHECK(!(rd(r, GPU_RAWSTAT) & IRQ_RESET_DONE)); /* takes time */
    step(r, MS);
    TAP_CHECK(qtest_irq_level(r->q, LINE_GPU)); /* the mask is kept */
    TAP_CHECK_EQ(rd(r, GPU_RAWSTAT), IRQ_RESET_DONE);
    TAP_CHECK_EQ(rd(r, L2_READY), 0);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), 0);
    TAP_CHECK_EQ(rd(r, MCU_CONTROL), 0);
    TAP_CHECK_EQ(rd64(r, AS_REG(0, AS_TRANSTAB)), 0);
    TAP_CHECK_EQ(rd64(r, AS_REG(0, AS_TRANSCFG)), 0);
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT), 0);
    TAP_CHECK_EQ(rd(r, JOB_MASK), 0);
    TAP_CHECK_EQ(rd(r, MMU_MASK), 0);
    TAP_CHECK_EQ(rd(r, GPU_ID), 0xa8670005);
    wr(r, GPU_CLEAR, IRQ_RESET_DONE);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_GPU));
    /* as after power-on: it can be brought up again */
    TAP_CHECK(power_l2(r));
    as_enable(r, 0, r->fw_root);
    TAP_CHECK(boot(r));
    rig_free(r);
}

static void soft_reset(void)
{
    reset_with(CMD_SOFT_RESET);
}

static void hard_reset(void)
{
    reset_with(CMD_HARD_RESET);
}

static void cache_flush(void)
{
    struct rig *r = rig_new("");
    uint32_t id;

    TAP_REQUIRE(power_l2(r));
    id = rd(r, LATEST_FLUSH_ID);
    wr(r, GPU_MASK, IRQ_FLUSH_DONE);
    wr(r, GPU_CMD, CMD_FLUSH);
    step(r, MS);
    TAP_CHECK(qtest_irq_level(r->q, LINE_GPU));
    TAP_CHECK_EQ(rd(r, LATEST_FLUSH_ID), id + 1);
    wr(r, GPU_CLEAR, IRQ_FLUSH_DONE);
    wr(r, GPU_CMD, CMD_SOFT_RESET);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, LATEST_FLUSH_ID), id + 1); /* user space compares it: it never goes back */
    rig_free(r);
}

static void bad_commands(void)
{
    struct rig *r = rig_new("");

    wr(r, GPU_CMD, 0xff);
    TAP_CHECK(qtest_stderr_has(r->q, "type 255 does not exist"));
    wr(r, GPU_CMD, 0x701);
    TAP_CHECK(qtest_stderr_has(r->q, "GPU_CMD reset: kind 7"));
    wr(r, GPU_CMD, 5);
    TAP_CHECK(qtest_stderr_has(r->q, "protected mode is not modelled"));
    TAP_CHECK_EQ(rd(r, GPU_STATUS) & 1u << 7, 0);
    wr(r, GPU_CMD, CMD_SOFT_RESET);
    wr(r, GPU_CMD, CMD_FLUSH);
    TAP_CHECK(qtest_stderr_has(r->q, "during a reset: ignored"));
    step(r, MS);
    TAP_CHECK_EQ(rd(r, GPU_RAWSTAT), IRQ_RESET_DONE);
    rig_free(r);
}

static void stopped_cycle_counter(void)
{
    struct rig *r = rig_new("");
    uint64_t at;

    TAP_REQUIRE(power_l2(r));
    wr(r, GPU_CMD, 0x003);
    at = rd64(r, CYCLE_COUNT);
    step(r, MS);
    TAP_CHECK_EQ(rd64(r, CYCLE_COUNT), at);
    wr(r, GPU_CMD, 0x103);
    step(r, MS);
    TAP_CHECK_EQ(rd64(r, CYCLE_COUNT) - at, 1000000);
    rig_free(r);
}

TAP_MAIN({"l2-on-off", l2_on_off}, {"power-interrupt-by-timer", power_interrupt_by_timer},
         {"cores-need-the-l2", cores_need_the_l2}, {"every-domain-interrupts", every_domain_interrupts},
         {"l2-takes-cores-along", l2_takes_cores_along},
         {"absent-cores", absent_cores}, {"soft-reset", soft_reset}, {"hard-reset", hard_reset},
         {"cache-flush", cache_flush}, {"bad-commands", bad_commands},
         {"stopped-cycle-counter", stopped_cycle_counter})
