/*
 * mali-replay: runs captured jobs (--gpu capture=FILE) without a guest and compares memory.
 *
 * - mali-replay FILE: every job: the same, or the first difference (status 1)
 * - --jobs: lists them
 * - --job N: only job N; for graphics, the tiling jobs before it run, too
 * - --dump: what each job touched and changed
 * - --disasm: the programs of compute jobs, the code in the pages of others
 * - --bench N: runs all N times, prints the fastest time and the median
 * - --bench N --profile OUT: samples of where the time of these runs goes (scripts/bench --profile)
 * - --png DIR: what fragment jobs drew, as DIR/job-N-rtM.png
 * - --from N --to M --write OUT: jobs N to M become a capture of their own
 * - --renew OUT: the capture again, with the memory that jobs leave now
 * - --threads N: shader threads, 1 unless said, 0: as many as the host has
 * - --slices N: an endless job is given up after N slices (1 million)
 *
 * Exit status: 0 all the same, 1 a difference, 2 usage or no capture, 3 the file is cut or damaged.
 *
 * Calls replay.c, picture.c, profile.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/pipeline_internal.h"
#include "picture.h"
#include "profile.h"
#include "replay.h"

struct options {
    bool jobs, dump, disasm;
    uint64_t job, bench, slices, threads, from, to;
    const char *path, *png, *write, *renew, *jit, *jit_cache, *profile, *vectors;
};

/* Times of the jobs of a capture: [job][run]. */
struct times {
    uint64_t *ns;
    uint64_t jobs, runs;
    uint32_t *type;
};

static const char *const results[] = {"done", "faulted", "dropped", "too large"};

/* --- printing --------------------------------------------------------------------------------- */

static void print_fault(const struct mali_fault *f)
{
    printf("%s (0x%02x), exception data 0x%" PRIx64, native_fault_name(f->code), f->code, f->info);
}

static void print_job(const struct capture_job *j)
{
    unsigned written = 0, changed = 0;

    for (uint32_t i = 0; i < j->pages; i++) {
        written += (j->page[i].flags & CAPTURE_PAGE_WRITTEN) != 0;
        changed += j->page[i].after != NULL;
    }
    printf("job %" PRIu64 ": %s at 0x%" PRIx64 ", as %u csg %u cs %u, %u slices, %u pages, %u for "
           "writing, %u changed: %s",
           j->number, mali_job_type_name((enum mali_job_type)j->type), j->ip, j->as, j->csg, j->cs,
           j->slices, j->pages, written, changed, results[j->result]);
    if (j->result == CAPTURE_FAULTED) {
        printf(": ");
        print_fault(&j->fault);
    }
    printf("\n");
    if (j->type == MALI_JOB_FRAGMENT)
        printf("    pixels %u,%u to %u,%u\n", j->regs[42] & 0xffff, j->regs[42] >> 16,
               j->regs[43] & 0xffff, j->regs[43] >> 16);
    if (j->type == MALI_JOB_COMPUTE)
        printf("    workgroup %u x %u x %u, grid %u x %u x %u\n", (j->regs[33] & 0x3ff) + 1,
               (j->regs[33] >> 10 & 0x3ff) + 1, (j->regs[33] >> 20 & 0x3ff) + 1, j->regs[37],
               j->regs[38], j->regs[39]);
}

/* Words of a page that the job has changed. */
static void dump_changes(const struct capture_page *g)
{
    static const uint8_t zeros[CAPTURE_PAGE];
    const uint8_t *before = g->before ? g->before : zeros;

    for (unsigned i = 0; g->after && i < CAPTURE_PAGE; i += 4) {
        uint32_t was, is;
        memcpy(&was, before + i, 4);
        memcpy(&is, g->after + i, 4);
        if (was != is)
            printf("        %12" PRIx64 ": %08x -> %08x\n", g->va + i, was, is);
    }
}

static void dump(const struct capture_job *j)
{
    for (uint32_t i = 0; i < j->pages; i++) {
        const struct capture_page *g = &j->page[i];
        printf("    page %12" PRIx64 " at physical %10" PRIx64 " %c%c%c%s%s\n", g->va, g->pa,
               g->allow >> MALI_ACCESS_READ & 1 ? 'r' : '-',
               g->allow >> MALI_ACCESS_WRITE & 1 ? 'w' : '-',
               g->allow >> MALI_ACCESS_EXECUTE & 1 ? 'x' : '-', g->before ? "" : ", zeros before",
               g->after ? ", changed" : "");
        dump_changes(g);
    }
}

