/*
 * A pool of worker threads: one function, run by all of them at once, joined before the
 * call returns. So whoever may call the pipeline has all workers stopped when no call is under
 * way: AS commands, suspends, resets and snapshots need nothing more.
 *
 * Called by compute.c, from one thread at a time. Calls the host's thread().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_POOL_H
#define MALI_POOL_H

#include "../bus/bus.h"

#define POOL_MAX 64 /* threads, the caller among them */

struct mali_pool;

/**
 * @threads: with the caller, 1..256, at most POOL_MAX of them are used; 0: as many as the host lets
 * this process use. None is started before the first pool_run() that wants it. NULL: no memory.
 */
struct mali_pool *pool_new(struct mali_bus *bus, unsigned threads);
/** Ends the threads. @pool may be NULL. */
void pool_free(struct mali_pool *pool);
/** Threads with the caller, at least 1. */
unsigned pool_size(const struct mali_pool *pool);

/**
 * Calls fn(ctx, i) for each i < @n at the same time, 0 in this thread; returns when all have
 * returned. @n: 1..pool_size(). Threads that cannot be started: this one does their share after
 * its own.
 */
void pool_run(struct mali_pool *pool, unsigned n, void (*fn)(void *ctx, unsigned i), void *ctx);

#endif
