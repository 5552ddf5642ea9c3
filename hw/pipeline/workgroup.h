/*
 * A place where workgroups run one after the other: a shader core's state, local storage of
 * its own, the warps of the workgroup under way. One thread at a time uses a place; a job has
 * as many as threads may work on it.
 *
 * Called by compute.c. Calls core.c and the interpreter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_WORKGROUP_H
#define MALI_WORKGROUP_H

#include "core.h"

/** What a job says about its workgroups. */
struct grid {
    uint32_t size[3];     /* threads of a workgroup */
    uint32_t count[3];    /* workgroups */
    uint32_t offset[3];   /* the first thread's global id */
    unsigned threads;     /* of a workgroup, at most CORE_MAX_THREADS */
    unsigned merged;      /* workgroups along x that may share a warp */
    unsigned warps;       /* of a workgroup, or of those merged */
    uint64_t total, next; /* workgroups, merged ones once; next: atomic */
};

struct compute_warp;

struct place {
    struct core core;
    bool busy;         /* a workgroup is under way */
    uint32_t group[3]; /* it, or the first of those merged */
    unsigned alive, waiting, turn;
    struct compute_warp *warp; /* as many as the grid says, or NULL */
};

/** NULL: no memory. 64-byte aligned, zero. */
struct place *place_new(struct mali_pipeline *p);
void place_free(struct place *at, const struct grid *g);

/**
 * Takes the next workgroup of @g, if @at has none. False: there is none left. Any thread;
 * *no_memory is set when its warps cannot be had (then false).
 */
bool place_take(struct place *at, struct grid *g, bool *no_memory);
/**
 * Runs it to its end (DONE), or to that of the budget (AGAIN), a STALL, a fault (FAULTED:
 * core.fault), or until *@stop becomes true (AGAIN), which is looked at after each warp's turn.
 */
enum mali_job_result place_run(struct place *at, const struct grid *g, uint32_t *budget,
                               const bool *stop);

#endif