static unsigned fetch(void *ctx, uint64_t va, uint64_t *words, unsigned n)
{
    unsigned have = 0;

    while (have < n && native_read(ctx, va + 8ull * have, &words[have], 8))
        have++;
    return have;
}

static void print_insn(struct native *n, uint64_t pc)
{
    uint64_t word = 0;
    char text[256];
    struct va_insn in;

    if (!native_read(n, pc, &word, 8))
        return;
    enum va_error err = va_decode(word, &in);
    if (err)
        snprintf(text, sizeof(text), ".word // %s", va_error_name(err));
    else
        va_disasm(&in, text, sizeof(text));
    printf("%12" PRIx64 ":  %016" PRIx64 "  %s\n", pc, word, text);
}

/* All code that a job's executable pages hold: a draw has several programs, and calls others. */
static void disasm_pages(struct native *n, const struct capture_job *j)
{
    for (uint32_t i = 0; i < j->pages; i++) {
        const struct capture_page *g = &j->page[i];
        for (uint64_t va = g->va; g->allow >> MALI_ACCESS_EXECUTE & 1 && va < g->va + 4096;
             va += 8) {
            uint64_t word = 0;
            if (native_read(n, va, &word, 8) && word)
                print_insn(n, va);
        }
    }
}

static void disasm(struct native *n, const struct capture_job *j)
{
    struct va_cache *cache = va_cache_new();
    bool loaded = replay_load(n, j), compute = j->type == MALI_JOB_COMPUTE;
    uint64_t va = compute && loaded ? replay_program(n, j) : 0;
    struct va_program *p = va && cache ? va_program_get(cache, va, fetch, n) : NULL;

    if (!compute && loaded)
        disasm_pages(n, j);
    else if (!p)
        printf("    no program is in the capture\n");
    for (unsigned i = 0; p && i < va_program_size(p); i++)
        print_insn(n, va + 8ull * i);
    va_program_put(p);
    va_cache_free(cache);
}

/* --- jobs ----------------------------------------------------------------------------------------
 */

static void print_difference(struct native *n, const struct capture_job *j, unsigned slices,
                             struct replay_report *r)
{
    printf("job %" PRIu64 ": memory differs in %" PRIu64 " bytes, first at 0x%" PRIx64
           ": got 0x%02x, captured 0x%02x\n",
           j->number, r->bytes, r->va, r->got, r->want);
    if (j->type != MALI_JOB_COMPUTE && j->type != MALI_JOB_COMPUTE_INDIRECT)
        return; /* what writes a target is no instruction */
    replay_find_writer(n, j, slices, r);
    if (!r->has_pc) {
        printf("    no instruction of the replay writes there\n");
        return;
    }
    printf("    written last by workgroup %u,%u,%u invocation %u, pc 0x%" PRIx64 ":\n", r->group[0],
           r->group[1], r->group[2], r->thread, r->pc);
    print_insn(n, r->pc);
}

/* True: nothing to complain about. */
static bool compare(struct native *n, const struct capture_job *j, unsigned slices)
{
    struct replay_report r;

    replay_job(n, j, slices, &r);
    switch (r.verdict) {
    case REPLAY_SAME:
        printf("job %" PRIu64 ": same, %u pages, %.3f ms\n", j->number, j->pages,
               (double)r.ns / 1e6);
        return true;
    case REPLAY_SKIPPED:
        printf("job %" PRIu64 ": skipped, it was %s\n", j->number, results[j->result]);
        return true;
    case REPLAY_MEMORY:
        print_difference(n, j, slices, &r);
        return false;
    case REPLAY_RESULT:
        printf("job %" PRIu64 ": ended otherwise: got ", j->number);
        print_fault(&r.fault);
        printf("; captured ");
        print_fault(&j->fault);
        printf("\n");
        return false;
    case REPLAY_SLICES:
        printf("job %" PRIu64 ": has not ended after %u slices (captured: %u)\n", j->number, slices,
               j->slices);
        return false;
    default:
        printf("job %" PRIu64 ": out of memory\n", j->number);
        return false;
    }
}

/* Only listed, or an earlier job than the one that is wanted: true. */
static bool skipped(struct native *n, const struct capture_job *j, const struct options *o)
{
    struct replay_report r;

    if (!o->job || o->job == j->number)
        return false;
    if ((j->type == MALI_JOB_IDVS || j->type == MALI_JOB_FULLSCREEN) && j->number < o->job &&
        !o->jobs && !o->dump && !o->disasm)
        replay_job(n, j, (unsigned)o->slices, &r); /* what it leaves is in the pipeline */
    return true;
}

