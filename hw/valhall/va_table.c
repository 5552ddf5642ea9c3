/*
 * The instruction table in memory, made from isa.def and enums.def: rows, masks,
 * enumerations, names, the completeness report and the table's self-check.
 *
 * Called by the decoder, disassembler, tools and unit tests. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "va_row.h"

#include <string.h>

/* --- rows ------------------------------------------------------------------- */

#define D0                       0
#define D32                      32
#define D64                      64
#define SIGNED                   true
#define UNSIGNED                 false
#define ABSNEG(at)               .neg = at,
#define INV(at)                  .inv = at,
#define SEL(e, at, width)        .sel_lo = at, .sel_width = width, .sel_enum = VA_E_##e,
#define S(i, size, ...)          {.lo = 8 * (i), .bits = size, __VA_ARGS__},
#define SR(at, fl, cnt)          {.lo = at, .flags = VA_SR_##fl, .count = VA_SR_##cnt},
#define M(e, at, width)          {VA_M_##e, VA_E_##e, at, width},
#define ME(name, e, at, width)   {VA_M_##name, VA_E_##e, at, width},
#define FLAG(name, at)           {VA_M_##name, VA_E_FLAG, at, 1},
#define I(name, at, width, sign) {VA_I_##name, at, width, sign},
#define VA(id, text, opc, secw, secv, un, fid, dest, srs, srcs, mods, imms)                        \
    [VA_OP_##id] = {.info = {.name = text,                                                         \
                             .opcode = opc,                                                        \
                             .secondary = secv,                                                    \
                             .unit = VA_UNIT_##un,                                                 \
                             .fidelity = VA_##fid,                                                 \
                             .message = VA_UNIT_##un >= VA_UNIT_V},                                \
                    .sec = VA_SEC_##secw,                                                          \
                    .dst_bits = dest,                                                              \
                    .sr = {srs},                                                                   \
                    .src = {srcs},                                                                 \
                    .mod = {mods},                                                                 \
                    .imm = {imms}},
const struct va_row va_rows[VA_OPS] = {
#include "isa.def"
};
#undef VA
#undef D0
#undef D32
#undef D64
#undef ABSNEG
#undef INV
#undef SEL
#undef S
#undef SR
#undef M
#undef ME
#undef FLAG
#undef I

/* --- the bits each row knows -------------------------------------------------- */

