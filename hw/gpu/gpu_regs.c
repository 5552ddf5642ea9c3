/*
 * Register handlers: from an offset to what the register does. A register
 * without a handler is plain storage (gpu->shadow), masked as its row says.
 *
 * Everything runs with the lock held and time-dependent state up to date.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "gpu_internal.h"

#define PWR_KEY_UNLOCK 0x2968a819u /* source: panthor 6.12 panthor_regs.h */
#define COHERENCY_NONE 31u

typedef uint32_t (*read_fn)(struct mali_gpu *gpu, const struct mali_reg_word *w);
typedef void (*write_fn)(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val);

static uint32_t half(uint64_t v, const struct mali_reg_word *w)
{
    return (uint32_t)(v >> (32 * w->high));
}

/* --- interrupt blocks ---------------------------------------------------------- */
static enum mali_irq_line line_of(const struct mali_reg_word *w)
{
    return w->off < 0x1000 ? MALI_IRQ_GPU : w->off < 0x2000 ? MALI_IRQ_JOB : MALI_IRQ_MMU;
}

static uint32_t rd_rawstat(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    return gpu->irq[line_of(w)].rawstat;
}

static void wr_rawstat(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    gpu_irq_raise(gpu, line_of(w), val & w->wmask);
}

static void wr_clear(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    gpu_irq_clear(gpu, line_of(w), val & w->wmask);
    if (w->id == MALI_REG_MMU_INT_CLEAR)
        mali_mmu_irq_cleared(gpu->mmu, val);
}

static uint32_t rd_mask(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    return gpu->irq[line_of(w)].mask;
}

static void wr_mask(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    gpu_irq_set_mask(gpu, line_of(w), val & w->wmask);
}

static uint32_t rd_stat(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    gpu_inject_line_seen(gpu, line_of(w));
    return gpu_irq_stat(gpu, line_of(w));
}

/* --- GPU_CONTROL ----------------------------------------------------------------- */
/* True while streams or jobs run. While they execute, their state must not be looked at. */
static bool busy(const struct mali_gpu *gpu)
{
    return gpu->executing || mali_mcu_busy(gpu->mcu);
}

static uint32_t rd_status(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    bool moving = false;

    (void)w;
    for (unsigned d = 0; d < GPU_DOMAINS; d++)
        moving |= gpu_power_trans(&gpu->power[d]) != 0;
    return (uint32_t)(busy(gpu) || gpu->flushing || gpu->reset) | (uint32_t)moving << 1 |
           (uint32_t)((gpu->irq[MALI_IRQ_MMU].rawstat & 0xffff) != 0) << 4;
}

static void wr_cmd(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    (void)w;
    gpu_command(gpu, val);
}

static uint32_t rd_fault_status(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    (void)w;
    return gpu->fault_status;
}

static uint32_t rd_fault_addr(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    return half(gpu->fault_addr, w);
}

static void wr_pwr_key(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    (void)w;
    gpu->pwr_unlocked = val == PWR_KEY_UNLOCK;
}

static void wr_pwr_override(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    if (!gpu->pwr_unlocked)
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR, "%s written without GPU_PWR_KEY: ignored",
                 w->name);
    else
        gpu->shadow[w->slot] = val;
    gpu->pwr_unlocked = false;
}

static void wr_coherency(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    bool known = val == COHERENCY_NONE || (val == 0 && gpu->id.coherent);

    if (!known)
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR,
                 "GPU_COHERENCY_PROTOCOL: %u is not among GPU_COHERENCY_FEATURES 0x%x", val,
                 gpu->id.coherent);
    if (gpu->power[GPU_L2].ready)
        mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR,
                 "GPU_COHERENCY_PROTOCOL written while the L2 is on");
    gpu->shadow[w->slot] = val & w->wmask;
}

static uint32_t rd_cycles(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    return half(gpu_clock_cycles(&gpu->clock, gpu->now), w);
}

static uint32_t rd_timestamp(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    const struct mali_reg_word *lo = mali_reg_find(mali_regs[MALI_REG_GPU_TIMESTAMP_OFFSET].off);
    uint64_t offset = gpu->shadow[lo->slot] | (uint64_t)gpu->shadow[lo->slot + 1] << 32;

    return half(gpu_counter(gpu) + offset + gpu->injected.timestamp, w);
}

static uint32_t rd_flush_id(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    (void)w;
    return atomic_load(&gpu->flush_id);
}

/* --- power: three rows each, shader, tiler, L2 ------------------------------------- */
static uint32_t rd_ready(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    const struct gpu_power *p = &gpu->power[w->id - MALI_REG_SHADER_READY];

    return half(p->ready & ~p->trans, w);
}

