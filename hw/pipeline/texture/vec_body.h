/*
 * One variant of struct tex_vec. The including file sets TEX_VARIANT (a name), VA_PIECE and the
 * target, as for the instructions' meanings, whose vector tools these are. The bits are those of
 * sample.c and lod.c: the same steps in the same order, exact where theirs are exact.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are only passed between inlined functions */
#pragma GCC diagnostic ignored "-Wunused-function"
/* A product and a sum are two roundings, in every variant. */
#ifdef __clang__
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include <string.h>

#include "../../valhall/sem_vec.h"
#include "wide.h"

#define ROUND_EVEN (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define ROUND_DOWN (_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)
#define NEAR       0x1p29 /* coordinates in 1/256 that are certainly integers of 32 bits */

typedef vu vu_any __attribute__((may_alias));

/* What is done in double precision goes by quads, or two of them where a register holds them. */
#define WIDE (VA_PIECE == 64 ? 8 : 4)
typedef float wf __attribute__((vector_size(4 * WIDE)));
typedef int32_t wi __attribute__((vector_size(4 * WIDE)));
typedef double wd __attribute__((vector_size(8 * WIDE)));
typedef int64_t wl __attribute__((vector_size(8 * WIDE)));
typedef wf wf_any __attribute__((may_alias));
typedef wi wi_any __attribute__((may_alias));

VA_INLINE wd to_double(wf x)
{
#if VA_PIECE == 16
    return __builtin_convertvector(x, wd);
#else
    return widen(x);
#endif
}

VA_INLINE vu get(const uint32_t *v, unsigned k)
{
    return ((const vu_any *)v)[k];
}

VA_INLINE void put(uint32_t *v, unsigned k, vu x)
{
    ((vu_any *)v)[k] = x;
}

/* @m: all ones or zero per lane; @k: which piece. */
VA_INLINE uint16_t lanes_of(vi m, unsigned k)
{
#ifdef VA_HOST_AVX512
    return _mm512_movepi32_mask((__m512i)m);
#elif defined(VA_HOST_AVX2)
    return (uint16_t)(_mm256_movemask_ps((__m256)m) << k * LANES);
#else
    unsigned lanes = 0;
    for (unsigned i = 0; i < LANES; i++)
        lanes |= (m[i] & 1u) << i;
    return (uint16_t)(lanes << k * LANES);
#endif
}

VA_INLINE vu mask_of(uint16_t lanes, unsigned k)
{
#ifdef VA_HOST_AVX512
    return (vu)_mm512_movm_epi32(lanes);
#else
    vu bit;

    for (unsigned i = 0; i < LANES; i++)
        bit[i] = 1u << (k * LANES + i);
    return (vu)((bit & lanes) != 0);
#endif
}

/* --- coordinates ----------------------------------------------------------------------------- */

/* @coord in 1/256 texels, rounded; out of range: 0, and bit WIDE * @k + lane of *@near stays zero.
 */
VA_INLINE wi fixed(const struct tex_axis *a, const uint32_t *coord, unsigned k, uint16_t *near)
{
    wd x = to_double(((const wf_any *)coord)[k]) * a->scale;
    wl in = (wl)(x > -NEAR) & (wl)(x < NEAR);

    x = (wd)((wl)x & in); /* NaN fails both */
#ifdef VA_HOST_AVX512
    *near |= (uint16_t)(_mm512_movepi64_mask((__m512i)in) << WIDE * k);
    return (wi)(a->round_even ? _mm512_cvt_roundpd_epi32((__m512d)x, ROUND_EVEN)
                              : _mm512_cvt_roundpd_epi32((__m512d)x, ROUND_DOWN));
#elif defined(VA_HOST_AVX2)
    *near |= (uint16_t)(_mm256_movemask_pd((__m256d)in) << WIDE * k);
    return (wi)_mm256_cvtpd_epi32(a->round_even ? _mm256_round_pd((__m256d)x, ROUND_EVEN)
                                                : _mm256_floor_pd((__m256d)x));
#else
    wi i = __builtin_convertvector(x, wi), one = (wi){0} + 1;
    wd back = __builtin_convertvector(i, wd), rest;

    i += __builtin_convertvector((wl)(back > x), wi); /* -1 where it was rounded up */
    if (a->round_even) {
        rest = x - __builtin_convertvector(i, wd);
        i += (__builtin_convertvector((wl)(rest > 0.5), wi) & one) |
             (__builtin_convertvector((wl)(rest == 0.5), wi) & i & one);
    }
    for (unsigned l = 0; l < WIDE; l++)
        *near |= (uint16_t)((in[l] & 1) << (WIDE * k + l));
    return i;
#endif
}

