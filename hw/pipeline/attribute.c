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
#include "pipeline_internal.h"

#define DESC_NULL        0 /* type nibbles; source: v10.xml */
#define DESC_ATTRIBUTE   5
#define DESC_BUFFER      9
#define BUFFER_STRUCTURE 3

#define FAR (1ull << 40) /* bytes from an attribute's first element: beyond any buffer */

enum { ATTRIBUTE_1D = 1, ATTRIBUTE_POT = 2, ATTRIBUTE_NPOT = 3 };

/* Channels of 32 bits that nothing changes and that stay where they are; 0: others. */
static uint8_t plain_words(const struct attribute_seen *a)
{
    enum {
        FIRST_REGULAR = 96
    }; /* by the formula of texel.c; others are decoded in ways of their own */
    const struct texel_format *f = &a->format;

    if ((a->pixel_format >> 12 & 0xff) < FIRST_REGULAR || f->shift || f->bytes != 4 * f->channels)
        return 0;
    for (unsigned i = 0; i < f->channels; i++)
        if (f->bits[i] != 32 || f->from[i] != i)
            return 0;
    for (unsigned i = f->channels; i < 4; i++)
        if (f->from[i] != TEXEL_ZERO && f->from[i] != TEXEL_ONE)
            return 0;
    return texel_is_integer(f) || f->type == TEXEL_FLOAT ? f->channels : 0;
}

static enum va_message_result read_attribute(struct core *c, uint32_t handle,
                                             struct attribute_seen *a)
{
    uint32_t w[8];
    uint64_t va;
    enum mali_mem_result r = core_descriptor(c, handle, w, &va);

    *a = (struct attribute_seen){.handle = handle, .empty = true};
    if (r != MALI_MEM_OK || (w[0] & 15) == DESC_NULL)
        return core_answer(r);
    if ((w[0] & 15) != DESC_ATTRIBUTE)
        return core_answer(core_fault(c, MALI_DATA_INVALID_FAULT, va));
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
        !texel_format(a->pixel_format, &a->format))
        return VA_MSG_UNMODELLED;
    a->words = plain_words(a);
    a->integer = texel_is_integer(&a->format);
    return core_answer(core_buffer(c, (w[1] & 63) << 24 | (w[3] & 0xffffff), &a->va, &a->size));
}

/* *@out: in a slice, each is read once, unless others of the same place come between. */
static enum va_message_result find_attribute(struct core *c, uint32_t handle,
                                             const struct attribute_seen **out)
{
    struct attribute_seen *a = &c->attributes[(handle ^ handle >> 24) % CORE_ATTRIBUTES];
    enum va_message_result r;

    *out = a;
    if (a->slice == c->pipeline->slices && a->handle == handle)
        return VA_MSG_DONE;
    r = read_attribute(c, handle, a);
    if (r == VA_MSG_DONE)
        a->slice = c->pipeline->slices;
    return r;
}

