/*
 * LOAD, STORE and ATOM. First every lane's address is mapped, then data moves:
 * a stall or a fault in one lane leaves registers and memory as they were. Lanes that read or
 * write words side by side are served with one mapping and one copy.
 *
 * Called by exec.c. Calls the host's map().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_internal.h"

#include <string.h>

/* Where a lane's bytes are: @first at p[0], the rest, beyond a page's end, at p[1]. */
struct place {
    uint8_t *p[2];
    unsigned first;
};

/* The stretch of memory mapped last; neighbouring lanes mostly fall into it. */
struct window {
    uint64_t va, len;
    uint8_t *p;
};

static enum va_message_result map_bytes(const struct va_host *host, struct window *win, uint64_t va,
                                        enum va_access access, uint8_t **p, uint64_t *avail)
{
    enum va_message_result result = VA_MSG_FAULT;

    if (va - win->va >= win->len) {
        uint64_t len = 0;
        uint8_t *at = host->map(host->ctx, va, access, &len, &result);
        if (!at || !len)
            return result == VA_MSG_STALL ? VA_MSG_STALL : VA_MSG_FAULT;
        *win = (struct window){va, len, at};
    }
    *p = win->p + (va - win->va);
    *avail = win->len - (va - win->va);
    return VA_MSG_DONE;
}

static enum va_message_result map_lane(const struct va_host *host, struct window *win, uint64_t va,
                                       unsigned size, enum va_access access, struct place *at)
{
    uint64_t avail;
    enum va_message_result r = map_bytes(host, win, va, access, &at->p[0], &avail);

    at->first = avail < size ? avail : size;
    if (r || at->first == size)
        return r;
    r = map_bytes(host, win, va + at->first, access, &at->p[1], &avail);
    return r ? r : avail < size - at->first ? VA_MSG_FAULT : VA_MSG_DONE;
}

static enum va_message_result map_lanes(struct va_warp *w, const struct va_host *host,
                                        const struct va_step *s, const va_v16u *src, uint16_t lanes,
                                        enum va_access access, struct window *win, struct place *at)
{
    enum va_message_result r = VA_MSG_DONE;

    for (unsigned i = 0; i < VA_LANES && !r; i++) {
        if (!(lanes >> i & 1))
            continue;
        uint64_t va = (src[0][i] | (uint64_t)src[1][i] << 32) + s->insn.imm[0];
        if (access == VA_ATOMIC && (va & (s->size - 1u))) {
            w->fault.kind = VA_FAULT_ALIGNMENT;
            return VA_MSG_FAULT;
        }
        r = map_lane(host, win, va, s->size, access, &at[i]);
    }
    return r;
}

/* memcpy() with the common sizes as constants: one move each. */
static inline void copy_bytes(void *to, const void *from, unsigned n)
{
    switch (n) {
    case 4:
        memcpy(to, from, 4);
        break;
    case 8:
        memcpy(to, from, 8);
        break;
    case 16:
        memcpy(to, from, 16);
        break;
    case 1:
        memcpy(to, from, 1);
        break;
    case 2:
        memcpy(to, from, 2);
        break;
    default:
        memcpy(to, from, n);
    }
}

static inline void copy_in(void *to, const struct place *at, unsigned size)
{
    copy_bytes(to, at->p[0], at->first);
    if (at->first < size)
        memcpy((uint8_t *)to + at->first, at->p[1], size - at->first);
}

static inline void copy_out(const struct place *at, const void *from, unsigned size)
{
    copy_bytes(at->p[0], from, at->first);
    if (at->first < size)
        memcpy(at->p[1], (const uint8_t *)from + at->first, size - at->first);
}

/* --- loads ------------------------------------------------------------------------------ */

/* How a load's value becomes registers, by its lane selector. */
struct load_form {
    unsigned extend; /* to how many bits; 0: not at all */
    unsigned shift;  /* then moved up by */
    uint32_t mask;   /* bits of the first register it writes */
    unsigned words;
};

