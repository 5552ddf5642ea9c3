/*
 * Fault injection: rules that wait at hooks in the other rooms. The catalogue is faults.def, the
 * hooks are points.def, what a rule can match is keys.def; README.md has the text of a rule.
 *
 * Called by every room above bus (hooks), by gpu (rules, actions) and by hosts (catalogue). Calls
 * bus and trace.
 *
 * Threads. A hook may be passed by any thread, with or without the core's lock. Rules are added and
 * removed with the core's lock held and no command stream running. The room's own lock is a leaf.
 *
 * Cost. A hook without a rule is one load and one branch that is never taken: inject_armed().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_INJECT_H
#define MALI_INJECT_H

#include <stdatomic.h>

#include "../bus/bus.h"

struct mali_trace;

enum inject_point {
#define INJECT_POINT(id, name, keys, what) INJECT_##id,
#include "points.def"
#undef INJECT_POINT
    INJECT_POINTS
};

enum inject_fault_id {
#define INJECT_FAULT(id, ...) FAULT_##id,
#include "faults.def"
#undef INJECT_FAULT
    INJECT_FAULTS
};

/* What is known of an event; which fields are valid, points.def says. */
struct inject_event {
#define INJECT_KEY(id, kind, what) uint64_t id;
#include "keys.def"
#undef INJECT_KEY
};

/* What a hook learns when a fault strikes. */
struct inject_hit {
    enum inject_fault_id fault;
    uint32_t arg;      /* of the fault's row */
    uint64_t param[2]; /* of the rule, or the row's defaults; times in ns */
    uint64_t since;    /* virtual ns of the first strike (sticky faults) */
};

struct mali_inject {
    _Atomic uint64_t armed; /* bit per point: a rule waits there */
    atomic_bool acting;     /* an action waits for mali_inject_next_action() */
    atomic_bool timed;      /* a rule waits for a time: mali_inject_deadline() */
    atomic_bool watched;    /* something has struck: what follows is written to the log */
};

#ifdef MALI_NO_INJECT /* scripts/bench inject: the core without hooks */
#define INJECT_HOOKS 0
#else
#define INJECT_HOOKS 1
#endif

/** True when the hook @p must ask mali_inject_strike(). @in may be NULL. */
static inline bool inject_armed(struct mali_inject *in, enum inject_point p)
{
    return INJECT_HOOKS && in &&
           __builtin_expect(atomic_load_explicit(&in->armed, memory_order_relaxed) >> p & 1, 0);
}

/** One event at @p: true when a fault strikes; *hit says which. Only after inject_armed(). */
bool mali_inject_strike(struct mali_inject *in, enum inject_point p, const struct inject_event *ev,
                        struct inject_hit *hit);

/** The hook: asks and strikes. INJECT(in, walk, &hit, .as = as, .va = va) */
#define INJECT(in, point, hit, ...)                                                                \
    (inject_armed(in, INJECT_##point) &&                                                           \
     mali_inject_strike(in, INJECT_##point, &(const struct inject_event){__VA_ARGS__}, hit))

/** Something that a driver did, or the GPU told it, since a strike: a line of the log. */
void mali_inject_saw(struct mali_inject *in, const char *what, uint64_t val);
#define INJECT_SAW(in, what, val)                                                                  \
    do {                                                                                           \
        if (INJECT_HOOKS && (in) &&                                                                \
            __builtin_expect(atomic_load_explicit(&(in)->watched, memory_order_relaxed), 0))       \
            mali_inject_saw(in, what, val);                                                        \
    } while (0)

/* --- for gpu ------------------------------------------------------------------- */
/** @wake: an action waits; any thread, no lock of this room held. */
struct mali_inject *mali_inject_new(struct mali_bus *bus, struct mali_trace *trace,
                                    void (*wake)(void *opaque), void *opaque);
void mali_inject_free(struct mali_inject *in);
/**
 * Adds the rules of @text (README.md), all of them or none. False: *err (malloc'd) names the rule,
 * the value and the limit. Core's lock held, nothing running.
 */
bool mali_inject_add(struct mali_inject *in, const char *text, char **err);
/** Removes rule @id, or all (0); false: there is no such rule. */
bool mali_inject_remove(struct mali_inject *in, unsigned id);
/** Takes the next action that is due; false: none. Core's lock held. */
bool mali_inject_next_action(struct mali_inject *in, uint64_t now, struct inject_hit *hit);
/** Virtual ns at which an action is due, or UINT64_MAX. */
uint64_t mali_inject_deadline(struct mali_inject *in);
/** Group slot @group begins anew, or (UINT64_MAX) the GPU was reset: sticky faults let go of it. */
void mali_inject_forget(struct mali_inject *in, uint64_t group);

/* --- for hosts ------------------------------------------------------------------- */
/** The rules that wait, one a line, with how often they have struck. malloc'd. */
char *mali_inject_rules(struct mali_inject *in);
/** The log: a line per strike and per thing that followed it. Bounded. malloc'd. */
char *mali_inject_log(struct mali_inject *in);
void mali_inject_log_clear(struct mali_inject *in);
/** The catalogue as JSON: faults, points, keys. malloc'd; NULL: out of memory. */
char *mali_inject_catalogue(void);
/** Name of a fault, for logs. */
const char *mali_inject_fault_name(enum inject_fault_id id);

#endif
