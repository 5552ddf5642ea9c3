/*
 * Compiled programs on disk.
 *
 * Called by jit.c, from its thread. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_JIT_DISK_H
#define MALI_VA_JIT_DISK_H

#include "jit.h"

/**
 * From now on in folder @where, which is made; NULL: garm/shaders in the user's cache folder.
 * False: it cannot be made, nothing is kept.
 */
bool va_jit_disk_open(const char *where);

/** The object file of @p in @form made by LLVM @llvm, to be freed, and its size; NULL: not there.
 */
void *va_jit_disk_load(const struct va_program *p, unsigned form, unsigned llvm, size_t *size);

/** Keeps one. Without room, or when it cannot be written: nothing. */
void va_jit_disk_store(const struct va_program *p, unsigned form, unsigned llvm, const void *object,
                       size_t size);

#endif
