/*
 * Whole compute jobs: command streams whose RUN_COMPUTE reaches the pipeline, which
 * reads descriptors and runs shaders in a GPU address space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"

#include "../../hw/inject/inject.h"

#include <math.h>

#ifndef VA_SHADERS
#define VA_SHADERS "tests/unit/cases/valhall_shaders.txt"
#endif

/* --- what jobs do --------------------------------------------------------------------------- */

/* out[i] = a[i] + b[i], i the global id; uniforms: a, b, out */
static void put_vector_add(struct world *w)
{
    PROGRAM(w, address(0, uni(0), 60, 2), address(2, uni(2), 60, 2), address(4, uni(4), 60, 2),
            memory(VA_OP_LOAD_I32, 6, reg(0)), memory(VA_OP_LOAD_I32, 7, reg(2)),
            add(8, reg(6), reg(7)), END(memory(VA_OP_STORE_I32, 8, reg(4))));
    SET_FAU(w, BUF(0), BUF(1), BUF(2));
    for (unsigned i = 0; i < 0x1000; i++) {
        *at32(w, BUF(0) + 4 * i) = i * i;
        *at32(w, BUF(1) + 4 * i) = i << 16;
    }
}

static void check_vector_add(struct world *w, unsigned from, unsigned to)
{
    for (unsigned i = 0; i < 0x1000; i++) {
        uint32_t want = i >= from && i < to ? i * i + (i << 16) : 0;
        if (!TAP_CHECK_EQ(*at32(w, BUF(2) + 4 * i), want))
            tap_note("element %u", i);
    }
}

static void vector_add(void)
{
    struct world *w = world_new();

    put_vector_add(w);
    set_size(w, 24, 1, 1); /* a warp and a half */
    set_grid(w, 150, 1, 1);
    w->st->regs[34] = 5; /* first thread */
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    check_vector_add(w, 5, 5 + 24 * 150);
    TAP_CHECK_EQ(w->started, 1);
    TAP_CHECK_EQ(w->st->job_count, 1);
    TAP_CHECK_EQ(w->st->job_token, 0);
    world_free(w);
}

/* The grid's size is loaded by the stream. */
static void indirect(void)
{
    struct world *w = world_new();
    const uint32_t grid[3] = {3, 1, 1};

    put_vector_add(w);
    set_d(w, 40, BUF(3));
    memcpy(at(w, BUF(3)), grid, sizeof(grid));
    ring_put(w, "LOAD_MULTIPLE r37:r38:r39, [d40]");
    ring_put(w, "WAIT #0xff");
    ring_put(w, INDIRECT);
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    check_vector_add(w, 0, 48);
    world_free(w);
}

/* Selectors name other registers; a job without workgroups reads nothing at all. */
static void selectors_and_nothing(void)
{
    struct world *w = world_new();

    put_vector_add(w);
    set_d(w, 10, FAU | 3ull << 56);
    set_d(w, 22, SPD);
    set_d(w, 28, TSD);
    set_d(w, 0, 0), set_d(w, 8, 0), set_d(w, 16, UNMAPPED), set_d(w, 24, UNMAPPED);
    ring_put(w, "RUN_COMPUTE.y_axis.srt1.spd3.tsd2.fau1 #1");
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    check_vector_add(w, 0, 16);
    for (unsigned i = 0; i < 3; i++) {
        set_grid(w, i != 0, i != 1, i != 2);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    }
    TAP_CHECK_EQ(w->ended, 4);
    world_free(w);
}

/* Every thread writes its preloaded registers to a slot that it draws. */
static void check_ids(const uint32_t size[3], const uint32_t grid[3], const uint32_t first[3],
                      uint32_t merge)
{
    const unsigned threads = size[0] * size[1] * size[2] * grid[0] * grid[1] * grid[2];
    struct world *w = world_new();
    uint8_t seen[512] = {0};

    PROGRAM(w, atom_inc(10, uni(2)), movi(11, 0), address(12, uni(0), 10, 5), mov(16, reg(55)),
            mov(17, reg(56)), mov(18, reg(57)), mov(19, reg(58)),
            memory(VA_OP_STORE_I128, 16, reg(12)), mov(16, reg(59)), mov(17, reg(60)),
            mov(18, reg(61)), mov(19, reg(62)), movi(22, 16), address(12, reg(12), 22, 0),
            END(memory(VA_OP_STORE_I128, 16, reg(12))));
    SET_FAU(w, BUF(0), BUF(2) + 8 * 1024);
    set_size(w, size[0], size[1], size[2]);
    w->st->regs[33] |= merge;
    set_grid(w, grid[0], grid[1], grid[2]);
    memcpy(&w->st->regs[34], first, 12);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(2) + 8 * 1024), threads);
    for (unsigned t = 0; t < threads; t++) {
        uint32_t r[8];
        memcpy(r, at(w, BUF(0) + 32 * t), 32);
        uint32_t local[3] = {r[0] & 0xffff, r[0] >> 16, r[1]}, index = 0;
        for (int i = 2; i >= 0; i--) {
            TAP_CHECK(local[i] < size[i]);
            TAP_CHECK(r[2 + i] < grid[i]);
            TAP_CHECK_EQ(r[5 + i], r[2 + i] * size[i] + local[i] + first[i]);
            index = index * size[i] * grid[i] + (r[5 + i] - first[i]);
        }
        if (TAP_CHECK(index < threads))
            TAP_CHECK_EQ(seen[index]++, 0);
    }
    world_free(w);
}

static void ids(void)
{
    check_ids((const uint32_t[]){5, 3, 2}, (const uint32_t[]){2, 3, 2},
              (const uint32_t[]){7, 100, 1u << 31}, 0);
}

