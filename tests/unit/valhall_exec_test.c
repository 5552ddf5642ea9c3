/*
 * The shader interpreter: programs and their cache, divergence, flow codes,
 * memory, atomics, barriers, faults, against a host of 64 KiB of memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/valhall/exec.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* --- a host ------------------------------------------------------------------------- */

#define CODE 0x500000000ull /* where programs are */
#define DATA 0x10000ull
#define SIZE 0x10000u
#define PAGE 0x1000u

static struct {
    uint64_t code[1024];
    uint8_t data[SIZE];
    unsigned maps, messages, stalls;
    uint16_t message_lanes;
    enum va_message_result answer;
    bool any; /* every address is somewhere */
} host;

static unsigned host_fetch(void *ctx, uint64_t va, uint64_t *words, unsigned n)
{
    uint64_t i = (va - CODE) / 8;

    for (unsigned k = 0; k < n; k++)
        if (i + k < 1024)
            words[k] = host.code[i + k];
        else
            return k;
    return n;
}

static void *host_map(void *ctx, uint64_t va, enum va_access access, uint64_t *avail,
                      enum va_message_result *result)
{
    host.maps++;
    if (host.stalls && host.stalls--) {
        *result = VA_MSG_STALL;
        return NULL;
    }
    if (host.any)
        va = DATA + va % SIZE;
    if (va - DATA >= SIZE) {
        *result = VA_MSG_FAULT;
        return NULL;
    }
    *avail = PAGE - va % PAGE;
    return host.data + (va - DATA);
}

static enum va_message_result host_message(void *ctx, struct va_warp *w, const struct va_insn *in,
                                           const struct va_val *src, uint16_t lanes)
{
    host.messages++;
    host.message_lanes = lanes;
    return host.answer;
}

static const struct va_host host_ops = {
    .map = host_map, .message = host_message, .fetch = host_fetch};

/* --- a little assembler ---------------------------------------------------------------- */

static struct va_src reg(unsigned r)
{
    return (struct va_src){.kind = VA_SRC_REG, .index = r};
}

static struct va_src uni(unsigned u)
{
    return (struct va_src){.kind = VA_SRC_UNIFORM, .index = u};
}

static struct va_src lut(unsigned i)
{
    return (struct va_src){.kind = VA_SRC_CONST, .index = i};
}

static struct va_src spec(unsigned which)
{
    return (struct va_src){.kind = VA_SRC_SPECIAL, .index = which};
}

static struct va_insn insn(enum va_op op, unsigned dst, struct va_src a, struct va_src b)
{
    struct va_insn in = {.op = op, .dst = dst, .dst_mask = 3, .src = {a, b}};

    for (unsigned i = 0; i < 2; i++)
        if (in.src[i].kind == VA_SRC_SPECIAL)
            in.fau_page = in.src[i].index >> 4;
    return in;
}

static uint64_t word(struct va_insn in)
{
    uint64_t w = 0;

    if (!TAP_CHECK_STR(va_error_name(va_encode(&in, &w)), "valid"))
        tap_note("%s", va_info(in.op)->name);
    return w;
}

static uint64_t with_flow(uint64_t w, unsigned flow)
{
    return w | (uint64_t)flow << 59;
}

#define END(w) with_flow(w, VA_FLOW_END)

static uint64_t nop(unsigned flow)
{
    return with_flow(word(insn(VA_OP_NOP, 0, reg(0), reg(0))), flow);
}

static uint64_t movi(unsigned dst, uint32_t value)
{
    struct va_insn in = insn(VA_OP_IADD_IMM_I32, dst, lut(0), reg(0));
    in.imm[0] = value;
    return word(in);
}

static uint64_t addi(unsigned dst, unsigned a, uint32_t value)
{
    struct va_insn in = insn(VA_OP_IADD_IMM_I32, dst, reg(a), reg(0));
    in.imm[0] = value;
    return word(in);
}

static uint64_t mov(unsigned dst, struct va_src a)
{
    return word(insn(VA_OP_MOV_I32, dst, a, reg(0)));
}

static uint64_t add(unsigned dst, struct va_src a, struct va_src b)
{
    return word(insn(VA_OP_IADD_U32, dst, a, b));
}

/* dst = a < b ? ~0 : 0, unsigned */
static uint64_t less(unsigned dst, struct va_src a, struct va_src b)
{
    struct va_insn in = insn(VA_OP_ICMP_OR_U32, dst, a, b);
    in.src[2] = lut(0);
    in.mod[VA_M_CONDITION] = VA_CONDITION_LT;
    in.mod[VA_M_RESULT] = VA_RESULT_M1;
    return word(in);
}

/* Jump by @offset instructions after the next when @a is not zero (eq: is zero). */
static uint64_t branch(struct va_src a, bool eq, int offset)
{
    struct va_insn in = insn(VA_OP_BRANCHZ, 0, a, reg(0));
    in.mod[VA_M_EQ] = eq;
    in.imm[0] = offset;
    return with_flow(word(in), VA_FLOW_RECONVERGE);
}

static uint64_t memory(enum va_op op, unsigned sr, unsigned count, unsigned address, int offset,
                       unsigned lane)
{
    struct va_insn in = insn(op, 0, reg(address), reg(0));
    bool is_load = op >= VA_OP_LOAD_I8 && op <= VA_OP_LOAD_I128;

    in.sr[0] = (struct va_staging){.reg = sr, .count = count, .flags = is_load ? 2 : 1};
    in.imm[0] = offset;
    in.mod[VA_M_LOAD_LANE] = lane;
    return word(in);
}

/* --- running ------------------------------------------------------------------------------ */

struct world {
    struct va_cache *cache;
    struct va_shader shader;
    struct va_warp warp;
};

static void put_code(const uint64_t *code, unsigned n)
{
    memset(&host, 0, sizeof(host));
    memcpy(host.code, code, 8 * n);
    for (unsigned i = 0; i < SIZE; i++)
        host.data[i] = i * 7 + (i >> 8);
}

static enum va_jit_mode jit_mode; /* of the worlds opened from now on */

static struct va_cache *shared; /* worlds': what one has compiled is there for the next */

