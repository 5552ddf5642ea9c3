/*
 * fwdump: prints what a firmware image holds and says whether the driver would
 * load it and the core start. Free, vendor's or broken images.
 *
 *     fwdump FILE...       exit status 0: loads and boots; 1: does not; 2: no file
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fwimage.h"

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *buf = NULL;
    size_t cap = 0, n;

    if (!f) {
        perror(path);
        return NULL;
    }
    *size = 0;
    do {
        if (*size == cap) {
            cap = cap ? 2 * cap : 65536;
            buf = realloc(buf, cap);
            if (!buf) {
                abort();
            }
        }
        n = fread(buf + *size, 1, cap - *size, f);
        *size += n;
    } while (n);
    fclose(f);
    return buf;
}

static void print_section(const struct fwi_section *s)
{
    static const char *const cache[] = {"uncached", "cached", "uncached-coherent",
                                        "cached-coherent"};

    printf("0x%08x-0x%08x %c%c%c %-17s file 0x%x-0x%x%s%s%s%s", s->va_start, s->va_end,
           s->flags & FWI_SEC_READ ? 'r' : '-', s->flags & FWI_SEC_WRITE ? 'w' : '-',
           s->flags & FWI_SEC_EXEC ? 'x' : '-', cache[s->flags >> 3 & 3], s->data_start,
           s->data_end, s->flags & FWI_SEC_ZERO ? " zero" : "",
           s->flags & FWI_SEC_SHARED ? " shared" : "",
           s->flags & FWI_SEC_PROTECTED ? " protected" : "", s->loaded ? "" : " (skipped)");
    if (s->name[0] >= ' ' && s->name[0] < 0x7f) {
        printf(" \"%.31s\"", s->name);
    }
    if (s->loaded && (s->va_start | s->va_end) % 0x10000) {
        printf(" (not 64 KiB aligned: kernels with large pages may refuse it)");
    }
}

static int dump(const char *path)
{
    static const char *const drivers[] = {"panthor 6.12", "panthor 7.2"};
    struct fwi_image img;
    size_t size = 0;
    uint8_t *data = read_file(path, &size);
    char why[128];
    int status = 0;
    bool ok;

    if (!data) {
        return 2;
    }
    ok = fwi_parse(data, size, FWI_PANTHOR_7_2, &img);
    printf("%s: %zu bytes, header %u.%u, hash 0x%08x, entries end at 0x%x\n", path, size, img.major,
           img.minor, img.version_hash, img.size);
    for (unsigned i = 0; i < img.entry_count && i < FWI_MAX_ENTRIES; i++) {
        const struct fwi_entry *e = &img.entries[i];

        printf("  0x%04x %-12s (%u)%s%s ", e->offset, fwi_type_name(e->header & 0xff),
               e->header & 0xff, e->header & FWI_ENTRY_OPTIONAL ? " optional" : "",
               e->header & FWI_ENTRY_UPDATE ? " update" : "");
        if (e->section >= 0) {
            print_section(&img.sections[e->section]);
        }
        printf("\n");
    }
    if (img.build[0]) {
        printf("  build: %s\n", img.build);
    }
    for (enum fwi_driver d = FWI_PANTHOR_6_12; d <= FWI_PANTHOR_7_2; d++) {
        ok = fwi_parse(data, size, d, &img);
        printf("  %s: %s\n", drivers[d], ok ? "loads" : img.error);
        status |= !ok;
    }
    if (!status) {
        ok = fwi_check_boot(&img, data, why, sizeof(why));
        printf("  core: %s\n", ok ? "starts" : why);
        status |= !ok;
    }
    free(data);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: fwdump FILE...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        int s = dump(argv[i]);

        status = s > status ? s : status;
    }
    return status;
}
