/*
 * Defects that panthor had, or still has: garm.ko has none of them. One subtest for each that user
 * space can provoke and no other program looks for; driver/README.md has the whole table.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cs_job.h"
#include "driver_bind.h"
#include "job_timeout.h"
#include "kernel_log.h"
#include "sysfs.h"

#define LIMIT    (60 * PU_SECOND)
#define STATUS   SYSFS_GPU "power/runtime_status"
#define RESET    "/sys/kernel/debug/dri/*/reset"
#define LARGE    (2ull << 20)
#define LARGE_VA 0x80000000ull
#define HOLE_VA  0x60000000ull

static void must_store(struct pu_ctx *c, uint32_t off, uint32_t want)
{
    for (unsigned i = 0; i < 2000 && *pu_data(c, off) != want; i++)
        usleep(10000);
    igt_assert_eq_u32(*pu_data(c, off), want);
}

/* A client of its own does a job. */
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

static void need_reset_file(void)
{
    char path[256];

    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL); /* it may be there already */
    igt_require_f(*sysfs_find(RESET, path, sizeof(path)), "no %s\n", RESET);
}

/* ---- uAPI ---------------------------------------------------------------------------- */

/* A handle was cut to 16 bits: a wrong one ran jobs of another group. */
static void group_handle(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 0xbad), cs_store(70, 68, 1, 0),
                            cs_wait(0xff)};
    uint64_t va = pu_stream(c, job, PU_N(job));
    uint32_t state;

    *pu_data(c, 0) = 0;
    igt_assert_eq(pu_submit(c->fd, group | 0x10000, 0, va, sizeof(job), NULL, 0), -EINVAL);
    igt_assert_eq(pu_group_state(c->fd, group | 0x10000, &state, NULL), -EINVAL);
    igt_assert_eq(pu_group_destroy(c->fd, group | 0x10000), -EINVAL);
    pu_do(c, group, cs_mov32(40, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 0);
}

/* Offset and size changed places on their way to the helper: ranges are of the one that was meant.
 */
static void bo_sync_range(struct pu_ctx *c, uint32_t group)
{
    static const struct {
        uint64_t offset, size;
        int result;
    } cases[] = {
        {0, 8192, 0}, {4096, 4096, 0}, {8192, 0, 0}, {4096, 8192, -EINVAL}, {8192, 1, -EINVAL}};
    uint64_t size = 8192;
    uint32_t bo;

    (void)group;
    igt_assert_eq(pu_bo_create(c->fd, &size, PU_BO_WB_MMAP, 0, &bo), 0);
    igt_assert_eq_u64(size, 8192);
    for (unsigned i = 0; i < PU_N(cases); i++) {
        struct pu_bo_sync_op op = {
            .handle = bo, .type = PU_BO_FLUSH, .offset = cases[i].offset, .size = cases[i].size};
        struct pu_bo_sync a = {.ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op}};

        igt_assert_f(pu_ioctl(c->fd, PU_IOCTL_BO_SYNC, &a) == cases[i].result,
                     "case %u: expected %d, got something else\n", i, cases[i].result);
    }
    pu_bo_close(c->fd, bo);
}

/*
 * A group could be found by its handle before it was complete. A second process, with the same
 * file, tries handles while the first makes and destroys groups.
 */
