/*
 * RUN_FULLSCREEN: a draw without vertices that covers the scissor, with the fragment shader and the
 * state of a draw descriptor in memory. Mesa blits and clears rectangles with it.
 *
 * What it reads: r40 the tiler context, r42 the scissor, r56 the primitive flags (or'ed with the
 * instruction's), the register pair that the instruction names the draw descriptor. Of the flags
 * the view mask counts, which says the layers; hardware expects most others to be zero, but Mesa
 * leaves both depth culls set, so they mean nothing here. Sources: v10.xml ("CS RUN_FULLSCREEN",
 * "Draw"), decode_csf.c (pandecode_run_fullscreen), pan_csf.c (csf_launch_draw_fullscreen),
 * panvk_vX_cmd_draw.c (cmd_run_fullscreen, cmd_draw_fullscreen).
 *
 * The primitive's own depth is zero: panvk gives it another by a bias without bounds that is
 * clamped to the depth it wants, and by none when that is zero.
 *
 * Nothing is kept between slices but what the heap still owes: the pass changes last, in one go.
 *
 * Called by pipeline.c. Calls gfx_fragment.c (the descriptor), gfx_heap.c, gfx_pass.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gfx_job.h"

#define MAX_PIXEL     16383 /* as far as gfx_prim.c's outlines reach */
#define DCD_BYTES     128u
#define DCD_ALIGN     64u
#define SCISSOR_ARRAY (1u << 21)

enum { REG_TILER = 40, REG_SCISSOR_MIN = 42, REG_SCISSOR_MAX = 43, REG_FLAGS = 56 };

static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                [MALI_MEM_STALL] = MALI_JOB_STALL,
                                [MALI_MEM_FAULT] = MALI_JOB_FAULTED};

/** The job. */
struct fullscreen {
    struct gfx_job head;
    struct core core; /* memory; no shader */
    uint64_t need;    /* bytes of the tiler heap that are missing */
};

static void fullscreen_fini(struct gfx_job *j)
{
    core_fini(&((struct fullscreen *)j)->core);
}

static int32_t less(uint32_t a, uint32_t b)
{
    return (int32_t)(a < b ? a : b);
}

static uint32_t flags_of(const struct mali_job *job)
{
    return job->regs[REG_FLAGS] | (uint32_t)job->instr;
}

/* The draw descriptor that the instruction's register pair points at. */
static enum mali_mem_result load_dcd(struct core *k, const struct mali_job *job,
                                     struct gfx_dcd *dcd)
{
    const unsigned reg = job->instr >> 40 & 0xff;
    uint32_t w[DCD_BYTES / 4];
    enum mali_mem_result r;
    uint64_t va;

    if (reg + 1 >= sizeof(job->regs) / sizeof(job->regs[0]))
        return core_fault(k, MALI_DATA_INVALID_FAULT, job->ip);
    va = job->regs[reg] | (uint64_t)job->regs[reg + 1] << 32;
    if (va & (DCD_ALIGN - 1))
        return core_fault(k, MALI_DATA_INVALID_FAULT, va);
    r = core_read(k, va, w, sizeof(w));
    if (r == MALI_MEM_OK)
        gfx_dcd_unpack(w, dcd);
    return r;
}

static struct gfx_draw make_draw(const struct mali_job *job, const struct gfx_dcd *dcd,
                                 const struct gfx_pass *pass)
{
    const uint32_t *r = job->regs;

    return (struct gfx_draw){
        .dcd = *dcd,
        .min_x = (int32_t)(r[REG_SCISSOR_MIN] & 0xffff),
        .min_y = (int32_t)(r[REG_SCISSOR_MIN] >> 16),
        .max_x = less(less(r[REG_SCISSOR_MAX] & 0xffff, pass->width - 1), MAX_PIXEL),
        .max_y = less(less(r[REG_SCISSOR_MAX] >> 16, pass->height - 1), MAX_PIXEL),
        .most_vertices = 1,
    };
}

/* The scissor as an outline: depth 0, w 1. */
static struct gfx_prim make_prim(const struct gfx_pass *pass, const struct gfx_draw *d)
{
    const int32_t x0 = d->min_x * GFX_SUBPIXEL, x1 = (d->max_x + 1) * GFX_SUBPIXEL;
    const int32_t y0 = d->min_y * GFX_SUBPIXEL, y1 = (d->max_y + 1) * GFX_SUBPIXEL;

