/*
 * Hostile shaders, in each stage: what goes wrong in one ends its job or its group as the hardware
 * says, with exception data, and harms nobody else. Words of shaders carry their disassembly
 * (scripts/tool mali-disasm); descriptors are those that Mesa's drivers make, cut down.
 *
 * A fault of a shader's own (encoding, program counter, descriptor) is a CS_FAULT: the job ends,
 * the group goes on. An access that the MMU refuses is fatal for the group.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>

#include "cs_job.h"
#include "kernel_log.h"

#define FATAL    DRM_PANTHOR_GROUP_STATE_FATAL_FAULT
#define LIMIT    (60 * PU_SECOND)
#define HOLE_VA  0x60000000ull /* mapped by nobody */
#define OTHER_VA 0x70000000ull /* mapped by subtests */
#define MARK     0x5eedu

/* Places in the data area. */
enum {
    RESULT = 0,
    SPD = 0x1000, /* shader program descriptor */
    TSD = 0x1040, /* local storage: none */
    FAU = 0x1080,
    CODE = 0x2000,
    FBD = 0x3000,   /* framebuffer, 128 bytes, then its render target */
    FRAME = 0x3100, /* draw descriptor of the frame shader */
    ZSD = 0x3200,
    BLEND = 0x3240,
    TILER = 0x3280,
    TARGET = 0x4000, /* 16 x 16 pixels of 4 bytes */
};

#define INVALID 0xffffffffffffffffull
#define FPCLASS 0x009cc000000a0000ull /* FPCLASS.f32 r0, r0: no published meaning */
#define LOOP    0x501fc017ffffffc0ull /* BRANCHZ.eq.reconverge 0x0, offset:-1 */
#define NOP_END 0x7800c00000000000ull /* NOP.end */
/* r2:r3 = u0:u1, r4 = u2 */
#define ADDRESS 0x0091c20000000080ull, 0x0091c30000000081ull, 0x0091c40000000082ull
#define STORE   0x7861440218000002ull /* STORE.i32.slot0.end @r4, r2, offset:0 */
#define LOAD    0x7860840218000002ull /* LOAD.i32.slot0.end @r4, r2, offset:0 */
#define ATOM    0x7868440218800002ull /* ATOM.i32.slot0.aadd.end @r4, r2, offset:0 */

enum stage { COMPUTE = 1, FRAGMENT = 2, VERTEX = 3 };

static void put64(struct pu_ctx *c, uint32_t off, uint64_t v)
{
    *pu_data(c, off) = (uint32_t)v;
    *pu_data(c, off + 4) = v >> 32;
}

static void put_words(struct pu_ctx *c, uint32_t off, const uint32_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        *pu_data(c, off + 4 * i) = words[i];
}

/* A shader program at @va for @stage, with local storage and FAU: @address, MARK. */
static void put_program(struct pu_ctx *c, enum stage stage, uint64_t va, uint64_t address)
{
    const uint32_t spd[8] = {8 | stage << 4, 0xffff, (uint32_t)va, va >> 32},
                   tsd[16] = {0, 31 /* no workgroup storage */};

    put_words(c, SPD, spd, 8);
    put_words(c, TSD, tsd, 16);
    put64(c, FAU, address);
    put64(c, FAU + 8, MARK);
}

static void put_code(struct pu_ctx *c, const uint64_t *code, unsigned n)
{
    for (unsigned i = 0; i < 64; i++)
        put64(c, CODE + 8 * i, i < n ? code[i] : 0);
}

