/*
 * The disassembler: walks the syntax string of the word's row. What it prints
 * for a word is exactly what cs_asm.c turns back into that word.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <string.h>

#include "cs_table.h"

struct cs_out {
    char *buf;
    size_t size, len; /* len: what would have been written */
};

static void __attribute__((format(printf, 2, 3))) out_put(struct cs_out *o, const char *fmt, ...)
{
    va_list ap;
    size_t room = o->len < o->size ? o->size - o->len : 0;

    va_start(ap, fmt);
    int n = vsnprintf(room ? o->buf + o->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n > 0)
        o->len += n;
}

static void out_field(struct cs_out *o, const struct cs_field *f, uint64_t word)
{
    uint64_t v = cs_get(f, word);

    switch (f->kind) {
    case CS_F_REG:
        out_put(o, "r%" PRIu64, v);
        break;
    case CS_F_PAIR:
        out_put(o, "d%" PRIu64, v);
        break;
    case CS_F_SINT:
        out_put(o, "#%" PRId64, cs_get_signed(f, word));
        break;
    case CS_F_HEX:
    case CS_F_SBMASK:
        out_put(o, "#0x%" PRIx64, v);
        break;
    case CS_F_DEC:
    case CS_F_SLOT:
    case CS_F_FLAG:
        out_put(o, "%" PRIu64, v);
        break;
    default:
        out_put(o, "%s", cs_enum_name(f->kind, v));
    }
}

static void out_mem(struct cs_out *o, const struct cs_insn *insn, uint64_t word)
{
    uint64_t addr = cs_get(cs_field_by_name(insn, "addr", 4), word);
    int64_t offset = cs_get_signed(cs_field_by_name(insn, "offset", 6), word);

    if (offset)
        out_put(o, "[d%" PRIu64 " %c %" PRId64 "]", addr, offset < 0 ? '-' : '+',
                offset < 0 ? -offset : offset);
    else
        out_put(o, "[d%" PRIu64 "]", addr);
}

static void out_regs(struct cs_out *o, const struct cs_insn *insn, uint64_t word)
{
    unsigned base = cs_get(cs_field_by_name(insn, "base", 4), word);
    unsigned mask = cs_get(cs_field_by_name(insn, "mask", 4), word);

    if (!(mask & 1)) {
        out_put(o, "r%u/0x%x", base, mask);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        if (mask & (1u << i))
            out_put(o, "%sr%u", i ? ":" : "", base + i);
}

/* @p stands after the brace; returns the end of the group. */
static const char *out_group(struct cs_out *o, const struct cs_insn *insn, const char *p,
                             uint64_t word)
{
    const char *end = strchr(p, '}');

    if (!strncmp(p, "%mem}", 5)) {
        out_mem(o, insn, word);
    } else if (!strncmp(p, "%regs}", 6)) {
        out_regs(o, insn, word);
    } else if (*p == '?') {
        size_t n = strcspn(p + 1, ":");
        const char *a = p + 1 + n + 1, *bar = memchr(a, '|', end - a);
        const char *b = bar ? bar + 1 : end;
        if (cs_get(cs_field_by_name(insn, p + 1, n), word))
            out_put(o, "%.*s", (int)((bar ? bar : end) - a), a);
        else
            out_put(o, "%.*s", (int)(end - b), b);
    } else if (*p == '~') {
        const struct cs_field *f = cs_field_by_name(insn, p + 1, end - p - 1);
        if (cs_get(f, word)) {
            out_put(o, " ");
            out_field(o, f, word);
        }
    } else {
        out_field(o, cs_field_by_name(insn, p, end - p), word);
    }
    return end + 1;
}

int cs_disasm(uint64_t word, char *buf, size_t size)
{
    struct cs_out o = {buf, size, 0};
    const char *problem = cs_word_problem(word);

    if (size)
        buf[0] = '\0';
    if (problem) {
        out_put(&o, ".word 0x%016" PRIx64 " // %s", word, problem);
        return o.len;
    }

    const struct cs_insn *insn = cs_insn_by_opcode(word >> 56);
    for (const char *p = insn->syntax; *p;) {
        if (*p == '{') {
            p = out_group(&o, insn, p + 1, word);
            continue;
        }
        size_t n = strcspn(p, "{");
        out_put(&o, "%.*s", (int)n, p);
        p += n;
    }
    return o.len;
}
