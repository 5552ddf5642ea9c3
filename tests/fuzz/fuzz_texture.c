/*
 * Random texture, sampler and plane descriptors, blocks and coordinates through the texture unit.
 * Promises: an operation ends, with a result that it has; memory is read only through the callback,
 * which refuses what lies outside; a missing thing has a name; the same input gives the same texels
 * again, whatever the cache of blocks holds, and for many lanes at once what it gives for each.
 *
 * Input: flags, the texture's and the sampler's words, then for each request 28 bytes, then memory:
 * planes first, texels behind them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "harness.h"

#include "../../hw/pipeline/texture/wide.h"

#define MEMORY   0x8000
#define REQUESTS 4

struct memory {
    uint8_t bytes[MEMORY];
    unsigned reads;
};

static enum tex_result read_memory(void *ctx, uint64_t va, void *to, size_t len)
{
    struct memory *m = ctx;

    if (++m->reads > 1 << 16)
        hx_die("one operation reads without an end");
    if (len > MEMORY || va > MEMORY - len)
        return m->reads & 1 ? TEX_FAULT : TEX_STALL;
    memcpy(to, m->bytes + va, len);
    return TEX_OK;
}

/* Pages, but for the last. */
static const uint8_t *map_memory(void *ctx, uint64_t va, size_t len)
{
    const struct memory *m = ctx;

    return va < MEMORY - TEX_PAGE && va % TEX_PAGE + len <= TEX_PAGE ? m->bytes + va : NULL;
}

static void check(const struct tex_unit *u, enum tex_result r)
{
    if (r > TEX_UNMODELLED)
        hx_die("a result that is none");
    if (r == TEX_UNMODELLED && !u->what)
        hx_die("something is missing, but not what");
}

/* Descriptors near those of drivers, so that more than the first check is reached. */
static void texture_words(struct fz *f, uint8_t odd, uint32_t w[8])
{
    static const uint8_t numbers[] = {187, 191, 163, 164, 223, 77, 93, 91, 89, 172};

    for (unsigned i = 0; i < 8; i++)
        w[i] = fz_u32(f);
    if (!(odd & 1)) {
        w[0] = 2 | (w[0] & 0x330) | (uint32_t)numbers[w[0] % sizeof(numbers)] << 22;
        w[1] &= 0x007f007f;
        w[3] = (w[3] & 0x6000) | 0x1000 << 16;
        w[4] &= 0x3e0;
        w[5] = 0;
        w[6] &= 3;
        w[7] &= 15;
    }
}

static void sampler_words(struct fz *f, uint8_t odd, uint32_t w[8])
{
    for (unsigned i = 0; i < 8; i++)
        w[i] = fz_u32(f);
    if (!(odd & 2))
        w[0] = 1 | (w[0] & ~0xfu & ~(1u << 4)) | 8 << 8 | 8 << 12 | 8 << 16;
}

static void fill_memory(struct fz *f, uint8_t odd, struct memory *m)
{
    memset(m, 0, sizeof(*m));
    for (unsigned i = 0; i < MEMORY && f->n; i++)
        m->bytes[i] = fz_u8(f);
    for (unsigned i = 0; !(odd & 4) && i < 64; i++) { /* planes; texels behind them */
        uint8_t *p = m->bytes + 32 * i;
        p[0] = (uint8_t)(10 | (p[0] % 7 == 2 ? 1 : p[0] % 7) << 4);
        p[1] = (uint8_t)((p[1] & 0xf0) | (1 + (p[1] & 1)));
        memset(p + 10, 0, 6);
        p[9] = (uint8_t)((p[9] & 0x3f) | 8);
        memset(p + 18, 0, 2);
        memset(p + 26, 0, 2);
    }
}

static void request(struct fz *f, struct tex_request *q)
{
    uint32_t flags = fz_u32(f);

    memset(q, 0, sizeof(*q));
    for (unsigned i = 0; i < 3; i++) {
        uint32_t bits = fz_u32(f);
        float v;
        memcpy(&v, &bits, 4);
        q->coord[i] = flags & 1 ? v : (float)(bits & 0xffff) / 8192 - 2;
        q->integer[i] = (int32_t)bits;
        q->offset[i] = (int8_t)(bits >> 24);
    }
    q->integer_coords = flags & 2;
    q->face = (flags >> 4 & 7) % 6;
    q->layer = flags >> 8 & 15;
    q->shadow = flags & 4;
    q->reference = q->coord[2];
    q->lod.lod = (int16_t)fz_u16(f);
    q->lod.probes = flags >> 12 & 31;
    q->lod.axis[0] = q->coord[1];
    q->bias = (int16_t)fz_u16(f);
    q->min_lod = flags & 8 ? (int16_t)(flags >> 16) : INT32_MIN;
}

