/*
 * The shader core's side of a job: descriptors that every shader has, memory and
 * code for the interpreter, faults as the hardware names them.
 *
 * Called by compute.c and the interpreter (callbacks). Calls valhall, mmu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_internal.h"
#include "../inject/inject.h"

#define DESC_SHADER 8 /* type nibble; source: v10.xml */
#define VA_LIMIT    (1ull << 48)

/* --- memory ----------------------------------------------------------------------- */

enum mali_mem_result core_fault(struct core *c, uint8_t code, uint64_t info)
{
    c->fault = (struct mali_fault){.code = code, .as = c->as, .info = info};
    return MALI_MEM_FAULT;
}

/* Notes what an access that did not succeed met. */
static enum mali_mem_result met(struct core *c, enum mali_mem_result r)
{
    if (r == MALI_MEM_STALL)
        c->stalled = true;
    else if (r == MALI_MEM_FAULT)
        c->fault.info = c->fault.va;
    return r;
}

uint64_t core_root(const struct core *c)
{
    return mali_mmu_root(c->tlb->mmu, c->as);
}

/*
 * Quick ways give up on an access that fails, and a slow one does it again to find whose lane and
 * bytes it was. What has failed stays so until the job ends, or a fault that is injected once would
 * strike the first try and be forgotten by the second.
 */
static bool failed_before(struct core *c, uint64_t va, enum mali_access access)
{
    if (__builtin_expect(!c->failed.code, 1) || c->failed.access != access ||
        (c->failed.va ^ va) >> MALI_PAGE_SHIFT)
        return false;
    c->fault = c->failed;
    c->fault.va = va;
    return true;
}

enum mali_mem_result core_ptr(struct core *c, uint64_t va, enum mali_access access, void **p,
                              uint64_t *avail)
{
    if (failed_before(c, va, access))
        return met(c, MALI_MEM_FAULT);
    enum mali_mem_result r =
        mali_tlb_ptr(c->tlb, c->as, va, access, c->source, p, avail, &c->fault);
    if (r == MALI_MEM_FAULT)
        c->failed = c->fault;
    return met(c, r);
}

enum mali_mem_result core_read(struct core *c, uint64_t va, void *buf, size_t len)
{
    if (failed_before(c, va, MALI_ACCESS_READ))
        return met(c, MALI_MEM_FAULT);
    return met(c, mali_mem_read(c->tlb, c->as, va, buf, len, c->source, &c->fault));
}

enum mali_mem_result core_write(struct core *c, uint64_t va, const void *buf, size_t len)
{
    if (CORE_IN_NULL_WINDOW(va))
        return MALI_MEM_OK;
    if (failed_before(c, va, MALI_ACCESS_WRITE))
        return met(c, MALI_MEM_FAULT);
    return met(c, mali_mem_write(c->tlb, c->as, va, buf, len, c->source, &c->fault));
}

enum mali_mem_result core_counter(struct core *c, uint64_t va, uint64_t **counter)
{
    uint64_t avail;
    void *p = NULL;
    enum mali_mem_result r = core_ptr(c, va & ~7ull, MALI_ACCESS_ATOMIC, &p, &avail);

    *counter = p;
    return r;
}

static void *null_window(struct core *c, enum va_access access, uint64_t va, uint64_t *avail)
{
    /* An access takes at most 16 bytes from one address, so what was stored is never read. */
    if (access != VA_WRITE)
        memset(c->null_bytes, 0, sizeof(c->null_bytes));
    *avail = CORE_NULL_BYTES - (va & 15);
    return c->null_bytes + (va & 15);
}

/* What lies beyond a shader's outputs is refused as memory that is not there. */
static void *vertex_window(struct core *c, uint64_t va, uint64_t *avail,
                           enum va_message_result *result)
{
    uint64_t at = va - CORE_VERTEX_WINDOW;

    if (at >= c->window_bytes) {
        core_fault(c, MALI_ADDR_RANGE_FAULT, va);
        *result = VA_MSG_FAULT;
        return NULL;
    }
    *avail = c->window_bytes - at;
    return c->window + at;
}

static void *core_map(void *ctx, uint64_t va, enum va_access access, uint64_t *avail,
                      enum va_message_result *result)
{
    static const uint8_t accesses[] = {[VA_READ] = MALI_ACCESS_READ,
                                       [VA_WRITE] = MALI_ACCESS_WRITE,
                                       [VA_ATOMIC] = MALI_ACCESS_ATOMIC};
    struct core *c = ctx;
    void *p;