static void open_world(struct world *x, uint16_t lanes)
{
    memset(x, 0, sizeof(*x));
    x->cache = shared ? shared : va_cache_new();
    va_cache_jit(x->cache, jit_mode);
    x->shader = (struct va_shader){
        .program = va_program_get(x->cache, CODE, host_fetch, NULL),
        .base = CODE,
        .cache = x->cache,
        .host = &host_ops,
    };
    va_warp_init(&x->warp, &x->shader, lanes);
}

static void close_world(struct world *x)
{
    va_warp_fini(&x->warp);
    va_program_put(x->shader.program);
    if (!shared)
        va_cache_free(x->cache);
}

#define WORLD(x, lanes, ...)                                                                       \
    struct world x;                                                                                \
    do {                                                                                           \
        const uint64_t code_[] = {__VA_ARGS__};                                                    \
        put_code(code_, sizeof(code_) / 8);                                                        \
        open_world(&x, lanes);                                                                     \
    } while (0)

static void set_address(struct va_warp *w, unsigned r, uint64_t base, unsigned stride)
{
    for (unsigned i = 0; i < VA_LANES; i++) {
        w->r[r][i] = (uint32_t)(base + i * stride);
        w->r[r + 1][i] = (base + i * stride) >> 32;
    }
}

static enum va_stop go(struct world *x)
{
    return va_run(&x->warp, &x->shader, 100000);
}

/* --- programs -------------------------------------------------------------------------------- */

static void cache_by_content(void)
{
    WORLD(x, 1, movi(0, 5), END(movi(1, 6)));
    struct va_cache_stats st;

    TAP_CHECK_EQ(va_program_size(x.shader.program), 2);
    host.code[100] = host.code[0];
    host.code[101] = host.code[1];
    struct va_program *same = va_program_get(x.cache, CODE + 800, host_fetch, NULL);
    TAP_CHECK(same == x.shader.program);
    host.code[101] ^= 1ull << 8; /* another constant */
    struct va_program *other = va_program_get(x.cache, CODE + 800, host_fetch, NULL);
    TAP_CHECK(other != same);
    va_cache_get_stats(x.cache, &st);
    TAP_CHECK_EQ(st.hits, 1);
    TAP_CHECK_EQ(st.misses, 2);
    TAP_CHECK(!va_program_get(x.cache, CODE + 4, host_fetch, NULL));
    TAP_CHECK(!va_program_get(x.cache, CODE + 8 * 1024, host_fetch, NULL));
    va_program_put(same);
    va_program_put(other);
    close_world(&x);
}

static void program_end(void)
{
    /* A branch over zeros: they belong to the program. */
    WORLD(x, 1, branch(lut(0), true, 2), 0, 0, END(movi(1, 6)), 0, 0, movi(1, 7));

    TAP_CHECK_EQ(va_program_size(x.shader.program), 4);
    TAP_CHECK(!va_program_insn(x.shader.program, 1));
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[1][0], 6);
    close_world(&x);
}

/* --- registers, sources -------------------------------------------------------------------------
 */

static void sources(void)
{
    WORLD(x, 0xffff, mov(0, spec(VA_SPECIAL_LANE_ID)), mov(1, uni(2)), mov(2, uni(3)),
          mov(3, spec(VA_SPECIAL_PROGRAM_COUNTER)), mov(4, lut(16)),
          mov(5, spec(VA_SPECIAL_CORE_ID)), END(add(6, reg(0), reg(1))));
    const uint32_t fau[3] = {10, 11, 12};

    x.shader.fau = fau;
    x.shader.fau_words = 3;
    x.shader.special[VA_SPECIAL_CORE_ID] = 16;
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[0][9], 9);
    TAP_CHECK_EQ(x.warp.r[1][9], 12);
    TAP_CHECK_EQ(x.warp.r[2][9], 0);
    TAP_CHECK_EQ(x.warp.r[3][9], (uint32_t)CODE + 32);
    TAP_CHECK_EQ(x.warp.r[4][9], 0x3f800000);
    TAP_CHECK_EQ(x.warp.r[5][9], 16);
    TAP_CHECK_EQ(x.warp.r[6][9], 21);
    TAP_CHECK_EQ(x.warp.executed, 7);
    close_world(&x);
}

static void partial_writes(void)
{
    struct va_insn lo = insn(VA_OP_MOV_I32, 0, lut(1), reg(0)), hi = lo;
    lo.dst_mask = 1;
    hi.dst = 1;
    hi.dst_mask = 2;
    WORLD(x, 0x00f0, word(lo), END(word(hi)));

    x.warp.r[0] += 0x12345678;
    x.warp.r[1] += 0x12345678;
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[0][4], 0x1234ffff);
    TAP_CHECK_EQ(x.warp.r[1][4], 0xffff5678);
    TAP_CHECK_EQ(x.warp.r[0][3], 0x12345678);
    close_world(&x);
}

/* Half a destination of an fp32 sum gets it as fp16. */
static void sum_to_half(void)
{
    struct va_insn lo = insn(VA_OP_FADD_F32, 0, lut(16), reg(2)), hi = lo;
    lo.dst_mask = 1;
    hi.dst = 1;
    hi.dst_mask = 2;
    WORLD(x, 0xfff0, word(lo), END(word(hi)));

    x.warp.r[0] += 0x12345678;
    x.warp.r[1] += 0x12345678;
    x.warp.r[2] += 0x40400001; /* a bit more than 3: the sum is rounded to 4 */
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[0][4], 0x12344400);
    TAP_CHECK_EQ(x.warp.r[1][4], 0x44005678);
    TAP_CHECK_EQ(x.warp.r[0][3], 0x12345678);
    close_world(&x);
}

/* --- control flow
 * ---------------------------------------------------------------------------------- */

/* for (r1 = 0, r2 = 0; r1 < lane; r1++) r2 += r1; r3 = 1 */
static void divergent_loop(void)
{
    WORLD(x, 0xffff, mov(0, spec(VA_SPECIAL_LANE_ID)), movi(1, 0), movi(2, 0),
          /* 3 */ less(4, reg(1), reg(0)), branch(reg(4), true, 3), add(2, reg(2), reg(1)),
          addi(1, 1, 1), branch(lut(0), true, -5), END(movi(3, 1)));

    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    for (unsigned i = 0; i < VA_LANES; i++) {
        TAP_CHECK_EQ(x.warp.r[2][i], i * (i - 1) / 2);
        TAP_CHECK_EQ(x.warp.r[3][i], 1);
    }
    /* Reconverged: each step of the loop ran once, not once per lane. */
    TAP_CHECK_EQ(x.warp.executed, 3 + 15 * 5 + 2 + 1);
    close_world(&x);
}

