/*
 * The guest's half of the recovery suite: tests/boot/recovery.py injects a fault from outside and
 * this program does what is struck, with a guilty client and one or more innocent ones.
 *
 *   prepare STAGE [CROWD]
 *                    the guilty client and CROWD innocent ones (1) are made, and what the stage
 *                    needs: "@@ N prepared {...}"
 *   go LIMIT_MS NAME the stage's work: "@@ N result {...}"; fences that take longer count as hung;
 *                    a core dump is kept as /out/NAME.dump
 *   check            all is closed; does the device work, else after unbind and bind? what is left of the clients?
 *                    "@@ N check {...}"
 *   leaks            what kmemleak has found, where the kernel has it: "@@ N leaks {...}"
 *   quit             N counts the commands
 *
 * All clients compute, draw (lib/gpu_work.h) and store from their streams; the guilty one's first job is the stage's.
 * The guilty client's streams and data lie at GUILTY_VA, so that a rule can name it. Figures are
 * in the guest's time. Between "prepared" and "go" the program spins: an idle guest's clock may be warped.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "gpu_work.h"
#include "panthor_util.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define GUILTY_VA   0x50000000ull
#define INNOCENT_VA 0x70000000ull
#define DATA        0x80000u /* of data in a client's area, behind its streams */
#define WORK        0x90000u /* of what shader cores and tiler work on: a block for compute, one for graphics */
#define CHUNK       (2u << 20) /* of the tiler heap */
#define GUILTY_JOBS 3
#define JOBS        4        /* of an innocent one, one after the other */
#define CROWD       15       /* innocent clients at most: more groups than the GPU has slots */
#define RING        65536
#define DUMP_MS     1200     /* until a core dump is there; garm.ko takes one a second at most */
#define PING_NAP_MS 500      /* between jobs while pings are waited for, which come every 12 s */
#define MS          1000000ll
#define STATUS      SYSFS_GPU "power/runtime_status"
#define DF          "/sys/class/devfreq/*.gpu/"
#define DUMP        "/sys/class/devcoredump/devcd*/data"

/* A file, a VM with one area, a group of one queue. -errno of what failed is kept in @error. */
struct client {
    int fd, error;
    uint32_t vm, bo, group, sync, used, state;
    uint64_t va;
    uint64_t *cpu;
    struct drm_panthor_tiler_heap_create heap;
};

/* What became of jobs. */
struct count {
    unsigned good, lost, wrong, hung, refused;
    int error; /* the last fence's or ioctl's */
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void nap(unsigned ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS};

    nanosleep(&t, NULL);
}

/* ---- clients ------------------------------------------------------------------------ */
static void client_group(struct client *c)
{
    if (!c->error)
        c->error = pu_group_create(c->fd, c->vm, 1, RING, PANTHOR_GROUP_PRIORITY_MEDIUM, &c->group);
}

static struct client client_open(uint64_t va)
{
    struct client c = {.fd = pu_open(), .va = va};
    uint64_t size = PU_AREA;

    c.error = c.fd < 0 ? c.fd : pu_vm_create(c.fd, 0, 0, &c.vm);
    if (!c.error)
        c.error = pu_bo_create(c.fd, &size, 0, 0, &c.bo);
    if (!c.error)
        c.error = pu_map(c.fd, c.vm, c.bo, va, size, 0);
    if (!c.error) {
        c.cpu = pu_bo_mmap(c.fd, c.bo, size);
        c.error = c.cpu ? 0 : -ENOMEM;
    }
    c.heap = (struct drm_panthor_tiler_heap_create){
        .vm_id = c.vm, .initial_chunk_count = 2, .chunk_size = CHUNK, .max_chunks = 8, .target_in_flight = 65535};
    if (!c.error)
        c.error = pu_ioctl(c.fd, DRM_IOCTL_PANTHOR_TILER_HEAP_CREATE, &c.heap);
    client_group(&c);
    if (!c.error)
        c.sync = pu_sync_create(c.fd);
    return c;
}

