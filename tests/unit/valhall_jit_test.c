/*
 * Compiled messages of memory against the interpreter's: programs of one LOAD, STORE, ATOM,
 * LD_BUFFER or LEA_BUFFER, at addresses of every kind that compiled code treats apart, for whole
 * warps and parts of them. Registers, memory, how it stopped and where must be the same bits.
 *
 * Built twice: for the host's best vectors, and by valhall_jit_avx2_test.c for AVX2.
 *
 * Memory is 64 KiB that repeats through all addresses, but for holes; what is mapped reaches to the
 * end of a page, or, in half of the runs, to the next hole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/valhall/exec.h"
#include "va_asm.h"

#include <stdlib.h>

#ifndef VECTORS
#define VECTORS NULL /* the host's best */
#endif
#define CODE   0x500000000ull
#define SIZE   0x10000u
#define PAGE   0x1000u
#define TRIALS 400 /* of a program */

static struct {
    uint64_t code[2];
    uint8_t data[SIZE];
    bool far; /* mappings reach over page ends */
    uint64_t epoch;
    struct va_buffer seen[VA_BUFFERS];
} host;

static uint64_t random64(uint64_t *s)
{
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

static unsigned host_fetch(void *ctx, uint64_t va, uint64_t *words, unsigned n)
{
    uint64_t i = (va - CODE) / 8;

    for (unsigned k = 0; k < n; k++)
        if (i + k < 2)
            words[k] = host.code[i + k];
        else
            return k;
    return n;
}

/* The last of each 16 pages is a hole. */
static void *host_map(void *ctx, uint64_t va, enum va_access access, uint64_t *avail,
                      enum va_message_result *result)
{
    uint64_t at = va % SIZE;

    if (at >= SIZE - PAGE) {
        *result = VA_MSG_FAULT;
        return NULL;
    }
    *avail = host.far ? SIZE - PAGE - at : PAGE - at % PAGE;
    return host.data + at;
}

static const struct va_buffer buffers[] = {
    {.va = 0xffffff00, .size = 0x4000},      /* over the end of 4 GiB */
    {.va = 0x123450ff4, .size = 64},         /* over the end of a page */
    {.va = 0x10003, .size = 3},              /* smaller than most loads, not aligned */
    {.va = 0x40000, .size = 0x1ffffffffull}, /* LEA_BUFFER's ends do not fit 32 bits */
    {.va = 0x30000, .size = 0xffffffff},     /* with holes */
};
#define NR_BUFFERS (sizeof(buffers) / sizeof(buffers[0]))

/* What is no number of a buffer is an empty one. */
static struct va_buffer find(uint32_t handle)
{
    struct va_buffer b = {0};

    if (handle < NR_BUFFERS)
        b = buffers[handle];
    b.epoch = host.epoch;
    b.handle = handle;
    host.seen[va_buffer_slot(handle)] = b;
    return b;
}

static enum va_message_result load_lane(const struct va_buffer *b, uint32_t off, unsigned size,
                                        uint64_t v[2])
{
    enum va_message_result r = VA_MSG_DONE;
    uint64_t avail;

    v[0] = v[1] = 0;
    for (unsigned k = 0; k < size && b->size >= size && off <= b->size - size; k++) {
        const uint8_t *p = host_map(NULL, b->va + off + k, VA_READ, &avail, &r);
        if (!p)
            return r;
        ((uint8_t *)v)[k] = *p;
    }
    return VA_MSG_DONE;
}

static enum va_message_result host_message(void *ctx, struct va_warp *w, const struct va_insn *in,
                                           const struct va_val *src, uint16_t lanes)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 6, 8, 12, 16};
    unsigned size = in->op == VA_OP_LEA_BUFFER ? 0 : bytes[in->op - VA_OP_LD_BUFFER_I8];
    uint64_t v[VA_LANES][2];

    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t off = src[0].w[0][i];
        if (!(lanes >> i & 1))
            continue;
        struct va_buffer b = find(src[1].w[0][i]);
        v[i][0] = off < b.size ? b.va + off : VA_NOWHERE + (off & 0xfff);
        enum va_message_result r = size ? load_lane(&b, off, size, v[i]) : VA_MSG_DONE;
        if (r != VA_MSG_DONE)
            return r;
    }
    for (unsigned i = 0; i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        if (size)
            va_put_loaded(w, in, size, i, v[i]);
        for (unsigned k = 0; !size && k < in->sr[0].count && k < 2; k++)
            w->r[in->sr[0].reg + k][i] = v[i][0] >> 32 * k;
    }
    return VA_MSG_DONE;
}

