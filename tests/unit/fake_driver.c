/*
 * The little driver of fake_driver.h. Offsets are panthor's (6.12), written
 * down here again on purpose: the model has its own table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOB_RAW = 0x1000, JOB_CLEAR = 0x1004, JOB_MASK = 0x1008,
    MMU_CLEAR = 0x2004, MMU_MASK = 0x2008,
    GPU_CLEAR = 0x24, GPU_MASK = 0x28,
    L2_READY = 0x160, L2_PWRON = 0x1a0,
    MCU_CONTROL = 0x700,
    AS0 = 0x2400, AS_STRIDE = 0x40, AS_COMMAND = 0x18,
    DOORBELL = 0x80000, DOORBELL_STRIDE = 0x10000,
};
#define GLB_BIT      (1u << 31)
#define SHARED_SIZE  0x100000u
#define CODE_SIZE    0x1000u

uint32_t fd_rd(struct fake_driver *d, uint32_t off)
{
    return (uint32_t)mali_gpu_read(d->gpu, off, 4);
}

void fd_wr(struct fake_driver *d, uint32_t off, uint32_t val)
{
    mali_gpu_write(d->gpu, off, val, 4);
}

uint64_t fd_pages(struct fake_driver *d, uint64_t bytes)
{
    uint64_t n = (bytes + 4095) / 4096, pa = fake_page(d->h, d->next_page);

    d->next_page += n;
    memset(fake_ram(d->h, pa, n * 4096), 0, n * 4096);
    return pa;
}

void fd_pump(struct fake_driver *d, uint64_t ns)
{
    uint64_t end = d->h->now_ns + ns;

    for (unsigned guard = 0; guard < 100000; guard++) {
        bool more = mali_gpu_run(d->gpu, 16);

        if (d->h->timer_ns <= d->h->now_ns) {
            mali_gpu_timer_expired(d->gpu);
            continue;
        }
        if (more && d->h->now_ns < end) {
            fake_advance(d->h, 1000);
            continue;
        }
        if (d->h->timer_ns > end || d->h->now_ns >= end)
            return;
        fake_advance_to_timer(d->h);
        mali_gpu_timer_expired(d->gpu);
    }
}

struct fake_driver *fd_new_cold(const struct mali_config *cfg)
{
    struct mali_config c = cfg ? *cfg : (struct mali_config){0};
    struct fake_driver *d = calloc(1, sizeof(*d));
    char *err = NULL;

    c.deterministic = true;
    c.log_mask = c.log_mask ? c.log_mask : 7;
    d->h = fake_host_new(FAKE_RAM_BASE, 256 * FAKE_MIB);
    d->gpu = mali_gpu_new(&c, fake_host_ops(), d->h, &err);
    if (!d->gpu) {
        fprintf(stderr, "mali_gpu_new: %s\n", err ? err : "?");
        abort();
    }
    mali_gpu_system_reset(d->gpu);
    return d;
}

void fd_free(struct fake_driver *d)
{
    mali_gpu_free(d->gpu);
    fake_host_free(d->h);
    free(d);
}

bool fd_power_l2(struct fake_driver *d)
{
    fd_wr(d, L2_PWRON, 1);
    fd_pump(d, 1000000);
    return fd_rd(d, L2_READY) == 1;
}

static void as_write64(struct fake_driver *d, unsigned as, uint32_t off, uint64_t val)
{
    fd_wr(d, AS0 + as * AS_STRIDE + off, (uint32_t)val);
    fd_wr(d, AS0 + as * AS_STRIDE + off + 4, (uint32_t)(val >> 32));
}

static void as_enable(struct fake_driver *d, unsigned as, uint64_t root)
{
    as_write64(d, as, 0x00, root);
    as_write64(d, as, 0x08, FAKE_MEMATTR);
    as_write64(d, as, 0x30, FAKE_TRANSCFG_4K);
    fd_wr(d, AS0 + as * AS_STRIDE + AS_COMMAND, 1);
    fd_pump(d, 100000);
}

void fd_load_firmware(struct fake_driver *d)
{
    uint64_t code = fd_pages(d, CODE_SIZE);
    const uint32_t vectors[2] = {0x20000, 0x41};

    memcpy(fake_ram(d->h, code, 8), vectors, 8);
    d->shared_pa = fd_pages(d, SHARED_SIZE);
    d->fw_root = pt_new_root(d->h);
    pt_map(d->h, d->fw_root, 0, code, CODE_SIZE, PT_R | PT_X);
    pt_map(d->h, d->fw_root, FD_SHARED_VA, d->shared_pa, SHARED_SIZE, PT_R | PT_W);
    as_enable(d, 0, d->fw_root);
}

static void read_layout(struct fake_driver *d)
{
    d->group_num = *fd_word(d, FD_SHARED_VA + 0x10);
    d->group_stride = *fd_word(d, FD_SHARED_VA + 0x14);
    d->suspend_size = *fd_word(d, FD_SHARED_VA + 0x1000 + 0x0c);
    d->stream_num = *fd_word(d, FD_SHARED_VA + 0x1000 + 0x14);
    d->stream_stride = *fd_word(d, FD_SHARED_VA + 0x1000 + 0x18);
}

bool fd_boot(struct fake_driver *d)
{
    fd_wr(d, GPU_CLEAR, ~0u);
    fd_wr(d, GPU_MASK, 0x20103);
    fd_wr(d, MMU_CLEAR, ~0u);
    fd_wr(d, MMU_MASK, 0xffff);
    fd_wr(d, JOB_CLEAR, ~0u);
    fd_wr(d, JOB_MASK, ~0u);
    fd_wr(d, MCU_CONTROL, 2);
    fd_pump(d, 1000000);
    if (!(fd_rd(d, JOB_RAW) & GLB_BIT))
        return false;
    fd_wr(d, JOB_CLEAR, GLB_BIT);
    read_layout(d);
    return true;
}

static void init_glb(struct fake_driver *d)
{
    uint32_t in = fd_glb_in(d);

    *fd_word(d, in + 0x04) = ~0u;      /* ack irq mask */
    *fd_word(d, in + 0x10) = 2560000;  /* progress timer */
    *fd_word(d, in + 0x14) = 10;       /* power-off timer */
    *fd_word(d, in + 0x18) = 0x50005;  /* cores */
    *fd_word(d, in + 0x80) = 50;       /* idle timer: 51200 ticks */
    *fd_word(d, in) |= 1u << 10;       /* idle enable, a level */
    fd_glb_request(d, 1u << 1 | 1u << 2 | 1u << 3);
}

