/*
 * The shader instruction table: its self-check, the decoder, encoder and
 * disassembler against known words (cases/valhall.txt) and against each other
 * on random words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/valhall/sem.h"
#include "../../hw/valhall/va_row.h"

#include <stdlib.h>

#ifndef VA_CASES
#define VA_CASES NULL /* meson may name the file; else it lies beside this source */
#endif

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s * 0x2545f4914f6cdd1dull;
}

static void self_check(void)
{
    char buf[128];

    TAP_CHECK_STR(va_table_check(buf, sizeof(buf)), NULL);
    TAP_CHECK_EQ(VA_OPS, 253); /* ISA.xml's count in Mesa 25.0, and LD_CVT */
}

/* Random bits where the row has fields; about one in ten is valid. */
static uint64_t random_word(uint64_t *seed, unsigned op)
{
    uint64_t w = next_random(seed) & va_known[op], r = next_random(seed);
    unsigned sec = va_rows[op].sec;

    if (r & 3)
        w &= ~(3ull << 57);
    if (r & 4)
        w &= ~0x80808080ull;
    w &= ~(511ull << 48) & ~va_secondary_bits(va_secondary(~0ull, sec), sec);
    return w | (uint64_t)va_rows[op].info.opcode << 48 |
           va_secondary_bits(va_rows[op].info.secondary, sec);
}

/* 200 valid words of each row: decoded as that row, encoded to the same word. */
static void round_trip_rows(void)
{
    uint64_t seed = 0x5eed, w, back;
    struct va_insn insn;
    char line[256];

    for (unsigned op = 0; op < VA_OPS; op++) {
        unsigned valid = 0;
        for (unsigned i = 0; i < 200000 && valid < 200; i++) {
            w = random_word(&seed, op);
            if (va_decode(w, &insn))
                continue;
            valid++;
            back = 0;
            if (!TAP_CHECK_EQ(insn.op, op) || !TAP_CHECK_EQ(va_encode(&insn, &back), VA_OK) ||
                !TAP_CHECK_EQ(back, w)) {
                tap_note("row %s", va_rows[op].info.name);
                return;
            }
            int len = va_disasm(&insn, line, sizeof(line));
            TAP_CHECK(len > 0 && len < (int)sizeof(line));
            TAP_CHECK(!strstr(line, "reserved") || strstr(line, "TEX"));
            TAP_CHECK(!strncmp(line, va_rows[op].info.name, strlen(va_rows[op].info.name)));
        }
        if (!TAP_CHECK_EQ(valid, 200))
            tap_note("row %s", va_rows[op].info.name);
    }
}

/* Whatever the bits: decoding ends, and what it accepts encodes to the same word. */
static void random_words(void)
{
    uint64_t seed = 0xfeedface, back;
    unsigned seen[VA_ERRORS] = {0};
    struct va_insn insn;

    for (unsigned i = 0; i < 3000000; i++) {
        uint64_t w = next_random(&seed);
        if (i & 1)
            w &= next_random(&seed) & ~(1ull << 63);
        if (i & 2)
            w = random_word(&seed, w % VA_OPS) ^ 1ull << (w >> 58);
        enum va_error err = va_decode(w, &insn);
        seen[err]++;
        if (!err && (!TAP_CHECK_EQ(va_encode(&insn, &back), VA_OK) || !TAP_CHECK_EQ(back, w)))
            return;
    }
    for (unsigned e = 0; e < VA_ERR_RANGE; e++)
        if (!TAP_CHECK(seen[e]))
            tap_note("never seen: %s", va_error_name(e));
}

/* The encoder refuses what does not fit instead of cutting it off. */
static void encode_range(void)
{
    struct va_insn insn, bad;
    uint64_t w;

    TAP_REQUIRE(!va_decode(0x00a4c00000000201, &insn)); /* FADD.f32 r0, r1, r2 */
    bad = insn;
    bad.dst = 64;
    TAP_CHECK_EQ(va_encode(&bad, &w), VA_ERR_RANGE);
    bad = insn;
    bad.src[1].index = 64;
    TAP_CHECK_EQ(va_encode(&bad, &w), VA_ERR_RANGE);
    bad = insn;
    bad.mod[VA_M_CLAMP] = 4;
    TAP_CHECK_EQ(va_encode(&bad, &w), VA_ERR_RANGE);
    bad = insn;
    bad.src[0].kind = VA_SRC_UNIFORM;
    bad.src[0].index = 64; /* page 1 */
    TAP_CHECK_EQ(va_encode(&bad, &w), VA_ERR_RANGE);
    bad = insn;
    bad.src[0].sel = 3;
    TAP_CHECK_EQ(va_encode(&bad, &w), VA_ERR_ENUM);
    bad = insn;
    bad.op = VA_OPS;
    TAP_CHECK_EQ(va_encode(&bad, &w), VA_ERR_OPCODE);

    TAP_REQUIRE(!va_decode(0x501fc00000000341, &insn)); /* BRANCHZ ^r1, offset:3 */
    insn.imm[0] = -(1 << 26);
    TAP_CHECK_EQ(va_encode(&insn, &w), VA_OK);
    insn.imm[0] = (1 << 26) - 1;
    TAP_CHECK_EQ(va_encode(&insn, &w), VA_OK);
    insn.imm[0] = 1 << 26;
    TAP_CHECK_EQ(va_encode(&insn, &w), VA_ERR_RANGE);
}

