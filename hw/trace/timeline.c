/*
 * The timeline: Chrome JSON trace events, which ui.perfetto.dev opens. Each
 * track kind is a process, each track a thread, so that the viewer groups
 * them; every other event is an instant on the track of its room.
 *
 * Called by trace.c from any thread; one mutex orders the file. Events go
 * through a 64 KiB buffer to the disk as they happen; past TIMELINE_LIMIT they
 * are dropped (the viewer would not open more) and the file says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "trace_priv.h"

#define TIMELINE_BUFFER (64 * 1024)
#define TIMELINE_LIMIT  (1ull << 30)
#define TRACKS          1024 /* 32 slots of 32 streams */
#define KINDS           (MALI_TRACK_WORK + 1)
#define PID_EVENTS      (KINDS + 1)

struct mali_timeline {
    pthread_mutex_t lock;
    struct mali_bus *bus;
    FILE *f; /* NULL once closed */
    uint64_t bytes, dropped;
    uint64_t last; /* virtual ns; keeps the file ordered when a clock is read late */
    bool failed;
    bool named_kind[KINDS + 1], named[KINDS + 1][TRACKS];
    uint16_t depth[KINDS][TRACKS];
    char buffer[TIMELINE_BUFFER];
};

static const char *const kind_names[KINDS + 1] = {
    [MALI_TRACK_GROUP] = "Groups",     [MALI_TRACK_STREAM] = "Streams",
    [MALI_TRACK_POWER] = "Power",      [MALI_TRACK_IRQ] = "Interrupts",
    [MALI_TRACK_JOB] = "Jobs",         [MALI_TRACK_CLOCK] = "Clock",
    [MALI_TRACK_WORK] = "Work",        [KINDS] = "Events",
};

/* Tracks of the Events process: the first word of the event's name. */
static const char *const room_names[] = {"reg", "irq", "gpu", "power", "clock", "mmu",
                                         "mcu", "csg", "cs",  "job",   NULL};

static unsigned event_room(const char *event)
{
    size_t len = strcspn(event, "_");
    unsigned i;

    for (i = 0; room_names[i]; i++) {
        if (strlen(room_names[i]) == len && !strncmp(room_names[i], event, len)) {
            break;
        }
    }
    return i;
}

static void track_name(char *buf, size_t size, unsigned kind, unsigned index)
{
    static const char *const power[] = {"L2", "tiler", "shader cores", "MCU"};
    static const char *const irq[] = {"job", "mmu", "gpu"};

    if (kind == MALI_TRACK_POWER && index < 4) {
        snprintf(buf, size, "%s", power[index]);
    } else if (kind == MALI_TRACK_IRQ && index < 3) {
        snprintf(buf, size, "%s", irq[index]);
    } else if (kind == MALI_TRACK_GROUP) {
        snprintf(buf, size, "CSG %u", index);
    } else if (kind == MALI_TRACK_STREAM || kind == MALI_TRACK_JOB) {
        snprintf(buf, size, "CSG %u CS %u", index / 32, index % 32);
    } else if (kind == KINDS) {
        snprintf(buf, size, "%s", room_names[index] ? room_names[index] : "other");
    } else {
        snprintf(buf, size, "%u", index);
    }
}

/* A process or thread gets its name when it is first used. */
static void timeline_metadata(struct mali_timeline *tl, unsigned kind, unsigned index)
{
    char name[32];

    if (!tl->named_kind[kind]) {
        tl->named_kind[kind] = true;
        tl->bytes += fprintf(tl->f,
                             "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%u,\"tid\":0,"
                             "\"args\":{\"name\":\"%s\"}},\n"
                             "{\"ph\":\"M\",\"name\":\"process_sort_index\",\"pid\":%u,\"tid\":0,"
                             "\"args\":{\"sort_index\":%u}},\n",
                             kind + 1, kind_names[kind], kind + 1, kind);
    }
    if (!tl->named[kind][index]) {
        tl->named[kind][index] = true;
        track_name(name, sizeof(name), kind, index);
        tl->bytes += fprintf(tl->f,
                             "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%u,\"tid\":%u,"
                             "\"args\":{\"name\":\"%s\"}},\n"
                             "{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":%u,\"tid\":%u,"
                             "\"args\":{\"sort_index\":%u}},\n",
                             kind + 1, index + 1, name, kind + 1, index + 1, index);
    }
}

/*
 * Writes an event up to its name and leaves the object open. False when it must
 * be dropped. Lock held. @force: also past the limit (ends of slices).
 */
static bool timeline_head(struct mali_timeline *tl, char ph, unsigned kind, unsigned index,
                          const char *name, bool force)
{
    uint64_t now;

    if (!tl->f) {
        return false;
    }
    if (tl->bytes >= TIMELINE_LIMIT && !force) {
        tl->dropped++;
        return false;
    }
    now = tl->bus ? mali_bus_now(tl->bus) : 0;
    if (now < tl->last) {
        now = tl->last;
    }
    tl->last = now;
    timeline_metadata(tl, kind, index);
    tl->bytes += fprintf(tl->f, "{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u,\"ts\":%" PRIu64 ".%03u", ph,
                         kind + 1, index + 1, now / 1000, (unsigned)(now % 1000));
    if (name) {
        fputs(",\"name\":", tl->f);
        trace_json_string(tl->f, name);
        tl->bytes += strlen(name) + 12;
    }
    return true;
}

static bool track_valid(enum mali_track_kind kind, unsigned index)
{
    return (unsigned)kind < KINDS && index < TRACKS;
}

struct mali_timeline *timeline_open(struct mali_bus *bus, const char *path)
{
    struct mali_timeline *tl = calloc(1, sizeof(*tl));