#ifdef VA_HOST_AVX512
VA_INLINE vu rounded(vf x, bool even)
{
    return (vu)(even ? _mm512_cvt_roundps_epi32((__m512)x, ROUND_EVEN)
                     : _mm512_cvt_roundps_epi32((__m512)x, ROUND_DOWN));
}
#elif defined(VA_HOST_AVX2)
VA_INLINE vu rounded(vf x, bool even)
{
    return (vu)_mm256_cvtps_epi32(even ? _mm256_round_ps((__m256)x, ROUND_EVEN)
                                       : _mm256_floor_ps((__m256)x));
}
#endif

/* The same of all lanes. A product with a power of two is exact in fp32, too. */
VA_INLINE uint16_t fixed_lanes(const struct tex_axis *a, const uint32_t *coord, uint32_t *at)
{
    uint16_t near = 0;

#if defined(VA_HOST_AVX2) || defined(VA_HOST_AVX512)
    for (unsigned k = 0; a->power && k < PIECES; k++) {
        vf x = as_f(get(coord, k)) * (float)a->scale;
        vi in = (vi)(x > (float)-NEAR) & (vi)(x < (float)NEAR);
        put(at, k, rounded(as_f(as_u(x) & (vu)in), a->round_even));
        near |= lanes_of(in, k);
    }
    if (a->power)
        return near;
#endif
    for (unsigned k = 0; k < TEX_LANES / WIDE; k++)
        ((wi_any *)at)[k] = fixed(a, coord, k, &near);
    return near;
}

VA_INLINE vi pick_i(vi m, vi a, vi b)
{
    return (a & m) | (b & ~m);
}

VA_INLINE vi least(vi a, int32_t b)
{
    return pick_i((vi)(a < b), a, (vi){0} + b);
}

VA_INLINE vi most(vi a, int32_t b)
{
    return pick_i((vi)(a > b), a, (vi){0} + b);
}

VA_INLINE bool any(vi m)
{
    return lanes_of(m, 0);
}

/* @i modulo @n, of which @inverse is the nearest to the inverse; |i| < 2^22. */
VA_INLINE vi modulo(vi i, int32_t n, float inverse)
{
    vf q = __builtin_convertvector(i, vf) * inverse;

    if (!(n & (n - 1)))
        return i & (n - 1);
    if (!any((vi)((vu)i >= (uint32_t)n)))
        return i;
    i -= __builtin_convertvector(q, vi) * n; /* one off at most, and towards zero */
    i += (vi)(i < 0) & n;
    i += (vi)(i < 0) & n;
    i -= (vi)(i >= n) & n;
    return i;
}

VA_INLINE vi clamped(vi i, int32_t n)
{
    return most(least(i, n - 1), 0);
}

VA_INLINE vi wrapped(const struct tex_axis *a, vi i)
{
    int32_t n = a->size;
    vi m;

    switch (a->wrap) {
    case TEX_WRAP_REPEAT:
        return modulo(i, n, a->inverse);
    case TEX_WRAP_EDGE:
        return clamped(i, n);
    case TEX_WRAP_MIRROR:
        i = modulo(i, 2 * n, a->inverse * 0.5f);
        return pick_i((vi)(i < n), i, 2 * n - 1 - i);
    case TEX_WRAP_MIRROR_EDGE:
        return clamped(pick_i((vi)(i < 0), -1 - i, i), n);
    case TEX_WRAP_MIRROR_BORDER:
        i = pick_i((vi)(i < 0), -1 - i, i);
        break;
    default:
        break;
    }
    m = (vi)(i < 0) | (vi)(i >= n);
    return i | m; /* -1: the border */
}

/* --- where texels lie --------------------------------------------------------------------------
 */

/* Bits 3:0 with a gap after each. */
VA_INLINE vu apart(vu x)
{
#if defined(VA_HOST_AVX2) || defined(VA_HOST_AVX512)
    const __m128i table = _mm_setr_epi8(0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85);
#endif
#ifdef VA_HOST_AVX512
    return (vu)_mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), (__m512i)x);
#elif defined(VA_HOST_AVX2)
    return (vu)_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), (__m256i)x);
#endif
    x = (x | x << 2) & 0x33;
    return (x | x << 1) & 0x55;
}

