/*
 * What goes wrong in a command stream kills its group, is reported, and harms
 * nobody else.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>

#include "cs_job.h"

#define FATAL DRM_PANTHOR_GROUP_STATE_FATAL_FAULT
#define LIMIT (60 * PU_SECOND) /* for what ends by the driver's own time-out */
#define HOLE_VA 0x60000000ull  /* mapped by nobody */

/* The bystander: another VM of the same file, with a group that must go on working. */
struct bystander {
    struct pu_ctx c;
    uint32_t group;
};

/* A job that stores a value nobody stored before. */
static void check_works(struct pu_ctx *c, uint32_t group)
{
    static uint32_t mark = 0x600d0000;

    pu_do(c, group, cs_mov48(68, PU_DATA_VA + 64), cs_mov32(70, ++mark), cs_store(70, 68, 1, 0));
    igt_assert_eq_u32(*pu_data(c, 64), mark);
    pu_must_be(c->fd, group, 0);
}

static struct bystander bystander_new(int fd)
{
    struct bystander b = {.c = pu_need_ctx(fd)};

    b.group = pu_need_group(&b.c, 1);
    check_works(&b.c, b.group);
    return b;
}

/*
 * panthor takes a VM for faulty until all its groups have left their slots, and kills new ones with the old
 * (panthor_vm_has_unhandled_faults() in tick_ctx_init()); groups leave some time after they are destroyed.
 */
static void check_vm_recovers(struct pu_ctx *c)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA + 64), cs_mov32(70, 0x600d), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    const struct timespec nap = {.tv_nsec = 20000000};
    int r = -EINVAL;

    *pu_data(c, 64) = 0;
    for (unsigned i = 0; i < 100 && r == -EINVAL; i++) {
        uint32_t fresh = pu_need_group(c, 1);

        r = pu_run(c, fresh, job, PU_N(job));
        pu_group_destroy(c->fd, fresh);
        nanosleep(&nap, NULL);
    }
    igt_assert_eq(r, 0);
    igt_assert_eq_u32(*pu_data(c, 64), 0x600d);
}

/* Another VM's group works on, and a new group in the VM of the dead one works. */
static void check_harmless(struct bystander *b, struct pu_ctx *c, uint32_t dead)
{
    check_works(&b->c, b->group);
    igt_assert_eq(pu_group_destroy(c->fd, dead), 0);
    check_vm_recovers(c);
    check_works(&b->c, b->group);
    pu_group_destroy(b->c.fd, b->group);
    pu_ctx_free(&b->c);
}

/* Submits @bytes at @va: the fence signals with @error, the group is @state and takes no more. */
static void guilty(struct pu_ctx *c, uint32_t group, uint64_t va, uint32_t bytes, uint32_t state,
                   int error)
{
    struct bystander b = bystander_new(c->fd);
    uint32_t sync = pu_sync_create(c->fd);
    const struct pu_sync s = {.handle = sync, .signal = true};

    igt_assert_eq(pu_submit(c->fd, group, 0, va, bytes, &s, 1), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, sync), error);
    pu_must_become(c->fd, group, state);
    igt_assert_eq(pu_submit(c->fd, group, 0, va, bytes, &s, 1), -EINVAL);
    pu_sync_destroy(c->fd, sync);
    check_harmless(&b, c, group);
}

#define fatal(c, group, ...)                                                                       \
    do {                                                                                           \
        const uint64_t job_[] = {__VA_ARGS__};                                                     \
        guilty(c, group, pu_stream(c, job_, PU_N(job_)), sizeof(job_), FATAL, -EINVAL);            \
    } while (0)

/* ---- instructions ------------------------------------------------------------ */

static void invalid_opcode(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, CS_OP(0xfe));
}

/* What comes before the bad word has happened, what comes after has not. */
static void stops_there(struct pu_ctx *c, uint32_t group)
{
    *pu_data(c, 0) = *pu_data(c, 4) = 0;
    fatal(c, group, cs_mov48(68, PU_DATA_VA), cs_mov32(70, 1), cs_store(70, 68, 1, 0),
          cs_wait(0xff), CS_OP(0xfe), cs_store(70, 68, 1, 4), cs_wait(0xff));
    igt_assert_eq_u32(*pu_data(c, 0), 1);
    igt_assert_eq_u32(*pu_data(c, 4), 0);
}

static void odd_pair(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(11, 1));
}

static void odd_address(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(68, PU_DATA_VA), cs_store(70, 69, 1, 0), cs_wait(0xff));
}

static void no_such_register(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov32(200, 1));
}

static void reserved_bit(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov32(10, 1) | 1ull << 40);
}

static void misaligned_store(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(68, PU_DATA_VA + 2), cs_store(70, 68, 1, 0), cs_wait(0xff));
}

static void call_nowhere(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(20, HOLE_VA), cs_mov32(22, 64), cs_call(20, 22));
}

/* ---- memory ------------------------------------------------------------------ */

static void wild_store(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(68, HOLE_VA), cs_store(70, 68, 1, 0), cs_wait(0xff));
}