static void client_close(struct client *c)
{
    if (c->cpu)
        munmap(c->cpu, PU_AREA);
    if (c->fd >= 0)
        close(c->fd); /* takes everything else along */
    *c = (struct client){.fd = -1, .error = -ENODEV};
}

/* ---- jobs ------------------------------------------------------------------------------- */
enum kind { MOV, COMPUTE, DRAW, FAULTY, HEAP };

/* A job: where it stores @want; its fence as a file, which outlives the device. */
struct job {
    enum kind kind;
    uint32_t off, want;
    int submitted, fence;
};

static uint64_t area(struct client *c, uint32_t off)
{
    return c->va + off;
}

static struct work work_of(struct client *c, enum kind kind)
{
    uint32_t at = WORK + (kind == DRAW ? WORK_SIZE : 0);

    return (struct work){(uint8_t *)c->cpu + at, area(c, at)};
}

/* Has the value at @j stored by what the kind names. */
static unsigned put_kind(struct client *c, uint64_t *w, unsigned n, const struct job *j)
{
    const struct work b = work_of(c, j->kind);

    if (j->kind == COMPUTE)
        return work_compute(&b, w, n, area(c, j->off), j->want);
    if (j->kind == DRAW) {
        n = work_draw(&b, w, n, c->heap.tiler_heap_ctx_gpu_va, c->heap.first_heap_chunk_gpu_va, CHUNK);
    } else if (j->kind == FAULTY) {
        w[n++] = CS_OP(0xfe);
    } else if (j->kind == HEAP) {
        w[n++] = cs_mov48(80, c->heap.tiler_heap_ctx_gpu_va);
        w[n++] = cs_heap_set(80);
        w[n++] = cs_mov48(82, (c->heap.first_heap_chunk_gpu_va & ~0xfffull) | CHUNK >> 12); /* as a list has it */
        w[n++] = CS_OP(11) | CS_AT(82, 40) | CS_AT(82, 32); /* FINISH_FRAGMENT */
    }
    w[n++] = cs_mov48(68, area(c, j->off));
    w[n++] = cs_mov32(70, j->want);
    w[n++] = cs_store(70, 68, 1, 0);
    return n;
}

/* Puts a stream at whose end @want is stored, and submits it. */
static struct job job_go(struct client *c, enum kind kind)
{
    static uint32_t mark = 0x600d0000;
    struct job j = {.kind = kind, .off = DATA + c->used / 16, .want = ++mark, .fence = -1};
    uint64_t *w = c->cpu + c->used / 8, va = area(c, c->used);
    unsigned n = 0;

    if (c->error || c->used + 1024 > DATA) {
        j.submitted = c->error ? c->error : -ENOSPC;
        return j;
    }
    n = put_kind(c, w, n, &j);
    w[n++] = cs_wait(0xff);
    w[n++] = cs_mov32(94, 0);
    w[n++] = cs_flush(94, 0, 1);
    w[n++] = cs_wait(0xff);
    c->used += 1024;
    ((volatile uint32_t *)c->cpu)[j.off / 4] = 0;
    j.submitted = pu_submit(c->fd, c->group, 0, va, n * 8, &(struct pu_sync){.handle = c->sync, .signal = true}, 1);
    j.fence = j.submitted ? -1 : pu_sync_file(c->fd, c->sync);
    return j;
}

/* What a job that signalled without an error must have left. */
static bool job_right(struct client *c, const struct job *j)
{
    const struct work b = work_of(c, j->kind);

    return ((volatile uint32_t *)c->cpu)[j->off / 4] == j->want && (j->kind != DRAW || work_drawn(&b));
}

