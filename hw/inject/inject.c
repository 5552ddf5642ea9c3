/*
 * The engine: rules wait at points, count events, strike, write the log.
 *
 * Called by the hooks of every room and by gpu. Calls parse.c, tables.c, trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "inject_priv.h"
#include "../trace/trace.h"

#define ACTIONS_MAX 64 /* that wait; more of them at once are left out, and the log says so */

struct engine {
    struct mali_inject face; /* first: what hooks see */
    struct mali_bus *bus;
    struct mali_trace *trace;
    void (*wake)(void *opaque);
    void *opaque;

    pthread_mutex_t lock; /* protects what follows */
    struct inject_rule *rules;
    unsigned count, last_id;
    struct inject_hit action[ACTIONS_MAX];
    unsigned actions;
    uint64_t strikes, last_strike; /* how many; virtual ns of the last one */
    char *log;
    size_t log_len;
    uint64_t log_lost;
};

static struct engine *engine_of(struct mali_inject *in)
{
    return (struct engine *)in;
}

/* --- life ---------------------------------------------------------------------------- */
struct mali_inject *mali_inject_new(struct mali_bus *bus, struct mali_trace *trace,
                                    void (*wake)(void *opaque), void *opaque)
{
    struct engine *e = calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->bus = bus;
    e->trace = trace;
    e->wake = wake;
    e->opaque = opaque;
    pthread_mutex_init(&e->lock, NULL);
    return &e->face;
}

void mali_inject_free(struct mali_inject *in)
{
    struct engine *e = engine_of(in);

    if (!in)
        return;
    inject_rules_free(e->rules);
    pthread_mutex_destroy(&e->lock);
    free(e->log);
    free(e);
}

/* --- log ------------------------------------------------------------------------------- */
__attribute__((format(printf, 2, 3))) static void log_line(struct engine *e, const char *fmt, ...)
{
    char line[320];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof(line))
        n = sizeof(line) - 1;
    if (!e->log)
        e->log = malloc(INJECT_LOG_MAX);
    if (!e->log || e->log_len + (size_t)n > INJECT_LOG_MAX) {
        e->log_lost++;
        return;
    }
    memcpy(e->log + e->log_len, line, (size_t)n);
    e->log_len += (size_t)n;
}

/* The event's fields, as keys of a rule. */
static void event_text(char *buf, size_t size, enum inject_point p, const struct inject_event *ev)
{
    const uint64_t *val = (const uint64_t *)ev;
    size_t at = 0;

    buf[0] = 0;
    for (unsigned k = 0; k < INJECT_KEYS && at < size; k++)
        if (inject_points[p].keys >> k & 1)
            at += (size_t)snprintf(buf + at, size - at, " %s=0x%" PRIx64, inject_keys[k].name,
                                   val[k]);
}

static void log_strike(struct engine *e, const struct inject_rule *r, enum inject_point p,
                       const struct inject_event *ev, uint64_t now)
{
    char text[160];

    event_text(text, sizeof(text), p, ev);
    log_line(e, "%" PRIu64 " strike %" PRIu64 " %s rule=%u event=%" PRIu64 " at %s%s\n", now,
             e->strikes, inject_faults[r->fault].name, r->id, r->seen, inject_points[p].name, text);
    mali_trace_emit(e->trace, MALI_EV_inject, inject_faults[r->fault].name, r->id, r->seen,
                    ev->va ? ev->va : ev->bits, e->strikes);
}

void mali_inject_saw(struct mali_inject *in, const char *what, uint64_t val)
{
    struct engine *e = engine_of(in);
    uint64_t now = mali_bus_now(e->bus);

    pthread_mutex_lock(&e->lock);
    log_line(e, "%" PRIu64 " then +%" PRIu64 " %s 0x%" PRIx64 "\n", now, now - e->last_strike, what,
             val);
    uint64_t strike = e->strikes, after = now - e->last_strike;
    pthread_mutex_unlock(&e->lock);
    mali_trace_emit(e->trace, MALI_EV_inject_effect, what, strike, after, val, 0);
}

char *mali_inject_log(struct mali_inject *in)
{
    struct engine *e = engine_of(in);
    char *text;

    pthread_mutex_lock(&e->lock);
    text = malloc(e->log_len + 64);
    if (text) {
        memcpy(text, e->log ? e->log : "", e->log_len);
        text[e->log_len] = 0;
        if (e->log_lost)
            snprintf(text + e->log_len, 64, "lost %" PRIu64 "\n", e->log_lost);
    }
    pthread_mutex_unlock(&e->lock);
    return text;
}

