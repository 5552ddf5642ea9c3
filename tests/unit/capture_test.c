/*
 * Capture and replay: compute jobs recorded through the executor and the MMU, the file's format,
 * damage to it, and mali-replay on it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"
#include "tools_test.h"

#include "../../hw/tools/replay.h"
#include "../../hw/valhall/jit.h"

#include <zlib.h>

#define OUT    65536
#define SLICES 1000

/* out[id] = in[id] + FAU word 2; FAU: in, out, what to add */
#define ADD_PROGRAM                                                                                \
    address(0, uni(0), 60, 2), memory(VA_OP_LOAD_I32, 4, reg(0)), add(4, reg(4), uni(4)),          \
        address(2, uni(2), 60, 2), END(memory(VA_OP_STORE_I32, 4, reg(2)))

struct file {
    char path[64];
    uint8_t *data;
    size_t size;
};

static void start(struct world *w, struct file *f, uint64_t limit)
{
    const char *err;

    temp_file(f->path, "", 0);
    TAP_CHECK(mali_pipeline_capture(w->pipeline, f->path, limit, &err));
}

static void stop(struct world *w, struct file *f)
{
    mali_pipeline_capture_end(w->pipeline);
    FILE *in = fopen(f->path, "rb");
    f->data = malloc(16 * FAKE_MIB);
    f->size = fread(f->data, 1, 16 * FAKE_MIB, in);
    fclose(in);
}

static void file_free(struct file *f)
{
    unlink(f->path);
    free(f->data);
}

static void vector_add(struct world *w, unsigned groups)
{
    PROGRAM(w, ADD_PROGRAM);
    SET_FAU(w, BUF(0), BUF(1), 1000);
    set_grid(w, groups, 1, 1);
    for (unsigned i = 0; i < 16 * groups; i++)
        *at32(w, BUF(0) + 4 * i) = i;
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
}

/* The jobs in @f. */
static unsigned read_jobs(const struct file *f, struct capture_job *job, unsigned max,
                          enum capture_read *last)
{
    struct capture_reader r;
    const char *err = NULL;
    unsigned n = 0;

    *last = CAPTURE_READ_BAD;
    if (!TAP_CHECK(capture_open(&r, f->data, f->size, &err)))
        return 0;
    while (n < max && (*last = capture_next(&r, &job[n], &err)) == CAPTURE_READ_JOB)
        n++;
    return n;
}

static const struct capture_page *page_of(const struct capture_job *j, uint64_t va)
{
    for (uint32_t i = 0; i < j->pages; i++)
        if (j->page[i].va == (va & ~4095ull))
            return &j->page[i];
    return NULL;
}

static void what_is_in_it(void)
{
    struct world *w = world_new();
    struct capture_job j[3];
    enum capture_read last;
    struct file f;

    start(w, &f, 0);
    vector_add(w, 2);
    stop(w, &f);
    TAP_CHECK_EQ(read_jobs(&f, j, 3, &last), 1);
    TAP_CHECK_EQ(last, CAPTURE_READ_END);
    TAP_CHECK_EQ(j[0].number, 1);
    TAP_CHECK_EQ(j[0].type, MALI_JOB_COMPUTE);
    TAP_CHECK_EQ(j[0].result, CAPTURE_DONE);
    TAP_CHECK_EQ(j[0].as, AS);
    TAP_CHECK_EQ(j[0].csg, 2);
    TAP_CHECK_EQ(j[0].ip, RING);
    TAP_CHECK_EQ(j[0].core_mask, 0x50004);
    TAP_CHECK_EQ(j[0].regs[37], 2);
    TAP_CHECK_EQ(j[0].transtab & ~15ull, w->root);
    const struct capture_page *in = page_of(&j[0], BUF(0)), *out = page_of(&j[0], BUF(1)),
                              *code = page_of(&j[0], CODE);
    TAP_REQUIRE(in && out && code && page_of(&j[0], SPD));
    TAP_CHECK(!page_of(&j[0], TLS));
    TAP_CHECK_EQ(in->flags & (CAPTURE_PAGE_WRITTEN | CAPTURE_PAGE_CHANGED), 0);
    TAP_CHECK_EQ(((uint32_t *)(void *)in->before)[5], 5);
    TAP_CHECK(out->flags & CAPTURE_PAGE_ZERO);
    TAP_CHECK(out->flags & CAPTURE_PAGE_WRITTEN);
    TAP_CHECK_EQ(((uint32_t *)(void *)out->after)[31], 1031);
    TAP_CHECK(code->allow >> MALI_ACCESS_EXECUTE & 1);
    TAP_CHECK(!(code->allow >> MALI_ACCESS_WRITE & 1));
    capture_job_free(&j[0]);
    file_free(&f);
    world_free(w);
}

