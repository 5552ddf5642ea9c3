/*
 * Messages that go through resource tables: buffers here, images in image.c. A
 * handle names a table (bits 31:24) and an index in it (23:0). What lies outside a
 * table, behind its end or in an empty slot reads as zero and swallows stores, as does what lies
 * outside a buffer; a slot that holds something else is a fault.
 *
 * Called by the interpreter. Calls core.c, image.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "gfx_lanes.h"
#include "pipeline_internal.h"
#include "tex_message.h"

#define DESC_NULL    0 /* type nibbles; source: v10.xml */
#define DESC_BUFFER  9
#define TABLE_TABLES 62 /* the tables' own bytes as buffers */

struct buffer {
    uint64_t va, size;
};

/* A resource table. Beyond the last one: empty. */
static enum mali_mem_result find_table(struct core *c, unsigned n, struct buffer *t, bool *descs)
{
    uint32_t w[4];
    enum mali_mem_result r;

    *t = (struct buffer){0};
    *descs = true;
    if (n >= c->tables)
        return MALI_MEM_OK;
    r = core_read(c, c->srt + 16 * n, w, sizeof(w));
    if (r != MALI_MEM_OK)
        return r;
    t->va = w[0] | (uint64_t)(w[1] & 0xffffff) << 32;
    t->size = w[2] | (uint64_t)w[3] << 32;
    *descs = w[1] >> 24 & 1;
    return MALI_MEM_OK;
}

enum mali_mem_result core_descriptor(struct core *c, uint32_t handle, uint32_t w[8], uint64_t *va)
{
    uint64_t at = 32ull * (handle & 0xffffff);
    struct buffer t;
    bool descs;
    enum mali_mem_result r = find_table(c, handle >> 24, &t, &descs);

    memset(w, 0, 32);
    *va = t.va + at;
    if (r != MALI_MEM_OK || !descs || t.size < 32 || at > t.size - 32)
        return r;
    return core_read(c, *va, w, 32);
}

static enum mali_mem_result read_buffer(struct core *c, uint32_t handle, struct buffer *b)
{
    uint32_t w[8];
    uint64_t va;
    bool descs;
    enum mali_mem_result r;

    if (handle >> 24 == TABLE_TABLES)
        return find_table(c, handle & 0xff, b, &descs);
    r = find_table(c, handle >> 24, b, &descs);
    if (r != MALI_MEM_OK || !descs) /* a table without descriptors is a buffer itself */
        return r;
    r = core_descriptor(c, handle, w, &va);
    *b = (struct buffer){0};
    if (r != MALI_MEM_OK || (w[0] & 15) == DESC_NULL)
        return r;
    if ((w[0] & 15) != DESC_BUFFER)
        return core_fault(c, MALI_DATA_INVALID_FAULT, va);
    b->size = w[1];
    b->va = w[2] | (uint64_t)w[3] << 32;
    return MALI_MEM_OK;
}

/*
 * Descriptors that were read in this slice are kept: shaders name few buffers, again and again. As
 * on hardware, a job that rewrites its own descriptors may see the old ones.
 */
static enum mali_mem_result find_buffer(struct core *c, uint32_t handle, struct buffer *b)
{
    struct va_buffer *k = &c->seen[va_buffer_slot(handle)];
    enum mali_mem_result r;

    if (k->epoch == c->pipeline->slices && k->handle == handle) {
        *b = (struct buffer){k->va, k->size};
        return MALI_MEM_OK;
    }
    r = read_buffer(c, handle, b);
    if (r == MALI_MEM_OK)
        *k = (struct va_buffer){c->pipeline->slices, b->va, b->size, handle};
    return r;
}

enum mali_mem_result core_buffer(struct core *c, uint32_t handle, uint64_t *va, uint64_t *size)
{
    struct buffer b = {0};
    enum mali_mem_result r = find_buffer(c, handle, &b);

