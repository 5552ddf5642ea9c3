/*
 * The executor: ring, registers, control flow, memory, faults. Sync objects
 * and the error state: csf_sync_test.c. Jobs, deferral, the exception handler
 * and saved state: csf_job_test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "csf_world.h"

/* --- ring -------------------------------------------------------------------- */

static void ring_empty(void)
{
    struct world *w = world_new();

    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->executed, 0);
    RING_PUT(w, "NOP", "NOP #0x1234", "MOVE32 r1, #0x5");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->executed, 3);
    TAP_CHECK_EQ(w->st->extract, 24);
    TAP_CHECK_EQ(w->st->instr_count, 3);
    TAP_CHECK_EQ(w->st->regs[1], 5);
    world_free(w);
}

static void ring_wraps(void)
{
    struct world *w = world_new();

    cs_init(w->st, RING, RING_SIZE, 7 * RING_SIZE - 16);
    for (int i = 0; i < 5; i++)
        RING_PUT(w, "ADD_IMMEDIATE32 r1, r1, #1");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 5);
    TAP_CHECK_EQ(w->st->extract, 7 * RING_SIZE + 24);
    /* a full ring */
    for (unsigned i = 0; i < RING_SIZE / 8; i++)
        RING_PUT(w, "ADD_IMMEDIATE32 r1, r1, #1");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 5 + RING_SIZE / 8);
    world_free(w);
}

static void ring_config_faults(void)
{
    static const struct {
        uint64_t base, extract, insert;
        uint32_t size;
    } bad[] = {
        {RING, 0, 8, 0},        {RING, 0, 8, 4000},     {RING, 0, 8, 4},
        {RING, 4, 8, 4096},     {RING, 0, 12, 4096},    {RING, 16, 8, 4096},
        {RING, 0, 4104, 4096},  {RING + 4, 0, 8, 4096}, {0ull - 2048, 0, 8, 4096},
        {RING, -8ull, 8, 4096},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct world *w = world_new();
        cs_init(w->st, bad[i].base, bad[i].size, bad[i].extract);
        w->st->insert = bad[i].insert;
        if (!TAP_CHECK_EQ(run(w), CS_STOP_FATAL) ||
            !TAP_CHECK_EQ(w->fault.code, MALI_CS_CONFIG_FAULT))
            tap_note("case %zu", i);
        world_free(w);
    }
}

static void budget(void)
{
    struct world *w = world_new();

    RING_PUT(w, "ADD_IMMEDIATE32 r1, r1, #1", "BRANCH.always r0, #-2");
    TAP_CHECK_EQ(run_n(w, 0), CS_STOP_BUDGET);
    TAP_CHECK_EQ(w->executed, 0);
    TAP_CHECK_EQ(run_n(w, 1001), CS_STOP_BUDGET);
    TAP_CHECK_EQ(w->executed, 1001);
    TAP_CHECK_EQ(w->st->regs[1], 501);
    TAP_CHECK_EQ(w->st->extract, 8);
    TAP_CHECK_EQ(run_n(w, 1), CS_STOP_BUDGET);
    TAP_CHECK_EQ(w->st->extract, 0);
    world_free(w);
}

/* --- registers ------------------------------------------------------------------ */