/* @verdict for every job of the file. */
static void replay(const struct file *f, unsigned jobs, enum replay_verdict verdict)
{
    struct native *n = native_new(REPLAY_PAGES, 1);
    struct capture_reader r;
    struct capture_job j;
    const char *err;
    unsigned got = 0;

    n->quiet = true;
    capture_open(&r, f->data, f->size, &err);
    while (capture_next(&r, &j, &err) == CAPTURE_READ_JOB) {
        struct replay_report out;
        replay_job(n, &j, SLICES, &out);
        if (!TAP_CHECK_EQ(out.verdict, verdict))
            tap_note("job %" PRIu64 " va 0x%" PRIx64 " fault %u", j.number, out.va, out.fault.code);
        capture_job_free(&j);
        got++;
    }
    TAP_CHECK_EQ(got, jobs);
    native_free(n);
}

static void the_same_again(void)
{
    struct world *w = world_new();
    struct file f;

    start(w, &f, 0);
    vector_add(w, 3);
    *at32(w, BUF(1) + 8) = 7; /* the next job's memory begins otherwise */
    vector_add(w, 1);
    PROGRAM(w, movi(4, 1), atom_add(4, uni(0)), END(atom_inc(5, uni(0)))); /* read and written */
    SET_FAU(w, BUF(2) + 64);
    set_grid(w, 4, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(2) + 64), 4 * 32);
    stop(w, &f);
    replay(&f, 3, REPLAY_SAME);
    file_free(&f);
    world_free(w);
}