static void job_wait(struct client *c, struct job *j, struct count *n, double until)
{
    double left = until - now_ms();
    int r;

    if (j->fence < 0) { /* not submitted, or the device went away before we had its fence */
        n->refused++;
        n->error = j->submitted ? j->submitted : j->fence;
        return;
    }
    r = pu_file_status(j->fence, left > 1 ? (int)left : 1);
    close(j->fence);
    if (!r) {
        n->hung++;
        n->error = -ETIME;
    } else if (r < 0) {
        n->lost++;
        n->error = r;
    } else if (!job_right(c, j)) {
        n->wrong++;
    } else {
        n->good++;
    }
}

static void job_now(struct client *c, enum kind kind, struct count *n, double limit_ms)
{
    struct job j = job_go(c, kind);

    job_wait(c, &j, n, now_ms() + limit_ms);
}

/* When nothing of a client runs, its streams may begin where they began. */
static void rewind_streams(struct client *c)
{
    if (c->used + 4096 > DATA)
        c->used = 0;
}

/* A job in the same group, or if that is dead in a new one; 0 or the last error. */
static int next_job(struct client *c, double until, bool *fresh)
{
    struct count n = {0};
    unsigned wait = 20;

    do {
        uint32_t state = 0;

        n = (struct count){0};
        if (!c->error && !pu_group_state(c->fd, c->group, &state, NULL) && state) {
            pu_group_destroy(c->fd, c->group);
            client_group(c);
            *fresh = true;
        }
        rewind_streams(c);
        job_now(c, MOV, &n, 20000);
        if (n.good)
            return 0;
        if (n.error == -ENODEV || c->error)
            break;
        nap(wait);
        wait += wait < 1000 ? wait : 0;
    } while (now_ms() < until);
    return n.error ? n.error : -EIO;
}

/* ---- stages ---------------------------------------------------------------------------------- */
static struct client guilty, innocents[CROWD];
static unsigned commands, crowd = 1;
static char stage[32];
static const char *driver;

static bool is(const char *name)
{
    return !strcmp(stage, name);
}

static enum kind kind_of_stage(void)
{
    return is("COMPUTE")  ? COMPUTE
           : is("DRAW")   ? DRAW
           : is("FAULTY") ? FAULTY
           : is("HEAP")   ? HEAP
                          : MOV;
}

static const char *device_name(void)
{
    static char path[256];
    size_t n = strlen(sysfs_find("/sys/bus/platform/devices/*.gpu", path, sizeof(path)));

    return n ? strrchr(path, '/') + 1 : "";
}

static bool bind_driver(const char *what)
{
    char path[128];

    snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", driver, what);
    return sysfs_write(path, device_name());
}

static bool wait_for_node(unsigned ms)
{
    for (unsigned i = 0; i < ms / 20; i++) {
        int fd = pu_open();

        if (fd >= 0) {
            close(fd);
            return true;
        }
        nap(20);
    }
    return false;
}

/* Has every client, or forgets them. */
static void open_all(void)
{
    guilty = client_open(GUILTY_VA);
    for (unsigned k = 0; k < crowd; k++)
        innocents[k] = client_open(INNOCENT_VA);
}

static void close_all(void)
{
    client_close(&guilty);
    for (unsigned k = 0; k < CROWD; k++)
        client_close(&innocents[k]);
}

/* The first error of opening them. */
static int open_error(void)
{
    int error = guilty.error;

    for (unsigned k = 0; k < crowd && !error; k++)
        error = innocents[k].error;
    return error;
}

/* Copies the dump to @out line by line; what it says is its reason goes to @reason. */
static bool copy_dump(FILE *in, FILE *out, char *reason, size_t size)
{
    static char line[4096];
    bool any = false;

    while (fgets(line, sizeof(line), in)) {
        if (!*reason && !strncmp(line, "  reason ", 9))
            snprintf(reason, size, "%.*s", (int)strcspn(line + 9, "\n\"\\"), line + 9);
        if (out)
            fputs(line, out);
        any = true;
    }
    return any;
}

