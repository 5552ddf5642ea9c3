/*
 * VMState: a QEMU is saved in the middle of a job and another one goes on with it; foreign and damaged
 * states are refused.
 *
 * Migration to a file, which is what savevm does for the device, without a disk.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <unistd.h>

#include "rig.h"
#include "tap.h"

#define AS    1u
#define COUNT 3000000u

static char path[64];

/* Starts counting to COUNT, the result goes to DATA_VA; returns early in it. */
static struct rig *counting(const char *properties)
{
    struct rig *r = rig_up(properties);
    const uint64_t job[] = {
        cs_mov48(68, DATA_VA), cs_mov32(70, 0), cs_mov32(71, COUNT), cs_add32(70, 70, 1), cs_add32(71, 71, -1),
        cs_branch(CS_GT, 71, -3), cs_store32(70, 68), cs_wait(0xff),
    };

    if (!TAP_CHECK(r))
        return NULL;
    vm_new(r, AS);
    TAP_CHECK(group_start(r, 0, AS, 1));
    submit_call(r, 0, 0, put_stream(r, AS, job, 8), 8);
    TAP_CHECK_EQ(data32(r, AS, 0), 0);
    return r;
}

static void save(struct rig *r)
{
    char text[160];

    snprintf(path, sizeof(path), "/tmp/garm-snapshot-%d", (int)getpid());
    snprintf(text, sizeof(text), "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"file:%s\"}}", path);
    qtest_qmp(r->q, text);
    TAP_CHECK(qtest_wait_status(r->q, "postmigrate"));
}

/* A QEMU with the saved state, at the same virtual time; NULL when it refused. */
static struct rig *load(const struct rig *from, const char *properties)
{
    struct rig *r = rig_new_raw(properties, "-incoming defer");
    struct qtest *q = r->q;
    uint64_t now = qtest_clock(from->q);
    char text[160];

    *r = *from;
    r->q = q;
    if (now)
        qtest_clock_step(q, now);
    snprintf(text, sizeof(text),
             "{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"file:%s\", \"exit-on-error\": false}}",
             path);
    qtest_qmp(q, text);
    bool failed = false;
    for (unsigned i = 0; i < 1000 && !failed; i++) {
        if (strstr(qtest_qmp(q, "{\"execute\": \"query-status\"}"), "\"running\": true"))
            break;
        failed = strstr(qtest_qmp(q, "{\"execute\": \"query-migrate\"}"), "failed") != NULL;
        usleep(10000);
    }
    unlink(path);
    if (!failed)
        return r;
    TAP_CHECK(qtest_stderr_has(q, "snapshot refused"));
    rig_free(r);
    return NULL;
}

static void mid_job(void)
{
    struct rig *r = counting(""), *s;

    TAP_REQUIRE(r);
    save(r);
    s = load(r, "deterministic=on");
    rig_free(r);
    TAP_REQUIRE(s);
    TAP_CHECK_EQ(rd(s, MCU_STATUS), 1);
    TAP_CHECK_EQ(rd(s, L2_READY), 1);
    TAP_CHECK_EQ(data32(s, AS, 0), 0);
    for (unsigned i = 0; i < 200 && !data32(s, AS, 0); i++)
        step(s, 10 * MS);
    TAP_CHECK_EQ(data32(s, AS, 0), COUNT);
    TAP_CHECK(glb_request(s, GLB_PING));
    rig_free(s);
}

/* The thread of one goes on with what the other did in one order. */
static void into_the_gpu_thread(void)
{
    struct rig *r = counting(""), *s;

    TAP_REQUIRE(r);
    save(r);
    s = load(r, "");
    rig_free(r);
    TAP_REQUIRE(s);
    for (unsigned i = 0; i < 5000 && !data32(s, AS, 0); i++) {
        step(s, 10000);
        usleep(1000);
    }
    TAP_CHECK_EQ(data32(s, AS, 0), COUNT);
    rig_free(s);
}

static void lines_clock_and_voltage(void)
{
    struct rig *r = rig_new(""), *s;

    wr(r, JOB_MASK, 4);
    wr(r, JOB_RAWSTAT, 4);
    wr(r, MMU_MASK, 2);
    wr(r, GPU_RAWSTAT, 1);
    qtest_write(r->q, PLATFORM_PAGE + 0x08, 2, 4);
    qtest_write(r->q, PLATFORM_PAGE + 0xa0, 400000000, 4);
    qtest_write(r->q, PLATFORM_PAGE + 0xa4, 1u << 31 | 1u << 30 | 1u << 20, 4);
    step(r, 12345);
    uint64_t cycles = rd64(r, CYCLE_COUNT);
    save(r);
    s = load(r, "deterministic=on");
    rig_free(r);
    TAP_REQUIRE(s);
    TAP_CHECK(qtest_irq_level(s->q, LINE_JOB));
    TAP_CHECK(!qtest_irq_level(s->q, LINE_MMU));
    TAP_CHECK(!qtest_irq_level(s->q, LINE_GPU));
    TAP_CHECK_EQ(qtest_property(s->q, "core-clock"), 400000000);
    TAP_CHECK_EQ(qtest_property(s->q, "core-voltage"), 725000);
    TAP_CHECK_EQ(rd64(s, CYCLE_COUNT), cycles);
    wr(s, JOB_CLEAR, 4);
    TAP_CHECK(!qtest_irq_level(s->q, LINE_JOB));
    rig_free(s);
}

/* Timers that ran before run after: a power transition, saved half way. */
static void power_transition(void)
{
    struct rig *r = rig_new(""), *s;

    wr(r, GPU_MASK, IRQ_POWER_ALL);
    wr(r, L2_PWRON, 1);
    step(r, 1000);
    TAP_CHECK_EQ(rd(r, L2_PWRTRANS), 1);
    save(r);
    s = load(r, "deterministic=on");
    rig_free(r);
    TAP_REQUIRE(s);
    TAP_CHECK_EQ(rd(s, L2_PWRTRANS), 1);
    TAP_CHECK(!qtest_irq_level(s->q, LINE_GPU));
    step(s, MS);
    TAP_CHECK(qtest_irq_level(s->q, LINE_GPU));
    TAP_CHECK_EQ(rd(s, L2_READY), 1);
    rig_free(s);
}

/* The image of another GPU: named in the log, and QEMU does not run with it. */
static void other_configuration(void)
{
    struct rig *r = counting(""), *s;

    TAP_REQUIRE(r);
    save(r);
    s = load(r, "deterministic=on,cores=2");
    rig_free(r);
    if (!TAP_CHECK(!s))
        rig_free(s);
}

TAP_MAIN({"mid-job", mid_job}, {"into-the-gpu-thread", into_the_gpu_thread},
         {"lines-clock-and-voltage", lines_clock_and_voltage}, {"power-transition", power_transition},
         {"other-configuration", other_configuration})
