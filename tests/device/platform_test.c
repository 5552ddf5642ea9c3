/*
 * Clock and voltage: the page that the kernel's vexpress-sysreg, clk-vexpress-osc and gpio-regulator drive.
 *
 * Offsets from drivers/bus/vexpress-config.c and drivers/mfd/vexpress-sysreg.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

enum { SYS_LED = 0x08, SYS_CFGDATA = 0xa0, SYS_CFGCTRL = 0xa4, SYS_CFGSTAT = 0xa8 };
#define START   (1u << 31)
#define WRITE   (1u << 30)
#define OSC     (1u << 20)
#define DONE    1u
#define ERROR   2u

static uint32_t page_rd(struct rig *r, uint32_t off)
{
    return (uint32_t)qtest_read(r->q, PLATFORM_PAGE + off, 4);
}

static void page_wr(struct rig *r, uint32_t off, uint32_t val)
{
    qtest_write(r->q, PLATFORM_PAGE + off, val, 4);
}

/* As vexpress_syscfg_exec(): the status after the transfer. */
static uint32_t transfer(struct rig *r, uint32_t command, uint32_t *data)
{
    page_wr(r, SYS_CFGSTAT, 0);
    if (command & WRITE)
        page_wr(r, SYS_CFGDATA, *data);
    page_wr(r, SYS_CFGCTRL, START | command);
    *data = page_rd(r, SYS_CFGDATA);
    return page_rd(r, SYS_CFGSTAT);
}

static void clock_changes(void)
{
    struct rig *r = rig_new("");
    uint32_t hz = 0;
    uint64_t at;

    TAP_CHECK_EQ(transfer(r, OSC, &hz), DONE);
    TAP_CHECK_EQ(hz, 1000000000);
    TAP_REQUIRE(power_l2(r));
    hz = 300000000;
    TAP_CHECK_EQ(transfer(r, OSC | WRITE, &hz), DONE);
    hz = 0;
    TAP_CHECK_EQ(transfer(r, OSC, &hz), DONE);
    TAP_CHECK_EQ(hz, 300000000);
    TAP_CHECK_EQ(qtest_property(r->q, "core-clock"), 300000000);
    at = rd64(r, CYCLE_COUNT);
    step(r, 10 * MS);
    TAP_CHECK_EQ(rd64(r, CYCLE_COUNT) - at, 3000000); /* the GPU runs at it */
    rig_free(r);
}

static void clock_limits(void)
{
    static const uint32_t bad[] = { 0, 99999999, 1000000001, ~0u };
    struct rig *r = rig_new("");

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t hz = bad[i];

        TAP_CHECK_EQ(transfer(r, OSC | WRITE, &hz), DONE | ERROR);
        TAP_CHECK_EQ(qtest_property(r->q, "core-clock"), 1000000000);
    }
    TAP_CHECK(qtest_stderr_has(r->q, "allowed are 100000000 to 1000000000"));
    rig_free(r);
}

static void other_functions(void)
{
    struct rig *r = rig_new("");
    uint32_t data = 0;

    TAP_CHECK_EQ(transfer(r, OSC | 1, &data), DONE | ERROR);
    TAP_CHECK_EQ(transfer(r, 2u << 20, &data), DONE | ERROR);
    TAP_CHECK(qtest_stderr_has(r->q, "only oscillator 0 exists"));
    rig_free(r);
}

static void voltage_changes(void)
{
    struct rig *r = rig_new("");

    TAP_CHECK_EQ(page_rd(r, SYS_LED) & 7, 7);
    for (unsigned i = 0; i < 8; i++) {
        page_wr(r, SYS_LED, i);
        TAP_CHECK_EQ(page_rd(r, SYS_LED), i);
        TAP_CHECK_EQ(qtest_property(r->q, "core-voltage"), 675000 + 25000 * i);
    }
    rig_free(r);
}

static void system_reset(void)
{
    struct rig *r = rig_new("clock=700000000");
    uint32_t hz = 300000000;

    TAP_CHECK_EQ(transfer(r, OSC | WRITE, &hz), DONE);
    page_wr(r, SYS_LED, 0);
    qtest_qmp(r->q, "{\"execute\": \"system_reset\"}");
    for (unsigned i = 0; i < 1000 && page_rd(r, SYS_LED) != 7; i++)
        step(r, 1000);
    TAP_CHECK_EQ(qtest_property(r->q, "core-clock"), 700000000);
    TAP_CHECK_EQ(qtest_property(r->q, "core-voltage"), 850000);
    rig_free(r);
}

TAP_MAIN({"clock-changes", clock_changes}, {"clock-limits", clock_limits},
         {"other-functions", other_functions}, {"voltage-changes", voltage_changes},
         {"system-reset", system_reset})
