/*
 * Speed of the shader interpreter: loops of one kind of instruction, run as RUN_COMPUTE
 * through the command stream, the pipeline and the MMU. Called by scripts/bench; prints one
 * JSON object. For each loop, on one core, of its CPU time (best of three):
 *   NAME_minstr_per_s   million instructions of a warp a second
 *   NAME_glane_per_s    the same times 16 lanes, in 10^9
 * peak_minstr_per_s: the same of the host's own fused multiply-adds in its widest vectors.
 * With the argument "jit" shaders are compiled before they run, else they are interpreted; with
 * "base", "avx2" or "avx512" in vectors of that size.
 * launch_us: a job of one workgroup of one warp that does nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../unit/compute_world.h"

#include "../../hw/valhall/exec.h"

#include <time.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define SRC          0x10000000ull /* 1 MiB each */
#define DST          0x20000000ull
#define LENGTH       (1u << 20)
#define BODY         32 /* instructions of interest in a loop */
#define ACCUMULATORS 16

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* --- loops ------------------------------------------------------------------------------- */

static uint64_t ternary(enum va_op op, unsigned dst, struct va_src a, struct va_src b,
                        struct va_src c)
{
    struct va_insn in = insn(op, dst, a, b);
    bool half = op == VA_OP_FMA_V2F16;

    in.src[2] = c;
    for (unsigned i = 0; half && i < 3; i++)
        in.src[i].sel = VA_SWZ16_H01;
    return word(in);
}

/* Sixteen accumulators, a uniform factor, a register as addend. */
static uint64_t fma32(unsigned k)
{
    return ternary(VA_OP_FMA_F32, 16 + k % 16, reg(16 + k % 16), uni(2), reg(4));
}

static uint64_t fma16(unsigned k)
{
    return ternary(VA_OP_FMA_V2F16, 16 + k % 16, reg(16 + k % 16), uni(3), reg(5));
}

static uint64_t add32(unsigned k)
{
    return add(16 + k % 16, reg(16 + k % 16), reg(60));
}

/* out[i] = in[i], 128 bits a lane; r8: source, r10: destination */
static uint64_t copy128(unsigned k)
{
    return memory(k % 2 ? VA_OP_STORE_I128 : VA_OP_LOAD_I128, 16, reg(k % 2 ? 10 : 8));
}

static uint64_t copy32(unsigned k)
{
    return memory(k % 2 ? VA_OP_STORE_I32 : VA_OP_LOAD_I32, 16, reg(k % 2 ? 10 : 8));
}

/* r8 = *(r8): every lane follows a chain of its own. */
static uint64_t chase(unsigned k)
{
    struct va_insn in = insn(VA_OP_LOAD_I64, 0, reg(8), reg(0));

    in.sr[0] = (struct va_staging){.reg = 8, .count = 2, .flags = 2};
    in.mod[VA_M_LOAD_LANE] = VA_LOAD64_IDENTITY;
    return word(in);
}

struct loop {
    const char *name;
    uint64_t (*body)(unsigned k);
    bool ftz;        /* denormals are flushed; Mesa asks for that when the application does */
    unsigned stride; /* of the addresses in r8 and r10: log2 of bytes a lane */
    unsigned rounds;
};

static const struct loop loops[] = {
    {"fma32", fma32, false, 4, 20000},   {"fma32_ftz", fma32, true, 4, 8000},
    {"fma16", fma16, false, 4, 1000},    {"add32", add32, false, 4, 20000},
    {"copy128", copy128, false, 4, 500}, {"copy32", copy32, false, 2, 1000},
    {"chase", chase, false, 3, 300},
};

/* Returns the instructions that a warp executes. */
static uint64_t put_loop(struct world *w, const struct loop *l)
{
    uint64_t code[BODY + ACCUMULATORS + 16];
    unsigned n = 0;

    code[n++] = movi(0, l->rounds);
    code[n++] = mov(4, uni(4));
    code[n++] = mov(5, uni(5));
    for (unsigned i = 0; i < 2; i++)
        code[n++] = address(8 + 2 * i, uni(6 + 2 * i), 60, l->stride);
    for (unsigned k = 0; k < ACCUMULATORS; k++)
        code[n++] = movi(16 + k, 0x3f800000 + k);
    for (unsigned k = 0; k < BODY; k++)
        code[n++] = l->body(k);
    code[n++] = addi(0, 0, -1u);
    code[n] = branch(reg(0), false, -(int)BODY - 2);
    n++;
    code[n++] = END(NOP());
    put_code(w, code, n);
    return 5 + ACCUMULATORS + (BODY + 2ull) * l->rounds + 1;
}

static void map_buffers(struct world *w)
{
    pt_map(w->h, w->root, SRC, fake_page(w->h, 256), LENGTH, PT_R | PT_W | PT_4K_ONLY);
    pt_map(w->h, w->root, DST, fake_page(w->h, 512), LENGTH, PT_R | PT_W | PT_4K_ONLY);
}

