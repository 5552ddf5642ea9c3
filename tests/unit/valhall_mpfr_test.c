/*
 * Rounding of the shader instructions against GNU MPFR: sums, products, conversions, reciprocals
 * and tables are what a correctly rounded computation gives, to the bit; the other functions are
 * within one unit in the last place. Both variants of the meanings are run, with and without
 * flushing of denormals, in every round mode that an instruction has. fp16 sources are tried all.
 *
 * Calls hw/valhall (sem.h) and libmpfr, which scripts/garm/mpfr.py fetches; without it every
 * subtest is skipped. valhall_alu_test.c covers selectors, clamps and everything that does not
 * round.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#ifndef HAVE_MPFR
static void no_library(void)
{
    tap_skip("libmpfr-dev could not be had: scripts/garm/mpfr.py says why in the build's log");
}
TAP_MAIN({"mpfr", no_library})
#else

#include <mpfr.h>
#include <stdlib.h>

#include "../../hw/valhall/sem.h"
#include "../../hw/valhall/va_row.h"

#define NAN32 0x7fc00000u
#define NAN16 0x7e00u

static const mpfr_rnd_t rounding[4] = {
    [VA_ROUND_RTE] = MPFR_RNDN,
    [VA_ROUND_RTP] = MPFR_RNDU,
    [VA_ROUND_RTN] = MPFR_RNDD,
    [VA_ROUND_RTZ] = MPFR_RNDZ,
};

/* --- formats --------------------------------------------------------------------------------- */

/** A binary interchange format: fp32 or fp16. */
struct format {
    unsigned width, mant; /* bits of the whole, stored bits of the significand */
    int bias;
    uint32_t nan; /* the canonical one */
};
static const struct format fp32 = {32, 23, 127, NAN32}, fp16 = {16, 10, 15, NAN16};

static uint32_t exp_mask(const struct format *f)
{
    return ((1u << (f->width - 1 - f->mant)) - 1) << f->mant;
}

static uint32_t flush(const struct format *f, uint32_t bits, bool ftz)
{
    return ftz && !(bits & exp_mask(f)) ? bits & 1u << (f->width - 1) : bits;
}

/* The value of @bits; NaN, infinities and signed zeros included. */
static void load(mpfr_t x, const struct format *f, uint32_t bits)
{
    uint32_t mant = bits & ((1u << f->mant) - 1), mask = exp_mask(f);
    int exp = (bits & mask) >> f->mant, sign = bits >> (f->width - 1) & 1 ? -1 : 1;

    if ((bits & mask) == mask) {
        if (mant)
            mpfr_set_nan(x);
        else
            mpfr_set_inf(x, sign);
        return;
    }
    if (exp)
        mant |= 1u << f->mant;
    mpfr_set_ui_2exp(x, mant, (exp ? exp : 1) - f->bias - (int)f->mant, MPFR_RNDN);
    if (sign < 0)
        mpfr_neg(x, x, MPFR_RNDN);
}

/*
 * @x, which has the format's precision and was rounded by @mode with ternary value @t in an
 * unbounded exponent range, as the format's bits: overflow and denormals as in
 * mpfr_subnormalize()'s manual.
 */
static uint32_t store(mpfr_t x, const struct format *f, int t, mpfr_rnd_t mode)
{
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    uint32_t sign = mpfr_signbit(x) ? 1u << (f->width - 1) : 0, bits;

    if (mpfr_nan_p(x))
        return f->nan;
    mpfr_set_emin(2 - f->bias - (int)f->mant);
    mpfr_set_emax(f->bias + 1);
    t = mpfr_check_range(x, t, mode);
    mpfr_subnormalize(x, t, mode);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    if (mpfr_inf_p(x))
        return sign | exp_mask(f);
    if (mpfr_zero_p(x))
        return sign;

    mpfr_exp_t exp = mpfr_get_exp(x) - 1 + f->bias; /* of the leading one */
    if (exp < 1)
        exp = 1;
    mpfr_mul_2si(x, x, f->bias + (long)f->mant - exp, MPFR_RNDN); /* now an integer */
    bits = (uint32_t)labs(mpfr_get_si(x, MPFR_RNDN));
    return sign | (bits + ((uint32_t)(exp - 1) << f->mant)); /* the leading one adds 1 to exp - 1 */
}

