/*
 * mali-csdisasm: command-stream words to text and back.
 *
 *   mali-csdisasm 0x0244000012345678 ...     words from the command line
 *   mali-csdisasm < FILE                     hex words from stdin, # comments
 *   mali-csdisasm --binary FILE [--base VA]  little-endian 64-bit words
 *   mali-csdisasm --assemble < FILE          text to hex words
 *   mali-csdisasm --markdown                 the whole instruction table
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../csf/cs_table.h"

static int usage(FILE *out, int status)
{
    fputs("usage: mali-csdisasm [HEX...] | --binary FILE [--base VA] | --assemble | --markdown\n"
          "Without arguments hex words are read from standard input.\n",
          out);
    return status;
}

static void show(uint64_t word)
{
    char line[256];

    cs_disasm(word, line, sizeof(line));
    printf("%016" PRIx64 "  %s\n", word, line);
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
    uint64_t w;

    for (int i = 0; i < count; i++) {
        if (!parse_hex(words[i], &w)) {
            fprintf(stderr, "mali-csdisasm: \"%s\" is not a hexadecimal 64-bit word\n", words[i]);
            return 2;
        }
        show(w);
    }
    return 0;
}

static int from_stdin(void)
{
    char line[1024];
    uint64_t w;

    for (unsigned n = 1; fgets(line, sizeof(line), stdin); n++) {
        line[strcspn(line, "#")] = '\0';
        for (char *p = strtok(line, " \t\r\n"); p; p = strtok(NULL, " \t\r\n")) {
            if (!parse_hex(p, &w)) {
                fprintf(stderr, "mali-csdisasm: line %u: \"%s\" is not a hexadecimal 64-bit word\n",
                        n, p);
                return 2;
            }
            show(w);
        }
    }
    return 0;
}

static int from_binary(const char *path, uint64_t base)
{
    unsigned char raw[8];
    char line[256];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (!f) {
        fprintf(stderr, "mali-csdisasm: %s: %s\n", path, strerror(errno));
        return 2;
    }
    while ((n = fread(raw, 1, 8, f)) == 8) {
        uint64_t w = 0;
        for (int i = 7; i >= 0; i--)
            w = w << 8 | raw[i];
        cs_disasm(w, line, sizeof(line));
        printf("%8" PRIx64 ":  %016" PRIx64 "  %s\n", base, w, line);
        base += 8;
    }
    fclose(f);
    if (n) {
        fprintf(stderr, "mali-csdisasm: %s: %zu bytes after the last whole word\n", path, n);
        return 1;
    }
    return 0;
}

static int assemble(void)
{
    char line[1024];
    int status = 0;
    const char *err;
    uint64_t w;

    for (unsigned n = 1; fgets(line, sizeof(line), stdin); n++) {
        const char *p = line + strspn(line, " \t\r\n");
        if (!*p || !strncmp(p, "//", 2))
            continue;
        if (cs_assemble(p, &w, &err)) {
            printf("%016" PRIx64 "\n", w);
        } else {
            fprintf(stderr, "mali-csdisasm: line %u: %s\n", n, err);
            status = 1;
        }
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
    if (!strcmp(argv[1], "--markdown") && argc == 2) {
        cs_doc(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--assemble") && argc == 2)
        return assemble();
    if (!strcmp(argv[1], "--binary") && (argc == 3 || argc == 5)) {
        if (argc == 5 && (strcmp(argv[3], "--base") || !parse_hex(argv[4], &base)))
            return usage(stderr, 2);
        return from_binary(argv[2], base);
    }
    if (argv[1][0] == '-')
        return usage(stderr, 2);
    return from_words(argv + 1, argc - 1);
}