/* Small workgroups may share warps. */
static void merged(void)
{
    static const uint32_t first[3] = {1, 2, 3};

    check_ids((const uint32_t[]){3, 1, 1}, (const uint32_t[]){7, 3, 2}, first, 1u << 31);
    check_ids((const uint32_t[]){1, 1, 1}, (const uint32_t[]){100, 2, 1}, first, 1u << 31);
    check_ids((const uint32_t[]){2, 2, 2}, (const uint32_t[]){1, 3, 4}, first, 1u << 31);
    check_ids((const uint32_t[]){9, 1, 1}, (const uint32_t[]){5, 1, 1}, first, 1u << 31);
}

/* Only what the descriptor asks for is preloaded. */
static void preload_mask(void)
{
    struct world *w = world_new();

    at32(w, SPD)[1] = 1 << 12; /* r60 */
    PROGRAM(w, address(0, uni(0), 60, 3), mov(4, reg(60)), mov(5, reg(55)), mov(6, reg(61)),
            mov(7, reg(57)), END(memory(VA_OP_STORE_I128, 4, reg(0))));
    SET_FAU(w, BUF(0));
    set_size(w, 2, 2, 2);
    w->st->regs[34] = w->st->regs[35] = 6;
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 8 * 6), 6);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 8 * 7), 7);
    for (unsigned i = 1; i < 4; i++)
        TAP_CHECK_EQ(*at32(w, BUF(0) + 8 * 7 + 4 * i), 0);
    world_free(w);
}

/* Four warps exchange values over memory that they share; each group starts anew. */
static void barrier(void)
{
    struct world *w = world_new();

    PROGRAM(w, mov(2, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 0)),
            mov(3, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 1)), mov(4, reg(55)),
            address(6, reg(2), 4, 2), memory(VA_OP_STORE_I32, 60, reg(6)), BARRIER(), movi(8, 63),
            sub(4, reg(8), reg(4)), address(6, reg(2), 4, 2), memory(VA_OP_LOAD_I32, 10, reg(6)),
            BARRIER(), memory(VA_OP_STORE_I32, 8, reg(6)), address(6, uni(0), 60, 2),
            END(memory(VA_OP_STORE_I32, 10, reg(6))));
    SET_FAU(w, BUF(0));
    set_size(w, 64, 1, 1);
    set_grid(w, 20, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 64 * 20; i++)
        TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * i), (i & ~63u) + 63 - (i & 63));
    TAP_CHECK_EQ(*at32(w, WLS), 63);
    world_free(w);
}

/* Warps that have ended are not waited for. */
static void barrier_without_the_dead(void)
{
    struct world *w = world_new();

    PROGRAM(w, branch(spec(VA_SPECIAL_WARP_ID, 0), true, 1), END(NOP()), BARRIER(),
            address(6, uni(0), 60, 2), END(memory(VA_OP_STORE_I32, 60, reg(6))));
    SET_FAU(w, BUF(0));
    set_size(w, 32, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * 15), 15);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * 16), 0);
    world_free(w);
}

/* Two warps wait for each other without a barrier: nobody starves. */
static void warps_take_turns(void)
{
    struct world *w = world_new();

    PROGRAM(w, movi(4, 1), branch(spec(VA_SPECIAL_WARP_ID, 0), false, 3),
            memory(VA_OP_LOAD_I32, 5, uni(0)), branch(reg(5), true, -2), END(NOP()),
            END(atom_add(4, uni(0))));
    SET_FAU(w, BUF(0));
    set_size(w, 32, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 16);
    world_free(w);
}

static void atomics(void)
{
    struct world *w = world_new();

    PROGRAM(w, movi(4, 3), atom_add(4, uni(0)), END(atom_add(60, uni(2))));
    SET_FAU(w, BUF(0), BUF(1));
    set_size(w, 32, 4, 1);
    set_grid(w, 20, 5, 2);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 3 * 128 * 200);
    TAP_CHECK_EQ(*at32(w, BUF(1)), 20 * 5 * 2 * 128 / 640 * (639 * 640 / 2));
    world_free(w);
}

/* Each thread has a piece of stack of its own, as large as the descriptor says. */
static void local_storage(void)
{
    struct world *w = world_new();

    PROGRAM(w, mov(2, spec(VA_SPECIAL_THREAD_LOCAL_POINTER, 0)),
            mov(3, spec(VA_SPECIAL_THREAD_LOCAL_POINTER, 1)),
            END(memory(VA_OP_STORE_I32, 60, reg(2))));
    set_size(w, 32, 32, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 1024; i++)
        TAP_CHECK_EQ(*at32(w, TLS + 512 * i), i % 32);
    world_free(w);
}

/* Transform feedback runs vertex shaders as compute jobs. */
static void vertex_shader(void)
{
    struct world *w = world_new();

    put_vector_add(w);
    *at32(w, SPD) ^= 2 << 4;
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    check_vector_add(w, 0, 16);
    world_free(w);
}

/* --- resource tables -------------------------------------------------------------------------- */

/* out[thread] = LD_BUFFER of u4 at offset 12 * id. */
static void read_table(struct world *w, uint32_t handle)
{
    PROGRAM(w, add(10, reg(60), reg(60)), add(10, reg(10), reg(60)), add(10, reg(10), reg(10)),
            add(10, reg(10), reg(10)), buffer(VA_OP_LD_BUFFER_I128, 4, 4, reg(10), uni(2)),
            address(0, uni(0), 60, 4), END(memory(VA_OP_STORE_I128, 4, reg(0))));
    SET_FAU(w, BUF(0), handle);
    memset(at(w, BUF(0)), 0xee, 256);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
}

