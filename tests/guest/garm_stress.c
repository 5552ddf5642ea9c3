/*
 * Many processes at once create, use and kill groups, VMs, heaps and objects, fault, are killed,
 * while memory is taken away, the GPU is reset and suspended (all of them hold still for that now
 * and then), and, when asked for, allocations fail.
 *
 * Any call may fail; what must hold: every fence signals, a job that succeeded has done its work,
 * and when all processes are gone nothing is left (debugfs tables as before, kmemleak silent where
 * the kernel has it).
 *
 *     GARM_STRESS_SECONDS=600 GARM_STRESS_INJECT=1 garm_stress
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cs_job.h"
#include "sysfs.h"

#define DRI       "/sys/kernel/debug/dri/*/"
#define KMEMLEAK  "/sys/kernel/debug/kmemleak"
#define STATUS    SYSFS_GPU "power/runtime_status"
#define WORKERS   6
#define PAUSE     50 /* turns of a tenth of a second from one runtime suspend to the next */
#define BOS       6
#define BO_SIZE   0x40000ull
#define BO_VA     0x40000000ull
#define BO_STEP   0x400000ull
#define SECONDS   12
#define BAD_FENCE 3 /* exit statuses of a worker */
#define BAD_DATA  4

struct worker {
    struct pu_ctx c;
    uint32_t group, queues, heap, sync;
    uint32_t bo[BOS];
    uint32_t done; /* what the counter must be */
    bool inject;
};

