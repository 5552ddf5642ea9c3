/*
 * garm.ko after errors and resets: the guilty end, the innocent go on, a core dump tells what was.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <sys/mount.h>

#include "cs_job.h"
#include "job_timeout.h"
#include "kernel_log.h"
#include "sysfs.h"

#define FATAL    DRM_PANTHOR_GROUP_STATE_FATAL_FAULT
#define TIMEDOUT DRM_PANTHOR_GROUP_STATE_TIMEDOUT
#define LIMIT    (60 * PU_SECOND)
#define HOLE_VA  0x60000000ull
#define STATUS   SYSFS_GPU "power/runtime_status"
#define RESET    "/sys/kernel/debug/dri/*/reset"
#define DUMP     "/sys/class/devcoredump/devcd*/data"

/* Until the GPU has stored @want at @off of the data area. */
static void must_store(struct pu_ctx *c, uint32_t off, uint32_t want)
{
    for (unsigned i = 0; i < 2000 && *pu_data(c, off) != want; i++)
        usleep(10000);
    igt_assert_eq_u32(*pu_data(c, off), want);
}

/* A job that stores a value nobody stored before. */
static void check_works(struct pu_ctx *c, uint32_t group)
{
    static uint32_t mark = 0x600d0000;

    pu_do(c, group, cs_mov48(68, PU_DATA_VA + 64), cs_mov32(70, ++mark), cs_store(70, 68, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 64), mark);
    pu_must_be(c->fd, group, 0);
}

/* Another client: a file, a VM and a group of its own. */
struct client {
    struct pu_ctx c;
    uint32_t group;
};

static struct client client_new(void)
{
    struct client b = {.c = pu_need_ctx(pu_need_device())};

    b.group = pu_need_group(&b.c, 1);
    check_works(&b.c, b.group);
    return b;
}

static void client_check_and_free(struct client *b)
{
    int fd = b->c.fd;

    check_works(&b->c, b->group);
    pu_group_destroy(fd, b->group);
    pu_ctx_free(&b->c);
    close(fd);
}

/* The job's fence ends with @error, its group as @state, and a new group of the VM works. */
static void ends(struct pu_ctx *c, uint32_t group, const uint64_t *job, unsigned n, int error,
                 uint32_t state)
{
    struct client other = client_new();
    uint32_t sync = pu_sync_create(c->fd), fresh;

    igt_assert_eq(pu_go(c, group, 0, job, n, sync), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, sync), error);
    pu_must_become(c->fd, group, state);
    igt_assert_eq(pu_go(c, group, 0, job, n, sync), -EINVAL);
    fresh = pu_need_group(c, 1);
    check_works(c, fresh);
    igt_assert_eq(pu_group_destroy(c->fd, fresh), 0);
    pu_sync_destroy(c->fd, sync);
    client_check_and_free(&other);
}

/*
 * A wait for an object with an error takes the error over: CS_FAULT. One value of bit 0 does so,
 * the other rejects it; see cs_sync. The job's fence has the error, the group and its next job do
 * not.
 */
static void cs_fault(struct pu_ctx *c, uint32_t group)
{
    unsigned errors = 0;

    for (unsigned bit = 0; bit < 2; bit++) {
        const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0),
                                cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT) | bit};
        uint32_t sync = pu_sync_create(c->fd);
        int status;

        *pu_data(c, 0) = *pu_data(c, 8) = 1;
        *pu_data(c, 4) = *pu_data(c, 12) = 0;
        igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
        igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
        status = pu_sync_status(c->fd, sync);
        if (status != 1)
            igt_assert_eq(status, -EINVAL);
        errors += status < 0;
        pu_sync_destroy(c->fd, sync);
        check_works(c, group);
    }
    igt_assert_eq_u32(errors, 1);
}

/*
 * Jobs back to back, some of which raise CS_FAULT: each of those, and no other, has an error in its
 * fence and left no result, however many were done when the driver looked. All begin when the first
 * one is let go.
 */
