/*
 * Whole compute shaders: programs that Mesa compiled, run by the interpreter, and
 * compared with what Mesa's llvmpipe computed (cases/valhall_shaders.txt, which
 * explains its lines). Each is run by the plain interpreter and in its fast form, bit for bit. The
 * host here has two buffers, a stack per lane and shared memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/valhall/exec.h"

#include <math.h>
#include <stdlib.h>

#ifndef VA_SHADERS
#define VA_SHADERS NULL /* meson may name the file; else it lies beside this source */
#endif

#define CODE   0x100000000ull
#define BUFFER 0x100000ull /* + handle index * BUFFER */
#define STACK  0x10000000ull
#define SHARED 0x20000000ull
#define SIZE   0x1000u
#define WORDS  64 /* of a workgroup: 16 lanes, four each */

struct input {
    char kind[16];
    unsigned group, n;
    uint32_t word[WORDS];
};

static struct {
    uint64_t code[512];
    unsigned words;
    uint8_t buffer[2][SIZE], stack[VA_LANES][SIZE], shared[SIZE];
} host;

static unsigned host_fetch(void *ctx, uint64_t va, uint64_t *words, unsigned n)
{
    uint64_t i = (va - CODE) / 8;
    unsigned k = 0;

    for (; k < n && i + k < 512; k++)
        words[k] = host.code[i + k];
    return k;
}

static void *host_map(void *ctx, uint64_t va, enum va_access access, uint64_t *avail,
                      enum va_message_result *result)
{
    uint8_t *base = NULL;
    uint64_t off = 0;

    if (va >= SHARED)
        base = host.shared, off = va - SHARED;
    else if (va >= STACK && (va - STACK) / BUFFER < VA_LANES)
        base = host.stack[(va - STACK) / BUFFER], off = (va - STACK) % BUFFER;
    else if (va >= BUFFER && va < 3 * BUFFER)
        base = host.buffer[va / BUFFER - 1], off = va % BUFFER;
    *result = VA_MSG_FAULT;
    if (!base || off >= SIZE)
        return NULL;
    *avail = SIZE - off;
    return base + off;
}

/* LD_BUFFER and LEA_BUFFER: handles are 6 << 24 | index, as Mesa numbers storage buffers. */
static enum va_message_result host_message(void *ctx, struct va_warp *w, const struct va_insn *in,
                                           const struct va_val *src, uint16_t lanes)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 6, 8, 12, 16};
    bool lea = in->op == VA_OP_LEA_BUFFER;

    if (!lea && (in->op < VA_OP_LD_BUFFER_I8 || in->op > VA_OP_LD_BUFFER_I128))
        return VA_MSG_UNMODELLED;
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t offset = src[0].w[0][i], handle = src[1].w[0][i], v[4] = {0};
        if (!(lanes >> i & 1))
            continue;
        if (handle >> 24 != 6 || (handle & 0xffffff) > 1)
            return VA_MSG_FAULT;
        if (lea)
            v[0] = BUFFER * ((handle & 1) + 1) + offset;
        else if (offset <= SIZE - 16)
            memcpy(v, host.buffer[handle & 1] + offset, bytes[in->op - VA_OP_LD_BUFFER_I8]);
        for (unsigned k = 0; k < in->sr[0].count && k < 4; k++)
            w->r[in->sr[0].reg + k][i] = v[k];
    }
    return VA_MSG_DONE;
}

/* What a run leaves behind, padding of struct va_warp apart. */
struct outcome {
    struct va_warp warp;
    uint64_t counts[VA_OPS];
    uint8_t buffer[2][SIZE], stack[VA_LANES][SIZE], shared[SIZE];
};

enum engine { PLAIN, FAST, COMPILED, ENGINES };

static bool run_group(struct va_cache *cache, unsigned group, enum engine engine, struct outcome *o)
{
    static const struct va_host ops = {
        .map = host_map, .message = host_message, .fetch = host_fetch};
    struct va_shader s = {.base = CODE, .cache = cache, .host = &ops, .ftz32 = true};
    static const uint32_t slice[ENGINES] = {100000, 7, 997};
    struct va_warp w;
    enum va_stop stop;

    memset(o, 0, sizeof(*o));
    s.counts = o->counts;

    s.special[VA_SPECIAL_WORKGROUP_LOCAL_POINTER] = SHARED;
    va_cache_jit(cache, engine == COMPILED ? VA_JIT_NOW : VA_JIT_OFF);
    s.program = va_program_get(cache, CODE, host_fetch, NULL);
    if (!TAP_CHECK(s.program))
        return false;
    TAP_CHECK_EQ(va_program_size(s.program), host.words);
    if (engine != PLAIN)
        va_bind(&s);
    va_warp_init(&w, &s, 0xffff);
    for (unsigned i = 0; i < VA_LANES; i++) {
        w.r[55][i] = i;
        w.r[57][i] = group;
        w.r[60][i] = group * VA_LANES + i;
        va_set_tls(&w, i, STACK + BUFFER * i);
    }
    while ((stop = va_run(&w, &s, slice[engine])) == VA_STOP_BARRIER || stop == VA_STOP_SLICE)
        ;
    va_count(&s);
    va_unbind(&s);
    memcpy(&o->warp, &w, sizeof(w));
    memset(o->warp.pc, 0, sizeof(o->warp.pc)); /* ended lanes have none */
    memcpy(o->buffer, host.buffer, sizeof(o->buffer));
    memcpy(o->stack, host.stack, sizeof(o->stack));
    memcpy(o->shared, host.shared, sizeof(o->shared));
    if (!TAP_CHECK_EQ(stop, VA_STOP_ENDED))
        tap_note("%s", va_fault_name(w.fault.kind));
    va_warp_fini(&w);
    va_program_put(s.program);
    return stop == VA_STOP_ENDED;
}

