/*
 * Words to decoded instructions and back. A word's row is found by two table
 * look-ups: where the opcode keeps its secondary opcode, then the row by both.
 *
 * Called by the interpreter, disassembler tool and unit tests. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "va_row.h"

#include <string.h>

/* Rows of one opcode agree on the place, so it is written more than once. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#define VA(id, text, opc, sec, ...) [opc] = VA_SEC_##sec + 1,
static const uint8_t va_sec_of[512] = {
#include "isa.def"
};
#undef VA
#pragma GCC diagnostic pop

/* Two rows for one encoding would be overriding initialisers: the compiler refuses. */
#define VA(id, text, opc, sec, value, ...) [(opc) << 5 | (value)] = VA_OP_##id + 1,
static const uint16_t va_row_of[512 << 5] = {
#include "isa.def"
};
#undef VA

static inline bool valid_value(unsigned en, unsigned val)
{
    return val < 16 && (va_enum_valid[en] >> val & 1);
}

/* --- sources ------------------------------------------------------------------ */

/* A source reads a 64-bit pair unless its selector picks a 32-bit part of one. */
static bool reads_pair(const struct va_src_form *f, unsigned sel)
{
    return f->bits == 64 && (f->sel_enum != VA_E_SWZ64 || sel == VA_SWZ64_NONE);
}

static enum va_error decode_src_byte(unsigned byte, unsigned page, struct va_src *out)
{
    unsigned low6 = byte & 0x3f;

    if (byte < 0x80) {
        out->kind = VA_SRC_REG;
        out->index = low6;
        out->last = byte >> 6;
    } else if (byte < 0xc0) {
        out->kind = VA_SRC_UNIFORM;
        out->index = low6 | page << 6;
    } else if (byte < 0xe0) {
        out->kind = VA_SRC_CONST;
        out->index = low6;
        out->value = va_lut(low6);
    } else {
        unsigned number = (byte >> 1) & 15;
        out->kind = VA_SRC_SPECIAL;
        out->index = page << 4 | number;
        out->half = byte & 1;
        return va_special_text(out->index) ? VA_OK : VA_ERR_SPECIAL;
    }
    return VA_OK;
}

static enum va_error decode_src(uint64_t word, const struct va_src_form *f, unsigned page,
                                struct va_src *out)
{
    unsigned byte = va_bits(word, f->lo, 8);
    enum va_error err = decode_src_byte(byte, page, out);

    if (err)
        return err;
    if (f->neg) {
        out->neg = va_bits(word, f->neg, 1);
        out->abs = va_bits(word, f->neg + 1, 1);
    }
    if (f->inv)
        out->inv = va_bits(word, f->inv, 1);
    if (f->sel_width) {
        out->sel = va_bits(word, f->sel_lo, f->sel_width);
        out->sel_enum = f->sel_enum;
        if (!valid_value(f->sel_enum, out->sel))
            return VA_ERR_ENUM;
    }
    out->bits = reads_pair(f, out->sel) ? 64 : 32;
    if (out->bits == 64 && (byte & 1) && out->kind != VA_SRC_CONST)
        return VA_ERR_PAIR;
    return VA_OK;
}

/*
 * How many words of uniforms, special values and constants one instruction may
 * name: two, and those that are not constants from one 64-bit slot; messages
 * may use two slots. ATEST and BLEND count as messages in neither respect, but
 * like them cannot read what only the engine has. Source: va_validate.c, asm.py.
 */
static enum va_error check_fau(const struct va_insn *in, uint64_t word, const struct va_row *row)
{
    uint8_t seen[VA_MAX_SRC];
    unsigned words = 0, slots = 0, specials = 0;
    bool message = row->info.message;

