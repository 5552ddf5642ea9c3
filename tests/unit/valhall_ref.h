/*
 * The slow scalar reference of the shader instructions' meanings. It shares
 * nothing with hw/valhall/sem*: it takes lanes apart by the names of instruction
 * and selector, computes in 113-bit floating point, and rounds by searching the
 * two neighbours among all values of the format.
 *
 * Included by valhall_alu_test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_VALHALL_REF_H
#define GARM_VALHALL_REF_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hw/valhall/sem.h"

#ifdef __x86_64__
typedef __float128 real;
#else
typedef long double real; /* 113 bits on arm64 */
#endif

/* --- formats, by their definition ----------------------------------------------------------- */

static bool fp_nan(uint32_t bits, unsigned width)
{
    return width == 32 ? (bits & 0x7fffffff) > 0x7f800000 : (bits & 0x7fff) > 0x7c00;
}

static real fp_value(uint32_t bits, unsigned width)
{
    unsigned mbits = width == 32 ? 23 : 10, bias = width == 32 ? 127 : 15;
    uint32_t mant = bits & ((1u << mbits) - 1), exp = bits >> mbits & (width == 32 ? 255 : 31);
    real v = exp ? mant + (1u << mbits) : mant;

    if (exp == (width == 32 ? 255u : 31u))
        v = mant ? (real)NAN : (real)INFINITY;
    else
        v *= ldexp(1, (int)(exp ? exp : 1) - (int)bias - (int)mbits);
    return bits >> (width - 1) & 1 ? -v : v;
}

static bool real_negative(real x)
{
    return x < 0 || (x == 0 && 1 / x < 0);
}

/* Round to the format: the largest magnitude not above, or the next, by mode. */
static uint32_t fp_round(real x, unsigned width, unsigned mode)
{
    uint32_t inf = width == 32 ? 0x7f800000 : 0x7c00, lo = 0, hi = inf;
    bool neg = real_negative(x);
    real mag = neg ? -x : x, below, above;

    if (x != x)
        return inf | (width == 32 ? 0x400000 : 0x200);
    if (mag == (real)INFINITY)
        return inf | (uint32_t)neg << (width - 1);
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (fp_value(mid, width) <= mag)
            lo = mid;
        else
            hi = mid;
    }
    below = fp_value(lo, width);
    above = hi == inf ? (width == 32 ? (real)0x1p128 : (real)65536) : fp_value(hi, width);
    bool up = false;
    if (mode == VA_ROUND_RTE)
        up = mag - below > above - mag || (mag - below == above - mag && (lo & 1));
    else if (mode != VA_ROUND_RTZ)
        up = mag > below && (mode == VA_ROUND_RTP) == !neg;
    return (up ? hi : lo) | (uint32_t)neg << (width - 1);
}

static uint32_t fp_flush(uint32_t bits, unsigned width, bool ftz)
{
    uint32_t exp = width == 32 ? 0x7f800000 : 0x7c00;
    return ftz && !(bits & exp) ? bits & 1u << (width - 1) : bits;
}

static real round_integer(real x, unsigned mode)
{
    real t = x < 0 ? -x : x, whole;
    bool neg = real_negative(x);

    if (x != x || t >= (real)0x1p40)
        return x;
    whole = (real)(uint64_t)t;
    real rest = t - whole;
    if (mode == VA_ROUND_RTE)
        whole += rest > 0.5 || (rest == 0.5 && ((uint64_t)whole & 1));
    else if (mode != VA_ROUND_RTZ)
        whole += rest > 0 && (mode == VA_ROUND_RTP) == !neg;
    return neg ? -whole : whole;
}

/* --- operands, by the selector's text
 * -------------------------------------------------------------- */

struct ref {
    const struct va_insn *in;
    const char *name; /* up to the dot */
    char type;        /* u, s, i, f */
    unsigned width, lanes;
    uint64_t src[4];
    bool ftz32, ftz16;
};

static uint64_t sign_extend(uint64_t x, unsigned width)
{
    return (uint64_t)((int64_t)(x << (64 - width)) >> (64 - width));
}

