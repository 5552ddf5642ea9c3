/*
 * RUN_IDVS: index fetch, position and varying shading, assembly. Works through
 * an instance in batches of indices; vertices shaded lately are shaded once.
 *
 * Vertex shaders store through addresses that LEA_BUF_IMM returns. Software never reads these
 * buffers, so they are no guest memory here but a window that only the shader sees: position slots
 * of 16 bytes, VERTEX_SLOTS of them a vertex, or the varyings of a vertex and view.
 *
 * Called by pipeline.c. Calls core.c, the interpreter, gfx_prim.c, gfx_pass.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gfx_job.h"
#include "texel.h"

#define BUDGET       16384u /* instructions of a slice */
#define BATCH        192u   /* indices; a multiple of 3, 4 and 16 */
#define RECENT       1024u  /* vertices that may be met again; a power of two */
#define VERTEX_SLOTS 64u    /* of 16 bytes: eight views of eight */
#define MAX_VIEWS    8u
#define MAX_VARYING  4096u /* bytes of a vertex: more than any API has */

/* Registers. Source: pan_csf.c, panvk_vX_cmd_draw.c */
enum {
    REG_SRT = 0,
    REG_FAU = 8,
    REG_SPD = 16,
    REG_TSD = 24,
    REG_ATTR_OFFSET = 32,
    REG_COUNT = 33,
    REG_INSTANCES = 34,
    REG_FIRST_INDEX = 35,
    REG_BASE_VERTEX = 36,
    REG_BASE_INSTANCE = 37,
    REG_INDEX_BYTES = 39,
    REG_TILER = 40,
    REG_SCISSOR_MIN = 42,
    REG_SCISSOR_MAX = 43,
    REG_LOW_DEPTH = 44,
    REG_HIGH_DEPTH = 45,
    REG_OCCLUSION = 46,
    REG_VARY_BYTES = 48,
    REG_BLEND = 50,
    REG_ZS = 52,
    REG_INDICES = 54,
    REG_PRIM_FLAGS = 56,
    REG_FLAGS0 = 57,
    REG_FLAGS1 = 58,
    REG_PRIM_SIZE = 60,
};

enum { /* primitive flags. Source: v10.xml */
       PRIM_POINTS = 1,
       PRIM_LINES = 2,
       PRIM_LINE_STRIP = 4,
       PRIM_LINE_LOOP = 6,
       PRIM_TRIANGLES = 8,
       PRIM_TRIANGLE_STRIP = 10,
       PRIM_TRIANGLE_FAN = 12,
       PRIM_POLYGON = 13,
       PRIM_QUADS = 14,
};

enum phase { PHASE_FETCH, PHASE_SHADE, PHASE_RESERVE, PHASE_ASSEMBLE };
enum stage { STAGE_NONE, STAGE_POSITION, STAGE_VARYING };

/* A vertex with its positions in all views. */
struct shaded {
    struct gfx_vertex view[MAX_VIEWS];
    uint32_t id; /* as indices name it */
    bool valid;
};

struct idvs {
    struct gfx_job head;
    struct core position, varying;
    uint64_t pass_id;
    uint32_t draw;
    uint32_t prim_flags, views, view_mask;
    uint32_t instance, next; /* index to fetch next */
    bool first_provoking, layered, extended;
    int layer_offset;
    unsigned index_bytes;
    enum phase phase;
    uint64_t need; /* PHASE_RESERVE: bytes of the tiler heap that are missing */
    bool flushed;  /* the heap had no more: the pass may have been drawn meanwhile */
    /* the batch */
    uint32_t indices, index[BATCH];
    uint32_t slot[BATCH]; /* of recent[]; ~0: restart */
    uint32_t fresh, fresh_slot[BATCH], shaded;
    enum stage stage;
    struct va_warp warp;
    uint8_t *window;
    uint32_t vary_stride;
    /* vertices met lately: slot n of the draw's is at recent[n % RECENT] */
    struct shaded *recent;
    uint32_t slots; /* handed out so far */
    /* assembly */
    struct shaded held[3], first;
    uint32_t have, number;
};

