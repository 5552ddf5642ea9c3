/*
 * Timeline and fidelity report: well-formed JSON, right counts, safe from
 * several threads and with NULL. The JSON checker is this test's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../hw/trace/trace.h"
#include "tap.h"

/* --- a host that has only time, log and trace -------------------------------- */

struct host {
    struct mali_bus bus;
    struct mali_host_ops ops;
    uint64_t now;
    unsigned events;
    struct mali_event first;
};

static uint64_t host_now(void *opaque)
{
    struct host *h = opaque;

    return __atomic_add_fetch(&h->now, 1500, __ATOMIC_RELAXED);
}

static void host_trace(void *opaque, const struct mali_event *ev)
{
    struct host *h = opaque;

    if (__atomic_fetch_add(&h->events, 1, __ATOMIC_RELAXED) == 0) {
        h->first = *ev;
    }
}

static void host_log(void *opaque, enum mali_log level, const char *line)
{
    (void)opaque, (void)level, (void)line;
}

static void host_init(struct host *h, bool trace)
{
    *h = (struct host){.ops = {.now = host_now, .log = host_log}};
    h->ops.trace = trace ? host_trace : NULL;
    h->bus = (struct mali_bus){.ops = &h->ops, .opaque = h};
}

/* the core's mali_log() where it is linked in, else this */
__attribute__((weak)) void mali_log(const struct mali_bus *b, enum mali_log level, const char *fmt, ...)
{
    (void)b, (void)level, (void)fmt;
}

/* --- JSON checker -------------------------------------------------------------- */

static const char *json_value(const char *p);

static const char *json_space(const char *p)
{
    while (p && isspace((unsigned char)*p)) {
        p++;
    }
    return p;
}

static const char *json_string(const char *p)
{
    if (!p || *p++ != '"') {
        return NULL;
    }
    for (; *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) {
            return NULL;
        }
        if (*p == '\\' && !strchr("\"\\/bfnrtu", *++p)) {
            return NULL;
        }
    }
    return p + 1;
}

/* @close: ']' or '}' */
static const char *json_list(const char *p, char close)
{
    p = json_space(p + 1);
    if (*p == close) {
        return p + 1;
    }
    for (;;) {
        if (close == '}') {
            p = json_space(json_string(json_space(p)));
            if (!p || *p++ != ':') {
                return NULL;
            }
        }
        p = json_space(json_value(json_space(p)));
        if (!p) {
            return NULL;
        }
        if (*p == close) {
            return p + 1;
        }
        if (*p++ != ',') {
            return NULL;
        }
    }
}

static const char *json_value(const char *p)
{
    char *end;

    switch (p ? *p : 0) {
    case '{':
        return json_list(p, '}');
    case '[':
        return json_list(p, ']');
    case '"':
        return json_string(p);
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        strtod(p, &end);
        return end;
    default:
        return NULL;
    }
}

static bool json_ok(const char *text)
{
    const char *end = json_space(json_value(json_space(text)));

    return end && !*end;
}

static void json_checker(void)
{
    TAP_CHECK(json_ok("{\"a\":[1,-2.5,\"x\\n\",{}]}"));
    TAP_CHECK(!json_ok("[1,]"));
    TAP_CHECK(!json_ok("{\"a\" 1}"));
    TAP_CHECK(!json_ok("[1"));
    TAP_CHECK(!json_ok("[\"\n\"]"));
}

/* --- helpers --------------------------------------------------------------------- */

struct files {
    char timeline[64], report[64];
};

static void files_init(struct files *f)
{
    const char *dir = getenv("TMPDIR");

    snprintf(f->timeline, sizeof(f->timeline), "%.40s/garm-tl-XXXXXX", dir ? dir : "/tmp");
    snprintf(f->report, sizeof(f->report), "%.40s/garm-rp-XXXXXX", dir ? dir : "/tmp");
    close(mkstemp(f->timeline));
    close(mkstemp(f->report));
}