    if (CORE_IN_NULL_WINDOW(va))
        return null_window(c, access, va, avail);
    if (CORE_IN_VERTEX_WINDOW(va) && c->window)
        return vertex_window(c, va, avail, result);
    enum mali_mem_result r = core_ptr(c, va, accesses[access], &p, avail);
    if (r == MALI_MEM_OK)
        return p;
    *result = r == MALI_MEM_STALL ? VA_MSG_STALL : VA_MSG_FAULT;
    return NULL;
}

/* --- observers --------------------------------------------------------------------- */

static void core_touched(void *ctx, struct va_warp *w, const struct va_touch *t)
{
    struct core *c = ctx;
    struct core_observer *o = c->pipeline->observer;

    if (o) /* not after the device was stopped */
        o->touched(o, c, w, t);
}

void core_tell(struct core *c, struct va_warp *w, const struct va_insn *in, unsigned lane,
               uint64_t va, unsigned size, enum va_access access)
{
    struct va_touch t = {w->at, in, access, size, (uint16_t)(1u << lane), {0}};

    t.va[lane] = va;
    core_touched(c, w, &t);
}

/* Code lies in executable pages. Page by page, for a program may end at the last mapped one. */
static unsigned core_fetch(void *ctx, uint64_t va, uint64_t *words, unsigned n)
{
    struct core *c = ctx;
    unsigned have = 0;

    while (have < n && va < VA_LIMIT) {
        uint64_t run = (MALI_PAGE_SIZE - (va & MALI_PAGE_MASK)) / 8;
        if (run > n - have)
            run = n - have;
        enum mali_mem_result r =
            mali_mem_fetch(c->tlb, c->as, va, words + have, 8 * run, c->source, &c->fault);
        if (r != MALI_MEM_OK) {
            met(c, r);
            break;
        }
        have += run;
        va += 8 * run;
    }
    return have;
}

/* --- descriptors ------------------------------------------------------------------- */

static enum mali_mem_result load_fau(struct core *c, uint64_t fau)
{
    unsigned words = 2 * (fau >> 56);

    if (words > CORE_FAU_WORDS)
        return core_fault(c, MALI_DATA_INVALID_FAULT, fau);
    c->shader.fau = c->fau;
    c->shader.fau_words = words;
    return words ? core_read(c, fau & (VA_LIMIT - 1), c->fau, 4 * words) : MALI_MEM_OK;
}

/* The program at c->shader.base. */
static enum mali_mem_result load_program(struct core *c)
{
    struct va_shader *s = &c->shader;

    c->fault.code = 0;
    s->program = va_program_get(s->cache, s->base, core_fetch, c);
    if (s->program) { /* what lies behind it does not matter */
        c->stalled = false;
        c->fault.code = 0;
        return MALI_MEM_OK;
    }
    if (c->stalled)
        return MALI_MEM_STALL;
    return c->fault.code ? MALI_MEM_FAULT : core_fault(c, MALI_INSTR_INVALID_PC, s->base);
}

/* For the fidelity report, when it is wanted; without memory it counts no modifiers. */
static void core_count_insns(struct core *c)
{
    struct va_shader *s = &c->shader;

    s->executed = NULL;
    if (c->pipeline->reports && s->program)
        s->executed = calloc(va_program_size(s->program), sizeof(*s->executed));
}

/* Hook of shader: may change the descriptor @w. */
static void core_inject(struct core *c, uint32_t w[8])
{
    uint64_t base = w[2] | (uint64_t)w[3] << 32, words[8] = {0};
    struct inject_hit hit;
    uint32_t hash = 2166136261u;

    core_fetch(c, base, words, 8); /* what cannot be read counts as zeros */
    c->fault.code = 0;
    c->stalled = false;
    for (unsigned i = 0; i < sizeof(words); i++)
        hash = (hash ^ ((const uint8_t *)words)[i]) * 16777619u;
    if (INJECT(c->pipeline->bus->inject, shader, &hit, .as = c->as, .va = base, .hash = hash))
        w[hit.param[0] / 32] ^= 1u << hit.param[0] % 32;
}

/* RUN_COMPUTE takes vertex shaders, too: transform feedback. Source: Mesa's pan_csf.c,
 * csf_launch_xfb(). */
static bool stage_fits(unsigned found, enum core_stage stage)
{
    return found == stage || (stage == CORE_STAGE_COMPUTE && found == CORE_STAGE_VERTEX);
}

static enum mali_mem_result load_shader(struct core *c, uint64_t spd, enum core_stage stage)
{
    struct va_shader *s = &c->shader;
    uint32_t w[8];
    enum mali_mem_result r =
        spd & 31 ? core_fault(c, MALI_DATA_INVALID_FAULT, spd) : core_read(c, spd, w, sizeof(w));

