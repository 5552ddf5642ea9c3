/*
 * Graphics jobs on several worker threads: captured scenes come out the same to the bit as on one
 * thread, faults stop all workers, a job that is dropped between two slices leaves nothing behind,
 * and neither does a job mix with another one that draws into the same pass.
 * Also built with ThreadSanitizer (scripts/test tsan).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hw/pipeline/gfx.h"
#include "../../hw/tools/replay.h"
#include "tap.h"

#define WORKERS 4
#define SLICES  100000

static const char *const scenes[] = {"smooth", "discard", "blend", "mesh", "pile"};

struct file {
    uint8_t *data;
    size_t size;
    struct capture_reader r;
};

static bool file_open(struct file *f, const char *scene)
{
    const char *err;
    char path[512];

    snprintf(path, sizeof(path), "%s/gfx_%s.garmcap", CAPTURES, scene);
    FILE *in = fopen(path, "rb");
    f->data = malloc(1 << 20);
    f->size = in && f->data ? fread(f->data, 1, 1 << 20, in) : 0;
    if (in)
        fclose(in);
    return TAP_CHECK(capture_open(&f->r, f->data, f->size, &err));
}

/* Runs every job of @scene; returns those that were the same. */
static unsigned replay(struct native *n, const char *scene, unsigned *jobs)
{
    struct capture_job job;
    struct replay_report r;
    const char *err;
    struct file f;
    unsigned same = 0;

    *jobs = 0;
    if (!file_open(&f, scene))
        return 0;
    while (capture_next(&f.r, &job, &err) == CAPTURE_READ_JOB) {
        replay_job(n, &job, SLICES, &r);
        same += r.verdict == REPLAY_SAME;
        if (r.verdict != REPLAY_SAME)
            tap_note("%s, job %u: verdict %u, %u bytes, first at 0x%llx", scene,
                     (unsigned)job.number, r.verdict, (unsigned)r.bytes, (unsigned long long)r.va);
        ++*jobs;
        capture_job_free(&job);
    }
    free(f.data);
    return same;
}

static void same_to_the_bit(void)
{
    for (unsigned threads = 1; threads <= WORKERS; threads++) {
        struct native *n = native_new(REPLAY_PAGES, threads);
        TAP_REQUIRE(n);
        for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
            unsigned jobs, same = replay(n, scenes[i], &jobs);
            TAP_CHECK(jobs >= 3);
            TAP_CHECK_EQ(same, jobs);
        }
        native_free(n);
    }
}

/* The last job of the mesh scene, loaded, behind the tiling jobs that it needs. */
static bool load_mesh(struct native *n, struct file *f, struct capture_job *job)
{
    struct replay_report r;
    const char *err;

    if (!file_open(f, "mesh"))
        return false;
    while (capture_next(&f->r, job, &err) == CAPTURE_READ_JOB) {
        if (job->type == MALI_JOB_FRAGMENT)
            return TAP_CHECK(replay_load(n, job));
        replay_job(n, job, SLICES, &r);
        capture_job_free(job);
    }
    return TAP_CHECK(false);
}

static struct mali_job submitted(struct native *n, const struct capture_job *c, uint64_t *token)
{
    struct mali_job job = {.type = MALI_JOB_FRAGMENT,
                           .as = NATIVE_AS,
                           .instr = c->instr,
                           .ip = c->ip,
                           .core_mask = c->core_mask,
                           .tlb = n->tlb,
                           .token = token};

    memcpy(job.regs, c->regs, sizeof(job.regs));
    return job;
}

/* A page of the target is not mapped: the job faults there, whoever draws that tile. */
static void fault_stops_all(void)
{
    struct native *n = native_new(REPLAY_PAGES, WORKERS);
    enum mali_job_result r = MALI_JOB_AGAIN;
    struct mali_fault fault = {0};
    struct capture_job c;
    uint64_t token = 0, missing = 0;
    struct file f;

    TAP_REQUIRE(n && load_mesh(n, &f, &c));
    n->quiet = true;
    for (uint32_t i = 0; i < c.pages; i++)
        if (c.page[i].after)
            missing = c.page[i].va;          /* the last: an AFBC body, or headers */
    TAP_CHECK(native_map(n, missing, 0, 0)); /* nothing may be done there */
    struct mali_job job = submitted(n, &c, &token);
    for (unsigned i = 0; i < SLICES && r == MALI_JOB_AGAIN; i++)
        r = mali_pipeline_submit(n->pipeline, &job, NULL, &fault);
    TAP_CHECK_EQ(r, MALI_JOB_FAULTED);
    TAP_CHECK_EQ(fault.memory, true);
    TAP_CHECK_EQ(fault.va & ~4095ull, missing);
    TAP_CHECK_EQ(token, 0);
    capture_job_free(&c);
    free(f.data);
    native_free(n);
}

