/*
 * What the three files of the trace room share: the two sinks behind
 * struct mali_trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TRACE_PRIV_H
#define MALI_TRACE_PRIV_H

#include <stdarg.h>

#include "trace.h"

/* --- timeline.c: Chrome JSON trace events, streamed --------------------------- */
struct mali_timeline;
struct mali_timeline *timeline_open(struct mali_bus *bus, const char *path);
void timeline_begin(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index,
                    const char *name);
void timeline_end(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index);
void timeline_instant(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index,
                      const char *name);
void timeline_counter(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index,
                      uint64_t value);
void timeline_event(struct mali_timeline *tl, const struct mali_event *ev);
/** Closes open slices and the file; later calls on @tl do nothing. Twice is fine. */
void timeline_close(struct mali_timeline *tl);
void timeline_free(struct mali_timeline *tl);

/* --- report.c: what the guest touched ----------------------------------------- */
struct mali_report;
struct mali_report *report_open(struct mali_bus *bus, const char *path); /* @path may be NULL */
void report_touch_text(struct mali_report *r, enum mali_fid_kind kind, const char *name,
                       enum mali_fidelity fid, const char *how, uint64_t n);
void report_finding(struct mali_report *r, const char *what, const char *text);
void report_touch(struct mali_report *r, enum mali_fid_kind kind, const char *name,
                  enum mali_fidelity fid, const char *how, uint32_t *slot, uint64_t n);
void report_summary(struct mali_report *r, FILE *out);
void report_close(struct mali_report *r);
void report_free(struct mali_report *r);

/* --- trace.c ------------------------------------------------------------------- */
/** Name, format and meaning of an event; NULL for an unknown id. */
const char *mali_trace_event_name(enum mali_event_id id);
const char *trace_event_format(enum mali_event_id id);
/** Writes @s as a JSON string with its quotes; NULL as "". */
void trace_json_string(FILE *f, const char *s);

#endif
