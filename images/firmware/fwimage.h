/*
 * The firmware image format, as panthor parses it: constants and a parser that
 * accepts and refuses what the driver does, in the driver's order.
 *
 * Used by fwdump, mkfw's builder (constants), tests and fuzzers. Host tool
 * code: never part of the device.
 * Source: panthor_fw.c of Linux 6.12.107 and 7.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_FWIMAGE_H
#define GARM_FWIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FWI_MAGIC          0xc3f13a6eu
#define FWI_HEADER_SIZE    20u
#define FWI_ENTRY_UPDATE   (1u << 30)
#define FWI_ENTRY_OPTIONAL (1u << 31)

enum fwi_entry_type {
    FWI_SECTION = 0,
    FWI_CONFIG = 1,
    FWI_TEST = 2,
    FWI_TRACE_BUFFER = 3,
    FWI_TIMELINE = 4,
    FWI_BUILD_INFO = 6, /* 7.2; 6.12 does not know it */
};

#define FWI_SEC_READ            (1u << 0)
#define FWI_SEC_WRITE           (1u << 1)
#define FWI_SEC_EXEC            (1u << 2)
#define FWI_SEC_CACHED          (1u << 3)
#define FWI_SEC_UNCACHED_COH    (2u << 3)
#define FWI_SEC_CACHED_COH      (3u << 3)
#define FWI_SEC_PROTECTED       (1u << 5)
#define FWI_SEC_SHARED          (1u << 30)
#define FWI_SEC_ZERO            (1u << 31)
#define FWI_SEC_SUPPORTED                                                                  \
    (FWI_SEC_READ | FWI_SEC_WRITE | FWI_SEC_EXEC | FWI_SEC_CACHED_COH | FWI_SEC_PROTECTED | \
     FWI_SEC_SHARED | FWI_SEC_ZERO)

#define FWI_SHARED_VA   0x04000000u
#define FWI_PAGE        0x1000u
#define FWI_MAX_ENTRIES 128u /* kept for printing; more are still validated */
#define FWI_MAX_SECTIONS 64u /* this parser's own limit */

enum fwi_driver { FWI_PANTHOR_6_12, FWI_PANTHOR_7_2 };

struct fwi_section {
    uint32_t flags, va_start, va_end, data_start, data_end;
    char name[32];
    bool loaded; /* false: the driver skips it (protected, empty) */
};

struct fwi_entry {
    uint32_t offset, header;
    int section; /* index, or -1 */
};

struct fwi_image {
    uint8_t major, minor;
    uint32_t version_hash, size; /* size: where the entries end */
    struct fwi_section sections[FWI_MAX_SECTIONS];
    unsigned section_count;
    struct fwi_entry entries[FWI_MAX_ENTRIES];
    unsigned entry_count; /* may exceed FWI_MAX_ENTRIES */
    int shared;           /* index of the shared section, or -1 */
    char build[128];      /* what 7.2 prints as the git sha, or "" */
    char error[160];      /* why it was refused */
};

/** Parses as @driver does. False and @out->error when the driver would refuse the image. */
bool fwi_parse(const uint8_t *data, size_t size, enum fwi_driver driver, struct fwi_image *out);
/**
 * Reads @len bytes at @va as the loaded sections hold them (zero where a section
 * has no data). False where a byte is unmapped or lacks a flag of @need.
 */
bool fwi_read(const struct fwi_image *img, const uint8_t *data, uint32_t va, void *buf,
              uint32_t len, uint32_t need);
/** Would the core start: reset vector, an executable target, a shared section to write the
 *  interfaces to. @img was parsed with success. Else @why. The stack pointer is not judged:
 *  a bad one hurts only code that pushes. */
bool fwi_check_boot(const struct fwi_image *img, const uint8_t *data, char *why, size_t size);
const char *fwi_type_name(unsigned type);

static inline uint32_t fwi_le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
