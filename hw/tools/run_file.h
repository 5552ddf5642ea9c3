/*
 * What mali-run runs: a shader from a file, and a description of the launch.
 *
 * Called by mali-run. Calls native.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_RUN_FILE_H
#define MALI_RUN_FILE_H

#include "native.h"

#define RUN_MAX_REGS    64
#define RUN_MAX_DUMPS   64
#define RUN_MAX_FAU     128
#define RUN_MAX_TABLES  64
#define RUN_MAX_ENTRIES 4096              /* descriptors in all tables */
#define RUN_DESC        0x7f0000000000ull /* where mali-run puts descriptors: 64 pages */
#define RUN_DESC_PAGES  64
#define RUN_CODE        0x100000000ull /* where the shader lies unless "base" says otherwise */
#define RUN_TLS         0x7e0000000000ull
#define RUN_WLS         0x7d0000000000ull

struct run_dump {
    uint64_t va;
    uint32_t size;
    char as; /* 'x' 32-bit hex, 'q' 64-bit hex, 'f' fp32, 'd' decimal, 'b' bytes */
};

/* Registers that are given: @count values for lanes 0.., or one for all. */
struct run_reg {
    bool given;
    uint8_t count;
    uint32_t value[16];
};

struct run_table {
    bool used;
    unsigned entries; /* highest index + 1 */
};

struct run_file {
    uint32_t size[3], grid[3], offset[3];
    uint64_t base;
    unsigned fau_count;
    uint64_t fau[RUN_MAX_FAU];
    struct run_reg reg[RUN_MAX_REGS];
    unsigned dumps;
    struct run_dump dump[RUN_MAX_DUMPS];
    unsigned ftz;       /* mode of the shader program descriptor, 0..3 */
    unsigned tls_log2;  /* 16 << n bytes for a thread */
    unsigned wls_scale; /* 2^(n - 1) bytes for a workgroup; 0: none */
    struct run_table table[RUN_MAX_TABLES];
    uint32_t desc[RUN_MAX_ENTRIES][8];
    uint16_t desc_of[RUN_MAX_TABLES][64]; /* 1 + index into desc, tables have up to 64 entries */
    unsigned descs;
    uint64_t *code;
    unsigned words;
};

/** The description's defaults: one workgroup of 16. */
void run_file_init(struct run_file *f);
void run_file_fini(struct run_file *f);
/**
 * Reads a shader: little-endian 64-bit words, or text with hexadecimal words as mali-disasm takes
 * and prints them. False: said on standard error.
 */
bool run_file_shader(struct run_file *f, const char *path);
/** Reads a description, whose memory goes into @n. False: said on standard error. */
bool run_file_read(struct run_file *f, struct native *n, const char *path);
/** Code, descriptors, local storage into @n. False: said on standard error. */
bool run_file_place(struct run_file *f, struct native *n);

#endif
