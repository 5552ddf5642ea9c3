/*
 * The snapshot image: header with the configuration's fingerprint, GPU state,
 * address spaces, microcontroller. Times are relative to virtual time at the
 * save. Images may be hostile: everything used later is checked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "gpu_internal.h"

#define SNAP_MAGIC   0x4d524147u /* "GARM" */
#define SNAP_VERSION 1u

struct snap_header {
    uint32_t magic, version;
    uint64_t size;
    /* fingerprint */
    uint32_t gpu_id, as_present, csgs, streams, l2_slices, coherent;
    uint64_t shader_present;
    uint32_t reg_words, mcu_size;
    uint32_t checksum; /* of everything after the header */
    uint32_t pad;
};

struct snap_power {
    uint64_t ready, trans, want;
    uint64_t left[64];
};

struct snap_gpu {
    struct gpu_irq_block irq[MALI_IRQ_LINES];
    struct snap_power power[GPU_DOMAINS];
    uint64_t cycles, fault_addr;
    uint64_t reset_left, flush_left, mcu_timer_left;
    uint32_t hz, microvolt, fault_status, flush_id;
    uint32_t reset, reset_wiped, flushing, cycles_stopped, pwr_unlocked;
    uint32_t pad;
    uint32_t shadow[MALI_REG_WORDS + MALI_REG_WORDS % 2];
};

static uint32_t checksum(const void *data, size_t size) /* FNV-1a: against damage, not malice */
{
    const uint8_t *p = data;
    uint32_t h = 0x811c9dc5u;

    while (size--)
        h = (h ^ *p++) * 0x01000193u;
    return h;
}

static size_t image_size(const struct mali_gpu *gpu)
{
    return sizeof(struct snap_header) + sizeof(struct snap_gpu) +
           MALI_AS_COUNT * sizeof(struct mali_as_state) + mali_mcu_state_size(gpu->mcu);
}

static struct snap_header make_header(const struct mali_gpu *gpu)
{
    return (struct snap_header){
        .magic = SNAP_MAGIC,
        .version = SNAP_VERSION,
        .size = image_size(gpu),
        .gpu_id = gpu->id.model->gpu_id,
        .as_present = gpu->id.as_present,
        .csgs = gpu->id.csgs,
        .streams = gpu->id.streams,
        .l2_slices = gpu->id.l2_slices,
        .coherent = gpu->id.coherent,
        .shader_present = gpu->id.shader_present,
        .reg_words = MALI_REG_WORDS,
        .mcu_size = (uint32_t)mali_mcu_state_size(gpu->mcu),
    };
}

static uint64_t left(const struct mali_gpu *gpu, uint64_t at)
{
    return at == GPU_NEVER ? GPU_NEVER : at > gpu->now ? at - gpu->now : 0;
}

static uint64_t at(const struct mali_gpu *gpu, uint64_t left)
{
    return left == GPU_NEVER ? GPU_NEVER : gpu->now + left;
}

static void save_power(const struct mali_gpu *gpu, struct snap_power *out)
{
    for (unsigned d = 0; d < GPU_DOMAINS; d++) {
        const struct gpu_power *p = &gpu->power[d];

        out[d].ready = p->ready;
        out[d].trans = p->trans;
        out[d].want = p->want;
        for (uint64_t m = p->trans; m; m &= m - 1)
            out[d].left[__builtin_ctzll(m)] = left(gpu, p->done_at[__builtin_ctzll(m)]);
    }
}

