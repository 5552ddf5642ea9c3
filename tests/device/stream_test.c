/*
 * Group and stream requests and events: start, suspend, resume, terminate, configuration, status; stop,
 * extract event, fault, fatal, protected region; idle, sync update, progress timer.
 *
 * Tiler out-of-memory needs a tiler: tests/unit/csf_job_test.c until the pipeline has one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

#define AS 1u

static struct rig *bench(unsigned queues)
{
    struct rig *r = rig_up("");

    if (!TAP_CHECK(r))
        return NULL;
    vm_new(r, AS);
    TAP_CHECK(group_start(r, 0, AS, queues));
    wr(r, JOB_CLEAR, ~0u);
    return r;
}

static void store(struct rig *r, unsigned g, unsigned i, uint32_t off, uint32_t val)
{
    const uint64_t job[] = { cs_mov48(68, DATA_VA + off), cs_mov32(70, val), cs_store32(70, 68), cs_wait(0xff) };

    submit(r, g, i, job, 4);
    step(r, 50000);
}

/* r70 counts to @n, then is stored at DATA_VA. */
static void count_to(struct rig *r, unsigned g, uint32_t n)
{
    const uint64_t job[] = {
        cs_mov48(68, DATA_VA), cs_mov32(70, 0), cs_mov32(71, n), cs_add32(70, 70, 1), cs_add32(71, 71, -1),
        cs_branch(CS_GT, 71, -3), cs_store32(70, 68), cs_wait(0xff),
    };

    submit_call(r, g, 0, put_stream(r, AS, job, 8), 8);
}

static void spin(struct rig *r, unsigned g)
{
    const uint64_t job[] = { cs_add32(70, 70, 1), cs_branch(CS_ALWAYS, 70, -2) };

    submit_call(r, g, 0, put_stream(r, AS, job, 2), 2);
}

/* --- group requests ------------------------------------------------------------------- */
static void start_and_terminate(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    store(r, 0, 0, 0, 1);
    TAP_CHECK_EQ(data32(r, AS, 0), 1);
    wr(r, JOB_CLEAR, ~0u);
    TAP_CHECK(csg_state(r, 0, CSG_TERMINATE));
    TAP_CHECK(rd(r, JOB_RAWSTAT) & 1); /* acknowledgement interrupt of slot 0 */
    store(r, 0, 0, 0, 2);
    TAP_CHECK_EQ(data32(r, AS, 0), 1); /* nobody runs it */
    TAP_CHECK(group_start(r, 0, AS, 1));
    step(r, MS);
    TAP_CHECK_EQ(data32(r, AS, 0), 2); /* what is in the ring is run by the new group */
    rig_free(r);
}

static void suspend_and_resume(void)
{
    struct rig *r = bench(1);
    uint32_t at;

    TAP_REQUIRE(r);
    count_to(r, 0, 3000000);
    TAP_CHECK(csg_state(r, 0, CSG_SUSPEND));
    at = fw(r, cs_out(r, 0, 0) + 0x40);
    TAP_CHECK(at >= STREAM_VA && at < STREAM_VA + 64); /* in the middle */
    step(r, 1000 * MS);
    TAP_CHECK_EQ(data32(r, AS, 0), 0);
    group_prog(r, 0, AS, 1);
    TAP_CHECK(csg_state(r, 0, CSG_RESUME));
    step(r, 1000 * MS);
    TAP_CHECK_EQ(data32(r, AS, 0), 3000000);
    rig_free(r);
}

/* The image belongs to the group: another slot may take it up while the first runs something else. */
static void resume_in_another_slot(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    count_to(r, 0, 2000000);
    TAP_REQUIRE(csg_state(r, 0, CSG_SUSPEND));
    group_prog(r, 1, AS, 1);
    /* slot 1 gets the group's own buffer, ring and ring interface */
    set_fw64(r, csg_in(r, 1) + 0x40, SUSPEND_VA);
    set_fw64(r, cs_in(r, 1, 0) + 0x10, RING_VA);
    set_fw64(r, cs_in(r, 1, 0) + 0x30, USERIO_VA);
    set_fw64(r, cs_in(r, 1, 0) + 0x38, USERIO_VA + 0x1000);
    TAP_CHECK(csg_state(r, 1, CSG_RESUME));
    step(r, 1000 * MS);
    TAP_CHECK_EQ(data32(r, AS, 0), 2000000);
    rig_free(r);
}