static struct load_form load_form(unsigned size, unsigned lane)
{
    if (size == 1 && lane <= VA_LOAD8_B3)
        return (struct load_form){0, 8 * lane, 0xffu << 8 * lane, 1};
    if (size == 1 && lane <= VA_LOAD8_H1)
        return (struct load_form){16, 16 * (lane - VA_LOAD8_H0),
                                  0xffffu << 16 * (lane - VA_LOAD8_H0), 1};
    if (size == 2 && lane <= VA_LOAD16_H1)
        return (struct load_form){0, 16 * lane, 0xffffu << 16 * lane, 1};
    if ((size == 1 && lane == VA_LOAD8_W0) || (size == 2 && lane == VA_LOAD16_W0))
        return (struct load_form){32, 0, ~0u, 1};
    if (size <= 2 || (size == 4 && lane == VA_LOAD32_D0))
        return (struct load_form){64, 0, ~0u, 2};
    return (struct load_form){0, 0, ~0u, (size + 3u) / 4}; /* 24, 48 bits: zeros above */
}

static uint64_t extend(uint64_t x, unsigned size, const struct load_form *f, bool sign)
{
    if (f->extend && sign)
        x = (uint64_t)((int64_t)(x << (64 - 8 * size)) >> (64 - 8 * size));
    return f->extend == 16 ? (x & 0xffff) << f->shift : x << f->shift;
}

void va_put_loaded(struct va_warp *w, const struct va_insn *in, unsigned size, unsigned lane,
                   const uint64_t v[2])
{
    struct load_form f = load_form(size, in->mod[VA_M_LOAD_LANE]);
    const struct va_staging *sr = &in->sr[0];
    unsigned words = f.words < sr->count ? f.words : sr->count;
    uint64_t low = size <= 4 ? extend(v[0], size, &f, !in->mod[VA_M_UNSIGNED]) : v[0];

    for (unsigned k = 0; k < words; k++) {
        uint32_t mask = k ? ~0u : f.mask, x = (k < 2 ? low : v[1]) >> 32 * (k & 1);
        va_v16u *r = &w->r[sr->reg + k];
        (*r)[lane] = ((*r)[lane] & ~mask) | (x & mask);
    }
}

static void load(struct va_warp *w, const struct va_step *s, const struct place *at, uint16_t lanes)
{
    for (unsigned i = 0; s->words && i < VA_LANES; i++) {
        uint32_t v[4];
        if (!(lanes >> i & 1))
            continue;
        copy_in(v, &at[i], s->size);
        for (unsigned k = 0; k < s->words; k++)
            w->r[s->insn.sr[0].reg + k][i] = v[k];
    }
    if (s->words)
        return;
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint64_t v[2] = {0};
        if (!(lanes >> i & 1))
            continue;
        copy_in(v, &at[i], s->size);
        va_put_loaded(w, &s->insn, s->size, i, v);
    }
}

/* --- stores -------------------------------------------------------------------------------- */

static void store(struct va_warp *w, const struct va_step *s, const struct place *at,
                  uint16_t lanes)
{
    const struct va_staging *sr = &s->insn.sr[0];

    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t v[4] = {0};
        if (!(lanes >> i & 1))
            continue;
        for (unsigned k = 0; k < (s->size + 3u) / 4 && k < sr->count; k++)
            v[k] = w->r[sr->reg + k][i];
        copy_out(&at[i], v, s->size);
    }
}

/* --- atomics ---------------------------------------------------------------------------------- */

enum atom { ADD, SUB, SMIN, SMAX, UMIN, UMAX, AND, OR, XOR, XCHG };

static uint64_t atom_result(enum atom op, uint64_t old, uint64_t x, unsigned size)
{
    unsigned up = 64 - 8 * size;
    int64_t so = (int64_t)(old << up) >> up, sx = (int64_t)(x << up) >> up;

    switch (op) {
    case ADD:
        return old + x;
    case SUB:
        return old - x;
    case SMIN:
        return so < sx ? old : x;
    case SMAX:
        return so > sx ? old : x;
    case UMIN:
        return old < x ? old : x;
    case UMAX:
        return old > x ? old : x;
    case AND:
        return old & x;
    case OR:
        return old | x;
    case XOR:
        return old ^ x;
    default:
        return x;
    }
}

