/*
 * garm.ko gives memory of idle VMs back to the system and brings it back on use: what was in it is
 * still there for CPU and GPU, and what may not go stays.
 *
 * Objects are filled by GPU jobs, then evicted through debugfs ("shrink" takes any number of pages,
 * with or without swap) or by real reclaim; fdinfo tells what is resident.
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

#define KNOB     "/sys/kernel/debug/dri/*/shrink"
#define COUNTERS "/sys/kernel/debug/dri/*/reclaim"
#define LEAVES   "/sys/kernel/debug/dri/*/leaves"
#define BO_VA    0x40000000ull
#define BO_STEP  0x1000000ull /* from the address of one object to the next */
#define BO_SIZE  0x80000ull
#define PAGE     4096u /* the GPU's */
#define PAGES    (BO_SIZE / PAGE)
#define BOS      8
#define SYNC_OFF 0x8000
#define PRESSES  8

static void need_shrinker(void)
{
    char path[256];

    igt_require_f(*sysfs_find(KNOB, path, sizeof(path)) &&
                      *sysfs_find(COUNTERS, path, sizeof(path)),
                  "no shrinker in debugfs: not garm.ko, or debugfs is not mounted\n");
}

/* Everything that can go, goes. */
static void shrink(void)
{
    igt_assert(sysfs_write(KNOB, "1000000000"));
}

static unsigned long counter(const char *name)
{
    char path[256], line[128];
    FILE *f = fopen(sysfs_find(COUNTERS, path, sizeof(path)), "re");
    size_t len = strlen(name);
    unsigned long value = 0;

    igt_assert(f);
    while (fgets(line, sizeof(line), f))
        if (!strncmp(line, name, len) && line[len] == ':')
            value = strtoul(line + len + 1, NULL, 0);
    fclose(f);
    return value;
}

/* KiB of the file's objects that have pages. */
static unsigned long resident(int fd)
{
    unsigned long value = 0;
    char line[128], unit[8];
    FILE *f;

    snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
    f = fopen(line, "re");
    igt_assert(f);
    while (fgets(line, sizeof(line), f)) {
        unit[0] = 0;
        if (sscanf(line, "drm-resident-memory: %lu %7s", &value, unit) >= 1)
            value *= !strcmp(unit, "MiB") ? 1024 : 1;
    }
    fclose(f);
    return value;
}

struct bo {
    uint32_t handle;
    volatile uint32_t *cpu;
    uint64_t va;
};

static struct bo make_bo(int fd, uint32_t flags, uint32_t vm)
{
    uint64_t size = BO_SIZE;
    struct bo bo = {0};

    igt_assert_eq(pu_bo_create(fd, &size, flags, vm, &bo.handle), 0);
    bo.cpu = pu_bo_mmap(fd, bo.handle, BO_SIZE);
    igt_assert(bo.cpu);
    return bo;
}

static struct bo need_bo(struct pu_ctx *c, unsigned i, uint32_t flags, bool private)
{
    struct bo bo = make_bo(c->fd, flags, private ? c->vm : 0);

    bo.va = BO_VA + i * BO_STEP;
    igt_assert_eq(pu_map(c->fd, c->vm, bo.handle, bo.va, BO_SIZE, 0), 0);
    return bo;
}

static void free_bo(struct pu_ctx *c, struct bo *bo)
{
    munmap((void *)bo->cpu, BO_SIZE);
    pu_bo_close(c->fd, bo->handle);
}

/* Each page of the object: @seed in its first word, then how many pages are left. */
static void fill(struct pu_ctx *c, uint32_t group, const struct bo *bo, uint32_t seed)
{
    pu_do(c, group, cs_mov48(80, bo->va), cs_mov32(10, seed), cs_mov32(12, PAGES),
          cs_add32(11, 12, 0), cs_store(10, 80, 3, 0), cs_wait(0xff), cs_add64(80, 80, PAGE),
          cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -6));
}

#define BUMP(va)                                                                                   \
    cs_mov48(80, va), cs_mov32(12, PAGES), cs_load(10, 80, 3, 0), cs_wait(0xff),                   \
        cs_add32(10, 10, 1), cs_store(10, 80, 3, 0), cs_wait(0xff), cs_add64(80, 80, PAGE),        \
        cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -8)

