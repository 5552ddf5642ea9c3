/*
 * From a fault to the next good job on the same GPU, per kind of fault: scripts/bench recovery
 * compares two drivers.
 *
 *   recovery_bench [KIND...]
 *
 * Prints one line of JSON per kind: {"fault", "what", "ms"}, the last a list of each round's time; or
 * {"fault", "what", "missing"} where the driver has no means for it, which is not a failure. The
 * clock starts when the bad job is submitted and stops when a good one of the same client is done,
 * in a new group if the old one died. Status 1: it never was.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      15
#define SLOW_ROUNDS 2    /* of what takes the driver's five seconds */
#define LIMIT       30.0 /* seconds */
#define HOLE_VA     0x60000000ull
#define TIMEOUT_MS  "/sys/module/garm/parameters/job_timeout_ms"
#define RESET       "/sys/kernel/debug/dri/*/reset"

#define need(cond, ...)                                                                            \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "recovery_bench: " __VA_ARGS__);                                       \
            fprintf(stderr, " (%s)\n", #cond);                                                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A client with the good job's stream; it is made anew for each kind. */
struct bench {
    struct pu_ctx c;
    uint32_t sync;
    uint64_t good;
    uint32_t good_bytes;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static uint32_t new_group(struct bench *b)
{
    uint32_t group = 0;
    int r = pu_group_create(b->c.fd, b->c.vm, 1, 65536, PANTHOR_GROUP_PRIORITY_MEDIUM, &group);

    need(!r, "no group: error %d", r);
    return group;
}

/* One job that is waited for; -errno of the ioctls or of the fence. */
static int run_one(struct bench *b, uint32_t group, uint64_t va, uint32_t bytes)
{
    const struct pu_sync s = {.handle = b->sync, .signal = true};
    int r = pu_submit(b->c.fd, group, 0, va, bytes, &s, 1);

    r = r ? r : pu_sync_wait(b->c.fd, b->sync, 0, PU_WAIT);
    if (!r) /* waiting succeeds for a fence with an error, too */
        r = pu_sync_status(b->c.fd, b->sync);
    return r < 0 ? r : 0;
}

/* The good job, in new groups as long as the old ones are dead; the group where it was done. */
static uint32_t until_good(struct bench *b, uint32_t group, double start)
{
    uint32_t state;
    int r;

    while ((r = run_one(b, group, b->good, b->good_bytes))) {
        need(seconds() - start < LIMIT, "no good job within %g s of a fault: error %d", LIMIT, r);
        if (pu_group_state(b->c.fd, group, &state, NULL) || !state)
            continue;
        pu_group_destroy(b->c.fd, group);
        group = new_group(b);
    }
    return group;
}

/* Milliseconds from a bad job to a good one. */
static double recover(struct bench *b, const uint64_t *bad, unsigned n)
{
    uint64_t va = pu_stream(&b->c, bad, n);
    uint32_t group = until_good(b, new_group(b), seconds());
    double start = seconds(), ms;
    int r = pu_submit(b->c.fd, group, 0, va, n * 8, NULL, 0);

    need(!r, "submission of the bad job: error %d", r);
    group = until_good(b, group, start);
    ms = (seconds() - start) * 1e3;
    pu_group_destroy(b->c.fd, group);
    return ms;
}

/* ---- kinds ------------------------------------------------------------------- */

/*
 * A wait for an object that carries an error, after which the queue goes on (CS_INHERIT_FAULT).
 * Sources disagree about the bit that asks for it: with one value a job gets the error and its
 * group lives.
 */
static unsigned inherit_bit(struct bench *b)
{
    for (unsigned try = 0; try < 10; try++) {
        const uint64_t job[] = {cs_mov48(80, PU_DATA_VA),
                                cs_mov48(10, 0),
                                cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT) | (try & 1),
                                cs_mov32(12, 2000000),
                                cs_add32(12, 12, -1),
                                cs_branch(CS_GT, 12, -2)};
        uint32_t group = new_group(b), state = 0;
        int r = run_one(b, group, pu_stream(&b->c, job, PU_N(job)), sizeof(job));
        bool found = r < 0 && !pu_group_state(b->c.fd, group, &state, NULL) && !state;

        pu_group_destroy(b->c.fd, group);
        if (found)
            return try & 1;
    }
    need(false, "no job gets the error of the object that it waits for");
    return 0;
}

static double cs_fault(struct bench *b)
{
    static int bit = -1;
    uint64_t job[] = {cs_mov48(80, PU_DATA_VA), cs_mov48(10, 0),
                      cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT)};

    *pu_data(&b->c, 0) = *pu_data(&b->c, 8) = 1;
    *pu_data(&b->c, 4) = *pu_data(&b->c, 12) = 0;
    if (bit < 0)
        bit = (int)inherit_bit(b);
    job[2] |= (unsigned)bit;
    return recover(b, job, PU_N(job));
}

static double cs_fatal(struct bench *b)
{
    const uint64_t job[] = {CS_OP(0xfe)};

    return recover(b, job, PU_N(job));
}

static double mmu_fault(struct bench *b)
{
    const uint64_t job[] = {cs_mov48(68, HOLE_VA), cs_store(70, 68, 1, 0), cs_wait(0xff)};

    return recover(b, job, PU_N(job));
}

static double endless(struct bench *b)
{
    const uint64_t job[] = {cs_branch(CS_ALWAYS, 0, -1)};

    return recover(b, job, PU_N(job));
}

/* A wait that no one ends: no progress timer counts it. */
static double never(struct bench *b)
{
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA + 128), cs_mov48(10, 0),
                            cs_sync_wait(CS_SYNC_WAIT64, 80, 10, CS_GT)};

    return recover(b, job, PU_N(job));
}

