/*
 * The qtest and QMP client of qtest_client.h: two socket pairs, one line each
 * way, a child that dies with its parent.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qtest_client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES      3
#define TIMEOUT_MS 60000
#define DEVICE     "/machine/peripheral/gpu"

/* One connection; @line is the latest line received, NUL-terminated. */
struct peer {
    int fd;
    char *buf, *line;
    size_t len, room;
    const char *what;
};

struct qtest {
    pid_t pid;
    FILE *err;
    struct peer test, mon;
    bool level[LINES];
    unsigned edges[LINES];
};

__attribute__((format(printf, 2, 3), noreturn)) static void bail(struct qtest *q, const char *fmt, ...)
{
    va_list ap;
    char text[256];

    va_start(ap, fmt);
    printf("Bail out! ");
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    if (q && q->err) {
        rewind(q->err);
        while (fgets(text, sizeof(text), q->err))
            printf("# qemu: %s", text);
    }
    fflush(stdout);
    if (q && q->pid > 0)
        kill(q->pid, SIGKILL);
    exit(1);
}

/* --- lines ------------------------------------------------------------------------- */
static void send_line(struct qtest *q, struct peer *p, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(p->fd, text, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            bail(q, "%s: QEMU has closed the connection", p->what);
        text += n;
        len -= (size_t)n;
    }
}

static void fill(struct qtest *q, struct peer *p)
{
    struct pollfd wait = { .fd = p->fd, .events = POLLIN };
    int ready;

    do
        ready = poll(&wait, 1, TIMEOUT_MS);
    while (ready < 0 && errno == EINTR);
    if (!ready)
        bail(q, "%s: no answer within %d s", p->what, TIMEOUT_MS / 1000);
    if (p->room - p->len < 4096) {
        p->room = p->room * 2 + 8192;
        p->buf = realloc(p->buf, p->room);
        if (!p->buf)
            bail(q, "out of memory");
    }
    ssize_t n = recv(p->fd, p->buf + p->len, p->room - p->len - 1, 0);
    if (n <= 0)
        bail(q, "%s: QEMU has ended", p->what);
    p->len += (size_t)n;
}

/* The next line, without its end; the previous one is forgotten. */
static char *next_line(struct qtest *q, struct peer *p)
{
    char *end;

    if (p->line) {
        size_t used = strlen(p->line) + 1;

        p->len -= used;
        memmove(p->buf, p->buf + used, p->len);
        p->line = NULL;
    }
    while (!(end = p->len ? memchr(p->buf, '\n', p->len) : NULL))
        fill(q, p);
    *end = 0;
    p->line = p->buf;
    return p->line;
}

static void note_irq(struct qtest *q, const char *line)
{
    bool up = !strncmp(line, "IRQ raise ", 10);
    unsigned n = (unsigned)strtoul(line + 10, NULL, 10);

    if (n >= LINES)
        return;
    q->edges[n] += up && !q->level[n];
    q->level[n] = up;
}

/* Sends a qtest command; the words after "OK". Interrupt notices come before the answer. */
__attribute__((format(printf, 2, 3))) static const char *command(struct qtest *q, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof(text) - 1, fmt, ap);
    va_end(ap);
    text[len++] = '\n';
    send_line(q, &q->test, text, (size_t)len);
    for (;;) {
        char *line = next_line(q, &q->test);

        if (!strncmp(line, "IRQ ", 4))
            note_irq(q, line);
        else if (!strncmp(line, "OK", 2))
            return line + 2;
        else
            bail(q, "qtest: \"%.*s\" was answered \"%s\"", len - 1, text, line);
    }
}

/* --- life ---------------------------------------------------------------------------- */
static const char *binary(void)
{
    const char *path = getenv("GARM_QEMU");

    if (!path)
        bail(NULL, "GARM_QEMU is not set: the path of a qemu-system-aarch64 with Garm's device");
    return path;
}

static void split(char **argv, unsigned *argc, unsigned max, char *words)
{
    for (char *w = strtok(words, " "); w && *argc + 1 < max; w = strtok(NULL, " "))
        argv[(*argc)++] = w;
}

/* The child: file descriptors 3 and 4 are the qtest and QMP connections. */
static void exec_qemu(const char *properties, const char *extra, int test, int mon, int err)
{
    char device[512], more[512], *argv[64];
    char fixed[] = "qemu -M virt -accel qtest -m 256 -nodefaults -display none -nographic "
                   "-d guest_errors,unimp -chardev socket,id=qt,fd=3 -qtest chardev:qt "
                   "-qtest-log /dev/null -chardev socket,id=mon,fd=4 -mon chardev=mon,mode=control";
    unsigned argc = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(device, sizeof(device), "mali-g610,id=gpu%s%s", *properties ? "," : "", properties);
    snprintf(more, sizeof(more), "%s", extra ? extra : "");
    split(argv, &argc, 48, fixed);
    argv[argc++] = "-device";
    argv[argc++] = device;
    split(argv, &argc, 63, more);
    argv[argc] = NULL;
    int null = test < 0 ? dup(0) : -1;
    /* Two steps: the targets may be among the sources. */
    test = dup(test < 0 ? null : test);
    mon = dup(mon < 0 ? null : mon);
    dup2(err, 1);
    dup2(err, 2);
    int high_test = fcntl_dup(test), high_mon = fcntl_dup(mon);
    dup2(high_test, 3);
    dup2(high_mon, 4);
    execv(binary(), argv);
    _exit(127);
}
