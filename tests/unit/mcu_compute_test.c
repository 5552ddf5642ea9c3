/*
 * Compute jobs on a whole device: a shader that does not end holds nobody up and can be
 * suspended, terminated, reset; one that is suspended ends right; faults reach the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "fake_driver.h"
#include "tap.h"
#include "va_asm.h"

#define CODE      0x40000000u
#define SPD       (FD_DATA_VA + 0x1000)
#define TSD       (FD_DATA_VA + 0x1040)
#define FAU       (FD_DATA_VA + 0x1080)
#define CS_FAULT  (1u << 31)
#define CS_FATAL  (1u << 30)
#define SUSPEND   2
#define RESUME    3
#define TERMINATE 0

struct device {
    struct fake_driver *d;
    uint64_t code_pa;
};

/* Address space 1 with descriptors and a page for code; group 0 with two queues runs in it. */
static bool open_device(struct device *x)
{
    x->d = fd_new(NULL);
    if (!TAP_CHECK(x->d))
        return false;
    fd_vm(x->d, 1);
    x->code_pa = fd_pages(x->d, 4096);
    pt_map(x->d->h, x->d->vm_root[1], CODE, x->code_pa, 4096, PT_R | PT_X);
    *fd_data(x->d, 1, 0x1000) = 8 | 1 << 4;
    *fd_data(x->d, 1, 0x1004) = 0xffff;
    *fd_data(x->d, 1, 0x1008) = CODE;
    *fd_data(x->d, 1, 0x1044) = 31; /* no workgroup memory */
    *fd_data(x->d, 1, 0x1080) = FD_DATA_VA;
    return TAP_CHECK(fd_group_start(x->d, 0, 1, 2));
}

static void put_code(struct device *x, const uint64_t *code, unsigned n)
{
    uint64_t *p = fake_ram(x->d->h, x->code_pa, 4096);

    memset(p, 0, 4096);
    memcpy(p, code, 8 * n);
}

#define PROGRAM(x, ...)                                                                            \
    put_code(x, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

/* @groups workgroups of 64 threads, then @value is stored at FD_DATA_VA + 64. */
static void put_job(struct device *x, unsigned g, unsigned groups, uint32_t n, uint32_t value)
{
    const uint64_t job[] = {
        cs_mov48(0, 0),        cs_mov48(8, FAU),
        cs_mov32(9, 2u << 24), cs_mov48(16, SPD),
        cs_mov48(24, TSD),     cs_mov32(33, 63),
        cs_mov32(37, groups),  cs_mov32(38, 1),
        cs_mov32(39, 1),       cs_word(4, 1), /* RUN_COMPUTE */
        cs_wait(0xff),         cs_mov48(68, FD_DATA_VA + 64),
        cs_mov32(70, value),   cs_store(70, 68, 1, 0),
        cs_wait(0xff),
    };

    *fd_data(x->d, 1, 0x1088) = n;
    fd_ring_put(x->d, g, 0,
                (const uint64_t[]){cs_mov48(92, fd_stream(x->d, 1, job, 15)),
                                   cs_mov32(94, sizeof(job)), cs_call(92, 94)},
                3);
    fd_kick(x->d, g);
}

static void put_endless(struct device *x)
{
    PROGRAM(x, NOP(), branch(lut(0), true, -2));
    put_job(x, 0, 1, 0, 1);
}

/* Each thread counts to u2, then adds one to memory at u0. */
static void put_counting(struct device *x, unsigned groups, uint32_t n, uint32_t value)
{
    PROGRAM(x, mov(4, uni(2)), addi(4, 4, -1u), branch(reg(4), false, -2), movi(5, 1),
            END(atom_add(5, uni(0))));
    put_job(x, 0, groups, n, value);
}

static void runs(void)
{
    struct device x;

    if (!open_device(&x))
        return;
    put_counting(&x, 3, 5, 7);
    fd_pump(x.d, 1000000);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 0), 3 * 64);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 64), 7);
    fd_free(x.d);
}

/* Another queue, an AS command and requests are served while a shader does not end. */
static void endless(void)
{
    struct device x;

    if (!open_device(&x))
        return;
    put_endless(&x);
    fd_pump(x.d, 10000);
    fd_ring_put(x.d, 0, 1,
                (const uint64_t[]){cs_mov48(68, FD_DATA_VA + 128), cs_mov32(70, 5),
                                   cs_store(70, 68, 1, 0), cs_wait(0xff)},
                4);
    fd_kick(x.d, 0);
    fd_pump(x.d, 10000);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 128), 5);
    fd_wr(x.d, 0x2458, 4); /* FLUSH_PT of AS 1 */
    fd_pump(x.d, 10000);
    TAP_CHECK_EQ(fd_rd(x.d, 0x2468) & 1, 0);
    TAP_CHECK(fd_csg_request(x.d, 0, 1u << 5)); /* STATUS_UPDATE */
    TAP_CHECK(fd_csg_state(x.d, 0, SUSPEND));
    fd_group_prog(x.d, 0, 0, 1, 2);
    TAP_CHECK(fd_csg_state(x.d, 0, RESUME));
    fd_pump(x.d, 10000);
    TAP_CHECK(fd_csg_state(x.d, 0, TERMINATE));
    TAP_CHECK_EQ(*fd_data(x.d, 1, 64), 0);
    /* a new group in that slot, whose job looks the same, begins at the beginning */
    TAP_REQUIRE(fd_group_start(x.d, 0, 1, 2));
    put_counting(&x, 1, 5, 9);
    fd_pump(x.d, 1000000);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 0), 64);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 64), 9);
    fd_free(x.d);
}