/* A damaged image crashes the firmware, as the driver's time-outs then find. */
static void damaged_image(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    TAP_REQUIRE(csg_state(r, 0, CSG_SUSPEND));
    set32(r, r->suspend[0] + 64, mem32(r, r->suspend[0] + 64) ^ 0x100);
    group_prog(r, 0, AS, 1);
    TAP_CHECK(!csg_state(r, 0, CSG_RESUME));
    TAP_CHECK_EQ(rd(r, MCU_STATUS), 3);
    rig_free(r);
}

static void configuration_and_status(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    set_fw(r, csg_in(r, 0) + 0x34, 2 | 2 << 8 | 1 << 16 | 3u << 28);
    TAP_CHECK(csg_request(r, 0, 1u << 4));
    TAP_CHECK(rd(r, JOB_RAWSTAT) & 1);
    wr(r, JOB_CLEAR, ~0u);
    TAP_CHECK(csg_request(r, 0, 1u << 5));
    TAP_CHECK(rd(r, JOB_RAWSTAT) & 1);
    TAP_CHECK_EQ(fw(r, csg_out(r, 0) + 0x10) & 0xffff, 2 | 2 << 8);
    TAP_CHECK_EQ(fw(r, csg_out(r, 0) + 0x18) & 1, 1); /* idle */
    spin(r, 0);
    TAP_CHECK(csg_request(r, 0, 1u << 5));
    TAP_CHECK_EQ(fw(r, csg_out(r, 0) + 0x18) & 1, 0); /* not idle */
    rig_free(r);
}

static void blocked_stream_says_why(void)
{
    struct rig *r = bench(1);
    const uint64_t job[] = { cs_mov48(80, DATA_VA + 32), cs_mov48(82, 5), cs_sync_wait64(80, 82, CS_GT) };
    uint32_t out;

    TAP_REQUIRE(r);
    submit(r, 0, 0, job, 3);
    step(r, 100000);
    TAP_CHECK(csg_request(r, 0, 1u << 5));
    out = cs_out(r, 0, 0);
    TAP_CHECK_EQ(fw(r, out + 0x60) & 0xf, 3); /* blocked by a sync wait */
    TAP_CHECK_EQ(fw(r, out + 0x50), DATA_VA + 32);
    TAP_CHECK_EQ(fw(r, out + 0x58), 5);
    TAP_CHECK_EQ(fw(r, out + 0x48) >> 24 & 0xcf, 0xc1); /* sync wait, 64 bit, greater than */
    TAP_CHECK_EQ(fw(r, csg_out(r, 0) + 0x18) & 1, 1);   /* which is idle, as asked for */
    /* the host signals and rings */
    set64(r, r->data[AS] + 32, 6);
    wr(r, DOORBELL(1), 1);
    step(r, 100000);
    TAP_CHECK_EQ(extract(r, 0, 0), 64);
    rig_free(r);
}

static void endless_loops_do_not_block(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    spin(r, 0);
    TAP_REQUIRE(group_start(r, 1, AS, 1));
    store(r, 1, 0, 8, 77);
    TAP_CHECK_EQ(data32(r, AS, 8), 77);
    TAP_CHECK(glb_request(r, GLB_PING));
    TAP_CHECK(csg_state(r, 0, CSG_SUSPEND));
    group_prog(r, 0, AS, 1);
    TAP_CHECK(csg_state(r, 0, CSG_RESUME));
    TAP_CHECK(csg_state(r, 0, CSG_TERMINATE));
    rig_free(r);
}

/* --- group events ------------------------------------------------------------------------- */
static void sync_update_event(void)
{
    struct rig *r = bench(1);
    const uint64_t job[] = { cs_mov48(92, DATA_VA + 64), cs_mov48(94, 1), cs_sync_add64(92, 94) };

    TAP_REQUIRE(r);
    submit(r, 0, 0, job, 3);
    step(r, 100000);
    TAP_CHECK_EQ(mem64(r, r->data[AS] + 64), 1);
    TAP_CHECK(csg_events(r, 0) & CSG_SYNC_UPDATE);
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT) & 1, 1);
    csg_ack(r, 0, CSG_SYNC_UPDATE);
    TAP_CHECK(!(csg_events(r, 0) & CSG_SYNC_UPDATE));
    wr(r, JOB_CLEAR, ~0u);
    submit(r, 0, 0, job, 3);
    step(r, 100000);
    TAP_CHECK(csg_events(r, 0) & CSG_SYNC_UPDATE); /* again */
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT) & 1, 1);
    rig_free(r);
}