/* --- instructions ---------------------------------------------------------------------------- */

/** What an instruction should compute: sets @r (of the result's precision), returns the ternary
 * value. */
typedef int reference(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode);

static int ref_add(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_add(r, x[0], x[1], mode);
}

static int ref_fma(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_fma(r, x[0], x[1], x[2], mode);
}

static int ref_set(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_set(r, x[0], mode);
}

static int ref_rint(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    mpfr_rint(r, x[0], mode); /* an integer of the same format: nothing is left to round */
    return 0;
}

static int ref_rcp(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_ui_div(r, 1, x[0], mode);
}

/* mpfr_rec_sqrt() gives +inf for -0; the hardware's divides. Source: IEEE 754 (9.2.1). */
static int ref_rsqrt(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_zero_p(x[0]) ? mpfr_ui_div(r, 1, x[0], mode) : mpfr_rec_sqrt(r, x[0], mode);
}

static int ref_ldexp32(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    int32_t e = (int32_t)raw[1];
    return mpfr_mul_2si(r, x[0], e > 4096 ? 4096 : e < -4096 ? -4096 : e, mode);
}

static int ref_ldexp16(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_mul_2si(r, x[0], (int16_t)raw[1], mode);
}

static int ref_s32(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_set_si(r, (int32_t)raw[0], mode);
}

static int ref_u32(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_set_ui(r, raw[0], mode);
}

static int ref_s16(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_set_si(r, (int16_t)raw[0], mode);
}

static int ref_u16(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return mpfr_set_ui(r, (uint16_t)raw[0], mode);
}

/* sin(i * pi / 32), cos likewise; exact where they are 0, 1 or -1. */
static int sine(mpfr_t r, unsigned i, mpfr_rnd_t mode)
{
    mpfr_t angle;
    int t;

    if (i % 32 == 0) {
        mpfr_set_zero(r, 1); /* never -0: Mesa's sequence multiplies by it */
        return 0;
    }
    mpfr_init2(angle, 300);
    mpfr_const_pi(angle, MPFR_RNDN);
    mpfr_mul_ui(angle, angle, i % 64, MPFR_RNDN);
    mpfr_div_2ui(angle, angle, 5, MPFR_RNDN);
    t = mpfr_sin(r, angle, mode);
    mpfr_clear(angle);
    return t;
}

static int ref_sin(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return sine(r, raw[0] & 63, mode);
}

static int ref_cos(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    return sine(r, (raw[0] & 63) + 16, mode);
}

static int ref_exp_table(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    mpfr_t e;
    mpfr_init2(e, 64);
    mpfr_set_ui_2exp(e, raw[0] & 15, -4, MPFR_RNDN);
    int t = mpfr_exp2(r, e, mode);
    mpfr_clear(e);
    return t;
}

/* 2^(a / 2^24); the second source is the unconverted one, kept equal to the first here. */
static int ref_exp(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    mpfr_t e;
    mpfr_init2(e, 64);
    mpfr_set_si_2exp(e, (int32_t)raw[0], -24, MPFR_RNDN);
    int t = mpfr_exp2(r, e, mode);
    mpfr_clear(e);
    return t;
}

/* log2(m) / (m - 1), x = m * 2^e with m in [0.75, 1.5); 1 / ln 2 for m = 1. */
static int ref_logd(mpfr_t r, mpfr_t *x, const uint32_t *raw, mpfr_rnd_t mode)
{
    mpfr_t m, d;
    mpfr_exp_t e;
    int t;

    if (!mpfr_regular_p(x[0]) ||
        mpfr_signbit(x[0])) { /* values that make log2 of the whole right */
        if (mpfr_nan_p(x[0]) || (mpfr_signbit(x[0]) && !mpfr_zero_p(x[0])))
            mpfr_set_nan(r);
        else
            mpfr_set_inf(r, 1);
        return 0;
    }
    mpfr_inits2(300, m, d, (mpfr_ptr)0);
    mpfr_frexp(&e, m, x[0], MPFR_RNDN);
    if (mpfr_cmp_d(m, 0.75) < 0)
        mpfr_mul_2ui(m, m, 1, MPFR_RNDN);
    mpfr_sub_ui(d, m, 1, MPFR_RNDN);
    if (mpfr_zero_p(d)) {
        mpfr_const_log2(d, MPFR_RNDN);
        t = mpfr_ui_div(r, 1, d, mode);
    } else {
        mpfr_log2(m, m, MPFR_RNDN);
        t = mpfr_div(r, m, d, mode);
    }
    mpfr_clears(m, d, (mpfr_ptr)0);
    return t;
}

