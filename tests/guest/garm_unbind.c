/*
 * The GPU is taken away from clients that use it, and comes back for new ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cs_job.h"
#include "driver_bind.h"
#include "job_timeout.h"
#include "kernel_log.h"
#include "sysfs.h"

#define DRIVER  "/sys/bus/platform/drivers/garm/"
#define CLIENTS 3

struct client {
    struct pu_ctx c;
    uint32_t spinning, blocked, idle;
    uint32_t spin_sync, block_sync, later_sync;
};

static void client_begin(struct client *b)
{
    const uint64_t spin[] = {cs_mov48(68, PU_DATA_VA), cs_add32(10, 10, 1), cs_store(10, 68, 1, 0),
                             cs_wait_progress(0xff), cs_branch(CS_ALWAYS, 10, -4)};
    const uint64_t block[] = {cs_mov48(68, PU_DATA_VA + 16), cs_mov48(70, 0),
                              cs_sync_wait(CS_SYNC_WAIT64, 68, 70, CS_GT)};
    const uint64_t store[] = {cs_mov48(68, PU_DATA_VA + 64), cs_mov32(70, 7),
                              cs_store(70, 68, 1, 0), cs_wait(0xff)};
    struct pu_sync after[2];

    b->c = pu_need_ctx(pu_need_device());
    /* On a slow kernel the usual time-out is over before all clients are there. */
    b->spinning = pu_need_group_timeout(&b->c, "120000");
    b->blocked = pu_need_group_timeout(&b->c, "120000");
    b->idle = pu_need_group(&b->c, 1);
    b->spin_sync = pu_sync_create(b->c.fd);
    b->block_sync = pu_sync_create(b->c.fd);
    b->later_sync = pu_sync_create(b->c.fd);
    igt_assert_eq(pu_run(&b->c, b->idle, store, PU_N(store)), 0);
    igt_assert_eq(pu_go(&b->c, b->spinning, 0, spin, PU_N(spin), b->spin_sync), 0);
    igt_assert_eq(pu_go(&b->c, b->blocked, 0, block, PU_N(block), b->block_sync), 0);
    /* One that has not reached the ring: it waits for the blocked one. */
    after[0] = (struct pu_sync){.handle = b->block_sync};
    after[1] = (struct pu_sync){.handle = b->later_sync, .signal = true};
    igt_assert_eq(pu_submit(b->c.fd, b->idle, 0, pu_stream(&b->c, store, PU_N(store)),
                            sizeof(store), after, 2),
                  0);
    for (unsigned i = 0; i < 1000 && !*pu_data(&b->c, 0); i++)
        usleep(10000);
    igt_assert_f(*pu_data(&b->c, 0), "expected: a stream that runs, got: nothing in 10 s\n");
}

/* ioctls of DRM itself go away with the device too, so the fences are asked through files taken
 * before. */
static void client_gone(struct client *b, const int *files)
{
    static const char *const jobs[] = {"spinning", "blocked", "waiting"};
    uint64_t size = 4096;
    uint32_t id, handle;

    igt_assert_eq(pu_vm_create(b->c.fd, 0, 0, &id), -ENODEV);
    igt_assert_eq(pu_bo_create(b->c.fd, &size, 0, 0, &handle), -ENODEV);
    igt_assert_eq(pu_group_state(b->c.fd, b->spinning, &id, NULL), -ENODEV);
    igt_assert_eq(pu_group_destroy(b->c.fd, b->spinning), -ENODEV);
    igt_assert_eq(pu_submit(b->c.fd, b->idle, 0, PU_STREAM_VA, 64, NULL, 0), -ENODEV);
    for (unsigned i = 0; i < 3; i++) {
        int status = pu_file_status(files[i], 60000);

        igt_assert_f(status < 0, "the fence of the %s job: expected an error, got status %d\n",
                     jobs[i], status);
    }
    /* The memory is the client's. */
    *pu_data(&b->c, 128) = 0x5afe;
    igt_assert_eq_u32(*pu_data(&b->c, 128), 0x5afe);
    igt_assert_eq_u32(*pu_data(&b->c, 64), 7);
}

static void check_job(void)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = pu_need_group(&c, 1);

    pu_do(&c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 3), cs_store(10, 80, 1, 0));
    igt_assert_eq_u32(*pu_data(&c, 0), 3);
    pu_group_destroy(c.fd, group);
    pu_ctx_free(&c);
    close(c.fd);
}

/* The kernel says so itself: rmmod's EBUSY is its own reading of the use count. */
static void module_in_use(void)
{
    errno = 0;
    igt_assert_eq(syscall(SYS_delete_module, "garm", O_NONBLOCK), -1);
    igt_assert_eq(errno, EWOULDBLOCK);
}

static void once(const char *name)
{
    struct client b[CLIENTS];
    int files[CLIENTS][3];

    for (unsigned i = 0; i < CLIENTS; i++) {
        client_begin(&b[i]);
        files[i][0] = pu_sync_file(b[i].c.fd, b[i].spin_sync);
        files[i][1] = pu_sync_file(b[i].c.fd, b[i].block_sync);
        files[i][2] = pu_sync_file(b[i].c.fd, b[i].later_sync);
    }
    module_in_use();
    driver_unbind(name);
    igt_assert_lt(pu_open(), 0);
    for (unsigned i = 0; i < CLIENTS; i++)
        client_gone(&b[i], files[i]);
    /* One leaves before the device comes back, the others after. */
    pu_ctx_free(&b[0].c);
    close(b[0].c.fd);
    driver_bind(name);
    check_job();
    for (unsigned i = 1; i < CLIENTS; i++) {
        igt_assert_lt(pu_group_destroy(b[i].c.fd, b[i].idle), 0);
        pu_ctx_free(&b[i].c);
        close(b[i].c.fd);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        for (unsigned k = 0; k < 3; k++)
            close(files[i][k]);
    }
    check_job();
}

static void unbind(unsigned n)
{
    char name[64], mark[64];

    need_garm();
    driver_device(name, sizeof(name));
    klog_mark(mark);
    for (unsigned i = 0; i < n; i++)
        once(name);
    klog_check(mark);
}

igt_main
{
    igt_describe(
        "unbind under clients with running, blocked and waiting jobs, bind again, five times");
    igt_subtest("unbind-bind") unbind(5);
}