static void arithmetic(void)
{
    struct world *w = world_new();

    w->st->regs[11] = 0xdeadbeef;
    RING_PUT(w, "MOVE d10, #0x123456789abc", "MOVE32 r12, #0xffffffff",
             "ADD_IMMEDIATE32 r13, r12, #1", "ADD_IMMEDIATE32 r14, r13, #-2",
             "MOVE d16, #0xffffffff", "ADD_IMMEDIATE64 d18, d16, #1",
             "ADD_IMMEDIATE64 d20, d18, #-2147483648", "MOVE d22, #0x0",
             "ADD_IMMEDIATE64 d22, d22, #-1", "UMIN32 r24, r12, r14", "UMIN32 r25, r14, r13",
             "MOVE32 r95, #0x5f", "MOVE d94, #0x1", "ADD_IMMEDIATE32 r0, r0, #7");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(pair(w, 10), 0x123456789abc);
    TAP_CHECK_EQ(w->st->regs[13], 0);
    TAP_CHECK_EQ(w->st->regs[14], 0xfffffffe);
    TAP_CHECK_EQ(pair(w, 18), 0x100000000);
    TAP_CHECK_EQ(pair(w, 20), 0x80000000);
    TAP_CHECK_EQ(pair(w, 22), ~0ull);
    TAP_CHECK_EQ(w->st->regs[24], 0xfffffffe);
    TAP_CHECK_EQ(w->st->regs[25], 0);
    TAP_CHECK_EQ(pair(w, 94), 1);
    TAP_CHECK_EQ(w->st->regs[0], 7);
    world_free(w);
}

static void invalid_words(void)
{
    EXPECT_INVALID("NOP", ".word 0x0a00000000000000"); /* no such opcode */
    EXPECT_INVALID(".word 0xff00000000000000");
    EXPECT_INVALID("NOP", "NOP", ".word 0x0201000100000000"); /* reserved bit */
    EXPECT_INVALID(".word 0x2f00000000000001");
    EXPECT_INVALID(".word 0x015d000000000000"); /* odd pair */
    EXPECT_INVALID(".word 0x1101000000000000");
    EXPECT_INVALID(".word 0x0260000000000000"); /* r96 */
    EXPECT_INVALID(".word 0x02ff000000000000");
    EXPECT_INVALID(".word 0x1600000070000000"); /* condition 7 */
    EXPECT_INVALID(".word 0x2700040020000000"); /* SYNC_WAIT: equal */
    EXPECT_INVALID(".word 0x3500040060000000"); /* SYNC_WAIT: always */
    EXPECT_INVALID(".word 0x24005e0000000002"); /* flush mode 2 */
    EXPECT_INVALID(".word 0x2500040600000002"); /* scope 1 */
    EXPECT_INVALID(".word 0x3100000200000000"); /* heap operation 2 */
    EXPECT_INVALID(".word 0x1900040600000000"); /* exception type 0 */
    EXPECT_INVALID("SET_SB_ENTRY #8, #0");
    EXPECT_INVALID("SET_SB_ENTRY #0, #15");
    EXPECT_INVALID("SYNC_ADD32.system [d4], r6, #0x100, #0");
    EXPECT_INVALID("SYNC_ADD32.system [d4], r6, #0x1, #8");
    EXPECT_INVALID("FLUSH_CACHE2.clean_l2.clean_lsc.nop_other r4, #0x0, #8");
    EXPECT_INVALID("LOAD_MULTIPLE r90/0x40, [d4]"); /* reaches r96 */
    EXPECT_INVALID("STORE_MULTIPLE [d4], r95:r96");
}

/* The inlined instructions and the handlers must be the same machine. */
static void reference_path_agrees(void)
{
    static const uint8_t ops[] = {0, 1, 2, 16, 17, 18, 22, 22, 23, 34, 20, 21, 47, 48};
    uint64_t seed = 0x2545f4914f6cdd1d;

    for (int round = 0; round < 300; round++) {
        struct world *a = world_new(), *b = world_new();
        for (int i = 0; i < 300; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            uint64_t op = ops[(seed >> 56) % sizeof(ops)];
            uint64_t word = (seed & cs_ok_bits[op] & ~(0xffull << 56)) | op << 56;
            if (op == CS_OP_BRANCH)
                word = (word & ~0xffffull) | (uint16_t)((int)(seed & 31) - 12);
            if (op == CS_OP_LOAD_MULTIPLE || op == CS_OP_STORE_MULTIPLE) /* through d94 only */
                word = (word & ~0xff000000ffffull) | 94ull << 40 | (seed & 0x7fc);
            if (op == CS_OP_MOVE || op == CS_OP_MOVE32 || op >= 16)
                if (((word >> 48) & 0xff) >= 94)
                    word &= ~(0xffull << 48);
            *at(a, CODE + 8 * i) = *at(b, CODE + 8 * i) = word;
        }
        struct world *both[] = {a, b};
        for (int k = 0; k < 2; k++) {
            both[k]->env.trace_instr = k;
            RING_PUT(both[k], "MOVE d94, #0x200000", "MOVE d92, #0x100000", "MOVE32 r90, #0x960",
                     "CALL d92, r90");
        }
        enum cs_stop sa = run_n(a, 2000), sb = run_n(b, 2000);
        TAP_CHECK_EQ(sa, sb);
        TAP_CHECK_EQ(a->executed, b->executed);
        TAP_CHECK_EQ(a->fault.code, b->fault.code);
        bool same = TAP_CHECK_MEM(a->st, b->st, sizeof(*a->st));
        same = TAP_CHECK_MEM(at(a, DATA), at(b, DATA), 4096) && same;
        world_free(a);
        world_free(b);
        if (!same)
            return;
    }
}

