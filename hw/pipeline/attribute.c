/*
 * Attributes: LD_ATTR and LEA_ATTR find an element of a buffer by vertex and instance number
 * through an attribute descriptor; LEA_BUF_IMM an element of a structured buffer.
 *
 * What lies outside its buffer, and an empty descriptor, reads as zero; LEA_* then give an address
 * at which loads give zero and stores vanish. Vertex packets, which only IDVS makes, are not here.
 *
 * Called by messages.c. Calls core.c, messages.c, texel.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "component.h"
#include "core.h"

#define DESC_NULL        0 /* type nibbles; source: v10.xml */
#define DESC_ATTRIBUTE   5
#define DESC_BUFFER      9
#define BUFFER_STRUCTURE 3

enum { ATTRIBUTE_1D = 1, ATTRIBUTE_POT = 2, ATTRIBUTE_NPOT = 3 };

struct attribute {
    bool valid, empty;
    uint32_t handle;
    uint8_t type;     /* ATTRIBUTE_... */
    bool offset;      /* the job's attribute offset is added to the vertex */
    bool by_instance; /* not by vertex */
    uint8_t divisor_r, divisor_e;
    uint32_t divisor_d, stride, pixel_format;
    int32_t first; /* bytes */
    struct texel_format format;
    uint64_t va, size; /* of the buffer */
};

static enum va_message_result find_attribute(struct core *c, uint32_t handle, struct attribute *a)
{
    uint32_t w[8];
    uint64_t va;
    enum mali_mem_result r;

    if (a->valid && a->handle == handle)
        return VA_MSG_DONE;
    *a = (struct attribute){.handle = handle, .empty = true};
    r = core_descriptor(c, handle, w, &va);
    if (r != MALI_MEM_OK)
        return core_answer(r);
    a->valid = true;
    if ((w[0] & 15) == DESC_NULL)
        return VA_MSG_DONE;
    if ((w[0] & 15) != DESC_ATTRIBUTE) {
        a->valid = false;
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, va));
    }
    a->type = w[0] >> 4 & 15;
    a->offset = w[0] >> 8 & 1;
    a->pixel_format = w[0] >> 10;
    a->by_instance = (w[1] >> 6 & 3) == 1;
    a->divisor_r = w[1] >> 24 & 31;
    a->divisor_e = w[1] >> 29 & 1;
    a->first = (int32_t)w[2];
    a->stride = w[4];
    a->divisor_d = w[5];
    a->empty = false;
    if (a->type < ATTRIBUTE_1D || a->type > ATTRIBUTE_NPOT ||
        !texel_format(a->pixel_format, &a->format)) {
        a->valid = false;
        return VA_MSG_UNMODELLED;
    }
    return core_answer(core_buffer(c, (w[1] & 63) << 24 | (w[3] & 0xffffff), &a->va, &a->size));
}

/* Division by multiplying: 2^31 + D is the rounded reciprocal, E says which way it was rounded. */
static uint32_t element(const struct core *c, const struct attribute *a, uint32_t vertex,
                        uint32_t instance)
{
    uint32_t n = a->by_instance ? instance : vertex;
    uint32_t base = a->by_instance ? c->base_instance : 0; /* not divided, as the APIs say */

    if (a->offset && !a->by_instance)
        n += c->attribute_offset;
    switch (a->type) {
    case ATTRIBUTE_POT:
        return base + (n >> a->divisor_r);
    case ATTRIBUTE_NPOT: {
        uint64_t product = (uint64_t)(a->divisor_d | 1u << 31) * ((uint64_t)n + a->divisor_e);
        return base + (uint32_t)(product >> 32 >> a->divisor_r);
    }
    default:
        return base + n;
    }
}

/* 0: outside. */
static uint64_t element_va(const struct core *c, const struct attribute *a, uint32_t vertex,
                           uint32_t instance)
{
    int64_t at = a->first + (int64_t)a->stride * element(c, a, vertex, instance);

    if (a->empty || at < 0 || a->size < a->format.bytes || (uint64_t)at > a->size - a->format.bytes)
        return 0;
    return a->va + (uint64_t)at;
}

enum va_message_result attribute_fetch(struct core *c, uint32_t handle, uint32_t vertex,
                                       uint32_t out[4], bool *is_integer)
{
    struct attribute a = {0};
    uint8_t bytes[TEXEL_BYTES];
    enum va_message_result r = find_attribute(c, handle, &a);
    uint64_t va;

    memset(out, 0, 4 * sizeof(out[0]));
    *is_integer = false;
    if (r != VA_MSG_DONE || a.empty)
        return r;
    *is_integer = texel_is_integer(&a.format);
    va = element_va(c, &a, vertex, 0);
    r = va ? core_answer(core_read(c, va, bytes, a.format.bytes)) : VA_MSG_DONE;
    if (va && r == VA_MSG_DONE)
        texel_load(&a.format, bytes, out);
    return r;
}