static void wild_load(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(68, HOLE_VA), cs_load(70, 68, 1, 0), cs_wait(0xff));
}

static void wild_sync(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(68, HOLE_VA), cs_mov48(70, 1), cs_sync(CS_SYNC_ADD64, 68, 70, 0));
}

/* Addresses have 48 bits; bit 48 and up must not be dropped. */
static void wild_high(struct pu_ctx *c, uint32_t group)
{
    *pu_data(c, 0) = 0x5afe;
    fatal(c, group, cs_mov48(68, PU_DATA_VA), cs_mov32(69, 0x10000), cs_mov32(70, 1),
          cs_store(70, 68, 1, 0), cs_wait(0xff));
    igt_assert_eq_u32(*pu_data(c, 0), 0x5afe);
}

/* The last word of the mapping is there, the next is not. */
static void over_the_end(struct pu_ctx *c, uint32_t group)
{
    fatal(c, group, cs_mov48(68, PU_DATA_VA + PU_AREA - 4), cs_store(70, 68, 3, 0), cs_wait(0xff));
}

static void unmapped_stream(struct pu_ctx *c, uint32_t group)
{
    guilty(c, group, HOLE_VA, 64, FATAL, -EINVAL);
}

/* ---- queues and jobs ----------------------------------------------------------- */

/* Two more jobs wait behind the bad one. */
static void later_jobs(struct pu_ctx *c, uint32_t group)
{
    const uint64_t bad[] = {cs_mov32(11, 3000000), cs_add32(11, 11, -1), cs_branch(CS_GT, 11, -2),
                            CS_OP(0xfe)};
    const uint64_t good[] = {cs_mov48(68, PU_DATA_VA), cs_mov32(70, 1), cs_store(70, 68, 1, 0),
                             cs_wait(0xff)};
    uint32_t sync[3];

    *pu_data(c, 0) = 0;
    for (unsigned i = 0; i < 3; i++) {
        sync[i] = pu_sync_create(c->fd);
        igt_assert_eq(i ? pu_go(c, group, 0, good, PU_N(good), sync[i])
                        : pu_go(c, group, 0, bad, PU_N(bad), sync[i]), 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        igt_assert_eq(pu_sync_wait(c->fd, sync[i], 0, LIMIT), 0);
        igt_assert_lt(pu_sync_status(c->fd, sync[i]), 0);
        pu_sync_destroy(c->fd, sync[i]);
    }
    pu_must_become(c->fd, group, FATAL);
    igt_assert_eq_u32(*pu_data(c, 0), 0);
}

/* A bad job in queue 1 while queue 0 spins: the fault is queue 1's, the end is both's. */
static void other_queue(struct pu_ctx *c, uint32_t group)
{
    const uint64_t spin[] = {cs_branch(CS_ALWAYS, 0, -1)}, bad[] = {CS_OP(0xfe)};
    uint32_t spinning = pu_sync_create(c->fd), broken = pu_sync_create(c->fd), state, queues;

    igt_assert_eq(pu_go(c, group, 0, spin, PU_N(spin), spinning), 0);
    igt_assert_eq(pu_go(c, group, 1, bad, PU_N(bad), broken), 0);
    igt_assert_eq(pu_sync_wait(c->fd, broken, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, broken), -EINVAL);
    igt_assert_eq(pu_sync_wait(c->fd, spinning, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, spinning), -ECANCELED);
    igt_assert_eq(pu_group_state(c->fd, group, &state, &queues), 0);
    igt_assert_eq_u32(state, FATAL);
    igt_assert_eq_u32(queues, 1u << 1);
    pu_sync_destroy(c->fd, spinning);
    pu_sync_destroy(c->fd, broken);
}

/* An MMU fault ends every group of the VM, and no group of another VM. */
static void same_vm(struct pu_ctx *c, uint32_t group)
{
    const uint64_t spin[] = {cs_branch(CS_ALWAYS, 0, -1)};
    const uint64_t bad[] = {cs_mov48(68, HOLE_VA), cs_store(70, 68, 1, 0), cs_wait(0xff)};
    struct bystander b = bystander_new(c->fd);
    uint32_t other = pu_need_group(c, 1), sync = pu_sync_create(c->fd);

    igt_assert_eq(pu_go(c, other, 0, spin, PU_N(spin), sync), 0);
    pu_run(c, group, bad, PU_N(bad));
    pu_must_become(c->fd, group, FATAL);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_lt(pu_sync_status(c->fd, sync), 0);
    pu_sync_destroy(c->fd, sync);
    pu_group_destroy(c->fd, other);
    check_harmless(&b, c, group);
}

/* ---- endless loops ------------------------------------------------------------- */

static void endless_destroyed(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_add32(10, 10, 1), cs_store(10, 68, 1, 0),
                            cs_branch(CS_ALWAYS, 10, -3)};
    struct bystander b = bystander_new(c->fd);
    const struct timespec nap = {.tv_nsec = 1000000};
    uint32_t sync = pu_sync_create(c->fd);

    *pu_data(c, 0) = 0;
    igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
    for (unsigned i = 0; i < 10000 && !*pu_data(c, 0); i++)
        nanosleep(&nap, NULL);
    igt_assert_f(*pu_data(c, 0), "expected: a stream that runs, got: nothing in 10 s\n");
    check_harmless(&b, c, group);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, sync), -ECANCELED);
    pu_sync_destroy(c->fd, sync);
}