/* --- control flow ----------------------------------------------------------------- */

static void branch_conditions(void)
{
    static const char *const cond[] = {"le", "gt", "eq", "ne", "lt", "ge", "always"};
    static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    /* [condition][value], signed, worked out by hand */
    static const bool taken[7][5] = {{1, 0, 0, 1, 1}, {0, 1, 1, 0, 0}, {1, 0, 0, 0, 0},
                                     {0, 1, 1, 1, 1}, {0, 0, 0, 1, 1}, {1, 1, 1, 0, 0},
                                     {1, 1, 1, 1, 1}};
    for (int trace = 0; trace < 2; trace++)
        for (int c = 0; c < 7; c++)
            for (int v = 0; v < 5; v++) {
                struct world *w = world_new();
                char line[64];
                w->env.trace_instr = trace;
                w->st->regs[5] = values[v];
                snprintf(line, sizeof(line), "BRANCH.%s r5, #1", cond[c]);
                RING_PUT(w, line, "MOVE32 r1, #0x1", "MOVE32 r2, #0x1");
                TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
                if (!TAP_CHECK_EQ(w->st->regs[1], !taken[c][v]))
                    tap_note("%s 0x%x", line, values[v]);
                TAP_CHECK_EQ(w->st->regs[2], 1);
                world_free(w);
            }
}

static void branch_out_of_frame(void)
{
    struct world *w = world_new();

    /* forward: the frame ends, also far beyond its end */
    CODE_PUT(w, CODE, "BRANCH.always r0, #1000", "MOVE32 r1, #0x1");
    RING_PUT(w, "MOVE d92, #0x100000", "MOVE32 r94, #0x10", "CALL d92, r94", "MOVE32 r2, #0x2");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 0);
    TAP_CHECK_EQ(w->st->regs[2], 2);
    /* backward: what is in memory there runs, up to the frame's end */
    CODE_PUT(w, CODE, "ADD_IMMEDIATE32 r3, r3, #1", "ADD_IMMEDIATE32 r4, r4, #1",
             "BRANCH.le r4, #-3");
    RING_PUT(w, "MOVE d92, #0x100010", "MOVE32 r94, #0x8", "CALL d92, r94");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[3], 1);
    /* in the ring: beyond insert ends there */
    RING_PUT(w, "BRANCH.always r0, #100");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->extract, w->st->insert);
    /* to before the ring began */
    RING_PUT(w, "BRANCH.always r0, #-100");
    TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
    TAP_CHECK_EQ(w->fault.code, MALI_CS_CONFIG_FAULT);
    world_free(w);
}

static void branch_crosses_page(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE + 4096 - 8, "ADD_IMMEDIATE32 r1, r1, #1", "ADD_IMMEDIATE32 r2, r2, #-1",
             "BRANCH.gt r2, #-3");
    RING_PUT(w, "MOVE32 r2, #0x5", "MOVE d92, #0x100ff8", "MOVE32 r94, #0x18", "CALL d92, r94");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 5);
    world_free(w);
}

