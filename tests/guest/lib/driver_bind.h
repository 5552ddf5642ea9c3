/*
 * garm.ko is taken from its device and given back, through sysfs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_DRIVER_BIND_H
#define GARM_DRIVER_BIND_H

#include <stdio.h>
#include <string.h>

#include "garm_igt.h"
#include "sysfs.h"

#define DRIVER_DIR "/sys/bus/platform/drivers/garm/"

/** The device's name, as bind and unbind want it; skips without a GPU. */
static inline void driver_device(char *name, size_t size)
{
    char path[256];
    size_t n = strlen(sysfs_find("/sys/bus/platform/devices/*.gpu", path, sizeof(path)));

    igt_require_f(n, "no GPU on the platform bus\n");
    snprintf(name, size, "%s", strrchr(path, '/') + 1);
}

#define driver_unbind(name) igt_assert(sysfs_write(DRIVER_DIR "unbind", name))
#define driver_bind(name)   igt_assert(sysfs_write(DRIVER_DIR "bind", name))

#endif
