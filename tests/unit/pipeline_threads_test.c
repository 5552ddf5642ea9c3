/*
 * Compute jobs on several worker threads: every thread of the job runs once and sees its own
 * local storage, barriers and atomics hold, faults, stalls and AS commands stop all workers. Also
 * built with ThreadSanitizer (scripts/test tsan).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"

#include "../../hw/valhall/jit.h"

#define WORKERS 4
#define LONG    200u /* rounds of a loop: a job of many workgroups lasts several slices */

/* A world whose storage is mapped for all instances; 4 cores, so 16 workgroups with WLS at most. */
static struct world *threads_world(void)
{
    world_threads = WORKERS;
    struct world *w = world_new();

    pt_map(w->h, w->root, WLS + 0x2000, fake_page(w->h, 200), 30 * 4096, PT_R | PT_W);
    pt_map(w->h, w->root, DATA + 0x10000, fake_page(w->h, 240), 48 * 4096, PT_R | PT_W);
    w->env.core_mask = 0x50005;
    return w;
}

/* r0 counts to zero around @body; ends with @last, all of them words. */
static void put_loop(struct world *w, uint32_t rounds, const uint64_t *begin, unsigned nb,
                     const uint64_t *body, unsigned n, const uint64_t *last, unsigned nl)
{
    uint64_t code[128];
    unsigned k = 0;

    memcpy(code, begin, 8 * nb);
    k = nb;
    code[k++] = movi(0, rounds);
    memcpy(code + k, body, 8 * n);
    k += n;
    code[k++] = addi(0, 0, -1u);
    code[k] = branch(reg(0), false, -(int)n - 2);
    k++;
    memcpy(code + k, last, 8 * nl);
    put_code(w, code, k + nl);
}

#define WORDS(...)                                                                                 \
    (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)
#define LOOP(w, rounds, begin, body, last) put_loop(w, rounds, begin, body, last)

/* Each of 4096 threads adds its id to its own word, LONG times. */
static void every_thread_once(void)
{
    struct world *w = threads_world();

    LOOP(w, LONG, WORDS(address(2, uni(0), 60, 2)),
         WORDS(memory(VA_OP_LOAD_I32, 6, reg(2)), add(6, reg(6), reg(60)),
               memory(VA_OP_STORE_I32, 6, reg(2))),
         WORDS(END(NOP())));
    SET_FAU(w, DATA);
    set_size(w, 24, 1, 1);
    set_grid(w, 170, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 4096; i++)
        if (!TAP_CHECK_EQ(*at32(w, DATA + 4 * i), i < 24 * 170 ? i * LONG : 0))
            tap_note("element %u", i);
    TAP_CHECK(w->slices > 1);
    TAP_CHECK_EQ(__atomic_load_n(&w->h->threads, __ATOMIC_RELAXED) > 0, true);
    world_free(w);
}

/* A program is compiled while all workers run it: before, meanwhile and behind, they do the same.
 */
static void compiled_meanwhile(void)
{
    struct world *w = threads_world();
    struct va_jit_stats stats;
    const char *why;

    if (!va_jit_available(&why))
        tap_note("only the interpreter runs: %s", why);
    mali_pipeline_jit(w->pipeline, VA_JIT_ON);
    LOOP(w, LONG, WORDS(address(2, uni(0), 60, 2)),
         WORDS(memory(VA_OP_LOAD_I32, 6, reg(2)), add(6, reg(6), reg(60)),
               memory(VA_OP_STORE_I32, 6, reg(2))),
         WORDS(END(NOP())));
    SET_FAU(w, DATA);
    set_size(w, 24, 1, 1);
    set_grid(w, 170, 1, 1);
    for (unsigned n = 1; n <= 4; n++) {
        if (n == 3) /* others have been compiled while they ran */
            va_jit_wait();
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        for (unsigned i = 0; i < 4080; i++)
            if (!TAP_CHECK_EQ(*at32(w, DATA + 4 * i), n * LONG * i))
                break;
    }
    va_jit_get_stats(&stats);
    TAP_CHECK_EQ(stats.failed, 0);
    TAP_CHECK(stats.compiled || !va_jit_available(&why));
    world_free(w);
}

/* Sums of all threads, in 32 bits; every old value is seen once. */
static void atomics(void)
{
    struct world *w = threads_world();
    const unsigned threads = 64 * 30;

    LOOP(w, LONG, WORDS(movi(5, 3)), WORDS(atom_add(5, uni(0))),
         WORDS(atom_inc(10, uni(2)), movi(11, 0), address(12, uni(4), 10, 2),
               END(memory(VA_OP_STORE_I32, 60, reg(12)))));
    SET_FAU(w, BUF(0), BUF(0) + 4, BUF(1));
    set_size(w, 64, 1, 1);
    set_grid(w, 30, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 3 * LONG * threads);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 4), threads);
    uint8_t seen[2048] = {0};
    for (unsigned i = 0; i < threads; i++) {
        uint32_t id = *at32(w, BUF(1) + 4 * i);
        if (TAP_CHECK(id < threads))
            TAP_CHECK_EQ(seen[id]++, 0);
    }
    world_free(w);
}