/* if (lane < 4) r1 = 1 else r1 = 2; r2 = r1 + 1, with both sides met again */
static void if_else(void)
{
    WORLD(x, 0xffff, mov(8, spec(VA_SPECIAL_LANE_ID)), less(4, reg(8), reg(5)),
          branch(reg(4), true, 2), movi(1, 1), branch(lut(0), true, 1), movi(1, 2),
          END(addi(2, 1, 1)));

    x.warp.r[5] += 4;
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    for (unsigned i = 0; i < VA_LANES; i++)
        TAP_CHECK_EQ(x.warp.r[2][i], i < 4 ? 2 : 3);
    TAP_CHECK_EQ(x.warp.executed, 7);
    close_world(&x);
}

static void indirect_call(void)
{
    struct va_insn jump = insn(VA_OP_BRANCHZI, 0, lut(0), reg(10));
    jump.mod[VA_M_EQ] = jump.mod[VA_M_ABSOLUTE] = 1;
    struct va_insn back = jump;
    back.src[1] = reg(48);
    /* r48 = address after the jump; a function elsewhere sets r1 and returns */
    struct va_insn link = insn(VA_OP_IADD_IMM_I32, 48, spec(VA_SPECIAL_PROGRAM_COUNTER), reg(0));
    link.imm[0] = 8;
    WORLD(x, 0xff, word(link), word(jump), END(addi(2, 1, 1)));

    host.code[200] = movi(1, 41);
    host.code[201] = word(back);
    x.warp.r[10] += (uint32_t)CODE + 1600;
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[2][7], 42);
    TAP_CHECK_EQ(x.warp.r[2][8], 0);
    close_world(&x);
}

static void slices(void)
{
    WORLD(x, 0xffff, mov(0, spec(VA_SPECIAL_LANE_ID)), movi(1, 0), less(4, reg(1), reg(0)),
          branch(reg(4), true, 2), addi(1, 1, 1), branch(lut(0), true, -4), END(movi(3, 1)));
    unsigned n = 1;

    while (va_run(&x.warp, &x.shader, 1) == VA_STOP_SLICE && n < 1000)
        n++;
    for (unsigned i = 0; i < VA_LANES; i++)
        TAP_CHECK_EQ(x.warp.r[1][i], i);
    TAP_CHECK_EQ(n, x.warp.executed);
    close_world(&x);
    /* An endless loop stops at the end of its budget. */
    WORLD(y, 1, branch(lut(0), true, -1));
    TAP_CHECK_EQ(va_run(&y.warp, &y.shader, 5000), VA_STOP_SLICE);
    TAP_CHECK_EQ(y.warp.executed, 5000);
    close_world(&y);
}

static uint64_t discard_if_positive(unsigned r)
{
    struct va_insn in = insn(VA_OP_DISCARD_F32, 0, reg(r), lut(0));
    in.mod[VA_M_CONDITION] = VA_CONDITION_GT;
    return word(in);
}

static void discards(void)
{
    for (unsigned helpers = 0; helpers < 2; helpers++) {
        WORLD(x, 0xffff, discard_if_positive(0), movi(1, 1), memory(VA_OP_STORE_I32, 1, 1, 2, 0, 0),
              nop(VA_FLOW_DISCARD), END(movi(3, 1)));

        x.shader.helpers = helpers;
        set_address(&x.warp, 2, DATA, 4);
        for (unsigned i = 0; i < VA_LANES; i += 2)
            x.warp.r[0][i] = 0x3f800000;
        memset(host.data, 0, 64);
        TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
        for (unsigned i = 0; i < VA_LANES; i++) {
            TAP_CHECK_EQ(host.data[4 * i], i & 1);
            TAP_CHECK_EQ(x.warp.r[1][i], (i & 1) || helpers);
            TAP_CHECK_EQ(x.warp.r[3][i], i & 1);
        }
        close_world(&x);
    }
}

static void barriers(void)
{
    struct va_insn bar = insn(VA_OP_BARRIER, 0, reg(0), reg(0));
    bar.mod[VA_M_SLOT] = VA_SLOT_7;
    uint64_t b = with_flow(word(bar), VA_FLOW_WAIT);
    /* Lanes below 4 take a longer way to the barrier; lanes from 12 on never get there. */
    WORLD(x, 0xffff, mov(8, spec(VA_SPECIAL_LANE_ID)), less(4, reg(8), reg(5)),
          less(6, reg(8), reg(7)), branch(reg(6), false, 1), nop(VA_FLOW_END),
          branch(reg(4), true, 1), movi(1, 1), b, END(movi(2, 2)));

    x.warp.r[5] += 4;
    x.warp.r[7] += 12;
    TAP_CHECK_EQ(go(&x), VA_STOP_BARRIER);
    TAP_CHECK_EQ(x.warp.alive, 0x0fff);
    TAP_CHECK_EQ(x.warp.r[1][3], 1);
    TAP_CHECK_EQ(x.warp.r[2][3], 0);
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[2][3], 2);
    TAP_CHECK_EQ(x.warp.r[2][12], 0);
    close_world(&x);
}

/* --- memory
 * -------------------------------------------------------------------------------------------- */

static uint32_t data32(unsigned at, unsigned n)
{
    uint32_t v = 0;
    memcpy(&v, host.data + at, n);
    return v;
}

