/*
 * The MOV job from nothing: power, firmware, address spaces, group, ring, and the words that panthor puts
 * into it; with the GPU's own thread and without; ring wrap-around; many groups and queues; more groups
 * than slots.
 *
 * Ring sequence: panthor 6.12 prepare_job_instrs(), driver-facts B.8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <unistd.h>

#include "rig.h"
#include "tap.h"

#define AS       1u
#define MAGIC    0xdeadbeefu
#define SYNC     0x100000u /* offset of the sync objects in the data area, 16 bytes each */
#define JOB_WORDS 16u

/* The user's stream: what the demonstration runs in a guest. */
static uint64_t mov_stream(struct rig *r, uint32_t off, uint32_t val)
{
    const uint64_t words[] = { cs_mov48(0, DATA_VA + off), cs_mov32(2, val), cs_store32(2, 0), cs_wait(0xff) };

    return put_stream(r, AS, words, 4);
}

static void panthor_call(struct rig *r, unsigned g, unsigned i, uint64_t stream, unsigned bytes, unsigned sync)
{
    const uint64_t words[JOB_WORDS] = {
        cs_mov32(94, rd(r, LATEST_FLUSH_ID)),
        cs_op(36, 94ull << 40 | 0x233),          /* FLUSH_CACHE2, signals entry 0 */
        cs_mov48(92, stream), cs_mov32(94, bytes),
        cs_wait(1), cs_call(92, 94),
        cs_mov48(92, DATA_VA + SYNC + sync * 16), cs_mov48(94, 1),
        cs_wait(0xff), cs_sync_add64(92, 94),
        cs_op(47, 0),                            /* ERROR_BARRIER */
    };

    submit(r, g, i, words, JOB_WORDS);
}

static void panthor_job(struct rig *r, unsigned g, unsigned i, uint64_t stream, unsigned sync)
{
    panthor_call(r, g, i, stream, 32, sync);
}

static uint64_t seqno(struct rig *r, unsigned sync)
{
    return mem64(r, r->data[AS] + SYNC + sync * 16);
}

static void mov_job(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    vm_new(r, AS);
    TAP_REQUIRE(group_start(r, 0, AS, 1));
    wr(r, JOB_CLEAR, ~0u);
    panthor_job(r, 0, 0, mov_stream(r, 0, MAGIC), 0);
    step(r, MS);
    TAP_CHECK_EQ(data32(r, AS, 0), MAGIC);
    TAP_CHECK_EQ(seqno(r, 0), 1);
    TAP_CHECK_EQ(mem32(r, r->data[AS] + SYNC + 8), 0); /* status: no error */
    TAP_CHECK_EQ(extract(r, 0, 0), JOB_WORDS * 8);
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT) & 1, 1);
    TAP_CHECK(csg_events(r, 0) & CSG_SYNC_UPDATE);
    TAP_CHECK_EQ(cs_events(r, 0, 0), 0);
    TAP_CHECK_EQ(rd(r, MMU_RAWSTAT) & 0xffff, 0);
    rig_free(r);
}

/* With the GPU's thread nothing is done inside register accesses: wait in real time. */
static bool wait_for(struct rig *r, uint64_t (*value)(struct rig *), uint64_t want)
{
    for (unsigned i = 0; i < 5000 && value(r) != want; i++) {
        step(r, 10000);
        usleep(1000);
    }
    return value(r) == want;
}

static uint64_t first_seqno(struct rig *r)
{
    return seqno(r, 0);
}

static uint64_t mcu_status(struct rig *r)
{
    return rd(r, MCU_STATUS);
}

static uint64_t group_ack(struct rig *r)
{
    return fw(r, csg_out(r, 0)) & 7;
}

static void mov_job_on_the_gpu_thread(void)
{
    struct rig *r = rig_new_raw("threads=1", NULL);

    TAP_REQUIRE(power_l2(r));
    load_firmware(r);
    wr(r, MCU_CONTROL, 2);
    TAP_REQUIRE(wait_for(r, mcu_status, 1));
    read_layout(r);
    vm_new(r, AS);
    group_start(r, 0, AS, 1);
    TAP_REQUIRE(wait_for(r, group_ack, CSG_START));
    for (unsigned n = 1; n <= 50; n++) {
        panthor_job(r, 0, 0, mov_stream(r, n * 4, MAGIC + n), 0);
        TAP_REQUIRE(wait_for(r, first_seqno, n));
        TAP_CHECK_EQ(data32(r, AS, n * 4), MAGIC + n);
    }
    rig_free(r);
}

static void ring_wraps(void)
{
    struct rig *r = rig_up("");
    const unsigned jobs = 3 * RING_SIZE / (JOB_WORDS * 8) + 1;

    TAP_REQUIRE(r);
    vm_new(r, AS);
    TAP_REQUIRE(group_start(r, 0, AS, 1));
    for (unsigned n = 0; n < jobs; n++) {
        panthor_job(r, 0, 0, mov_stream(r, 4 * n, n + 1), 0);
        TAP_CHECK_EQ(data32(r, AS, 4 * n), n + 1);
    }
    TAP_CHECK_EQ(seqno(r, 0), jobs);
    TAP_CHECK_EQ(extract(r, 0, 0), jobs * JOB_WORDS * 8ull);
    rig_free(r);
}

