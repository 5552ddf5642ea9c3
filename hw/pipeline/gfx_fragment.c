/*
 * One tile of a fragment job: draws its primitives in order into the tile buffer, and writes it
 * back. What is under way is kept in the place, down to the warp, so that a slice may end anywhere.
 *
 * Called by gfx_frame.c. Calls core.c, the interpreter, gfx_tile.c, gfx_raster.c, gfx_lanes.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_lanes.h"

#define SAMPLE_COST 16u /* of a warp's tests, a sample, in instructions: many warps end there */

static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                [MALI_MEM_STALL] = MALI_JOB_STALL,
                                [MALI_MEM_FAULT] = MALI_JOB_FAULTED};

/* --- places ------------------------------------------------------------------------------ */

static void attach(const struct gfx_fragment *f, struct core *k)
{
    k->pipeline = f->pipeline;
    k->tlb = f->tlb;
    k->as = f->job->as;
    k->source = (uint16_t)(0x8000 | f->job->csg << 8 | f->job->cs); /* guess, as the streams' */
    k->stalled = false;
}

void gfx_place_attach(struct gfx_fragment *f, const struct mali_job *job, struct mali_tlb *tlb,
                      const struct gfx_pass *pass)
{
    f->job = job;
    f->tlb = tlb;
    f->pass = pass;
    attach(f, &f->core);
    for (unsigned i = 0; i < GFX_STATES; i++)
        if (f->state[i])
            attach(f, &f->state[i]->core);
}

struct gfx_fragment *gfx_place_new(struct gfx_frame *frame, unsigned n)
{
    size_t whole = (sizeof(struct gfx_fragment) + 63) & ~(size_t)63;
    struct gfx_fragment *f = aligned_alloc(64, whole);

    if (!f)
        return NULL;
    memset(f, 0, whole);
    f->pipeline = frame->head.pipeline;
    f->frame = frame;
    f->n = n;
    return f;
}

bool gfx_place_open(struct gfx_fragment *f)
{
    f->fb = f->frame->fb;
    return gfx_tile_alloc(&f->tile, &f->fb);
}

static void state_report(struct gfx_fragment *f, struct gfx_state *s)
{
    if (!s->valid)
        return;
    va_count(&s->core.shader);
    core_report(&s->core, f->job->trace);
}

void gfx_place_report(struct gfx_fragment *f)
{
    for (unsigned i = 0; i < GFX_STATES; i++)
        if (f->state[i])
            state_report(f, f->state[i]);
}

void gfx_place_free(struct gfx_fragment *f)
{
    if (f->in_warp)
        va_warp_fini(&f->warp.w);
    for (unsigned i = 0; i < GFX_STATES; i++)
        if (f->state[i]) {
            core_fini(&f->state[i]->core);
            free(f->state[i]);
        }
    gfx_tile_free(&f->tile);
    free(f);
}

/* --- states of draws ------------------------------------------------------------------- */

static enum mali_mem_result load_blend(struct gfx_fragment *f, struct gfx_state *s, uint64_t at)
{
    unsigned n = at & 15;
    uint32_t w[4 * GFX_MAX_RTS];
    enum mali_mem_result r = MALI_MEM_OK;

    memset(s->blend, 0, sizeof(s->blend));
    if (n > GFX_MAX_RTS)
        return core_fault(&f->core, MALI_DATA_INVALID_FAULT, at);
    /* What has no descriptor is off. Inferred: a gl_FragColor without targets becomes eight BLENDs
     * with one descriptor in Mesa, and its lists for real chips have no failure of such tests. */
    for (unsigned i = n; i < GFX_MAX_RTS; i++)
        s->blend[i].internal = BLEND_OFF;
    if (n)
        r = core_read(&f->core, at & ~15ull, w, 16 * n);
    for (unsigned i = 0; r == MALI_MEM_OK && i < n; i++) {
        const uint32_t *b = w + 4 * i;
        s->blend[i] = (struct gfx_blend){
            .alpha_one = b[0] >> 8 & 1,
            .enable = b[0] >> 9 & 1,
            .srgb = b[0] >> 10 & 1,
            .round = b[0] >> 11 & 1,
            .constant = b[0] >> 16,
            .equation = b[1],
            .internal = b[2] | (uint64_t)b[3] << 32,
        };
    }
    return r;
}