static void buffers(void)
{
    struct world *w = world_new();

    for (unsigned i = 0; i < 64; i++)
        *at32(w, BUF(1) + 4 * i) = 0x100 + i;
    set_d(w, 0, SRT | 4);
    put_table(w, 3, 8);
    put_table(w, 0, 0);
    put_buffer(w, 2, BUF(1), 100);
    put_buffer(w, 9, BUF(1), 100);
    read_table(w, 3u << 24 | 2);
    for (unsigned t = 0; t < 16; t++)
        for (unsigned k = 0; k < 4; k++) /* all of 16 bytes inside, or none */
            TAP_CHECK_EQ(*at32(w, BUF(0) + 16 * t + 4 * k), t < 8 ? 0x100 + 3 * t + k : 0);
    static const uint32_t empty[] = {3u << 24 | 1,   3u << 24 | 9, 3u << 24 | 0xffffff,
                                     2u << 24,       4u << 24 | 2, 63u << 24,
                                     200u << 24 | 2, 62u << 24 | 4};
    for (unsigned i = 0; i < sizeof(empty) / 4; i++) {
        read_table(w, empty[i]);
        TAP_CHECK_EQ(*at32(w, BUF(0)), 0);
        TAP_CHECK_EQ(*at32(w, BUF(0) + 252), 0);
    }
    read_table(w, 62u << 24 | 3);                      /* the table's own bytes */
    TAP_CHECK_EQ(*at32(w, BUF(0) + 16 * 5 + 4), 0x19); /* from byte 60; slot 2 begins at 64 */
    TAP_CHECK_EQ(*at32(w, BUF(0) + 16 * 5 + 8), 100);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 16 * 5 + 12), BUF(1));
    put64(w, SRT + 16, BUF(1)); /* a table that is a buffer */
    put64(w, SRT + 16 + 8, 64);
    read_table(w, 1u << 24);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 16 * 4), 0x10c);
    TAP_CHECK_EQ(*at32(w, BUF(0) + 16 * 5), 0);
    world_free(w);
}

/* A row of 16 times 16 bytes, or all lanes at the same ones, at and beyond a buffer's end and over
 * pages. */
static void buffer_rows(void)
{
    static const struct {
        uint32_t size, at, first; /* bytes of the buffer, where it lies, offset of lane 0 */
        bool same;
    } rows[] = {{256, 0, 0, false},     {255, 0, 0, false},    {240, 0, 0, false},
                {512, 0xf80, 0, false}, {512, 0, 16, false},   {16, 0, 0, true},
                {15, 0, 0, true},       {32, 0xff8, 16, true}, {0, 0, 0, false}};
    struct world *w = world_new();

    set_d(w, 0, SRT | 1);
    put_table(w, 0, 4);
    for (unsigned i = 0; i < 0x800; i++)
        *at32(w, BUF(1) + 4 * i) = 0x1000 + i;
    for (unsigned n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
        put_buffer(w, 1, BUF(1) + rows[n].at, rows[n].size);
        PROGRAM(w, mov(10, uni(3)), branch(uni(4), false, 4), add(12, reg(60), reg(60)),
                add(12, reg(12), reg(12)), add(12, reg(12), reg(12)), add(12, reg(12), reg(12)),
                movi(14, 0), branch(uni(4), false, 1), add(10, reg(10), reg(12)),
                buffer(VA_OP_LD_BUFFER_I128, 4, 4, reg(10), uni(2)), address(0, uni(0), 60, 4),
                END(memory(VA_OP_STORE_I128, 4, reg(0))));
        SET_FAU(w, BUF(0), 1 | (uint64_t)rows[n].first << 32, rows[n].same);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        for (unsigned k = 0; k < 64; k++) {
            uint32_t off = rows[n].first + (rows[n].same ? 0 : 16 * (k / 4));
            bool in = rows[n].size >= 16 && off <= rows[n].size - 16;
            uint32_t want = in ? 0x1000 + (rows[n].at + off) / 4 + k % 4 : 0;
            if (!TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * k), want))
                tap_note("row %u, word %u", n, k);
        }
    }
    world_free(w);
}

/* Bytes, halves and words, apart by 3 times their size, some of them beyond the buffer's end. */
static void buffer_small(void)
{
    static const struct {
        enum va_op op;
        unsigned size, lane;
    } ops[] = {{VA_OP_LD_BUFFER_I8, 1, VA_LOAD8_W0},
               {VA_OP_LD_BUFFER_I16, 2, VA_LOAD16_W0},
               {VA_OP_LD_BUFFER_I32, 4, VA_LOAD32_W0}};
    struct world *w = world_new();

    set_d(w, 0, SRT | 1);
    put_table(w, 0, 4);
    for (unsigned i = 0; i < 256; i++)
        *at32(w, BUF(1) + 4 * i) = i * 0x01030507u + 0x80;
    for (unsigned n = 0; n < 3 * 46; n++) {
        unsigned op = n % 3, size = ops[op].size, bytes = n / 3 * size;
        struct va_insn in = insn(ops[op].op, 0, reg(10), uni(2));

        in.sr[0] = (struct va_staging){.reg = 4, .count = 1, .flags = 2};
        in.mod[VA_M_LOAD_LANE] = ops[op].lane;
        in.mod[VA_M_UNSIGNED] = 1;
        put_buffer(w, 1, BUF(1), bytes);
        PROGRAM(w, add(10, reg(60), reg(60)), add(10, reg(10), reg(60)),
                size > 1 ? add(10, reg(10), reg(10)) : mov(10, reg(10)),
                size > 2 ? add(10, reg(10), reg(10)) : mov(10, reg(10)), word(in),
                address(0, uni(0), 60, 2), END(memory(VA_OP_STORE_I32, 4, reg(0))));
        SET_FAU(w, BUF(0), 1);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        for (unsigned i = 0; i < 16; i++) {
            unsigned off = 3 * size * i, want = 0;
            if (off + size <= bytes)
                memcpy(&want, (uint8_t *)at(w, BUF(1)) + off, size);
            if (!TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * i), want))
                tap_note("%u of %u bytes, lane %u", size, bytes, i);
        }
    }
    world_free(w);
}

