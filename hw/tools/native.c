/*
 * A GPU's memory and pipeline without a guest; see native.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "native.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RAM_BASE 0x100000000ull /* guest-physical; any will do below 2^40 */

/* --- the host ------------------------------------------------------------------------- */

static void *host_ram(void *opaque, uint64_t pa, uint64_t *avail, bool *writable)
{
    struct native *n = opaque;

    if (pa - RAM_BASE >= n->size)
        return NULL;
    *avail = n->size - (pa - RAM_BASE);
    *writable = true;
    return n->ram + (pa - RAM_BASE);
}

static void host_dirty(void *opaque, uint64_t pa, uint64_t len)
{
}

static uint64_t host_zero(void *opaque)
{
    return 0;
}

static uint32_t host_hz(void *opaque)
{
    return 24000000;
}

static void host_timer(void *opaque, uint64_t ns)
{
}

static void host_irq(void *opaque)
{
}

static void host_log(void *opaque, enum mali_log level, const char *line)
{
    struct native *n = opaque;

    if (!n->quiet)
        fprintf(stderr, "%s\n", line);
}

static const struct mali_host_ops host_ops = {
    .ram = host_ram,
    .dirty = host_dirty,
    .now = host_zero,
    .counter = host_zero,
    .counter_hz = host_hz,
    .timer = host_timer,
    .irq = host_irq,
    .log = host_log,
};

/* --- life ------------------------------------------------------------------------------- */

/* TRANSCFG: AARCH64_4K, 48 bits; MEMATTR byte 0: write-back. Source: panthor_mmu.c */
static void as_enable(struct native *n)
{
    const uint64_t transcfg = 6 | (55 - 48) << 6 | 2 << 24 | 1 << 30, memattr = 0x8d;

    for (unsigned half = 0; half < 2; half++) {
        mali_mmu_reg_write(n->mmu, NATIVE_AS, 0x00 + 4 * half, (uint32_t)(n->root >> 32 * half));
        mali_mmu_reg_write(n->mmu, NATIVE_AS, 0x08 + 4 * half, (uint32_t)(memattr >> 32 * half));
        mali_mmu_reg_write(n->mmu, NATIVE_AS, 0x30 + 4 * half, (uint32_t)(transcfg >> 32 * half));
    }
    mali_mmu_reg_write(n->mmu, NATIVE_AS, 0x18, 1); /* UPDATE */
    mali_mmu_run_commands(n->mmu);
}

bool native_reset(struct native *n)
{
    madvise(n->ram, n->used, MADV_DONTNEED); /* pages read as zero again */
    n->used = 0;
    mali_mmu_invalidate_all(n->mmu);
    n->root = native_page(n);
    as_enable(n);
    return n->root;
}

struct native *native_new(uint64_t pages, unsigned threads)
{
    struct native *n = calloc(1, sizeof(*n));