/* Division by multiplying: 2^31 + D is the rounded reciprocal, E says which way it was rounded. */
static uint32_t element(const struct core *c, const struct attribute_seen *a, uint32_t vertex,
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
static uint64_t element_va(const struct core *c, const struct attribute_seen *a, uint32_t vertex,
                           uint32_t instance)
{
    uint64_t off = (uint64_t)a->stride * element(c, a, vertex, instance);
    int64_t at = off < FAR ? a->first + (int64_t)off : -1;

    if (a->empty || at < 0 || a->size < a->format.bytes || (uint64_t)at > a->size - a->format.bytes)
        return 0;
    return a->va + (uint64_t)at;
}

enum va_message_result attribute_fetch(struct core *c, uint32_t handle, uint32_t vertex,
                                       uint32_t out[4], bool *is_integer)
{
    const struct attribute_seen *a;
    uint8_t bytes[TEXEL_BYTES];
    enum va_message_result r = find_attribute(c, handle, &a);
    uint64_t va;

    memset(out, 0, 4 * sizeof(out[0]));
    *is_integer = false;
    if (r != VA_MSG_DONE || a->empty)
        return r;
    *is_integer = texel_is_integer(&a->format);
    va = element_va(c, a, vertex, 0);
    r = va ? core_answer(core_read(c, va, bytes, a->format.bytes)) : VA_MSG_DONE;
    if (va && r == VA_MSG_DONE)
        texel_load(&a->format, bytes, out);
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

/* Memory that is mapped, from @va on. */
struct window {
    uint64_t va, len;
    const uint8_t *p;
};

/* @size bytes at @va; @spare: where they are put when they lie in two pages. */
static enum va_message_result element_at(struct core *c, struct window *win, uint64_t va,
                                         unsigned size, uint8_t *spare, const uint8_t **p)
{
    enum va_message_result r = VA_MSG_FAULT;

    *p = spare;
    if (va - win->va >= win->len || win->len - (va - win->va) < size) {
        *win = (struct window){.va = va};
        win->p = c->host.map(c->host.ctx, va, VA_READ, &win->len, &r);
        if (!win->p) {
            win->len = 0;
            return r;
        }
        if (win->len < size)
            return core_answer(core_read(c, va, spare, size));
    }
    *p = win->p + (va - win->va);
    return VA_MSG_DONE;
}

/* Words of memory are words of registers: nothing to convert. */
static bool as_it_is(const struct attribute_seen *a, unsigned regfmt)
{
    if (!a->words)
        return false;
    return a->integer ? regfmt == VA_REGFMT_S32 || regfmt == VA_REGFMT_U32
                      : regfmt == VA_REGFMT_F32;
}

/* Each lane's components into @v, as registers hold them. */
static enum va_message_result load_lanes(struct core *c, struct va_warp *w,
                                         const struct va_insn *in, const struct va_val *src,
                                         uint16_t lanes, uint32_t v[VA_LANES][4])
{
    unsigned regfmt = in->mod[VA_M_REGFMT];
    const struct attribute_seen *a = NULL;
    struct window win = {0};
    uint8_t spare[TEXEL_BYTES];
    bool plain = false;

    for (uint32_t left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint32_t handle = lane_handle(in, src, i);
        enum va_message_result r = VA_MSG_DONE;
        const uint8_t *p;
        if (!a || a->handle != handle) {
            r = find_attribute(c, handle, &a);
            plain = as_it_is(a, regfmt);
        }
        if (r != VA_MSG_DONE)
            return r;
        uint64_t va = element_va(c, a, src[0].w[0][i], src[1].w[0][i]);
        if (va) {
            r = element_at(c, &win, va, a->format.bytes, spare, &p);
            if (r != VA_MSG_DONE)
                return r;
            core_lane_touched(c, w, in, i, va, a->format.bytes, VA_READ);
        }
        if (va && plain) {
            memcpy(v[i], p, a->format.bytes);
            for (unsigned k = a->format.channels; k < 4; k++)
                v[i][k] = a->format.from[k] == TEXEL_ONE ? texel_one(&a->format) : 0;
            continue;
        }
        if (va)
            texel_load(&a->format, p, v[i]);
        for (unsigned k = 0; k < 4; k++)
            v[i][k] = component_to_register(&a->format, v[i][k], regfmt);
    }
    return VA_MSG_DONE;
}

/* The numbers of the lanes' elements, where each vertex or instance has its own; *@min, *@max: of
 * @lanes. */
static void numbers(const struct core *c, const struct attribute_seen *a, const struct va_val *src,
                    uint16_t lanes, va_v16u *n, uint32_t *min, uint32_t *max)
{
    *n = src[a->by_instance].w[0] + (a->by_instance ? c->base_instance
                                     : a->offset    ? c->attribute_offset
                                                    : 0);
    *min = UINT32_MAX;
    *max = 0;
    for (uint32_t left = lanes; left; left &= left - 1) {
        uint32_t x = ((const uint32_t *)n)[__builtin_ctz(left)];
        *min = x < *min ? x : *min;
        *max = x > *max ? x : *max;
    }
}

/* A register of @lanes: the words @off bytes behind @p. */
static void put_word(va_v16u *r, const uint8_t *p, const uint32_t off[VA_LANES], uint16_t lanes)
{
    if (lanes == 0xffff) {
        for (unsigned i = 0; i < VA_LANES; i++)
            memcpy((uint32_t *)r + i, p + off[i], 4);
        return;
    }
    for (uint32_t left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        memcpy((uint32_t *)r + i, p + off[i], 4);
    }
}

/*
 * All lanes at once: what most vertex shaders load, one attribute of words as they are, with the
 * lanes' elements in one stretch of memory. False: something else, nothing was done.
 */
static bool load_together(struct core *c, struct va_warp *w, const struct va_insn *in,
                          const struct va_val *src, uint16_t lanes)
{
    unsigned regs = in->mod[VA_M_VECSIZE] + 1u;
    const struct attribute_seen *a;
    enum va_message_result r;
    uint32_t min, max, off[VA_LANES];
    uint64_t len;
    va_v16u n;

    if (in->op != VA_OP_LD_ATTR_IMM || core_watched(c) ||
        find_attribute(c, lane_handle(in, src, 0), &a) != VA_MSG_DONE || a->empty ||
        a->type != ATTRIBUTE_1D || !as_it_is(a, in->mod[VA_M_REGFMT]))
        return false;
    numbers(c, a, src, lanes, &n, &min, &max);
    if ((uint64_t)a->stride * max >= FAR)
        return false;
    int64_t lo = a->first + (int64_t)a->stride * min, hi = a->first + (int64_t)a->stride * max;
    if (lo < 0 || a->size < a->format.bytes || (uint64_t)hi > a->size - a->format.bytes)
        return false;
    const uint8_t *p = c->host.map(c->host.ctx, a->va + (uint64_t)lo, VA_READ, &len, &r);
    if (!p || len < (uint64_t)(hi - lo) + a->format.bytes)
        return false;
    n = (n - min) * a->stride; /* of lanes that are not active, anything */
    memcpy(off, &n, sizeof(off));
    regs = regs < in->sr[0].count ? regs : in->sr[0].count;
    for (unsigned k = 0; k < regs; k++) {
        uint32_t rest = a->format.from[k] == TEXEL_ONE ? texel_one(&a->format) : 0;
        static const uint32_t none[VA_LANES];
        if (k < a->words)
            put_word(&w->r[in->sr[0].reg + k], p + 4 * k, off, lanes);
        else
            put_word(&w->r[in->sr[0].reg + k], (const uint8_t *)&rest, none, lanes);
    }
    return true;
}

static enum va_message_result ld_attr(struct core *c, struct va_warp *w, const struct va_insn *in,
                                      const struct va_val *src, uint16_t lanes)
{
    unsigned n = in->mod[VA_M_VECSIZE] + 1u;
    bool half = component_is_half(in->mod[VA_M_REGFMT]);
    uint32_t v[VA_LANES][4];
    enum va_message_result r;

    if (load_together(c, w, in, src, lanes))
        return VA_MSG_DONE;
    memset(v, 0, sizeof(v));
    r = load_lanes(c, w, in, src, lanes, v);
    if (r != VA_MSG_DONE)
        return r;
    for (unsigned k = 0; k < n; k++)
        for (uint32_t left = lanes; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctz(left);
            component_put(w, &in->sr[0], i, k, v[i][k], half);
        }
    return VA_MSG_DONE;
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
    const struct attribute_seen *a;
    enum va_message_result r = VA_MSG_DONE;

    for (unsigned i = 0; i < VA_LANES && r == VA_MSG_DONE; i++) {
        if (!(lanes >> i & 1))
            continue;
        r = find_attribute(c, lane_handle(in, src, i), &a);
        if (r != VA_MSG_DONE)
            break;
        uint64_t va = element_va(c, a, src[0].w[0][i], src[1].w[0][i]);
        va = va ? va : CORE_NULL_WINDOW;
        v[i][0] = (uint32_t)va;
        v[i][1] = va >> 32;
        v[i][2] = COMPONENT_CONVERSION | a->pixel_format;
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
