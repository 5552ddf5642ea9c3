/*
 * mali-run: runs a compute shader without a guest and shows what it did.
 *
 *   mali-run SHADER [DESCRIPTION]      disassembly, final registers, memory to dump
 *   mali-run --trace ...               each instruction with the registers that it changes
 *   mali-run --step ...                asks before each instruction (commands on stdin; h: help)
 *   mali-run --break PC ...            as --step, from there on; repeatable
 *   mali-run --quiet ...               memory only
 *   mali-run --limit N ...             instructions of warps, 100 million unless said
 *
 * Workgroups run one after the other, their warps in turns of one instruction (one run to
 * the next barrier when nobody looks). Exit status: 0 ended, 1 faulted or over the limit, 2 usage.
 *
 * Calls the pipeline's core and the interpreter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/pipeline_internal.h"
#include "run_file.h"

#define MAX_WARPS  64
#define MAX_BREAKS 32

struct run {
    struct run_file f;
    struct native *n;
    struct core *core;
    struct va_warp *warp; /* of the workgroup under way */
    bool waits[MAX_WARPS], ended[MAX_WARPS];
    unsigned warps, threads;
    uint32_t group[3];
    uint64_t executed, limit;
    bool trace, step, quiet, quit;
    unsigned breaks, skip; /* skip: instructions before the next question */
    uint64_t brk[MAX_BREAKS];
};

/* --- printing ------------------------------------------------------------------------------- */

static void print_code(const struct run *x)
{
    char text[256];

    for (unsigned i = 0; i < x->f.words; i++) {
        struct va_insn in;
        enum va_error err = va_decode(x->f.code[i], &in);
        if (err)
            snprintf(text, sizeof(text), ".word // %s", va_error_name(err));
        else
            va_disasm(&in, text, sizeof(text));
        printf("%12" PRIx64 ":  %016" PRIx64 "  %s\n", x->f.base + 8 * i, x->f.code[i], text);
    }
}

/* One register: once if all of @lanes agree, else each. */
static void print_reg(const va_v16u *r, unsigned index, uint16_t lanes)
{
    unsigned first = (unsigned)__builtin_ctz(lanes);
    bool same = true;

    for (unsigned i = 0; i < VA_LANES; i++)
        same &= !(lanes >> i & 1) || (*r)[i] == (*r)[first];
    printf("    r%-2u", index);
    if (same) {
        printf(" %08x in lanes %04x\n", (*r)[first], lanes);
        return;
    }
    for (unsigned i = 0; i < VA_LANES; i++)
        if (lanes >> i & 1)
            printf(" %x:%08x", i, (*r)[i]);
    printf("\n");
}

static void print_changes(const struct va_warp *before, const struct va_warp *now)
{
    for (unsigned r = 0; r < 64; r++) {
        uint16_t lanes = 0;
        for (unsigned i = 0; i < VA_LANES; i++)
            lanes |= (uint16_t)(before->r[r][i] != now->r[r][i]) << i;
        if (lanes)
            print_reg(&now->r[r], r, lanes);
    }
}

static void print_regs(const struct va_warp *w, uint16_t lanes)
{
    static const va_v16u zero;

    for (unsigned r = 0; r < 64 && lanes; r++)
        if (memcmp(&w->r[r], &zero, sizeof(zero)))
            print_reg(&w->r[r], r, lanes);
}

static void print_memory(struct run *x, const struct run_dump *d)
{
    static const struct {
        char as;
        uint8_t size, row;
    } forms[] = {{'x', 4, 8}, {'q', 8, 4}, {'f', 4, 8}, {'d', 4, 8}, {'b', 1, 16}};
    unsigned k = 0;

    while (forms[k].as != d->as)
        k++;
    for (uint32_t at = 0; at + forms[k].size <= d->size; at += forms[k].size) {
        uint64_t v = 0;
        float f;
        if (at % (forms[k].size * forms[k].row) == 0)
            printf("%s%12" PRIx64 ": ", at ? "\n" : "", d->va + at);
        if (!native_read(x->n, d->va + at, &v, forms[k].size)) {
            printf(" not mapped");
            break;
        }
        memcpy(&f, &v, 4);
        if (d->as == 'f')
            printf(" %.9g", (double)f);
        else if (d->as == 'd')
            printf(" %" PRId32, (int32_t)v);
        else
            printf(" %0*" PRIx64, 2 * forms[k].size, v);
    }
    printf("\n");
}