static enum tex_result run(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                           const struct tex_request *q, unsigned how, uint32_t out[4])
{
    ((struct memory *)u->ctx)->reads = 0;
    switch (how % 3) {
    case 0:
        return tex_sample(u, v, s, q, out);
    case 1:
        return tex_gather(u, v, s, q, how >> 2, out);
    default:
        return tex_load(u, v, (uint32_t)q->integer[0], (uint32_t)q->integer[1] & 0xff,
                        (uint32_t)q->integer[2] & 15, q->layer, q->face, out);
    }
}

static bool is_nan(uint32_t bits)
{
    return (bits & 0x7fffffff) > 0x7f800000;
}

/* The requests as lanes, all of the first one's layer and offset. */
static void at_once(struct tex_unit *u, struct tex_view *v, const struct tex_sampler *s,
                    struct tex_request q[REQUESTS])
{
    uint32_t coord[2][TEX_LANES] __attribute__((aligned(64))) = {{0}},
                                 out[4][TEX_LANES] __attribute__((aligned(64)));
    struct tex_wide wide = {.lanes = (1u << REQUESTS) - 1,
                            .coord = {coord[0], coord[1]},
                            .layer = q[0].layer,
                            .offset = {q[0].offset[0], q[0].offset[1]}};
    uint16_t done;

    for (unsigned i = 0; i < REQUESTS; i++) {
        wide.lod[i] = q[i].lod.lod + s->bias;
        memcpy(&coord[0][i], &q[i].coord[0], 4);
        memcpy(&coord[1][i], &q[i].coord[1], 4);
    }
    done = tex_wide_sample(u, v, s, &wide, out);
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct tex_request one = {.coord = {q[i].coord[0], q[i].coord[1]},
                                  .layer = q[0].layer,
                                  .offset = {q[0].offset[0], q[0].offset[1]},
                                  .lod = {.lod = q[i].lod.lod, .probes = 1},
                                  .min_lod = INT32_MIN};
        uint32_t want[4];
        if (!(done >> i & 1))
            continue;
        ((struct memory *)u->ctx)->reads = 0;
        if (tex_sample(u, v, s, &one, want) != TEX_OK)
            hx_die("a lane was sampled that cannot be");
        for (unsigned c = 0; c < 4; c++)
            if (want[c] != out[c][i] && !(is_nan(want[c]) && is_nan(out[c][i])))
                hx_die("lanes at once gave something else");
    }
}

static void begin(struct tex_unit *u, struct memory *m)
{
    tex_unit_fini(u);
    memset(u, 0, sizeof(*u));
    u->read = read_memory;
    u->map = map_memory;
    u->vec = tex_vec_best();
    u->ctx = m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tex_unit unit, again; /* large; zeroed each time */
    static struct memory memory;
    struct fz f = {data, size};
    uint8_t odd = fz_u8(&f);
    struct tex_request q[REQUESTS];
    uint32_t tw[8], sw[8], first[4], second[4];
    struct tex_view v = {0}, w;
    struct tex_sampler s;
    enum tex_result r;

    begin(&unit, &memory);
    texture_words(&f, odd, tw);
    sampler_words(&f, odd, sw);
    for (unsigned i = 0; i < REQUESTS; i++)
        request(&f, &q[i]);
    fill_memory(&f, odd, &memory);
    r = tex_decode_texture(&unit, tw, 0x1000, &v.t);
    check(&unit, r);
    if (r != TEX_OK)
        return 0;
    r = tex_decode_sampler(&unit, sw, 0x1000, &s);
    check(&unit, r);
    if (r != TEX_OK)
        return 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        r = run(&unit, &v, &s, &q[i], odd >> 3, first);
        check(&unit, r);
        begin(&again, &memory); /* without what earlier requests left */
        w = (struct tex_view){.t = v.t};
        if (r == TEX_OK && run(&again, &w, &s, &q[i], odd >> 3, second) == TEX_OK &&
            memcmp(first, second, sizeof(first)))
            hx_die("the same request gave something else");
    }
    if (tex_wide_fits(&unit, &v.t, &s))
        at_once(&unit, &v, &s, q);
    tex_unit_fini(&again);
    tex_unit_fini(&unit);
    return 0;
}
