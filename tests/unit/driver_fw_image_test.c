/*
 * The driver's parser of firmware files (driver/garm_fw_image.c), compiled for
 * the host: the free image, every corruption that mkfw knows, every truncation,
 * every one-bit and many random mutations. A buffer of the exact size is
 * allocated for each, so that a sanitizer build sees a read past the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>

#include "../../driver/garm_fw_image.h"
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

static void put32(struct blob *b, size_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        b->p[at + i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const struct blob *b, size_t at)
{
    uint32_t v;

    memcpy(&v, b->p + at, 4);
    return v;
}

/* What the parser promises about whatever it accepts. */
static void check_promises(const struct garm_fwi *f, const uint8_t *data, size_t size)
{
    uint64_t memory = 0;

    TAP_CHECK(f->count >= 1 && f->count <= GARM_FWI_MAX_SECTIONS);
    TAP_CHECK(f->shared < f->count);
    TAP_CHECK_EQ(f->sections[f->shared].va, GARM_FWI_SHARED_VA);
    TAP_CHECK(f->sections[f->shared].flags & GARM_FWI_SHARED);
    TAP_CHECK(f->error.what == NULL);
    for (unsigned i = 0; i < f->count; i++) {
        const struct garm_fwi_section *s = &f->sections[i];

        memory += s->size;
        TAP_CHECK(s->size > 0 && (s->va | s->size) % GARM_FWI_PAGE == 0);
        TAP_CHECK((uint64_t)s->va + s->size <= 1ull << 32);
        TAP_CHECK(s->data_size <= s->size);
        TAP_CHECK((uint64_t)s->data + s->data_size <= size);
        TAP_CHECK((const uint8_t *)s->name >= data && (const uint8_t *)s->name + s->name_len <= data + size);
        TAP_CHECK(!(s->flags & GARM_FWI_PROTECTED));
        for (unsigned k = 0; k < i; k++) {
            const struct garm_fwi_section *o = &f->sections[k];

            TAP_CHECK((uint64_t)s->va + s->size <= o->va || (uint64_t)o->va + o->size <= s->va);
        }
    }
    TAP_CHECK(memory <= GARM_FWI_MAX_MEMORY);
    if (f->build)
        TAP_CHECK((const uint8_t *)f->build >= data && (const uint8_t *)f->build + f->build_len <= data + size);
}

/* Parses a copy of exactly @size bytes. True when it is accepted. */
static bool parse(const uint8_t *data, size_t size, struct garm_fwi *f)
{
    uint8_t *copy = malloc(size ? size : 1);
    int ret;

    memcpy(copy, data, size);
    ret = garm_fwi_parse(copy, size, f);
    if (ret) {
        TAP_CHECK_EQ(ret, -EINVAL);
        TAP_CHECK(f->error.what != NULL);
    } else {
        check_promises(f, copy, size);
    }
    free(copy);
    return !ret;
}

/*
 * As parse(), and fwdump's parser, which follows panthor 7.2, must agree; it has no limit of the memory. Two
 * parsers written apart do not make the same mistake.
 */
static bool parse_both(const uint8_t *data, size_t size, struct garm_fwi *f)
{
    bool ok = parse(data, size, f);
    struct fwi_image other;

    if (!ok && !strcmp(f->error.what, "sections are too large together"))
        return false;
    if (!TAP_CHECK_EQ(ok, fwi_parse(data, size, FWI_PANTHOR_7_2, &other)))
        tap_note("driver: %s; fwdump: %s", ok ? "accepted" : f->error.what, other.error);
    return ok;
}

static void free_image(void)
{
    struct blob b = build(NULL);
    struct garm_fwi f;

    TAP_REQUIRE(garm_fwi_parse(b.p, b.size, &f) == 0);
    check_promises(&f, b.p, b.size);
    TAP_CHECK_EQ(f.count, 3);
    TAP_CHECK_EQ(f.shared, 2);
    TAP_CHECK_EQ(f.sections[0].va, FWB_CODE_VA);
    TAP_CHECK_EQ(f.sections[0].size, FWB_CODE_SIZE);
    TAP_CHECK_EQ(f.sections[0].flags & 7, GARM_FWI_READ | GARM_FWI_EXEC);
    TAP_CHECK_EQ(f.sections[0].flags & GARM_FWI_CACHE_MASK, GARM_FWI_CACHED);
    TAP_CHECK_EQ(f.sections[2].size, FWB_SHARED_SIZE);
    TAP_CHECK_EQ(f.sections[2].flags & GARM_FWI_CACHE_MASK, GARM_FWI_UNCACHED_COH);
    TAP_CHECK_EQ(f.sections[0].name_len, 4);
    TAP_CHECK_MEM(f.sections[0].name, "code", 4);
    TAP_CHECK(f.build && f.build_len > 8);
    if (f.build)
        TAP_CHECK_MEM(f.build, "0123abcd", 8);
    free(b.p);
}

