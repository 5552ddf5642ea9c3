/*
 * GLES 3.1 compute on unmodified Mesa: every case runs on the Mali (panfrost) and on llvmpipe in
 * the same guest, and is compared with what the CPU computes and with each other.
 *
 *     gles_compute [--list-subtests] [--run-subtest PATTERN]
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "garm_igt.h"
#include "glc.h"
#include "outcome.h"

IGT_TEST_DESCRIPTION("GLES 3.1 compute: the Mali against llvmpipe and the CPU");

struct gl_case {
    const char *name, *what;
    void (*run)(struct glc *gl, struct outcome *o);
};

static uint32_t words[4096]; /* the same random input for everybody */

static void fill_words(uint32_t seed)
{
    for (unsigned i = 0; i < GLC_COUNT(words); i++)
        words[i] = rnd(&seed);
}

/* --- buffers -----------------------------------------------------------------------------------
 */

static void vector_add(struct glc *gl, struct outcome *o)
{
    enum { N = 2048 };
    static float a[N], b[N];
    uint32_t seed = 1;
    GLuint p =
        glc_program(gl, "layout(local_size_x = 64) in;\n"
                        "layout(std430, binding = 0) readonly buffer A { float a[]; };\n"
                        "layout(std430, binding = 1) readonly buffer B { float b[]; };\n"
                        "layout(std430, binding = 2) writeonly buffer C { float c[]; };\n"
                        "void main() { uint i = gl_GlobalInvocationID.x; c[i] = a[i] + b[i]; }\n");

    outcome_make(o, OUT_F32, N);
    for (unsigned i = 0; i < N; i++) {
        a[i] = (float)rnd(&seed) / 7;
        b[i] = (float)(int)rnd(&seed) / 11;
        ((float *)o->want)[i] = a[i] + b[i];
    }
    glc_buffer(gl, 0, sizeof(a), a);
    glc_buffer(gl, 1, sizeof(b), b);
    GLuint c = glc_buffer(gl, 2, sizeof(a), NULL);
    glc_dispatch(gl, p, N / 64, 1, 1);
    glc_read(gl, c, sizeof(a), o->got);
}

/* mediump: panfrost computes these in fp16. Entries are small multiples of 1/4, so all sums are
 * exact. */
static void matmul_mediump(struct glc *gl, struct outcome *o)
{
    enum { N = 16 };
    static float a[N * N], b[N * N];
    GLuint p =
        glc_program(gl, "layout(local_size_x = 16, local_size_y = 4) in;\n"
                        "layout(std430, binding = 0) readonly buffer A { float a[]; };\n"
                        "layout(std430, binding = 1) readonly buffer B { float b[]; };\n"
                        "layout(std430, binding = 2) writeonly buffer C { float c[]; };\n"
                        "void main() {\n"
                        "    uint x = gl_GlobalInvocationID.x, y = gl_GlobalInvocationID.y;\n"
                        "    mediump float sum = 0.0;\n"
                        "    for (uint k = 0u; k < 16u; k++) {\n"
                        "        mediump float l = a[y * 16u + k], r = b[k * 16u + x];\n"
                        "        sum += l * r;\n"
                        "    }\n"
                        "    c[y * 16u + x] = sum;\n"
                        "}\n");

    outcome_make(o, OUT_F32, N * N);
    for (unsigned i = 0; i < N * N; i++) {
        a[i] = (int)(words[i] >> 8 & 15) / 4.0f - 2;
        b[i] = (int)(words[i] >> 16 & 15) / 4.0f - 2;
    }
    for (unsigned i = 0; i < N * N; i++)
        for (unsigned k = 0; k < N; k++)
            ((float *)o->want)[i] += a[i / N * N + k] * b[k * N + i % N];
    glc_buffer(gl, 0, sizeof(a), a);
    glc_buffer(gl, 1, sizeof(b), b);
    GLuint c = glc_buffer(gl, 2, sizeof(a), NULL);
    glc_dispatch(gl, p, 1, N / 4, 1);
    glc_read(gl, c, sizeof(a), o->got);
}