static void slices(void)
{
    struct world *w = world_new();
    struct capture_job j[2];
    enum capture_read last;
    struct file f;

    start(w, &f, 0);
    /* r4 = 3000 down to 0, then stored */
    PROGRAM(w, movi(4, 3000), addi(4, 4, (uint32_t)-1), branch(reg(4), false, -2),
            address(0, uni(0), 60, 2), END(memory(VA_OP_STORE_I32, 60, reg(0))));
    SET_FAU(w, BUF(0));
    set_grid(w, 8, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK(w->slices > 2);
    stop(w, &f);
    TAP_CHECK_EQ(read_jobs(&f, j, 2, &last), 1);
    TAP_CHECK(j[0].slices > 2);
    capture_job_free(&j[0]);
    replay(&f, 1, REPLAY_SAME);
    file_free(&f);
    world_free(w);
}

static void faults(void)
{
    struct world *w = world_new();
    struct file f;

    start(w, &f, 0);
    PROGRAM(w, memory(VA_OP_STORE_I32, 60, uni(0)), END(memory(VA_OP_LOAD_I32, 4, uni(2))));
    SET_FAU(w, BUF(0), UNMAPPED);
    TAP_CHECK_EQ(run_job(w), CS_STOP_FATAL);
    cs_init(w->st, RING, 4096, 0);
    stop(w, &f);
    replay(&f, 1, REPLAY_SAME);
    file_free(&f);

    start(w, &f, 0);
    set_d(w, 0, SRT);
    set_d(w, 8, FAU | 2ull << 56);
    set_d(w, 16, SPD);
    set_d(w, 24, TSD);
    set_size(w, 16, 1, 1);
    set_grid(w, 1, 1, 1);
    PROGRAM(w, END(memory(VA_OP_STORE_I32, 60, uni(0))));
    SET_FAU(w, READONLY);
    TAP_CHECK_EQ(run_job(w), CS_STOP_FATAL);
    stop(w, &f);
    replay(&f, 1, REPLAY_SAME);
    file_free(&f);
    world_free(w);
}

static void dropped(void)
{
    struct world *w = world_new();
    struct capture_job j[2];
    enum capture_read last;
    struct file f;

    start(w, &f, 0);
    PROGRAM(w, branch(lut(0), true, -1)); /* for ever */
    ring_put(w, RUN);
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
    mali_pipeline_drop(w->pipeline, w->st->job_token);
    stop(w, &f);
    TAP_CHECK_EQ(read_jobs(&f, j, 2, &last), 1);
    TAP_CHECK_EQ(j[0].result, CAPTURE_DROPPED);
    capture_job_free(&j[0]);
    replay(&f, 1, REPLAY_SKIPPED);
    w->ended = w->started;
    file_free(&f);
    world_free(w);
}

static void limit(void)
{
    struct world *w = world_new();
    struct capture_job j[4];
    enum capture_read last;
    struct file f;

    start(w, &f, 2000);
    for (unsigned i = 0; i < 3; i++)
        vector_add(w, 8);
    stop(w, &f);
    unsigned n = read_jobs(&f, j, 4, &last);
    TAP_CHECK(n >= 1 && n < 3);
    TAP_CHECK_EQ(last, CAPTURE_READ_END);
    TAP_CHECK(f.size <= 2000);
    TAP_CHECK(fake_log_has(w->h, "capture: the capture file has reached its limit"));
    while (n--)
        capture_job_free(&j[n]);
    file_free(&f);
    world_free(w);
}

/* Every length that a file can be cut to: whole jobs, then "cut", never anything else. */
static void truncation(void)
{
    struct world *w = world_new();
    struct capture_job j[4];
    enum capture_read last;
    struct file f;

    start(w, &f, 0);
    vector_add(w, 1);
    vector_add(w, 1);
    stop(w, &f);
    for (size_t size = 32; size < f.size; size++) {
        struct file cut = {.data = f.data, .size = size};
        unsigned n = read_jobs(&cut, j, 4, &last);
        if (!TAP_CHECK_EQ(last, CAPTURE_READ_CUT) || !TAP_CHECK(n <= 2))
            break;
        while (n--)
            capture_job_free(&j[n]);
    }
    file_free(&f);
    world_free(w);
}

static void damage(void)
{
    struct world *w = world_new();
    struct capture_job j[4];
    struct capture_reader r;
    enum capture_read last;
    const char *err = NULL;
    struct file f;

    start(w, &f, 0);
    vector_add(w, 1);
    stop(w, &f);
    f.data[100] ^= 1;
    TAP_CHECK_EQ(read_jobs(&f, j, 4, &last), 0);
    TAP_CHECK_EQ(last, CAPTURE_READ_BAD);
    f.data[8] = 2;
    TAP_CHECK(!capture_open(&r, f.data, f.size, &err));
    TAP_CHECK_STR(err, "a capture of another version than 1");
    TAP_CHECK(!capture_open(&r, "GARM", 4, &err));
    TAP_CHECK_STR(err, "not a capture");
    file_free(&f);
    world_free(w);
}

/* Writes @job to a file of its own. */
static void write_job(struct file *f, struct capture_job *job)
{
    const char *err;

    temp_file(f->path, "", 0);
    struct mali_capture *c = mali_capture_new(f->path, 0, &err);
    TAP_CHECK(!mali_capture_add(c, job));
    TAP_CHECK(mali_capture_close(c));
}

static void tool(void)
{
    struct world *w = world_new();
    char command[256], out[OUT];
    struct capture_job j[2];
    enum capture_read last;
    struct file f, wrong;

    start(w, &f, 0);
    vector_add(w, 2);
    stop(w, &f);
    snprintf(command, sizeof(command), "%s %s", MALI_REPLAY, f.path);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 0);
    has(out, "job 1: same, ");
    snprintf(command, sizeof(command), "%s --jobs --dump --disasm --bench 3 %s", MALI_REPLAY,
             f.path);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 0);
    has(out, "job 1: RUN_COMPUTE at 0x600000, as 1 csg 2 cs 3, 1 slices,");
    has(out, "workgroup 16 x 1 x 1, grid 2 x 1 x 1");
    has(out, ": 00000000 -> 000003e9\n");
    has(out, "1100000000:");
    has(out, "LOAD.i32");
    has(out, "job 1: 3 runs, fastest ");

    TAP_REQUIRE(read_jobs(&f, j, 2, &last) == 1);
    for (uint32_t i = 0; i < j[0].pages; i++)
        if (j[0].page[i].after)
            j[0].page[i].after[4 * 20] ^= 0xff;
    write_job(&wrong, &j[0]);
    snprintf(command, sizeof(command), "%s %s", MALI_REPLAY, wrong.path);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 1);
    has(out, "job 1: memory differs in 1 bytes, first at 0x304050: got 0xfc, captured 0x03");
    has(out, "written last by workgroup 1,0,0 invocation 4, pc 0x1100000020:");
    has(out, "STORE.i32");
    unlink(wrong.path);
    snprintf(command, sizeof(command), "%s /dev/null", MALI_REPLAY);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 2);
    has(out, "not a capture");
    capture_job_free(&j[0]);
    file_free(&f);
    world_free(w);
}

