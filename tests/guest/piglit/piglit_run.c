/*
 * Runs piglit's programs one by one, or a few at once, and says what came of each.
 *
 *   piglit_run FOLDER LIST [JOBS [SECONDS]]
 *
 * FOLDER is piglit's (bin, lib, tests). A line of LIST is a name, then a program of FOLDER/bin and
 * its arguments, with tabs between. JOBS run at once (2), SECONDS (100) is a test's time. Prints the
 * end of what a test said, unless it passed or skipped, and then
 *
 *   @@piglit RESULT NAME SECONDS
 *
 * RESULT is piglit's word, or "crash" (a signal, or no word at all), "timeout", or "fault": the
 * kernel told of a fault of the GPU meanwhile, whatever the test thinks of it. What neither passes
 * nor skips, or was there at a fault, runs again at the end, with nothing beside it, and that
 * counts: 6.12's panthor now and then kills a group that merely lost its slot.
 *
 * Started by tests/boot/piglit.py.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGS 32
#define MAX_JOBS 8
#define SHOWN    2400 /* bytes of a test's output that are repeated */
#define KERNEL   1200 /* of the kernel's */
#define WARNING  4    /* the kernel's level */

struct test {
    char *line; /* name, program, arguments, each ended by a zero */
    char *arg[MAX_ARGS + 1];
};

struct job {
    const struct test *test; /* NULL: free */
    pid_t pid;
    double started;
    bool late;
    char output[32]; /* file */
    char kernel[KERNEL + 1];
};

struct run {
    struct job job[MAX_JOBS];
    int jobs;
    double seconds;
    int kmsg;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Splits the lines of the list; the last entry has no line. */
static struct test *read_list(const char *path)
{
    FILE *file = fopen(path, "re");
    struct test *tests = NULL;
    char *line = NULL;
    size_t size = 0, n = 0;