static void handle_race(struct pu_ctx *c, uint32_t group)
{
    enum { GROUPS = 50, OTHER = 100 };
    const uint64_t job[] = {cs_mov32(40, 1)};
    uint64_t va = pu_stream(c, job, PU_N(job));
    pid_t child = fork();
    int status = 0;

    igt_assert_lte(0, child);
    while (!child) {
        uint32_t state, handle = group + 1 + (uint32_t)(random() % 3);
        int r[] = {pu_group_state(c->fd, handle, &state, NULL),
                   pu_submit(c->fd, handle, 0, va, sizeof(job), NULL, 0),
                   random() % 4 ? 0 : pu_group_destroy(c->fd, handle)};

        for (unsigned i = 0; i < PU_N(r); i++) {
            if (r[i] && r[i] != -EINVAL)
                _exit(OTHER + (int)i);
        }
    }
    for (unsigned i = 0; i < GROUPS; i++) {
        uint32_t id;
        int r = pu_group_create(c->fd, c->vm, 8, 4096, PANTHOR_GROUP_PRIORITY_MEDIUM, &id);

        if (!r)
            pu_group_destroy(c->fd, id); /* the other may have been first */
        if (r)
            status = r;
    }
    kill(child, SIGKILL);
    igt_assert_eq(status, 0);
    igt_assert_eq(waitpid(child, &status, 0), child);
    igt_assert_f(WIFSIGNALED(status), "call %d got an error that is not EINVAL\n",
                 WEXITSTATUS(status) - OTHER);
    check_job();
}

/* ---- MMU ----------------------------------------------------------------------------- */

/*
 * Page tables were changed under the GPU's eyes: a 2 MiB page that is split, and made whole again,
 * must not be missing for a moment where nothing changes. A stream reads from it all the time.
 */
static void split_while_running(struct pu_ctx *c, uint32_t unused)
{
    enum { ROUNDS = 200 };
    const uint64_t job[] = {cs_mov48(80, LARGE_VA + LARGE / 2),
                            cs_mov48(82, PU_DATA_VA),
                            cs_load(10, 80, 1, 0),
                            cs_wait(0xff),
                            cs_add32(12, 12, 1),
                            cs_store(12, 82, 1, 4),
                            cs_load(14, 82, 1, 0),
                            cs_wait_progress(0xff),
                            cs_branch(CS_EQ, 14, -7),
                            cs_store(10, 82, 1, 8),
                            cs_wait(0xff)};
    uint32_t group = pu_need_group_timeout(c, "120000"), sync = pu_sync_create(c->fd), bo, before;
    uint64_t size = 2 * LARGE;
    volatile uint32_t *map;

    (void)unused;
    igt_assert_eq(pu_bo_create(c->fd, &size, 0, 0, &bo), 0);
    map = pu_bo_mmap(c->fd, bo, size);
    igt_assert(map);
    map[LARGE / 2 / 4] = 0x5917;
    igt_assert_eq(pu_map(c->fd, c->vm, bo, LARGE_VA, size, 0), 0);
    *pu_data(c, 0) = *pu_data(c, 4) = 0;
    igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
    for (unsigned i = 0; i < 2000 && !*pu_data(c, 4); i++)
        usleep(10000);
    igt_assert_neq_u32(*pu_data(c, 4), 0);
    before = *pu_data(c, 4);
    for (unsigned i = 0; i < ROUNDS; i++) {
        igt_assert_eq(pu_unmap(c->fd, c->vm, LARGE_VA, 0x10000), 0);
        igt_assert_eq(pu_vm_op(c->fd, c->vm, 0, bo, 0, LARGE_VA, 0x10000), 0);
    }
    pu_must_be(c->fd, group, 0);
    for (unsigned i = 0; i < 2000 && *pu_data(c, 4) == before; i++)
        usleep(10000);
    igt_assert_neq_u32(*pu_data(c, 4), before);
    *pu_data(c, 0) = 1;
    pu_must_signal(c->fd, sync, LIMIT);
    igt_assert_eq_u32(*pu_data(c, 8), 0x5917);
    pu_group_destroy(c->fd, group);
    pu_sync_destroy(c->fd, sync);
    munmap((void *)map, size);
    pu_bo_close(c->fd, bo);
}

/* A fault that came while another was looked at was lost, and its group stood still. Many VMs fault
 * at once. */
