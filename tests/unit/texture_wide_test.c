/*
 * Sixteen lanes at once against one by one: the same bits from tex_wide_sample() and tex_sample(),
 * tex_wide_fetch() and tex_load(), the vectors' LODs and tex_lod(), with the vectors of every CPU.
 * Random textures of every format, in rows, tiles, AFBC and compressed blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/pipeline/texture/block.h"
#include "../../hw/pipeline/texture/surface.h"
#include "../../hw/pipeline/texture/wide.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY (1 << 20)
#define ROUNDS 6000
#define WARPS  6

static uint8_t *memory, *again; /* the same bytes at two places */

static enum tex_result read_memory(void *ctx, uint64_t va, void *to, size_t len)
{
    if (va >= MEMORY || len > MEMORY - va)
        return TEX_FAULT;
    memcpy(to, memory + va, len);
    return TEX_OK;
}

/* One page in thirty-two cannot be had, and of eleven six are elsewhere. */
static const uint8_t *map_memory(void *ctx, uint64_t va, size_t len)
{
    if (va >= MEMORY || va % TEX_PAGE + len > TEX_PAGE || va / TEX_PAGE % 32 == 17)
        return NULL;
    return (va / TEX_PAGE % 11 < 6 ? again : memory) + va;
}

static const uint8_t *peek_memory(void *ctx, uint64_t va)
{
    return va / TEX_PAGE % 64 == 5 ? NULL : map_memory(ctx, va, TEX_PAGE);
}

static struct tex_unit single = {.read = read_memory},
                       wide = {.read = read_memory, .map = map_memory, .peek = peek_memory};

static uint32_t random32(void)
{
    static uint64_t s = 0x9e3779b97f4a7c15ull;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return (uint32_t)(s >> 16);
}

static uint32_t below(uint32_t n)
{
    return random32() % n;
}

/* --- textures -------------------------------------------------------------------------------- */

enum kind { ROWS, TILES, AFBC, BLOCKS, KINDS };
static const char *const kinds[KINDS] = {"rows", "tiles", "AFBC", "blocks"};

/* A format with floats as components; of 4 bytes at most for AFBC. */
static void any_format(enum kind kind, struct texel_format *f)
{
    static const uint8_t orders[] = {0, 4, 8, 12, 16, 20, 226, 227, 229, 231, 240};

    do {
        uint32_t number = below(256), srgb = below(4) ? 0 : TEXEL_SRGB;
        number = below(3) ? number : 187; /* four channels of 8 bits: the vectors' own way */
        if (!texel_format(number << 12 | orders[below(sizeof(orders))] | srgb, f) &&
            !texel_format(number << 12, f))
            memset(f, 0, sizeof(*f));
    } while (!f->load || texel_is_integer(f) || (kind == AFBC && f->bytes > 4));
}

static const struct tex_codec *any_codec(uint8_t *variant)
{
    static const uint8_t flat[][2] = {{4, 4}, {5, 4}, {6, 6}, {8, 5}, {10, 8}, {12, 12}};
    const struct tex_codec *c = NULL;
    bool raw;

    *variant = 0;
    while (!c || c->depth > 1)
        if (random32() & 1) {
            const uint8_t *size = flat[below(6)];
            bool halves = random32() & 1;
            *variant = halves ? (uint8_t)(ASTC_WIDE | (random32() & 1 ? ASTC_HDR : 0)) : 0;
            c = tex_astc_codec(size[0], size[1], 1, halves);
        } else {
            c = tex_clump_codec(16 + below(42), &raw);
        }
    return c;
}

/* Headers: one colour, uncompressed, and rarely what is not modelled. */
static void fill_headers(uint32_t at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *h = memory + at + 16 * i;
        uint32_t offset = below(MEMORY / 2) & ~63u;
        switch (below(8)) {
        case 0:
            break;
        case 1:
        case 2:
        case 3:
            h[4] = 0;
            break;
        default:
            memcpy(h, &offset, 4);
            for (unsigned k = 0; k < 4; k++)
                memcpy(h + 4 + 3 * k, "\x41\x10\x04", 3);
        }
    }
}

static void any_surface(enum kind kind, const struct tex_texture *t, const struct tex_codec *codec,
                        struct tex_surface *s)
{
    uint32_t columns, rows, large, bytes = codec ? codec->bytes : t->format.bytes;