static bool one(struct native *n, const struct capture_job *j, const struct options *o)
{
    bool same = true;

    if (skipped(n, j, o))
        return true;
    if (o->jobs || o->dump || o->disasm)
        print_job(j);
    if (o->dump)
        dump(j);
    if (o->disasm)
        disasm(n, j);
    if (!o->jobs && !o->dump && !o->disasm)
        same = compare(n, j, (unsigned)o->slices);
    if (o->png && !o->jobs && !o->dump && !o->disasm)
        picture_write(n, j, o->png);
    return same;
}

/* What the reader ended with, as an exit status. */
static int ended(const struct capture_reader *r, enum capture_read got, const char *err,
                 const struct options *o)
{
    if (got == CAPTURE_READ_END) {
        if (r->end == CAPTURE_FULL)
            printf("the capture ended early: its file had reached the limit\n");
        if (r->too_large)
            printf("%" PRIu64 " jobs touched too much memory and are not whole\n", r->too_large);
        return 0;
    }
    fprintf(stderr, "mali-replay: %s: byte %zu: %s\n", o->path, r->at,
            got == CAPTURE_READ_CUT ? "the file is cut off here; the jobs before are whole" : err);
    return 3;
}

static int all(struct native *n, const uint8_t *data, size_t size, const struct options *o)
{
    struct capture_reader r;
    struct capture_job job;
    enum capture_read got;
    const char *err = NULL;
    bool same = true;

    if (!capture_open(&r, data, size, &err)) {
        fprintf(stderr, "mali-replay: %s: %s\n", o->path, err);
        return 2;
    }
    while ((got = capture_next(&r, &job, &err)) == CAPTURE_READ_JOB) {
        same &= one(n, &job, o);
        capture_job_free(&job);
    }
    int status = ended(&r, got, err, o);
    return status ? status : same ? 0 : 1;
}

/* --- times ------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static bool note(struct times *t, uint64_t job, uint64_t run, uint32_t type, uint64_t ns)
{
    if (job >= t->jobs) {
        uint64_t *more = realloc(t->ns, (job + 1) * t->runs * sizeof(*more));
        t->ns = more ? more : t->ns;
        uint32_t *types = realloc(t->type, (job + 1) * sizeof(*types));
        t->type = types ? types : t->type;
        if (!more || !types)
            return false;
        memset(&t->ns[t->jobs * t->runs], 0, (job + 1 - t->jobs) * t->runs * sizeof(*more));
        memset(&t->type[t->jobs], 0, (job + 1 - t->jobs) * sizeof(*types));
        t->jobs = job + 1;
    }
    t->ns[job * t->runs + run] = ns;
    t->type[job] = type;
    return true;
}

static void print_times(struct times *t)
{
    uint64_t sum[MALI_JOB_FINISH_TILING + 1] = {0};

    for (uint64_t i = 0; i < t->jobs; i++) {
        uint64_t *ns = &t->ns[i * t->runs];
        qsort(ns, t->runs, sizeof(*ns), by_time);
        if (!ns[0])
            continue;
        printf("job %" PRIu64 ": %" PRIu64 " runs, fastest %.3f ms, median %.3f ms\n", i, t->runs,
               (double)ns[0] / 1e6, (double)ns[t->runs / 2] / 1e6);
        sum[t->type[i] <= MALI_JOB_FINISH_TILING ? t->type[i] : 0] += ns[t->runs / 2];
    }
    for (unsigned i = 0; i <= MALI_JOB_FINISH_TILING; i++)
        if (sum[i])
            printf("all %s: %.3f ms (sum of medians)\n", mali_job_type_name((enum mali_job_type)i),
                   (double)sum[i] / 1e6);
}

/* The whole capture each time, so that fragment jobs find what tiling jobs have left. */
static int bench(struct native *n, const uint8_t *data, size_t size, const struct options *o)
{
    struct times t = {.runs = o->bench};
    struct capture_reader r;
    struct capture_job job;
    enum capture_read got = CAPTURE_READ_END;
    const char *err = NULL;
    bool memory = true, same = true;

    for (uint64_t i = 0; i < o->bench && got == CAPTURE_READ_END && memory; i++) {
        if (!capture_open(&r, data, size, &err)) {
            fprintf(stderr, "mali-replay: %s: %s\n", o->path, err);
            return 2;
        }
        mali_pipeline_reset(n->pipeline);
        while ((got = capture_next(&r, &job, &err)) == CAPTURE_READ_JOB) {
            struct replay_report report = {0};
            if (!skipped(n, &job, o)) {
                profile_count(true);
                replay_job(n, &job, (unsigned)o->slices, &report);
                profile_count(false);
                /* What ends otherwise has no time: other threads use thread storage that no capture
                 * has. */
                if (report.verdict == REPLAY_RESULT || report.verdict == REPLAY_SLICES) {
                    fprintf(stderr,
                            "mali-replay: job %" PRIu64 " does not end as captured: not timed\n",
                            job.number);
                    same = false;
                    report.ns = 0;
                }
                memory = memory && note(&t, job.number, i, job.type, report.ns);
            }
            capture_job_free(&job);
        }
    }
    print_times(&t);
    free(t.ns);
    free(t.type);
    int status = ended(&r, got, err, o);
    return status ? status : same ? 0 : 1;
}