static void call_and_jump(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE, "MOVE32 r1, #0x1", "MOVE d80, #0x100100", "MOVE32 r82, #0x10",
             "CALL d80, r82", "MOVE32 r2, #0x2", "MOVE d80, #0x100200", "JUMP d80, r82",
             "MOVE32 r3, #0xbad");
    CODE_PUT(w, CODE + 0x100, "MOVE32 r4, #0x4", "ADD_IMMEDIATE32 r5, r5, #1");
    CODE_PUT(w, CODE + 0x200, "MOVE32 r6, #0x6", "MOVE32 r7, #0x7");
    RING_PUT(w, "MOVE d92, #0x100000", "MOVE32 r94, #0x40", "CALL d92, r94", "MOVE32 r8, #0x8",
             "MOVE32 r94, #0x0", "CALL d92, r94", "MOVE32 r9, #0x9");
    TAP_CHECK_EQ(run_n(w, 7), CS_STOP_BUDGET); /* inside the second frame */
    TAP_CHECK_EQ(w->st->depth, 2);
    TAP_CHECK_EQ(w->st->extract, 16); /* the CALL in the ring */
    TAP_CHECK_EQ(w->st->stack[2].ip, CODE + 0x100);
    TAP_CHECK(cs_state_valid(w->st));
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->depth, 0);
    static const uint32_t want[] = {0, 1, 2, 0, 4, 1, 6, 7, 8, 9};
    TAP_CHECK_MEM(w->st->regs, want, sizeof(want));
    world_free(w);

    EXPECT_INVALID("JUMP d92, r94");
    EXPECT_INVALID("MOVE d92, #0x100004", "MOVE32 r94, #0x8", "CALL d92, r94");
    EXPECT_INVALID("MOVE d92, #0x100000", "MOVE32 r94, #0xc", "CALL d92, r94");
    EXPECT_INVALID("MOVE32 r92, #0xfffffff8", "MOVE32 r93, #0xffffffff", "MOVE32 r94, #0x10",
                   "CALL d92, r94");
}

/* Code at CODE calls itself until the stack is full: 7 frames above the ring. */
static void call_depth(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE, "ADD_IMMEDIATE32 r1, r1, #1", "CALL d92, r94");
    RING_PUT(w, "MOVE d92, #0x100000", "MOVE32 r94, #0x10", "CALL d92, r94");
    TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
    TAP_CHECK_EQ(w->fault.code, MALI_CS_CALL_STACK_OVERFLOW);
    TAP_CHECK_EQ(w->st->regs[1], CS_CALL_DEPTH - 1);
    TAP_CHECK_EQ(w->st->depth, CS_CALL_DEPTH - 1);
    TAP_CHECK_EQ(w->st->extract, 16);
    world_free(w);

    w = world_new(); /* seven frames are fine */
    CODE_PUT(w, CODE, "ADD_IMMEDIATE32 r1, r1, #1", "ADD_IMMEDIATE32 r2, r1, #-7",
             "BRANCH.ge r2, #1", "CALL d92, r94", "ADD_IMMEDIATE32 r3, r3, #1");
    RING_PUT(w, "MOVE d92, #0x100000", "MOVE32 r94, #0x28", "CALL d92, r94");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[3], 7);
    world_free(w);
}

static void fetch_fault(void)
{
    struct world *w = world_new();
    struct cs_status s;

    RING_PUT(w, "MOVE d92, #0x700000", "MOVE32 r94, #0x10", "CALL d92, r94");
    TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
    TAP_CHECK(w->fault.memory);
    TAP_CHECK_EQ(w->fault.code & 0xf8, MALI_TRANSLATION_FAULT_0);
    TAP_CHECK_EQ(w->fault.va, UNMAPPED);
    TAP_CHECK_EQ(w->fault.info, UNMAPPED);
    TAP_CHECK_EQ(w->fault.as, AS);
    TAP_CHECK_EQ(w->fault.access, MALI_ACCESS_READ);
    TAP_CHECK_EQ(w->st->extract, 16);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.cmd_ptr, UNMAPPED);
    world_free(w);
}