static unsigned option(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

/* Allocations of this task fail now and then, as the files in debugfs say. */
static void fail_allocations(bool on)
{
    sysfs_write("/proc/self/make-it-fail", on ? "1" : "0");
}

static void *new_area(int fd, uint32_t vm, uint64_t va, uint32_t *bo)
{
    uint64_t size = PU_AREA;

    if (pu_bo_create(fd, &size, 0, 0, bo))
        return NULL;
    if (pu_map(fd, vm, *bo, va, size, 0))
        return NULL;
    return pu_bo_mmap(fd, *bo, size);
}

/* A file with a VM, without the helpers that assert. */
static bool worker_open(struct worker *w)
{
    w->c = (struct pu_ctx){.fd = pu_open()};
    if (w->c.fd < 0)
        return false;
    if (pu_vm_create(w->c.fd, 0, 0, &w->c.vm))
        goto err;
    w->c.stream = new_area(w->c.fd, w->c.vm, PU_STREAM_VA, &w->c.stream_bo);
    w->c.data = new_area(w->c.fd, w->c.vm, PU_DATA_VA, &w->c.data_bo);
    w->sync = pu_sync_create(w->c.fd);
    if (w->c.stream && w->c.data && w->sync)
        return true;
    if (w->c.stream)
        munmap(w->c.stream, PU_AREA);
    if (w->c.data)
        munmap((void *)w->c.data, PU_AREA);
err:
    close(w->c.fd);
    return false;
}

static void worker_close(struct worker *w, bool tidy)
{
    if (tidy) {
        pu_group_destroy(w->c.fd, w->group);
        pu_vm_destroy(w->c.fd, w->c.vm);
    }
    munmap(w->c.stream, PU_AREA);
    munmap((void *)w->c.data, PU_AREA);
    close(w->c.fd);
    *w = (struct worker){.inject = w->inject};
}

static void new_group(struct worker *w)
{
    if (w->group)
        pu_group_destroy(w->c.fd, w->group);
    w->queues = 1 + (unsigned)rand() % 4;
    if (pu_group_create(w->c.fd, w->c.vm, w->queues, 4096u << rand() % 3, (uint8_t)(rand() % 3),
                        &w->group))
        w->group = 0;
}

/* Every fence signals: after a submission that was accepted, the wait must end. */
static int submit_and_wait(struct worker *w, const uint64_t *words, unsigned n)
{
    int r = pu_go(&w->c, w->group, (unsigned)rand() % w->queues, words, n, w->sync);

    if (r)
        return r;
    do
        r = pu_sync_wait(w->c.fd, w->sync, 0, 6 * PU_WAIT);
    while (r && r != -ETIME);
    if (r) {
        printf("a fence has not signalled after %d s\n", (int)(6 * PU_WAIT / PU_SECOND));
        fflush(stdout);
        _exit(BAD_FENCE);
    }
    do
        r = pu_sync_status(w->c.fd, w->sync);
    while (r == -ENOMEM || r == -EMFILE);
    return r == 1 ? 0 : r;
}

static void count_up(struct worker *w)
{
    uint64_t job[6 + CS_END_WORDS] = {
        cs_mov48(80, PU_DATA_VA), cs_load(10, 80, 1, 0),  cs_wait(0xff),
        cs_add32(10, 10, 1),      cs_store(10, 80, 1, 0),
    };
    int r;

    if (!w->group)
        return;
    w->done = *pu_data(&w->c, 0);
    r = submit_and_wait(w, job, cs_finish(job, 5));
    if (!r && *pu_data(&w->c, 0) != w->done + 1) {
        printf("a job that succeeded left %u, expected %u\n", *pu_data(&w->c, 0), w->done + 1);
        fflush(stdout);
        _exit(BAD_DATA);
    }
}

/* May be mapped or not; a fault ends the group. */
static void wild(struct worker *w)
{
    const uint64_t job[] = {cs_mov48(80, BO_VA + (unsigned)rand() % (BOS * BO_STEP) / 8 * 8),
                            cs_load(10, 80, 1, 0),
                            cs_wait(0xff),
                            cs_store(10, 80, 1, 0),
                            cs_wait(0xff),
                            rand() % 4 ? cs_wait(0xff) : CS_OP(0xfe)};

    if (w->group)
        submit_and_wait(w, job, PU_N(job));
}

static void bind(struct worker *w, bool map)
{
    unsigned slot = (unsigned)rand() % BOS;
    uint64_t size = BO_SIZE;
    struct drm_panthor_vm_bind_op op = {
        .flags = map ? DRM_PANTHOR_VM_BIND_OP_TYPE_MAP : DRM_PANTHOR_VM_BIND_OP_TYPE_UNMAP,
        .va = BO_VA + (unsigned)(rand() % BOS) * BO_STEP + (unsigned)(rand() % 16) * 4096u,
        .size = (unsigned)(1 + rand() % 32) * 4096u,
    };
    struct drm_panthor_obj_array ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op};

    if (map && !w->bo[slot] &&
        pu_bo_create(w->c.fd, &size, 0, rand() % 2 ? w->c.vm : 0, &w->bo[slot]))
        w->bo[slot] = 0;
    op.bo_handle = map ? w->bo[slot] : 0;
    pu_vm_bind(w->c.fd, w->c.vm, rand() % 2 ? DRM_PANTHOR_VM_BIND_ASYNC : 0, &ops);
}

static void close_bo(struct worker *w)
{
    unsigned slot = (unsigned)rand() % BOS;

    if (w->bo[slot])
        pu_bo_close(w->c.fd, w->bo[slot]);
    w->bo[slot] = 0;
}

static void heap(struct worker *w)
{
    struct drm_panthor_tiler_heap_destroy old = {.handle = w->heap};
    struct drm_panthor_tiler_heap_create new = {
        .vm_id = w->c.vm,
        .initial_chunk_count = 1 + (unsigned)rand() % 4,
        .chunk_size = 128 << 10,
        .max_chunks = 8,
        .target_in_flight = 4,
    };

    if (w->heap)
        pu_ioctl(w->c.fd, DRM_IOCTL_PANTHOR_TILER_HEAP_DESTROY, &old);
    w->heap = pu_ioctl(w->c.fd, DRM_IOCTL_PANTHOR_TILER_HEAP_CREATE, &new) ? 0 : new.handle;
}

