/*
 * Operands of the fast form: pieces of vectors in, pieces of results out.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "micro.h"

/* By instruction: its result has two words. */
#define D0  false
#define D32 false
#define D64 true
#define VA(id, text, opc, sec, val, un, fid, dest, ...)                                            \
    static const bool wide_##id __attribute__((unused)) = dest;
#include "isa_alu.def"
#undef VA
#undef D0
#undef D32
#undef D64
#define WIDE_RESULT(id) wide_##id

/* Sources and destination; sources exist whether the instruction has them or not. */
struct ends {
    const vu_mem *s[VA_MAX_SRC];
    vu_mem *d;
};

VA_INLINE struct ends micro_ends(const struct va_micro *m, const struct va_frame *f)
{
    struct ends e = {
        {va_operand(m, f, 0), va_operand(m, f, 1), va_operand(m, f, 2), va_operand(m, f, 3)},
        (vu_mem *)va_operand(m, f, VA_DST)};

    return e;
}

VA_INLINE void micro_in(const struct ends *e, unsigned k, struct pval *ps)
{
    ps[0] = (struct pval){{e->s[0][k], e->s[0][k + PIECES]}};
    ps[1] = (struct pval){{e->s[1][k], e->s[1][k + PIECES]}};
    ps[2] = (struct pval){{e->s[2][k], e->s[2][k + PIECES]}};
    ps[3] = (struct pval){{e->s[3][k], e->s[3][k + PIECES]}};
    _Static_assert(VA_MAX_SRC == 4, "each source is named here");
}

/* Lanes outside of the mask and halves that are not written keep what they have. */
VA_INLINE void micro_out_some(const struct va_micro *m, const struct va_frame *f,
                              const struct ends *e, unsigned k, const struct pval *pd, bool wide)
{
    vu mask = ((const vu_mem *)&f->mask)[k];

    e->d[k] = pick(mask & m->halves, pd->w[0], e->d[k]);
    if (wide)
        e->d[k + PIECES] = pick(mask, pd->w[1], e->d[k + PIECES]);
}

/* Whole words, all lanes. */
VA_INLINE void micro_out_all(const struct va_micro *m, const struct va_frame *f,
                             const struct ends *e, unsigned k, const struct pval *pd, bool wide)
{
    e->d[k] = pd->w[0];
    if (wide)
        e->d[k + PIECES] = pd->w[1];
}

static inline void micro_warp(const struct va_micro *m, const struct va_frame *f, va_alu_fn *fn,
                              bool wide)
{
    struct va_val s[VA_MAX_SRC], d; /* what is not there is not looked at */
    struct ends e = micro_ends(m, f);

    for (unsigned i = 0; i < m->insn->nr_src; i++)
        s[i] = *(const struct va_val *)va_operand(m, f, i);
    fn(m->insn, s, &d, &f->env);
    for (unsigned k = 0; k < PIECES; k++) {
        struct pval pd = {{((const vu_mem *)&d.w[0])[k], splat(0)}};
        if (wide)
            pd.w[1] = ((const vu_mem *)&d.w[1])[k];
        micro_out_some(m, f, &e, k, &pd, wide);
    }
}