/* The GPU reads and writes each page: the first word becomes one more. */
static void bump(struct pu_ctx *c, uint32_t group, const struct bo *bo)
{
    pu_do(c, group, BUMP(bo->va));
}

/* What the CPU sees of [@first, @last) of the pages must be @seed. */
static void check_pages(const struct bo *bo, uint32_t seed, unsigned first, unsigned last)
{
    for (unsigned i = first; i < last; i++) {
        volatile uint32_t *word = bo->cpu + i * PAGE / 4;

        igt_assert_f(word[0] == seed && word[1] == PAGES - i,
                     "page %u of the object at 0x%" PRIx64
                     ": 0x%x, %u left; expected 0x%x, %u left\n",
                     i, bo->va, word[0], word[1], seed, (unsigned)PAGES - i);
    }
}

static void check(const struct bo *bo, uint32_t seed)
{
    check_pages(bo, seed, 0, PAGES);
}

static void idle(struct pu_ctx *c, uint32_t group)
{
    shrink();
    igt_assert_f(resident(c->fd) == 0, "%lu KiB are resident after everything was to go\n",
                 resident(c->fd));
    (void)group;
}

/* Objects of one VM and shared ones, with CPU mappings: evicted, read by the CPU, evicted, used by
 * the GPU. */
static void round_trip(struct pu_ctx *c, uint32_t group)
{
    unsigned long evicted = counter("evicted"), restored = counter("restored");
    struct bo bo[BOS];

    for (unsigned i = 0; i < BOS; i++) {
        bo[i] = need_bo(c, i, 0, i % 2);
        fill(c, group, &bo[i], 0x1000 * i);
    }
    igt_assert(resident(c->fd) >= BOS * BO_SIZE / 1024);
    idle(c, group);
    for (unsigned i = 0; i < BOS; i++)
        check(&bo[i], 0x1000 * i);
    idle(c, group);
    for (unsigned i = 0; i < BOS; i++)
        bump(c, group, &bo[i]);
    for (unsigned i = 0; i < BOS; i++)
        check(&bo[i], 0x1000 * i + 1);
    igt_assert(counter("evicted") >= evicted + 2 * BOS);
    igt_assert(counter("restored") >= restored + BOS);
    for (unsigned i = 0; i < BOS; i++)
        free_bo(c, &bo[i]);
}

/* Nobody but the CPU has it; nothing may be lost that is only in the CPU's cache. */
static void cpu_only(struct pu_ctx *c, uint32_t group)
{
    struct bo bo[2] = {make_bo(c->fd, 0, 0),
                       make_bo(c->fd, pu_minor(c->fd) >= 7 ? PU_BO_WB_MMAP : 0, 0)};

    for (unsigned round = 0; round < 4; round++) {
        for (unsigned b = 0; b < 2; b++)
            for (uint32_t i = 0; i < BO_SIZE / 4; i++)
                bo[b].cpu[i] = i * 7 + b + round;
        idle(c, group);
        for (unsigned b = 0; b < 2; b++)
            for (uint32_t i = 0; i < BO_SIZE / 4; i++)
                igt_assert_eq_u32(bo[b].cpu[i], i * 7 + b + round);
    }
    free_bo(c, &bo[0]);
    free_bo(c, &bo[1]);
}

/* Two VMs map the object; each finds it again when it is used. */
static void two_vms(struct pu_ctx *a, uint32_t group_a)
{
    struct pu_ctx b = pu_need_ctx(a->fd);
    uint32_t group_b = pu_need_group(&b, 1);
    struct bo bo = need_bo(a, 0, 0, false);

    igt_assert_eq(pu_map(b.fd, b.vm, bo.handle, bo.va, BO_SIZE, 0), 0);
    fill(a, group_a, &bo, 0x700);
    for (uint32_t i = 0; i < 6; i += 2) {
        idle(a, group_a);
        bump(&b, group_b, &bo);
        check(&bo, 0x700 + i + 1);
        bump(a, group_a, &bo);
        check(&bo, 0x700 + i + 2);
    }
    free_bo(a, &bo);
    pu_group_destroy(b.fd, group_b);
    pu_ctx_free(&b);
}

/* Mappings that change while they are evicted: split, replaced in part, mapped a second time,
 * removed. */