/* --- looking at a warp ------------------------------------------------------------------------ */

/* The lanes that run next and where. */
static uint16_t next_lanes(const struct va_warp *w, uint64_t *pc)
{
    uint16_t lanes = 0;

    *pc = ~0ull;
    for (unsigned i = 0; i < VA_LANES; i++)
        if ((w->alive & ~w->waiting) >> i & 1) {
            if (w->pc[i] < *pc) {
                *pc = w->pc[i];
                lanes = 0;
            }
            lanes |= (uint16_t)(w->pc[i] == *pc) << i;
        }
    return lanes;
}

static void print_next(const struct run *x, unsigned warp, uint64_t pc, uint16_t lanes)
{
    char text[256] = "no code";
    uint64_t word = 0;
    struct va_insn in;

    if (native_read(x->n, pc, &word, 8)) {
        enum va_error err = va_decode(word, &in);
        if (err)
            snprintf(text, sizeof(text), ".word // %s", va_error_name(err));
        else
            va_disasm(&in, text, sizeof(text));
    }
    printf("group %u,%u,%u warp %u lanes %04x  %" PRIx64 ":  %016" PRIx64 "  %s\n", x->group[0],
           x->group[1], x->group[2], warp, lanes, pc, word, text);
}

static void command_regs(struct run *x, unsigned warp, const char *arg)
{
    char *end;
    unsigned long r = strtoul(arg + (*arg == 'r'), &end, 10);

    if (end != arg && r < 64)
        print_reg(&x->warp[warp].r[r], (unsigned)r, 0xffff);
    else
        print_regs(&x->warp[warp], 0xffff);
}

static void command_memory(struct run *x, const char *arg)
{
    char as = 'x';
    uint64_t va = 0, size = 32;
    struct run_dump d;

    if (sscanf(arg, "%" SCNi64 " %" SCNi64 " %c", (int64_t *)&va, (int64_t *)&size, &as) < 1 ||
        !strchr("xqfdb", as) || size > 1u << 20) {
        printf("m VA [SIZE] [x|q|f|d|b]\n");
        return;
    }
    d = (struct run_dump){va, (uint32_t)size, as};
    print_memory(x, &d);
}

/* One command. True: go on with the program. */
static bool command(struct run *x, unsigned warp, char *line)
{
    char *arg = line + 1 + strspn(line + 1, " ");

    arg[strcspn(arg, "\r\n")] = 0;
    switch (line[0]) {
    case '\n':
    case 's':
        x->skip = *arg ? (unsigned)strtoul(arg, NULL, 0) - 1 : 0;
        return true;
    case 'c':
        x->step = false;
        return true;
    case 'b':
        if (x->breaks < MAX_BREAKS)
            x->brk[x->breaks++] = strtoull(arg, NULL, 16);
        return false;
    case 'r':
        command_regs(x, warp, arg);
        return false;
    case 'm':
        command_memory(x, arg);
        return false;
    case 'l':
        print_code(x);
        return false;
    case 'q':
        return x->quit = true;
    default:
        printf(
            "s [N] step; c continue; b PC break; r [N] registers; m VA [SIZE] [x|q|f|d|b] memory; "
            "l list; q quit\n");
        return false;
    }
}

/* Before an instruction: breakpoints and questions. */
static void ask(struct run *x, unsigned warp, uint64_t pc, uint16_t lanes)
{
    char line[256];

    for (unsigned i = 0; i < x->breaks; i++)
        if (x->brk[i] == pc && !x->step) {
            printf("breakpoint\n");
            x->step = true;
            x->skip = 0;
        }
    if (x->trace || x->step)
        print_next(x, warp, pc, lanes);
    if (!x->step || x->skip) {
        x->skip -= x->skip != 0;
        return;
    }
    do {
        printf("> ");
        fflush(stdout);
        if (!fgets(line, sizeof(line), stdin)) { /* end of a script: the rest runs */
            printf("\n");
            x->step = false;
            x->breaks = 0;
            return;
        }
    } while (!command(x, warp, line));
}

/* --- running --------------------------------------------------------------------------------- */