static uint32_t rd_trans(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    return half(gpu_power_trans(&gpu->power[w->id - MALI_REG_SHADER_PWRTRANS]), w);
}

static uint32_t rd_active(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    unsigned d = w->id - MALI_REG_SHADER_PWRACTIVE;
    bool active = busy(gpu) || (d == GPU_L2 && gpu->flushing);

    return active ? half(gpu->power[d].ready, w) : 0;
}

static void wr_pwron(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    gpu_power_request(gpu, w->id - MALI_REG_SHADER_PWRON, (uint64_t)val << (32 * w->high), true);
}

static void wr_pwroff(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    gpu_power_request(gpu, w->id - MALI_REG_SHADER_PWROFF, (uint64_t)val << (32 * w->high), false);
}

/* --- MCU, MMU, doorbells -------------------------------------------------------------- */
static uint32_t rd_mcu_control(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    (void)w;
    if (gpu->mcu_ctl_pending >= 0)
        return (uint32_t)gpu->mcu_ctl_pending;
    return gpu->mcu_off_pending ? 0 : mali_mcu_control_read(gpu->mcu);
}

static void wr_mcu_control(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    (void)w;
    INJECT_SAW(gpu->bus.inject, "MCU_CONTROL", val);
    gpu_mcu_control(gpu, val);
    gpu_watch_mcu_status(gpu);
}

static uint32_t rd_mcu_status(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    (void)w;
    return mali_mcu_status(gpu->mcu);
}

static unsigned as_offset(const struct mali_reg_word *w)
{
    return w->off & 0x3f;
}

static uint32_t rd_as(struct mali_gpu *gpu, const struct mali_reg_word *w)
{
    return mali_mmu_reg_read(gpu->mmu, w->index, as_offset(w));
}

static void wr_as(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    mali_mmu_reg_write(gpu->mmu, w->index, as_offset(w), val);
    gpu_run_mmu_commands(gpu);
}

static void wr_doorbell(struct mali_gpu *gpu, const struct mali_reg_word *w, uint32_t val)
{
    if (val & 1)
        mali_mcu_doorbell(gpu->mcu, w->index);
}