/* Pointers from each 8 bytes to others all over the buffer. */
static void put_chains(struct world *w)
{
    for (uint64_t i = 0; i < LENGTH / 8; i++)
        put64(w, SRC + 8 * i, SRC + (8 * (i * 40503 + 12345)) % LENGTH);
}

static void run(struct world *w)
{
    enum cs_stop stop;

    ring_put(w, RUN);
    do
        stop = slice(w);
    while (stop == CS_STOP_BUDGET);
    if (stop != CS_STOP_EMPTY) {
        fprintf(stderr, "stopped: %d, fault 0x%x\n", stop, w->fault.code);
        exit(1);
    }
}

/* Million instructions of warps a second: @groups workgroups of four warps. */
static double rate(struct world *w, const struct loop *l, unsigned groups, clockid_t clock)
{
    uint64_t instrs = put_loop(w, l) * groups * 4;
    double best = 0;

    put_chains(w);
    at32(w, SPD)[0] = 8 | 1 << 4 | (uint32_t)l->ftz << 17;
    SET_FAU(w, 0, 0x380038003f000000, 0x3c003c003f800000, SRC, DST);
    set_size(w, 64, 1, 1);
    set_grid(w, groups, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        double start = seconds(clock);
        run(w);
        double r = instrs / (seconds(clock) - start) / 1e6;
        best = r > best ? r : best;
    }
    return best;
}

#ifdef __x86_64__
#define CHAINS 12 /* as many as two units of four cycles want, and some more */

/* @rounds of CHAINS fused multiply-adds of sixteen lanes. */
__attribute__((target("avx512f"))) static void multiply_512(unsigned rounds)
{
    __m512 v[CHAINS], by = _mm512_set1_ps(0.999f), and = _mm512_set1_ps(0.001f);

#pragma GCC unroll 12
    for (unsigned k = 0; k < CHAINS; k++)
        v[k] = _mm512_set1_ps((float)k);
    while (rounds--) {
#pragma GCC unroll 12
        for (unsigned k = 0; k < CHAINS; k++) {
            v[k] = _mm512_fmadd_ps(v[k], by, and);
            __asm__ volatile("" : "+v"(v[k])); /* it is wanted */
        }
    }
}

__attribute__((target("avx2,fma"))) static void multiply_256(unsigned rounds)
{
    __m256 v[CHAINS], by = _mm256_set1_ps(0.999f), and = _mm256_set1_ps(0.001f);

#pragma GCC unroll 12
    for (unsigned k = 0; k < CHAINS; k++)
        v[k] = _mm256_set1_ps((float)k);
    for (rounds *= 2; rounds; rounds--) {
#pragma GCC unroll 12
        for (unsigned k = 0; k < CHAINS; k++) {
            v[k] = _mm256_fmadd_ps(v[k], by, and);
            __asm__ volatile("" : "+x"(v[k]));
        }
    }
}

/* Million fused multiply-adds of sixteen lanes a second; 0: the host has none. */
static double peak(void)
{
    const unsigned rounds = 4000000;
    enum va_vectors v = va_vectors();
    double best = 0;

    for (unsigned i = 0; i < 3 && v >= VA_VECTORS_AVX2; i++) {
        double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        (v == VA_VECTORS_AVX512 ? multiply_512 : multiply_256)(rounds);
        double r = (double)rounds * CHAINS / (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / 1e6;
        best = r > best ? r : best;
    }
    return best;
}
#else
static double peak(void)
{
    return 0;
}
#endif

static double launch_us(struct world *w)
{
    const unsigned jobs = 2000;

    PROGRAM(w, END(NOP()));
    set_size(w, 16, 1, 1);
    set_grid(w, 1, 1, 1);
    run(w);
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned i = 0; i < jobs; i++)
        run(w);
    return (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / jobs * 1e6;
}

int main(int argc, char **argv)
{
    bool jit = argc == 2 && !strcmp(argv[1], "jit");
    const char *why = "what runs";
    struct world *w;

    if (argc > 2 ||
        (jit ? !va_jit_available(&why) : argc > 1 && !va_vectors_choose(argv[1], &why))) {
        fprintf(stderr, "shader_bench [jit|base|avx2|avx512]: %s\n", why);
        return 2;
    }
    w = world_new();
    if (jit)
        mali_pipeline_jit(w->pipeline, VA_JIT_NOW);
    map_buffers(w);
    printf("{");
    for (unsigned i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        double r = rate(w, &loops[i], 16, CLOCK_THREAD_CPUTIME_ID);
        printf("\"%s_minstr_per_s\": %.1f, \"%s_glane_per_s\": %.3f, ", loops[i].name, r,
               loops[i].name, r * VA_LANES / 1e3);
    }
    printf("\"peak_minstr_per_s\": %.1f, ", peak());
    printf("\"launch_us\": %.2f}\n", launch_us(w));
    world_free(w);
    return tap.failures != 0;
}
