/*
 * The race detector: compute jobs with and without races, run through the
 * executor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"

#include "../../hw/pipeline/pipeline_internal.h"
#include "../../hw/trace/trace.h"

#include <unistd.h>

static struct world *race_world(void)
{
    struct world *w = world_new();

    TAP_CHECK(mali_pipeline_race(w->pipeline, NULL));
    return w;
}

/* Lines of the log that hold @text. */
static unsigned lines(struct world *w, const char *text)
{
    unsigned n = 0;

    for (unsigned i = 0; i < w->h->log_total && i < FAKE_LOG_LINES; i++)
        n += strstr(w->h->log[i], text) != NULL;
    return n;
}

static void show(struct world *w)
{
    for (unsigned i = 0; i < w->h->log_total && i < FAKE_LOG_LINES; i++)
        printf("#   %s\n", w->h->log[i]);
}

/* Runs the job: @ww and @rw pairs of instructions race. */
static void expect(struct world *w, unsigned ww, unsigned rw)
{
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    if (!TAP_CHECK_EQ(lines(w, "write-write race at"), ww) |
        !TAP_CHECK_EQ(lines(w, "read-write race at"), rw))
        show(w);
}

static void one_word_of_all(void)
{
    struct world *w = race_world();

    PROGRAM(w, END(memory(VA_OP_STORE_I32, 60, uni(0))));
    SET_FAU(w, BUF(0) + 8);
    set_grid(w, 4, 1, 1);
    expect(w, 1, 0);
    TAP_CHECK_EQ(lines(w, "write-write race at 0x300008 in shader "), 1);
    TAP_CHECK_EQ(lines(w, "at 0x1100000000: workgroup 0,0,0 invocation 0 at +0x0 {STORE.i32"), 1);
    TAP_CHECK_EQ(lines(w, "workgroup 0,0,0 invocation 1 at +0x0 {STORE.i32"), 1);
    mali_pipeline_race_end(w->pipeline);
    TAP_CHECK_EQ(lines(w, "1 pairs of instructions race, seen 63 times; 0 words forgotten"), 1);
    world_free(w);
}

static void between_workgroups(void)
{
    struct world *w = race_world();

    set_size(w, 1, 1, 1);
    PROGRAM(w, memory(VA_OP_LOAD_I32, 4, uni(0)), NOP(), END(memory(VA_OP_STORE_I32, 57, uni(0))));
    SET_FAU(w, BUF(0));
    set_grid(w, 2, 3, 1);
    expect(w, 1, 2); /* a load after another's store, a store after another's load */
    TAP_CHECK_EQ(lines(w, "workgroup 0,0,0 invocation 0 at +0x10 {STORE.i32"), 2);
    TAP_CHECK_EQ(lines(w, ", workgroup 1,0,0 invocation 0 at +0x0 {LOAD.i32"), 1);
    world_free(w);
}

/* shared[id] = id; then out[id] = shared[31 - id] */
static void shared_memory(struct world *w, bool with_barrier)
{
    set_size(w, 32, 1, 1);
    set_grid(w, 3, 1, 1);
    SET_FAU(w, BUF(0), 31);
    PROGRAM(w, mov(2, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 0)),
            mov(3, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 1)), mov(4, reg(55)),
            address(6, reg(2), 4, 2), memory(VA_OP_STORE_I32, 60, reg(6)),
            with_barrier ? BARRIER() : NOP(), sub(4, uni(2), reg(4)), address(6, reg(2), 4, 2),
            memory(VA_OP_LOAD_I32, 10, reg(6)), address(6, uni(0), 60, 2),
            END(memory(VA_OP_STORE_I32, 10, reg(6))));
    expect(w, 0, with_barrier ? 0 : 2);
}

static void shared_without_barrier(void)
{
    struct world *w = race_world();

    shared_memory(w, false);
    TAP_CHECK_EQ(lines(w, "read-write race at 0x7ffff0"), 2);
    world_free(w);
}

static void shared_with_barrier(void)
{
    struct world *w = race_world();

    shared_memory(w, true);
    world_free(w);
}

static void histogram(void)
{
    struct world *w = race_world();

    set_grid(w, 4, 1, 1); /* bin = lane: one invocation of each workgroup comes to it */
    SET_FAU(w, BUF(0));
    PROGRAM(w, address(0, uni(0), 55, 2), memory(VA_OP_LOAD_I32, 4, reg(0)), addi(4, 4, 1),
            END(memory(VA_OP_STORE_I32, 4, reg(0))));
    expect(w, 1, 2);
    world_free(w);
}

static void histogram_with_atomics(void)
{
    struct world *w = race_world();

    set_grid(w, 4, 1, 1);
    SET_FAU(w, BUF(0));
    PROGRAM(w, address(0, uni(0), 55, 2), movi(4, 1), atom_add(4, reg(0)), atom_inc(5, reg(0)),
            END(atom_add(4, uni(0))));
    expect(w, 0, 0);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 4), 8);
    world_free(w);
}

/* An atomic operation does not order plain accesses of others to its word. */
static void atomic_and_plain(void)
{
    struct world *w = race_world();

    set_grid(w, 2, 1, 1);
    SET_FAU(w, BUF(0), BUF(1));
    PROGRAM(w, movi(4, 1), atom_add(4, uni(0)), address(0, uni(2), 60, 2),
            memory(VA_OP_LOAD_I32, 5, uni(0)), END(memory(VA_OP_STORE_I32, 5, reg(0))));
    expect(w, 0, 1); /* a load, then an atomic of another workgroup */
    world_free(w);
}