static void changed(struct pu_ctx *c, uint32_t group)
{
    struct bo bo = need_bo(c, 0, 0, true), other = need_bo(c, 1, 0, true), view = bo;
    const unsigned hole = 3, over = 40;

    fill(c, group, &bo, 0x10);
    fill(c, group, &other, 0x20);
    idle(c, group);
    igt_assert_eq(pu_unmap(c->fd, c->vm, bo.va + hole * PAGE, PAGE), 0);
    igt_assert_eq(pu_vm_op(c->fd, c->vm, DRM_PANTHOR_VM_BIND_OP_TYPE_MAP, other.handle, 0,
                           bo.va + over * PAGE, 4 * PAGE),
                  0);
    view.va = BO_VA + 5 * BO_STEP;
    igt_assert_eq(pu_map(c->fd, c->vm, bo.handle, view.va, BO_SIZE, 0), 0);
    bump(c, group, &view);
    check(&bo, 0x11);
    /* Evicted and fresh mappings of one object. */
    idle(c, group);
    igt_assert_eq(pu_map(c->fd, c->vm, bo.handle, BO_VA + 6 * BO_STEP, BO_SIZE, 0), 0);
    idle(c, group);
    pu_do(c, group, cs_mov48(80, bo.va + (hole + 1) * PAGE), cs_mov32(10, 0x77),
          cs_store(10, 80, 1, 0), cs_mov48(80, bo.va + over * PAGE), cs_store(10, 80, 1, 0));
    check_pages(&bo, 0x11, 0, hole + 1);
    check_pages(&bo, 0x77, hole + 1, hole + 2);
    check_pages(&bo, 0x11, hole + 2, PAGES);
    check_pages(&other, 0x77, 0, 1);
    check_pages(&other, 0x20, 1, PAGES);
    /* Gone while evicted: nothing is left to come back. */
    idle(c, group);
    igt_assert_eq(pu_unmap(c->fd, c->vm, BO_VA, 16 * BO_STEP), 0);
    pu_do(c, group, cs_mov32(10, 1));
    check_pages(&bo, 0x11, 0, hole + 1);
    free_bo(c, &other);
    free_bo(c, &bo);
}

/* Bytes that leaves of a size translate, in all VMs. */
struct leaves {
    uint64_t small, large, evicted;
};

static struct leaves count_leaves(void)
{
    struct leaves sum = {0}, row;
    char path[256], line[128];
    FILE *f = fopen(sysfs_find(LEAVES, path, sizeof(path)), "re");

    igt_assert(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%*u %" SCNu64 " %" SCNu64 " %" SCNu64, &row.small, &row.large,
                   &row.evicted) != 3)
            continue;
        sum.small += row.small;
        sum.large += row.large;
        sum.evicted += row.evicted;
    }
    fclose(f);
    return sum;
}

static void store(struct pu_ctx *c, uint32_t group, uint64_t va, uint32_t value)
{
    pu_do(c, group, cs_mov48(80, va), cs_mov32(10, value), cs_store(10, 80, 1, 0));
}

/* Huge pages make large leaves; a page unmapped out of one leaves the others; eviction and return
 * keep all that. */