struct fake_driver *fd_new(const struct mali_config *cfg)
{
    struct fake_driver *d = fd_new_cold(cfg);

    if (!fd_power_l2(d))
        goto fail;
    fd_load_firmware(d);
    if (!fd_boot(d))
        goto fail;
    init_glb(d);
    return d;
fail:
    fd_free(d);
    return NULL;
}

void fd_vm(struct fake_driver *d, unsigned as)
{
    uint64_t root = pt_new_root(d->h);

    d->vm_root[as] = root;
    d->data_pa[as] = fd_pages(d, FAKE_MIB);
    d->stream_pa[as] = fd_pages(d, FAKE_MIB);
    d->stream_used[as] = 0;
    pt_map(d->h, root, FD_DATA_VA, d->data_pa[as], FAKE_MIB, PT_R | PT_W);
    pt_map(d->h, root, FD_STREAM_VA, d->stream_pa[as], FAKE_MIB, PT_R);
    as_enable(d, as, root);
}

/* Physical address behind a VA of the firmware's VM or a VM, by our own tables. */
static uint64_t walk(struct fake_driver *d, uint64_t root, uint64_t va)
{
    for (unsigned level = 3; level > 0; level--) {
        uint64_t *e = pt_entry(d->h, root, va, level);
        uint64_t mask = (1ull << (12 + 9 * (3 - level))) - 1;

        if (e && (*e & 1) && (level == 3 || !(*e & 2)))
            return (*e & 0xfffffffff000ull & ~mask) | (va & mask);
    }
    abort();
}