/* @cmp: compare and exchange. Returns the old value. */
static uint64_t atom_at(void *p, unsigned size, enum atom op, uint64_t x, const uint64_t *cmp)
{
    if (size == 4) {
        uint32_t old = __atomic_load_n((uint32_t *)p, __ATOMIC_RELAXED), want;
        do {
            want =
                cmp ? (old == (uint32_t)*cmp ? x : old) : atom_result(op, old, (uint32_t)x, size);
        } while (!__atomic_compare_exchange_n((uint32_t *)p, &old, want, false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_SEQ_CST));
        return old;
    }
    uint64_t old = __atomic_load_n((uint64_t *)p, __ATOMIC_RELAXED), want;
    do {
        want = cmp ? (old == *cmp ? x : old) : atom_result(op, old, x, size);
    } while (!__atomic_compare_exchange_n((uint64_t *)p, &old, want, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return old;
}

static enum atom atom_op(const struct va_insn *in, uint64_t *one)
{
    static const uint8_t with_operand[16] = {
        [VA_ATOM_AADD] = ADD,   [VA_ATOM_ASMIN] = SMIN, [VA_ATOM_ASMAX] = SMAX,
        [VA_ATOM_AUMIN] = UMIN, [VA_ATOM_AUMAX] = UMAX, [VA_ATOM_AAND] = AND,
        [VA_ATOM_AOR] = OR,     [VA_ATOM_AXOR] = XOR,   [VA_ATOM_AXCHG] = XCHG,
    };
    static const uint8_t with_one[8] = {
        [VA_ATOM1_AINC] = ADD,    [VA_ATOM1_ADEC] = SUB, [VA_ATOM1_AUMAX1] = UMAX,
        [VA_ATOM1_ASMAX1] = SMAX, [VA_ATOM1_AOR1] = OR,
    };

    *one = in->op == VA_OP_ATOM1_RETURN_I32 || in->op == VA_OP_ATOM1_RETURN_I64;
    return *one ? with_one[in->mod[VA_M_ATOM1]] : with_operand[in->mod[VA_M_ATOM]];
}

/* Word pair @k of staging registers, as wide as the operation. */
static uint64_t staged(const struct va_warp *w, const struct va_staging *sr, unsigned k,
                       unsigned size, unsigned lane)
{
    unsigned per = size / 4;
    uint64_t v = 0;

    for (unsigned j = 0; j < per; j++)
        if (k * per + j < sr->count)
            v |= (uint64_t)w->r[sr->reg + k * per + j][lane] << 32 * j;
    return v;
}

static void atom(struct va_warp *w, const struct va_step *s, const struct place *at, uint16_t lanes)
{
    const struct va_staging *in = NULL, *out = NULL;
    uint64_t one, cmp, x, old;
    enum atom op = atom_op(&s->insn, &one);

    for (unsigned i = 0; i < s->insn.nr_sr; i++)
        if (s->insn.sr[i].read)
            in = &s->insn.sr[i];
        else
            out = &s->insn.sr[i];
    for (unsigned i = 0; i < VA_LANES; i++) {
        if (!(lanes >> i & 1))
            continue;
        x = one || !in ? 1 : staged(w, in, 0, s->size, i);
        cmp = in ? staged(w, in, 1, s->size, i) : 0;
        old = atom_at(at[i].p[0], s->size, op, x, s->insn.mod[VA_M_COMPARE] ? &cmp : NULL);
        for (unsigned k = 0; out && k < out->count && k < s->size / 4u; k++)
            w->r[out->reg + k][i] = old >> 32 * k;
    }
}

/* --- lanes side by side --------------------------------------------------------------------- */

/* What the addresses of some lanes have in common. */
enum pattern { PATTERN_NONE, PATTERN_ROW, PATTERN_SAME };

/* PATTERN_ROW: lane i's bytes follow those of lane i - 1, and all lanes take part. */
static enum pattern pattern(uint32_t size, const va_v16u *src, uint16_t lanes)
{
    unsigned first = (unsigned)__builtin_ctz(lanes);
    uint32_t lo = src[0][first];
    va_v16u mask, off = src[0] - lo, other = src[1] ^ src[1][first], row = off ^ va_lane_ids * size;

    va_lane_mask(&mask, lanes);
    row = (row | other) & mask;
    off = (off | other) & mask;
    if (lanes == 0xffff && !va_any(&row))
        return lo <= UINT32_MAX - 16 * size ? PATTERN_ROW : PATTERN_NONE;
    return va_any(&off) ? PATTERN_NONE : PATTERN_SAME;
}

static void load_row(va_v16u *r, unsigned words, const uint8_t *p)
{
    uint32_t v[4 * VA_LANES];

    if (words == 1) {
        memcpy(r, p, 4 * VA_LANES);
        return;
    }
    memcpy(v, p, 4 * VA_LANES * words);
    for (unsigned k = 0; k < words; k++)
        for (unsigned i = 0; i < VA_LANES; i++)
            r[k][i] = v[words * i + k];
}

static void store_row(const struct va_warp *w, const struct va_step *s, uint8_t *p)
{
    const va_v16u *r = &w->r[s->insn.sr[0].reg];
    uint32_t v[4 * VA_LANES];

    if (s->words == 1) {
        memcpy(p, r, 4 * VA_LANES);
        return;
    }
    for (unsigned k = 0; k < s->words; k++)
        for (unsigned i = 0; i < VA_LANES; i++)
            v[s->words * i + k] = r[k][i];
    memcpy(p, v, 4 * VA_LANES * s->words);
}

static void load_same(va_v16u *r, unsigned words, const uint8_t *p, uint16_t lanes)
{
    uint32_t v[4];
    va_v16u mask;

    va_lane_mask(&mask, lanes);
    copy_bytes(v, p, 4 * words);
    for (unsigned k = 0; k < words; k++) {
        va_v16u x = (va_v16u){0} + v[k];
        va_merge(&r[k], &x, &mask);
    }
}

/*
 * Whole words from or to one stretch of memory: mapped once, moved together. False: not of that
 * kind, nothing was done but that @win may be mapped. *r is set when true.
 */
static bool together(struct va_warp *w, const struct va_host *host, const struct va_step *s,
                     const va_v16u *src, uint16_t lanes, struct window *win,
                     enum va_message_result *r)
{
    enum pattern how = s->words && lanes ? pattern(s->size, src, lanes) : PATTERN_NONE;
    unsigned first = lanes ? (unsigned)__builtin_ctz(lanes) : 0, bytes = s->size;
    uint64_t va, avail;
    uint8_t *p;

    if (how == PATTERN_NONE || (how == PATTERN_SAME && s->kind != VA_KIND_LOAD))
        return false;
    if (how == PATTERN_ROW)
        bytes *= VA_LANES;
    va = (src[0][first] | (uint64_t)src[1][first] << 32) + s->insn.imm[0];
    *r = map_bytes(host, win, va, s->kind == VA_KIND_LOAD ? VA_READ : VA_WRITE, &p, &avail);
    if (*r != VA_MSG_DONE)
        return true;
    if (avail < bytes) /* beyond the page: lane by lane */
        return false;
    if (how == PATTERN_SAME)
        load_same(&w->r[s->insn.sr[0].reg], s->words, p, lanes);
    else if (s->kind == VA_KIND_LOAD)
        load_row(&w->r[s->insn.sr[0].reg], s->words, p);
    else
        store_row(w, s, p);
    return true;
}

/* Lowest and highest address of @lanes, low words; false: they differ in their high words. */
static bool extent(const va_v16u *src, uint16_t lanes, uint32_t *low, uint32_t *high)
{
    const uint32_t *lo = (const uint32_t *)&src[0], *hi = (const uint32_t *)&src[1];
    uint32_t top = hi[__builtin_ctz(lanes)], other = 0;

    *low = UINT32_MAX;
    *high = 0;
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        *low = lo[i] < *low ? lo[i] : *low;
        *high = lo[i] > *high ? lo[i] : *high;
        other |= hi[i] ^ top;
    }
    return !other;
}

/* @p: where @low is. */
static void move_near(struct va_warp *w, const struct va_step *s, const uint32_t *lo,
                      uint16_t lanes, uint32_t low, uint8_t *p)
{
    uint32_t *r = (uint32_t *)&w->r[s->insn.sr[0].reg];

    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint8_t *at = p + (lo[i] - low);
        for (unsigned k = 0; k < s->words; k++)
            if (s->kind == VA_KIND_LOAD)
                memcpy(&r[VA_LANES * k + i], at + 4 * k, 4);
            else
                memcpy(at + 4 * k, &r[VA_LANES * k + i], 4);
    }
}