    *va = b.va;
    *size = b.size;
    return r;
}

/* Neighbouring lanes mostly name the same buffer. */
struct last_buffer {
    bool valid;
    uint32_t handle;
    struct buffer b;
};

static enum mali_mem_result lane_buffer(struct core *c, struct last_buffer *last, uint32_t handle)
{
    enum mali_mem_result r;

    if (last->valid && last->handle == handle)
        return MALI_MEM_OK;
    r = find_buffer(c, handle, &last->b);
    last->handle = handle;
    last->valid = r == MALI_MEM_OK;
    return r;
}

enum va_message_result core_answer(enum mali_mem_result r)
{
    return r == MALI_MEM_OK ? VA_MSG_DONE : r == MALI_MEM_STALL ? VA_MSG_STALL : VA_MSG_FAULT;
}

/* Whether source @i has one value in all lanes, which a constant has by itself. */
static bool source_alike(const struct va_insn *in, const struct va_val *src, unsigned i,
                         uint16_t lanes)
{
    return lanes && (in->src[i].kind == VA_SRC_CONST || in->src[i].kind == VA_SRC_UNIFORM ||
                     va_alike(&src[i].w[0], lanes));
}

/* LD_BUFFER, lane by lane. Registers are written when all lanes have their value. */
static __attribute__((noinline)) enum va_message_result
ld_buffer_lanes(struct core *c, struct va_warp *w, const struct va_insn *in, unsigned size,
                const struct va_val *src, uint16_t lanes)
{
    uint64_t v[VA_LANES][2] = {{0}};
    struct last_buffer last = {0};
    enum mali_mem_result r = MALI_MEM_OK;

    for (unsigned i = 0; i < VA_LANES && r == MALI_MEM_OK; i++) {
        uint32_t offset = src[0].w[0][i];
        if (!(lanes >> i & 1))
            continue;
        r = lane_buffer(c, &last, src[1].w[0][i]);
        if (r == MALI_MEM_OK && last.b.size >= size && offset <= last.b.size - size) {
            r = core_read(c, last.b.va + offset, v[i], size);
            if (r == MALI_MEM_OK)
                core_lane_touched(c, w, in, i, last.b.va + offset, size, VA_READ);
        }
    }
    for (unsigned i = 0; i < VA_LANES && r == MALI_MEM_OK; i++)
        if (lanes >> i & 1)
            va_put_loaded(w, in, size, i, v[i]);
    return core_answer(r);
}

/* Source 0: byte offset, 1: handle. */
static enum va_message_result ld_buffer(struct core *c, struct va_warp *w, const struct va_insn *in,
                                        const struct va_val *src, uint16_t lanes)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 6, 8, 12, 16};
    unsigned size = bytes[in->op - VA_OP_LD_BUFFER_I8];
    enum va_message_result done;

    if (!core_watched(c) && source_alike(in, src, 1, lanes)) {
        struct last_buffer last = {0};
        if (lane_buffer(c, &last, src[1].w[0][__builtin_ctz(lanes)]) == MALI_MEM_OK &&
            va_load_together(w, &c->host, in, size, last.b.va, last.b.size, &src[0].w[0], lanes,
                             &done))
            return done;
    }
    return ld_buffer_lanes(c, w, in, size, src, lanes);
}

