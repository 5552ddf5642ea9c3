/*
 * What garm.ko tells about itself: debugfs, tracepoints, fdinfo, uevents.
 *
 * Each subtest makes a situation that it knows (a buffer with a name, a stream that runs, a fault)
 * and compares what the driver says of it. Only for garm.ko.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <xf86drm.h>

#include "cs_job.h"
#include "job_timeout.h"
#include "kernel_log.h"
#include "sysfs.h"
#include "tracefs.h"

#define SYSTEM   "garm"
#define DEBUGFS  "/sys/kernel/debug/dri/*/"
#define STATUS   SYSFS_GPU "power/runtime_status"
#define GATE     2048 /* in the data area: a stream spins until it is not zero */
#define HOLE_VA  0x60000000ull
#define OTHER_VA 0x30000000ull
#define ROUNDS   1000 /* of 20 ms */
#define ROW      1024

/* ---- helpers ----------------------------------------------------------------- */

static const char *table(const char *name)
{
    static char text[1 << 20];
    char pattern[128], path[256];

    snprintf(pattern, sizeof(pattern), DEBUGFS "%s", name);
    sysfs_find(pattern, path, sizeof(path));
    igt_assert_f(file_read(path, text, sizeof(text)) > 0, "%s cannot be read\n", pattern);
    return text;
}

/* The first line of @text with @what; false when there is none. */
static bool row_in(const char *text, const char *what, char *row)
{
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");

        snprintf(row, ROW, "%.*s", (int)(length < ROW ? length : ROW - 1), at);
        if (strstr(row, what))
            return true;
        at += length + (at[length] != 0);
    }
    row[0] = 0;
    return false;
}

/* Waits for a row with both; fails and shows the table without. */
static void want_row(const char *name, const char *what, const char *also, char *row)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (row_in(table(name), what, row) && strstr(row, also))
            return;
        usleep(20000);
    }
    igt_assert_f(false, "%s: expected a row with \"%s\" and \"%s\", got:\n%s\n", name, what, also,
                 table(name));
}

/* A key of fdinfo; false when it is not there. */
static bool fdinfo(int fd, const char *key, uint64_t *value, char *unit)
{
    char path[64], text[4096], row[ROW];

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    igt_assert(file_read(path, text, sizeof(text)) > 0);
    unit[0] = 0;
    *value = 0;
    return row_in(text, key, row) &&
           sscanf(row + strlen(key), ": %" SCNu64 " %15s", value, unit) >= 1;
}

static uint64_t client_of(struct pu_ctx *c)
{
    uint64_t client;
    char unit[16];

    igt_assert(fdinfo(c->fd, "drm-client-id", &client, unit));
    return client;
}

/*
 * A job that runs until open_gate(), also where the machine lets this program stand for seconds:
 * it makes progress, and job_timeout_ms is long here.
 */
static void spin(struct pu_ctx *c, uint32_t group, uint32_t queue, uint32_t sync)
{
    const uint64_t job[] = {cs_mov48(80, PU_DATA_VA + GATE), cs_load(10, 80, 1, 0),
                            cs_wait_progress(0xff), cs_branch(CS_EQ, 10, -3)};

    *pu_data(c, GATE) = 0;
    igt_assert_eq(pu_go(c, group, queue, job, PU_N(job), sync), 0);
}

static void open_gate(struct pu_ctx *c)
{
    *pu_data(c, GATE) = 1;
}

/* ---- debugfs ----------------------------------------------------------------- */

static void set_label(int fd, uint32_t bo, const char *label)
{
    struct pu_bo_set_label a = {.handle = bo, .label = (uintptr_t)label};

    igt_assert_eq(pu_ioctl(fd, PU_IOCTL_BO_SET_LABEL, &a), 0);
}

