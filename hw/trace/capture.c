/*
 * Captures: the file format of capture.h, written and read.
 *
 * Called by the pipeline's recorder and the replay tool. Calls zlib.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEADER_BYTES  32u
#define SECTION_BYTES 32u
#define JOB_BYTES     616u
#define RECORD_BYTES  24u
#define END_BYTES     24u
#define VERSION       1u
#define ZLIB_LEVEL    1 /* a guest waits for it */

enum { SECTION_JOB = 1, SECTION_END = 2, SECTION_ZLIB = 1 };

static const char magic[8] = {'G', 'A', 'R', 'M', 'C', 'A', 'P', '\n'};

struct mali_capture {
    FILE *f;
    uint64_t limit, size, jobs, too_large;
    bool ended; /* the end section is written, or writing failed */
    bool failed;
};

/* --- little-endian ------------------------------------------------------------------------- */

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = bytes; i--;)
        v = v << 8 | p[i];
    return v;
}

/* The job's fields: one list for both directions. */
#define JOB_FIELDS(F, j)                                                                           \
    F(0, 8, (j)->number)                                                                           \
    F(8, 4, (j)->type)                                                                             \
    F(12, 4, (j)->result)                                                                          \
    F(16, 1, (j)->as)                                                                              \
    F(17, 1, (j)->csg)                                                                             \
    F(18, 1, (j)->cs)                                                                              \
    F(20, 4, (j)->slices)                                                                          \
    F(24, 8, (j)->instr)                                                                           \
    F(32, 8, (j)->ip)                                                                              \
    F(40, 8, (j)->core_mask)                                                                       \
    F(48, 8, (j)->transtab)                                                                        \
    F(56, 8, (j)->transcfg)                                                                        \
    F(64, 8, (j)->memattr)                                                                         \
    F(584, 1, (j)->fault.code)                                                                     \
    F(585, 1, (j)->fault.access)                                                                   \
    F(586, 1, (j)->fault.as)                                                                       \
    F(587, 1, (j)->fault.memory)                                                                   \
    F(588, 2, (j)->fault.source_id)                                                                \
    F(592, 8, (j)->fault.va)                                                                       \
    F(600, 8, (j)->fault.info)                                                                     \
    F(608, 4, (j)->pages)

#define JOB_REGS   72u
#define HEAP_BYTES 8u

/* --- writer ---------------------------------------------------------------------------------- */

struct mali_capture *mali_capture_new(const char *path, uint64_t limit, const char **err)
{
    struct mali_capture *c = calloc(1, sizeof(*c));
    uint8_t header[HEADER_BYTES] = {0};

    if (c)
        c->f = fopen(path, "wb");
    if (!c || !c->f) {
        *err = c ? "the capture file cannot be created" : "out of memory";
        free(c);
        return NULL;
    }
    memcpy(header, magic, 8);
    put(header + 8, VERSION, 4);
    put(header + 12, HEADER_BYTES, 4);
    put(header + 16, CAPTURE_PAGE, 4);
    c->limit = limit ? limit : CAPTURE_LIMIT;
    c->failed = fwrite(header, 1, sizeof(header), c->f) != sizeof(header);
    c->size = HEADER_BYTES;
    return c;
}

static bool put_section(struct mali_capture *c, uint32_t type, uint32_t flags, const uint8_t *data,
                        uint64_t stored, uint64_t raw)
{
    uint8_t header[SECTION_BYTES] = {0};

    put(header, type, 4);
    put(header + 4, flags, 4);
    put(header + 8, stored, 8);
    put(header + 16, raw, 8);
    put(header + 24, crc32(0, data, (uInt)stored), 4);
    if (fwrite(header, 1, sizeof(header), c->f) != sizeof(header) ||
        fwrite(data, 1, stored, c->f) != stored || fflush(c->f)) {
        c->failed = c->ended = true;
        return false;
    }
    c->size += sizeof(header) + stored;
    return true;
}

static bool put_end(struct mali_capture *c, enum capture_end why)
{
    uint8_t end[END_BYTES] = {0};

    put(end, why, 4);
    put(end + 8, c->jobs, 8);
    put(end + 16, c->too_large, 8);
    bool ok = put_section(c, SECTION_END, 0, end, sizeof(end), sizeof(end));
    c->ended = true;
    return ok;
}

