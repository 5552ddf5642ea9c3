/*
 * Pictures: the colour targets of a fragment job, read back from memory as the texture unit reads
 * them, as PNG files.
 *
 * Called by mali-replay. Calls the pipeline's descriptors and texture unit, zlib.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_PICTURE_H
#define MALI_PICTURE_H

#include "../trace/capture.h"
#include "native.h"

/**
 * Writes FOLDER/job-N-rtM.png for each colour target of fragment job @job, which has just run in
 * @n. Returns how many were written; what cannot be shown, or written, is said on standard error.
 */
unsigned picture_write(struct native *n, const struct capture_job *job, const char *folder);

#endif
