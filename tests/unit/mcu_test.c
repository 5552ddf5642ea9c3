/*
 * The microcontroller through the eyes of a little driver: boot, global, group
 * and stream requests, jobs, suspend and resume, faults, idle, snapshots.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "fake_driver.h"
#include "tap.h"

#define MAGIC 0xdeadbeefu
#define CSG_SYNC_UPDATE (1u << 28)
#define CSG_IDLE (1u << 29)
#define CSG_PROGRESS (1u << 31)
#define CS_FATAL (1u << 30)

/* MOV a constant, store it at FD_DATA_VA + off, wait: the MOV job. */
static void put_mov(struct fake_driver *d, unsigned g, unsigned q, uint32_t off, uint32_t val)
{
    const uint64_t job[] = {
        cs_mov48(68, FD_DATA_VA + off), cs_mov32(70, val), cs_store(70, 68, 1, 0), cs_wait(0xff),
    };

    fd_ring_put(d, g, q, job, 4);
}

static void boot(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    TAP_CHECK_EQ(*fd_word(d, FD_SHARED_VA) >> 24, 1);
    TAP_CHECK_EQ(d->group_num, 8);
    TAP_CHECK_EQ(d->stream_num, 8);
    TAP_CHECK_EQ(fd_rd(d, 0x704), 1);
    TAP_CHECK(d->suspend_size > 0);
    fd_free(d);
}

static void boot_needs_l2_mapping(void)
{
    struct fake_driver *d = fd_new_cold(NULL);

    fd_power_l2(d);
    TAP_CHECK(!fd_boot(d)); /* AS0 is not enabled */
    TAP_CHECK_EQ(fd_rd(d, 0x704), 3);
    TAP_CHECK(fake_log_has(d->h, "vector table"));
    fd_free(d);
}

static void boot_needs_execute(void)
{
    struct fake_driver *d = fd_new_cold(NULL);

    fd_power_l2(d);
    fd_load_firmware(d);
    pt_unmap(d->h, d->fw_root, 0, 4096);
    pt_map(d->h, d->fw_root, 0, fd_pages(d, 4096), 4096, PT_R | PT_W);
    fd_wr(d, 0x2418, 5); /* FLUSH_MEM */
    TAP_CHECK(!fd_boot(d));
    TAP_CHECK_EQ(fd_rd(d, 0x704), 3);
    fd_free(d);
}

static void global_requests(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    for (unsigned bit = 1; bit <= 10; bit++) {
        if (bit == 4)
            continue; /* protected mode has a test of its own */
        TAP_CHECK(fd_glb_request(d, 1u << bit));
        TAP_CHECK(fd_rd(d, 0x1000) & 1u << 31);
        fd_wr(d, 0x1004, 1u << 31);
    }
    TAP_CHECK(!fd_glb_request(d, 1u << 15)); /* no such request: never acknowledged */
    TAP_CHECK(fake_log_has(d->h, "not known"));
    fd_free(d);
}

static void protected_mode_is_refused(void)
{
    struct fake_driver *d = fd_new(NULL);
    uint32_t diff;

    TAP_REQUIRE(d);
    TAP_CHECK(fd_glb_request(d, 1u << 4));
    TAP_CHECK_EQ(fd_rd(d, 0x34) & 1u << 7, 0);
    diff = *fd_word(d, fd_glb_in(d)) ^ *fd_word(d, fd_glb_out(d));
    TAP_CHECK(diff & 1u << 23);
    fd_free(d);
}

static void lock_as0(struct fake_driver *d, uint32_t va)
{
    fd_wr(d, 0x2410, va | 14); /* AS_LOCKADDR: 32 KiB */
    fd_wr(d, 0x2414, 0);
    fd_wr(d, 0x2418, 2); /* LOCK */
}

