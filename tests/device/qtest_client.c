/*
 * The qtest and QMP client of qtest_client.h: two socket pairs, one line each
 * way, a child that dies with its parent.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qtest_client.h"

#include <errno.h>
#include <fcntl.h>
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
    uint64_t now;
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
    dup2(err, 1);
    dup2(err, 2);
    /* By way of high numbers: the targets may be among the sources. */
    test = fcntl(test, F_DUPFD, 10);
    mon = fcntl(mon, F_DUPFD, 10);
    dup2(test, 3);
    dup2(mon, 4);
    execv(binary(), argv);
    perror(binary());
    _exit(127);
}

static void spawn(struct qtest *q, const char *properties, const char *extra)
{
    int test[2], mon[2];

    binary();
    q->err = tmpfile();
    q->test.what = "qtest";
    q->mon.what = "QMP";
    if (!q->err || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, test) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, mon))
        bail(q, "%s", strerror(errno));
    fflush(stdout);
    q->pid = fork();
    if (q->pid < 0)
        bail(q, "fork: %s", strerror(errno));
    if (!q->pid)
        exec_qemu(properties, extra, test[1], mon[1], fileno(q->err));
    close(test[1]);
    close(mon[1]);
    q->test.fd = test[0];
    q->mon.fd = mon[0];
}

/* Waits for the child's end, looking every 2 ms. */
static bool ended_within(pid_t pid, unsigned ms, int *status)
{
    for (unsigned waited = 0; waited < ms; waited += 2) {
        if (waitpid(pid, status, WNOHANG) == pid)
            return true;
        usleep(2000);
    }
    return false;
}

static struct qtest *new_client(void)
{
    struct qtest *q = calloc(1, sizeof(*q));

    if (!q)
        bail(NULL, "out of memory");
    return q;
}

static void release(struct qtest *q)
{
    close(q->test.fd);
    close(q->mon.fd);
    fclose(q->err);
    free(q->test.buf);
    free(q->mon.buf);
    free(q);
}

struct qtest *qtest_start(const char *properties, const char *extra)
{
    struct qtest *q = new_client();

    spawn(q, properties, extra);
    next_line(q, &q->mon); /* the greeting */
    qtest_qmp(q, "{\"execute\": \"qmp_capabilities\"}");
    return q;
}

void qtest_stop(struct qtest *q)
{
    int status = 0;

    qtest_qmp(q, "{\"execute\": \"quit\"}");
    if (!ended_within(q->pid, TIMEOUT_MS, &status))
        bail(q, "QEMU has not ended within %d s of \"quit\"", TIMEOUT_MS / 1000);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        bail(q, "QEMU ended with status 0x%x", (unsigned)status);
    release(q);
}

