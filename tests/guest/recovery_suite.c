/*
 * The guest's half of the recovery suite: tests/boot/recovery.py injects a fault from outside and
 * this program does what is struck, with a guilty and an innocent client.
 *
 *   prepare STAGE    two clients (and what the stage needs) are made: "@@ N prepared {...}"
 *   go LIMIT_MS      the stage's work: "@@ N result {...}"; fences that take longer count as hung
 *   check            all is closed; does the device work, else after unbind and bind? "@@ N check {...}"
 *   quit             N counts the commands
 *
 * The guilty client's streams and data lie at GUILTY_VA, so that a rule can name it. Figures are
 * in the guest's time. Between "prepared" and "go" the program spins: an idle guest's clock may be warped.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define GUILTY_VA   0x50000000ull
#define INNOCENT_VA 0x70000000ull
#define DATA        0x80000u /* of data in a client's area, behind its streams */
#define JOBS        4        /* of the innocent, one after the other */
#define RING        65536
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
enum kind { MOV, COMPUTE, FAULTY, HEAP };

/* A job: where it stores @want; its fence as a file, which outlives the device. */
struct job {
    uint32_t off, want;
    int submitted, fence;
};

static uint64_t area(struct client *c, uint32_t off)
{
    return c->va + off;
}

/* A shader that does nothing, with its descriptors: source v10.xml, as hw/pipeline reads them. */
static void put_shader(struct client *c)
{
    uint32_t *d = (uint32_t *)((char *)c->cpu + DATA + 0x10000);

    memset(d, 0, 4096);
    *(uint64_t *)(d + 0x200) = 0x7800c00000000000ull; /* NOP.end */
    d[0] = 8 | 1 << 4;                              /* shader program, compute */
    d[2] = (uint32_t)area(c, DATA + 0x10800);
}

static unsigned put_kind(struct client *c, uint64_t *w, unsigned n, enum kind kind)
{
    struct drm_panthor_tiler_heap_create h = {
        .vm_id = c->vm, .initial_chunk_count = 2, .chunk_size = 2 << 20, .max_chunks = 8, .target_in_flight = 65535};

    if (kind == COMPUTE) {
        put_shader(c);
        w[n++] = cs_mov48(0, 0);
        w[n++] = cs_mov48(8, 0);
        w[n++] = cs_mov48(16, area(c, DATA + 0x10000));
        w[n++] = cs_mov48(24, area(c, DATA + 0x10100));
        for (unsigned r = 32; r < 37; r++)
            w[n++] = cs_mov32(r, 0);
        for (unsigned r = 37; r < 40; r++)
            w[n++] = cs_mov32(r, 1);
        w[n++] = cs_req_res(1);
        w[n++] = cs_run_compute();
        w[n++] = cs_wait(0xff);
    } else if (kind == FAULTY) {
        w[n++] = CS_OP(0xfe);
    } else if (kind == HEAP && !pu_ioctl(c->fd, DRM_IOCTL_PANTHOR_TILER_HEAP_CREATE, &h)) {
        w[n++] = cs_mov48(80, h.tiler_heap_ctx_gpu_va);
        w[n++] = cs_heap_set(80);
        w[n++] = cs_mov48(82, h.first_heap_chunk_gpu_va);
        w[n++] = CS_OP(11) | CS_AT(82, 40) | CS_AT(82, 32); /* FINISH_FRAGMENT */
    }
    return n;
}

/* Puts a stream that stores @want and submits it. */
static struct job job_go(struct client *c, enum kind kind)
{
    static uint32_t mark = 0x600d0000;
    struct job j = {.off = DATA + c->used / 16, .want = ++mark, .fence = -1};
    uint64_t *w = c->cpu + c->used / 8, va = area(c, c->used);
    unsigned n = 0;

