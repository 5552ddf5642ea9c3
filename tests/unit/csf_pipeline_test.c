/*
 * The pipeline's front door: jobs that are not modelled (here: RUN_IDVS without memory for its
 * vertices) are refused and say so once. Compute jobs have pipeline_compute_test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"
#include "tap.h"

#include "../../hw/pipeline/pipeline.h"

static void pipeline_refuses(void)
{
    struct fake_host *h = fake_host_new(FAKE_RAM_BASE, 4 * FAKE_MIB);
    struct mali_pipeline *p = mali_pipeline_new(&h->bus, 2);
    static const enum mali_job_type refused[] = {MALI_JOB_TILING, MALI_JOB_IDVS};

    h->bus.log_mask = 7;
    for (unsigned n = 0; n < 2; n++)
        for (int twice = 0; twice < 2; twice++) {
            uint64_t token = 77; /* of a job that stood there before */
            struct mali_job job = {.type = refused[n], .as = 5, .ip = 0x1230, .token = &token};
            struct mali_fault fault = {0};
            TAP_CHECK_EQ(mali_pipeline_submit(p, &job, NULL, &fault), MALI_JOB_FAULTED);
            TAP_CHECK_EQ(fault.code, MALI_CS_ENDPOINT_FAULT);
            TAP_CHECK_EQ(fault.info, 0x1230);
            TAP_CHECK_EQ(fault.as, 5);
            TAP_CHECK_EQ(token, 0);
        }
    TAP_CHECK_EQ(h->log_count[MALI_LOG_UNIMP], 2);
    TAP_CHECK(fake_log_has(h, "RUN_TILING: not modelled yet"));
    mali_pipeline_free(p);
    fake_host_free(h);
}

static void names(void)
{
    TAP_CHECK_STR(mali_job_type_name(MALI_JOB_FRAGMENT), "RUN_FRAGMENT");
    TAP_CHECK_STR(mali_job_type_name(99), "unknown job");
}

TAP_MAIN({"pipeline-refuses", pipeline_refuses}, {"names", names})