/* While interface memory is locked requests wait, without anybody spinning for it. */
static void locked_interface(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint32_t inside[] = {FD_SHARED_VA, FD_SUSPEND_VA, FD_USERIO_VA};

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    fd_pump(d, 10000000);
    for (unsigned i = 0; i < 3; i++) {
        lock_as0(d, inside[i]);
        TAP_CHECK(!fd_glb_request(d, 1u << 8));
        TAP_CHECK(!mali_gpu_run(d->gpu, 1)); /* nothing can be done: the GPU thread sleeps */
        fd_wr(d, 0x2418, 3); /* UNLOCK */
        fd_pump(d, 10000);
        TAP_CHECK_EQ((*fd_word(d, fd_glb_in(d)) ^ *fd_word(d, fd_glb_out(d))) & 1u << 8, 0);
    }
    fd_free(d);
}

/* A LOCK on memory that the microcontroller has no business with does not stop it. */
static void locked_elsewhere(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    lock_as0(d, FD_SUSPEND_VA + 7 * 0x100000);
    TAP_CHECK(fd_glb_request(d, 1u << 8));
    put_mov(d, 0, 0, 0, MAGIC);
    fd_kick(d, 0);
    fd_pump(d, 10000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), MAGIC);
    TAP_CHECK(fd_csg_state(d, 0, 2));
    fd_wr(d, 0x2418, 3);
    fd_free(d);
}

static void halt_and_boot_again(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    *fd_word(d, fd_glb_in(d)) |= 1;
    fd_wr(d, 0x80000, 1);
    fd_pump(d, 10000);
    TAP_CHECK_EQ(fd_rd(d, 0x704), 2);
    *fd_word(d, fd_glb_in(d)) &= ~1u;
    fd_wr(d, 0x700, 0);
    TAP_CHECK_EQ(fd_rd(d, 0x704), 0);
    TAP_CHECK(fd_boot(d));
    TAP_CHECK_EQ(fd_rd(d, 0x704), 1);
    fd_free(d);
}

static void mov_job(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    put_mov(d, 0, 0, 0, MAGIC);
    fd_kick(d, 0);
    fd_pump(d, 10000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), MAGIC);
    TAP_CHECK_EQ(fd_extract(d, 0, 0), 64);
    fd_free(d);
}

static void sync_update_interrupt(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t job[] = {cs_mov48(92, FD_DATA_VA + 64), cs_mov48(94, 1), cs_sync_add64(92, 94)};
    uint32_t diff;

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 2, 1, 1));
    fd_wr(d, 0x1004, ~0u);
    fd_ring_put(d, 2, 0, job, 3);
    fd_kick(d, 2);
    fd_pump(d, 1000);
    TAP_CHECK_EQ(*fd_data(d, 1, 64), 1);
    TAP_CHECK(fd_rd(d, 0x1000) & 1u << 2);
    diff = *fd_word(d, fd_csg_in(d, 2)) ^ *fd_word(d, fd_csg_out(d, 2));
    TAP_CHECK(diff & CSG_SYNC_UPDATE);
    fd_free(d);
}

static void idle_event(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 2));
    put_mov(d, 0, 1, 4, 7);
    fd_kick(d, 0);
    fd_pump(d, 1000);
    TAP_CHECK_EQ((*fd_word(d, fd_csg_in(d, 0)) ^ *fd_word(d, fd_csg_out(d, 0))) & CSG_IDLE, 0);
    fd_pump(d, 10000000);
    TAP_CHECK((*fd_word(d, fd_csg_in(d, 0)) ^ *fd_word(d, fd_csg_out(d, 0))) & CSG_IDLE);
    TAP_CHECK((*fd_word(d, fd_glb_in(d)) ^ *fd_word(d, fd_glb_out(d))) & 1u << 26);
    fd_free(d);
}

#define GLB_IDLE (1u << 26)

static uint32_t csg_events(struct fake_driver *d, unsigned g)
{
    return *fd_word(d, fd_csg_in(d, g)) ^ *fd_word(d, fd_csg_out(d, g));
}

static uint32_t glb_events(struct fake_driver *d)
{
    return *fd_word(d, fd_glb_in(d)) ^ *fd_word(d, fd_glb_out(d));
}