static void loads(void)
{
    static const struct {
        enum va_op op;
        unsigned lane, count, is_unsigned, size;
        unsigned bits, shift, keep_words; /* extension, place, words written */
    } cases[] = {
        {VA_OP_LOAD_I8, VA_LOAD8_B2, 1, 1, 1, 8, 16, 1},
        {VA_OP_LOAD_I8, VA_LOAD8_H1, 1, 0, 1, 16, 16, 1},
        {VA_OP_LOAD_I8, VA_LOAD8_W0, 1, 0, 1, 32, 0, 1},
        {VA_OP_LOAD_I8, VA_LOAD8_D0, 2, 0, 1, 64, 0, 2},
        {VA_OP_LOAD_I8, VA_LOAD8_W0, 1, 1, 1, 32, 0, 1},
        {VA_OP_LOAD_I16, VA_LOAD16_H0, 1, 1, 2, 16, 0, 1},
        {VA_OP_LOAD_I16, VA_LOAD16_H1, 1, 1, 2, 16, 16, 1},
        {VA_OP_LOAD_I16, VA_LOAD16_W0, 1, 0, 2, 32, 0, 1},
        {VA_OP_LOAD_I16, VA_LOAD16_D0, 2, 1, 2, 64, 0, 2},
        {VA_OP_LOAD_I32, VA_LOAD32_W0, 1, 1, 4, 32, 0, 1},
        {VA_OP_LOAD_I32, VA_LOAD32_D0, 2, 0, 4, 64, 0, 2},
        {VA_OP_LOAD_I64, VA_LOAD64_IDENTITY, 2, 1, 8, 64, 0, 2},
    };

    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        uint64_t w = memory(cases[c].op, 0, cases[c].count, 2, 3, cases[c].lane);
        WORLD(x, 0xffff, END(w | (uint64_t)cases[c].is_unsigned << 39));

        x.warp.r[0] += 0xaaaaaaaa;
        x.warp.r[1] += 0xaaaaaaaa;
        set_address(&x.warp, 2, DATA + PAGE - 40, 5); /* lanes cross a page */
        TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
        for (unsigned i = 0; i < VA_LANES; i++) {
            unsigned at = PAGE - 40 + 5 * i + 3, n = cases[c].size;
            uint64_t v = 0, mask = cases[c].bits == 64 ? ~0ull : (1ull << cases[c].bits) - 1;
            memcpy(&v, host.data + at, n);
            if (!cases[c].is_unsigned && n < 8)
                v = (uint64_t)((int64_t)(v << (64 - 8 * n)) >> (64 - 8 * n));
            uint64_t want =
                (0xaaaaaaaaaaaaaaaaull & ~(mask << cases[c].shift)) | (v & mask) << cases[c].shift;
            TAP_CHECK_EQ(x.warp.r[0][i], (uint32_t)want);
            TAP_CHECK_EQ(x.warp.r[1][i], want >> 32);
        }
        close_world(&x);
    }
}

static void wide_loads_and_stores(void)
{
    WORLD(x, 0x7fff, memory(VA_OP_LOAD_I128, 4, 4, 0, 0, VA_LOAD128_IDENTITY),
          memory(VA_OP_STORE_I96, 4, 3, 2, -8, 0), memory(VA_OP_STORE_I48, 4, 2, 2, 16, 0),
          END(memory(VA_OP_STORE_I8, 7, 1, 2, 30, 0)));

    set_address(&x.warp, 0, DATA + 0x3000, 16);
    set_address(&x.warp, 2, DATA + 0x5ff8, 64);
    uint8_t before = host.data[0x5ff8 + 22];
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    for (unsigned i = 0; i < 15; i++) {
        const uint8_t *from = host.data + 0x3000 + 16 * i, *to = host.data + 0x5ff8 + 64 * i;
        TAP_CHECK_EQ(x.warp.r[7][i], data32(0x3000 + 16 * i + 12, 4));
        TAP_CHECK_MEM(to - 8, from, 12);
        TAP_CHECK_MEM(to + 16, from, 6);
        TAP_CHECK_EQ(to[30], from[12]);
    }
    TAP_CHECK_EQ(host.data[0x5ff8 + 22], before);
    TAP_CHECK_EQ(x.warp.r[7][15], 0);
    close_world(&x);
}

/* An address of lane @i: kinds that the interpreter may serve in one go, and those that it may not.
 */
static uint64_t somewhere(uint64_t base, unsigned kind, unsigned size, unsigned i, uint64_t random)
{
    switch (kind) {
    case 0: /* a row, a column */
        return base + i * size;
    case 1:
        return base + (i & 3) * 64;
    case 2: /* aligned, in one page */
        return (base & ~0xfffull) + random % PAGE / 16 * 16;
    case 3: /* in one page or across its end */
        return (base & ~0xfffull) + random % PAGE;
    case 4: /* around 4 GiB, and around 2 GiB */
        return (1 + (base >> 6 & 1)) * 0x80000000ull + random % 64 - 32;
    default: /* the same page of two ranges of 4 GiB */
        return (base & ~0xffull) + random % 2 * 0x100000000ull;
    }
}

/* Loads and stores of every size at addresses of every kind, lane by lane against bytes. */
static void memory_anywhere(void)
{
    static const struct {
        enum va_op load, store;
        unsigned size, lane;
    } sizes[] = {
        {VA_OP_LOAD_I8, VA_OP_STORE_I8, 1, VA_LOAD8_W0},
        {VA_OP_LOAD_I16, VA_OP_STORE_I16, 2, VA_LOAD16_W0},
        {VA_OP_LOAD_I32, VA_OP_STORE_I32, 4, VA_LOAD32_W0},
        {VA_OP_LOAD_I64, VA_OP_STORE_I64, 8, VA_LOAD64_IDENTITY},
        {VA_OP_LOAD_I96, VA_OP_STORE_I96, 12, VA_LOAD96_IDENTITY},
        {VA_OP_LOAD_I128, VA_OP_STORE_I128, 16, VA_LOAD128_IDENTITY},
    };
    static uint8_t want[SIZE];
    uint64_t seed = 0x7654321;

    for (unsigned n = 0; n < 3000; n++) {
        unsigned c = n % 6, size = sizes[c].size, words = (size + 3) / 4, kind = n / 6 % 6;
        int add = n / 36 % 3 ? 0 : (int)(seed >> 40 & 0xffff) - 0x8000;
        uint16_t lanes = n / 108 % 2 ? 0xffff : (uint16_t)(seed >> 8) | 1;
        uint64_t va[VA_LANES];
        WORLD(x, lanes,
              memory(sizes[c].load, 8, words, 2, add, sizes[c].lane) | 1ull << 39, /* no sign */
              END(memory(sizes[c].store, 12, words, 4, add, 0)));

        host.any = true;
        memcpy(want, host.data, SIZE);
        for (unsigned i = 0; i < VA_LANES; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            va[i] = somewhere(0x3fffff000ull + 64 * n, kind, size, i, seed >> 20);
            for (unsigned r = 2; r < 6; r += 2) {
                x.warp.r[r][i] = (uint32_t)va[i];
                x.warp.r[r + 1][i] = va[i] >> 32;
            }
            for (unsigned k = 0; k < 4; k++)
                x.warp.r[12 + k][i] = (uint32_t)(seed >> 7 * k);
        }
        for (unsigned i = 0; i < VA_LANES; i++)
            for (unsigned k = 0; k < size && (lanes >> i & 1); k++)
                want[(va[i] + add + k) % SIZE] = x.warp.r[12 + k / 4][i] >> 8 * (k & 3);
        TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
        if (!TAP_CHECK_MEM(host.data, want, SIZE))
            tap_note("store of %u bytes, addresses of kind %u, lanes 0x%x", size, kind, lanes);
        for (unsigned i = 0; i < VA_LANES; i++)
            for (unsigned k = 0; k < 4 * words; k++) {
                unsigned at = (va[i] + add + k) % SIZE,
                         is = x.warp.r[8 + k / 4][i] >> 8 * (k & 3) & 0xff;
                unsigned was = (lanes >> i & 1) && k < size ? (uint8_t)(at * 7 + (at >> 8)) : 0;
                if (!TAP_CHECK_EQ(is, was))
                    tap_note("load of %u bytes, kind %u, lanes 0x%x, lane %u", size, kind, lanes,
                             i);
            }
        close_world(&x);
    }
}

