/*
 * Replay of captured jobs; see replay.h. Each job gets an address space of its own, with the
 * pages that it touched, at their addresses, with their permissions; pages that were one page
 * in the guest's memory are one here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "replay.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../pipeline/gfx.h"

/* --- memory --------------------------------------------------------------------------------- */

/* Page of a guest-physical address: sorted, so that aliases are found. */
struct alias {
    uint64_t pa;
    uint32_t page;
};

static int by_pa(const void *a, const void *b)
{
    const struct alias *x = a, *y = b;

    return x->pa < y->pa ? -1 : x->pa > y->pa;
}

bool replay_load(struct native *n, const struct capture_job *job)
{
    struct alias *alias = calloc(job->pages + 1, sizeof(*alias));
    uint64_t here = 0;
    bool ok = alias && native_reset(n);

    for (uint32_t i = 0; ok && i < job->pages; i++)
        alias[i] = (struct alias){job->page[i].pa, i};
    if (ok)
        qsort(alias, job->pages, sizeof(*alias), by_pa);
    for (uint32_t i = 0; ok && i < job->pages; i++) {
        const struct capture_page *g = &job->page[alias[i].page];
        if (!i || alias[i].pa != alias[i - 1].pa) {
            here = native_page(n);
            if (here && g->before)
                memcpy(native_at(n, here), g->before, CAPTURE_PAGE);
        }
        ok = here && native_map(n, g->va, here, g->allow);
    }
    free(alias);
    return ok;
}

static void compare_page(struct native *n, const struct capture_page *g, struct replay_report *out)
{
    static const uint8_t zeros[CAPTURE_PAGE];
    const uint8_t *want = g->after ? g->after : g->before ? g->before : zeros;
    uint8_t got[CAPTURE_PAGE];

    if (!native_read(n, g->va, got, sizeof(got)) || !memcmp(got, want, sizeof(got)))
        return;
    for (unsigned i = 0; i < sizeof(got); i++) {
        if (got[i] == want[i])
            continue;
        if (!out->bytes++ || g->va + i < out->va) {
            out->va = g->va + i;
            out->got = got[i];
            out->want = want[i];
        }
    }
}

/* --- running ---------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static const struct capture_page *page_of(const struct capture_job *job, uint64_t va)
{
    for (uint32_t i = 0; i < job->pages; i++)
        if (job->page[i].va == (va & ~(uint64_t)(CAPTURE_PAGE - 1)))
            return &job->page[i];
    return NULL;
}

/* A tiling job that began a pass left the pass's number in the tiler context: it gets the same. */
static void expect_pass(struct native *n, const struct capture_job *job)
{
    uint64_t va = job->regs[40] | (uint64_t)job->regs[41] << 32, id;
    const struct capture_page *g = page_of(job, va);

    if ((job->type != MALI_JOB_IDVS && job->type != MALI_JOB_FULLSCREEN) || !g || !g->after ||
        (va & 7))
        return;
    memcpy(&id, g->after + (va & (CAPTURE_PAGE - 1)), 8);
    if (id)
        gfx_pass_expect(n->pipeline, id);
}

/* Submits the job until it has ended; AGAIN: it has not. */
static enum mali_job_result run(struct native *n, const struct capture_job *c, unsigned slices,
                                struct replay_report *out)
{
    uint64_t token = 0, start = now_ns();
    struct mali_job job = {
        .type = (enum mali_job_type)c->type,
        .as = NATIVE_AS,
        .csg = c->csg & 31,
        .cs = c->cs & 31,
        .instr = c->instr,
        .ip = c->ip,
        .core_mask = c->core_mask,
        .heap = c->heap,
        .tlb = n->tlb,
        .token = &token,
    };
    enum mali_job_result r;

    memcpy(job.regs, c->regs, sizeof(job.regs));
    do {
        memset(&out->fault, 0, sizeof(out->fault));
        r = mali_pipeline_submit(n->pipeline, &job, NULL, &out->fault);
    } while ((r == MALI_JOB_AGAIN || r == MALI_JOB_STALL) && --slices);
    mali_pipeline_drop(n->pipeline, token);
    out->ns = now_ns() - start;
    return r;
}

/* Codes of memory faults have a page-table level, which depends on tables that are not here. */
static bool same_fault(const struct mali_fault *a, const struct mali_fault *b)
{
    if (a->memory && b->memory)
        return a->code >> 3 == b->code >> 3 && a->va == b->va && a->access == b->access;
    return a->code == b->code && a->info == b->info;
}

void replay_job(struct native *n, const struct capture_job *job, unsigned slices,
                struct replay_report *out)
{
    enum mali_job_result r;

    memset(out, 0, sizeof(*out));
    if (job->result == CAPTURE_DROPPED || job->result == CAPTURE_TOO_LARGE) {
        out->verdict = REPLAY_SKIPPED;
        return;
    }
    if (!replay_load(n, job)) {
        out->verdict = REPLAY_NO_ROOM;
        return;
    }
    expect_pass(n, job);
    r = run(n, job, slices, out);
    for (uint32_t i = 0; i < job->pages; i++)
        compare_page(n, &job->page[i], out);
    if (r == MALI_JOB_AGAIN || r == MALI_JOB_STALL || r == MALI_JOB_OOM)
        out->verdict = REPLAY_SLICES;
    else if ((r == MALI_JOB_FAULTED) != (job->result == CAPTURE_FAULTED) ||
             (r == MALI_JOB_FAULTED && !same_fault(&out->fault, &job->fault)))
        out->verdict = REPLAY_RESULT;
    else
        out->verdict = out->bytes ? REPLAY_MEMORY : REPLAY_SAME;
}

/* --- who wrote it
 * --------------------------------------------------------------------------------- */

struct writer {
    struct core_observer observer; /* first */
    uint64_t va;
    struct replay_report *out;
};

static void on_touched(struct core_observer *o, struct core *c, struct va_warp *warp,
                       const struct va_touch *t)
{
    struct writer *w = (struct writer *)o;

    for (unsigned i = 0; i < VA_LANES && t->access != VA_READ; i++)
        if ((t->lanes >> i & 1) && w->va - t->va[i] < t->size) {
            w->out->has_pc = true;
            w->out->pc = t->pc;
            w->out->thread = VA_LANES * (unsigned)c->shader.special[VA_SPECIAL_WARP_ID] + i;
            memcpy(w->out->group, c->group, sizeof(c->group));
        }
}

void replay_find_writer(struct native *n, const struct capture_job *job, unsigned slices,
                        struct replay_report *out)
{
    struct writer w = {{.touched = on_touched}, out->va, out};
    struct replay_report again = {0};

    if (!replay_load(n, job))
        return;
    n->pipeline->observer = &w.observer;
    run(n, job, slices, &again);
    n->pipeline->observer = NULL;
}

uint64_t replay_program(struct native *n, const struct capture_job *job)
{
    unsigned r = 16 + 2 * (job->instr >> 42 & 3);
    uint64_t spd = job->regs[r] | (uint64_t)job->regs[r + 1] << 32, va = 0;

    return native_read(n, spd + 8, &va, 8) ? va : 0;
}