    if (c->error || c->used + 1024 > DATA) {
        j.submitted = c->error ? c->error : -ENOSPC;
        return j;
    }
    w[n++] = cs_mov48(68, area(c, j.off));
    w[n++] = cs_mov32(70, j.want);
    n = put_kind(c, w, n, kind);
    w[n++] = cs_store(70, 68, 1, 0);
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
    } else if (((volatile uint32_t *)c->cpu)[j->off / 4] != j->want) {
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
        if (c->used + 4096 > DATA)
            c->used = 0;
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
static struct client guilty = {.fd = -1}, innocent = {.fd = -1};
static unsigned commands;
static char stage[32];
static const char *driver;

static bool is(const char *name)
{
    return !strcmp(stage, name);
}

static enum kind kind_of_stage(void)
{
    return is("COMPUTE") ? COMPUTE : is("FAULTY") ? FAULTY : is("HEAP") ? HEAP : MOV;
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

static void prepare(void)
{
    struct count n = {0};

    client_close(&guilty);
    client_close(&innocent);
    if (is("BIND")) {
        bind_driver("unbind");
    } else {
        guilty = client_open(GUILTY_VA);
        innocent = client_open(INNOCENT_VA);
        job_now(&guilty, MOV, &n, 20000);
        job_now(&innocent, MOV, &n, 20000);
        if (is("RESUME"))
            sysfs_wait(STATUS, "suspended", 20);
    }
    printf("@@ %u prepared {\"good\": %u, \"error\": %d}\n", commands, n.good, n.error ? n.error : guilty.error);
}

/* Busy for longer than the firmware is asked for a sign of life. */
static void keep_busy(struct count *g, struct count *i, double ms)
{
    double until = now_ms() + ms;

    while (now_ms() < until && !g->lost && !g->hung && !g->refused) {
        if (guilty.used + 4096 > DATA)
            guilty.used = 0;
        if (innocent.used + 4096 > DATA)
            innocent.used = 0;
        job_now(&guilty, MOV, g, 20000);
        job_now(&innocent, MOV, i, 20000);
        nap(20);
    }
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

/* Keeps the text of a core dump in /out, and makes room for the next. */
static bool take_dump(const char *name)
{
    char from[256], to[128];
    bool found = *sysfs_find(DUMP, from, sizeof(from));
    FILE *in = found ? fopen(from, "re") : NULL, *out;
    static char buf[1 << 20];
    size_t n;

    if (!in)
        return false;
    n = fread(buf, 1, sizeof(buf), in);
    fclose(in);
    snprintf(to, sizeof(to), "/out/%s.dump", name);
    out = fopen(to, "we");
    if (out) {
        fwrite(buf, 1, n, out);
        fclose(out);
    }
    sysfs_write(DUMP, "1");
    return n > 0;
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

static void go(double limit_ms, const char *name)
{
    struct count g = {0}, i = {0};
    bool bound = true, fresh_g = false, fresh_i = false;
    double start, fences, next_ms;
    struct job jobs[2 + JOBS];
    uint32_t gs, is_;
    int next_g, next_i;

    if (is("BIND")) {
        bind_driver("bind");
        bound = wait_for_node((unsigned)limit_ms);
        guilty = client_open(GUILTY_VA);
        innocent = client_open(INNOCENT_VA);
    } else if (is("START")) { /* a group ends, a new one begins */
        pu_group_destroy(guilty.fd, guilty.group);
        client_group(&guilty);
    } else if (is("DEVFREQ")) {
        set_frequencies();
    } else if (is("SUSPEND")) {
        sysfs_wait(STATUS, "suspended", 20);
    } else if (is("PING")) {
        keep_busy(&g, &i, limit_ms);
    }
    start = now_ms();
    jobs[0] = job_go(&guilty, kind_of_stage());
    jobs[1] = job_go(&guilty, MOV);
    for (unsigned n = 0; n < JOBS; n++)
        jobs[2 + n] = job_go(&innocent, MOV);
    for (unsigned n = 0; n < 2; n++)
        job_wait(&guilty, &jobs[n], &g, start + limit_ms);
    for (unsigned n = 0; n < JOBS; n++)
        job_wait(&innocent, &jobs[2 + n], &i, start + limit_ms);
    fences = now_ms() - start;
    next_g = next_job(&guilty, start + 2 * limit_ms, &fresh_g);
    next_ms = now_ms() - start;
    gs = fresh_g ? 1 : state_of(&guilty);
    next_i = next_job(&innocent, start + 2 * limit_ms, &fresh_i);
    is_ = fresh_i ? 1 : state_of(&innocent);
    printf("@@ %u result {", commands);
    print_count("guilty", &g);
    print_count("innocent", &i);
    printf("\"guilty_group\": %u, \"innocent_group\": %u, \"next_guilty\": %d, \"next_innocent\": %d, \"bound\": %s, "
           "\"fences_ms\": %.3f, \"next_ms\": %.3f, \"dump\": %s}\n",
           gs, is_, next_g, next_i, bound ? "true" : "false", fences, next_ms, take_dump(name) ? "true" : "false");
}

static bool works(void)
{
    struct client c = client_open(GUILTY_VA);
    struct count n = {0};

    job_now(&c, MOV, &n, 20000);
    client_close(&c);
    return n.good == 1;
}

static void check(void)
{
    bool plain, bound = false;

    client_close(&guilty);
    client_close(&innocent);
    plain = works();
    if (!plain) {
        bind_driver("unbind");
        bind_driver("bind");
        wait_for_node(10000);
        bound = works();
    }
    printf("@@ %u check {\"works\": %s, \"after_bind\": %s}\n", commands, plain ? "true" : "false", bound ? "true" : "false");
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
    guilty = innocent = (struct client){.fd = -1, .error = -ENODEV};
    printf("@@ 0 ready\n");
    while (command(line, sizeof(line), spin)) {
        spin = false;
        commands++;
        if (sscanf(line, "prepare %31s", stage) == 1) {
            prepare();
            spin = true;
        } else if (sscanf(line, "go %lf %63s", &limit, name) == 2) {
            go(limit, name);
        } else if (!strcmp(line, "check")) {
            check();
        } else if (!strcmp(line, "quit")) {
            break;
        } else {
            printf("@@ %u what {\"line\": \"%s\"}\n", commands, line);
        }
    }
    return 0;
}
