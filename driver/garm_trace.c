// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The code of the tracepoints in garm_trace.h: here, where every structure that they read is known.
 *
 * Nobody calls it by name; what it makes is called through trace_*().
 */
#include "garm_device.h"
#include "garm_sched_internal.h"
#include "garm_vm_internal.h"
#include "jobqueue.h"

#define CREATE_TRACE_POINTS
#include "garm_trace.h"