static uint64_t atom(enum va_op op, unsigned kind, bool one, unsigned address, bool compare)
{
    struct va_insn in = insn(op, 0, reg(address), reg(0));

    if (op == VA_OP_ATOM_RETURN_I32 || op == VA_OP_ATOM_RETURN_I64) {
        bool wide = op == VA_OP_ATOM_RETURN_I64;
        in.sr[0] = (struct va_staging){.reg = 20, .count = wide ? 2 : 1};
        in.sr[1] = (struct va_staging){.reg = 10, .count = (wide ? 2 : 1) << compare, .flags = 3};
    } else {
        in.sr[0] = (struct va_staging){.reg = one ? 20 : 10, .count = 1, .flags = one ? 2 : 1};
    }
    in.mod[one ? VA_M_ATOM1 : VA_M_ATOM] = kind;
    in.mod[VA_M_COMPARE] = compare;
    in.imm[0] = 4;
    return word(in);
}

static void atomics(void)
{
    WORLD(x, 0xffff, atom(VA_OP_ATOM_RETURN_I32, VA_ATOM_AADD, false, 2, false), mov(30, reg(20)),
          atom(VA_OP_ATOM1_RETURN_I32, VA_ATOM1_ADEC, true, 2, false),
          atom(VA_OP_ATOM_I32, VA_ATOM_ASMAX, false, 4, false),
          atom(VA_OP_ATOM_RETURN_I32, VA_ATOM_AXCHG, false, 6, true), mov(31, reg(20)),
          END(atom(VA_OP_ATOM_RETURN_I64, VA_ATOM_AADD, false, 8, false)));
    uint32_t zero = 0, minus = -5;
    uint64_t wide = 0xffffffffull;

    set_address(&x.warp, 2, DATA, 0);
    set_address(&x.warp, 4, DATA + 16, 0);
    set_address(&x.warp, 6, DATA + 32, 0);
    set_address(&x.warp, 8, DATA + 52, 0);
    memcpy(host.data + 4, &zero, 4);
    memcpy(host.data + 20, &minus, 4);
    memcpy(host.data + 36, &zero, 4);
    memcpy(host.data + 56, &wide, 8);
    for (unsigned i = 0; i < VA_LANES; i++)
        x.warp.r[10][i] = i + 1; /* the operand, and the new value if memory is r11 = 0 */
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[30][3], 1 + 2 + 3); /* lanes in order */
    TAP_CHECK_EQ(data32(4, 4), 136 - 16);
    TAP_CHECK_EQ(data32(20, 4), 16);
    TAP_CHECK_EQ(x.warp.r[31][0], 0);
    TAP_CHECK_EQ(x.warp.r[31][1], 1); /* lane 0's value stayed */
    TAP_CHECK_EQ(data32(36, 4), 1);
    TAP_CHECK_EQ(data32(56, 4), 0xffffffff + 136u);
    TAP_CHECK_EQ(data32(60, 4), 1);
    close_world(&x);
}

static void stall_and_repeat(void)
{
    /* The address is overwritten by the load: a repeated one must still see it. */
    WORLD(x, 0xffff, END(memory(VA_OP_LOAD_I64, 2, 2, 2, 0, VA_LOAD64_IDENTITY)));

    set_address(&x.warp, 2, DATA + PAGE - 64, 8); /* two pages: the second map stalls */
    TAP_CHECK_EQ(va_run(&x.warp, &x.shader, 0), VA_STOP_SLICE);
    host.stalls = 1;
    TAP_CHECK_EQ(go(&x), VA_STOP_STALL);
    TAP_CHECK_EQ(x.warp.executed, 0);
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[2][15], data32(PAGE + 56, 4));
    TAP_CHECK_EQ(host.maps, 4); /* the stall; as a row, which ends; a page each */
    close_world(&x);
}

/* --- messages, faults
 * -------------------------------------------------------------------------------------- */

static uint64_t blend(unsigned flow, unsigned target)
{
    struct va_insn in = insn(VA_OP_BLEND, 0, spec(VA_SPECIAL_BLEND_DESCRIPTOR_0), reg(60));
    in.sr[0] = (struct va_staging){.reg = 0, .count = 4, .flags = 1};
    in.mod[VA_M_VECSIZE] = VA_VECSIZE_V4;
    in.mod[VA_M_REGFMT] = VA_REGFMT_F32;
    in.imm[0] = target;
    in.flow = flow;
    return word(in);
}

