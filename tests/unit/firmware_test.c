/*
 * The free firmware image, judged by a parser written for this test alone from
 * panthor_fw.c, so that a mistake in fwimage.c does not hide one in fwbuild.c;
 * then fwimage.c against every corruption and every truncation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "../../images/firmware/fwbuild.h"
#include "../../images/firmware/fwimage.h"
#include "tap.h"

struct blob {
    uint8_t *p;
    size_t size;
};

static struct blob build(const char *corrupt)
{
    const char *err = NULL;
    struct blob b;

    b.p = fwb_build("0123abcd", "1.2", corrupt, &b.size, &err);
    TAP_CHECK(b.p != NULL);
    return b;
}

static uint32_t w(const struct blob *b, size_t at)
{
    uint32_t v = 0;

    if (TAP_CHECK(at + 4 <= b->size)) {
        memcpy(&v, b->p + at, 4);
    }
    return v;
}

static void header(void)
{
    struct blob b = build(NULL);

    TAP_CHECK_EQ(w(&b, 0), 0xc3f13a6e);
    TAP_CHECK_EQ(b.p[5], 0);
    TAP_CHECK_EQ(w(&b, 4) >> 16, 0);
    TAP_CHECK_EQ(w(&b, 12), 0);
    TAP_CHECK(w(&b, 16) <= b.size && w(&b, 16) % 4 == 0);
    free(b.p);
}

/* Section @n of type 0: offsets of its five words, or 0. */
static size_t section(const struct blob *b, unsigned n)
{
    size_t at = 20;

    while (at < w(b, 16)) {
        uint32_t e = w(b, at), size = e >> 8 & 0xff;

        if (!TAP_CHECK(size >= 4 && size % 4 == 0 && at + size <= w(b, 16))) {
            return 0;
        }
        if ((e & 0xff) == 0 && n-- == 0) {
            TAP_CHECK(size >= 24);
            return at + 4;
        }
        if ((e & 0xff) > 4) {
            TAP_CHECK(e >> 31); /* 6.12 refuses unknown entries that are not optional */
        }
        at += size;
    }
    return 0;
}

static void sections(void)
{
    struct blob b = build(NULL);
    bool shared = false, vectors = false;
    size_t s;
    unsigned n;

    for (n = 0; (s = section(&b, n)); n++) {
        uint32_t flags = w(&b, s), va = w(&b, s + 4), end = w(&b, s + 8);
        uint32_t d0 = w(&b, s + 12), d1 = w(&b, s + 16);

        TAP_CHECK_EQ(flags & ~0xc000003fu, 0);
        TAP_CHECK_EQ((va | end) & 0xffff, 0);
        TAP_CHECK(va < end && d0 <= d1 && d1 <= b.size && d1 - d0 <= end - va);
        if (va == 0x04000000) {
            shared = true;
            TAP_CHECK_EQ(flags & 0xc0000007, 0xc0000003);
            TAP_CHECK(end - va >= 512 * 1024);
        }
        if (va == 0) {
            uint32_t reset = w(&b, d0 + 4);

            vectors = true;
            TAP_CHECK_EQ(flags & 7, 5);
            TAP_CHECK_EQ(reset & 1, 1);
            TAP_CHECK(reset < d1 - d0);
            TAP_CHECK_EQ(b.p[d0 + reset - 1] | b.p[d0 + reset] << 8, 0xb672); /* cpsid i */
        }
    }
    TAP_CHECK_EQ(n, 3);
    TAP_CHECK(shared && vectors);
    free(b.p);
}

static void reset_code(void)
{
    struct blob b = build(NULL);
    uint32_t code = w(&b, section(&b, 0) + 12), sp = w(&b, code);
    size_t data = section(&b, 1);

    /* literals of the two ldr: (pc & ~3) + imm, pc = address + 4; source: Armv7-M ARM */
    TAP_CHECK_EQ(w(&b, code + ((0x42 + 4) & ~3u) + 8), w(&b, data + 4));
    TAP_CHECK_EQ(w(&b, code + ((0x44 + 4) & ~3u) + 8), 0x4d524147); /* "GARM" */
    TAP_CHECK_EQ(sp, w(&b, data + 8));
    TAP_CHECK_EQ(w(&b, code + 0x48), 0xe7fdbf30); /* wfi; b .-2 */
    for (unsigned i = 2; i < 16; i++) {
        uint32_t v = w(&b, code + 4 * i);

        TAP_CHECK(!v || (v & 1));
    }
    free(b.p);
}