static void reduction(struct glc *gl, struct outcome *o)
{
    enum { GROUPS = 16, N = 256 * GROUPS };
    GLuint p = glc_program(gl, "layout(local_size_x = 256) in;\n"
                               "layout(std430, binding = 0) readonly buffer A { uint a[]; };\n"
                               "layout(std430, binding = 1) writeonly buffer O { uint o[]; };\n"
                               "shared uint s[256];\n"
                               "void main() {\n"
                               "    uint i = gl_LocalInvocationID.x;\n"
                               "    s[i] = a[gl_GlobalInvocationID.x];\n"
                               "    barrier();\n"
                               "    for (uint step = 128u; step > 0u; step >>= 1) {\n"
                               "        if (i < step) s[i] += s[i + step];\n"
                               "        barrier();\n"
                               "    }\n"
                               "    if (i == 0u) o[gl_WorkGroupID.x] = s[0];\n"
                               "}\n");

    outcome_make(o, OUT_U32, GROUPS);
    for (unsigned i = 0; i < N; i++)
        ((uint32_t *)o->want)[i / 256] += words[i];
    glc_buffer(gl, 0, 4 * N, words);
    GLuint out = glc_buffer(gl, 1, 4 * GROUPS, NULL);
    glc_dispatch(gl, p, GROUPS, 1, 1);
    glc_read(gl, out, 4 * GROUPS, o->got);
}

static void atomics(struct glc *gl, struct outcome *o)
{
    enum { N = 1024 };
    static const uint32_t start[8] = {0, ~0u, 0, ~0u, 0, 0, 0, 0};
    GLuint p = glc_program(gl, "layout(local_size_x = 64) in;\n"
                               "layout(std430, binding = 0) readonly buffer A { uint a[]; };\n"
                               "layout(std430, binding = 1) buffer O { uint o[8]; };\n"
                               "void main() {\n"
                               "    uint x = a[gl_GlobalInvocationID.x];\n"
                               "    atomicAdd(o[0], x);\n"
                               "    atomicMin(o[1], x);\n"
                               "    atomicMax(o[2], x);\n"
                               "    atomicAnd(o[3], x | 0xffff0fffu);\n"
                               "    atomicOr(o[4], x & 0x101u);\n"
                               "    atomicXor(o[5], x);\n"
                               "    uint ticket = atomicAdd(o[6], 1u);\n"
                               "    atomicXor(o[7], ticket * 2654435761u);\n"
                               "}\n");

    outcome_make(o, OUT_U32, 8);
    uint32_t *w = memcpy(o->want, start, sizeof(start));
    for (unsigned i = 0; i < N; i++) {
        uint32_t x = words[i];
        w[0] += x;
        w[1] = x < w[1] ? x : w[1];
        w[2] = x > w[2] ? x : w[2];
        w[3] &= x | 0xffff0fff;
        w[4] |= x & 0x101;
        w[5] ^= x;
        w[7] ^= w[6]++ * 2654435761u;
    }
    glc_buffer(gl, 0, 4 * N, words);
    GLuint out = glc_buffer(gl, 1, sizeof(start), start);
    glc_dispatch(gl, p, N / 64, 1, 1);
    glc_read(gl, out, sizeof(start), o->got);
}

static void atomic_counter(struct glc *gl, struct outcome *o)
{
    static const uint32_t start[2] = {100, 5000};
    GLuint counters,
        p = glc_program(gl, "layout(local_size_x = 32) in;\n"
                            "layout(binding = 0, offset = 0) uniform atomic_uint up;\n"
                            "layout(binding = 0, offset = 4) uniform atomic_uint down;\n"
                            "layout(std430, binding = 0) buffer O { uint o[]; };\n"
                            "void main() {\n"
                            "    uint i = atomicCounterIncrement(up) - 100u;\n"
                            "    uint k = 4999u - atomicCounterDecrement(down);\n"
                            "    o[i] = 0u;\n" /* everybody has another one */
                            "    atomicAdd(o[256], i);\n"
                            "    atomicAdd(o[257], k);\n"
                            "}\n");

    outcome_make(o, OUT_U32, 260);
    ((uint32_t *)o->want)[256] = ((uint32_t *)o->want)[257] = 255 * 128;
    ((uint32_t *)o->want)[258] = 100 + 256;
    ((uint32_t *)o->want)[259] = 5000 - 256;
    GLuint out = glc_buffer(gl, 0, 4 * 258, NULL);
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, out);
    glBufferSubData(GL_SHADER_STORAGE_BUFFER, 4 * 256, 8, (uint32_t[]){0, 0});
    counters = glc_buffer(gl, 1, sizeof(start), start);
    glBindBufferBase(GL_ATOMIC_COUNTER_BUFFER, 0, counters);
    glc_dispatch(gl, p, 8, 1, 1);
    glc_read(gl, out, 4 * 258, o->got);
    glc_read(gl, counters, 8, (uint32_t *)o->got + 258);
}