static enum mali_mem_result load_zs(struct gfx_fragment *f, struct gfx_state *s, uint64_t at)
{
    uint32_t w[8] = {0};
    enum mali_mem_result r = MALI_MEM_OK;

    if (at)
        r = core_read(&f->core, at, w, sizeof(w));
    if (r == MALI_MEM_OK && at && (w[0] & 15) != 7) /* descriptor type. Source: v10.xml */
        return core_fault(&f->core, MALI_DATA_INVALID_FAULT, at);
    if (!at)
        w[4] = 7u << 29; /* no descriptor: always passes, writes nothing */
    gfx_zs_unpack(w, &s->zs);
    return r;
}

static void set_specials(const struct gfx_fragment *f, struct gfx_state *s)
{
    uint64_t *special = s->core.shader.special;

    special[VA_SPECIAL_FRAMEBUFFER_SIZE] = f->fb.max_x | (uint64_t)f->fb.max_y << 16;
    special[VA_SPECIAL_SAMPLE] = f->fb.positions;
    for (unsigned i = 0; i < GFX_MAX_RTS; i++)
        special[VA_SPECIAL_BLEND_DESCRIPTOR_0 + i] = s->blend[i].internal;
}

/* The state kept under @key, or room for it; NULL: no memory. */
static struct gfx_state *state_slot(struct gfx_fragment *f, uint32_t key)
{
    struct gfx_state **s = &f->state[key % GFX_STATES];

    if (!*s)
        *s = calloc(1, sizeof(**s));
    return *s;
}

/* Lanes may be single pixels: none looks at others, and each has one sample. */
static bool is_loose(const struct gfx_fragment *f, const struct gfx_state *s)
{
    bool alone =
        !s->dcd.spd || (!s->core.shader.helpers && !va_program_neighbours(s->core.shader.program));

    return alone && s->key < GFX_KEY_FRAME && f->fb.samples == 1 && !f->fb.forced &&
           DCD_SAMPLE_MASK(&s->dcd) & 1;
}

/* The state of @dcd under the name @key, loaded when it is not there yet. */
static enum mali_mem_result get_state(struct gfx_fragment *f, const struct gfx_dcd *dcd,
                                      uint32_t key, struct gfx_state **out)
{
    struct gfx_state *s = *out = state_slot(f, key);
    enum mali_mem_result r;

    if (!s)
        return core_fault(&f->core, MALI_CSF_FW_INTERNAL_ERROR, f->job->ip);
    if (s->valid && s->key == key)
        return MALI_MEM_OK;
    if (f->pipeline->reports) /* then there is only one place */
        state_report(f, s);
    core_fini(&s->core);
    attach(f, &s->core);
    s->core.fragment = f;
    s->valid = false;
    s->key = key;
    s->dcd = *dcd;
    r = load_zs(f, s, dcd->zs);
    if (r == MALI_MEM_OK)
        r = load_blend(f, s, dcd->blend);
    if (r == MALI_MEM_OK && dcd->spd) {
        r = core_load(&s->core, dcd->srt, dcd->fau, dcd->spd, dcd->tsd, CORE_STAGE_FRAGMENT);
        if (r == MALI_MEM_FAULT)
            f->core.fault = s->core.fault;
        set_specials(f, s);
        if (!f->pipeline->reports)
            s->core.shader.counts = NULL;
        if (r == MALI_MEM_OK)
            va_bind(&s->core.shader);
    }
    s->loose = r == MALI_MEM_OK && is_loose(f, s);
    s->valid = r == MALI_MEM_OK;
    return r;
}

/* --- warps --------------------------------------------------------------------------------- */

/* Runs the warp under way to its end. */
static enum mali_job_result warp_run(struct gfx_fragment *f, uint32_t *budget)
{
    struct gfx_state *s = f->now_state;
    struct core *k = &s->core;
    uint64_t before = f->warp.w.executed, used;

