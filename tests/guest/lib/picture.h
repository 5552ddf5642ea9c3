/*
 * Pictures that two drivers drew of one scene: compared pixel by pixel, kept as PPM. Shared by
 * gles_draw and vk_draw.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdint.h>

/** What a scene allows: a pixel differs when a channel does by more than the tolerance. */
struct picture_limit {
    unsigned tolerance; /* of a channel, in 1/255 */
    unsigned pixels;    /* that may differ by more */
};

/**
 * Ends the subtest when more pixels of RGBA pictures @got and @want, @w by @h, differ than @limit
 * allows; prints how many do.
 */
void picture_compare(const uint8_t *got, const uint8_t *want, unsigned w, unsigned h,
                     const struct picture_limit *limit);
/** Writes FOLDER/@name-@label.ppm if the environment names a FOLDER; @flip: rows go upwards. */
void picture_keep(const char *variable, const char *name, const char *label, const uint8_t *px,
                  unsigned w, unsigned h, int flip);

#endif
