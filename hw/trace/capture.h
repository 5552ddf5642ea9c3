/*
 * Captures: files that hold jobs with the memory that they touched, so that they can be
 * run again without a guest. This is the format: a writer, and a reader that believes nothing.
 *
 * All numbers are little-endian. The file begins with 32 bytes: "GARMCAP\n", u32 version (1),
 * u32 size of this header (32), u32 page size (4096), zeros. Sections follow, each with a header
 * of 32 bytes: u32 type, u32 flags (bit 0: the content is a zlib stream), u64 bytes in the file,
 * u64 bytes when unpacked, u32 CRC-32 of the bytes in the file, u32 zero. Unknown types are
 * skipped.
 *
 * Type 1, a job that has ended (CAPTURE_JOB_BYTES, then the page records, then contents):
 *      0 u64 number, from 1 on      8 u32 type, enum mali_job_type   12 u32 result, enum below
 *     16 u8 as, csg, cs, 0         20 u32 slices                     24 u64 instruction
 *     32 u64 its address           40 u64 allowed cores              48 u64 TRANSTAB, TRANSCFG,
 *     72 u32 registers [128]                                            MEMATTR in force
 *    584 u8 fault code, access, as, memory; u16 source id, 0         592 u64 va, info
 *    608 u32 pages                612 u32 zero
 * A page record: u64 va, u64 guest-physical address, u32 allowed accesses (1 << enum mali_access),
 * u32 flags (CAPTURE_PAGE_*). Contents, in the order of the records: 4096 bytes as they were
 * when the job first touched the page, unless it was all zeros; 4096 bytes as they were when the
 * job had ended, if they differ. If the stream had a tiler heap, the last 8 bytes are its context's address.
 *
 * Type 2, the end: u32 why (enum capture_end), u32 zero, u64 jobs in the file, u64 jobs without
 * memory because they touched too much. A file without it was cut off; what precedes is good.
 *
 * Called by the pipeline's recorder, the replay tool, its tests and fuzzer. Calls zlib.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_CAPTURE_H
#define MALI_CAPTURE_H

#include "../bus/bus.h"

#define CAPTURE_PAGE      4096u
#define CAPTURE_MAX_PAGES 16384u       /* of one job: 64 MiB */
#define CAPTURE_LIMIT     (1ull << 30) /* bytes of a file */

#define CAPTURE_PAGE_WRITTEN 1u /* the job asked to write it */
#define CAPTURE_PAGE_CHANGED 2u /* contents after the job follow */
#define CAPTURE_PAGE_ZERO    4u /* it held zeros before */

enum capture_result {
    CAPTURE_DONE,
    CAPTURE_FAULTED,
    CAPTURE_DROPPED,   /* the group was terminated, or the GPU reset: memory may be half written */
    CAPTURE_TOO_LARGE, /* touched more than CAPTURE_MAX_PAGES: no pages are here */
};

enum capture_end { CAPTURE_CLOSED, CAPTURE_FULL };

struct capture_page {
    uint64_t va, pa;
    uint32_t allow, flags;
    uint8_t *before, *after; /* NULL: zeros; not changed */
};

struct capture_job {
    uint64_t number;
    uint32_t type, result, slices;
    uint8_t as, csg, cs;
    uint64_t instr, ip, core_mask, heap;
    uint64_t transtab, transcfg, memattr;
    uint32_t regs[128];
    struct mali_fault fault; /* CAPTURE_FAULTED */
    uint32_t pages;
    struct capture_page *page;
    uint8_t *content; /* reader: what pages point into */
};

/* --- writer: one thread at a time ----------------------------------------------------- */

struct mali_capture;

/** @limit: bytes of the file, 0: CAPTURE_LIMIT. NULL and *err (static) when it cannot be made. */
struct mali_capture *mali_capture_new(const char *path, uint64_t limit, const char **err);
/**
 * Adds a job; sets its number. NULL, or, once, why this job and all later ones are not in the file
 * (a static string): the limit is reached, or writing failed.
 */
const char *mali_capture_add(struct mali_capture *c, struct capture_job *job);
/** Ends the file. NULL: nothing. False: writing failed. */
bool mali_capture_close(struct mali_capture *c);

/* --- reader -------------------------------------------------------------------------------- */

struct capture_reader {
    const uint8_t *data;
    size_t size, at;
    enum capture_end end; /* after CAPTURE_READ_END */
    uint64_t jobs, too_large;
};

enum capture_read {
    CAPTURE_READ_JOB,
    CAPTURE_READ_END,
    CAPTURE_READ_CUT, /* the file ends without an end section */
    CAPTURE_READ_BAD, /* *err says what */
};

/** @data stays the caller's. False: no capture, or of another version; *err says so (static). */
bool capture_open(struct capture_reader *r, const void *data, size_t size, const char **err);
/** The next job: capture_job_free() it. @err: static string for CAPTURE_READ_BAD. */
enum capture_read capture_next(struct capture_reader *r, struct capture_job *job, const char **err);
void capture_job_free(struct capture_job *job);

#endif
