/*
 * LOAD, STORE and ATOM. First every lane's address is mapped, then data moves:
 * a stall or a fault in one lane leaves registers and memory as they were. Three ways, the first
 * that fits: lanes that read or write words side by side, or the same one, are served with one
 * mapping and one copy; lanes that stay within their pages with one
 * mapping for neighbours; all others with what they need.
 *
 * Included by exec_body.h, once per variant. Calls the host's map().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
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
    case 12:
        memcpy(to, from, 12);
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

static void put_loaded(struct va_warp *w, const struct va_staging *sr, const struct load_form *f,
                       bool sign, unsigned size, unsigned lane, const uint64_t v[2])
{
    unsigned words = f->words < sr->count ? f->words : sr->count;
    uint64_t low = size <= 4 ? extend(v[0], size, f, sign) : v[0];

    for (unsigned k = 0; k < words; k++) {
        uint32_t mask = k ? ~0u : f->mask, x = (k < 2 ? low : v[1]) >> 32 * (k & 1);
        va_v16u *r = &w->r[sr->reg + k];
        (*r)[lane] = ((*r)[lane] & ~mask) | (x & mask);
    }
}

static void put_loaded_lane(struct va_warp *w, const struct va_insn *in, unsigned size,
                            unsigned lane, const uint64_t v[2])
{
    struct load_form f = load_form(size, in->mod[VA_M_LOAD_LANE]);

    put_loaded(w, &in->sr[0], &f, !in->mod[VA_M_UNSIGNED], size, lane, v);
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

/* An atomic's operands, and where old values go. */
struct atom_form {
    enum atom op;
    uint64_t one; /* not 0: the operand is 1 */
    const struct va_staging *in, *out;
};

static struct atom_form atom_form(const struct va_insn *in)
{
    struct atom_form f = {0};

    f.op = atom_op(in, &f.one);
    for (unsigned i = 0; i < in->nr_sr; i++)
        if (in->sr[i].read)
            f.in = &in->sr[i];
        else
            f.out = &in->sr[i];
    return f;
}

static void atom_lane(struct va_warp *w, const struct va_step *s, const struct atom_form *f,
                      unsigned i, void *p)
{
    uint64_t x = f->one || !f->in ? 1 : staged(w, f->in, 0, s->size, i), old, cmp;

    if (s->insn.mod[VA_M_COMPARE]) {
        cmp = f->in ? staged(w, f->in, 1, s->size, i) : 0;
        old = atom_at(p, s->size, f->op, x, &cmp);
    } else if (f->op == ADD && s->size == 4) { /* the commonest, in one instruction */
        old = __atomic_fetch_add((uint32_t *)p, (uint32_t)x, __ATOMIC_SEQ_CST);
    } else {
        old = atom_at(p, s->size, f->op, x, NULL);
    }
    for (unsigned k = 0; f->out && k < f->out->count && k < s->size / 4u; k++)
        w->r[f->out->reg + k][i] = old >> 32 * k;
}

static void atom(struct va_warp *w, const struct va_step *s, const struct place *at, uint16_t lanes)
{
    struct atom_form f = atom_form(&s->insn);

    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        atom_lane(w, s, &f, i, at[i].p[0]);
    }
}

/* --- lanes side by side --------------------------------------------------------------------- */

/* What the addresses of some lanes have in common. */
enum pattern { PATTERN_NONE, PATTERN_ROW, PATTERN_SAME };

/* By size in words: where lane i's bytes are in a row. */
#define ROW(n)                                                                                     \
    {0,       (n),     2 * (n),  3 * (n),  4 * (n),  5 * (n),  6 * (n),  7 * (n),                  \
     8 * (n), 9 * (n), 10 * (n), 11 * (n), 12 * (n), 13 * (n), 14 * (n), 15 * (n)}
static const va_v16u rows[5] = {{0}, ROW(4), ROW(8), ROW(12), ROW(16)};

/*
 * PATTERN_ROW: lane i's bytes follow those of lane i - 1, and all lanes take part. Two lanes tell
 * which it could be; most that are neither are known at once.
 */