static char *slurp_and_remove(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text;
    long n;

    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);
    text = calloc(1, (size_t)n + 1);
    n -= (long)fread(text, 1, (size_t)n, f);
    TAP_CHECK_EQ(n, 0);
    fclose(f);
    remove(path);
    return text;
}

static unsigned occurrences(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)); text++) {
        n++;
    }
    return n;
}

/* --- subtests -------------------------------------------------------------------- */

static void null_safe(void)
{
    uint32_t slot = 0;

    mali_trace_emit(NULL, MALI_EV_reg_read, "x", 1, 2, 3, 4);
    mali_trace_touch(NULL, MALI_FID_CS, "x", MALI_FID_TODO, NULL, &slot, 1);
    mali_trace_begin(NULL, MALI_TRACK_GROUP, 0, "x");
    mali_trace_end(NULL, MALI_TRACK_GROUP, 0);
    mali_trace_instant(NULL, MALI_TRACK_GROUP, 0, "x");
    mali_trace_counter(NULL, MALI_TRACK_CLOCK, 0, 1);
    mali_trace_summary(NULL, stdout);
    mali_trace_finish(NULL);
    mali_trace_free(NULL);
    TAP_CHECK(!mali_trace_on(NULL));
    TAP_CHECK_EQ(slot, 0);
}

static void off(void)
{
    struct host h;
    struct mali_trace *t;

    host_init(&h, false);
    t = mali_trace_new(&h.bus, NULL, NULL, NULL);
    TAP_REQUIRE(t);
    TAP_CHECK(!mali_trace_on(t));
    mali_trace_emit(t, MALI_EV_reg_read, "x", 1, 2, 3, 4);
    mali_trace_begin(t, MALI_TRACK_GROUP, 0, "x");
    TAP_CHECK_EQ(h.now, 0); /* nothing asked for the time */
    mali_trace_free(t);
}

static void host_events(void)
{
    struct host h;
    struct mali_trace *t;

    host_init(&h, true);
    t = mali_trace_new(&h.bus, NULL, NULL, NULL);
    TAP_REQUIRE(t);
    TAP_CHECK(mali_trace_on(t));
    mali_trace_emit(t, MALI_EV_mmu_walk, "ok", 1, 2, 3, 4);
    TAP_CHECK_EQ(h.events, 1);
    TAP_CHECK_EQ(h.first.id, MALI_EV_mmu_walk);
    TAP_CHECK_EQ(h.first.d, 4);
    TAP_CHECK_STR(h.first.name, "ok");
    mali_trace_emit(t, MALI_EV_COUNT, "bad", 0, 0, 0, 0);
    TAP_CHECK_EQ(h.events, 1);
    mali_trace_free(t);
}

static void bad_path(void)
{
    const char *err = NULL;
    struct host h;

    host_init(&h, false);
    TAP_CHECK(!mali_trace_new(&h.bus, "/nonexistent/dir/t.json", NULL, &err));
    TAP_CHECK_STR(err, "the timeline file cannot be created");
    TAP_CHECK(!mali_trace_new(&h.bus, NULL, "/nonexistent/dir/r.json", &err));
    TAP_CHECK_STR(err, "the fidelity report file cannot be created");
}