static void take_idle(struct fake_driver *d, unsigned g)
{
    *fd_word(d, fd_csg_in(d, g)) ^= csg_events(d, g) & CSG_IDLE;
    *fd_word(d, fd_glb_in(d)) ^= glb_events(d) & GLB_IDLE;
}

/* A driver that boots the firmware again (runtime resume) keeps IDLE_EN set: a level. */
static void idle_timer_after_second_boot(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    *fd_word(d, fd_glb_in(d)) |= 1;
    fd_wr(d, 0x80000, 1);
    fd_pump(d, 10000);
    *fd_word(d, fd_glb_in(d)) &= ~1u;
    fd_wr(d, 0x700, 0);
    TAP_REQUIRE(fd_boot(d));
    TAP_CHECK(*fd_word(d, fd_glb_in(d)) & 1u << 10);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    put_mov(d, 0, 0, 0, MAGIC);
    fd_kick(d, 0);
    fd_pump(d, 10000); /* 51200 ticks are more */
    TAP_CHECK_EQ(*fd_data(d, 1, 0), MAGIC);
    TAP_CHECK_EQ(csg_events(d, 0) & CSG_IDLE, 0);
    TAP_CHECK_EQ(glb_events(d) & GLB_IDLE, 0);
    fd_pump(d, 10000000);
    TAP_CHECK(csg_events(d, 0) & CSG_IDLE);
    TAP_CHECK(glb_events(d) & GLB_IDLE);
    fd_free(d);
}

/* Each time that a group becomes idle is an event, however short it was busy. */
static void idle_again(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    for (unsigned i = 1; i <= 3; i++) {
        put_mov(d, 0, 0, 0, i);
        fd_kick(d, 0);
        fd_pump(d, 10000000);
        TAP_CHECK_EQ(*fd_data(d, 1, 0), i);
        TAP_CHECK(csg_events(d, 0) & CSG_IDLE);
        TAP_CHECK(glb_events(d) & GLB_IDLE);
        take_idle(d, 0);
        fd_pump(d, 10000000);
        TAP_CHECK_EQ(csg_events(d, 0) & CSG_IDLE, 0);
    }
    fd_free(d);
}

static void block(struct fake_driver *d)
{
    const uint64_t job[] = {cs_mov48(80, FD_DATA_VA + 32), cs_mov48(82, 5), cs_sync_wait64(80, 82, 1)};

    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    fd_ring_put(d, 0, 0, job, 3);
    fd_kick(d, 0);
    fd_pump(d, 1000);
}

/* A waiting stream looks at its object now and then: that is no work. */
static void polling_is_idle(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    block(d);
    fd_pump(d, 10000000);
    TAP_CHECK(csg_events(d, 0) & CSG_IDLE);
    TAP_CHECK(glb_events(d) & GLB_IDLE);
    take_idle(d, 0);
    fd_pump(d, 20000000);
    TAP_CHECK_EQ(csg_events(d, 0) & CSG_IDLE, 0);
    TAP_CHECK_EQ(glb_events(d) & GLB_IDLE, 0);
    fd_free(d);
}

/* What status says of a wait is true when it is asked, whether or not the stream is about to look. */
static void status_reads_the_object(void)
{
    struct fake_driver *d = fd_new(NULL);
    uint32_t out;

    TAP_REQUIRE(d);
    block(d);
    out = fd_cs_out(d, 0, 0);
    fake_advance(d->h, 5000000); /* the poll is due: it and the request meet in one step */
    TAP_REQUIRE(fd_csg_request(d, 0, 1u << 5));
    TAP_CHECK_EQ(*fd_word(d, out + 0x60), 3);
    TAP_CHECK_EQ(*fd_word(d, fd_csg_out(d, 0) + 0x18), 1);
    *fd_data(d, 1, 32) = 6; /* 6 > 5, and the stream has not seen it */
    TAP_REQUIRE(fd_csg_request(d, 0, 1u << 5));
    TAP_CHECK_EQ(*fd_word(d, out + 0x60), 0);
    TAP_CHECK_EQ(*fd_word(d, fd_csg_out(d, 0) + 0x18), 0);
    fd_free(d);
}