static enum pattern pattern(unsigned words, const va_v16u *src, uint16_t lanes)
{
    const uint32_t *lo = (const uint32_t *)&src[0], *hi = (const uint32_t *)&src[1];
    const va_quarter *low = (const va_quarter *)lo, *high = (const va_quarter *)hi;
    unsigned first = (unsigned)__builtin_ctz(lanes), last = 31u - (unsigned)__builtin_clz(lanes);
    uint32_t span = lo[last] - lo[first];
    bool row = lanes == 0xffff && span == 15 * 4 * words;
    va_quarter low0 = va_spread(lo[first]), high0 = va_spread(hi[first]), off = {0};
    va_v16u mask;

    if (hi[last] != hi[first] || (span && !row))
        return PATTERN_NONE;
    if (row) {
        const va_quarter *want = (const va_quarter *)&rows[words];
        VA_UNROLL
        for (unsigned k = 0; k < VA_QUARTERS; k++)
            off |= ((low[k] - low0) ^ want[k]) | (high[k] ^ high0);
        return !va_quarter_any(off) && lo[first] <= UINT32_MAX - 64 * words ? PATTERN_ROW
                                                                            : PATTERN_NONE;
    }
    va_lane_mask(&mask, lanes);
    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++)
        off |= ((low[k] ^ low0) | (high[k] ^ high0)) & ((const va_quarter *)&mask)[k];
    return va_quarter_any(off) ? PATTERN_NONE : PATTERN_SAME;
}

static void load_row(va_v16u *r, unsigned words, const uint8_t *p)
{
    const uint8_t *at[VA_LANES];

    if (words == 1) {
        memcpy(r, p, 4 * VA_LANES);
        return;
    }
    for (unsigned i = 0; i < VA_LANES; i++)
        at[i] = p + 4 * (size_t)words * i;
    va_rows_load_any(r, at, words);
}

static void store_row(const struct va_warp *w, const struct va_step *s, uint8_t *p)
{
    const va_v16u *r = &w->r[s->insn.sr[0].reg];
    uint8_t *at[VA_LANES];

    if (s->words == 1) {
        memcpy(p, r, 4 * VA_LANES);
        return;
    }
    for (unsigned i = 0; i < VA_LANES; i++)
        at[i] = p + 4 * (size_t)s->words * i;
    va_rows_store_any(r, at, s->words);
}

