/*
 * The fast form's functions: those for all lanes and fixed modifiers (shapes.def), and the
 * choice of an instruction's.
 *
 * Included by sem_body.h, once per variant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

/* One function: modifiers and denormals are constants, immediates are not. @out: how the result is
 * written, for all lanes or those that are active. */
#define FIXED(fn, out, id, mode_ftz32, mode_ftz16, ...)                                            \
    static void fn(const struct va_micro *m, const struct va_frame *f)                             \
    {                                                                                              \
        static const struct va_env env = {0xffff, mode_ftz32, mode_ftz16, false};                  \
        const struct va_insn in = {.imm = {m->insn->imm[0], m->insn->imm[1]}, __VA_ARGS__};        \
        const struct ends e = micro_ends(m, f);                                                    \
        VA_UNROLL for (unsigned k = 0; k < PIECES; k++)                                            \
        {                                                                                          \
            struct pval ps[VA_MAX_SRC], pd = {{splat(0), splat(0)}};                               \
            micro_in(&e, k, ps);                                                                   \
            piece_##id(&in, ps, &pd, &env);                                                        \
            out(m, f, &e, k, &pd, WIDE_RESULT(id));                                                \
        }                                                                                          \
    }

#define BOTH(id, name, mode_ftz32, mode_ftz16, ...)                                                \
    FIXED(all_##name, micro_out_all, id, mode_ftz32, mode_ftz16, __VA_ARGS__)                      \
    FIXED(part_##name, micro_out_some, id, mode_ftz32, mode_ftz16, __VA_ARGS__)

#define SHAPE_I(id, tag, ...) BOTH(id, id##_##tag, false, false, __VA_ARGS__)
#define SHAPE_F(id, tag, ...)                                                                      \
    BOTH(id, id##_##tag, false, false, __VA_ARGS__)                                                \
    BOTH(id, ftz_##id##_##tag, true, false, __VA_ARGS__)
#define SHAPE_H(id, tag, ...)                                                                      \
    BOTH(id, id##_##tag, false, false, __VA_ARGS__)                                                \
    BOTH(id, ftz_##id##_##tag, false, true, __VA_ARGS__)
#define SHAPE_C(id, tag, ...)                                                                      \
    BOTH(id, id##_##tag, false, false, __VA_ARGS__)                                                \
    BOTH(id, ftz_##id##_##tag, true, false, __VA_ARGS__)                                           \
    BOTH(id, both_##id##_##tag, true, true, __VA_ARGS__)
#include "shapes.def"
#undef SHAPE_I
#undef SHAPE_F
#undef SHAPE_H
#undef SHAPE_C

struct shape {
    uint16_t op;
    struct va_insn like;
    va_micro_fn *all[VA_FTZ_MODES], *part[VA_FTZ_MODES];
};

#define SHAPE(id, f0, f1, f2, ...)                                                                 \
    {VA_OP_##id, {__VA_ARGS__}, {all_##f0, all_##f1, all_##f2}, {part_##f0, part_##f1, part_##f2}},
#define SHAPE_I(id, tag, ...) SHAPE(id, id##_##tag, id##_##tag, id##_##tag, __VA_ARGS__)
#define SHAPE_F(id, tag, ...) SHAPE(id, id##_##tag, ftz_##id##_##tag, ftz_##id##_##tag, __VA_ARGS__)
#define SHAPE_H(id, tag, ...) SHAPE(id, id##_##tag, id##_##tag, ftz_##id##_##tag, __VA_ARGS__)
#define SHAPE_C(id, tag, ...)                                                                      \
    SHAPE(id, id##_##tag, ftz_##id##_##tag, both_##id##_##tag, __VA_ARGS__)
static const struct shape shapes[] = {
#include "shapes.def"
};
#undef SHAPE_I
#undef SHAPE_F
#undef SHAPE_H
#undef SHAPE_C
#undef SHAPE

#define SOME_EXACT(id)  [VA_OP_##id] = some_##id,
#define SOME_APPROX(id) [VA_OP_##id] = some_##id,
#define SOME_TODO(id)
#define VA(id, text, opc, sec, val, un, fid, ...) SOME_##fid(id)
static va_micro_fn *const some[VA_OPS] = {
#include "isa_alu.def"
};
#undef VA

/* The source is read as it is. */
static bool whole(const struct va_src *s)
{
    static const int16_t none[VA_ENUMS] = {[VA_E_SWZ16] = VA_SWZ16_H01};

    switch (s->sel_enum) {
    case VA_E_FLAG:
    case VA_E_WIDEN:
    case VA_E_SWZ8:
    case VA_E_SWZ16:
    case VA_E_SWZ32:
    case VA_E_SWZ64:
    case VA_E_COMBINE:
        return s->sel == none[s->sel_enum];
    default:
        return false;
    }
}

static bool same_source(const struct va_src *a, const struct va_src *b)
{
    bool part = whole(a) ? whole(b) : a->sel_enum == b->sel_enum && a->sel == b->sel;

    return part && a->neg == b->neg && a->abs == b->abs && a->inv == b->inv;
}

static bool fits(const struct shape *s, const struct va_insn *in)
{
    for (unsigned i = 0; i < in->nr_src; i++)
        if (!same_source(&in->src[i], &s->like.src[i]))
            return false;
    return !memcmp(in->mod, s->like.mod, sizeof(in->mod));
}

void VA_BIND(const struct va_insn *in, struct va_micro *m)
{
    m->some = some[in->op];
    for (unsigned i = 0; i < VA_FTZ_MODES; i++)
        m->all[i] = m->part[i] = m->some;
    for (unsigned k = 0; m->halves == ~0u && k < sizeof(shapes) / sizeof(shapes[0]); k++)
        if (shapes[k].op == in->op && fits(&shapes[k], in)) {
            memcpy(m->all, shapes[k].all, sizeof(m->all));
            memcpy(m->part, shapes[k].part, sizeof(m->part));
            break;
        }
}