/* Addresses outside a buffer: stores vanish, loads are zero, atomics harmless. */
static void addresses(void)
{
    struct world *w = world_new();

    set_d(w, 0, SRT | 1);
    put_table(w, 0, 2);
    put_buffer(w, 1, BUF(1), 32);
    PROGRAM(w, add(10, reg(60), reg(60)), add(10, reg(10), reg(10)),
            buffer(VA_OP_LEA_BUFFER, 4, 2, reg(10), lut(0)), /* slot 0: nothing */
            memory(VA_OP_STORE_I32, 60, reg(4)), atom_inc(12, reg(4)),
            memory(VA_OP_LOAD_I32, 12, reg(4)), buffer(VA_OP_LEA_BUFFER, 4, 2, reg(10), uni(2)),
            addi(11, 12, 7), memory(VA_OP_STORE_I32, 11, reg(4)), memory(VA_OP_LOAD_I32, 8, reg(4)),
            address(0, uni(0), 60, 2), END(memory(VA_OP_STORE_I32, 8, reg(0))));
    SET_FAU(w, BUF(0), 1);
    *at32(w, BUF(1) + 32) = 0x5555;
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    for (unsigned i = 0; i < 16; i++)
        TAP_CHECK_EQ(*at32(w, BUF(0) + 4 * i), i < 8 ? 7 : 0);
    TAP_CHECK_EQ(*at32(w, BUF(1) + 28), 7);
    TAP_CHECK_EQ(*at32(w, BUF(1) + 32), 0x5555);
    world_free(w);
}

/* --- faults ----------------------------------------------------------------------------------- */

/* The job of @w ends with the recoverable fault @code about @info. */
static void expect_fault(struct world *w, const char *what, uint8_t code, uint64_t info)
{
    if (!TAP_CHECK_EQ(run_job(w), CS_STOP_FAULT) || !TAP_CHECK_EQ(w->fault.code, code) ||
        !TAP_CHECK_EQ(w->fault.info, info))
        tap_note("%s", what);
    TAP_CHECK(!w->fault.memory);
    TAP_CHECK_EQ(w->fault.as, AS);
    TAP_CHECK_EQ(w->st->error, code);
    TAP_CHECK_EQ(w->st->job_token, 0);
    world_free(w);
}

static void expect_mmu_fault(struct world *w, const char *what, uint8_t code, uint64_t va,
                             enum mali_access access)
{
    if (!TAP_CHECK_EQ(run_job(w), CS_STOP_FATAL) || !TAP_CHECK_EQ(w->fault.code, code) ||
        !TAP_CHECK_EQ(w->fault.va, va) || !TAP_CHECK_EQ(w->fault.access, access))
        tap_note("%s", what);
    TAP_CHECK(w->fault.memory);
    TAP_CHECK_EQ(w->fault.info, w->fault.va);
    TAP_CHECK_EQ(w->fault.as, AS);
    TAP_CHECK_EQ(w->fault.source_id, 0x8203);
    world_free(w);
}

#define TRANSLATION (MALI_TRANSLATION_FAULT_0 + 3)
#define PERMISSION  (MALI_PERM_FAULT_0 + 3)

static void descriptor_faults(void)
{
    struct world *w = world_new();

    at32(w, SPD)[0] ^= 1;
    expect_fault(w, "type", MALI_DATA_INVALID_FAULT, SPD);
    w = world_new();
    at32(w, SPD)[0] ^= 3 << 4;
    expect_fault(w, "stage", MALI_DATA_INVALID_FAULT, SPD);
    w = world_new();
    set_d(w, 16, SPD + 16);
    expect_fault(w, "alignment", MALI_DATA_INVALID_FAULT, SPD + 16);
    w = world_new();
    set_d(w, 24, TSD + 32);
    expect_fault(w, "local storage's alignment", MALI_DATA_INVALID_FAULT, TSD + 32);
    w = world_new();
    at32(w, TSD)[3] |= 2u << 28;
    expect_fault(w, "address mode", MALI_DATA_INVALID_FAULT, TSD);
    w = world_new();
    set_d(w, 8, FAU | 129ull << 56);
    expect_fault(w, "uniforms", MALI_DATA_INVALID_FAULT, FAU | 129ull << 56);
    w = world_new();
    set_size(w, 32, 33, 1);
    expect_fault(w, "threads", MALI_DATA_INVALID_FAULT, 31 | 32 << 10);
    w = world_new();
    set_size(w, 1024, 1024, 1024);
    expect_fault(w, "many threads", MALI_DATA_INVALID_FAULT, 0x3fffffff);
    w = world_new();
    set_d(w, 0, SRT | 1);
    put_table(w, 0, 1);
    at32(w, SLOTS)[0] = 1; /* a sampler */
    PROGRAM(w, END(buffer(VA_OP_LD_BUFFER_I128, 4, 4, lut(0), lut(0))));
    expect_fault(w, "not a buffer", MALI_DATA_INVALID_FAULT, SLOTS);
}

static void no_cores(void)
{
    struct world *w = world_new();

    w->env.core_mask = 0;
    TAP_CHECK_EQ(run_job(w), CS_STOP_FATAL);
    TAP_CHECK_EQ(w->fault.code, MALI_CS_ENDPOINT_FAULT);
    world_free(w);
}