static void load_same(va_v16u *r, unsigned words, const uint8_t *p, uint16_t lanes)
{
    uint32_t v[4];
    va_v16u mask;

    va_lane_mask(&mask, lanes);
    copy_bytes(v, p, 4 * words);
    for (unsigned k = 0; k < words; k++) {
        va_quarter x = va_spread(v[k]), *to = (va_quarter *)&r[k];
        VA_UNROLL
        for (unsigned q = 0; q < VA_QUARTERS; q++) {
            va_quarter m = ((const va_quarter *)&mask)[q];
            to[q] = (x & m) | (to[q] & ~m);
        }
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
    enum pattern how = s->words && lanes ? pattern(s->words, src, lanes) : PATTERN_NONE;
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

/* --- lanes anywhere, each within a page ------------------------------------------------------- */

typedef uint32_t word __attribute__((may_alias));
typedef uint16_t half_word __attribute__((may_alias));

#define PAGE 4096u /* what one mapping covers at least, but for windows smaller than that */

/*
 * Whether addresses are aligned and in one page. In sums of 32 bits: those of numbers of one half
 * of the 32-bit range are less than 2 GiB apart, so a carry cannot make two pages look alike.
 */
static bool one_page(const va_v16u *lo, const va_v16u *hi, uint32_t add, unsigned size,
                     uint16_t lanes)
{
    const va_quarter *low = (const va_quarter *)lo, *high = (const va_quarter *)hi;
    unsigned first = (unsigned)__builtin_ctz(lanes), last = 31u - (unsigned)__builtin_clz(lanes);
    uint32_t low0 = ((const uint32_t *)lo)[first], high0 = hi ? ((const uint32_t *)hi)[first] : 0;
    va_quarter plus = va_spread(add), half = va_spread(low0 & 1u << 31), differ = {0};
    va_quarter page = va_spread((low0 + add) & ~(PAGE - 1));
    va_quarter fixed = ~va_spread(PAGE - size); /* bits of the page's number, and below the size */
    va_v16u mask;

    if ((size & (size - 1)) ||
        (((((const uint32_t *)lo)[last] + add) ^ (low0 + add)) & ~(PAGE - 1)))
        return false;
    va_lane_mask(&mask, lanes);
    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++) {
        va_quarter d = (((low[k] + plus) & fixed) ^ page) | ((low[k] & va_spread(1u << 31)) ^ half);
        if (hi)
            d |= high[k] ^ va_spread(high0);
        differ |= d & ((const va_quarter *)&mask)[k];
    }
    return !va_quarter_any(differ);
}

/* The page of all addresses, where one_page() holds; NULL: it cannot be mapped, or not whole. */
static inline uint8_t *the_page(const struct va_host *host, const va_v16u *lo, const va_v16u *hi,
                                uint64_t add, uint16_t lanes, enum va_access access)
{
    unsigned first = (unsigned)__builtin_ctz(lanes);
    uint64_t va = add + ((const uint32_t *)lo)[first], avail;
    enum va_message_result result;

    if (hi)
        va += (uint64_t)((const uint32_t *)hi)[first] << 32;
    uint8_t *page = host->map(host->ctx, va & ~(uint64_t)(PAGE - 1), access, &avail, &result);
    return page && avail >= PAGE ? page : NULL;
}

/*
 * Host addresses of @lanes' @size bytes at @add + lo[] + hi[] << 32 (@hi may be NULL): p[], one
 * mapping for neighbours. False: somebody's bytes cross the end of a page or cannot be mapped, or
 * an atomic is misaligned; going lane by lane then tells whose and why.
 */
static inline bool spots(const struct va_host *host, const uint32_t *lo, const uint32_t *hi,
                         uint64_t add, unsigned size, uint16_t lanes, enum va_access access,
                         uint8_t *p[VA_LANES])
{
    const va_v16u *low = (const va_v16u *)lo, *high = (const va_v16u *)hi;
    enum va_message_result result;
    uint64_t page = 0, last = 0, avail = 0;
    uint8_t *at = NULL;

    if (one_page(low, high, (uint32_t)add, size, lanes)) {
        at = the_page(host, low, high, add, lanes, access);
        for (unsigned i = 0; i < VA_LANES && at; i++)
            p[i] = at + ((lo[i] + (uint32_t)add) & (PAGE - 1));
        return at;
    }
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint64_t va = add + lo[i] + (hi ? (uint64_t)hi[i] << 32 : 0);
        if (va - page > last || !at) {
            page = va & ~(uint64_t)(PAGE - 1);
            at = host->map(host->ctx, page, access, &avail, &result);
            if (!at || avail < size)
                return false;
            last = avail - size;
            if (va - page > last)
                return false;
        }
        if (access == VA_ATOMIC && (va & (size - 1)))
            return false;
        p[i] = at + (va - page);
    }
    return true;
}

/* Values of at most four bytes, zeros above. Lanes that are not in @lanes: zero. */
static void gather(va_v16u *r, uint8_t *const p[VA_LANES], unsigned size, uint16_t lanes)
{
    uint32_t v[VA_LANES] __attribute__((aligned(64))) = {0};

    if (lanes == 0xffff && size == 4)
        for (unsigned i = 0; i < VA_LANES; i++)
            memcpy(&v[i], p[i], 4);
    else if (lanes == 0xffff && size == 1)
        for (unsigned i = 0; i < VA_LANES; i++)
            v[i] = *p[i];
    else
        for (unsigned left = lanes; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctz(left);
            copy_bytes(&v[i], p[i], size);
        }
    memcpy(r, v, sizeof(v));
}