static uint64_t reg64(const struct idvs *v, unsigned r)
{
    return v->head.job.regs[r] | (uint64_t)v->head.job.regs[r + 1] << 32;
}

static float reg_float(const struct idvs *v, unsigned r)
{
    float f;

    memcpy(&f, &v->head.job.regs[r], 4);
    return f;
}

/* --- set-up ------------------------------------------------------------------------------ */

static void idvs_fini(struct gfx_job *j)
{
    struct idvs *v = (struct idvs *)j;

    if (v->stage != STAGE_NONE)
        va_warp_fini(&v->warp);
    core_fini(&v->position);
    core_fini(&v->varying);
    free(v->window);
    free(v->recent);
}

static bool flag(const struct idvs *v, unsigned bit)
{
    return v->head.job.instr >> bit & 1;
}

static bool secondary(const struct idvs *v)
{
    return v->prim_flags >> 18 & 1;
}

static enum mali_mem_result load_shaders(struct idvs *v)
{
    uint64_t srt = reg64(v, REG_SRT), fau = reg64(v, REG_FAU), tsd = reg64(v, REG_TSD);
    enum mali_mem_result r =
        core_load(&v->position, srt, fau, reg64(v, REG_SPD), tsd, CORE_STAGE_VERTEX);

    if (r == MALI_MEM_OK && secondary(v))
        r = core_load(&v->varying, flag(v, 35) ? reg64(v, REG_SRT + 2) : srt,
                      flag(v, 36) ? reg64(v, REG_FAU + 2) : fau, reg64(v, REG_SPD + 2),
                      flag(v, 37) ? reg64(v, REG_TSD + 2) : tsd, CORE_STAGE_VERTEX);
    return r;
}

static int32_t low16(uint32_t x)
{
    return (int32_t)(x & 0xffff);
}

static int32_t at_most(int32_t x, uint32_t limit)
{
    return x < (int32_t)limit ? x : (int32_t)limit;
}

static struct gfx_draw make_draw(const struct idvs *v, const struct gfx_pass *pass)
{
    const uint32_t *r = v->head.job.regs;
    uint64_t srt = reg64(v, REG_SRT), tsd = reg64(v, REG_TSD);

    return (struct gfx_draw){
        .dcd =
            {
                .flags0 = r[REG_FLAGS0],
                .flags1 = r[REG_FLAGS1],
                .min_z = reg_float(v, REG_LOW_DEPTH),
                .max_z = reg_float(v, REG_HIGH_DEPTH),
                .zs = reg64(v, REG_ZS),
                .blend = reg64(v, REG_BLEND),
                .occlusion = reg64(v, REG_OCCLUSION),
                .srt = flag(v, 38) ? reg64(v, REG_SRT + 4) : srt,
                .fau = reg64(v, REG_FAU + 4),
                .spd = reg64(v, REG_SPD + 4),
                .tsd = flag(v, 39) ? reg64(v, REG_TSD + 4) : tsd,
            },
        .min_x = low16(r[REG_SCISSOR_MIN]),
        .min_y = low16(r[REG_SCISSOR_MIN] >> 16),
        .max_x = at_most(low16(r[REG_SCISSOR_MAX]), pass->width - 1),
        .max_y = at_most(low16(r[REG_SCISSOR_MAX] >> 16), pass->height - 1),
        .vary_bytes = r[REG_VARY_BYTES],
    };
}

/* The pass that the tiler context names, or a new one. */
static enum mali_mem_result open_pass(struct idvs *v, struct gfx_pass **pass)
{
    struct mali_pipeline *p = v->head.pipeline;
    struct core *k = &v->position;
    uint64_t va = reg64(v, REG_TILER), id, root = core_root(k);
    uint32_t w[8];
    enum mali_mem_result r = core_read(k, va, w, sizeof(w));