/* Lane @k of source @i, extended to 64 bits by sign or zeros. */
static uint64_t ref_int(const struct ref *r, unsigned i, unsigned k, unsigned width, bool sign)
{
    const struct va_src *s = &r->in->src[i];
    const char *sel = s->sel_enum ? va_enum_text(s->sel_enum, s->sel) : "";
    unsigned unit = width, at = k * width;

    if (!strcmp(sel, "none"))
        sel = "";
    if (sel[0]) {
        size_t n = strlen(sel) - 1;
        unit = sel[0] == 'b' ? 8 : sel[0] == 'h' ? 16 : 32;
        at = (sel[1 + (k < n ? k : 0)] - '0') * unit;
    }
    uint64_t x = unit == 64 ? r->src[i] : r->src[i] >> at & ((1ull << unit) - 1);
    return sign ? sign_extend(x, unit) : x;
}

/* The same as floating point, after absolute value, negation, flushing. */
static uint32_t ref_bits(const struct ref *r, unsigned i, unsigned k, unsigned *width)
{
    const struct va_src *s = &r->in->src[i];
    bool widened = r->width == 32 && s->sel_enum == VA_E_WIDEN && s->sel;
    unsigned w = widened ? 16 : r->width;
    uint32_t x = ref_int(r, i, k, w, false), top = 1u << (w - 1);

    if (s->abs)
        x &= ~top;
    if (s->neg)
        x ^= top;
    *width = w;
    return x;
}

static real ref_float(const struct ref *r, unsigned i, unsigned k)
{
    unsigned w;
    uint32_t x = ref_bits(r, i, k, &w);

    if (w == 32 || r->width == 16)
        x = fp_flush(x, w, w == 32 ? r->ftz32 : r->ftz16);
    return fp_value(x, w);
}

static real ref_clamp(const struct ref *r, real x)
{
    unsigned c = r->in->mod[VA_M_CLAMP];

    if (c == VA_CLAMP_M1_1) {
        if (!(x >= -1))
            x = -1;
    } else if (c && !(x > 0)) {
        x = 0;
    }
    return (c == VA_CLAMP_M1_1 || c == VA_CLAMP_0_1) && x > 1 ? 1 : x;
}

static uint32_t ref_result(const struct ref *r, real x)
{
    x = ref_clamp(r, x);
    return fp_flush(fp_round(x, r->width, VA_ROUND_RTE), r->width,
                    r->width == 32 ? r->ftz32 : r->ftz16);
}

/* --- the reference
 * ------------------------------------------------------------------------------------ */

static real ref_min(real a, real b, bool max)
{
    if (a != a || b != b)
        return a != a ? b : a;
    if (a == b)
        return real_negative(a) != max ? a : b;
    return (a < b) != max ? a : b;
}

static bool ref_compare(unsigned cond, int order) /* order: -1, 0, 1, 2 unordered */
{
    static const char *const holds[] = {"=", ">", ">=", "<>?", "<", "<=", "<>", "<=>"};
    return strchr(holds[cond], "<=>?"[order + 1]) != NULL;
}