static void gems(struct pu_ctx *c, uint32_t group)
{
    uint64_t size = 3 * (uint64_t)sysconf(_SC_PAGESIZE);
    char row[ROW], text[64];
    volatile uint32_t *cpu;
    uint32_t bo;
    int dmabuf;

    igt_assert_eq(pu_bo_create(c->fd, &size, 0, 0, &bo), 0);
    set_label(c->fd, bo, "insight bo\nroot/1 forged");
    /* One row, whatever the label is; nothing resident before the first use. */
    snprintf(text, sizeof(text), "garm_insight/%d", (int)getpid());
    want_row("gems", "insight bo\\nroot/1 forged", text, row);
    snprintf(text, sizeof(text), " %llu %12u ", (unsigned long long)size, 0);
    igt_assert_f(strstr(row, text), "expected \"%s\", got: %s\n", text, row);
    igt_assert_f(strstr(row, " user ") && !strstr(row, "exported"), "%s\n", row);

    cpu = pu_bo_mmap(c->fd, bo, size);
    igt_assert(cpu);
    cpu[0] = 1;
    igt_assert_eq(drmPrimeHandleToFD(c->fd, bo, O_CLOEXEC, &dmabuf), 0);
    snprintf(text, sizeof(text), " %llu %12llu ", (unsigned long long)size,
             (unsigned long long)size);
    want_row("gems", "insight bo\\n", text, row);
    igt_assert_f(strstr(row, "exported"), "%s\n", row);

    close(dmabuf);
    munmap((void *)cpu, size);
    pu_bo_close(c->fd, bo);
    igt_assert(!row_in(table("gems"), "insight bo\\n", row));
    want_row("gems", "group's queues", " kernel ", row);
    want_row("gems", "firmware section", " firmware ", row);
    (void)group;
}

static void gpuvas(struct pu_ctx *c, uint32_t group)
{
    char row[ROW];

    set_label(c->fd, c->data_bo, "insight map");
    igt_assert_eq(
        pu_map(c->fd, c->vm, c->data_bo, OTHER_VA, 0x8000, DRM_PANTHOR_VM_BIND_OP_MAP_READONLY), 0);
    want_row("gpuvas", "0x30000000 ", " 0x8000 ", row);
    igt_assert_f(strstr(row, " 0x1 ") && strstr(row, "insight map"), "%s\n", row);
    igt_assert_eq(pu_unmap(c->fd, c->vm, OTHER_VA, 0x8000), 0);
    igt_assert(!row_in(table("gpuvas"), "0x30000000 ", row));
    (void)group;
}

static void running(struct pu_ctx *c, uint32_t group)
{
    uint32_t sync = pu_sync_create(c->fd);
    uint64_t client = client_of(c);
    char row[ROW], text[64], state[16];
    unsigned vm, slot, as;

    spin(c, group, 0, sync);
    snprintf(text, sizeof(text), "garm_insight/%d", (int)getpid());
    want_row("groups", text, " active ", row);
    igt_assert_f(sscanf(row, "%*u %*u %u", &vm) == 1, "%s\n", row);
    igt_assert_f(strstr(row, " ready "), "%s\n", row);
    igt_assert_f(sscanf(strstr(row, " active ") + 8, "%u", &slot) == 1, "%s\n", row);
    snprintf(text, sizeof(text), "garm-%" PRIu64 "-1-0 ", client);
    want_row("groups", text, "written 1 done 0 busy", row);

    /* That slot is the group's, and its VM has an address space with one user. */
    snprintf(text, sizeof(text), "%4u %-6" PRIu64 " 1     %-6u active", slot, client, vm);
    want_row("slots", text, "0x", row);
    snprintf(text, sizeof(text), " %-6u ", vm);
    igt_assert(row_in(strstr(table("slots"), "address spaces"), text, row));
    igt_assert_f(sscanf(row, "%u %*u %15s", &as, state) == 2 && as > 0 && !strcmp(state, "on") &&
                     strstr(row, "     1 -"),
                 "%s\n", row);
    snprintf(text, sizeof(text), "%-6u user%8u     1 ", vm, as);
    want_row("vms", text, "idle", row);

    open_gate(c);
    pu_must_signal(c->fd, sync, PU_WAIT);
    snprintf(text, sizeof(text), "garm-%" PRIu64 "-1-0 ", client);
    want_row("groups", text, "written 1 done 1 idle", row);
    pu_group_destroy(c->fd, group);
    for (unsigned i = 0; i < ROUNDS && row_in(table("groups"), text, row); i++)
        usleep(20000);
    igt_assert_f(!row[0], "the group is gone, but: %s\n", row);
    pu_sync_destroy(c->fd, sync);
}