enum source { FLOAT, RAW }; /* RAW: the reference reads the bits */

/** One instruction. */
struct row {
    enum va_op op;
    const struct format *from, *to;
    unsigned arity; /* sources that the reference sees */
    enum source kind;
    bool modes; /* it has a round mode */
    unsigned ulps;
    reference *ref;
};

static const struct row rows[] = {
    {VA_OP_FADD_F32, &fp32, &fp32, 2, FLOAT, false, 0, ref_add},
    {VA_OP_FADD_V2F16, &fp16, &fp16, 2, FLOAT, false, 0, ref_add},
    {VA_OP_FMA_F32, &fp32, &fp32, 3, FLOAT, false, 0, ref_fma},
    {VA_OP_FMA_V2F16, &fp16, &fp16, 3, FLOAT, false, 0, ref_fma},
    {VA_OP_FROUND_F32, &fp32, &fp32, 1, FLOAT, true, 0, ref_rint},
    {VA_OP_FROUND_V2F16, &fp16, &fp16, 1, FLOAT, true, 0, ref_rint},
    {VA_OP_LDEXP_F32, &fp32, &fp32, 1, FLOAT, true, 0, ref_ldexp32},
    {VA_OP_LDEXP_V2F16, &fp16, &fp16, 1, FLOAT, true, 0, ref_ldexp16},
    {VA_OP_V2F32_TO_V2F16, &fp32, &fp16, 1, FLOAT, true, 0, ref_set},
    {VA_OP_F16_TO_F32, &fp16, &fp32, 1, FLOAT, false, 0, ref_set},
    {VA_OP_S32_TO_F32, NULL, &fp32, 1, RAW, true, 0, ref_s32},
    {VA_OP_U32_TO_F32, NULL, &fp32, 1, RAW, true, 0, ref_u32},
    {VA_OP_S16_TO_F32, NULL, &fp32, 1, RAW, false, 0, ref_s16},
    {VA_OP_U16_TO_F32, NULL, &fp32, 1, RAW, false, 0, ref_u16},
    {VA_OP_V2S16_TO_V2F16, NULL, &fp16, 1, RAW, true, 0, ref_s16},
    {VA_OP_V2U16_TO_V2F16, NULL, &fp16, 1, RAW, true, 0, ref_u16},
    {VA_OP_FRCP_F32, &fp32, &fp32, 1, FLOAT, false, 0, ref_rcp},
    {VA_OP_FRCP_F16, &fp16, &fp16, 1, FLOAT, false, 0, ref_rcp},
    {VA_OP_FRSQ_F32, &fp32, &fp32, 1, FLOAT, false, 1, ref_rsqrt},
    {VA_OP_FRSQ_F16, &fp16, &fp16, 1, FLOAT, false, 1, ref_rsqrt},
    {VA_OP_FEXP_F32, NULL, &fp32, 1, RAW, false, 1, ref_exp},
    {VA_OP_FLOGD_F32, &fp32, &fp32, 1, FLOAT, false, 1, ref_logd},
    {VA_OP_FSIN_TABLE_U6, NULL, &fp32, 1, RAW, false, 0, ref_sin},
    {VA_OP_FCOS_TABLE_U6, NULL, &fp32, 1, RAW, false, 0, ref_cos},
    {VA_OP_FEXP_TABLE_U4, NULL, &fp32, 1, RAW, false, 0, ref_exp_table},
};