/* --- memory ------------------------------------------------------------------------- */

static void load_store(void)
{
    struct world *w = world_new();

    for (uint32_t i = 0; i < 4; i++)
        w->st->regs[20 + i] = 0x1000 + i;
    RING_PUT(w, "MOVE d4, #0x200ff8", "STORE_MULTIPLE [d4], r20:r21:r22:r23", /* crosses the page */
             "STORE_MULTIPLE [d4 - 16], r20:r23", "LOAD_MULTIPLE r30:r31:r32:r33, [d4]",
             "LOAD_MULTIPLE r40/0xa, [d4]", "LOAD_MULTIPLE r50/0x0, [d4]",
             "LOAD_MULTIPLE r4, [d4]"); /* overwrites half of its own address */
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    for (uint32_t i = 0; i < 4; i++)
        TAP_CHECK_EQ(w->st->regs[30 + i], 0x1000 + i);
    TAP_CHECK_EQ(*at32(w, DATA + 0x1000), 0x1002);
    TAP_CHECK_EQ(*at32(w, DATA + 0xfe8), 0x1000);
    TAP_CHECK_EQ(*at32(w, DATA + 0xfec), 0x1003); /* packed */
    TAP_CHECK_EQ(*at32(w, DATA + 0xff4), 0);
    TAP_CHECK_EQ(w->st->regs[40], 0);
    TAP_CHECK_EQ(w->st->regs[41], 0x1000);
    TAP_CHECK_EQ(w->st->regs[42], 0);
    TAP_CHECK_EQ(w->st->regs[43], 0x1001);
    TAP_CHECK_EQ(w->st->regs[4], 0x1000);
    world_free(w);

    EXPECT_INVALID("MOVE d4, #0x200002", "LOAD_MULTIPLE r8, [d4]");
    EXPECT_INVALID("MOVE d4, #0x200000", "STORE_MULTIPLE [d4 + 1], r8");
}

/* As many words as the mask names are touched: the page behind them may be missing. */
static void store_mask_at_edge(void)
{
    struct world *w = world_new();

    RING_PUT(w, "MOVE32 r20, #0x7", "MOVE d4, #0x201ffc", "STORE_MULTIPLE [d4], r20");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, DATA + 0x1ffc), 7);
    RING_PUT(w, "MOVE d4, #0x200000", "STORE_MULTIPLE [d4], r18/0x4");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, DATA), 7);
    world_free(w);
}