/* Source of the registers: what Mesa's compiler expects, as compute.c has it. */
static void group_begin(struct run *x)
{
    const struct run_file *f = &x->f;

    for (unsigned t = 0; t < x->warps * VA_LANES; t++) {
        struct va_warp *w = &x->warp[t / VA_LANES];
        unsigned lane = t % VA_LANES, left = x->threads - (t - lane);
        uint32_t local[3] = {t % f->size[0], t / f->size[0] % f->size[1],
                             t / (f->size[0] * f->size[1])};
        if (!lane) {
            memset(w, 0, sizeof(*w)); /* registers that the program does not name are shown */
            va_warp_init(w, &x->core->shader, left < 16 ? (uint16_t)((1u << left) - 1) : 0xffff);
        }
        if (t >= x->threads)
            continue;
        va_set_tls(w, lane, x->core->tls + t * x->core->tls_bytes);
        w->r[55][lane] = local[0] | local[1] << 16;
        w->r[56][lane] = local[2];
        for (unsigned i = 0; i < 3; i++) {
            w->r[57 + i][lane] = x->group[i];
            w->r[60 + i][lane] = x->group[i] * f->size[i] + local[i] + f->offset[i];
        }
        for (unsigned r = 0; r < RUN_MAX_REGS; r++)
            if (f->reg[r].given && (f->reg[r].count == 1 || lane < f->reg[r].count))
                w->r[r][lane] = f->reg[r].value[f->reg[r].count == 1 ? 0 : lane];
    }
    memset(x->waits, 0, sizeof(x->waits));
    memset(x->ended, 0, sizeof(x->ended));
}

static bool say_fault(struct run *x, struct va_warp *w)
{
    const struct mali_fault *f = &x->core->fault;
    uint64_t pc = w->fault.pc;

    core_warp_stalled(x->core, w); /* fills in the fault; nothing is ever locked here */
    printf("fault: %s (0x%02x) at pc 0x%" PRIx64 ", exception data 0x%" PRIx64 ": %s\n",
           native_fault_name(f->code), f->code, pc, f->info, va_fault_name(w->fault.kind));
    if (f->memory)
        printf("    %s of address 0x%" PRIx64 "\n",
               (const char *const[]){"atomic", "execute", "read", "write"}[f->access & 3], f->va);
    return false;
}

/* A turn of one warp. False: it faulted, or nobody wants more. */
static bool turn(struct run *x, unsigned i)
{
    struct va_warp *w = &x->warp[i], before;
    bool look = x->trace || x->step || x->breaks;
    uint64_t pc, budget = look ? 1 : 1024;
    uint16_t lanes = next_lanes(w, &pc);

    if (look) {
        before = *w;
        ask(x, i, pc, lanes);
        if (x->quit)
            return false;
    }
    x->core->shader.special[VA_SPECIAL_WARP_ID] = i;
    uint64_t executed = w->executed;
    enum va_stop stop = va_run(w, &x->core->shader, (uint32_t)budget);
    x->executed += w->executed - executed + 1;
    if (look && (x->trace || x->step))
        print_changes(&before, w);
    if (stop == VA_STOP_FAULT || stop == VA_STOP_STALL)
        return say_fault(x, w);
    x->waits[i] = stop == VA_STOP_BARRIER;
    x->ended[i] = stop == VA_STOP_ENDED;
    if (x->executed > x->limit)
        printf("stopped: more than %" PRIu64 " instructions (--limit)\n", x->limit);
    return x->executed <= x->limit;
}

static bool group_run(struct run *x)
{
    unsigned ended, waiting;

    do {
        ended = waiting = 0;
        for (unsigned i = 0; i < x->warps; i++) {
            if (!x->ended[i] && !x->waits[i] && !turn(x, i))
                return false;
            ended += x->ended[i];
            waiting += x->waits[i];
        }
        if (waiting && waiting + ended == x->warps)
            memset(x->waits, 0, sizeof(x->waits));
    } while (ended < x->warps);
    return true;
}

/* The registers that the last workgroup, or the one that faulted, has left. */
static void print_final(const struct run *x)
{
    for (unsigned i = 0; i < x->warps && !x->quiet; i++) {
        unsigned left = x->threads - i * VA_LANES;
        printf("registers of group %u,%u,%u warp %u\n", x->group[0], x->group[1], x->group[2], i);
        print_regs(&x->warp[i], left < 16 ? (uint16_t)((1u << left) - 1) : 0xffff);
    }
}

