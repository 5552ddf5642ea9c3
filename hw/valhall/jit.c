/*
 * When programs are compiled, by whom, and where the code is kept.
 *
 * One thread for all GPUs of the process compiles, at low priority, what is in the queue. It alone
 * calls LLVM. A program in the queue is held; its code lives as long as the program.
 *
 * Called by exec.c and program.c. Calls jit_emit.c, LLVM's ORC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit.h"

#include "exec_internal.h"
#include "jit_disk.h"
#include "jit_emit.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOT          20000u /* instructions of a warp, from when on compiling costs less than it brings */
#define LONGEST      1024u /* instructions of a program: LLVM wants 0.1 MiB and 1.5 ms for each */
#define OFTEN_PARTED 256u  /* times that part of a warp was interpreted */
#define PRIORITY     2     /* nice */
#define QUEUE_MAX    256

/* Code and where it lives. */
struct unit {
    struct unit *next;
    llvm_ref dylib;
};

struct request {
    struct va_program *p;
    unsigned form;
    struct request *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    bool started, stop, busy;
    bool made; /* something, by LLVM, since there was nothing to do */
    pthread_t thread;
    struct request *first, **last;
    unsigned queued;
    struct unit *gone; /* to be freed by the thread */
    struct va_jit_stats stats;
    /* the thread's: */
    const struct llvm *l;
    llvm_ref machine, lljit;
    struct unit *spare; /* empty ones: LLVM does not give them back */
    unsigned named;
    unsigned version; /* of LLVM */
    bool keep;        /* on disk; does not change once the thread is there */
} jit = {.lock = PTHREAD_MUTEX_INITIALIZER,
         .work = PTHREAD_COND_INITIALIZER,
         .idle = PTHREAD_COND_INITIALIZER,
         .last = &jit.first};

bool va_jit_available(const char **why)
{
#ifdef __x86_64__
    if (va_vectors() < VA_VECTORS_AVX2) { /* jit_pieces.c is made for it and for AVX-512 */
        *why = "the CPU has no AVX2, FMA and F16C, or they are not used";
        return false;
    }
    return va_llvm(why) != NULL;
#else
    *why = "not an x86-64 host";
    return false;
#endif
}

/* --- code ----------------------------------------------------------------------------------------
 */

static bool ok(llvm_ref error)
{
    if (!error)
        return true;
    char *text = jit.l->GetErrorMessage(error);
    fprintf(stderr, "mali: shader compiler: %s\n", text);
    jit.l->DisposeErrorMessage(text);
    return false;
}

void va_jit_end(void)
{
    pthread_mutex_lock(&jit.lock);
    bool join = jit.started && !jit.stop;
    jit.stop = true;
    pthread_cond_signal(&jit.work);
    pthread_mutex_unlock(&jit.lock);
    if (join)
        pthread_join(jit.thread, NULL);
}

static bool start_llvm(void)
{
    unsigned minor, patch;
    const char *why;

    if (jit.l)
        return jit.lljit;
    if (!va_jit_available(&why) || !(jit.l = va_llvm(&why)))
        return false;
    jit.l->GetVersion(&jit.version, &minor, &patch);
    jit.version = jit.version << 16 | minor << 8 | patch;
    /*
     * After what LLVM has said so far that it does at exit, so before that is done. What it says
     * while it compiles is done earlier still: see va_jit_end().
     */
    atexit(va_jit_end);
    jit.machine = va_jit_machine(jit.l);
    if (jit.machine && !ok(jit.l->OrcCreateLLJIT(&jit.lljit, NULL)))
        jit.lljit = NULL;
    return jit.lljit;
}

static struct unit *unit_new(void)
{
    struct unit *u = jit.spare;
    char name[32];

    if (u) {
        jit.spare = u->next;
        return u;
    }
    u = calloc(1, sizeof(*u));
    snprintf(name, sizeof(name), "shader%u", jit.named++);
    if (u)
        u->dylib = jit.l->OrcExecutionSessionCreateBareJITDylib(
            jit.l->OrcLLJITGetExecutionSession(jit.lljit), name);
    return u;
}