static const struct va_host ops = {.map = host_map,
                                   .message = host_message,
                                   .fetch = host_fetch,
                                   .epoch = &host.epoch,
                                   .buffers = host.seen};
static const struct va_host forgetful = {
    .map = host_map, .message = host_message, .fetch = host_fetch};

/* --- addresses ----------------------------------------------------------------------------- */

/* How far lane @i is from the first one. */
static uint64_t distance(unsigned kind, unsigned size, unsigned i, uint64_t random)
{
    switch (kind) {
    case 0:
        return 0;
    case 1: /* a row */
        return i * size;
    case 2: /* two rows */
        return (i >> 3) * 0x80 + (i & 7) * size;
    case 3: /* a row, the last lane first */
        return (15 - i) * size;
    case 4: /* anywhere in 64 bytes, in whole words or not */
        return random % 64 / 4 * 4;
    case 5:
        return random % 64;
    case 6: /* in some pages */
        return random % (3 * PAGE);
    case 7: /* as private arrays lie */
        return i * 0x400;
    default: /* over 4 GiB */
        return (random & 1) << 32 | (random >> 1 & 7);
    }
}

/* Where the first one is. */
static uint64_t start(unsigned kind, uint64_t random)
{
    switch (kind) {
    case 0: /* at the end of a page */
        return 0x20ff0 + random % 16;
    case 1: /* at the end of 4 GiB */
        return 0xffffffc0ull + random % 128;
    case 2: /* before a hole */
        return 0x7efc0 + random % 80;
    default:
        return random % 0x700000000ull / 4 * 4;
    }
}

static void set_registers(struct va_warp *w, uint64_t *seed, bool buffer, unsigned size)
{
    unsigned kind = (unsigned)(random64(seed) >> 20) % 9, from = (unsigned)(*seed >> 40) & 3;
    uint64_t base = start(from, random64(seed) >> 8);
    uint32_t handle = (uint32_t)(random64(seed) >> 9) % (NR_BUFFERS + 1);
    bool many = (*seed >> 33 & 7) == 0; /* buffers */

    for (unsigned r = 0; r < 16; r++)
        for (unsigned i = 0; i < VA_LANES; i++)
            w->r[r][i] = (uint32_t)(random64(seed) >> 16);
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint64_t va = base + distance(kind, size, i, random64(seed) >> 8);
        if (buffer && (from & 1)) /* most buffers are small */
            va = (uint32_t)(va % 128);
        w->r[2][i] = (uint32_t)va;
        w->r[3][i] = va >> 32;
        w->r[4][i] = many ? (uint32_t)(random64(seed) >> 9) % NR_BUFFERS : handle;
    }
}

/* --- one program, many addresses ---------------------------------------------------------------
 */

struct outcome {
    va_v16u r[64];
    uint8_t data[SIZE];
    enum va_stop stop;
    uint64_t pc[VA_LANES], executed, counts;
    uint16_t alive;
    struct va_fault fault;
};

struct engine {
    struct va_cache *cache;
    struct va_shader shader;
    uint64_t counts[VA_OPS];
};