/* The groups of the second dispatch are what the first one wrote. */
static void indirect(struct glc *gl, struct outcome *o)
{
    enum { X = 3, Y = 2, Z = 4, N = 32 * X * Y * Z };
    GLuint first =
        glc_program(gl, "layout(local_size_x = 1) in;\n"
                        "layout(std430, binding = 1) writeonly buffer O { uint o[3]; };\n"
                        "uniform uvec3 groups;\n"
                        "void main() { o[0] = groups.x; o[1] = groups.y; o[2] = groups.z; }\n");
    GLuint second = glc_program(
        gl, "layout(local_size_x = 4, local_size_y = 8) in;\n"
            "layout(std430, binding = 0) writeonly buffer O { uint o[]; };\n"
            "void main() {\n"
            "    uvec3 g = gl_GlobalInvocationID, n = gl_NumWorkGroups * gl_WorkGroupSize;\n"
            "    o[g.x + n.x * (g.y + n.y * g.z)] = gl_LocalInvocationIndex |\n"
            "        gl_WorkGroupID.x << 8 | gl_WorkGroupID.y << 16 | gl_WorkGroupID.z << 24;\n"
            "}\n");

    outcome_make(o, OUT_U32, N);
    for (unsigned i = 0; i < N; i++) {
        unsigned x = i % (4 * X), y = i / (4 * X) % (8 * Y), z = i / (32 * X * Y);
        ((uint32_t *)o->want)[i] = (x % 4 + 4 * (y % 8)) | x / 4 << 8 | y / 8 << 16 | z << 24;
    }
    GLuint out = glc_buffer(gl, 0, 4 * N, NULL), args = glc_buffer(gl, 1, 12, NULL);
    glUseProgram(first);
    glUniform3ui(glGetUniformLocation(first, "groups"), X, Y, Z);
    glc_dispatch(gl, first, 1, 1, 1);
    glUseProgram(second);
    glBindBuffer(GL_DISPATCH_INDIRECT_BUFFER, args);
    glDispatchComputeIndirect(0);
    glMemoryBarrier(GL_ALL_BARRIER_BITS);
    glc_check(gl, "glDispatchComputeIndirect");
    glc_read(gl, out, 4 * N, o->got);
}

/* --- images --------------------------------------------------------------------------------------
 */

