/*
 * The executor: jobs, scoreboards, deferred operations, the tiler-OOM handler,
 * hostile states, random programs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "csf_world.h"

#define COMPUTE "RUN_COMPUTE.x_axis.srt0.spd0.tsd0.fau0 #1"

/* --- jobs -------------------------------------------------------------------- */

static void job_types(void)
{
    static const struct {
        const char *line;
        enum mali_job_type type;
    } cases[] = {
        {COMPUTE, 0},
        {"RUN_COMPUTE_INDIRECT.srt0.spd0.tsd0.fau0 #1", 1},
        {"RUN_TILING.srt0.spd0.tsd0.fau0 #0x0", 2},
        {".word 0x0600000200000402", 3},
        {"RUN_FRAGMENT.tile_order=zorder", 4},
        {"RUN_FULLSCREEN d40, #0x10", 5},
        {"FINISH_TILING", 6},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = world_new();
        w->pipeline.answer = 0; /* done */
        RING_PUT(w, "MOVE32 r40, #0x4444", cases[i].line, "WAIT #0xff");
        TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
        TAP_REQUIRE(w->pipeline.submitted == 1);
        const struct mali_job *j = &w->pipeline.job[0];
        TAP_CHECK_EQ(j->type, cases[i].type);
        TAP_CHECK_EQ(j->regs[40], 0x4444);
        TAP_CHECK_EQ(j->regs[96], 0);
        TAP_CHECK_EQ(j->as, AS);
        TAP_CHECK_EQ(j->csg, 2);
        TAP_CHECK_EQ(j->cs, 3);
        TAP_CHECK_EQ(j->ip, RING + 8);
        TAP_CHECK_EQ(j->instr, assemble(cases[i].line));
        TAP_CHECK_EQ(j->core_mask, 0xf);
        TAP_CHECK(j->owner == w);
        TAP_CHECK(w->pipeline.done == on_job_done);
        TAP_CHECK_EQ(w->started, 1);
        TAP_CHECK_EQ(w->ended, 1);
        TAP_CHECK_EQ(w->st->job_count, 1);
        TAP_CHECK_EQ(w->st->progress_count, 1);
        world_free(w);
    }
}

static void job_faults(void)
{
    static const struct {
        uint8_t code;
        bool memory;
        enum cs_stop stop;
    } cases[] = {
        {MALI_CS_ENDPOINT_FAULT, false, CS_STOP_FATAL},
        {MALI_CS_UNRECOVERABLE, false, CS_STOP_FATAL},
        {MALI_CSF_FW_INTERNAL_ERROR, false, CS_STOP_FATAL},
        {MALI_TRANSLATION_FAULT_0 + 2, true, CS_STOP_FATAL},
        {MALI_KABOOM, false, CS_STOP_FAULT},
        {MALI_CS_RES_TERM, false, CS_STOP_FAULT},
        {MALI_INSTR_INVALID_PC, false, CS_STOP_FAULT},
        {MALI_INSTR_INVALID_ENC, false, CS_STOP_FAULT},
        {MALI_INSTR_BARRIER_FAULT, false, CS_STOP_FAULT},
        {MALI_DATA_INVALID_FAULT, false, CS_STOP_FAULT},
        {MALI_TILE_RANGE_FAULT, false, CS_STOP_FAULT},
        {MALI_ADDR_RANGE_FAULT, false, CS_STOP_FAULT},
        {MALI_IMPRECISE_FAULT, false, CS_STOP_FAULT},
        {MALI_CSF_RES_EVICTION_TIMEOUT, false, CS_STOP_FAULT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const bool recoverable = cases[i].stop == CS_STOP_FAULT;
        struct mali_fault f = {
            .code = cases[i].code, .memory = cases[i].memory, .va = 0x88, .info = 0x77};
        struct world *w = world_new(); /* at once */
        w->pipeline.answer = MALI_JOB_FAULTED;
        w->pipeline.fault = f;
        RING_PUT(w, COMPUTE, "MOVE32 r1, #0x1");
        TAP_CHECK_EQ(run(w), cases[i].stop);
        TAP_CHECK_EQ(w->fault.code, f.code);
        TAP_CHECK_EQ(w->fault.info, 0x77);
        TAP_CHECK_EQ(w->st->sb_count[0], 0);
        TAP_CHECK_EQ(w->st->extract, recoverable ? 8 : 0);
        TAP_CHECK_EQ(w->st->error, recoverable ? f.code : 0);
        world_free(w);

        w = world_new(); /* later */
        w->pipeline.answer = MALI_JOB_PENDING;
        RING_PUT(w, COMPUTE, "WAIT #0x1", COMPUTE);
        TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
        TAP_CHECK_EQ(job_done(w, 0, &f), cases[i].stop);
        TAP_CHECK_EQ(w->fault.code, f.code);
        TAP_CHECK_EQ(w->st->sb_count[0], 0);
        if (recoverable) {
            TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
            TAP_CHECK_EQ(w->pipeline.submitted, 1); /* the second one is skipped */
        }
        world_free(w);
    }
}

static void pending_and_wait(void)
{
    struct world *w = world_new();
    struct cs_status s;

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "SET_SB_ENTRY #2, #0", COMPUTE, COMPUTE, "SET_SB_ENTRY #5, #0", COMPUTE,
             "WAIT #0x3", "MOVE32 r1, #0x1", "WAIT #0x4", "MOVE32 r2, #0x1", "WAIT #0xff");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(w->st->regs[1], 1);
    TAP_CHECK_EQ(w->st->blocked, CS_BLOCKED_SCOREBOARD);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.wait, 0x80004);
    TAP_CHECK_EQ(s.scoreboards, 0x24);
    TAP_CHECK_EQ(s.blocked, 1);
    TAP_CHECK_EQ(job_done(w, 1, NULL), CS_STOP_BUDGET);
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED); /* one of two */
    TAP_CHECK_EQ(w->st->regs[2], 0);
    job_done(w, 0, NULL);
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(w->st->regs[2], 1);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.scoreboards, 0x20);
    job_done(w, 2, NULL);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->ended, 3);
    TAP_CHECK_EQ(job_done(w, 2, NULL), CS_STOP_BUDGET); /* one too many harms nothing */
    TAP_CHECK_EQ(w->st->sb_count[5], 0);
    world_free(w);
}

