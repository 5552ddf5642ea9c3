/*
 * A driver for the targets where there is no libFuzzer: replays files and
 * folders, then mutates them for a bounded time. Understands the options of
 * libFuzzer that the tests use: -runs=N -seed=N -max_len=N -max_total_time=S
 * -artifact_prefix=P; others are ignored.
 *
 * No coverage feedback: the mutations only rearrange what the corpus holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t *p;
    size_t n;
};

static struct input *corpus, current;
static size_t corpus_count;
static uint64_t rng;
static const char *prefix = "";

static uint64_t next(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng;
}

/* Async-signal-safe as far as it goes; ASan exits through atexit-like hooks of its own. */
static void save_current(void)
{
    char path[512];
    int fd;

    snprintf(path, sizeof(path), "%scrash-%08x", prefix,
             (unsigned)(current.n ^ (current.n ? current.p[current.n / 2] * 16777619u : 0)));
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd >= 0 && write(fd, current.p, current.n) == (ssize_t)current.n) {
        fprintf(stderr, "fuzz: input saved as %s\n", path);
    }
}

static void on_signal(int sig)
{
    save_current();
    signal(sig, SIG_DFL);
    raise(sig);
}

#if defined(__SANITIZE_ADDRESS__)
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

static void load(const char *path)
{
    struct stat st;
    FILE *f;

    if (stat(path, &st)) {
        perror(path);
        exit(2);
    }
    if (S_ISDIR(st.st_mode)) {
        struct dirent **names;
        int n = scandir(path, &names, NULL, alphasort);

        for (int i = 0; i < n; i++) {
            char sub[1024];

            snprintf(sub, sizeof(sub), "%s/%s", path, names[i]->d_name);
            if (names[i]->d_name[0] != '.') {
                load(sub);
            }
            free(names[i]);
        }
        free(names);
        return;
    }
    corpus = realloc(corpus, (corpus_count + 1) * sizeof(*corpus));
    corpus[corpus_count].p = malloc((size_t)st.st_size + 1);
    f = fopen(path, "rb");
    corpus[corpus_count].n = f ? fread(corpus[corpus_count].p, 1, (size_t)st.st_size, f) : 0;
    corpus_count++;
    if (f) {
        fclose(f);
    }
}

static void run(const uint8_t *p, size_t n)
{
    current = (struct input){(uint8_t *)p, n};
    LLVMFuzzerTestOneInput(p, n);
}

static size_t mutate(uint8_t *buf, size_t n, size_t max)
{
    for (unsigned k = 1 + next() % 6; k; k--) {
        size_t at = n ? next() % n : 0, len, from;
        const struct input *other;

        switch (next() % 6) {
        case 0:
            if (n) {
                buf[at] ^= 1 << next() % 8;
            }
            break;
        case 1:
            if (n) {
                buf[at] = (uint8_t)next();
            }
            break;
        case 2: /* insert random bytes */
            len = 1 + next() % 16;
            if (n + len <= max) {
                memmove(buf + at + len, buf + at, n - at);
                for (size_t i = 0; i < len; i++) {
                    buf[at + i] = (uint8_t)next();
                }
                n += len;
            }
            break;
        case 3: /* delete */
            len = next() % 16;
            if (at + len < n) {
                memmove(buf + at, buf + at + len, n - at - len);
                n -= len;
            }
            break;
        default: /* a piece of another input, over or at the end */
            if (!corpus_count) {
                break;
            }
            other = &corpus[next() % corpus_count];
            if (!other->n) {
                break;
            }
            from = next() % other->n;
            len = 1 + next() % (other->n - from);
            at = next() % 2 ? n : at;
            if (at + len > max) {
                len = max - at;
            }
            memcpy(buf + at, other->p + from, len);
            n = at + len > n ? at + len : n;
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    unsigned long long runs = 0, done = 0;
    size_t max = 4096;
    long seconds = 0;
    time_t start = time(NULL);
    uint8_t *buf;

    rng = 0x9e3779b97f4a7c15ull;
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "-runs=", 6)) {
            runs = strtoull(argv[i] + 6, NULL, 0);
        } else if (!strncmp(argv[i], "-seed=", 6)) {
            rng ^= strtoull(argv[i] + 6, NULL, 0) * 0x2545f4914f6cdd1dull;
        } else if (!strncmp(argv[i], "-max_len=", 9)) {
            max = strtoull(argv[i] + 9, NULL, 0);
        } else if (!strncmp(argv[i], "-max_total_time=", 16)) {
            seconds = atol(argv[i] + 16);
        } else if (!strncmp(argv[i], "-artifact_prefix=", 17)) {
            prefix = argv[i] + 17;
        } else if (argv[i][0] != '-') {
            load(argv[i]);
        }
    }
    signal(SIGABRT, on_signal);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(save_current);
#endif
    for (size_t i = 0; i < corpus_count; i++, done++) {
        run(corpus[i].p, corpus[i].n);
    }
    buf = malloc(max + 1);
    while ((done < runs || (!runs && seconds)) && (!seconds || time(NULL) - start < seconds)) {
        const struct input *seed = corpus_count ? &corpus[next() % corpus_count] : NULL;
        size_t n = seed ? (seed->n < max ? seed->n : max) : next() % (max < 256 ? max + 1 : 256);

        if (seed) {
            memcpy(buf, seed->p, n);
        } else {
            for (size_t i = 0; i < n; i++) {
                buf[i] = (uint8_t)next();
            }
        }
        run(buf, mutate(buf, n, max));
        done++;
    }
    printf("fuzz: %llu runs, %zu of them the corpus, %ld s, no crash\n", done, corpus_count,
           (long)(time(NULL) - start));
    return 0;
}