/* Values go through workgroup storage to the opposite thread and back, with barriers. */
static void barriers(void)
{
    struct world *w = threads_world();

    LOOP(w, 40,
         WORDS(mov(2, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 0)),
               mov(3, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 1)), mov(4, reg(55)),
               address(12, reg(2), 4, 2), movi(8, 63), sub(4, reg(8), reg(4)),
               address(14, reg(2), 4, 2), mov(10, reg(60))),
         WORDS(memory(VA_OP_STORE_I32, 10, reg(12)), BARRIER(), memory(VA_OP_LOAD_I32, 10, reg(14)),
               BARRIER()),
         WORDS(address(6, uni(0), 60, 2), END(memory(VA_OP_STORE_I32, 10, reg(6)))));
    SET_FAU(w, DATA);
    set_size(w, 64, 1, 1);
    set_grid(w, 60, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 64 * 60; i++) /* an even number of exchanges */
        TAP_CHECK_EQ(*at32(w, DATA + 4 * i), i);
    world_free(w);
}

/* Each thread counts in its own local storage. */
static void local_storage(void)
{
    struct world *w = threads_world();

    LOOP(
        w, LONG,
        WORDS(mov(2, spec(VA_SPECIAL_THREAD_LOCAL_POINTER, 0)),
              mov(3, spec(VA_SPECIAL_THREAD_LOCAL_POINTER, 1)),
              memory(VA_OP_STORE_I32, 60, reg(2))),
        WORDS(memory(VA_OP_LOAD_I32, 6, reg(2)), addi(6, 6, 1), memory(VA_OP_STORE_I32, 6, reg(2))),
        WORDS(address(8, uni(0), 60, 2), END(memory(VA_OP_STORE_I32, 6, reg(8)))));
    SET_FAU(w, DATA);
    set_size(w, 64, 1, 1);
    set_grid(w, 60, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 64 * 60; i++)
        TAP_CHECK_EQ(*at32(w, DATA + 4 * i), i + LONG);
    world_free(w);
}

/* One workgroup out of many faults: the job ends, the fault is its. */
static void fault_stops_all(void)
{
    struct world *w = threads_world();

    /* the second workgroup turns to an unmapped address, the others never end */
    PROGRAM(w, movi(4, 1), sub(4, reg(57), reg(4)), branch(reg(4), true, 2), NOP(),
            branch(lut(0), true, -2), END(memory(VA_OP_LOAD_I32, 6, uni(0))));
    SET_FAU(w, UNMAPPED + 0x123400);
    set_size(w, 16, 1, 1);
    set_grid(w, 3, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_FATAL);
    TAP_CHECK_EQ(w->fault.memory, true);
    TAP_CHECK_EQ(w->fault.va, UNMAPPED + 0x123400);
    TAP_CHECK_EQ(w->st->job_token, 0);
    world_free(w);
}

/* --- safe points --------------------------------------------------------------------------- */

/* Every thread waits until a word is not zero. */
static void put_waiters(struct world *w)
{
    PROGRAM(w, memory(VA_OP_LOAD_I32, 6, uni(0)), branch(reg(6), true, -2), movi(5, 1),
            END(atom_add(5, uni(2))));
    SET_FAU(w, BUF(3), BUF(0));
    set_size(w, 64, 1, 1);
    set_grid(w, WORKERS, 1, 1);
    ring_put(w, RUN);
    for (unsigned i = 0; i < 4; i++)
        TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
}

/* An AS command between two slices reaches the TLBs of all workers. */
static void remapped(void)
{
    struct world *w = threads_world();
    uint64_t page = fake_page(w->h, 300);

    put_waiters(w);
    *(uint32_t *)fake_ram(w->h, page, 4) = 1;
    pt_unmap(w->h, w->root, BUF(3), 4096);
    pt_map(w->h, w->root, BUF(3), page, 4096, PT_R);
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET); /* the old page is still in force */
    fake_as_command(w->mmu, AS, 4);         /* FLUSH_PT */
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 64 * WORKERS);
    world_free(w);
}

/* A locked region stalls the job, whoever meets it; it goes on after. */
static void locked(void)
{
    struct world *w = threads_world();

    put_waiters(w);
    fake_as_write64(w->mmu, AS, 0x10, BUF(3) | 11); /* 4 KiB */
    fake_as_command(w->mmu, AS, 2);                 /* LOCK */
    TAP_CHECK_EQ(slice(w), CS_STOP_STALL);
    TAP_CHECK_EQ(slice(w), CS_STOP_STALL);
    fake_as_command(w->mmu, AS, 3); /* UNLOCK */
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
    *at32(w, BUF(3)) = 1;
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 64 * WORKERS);
    world_free(w);
}

/* Suspended in the middle of workgroups, dropped, and a reset: nothing of it runs on. */
static void dropped(void)
{
    struct world *w = threads_world();

    put_waiters(w);
    mali_pipeline_drop(w->pipeline, w->st->job_token);
    *at32(w, BUF(3)) = 1;
    TAP_CHECK_EQ(slice(w), CS_STOP_FAULT);
    TAP_CHECK_EQ(w->fault.code, MALI_CSF_RES_EVICTION_TIMEOUT);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 0);
    world_free(w);
}

/* With one thread there are no others. */
static void alone(void)
{
    world_threads = 1;
    struct world *w = world_new();

    put_waiters(w);
    TAP_CHECK_EQ(w->h->threads, 0);
    *at32(w, BUF(3)) = 1;
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 64 * WORKERS);
    TAP_CHECK_EQ(w->h->threads, 0);
    world_free(w);
}

TAP_MAIN({"every-thread-once", every_thread_once}, {"compiled-meanwhile", compiled_meanwhile},
         {"atomics", atomics}, {"barriers", barriers}, {"local-storage", local_storage},
         {"fault-stops-all", fault_stops_all}, {"remapped", remapped}, {"locked", locked},
         {"dropped", dropped}, {"alone", alone})
