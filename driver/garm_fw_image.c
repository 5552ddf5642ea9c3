// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Parser of the firmware's file: a header, a table of entries, and the contents that entries point
 * to.
 *
 * Called by garm_fw.c and by tests; calls nothing of the driver, so it compiles on the host as
 * well. The file comes from user space and is not trusted: every offset is compared before it is
 * used, sums are made in 64 bits, and what is counted has a limit. Source of the format:
 * driver-facts B.6.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#include "garm_fw_image.h"

#define FWI_MAGIC		0xc3f13a6eu
#define FWI_HEADER_SIZE		20
#define FWI_MAJOR		0

/* An entry: one word, then its payload. */
#define FWI_ENTRY_TYPE(e)	((e) & 0xff)
#define FWI_ENTRY_SIZE(e)	(((e) >> 8) & 0xff)	/* with the word itself */
#define FWI_ENTRY_OPTIONAL	BIT(31)

#define FWI_TYPE_SECTION	0
#define FWI_TYPE_CONFIG		1
#define FWI_TYPE_TEST		2
#define FWI_TYPE_TRACE_BUFFER	3
#define FWI_TYPE_TIMELINE	4
#define FWI_TYPE_BUILD_INFO	6

#define FWI_SECTION_HEADER	20	/* flags, va start and end, data start and end */
#define FWI_BUILD_HEADER	8	/* offset and size of a text */
#define FWI_BUILD_PREFIX	"git_sha: "

#define FWI_SECTION_FLAGS	(GARM_FWI_READ | GARM_FWI_WRITE | GARM_FWI_EXEC |		\
				 GARM_FWI_CACHE_MASK | GARM_FWI_PROTECTED | GARM_FWI_SHARED |	\
				 GARM_FWI_ZERO)

/*
 * A walk over the file. @end: of the part being walked; the contents may lie behind it, up to
 * @size.
 */
struct fwi_walk {
	const u8 *data;
	size_t size;
	size_t end;
	struct garm_fwi *out;
	u64 memory; /* bytes of all sections so far */
};

static int fwi_refuse(struct garm_fwi *out, const char *what, size_t at, u64 value, u64 limit)
{
	out->error = (struct garm_fwi_error){ what, at, value, limit };
	return -EINVAL;
}

