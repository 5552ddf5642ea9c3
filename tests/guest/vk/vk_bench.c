/*
 * Times of vk_compute's cases, with more work: one round of a case's passes on the Mali and on
 * lavapipe, by submissions that hold as many rounds as take LEAST seconds, the best of three; all
 * that again until WARM seconds have gone, as shaders may be compiled meanwhile. First all of them
 * on the Mali, then on lavapipe, with a line of JSON for each case.
 *
 *     vk_bench [--lavapipe] [CASE...]     --lavapipe: only on it, for a machine without a Mali
 *
 * Called by scripts/bench. Calls the cases. Results are not compared here: passes that work in
 * place run several times.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "garm_igt.h"
#include "vk_compute.h"

#define LEAST 0.1 /* seconds of a submission that is measured */
#define WARM  2.0

static const struct bench {
    const char *name;
    unsigned scale;
} benches[] = {
    {"vector-add", 64}, {"matmul-fp32", 2},       {"matmul-shared", 2}, {"matmul-fp16-storage", 2},
    {"matmul-int8", 2}, {"reduction-shared", 16}, {"prefix-sum", 2},    {"reduction-subgroup", 16},
    {"histogram", 16},  {"bitonic-sort", 2},      {"divergence", 8},    {"private-array", 8},
};

static const struct vk_case *find(const char *name)
{
    static const struct vk_case *const tables[] = {cases_basic, cases_math, cases_parallel,
                                                   cases_memory};

    for (unsigned t = 0; t < VKC_COUNT(tables); t++)
        for (const struct vk_case *c = tables[t]; c->name; c++)
            if (!strcmp(c->name, name))
                return c;
    igt_assert_f(false, "no case %s", name);
    return NULL;
}

static double best(struct vkc *vk, const struct bench *b)
{
    double end = now() + WARM, least = 1e9;

    vk->least = LEAST;
    do {
        struct outcome o = {0};
        find(b->name)->run(vk, &o, b->scale);
        outcome_free(&o);
        vkc_reset(vk);
        least = vk->seconds < least ? vk->seconds : least;
    } while (now() < end);
    return least;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    static struct vkc mali, lavapipe;
    double mali_s[VKC_COUNT(benches)];
    bool alone = argc > 1 && !strcmp(argv[1], "--lavapipe");

    setvbuf(stdout, NULL, _IOLBF, 0);
    argc -= alone;
    argv += alone;
    igt_assert_f(alone || vkc_open(&mali, VKC_MALI, "mali"),
                 "expected a Vulkan device of vendor 0x%x", VKC_MALI);
    igt_assert_f(vkc_open(&lavapipe, VKC_MESA, "lavapipe"),
                 "expected a Vulkan device of vendor 0x%x", VKC_MESA);
    for (unsigned i = 0; i < VKC_COUNT(benches) && !alone; i++)
        if (wanted(benches[i].name, argc, argv))
            mali_s[i] = best(&mali, &benches[i]);
    puts("# lavapipe"); /* QEMU's memory is looked at until here */
    for (unsigned i = 0; i < VKC_COUNT(benches); i++) {
        if (!wanted(benches[i].name, argc, argv))
            continue;
        printf("{\"case\": \"%s\", ", benches[i].name);
        if (!alone)
            printf("\"mali_s\": %.9f, ", mali_s[i]);
        printf("\"lavapipe_s\": %.9f}\n", best(&lavapipe, &benches[i]));
    }
    vkc_close(&mali);
    vkc_close(&lavapipe);
    return 0;
}
