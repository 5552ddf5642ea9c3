/*
 * Finds LLVM's shared library and its functions.
 *
 * Called by jit.c. Calls dlopen().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jit_llvm.h"

#include "sem.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define OLDEST 17u /* the functions used, and opaque pointers */
#define NEWEST 24u /* bitcode is read by later versions, too */

static struct llvm functions;
static const char *missing;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *open_version(unsigned version)
{
    static const char *const names[] = {"libLLVM.so.%u.1", "libLLVM-%u.so.1", "libLLVM-%u.so"};
    char name[32];
    void *lib = NULL;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && !lib; i++) {
        snprintf(name, sizeof(name), names[i], version);
        lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    return lib;
}

static bool resolve(void *lib)
{
    bool found = true;

#define LLVM_FN(result, name, args)                                                                \
    *(void **)&functions.name = dlsym(lib, "LLVM" #name);                                          \
    found = found && functions.name;
    LLVM_FUNCTIONS
#undef LLVM_FN
    return found;
}

static void look(void)
{
    unsigned v = va_jit_bitcode_avx2_version, major, minor, patch;
    void *lib = NULL;

    if (!va_jit_bitcode_avx2_size)
        missing = "built without clang, which makes the bitcode of shader instructions";
    else if (v < OLDEST)
        missing = "built with a clang older than 17";
    for (; !missing && !lib && v <= NEWEST; v++)
        lib = open_version(v);
    if (!missing && !lib)
        missing = "no libLLVM of the version of the build's clang, or a later one";
    if (!missing && !resolve(lib))
        missing = "libLLVM lacks a function of its C interface";
    if (missing)
        return;
    functions.GetVersion(&major, &minor, &patch);
    functions.InitializeX86TargetInfo();
    functions.InitializeX86Target();
    functions.InitializeX86TargetMC();
    functions.InitializeX86AsmPrinter();
}

const struct llvm *va_llvm(const char **why)
{
    pthread_once(&once, look);
    *why = missing;
    return missing ? NULL : &functions;
}

bool va_jit_wide(void)
{
    return va_vectors() == VA_VECTORS_AVX512;
}

const char *va_jit_pieces(size_t *size)
{
    *size = va_jit_wide() ? va_jit_bitcode_avx512_size : va_jit_bitcode_avx2_size;
    return (const char *)(va_jit_wide() ? va_jit_bitcode_avx512 : va_jit_bitcode_avx2);
}
