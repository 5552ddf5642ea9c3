/*
 * Attributes in compute jobs: elements found by vertex and instance, divisors, offsets, formats,
 * and what lies outside; addresses of structured buffers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compute_world.h"

#define FORMAT(number, order) ((number) << 12 | (order))

enum { RGBA = 0, RGB1 = 16 };
enum { ONE_D = 1, POT = 2, NPOT = 3 };
enum { TABLE = 5, OUT = 2, ELEMENTS = 0 };

static struct world *attribute_world(void)
{
    struct world *w = world_new();

    set_d(w, 0, SRT | 6);
    put_table(w, TABLE, 16);
    for (unsigned i = 0; i < 256; i++)
        *at32(w, BUF(ELEMENTS) + 4 * i) = 0x01000000 + i;
    put_buffer(w, 3, BUF(ELEMENTS), 4 * 100);
    return w;
}

/* Attribute in @slot over the buffer in slot 3. */
static uint32_t *put_attribute(struct world *w, unsigned slot, unsigned type, uint32_t format,
                               int32_t offset, uint32_t stride)
{
    uint32_t *d = at32(w, SLOTS + 32 * slot);

    memset(d, 0, 32);
    d[0] = 5 | type << 4 | format << 10;
    d[1] = TABLE;
    d[2] = (uint32_t)offset;
    d[3] = 3;
    d[4] = stride;
    return d;
}

/* r[sr].. = attribute of slot @slot for vertex @v and instance @i */
static uint64_t attr(enum va_op op, unsigned sr, unsigned regs, unsigned slot, struct va_src v,
                     struct va_src i, unsigned regfmt)
{
    struct va_insn in = insn(op, 0, v, i);

    in.sr[0] = (struct va_staging){.reg = sr, .count = regs, .flags = 2};
    in.mod[VA_M_VECSIZE] = VA_VECSIZE_V4;
    in.mod[VA_M_REGFMT] = regfmt;
    if (op == VA_OP_LD_ATTR_IMM) {
        in.imm[0] = slot;
        in.imm[1] = TABLE;
    } else if (op == VA_OP_LEA_ATTR_IMM || op == VA_OP_LEA_BUF_IMM) {
        in.mod[VA_M_VECSIZE] = in.mod[VA_M_REGFMT] = 0;
        in.imm[0] = TABLE;
        in.imm[1] = slot;
    } else { /* the handle in u4 */
        in.src[2] = uni(4);
    }
    return word(in);
}

/* Thread i stores r16 to r19 to element i of the output. */
static enum cs_stop run(struct world *w, uint64_t message, unsigned threads)
{
    PROGRAM(w, movi(16, 7), movi(17, 7), movi(18, 7), movi(19, 7), message,
            address(8, uni(0), 60, 4), END(memory(VA_OP_STORE_I128, 16, reg(8))));
    SET_FAU(w, BUF(OUT), 0, (uint64_t)TABLE << 24 | 1);
    set_size(w, threads, 1, 1);
    return run_job(w);
}

static uint32_t *out(struct world *w, unsigned i)
{
    return at32(w, BUF(OUT) + 16 * i);
}

/* Element (i - 1) of 12 bytes: three words. The first and the last ones are outside. */
static void by_vertex(void)
{
    static const enum va_op ops[] = {VA_OP_LD_ATTR_IMM, VA_OP_LD_ATTR};

    for (unsigned k = 0; k < 2; k++) {
        struct world *w = attribute_world();
        put_attribute(w, 1, ONE_D, FORMAT(149, RGB1), -12, 12);
        TAP_CHECK_EQ(run(w, attr(ops[k], 16, 4, 1, reg(60), lut(0), VA_REGFMT_U32), 40),
                     CS_STOP_EMPTY);
        for (unsigned i = 0; i < 40; i++) {
            bool inside = i >= 1 && 12 * (i - 1) + 12 <= 400;
            for (unsigned c = 0; c < 3; c++)
                TAP_CHECK_EQ(out(w, i)[c], inside ? 0x01000000 + 3 * (i - 1) + c : 0);
            TAP_CHECK_EQ(out(w, i)[3], inside);
        }
        world_free(w);
    }
}

/* The job's attribute offset counts only where the descriptor says so. */
static void job_offset(void)
{
    for (unsigned on = 0; on < 2; on++) {
        struct world *w = attribute_world();
        put_attribute(w, 1, ONE_D, FORMAT(133, RGB1), 0, 4)[0] |= on << 8;
        w->st->regs[32] = 10;
        TAP_CHECK_EQ(run(w, attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, reg(60), lut(0), VA_REGFMT_U32), 16),
                     CS_STOP_EMPTY);
        TAP_CHECK_EQ(out(w, 5)[0], 0x01000005 + 10 * on);
        TAP_CHECK_EQ(out(w, 5)[1], 0);
        world_free(w);
    }
}

/* Strides and numbers whose product is no address, in 64 bits or at all. */
static void far_away(void)
{
    static const uint32_t starts[] = {0, 0x80000000, 0xfffffff0};

    for (unsigned k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
        struct world *w = attribute_world();
        put_attribute(w, 1, ONE_D, FORMAT(133, RGB1), 0, UINT32_MAX)[0] |= 1 << 8;
        w->st->regs[32] = starts[k];
        TAP_CHECK_EQ(run(w, attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, reg(60), lut(0), VA_REGFMT_U32), 16),
                     CS_STOP_EMPTY);
        TAP_CHECK_EQ(out(w, 0)[0], starts[k] ? 0 : 0x01000000);
        TAP_CHECK_EQ(out(w, 1)[0], 0);
        world_free(w);
    }
}

