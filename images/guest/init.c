/*
 * First process of the guest: loads modules, mounts the root, runs one command, reports, powers off.
 *
 * Started by the kernel from the initramfs that scripts/garm/guestimage.py makes; the other end of every
 * channel is scripts/garm/boot.py. The command's stdout, stderr, exit status and /out each go to a
 * virtio-serial port of their own, so that the console holds kernel messages only. Statically linked.
 *
 * /job/config holds "key value" lines: driver, roles, shell, rows, columns, hold, hung.
 * /job/command and /job/environment hold NUL-terminated strings.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_STRINGS = 1024, WAIT_MS = 10000, COPY_BYTES = 65536 };
enum { QUEUE_PLACES = 1024 }; /* of a virtio queue, at most; 994 bytes were seen to wait in one */

struct job {
    char driver[32];
    char roles[128];
    bool shell, hold;
    int rows, columns, hung_seconds;
    char *command[MAX_STRINGS];
    char *environment[MAX_STRINGS];
};

/* A byte stream from a process of the guest to a port. */
struct stream {
    int from, to;
};

static int control = -1;

static void power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

/* Tell the host what happened; kernel log too, so that the console shows where the boot stopped. */
static void report(const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (length > (int)sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    if (control >= 0 && write(control, line, length) < 0)
        control = -1;
    int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    if (log >= 0) {
        dprintf(log, "<6>garm-init: %.*s", length, line);
        close(log);
    }
}

static void fail(const char *what)
{
    report("fail %s: %s", what, strerror(errno));
    power_off();
}

static char *read_file(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0)
        return NULL;
    char *data = malloc(st.st_size + 1);
    ssize_t got = data ? read(fd, data, st.st_size) : -1;
    close(fd);
    if (got < 0) {
        free(data);
        return NULL;
    }
    data[got] = '\0';
    if (size)
        *size = got;
    return data;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (write(fd, text, strlen(text)) < 0)
            report("note %s: %s", path, strerror(errno));
        close(fd);
    }
}

static void read_strings(const char *path, char **out)
{
    size_t size = 0, count = 0;
    char *data = read_file(path, &size);

    for (size_t at = 0; data && at < size && count < MAX_STRINGS - 1; at += strlen(data + at) + 1)
        out[count++] = data + at;
    out[count] = NULL;
}

static void read_job(struct job *job)
{
    char *text = read_file("/job/config", NULL), *save = NULL;

    memset(job, 0, sizeof *job);
    if (!text)
        fail("/job/config");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *value = strchr(line, ' ');

        if (!value)
            continue;
        *value++ = '\0';
        if (!strcmp(line, "driver"))
            snprintf(job->driver, sizeof job->driver, "%s", value);
        else if (!strcmp(line, "roles"))
            snprintf(job->roles, sizeof job->roles, "%s", value);
        else if (!strcmp(line, "shell"))
            job->shell = atoi(value);
        else if (!strcmp(line, "hold"))
            job->hold = atoi(value);
        else if (!strcmp(line, "rows"))
            job->rows = atoi(value);
        else if (!strcmp(line, "columns"))
            job->columns = atoi(value);
        else if (!strcmp(line, "hung"))
            job->hung_seconds = atoi(value);
    }
    free(text);
    read_strings("/job/command", job->command);
    read_strings("/job/environment", job->environment);
}

static void mount_or_fail(const char *source, const char *target, const char *type, unsigned long flags,
                          const char *data)
{
    mkdir(target, 0755);
    if (mount(source, target, type, flags, data) < 0)
        fail(target);
}

/* A module's parameters on the kernel command line (MODULE.NAME=VALUE), as modprobe collects them. */
static void module_parameters(const char *module, char *out, size_t size)
{
    char *text = read_file("/proc/cmdline", NULL), *save = NULL;
    size_t length = strlen(module), used = 0;

    out[0] = '\0';
    for (char *word = text ? strtok_r(text, " \n", &save) : NULL; word; word = strtok_r(NULL, " \n", &save)) {
        if (!strncmp(word, module, length) && word[length] == '.' && used < size)
            used += snprintf(out + used, size - used, "%s%s", used ? " " : "", word + length + 1);
    }
    free(text);
}

