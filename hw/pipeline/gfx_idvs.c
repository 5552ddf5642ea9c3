/*
 * RUN_IDVS: index fetch, the phases of a batch, slices. Vertices shaded lately are shaded once.
 * Positions come first, then primitives; varyings are shaded for vertices of those that are left,
 * which is what the hardware's name means: index-driven vertex shading.
 *
 * The first batches are short, so most draws end on the calling thread; long draws go on in long
 * ones, over the pool's threads. What a batch holds depends on the draw alone.
 *
 * Called by pipeline.c. Calls gfx_vertex.c, gfx_assembly.c, gfx_pass.c, gfx_heap.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_idvs.h"

#define BUDGET     16384u      /* instructions of a slice on one thread */
#define SLICE_NS   1000000u    /* of one on several */
#define BATCH      192u        /* indices; a multiple of 3, 4 and 16 */
#define LONG_BATCH 24576u      /* likewise */
#define SHORT      (2 * BATCH) /* indices until batches are long */
/* Vertices that may be met again; powers of two, larger than a batch. */
#define RECENT      1024u
#define LONG_RECENT 65536u
#define WAITING     4u    /* vertices of earlier batches that a primitive may have */
#define MAX_VARYING 4096u /* bytes of a vertex: more than any API has */

float idvs_reg_float(const struct gfx_idvs *v, unsigned r)
{
    float f;

    memcpy(&f, &v->head.job.regs[r], 4);
    return f;
}

/* --- set-up ------------------------------------------------------------------------------ */

static void idvs_fini(struct gfx_job *j)
{
    struct gfx_idvs *v = (struct gfx_idvs *)j;

    gfx_vertex_places_free(v);
    spare_give(&v->head.pipeline->spares, v->arrays, v->arrays_bytes);
}

static int32_t low16(uint32_t x)
{
    return (int32_t)(x & 0xffff);
}

static int32_t at_most(int32_t x, uint32_t limit)
{
    return x < (int32_t)limit ? x : (int32_t)limit;
}

static struct gfx_draw make_draw(const struct gfx_idvs *v, const struct gfx_pass *pass)
{
    const uint32_t *r = v->head.job.regs;
    uint64_t srt = idvs_reg64(v, IDVS_SRT), tsd = idvs_reg64(v, IDVS_TSD);
    uint64_t most = (uint64_t)r[IDVS_COUNT] * r[IDVS_INSTANCES];

    most = most < UINT32_MAX ? most * v->views : most;
    return (struct gfx_draw){
        .dcd =
            {
                .flags0 = r[IDVS_FLAGS0],
                .flags1 = r[IDVS_FLAGS1],
                .min_z = idvs_reg_float(v, IDVS_LOW_DEPTH),
                .max_z = idvs_reg_float(v, IDVS_HIGH_DEPTH),
                .zs = idvs_reg64(v, IDVS_ZS),
                .blend = idvs_reg64(v, IDVS_BLEND),
                .occlusion = idvs_reg64(v, IDVS_OCCLUSION),
                .srt = idvs_flag(v, 38) ? idvs_reg64(v, IDVS_SRT + 4) : srt,
                .fau = idvs_reg64(v, IDVS_FAU + 4),
                .spd = idvs_reg64(v, IDVS_SPD + 4),
                .tsd = idvs_flag(v, 39) ? idvs_reg64(v, IDVS_TSD + 4) : tsd,
            },
        .min_x = low16(r[IDVS_SCISSOR_MIN]),
        .min_y = low16(r[IDVS_SCISSOR_MIN] >> 16),
        .max_x = at_most(low16(r[IDVS_SCISSOR_MAX]), pass->width - 1),
        .max_y = at_most(low16(r[IDVS_SCISSOR_MAX] >> 16), pass->height - 1),
        .vary_bytes = r[IDVS_VARY_BYTES],
        .most_vertices = (uint32_t)(most < UINT32_MAX ? most : UINT32_MAX),
    };
}

/* The pass, and what else the tiler context says. */
static enum mali_mem_result open_pass(struct gfx_idvs *v, struct gfx_pass **pass)
{
    uint32_t w[8];
    enum mali_mem_result r = gfx_pass_open(gfx_vertex_core(v), idvs_reg64(v, IDVS_TILER), w, pass);