    s->va = below(MEMORY / 4) & ~(random32() & 3 ? 63u : 0u);
    s->codec = codec;
    columns = (s->width + (codec ? codec->width : 1) - 1) / (codec ? codec->width : 1);
    rows = (s->height + (codec ? codec->height : 1) - 1) / (codec ? codec->height : 1);
    s->row_stride = columns * bytes + 4 * below(3);
    s->tiled = kind == TILES || (kind == BLOCKS && (random32() & 1));
    if (s->tiled) {
        unsigned bits = codec && codec->compressed ? 2 : 4;
        s->row_stride = ((columns + (1u << bits) - 1) >> bits << 2 * bits) * bytes;
    }
    if (s->tiled && (random32() & 1) && tex_large_bits(bytes, &large)) {
        s->row_stride = ((columns - 1) >> tex_large_width(large) << 16) + 65536;
        s->tiled = false;
        s->large = true;
    }
    if (kind == AFBC) {
        unsigned size = below(3);
        s->va &= ~63ull;
        s->afbc_width = (uint8_t)(4 + size);
        s->afbc_height = (uint8_t)(4 - size);
        s->afbc_bytes = t->format.bytes;
        s->afbc_tile = (uint8_t)tex_afbc_tile(random32() & 1, s->afbc_bytes);
        columns = ((s->width - 1) >> s->afbc_width) + 1;
        rows = ((s->height - 1) >> s->afbc_height) + 1;
        columns = ((columns - 1) >> s->afbc_tile) + 1;
        rows = ((rows - 1) >> s->afbc_tile) + 1;
        columns <<= 2 * s->afbc_tile;
        s->row_stride = 16 * columns;
        fill_headers((uint32_t)s->va, columns * rows);
    }
    s->fetch = tex_fetcher(s);
}

static void any_view(enum kind kind, struct tex_view *v)
{
    const struct tex_codec *codec = NULL;
    uint8_t variant = 0;

    memset(v, 0, sizeof(*v));
    v->t = (struct tex_texture){.dim = TEX_2D,
                                .levels = (uint8_t)(1 + below(3)),
                                .min_level = (uint8_t)(below(4) ? 0 : below(4)),
                                .samples = 1,
                                .max_lod = 0x1fff,
                                .width = 1 + below(150),
                                .height = 1 + below(100),
                                .depth = 1,
                                .layers = 1 + below(2)};
    if (kind == BLOCKS) {
        codec = any_codec(&variant);
        texel_format(codec->texel_bytes == 8   ? (random32() & 1 ? 223u : 188u) << 12
                     : codec->texel_bytes == 4 ? 187u << 12 | (random32() & 1 ? TEXEL_SRGB : 0)
                     : codec->texel_bytes == 2 ? 164u << 12
                                               : 163u << 12,
                     &v->t.format);
    } else {
        any_format(kind, &v->t.format);
    }
    for (unsigned i = 0; i < 4; i++)
        v->t.swizzle[i] = (uint8_t)(random32() & 3 ? i : below(6));
    for (unsigned k = 0; k < v->t.layers; k++)
        for (unsigned l = 0; l < v->t.levels; l++) {
            struct tex_surface *s = &v->surface[v->count++];
            *s = (struct tex_surface){.layer = k,
                                      .level = l,
                                      .depth = 1,
                                      .variant = variant,
                                      .width = tex_minify(v->t.width, l),
                                      .height = tex_minify(v->t.height, l)};
            any_surface(kind, &v->t, codec, s);
        }
}

static void any_sampler(struct tex_sampler *s)
{
    static const uint8_t modes[] = {8, 9, 11, 12, 13, 15}, mips[] = {0, 1, 3};

    *s = (struct tex_sampler){.normalized = below(4),
                              .min_lod = below(4) ? 0 : (int32_t)below(600),
                              .max_lod = below(4) ? 0x1fff : below(600),
                              .max_anisotropy = 1,
                              .mip = mips[below(3)],
                              .magnify_nearest = random32() & 1,
                              .minify_nearest = random32() & 1,
                              .magnify_cutoff = random32() & 1,
                              .round_even = random32() & 1,
                              .bias = (int32_t)below(512) - 256};
    for (unsigned i = 0; i < 3; i++)
        s->wrap[i] = modes[below(6)];
    for (unsigned i = 0; i < 4; i++)
        s->border[i] = 0x3f000000 + i;
}

/* --- comparing ----------------------------------------------------------------------------------
 */

/* NaNs have no bits that anything promises. */
static bool same(uint32_t a, uint32_t b)
{
    return a == b || ((a & 0x7fffffff) > 0x7f800000 && (b & 0x7fffffff) > 0x7f800000);
}

struct tally {
    unsigned asked, done;
};

static bool check(const char *what, enum kind kind, const struct tex_view *v, unsigned lane,
                  enum tex_result r, const uint32_t want[4], uint32_t got[4][TEX_LANES])
{
    bool ok = r == TEX_OK;

