/*
 * The bus: formatting of log lines on their way to the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bus.h"

#include <stdio.h>

void mali_log(const struct mali_bus *b, enum mali_log level, const char *fmt, ...)
{
    char line[512]; /* longer lines are cut */
    va_list ap;

    if (!(b->log_mask & (1u << level)) || !b->ops->log)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    b->ops->log(b->opaque, level, line);
}
