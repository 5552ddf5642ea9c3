/*
 * Fault injection through QEMU: rules by -device and qom-set, errors with name, value and limit,
 * log and catalogue by qom-get, clock and regulator, and the same log for the same scenario, byte
 * for byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

#include <stdlib.h>

#define DEVICE     "/machine/peripheral/gpu"
#define SYS_LED    0x008
#define CFGDATA    0x0a0
#define CFGCTRL    0x0a4
#define CFGSTAT    0x0a8
#define OSC_WRITE  (1u << 31 | 1u << 30 | 1u << 20)
#define OSC_READ   (1u << 31 | 1u << 20)
#define DONE_ERROR 3u

static const char *get(struct rig *r, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text),
             "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"" DEVICE
             "\", \"property\": \"%s\"}}",
             name);
    return qtest_qmp(r->q, text);
}

/* "" when it was taken, else QEMU's words. */
static const char *set(struct rig *r, const char *rule)
{
    char text[400];
    const char *reply;

    snprintf(text, sizeof(text),
             "{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"" DEVICE "\", "
             "\"property\": \"inject\", \"value\": \"%s\"}}",
             rule);
    reply = qtest_qmp(r->q, text);
    return strstr(reply, "\"error\"") ? reply : "";
}

static void rules(void)
{
    struct rig *r = rig_new("inject=ping-lost;irq-late:delay=3ms");

    TAP_CHECK(strstr(get(r, "inject"), "1 ping-lost:bits=0x100"));
    TAP_CHECK(strstr(get(r, "inject"), "2 irq-late:delay=3000000"));
    TAP_CHECK_STR(set(r, "mmu-translation:va=0x1000-0x1fff:nth=7"), "");
    TAP_CHECK(strstr(get(r, "inject"), "3 mmu-translation:va=0x1000-0x1fff:level=3:nth=7"));
    TAP_CHECK_STR(set(r, "remove 2"), "");
    TAP_CHECK(!strstr(get(r, "inject"), "irq-late"));
    TAP_CHECK(strstr(set(r, "remove 2"), "remove 2: no rule has this number"));
    TAP_CHECK_STR(set(r, "clear"), "");
    TAP_CHECK(strstr(get(r, "inject"), "\"return\": \"\""));
    TAP_CHECK(strstr(get(r, "inject-catalogue"), "cs-fault-kaboom"));
    rig_free(r);
}

static void errors(void)
{
    struct rig *r = rig_new("");
    char text[2048];

    TAP_CHECK(strstr(set(r, "irq-storm:irq=7"), "irq=7: allowed are 0 to 2"));
    TAP_CHECK(strstr(set(r, "oops"), "no fault is called"));
    TAP_CHECK(strstr(set(r, "ping-lost:va=3"), "va: not known at"));
    rig_free(r);
    TAP_CHECK_EQ(qtest_run("inject=ping-lost:often", "-S", text, sizeof(text)), 1);
    TAP_CHECK(strstr(text, "inject: ping-lost:often: \\\"often\\\"") ||
              strstr(text, "inject: ping-lost:often: \"often\""));
}

static uint32_t transfer(struct rig *r, uint32_t ctrl, uint32_t *data)
{
    qtest_write(r->q, PLATFORM_PAGE + CFGDATA, *data, 4);
    qtest_write(r->q, PLATFORM_PAGE + CFGSTAT, 0, 4);
    qtest_write(r->q, PLATFORM_PAGE + CFGCTRL, ctrl, 4);
    *data = (uint32_t)qtest_read(r->q, PLATFORM_PAGE + CFGDATA, 4);
    return (uint32_t)qtest_read(r->q, PLATFORM_PAGE + CFGSTAT, 4);
}

static void platform(void)
{
    struct rig *r = rig_new("inject=clock-error;clock-unreadable;regulator-ignored");
    uint32_t hz = 300000000;

    TAP_CHECK_EQ(transfer(r, OSC_WRITE, &hz), DONE_ERROR);
    TAP_CHECK_EQ(qtest_property(r->q, "core-clock"), 1000000000);
    TAP_CHECK_EQ(transfer(r, OSC_READ, &hz), DONE_ERROR);
    qtest_write(r->q, PLATFORM_PAGE + SYS_LED, 2, 4);
    TAP_CHECK_EQ(qtest_property(r->q, "core-voltage"), 850000);
    TAP_CHECK_EQ(transfer(r, OSC_WRITE, &hz), 1);
    qtest_write(r->q, PLATFORM_PAGE + SYS_LED, 2, 4);
    TAP_CHECK_EQ(qtest_property(r->q, "core-voltage"), 725000);
    TAP_CHECK_STR(set(r, "clock-ignored"), "");
    hz = 400000000;
    TAP_CHECK_EQ(transfer(r, OSC_WRITE, &hz), 1); /* no error, and yet */
    TAP_CHECK_EQ(qtest_property(r->q, "core-clock"), 300000000);
    rig_free(r);
}

static void lines(void)
{
    struct rig *r = rig_new("");

    TAP_CHECK_STR(set(r, "irq-stuck:irq=1"), "");
    step(r, MS);
    TAP_CHECK(qtest_irq_level(r->q, LINE_MMU));
    TAP_CHECK_EQ(rd(r, MMU_STAT), 0);
    TAP_CHECK_STR(set(r, "clear"), "");
    step(r, MS);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_MMU));
    rig_free(r);
}

static void gone_and_back(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    TAP_CHECK_STR(set(r, "gone:after=5ms"), "");
    step(r, MS);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), 1);
    step(r, 5 * MS);
    TAP_CHECK_EQ(rd(r, GPU_ID), 0xffffffff);
    TAP_CHECK_EQ(rd64(r, SHADER_PRESENT), UINT64_MAX);
    wr(r, GPU_CMD, 0x101);
    TAP_CHECK_STR(set(r, "clear"), "");
    TAP_CHECK_EQ(rd(r, GPU_ID), 0xa8670005);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), 0);
    rig_free(r);
}

/* A scenario of several faults, by numbers, times and chance; its log, to be freed. */
static char *scenario(void)
{
    struct rig *r =
        rig_up("inject=irq-lost:prob=0.3:seed=3:always;flip-result:prob=0.4:seed=9:always;"
               "cs-slow:delay=1ms:nth=20;mcu-hang:at=900ms");
    char *log;

    if (!r)
        return NULL;
    vm_new(r, 1);
    TAP_CHECK(group_start(r, 0, 1, 1));
    for (unsigned i = 0; i < 30; i++) {
        const uint64_t job[] = {cs_mov48(68, DATA_VA), cs_mov32(70, i), cs_store32(70, 68),
                                cs_wait(0xff)};

        submit(r, 0, 0, job, 4);
        step(r, MS);
        wr(r, JOB_CLEAR, ~0u);
    }
    log = strdup(get(r, "inject-log"));
    rig_free(r);
    return log;
}

static void same_log(void)
{
    char *a = scenario(), *b = scenario();

    TAP_REQUIRE(a && b);
    TAP_CHECK(strstr(a, "flip-result") && strstr(a, "cs-slow") && strstr(a, "irq-lost"));
    TAP_CHECK_STR(a, b);
    free(a);
    free(b);
}

TAP_MAIN({"rules", rules}, {"errors", errors}, {"platform", platform}, {"lines", lines},
         {"gone-and-back", gone_and_back}, {"same-log", same_log})