/* --- running --------------------------------------------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed * 0x2545f4914f6cdd1dull) >> 32;
}

/* Edges of the format, ties and what lies beside them, moderate values, random bits. */
static uint32_t random_bits(const struct format *f)
{
    uint32_t r = next_random(), one = (uint32_t)f->bias << f->mant, mask = exp_mask(f),
             sign = r >> 31 << (f->width - 1), low = r & ((1u << f->mant) - 1);
    const uint32_t edges[] = {
        0,
        1,
        mask,
        mask - 1,
        mask | 1,
        1u << f->mant,
        (1u << f->mant) - 1,
        one,
        one + 1,
        one - 1,
        one | 1u << (f->mant - 1),
        one - (1u << f->mant),
        one + (f->mant << f->mant),
        f->nan,
    };

    switch (r >> 28 & 7) {
    case 0:
    case 1:
        return sign | edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))];
    case 2: /* denormals and the smallest normal numbers */
        return sign | (low >> (r >> 24 & 15) % f->mant);
    case 3: /* halves of integers: ties of rounding to integers */
        return sign | (one + ((r >> 24 & 15) << f->mant)) |
               (low & ~0u << (f->mant / 2 - 1) & ((1u << f->mant) - 1));
    case 4: /* sums and products that cancel or tie */
        return sign | (one + ((r >> 24 & 3) << f->mant)) |
               (low & ~0u << (f->mant - 3) & ((1u << f->mant) - 1));
    default:
        return f->width == 32 ? next_random() : next_random() & 0xffff;
    }
}

static uint32_t random_raw(void)
{
    static const uint32_t edges[] = {0,          1,          0xffffffff, 0x7fffffff, 0x80000000,
                                     0x00ffffff, 0x01000001, 0x01000002, 0x01000003, 0x7fffffbf,
                                     0x7fffffc0, 0xffffff7f, 0xffffff80, 0x0801,     0x1001,
                                     0x1003,     0xf7ff,     0x7fff,     0x8000,     0xffff};
    uint32_t r = next_random();

    return r & 1 ? next_random() >> (r >> 1 & 31)
                 : edges[(r >> 1) % (sizeof(edges) / sizeof(edges[0]))];
}

/* The instruction with default modifiers: word with zeros, halves unswizzled. */
static bool plain_insn(enum va_op op, unsigned mode, struct va_insn *in)
{
    const struct va_row *row = &va_rows[op];
    uint64_t word = (uint64_t)row->info.opcode << 48 |
                    va_secondary_bits(row->info.secondary, row->sec) | 3ull << 46;

    for (unsigned i = 0; i < VA_MAX_SRC && row->src[i].bits; i++) {
        word |= (uint64_t)(2 * i) << row->src[i].lo;
        if (row->src[i].sel_enum == VA_E_SWZ16)
            word |= (uint64_t)VA_SWZ16_H01 << row->src[i].sel_lo;
    }
    if (va_decode(word, in))
        return false;
    in->mod[VA_M_ROUND] = mode;
    return true;
}

/* The result's bits, by MPFR. */
static uint32_t expected(const struct row *t, const uint32_t *src, mpfr_rnd_t mode, bool ftz_in,
                         bool ftz_out)
{
    mpfr_t x[3], r;
    uint32_t bits;

    for (unsigned i = 0; i < 3; i++) {
        mpfr_init2(x[i], 64);
        if (t->kind == FLOAT && i < t->arity)
            load(x[i], t->from, flush(t->from, src[i], ftz_in));
    }
    mpfr_init2(r, t->to->mant + 1);
    bits = store(r, t->to, t->ref(r, x, src, mode), mode);
    for (unsigned i = 0; i < 3; i++)
        mpfr_clear(x[i]);
    mpfr_clear(r);
    return flush(t->to, bits, ftz_out);
}

/* One call for 16 lanes; fp16 sources are in the low halves, the high halves hold the next lane's.
 */