static void memory_faults(void)
{
    struct world *w = world_new();

    set_d(w, 16, UNMAPPED);
    expect_mmu_fault(w, "shader program", TRANSLATION, UNMAPPED, MALI_ACCESS_READ);
    w = world_new();
    set_d(w, 24, UNMAPPED + 64);
    expect_mmu_fault(w, "local storage", TRANSLATION, UNMAPPED + 64, MALI_ACCESS_READ);
    w = world_new();
    set_d(w, 8, UNMAPPED | 2ull << 56);
    expect_mmu_fault(w, "uniforms", TRANSLATION, UNMAPPED, MALI_ACCESS_READ);
    w = world_new();
    put_spd(w, UNMAPPED);
    expect_mmu_fault(w, "code", TRANSLATION, UNMAPPED, MALI_ACCESS_EXECUTE);
    w = world_new();
    put64(w, NOEXEC, END(NOP()));
    put_spd(w, NOEXEC);
    expect_mmu_fault(w, "code that may not be executed", PERMISSION, NOEXEC, MALI_ACCESS_EXECUTE);
    w = world_new();
    set_d(w, 0, UNMAPPED | 1);
    PROGRAM(w, END(buffer(VA_OP_LD_BUFFER_I128, 4, 4, lut(0), lut(0))));
    expect_mmu_fault(w, "tables", TRANSLATION, UNMAPPED, MALI_ACCESS_READ);
}

static void shader_memory_faults(void)
{
    struct world *w = world_new();

    PROGRAM(w, address(0, uni(0), 60, 2), END(memory(VA_OP_LOAD_I32, 6, reg(0))));
    SET_FAU(w, UNMAPPED - 32);
    pt_map(w->h, w->root, UNMAPPED - 4096, fake_page(w->h, 180), 4096, PT_R);
    expect_mmu_fault(w, "load", TRANSLATION, UNMAPPED, MALI_ACCESS_READ);
    w = world_new();
    PROGRAM(w, END(memory(VA_OP_STORE_I32, 6, uni(0))));
    SET_FAU(w, READONLY + 8);
    expect_mmu_fault(w, "store", PERMISSION, READONLY + 8, MALI_ACCESS_WRITE);
    w = world_new();
    PROGRAM(w, END(atom_inc(6, uni(0))));
    SET_FAU(w, UNMAPPED + 8);
    expect_mmu_fault(w, "atomic", TRANSLATION, UNMAPPED + 8, MALI_ACCESS_ATOMIC);
    w = world_new(); /* local storage is memory like any other */
    PROGRAM(w, mov(2, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 0)),
            mov(3, spec(VA_SPECIAL_WORKGROUP_LOCAL_POINTER, 1)),
            END(memory(VA_OP_STORE_I32, 6, reg(2))));
    put64(w, TSD + 16, UNMAPPED);
    expect_mmu_fault(w, "workgroup memory", TRANSLATION, UNMAPPED, MALI_ACCESS_WRITE);
}

/* --- injected faults ------------------------------------------------------------------------ */

/* One job in whose @nth translation of the kind a fault is injected. False: it had fewer of them.
 */
static bool struck_job(const char *rule, unsigned nth, unsigned shift, unsigned access)
{
    struct world *w = world_new();
    struct mali_inject *in = mali_inject_new(&w->h->bus, NULL, NULL, NULL);
    char text[96], *err = NULL, *log;
    enum cs_stop stop;
    bool struck;

    PROGRAM(w, address(0, uni(0), 60, shift), address(2, uni(2), 60, shift),
            memory(VA_OP_LOAD_I32, 6, reg(0)), END(memory(VA_OP_STORE_I32, 6, reg(2))));
    SET_FAU(w, BUF(0), BUF(1));
    set_size(w, 24, 1, 1);
    set_grid(w, 2, 1, 1);
    for (unsigned i = 0; i < 48; i++)
        *at32(w, BUF(0) + (i << shift)) = i + 1;
    w->h->bus.inject = in;
    snprintf(text, sizeof(text), "%s:nth=%u", rule, nth);
    if (!TAP_CHECK(mali_inject_add(in, text, &err)))
        tap_note("%s", err);
    free(err);
    mali_mmu_invalidate_all(w->mmu); /* what at() has put there */
    stop = run_job(w);
    log = mali_inject_log(in);
    struck = strstr(log, " strike ");
    free(log);
    mali_inject_remove(in, 0);
    TAP_CHECK_EQ(stop, struck ? CS_STOP_FATAL : CS_STOP_EMPTY);
    TAP_CHECK_EQ(w->fault.code, struck ? PERMISSION : 0);
    TAP_CHECK_EQ(struck ? w->fault.access : access, access);
    for (unsigned i = 0; i < 48 && !struck; i++)
        TAP_CHECK_EQ(*at32(w, BUF(1) + (i << shift)), i + 1);
    w->h->bus.inject = NULL;
    mali_inject_free(in);
    world_free(w);
    return struck;
}

/*
 * A fault that strikes once ends the job whichever translation it strikes: those of rows, and of
 * lanes here and there, which are tried a second time one by one.
 */
static void injected_faults(void)
{
    static const struct {
        const char *rule;
        unsigned access;
    } rows[] = {{"mmu-permission:as=1:va=0x300000-0x303fff:access=read", MALI_ACCESS_READ},
                {"mmu-permission:as=1:va=0x304000-0x307fff:access=write", MALI_ACCESS_WRITE}};

    for (unsigned i = 0; i < 2; i++)
        for (unsigned shift = 2; shift <= 7; shift += 5) {
            unsigned n = 1;

            while (n < 200 && struck_job(rows[i].rule, n, shift, rows[i].access))
                n++;
            if (!TAP_CHECK(n > 2 && n < 200))
                tap_note("%s, shift %u: %u", rows[i].rule, shift, n);
        }
}