    for (unsigned c = 0; c < 4; c++)
        ok &= same(want[c], got[c][lane]);
    if (!TAP_CHECK(ok))
        tap_note("%s, %s, type %u of %u bytes, %u x %u: lane %u got %08x %08x %08x %08x, expected "
                 "%08x %08x %08x %08x (result %d)",
                 what, kinds[kind], v->t.format.type, v->t.format.bytes, v->t.width, v->t.height,
                 lane, got[0][lane], got[1][lane], got[2][lane], got[3][lane], want[0], want[1],
                 want[2], want[3], r);
    return ok;
}

static bool sample_warp(enum kind kind, struct tex_view *v, const struct tex_sampler *s,
                        struct tally *n)
{
    static const float wild[] = {1e30f, -1e30f, 1e7f, -0.0f, 1e-40f};
    uint32_t coord[2][TEX_LANES] __attribute__((aligned(64))),
        out[4][TEX_LANES] __attribute__((aligned(64)));
    struct tex_wide q = {.lanes = (uint16_t)random32(),
                         .coord = {coord[0], coord[1]},
                         .layer = below(3),
                         .offset = {(int8_t)(below(4) ? 0 : below(16) - 8), 0}};
    float size[2] = {s->normalized ? 1 : (float)v->t.width, s->normalized ? 1 : (float)v->t.height};
    float x = (float)random32() * 0x1p-30f - 2, y = (float)random32() * 0x1p-30f - 2;
    struct tex_view other = *v;
    uint16_t done;

    for (unsigned i = 0; i < TEX_LANES; i++) {
        for (unsigned k = 0; k < 2; k++) {
            float f = (k ? y + (float)(i / 4) / 150 : x + (float)(i % 4) / 150) * size[k];
            if (!below(100))
                f = wild[below(5)];
            memcpy(&coord[k][i], &f, 4);
        }
        q.lod[i] = (int32_t)below(900) - 200;
        q.probes[i] = (uint8_t)(1 + below(4));
        for (unsigned k = 0; k < 2; k++)
            q.axis[k][i] = (float)below(1000) * 0.0001f - 0.05f;
    }
    q.anisotropic = !below(4);
    done = q.lanes ? tex_wide_sample(&wide, v, s, &q, out) : 0;
    if (!TAP_CHECK_EQ(done & ~q.lanes, 0))
        return false;
    n->asked += (unsigned)__builtin_popcount(q.lanes);
    n->done += (unsigned)__builtin_popcount(done);
    for (unsigned i = 0; i < TEX_LANES; i++) {
        struct tex_request one = {.layer = q.layer,
                                  .lod = {.lod = q.lod[i] - s->bias, .probes = 1},
                                  .min_lod = INT32_MIN,
                                  .offset = {q.offset[0], q.offset[1], 0}};
        uint32_t want[4];
        if (!(done >> i & 1))
            continue;
        memcpy(&one.coord[0], &coord[0][i], 4);
        memcpy(&one.coord[1], &coord[1][i], 4);
        if (q.anisotropic)
            one.lod = (struct tex_lod){.lod = q.lod[i] - s->bias,
                                       .probes = q.probes[i],
                                       .axis = {q.axis[0][i], q.axis[1][i]}};
        enum tex_result r = tex_sample(&single, &other, s, &one, want);
        if (!check("sampled", kind, v, i, r, want, out))
            return false;
    }
    return true;
}

