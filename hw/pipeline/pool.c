/*
 * The pool of worker threads; see pool.h. Worker i waits at its own semaphore; the last one
 * that is done wakes the caller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>

#define SPIN_NS 50000u /* as long as it takes to wake one */
#define LOOKS   16u    /* between two of those at the clock */

struct worker {
    struct mali_pool *pool;
    pthread_t thread;
    sem_t go;
    unsigned i;
};

struct mali_pool {
    struct mali_bus *bus;
    unsigned size, started; /* with the caller */
    bool stop;              /* written before the semaphores, read after */
    void (*fn)(void *ctx, unsigned i);
    void *ctx;
    unsigned left; /* workers that have not returned; atomic */
    sem_t done;
    struct worker worker[POOL_MAX];
};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/*
 * The next piece of work often comes at once (a draw's phases take some hundred us), and a thread
 * that sleeps is some 50 us late: so it looks for as long before it sleeps.
 */
static void wait_for(sem_t *sem)
{
    uint64_t until = mali_host_ns() + SPIN_NS;

    do
        for (unsigned i = 0; i < LOOKS; i++) {
            if (!sem_trywait(sem))
                return;
            relax();
        }
    while (mali_host_ns() < until);
    while (sem_wait(sem))
        ; /* EINTR */
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct mali_pool *p = w->pool;

    if (p->bus->ops->thread)
        p->bus->ops->thread(p->bus->opaque, true);
    for (;;) {
        wait_for(&w->go);
        if (p->stop)
            break;
        p->fn(p->ctx, w->i);
        if (__atomic_sub_fetch(&p->left, 1, __ATOMIC_ACQ_REL) == 0)
            sem_post(&p->done);
    }
    if (p->bus->ops->thread)
        p->bus->ops->thread(p->bus->opaque, false);
    return NULL;
}

static unsigned host_threads(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

struct mali_pool *pool_new(struct mali_bus *bus, unsigned threads)
{
    struct mali_pool *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->bus = bus;
    p->size = threads ? threads : host_threads();
    p->size = p->size > POOL_MAX ? POOL_MAX : p->size ? p->size : 1;
    p->started = 1;
    sem_init(&p->done, 0, 0);
    return p;
}

unsigned pool_size(const struct mali_pool *pool)
{
    return pool->size;
}

/* Threads up to @n, as many as can be had. */
static void start(struct mali_pool *p, unsigned n)
{
    while (p->started < n) {
        struct worker *w = &p->worker[p->started];
        *w = (struct worker){.pool = p, .i = p->started};
        sem_init(&w->go, 0, 0);
        if (pthread_create(&w->thread, NULL, worker_main, w)) {
            sem_destroy(&w->go);
            p->size = p->started; /* no more are asked for */
            return;
        }
        p->started++;
    }
}

void pool_run(struct mali_pool *p, unsigned n, void (*fn)(void *ctx, unsigned i), void *ctx)
{
    unsigned with;

    start(p, n);
    with = n < p->started ? n : p->started;
    p->fn = fn;
    p->ctx = ctx;
    __atomic_store_n(&p->left, with - 1, __ATOMIC_RELAXED);
    for (unsigned i = 1; i < with; i++)
        sem_post(&p->worker[i].go);
    fn(ctx, 0);
    for (unsigned i = with; i < n; i++)
        fn(ctx, i);
    if (with > 1)
        wait_for(&p->done);
}

void pool_free(struct mali_pool *p)
{
    if (!p)
        return;
    p->stop = true;
    for (unsigned i = 1; i < p->started; i++)
        sem_post(&p->worker[i].go);
    for (unsigned i = 1; i < p->started; i++) {
        pthread_join(p->worker[i].thread, NULL);
        sem_destroy(&p->worker[i].go);
    }
    sem_destroy(&p->done);
    free(p);
}