/* A buffer into an image, the image mirrored into a buffer. */
static void image(struct glc *gl, struct outcome *o, GLenum format, const char *word,
                  const char *prefix, uint32_t mask)
{
    enum { W = 24, H = 20, N = W * H };
    static uint32_t in[4 * N];
    char store[640], load[640];

    snprintf(store, sizeof(store),
             "layout(local_size_x = 4, local_size_y = 4) in;\n"
             "layout(std430, binding = 0) readonly buffer A { %svec4 a[]; };\n"
             "layout(binding = 0, %s) writeonly uniform %simage2D img;\n"
             "void main() { ivec2 p = ivec2(gl_GlobalInvocationID);\n"
             "    imageStore(img, p, a[p.x + %d * p.y]); }\n",
             prefix, word, prefix, W);
    snprintf(load, sizeof(load),
             "layout(local_size_x = 4, local_size_y = 4) in;\n"
             "layout(std430, binding = 1) writeonly buffer O { %svec4 o[]; };\n"
             "layout(binding = 0, %s) readonly uniform %simage2D img;\n"
             "void main() { ivec2 p = ivec2(gl_GlobalInvocationID);\n"
             "    o[p.x + %d * p.y] = imageLoad(img, ivec2(%d - p.x, p.y)); }\n",
             prefix, word, prefix, W, W - 1);
    GLuint p[2] = {glc_program(gl, store), glc_program(gl, load)};

    outcome_make(o, *prefix ? OUT_U32 : OUT_F32, 4 * N);
    for (unsigned i = 0; i < 4 * N; i++) {
        float f = (words[i] >> 8 & 255) / 255.0f; /* what rgba8 holds */
        if (*prefix)
            in[i] = words[i] & mask;
        else
            memcpy(&in[i], &f, 4);
    }
    bool one = format == GL_R32UI;
    for (unsigned i = 0; i < 4 * N; i++) {
        unsigned x = i / 4 % W, from = 4 * (i / 4 - x + W - 1 - x) + i % 4;
        ((uint32_t *)o->want)[i] = !one || i % 4 == 0 ? in[from] : i % 4 == 3;
    }
    o->ulps = *prefix ? 0 : 1; /* of n/255, as a quotient or a product */
    glc_buffer(gl, 0, sizeof(in), in);
    GLuint out = glc_buffer(gl, 1, sizeof(in), NULL), t = glc_texture(gl, format, W, H);
    glBindImageTexture(0, t, 0, GL_FALSE, 0, GL_WRITE_ONLY, format);
    glc_dispatch(gl, p[0], W / 4, H / 4, 1);
    glBindImageTexture(0, t, 0, GL_FALSE, 0, GL_READ_ONLY, format);
    glc_dispatch(gl, p[1], W / 4, H / 4, 1);
    glc_read(gl, out, sizeof(in), o->got);
}

static void image_rgba8(struct glc *gl, struct outcome *o)
{
    image(gl, o, GL_RGBA8, "rgba8", "", 0);
}

static void image_rgba8ui(struct glc *gl, struct outcome *o)
{
    image(gl, o, GL_RGBA8UI, "rgba8ui", "u", 255);
}

static void image_r32ui(struct glc *gl, struct outcome *o)
{
    image(gl, o, GL_R32UI, "r32ui", "u", ~0u);
}

/* A texture that the driver lays out, read texel by texel. */
static void texel_fetch(struct glc *gl, struct outcome *o)
{
    enum { W = 40, H = 24 };
    GLuint p = glc_program(
        gl, "layout(local_size_x = 8, local_size_y = 8) in;\n"
            "layout(std430, binding = 0) writeonly buffer O { uint o[]; };\n"
            "layout(binding = 0) uniform usampler2D tex;\n"
            "void main() { ivec2 p = ivec2(gl_GlobalInvocationID), n = textureSize(tex, 0);\n"
            "    o[p.x + n.x * p.y] = texelFetch(tex, n - 1 - p, 0).x; }\n");

    outcome_make(o, OUT_U32, W * H);
    for (unsigned i = 0; i < W * H; i++)
        ((uint32_t *)o->want)[i] = words[W * H - 1 - i];
    GLuint out = glc_buffer(gl, 0, 4 * W * H, NULL);
    glActiveTexture(GL_TEXTURE0);
    glc_texture(gl, GL_R32UI, W, H);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, W, H, GL_RED_INTEGER, GL_UNSIGNED_INT, words);
    glc_check(gl, "glTexSubImage2D");
    glc_dispatch(gl, p, W / 8, H / 8, 1);
    glc_read(gl, out, 4 * W * H, o->got);
}

/* --- time --------------------------------------------------------------------------------- */

/*
 * The device's clock before, between and after two dispatches: it never goes back, it moves while a
 * long shader runs, and not more than the CPU's did.
 */
