/*
 * The front of the trace room: hands each event to the host's trace points and
 * to the timeline, and each touch to the fidelity report.
 *
 * Called by every room, from any thread. The only state of its own is which
 * sinks are on; the sinks lock for themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "trace_priv.h"

struct mali_trace {
    bool on;        /* somebody wants events; read by every emitter */
    bool count_all; /* report file wanted; else only TODO things are counted */
    struct mali_bus *bus;
    struct mali_timeline *timeline; /* NULL when off */
    struct mali_report *report;     /* never NULL */
};

static const struct {
    const char *name, *format;
} trace_events[MALI_EV_COUNT] = {
#define MALI_EVENT(id, fmt, what) [MALI_EV_##id] = {#id, fmt},
#include "events.def"
#undef MALI_EVENT
};

const char *mali_trace_event_name(enum mali_event_id id)
{
    return (unsigned)id < MALI_EV_COUNT ? trace_events[id].name : NULL;
}

const char *trace_event_format(enum mali_event_id id)
{
    return (unsigned)id < MALI_EV_COUNT ? trace_events[id].format : NULL;
}

void trace_json_string(FILE *f, const char *s)
{
    putc('"', f);
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            putc('\\', f);
            putc(c, f);
        } else if (c < 0x20 || c >= 0x7f) { /* names are ASCII; anything else stays readable */
            fprintf(f, "\\u%04x", c);
        } else {
            putc(c, f);
        }
    }
    putc('"', f);
}

struct mali_trace *mali_trace_new(struct mali_bus *bus, const char *timeline, const char *report,
                                  const char **err)
{
    struct mali_trace *t = calloc(1, sizeof(*t));
    const char *why = "out of memory";

    if (!t) {
        goto fail;
    }
    t->bus = bus;
    t->count_all = report != NULL;
    t->report = report_open(bus, report);
    if (!t->report) {
        why = report ? "the fidelity report file cannot be created" : why;
        goto fail;
    }
    if (timeline) {
        t->timeline = timeline_open(bus, timeline);
        if (!t->timeline) {
            why = "the timeline file cannot be created";
            goto fail;
        }
    }
    t->on = t->timeline || (bus && bus->ops->trace);
    return t;

fail:
    if (err) {
        *err = why;
    }
    mali_trace_free(t);
    return NULL;
}

void mali_trace_finish(struct mali_trace *t)
{
    if (!t) {
        return;
    }
    if (t->timeline) {
        timeline_close(t->timeline);
    }
    if (t->report) {
        report_close(t->report);
    }
}

void mali_trace_free(struct mali_trace *t)
{
    if (!t) {
        return;
    }
    mali_trace_finish(t);
    timeline_free(t->timeline);
    report_free(t->report);
    free(t);
}

bool mali_trace_on(const struct mali_trace *t)
{
    return t && t->on;
}

void mali_trace_emit(struct mali_trace *t, enum mali_event_id id, const char *name, uint64_t a,
                     uint64_t b, uint64_t c, uint64_t d)
{
    struct mali_event ev = {.id = id, .a = a, .b = b, .c = c, .d = d, .name = name};

    if (!t || !t->on || (unsigned)id >= MALI_EV_COUNT) {
        return;
    }
    if (t->bus && t->bus->ops->trace) {
        t->bus->ops->trace(t->bus->opaque, &ev);
    }
    if (t->timeline) {
        timeline_event(t->timeline, &ev);
    }
}

void mali_trace_touch(struct mali_trace *t, enum mali_fid_kind kind, const char *name,
                      enum mali_fidelity fid, const char *how, uint32_t *slot, uint64_t n)
{
    if (t && (t->count_all || fid == MALI_FID_TODO)) {
        report_touch(t->report, kind, name, fid, how, slot, n);
    }
}

void mali_trace_touch_text(struct mali_trace *t, enum mali_fid_kind kind, const char *name,
                           enum mali_fidelity fid, const char *how, uint64_t n)
{
    if (t && (t->count_all || fid == MALI_FID_TODO)) {
        report_touch_text(t->report, kind, name, fid, how, n);
    }
}

bool mali_trace_counts(const struct mali_trace *t)
{
    return t && t->count_all;
}

void mali_trace_finding(struct mali_trace *t, const char *what, const char *text)
{
    if (t) {
        report_finding(t->report, what, text);
    }
}

void mali_trace_summary(struct mali_trace *t, FILE *out)
{
    if (t && out) {
        report_summary(t->report, out);
    }
}

void mali_trace_begin(struct mali_trace *t, enum mali_track_kind kind, unsigned index,
                      const char *name)
{
    if (t && t->timeline) {
        timeline_begin(t->timeline, kind, index, name);
    }
}

void mali_trace_end(struct mali_trace *t, enum mali_track_kind kind, unsigned index)
{
    if (t && t->timeline) {
        timeline_end(t->timeline, kind, index);
    }
}

void mali_trace_instant(struct mali_trace *t, enum mali_track_kind kind, unsigned index,
                        const char *name)
{
    if (t && t->timeline) {
        timeline_instant(t->timeline, kind, index, name);
    }
}

void mali_trace_counter(struct mali_trace *t, enum mali_track_kind kind, unsigned index,
                        uint64_t value)
{
    if (t && t->timeline) {
        timeline_counter(t->timeline, kind, index, value);
    }
}