static void blame_round(struct pu_ctx *c, uint32_t group, unsigned faulty)
{
    enum { N = 12 };
    const uint64_t gate[] = {cs_mov48(80, PU_DATA_VA + 1024), cs_load(10, 80, 1, 0),
                             cs_wait_progress(0xff), cs_branch(CS_EQ, 10, -3)};
    uint32_t sync[N + 1];

    memset((void *)c->data, 0, 4096);
    *pu_data(c, 0) = *pu_data(c, 8) = 1;
    for (unsigned i = 0; i <= N; i++)
        sync[i] = pu_sync_create(c->fd);
    igt_assert_eq(pu_go(c, group, 0, gate, PU_N(gate), sync[N]), 0);
    for (unsigned i = 0; i < N; i++) {
        uint64_t job[8 + CS_END_WORDS];
        unsigned n = 0;

        if (faulty & 1u << i) {
            job[n++] = cs_mov48(80, PU_DATA_VA);
            job[n++] = cs_mov48(10, 0);
            job[n++] = cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT);
        }
        job[n++] = cs_mov48(80, PU_DATA_VA + 64 + 4 * i);
        job[n++] = cs_mov32(10, 100 + i);
        job[n++] = cs_store(10, 80, 1, 0);
        n = cs_finish(job, n);
        igt_assert_eq(pu_go(c, group, 0, job, n, sync[i]), 0);
    }
    *pu_data(c, 1024) = 1;
    for (unsigned i = 0; i <= N; i++) {
        bool bad = i < N && faulty & 1u << i;
        int status;

        igt_assert_eq(pu_sync_wait(c->fd, sync[i], 0, LIMIT), 0);
        status = pu_sync_status(c->fd, sync[i]);
        igt_assert_f(status == (bad ? -EINVAL : 1),
                     "jobs 0x%x are faulty; fence of job %u: got %d, expected %d\n", faulty, i,
                     status, bad ? -EINVAL : 1);
        if (i < N)
            igt_assert_eq_u32(*pu_data(c, 64 + 4 * i), bad ? 0 : 100 + i);
        pu_sync_destroy(c->fd, sync[i]);
    }
    pu_must_be(c->fd, group, 0);
}

/* Also when the counters of jobs are on, which changes what the driver puts in the ring. */
static void cs_fault_blame(struct pu_ctx *c, uint32_t group)
{
    static const unsigned faulty[] = {0x001, 0x002, 0x800, 0x400, 0x020, 0x843,
                                      0xfff, 0x555, 0x0f0, 0x7fe, 0};
    static const char *const profiling[] = {"0", "1", "2", "3"};

    for (unsigned p = 0; p < PU_N(profiling); p++) {
        igt_assert(sysfs_write(SYSFS_GPU "profiling", profiling[p]));
        for (unsigned i = 0; i < PU_N(faulty); i++)
            blame_round(c, group, faulty[i]);
    }
    igt_assert(sysfs_write(SYSFS_GPU "profiling", "0"));
}

static void cs_fatal(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {CS_OP(0xfe)};

    ends(c, group, job, PU_N(job), -EINVAL, FATAL);
}

/*
 * The hardware names the VM, not the group: two more groups that have slots, one of which spins,
 * die with the guilty one. The fourth lost its slot when the device was suspended, so it cannot
 * have done it and goes on.
 */