    if (r != MALI_MEM_OK)
        return r;
    if (inject_armed(c->pipeline->bus->inject, INJECT_shader))
        core_inject(c, w);
    if ((w[0] & 15) != DESC_SHADER || !stage_fits(w[0] >> 4 & 15, stage))
        return core_fault(c, MALI_DATA_INVALID_FAULT, spd);
    s->ftz32 = (w[0] >> 17 & 3) != 0;
    s->ftz16 = (w[0] >> 17 & 3) > 1;
    s->helpers = w[0] >> 28 & 1;
    c->preload = w[1] & 0xffff;
    s->base = w[2] | (uint64_t)w[3] << 32;
    r = load_program(c);
    core_count_insns(c);
    return r;
}

static enum mali_mem_result load_storage(struct core *c, uint64_t tsd)
{
    uint32_t w[8] = {[1] = 31}, mode, instances, scale;
    enum mali_mem_result r = MALI_MEM_OK;

    /*
     * Address 0 is no storage: what Mesa 26's frame shaders have in a frame without draws. The 31
     * above says so of a workgroup's.
     */
    if (tsd & 63)
        r = core_fault(c, MALI_DATA_INVALID_FAULT, tsd);
    else if (tsd)
        r = core_read(c, tsd, w, sizeof(w));
    if (r != MALI_MEM_OK)
        return r;
    mode = w[3] >> 28;
    instances = w[1] & 31;
    scale = w[1] >> 8 & 31;
    if (mode > 1)
        return core_fault(c, MALI_DATA_INVALID_FAULT, tsd);
    c->tls = w[2] | (uint64_t)(w[3] & 0xffff) << 32;
    if (mode == 1) /* packed: the field holds a multiple of 256 */
        c->tls <<= 8;
    c->tls_bytes = c->tls ? 16ull << (w[0] & 31) : 0;
    c->wls = w[4] | (uint64_t)w[5] << 32;
    c->wls_bytes = instances == 31 || !scale ? 0 : 1ull << (scale - 1);
    c->wls_instances = 1u << instances;
    c->shader.special[VA_SPECIAL_WORKGROUP_LOCAL_POINTER] = c->wls_bytes ? c->wls : 0;
    return MALI_MEM_OK;
}

enum mali_mem_result core_load(struct core *c, uint64_t srt, uint64_t fau, uint64_t spd,
                               uint64_t tsd, enum core_stage stage)
{
    enum mali_mem_result r;

    core_fini(c); /* what an attempt that stalled has left */
    memset(c->seen, 0, sizeof(c->seen));
    c->host = (struct va_host){
        .map = core_map,
        .message = core_message,
        .fetch = core_fetch,
        .ctx = c,
        .touched = c->pipeline->observer ? core_touched : NULL,
        /* When walks may be told to fault each access is an event. */
        .epoch = inject_armed(c->pipeline->bus->inject, INJECT_walk) ? NULL : &c->pipeline->slices,
        .buffers = c->seen,
    };
    c->shader.cache = c->pipeline->programs;
    c->shader.host = &c->host;
    c->shader.counts = c->counts;
    c->shader.special[VA_SPECIAL_RESOURCE_TABLE_POINTER] = srt & ~63ull;
    c->srt = srt & ~63ull;
    c->tables = srt & 63;
    r = load_fau(c, fau);
    if (r == MALI_MEM_OK)
        r = load_storage(c, tsd);
    return r == MALI_MEM_OK ? load_shader(c, spd, stage) : r;
}

void core_fini(struct core *c)
{
    va_unbind(&c->shader);
    va_program_put(c->shader.program);
    c->shader.program = NULL;
    free(c->shader.executed);
    c->shader.executed = NULL;
    free(c->textures);
    c->textures = NULL;
    tex_unit_fini(&c->tex);
}

void core_clone(struct core *to, const struct core *from, unsigned n, unsigned threads)
{
    *to = *from;
    to->tls += (uint64_t)n * threads * from->tls_bytes;
    to->wls += n * from->wls_bytes;
    to->shader.special[VA_SPECIAL_WORKGROUP_LOCAL_POINTER] = to->wls_bytes ? to->wls : 0;
    to->shader.fau = to->fau;
    to->shader.bound = NULL;
    to->textures = NULL;
    to->tex.blocks = NULL;
    to->shader.counts = to->counts;
    memset(to->counts, 0, sizeof(to->counts));
    to->host.ctx = to;
    to->host.buffers = to->seen;
    to->shader.host = &to->host;
    va_program_hold(to->shader.program);
    core_count_insns(to);
}

/* --- faults, counts ------------------------------------------------------------------- */

static const uint8_t fidelity[] = {
    [VA_EXACT] = MALI_FID_EXACT, [VA_APPROX] = MALI_FID_APPROX, [VA_TODO] = MALI_FID_TODO};