/* LEA_BUFFER of one buffer whose end has an address of 32 bits, as offsets have. */
static void lea_together(struct va_warp *w, const struct va_insn *in, const struct buffer *b,
                         const va_v16u *offset, uint16_t lanes)
{
    const va_quarter *off = (const va_quarter *)offset;
    va_quarter base = va_spread((uint32_t)b->va), size = va_spread((uint32_t)b->size);
    va_v16u mask;

    va_lane_mask(&mask, lanes);
    for (unsigned q = 0; q < VA_QUARTERS; q++) {
        va_quarter lo = off[q] + base, hi = va_spread((uint32_t)(b->va >> 32));
        va_quarter inside = (va_quarter)(off[q] < size), m = ((const va_quarter *)&mask)[q];

        hi -= (va_quarter)(lo < off[q]); /* a true comparison is -1: the carry */
        lo = (lo & inside) | (((uint32_t)CORE_NULL_WINDOW + (off[q] & 0xfff)) & ~inside);
        hi = (hi & inside) | ((uint32_t)(CORE_NULL_WINDOW >> 32) & ~inside);
        for (unsigned k = 0; k < 2 && k < in->sr[0].count; k++) {
            va_quarter *r = (va_quarter *)&w->r[in->sr[0].reg + k] + q;
            *r = ((k ? hi : lo) & m) | (*r & ~m);
        }
    }
}

static enum va_message_result lea_buffer(struct core *c, struct va_warp *w,
                                         const struct va_insn *in, const struct va_val *src,
                                         uint16_t lanes)
{
    uint64_t va[VA_LANES];
    struct last_buffer last = {0};
    enum mali_mem_result r = MALI_MEM_OK;

    if (source_alike(in, src, 1, lanes)) {
        r = lane_buffer(c, &last, src[1].w[0][__builtin_ctz(lanes)]);
        if (r == MALI_MEM_OK && last.b.size <= UINT32_MAX) {
            lea_together(w, in, &last.b, &src[0].w[0], lanes);
            return VA_MSG_DONE;
        }
    }
    for (unsigned i = 0; i < VA_LANES && r == MALI_MEM_OK; i++) {
        uint32_t offset = src[0].w[0][i];
        if (!(lanes >> i & 1))
            continue;
        r = lane_buffer(c, &last, src[1].w[0][i]);
        va[i] = offset < last.b.size ? last.b.va + offset : CORE_NULL_WINDOW + (offset & 0xfff);
    }
    for (unsigned i = 0; i < VA_LANES && r == MALI_MEM_OK; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < 2 && k < in->sr[0].count; k++)
            w->r[in->sr[0].reg + k][i] = va[i] >> 32 * k;
    return core_answer(r);
}

enum va_message_result core_message(void *ctx, struct va_warp *w, const struct va_insn *in,
                                    const struct va_val *src, uint16_t lanes)
{
    struct core *c = ctx;

    if (in->op >= VA_OP_LD_BUFFER_I8 && in->op <= VA_OP_LD_BUFFER_I128)
        return ld_buffer(c, w, in, src, lanes);
    switch (in->op) {
    case VA_OP_LEA_BUFFER:
        return lea_buffer(c, w, in, src, lanes);
    case VA_OP_LD_ATTR_IMM:
    case VA_OP_LD_ATTR:
    case VA_OP_LEA_ATTR_IMM:
    case VA_OP_LEA_ATTR:
        return attribute_message(c, w, in, src, lanes);
    case VA_OP_LEA_BUF_IMM: /* in vertex shaders: their own outputs */
        if (c->window && core_handle((unsigned)in->imm[0], 0) >> 24 == CORE_TABLE_IDVS_OUTPUT)
            return gfx_lea_buf(c, w, in, src, lanes);
        return attribute_message(c, w, in, src, lanes);
    case VA_OP_LD_TEX_IMM:
    case VA_OP_LD_TEX:
    case VA_OP_LEA_TEX_IMM:
    case VA_OP_LEA_TEX:
    case VA_OP_LD_CVT:
    case VA_OP_ST_CVT:
        return image_message(c, w, in, src, lanes);
    case VA_OP_TEX_FETCH:
    case VA_OP_TEX_SINGLE:
    case VA_OP_TEX_GATHER:
    case VA_OP_TEX_GRADIENT:
        return tex_message(c, w, in, src, lanes);
    default:
        return c->fragment ? c->pipeline->lanes->message(c, w, in, src, lanes) : VA_MSG_UNMODELLED;
    }
}
