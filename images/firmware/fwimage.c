/*
 * Parses a firmware image by the driver's rules: same checks, same order, so
 * that what passes here loads and what fails here makes probe fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fwimage.h"

struct iter {
    const uint8_t *data;
    size_t size, offset;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct fwi_image *img, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(img->error, sizeof(img->error), fmt, ap);
    va_end(ap);
    return false;
}

static bool iter_word(struct iter *it, uint32_t *out)
{
    if (it->size - it->offset < 4) {
        return false;
    }
    *out = fwi_le32(it->data + it->offset);
    it->offset += 4;
    return true;
}

static bool section_overlaps(const struct fwi_image *img, const struct fwi_section *s)
{
    for (unsigned i = 0; i < img->section_count; i++) {
        const struct fwi_section *o = &img->sections[i];

        if (o->loaded && s->va_start < o->va_end && o->va_start < s->va_end) {
            return true;
        }
    }
    return false;
}

/* panthor_fw_load_section_entry() */
static bool parse_section(struct fwi_image *img, struct iter *it, size_t file_size)
{
    struct fwi_section s = {0};
    size_t name;

    if (!iter_word(it, &s.flags) || !iter_word(it, &s.va_start) || !iter_word(it, &s.va_end) ||
        !iter_word(it, &s.data_start) || !iter_word(it, &s.data_end)) {
        return refuse(img, "firmware too small: section header cut off");
    }
    if (s.data_end < s.data_start) {
        return refuse(img, "data.end < data.start (0x%x < 0x%x)", s.data_end, s.data_start);
    }
    if (s.va_end < s.va_start) {
        return refuse(img, "va.end < va.start (0x%x < 0x%x)", s.va_end, s.va_start);
    }
    if (s.data_end > file_size) {
        return refuse(img, "file truncated: data.end 0x%x > size 0x%zx", s.data_end, file_size);
    }
    if ((s.va_start | s.va_end) % FWI_PAGE) {
        return refuse(img, "addresses not page aligned: 0x%x-0x%x", s.va_start, s.va_end);
    }
    if (s.flags & ~FWI_SEC_SUPPORTED) {
        return refuse(img, "unsupported section flags 0x%x", s.flags);
    }
    if (!(s.flags & FWI_SEC_PROTECTED)) {
        if (s.va_start == FWI_SHARED_VA && !(s.flags & FWI_SEC_SHARED)) {
            return refuse(img, "interface at 0x%x must be shared", FWI_SHARED_VA);
        }
        if (s.data_end - s.data_start > s.va_end - s.va_start) {
            return refuse(img, "section data exceeds section size");
        }
        s.loaded = s.va_end > s.va_start;
    }
    name = it->size - it->offset;
    if (name >= sizeof(s.name)) {
        name = sizeof(s.name) - 1;
    }
    memcpy(s.name, it->data + it->offset, name);
    if (s.loaded && section_overlaps(img, &s)) {
        return refuse(img, "section 0x%x-0x%x overlaps another", s.va_start, s.va_end);
    }
    if (img->section_count == FWI_MAX_SECTIONS) {
        return refuse(img, "more than %u sections (limit of this tool)", FWI_MAX_SECTIONS);
    }
    if (s.loaded && s.va_start == FWI_SHARED_VA) {
        img->shared = (int)img->section_count;
    }
    img->sections[img->section_count++] = s;
    return true;
}

/* panthor_fw_read_build_info(): nothing wrong in it is fatal, except a short entry */
static bool parse_build_info(struct fwi_image *img, struct iter *it, const uint8_t *file,
                             size_t file_size)
{
    static const char prefix[] = "git_sha: ";
    const uint32_t len = sizeof(prefix) - 1;
    uint32_t start, size;

    if (!iter_word(it, &start) || !iter_word(it, &size)) {
        return refuse(img, "firmware too small: build info cut off");
    }
    if (start > file_size || size > file_size - start || size <= len ||
        memcmp(prefix, file + start, len) || file[start + size - 1]) {
        return true;
    }
    snprintf(img->build, sizeof(img->build), "%s", (const char *)file + start + len);
    return true;
}

