/*
 * The cycle counter: core clock times virtual time, while it is running. Has
 * its own lock because command streams read it without the core's lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gpu_internal.h"

#define NS_PER_S 1000000000u

/* Moves the base to @now, so that rate or running may change. Lock held. */
static void rebase(struct gpu_clock *c, uint64_t now)
{
    if (now <= c->since) /* another thread has sampled a later time */
        return;
    if (c->running) {
        unsigned __int128 sum = (unsigned __int128)(now - c->since) * c->hz + c->rest;

        c->base += (uint64_t)(sum / NS_PER_S);
        c->rest = (uint64_t)(sum % NS_PER_S);
    }
    c->since = now;
}

void gpu_clock_init(struct gpu_clock *c, uint32_t hz)
{
    pthread_mutex_init(&c->lock, NULL);
    c->hz = hz;
}

uint64_t gpu_clock_cycles(struct gpu_clock *c, uint64_t now)
{
    pthread_mutex_lock(&c->lock);
    rebase(c, now);
    uint64_t cycles = c->base;
    pthread_mutex_unlock(&c->lock);
    return cycles;
}

void gpu_clock_run(struct gpu_clock *c, uint64_t now, bool running)
{
    pthread_mutex_lock(&c->lock);
    rebase(c, now);
    c->running = running;
    pthread_mutex_unlock(&c->lock);
}

void gpu_clock_set_hz(struct gpu_clock *c, uint64_t now, uint32_t hz)
{
    pthread_mutex_lock(&c->lock);
    rebase(c, now);
    c->hz = hz;
    pthread_mutex_unlock(&c->lock);
}

void gpu_clock_set_cycles(struct gpu_clock *c, uint64_t now, uint64_t cycles)
{
    pthread_mutex_lock(&c->lock);
    c->base = cycles;
    c->rest = 0;
    c->since = now;
    pthread_mutex_unlock(&c->lock);
}
