/*
 * Shader programs: read from memory, decoded once, kept by content. A program's
 * end is not written anywhere: it is the zeros behind the last instruction that
 * straight flow or a direct branch can reach.
 *
 * Called by exec.c and the pipeline. Calls the decoder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS    256
#define KEEP_STEPS (1u << 18) /* instructions; beyond that the whole cache is dropped */

struct va_cache {
    pthread_mutex_t lock;
    struct va_program *bucket[BUCKETS];
    unsigned programs, steps;
    uint8_t jit_mode; /* enum va_jit_mode: of programs decoded from now on */
    struct va_cache_stats stats;
};

static uint64_t hash_words(const uint64_t *w, unsigned n)
{
    uint64_t h = 0x9e3779b97f4a7c15ull ^ n;

    for (unsigned i = 0; i < n; i++) {
        h = (h ^ w[i]) * 0xff51afd7ed558ccdull;
        h ^= h >> 32;
    }
    return h;
}

/* One past the last word that instruction @i can reach: the next one, or its target. */
static unsigned reach(uint64_t word, unsigned i)
{
    unsigned opcode = word >> 48 & 511;
    bool blend = opcode == va_info(VA_OP_BLEND)->opcode, end = (word >> 59 & 15) == VA_FLOW_END;
    int64_t target = i;

    if (opcode == va_info(VA_OP_BRANCHZ)->opcode)
        target += 1 + ((int64_t)(word << 29) >> 37); /* bits 34:8, signed */
    else if (blend)
        target += 1 + (word >> 8 & 0xff);
    if (target < i + (!end || blend)) /* a blend shader is called behind a BLEND that ends */
        target = i + (!end || blend);
    return target < VA_PROGRAM_MAX ? target + 1 : i + 1;
}

/* Reads the program at @va into a growing buffer; returns its length in words. */
static unsigned read_program(uint64_t va, va_fetch_fn *fetch, void *ctx, uint64_t **out)
{
    unsigned n = 0, have = 0, room = 0, needed = 1;
    uint64_t *words = NULL;

    while (n < VA_PROGRAM_MAX) {
        if (n == have) {
            if (have + 64 > room) {
                uint64_t *more = realloc(words, (room = room ? 2 * room : 256) * sizeof(*words));
                if (!more)
                    break;
                words = more;
            }
            unsigned got = fetch(ctx, va + 8ull * have, words + have, 64);
            if (!got || got > 64)
                break;
            have += got;
        }
        if (!words[n] && n >= needed)
            break;
        unsigned r = words[n] ? reach(words[n], n) : 0;
        needed = r > needed ? r : needed;
        n++;
    }
    *out = words;
    return n;
}

/* One past the highest register below r48 that the instruction may read or write. */
static unsigned registers_of(const struct va_insn *in)
{
    unsigned n = va_info(in->op)->message || in->dst >= 48 ? 0 : in->dst + 2u, more;

    for (unsigned i = 0; i < in->nr_src; i++)
        if (in->src[i].kind == VA_SRC_REG && in->src[i].index < 48 && in->src[i].index + 2u > n)
            n = in->src[i].index + 2u;
    for (unsigned i = 0; i < sizeof(in->sr) / sizeof(in->sr[0]); i++) {
        more = in->sr[i].reg + 8u; /* BLEND: two colours; no message takes more */
        n = in->sr[i].count && in->sr[i].reg < 48 && more > n ? more : n;
    }
    return n;
}

/* Whether a lane's result depends on others'. */
static bool looks_around(const struct va_insn *in)
{
    if (in->op == VA_OP_TEX_SINGLE)
        return in->mod[VA_M_LOD] == VA_LOD_COMPUTED || in->mod[VA_M_LOD] == VA_LOD_COMPUTED_BIAS;
    return in->op == VA_OP_WMASK || in->op == VA_OP_TEX_GRADIENT || va_is_clper(in->op);
}

static struct va_program *decode_program(const uint64_t *words, unsigned n, uint64_t hash)
{
    struct va_program *p = calloc(1, sizeof(*p) + n * sizeof(p->step[0]));
    va_alu_fn *const *alu = va_alu_best();