    if (r != MALI_MEM_OK)
        return r;
    v->first_provoking = w[2] >> 18 & 1;
    v->layer_offset = (int32_t)(w[4] << 15) >> 23;
    id = w[0] | (uint64_t)w[1] << 32;
    *pass = id ? gfx_pass_find(p, root, id) : NULL;
    if (*pass)
        return MALI_MEM_OK;
    if (id)
        mali_log(p->bus, MALI_LOG_GUEST_ERROR,
                 "RUN_IDVS: tiler context 0x%llx: polygon list 0x%llx is not known: a new one",
                 (unsigned long long)va, (unsigned long long)id);
    *pass = gfx_pass_new(p, root, va, (w[3] & 0xffff) + 1, (w[3] >> 16) + 1, (w[4] & 0xff) + 1);
    if (!*pass)
        return core_fault(k, MALI_DATA_INVALID_FAULT, va);
    return core_write(k, va, &(*pass)->id, 8);
}

static enum mali_mem_result idvs_load(struct idvs *v)
{
    const uint32_t *r = v->head.job.regs;
    static const uint8_t sizes[8] = {0, 1, 2, 4};
    struct core *k = &v->position;
    struct gfx_pass *pass;
    struct gfx_draw d;
    enum mali_mem_result m;

    v->prim_flags = r[REG_PRIM_FLAGS] | (uint32_t)v->head.job.instr;
    v->view_mask = v->prim_flags >> 24 ? v->prim_flags >> 24 : 1;
    v->views = 32 - (unsigned)__builtin_clz(v->view_mask);
    v->index_bytes = sizes[v->prim_flags >> 8 & 7];
    v->layered = v->prim_flags >> 20 & 1;
    v->extended = (v->prim_flags >> 22 & 3) == 2;
    if (!v->head.job.core_mask) /* guess: no core takes it */
        return core_fault(k, MALI_CS_ENDPOINT_FAULT, v->head.job.ip);
    if (r[REG_VARY_BYTES] > MAX_VARYING || (v->prim_flags >> 8 & 7) > 3)
        return core_fault(k, MALI_DATA_INVALID_FAULT, v->head.job.ip);
    m = load_shaders(v);
    if (m == MALI_MEM_OK)
        m = open_pass(v, &pass);
    if (m != MALI_MEM_OK)
        return m;
    v->pass_id = pass->id;
    v->vary_stride = (r[REG_VARY_BYTES] + 63) & ~15u;
    v->window = calloc(VA_LANES, VERTEX_SLOTS * 16 + (size_t)MAX_VIEWS * v->vary_stride);
    v->recent = calloc(RECENT, sizeof(*v->recent));
    d = make_draw(v, pass);
    if (!v->window || !v->recent || !gfx_pass_add_draw(v->head.pipeline, pass, &d))
        return core_fault(k, MALI_OOM, v->head.job.ip);
    v->draw = pass->draws - 1;
    va_bind(&v->position.shader);
    if (secondary(v))
        va_bind(&v->varying.shader);
    return MALI_MEM_OK;
}

/* --- messages of vertex shaders --------------------------------------------------------------- */

/*
 * Linear id (r59 plus an offset) to an address. Position shaders count slots of 16 bytes; in
 * varying shaders each four of them are a view.
 */
enum va_message_result gfx_lea_buf(struct core *c, struct va_warp *w, const struct va_insn *in,
                                   const struct va_val *src, uint16_t lanes)
{
    for (unsigned i = 0; i < VA_LANES; i++) {
        uint32_t id = src[0].w[0][i], lane = id / VERTEX_SLOTS, view = id % VERTEX_SLOTS / 4;
        uint64_t at = c->vary_stride
                          ? (uint64_t)(lane * MAX_VIEWS + view % MAX_VIEWS) * c->vary_stride
                          : (uint64_t)id * 16;
        uint64_t va = CORE_VERTEX_WINDOW + (at & 0xffffffff);
        for (unsigned n = 0; (lanes >> i & 1) && n < in->sr[0].count; n++)
            w->r[in->sr[0].reg + n][i] = n < 2 ? (uint32_t)(va >> 32 * n) : 0;
    }
    return VA_MSG_DONE;
}