static uint32_t lane_handle(const struct va_insn *in, const struct va_val *src, unsigned lane)
{
    switch (in->op) {
    case VA_OP_LD_ATTR_IMM:
        return core_handle((unsigned)in->imm[1], (unsigned)in->imm[0]);
    case VA_OP_LEA_ATTR_IMM:
        return core_handle((unsigned)in->imm[0], (unsigned)in->imm[1]);
    default:
        return src[2].w[0][lane];
    }
}

static enum va_message_result ld_attr(struct core *c, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes)
{
    unsigned regfmt = in->mod[VA_M_REGFMT], n = in->mod[VA_M_VECSIZE] + 1u;
    bool half = component_is_half(regfmt);
    uint32_t v[VA_LANES][4] = {{0}};
    struct texel_format format[VA_LANES];
    struct attribute a = {0};
    enum va_message_result r = VA_MSG_DONE;

    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        uint8_t bytes[TEXEL_BYTES];
        if (!(lanes >> i & 1))
            continue;
        r = find_attribute(c, lane_handle(in, src, i), &a);
        if (r != VA_MSG_DONE)
            break;
        format[i] = a.format;
        uint64_t va = element_va(c, &a, src[0].w[0][i], src[1].w[0][i]);
        if (!va)
            continue;
        r = core_answer(core_read(c, va, bytes, a.format.bytes));
        if (r == VA_MSG_DONE) {
            texel_load(&a.format, bytes, v[i]);
            core_lane_touched(c, w, in, i, va, a.format.bytes, VA_READ);
        }
    }
    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < n; k++)
            component_put(w, &in->sr[0], i, k, component_to_register(&format[i], v[i][k], regfmt),
                          half);
    return r;
}

static void put_words(struct va_warp *w, const struct va_insn *in, uint16_t lanes,
                      const uint32_t v[VA_LANES][3], unsigned n)
{
    for (unsigned i = 0; i < VA_LANES; i++)
        for (unsigned k = 0; (lanes >> i & 1) && k < n; k++)
            component_put(w, &in->sr[0], i, k, v[i][k], false);
}

static enum va_message_result lea_attr(struct core *c, struct va_warp *w, const struct va_insn *in,
                                       const struct va_val *src, uint16_t lanes)
{
    uint32_t v[VA_LANES][3] = {{0}};
    struct attribute a = {0};
    enum va_message_result r = VA_MSG_DONE;

    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        if (!(lanes >> i & 1))
            continue;
        r = find_attribute(c, lane_handle(in, src, i), &a);
        if (r != VA_MSG_DONE)
            break;
        uint64_t va = element_va(c, &a, src[0].w[0][i], src[1].w[0][i]);
        va = va ? va : CORE_NULL_WINDOW;
        v[i][0] = (uint32_t)va;
        v[i][1] = va >> 32;
        v[i][2] = COMPONENT_CONVERSION | a.pixel_format;
    }
    if (r == VA_MSG_DONE)
        put_words(w, in, lanes, v, 3);
    return r;
}

/* Source 0: the element's number. */
static enum va_message_result lea_buf_imm(struct core *c, struct va_warp *w,
                                          const struct va_insn *in, const struct va_val *src,
                                          uint16_t lanes)
{
    uint32_t handle = core_handle((unsigned)in->imm[0], (unsigned)in->imm[1]), d[8],
             v[VA_LANES][3] = {{0}};
    uint64_t at, va;
    enum mali_mem_result r;

    if (handle >> 24 == CORE_TABLE_IDVS_OUTPUT)
        return VA_MSG_UNMODELLED;
    r = core_descriptor(c, handle, d, &at);
    if (r != MALI_MEM_OK)
        return core_answer(r);
    if ((d[0] & 15) != DESC_NULL && (d[0] & 15) != DESC_BUFFER)
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, at));
    if ((d[0] & 15) == DESC_BUFFER && (d[0] >> 4 & 15) != BUFFER_STRUCTURE)
        return VA_MSG_UNMODELLED;
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint64_t offset = (uint64_t)d[4] * src[0].w[0][i];
        va = offset < d[1] ? (d[2] | (uint64_t)d[3] << 32) + offset : CORE_NULL_WINDOW;
        v[i][0] = (uint32_t)va;
        v[i][1] = va >> 32;
    }
    put_words(w, in, lanes, v, 2);
    return VA_MSG_DONE;
}

enum va_message_result attribute_message(struct core *c, struct va_warp *w,
                                         const struct va_insn *in, const struct va_val *src,
                                         uint16_t lanes)
{
    switch (in->op) {
    case VA_OP_LD_ATTR_IMM:
    case VA_OP_LD_ATTR:
        return ld_attr(c, w, in, src, lanes);
    case VA_OP_LEA_BUF_IMM:
        return lea_buf_imm(c, w, in, src, lanes);
    default:
        return lea_attr(c, w, in, src, lanes);
    }
}