static void dropped_between_slices(void)
{
    struct native *n = native_new(REPLAY_PAGES, WORKERS);
    struct mali_fault fault = {0};
    struct capture_job c;
    uint64_t token = 0;
    unsigned jobs, same;
    struct file f;

    TAP_REQUIRE(n && load_mesh(n, &f, &c));
    struct mali_job job = submitted(n, &c, &token);
    TAP_CHECK_EQ(mali_pipeline_submit(n->pipeline, &job, NULL, &fault), MALI_JOB_AGAIN);
    TAP_CHECK(token != 0);
    mali_pipeline_drop(n->pipeline, token);
    TAP_CHECK_EQ(mali_pipeline_submit(n->pipeline, &job, NULL, &fault), MALI_JOB_FAULTED);
    TAP_CHECK_EQ(fault.code, MALI_CSF_RES_EVICTION_TIMEOUT);
    same = replay(n, "mesh", &jobs);
    TAP_CHECK_EQ(same, jobs);
    capture_job_free(&c);
    free(f.data);
    native_free(n);
}

/*
 * Most warps of this scene end with their depth and stencil tests. They must count, or a slice of
 * them outlasts what drivers wait for an address space's command: the job ends in one slice then.
 */
static void tests_count(void)
{
    struct native *n = native_new(REPLAY_PAGES, 1);
    struct replay_report few = {0}, all;
    struct capture_job job;
    const char *err;
    struct file f;

    TAP_REQUIRE(n && file_open(&f, "stencil_faces"));
    while (capture_next(&f.r, &job, &err) == CAPTURE_READ_JOB) {
        if (job.type == MALI_JOB_FRAGMENT && job.number > 50)
            replay_job(n, &job, 3, &few);
        replay_job(n, &job, SLICES, &all);
        TAP_CHECK_EQ(all.verdict, REPLAY_SAME);
        capture_job_free(&job);
    }
    TAP_CHECK_EQ(few.verdict, REPLAY_SLICES);
    free(f.data);
    native_free(n);
}

/* Warps of a shader whose lanes look at no others are packed pixel by pixel: of this mesh of small
 * triangles nine lanes of ten have a pixel, where quads would have less than five. */
static void few_lanes_idle(void)
{
    struct native *n = native_new(REPLAY_PAGES, 1);
    unsigned jobs = 0, same;

    TAP_REQUIRE(n);
    same = replay(n, "mesh", &jobs);
    TAP_CHECK_EQ(same, jobs);
    const uint64_t *work = n->pipeline->work;
    tap_note("%u lanes in %u warps", (unsigned)work[MALI_WORK_LANES],
             (unsigned)work[MALI_WORK_WARPS]);
    TAP_CHECK(work[MALI_WORK_TILES] && work[MALI_WORK_LANES] > 10000);
    TAP_CHECK(work[MALI_WORK_LANES] * 10 >= work[MALI_WORK_WARPS] * VA_LANES * 9);
    native_free(n);
}

/* The draw of the mesh scene twice, into one pass; false: it is not to be had. */
static bool load_two_draws(struct native *n, struct file *f, struct capture_job *c,
                           uint64_t token[2], struct mali_job job[2])
{
    const char *err;

    if (!n || !file_open(f, "mesh") ||
        !TAP_CHECK(capture_next(&f->r, c, &err) == CAPTURE_READ_JOB && c->type == MALI_JOB_IDVS) ||
        !TAP_CHECK(replay_load(n, c)))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        job[i] = submitted(n, c, &token[i]);
        job[i].type = MALI_JOB_IDVS;
    }
    return true;
}

/* Slices of two jobs by turns; false: one of them did not end well. */
static bool by_turns(struct native *n, struct mali_job job[2])
{
    enum mali_job_result r[2] = {MALI_JOB_AGAIN, MALI_JOB_AGAIN};
    struct mali_fault fault;

    for (unsigned i = 0; i < SLICES && (r[0] == MALI_JOB_AGAIN || r[1] == MALI_JOB_AGAIN); i++)
        if (r[i & 1] == MALI_JOB_AGAIN)
            r[i & 1] = mali_pipeline_submit(n->pipeline, &job[i & 1], NULL, &fault);
    return r[0] == MALI_JOB_DONE && r[1] == MALI_JOB_DONE;
}