static void load_small(struct va_warp *w, const va_v16u *x, const struct va_insn *in, unsigned size,
                       uint16_t lanes)
{
    typedef int32_t quarter_s __attribute__((vector_size(sizeof(va_quarter))));
    struct load_form f = load_form(size, in->mod[VA_M_LOAD_LANE]);
    bool sign = f.extend && !in->mod[VA_M_UNSIGNED], both = f.words > 1 && in->sr[0].count > 1;
    va_quarter keep = va_spread(f.extend == 16 ? 0xffff : ~0u), part = va_spread(f.mask);
    va_quarter *r = (va_quarter *)&w->r[in->sr[0].reg];
    unsigned up = sign ? 32 - 8 * size : 0;
    va_v16u mask;

    if (!in->sr[0].count)
        return;
    va_lane_mask(&mask, lanes);
    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++) { /* as extend() and put_loaded() for a lane */
        va_quarter m = ((const va_quarter *)&mask)[k], v = ((const va_quarter *)x)[k];
        va_quarter above = {0};
        if (sign) {
            v = (va_quarter)((quarter_s)(v << up) >> up);
            above = (va_quarter)((quarter_s)v >> 31);
        }
        v = (v & keep) << f.shift;
        r[k] = (v & m & part) | (r[k] & ~(m & part));
        if (both)
            r[VA_QUARTERS + k] = (above & m) | (r[VA_QUARTERS + k] & ~m);
    }
}

static void load_spots(struct va_warp *w, uint8_t *const p[VA_LANES], const struct va_insn *in,
                       unsigned size, unsigned words, uint16_t lanes)
{
    uint32_t *r = (uint32_t *)&w->r[in->sr[0].reg];

    if (words == 1 && lanes == 0xffff) {
        gather(&w->r[in->sr[0].reg], p, 4, lanes);
        return;
    }
    if (words > 1 && lanes == 0xffff) {
        va_rows_load_any(&w->r[in->sr[0].reg], (const uint8_t *const *)p, words);
        return;
    }
    if (size <= 4) {
        va_v16u x;
        gather(&x, p, size, lanes);
        load_small(w, &x, in, size, lanes);
        return;
    }
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint64_t v[2] = {0};
        if (words) {
            for (unsigned k = 0; k < words; k++)
                memcpy(&r[VA_LANES * k + i], p[i] + 4 * k, 4);
        } else {
            copy_bytes(v, p[i], size);
            va_put_loaded(w, in, size, i, v);
        }
    }
}

/*
 * Where in its page each lane's @size bytes are. A lane that does not take part gets the place of
 * one that does: it may be read, too, and touches nothing that others write.
 */
static inline void page_offsets(uint32_t off[VA_LANES], const va_v16u *lo, uint32_t add,
                                unsigned size, uint16_t lanes)
{
    const va_quarter *low = (const va_quarter *)lo;
    va_quarter *to = (va_quarter *)off, plus = va_spread(add), within = va_spread(PAGE - size);
    va_quarter first = va_spread(((const uint32_t *)lo)[__builtin_ctz(lanes)]);
    va_v16u mask;

    va_lane_mask(&mask, lanes);
    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++) {
        va_quarter m = ((const va_quarter *)&mask)[k];
        to[k] = (((low[k] & m) | (first & ~m)) + plus) & within;
    }
}

/* Loads of at most four bytes in one page. False: they are not. */
static bool load_page(struct va_warp *w, const struct va_host *host, const struct va_insn *in,
                      unsigned size, unsigned words, const va_v16u *lo, const va_v16u *hi,
                      uint64_t add, uint16_t lanes)
{
    uint32_t off[VA_LANES] __attribute__((aligned(64))), v[VA_LANES] __attribute__((aligned(64)));
    const uint8_t *page;

    if (size > 4 || !one_page(lo, hi, (uint32_t)add, size, lanes))
        return false;
    page = the_page(host, lo, hi, add, lanes, VA_READ);
    if (!page)
        return false;
    page_offsets(off, lo, (uint32_t)add, size, lanes);
#define GATHER(type)                                                                               \
    for (unsigned i = 0; i < VA_LANES; i++)                                                        \
    v[i] = *(const type *)(page + off[i])
    if (size == 4)
        GATHER(word);
    else if (size == 2)
        GATHER(half_word);
    else
        GATHER(uint8_t);
#undef GATHER
    if (words == 1 && lanes == 0xffff)
        memcpy(&w->r[in->sr[0].reg], v, sizeof(v));
    else
        load_small(w, (const va_v16u *)v, in, size, lanes);
    return true;
}

