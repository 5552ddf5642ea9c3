/*
 * What execution-engine instructions compute: all variants must agree bit for
 * bit, and with the scalar reference (valhall_ref.h) up to the error each function
 * may have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include "valhall_ref.h"

#include "../../hw/valhall/micro.h"
#include "../../hw/valhall/va_row.h"

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s * 0x2545f4914f6cdd1dull;
}

/* --- running
 * ------------------------------------------------------------------------------------------------
 */

static uint32_t edge_word(uint64_t *seed)
{
    static const uint32_t words[] = {
        0,          1,          0xffffffff, 0x7fffffff, 0x80000000, 0x80000001, 0x7f800000,
        0xff800000, 0x7fc00000, 0x7f800001, 0xffc00001, 0x3f800000, 0xbf800000, 0x00800000,
        0x007fffff, 0x807fffff, 0x3f000000, 0x3effffff, 0x4b000000, 0x4affffff, 0x4f000000,
        0x4effffff, 0x4f800000, 0x7f7fffff, 0xff7fffff, 0x477fe000, 0x477fefff, 0x477ff000,
        0x33800000, 0x33000000, 0x33000001, 0x38800000, 0x387fffff, 0x7c007bff, 0x3c000001,
        0x000103ff, 0x80008000, 0x7fff7fff, 0x7e01fc00, 0x3555bc00, 0x04000400, 0x00ff00ff,
        0x3f400000, 0x3fc00000, 0x4e7e0000, 0xcf000000, 0xcf000001, 0x40200000, 0x3fbfffff,
    };
    uint64_t r = next_random(seed);

    switch (r & 7) {
    case 0:
        return r >> 32;
    case 1: /* a moderate float */
        return (r >> 32 & 0x83ffffff) | 0x3c000000;
    case 2: /* two moderate halves */
        return (r >> 32 & 0x8fff8fff) | 0x30003000;
    case 3:
        return (r >> 32) % 70;
    case 4:
        return words[(r >> 32) % (sizeof(words) / sizeof(words[0]))] ^ (uint32_t)(r >> 16 & 3);
    default:
        return words[(r >> 32) % (sizeof(words) / sizeof(words[0]))];
    }
}

static bool random_insn(uint64_t *seed, unsigned op, struct va_insn *in)
{
    unsigned sec = va_rows[op].sec;
    uint64_t fixed = (uint64_t)va_rows[op].info.opcode << 48 |
                     va_secondary_bits(va_rows[op].info.secondary, sec);
    uint64_t known =
        va_known[op] & ~(0x7fffull << 48) & ~va_secondary_bits(va_secondary(~0ull, sec), sec);

    for (unsigned i = 0; i < 100000; i++) {
        uint64_t w = (next_random(seed) & known) | fixed | 3ull << 46;
        if (va_rows[op].src[0].bits && i % 4)
            w &= ~0x80808080ull;
        if (!va_decode(w & ~(va_rows[op].dst_bits == 64 ? 1ull << 40 : 0), in))
            return true;
    }
    return false;
}

static void random_sources(uint64_t *seed, struct va_val *s)
{
    for (unsigned i = 0; i < VA_MAX_SRC; i++)
        for (unsigned lane = 0; lane < VA_LANES; lane++) {
            s[i].w[0][lane] = edge_word(seed);
            s[i].w[1][lane] = edge_word(seed);
        }
    if (next_random(seed) & 1) /* ties */
        for (unsigned lane = 0; lane < VA_LANES; lane += 2)
            s[1].w[0][lane] = s[0].w[0][lane];
}

static bool check_lanes(const struct va_insn *in, const struct va_val *s, const struct va_val *d,
                        const struct va_env *env)
{
    for (unsigned lane = 0; lane < VA_LANES; lane++) {
        uint64_t src[VA_MAX_SRC], want, got = d->w[0][lane] | (uint64_t)d->w[1][lane] << 32;
        for (unsigned i = 0; i < VA_MAX_SRC; i++)
            src[i] =
                s[i].w[0][lane] | (in->src[i].bits == 64 ? (uint64_t)s[i].w[1][lane] << 32 : 0);
        enum outcome o = ref_check(in, src, env, got, &want);
        if (o == MATCHES)
            continue;
        char text[256];
        va_disasm(in, text, sizeof(text));
        if (o == NO_REFERENCE)
            tap_check(false, "a reference exists", __FILE__, __LINE__);
        else
            TAP_CHECK_EQ(got, want);
        tap_note("%s: sources %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 "%s%s", text, src[0],
                 src[1], src[2], src[3], env->ftz32 ? " ftz32" : "", env->ftz16 ? " ftz16" : "");
        return false;
    }
    return true;
}