static bool fetch_warp(enum kind kind, struct tex_view *v, struct tally *n)
{
    uint32_t at[2][TEX_LANES] __attribute__((aligned(64))),
        out[4][TEX_LANES] __attribute__((aligned(64)));
    struct tex_wide q = {
        .lanes = (uint16_t)random32(), .coord = {at[0], at[1]}, .layer = below(v->t.layers)};
    uint32_t level = below(v->t.levels);
    struct tex_view other = *v;
    uint16_t done;

    for (unsigned i = 0; i < TEX_LANES; i++) {
        at[0][i] = below(40) ? below(v->t.width >> level | 1) : random32();
        at[1][i] = below(40) ? below(v->t.height >> level | 1) : random32();
    }
    done = q.lanes ? tex_wide_fetch(&wide, v, &q, level, out) : 0;
    n->asked += (unsigned)__builtin_popcount(q.lanes);
    n->done += (unsigned)__builtin_popcount(done);
    for (unsigned i = 0; i < TEX_LANES; i++) {
        uint32_t want[4];
        if (!(done >> i & 1))
            continue;
        enum tex_result r = tex_load(&single, &other, at[0][i], at[1][i], 0, q.layer, level, want);
        if (!check("fetched", kind, v, i, r, want, out))
            return false;
    }
    return true;
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void variants(void (*run)(const struct tex_vec *vec))
{
    for (unsigned v = 0; v < VA_VECTORS && tex_vec_of(v); v++)
        run(tex_vec_of(v));
    tex_unit_fini(&wide);
    tex_unit_fini(&single);
}

static void sample_all(const struct tex_vec *vec)
{
    struct tally n[KINDS] = {{0}};

    wide.vec = vec;
    for (unsigned i = 0; i < ROUNDS; i++) {
        enum kind kind = i % KINDS;
        struct tex_sampler s;
        struct tex_view v;
        if (i % 64 == 0)
            for (unsigned k = 0; k < MEMORY; k += 4)
                memcpy(memory + k, &(uint32_t){random32()}, 4);
        any_view(kind, &v);
        any_sampler(&s);
        TAP_REQUIRE(tex_wide_fits(&wide, &v.t, &s));
        for (unsigned k = 0; k < WARPS; k++)
            if (!sample_warp(kind, &v, &s, &n[kind]) || !fetch_warp(kind, &v, &n[kind]))
                return;
    }
    for (unsigned k = 0; k < KINDS; k++) {
        tap_note("%s: %u of %u lanes at once", kinds[k], n[k].done, n[k].asked);
        TAP_CHECK(n[k].done > n[k].asked / 2);
    }
}

static void *map_once(int fd)
{
    void *p = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void sampled_and_fetched(void)
{
    int fd = memfd_create("texels", 0);

    TAP_REQUIRE(fd >= 0 && !ftruncate(fd, MEMORY));
    memory = map_once(fd);
    again = map_once(fd);
    close(fd);
    TAP_REQUIRE(memory && again);
    variants(sample_all);
}

static void lods_of(const struct tex_vec *vec)
{
    const struct tex_sampler s = {.max_anisotropy = 1};
    uint32_t c[2][TEX_LANES] __attribute__((aligned(64)));
    int32_t got[TEX_LANES] __attribute__((aligned(64)));

    for (unsigned n = 0; n < 20000; n++) {
        const struct tex_texture t = {
            .dim = TEX_2D, .width = 1 + below(9000), .height = 1 + below(900)};
        const float scale[2] = {(float)t.width, (float)t.height};
        const uint32_t *const coord[2] = {c[0], c[1]};
        float f[2][TEX_LANES];
        for (unsigned i = 0; i < 2 * TEX_LANES; i++) {
            uint32_t any = random32(); /* now and then infinite, NaN, equal */
            float near = (float)(any >> 8) * 0x1p-24f;
            memcpy(&c[i / TEX_LANES][i % TEX_LANES], n % 4 ? (void *)&near : (void *)&any, 4);
        }
        memcpy(f, c, sizeof(f));
        vec->lod(coord, scale, got);
        for (unsigned i = 0; i < TEX_LANES; i++) {
            struct tex_gradient g = {{0}, {0}};
            struct tex_lod want;
            for (unsigned k = 0; k < 2; k++) {
                g.dx[k] = (f[k][i | 1] - f[k][i & ~1u]) * scale[k];
                g.dy[k] = (f[k][i | 2] - f[k][i & ~2u]) * scale[k];
            }
            tex_lod(&t, &s, &g, &want);
            if (!TAP_CHECK_EQ(got[i], want.lod)) {
                tap_note("lane %u: dx %g %g, dy %g %g", i, g.dx[0], g.dx[1], g.dy[0], g.dy[1]);
                return;
            }
        }
    }
}

static void lods(void)
{
    variants(lods_of);
}

/* Every integer of every size, in the four channels of a texel's first word. */
static void unorms_of(const struct tex_vec *vec)
{
    static struct tex_words w;
    static struct tex_along x, y;
    uint32_t out[4][TEX_LANES] __attribute__((aligned(64)));

    for (unsigned bits = 1; bits <= 16; bits++) {
        uint32_t max = (1u << bits) - 1;
        const struct tex_unpack p = {.kind = TEX_BITS,
                                     .from = {0, TEXEL_ZERO, TEXEL_ONE, 0},
                                     .max = {max},
                                     .scale = {1.0f / (float)max}};
        for (uint32_t v = 0; v <= max; v++) {
            float want, got;
            w.w[0][0][v % TEX_LANES] = v | ~max;
            if (v % TEX_LANES != TEX_LANES - 1 && v != max)
                continue;
            vec->filter(&p, &w, &x, &y, false, 0xffff, out);
            for (uint32_t i = v / TEX_LANES * TEX_LANES; i <= v; i++) {
                want = (float)i / (float)max;
                memcpy(&got, &out[0][i % TEX_LANES], 4);
                if (memcmp(&got, &want, 4)) {
                    tap_note("%u of %u: expected %.9g, got %.9g", i, max, want, got);
                    TAP_CHECK(false);
                    return;
                }
            }
        }
    }
}

static void unorms(void)
{
    variants(unorms_of);
}

TAP_MAIN({"sampled-and-fetched", sampled_and_fetched}, {"lods", lods}, {"unorms", unorms})