/* What element @i along @a adds to the other axis's: *@far in bytes, *@near by xor in elements. */
VA_INLINE void put_element(const struct tex_axis *a, bool down, vu i, vu *far, vu *near)
{
    if (!a->mixed) {
        *far = down ? i * a->pitch : splat(0);
        *near = down ? splat(0) : i;
        return;
    }
    vu in = i & ((1u << a->run_bits) - 1), low = apart(in & ((1u << a->mix_bits) - 1));
    vu run = i >> a->run_bits;
    if (a->headers) {
        vu m = apart(run & ((1u << a->headers) - 1));
        *far = (run >> a->headers) * a->pitch + (down ? m * 2 : m);
    } else if (a->large) {
        *far = (run & ((1u << a->large) - 1)) * a->pitch + (run >> a->large) * a->far;
    } else {
        *far = run * a->pitch;
    }
    *near = (in >> a->mix_bits << 2 * a->mix_bits) + (down ? low * 3 : low);
}

/* Texel @i (inside) along @a, as neighbour @n of piece @k. */
VA_INLINE void lay(const struct tex_axis *a, bool down, vu i, unsigned n, unsigned k,
                   struct tex_along *to)
{
    vu far, near;

    if (a->unit > 1) { /* exact: (i + 0.5) / unit is 0.5 / unit or more from an integer */
        vf q = (__builtin_convertvector((vi)i, vf) + 0.5f) * (1.0f / (float)a->unit);
        vu e = (vu) __builtin_convertvector(q, vi);
        put(to->rest[n], k, i - e * a->unit);
        i = e;
    } else {
        put(to->rest[n], k, splat(0));
    }
    put_element(a, down, i, &far, &near);
    put(to->far[n], k, far);
    put(to->near[n], k, near);
}

static uint16_t place(const struct tex_axis *a, bool down, const uint32_t *coord,
                      struct tex_along *to)
{
    uint32_t at[TEX_LANES] __attribute__((aligned(64)));
    uint16_t near = fixed_lanes(a, coord, at), border = 0;

    for (unsigned k = 0; k < PIECES; k++) {
        vi i = (vi)get(at, k) - (a->linear ? 128 : 0), w;
        put(to->fraction, k, (vu)i & 255);
        i = (i >> 8) + a->offset;
        for (unsigned n = 0; n <= a->linear; n++) {
            w = wrapped(a, i + (int32_t)n);
            border |= lanes_of((vi)(w < 0), k);
            lay(a, down, (vu)w, n, k, to);
        }
    }
    return near & (uint16_t)~border;
}

static uint16_t fetch(const struct tex_axis *a, bool down, const uint32_t *at, struct tex_along *to)
{
    uint16_t inside = 0;

    for (unsigned k = 0; k < PIECES; k++) {
        vu i = get(at, k) + (uint32_t)a->offset;
        inside |= lanes_of((vi)(i < (uint32_t)a->size), k);
        lay(a, down, i, 0, k, to);
    }
    return inside;
}

static void split(const struct tex_layout *l, const struct tex_along *x, const struct tex_along *y,
                  unsigned taps, struct tex_places *to)
{
    for (unsigned k = 0; k < PIECES; k++)
        for (unsigned t = 0; t < taps; t++) {
            unsigned i = t & 1, j = t >> 1;
            vu far = get(x->far[i], k) + get(y->far[j], k);
            vu near = (get(x->near[i], k) ^ get(y->near[j], k)) * l->bytes;
            if (l->kind == TEX_PAGES) {
                near += far + l->first;
                far = near / TEX_PAGE;
                near %= TEX_PAGE;
            } else if (l->kind == TEX_BLOCKS) {
                far += near;
                near = (get(x->rest[i], k) + get(y->rest[j], k) * l->columns) * l->texel;
            }
            put(to->piece[t], k, far);
            put(to->in[t], k, near);
        }
}

/* --- gathering ---------------------------------------------------------------------------------
 */

VA_INLINE void load_words(const uint8_t *host, uint32_t mask, const uint32_t *in, uint16_t lanes,
                          uint32_t *to)
{
    if (lanes == 0xffff) {
        for (unsigned l = 0; l < TEX_LANES; l++)
            memcpy(&to[l], host + (in[l] & mask), 4);
        return;
    }
    for (unsigned left = lanes; left; left &= left - 1) {
        unsigned l = (unsigned)__builtin_ctz(left);
        memcpy(&to[l], host + (in[l] & mask), 4);
    }
}