/* --- the fast form: the same bits ----------------------------------------------------------- */

struct operands {
    struct va_val s[VA_MAX_SRC], d;
};

/* What write-back leaves in @old. */
static void merge(const struct va_insn *in, const struct va_micro *m, const struct va_frame *f,
                  const struct va_val *d, struct va_val *old)
{
    const va_v16u keep = ~(f->mask & m->halves);

    old->w[0] = (old->w[0] & keep) | (d->w[0] & ~keep);
    if (in->dst_bits == 64)
        old->w[1] = (old->w[1] & ~f->mask) | (d->w[1] & f->mask);
}

/* One function of the fast form against @d, computed by the plain one. */
static void check_micro(const struct va_insn *in, const struct va_micro *m, va_micro_fn *fn,
                        const struct va_val *s, const struct va_val *d, const struct va_env *env)
{
    struct operands got, want;
    struct va_frame f = {.base = {&got}, .env = *env};
    unsigned at = m->at[VA_DST] / sizeof(struct va_val);

    for (unsigned lane = 0; lane < VA_LANES; lane++)
        f.mask[lane] = -(env->active >> lane & 1u);
    memset(&got, 0x5a, sizeof(got));
    memcpy(got.s, s, sizeof(got.s));
    memcpy(&want, &got, sizeof(want));
    merge(in, m, &f, d, at < VA_MAX_SRC ? &want.s[at] : &want.d);
    fn(m, &f);
    if (TAP_CHECK_MEM(&got, &want, sizeof(want)))
        return;
    char text[256];
    va_disasm(in, text, sizeof(text));
    tap_note("%s: lanes %x, ftz %d %d, result over operand %u", text, env->active, env->ftz32,
             env->ftz16, at);
}

/* Every function that the fast form may choose for @in; the result may lie over a source. */
static void check_fast(const struct va_insn *in, const struct va_val *s, const struct va_val *plain,
                       const struct va_env *env, unsigned round)
{
    static const uint32_t halves[4] = {0, 0xffff, 0xffff0000, ~0u};

    for (unsigned v = 0; v < VA_VECTORS && va_bind_of(v); v++) {
        struct va_micro m = {.insn = in, .halves = halves[in->dst_mask]};
        for (unsigned i = 0; i < VA_MAX_SRC; i++)
            m.at[i] = i * sizeof(struct va_val);
        m.at[VA_DST] = round % 5 * sizeof(struct va_val);
        va_bind_of(v)(in, &m);
        check_micro(in, &m, m.some, s, plain, env);
        for (unsigned mode = 0; mode < VA_FTZ_MODES; mode++) {
            struct va_env all = {
                .active = 0xffff, .ftz32 = mode != VA_FTZ_NONE, .ftz16 = mode == VA_FTZ_BOTH};
            struct va_val d;
            va_alu_base[in->op](in, s, &d, &all);
            check_micro(in, &m, m.all[mode], s, &d, &all);
            all.active = env->active;
            va_alu_base[in->op](in, s, &d, &all);
            check_micro(in, &m, m.part[mode], s, &d, &all);
        }
    }
}

static bool across_lanes(unsigned op)
{
    return op == VA_OP_WMASK || !strncmp(va_info(op)->name, "CLPER", 5);
}