/* A framebuffer of 16 x 16 pixels whose frame shader runs before each tile. */
static void put_frame(struct pu_ctx *c)
{
    const uint64_t va = PU_DATA_VA;
    const uint32_t fbd[32] = {
        1,
        0,
        0,
        0,
        0,
        0,
        (uint32_t)(va + FRAME),
        (va + FRAME) >> 32,
        0x000f000f,
        0,
        0x000f000f,
        0x04001480,
        0xc0200000,
        0,
        0,
        0,
    };
    const uint32_t target[16] = {0x04000000, 0x86888d19, 1,   [8] = (uint32_t)(va + TARGET),
                                 0,          64,         1024};
    const uint32_t frame[32] = {
        0x203,
        0x1ffff,
        [7] = 0x3f800000,
        [10] = (uint32_t)(va + ZSD),
        [12] = (uint32_t)(va + BLEND) | 1,
        [17] = 2, /* FAU words of 64 bits */
        [26] = (uint32_t)(va + SPD),
        [28] = (uint32_t)(va + TSD),
        [30] = (uint32_t)(va + FAU),
    };
    const uint32_t zsd[8] = {0x024f24f7, 0xffffffff, [4] = 0xe4800000};
    const uint32_t blend[4] = {0xa00, 0xf0122122, 0x19, 0x010ed000};

    put_words(c, FBD, fbd, 32);
    put_words(c, FBD + 128, target, 16);
    put_words(c, FRAME, frame, 32);
    put_words(c, ZSD, zsd, 8);
    put_words(c, BLEND, blend, 4);
}

/* The stream that runs the program of @stage; how many words. */
static unsigned job_words(struct pu_ctx *c, enum stage stage, uint64_t *s)
{
    const uint64_t va = PU_DATA_VA;
    const uint32_t tiler[16] = {0, 0, 0xfe, 0x000f000f};
    unsigned n = 0;

    s[n++] = cs_req_res(0xf);
    if (stage == FRAGMENT) {
        put_frame(c);
        s[n++] = cs_mov48(40, (va + FBD) | 1); /* the tag says what lies there */
        s[n++] = cs_mov32(42, 0);
        s[n++] = cs_mov32(43, 0x000f000f);
        s[n++] = cs_mov48(44, 0);
        s[n++] = CS_OP(7); /* RUN_FRAGMENT */
        return n;
    }
    s[n++] = cs_mov48(0, 0);
    s[n++] = cs_mov48(8, va + FAU);
    s[n++] = cs_mov32(9, 2u << 24);
    s[n++] = cs_mov48(16, va + SPD);
    s[n++] = cs_mov48(24, va + TSD);
    s[n++] = cs_mov32(32, 0);
    if (stage == COMPUTE) {
        s[n++] = cs_mov32(33, 15); /* 16 x 1 x 1 invocations */
        for (unsigned i = 34; i < 40; i++)
            s[n++] = cs_mov32(i, i >= 37);
        s[n++] = CS_OP(4) | 1; /* RUN_COMPUTE */
        return n;
    }
    put_words(c, TILER, tiler, 16);
    s[n++] = cs_mov32(33, 3); /* vertices, instances */
    s[n++] = cs_mov32(34, 1);
    s[n++] = cs_mov48(40, va + TILER);
    s[n++] = cs_mov32(42, 0);
    s[n++] = cs_mov32(43, 0x000f000f);
    s[n++] = cs_mov32(56, 8);
    s[n++] = CS_OP(6) | CS_AT(1, 33) | 8; /* RUN_IDVS, triangles */
    return n;
}