/*
 * Each workgroup stores, says so with an atomic, and the last one reads what
 * all have stored: the atomic hands over. FAU: data, counter, number of
 * workgroups less one, zero.
 */
static void last_workgroup(struct world *w, bool atomic)
{
    set_size(w, 1, 1, 1);
    set_grid(w, 5, 1, 1);
    SET_FAU(w, BUF(0), BUF(1), 4, BUF(2));
    PROGRAM(w, address(0, uni(0), 60, 2), memory(VA_OP_STORE_I32, 60, reg(0)),
            atomic ? atom_inc(6, uni(2)) : mov(6, reg(60)), sub(8, reg(6), uni(4)),
            branch(reg(8), false, 2), /* not the last */
            memory(VA_OP_LOAD_I32, 9, uni(0)), END(memory(VA_OP_STORE_I32, 9, uni(6))), END(NOP()));
    expect(w, 0, atomic ? 0 : 1);
}

static void handed_over(void)
{
    struct world *w = race_world();

    last_workgroup(w, true);
    world_free(w);
}

static void not_handed_over(void)
{
    struct world *w = race_world();

    last_workgroup(w, false);
    world_free(w);
}

static void jobs(void)
{
    struct world *w = race_world();

    set_size(w, 1, 1, 1);
    SET_FAU(w, BUF(0));
    PROGRAM(w, memory(VA_OP_LOAD_I32, 4, uni(0)), END(memory(VA_OP_STORE_I32, 60, uni(0))));
    expect(w, 0, 0);
    expect(w, 0, 0); /* the same word, another job */
    world_free(w);
}

static void neighbouring_bytes(void)
{
    struct world *w = race_world();

    SET_FAU(w, BUF(0));
    set_grid(w, 2, 1, 1);
    PROGRAM(w, address(0, uni(0), 60, 0), END(memory(VA_OP_STORE_I8, 60, reg(0))));
    expect(w, 0, 0);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 4), 0x07060504);
    world_free(w);
}

/* Local storage is every invocation's own, whoever had that memory before. */
static void own_storage(void)
{
    struct world *w = race_world();

    set_grid(w, 3, 1, 1);
    PROGRAM(w, mov(2, spec(VA_SPECIAL_THREAD_LOCAL_POINTER, 0)),
            mov(3, spec(VA_SPECIAL_THREAD_LOCAL_POINTER, 1)), memory(VA_OP_STORE_I32, 60, reg(2)),
            END(memory(VA_OP_LOAD_I32, 4, reg(2))));
    expect(w, 0, 0);
    world_free(w);
}

static void off(void)
{
    struct world *w = world_new();

    PROGRAM(w, END(memory(VA_OP_STORE_I32, 60, uni(0))));
    SET_FAU(w, BUF(0));
    expect(w, 0, 0);
    world_free(w);
}

static void in_the_report(void)
{
    char path[] = "/tmp/garm-race-XXXXXX", text[65536] = "";
    struct world *w = world_new();
    const char *err;

    close(mkstemp(path));
    w->env.trace = mali_trace_new(&w->h->bus, NULL, path, &err);
    TAP_CHECK(mali_pipeline_race(w->pipeline, w->env.trace));
    PROGRAM(w, END(memory(VA_OP_STORE_I32, 60, uni(0))));
    SET_FAU(w, BUF(0));
    expect(w, 1, 0);
    mali_trace_finish(w->env.trace);
    FILE *f = fopen(path, "r");
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    remove(path);
    TAP_CHECK(strstr(text, "{\"kind\":\"race\",\"count\":1,\"text\":\"write-"
                           "write race at 0x300000 in"));
    mali_trace_free(w->env.trace);
    world_free(w);
}

/* What a draw's shader stores is not watched, and that is said once, with the number at the end. */
static void draws(void)
{
    struct world *w = race_world();
    struct core_observer *o = w->pipeline->observer;
    struct core *c = calloc(1, sizeof(*c));
    struct va_warp *warp = calloc(1, sizeof(*warp));
    struct va_insn in = {.op = VA_OP_STORE_I32};
    struct va_touch t = {CODE, &in, VA_READ, 4, 0x7, {BUF(0), BUF(0), CORE_VERTEX_WINDOW}};

    o->touched(o, c, warp, &t);
    TAP_CHECK_EQ(lines(w, "draws are not watched"), 0); /* it only reads */
    t.access = VA_WRITE;
    o->touched(o, c, warp, &t);
    o->touched(o, c, warp, &t);
    TAP_CHECK_EQ(lines(w, "draws are not watched for races (the first: shader at 0x0)"), 1);
    TAP_CHECK_EQ(lines(w, " race at"), 0);
    mali_pipeline_race_end(w->pipeline);
    TAP_CHECK_EQ(lines(w, "; 4 stores of vertex and fragment shaders not watched"), 1);
    free(warp);
    free(c);
    world_free(w);
}

TAP_MAIN({"one-word-of-all", one_word_of_all}, {"between-workgroups", between_workgroups},
         {"shared-without-barrier", shared_without_barrier},
         {"shared-with-barrier", shared_with_barrier}, {"histogram", histogram},
         {"histogram-with-atomics", histogram_with_atomics}, {"atomic-and-plain", atomic_and_plain},
         {"handed-over", handed_over}, {"not-handed-over", not_handed_over}, {"jobs", jobs},
         {"neighbouring-bytes", neighbouring_bytes}, {"own-storage", own_storage}, {"off", off},
         {"draws", draws}, {"in-the-report", in_the_report})
