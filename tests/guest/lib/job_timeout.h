/*
 * garm.ko's job_timeout_ms, which holds for groups made from then on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GARM_JOB_TIMEOUT_H
#define GARM_JOB_TIMEOUT_H

#include <unistd.h>

#include "garm_igt.h"
#include "panthor_util.h"
#include "sysfs.h"

#define JOB_TIMEOUT_MS "/sys/module/garm/parameters/job_timeout_ms"

/** A group of one queue whose jobs time out after @ms. The parameter is as before, also when this
 * fails. */
static inline uint32_t pu_need_group_with(struct pu_ctx *c, const char *ms, uint8_t priority)
{
    char before[32];
    uint32_t group = 0;
    int r = -1;
    bool ok;

    igt_assert_f(sysfs_read(JOB_TIMEOUT_MS, before, sizeof(before)), "%s cannot be read\n",
                 JOB_TIMEOUT_MS);
    ok = sysfs_write(JOB_TIMEOUT_MS, ms);
    if (ok)
        r = pu_group_create(c->fd, c->vm, 1, (uint32_t)sysconf(_SC_PAGESIZE), priority, &group);
    ok = sysfs_write(JOB_TIMEOUT_MS, before) && ok;
    igt_assert_f(ok, "%s cannot be written\n", JOB_TIMEOUT_MS);
    igt_assert_eq(r, 0);
    return group;
}

/** The same with the usual priority. */
static inline uint32_t pu_need_group_timeout(struct pu_ctx *c, const char *ms)
{
    return pu_need_group_with(c, ms, PANTHOR_GROUP_PRIORITY_MEDIUM);
}

#endif