static void engine_open(struct engine *e, enum va_jit_mode mode, const struct va_host *h)
{
    memset(e, 0, sizeof(*e));
    e->cache = va_cache_new();
    va_cache_jit(e->cache, mode);
    e->shader = (struct va_shader){.program = va_program_get(e->cache, CODE, host_fetch, NULL),
                                   .base = CODE,
                                   .cache = e->cache,
                                   .host = h,
                                   .counts = e->counts};
    TAP_CHECK(e->shader.program != NULL);
    va_bind(&e->shader);
}

static void engine_close(struct engine *e)
{
    va_count(&e->shader);
    va_unbind(&e->shader);
    va_program_put(e->shader.program);
    va_cache_free(e->cache);
}

static void run_once(struct engine *e, uint64_t seed, bool buffer, unsigned size, struct outcome *o)
{
    struct va_warp w;
    uint16_t lanes = random64(&seed) >> 30 & 1 ? 0xffff : (uint16_t)(seed >> 8) | 1u << (seed & 15);

    memset(o, 0, sizeof(*o));
    for (unsigned i = 0; i < SIZE; i++)
        host.data[i] = (uint8_t)(i * 7 + (i >> 8));
    host.far = seed >> 31 & 1;
    va_warp_init(&w, &e->shader, lanes);
    if ((seed >> 35 & 3) == 0)
        w.helper = lanes & (uint16_t)(seed >> 12);
    set_registers(&w, &seed, buffer, size);
    o->stop = va_run(&w, &e->shader, 100);
    memcpy(o->r, w.r, sizeof(o->r));
    memcpy(o->data, host.data, SIZE);
    memcpy(o->pc, w.pc, sizeof(o->pc));
    o->executed = w.executed;
    o->alive = w.alive;
    o->fault.kind = w.fault.kind;
    o->fault.pc = w.fault.kind ? w.fault.pc : 0;
    va_warp_fini(&w);
}

static bool compare(struct engine e[2], uint64_t seed, bool buffer, unsigned size)
{
    static struct outcome o[2];

    for (unsigned k = 0; k < 2; k++)
        run_once(&e[k], seed, buffer, size, &o[k]);
    return TAP_CHECK_EQ(o[1].stop, o[0].stop) & TAP_CHECK_EQ(o[1].alive, o[0].alive) &
           TAP_CHECK_EQ(o[1].executed, o[0].executed) &
           TAP_CHECK_EQ(o[1].fault.kind, o[0].fault.kind) &
           TAP_CHECK_EQ(o[1].fault.pc, o[0].fault.pc) &
           TAP_CHECK_MEM(o[1].r, o[0].r, sizeof(o[0].r)) &
           TAP_CHECK_MEM(o[1].pc, o[0].pc, sizeof(o[0].pc)) &
           TAP_CHECK_MEM(o[1].data, o[0].data, SIZE);
}

static void both(struct va_insn in, bool buffer, unsigned size)
{
    static uint64_t seed = 0x1234567;
    struct engine e[2]; /* interpreted, compiled */
    char text[160];

    host.code[0] = word(in);
    host.code[1] = END(NOP());
    for (unsigned keep = 0; keep < 2; keep++) {
        engine_open(&e[0], VA_JIT_OFF, keep ? &ops : &forgetful);
        engine_open(&e[1], VA_JIT_NOW, keep ? &ops : &forgetful);
        for (unsigned n = 0; n < TRIALS; n++) {
            host.epoch += (random64(&seed) >> 20 & 15) == 0;
            if (!compare(e, random64(&seed), buffer, size)) {
                va_disasm(&in, text, sizeof(text));
                tap_note("%s, trial %u, seed 0x%llx", text, n, (unsigned long long)seed);
                break;
            }
        }
        engine_close(&e[0]);
        engine_close(&e[1]);
        TAP_CHECK_MEM(e[1].counts, e[0].counts, sizeof(e[0].counts));
    }
}

/* Code is compiled for the vectors of the process's first program. */
static bool available(void)
{
    const char *why, *vectors = VECTORS;

    if ((!vectors || va_vectors_choose(vectors, &why)) && va_jit_available(&why))
        return true;
    tap_skip(why);
    return false;
}