static void blends(void)
{
    WORLD(x, 0xf, blend(0, 2), movi(1, 1), movi(1, 2), END(movi(2, 3)));

    host.answer = VA_MSG_TAKEN; /* fixed function: over the call */
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(host.message_lanes, 0xf);
    TAP_CHECK_EQ(x.warp.r[1][0], 0);
    TAP_CHECK_EQ(x.warp.r[2][0], 3);
    va_warp_init(&x.warp, &x.shader, 1);
    host.answer = VA_MSG_DONE; /* blend shader: into the call */
    TAP_CHECK_EQ(go(&x), VA_STOP_ENDED);
    TAP_CHECK_EQ(x.warp.r[1][0], 2);
    close_world(&x);
    WORLD(y, 0xf, blend(VA_FLOW_END, 0), END(movi(2, 3)));
    host.answer = VA_MSG_TAKEN;
    TAP_CHECK_EQ(go(&y), VA_STOP_ENDED);
    TAP_CHECK_EQ(y.warp.r[2][0], 0);
    va_warp_init(&y.warp, &y.shader, 1);
    host.answer = VA_MSG_DONE;
    TAP_CHECK_EQ(go(&y), VA_STOP_ENDED);
    TAP_CHECK_EQ(y.warp.r[2][0], 3);
    close_world(&y);
}

static void expect_fault(struct world *x, enum va_fault_kind kind, uint64_t pc)
{
    TAP_CHECK_EQ(go(x), VA_STOP_FAULT);
    TAP_CHECK_STR(va_fault_name(x->warp.fault.kind), va_fault_name(kind));
    TAP_CHECK_EQ(x->warp.fault.pc, pc);
    TAP_CHECK_EQ(go(x), VA_STOP_FAULT); /* for good */
    close_world(x);
}

static void faults(void)
{
    WORLD(a, 1, movi(0, 0), 0x0001c00000000000, END(movi(1, 0)));
    TAP_CHECK_EQ(va_program_size(a.shader.program), 3);
    expect_fault(&a, VA_FAULT_ENCODING, CODE + 8);
    TAP_CHECK_EQ(a.warp.fault.encoding, VA_ERR_OPCODE);

    WORLD(b, 1, branch(lut(0), true, 5000));
    expect_fault(&b, VA_FAULT_PC, CODE + 8 + 40000);

    WORLD(c, 1, branch(lut(0), true, -3));
    expect_fault(&c, VA_FAULT_PC, CODE - 16);

    WORLD(d, 0xffff, END(memory(VA_OP_LOAD_I32, 4, 1, 2, 0, 0)));
    set_address(&d.warp, 2, DATA + SIZE - 16, 4); /* lanes 4 and up are outside */
    expect_fault(&d, VA_FAULT_HOST, CODE);
    TAP_CHECK_EQ(d.warp.r[4][0], 0);

    WORLD(e, 1, END(atom(VA_OP_ATOM_I32, VA_ATOM_AADD, false, 2, false)));
    set_address(&e.warp, 2, DATA + 2, 0);
    expect_fault(&e, VA_FAULT_ALIGNMENT, CODE);

    WORLD(f, 1, END(word(insn(VA_OP_FPCLASS_F32, 0, reg(0), reg(0)))));
    expect_fault(&f, VA_FAULT_UNMODELLED, CODE);

    WORLD(g, 1, blend(0, 0));
    host.answer = VA_MSG_UNMODELLED;
    expect_fault(&g, VA_FAULT_UNMODELLED, CODE);

    /* Running off the end: zeros are not instructions. */
    WORLD(h, 1, movi(0, 0));
    expect_fault(&h, VA_FAULT_ENCODING, CODE + 8);
}

static void random_code(uint64_t *seed)
{
    for (unsigned i = 0; i < 200; i++) {
        struct va_insn in;
        do {
            *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
            host.code[i] = *seed & 0x07ff3fffffffffffull & (*seed >> 21 | *seed << 43);
            host.code[i] |= 3ull << 46;
        } while (va_decode(host.code[i], &in) && *seed % 8192);
        if (i % 5 == 0) /* a branch on half of the lanes' own values */
            host.code[i] = branch(reg(*seed >> 8 & 63), *seed & 1, (int)(*seed >> 16 & 31) - 12);
    }
}

struct result {
    struct va_warp warp;
    enum va_stop stop;
    uint64_t counts[VA_OPS];
    uint8_t data[SIZE];
};

#define COMPILED_PROGRAMS   8
#define ARITHMETIC_PROGRAMS 24

enum engine { PLAIN, FAST, COMPILED };

/* @most instructions, @slice at a time. */
static void run_random(uint64_t seed, enum engine engine, unsigned slice, unsigned most,
                       struct result *r)
{
    uint32_t fau[64];
    struct world x;

    for (unsigned i = 0; i < 64; i++)
        fau[i] = i * 0x9e3779b9u | (i % 4 == 1 ? 0x7f810000 : 0); /* some are NaN */
    memset(r, 0, sizeof(*r));
    memset(host.data, 0, sizeof(host.data));
    jit_mode = engine == COMPILED ? VA_JIT_NOW : VA_JIT_OFF;
    open_world(&x, seed >> 8);
    jit_mode = VA_JIT_OFF;
    x.shader.helpers = seed & 1;
    x.shader.ftz32 = seed & 2;
    x.shader.ftz16 = seed & 4;
    x.shader.fau = fau;
    x.shader.fau_words = 50;
    x.shader.counts = r->counts;
    if (engine != PLAIN)
        va_bind(&x.shader);
    for (unsigned i = 0; i < 64; i++)
        set_address(&x.warp, i & 62, DATA + i * 64, 8);
    for (unsigned left = most; left; left -= slice < left ? slice : left) {
        r->stop = va_run(&x.warp, &x.shader, slice < left ? slice : left);
        if (r->stop != VA_STOP_SLICE)
            break;
    }
    va_count(&x.shader);
    va_unbind(&x.shader);
    memcpy(&r->warp, &x.warp, sizeof(r->warp));
    r->warp.here = NULL;
    r->warp.exec = NULL;
    r->warp.fault.insn = NULL;
    for (unsigned i = 0; i < VA_LANES; i++) { /* nobody asks what lanes that have ended have */
        if (r->warp.alive >> i & 1)
            continue;
        r->warp.pc[i] = 0;
        for (unsigned n = 0; n < sizeof(r->warp.r) / sizeof(r->warp.r[0]); n++)
            r->warp.r[n][i] = 0;
    }
    memcpy(r->data, host.data, sizeof(r->data));
    close_world(&x);
}