static void unit_free(struct unit *u)
{
    ok(jit.l->OrcJITDylibClear(u->dylib));
    u->next = jit.spare;
    jit.spare = u;
}

static void found(llvm_ref error, const struct llvm_symbol *s, size_t n, void *ctx)
{
    uint64_t *at = ctx;

    if (ok(error) && n == 1)
        *at = s[0].address;
}

static va_jit_fn *address(struct unit *u, const char *name)
{
    struct llvm_search order = {u->dylib, LLVM_ALL_SYMBOLS};
    struct llvm_search symbol = {jit.l->OrcLLJITMangleAndIntern(jit.lljit, name), LLVM_REQUIRED};
    uint64_t at = 0;

    jit.l->OrcExecutionSessionLookup(jit.l->OrcLLJITGetExecutionSession(jit.lljit),
                                     LLVM_LOOKUP_STATIC, &order, 1, &symbol, 1, found, &at);
    return (va_jit_fn *)(uintptr_t)at;
}

/* @object is consumed. */
static struct va_jit_code *load(const struct va_program *p, llvm_ref object)
{
    struct va_jit_code *c = calloc(1, sizeof(*c));
    struct unit *u = c ? unit_new() : NULL;

    if (!u) {
        jit.l->DisposeMemoryBuffer(object);
        free(c);
        return NULL;
    }
    c->unit = u;
    if (ok(jit.l->OrcLLJITAddObjectFile(jit.lljit, u->dylib, object))) {
        c->run = address(u, VA_JIT_SYMBOL);
    }
    if (c->run && va_jit_plan(p, &c->plan))
        return c;
    va_jit_plan_free(&c->plan);
    unit_free(u);
    free(c);
    return NULL;
}

/* --- the thread ------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* From disk. */
static struct va_jit_code *find(const struct va_program *p, unsigned form)
{
    size_t size;
    void *data = jit.keep ? va_jit_disk_load(p, form, jit.version, &size) : NULL;
    struct va_jit_code *c = NULL;

    if (data)
        c = load(p, jit.l->CreateMemoryBufferWithMemoryRangeCopy(data, size, "shader"));
    free(data);
    return c;
}

/* By LLVM. */
static struct va_jit_code *make(const struct va_program *p, unsigned form)
{
    char why[256];
    llvm_ref object = va_jit_emit(jit.l, jit.machine, p, form, why, sizeof(why));

    if (!object)
        return NULL;
    if (jit.keep)
        va_jit_disk_store(p, form, jit.version, jit.l->GetBufferStart(object),
                          jit.l->GetBufferSize(object));
    return load(p, object);
}

static void compile(struct va_program *p, unsigned form)
{
    uint64_t began = now_ns();
    bool works = start_llvm();
    struct va_jit_code *c = works ? find(p, form) : NULL;
    bool loaded = c != NULL;

    if (works && !c)
        c = make(p, form);
    if (c)
        __atomic_store_n(&p->jit[form], c, __ATOMIC_RELEASE);
    pthread_mutex_lock(&jit.lock);
    jit.stats.compiled += c != NULL;
    jit.stats.loaded += loaded;
    jit.stats.failed += c == NULL;
    jit.stats.ns += now_ns() - began;
    jit.made |= works && !loaded;
    pthread_mutex_unlock(&jit.lock);
}

/* Lock held. */
static void bury(void)
{
    while (jit.gone) {
        struct unit *u = jit.gone;
        jit.gone = u->next;
        pthread_mutex_unlock(&jit.lock);
        unit_free(u);
        pthread_mutex_lock(&jit.lock);
    }
}

/* What LLVM had allocated and freed goes back to the host. Lock held. */
static void give_back(void)
{
    jit.made = false;
    pthread_mutex_unlock(&jit.lock);
    malloc_trim(0);
    pthread_mutex_lock(&jit.lock);
}

