/*
 * TEST: panthor hang
 * Category: Core
 * Sub-category: GPU recovery
 * Description: hangs, faults, resets, innocence and wedging on panthor-class (CSF) devices
 *
 * Needs nothing but a driver with panthor's uAPI, so it runs on hardware as well: clients misbehave
 * by themselves. What only some drivers can do (a reset on request) or only root may (unbind) skips
 * with the reason.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "cs_job.h"
#include "gpu_work.h"
#include "sysfs.h"

IGT_TEST_DESCRIPTION("What becomes of jobs, groups and clients when one of them hangs or faults.");

#define LIMIT   (60 * PU_SECOND) /* for what ends by the driver's own time-out */
#define HOLE_VA 0x60000000ull    /* mapped by nobody */
#define WORK_AT 0x40000u         /* of the data area: gpu_work.h's block */
#define ROUNDS  6
#define WORDS   (WORK_WORDS + 16)

/* A job that never ends, or that ends its group. */
struct culprit {
    const char *name;
    unsigned (*put)(struct pu_ctx *c, uint64_t *w);
    uint32_t state; /* of its group in the end */
    int error;      /* of its fence */
};

static struct work work_of(struct pu_ctx *c)
{
    return (struct work){(uint8_t *)c->data + WORK_AT, PU_DATA_VA + WORK_AT};
}

static unsigned stream_loop(struct pu_ctx *c, uint64_t *w)
{
    (void)c;
    w[0] = cs_add32(10, 10, 1);
    w[1] = cs_branch(CS_ALWAYS, 10, -2);
    return 2;
}

static unsigned shader_loop(struct pu_ctx *c, uint64_t *w)
{
    const uint64_t loop = 0x501fc017ffffffc0ull; /* BRANCHZ.eq.reconverge 0x0, offset:-1 */
    const struct work b = work_of(c);
    unsigned n = work_compute(&b, w, 0, PU_DATA_VA, 0);

    work_put(&b, WORK_CODE, &loop, sizeof(loop));
    return n;
}

static unsigned store_to(uint64_t *w, uint64_t va)
{
    w[0] = cs_mov48(68, va);
    w[1] = cs_store(70, 68, 1, 0);
    w[2] = cs_wait(0xff);
    return 3;
}

static unsigned unmapped_store(struct pu_ctx *c, uint64_t *w)
{
    (void)c;
    return store_to(w, HOLE_VA);
}

static unsigned unmapped_load(struct pu_ctx *c, uint64_t *w)
{
    unsigned n = store_to(w, HOLE_VA);

    (void)c;
    w[1] = cs_load(70, 68, 1, 0);
    return n;
}

static unsigned read_only_store(struct pu_ctx *c, uint64_t *w)
{
    igt_assert_eq(
        pu_map(c->fd, c->vm, c->data_bo, HOLE_VA, PU_AREA, DRM_PANTHOR_VM_BIND_OP_MAP_READONLY), 0);
    return store_to(w, HOLE_VA);
}

static unsigned unmapped_call(struct pu_ctx *c, uint64_t *w)
{
    (void)c;
    w[0] = cs_mov48(20, HOLE_VA);
    w[1] = cs_mov32(22, 64);
    w[2] = cs_call(20, 22);
    return 3;
}

static unsigned no_instruction(struct pu_ctx *c, uint64_t *w)
{
    (void)c;
    w[0] = CS_OP(0xfe);
    return 1;
}

static unsigned shader_store(struct pu_ctx *c, uint64_t *w)
{
    const struct work b = work_of(c);

    return work_compute(&b, w, 0, HOLE_VA, 1);
}

#define HANG  DRM_PANTHOR_GROUP_STATE_TIMEDOUT, -ETIMEDOUT
#define FAULT DRM_PANTHOR_GROUP_STATE_FATAL_FAULT, -EINVAL
static const struct culprit hangs[] = {
    {"stream-loop", stream_loop, HANG},
    {"shader-loop", shader_loop, HANG},
};
static const struct culprit faults[] = {
    {"unmapped-store", unmapped_store, FAULT}, {"unmapped-load", unmapped_load, FAULT},
    {"unmapped-call", unmapped_call, FAULT},   {"read-only-store", read_only_store, FAULT},
    {"no-instruction", no_instruction, FAULT}, {"shader-store", shader_store, FAULT},
};

