/*
 * The free firmware image. The device models the microcontroller at its
 * interface, so the image need not do anything; it is still what a Cortex-M7
 * could start: vectors, a reset handler, a stack, the interface region.
 *
 *     offset 0    header, 20 bytes
 *                 section "code"    VA 0x00000000  64 KiB  R-X  vectors and code
 *                 section "data"    VA 0x00020000  64 KiB  RW-  mailbox word, stack
 *                 section "shared"  VA 0x04000000   1 MiB  RW-  interface, zero-filled
 *                 build info (optional: 6.12 does not know it)
 *     size field  contents of code, data, build info
 *
 * Sections are 64 KiB aligned so that kernels of any page size can map them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fwbuild.h"
#include "fwimage.h"

#define MAX_SECTIONS 5
#define MAX_IMAGE    8192

struct section {
    uint32_t flags, va_start, va_end;
    uint8_t data[512];
    uint32_t len;
    const char *name;
};

struct plan {
    struct section s[MAX_SECTIONS];
    unsigned count;
    char info[256];
};

/* What was laid out where, for corruptions that edit bytes. */
struct out {
    uint8_t b[MAX_IMAGE];
    uint32_t len, entries_end;
    uint32_t entry[MAX_SECTIONS + 1]; /* offset of each entry, build info last */
    uint32_t data[MAX_SECTIONS + 1], data_len[MAX_SECTIONS + 1];
    unsigned count; /* sections */
};

enum { CODE, DATA, SHARED };

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

/* --- the code -------------------------------------------------------------- */

#define RESET_AT   0x40u /* after 16 system vectors */
#define HANDLER_AT 0x58u
#define MAILBOX    0x4d524147u /* "GARM": left at the start of the data section */

static const uint16_t code[] = {
    /* 0x40 reset: */
    0xb672, /* cpsid i             interrupts stay pending: wfi still wakes */
    0x4802, /* ldr   r0, [pc, #8]  0x4c: address of the mailbox word */
    0x4902, /* ldr   r1, [pc, #8]  0x50: its value */
    0x6001, /* str   r1, [r0] */
    /* 0x48 sleep: */
    0xbf30, /* wfi */
    0xe7fd, /* b     sleep */
    /* 0x4c */
    (uint16_t)FWB_DATA_VA, (uint16_t)(FWB_DATA_VA >> 16),
    /* 0x50 */
    (uint16_t)MAILBOX, (uint16_t)(MAILBOX >> 16),
    0xbf00, 0xbf00, /* nop */
    /* 0x58 handler: every exception ends here */
    0xbe00, /* bkpt  #0 */
    0xe7fe, /* b     . */
};

static void plan_code(struct section *s)
{
    put32(s->data, FWB_DATA_VA + FWB_DATA_SIZE); /* initial stack pointer */
    put32(s->data + 4, (FWB_CODE_VA + RESET_AT) | 1);
    for (unsigned i = 2; i < 16; i++) {
        bool reserved = (i >= 7 && i <= 10) || i == 13;

        put32(s->data + 4 * i, reserved ? 0 : (FWB_CODE_VA + HANDLER_AT) | 1);
    }
    for (unsigned i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
        put16(s->data + RESET_AT + 2 * i, code[i]);
    }
    s->len = RESET_AT + sizeof(code);
}

static void plan_init(struct plan *p, const char *git_sha, const char *version)
{
    memset(p, 0, sizeof(*p));
    p->count = 3;
    p->s[CODE] = (struct section){.flags = FWI_SEC_READ | FWI_SEC_EXEC | FWI_SEC_CACHED | FWI_SEC_ZERO,
                                  .va_start = FWB_CODE_VA,
                                  .va_end = FWB_CODE_VA + FWB_CODE_SIZE,
                                  .name = "code"};
    plan_code(&p->s[CODE]);
    p->s[DATA] = (struct section){.flags = FWI_SEC_READ | FWI_SEC_WRITE | FWI_SEC_CACHED | FWI_SEC_ZERO,
                                  .va_start = FWB_DATA_VA,
                                  .va_end = FWB_DATA_VA + FWB_DATA_SIZE,
                                  .len = 16,
                                  .name = "data"};
    memcpy(p->s[DATA].data + 4, "garm data", 9); /* the mailbox word stays 0 until the core runs */
    p->s[SHARED] = (struct section){.flags = FWI_SEC_READ | FWI_SEC_WRITE | FWI_SEC_UNCACHED_COH |
                                             FWI_SEC_SHARED | FWI_SEC_ZERO,
                                    .va_start = FWI_SHARED_VA,
                                    .va_end = FWI_SHARED_VA + FWB_SHARED_SIZE,
                                    .name = "shared"};
    snprintf(p->info, sizeof(p->info), "git_sha: %.64s GARM free firmware %.64s", git_sha, version);
}