void mali_inject_log_clear(struct mali_inject *in)
{
    struct engine *e = engine_of(in);

    pthread_mutex_lock(&e->lock);
    e->log_len = 0;
    e->log_lost = e->strikes = 0;
    atomic_store(&in->watched, false);
    pthread_mutex_unlock(&e->lock);
}

/* --- matching ------------------------------------------------------------------------------ */
static bool matches(const struct inject_rule *r, const struct inject_event *ev)
{
    const uint64_t *val = (const uint64_t *)ev;

    for (uint32_t m = r->keys; m; m &= m - 1) {
        unsigned k = (unsigned)__builtin_ctz(m);

        if (inject_keys[k].kind == KEY_MASK ? !(val[k] & r->lo[k])
                                            : val[k] < r->lo[k] || val[k] > r->hi[k])
            return false;
    }
    return true;
}

/* SplitMix64: small, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

/* Counts the event; true when it is one of those that the rule waits for. */
static bool due(struct inject_rule *r, uint64_t now)
{
    if (now < r->at || !r->times)
        return false;
    r->seen++;
    if (r->seen < r->nth || (r->every && (r->seen - r->nth) % r->every))
        return false;
    return !r->chance || (draw(&r->rng) & 0xffffffff) < r->chance;
}

static void rearm(struct engine *e)
{
    uint64_t armed = 0;
    bool timed = false;

    for (struct inject_rule *r = e->rules; r; r = r->next) {
        if (r->point == INJECT_device)
            timed |= r->times != 0;
        else if (r->times || r->holds)
            armed |= 1ull << r->point;
    }
    atomic_store(&e->face.armed, armed);
    atomic_store(&e->face.timed, timed);
}

static void fill(struct inject_hit *hit, const struct inject_rule *r, uint64_t since)
{
    *hit = (struct inject_hit){
        .fault = r->fault,
        .arg = inject_faults[r->fault].arg,
        .param = {r->param[0], r->param[1]},
        .since = since,
    };
}

static void strike(struct engine *e, struct inject_rule *r, enum inject_point p,
                   const struct inject_event *ev, uint64_t now)
{
    r->struck++;
    if (r->times != INJECT_ALWAYS)
        r->times--;
    e->strikes++;
    e->last_strike = now;
    atomic_store(&e->face.watched, true);
    log_strike(e, r, p, ev, now);
    if (inject_faults[r->fault].flags & INJECT_STICKY) {
        r->holds = true;
        r->held_va = ev->va;
        r->held_group = ev->group;
        r->held_since = now;
    }
    if (!r->times)
        rearm(e);
}

static void queue_action(struct engine *e, const struct inject_rule *r, uint64_t now)
{
    if (e->actions == ACTIONS_MAX) {
        log_line(e, "%" PRIu64 " left out: %s, %u wait already\n", now,
                 inject_faults[r->fault].name, ACTIONS_MAX);
        return;
    }
    fill(&e->action[e->actions++], r, now);
    atomic_store(&e->face.acting, true);
}

bool mali_inject_strike(struct mali_inject *in, enum inject_point p, const struct inject_event *ev,
                        struct inject_hit *hit)
{
    struct engine *e = engine_of(in);
    uint64_t now = mali_bus_now(e->bus);
    bool hits = false, acts = false;

    pthread_mutex_lock(&e->lock);
    for (struct inject_rule *r = e->rules; r && !hits; r = r->next) {
        if (r->point != p)
            continue;
        if (r->holds && r->held_va == ev->va) {
            r->held_group = ev->group;
            fill(hit, r, r->held_since);
            hits = true;
        } else if (matches(r, ev) && due(r, now)) {
            strike(e, r, p, ev, now);
            hits = !(inject_faults[r->fault].flags & INJECT_ACTION);
            if (hits) {
                fill(hit, r, now);
            } else {
                queue_action(e, r, now);
                acts = true;
            }
        }
    }
    pthread_mutex_unlock(&e->lock);
    if (acts)
        e->wake(e->opaque);
    return hits;
}

/* --- actions ---------------------------------------------------------------------------------- */
static const struct inject_event nothing;

