/*
 * When a spinning virtual CPU lets others run: not before its patience ends, at every turn after it, and
 * not for waits that are short, however many there are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/qemu/spin.h"

#define TURN 50 /* of a guest's loop, in ns */

/* The clock has run for long. */
static const int64_t begin = 1000000000;

static void patience(void)
{
    struct mali_spin s = {0};
    int64_t now = begin;

    for (; now < begin + MALI_SPIN_PATIENCE; now += TURN)
        if (!TAP_CHECK(!mali_spin_wait(&s, now)))
            return;
    for (unsigned i = 0; i < 100; i++, now += TURN)
        if (!TAP_CHECK(mali_spin_wait(&s, now)))
            return;
}

/* The same wait goes on after a time slice of somebody else. */
static void after_yield(void)
{
    struct mali_spin s = {0};
    int64_t now = begin;

    while (!mali_spin_wait(&s, now))
        now += TURN;
    now += 3000000;
    s.last = now;
    TAP_CHECK(mali_spin_wait(&s, now + TURN));
}

static void short_waits(void)
{
    struct mali_spin s = {0};
    int64_t now = begin;

    for (unsigned wait = 0; wait < 100; wait++) {
        for (int64_t end = now + MALI_SPIN_PATIENCE - TURN; now < end; now += TURN)
            if (!TAP_CHECK(!mali_spin_wait(&s, now)))
                return;
        now += MALI_SPIN_GAP + TURN;
    }
}

/* A virtual CPU that had no CPU of the host begins anew: it does not know what it missed. */
static void preempted(void)
{
    struct mali_spin s = {0};

    TAP_CHECK(!mali_spin_wait(&s, begin));
    TAP_CHECK(!mali_spin_wait(&s, begin + MALI_SPIN_PATIENCE / 2));
    TAP_CHECK(!mali_spin_wait(&s, begin + 4000000));
    TAP_CHECK(!mali_spin_wait(&s, begin + 4000000 + MALI_SPIN_PATIENCE - 1));
    TAP_CHECK(mali_spin_wait(&s, begin + 4000000 + MALI_SPIN_PATIENCE));
}

TAP_MAIN({"patience", patience}, {"after-yield", after_yield}, {"short-waits", short_waits}, {"preempted", preempted})
