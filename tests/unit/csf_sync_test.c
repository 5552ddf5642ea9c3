/*
 * The executor: sync objects, waits on them, inherited errors, the error state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "csf_world.h"

/* --- sync objects ---------------------------------------------------------------------- */

static void sync_update(void)
{
    struct world *w = world_new();

    *at(w, DATA) = 0xffffffff;
    *at(w, DATA + 16) = 0xffffffffull | 9ull << 32;
    RING_PUT(w, "MOVE d4, #0x200000", "MOVE d6, #0x200010", "MOVE d8, #0x200000002",
             "SYNC_ADD64.error_propagate.system [d4], d8, #0x0, #0");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at(w, DATA), 0x300000001);
    TAP_CHECK_EQ(*at(w, DATA + 8), 0);
    TAP_CHECK_EQ(w->syncs, 1);
    TAP_CHECK_EQ(w->sync_va, DATA);
    TAP_CHECK(w->sync_system);
    RING_PUT(w, "SYNC_ADD32.csg [d6], r8, #0x0, #0");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at(w, DATA + 16), 1 | 9ull << 32); /* wraps in 32 bits */
    TAP_CHECK_EQ(w->syncs, 2);
    TAP_CHECK(!w->sync_system);
    RING_PUT(w, "SYNC_SET32.system [d6], r9, #0x0, #0", "SYNC_SET64.csg [d4], d8, #0x0, #15");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at(w, DATA + 16), 2 | 9ull << 32);
    TAP_CHECK_EQ(*at(w, DATA), 0x200000002);
    world_free(w);
    EXPECT_INVALID("MOVE d4, #0x200002", "SYNC_ADD32.system [d4], r8, #0x0, #0");
    EXPECT_INVALID("MOVE d4, #0x200004", "SYNC_ADD64.system [d4], d8, #0x0, #0");
    EXPECT_INVALID("MOVE d4, #0x200004", "SYNC_WAIT64.gt.reject [d4], d8");
    EXPECT_INVALID("MOVE d4, #0x200001", "SYNC_WAIT32.gt.reject [d4], r8");
}

static void sync_wait(void)
{
    struct world *w = world_new();
    struct cs_status s;

    *at(w, DATA) = 5;
    RING_PUT(w, "MOVE d4, #0x200000", "MOVE d6, #0x5", "SYNC_WAIT64.gt.inherit [d4], d6",
             "MOVE32 r1, #0x1");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(w->executed, 2);
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(w->executed, 0);
    TAP_CHECK_EQ(w->st->blocked, CS_BLOCKED_SYNC);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.wait, 0xc1000000); /* sync wait, 64 bits, greater */
    TAP_CHECK_EQ(s.sync_pointer, DATA);
    TAP_CHECK_EQ(s.sync_value, 5);
    TAP_CHECK_EQ(s.blocked, 3);
    TAP_CHECK_EQ(s.cmd_ptr, RING + 16);
    TAP_CHECK(cs_state_valid(w->st));
    *at(w, DATA) = 6;
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 1);
    TAP_CHECK_EQ(w->st->blocked, CS_UNBLOCKED);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.wait, 0);
    world_free(w);
}

static void sync_wait_unsigned(void)
{
    static const struct {
        const char *line;
        uint64_t value, ref;
        bool pass;
    } cases[] = {
        {"SYNC_WAIT64.gt.reject [d4], d6", 1ull << 63, 1, true},
        {"SYNC_WAIT64.le.reject [d4], d6", 1ull << 63, 1, false},
        {"SYNC_WAIT64.le.reject [d4], d6", 1, 1, true},
        {"SYNC_WAIT64.gt.reject [d4], d6", 1ull << 32, 0xffffffff, true},
        {"SYNC_WAIT32.gt.reject [d4], r6", 0x80000000, 1, true},
        {"SYNC_WAIT32.gt.reject [d4], r6", 1ull << 32, 0,
         false}, /* the upper word is not looked at */
        {"SYNC_WAIT32.le.reject [d4], r6", 7, 7, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = world_new();
        *at(w, DATA) = cases[i].value;
        w->st->regs[4] = DATA;
        w->st->regs[6] = (uint32_t)cases[i].ref;
        w->st->regs[7] = (uint32_t)(cases[i].ref >> 32);
        RING_PUT(w, cases[i].line);
        if (!TAP_CHECK_EQ(run(w), cases[i].pass ? CS_STOP_EMPTY : CS_STOP_BLOCKED))
            tap_note("case %zu", i);
        world_free(w);
    }
}

/* --- the error state ---------------------------------------------------------------------- */

static void error_is_inherited(void)
{
    struct world *w = world_new();

    *at(w, DATA) = 2;
    *at(w, DATA + 8) = 1; /* this object carries an error */
    RING_PUT(w, "MOVE d4, #0x200000", "MOVE d6, #0x1", "SYNC_WAIT64.gt.reject [d4], d6",
             "SYNC_WAIT64.gt.inherit [d4], d6", "MOVE32 r1, #0x1");
    TAP_CHECK_EQ(run(w), CS_STOP_FAULT);
    TAP_CHECK_EQ(w->fault.code, MALI_CS_INHERIT_FAULT);
    TAP_CHECK_EQ(w->fault.info, DATA);
    TAP_CHECK(!w->fault.memory);
    TAP_CHECK_EQ(w->st->error, MALI_CS_INHERIT_FAULT);
    TAP_CHECK_EQ(w->st->extract, 32); /* the wait counts as executed */
    TAP_CHECK_EQ(w->executed, 4);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 1);
    world_free(w);
}

