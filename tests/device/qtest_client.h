/*
 * QEMU without a guest: starts one on -M virt -accel qtest with a mali-g610,
 * and speaks the qtest protocol (memory, virtual time, interrupt lines) and QMP
 * with it. Written against docs/devel/testing/qtest.rst; no QEMU header.
 *
 * Virtual time stands still except in qtest_clock_step(). A QEMU that dies or
 * does not answer for a minute ends the program with "Bail out!".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_QTEST_CLIENT_H
#define GARM_QTEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qtest;

/** @properties: of the device, "" or "deterministic=on,cores=2"; @extra: more QEMU arguments,
 *  separated by spaces, or NULL. QEMU's binary: environment variable GARM_QEMU. */
struct qtest *qtest_start(const char *properties, const char *extra);
void qtest_stop(struct qtest *q);
/** Runs a QEMU that ends by itself; its exit status (-1: it did not), its words in @text. */
int qtest_run(const char *properties, const char *extra, char *text, size_t size);
/** What QEMU wrote to stderr so far contains @text (guest errors are logged there). */
bool qtest_stderr_has(struct qtest *q, const char *text);

/* --- memory and registers ------------------------------------------------------- */
uint64_t qtest_read(struct qtest *q, uint64_t pa, unsigned size); /* 1, 2, 4, 8 */
void qtest_write(struct qtest *q, uint64_t pa, uint64_t val, unsigned size);
void qtest_read_block(struct qtest *q, uint64_t pa, void *buf, size_t len);
void qtest_write_block(struct qtest *q, uint64_t pa, const void *buf, size_t len);
void qtest_zero(struct qtest *q, uint64_t pa, size_t len);

/* --- time -------------------------------------------------------------------------- */
/** Advances by @ns (not 0), running timers at their times; returns the new time. */
uint64_t qtest_clock_step(struct qtest *q, uint64_t ns);
uint64_t qtest_clock(struct qtest *q); /* 0 before the first step */

/* --- interrupt lines of the device: 0 job, 1 mmu, 2 gpu ------------------------------ */
void qtest_watch_irqs(struct qtest *q);
bool qtest_irq_level(struct qtest *q, unsigned line);
/** Rising edges since qtest_watch_irqs(). */
unsigned qtest_irq_edges(struct qtest *q, unsigned line);

/* --- QMP ------------------------------------------------------------------------------ */
/** Sends @command (JSON) and returns the reply, valid until the next call. */
const char *qtest_qmp(struct qtest *q, const char *command);
/** A number among the device's properties; -1 when there is none such. */
int64_t qtest_property(struct qtest *q, const char *name);
/** Waits until `query-status` says @status. */
bool qtest_wait_status(struct qtest *q, const char *status);

#endif