/* --- deferred operations --------------------------------------------------------- */

static void deferred_sync(void)
{
    struct world *w = world_new();

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "SET_SB_ENTRY #3, #0", "MOVE d4, #0x200000", "MOVE d6, #0x7", COMPUTE,
             "SYNC_ADD64.system [d4], d6, #0x8, #1", "MOVE d6, #0x100", /* operands were read */
             "MOVE d4, #0x200100", "SYNC_ADD64.csg [d4], d6, #0x0, #0", /* not deferred */
             "SYNC_ADD64.csg [d4], d6, #0x10, #1",                      /* entry 4 is free */
             "WAIT #0x2", "MOVE32 r1, #0x1");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(*at(w, DATA), 0);
    TAP_CHECK_EQ(*at(w, DATA + 0x100), 0x200);
    TAP_CHECK_EQ(w->st->deferred_count, 1);
    TAP_CHECK_EQ(w->st->sb_count[1], 1);
    TAP_CHECK(cs_state_valid(w->st));
    TAP_CHECK_EQ(job_done(w, 0, NULL), CS_STOP_BUDGET);
    TAP_CHECK_EQ(*at(w, DATA), 7); /* at once, not only at the next slice */
    TAP_CHECK_EQ(w->sync_va, DATA);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 1);
    world_free(w);
}

/* panvk's chain: flush waits for the job, signal waits for the flush. */
static void deferred_chain(void)
{
    struct world *w = world_new();

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "SET_SB_ENTRY #3, #0", "MOVE d4, #0x200000", "MOVE d6, #0x1", COMPUTE,
             "FLUSH_CACHE2.clean_l2.clean_lsc.nop_other r6, #0x8, #2",
             "SYNC_SET64.csg [d4], d6, #0x4, #1", "STORE_STATE.CYCLE_COUNT [d4 + 16], #0x2, #4",
             "HEAP_OPERATION.frag_end #0x10, #5", "FINISH_FRAGMENT.frag_end d8, d8, #0x20, #6");
    w->cycles = 99;
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->deferred_count, 5);
    TAP_CHECK_EQ(w->flushes, 0);
    TAP_CHECK_EQ(w->st->heap_frag_end, 0);
    job_done(w, 0, NULL);
    TAP_CHECK_EQ(w->st->deferred_count, 0);
    TAP_CHECK_EQ(w->flushes, 1);
    TAP_CHECK_EQ(*at(w, DATA), 1);
    TAP_CHECK_EQ(*at(w, DATA + 16), 99);
    TAP_CHECK_EQ(w->st->heap_frag_end, 2);
    for (int i = 0; i < CS_SB_COUNT; i++)
        TAP_CHECK_EQ(w->st->sb_count[i], 0);
    world_free(w);
}

