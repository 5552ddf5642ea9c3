/*
 * The assembler: walks the syntax string of the mnemonic's row along the line.
 * Accepts what cs_disasm.c prints, with free white space and // comments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cs_table.h"

struct cs_in {
    const struct cs_insn *insn;
    const char *p; /* where we are in the line */
    uint64_t word;
    const char *err;
};

static bool in_fail(struct cs_in *in, const char *why)
{
    if (!in->err)
        in->err = why;
    return false;
}

static void in_space(struct cs_in *in)
{
    while (*in->p == ' ' || *in->p == '\t')
        in->p++;
}

static bool in_literal(struct cs_in *in, const char *text, size_t len)
{
    if (strncmp(in->p, text, len))
        return false;
    in->p += len;
    return true;
}

/* A number without a sign, decimal or 0x. */
static bool in_number(struct cs_in *in, uint64_t *val)
{
    char *end;

    if (!isdigit((unsigned char)*in->p))
        return in_fail(in, "a number is expected");
    bool hex = in->p[0] == '0' && in->p[1] == 'x';
    if (hex && !isxdigit((unsigned char)in->p[2]))
        return in_fail(in, "a number is expected");
    errno = 0;
    *val = strtoull(in->p, &end, hex ? 16 : 10);
    if (errno)
        return in_fail(in, "the number is too large");
    in->p = end;
    return true;
}

static bool in_set(struct cs_in *in, const struct cs_field *f, uint64_t val)
{
    if (val & ~cs_mask(0, f->width))
        return in_fail(in, "the value does not fit its field");
    in->word |= val << f->lo;
    return true;
}

static bool in_set_signed(struct cs_in *in, const struct cs_field *f, bool negative, uint64_t val)
{
    uint64_t limit = 1ull << (f->width - 1);

    if (val > limit - !negative)
        return in_fail(in, "the value does not fit its field");
    return in_set(in, f, (negative ? -val : val) & cs_mask(0, f->width));
}

static bool in_reg(struct cs_in *in, char letter, uint64_t *val)
{
    if (*in->p != letter)
        return in_fail(in, letter == 'd' ? "a register pair (d2) is expected"
                                         : "a register (r2) is expected");
    in->p++;
    if (!in_number(in, val))
        return false;
    if (*val >= CS_REG_COUNT)
        return in_fail(in, "no such register");
    if (letter == 'd' && (*val & 1))
        return in_fail(in, "a register pair has an even number");
    return true;
}

static bool in_enum(struct cs_in *in, const struct cs_field *f)
{
    const char *best = NULL;
    unsigned val = 0;

    for (unsigned v = 0; v < 16; v++) {
        const char *name = cs_enum_name(f->kind, v);
        if (name && !strncmp(in->p, name, strlen(name)) && (!best || strlen(name) > strlen(best))) {
            best = name;
            val = v;
        }
    }
    if (!best)
        return in_fail(in, "no such name here");
    in->p += strlen(best);
    return in_set(in, f, val);
}

static bool in_field(struct cs_in *in, const struct cs_field *f)
{
    uint64_t val;

    switch (f->kind) {
    case CS_F_REG:
    case CS_F_PAIR:
        return in_reg(in, f->kind == CS_F_PAIR ? 'd' : 'r', &val) && in_set(in, f, val);
    case CS_F_SINT:
    case CS_F_HEX:
    case CS_F_SBMASK:
        if (*in->p != '#')
            return in_fail(in, "a # is expected");
        in->p++;
        if (f->kind == CS_F_SINT) {
            bool negative = *in->p == '-';
            in->p += negative;
            return in_number(in, &val) && in_set_signed(in, f, negative, val);
        }
        return in_number(in, &val) && in_set(in, f, val);
    case CS_F_DEC:
    case CS_F_SLOT:
        return in_number(in, &val) && in_set(in, f, val);
    default:
        return in_enum(in, f);
    }
}

static bool in_mem(struct cs_in *in)
{
    const struct cs_field *offset = cs_field_by_name(in->insn, "offset", 6);
    uint64_t val;

    if (*in->p++ != '[')
        return in_fail(in, "a [ is expected");
    if (!in_reg(in, 'd', &val) || !in_set(in, cs_field_by_name(in->insn, "addr", 4), val))
        return false;
    in_space(in);
    if (*in->p == '+' || *in->p == '-') {
        bool negative = *in->p++ == '-';
        in_space(in);
        if (!in_number(in, &val) || !in_set_signed(in, offset, negative, val))
            return false;
    }
    if (*in->p != ']')
        return in_fail(in, "a ] is expected");
    in->p++;
    return true;
}