/* Whole words anywhere in one stretch of memory, local storage for instance: mapped once. As
 * together(). */
static bool near(struct va_warp *w, const struct va_host *host, const struct va_step *s,
                 const va_v16u *src, uint16_t lanes, struct window *win, enum va_message_result *r)
{
    uint32_t low, high;
    uint64_t va, avail;
    uint8_t *p;

    if (!s->words || !lanes || s->kind == VA_KIND_ATOM || !extent(src, lanes, &low, &high) ||
        high - low > 4096)
        return false;
    va = (low | (uint64_t)src[1][__builtin_ctz(lanes)] << 32) + s->insn.imm[0];
    *r = map_bytes(host, win, va, s->kind == VA_KIND_LOAD ? VA_READ : VA_WRITE, &p, &avail);
    if (*r != VA_MSG_DONE)
        return true;
    if (avail < (uint64_t)(high - low) + s->size)
        return false;
    move_near(w, s, (const uint32_t *)&src[0], lanes, low, p);
    return true;
}

/* Whole registers that a load of @size bytes writes; 0: parts, or extended. */
static unsigned whole_words(const struct va_insn *in, unsigned size)
{
    struct load_form f = load_form(size, in->mod[VA_M_LOAD_LANE]);

    if ((size & 3) || in->sr[0].count < size / 4)
        return 0;
    return f.extend || f.shift || ~f.mask || f.words != size / 4 ? 0 : size / 4;
}