/* Two streams draw the same with one tiler context at a time: each draw has its own vertices. */
static void two_draws_at_once(unsigned threads)
{
    struct native *n = native_new(REPLAY_PAGES, threads);
    uint64_t token[2] = {0};
    struct mali_job job[2];
    struct capture_job c;
    struct file f;

    TAP_REQUIRE(load_two_draws(n, &f, &c, token, job));
    TAP_CHECK(by_turns(n, job));
    const struct gfx_pass *pass = n->pipeline->passes;
    TAP_REQUIRE(pass && pass->draws == 2);
    const struct gfx_draw *d = pass->draw;
    TAP_CHECK(d[0].vertices > 1000);
    TAP_REQUIRE(d[0].vertices == d[1].vertices && d[0].vary_bytes == d[1].vary_bytes);
    TAP_CHECK(!memcmp(d[0].vary, d[1].vary, (size_t)d[0].vertices * d[0].vary_bytes));
    capture_job_free(&c);
    free(f.data);
    native_free(n);
}

/* Vertices of @cut with varyings, which are those that @whole has; the others have zeros. */
static unsigned varied(const struct gfx_draw *whole, const struct gfx_draw *cut)
{
    unsigned n = 0, other = 0;

    for (size_t at = 0; at < (size_t)whole->vertices * whole->vary_bytes; at += whole->vary_bytes) {
        bool empty = true;
        for (size_t i = at; i < at + whole->vary_bytes; i++)
            empty &= !cut->vary[i];
        n += !empty;
        other += !empty && memcmp(whole->vary + at, cut->vary + at, whole->vary_bytes);
    }
    TAP_CHECK_EQ(other, 0);
    return n;
}

static enum mali_job_result to_its_end(struct native *n, struct mali_job *job)
{
    enum mali_job_result r = MALI_JOB_AGAIN;
    struct mali_fault fault;

    for (unsigned i = 0; i < SLICES && r == MALI_JOB_AGAIN; i++)
        r = mali_pipeline_submit(n->pipeline, job, NULL, &fault);
    return r;
}

/*
 * The same vertices as strips, fans and loops, whose primitives reach back over batches, cut by the
 * scissor: each vertex of a primitive has its varyings.
 */
static void varyings_over_batches(void)
{
    static const uint8_t modes[] = {4, 6, 8, 10, 12, 13, 14}; /* enum of gfx_assembly.c */

    for (unsigned m = 0; m < sizeof(modes); m++) {
        struct native *n = native_new(REPLAY_PAGES, 1 + m % 2);
        uint64_t token[2] = {0};
        struct mali_job job[2];
        struct capture_job c;
        struct file f;
        unsigned prims = 0, wrong = 0;
        TAP_REQUIRE(load_two_draws(n, &f, &c, token, job));
        job[1].instr &= ~0xffull;
        job[1].regs[56] = (job[1].regs[56] & ~0xffu) | modes[m];
        job[1].regs[42] += ((job[1].regs[43] & 0xffff) + 1) / 2;
        TAP_CHECK_EQ(to_its_end(n, &job[0]), MALI_JOB_DONE);
        TAP_CHECK_EQ(to_its_end(n, &job[1]), MALI_JOB_DONE);
        const struct gfx_pass *pass = n->pipeline->passes;
        TAP_REQUIRE(pass && pass->draws == 2);
        const struct gfx_draw *d = pass->draw;
        for (uint32_t i = 0; i < pass->prims; i++) {
            const struct gfx_prim *t = &pass->prim[i];
            const uint32_t v[4] = {t->v[0], t->v[1], t->v[2], t->flat};
            for (unsigned k = 0; t->draw == 1 && k < 4; k++)
                wrong += memcmp(d[0].vary + (size_t)v[k] * d[0].vary_bytes,
                                d[1].vary + (size_t)v[k] * d[1].vary_bytes, d[0].vary_bytes) != 0;
            prims += t->draw == 1;
        }
        if (!TAP_CHECK(prims > 100) || !TAP_CHECK_EQ(wrong, 0))
            tap_note("mode %u: %u primitives", modes[m], prims);
        capture_job_free(&c);
        free(f.data);
        native_free(n);
    }
}

static bool same_prim(const struct gfx_prim *a, const struct gfx_prim *b)
{
    return a->number == b->number && a->flat == b->flat && a->layer == b->layer &&
           a->back == b->back && !memcmp(a->v, b->v, sizeof(a->v)) &&
           !memcmp(a->x, b->x, sizeof(a->x)) && !memcmp(a->y, b->y, sizeof(a->y)) &&
           !memcmp(a->bary, b->bary, sizeof(a->bary)) && !memcmp(a->z, b->z, sizeof(a->z));
}