int qtest_run(const char *properties, const char *extra, char *text, size_t size)
{
    struct qtest *q = new_client();
    int status = 0;
    bool ended;

    spawn(q, properties, extra);
    ended = ended_within(q->pid, TIMEOUT_MS, &status);
    if (!ended) {
        kill(q->pid, SIGKILL);
        waitpid(q->pid, &status, 0);
    }
    rewind(q->err);
    text[fread(text, 1, size - 1, q->err)] = 0;
    release(q);
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool qtest_stderr_has(struct qtest *q, const char *text)
{
    char line[512];
    bool found = false;
    long end;

    fseek(q->err, 0, SEEK_END);
    end = ftell(q->err); /* the child writes with the same offset: put it back */
    rewind(q->err);
    while (!found && fgets(line, sizeof(line), q->err))
        found = strstr(line, text) != NULL;
    fseek(q->err, end, SEEK_SET);
    fflush(q->err);
    return found;
}

/* --- memory, time ---------------------------------------------------------------------- */
static char size_letter(unsigned size)
{
    return size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'l' : 'q';
}

uint64_t qtest_read(struct qtest *q, uint64_t pa, unsigned size)
{
    return strtoull(command(q, "read%c 0x%" PRIx64, size_letter(size), pa), NULL, 0);
}

void qtest_write(struct qtest *q, uint64_t pa, uint64_t val, unsigned size)
{
    command(q, "write%c 0x%" PRIx64 " 0x%" PRIx64, size_letter(size), pa, val);
}

void qtest_read_block(struct qtest *q, uint64_t pa, void *buf, size_t len)
{
    const char *hex = command(q, "read 0x%" PRIx64 " %zu", pa, len);
    uint8_t *to = buf;

    hex = strchr(hex, 'x');
    for (size_t i = 0; i < len; i++) {
        char two[3] = { hex ? hex[1 + 2 * i] : '0', hex ? hex[2 + 2 * i] : '0', 0 };
        to[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

void qtest_write_block(struct qtest *q, uint64_t pa, const void *buf, size_t len)
{
    const uint8_t *from = buf;
    char hex[2 * 64 + 1];

    for (size_t at = 0; at < len; at += 64) {
        size_t n = len - at < 64 ? len - at : 64;

        for (size_t i = 0; i < n; i++)
            snprintf(hex + 2 * i, 3, "%02x", from[at + i]);
        command(q, "write 0x%" PRIx64 " %zu 0x%s", pa + at, n, hex);
    }
}

void qtest_zero(struct qtest *q, uint64_t pa, size_t len)
{
    command(q, "memset 0x%" PRIx64 " %zu 0x00", pa, len);
}

uint64_t qtest_clock_step(struct qtest *q, uint64_t ns)
{
    q->now = strtoull(command(q, "clock_step %" PRIu64, ns), NULL, 0);
    return q->now;
}

uint64_t qtest_clock(struct qtest *q)
{
    return q->now;
}

/* --- interrupts ---------------------------------------------------------------------------- */
void qtest_watch_irqs(struct qtest *q)
{
    command(q, "irq_intercept_out " DEVICE " sysbus-irq");
    memset(q->level, 0, sizeof(q->level));
    memset(q->edges, 0, sizeof(q->edges));
}

/* Notices under way have come when any command is answered. */
static void sync_notices(struct qtest *q)
{
    command(q, "endianness");
}

bool qtest_irq_level(struct qtest *q, unsigned line)
{
    sync_notices(q);
    return line < LINES && q->level[line];
}

unsigned qtest_irq_edges(struct qtest *q, unsigned line)
{
    sync_notices(q);
    return line < LINES ? q->edges[line] : 0;
}

/* --- QMP -------------------------------------------------------------------------------------- */
const char *qtest_qmp(struct qtest *q, const char *text)
{
    char line_out[512];
    int len = snprintf(line_out, sizeof(line_out), "%s\n", text);

    if (len >= (int)sizeof(line_out))
        bail(q, "QMP: command too long: %s", text);
    send_line(q, &q->mon, line_out, (size_t)len); /* at once: "quit" acts at its closing brace */
    for (;;) {
        const char *line = next_line(q, &q->mon);

        if (!strncmp(line, "{\"return\"", 9) || !strncmp(line, "{\"error\"", 8))
            return line;
    }
}

int64_t qtest_property(struct qtest *q, const char *name)
{
    char text[256];
    const char *reply;
    long long val;

    snprintf(text, sizeof(text),
             "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"" DEVICE
             "\", \"property\": \"%s\"}}", name);
    reply = qtest_qmp(q, text);
    return sscanf(reply, "{\"return\": %lld}", &val) == 1 ? val : -1;
}

bool qtest_wait_status(struct qtest *q, const char *status)
{
    char want[64];

    snprintf(want, sizeof(want), "\"status\": \"%s\"", status);
    for (unsigned i = 0; i < 1000; i++) {
        if (strstr(qtest_qmp(q, "{\"execute\": \"query-status\"}"), want))
            return true;
        usleep(10000);
    }
    return false;
}
