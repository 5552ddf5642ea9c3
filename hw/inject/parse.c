/*
 * The text of rules: FAULT[:KEY=VALUE|:WORD]..., separated by ";" or new lines; "#" begins a
 * comment. README.md lists keys and words.
 *
 * Called by inject.c. The text comes from users: every mistake names rule, value and limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "inject_priv.h"

struct piece {
    const char *at;
    size_t len;
};

struct parser {
    char **err;
    struct piece rule; /* all of it, for messages */
    struct inject_rule *r;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct parser *p, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (!*p->err && asprintf(p->err, "inject: %.*s: %s",
                             (int)(p->rule.len < 120 ? p->rule.len : 120), p->rule.at, text) < 0)
        *p->err = NULL;
    return false;
}

static bool is(struct piece w, const char *text)
{
    return strlen(text) == w.len && !memcmp(w.at, text, w.len);
}

static struct piece trim(struct piece w)
{
    while (w.len && strchr(" \t\r", w.at[0]))
        w.at++, w.len--;
    while (w.len && strchr(" \t\r", w.at[w.len - 1]))
        w.len--;
    return w;
}

/* Takes what is before the next of @stops from @rest; @rest begins behind it, or is empty. */
static struct piece take(struct piece *rest, const char *stops)
{
    struct piece w = {rest->at, 0};

    while (w.len < rest->len && !strchr(stops, rest->at[w.len]))
        w.len++;
    rest->at += w.len;
    rest->len -= w.len;
    if (rest->len)
        rest->at++, rest->len--;
    return trim(w);
}

/* --- values --------------------------------------------------------------------- */
static bool number(struct piece v, uint64_t *out)
{
    char buf[32], *end;

    if (!v.len || v.len >= sizeof(buf) || v.at[0] == '-' || v.at[0] == '+')
        return false;
    memcpy(buf, v.at, v.len);
    buf[v.len] = 0;
    errno = 0;
    *out = strtoull(buf, &end, 0);
    return !*end && !errno;
}

/* 250ms: ns, us, ms, s; a bare number is ns. */
static bool duration(struct piece v, uint64_t *ns)
{
    static const struct {
        const char *unit;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i].unit);

        if (v.len > n && !memcmp(v.at + v.len - n, units[i].unit, n) &&
            number((struct piece){v.at, v.len - n}, ns))
            return !__builtin_mul_overflow(*ns, units[i].ns, ns);
    }
    return number(v, ns);
}

/* A chance from 0 to 1, decimal, in 2^-32. */
static bool chance(struct piece v, uint64_t *out)
{
    char buf[32], *end;
    double d;

    if (!v.len || v.len >= sizeof(buf))
        return false;
    memcpy(buf, v.at, v.len);
    buf[v.len] = 0;
    d = strtod(buf, &end);
    if (*end || !(d > 0 && d <= 1))
        return false;
    *out = (uint64_t)(d * 4294967296.0);
    *out += !*out;
    return true;
}

static bool value_error(struct parser *p, struct piece k, struct piece v, const char *want)
{
    return fail(p, "%.*s=%.*s: %s", (int)k.len, k.at, (int)v.len, v.at, want);
}

/* --- keys ------------------------------------------------------------------------ */
static bool key_range(struct parser *p, struct piece k, struct piece v, unsigned key)
{
    struct piece rest = v, first = take(&rest, "-");
    uint64_t *lo = &p->r->lo[key], *hi = &p->r->hi[key];
    bool two = rest.len > 0;

    if (!number(first, lo) || (two && !number(rest, hi)))
        return value_error(p, k, v, "a number or FIRST-LAST is expected");
    if (!two)
        *hi = *lo;
    return *lo <= *hi || value_error(p, k, v, "the first is above the last");
}

static bool key(struct parser *p, unsigned key, struct piece k, struct piece v)
{
    struct inject_rule *r = p->r;
    const char *words = "";
    int n;

    if (!(inject_points[r->point].keys >> key & 1))
        return fail(p, "%.*s: not known at \"%s\", where this rule waits", (int)k.len, k.at,
                    inject_points[r->point].name);
    r->keys |= 1u << key;
    switch (inject_keys[key].kind) {
    case KEY_RANGE:
        return key_range(p, k, v, key);
    case KEY_NAME:
        n = inject_key_word(key, v.at, v.len, &words);
        r->lo[key] = r->hi[key] = (uint64_t)n;
        return n >= 0 || fail(p, "%.*s=%.*s: one of %s is expected", (int)k.len, k.at, (int)v.len,
                              v.at, words);
    case KEY_MASK:
    case KEY_EQUAL:
        break;
    }
    r->hi[key] = 0;
    if (!number(v, &r->lo[key]))
        return value_error(p, k, v, "a number is expected");
    r->hi[key] = r->lo[key];
    return true;
}

