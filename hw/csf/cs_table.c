/*
 * The table in memory, made from cs.def: lookups, enum names, rejection masks,
 * self-check, Markdown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "cs_table.h"

#define F(kind, name, lo, width) {name, lo, width, CS_F_##kind},
#define CS_INSN(op, name, fid, syntax, what, note, source, fields)                                 \
    static const struct cs_field cs_fields_##name[] = {fields{NULL, 0, 0, 0}};
#include "cs.def"
#undef CS_INSN
#undef F

#define OPCODE_BITS     (0xffull << 56)
#define BITS(lo, width) (((width) >= 64 ? ~0ull : (1ull << ((width)&63)) - 1) << (lo))

#define F(kind, name, lo, width) | BITS(lo, width)
#define CS_INSN(op, name, fid, syntax, what, note, source, fields)                                 \
    {#name,                                                                                        \
     op,                                                                                           \
     MALI_FID_##fid,                                                                               \
     note,                                                                                         \
     source,                                                                                       \
     what,                                                                                         \
     cs_fields_##name,                                                                             \
     sizeof(cs_fields_##name) / sizeof(cs_fields_##name[0]) - 1,                                   \
     OPCODE_BITS fields,                                                                           \
     syntax},
static const struct cs_insn cs_table[] = {
#include "cs.def"
};
#undef CS_INSN
#undef F

#define CS_ROWS (sizeof(cs_table) / sizeof(cs_table[0]))

#define CS_INSN(op, name, fid, syntax, what, note, source, fields) CS_ROW_##name,
enum cs_row {
#include "cs.def"
};
#undef CS_INSN

#define CS_INSN(op, name, fid, syntax, what, note, source, fields) [op] = CS_ROW_##name + 1,
static const uint8_t cs_row_of[256] = {
#include "cs.def"
};
#undef CS_INSN

/* Bit 0 of a pair and bit 7 of any register field may never be set. */
#define NEVER(kind) (CS_F_##kind == CS_F_PAIR ? 0x81ull : CS_F_##kind == CS_F_REG ? 0x80ull : 0ull)
#define SIX(kind)   (CS_F_##kind == CS_F_PAIR || CS_F_##kind == CS_F_REG ? 0x40ull : 0ull)

#define CS_INSN(op, name, fid, syntax, what, note, source, fields) [op] = OPCODE_BITS fields,
#define F(kind, name, lo, width)                                   | (BITS(lo, width) & ~(NEVER(kind) << (lo)))
const uint64_t cs_ok_bits[256] = {
#include "cs.def"
};
#undef F
#undef CS_INSN

#define CS_INSN(op, name, fid, syntax, what, note, source, fields) [op] = 0 fields,
#define F(kind, name, lo, width)                                   | (SIX(kind) << (lo))
const uint64_t cs_hi_bits[256] = {
#include "cs.def"
};
#undef F
#undef CS_INSN

#define CS_INSN(op, name, fid, syntax, what, note, source, fields) [op] = 0 fields,
#define F(kind, name, lo, width)                                   | (CS_F_##kind >= CS_F_COND)
const bool cs_has_enum[256] = {
#include "cs.def"
};
#undef F
#undef CS_INSN

/* Every enum of v10.xml that an instruction uses; NULL: no such value. */
static const char *const cs_enum_cond[] = {"le", "gt", "eq", "ne", "lt", "ge", "always"};
static const char *const cs_enum_synccond[] = {"le", "gt"};
static const char *const cs_enum_state[] = {"SYSTEM_TIMESTAMP", "CYCLE_COUNT", "DISJOINT_COUNT",
                                            "ERROR_STATE"};
static const char *const cs_enum_heapop[] = {"vt_start", "vt_end", NULL, "frag_end"};
static const char *const cs_enum_flush[] = {"nop", "clean", NULL, "clean_invalidate"};
static const char *const cs_enum_scope[] = {"system", NULL, "csg"};
static const char *const cs_enum_exception[] = {NULL, NULL, "tiler_oom"};
static const char *const cs_enum_axis[] = {"x_axis", "y_axis", "z_axis"};
static const char *const cs_enum_order[] = {"zorder", "horizontal",     "vertical",    NULL,
                                            NULL,     "rev_horizontal", "rev_vertical"};

#define ENUM(kind, array) [CS_F_##kind] = {array, sizeof(array) / sizeof(array[0])}
static const struct {
    const char *const *names;
    unsigned count;
} cs_enums[CS_F_KINDS] = {
    ENUM(COND, cs_enum_cond),           ENUM(SYNCCOND, cs_enum_synccond),
    ENUM(STATE, cs_enum_state),         ENUM(HEAPOP, cs_enum_heapop),
    ENUM(FLUSH, cs_enum_flush),         ENUM(SCOPE, cs_enum_scope),
    ENUM(EXCEPTION, cs_enum_exception), ENUM(AXIS, cs_enum_axis),
    ENUM(ORDER, cs_enum_order),
};

const char *cs_enum_name(unsigned kind, unsigned val)
{
    if (kind >= CS_F_KINDS || val >= cs_enums[kind].count)
        return NULL;
    return cs_enums[kind].names[val];
}

const struct cs_insn *cs_insn_by_opcode(uint8_t opcode)
{
    unsigned row = cs_row_of[opcode];
    return row ? &cs_table[row - 1] : NULL;
}

const struct cs_insn *cs_insn_at(unsigned i)
{
    return i < CS_ROWS ? &cs_table[i] : NULL;
}