    k->fault.code = 0;
    enum va_stop stop = va_run(&f->warp.w, &k->shader, *budget);
    used = f->warp.w.executed - before + 1;
    *budget -= used < *budget ? (uint32_t)used : *budget;
    switch (stop) {
    case VA_STOP_ENDED:
        f->pipeline->lanes->end(f);
        va_warp_fini(&f->warp.w);
        f->in_warp = false;
        return MALI_JOB_DONE;
    case VA_STOP_SLICE:
        return MALI_JOB_AGAIN;
    case VA_STOP_STALL:
        return MALI_JOB_STALL;
    case VA_STOP_BARRIER: /* no workgroup to wait for */
        f->core.fault = (struct mali_fault){
            .code = MALI_INSTR_BARRIER_FAULT, .as = k->as, .info = f->warp.w.pc[0]};
        return MALI_JOB_FAULTED;
    default:
        if (core_warp_stalled(k, &f->warp.w))
            return MALI_JOB_STALL;
        f->core.fault = k->fault;
        return MALI_JOB_FAULTED;
    }
}

/* The warp that is filled, or under way, to its end. */
static enum mali_job_result run_warp(struct gfx_fragment *f, uint32_t *budget)
{
    uint32_t tests = SAMPLE_COST * f->fb.samples;

    if (!*budget)
        return MALI_JOB_AGAIN;
    if (!f->in_warp) {
        f->pipeline->lanes->begin(f);
        *budget -= *budget < tests ? *budget : tests;
    }
    if (!f->in_warp)
        return MALI_JOB_DONE;
    return *budget ? warp_run(f, budget) : MALI_JOB_AGAIN;
}

/* All quads are drawn; once more for their next sample? */
static bool next_sample(struct gfx_fragment *f)
{
    if (!gfx_per_sample(f) || f->sample + 1 >= f->fb.samples || !f->quads)
        return false;
    f->sample++;
    f->next_quad = 0;
    return true;
}

/*
 * The quads of one primitive, or of the whole tile. DONE: all are drawn, but for those in a warp
 * that waits for quads of the next primitive if it may (@wait): small triangles would fill a
 * quarter of it.
 */
static enum mali_job_result draw_quads(struct gfx_fragment *f, bool wait, uint32_t *budget)
{
    for (;;) {
        enum mali_job_result r;
        if (!f->in_warp && !f->pipeline->lanes->take(f)) {
            if (wait)
                return MALI_JOB_DONE;
            if (!f->warp.taken && !next_sample(f))
                return MALI_JOB_DONE;
            if (!f->warp.taken)
                continue;
        }
        r = run_warp(f, budget);
        if (r != MALI_JOB_DONE)
            return r;
    }
}

/* --- phases of a tile ---------------------------------------------------------------------------
 */

static const struct gfx_bin *bin_of(const struct gfx_fragment *f)
{
    const struct gfx_pass *pass = f->pass;
    uint32_t x = f->tile.x / GFX_TILE, y = f->tile.y / GFX_TILE;

    if (!pass || f->fb.layer >= pass->layers || x >= pass->tiles_x || y >= pass->tiles_y)
        return NULL;
    return &pass->bin[((uint64_t)f->fb.layer * pass->tiles_y + y) * pass->tiles_x + x];
}

static bool frame_shader_due(unsigned mode, bool drawn)
{
    return mode == 1 || mode == 3 || (mode == 2 && drawn); /* always, early ZS always, intersect */
}

void gfx_dcd_unpack(const uint32_t w[32], struct gfx_dcd *d)
{
    uint64_t fau = w[30] | (uint64_t)w[31] << 32;

    *d = (struct gfx_dcd){
        .flags0 = w[0],
        .flags1 = w[1],
        .zs = w[10] | (uint64_t)w[11] << 32,
        .blend = w[12] | (uint64_t)w[13] << 32,
        .occlusion = w[14] | (uint64_t)w[15] << 32,
        .srt = w[24] | (uint64_t)w[25] << 32,
        .spd = w[26] | (uint64_t)w[27] << 32,
        .tsd = w[28] | (uint64_t)w[29] << 32,
        .fau = (fau & ((1ull << 48) - 1)) | (uint64_t)(w[17] & 0xff) << 56,
    };
    memcpy(&d->min_z, &w[6], 4);
    memcpy(&d->max_z, &w[7], 4);
}

