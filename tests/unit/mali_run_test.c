/*
 * mali-run: programs in files, descriptions, stepping, breakpoints, faults.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"
#include "tools_test.h"
#include "va_asm.h"

#define OUT 65536

struct files {
    char code[64], desc[64], script[64];
};

static struct files files(const uint64_t *words, unsigned n, bool text, const char *desc,
                          const char *script)
{
    char hex[4096] = "# code\n";
    struct files f;

    for (unsigned i = 0; i < n; i++)
        snprintf(hex + strlen(hex), sizeof(hex) - strlen(hex), "%8x:  %016" PRIx64 "  text\n",
                 8 * i, words[i]);
    if (text)
        temp_file(f.code, hex, strlen(hex));
    else
        temp_file(f.code, words, 8 * n);
    temp_file(f.desc, desc, strlen(desc));
    temp_file(f.script, script, strlen(script));
    return f;
}

static int run(struct files *f, const char *options, char *out)
{
    char command[512];

    snprintf(command, sizeof(command), "%s %s %s %s < %s", MALI_RUN, options, f->code, f->desc,
             f->script);
    int status = run_tool(command, out, OUT);
    unlink(f->code);
    unlink(f->desc);
    unlink(f->script);
    return status;
}

#define RUN(out, options, text, desc, script, ...)                                                 \
    ({                                                                                             \
        const uint64_t words[] = {__VA_ARGS__};                                                    \
        struct files f = files(words, sizeof(words) / 8, text, desc, script);                      \
        run(&f, options, out);                                                                     \
    })

/* out[id] = in[id] + FAU word 2 */
#define ADD_PROGRAM                                                                                \
    address(0, uni(0), 60, 2), memory(VA_OP_LOAD_I32, 4, reg(0)), add(4, reg(4), uni(4)),          \
        address(2, uni(2), 60, 2), END(memory(VA_OP_STORE_I32, 4, reg(2)))
#define ADD_DESC                                                                                   \
    "workgroup 4 1 1  # four\ngrid 2 1 1\nmemory 0x10000 4096\nmemory 0x20000 4096\n"              \
    "fau 0x10000 0x20000 1000\nu32 0x10000 1 2 3 4 5 6 7 8\ndump 0x20000 32 d\n"

static void memory_and_registers(void)
{
    char out[OUT];

    for (unsigned text = 0; text < 2; text++) {
        TAP_CHECK_EQ(RUN(out, "", text, ADD_DESC, "", ADD_PROGRAM), 0);
        has(out, "1001 1002 1003 1004 1005 1006 1007 1008\n");
        has(out, "STORE.i32");
        has(out, "registers of group 1,0,0 warp 0");
        has(out, "r4  0:000003ed 1:000003ee 2:000003ef 3:000003f0\n");
    }
}

static void given_registers(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "", true, "workgroup 2 1 1\nreg 10 7\nreg 11 1 0x20\n", "",
                     END(add(12, reg(10), reg(11)))),
                 0);
    has(out, "r12 0:00000008 1:00000027\n");
}

static void trace(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "--trace", true, "workgroup 2 1 1\n", "", movi(3, 5),
                     END(add(4, reg(3), reg(60)))),
                 0);
    has(out, "group 0,0,0 warp 0 lanes 0003  100000000:");
    has(out, "    r3  00000005 in lanes 0003\n");
    has(out, "    r4  0:00000005 1:00000006\n");
}

static void step(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "--step", true,
                     "workgroup 1 1 1\nmemory 0x5000 16\nu32 0x5000 0xabcdef01\n",
                     "s\nr 3\nm 0x5000 4\nc\n", movi(3, 5), movi(4, 6), END(movi(5, 7))),
                 0);
    has(out, "    r3  00000005 in lanes 0001\n");
    has(out, ">     r3 ");
    has(out, "abcdef01");
    has(out, "r5  00000007");
}

static void breakpoint(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "--break 100000010", true, "workgroup 1 1 1\n", "q\n", movi(3, 5),
                     movi(4, 6), END(movi(5, 7))),
                 0);
    has(out, "breakpoint\n");
    has(out, "r4  00000006");
    TAP_CHECK(!strstr(out, "r5  00000007"));
}

/* Both warps pass the barrier: each reads what the other wrote before it. */
static void barriers(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "--quiet", true,
                     "workgroup 32 1 1\nmemory 0x10000 4096\nfau 0x10000 31\ndump 0x10080 128 d\n",
                     "", address(0, uni(0), 60, 2), memory(VA_OP_STORE_I32, 60, reg(0)), BARRIER(),
                     sub(6, uni(2), reg(60)), address(2, uni(0), 6, 2),
                     memory(VA_OP_LOAD_I32, 8, reg(2)), addi(60, 60, 32), address(0, uni(0), 60, 2),
                     END(memory(VA_OP_STORE_I32, 8, reg(0)))),
                 0);
    has(out, "31 30 29 28 27 26 25 24\n");
    has(out, "7 6 5 4 3 2 1 0\n");
}

static void faults(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "", true, "", "", 0), 1);
    has(out, "fault: INSTR_INVALID_ENC (0x51) at pc 0x100000000");
    TAP_CHECK_EQ(RUN(out, "", true, "fau 0x77000\n", "", END(memory(VA_OP_LOAD_I32, 4, uni(0)))),
                 1);
    has(out, "fault: TRANSLATION_FAULT_");
    has(out, "read of address 0x77000");
    TAP_CHECK_EQ(RUN(out, "", true, "fau 0x77000\nmemory 0x77000 4 ro\n", "",
                     END(memory(VA_OP_STORE_I32, 4, uni(0)))),
                 1);
    has(out, "PERM_FAULT_3 (0xcb)");
    TAP_CHECK_EQ(RUN(out, "--limit 1000", true, "", "", branch(lut(0), true, -1)), 1);
    has(out, "stopped: more than 1000 instructions");
}

static void bad_input(void)
{
    char out[OUT];

    TAP_CHECK_EQ(RUN(out, "", true, "workgroup 1 1\n", "", NOP()), 2);
    has(out, ":1: a number is missing");
    TAP_CHECK_EQ(RUN(out, "", true, "\nfrobnicate 1\n", "", NOP()), 2);
    has(out, ":2: no such statement");
    TAP_CHECK_EQ(RUN(out, "", true, "u32 0x1000 1\n", "", NOP()), 2);
    has(out, "not in a \"memory\" range");
    TAP_CHECK_EQ(RUN(out, "", true, "workgroup 1024 2 1\n", "", NOP()), 2);
    has(out, "at most 1024 invocations");
    TAP_CHECK_EQ(run_tool(MALI_RUN " --nonsense x", out, OUT), 2);
    has(out, "usage: mali-run");
    TAP_CHECK_EQ(run_tool(MALI_RUN " /nonexistent", out, OUT), 2);
    has(out, "No such file");
}

TAP_MAIN({"memory-and-registers", memory_and_registers}, {"given-registers", given_registers},
         {"trace", trace}, {"step", step}, {"breakpoint", breakpoint}, {"barriers", barriers},
         {"faults", faults}, {"bad-input", bad_input})