/* --- programs -------------------------------------------------------------------------------- */

static const uint8_t sizes[8] = {1, 2, 3, 4, 6, 8, 12, 16};

static struct va_insn access_insn(enum va_op op, unsigned count, int offset, unsigned flags)
{
    struct va_insn in = insn(op, 0, reg(2), reg(0));

    in.sr[0] = (struct va_staging){.reg = 8, .count = (uint8_t)count, .flags = (uint8_t)flags};
    in.imm[0] = offset;
    return in;
}

/* Values of VA_M_LOAD_LANE for a load of sizes[@k], as a bit each. */
static unsigned lanes_of(unsigned k)
{
    unsigned found = 0;

    for (unsigned lane = 0; lane < 8; lane++) {
        struct va_insn in = access_insn((enum va_op)(VA_OP_LOAD_I8 + k), 2, 0, 2), back;
        uint64_t w;
        in.mod[VA_M_LOAD_LANE] = (uint8_t)lane;
        if (va_encode(&in, &w) == VA_OK && va_decode(w, &back) == VA_OK)
            found |= 1u << lane;
    }
    return found;
}

static unsigned words_of(unsigned k, unsigned wide)
{
    return (sizes[k] + 3u) / 4 + (wide && sizes[k] <= 4);
}

static void loads(void)
{
    if (!available())
        return;
    for (unsigned k = 0; k < 8; k++)
        for (unsigned lane = 0; lane < 8; lane++) {
            struct va_insn in = access_insn((enum va_op)(VA_OP_LOAD_I8 + k), words_of(k, lane & 1),
                                            (int)(lane & 3) * 0x41 - 0x41, 2);
            in.mod[VA_M_LOAD_LANE] = (uint8_t)lane;
            in.mod[VA_M_UNSIGNED] = lane >> 1 & 1;
            if (lanes_of(k) >> lane & 1)
                both(in, false, sizes[k]);
        }
}

static void stores(void)
{
    if (!available())
        return;
    for (unsigned k = 0; k < 8; k++)
        for (unsigned force = 0; force < 2; force++) {
            struct va_insn in =
                access_insn((enum va_op)(VA_OP_STORE_I8 + k), words_of(k, 0), force ? -16 : 0, 1);
            in.mod[VA_M_ACCESS] = force ? VA_ACCESS_FORCE : 0;
            both(in, false, sizes[k]);
        }
}

static void buffer_loads(void)
{
    if (!available())
        return;
    for (unsigned k = 0; k < 8; k++)
        for (unsigned lane = 0; lane < 8; lane++) {
            struct va_insn in =
                access_insn((enum va_op)(VA_OP_LD_BUFFER_I8 + k), words_of(k, lane & 1), 0, 2);
            in.src[1] = lane & 1 ? uni(0) : reg(4);
            in.mod[VA_M_LOAD_LANE] = (uint8_t)lane;
            in.mod[VA_M_UNSIGNED] = lane >> 1 & 1;
            if (lanes_of(k) >> lane & 1)
                both(in, true, sizes[k]);
        }
}

static void buffer_addresses(void)
{
    if (!available())
        return;
    for (unsigned count = 1; count <= 2; count++) {
        struct va_insn in = access_insn(VA_OP_LEA_BUFFER, count, 0, 2);
        in.src[1] = reg(4);
        both(in, true, 1);
    }
}

static void atomics(void)
{
    if (!available())
        return;
    for (unsigned op = VA_ATOM1_AINC; op <= VA_ATOM1_ADEC; op++) {
        struct va_insn in = access_insn(VA_OP_ATOM1_RETURN_I32, 1, 0, 2);
        in.mod[VA_M_ATOM1] = (uint8_t)op;
        both(in, false, 4);
    }
}

TAP_MAIN({"loads", loads}, {"stores", stores}, {"buffer-loads", buffer_loads},
         {"buffer-addresses", buffer_addresses}, {"atomics", atomics})
