/*
 * Kept arrays; see spare.h. Small ones are left to malloc(). Under the address sanitizer nothing is
 * kept: it is to see who uses memory that is not his any more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "spare.h"

#include <stdlib.h>
#include <string.h>

#define SMALL ((size_t)32 << 10) /* bytes: below, malloc() does as well */
#define WASTE 4u                 /* what is taken may be so many times as large as is asked for */
#ifdef __SANITIZE_ADDRESS__
#define MOST 0u
#else
#define MOST ((size_t)64 << 20) /* bytes kept: a frame of a quarter of a million triangles */
#endif

static void forget(struct spares *s, unsigned i)
{
    s->total -= s->kept[i].bytes;
    s->count--;
    memmove(&s->kept[i], &s->kept[i + 1], (s->count - i) * sizeof(s->kept[0]));
}

void *spare_take(struct spares *s, size_t bytes, size_t *got)
{
    unsigned best = SPARES;
    void *mem;

    for (unsigned i = 0; bytes >= SMALL && i < s->count; i++)
        if (s->kept[i].bytes >= bytes && s->kept[i].bytes / WASTE <= bytes &&
            (best == SPARES || s->kept[i].bytes < s->kept[best].bytes))
            best = i;
    if (best == SPARES) {
        *got = bytes;
        return malloc(bytes);
    }
    mem = s->kept[best].mem;
    *got = s->kept[best].bytes;
    forget(s, best);
    return mem;
}

void spare_give(struct spares *s, void *mem, size_t bytes)
{
    if (!mem || bytes < SMALL || bytes > MOST) {
        free(mem);
        return;
    }
    while (s->count == SPARES || s->total + bytes > MOST) {
        free(s->kept[0].mem);
        forget(s, 0);
    }
    s->kept[s->count++] = (struct spare){mem, bytes};
    s->total += bytes;
}

void spare_free(struct spares *s)
{
    while (s->count) {
        free(s->kept[0].mem);
        forget(s, 0);
    }
}