/* A counter loop that takes many slices; suspended in the middle, resumed, right in the end. */
static void suspend_resume(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t loop[] = {
        cs_mov48(68, FD_DATA_VA), cs_mov32(70, 0), cs_mov32(71, 3000000),
        cs_add32(70, 70, 1), cs_add32(71, 71, -1), cs_branch(1, 71, -3),
        cs_store(70, 68, 1, 0), cs_wait(0xff),
    };
    uint32_t cmd;

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    fd_ring_put(d, 0, 0, (const uint64_t[]){cs_mov48(92, fd_stream(d, 1, loop, 8)),
                                            cs_mov32(94, 64), cs_call(92, 94)}, 3);
    fd_kick(d, 0);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 0);
    TAP_REQUIRE(fd_csg_state(d, 0, 2));
    cmd = *fd_word(d, fd_cs_out(d, 0, 0) + 0x40);
    TAP_CHECK(cmd >= FD_STREAM_VA && cmd < FD_STREAM_VA + 64);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 0);
    fd_pump(d, 1000000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 0);
    /* resumed in another slot: the image is the group's, not the slot's */
    fd_group_prog(d, 0, 0, 1, 1);
    TAP_REQUIRE(fd_csg_state(d, 0, 3));
    fd_pump(d, 1000000000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 3000000);
    fd_free(d);
}

static void damaged_suspend_image(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    TAP_REQUIRE(fd_csg_state(d, 0, 2));
    *fd_word(d, FD_SUSPEND_VA + 64) ^= 0x100;
    fd_group_prog(d, 0, 0, 1, 1);
    TAP_CHECK(!fd_csg_state(d, 0, 3));
    TAP_CHECK_EQ(fd_rd(d, 0x704), 3); /* the firmware gives up: ping and ack time out */
    fd_free(d);
}

static void two_groups_ping_pong(void)
{
    struct fake_driver *d = fd_new(NULL);
    enum { ROUNDS = 20 };

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    TAP_REQUIRE(fd_group_start(d, 1, 1, 1));
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint64_t ping[] = {cs_mov48(80, FD_DATA_VA), cs_mov48(82, FD_DATA_VA + 16),
                                 cs_mov48(84, 1), cs_mov48(86, i), cs_sync_add64(80, 84),
                                 cs_sync_wait64(82, 86, 1)};
        const uint64_t pong[] = {cs_mov48(80, FD_DATA_VA), cs_mov48(82, FD_DATA_VA + 16),
                                 cs_mov48(84, 1), cs_mov48(86, i), cs_sync_wait64(80, 86, 1),
                                 cs_sync_add64(82, 84)};

        fd_ring_put(d, 0, 0, ping, 6);
        fd_ring_put(d, 1, 0, pong, 6);
    }
    fd_kick(d, 0);
    fd_kick(d, 1);
    fd_pump(d, 100000000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), ROUNDS);
    TAP_CHECK_EQ(*fd_data(d, 1, 16), ROUNDS);
    fd_free(d);
}

static void blocked_stream_status(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t job[] = {cs_mov48(80, FD_DATA_VA + 32), cs_mov48(82, 5), cs_sync_wait64(80, 82, 1)};
    uint32_t out;

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    fd_ring_put(d, 0, 0, job, 3);
    fd_kick(d, 0);
    fd_pump(d, 1000);
    TAP_REQUIRE(fd_csg_state(d, 0, 2));
    out = fd_cs_out(d, 0, 0);
    TAP_CHECK_EQ(*fd_word(d, out + 0x60), 3);
    TAP_CHECK_EQ(*fd_word(d, out + 0x50), FD_DATA_VA + 32);
    TAP_CHECK_EQ(*fd_word(d, out + 0x58), 5);
    TAP_CHECK_EQ(*fd_word(d, out + 0x48) & 0xcf000000u, 1u << 31 | 1u << 30 | 1u << 24);
    TAP_CHECK_EQ(*fd_word(d, out + 0x5c), 0);
    fd_free(d);
}

