/*
 * Where the CPU time of jobs goes: samples of call stacks and of the shader that runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_TOOLS_PROFILE_H
#define MALI_TOOLS_PROFILE_H

#include <stdbool.h>

#define PROFILE_HZ                                                                                 \
    997u /* samples a second of CPU time at most: the host's clock may tick less often */
#define PROFILE_MAX (1u << 17)

/** Begins to sample; once in a process. False: out of memory, or no timer. Samples count only when
 * told so. */
bool profile_begin(void);
/** Whether samples count from now on: between jobs they do not. Any thread. */
void profile_count(bool on);
/**
 * Ends sampling and writes the file: a line for each sample, "HASH VA FRAME...", of the shader (0
 * 0: none) and the stack, the innermost frame first: "+OFFSET" in this program, "LIBRARY:SYMBOL",
 * or "?". The first line is
 * "# samples N lost N". False, with errno set: it cannot be written.
 */
bool profile_write(const char *path);

#endif
