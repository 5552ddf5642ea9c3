/*
 * Figures of the driver that is loaded: scripts/bench compares those of two drivers.
 *
 *   driver_bench [jobs] [latency] [bind[-sync|-async|-large]] [memory]
 *
 * Prints one line of JSON (rates and times as the keys say; memory in bytes for one object). The same calls
 * are made whatever the driver is. Any call that fails ends the program with status 1: half a figure is none.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cs_builder.h"
#include "garm_igt.h"
#include "panthor_util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define RING 65536
#define QUEUES 8
#define BATCH 104 /* jobs between two waits; a multiple of QUEUES */
#define BATCHES 40
#define SINGLE 1000 /* jobs of which each is waited for */
#define WARM_UP 20
#define SMALL 10000 /* ranges of 4 KiB */
#define SMALL_BATCH 100
#define SMALL_VA 0x100000000ull
#define LARGE_VA 0x4000000000ull
#define LARGE_BYTES (1ull << 30)
#define LARGE_BO (64ull << 20) /* mapped 16 times: the guest's memory is less than would do for one of 1 GiB */
#define LARGE_ROUNDS 5
#define PAGE 4096ull /* of the GPU */
#define FILES 1024 /* open at once, for the memory of one */

static int fd;
static const char *comma = "";

#define need(cond, ...)                                                                            \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "driver_bench: " __VA_ARGS__);                                         \
            fprintf(stderr, " (%s)\n", #cond);                                                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void emit(const char *key, double value)
{
    printf("%s\"%s\": %.6g", comma, key, value);
    comma = ", ";
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int smaller(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The value below which @percent of the @n samples lie; sorts them. */
static double percentile(double *samples, unsigned n, unsigned percent)
{
    qsort(samples, n, sizeof(*samples), smaller);
    return samples[(n - 1) * percent / 100];
}

static uint32_t new_group(struct pu_ctx *c, unsigned queues)
{
    uint32_t group;
    int r = pu_group_create(fd, c->vm, queues, RING, PANTHOR_GROUP_PRIORITY_MEDIUM, &group);

    need(!r, "no group of %u queues: error %d", queues, r);
    return group;
}

/* ---- jobs -------------------------------------------------------------------- */

#define MOV_JOB {cs_mov48(68, PU_DATA_VA + 64), cs_mov32(70, 0xdeadbeef), cs_store(70, 68, 1, 0), cs_wait(0xff)}

/* One job that is waited for; -errno of the ioctls or of the fence. */
static int run_one(uint32_t group, uint32_t queue, uint64_t va, uint32_t bytes, uint32_t sync)
{
    const struct pu_sync s = {.handle = sync, .signal = true};
    int r = pu_submit(fd, group, queue, va, bytes, &s, 1);

    r = r ? r : pu_sync_wait(fd, sync, 0, PU_WAIT);
    if (!r) /* waiting succeeds for a fence with an error, too */
        r = pu_sync_status(fd, sync);
    return r < 0 ? r : 0;
}

/* Jobs a second in batches over @queues queues; the last job of each queue in a batch is waited for. */
static void throughput(const char *key, unsigned queues)
{
    const uint64_t job[] = MOV_JOB;
    struct pu_ctx c = pu_need_ctx(fd);
    uint32_t group = new_group(&c, queues), sync[QUEUES];
    uint64_t va = pu_stream(&c, job, PU_N(job));
    double start;

    for (unsigned q = 0; q < queues; q++) {
        sync[q] = pu_sync_create(fd);
        need(!run_one(group, q, va, sizeof(job), sync[q]), "%s: the first job of queue %u", key, q);
    }
    start = seconds();
    for (unsigned i = 0; i < BATCHES * BATCH; i++) {
        const unsigned q = i % queues, at = i % BATCH;
        const struct pu_sync s = {.handle = sync[q], .signal = true};
        int r = pu_submit(fd, group, q, va, sizeof(job), &s, at >= BATCH - queues);

        need(!r, "%s: job %u: error %d", key, i, r);
        for (unsigned w = 0; at == BATCH - 1 && w < queues; w++) {
            r = pu_sync_wait(fd, sync[w], 0, PU_WAIT);
            need(!r && pu_sync_status(fd, sync[w]) == 1, "%s: job %u on queue %u: error %d", key, i, w, r);
        }
    }
    emit(key, BATCHES * BATCH / (seconds() - start));
    need(*pu_data(&c, 64) == 0xdeadbeef, "%s: the jobs did not store", key);
    for (unsigned q = 0; q < queues; q++)
        pu_sync_destroy(fd, sync[q]);
    pu_group_destroy(fd, group);
    pu_ctx_free(&c);
}

static void jobs(void)
{
    throughput("jobs_1_queue_per_s", 1);
    throughput("jobs_8_queues_per_s", QUEUES);
}

static void latency(void)
{
    static double samples[SINGLE];
    const uint64_t job[] = MOV_JOB;
    struct pu_ctx c = pu_need_ctx(fd);
    uint32_t group = new_group(&c, 1), sync = pu_sync_create(fd);
    uint64_t va = pu_stream(&c, job, PU_N(job));
    const struct pu_sync s = {.handle = sync, .signal = true};

    for (unsigned i = 0; i < SINGLE + WARM_UP; i++) {
        double start = seconds();
        int r = pu_submit(fd, group, 0, va, sizeof(job), &s, 1);

        r = r ? r : pu_sync_wait(fd, sync, 0, PU_WAIT);
        need(!r, "latency: job %u: error %d", i, r);
        if (i >= WARM_UP)
            samples[i - WARM_UP] = seconds() - start;
        need(pu_sync_status(fd, sync) == 1, "latency: job %u failed", i);
    }
    emit("latency_median_us", percentile(samples, SINGLE, 50) * 1e6);
    emit("latency_p99_us", percentile(samples, SINGLE, 99) * 1e6);
    pu_sync_destroy(fd, sync);
    pu_group_destroy(fd, group);
    pu_ctx_free(&c);
}

/* ---- VM_BIND ------------------------------------------------------------------- */

/*
 * No job ever ran in these VMs, so they have no address space of the hardware, and nothing has to be flushed:
 * what is measured is the driver's own work, without the emulator's.
 */

/* A BO whose pages are there already, so that a bind is a bind and not an allocation. */
static uint32_t resident_bo(uint32_t vm, uint64_t size)
{
    uint32_t bo;

    need(!pu_bo_create(fd, &size, 0, vm, &bo), "no BO of %llu bytes", (unsigned long long)size);
    need(!pu_map(fd, vm, bo, LARGE_VA, size, DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC), "first map");
    need(!pu_unmap(fd, vm, LARGE_VA, size), "first unmap");
    return bo;
}

/* Small ranges with holes between them, so that none can become part of another. */
static void bind_small(const char *key, uint32_t flags)
{
    static struct drm_panthor_vm_bind_op ops[SMALL_BATCH];
    struct drm_panthor_obj_array list = {.stride = sizeof(ops[0]), .array = (uintptr_t)ops};
    const uint64_t bo_bytes = 4ull << 20;
    struct drm_panthor_sync_op done;
    struct pu_sync s = {.handle = pu_sync_create(fd), .signal = true};
    uint32_t vm, bo;
    double start;
    int r;

    need(!pu_vm_create(fd, 0, 0, &vm), "%s: no VM", key);
    bo = resident_bo(vm, bo_bytes);
    start = seconds();
    for (unsigned i = 0; i < SMALL; i++) {
        const unsigned at = i % SMALL_BATCH;

        ops[at] = (struct drm_panthor_vm_bind_op){
            .flags = DRM_PANTHOR_VM_BIND_OP_TYPE_MAP | DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC,
            .bo_handle = bo, .bo_offset = i * PAGE % bo_bytes, .va = SMALL_VA + i * 2 * PAGE, .size = PAGE,
        };
        if (at + 1 < SMALL_BATCH)
            continue;
        if (flags && i + 1 == SMALL) /* the VM's operations are done in order: the last one tells of all */
            ops[at].syncs = pu_sync_ops(&done, &s, 1);
        list.count = SMALL_BATCH;
        r = pu_vm_bind(fd, vm, flags, &list);
        need(!r, "%s: batch up to range %u: error %d", key, i, r);
    }
    if (flags) {
        r = pu_sync_wait(fd, s.handle, 0, PU_WAIT);
        need(!r && pu_sync_status(fd, s.handle) == 1, "%s: the last operation: error %d", key, r);
    }
    emit(key, SMALL / (seconds() - start));
    need(!pu_unmap(fd, vm, SMALL_VA, SMALL * 2 * PAGE), "%s: unmap", key);
    pu_sync_destroy(fd, s.handle);
    pu_bo_close(fd, bo);
    pu_vm_destroy(fd, vm);
}

/* 1 GiB of addresses in one ioctl. */
static void bind_large(void)
{
    struct drm_panthor_vm_bind_op ops[LARGE_BYTES / LARGE_BO];
    double samples[LARGE_ROUNDS];
    uint32_t vm, bo;

    need(!pu_vm_create(fd, 0, 0, &vm), "1 GiB: no VM");
    bo = resident_bo(vm, LARGE_BO);
    for (unsigned round = 0; round < LARGE_ROUNDS; round++) {
        struct drm_panthor_obj_array list = {.stride = sizeof(ops[0]), .count = PU_N(ops), .array = (uintptr_t)ops};
        double start;
        int r;

        for (unsigned i = 0; i < PU_N(ops); i++)
            ops[i] = (struct drm_panthor_vm_bind_op){
                .flags = DRM_PANTHOR_VM_BIND_OP_TYPE_MAP | DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC,
                .bo_handle = bo, .va = LARGE_VA + i * LARGE_BO, .size = LARGE_BO,
            };
        start = seconds();
        r = pu_vm_bind(fd, vm, 0, &list);
        samples[round] = seconds() - start;
        need(!r, "1 GiB: operation %u: error %d", list.count, r);
        need(!pu_unmap(fd, vm, LARGE_VA, LARGE_BYTES), "1 GiB: unmap");
    }
    emit("bind_large_gib_per_s", 1 / percentile(samples, LARGE_ROUNDS, 50));
    pu_bo_close(fd, bo);
    pu_vm_destroy(fd, vm);
}

static void bind_sync(void)
{
    bind_small("bind_small_sync_per_s", 0);
}
static void bind_async(void)
{
    bind_small("bind_small_async_per_s", DRM_PANTHOR_VM_BIND_ASYNC);
}

/* ---- memory --------------------------------------------------------------------- */

/* Bytes of memory that nothing uses, with caches emptied and what is freed late given the time to be. */
static double free_bytes(void)
{
    const struct timespec nap = {.tv_nsec = 500000000};
    unsigned long long kib = 0;
    char line[128];
    FILE *f;

    nanosleep(&nap, NULL);
    f = fopen("/proc/sys/vm/drop_caches", "we");
    need(f, "/proc/sys/vm/drop_caches cannot be written");
    fputs("3\n", f);
    need(!fclose(f), "/proc/sys/vm/drop_caches cannot be written");
    f = fopen("/proc/meminfo", "re");
    need(f, "/proc/meminfo cannot be read");
    while (fgets(line, sizeof(line), f) && sscanf(line, "MemFree: %llu kB", &kib) != 1)
        ;
    fclose(f);
    need(kib, "no MemFree in /proc/meminfo");
    return kib * 1024.0;
}

static int files[FILES]; /* opened for the figure of a file; each then has a VM for that of a VM */
static unsigned opened, vms;

static void open_file(struct pu_ctx *c)
{
    (void)c;
    need(opened < FILES && (files[opened] = pu_open()) >= 0, "memory: no more files");
    opened++;
}
static void create_vm(struct pu_ctx *c)
{
    uint32_t vm;

    (void)c;
    need(vms < opened && !pu_vm_create(files[vms], 0, 0, &vm), "memory: no more VMs");
    vms++;
}
static void create_group(struct pu_ctx *c)
{
    (void)new_group(c, 1);
}
static void create_bo(struct pu_ctx *c)
{
    uint64_t size = PAGE;
    uint32_t bo;

    need(!pu_bo_create(c->fd, &size, 0, 0, &bo), "memory: no more BOs");
}

/*
 * Objects stay until the program ends: freed memory of one kind must not hide that of the next. The first
 * @found are not counted: they may lie in slabs that what ran before has left half empty.
 */
static void footprint(const char *key, struct pu_ctx *c, void (*make)(struct pu_ctx *c), unsigned found, unsigned n)
{
    double before;

    for (unsigned i = 0; i < found; i++)
        make(c);
    before = free_bytes();
    for (unsigned i = 0; i < n; i++)
        make(c);
    emit(key, (before - free_bytes()) / n);
}

static void memory(void)
{
    const char *driver = getenv("GARM_DRIVER");
    struct pu_ctx c = pu_need_ctx(fd);
    unsigned long size = 0;
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "/sys/module/%s/coresize", driver ? driver : "panthor");
    f = fopen(path, "re");
    need(f && fscanf(f, "%lu", &size) == 1, "%s cannot be read", path);
    fclose(f);
    emit("module_bytes", size);
    need(!setrlimit(RLIMIT_NOFILE, &(struct rlimit){FILES + 64, FILES + 64}), "memory: the limit of files");
    footprint("file_bytes", &c, open_file, FILES / 4, FILES * 3 / 4);
    footprint("vm_bytes", &c, create_vm, FILES / 4, FILES * 3 / 4);
    footprint("group_bytes", &c, create_group, 8, 64);
    footprint("bo_bytes", &c, create_bo, 2048, 4096);
}

/* ---- all -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"jobs", jobs},
    {"latency", latency},
    {"bind-sync", bind_sync},
    {"bind-async", bind_async},
    {"bind-large", bind_large},
    {"memory", memory},
};

/* "bind" stands for all whose name begins so. */
static bool wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], name, strlen(argv[i])))
            return true;
    }
    return argc < 2;
}

int main(int argc, char **argv)
{
    unsigned known = 0;

    for (unsigned i = 0; i < PU_N(parts); i++)
        known += argc > 1 && wanted(argc, argv, parts[i].name);
    need(argc < 2 || known, "no such part: %s", argv[1]);
    fd = pu_open();
    need(fd >= 0, "no render node of a driver named panthor");
    printf("{");
    for (unsigned i = 0; i < PU_N(parts); i++) {
        if (wanted(argc, argv, parts[i].name))
            parts[i].run();
    }
    printf("}\n");
    return 0;
}