static void fatal_fault(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t bad[] = {cs_word(0xfe, 0)};
    uint32_t out, in;

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    TAP_REQUIRE(fd_group_start(d, 1, 1, 1));
    fd_ring_put(d, 0, 0, bad, 1);
    fd_kick(d, 0);
    fd_pump(d, 100000);
    in = fd_cs_in(d, 0, 0);
    out = fd_cs_out(d, 0, 0);
    TAP_CHECK((*fd_word(d, in) ^ *fd_word(d, out)) & CS_FATAL);
    TAP_CHECK_EQ(*fd_word(d, out + 0x84) & 0xff, 0x49);
    TAP_CHECK_EQ(*fd_word(d, fd_csg_out(d, 0) + 0x0c), 1);
    put_mov(d, 1, 0, 0, MAGIC); /* the innocent group goes on */
    fd_kick(d, 1);
    fd_pump(d, 100000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), MAGIC);
    TAP_CHECK(fd_csg_state(d, 0, 0));
    fd_free(d);
}

static void mmu_fault(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t bad[] = {cs_mov48(68, 0x7000000000ull), cs_store(70, 68, 1, 0), cs_wait(0xff)};

    TAP_REQUIRE(d);
    fd_vm(d, 3);
    TAP_REQUIRE(fd_group_start(d, 0, 3, 1));
    fd_ring_put(d, 0, 0, bad, 3);
    fd_kick(d, 0);
    fd_pump(d, 100000);
    TAP_CHECK_EQ(fd_rd(d, 0x2000) & 0xffff, 1u << 3);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 3 * 0x40 + 0x20), 0);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 3 * 0x40 + 0x24), 0x70);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 3 * 0x40 + 0x1c) >> 8 & 3, 3);
    TAP_CHECK_EQ(*fd_word(d, fd_cs_out(d, 0, 0) + 0x84) & 0xff, 0x48);
    fd_free(d);
}

static void endless_loop_is_preempted(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t loop[] = {cs_add32(70, 70, 1), cs_branch(6, 70, -2)};

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    TAP_REQUIRE(fd_group_start(d, 1, 1, 1));
    fd_ring_put(d, 0, 0, (const uint64_t[]){cs_mov48(92, fd_stream(d, 1, loop, 2)),
                                            cs_mov32(94, 16), cs_call(92, 94)}, 3);
    fd_kick(d, 0);
    put_mov(d, 1, 0, 0, MAGIC);
    fd_kick(d, 1);
    fd_pump(d, 100000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), MAGIC);
    TAP_CHECK(fd_csg_state(d, 0, 2)); /* a suspend request interrupts it */
    fd_group_prog(d, 0, 0, 1, 1);
    TAP_CHECK(fd_csg_state(d, 0, 3));
    TAP_CHECK(fd_csg_state(d, 0, 0)); /* so does termination */
    fd_free(d);
}

static void progress_timer(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t loop[] = {cs_add32(70, 70, 1), cs_branch(6, 70, -2)};
    uint32_t diff = 0;

    TAP_REQUIRE(d);
    *fd_word(d, fd_glb_in(d) + 0x10) = 1000; /* a million cycles */
    TAP_REQUIRE(fd_glb_request(d, 2));
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    fd_ring_put(d, 0, 0, (const uint64_t[]){cs_mov48(92, fd_stream(d, 1, loop, 2)),
                                            cs_mov32(94, 16), cs_call(92, 94)}, 3);
    fd_kick(d, 0);
    for (unsigned i = 0; i < 100 && !(diff & CSG_PROGRESS); i++) {
        fake_advance(d->h, 1000000);
        fd_pump(d, 1000);
        diff = *fd_word(d, fd_csg_in(d, 0)) ^ *fd_word(d, fd_csg_out(d, 0));
    }
    TAP_CHECK(diff & CSG_PROGRESS);
    fd_free(d);
}