/* The job's section, unpacked; NULL: out of memory. */
static uint8_t *pack(const struct capture_job *job, size_t *size)
{
    uint8_t *data, *p;

    *size = JOB_BYTES + (size_t)RECORD_BYTES * job->pages + (job->heap ? HEAP_BYTES : 0);
    for (uint32_t i = 0; i < job->pages; i++)
        *size += CAPTURE_PAGE * ((job->page[i].before != NULL) + (job->page[i].after != NULL));
    data = calloc(1, *size);
    if (!data)
        return NULL;
#define F(offset, bytes, field) put(data + (offset), field, bytes);
    JOB_FIELDS(F, job)
#undef F
    for (unsigned i = 0; i < 128; i++)
        put(data + JOB_REGS + 4 * i, job->regs[i], 4);
    p = data + JOB_BYTES;
    for (uint32_t i = 0; i < job->pages; i++, p += RECORD_BYTES) {
        const struct capture_page *g = &job->page[i];
        put(p, g->va, 8);
        put(p + 8, g->pa, 8);
        put(p + 16, g->allow, 4);
        put(p + 20,
            (g->flags & CAPTURE_PAGE_WRITTEN) | (g->before ? 0 : CAPTURE_PAGE_ZERO) |
                (g->after ? CAPTURE_PAGE_CHANGED : 0),
            4);
    }
    for (uint32_t i = 0; i < job->pages; i++) {
        const uint8_t *content[2] = {job->page[i].before, job->page[i].after};
        for (unsigned k = 0; k < 2; k++)
            if (content[k]) {
                memcpy(p, content[k], CAPTURE_PAGE);
                p += CAPTURE_PAGE;
            }
    }
    if (job->heap)
        put(p, job->heap, HEAP_BYTES);
    return data;
}

const char *mali_capture_add(struct mali_capture *c, struct capture_job *job)
{
    size_t raw;
    uint8_t *data, *packed;
    uLongf stored;
    const char *why = NULL;

    if (c->ended)
        return NULL;
    job->number = c->jobs + 1;
    data = pack(job, &raw);
    stored = compressBound(raw);
    packed = data ? malloc(stored) : NULL;
    if (!packed || compress2(packed, &stored, data, raw, ZLIB_LEVEL) != Z_OK) {
        why = "out of memory: the capture ends here";
        put_end(c, CAPTURE_FULL);
    } else if (c->size + stored + 2 * SECTION_BYTES + END_BYTES > c->limit) {
        why = "the capture file has reached its limit: no more jobs go into it";
        put_end(c, CAPTURE_FULL);
    } else if (!put_section(c, SECTION_JOB, SECTION_ZLIB, packed, stored, raw)) {
        why = "the capture file cannot be written: no more jobs go into it";
    } else {
        c->jobs++;
        c->too_large += job->result == CAPTURE_TOO_LARGE;
    }
    free(packed);
    free(data);
    return why;
}

bool mali_capture_close(struct mali_capture *c)
{
    bool ok;

    if (!c)
        return true;
    if (!c->ended)
        put_end(c, CAPTURE_CLOSED);
    ok = !c->failed;
    ok &= fclose(c->f) == 0;
    free(c);
    return ok;
}

/* --- reader -------------------------------------------------------------------------------------
 */

bool capture_open(struct capture_reader *r, const void *data, size_t size, const char **err)
{
    *r = (struct capture_reader){.data = data, .size = size};
    if (size < HEADER_BYTES || memcmp(data, magic, 8)) {
        *err = "not a capture";
        return false;
    }
    if (get(r->data + 8, 4) != VERSION) {
        *err = "a capture of another version than 1";
        return false;
    }
    r->at = get(r->data + 12, 4);
    if (r->at < HEADER_BYTES || r->at > size || get(r->data + 16, 4) != CAPTURE_PAGE) {
        *err = "the header is damaged";
        return false;
    }
    return true;
}

void capture_job_free(struct capture_job *job)
{
    free(job->page);
    free(job->content);
    job->page = NULL;
    job->content = NULL;
}