static bool check_call(const struct row *t, const struct va_insn *in, const struct va_val *s,
                       unsigned mode, const struct va_env *env)
{
    bool half_in = t->from == &fp16, ftz_in = half_in ? env->ftz16 : env->ftz32,
         ftz_out = t->to == &fp16 ? env->ftz16 : env->ftz32;
    struct va_val d[VA_VECTORS];
    unsigned variants = 0;

    for (; variants < VA_VECTORS && va_alu_of(variants); variants++)
        va_alu_of(variants)[t->op](in, s, &d[variants], env);
    for (unsigned lane = 0; lane < VA_LANES; lane++) {
        uint32_t src[3], mask = t->to == &fp16 ? 0xffff : ~0u, want;
        for (unsigned i = 0; i < 3; i++)
            src[i] = half_in ? s[i].w[0][lane] & 0xffff : s[i].w[0][lane];
        want = expected(t, src, rounding[mode], ftz_in, ftz_out);
        for (unsigned v = 0; v < variants; v++) {
            uint32_t got = d[v].w[0][lane] & mask;
            if (t->ulps && llabs((long long)got - (long long)want) <= t->ulps)
                continue;
            if (TAP_CHECK_EQ(got, want))
                continue;
            tap_note("%s %s: sources %x %x %x, variant %u%s%s", va_info(t->op)->name,
                     va_enum_text(VA_E_ROUND, mode), src[0], src[1], src[2], v,
                     env->ftz32 ? ", ftz32" : "", env->ftz16 ? ", ftz16" : "");
            return false;
        }
    }
    return true;
}

/* All fp16 (or 16-bit) values where there is one source of 16 bits, else random ones. */
static bool all_values(const struct row *t)
{
    return t->arity == 1 && t->op != VA_OP_LDEXP_V2F16 &&
           (t->from == &fp16 || t->ref == ref_s16 || t->ref == ref_u16);
}

static void fill(const struct row *t, struct va_val *s, unsigned round)
{
    for (unsigned i = 0; i < VA_MAX_SRC; i++)
        for (unsigned lane = 0; lane < VA_LANES; lane++) {
            uint32_t a = t->from ? random_bits(t->from) : random_raw();
            if (i == 1 && t->arity == 1 && t->kind == FLOAT) /* LDEXP's exponent */
                a = next_random() & 1 ? next_random() % 400 - 200u : random_raw();
            if (i == 0 && all_values(t))
                a = round * VA_LANES + lane;
            s[i].w[0][lane] = t->from == &fp16 && i < t->arity ? a | random_bits(&fp16) << 16 : a;
            s[i].w[1][lane] = 0;
        }
    if (t->op == VA_OP_FEXP_F32)
        for (unsigned lane = 0; lane < VA_LANES; lane++) {
            union {
                float f;
                uint32_t u;
            } b = {(float)(int32_t)s[0].w[0][lane]};
            if (b.f >= 0x1p31f) { /* the largest that is a float, too */
                s[0].w[0][lane] = 0x7fffff80;
                b.f = 0x7fffff80;
            }
            s[1].w[0][lane] = b.u;
        }
}

static void run_row(const struct row *t)
{
    unsigned modes = t->modes ? 4 : 1, rounds = all_values(t) ? 65536 / VA_LANES : 3000 / modes;

    for (unsigned mode = 0; mode < modes; mode++) {
        struct va_insn in;
        struct va_val s[VA_MAX_SRC];
        TAP_REQUIRE(plain_insn(t->op, mode, &in));
        for (unsigned i = 0; i < rounds; i++) {
            struct va_env env = {.active = 0xffff, .ftz32 = i & 1, .ftz16 = i & 2};
            fill(t, s, i);
            for (unsigned again = 0; again <= all_values(t);
                 again++, env.ftz16 ^= 1, env.ftz32 ^= 1)
                if (!check_call(t, &in, s, mode, &env))
                    return;
        }
    }
}

static void run_rows(bool (*wanted)(const struct row *t))
{
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (wanted(&rows[i]))
            run_row(&rows[i]);
    mpfr_free_cache();
}

static bool is_function(const struct row *t)
{
    return va_info(t->op)->unit == VA_UNIT_SFU;
}

static bool is_conversion(const struct row *t)
{
    return !is_function(t) && va_info(t->op)->opcode == 0x90;
}