static int order_real(real a, real b)
{
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

static int order_int(uint64_t a, uint64_t b, bool sign)
{
    if (sign)
        return (int64_t)a < (int64_t)b ? -1 : (int64_t)a > (int64_t)b;
    return a < b ? -1 : a > b;
}

static uint64_t ref_saturate(const struct ref *r, __int128 x, bool sign)
{
    __int128 one = 1, hi = sign ? (one << (r->width - 1)) - 1 : (one << r->width) - 1,
             lo = sign ? -(one << (r->width - 1)) : 0;

    if (r->in->mod[VA_M_SATURATE])
        x = x < lo ? lo : x > hi ? hi : x;
    return (uint64_t)x;
}

static double real_split(double x, bool sqrt_, bool log_, int *e)
{
    double m = frexp(x, e);

    if (x == 0 || isinf(x) || isnan(x)) {
        *e = 0;
        return x;
    }
    if (log_) {
        if (fabs(m) < 0.75) {
            m *= 2;
            --*e;
        }
    } else if (sqrt_) {
        if (*e & 1) {
            m /= 2;
            ++*e;
        }
        *e /= 2;
    }
    return m;
}

/* a * b + c; a sum too small for 113 bits still says on which side of the product it lies. */
static real ref_fma(real a, real b, real c)
{
    real p = a * b, sum = p + c, nudge = (p < 0 ? -p : p) * (real)0x1p-100;

    return sum == p && p - p == 0 && c != 0 ? p + (c > 0 ? nudge : -nudge) : sum;
}

/* Float instructions of one lane. False: not one of them. */
static bool ref_float_op(const struct ref *r, unsigned k, uint64_t *out)
{
    const char *n = r->name;
    const struct va_insn *in = r->in;
    int e;

    if (!strcmp(n, "FADD"))
        *out = ref_result(r, ref_float(r, 0, k) + ref_float(r, 1, k));
    else if (!strcmp(n, "FMIN") || !strcmp(n, "FMAX"))
        *out = ref_result(r, ref_min(ref_float(r, 0, k), ref_float(r, 1, k), n[2] == 'A'));
    else if (!strcmp(n, "FMA"))
        *out = ref_result(r, ref_fma(ref_float(r, 0, k), ref_float(r, 1, k), ref_float(r, 2, k)));
    else if (!strcmp(n, "FADD_IMM"))
        *out = ref_result(r, ref_float(r, 0, k) +
                                 fp_value(fp_flush((uint32_t)in->imm[0] >> k * r->width &
                                                       (r->width == 32 ? 0xffffffff : 0xffff),
                                                   r->width, r->width == 32 ? r->ftz32 : r->ftz16),
                                          r->width));
    else if (!strcmp(n, "FROUND"))
        *out = ref_result(r, round_integer(ref_float(r, 0, k), in->mod[VA_M_ROUND]));
    else if (!strcmp(n, "FRCP"))
        *out = ref_result(r, 1 / ref_float(r, 0, k));
    else if (!strcmp(n, "FREXPM") || !strcmp(n, "FREXPE")) {
        double m =
            real_split((double)ref_float(r, 0, k), in->mod[VA_M_SQRT], in->mod[VA_M_LOG], &e);
        *out = n[5] == 'M' ? ref_result(r, m) : (uint32_t)e;
    } else if (!strcmp(n, "LDEXP")) {
        int64_t by = ref_int(r, 1, k, r->width, true);
        by = by > 2000 ? 2000 : by < -2000 ? -2000 : by;
        real x = ref_float(r, 0, k);
        for (; by > 0; by--)
            x *= 2;
        for (; by < 0; by++)
            x /= 2;
        *out = fp_flush(fp_round(x, r->width, in->mod[VA_M_ROUND]), r->width,
                        r->width == 32 ? r->ftz32 : r->ftz16);
    } else if (!strncmp(n, "FMA_RSCALE", 10)) {
        real a = ref_float(r, 0, k), b = ref_float(r, 1, k), c = ref_float(r, 2, k),
             x = ref_fma(a, b, c);
        int64_t by = strstr(n, "16") ? (int16_t)r->src[3] : (int32_t)r->src[3];
        if ((strstr(n, "_N") || strstr(n, "_LEFT")) && (a == 0 || b == 0))
            x = strstr(n, "_N") ? c : a + c;
        x = fp_value(fp_round(x, 32, VA_ROUND_RTE), 32);
        *out = ref_result(r, fp_value(fp_round(by > 600    ? x * (real)0x1p600
                                               : by < -600 ? x * (real)0x1p-600
                                                           : x * ldexp(1, by),
                                               32, VA_ROUND_RTE),
                                      32));
    } else if (!strcmp(n, "FADD_LSCALE")) {
        real m = real_split((double)ref_float(r, 1, k), false, true, &e);
        *out = ref_result(r, ref_float(r, 0, k) + m);
    } else
        return false;
    return true;
}

/* Functions whose last bit may differ: their value as a double. */
static bool ref_special(const struct ref *r, unsigned k, double *out)
{
    const char *n = r->name;
    double x = r->type == 'f' ? (double)ref_float(r, 0, k) : 0;
    int e;

    if (!strcmp(n, "FRSQ"))
        *out = x == 0 ? 1 / x : 1 / sqrt(x);
    else if (!strcmp(n, "FLOGD")) {
        double m = real_split(x, false, true, &e);
        *out = x < 0 ? NAN : x == 0 || isinf(x) ? INFINITY : m == 1 ? 1 / M_LN2 : log2(m) / (m - 1);
    } else if (!strcmp(n, "FEXP")) {
        double b = (double)ref_float(r, 1, k);
        *out = isnan(b)      ? NAN
               : b >= 0x1p31 ? INFINITY
               : b < -0x1p31 ? 0
                             : exp2((int32_t)r->src[0] / 16777216.0);
        *out = (double)ref_clamp(r, *out);
    } else if (!strcmp(n, "FSIN_TABLE"))
        *out = (r->src[0] & 31) ? sin((r->src[0] & 63) * M_PI / 32) : 0;
    else if (!strcmp(n, "FCOS_TABLE"))
        *out = (r->src[0] & 31) == 16 ? 0 : cos((r->src[0] & 63) * M_PI / 32);
    else if (!strcmp(n, "FEXP_TABLE"))
        *out = exp2((double)(r->src[0] & 15) / 16);
    else if (!strcmp(n, "FRCP_APPROX"))
        *out = 1 / real_split(x, false, false, &e);
    else if (!strcmp(n, "FRSQ_APPROX"))
        *out = x == 0 ? 1 / x : 1 / sqrt(real_split(x, true, false, &e));
    else
        return false;
    return true;
}

static uint64_t ref_logic(const struct ref *r, uint64_t a, uint64_t b)
{
    if (r->in->src[2].inv)
        b = ~b;
    a = strstr(r->name, "AND") ? a & b : strstr(r->name, "XOR") ? a ^ b : a | b;
    return r->in->mod[VA_M_NOT_RESULT] ? ~a : a;
}

/* Integer instructions of one lane. */
static bool ref_int_op(const struct ref *r, unsigned k, uint64_t *out)
{
    const char *n = r->name;
    const struct va_insn *in = r->in;
    bool sign = r->type == 's';
    unsigned w = r->width;
    __int128 a = sign ? (__int128)(int64_t)ref_int(r, 0, k, w, true) : ref_int(r, 0, k, w, false);
    __int128 b = sign ? (__int128)(int64_t)ref_int(r, 1, k, w, true) : ref_int(r, 1, k, w, false);

    if (!strcmp(n, "IADD"))
        *out = ref_saturate(r, a + b, sign);
    else if (!strcmp(n, "ISUB"))
        *out = ref_saturate(r, a - b, sign);
    else if (!strcmp(n, "IMUL"))
        *out = ref_saturate(r, a * b, sign);
    else if (!strcmp(n, "IMULD"))
        *out = (uint64_t)(uint32_t)a * (uint32_t)b;
    else if (!strcmp(n, "HADD"))
        *out = (uint64_t)((a + b + in->mod[VA_M_RHADD]) >> 1);
    else if (!strcmp(n, "IADD_IMM"))
        *out = (uint64_t)a + ((uint64_t)in->imm[0] >> k * w);
    else if (!strcmp(n, "SHADDX"))
        *out = r->src[0] + (ref_int(r, 1, k, w, sign) << in->imm[0]);
    else if (!strcmp(n, "SEG_ADD"))
        *out = in->mod[VA_M_PRESERVE_NULL] && !a ? 0
               : in->mod[VA_M_NEG]               ? (uint64_t)(a - b)
                                                 : (uint64_t)(a + b);
    else if (!strcmp(n, "MOV"))
        *out = (uint64_t)a;
    else if (!strcmp(n, "NOT_OLD"))
        *out = ~(uint64_t)a;
    else if (!strcmp(n, "CLZ"))
        for (*out = 0; *out < w && !(a >> (w - 1 - *out) & 1); ++*out)
            ;
    else if (!strcmp(n, "IABS"))
        *out = (uint64_t)(a < 0 ? -a : a);
    else if (!strcmp(n, "POPCOUNT"))
        *out = __builtin_popcountll((uint64_t)a);
    else if (!strcmp(n, "BITREV")) {
        *out = 0;
        for (unsigned i = 0; i < 32; i++)
            *out |= (uint64_t)(a >> i & 1) << (31 - i);
    } else if (!strncmp(n + 1, "SHIFT_", 6)) {
        unsigned by = ref_int(r, 1, 0, 8, false) % w;
        bool arith = in->mod[VA_M_SIGNED];
        uint64_t x = ref_int(r, 0, k, w, arith), wide = sign_extend(x, 64);
        *out = n[0] == 'L' ? x << by : arith ? (uint64_t)((int64_t)wide >> by) : x >> by;
        *out = ref_logic(r, *out, r->src[2] >> k * w % 64);
    } else
        return false;
    return true;
}

static uint64_t ref_bool(const struct ref *r, bool yes)
{
    switch (r->in->mod[VA_M_RESULT]) {
    case VA_RESULT_M1:
        return yes ? ~0ull : 0;
    case VA_RESULT_F1:
        return !yes ? 0 : r->width == 32 ? 0x3f800000 : r->width == 16 ? 0x3c00 : 1;
    default:
        return yes;
    }
}

/* Comparisons and selections of one lane. */
static bool ref_select_op(const struct ref *r, unsigned k, uint64_t *out)
{
    const char *n = r->name;
    const struct va_insn *in = r->in;
    bool sign = r->type == 's';
    unsigned w = r->width, cond = in->mod[VA_M_CONDITION];

    if (!strncmp(n, "FCMP", 4) || !strncmp(n, "ICMP", 4) || !strcmp(n, "CSEL")) {
        int order = r->type == 'f'
                        ? order_real(ref_float(r, 0, k), ref_float(r, 1, k))
                        : order_int(ref_int(r, 0, k, w, sign), ref_int(r, 1, k, w, sign), sign);
        bool yes = ref_compare(cond, order), c = ref_int(r, 2, k, w, false) != 0;
        if (!strcmp(n, "CSEL")) {
            *out = ref_int(r, yes ? 2 : 3, k, w, false);
            return true;
        }
        if (strstr(n, "_OR"))
            yes |= c;
        else if (strstr(n, "_AND"))
            yes &= c;
        else if (in->mod[VA_M_RESULT] != VA_RESULT_U1)
            yes = order ? ref_compare(cond, order) && cond != VA_CONDITION_EQ : c;
        *out = ref_bool(r, yes);
    } else if (!strcmp(n, "MUX")) {
        uint64_t a = ref_int(r, 0, k, w, false), b = ref_int(r, 1, k, w, false),
                 m = ref_int(r, 2, k, w, false);
        switch (in->mod[VA_M_MUX]) {
        case VA_MUX_NEG:
            *out = m >> (w - 1) ? a : b;
            break;
        case VA_MUX_INT_ZERO:
            *out = !m ? a : b;
            break;
        case VA_MUX_FP_ZERO:
            *out = !(m << (65 - w)) ? a : b;
            break;
        default:
            *out = (a & m) | (b & ~m);
        }
    } else
        return false;
    return true;
}

/* "V2S16" of "V2S16_TO_V2F16", "f32" of "FADD.f32", ... */
static void parse_type(const char *t, char *type, unsigned *width, unsigned *lanes)
{
    *lanes = 1;
    if ((*t == 'v' || *t == 'V') && t[1] >= '2' && t[1] <= '4') {
        *lanes = t[1] - '0';
        t += 2;
    }
    *type = *t | 32;
    *width = atoi(t + 1);
}

static bool ref_convert(struct ref *r, const char *full, uint64_t *out)
{
    const char *to = strstr(full, "_TO_");
    char dt;
    unsigned dw, dl, mode = r->in->mod[VA_M_ROUND];

    if (!to)
        return false;
    parse_type(full, &r->type, &r->width, &r->lanes);
    parse_type(to + 4, &dt, &dw, &dl);
    *out = 0;
    for (unsigned k = 0; k < dl; k++) {
        uint64_t v;
        if (!strcmp(full, "V2F32_TO_V2F16")) {
            v = fp_flush(fp_round(ref_clamp(r, ref_float(r, k, 0)), 16, mode), 16, r->ftz16);
        } else if (r->type == 'f' && dt == 'f') {
            v = fp_round(ref_float(r, 0, k), dw, VA_ROUND_RTE);
        } else if (r->type == 'f') {
            real x = round_integer(ref_float(r, 0, k), mode),
                 hi = dt == 's' ? ldexp(1, dw - 1) - 1 : ldexp(1, dw) - 1,
                 lo = dt == 's' ? -ldexp(1, dw - 1) : 0;
            v = x != x   ? 0
                : x < lo ? (uint64_t)(int64_t)lo
                : x > hi ? (uint64_t)hi
                         : (uint64_t)(int64_t)x;
        } else if (dt == 'f') {
            uint64_t x = ref_int(r, 0, k, r->width, r->type == 's');
            v = fp_round(r->type == 's' ? (real)(int64_t)x : (real)x, dw, mode);
        } else {
            v = ref_int(r, 0, k, r->width, r->type == 's');
        }
        *out |= (dw == 64 ? v : v & ((1ull << dw) - 1)) << k * dw;
    }
    return true;
}

static uint32_t ref_flush_op(const struct ref *r, unsigned k)
{
    const struct va_insn *in = r->in;
    unsigned w, width = r->width;
    uint32_t x = ref_bits(r, 0, k, &w), top, inf;

    if (w != width) { /* widened: NaN payloads survive */
        uint32_t mant = x & 0x3ff, sign = (x & 0x8000) << 16;
        x = fp_nan(x, 16) ? sign | 0x7f800000 | mant << 13 : fp_round(fp_value(x, 16), 32, 0);
    }
    top = 1u << (width - 1);
    inf = width == 32 ? 0x7f800000 : 0x7c00;
    if (fp_nan(x, width)) {
        if (in->mod[VA_M_NAN] == VA_NAN_FLUSH_NAN)
            return 0;
        return in->mod[VA_M_NAN] == VA_NAN_QUIET_NAN ? x | (width == 32 ? 0x400000 : 0x200) : x;
    }
    if (in->mod[VA_M_FLUSH_INF] && (x & ~top) == inf)
        return x - 1;
    return fp_flush(x, width, in->mod[VA_M_FTZ]);
}

/* The ones that fit no pattern, whole word. */
static bool ref_odd(const struct ref *r, uint64_t *out)
{
    const char *n = r->name;
    const struct va_insn *in = r->in;

    if (!strcmp(n, "MKVEC"))
        *out = r->width == 16 ? ref_int(r, 0, 0, 16, 0) | ref_int(r, 1, 0, 16, 0) << 16
                              : ref_int(r, 0, 0, 8, 0) | ref_int(r, 1, 0, 8, 0) << 8 |
                                    (r->src[2] & 0xffff) << 16;
    else if (!strcmp(n, "IDP")) {
        struct ref wide = *r;
        __int128 sum = r->type == 's' ? (__int128)(int32_t)r->src[2] : (uint32_t)r->src[2];
        for (unsigned k = 0; k < 4; k++)
            sum += (int64_t)ref_int(r, 0, k, 8, r->type == 's') *
                   (int64_t)ref_int(r, 1, k, 8, r->type == 's');
        wide.width = 32;
        *out = (uint32_t)ref_saturate(&wide, sum, r->type == 's');
    } else if (!strncmp(n, "BRANCHZ", 7)) {
        uint32_t x = r->src[0];
        bool lo = x & 0xffff, hi = x >> 16;
        const char *sel = va_enum_text(VA_E_COMBINE, in->src[0].sel);
        bool yes = !strcmp(sel, "h0") ? lo : !strcmp(sel, "h1") ? hi : sel[0] ? lo && hi : lo || hi;
        *out = yes != in->mod[VA_M_EQ] ? 0xffffffff : 0;
    } else if (!strcmp(n, "DISCARD"))
        *out =
            ref_compare(in->mod[VA_M_CONDITION], order_real(ref_float(r, 0, 0), ref_float(r, 1, 0)))
                ? 0xffffffff
                : 0;
    else if (!strcmp(n, "NOP"))
        *out = 0;
    else if (!strcmp(n, "CUBEFACE1")) {
        real m = 0;
        for (unsigned i = 0; i < 3; i++) {
            real x = ref_float(r, i, 0);
            m = ref_min(m, real_negative(x) ? -x : x, true);
        }
        *out = ref_result(r, m);
    } else if (!strcmp(n, "CUBEFACE2_V9")) {
        real v[3], m[3];
        unsigned face = 0, neg[3], w;
        for (unsigned i = 0; i < 3; i++) {
            v[i] = ref_float(r, i, 0);
            neg[i] = ref_bits(r, i, 0, &w) >> 31;
            m[i] = v[i] < 0 ? -v[i] : v[i];
        }
        face = m[2] >= m[0] && m[2] >= m[1] ? 4 + neg[2] : m[1] >= m[0] ? 2 + neg[1] : neg[0];
        *out = (uint64_t)face << 29;
    } else if (!strcmp(n, "CUBE_SSEL") || !strcmp(n, "CUBE_TSEL")) {
        /* GL's table: s by face is -z z x x x -x, t is -y -y z -z -y -y; others as face 5 or 4. */
        static const char s_of[] = "ABbbbCbb", t_of[] = "AABbAAAA";
        unsigned face = (uint32_t)r->src[2] >> 29, w;
        uint32_t a = ref_bits(r, 0, 0, &w), b = ref_bits(r, 1, 0, &w);
        if (n[5] == 'S')
            *out = s_of[face] == 'A'   ? a ^ 0x80000000
                   : s_of[face] == 'B' ? a
                   : s_of[face] == 'C' ? b ^ 0x80000000
                                       : b;
        else
            *out = t_of[face] == 'A' ? a ^ 0x80000000 : t_of[face] == 'B' ? b : b ^ 0x80000000;
    } else
        return false;
    return true;
}

enum outcome { MATCHES, DIFFERS, NO_REFERENCE };

/* Whether @got is what lane @lane should hold. */
static enum outcome ref_check(const struct va_insn *in, const uint64_t *src,
                              const struct va_env *env, uint64_t got, uint64_t *want)
{
    const char *full = va_info(in->op)->name, *dot = strchr(full, '.');
    struct ref r = {
        .in = in, .type = 'f', .width = 32, .lanes = 1, .ftz32 = env->ftz32, .ftz16 = env->ftz16};
    char name[32];
    double special;

    snprintf(name, sizeof(name), "%.*s", dot ? (int)(dot - full) : 30, full);
    r.name = name;
    memcpy(r.src, src, sizeof(r.src));
    if (dot)
        parse_type(dot + 1, &r.type, &r.width, &r.lanes);
    if (r.type == 'f' && r.width == 16)
        r.lanes = 2; /* the ".f16" forms compute both halves */
    if (r.width < 8) /* ".u6": a table index */
        r.width = 32;
    *want = 0;
    if (ref_convert(&r, full, want) || ref_odd(&r, want))
        return *want == got ? MATCHES : DIFFERS;
    for (unsigned k = 0; k < r.lanes; k++) {
        uint64_t mask = r.width == 64 ? ~0ull : (1ull << r.width) - 1, v,
                 g = got >> k * r.width % 64 & mask;
        if (!strcmp(name, "FLUSH"))
            v = ref_flush_op(&r, k);
        else if (ref_special(&r, k, &special)) {
            v = ref_result(&r, special);
            if (llabs((int64_t)g - (int64_t)(v & mask)) <= 1)
                v = g; /* the last place may differ */
        } else if (!ref_float_op(&r, k, &v) && !ref_int_op(&r, k, &v) && !ref_select_op(&r, k, &v))
            return NO_REFERENCE;
        *want |= (v & mask) << k * r.width % 64;
    }
    return *want == got ? MATCHES : DIFFERS;
}

#endif