static void mmu_fault(struct pu_ctx *c, uint32_t group)
{
    const uint64_t spin[] = {cs_mov48(68, PU_DATA_VA + 128), cs_mov32(70, 1),
                             cs_store(70, 68, 1, 0), cs_wait_progress(0xff),
                             cs_branch(CS_ALWAYS, 0, -2)};
    const uint64_t job[] = {cs_mov48(68, HOLE_VA), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    uint32_t away = pu_need_group(c, 1), busy = pu_need_group(c, 1), idle = pu_need_group(c, 1);
    uint32_t sync = pu_sync_create(c->fd);
    char status[32];

    igt_require_f(sysfs_read(STATUS, status, sizeof(status)), "%s cannot be read\n", STATUS);
    pu_do(c, away, cs_mov32(40, 0xabc));
    igt_assert_f(sysfs_wait(STATUS, "suspended", 20), "%s: expected suspended in 20 s\n", STATUS);
    *pu_data(c, 128) = 0;
    igt_assert_eq(pu_go(c, busy, 0, spin, PU_N(spin), sync), 0);
    must_store(c, 128, 1);
    check_works(c, idle);
    ends(c, group, job, PU_N(job), -EINVAL, FATAL);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_lt(pu_sync_status(c->fd, sync), 0);
    pu_must_become(c->fd, busy, FATAL);
    pu_must_become(c->fd, idle, FATAL);
    pu_do(c, away, cs_mov48(68, PU_DATA_VA + 132), cs_store(40, 68, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 132), 0xabc);
    pu_must_be(c->fd, away, 0);
    pu_group_destroy(c->fd, away);
    pu_group_destroy(c->fd, busy);
    pu_group_destroy(c->fd, idle);
    pu_sync_destroy(c->fd, sync);
}

static void endless(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_branch(CS_ALWAYS, 0, -1)};
    uint32_t hasty;

    pu_group_destroy(c->fd, group); /* it has the usual time-out */
    hasty = pu_need_group_timeout(c, "500");
    ends(c, hasty, job, PU_N(job), -ETIMEDOUT, TIMEDOUT);
    pu_group_destroy(c->fd, hasty);
}

static void never_signalled(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0),
                            cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT)};
    uint32_t hasty;

    pu_group_destroy(c->fd, group);
    *pu_data(c, 0) = *pu_data(c, 4) = *pu_data(c, 8) = *pu_data(c, 12) = 0;
    hasty = pu_need_group_timeout(c, "500");
    ends(c, hasty, job, PU_N(job), -ETIMEDOUT, TIMEDOUT);
    pu_group_destroy(c->fd, hasty);
}

/* ---- GPU reset ------------------------------------------------------------------- */

static void reset_and_wait(void)
{
    char mark[64], path[256];

    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL); /* it may be there already */
    igt_require_f(*sysfs_find(RESET, path, sizeof(path)), "no %s\n", RESET);
    klog_mark(mark);
    igt_assert(sysfs_write(RESET, "1"));
    igt_assert_f(klog_wait(mark, "reset done", 60), "no end of the reset in 60 s\n");
}

/*
 * More groups than slots: each counts jobs in a register, which must survive. Half of them are held
 * in a loop until the reset is over, the others wait for a sync object; all have said that they are
 * there when it happens.
 */
