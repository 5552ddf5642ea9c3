/*
 * Random words of every row of the shader table, and those of a file's "code" lines (captured
 * shaders), with our text: "word  text" lines for the test that compares with Mesa's disassembler
 * (scripts/test isa/mesa-disassembler).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../hw/valhall/va_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_OF_A_ROW 60
#define TRIES          200000

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s * 0x2545f4914f6cdd1dull;
}

/* One guess at a word of row @op; every other one without constants and special sources. */
static uint64_t guess(unsigned op, unsigned try, uint64_t *seed)
{
    const struct va_row *row = &va_rows[op];
    uint64_t second = va_secondary_bits(va_secondary(~0ull, row->sec), row->sec);
    uint64_t w = next_random(seed) & va_known[op] & ~(0x1ffull << 48);

    if (try & 1)
        w |= 3ull << 46;
    if (try % 4)
        for (unsigned i = 0; row->src[i].bits; i++)
            w &= ~(0x80ull << row->src[i].lo);
    if (row->dst_bits == 64 || try % 3)
        w &= ~(1ull << 40);
    return (w & ~second) | va_secondary_bits(row->info.secondary, row->sec) |
           (uint64_t)row->info.opcode << 48;
}

static void print_word(uint64_t w, const struct va_insn *in)
{
    char text[300];

    va_disasm(in, text, sizeof(text));
    printf("%016" PRIx64 "  %s\n", w, text);
}

static void random_words(void)
{
    uint64_t seed = 0x5eed5eed;

    for (unsigned op = 0; op < VA_OPS; op++)
        for (unsigned i = 0, n = 0; i < TRIES && n < WORDS_OF_A_ROW; i++) {
            uint64_t w = guess(op, i, &seed);
            struct va_insn in;
            if (va_decode(w, &in) || in.op != op)
                continue;
            print_word(w, &in);
            n++;
        }
}

/* Words that are not instructions get a line that no disassembler agrees with. */
static bool shader_words(const char *path)
{
    FILE *f = fopen(path, "r");
    static char line[65536];

    if (!f)
        return false;
    while (fgets(line, sizeof(line), f)) {
        char *at = line + 5, *end;
        if (strncmp(line, "code ", 5))
            continue;
        for (;; at = end) {
            uint64_t w = strtoull(at, &end, 16);
            struct va_insn in;
            if (end == at)
                break;
            if (!va_decode(w, &in))
                print_word(w, &in);
            else if (w)
                printf("%016" PRIx64 "  not an instruction\n", w);
        }
    }
    fclose(f);
    return true;
}

int main(int argc, char **argv)
{
    random_words();
    if (argc > 1 && !shader_words(argv[1])) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