static void whole_tile(struct gfx_fragment *f)
{
    uint16_t full = (uint16_t)((1u << f->fb.samples) - 1);

    f->quads = f->next_quad = 0;
    for (unsigned y = 0; y < f->tile.h; y += 2)
        for (unsigned x = 0; x < f->tile.w; x += 2) {
            struct gfx_quad *q = &f->quad[f->quads];
            bool any = false;
            q->x = (uint8_t)x;
            q->y = (uint8_t)y;
            for (unsigned i = 0; i < 4; i++) {
                unsigned px = x + (i & 1), py = y + (i >> 1);
                bool in = px < f->tile.w && py < f->tile.h && f->tile.x + px >= f->fb.min_x &&
                          f->tile.y + py >= f->fb.min_y;
                q->cover[i] = in ? full : 0;
                q->forced[i] = in ? 0xffff : 0;
                any |= in;
            }
            f->quads += any;
        }
}

/* Frame shader @n: 0, 1 before the primitives, 2 behind. */
static enum mali_job_result frame_shader(struct gfx_fragment *f, unsigned n, uint32_t *budget)
{
    struct gfx_dcd dcd;
    uint32_t w[32];

    if (!f->begun) {
        enum mali_mem_result r = core_read(&f->core, f->fb.frame_dcds + 128 * n, w, sizeof(w));
        if (r == MALI_MEM_OK) {
            gfx_dcd_unpack(w, &dcd);
            r = get_state(f, &dcd, GFX_KEY_FRAME + n, &f->now_state);
        }
        if (r != MALI_MEM_OK)
            return loads[r];
        f->prim = NULL;
        f->draw = NULL;
        f->sample = 0;
        whole_tile(f);
        f->tile.touched |= !DCD_CLEAN_WRITE(&dcd);
        f->begun = true;
    }
    enum mali_job_result r = draw_quads(f, false, budget);
    if (r == MALI_JOB_DONE)
        f->begun = false;
    return r;
}

/* Other tiles count into the same word. */
static enum mali_mem_result flush_occlusion(struct gfx_fragment *f)
{
    enum mali_mem_result r;
    uint64_t *counter;

    if (!f->occluded)
        return MALI_MEM_OK;
    r = core_counter(&f->core, f->occlusion, &counter);
    if (r != MALI_MEM_OK)
        return r;
    if (f->occlusion_predicate)
        __atomic_store_n(counter, 1, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(counter, f->occluded, __ATOMIC_RELAXED);
    f->occluded = 0;
    return MALI_MEM_OK;
}

/* Makes the next primitive of the tile the one under way. */
static enum mali_mem_result prim_begin(struct gfx_fragment *f, const struct gfx_bin *bin)
{
    const struct gfx_prim *t = &f->pass->prim[bin->prim[f->next_prim]];
    const struct gfx_draw *d = &f->pass->draw[t->draw];
    enum mali_mem_result r = MALI_MEM_OK;