static void faults_at_once(struct pu_ctx *unused, uint32_t group)
{
    enum { VMS = 6, ROUNDS = 8 };
    const uint64_t job[] = {cs_mov48(68, HOLE_VA), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    struct pu_ctx c[VMS];
    uint32_t sync[VMS];

    (void)group;
    for (unsigned i = 0; i < VMS; i++) {
        c[i] = pu_need_ctx(unused->fd);
        sync[i] = pu_sync_create(c[i].fd);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t id[VMS];

        for (unsigned i = 0; i < VMS; i++)
            id[i] = pu_need_group(&c[i], 1);
        for (unsigned i = 0; i < VMS; i++)
            igt_assert_eq(pu_go(&c[i], id[i], 0, job, PU_N(job), sync[i]), 0);
        for (unsigned i = 0; i < VMS; i++) {
            igt_assert_eq(pu_sync_wait(c[i].fd, sync[i], 0, LIMIT), 0);
            igt_assert_eq(pu_sync_status(c[i].fd, sync[i]), -EINVAL);
            pu_must_become(c[i].fd, id[i], DRM_PANTHOR_GROUP_STATE_FATAL_FAULT);
            pu_group_destroy(c[i].fd, id[i]);
        }
    }
    for (unsigned i = 0; i < VMS; i++) {
        pu_sync_destroy(c[i].fd, sync[i]);
        pu_ctx_free(&c[i]);
    }
    check_job();
}

/* ---- interrupts, power, reset ---------------------------------------------------------- */

/* All that the GPU's lines have interrupted so far. */
static unsigned long interrupts(void)
{
    unsigned long sum = 0;
    char line[1024];
    FILE *f = fopen("/proc/interrupts", "re");

    igt_require_f(f, "/proc/interrupts cannot be read\n");
    while (fgets(line, sizeof(line), f)) {
        char *at = strchr(line, ':'), *end;

        if (!strstr(line, "garm-") || !at)
            continue;
        for (at++;; at = end) {
            unsigned long n = strtoul(at, &end, 10);

            if (end == at)
                break;
            sum += n;
        }
    }
    fclose(f);
    return sum;
}

/* A ring's progress was asked for as an event: an interrupt for every few instructions. */
static void no_storm(struct pu_ctx *c, uint32_t group)
{
    enum { JOBS = 100, EACH = 8 };
    unsigned long before = interrupts(), after;

    for (unsigned i = 0; i < JOBS; i++)
        pu_do(c, group, cs_mov32(40, i));
    after = interrupts();
    igt_info("%lu interrupts for %u jobs\n", after - before, JOBS);
    igt_assert_lt(0, after - before);
    igt_assert_f(after - before <= JOBS * EACH, "expected %u interrupts at most, got %lu\n",
                 JOBS * EACH, after - before);
}

/* Registers were touched when the device was unplugged while it was suspended. */
static void unplug_suspended(struct pu_ctx *c, uint32_t group)
{
    char name[64], mark[64], status[32];
    uint32_t state;

    driver_device(name, sizeof(name));
    igt_require_f(sysfs_read(STATUS, status, sizeof(status)), "%s cannot be read\n", STATUS);
    klog_mark(mark);
    pu_do(c, group, cs_mov32(40, 1));
    igt_assert_f(sysfs_wait(STATUS, "suspended", 20), "%s: expected suspended in 20 s\n", STATUS);
    driver_unbind(name);
    igt_assert_eq(pu_group_state(c->fd, group, &state, NULL), -ENODEV);
    driver_bind(name);
    check_job();
    klog_check(mark);
}

/* A reset could be asked for before probe was over. Somebody asks all the time while the device
 * comes and goes. */
static void reset_at_bind(struct pu_ctx *c, uint32_t group)
{
    enum { ROUNDS = 3 };
    char name[64], mark[64];
    pid_t child;

    (void)c;
    (void)group;
    need_reset_file();
    driver_device(name, sizeof(name));
    klog_mark(mark);
    child = fork();
    igt_assert_lte(0, child);
    while (!child) {
        sysfs_write(RESET, "1");
        usleep(1000);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        bool gone = sysfs_write(DRIVER_DIR "unbind", name),
             back = sysfs_write(DRIVER_DIR "bind", name);

        if (!gone || !back)
            break;
    }
    kill(child, SIGKILL);
    igt_assert_eq(waitpid(child, NULL, 0), child);
    check_job();
    klog_check(mark);
}

/*
 * A reset that was asked for around a suspend was forgotten, and the next job ran into what was
 * wrong; garm.ko lost the groups when it came while the suspend took them off their slots.
 */
static void reset_and_suspend(struct pu_ctx *c, uint32_t group)
{
    enum { ROUNDS = 25, CLOSE = 60 };

    need_reset_file();
    pu_do(c, group, cs_mov32(40, 0));
    for (unsigned i = 1; i <= ROUNDS + CLOSE; i++) {
        pu_do(c, group, cs_mov48(68, PU_DATA_VA), cs_add32(40, 40, 1), cs_store(40, 68, 1, 0));
        igt_assert_eq_u32(*pu_data(c, 0), i);
        /* From busy over suspending (after 50 ms) to suspended; then closely about suspending. */
        usleep(i <= ROUNDS ? i * 5000 : 46000 + (i - ROUNDS) * 200);
        igt_assert(sysfs_write(RESET, "1"));
    }
    pu_must_be(c->fd, group, 0);
}

/* ---- scheduler and fences ---------------------------------------------------------------- */

/*
 * The clock of a time-out ran while the group had no slot. Groups of a higher priority hold all
 * slots for longer than the time-out of one that waits.
 */
static void timeout_off_slot(struct pu_ctx *c, uint32_t unused)
{
    enum { MAX = 31 };
    struct drm_panthor_csif_info info;
    uint32_t group[MAX], sync[MAX], low = pu_need_group_with(c, "300", PANTHOR_GROUP_PRIORITY_LOW);
    uint32_t low_sync = pu_sync_create(c->fd);
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA + 4), cs_mov32(70, 7), cs_store(70, 68, 1, 0),
                            cs_wait(0xff)};

    (void)unused;
    igt_assert_eq(pu_query(c->fd, DRM_PANTHOR_DEV_QUERY_CSIF_INFO, &info, sizeof(info)), 0);
    igt_assert_lte(info.csg_slot_count, MAX);
    *pu_data(c, 0) = *pu_data(c, 4) = 0;
    for (unsigned i = 0; i < info.csg_slot_count; i++) {
        const uint64_t held[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 64 + 4 * i),
                                 cs_mov32(12, 1),          cs_store(12, 82, 1, 0),
                                 cs_load(10, 80, 1, 0),    cs_wait_progress(0xff),
                                 cs_branch(CS_EQ, 10, -3)};

        *pu_data(c, 64 + 4 * i) = 0;
        group[i] = pu_need_group_with(c, "120000", PANTHOR_GROUP_PRIORITY_HIGH);
        sync[i] = pu_sync_create(c->fd);
        igt_assert_eq(pu_go(c, group[i], 0, held, PU_N(held), sync[i]), 0);
    }
    for (unsigned i = 0; i < info.csg_slot_count; i++)
        must_store(c, 64 + 4 * i, 1);
    igt_assert_eq(pu_go(c, low, 0, job, PU_N(job), low_sync), 0);
    usleep(1200000); /* several time-outs; a longer one only makes the test stricter */
    igt_assert_eq(pu_sync_status(c->fd, low_sync), 0);
    pu_must_be(c->fd, low, 0);
    *pu_data(c, 0) = 1;
    pu_must_signal(c->fd, low_sync, LIMIT);
    must_store(c, 4, 7);
    for (unsigned i = 0; i < info.csg_slot_count; i++) {
        pu_must_signal(c->fd, sync[i], LIMIT);
        pu_sync_destroy(c->fd, sync[i]);
        pu_group_destroy(c->fd, group[i]);
    }
    pu_sync_destroy(c->fd, low_sync);
    pu_group_destroy(c->fd, low);
}

