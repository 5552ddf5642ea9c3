/*
 * mali-replay: runs captured jobs (--gpu capture=FILE) without a guest and compares memory.
 *
 *   mali-replay FILE           every job: the same, or the first difference; status 1 if any
 * differs mali-replay --jobs FILE    lists them mali-replay --job N ...    only job N mali-replay
 * --dump FILE    what each job touched and changed mali-replay --disasm FILE  the programs of
 * compute jobs mali-replay --bench N FILE runs each job N times, prints the time of the fastest and
 * the median mali-replay --slices N ... an endless job is given up after N slices (1 million unless
 * said)
 *
 * Exit status: 0 all the same, 1 a difference, 2 usage or no capture, 3 the file is cut or damaged.
 *
 * Calls replay.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../valhall/exec.h"
#include "replay.h"

struct options {
    bool jobs, dump, disasm;
    uint64_t job, bench, slices;
    const char *path;
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

static void disasm(struct native *n, const struct capture_job *j)
{
    struct va_cache *cache = va_cache_new();
    uint64_t va = j->type == MALI_JOB_COMPUTE && replay_load(n, j) ? replay_program(n, j) : 0;
    struct va_program *p = va && cache ? va_program_get(cache, va, fetch, n) : NULL;

    if (!p)
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

static int by_time(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void bench(struct native *n, const struct capture_job *j, const struct options *o)
{
    uint64_t *ns = calloc(o->bench, sizeof(*ns));
    struct replay_report r = {0};

    for (uint64_t i = 0; ns && i < o->bench; i++) {
        replay_job(n, j, (unsigned)o->slices, &r);
        ns[i] = r.ns;
    }
    if (ns && r.verdict != REPLAY_SKIPPED) {
        qsort(ns, o->bench, sizeof(*ns), by_time);
        printf("job %" PRIu64 ": %" PRIu64 " runs, fastest %.3f ms, median %.3f ms\n", j->number,
               o->bench, (double)ns[0] / 1e6, (double)ns[o->bench / 2] / 1e6);
    }
    free(ns);
}

static bool one(struct native *n, const struct capture_job *j, const struct options *o)
{
    if (o->job && o->job != j->number)
        return true;
    if (o->jobs || o->dump || o->disasm)
        print_job(j);
    if (o->dump)
        dump(j);
    if (o->disasm)
        disasm(n, j);
    if (o->bench)
        bench(n, j, o);
    if (o->jobs || o->dump || o->disasm || o->bench)
        return true;
    return compare(n, j, (unsigned)o->slices);
}

static int all(struct native *n, const uint8_t *data, size_t size, const struct options *o)
{
    struct capture_reader r;
    struct capture_job job;
    enum capture_read got;
    const char *err;
    bool same = true;

    if (!capture_open(&r, data, size, &err)) {
        fprintf(stderr, "mali-replay: %s: %s\n", o->path, err);
        return 2;
    }
    while ((got = capture_next(&r, &job, &err)) == CAPTURE_READ_JOB) {
        same &= one(n, &job, o);
        capture_job_free(&job);
    }
    if (got == CAPTURE_READ_END) {
        if (r.end == CAPTURE_FULL)
            printf("the capture ended early: its file had reached the limit\n");
        if (r.too_large)
            printf("%" PRIu64 " jobs touched too much memory and are not whole\n", r.too_large);
        return same ? 0 : 1;
    }
    fprintf(stderr, "mali-replay: %s: byte %zu: %s\n", o->path, r.at,
            got == CAPTURE_READ_CUT ? "the file is cut off here; the jobs before are whole" : err);
    return 3;
}

/* --- start
 * ------------------------------------------------------------------------------------------ */

static int usage(FILE *out, int status)
{
    fputs(
        "usage: mali-replay [--jobs] [--dump] [--disasm] [--bench N] [--job N] [--slices N] FILE\n"
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
    return end != text && !*end && !errno && *v && *v <= UINT32_MAX;
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
    };

    for (int i = 1; i < argc; i++) {
        unsigned k = 0, n = sizeof(known) / sizeof(known[0]);
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
    return o->path;
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
    struct options o = {.slices = 1000000};
    struct native *n;
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
    n = native_new(REPLAY_PAGES);
    if (!n) {
        fprintf(stderr, "mali-replay: out of memory\n");
        free(data);
        return 2;
    }
    status = all(n, data, size, &o);
    native_free(n);
    free(data);
    return status;
}