static void huge_split(struct pu_ctx *c, uint32_t group)
{
    const uint64_t leaf = 2 << 20, at = BO_VA + leaf + 7 * PAGE,
                   granule = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t size = granule == 4096 ? 4 * leaf : 32 * leaf;
    struct leaves before = count_leaves(), whole, split;
    volatile uint32_t *cpu;
    uint32_t bo;

    igt_assert_eq(pu_bo_create(c->fd, &size, 0, c->vm, &bo), 0);
    cpu = pu_bo_mmap(c->fd, bo, size);
    igt_assert(cpu);
    igt_assert_eq(pu_map(c->fd, c->vm, bo, BO_VA, size, 0), 0);
    whole = count_leaves();
    igt_info("%" PRIu64 " KiB: %" PRIu64 " KiB in leaves of 2 MiB\n", size >> 10,
             (whole.large - before.large) >> 10);
    igt_assert_eq(whole.small + whole.large - before.small - before.large, size);
    store(c, group, at - PAGE, 1);
    store(c, group, at, 2);
    store(c, group, at + PAGE, 3);
    igt_assert_eq(pu_unmap(c->fd, c->vm, at, PAGE), 0);
    split = count_leaves();
    igt_assert_eq(whole.small + whole.large - split.small - split.large, PAGE);
    if (whole.large == before.large + size)
        igt_assert_eq(whole.large - split.large, leaf);
    for (unsigned round = 0; round < 2; round++) {
        store(c, group, at - PAGE, 11 + round);
        store(c, group, at + PAGE, 13 + round);
        store(c, group, BO_VA, 15 + round);
        store(c, group, BO_VA + size - PAGE, 17 + round);
        igt_assert_eq_u32(cpu[(leaf + 6 * PAGE) / 4], 11 + round);
        igt_assert_eq_u32(cpu[(leaf + 7 * PAGE) / 4], 2);
        igt_assert_eq_u32(cpu[(leaf + 8 * PAGE) / 4], 13 + round);
        igt_assert_eq_u32(cpu[0], 15 + round);
        igt_assert_eq_u32(cpu[(size - PAGE) / 4], 17 + round);
        idle(c, group);
        igt_assert(count_leaves().evicted >= size - PAGE);
    }
    igt_assert_eq(pu_vm_op(c->fd, c->vm, DRM_PANTHOR_VM_BIND_OP_TYPE_MAP, bo, at - BO_VA, at, PAGE),
                  0);
    store(c, group, at, 20);
    igt_assert_eq_u32(cpu[(leaf + 7 * PAGE) / 4], 20);
    igt_assert_eq_u32(cpu[(leaf + 8 * PAGE) / 4], 14);
    munmap((void *)cpu, size);
    pu_bo_close(c->fd, bo);
}

/* A job that is not done keeps everything that its VM maps, and gives it free when it is. */
static void busy_stays(struct pu_ctx *c, uint32_t group)
{
    struct bo bo = need_bo(c, 0, 0, true);
    uint32_t sync = pu_sync_create(c->fd);
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA + SYNC_OFF),
                            cs_mov48(10, 0),
                            cs_sync_wait(CS_SYNC_WAIT32, 80, 10, CS_GT),
                            BUMP(bo.va),
                            cs_wait(0xff),
                            cs_mov32(94, 0),
                            cs_flush(94, 0, 1),
                            cs_wait(0xff)};
    const uint64_t wake[] = {cs_mov48(80, PU_DATA_VA + SYNC_OFF), cs_mov48(10, 1),
                             cs_sync(CS_SYNC_SET32, 80, 10, 0)};

    fill(c, group, &bo, 0x900);
    igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
    shrink();
    igt_assert(resident(c->fd) >= BO_SIZE / 1024);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, 0), -ETIME);
    igt_assert_eq(pu_run_on(c, group, 1, wake, PU_N(wake), PU_WAIT), 0);
    pu_must_signal(c->fd, sync, PU_WAIT);
    check(&bo, 0x901);
    pu_sync_destroy(c->fd, sync);
    pu_group_destroy(c->fd, group);
    free_bo(c, &bo);
}

/* Others may have mapped what was exported: it stays as long as the dma-buf, which the handle
 * keeps. */
static void exported_stays(struct pu_ctx *c, uint32_t group)
{
    struct bo bo = need_bo(c, 0, 0, false);
    struct drm_prime_handle prime = {.handle = bo.handle, .flags = DRM_CLOEXEC | DRM_RDWR};
    volatile uint32_t *view;

    fill(c, group, &bo, 0x300);
    igt_assert_eq(pu_ioctl(c->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    view = mmap(NULL, BO_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, prime.fd, 0);
    igt_assert(view != MAP_FAILED);
    igt_assert_eq_u32(view[0], 0x300);
    shrink();
    igt_assert_eq(resident(c->fd), BO_SIZE / 1024);
    bump(c, group, &bo);
    igt_assert_eq_u32(view[0], 0x301);
    munmap((void *)view, BO_SIZE);
    close(prime.fd);
    free_bo(c, &bo);
}

/* A process that evicts all the time. */
static pid_t start_storm(void)
{
    pid_t pid = fork();

    igt_assert(pid >= 0);
    while (!pid)
        sysfs_write(KNOB, "1000000000");
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGKILL);
    igt_assert_eq(waitpid(pid, NULL, 0), pid);
}

/* Jobs, CPU reads and evictions at once. */
static void storm(struct pu_ctx *c, uint32_t group)
{
    enum { ROUNDS = 40, MANY = 4 };
    unsigned long evicted = counter("evicted");
    struct bo bo[MANY];
    pid_t pid;

    for (unsigned i = 0; i < MANY; i++) {
        bo[i] = need_bo(c, i, 0, i % 2);
        fill(c, group, &bo[i], i << 16);
    }
    pid = start_storm();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        bump(c, group, &bo[round % MANY]);
        /* Object 0 has its first turn in round MANY, the others before. */
        check(&bo[round % MANY], ((round % MANY) << 16) + round / MANY + (round % MANY != 0));
    }
    stop(pid);
    igt_assert(counter("evicted") > evicted);
    for (unsigned i = 0; i < MANY; i++)
        free_bo(c, &bo[i]);
}