/* What a lane that is not there gives, by the name of the modifier's value. */
static uint32_t inactive_value(const char *name)
{
    static const struct {
        const char *name;
        uint32_t value;
    } values[] = {
        {"", 0},
        {"umax", ~0u},
        {"i1", 1},
        {"v2i1", 0x10001},
        {"smin", 1u << 31},
        {"smax", ~(1u << 31)},
        {"v2smin", 0x80008000},
        {"v2smax", 0x7fff7fff},
        {"v4smin", 0x80808080},
        {"v4smax", 0x7f7f7f7f},
        {"f1", 0x3f800000},
        {"v2f1", 0x3c003c00},
        {"infn", 0xff800000},
        {"inf", 0x7f800000},
        {"v2infn", 0xfc00fc00},
        {"v2inf", 0x7c007c00},
    };

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (!strcmp(values[i].name, name))
            return values[i].value;
    TAP_CHECK(false);
    return 0;
}

/* WMASK and CLPER, lane by lane, from the modifiers' texts. */
static bool check_across(const struct va_insn *in, const struct va_val *s, const struct va_val *d,
                         const struct va_env *env)
{
    const char *size = va_enum_text(VA_E_SUBGROUP, in->mod[VA_M_SUBGROUP]);
    unsigned n = size[0] ? (unsigned)atoi(size + 8) : 16;
    char text[256];

    for (unsigned lane = 0; lane < VA_LANES; lane++) {
        unsigned first = lane / n * n, from;
        uint64_t want = 0, got = d->w[0][lane] | (uint64_t)d->w[1][lane] << 32;
        if (in->op == VA_OP_WMASK) {
            for (unsigned k = 0; k < n; k++)
                if ((env->active >> (first + k) & 1) && s[0].w[0][first + k])
                    want |= 1u << k;
        } else {
            const char *byte = va_enum_text(VA_E_LANES8, in->src[1].sel);
            unsigned index = s[1].w[0][lane] >> 8 * (byte[1] - '0') & 0xff;
            bool wide = in->src[0].bits == 64;
            if (!strcmp(va_enum_text(VA_E_LANE_OP, in->mod[VA_M_LANE_OP]), "xor"))
                index ^= lane;
            from = first + index % n;
            want = inactive_value(va_enum_text(VA_E_INACTIVE, in->mod[VA_M_INACTIVE]));
            want |= wide ? want << 32 : 0;
            if (env->active >> from & 1)
                want = s[0].w[0][from] | (wide ? (uint64_t)s[0].w[1][from] << 32 : 0);
        }
        if (TAP_CHECK_EQ(got, want))
            continue;
        va_disasm(in, text, sizeof(text));
        tap_note("%s: lane %u, active 0x%x", text, lane, env->active);
        return false;
    }
    return true;
}

/* Random and edge sources through @in: all variants agree, and with the reference. */
static bool run_insn(const struct va_insn *in, uint64_t *seed, unsigned i)
{
    struct va_env env = {.active = next_random(seed), .ftz32 = i & 1, .ftz16 = i & 2};
    struct va_val s[VA_MAX_SRC], d, d2;

    random_sources(seed, s);
    va_alu_base[in->op](in, s, &d, &env);
    for (unsigned v = VA_VECTORS_BASE + 1; v < VA_VECTORS && va_alu_of(v); v++) {
        va_alu_of(v)[in->op](in, s, &d2, &env);
        if (!TAP_CHECK_MEM(&d, &d2, sizeof(d)))
            tap_note("variant %u differs: %s", v, va_info(in->op)->name);
    }
    return across_lanes(in->op) ? check_across(in, s, &d, &env) : check_lanes(in, s, &d, &env);
}

static void run_row(unsigned op, uint64_t *seed, unsigned rounds)
{
    struct va_insn in;

    for (unsigned i = 0; i < rounds; i++) {
        if (!TAP_CHECK(random_insn(seed, op, &in)))
            return;
        if (va_alu_modelled(&in) && !run_insn(&in, seed, i))
            return;
    }
}

/* --- every value of every field ----------------------------------------------------------------
 */

/* Forms that no source explains; they must be refused, all others must run. */
static bool refused(const struct va_insn *in)
{
    bool branch = in->op == VA_OP_BRANCHZ || in->op == VA_OP_BRANCHZI;

    return (branch && !strcmp(va_enum_text(VA_E_COMBINE, in->src[0].sel), "lowbits")) ||
           (in->op != VA_OP_WMASK && across_lanes(in->op) &&
            in->mod[VA_M_LANE_OP] >= VA_LANE_OP_ACCUMULATE);
}