static uint16_t load(const uint8_t *host, uint32_t mask, const uint32_t *piece, uint32_t number,
                     const uint32_t *in, unsigned bytes, uint16_t lanes, uint32_t to[][TEX_LANES])
{
    uint16_t same = 0;

    for (unsigned k = 0; k < PIECES; k++)
        same |= lanes_of((vi)(get(piece, k) == number), k);
    lanes &= same;
    for (unsigned i = 0; i < bytes / 4; i++)
        load_words(host + 4 * i, mask, in, lanes, to[i]);
    for (unsigned left = bytes < 4 ? lanes : 0; left; left &= left - 1) {
        unsigned l = (unsigned)__builtin_ctz(left);
        const uint8_t *from = host + (in[l] & mask);
        to[0][l] = bytes == 1 ? *from : from[0] | (uint32_t)from[1] << 8;
    }
    return lanes;
}

/* --- filtering ------------------------------------------------------------------------------- */

/* What bytes say in sRGB. */
VA_INLINE vf linear_light(vu x)
{
    vu at = (x & 255) * 2;
#ifdef VA_HOST_AVX512
    return (vf)_mm512_i32gather_ps((__m512i)at, texel_srgb, 4);
#elif defined(VA_HOST_AVX2)
    return (vf)_mm256_i32gather_ps(texel_srgb, (__m256i)at, 4);
#else
    vf v;

    for (unsigned i = 0; i < LANES; i++)
        v[i] = texel_srgb[at[i]];
    return v;
#endif
}

/*
 * Integers of 16 bits at most over their largest, rounded once. With fused instructions without a
 * division: @scale is the nearest to 1 / max, which leaves the quotient an ulp off at most, and the
 * remainder, exact, says which way (Markstein's correction; texture_wide_test.c tries them all).
 */
VA_INLINE vf unorm(vu x, uint32_t max, float scale)
{
    vf v = __builtin_convertvector((vi)x, vf);
#ifdef VA_HOST_AVX512
    __m512 q = (__m512)(v * scale), r = (__m512)(scale + (vf){0});
    __m512 left = _mm512_fnmadd_ps(q, (__m512)((float)max + (vf){0}), (__m512)v);
    return (vf)_mm512_fmadd_ps(left, r, q);
#elif defined(VA_HOST_AVX2)
    __m256 q = (__m256)(v * scale), r = (__m256)(scale + (vf){0});
    __m256 left = _mm256_fnmadd_ps(q, (__m256)((float)max + (vf){0}), (__m256)v);
    return (vf)_mm256_fmadd_ps(left, r, q);
#else
    (void)scale;
    return v / (float)max;
#endif
}

/* Memory channel @c of the word @x that has it; @rgb: it is one of the colours. @kind: p->kind, a
 * constant. */
VA_INLINE vf channel(const struct tex_unpack *p, int kind, vu x, unsigned c, bool rgb)
{
    x >>= p->shift[c];
    if (kind == TEX_SRGB && rgb)
        return linear_light(x);
    if (kind == TEX_SRGB || kind == TEX_BITS)
        return unorm(x & p->max[c], p->max[c], p->scale[c]);
    return kind == TEX_HALVES ? half_to_float(x & 0xffff) : as_f(x);
}

/* The weights of the taps, from the second ones' in 1/256: their products are integers below 2^17,
 * and a 65536th of them is exact. */
VA_INLINE void weigh(vu x, vu y, vf by[TEX_TAPS])
{
    vf right = __builtin_convertvector((vi)x, vf) * 0x1p-8f, left = 1.0f - right;
    vf below = __builtin_convertvector((vi)y, vf) * 0x1p-8f, above = 1.0f - below;

    by[0] = left * above;
    by[1] = right * above;
    by[2] = left * below;
    by[3] = right * below;
}

/* One more tap of a sum. What has no weight may be infinite where it is a float. */
VA_INLINE vf add_tap(int kind, vf sum, vf by, vf x)
{
    vf v = sum + by * x;

    return kind == TEX_BITS || kind == TEX_SRGB ? v : as_f(pick((vu)(by != 0), as_u(v), as_u(sum)));
}

/* Memory channel @from of the taps' words; without loops, which compilers keep in memory. */
VA_INLINE vf filtered(const struct tex_unpack *p, int kind, const vu word[TEX_TAPS],
                      const vf by[TEX_TAPS], bool linear, unsigned from, bool rgb)
{
    vf sum = {0};

    if (!linear)
        return channel(p, kind, word[0], from, rgb);
    sum = add_tap(kind, sum, by[0], channel(p, kind, word[0], from, rgb));
    sum = add_tap(kind, sum, by[1], channel(p, kind, word[1], from, rgb));
    sum = add_tap(kind, sum, by[2], channel(p, kind, word[2], from, rgb));
    return add_tap(kind, sum, by[3], channel(p, kind, word[3], from, rgb));
}

