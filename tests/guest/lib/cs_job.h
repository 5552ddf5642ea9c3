/*
 * What the command-stream tests share beyond panthor_util.h: streams that end
 * with a flush, a fresh context for each subtest, jobs that must be fatal.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CS_JOB_H
#define CS_JOB_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#define CS_END_WORDS 4 /* appended by cs_finish() */

/** Appends what makes the stores of the @n words at @s visible to the CPU; the new count. */
static inline unsigned cs_finish(uint64_t *s, unsigned n)
{
    s[n++] = cs_wait(0xff);
    s[n++] = cs_mov32(94, 0); /* a register of the kernel, which sets it again itself */
    s[n++] = cs_flush(94, 0, 1);
    s[n++] = cs_wait(0xff);
    return n;
}

/** Bits to OR: the operation waits for the entries in @wait, then signals entry @signal. */
static inline uint64_t cs_defer(unsigned wait, unsigned signal)
{
    return CS_AT(wait, 16) | CS_AT(signal, 48);
}

/** Waits for a submitted job and demands success. */
static inline void pu_must_signal(int fd, uint32_t sync, int64_t ns)
{
    igt_assert_eq(pu_sync_wait(fd, sync, 0, ns), 0);
    igt_assert_eq(pu_sync_status(fd, sync), 1);
}

static inline double pu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/**
 * Runs a stream and cs_finish(); must succeed. The subtest is skipped when Linux 6.12's timer (see pu_must_be_timer())
 * took the group between two jobs: it gives a job 5 s, so what it does within 4 s is its bug.
 */
static inline void pu_must_run(struct pu_ctx *c, uint32_t group, const uint64_t *words, unsigned n)
{
    uint64_t *s = malloc((n + CS_END_WORDS) * sizeof(*s));
    double start = pu_seconds();
    uint32_t state = 0;
    int r;

    memcpy(s, words, n * sizeof(*s));
    r = pu_run(c, group, s, cs_finish(s, n));
    free(s);
    if (r && pu_minor(c->fd) == 0 && pu_seconds() - start < 4 && !pu_group_state(c->fd, group, &state, NULL))
        igt_skip_on_f(state == DRM_PANTHOR_GROUP_STATE_TIMEDOUT, "the group was lost to the kernel's timer\n");
    igt_assert_eq(r, 0);
}
/** pu_must_run() of the instructions given as arguments. */
#define pu_do(c, group, ...)                                                                       \
    pu_must_run(c, group, (const uint64_t[]){__VA_ARGS__}, PU_N(((const uint64_t[]){__VA_ARGS__})))

/*
 * Linux 6.12's drm_sched_suspend_timeout() arms a timer at "jiffies + forever", which now and then fires at once:
 * panthor then kills a group that merely lost its slot. Nothing else may end a job early.
 */
/** Fails unless it was that bug that killed the group. */
static inline void pu_must_be_timer(struct pu_ctx *c, uint32_t group)
{
    uint32_t state = 0;

    igt_assert_eq(pu_group_state(c->fd, group, &state, NULL), 0);
    igt_assert_f(pu_minor(c->fd) == 0 && (state & DRM_PANTHOR_GROUP_STATE_TIMEDOUT),
                 "work was lost, and its group's state is 0x%x\n", state);
    igt_info("work was lost to the kernel's timer\n");
}

/** Waits for a submitted job; true when that bug took it: the caller runs it again in a new group. */
static inline bool pu_lost(struct pu_ctx *c, uint32_t group, uint32_t sync, int64_t ns)
{
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, ns), 0);
    if (pu_sync_status(c->fd, sync) == 1)
        return false;
    pu_must_be_timer(c, group);
    return true;
}

/** The group's state must be @want, with no queue fatal unless it is a fatal one. */
static inline void pu_must_be(int fd, uint32_t group, uint32_t want)
{
    uint32_t state = 0, queues = 0;

    igt_assert_eq(pu_group_state(fd, group, &state, &queues), 0);
    /* The timer may strike a group that is dead already. */
    if (want && pu_minor(fd) == 0)
        state &= ~DRM_PANTHOR_GROUP_STATE_TIMEDOUT | want;
    igt_assert_eq_u32(state, want);
    igt_assert_eq(queues != 0, (want & DRM_PANTHOR_GROUP_STATE_FATAL_FAULT) != 0);
}

/** After work that was done: the group must be sound; the timer may have taken it when the job was over. */
static inline void pu_must_be_sound(struct pu_ctx *c, uint32_t group)
{
    uint32_t state = 0;

    igt_assert_eq(pu_group_state(c->fd, group, &state, NULL), 0);
    if (state)
        pu_must_be_timer(c, group);
}

/** A fault may reach the group's state after the fence: waits for @want, then demands it. */
static inline void pu_must_become(int fd, uint32_t group, uint32_t want)
{
    const struct timespec nap = {.tv_nsec = 20000000};
    uint32_t state = 0;

    for (int i = 0; i < 500 && !pu_group_state(fd, group, &state, NULL) && state != want; i++)
        nanosleep(&nap, NULL);
    pu_must_be(fd, group, want);
}

/** Runs a subtest on a context of its own, with a group of @queues queues (0: none). */
static inline void pu_fresh(void (*run)(struct pu_ctx *c, uint32_t group), unsigned queues)
{
    struct pu_ctx c = pu_need_ctx(pu_need_device());
    uint32_t group = queues ? pu_need_group(&c, queues) : 0;

    run(&c, group);
    if (group)
        pu_group_destroy(c.fd, group); /* the subtest may have done so */
    pu_ctx_free(&c);
}

/** A subtest of that kind. */
#define pu_subtest(name, what, run, queues)                                                        \
    igt_describe(what);                                                                            \
    igt_subtest(name) pu_fresh(run, queues)

#endif