static void memory_faults(void)
{
    static const struct {
        const char *line;
        uint64_t addr, va;
        uint8_t code, access;
    } cases[] = {
        {"LOAD_MULTIPLE r8, [d4]", UNMAPPED, UNMAPPED, 0xc0, MALI_ACCESS_READ},
        {"STORE_MULTIPLE [d4], r8", READ_ONLY + 4, READ_ONLY + 4, 0xc8, MALI_ACCESS_WRITE},
        {"STORE_MULTIPLE [d4], r8:r9", DATA + 0x1ffc, DATA + 0x2000, 0xc0, MALI_ACCESS_WRITE},
        {"SYNC_ADD64.system [d4], d8, #0x0, #0", UNMAPPED, UNMAPPED, 0xc0, MALI_ACCESS_ATOMIC},
        {"SYNC_SET32.csg [d4], r8, #0x0, #0", READ_ONLY, READ_ONLY, 0xc8, MALI_ACCESS_WRITE},
        {"SYNC_WAIT32.gt.reject [d4], r8", UNMAPPED, UNMAPPED, 0xc0, MALI_ACCESS_READ},
        {"STORE_STATE.CYCLE_COUNT [d4], #0x0, #0", UNMAPPED, UNMAPPED, 0xc0, MALI_ACCESS_WRITE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = world_new();
        w->st->regs[4] = (uint32_t)cases[i].addr;
        *at32(w, DATA + 0x1ffc) = 0x5a5a;
        RING_PUT(w, cases[i].line);
        bool ok = TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
        ok = TAP_CHECK(w->fault.memory) && ok;
        ok = TAP_CHECK_EQ(w->fault.va, cases[i].va) && ok;
        ok = TAP_CHECK_EQ(w->fault.code & 0xf8, cases[i].code) && ok;
        ok = TAP_CHECK_EQ(w->fault.access, cases[i].access) && ok;
        ok = TAP_CHECK_EQ(w->st->extract, 0) && ok;
        ok = TAP_CHECK_EQ(*at32(w, DATA + 0x1ffc), 0x5a5a) && ok;
        if (!ok)
            tap_note("%s", cases[i].line);
        world_free(w);
    }
}

/* AS LOCK of one page: base | log2(size) - 1 in bits 5:0, as panthor programs it. */
static void lock_page(struct world *w, uint64_t va)
{
    fake_as_write64(w->mmu, AS, 0x10, va | (12 - 1));
    fake_as_command(w->mmu, AS, 2);
}

static void stall_and_retry(void)
{
    static const char *const lines[] = {
        "STORE_MULTIPLE [d4], r20:r21:r22:r23", "SYNC_ADD64.system [d6], d20, #0x0, #0",
        "SYNC_WAIT64.gt.inherit [d6], d30",     "STORE_STATE.SYSTEM_TIMESTAMP [d6], #0x0, #0",
        "LOAD_MULTIPLE r40:r41:r42:r43, [d4]",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct world *w = world_new();
        w->st->regs[4] = DATA + 0xff8; /* half of it in the locked page */
        w->st->regs[6] = DATA + 0x1100;
        w->st->regs[20] = 5;
        *at(w, DATA + 0x1100) = 1;
        RING_PUT(w, "ADD_IMMEDIATE32 r1, r1, #1", lines[i], "ADD_IMMEDIATE32 r1, r1, #1");
        lock_page(w, DATA + 0x1000);
        for (int k = 0; k < 3; k++) {
            if (!TAP_CHECK_EQ(run(w), CS_STOP_STALL))
                tap_note("%s", lines[i]);
            TAP_CHECK_EQ(w->st->extract, 8);
            TAP_CHECK_EQ(w->st->regs[1], 1);
            TAP_CHECK_EQ(w->syncs, 0);
        }
        fake_as_command(w->mmu, AS, 3); /* UNLOCK */
        TAP_CHECK_EQ(*at32(w, DATA + 0xff8), 0);
        TAP_CHECK_EQ(*at(w, DATA + 0x1100), 1);
        TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
        TAP_CHECK_EQ(w->st->regs[1], 2);
        world_free(w);
    }
}

static void stall_on_fetch(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE, "MOVE32 r1, #0x1");
    RING_PUT(w, "MOVE d92, #0x100000", "MOVE32 r94, #0x8", "CALL d92, r94");
    lock_page(w, CODE);
    TAP_CHECK_EQ(run(w), CS_STOP_STALL);
    TAP_CHECK_EQ(run(w), CS_STOP_STALL);
    fake_as_command(w->mmu, AS, 3);
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->regs[1], 1);
    world_free(w);
}