/* An operation does not wait for those issued after it; on its own entry it waits for ever. */
static void deferred_order(void)
{
    struct world *w = world_new();

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "SET_SB_ENTRY #3, #0", "MOVE d4, #0x200000", "MOVE d6, #0x1", COMPUTE,
             "SYNC_ADD64.csg [d4], d6, #0x8, #1", "SYNC_ADD64.csg [d4], d6, #0x2, #3");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    job_done(w, 0, NULL);
    TAP_CHECK_EQ(*at(w, DATA), 2);
    RING_PUT(w, "SYNC_ADD64.csg [d4], d6, #0x2, #1", "WAIT #0x2");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(*at(w, DATA), 2);
    TAP_CHECK(cs_state_valid(w->st));
    world_free(w);
}

static void deferred_full(void)
{
    struct world *w = world_new();
    struct cs_status s;

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "SET_SB_ENTRY #3, #0", "MOVE d4, #0x200000", "MOVE d6, #0x1", COMPUTE);
    for (int i = 0; i < CS_DEFERRED_MAX + 1; i++)
        RING_PUT(w, "SYNC_ADD64.csg [d4], d6, #0x8, #1");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(w->st->blocked, CS_BLOCKED_DEFERRED);
    TAP_CHECK_EQ(w->st->insert - w->st->extract, 8);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.blocked, 4);
    job_done(w, 0, NULL);
    TAP_CHECK_EQ(*at(w, DATA), CS_DEFERRED_MAX);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at(w, DATA), CS_DEFERRED_MAX + 1);
    world_free(w);
}

static void deferred_fault_and_stall(void)
{
    struct world *w = world_new();

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "MOVE d4, #0x700000", "MOVE d6, #0x1", COMPUTE,
             "SYNC_ADD64.csg [d4], d6, #0x1, #1");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(job_done(w, 0, NULL), CS_STOP_FATAL);
    TAP_CHECK(w->fault.memory);
    TAP_CHECK_EQ(w->fault.va, UNMAPPED);
    world_free(w);

    w = world_new();
    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "MOVE d4, #0x201000", "MOVE d6, #0x1", COMPUTE,
             "SYNC_ADD64.csg [d4], d6, #0x1, #1");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    fake_as_write64(w->mmu, AS, 0x10, (DATA + 0x1000) | (12 - 1));
    fake_as_command(w->mmu, AS, 2);
    TAP_CHECK_EQ(job_done(w, 0, NULL), CS_STOP_BUDGET);
    TAP_CHECK_EQ(run(w), CS_STOP_STALL); /* though the ring is empty: come back */
    TAP_CHECK_EQ(w->st->deferred_count, 1);
    fake_as_command(w->mmu, AS, 3);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at(w, DATA + 0x1000), 1);
    world_free(w);
}

static void error_reaches_deferred(void)
{
    struct world *w = world_new();

    w->pipeline.answer = MALI_JOB_PENDING;
    RING_PUT(w, "MOVE d4, #0x200000", "MOVE d6, #0x1", COMPUTE,
             "FLUSH_CACHE2.clean_l2.clean_lsc.nop_other r6, #0x1, #2",
             "SYNC_ADD64.error_propagate.system [d4], d6, #0x1, #1", "WAIT #0xff", "ERROR_BARRIER");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(job_done(w, 0, &(struct mali_fault){.code = MALI_DATA_INVALID_FAULT, .info = 9}),
                 CS_STOP_FAULT);
    TAP_CHECK_EQ(w->fault.code, MALI_DATA_INVALID_FAULT);
    TAP_CHECK_EQ(w->fault.info, 9);
    TAP_CHECK_EQ(*at(w, DATA), 1);
    TAP_CHECK_EQ(*at(w, DATA + 8), 1);
    TAP_CHECK_EQ(w->flushes, 0);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->error, 0);
    world_free(w);
}