    if (r != MALI_MEM_OK)
        return r;
    v->first_provoking = w[2] >> 18 & 1;
    v->layer_offset = gfx_layer_offset(w);
    return MALI_MEM_OK;
}

/* The next @n * @size bytes of what make_room() lays out; without memory yet it only counts. */
static void *lay(struct gfx_idvs *v, size_t *at, size_t n, size_t size)
{
    void *here = v->arrays ? v->arrays + *at : NULL;

    *at += (n * size + 63) & ~(size_t)63;
    return here;
}

static size_t lay_out(struct gfx_idvs *v)
{
    size_t at = 0;

    v->cache = lay(v, &at, v->ring, sizeof(*v->cache));
    v->id = lay(v, &at, v->ring, sizeof(*v->id));
    v->varied = lay(v, &at, v->ring, sizeof(*v->varied));
    v->raw = lay(v, &at, v->room, 4);
    v->slot = lay(v, &at, v->room, sizeof(*v->slot));
    v->wanted = lay(v, &at, v->room + WAITING, sizeof(*v->wanted));
    v->recent = lay(v, &at, (size_t)v->ring * v->views, sizeof(*v->recent));
    v->range = lay(v, &at, gfx_assembly_ranges(v->room), sizeof(*v->range));
    v->corner = lay(v, &at, gfx_assembly_prims(v->room), sizeof(*v->corner));
    v->made_prims = lay(v, &at, gfx_assembly_prims(v->room), sizeof(*v->made_prims));
    return at;
}

/* What a batch takes, and the vertices that may be met again. */
static bool make_room(struct gfx_idvs *v)
{
    bool is_long = v->head.job.regs[IDVS_COUNT] > SHORT;

    v->room = is_long ? LONG_BATCH : BATCH;
    v->ring = is_long ? LONG_RECENT : RECENT;
    v->arrays = spare_take(&v->head.pipeline->spares, lay_out(v), &v->arrays_bytes);
    if (!v->arrays)
        return false;
    lay_out(v);
    memset(v->cache, 0, v->ring * sizeof(*v->cache)); /* the rest is written before it is read */
    return true;
}

static enum mali_mem_result idvs_load(struct gfx_idvs *v)
{
    const uint32_t *r = v->head.job.regs;
    static const uint8_t sizes[8] = {0, 1, 2, 4};
    struct core *k = gfx_vertex_core(v);
    struct gfx_pass *pass;
    struct gfx_draw d;
    enum mali_mem_result m;

    v->prim_flags = r[IDVS_PRIM_FLAGS] | (uint32_t)v->head.job.instr;
    v->view_mask = v->prim_flags >> 24 ? v->prim_flags >> 24 : 1;
    v->views = 32 - (unsigned)__builtin_clz(v->view_mask);
    v->index_bytes = sizes[v->prim_flags >> 8 & 7];
    v->layered = v->prim_flags >> 20 & 1;
    v->extended = (v->prim_flags >> 22 & 3) == 2;
    if (!v->head.job.core_mask) /* guess: no core takes it */
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, v->head.job.ip);
    if (r[IDVS_VARY_BYTES] > MAX_VARYING || (v->prim_flags >> 8 & 7) > 3)
        return core_fault(k, MALI_DATA_INVALID_FAULT, v->head.job.ip);
    v->vary_stride = (r[IDVS_VARY_BYTES] + 63) & ~15u;
    m = gfx_vertex_load(v);
    if (m == MALI_MEM_OK)
        m = open_pass(v, &pass);
    if (m != MALI_MEM_OK)
        return m;
    v->pass_id = pass->id;
    if (!make_room(v))
        return core_fault(k, MALI_OOM, v->head.job.ip);
    d = make_draw(v, pass);
    if (!gfx_pass_add_draw(v->head.pipeline, pass, &d))
        return core_fault(k, MALI_OOM, v->head.job.ip);
    v->draw = pass->draws - 1;
    return MALI_MEM_OK;
}

/* --- indices ------------------------------------------------------------------------------------
 */