static int profiled(struct native *n, const uint8_t *data, size_t size, const struct options *o)
{
    if (!profile_begin()) {
        fprintf(stderr, "mali-replay: no profile: %s\n", strerror(errno));
        return 2;
    }
    int status = bench(n, data, size, o);
    if (!profile_write(o->profile)) {
        fprintf(stderr, "mali-replay: %s: %s\n", o->profile, strerror(errno));
        return 2;
    }
    return status;
}

/* --- cutting ---------------------------------------------------------------------------------- */

/* What the job leaves now becomes what it left. */
static bool renew(struct native *n, struct capture_job *job, const struct options *o)
{
    struct replay_report r;

    replay_job(n, job, (unsigned)o->slices, &r);
    if (r.verdict == REPLAY_SKIPPED)
        return true;
    for (uint32_t i = 0; i < job->pages; i++) {
        struct capture_page *g = &job->page[i];
        if (!(g->flags & CAPTURE_PAGE_WRITTEN))
            continue;
        g->after = malloc(CAPTURE_PAGE); /* lives as long as the process */
        if (!g->after || !native_read(n, g->va, g->after, CAPTURE_PAGE))
            return false;
        g->flags |= CAPTURE_PAGE_CHANGED;
    }
    return r.verdict == REPLAY_SAME || r.verdict == REPLAY_MEMORY;
}

static int cut(struct native *n, const uint8_t *data, size_t size, const struct options *o)
{
    const char *path = o->renew ? o->renew : o->write, *err = NULL, *why = NULL;
    struct capture_reader r;
    struct capture_job job;
    enum capture_read got;

    if (!capture_open(&r, data, size, &err)) {
        fprintf(stderr, "mali-replay: %s: %s\n", o->path, err);
        return 2;
    }
    struct mali_capture *out = mali_capture_new(path, 0, &err);
    if (!out) {
        fprintf(stderr, "mali-replay: %s: %s\n", path, err);
        return 2;
    }
    while ((got = capture_next(&r, &job, &err)) == CAPTURE_READ_JOB) {
        if (o->renew && !renew(n, &job, o))
            why = "a job does not end as it did";
        if (job.number >= o->from && (!o->to || job.number <= o->to) && !why)
            why = mali_capture_add(out, &job);
        capture_job_free(&job);
    }
    if (!mali_capture_close(out) || why) {
        fprintf(stderr, "mali-replay: %s: %s\n", path, why ? why : "write error");
        return 2;
    }
    return ended(&r, got, err, o);
}

/* --- start
 * ------------------------------------------------------------------------------------------ */

static int usage(FILE *out, int status)
{
    fputs("usage: mali-replay [--jobs] [--dump] [--disasm] [--bench N [--profile OUT]] [--job N] "
          "[--slices N]\n"
          "                   [--threads N] [--png DIR] [--jit off|on|now] [--jit-cache DIR] "
          "[--from N --to N --write OUT]\n"
          "                   [--renew OUT] [--vectors base|avx2|avx512] FILE\n"
          "Runs the jobs of a capture (scripts/run --gpu capture=FILE) and compares memory after "
          "each.\n",
          out);
    return status;
}