void va_memory_prepare(struct va_step *s)
{
    if (s->kind == VA_KIND_LOAD)
        s->words = (uint8_t)whole_words(&s->insn, s->size);
    else if (s->kind == VA_KIND_STORE && !(s->size & 3) && s->insn.sr[0].count >= s->size / 4u)
        s->words = s->size / 4u;
}

bool va_load_together(struct va_warp *w, const struct va_host *host, const struct va_insn *in,
                      unsigned size, uint64_t base, uint64_t bytes, const va_v16u *offset,
                      uint16_t lanes, enum va_message_result *r)
{
    unsigned words = lanes ? whole_words(in, size) : 0;
    const va_v16u src[2] = {*offset, {0}};
    enum pattern how = words ? pattern(size, src, lanes) : PATTERN_NONE;
    unsigned len = how == PATTERN_ROW ? VA_LANES * size : size;
    uint64_t avail, at = lanes ? (*offset)[__builtin_ctz(lanes)] : 0;
    struct window win = {0};
    uint8_t *p;

    if (how == PATTERN_NONE || len > bytes || at > bytes - len)
        return false;
    *r = map_bytes(host, &win, base + at, VA_READ, &p, &avail);
    if (*r != VA_MSG_DONE)
        return true;
    if (avail < len)
        return false;
    if (how == PATTERN_ROW)
        load_row(&w->r[in->sr[0].reg], words, p);
    else
        load_same(&w->r[in->sr[0].reg], words, p, lanes);
    return true;
}

enum va_message_result va_memory(struct va_warp *w, const struct va_host *host,
                                 const struct va_step *s, const va_v16u *src, uint16_t lanes)
{
    struct place at[VA_LANES];
    struct window win = {0};
    enum va_access access = s->kind == VA_KIND_LOAD    ? VA_READ
                            : s->kind == VA_KIND_STORE ? VA_WRITE
                                                       : VA_ATOMIC;
    enum va_message_result r;

    if (access != VA_READ && s->insn.mod[VA_M_ACCESS] != VA_ACCESS_FORCE)
        lanes &= ~w->helper;
    if (together(w, host, s, src, lanes, &win, &r) || near(w, host, s, src, lanes, &win, &r))
        return r;
    r = map_lanes(w, host, s, src, lanes, access, &win, at);
    if (r)
        return r;
    if (access == VA_READ)
        load(w, s, at, lanes);
    else if (access == VA_WRITE)
        store(w, s, at, lanes);
    else
        atom(w, s, at, lanes);
    return VA_MSG_DONE;
}
