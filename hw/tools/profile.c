/*
 * A sampling profiler of the process itself, so that a profile needs neither rights nor tools of
 * the machine. A timer of CPU time interrupts whichever thread runs; the handler keeps the stack
 * and the shader. Names are looked up afterwards, by scripts/garm/profile.py.
 *
 * Called by mali-replay. Calls va_running().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "profile.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <inttypes.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "../valhall/exec.h"

#define DEPTH 24
#define OWN   2 /* frames of the handler and of the return from it */

struct sample {
    uint64_t hash, va;
    int depth;
    void *pc[DEPTH];
};

static struct sample *samples;
static atomic_uint taken;
static atomic_bool counting;

static _Thread_local volatile bool walking;
static _Thread_local sigjmp_buf lost;

/* While a stack is walked: it leads nowhere. Anything else is what it would be without us. */
static void faulted(int signal)
{
    struct sigaction fatal = {.sa_handler = SIG_DFL};

    if (walking)
        siglongjmp(lost, 1);
    sigaction(signal, &fatal, NULL); /* and the access is tried again */
}

/* Where the thread was interrupted. */
static void *interrupted(const ucontext_t *u)
{
#if defined(__x86_64__)
    return (void *)(uintptr_t)u->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (void *)(uintptr_t)u->uc_mcontext.pc;
#else
    return NULL;
#endif
}

/*
 * Parts of the C library that are written in assembly do not say at each instruction where their
 * caller is; libgcc then takes any word for it, and reads there whether it is a signal's return.
 */
static int walk(void *pc[DEPTH], const ucontext_t *u)
{
    int depth;

    if (sigsetjmp(lost, 0)) {
        walking = false;
        pc[0] = pc[1] = NULL;
        pc[OWN] = interrupted(u);
        return OWN + 1;
    }
    walking = true;
    depth = backtrace(pc, DEPTH);
    walking = false;
    return depth;
}

static void take(int signal, siginfo_t *info, void *context)
{
    int before = errno;
    unsigned i;

    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return;
    i = atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
    if (i < PROFILE_MAX) {
        struct sample *s = &samples[i];
        va_running(&s->hash, &s->va);
        s->depth = walk(s->pc, context);
    }
    errno = before;
}

static bool timer(unsigned hz)
{
    struct itimerval every = {0};

    every.it_interval.tv_usec = every.it_value.tv_usec = hz ? 1000000 / hz : 0;
    return !setitimer(ITIMER_PROF, &every, NULL);
}

bool profile_begin(void)
{
    struct sigaction act = {.sa_sigaction = take, .sa_flags = SA_RESTART | SA_SIGINFO};
    struct sigaction guard = {.sa_handler = faulted, .sa_flags = SA_NODEFER};
    void *first[1];

    backtrace(first, 1); /* the first call loads a library, which a handler must not */
    samples = calloc(PROFILE_MAX, sizeof(*samples));
    return samples && !sigaction(SIGSEGV, &guard, NULL) && !sigaction(SIGPROF, &act, NULL) &&
           timer(PROFILE_HZ);
}

void profile_count(bool on)
{
    atomic_store_explicit(&counting, on, memory_order_relaxed);
}

/* The program is the first of the loaded objects. */
static int program_base(struct dl_phdr_info *info, size_t size, void *base)
{
    *(uintptr_t *)base = info->dlpi_addr;
    return 1;
}

/* @pc as an address of code: of the call, where it is one of return. */
static void write_frame(FILE *f, uintptr_t pc, uintptr_t base, const void *program)
{
    Dl_info info;

    if (!dladdr((void *)pc, &info) || !info.dli_fname) {
        fprintf(f, " ?");
    } else if (info.dli_fbase == program) {
        fprintf(f, " +%" PRIxPTR, pc - base);
    } else {
        const char *name = strrchr(info.dli_fname, '/');
        fprintf(f, " %s:%s", name ? name + 1 : info.dli_fname,
                info.dli_sname ? info.dli_sname : "?");
    }
}

bool profile_write(const char *path)
{
    unsigned n = atomic_load(&taken), kept = n < PROFILE_MAX ? n : PROFILE_MAX;
    uintptr_t base = 0;
    Dl_info own = {0};
    FILE *f;

    timer(0);
    profile_count(false);
    dl_iterate_phdr(program_base, &base);
    dladdr((void *)(uintptr_t)profile_begin, &own);
    f = fopen(path, "w");
    if (!f)
        return false;
    fprintf(f, "# samples %u lost %u\n", kept, n - kept);
    for (unsigned i = 0; i < kept; i++) {
        const struct sample *s = &samples[i];
        fprintf(f, "%016" PRIx64 " %" PRIx64, s->hash, s->va);
        for (int k = OWN; k < s->depth; k++)
            write_frame(f, (uintptr_t)s->pc[k] - (k > OWN), base, own.dli_fbase);
        fputc('\n', f);
    }
    free(samples);
    samples = NULL;
    return !fclose(f);
}