/* Result @c of the taps' words. */
VA_INLINE vf result(const struct tex_unpack *p, int kind, const vu word[TEX_TAPS],
                    const vf by[TEX_TAPS], bool linear, unsigned c)
{
    unsigned from = p->from[c];

    if (from >= TEXEL_ZERO)
        return (vf){0} + (from == TEXEL_ONE ? 1.0f : 0.0f);
    if (kind == TEX_SRGB && !p->colour[c])
        kind = TEX_BITS;
    if (kind == TEX_BITS)
        return filtered(p, TEX_BITS, word, by, linear, from, false);
    return filtered(p, kind, word, by, linear, from, true);
}

VA_INLINE void filter_as(const struct tex_unpack *p, int kind, const struct tex_words *w,
                         const struct tex_along *x, const struct tex_along *y, bool linear,
                         uint16_t lanes, uint32_t out[4][TEX_LANES])
{
    for (unsigned k = 0; k < PIECES; k++) {
        vu m = mask_of(lanes, k);
        vf by[TEX_TAPS];
        if (linear)
            weigh(get(x->fraction, k), get(y->fraction, k), by);
        for (unsigned c = 0; c < 4; c++) {
            unsigned at = p->from[c] < TEXEL_ZERO ? p->word[p->from[c]] : 0;
            vu word[TEX_TAPS];
            for (unsigned t = 0; t < (linear ? TEX_TAPS : 1); t++)
                word[t] = get(w->w[t][at], k);
            put(out[c], k, pick(m, as_u(result(p, kind, word, by, linear, c)), get(out[c], k)));
        }
    }
}

static void filter(const struct tex_unpack *p, const struct tex_words *w, const struct tex_along *x,
                   const struct tex_along *y, bool linear, uint16_t lanes,
                   uint32_t out[4][TEX_LANES])
{
    if (p->kind == TEX_BITS && linear)
        filter_as(p, TEX_BITS, w, x, y, true, lanes, out);
    else if (p->kind == TEX_BITS)
        filter_as(p, TEX_BITS, w, x, y, false, lanes, out);
    else if (p->kind == TEX_SRGB)
        filter_as(p, TEX_SRGB, w, x, y, linear, lanes, out);
    else if (p->kind == TEX_HALVES)
        filter_as(p, TEX_HALVES, w, x, y, linear, lanes, out);
    else
        filter_as(p, TEX_VALUES, w, x, y, linear, lanes, out);
}

static void between(const uint32_t second[4][TEX_LANES], const uint32_t *fraction, uint16_t lanes,
                    uint32_t out[4][TEX_LANES])
{
    for (unsigned k = 0; k < PIECES; k++) {
        vf w = __builtin_convertvector((vi)get(fraction, k), vf) * 0x1p-8f;
        vu m = mask_of(lanes, k);
        for (unsigned c = 0; c < 4; c++) {
            vf a = as_f(get(out[c], k)), b = as_f(get(second[c], k));
            put(out[c], k, pick(m, as_u(a * (1.0f - w) + b * w), as_u(a)));
        }
    }
}

/* --- all of it, for a plain level ---------------------------------------------------------------
 */

/* Words at @host + @at, which has a sign, of the lanes @ok. */
VA_INLINE vu words(const uint8_t *host, vu at, vi ok)
{
#ifdef VA_HOST_AVX512
    return (vu)_mm512_mask_i32gather_epi32(_mm512_setzero_si512(),
                                           _mm512_movepi32_mask((__m512i)ok), (__m512i)at, host, 1);
#elif defined(VA_HOST_AVX2)
    return (vu)_mm256_mask_i32gather_epi32(_mm256_setzero_si256(), (const int *)host, (__m256i)at,
                                           (__m256i)ok, 1);
#else
    vu w = {0};

    for (unsigned i = 0; i < LANES; i++)
        if (ok[i])
            memcpy((uint8_t *)&w + 4 * i, host + (int32_t)at[i], 4);
    return w;
#endif
}

/* Entries @at modulo TEX_SLOTS of a table. */
VA_INLINE vu entries(const uint32_t *table, vu at)
{
#ifdef VA_HOST_AVX512
    return (vu)_mm512_permutex2var_epi32(_mm512_loadu_si512(table), (__m512i)at,
                                         _mm512_loadu_si512(table + 16));
#else
    return words((const uint8_t *)table, at % TEX_SLOTS * 4, (vi)splat(~0u));
#endif
}

/* tex_slot(), but for the modulo, which entries() does. */
VA_INLINE vu slots(vu number)
{
    return number ^ number >> 5;
}

