/*
 * LLVM's C interface, as much of it as is used: looked up in the shared library when it is first
 * needed, so that neither the build nor the start of a program depends on it. Names, arguments and
 * meanings are those of LLVM's llvm-c headers, which keep them stable across versions.
 *
 * Called by jit_emit.c and jit.c. Calls dlopen().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_VA_JIT_LLVM_H
#define MALI_VA_JIT_LLVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct llvm_opaque *llvm_ref; /* any of LLVM's handles */

enum { LLVM_LINK_ONCE_ODR = 3, LLVM_INTERNAL = 8, LLVM_PRIVATE = 9 }; /* LLVMLinkage */
enum { LLVM_OBJECT_FILE = 1 };                                        /* LLVMCodeGenFileType */
enum { LLVM_OPT_LESS = 1, LLVM_RELOC_PIC = 2, LLVM_CODE_MODEL_SMALL = 3 };
enum { LLVM_INT_NE = 33 };  /* LLVMIntPredicate */
enum { LLVM_DS_ERROR = 0 }; /* LLVMDiagnosticSeverity */

/** LLVMOrcCJITDylibSearchOrderElement, LLVMOrcCLookupSetElement */
struct llvm_search {
    llvm_ref what;
    int flags;
};
enum { LLVM_ALL_SYMBOLS = 1, LLVM_REQUIRED = 0, LLVM_LOOKUP_STATIC = 0 };

/** LLVMOrcCSymbolMapPair */
struct llvm_symbol {
    llvm_ref name;
    uint64_t address;
    uint8_t generic, target;
};
typedef void llvm_found_fn(llvm_ref error, const struct llvm_symbol *symbols, size_t n, void *ctx);