/* Rules that name a job of the stream by its number, or a shader by the hash of its code. */
static void injected_by_number(void)
{
    struct world *w = world_new();
    struct mali_inject *in = mali_inject_new(&w->h->bus, NULL, NULL, NULL);
    char *err = NULL;

    put_vector_add(w);
    set_size(w, 8, 1, 1);
    set_grid(w, 1, 1, 1);
    w->h->bus.inject = in;
    TAP_CHECK(mali_inject_add(in, "job-skipped:job=2:always", &err));
    for (unsigned i = 0; i < 4; i++) {
        memset(at32(w, BUF(2)), 0, 64);
        TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
        if (!TAP_CHECK_EQ(*at32(w, BUF(2) + 4), i == 2 ? 0 : 0x10001))
            tap_note("job %u", i);
    }
    free(err);
    w->h->bus.inject = NULL;
    mali_inject_free(in);
    world_free(w);
}

static void injected_by_hash(void)
{
    for (unsigned other = 0; other < 2; other++) {
        struct world *w = world_new();
        struct mali_inject *in = mali_inject_new(&w->h->bus, NULL, NULL, NULL);
        uint32_t hash = 2166136261u; /* FNV-1a */
        char text[64], *err = NULL;

        put_vector_add(w);
        set_size(w, 8, 1, 1);
        set_grid(w, 1, 1, 1);
        for (unsigned i = 0; i < 64; i++)
            hash = (hash ^ ((const uint8_t *)at32(w, CODE))[i]) * 16777619u;
        w->h->bus.inject = in;
        snprintf(text, sizeof(text), "flip-descriptor:bit=0:hash=0x%x", hash + other);
        TAP_CHECK(mali_inject_add(in, text, &err));
        TAP_CHECK_EQ(run_job(w), other ? CS_STOP_EMPTY : CS_STOP_FAULT);
        if (!TAP_CHECK_EQ(*at32(w, BUF(2) + 4), other ? 0x10001 : 0))
            tap_note("%s", text);
        free(err);
        w->h->bus.inject = NULL;
        mali_inject_free(in);
        world_free(w);
    }
}

static void instruction_faults(void)
{
    struct world *w = world_new();

    PROGRAM(w, 0);
    expect_fault(w, "nothing", MALI_INSTR_INVALID_ENC, CODE);
    w = world_new();
    PROGRAM(w, NOP(), 1ull << 63);
    expect_fault(w, "a bad word", MALI_INSTR_INVALID_ENC, CODE + 8);
    w = world_new();
    put_spd(w, CODE + 4);
    expect_fault(w, "misaligned", MALI_INSTR_INVALID_PC, CODE + 4);
    w = world_new();
    put_spd(w, 1ull << 50);
    expect_fault(w, "beyond", MALI_INSTR_INVALID_PC, 1ull << 50);
    w = world_new();
    PROGRAM(w, NOP(), END(atom_inc(6, uni(0))));
    SET_FAU(w, BUF(0) + 2);
    expect_fault(w, "misaligned atomic", MALI_ADDR_RANGE_FAULT, CODE + 8);
}

/* What the model lacks is a fault that says so, once. */
static void unmodelled(void)
{
    struct world *w = world_new();

    PROGRAM(w, NOP(), 0x787f4004333c00f0ull /* BLEND */);
    for (unsigned i = 0; i < 2; i++) {
        w->st->error = 0;
        TAP_CHECK_EQ(run_job(w), CS_STOP_FAULT);
        TAP_CHECK_EQ(w->fault.code, MALI_INSTR_INVALID_ENC);
        TAP_CHECK_EQ(w->fault.info, CODE + 8);
        TAP_CHECK_EQ(w->h->log_count[MALI_LOG_UNIMP], 1);
    }
    TAP_CHECK(fake_log_has(w->h, "shader instruction BLEND: not modelled yet"));
    world_free(w);
}

/* The program ends where memory does. */
static void off_the_end(void)
{
    struct world *w = world_new();

    for (uint64_t va = CODE + 0x3ff0; va < CODE + 0x4000; va += 8)
        put64(w, va, NOP());
    put_spd(w, CODE + 0x3ff0);
    expect_mmu_fault(w, "code", TRANSLATION, CODE + 0x4000, MALI_ACCESS_EXECUTE);
}

/* --- slices --------------------------------------------------------------------------------------
 */

static void put_endless(struct world *w)
{
    PROGRAM(w, NOP(), branch(lut(0), true, -2));
}

/* An endless shader takes bounded slices; other streams run; the job can be dropped. */
static void endless(void)
{
    struct world *w = world_new();
    struct cs_state other;
    uint32_t executed;

    put_endless(w);
    ring_put(w, RUN);
    ring_put(w, "MOVE32 r70, #0x1");
    for (unsigned i = 0; i < 5; i++) {
        TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
        TAP_CHECK_EQ(w->st->extract, 0);
        TAP_CHECK(w->st->job_token);
        TAP_CHECK_EQ(w->st->sb_count[0], 0);
        TAP_CHECK(cs_state_valid(w->st));
    }
    TAP_CHECK_EQ(w->started, 1);
    TAP_CHECK_EQ(w->ended, 0);
    put64(w, RING + 2048, *(uint64_t *)at(w, RING + 8));
    cs_init(&other, RING, 4096, 2048);
    other.insert += 8;
    TAP_CHECK_EQ(cs_run(&w->env, &other, 100, &executed, &w->fault), CS_STOP_EMPTY);
    TAP_CHECK_EQ(other.regs[70], 1);
    /* its VM comes back in another slot: the same job */
    uint64_t token = w->st->job_token;
    fake_as_enable(w->mmu, AS + 1, w->root);
    w->env.as = AS + 1;
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
    TAP_CHECK_EQ(w->st->job_token, token);
    w->env.as = AS;
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
    TAP_CHECK_EQ(w->st->job_token, token);
    /* the group is terminated; who has kept the state cannot bring the job back */
    mali_pipeline_drop(w->pipeline, w->st->job_token);
    TAP_CHECK_EQ(slice(w), CS_STOP_FAULT);
    TAP_CHECK_EQ(w->fault.code, MALI_CSF_RES_EVICTION_TIMEOUT);
    world_free(w);
}