/* --- shading -----------------------------------------------------------------------------------
 */

static struct shaded *slot_of(struct idvs *v, uint32_t slot)
{
    return &v->recent[slot % RECENT];
}

static void preload(struct idvs *v, const struct core *k, unsigned n)
{
    uint32_t draw_id = flag(v, 34) ? v->head.job.regs[v->head.job.instr >> 40 & 0x7f] : 0;

    for (uint32_t left = k->preload & 0xffff; left; left &= left - 1) {
        unsigned p = (unsigned)__builtin_ctz(left);
        uint32_t *r = (uint32_t *)&v->warp.r[48 + p];
        for (unsigned i = 0; i < n; i++)
            r[i] = p == 11   ? i * VERTEX_SLOTS
                   : p == 12 ? slot_of(v, v->fresh_slot[v->shaded + i])->id
                   : p == 13 ? v->instance
                   : p == 14 ? draw_id
                             : 0;
    }
}

static unsigned lanes_of(const struct idvs *v)
{
    uint32_t left = v->fresh - v->shaded;

    return left < VA_LANES ? left : VA_LANES;
}

static void stage_begin(struct idvs *v, enum stage stage)
{
    struct core *k = stage == STAGE_POSITION ? &v->position : &v->varying;
    unsigned n = lanes_of(v);
    size_t positions = VA_LANES * VERTEX_SLOTS * 16;

    va_warp_init(&v->warp, &k->shader, (uint16_t)((1u << n) - 1));
    k->vary_stride = stage == STAGE_POSITION ? 0 : v->vary_stride;
    k->window = stage == STAGE_POSITION ? v->window : v->window + positions;
    k->window_bytes =
        stage == STAGE_POSITION ? positions : (size_t)VA_LANES * MAX_VIEWS * v->vary_stride;
    for (unsigned i = 0; stage == STAGE_POSITION && i < n; i++) /* what take_positions() reads */
        memset(v->window + (size_t)i * VERTEX_SLOTS * 16, 0,
               v->views * (v->extended ? 8u : 4u) * 16);
    preload(v, k, n);
    for (unsigned i = 0; i < n; i++)
        va_set_tls(&v->warp, i, k->tls + i * k->tls_bytes);
    v->stage = stage;
}

static float half(const uint8_t *p)
{
    uint16_t h;
    uint32_t u;
    float f;

    memcpy(&h, p, 2);
    u = texel_half_to_float(h);
    memcpy(&f, &u, 4);
    return f;
}

static void take_positions(struct idvs *v, uint32_t first_index)
{
    unsigned stride = v->extended ? 8 : 4, n = lanes_of(v);

    for (unsigned i = 0; i < n; i++)
        for (unsigned view = 0; view < v->views; view++) {
            const uint8_t *p = v->window + (i * VERTEX_SLOTS + view * stride) * 16;
            struct gfx_vertex *out = &slot_of(v, v->fresh_slot[v->shaded + i])->view[view];
            memcpy(&out->x, p, 16);
            out->size = (v->prim_flags >> 11 & 3) == 2 ? half(p + 64) : reg_float(v, REG_PRIM_SIZE);
            out->layer = v->layered ? p[66] : 0;
            out->index = first_index + i * v->views + view;
        }
}

static void take_varyings(struct idvs *v, struct gfx_pass *pass, uint32_t first_index)
{
    struct gfx_draw *d = &pass->draw[v->draw];
    const uint8_t *from = v->window + VA_LANES * VERTEX_SLOTS * 16;
    unsigned n = lanes_of(v);

    for (unsigned i = 0; i < n && d->vary_bytes; i++)
        for (unsigned view = 0; view < v->views; view++)
            memcpy(d->vary + (uint64_t)(first_index + i * v->views + view) * d->vary_bytes,
                   from + (size_t)(i * MAX_VIEWS + view) * v->vary_stride, d->vary_bytes);
}

/* Runs the warp under way. DONE: it has ended. */
static enum mali_job_result warp_run(struct idvs *v, uint32_t *budget)
{
    struct core *k = v->stage == STAGE_POSITION ? &v->position : &v->varying;
    uint64_t before = v->warp.executed, used;