/* LLVM_FN(result, name without LLVM, arguments) */
#define LLVM_FUNCTIONS                                                                             \
    LLVM_FN(void, GetVersion, (unsigned *major, unsigned *minor, unsigned *patch))                 \
    LLVM_FN(void, InitializeX86TargetInfo, (void))                                                 \
    LLVM_FN(void, InitializeX86Target, (void))                                                     \
    LLVM_FN(void, InitializeX86TargetMC, (void))                                                   \
    LLVM_FN(void, InitializeX86AsmPrinter, (void))                                                 \
    LLVM_FN(llvm_ref, ContextCreate, (void))                                                       \
    LLVM_FN(void, ContextDispose, (llvm_ref context))                                              \
    LLVM_FN(void, ContextSetDiagnosticHandler,                                                     \
            (llvm_ref context, void (*handler)(llvm_ref info, void *opaque), void *opaque))        \
    LLVM_FN(int, GetDiagInfoSeverity, (llvm_ref info))                                             \
    LLVM_FN(char *, GetDiagInfoDescription, (llvm_ref info))                                       \
    LLVM_FN(llvm_ref, ModuleCreateWithNameInContext, (const char *name, llvm_ref context))         \
    LLVM_FN(void, DisposeModule, (llvm_ref module))                                                \
    LLVM_FN(void, SetTarget, (llvm_ref module, const char *triple))                                \
    LLVM_FN(const char *, GetTarget, (llvm_ref module))                                            \
    LLVM_FN(const char *, GetDataLayoutStr, (llvm_ref module))                                     \
    LLVM_FN(void, SetDataLayout, (llvm_ref module, const char *layout))                            \
    LLVM_FN(llvm_ref, CreateMemoryBufferWithMemoryRange,                                           \
            (const char *data, size_t size, const char *name, int terminated))                     \
    LLVM_FN(llvm_ref, CreateMemoryBufferWithMemoryRangeCopy,                                       \
            (const char *data, size_t size, const char *name))                                     \
    LLVM_FN(const char *, GetBufferStart, (llvm_ref buffer))                                       \
    LLVM_FN(size_t, GetBufferSize, (llvm_ref buffer))                                              \
    LLVM_FN(void, DisposeMemoryBuffer, (llvm_ref buffer))                                          \
    LLVM_FN(int, GetBitcodeModuleInContext2,                                                       \
            (llvm_ref context, llvm_ref buffer, llvm_ref * module))                                \
    LLVM_FN(int, LinkModules2, (llvm_ref into, llvm_ref from))                                     \
    LLVM_FN(llvm_ref, GetNamedFunction, (llvm_ref module, const char *name))                       \
    LLVM_FN(llvm_ref, GetFirstFunction, (llvm_ref module))                                         \
    LLVM_FN(llvm_ref, GetNextFunction, (llvm_ref function))                                        \
    LLVM_FN(int, IsDeclaration, (llvm_ref value))                                                  \
    LLVM_FN(void, SetLinkage, (llvm_ref value, int linkage))                                       \
    LLVM_FN(const char *, GetValueName2, (llvm_ref value, size_t *length))                         \
    LLVM_FN(llvm_ref, GlobalGetValueType, (llvm_ref value))                                        \
    LLVM_FN(llvm_ref, AddFunction, (llvm_ref module, const char *name, llvm_ref type))             \
    LLVM_FN(llvm_ref, FunctionType, (llvm_ref result, llvm_ref * args, unsigned n, int variadic))  \
    LLVM_FN(llvm_ref, GetParam, (llvm_ref function, unsigned i))                                   \
    LLVM_FN(unsigned, GetEnumAttributeKindForName, (const char *name, size_t length))              \
    LLVM_FN(llvm_ref, CreateEnumAttribute, (llvm_ref context, unsigned kind, uint64_t value))      \
    LLVM_FN(llvm_ref, CreateStringAttribute,                                                       \
            (llvm_ref context, const char *key, unsigned key_len, const char *value,               \
             unsigned value_len))                                                                  \
    LLVM_FN(void, AddAttributeAtIndex, (llvm_ref function, unsigned at, llvm_ref attribute))       \
    LLVM_FN(llvm_ref, VoidTypeInContext, (llvm_ref context))                                       \
    LLVM_FN(llvm_ref, IntTypeInContext, (llvm_ref context, unsigned bits))                         \
    LLVM_FN(llvm_ref, PointerTypeInContext, (llvm_ref context, unsigned space))                    \
    LLVM_FN(llvm_ref, ArrayType2, (llvm_ref element, uint64_t n))                                  \
    LLVM_FN(llvm_ref, ConstInt, (llvm_ref type, unsigned long long value, int sign))               \
    LLVM_FN(llvm_ref, ConstStringInContext,                                                        \
            (llvm_ref context, const char *bytes, unsigned n, int no_terminator))                  \
    LLVM_FN(llvm_ref, TypeOf, (llvm_ref value))                                                    \
    LLVM_FN(llvm_ref, AddGlobal, (llvm_ref module, llvm_ref type, const char *name))               \
    LLVM_FN(void, SetInitializer, (llvm_ref global, llvm_ref value))                               \
    LLVM_FN(void, SetGlobalConstant, (llvm_ref global, int yes))                                   \
    LLVM_FN(void, SetAlignment, (llvm_ref value, unsigned bytes))                                  \
    LLVM_FN(llvm_ref, AppendBasicBlockInContext,                                                   \
            (llvm_ref context, llvm_ref function, const char *name))                               \
    LLVM_FN(llvm_ref, CreateBuilderInContext, (llvm_ref context))                                  \
    LLVM_FN(void, DisposeBuilder, (llvm_ref builder))                                              \
    LLVM_FN(void, PositionBuilderAtEnd, (llvm_ref builder, llvm_ref block))                        \
    LLVM_FN(llvm_ref, BuildAlloca, (llvm_ref builder, llvm_ref type, const char *name))            \
    LLVM_FN(llvm_ref, BuildLoad2,                                                                  \
            (llvm_ref builder, llvm_ref type, llvm_ref from, const char *name))                    \
    LLVM_FN(llvm_ref, BuildStore, (llvm_ref builder, llvm_ref value, llvm_ref to))                 \
    LLVM_FN(llvm_ref, BuildGEP2,                                                                   \
            (llvm_ref builder, llvm_ref type, llvm_ref from, llvm_ref * index, unsigned n,         \
             const char *name))                                                                    \
    LLVM_FN(llvm_ref, BuildCall2,                                                                  \
            (llvm_ref builder, llvm_ref type, llvm_ref function, llvm_ref * args, unsigned n,      \
             const char *name))                                                                    \
    LLVM_FN(llvm_ref, BuildSub, (llvm_ref builder, llvm_ref a, llvm_ref b, const char *name))      \
    LLVM_FN(llvm_ref, BuildAdd, (llvm_ref builder, llvm_ref a, llvm_ref b, const char *name))      \
    LLVM_FN(llvm_ref, BuildICmp,                                                                   \
            (llvm_ref builder, int op, llvm_ref a, llvm_ref b, const char *name))                  \
    LLVM_FN(llvm_ref, BuildBr, (llvm_ref builder, llvm_ref to))                                    \
    LLVM_FN(llvm_ref, BuildCondBr,                                                                 \
            (llvm_ref builder, llvm_ref if_, llvm_ref then, llvm_ref else_))                       \
    LLVM_FN(llvm_ref, BuildSwitch, (llvm_ref builder, llvm_ref value, llvm_ref none, unsigned n))  \
    LLVM_FN(void, AddCase, (llvm_ref sw, llvm_ref value, llvm_ref to))                             \
    LLVM_FN(llvm_ref, BuildRet, (llvm_ref builder, llvm_ref value))                                \
    LLVM_FN(llvm_ref, BuildUnreachable, (llvm_ref builder))                                        \
    LLVM_FN(int, VerifyModule, (llvm_ref module, int action, char **message))                      \
    LLVM_FN(void, DisposeMessage, (char *message))                                                 \
    LLVM_FN(int, GetTargetFromTriple, (const char *triple, llvm_ref *target, char **message))      \
    LLVM_FN(llvm_ref, CreateTargetMachine,                                                         \
            (llvm_ref target, const char *triple, const char *cpu, const char *features,           \
             int level, int reloc, int model))                                                     \
    LLVM_FN(void, DisposeTargetMachine, (llvm_ref machine))                                        \
    LLVM_FN(int, TargetMachineEmitToMemoryBuffer,                                                  \
            (llvm_ref machine, llvm_ref module, int type, char **message, llvm_ref *buffer))       \
    LLVM_FN(char *, GetHostCPUName, (void))                                                        \
    LLVM_FN(char *, GetHostCPUFeatures, (void))                                                    \
    LLVM_FN(llvm_ref, CreatePassBuilderOptions, (void))                                            \
    LLVM_FN(void, DisposePassBuilderOptions, (llvm_ref options))                                   \
    LLVM_FN(llvm_ref, RunPasses,                                                                   \
            (llvm_ref module, const char *passes, llvm_ref machine, llvm_ref options))             \
    LLVM_FN(char *, GetErrorMessage, (llvm_ref error))                                             \
    LLVM_FN(void, DisposeErrorMessage, (char *message))                                            \
    LLVM_FN(llvm_ref, OrcCreateLLJIT, (llvm_ref * jit, llvm_ref builder))                          \
    LLVM_FN(llvm_ref, OrcLLJITGetExecutionSession, (llvm_ref jit))                                 \
    LLVM_FN(llvm_ref, OrcExecutionSessionCreateBareJITDylib, (llvm_ref session, const char *name)) \
    LLVM_FN(llvm_ref, OrcJITDylibClear, (llvm_ref dylib))                                          \
    LLVM_FN(llvm_ref, OrcLLJITAddObjectFile, (llvm_ref jit, llvm_ref dylib, llvm_ref buffer))      \
    LLVM_FN(llvm_ref, OrcLLJITMangleAndIntern, (llvm_ref jit, const char *name))                   \
    LLVM_FN(void, OrcExecutionSessionLookup,                                                       \
            (llvm_ref session, int kind, const struct llvm_search *order, size_t orders,           \
             const struct llvm_search *names, size_t n, llvm_found_fn *found, void *ctx))

struct llvm {
#define LLVM_FN(result, name, args) result(*name) args;
    LLVM_FUNCTIONS
#undef LLVM_FN
};

/** LLVM's functions, or NULL with the reason in *@why (static). Any thread; looks once. */
const struct llvm *va_llvm(const char **why);

/** The bitcode of jit_pieces.c, for AVX2 and for AVX-512; none: zero bytes. */
extern const unsigned char va_jit_bitcode_avx2[], va_jit_bitcode_avx512[];
extern const size_t va_jit_bitcode_avx2_size, va_jit_bitcode_avx512_size;
extern const unsigned va_jit_bitcode_avx2_version; /* major version of the LLVM that made both */
/** Whether this host's shaders are compiled for AVX-512. */
bool va_jit_wide(void);
/** The bitcode for this host. */
const char *va_jit_pieces(size_t *size);

#endif