/* --- layout ------------------------------------------------------------------ */

static uint32_t out_entry(struct out *o, uint32_t type, uint32_t flags, uint32_t payload)
{
    uint32_t at = o->len;

    put32(o->b + at, type | (payload + 4) << 8 | flags);
    o->len += 4 + payload;
    return at;
}

static uint32_t out_data(struct out *o, const void *data, uint32_t len)
{
    uint32_t at = o->len;

    if (len) {
        memcpy(o->b + at, data, len);
    }
    o->len = (o->len + len + 7) & ~7u;
    return at;
}

static void out_header(struct out *o)
{
    uint32_t hash = 2166136261u;

    for (uint32_t i = FWI_HEADER_SIZE; i < o->len; i++) {
        hash = (hash ^ o->b[i]) * 16777619u;
    }
    put32(o->b, FWI_MAGIC);
    o->b[4] = 3; /* minor: as in the images of the same age */
    put32(o->b + 8, hash);
    put32(o->b + 16, o->entries_end);
}

static void plan_emit(const struct plan *p, struct out *o)
{
    uint32_t info_len = (uint32_t)strlen(p->info) + 1;

    memset(o, 0, sizeof(*o));
    o->count = p->count;
    o->len = FWI_HEADER_SIZE;
    for (unsigned i = 0; i < p->count; i++) {
        o->entry[i] = out_entry(o, FWI_SECTION, 0, 20 + 8);
        strncpy((char *)o->b + o->entry[i] + 24, p->s[i].name, 8);
    }
    o->entry[p->count] = out_entry(o, FWI_BUILD_INFO, FWI_ENTRY_OPTIONAL, 8);
    o->entries_end = o->len;
    for (unsigned i = 0; i < p->count; i++) {
        const struct section *s = &p->s[i];
        uint8_t *e = o->b + o->entry[i];

        o->data[i] = out_data(o, s->data, s->len);
        o->data_len[i] = s->len;
        put32(e + 4, s->flags);
        put32(e + 8, s->va_start);
        put32(e + 12, s->va_end);
        put32(e + 16, o->data[i]);
        put32(e + 20, o->data[i] + s->len);
    }
    o->data[p->count] = out_data(o, p->info, info_len);
    o->data_len[p->count] = info_len;
    put32(o->b + o->entry[p->count] + 4, o->data[p->count]);
    put32(o->b + o->entry[p->count] + 8, info_len);
    out_header(o);
}

/* --- corruptions -------------------------------------------------------------- */

enum { ENTRY_FLAGS = 4, ENTRY_VA = 8, ENTRY_VA_END = 12, ENTRY_DATA = 16, ENTRY_DATA_END = 20 };

static void patch(struct out *o, unsigned entry, unsigned field, uint32_t val)
{
    put32(o->b + o->entry[entry] + field, val);
}

/* Cuts the entry table at @end, consistently: the header says so too. */
static void cut_entries(struct out *o, uint32_t end)
{
    put32(o->b + 16, end);
}

#define PLAN(fn)  static void fn(struct plan *p)
#define BYTES(fn) static void fn(struct out *o)

