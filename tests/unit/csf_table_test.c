/*
 * The command-stream table: its self-check, disassembler and assembler against
 * hand-made cases (cases/cs.txt) and against each other on random words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/csf/cs_table.h"

#include <stdlib.h>

#ifndef CS_CASES
#define CS_CASES NULL /* meson may name the file; else it lies beside this source */
#endif

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void self_check(void)
{
    char buf[128];

    TAP_CHECK_STR(cs_table_check(buf, sizeof(buf)), NULL);
}

/* All opcodes that v10.xml's "CS Opcode" enum has, and none besides. */
static void all_opcodes(void)
{
    static const uint8_t known[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 16, 17,
                                    18, 20, 21, 22, 23, 24, 25, 32, 33, 34, 36, 37, 38,
                                    39, 40, 41, 42, 43, 44, 47, 48, 49, 50, 51, 52, 53};
    size_t n = 0;

    for (unsigned op = 0; op < 256; op++) {
        bool want = n < sizeof(known) && known[n] == op;
        n += want;
        TAP_CHECK_EQ(cs_insn_by_opcode(op) != NULL, want);
        if (want)
            TAP_CHECK_EQ(cs_insn_by_opcode(op)->opcode, op);
    }
    TAP_CHECK(cs_insn_at(sizeof(known) - 1));
    TAP_CHECK(!cs_insn_at(sizeof(known)));
}

/* The executor's two masks say the same as a walk over the fields. */
static void masks_agree(void)
{
    uint64_t seed = 0x123456789;

    for (int i = 0; i < 2000000; i++) {
        uint64_t w = next_random(&seed);
        const struct cs_insn *insn;

        if (i & 1) /* mostly existing opcodes, few stray bits */
            w = (w & cs_ok_bits[(w >> 56) & 63] & ~(0xffull << 56)) | (w & 63ull << 56);
        bool ok = (insn = cs_insn_by_opcode(w >> 56)) && !(w & ~insn->known_bits);
        for (unsigned f = 0; ok && f < insn->field_count; f++) {
            uint64_t v = cs_get(&insn->fields[f], w);
            if (insn->fields[f].kind == CS_F_REG || insn->fields[f].kind == CS_F_PAIR)
                ok = v < 96 && !(insn->fields[f].kind == CS_F_PAIR && (v & 1));
        }
        if (!TAP_CHECK_EQ(cs_word_shape_ok(w), ok)) {
            tap_note("word 0x%016" PRIx64, w);
            return;
        }
    }
}

static void round_trip_random(void)
{
    uint64_t seed = 0xfeedface;
    unsigned real = 0;

    for (int i = 0; i < 1000000; i++) {
        uint64_t w = next_random(&seed), back = ~w;
        char text[256];
        const char *err = NULL;

        if (i % 8)
            w = (w & cs_ok_bits[(w >> 56) & 63] & ~(0xffull << 56)) | (w & 63ull << 56);
        int n = cs_disasm(w, text, sizeof(text));
        real += text[0] != '.';
        if (!TAP_CHECK(n > 0 && (size_t)n == strlen(text)) ||
            !TAP_CHECK(cs_assemble(text, &back, &err)) || !TAP_CHECK_EQ(back, w)) {
            tap_note("0x%016" PRIx64 ": %s: %s", w, text, err ? err : "");
            return;
        }
    }
    TAP_CHECK(real > 100000);
    tap_note("%u of 1000000 random words were instructions", real);
}

static void assembler_survives_garbage(void)
{
    uint64_t seed = 42, w;
    char text[300];
    const char *err;

    for (int i = 0; i < 300000; i++) {
        cs_disasm((next_random(&seed) & 0x3full << 56) | (next_random(&seed) & 0x0e0e0e0fffffff),
                  text, sizeof(text));
        size_t len = strlen(text);
        for (int k = 0; k < 1 + (i & 3); k++)
            text[next_random(&seed) % len] = "[]{}#:,./ rd0x9-+\t"[next_random(&seed) % 18];
        if (i & 4)
            text[next_random(&seed) % len] = '\0';
        if (cs_assemble(text, &w, &err)) {
            char again[256];
            cs_disasm(w, again, sizeof(again));
            TAP_CHECK(again[0]);
        } else {
            TAP_CHECK(err && err[0]);
        }
    }
    memset(text, 'N', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    TAP_CHECK(!cs_assemble(text, &w, &err));
}

static void short_buffer(void)
{
    char buf[8];

    memset(buf, 'x', sizeof(buf));
    int n = cs_disasm(0x015c000123456780, buf, 6);
    TAP_CHECK_EQ(n, strlen("MOVE d92, #0x123456780"));
    TAP_CHECK_STR(buf, "MOVE ");
    TAP_CHECK_EQ(buf[6], 'x');
    TAP_CHECK_EQ(cs_disasm(0, NULL, 0), 3);
}

static FILE *open_cases(void)
{
    char path[1024];
    const char *named = getenv("CS_CASES") ? getenv("CS_CASES") : CS_CASES;
    const char *slash = strrchr(__FILE__, '/');

    if (named)
        return fopen(named, "r");
    snprintf(path, sizeof(path), "%.*scases/cs.txt", slash ? (int)(slash - __FILE__ + 1) : 0,
             __FILE__);
    return fopen(path, "r");
}

static void one_case(char kind, uint64_t word, const char *text, unsigned line)
{
    char got[256];
    uint64_t w = 0;
    const char *err = "";
    bool ok = true;

    if (kind == '!') {
        ok = TAP_CHECK(!cs_assemble(text, &w, &err)) && TAP_CHECK(err && err[0]);
    } else {
        cs_disasm(word, got, sizeof(got));
        if (kind == '?')
            ok = TAP_CHECK(!strncmp(got, ".word ", 6));
        if (kind == ' ')
            ok = TAP_CHECK_STR(got, text);
        if (kind != '?')
            ok = TAP_CHECK(cs_assemble(text, &w, &err)) && TAP_CHECK_EQ(w, word) && ok;
    }
    if (!ok)
        tap_note("cs.txt line %u: %s", line, err ? err : "");
}

static void cases(void)
{
    FILE *f = open_cases();
    char line[512];
    bool seen[256] = {false};
    unsigned n = 0;

    TAP_REQUIRE(f);
    while (fgets(line, sizeof(line), f)) {
        char kind = ' ', *p = line;
        uint64_t word = 0;

        n++;
        line[strcspn(line, "\r\n")] = '\0';
        if (!*p || *p == '#')
            continue;
        if (strchr("!?=", *p))
            kind = *p++;
        if (kind != '!')
            word = strtoull(p, &p, 16);
        one_case(kind, word, p + strspn(p, " "), n);
        seen[word >> 56] = true;
    }
    fclose(f);
    const struct cs_insn *insn;
    for (unsigned i = 0; (insn = cs_insn_at(i)); i++)
        if (!TAP_CHECK(seen[insn->opcode]))
            tap_note("%s has no case", insn->name);
}

static void markdown(void)
{
    FILE *f = tmpfile();
    char line[4096];
    unsigned rows = 0;

    TAP_REQUIRE(f);
    cs_doc(f);
    rewind(f);
    while (fgets(line, sizeof(line), f))
        rows += line[0] == '|';
    fclose(f);
    TAP_CHECK_EQ(rows, 39 + 2);
}

TAP_MAIN({"self-check", self_check}, {"all-opcodes", all_opcodes}, {"masks-agree", masks_agree},
         {"cases", cases}, {"round-trip-random", round_trip_random},
         {"assembler-survives-garbage", assembler_survives_garbage}, {"short-buffer", short_buffer},
         {"markdown", markdown})