/* Rules that wait for a time, or for nothing at all, become actions. */
static void actions_due(struct engine *e, uint64_t now)
{
    for (struct inject_rule *r = e->rules; r; r = r->next) {
        if (r->point != INJECT_device || !r->times || now < r->at)
            continue;
        if (due(r, now)) {
            strike(e, r, INJECT_device, &nothing, now);
            queue_action(e, r, now);
        }
        /* Without events, what repeats does so at times: each time-out of @at. */
        if (r->times)
            r->at = now + (r->at ? 1000000 : 1);
    }
}

bool mali_inject_next_action(struct mali_inject *in, uint64_t now, struct inject_hit *hit)
{
    struct engine *e = engine_of(in);
    bool any;

    pthread_mutex_lock(&e->lock);
    actions_due(e, now);
    any = e->actions > 0;
    if (any) {
        *hit = e->action[0];
        memmove(&e->action[0], &e->action[1], --e->actions * sizeof(e->action[0]));
    }
    if (!e->actions)
        atomic_store(&in->acting, false);
    pthread_mutex_unlock(&e->lock);
    return any;
}

uint64_t mali_inject_deadline(struct mali_inject *in)
{
    struct engine *e = engine_of(in);
    uint64_t next = UINT64_MAX;

    pthread_mutex_lock(&e->lock);
    for (struct inject_rule *r = e->rules; r; r = r->next)
        if (r->point == INJECT_device && r->times && r->at < next)
            next = r->at;
    pthread_mutex_unlock(&e->lock);
    return next;
}

/* --- rules -------------------------------------------------------------------------------------
 */
bool mali_inject_add(struct mali_inject *in, const char *text, char **err)
{
    struct engine *e = engine_of(in);
    struct inject_rule *rules = inject_parse(text, err), **last = &e->rules;
    uint64_t now = mali_bus_now(e->bus);
    unsigned n = 0;

    if (*err)
        return false;
    for (struct inject_rule *r = rules; r; r = r->next)
        n++;
    pthread_mutex_lock(&e->lock);
    if (e->count + n > INJECT_RULES_MAX) {
        if (asprintf(err, "inject: %u rules wait already, and %u more: %u are possible", e->count,
                     n, INJECT_RULES_MAX) < 0)
            *err = NULL;
        pthread_mutex_unlock(&e->lock);
        inject_rules_free(rules);
        return false;
    }
    while (*last)
        last = &(*last)->next;
    *last = rules;
    e->count += n;
    for (struct inject_rule *r = rules; r; r = r->next) {
        r->id = ++e->last_id;
        r->rng = r->seed;
        if (r->relative)
            r->at += now;
        r->relative = false;
    }
    rearm(e);
    pthread_mutex_unlock(&e->lock);
    return true;
}

bool mali_inject_remove(struct mali_inject *in, unsigned id)
{
    struct engine *e = engine_of(in);
    bool found = !id;

    pthread_mutex_lock(&e->lock);
    for (struct inject_rule **at = &e->rules; *at;) {
        struct inject_rule *r = *at;

        if (id && r->id != id) {
            at = &r->next;
            continue;
        }
        found = true;
        *at = r->next;
        e->count--;
        free(r);
    }
    if (!id) {
        e->actions = 0;
        atomic_store(&in->acting, false);
    }
    rearm(e);
    pthread_mutex_unlock(&e->lock);
    return found;
}

void mali_inject_forget(struct mali_inject *in, uint64_t group)
{
    struct engine *e = engine_of(in);

    if (!in)
        return;
    pthread_mutex_lock(&e->lock);
    for (struct inject_rule *r = e->rules; r; r = r->next)
        if (r->holds && (group == UINT64_MAX || r->held_group == group))
            r->holds = false;
    rearm(e);
    pthread_mutex_unlock(&e->lock);
}

char *mali_inject_rules(struct mali_inject *in)
{
    struct engine *e = engine_of(in);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    pthread_mutex_lock(&e->lock);
    for (struct inject_rule *r = e->rules; r; r = r->next) {
        fprintf(f, "%u ", r->id);
        inject_rule_print(f, r);
        fprintf(f, " seen=%" PRIu64 " struck=%" PRIu64 "%s\n", r->seen, r->struck,
                r->holds ? " holds" : "");
    }
    pthread_mutex_unlock(&e->lock);
    fclose(f);
    return text;
}