/* panthor_fw_load_entry() */
static bool parse_entry(struct fwi_image *img, struct iter *it, const uint8_t *file,
                        size_t file_size, enum fwi_driver driver)
{
    uint32_t offset = (uint32_t)it->offset, header, size;
    unsigned sections = img->section_count;
    struct iter sub;
    bool ok = true;

    if (!iter_word(it, &header)) {
        return refuse(img, "firmware too small: entry header cut off");
    }
    size = header >> 8 & 0xff;
    if (it->offset % 4 || size % 4) {
        return refuse(img, "entry isn't 32 bit aligned, offset=0x%x size=0x%x", offset, size);
    }
    if (size < 4 || size - 4 > it->size - it->offset) { /* the driver's sum wraps for size 0 */
        return refuse(img, "entry at 0x%x too long", offset);
    }
    sub = (struct iter){it->data + it->offset, size - 4, 0};
    it->offset += size - 4;

    switch (header & 0xff) {
    case FWI_SECTION:
        ok = parse_section(img, &sub, file_size);
        break;
    case FWI_CONFIG:
    case FWI_TEST:
    case FWI_TRACE_BUFFER:
    case FWI_TIMELINE:
        break;
    case FWI_BUILD_INFO:
        if (driver != FWI_PANTHOR_6_12) {
            ok = parse_build_info(img, &sub, file, file_size);
            break;
        }
        /* fallthrough */
    default:
        if (!(header & FWI_ENTRY_OPTIONAL)) {
            ok = refuse(img, "unsupported non-optional entry type %u", header & 0xff);
        }
    }
    if (img->entry_count < FWI_MAX_ENTRIES) {
        img->entries[img->entry_count] = (struct fwi_entry){
            offset, header, img->section_count > sections ? (int)sections : -1};
    }
    img->entry_count++;
    return ok;
}

bool fwi_parse(const uint8_t *data, size_t size, enum fwi_driver driver, struct fwi_image *out)
{
    struct iter it = {data, size, 0};

    memset(out, 0, sizeof(*out));
    out->shared = -1;
    if (size < FWI_HEADER_SIZE) {
        return refuse(out, "firmware too small: no header");
    }
    if (fwi_le32(data) != FWI_MAGIC) {
        return refuse(out, "invalid firmware magic 0x%08x", fwi_le32(data));
    }
    out->minor = data[4];
    out->major = data[5];
    out->version_hash = fwi_le32(data + 8);
    out->size = fwi_le32(data + 16);
    if (out->major > 0) {
        return refuse(out, "unsupported header version %u.%u", out->major, out->minor);
    }
    if (out->size > size) {
        return refuse(out, "image is truncated: 0x%x > 0x%zx", out->size, size);
    }
    it.size = out->size;
    it.offset = FWI_HEADER_SIZE;
    while (it.offset < it.size) {
        if (!parse_entry(out, &it, data, size, driver)) {
            return false;
        }
    }
    if (out->shared < 0) {
        return refuse(out, "shared interface region not found");
    }
    return true;
}

bool fwi_read(const struct fwi_image *img, const uint8_t *data, uint32_t va, void *buf,
              uint32_t len, uint32_t need)
{
    for (uint32_t i = 0; i < len; i++) {
        uint32_t at = va + i;
        const struct fwi_section *s = NULL;

        for (unsigned k = 0; k < img->section_count && !s; k++) {
            const struct fwi_section *c = &img->sections[k];

            if (c->loaded && at >= c->va_start && at < c->va_end) {
                s = c;
            }
        }
        if (!s || (s->flags & need) != need) {
            return false;
        }
        ((uint8_t *)buf)[i] = at - s->va_start < s->data_end - s->data_start
                                  ? data[s->data_start + (at - s->va_start)]
                                  : 0;
    }
    return true;
}

bool fwi_check_boot(const struct fwi_image *img, const uint8_t *data, char *why, size_t size)
{
    uint8_t vectors[8], code[2];
    uint32_t reset;

    /* vectors are data reads: Arm's own image keeps them in a page without EXEC */
    if (!fwi_read(img, data, 0, vectors, sizeof(vectors), FWI_SEC_READ)) {
        snprintf(why, size, "no readable vector table at 0x0");
        return false;
    }
    reset = fwi_le32(vectors + 4);
    if (!(reset & 1)) {
        snprintf(why, size, "reset vector 0x%08x lacks the Thumb bit", reset);
        return false;
    }
    if (!fwi_read(img, data, reset & ~1u, code, sizeof(code), FWI_SEC_READ | FWI_SEC_EXEC)) {
        snprintf(why, size, "reset vector 0x%08x is not in executable memory", reset);
        return false;
    }
    if (!(img->sections[img->shared].flags & FWI_SEC_WRITE) ||
        img->sections[img->shared].va_end - FWI_SHARED_VA < 2 * FWI_PAGE) {
        snprintf(why, size, "shared section is read-only or too small for the interfaces");
        return false;
    }
    return true;
}

const char *fwi_type_name(unsigned type)
{
    static const char *const names[] = {"section",  "config",       "test",   "trace buffer",
                                        "timeline", "type 5",       "build info"};

    return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}