static void step(struct worker *w)
{
    switch (rand() % 20) {
    case 0:
        worker_close(w, rand() % 2);
        while (!worker_open(w))
            usleep(1000);
        break;
    case 1:
        usleep((unsigned)rand() % 200000); /* long enough for runtime suspend when all do it */
        break;
    case 2:
        new_group(w);
        break;
    case 3:
        heap(w);
        break;
    case 4:
        close_bo(w);
        break;
    case 5:
        wild(w);
        break;
    case 6 ... 9:
        bind(w, true);
        break;
    case 10 ... 11:
        bind(w, false);
        break;
    default:
        count_up(w);
        if (!w->group || rand() % 16 == 0)
            new_group(w);
    }
}

static pid_t start_worker(unsigned seed, bool inject)
{
    pid_t pid = fork();
    struct worker w = {.inject = inject};

    igt_assert(pid >= 0);
    if (pid)
        return pid;
    srand(seed);
    while (!worker_open(&w))
        usleep(10000);
    fail_allocations(inject);
    for (;;)
        step(&w);
}

/* Memory that comes and goes, and pages that are taken from the driver. */
static pid_t start_pressure(void)
{
    const size_t size = 64 << 20;
    pid_t pid = fork();

    igt_assert(pid >= 0);
    if (pid)
        return pid;
    sysfs_write("/proc/self/oom_score_adj", "1000");
    for (unsigned i = 0;; i++) {
        char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p != MAP_FAILED) {
            memset(p, (int)i | 1, size);
            munmap(p, size);
        }
        sysfs_write(DRI "shrink", i % 4 ? "64" : "1000000000");
        if (i % 8 == 0)
            sysfs_write("/proc/sys/vm/drop_caches", "2");
        usleep(50000);
    }
}

/* Settings of failslab and fail_page_alloc: one allocation in a hundred of the tasks that ask for
 * it. */
static bool set_injection(void)
{
    static const char *const settings[][2] = {
        {"task-filter", "Y"}, {"probability", "1"}, {"interval", "1"},
        {"times", "-1"},      {"verbose", "0"},     {"ignore-gfp-wait", "N"},
    };
    static const char *const kinds[] = {"failslab", "fail_page_alloc"};
    char path[128];

    for (unsigned k = 0; k < PU_N(kinds); k++) {
        for (unsigned i = 0; i < PU_N(settings); i++) {
            snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kinds[k], settings[i][0]);
            if (!sysfs_write(path, settings[i][1]))
                return false;
        }
    }
    return sysfs_write("/sys/kernel/debug/fail_page_alloc/min-order", "0");
}

/* Lines of a debugfs table, which is one for each thing that exists and those of its frame. */
static unsigned lines(const char *table)
{
    char pattern[64], path[256], line[512];
    unsigned count = 0;
    FILE *f;

    snprintf(pattern, sizeof(pattern), DRI "%s", table);
    f = fopen(sysfs_find(pattern, path, sizeof(path)), "re");
    igt_assert_f(f, "debugfs has no table %s\n", table);
    while (fgets(line, sizeof(line), f))
        count++;
    fclose(f);
    return count;
}

static void must_be_as_before(const char *table, unsigned before)
{
    for (unsigned i = 0; i < 200 && lines(table) > before; i++)
        usleep(50000); /* released by work that follows the last close */
    igt_assert_f(lines(table) <= before, "%s has %u lines, had %u before\n", table, lines(table),
                 before);
}