/* Keeps the text of a core dump that comes within @ms in /out (@name NULL: nowhere), and makes room for the next. */
static bool take_dump(const char *name, unsigned ms, char *reason, size_t size)
{
    char from[256], to[128];
    FILE *in = NULL, *out = NULL;
    bool any;

    *reason = 0;
    for (unsigned i = 0; i <= ms && !in; i += 20) {
        if (*sysfs_find(DUMP, from, sizeof(from)))
            in = fopen(from, "re");
        if (!in && ms)
            nap(20);
    }
    if (!in)
        return false;
    snprintf(to, sizeof(to), "/out/%s.dump", name ? name : "");
    if (name)
        out = fopen(to, "we");
    any = copy_dump(in, out, reason, size);
    fclose(in);
    if (out)
        fclose(out);
    sysfs_write(DUMP, "1");
    return any;
}

/* Whether the stage begins with the device in power; it then has to keep it until its jobs are there. */
static bool powered_stage(void)
{
    return !is("BIND") && !is("RESUME") && !is("SUSPEND") && !is("DEVFREQ") && !is("PING");
}

static void prepare(void)
{
    struct count n = {0};
    char reason[96];

    close_all();
    /* Those of what went before, until none comes any more: the next may not be refused for one of them. */
    while (take_dump(NULL, DUMP_MS, reason, sizeof(reason)))
        ;
    if (is("BIND")) {
        bind_driver("unbind");
    } else {
        open_all();
        job_now(&guilty, MOV, &n, 20000);
        for (unsigned k = 0; k < crowd; k++)
            job_now(&innocents[k], MOV, &n, 20000);
        /* The rule comes from outside, on a busy host after the time at which an idle GPU is suspended. */
        if (powered_stage())
            sysfs_write(SYSFS_GPU "power/control", "on");
        if (is("RESUME"))
            sysfs_wait(STATUS, "suspended", 20);
    }
    printf("@@ %u prepared {\"good\": %u, \"error\": %d}\n", commands, n.good, n.error ? n.error : open_error());
}

/*
 * At work for longer than the firmware is asked for a sign of life. The device stays powered in
 * between (a suspend ends the pings), so a job now and then is enough: most of the time is warped.
 */
static void keep_busy(struct count *g, struct count *i, double ms)
{
    double until = now_ms() + ms;

    sysfs_write(SYSFS_GPU "power/control", "on");
    while (now_ms() < until && !g->lost && !g->hung && !g->refused) {
        rewind_streams(&guilty);
        job_now(&guilty, MOV, g, 20000);
        for (unsigned k = 0; k < crowd; k++) {
            rewind_streams(&innocents[k]);
            job_now(&innocents[k], MOV, i, 20000);
        }
        nap(PING_NAP_MS);
    }
    sysfs_write(SYSFS_GPU "power/control", "auto");
}

static void set_frequencies(void)
{
    char low[32] = "", high[32] = "";

    sysfs_read(DF "min_freq", low, sizeof(low));
    sysfs_read(DF "max_freq", high, sizeof(high));
    sysfs_write(SYSFS_GPU "power/control", "on");
    sysfs_write(DF "max_freq", low);
    nap(300);
    sysfs_write(DF "max_freq", high);
    sysfs_write(DF "min_freq", high);
    nap(300);
    sysfs_write(DF "min_freq", low);
    sysfs_write(SYSFS_GPU "power/control", "auto");
}

static uint32_t state_of(const struct client *c)
{
    uint32_t state = 0;

    return c->error || pu_group_state(c->fd, c->group, &state, NULL) ? ~0u : state;
}

static void print_count(const char *name, const struct count *n)
{
    printf("\"%s\": {\"good\": %u, \"lost\": %u, \"wrong\": %u, \"hung\": %u, \"refused\": %u, \"error\": %d}, ", name,
           n->good, n->lost, n->wrong, n->hung, n->refused, n->error);
}

