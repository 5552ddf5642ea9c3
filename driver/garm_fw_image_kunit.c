// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of the parser of firmware files (garm_fw_image.c). Run when garm.ko is loaded into a
 * kernel that has KUnit; with KASAN every read behind a file is a report, because each file is
 * allocated with its exact size. The host's test (tests/unit/driver_fw_image_test.c) has the real
 * images and random mutations.
 *
 * The file that most tests begin with: a code section with contents, and the interface section.
 */
#include <kunit/test.h>
#include <linux/unaligned.h>

#include "garm_fw_image.h"

#define MAGIC		0xc3f13a6eu
#define HEADER_SIZE	20
#define CODE_AT		HEADER_SIZE			/* its entry */
#define SHARED_AT	(CODE_AT + 24)
#define TABLE_END	(SHARED_AT + 24)
#define DATA_AT		TABLE_END
#define DATA_SIZE	16
#define FILE_SIZE	(DATA_AT + DATA_SIZE)

/* Words of an entry of a section. */
enum { ENTRY, FLAGS, VA_START, VA_END, DATA_START, DATA_END };

static void put(u8 *file, u32 at, u32 word)
{
	put_unaligned_le32(word, file + at);
}

static void put_section(u8 *file, u32 at, u32 flags, u32 va, u32 size, u32 data, u32 data_size)
{
	put(file, at + 4 * ENTRY, 24 << 8);
	put(file, at + 4 * FLAGS, flags);
	put(file, at + 4 * VA_START, va);
	put(file, at + 4 * VA_END, va + size);
	put(file, at + 4 * DATA_START, data);
	put(file, at + 4 * DATA_END, data + data_size);
}