static void endless_timeout(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_add32(10, 10, 1), cs_branch(CS_ALWAYS, 10, -2)};

    guilty(c, group, pu_stream(c, job, PU_N(job)), sizeof(job), DRM_PANTHOR_GROUP_STATE_TIMEDOUT,
           -ETIMEDOUT);
}

/* A wait for a sync object that nobody signals: blocked for ever, until destroyed. */
static void blocked_destroyed(struct pu_ctx *c, uint32_t group)
{
    const uint64_t job[] = {cs_mov48(68, PU_DATA_VA), cs_mov48(70, 0),
                            cs_sync_wait(CS_SYNC_WAIT64, 68, 70, CS_GT)};
    struct bystander b = bystander_new(c->fd);
    uint32_t sync = pu_sync_create(c->fd);

    *pu_data(c, 0) = *pu_data(c, 4) = 0;
    igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
    check_harmless(&b, c, group);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_eq(pu_sync_status(c->fd, sync), -ECANCELED);
    pu_sync_destroy(c->fd, sync);
}

/* ---- shader cores ---------------------------------------------------------------- */

/* A job with null descriptors: refused for want of a unit that runs it, or for the descriptors. */
static void shader_job(struct pu_ctx *c, uint32_t group, uint64_t run)
{
    const uint64_t job[] = {cs_req_res(0xf), cs_mov32(37, 1), cs_mov32(38, 1), cs_mov32(39, 1),
                            run, cs_wait(0xff), cs_req_res(0)};
    struct bystander b = bystander_new(c->fd);
    uint32_t sync = pu_sync_create(c->fd), state;

    igt_assert_eq(pu_go(c, group, 0, job, PU_N(job), sync), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_eq(pu_group_state(c->fd, group, &state, NULL), 0);
    igt_require_f(state, "shader cores exist\n");
    pu_must_be(c->fd, group, FATAL);
    igt_assert_eq(pu_sync_status(c->fd, sync), -EINVAL);
    pu_sync_destroy(c->fd, sync);
    check_harmless(&b, c, group);
}

static void run_compute(struct pu_ctx *c, uint32_t group)
{
    shader_job(c, group, CS_OP(4) | 1);
}
static void run_idvs(struct pu_ctx *c, uint32_t group)
{
    shader_job(c, group, CS_OP(6) | CS_AT(1, 33));
}
static void run_fragment(struct pu_ctx *c, uint32_t group)
{
    shader_job(c, group, CS_OP(7));
}

igt_main
{
    pu_subtest("invalid-opcode", "an opcode that does not exist", invalid_opcode, 1);
    pu_subtest("stops-there", "a stream ends at its bad instruction", stops_there, 1);
    pu_subtest("odd-pair", "a 64-bit destination in an odd register", odd_pair, 1);
    pu_subtest("odd-address", "an address in an odd register", odd_address, 1);
    pu_subtest("no-such-register", "a register beyond the file", no_such_register, 1);
    pu_subtest("reserved-bit", "a reserved bit set", reserved_bit, 1);
    pu_subtest("misaligned-store", "a store to half a word", misaligned_store, 1);
    pu_subtest("call-nowhere", "a call to unmapped memory", call_nowhere, 1);
    pu_subtest("wild-store", "a store to unmapped memory", wild_store, 1);
    pu_subtest("wild-load", "a load from unmapped memory", wild_load, 1);
    pu_subtest("wild-sync", "a sync object in unmapped memory", wild_sync, 1);
    pu_subtest("wild-high", "an address of more than 48 bits", wild_high, 1);
    pu_subtest("over-the-end", "a store half behind the mapping's end", over_the_end, 1);
    pu_subtest("unmapped-stream", "the job's own stream is not mapped", unmapped_stream, 1);
    pu_subtest("later-jobs", "jobs behind a bad one do not run and signal an error", later_jobs, 1);
    pu_subtest("other-queue", "the group's other queue is cancelled, not blamed", other_queue, 2);
    pu_subtest("same-vm", "an MMU fault ends all groups of its VM and no other", same_vm, 1);
    pu_subtest("endless-loop-destroyed", "a group is destroyed while it spins", endless_destroyed,
               1);
    pu_subtest("endless-loop-timeout", "a spinning job ends by a time-out",
               endless_timeout, 1);
    pu_subtest("blocked-destroyed", "a group is destroyed while it waits", blocked_destroyed, 1);
    pu_subtest("run-compute", "RUN_COMPUTE is refused or carried out", run_compute, 1);
    pu_subtest("run-idvs", "RUN_IDVS is refused or carried out", run_idvs, 1);
    pu_subtest("run-fragment", "RUN_FRAGMENT is refused or carried out", run_fragment, 1);
}
