/*
 * fwdump's parser on arbitrary files. What it accepts must be inside the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "harness.h"
#include "../../images/firmware/fwimage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* ASan sees the end */
    struct fwi_image img;
    char why[64];

    memcpy(exact, data, size);
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