/* Little-endian, at any alignment. The caller has checked that four bytes are there. */
static u32 fwi_word(const struct fwi_walk *w, size_t at)
{
	const u8 *p = w->data + at;

	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

/* Length of the printable text at the start of @len bytes. */
static u32 fwi_text_len(const u8 *text, u32 len)
{
	u32 n = 0;

	while (n < len && text[n] >= 0x20 && text[n] < 0x7f)
		n++;
	return n;
}

static int fwi_check_section(struct fwi_walk *w, size_t at, u32 flags, u32 va, u32 va_end, u32 data,
			     u32 data_end)
{
	struct garm_fwi *out = w->out;

	if (data_end < data)
		return fwi_refuse(out, "section's contents end before they start", at, data_end,
				  data);
	if (va_end < va)
		return fwi_refuse(out, "section ends before it starts", at, va_end, va);
	if (data_end > w->size)
		return fwi_refuse(out, "section's contents end behind the file", at, data_end,
				  w->size);
	if ((va | va_end) % GARM_FWI_PAGE)
		return fwi_refuse(out, "section's addresses are not multiples of a page", at,
				  va | va_end, GARM_FWI_PAGE);
	if (flags & ~FWI_SECTION_FLAGS)
		return fwi_refuse(out, "unknown flags of a section", at, flags, FWI_SECTION_FLAGS);
	return 0;
}

static int fwi_check_place(struct fwi_walk *w, size_t at, const struct garm_fwi_section *s)
{
	struct garm_fwi *out = w->out;

	if (s->va == GARM_FWI_SHARED_VA && !(s->flags & GARM_FWI_SHARED))
		return fwi_refuse(out, "interface section is not shared", at, s->flags,
				  GARM_FWI_SHARED);
	if (s->data_size > s->size)
		return fwi_refuse(out, "section is smaller than its contents", at, s->data_size,
				  s->size);
	for (unsigned int i = 0; i < out->count; i++) {
		const struct garm_fwi_section *o = &out->sections[i];

		if (s->va < (u64)o->va + o->size && o->va < (u64)s->va + s->size)
			return fwi_refuse(out, "section overlaps an earlier one", at, s->va, o->va);
	}
	if (out->count == GARM_FWI_MAX_SECTIONS)
		return fwi_refuse(out, "too many sections", at, out->count + 1,
				  GARM_FWI_MAX_SECTIONS);
	if (w->memory + s->size > GARM_FWI_MAX_MEMORY)
		return fwi_refuse(out, "sections are too large together", at, w->memory + s->size,
				  GARM_FWI_MAX_MEMORY);
	return 0;
}

/* Payload of a section entry: @len bytes at @at. */
static int fwi_section(struct fwi_walk *w, size_t at, u32 len)
{
	struct garm_fwi *out = w->out;
	struct garm_fwi_section s = { 0 };
	u32 va_end, data_end;
	int ret;

	if (len < FWI_SECTION_HEADER)
		return fwi_refuse(out, "section entry is too short", at, len, FWI_SECTION_HEADER);
	s.flags = fwi_word(w, at);
	s.va = fwi_word(w, at + 4);
	va_end = fwi_word(w, at + 8);
	s.data = fwi_word(w, at + 12);
	data_end = fwi_word(w, at + 16);
	ret = fwi_check_section(w, at, s.flags, s.va, va_end, s.data, data_end);
	if (ret)
		return ret;
	if (s.flags & GARM_FWI_PROTECTED) {
		out->left_out++;
		return 0;
	}
	s.size = va_end - s.va;
	s.data_size = data_end - s.data;
	s.name = (const char *)w->data + at + FWI_SECTION_HEADER;
	s.name_len = fwi_text_len(w->data + at + FWI_SECTION_HEADER, len - FWI_SECTION_HEADER);
	if (!s.size && !s.data_size)
		return 0;
	ret = fwi_check_place(w, at, &s);
	if (ret)
		return ret;

	if (s.va == GARM_FWI_SHARED_VA)
		out->shared = out->count;
	w->memory += s.size;
	out->sections[out->count++] = s;
	return 0;
}

/* Only for the log: what is wrong with the text is no reason to refuse the file. */
static int fwi_build_info(struct fwi_walk *w, size_t at, u32 len)
{
	const u32 prefix = sizeof(FWI_BUILD_PREFIX) - 1;
	u32 text, size;

	if (len < FWI_BUILD_HEADER)
		return fwi_refuse(w->out, "build info entry is too short", at, len,
				  FWI_BUILD_HEADER);
	text = fwi_word(w, at);
	size = fwi_word(w, at + 4);
	if (text > w->size || size > w->size - text || size <= prefix ||
	    memcmp(w->data + text, FWI_BUILD_PREFIX, prefix) || w->data[text + size - 1])
		return 0;
	w->out->build = (const char *)w->data + text + prefix;
	w->out->build_len = fwi_text_len(w->data + text + prefix, size - prefix);
	return 0;
}

/* The entry at *@at; moves it to the next. */
static int fwi_entry(struct fwi_walk *w, size_t *at)
{
	struct garm_fwi *out = w->out;
	size_t payload = *at + 4;
	u32 entry, size;

	if (w->end - *at < 4)
		return fwi_refuse(out, "table ends inside an entry's header", *at, w->end - *at, 4);
	entry = fwi_word(w, *at);
	size = FWI_ENTRY_SIZE(entry);
	/* A size of 0 would make the walk endless. */
	if (size < 4 || size % 4)
		return fwi_refuse(out, "entry's size is not a multiple of 4 above 0", *at, size, 4);
	if (size > w->end - *at)
		return fwi_refuse(out, "entry leaves the table", *at, size, w->end - *at);
	*at += size;

	switch (FWI_ENTRY_TYPE(entry)) {
	case FWI_TYPE_SECTION:
		return fwi_section(w, payload, size - 4);
	case FWI_TYPE_BUILD_INFO:
		return fwi_build_info(w, payload, size - 4);
	case FWI_TYPE_CONFIG:
	case FWI_TYPE_TEST:
	case FWI_TYPE_TRACE_BUFFER:
	case FWI_TYPE_TIMELINE:
		/* Ways to configure and watch the firmware that it does not need to run. */
		return 0;
	}
	if (entry & FWI_ENTRY_OPTIONAL)
		return 0;
	return fwi_refuse(out, "unknown entry that is not optional", payload - 4,
			  FWI_ENTRY_TYPE(entry), FWI_TYPE_BUILD_INFO);
}

static int fwi_header(struct fwi_walk *w)
{
	struct garm_fwi *out = w->out;
	u32 size;

	if (w->size < FWI_HEADER_SIZE)
		return fwi_refuse(out, "file is smaller than its header", 0, w->size,
				  FWI_HEADER_SIZE);
	if (fwi_word(w, 0) != FWI_MAGIC)
		return fwi_refuse(out, "wrong magic number", 0, fwi_word(w, 0), FWI_MAGIC);
	out->minor = w->data[4];
	out->major = w->data[5];
	if (out->major != FWI_MAJOR)
		return fwi_refuse(out, "unknown version of the file's format", 5, out->major,
				  FWI_MAJOR);
	out->version_hash = fwi_word(w, 8);
	size = fwi_word(w, 16);
	if (size > w->size)
		return fwi_refuse(out, "table ends behind the file", 16, size, w->size);
	w->end = size;
	return 0;
}

/**
 * garm_fwi_parse() - parse and check a firmware file
 * @data: the file
 * @size: its bytes
 * @out: what is in it; points into @data. @out->error says what was wrong
 *
 * Context: any; allocates nothing. The work is bounded by the size and GARM_FWI_MAX_SECTIONS.
 *
 * Return: 0, or -EINVAL for a file that breaks a rule; @out->sections are then of no use.
 */
int garm_fwi_parse(const u8 *data, size_t size, struct garm_fwi *out)
{
	struct fwi_walk w = { .data = data, .size = size, .out = out };
	size_t at = FWI_HEADER_SIZE;
	int ret;

	memset(out, 0, sizeof(*out));
	out->shared = GARM_FWI_MAX_SECTIONS;
	ret = fwi_header(&w);
	while (!ret && at < w.end)
		ret = fwi_entry(&w, &at);
	if (ret)
		return ret;
	if (out->shared == GARM_FWI_MAX_SECTIONS)
		return fwi_refuse(out, "no interface section", 0, out->count, GARM_FWI_SHARED_VA);
	return 0;
}
