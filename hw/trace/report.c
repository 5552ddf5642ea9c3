/*
 * The fidelity report: what the guest touched, how often, and how the model
 * treats it. A thing is (kind, name, class): one whose rare forms are
 * approximate has two lines.
 *
 * Called by trace.c from any thread. A caller that keeps its slot pays one
 * relaxed atomic add; a new thing is entered under a mutex. Entries are never
 * moved or removed, so readers of published ones need no lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "trace_priv.h"

#define REPORT_MAX  4096 /* all tables together have fewer rows */
#define REPORT_HASH (2 * REPORT_MAX)
#define FINDINGS_MAX 512

struct entry {
    const char *name, *how;
    char *copy; /* name, if it is the report's own */
    uint8_t kind, fid;
    uint64_t count;
};

struct finding {
    const char *what;
    char *text;
    uint64_t count;
};

struct mali_report {
    pthread_mutex_t lock; /* insertion, file */
    struct mali_bus *bus;
    FILE *f;       /* NULL: no file, or written */
    uint32_t used; /* published entries */
    uint64_t lost; /* touches that found the table full */
    unsigned findings;
    uint64_t lost_findings;
    struct finding finding[FINDINGS_MAX];
    uint16_t hash[REPORT_HASH]; /* 1 + entry, 0 free */
    struct entry entries[REPORT_MAX];
};

static const char *const kind_names[MALI_FID_KINDS] = {"register", "mmu",    "mcu",
                                                       "cs",       "shader", "modifier"};
static const char *const class_names[] = {"exact", "approximate", "unsupported"};

struct mali_report *report_open(struct mali_bus *bus, const char *path)
{
    struct mali_report *r = calloc(1, sizeof(*r));

    if (!r) {
        return NULL;
    }
    if (path) {
        r->f = fopen(path, "w");
        if (!r->f) {
            free(r);
            return NULL;
        }
    }
    r->bus = bus;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static bool entry_is(const struct entry *e, enum mali_fid_kind kind, const char *name,
                     enum mali_fidelity fid)
{
    return e->kind == kind && e->fid == fid && (e->name == name || !strcmp(e->name, name));
}

/* 1 + index of the entry, made if need be; 0 when the table is full. */
static uint32_t report_find(struct mali_report *r, enum mali_fid_kind kind, const char *name,
                            enum mali_fidelity fid, const char *how, bool copied)
{
    uint32_t h = 2166136261u ^ (kind << 2 | fid), slot, i;

    for (const char *p = name; *p; p++) {
        h = (h ^ (unsigned char)*p) * 16777619u;
    }
    pthread_mutex_lock(&r->lock);
    for (i = h % REPORT_HASH; (slot = r->hash[i]); i = (i + 1) % REPORT_HASH) {
        if (entry_is(&r->entries[slot - 1], kind, name, fid)) {
            break;
        }
    }
    char *copy = !slot && copied ? strdup(name) : NULL;

    if (!slot && r->used < REPORT_MAX && (copy || !copied)) {
        r->entries[r->used] = (struct entry){copy ? copy : name, how ? how : "", copy, kind, fid, 0};
        copy = NULL;
        slot = r->used + 1;
        r->hash[i] = slot;
        __atomic_store_n(&r->used, slot, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&r->lock);
    free(copy);
    return slot;
}

void report_touch(struct mali_report *r, enum mali_fid_kind kind, const char *name,
                  enum mali_fidelity fid, const char *how, uint32_t *slot, uint64_t n)
{
    uint32_t s = slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;

    if (!name || (unsigned)kind >= MALI_FID_KINDS || (unsigned)fid > MALI_FID_TODO) {
        return;
    }
    /* a slot may come from another GPU's report: believe it only if it names this thing */
    if (!s || s > __atomic_load_n(&r->used, __ATOMIC_ACQUIRE) || r->entries[s - 1].name != name ||
        r->entries[s - 1].fid != fid || r->entries[s - 1].kind != kind) {
        s = report_find(r, kind, name, fid, how, false);
        if (!s) {
            __atomic_fetch_add(&r->lost, n, __ATOMIC_RELAXED);
            return;
        }
        if (slot) {
            __atomic_store_n(slot, s, __ATOMIC_RELAXED);
        }
    }
    __atomic_fetch_add(&r->entries[s - 1].count, n, __ATOMIC_RELAXED);
}

void report_finding(struct mali_report *r, const char *what, const char *text)
{
    unsigned i = 0;

    pthread_mutex_lock(&r->lock);
    while (i < r->findings && (r->finding[i].what != what || strcmp(r->finding[i].text, text))) {
        i++;
    }
    if (i == r->findings) {
        char *copy = i < FINDINGS_MAX ? strdup(text) : NULL;

        if (!copy) {
            r->lost_findings++;
            goto out;
        }
        r->finding[i] = (struct finding){what, copy, 0};
        r->findings++;
    }
    r->finding[i].count++;
out:
    pthread_mutex_unlock(&r->lock);
}

void report_touch_text(struct mali_report *r, enum mali_fid_kind kind, const char *name,
                       enum mali_fidelity fid, const char *how, uint64_t n)
{
    uint32_t s = report_find(r, kind, name, fid, how, true);

