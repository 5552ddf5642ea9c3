/*
 * Identity: a row of models.def with the user's properties applied, checked,
 * and turned into register values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../valhall/sem.h"
#include "gpu_internal.h"

#define MAX_CORES 16 /* what gpu_shader_mask() has places for */

static const struct gpu_model models[] = {
#define MALI_MODEL(n, dt, id, rev, csf, core, l2, tiler, mem, mmu, thr, maxt, maxw, maxb, tex, as,  \
                   l2p, tp, cores, maxc, mhz, fw, fid, src)                                        \
    { n, dt, id, rev, csf, core, l2, tiler, mem, mmu, thr, maxt, maxw, maxb, tex, as, l2p, tp,      \
      cores, maxc, mhz, fw, MALI_FID_##fid, src },
#include "models.def"
#undef MALI_MODEL
};
#define MODELS (sizeof(models) / sizeof(models[0]))

__attribute__((format(printf, 2, 3))) static bool refuse(char **err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (err && vasprintf(err, fmt, ap) < 0)
        *err = NULL;
    va_end(ap);
    return false;
}

static const struct gpu_model *find_model(const char *name, char **err)
{
    char known[128] = "";

    for (unsigned i = 0; i < MODELS; i++) {
        if (!name || !strcmp(name, models[i].name))
            return &models[i];
        size_t used = strlen(known);
        snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", models[i].name);
    }
    refuse(err, "property model: \"%s\" is not known; known are %s", name, known);
    return NULL;
}

/* 0 is the default; else lo..hi. @who names the model where the limit is its own. */
static bool in_range(const char *property, unsigned val, unsigned lo, unsigned hi, const char *who,
                     char **err)
{
    if (!val || (val >= lo && val <= hi))
        return true;
    return refuse(err, "property %s: %u is out of range, %s%s%u to %u are possible", property, val,
                  who ? who : "", who ? ": " : "", lo, hi);
}

static bool set_coherency(struct gpu_identity *id, const char *val, char **err)
{
    id->coherent = val && !strcmp(val, "ace-lite");
    if (!val || id->coherent || !strcmp(val, "none"))
        return true;
    return refuse(err, "property coherency: \"%s\" is not known; known are none, ace-lite", val);
}

/* Before anything is made for them. */
static bool set_vectors(const char *val, char **err)
{
    const char *why;

    return !val || va_vectors_choose(val, &why) ||
           refuse(err, "property vectors: \"%s\": %s", val, why);
}

/*
 * Cores lie in two stacks, 16 bits apart, on every second bit, filled in turn:
 * 4 cores are 0x50005, as on the RK3588. Mesa sizes thread-local storage by the
 * highest core id, so a sparse mask matters. For other counts: inferred.
 */
uint64_t gpu_shader_mask(unsigned cores)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < cores && i < MAX_CORES; i++)
        mask |= 1ull << (i % 2 * 16 + i / 2 * 2);
    return mask;
}

bool gpu_identity_init(struct gpu_identity *id, const struct mali_config *cfg, char **err)
{
    const struct gpu_model *m = find_model(cfg->model, err);

    if (!m || !in_range("cores", cfg->cores, 1, m->max_cores, m->name, err) ||
        !in_range("l2_slices", cfg->l2_slices, 1, 8, NULL, err) ||
        !in_range("csgs", cfg->csgs, 3, 31, NULL, err) ||
        !in_range("streams", cfg->streams, 8, 32, NULL, err) ||
        !in_range("address_spaces", cfg->address_spaces, 2, MALI_AS_COUNT, NULL, err) ||
        !in_range("threads", cfg->threads, 1, 256, NULL, err) ||
        !set_coherency(id, cfg->coherency, err) || !set_vectors(cfg->vectors, err))
        return false;
    id->model = m;
    id->arch = m->gpu_id >> 28;
    id->csgs = cfg->csgs ? cfg->csgs : 8;
    id->streams = cfg->streams ? cfg->streams : 8;
    id->l2_slices = cfg->l2_slices ? cfg->l2_slices : (m->mem_features >> 8 & 0xf) + 1;
    id->as_present = cfg->address_spaces ? (1u << cfg->address_spaces) - 1 : m->as_present;
    id->shader_present = gpu_shader_mask(cfg->cores ? cfg->cores : m->cores);
    return true;
}

bool gpu_identity_word(const struct gpu_identity *id, const struct mali_reg_word *w, uint32_t *val)
{
    const struct gpu_model *m = id->model;
    uint64_t v;

    switch (w->id) {
    case MALI_REG_GPU_ID: v = m->gpu_id; break;
    case MALI_REG_GPU_L2_FEATURES: v = m->l2_features; break;
    case MALI_REG_GPU_CORE_FEATURES: v = m->core_features; break;
    case MALI_REG_GPU_TILER_FEATURES: v = m->tiler_features; break;
    case MALI_REG_GPU_MEM_FEATURES:
        v = (m->mem_features & ~0xf00u) | (id->l2_slices - 1) << 8;
        break;
    case MALI_REG_GPU_MMU_FEATURES: v = m->mmu_features; break;
    case MALI_REG_GPU_AS_PRESENT: v = id->as_present; break;
    case MALI_REG_GPU_CSF_ID: v = m->csf_id; break;
    case MALI_REG_GPU_THREAD_MAX_THREADS: v = m->max_threads; break;
    case MALI_REG_GPU_THREAD_MAX_WORKGROUP_SIZE: v = m->max_workgroup; break;
    case MALI_REG_GPU_THREAD_MAX_BARRIER_SIZE: v = m->max_barrier; break;
    case MALI_REG_GPU_THREAD_FEATURES: v = m->thread_features; break;
    case MALI_REG_GPU_TEXTURE_FEATURES: v = w->index ? 0 : m->texture0; break;
    case MALI_REG_GPU_SHADER_PRESENT: v = id->shader_present; break;
    case MALI_REG_GPU_TILER_PRESENT: v = m->tiler_present; break;
    case MALI_REG_GPU_L2_PRESENT: v = m->l2_present; break;
    case MALI_REG_GPU_REVID: v = m->revid; break;
    case MALI_REG_GPU_COHERENCY_FEATURES: v = id->coherent; break;
    default: return false;
    }
    *val = (uint32_t)(v >> (32 * w->high));
    return true;
}

void mali_gpu_get_identity(const struct mali_gpu *gpu, struct mali_identity *out)
{
    const struct gpu_identity *id = &gpu->id;

    *out = (struct mali_identity){
        .model = id->model->name,
        .dt_name = id->model->dt_name,
        .gpu_id = id->model->gpu_id,
        .as_present = id->as_present,
        .shader_present = id->shader_present,
        .l2_present = id->model->l2_present,
        .tiler_present = id->model->tiler_present,
        .csgs = id->csgs,
        .streams = id->streams,
        .va_bits = id->model->mmu_features & 0xff,
        .pa_bits = id->model->mmu_features >> 8 & 0xff,
        .coherent = id->coherent,
    };
    snprintf(out->firmware_dir, sizeof(out->firmware_dir), "%s", id->model->firmware_dir);
}