    k->fault.code = 0;
    enum va_stop stop = va_run(&v->warp, &k->shader, *budget);
    used = v->warp.executed - before + 1;
    *budget -= used < *budget ? (uint32_t)used : *budget;
    switch (stop) {
    case VA_STOP_ENDED:
        va_warp_fini(&v->warp);
        return MALI_JOB_DONE;
    case VA_STOP_SLICE:
        return MALI_JOB_AGAIN;
    case VA_STOP_STALL:
        return MALI_JOB_STALL;
    case VA_STOP_BARRIER: /* no workgroup to wait for */
        core_fault(k, MALI_INSTR_BARRIER_FAULT, v->warp.pc[0]);
        return MALI_JOB_FAULTED;
    default:
        return core_warp_stalled(k, &v->warp) ? MALI_JOB_STALL : MALI_JOB_FAULTED;
    }
}

static enum mali_job_result shade(struct idvs *v, struct gfx_pass *pass, uint32_t *budget)
{
    while (v->shaded < v->fresh) {
        uint32_t first;
        if (!*budget)
            return MALI_JOB_AGAIN;
        if (v->stage == STAGE_NONE)
            stage_begin(v, STAGE_POSITION);
        enum mali_job_result r = warp_run(v, budget);
        if (r != MALI_JOB_DONE)
            return r;
        first = pass->draw[v->draw].vertices;
        if (v->stage == STAGE_POSITION) {
            take_positions(v, first);
            if (secondary(v)) {
                stage_begin(v, STAGE_VARYING);
                continue;
            }
        }
        v->stage = STAGE_NONE;
        if (!gfx_pass_add_vertices(v->head.pipeline, pass, lanes_of(v) * v->views)) {
            core_fault(&v->position, MALI_OOM, v->head.job.ip);
            return MALI_JOB_FAULTED;
        }
        if (secondary(v))
            take_varyings(v, pass, first);
        v->shaded += lanes_of(v);
    }
    return MALI_JOB_DONE;
}

/* --- indices ------------------------------------------------------------------------------------
 */

static enum mali_mem_result read_indices(struct idvs *v, uint32_t n)
{
    uint64_t at = (uint64_t)(v->head.job.regs[REG_FIRST_INDEX] + v->next) * v->index_bytes;
    uint64_t size = v->head.job.regs[REG_INDEX_BYTES], len = (uint64_t)n * v->index_bytes;
    uint8_t raw[BATCH * 4] = {0};
    enum mali_mem_result r = MALI_MEM_OK;

    if (at < size) /* beyond the end: zeros */
        r = core_read(&v->position, reg64(v, REG_INDICES) + at, raw,
                      at + len <= size ? len : size - at);
    for (uint32_t i = 0; i < n; i++) {
        v->index[i] = 0;
        memcpy(&v->index[i], raw + i * v->index_bytes, v->index_bytes);
    }
    return r;
}

static bool is_restart(const struct idvs *v, uint32_t index)
{
    return (v->prim_flags >> 19 & 1) && v->index_bytes &&
           index == (uint32_t)((1ull << 8 * v->index_bytes) - 1);
}

/* The slot of vertex @id; a new one is noted for shading. */
static uint32_t find_slot(struct idvs *v, uint32_t id, uint32_t cache[RECENT])
{
    uint32_t *c = &cache[id % RECENT], slot = *c - 1;

    if (*c && v->slots - slot <= RECENT && slot_of(v, slot)->id == id && slot_of(v, slot)->valid)
        return slot;
    slot = v->slots++;
    *slot_of(v, slot) = (struct shaded){.id = id, .valid = true};
    v->fresh_slot[v->fresh++] = slot;
    *c = slot + 1;
    return slot;
}

static enum mali_mem_result fetch(struct idvs *v)
{
    const uint32_t *r = v->head.job.regs;
    uint32_t left = r[REG_COUNT] - v->next, n = left < BATCH ? left : BATCH;
    uint32_t cache[RECENT] = {0};
    enum mali_mem_result m = v->index_bytes ? read_indices(v, n) : MALI_MEM_OK;