    if (!p)
        return NULL;
    p->words = malloc(n * sizeof(*words));
    if (!p->words) {
        free(p);
        return NULL;
    }
    memcpy(p->words, words, n * sizeof(*words));
    p->count = n;
    p->exec = va_exec_best();
    p->hash = hash;
    for (unsigned i = 0; i < n; i++) {
        struct va_step *s = &p->step[i];
        s->error = va_decode(words[i], &s->insn);
        if (s->error)
            continue;
        va_step_prepare(s, alu);
        unsigned regs = registers_of(&s->insn);
        p->regs = regs > p->regs ? regs : p->regs;
        p->neighbours |= looks_around(&s->insn);
    }
    if (!va_micro_prepare(p)) {
        free(p->words);
        free(p);
        return NULL;
    }
    return p;
}

struct va_cache *va_cache_new(void)
{
    struct va_cache *c = calloc(1, sizeof(*c));

    if (c)
        pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void cache_drop_all(struct va_cache *c)
{
    for (unsigned b = 0; b < BUCKETS; b++)
        while (c->bucket[b]) {
            struct va_program *p = c->bucket[b];
            c->bucket[b] = p->next;
            va_program_put(p);
        }
    c->stats.evictions += c->programs;
    c->programs = c->steps = 0;
}

void va_cache_jit(struct va_cache *c, enum va_jit_mode mode)
{
    pthread_mutex_lock(&c->lock);
    c->jit_mode = (uint8_t)mode;
    pthread_mutex_unlock(&c->lock);
}

void va_cache_free(struct va_cache *c)
{
    if (!c)
        return;
    cache_drop_all(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void va_program_put(struct va_program *p)
{
    if (p && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        va_jit_forget(p);
        va_micro_free(p);
        free(p->words);
        free(p);
    }
}

void va_program_hold(struct va_program *p)
{
    __atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
}

bool va_program_last(const struct va_program *p)
{
    return __atomic_load_n(&p->refs, __ATOMIC_RELAXED) == 1;
}

/* Lock held. The program of that content, with one more reference. */
static struct va_program *cache_find(struct va_cache *c, const uint64_t *words, unsigned n,
                                     uint64_t hash)
{
    for (struct va_program *p = c->bucket[hash % BUCKETS]; p; p = p->next)
        if (p->hash == hash && p->count == n && !memcmp(p->words, words, n * sizeof(*words))) {
            __atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
            return p;
        }
    return NULL;
}

static struct va_program *cache_get(struct va_cache *c, const uint64_t *words, unsigned n)
{
    uint64_t hash = hash_words(words, n);
    struct va_program *p;

    pthread_mutex_lock(&c->lock);
    p = cache_find(c, words, n, hash);
    c->stats.hits += p != NULL;
    if (!p && (p = decode_program(words, n, hash)) != NULL) {
        p->jit_mode = c->jit_mode;
        c->stats.misses++;
        if (c->steps + n > KEEP_STEPS)
            cache_drop_all(c);
        p->refs = 2; /* the cache's and the caller's */
        p->next = c->bucket[hash % BUCKETS];
        c->bucket[hash % BUCKETS] = p;
        c->programs++;
        c->steps += n;
    }
    pthread_mutex_unlock(&c->lock);
    return p;
}

struct va_program *va_program_get(struct va_cache *cache, uint64_t va, va_fetch_fn *fetch,
                                  void *ctx)
{
    uint64_t *words;
    unsigned n = (va & 7) ? 0 : read_program(va, fetch, ctx, &words);
    struct va_program *p;

    if (va & 7)
        return NULL;
    p = n ? cache_get(cache, words, n) : NULL;
    free(words);
    return p;
}

uint64_t va_program_hash(const struct va_program *p)
{
    return p->hash;
}

unsigned va_program_size(const struct va_program *p)
{
    return p->count;
}

bool va_program_neighbours(const struct va_program *p)
{
    return p->neighbours;
}

const struct va_insn *va_program_insn(const struct va_program *p, unsigned i)
{
    return i < p->count && !p->step[i].error ? &p->step[i].insn : NULL;
}

void va_cache_get_stats(struct va_cache *c, struct va_cache_stats *out)
{
    pthread_mutex_lock(&c->lock);
    *out = c->stats;
    pthread_mutex_unlock(&c->lock);
}