static bool close_enough(uint32_t got, uint32_t want, bool is_float, double tolerance)
{
    float g, w;

    memcpy(&g, &got, 4);
    memcpy(&w, &want, 4);
    if (got == want || (is_float && isnan(g) && isnan(w)))
        return true;
    return is_float && fabs((double)g - w) <= tolerance * fmax(1, fabs((double)w));
}

/* @cache: by engine; none: that one is left out. */
static void run_shader(struct va_cache *cache[ENGINES], const char *name, const struct input *in,
                       unsigned handle, double tolerance, const uint32_t *want)
{
    unsigned at = in->group * WORDS * 4;
    uint32_t got[WORDS];

    static struct outcome out[ENGINES];
    bool ended[ENGINES];

    for (unsigned i = 0; i < ENGINES; i++) {
        if (!cache[i])
            continue;
        memset(host.buffer, 0, sizeof(host.buffer));
        memset(host.shared, 0, sizeof(host.shared));
        memset(host.stack, 0, sizeof(host.stack));
        memcpy(host.buffer[handle] + at, in->word, sizeof(in->word));
        ended[i] = run_group(cache[i], in->group, i, &out[i]);
        if (!TAP_CHECK_MEM(&out[i], &out[PLAIN], sizeof(out[i])))
            tap_note("%s: %s gives something else than the plain interpreter", name,
                     i == FAST ? "the fast form" : "compiled code");
    }
    if (ended[PLAIN] && ended[FAST]) {
        memcpy(got, host.buffer[!handle] + at, sizeof(got));
        for (unsigned i = 0; i < WORDS; i++)
            if (!close_enough(got[i], want[i], strcmp(in->kind, "int"), tolerance)) {
                TAP_CHECK_EQ(got[i], want[i]);
                tap_note("%s, lane %u, component %u", name, i / 4, i % 4);
                return;
            }
        return;
    }
    tap_note("%s", name);
}

static FILE *open_cases(void)
{
    const char *name = VA_SHADERS, *slash = strrchr(__FILE__, '/');
    char path[512];

    if (name)
        return fopen(name, "r");
    snprintf(path, sizeof(path), "%.*scases/valhall_shaders.txt",
             slash ? (int)(slash - __FILE__) + 1 : 0, __FILE__);
    return fopen(path, "r");
}

/* Appends the numbers of a line. */
static void words32(const char *p, uint32_t *out, unsigned *n)
{
    for (char *end; *n < WORDS; p = end) {
        uint32_t v = strtoul(p, &end, 16);
        if (end == p)
            return;
        out[(*n)++] = v;
    }
}

static void shaders(void)
{
    struct input inputs[8] = {0}, *in = NULL;
    char line[1024], name[32] = "", kind[16];
    unsigned handle = 0, ran = 0, n = 0, group, used;
    uint32_t want[WORDS];
    double tolerance = 0;
    struct va_cache *cache[ENGINES] = {va_cache_new(), va_cache_new()};
    const char *why;
    FILE *f = open_cases();

    if (va_jit_available(&why))
        cache[COMPILED] = va_cache_new();
    else
        tap_note("no compiled code: %s", why);

    TAP_REQUIRE(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "input %15s %u%n", kind, &group, &used) == 2) {
            for (in = inputs; in->kind[0] && strcmp(in->kind, kind);)
                in++;
            snprintf(in->kind, sizeof(in->kind), "%s", kind);
            in->group = group;
            words32(line + used, in->word, &in->n);
        } else if (sscanf(line, "shader %31s %15s %u %lf", name, kind, &handle, &tolerance) == 4) {
            for (in = inputs; in->kind[0] && strcmp(in->kind, kind);)
                in++;
            TAP_CHECK_EQ(in->n, WORDS);
            memset(host.code, 0, sizeof(host.code));
            host.words = n = 0;
        } else if (!strncmp(line, "code ", 5)) {
            for (char *p = line + 5, *end; host.words < 500; p = end) {
                uint64_t v = strtoull(p, &end, 16);
                if (end == p)
                    break;
                host.code[host.words++] = v;
            }
        } else if (!strncmp(line, "want ", 5)) {
            words32(line + 5, want, &n);
            if (n == WORDS) {
                run_shader(cache, name, in, handle & 1, tolerance, want);
                ran++;
            }
        }
    }
    fclose(f);
    for (unsigned i = 0; i < ENGINES; i++)
        va_cache_free(cache[i]);
    TAP_CHECK(ran > 60);
    tap_note("%u shaders", ran);
}

TAP_MAIN({"shaders", shaders})
