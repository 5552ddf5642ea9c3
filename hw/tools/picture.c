/*
 * Render targets as PNG files; see picture.h. Texels come out of memory through the texture unit's
 * layouts, so a picture shows what was really written, AFBC among it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../pipeline/gfx.h"
#include "../pipeline/texture/surface.h"

enum { BLOCK_TILED = 1, BLOCK_LINEAR = 2, BLOCK_LARGE = 8, BLOCK_AFBC = 12, BLOCK_AFBC_TILED = 13 };

/* --- PNG ---------------------------------------------------------------------------------- */

static void put32(uint8_t *at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void chunk(FILE *f, const char type[5], const uint8_t *data, uint32_t size)
{
    uint8_t word[4];
    uLong crc = crc32(crc32(0, NULL, 0), (const Bytef *)type, 4);

    put32(word, size);
    fwrite(word, 1, 4, f);
    fwrite(type, 1, 4, f);
    fwrite(data, 1, size, f);
    put32(word, (uint32_t)(size ? crc32(crc, data, size) : crc));
    fwrite(word, 1, 4, f);
}

/* @rows: each a zero (no filter) and @width pixels of RGBA. */
static bool png(const char *path, const uint8_t *rows, uint32_t width, uint32_t height)
{
    static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uLong size = height * (4ul * width + 1), packed = compressBound(size);
    uint8_t *data = malloc(packed), head[13] = {[8] = 8, [9] = 6};
    FILE *f = fopen(path, "wb");
    bool ok = data && f && compress2(data, &packed, rows, size, 6) == Z_OK;

    if (ok) {
        put32(head, width);
        put32(head + 4, height);
        fwrite(magic, 1, sizeof(magic), f);
        chunk(f, "IHDR", head, sizeof(head));
        chunk(f, "IDAT", data, (uint32_t)packed);
        chunk(f, "IEND", data, 0);
    }
    if (f)
        ok = fclose(f) == 0 && ok;
    free(data);
    return ok;
}

/* --- texels ------------------------------------------------------------------------------- */

static enum tex_result read_memory(void *ctx, uint64_t va, void *to, size_t len)
{
    if (!native_read(ctx, va, to, len)) /* pages that the job did not touch are not there */
        memset(to, 0, len);
    return TEX_OK;
}

static void load_raw(const struct texel_format *f, const void *from, uint32_t rgba[4])
{
    memset(rgba, 0, 16);
    memcpy(rgba, from, f->bytes);
}

/* The target as the texture unit would see it. False: there is no such layout. */
static bool target_surface(const struct gfx_fb *fb, const struct gfx_rt *rt, struct tex_surface *s)
{
    bool afbc = rt->block == BLOCK_AFBC || rt->block == BLOCK_AFBC_TILED;
    unsigned bits;

    if (!afbc && rt->block != BLOCK_LINEAR && rt->block != BLOCK_TILED && rt->block != BLOCK_LARGE)
        return false;
    if (rt->block == BLOCK_LARGE && !tex_large_bits(gfx_rt_bytes(rt), &bits))
        return false;
    *s = (struct tex_surface){
        .afbc_width = afbc ? rt->wide ? 5 : 4 : 0,
        .afbc_height = afbc ? rt->wide ? 3 : 4 : 0,
        .afbc_bytes = afbc ? gfx_rt_bytes(rt) : 0,
        .afbc_tile = (uint8_t)tex_afbc_tile(rt->block == BLOCK_AFBC_TILED, gfx_rt_bytes(rt)),
        .tiled = rt->block == BLOCK_TILED,
        .large = rt->block == BLOCK_LARGE,
        .width = fb->width,
        .height = fb->height,
        .depth = 1,
        .va = rt->base,
        .row_stride = rt->row_stride,
    };
    s->fetch = tex_fetcher(s);
    return true;
}

static bool target_rows(struct native *n, const struct gfx_fb *fb, const struct gfx_rt *rt,
                        uint8_t *rows)
{
    struct tex_unit *u = calloc(1, sizeof(*u));
    struct tex_texture t = {.format = {.bytes = gfx_rt_bytes(rt), .load = load_raw}};
    struct tex_surface s;
    bool ok = u && gfx_rt_bytes(rt) && target_surface(fb, rt, &s);

    if (u)
        *u = (struct tex_unit){.read = read_memory, .ctx = n};
    for (uint32_t y = 0; ok && y < fb->height; y++)
        for (uint32_t x = 0; ok && x < fb->width; x++) {
            uint32_t raw[4];
            ok =
                s.fetch(u, &t, &s, x, y, 0, raw) == TEX_OK &&
                gfx_rt_unpack(rt, (const uint8_t *)raw, rows + y * (4 * fb->width + 1) + 4 * x + 1);
        }
    free(u);
    return ok;
}

unsigned picture_write(struct native *n, const struct capture_job *job, const char *folder)
{
    struct core k = {.pipeline = n->pipeline, .tlb = n->tlb, .as = NATIVE_AS};
    struct gfx_fb fb;
    unsigned done = 0;

    if (job->type != MALI_JOB_FRAGMENT ||
        gfx_fb_load(&k, job->regs[40] | (uint64_t)job->regs[41] << 32, &fb) != MALI_MEM_OK)
        return 0;
    for (unsigned i = 0; i < fb.rts; i++) {
        uint8_t *rows = calloc(fb.height, 4ul * fb.width + 1);
        char path[1024];
        if (fb.rt[i].write && fb.rt[i].block && rows) {
            snprintf(path, sizeof(path), "%s/job-%" PRIu64 "-rt%u.png", folder, job->number, i);
            if (!target_rows(n, &fb, &fb.rt[i], rows))
                fprintf(stderr, "job %" PRIu64 ": target %u has no picture: format %u, layout %u\n",
                        job->number, i, fb.rt[i].format, fb.rt[i].block);
            else if (!png(path, rows, fb.width, fb.height))
                fprintf(stderr, "%s cannot be written\n", path);
            else
                done++;
        }
        free(rows);
    }
    return done;
}