static void idle_event(void)
{
    struct rig *r = bench(2);

    TAP_REQUIRE(r);
    store(r, 0, 1, 0, 1);
    TAP_CHECK(!(csg_events(r, 0) & CSG_IDLE)); /* the timer's hysteresis: 50 * 1024 ticks, 0.8 ms */
    step(r, 2 * MS);
    TAP_CHECK(csg_events(r, 0) & CSG_IDLE);
    csg_ack(r, 0, CSG_IDLE);
    spin(r, 0);
    step(r, 50 * MS);
    TAP_CHECK(!(csg_events(r, 0) & CSG_IDLE));
    rig_free(r);
}

static void progress_timer_event(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    set_fw(r, glb_in(r) + 0x10, 1000); /* a million cycles: 1 ms */
    TAP_REQUIRE(glb_request(r, 1u << 1));
    spin(r, 0);
    step(r, 100000);
    TAP_CHECK(!(csg_events(r, 0) & CSG_PROGRESS));
    step(r, 10 * MS);
    TAP_CHECK(csg_events(r, 0) & CSG_PROGRESS);
    rig_free(r);
}

/* --- streams --------------------------------------------------------------------------------- */
static void stop_and_start_a_stream(void)
{
    struct rig *r = bench(2);
    uint32_t in;

    TAP_REQUIRE(r);
    in = cs_in(r, 0, 0);
    set_fw(r, in, fw(r, in) & ~7u);
    ring_cs(r, 0, 0);
    TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0)) & 7, 0);
    store(r, 0, 0, 0, 1);
    TAP_CHECK_EQ(data32(r, AS, 0), 0);
    store(r, 0, 1, 4, 2);
    TAP_CHECK_EQ(data32(r, AS, 4), 2); /* the other one goes on */
    set_fw(r, in, (fw(r, in) & ~7u) | 1);
    ring_cs(r, 0, 0);
    TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0)) & 7, 1);
    step(r, 100000);
    TAP_CHECK_EQ(data32(r, AS, 0), 1);
    rig_free(r);
}

static void extract_event(void)
{
    struct rig *r = bench(1);
    uint32_t in, out;

    TAP_REQUIRE(r);
    in = cs_in(r, 0, 0);
    out = cs_out(r, 0, 0);
    set_fw(r, in, fw(r, in) ^ 1u << 4);
    store(r, 0, 0, 0, 1);
    TAP_CHECK_EQ((fw(r, in) ^ fw(r, out)) & 1u << 4, 0);
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT) & 1, 1);
    TAP_CHECK_EQ(extract(r, 0, 0), 64);
    rig_free(r);
}

/* Group output word cs_irq_req says which stream; the event word which event. */
static void stream_event_is(struct rig *r, unsigned i, uint32_t event)
{
    TAP_CHECK_EQ(cs_events(r, 0, i), event);
    TAP_CHECK_EQ(fw(r, csg_out(r, 0) + 0x0c) ^ fw(r, csg_in(r, 0) + 0x0c), 1u << i);
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT) & 1, 1);
    TAP_CHECK(qtest_irq_level(r->q, LINE_JOB));
}

static void ack_stream_event(struct rig *r, unsigned i, uint32_t event)
{
    uint32_t in = cs_in(r, 0, i);

    wr(r, JOB_CLEAR, ~0u);
    set_fw(r, csg_in(r, 0) + 0x0c, fw(r, csg_out(r, 0) + 0x0c));
    set_fw(r, in, (fw(r, in) & ~event) | (fw(r, cs_out(r, 0, i)) & event));
    ring_cs(r, 0, i);
}

static void fatal_event(void)
{
    struct rig *r = bench(3);

    TAP_REQUIRE(r);
    submit(r, 0, 2, (const uint64_t[]){ cs_op(0xfe, 0x1234) }, 1);
    step(r, 100000);
    stream_event_is(r, 2, CS_FATAL);
    TAP_CHECK_EQ(fw(r, cs_out(r, 0, 2) + 0x84) & 0xff, 0x49); /* invalid instruction */
    TAP_CHECK_EQ(fw(r, cs_out(r, 0, 2) + 0x90), 0x1234);
    store(r, 0, 0, 0, 5);
    TAP_CHECK_EQ(data32(r, AS, 0), 5); /* the other streams of the group go on */
    ack_stream_event(r, 2, CS_FATAL);
    TAP_CHECK_EQ(cs_events(r, 0, 2), 0);
    TAP_CHECK(csg_state(r, 0, CSG_TERMINATE));
    rig_free(r);
}

