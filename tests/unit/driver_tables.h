/*
 * What garm.ko believes about registers and firmware interface, as numbers: driver_tables.c fills it in from the
 * driver's headers, driver_tables_test.c compares it with the model's tables. Two files, since both tables
 * use the same names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef DRIVER_TABLES_H
#define DRIVER_TABLES_H

#include <stdint.h>

struct driver_value {
    const char *name;
    uint64_t value;
};

/** Registers by the model's name; ends with a NULL name. */
extern const struct driver_value driver_regs[];
/** Offsets and bits of the interface, by the model's name (GLB_..., CSG_..., CS_..., RING_...). */
extern const struct driver_value driver_if[];

#endif
