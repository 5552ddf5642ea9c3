/*
 * mkfw: writes the free firmware image mali_csffw.bin, or a broken one.
 *
 *     mkfw [--git-sha TEXT] [--version TEXT] [--corrupt KIND] FILE
 *     mkfw --list        every KIND, what a guest sees, and what is broken
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fwbuild.h"

static int list(void)
{
    static const char *const expect[] = {"probe-fails", "no-boot", "harmless"};
    const struct fwb_corruption *c;

    for (unsigned i = 0; (c = fwb_corruption_at(i)); i++) {
        printf("%-22s  %-11s  %s\n", c->name, expect[c->expect], c->what);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *sha = "unknown", *version = "0", *corrupt = NULL, *file = NULL, *err = NULL;
    uint8_t *image;
    size_t size;
    FILE *f;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--list")) {
            return list();
        } else if (!strcmp(argv[i], "--git-sha") && i + 1 < argc) {
            sha = argv[++i];
        } else if (!strcmp(argv[i], "--version") && i + 1 < argc) {
            version = argv[++i];
        } else if (!strcmp(argv[i], "--corrupt") && i + 1 < argc) {
            corrupt = argv[++i];
        } else if (argv[i][0] != '-' && !file) {
            file = argv[i];
        } else {
            file = NULL;
            break;
        }
    }
    if (!file) {
        fprintf(stderr, "usage: mkfw [--git-sha TEXT] [--version TEXT] [--corrupt KIND] FILE\n"
                        "       mkfw --list\n");
        return 2;
    }
    image = fwb_build(sha, version, corrupt, &size, &err);
    if (!image) {
        fprintf(stderr, "mkfw: %s: %s (mkfw --list names them)\n", corrupt ? corrupt : file, err);
        return 1;
    }
    f = fopen(file, "wb");
    if (!f || fwrite(image, 1, size, f) != size || fclose(f)) {
        perror(file);
        free(image);
        return 1;
    }
    free(image);
    return 0;
}