static void timeline(void)
{
    struct files f;
    struct host h;
    struct mali_trace *t;
    char *text;

    files_init(&f);
    remove(f.report);
    host_init(&h, false);
    t = mali_trace_new(&h.bus, f.timeline, NULL, NULL);
    TAP_REQUIRE(t);
    TAP_CHECK(mali_trace_on(t));
    mali_trace_begin(t, MALI_TRACK_GROUP, 2, "active");
    mali_trace_begin(t, MALI_TRACK_STREAM, 2 * 32 + 1, "run \"quoted\" \\ \n");
    mali_trace_end(t, MALI_TRACK_STREAM, 2 * 32 + 1);
    mali_trace_end(t, MALI_TRACK_STREAM, 2 * 32 + 1); /* one too many */
    mali_trace_begin(t, MALI_TRACK_JOB, 0, NULL);
    mali_trace_instant(t, MALI_TRACK_IRQ, 0, "raise");
    mali_trace_begin(t, MALI_TRACK_POWER, 3, "MCU");
    mali_trace_counter(t, MALI_TRACK_CLOCK, 0, 1000000000);
    mali_trace_emit(t, MALI_EV_cs_fault, "CS_INSTR_INVALID", 1, 2, 0x49, 5);
    mali_trace_emit(t, MALI_EV_gpu_reset, NULL, 0, 0, 0, 0);
    mali_trace_begin(t, MALI_TRACK_GROUP, 1u << 20, "out of range");
    mali_trace_begin(t, (enum mali_track_kind)77, 0, "out of range");
    mali_trace_finish(t); /* three slices are still open */
    mali_trace_instant(t, MALI_TRACK_IRQ, 0, "too late");
    mali_trace_finish(t);
    text = slurp_and_remove(f.timeline);
    TAP_CHECK(json_ok(text));
    TAP_CHECK_EQ(occurrences(text, "\"ph\":\"B\""), 4);
    TAP_CHECK_EQ(occurrences(text, "\"ph\":\"E\""), 4);
    TAP_CHECK_EQ(occurrences(text, "\"ph\":\"C\""), 1);
    TAP_CHECK_EQ(occurrences(text, "\"name\":\"CSG 2 CS 1\""), 1);
    TAP_CHECK_EQ(occurrences(text, "\"name\":\"MCU\""), 2);
    TAP_CHECK_EQ(occurrences(text, "CS_INSTR_INVALID csg=1 cs=2 code=0x49 info=0x5"), 1);
    TAP_CHECK_EQ(occurrences(text, "too late"), 0);
    TAP_CHECK_EQ(occurrences(text, "out of range"), 0);
    TAP_CHECK_EQ(occurrences(text, "\"ts\":1.500"), 1);
    free(text);
    mali_trace_free(t);
}

static void every_event(void)
{
    struct files f;
    struct host h;
    struct mali_trace *t;
    char *text;

    files_init(&f);
    remove(f.report);
    host_init(&h, false);
    t = mali_trace_new(&h.bus, f.timeline, NULL, NULL);
    TAP_REQUIRE(t);
    for (unsigned id = 0; id < MALI_EV_COUNT; id++) {
        mali_trace_emit(t, id, "name", UINT64_MAX, 2, 3, 4);
    }
    mali_trace_free(t);
    text = slurp_and_remove(f.timeline);
    TAP_CHECK(json_ok(text));
    TAP_CHECK_EQ(occurrences(text, "\"text\":\"name"), MALI_EV_COUNT);
    free(text);
}

static void report(void)
{
    uint32_t slot = 0, foreign = 3000;
    struct files f;
    struct host h;
    struct mali_trace *t;
    char *text, *line = NULL, copy[] = "GPU_ID";
    size_t size;
    FILE *out;

    files_init(&f);
    remove(f.timeline);
    host_init(&h, false);
    t = mali_trace_new(&h.bus, NULL, f.report, NULL);
    TAP_REQUIRE(t);
    TAP_CHECK(!mali_trace_on(t));
    for (unsigned i = 0; i < 5; i++) {
        mali_trace_touch(t, MALI_FID_REGISTER, "GPU_ID", MALI_FID_EXACT, NULL, &slot, 2);
    }
    TAP_CHECK(slot != 0);
    mali_trace_touch(t, MALI_FID_REGISTER, copy, MALI_FID_EXACT, NULL, NULL, 1); /* same text */
    mali_trace_touch(t, MALI_FID_CS, "RUN_IDVS", MALI_FID_TODO, "no \"shader\" cores", &foreign, 7);
    mali_trace_touch(t, MALI_FID_CS, "GPU_ID", MALI_FID_APPROX, "another kind", &slot, 1);
    mali_trace_touch(t, MALI_FID_CS, NULL, MALI_FID_APPROX, "no name", NULL, 1);
    mali_trace_finish(t);

    out = open_memstream(&line, &size);
    mali_trace_summary(t, out);
    fclose(out);
    TAP_CHECK(strstr(line, "3 things touched: 1 exact, 1 approximate, 1 unsupported") != NULL);
    TAP_CHECK(strstr(line, "RUN_IDVS") != NULL);
    TAP_CHECK(strstr(line, "another kind") != NULL);
    free(line);

    text = slurp_and_remove(f.report);
    TAP_CHECK(json_ok(text));
    TAP_CHECK(strstr(text, "\"kind\":\"register\",\"class\":\"exact\",\"count\":11,\"name\":\"GPU_ID\""));
    TAP_CHECK(strstr(text, "\"kind\":\"cs\",\"class\":\"unsupported\",\"count\":7,\"name\":\"RUN_IDVS\""));
    TAP_CHECK(strstr(text, "\"exact\":{\"things\":1,\"touches\":11}"));
    free(text);
    mali_trace_free(t);
}