static void heaps(struct pu_ctx *c, uint32_t group)
{
    struct drm_panthor_tiler_heap_create h = {
        .vm_id = c->vm,
        .initial_chunk_count = 3,
        .chunk_size = 128 << 10,
        .max_chunks = 7,
        .target_in_flight = 4711,
    };
    struct drm_panthor_tiler_heap_destroy d = {0};
    char row[ROW], context[32], first[32];

    igt_assert_eq(pu_ioctl(c->fd, DRM_IOCTL_PANTHOR_TILER_HEAP_CREATE, &h), 0);
    snprintf(context, sizeof(context), "0x%llx ", (unsigned long long)h.tiler_heap_ctx_gpu_va);
    snprintf(first, sizeof(first), " 0x%llx", (unsigned long long)h.first_heap_chunk_gpu_va);
    want_row("heaps", context, first, row);
    igt_assert_f(strstr(row, "     3    7     131072   4711 "), "%s\n", row);
    d.handle = h.handle;
    igt_assert_eq(pu_ioctl(c->fd, DRM_IOCTL_PANTHOR_TILER_HEAP_DESTROY, &d), 0);
    igt_assert(!row_in(table("heaps"), " 4711 ", row));
    (void)group;
}

/* Pointers of the kernel begin with at least four times f on arm64; nothing else here is that
 * large. */
static void no_addresses(struct pu_ctx *c, uint32_t group)
{
    static const char *const files[] = {"device", "gems",  "gpuvas", "groups",
                                        "heaps",  "slots", "vms"};
    uint32_t sync = pu_sync_create(c->fd);

    spin(c, group, 0, sync);
    for (unsigned i = 0; i < PU_N(files); i++) {
        const char *text = table(files[i]), *hit = strstr(text, "ffff");

        igt_assert_f(!hit || strspn(hit, "0123456789abcdef") < 12, "%s: %.60s\n", files[i], hit);
    }
    open_gate(c);
    pu_must_signal(c->fd, sync, PU_WAIT);
    pu_sync_destroy(c->fd, sync);
}

/* ---- tracepoints --------------------------------------------------------------- */

/* From the ioctl to the fence: each step once, in order, with the same names. */
static void trace_job(struct pu_ctx *c, uint32_t group)
{
    uint64_t client = client_of(c);
    char job[64], name[64];
    int at;

    snprintf(job, sizeof(job), "queue=garm-%" PRIu64 "-1-0 ", client);
    snprintf(name, sizeof(name), "client=%" PRIu64 " group=1 ", client);
    trace_start(SYSTEM);
    pu_do(c, group, cs_mov48(68, PU_DATA_VA), cs_mov32(70, 7), cs_store(70, 68, 1, 0));
    pu_group_destroy(c->fd, group);
    at = trace_want(0, "garm_job_queued", "%s", job);
    at = trace_want(at, "garm_job_eligible", "%s", job);
    at = trace_want(at, "garm_job_run", "%s", job);
    at = trace_want(at, "garm_ring_write", "%sseqno=1 number=1 ", job);
    at = trace_want(at, "garm_tick", "picked=1 ");
    at = trace_want(at, "garm_group_bound", "%s", name);
    at = trace_want(at, "garm_fw_request", "slot=");
    at = trace_want(at, "garm_doorbell", "number=0 ");
    trace_want(at, "garm_fw_ack", "error=0 ");
    trace_want(at, "garm_irq", "block=job ");
    trace_want(at, "gpu_job_irq", "duration_ns=");
    at = trace_want(at, "garm_job_done", "%s", job);
    at = trace_want(at, "garm_group_evict", "%s", name);
    at = trace_want(at, "garm_group_unbound", "%s", name);
    trace_want(at, "garm_group_ended", "%s", name);
    /* Once each. */
    at = trace_want(0, "garm_job_eligible", "%s", job);
    igt_assert_eq(trace_find(at, "garm_job_eligible", job, NULL, 0), -1);
    at = trace_want(0, "garm_job_done", "%s", job);
    igt_assert_eq(trace_find(at, "garm_job_done", job, NULL, 0), -1);
    trace_stop(SYSTEM);
}

