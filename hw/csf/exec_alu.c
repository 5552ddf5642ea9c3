/*
 * Register instructions. The hot ones are here for the dispatch table's sake:
 * cs_exec.c runs the same functions inlined from exec_alu.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exec_alu.h"

enum cs_next cs_NOP(struct cs_ctx *c, uint64_t w)
{
    (void)c, (void)w;
    return CS_NEXT;
}

enum cs_next cs_MOVE(struct cs_ctx *c, uint64_t w)
{
    alu_move(c->st->regs, w);
    return CS_NEXT;
}

enum cs_next cs_MOVE32(struct cs_ctx *c, uint64_t w)
{
    alu_move32(c->st->regs, w);
    return CS_NEXT;
}

enum cs_next cs_ADD_IMMEDIATE32(struct cs_ctx *c, uint64_t w)
{
    alu_add32(c->st->regs, w);
    return CS_NEXT;
}

enum cs_next cs_ADD_IMMEDIATE64(struct cs_ctx *c, uint64_t w)
{
    alu_add64(c->st->regs, w);
    return CS_NEXT;
}

enum cs_next cs_UMIN32(struct cs_ctx *c, uint64_t w)
{
    alu_umin32(c->st->regs, w);
    return CS_NEXT;
}