/* Names that are not static, and findings: copied, counted, bounded. */
static void findings(void)
{
    struct files f;
    struct host h;
    char name[32], *text;

    files_init(&f);
    remove(f.timeline);
    host_init(&h, false);
    struct mali_trace *t = mali_trace_new(&h.bus, NULL, f.report, NULL);
    TAP_REQUIRE(t);
    TAP_CHECK(mali_trace_counts(t));
    TAP_CHECK(!mali_trace_counts(NULL));
    for (unsigned i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "FADD.f32 .mod%u", i % 2);
        mali_trace_touch_text(t, MALI_FID_SHADER, name, MALI_FID_EXACT, "", 10);
        mali_trace_finding(t, "race", name);
    }
    mali_trace_finding(NULL, "race", name);
    for (unsigned i = 0; i < 600; i++) {
        snprintf(name, sizeof(name), "number \"%u\"", i);
        mali_trace_finding(t, "fault", name);
    }
    mali_trace_finish(t);
    text = slurp_and_remove(f.report);
    TAP_CHECK(json_ok(text));
    TAP_CHECK(strstr(text, "\"class\":\"exact\",\"count\":30,\"name\":\"FADD.f32 .mod0\"") != NULL);
    TAP_CHECK(strstr(text, "\"class\":\"exact\",\"count\":30,\"name\":\"FADD.f32 .mod1\"") != NULL);
    TAP_CHECK(strstr(text, "{\"kind\":\"race\",\"count\":3,\"text\":\"FADD.f32 .mod1\"}") != NULL);
    TAP_CHECK(strstr(text, "{\"kind\":\"fault\",\"count\":1,\"text\":\"number \\\"9\\\"\"}") != NULL);
    TAP_CHECK(strstr(text, "\"lost_findings\":90,") != NULL);
    free(text);
    mali_trace_free(t);
}

/* Without a file only what is unsupported is counted. */
static void report_off(void)
{
    struct host h;
    struct mali_trace *t;
    char *line = NULL;
    size_t size;
    FILE *out;

    host_init(&h, false);
    t = mali_trace_new(&h.bus, NULL, NULL, NULL);
    TAP_REQUIRE(t);
    mali_trace_touch(t, MALI_FID_CS, "MOVE", MALI_FID_EXACT, NULL, NULL, 1);
    mali_trace_touch(t, MALI_FID_CS, "RUN_IDVS", MALI_FID_TODO, "", NULL, 1);
    out = open_memstream(&line, &size);
    mali_trace_summary(t, out);
    fclose(out);
    TAP_CHECK(strstr(line, "1 things touched: 0 exact, 0 approximate, 1 unsupported") != NULL);
    free(line);
    mali_trace_free(t);
}

