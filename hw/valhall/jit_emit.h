/*
 * From a program to an object file in memory.
 *
 * Called by jit.c. Calls LLVM, jit_plan.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_JIT_EMIT_H
#define MALI_VA_JIT_EMIT_H

#include "jit.h"
#include "jit_llvm.h"

/** The function that an object file has. */
#define VA_JIT_SYMBOL "va_shader"

/** For the CPU that runs this, or NULL. One thread at a time uses it. */
llvm_ref va_jit_machine(const struct llvm *l);

/**
 * LLVM's memory buffer with the object file of @p in @form, or NULL with the reason in @why, at
 * most
 * @size bytes.
 */
llvm_ref va_jit_emit(const struct llvm *l, llvm_ref machine, const struct va_program *p,
                     unsigned form, char *why, size_t size);

#endif