/* How many primitives of two passes differ, in their order or in their bins. */
static uint32_t differing(const struct gfx_pass *a, const struct gfx_pass *b)
{
    uint32_t wrong = 0;

    if (!TAP_CHECK_EQ(a->prims, b->prims))
        return a->prims;
    for (uint32_t i = 0; i < a->prims; i++)
        wrong += !same_prim(&a->prim[i], &b->prim[i]);
    for (uint32_t i = 0; i < a->tiles_x * a->tiles_y * a->layers; i++)
        wrong += a->bin[i].count != b->bin[i].count ||
                 (a->bin[i].count &&
                  memcmp(a->bin[i].prim, b->bin[i].prim, a->bin[i].count * sizeof(uint32_t)) != 0);
    return wrong;
}

/* The mesh's vertices as primitives of @mode, with primitives of the draw in their order. */
static struct native *assembled(uint8_t mode, unsigned threads)
{
    struct native *n = native_new(REPLAY_PAGES, threads);
    uint64_t token[2] = {0};
    struct mali_job job[2];
    struct capture_job c;
    struct file f;

    if (!n || !load_two_draws(n, &f, &c, token, job))
        return n;
    job[0].instr &= ~0xffull;
    job[0].regs[56] = (job[0].regs[56] & ~0xffu) | mode;
    TAP_CHECK_EQ(to_its_end(n, &job[0]), MALI_JOB_DONE);
    capture_job_free(&c);
    free(f.data);
    return n;
}

/*
 * Lists are cut and set up by several threads, of points more are made than a range has room for:
 * primitives, their numbers and bins are those of one thread.
 */
static void assembly_order(void)
{
    static const uint8_t modes[] = {1, 2, 4, 6, 8, 10, 12, 14};

    for (unsigned m = 0; m < sizeof(modes); m++) {
        struct native *one = assembled(modes[m], 1);
        const struct gfx_pass *a = one ? one->pipeline->passes : NULL;
        TAP_REQUIRE(a && a->prims > 600);
        uint32_t back = 0;
        for (uint32_t i = 1; i < a->prims; i++)
            back += a->prim[i].number < a->prim[i - 1].number;
        TAP_CHECK_EQ(back, 0);
        TAP_CHECK(a->prim[a->prims - 1].number + 1 >= a->prims / GFX_CLIPPED);
        for (unsigned threads = 2; threads < 6; threads += 3) {
            struct native *many = assembled(modes[m], threads);
            TAP_REQUIRE(many && many->pipeline->passes);
            if (!TAP_CHECK_EQ(differing(a, many->pipeline->passes), 0))
                tap_note("mode %u, %u threads", modes[m], threads);
            native_free(many);
        }
        native_free(one);
    }
}

/* Of a draw that the scissor leaves a half of, vertices of the other half have no varyings. */
static void varyings_of_what_is_left(void)
{
    struct native *n = native_new(REPLAY_PAGES, 1);
    uint64_t token[2] = {0};
    struct mali_job job[2];
    struct capture_job c;
    struct file f;

    TAP_REQUIRE(load_two_draws(n, &f, &c, token, job));
    job[1].regs[42] += ((job[1].regs[43] & 0xffff) + 1) / 2; /* the scissor's first x */
    for (unsigned i = 0; i < 2; i++)
        TAP_CHECK_EQ(to_its_end(n, &job[i]), MALI_JOB_DONE);
    const struct gfx_pass *pass = n->pipeline->passes;
    TAP_REQUIRE(pass && pass->draws == 2);
    unsigned all = varied(&pass->draw[0], &pass->draw[0]);
    unsigned left = varied(&pass->draw[0], &pass->draw[1]);
    TAP_CHECK(left > all / 4 && left < all * 3 / 4);
    TAP_CHECK_EQ(n->pipeline->work[MALI_WORK_POSITIONS], pass->draw[1].vertices);
    uint64_t shaded = n->pipeline->work[MALI_WORK_VARYINGS];
    TAP_CHECK(shaded >= left && shaded - left <= pass->draw[0].vertices - all); /* some are zeros */
    capture_job_free(&c);
    free(f.data);
    native_free(n);
}

static void one_pass_two_streams(void)
{
    two_draws_at_once(1);
    two_draws_at_once(WORKERS);
}

TAP_MAIN({"same-to-the-bit", same_to_the_bit}, {"assembly-order", assembly_order}, {"fault-stops-all", fault_stops_all},
         {"dropped-between-slices", dropped_between_slices}, {"tests-count", tests_count}, {"few-lanes-idle", few_lanes_idle},
         {"one-pass-two-streams", one_pass_two_streams},
         {"varyings-of-what-is-left", varyings_of_what_is_left},
         {"varyings-over-batches", varyings_over_batches})