/* A job of queue 1 waits for one of queue 0. */
static void trace_dependency(struct pu_ctx *c, uint32_t group)
{
    const uint64_t nop[1] = {0};
    uint32_t first = pu_sync_create(c->fd), second = pu_sync_create(c->fd);
    const struct pu_sync syncs[] = {{.handle = first}, {.handle = second, .signal = true}};
    uint64_t client = client_of(c);
    char before[64], after[64];
    int at;

    snprintf(before, sizeof(before), "queue=garm-%" PRIu64 "-1-0 ", client);
    snprintf(after, sizeof(after), "queue=garm-%" PRIu64 "-1-1 ", client);
    trace_start(SYSTEM);
    spin(c, group, 0, first);
    igt_assert_eq(pu_submit(c->fd, group, 1, pu_stream(c, nop, 1), 8, syncs, 2), 0);
    trace_want(0, "garm_group_bound", "client=%" PRIu64 " group=1 ", client);
    trace_want(0, "garm_job_queued", "%s", after);
    igt_assert_eq(trace_find(0, "garm_job_eligible", after, NULL, 0), -1);
    open_gate(c);
    pu_must_signal(c->fd, second, PU_WAIT);
    at = trace_want(0, "garm_job_done", "%s", before);
    at = trace_want(at, "garm_job_eligible", "%s", after);
    at = trace_want(at, "garm_ring_write", "%s", after);
    trace_want(at, "garm_job_done", "%s", after);
    trace_stop(SYSTEM);
    pu_sync_destroy(c->fd, first);
    pu_sync_destroy(c->fd, second);
}

static void trace_cancel(struct pu_ctx *c, uint32_t group)
{
    uint32_t sync = pu_sync_create(c->fd);
    char job[64], name[64];
    int at;

    snprintf(job, sizeof(job), "queue=garm-%" PRIu64 "-1-0 ", client_of(c));
    snprintf(name, sizeof(name), "client=%" PRIu64 " group=1 ", client_of(c));
    trace_start(SYSTEM);
    spin(c, group, 0, sync);
    at = trace_want(0, "garm_group_bound", "%s", name);
    pu_group_destroy(c->fd, group);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, PU_WAIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, sync), -ECANCELED);
    at = trace_want(at, "garm_group_evict", "%s", name);
    at = trace_want(at, "garm_group_unbound", "%s", name);
    trace_want(at, "garm_queue_killed", "%s", job);
    at = trace_want(at, "garm_job_done", "%s", job);
    trace_want(0, "garm_job_done", "error=%d ", -ECANCELED);
    trace_want(at, "garm_group_ended", "destroyed=1 ");
    trace_stop(SYSTEM);
    pu_sync_destroy(c->fd, sync);
}

static void trace_bind(struct pu_ctx *c, uint32_t unused)
{
    uint32_t id, vm;
    char line[512], *number;
    int at;

    trace_start(SYSTEM);
    igt_assert_eq(pu_vm_create(c->fd, 0, 0, &id), 0);
    igt_assert_eq(
        pu_map(c->fd, id, c->data_bo, OTHER_VA, 0x10000, DRM_PANTHOR_VM_BIND_OP_MAP_READONLY), 0);
    igt_assert_eq(pu_unmap(c->fd, id, OTHER_VA, 0x10000), 0);
    igt_assert_eq(pu_vm_destroy(c->fd, id), 0);
    snprintf(line, sizeof(line), "handle=%u ", id);
    at = trace_want(0, "garm_vm_created", "%s", line);
    igt_assert(trace_find(at - 1, "garm_vm_created", "", line, sizeof(line)) >= 0);
    number = strstr(line, " vm=");
    igt_assert(number && sscanf(number, " vm=%u", &vm) == 1);
    at = trace_want(at, "garm_vm_bind",
                    "vm=%u map va=0x%llx size=0x10000 offset=0x0 flags=0x1 error=0 ", vm, OTHER_VA);
    at = trace_want(at, "garm_vm_bind", "vm=%u unmap va=0x%llx size=0x10000 ", vm, OTHER_VA);
    trace_want(at, "garm_vm_destroyed", "vm=%u ", vm);
    trace_stop(SYSTEM);
    (void)unused;
}