/* @in with one field changed: it encodes, decodes to the same, and runs. */
static void run_value(const struct va_insn *in, uint64_t *seed)
{
    struct va_insn again;
    uint64_t word;

    if (va_encode(in, &word) || va_decode(word, &again))
        return; /* refused together with another field: counted by the caller */
    TAP_CHECK_EQ(va_alu_modelled(&again), !refused(&again));
    for (unsigned i = 0; i < 12 && !refused(&again); i++)
        if (!run_insn(&again, seed, i))
            return;
}

static bool encodes(const struct va_insn *in)
{
    struct va_insn again;
    uint64_t word;

    return !va_encode(in, &word) && !va_decode(word, &again);
}

/* One value of one field, in the first of some random instructions that take it. */
#define TRY_VALUE(what, assign)                                                                    \
    do {                                                                                           \
        bool found = false;                                                                        \
        for (unsigned try = 0; try < 200 && !found; try++) {                                       \
            struct va_insn in;                                                                     \
            if (!random_insn(&seed, op, &in))                                                      \
                break;                                                                             \
            assign;                                                                                \
            found = encodes(&in);                                                                  \
            if (found)                                                                             \
                run_value(&in, &seed);                                                             \
        }                                                                                          \
        values += found;                                                                           \
        if (!TAP_CHECK(found))                                                                     \
            tap_note("%s: %s %u, value %u was never run", va_info(op)->name, what, field, v);      \
    } while (0)

static void every_value(void)
{
    uint64_t seed = 0x5eed;
    unsigned values = 0;

    for (unsigned op = 0; op < VA_OPS; op++) {
        const struct va_row *row = &va_rows[op];
        if (row->info.message || row->info.fidelity == VA_TODO)
            continue;
        for (const struct va_mod_form *m = row->mod; m->width; m++)
            for (unsigned v = 0, field = m->mod; v < 1u << m->width && v < 16; v++)
                if (va_enum_valid[m->en] >> v & 1)
                    TRY_VALUE("modifier", in.mod[field] = (uint8_t)v);
        for (unsigned field = 0; row->src[field].bits; field++) {
            const struct va_src_form *f = &row->src[field];
            for (unsigned v = 0; f->sel_width && v < 1u << f->sel_width; v++)
                if (va_enum_valid[f->sel_enum] >> v & 1)
                    TRY_VALUE("selector of source", in.src[field].sel = (uint8_t)v);
            for (unsigned v = 0; f->neg && v < 4; v++)
                TRY_VALUE("sign of source",
                          (in.src[field].neg = v & 1, in.src[field].abs = v >> 1));
            for (unsigned v = 0; f->inv && v < 2; v++)
                TRY_VALUE("inversion of source", in.src[field].inv = v);
        }
    }
    tap_note("%u values of fields", values);
    TAP_CHECK(values > 1000);
}

static void run_unit(bool wanted(const char *name))
{
    uint64_t seed = 0xa1b2c3;

    for (unsigned op = 0; op < VA_OPS; op++)
        if (!va_info(op)->message && va_info(op)->fidelity != VA_TODO && wanted(va_info(op)->name))
            run_row(op, &seed, 400);
}

static bool is_float(const char *n)
{
    return n[0] == 'F' || strstr(n, "CUBE") || strstr(n, "DISCARD");
}

static bool is_convert(const char *n)
{
    return strstr(n, "_TO_") != NULL;
}

static bool is_rest(const char *n)
{
    return !is_float(n) && !is_convert(n);
}

static bool is_pure_float(const char *n)
{
    return is_float(n) && !is_convert(n);
}

static void float_rows(void)
{
    run_unit(is_pure_float);
}

static void convert_rows(void)
{
    run_unit(is_convert);
}

static void integer_rows(void)
{
    run_unit(is_rest);
}

