/*
 * Kept arrays: what is given is taken again, what is kept is bounded, the oldest go first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../hw/pipeline/spare.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)
#ifdef __SANITIZE_ADDRESS__
#define KEEPS false
#else
#define KEEPS true
#endif

static void *taken(struct spares *s, size_t bytes, size_t *got)
{
    void *mem = spare_take(s, bytes, got);

    TAP_CHECK(mem && *got >= bytes);
    memset(mem, 0x5a, *got); /* all of it is the caller's */
    return mem;
}

static void again(void)
{
    struct spares s = {0};
    size_t got;
    void *small = taken(&s, KIB(100), &got), *large = taken(&s, MIB(2), &got);

    spare_give(&s, large, MIB(2));
    spare_give(&s, small, KIB(100));
    if (!TAP_CHECK_EQ(s.count, KEEPS ? 2u : 0u) || !KEEPS)
        return;
    TAP_CHECK_EQ(s.total, MIB(2) + KIB(100));
    TAP_CHECK(taken(&s, KIB(90), &got) == small); /* the least that is enough */
    TAP_CHECK_EQ(got, KIB(100));
    void *other = taken(&s, KIB(90), &got); /* 2 MiB are too much for that */
    TAP_CHECK(other != large);
    TAP_CHECK_EQ(got, KIB(90));
    TAP_CHECK(taken(&s, MIB(1), &got) == large);
    TAP_CHECK_EQ(s.count + s.total, 0);
    free(small);
    spare_give(&s, other, KIB(90));
    spare_give(&s, large, MIB(2));
    spare_give(&s, NULL, 0);
    spare_free(&s);
    TAP_CHECK_EQ(s.count + s.total, 0);
}

static void bounded(void)
{
    struct spares s = {0};
    size_t got, most = 0;
    void *last = NULL;

    for (unsigned i = 0; i < 100; i++) {
        last = malloc(MIB(1) + i);
        spare_give(&s, last, MIB(1) + i);
        most = s.total > most ? s.total : most;
    }
    TAP_CHECK(s.count <= SPARES && most <= MIB(64));
    if (KEEPS) {
        TAP_CHECK_EQ(s.count, SPARES);
        TAP_CHECK_EQ(s.kept[0].bytes, MIB(1) + 100 - SPARES);
        TAP_CHECK(taken(&s, MIB(1) + 99, &got) == last);
        free(last);
    }
    spare_give(&s, malloc(MIB(65)), MIB(65)); /* more than all: not kept, nothing goes for it */
    TAP_CHECK_EQ(s.count, KEEPS ? SPARES - 1 : 0);
    spare_give(&s, malloc(MIB(60)), MIB(60));
    TAP_CHECK(s.total <= MIB(64));
    TAP_CHECK_EQ(s.count ? s.kept[s.count - 1].bytes : MIB(60), MIB(60));
    spare_give(&s, malloc(100), 100); /* malloc() does as well */
    TAP_CHECK(!s.count || s.kept[s.count - 1].bytes == MIB(60));
    spare_free(&s);
}

TAP_MAIN({"again", again}, {"bounded", bounded})