/*
 * A job timed out at once where the timers of a CPU were late: the clock of a group without a slot
 * was stopped by a timer so far ahead that it was taken for one in the past (Linux 6.12).
 */
static void timeout_busy_cpus(struct pu_ctx *c, uint32_t unused)
{
    enum { ROUNDS = 500, BUSY = 16 };
    unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN), busy = cpus < BUSY ? cpus + 1 : BUSY;
    pid_t child[BUSY];

    (void)unused;
    for (unsigned i = 0; i < busy; i++) {
        child[i] = fork();
        igt_assert_lte(0, child[i]);
        if (!child[i])
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the subtest fails */
        while (!child[i])
            ;
    }
    for (unsigned i = 1; i <= ROUNDS; i++) {
        uint32_t group = pu_need_group(c, 1); /* without a slot, so its clock stands */

        pu_do(c, group, cs_mov48(68, PU_DATA_VA), cs_mov32(70, i), cs_store(70, 68, 1, 0));
        igt_assert_eq_u32(*pu_data(c, 0), i);
        pu_group_destroy(c->fd, group);
    }
    for (unsigned i = 0; i < busy; i++) {
        kill(child[i], SIGKILL);
        igt_assert_eq(waitpid(child[i], NULL, 0), child[i]);
    }
}

/* A fence used its queue's memory after that was gone: it is asked when group, file and device are.
 */
