/*
 * What tests of command-line tools share: files with given content, and running a program
 * with its output. Include after tap.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_TOOLS_TEST_H
#define GARM_TOOLS_TEST_H

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/** A new file with @len bytes; @path is filled in, the caller unlinks it. */
static inline void temp_file(char path[64], const void *data, size_t len)
{
    snprintf(path, 64, "/tmp/garm-tools-XXXXXX");
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
        printf("Bail out! %s cannot be written\n", path);
        exit(1);
    }
    close(fd);
}

/** Runs @command through the shell; its output, both streams, in @out. Returns its exit status. */
static inline int run_tool(const char *command, char *out, size_t size)
{
    char line[1024];
    size_t n = 0, got;

    snprintf(line, sizeof(line), "%s 2>&1", command);
    FILE *f = popen(line, "r");
    if (!f) {
        printf("Bail out! popen\n");
        exit(1);
    }
    while (n < size - 1 && (got = fread(out + n, 1, size - 1 - n, f)) > 0)
        n += got;
    out[n] = 0;
    while (fread(line, 1, sizeof(line), f) > 0)
        ;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/** @out holds @text, else the check fails and shows @out. */
static inline void has(const char *out, const char *text)
{
    if (!TAP_CHECK(strstr(out, text) != NULL))
        printf("#   expected \"%s\" in:\n%s\n", text, out);
}

#endif