/* To v->raw. */
static enum mali_mem_result read_indices(struct gfx_idvs *v, uint32_t n)
{
    uint64_t at = (uint64_t)(v->head.job.regs[IDVS_FIRST_INDEX] + v->next) * v->index_bytes;
    uint64_t size = v->head.job.regs[IDVS_INDEX_BYTES], len = (uint64_t)n * v->index_bytes;
    uint64_t there = at >= size ? 0 : at + len <= size ? len : size - at;

    memset(v->raw + there, 0, len - there); /* beyond the end: zeros */
    return there ? core_read(gfx_vertex_core(v), idvs_reg64(v, IDVS_INDICES) + at, v->raw, there)
                 : MALI_MEM_OK;
}

static uint32_t index_at(const struct gfx_idvs *v, uint32_t i)
{
    uint32_t word;
    uint16_t half;

    switch (v->index_bytes) {
    case 1:
        return v->raw[i];
    case 2:
        memcpy(&half, v->raw + 2 * (size_t)i, 2);
        return half;
    default:
        memcpy(&word, v->raw + 4 * (size_t)i, 4);
        return word;
    }
}

static bool is_restart(const struct gfx_idvs *v, uint32_t index)
{
    return (v->prim_flags >> 19 & 1) && index == (uint32_t)((1ull << 8 * v->index_bytes) - 1);
}

/* Where vertex @id is, or will be: then it is noted for shading. */
static uint32_t find_slot(struct gfx_idvs *v, uint32_t id)
{
    uint32_t mask = v->ring - 1, *c = &v->cache[id & mask], slot = *c - 1;

    if (*c > v->floor && v->id[slot & mask] == id)
        return slot & mask;
    slot = v->slots++;
    *c = slot + 1;
    v->id[slot & mask] = id;
    v->varied[slot & mask] = false;
    v->fresh++;
    v->vertices++;
    return slot & mask;
}

/*
 * Without indices: each of the next @n vertices is met once in its instance. There is no first
 * index: panvk's indirect draws leave the register alone.
 */
static void number_slots(struct gfx_idvs *v, uint32_t n)
{
    uint32_t mask = v->ring - 1, first = v->head.job.regs[IDVS_BASE_VERTEX] + v->next;
    uint32_t slots = v->slots, *slot = v->slot, *id = v->id;
    bool *varied = v->varied;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (slots + i) & mask;
        slot[i] = at;
        id[at] = first + i;
        varied[at] = false;
    }
    v->slots += n;
    v->fresh = n;
    v->vertices += n;
}

static void find_slots(struct gfx_idvs *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t index = index_at(v, i);
        bool restart = is_restart(v, index);
        v->slot[i] = restart ? ~0u : find_slot(v, index + v->head.job.regs[IDVS_BASE_VERTEX]);
        v->restarts |= restart;
    }
}

/* Slots below the floor are not met again: another instance's, or this batch may overwrite them. */
static void raise_floor(struct gfx_idvs *v)
{
    uint32_t safe = v->ring - v->room; /* vertices that this batch cannot overwrite */

    if (v->slots > UINT32_MAX / 2) { /* numbers run out */
        memset(v->cache, 0, v->ring * sizeof(*v->cache));
        v->slots = v->floor = 0;
    }
    if (v->slots > safe && v->floor < v->slots - safe)
        v->floor = v->slots - safe;
}

static enum mali_mem_result fetch(struct gfx_idvs *v)
{
    const uint32_t *r = v->head.job.regs;
    uint32_t left = r[IDVS_COUNT] - v->next, most = v->next < SHORT ? BATCH : v->room;
    uint32_t n = left < most ? left : most;
    enum mali_mem_result m = v->index_bytes ? read_indices(v, n) : MALI_MEM_OK;

    if (m != MALI_MEM_OK)
        return m;
    v->fresh = 0;
    v->restarts = false;
    raise_floor(v);
    if (v->index_bytes)
        find_slots(v, n);
    else
        number_slots(v, n);
    v->indices = n;
    v->next += n;
    return MALI_MEM_OK;
}

/* --- the job
 * ------------------------------------------------------------------------------------------ */

static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                [MALI_MEM_STALL] = MALI_JOB_STALL,
                                [MALI_MEM_FAULT] = MALI_JOB_FAULTED};