BYTES(c_empty) { o->len = 0; }
BYTES(c_header) { o->len = FWI_HEADER_SIZE - 1; }
BYTES(c_entries) { o->len = o->entry[SHARED]; }
BYTES(c_entry_code) { cut_entries(o, o->entry[CODE] + 12); }
BYTES(c_entry_data) { cut_entries(o, o->entry[DATA] + 12); }
BYTES(c_entry_shared) { cut_entries(o, o->entry[SHARED] + 12); }
BYTES(c_entry_info) { cut_entries(o, o->entry[o->count] + 4); }
BYTES(c_data_code) { o->len = o->data[CODE] + o->data_len[CODE] / 2; }
BYTES(c_data_data) { o->len = o->data[DATA] + o->data_len[DATA] / 2; }
BYTES(c_data_info) { o->len = o->data[o->count] + o->data_len[o->count] / 2; }
BYTES(c_magic) { o->b[0] ^= 0xff; }
BYTES(c_major) { o->b[5] = 1; }
BYTES(c_size) { put32(o->b + 16, o->len + 1); }
BYTES(c_size_huge) { put32(o->b + 16, 0xffffffffu); }
BYTES(c_entry_zero) { o->b[o->entry[DATA] + 1] = 0; }
BYTES(c_entry_odd) { o->b[o->entry[DATA] + 1] += 2; }
BYTES(c_entry_long) { o->b[o->entry[o->count] + 1] = 0xfc; }
BYTES(c_type) { patch(o, o->count, 0, 12 << 8 | 0x42); }
BYTES(c_type_optional) { patch(o, o->count, 0, FWI_ENTRY_OPTIONAL | 12 << 8 | 0x42); }
BYTES(c_info_range) { patch(o, o->count, 4, 0xfffffff0u); }
BYTES(c_info_text) { o->b[o->data[o->count]] = 'x'; }
BYTES(c_flags) { patch(o, DATA, ENTRY_FLAGS, FWI_SEC_READ | 1u << 12); }
BYTES(c_va_page) { patch(o, DATA, ENTRY_VA, FWB_DATA_VA + 0x10); }
BYTES(c_va_order) { patch(o, DATA, ENTRY_VA, FWB_DATA_VA + 2 * FWB_DATA_SIZE); }
BYTES(c_data_order) { patch(o, CODE, ENTRY_DATA_END, o->data[CODE] - 4); }
BYTES(c_data_file) { patch(o, CODE, ENTRY_DATA_END, o->len + 4); }
BYTES(c_data_wrap) { patch(o, CODE, ENTRY_DATA_END, 0xffffffffu); }
PLAN(c_data_section) { p->s[DATA].va_end = p->s[DATA].va_start; }
PLAN(c_no_shared) { p->count = 2; }
PLAN(c_unshared) { p->s[SHARED].flags &= ~FWI_SEC_SHARED; }
PLAN(c_shared_elsewhere) { p->s[SHARED].va_start += FWI_PAGE; }
PLAN(c_shared_protected) { p->s[SHARED].flags |= FWI_SEC_PROTECTED; }
PLAN(c_overlap) { p->s[DATA].va_start = FWB_CODE_VA; }
PLAN(c_shared_small) { p->s[SHARED].va_end = p->s[SHARED].va_start + FWI_PAGE; }
PLAN(c_shared_readonly) { p->s[SHARED].flags &= ~FWI_SEC_WRITE; }
PLAN(c_no_vectors) { p->s[CODE].va_start = 0x10000; p->s[CODE].va_end = 0x20000; }
PLAN(c_vectors_zero) { memset(p->s[CODE].data, 0, 8); }
PLAN(c_code_noexec) { p->s[CODE].flags &= ~FWI_SEC_EXEC; }
PLAN(c_reset_noexec) { put32(p->s[CODE].data + 4, (FWB_DATA_VA + 0x40) | 1); }
PLAN(c_reset_unmapped) { put32(p->s[CODE].data + 4, 0x00900001); }
PLAN(c_reset_arm) { put32(p->s[CODE].data + 4, FWB_CODE_VA + RESET_AT); }
PLAN(c_stack_unmapped) { put32(p->s[CODE].data, 0x00900000); }
PLAN(c_stack_readonly) { put32(p->s[CODE].data, FWB_CODE_VA + 0x800); }
PLAN(c_protected)
{
    p->s[p->count++] = (struct section){.flags = FWI_SEC_READ | FWI_SEC_PROTECTED,
                                        .va_start = 0x03000000,
                                        .va_end = 0x03010000,
                                        .name = "protm"};
}