    if (f->occluded && f->occlusion != d->dcd.occlusion)
        r = flush_occlusion(f);
    if (r == MALI_MEM_OK)
        r = get_state(f, &d->dcd, t->draw, &f->now_state);
    if (r != MALI_MEM_OK)
        return r;
    f->occlusion = d->dcd.occlusion;
    f->occlusion_predicate = DCD_OCCLUSION(&d->dcd) == 1;
    f->prim = t;
    f->draw = d;
    f->sample = 0;
    f->next_quad = f->next_row = f->quads = f->rows = 0;
    if (f->now_state->loose)
        f->rows = gfx_raster_rows(f->pipeline->vec, &f->fb, &f->tile, t, f->row, &f->first_row);
    else
        f->quads = gfx_raster(f->pipeline->vec, &f->fb, &f->tile, t, d, f->quad);
    f->begun = true;
    return MALI_MEM_OK;
}

/* The pass may have moved in memory since the last slice. */
static void find_again(struct gfx_fragment *f, const struct gfx_bin *bin)
{
    struct gfx_warp *g = &f->warp;
    unsigned prims = f->in_warp || g->taken ? g->prims : 0;

    for (unsigned s = 0; s < prims; s++)
        g->prim[s] = &f->pass->prim[g->index[s]];
    if (prims)
        f->draw = &f->pass->draw[g->prim[0]->draw];
    if (f->begun) {
        f->prim = &f->pass->prim[bin->prim[f->next_prim]];
        f->draw = &f->pass->draw[f->prim->draw];
    }
}

/* The next primitive's quads cannot go into the warp that waits: they are of another draw, or there
 * is none. */
static bool waited_enough(const struct gfx_fragment *f, const struct gfx_bin *bin)
{
    return f->warp.taken && (f->next_prim == bin->count ||
                             f->pass->prim[bin->prim[f->next_prim]].draw != f->warp.prim[0]->draw);
}

static enum mali_job_result bin_run(struct gfx_fragment *f, const struct gfx_bin *bin,
                                    uint32_t *budget)
{
    find_again(f, bin);
    while (f->next_prim < bin->count || f->in_warp || f->warp.taken) {
        enum mali_job_result r;
        if (!f->begun && (f->in_warp || waited_enough(f, bin))) {
            r = run_warp(f, budget);
            if (r != MALI_JOB_DONE)
                return r;
            continue;
        }
        if (!f->begun) {
            if (!*budget)
                return MALI_JOB_AGAIN;
            r = loads[prim_begin(f, bin)];
            if (r != MALI_JOB_DONE)
                return r;
            *budget -= *budget < 16 ? *budget : 16;
        }
        r = draw_quads(f, !gfx_per_sample(f), budget);
        if (r != MALI_JOB_DONE)
            return r;
        f->begun = false;
        f->next_prim++;
    }
    return MALI_JOB_DONE;
}

static enum mali_job_result primitives(struct gfx_fragment *f, uint32_t *budget)
{
    const struct gfx_bin *bin = bin_of(f);
    enum mali_job_result r = bin ? bin_run(f, bin, budget) : MALI_JOB_DONE;

    return r == MALI_JOB_DONE ? loads[flush_occlusion(f)] : r;
}

static void tile_begin(struct gfx_fragment *f)
{
    const struct gfx_bin *bin = bin_of(f);

    gfx_tile_clear(&f->tile, &f->fb);
    f->drawn = bin && bin->count;
    f->tile.touched = f->drawn;
}

static enum mali_job_result phase_run(struct gfx_fragment *f, uint32_t *budget)
{
    switch (f->phase) {
    case GFX_PHASE_BEGIN:
        tile_begin(f);
        return MALI_JOB_DONE;
    case GFX_PHASE_PRE0:
        return frame_shader_due(f->fb.pre0, f->drawn) ? frame_shader(f, 0, budget) : MALI_JOB_DONE;
    case GFX_PHASE_PRE1:
        return frame_shader_due(f->fb.pre1, f->drawn) ? frame_shader(f, 1, budget) : MALI_JOB_DONE;
    case GFX_PHASE_PRIMS:
        return primitives(f, budget);
    case GFX_PHASE_POST:
        return frame_shader_due(f->fb.post, f->drawn) ? frame_shader(f, 2, budget) : MALI_JOB_DONE;
    default:
        *budget -= *budget < 256 ? *budget : 256;
        return loads[gfx_tile_write(&f->core, &f->tile, &f->fb)];
    }
}

void gfx_place_begin(struct gfx_fragment *f, uint32_t n)
{
    const struct gfx_frame *fr = f->frame;
    struct gfx_tile *t = &f->tile;

    t->x = (fr->fb.min_x & ~(GFX_TILE - 1)) + n % fr->columns * GFX_TILE;
    t->y = (fr->fb.min_y & ~(GFX_TILE - 1)) + n / fr->columns * GFX_TILE;
    t->w = f->fb.max_x + 1 - t->x < GFX_TILE ? f->fb.max_x + 1 - t->x : GFX_TILE;
    t->h = f->fb.max_y + 1 - t->y < GFX_TILE ? f->fb.max_y + 1 - t->y : GFX_TILE;
    f->next_prim = 0;
    f->begun = false;
    f->warp.taken = 0;
    f->phase = GFX_PHASE_BEGIN;
    f->busy = true;
}

enum mali_job_result gfx_place_run(struct gfx_fragment *f, uint32_t *budget)
{
    while (f->busy) {
        enum mali_job_result r = phase_run(f, budget);
        if (r != MALI_JOB_DONE)
            return r;
        f->busy = f->phase++ != GFX_PHASE_WRITE;
    }
    return MALI_JOB_DONE;
}
