/*
 * Replay: a captured job run natively, and memory compared with what it was on the guest's GPU.
 *
 * Called by mali-replay, its unit test and its fuzzer. Calls native.h, trace/capture.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_REPLAY_H
#define MALI_REPLAY_H

#include "../trace/capture.h"
#include "native.h"

#define REPLAY_PAGES (4 * CAPTURE_MAX_PAGES) /* RAM that a job and its tables may need */

enum replay_verdict {
    REPLAY_SAME,
    REPLAY_SKIPPED, /* dropped or too large when captured: there is nothing to compare */
    REPLAY_MEMORY,  /* .va, .got, .want: the first byte that differs */
    REPLAY_RESULT,  /* done or faulted otherwise: .fault */
    REPLAY_SLICES,  /* it did not end in the slices it was given */
    REPLAY_NO_ROOM, /* out of memory */
};

struct replay_report {
    enum replay_verdict verdict;
    struct mali_fault fault; /* of the replay; code 0: it ended well */
    uint64_t va;             /* REPLAY_MEMORY */
    uint8_t got, want;
    uint64_t bytes; /* how many differ */
    uint64_t pc;    /* of the instruction that wrote there last; valid if has_pc */
    bool has_pc;
    uint32_t group[3]; /* its invocation */
    unsigned thread;
    uint64_t ns; /* host time of the run */
};

/**
 * Puts @job's memory, as it was before, into @n: all that was there is gone. False: out of memory.
 */
bool replay_load(struct native *n, const struct capture_job *job);
/** Loads and runs @job, at most @slices submits of it, and compares. */
void replay_job(struct native *n, const struct capture_job *job, unsigned slices,
                struct replay_report *out);
/** Runs the job again with every store watched: fills in out->pc for out->va. */
void replay_find_writer(struct native *n, const struct capture_job *job, unsigned slices,
                        struct replay_report *out);
/**
 * Address of the program that a compute job runs, read from its descriptors in @n (loaded); 0:
 * they are not there.
 */
uint64_t replay_program(struct native *n, const struct capture_job *job);

#endif