    return (struct gfx_prim){
        .draw = pass->draws - 1,
        .x = {x0, x1, x1, x0},
        .y = {y0, y0, y1, y1},
        .min_x = (int16_t)d->min_x,
        .min_y = (int16_t)d->min_y,
        .max_x = (int16_t)d->max_x,
        .max_y = (int16_t)d->max_y,
        .bary = {{1}},
        .w = {1},
        .corners = GFX_CORNERS,
    };
}

/* A primitive for each layer of the view mask; without one, for the first. False: no memory. */
static bool add(struct mali_pipeline *p, struct gfx_pass *pass, const struct gfx_draw *d,
                uint32_t views, int layer_offset)
{
    struct gfx_prim t;

    if (d->min_x > d->max_x || d->min_y > d->max_y)
        return true;
    /* One vertex, without varyings: shaders that ask for some get zeros. */
    if (!gfx_pass_add_draw(p, pass, d) || !gfx_pass_add_vertices(p, pass, pass->draws - 1, 1))
        return false;
    t = make_prim(pass, d);
    for (uint32_t left = views ? views : 1; left; left &= left - 1) {
        int layer = __builtin_ctz(left) + layer_offset;
        if (layer < 0 || layer >= (int)pass->layers)
            continue;
        t.layer = (uint8_t)layer;
        if (!gfx_pass_add_prim(p, pass, &t))
            return false;
    }
    return true;
}

static enum mali_job_result run(struct fullscreen *s, const struct mali_job *job)
{
    const uint64_t tiler = job->regs[REG_TILER] | (uint64_t)job->regs[REG_TILER + 1] << 32;
    struct core *k = &s->core;
    struct gfx_pass *pass;
    struct gfx_draw draw;
    struct gfx_dcd dcd;
    uint32_t context[8];
    enum mali_mem_result r;

    if (!job->core_mask) /* guess: no core takes it, as for RUN_IDVS */
        r = core_fault(k, MALI_CS_ENDPOINT_FAULT, job->ip);
    else if (flags_of(job) & SCISSOR_ARRAY) /* no source says what the array looks like */
        r = core_fault(k, MALI_DATA_INVALID_FAULT, flags_of(job));
    else
        r = load_dcd(k, job, &dcd);
    if (r == MALI_MEM_OK)
        r = gfx_pass_open(k, tiler, context, &pass);
    if (r == MALI_MEM_OK)
        r = gfx_heap_take(k, pass, job->heap, &s->need);
    if (r != MALI_MEM_OK)
        return loads[r];
    if (s->need) /* comes back when there is a chunk, or the pass was drawn: then to a new one */
        return MALI_JOB_OOM;
    draw = make_draw(job, &dcd, pass);
    if (add(s->head.pipeline, pass, &draw, flags_of(job) >> 24, gfx_layer_offset(context)))
        return MALI_JOB_DONE;
    core_fault(k, MALI_OOM, job->ip);
    return MALI_JOB_FAULTED;
}

enum mali_job_result gfx_fullscreen_submit(struct mali_pipeline *p, const struct mali_job *job,
                                           struct mali_fault *fault)
{
    struct fullscreen *s =
        (struct fullscreen *)gfx_job_get(p, job, sizeof(struct fullscreen), fullscreen_fini, fault);
    enum mali_job_result r;

    if (!s)
        return MALI_JOB_FAULTED;
    s->core.pipeline = p;
    s->core.tlb = job->tlb;
    s->core.as = job->as;
    s->core.source = (uint16_t)(0x8000 | job->csg << 8 | job->cs); /* guess, as the streams' */
    s->core.stalled = false;
    r = run(s, job);
    if (r == MALI_JOB_FAULTED) {
        *fault = s->core.fault;
        mali_log(p->bus, MALI_LOG_GUEST_ERROR, "RUN_FULLSCREEN at 0x%llx: %s, 0x%llx",
                 (unsigned long long)job->ip, mali_fault_name(fault->code),
                 (unsigned long long)fault->info);
    }
    return gfx_job_put(&s->head, job, r);
}