static bool param(struct parser *p, unsigned i, struct piece k, struct piece v)
{
    const struct inject_param *row = &inject_faults[p->r->fault].param[i];
    uint64_t *val = &p->r->param[i];
    bool time = row->kind == PARAM_TIME;

    if (!(time ? duration(v, val) : number(v, val)))
        return value_error(p, k, v,
                           time ? "a time such as 250ms is expected" : "a number is expected");
    if (*val < row->lo || *val > row->hi)
        return fail(p, "%.*s=%.*s: allowed are %llu to %llu%s", (int)k.len, k.at, (int)v.len, v.at,
                    (unsigned long long)row->lo, (unsigned long long)row->hi, time ? " ns" : "");
    return true;
}

static bool on(struct parser *p, struct piece k, struct piece v)
{
    struct inject_rule *r = p->r;

    if (!(inject_faults[r->fault].flags & INJECT_ACTION))
        return value_error(
            p, k, v, "this fault has a place of its own; on= is for those done to the device");
    for (unsigned i = 0; i < INJECT_POINTS; i++) {
        if (!is(v, inject_points[i].name))
            continue;
        r->point = i;
        return true;
    }
    return value_error(p, k, v, "no such point (the catalogue lists them)");
}

static bool count(struct parser *p, struct piece k, struct piece v, uint64_t *out)
{
    if (!number(v, out) || !*out || *out > 1000000000000ull)
        return value_error(p, k, v, "allowed are 1 to 1000000000000");
    return true;
}

/* When and how often. False with *known set: a mistake. */
static bool trigger(struct parser *p, struct piece k, struct piece v, bool *known)
{
    struct inject_rule *r = p->r;

    *known = true;
    if (is(k, "nth"))
        return count(p, k, v, &r->nth);
    if (is(k, "every"))
        return count(p, k, v, &r->every);
    if (is(k, "times"))
        return count(p, k, v, &r->times);
    if (is(k, "seed"))
        return number(v, &r->seed) || value_error(p, k, v, "a number is expected");
    if (is(k, "prob"))
        return chance(v, &r->chance) ||
               value_error(p, k, v, "a number above 0, up to 1, is expected");
    if (is(k, "at") || is(k, "after")) {
        r->relative = k.len == 5;
        return duration(v, &r->at) || value_error(p, k, v, "a time such as 250ms is expected");
    }
    *known = false;
    return false;
}

/* A word without "=". */
static bool word(struct parser *p, struct piece w)
{
    struct inject_rule *r = p->r;

    if (is(w, "once"))
        r->times = 1;
    else if (is(w, "always"))
        r->times = INJECT_ALWAYS;
    else if (is(w, "now"))
        r->nth = 1;
    else
        return fail(p, "\"%.*s\": once, always, now or KEY=VALUE is expected", (int)w.len, w.at);
    return true;
}

static bool item(struct parser *p, struct piece text)
{
    struct piece v = text, k = take(&v, "=");
    const struct inject_fault *row = &inject_faults[p->r->fault];
    bool known;

    if (k.len == text.len)
        return word(p, text);
    v = trim(v);
    if (is(k, "on"))
        return on(p, k, v);
    for (unsigned i = 0; i < 2; i++)
        if (row->param[i].name && is(k, row->param[i].name))
            return param(p, i, k, v);
    for (unsigned i = 0; i < INJECT_KEYS; i++)
        if (is(k, inject_keys[i].name))
            return key(p, i, k, v);
    if (trigger(p, k, v, &known))
        return true;
    return known ? false
                 : fail(p, "%.*s: neither a parameter of this fault, nor a key, nor a trigger",
                        (int)k.len, k.at);
}