static bool is_fp16(const struct row *t)
{
    return !is_function(t) && !is_conversion(t) && t->to == &fp16;
}

static bool is_fp32(const struct row *t)
{
    return !is_function(t) && !is_conversion(t) && t->to == &fp32;
}

static void arithmetic_fp32(void)
{
    run_rows(is_fp32);
}

static void arithmetic_fp16(void)
{
    run_rows(is_fp16);
}

static void conversions(void)
{
    run_rows(is_conversion);
}

static void special_functions(void)
{
    run_rows(is_function);
}

/* --- to integers: rounded, then saturated; NaN gives 0 -----------------------------------------
 */

static const struct integer {
    enum va_op op;
    const struct format *from;
    unsigned width;
    bool sign;
} integers[] = {
    {VA_OP_F32_TO_S32, &fp32, 32, true},     {VA_OP_F32_TO_U32, &fp32, 32, false},
    {VA_OP_F16_TO_S32, &fp16, 32, true},     {VA_OP_F16_TO_U32, &fp16, 32, false},
    {VA_OP_V2F16_TO_V2S16, &fp16, 16, true}, {VA_OP_V2F16_TO_V2U16, &fp16, 16, false},
};

static uint32_t expected_integer(const struct integer *t, uint32_t bits, mpfr_rnd_t mode)
{
    int64_t high = t->sign ? (1ll << (t->width - 1)) - 1 : (1ll << t->width) - 1,
            low = t->sign ? -high - 1 : 0, v;
    mpfr_t x;

    mpfr_init2(x, 64);
    load(x, t->from, bits);
    mpfr_rint(x, x, mode);
    if (mpfr_nan_p(x))
        v = 0;
    else if (mpfr_cmp_si(x, low) < 0)
        v = low;
    else if (mpfr_cmp_si(x, high) > 0)
        v = high;
    else
        v = mpfr_get_si(x, MPFR_RNDN);
    mpfr_clear(x);
    return (uint32_t)v & (t->width == 16 ? 0xffff : ~0u);
}

static bool check_integer(const struct integer *t, const struct va_insn *in, const struct va_val *s,
                          unsigned mode)
{
    static const struct va_env env = {.active = 0xffff};
    struct va_val base, other;

    va_alu_base[t->op](in, s, &base, &env);
    for (unsigned v = VA_VECTORS_BASE + 1; v < VA_VECTORS && va_alu_of(v); v++) {
        va_alu_of(v)[t->op](in, s, &other, &env);
        TAP_CHECK_MEM(&base, &other, sizeof(base));
    }
    for (unsigned lane = 0; lane < VA_LANES; lane++) {
        uint32_t bits = s[0].w[0][lane] & (t->from == &fp16 ? 0xffff : ~0u),
                 mask = t->width == 16 ? 0xffff : ~0u,
                 want = expected_integer(t, bits, rounding[mode]);
        if (TAP_CHECK_EQ(base.w[0][lane] & mask, want))
            continue;
        tap_note("%s %s: source %x", va_info(t->op)->name, va_enum_text(VA_E_ROUND, mode), bits);
        return false;
    }
    return true;
}

static void to_integers(void)
{
    for (unsigned i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
        for (unsigned mode = 0; mode < 4; mode++) {
            const struct integer *t = &integers[i];
            struct va_insn in;
            struct va_val s[VA_MAX_SRC] = {0};
            TAP_REQUIRE(plain_insn(t->op, mode, &in));
            for (unsigned k = 0; k < 65536 / VA_LANES; k++) {
                for (unsigned lane = 0; lane < VA_LANES; lane++)
                    s[0].w[0][lane] = t->from == &fp16 ? k * VA_LANES + lane : random_bits(&fp32);
                if (!check_integer(t, &in, s, mode))
                    return;
            }
        }
}

TAP_MAIN({"arithmetic-fp32", arithmetic_fp32}, {"arithmetic-fp16", arithmetic_fp16},
         {"conversions", conversions}, {"to-integers", to_integers},
         {"special-functions", special_functions})
#endif