/* --- the tiler-OOM handler ----------------------------------------------------------- */

static void oom_handler(void)
{
    struct world *w = world_new();

    TAP_CHECK(!cs_enter_oom_handler(w->st)); /* none is set */
    w->pipeline.answer = MALI_JOB_OOM;
    CODE_PUT(w, CODE, "ADD_IMMEDIATE32 r1, r1, #1", "CALL d80, r82",
             "ADD_IMMEDIATE32 r2, r1, #0x0");
    CODE_PUT(w, CODE + 0x100, "ADD_IMMEDIATE32 r3, r3, #1");
    RING_PUT(w, "MOVE d80, #0x100100", "MOVE32 r82, #0x8", "MOVE d4, #0x100000", "MOVE32 r6, #0x18",
             "SET_EXCEPTION_HANDLER.tiler_oom d4, r6", ".word 0x0600000200000402",
             "MOVE32 r7, #0x7");
    TAP_CHECK_EQ(run(w), CS_STOP_OOM);
    TAP_CHECK_EQ(w->st->extract, 40);
    TAP_CHECK_EQ(run(w), CS_STOP_OOM); /* memory was granted but is not enough */
    TAP_REQUIRE(cs_enter_oom_handler(w->st));
    TAP_CHECK(!cs_enter_oom_handler(w->st)); /* not twice */
    TAP_CHECK(cs_state_valid(w->st));
    TAP_CHECK_EQ(w->st->handler_ret_ip, RING + 40);
    TAP_CHECK_EQ(run_n(w, 2), CS_STOP_BUDGET);
    TAP_CHECK_EQ(w->st->depth, 2);
    w->pipeline.answer = MALI_JOB_DONE;
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY); /* back to RUN_IDVS, which runs again */
    TAP_CHECK_EQ(w->st->in_handler, 0);
    TAP_CHECK_EQ(w->st->regs[2], 1);
    TAP_CHECK_EQ(w->st->regs[3], 1);
    TAP_CHECK_EQ(w->st->regs[7], 7);
    TAP_CHECK_EQ(w->pipeline.submitted, 3);
    RING_PUT(w, "MOVE32 r6, #0x0", "SET_EXCEPTION_HANDLER.tiler_oom d4, r6");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK(!cs_enter_oom_handler(w->st));
    world_free(w);
}

/* Interrupted seven frames deep while blocked; the handler has a full stack of its own. */
static void oom_handler_is_deep(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE, "ADD_IMMEDIATE32 r1, r1, #1", "ADD_IMMEDIATE32 r2, r1, #-7",
             "BRANCH.ge r2, #1", "CALL d92, r94", "WAIT #0x1");
    CODE_PUT(w, CODE + 0x100, "ADD_IMMEDIATE32 r11, r11, #1", "CALL d80, r82");
    RING_PUT(w, COMPUTE, "MOVE d80, #0x100100", "MOVE32 r82, #0x10",
             "SET_EXCEPTION_HANDLER.tiler_oom d80, r82", "MOVE d92, #0x100000", "MOVE32 r94, #0x28",
             "CALL d92, r94");
    w->pipeline.answer = MALI_JOB_PENDING;
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(w->st->depth, 7);
    TAP_REQUIRE(cs_enter_oom_handler(w->st));
    TAP_CHECK_EQ(w->st->blocked, CS_UNBLOCKED);
    TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
    TAP_CHECK_EQ(w->fault.code, MALI_CS_CALL_STACK_OVERFLOW);
    TAP_CHECK_EQ(w->st->regs[11], CS_CALL_DEPTH); /* the handler's own frame and seven calls */
    TAP_CHECK(cs_state_valid(w->st));
    world_free(w);
}

