/*
 * Events: one stream that feeds QEMU's trace points, the timeline for
 * ui.perfetto.dev (--gpu trace=FILE) and the fidelity report (--gpu report=FILE).
 *
 * Called by every room. Calls the host (ops->trace) and writes the two files.
 * An event whose sinks are all off costs one load and one branch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TRACE_H
#define MALI_TRACE_H

#include <stdio.h>

#include "../bus/bus.h"

/* name, format of a..d in words ("%u", "0x%llx"), what it means: trace/events.def */
#define MALI_EVENT(id, fmt, what) MALI_EV_##id,
enum mali_event_id {
#include "events.def"
    MALI_EV_COUNT
};
#undef MALI_EVENT

struct mali_event {
    enum mali_event_id id;
    uint64_t a, b, c, d;
    const char *name; /* readable name of the thing (register, command, state) or NULL */
};

/* Fidelity classes of everything a table row describes. */
enum mali_fidelity { MALI_FID_EXACT, MALI_FID_APPROX, MALI_FID_TODO };

/* What kinds of things the fidelity report lists. */
enum mali_fid_kind {
    MALI_FID_REGISTER,
    MALI_FID_MMU,
    MALI_FID_MCU,
    MALI_FID_CS,
    MALI_FID_SHADER,
    MALI_FID_MODIFIER, /* of a shader instruction */
    MALI_FID_KINDS
};

struct mali_trace;

/** @timeline, @report: host file paths or NULL. On failure NULL and *err (static string). */
struct mali_trace *mali_trace_new(struct mali_bus *bus, const char *timeline, const char *report,
                                  const char **err);
/** Writes the report, closes the timeline; safe to call twice. */
void mali_trace_finish(struct mali_trace *t);
void mali_trace_free(struct mali_trace *t);

/** Emits to all sinks. Any thread. @t may be NULL. */
void mali_trace_emit(struct mali_trace *t, enum mali_event_id id, const char *name, uint64_t a,
                     uint64_t b, uint64_t c, uint64_t d);
/** True when QEMU trace points or a timeline want events. */
bool mali_trace_on(const struct mali_trace *t);

/**
 * Counts that the guest touched the thing @name of kind @kind (names are static
 * strings from the tables; compared by pointer first). @how: one line on how an
 * APPROX thing differs, or why a TODO is refused. Any thread; cheap when hot
 * callers pass a cached slot: *slot is 0 at first, then set.
 */
void mali_trace_touch(struct mali_trace *t, enum mali_fid_kind kind, const char *name,
                      enum mali_fidelity fid, const char *how, uint32_t *slot, uint64_t n);
/**
 * Prints the fidelity summary for a terminal: totals, then every APPROX and TODO
 * thing that was touched. Without a report file only TODO things are counted.
 * Any thread; also after mali_trace_finish().
 */
void mali_trace_summary(struct mali_trace *t, FILE *out);

/** As mali_trace_touch(), but @name is copied when it is new. */
void mali_trace_touch_text(struct mali_trace *t, enum mali_fid_kind kind, const char *name,
                           enum mali_fidelity fid, const char *how, uint64_t n);
/** True: a report file is wanted, all touches are counted. @t may be NULL. */
bool mali_trace_counts(const struct mali_trace *t);
/**
 * Something that the report and the summary must say in a sentence: a race, a fault. @what: its
 * kind, a static string; @text is copied. The same text again is counted. Bounded; any thread.
 */
void mali_trace_finding(struct mali_trace *t, const char *what, const char *text);

/* Timeline tracks */
enum mali_track_kind {
    MALI_TRACK_GROUP,  /* index = CSG slot */
    MALI_TRACK_STREAM, /* index = slot * 32 + cs */
    MALI_TRACK_POWER,  /* 0 L2, 1 tiler, 2 shader, 3 MCU */
    MALI_TRACK_IRQ,    /* 0 job, 1 mmu, 2 gpu */
    MALI_TRACK_JOB,    /* index = slot * 32 + cs: RUN_* endpoints */
    MALI_TRACK_CLOCK,  /* counter track: GPU frequency in Hz */
    MALI_TRACK_WORK,   /* counter tracks: what the job that ended has done, enum mali_work */
};
/** Of fragment jobs: tiles, warps with a shader and their lanes. Of draws: vertices with positions, with varyings. */
enum mali_work {
    MALI_WORK_TILES,
    MALI_WORK_WARPS,
    MALI_WORK_LANES,
    MALI_WORK_POSITIONS,
    MALI_WORK_VARYINGS,
    MALI_WORKS,
};
/** Opens / closes a slice on a track (nesting per track allowed), or an instant, or a counter value. */
void mali_trace_begin(struct mali_trace *t, enum mali_track_kind kind, unsigned index, const char *name);
void mali_trace_end(struct mali_trace *t, enum mali_track_kind kind, unsigned index);
void mali_trace_instant(struct mali_trace *t, enum mali_track_kind kind, unsigned index, const char *name);
void mali_trace_counter(struct mali_trace *t, enum mali_track_kind kind, unsigned index, uint64_t value);

#endif