    if (s) {
        __atomic_fetch_add(&r->entries[s - 1].count, n, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_add(&r->lost, n, __ATOMIC_RELAXED);
    }
}

static int entry_compare(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;

    if (a->fid != b->fid) {
        return b->fid - a->fid; /* unsupported first */
    }
    if (a->kind != b->kind) {
        return a->kind - b->kind;
    }
    return strcmp(a->name, b->name);
}

/* A sorted copy; the caller frees it. NULL when there is no memory. */
static struct entry *report_snapshot(struct mali_report *r, uint32_t *n)
{
    uint32_t used = __atomic_load_n(&r->used, __ATOMIC_ACQUIRE);
    struct entry *copy = malloc((used + 1) * sizeof(*copy));

    if (!copy) {
        return NULL;
    }
    for (uint32_t i = 0; i < used; i++) {
        copy[i].name = r->entries[i].name;
        copy[i].how = r->entries[i].how;
        copy[i].kind = r->entries[i].kind;
        copy[i].fid = r->entries[i].fid;
        copy[i].count = __atomic_load_n(&r->entries[i].count, __ATOMIC_RELAXED);
    }
    qsort(copy, used, sizeof(*copy), entry_compare);
    *n = used;
    return copy;
}

struct totals {
    uint32_t things[3];
    uint64_t touches[3];
};

static struct totals report_totals(const struct entry *e, uint32_t n)
{
    struct totals t = {0};

    for (uint32_t i = 0; i < n; i++) {
        t.things[e[i].fid]++;
        t.touches[e[i].fid] += e[i].count;
    }
    return t;
}

void report_summary(struct mali_report *r, FILE *out)
{
    uint32_t n;
    struct entry *e = report_snapshot(r, &n);
    struct totals t;

    if (!e) {
        return;
    }
    t = report_totals(e, n);
    fprintf(out, "Fidelity: %u things touched: %u exact, %u approximate, %u unsupported\n", n,
            t.things[MALI_FID_EXACT], t.things[MALI_FID_APPROX], t.things[MALI_FID_TODO]);
    for (uint32_t i = 0; i < n && e[i].fid != MALI_FID_EXACT; i++) {
        fprintf(out, "  %-11s  %-8s  %-24s %8" PRIu64 "x  %s\n", class_names[e[i].fid],
                kind_names[e[i].kind], e[i].name, e[i].count, e[i].how);
    }
    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->findings; i++) {
        fprintf(out, "  %s, %" PRIu64 "x: %s\n", r->finding[i].what, r->finding[i].count,
                r->finding[i].text);
    }
    if (r->lost_findings) {
        fprintf(out, "  (%" PRIu64 " more findings did not fit)\n", r->lost_findings);
    }
    pthread_mutex_unlock(&r->lock);
    if (r->lost) {
        fprintf(out, "  (%" PRIu64 " touches did not fit in the table)\n", r->lost);
    }
    free(e);
}

static void report_write(struct mali_report *r, const struct entry *e, uint32_t n)
{
    struct totals t = report_totals(e, n);

    fprintf(r->f,
            "{\n\"format\":\"garm-fidelity-report\",\n\"version\":1,\n"
            "\"virtual_time_ns\":%" PRIu64 ",\n\"lost_touches\":%" PRIu64 ",\n\"totals\":{",
            r->bus ? mali_bus_now(r->bus) : 0, r->lost);
    for (unsigned c = 0; c < 3; c++) {
        fprintf(r->f, "%s\"%s\":{\"things\":%u,\"touches\":%" PRIu64 "}", c ? "," : "",
                class_names[c], t.things[c], t.touches[c]);
    }
    fputs("},\n\"things\":[", r->f);
    for (uint32_t i = 0; i < n; i++) {
        fprintf(r->f, "%s\n{\"kind\":\"%s\",\"class\":\"%s\",\"count\":%" PRIu64 ",\"name\":",
                i ? "," : "", kind_names[e[i].kind], class_names[e[i].fid], e[i].count);
        trace_json_string(r->f, e[i].name);
        fputs(",\"how\":", r->f);
        trace_json_string(r->f, e[i].how);
        putc('}', r->f);
    }
    fprintf(r->f, "\n],\n\"lost_findings\":%" PRIu64 ",\n\"findings\":[", r->lost_findings);
    for (unsigned i = 0; i < r->findings; i++) {
        fprintf(r->f, "%s\n{\"kind\":\"%s\",\"count\":%" PRIu64 ",\"text\":", i ? "," : "",
                r->finding[i].what, r->finding[i].count);
        trace_json_string(r->f, r->finding[i].text);
        putc('}', r->f);
    }
    fputs("\n]}\n", r->f);
}

void report_close(struct mali_report *r)
{
    bool failed = false;
    uint32_t n;
    struct entry *e = report_snapshot(r, &n);

    pthread_mutex_lock(&r->lock);
    if (r->f) {
        failed = !e;
        if (e) {
            report_write(r, e, n);
        }
        failed |= ferror(r->f) != 0;
        failed |= fclose(r->f) != 0;
        r->f = NULL;
    }
    pthread_mutex_unlock(&r->lock);
    free(e);
    if (failed && r->bus) {
        mali_log(r->bus, MALI_LOG_INFO, "trace: the fidelity report is incomplete: write error");
    }
}

void report_free(struct mali_report *r)
{
    if (!r) {
        return;
    }
    report_close(r);
    for (unsigned i = 0; i < r->findings; i++) {
        free(r->finding[i].text);
    }
    for (uint32_t i = 0; i < r->used; i++) {
        free(r->entries[i].copy);
    }
    pthread_mutex_destroy(&r->lock);
    free(r);
}