/* Runs the program; the fence's status, 1 is good. */
static int run_program(struct pu_ctx *c, uint32_t group, enum stage stage)
{
    uint64_t s[40];
    unsigned n = job_words(c, stage, s);
    uint32_t sync = pu_sync_create(c->fd);
    int status;

    igt_assert_eq(pu_go(c, group, 0, s, cs_finish(s, n), sync), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    status = pu_sync_status(c->fd, sync);
    pu_sync_destroy(c->fd, sync);
    return status;
}

/* A shader that stores MARK, in a group that must work. */
static void check_works(struct pu_ctx *c, uint32_t group)
{
    static const uint64_t code[] = {ADDRESS, STORE};

    *pu_data(c, RESULT) = 0;
    put_code(c, code, PU_N(code));
    put_program(c, COMPUTE, PU_DATA_VA + CODE, PU_DATA_VA + RESULT);
    igt_assert_eq(run_program(c, group, COMPUTE), 1);
    igt_assert_eq_u32(*pu_data(c, RESULT), MARK);
}

/* garm.ko says no more than ten faults in five seconds. */
static void respect_log_limit(void)
{
    const struct timespec nap = {.tv_sec = 1, .tv_nsec = 200000000};

    nanosleep(&nap, NULL);
}

/* The kernel's log since @mark names exception @name and its data @info. */
static void check_log(const char *mark, const char *name, uint64_t info)
{
    char data[32];

    snprintf(data, sizeof(data), "0x%llx", (unsigned long long)info);
    igt_assert_f(klog_wait(mark, name, 5), "expected %s in the kernel's log, got:\n%.1500s\n", name,
                 klog_since(mark));
    igt_assert_f(klog_wait(mark, data, 5), "expected data %s in the kernel's log, got:\n%.1500s\n",
                 data, klog_since(mark));
}

/*
 * The job fails with exception @name about @info; its group, and another VM's, work on. The fence
 * has the error when the driver sees the fault before the stream has gone on past the job, which it
 * may.
 */
static void faults(struct pu_ctx *c, uint32_t group, enum stage stage, const char *name,
                   uint64_t info)
{
    struct pu_ctx other = pu_need_ctx(c->fd);
    uint32_t bystander = pu_need_group(&other, 1);
    char mark[64];
    int status;

    respect_log_limit();
    klog_mark(mark);
    status = run_program(c, group, stage);
    igt_assert_f(status == 1 || status == -EINVAL, "expected a fence with -22 or none, got %d\n",
                 status);
    pu_must_be_sound(c, group);
    check_log(mark, name, info);
    check_works(c, group);
    check_works(&other, bystander);
    klog_check(mark);
    pu_group_destroy(c->fd, bystander);
    pu_ctx_free(&other);
}

/* The job's group dies of an access to @va; a new one in another VM works on. */
static void dies(struct pu_ctx *c, uint32_t group, enum stage stage, uint64_t va)
{
    struct pu_ctx other = pu_need_ctx(c->fd);
    uint32_t bystander = pu_need_group(&other, 1);
    char mark[64], text[32];

    check_works(&other, bystander);
    respect_log_limit();
    klog_mark(mark);
    igt_assert_eq(run_program(c, group, stage), -EINVAL);
    pu_must_become(c->fd, group, FATAL);
    snprintf(text, sizeof(text), "%016llX",
             (unsigned long long)va); /* as panthor prints addresses */
    if (!klog_wait(mark, text, 1)) {
        snprintf(text, sizeof(text), "0x%llx", (unsigned long long)va);
        igt_assert_f(klog_wait(mark, text, 5),
                     "expected address %s in the kernel's log, got:\n%.1500s\n", text,
                     klog_since(mark));
    }
    check_works(&other, bystander);
    klog_check(mark);
    pu_group_destroy(c->fd, bystander);
    pu_ctx_free(&other);
}

#define program(c, stage, address, ...)                                                            \
    do {                                                                                           \
        const uint64_t code_[] = {__VA_ARGS__};                                                    \
        put_code(c, code_, PU_N(code_));                                                           \
        put_program(c, stage, PU_DATA_VA + CODE, address);                                         \
    } while (0)

/* ---- encodings and program counters ------------------------------------------------------ */

static void stores(struct pu_ctx *c, uint32_t group)
{
    check_works(c, group);
}

static void invalid_compute(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, 0, 0x0000c00000000000ull, INVALID);
    faults(c, group, COMPUTE, "INSTR_INVALID_ENC", PU_DATA_VA + CODE + 8);
}

static void invalid_fragment(struct pu_ctx *c, uint32_t group)
{
    program(c, FRAGMENT, 0, INVALID);
    faults(c, group, FRAGMENT, "INSTR_INVALID_ENC", PU_DATA_VA + CODE);
}