static u8 *file_new(struct kunit *test)
{
	u8 *file = kunit_kzalloc(test, FILE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	put(file, 0, MAGIC);
	put(file, 8, 0x12345678);
	put(file, 16, TABLE_END);
	put_section(file, CODE_AT, GARM_FWI_READ | GARM_FWI_EXEC | GARM_FWI_CACHED, 0, 0x2000,
		    DATA_AT, DATA_SIZE);
	put_section(file, SHARED_AT,
		    GARM_FWI_READ | GARM_FWI_WRITE | GARM_FWI_SHARED | GARM_FWI_ZERO,
		    GARM_FWI_SHARED_VA, 0x4000, 0, 0);
	return file;
}

static struct garm_fwi *out_new(struct kunit *test)
{
	struct garm_fwi *out = kunit_kzalloc(test, sizeof(*out), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, out);
	return out;
}

static void good_file(struct kunit *test)
{
	struct garm_fwi *out = out_new(test);
	u8 *file = file_new(test);

	KUNIT_ASSERT_EQ(test, garm_fwi_parse(file, FILE_SIZE, out), 0);
	KUNIT_EXPECT_NULL(test, out->error.what);
	KUNIT_EXPECT_EQ(test, out->version_hash, 0x12345678);
	KUNIT_ASSERT_EQ(test, out->count, 2);
	KUNIT_EXPECT_EQ(test, out->shared, 1);
	KUNIT_EXPECT_EQ(test, out->sections[0].va, 0);
	KUNIT_EXPECT_EQ(test, out->sections[0].size, 0x2000);
	KUNIT_EXPECT_EQ(test, out->sections[0].data, DATA_AT);
	KUNIT_EXPECT_EQ(test, out->sections[0].data_size, DATA_SIZE);
	KUNIT_EXPECT_EQ(test, out->sections[1].va, GARM_FWI_SHARED_VA);
}

/* One word that is wrong, and what the parser must say about it. */
struct bad_word {
	const char *name;
	u32 at, word;
	const char *what;
};

static const struct bad_word bad_words[] = {
	{ "magic", 0, MAGIC ^ 1, "wrong magic number" },
	{ "major", 4, 0x100, "unknown version of the file's format" },
	{ "table-size", 16, FILE_SIZE + 4, "table ends behind the file" },
	{ "entry-size-0", CODE_AT, 0, "entry's size is not a multiple of 4 above 0" },
	{ "entry-size-odd", CODE_AT, 23 << 8, "entry's size is not a multiple of 4 above 0" },
	{ "entry-too-large", CODE_AT, 0xfc << 8, "entry leaves the table" },
	{ "entry-too-short", CODE_AT, 8 << 8, "section entry is too short" },
	{ "unknown-type", CODE_AT, 24 << 8 | 0x55, "unknown entry that is not optional" },
	{ "flags", CODE_AT + 4 * FLAGS, BIT(12), "unknown flags of a section" },
	{ "va-unaligned", CODE_AT + 4 * VA_START, 8,
	  "section's addresses are not multiples of a page" },
	{ "va-backwards", SHARED_AT + 4 * VA_END, GARM_FWI_SHARED_VA - 0x1000,
	  "section ends before it starts" },
	{ "data-backwards", CODE_AT + 4 * DATA_END, DATA_AT - 4,
	  "section's contents end before they start" },
	{ "data-behind", CODE_AT + 4 * DATA_END, FILE_SIZE + 4,
	  "section's contents end behind the file" },
	{ "data-larger", CODE_AT + 4 * VA_END, 0, "section is smaller than its contents" },
	{ "overlap", SHARED_AT + 4 * VA_START, 0x1000,
	  "section overlaps an earlier one" },
	{ "not-shared", SHARED_AT + 4 * FLAGS, GARM_FWI_READ | GARM_FWI_WRITE,
	  "interface section is not shared" },
	{ "no-interface", SHARED_AT + 4 * VA_START, GARM_FWI_SHARED_VA + 0x1000,
	  "no interface section" },
};

static void bad_word_name(const struct bad_word *bad, char *name)
{
	strscpy(name, bad->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_word, bad_words, bad_word_name);

static void refused(struct kunit *test)
{
	const struct bad_word *bad = test->param_value;
	struct garm_fwi *out = out_new(test);
	u8 *file = file_new(test);

	put(file, bad->at, bad->word);
	KUNIT_EXPECT_EQ(test, garm_fwi_parse(file, FILE_SIZE, out), -EINVAL);
	KUNIT_EXPECT_STREQ(test, out->error.what, bad->what);
}

/* Unknown entries that say so are passed over, and sections for protected mode left out. */
static void passed_over(struct kunit *test)
{
	struct garm_fwi *out = out_new(test);
	u8 *file = file_new(test);

	put(file, CODE_AT, BIT(31) | 24 << 8 | 0x55);
	KUNIT_EXPECT_EQ(test, garm_fwi_parse(file, FILE_SIZE, out), 0);
	KUNIT_EXPECT_EQ(test, out->count, 1);

	file = file_new(test);
	put(file, CODE_AT + 4 * FLAGS, GARM_FWI_READ | GARM_FWI_PROTECTED);
	KUNIT_EXPECT_EQ(test, garm_fwi_parse(file, FILE_SIZE, out), 0);
	KUNIT_EXPECT_EQ(test, out->count, 1);
	KUNIT_EXPECT_EQ(test, out->left_out, 1);
}

/* The contents lie behind the table, so every file that ends early is refused. */
static void every_truncation_is_refused(struct kunit *test)
{
	struct garm_fwi *out = out_new(test);
	u8 *file = file_new(test);

	for (size_t size = 0; size < FILE_SIZE; size++) {
		u8 *copy = kmemdup(file, size, GFP_KERNEL);
		int ret;

		KUNIT_ASSERT_NOT_NULL(test, copy);
		ret = garm_fwi_parse(copy, size, out);
		kfree(copy);
		KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "%zu bytes", size);
	}
}

/* Whatever one bit does: an answer, and sections that lie in the file and in 4 GiB. */
static void every_bit(struct kunit *test)
{
	struct garm_fwi *out = out_new(test);
	u8 *file = file_new(test);

	for (u32 bit = 0; bit < 8 * TABLE_END; bit++) {
		file[bit / 8] ^= BIT(bit % 8);
		if (!garm_fwi_parse(file, FILE_SIZE, out)) {
			for (unsigned int i = 0; i < out->count; i++) {
				const struct garm_fwi_section *s = &out->sections[i];

				KUNIT_EXPECT_LE(test, (u64)s->va + s->size, 1ull << 32);
				KUNIT_EXPECT_LE(test, s->data_size, s->size);
				KUNIT_EXPECT_LE(test, (u64)s->data + s->data_size, FILE_SIZE);
			}
		}
		file[bit / 8] ^= BIT(bit % 8);
	}
}

static struct kunit_case fw_image_cases[] = {
	KUNIT_CASE(good_file),
	KUNIT_CASE_PARAM(refused, bad_word_gen_params),
	KUNIT_CASE(passed_over),
	KUNIT_CASE(every_truncation_is_refused),
	KUNIT_CASE(every_bit),
	{}
};

static struct kunit_suite fw_image_suite = {
	.name = "garm-fw-image",
	.test_cases = fw_image_cases,
};

kunit_test_suite(fw_image_suite);
