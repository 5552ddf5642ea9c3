/*
 * The tables of points.def, keys.def and faults.def, and the catalogue as JSON.
 *
 * Called by inject.c, parse.c and, through inject.h, by hosts. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "inject_priv.h"

#define K(key) (1u << KEY_##key)

const struct inject_point_row inject_points[INJECT_POINTS] = {
#define INJECT_POINT(id, name, keys, what) [INJECT_##id] = {name, what, keys},
#include "points.def"
#undef INJECT_POINT
};

const struct inject_key_row inject_keys[INJECT_KEYS] = {
#define INJECT_KEY(id, kind, what) [KEY_##id] = {#id, what, KEY_##kind},
#include "keys.def"
#undef INJECT_KEY
};

#define P(name, kind, def, lo, hi)                                                                 \
    {                                                                                              \
#name, PARAM_##kind, def, lo, hi                                                           \
    }
#define NP                                                                                         \
    {                                                                                              \
        NULL, PARAM_NONE, 0, 0, 0                                                                  \
    }
const struct inject_fault inject_faults[INJECT_FAULTS] = {
#define INJECT_FAULT(id, name, family, point, arg, preset, p1, p2, flags, duty, stage, limit,      \
                     dump, what, source)                                                           \
    [FAULT_##id] = {name,   #family,        preset, #duty, #stage, #dump,   what,                  \
                    source, INJECT_##point, arg,    flags, limit,  {p1, p2}},
#include "faults.def"
#undef INJECT_FAULT
};

const char *mali_inject_fault_name(enum inject_fault_id id)
{
    return (unsigned)id < INJECT_FAULTS ? inject_faults[id].name : "unknown fault";
}

int inject_key_word(enum inject_key key, const char *word, size_t len, const char **words)
{
    static const struct {
        enum inject_key key;
        const char *words;
    } lists[] = {
        {KEY_line, "job mmu gpu"},                 /* enum mali_irq_line */
        {KEY_domain, "shader tiler l2"},           /* enum gpu_domain */
        {KEY_access, "atomic execute read write"}, /* enum mali_access */
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const char *at = lists[i].words;

        if (lists[i].key != key)
            continue;
        *words = at;
        for (int n = 0; at; n++) {
            size_t size = strcspn(at, " ");

            if (size == len && !memcmp(at, word, len))
                return n;
            at = at[size] ? at + size + 1 : NULL;
        }
    }
    return -1;
}

/* The tables' texts hold neither quotes nor backslashes; a unit test checks it. */
static void json_param(FILE *f, const struct inject_param *p)
{
    fprintf(f,
            "{\"name\":\"%s\",\"kind\":\"%s\",\"default\":%llu,\"lowest\":%llu,\"highest\":%llu}",
            p->name, p->kind == PARAM_TIME ? "ns" : "number", (unsigned long long)p->def,
            (unsigned long long)p->lo, (unsigned long long)p->hi);
}

static void json_fault(FILE *f, const struct inject_fault *r)
{
    fprintf(f,
            "{\"name\":\"%s\",\"family\":\"%s\",\"point\":\"%s\",\"preset\":\"%s\",\"duty\":\"%s\","
            "\"stage\":\"%s\","
            "\"limit_ms\":%u,\"dump\":\"%s\",\"sticky\":%s,\"action\":%s,\"what\":\"%s\","
            "\"source\":\"%s\","
            "\"parameters\":[",
            r->name, r->family, inject_points[r->point].name, r->preset, r->duty, r->stage,
            r->limit_ms, r->dump, r->flags & INJECT_STICKY ? "true" : "false",
            r->flags & INJECT_ACTION ? "true" : "false", r->what, r->source);
    for (unsigned i = 0; i < 2 && r->param[i].name; i++) {
        if (i)
            putc(',', f);
        json_param(f, &r->param[i]);
    }
    fputs("]}", f);
}

static void json_point(FILE *f, const struct inject_point_row *p)
{
    const char *comma = "";

    fprintf(f, "{\"name\":\"%s\",\"what\":\"%s\",\"keys\":[", p->name, p->what);
    for (unsigned k = 0; k < INJECT_KEYS; k++) {
        if (p->keys >> k & 1) {
            fprintf(f, "%s\"%s\"", comma, inject_keys[k].name);
            comma = ",";
        }
    }
    fputs("]}", f);
}

char *mali_inject_catalogue(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    fputs("{\"faults\":[\n", f);
    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        fputs(i ? ",\n" : "", f);
        json_fault(f, &inject_faults[i]);
    }
    fputs("],\n\"points\":[\n", f);
    for (unsigned i = 0; i < INJECT_POINTS; i++) {
        fputs(i ? ",\n" : "", f);
        json_point(f, &inject_points[i]);
    }
    fputs("],\n\"keys\":[\n", f);
    for (unsigned i = 0; i < INJECT_KEYS; i++)
        fprintf(f, "%s{\"name\":\"%s\",\"what\":\"%s\"}", i ? ",\n" : "", inject_keys[i].name,
                inject_keys[i].what);
    fputs("]}\n", f);
    fclose(f);
    return text;
}