/* The file that the build installs, not one made here. */
static void built_file(void)
{
    FILE *file = fopen(FW_IMAGE, "rb");
    static uint8_t data[1 << 20];
    struct garm_fwi f;
    size_t n;

    TAP_REQUIRE(file != NULL);
    n = fread(data, 1, sizeof(data), file);
    fclose(file);
    TAP_CHECK(n > 20 && n < sizeof(data));
    TAP_CHECK(parse(data, n, &f));
}

static void corruptions(void)
{
    const struct fwb_corruption *c;

    for (unsigned i = 0; (c = fwb_corruption_at(i)); i++) {
        struct blob b = build(c->name);
        struct garm_fwi f;

        if (!TAP_CHECK_EQ(parse_both(b.p, b.size, &f), c->expect != FWB_PROBE_FAILS))
            tap_note("%s: %s", c->name, f.error.what ? f.error.what : "accepted");
        free(b.p);
    }
}

/* A shorter file is refused, unless only padding or the build info's text is missing. */
static void truncation(void)
{
    struct blob b = build(NULL);
    struct garm_fwi f;
    size_t needed = 0;

    TAP_REQUIRE(garm_fwi_parse(b.p, b.size, &f) == 0);
    for (unsigned i = 0; i < f.count; i++) {
        if (f.sections[i].data + f.sections[i].data_size > needed)
            needed = f.sections[i].data + f.sections[i].data_size;
    }
    TAP_CHECK(needed > 100 && needed < b.size);
    for (size_t n = 0; n <= b.size; n++) {
        if (!TAP_CHECK_EQ(parse_both(b.p, n, &f), n >= needed))
            tap_note("%zu of %zu bytes: %s", n, b.size, f.error.what ? f.error.what : "accepted");
    }
    free(b.p);
}

static void one_bit(void)
{
    struct blob b = build(NULL);
    unsigned accepted = 0;
    struct garm_fwi f;

    for (size_t bit = 0; bit < b.size * 8; bit++) {
        b.p[bit / 8] ^= 1u << (bit % 8);
        accepted += parse_both(b.p, b.size, &f);
        b.p[bit / 8] ^= 1u << (bit % 8);
    }
    tap_note("%u of %zu files with one bit wrong are accepted (contents are not checked)", accepted,
             b.size * 8);
    TAP_CHECK(accepted > 0 && accepted < b.size * 8);
    free(b.p);
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 32);
}

/* Words of the header and the table replaced by random or extreme ones. */
static void random_words(void)
{
    static const uint32_t extremes[] = {0,          1,          0xfff,      0x1000,     0x03fff000, 0x04000000,
                                        0x04001000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff};
    struct blob good = build(NULL), b = build(NULL);
    uint64_t state = 0x6761726d;
    unsigned accepted = 0;

    tap_note("seed 0x%llx", (unsigned long long)state);
    for (unsigned i = 0; i < 200000; i++) {
        unsigned edits = 1 + next_random(&state) % 4;
        struct garm_fwi f;

        memcpy(b.p, good.p, good.size);
        while (edits--) {
            size_t at = 4 * (next_random(&state) % (get32(&good, 16) / 4));
            uint32_t r = next_random(&state);

            put32(&b, at, r % 2 ? r : extremes[r / 2 % (sizeof(extremes) / sizeof(extremes[0]))]);
        }
        accepted += parse_both(b.p, b.size, &f);
    }
    tap_note("%u of 200000 accepted", accepted);
    free(good.p);
    free(b.p);
}

/* --- files written word by word, for limits that mkfw's cannot reach ------------ */

#define TABLE_MAX 8192

struct table {
    uint8_t b[TABLE_MAX];
    struct blob blob;
    size_t at;
};

static void table_init(struct table *t)
{
    memset(t, 0, sizeof(*t));
    t->blob = (struct blob){t->b, sizeof(t->b)};
    put32(&t->blob, 0, FWI_MAGIC);
    t->at = FWI_HEADER_SIZE;
}

static void table_section(struct table *t, uint32_t flags, uint32_t va, uint32_t end, uint32_t data,
                          uint32_t data_end)
{
    const uint32_t words[] = {24 << 8, flags, va, end, data, data_end};

    for (unsigned i = 0; i < 6; i++)
        put32(&t->blob, t->at + 4 * i, words[i]);
    t->at += 24;
    put32(&t->blob, 16, (uint32_t)t->at);
}

#define RW_SHARED (GARM_FWI_READ | GARM_FWI_WRITE | GARM_FWI_SHARED)
#define SHARED_END (GARM_FWI_SHARED_VA + 0x10000)