static void timestamps(struct glc *gl, struct outcome *o)
{
    PFNGLQUERYCOUNTEREXTPROC counter =
        (PFNGLQUERYCOUNTEREXTPROC)eglGetProcAddress("glQueryCounterEXT");
    PFNGLGETQUERYOBJECTUI64VEXTPROC value =
        (PFNGLGETQUERYOBJECTUI64VEXTPROC)eglGetProcAddress("glGetQueryObjectui64vEXT");
    const char *extensions = (const char *)glGetString(GL_EXTENSIONS);
    GLuint query[3], p;
    GLuint64 t[3] = {0};

    igt_require_f(extensions && strstr(extensions, "GL_EXT_disjoint_timer_query") && counter &&
                      value,
                  "%s has no GL_EXT_disjoint_timer_query\n", gl->label);
    p = glc_program(gl, "layout(local_size_x = 16) in;\n"
                        "layout(std430, binding = 0) buffer O { uint o[]; };\n"
                        "void main() { uint n = o[0];\n"
                        "    for (uint i = 0u; i < 20000u; i++) n = n * 1664525u + 1013904223u;\n"
                        "    o[gl_GlobalInvocationID.x] = n; }\n");
    outcome_make(o, OUT_U32, 4);
    glc_buffer(gl, 0, 4 * 16, words);
    glGenQueries(3, query);
    double start = now();
    for (unsigned i = 0; i < 3; i++) {
        counter(query[i], GL_TIMESTAMP_EXT);
        if (i < 2)
            glc_dispatch(gl, p, 1, 1, 1);
        glFinish();
    }
    for (unsigned i = 0; i < 3; i++)
        value(query[i], GL_QUERY_RESULT, &t[i]);
    double seconds = now() - start;
    glDeleteQueries(3, query);
    glc_check(gl, "timer queries");
    igt_info("%s: %llu, %llu ns of %.0f\n", gl->label, (unsigned long long)(t[1] - t[0]),
             (unsigned long long)(t[2] - t[1]), seconds * 1e9);
    const bool holds[4] = {t[0] != 0, t[0] < t[1], t[1] < t[2],
                           (double)(t[2] - t[0]) <= seconds * 1e9};
    for (unsigned i = 0; i < 4; i++) {
        ((uint32_t *)o->got)[i] = holds[i];
        ((uint32_t *)o->want)[i] = 1;
    }
}

/* --- running
 * --------------------------------------------------------------------------------------- */

static const struct gl_case cases[] = {
    {"vector-add", "fp32 sums, the same bits everywhere", vector_add},
    {"matmul-mediump", "fp16 products and sums", matmul_mediump},
    {"reduction-shared", "shared memory and barriers", reduction},
    {"atomics", "every atomic operation on a storage buffer", atomics},
    {"atomic-counters", "up and down", atomic_counter},
    {"indirect", "groups that a shader wrote, a uniform", indirect},
    {"image-rgba8", "stored and loaded", image_rgba8},
    {"image-rgba8ui", "stored and loaded", image_rgba8ui},
    {"image-r32ui", "stored and loaded, absent channels", image_r32ui},
    {"texel-fetch", "a texture that the driver laid out", texel_fetch},
    {"timestamps", "of the device's clock, around dispatches", timestamps},
};

static struct glc mali, llvmpipe;

static void run_on(struct glc *gl, const struct gl_case *c, struct outcome *o)
{
    double start = now();

    outcome_free(o); /* what a failed case left */
    glc_use(gl);
    glc_reset(gl);
    while (glGetError() != GL_NO_ERROR)
        ;
    c->run(gl, o);
    igt_info("%s: %.3f s\n", gl->label, now() - start);
    outcome_compare(o, o->got, o->want, gl->label, "the CPU");
}

static void run_case(const struct gl_case *c)
{
    static struct outcome a, b;

    fill_words(50);
    run_on(&mali, c, &a);
    run_on(&llvmpipe, c, &b);
    igt_assert_eq(a.count, b.count);
    outcome_compare(&a, a.got, b.got, mali.label, llvmpipe.label);
}

static void open_both(void)
{
    igt_require_f(glc_open(&mali, false, "mali") && strstr(mali.renderer, "Mali"),
                  "no EGL device that is a Mali (%s)", mali.renderer);
    igt_assert_f(glc_open(&llvmpipe, true, "llvmpipe"), "EGL has no software device");
    igt_info("%s; %s\n", mali.renderer, llvmpipe.renderer);
}

igt_main
{
    static unsigned i; /* static: a failed subtest comes back here by longjmp() */

    igt_fixture open_both();
    for (i = 0; i < GLC_COUNT(cases); i++) {
        igt_describe(cases[i].what);
        igt_subtest(cases[i].name) run_case(&cases[i]);
    }
    igt_fixture
    {
        glc_close(&mali);
        glc_close(&llvmpipe);
    }
}