    if (!n)
        return NULL;
    n->size = pages * MALI_PAGE_SIZE;
    n->ram = mmap(NULL, n->size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (n->ram == MAP_FAILED) {
        free(n);
        return NULL;
    }
    n->bus = (struct mali_bus){.ops = &host_ops, .opaque = n, .log_mask = 7};
    n->mmu = mali_mmu_new(&n->bus, 48, 40, 1u << NATIVE_AS | 1);
    n->tlb = n->mmu ? mali_tlb_new(n->mmu) : NULL;
    n->pipeline = n->tlb ? mali_pipeline_new(&n->bus, threads) : NULL;
    if (!n->pipeline || !native_reset(n)) {
        native_free(n);
        return NULL;
    }
    return n;
}

void native_free(struct native *n)
{
    if (!n)
        return;
    mali_pipeline_free(n->pipeline);
    mali_tlb_free(n->tlb);
    if (n->mmu)
        mali_mmu_free(n->mmu);
    munmap(n->ram, n->size);
    free(n);
}

/* --- memory ------------------------------------------------------------------------------ */

uint64_t native_page(struct native *n)
{
    if (n->used + MALI_PAGE_SIZE > n->size)
        return 0;
    n->used += MALI_PAGE_SIZE;
    return RAM_BASE + n->used - MALI_PAGE_SIZE;
}

uint8_t *native_at(struct native *n, uint64_t pa)
{
    return n->ram + (pa - RAM_BASE);
}

/* The level 3 entry of @va; NULL: there is none, or, with @make, no RAM for tables. */
static uint64_t *entry(struct native *n, uint64_t va, bool make)
{
    uint64_t table = n->root;

    for (unsigned level = 0;; level++) {
        uint64_t *e = (uint64_t *)(void *)native_at(n, table) + (va >> (39 - 9 * level) & 511);
        if (level == 3)
            return e;
        if (!*e && make) {
            uint64_t page = native_page(n);
            *e = page ? page | 3 : 0;
        }
        if (!*e)
            return NULL;
        table = *e & ~MALI_PAGE_MASK;
    }
}

bool native_map(struct native *n, uint64_t va, uint64_t pa, unsigned allow)
{
    uint64_t *e = entry(n, va, true);
    bool write = allow >> MALI_ACCESS_WRITE & 1, read = write || (allow >> MALI_ACCESS_READ & 1);

    if (!e)
        return false;
    *e = pa | 3 | 1ull << 10; /* page, accessed */
    *e |= read ? 1ull << 6 : 0;
    *e |= write ? 0 : 1ull << 7;
    *e |= allow >> MALI_ACCESS_EXECUTE & 1 ? 0 : 1ull << 54;
    return true;
}

bool native_map_new(struct native *n, uint64_t va, uint64_t pages, unsigned allow)
{
    va &= ~MALI_PAGE_MASK;
    for (uint64_t i = 0; i < pages; i++, va += MALI_PAGE_SIZE) {
        uint64_t *e = entry(n, va, true), pa;
        if (!e)
            return false;
        if (*e)
            continue;
        pa = native_page(n);
        if (!pa || !native_map(n, va, pa, allow))
            return false;
    }
    return true;
}

static bool copy(struct native *n, uint64_t va, void *to, const void *from, size_t len)
{
    for (size_t done = 0; done < len;) {
        uint64_t *e = va >> 48 ? NULL : entry(n, va, false);
        size_t run = MALI_PAGE_SIZE - (va & MALI_PAGE_MASK);
        if (!e || !*e)
            return false;
        run = run < len - done ? run : len - done;
        uint8_t *p = native_at(n, *e & 0xfffffff000ull) + (va & MALI_PAGE_MASK);
        if (to)
            memcpy((uint8_t *)to + done, p, run);
        else
            memcpy(p, (const uint8_t *)from + done, run);
        done += run;
        va += run;
    }
    return true;
}

bool native_read(struct native *n, uint64_t va, void *buf, size_t len)
{
    return copy(n, va, buf, NULL, len);
}

bool native_write(struct native *n, uint64_t va, const void *buf, size_t len)
{
    return copy(n, va, NULL, buf, len);
}

/* Source: panthor_device.c, DRM_PANTHOR_EXCEPTION. */
const char *native_fault_name(uint8_t code)
{
    static const char *const names[256] = {
        [MALI_OK] = "OK",
        [MALI_CS_CONFIG_FAULT] = "CS_CONFIG_FAULT",
        [MALI_CS_ENDPOINT_FAULT] = "CS_ENDPOINT_FAULT",
        [MALI_CS_BUS_FAULT] = "CS_BUS_FAULT",
        [MALI_INSTR_INVALID_PC] = "INSTR_INVALID_PC",
        [MALI_INSTR_INVALID_ENC] = "INSTR_INVALID_ENC",
        [MALI_INSTR_BARRIER_FAULT] = "INSTR_BARRIER_FAULT",
        [MALI_DATA_INVALID_FAULT] = "DATA_INVALID_FAULT",
        [MALI_TILE_RANGE_FAULT] = "TILE_RANGE_FAULT",
        [MALI_ADDR_RANGE_FAULT] = "ADDR_RANGE_FAULT",
        [MALI_IMPRECISE_FAULT] = "IMPRECISE_FAULT",
        [MALI_OOM] = "OOM",
        [MALI_CSF_FW_INTERNAL_ERROR] = "CSF_FW_INTERNAL_ERROR",
        [MALI_CSF_RES_EVICTION_TIMEOUT] = "CSF_RES_EVICTION_TIMEOUT",
        [MALI_GPU_BUS_FAULT] = "GPU_BUS_FAULT",
        [MALI_TRANSLATION_FAULT_0] = "TRANSLATION_FAULT_0",
        [MALI_TRANSLATION_FAULT_0 + 1] = "TRANSLATION_FAULT_1",
        [MALI_TRANSLATION_FAULT_0 + 2] = "TRANSLATION_FAULT_2",
        [MALI_TRANSLATION_FAULT_0 + 3] = "TRANSLATION_FAULT_3",
        [MALI_PERM_FAULT_0] = "PERM_FAULT_0",
        [MALI_PERM_FAULT_0 + 1] = "PERM_FAULT_1",
        [MALI_PERM_FAULT_0 + 2] = "PERM_FAULT_2",
        [MALI_PERM_FAULT_0 + 3] = "PERM_FAULT_3",
        [MALI_ACCESS_FLAG_0 + 1] = "ACCESS_FLAG_1",
        [MALI_ACCESS_FLAG_0 + 2] = "ACCESS_FLAG_2",
        [MALI_ACCESS_FLAG_0 + 3] = "ACCESS_FLAG_3",
        [MALI_ADDR_SIZE_FAULT_IN] = "ADDR_SIZE_FAULT_IN",
    };

    return names[code] ? names[code] : mali_fault_name(code);
}