static void table_full(void)
{
    struct files f;
    struct host h;
    struct mali_trace *t;
    static char names[5000][8];
    char *text;

    files_init(&f);
    remove(f.timeline);
    host_init(&h, false);
    t = mali_trace_new(&h.bus, NULL, f.report, NULL);
    TAP_REQUIRE(t);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(names[i], sizeof(names[i]), "r%u", i);
        mali_trace_touch(t, MALI_FID_REGISTER, names[i], MALI_FID_EXACT, "", NULL, 1);
    }
    mali_trace_free(t);
    text = slurp_and_remove(f.report);
    TAP_CHECK(json_ok(text));
    TAP_CHECK(strstr(text, "\"lost_touches\":904"));
    free(text);
}

#define THREADS 4
#define ROUNDS  20000

struct worker {
    pthread_t thread;
    struct mali_trace *t;
    unsigned index;
    uint32_t *slots; /* shared by all, as a table's slots are */
};

static void *worker(void *arg)
{
    static const char *const names[] = {"ADD", "MOVE", "WAIT", "BRANCH"};
    struct worker *w = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        mali_trace_touch(w->t, MALI_FID_CS, names[i % 4], MALI_FID_EXACT, "", &w->slots[i % 4], 1);
        if (i % 10 == 0) {
            mali_trace_begin(w->t, MALI_TRACK_STREAM, w->index, "slice");
            mali_trace_emit(w->t, MALI_EV_cs_slice, "budget", 0, w->index, i, 0);
            mali_trace_end(w->t, MALI_TRACK_STREAM, w->index);
        }
    }
    return NULL;
}

static void threads(void)
{
    struct worker w[THREADS];
    uint32_t slots[4] = {0};
    struct files f;
    struct host h;
    struct mali_trace *t;
    char *text, *p;
    double last = 0;
    bool ordered = true;

    files_init(&f);
    host_init(&h, true);
    t = mali_trace_new(&h.bus, f.timeline, f.report, NULL);
    TAP_REQUIRE(t);
    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.t = t, .index = i, .slots = slots};
        pthread_create(&w[i].thread, NULL, worker, &w[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(w[i].thread, NULL);
    }
    mali_trace_free(t);
    TAP_CHECK_EQ(h.events, THREADS * ROUNDS / 10);
    text = slurp_and_remove(f.timeline);
    TAP_CHECK(json_ok(text));
    TAP_CHECK_EQ(occurrences(text, "\"ph\":\"B\""), THREADS * ROUNDS / 10);
    TAP_CHECK_EQ(occurrences(text, "\"ph\":\"E\""), THREADS * ROUNDS / 10);
    for (p = text; (p = strstr(p, "\"ts\":")); p += 5) {
        double ts = strtod(p + 5, NULL);

        ordered &= ts >= last;
        last = ts;
    }
    TAP_CHECK(ordered);
    free(text);
    text = slurp_and_remove(f.report);
    TAP_CHECK(json_ok(text));
    TAP_CHECK_EQ(occurrences(text, "\"count\":20000,"), 4);
    free(text);
}

/* finish() while others still emit: nothing after it reaches the closed file. */
static void finish_race(void)
{
    struct worker w = {0};
    uint32_t slots[4] = {0};
    struct files f;
    struct host h;
    char *text;

    files_init(&f);
    host_init(&h, false);
    w.t = mali_trace_new(&h.bus, f.timeline, f.report, NULL);
    w.slots = slots;
    TAP_REQUIRE(w.t);
    pthread_create(&w.thread, NULL, worker, &w);
    mali_trace_finish(w.t);
    pthread_join(w.thread, NULL);
    text = slurp_and_remove(f.timeline);
    TAP_CHECK(json_ok(text));
    free(text);
    text = slurp_and_remove(f.report);
    TAP_CHECK(json_ok(text));
    free(text);
    mali_trace_free(w.t);
}

TAP_MAIN({"json-checker", json_checker}, {"null-safe", null_safe}, {"off", off},
         {"host-events", host_events}, {"bad-path", bad_path}, {"timeline", timeline},
         {"every-event", every_event}, {"report", report}, {"findings", findings}, {"report-off", report_off},
         {"table-full", table_full}, {"threads", threads}, {"finish-race", finish_race})