static void store_spots(struct va_warp *w, uint8_t *const p[VA_LANES], const struct va_step *s,
                        uint16_t lanes)
{
    const struct va_staging *sr = &s->insn.sr[0];
    const uint32_t *r = (const uint32_t *)&w->r[sr->reg];
    unsigned words = (s->size + 3u) / 4 < sr->count ? (s->size + 3u) / 4 : sr->count;

    if (s->words == 1 && lanes == 0xffff) {
        for (unsigned i = 0; i < VA_LANES; i++)
            memcpy(p[i], &r[i], 4);
        return;
    }
    if (lanes == 0xffff && s->words > 1) {
        va_rows_store_any(&w->r[sr->reg], p, s->words);
        return;
    }
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint32_t v[4] = {0};
        for (unsigned k = 0; k < words; k++)
            v[k] = r[VA_LANES * k + i];
        copy_bytes(p[i], v, s->size);
    }
}

/* Local storage, tables, rows of matrices: as together(). */
/* Whether all of @lanes access what the host says that nobody else does meanwhile. */
static bool own(const struct va_host *host, const struct va_step *s, const va_v16u *src,
                uint16_t lanes)
{
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint64_t va = src[0][i] | (uint64_t)src[1][i] << 32;
        uint64_t off = va + (uint64_t)s->insn.imm[0] - host->own;
        if (off >= host->own_bytes || host->own_bytes - off < s->size)
            return false;
    }
    return true;
}

/* Sums of 32 bits, the commonest operation: where the lanes' words are, in their order. */
static void atom_sums(struct va_warp *w, const struct atom_form *f, uint8_t *const p[VA_LANES],
                      uint16_t lanes, bool alone)
{
    const uint32_t *x = f->one ? NULL : (const uint32_t *)&w->r[f->in->reg];
    uint32_t nowhere[VA_LANES];
    uint32_t *out = f->out && f->out->count ? (uint32_t *)&w->r[f->out->reg] : nowhere;

    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint32_t *at = (uint32_t *)p[i], add = x ? x[i] : 1, old;
        if (alone) {
            old = *at;
            *at = old + add;
        } else {
            old = __atomic_fetch_add(at, add, __ATOMIC_SEQ_CST);
        }
        out[i] = old;
    }
}

static void atom_spots(struct va_warp *w, const struct va_host *host, const struct va_step *s,
                       const va_v16u *src, uint8_t *const p[VA_LANES], uint16_t lanes)
{
    struct atom_form f = atom_form(&s->insn);

    if (f.op == ADD && s->size == 4 && !s->insn.mod[VA_M_COMPARE] &&
        (f.one || (f.in && f.in->count))) {
        atom_sums(w, &f, p, lanes, own(host, s, src, lanes));
        return;
    }
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        atom_lane(w, s, &f, i, p[i]);
    }
}