static void invalid_vertex(struct pu_ctx *c, uint32_t group)
{
    program(c, VERTEX, 0, INVALID);
    faults(c, group, VERTEX, "INSTR_INVALID_ENC", PU_DATA_VA + CODE);
}

static void refused(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, 0, FPCLASS, NOP_END);
    faults(c, group, COMPUTE, "INSTR_INVALID_ENC", PU_DATA_VA + CODE);
}

static void misaligned_pc(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, 0, NOP_END);
    put_program(c, COMPUTE, PU_DATA_VA + CODE + 4, 0);
    faults(c, group, COMPUTE, "INSTR_INVALID_PC", PU_DATA_VA + CODE + 4);
}

static void wrong_stage(struct pu_ctx *c, uint32_t group)
{
    program(c, FRAGMENT, 0, NOP_END);
    faults(c, group, COMPUTE, "DATA_INVALID_FAULT", PU_DATA_VA + SPD);
}

static void no_program(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, 0, NOP_END);
    *pu_data(c, SPD) = 0;
    faults(c, group, COMPUTE, "DATA_INVALID_FAULT", PU_DATA_VA + SPD);
}

static void misaligned_atomic(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, PU_DATA_VA + 2, ADDRESS, ATOM);
    faults(c, group, COMPUTE, "ADDR_RANGE_FAULT", PU_DATA_VA + CODE + 24);
}

/* ---- memory ------------------------------------------------------------------------------ */

static void wild_code(struct pu_ctx *c, uint32_t group)
{
    put_program(c, COMPUTE, HOLE_VA, 0);
    dies(c, group, COMPUTE, HOLE_VA);
}

static void wild_load(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, HOLE_VA + 0x10, ADDRESS, LOAD);
    dies(c, group, COMPUTE, HOLE_VA + 0x10);
}

static void wild_store(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, HOLE_VA, ADDRESS, STORE);
    dies(c, group, COMPUTE, HOLE_VA);
}

static void wild_atomic(struct pu_ctx *c, uint32_t group)
{
    program(c, COMPUTE, HOLE_VA, ADDRESS, ATOM);
    dies(c, group, COMPUTE, HOLE_VA);
}

static void wild_fragment(struct pu_ctx *c, uint32_t group)
{
    program(c, FRAGMENT, HOLE_VA, ADDRESS, STORE);
    dies(c, group, FRAGMENT, HOLE_VA);
}

static void wild_vertex(struct pu_ctx *c, uint32_t group)
{
    program(c, VERTEX, HOLE_VA, ADDRESS, LOAD);
    dies(c, group, VERTEX, HOLE_VA);
}

static void read_only(struct pu_ctx *c, uint32_t group)
{
    igt_assert_eq(
        pu_map(c->fd, c->vm, c->data_bo, OTHER_VA, 0x10000, DRM_PANTHOR_VM_BIND_OP_MAP_READONLY),
        0);
    *pu_data(c, RESULT) = 0x5afe;
    program(c, COMPUTE, OTHER_VA + RESULT, ADDRESS, STORE);
    dies(c, group, COMPUTE, OTHER_VA + RESULT);
    igt_assert_eq_u32(*pu_data(c, RESULT), 0x5afe);
}

static void no_exec(struct pu_ctx *c, uint32_t group)
{
    igt_assert_eq(
        pu_map(c->fd, c->vm, c->data_bo, OTHER_VA, 0x10000, DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC), 0);
    program(c, COMPUTE, 0, NOP_END);
    put_program(c, COMPUTE, OTHER_VA + CODE, 0);
    dies(c, group, COMPUTE, OTHER_VA + CODE);
}

/* ---- endless shaders --------------------------------------------------------------------- */