/* Load the modules that /modules/ROLE.order names. A driver that refuses its device still loads. */
static void load_role(const char *role)
{
    char path[256], parameters[512], *save = NULL;

    snprintf(path, sizeof path, "/modules/%s.order", role);
    char *order = read_file(path, NULL);
    if (!order)
        return;
    for (char *name = strtok_r(order, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
        snprintf(path, sizeof path, "/modules/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        name[strcspn(name, ".")] = '\0';
        module_parameters(name, parameters, sizeof parameters);
        if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, 0) < 0 && errno != EEXIST))
            report("module %s: %s", name, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    free(order);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void wait_for(const char *path)
{
    for (int waited = 0; access(path, F_OK) < 0; waited++) {
        if (waited == WAIT_MS)
            fail(path);
        pause_ms(1);
    }
}

/* Open the virtio-serial port of a name; -1 if the host did not give one. */
static int find_port(const char *name)
{
    DIR *ports = opendir("/sys/class/virtio-ports");
    struct dirent *entry;
    int found = -1;

    while (ports && found < 0 && (entry = readdir(ports))) {
        char path[512], device[512];

        snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
        char *text = entry->d_name[0] == '.' ? NULL : read_file(path, NULL);
        if (text && strcspn(text, "\n") == strlen(name) && !strncmp(text, name, strlen(name))) {
            snprintf(device, sizeof device, "/dev/%s", entry->d_name);
            found = open(device, O_RDWR | O_CLOEXEC);
        }
        free(text);
    }
    if (ports)
        closedir(ports);
    return found;
}

static int need_port(const char *name)
{
    for (int waited = 0; waited < WAIT_MS; waited++) {
        int fd = find_port(name);

        if (fd >= 0)
            return fd;
        pause_ms(1);
    }
    report("fail no virtio-serial port %s", name);
    power_off();
    return -1;
}

/* The root file system: its read-only image, the kernel's modules, and what the host put in /upper. */
static void mount_root(void)
{
    wait_for("/dev/vda");
    mount_or_fail("/dev/vda", "/lower", "erofs", MS_RDONLY, NULL);
    wait_for("/dev/vdb");
    mount_or_fail("/dev/vdb", "/kernel", "erofs", MS_RDONLY, NULL);
    mkdir("/upper", 0755);
    mkdir("/overlay", 0755);
    mount_or_fail("overlay", "/root", "overlay", 0,
                  "lowerdir=/kernel:/lower,upperdir=/upper,workdir=/overlay");
    static const char *const kept[] = {"dev", "proc", "sys"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        char from[16], to[32];

        snprintf(from, sizeof from, "/%s", kept[i]);
        snprintf(to, sizeof to, "/root/%s", kept[i]);
        mkdir(to, 0755);
        if (mount(from, to, NULL, MS_MOVE, NULL) < 0)
            fail(to);
    }
}

static void enter_root(void)
{
    if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
        fail("changing to the root file system");
    mount_or_fail("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
    mount_or_fail("tmpfs", "/run", "tmpfs", 0, "mode=0755");
    mkdir("/dev/pts", 0755);
    mount_or_fail("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
    mount_or_fail("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
    /* The kernel may be built without these. */
    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
    mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
    mkdir("/out", 0755);
    mkdir("/root", 0700);
    symlink("/proc/self/fd", "/dev/fd");
    symlink("/proc/self/fd/0", "/dev/stdin");
    symlink("/proc/self/fd/1", "/dev/stdout");
    symlink("/proc/self/fd/2", "/dev/stderr");
    sethostname("garm", 4);
}

static void open_terminal(const struct job *job)
{
    int terminal = open("/dev/hvc0", O_RDWR);
    struct winsize size = {.ws_row = job->rows, .ws_col = job->columns};

    if (terminal < 0)
        fail("/dev/hvc0");
    setsid();
    ioctl(terminal, TIOCSCTTY, 1);
    if (size.ws_row && size.ws_col)
        ioctl(terminal, TIOCSWINSZ, &size);
    for (int fd = 0; fd < 3; fd++)
        dup2(terminal, fd);
}

/* Start the command; never returns in the child. */
static pid_t start(const struct job *job, int input, int output, int errors)
{
    pid_t child = fork();

    if (child < 0)
        fail("fork");
    if (child > 0)
        return child;
    if (job->shell) {
        open_terminal(job);
    } else {
        setsid();
        dup2(input, 0);
        dup2(output, 1);
        dup2(errors, 2);
    }
    close_range(3, ~0U, 0);
    signal(SIGPIPE, SIG_DFL);
    environ = (char **)job->environment;
    if (chdir("/root") < 0 || !job->command[0])
        _exit(126);
    execvp(job->command[0], job->command);
    dprintf(2, "%s: %s\n", job->command[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t done = write(fd, data, size);

        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            data += done;
            size -= done;
        }
    }
    return true;
}

/* Move what a pipe holds; false at its end. */
static bool pump(struct stream *stream)
{
    static char buffer[COPY_BYTES];
    ssize_t got = read(stream->from, buffer, sizeof buffer);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got > 0 && !write_all(stream->to, buffer, got))
        return false;
    return got > 0;
}

/*
 * Copy the streams until `child` has ended and what it wrote is through, reaping orphans meanwhile.
 * A background process that keeps a pipe open does not keep the guest alive.
 */
static int serve(pid_t child, struct stream *streams, int count)
{
    struct pollfd polls[2];
    int status = 0;
    bool running = true;

    for (;;) {
        int open_streams = 0, ready = 0;
        pid_t ended;
        int how;

        while ((ended = waitpid(-1, &how, WNOHANG)) > 0)
            if (ended == child) {
                status = how;
                running = false;
            }
        for (int i = 0; i < count; i++) {
            polls[i] = (struct pollfd){.fd = streams[i].from, .events = POLLIN};
            open_streams += streams[i].from >= 0;
        }
        if (running && !open_streams) {
            /* The command closed its output and works on: SIGCHLD ends the sleep. */
            poll(NULL, 0, 10);
            continue;
        }
        ready = poll(polls, count, running ? 10 : 0);
        if (!running && ready <= 0)
            return status;
        for (int i = 0; i < count; i++)
            if (streams[i].from >= 0 && polls[i].revents && !pump(&streams[i])) {
                close(streams[i].from);
                streams[i].from = -1;
            }
    }
}

static void make_pipe(int *ends)
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        fail("pipe");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

/* Interrupts poll() in serve() the moment a child ends. */
static void on_child(int number)
{
    (void)number;
}

static int run_command(const struct job *job, int output, int errors)
{
    int out[2], err[2], input = find_port("stdin");

    make_pipe(out);
    make_pipe(err);
    if (input < 0)
        input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t child = start(job, input, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    struct stream streams[] = {{out[0], output}, {err[0], errors}};
    int status = serve(child, streams, 2);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool empty = true;

    while (folder && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            empty = false;
    if (folder)
        closedir(folder);
    return empty;
}

/*
 * Wait until the host has what was written to a port. The kernel returns from a write that is only
 * queued, and what is queued is lost when the guest powers off; so as many bytes follow as the
 * queue has places. They mean nothing behind the end of a tar archive.
 */
static void drain(int port)
{
    for (int i = 0; i < 4 * QUEUE_PLACES; i++)
        if (!write_all(port, "", 1))
            return;
}

/* Send /out as a tar stream. */
static void send_out(void)
{
    static char *command[] = {"tar", "-C", "/out", "-cf", "-", ".", NULL};
    int port = find_port("out"), pipe_ends[2], status;

    if (port < 0 || is_empty("/out"))
        return;
    make_pipe(pipe_ends);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct job job = {0};
    memcpy(job.command, command, sizeof command);
    static char *environment[] = {"PATH=/usr/sbin:/usr/bin", NULL};
    memcpy(job.environment, environment, sizeof environment);
    pid_t child = start(&job, null, pipe_ends[1], null);
    close(pipe_ends[1]);
    struct stream stream = {pipe_ends[0], port};
    status = serve(child, &stream, 1);
    drain(port);
    if (status)
        report("note tar of /out ended with %d", status);
}

static void mount_basics(void)
{
    mount_or_fail("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount_or_fail("proc", "/proc", "proc", 0, NULL);
    mount_or_fail("sysfs", "/sys", "sysfs", 0, NULL);
}

int main(void)
{
    struct job job;
    char number[32], *save = NULL;

    umask(022);
    mount_basics();
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    read_job(&job);
    load_role("base");
    control = need_port("control");
    /* First, so that the GPU is renderD128 and not the screen's device. */
    if (strcmp(job.driver, "none"))
        load_role(job.driver);
    for (char *role = strtok_r(job.roles, ",", &save); role; role = strtok_r(NULL, ",", &save))
        load_role(role);
    mount_root();
    enter_root();
    if (strcmp(job.driver, "none") && access("/dev/dri/renderD128", F_OK) < 0)
        report("note the driver %s made no /dev/dri/renderD128: see the console log", job.driver);
    snprintf(number, sizeof number, "%d", job.hung_seconds);
    if (job.hung_seconds)
        write_file("/proc/sys/kernel/hung_task_timeout_secs", number);
    int output = need_port("stdout"), errors = need_port("stderr");
    report("run");
    int status = run_command(&job, output, errors);
    send_out();
    report("exit %d", status);
    if (job.hold && read(control, number, sizeof number) < 0)
        report("note control port: %s", strerror(errno));
    power_off();
}