    if (m != MALI_MEM_OK)
        return m;
    v->fresh = v->shaded = 0;
    for (uint32_t s = v->slots > RECENT - BATCH ? v->slots - (RECENT - BATCH) : 0; s < v->slots;
         s++) /* those that this batch cannot overwrite */
        cache[slot_of(v, s)->id % RECENT] = s + 1;
    for (uint32_t i = 0; i < n; i++) {
        /* Without indices there is no first one: panvk's indirect draws leave the register alone.
         */
        uint32_t index = v->index_bytes ? v->index[i] : v->next + i;
        v->slot[i] = is_restart(v, index) ? ~0u : find_slot(v, index + r[REG_BASE_VERTEX], cache);
    }
    v->indices = n;
    v->next += n;
    return MALI_MEM_OK;
}

/* --- assembly
 * --------------------------------------------------------------------------------------- */

struct assembly {
    struct idvs *v;
    struct gfx_setup s;
};

/* @n vertices, @provoking one of them, in every view. */
static void primitive(struct assembly *a, const struct shaded *const c[3], unsigned n,
                      unsigned provoking)
{
    struct idvs *v = a->v;

    a->s.number = v->number++;
    for (unsigned view = 0; view < v->views; view++) {
        struct gfx_vertex x[3];
        if (!(v->view_mask >> view & 1))
            continue;
        for (unsigned i = 0; i < n; i++)
            x[i] = c[i]->view[view];
        int layer = (v->prim_flags >> 24 ? (int)view : (int)x[provoking].layer) + v->layer_offset;
        if (layer < 0 || layer >= (int)a->s.pass->layers)
            continue;
        a->s.layer = (uint8_t)layer;
        if (n == 1)
            gfx_point(&a->s, &x[0]);
        else if (n == 2)
            gfx_line(&a->s, x, provoking);
        else
            gfx_triangle(&a->s, x, provoking);
    }
}

static void triangle(struct assembly *a, const struct shaded *x, const struct shaded *y,
                     const struct shaded *z, unsigned provoking)
{
    const struct shaded *const c[3] = {x, y, z};

    primitive(a, c, 3, provoking);
}

static void line(struct assembly *a, const struct shaded *x, const struct shaded *y)
{
    const struct shaded *const c[3] = {x, y};

    primitive(a, c, 2, a->v->first_provoking ? 0 : 1);
}

/* One more vertex for lists: @n make a primitive. */
static void push_list(struct assembly *a, const struct shaded *x, unsigned n)
{
    struct idvs *v = a->v;
    unsigned last = v->first_provoking ? 0 : n - 1;
    const struct shaded *h = v->held;

    if (v->have + 1 < n) {
        v->held[v->have++] = *x;
        return;
    }
    v->have = 0;
    if (n == 4) {
        triangle(a, &h[0], &h[1], v->first_provoking ? &h[2] : x, v->first_provoking ? 0 : 2);
        v->number--; /* two halves of one */
        triangle(a, v->first_provoking ? &h[0] : &h[1], &h[2], x, v->first_provoking ? 0 : 2);
        return;
    }
    const struct shaded *const c[3] = {n > 1 ? &h[0] : x, n > 2 ? &h[1] : x, x};
    primitive(a, c, n, last);
}

static void push_line_strip(struct assembly *a, const struct shaded *x)
{
    struct idvs *v = a->v;

    if (v->have)
        line(a, &v->held[0], x);
    else
        v->first = *x;
    v->held[0] = *x;
    v->have = v->have < 2 ? v->have + 1 : 2;
}

/* held[0], held[1]: the last two; have counts on, for the winding. */
static void push_strip(struct assembly *a, const struct shaded *x)
{
    struct idvs *v = a->v;
    const struct shaded *h = v->held;

    if (v->have < 2) {
        v->held[v->have++] = *x;
        return;
    }
    if (v->have & 1)
        triangle(a, &h[1], &h[0], x, v->first_provoking ? 1 : 2);
    else
        triangle(a, &h[0], &h[1], x, v->first_provoking ? 0 : 2);
    v->held[0] = v->held[1];
    v->held[1] = *x;
    v->have = v->have == 2 ? 3 : 2;
}