    for (unsigned i = 0; i < in->nr_src; i++) {
        unsigned byte = va_bits(word, row->src[i].lo, 8);
        bool new_word = true, new_slot = byte < 0xc0 || byte >= 0xe0;

        if (byte < 0x80)
            continue;
        for (unsigned j = 0; j < words; j++) {
            new_word &= seen[j] != byte;
            new_slot &= seen[j] >> 1 != byte >> 1;
        }
        if (new_word)
            seen[words++] = byte;
        slots += new_slot;
        specials += new_slot && byte >= 0xe0;
        if (message && byte >= 0xe0 &&
            (in->fau_page == 3 || in->src[i].index == VA_SPECIAL_WARP_ID))
            return VA_ERR_FAU_MESSAGE;
    }
    message &= in->op != VA_OP_ATEST && in->op != VA_OP_BLEND;
    return words > 2 || slots > (message ? 2 : 1) || specials > 1 ? VA_ERR_FAU_LIMIT : VA_OK;
}

/* --- staging registers and destination ----------------------------------------- */

static bool flags_ok(unsigned form, unsigned flags)
{
    if (form == VA_SR_W1)
        return flags == VA_SR_W || flags == VA_SR_RW;
    return flags == form;
}

static enum va_error decode_sr(uint64_t word, const struct va_sr_form *f, struct va_staging *out)
{
    out->reg = va_bits(word, f->lo, 6);
    out->count = f->count == VA_SR_WCNT ? va_bits(word, 36, 3) + 1 : va_bits(word, 33, 3);
    out->write = f->flags >= VA_SR_W ? f->flags != VA_SR_RW : f->lo != 40;
    out->read =
        f->flags == VA_SR_R || f->flags == VA_SR_RW || (f->flags == VA_SR_NOFLAGS && f->lo == 40);
    if (f->flags != VA_SR_NOFLAGS) {
        out->flags = va_bits(word, 46, 2);
        if (!flags_ok(f->flags, out->flags))
            return VA_ERR_STAGING;
    }
    if (out->reg + out->count > 64 || (out->count > 1 && (out->reg & 1)))
        return VA_ERR_STAGING;
    return VA_OK;
}

static enum va_error decode_dest(uint64_t word, const struct va_row *row, struct va_insn *out)
{
    unsigned mask = va_bits(word, 46, 2);

    out->dst_bits = row->dst_bits;
    if (!row->dst_bits)
        return mask == 3 ? VA_OK : VA_ERR_DEST;
    out->dst = va_bits(word, 40, 6);
    out->dst_mask = mask;
    if (!mask || (row->dst_bits == 64 && mask != 3))
        return VA_ERR_DEST;
    return row->dst_bits == 64 && (out->dst & 1) ? VA_ERR_PAIR : VA_OK;
}

/* --- the whole word -------------------------------------------------------------- */

static enum va_error decode_fields(uint64_t word, const struct va_row *row, struct va_insn *out)
{
    enum va_error err = VA_OK;

    for (const struct va_sr_form *s = row->sr; s->count && !err; s++)
        err = decode_sr(word, s, &out->sr[out->nr_sr++]);
    if (!out->nr_sr)
        err = decode_dest(word, row, out);
    for (const struct va_src_form *s = row->src; s->bits && !err; s++)
        err = decode_src(word, s, out->fau_page, &out->src[out->nr_src++]);
    for (const struct va_mod_form *m = row->mod; m->width && !err; m++) {
        out->mod[m->mod] = va_bits(word, m->lo, m->width);
        if (!valid_value(m->en, out->mod[m->mod]))
            err = VA_ERR_ENUM;
    }
    for (const struct va_imm_form *i = row->imm; i->width; i++) {
        uint64_t raw = va_bits(word, i->lo, i->width);
        uint64_t top = i->sign ? 1ull << (i->width - 1) : 0;
        out->imm[out->nr_imm++] = (int64_t)((raw ^ top) - top);
    }
    return err ? err : check_fau(out, word, row);
}

enum va_error va_decode(uint64_t word, struct va_insn *out)
{
    unsigned opcode = va_bits(word, 48, 9);
    unsigned sec = va_sec_of[opcode];

    if (!sec)
        return VA_ERR_OPCODE;

    unsigned row1 = va_row_of[opcode << 5 | va_secondary(word, sec - 1)];
    if (!row1)
        return VA_ERR_SECONDARY;
    if (word & ~va_known[row1 - 1])
        return VA_ERR_RESERVED;