static void counters(void)
{
    struct fake_driver *d = fd_new(NULL);
    uint32_t in;

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    in = fd_glb_in(d);
    *fd_word(d, in + 0x24) = 1;
    *fd_word(d, in + 0x28) = (uint32_t)FD_DATA_VA + 4096;
    *fd_word(d, in + 0x50) = ~0u;
    TAP_REQUIRE(fd_glb_request(d, 1u << 5));
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    put_mov(d, 0, 0, 0, MAGIC);
    fd_kick(d, 0);
    fd_pump(d, 100000);
    TAP_REQUIRE(fd_glb_request(d, 1u << 6));
    TAP_CHECK_EQ(*fd_word(d, fd_glb_out(d) + 0x18), 1);
    TAP_CHECK_EQ(*fd_data(d, 1, 4096 + 5 * 4), 8); /* instructions: four and padding */
    fd_free(d);
}

static void snapshot_mid_job(void)
{
    struct fake_driver *d = fd_new(NULL);
    const uint64_t loop[] = {
        cs_mov48(68, FD_DATA_VA), cs_mov32(71, 2000000), cs_add32(70, 70, 1), cs_add32(71, 71, -1),
        cs_branch(1, 71, -3), cs_store(70, 68, 1, 0), cs_wait(0xff), 0,
    };
    const char *err = NULL;
    size_t size = 0;
    void *image;

    TAP_REQUIRE(d);
    fd_vm(d, 1);
    TAP_REQUIRE(fd_group_start(d, 0, 1, 1));
    fd_ring_put(d, 0, 0, (const uint64_t[]){cs_mov48(92, fd_stream(d, 1, loop, 8)),
                                            cs_mov32(94, 64), cs_call(92, 94)}, 3);
    fd_kick(d, 0);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 0);
    mali_gpu_pause(d->gpu);
    image = mali_gpu_save(d->gpu, &size);
    TAP_REQUIRE(image);
    mali_gpu_resume(d->gpu);
    mali_gpu_system_reset(d->gpu);
    mali_gpu_pause(d->gpu);
    TAP_CHECK(mali_gpu_load(d->gpu, image, size, &err));
    if (err)
        tap_note("%s", err);
    mali_gpu_resume(d->gpu);
    fd_pump(d, 1000000000);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 2000000);
    ((uint8_t *)image)[size / 2] ^= 0xff;
    mali_gpu_pause(d->gpu);
    mali_gpu_load(d->gpu, image, size - 1, &err);
    mali_gpu_resume(d->gpu);
    TAP_CHECK(err);
    free(image);
    fd_free(d);
}

TAP_MAIN({"boot", boot}, {"boot-needs-mapping", boot_needs_l2_mapping},
         {"boot-needs-execute", boot_needs_execute}, {"global-requests", global_requests},
         {"protected-mode-is-refused", protected_mode_is_refused},
         {"locked-interface", locked_interface}, {"locked-elsewhere", locked_elsewhere}, {"halt-and-boot-again", halt_and_boot_again}, {"mov-job", mov_job},
         {"sync-update-interrupt", sync_update_interrupt}, {"idle-event", idle_event},
         {"idle-timer-after-second-boot", idle_timer_after_second_boot},
         {"idle-again", idle_again}, {"polling-is-idle", polling_is_idle},
         {"status-reads-the-object", status_reads_the_object},
         {"suspend-resume", suspend_resume}, {"damaged-suspend-image", damaged_suspend_image},
         {"two-groups-ping-pong", two_groups_ping_pong},
         {"blocked-stream-status", blocked_stream_status}, {"fatal-fault", fatal_fault},
         {"mmu-fault", mmu_fault}, {"endless-loop-is-preempted", endless_loop_is_preempted},
         {"progress-timer", progress_timer}, {"counters", counters},
         {"snapshot-mid-job", snapshot_mid_job})