static void next_instance(struct gfx_idvs *v)
{
    v->floor = v->slots; /* instances differ in attributes: nothing is met again */
    v->instance++;
    v->next = 0;
    v->have = v->number = 0;
    v->vertices = 0;
}

static void next_phase(struct gfx_idvs *v, enum gfx_idvs_phase phase)
{
    v->phase = phase;
    v->parts++;
}

/* A batch from its indices to its primitives, or as far as it comes. */
static enum mali_job_result batch(struct gfx_idvs *v, const struct mali_job *job,
                                  struct gfx_pass *pass, uint32_t *budget, uint64_t until)
{
    uint32_t bytes = 16 + ((job->regs[IDVS_VARY_BYTES] + 15) & ~15u);
    enum mali_job_result res;

    if (v->phase == IDVS_FETCH) {
        res = loads[fetch(v)];
        if (res == MALI_JOB_DONE && !gfx_vertex_begin(v, pass)) {
            core_fault(gfx_vertex_core(v), MALI_OOM, job->ip);
            res = MALI_JOB_FAULTED;
        }
        if (res != MALI_JOB_DONE)
            return res;
        next_phase(v, IDVS_POSITIONS);
    }
    if (v->phase == IDVS_POSITIONS) {
        res = gfx_vertex_run(v, job, pass, budget, until);
        if (res != MALI_JOB_DONE)
            return res;
        v->need = (uint64_t)v->fresh * v->views * bytes;
        next_phase(v, IDVS_RESERVE);
    }
    if (v->phase == IDVS_RESERVE) {
        res = loads[gfx_heap_take(gfx_vertex_core(v), pass, job->heap, &v->need)];
        if (res != MALI_JOB_DONE)
            return res;
        pass->waits = v->flushed = v->need != 0;
        if (v->flushed)
            return MALI_JOB_OOM;
        gfx_assembly_begin(v);
        gfx_vertex_begin_setup(v);
        next_phase(v, IDVS_SETUP);
    }
    if (v->phase == IDVS_SETUP) {
        res = gfx_vertex_run(v, job, pass, budget, until);
        if (res != MALI_JOB_DONE)
            return res;
        gfx_vertex_want(v);
        if (gfx_assembly_ended(v))
            gfx_vertex_begin_varyings(v);
        next_phase(v, gfx_assembly_ended(v) ? IDVS_VARYINGS : IDVS_BIN);
    }
    if (v->phase == IDVS_BIN) {
        res = gfx_assembly_bin(v, pass, budget);
        if (res != MALI_JOB_DONE)
            return res;
        gfx_vertex_begin_setup(v);
        next_phase(v, IDVS_SETUP);
        return MALI_JOB_AGAIN;
    }
    res = gfx_vertex_run(v, job, pass, budget, until);
    if (res == MALI_JOB_DONE)
        next_phase(v, IDVS_FETCH);
    return res;
}

/* DONE: the whole draw. On several threads the clock ends a slice, on one its instructions do. */
static enum mali_job_result idvs_slice(struct gfx_idvs *v, const struct mali_job *job,
                                       struct gfx_pass *pass)
{
    const uint32_t *r = v->head.job.regs;
    uint64_t until = v->most > 1 ? mali_host_ns() + SLICE_NS : UINT64_MAX;
    uint32_t budget = BUDGET;

    while (v->instance < r[IDVS_INSTANCES]) {
        if (v->most > 1 ? mali_host_ns() >= until : !budget)
            return MALI_JOB_AGAIN;
        if (v->most > 1)
            budget = BUDGET;
        enum mali_job_result res = batch(v, job, pass, &budget, until);
        if (res == MALI_JOB_AGAIN)
            continue;
        if (res != MALI_JOB_DONE)
            return res;
        if (v->next == r[IDVS_COUNT])
            next_instance(v);
    }
    return MALI_JOB_DONE;
}

/*
 * The heap had no chunk left. Either it has one now, or the stream's handler has drawn the pass and
 * reset the tiler context: the rest of the draw belongs to a new pass. May be repeated after a
 * stall.
 */
