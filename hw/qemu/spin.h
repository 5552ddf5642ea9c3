/*
 * A virtual CPU that spins: when has it waited long enough to let another thread of the host run?
 *
 * spin.c asks; no QEMU header here, so that unit/spin_test can ask, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_SPIN_H
#define MALI_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* Two YIELDs or WFEs further apart than this, in ns, belong to two waits: a turn of a guest's loop takes 20 to 200. */
#define MALI_SPIN_GAP 2000
/* What a lock that is held by a running virtual CPU may take, in ns. */
#define MALI_SPIN_PATIENCE 1000

/** struct mali_spin - of one virtual CPU, in ns of any clock that does not go back; zeros at first */
struct mali_spin {
    int64_t first; /* YIELD or WFE of this wait, */
    int64_t last;  /* and the last one */
};

/**
 * mali_spin_wait() - a YIELD or WFE is executed
 * @s: of the virtual CPU that does it
 * @now: the time
 *
 * Return: whether the virtual CPU has waited for longer than MALI_SPIN_PATIENCE. Who then does something that takes
 * time says so in @s->last: it is not the end of the wait.
 */
static inline bool mali_spin_wait(struct mali_spin *s, int64_t now)
{
    if (now - s->last > MALI_SPIN_GAP) {
        s->first = now;
    }
    s->last = now;
    return now - s->first >= MALI_SPIN_PATIENCE;
}

/* Called by the code that TCG makes of YIELD, WFE and WFET (patches/0002), in the thread of a virtual CPU. */
void mali_vcpu_spins(void);

/* How often a virtual CPU has let others run since QEMU started. Any thread. */
uint64_t mali_vcpu_yields(void);

#endif