static void push_fan(struct assembly *a, const struct shaded *x, bool polygon)
{
    struct idvs *v = a->v;

    if (v->have < 2) {
        v->held[v->have++] = *x;
        return;
    }
    triangle(a, &v->held[0], &v->held[1], x, polygon ? 0 : v->first_provoking ? 1 : 2);
    v->held[1] = *x;
}

static void close_loop(struct assembly *a)
{
    struct idvs *v = a->v;

    if ((v->prim_flags & 0xff) == PRIM_LINE_LOOP && v->have > 1)
        line(a, &v->held[0], &v->first);
    v->have = 0;
}

static void push(struct assembly *a, const struct shaded *x)
{
    switch (a->v->prim_flags & 0xff) {
    case PRIM_POINTS:
        push_list(a, x, 1);
        break;
    case PRIM_LINES:
        push_list(a, x, 2);
        break;
    case PRIM_LINE_STRIP:
    case PRIM_LINE_LOOP:
        push_line_strip(a, x);
        break;
    case PRIM_TRIANGLES:
        push_list(a, x, 3);
        break;
    case PRIM_TRIANGLE_STRIP:
        push_strip(a, x);
        break;
    case PRIM_TRIANGLE_FAN:
    case PRIM_POLYGON:
        push_fan(a, x, (a->v->prim_flags & 0xff) == PRIM_POLYGON);
        break;
    case PRIM_QUADS:
        push_list(a, x, 4);
        break;
    default: /* refused before */
        break;
    }
}

static bool known_mode(unsigned mode)
{
    return mode < 16 && (0x7556u & 1u << mode); /* 1 2 4 6 8 10 12 13 14 */
}

static bool assemble(struct idvs *v, struct gfx_pass *pass)
{
    struct assembly a = {
        v,
        {
            .p = v->head.pipeline,
            .pass = pass,
            .draw = v->draw,
            .low_cull = v->prim_flags >> 16 & 1,
            .high_cull = v->prim_flags >> 17 & 1,
            .low = reg_float(v, REG_LOW_DEPTH),
            .high = reg_float(v, REG_HIGH_DEPTH),
            .width = reg_float(v, REG_PRIM_SIZE),
        },
    };

    for (uint32_t i = 0; i < v->indices && !a.s.full; i++)
        if (v->slot[i] == ~0u)
            close_loop(&a);
        else
            push(&a, slot_of(v, v->slot[i]));
    if (v->next == v->head.job.regs[REG_COUNT])
        close_loop(&a);
    return !a.s.full;
}

/* --- the job
 * ------------------------------------------------------------------------------------------ */

static const uint8_t loads[] = {[MALI_MEM_OK] = MALI_JOB_DONE,
                                [MALI_MEM_STALL] = MALI_JOB_STALL,
                                [MALI_MEM_FAULT] = MALI_JOB_FAULTED};

static void next_instance(struct idvs *v)
{
    uint32_t used = v->slots < RECENT ? v->slots : RECENT;

    for (uint32_t i = 0; i < used; i++) /* instances differ in attributes: nothing is met again */
        v->recent[i].valid = false;
    v->instance++;
    v->next = v->slots = 0;
    v->have = v->number = 0;
}

/* DONE: the whole draw. */
static enum mali_job_result idvs_slice(struct idvs *v, struct gfx_pass *pass)
{
    const uint32_t *r = v->head.job.regs;
    uint32_t budget = BUDGET;
    enum mali_job_result res;

