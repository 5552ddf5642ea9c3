/*
 * Pictures that two drivers drew of one scene: see picture.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include "garm_igt.h"
#include "picture.h"

static unsigned difference(const uint8_t a[4], const uint8_t b[4])
{
    unsigned most = 0;

    for (unsigned c = 0; c < 4; c++) {
        unsigned d = (unsigned)abs(a[c] - b[c]);
        most = d > most ? d : most;
    }
    return most;
}

void picture_compare(const uint8_t *got, const uint8_t *want, unsigned w, unsigned h,
                     const struct picture_limit *limit)
{
    unsigned differ = 0, worst = 0, at = 0;

    for (unsigned i = 0; i < w * h; i++) {
        unsigned d = difference(got + 4 * i, want + 4 * i);
        differ += d > limit->tolerance;
        if (d > worst) {
            worst = d;
            at = i;
        }
    }
    igt_info("%u pixels differ by more than %u; the worst by %u\n", differ, limit->tolerance,
             worst);
    igt_assert_f(differ <= limit->pixels,
                 "%u pixels differ by more than %u (%u may); at %u %u: expected %u %u %u %u, "
                 "got %u %u %u %u",
                 differ, limit->tolerance, limit->pixels, at % w, at / w, want[4 * at],
                 want[4 * at + 1], want[4 * at + 2], want[4 * at + 3], got[4 * at], got[4 * at + 1],
                 got[4 * at + 2], got[4 * at + 3]);
}

void picture_keep(const char *variable, const char *name, const char *label, const uint8_t *px,
                  unsigned w, unsigned h, int flip)
{
    const char *folder = getenv(variable);
    char path[256];
    FILE *f;

    if (!folder)
        return;
    snprintf(path, sizeof(path), "%s/%s-%s.ppm", folder, name, label);
    f = fopen(path, "wb");
    igt_assert_f(f, "%s cannot be written", path);
    fprintf(f, "P6 %u %u 255\n", w, h);
    for (unsigned i = 0; i < h; i++)
        for (unsigned x = 0; x < w; x++)
            fwrite(px + 4 * ((flip ? h - 1 - i : i) * w + x), 3, 1, f);
    fclose(f);
}