static void fence_outlives(struct pu_ctx *unused, uint32_t group)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t own = pu_need_group(&c, 1), done = pu_sync_create(c.fd), cut = pu_sync_create(c.fd);
    const uint64_t job[] = {cs_mov32(40, 1)},
                   spin[] = {cs_wait_progress(0xff), cs_branch(CS_ALWAYS, 0, -2)};
    char name[64], mark[64];
    int files[2];

    (void)unused;
    (void)group;
    driver_device(name, sizeof(name));
    klog_mark(mark);
    igt_assert_eq(pu_go(&c, own, 0, job, PU_N(job), done), 0);
    pu_must_signal(c.fd, done, LIMIT);
    igt_assert_eq(pu_go(&c, own, 0, spin, PU_N(spin), cut), 0);
    files[0] = pu_sync_file(c.fd, done);
    files[1] = pu_sync_file(c.fd, cut);
    igt_assert_lte(0, files[0]);
    igt_assert_lte(0, files[1]);
    pu_group_destroy(c.fd, own);
    pu_ctx_free(&c);
    close(c.fd);
    igt_assert_lt(pu_file_status(files[1], 60000), 0);
    driver_unbind(name);
    igt_assert_eq(pu_file_status(files[0], 0), 1);
    igt_assert_lt(pu_file_status(files[1], 0), 0);
    driver_bind(name);
    check_job();
    close(files[0]);
    close(files[1]);
    klog_check(mark);
}

igt_main
{
    igt_fixture need_garm();
    pu_subtest("group-handle", "a handle is not cut to 16 bits", group_handle, 1);
    pu_subtest("bo-sync-range", "offset and size are what they are called", bo_sync_range, 0);
    pu_subtest("handle-race", "a group is found when it is complete, or not at all", handle_race,
               1);
    pu_subtest("split-while-running", "a large page is split under a stream that reads it",
               split_while_running, 0);
    pu_subtest("faults-at-once", "no MMU fault is lost in others", faults_at_once, 0);
    pu_subtest("no-storm", "a few interrupts for a job", no_storm, 1);
    pu_subtest("unplug-suspended", "unbind while the device is suspended", unplug_suspended, 1);
    pu_subtest("reset-at-bind", "resets while the device comes and goes", reset_at_bind, 0);
    pu_subtest("reset-and-suspend", "resets before, at and after a suspend", reset_and_suspend, 1);
    pu_subtest("timeout-off-slot", "no job times out while its group waits for a slot",
               timeout_off_slot, 0);
    pu_subtest("timeout-busy-cpus", "no job times out at once where the CPUs are busy",
               timeout_busy_cpus, 0);
    pu_subtest("fence-outlives", "fences answer when group, file and device are gone",
               fence_outlives, 0);
}
