/*
 * What the device writes: report and timeline are whole when QEMU ends, whatever the GPU is doing; log
 * levels; QEMU's trace points.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <unistd.h>

#include "rig.h"
#include "tap.h"

static char path[64];

static const char *in_tmp(const char *name)
{
    snprintf(path, sizeof(path), "/tmp/garm-%s-%d", name, (int)getpid());
    return path;
}

/* The whole file, NUL-terminated, and removes it. */
static const char *take(void)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "r");

    text[0] = 0;
    if (f) {
        text[fread(text, 1, sizeof(text) - 1, f)] = 0;
        fclose(f);
        unlink(path);
    }
    return text;
}

static void spin(struct rig *r)
{
    const uint64_t loop[] = { cs_add32(70, 70, 1), cs_branch(CS_ALWAYS, 70, -2) };

    vm_new(r, 1);
    group_start(r, 0, 1, 1);
    submit_call(r, 0, 0, put_stream(r, 1, loop, 2), 2);
}

static void report_at_exit(void)
{
    char properties[128];
    struct rig *r;

    snprintf(properties, sizeof(properties), "report=%s", in_tmp("report"));
    r = rig_up(properties);
    TAP_REQUIRE(r);
    spin(r);
    rig_free(r);
    const char *text = take();
    TAP_CHECK(strstr(text, "GPU_ID") || strstr(text, "L2_PWRON"));
    TAP_CHECK(strstr(text, "MCU_BOOT"));
    TAP_CHECK(strstr(text, "BRANCH"));
}

static void timeline_at_exit(void)
{
    char properties[128];
    struct rig *r;

    snprintf(properties, sizeof(properties), "trace=%s", in_tmp("timeline"));
    r = rig_up(properties);
    TAP_REQUIRE(r);
    spin(r);
    rig_free(r);
    const char *text = take();
    size_t len = strlen(text);
    TAP_CHECK(len > 100 && (text[0] == '{' || text[0] == '['));
    while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    TAP_CHECK(len && (text[len - 1] == '}' || text[len - 1] == ']')); /* JSON to the end */
}

/* QEMU is told to quit while the GPU thread is in the middle of a stream. */
static void exit_while_running(void)
{
    struct rig *r = rig_new_raw("", NULL);

    TAP_REQUIRE(power_l2(r));
    load_firmware(r);
    wr(r, MCU_CONTROL, 2);
    for (unsigned i = 0; i < 5000 && rd(r, MCU_STATUS) != 1; i++)
        step(r, 1000);
    read_layout(r);
    spin(r);
    usleep(20000);
    rig_free(r); /* checks QEMU's exit status */
}

static void log_levels(void)
{
    struct rig *r = rig_new("log=off");

    rd(r, 0x38);
    TAP_CHECK(!qtest_stderr_has(r->q, "mali: register 0x00038"));
    rig_free(r);
    r = rig_new("");
    rd(r, 0x38);
    TAP_CHECK(qtest_stderr_has(r->q, "mali: register 0x00038"));
    rig_free(r);
}

static void trace_points(void)
{
    struct rig *r = rig_new_raw("deterministic=on", "-trace mali_*");

    TAP_REQUIRE(power_l2(r));
    load_firmware(r);
    TAP_CHECK(boot(r));
    TAP_CHECK(qtest_stderr_has(r->q, "mali_reg_write L2_PWRON"));
    TAP_CHECK(qtest_stderr_has(r->q, "mali_power L2 on=1"));
    TAP_CHECK(qtest_stderr_has(r->q, "mali_irq_level job level=1"));
    TAP_CHECK(qtest_stderr_has(r->q, "mali_mcu_state enabled"));
    rig_free(r);
}

/* The MMU is among what report and trace points tell of. */
static void mmu_is_told_of(void)
{
    char properties[128];
    struct rig *r;

    snprintf(properties, sizeof(properties), "deterministic=on,report=%s", in_tmp("report"));
    r = rig_new_raw(properties, "-trace mali_mmu_*");
    TAP_REQUIRE(power_l2(r));
    load_firmware(r);
    TAP_CHECK(boot(r));
    TAP_CHECK(qtest_stderr_has(r->q, "mali_mmu_command UPDATE as=0"));
    rig_free(r);
    TAP_CHECK(strstr(take(), "AARCH64_4K"));
}

TAP_MAIN({"report-at-exit", report_at_exit}, {"timeline-at-exit", timeline_at_exit},
         {"exit-while-running", exit_while_running}, {"log-levels", log_levels},
         {"trace-points", trace_points}, {"mmu-is-told-of", mmu_is_told_of})