static void save_gpu(struct mali_gpu *gpu, struct snap_gpu *s)
{
    memset(s, 0, sizeof(*s));
    memcpy(s->irq, gpu->irq, sizeof(s->irq));
    save_power(gpu, s->power);
    s->cycles = gpu_clock_cycles(&gpu->clock, gpu->now);
    s->fault_addr = gpu->fault_addr;
    s->reset_left = left(gpu, gpu->reset_at);
    s->flush_left = left(gpu, gpu->flush_at);
    s->mcu_timer_left = left(gpu, gpu->mcu_timer_at);
    s->hz = gpu->clock.hz;
    s->microvolt = gpu->microvolt;
    s->fault_status = gpu->fault_status;
    s->flush_id = atomic_load(&gpu->flush_id);
    s->reset = gpu->reset;
    s->reset_wiped = gpu->reset_wiped;
    s->flushing = gpu->flushing;
    s->cycles_stopped = gpu->cycles_stopped;
    s->pwr_unlocked = gpu->pwr_unlocked;
    memcpy(s->shadow, gpu->shadow, sizeof(gpu->shadow));
}

void *mali_gpu_save(struct mali_gpu *gpu, size_t *size)
{
    gpu_lock(gpu);
    gpu_park(gpu);
    gpu_tick(gpu);
    *size = image_size(gpu);
    uint8_t *image = malloc(*size);
    if (image) {
        struct snap_header h = make_header(gpu);
        struct snap_gpu s;
        struct mali_as_state as[MALI_AS_COUNT];
        uint8_t *p = image + sizeof(h);

        save_gpu(gpu, &s);
        memset(as, 0, sizeof(as));
        mali_mmu_save(gpu->mmu, as);
        memcpy(p, &s, sizeof(s));
        memcpy(p + sizeof(s), as, sizeof(as));
        mali_mcu_save(gpu->mcu, p + sizeof(s) + sizeof(as));
        h.checksum = checksum(p, *size - sizeof(h));
        memcpy(image, &h, sizeof(h));
    }
    gpu_unlock(gpu);
    return image;
}

/* --- load ------------------------------------------------------------------------- */
static const char *check_header(const struct mali_gpu *gpu, const void *image, size_t size)
{
    struct snap_header h, mine = make_header(gpu);

    if (size < sizeof(h))
        return "snapshot: too short for a header";
    memcpy(&h, image, sizeof(h));
    if (h.magic != SNAP_MAGIC)
        return "snapshot: not an image of a Mali GPU";
    if (h.version != SNAP_VERSION)
        return "snapshot: another version of the format";
    mine.checksum = h.checksum;
    if (memcmp(&h, &mine, sizeof(h)))
        return "snapshot: made by a GPU of another configuration (model, cores, l2_slices, csgs, "
               "streams, address_spaces, coherency)";
    if (size != h.size)
        return "snapshot: truncated or with extra bytes";
    if (checksum((const uint8_t *)image + sizeof(h), size - sizeof(h)) != h.checksum)
        return "snapshot: damaged (checksum)";
    return NULL;
}

static bool time_valid(uint64_t left)
{
    return left == GPU_NEVER || left < MALI_SNAPSHOT_FAR;
}

static bool power_valid(const struct gpu_power *p, const struct snap_power *s)
{
    if ((s->ready | s->trans | s->want) & ~p->present)
        return false;
    for (uint64_t m = s->trans; m; m &= m - 1)
        if (s->left[__builtin_ctzll(m)] >= MALI_SNAPSHOT_FAR)
            return false;
    return true;
}

static bool shadow_valid(const struct mali_gpu *gpu, const uint32_t *shadow)
{
    const struct mali_reg_word *w = mali_reg_words();

    for (unsigned i = 0; i < MALI_REG_WORDS; i++) {
        uint32_t want;

        if (gpu_identity_word(&gpu->id, &w[i], &want) ? shadow[i] != want
            : w[i].reg->access == MALI_REG_RW         ? shadow[i] & ~(w[i].wmask | w[i].reset)
                                                      : shadow[i] != w[i].reset)
            return false;
    }
    return true;
}