const struct cs_field *cs_field_by_name(const struct cs_insn *insn, const char *name, size_t len)
{
    for (unsigned i = 0; i < insn->field_count; i++)
        if (strlen(insn->fields[i].name) == len && !memcmp(insn->fields[i].name, name, len))
            return &insn->fields[i];
    return NULL;
}

const char *cs_word_problem(uint64_t word)
{
    const struct cs_insn *insn = cs_insn_by_opcode(word >> 56);

    if (!insn)
        return "unknown opcode";
    if (word & ~insn->known_bits)
        return "reserved bits are set";
    if (!cs_word_shape_ok(word))
        return "odd register of a pair, or no such register";
    for (unsigned i = 0; i < insn->field_count; i++) {
        const struct cs_field *f = &insn->fields[i];
        if (f->kind >= CS_F_COND && !cs_enum_name(f->kind, cs_get(f, word)))
            return "no such value of an enumeration";
    }
    return NULL;
}

/* --- self-check ------------------------------------------------------------ */

static const char *cs_check_row(const struct cs_insn *insn)
{
    uint64_t seen = OPCODE_BITS;

    if (!insn->name[0] || !insn->what[0] || !insn->source[0] || !insn->syntax[0])
        return "an empty text";
    if (insn->fidelity != MALI_FID_EXACT && !insn->note[0])
        return "no note on how it differs";
    if (strncmp(insn->syntax, insn->name, strlen(insn->name)))
        return "the syntax does not begin with the name";
    for (unsigned i = 0; i < insn->field_count; i++) {
        const struct cs_field *f = &insn->fields[i];
        if (!f->width || f->lo + f->width > 56)
            return "a field outside of bits 55:0";
        if (seen & cs_mask(f->lo, f->width))
            return "overlapping fields";
        if (f->kind <= CS_F_PAIR && f->width != 8)
            return "a register field that is not 8 bits wide";
        if (f->kind == CS_F_FLAG && f->width != 1)
            return "a flag that is not 1 bit wide";
        if (cs_field_by_name(insn, f->name, strlen(f->name)) != f)
            return "two fields of one name";
        seen |= cs_mask(f->lo, f->width);
    }
    return seen == insn->known_bits ? NULL : "known bits differ from the fields";
}

/* Every {...} of the syntax must name a field. */
static const char *cs_check_syntax(const struct cs_insn *insn)
{
    for (const char *p = strchr(insn->syntax, '{'); p; p = strchr(p, '{')) {
        p++;
        if (*p == '%') {
            if (!cs_field_by_name(insn, !strncmp(p, "%mem}", 5) ? "addr" : "mask", 4))
                return "an operand of the syntax has no field";
            continue;
        }
        if (*p == '?' || *p == '~')
            p++;
        if (!cs_field_by_name(insn, p, strcspn(p, ":}")))
            return "the syntax names no field";
    }
    return NULL;
}

const char *cs_table_check(char *buf, size_t size)
{
    for (unsigned i = 0; i < CS_ROWS; i++) {
        const struct cs_insn *insn = &cs_table[i];
        const char *why = cs_check_row(insn);

        if (!why)
            why = cs_check_syntax(insn);
        if (!why && (i && cs_table[i - 1].opcode >= insn->opcode))
            why = "opcode used twice or out of order";
        if (!why && insn->opcode >= CS_OPCODES)
            why = "opcode beyond CS_OPCODES";
        if (why) {
            snprintf(buf, size, "%s: %s", insn->name, why);
            return buf;
        }
    }
    return NULL;
}

/* --- Markdown -------------------------------------------------------------- */

static void cs_doc_fields(FILE *out, const struct cs_insn *insn)
{
    static const char *const kinds[CS_F_KINDS] = {
        [CS_F_REG] = "register",
        [CS_F_PAIR] = "register pair",
        [CS_F_SINT] = "signed",
        [CS_F_HEX] = "bits",
        [CS_F_SBMASK] = "scoreboard mask",
        [CS_F_DEC] = "number",
        [CS_F_SLOT] = "scoreboard entry",
        [CS_F_FLAG] = "flag",
    };

    for (unsigned i = 0; i < insn->field_count; i++) {
        const struct cs_field *f = &insn->fields[i];
        fprintf(out, "%s%s %u:%u ", i ? "<br>" : "", f->name, f->lo + f->width - 1u, f->lo);
        if (f->kind < CS_F_COND) {
            fputs(kinds[f->kind], out);
            continue;
        }
        for (unsigned v = 0, n = 0; v < cs_enums[f->kind].count; v++)
            if (cs_enum_name(f->kind, v))
                fprintf(out, "%s%u %s", n++ ? ", " : "", v, cs_enum_name(f->kind, v));
    }
}

void cs_doc(FILE *out)
{
    static const char *const fidelity[] = {"exact", "approximate", "refused"};

    fputs("# Command-stream instructions of Valhall v10\n\nPrinted from hw/csf/cs.def.\n\n"
          "| op | name | fields | meaning | model | source |\n|---|---|---|---|---|---|\n",
          out);
    for (unsigned i = 0; i < CS_ROWS; i++) {
        const struct cs_insn *insn = &cs_table[i];
        fprintf(out, "| %u | %s | ", insn->opcode, insn->name);
        cs_doc_fields(out, insn);
        fprintf(out, " | %s | %s%s%s | %s |\n", insn->what, fidelity[insn->fidelity],
                insn->note[0] ? ": " : "", insn->note, insn->source);
    }
}
