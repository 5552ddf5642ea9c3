/*
 * Compiled programs on disk, one file each, named by a hash of the program. A file says what it is
 * for: the build's bitcode, LLVM's version, the form and every word of the program; one that is for
 * something else, cut or damaged is as if it were not there, and is written anew.
 *
 * Called by jit.c, from its thread. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit_disk.h"

#include "exec_internal.h"
#include "jit_llvm.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC      0x314a4d52414741ull /* changes with the layout of this file */
#define FILES_MAX  4096u
#define OBJECT_MAX (4u << 20)

/* What a file begins with; the program's words and the object follow. */
struct head {
    uint64_t magic, bitcode, llvm, form, words, size, sum;
};

static char folder[PATH_MAX - 64];
static unsigned files; /* in it */

static uint64_t sum_of(uint64_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 0x100000001b3ull;
    return sum;
}

/* With every folder above it that is missing. */
static bool make_folders(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            bool bad = mkdir(path, 0700) && errno != EEXIST;
            *p = '/';
            if (bad)
                return false;
        }
    return !mkdir(path, 0700) || errno == EEXIST;
}

static void count_files(void)
{
    DIR *d = opendir(folder);

    for (files = 0; d && readdir(d);)
        files++;
    if (d)
        closedir(d);
}

bool va_jit_disk_open(const char *where)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = where             ? snprintf(folder, sizeof(folder), "%s", where)
            : cache && *cache ? snprintf(folder, sizeof(folder), "%s/garm/shaders", cache)
            : home && *home   ? snprintf(folder, sizeof(folder), "%s/.cache/garm/shaders", home)
                              : -1;

    if (n <= 0 || (size_t)n >= sizeof(folder) || !make_folders(folder)) {
        folder[0] = 0;
        return false;
    }
    count_files();
    return true;
}

static struct head head_of(const struct va_program *p, unsigned form, unsigned llvm)
{
    static uint64_t bitcode;

    if (!bitcode) {
        size_t size;
        const char *pieces = va_jit_pieces(&size);
        bitcode = sum_of(1, pieces, size);
    }
    return (struct head){MAGIC, bitcode, llvm, form, p->count, 0, 0};
}

static void path_of(const struct va_program *p, unsigned form, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%016" PRIx64 "-%u.shader", folder, p->hash, form);
}

/* The object in @f, if it is what @want and @p say. */
static void *read_object(FILE *f, const struct head *want, const struct va_program *p, size_t *size)
{
    struct head h;
    uint64_t *words = malloc(8ull * p->count);
    uint8_t *object = NULL;
    bool good = words && fread(&h, sizeof(h), 1, f) == 1 &&
                !memcmp(&h, want, offsetof(struct head, size)) && h.size && h.size <= OBJECT_MAX &&
                fread(words, 8, p->count, f) == p->count &&
                !memcmp(words, p->words, 8ull * p->count) && (object = malloc(h.size)) != NULL &&
                fread(object, 1, h.size, f) == h.size && sum_of(1, object, h.size) == h.sum;

    free(words);
    if (good) {
        *size = h.size;
        return object;
    }
    free(object);
    return NULL;
}

void *va_jit_disk_load(const struct va_program *p, unsigned form, unsigned llvm, size_t *size)
{
    struct head want = head_of(p, form, llvm);
    char path[PATH_MAX];
    void *object;
    FILE *f;

    if (!folder[0])
        return NULL;
    path_of(p, form, path);
    f = fopen(path, "rb");
    if (!f)
        return NULL;
    object = read_object(f, &want, p, size);
    fclose(f);
    return object;
}

void va_jit_disk_store(const struct va_program *p, unsigned form, unsigned llvm, const void *object,
                       size_t size)
{
    struct head h = head_of(p, form, llvm);
    char path[PATH_MAX], part[PATH_MAX];
    bool good;
    FILE *f;

    if (!folder[0] || size > OBJECT_MAX || files >= FILES_MAX)
        return;
    h.size = size;
    h.sum = sum_of(1, object, size);
    path_of(p, form, path);
    snprintf(part, sizeof(part), "%s/part-%ld", folder, (long)getpid());
    f = fopen(part, "wb");
    if (!f)
        return;
    good = fwrite(&h, sizeof(h), 1, f) == 1 && fwrite(p->words, 8, p->count, f) == p->count &&
           fwrite(object, 1, size, f) == size;
    good = !fclose(f) && good;
    if (!good || rename(part, path))
        unlink(part);
    else
        files++;
}