static bool gpu_valid(const struct mali_gpu *gpu, const struct snap_gpu *s)
{
    static const unsigned mask_reg[MALI_IRQ_LINES] = {
        [MALI_IRQ_JOB] = MALI_REG_JOB_INT_MASK,
        [MALI_IRQ_MMU] = MALI_REG_MMU_INT_MASK,
        [MALI_IRQ_GPU] = MALI_REG_GPU_INT_MASK,
    };

    for (unsigned i = 0; i < MALI_IRQ_LINES; i++)
        if ((s->irq[i].rawstat | s->irq[i].mask) & ~mali_regs[mask_reg[i]].wmask)
            return false;
    for (unsigned d = 0; d < GPU_DOMAINS; d++)
        if (!power_valid(&gpu->power[d], &s->power[d]))
            return false;
    return time_valid(s->reset_left) && time_valid(s->flush_left) &&
           time_valid(s->mcu_timer_left) && s->reset <= GPU_RESET_HARD && s->reset_wiped <= 1 &&
           s->flushing <= 1 && s->cycles_stopped <= 1 && s->pwr_unlocked <= 1 &&
           shadow_valid(gpu, s->shadow);
}

static void load_gpu(struct mali_gpu *gpu, const struct snap_gpu *s)
{
    memcpy(gpu->irq, s->irq, sizeof(gpu->irq));
    gpu->cycles_stopped = s->cycles_stopped;
    gpu_clock_set_hz(&gpu->clock, gpu->now, s->hz);
    gpu_clock_set_cycles(&gpu->clock, gpu->now, s->cycles);
    for (unsigned d = 0; d < GPU_DOMAINS; d++) {
        struct gpu_power *p = &gpu->power[d];

        gpu_power_set_ready(gpu, d, s->power[d].ready);
        p->trans = s->power[d].trans;
        p->want = s->power[d].want;
        for (unsigned i = 0; i < 64; i++)
            p->done_at[i] = at(gpu, s->power[d].left[i]);
    }
    gpu->microvolt = s->microvolt;
    gpu->fault_status = s->fault_status;
    gpu->fault_addr = s->fault_addr;
    atomic_store(&gpu->flush_id, s->flush_id);
    gpu->reset = s->reset;
    gpu->reset_wiped = s->reset_wiped;
    gpu->reset_at = at(gpu, s->reset_left);
    gpu->flushing = s->flushing;
    gpu->flush_at = at(gpu, s->flush_left);
    gpu->pwr_unlocked = s->pwr_unlocked;
    memcpy(gpu->shadow, s->shadow, sizeof(gpu->shadow));
}

static const char *load_image(struct mali_gpu *gpu, const void *image, size_t size)
{
    const uint8_t *p = (const uint8_t *)image + sizeof(struct snap_header);
    struct mali_as_state as[MALI_AS_COUNT];
    struct snap_gpu s;
    const char *why = check_header(gpu, image, size);

    if (why)
        return why;
    memcpy(&s, p, sizeof(s));
    memcpy(as, p + sizeof(s), sizeof(as));
    p += sizeof(s) + sizeof(as);
    if (!gpu_valid(gpu, &s))
        return "snapshot: impossible register or power state";
    if (!mali_mcu_load(gpu->mcu, p, mali_mcu_state_size(gpu->mcu)))
        return "snapshot: impossible microcontroller state";
    mali_mmu_load(gpu->mmu, as);
    mali_mmu_invalidate_all(gpu->mmu);
    load_gpu(gpu, &s);
    gpu->mcu_timer_at = at(gpu, s.mcu_timer_left);
    gpu->mcu_status_seen = mali_mcu_status(gpu->mcu);
    return NULL;
}

bool mali_gpu_load(struct mali_gpu *gpu, const void *image, size_t size, const char **err)
{
    gpu_lock(gpu);
    gpu_park(gpu);
    gpu_cold_reset(gpu);
    const char *why = load_image(gpu, image, size);
    if (why)
        gpu_cold_reset(gpu);
    gpu_irq_update(gpu);
    gpu_tick(gpu);
    gpu->notified = ~mali_gpu_irq_levels(gpu); /* the host is told in any case */
    gpu_unlock(gpu);
    if (why && err)
        *err = why;
    return !why;
}