    if (!file)
        die(path);
    for (;; n++) {
        ssize_t length = getline(&line, &size, file);
        unsigned words = 0;

        tests = realloc(tests, (n + 1) * sizeof(*tests));
        if (!tests)
            die("list");
        memset(&tests[n], 0, sizeof(tests[n]));
        if (length <= 0)
            break;
        tests[n].line = strdup(line);
        for (char *word = strtok(tests[n].line, "\t\n"); word && words < MAX_ARGS;
             word = strtok(NULL, "\t\n"))
            tests[n].arg[words++] = word;
        if (words < 2) {
            fprintf(stderr, "%s, line %zu: a name and a program are needed\n", path, n + 1);
            exit(1);
        }
    }
    free(line);
    fclose(file);
    return tests;
}

/* Is it the GPU's fault? A firmware that answers late, for instance, is that of a busy machine. */
static bool of_gpu(const char *text)
{
    return strcasestr(text, "fault") || strcasestr(text, "fatal");
}

/* What the kernel said of the GPU since the last time is held against all that run. */
static void listen(struct run *run)
{
    char record[8192];
    ssize_t n;

    while ((n = read(run->kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
        char *text;

        if (n < 0)
            continue; /* overwritten: the next read goes on behind */
        record[n] = 0;
        text = strchr(record, ';');
        if (!text || (strtoul(record, NULL, 10) & 7) > WARNING || !of_gpu(text))
            continue;
        text++;
        text[strcspn(text, "\n")] = 0;
        for (int i = 0; i < run->jobs; i++) {
            struct job *job = &run->job[i];
            size_t used = strlen(job->kernel);

            if (job->test && used + strlen(text) + strlen("  kernel: \n") < sizeof(job->kernel))
                sprintf(job->kernel + used, "  kernel: %s\n", text);
        }
    }
}

static void start(struct run *run, struct job *job, const struct test *test)
{
    char program[512];

    memset(job->kernel, 0, sizeof(job->kernel));
    snprintf(job->output, sizeof(job->output), "/tmp/piglit-%d", (int)(job - run->job));
    snprintf(program, sizeof(program), "bin/%s", test->arg[1]);
    fflush(stdout);
    job->test = test;
    job->late = false;
    job->started = now();
    job->pid = fork();
    if (job->pid < 0)
        die("fork");
    if (job->pid == 0) {
        int in = open("/dev/null", O_RDONLY);
        int out = open(job->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        setpgid(0, 0);
        dup2(in, 0);
        dup2(out, 1);
        dup2(out, 2);
        execv(program, test->arg + 1);
        perror(program);
        _exit(127);
    }
    setpgid(job->pid, job->pid);
}

/* The last @max bytes of a file, and piglit's word in the whole of it, in @word (16 bytes). */
static char *tail(const char *path, size_t max, char *word)
{
    FILE *file = fopen(path, "re");
    char *line = NULL, *text = calloc(1, max + 1);
    size_t size = 0;
    long length;

    if (!file || !text)
        die(path);
    while (getline(&line, &size, file) > 0) {
        char *at = strstr(line, "PIGLIT: {\"result\": \"");

        if (at)
            sscanf(at + strlen("PIGLIT: {\"result\": \""), "%15[a-z]", word);
    }
    length = ftell(file);
    fseek(file, length > (long)max ? length - (long)max : 0, SEEK_SET);
    text[fread(text, 1, max, file)] = 0;
    free(line);
    fclose(file);
    return text;
}

/* Prints text, each line indented, so that no test can write a line that means a result. */
static void indented(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        printf("  %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* Was there no GPU any more? Debian's Mesa says the same of GLES 1, which it is built without. */
static bool no_gpu(const char *text)
{
    return strstr(text, "EGL_BAD_ALLOC") && !strstr(text, "context for OpenGL ES 1.");
}

/* Says what came of a job that ended; true when it was to end so, or has had its @last try. */
static bool ended(struct job *job, int status, bool last)
{
    char word[16] = "crash";
    char *text = tail(job->output, SHOWN, word);
    const char *result = word;
    bool calm;

    if (WIFSIGNALED(status) || (!strcmp(word, "skip") && no_gpu(text)))
        result = "crash";
    if (job->late)
        result = "timeout";
    else if (job->kernel[0] && strcmp(result, "crash") != 0)
        result = "fault";
    calm = !job->kernel[0] && (!strcmp(result, "pass") || !strcmp(result, "skip"));
    if (calm || last) {
        if (strcmp(result, "pass") != 0) {
            indented(text);
            fputs(job->kernel, stdout);
        }
        printf("@@piglit %s %s %.1f\n", result, job->test->arg[0], now() - job->started);
    }
    free(text);
    unlink(job->output);
    job->test = NULL;
    return calm || last;
}

static struct job *find(struct run *run, pid_t pid)
{
    for (int i = 0; i < run->jobs; i++)
        if (run->job[i].test && (pid < 0 || run->job[i].pid == pid))
            return &run->job[i];
    return NULL;
}

static struct job *idle(struct run *run)
{
    for (int i = 0; i < run->jobs; i++)
        if (!run->job[i].test)
            return &run->job[i];
    return NULL;
}

/* Waits until a job ends, or is late and is killed; tests to run again go to @again, if there is one. */
static void wait_one(struct run *run, const struct test ***again)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) == 0) {
        for (int i = 0; i < run->jobs; i++) {
            struct job *job = &run->job[i];

            if (job->test && !job->late && now() - job->started > run->seconds) {
                job->late = true;
                kill(-job->pid, SIGKILL);
            }
        }
        usleep(5000);
    }
    if (pid < 0)
        die("waitpid");
    struct job *job = find(run, pid);

    if (!job)
        return; /* somebody's orphan */
    kill(-pid, SIGKILL);
    listen(run);

    const struct test *test = job->test;

    if (!ended(job, status, !again))
        *(*again)++ = test;
}

/* Runs tests, @run's number at once; those to run again are left in @again. */
static void run_all(struct run *run, const struct test *const *tests, const struct test ***again)
{
    while (*tests || find(run, -1)) {
        struct job *job = idle(run);

        if (*tests && job)
            start(run, job, *tests++);
        else
            wait_one(run, again);
    }
}

int main(int argc, char **argv)
{
    struct run run = {.jobs = argc > 3 ? atoi(argv[3]) : 2, .seconds = argc > 4 ? atof(argv[4]) : 100};
    const struct test **first, **again, **end;
    struct test *tests;
    size_t n = 0;

    if (argc < 3 || run.jobs < 1 || run.jobs > MAX_JOBS || run.seconds <= 0) {
        fprintf(stderr, "piglit_run FOLDER LIST [JOBS [SECONDS]]\n");
        return 2;
    }
    tests = read_list(argv[2]);
    if (chdir(argv[1]))
        die(argv[1]);
    while (tests[n].line)
        n++;
    first = calloc(2 * n + 2, sizeof(*first));
    run.kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (!first || run.kmsg < 0)
        die("/dev/kmsg");
    lseek(run.kmsg, 0, SEEK_END);
    for (size_t i = 0; i < n; i++)
        first[i] = &tests[i];
    end = again = first + n + 1;
    run_all(&run, first, &end);
    run.jobs = 1;
    run_all(&run, again, NULL);
    return 0;
}