static bool number(const char *text, uint64_t *v)
{
    char *end;

    if (!text)
        return false;
    errno = 0;
    *v = strtoull(text, &end, 0);
    return end != text && !*end && !errno && *v <= UINT32_MAX;
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct {
        const char *name;
        size_t flag, value;
    } known[] = {
        {"--jobs", offsetof(struct options, jobs), 0},
        {"--dump", offsetof(struct options, dump), 0},
        {"--disasm", offsetof(struct options, disasm), 0},
        {"--bench", 0, offsetof(struct options, bench)},
        {"--job", 0, offsetof(struct options, job)},
        {"--slices", 0, offsetof(struct options, slices)},
        {"--threads", 0, offsetof(struct options, threads)},
        {"--from", 0, offsetof(struct options, from)},
        {"--to", 0, offsetof(struct options, to)},
    };

    for (int i = 1; i < argc; i++) {
        unsigned k = 0, n = sizeof(known) / sizeof(known[0]);
        const char **text = !strcmp(argv[i], "--png")         ? &o->png
                            : !strcmp(argv[i], "--write")     ? &o->write
                            : !strcmp(argv[i], "--renew")     ? &o->renew
                            : !strcmp(argv[i], "--jit")       ? &o->jit
                            : !strcmp(argv[i], "--jit-cache") ? &o->jit_cache
                            : !strcmp(argv[i], "--profile")   ? &o->profile
                            : !strcmp(argv[i], "--vectors")   ? &o->vectors
                                                              : NULL;
        if (text && i + 1 < argc) {
            *text = argv[++i];
            continue;
        }
        if (argv[i][0] != '-') {
            if (o->path)
                return false;
            o->path = argv[i];
            continue;
        }
        while (k < n && strcmp(argv[i], known[k].name))
            k++;
        if (k == n || (known[k].value &&
                       !number(argv[i + 1], (uint64_t *)(void *)((char *)o + known[k].value))))
            return false;
        if (known[k].value)
            i++;
        else
            *((char *)o + known[k].flag) = true;
    }
    return o->path && o->slices && o->threads <= POOL_MAX && (!o->profile || o->bench);
}

/* Shaders as machine code: not, when they are used often, or all before they run. */
static bool choose_jit(struct native *n, const char *mode, const char *cache)
{
    static const char *const modes[] = {
        [VA_JIT_OFF] = "off", [VA_JIT_ON] = "on", [VA_JIT_NOW] = "now"};
    const char *why = "off, on or now";
    unsigned i = 0;

    while (i < 3 && strcmp(mode, modes[i]))
        i++;
    if (i == 3 || (i && !va_jit_available(&why))) {
        fprintf(stderr, "mali-replay: --jit %s: %s\n", mode, why);
        return false;
    }
    mali_pipeline_jit(n->pipeline, i);
    if (cache && i && !va_jit_keep(cache)) {
        fprintf(stderr, "mali-replay: --jit-cache %s: that folder cannot be made\n", cache);
        return false;
    }
    return true;
}

/* Of a run that compiled what was used often. */
static void tell_compiled(void)
{
    struct va_jit_stats s;

    va_jit_wait();
    va_jit_get_stats(&s);
    printf("shaders compiled: %" PRIu64 " in %.1f ms, %" PRIu64 " of them from disk, %" PRIu64
           " failed\n",
           s.compiled, (double)s.ns * 1e-6, s.loaded, s.failed);
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long end;

    if (f && !fseek(f, 0, SEEK_END) && (end = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET)) {
        data = malloc((size_t)end + 1);
        *size = data ? fread(data, 1, (size_t)end, f) : 0;
    }
    if (f)
        fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    struct options o = {.slices = 1000000, .threads = 1};
    struct native *n;
    const char *why;
    uint8_t *data;
    size_t size = 0;
    int status;

    if (argc > 1 && !strcmp(argv[1], "--help"))
        return usage(stdout, 0);
    if (!parse(argc, argv, &o))
        return usage(stderr, 2);
    data = read_file(o.path, &size);
    if (!data) {
        fprintf(stderr, "mali-replay: %s: %s\n", o.path, strerror(errno));
        return 2;
    }
    if (o.vectors && !va_vectors_choose(o.vectors, &why)) {
        fprintf(stderr, "mali-replay: --vectors %s: %s\n", o.vectors, why);
        free(data);
        return 2;
    }
    n = native_new(REPLAY_PAGES, (unsigned)o.threads);
    if (!n) {
        fprintf(stderr, "mali-replay: out of memory\n");
        free(data);
        return 2;
    }
    if (o.jit && !choose_jit(n, o.jit, o.jit_cache)) {
        native_free(n);
        free(data);
        return 2;
    }
    status = o.write || o.renew ? cut(n, data, size, &o) : 0;
    if (!o.write && !o.renew && (!o.bench || o.jobs || o.dump || o.disasm))
        status = all(n, data, size, &o);
    if (!status && o.bench && !o.write && !o.renew)
        status = o.profile ? profiled(n, data, size, &o) : bench(n, data, size, &o);
    if (!status && o.jit && strcmp(o.jit, "off"))
        tell_compiled();
    native_free(n);
    free(data);
    return status;
}
