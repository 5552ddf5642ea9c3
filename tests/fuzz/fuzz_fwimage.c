/*
 * fwdump's and the driver's parser on arbitrary files. What they accept must be inside the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "harness.h"
#include "../../driver/garm_fw_image.h"
#include "../../images/firmware/fwimage.h"

static void driver(const uint8_t *data, size_t size)
{
    struct garm_fwi f;
    uint64_t memory = 0;

    if (garm_fwi_parse(data, size, &f)) {
        if (!f.error.what) {
            abort();
        }
        return;
    }
    if (f.shared >= f.count || f.count > GARM_FWI_MAX_SECTIONS || !(f.sections[f.shared].flags & GARM_FWI_SHARED)) {
        abort();
    }
    for (unsigned i = 0; i < f.count; i++) {
        const struct garm_fwi_section *s = &f.sections[i];

        memory += s->size;
        if (s->data_size > s->size || (uint64_t)s->data + s->data_size > size || memory > GARM_FWI_MAX_MEMORY ||
            (const uint8_t *)s->name + s->name_len > data + size) {
            abort();
        }
    }
    if (f.build && (const uint8_t *)f.build + f.build_len > data + size) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* ASan sees the end */
    struct fwi_image img;
    char why[64];

    memcpy(exact, data, size);
    driver(exact, size);
    for (enum fwi_driver d = FWI_PANTHOR_6_12; d <= FWI_PANTHOR_7_2; d++) {
        if (!fwi_parse(exact, size, d, &img)) {
            if (!img.error[0]) {
                abort();
            }
            continue;
        }
        for (unsigned i = 0; i < img.section_count; i++) {
            if (img.sections[i].data_end > size) {
                abort();
            }
        }
        fwi_check_boot(&img, exact, why, sizeof(why));
    }
    free(exact);
    return 0;
}
