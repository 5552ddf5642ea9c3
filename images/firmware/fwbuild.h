/*
 * Builds the free firmware image, and broken variants of it for tests.
 *
 * Used by mkfw, tests/unit/firmware_test.c and the fuzz harness.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_FWBUILD_H
#define GARM_FWBUILD_H

#include <stddef.h>
#include <stdint.h>

#define FWB_CODE_VA     0x00000000u
#define FWB_CODE_SIZE   0x00010000u
#define FWB_DATA_VA     0x00020000u
#define FWB_DATA_SIZE   0x00010000u
#define FWB_SHARED_SIZE 0x00100000u

/** What a guest sees of a corruption. */
enum fwb_expect {
    FWB_PROBE_FAILS, /* the driver refuses the image: EINVAL */
    FWB_NO_BOOT,     /* the driver loads it; the core does not start: boot times out */
    FWB_HARMLESS,    /* works all the same */
};

struct fwb_corruption {
    const char *name;
    enum fwb_expect expect;
    const char *what;
};
/** Row @i, NULL past the end. */
const struct fwb_corruption *fwb_corruption_at(unsigned i);

/**
 * @git_sha, @version: text for the build info. @corrupt: a name of the table or
 * NULL. Returns a malloc'd image; NULL and *err (static) when that fails.
 */
uint8_t *fwb_build(const char *git_sha, const char *version, const char *corrupt, size_t *size,
                   const char **err);

#endif