static void every_slot_and_queue(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    vm_new(r, AS);
    for (unsigned g = 0; g < MAX_SLOTS; g++)
        TAP_REQUIRE(group_start(r, g, AS, MAX_QUEUES));
    for (unsigned n = 0; n < MAX_SLOTS * MAX_QUEUES; n++)
        panthor_job(r, n / MAX_QUEUES, n % MAX_QUEUES, mov_stream(r, 4 * n, 1000 + n), n);
    step(r, MS);
    for (unsigned n = 0; n < MAX_SLOTS * MAX_QUEUES; n++) {
        TAP_CHECK_EQ(data32(r, AS, 4 * n), 1000 + n);
        TAP_CHECK_EQ(seqno(r, n), 1);
    }
    rig_free(r);
}

/* Two queues of two groups that wait for each other. */
static void groups_wait_for_each_other(void)
{
    enum { ROUNDS = 8 };
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    vm_new(r, AS);
    TAP_REQUIRE(group_start(r, 0, AS, 1));
    TAP_REQUIRE(group_start(r, 1, AS, 1));
    for (unsigned n = 0; n < ROUNDS; n++) {
        const uint64_t ping[] = { cs_mov48(80, DATA_VA), cs_mov48(82, DATA_VA + 16), cs_mov48(84, 1),
                                  cs_mov48(86, n), cs_sync_add64(80, 84), cs_sync_wait64(82, 86, CS_GT) };
        const uint64_t pong[] = { cs_mov48(80, DATA_VA), cs_mov48(82, DATA_VA + 16), cs_mov48(84, 1),
                                  cs_mov48(86, n), cs_sync_wait64(80, 86, CS_GT), cs_sync_add64(82, 84) };

        submit(r, 0, 0, ping, 6);
        submit(r, 1, 0, pong, 6);
    }
    step(r, 100 * MS);
    TAP_CHECK_EQ(data32(r, AS, 0), ROUNDS);
    TAP_CHECK_EQ(data32(r, AS, 16), ROUNDS);
    rig_free(r);
}

/* One group more than slots: each round another one is suspended in the middle of a job, and the one that
 * waited takes its slot. Each loses nothing, does nothing twice, and does nothing while it has no slot. */
static void nine_groups_on_eight_slots(void)
{
    enum { ROUNDS = 2 * MAX_GROUPS, JOB_BYTES = JOB_WORDS * 8 };
    struct rig *r = rig_up("");
    uint64_t stream[MAX_GROUPS];
    unsigned waiting = MAX_SLOTS, in_the_middle = 0;
    bool started[MAX_GROUPS] = { false };

    TAP_REQUIRE(r);
    vm_new(r, AS);
    for (unsigned g = 0; g < MAX_GROUPS; g++) {
        /* r4 counts down; r40 lives as long as the group and numbers its jobs */
        const uint64_t words[] = { cs_mov32(4, 200000), cs_add32(4, 4, -1), cs_branch(CS_GT, 4, -2),
                                   cs_mov48(0, DATA_VA + 4 * g), cs_add32(40, 40, 1), cs_store32(40, 0),
                                   cs_wait(0xff), 0 };

        stream[g] = put_stream(r, AS, words, 8);
        group_new(r, g, AS, 1);
        if (g < MAX_SLOTS)
            TAP_REQUIRE(started[g] = group_start(r, g, AS, 1));
    }
    for (unsigned n = 1; n <= ROUNDS; n++) {
        unsigned slot = n % MAX_SLOTS, out = 0;
        uint64_t done = seqno(r, waiting), at = extract(r, waiting, 0);

        for (unsigned g = 0; g < MAX_GROUPS; g++) {
            panthor_call(r, g, 0, stream[g], 64, g);
            if (r->slot[g] == slot)
                out = g;
        }
        TAP_REQUIRE(csg_state(r, slot, CSG_SUSPEND));
        r->slot[out] = NO_SLOT;
        in_the_middle += extract(r, out, 0) < (uint64_t)n * JOB_BYTES;
        TAP_CHECK_EQ(seqno(r, waiting), done);
        TAP_CHECK_EQ(extract(r, waiting, 0), at);
        group_place(r, slot, waiting, AS, 1);
        if (!TAP_CHECK(csg_state(r, slot, started[waiting] ? CSG_RESUME : CSG_START)))
            tap_note("round %u: group %u in slot %u after group %u", n, waiting, slot, out);
        started[waiting] = true;
        waiting = out;
    }
    TAP_CHECK(in_the_middle > 0);
    step(r, 1000 * MS);
    TAP_CHECK(seqno(r, waiting) < ROUNDS); /* it still has work, and no slot */
    TAP_REQUIRE(csg_state(r, 0, CSG_SUSPEND));
    group_place(r, 0, waiting, AS, 1);
    TAP_CHECK(csg_state(r, 0, CSG_RESUME));
    step(r, 1000 * MS);
    for (unsigned g = 0; g < MAX_GROUPS; g++)
        if (!(TAP_CHECK_EQ(seqno(r, g), ROUNDS) & TAP_CHECK_EQ(data32(r, AS, 4 * g), ROUNDS) &
              TAP_CHECK_EQ(extract(r, g, 0), ROUNDS * JOB_BYTES)))
            tap_note("group %u", g);
    TAP_CHECK_EQ(rd(r, MMU_RAWSTAT) & 0xffff, 0);
    rig_free(r);
}

TAP_MAIN({"mov-job", mov_job}, {"mov-job-on-the-gpu-thread", mov_job_on_the_gpu_thread},
         {"ring-wraps", ring_wraps}, {"every-slot-and-queue", every_slot_and_queue},
         {"groups-wait-for-each-other", groups_wait_for_each_other},
         {"nine-groups-on-eight-slots", nine_groups_on_eight_slots})