static void trace_fault(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_mov48(80, HOLE_VA), cs_load(10, 80, 1, 0), cs_wait(0xff)};
    char line[512], vm[32], *number;
    uint64_t client = client_of(c);
    int at, fault;
    unsigned n;

    trace_start(SYSTEM);
    igt_assert_neq(pu_run(c, group, job, PU_N(job)), 0);
    at = trace_want(0, "garm_group_bound", "client=%" PRIu64 " ", client);
    igt_assert(trace_find(at - 1, "garm_group_bound", "", line, sizeof(line)) >= 0);
    number = strstr(line, " vm=");
    igt_assert(number && sscanf(number, " vm=%u", &n) == 1);
    snprintf(vm, sizeof(vm), "vm=%u ", n);
    /* The fault and the group's end have interrupts of their own: either thread may be first. */
    fault = trace_want(at, "garm_as_fault", "%s", vm);
    trace_want(fault - 1, "garm_as_fault", "address=0x%llx ", HOLE_VA);
    at = trace_want(at, "garm_job_done", "error=%d ", -EINVAL);
    trace_want(at, "garm_group_ended", "fatal=0x1 ");
    trace_stop(SYSTEM);
}

/* More VMs than address spaces: the one that was not used for longest goes. */
static void trace_as(struct pu_ctx *c, uint32_t group)
{
    enum { VMS = 20 };
    struct pu_ctx other[VMS];
    uint32_t groups[VMS];
    int at;

    (void)c;
    (void)group;
    /* Otherwise an idle moment would take all address spaces away. */
    igt_assert(sysfs_write(SYSFS_GPU "power/control", "on"));
    trace_start(SYSTEM);
    for (unsigned i = 0; i < VMS; i++) {
        other[i] = pu_need_ctx(c->fd);
        groups[i] = pu_need_group(&other[i], 1);
        pu_do(&other[i], groups[i], cs_mov32(1, i));
    }
    sysfs_write(SYSFS_GPU "power/control", "auto");
    at = trace_want(0, "garm_as_bound", "as=1 ");
    at = trace_want(at, "garm_as_evicted", "as=");
    at = trace_want(at - 1, "garm_as_released", "as=");
    trace_want(at, "garm_as_bound", "as=");
    trace_stop(SYSTEM);
    for (unsigned i = 0; i < VMS; i++) {
        pu_group_destroy(c->fd, groups[i]);
        pu_ctx_free(&other[i]);
    }
}

/* An object of a VM and one of none are taken; the first comes back with the next job. */
static void trace_reclaim(struct pu_ctx *c, uint32_t group)
{
    uint64_t size = 3 << 20, lone = 5 << 20;
    uint32_t bo, other;
    volatile uint32_t *cpu;
    char line[512], vm[32], *number;
    unsigned n;
    int at;

    igt_assert_eq(pu_bo_create(c->fd, &size, 0, 0, &bo), 0);
    igt_assert_eq(pu_bo_create(c->fd, &lone, 0, 0, &other), 0);
    igt_assert_eq(pu_map(c->fd, c->vm, bo, OTHER_VA, size, 0), 0);
    cpu = pu_bo_mmap(c->fd, other, lone);
    igt_assert(cpu);
    cpu[0] = 1; /* until then it has no pages */
    trace_start(SYSTEM);
    pu_do(c, group, cs_mov48(80, OTHER_VA), cs_mov32(10, 5), cs_store(10, 80, 1, 0));
    /* The fence signals before the job is freed, which nothing here depends on: try until it is
     * idle. */
    for (unsigned i = 0;
         i < ROUNDS && trace_find(0, "garm_evicted", "bytes=3145728 error=0", NULL, 0) < 0; i++) {
        igt_assert(sysfs_write(DEBUGFS "shrink", "1000000000"));
        usleep(20000);
    }
    at = trace_want(0, "garm_evicted", "bytes=%u error=0 ", 3u << 20);
    igt_assert(trace_find(at - 1, "garm_evicted", "bytes=3145728 ", line, sizeof(line)) >= 0);
    number = strstr(line, " vm=");
    igt_assert(number && sscanf(number, " vm=%u", &n) == 1 && n > 1);
    snprintf(vm, sizeof(vm), "vm=%u ", n);
    trace_want(0, "garm_evicted", "vm=0 bytes=%u error=0 ", 5u << 20);
    pu_do(c, group, cs_mov48(80, OTHER_VA), cs_load(10, 80, 1, 0), cs_wait(0xff),
          cs_mov48(80, PU_DATA_VA), cs_store(10, 80, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 0), 5);
    trace_want(at, "garm_restored", "%sbytes=%u error=0 ", vm, 3u << 20);
    trace_stop(SYSTEM);
    munmap((void *)cpu, lone);
    pu_bo_close(c->fd, other);
    pu_bo_close(c->fd, bo);
}