static void lanes_of(va_alu_fn *const *alu)
{
    struct va_env env = {.active = 0xfff5};
    struct va_val s[VA_MAX_SRC] = {0}, d;
    struct va_insn in;

    for (unsigned i = 0; i < VA_LANES; i++) {
        s[0].w[0][i] = 100 + i;
        s[1].w[0][i] = 0x01000200 | (15 - i); /* byte 0: reversed, 1: 2, 3: 1 */
    }
    /* CLPER.i32 r0, r1, r2.b00, one subgroup of 16 */
    TAP_REQUIRE(!va_decode(0x00a0c030100f0201 | 0x400000, &in));
    alu[in.op](&in, s, &d, &env);
    for (unsigned i = 0; i < VA_LANES; i++)
        TAP_CHECK_EQ(d.w[0][i], 0xfff5 >> (15 - i) & 1 ? 115 - i : 0xffffffff); /* .umax */
    /* .xor with byte 3, quads */
    TAP_REQUIRE(!va_decode(0x00a0c0111c0f0201, &in));
    alu[in.op](&in, s, &d, &env);
    for (unsigned i = 0; i < VA_LANES; i++)
        TAP_CHECK_EQ(d.w[0][i], 0xfff5 >> (i ^ 1) & 1 ? 100 + (i ^ 1) : 0);
    /* WMASK r0, r1: ballot */
    s[0].w[0][4] = 0;
    TAP_REQUIRE(!va_decode(0x0095c03000000001, &in));
    alu[in.op](&in, s, &d, &env);
    for (unsigned i = 0; i < VA_LANES; i++)
        TAP_CHECK_EQ(d.w[0][i], 0xffe5);
}

static void lanes(void)
{
    for (unsigned v = 0; v < VA_VECTORS && va_alu_of(v); v++)
        lanes_of(va_alu_of(v));
}

/* The sequences compilers build: their ends must meet the math library's special values. */
static uint32_t run1(uint64_t word, uint32_t a, uint32_t b, uint32_t c, uint32_t e)
{
    struct va_env env = {.active = 0xffff};
    struct va_val s[VA_MAX_SRC] = {{{(va_v16u){0} + a}},
                                   {{(va_v16u){0} + b}},
                                   {{(va_v16u){0} + c}},
                                   {{(va_v16u){0} + e}}},
                  d;
    struct va_insn in;

    if (!TAP_CHECK_EQ(va_decode(word, &in), VA_OK))
        return 0;
    va_alu_best()[in.op](&in, s, &d, &env);
    return d.w[0][3];
}

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static float run_log2(float x)
{
    uint32_t v = bits_of(x), e = run1(0x0099c00002020001, v, 0, 0, 0); /* FREXPE.f32.log */
    uint32_t add = run1(0x00a4c00000090201, bits_of(-1), v, 0, 0);     /* FADD_LSCALE.f32 */
    uint32_t ratio = run1(0x009cc00000080001, v, 0, 0, 0);             /* FLOGD.f32 */

    e = run1(0x0090c00000090001, e, 0, 0, 0); /* S32_TO_F32 */
    return float_of(run1(0x00b2c00000030201, ratio, add, e, 0));
}

static float run_exp2(float x)
{
    /* FMA_RSCALE.f32 x, 1.0, -0.0, 24; F32_TO_S32; FEXP.f32 */
    uint32_t scaled = run1(0x0160c00004030201, bits_of(x), bits_of(1), 0x80000000, 24);
    uint32_t fixed = run1(0x0090c000000c0001, scaled, 0, 0, 0);
    return float_of(run1(0x00a4c00000080201, fixed, scaled, 0, 0));
}

static void composites(void)
{
    static const float values[] = {0.0f,      -0.0f, 1.0f,    -1.0f,   INFINITY, -INFINITY, NAN,
                                   0x1p-149f, 1e-30, 0.7499f, 0.75f,   1.4999f,  1.5f,      3e38f,
                                   127.9f,    128,   -126.5f, -127.5f, -200,     200,       0.3f};

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        float x = values[i], want = log2f(x), got = run_log2(x);
        if (!TAP_CHECK(isnan(want)
                           ? isnan(got)
                           : got == want || fabsf(got - want) <= 3e-7f * fmaxf(1, fabsf(want))))
            tap_note("log2(%g) = %g, not %g", x, got, want);
        want = exp2f(x);
        got = run_exp2(x);
        if (!TAP_CHECK(isnan(want)
                           ? isnan(got)
                           : got == want || fabsf(got - want) <= 1e-5f * want || want < 1e-38f))
            tap_note("exp2(%g) = %g, not %g", x, got, want);
    }
}