static void error_state(void)
{
    struct world *w = world_new();

    *at(w, DATA) = 2;
    *at(w, DATA + 8) = 1;
    *at32(w, DATA + 0x100) = 0x33;
    CODE_PUT(w, CODE, "ADD_IMMEDIATE32 r1, r1, #1",
             "RUN_COMPUTE.x_axis.srt0.spd0.tsd0.fau0 #1", /* skipped */
             "STORE_MULTIPLE [d10], r1",                  /* skipped */
             "LOAD_MULTIPLE r12, [d10]", "FLUSH_CACHE2.clean_l2.clean_lsc.nop_other r1, #0x0, #0",
             "HEAP_OPERATION.vt_start #0x0, #0", /* skipped */
             "SYNC_ADD32.error_propagate.csg [d14], r1, #0x0, #0",
             "SYNC_ADD32.csg [d16], r1, #0x0, #0",
             "SYNC_SET64.error_propagate.system [d18], d2, #0x0, #0",
             "STORE_STATE.ERROR_STATE [d20], #0x0, #0",
             "SYNC_WAIT64.gt.inherit [d4], d6", /* no second fault */
             "WAIT #0xff", "ERROR_BARRIER", "STORE_MULTIPLE [d22], r1");
    RING_PUT(w, "MOVE d4, #0x200000", "MOVE d6, #0x1", "MOVE d10, #0x200100", "MOVE d14, #0x200200",
             "MOVE d16, #0x200210", "MOVE d18, #0x200220", "MOVE d20, #0x200240",
             "MOVE d22, #0x200250", "MOVE d92, #0x100000", "MOVE32 r94, #0x70",
             "SYNC_WAIT64.gt.inherit [d4], d6", "CALL d92, r94");
    TAP_CHECK_EQ(run(w), CS_STOP_FAULT);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 1);
    TAP_CHECK_EQ(w->pipeline.submitted, 0);
    TAP_CHECK_EQ(*at32(w, DATA + 0x100), 0x33);
    TAP_CHECK_EQ(w->st->regs[12], 0x33); /* what SYNC_* and STORE_STATE name may be in memory */
    TAP_CHECK_EQ(w->flushes, 0);
    TAP_CHECK_EQ(w->st->heap_vt_start, 0);
    TAP_CHECK_EQ(*at32(w, DATA + 0x200), 1);
    TAP_CHECK_EQ(*at32(w, DATA + 0x204), 1); /* propagated, behind a 32-bit object */
    TAP_CHECK_EQ(*at32(w, DATA + 0x210), 1);
    TAP_CHECK_EQ(*at32(w, DATA + 0x214), 0); /* not asked for */
    TAP_CHECK_EQ(*at32(w, DATA + 0x228), 1); /* behind a 64-bit object */
    TAP_CHECK_EQ(*at32(w, DATA + 0x240), MALI_CS_INHERIT_FAULT);
    TAP_CHECK_EQ(w->st->error, 0);
    TAP_CHECK_EQ(*at32(w, DATA + 0x250), 1); /* after the barrier stores work again */
    world_free(w);
}

TAP_MAIN({"sync-update", sync_update}, {"sync-wait", sync_wait},
         {"sync-wait-unsigned", sync_wait_unsigned}, {"error-is-inherited", error_is_inherited},
         {"error-state", error_state})