/* The watchdog ends the group; nobody else notices. */
static void ends_by_timeout(struct pu_ctx *c, uint32_t group, enum stage stage)
{
    struct pu_ctx other = pu_need_ctx(c->fd);
    uint32_t bystander = pu_need_group(&other, 1);

    program(c, stage, 0, LOOP);
    igt_assert_eq(run_program(c, group, stage), -ETIMEDOUT);
    pu_must_become(c->fd, group, DRM_PANTHOR_GROUP_STATE_TIMEDOUT);
    check_works(&other, bystander);
    pu_group_destroy(c->fd, bystander);
    pu_ctx_free(&other);
}

static void endless_compute(struct pu_ctx *c, uint32_t group)
{
    ends_by_timeout(c, group, COMPUTE);
}

static void endless_fragment(struct pu_ctx *c, uint32_t group)
{
    ends_by_timeout(c, group, FRAGMENT);
}

static void endless_vertex(struct pu_ctx *c, uint32_t group)
{
    ends_by_timeout(c, group, VERTEX);
}

/* More groups than slots: the endless one is suspended so that all others have their turn. */
static void endless_suspended(struct pu_ctx *c, uint32_t group)
{
    struct pu_ctx other = pu_need_ctx(c->fd);
    uint32_t sync = pu_sync_create(c->fd);
    uint64_t s[40];
    unsigned n = job_words(c, COMPUTE, s);

    program(c, COMPUTE, 0, LOOP);
    igt_assert_eq(pu_go(c, group, 0, s, cs_finish(s, n), sync), 0);
    for (unsigned i = 0; i < 12; i++) {
        uint32_t next = pu_need_group(&other, 1);
        check_works(&other, next);
        pu_group_destroy(c->fd, next);
    }
    igt_assert_eq(pu_group_destroy(c->fd, group), 0);
    igt_assert_eq(pu_sync_wait(c->fd, sync, 0, LIMIT), 0);
    igt_assert_lt(pu_sync_status(c->fd, sync), 0);
    pu_sync_destroy(c->fd, sync);
    pu_ctx_free(&other);
}

igt_main
{
    pu_subtest("stores", "a shader of our own stores a word", stores, 1);
    pu_subtest("invalid-compute", "a compute shader's second word is no instruction",
               invalid_compute, 1);
    pu_subtest("invalid-fragment", "a frame shader's first word is no instruction",
               invalid_fragment, 1);
    pu_subtest("invalid-vertex", "a position shader's first word is no instruction", invalid_vertex,
               1);
    pu_subtest("refused", "an instruction without published meaning", refused, 1);
    pu_subtest("misaligned-pc", "a program at half an instruction", misaligned_pc, 1);
    pu_subtest("wrong-stage", "a fragment program in a compute job", wrong_stage, 1);
    pu_subtest("no-program", "a program descriptor of zeros", no_program, 1);
    pu_subtest("misaligned-atomic", "an atomic operation on half a word", misaligned_atomic, 1);
    pu_subtest("wild-code", "code in unmapped memory", wild_code, 1);
    pu_subtest("wild-load", "a load from unmapped memory", wild_load, 1);
    pu_subtest("wild-store", "a store to unmapped memory", wild_store, 1);
    pu_subtest("wild-atomic", "an atomic operation on unmapped memory", wild_atomic, 1);
    pu_subtest("wild-fragment", "a frame shader stores to unmapped memory", wild_fragment, 1);
    pu_subtest("wild-vertex", "a position shader loads from unmapped memory", wild_vertex, 1);
    pu_subtest("read-only", "a store to memory mapped for reading", read_only, 1);
    pu_subtest("no-exec", "code in memory mapped without execution", no_exec, 1);
    pu_subtest("endless-compute", "an endless compute shader ends by a time-out", endless_compute,
               1);
    pu_subtest("endless-fragment", "an endless frame shader ends by a time-out", endless_fragment,
               1);
    pu_subtest("endless-vertex", "an endless position shader ends by a time-out", endless_vertex,
               1);
    pu_subtest("endless-suspended", "an endless shader makes way for other groups",
               endless_suspended, 1);
}