uint32_t *fd_word(struct fake_driver *d, uint32_t va)
{
    return fake_ram(d->h, walk(d, d->fw_root, va), 4);
}

uint32_t fd_glb_in(struct fake_driver *d)
{
    return *fd_word(d, FD_SHARED_VA + 0x08);
}

uint32_t fd_glb_out(struct fake_driver *d)
{
    return *fd_word(d, FD_SHARED_VA + 0x0c);
}

static uint32_t csg_control(struct fake_driver *d, unsigned g)
{
    return FD_SHARED_VA + 0x1000 + g * d->group_stride;
}

uint32_t fd_csg_in(struct fake_driver *d, unsigned g)
{
    return *fd_word(d, csg_control(d, g) + 0x04);
}

uint32_t fd_csg_out(struct fake_driver *d, unsigned g)
{
    return *fd_word(d, csg_control(d, g) + 0x08);
}

uint32_t fd_cs_in(struct fake_driver *d, unsigned g, unsigned i)
{
    return *fd_word(d, csg_control(d, g) + 0x40 + i * d->stream_stride + 0x04);
}

uint32_t fd_cs_out(struct fake_driver *d, unsigned g, unsigned i)
{
    return *fd_word(d, csg_control(d, g) + 0x40 + i * d->stream_stride + 0x08);
}

bool fd_glb_request(struct fake_driver *d, uint32_t bits)
{
    uint32_t *req = fd_word(d, fd_glb_in(d)), *ack = fd_word(d, fd_glb_out(d));

    *req = (*req & ~bits) | (~*ack & bits);
    fd_wr(d, DOORBELL, 1);
    fd_pump(d, 10000);
    return ((*req ^ *ack) & bits) == 0;
}

void fd_ring_csg(struct fake_driver *d, unsigned g)
{
    uint32_t *req = fd_word(d, fd_glb_in(d) + 0x08), *ack = fd_word(d, fd_glb_out(d) + 0x08);

    *req = (*req & ~(1u << g)) | (~*ack & (1u << g));
    fd_wr(d, DOORBELL, 1);
    fd_pump(d, 10000);
}

bool fd_csg_state(struct fake_driver *d, unsigned g, unsigned state)
{
    uint32_t *req = fd_word(d, fd_csg_in(d, g)), *ack = fd_word(d, fd_csg_out(d, g));

    *req = (*req & ~7u) | state;
    fd_ring_csg(d, g);
    return ((*req ^ *ack) & 7) == 0;
}

bool fd_csg_request(struct fake_driver *d, unsigned g, uint32_t toggle)
{
    uint32_t *req = fd_word(d, fd_csg_in(d, g)), *ack = fd_word(d, fd_csg_out(d, g));

    *req = (*req & ~toggle) | (~*ack & toggle);
    fd_ring_csg(d, g);
    return ((*req ^ *ack) & toggle) == 0;
}

static void put64(struct fake_driver *d, uint32_t va, uint64_t val)
{
    *fd_word(d, va) = (uint32_t)val;
    *fd_word(d, va + 4) = (uint32_t)(val >> 32);
}

static uint64_t get64(struct fake_driver *d, uint32_t va)
{
    return *fd_word(d, va) | (uint64_t)*fd_word(d, va + 4) << 32;
}

static uint64_t ring_va(unsigned g, unsigned q)
{
    return FD_RING_VA + g * 0x100000ull + q * 0x10000ull;
}

static uint32_t userio_va(unsigned g, unsigned q)
{
    return FD_USERIO_VA + g * 0x40000 + q * 0x2000;
}

static bool mapped(struct fake_driver *d, uint64_t root, uint64_t va)
{
    uint64_t *e = pt_entry(d->h, root, va, 3);

    return e && (*e & 1);
}