/* What the host may answer, and that the handler's jobs are not the interrupted one. */
static void oom_answers(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE, COMPUTE);
    RING_PUT(w, "MOVE d4, #0x200080", "HEAP_SET d4", "HEAP_OPERATION.vt_start #0x0, #0",
             "MOVE d4, #0x100000", "MOVE32 r6, #0x8", "SET_EXCEPTION_HANDLER.tiler_oom d4, r6",
             ".word 0x0600000200000402", "MOVE32 r7, #0x7");
    w->pipeline.answer = MALI_JOB_OOM;
    TAP_CHECK_EQ(run(w), CS_STOP_OOM);
    TAP_CHECK_EQ(w->pipeline.job[0].heap, DATA + 0x80);
    TAP_CHECK_EQ(w->st->heap_vt_start, 1);
    TAP_CHECK_EQ(w->st->sb_count[0], 0);
    w->st->job_token = 77; /* as the pipeline leaves it */

    /* two chunks, already chained: they go in front of what is free */
    *at(w, DATA + 0x80) = 0x7000080;
    TAP_CHECK_EQ(cs_oom_answer(w->st, (DATA + 0x1000) | 0x80, DATA | 0x80), CS_OOM_RUN);
    TAP_CHECK_EQ(run(w), CS_STOP_OOM);
    TAP_CHECK_EQ(*at(w, DATA + 0x80), (DATA + 0x1000) | 0x80);
    TAP_CHECK_EQ(*at(w, DATA), 0x7000080);
    TAP_CHECK_EQ(w->st->grant_first, 0);

    /* nothing, but tiled work has yet to be drawn */
    w->st->heap_vt_end = 1;
    TAP_CHECK_EQ(cs_oom_answer(w->st, 0, 0), CS_OOM_WAIT);
    w->st->heap_frag_end = 1;

    /* nothing: the handler, whose job is another */
    TAP_CHECK_EQ(cs_oom_answer(w->st, 0, 0), CS_OOM_RUN);
    TAP_CHECK_EQ(w->st->job_token, 0);
    TAP_CHECK_EQ(w->st->oom_token, 77);
    TAP_CHECK_EQ(cs_oom_answer(w->st, 0, 0), CS_OOM_FATAL); /* in the handler itself */
    w->pipeline.answer = MALI_JOB_DONE;
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->oom_token, 0);
    TAP_CHECK_EQ(w->st->regs[7], 7);

    /* an error in the handler ends the interrupted job, too */
    RING_PUT(w, ".word 0x0600000200000402", "MOVE32 r7, #0x8");
    w->pipeline.answer = MALI_JOB_OOM;
    TAP_CHECK_EQ(run(w), CS_STOP_OOM);
    w->st->job_token = 78;
    TAP_CHECK_EQ(cs_oom_answer(w->st, 0, 0), CS_OOM_RUN);
    w->pipeline.answer = MALI_JOB_FAULTED;
    w->pipeline.fault = (struct mali_fault){.code = MALI_DATA_INVALID_FAULT};
    TAP_CHECK_EQ(run(w), CS_STOP_FAULT);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->pipeline.dropped, 78);
    TAP_CHECK_EQ(w->st->job_token, 0);
    w->st->error = 0;

    /* a chunk that is not mapped */
    w->st->grant_first = w->st->grant_last = UNMAPPED | 0x80;
    TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
    TAP_CHECK(w->fault.memory);
    TAP_CHECK_EQ(w->fault.va, UNMAPPED);
    world_free(w);
}

/* --- state ------------------------------------------------------------------------------ */

static void hostile_states(void)
{
    struct cs_state good, st;

    cs_init(&good, RING, RING_SIZE, 0);
    TAP_CHECK(cs_state_valid(&good));
#define BAD(change)                                                                                \
    do {                                                                                           \
        st = good;                                                                                 \
        change;                                                                                    \
        TAP_CHECK(!cs_state_valid(&st));                                                           \
    } while (0)
    BAD(st.depth = CS_CALL_DEPTH);
    BAD(st.depth = ~0u);
    BAD(st.in_handler = 9);
    BAD(st.in_handler = 1);
    BAD((st.in_handler = 1, st.depth = 9));
    BAD((st.depth = 1, st.stack[1].ip = 4));
    BAD(st.sb_endpoint = 8);
    BAD(st.sb_other = 8);
    BAD(st.blocked = 7);
    BAD(st.wait_mask = 0x100);
    BAD(st.wait_cond = 2);
    BAD(st.wait_64 = 2);
    BAD(st.resources = 16);
    BAD(st.deferred_count = CS_DEFERRED_MAX + 1);
    BAD(st.sb_count[0] = 0x10000);
    BAD(st.handler_va = 4);
    BAD(st.handler_len = 4);
    BAD(st.extract = 1);
    good.deferred_count = 1;
    good.sb_count[1] = 1;
    good.deferred[0] = (struct cs_deferred){.word = assemble("SYNC_ADD64.csg [d4], d6, #0x8, #1"),
                                            .op = {DATA, 1},
                                            .wait_mask = 8,
                                            .signal = 1};
    TAP_CHECK(cs_state_valid(&good));
    BAD(st.sb_count[1] = 0);
    BAD(st.deferred[0].signal = 8);
    BAD(st.deferred[0].wait_mask = 0x100);
    BAD(st.deferred[0].op[0] = DATA + 4);
    BAD(st.deferred[0].word = 0);
    BAD(st.deferred[0].word |= 1ull << 55);
}