    while (v->instance < r[REG_INSTANCES]) {
        if (v->phase == PHASE_FETCH) {
            if (!budget)
                return MALI_JOB_AGAIN;
            res = loads[fetch(v)];
            if (res != MALI_JOB_DONE)
                return res;
            v->phase = PHASE_SHADE;
        }
        if (v->phase == PHASE_SHADE) {
            res = shade(v, pass, &budget);
            if (res != MALI_JOB_DONE)
                return res;
            v->need = (uint64_t)v->fresh * v->views * (16 + ((r[REG_VARY_BYTES] + 15) & ~15u));
            v->phase = PHASE_RESERVE;
        }
        if (v->phase == PHASE_RESERVE) {
            res = loads[gfx_heap_take(&v->position, pass, v->head.job.heap, &v->need)];
            if (res != MALI_JOB_DONE)
                return res;
            if (v->need) {
                v->flushed = true;
                return MALI_JOB_OOM;
            }
            v->phase = PHASE_ASSEMBLE;
        }
        if (!assemble(v, pass)) {
            core_fault(&v->position, MALI_OOM, v->head.job.ip);
            return MALI_JOB_FAULTED;
        }
        v->phase = PHASE_FETCH;
        budget -= budget < BATCH * 4 ? budget : BATCH * 4;
        if (v->next == r[REG_COUNT])
            next_instance(v);
    }
    return MALI_JOB_DONE;
}

static void attach(struct idvs *v, struct core *k, const struct mali_job *job)
{
    k->pipeline = v->head.pipeline;
    k->tlb = job->tlb;
    k->as = job->as;
    k->source = (uint16_t)(0x8000 | job->csg << 8 | job->cs); /* guess, as the streams' */
    k->stalled = false;
    k->attribute_offset = job->regs[REG_ATTR_OFFSET];
    k->base_instance = job->regs[REG_BASE_INSTANCE];
}

/*
 * The heap had no chunk left. Either it has one now, or the stream's handler has drawn the pass and
 * reset the tiler context: the rest of the draw belongs to a new pass. May be repeated after a
 * stall.
 */
static enum mali_mem_result reopen_pass(struct idvs *v)
{
    struct mali_pipeline *p = v->head.pipeline;
    struct core *k = &v->position;
    uint64_t va = reg64(v, REG_TILER), id;
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

static enum mali_job_result run(struct idvs *v)
{
    struct gfx_pass *pass;

    if (!v->head.loaded) {
        const uint32_t *r = v->head.job.regs;
        if (!r[REG_COUNT] || !r[REG_INSTANCES])
            return MALI_JOB_DONE; /* reads no descriptor */
        if (!known_mode((r[REG_PRIM_FLAGS] | (uint32_t)v->head.job.instr) & 0xff)) {
            core_fault(&v->position, MALI_DATA_INVALID_FAULT, v->head.job.ip);
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
    pass = gfx_pass_find(v->head.pipeline, core_root(&v->position), v->pass_id);
    if (!pass) { /* evicted over too many others, or reset meanwhile */
        core_fault(&v->position, MALI_OOM, v->head.job.ip);
        return MALI_JOB_FAULTED;
    }
    return idvs_slice(v, pass);
}

enum mali_job_result gfx_idvs_submit(struct mali_pipeline *p, const struct mali_job *job,
                                     struct mali_fault *fault)
{
    struct idvs *v = (struct idvs *)gfx_job_get(p, job, sizeof(*v), idvs_fini, fault);
    enum mali_job_result r;

    if (!v)
        return MALI_JOB_FAULTED;
    attach(v, &v->position, job);
    attach(v, &v->varying, job);
    r = run(v);
    v->head.work = (uint64_t)v->instance << 32 | v->next;
    va_count(&v->position.shader);
    va_count(&v->varying.shader);
    core_report(&v->position, job->trace);
    core_report(&v->varying, job->trace);
    if (r == MALI_JOB_FAULTED) {
        *fault = v->position.fault.code ? v->position.fault : v->varying.fault;
        mali_log(p->bus, MALI_LOG_GUEST_ERROR, "RUN_IDVS at 0x%llx: %s, 0x%llx",
                 (unsigned long long)job->ip, mali_fault_name(fault->code),
                 (unsigned long long)fault->info);
    }
    return gfx_job_put(&v->head, job, r);
}