/* Makes offsets in the level ones from l->pages.base; returns the lanes whose page is at hand. */
VA_INLINE vi find_pages(const struct tex_level *l, vu *at)
{
    vu number = *at / TEX_PAGE, slot = slots(number);

    *at += entries(l->pages.shift, slot);
    return (vi)(entries(l->pages.number, slot) == number);
}

/* The same for offsets in the superblocks @number. */
VA_INLINE vi find_superblocks(const struct tex_level *l, vu number, vu *at)
{
    vu slot = slots(number);

    *at = (*at & entries(l->pages.mask, slot)) + entries(l->pages.shift, slot);
    return (vi)(entries(l->pages.number, slot) == number);
}

/* Two neighbours along an axis. */
struct pair {
    vu far[2], near[2], fraction;
};

/* Finds them for integers in 1/256 (@fetch: texels). Returns the lanes that have such texels. */
VA_INLINE vi beside(const struct tex_axis *a, bool down, bool fetch, bool linear, vi i,
                    struct pair *to)
{
    vi first, second;

    if (!fetch) {
        i -= linear ? 128 : 0;
        to->fraction = (vu)i & 255;
        i >>= 8;
    }
    i += a->offset;
    first = fetch ? i | (vi)((vu)i >= (uint32_t)a->size) : wrapped(a, i);
    put_element(a, down, (vu)first, &to->far[0], &to->near[0]);
    if (!linear)
        return (vi)(first >= 0);
    second = wrapped(a, i + 1);
    put_element(a, down, (vu)second, &to->far[1], &to->near[1]);
    return (vi)((first | second) >= 0);
}

/* What sample_piece() is compiled for: constants, but for @kind where that is asked seldom. */
struct how {
    int kind; /* tex_unpack.kind */
    bool fetch, linear, superblocks;
};

/* Where tap (@dx, @dy) is, from l->pages.base; @ok loses those whose page is not at hand. */
VA_INLINE vu tap(const struct tex_level *l, struct how how, const struct pair *x,
                 const struct pair *y, unsigned dx, unsigned dy, vi *ok)
{
    vu far = x->far[dx] + y->far[dy], at = (x->near[dx] ^ y->near[dy]) * 4;

    if (how.superblocks) {
        *ok &= find_superblocks(l, far, &at);
    } else {
        at += far;
        *ok &= find_pages(l, &at);
    }
    return at;
}

/* What of piece @k was had, and its results, which are not yet written. */
struct sampled {
    vi ok;
    vf v[4];
};

/* At @i and @j as beside() has them, of the lanes @ok. @mask: the results that are wanted. */
VA_INLINE void sample_piece(const struct tex_level *l, const struct tex_unpack *p, struct how how,
                            vi i, vi j, unsigned mask, vi ok, struct sampled *to)
{
    uint32_t first = how.superblocks ? 0 : l->layout.first;
    bool linear = how.linear;
    const uint8_t *base = l->pages.base;
    vu word[TEX_TAPS], at[TEX_TAPS];
    vf by[TEX_TAPS];
    struct pair x, y;

    ok &= beside(&l->axis[0], false, how.fetch, linear, i, &x);
    ok &= beside(&l->axis[1], true, how.fetch, linear, j, &y);
    y.far[0] += first;
    at[0] = tap(l, how, &x, &y, 0, 0, &ok);
    if (linear) {
        y.far[1] += first;
        at[1] = tap(l, how, &x, &y, 1, 0, &ok);
        at[2] = tap(l, how, &x, &y, 0, 1, &ok);
        at[3] = tap(l, how, &x, &y, 1, 1, &ok);
        weigh(x.fraction, y.fraction, by);
    }
    *to = (struct sampled){.ok = ok};
    if (!any(ok))
        return;
    word[0] = words(base, at[0], ok);
    if (linear) {
        word[1] = words(base, at[1], ok);
        word[2] = words(base, at[2], ok);
        word[3] = words(base, at[3], ok);
    }
    if (mask & 1)
        to->v[0] = result(p, how.kind, word, by, linear, 0);
    if (mask & 2)
        to->v[1] = result(p, how.kind, word, by, linear, 1);
    if (mask & 4)
        to->v[2] = result(p, how.kind, word, by, linear, 2);
    if (mask & 8)
        to->v[3] = result(p, how.kind, word, by, linear, 3);
}