static void cs_prog(struct fake_driver *d, unsigned g, unsigned q)
{
    uint32_t in = fd_cs_in(d, g, q);

    *fd_word(d, userio_va(g, q) + 8) = *fd_word(d, userio_va(g, q) + 0x1000);
    put64(d, in + 0x10, ring_va(g, q));
    *fd_word(d, in + 0x18) = FD_RING_SIZE;
    put64(d, in + 0x30, userio_va(g, q));
    put64(d, in + 0x38, userio_va(g, q) + 0x1000);
    *fd_word(d, in + 0x04) = 1 | (g + 1) << 8;
    *fd_word(d, in + 0x0c) = ~0u;
    *fd_word(d, in) = (*fd_word(d, in) & ~7u) | 1u | 1u << 8 | 1u << 10;
}

void fd_group_prog(struct fake_driver *d, unsigned g, unsigned group, unsigned as, unsigned queues)
{
    uint32_t in = fd_csg_in(d, g);
    uint32_t *db = fd_word(d, in + 0x08);
    uint64_t suspend = FD_SUSPEND_VA + group * 0x100000ull;

    if (!mapped(d, d->fw_root, suspend))
        pt_map(d->h, d->fw_root, suspend, fd_pages(d, d->suspend_size), d->suspend_size,
               PT_R | PT_W | PT_4K_ONLY);
    for (unsigned q = 0; q < queues; q++) {
        if (!mapped(d, d->fw_root, userio_va(g, q)))
            pt_map(d->h, d->fw_root, userio_va(g, q), fd_pages(d, 0x2000), 0x2000,
                   PT_R | PT_W | PT_4K_ONLY);
        if (!mapped(d, d->vm_root[as], ring_va(g, q)))
            pt_map(d->h, d->vm_root[as], ring_va(g, q), fd_pages(d, FD_RING_SIZE), FD_RING_SIZE,
                   PT_R | PT_4K_ONLY);
        cs_prog(d, g, q);
    }
    put64(d, in + 0x20, 0x50005);
    put64(d, in + 0x28, 0x50005);
    *fd_word(d, in + 0x30) = 1;
    *fd_word(d, in + 0x34) = 4 | 4 << 8 | 1 << 16 | (15 - g % 16) << 28;
    put64(d, in + 0x40, suspend);
    *fd_word(d, in + 0x50) = as;
    *fd_word(d, in + 0x04) = ~0u;
    *db = *fd_word(d, fd_csg_out(d, g) + 0x08) ^ ((1u << queues) - 1);
}

bool fd_group_start(struct fake_driver *d, unsigned g, unsigned as, unsigned queues)
{
    fd_group_prog(d, g, g, as, queues);
    return fd_csg_state(d, g, 1);
}

void fd_ring_put(struct fake_driver *d, unsigned g, unsigned q, const uint64_t *words, unsigned n)
{
    uint64_t insert = get64(d, userio_va(g, q));
    unsigned as = *fd_word(d, fd_csg_in(d, g) + 0x50);

    for (unsigned i = 0; i < ((n + 7) & ~7u); i++, insert += 8) {
        uint64_t va = ring_va(g, q) + (insert & (FD_RING_SIZE - 1));

        *(uint64_t *)fake_ram(d->h, walk(d, d->vm_root[as], va), 8) = i < n ? words[i] : 0;
    }
    put64(d, userio_va(g, q), insert);
}

void fd_kick(struct fake_driver *d, unsigned g)
{
    fd_wr(d, DOORBELL + (g + 1) * DOORBELL_STRIDE, 1);
}

uint64_t fd_stream(struct fake_driver *d, unsigned as, const uint64_t *words, unsigned n)
{
    uint32_t at = d->stream_used[as];

    memcpy(fake_ram(d->h, d->stream_pa[as] + at, n * 8), words, n * 8);
    d->stream_used[as] = (at + n * 8 + 63) & ~63u;
    return FD_STREAM_VA + at;
}

uint64_t fd_extract(struct fake_driver *d, unsigned g, unsigned q)
{
    return get64(d, userio_va(g, q) + 0x1000);
}

uint32_t *fd_data(struct fake_driver *d, unsigned as, uint32_t off)
{
    return fake_ram(d->h, d->data_pa[as] + off, 4);
}