/* --- dispatch ---------------------------------------------------------------------------- */
static const struct {
    read_fn read;
    write_fn write;
} hooks[MALI_REG_COUNT] = {
#define IRQ_BLOCK(p)                                      \
    [MALI_REG_##p##_INT_RAWSTAT] = { rd_rawstat, wr_rawstat }, \
    [MALI_REG_##p##_INT_CLEAR] = { NULL, wr_clear },      \
    [MALI_REG_##p##_INT_MASK] = { rd_mask, wr_mask },     \
    [MALI_REG_##p##_INT_STAT] = { rd_stat, NULL }
#define POWER(r, read, write)                                                            \
    [MALI_REG_SHADER_##r] = { read, write }, [MALI_REG_TILER_##r] = { read, write }, \
    [MALI_REG_L2_##r] = { read, write }
    IRQ_BLOCK(GPU),
    IRQ_BLOCK(JOB),
    IRQ_BLOCK(MMU),
    POWER(READY, rd_ready, NULL),
    POWER(PWRON, NULL, wr_pwron),
    POWER(PWROFF, NULL, wr_pwroff),
    POWER(PWRTRANS, rd_trans, NULL),
    POWER(PWRACTIVE, rd_active, NULL),
    [MALI_REG_GPU_CMD] = { NULL, wr_cmd },
    [MALI_REG_GPU_STATUS] = { rd_status, NULL },
    [MALI_REG_GPU_FAULT_STATUS] = { rd_fault_status, NULL },
    [MALI_REG_GPU_FAULT_ADDR] = { rd_fault_addr, NULL },
    [MALI_REG_GPU_PWR_KEY] = { NULL, wr_pwr_key },
    [MALI_REG_GPU_PWR_OVERRIDE0] = { NULL, wr_pwr_override },
    [MALI_REG_GPU_PWR_OVERRIDE1] = { NULL, wr_pwr_override },
    [MALI_REG_GPU_CYCLE_COUNT] = { rd_cycles, NULL },
    [MALI_REG_GPU_TIMESTAMP] = { rd_timestamp, NULL },
    [MALI_REG_GPU_COHERENCY_PROTOCOL] = { NULL, wr_coherency },
    [MALI_REG_MCU_CONTROL] = { rd_mcu_control, wr_mcu_control },
    [MALI_REG_MCU_STATUS] = { rd_mcu_status, NULL },
    [MALI_REG_AS_TRANSTAB] = { rd_as, wr_as },
    [MALI_REG_AS_MEMATTR] = { rd_as, wr_as },
    [MALI_REG_AS_LOCKADDR] = { rd_as, wr_as },
    [MALI_REG_AS_COMMAND] = { NULL, wr_as },
    [MALI_REG_AS_FAULTSTATUS] = { rd_as, NULL },
    [MALI_REG_AS_FAULTADDRESS] = { rd_as, NULL },
    [MALI_REG_AS_STATUS] = { rd_as, NULL },
    [MALI_REG_AS_TRANSCFG] = { rd_as, wr_as },
    [MALI_REG_AS_FAULTEXTRA] = { rd_as, NULL },
    [MALI_REG_CSF_GPU_LATEST_FLUSH_ID] = { rd_flush_id, NULL },
    [MALI_REG_CSF_DOORBELL] = { NULL, wr_doorbell },
#undef IRQ_BLOCK
#undef POWER
};

/* Each offset is reported once, reads and writes together. */
static void guest_error(struct mali_gpu *gpu, uint64_t off, const char *name, const char *what)
{
    uint32_t bit = 1u << (off / 4 % 32), *word = &gpu->logged[off / 128];

    if (*word & bit)
        return;
    *word |= bit;
    mali_log(&gpu->bus, MALI_LOG_GUEST_ERROR, "register 0x%05llx (%s) %s",
             (unsigned long long)off, name, what);
}

/* The word at @off if this GPU has it, else NULL after a guest error. */
static const struct mali_reg_word *find(struct mali_gpu *gpu, uint64_t off)
{
    const struct mali_reg_word *w = mali_reg_find(off);

    if (!w) {
        guest_error(gpu, off, "none", "does not exist: reads 0, writes are ignored");
        return NULL;
    }
    bool as_block = w->id >= MALI_REG_AS_TRANSTAB && w->id <= MALI_REG_AS_FAULTEXTRA;
    if (w->reg->arch > gpu->id.arch || (as_block && !(gpu->id.as_present >> w->index & 1))) {
        guest_error(gpu, off, w->name, "is not on this model: reads 0, writes are ignored");
        return NULL;
    }
    mali_trace_touch(gpu->trace, MALI_FID_REGISTER, w->reg->name, w->reg->fidelity, w->reg->how,
                     &gpu->touch[w->id], 1);
    return w;
}

uint32_t gpu_reg_read(struct mali_gpu *gpu, uint64_t off)
{
    const struct mali_reg_word *w = find(gpu, off);
    struct inject_hit hit;
    uint32_t val = 0;

    if (!w)
        return 0;
    if (w->reg->access == MALI_REG_WO || w->reg->access == MALI_REG_W1C)
        guest_error(gpu, off, w->name, "is write-only: reads 0");
    else
        val = hooks[w->id].read ? hooks[w->id].read(gpu, w) : gpu->shadow[w->slot];
    if (INJECT(gpu->bus.inject, reg_read, &hit, .reg = off))
        val ^= 1u << hit.param[0];
    if (mali_trace_on(gpu->trace))
        mali_trace_emit(gpu->trace, MALI_EV_reg_read, w->name, off, val, 0, 0);
    return val;
}

void gpu_reg_write(struct mali_gpu *gpu, uint64_t off, uint32_t val)
{
    const struct mali_reg_word *w = find(gpu, off);
    struct inject_hit hit;

    if (!w)
        return;
    if (INJECT(gpu->bus.inject, reg_write, &hit, .reg = off))
        return;
    if (mali_trace_on(gpu->trace))
        mali_trace_emit(gpu->trace, MALI_EV_reg_write, w->name, off, val, 0, 0);
    if (w->reg->access == MALI_REG_RO)
        guest_error(gpu, off, w->name, "is read-only: writes are ignored");
    else if (hooks[w->id].write)
        hooks[w->id].write(gpu, w, val);
    else
        gpu->shadow[w->slot] = val & w->wmask;
}

void gpu_regs_reset(struct mali_gpu *gpu)
{
    const struct mali_reg_word *w = mali_reg_words();

    for (unsigned i = 0; i < MALI_REG_WORDS; i++)
        if (!gpu_identity_word(&gpu->id, &w[i], &gpu->shadow[i]))
            gpu->shadow[i] = w[i].reset;
    gpu->pwr_unlocked = false;
}

const char *mali_gpu_reg_name(uint64_t off)
{
    const struct mali_reg_word *w = mali_reg_find(off);

    return w ? w->name : NULL;
}
