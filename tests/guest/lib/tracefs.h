/*
 * The kernel's tracepoints through tracefs: switch a system's events on, then look for lines, one
 * behind the other.
 *
 * Called by tests that check what a driver tells; a line that is missing fails the subtest and
 * shows what was there. Events may come after what they are about: every look waits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_TRACEFS_H
#define GARM_TRACEFS_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "garm_igt.h"

#define TRACEFS           "/sys/kernel/tracing/"
#define TRACE_SIZE        (4u << 20)
#define TRACE_WAIT_ROUNDS 1000 /* of 20 ms */

/** Reads a whole file of any size up to @size - 1 into @buf; bytes, or -1. Terminates it. */
static inline ssize_t file_read(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;
    size_t at = 0;

    if (fd < 0)
        return -1;
    while (n > 0 && at < size - 1) {
        n = read(fd, buf + at, size - 1 - at);
        at += n > 0 ? (size_t)n : 0;
    }
    buf[at] = 0;
    close(fd);
    return n < 0 ? -1 : (ssize_t)at;
}

/** Writes @text to a file; false when that fails. */
static inline bool file_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return false;
    ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return close(fd) == 0 && ok;
}

/** An empty trace with all events of a system, in the order of one clock. */
static inline void trace_start(const char *system)
{
    char path[128];

    snprintf(path, sizeof(path), TRACEFS "events/%s/enable", system);
    igt_assert_f(!access(path, W_OK), "expected events of %s in %s\n", system, path);
    igt_assert(file_write(TRACEFS "trace_clock", "mono"));
    igt_assert(file_write(TRACEFS "trace", ""));
    igt_assert(file_write(path, "1"));
}

static inline void trace_stop(const char *system)
{
    char path[128];

    snprintf(path, sizeof(path), TRACEFS "events/%s/enable", system);
    igt_assert(file_write(path, "0"));
}

/** What has been recorded; valid until the next call. */
static inline const char *trace_text(void)
{
    static char *text;

    if (!text)
        text = malloc(TRACE_SIZE);
    igt_assert(text);
    igt_assert_f(file_read(TRACEFS "trace", text, TRACE_SIZE) >= 0, "%s cannot be read\n",
                 TRACEFS "trace");
    return text;
}

/**
 * The number of the first line from @from on that has @event and @what (a whole word at its end),
 * or -1. With @line (of @size bytes) its text.
 */
static inline int trace_find(int from, const char *event, const char *what, char *line, size_t size)
{
    const char *at = trace_text();
    char name[64];
    int n = 0;

    snprintf(name, sizeof(name), ": %s: ", event);
    for (; *at; n++) {
        size_t length = strcspn(at, "\n");
        char copy[512];

        snprintf(copy, sizeof(copy), "%.*s ", (int)length, at);
        if (n >= from && strstr(copy, name) && strstr(copy, what)) {
            if (line)
                snprintf(line, size, "%s", copy);
            return n;
        }
        at += length + (at[length] != 0);
    }
    return -1;
}

/** Waits for such a line at or behind @from, fails without; the number of the line behind it. */
static inline int trace_want(int from, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline int trace_want(int from, const char *event, const char *format, ...)
{
    const char *text;
    char what[256];
    va_list list;
    int n = -1;

    va_start(list, format);
    vsnprintf(what, sizeof(what), format, list);
    va_end(list);
    for (unsigned i = 0; i < TRACE_WAIT_ROUNDS; i++) {
        n = trace_find(from, event, what, NULL, 0);
        if (n >= 0)
            return n + 1;
        usleep(20000);
    }
    text = trace_text();
    igt_info("%s\n", strlen(text) > 6000 ? text + strlen(text) - 6000 : text);
    igt_assert_f(false, "expected after line %d: %s with \"%s\"; got the lines above\n", from,
                 event, what);
    return n;
}

#endif