static bool run_all(struct run *x)
{
    const uint32_t *g = x->f.grid;
    uint32_t *at = x->group;
    bool ok = true, last = !g[0] || !g[1] || !g[2];

    while (ok && !last) {
        group_begin(x);
        ok = group_run(x);
        last = at[0] + 1 == g[0] && at[1] + 1 == g[1] && at[2] + 1 == g[2];
        if (!ok || last)
            print_final(x);
        for (unsigned i = 0; i < x->warps; i++)
            va_warp_fini(&x->warp[i]);
        for (unsigned i = 0; i < 3 && !last; i++) {
            if (++at[i] < g[i])
                break;
            at[i] = 0;
        }
    }
    return ok;
}

static bool load(struct run *x)
{
    struct core *c = x->core;
    unsigned tables = 0;

    for (unsigned i = 0; i < RUN_MAX_TABLES; i++)
        tables = x->f.table[i].used ? i + 1 : tables;
    c->pipeline = x->n->pipeline;
    c->tlb = x->n->tlb;
    c->as = NATIVE_AS;
    if (core_load(c, (RUN_DESC + 128) | tables,
                  (RUN_DESC + 0x1000) | (uint64_t)x->f.fau_count << 56, RUN_DESC, RUN_DESC + 64,
                  CORE_STAGE_COMPUTE) == MALI_MEM_OK)
        return true;
    printf("fault: %s (0x%02x), exception data 0x%" PRIx64 ": before the first instruction\n",
           native_fault_name(c->fault.code), c->fault.code, c->fault.info);
    return false;
}

/* --- start -------------------------------------------------------------------------------------
 */

static int usage(FILE *out, int status)
{
    fputs("usage: mali-run [--trace] [--step] [--break PC]... [--quiet] [--limit N] SHADER "
          "[DESCRIPTION]\n"
          "SHADER: raw 64-bit words, or hexadecimal text as mali-disasm takes and prints it.\n"
          "DESCRIPTION: workgroup, grid, FAU words, registers, memory, dumps; see "
          "hw/tools/README.md.\n",
          out);
    return status;
}

static bool number(const char *text, int base, uint64_t *v)
{
    char *end;

    if (!text)
        return false;
    errno = 0;
    *v = strtoull(text, &end, base);
    return end != text && !*end && !errno;
}

/* Index of the first argument that is no option, or 0: usage. */
static int options(struct run *x, int argc, char **argv)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "--trace"))
            x->trace = true;
        else if (!strcmp(argv[i], "--step"))
            x->step = true;
        else if (!strcmp(argv[i], "--quiet"))
            x->quiet = true;
        else if (!strcmp(argv[i], "--limit") && number(argv[i + 1], 0, &x->limit))
            i++;
        else if (!strcmp(argv[i], "--break") && x->breaks < MAX_BREAKS &&
                 number(argv[i + 1], 16, &x->brk[x->breaks])) {
            x->breaks++;
            i++;
        } else {
            return 0;
        }
    }
    return i < argc && i + 2 >= argc ? i : 0;
}

static int run(struct run *x, char **argv, int argc)
{
    if (!run_file_shader(&x->f, argv[0]) || (argc > 1 && !run_file_read(&x->f, x->n, argv[1])) ||
        !run_file_place(&x->f, x->n))
        return 2;
    x->threads = x->f.size[0] * x->f.size[1] * x->f.size[2];
    x->warps = (x->threads + VA_LANES - 1) / VA_LANES;
    if (!x->quiet)
        print_code(x);
    bool ok = load(x) && run_all(x);
    for (unsigned i = 0; i < x->f.dumps; i++)
        print_memory(x, &x->f.dump[i]);
    core_fini(x->core);
    return x->quit || ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct run *x = calloc(1, sizeof(*x));
    int first, status;

    if (argc > 1 && !strcmp(argv[1], "--help"))
        return usage(stdout, 0);
    if (!x)
        return 2;
    x->limit = 100000000;
    first = options(x, argc, argv);
    if (!first) {
        free(x);
        return usage(stderr, 2);
    }
    run_file_init(&x->f);
    x->n = native_new(1u << 18, 1); /* 1 GiB, of which only what is used exists */
    x->core = aligned_alloc(64, (sizeof(*x->core) + 63) & ~(size_t)63);
    x->warp = aligned_alloc(64, MAX_WARPS * sizeof(*x->warp));
    if (!x->n || !x->core || !x->warp) {
        fprintf(stderr, "mali-run: out of memory\n");
        return 2;
    }
    memset(x->core, 0, sizeof(*x->core));
    status = run(x, argv + first, argc - first);
    run_file_fini(&x->f);
    native_free(x->n);
    free(x->core);
    free(x->warp);
    free(x);
    return status;
}