/* Reports that name the driver. The second scan is for what the first saw change. */
static void no_leak(void)
{
    char line[512];
    bool ours = false;
    FILE *f;

    if (!sysfs_write(KMEMLEAK, "scan")) {
        igt_info("no kmemleak in this kernel\n");
        return;
    }
    sleep(6);
    sysfs_write(KMEMLEAK, "scan");
    f = fopen(KMEMLEAK, "re");
    igt_assert(f);
    while (fgets(line, sizeof(line), f)) {
        igt_info("%s", line);
        ours |= strstr(line, "[garm]") != NULL;
    }
    fclose(f);
    igt_assert_f(!ours, "kmemleak names the driver\n");
}

/* How a worker ended: killed by us, out of memory, or with something to tell. */
static void judge(int status)
{
    igt_assert_f(!WIFEXITED(status) || !WEXITSTATUS(status), "a process found: %s\n",
                 WEXITSTATUS(status) == BAD_FENCE ? "a fence that does not signal" : "wrong data");
}

/* Nobody asks for anything any more: the GPU is suspended, in the middle of all that there is. */
static void let_suspend(const pid_t *pids)
{
    bool suspended;

    for (unsigned i = 0; i < WORKERS; i++)
        kill(pids[i], SIGSTOP);
    suspended = sysfs_wait(STATUS, "suspended", 30);
    for (unsigned i = 0; i < WORKERS; i++)
        kill(pids[i], SIGCONT);
    igt_assert_f(suspended, "the GPU is not suspended 30 s after its last client stopped\n");
}

static void run(unsigned seconds, bool inject)
{
    pid_t pids[WORKERS], pressure = start_pressure();
    double end = pu_seconds() + seconds;
    unsigned started = 0, killed = 0, resets = 0, suspends = 0;
    int status;

    for (; started < WORKERS; started++)
        pids[started] = start_worker(started + 1, inject);
    for (unsigned turn = 1; pu_seconds() < end; turn++) {
        unsigned i = (unsigned)rand() % WORKERS;

        usleep(100000);
        if (turn % PAUSE == PAUSE / 2) {
            let_suspend(pids);
            suspends++;
        }
        if (rand() % 20 == 0) {
            kill(pids[i], SIGKILL);
            killed++;
        }
        if (rand() % 150 == 0 && sysfs_write(DRI "reset", "1"))
            resets++;
        for (i = 0; i < WORKERS; i++) {
            if (waitpid(pids[i], &status, WNOHANG) != pids[i])
                continue;
            judge(status);
            pids[i] = start_worker(++started, inject);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++)
        kill(pids[i], SIGKILL);
    for (unsigned i = 0; i < WORKERS; i++) {
        igt_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
        judge(status);
    }
    kill(pressure, SIGKILL);
    waitpid(pressure, NULL, 0);
    igt_info("%u processes, %u of them killed, %u resets, %u suspends\n", started, killed, resets,
             suspends);
}

static void stress(void)
{
    static const char *const tables[] = {"gems", "vms", "groups", "heaps"};
    bool inject = option("GARM_STRESS_INJECT", 0);
    unsigned before[PU_N(tables)];

    srand(1);
    igt_assert_f(!inject || set_injection(), "this kernel cannot inject failures of allocations\n");
    for (unsigned i = 0; i < PU_N(tables); i++)
        before[i] = lines(tables[i]);
    run(option("GARM_STRESS_SECONDS", SECONDS), inject);
    for (unsigned i = 0; i < PU_N(tables); i++)
        must_be_as_before(tables[i], before[i]);
    no_leak();
}

/* The GPU still works. */
static void after(struct pu_ctx *c, uint32_t group)
{
    pu_do(c, group, cs_mov48(80, PU_DATA_VA), cs_mov32(10, 0x600d), cs_store(10, 80, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 0x600d);
}

igt_main
{
    igt_fixture
    {
        char path[256];

        igt_require_f(*sysfs_find(DRI "reclaim", path, sizeof(path)),
                      "not garm.ko, or no debugfs\n");
    }
    igt_describe("every fence signals, no data is lost, nothing is left");
    igt_subtest("stress") stress();
    pu_subtest("after", "the GPU works as before", after, 1);
}