static bool table_accepted(struct table *t, const char *why)
{
    struct garm_fwi f;
    bool ok = parse(t->b, t->at, &f);

    if (why)
        TAP_CHECK_STR(f.error.what, why);
    return ok;
}

static void section_count(void)
{
    struct table t;
    unsigned i;

    table_init(&t);
    table_section(&t, RW_SHARED, GARM_FWI_SHARED_VA, SHARED_END, 0, 0);
    for (i = 1; i < GARM_FWI_MAX_SECTIONS; i++)
        table_section(&t, 1, i << 16, (i << 16) + 0x1000, 0, 0);
    TAP_CHECK(table_accepted(&t, NULL));
    table_section(&t, GARM_FWI_PROTECTED, i << 16, (i << 16) + 0x1000, 0, 0); /* not counted */
    table_section(&t, 1, i << 16, i << 16, 0, 0);                             /* empty: not counted */
    TAP_CHECK(table_accepted(&t, NULL));
    table_section(&t, 1, i << 16, (i << 16) + 0x1000, 0, 0);
    TAP_CHECK(!table_accepted(&t, "too many sections"));
}

static void total_size(void)
{
    struct table t;

    table_init(&t);
    table_section(&t, RW_SHARED, GARM_FWI_SHARED_VA, SHARED_END, 0, 0);
    table_section(&t, 1, 0x10000000, 0x10000000 + GARM_FWI_MAX_MEMORY - 0x10000, 0, 0);
    TAP_CHECK(table_accepted(&t, NULL));
    table_section(&t, 1, 0, 0x1000, 0, 0);
    TAP_CHECK(!table_accepted(&t, "sections are too large together"));
    table_init(&t);
    table_section(&t, 1, 0, 0xfffff000, 0, 0);
    TAP_CHECK(!table_accepted(&t, "sections are too large together"));
}

static void edges_of_4g(void)
{
    struct table t;

    table_init(&t);
    table_section(&t, RW_SHARED, GARM_FWI_SHARED_VA, SHARED_END, 0, 0);
    table_section(&t, 1, 0xffffe000, 0xfffff000, 0, 0);
    TAP_CHECK(table_accepted(&t, NULL));
    table_section(&t, 1, 0xffffe000, 0xfffff000, 0, 0);
    TAP_CHECK(!table_accepted(&t, "section overlaps an earlier one"));
    table_init(&t);
    table_section(&t, 1, 0xfffff000, 0, 0, 0); /* an end of 4 GiB cannot be said: it wraps */
    TAP_CHECK(!table_accepted(&t, "section ends before it starts"));
}

static void overlaps(void)
{
    static const struct {
        uint32_t va, end;
        bool ok;
    } cases[] = {
        {0x20000, 0x30000, false}, /* the same */
        {0x21000, 0x22000, false}, /* inside */
        {0x1f000, 0x31000, false}, /* around */
        {0x1f000, 0x21000, false}, /* left */
        {0x2f000, 0x31000, false}, /* right */
        {0x1f000, 0x20000, true},  /* touches from the left */
        {0x30000, 0x31000, true},  /* touches from the right */
        {0x28000, 0x28000, true},  /* empty, inside */
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct table t;

        table_init(&t);
        table_section(&t, RW_SHARED, GARM_FWI_SHARED_VA, SHARED_END, 0, 0);
        table_section(&t, 1, 0x20000, 0x30000, 0, 0);
        table_section(&t, 1, cases[i].va, cases[i].end, 0, 0);
        TAP_CHECK_EQ(table_accepted(&t, cases[i].ok ? NULL : "section overlaps an earlier one"), cases[i].ok);
    }
}

static void names(void)
{
    struct blob b = build(NULL);
    struct garm_fwi f;

    b.p[20 + 24] = 0x1b; /* an escape sequence for whoever prints it */
    TAP_REQUIRE(garm_fwi_parse(b.p, b.size, &f) == 0);
    TAP_CHECK_EQ(f.sections[0].name_len, 0);
    memcpy(b.p + 20 + 24, "12345678", 8); /* no terminator in the entry */
    TAP_REQUIRE(garm_fwi_parse(b.p, b.size, &f) == 0);
    TAP_CHECK_EQ(f.sections[0].name_len, 8);
    free(b.p);
}

TAP_MAIN({"free-image", free_image}, {"built-file", built_file}, {"corruptions", corruptions},
         {"truncation", truncation}, {"one-bit", one_bit}, {"random-words", random_words},
         {"section-count", section_count}, {"total-size", total_size}, {"edges-of-4g", edges_of_4g},
         {"overlaps", overlaps}, {"names", names})
