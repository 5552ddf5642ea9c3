/*
 * mali-disasm: the completeness report (--table), the list of what is refused (--refused), words,
 * binaries. What the report calls refused has no meaning anywhere: no variant of the execution
 * engine computes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"
#include "tools_test.h"

#include "../../hw/valhall/micro.h"

#define OUT 65536

static int disasm(const char *args, char *out)
{
    char command[512];

    snprintf(command, sizeof(command), "%s %s", MALI_DISASM, args);
    return run_tool(command, out, OUT);
}

/* Lines of @out that end with, or begin with, " name"; the name must be a word of its own. */
static unsigned lines_with(const char *out, const char *name)
{
    unsigned n = 0;
    size_t len = strlen(name);

    for (const char *p = strstr(out, name); p; p = strstr(p + 1, name))
        n += (p == out || p[-1] == ' ' || p[-1] == '\n') && (p[len] == ' ' || p[len] == '\n');
    return n;
}

static void table(void)
{
    static char out[OUT];
    unsigned sum[3] = {0};
    char totals[128];

    TAP_CHECK_EQ(disasm("--table", out), 0);
    for (unsigned op = 0; op < VA_OPS; op++) {
        sum[va_info(op)->fidelity]++;
        if (!TAP_CHECK(lines_with(out, va_info(op)->name)))
            tap_note("%s is not in the table", va_info(op)->name);
    }
    snprintf(totals, sizeof(totals), "%u instructions: %u exact, %u approximate, %u to do\n",
             (unsigned)VA_OPS, sum[VA_EXACT], sum[VA_APPROX], sum[VA_TODO]);
    has(out, totals);
}

static void refused(void)
{
    static char out[OUT];
    struct va_modifier m;
    unsigned lines = 0, want = 1;

    TAP_CHECK_EQ(disasm("--refused", out), 0);
    for (unsigned op = 0; op < VA_OPS; op++) {
        const struct va_info *info = va_info(op);
        bool todo = info->fidelity == VA_TODO;
        want += todo;
        if (!TAP_CHECK_EQ(lines_with(out, info->name), todo) ||
            !TAP_CHECK_EQ(va_why_refused(op) != NULL, todo) ||
            !TAP_CHECK(info->message || !todo || (!va_alu_base[op] && !va_alu_best()[op])))
            tap_note("%s", info->name);
    }
    for (unsigned i = 0; va_inexact(i, &m); i++)
        if (m.fidelity == VA_TODO) {
            has(out, m.text);
            want++;
        }
    for (const char *p = out; *p; p++)
        lines += *p == '\n';
    TAP_CHECK_EQ(lines, want);
}

static void words(void)
{
    static char out[OUT];

    TAP_CHECK_EQ(disasm("0x00b2c70000060102", out), 0);
    has(out, "FMA.f32 r7, r2, r1, r6");
    TAP_CHECK_EQ(disasm("0x009cc0000006000a 0xffffffffffffffff", out), 1);
    has(out, "FSINCOS_OFFSET.u6 r0, r10");
    has(out, ".word");
    TAP_CHECK_EQ(disasm("xyz", out), 2);
    has(out, "not a hexadecimal");
    TAP_CHECK_EQ(disasm("--nothing", out), 2);
}

static void binary(void)
{
    static const uint64_t code[] = {0x00b2c70000060102, 0, 0x00b2c70000060102, 0, 0};
    static char out[OUT];
    char path[64], args[128];

    temp_file(path, code, sizeof(code));
    snprintf(args, sizeof(args), "--binary %s --base 1000", path);
    TAP_CHECK_EQ(disasm(args, out), 1); /* a zero word between instructions is none */
    has(out, "1000:");
    has(out, "1010:");
    TAP_CHECK(!strstr(out, "1018:")); /* padding */
    unlink(path);
    TAP_CHECK_EQ(disasm("--binary /nonexistent", out), 2);
}

TAP_MAIN({"table", table}, {"refused", refused}, {"words", words}, {"binary", binary})