/* Page records and where their contents lie; @left: bytes from the first record on. */
static const char *unpack_pages(struct capture_job *job, size_t left)
{
    const uint8_t *p = job->content + JOB_BYTES;
    uint8_t *at = job->content + JOB_BYTES + (size_t)RECORD_BYTES * job->pages;

    if (job->pages > CAPTURE_MAX_PAGES || left < (size_t)RECORD_BYTES * job->pages)
        return "a job's number of pages is wrong";
    left -= (size_t)RECORD_BYTES * job->pages;
    job->page = calloc(job->pages + 1, sizeof(*job->page));
    if (!job->page)
        return "out of memory";
    for (uint32_t i = 0; i < job->pages; i++, p += RECORD_BYTES) {
        struct capture_page *g = &job->page[i];
        uint8_t **content[2] = {&g->before, &g->after};
        *g = (struct capture_page){
            get(p, 8), get(p + 8, 8), (uint32_t)get(p + 16, 4), (uint32_t)get(p + 20, 4),
            NULL,      NULL};
        if (g->va >> 48 || (g->va | g->pa) & (CAPTURE_PAGE - 1) || g->allow > 15 || g->flags > 7)
            return "a page record is damaged";
        for (unsigned k = 0; k < 2; k++) {
            if (k ? !(g->flags & CAPTURE_PAGE_CHANGED) : g->flags & CAPTURE_PAGE_ZERO)
                continue;
            if (left < CAPTURE_PAGE)
                return "a page's content is missing";
            *content[k] = at;
            at += CAPTURE_PAGE;
            left -= CAPTURE_PAGE;
        }
    }
    if (left == HEAP_BYTES) {
        job->heap = get(at, HEAP_BYTES);
        left = 0;
    }
    return left ? "a job has more content than pages" : NULL;
}

static const char *unpack(struct capture_job *job, size_t raw)
{
    const uint8_t *data = job->content;

#define F(offset, bytes, field) field = get(data + (offset), bytes);
    JOB_FIELDS(F, job)
#undef F
    for (unsigned i = 0; i < 128; i++)
        job->regs[i] = (uint32_t)get(data + JOB_REGS + 4 * i, 4);
    if (job->result > CAPTURE_TOO_LARGE)
        return "a job's result is none";
    return unpack_pages(job, raw - JOB_BYTES);
}

static const char *read_job(struct capture_job *job, const uint8_t *data, uint64_t stored,
                            uint64_t raw, uint32_t flags)
{
    uLongf got = raw;

    if (flags != SECTION_ZLIB || raw < JOB_BYTES ||
        raw > JOB_BYTES + HEAP_BYTES + CAPTURE_MAX_PAGES * (RECORD_BYTES + 2ull * CAPTURE_PAGE))
        return "a job's section has a size or flags that no job has";
    if (raw / 1100 > stored) /* zlib packs 1032 to 1 at best: no need to try */
        return "a job's section cannot unpack to its size";
    job->content = malloc(raw);
    if (!job->content)
        return "out of memory";
    if (uncompress(job->content, &got, data, stored) != Z_OK || got != raw)
        return "a job's section does not unpack";
    return unpack(job, raw);
}

enum capture_read capture_next(struct capture_reader *r, struct capture_job *job, const char **err)
{
    memset(job, 0, sizeof(*job));
    *err = NULL;
    for (;;) {
        const uint8_t *p = r->data + r->at;
        size_t left = r->size - r->at;
        if (left < SECTION_BYTES)
            return CAPTURE_READ_CUT;
        uint32_t type = (uint32_t)get(p, 4), flags = (uint32_t)get(p + 4, 4);
        uint64_t stored = get(p + 8, 8), raw = get(p + 16, 8);
        if (stored > left - SECTION_BYTES)
            return CAPTURE_READ_CUT;
        p += SECTION_BYTES;
        if (stored > UINT32_MAX || crc32(0, p, (uInt)stored) != get(p - 8, 4)) {
            *err = "a section's checksum is wrong";
            return CAPTURE_READ_BAD;
        }
        r->at += SECTION_BYTES + stored;
        if (type == SECTION_JOB) {
            *err = read_job(job, p, stored, raw, flags);
            if (!*err)
                return CAPTURE_READ_JOB;
            capture_job_free(job);
            return CAPTURE_READ_BAD;
        }
        if (type == SECTION_END && stored >= END_BYTES) {
            r->end = (enum capture_end)(get(p, 4) != CAPTURE_CLOSED);
            r->jobs = get(p + 8, 8);
            r->too_large = get(p + 16, 8);
            return CAPTURE_READ_END;
        }
    }
}
