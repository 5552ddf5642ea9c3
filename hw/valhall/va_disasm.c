/*
 * Decoded instructions to text, in the spelling of Mesa's disassembler, so that
 * the two can be compared line by line. Where they differ on purpose:
 * TEX_GRADIENT and VAR_TEX*_GRADIENT print their flags by name.
 *
 * Called by tools, traces and unit tests. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "va_row.h"

#include <inttypes.h>
#include <stdarg.h>

struct va_out {
    char *buf;
    size_t size, len; /* len: what would have been written */
    bool operand;     /* an operand has been printed */
};

static void __attribute__((format(printf, 2, 3))) out_put(struct va_out *o, const char *fmt, ...)
{
    va_list ap;
    size_t room = o->len < o->size ? o->size - o->len : 0;

    va_start(ap, fmt);
    int n = vsnprintf(room ? o->buf + o->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n > 0)
        o->len += n;
}

static void out_suffix(struct va_out *o, const char *text)
{
    if (!text)
        text = "reserved";
    if (text[0])
        out_put(o, ".%s", text);
}

static void out_comma(struct va_out *o)
{
    out_put(o, o->operand ? ", " : " ");
    o->operand = true;
}

static void out_src(struct va_out *o, const struct va_src *s)
{
    const char *special = va_special_text(s->index);

    out_comma(o);
    switch (s->kind) {
    case VA_SRC_REG:
        out_put(o, "%sr%u", s->last ? "^" : "", s->index);
        break;
    case VA_SRC_UNIFORM:
        out_put(o, "u%u", s->index);
        break;
    case VA_SRC_CONST:
        out_put(o, "0x%" PRIX32, s->value);
        break;
    default:
        out_put(o, "%s.w%u", special ? special : "reserved", s->half);
    }
    if (s->neg)
        out_put(o, ".neg");
    if (s->abs)
        out_put(o, ".abs");
    if (s->sel_enum)
        out_suffix(o, va_enum_text(s->sel_enum, s->sel));
    if (s->inv)
        out_put(o, ".not");
}

static void out_staging(struct va_out *o, const struct va_staging *s)
{
    out_comma(o);
    out_put(o, "@");
    for (unsigned i = 0; i < s->count; i++)
        out_put(o, "%sr%u", i ? ":" : "", s->reg + i);
}

static void out_mods(struct va_out *o, const struct va_insn *in, const struct va_row *row)
{
    for (const struct va_mod_form *m = row->mod; m->width; m++) {
        unsigned val = in->mod[m->mod];
        if (m->en != VA_E_FLAG)
            out_suffix(o, va_enum_text(m->en, val));
        else if (val)
            out_suffix(o, va_mod_text[m->mod]);
    }
}

/* --- modifiers, for the fidelity report ------------------------------------------------- */

/* Those whose meaning is not modelled as exactly as their instruction's. */
static const struct {
    uint8_t en, value;
    uint8_t fidelity;
    const char *how;
} inexact[] = {
    {VA_E_FLOW, VA_FLOW_RECONVERGE, VA_APPROX,
     "does nothing: the lanes at the lowest program counter always run first"},
    {VA_E_LANE_OP, VA_LANE_OP_ACCUMULATE, VA_TODO,
     "refused with INSTR_INVALID_ENC: which lanes CLPER adds up is not published (ISA.xml: for "
     "subgroup reductions)"},
    {VA_E_LANE_OP, VA_LANE_OP_SHIFT, VA_TODO,
     "refused with INSTR_INVALID_ENC: CLPER's direction, and what comes in at the ends, are not "
     "published"},
    {VA_E_COMBINE, VA_COMBINE_LOWBITS, VA_TODO,
     "refused with INSTR_INVALID_ENC: which bits the branch looks at is not published"},
};

bool va_inexact(unsigned i, struct va_modifier *m)
{
    if (i >= sizeof(inexact) / sizeof(inexact[0]))
        return false;
    *m = (struct va_modifier){va_enum_text(inexact[i].en, inexact[i].value), -1,
                              inexact[i].fidelity, inexact[i].how};
    return true;
}

struct modifiers {
    struct va_modifier *out;
    unsigned n;
    enum va_fidelity base; /* of the instruction */
};

static void add_modifier(struct modifiers *m, const char *text, int source, unsigned en,
                         unsigned value)
{
    struct va_modifier *o = &m->out[m->n];

    if (!text || !text[0] || m->n == VA_MAX_MODIFIERS)
        return;
    *o = (struct va_modifier){text, source, m->base,
                              m->base == VA_EXACT ? "" : "see the instruction"};
    for (unsigned i = 0; i < sizeof(inexact) / sizeof(inexact[0]); i++)
        if (inexact[i].en == en && inexact[i].value == value) {
            o->fidelity = inexact[i].fidelity;
            o->how = inexact[i].how;
        }
    m->n++;
}

static void add_source(struct modifiers *m, const struct va_src *s, int i)
{
    if (s->sel_enum)
        add_modifier(m, va_enum_text(s->sel_enum, s->sel), i, s->sel_enum, s->sel);
    add_modifier(m, s->neg ? "neg" : NULL, i, VA_E_FLAG, 0);
    add_modifier(m, s->abs ? "abs" : NULL, i, VA_E_FLAG, 0);
    add_modifier(m, s->inv ? "not" : NULL, i, VA_E_FLAG, 0);
}

unsigned va_modifiers(const struct va_insn *in, struct va_modifier out[VA_MAX_MODIFIERS])
{
    const struct va_row *row = &va_rows[in->op];
    struct modifiers m = {out, 0, row->info.fidelity};

    for (const struct va_mod_form *f = row->mod; f->width; f++) {
        unsigned value = in->mod[f->mod];
        if (f->en != VA_E_FLAG)
            add_modifier(&m, va_enum_text(f->en, value), -1, f->en, value);
        else if (value)
            add_modifier(&m, va_mod_text[f->mod], -1, VA_E_FLAG, 0);
    }
    add_modifier(&m, va_enum_text(VA_E_FLOW, in->flow), -1, VA_E_FLOW, in->flow);
    for (unsigned i = 0; i < in->nr_src && i < VA_MAX_SRC; i++)
        add_source(&m, &in->src[i], (int)i);
    return m.n;
}

int va_disasm(const struct va_insn *in, char *buf, size_t size)
{
    struct va_out o = {buf, size, 0, false};

    if (size)
        buf[0] = '\0';
    if (in->op >= VA_OPS)
        return 0;

    const struct va_row *row = &va_rows[in->op];
    out_put(&o, "%s", row->info.name);
    out_mods(&o, in, row);
    out_suffix(&o, va_enum_text(VA_E_FLOW, in->flow));
    if (in->dst_bits) {
        out_comma(&o);
        out_put(&o, "r%u", in->dst);
        if (in->dst_mask != 3)
            out_put(&o, ".h%u", in->dst_mask == 1 ? 0 : 1);
    }
    for (unsigned i = 0; i < in->nr_sr && i < VA_MAX_SR; i++)
        out_staging(&o, &in->sr[i]);
    for (unsigned i = 0; i < in->nr_src && i < VA_MAX_SRC; i++)
        out_src(&o, &in->src[i]);
    for (unsigned i = 0; row->imm[i].width; i++) {
        out_comma(&o);
        out_put(&o, "%s", va_imm_text[row->imm[i].name]);
        if (row->imm[i].sign)
            out_put(&o, "%" PRId64, in->imm[i]);
        else
            out_put(&o, "0x%" PRIX64, (uint64_t)in->imm[i]);
    }
    return o.len;
}