/* ---- clients ------------------------------------------------------------------------------ */
/* A file of its own with a VM and a group. */
struct client {
    struct pu_ctx c;
    uint32_t group, sync;
};

static struct client client_new(void)
{
    struct client b = {.c = pu_need_ctx(pu_need_device())};

    b.group = pu_need_group(&b.c, 1);
    b.sync = pu_sync_create(b.c.fd);
    return b;
}

static void client_free(struct client *b)
{
    int fd = b->c.fd;

    pu_group_destroy(fd, b->group);
    pu_sync_destroy(fd, b->sync);
    pu_ctx_free(&b->c);
    close(fd);
}

/* Submits a stream that computes, draws and stores; innocent() waits for it. */
static void innocent_go(struct client *b, uint32_t mark)
{
    const struct work block = work_of(&b->c);
    uint64_t w[2 * WORDS];
    unsigned n;

    *pu_data(&b->c, 0) = *pu_data(&b->c, 4) = 0;
    n = work_compute(&block, w, 0, PU_DATA_VA, mark);
    w[n++] = cs_mov48(68, PU_DATA_VA + 4);
    w[n++] = cs_mov32(70, mark);
    w[n++] = cs_store(70, 68, 1, 0);
    igt_assert_eq(pu_go(&b->c, b->group, 0, w, cs_finish(w, n), b->sync), 0);
}

static void innocent_done(struct client *b, uint32_t mark)
{
    pu_must_signal(b->c.fd, b->sync, LIMIT);
    igt_assert_eq_u32(*pu_data(&b->c, 0), mark);
    igt_assert_eq_u32(*pu_data(&b->c, 4), mark);
    pu_must_be_sound(&b->c, b->group);
}

/* A whole picture through tiler and fragment shaders. */
static void innocent_draw(struct client *b)
{
    const struct work block = work_of(&b->c);
    uint64_t w[2 * WORDS];
    unsigned n = work_draw(&block, w, 0, 0, 0, 0);

    igt_assert_eq(pu_go(&b->c, b->group, 0, w, cs_finish(w, n), b->sync), 0);
    pu_must_signal(b->c.fd, b->sync, LIMIT);
    igt_assert_f(work_drawn(&block), "expected a picture with a rectangle in it, got none\n");
}

static void culprit_go(struct client *b, const struct culprit *who)
{
    uint64_t w[2 * WORDS];
    unsigned n = who->put(&b->c, w);

    igt_assert_eq(pu_go(&b->c, b->group, 0, w, n, b->sync), 0);
}

/* Its fence has the error, its group the state, and takes no more. */
static void culprit_ends(struct client *b, const struct culprit *who)
{
    const uint64_t nothing[] = {cs_wait(0xff)};

    igt_assert_eq(pu_sync_wait(b->c.fd, b->sync, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(b->c.fd, b->sync), who->error);
    pu_must_become(b->c.fd, b->group, who->state);
    igt_assert_eq(pu_go(&b->c, b->group, 0, nothing, 1, b->sync), -EINVAL);
}

/* ---- hang, fault -------------------------------------------------------------------------------
 */
/* The guilty group ends as it should, and the same client can go on in another one. */
static void ends(const struct culprit *who)
{
    struct client guilty = client_new(), next;

    culprit_go(&guilty, who);
    culprit_ends(&guilty, who);
    client_free(&guilty);
    next = client_new();
    innocent_go(&next, 0x600d);
    innocent_done(&next, 0x600d);
    client_free(&next);
}

/* ---- innocence ----------------------------------------------------------------------------- */
/* Others, in the same file and in another, had work under way, and get their results. */
static void spares(const struct culprit *who)
{
    struct client other = client_new(), guilty = client_new();
    struct client same = {.c = pu_need_ctx(guilty.c.fd)};

    same.group = pu_need_group(&same.c, 1);
    same.sync = pu_sync_create(same.c.fd);
    innocent_draw(&other);
    culprit_go(&guilty, who);
    innocent_go(&same, 0x5a3e);
    innocent_go(&other, 0x0713);
    innocent_done(&same, 0x5a3e);
    innocent_done(&other, 0x0713);
    culprit_ends(&guilty, who);
    innocent_go(&same, 0x5a3f);
    innocent_done(&same, 0x5a3f);
    innocent_draw(&other);
    pu_group_destroy(same.c.fd, same.group);
    pu_sync_destroy(same.c.fd, same.sync);
    pu_ctx_free(&same.c);
    client_free(&guilty);
    client_free(&other);
}

static void each(const struct culprit *who, unsigned n, void (*run)(const struct culprit *))
{
    for (unsigned i = 0; i < n; i++)
        igt_dynamic(who[i].name) run(&who[i]);
}

/* ---- reset -------------------------------------------------------------------------------------
 */
/* One bad client after the other; in between, and in the end, the device works. */
static void repeated(void)
{
    struct client good = client_new();

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct client bad = client_new();
        const struct culprit *who = i % 3 ? &faults[i % PU_N(faults)] : &hangs[i / 3 % PU_N(hangs)];

        culprit_go(&bad, who);
        culprit_ends(&bad, who);
        client_free(&bad);
        innocent_go(&good, i + 1);
        innocent_done(&good, i + 1);
    }
    innocent_draw(&good);
    client_free(&good);
}