/* --- rules -------------------------------------------------------------------------- */
static bool fault(struct parser *p, struct piece name)
{
    struct inject_rule *r = p->r;

    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        const struct inject_fault *row = &inject_faults[i];

        if (!is(name, row->name))
            continue;
        r->fault = i;
        r->point = row->point;
        r->param[0] = row->param[0].def;
        r->param[1] = row->param[1].def;
        return true;
    }
    return fail(p, "no fault is called \"%.*s\" (scripts/inject --list)", (int)name.len, name.at);
}

static bool items(struct parser *p, struct piece rest)
{
    while (rest.len) {
        struct piece w = take(&rest, ":");

        if (w.len && !item(p, w))
            return false;
    }
    return true;
}

/* on= decides which keys there are, so it is read before the others. */
static bool rule_on(struct parser *p, struct piece rest)
{
    while (rest.len) {
        struct piece w = take(&rest, ":"), v = w, k = take(&v, "=");

        if (is(k, "on") && !on(p, k, trim(v)))
            return false;
    }
    return true;
}

static struct inject_rule *rule(struct piece text, char **err)
{
    struct inject_rule *r = calloc(1, sizeof(*r));
    struct parser p = {.err = err, .rule = text, .r = r};
    struct piece rest = text, name = take(&rest, ":");

    if (!r) {
        fail(&p, "out of memory");
        return NULL;
    }
    r->nth = 1;
    r->times = 1;
    if (fault(&p, name) && rule_on(&p, rest) &&
        items(&p, (struct piece){inject_faults[r->fault].preset,
                                 strlen(inject_faults[r->fault].preset)}) &&
        items(&p, rest))
        return r;
    free(r);
    return NULL;
}

void inject_rules_free(struct inject_rule *rules)
{
    while (rules) {
        struct inject_rule *next = rules->next;

        free(rules);
        rules = next;
    }
}

struct inject_rule *inject_parse(const char *text, char **err)
{
    struct inject_rule *first = NULL, **last = &first;
    struct piece all = {text, strlen(text)};

    *err = NULL;
    while (all.len) {
        struct piece line = take(&all, "\n"), rest = {line.at, strcspn(line.at, "#")};

        if (rest.len > line.len)
            rest.len = line.len;
        while (rest.len) {
            struct piece w = take(&rest, ";");

            if (!w.len)
                continue;
            *last = rule(w, err);
            if (!*last) {
                inject_rules_free(first);
                return NULL;
            }
            last = &(*last)->next;
        }
    }
    return first;
}

/* --- printing ------------------------------------------------------------------------- */
static void print_key(FILE *f, const struct inject_rule *r, unsigned k)
{
    unsigned long long lo = r->lo[k], hi = r->hi[k];
    const char *words = "";

    if (inject_keys[k].kind == KEY_NAME) {
        inject_key_word(k, "", 0, &words);
        for (; lo; lo--)
            words += strcspn(words, " ") + 1;
        fprintf(f, ":%s=%.*s", inject_keys[k].name, (int)strcspn(words, " "), words);
    } else if (lo != hi) {
        fprintf(f, ":%s=0x%llx-0x%llx", inject_keys[k].name, lo, hi);
    } else {
        fprintf(f, ":%s=0x%llx", inject_keys[k].name, lo);
    }
}

void inject_rule_print(FILE *f, const struct inject_rule *r)
{
    const struct inject_fault *row = &inject_faults[r->fault];

    fputs(row->name, f);
    if (r->point != row->point)
        fprintf(f, ":on=%s", inject_points[r->point].name);
    for (unsigned k = 0; k < INJECT_KEYS; k++)
        if (r->keys >> k & 1)
            print_key(f, r, k);
    for (unsigned i = 0; i < 2 && row->param[i].name; i++)
        fprintf(f, ":%s=%llu", row->param[i].name, (unsigned long long)r->param[i]);
    if (r->nth > 1)
        fprintf(f, ":nth=%llu", (unsigned long long)r->nth);
    if (r->every)
        fprintf(f, ":every=%llu", (unsigned long long)r->every);
    if (r->at)
        fprintf(f, ":at=%llu", (unsigned long long)r->at);
    if (r->chance)
        fprintf(f, ":prob=%.10g:seed=%llu", (double)r->chance / 4294967296.0,
                (unsigned long long)r->seed);
    if (r->times == INJECT_ALWAYS)
        fputs(":always", f);
    else
        fprintf(f, ":times=%llu", (unsigned long long)r->times);
}
