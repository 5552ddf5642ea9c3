/*
 * The recorder (--gpu capture=FILE): while a job runs, its TLB tells which pages it touches;
 * each is copied before the first access, and again when the job has ended. Nothing here runs
 * when no capture was asked for.
 *
 * What others (the guest's CPUs, other streams) write to these pages while the job runs is not
 * told apart from what the job does.
 *
 * Called by pipeline.c. Calls trace/capture.h, mmu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "../trace/capture.h"
#include "pipeline_internal.h"

#define FIRST_ROOM 256u /* pages; a power of two */

/* A job under way. */
struct recording {
    struct mali_tlb_watch watch; /* first: the TLB knows this one */
    struct recording *next;
    struct recorder *r;
    uint64_t token;
    struct mali_job job;
    struct capture_job out;
    uint32_t room;  /* of out.page */
    uint32_t *hash; /* 1 + page, 0 free; twice the room */
    bool too_large;
};

struct recorder {
    struct mali_capture *file;
    struct mali_bus *bus;
    struct recording *jobs;
};

/* --- pages -------------------------------------------------------------------------------- */

static uint32_t *slot_of(struct recording *c, uint64_t va)
{
    uint32_t mask = 2 * c->room - 1, i = (uint32_t)(va >> 12) * 2654435761u >> 7 & mask;

    while (c->hash[i] && c->out.page[c->hash[i] - 1].va != va)
        i = (i + 1) & mask;
    return &c->hash[i];
}

static void pages_free(struct recording *c)
{
    for (uint32_t i = 0; i < c->out.pages; i++) {
        free(c->out.page[i].before);
        free(c->out.page[i].after);
    }
    free(c->out.page);
    free(c->hash);
    c->out.page = NULL;
    c->hash = NULL;
    c->out.pages = c->room = 0;
}

static bool grow(struct recording *c)
{
    uint32_t room = c->room ? 2 * c->room : FIRST_ROOM;
    struct capture_page *page = realloc(c->out.page, room * sizeof(*page));
    uint32_t *hash = calloc(2 * (size_t)room, sizeof(*hash));

    c->out.page = page ? page : c->out.page;
    if (!page || !hash) {
        free(hash);
        return false;
    }
    free(c->hash);
    c->hash = hash;
    c->room = room;
    for (uint32_t i = 0; i < c->out.pages; i++)
        *slot_of(c, page[i].va) = i + 1;
    return true;
}

/* What the page at @pa holds: a copy, or NULL: zeros. False: no RAM is there, or none for a copy.
 */
static bool copy_page(const struct mali_bus *bus, uint64_t pa, uint8_t **copy)
{
    static const uint8_t zeros[CAPTURE_PAGE];
    uint64_t avail = 0;
    bool writable;
    const uint8_t *p = bus->ops->ram(bus->opaque, pa, &avail, &writable);
    size_t len = avail < CAPTURE_PAGE ? avail : CAPTURE_PAGE;

    *copy = NULL;
    if (!p || !memcmp(p, zeros, len))
        return p;
    *copy = calloc(1, CAPTURE_PAGE);
    if (*copy)
        memcpy(*copy, p, len);
    return *copy;
}

static void on_touched(struct mali_tlb_watch *w, unsigned as, uint64_t va, uint64_t pa,
                       unsigned allow, enum mali_access access)
{
    struct recording *c = (struct recording *)w;
    bool writes =
        (access == MALI_ACCESS_WRITE || access == MALI_ACCESS_ATOMIC) && (allow >> access & 1);
    uint8_t *before;

    if (c->too_large || as != c->job.as)
        return;
    uint32_t *slot = c->room ? slot_of(c, va) : NULL;
    if (slot && *slot) {
        c->out.page[*slot - 1].flags |= writes ? CAPTURE_PAGE_WRITTEN : 0;
        return;
    }
    if (c->out.pages == CAPTURE_MAX_PAGES || (c->out.pages == c->room && !grow(c)) ||
        !copy_page(c->r->bus, pa, &before)) {
        pages_free(c);
        c->too_large = true;
        return;
    }
    *slot_of(c, va) = c->out.pages + 1;
    c->out.page[c->out.pages++] = (struct capture_page){
        .va = va,
        .pa = pa,
        .allow = allow,
        .flags = writes ? CAPTURE_PAGE_WRITTEN : 0,
        .before = before,
    };
}

/* Contents after the job, of pages that it may have written and that have changed. */
static bool copy_after(struct recording *c)
{
    static const uint8_t zeros[CAPTURE_PAGE];

    for (uint32_t i = 0; i < c->out.pages; i++) {
        struct capture_page *g = &c->out.page[i];
        uint8_t *now;
        if (!(g->flags & CAPTURE_PAGE_WRITTEN))
            continue;
        if (!copy_page(c->r->bus, g->pa, &now))
            return false;
        if (!memcmp(now ? now : zeros, g->before ? g->before : zeros, CAPTURE_PAGE)) {
            free(now);
            continue;
        }
        g->after = now ? now : calloc(1, CAPTURE_PAGE);
        if (!g->after)
            return false;
    }
    return true;
}

/* --- jobs ------------------------------------------------------------------------------------ */

static struct recording **find(struct recorder *r, uint64_t token)
{
    struct recording **at = &r->jobs;