static void trace_reset(struct pu_ctx *c, uint32_t group)
{
    static const char *const stages[] = {"requested", "begin",       "slots cleared", "stopped",
                                         "gpu reset", "firmware up", "done"};
    uint32_t sync = pu_sync_create(c->fd);
    int at;

    trace_start(SYSTEM);
    spin(c, group, 0, sync);
    at = trace_want(0, "garm_group_bound", "group=1 ");
    igt_assert(sysfs_write(DEBUGFS "reset", "1"));
    for (unsigned i = 0; i < PU_N(stages); i++)
        at = trace_want(at, "garm_reset", "stage=\"%s\" why=\"written to debugfs\" error=0 ",
                        stages[i]);
    /* The group had no part in it and is back. */
    trace_want(0, "garm_group_unbound", "state=suspended ");
    trace_want(0, "garm_group_bound", "resume ");
    open_gate(c);
    pu_must_signal(c->fd, sync, PU_WAIT);
    trace_stop(SYSTEM);
    pu_sync_destroy(c->fd, sync);
}

static void trace_power(struct pu_ctx *c, uint32_t group)
{
    int at;

    igt_assert_f(sysfs_wait(STATUS, "suspended", 20), "%s did not become suspended\n", STATUS);
    trace_start(SYSTEM);
    pu_do(c, group, cs_mov32(1, 1));
    at = trace_want(0, "garm_power", "state=resuming error=0 ");
    trace_want(at, "gpu_power_status", "l2_bitmap=0x1 ");
    trace_want(at, "garm_as_bound", "vm=1 as=0 "); /* the firmware's */
    at = trace_want(at, "garm_power", "state=active error=0 ");
    at = trace_want(at, "garm_job_done", "error=0 ");
    at = trace_want(at, "garm_power", "state=suspending error=0 ");
    trace_want(at, "garm_power", "state=suspended error=0 ");
    trace_stop(SYSTEM);
}

static void trace_off(struct pu_ctx *c, uint32_t group)
{
    trace_start(SYSTEM);
    trace_stop(SYSTEM);
    igt_assert(file_write(TRACEFS "trace", ""));
    pu_do(c, group, cs_mov32(1, 1));
    pu_group_destroy(c->fd, group);
    igt_assert_f(!strstr(trace_text(), ": garm_") && !strstr(trace_text(), ": gpu_"),
                 "expected nothing, got:\n%s\n", trace_text());
}

/* ---- fdinfo, uevents --------------------------------------------------------- */

static void clients(struct pu_ctx *c, uint32_t group)
{
    uint64_t size = 5 << 20, value, time, cycles, before;
    char unit[16];
    uint32_t bo;

    igt_assert(sysfs_write(SYSFS_GPU "profiling", "0"));
    igt_assert(!fdinfo(c->fd, "drm-engine-panthor", &value, unit));
    igt_assert(sysfs_write(SYSFS_GPU "profiling", "3"));
    for (unsigned i = 0; i < 3; i++)
        pu_do(c, group, cs_mov32(12, 20000), cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -2));
    igt_assert(fdinfo(c->fd, "drm-engine-panthor", &time, unit) && time > 0 && !strcmp(unit, "ns"));
    igt_assert(fdinfo(c->fd, "drm-cycles-panthor", &cycles, unit) && cycles > 0);
    pu_do(c, group, cs_mov32(12, 20000), cs_add32(12, 12, -1), cs_branch(CS_GT, 12, -2));
    igt_assert(fdinfo(c->fd, "drm-engine-panthor", &value, unit) && value > time);
    igt_assert(fdinfo(c->fd, "drm-cycles-panthor", &value, unit) && value > cycles);
    igt_assert(sysfs_write(SYSFS_GPU "profiling", "0"));
    igt_assert(!fdinfo(c->fd, "drm-engine-panthor", &value, unit));

    igt_assert(fdinfo(c->fd, "drm-maxfreq-panthor", &value, unit) && value > 0 &&
               !strcmp(unit, "Hz"));
    igt_assert(fdinfo(c->fd, "drm-curfreq-panthor", &value, unit) && value > 0);
    /* Ring, suspend buffers, ...: more than the ring. In KiB or MiB, so at least 4 of something. */
    igt_assert(fdinfo(c->fd, "panthor-resident-memory", &value, unit) && value > 0);
    igt_assert(fdinfo(c->fd, "drm-total-memory", &before, unit));
    before <<= !strcmp(unit, "MiB") ? 20 : !strcmp(unit, "KiB") ? 10 : 0;
    igt_assert_eq(pu_bo_create(c->fd, &size, 0, 0, &bo), 0);
    igt_assert(fdinfo(c->fd, "drm-total-memory", &value, unit));
    value <<= !strcmp(unit, "MiB") ? 20 : !strcmp(unit, "KiB") ? 10 : 0;
    igt_assert_eq_u64(value - before, size);
    pu_bo_close(c->fd, bo);
}