static void reset_under_load(struct pu_ctx *c, uint32_t waker)
{
    enum { N = 12, ROUNDS = 3 };
    struct client idle = client_new();
    uint32_t group[N], sync[N];

    for (unsigned i = 0; i < N; i++) {
        const uint64_t first[] = {cs_mov32(40, 0x100 * i)};

        group[i] = pu_need_group_timeout(c, "120000");
        sync[i] = pu_sync_create(c->fd);
        igt_assert_eq(pu_run(c, group[i], first, 1), 0);
    }
    for (unsigned round = 1; round <= ROUNDS; round++) {
        memset((void *)c->data, 0, 4096);
        for (unsigned i = 0; i < N; i++) {
            const uint64_t held[] = {cs_mov48(80, PU_DATA_VA),
                                     cs_mov48(82, PU_DATA_VA + 1024 + 16 * i),
                                     cs_add32(40, 40, 1),
                                     cs_store(40, 82, 1, 8),
                                     cs_load(10, 80, 1, 0),
                                     cs_wait_progress(0xff),
                                     cs_branch(CS_EQ, 10, -3),
                                     cs_store(40, 82, 1, 0),
                                     cs_wait(0xff)};
            const uint64_t blocked[] = {cs_mov48(80, PU_DATA_VA + 16),
                                        cs_mov48(82, PU_DATA_VA + 1024 + 16 * i),
                                        cs_mov48(84, 0),
                                        cs_add32(40, 40, 1),
                                        cs_store(40, 82, 1, 8),
                                        cs_wait(0xff),
                                        cs_sync_wait(CS_SYNC_WAIT64, 80, 84, CS_GT),
                                        cs_store(40, 82, 1, 0),
                                        cs_wait(0xff)};

            pu_sync_destroy(c->fd, sync[i]);
            sync[i] = pu_sync_create(c->fd);
            igt_assert_eq(i % 2 ? pu_go(c, group[i], 0, blocked, PU_N(blocked), sync[i])
                                : pu_go(c, group[i], 0, held, PU_N(held), sync[i]),
                          0);
        }
        for (unsigned i = 0; i < N; i++)
            must_store(c, 1024 + 16 * i + 8, 0x100 * i + round);
        reset_and_wait();
        for (unsigned i = 0; i < N; i++) {
            igt_assert_eq(pu_sync_status(c->fd, sync[i]), 0);
            pu_must_be(c->fd, group[i], 0);
        }
        *pu_data(c, 0) = 1;
        pu_do(c, waker, cs_mov48(80, PU_DATA_VA + 16), cs_mov48(12, 1),
              cs_sync(CS_SYNC_ADD64, 80, 12, 0));
        for (unsigned i = 0; i < N; i++) {
            pu_must_signal(c->fd, sync[i], LIMIT);
            pu_must_be(c->fd, group[i], 0);
            igt_assert_eq_u32(*pu_data(c, 1024 + 16 * i), 0x100 * i + round);
        }
    }
    for (unsigned i = 0; i < N; i++) {
        pu_sync_destroy(c->fd, sync[i]);
        pu_group_destroy(c->fd, group[i]);
    }
    client_check_and_free(&idle);
}

/* ---- core dumps -------------------------------------------------------------------- */

static void dump_delete(void)
{
    char path[256];

    for (unsigned i = 0; i < 500 && *sysfs_find(DUMP, path, sizeof(path)); i++) {
        sysfs_write(DUMP, "1");
        usleep(20000);
    }
    igt_assert_f(!*sysfs_find(DUMP, path, sizeof(path)), "%s cannot be deleted\n", path);
}