/* Writes the results of @mask, without gaps. */
VA_INLINE void put_sampled(const struct sampled *from, unsigned k, unsigned mask,
                           uint32_t out[][TEX_LANES])
{
    vu ok = (vu)from->ok;

    if (mask & 1)
        put(*out, k, pick(ok, as_u(from->v[0]), get(*out, k)));
    out += mask & 1;
    if (mask & 2)
        put(*out, k, pick(ok, as_u(from->v[1]), get(*out, k)));
    out += mask >> 1 & 1;
    if (mask & 4)
        put(*out, k, pick(ok, as_u(from->v[2]), get(*out, k)));
    out += mask >> 2 & 1;
    if (mask & 8)
        put(*out, k, pick(ok, as_u(from->v[3]), get(*out, k)));
}

VA_INLINE uint16_t sample_as(const struct tex_level *l, const struct tex_unpack *p, struct how how,
                             const uint32_t *const coord[2], const struct tex_wanted *want,
                             uint32_t out[][TEX_LANES])
{
    uint32_t at[2][TEX_LANES] __attribute__((aligned(64)));
    uint16_t near = want->lanes, done = 0;
    struct sampled s[PIECES];

    for (unsigned i = 0; i < 2; i++)
        near &= fixed_lanes(&l->axis[i], coord[i], at[i]);
    for (unsigned k = 0; k < PIECES; k++) {
        sample_piece(l, p, how, (vi)get(at[0], k), (vi)get(at[1], k), want->mask,
                     (vi)mask_of(near, k), &s[k]);
        done |= lanes_of(s[k].ok, k);
    }
    if (want->all && done != want->lanes)
        return 0;
    for (unsigned k = 0; k < PIECES; k++)
        put_sampled(&s[k], k, want->mask, out);
    return done;
}

VA_INLINE uint16_t sample_in(const struct tex_level *l, const struct tex_unpack *p,
                             bool superblocks, const uint32_t *const coord[2], bool linear,
                             const struct tex_wanted *want, uint32_t out[][TEX_LANES])
{
    const struct how srgb = {TEX_SRGB, false, false, superblocks};
    const struct how srgb_linear = {TEX_SRGB, false, true, superblocks};
    const struct how bits = {TEX_BITS, false, false, superblocks};
    const struct how bits_linear = {TEX_BITS, false, true, superblocks};

    if (p->kind == TEX_SRGB)
        return linear ? sample_as(l, p, srgb_linear, coord, want, out)
                      : sample_as(l, p, srgb, coord, want, out);
    return linear ? sample_as(l, p, bits_linear, coord, want, out)
                  : sample_as(l, p, bits, coord, want, out);
}

static uint16_t sample(const struct tex_level *l, const struct tex_unpack *p,
                       const uint32_t *const coord[2], bool linear, const struct tex_wanted *want,
                       uint32_t out[][TEX_LANES])
{
    return l->layout.kind == TEX_SUPERBLOCKS ? sample_in(l, p, true, coord, linear, want, out)
                                             : sample_in(l, p, false, coord, linear, want, out);
}

VA_INLINE uint16_t texels_as(const struct tex_level *l, const struct tex_unpack *p, struct how how,
                             const uint32_t *const at[2], uint16_t lanes,
                             uint32_t out[4][TEX_LANES])
{
    struct sampled s;
    uint16_t done = 0;

    for (unsigned k = 0; k < PIECES; k++) {
        sample_piece(l, p, how, (vi)get(at[0], k), (vi)get(at[1], k), 15, (vi)mask_of(lanes, k),
                     &s);
        put_sampled(&s, k, 15, out);
        done |= lanes_of(s.ok, k);
    }
    return done;
}

static uint16_t texels(const struct tex_level *l, const struct tex_unpack *p,
                       const uint32_t *const at[2], uint16_t lanes, uint32_t out[4][TEX_LANES])
{
    if (l->layout.kind == TEX_SUPERBLOCKS)
        return texels_as(l, p, (struct how){(int)p->kind, true, false, true}, at, lanes, out);
    if (p->kind == TEX_SRGB)
        return texels_as(l, p, (struct how){TEX_SRGB, true, false, false}, at, lanes, out);
    return texels_as(l, p, (struct how){TEX_BITS, true, false, false}, at, lanes, out);
}

static uint16_t equal(const uint32_t *v, uint32_t to)
{
    uint16_t lanes = 0;

    for (unsigned k = 0; k < PIECES; k++)
        lanes |= lanes_of((vi)(get(v, k) == to), k);
    return lanes;
}

/* --- levels of detail --------------------------------------------------------------------------
 */