/* With the time-out that groups made from now on have. */
static double with_timeout(struct bench *b, double (*run)(struct bench *b))
{
    char before[32];
    double ms;

    need(sysfs_read(TIMEOUT_MS, before, sizeof(before)) && sysfs_write(TIMEOUT_MS, "100"), "%s",
         TIMEOUT_MS);
    ms = run(b);
    need(sysfs_write(TIMEOUT_MS, before), "%s", TIMEOUT_MS);
    return ms;
}

static double endless_short(struct bench *b)
{
    return with_timeout(b, endless);
}

static double never_short(struct bench *b)
{
    return with_timeout(b, never);
}

/* Reads the kernel's messages until one has @text. */
static void wait_for_message(int log, const char *text, double start)
{
    struct pollfd p = {.fd = log, .events = POLLIN};
    char line[1024];

    for (;;) {
        ssize_t n = read(log, line, sizeof(line) - 1);

        if (n > 0) {
            line[n] = 0;
            if (strstr(line, text))
                return;
        } else {
            need(n < 0 && (errno == EAGAIN || errno == EPIPE), "/dev/kmsg cannot be read");
            poll(&p, 1, 100);
        }
        need(seconds() - start < LIMIT, "no \"%s\" within %g s", text, LIMIT);
    }
}

/*
 * From the request to the first job afterwards, in a group that was there before and lives. Another
 * one runs all the time: the reset of a device that is suspended is left to the next job.
 */
static double gpu_reset(struct bench *b)
{
    const uint64_t held[] = {cs_mov48(80, PU_DATA_VA), cs_load(10, 80, 1, 0),
                             cs_wait_progress(0xff), cs_branch(CS_EQ, 10, -3)};
    uint32_t group = until_good(b, new_group(b), seconds()), runner = new_group(b);
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), r;
    double start, ms;

    need(log >= 0 && lseek(log, 0, SEEK_END) >= 0, "/dev/kmsg cannot be opened");
    *pu_data(&b->c, 0) = 0;
    r = pu_submit(b->c.fd, runner, 0, pu_stream(&b->c, held, PU_N(held)), sizeof(held), NULL, 0);
    need(!r, "a job that runs over the reset: error %d", r);
    start = seconds();
    need(sysfs_write(RESET, "1"), "%s", RESET);
    wait_for_message(log, "reset done", start);
    r = run_one(b, group, b->good, b->good_bytes);
    ms = (seconds() - start) * 1e3;
    need(!r, "the job after the reset: error %d", r);
    *pu_data(&b->c, 0) = 1;
    close(log);
    pu_group_destroy(b->c.fd, runner);
    pu_group_destroy(b->c.fd, group);
    return ms;
}

/* ---- table ------------------------------------------------------------------- */

static const struct kind {
    const char *name, *what;
    double (*run)(struct bench *b);
    unsigned rounds;
    const char *file; /* without it the driver has no means for this */
    const char *missing;
} kinds[] = {
    {"cs_fault", "CS_FAULT; same group", cs_fault, ROUNDS, NULL, NULL},
    {"cs_fatal", "CS_FATAL; new group", cs_fatal, ROUNDS, NULL, NULL},
    {"mmu_fault", "MMU fault; new group of the VM", mmu_fault, ROUNDS, NULL, NULL},
    {"endless", "endless stream, time-outs as they are (5 s)", endless, SLOW_ROUNDS, NULL, NULL},
    {"never", "wait without end, time-outs as they are (5 s)", never, SLOW_ROUNDS, NULL, NULL},
    {"endless_100ms", "endless stream, job time-out 100 ms", endless_short, ROUNDS, TIMEOUT_MS,
     "the job time-out is fixed"},
    {"never_100ms", "wait without end, job time-out 100 ms", never_short, ROUNDS, TIMEOUT_MS,
     "the job time-out is fixed"},
    {"gpu_reset", "GPU reset; same group", gpu_reset, ROUNDS, RESET, "no reset on request"},
};

static void measure(const struct kind *k)
{
    const uint64_t good[] = {cs_mov48(68, PU_DATA_VA + 64), cs_mov32(70, 0xdeadbeef),
                             cs_store(70, 68, 1, 0), cs_wait(0xff)};
    struct bench b;
    char path[256];

    printf("{\"fault\": \"%s\", \"what\": \"%s\", ", k->name, k->what);
    if (k->file && !*sysfs_find(k->file, path, sizeof(path))) {
        printf("\"missing\": \"%s\"}\n", k->missing);
        return;
    }
    b.c = pu_need_ctx(pu_need_device());
    b.sync = pu_sync_create(b.c.fd);
    b.good = pu_stream(&b.c, good, PU_N(good));
    b.good_bytes = sizeof(good);
    printf("\"ms\": [");
    for (unsigned i = 0; i < k->rounds; i++)
        printf("%s%.6g", i ? ", " : "", k->run(&b));
    printf("]}\n");
    pu_sync_destroy(b.c.fd, b.sync);
    pu_ctx_free(&b.c);
    close(b.c.fd);
}

static bool wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], name))
            return true;
    }
    return argc < 2;
}

int main(int argc, char **argv)
{
    int known = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < PU_N(kinds); i++)
        known += argc > 1 && wanted(argc, argv, kinds[i].name);
    need(known == argc - 1, "of the kinds of faults given, %d are known", known);
    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL); /* it may be there already */
    for (unsigned i = 0; i < PU_N(kinds); i++) {
        if (wanted(argc, argv, kinds[i].name))
            measure(&kinds[i]);
    }
    return 0;
}