static void store_state(void)
{
    struct world *w = world_new();

    w->cycles = 0x1122334455667788;
    fake_advance(w->h, 1000000);
    uint64_t counter = w->h->bus.ops->counter(w->h->bus.opaque);
    w->st->error = 0;
    for (int i = 0; i < 8; i++)
        *at(w, DATA + 8 * i) = ~0ull;
    RING_PUT(w, "MOVE d4, #0x200000", "STORE_STATE.SYSTEM_TIMESTAMP [d4], #0x0, #0",
             "STORE_STATE.CYCLE_COUNT [d4 + 8], #0x0, #0",
             "STORE_STATE.DISJOINT_COUNT [d4 + 16], #0x0, #0",
             "STORE_STATE.ERROR_STATE [d4 + 28], #0x0, #0", "MOVE d6, #0x201000",
             "STORE_STATE.CYCLE_COUNT [d6 - 4], #0x0, #0");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK(counter > 0);
    TAP_CHECK_EQ(*at(w, DATA), counter);
    TAP_CHECK_EQ(*at(w, DATA + 8), w->cycles);
    TAP_CHECK_EQ(*at(w, DATA + 16), 0);
    TAP_CHECK_EQ(*at32(w, DATA + 24), ~0u);
    TAP_CHECK_EQ(*at32(w, DATA + 28), 0);
    TAP_CHECK_EQ(*at32(w, DATA + 32), ~0u); /* the error status is 32 bits */
    TAP_CHECK_EQ(*at32(w, DATA + 0xffc), 0x55667788);
    TAP_CHECK_EQ(*at32(w, DATA + 0x1000), 0x11223344);
    world_free(w);
    EXPECT_INVALID("STORE_STATE.CYCLE_COUNT [d4 + 2], #0x0, #0");
}

static void flush_cache(void)
{
    struct world *w = world_new();

    RING_PUT(w, "MOVE32 r94, #0x77", ".word 0x24005e0000000233", "WAIT #0x1");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->flushes, 1);
    TAP_CHECK_EQ(w->flush_modes, 0x233);
    TAP_CHECK_EQ(w->flush_id, 0x77);
    world_free(w);
}

/* --- the rest -------------------------------------------------------------------------------- */

static void progress(void)
{
    struct world *w = world_new();
    struct cs_status s;

    RING_PUT(w, "MOVE d4, #0x123456789", "PROGRESS_STORE d4", "PROGRESS_LOAD d6",
             "PROGRESS_WAIT d4, #3", "PROGRESS_WAIT d4, #5", "WAIT.progress_inc #0x0");
    TAP_CHECK_EQ(run(w), CS_STOP_BLOCKED);
    TAP_CHECK_EQ(pair(w, 6), 0x123456789);
    TAP_CHECK_EQ(w->st->blocked, CS_BLOCKED_PROGRESS);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.wait, 1u << 28);
    w->progress[5] = 0x123456789;
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->st->progress_count, 1);
    world_free(w);
}

static void resources_and_heap(void)
{
    struct world *w = world_new();
    struct cs_status s;

    RING_PUT(w, "REQ_RESOURCE.compute.idvs", "MOVE d4, #0x200080", "HEAP_SET d4",
             "HEAP_OPERATION.vt_start #0x0, #0", "HEAP_OPERATION.vt_start #0x0, #0",
             "HEAP_OPERATION.vt_end #0x0, #0", "HEAP_OPERATION.frag_end #0x0, #0",
             "FINISH_FRAGMENT.frag_end d6, d6, #0x0, #0", "FINISH_FRAGMENT d6, d6, #0x0, #0");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.req_resource, 9);
    TAP_CHECK_EQ(w->st->heap, DATA + 0x80);
    TAP_CHECK_EQ(w->st->heap_vt_start, 2);
    TAP_CHECK_EQ(w->st->heap_vt_end, 1);
    TAP_CHECK_EQ(w->st->heap_frag_end, 2);
    TAP_CHECK_EQ(*at(w, DATA + 0x80), 0);
    TAP_CHECK_EQ(*at32(w, DATA + 0x88), 2); /* where another stream of the heap sees them */
    TAP_CHECK_EQ(*at32(w, DATA + 0x8c), 1);
    TAP_CHECK_EQ(*at32(w, DATA + 0x90), 2);

    /* chunks first..last go in front of the list in the heap context */
    *at(w, DATA + 0x80) = 0x5000040;
    RING_PUT(w, "MOVE d8, #0x201040", "MOVE d10, #0x201040", "FINISH_FRAGMENT d10, d8, #0x0, #0",
             "REQ_RESOURCE");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at(w, DATA + 0x80), DATA + 0x1040);
    TAP_CHECK_EQ(*at(w, DATA + 0x1000), 0x5000040);
    TAP_CHECK_EQ(w->pipeline.finished, DATA + 0x1040); /* the pass that was in them is over */
    TAP_CHECK_EQ(w->st->resources, 0);
    world_free(w);
}