static void reset(void)
{
    struct world *w = world_new();

    put_endless(w);
    ring_put(w, RUN);
    slice(w);
    mali_pipeline_reset(w->pipeline);
    w->ended++;
    cs_init(w->st, RING, 4096, 0);
    memcpy(&w->st->regs[16], (uint32_t[]){SPD, 0}, 8);
    memcpy(&w->st->regs[24], (uint32_t[]){TSD, 0}, 8);
    set_grid(w, 1, 1, 1);
    PROGRAM(w, END(NOP()));
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    world_free(w);
}

/* Counts to u2 in each thread, then adds one to u0. */
static void put_slow(struct world *w, uint32_t n)
{
    PROGRAM(w, mov(4, uni(2)), addi(4, 4, -1u), branch(reg(4), false, -2), movi(5, 1),
            END(atom_add(5, uni(0))));
    SET_FAU(w, BUF(0), n);
}

/* The state goes through memory and comes back in another slot; every thread runs once. */
static void suspended(void)
{
    struct world *w = world_new();
    struct cs_state image;

    put_slow(w, 1000);
    set_size(w, 64, 1, 1);
    set_grid(w, 64, 1, 1);
    ring_put(w, RUN);
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
    memcpy(&image, w->st, sizeof(image));
    memset(w->st, 0x55, sizeof(*w->st));
    TAP_CHECK(cs_state_valid(&image));
    memcpy(w->st, &image, sizeof(image));
    w->env.csg = 5;
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    TAP_CHECK(w->slices > 8);
    TAP_CHECK_EQ(*at32(w, BUF(0)), 64 * 64);
    world_free(w);
}

/* A state that was changed on the way starts its own job, not somebody else's. */
static void changed_on_the_way(void)
{
    struct world *w = world_new();

    put_slow(w, 100000);
    ring_put(w, RUN);
    TAP_CHECK_EQ(slice(w), CS_STOP_BUDGET);
    put_vector_add(w);
    w->st->regs[40] ^= 1;
    TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
    check_vector_add(w, 0, 16);
    world_free(w);
}

/* A locked region holds a job up wherever it looks; afterwards all is as if it had not been. */
static void stalls(void)
{
    static const uint64_t where[] = {SPD, FAU, CODE, BUF(0), BUF(1) + 64, BUF(2), SLOTS};

    for (unsigned i = 0; i < sizeof(where) / 8; i++) {
        struct world *w = world_new();
        put_vector_add(w);
        fake_as_write64(w->mmu, AS, 0x10, where[i] | 11);
        fake_as_command(w->mmu, AS, 2);
        ring_put(w, RUN);
        if (i < 6) {
            TAP_CHECK_EQ(slice(w), CS_STOP_STALL);
            TAP_CHECK_EQ(slice(w), CS_STOP_STALL);
        }
        fake_as_command(w->mmu, AS, 3);
        TAP_CHECK_EQ(finish(w), CS_STOP_EMPTY);
        check_vector_add(w, 0, 16);
        TAP_CHECK_EQ(w->started, 1);
        world_free(w);
    }
}

/* --- the fidelity report -------------------------------------------------------------------------
 */

static void report(void)
{
    char path[] = "/tmp/garm-report-XXXXXX", text[16384] = "";
    int fd = mkstemp(path);
    struct world *w = world_new();
    struct va_insn clper;
    const char *err;

    TAP_REQUIRE(fd >= 0 && !va_decode(0x00a0c3111c0fc402, &clper)); /* CLPER.i32.subgroup4.xor */
    clper.mod[VA_M_LANE_OP] = VA_LANE_OP_ACCUMULATE;
    w->env.trace = mali_trace_new(&w->h->bus, NULL, path, &err);
    put_vector_add(w);
    set_grid(w, 3, 1, 1);
    TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY);
    PROGRAM(w, NOP(), END(word(clper)));
    TAP_CHECK_EQ(run_job(w), CS_STOP_FAULT);
    mali_trace_finish(w->env.trace);
    FILE *f = fdopen(fd, "r");
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    TAP_CHECK(strstr(text, "\"SHADDX.u64\""));
    TAP_CHECK(strstr(text, "\"STORE.i32\""));
    TAP_CHECK(strstr(text, "\"RUN_COMPUTE\""));
    TAP_CHECK(!strstr(text, "\"LOAD.i64\""));
    TAP_CHECK(strstr(text, "{\"kind\":\"modifier\",\"class\":\"exact\",\"count\":3,\"name\":"
                           "\"STORE.i32 .end\""));
    TAP_CHECK(strstr(text, "{\"kind\":\"modifier\",\"class\":\"exact\",\"count\":9,\"name\":"
                           "\"SHADDX.u64 source 1 .w0\""));
    TAP_CHECK(strstr(text, "{\"kind\":\"modifier\",\"class\":\"unsupported\",\"count\":1,"
                           "\"name\":\"CLPER.i32 .accumulate\",\"how\":\""));
    TAP_CHECK(strstr(text,
                     "{\"kind\":\"endpoint fault\",\"count\":1,\"text\":\"RUN_COMPUTE: shader "
                     "instruction encoding invalid: not modelled: CLPER.i32"));
    fclose(f);
    remove(path);
    mali_trace_free(w->env.trace);
    world_free(w);
}