static const char *const vectors[VA_VECTORS] = {"base", "avx2", "avx512"};

static void use_vectors(const char *name)
{
    const char *why;

    if (!TAP_CHECK(va_vectors_choose(name, &why)))
        tap_note("%s: %s", name, why);
}

/* Random words as a program: whatever happens, it stops within its budget; the fast form of every
 * variant does the same as the plain interpreter, however it is sliced. */
static void random_programs(void)
{
    static struct result plain, fast;
    uint64_t seed = 0x1234567;
    unsigned stops[5] = {0};

    for (unsigned n = 0; n < 1000; n++) {
        memset(&host, 0, sizeof(host));
        random_code(&seed);
        host.any = true;
        host.answer = VA_MSG_DONE;
        uint64_t s = n & 8 ? seed | 0xffff00 : seed;
        use_vectors("base");
        run_random(s, PLAIN, 4000, 4000, &plain);
        for (unsigned v = 0; v < VA_VECTORS && va_alu_of(v); v++) {
            use_vectors(vectors[v]);
            run_random(s, FAST, n & 16 ? 4000 : n % 97 + 1, 4000, &fast);
            if (!TAP_CHECK_MEM(&fast, &plain, sizeof(fast)))
                tap_note("program %u, %s: stop %d, expected %d; executed %u, expected %u", n,
                         vectors[v], fast.stop, plain.stop, (unsigned)fast.warp.executed,
                         (unsigned)plain.warp.executed);
        }
        stops[plain.stop]++;
    }
    use_vectors("best");
    tap_note("ended %u, barrier %u, budget %u, stall %u, fault %u", stops[0], stops[1], stops[2],
             stops[3], stops[4]);
}

/* What the tests above expect, of every variant. */
static void every_variant(void)
{
    for (unsigned v = 0; v < VA_VECTORS && va_alu_of(v); v++) {
        use_vectors(vectors[v]);
        sources();
        partial_writes();
        sum_to_half();
        divergent_loop();
        if_else();
        indirect_call();
        slices();
        discards();
        barriers();
        loads();
        wide_loads_and_stores();
        memory_anywhere();
        atomics();
        stall_and_repeat();
        blends();
        faults();
    }
    use_vectors("best");
}

/* The same for compiled code: some of them, compiling takes its time. */
static void random_compiled(void)
{
    static struct result plain, code;
    struct va_jit_stats stats;
    uint64_t seed = 0x7654321;
    const char *why;

    if (!va_jit_available(&why)) {
        tap_note("nothing to compare: %s", why);
        return;
    }
    for (unsigned n = 0; n < COMPILED_PROGRAMS; n++) {
        memset(&host, 0, sizeof(host));
        random_code(&seed);
        host.any = true;
        host.answer = VA_MSG_DONE;
        uint64_t s = n & 8 ? seed | 0xffff00 : seed;
        run_random(s, PLAIN, 4000, 4000, &plain);
        run_random(s, COMPILED, n & 1 ? 4000 : n % 97 + 1, 4000, &code);
        if (!TAP_CHECK_MEM(&code, &plain, sizeof(code)))
            tap_note("program %u: stop %d, expected %d; executed %u, expected %u", n, code.stop,
                     plain.stop, (unsigned)code.warp.executed, (unsigned)plain.warp.executed);
    }
    va_jit_get_stats(&stats);
    tap_note("%u compiled, %u failed", (unsigned)stats.compiled, (unsigned)stats.failed);
    TAP_CHECK_EQ(stats.failed, 0);
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
    return *seed >> 11;
}

/* Registers r0 to r7; r8: an address, which stays. */
static struct va_src any_of_eight(uint64_t *seed)
{
    struct va_src s = reg(next(seed) & 7);

    s.neg = next(seed) % 4 == 0;
    s.abs = next(seed) % 8 == 0;
    return s;
}

/* @raw: bits from elsewhere, too. */
static uint64_t random_arithmetic(uint64_t *seed, unsigned i, unsigned end, bool raw)
{
    static const enum va_op ops[] = {VA_OP_FMA_F32, VA_OP_FMA_F32, VA_OP_FADD_F32, VA_OP_FMIN_F32,
                                     VA_OP_FMAX_F32};
    unsigned kind = next(seed) % 16, dst = next(seed) & 7;
    struct va_insn in;

    switch (kind) {
    case 0:
        return addi(dst, next(seed) & 7, 0);
    case 1:
        return mov(dst, raw ? uni(next(seed) & 31) : reg(next(seed) & 7));
    case 2:
        return memory(VA_OP_STORE_I32, dst, 1, 8, 4 * (int)i, 0);
    case 3: /* forwards, over a few */
        return branch(reg(dst), next(seed) & 1, (int)(i + 4 < end ? next(seed) & 3 : 0));
    default:
        in = insn(ops[kind % 5], dst, any_of_eight(seed), any_of_eight(seed));
        in.src[2] = any_of_eight(seed);
        if (in.op != VA_OP_FMA_F32)
            in.src[2] = (struct va_src){0};
        else
            for (unsigned k = 0; k < 3; k++)
                in.src[k].abs = false;
        in.dst_mask = in.op == VA_OP_FADD_F32 && next(seed) & 1 ? 1 : 3;
        return word(in);
    }
}

/* A loop of arithmetic with infinities and NaNs, of which bits are looked at here and there. */
static void arithmetic_code(uint64_t *seed, bool raw)
{
    static const uint32_t values[] = {0,          0x3f800000, 0x7f800000, 0xff800000,
                                      0x7f7fffff, 0xff7fffff, 0x00000001, 0x7fa12345};
    unsigned n = 0, from, end;

    for (unsigned r = 0; r < 8; r++)
        host.code[n++] = movi(r, values[next(seed) % (raw ? 8 : 7)]);
    host.code[n++] = movi(10, 5);
    from = n;
    end = n + 30;
    while (n < end) {
        host.code[n] = random_arithmetic(seed, n, end, raw);
        n++;
    }
    host.code[n++] = addi(10, 10, -1u);
    host.code[n] = branch(reg(10), false, (int)from - (int)n - 1);
    n++;
    for (unsigned r = 0; r < 8; r++)
        host.code[n++] = memory(VA_OP_STORE_I32, r, 1, 8, 4 * (int)r, 0);
    host.code[n] = END(movi(10, 1));
}