/* ---- wedge ------------------------------------------------------------------------------------
 */
/* A socket on which the kernel's uevents arrive. */
static int uevents(void)
{
    const struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int s = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

    igt_require_f(s >= 0 && !bind(s, (const struct sockaddr *)&at, sizeof(at)), "no uevents: %s\n",
                  strerror(errno));
    return s;
}

/* DRM's word on a device that was reset or lost, WEDGED=...; false when none comes within @ms. */
static bool wedged_said(int s, int ms)
{
    struct pollfd p = {.fd = s, .events = POLLIN};
    static char text[8192];

    while (poll(&p, 1, ms) > 0) {
        ssize_t n = recv(s, text, sizeof(text) - 1, 0);

        for (ssize_t i = 0; i < n; i += (ssize_t)strlen(text + i) + 1) {
            text[n] = 0;
            if (!strncmp(text + i, "WEDGED=", 7)) {
                igt_info("%s\n", text + i);
                return true;
            }
        }
    }
    return false;
}

/* Skips unless the driver can be reset on request; the file that does it. */
static const char *need_reset(char *path, size_t size)
{
    static const char reset[] = "/sys/kernel/debug/dri/*/reset";

    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL); /* it may be there already */
    igt_require_f(*sysfs_find(reset, path, size), "this driver cannot be reset on request: no %s\n",
                  reset);
    return path;
}

static void check_new_client(void)
{
    struct client b = client_new();

    innocent_go(&b, 4);
    innocent_done(&b, 4);
    client_free(&b);
}

/* A reset that nobody is to blame for: work that was under way is done all the same. */
static void on_request(void)
{
    struct client held, idle;
    const uint64_t job[] = {
        cs_mov48(80, PU_DATA_VA), cs_mov48(82, PU_DATA_VA + 16), cs_mov32(40, 1),
        cs_store(40, 82, 1, 0),   cs_load(10, 80, 1, 0),         cs_wait_progress(0xff),
        cs_branch(CS_EQ, 10, -3), cs_store(40, 82, 1, 4),        cs_wait(0xff)};
    char path[256];

    need_reset(path, sizeof(path));
    held = client_new();
    idle = client_new();
    memset((void *)held.c.data, 0, 64);
    igt_assert_eq(pu_go(&held.c, held.group, 0, job, PU_N(job), held.sync), 0);
    for (unsigned i = 0; i < 2000 && !*pu_data(&held.c, 16); i++)
        usleep(10000);
    igt_assert_eq_u32(*pu_data(&held.c, 16), 1);
    igt_assert(sysfs_write(path, "1"));
    innocent_go(&idle, 1);
    innocent_done(&idle, 1);
    igt_assert_eq(pu_sync_status(held.c.fd, held.sync), 0);
    *pu_data(&held.c, 0) = 1;
    pu_must_signal(held.c.fd, held.sync, LIMIT);
    igt_assert_eq_u32(*pu_data(&held.c, 20), 1);
    pu_must_be_sound(&held.c, held.group);
    client_free(&held);
    client_free(&idle);
}