/* Captures that are kept: each must still come out the same. */
static void replay_kept(const char *jit)
{
    char command[512], out[OUT];

    snprintf(command, sizeof(command),
             "set -e; for f in %s/*.garmcap; do echo $f; %s --jit %s $f; done; echo all", CAPTURES,
             MALI_REPLAY, jit);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 0);
    has(out, "job 1: same, ");
    has(out, "\nall\n");
}

static void kept(void)
{
    replay_kept("off");
}

static void kept_compiled(void)
{
    const char *why;

    if (va_jit_available(&why))
        replay_kept("now");
    else
        tap_note("nothing to compare: %s", why);
}

/* Graphics: a tiling job and a fragment job, with threads; pictures; jobs cut out. */
static void graphics(void)
{
    char command[800], out[OUT];

    snprintf(command, sizeof(command),
             "set -e; d=$(mktemp -d); f=%s/gfx_smooth.garmcap; r=%s; $r --threads 2 $f; "
             "$r --job 3 --png $d $f; $r --bench 2 $f; $r --from 2 --to 3 --write $d/cut $f; "
             "$r --jobs $d/cut; head -c 8 $d/job-3-rt0.png | od -An -tx1; rm -r $d",
             CAPTURES, MALI_REPLAY);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 0);
    has(out, "job 3: same, ");
    has(out, "job 1: 2 runs, fastest ");
    has(out, "all RUN_FRAGMENT: ");
    has(out, "job 2: RUN_FRAGMENT at ");
    has(out, "89 50 4e 47 0d 0a 1a 0a");
}

/* @compiled programs at least, when job @job runs @runs times. */
static void hot(unsigned job, unsigned runs, unsigned compiled)
{
    char command[512], out[OUT];
    unsigned got = 0;

    snprintf(command, sizeof(command),
             "%s --jit on --job %u --bench %u %s/gfx_smooth.garmcap | tail -n 1", MALI_REPLAY, job,
             runs, CAPTURES);
    TAP_CHECK_EQ(run_tool(command, out, OUT), 0);
    sscanf(out, "shaders compiled: %u", &got);
    if (!TAP_CHECK(got >= compiled))
        tap_note("%u of %u: %s", got, compiled, out);
    has(out, " 0 failed");
}

/* Of tiling and of fragments, though nobody asks for counts of instructions. */
static void hot_draws(void)
{
    const char *why;

    if (!va_jit_available(&why)) {
        tap_note("nothing compiles: %s", why);
        return;
    }
    hot(1, 4000, 2); /* position and varying shader */
    hot(3, 100, 1);
}

TAP_MAIN({"what-is-in-it", what_is_in_it}, {"the-same-again", the_same_again}, {"slices", slices},
         {"faults", faults}, {"dropped", dropped}, {"limit", limit}, {"truncation", truncation},
         {"damage", damage}, {"tool", tool}, {"kept", kept}, {"kept-compiled", kept_compiled},
         {"graphics", graphics}, {"hot-draws-are-compiled", hot_draws})