/* What comes before the jobs: the stage's own work. False when the device did not come. */
static bool set_stage(double limit_ms, struct count *g, struct count *i)
{
    bool bound = true;

    if (is("BIND")) {
        bound = bind_driver("bind") && wait_for_node((unsigned)limit_ms); /* a probe that failed is final */
        open_all();
    } else if (is("START")) { /* a group ends, a new one begins */
        pu_group_destroy(guilty.fd, guilty.group);
        client_group(&guilty);
    } else if (is("DEVFREQ")) {
        set_frequencies();
    } else if (is("SUSPEND")) {
        sysfs_wait(STATUS, "suspended", 20);
    } else if (is("PING")) {
        keep_busy(g, i, limit_ms);
    }
    return bound;
}

/*
 * All jobs of all clients at once, the guilty one's first, then what became of them. The same place
 * may not be worked on twice at a time: each kind once in a client, but for MOV.
 */
static void do_jobs(double until, struct count *g, struct count *i)
{
    static const enum kind others[JOBS] = {MOV, COMPUTE, DRAW, MOV};
    const enum kind first = kind_of_stage();
    const enum kind own[GUILTY_JOBS] = {first, first == COMPUTE ? MOV : COMPUTE, first == DRAW ? MOV : DRAW};
    struct job mine[GUILTY_JOBS], theirs[JOBS][CROWD];

    for (unsigned n = 0; n < GUILTY_JOBS; n++)
        mine[n] = job_go(&guilty, own[n]);
    /* The hook at the return of chunks knows no client: it strikes who comes first, and draws return chunks, too. */
    if (first == HEAP && mine[0].fence >= 0)
        pu_file_status(mine[0].fence, (int)(until - now_ms()));
    for (unsigned n = 0; n < JOBS * crowd; n++)
        theirs[n / crowd][n % crowd] = job_go(&innocents[n % crowd], others[n / crowd]);
    if (powered_stage())
        sysfs_write(SYSFS_GPU "power/control", "auto");
    for (unsigned n = 0; n < GUILTY_JOBS; n++)
        job_wait(&guilty, &mine[n], g, until);
    for (unsigned n = 0; n < JOBS * crowd; n++)
        job_wait(&innocents[n % crowd], &theirs[n / crowd][n % crowd], i, until);
}

static void go(double limit_ms, const char *name)
{
    struct count g = {0}, i = {0};
    bool bound = set_stage(limit_ms, &g, &i), fresh = false, dump;
    double start = now_ms(), fences, next_ms;
    unsigned ended = 0; /* innocent groups */
    int next_g, next_i = 0;
    char reason[96];
    uint32_t gs;

    do_jobs(start + limit_ms, &g, &i);
    fences = now_ms() - start;
    next_g = next_job(&guilty, start + 2 * limit_ms, &fresh);
    next_ms = now_ms() - start;
    gs = fresh ? 1 : state_of(&guilty);
    for (unsigned k = 0; k < crowd; k++) {
        int error;

        fresh = false;
        error = next_job(&innocents[k], start + 2 * limit_ms, &fresh);
        next_i = error ? error : next_i;
        ended += fresh || state_of(&innocents[k]);
    }
    dump = take_dump(name, DUMP_MS, reason, sizeof(reason));
    printf("@@ %u result {", commands);
    print_count("guilty", &g);
    print_count("innocent", &i);
    printf("\"guilty_group\": %u, \"innocent_groups\": %u, \"next_guilty\": %d, \"next_innocent\": %d, \"bound\": %s, "
           "\"fences_ms\": %.3f, \"next_ms\": %.3f, \"dump\": %s, \"reason\": \"%s\"}\n",
           gs, ended, next_g, next_i, bound ? "true" : "false", fences, next_ms, dump ? "true" : "false", reason);
}

static bool works(void)
{
    struct client c = client_open(GUILTY_VA);
    struct count n = {0};

    job_now(&c, MOV, &n, 20000);
    client_close(&c);
    return n.good == 1;
}

