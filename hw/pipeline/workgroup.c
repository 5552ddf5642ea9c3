/*
 * Workgroups: registers that threads begin with, turns of warps, barriers. The warps of a
 * workgroup take turns, so that they may wait for each other, all on the same thread.
 *
 * Called by compute.c. Calls core.c and the interpreter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "workgroup.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline_internal.h"

#define QUANTUM 4096u /* instructions of a warp before the next one has its turn */

enum warp_state { WARP_RUNS, WARP_WAITS, WARP_ENDED };

/*
 * What a warp begins with in every workgroup: the same for all of them, so it is found once. Zero
 * in lanes without a thread. Not of merged workgroups, of which each lane may have another one.
 */
struct warp_start {
    va_v16u local[3], mask, tls[2];
    uint16_t lanes;
};

struct compute_warp {
    struct va_warp w;
    struct warp_start start;
    enum warp_state state;
};

/* --- places --------------------------------------------------------------------------- */

struct place *place_new(struct mali_pipeline *p)
{
    struct place *at = aligned_alloc(64, (sizeof(*at) + 63) & ~(size_t)63);

    if (!at)
        return NULL;
    memset(at, 0, sizeof(*at));
    at->core.pipeline = p;
    return at;
}

static void warps_fini(struct place *at, const struct grid *g)
{
    for (unsigned i = 0; at->busy && i < g->warps; i++)
        va_warp_fini(&at->warp[i].w);
    at->busy = false;
}

void place_free(struct place *at, const struct grid *g)
{
    if (!at)
        return;
    warps_fini(at, g);
    core_fini(&at->core);
    free(at->warp);
    free(at);
}

/* --- a workgroup begins ------------------------------------------------------------------ */

/* Registers as Mesa's compiler expects them: local, workgroup, global ids. */
static void preload(struct place *at, const struct grid *g, struct va_warp *w, unsigned lane,
                    const uint32_t local[3], uint32_t group_x)
{
    uint32_t group[3] = {group_x, at->group[1], at->group[2]}, r[16] = {0};

    r[7] = local[0] | local[1] << 16;
    r[8] = local[2];
    for (unsigned i = 0; i < 3; i++) {
        r[9 + i] = group[i];
        r[12 + i] = group[i] * g->size[i] + local[i] + g->offset[i];
    }
    for (uint32_t wanted = at->core.preload & 0xffff; wanted; wanted &= wanted - 1) {
        unsigned i = (unsigned)__builtin_ctz(wanted);
        w->r[48 + i][lane] = r[i];
    }
}

/* The next thread of a workgroup; *group_x: the next workgroup of those merged. */
static void next_thread(const struct grid *g, uint32_t local[3], uint32_t *group_x)
{
    for (unsigned i = 0; i < 3; i++) {
        if (++local[i] < g->size[i])
            return;
        local[i] = 0;
    }
    ++*group_x;
}

/* Once for a place. */
static void find_starts(struct place *at, const struct grid *g)
{
    uint32_t local[3] = {0}, group_x = 0;

    for (unsigned i = 0; i < g->warps; i++) {
        struct warp_start *s = &at->warp[i].start;
        unsigned first = i * VA_LANES, left = g->threads - first;
        unsigned n = left < VA_LANES ? left : VA_LANES;

        memset(s, 0, sizeof(*s));
        s->lanes = (uint16_t)((1u << n) - 1);
        va_lane_mask(&s->mask, s->lanes);
        for (unsigned lane = 0; lane < n; lane++) {
            uint64_t tls = at->core.tls + (first + lane) * at->core.tls_bytes;
            for (unsigned k = 0; k < 3; k++)
                s->local[k][lane] = local[k];
            next_thread(g, local, &group_x);
            s->tls[0][lane] = (uint32_t)tls;
            s->tls[1][lane] = (uint32_t)(tls >> 32);
        }
    }
}

/* @to = @x in lanes with a thread, more by @local there unless that is NULL. */
static void put(va_v16u *to, const struct warp_start *s, uint32_t x, const va_v16u *local)
{
    const va_quarter *m = (const va_quarter *)&s->mask, *l = (const va_quarter *)local;
    va_quarter *q = (va_quarter *)to;

    for (unsigned k = 0; k < VA_QUARTERS; k++)
        q[k] = ((l ? l[k] : (va_quarter){0}) + va_spread(x)) & m[k];
}

/* As preload(), for all lanes. */
static void preload_all(struct place *at, const struct grid *g, struct compute_warp *cw)
{
    const struct warp_start *s = &cw->start;
    va_v16u *r = &cw->w.r[48];

    for (uint32_t wanted = at->core.preload & 0x7f80; wanted; wanted &= wanted - 1) {
        unsigned i = (unsigned)__builtin_ctz(wanted), k = i < 12 ? i - 9 : i - 12;
        if (i == 7)
            r[i] = s->local[0] | s->local[1] << 16;
        else if (i == 8)
            r[i] = s->local[2];
        else if (i < 12)
            put(&r[i], s, at->group[k], NULL);
        else
            put(&r[i], s, at->group[k] * g->size[k] + g->offset[k], &s->local[k]);
    }
    cw->w.tls[0] = s->tls[0];
    cw->w.tls[1] = s->tls[1];
}