static void *work(void *unused)
{
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), PRIORITY);
    pthread_mutex_lock(&jit.lock);
    while (!jit.stop) {
        struct request *r = jit.first;
        bury();
        if (!r && jit.made) {
            give_back();
            continue;
        }
        if (!r) {
            jit.busy = false;
            pthread_cond_broadcast(&jit.idle);
            pthread_cond_wait(&jit.work, &jit.lock);
            continue;
        }
        jit.first = r->next;
        jit.last = jit.first ? jit.last : &jit.first;
        jit.queued--;
        jit.busy = true;
        pthread_mutex_unlock(&jit.lock);
        if (!va_program_last(r->p))
            compile(r->p, r->form);
        va_program_put(r->p);
        free(r);
        pthread_mutex_lock(&jit.lock);
    }
    jit.busy = false;
    pthread_cond_broadcast(&jit.idle);
    pthread_mutex_unlock(&jit.lock);
    return NULL;
}

/* Lock held. */
static bool start(void)
{
    if (!jit.started && !jit.stop)
        jit.started = pthread_create(&jit.thread, NULL, work, NULL) == 0;
    return jit.started && !jit.stop;
}

/* --- requests -----------------------------------------------------------------------------------
 */

static bool request(struct va_program *p, unsigned form)
{
    struct request *r = calloc(1, sizeof(*r));
    bool taken = false;

    pthread_mutex_lock(&jit.lock);
    if (r && jit.queued < QUEUE_MAX && start()) {
        *r = (struct request){p, form, NULL};
        va_program_hold(p);
        *jit.last = r;
        jit.last = &r->next;
        jit.queued++;
        taken = jit.busy = true;
        pthread_cond_signal(&jit.work);
    }
    pthread_mutex_unlock(&jit.lock);
    if (!taken)
        free(r);
    return taken;
}

/* Unless somebody has. */
static bool ask(struct va_program *p, unsigned form)
{
    return p->count <= LONGEST && !__atomic_load_n(&p->jit_asked[form], __ATOMIC_RELAXED) &&
           !__atomic_exchange_n(&p->jit_asked[form], true, __ATOMIC_RELAXED) && request(p, form);
}

void va_jit_heat(struct va_program *p, enum va_ftz ftz, uint64_t n)
{
    uint64_t heat = __atomic_add_fetch(&p->heat, n, __ATOMIC_RELAXED);

    if (heat >= HOT && ftz < VA_FTZ_MODES)
        ask(p, VA_JIT_ALL(ftz));
}

void va_jit_parted(struct va_program *p, enum va_ftz ftz)
{
    if (p->jit_mode == VA_JIT_ON &&
        __atomic_add_fetch(&p->parted, 1, __ATOMIC_RELAXED) >= OFTEN_PARTED)
        ask(p, VA_JIT_PART(ftz));
}

void va_jit_compile(struct va_program *p, enum va_ftz ftz)
{
    if (ftz >= VA_FTZ_MODES)
        return;
    ask(p, VA_JIT_ALL(ftz));
    ask(p, VA_JIT_PART(ftz));
    va_jit_wait();
}

void va_jit_wait(void)
{
    pthread_mutex_lock(&jit.lock);
    while (jit.busy)
        pthread_cond_wait(&jit.idle, &jit.lock);
    pthread_mutex_unlock(&jit.lock);
}

bool va_jit_keep(const char *where)
{
    pthread_mutex_lock(&jit.lock);
    if (!jit.started && !jit.keep)
        jit.keep = va_jit_disk_open(where);
    bool kept = jit.keep;
    pthread_mutex_unlock(&jit.lock);
    return kept;
}

void va_jit_forget(struct va_program *p)
{
    for (unsigned i = 0; i < VA_JIT_FORMS; i++) {
        if (!p->jit[i])
            continue;
        struct unit *u = p->jit[i]->unit;
        va_jit_plan_free(&p->jit[i]->plan);
        free(p->jit[i]);
        pthread_mutex_lock(&jit.lock);
        u->next = jit.gone;
        jit.gone = u;
        pthread_mutex_unlock(&jit.lock);
    }
}

void va_jit_get_stats(struct va_jit_stats *out)
{
    pthread_mutex_lock(&jit.lock);
    *out = jit.stats;
    pthread_mutex_unlock(&jit.lock);
}