struct hostile {
    struct pu_ctx c;
    uint32_t group;
    struct bo bo[BOS];
};

static void bind_async(struct hostile *h, unsigned slot, bool map)
{
    struct drm_panthor_vm_bind_op op = {
        .flags = map ? DRM_PANTHOR_VM_BIND_OP_TYPE_MAP : DRM_PANTHOR_VM_BIND_OP_TYPE_UNMAP,
        .bo_handle = map ? h->bo[slot].handle : 0,
        .va = BO_VA + (unsigned)(rand() % BOS) * BO_STEP + (unsigned)(rand() % 16) * PAGE,
        .size = (unsigned)(1 + rand() % 32) * PAGE,
    };
    struct drm_panthor_obj_array ops = {.stride = sizeof(op), .count = 1, .array = (uintptr_t)&op};

    pu_vm_bind(h->c.fd, h->c.vm, DRM_PANTHOR_VM_BIND_ASYNC, &ops);
}

/* One thing that user space can do, good or bad, with a random object. */
static void hostile_step(struct hostile *h)
{
    unsigned slot = (unsigned)rand() % BOS;
    struct bo *bo = &h->bo[slot];
    const uint64_t wild[] = {cs_mov48(80, BO_VA + (unsigned)rand() % (BOS * BO_STEP) / PAGE * PAGE),
                             cs_load(10, 80, 1, 0), cs_wait(0xff), cs_store(10, 80, 1, 0),
                             cs_wait(0xff)};

    switch (rand() % 8) {
    case 0:
        if (bo->handle)
            free_bo(&h->c, bo);
        bo->handle = 0;
        break;
    case 1:
        if (!bo->handle)
            *bo = need_bo(&h->c, slot, 0, rand() % 2);
        break;
    case 2:
        bind_async(h, slot, bo->handle != 0);
        break;
    case 3:
        bind_async(h, slot, false);
        break;
    case 4:
        if (bo->handle)
            bo->cpu[(unsigned)rand() % (BO_SIZE / 4)]++;
        break;
    case 5:
        pu_group_destroy(h->c.fd, h->group);
        h->group = pu_need_group(&h->c, 1);
        break;
    default:
        /* May fault, which ends the group; then submissions fail until it is replaced. */
        pu_go(&h->c, h->group, 0, wild, PU_N(wild), 0);
    }
}

/* Whatever user space does meanwhile, the kernel stays sound, and others get what is theirs. */
static void hostile(struct pu_ctx *c, uint32_t group)
{
    enum { VMS = 4, STEPS = 60 };
    struct bo mine = need_bo(c, 0, 0, true);
    pid_t pid;

    srand(1);
    fill(c, group, &mine, 0x4000);
    pid = start_storm();
    for (unsigned vm = 0; vm < VMS; vm++) {
        struct hostile h = {.c = pu_need_ctx(c->fd)};

        h.group = pu_need_group(&h.c, 1);
        for (unsigned i = 0; i < STEPS; i++)
            hostile_step(&h);
        /* The VM goes first, with everything in it. */
        if (vm % 2)
            pu_group_destroy(h.c.fd, h.group);
        pu_ctx_free(&h.c);
        for (unsigned i = 0; i < BOS; i++)
            if (h.bo[i].handle)
                free_bo(&h.c, &h.bo[i]);
        pu_group_destroy(h.c.fd, h.group);
        bump(c, group, &mine);
        check(&mine, 0x4001 + vm);
    }
    stop(pid);
    free_bo(c, &mine);
}