/* Suspended in the middle of workgroups, resumed: each thread has run once. */
static void suspend_and_resume(void)
{
    struct device x;

    if (!open_device(&x))
        return;
    put_counting(&x, 40, 20000, 7);
    TAP_REQUIRE(fd_csg_state(x.d, 0, SUSPEND));
    uint32_t then = *fd_data(x.d, 1, 0);
    TAP_CHECK(then < 40 * 64);
    fd_pump(x.d, 1000000);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 0), then);
    fd_group_prog(x.d, 0, 0, 1, 2);
    TAP_REQUIRE(fd_csg_state(x.d, 0, RESUME));
    fd_pump(x.d, 1000000000);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 0), 40 * 64);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 64), 7);
    fd_free(x.d);
}

/* The microcontroller starts anew while a group is suspended; its job goes on where it was. */
static void suspend_over_reset(void)
{
    struct device x;

    if (!open_device(&x))
        return;
    put_counting(&x, 40, 20000, 7);
    TAP_REQUIRE(fd_csg_state(x.d, 0, SUSPEND));
    TAP_CHECK(*fd_data(x.d, 1, 0) < 40 * 64);
    fd_wr(x.d, 0x700, 0); /* MCU_CONTROL: disable */
    fd_pump(x.d, 1000000);
    TAP_REQUIRE(fd_boot(x.d));
    fd_group_prog(x.d, 0, 0, 1, 2);
    TAP_REQUIRE(fd_csg_state(x.d, 0, RESUME));
    fd_pump(x.d, 1000000000);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 0), 40 * 64);
    TAP_CHECK_EQ(*fd_data(x.d, 1, 64), 7);
    fd_free(x.d);
}

static void faults(void)
{
    struct device x;

    if (!open_device(&x))
        return;
    PROGRAM(&x, NOP(), 1ull << 63);
    put_job(&x, 0, 1, 0, 1);
    fd_pump(x.d, 1000000);
    uint32_t diff = *fd_word(x.d, fd_cs_in(x.d, 0, 0)) ^ *fd_word(x.d, fd_cs_out(x.d, 0, 0));
    TAP_CHECK(diff & CS_FAULT);
    TAP_CHECK_EQ(*fd_word(x.d, fd_cs_out(x.d, 0, 0) + 0x80) & 0xff, MALI_INSTR_INVALID_ENC);
    TAP_CHECK_EQ(*fd_word(x.d, fd_cs_out(x.d, 0, 0) + 0x88), CODE + 8);
    fd_free(x.d);
}

static void mmu_fault(void)
{
    struct device x;

    if (!open_device(&x))
        return;
    PROGRAM(&x, END(memory(VA_OP_STORE_I32, 4, uni(2))));
    put_job(&x, 0, 1, 0x00700010, 1);
    fd_pump(x.d, 1000000);
    uint32_t diff = *fd_word(x.d, fd_cs_in(x.d, 0, 0)) ^ *fd_word(x.d, fd_cs_out(x.d, 0, 0));
    TAP_CHECK(diff & CS_FATAL);
    TAP_CHECK_EQ(*fd_word(x.d, fd_cs_out(x.d, 0, 0) + 0x84) & 0xff, MALI_CS_BUS_FAULT);
    TAP_CHECK(fd_rd(x.d, 0x2000) & 2);            /* MMU_IRQ_RAWSTAT: AS 1 */
    TAP_CHECK_EQ(fd_rd(x.d, 0x2460), 0x00700010); /* AS1_FAULTADDRESS */
    TAP_CHECK_EQ(fd_rd(x.d, 0x245c) >> 8 & 3, MALI_ACCESS_WRITE);
    fd_free(x.d);
}

/* A snapshot does not hold jobs under way: they end with a fault that says so. */
static void snapshot(void)
{
    struct device x;
    const char *err = NULL;
    size_t size;

    if (!open_device(&x))
        return;
    put_endless(&x);
    fd_pump(x.d, 10000);
    mali_gpu_pause(x.d->gpu);
    void *image = mali_gpu_save(x.d->gpu, &size);
    TAP_CHECK(mali_gpu_load(x.d->gpu, image, size, &err));
    mali_gpu_resume(x.d->gpu);
    free(image);
    fd_pump(x.d, 1000000);
    uint32_t diff = *fd_word(x.d, fd_cs_in(x.d, 0, 0)) ^ *fd_word(x.d, fd_cs_out(x.d, 0, 0));
    TAP_CHECK(diff & CS_FAULT);
    TAP_CHECK_EQ(*fd_word(x.d, fd_cs_out(x.d, 0, 0) + 0x80) & 0xff, MALI_CSF_RES_EVICTION_TIMEOUT);
    fd_free(x.d);
}

TAP_MAIN({"runs", runs}, {"endless", endless}, {"suspend-and-resume", suspend_and_resume},
         {"suspend-over-reset", suspend_over_reset}, {"faults", faults}, {"mmu-fault", mmu_fault},
         {"snapshot", snapshot})