static const struct {
    struct fwb_corruption c;
    void (*plan)(struct plan *p);
    void (*bytes)(struct out *o);
} kinds[] = {
    {{"empty", FWB_PROBE_FAILS, "no byte at all"}, NULL, c_empty},
    {{"truncate-header", FWB_PROBE_FAILS, "cut inside the header"}, NULL, c_header},
    {{"truncate-entries", FWB_PROBE_FAILS, "file ends before the entry table does"}, NULL, c_entries},
    {{"truncate-entry-code", FWB_PROBE_FAILS, "table ends inside the code entry"}, NULL, c_entry_code},
    {{"truncate-entry-data", FWB_PROBE_FAILS, "table ends inside the data entry"}, NULL, c_entry_data},
    {{"truncate-entry-shared", FWB_PROBE_FAILS, "table ends inside the shared entry"}, NULL, c_entry_shared},
    {{"truncate-entry-info", FWB_PROBE_FAILS, "table ends inside the build info"}, NULL, c_entry_info},
    {{"truncate-code", FWB_PROBE_FAILS, "file ends inside the code"}, NULL, c_data_code},
    {{"truncate-data", FWB_PROBE_FAILS, "file ends inside the data"}, NULL, c_data_data},
    {{"truncate-info", FWB_HARMLESS, "file ends inside the build info text"}, NULL, c_data_info},
    {{"bad-magic", FWB_PROBE_FAILS, "wrong magic number"}, NULL, c_magic},
    {{"bad-major", FWB_PROBE_FAILS, "header version 1.x"}, NULL, c_major},
    {{"bad-size", FWB_PROBE_FAILS, "size field one past the file"}, NULL, c_size},
    {{"huge-size", FWB_PROBE_FAILS, "size field 4 GiB - 1"}, NULL, c_size_huge},
    {{"entry-size-zero", FWB_PROBE_FAILS, "an entry of size 0"}, NULL, c_entry_zero},
    {{"entry-unaligned", FWB_PROBE_FAILS, "an entry of odd size"}, NULL, c_entry_odd},
    {{"entry-too-long", FWB_PROBE_FAILS, "an entry that leaves the table"}, NULL, c_entry_long},
    {{"entry-unknown", FWB_PROBE_FAILS, "an unknown entry that is not optional"}, NULL, c_type},
    {{"entry-unknown-optional", FWB_HARMLESS, "an unknown optional entry"}, NULL, c_type_optional},
    {{"info-out-of-range", FWB_HARMLESS, "build info text outside the file"}, NULL, c_info_range},
    {{"info-bad-text", FWB_HARMLESS, "build info without git_sha"}, NULL, c_info_text},
    {{"bad-flags", FWB_PROBE_FAILS, "a section flag that does not exist"}, NULL, c_flags},
    {{"va-unaligned", FWB_PROBE_FAILS, "a section off its page"}, NULL, c_va_page},
    {{"va-reversed", FWB_PROBE_FAILS, "a section that ends before it starts"}, NULL, c_va_order},
    {{"data-reversed", FWB_PROBE_FAILS, "contents that end before they start"}, NULL, c_data_order},
    {{"data-past-file", FWB_PROBE_FAILS, "contents past the end of the file"}, NULL, c_data_file},
    {{"data-wraps", FWB_PROBE_FAILS, "contents that end at 4 GiB - 1"}, NULL, c_data_wrap},
    {{"data-over-section", FWB_PROBE_FAILS, "contents larger than the section"}, c_data_section, NULL},
    {{"no-shared", FWB_PROBE_FAILS, "no interface region"}, c_no_shared, NULL},
    {{"shared-unflagged", FWB_PROBE_FAILS, "interface region not flagged shared"}, c_unshared, NULL},
    {{"shared-elsewhere", FWB_PROBE_FAILS, "interface region at another address"}, c_shared_elsewhere, NULL},
    {{"shared-protected", FWB_PROBE_FAILS, "interface region in protected memory"}, c_shared_protected, NULL},
    {{"overlap", FWB_PROBE_FAILS, "two sections at one address"}, c_overlap, NULL},
    {{"shared-small", FWB_NO_BOOT, "interface region of one page: nothing fits"}, c_shared_small, NULL},
    {{"shared-readonly", FWB_NO_BOOT, "interface region without write permission"}, c_shared_readonly, NULL},
    {{"no-vectors", FWB_NO_BOOT, "nothing mapped at address 0"}, c_no_vectors, NULL},
    {{"vectors-zero", FWB_NO_BOOT, "vector table full of zeroes"}, c_vectors_zero, NULL},
    {{"code-noexec", FWB_NO_BOOT, "code section without execute permission"}, c_code_noexec, NULL},
    {{"reset-noexec", FWB_NO_BOOT, "reset vector points to non-executable memory"}, c_reset_noexec, NULL},
    {{"reset-unmapped", FWB_NO_BOOT, "reset vector points outside every section"}, c_reset_unmapped, NULL},
    {{"reset-arm", FWB_NO_BOOT, "reset vector without the Thumb bit"}, c_reset_arm, NULL},
    {{"stack-unmapped", FWB_HARMLESS, "stack pointer outside every section: no code here pushes"}, c_stack_unmapped, NULL},
    {{"stack-readonly", FWB_HARMLESS, "stack in read-only memory: no code here pushes"}, c_stack_readonly, NULL},
    {{"protected-section", FWB_HARMLESS, "a protected-mode section: skipped with a warning"}, c_protected, NULL},
};

const struct fwb_corruption *fwb_corruption_at(unsigned i)
{
    return i < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[i].c : NULL;
}

uint8_t *fwb_build(const char *git_sha, const char *version, const char *corrupt, size_t *size,
                   const char **err)
{
    const unsigned n = sizeof(kinds) / sizeof(kinds[0]);
    unsigned k = n;
    struct plan plan;
    struct out out;
    uint8_t *image;

    for (unsigned i = 0; corrupt && i < n; i++) {
        if (!strcmp(kinds[i].c.name, corrupt)) {
            k = i;
        }
    }
    if (corrupt && k == n) {
        *err = "no such corruption";
        return NULL;
    }
    plan_init(&plan, git_sha, version);
    if (k < n && kinds[k].plan) {
        kinds[k].plan(&plan);
    }
    plan_emit(&plan, &out);
    if (k < n && kinds[k].bytes) {
        kinds[k].bytes(&out);
    }
    image = malloc(out.len ? out.len : 1);
    if (!image) {
        *err = "out of memory";
        return NULL;
    }
    memcpy(image, out.b, out.len);
    *size = out.len;
    return image;
}