/* Random bytes as a state: valid or not, nothing may break (ASan and UBSan watch). */
static void random_states(void)
{
    uint64_t seed = 77;
    unsigned ran = 0;

    for (int round = 0; round < 3000; round++) {
        struct world *w = world_new();
        uint8_t *raw = (uint8_t *)w->st;
        for (int k = 0; k < 40; k++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            raw[(seed >> 8) % sizeof(*w->st)] = (uint8_t)(seed & (round & 1 ? 0xff : 7));
        }
        w->st->insert = w->st->extract & ~7ull;
        RING_PUT(w, "WAIT #0xff", "MOVE32 r1, #0x1", COMPUTE);
        if (cs_state_valid(w->st)) {
            ran++;
            run_n(w, 100);
            TAP_CHECK(cs_state_valid(w->st));
        }
        world_free(w);
    }
    TAP_CHECK(ran > 100);
    tap_note("%u of 3000 random states were valid", ran);
}

static void random_programs(void)
{
    uint64_t seed = 4711;
    unsigned stops[8] = {0};

    for (int round = 0; round < 1500; round++) {
        struct world *w = world_new();
        for (int i = 0; i < 512; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            uint64_t word = seed, op = (seed >> 40) % 54;
            if (i % 16) /* nearly always something that exists, on registers that mean something */
                word = ((seed & cs_ok_bits[op]) & ~(0xffull << 56)) | op << 56;
            *at(w, RING + 8 * i) = word;
            *at(w, CODE + 8 * i) = word;
        }
        for (int r = 0; r < 96; r += 2) {
            w->st->regs[r] = (uint32_t)(r & 4 ? DATA + 8 * r : CODE + 16 * r);
            w->st->regs[r + 1] = r & 8 ? 64 : 0;
        }
        w->st->insert = RING_SIZE;
        for (int slice = 0; slice < 20; slice++) {
            w->pipeline.answer = (round + slice) % 3;
            w->pipeline.fault.code = round & 1 ? MALI_OOM : MALI_DATA_INVALID_FAULT;
            w->env.trace_instr = round & 4;
            enum cs_stop stop = run_n(w, 64);
            stops[stop]++;
            TAP_CHECK(w->executed <= 64);
            if (!TAP_CHECK(cs_state_valid(w->st)))
                return;
            if (stop == CS_STOP_FATAL)
                w->st->extract = (w->st->extract & ~7ull) + 8, w->st->depth = w->st->in_handler = 0;
            if (stop == CS_STOP_OOM)
                cs_enter_oom_handler(w->st);
            for (int e = 0; e < 8 && slice % 4 == 3; e++) {
                struct mali_fault f;
                cs_job_done(&w->env, w->st, e, NULL, &f);
            }
        }
        world_free(w);
    }
    tap_note("stops: budget %u empty %u blocked %u stall %u fault %u fatal %u oom %u protm %u",
             stops[0], stops[1], stops[2], stops[3], stops[4], stops[5], stops[6], stops[7]);
}

TAP_MAIN({"job-types", job_types}, {"job-faults", job_faults},
         {"pending-and-wait", pending_and_wait}, {"deferred-sync", deferred_sync},
         {"deferred-chain", deferred_chain}, {"deferred-order", deferred_order},
         {"deferred-full", deferred_full}, {"deferred-fault-and-stall", deferred_fault_and_stall},
         {"error-reaches-deferred", error_reaches_deferred}, {"oom-handler", oom_handler},
         {"oom-handler-is-deep", oom_handler_is_deep}, {"oom-answers", oom_answers},
         {"hostile-states", hostile_states}, {"random-states", random_states},
         {"random-programs", random_programs})
