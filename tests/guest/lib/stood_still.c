/*
 * Writes down when the machine stood still: a busy host let no virtual CPU run, or not this one.
 *
 *   stood_still FILE
 *
 * One line for each time that a processor woke a second or more too late: when (uptime), which, for how long. A driver
 * ends jobs by time-out meanwhile, as it must, so what a test found then says nothing: scripts/garm/suite/bootcases.py
 * runs it again. Runs until it is killed. Not a test by itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define TICK_US 50000
#define LATE    1.0 /* s; the shortest time-out of a job is 2.6 s: FW_PROGRESS_CYCLES */

static FILE *out;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *watch(void *arg)
{
    int cpu = (int)(intptr_t)arg;
    double last = now();
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
    for (;;) {
        usleep(TICK_US);
        double late = now() - last - TICK_US / 1e6;

        last = now();
        if (late < LATE)
            continue;
        fprintf(out, "at %.1f s processor %d for %.1f s\n", last, cpu, late);
        fflush(out);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    out = fopen(argv[1], "w");
    if (!out) {
        perror(argv[1]);
        return 1;
    }
    for (intptr_t cpu = 1; cpu < cpus; cpu++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, watch, (void *)cpu)) {
            fprintf(stderr, "no thread for processor %d\n", (int)cpu);
            return 1;
        }
    }
    watch(NULL);
    return 0;
}