static void named_errors(void)
{
    static const struct {
        uint64_t word;
        enum va_error want;
    } cases[] = {
        {0, VA_ERR_DEST},                                  /* NOP wants its placeholder */
        {0x0001c00000000000, VA_ERR_OPCODE},               /* opcode 1 */
        {0x0090c00000060000, VA_ERR_SECONDARY},            /* conversion 6 */
        {0x80a4c00000000201, VA_ERR_RESERVED},             /* bit 63 */
        {0x00a4c00000100201, VA_ERR_RESERVED},             /* bit 20 of FADD */
        {0x00a4c0000c000201, VA_ERR_ENUM},                 /* widen 3 */
        {0x58a4c00000000201, VA_ERR_FLOW},                 /* flow 11 */
        {0x00a4000000000201, VA_ERR_DEST},                 /* writes nothing */
        {0x01a3c10020270280, VA_ERR_PAIR},                 /* SHADDX.u64 to r1 */
        {0x0060820218000041, VA_ERR_PAIR},                 /* LOAD from r1 */
        {0x0060840838000080, VA_ERR_ENUM},                 /* LOAD.i128 lane 0 */
        {0x006083f828000080 | 7ull << 36, VA_ERR_STAGING}, /* LOAD.i64 to r3, four registers */
        {0x0060bffa28000080, VA_ERR_STAGING},              /* beyond r63 */
        {0x006042f428000080, VA_ERR_STAGING},              /* LOAD with the read flag */
        {0x0091c100000000e0, VA_ERR_SPECIAL},              /* page 0, number 0 */
        {0x0491c100000000e2, VA_ERR_SPECIAL},              /* page 2 has none */
        {0x00a4c00000008480, VA_ERR_FAU_LIMIT},            /* FADD u0, u4 */
        {0x00b2c00000c08180, VA_ERR_FAU_LIMIT},            /* FMA u0, u1, 0 */
        {0x06a0c0000000e6e2, VA_ERR_FAU_LIMIT},            /* IADD lane_id, core_id */
        {0x066a80040000e280 | 1ull << 41 | 1ull << 39 | 7ull << 36 | 5ull << 27,
         VA_ERR_FAU_MESSAGE},
    };
    struct va_insn insn;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (!TAP_CHECK_STR(va_error_name(va_decode(cases[i].word, &insn)),
                           va_error_name(cases[i].want)))
            tap_note("word 0x%016" PRIx64, cases[i].word);
}

/* Some resolved forms, by hand. */
static void resolved_forms(void)
{
    struct va_insn in;

    TAP_REQUIRE(!va_decode(0x0291c100000000e3, &in)); /* MOV.i32 r1, thread_local_pointer.w1 */
    TAP_CHECK_EQ(in.src[0].kind, VA_SRC_SPECIAL);
    TAP_CHECK_EQ(in.src[0].index, VA_SPECIAL_THREAD_LOCAL_POINTER);
    TAP_CHECK_EQ(in.src[0].half, 1);
    TAP_REQUIRE(!va_decode(0x0291c10000000081, &in)); /* MOV.i32 r1, u65 */
    TAP_CHECK_EQ(in.src[0].index, 65);
    TAP_REQUIRE(!va_decode(0x01a3c00020277c80, &in)); /* SHADDX.u64 r0, u0, ^r60.w0, shift 2 */
    TAP_CHECK_EQ(in.src[0].bits, 64);
    TAP_CHECK_EQ(in.src[1].bits, 32);
    TAP_CHECK(in.src[1].last);
    TAP_CHECK_EQ(in.imm[0], 2);
    TAP_REQUIRE(!va_decode(0x501fc007fffff841, &in)); /* BRANCHZ.reconverge ^r1, offset:-8 */
    TAP_CHECK_EQ(in.imm[0], -8);
    TAP_CHECK_EQ(in.flow, VA_FLOW_RECONVERGE);
    TAP_REQUIRE(!va_decode(0x0920cc021bf70030, &in)); /* ATOM_RETURN.i32 @r55, @r12 */
    TAP_CHECK_EQ(in.sr[0].reg, 55);
    TAP_CHECK(in.sr[0].write && !in.sr[0].read);
    TAP_CHECK_EQ(in.sr[1].reg, 12);
    TAP_CHECK(in.sr[1].read && !in.sr[1].write);
}

