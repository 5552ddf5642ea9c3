/*
 * Random captures through the reader and the replay. Promises: the reader ends and gives only
 * jobs that hold together; a replay ends.
 *
 * Input: a byte. 0: the rest is a capture's file. Else the rest is a job's section, which is packed
 * into a file as the device would: without that no input gets past the checksum.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "harness.h"
#include "../../hw/tools/replay.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PAGES  4096 /* RAM of the replay */
#define SLICES 8
#define HEAD   64 /* header of the file and of the section */

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* A file with one section that holds @data. */
static uint8_t *wrap(const uint8_t *data, size_t size, size_t *total)
{
    uLongf stored = compressBound(size);
    uint8_t *file = calloc(1, HEAD + stored);

    if (!file || compress2(file + HEAD, &stored, data, size, 1) != Z_OK)
        hx_die("no memory");
    memcpy(file, "GARMCAP\n", 8);
    put(file + 8, 1, 4);
    put(file + 12, 32, 4);
    put(file + 16, 4096, 4);
    put(file + 32, 1, 4);
    put(file + 36, 1, 4);
    put(file + 40, stored, 8);
    put(file + 48, size, 8);
    put(file + 56, crc32(0, file + HEAD, (uInt)stored), 4);
    *total = HEAD + stored;
    return file;
}

static void check(const struct capture_job *j)
{
    for (uint32_t i = 0; i < j->pages; i++) {
        const struct capture_page *g = &j->page[i];
        volatile uint8_t sum = 0;
        if (g->va & 4095 || g->va >> 48)
            hx_die("a page that is none");
        for (unsigned k = 0; k < 4096; k += 4095) { /* both ends are there */
            sum += g->before ? g->before[k] : 0;
            sum += g->after ? g->after[k] : 0;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct native *n;
    struct capture_reader r;
    struct capture_job job;
    uint8_t *file = NULL;
    const char *err;
    unsigned jobs = 0;

    if (!size)
        return 0;
    if (!n) {
        n = native_new(PAGES, 1);
        if (!n)
            hx_die("no memory");
        n->quiet = !getenv("FUZZ_LOG");
    }
    size--;
    if (*data++)
        data = file = wrap(data, size, &size);
    if (capture_open(&r, data, size, &err)) {
        while (jobs++ < 16 && capture_next(&r, &job, &err) == CAPTURE_READ_JOB) {
            struct replay_report out;
            check(&job);
            replay_job(n, &job, SLICES, &out);
            if (out.verdict == REPLAY_MEMORY)
                replay_find_writer(n, &job, SLICES, &out);
            capture_job_free(&job);
        }
        if (r.at > size)
            hx_die("read beyond the end");
    }
    free(file);
    return 0;
}
