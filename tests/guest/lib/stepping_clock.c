/*
 * A clock that goes by calls, for benchmarks whose pictures show the time: preloaded into a
 * program, it answers that program's own questions for the time with one that advances by a fixed
 * step at each, so that the n-th frame shows the same moment however long frames take. Whoever else
 * asks in the process (Mesa, LLVM, libdrm) gets the real clock, which its time-outs need.
 *
 *     LD_PRELOAD=/usr/libexec/garm/libstepping_clock.so GARM_CLOCK_STEP=50 glmark2-es2-drm
 *
 * GARM_CLOCK_STEP: milliseconds. Questions through libstdc++ (std::chrono) are the library's, so
 * real. Called by the programs that tests/boot/frames.py runs; calls the kernel, past the C
 * library.
 *
 * SPDX-License-Identifier: MIT
 */
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS  1000000ull
#define NS_PER_SEC 1000000000ull

/* Of the program's code; empty until the constructor has run, when only libraries ask. */
static uintptr_t program_first, program_end;
static uint64_t step_ns = 50 * NS_PER_MS;
static atomic_uint_fast64_t questions;

/* The first object of the list is the program itself. */
static int find_program(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X) {
            program_first = info->dlpi_addr + segment->p_vaddr;
            program_end = program_first + segment->p_memsz;
        }
    }
    return 1;
}

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("GARM_CLOCK_STEP");

    if (text)
        step_ns = strtoull(text, NULL, 10) * NS_PER_MS;
    dl_iterate_phdr(find_program, NULL);
}

static bool asked_by_program(const void *caller)
{
    return (uintptr_t)caller >= program_first && (uintptr_t)caller < program_end;
}

/* Starts at a second, since programs take zero for "not yet". */
static struct timespec stepped(void)
{
    uint64_t ns = NS_PER_SEC + atomic_fetch_add(&questions, 1) * step_ns;

    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_SEC),
                             .tv_nsec = (long)(ns % NS_PER_SEC)};
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!asked_by_program(__builtin_return_address(0)))
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = stepped();
    return 0;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict now,
                                                        void *restrict zone)
{
    struct timespec time;

    if (!asked_by_program(__builtin_return_address(0)))
        return (int)syscall(SYS_gettimeofday, now, zone);
    time = stepped();
    *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *now)
{
    struct timespec real = {0};
    time_t seconds;

    if (asked_by_program(__builtin_return_address(0))) {
        seconds = stepped().tv_sec;
    } else {
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
        seconds = real.tv_sec;
    }
    if (now)
        *now = seconds;
    return seconds;
}