static void protected_region(void)
{
    struct world *w = world_new();
    struct cs_status s;

    RING_PUT(w, "PROT_REGION #2", "NOP");
    TAP_CHECK_EQ(run(w), CS_STOP_PROTM);
    TAP_CHECK_EQ(run(w), CS_STOP_PROTM);
    cs_get_status(w->st, &s);
    TAP_CHECK_EQ(s.wait, 1u << 29);
    TAP_CHECK_EQ(s.blocked, CS_BLOCKED_RESOURCE);
    TAP_CHECK_EQ(w->st->extract, 0);
    world_free(w);
}

static void trace_point_is_refused(void)
{
    struct world *w = world_new();

    w->h->bus.log_mask = 7;
    RING_PUT(w, "TRACE_POINT r8, #4, #0x0, #0");
    TAP_CHECK_EQ(run(w), CS_STOP_FATAL);
    TAP_CHECK_EQ(w->fault.code, MALI_CS_INSTR_INVALID);
    TAP_CHECK(fake_log_has(w->h, "TRACE_POINT"));
    world_free(w);
}

/* The job that the kernel's driver wraps around IGT's first stream. */
static void igt_mov_job(void)
{
    struct world *w = world_new();

    CODE_PUT(w, CODE, "MOVE d68, #0x200400", "MOVE32 r70, #0xdeadbeef", "STORE_MULTIPLE [d68], r70",
             "WAIT #0xff", "MOVE32 r70, #0x0",
             "FLUSH_CACHE2.clean_invalidate_l2.clean_invalidate_lsc.invalidate_other r70, #0x0, #1",
             "WAIT #0xff");
    RING_PUT(w, "MOVE32 r94, #0x1", ".word 0x24005e0000000233", "MOVE d92, #0x100000",
             "MOVE32 r94, #0x38", "WAIT #0x1", "CALL d92, r94", "MOVE d92, #0x200800",
             "MOVE d94, #0x1", "WAIT #0xff", ".word 0x33005c5e00000001", "ERROR_BARRIER", "NOP",
             "NOP", "NOP", "NOP", "NOP");
    TAP_CHECK_EQ(run(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, DATA + 0x400), 0xdeadbeef);
    TAP_CHECK_EQ(*at(w, DATA + 0x800), 1);
    TAP_CHECK_EQ(*at(w, DATA + 0x808), 0);
    TAP_CHECK_EQ(w->syncs, 1);
    TAP_CHECK(w->sync_system);
    TAP_CHECK_EQ(w->flushes, 2);
    TAP_CHECK_EQ(w->executed, 16 + 7);
    world_free(w);
}

TAP_MAIN({"ring-empty", ring_empty}, {"ring-wraps", ring_wraps},
         {"ring-config-faults", ring_config_faults}, {"budget", budget}, {"arithmetic", arithmetic},
         {"invalid-words", invalid_words}, {"reference-path-agrees", reference_path_agrees},
         {"branch-conditions", branch_conditions}, {"branch-out-of-frame", branch_out_of_frame},
         {"branch-crosses-page", branch_crosses_page}, {"call-and-jump", call_and_jump},
         {"call-depth", call_depth}, {"fetch-fault", fetch_fault}, {"load-store", load_store},
         {"store-mask-at-edge", store_mask_at_edge}, {"memory-faults", memory_faults},
         {"stall-and-retry", stall_and_retry}, {"stall-on-fetch", stall_on_fetch},
         {"store-state", store_state}, {"flush-cache", flush_cache}, {"progress", progress},
         {"resources-and-heap", resources_and_heap}, {"protected-region", protected_region},
         {"trace-point-is-refused", trace_point_is_refused}, {"igt-mov-job", igt_mov_job})
