/*
 * Lookup, names and printing of the register table. First step of every
 * register access: offset to row.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "regs.h"

#include <inttypes.h>
#include <pthread.h>

#define DENSE_END 0x3000u /* every register below this offset is found by index */
#define NO_SLOT   0xffffu

const struct mali_reg mali_regs[MALI_REG_COUNT] = {
#define MALI_REG(n, o, w, c, s, a, v, r, m, f, wh, hw, src)                                        \
    [MALI_REG_##n] = { #n, o, w, c, s, MALI_REG_##a, v, r, m, MALI_FID_##f, wh, hw, src },
#include "gpu.def"
#undef MALI_REG
};

/* Written once by build(), constant afterwards. */
static struct {
    pthread_once_t once;
    struct mali_reg_word word[MALI_REG_WORDS];
    uint16_t dense[DENSE_END / 4]; /* offset / 4 to slot */
} table = { .once = PTHREAD_ONCE_INIT };

static void build_word(struct mali_reg_word *w, unsigned id, unsigned index, unsigned high)
{
    const struct mali_reg *r = &mali_regs[id];
    const char *half = r->width == 32 ? "" : high ? "_HI" : "_LO";

    w->reg = r;
    w->id = (uint16_t)id;
    w->slot = (uint16_t)(w - table.word);
    w->index = (uint8_t)index;
    w->high = (uint8_t)high;
    w->off = r->off + index * r->stride + high * 4;
    w->reset = (uint32_t)(r->reset >> (32 * high));
    w->wmask = (uint32_t)(r->wmask >> (32 * high));
    if (r->count > 1)
        snprintf(w->name, sizeof(w->name), "%s%s(%u)", r->name, half, index);
    else
        snprintf(w->name, sizeof(w->name), "%s%s", r->name, half);
    if (w->off < DENSE_END)
        table.dense[w->off / 4] = w->slot;
}

static void build(void)
{
    struct mali_reg_word *w = table.word;

    for (unsigned i = 0; i < DENSE_END / 4; i++)
        table.dense[i] = NO_SLOT;
    for (unsigned id = 0; id < MALI_REG_COUNT; id++)
        for (unsigned i = 0; i < mali_regs[id].count; i++)
            for (unsigned h = 0; h < mali_regs[id].width / 32u; h++)
                build_word(w++, id, i, h);
}

const struct mali_reg_word *mali_reg_words(void)
{
    pthread_once(&table.once, build);
    return table.word;
}

/** The few registers that lie far apart: the user pages. */
static const struct mali_reg_word *find_sparse(uint64_t off)
{
    for (unsigned i = MALI_REG_WORDS; i-- && table.word[i].off >= DENSE_END;)
        if (table.word[i].off == off)
            return &table.word[i];
    return NULL;
}

const struct mali_reg_word *mali_reg_find(uint64_t off)
{
    pthread_once(&table.once, build);
    if (off >= DENSE_END)
        return find_sparse(off);
    uint16_t slot = table.dense[off / 4];
    return off % 4 || slot == NO_SLOT ? NULL : &table.word[slot];
}

void mali_reg_print_markdown(FILE *out)
{
    static const char *const access[] = { "RO", "RW", "WO", "W1C", "W1S" };
    static const char *const fidelity[] = { "exact", "approximate", "unsupported" };

    fprintf(out, "| offset | name | bits | access | arch | meaning | fidelity | source |\n"
                 "|---|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < MALI_REG_COUNT; i++) {
        const struct mali_reg *r = &mali_regs[i];
        fprintf(out, "| 0x%05" PRIx32, r->off);
        if (r->count > 1)
            fprintf(out, " + 0x%" PRIx32 "·n, n < %u", r->stride, r->count);
        fprintf(out, " | %s | %u | %s | %u | %s | %s%s%s | %s |\n", r->name, r->width,
                access[r->access], r->arch, r->what, fidelity[r->fidelity], *r->how ? ": " : "",
                r->how, r->source);
    }
}