static const char *const access_names[] = {" of an atomic operation", " of code", " of a load",
                                           " of a store"};

static void report_modifier(struct mali_trace *t, const struct va_insn *in,
                            const struct va_modifier *m, uint64_t n)
{
    char name[96];

    if (m->source < 0)
        snprintf(name, sizeof(name), "%s .%s", va_info(in->op)->name, m->text);
    else
        snprintf(name, sizeof(name), "%s source %d .%s", va_info(in->op)->name, m->source, m->text);
    mali_trace_touch_text(t, MALI_FID_MODIFIER, name, fidelity[m->fidelity], m->how, n);
}

void core_report_fault(const struct core *c, struct mali_trace *t, const char *job)
{
    char insn[160] = "", text[320];
    struct va_modifier m[VA_MAX_MODIFIERS];
    bool todo = c->has_refused && c->fault.code == MALI_INSTR_INVALID_ENC;

    if (todo) {
        va_disasm(&c->refused, insn, sizeof(insn));
        for (unsigned i = 0, n = va_modifiers(&c->refused, m); i < n; i++)
            if (m[i].fidelity == VA_TODO)
                report_modifier(t, &c->refused, &m[i], 1);
    }
    snprintf(text, sizeof(text), "%s: %s%s%s%s", job, mali_fault_name(c->fault.code),
             c->fault.memory ? access_names[c->fault.access & 3] : "",
             todo ? ": not modelled: " : "", insn);
    mali_trace_finding(t, "endpoint fault", text);
}

/* An instruction that the model lacks: said once for each. */
static void unmodelled(struct core *c, const struct va_insn *in)
{
    uint32_t *said = &c->pipeline->said_op[in->op / 32], bit = 1u << (in->op & 31);

    if (!(__atomic_fetch_or(said, bit, __ATOMIC_RELAXED) & bit))
        mali_log(c->pipeline->bus, MALI_LOG_UNIMP, "shader instruction %s: not modelled yet",
                 va_info(in->op)->name);
}

bool core_warp_stalled(struct core *c, struct va_warp *w)
{
    switch (w->fault.kind) {
    case VA_FAULT_PC:
        if (c->stalled) { /* the code lies in a locked region */
            w->fault.kind = VA_FAULT_NONE;
            return true;
        }
        if (!c->fault.code)
            core_fault(c, MALI_INSTR_INVALID_PC, w->fault.pc);
        break;
    case VA_FAULT_UNMODELLED:
        unmodelled(c, w->fault.insn);
        c->refused = *w->fault.insn;
        c->has_refused = true;
        c->counts[w->fault.insn->op]++;
        core_fault(c, MALI_INSTR_INVALID_ENC, w->fault.pc);
        break;
    case VA_FAULT_ENCODING:
        core_fault(c, MALI_INSTR_INVALID_ENC, w->fault.pc);
        break;
    case VA_FAULT_ALIGNMENT: /* guess */
        core_fault(c, MALI_ADDR_RANGE_FAULT, w->fault.pc);
        break;
    default:
        if (!c->fault.code)
            core_fault(c, MALI_IMPRECISE_FAULT, w->fault.pc);
    }
    return false;
}

/* Modifiers of an instruction that was executed @n times. */
static void report_modifiers(struct mali_trace *t, const struct va_insn *in, uint64_t n)
{
    struct va_modifier m[VA_MAX_MODIFIERS];
    unsigned k = va_modifiers(in, m);

    for (unsigned i = 0; i < k; i++)
        report_modifier(t, in, &m[i], n);
}

static void report_program(struct core *c, struct mali_trace *t)
{
    struct va_shader *s = &c->shader;

    for (unsigned i = 0; i < va_program_size(s->program); i++) {
        const struct va_insn *in = s->executed[i] ? va_program_insn(s->program, i) : NULL;
        if (in)
            report_modifiers(t, in, s->executed[i]);
        s->executed[i] = 0;
    }
}

void core_report(struct core *c, struct mali_trace *t)
{
    static const char *const how[] = {
        [VA_EXACT] = "",
        [VA_APPROX] =
            "details that no source states are chosen: hw/valhall/README.md, hw/pipeline/README.md",
        [VA_TODO] = "refused with INSTR_INVALID_ENC",
    };

    for (unsigned op = 0; op < VA_OPS; op++) {
        const struct va_info *info = va_info(op);
        if (!c->counts[op])
            continue;
        mali_trace_touch(t, MALI_FID_SHADER, info->name, fidelity[info->fidelity],
                         how[info->fidelity], &c->pipeline->op_slot[op], c->counts[op]);
        c->counts[op] = 0;
    }
    if (c->shader.executed && c->shader.program)
        report_program(c, t);
}