static bool scattered(struct va_warp *w, const struct va_host *host, const struct va_step *s,
                      const va_v16u *src, uint16_t lanes, enum va_access access)
{
    uint8_t *p[VA_LANES];

    if (!lanes) /* helper lanes store nothing */
        return true;
    if (access == VA_READ && load_page(w, host, &s->insn, s->size, s->words, &src[0], &src[1],
                                       (uint64_t)s->insn.imm[0], lanes))
        return true;
    if (!spots(host, (const uint32_t *)&src[0], (const uint32_t *)&src[1], (uint64_t)s->insn.imm[0],
               s->size, lanes, access, p))
        return false;
    if (access == VA_READ) {
        load_spots(w, p, &s->insn, s->size, s->words, lanes);
    } else if (access == VA_WRITE) {
        store_spots(w, p, s, lanes);
    } else {
        atom_spots(w, host, s, src, p, lanes);
    }
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

/* As load_small() does it. */
static struct va_small small_form(const struct va_insn *in, unsigned size)
{
    struct load_form f = load_form(size, in->mod[VA_M_LOAD_LANE]);
    bool sign = f.extend && !in->mod[VA_M_UNSIGNED];

    if (size > 2 || !in->sr[0].count)
        return (struct va_small){0};
    return (struct va_small){
        .bytes = (uint8_t)size,
        .up = sign ? (uint8_t)(32 - 8 * size) : 0,
        .shift = (uint8_t)f.shift,
        .both = f.words > 1 && in->sr[0].count > 1,
        .keep = f.extend == 16 ? 0xffff : ~0u,
        .part = f.mask,
    };
}

static void memory_prepare(struct va_step *s)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 6, 8, 12, 16};
    bool buffer = s->insn.op >= VA_OP_LD_BUFFER_I8 && s->insn.op <= VA_OP_LD_BUFFER_I128;

    if (buffer)
        s->size = bytes[s->insn.op - VA_OP_LD_BUFFER_I8];
    if (buffer || s->kind == VA_KIND_LOAD) {
        s->words = (uint8_t)whole_words(&s->insn, s->size);
        s->small = small_form(&s->insn, s->size);
    } else if (s->kind == VA_KIND_STORE && !(s->size & 3) && s->insn.sr[0].count >= s->size / 4u) {
        s->words = s->size / 4u;
    }
}

/* Whether one of @lanes' numbers is above @limit. */
static bool beyond(const va_v16u *v, uint32_t limit, uint16_t lanes)
{
    va_quarter most = va_spread(limit), above = {0};
    va_v16u mask;

    va_lane_mask(&mask, lanes);
    VA_UNROLL
    for (unsigned k = 0; k < VA_QUARTERS; k++)
        above |= (va_quarter)(((const va_quarter *)v)[k] > most) & ((const va_quarter *)&mask)[k];
    return va_quarter_any(above);
}

/* As scattered(), for offsets from @base. */
static bool scattered_offsets(struct va_warp *w, const struct va_host *host,
                              const struct va_insn *in, unsigned size, unsigned words,
                              uint64_t base, uint64_t bytes, const va_v16u *offset, uint16_t lanes)
{
    uint8_t *p[VA_LANES];

    if (bytes < size ||
        (bytes - size < UINT32_MAX && beyond(offset, (uint32_t)(bytes - size), lanes)))
        return false;
    if (load_page(w, host, in, size, words, offset, NULL, base, lanes))
        return true;
    if (!spots(host, (const uint32_t *)offset, NULL, base, size, lanes, VA_READ, p))
        return false;
    load_spots(w, p, in, size, words, lanes);
    return true;
}

static bool load_together(struct va_warp *w, const struct va_host *host, const struct va_insn *in,
                          unsigned size, uint64_t base, uint64_t bytes, const va_v16u *offset,
                          uint16_t lanes, enum va_message_result *r)
{
    unsigned words = lanes ? whole_words(in, size) : 0;
    const va_v16u src[2] = {*offset, {0}};
    enum pattern how = words ? pattern(words, src, lanes) : PATTERN_NONE;
    unsigned len = how == PATTERN_ROW ? VA_LANES * size : size;
    uint64_t avail, at = lanes ? (*offset)[__builtin_ctz(lanes)] : 0;
    struct window win = {0};
    uint8_t *p;

    *r = VA_MSG_DONE;
    if (how == PATTERN_NONE)
        return lanes && scattered_offsets(w, host, in, size, words, base, bytes, offset, lanes);
    if (len > bytes || at > bytes - len)
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

static enum va_message_result memory(struct va_warp *w, const struct va_host *host,
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
    if (together(w, host, s, src, lanes, &win, &r))
        return r;
    if (scattered(w, host, s, src, lanes, access))
        return VA_MSG_DONE;
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