static bool in_regs(struct cs_in *in)
{
    uint64_t base, reg, mask = 1;

    if (!in_reg(in, 'r', &base))
        return false;
    if (*in->p == '/') {
        in->p++;
        if (!in_number(in, &mask))
            return false;
        if (mask & 1)
            return in_fail(in, "a mask with bit 0 is written as a list of registers");
    }
    for (uint64_t last = base; *in->p == ':'; last = reg) {
        in->p++;
        if (*in->p != 'r')
            return in_fail(in, "a register (r2) is expected");
        in->p++;
        if (!in_number(in, &reg)) /* may pass r95: the executor refuses that */
            return false;
        if (reg <= last || reg > base + 15)
            return in_fail(in, "registers must ascend and span at most 16");
        mask |= 1ull << (reg - base);
    }
    return in_set(in, cs_field_by_name(in->insn, "base", 4), base) &&
           in_set(in, cs_field_by_name(in->insn, "mask", 4), mask);
}

/* {?name:A|B}: the text that is there decides; an empty one is always there. */
static bool in_choice(struct cs_in *in, const char *p, const char *end)
{
    size_t n = strcspn(p, ":");
    const struct cs_field *f = cs_field_by_name(in->insn, p, n);
    const char *a = p + n + 1, *bar = memchr(a, '|', end - a);
    const char *b = bar ? bar + 1 : end;
    size_t alen = (bar ? bar : end) - a, blen = end - b;

    if (alen && in_literal(in, a, alen))
        return in_set(in, f, 1);
    if (blen && in_literal(in, b, blen))
        return true;
    if (!alen)
        return in_set(in, f, 1);
    return blen ? in_fail(in, "a suffix is missing") : true;
}

static bool in_group(struct cs_in *in, const char *p)
{
    const char *end = strchr(p, '}');

    if (!strncmp(p, "%mem}", 5))
        return in_mem(in);
    if (!strncmp(p, "%regs}", 6))
        return in_regs(in);
    if (*p == '?')
        return in_choice(in, p + 1, end);
    if (*p == '~') {
        in_space(in);
        return *in->p != '#' || in_field(in, cs_field_by_name(in->insn, p + 1, end - p - 1));
    }
    return in_field(in, cs_field_by_name(in->insn, p, end - p));
}

static const struct cs_insn *in_mnemonic(const char *p)
{
    size_t n = strcspn(p, " \t.");
    const struct cs_insn *insn;

    for (unsigned i = 0; (insn = cs_insn_at(i)); i++)
        if (strlen(insn->name) == n && !memcmp(insn->name, p, n))
            return insn;
    return NULL;
}

static bool in_line(struct cs_in *in)
{
    if (in_literal(in, ".word", 5)) {
        in_space(in);
        return in_number(in, &in->word);
    }
    in->insn = in_mnemonic(in->p);
    if (!in->insn)
        return in_fail(in, "no such instruction");
    in->word = (uint64_t)in->insn->opcode << 56;
    for (const char *p = in->insn->syntax; *p;) {
        if (*p == '{') {
            if (!in_group(in, p + 1))
                return false;
            p = strchr(p, '}') + 1;
        } else if (*p == ' ') {
            in_space(in);
            p++;
        } else {
            if (*p == ',')
                in_space(in);
            if (*in->p != *p)
                return in_fail(in, "the line does not follow the instruction's syntax");
            in->p++;
            p++;
        }
    }
    return true;
}

bool cs_assemble(const char *line, uint64_t *word, const char **err)
{
    char text[256];
    size_t n = strcspn(line, "\r\n");
    const char *comment = strstr(line, "//");

    if (comment && (size_t)(comment - line) < n)
        n = comment - line;
    if (n >= sizeof(text)) {
        *err = "the line is too long";
        return false;
    }
    memcpy(text, line, n);
    text[n] = '\0';

    struct cs_in in = {NULL, text, 0, NULL};
    in_space(&in);
    if (in_line(&in)) {
        in_space(&in);
        if (*in.p)
            in_fail(&in, "something follows the instruction");
    }
    *err = in.err;
    *word = in.word;
    return !in.err;
}