    if (!tl) {
        return NULL;
    }
    tl->f = fopen(path, "w");
    if (!tl->f) {
        free(tl);
        return NULL;
    }
    tl->bus = bus;
    pthread_mutex_init(&tl->lock, NULL);
    setvbuf(tl->f, tl->buffer, _IOFBF, sizeof(tl->buffer));
    fputs("{\"displayTimeUnit\":\"ns\",\n\"traceEvents\":[\n", tl->f);
    return tl;
}

void timeline_begin(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index,
                    const char *name)
{
    if (!track_valid(kind, index)) {
        return;
    }
    pthread_mutex_lock(&tl->lock);
    if (tl->depth[kind][index] < UINT16_MAX &&
        timeline_head(tl, 'B', kind, index, name ? name : "?", false)) {
        fputs("},\n", tl->f);
        tl->depth[kind][index]++;
    }
    pthread_mutex_unlock(&tl->lock);
}

static void timeline_end_locked(struct mali_timeline *tl, unsigned kind, unsigned index)
{
    /* an end without a begin (a reset, a dropped begin) would close a stranger's slice */
    if (tl->depth[kind][index] && timeline_head(tl, 'E', kind, index, NULL, true)) {
        fputs("},\n", tl->f);
        tl->depth[kind][index]--;
    }
}

void timeline_end(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index)
{
    if (!track_valid(kind, index)) {
        return;
    }
    pthread_mutex_lock(&tl->lock);
    timeline_end_locked(tl, kind, index);
    pthread_mutex_unlock(&tl->lock);
}

void timeline_instant(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index,
                      const char *name)
{
    if (!track_valid(kind, index)) {
        return;
    }
    pthread_mutex_lock(&tl->lock);
    if (timeline_head(tl, 'i', kind, index, name ? name : "?", false)) {
        fputs(",\"s\":\"t\"},\n", tl->f);
    }
    pthread_mutex_unlock(&tl->lock);
}

void timeline_counter(struct mali_timeline *tl, enum mali_track_kind kind, unsigned index,
                      uint64_t value)
{
    static const char *const work[] = {[MALI_WORK_TILES] = "tiles",
                                       [MALI_WORK_WARPS] = "fragment warps",
                                       [MALI_WORK_LANES] = "fragment lanes",
                                       [MALI_WORK_POSITIONS] = "vertices",
                                       [MALI_WORK_VARYINGS] = "vertices with varyings"};
    char name[32];

    if (!track_valid(kind, index)) {
        return;
    }
    if (kind == MALI_TRACK_WORK && index < sizeof(work) / sizeof(work[0])) {
        snprintf(name, sizeof(name), "%s", work[index]);
    } else if (kind == MALI_TRACK_CLOCK) {
        snprintf(name, sizeof(name), index ? "clock %u (Hz)" : "GPU clock (Hz)", index);
    } else {
        snprintf(name, sizeof(name), "counter %u", index);
    }
    pthread_mutex_lock(&tl->lock);
    if (timeline_head(tl, 'C', kind, index, name, false)) {
        tl->bytes += fprintf(tl->f, ",\"args\":{\"value\":%" PRIu64 "}},\n", value);
    }
    pthread_mutex_unlock(&tl->lock);
}

/* The formats take the name first, then as many of a..d as they show: 64-bit all. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void event_text(char *buf, size_t size, const struct mali_event *ev)
{
    typedef unsigned long long ull;

    snprintf(buf, size, trace_event_format(ev->id), ev->name ? ev->name : "-", (ull)ev->a,
             (ull)ev->b, (ull)ev->c, (ull)ev->d);
}
#pragma GCC diagnostic pop

void timeline_event(struct mali_timeline *tl, const struct mali_event *ev)
{
    const char *event = mali_trace_event_name(ev->id);
    char text[256];

    event_text(text, sizeof(text), ev);
    pthread_mutex_lock(&tl->lock);
    if (timeline_head(tl, 'i', KINDS, event_room(event), ev->name ? ev->name : event, false)) {
        tl->bytes += fprintf(tl->f, ",\"s\":\"t\",\"cat\":\"%s\",\"args\":{\"event\":\"%s\",\"text\":",
                             event, event);
        trace_json_string(tl->f, text);
        tl->bytes += strlen(text);
        fputs("}},\n", tl->f);
    }
    pthread_mutex_unlock(&tl->lock);
}

void timeline_close(struct mali_timeline *tl)
{
    bool failed = false;

    pthread_mutex_lock(&tl->lock);
    if (tl->f) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            for (unsigned i = 0; i < TRACKS; i++) {
                while (tl->depth[kind][i]) {
                    timeline_end_locked(tl, kind, i);
                }
            }
        }
        /* the last event has no comma: this one is always there */
        fprintf(tl->f,
                "{\"ph\":\"M\",\"name\":\"process_labels\",\"pid\":%u,\"tid\":0,"
                "\"args\":{\"labels\":\"dropped events: %" PRIu64 "\"}}\n"
                "],\n\"otherData\":{\"producer\":\"garm mali-g610\",\"clock\":\"virtual time\","
                "\"dropped_events\":\"%" PRIu64 "\"}}\n",
                PID_EVENTS, tl->dropped, tl->dropped);
        failed = ferror(tl->f);
        failed |= fclose(tl->f) != 0;
        tl->f = NULL;
    }
    pthread_mutex_unlock(&tl->lock);
    if (failed && tl->bus) {
        mali_log(tl->bus, MALI_LOG_INFO, "trace: the timeline is incomplete: write error");
    }
}

void timeline_free(struct mali_timeline *tl)
{
    if (!tl) {
        return;
    }
    timeline_close(tl);
    pthread_mutex_destroy(&tl->lock);
    free(tl);
}
