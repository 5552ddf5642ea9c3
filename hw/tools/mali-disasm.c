/*
 * mali-disasm: shader words to text.
 *
 *   mali-disasm 0x00a4c00000000201 ...     words from the command line
 *   mali-disasm < FILE                     hex words from stdin, # comments
 *   mali-disasm --binary FILE [--base VA]  little-endian 64-bit words
 *   mali-disasm --table                    every instruction and how far it is modelled
 *   mali-disasm --refused                  what is refused, and why
 *
 * Words that are not instructions are printed as ".word" with the reason; the
 * exit status is then 1. Zero words after the last instruction of a binary are
 * padding.
 *
 * Calls the decoder and disassembler of hw/valhall.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../valhall/valhall.h"

static int usage(FILE *out, int status)
{
    fputs("usage: mali-disasm [HEX...] | --binary FILE [--base VA] | --table | --refused\n"
          "Without arguments hex words are read from standard input.\n",
          out);
    return status;
}

/* Prints one line; returns 1 when the word is not an instruction. */
static int show(uint64_t address, uint64_t word)
{
    struct va_insn insn;
    char line[256];
    enum va_error err = va_decode(word, &insn);

    if (err) {
        printf("%8" PRIx64 ":  %016" PRIx64 "  .word // %s\n", address, word, va_error_name(err));
        return 1;
    }
    va_disasm(&insn, line, sizeof(line));
    printf("%8" PRIx64 ":  %016" PRIx64 "  %s\n", address, word, line);
    return 0;
}

static bool parse_hex(const char *text, uint64_t *word)
{
    char *end;

    errno = 0;
    *word = strtoull(text, &end, 16);
    return end != text && !*end && !errno;
}

static int from_words(char **words, int count)
{
    int status = 0;
    uint64_t w;

    for (int i = 0; i < count; i++) {
        if (!parse_hex(words[i], &w)) {
            fprintf(stderr, "mali-disasm: \"%s\" is not a hexadecimal 64-bit word\n", words[i]);
            return 2;
        }
        status |= show(8 * i, w);
    }
    return status;
}

static int from_stdin(void)
{
    char line[1024];
    uint64_t w, address = 0;
    int status = 0;

    for (unsigned n = 1; fgets(line, sizeof(line), stdin); n++) {
        line[strcspn(line, "#")] = '\0';
        for (char *p = strtok(line, " \t\r\n"); p; p = strtok(NULL, " \t\r\n")) {
            if (!parse_hex(p, &w)) {
                fprintf(stderr, "mali-disasm: line %u: \"%s\" is not a hexadecimal 64-bit word\n",
                        n, p);
                return 2;
            }
            status |= show(address, w);
            address += 8;
        }
    }
    return status;
}

static int from_binary(const char *path, uint64_t base)
{
    unsigned char raw[8];
    uint64_t zeros = 0; /* zero words held back: padding unless something follows */
    int status = 0;
    size_t n;
    FILE *f = fopen(path, "rb");

    if (!f) {
        fprintf(stderr, "mali-disasm: %s: %s\n", path, strerror(errno));
        return 2;
    }
    while ((n = fread(raw, 1, 8, f)) == 8) {
        uint64_t w = 0;
        for (int i = 7; i >= 0; i--)
            w = w << 8 | raw[i];
        if (!w) {
            zeros++;
            continue;
        }
        for (; zeros; zeros--, base += 8)
            status |= show(base, 0);
        status |= show(base, w);
        base += 8;
    }
    fclose(f);
    if (n) {
        fprintf(stderr, "mali-disasm: %s: %zu bytes after the last whole word\n", path, n);
        return 1;
    }
    return status;
}

int main(int argc, char **argv)
{
    uint64_t base = 0;

    if (argc < 2)
        return from_stdin();
    if (!strcmp(argv[1], "--help"))
        return usage(stdout, 0);
    if (!strcmp(argv[1], "--table") && argc == 2) {
        va_table(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--refused") && argc == 2) {
        va_refused(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--binary") && (argc == 3 || argc == 5)) {
        if (argc == 5 && (strcmp(argv[3], "--base") || !parse_hex(argv[4], &base)))
            return usage(stderr, 2);
        return from_binary(argv[2], base);
    }
    if (argv[1][0] == '-')
        return usage(stderr, 2);
    return from_words(argv + 1, argc - 1);
}