/* The text of the dump there is, or will be within @ms; NULL without one. */
static char *dump_read(unsigned ms)
{
    enum { MAX = 5 << 20 };
    char path[256], *text;
    size_t n;
    FILE *f;

    for (unsigned i = 0; i < ms / 20 && !*sysfs_find(DUMP, path, sizeof(path)); i++)
        usleep(20000);
    f = fopen(sysfs_find(DUMP, path, sizeof(path)), "re");
    if (!f)
        return NULL;
    text = malloc(MAX + 1);
    n = fread(text, 1, MAX, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static void fault(struct pu_ctx *c)
{
    const uint64_t job[] = {CS_OP(0xfe)};
    uint32_t group = pu_need_group(c, 1);

    igt_assert_eq(pu_run(c, group, job, PU_N(job)), -EINVAL);
    pu_must_become(c->fd, group, FATAL);
    pu_group_destroy(c->fd, group);
}

/*
 * The dump of a job that hangs: all sections, the stream's own words, one end. Dumps are limited to
 * one a second, and an earlier subtest's may have been taken just now: then there is another try.
 */
static void dump_of_hang(struct pu_ctx *c, uint32_t group)
{
    enum { TRIES = 5 };
    static const char *const sections[] = {"[garm-dump version=1]",
                                           "[registers]",
                                           "[firmware]",
                                           "[glb]",
                                           "[csg slot=",
                                           "[cs slot=",
                                           "[group pid=",
                                           "[queue name=",
                                           "[vm ",
                                           "[memory kind=ring",
                                           "[memory kind=stream"};
    char *text = NULL, *end;

    for (unsigned i = 0; i < TRIES && !text; i++) {
        dump_delete();
        endless(c, group);
        text = dump_read(3000);
        if (text && !strstr(text, "reason job timed out")) {
            free(text);
            text = NULL;
        }
    }
    igt_assert_f(text, "expected a core dump of a job that timed out, got none of %u\n", TRIES);
    for (unsigned i = 0; i < PU_N(sections); i++)
        igt_assert_f(strstr(text, sections[i]), "the core dump has no %s: %.600s\n", sections[i],
                     text);
    end = strstr(text, "\n[end truncated=0 dropped=");
    igt_assert_f(end && !strchr(end + 2, '['), "the core dump does not end well\n");
    free(text);
    dump_delete();
}

/* What a dump says about those that were not taken since the one before; -1: there is no dump
 * within @ms. */
static int dump_dropped(unsigned ms)
{
    char *text = dump_read(ms), *at;
    int n = -1;

    if (!text)
        return -1;
    at = strstr(text, "dropped=");
    if (at)
        n = atoi(at + 8);
    free(text);
    igt_assert_f(at, "a core dump without dropped=\n");
    dump_delete();
    return n;
}

/*
 * Groups can be killed at will, dumps cannot be had at will: one a second at most. Each fault is in
 * a dump or counted as left out by the next one.
 */
static void dumps_limited(struct pu_ctx *c, uint32_t group)
{
    enum { FAULTS = 20, MORE = 20 };
    unsigned faults = 0, dumps = 0, dropped = 0, most;
    double begin;

    check_works(c, group);
    dump_delete();
    /* From the first dump on everything is counted. */
    for (unsigned i = 0; i < MORE && !dumps; i++) {
        fault(c);
        dumps = dump_dropped(3000) >= 0;
    }
    igt_assert_f(dumps, "expected a core dump, got none of %u faults\n", MORE);
    dumps = 0;
    begin = pu_seconds();
    while (faults < FAULTS || (dumps + dropped < faults && faults < FAULTS + MORE)) {
        int n;

        fault(c);
        n = dump_dropped(++faults < FAULTS ? 100 : 3000);
        dumps += n >= 0;
        dropped += n >= 0 ? (unsigned)n : 0;
    }
    most = (unsigned)(pu_seconds() - begin) + 2;
    igt_info("%u faults, %u dumps (at most %u), %u left out\n", faults, dumps, most, dropped);
    igt_assert_f(dumps <= most, "expected %u dumps at most, got: %u\n", most, dumps);
    igt_assert_eq_u32(dumps + dropped, faults);
}

igt_main
{
    igt_fixture need_garm();
    pu_subtest("cs-fault", "CS_FAULT: the job's fence has an error, the group goes on", cs_fault,
               1);
    pu_subtest("cs-fault-blame", "of jobs back to back, those that fault have the errors",
               cs_fault_blame, 1);
    pu_subtest("cs-fatal", "CS_FATAL: the group dies, nobody else", cs_fatal, 1);
    pu_subtest("mmu-fault", "groups of the VM with a slot die, nobody else; a new one works",
               mmu_fault, 1);
    pu_subtest("endless", "an endless stream ends by job_timeout_ms", endless, 1);
    pu_subtest("never-signalled", "a wait without end ends by job_timeout_ms", never_signalled, 1);
    pu_subtest("reset-under-load", "running, blocked and idle groups survive GPU resets",
               reset_under_load, 1);
    pu_subtest("dump-of-hang", "a core dump appears, is whole, and can be deleted", dump_of_hang,
               1);
    pu_subtest("dumps-limited", "many faults, few dumps, none uncounted", dumps_limited, 1);
}