/* The warp of a merged workgroup, lane by lane. */
static void begin_merged(struct place *at, const struct grid *g, struct va_warp *w)
{
    uint32_t left = g->count[0] - at->group[0], local[3] = {0}, group_x = at->group[0];
    unsigned threads = g->threads * (g->merged < left ? g->merged : left);

    va_warp_init(w, &at->core.shader, (uint16_t)((1u << threads) - 1));
    for (unsigned lane = 0; lane < threads; lane++) {
        preload(at, g, w, lane, local, group_x);
        next_thread(g, local, &group_x);
        va_set_tls(w, lane, at->core.tls + lane * at->core.tls_bytes);
    }
}

static void begin(struct place *at, const struct grid *g)
{
    for (unsigned i = 0; i < g->warps; i++) {
        struct compute_warp *cw = &at->warp[i];

        if (g->merged > 1) {
            begin_merged(at, g, &cw->w);
        } else {
            va_warp_init(&cw->w, &at->core.shader, cw->start.lanes);
            preload_all(at, g, cw);
        }
        cw->state = WARP_RUNS;
    }
    at->alive = g->warps;
    at->waiting = at->turn = 0;
    at->busy = true;
    if (core_watched(&at->core)) {
        memcpy(at->core.group, at->group, sizeof(at->core.group));
        memcpy(at->core.grid, g->count, sizeof(at->core.grid));
        at->core.threads = g->threads;
        at->core.epoch = 0;
    }
}

bool place_take(struct place *at, struct grid *g, bool *no_memory)
{
    uint32_t columns = g->merged ? (g->count[0] - 1) / g->merged + 1 : 0;

    *no_memory = false;
    if (at->busy)
        return true;
    if (__atomic_load_n(&g->next, __ATOMIC_RELAXED) >= g->total)
        return false;
    if (!at->warp) {
        at->warp = aligned_alloc(64, (g->warps * sizeof(*at->warp) + 63) & ~(size_t)63);
        if (at->warp && g->merged == 1)
            find_starts(at, g);
    }
    *no_memory = !at->warp;
    if (!at->warp)
        return false;
    uint64_t n = __atomic_fetch_add(&g->next, 1, __ATOMIC_RELAXED);
    if (n >= g->total)
        return false;
    at->group[0] = (uint32_t)(n % columns) * g->merged;
    at->group[1] = (uint32_t)(n / columns % g->count[1]);
    at->group[2] = (uint32_t)(n / columns / g->count[1]);
    begin(at, g);
    return true;
}

/* --- turns --------------------------------------------------------------------------------- */

/* All warps that are left have come to the barrier: they go on behind it. */
static void release(struct place *at, const struct grid *g)
{
    if (!at->waiting || at->waiting < at->alive)
        return;
    for (unsigned i = 0; i < g->warps; i++)
        if (at->warp[i].state == WARP_WAITS)
            at->warp[i].state = WARP_RUNS;
    at->waiting = 0;
    at->core.epoch++;
}

/* A turn of one warp. DONE: go on. */
static enum mali_job_result warp_turn(struct place *at, const struct grid *g,
                                      struct compute_warp *cw, uint32_t *budget)
{
    uint32_t turn = *budget < QUANTUM ? *budget : QUANTUM;
    uint64_t before = cw->w.executed, used;
    struct core *k = &at->core;

    k->shader.special[VA_SPECIAL_WARP_ID] = cw - at->warp;
    k->fault.code = 0;
    enum va_stop stop = va_run(&cw->w, &k->shader, turn);
    used = cw->w.executed - before + 1; /* a turn that does nothing counts, too */
    *budget -= used < *budget ? used : *budget;
    switch (stop) {
    case VA_STOP_ENDED:
        va_warp_fini(&cw->w);
        cw->state = WARP_ENDED;
        at->alive--;
        break;
    case VA_STOP_BARRIER:
        cw->state = WARP_WAITS;
        at->waiting++;
        break;
    case VA_STOP_SLICE:
        break;
    case VA_STOP_STALL:
        return MALI_JOB_STALL;
    case VA_STOP_FAULT:
    default:
        return core_warp_stalled(k, &cw->w) ? MALI_JOB_STALL : MALI_JOB_FAULTED;
    }
    release(at, g);
    return MALI_JOB_DONE;
}

enum mali_job_result place_run(struct place *at, const struct grid *g, uint32_t *budget,
                               const bool *stop)
{
    while (at->alive) {
        struct compute_warp *cw = &at->warp[at->turn];

        if (!*budget || __atomic_load_n(stop, __ATOMIC_RELAXED))
            return MALI_JOB_AGAIN;
        if (cw->state == WARP_RUNS) {
            enum mali_job_result r = warp_turn(at, g, cw, budget);
            if (r != MALI_JOB_DONE)
                return r;
        }
        at->turn = at->turn + 1 < g->warps ? at->turn + 1 : 0;
    }
    warps_fini(at, g);
    return MALI_JOB_DONE;
}