/* A recoverable fault: what the waited-for sync object carries is inherited, and the stream goes on. */
static void fault_event(void)
{
    struct rig *r = bench(1);
    const uint64_t job[] = {
        cs_mov48(80, DATA_VA + 32), cs_mov48(82, 0), cs_sync_wait64(80, 82, CS_GT), cs_op(47, 0),
    };

    TAP_REQUIRE(r);
    set64(r, r->data[AS] + 32, 1);
    set32(r, r->data[AS] + 40, 1); /* status: an error */
    submit(r, 0, 0, job, 4);
    step(r, 100000);
    stream_event_is(r, 0, CS_FAULT);
    TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0) + 0x80) & 0xff, 0x4b);
    ack_stream_event(r, 0, CS_FAULT);
    store(r, 0, 0, 0, 9);
    TAP_CHECK_EQ(data32(r, AS, 0), 9);
    rig_free(r);
}

static void protected_region_is_refused(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    submit(r, 0, 0, (const uint64_t[]){ cs_op(41, 8) }, 1);
    step(r, 100000);
    stream_event_is(r, 0, CS_PROTM);
    TAP_CHECK(qtest_stderr_has(r->q, "PROT_REGION, never granted"));
    rig_free(r);
}

/* Jobs for units that do not exist yet end with a fault that says so. */
static void jobs_say_what_is_not_modelled(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    submit(r, 0, 0, (const uint64_t[]){ cs_op(5, 0) }, 1); /* RUN_TILING */
    step(r, 100000);
    stream_event_is(r, 0, CS_FATAL);
    TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0) + 0x84) & 0xff, 0x44);
    TAP_CHECK(qtest_stderr_has(r->q, "RUN_TILING: not modelled yet"));
    rig_free(r);
}

/* --- hostile rings ------------------------------------------------------------------------------ */
static void ring_positions(void)
{
    static const uint64_t bad[] = { 4, RING_SIZE + 64, ~0ull - 63, 1ull << 63 };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rig *r = bench(1);

        TAP_REQUIRE(r);
        set64(r, r->userio[0][0], bad[i]);
        wr(r, DOORBELL(1), 1);
        step(r, 100000);
        bool ok = TAP_CHECK_EQ(cs_events(r, 0, 0), CS_FATAL);
        if (!(ok & TAP_CHECK_EQ(fw(r, cs_out(r, 0, 0) + 0x84) & 0xff, 0x40)))
            tap_note("insert 0x%llx", (unsigned long long)bad[i]);
        TAP_CHECK(glb_request(r, GLB_PING));
        rig_free(r);
    }
}

static void ring_interface_not_mapped(void)
{
    struct rig *r = bench(1);

    TAP_REQUIRE(r);
    group_prog(r, 1, AS, 1);
    set_fw64(r, cs_in(r, 1, 0) + 0x30, 0x70000000);
    csg_state(r, 1, CSG_START);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), 3); /* an access of the firmware itself: it crashes, the driver resets */
    TAP_CHECK_EQ(rd(r, MMU_RAWSTAT) & 1, 1);
    rig_free(r);
}

TAP_MAIN({"start-and-terminate", start_and_terminate}, {"suspend-and-resume", suspend_and_resume},
         {"resume-in-another-slot", resume_in_another_slot}, {"damaged-image", damaged_image},
         {"configuration-and-status", configuration_and_status},
         {"blocked-stream-says-why", blocked_stream_says_why},
         {"endless-loops-do-not-block", endless_loops_do_not_block},
         {"sync-update-event", sync_update_event}, {"idle-event", idle_event},
         {"progress-timer-event", progress_timer_event},
         {"stop-and-start-a-stream", stop_and_start_a_stream}, {"extract-event", extract_event},
         {"fatal-event", fatal_event}, {"fault-event", fault_event},
         {"protected-region-is-refused", protected_region_is_refused},
         {"jobs-say-what-is-not-modelled", jobs_say_what_is_not_modelled},
         {"ring-positions", ring_positions}, {"ring-interface-not-mapped", ring_interface_not_mapped})