#define F(lo, width)             (((1ull << (width)) - 1) << (lo))
#define FLOW_PAGE_OPCODE         F(48, 15)
#define SEC_N                    0
#define SEC_A                    F(16, 4)
#define SEC_C                    F(16, 5)
#define SEC_T                    F(24, 4)
#define SEC_P                    F(24, 2)
#define SEC_H                    (F(24, 2) | F(32, 1))
#define SEC_M                    F(27, 3)
#define SEC_D                    F(37, 2)
#define FLAGS_NOFLAGS            0
#define FLAGS_R                  F(46, 2)
#define FLAGS_W                  F(46, 2)
#define FLAGS_RW                 F(46, 2)
#define FLAGS_W1                 F(46, 2)
#define COUNT_CNT                F(33, 3)
#define COUNT_WCNT               F(36, 3)
#define D0                       F(46, 2)
#define D32                      F(40, 8)
#define D64                      F(40, 8)
#define ABSNEG(at)               | F(at, 2)
#define INV(at)                  | F(at, 1)
#define SEL(e, at, width)        | F(at, width)
#define S(i, size, ...)          | F(8 * (i), 8) __VA_ARGS__
#define SR(at, fl, cnt)          | F(at, 6) | FLAGS_##fl | COUNT_##cnt
#define M(e, at, width)          | F(at, width)
#define ME(name, e, at, width)   | F(at, width)
#define FLAG(name, at)           | F(at, 1)
#define I(name, at, width, sign) | F(at, width)
#define VA(id, text, opc, secw, secv, un, fid, dest, srs, srcs, mods, imms)                        \
    [VA_OP_##id] = FLOW_PAGE_OPCODE | SEC_##secw | DEST(dest, srs) srs srcs mods imms,
/* Staging instructions have no destination: "dest srs" is D0 and must not count. */
#define DEST(dest, srs) (sizeof(#srs) > sizeof("_") ? 0 : dest)
const uint64_t va_known[VA_OPS] = {
#include "isa.def"
};
#undef VA

/* --- enumerations, modifiers, constants --------------------------------------- */

#define V(e, value, name, text)      | 1u << (value)
#define VA_ENUM(name, width, values) [VA_E_##name] = 0 values,
const uint16_t va_enum_valid[VA_ENUMS] = {
    [VA_E_FLAG] = 3,
#include "enums.def"
};
#undef V

#define V(e, value, name, text) [value] = text,
#define VA_ENUM(name, width, values)                                                               \
    static const char *const va_text_##name[1 << (width)] = {values};
#include "enums.def"
#undef V

#define VA_ENUM(name, width, values) [VA_E_##name] = {va_text_##name, 1 << (width)},
static const struct {
    const char *const *text;
    unsigned count;
} va_enums[VA_ENUMS] = {
#include "enums.def"
};

#define VA_MOD(name, text) [VA_M_##name] = text,
const char *const va_mod_text[VA_MODS] = {
#include "enums.def"
};

#define VA_SPECIAL(page, number, name, text) [(page)*16 + (number)] = text,
static const char *const va_specials[64] = {
#include "enums.def"
};

#define VA_LUT(index, value) [index] = value,
static const uint32_t va_constants[32] = {
#include "enums.def"
};

const char *const va_imm_text[] = {
    [VA_I_CONSTANT] = "#",   [VA_I_OFFSET] = "offset:", [VA_I_TABLE] = "table:",
    [VA_I_INDEX] = "index:", [VA_I_SHIFT] = "shift:",   [VA_I_TARGET] = "target:",
};

static const char *const va_units[VA_UNITS] = {"FMA", "CVT", "SFU", "V", "LS", "T", "VT", "NONE"};
static const char *const va_fidelities[] = {"EXACT", "APPROX", "TODO"};

const char *va_enum_text(enum va_enum e, unsigned val)
{
    if (e >= VA_ENUMS || val >= va_enums[e].count)
        return NULL;
    return va_enums[e].text[val];
}

const char *va_special_text(unsigned special)
{
    return special < 64 ? va_specials[special] : NULL;
}

uint32_t va_lut(unsigned index)
{
    return va_constants[index & 31];
}

const struct va_info *va_info(enum va_op op)
{
    return &va_rows[op].info;
}

const char *va_unit_name(unsigned unit)
{
    return unit < VA_UNITS ? va_units[unit] : NULL;
}

const char *va_error_name(enum va_error err)
{
    static const char *const names[VA_ERRORS] = {
        [VA_OK] = "valid",
        [VA_ERR_OPCODE] = "unknown opcode",
        [VA_ERR_SECONDARY] = "unknown secondary opcode",
        [VA_ERR_RESERVED] = "reserved bits are set",
        [VA_ERR_ENUM] = "no such value of an enumeration",
        [VA_ERR_FLOW] = "no such flow",
        [VA_ERR_DEST] = "destination mask does not fit the instruction",
        [VA_ERR_PAIR] = "64-bit operand at an odd register or word",
        [VA_ERR_STAGING] = "staging registers beyond r63, odd, or with wrong flags",
        [VA_ERR_SPECIAL] = "no such special value on this FAU page",
        [VA_ERR_FAU_LIMIT] = "more uniform, special and constant words than fit",
        [VA_ERR_FAU_MESSAGE] = "special value not available to a message",
        [VA_ERR_RANGE] = "value does not fit its field",
    };

    return err < VA_ERRORS ? names[err] : NULL;
}

/* --- what is refused ---------------------------------------------------------- */

/*
 * Why rows say TODO. Read for it: ISA.xml of Valhall and of Bifrost, both compilers of Mesa 25.0.7,
 * and the public notes on Bifrost (panfrost/mali-isa-docs). Mesa emits none of these for a G610.
 */
static const struct {
    enum va_op op;
    const char *why;
} refused[] = {
    {VA_OP_FSINCOS_OFFSET_U6, "only the name is published"},
    {VA_OP_FPCLASS_F32, "which number stands for which class is not published"},
    {VA_OP_FPCLASS_F16, "which number stands for which class is not published"},
    {VA_OP_FLOG_TABLE_F32,
     "three tables on Bifrost (reduction, base 2, natural): neither the bits that choose one here "
     "nor their entries are published"},
    {VA_OP_FATAN_ASSIST_F32,
     "the rotation it picks, its 16-bit results and FATAN_TABLE's entries are not published"},
    {VA_OP_TEX_DUAL, "where the second texture, sampler and result are is not published"},
    {VA_OP_VAR_TEX_BUF_SINGLE, "where array index, reference and LOD come from is not published"},
    {VA_OP_VAR_TEX_BUF_GATHER, "where array index and reference come from is not published"},
    {VA_OP_VAR_TEX_BUF_GRADIENT, "where the gradients come from is not published"},
    {VA_OP_VAR_TEX_BUF_DUAL, "where the second texture, sampler and result are is not published"},
    {VA_OP_VAR_TEX_SINGLE, "where array index, reference and LOD come from is not published"},
    {VA_OP_VAR_TEX_GATHER, "where array index and reference come from is not published"},
    {VA_OP_VAR_TEX_GRADIENT, "where the gradients come from is not published"},
    {VA_OP_VAR_TEX_DUAL, "where the second texture, sampler and result are is not published"},
};

const char *va_why_refused(enum va_op op)
{
    for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (refused[i].op == op)
            return refused[i].why;
    return NULL;
}

void va_refused(FILE *out)
{
    struct va_modifier m;

    fprintf(out, "Refused with INSTR_INVALID_ENC, once in the log by name:\n");
    for (unsigned op = 0; op < VA_OPS; op++)
        if (va_info(op)->fidelity == VA_TODO)
            fprintf(out, "%-22s %s\n", va_info(op)->name, va_why_refused(op));
    for (unsigned i = 0; va_inexact(i, &m); i++)
        if (m.fidelity == VA_TODO)
            fprintf(out, "modifier .%-12s %s\n", m.text, m.how);
}

void va_table(FILE *out)
{
    unsigned sum[3] = {0};

    fprintf(out, "opcode sec  unit  model   instruction\n");
    for (unsigned op = 0; op < VA_OPS; op++) {
        const struct va_info *i = va_info(op);
        fprintf(out, "0x%03x  %-4u %-5s %-7s %s\n", i->opcode, i->secondary, va_units[i->unit],
                va_fidelities[i->fidelity], i->name);
        sum[i->fidelity]++;
    }
    fprintf(out, "%u instructions: %u exact, %u approximate, %u to do\n", (unsigned)VA_OPS,
            sum[VA_EXACT], sum[VA_APPROX], sum[VA_TODO]);
}

/* --- self-check --------------------------------------------------------------- */

/* Claims bits; false when one is taken or outside of the word's low 48 bits. */
static bool take(uint64_t *taken, uint64_t mask)
{
    if ((*taken & mask) || (mask >> 48))
        return false;
    *taken |= mask;
    return true;
}

static const char *check_operands(const struct va_row *r, uint64_t *taken)
{
    bool flags = false;

    for (const struct va_sr_form *s = r->sr; s->count; s++) {
        flags |= s->flags != VA_SR_NOFLAGS;
        if (!take(taken, F(s->lo, 6)) ||
            !take(taken, s->count == VA_SR_CNT ? COUNT_CNT : COUNT_WCNT))
            return "staging registers overlap another field";
    }
    if (flags && !take(taken, F(46, 2)))
        return "staging flags overlap another field";
    for (const struct va_src_form *s = r->src; s->bits; s++) {
        if (!take(taken, F(s->lo, 8)))
            return "a source overlaps another field";
        if ((s->neg && !take(taken, F(s->neg, 2))) || (s->inv && !take(taken, F(s->inv, 1))) ||
            (s->sel_width && !take(taken, F(s->sel_lo, s->sel_width))))
            return "a source's modifier overlaps another field";
    }
    return NULL;
}

static const char *check_row(const struct va_row *r, unsigned op)
{
    uint64_t taken = va_secondary_bits(va_secondary(~0ull, r->sec), r->sec);
    const char *why;

    if (r->info.opcode > 511 ||
        va_secondary(va_secondary_bits(r->info.secondary, r->sec), r->sec) != r->info.secondary)
        return "opcode or secondary opcode does not fit";
    if (r->dst_bits && r->sr[0].count)
        return "destination and staging registers";
    if (!r->sr[0].count && !take(&taken, r->dst_bits ? F(40, 8) : F(46, 2)))
        return "the destination overlaps another field";
    why = check_operands(r, &taken);
    if (why)
        return why;
    for (const struct va_mod_form *m = r->mod; m->width; m++) {
        if (!take(&taken, F(m->lo, m->width)))
            return "a modifier overlaps another field";
        if ((m->en == VA_E_FLAG) != (va_mod_text[m->mod] != NULL))
            return "a modifier is both flag and enumeration";
    }
    for (const struct va_imm_form *i = r->imm; i->width; i++)
        if (!take(&taken, F(i->lo, i->width)))
            return "an immediate overlaps another field";
    return (taken | F(48, 15)) == va_known[op] ? NULL : "known bits differ from the fields";
}

const char *va_table_check(char *buf, size_t size)
{
    for (unsigned op = 0; op < VA_OPS; op++) {
        const char *why = va_rows[op].info.name ? check_row(&va_rows[op], op) : "no row";

        if (!why && (va_rows[op].info.fidelity == VA_TODO) != (va_why_refused(op) != NULL))
            why = "TODO and a reason to refuse it do not go together";

        for (unsigned other = 0; other < op && !why; other++)
            if (va_rows[other].info.opcode == va_rows[op].info.opcode &&
                (va_rows[other].sec != va_rows[op].sec ||
                 va_rows[other].info.secondary == va_rows[op].info.secondary))
                why = "two rows for one encoding";
        if (why) {
            snprintf(buf, size, "row %u (%s): %s", op, va_rows[op].info.name, why);
            return buf;
        }
    }
    return NULL;
}