static void build_info(void)
{
    struct blob b = build(NULL);
    size_t at = 20;
    bool found = false;

    for (; at < w(&b, 16); at += w(&b, at) >> 8 & 0xff) {
        if ((w(&b, at) & 0xff) == 6) {
            uint32_t start = w(&b, at + 4), size = w(&b, at + 8);

            found = true;
            TAP_REQUIRE(start + size <= b.size && size > 9);
            TAP_CHECK(!memcmp(b.p + start, "git_sha: 0123abcd GARM", 22));
            TAP_CHECK_EQ(b.p[start + size - 1], 0);
        }
    }
    TAP_CHECK(found);
    free(b.p);
}

static void parser_accepts(void)
{
    struct blob b = build(NULL);
    struct fwi_image img;
    char why[128];

    TAP_CHECK(fwi_parse(b.p, b.size, FWI_PANTHOR_6_12, &img));
    TAP_CHECK_STR(img.build, "");
    TAP_CHECK(fwi_parse(b.p, b.size, FWI_PANTHOR_7_2, &img));
    TAP_CHECK_STR(img.build, "0123abcd GARM free firmware 1.2");
    TAP_CHECK_EQ(img.section_count, 3);
    TAP_CHECK(fwi_check_boot(&img, b.p, why, sizeof(why)));
    free(b.p);
}

static void corruptions(void)
{
    const struct fwb_corruption *c;
    struct fwi_image img;
    char why[128];

    for (unsigned i = 0; (c = fwb_corruption_at(i)); i++) {
        struct blob b = build(c->name);

        for (enum fwi_driver d = FWI_PANTHOR_6_12; d <= FWI_PANTHOR_7_2; d++) {
            bool loads = fwi_parse(b.p, b.size, d, &img);
            bool boots = loads && fwi_check_boot(&img, b.p, why, sizeof(why));

            if (!TAP_CHECK_EQ(loads, c->expect != FWB_PROBE_FAILS) ||
                !TAP_CHECK_EQ(boots, c->expect == FWB_HARMLESS)) {
                tap_note("%s", c->name);
            }
        }
        free(b.p);
    }
}

static void unknown_corruption(void)
{
    const char *err = NULL;
    size_t size;

    TAP_CHECK(fwb_build("x", "y", "no-such-kind", &size, &err) == NULL);
    TAP_CHECK_STR(err, "no such corruption");
}

/* Cut after every byte; a copy of exactly that size, so that ASan sees an over-read. */
static void truncations(void)
{
    struct blob b = build(NULL);
    struct fwi_image img;
    size_t contents = w(&b, section(&b, 1) + 16);

    for (size_t n = 0; n <= b.size; n++) {
        uint8_t *cut = malloc(n ? n : 1);

        memcpy(cut, b.p, n);
        TAP_CHECK_EQ(fwi_parse(cut, n, FWI_PANTHOR_7_2, &img), n >= contents);
        TAP_CHECK_EQ(img.error[0] == 0, n >= contents);
        free(cut);
    }
    free(b.p);
}

/* Every value of every byte of the header and the entry table: never an over-read. */
static void byte_flips(void)
{
    struct blob b = build(NULL);
    uint32_t end = w(&b, 16);
    struct fwi_image img;
    char why[128];
    unsigned loaded = 0;

    for (uint32_t at = 0; at < end; at++) {
        uint8_t old = b.p[at];

        for (unsigned v = 0; v < 256; v++) {
            b.p[at] = (uint8_t)v;
            if (fwi_parse(b.p, b.size, FWI_PANTHOR_6_12, &img)) {
                loaded++;
                fwi_check_boot(&img, b.p, why, sizeof(why));
            }
        }
        b.p[at] = old;
    }
    TAP_CHECK(loaded > end);
    free(b.p);
}

TAP_MAIN({"header", header}, {"sections", sections}, {"reset-code", reset_code},
         {"build-info", build_info}, {"parser-accepts", parser_accepts},
         {"corruptions", corruptions}, {"unknown-corruption", unknown_corruption},
         {"truncations", truncations}, {"byte-flips", byte_flips})
