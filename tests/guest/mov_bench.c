/*
 * How many MOV jobs a second, from the submit ioctl to the signalled fence, in
 * batches. One line of JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static unsigned option(int argc, char **argv, const char *name, unsigned fallback)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], name))
            return (unsigned)strtoul(argv[i + 1], NULL, 0);
    }
    return fallback;
}

int main(int argc, char **argv)
{
    unsigned jobs = option(argc, argv, "--jobs", 2000), batch = option(argc, argv, "--batch", 50);
    int fd = pu_open();
    struct pu_ctx c;
    uint32_t group, sync;
    double start;

    if (fd < 0 || !batch) {
        fprintf(stderr, "mov_bench: no panthor device, or --batch 0\n");
        return 1;
    }
    c = pu_need_ctx(fd);
    if (pu_group_create(fd, c.vm, 1, 65536, PANTHOR_GROUP_PRIORITY_MEDIUM, &group))
        return 1;
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 0xdeadbeef), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    uint64_t va = pu_stream(&c, job, PU_N(job));

    sync = pu_sync_create(fd);
    start = seconds();
    for (unsigned i = 1; i <= jobs; i++) {
        const struct pu_sync s = {.handle = sync, .signal = true};
        bool last = i % batch == 0 || i == jobs;

        if (pu_submit(fd, group, 0, va, sizeof(job), &s, last) ||
            (last && pu_sync_wait(fd, sync, 0, PU_WAIT))) {
            fprintf(stderr, "mov_bench: job %u failed\n", i);
            return 1;
        }
    }
    start = seconds() - start;
    printf("{\"jobs\": %u, \"batch\": %u, \"seconds\": %.4f, \"jobs_per_s\": %.0f, \"right\": %s}\n", jobs, batch,
           start, jobs / start, *pu_data(&c, 0) == 0xdeadbeef ? "true" : "false");
    return *pu_data(&c, 0) != 0xdeadbeef;
}