    memset(out, 0, sizeof(*out));
    out->op = row1 - 1;
    out->fau_page = va_bits(word, 57, 2);
    out->flow = va_bits(word, 59, 4);
    if (!valid_value(VA_E_FLOW, out->flow))
        return VA_ERR_FLOW;
    return decode_fields(word, &va_rows[row1 - 1], out);
}

/* --- encoding ---------------------------------------------------------------------- */

struct packer {
    uint64_t word;
    bool bad; /* a value did not fit */
};

static void put(struct packer *p, uint64_t value, unsigned lo, unsigned width)
{
    if (value >> width)
        p->bad = true;
    else
        p->word |= value << lo;
}

static void encode_src(struct packer *p, const struct va_src_form *f, const struct va_src *s,
                       unsigned page)
{
    unsigned byte = s->index;

    switch (s->kind) {
    case VA_SRC_REG:
        p->bad |= s->index > 63;
        byte |= s->last << 6;
        break;
    case VA_SRC_UNIFORM:
        p->bad |= s->index >> 6 != page;
        byte = 0x80 | (s->index & 63);
        break;
    case VA_SRC_CONST:
        p->bad |= s->index > 31;
        byte |= 0xc0;
        break;
    default:
        p->bad |= s->index >> 4 != page || s->half > 1 || s->kind != VA_SRC_SPECIAL;
        byte = 0xe0 | (s->index & 15) << 1 | s->half;
    }
    put(p, byte & 0xff, f->lo, 8);
    if (f->neg)
        put(p, s->neg | s->abs << 1, f->neg, 2);
    if (f->inv)
        put(p, s->inv, f->inv, 1);
    if (f->sel_width)
        put(p, s->sel, f->sel_lo, f->sel_width);
}

static void encode_sr(struct packer *p, const struct va_sr_form *f, const struct va_staging *s)
{
    put(p, s->reg, f->lo, 6);
    if (f->flags != VA_SR_NOFLAGS)
        put(p, s->flags, 46, 2);
    if (f->count == VA_SR_WCNT)
        put(p, (uint64_t)s->count - 1, 36, 3);
    else
        put(p, s->count, 33, 3);
}

static void encode_imm(struct packer *p, const struct va_imm_form *f, int64_t value)
{
    uint64_t mask = (1ull << f->width) - 1;
    uint64_t top = f->sign ? 1ull << (f->width - 1) : 0;

    p->bad |= (((uint64_t)value + top) & ~mask) != 0;
    p->word |= ((uint64_t)value & mask) << f->lo;
}

enum va_error va_encode(const struct va_insn *in, uint64_t *word)
{
    struct packer p = {0, false};
    struct va_insn check;
    unsigned n = 0;

    if (in->op >= VA_OPS)
        return VA_ERR_OPCODE;

    const struct va_row *row = &va_rows[in->op];
    p.word = (uint64_t)row->info.opcode << 48 | va_secondary_bits(row->info.secondary, row->sec);
    put(&p, in->fau_page, 57, 2);
    put(&p, in->flow, 59, 4);
    for (const struct va_sr_form *s = row->sr; s->count; s++, n++)
        encode_sr(&p, s, &in->sr[n]);
    if (!n && row->dst_bits)
        put(&p, in->dst, 40, 6);
    if (!n)
        put(&p, row->dst_bits ? in->dst_mask : 3, 46, 2);
    n = 0;
    for (const struct va_src_form *s = row->src; s->bits; s++)
        encode_src(&p, s, &in->src[n++], in->fau_page);
    for (const struct va_mod_form *m = row->mod; m->width; m++)
        put(&p, in->mod[m->mod], m->lo, m->width);
    n = 0;
    for (const struct va_imm_form *i = row->imm; i->width; i++)
        encode_imm(&p, i, in->imm[n++]);
    if (p.bad)
        return VA_ERR_RANGE;
    *word = p.word;
    return va_decode(p.word, &check);
}