/* Waits for a uevent with @text; false after 20 s. A uevent is strings that end with zero bytes. */
static bool uevent_wait(int s, const char *text)
{
    struct pollfd p = {.fd = s, .events = POLLIN};
    char buf[8192];

    while (poll(&p, 1, 20000) == 1) {
        ssize_t n = recv(s, buf, sizeof(buf), 0);

        for (ssize_t at = 0; at < n; at += (ssize_t)strlen(buf + at) + 1) {
            buf[n < (ssize_t)sizeof(buf) ? n : (ssize_t)sizeof(buf) - 1] = 0;
            if (!strcmp(buf + at, text))
                return true;
        }
    }
    return false;
}

static void wedged(struct pu_ctx *c, uint32_t group)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT), major = 0,
        minor = 0;
    uint32_t sync = pu_sync_create(c->fd);
    struct utsname u;

    uname(&u);
    igt_assert_eq(sscanf(u.release, "%d.%d", &major, &minor), 2);
    igt_require_f(major > 6 || (major == 6 && minor >= 15), "Linux %s has no uevent for it\n",
                  u.release);
    igt_assert(s >= 0 && !bind(s, (struct sockaddr *)&address, sizeof(address)));
    spin(c, group, 0, sync);
    igt_assert(sysfs_write(DEBUGFS "reset", "1"));
    igt_assert(uevent_wait(s, "WEDGED=none"));
    open_gate(c);
    pu_must_signal(c->fd, sync, PU_WAIT);
    pu_sync_destroy(c->fd, sync);
    close(s);
}

igt_main
{
    static char before[32];

    igt_fixture
    {
        need_garm();
        igt_assert(sysfs_read(JOB_TIMEOUT_MS, before, sizeof(before)));
        igt_assert(sysfs_write(JOB_TIMEOUT_MS, "120000"));
    }

    pu_subtest("gems", "a named buffer: size, use, memory, export; a label cannot forge rows", gems,
               1);
    pu_subtest("running", "a group with a running stream, its slot, its address space", running, 1);
    pu_subtest("gpuvas", "a mapping with its place, size, flags and buffer", gpuvas, 0);
    pu_subtest("heaps", "a tiler heap and its chunks", heaps, 0);
    pu_subtest("no-addresses", "no address of the kernel in any table", no_addresses, 1);
    pu_subtest("trace-job", "a job from the ioctl to its fence", trace_job, 1);
    pu_subtest("trace-dependency", "a job that waits for another queue's", trace_dependency, 2);
    pu_subtest("trace-cancel", "a running job whose group is destroyed", trace_cancel, 1);
    pu_subtest("trace-bind", "map and unmap, with the VM's number", trace_bind, 0);
    pu_subtest("trace-fault", "an MMU fault: slot, address, the end of its group", trace_fault, 1);
    pu_subtest("trace-as", "more VMs than address spaces", trace_as, 0);
    pu_subtest("trace-reclaim", "memory that is taken, and given back", trace_reclaim, 1);
    pu_subtest("trace-reset", "the stages of a reset", trace_reset, 1);
    pu_subtest("trace-power", "from suspended to active and back", trace_power, 1);
    pu_subtest("trace-off", "nothing is recorded when nothing was asked for", trace_off, 1);
    pu_subtest("fdinfo", "time, cycles, frequency and memory of a client", clients, 1);
    pu_subtest("wedged", "a uevent tells of a reset", wedged, 1);

    igt_fixture
    {
        igt_assert(sysfs_write(JOB_TIMEOUT_MS, before));
    }
}
