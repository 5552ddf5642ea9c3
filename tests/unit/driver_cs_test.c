/*
 * The instructions that garm.ko writes into rings, as the model's disassembler reads them: encoder and table were
 * written apart from each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../driver/garm_cs_encode.h"

#include "../../hw/csf/cs.h"
#include "tap.h"

static void expect(uint64_t word, const char *text)
{
    char got[128];

    cs_disasm(word, got, sizeof(got));
    TAP_CHECK_STR(got, text);
}

static void moves(void)
{
    expect(cs_mov48(92, 0xfedcba987654), "MOVE d92, #0xfedcba987654");
    expect(cs_mov32(94, 0x80ffffff), "MOVE32 r94, #0x80ffffff");
}

/* Whatever the user's address is, it must not become another instruction. */
static void address_too_wide(void)
{
    TAP_CHECK_EQ(cs_mov48(92, ~0ull), cs_mov48(92, 0xffffffffffff));
}

static void job(void)
{
    expect(cs_wait(1), "WAIT #0x1");
    expect(cs_wait(0xff), "WAIT #0xff");
    expect(cs_call(92, 94), "CALL d92, r94");
    expect(cs_flush_all(94, 0),
           "FLUSH_CACHE2.clean_invalidate_l2.clean_invalidate_lsc.invalidate_other r94, #0x0, #0");
    expect(cs_sync_set64(92, 94, 0), "SYNC_SET64.system [d92], d94, #0x0, #0");
    expect(cs_error_barrier(), "ERROR_BARRIER");
}

static void counters(void)
{
    expect(cs_store_state(92, CS_STATE_TIMESTAMP, 0), "STORE_STATE.SYSTEM_TIMESTAMP [d92], #0x0, #0");
    expect(cs_store_state(94, CS_STATE_CYCLES, 0), "STORE_STATE.CYCLE_COUNT [d94], #0x0, #0");
    expect(cs_store_state(92, CS_STATE_ERROR, 0), "STORE_STATE.ERROR_STATE [d92], #0x0, #0");
}

TAP_MAIN({ "moves", moves }, { "address-too-wide", address_too_wide }, { "job", job },
         { "counters", counters })