    while (*at && (!token || (*at)->token != token))
        at = &(*at)->next;
    return at;
}

static struct recording *begin(struct recorder *r, const struct mali_job *job)
{
    struct recording *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->watch.touched = on_touched;
    c->r = r;
    c->job = *job;
    c->next = r->jobs;
    r->jobs = c;
    return c;
}

static void describe(struct recording *c, enum capture_result result,
                     const struct mali_fault *fault)
{
    const struct mali_job *j = &c->job;
    struct capture_job *o = &c->out;

    o->type = j->type;
    o->result = result;
    o->as = j->as;
    o->csg = j->csg;
    o->cs = j->cs;
    o->instr = j->instr;
    o->ip = j->ip;
    o->core_mask = j->core_mask;
    o->heap = j->heap;
    memcpy(o->regs, j->regs, sizeof(o->regs));
    if (fault)
        o->fault = *fault;
}

/* Takes *@at off the list and writes it. */
static void end(struct recording **at, enum capture_result result, const struct mali_fault *fault)
{
    struct recording *c = *at;
    struct recorder *r = c->r;
    const char *why;

    if (!c->too_large && !copy_after(c)) {
        pages_free(c);
        c->too_large = true;
    }
    describe(c, c->too_large ? CAPTURE_TOO_LARGE : result, fault);
    why = mali_capture_add(r->file, &c->out);
    if (why)
        mali_log(r->bus, MALI_LOG_UNIMP, "capture: %s", why);
    if (c->too_large)
        mali_log(r->bus, MALI_LOG_UNIMP,
                 "capture: %s at 0x%llx touches more than %u pages: its memory is not kept",
                 mali_job_type_name(c->job.type), (unsigned long long)c->job.ip, CAPTURE_MAX_PAGES);
    *at = c->next;
    pages_free(c);
    free(c);
}

/* How the address space is set up when the job begins. */
static void note_as(struct recording *c)
{
    struct mali_as_state as[MALI_AS_COUNT];

    if (!c->job.tlb || c->job.as >= MALI_AS_COUNT)
        return;
    mali_mmu_save(c->job.tlb->mmu, as);
    c->out.transtab = as[c->job.as].act_transtab;
    c->out.transcfg = as[c->job.as].act_transcfg;
    c->out.memattr = as[c->job.as].act_memattr;
}

/* The recording that @job goes on with, or a new one; NULL: out of memory. */
static struct recording *recording_of(struct recorder *r, const struct mali_job *job)
{
    struct recording **at = job->token && *job->token ? find(r, *job->token) : NULL, *c;

    if (at && *at) {
        const struct mali_job *j = &(*at)->job;
        if (j->instr == job->instr && j->ip == job->ip && j->as == job->as &&
            !memcmp(j->regs, job->regs, sizeof(j->regs)))
            return *at;
        end(at, CAPTURE_DROPPED, NULL); /* the token names another job: that one is over */
    }
    c = begin(r, job);
    if (c)
        note_as(c);
    return c;
}

enum mali_job_result record_submit(struct mali_pipeline *p, const struct mali_job *job,
                                   struct mali_fault *fault)
{
    struct recorder *r = p->recorder;
    struct recording **at, *c = recording_of(r, job);
    enum mali_job_result result;

    if (!c)
        return pipeline_run(p, job, fault);
    c->token = 0; /* a drop of the old token, inside, is no end of this record */
    if (job->tlb)
        mali_tlb_watch(job->tlb, &c->watch);
    result = pipeline_run(p, job, fault);
    if (job->tlb)
        mali_tlb_watch(job->tlb, NULL);
    c->out.slices++;
    if (result == MALI_JOB_AGAIN || result == MALI_JOB_STALL || result == MALI_JOB_OOM) {
        c->token = job->token ? *job->token : 0;
        return result;
    }
    for (at = &r->jobs; *at != c;)
        at = &(*at)->next;
    end(at, result == MALI_JOB_FAULTED ? CAPTURE_FAULTED : CAPTURE_DONE, fault);
    return result;
}

void record_drop(struct mali_pipeline *p, uint64_t token)
{
    struct recorder *r = p->recorder;

    if (!r)
        return;
    for (struct recording **at = &r->jobs; *at;)
        if ((*at)->token && (!token || (*at)->token == token))
            end(at, CAPTURE_DROPPED, NULL);
        else
            at = &(*at)->next;
}

/* --- life ---------------------------------------------------------------------------------------
 */

bool mali_pipeline_capture(struct mali_pipeline *p, const char *path, uint64_t limit,
                           const char **err)
{
    struct recorder *r = calloc(1, sizeof(*r));

    *err = "out of memory";
    if (!r)
        return false;
    r->bus = p->bus;
    r->file = mali_capture_new(path, limit, err);
    if (!r->file) {
        free(r);
        return false;
    }
    p->recorder = r;
    return true;
}

void mali_pipeline_capture_end(struct mali_pipeline *p)
{
    struct recorder *r = p->recorder;

    if (!r)
        return;
    record_drop(p, 0);
    if (!mali_capture_close(r->file))
        mali_log(r->bus, MALI_LOG_INFO, "capture: the file is incomplete: write error");
    p->recorder = NULL;
    free(r);
}
