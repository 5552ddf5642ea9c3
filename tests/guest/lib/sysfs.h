/*
 * Small helpers on files and on the GPU's platform device in sysfs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_SYSFS_H
#define GARM_SYSFS_H

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYSFS_GPU "/sys/bus/platform/devices/*.gpu/"

/** First file that matches @pattern; "" when none does. */
static inline const char *sysfs_find(const char *pattern, char *path, size_t size)
{
    glob_t g;

    path[0] = 0;
    if (!glob(pattern, 0, NULL, &g) && g.gl_pathc)
        snprintf(path, size, "%s", g.gl_pathv[0]);
    globfree(&g);
    return path;
}

/** Reads one line of the first file that matches; false when there is none. */
static inline bool sysfs_read(const char *pattern, char *buf, size_t size)
{
    char path[256];
    FILE *f = fopen(sysfs_find(pattern, path, sizeof(path)), "re");
    bool ok;

    buf[0] = 0;
    if (!f)
        return false;
    ok = fgets(buf, (int)size, f) != NULL;
    buf[strcspn(buf, "\n")] = 0;
    fclose(f);
    return ok;
}

static inline bool sysfs_write(const char *pattern, const char *text)
{
    char path[256];
    FILE *f = fopen(sysfs_find(pattern, path, sizeof(path)), "we");
    bool ok;

    if (!f)
        return false;
    ok = fputs(text, f) >= 0;
    return fclose(f) == 0 && ok;
}

/** Polls until the file reads @want; false after @seconds. */
static inline bool sysfs_wait(const char *pattern, const char *want, unsigned seconds)
{
    char buf[64];

    for (unsigned i = 0; i < seconds * 50; i++) {
        if (sysfs_read(pattern, buf, sizeof(buf)) && !strcmp(buf, want))
            return true;
        usleep(20000);
    }
    return false;
}

#endif