/* A driver that was reset says so to user space. */
static void uevent(void)
{
    char path[256];
    unsigned major = 0, minor = 0;
    struct utsname name;
    int s;

    uname(&name);
    igt_assert_eq(sscanf(name.release, "%u.%u", &major, &minor), 2);
    igt_require_f(major * 100 + minor >= 615, "Linux %s: DRM has the uevent from 6.15 on\n",
                  name.release);
    need_reset(path, sizeof(path));
    s = uevents();
    igt_assert(sysfs_write(path, "1"));
    check_new_client();
    igt_assert_f(wedged_said(s, 3000), "expected the uevent WEDGED=..., got none in 3 s\n");
    close(s);
}

/* Name and driver of the GPU on the platform bus; skips without one, or without the right to unbind
 * it. */
static void need_unbind(char *device, size_t size, char *folder, size_t length)
{
    char path[256], link[256];
    ssize_t n;

    igt_require_f(*sysfs_find("/sys/bus/platform/devices/*.gpu", path, sizeof(path)),
                  "no GPU on the platform bus\n");
    snprintf(device, size, "%s", strrchr(path, '/') + 1);
    strncat(path, "/driver", sizeof(path) - strlen(path) - 1);
    n = readlink(path, link, sizeof(link) - 1);
    igt_require_f(n > 0, "%s: no driver\n", path);
    link[n] = 0;
    snprintf(folder, length, "/sys/bus/platform/drivers/%s", strrchr(link, '/') + 1);
    snprintf(path, sizeof(path), "%s/unbind", folder);
    igt_require_f(!access(path, W_OK), "%s: not allowed\n", path);
}

/* The device is lost while a client has it open: errors, no hang; then it comes back for a new one.
 */
static void lost(const struct culprit *who)
{
    char device[64], folder[128], path[256];
    struct client b;
    uint64_t size = 4096;
    uint32_t handle;
    int file = -1, status = -ENODEV, gone;

    need_unbind(device, sizeof(device), folder, sizeof(folder));
    b = client_new();
    innocent_go(&b, 3);
    innocent_done(&b, 3);
    if (who) {
        culprit_go(&b, who);
        file = pu_sync_file(b.c.fd, b.sync);
    }
    snprintf(path, sizeof(path), "%s/unbind", folder);
    igt_assert(sysfs_write(path, device));
    gone = pu_bo_create(b.c.fd, &size, 0, 0, &handle);
    if (file >= 0) {
        status = pu_file_status(file, 60000);
        close(file);
    }
    client_free(&b);
    snprintf(path, sizeof(path), "%s/bind", folder);
    igt_assert(sysfs_write(path, device)); /* whatever happened: for those who come next */
    igt_assert_eq(gone, -ENODEV);
    igt_assert_f(status < 0, "the fence of the job that hung: expected an error, got %s\n",
                 status ? "success" : "no end in 60 s");
    check_new_client();
}

igt_main
{
    igt_describe("A job that never ends is timed out: error in its fence, its group dead, the "
                 "client goes on.");
    igt_subtest_with_dynamic("hang") each(hangs, PU_N(hangs), ends);

    igt_describe(
        "A job that does what it may not: error in its fence, its group dead, the client goes on.");
    igt_subtest_with_dynamic("fault") each(faults, PU_N(faults), ends);

    igt_describe("Work of others that is under way when a job hangs or faults is done, and right.");
    igt_subtest_with_dynamic("innocence")
    {
        each(hangs, PU_N(hangs), spares);
        each(faults, PU_N(faults), spares);
    }

    igt_describe("The device works after hangs and faults in a row, and after a reset under way "
                 "work survives.");
    igt_subtest_with_dynamic("reset")
    {
        igt_dynamic("repeated") repeated();
        igt_dynamic("on-request") on_request();
    }

    igt_describe("A device that is reset or lost is reported to user space, and comes back.");
    igt_subtest_with_dynamic("wedge")
    {
        igt_dynamic("uevent") uevent();
        igt_dynamic("lost-idle") lost(NULL);
        igt_dynamic("lost-hung") lost(&hangs[0]);
    }
}