static void every_row_has_a_function(void)
{
    for (unsigned op = 0; op < VA_OPS; op++) {
        bool want = !va_info(op)->message && va_info(op)->fidelity != VA_TODO;
        if (!TAP_CHECK_EQ(va_alu_base[op] != NULL, want))
            tap_note("%s", va_info(op)->name);
    }
}

/* Modifiers that compilers emit are rare among random ones: rows of shapes.def. */
static void shapes(void)
{
    static const struct {
        unsigned op;
        struct va_insn like;
    } rows[] = {
#define SHAPE_I(id, tag, ...) {VA_OP_##id, {__VA_ARGS__}},
#define SHAPE_F               SHAPE_I
#define SHAPE_H               SHAPE_I
#define SHAPE_C               SHAPE_I
#include "../../hw/valhall/shapes.def"
#undef SHAPE_I
#undef SHAPE_F
#undef SHAPE_H
#undef SHAPE_C
    };
    uint64_t seed = 0x5eed;

    for (unsigned k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
        struct va_insn in;
        struct va_micro m = {.halves = ~0u};
        TAP_REQUIRE(random_insn(&seed, rows[k].op, &in));
        memcpy(in.mod, rows[k].like.mod, sizeof(in.mod));
        for (unsigned i = 0; i < VA_MAX_SRC; i++) {
            const struct va_src *like = &rows[k].like.src[i];
            struct va_src *src = &in.src[i];
            src->neg = like->neg, src->abs = like->abs, src->inv = like->inv;
            src->sel = like->sel_enum ? like->sel : src->sel_enum == VA_E_SWZ16 ? VA_SWZ16_H01 : 0;
        }
        in.dst_mask = 3;
        va_bind_base(&in, &m);
        if (!TAP_CHECK(m.all[0] != m.some))
            tap_note("row %u of shapes.def, %s, is never used", k, va_info(rows[k].op)->name);
        for (unsigned i = 0; i < 200; i++) {
            struct va_env env = {.active = next_random(&seed), .ftz32 = i & 1, .ftz16 = i & 2};
            struct va_val s[VA_MAX_SRC], d;
            random_sources(&seed, s);
            va_alu_base[in.op](&in, s, &d, &env);
            check_fast(&in, s, &d, &env, i);
        }
    }
}

/* Which variants there are, and what may be chosen. */
static void choice(void)
{
    static const char *const names[VA_VECTORS] = {"base", "avx2", "avx512"};
    enum va_vectors most = va_vectors();
    const char *why = NULL;

    TAP_CHECK(va_alu_of(VA_VECTORS_BASE) == va_alu_base);
    TAP_CHECK(va_bind_of(VA_VECTORS_BASE) == va_bind_base);
    for (unsigned v = 0; v < VA_VECTORS; v++) {
        bool there = v <= most;
        tap_note("%s: %s", names[v], there ? "compared" : "not on this CPU");
        TAP_CHECK_EQ(va_alu_of(v) != NULL, there);
        TAP_CHECK_EQ(va_bind_of(v) != NULL, there);
        why = NULL;
        TAP_CHECK_EQ(va_vectors_choose(names[v], &why), there);
        TAP_CHECK_EQ(why != NULL, !there);
        TAP_CHECK_EQ(va_vectors(), there ? v : most);
        TAP_CHECK(va_alu_best() == va_alu_of(va_vectors()));
        TAP_CHECK(va_bind_best() == va_bind_of(va_vectors()));
        TAP_CHECK(va_vectors_choose("best", &why));
        TAP_CHECK_EQ(va_vectors(), most);
    }
    why = NULL;
    TAP_CHECK(!va_vectors_choose("mmx", &why));
    TAP_CHECK(why != NULL);
    TAP_CHECK_EQ(va_vectors(), most);
}

TAP_MAIN({"choice", choice}, {"shapes", shapes},
         {"every-row-has-a-function", every_row_has_a_function}, {"every-value", every_value},
         {"integer-rows", integer_rows}, {"float-rows", float_rows}, {"convert-rows", convert_rows},
         {"lanes", lanes}, {"composites", composites})