static const char *cases_path(char *buf, size_t size)
{
    const char *name = VA_CASES, *slash = strrchr(__FILE__, '/');

    if (name)
        return name;
    snprintf(buf, size, "%.*scases/valhall.txt", slash ? (int)(slash - __FILE__) + 1 : 0, __FILE__);
    return buf;
}

/* Every line "HEX  TEXT" holds, and every row has one. */
static void known_words(void)
{
    char path[512], line[512], text[256];
    bool covered[VA_OPS] = {false};
    struct va_insn insn;
    FILE *f = fopen(cases_path(path, sizeof(path)), "r");

    TAP_REQUIRE(f);
    while (fgets(line, sizeof(line), f)) {
        char *end;
        line[strcspn(line, "\n")] = '\0';
        if (!line[0] || line[0] == '#')
            continue;
        uint64_t w = strtoull(line, &end, 16);
        end += strspn(end, " ");
        if (!TAP_CHECK_STR(va_error_name(va_decode(w, &insn)), "valid")) {
            tap_note("word %s", line);
            continue;
        }
        va_disasm(&insn, text, sizeof(text));
        TAP_CHECK_STR(text, end);
        covered[insn.op] = true;
    }
    fclose(f);
    for (unsigned op = 0; op < VA_OPS; op++)
        if (!TAP_CHECK(covered[op]))
            tap_note("no case for %s", va_rows[op].info.name);
}

static void short_buffer(void)
{
    struct va_insn insn;
    char buf[8];

    TAP_REQUIRE(!va_decode(0x00a4c00000000201, &insn));
    memset(buf, 'x', sizeof(buf));
    TAP_CHECK_EQ(va_disasm(&insn, buf, sizeof(buf)), strlen("FADD.f32 r0, r1, r2"));
    TAP_CHECK_STR(buf, "FADD.f3");
    TAP_CHECK_EQ(va_disasm(&insn, NULL, 0), strlen("FADD.f32 r0, r1, r2"));
}

static const struct va_modifier *find_modifier(const struct va_modifier *m, unsigned n,
                                               const char *text)
{
    for (unsigned i = 0; i < n; i++)
        if (!strcmp(m[i].text, text))
            return &m[i];
    return NULL;
}

/* What the fidelity report says of modifiers is what the interpreter does. */
static void modifiers(void)
{
    struct va_modifier m[VA_MAX_MODIFIERS];
    char path[512], line[512];
    struct va_insn insn;
    unsigned n;
    FILE *f = fopen(cases_path(path, sizeof(path)), "r");

    TAP_REQUIRE(f);
    while (fgets(line, sizeof(line), f)) {
        bool refused = false;
        if (line[0] == '\n' || line[0] == '#' || va_decode(strtoull(line, NULL, 16), &insn))
            continue;
        n = va_modifiers(&insn, m);
        for (unsigned i = 0; i < n; i++)
            refused |= m[i].fidelity == VA_TODO;
        if (va_info(insn.op)->message || va_info(insn.op)->fidelity == VA_TODO)
            continue;
        if (!TAP_CHECK_EQ(refused, !va_alu_modelled(&insn)))
            tap_note("%s", line);
    }
    fclose(f);
    TAP_REQUIRE(!va_decode(0x00b2c10200474145, &insn)); /* FMA.f32.clamp_m1_1 r1, ^r5, ^r1, ^r7 */
    n = va_modifiers(&insn, m);
    const struct va_modifier *clamp = find_modifier(m, n, "clamp_m1_1");
    TAP_REQUIRE(clamp);
    TAP_CHECK_EQ(clamp->source, -1);
    TAP_CHECK_EQ(clamp->fidelity, VA_EXACT);
    TAP_REQUIRE(!va_decode(0x00b2c70000060102, &insn)); /* FMA.f32 r7, r2, r1, r6 */
    TAP_CHECK_EQ(va_modifiers(&insn, m), 0);
    TAP_REQUIRE(!va_decode(0x00b2c74400c0084a, &insn)); /* FMA.f32 r7, ^r10.neg, r8, 0x0.neg */
    n = va_modifiers(&insn, m);
    TAP_CHECK_EQ(n, 2);
    TAP_CHECK_STR(m[0].text, "neg");
    TAP_CHECK_EQ(m[0].source, 0);
    TAP_CHECK_EQ(m[1].source, 2);
}

TAP_MAIN({"self-check", self_check}, {"round-trip-rows", round_trip_rows},
         {"random-words", random_words}, {"encode-range", encode_range},
         {"named-errors", named_errors}, {"resolved-forms", resolved_forms},
         {"known-words", known_words}, {"short-buffer", short_buffer}, {"modifiers", modifiers})