/* Compiled arithmetic settles a NaN only where it is looked at (jit_loose.h): that is everywhere
 * where it can be seen. */
static void nans_compiled(void)
{
    static struct result plain, code;
    uint64_t seed = 0x1020304050607;
    unsigned nans = 0;
    const char *why;

    if (!va_jit_available(&why)) {
        tap_note("nothing to compare: %s", why);
        return;
    }
    for (unsigned n = 0; n < ARITHMETIC_PROGRAMS; n++) {
        uint64_t s = (next(&seed) | 0xffff00) & ~7ull;
        memset(&host, 0, sizeof(host));
        arithmetic_code(&seed, n % 3 == 0);
        host.any = true;
        shared = va_cache_new();
        struct va_program *held = va_program_get(shared, CODE, host_fetch, NULL);
        for (unsigned budget = 1; budget < 4000; budget = budget * 3 / 2 + 1) {
            run_random(s | (n & 1) << 1, PLAIN, 4000, budget, &plain);
            run_random(s | (n & 1) << 1, COMPILED, n % 97 + 40, budget, &code);
            for (unsigned r = 0; r < 8; r++)
                nans += (plain.warp.r[r][0] & 0x7fffffff) > 0x7f800000;
            if (!TAP_CHECK_MEM(&code, &plain, sizeof(code)))
                tap_note("program %u, %u instructions", n, budget);
        }
        va_program_put(held);
        va_cache_free(shared);
        shared = NULL;
    }
    tap_note("%u NaNs in registers", nans);
    TAP_CHECK(nans > 100);
}

/* BLEND in compiled code jumps, or calls, and is counted, as the interpreter has it. */
static void blends_compiled(void)
{
    static const enum va_message_result answers[] = {VA_MSG_TAKEN, VA_MSG_DONE, VA_MSG_UNMODELLED};
    static struct result plain, code;
    const char *why;

    if (!va_jit_available(&why)) {
        tap_note("nothing to compare: %s", why);
        return;
    }
    for (unsigned n = 0; n < 6; n++) {
        memset(&host, 0, sizeof(host));
        host.any = true;
        host.answer = answers[n % 3];
        host.code[0] = movi(0, 7);
        host.code[1] = blend(n < 3 ? VA_FLOW_NONE : VA_FLOW_END, n < 3 ? 2 : 0);
        host.code[2] = movi(1, 1);
        host.code[3] = memory(VA_OP_STORE_I32, 1, 1, 8, 0, 0);
        host.code[4] = movi(2, 3);
        host.code[5] = END(memory(VA_OP_STORE_I32, 2, 1, 8, 4, 0));
        run_random(0xffff00, PLAIN, 100, 100, &plain);
        for (unsigned slice = 1; slice < 8; slice++) {
            run_random(0xffff00, COMPILED, slice, 100, &code);
            if (!TAP_CHECK_MEM(&code, &plain, sizeof(code)))
                tap_note("answer %u, flow %u, slices of %u; executed %u, expected %u", n % 3, n / 3,
                         slice, (unsigned)code.warp.executed, (unsigned)plain.warp.executed);
        }
    }
}

/* Changes the byte at @at, as fseek() has it, of every file in @folder; returns how many there are.
 */
static unsigned damage(const char *folder, long at, int whence)
{
    char path[512];
    unsigned n = 0;
    struct dirent *e;
    DIR *d = opendir(folder);

    while (d && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        n++;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        FILE *f = fopen(path, "r+b");
        if (!TAP_CHECK(f))
            continue;
        fseek(f, at, whence);
        int c = fgetc(f);
        fseek(f, at, whence);
        fputc(c ^ 0x40, f);
        fclose(f);
    }
    if (d)
        closedir(d);
    return n;
}

/* What is on disk is found again; what is damaged is made anew. Before anything else is compiled.
 */
static void kept_on_disk(void)
{
    static struct result first, again;
    char folder[] = "/tmp/shadersXXXXXX", command[64];
    struct va_jit_stats stats;
    uint64_t seed = 0x31415926;
    const char *why;

    if (!va_jit_available(&why) || !mkdtemp(folder)) {
        tap_note("nothing to keep: %s", why);
        return;
    }
    TAP_CHECK(!va_jit_keep("/dev/null/shaders"));
    TAP_CHECK(va_jit_keep(folder));
    memset(&host, 0, sizeof(host));
    random_code(&seed);
    memset(host.code + 40, 0, 8 * 160); /* compiling takes its time */
    host.any = true;
    host.answer = VA_MSG_DONE;
    for (unsigned n = 0; n < 4; n++) {
        if (n >= 2) /* the object's last byte, then one of what the file says it is for */
            TAP_CHECK_EQ(n == 2 ? damage(folder, -1, SEEK_END) : damage(folder, 8, SEEK_SET), 2);
        run_random(seed, COMPILED, 997, 4000, n ? &again : &first);
        va_jit_get_stats(&stats);
        TAP_CHECK_EQ(stats.compiled, 2 * (n + 1));
        TAP_CHECK_EQ(stats.loaded, n ? 2 : 0);
        TAP_CHECK_EQ(stats.failed, 0);
        if (n)
            TAP_CHECK_MEM(&again, &first, sizeof(again));
    }
    snprintf(command, sizeof(command), "rm -r %s", folder);
    TAP_CHECK_EQ(system(command), 0);
}

TAP_MAIN({"cache-by-content", cache_by_content}, {"program-end", program_end}, {"sources", sources},
         {"partial-writes", partial_writes}, {"sum-to-half", sum_to_half},
         {"divergent-loop", divergent_loop}, {"if-else", if_else}, {"indirect-call", indirect_call},
         {"slices", slices}, {"discards", discards}, {"barriers", barriers}, {"loads", loads},
         {"wide-loads-and-stores", wide_loads_and_stores}, {"memory-anywhere", memory_anywhere},
         {"atomics", atomics}, {"stall-and-repeat", stall_and_repeat}, {"blends", blends},
         {"faults", faults}, {"random-programs", random_programs}, {"every-variant", every_variant},
         {"kept-on-disk", kept_on_disk}, {"random-compiled", random_compiled},
         {"nans-compiled", nans_compiled}, {"blends-compiled", blends_compiled})