/* --- Mesa's shaders
 * -------------------------------------------------------------------------------- */

/* cases/valhall_shaders.txt, which explains its lines: buffers 0 and 1 of table 6. */
#define WORDS 64

static unsigned words32(const char *p, uint32_t *out, unsigned n)
{
    for (char *end; n < WORDS; p = end) {
        uint32_t v = strtoul(p, &end, 16);
        if (end == p)
            break;
        out[n++] = v;
    }
    return n;
}

struct input {
    char kind[16];
    unsigned group, n;
    uint32_t word[WORDS];
};

static struct input *find_input(struct input *in, const char *kind)
{
    while (in->kind[0] && strcmp(in->kind, kind))
        in++;
    return in;
}

static bool close_enough(uint32_t got, uint32_t want, bool is_float, double tolerance)
{
    float g, w;

    memcpy(&g, &got, 4);
    memcpy(&w, &want, 4);
    if (got == want || (is_float && isnan(g) && isnan(w)))
        return true;
    return is_float && fabs((double)g - w) <= tolerance * fmax(1, fabs((double)w));
}

static void mesa_shader(const char *name, const struct input *in, unsigned handle, double tolerance,
                        const uint64_t *code, unsigned words, const uint32_t *want)
{
    struct world *w = world_new();
    const char *dir = getenv("GARM_CAPTURE"), *err; /* a folder for captures of these jobs */
    char path[256];
    uint32_t got[WORDS];

    snprintf(path, sizeof(path), "%s/%s.garmcap", dir ? dir : ".", name);
    if (dir)
        TAP_CHECK(mali_pipeline_capture(w->pipeline, path, 0, &err));
    put_code(w, code, words);
    set_d(w, 0, SRT | 7);
    put_table(w, 6, 2);
    put_buffer(w, 0, BUF(0), 0x1000);
    put_buffer(w, 1, BUF(1), 0x1000);
    memcpy(at(w, BUF(handle) + 4 * WORDS * in->group), in->word, sizeof(in->word));
    set_grid(w, in->group + 1, 1, 1);
    if (!TAP_CHECK_EQ(run_job(w), CS_STOP_EMPTY))
        tap_note("%s: %s", name, w->h->log[(w->h->log_total - 1) % FAKE_LOG_LINES]);
    memcpy(got, at(w, BUF(!handle) + 4 * WORDS * in->group), sizeof(got));
    for (unsigned i = 0; i < WORDS; i++)
        if (!close_enough(got[i], want[i], strcmp(in->kind, "int"), tolerance)) {
            TAP_CHECK_EQ(got[i], want[i]);
            tap_note("%s, word %u", name, i);
            break;
        }
    world_free(w);
}

static void mesa_shaders(void)
{
    struct input inputs[8] = {0}, *in = inputs;
    char line[1024], name[32] = "", kind[16];
    unsigned handle = 0, ran = 0, n = 0, group, used, words = 0;
    uint32_t want[WORDS];
    uint64_t code[512];
    double tolerance = 0;
    FILE *f = fopen(VA_SHADERS, "r");

    TAP_REQUIRE(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "input %15s %u%n", kind, &group, &used) == 2) {
            in = find_input(inputs, kind);
            snprintf(in->kind, sizeof(in->kind), "%s", kind);
            in->group = group;
            in->n = words32(line + used, in->word, in->n);
        } else if (sscanf(line, "shader %31s %15s %u %lf", name, kind, &handle, &tolerance) == 4) {
            in = find_input(inputs, kind);
            words = n = 0;
        } else if (!strncmp(line, "code ", 5)) {
            for (char *p = line + 5, *end; words < 500; p = end) {
                uint64_t v = strtoull(p, &end, 16);
                if (end == p)
                    break;
                code[words++] = v;
            }
        } else if (!strncmp(line, "want ", 5)) {
            n = words32(line + 5, want, n);
            if (n == WORDS) {
                mesa_shader(name, in, handle & 1, tolerance, code, words, want);
                ran++;
                n = 0;
            }
        }
    }
    fclose(f);
    TAP_CHECK(ran > 60);
}

TAP_MAIN({"vector-add", vector_add}, {"indirect", indirect},
         {"selectors-and-nothing", selectors_and_nothing}, {"ids", ids}, {"merged", merged},
         {"preload-mask", preload_mask}, {"barrier", barrier},
         {"barrier-without-the-dead", barrier_without_the_dead},
         {"warps-take-turns", warps_take_turns}, {"atomics", atomics},
         {"local-storage", local_storage}, {"vertex-shader", vertex_shader}, {"buffers", buffers},
         {"buffer-rows", buffer_rows}, {"buffer-small", buffer_small}, {"addresses", addresses},
         {"descriptor-faults", descriptor_faults}, {"no-cores", no_cores},
         {"memory-faults", memory_faults}, {"shader-memory-faults", shader_memory_faults},
         {"injected-faults", injected_faults}, {"injected-by-number", injected_by_number},
         {"injected-by-hash", injected_by_hash}, {"instruction-faults", instruction_faults},
         {"unmodelled", unmodelled}, {"off-the-end", off_the_end}, {"endless", endless},
         {"reset", reset}, {"suspended", suspended}, {"changed-on-the-way", changed_on_the_way},
         {"stalls", stalls}, {"report", report}, {"mesa-shaders", mesa_shaders})