/* 256 * log2(sqrt(@square)); see tex_log2_square(). */
VA_INLINE wi log2_square(wd square)
{
    const int32_t most = 32768;
    wl bits = (wl)square;
    wi lod = (__builtin_convertvector(bits >> 52, wi) - 1023) * 128, fraction = {0};
    wd m = (wd)((bits & 0xfffffffffffffll) | 0x3ff0000000000000ll);

    for (unsigned i = 0; i < 8; i++) {
        m *= m;
        wl two = (wl)(m >= 2);
        m = (wd)((wl)m - (two & (1ll << 52))); /* half of it */
        fraction = fraction * 2 - __builtin_convertvector(two, wi);
    }
    wi r = lod + ((fraction + 1) >> 1), high = (wi)(lod >= most), low = (wi)(lod <= -most);
    low |= ~__builtin_convertvector((wl)(square > 0), wi);
    r = (r & ~high) | ((most - 1) & high);
    return (r & ~low) | (-most & low);
}

#if VA_PIECE == 64
#define IN_QUADS(v, a, b, c, d)                                                                    \
    __builtin_shufflevector(v, v, a, b, c, d, (a) + 4, (b) + 4, (c) + 4, (d) + 4)
#else
#define IN_QUADS(v, a, b, c, d) __builtin_shufflevector(v, v, a, b, c, d)
#endif

/* How the lanes of piece @k of quads differ from the neighbours beside (@by 1) or below (@by 2). */
VA_INLINE wf differ(const uint32_t *coord, unsigned k, unsigned by, float scale)
{
    wf v = ((const wf_any *)coord)[k];
    wf low = by == 1 ? IN_QUADS(v, 0, 0, 2, 2) : IN_QUADS(v, 0, 1, 0, 1);
    wf high = by == 1 ? IN_QUADS(v, 1, 1, 3, 3) : IN_QUADS(v, 2, 3, 2, 3);

    return (high - low) * scale;
}

VA_INLINE wd length2(wf a, wf b)
{
    wd x = to_double(a), y = to_double(b);

    return x * x + y * y;
}

static void lod(const uint32_t *const coord[2], const float scale[2], int32_t *to)
{
    for (unsigned k = 0; k < TEX_LANES / WIDE; k++) {
        wd x = length2(differ(coord[0], k, 1, scale[0]), differ(coord[1], k, 1, scale[1]));
        wd y = length2(differ(coord[0], k, 2, scale[0]), differ(coord[1], k, 2, scale[1]));
        wl m = (wl)(x >= y);
        wd large = (wd)(((wl)x & m) | ((wl)y & ~m));
        ((wi_any *)to)[k] = log2_square(large);
    }
}

/* tex_choose_levels(), lane by lane. */
static void choose(const struct tex_texture *t, const struct tex_sampler *s, const int32_t *lod,
                   struct tex_choice *to)
{
    int32_t last = t->levels - 1, high = tex_lod_clamp(t, s, INT32_MAX),
            low = tex_lod_clamp(t, s, INT32_MIN), cut = s->magnify_cutoff ? 128 : 0;
    uint16_t minified = 0;

    for (unsigned k = 0; k < PIECES; k++) {
        vi l = least(most((vi)get((const uint32_t *)lod, k), low), high), level[2], fraction;
        minified |= lanes_of((vi)(l > cut), k);
        l = most(l, 0);
        fraction = s->mip == TEX_MIP_LINEAR ? l & 255 : (vi){0};
        level[0] = s->mip == TEX_MIP_NONE      ? (vi){0}
                   : s->mip == TEX_MIP_NEAREST ? (l + 127) >> 8
                                               : l >> 8;
        level[0] = least(level[0], last);
        if (t->min_level <= last)
            level[0] = most(level[0], t->min_level);
        level[1] = least(level[0] + 1, last);
        put((uint32_t *)to->level[0], k, (vu)level[0]);
        put((uint32_t *)to->level[1], k, (vu)level[1]);
        put(to->fraction, k, (vu)fraction & (vu)(level[0] != level[1]));
    }
    to->linear =
        (s->minify_nearest ? 0 : minified) | (s->magnify_nearest ? 0 : (uint16_t)~minified);
}

static uint16_t like(const struct tex_choice *c, unsigned first)
{
    uint16_t same = 0;

    for (unsigned k = 0; k < PIECES; k++)
        same |= lanes_of((vi)get((const uint32_t *)c->level[0], k) == c->level[0][first], k);
    return same & (c->linear >> first & 1 ? c->linear : (uint16_t)~c->linear);
}

const struct tex_vec TEX_VARIANT = {place,  fetch, split,   load,   filter, sample,
                                    texels, equal, between, choose, like,   lod};
