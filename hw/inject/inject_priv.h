/*
 * What the files of hw/inject share: rows of the tables and rules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_INJECT_PRIV_H
#define MALI_INJECT_PRIV_H

#include <pthread.h>
#include <stdio.h>

#include "inject.h"

#define INJECT_RULES_MAX 256
#define INJECT_LOG_MAX   (1u << 20) /* bytes */
#define INJECT_STICKY    1u
#define INJECT_ACTION    2u
#define INJECT_ALWAYS    UINT64_MAX

enum inject_key {
#define INJECT_KEY(id, kind, what) KEY_##id,
#include "keys.def"
#undef INJECT_KEY
    INJECT_KEYS
};

enum inject_key_kind { KEY_EQUAL, KEY_RANGE, KEY_MASK, KEY_NAME };
enum inject_param_kind { PARAM_NONE, PARAM_NUM, PARAM_TIME };

/*
 * Duties of a correct driver (faults.def), each worse than the one before:
 * NONE    nothing is lost: every job ends well, with the right result
 * SILENT  nobody can notice: a result may be wrong, everything else goes on
 * JOB     the guilty job's fence has an error; its group goes on
 * GROUP   the guilty group ends; others, and new groups, go on
 * RESET   the GPU is reset; what was on it may be lost and is then reported; new jobs run
 * GONE    the device is given up cleanly, all fences have an error; it can be bound again
 */
struct inject_param {
    const char *name; /* NULL: none */
    enum inject_param_kind kind;
    uint64_t def, lo, hi;
};

struct inject_point_row {
    const char *name, *what;
    uint32_t keys; /* bit per enum inject_key */
};

struct inject_key_row {
    const char *name, *what;
    enum inject_key_kind kind;
};

struct inject_fault {
    const char *name, *family, *preset, *duty, *stage, *dump, *what, *source;
    enum inject_point point;
    uint32_t arg;
    unsigned flags, limit_ms;
    struct inject_param param[2];
};

extern const struct inject_point_row inject_points[INJECT_POINTS];
extern const struct inject_key_row inject_keys[INJECT_KEYS];
extern const struct inject_fault inject_faults[INJECT_FAULTS];

/** Number of @word among the words of a NAME key; -1: none, *words lists them. */
int inject_key_word(enum inject_key key, const char *word, size_t len, const char **words);

/* A rule: what must match, when it strikes, how often. */
struct inject_rule {
    struct inject_rule *next;
    unsigned id;
    enum inject_fault_id fault;
    enum inject_point point;
    uint32_t keys; /* bit per key that is matched */
    uint64_t lo[INJECT_KEYS], hi[INJECT_KEYS];
    uint64_t param[2];
    uint64_t nth, every; /* the nth event, then each @every (0: each) */
    uint64_t at;         /* virtual ns, not before; 0: at once */
    bool relative;       /* @at counts from when the rule is added */
    uint64_t chance;     /* of 2^32; 0: certain */
    uint64_t seed, rng;
    uint64_t times; /* strikes left, or INJECT_ALWAYS */
    uint64_t seen, struck;
    /* sticky: the place that it holds */
    bool holds;
    uint64_t held_va, held_group, held_since;
};

/** The rules of @text, in order; NULL and *err (malloc'd, NULL: no rules) otherwise. */
struct inject_rule *inject_parse(const char *text, char **err);
void inject_rules_free(struct inject_rule *rules);
/** Prints a rule as it can be read back. */
void inject_rule_print(FILE *f, const struct inject_rule *r);

#endif