static enum mali_mem_result reopen_pass(struct gfx_idvs *v)
{
    struct mali_pipeline *p = v->head.pipeline;
    struct core *k = gfx_vertex_core(v);
    uint64_t va = idvs_reg64(v, IDVS_TILER), id;
    struct gfx_pass *pass;
    enum mali_mem_result r = core_read(k, va, &id, sizeof(id));

    if (r == MALI_MEM_OK && !id)
        r = core_write(k, va, &id, sizeof(id)); /* may it be written? */
    if (r != MALI_MEM_OK)
        return r;
    if (!id) {
        pass = gfx_pass_renew(p, core_root(k), v->pass_id, &v->draw);
        if (!pass)
            return core_fault(k, MALI_OOM, v->head.job.ip);
        v->pass_id = id = pass->id;
        r = core_write(k, va, &id, sizeof(id));
    }
    v->flushed = false;
    return r;
}

static enum mali_job_result run(struct gfx_idvs *v, const struct mali_job *job)
{
    struct core *k = gfx_vertex_core(v);
    struct gfx_pass *pass;

    if (!v->head.loaded) {
        const uint32_t *r = v->head.job.regs;
        if (!r[IDVS_COUNT] || !r[IDVS_INSTANCES])
            return MALI_JOB_DONE; /* reads no descriptor */
        if (!gfx_assembly_knows(r[IDVS_PRIM_FLAGS] | (uint32_t)v->head.job.instr)) {
            core_fault(k, MALI_DATA_INVALID_FAULT, v->head.job.ip);
            return MALI_JOB_FAULTED;
        }
        enum mali_job_result res = loads[idvs_load(v)];
        if (res != MALI_JOB_DONE)
            return res;
        v->head.loaded = true;
    }
    if (v->flushed) {
        enum mali_job_result res = loads[reopen_pass(v)];
        if (res != MALI_JOB_DONE)
            return res;
    }
    pass = gfx_pass_find(v->head.pipeline, core_root(k), v->pass_id);
    if (!pass) { /* evicted over too many others, or reset meanwhile */
        core_fault(k, MALI_OOM, v->head.job.ip);
        return MALI_JOB_FAULTED;
    }
    pass->waits = false;
    return idvs_slice(v, job, pass);
}

static enum mali_job_result submit(struct gfx_idvs *v, const struct mali_job *job,
                                   struct mali_fault *fault)
{
    struct mali_pipeline *p = v->head.pipeline;
    bool lasts = v->head.loaded || job->regs[IDVS_COUNT] > SHORT, one;
    enum mali_job_result r;

    if (!v->made && !gfx_vertex_place_add(v)) {
        fault->code = MALI_CSF_FW_INTERNAL_ERROR;
        return MALI_JOB_FAULTED;
    }
    gfx_vertex_attach(v, job);
    /* Recorders and observers look at one thread, reports count there. */
    one = p->recorder || p->observer || p->reports;
    v->most = one || !lasts ? 1 : pool_size(p->pool);
    r = run(v, job);
    if (p->reports || r == MALI_JOB_FAULTED)
        gfx_vertex_report(v, job->trace);
    if (r == MALI_JOB_FAULTED)
        *fault = gfx_vertex_fault(v);
    for (unsigned i = 0; r == MALI_JOB_DONE && i < 2; i++)
        pipeline_work(p, job->trace, MALI_WORK_POSITIONS + i, v->done[i]);
    return r;
}

enum mali_job_result gfx_idvs_submit(struct mali_pipeline *p, const struct mali_job *job,
                                     struct mali_fault *fault)
{
    struct gfx_idvs *v = (struct gfx_idvs *)gfx_job_get(p, job, sizeof(*v), idvs_fini, fault);
    enum mali_job_result r;

    if (!v)
        return MALI_JOB_FAULTED;
    r = submit(v, job, fault);
    v->head.work = (uint64_t)v->parts << 32 | (gfx_vertex_taken(v) + v->binned + v->in_bins);
    if (r == MALI_JOB_FAULTED)
        mali_log(p->bus, MALI_LOG_GUEST_ERROR, "RUN_IDVS at 0x%llx: %s, 0x%llx",
                 (unsigned long long)job->ip, mali_fault_name(fault->code),
                 (unsigned long long)fault->info);
    return gfx_job_put(&v->head, job, r);
}