/* Instances: vertex 3 is not looked at. The reciprocals are computed as the driver does. */
static void divisors(void)
{
    static const unsigned by[] = {1, 4, 3, 5, 7, 11, 100};

    for (unsigned k = 0; k < sizeof(by) / sizeof(by[0]); k++) {
        struct world *w = attribute_world();
        bool pot = !(by[k] & (by[k] - 1));
        unsigned shift = 31 - __builtin_clz(by[k]);
        uint64_t t = 1ull << (32 + shift), m = (t + by[k] - 1) / by[k], e = t % by[k];
        bool down = e <= 1ull << shift;
        uint32_t *d = put_attribute(w, 1, pot ? POT : NPOT, FORMAT(133, RGB1), 0, 4);
        d[1] |= 1 << 6 | shift << 24 | (uint32_t)(!pot && down) << 29;
        d[5] = pot ? 0 : (uint32_t)(down ? m - 1 : m) & 0x7fffffff;
        TAP_CHECK_EQ(run(w, attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, lut(0), reg(60), VA_REGFMT_U32), 256),
                     CS_STOP_EMPTY);
        for (unsigned i = 0; i < 256; i++)
            if (!TAP_CHECK_EQ(out(w, i)[0], i / by[k] < 100 ? 0x01000000 + i / by[k] : 0))
                tap_note("instance %u, divisor %u", i, by[k]);
        world_free(w);
    }
}

/* Integers become floats (USCALED) and normalised halves. */
static void formats(void)
{
    struct world *w = attribute_world();

    *at32(w, BUF(ELEMENTS)) = 0x80ff0102;
    put_attribute(w, 1, ONE_D, FORMAT(155, RGBA), 0, 4);
    run(w, attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, reg(60), lut(0), VA_REGFMT_F32), 1);
    TAP_CHECK_EQ(out(w, 0)[0], 0x40000000);
    TAP_CHECK_EQ(out(w, 0)[2], 0x437f0000);
    put_attribute(w, 1, ONE_D, FORMAT(123, RGBA), 0, 4);
    run(w, attr(VA_OP_LD_ATTR_IMM, 16, 2, 1, reg(60), lut(0), VA_REGFMT_F16), 1);
    TAP_CHECK_EQ(out(w, 0)[1] >> 16, 0xbc00);
    *at32(w, BUF(ELEMENTS)) = 0xfffe8000; /* -1.5 in 16.16 */
    put_attribute(w, 1, ONE_D, FORMAT(81, RGB1), 0, 4);
    run(w, attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, reg(60), lut(0), VA_REGFMT_F32), 1);
    TAP_CHECK_EQ(out(w, 0)[0], 0xbfc00000);
    TAP_CHECK_EQ(out(w, 0)[3], 0x3f800000);
    world_free(w);
}

static void addresses(void)
{
    struct world *w = attribute_world();

    put_attribute(w, 1, ONE_D, FORMAT(133, RGB1), 8, 4);
    TAP_CHECK_EQ(run(w, attr(VA_OP_LEA_ATTR_IMM, 16, 3, 1, reg(60), lut(0), 0), 128),
                 CS_STOP_EMPTY);
    TAP_CHECK_EQ(out(w, 5)[0], (uint32_t)BUF(ELEMENTS) + 28);
    TAP_CHECK_EQ(out(w, 5)[1], 0);
    TAP_CHECK(out(w, 98)[1] != 0);           /* behind the end */
    at32(w, SLOTS + 32 * 3)[0] = 9 | 3 << 4; /* a structured buffer, 24 bytes each */
    at32(w, SLOTS + 32 * 3)[4] = 24;
    TAP_CHECK_EQ(run(w, attr(VA_OP_LEA_BUF_IMM, 16, 2, 3, reg(60), reg(0), 0), 32), CS_STOP_EMPTY);
    TAP_CHECK_EQ(out(w, 16)[0], (uint32_t)BUF(ELEMENTS) + 24 * 16);
    TAP_CHECK(out(w, 17)[1] != 0);
    world_free(w);
}

static void bad_descriptors(void)
{
    static const struct {
        uint32_t word0;
        uint8_t code;
        uint64_t info;
    } cases[] = {
        {9, MALI_DATA_INVALID_FAULT, SLOTS + 32},                   /* not an attribute */
        {5 | 6 << 4 | 133u << 22, MALI_INSTR_INVALID_ENC, CODE},    /* a vertex packet */
        {5 | ONE_D << 4 | 255u << 22, MALI_INSTR_INVALID_ENC, CODE} /* no such format */
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = attribute_world();
        put_attribute(w, 1, ONE_D, FORMAT(133, RGB1), 0, 4)[0] = cases[i].word0;
        PROGRAM(w, END(attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, lut(0), lut(0), VA_REGFMT_U32)));
        TAP_CHECK_EQ(run_job(w), CS_STOP_FAULT);
        TAP_CHECK_EQ(w->fault.code, cases[i].code);
        TAP_CHECK_EQ(w->fault.info, cases[i].info);
        world_free(w);
    }
    struct world *w = attribute_world();
    memset(at32(w, SLOTS + 32), 0, 32); /* an empty slot */
    TAP_CHECK_EQ(run(w, attr(VA_OP_LD_ATTR_IMM, 16, 4, 1, reg(60), lut(0), VA_REGFMT_U32), 1),
                 CS_STOP_EMPTY);
    for (unsigned k = 0; k < 4; k++)
        TAP_CHECK_EQ(out(w, 0)[k], 0);
    world_free(w);
}

TAP_MAIN({"by-vertex", by_vertex}, {"job-offset", job_offset}, {"far-away", far_away},
         {"divisors", divisors}, {"formats", formats}, {"addresses", addresses},
         {"bad-descriptors", bad_descriptors})
