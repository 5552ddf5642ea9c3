/*
 * Large arrays of jobs and passes that have ended, kept for the next ones. What a frame takes of
 * the host's memory the next frame takes again; given back between them, each of its pages would be
 * cleared by the host when it is touched first, which was a third of a large draw's time.
 *
 * What is taken holds what its last owner left, maybe another guest process's vertices: whoever
 * lets a shader read it clears it.
 *
 * Called by gfx_pass.c, gfx_idvs.c, on the thread that submits. Calls nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_SPARE_H
#define MALI_SPARE_H

#include <stddef.h>

#define SPARES 32u

/** Kept memory, the oldest first; all zero: none. */
struct spares {
    struct spare {
        void *mem;
        size_t bytes;
    } kept[SPARES];
    unsigned count;
    size_t total;
};

/** At least @bytes; *@got: how many. NULL: no memory. Ends with spare_give(), or with free(). */
void *spare_take(struct spares *s, size_t bytes, size_t *got);
/** @mem of at least @bytes, made by spare_take() or malloc(), may be NULL, is used no more. */
void spare_give(struct spares *s, void *mem, size_t bytes);
/** Gives everything back to the host. */
void spare_free(struct spares *s);

#endif
