/*
 * Compressed blocks: what the decoders make of the blocks in cases/textures.txt, whose texels other
 * decoders wrote.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "../../hw/pipeline/texture/block.h"

#include <stdlib.h>

/* How decoded texels become the bytes of a case. */
enum form { BYTES, UNORM16, SNORM16, HALVES };

static const struct {
    const char *name;
    unsigned clump;
    enum form form;
} codecs[] = {
    {"etc2", 32, BYTES},   {"eacr", 33, BYTES},   {"eacrs", 34, BYTES},  {"eacrg", 35, BYTES},
    {"eacrgs", 36, BYTES}, {"etc2a8", 37, BYTES}, {"etc2a1", 38, BYTES}, {"bc1", 48, BYTES},
    {"bc2", 49, BYTES},    {"bc3", 50, BYTES},    {"bc4", 51, UNORM16},  {"bc5", 53, UNORM16},
    {"bc6hu", 55, HALVES}, {"bc6hs", 56, HALVES}, {"bc7", 57, BYTES},
};

static unsigned from_hex(const char *hex, uint8_t *out, unsigned most)
{
    unsigned n = 0, v;

    while (n < most && sscanf(hex + 2 * n, "%2x", &v) == 1)
        out[n++] = (uint8_t)v;
    return n;
}

static uint64_t fnv1a(const uint8_t *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325ull;

    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3ull;
    return h;
}

/* Texel @texel's component @c in units of 1/255. */
static int component(enum form form, const uint8_t *texel, unsigned c)
{
    unsigned v = texel[2 * c] | (unsigned)texel[2 * c + 1] << 8;
    float f;
    uint32_t u;

    switch (form) {
    case UNORM16:
        return (int)((v * 255 + 32767) / 65535);
    case HALVES:
        u = texel_half_to_float((uint16_t)v);
        memcpy(&f, &u, 4);
        return f > 0 ? (int)(f * 255 + 0.5f > 255 ? 255 : f * 255 + 0.5f) : 0;
    default:
        return texel[c];
    }
}

static void check_astc(const char *text, unsigned w, unsigned h, unsigned d, unsigned wide,
                       unsigned hdr, const uint8_t *block, const uint8_t *want)
{
    const struct tex_codec *c = tex_astc_codec(w, h, d, wide);
    uint8_t texels[TEX_BLOCK_BYTES];
    uint64_t expected = 0;

    TAP_REQUIRE(c != NULL);
    for (unsigned i = 0; i < 8; i++)
        expected = expected << 8 | want[i];
    c->decode(c, (wide ? ASTC_WIDE : 0) | (hdr ? ASTC_HDR : 0), block, texels);
    if (!TAP_CHECK_EQ(fnv1a(texels, (size_t)w * h * d * c->texel_bytes), expected))
        tap_note("%s", text);
}

static void check_flat(const char *text, const char *name, int tolerance, const uint8_t *block,
                       const uint8_t *want, unsigned n)
{
    uint8_t texels[TEX_BLOCK_BYTES];
    const struct tex_codec *c;
    unsigned k = 0, per = n / 16;
    bool raw;

    while (k < sizeof(codecs) / sizeof(codecs[0]) && strcmp(codecs[k].name, name))
        k++;
    TAP_REQUIRE(k < sizeof(codecs) / sizeof(codecs[0]));
    c = tex_clump_codec(codecs[k].clump, &raw);
    TAP_REQUIRE(c != NULL);
    c->decode(c, 0, block, texels);
    for (unsigned i = 0; i < n; i++) {
        int got = component(codecs[k].form, texels + i / per * c->texel_bytes, i % per);
        if (!TAP_CHECK(abs(got - want[i]) <= tolerance)) {
            tap_note("%.100s: byte %u: got %d, expected %d", text, i, got, want[i]);
            return;
        }
    }
}

/* Every line whose codec begins with @prefix. */
static void run(const char *prefix)
{
    FILE *f = fopen(TEXTURE_CASES, "r");
    unsigned seen = 0;
    char text[4096];

    TAP_REQUIRE(f != NULL);
    while (fgets(text, sizeof(text), f)) {
        char name[16], tolerance[16], block_hex[40];
        static char texel_hex[2048];
        unsigned w, h, d, wide, hdr, n;
        uint8_t block[16] = {0}, want[1024];
        if (sscanf(text, "%15s %u %u %u %u %u %15s %39s %2047s", name, &w, &h, &d, &wide, &hdr,
                   tolerance, block_hex, texel_hex) != 9 ||
            strncmp(name, prefix, strlen(prefix)))
            continue;
        seen++;
        from_hex(block_hex, block, 16);
        n = from_hex(texel_hex, want, sizeof(want));
        if (!strcmp(name, "astc"))
            check_astc(text, w, h, d, wide, hdr, block, want);
        else
            check_flat(text, name, atoi(tolerance), block, want, n);
    }
    fclose(f);
    TAP_CHECK(seen >= 16);
}

static void astc(void)
{
    run("astc");
}

static void bc(void)
{
    run("bc");
}

static void etc2(void)
{
    run("etc2");
}

static void eac(void)
{
    run("eac");
}

/* Signed BC4 and BC5: the ends, -128, both forms. */
static void signed_channels(void)
{
    static const struct {
        uint8_t a, b;
        unsigned index;
        int16_t want;
    } cases[] = {
        {127, 0x81, 0, 32767},  {127, 0x81, 1, -32767}, {127, 0x80, 1, -32767},
        {0x80, 127, 0, -32767}, {0x81, 127, 6, -32767}, {0x81, 127, 7, 32767},
        {127, 0, 2, 28086},     {0, 127, 2, 6553},      {0, 0, 3, 0},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t block[16] = {cases[i].a, cases[i].b, (uint8_t)cases[i].index}, texels[64];
        bc4_snorm_decode(NULL, 0, block, texels);
        TAP_CHECK_EQ((int16_t)(texels[0] | texels[1] << 8), cases[i].want);
        memcpy(block + 8, block, 8);
        bc5_snorm_decode(NULL, 0, block, texels);
        TAP_CHECK_EQ((int16_t)(texels[2] | texels[3] << 8), cases[i].want);
    }
}

/* Units that are not compressed: depth, stencil, alpha. */
static void small_units(void)
{
    static const struct {
        unsigned clump, bytes;
        uint8_t want[4];
    } cases[] = {
        {16, 4, {1, 2, 3, 4}}, {17, 4, {5, 6, 7, 8}}, {18, 1, {5}},
        {19, 1, {4}},          {20, 1, {4}},          {21, 1, {1}},
        {25, 4, {1, 1, 1, 2}}, {26, 4, {0, 0, 0, 1}}, {24, 4, {17, 17, 17, 0}},
    };
    const uint8_t unit[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t texel[16];
    bool raw;

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct tex_codec *c = tex_clump_codec(cases[i].clump, &raw);
        TAP_REQUIRE(c != NULL);
        TAP_CHECK_EQ(c->texel_bytes, cases[i].bytes);
        c->decode(c, 0, unit, texel);
        TAP_CHECK_MEM(texel, cases[i].want, cases[i].bytes);
    }
    for (unsigned clump = 0; clump < 256; clump++) /* each is raw, or has a decoder, or neither */
        TAP_CHECK(!(tex_clump_codec(clump, &raw) && raw));
}

TAP_MAIN({"astc", astc}, {"bc", bc}, {"etc2", etc2}, {"eac", eac},
         {"signed-channels", signed_channels}, {"small-units", small_units})