/* Swap on compressed memory. */
static bool swap_on(void)
{
    static const char *const steps[] = {
        "grep -q '^/' /proc/swaps || modprobe zram num_devices=1",
        "grep -q '^/' /proc/swaps || echo 256M >/sys/block/zram0/disksize",
        "grep -q '^/' /proc/swaps || { mkswap /dev/zram0 && swapon /dev/zram0; } >/dev/null",
        "grep -q '^/' /proc/swaps",
    };

    for (unsigned i = 0; i < PU_N(steps); i++)
        if (system(steps[i]))
            return false;
    return true;
}

/* A process that takes memory, a piece at a time, until it is killed. */
static pid_t start_balloon(void)
{
    const size_t piece = 8 << 20;
    pid_t pid = fork();

    igt_assert(pid >= 0);
    if (pid)
        return pid;
    sysfs_write("/proc/self/oom_score_adj", "1000");
    for (;;) {
        volatile char *p =
            mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        for (size_t i = 0; p != MAP_FAILED && i < piece; i += PAGE)
            p[i] = (char)(rand() | 1);
        if (p == MAP_FAILED)
            pause();
    }
}

/* Memory runs out until half of the objects' is gone, or the kernel kills who takes it. */
static void press(struct pu_ctx *c, unsigned long before)
{
    pid_t pid = start_balloon();
    bool died = false;

    for (unsigned i = 0; i < 1200 && !died && resident(c->fd) > before / 2; i++) {
        usleep(100000);
        died = waitpid(pid, NULL, WNOHANG) == pid;
    }
    if (!died)
        stop(pid);
}

/*
 * The kernel's own reclaim, with swap. It may kill who takes the memory before it asks the driver
 * for any: then there was no pressure on the driver, and it is made again.
 */
static void pressure(struct pu_ctx *c, uint32_t group)
{
    unsigned long evicted = counter("evicted"), before;
    struct bo bo[BOS];

    igt_require_f(swap_on(), "no swap can be had: no zram, or no mkswap\n");
    for (unsigned i = 0; i < BOS; i++) {
        bo[i] = need_bo(c, i, 0, i % 2);
        fill(c, group, &bo[i], 0x100 * i);
    }
    igt_assert(sysfs_write("/proc/sys/vm/drop_caches", "2"));
    igt_assert(counter("evicted") >= evicted + BOS);
    for (unsigned i = 0; i < BOS; i++)
        bump(c, group, &bo[i]);
    before = resident(c->fd);
    evicted = counter("evicted");
    for (unsigned i = 0; i < PRESSES && counter("evicted") == evicted; i++)
        press(c, before);
    igt_info("resident: %lu KiB, then %lu KiB; %lu objects evicted\n", before, resident(c->fd),
             counter("evicted") - evicted);
    igt_assert(counter("evicted") > evicted);
    for (unsigned i = 0; i < BOS; i++) {
        check(&bo[i], 0x100 * i + 1);
        bump(c, group, &bo[i]);
        check(&bo[i], 0x100 * i + 2);
        free_bo(c, &bo[i]);
    }
}

igt_main
{
    igt_fixture need_shrinker();
    pu_subtest("round-trip", "what was evicted is as it was, for the CPU and for jobs", round_trip,
               1);
    pu_subtest("cpu-only", "objects that only the CPU has, write-combined and write-back", cpu_only,
               0);
    pu_subtest("two-vms", "an object in two VMs comes back in each", two_vms, 1);
    pu_subtest("changed", "mappings are split, replaced and removed while evicted", changed, 1);
    pu_subtest("huge-split", "leaves of 2 MiB, unmapped in part, evicted, back", huge_split, 1);
    pu_subtest("busy-stays", "a job that is not done keeps its VM's memory", busy_stays, 2);
    pu_subtest("exported-stays", "a dma-buf keeps its pages", exported_stays, 1);
    pu_subtest("storm", "jobs, CPU reads and evictions at once", storm, 1);
    pu_subtest("hostile", "random good and bad calls during evictions", hostile, 1);
    pu_subtest("pressure", "the kernel's reclaim: drop_caches, then memory runs out; needs swap",
               pressure, 1);
}