/* ---- what is left of clients -------------------------------------------------------------------- */
/* Lines of a table in debugfs; -1: the driver has none. */
static int rows(const char *pattern)
{
    char path[256];
    FILE *f = fopen(sysfs_find(pattern, path, sizeof(path)), "re");
    int n = 0, c;

    if (!f)
        return -1;
    while ((c = fgetc(f)) != EOF)
        n += c == '\n';
    fclose(f);
    return n;
}

/*
 * When everything is closed the device falls asleep, nobody holds the module, and tables are as
 * they were. A fence may hold the module until a grace period is over (driver/jobqueue.c), which
 * takes its time on a debug kernel: what is gone within seconds is not left behind.
 */
static void print_left(void)
{
    static const char *const tables[] = {"gems", "gpuvas", "vms", "heaps", "groups"};
    bool asleep = sysfs_wait(STATUS, "suspended", 20);
    char path[128], refs[32] = "-1";

    snprintf(path, sizeof(path), "/sys/module/%s/refcnt", driver);
    sysfs_wait(path, "0", 5);
    sysfs_read(path, refs, sizeof(refs));
    printf("\"left\": {\"awake\": %d, \"module\": %d", !asleep, atoi(refs));
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        snprintf(path, sizeof(path), "/sys/kernel/debug/dri/*/%s", tables[i]);
        printf(", \"%s\": %d", tables[i], rows(path));
    }
    printf("}");
}

static void check(void)
{
    bool plain, bound = false;

    close_all();
    plain = works();
    if (!plain) {
        bind_driver("unbind");
        bind_driver("bind");
        wait_for_node(10000);
        bound = works();
    }
    printf("@@ %u check {\"works\": %s, \"after_bind\": %s, ", commands, plain ? "true" : "false", bound ? "true" : "false");
    print_left();
    printf("}\n");
}

/* Two scans: what is unreferenced and the same in both is reported, and the kernel says how much. */
static void leaks(void)
{
    static const char path[] = "/sys/kernel/debug/kmemleak";
    bool there = !access(path, W_OK);

    if (there) {
        nap(6000); /* younger objects are left out */
        sysfs_write(path, "scan");
        sysfs_write(path, "scan");
    }
    printf("@@ %u leaks {\"kmemleak\": %s, \"objects\": %d}\n", commands, there ? "true" : "false", there ? rows(path) : 0);
}

/* ---- commands ------------------------------------------------------------------------------------ */
/* One line; spins while @spin, for an idle guest's clock may run away. */
static bool command(char *line, size_t size, bool spin)
{
    size_t n = 0;

    while (n + 1 < size) {
        ssize_t r = read(STDIN_FILENO, line + n, 1);

        if (r == 1 && line[n] == '\n')
            break;
        if (r == 1)
            n++;
        else if (r == 0 || (r < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        else if (!spin)
            nap(1);
    }
    line[n] = 0;
    return true;
}

int main(void)
{
    char line[128], name[64];
    bool spin = false;
    double limit;

    driver = getenv("GARM_DRIVER");
    if (!driver || !*driver) {
        fprintf(stderr, "recovery_suite: GARM_DRIVER says no driver\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    guilty.fd = -1;
    for (unsigned k = 0; k < CROWD; k++)
        innocents[k].fd = -1;
    close_all();
    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL); /* it may be there already */
    printf("@@ 0 ready\n");
    while (command(line, sizeof(line), spin)) {
        unsigned number = 1;

        spin = false;
        commands++;
        if (sscanf(line, "prepare %31s %u", stage, &number) >= 1 && number >= 1 && number <= CROWD) {
            crowd = number;
            prepare();
            spin = true;
        } else if (sscanf(line, "go %lf %63s", &limit, name) == 2) {
            go(limit, name);
        } else if (!strcmp(line, "check")) {
            check();
        } else if (!strcmp(line, "leaks")) {
            leaks();
        } else if (!strcmp(line, "quit")) {
            break;
        } else {
            printf("@@ %u what {\"line\": \"%s\"}\n", commands, line);
        }
    }
    return 0;
}
