/*
 * The little driver of rig.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      4096ull
#define MIB2      0x200000ull
#define PTE_ADDR  0xfffffffff000ull

/* --- life, registers, memory ------------------------------------------------------------ */
struct rig *rig_new_raw(const char *properties, const char *extra)
{
    struct rig *r = calloc(1, sizeof(*r));

    if (!r)
        abort();
    r->q = qtest_start(properties, extra);
    r->next = RAM_BASE + 0x1000000;
    qtest_watch_irqs(r->q);
    return r;
}

struct rig *rig_new(const char *properties)
{
    char all[256];

    snprintf(all, sizeof(all), "deterministic=on%s%s", *properties ? "," : "", properties);
    return rig_new_raw(all, NULL);
}

void rig_free(struct rig *r)
{
    qtest_stop(r->q);
    free(r);
}

uint32_t rd(struct rig *r, uint32_t off)
{
    return (uint32_t)qtest_read(r->q, GPU_BASE + off, 4);
}

uint64_t rd64(struct rig *r, uint32_t off)
{
    return qtest_read(r->q, GPU_BASE + off, 8);
}

void wr(struct rig *r, uint32_t off, uint32_t val)
{
    qtest_write(r->q, GPU_BASE + off, val, 4);
}

void wr64(struct rig *r, uint32_t off, uint64_t val)
{
    wr(r, off, (uint32_t)val);
    wr(r, off + 4, (uint32_t)(val >> 32));
}

void step(struct rig *r, uint64_t ns)
{
    qtest_clock_step(r->q, ns);
}

uint64_t rig_pages(struct rig *r, uint64_t bytes, uint64_t align)
{
    uint64_t pa = (r->next + align - 1) & ~(align - 1);

    r->next = pa + ((bytes + PAGE - 1) & ~(PAGE - 1));
    qtest_zero(r->q, pa, bytes);
    return pa;
}

uint32_t mem32(struct rig *r, uint64_t pa)
{
    return (uint32_t)qtest_read(r->q, pa, 4);
}

void set32(struct rig *r, uint64_t pa, uint32_t val)
{
    qtest_write(r->q, pa, val, 4);
}

uint64_t mem64(struct rig *r, uint64_t pa)
{
    return qtest_read(r->q, pa, 8);
}

void set64(struct rig *r, uint64_t pa, uint64_t val)
{
    qtest_write(r->q, pa, val, 8);
}

/* --- page tables ---------------------------------------------------------------------------- */
void pt_set(struct rig *r, uint64_t root, uint64_t va, unsigned level, uint64_t desc)
{
    uint64_t table = root;

    for (unsigned l = 0; l < level; l++) {
        uint64_t at = table + (va >> (39 - 9 * l) & 511) * 8, entry = mem64(r, at);

        if ((entry & 3) != 3) {
            entry = rig_pages(r, PAGE, PAGE) | PTE_TABLE | PTE_VALID;
            set64(r, at, entry);
        }
        table = entry & PTE_ADDR;
    }
    set64(r, table + (va >> (39 - 9 * level) & 511) * 8, desc);
}

void pt_map(struct rig *r, uint64_t root, uint64_t va, uint64_t pa, uint64_t size, uint64_t bits)
{
    bits |= PTE_ATTR(1);
    for (uint64_t done = 0; done < size;) {
        bool block = !((va + done) % MIB2) && !((pa + done) % MIB2) && size - done >= MIB2;

        pt_set(r, root, va + done, block ? 2 : 3, (pa + done) | bits | (block ? 0 : PTE_TABLE));
        done += block ? MIB2 : PAGE;
    }
}

void as_command(struct rig *r, unsigned as, unsigned command)
{
    wr(r, AS_REG(as, AS_COMMAND), command);
    for (unsigned i = 0; i < 100 && (rd(r, AS_REG(as, AS_STATUS)) & 1); i++)
        step(r, 10000);
}

void as_enable(struct rig *r, unsigned as, uint64_t root)
{
    wr64(r, AS_REG(as, AS_TRANSTAB), root);
    wr64(r, AS_REG(as, AS_MEMATTR), MEMATTR);
    wr64(r, AS_REG(as, AS_TRANSCFG), TRANSCFG);
    as_command(r, as, AS_UPDATE);
}

/* --- firmware ---------------------------------------------------------------------------------- */
bool power_l2(struct rig *r)
{
    wr(r, L2_PWRON, 1);
    step(r, MS);
    return rd(r, L2_READY) == 1;
}

void load_firmware(struct rig *r)
{
    r->fw_root = rig_pages(r, PAGE, PAGE);
    r->vectors = rig_pages(r, PAGE, PAGE);
    r->handler = rig_pages(r, PAGE, PAGE);
    r->shared = rig_pages(r, SHARED_SIZE, PAGE);
    set32(r, r->vectors, 0x20000);         /* stack */
    set32(r, r->vectors + 4, HANDLER_VA + 1); /* reset, Thumb */
    pt_map(r, r->fw_root, 0, r->vectors, PAGE, PTE_R);
    pt_map(r, r->fw_root, HANDLER_VA, r->handler, PAGE, PTE_RX);
    pt_map(r, r->fw_root, SHARED_VA, r->shared, SHARED_SIZE, PTE_RW);
    as_enable(r, 0, r->fw_root);
}

void read_layout(struct rig *r)
{
    r->group_num = fw(r, SHARED_VA + 0x10);
    r->group_stride = fw(r, SHARED_VA + 0x14);
    r->suspend_size = fw(r, SHARED_VA + 0x1000 + 0x0c);
    r->stream_num = fw(r, SHARED_VA + 0x1000 + 0x14);
    r->stream_stride = fw(r, SHARED_VA + 0x1000 + 0x18);
}

bool boot(struct rig *r)
{
    wr(r, JOB_CLEAR, ~0u);
    wr(r, JOB_MASK, ~0u);
    wr(r, MCU_CONTROL, 2);
    step(r, MS);
    if (!(rd(r, JOB_RAWSTAT) & JOB_GLB))
        return false;
    wr(r, JOB_CLEAR, JOB_GLB);
    read_layout(r);
    return true;
}

/* As panthor's global initialisation (B.7), with an acknowledgement wait. */
static bool configure(struct rig *r)
{
    uint32_t in = glb_in(r);

    set_fw(r, in + 0x04, ~0u);            /* acknowledge interrupts */
    set_fw(r, in + 0x10, 2560000);        /* progress timer */
    set_fw(r, in + 0x14, 10);             /* power-off timer */
    set_fw64(r, in + 0x18, rd64(r, SHADER_PRESENT));
    set_fw(r, in + 0x80, 50);             /* idle timer */
    return glb_request(r, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 10);
}

struct rig *rig_up(const char *properties)
{
    struct rig *r = rig_new(properties);

    if (power_l2(r)) {
        load_firmware(r);
        if (boot(r) && configure(r)) {
            wr(r, JOB_CLEAR, ~0u);
            return r;
        }
    }
    rig_free(r);
    return NULL;
}

/* Where a firmware VA is in guest memory; the rig laid it out itself. */
static uint64_t fw_pa(struct rig *r, uint32_t va)
{
    if (va - SHARED_VA < SHARED_SIZE)
        return r->shared + (va - SHARED_VA);
    printf("Bail out! 0x%x is not in the shared section\n", va);
    exit(1);
}

uint32_t fw(struct rig *r, uint32_t va)
{
    return mem32(r, fw_pa(r, va));
}

void set_fw(struct rig *r, uint32_t va, uint32_t val)
{
    set32(r, fw_pa(r, va), val);
}

void set_fw64(struct rig *r, uint32_t va, uint64_t val)
{
    set_fw(r, va, (uint32_t)val);
    set_fw(r, va + 4, (uint32_t)(val >> 32));
}

uint32_t glb_in(struct rig *r)
{
    return fw(r, SHARED_VA + 0x08);
}

uint32_t glb_out(struct rig *r)
{
    return fw(r, SHARED_VA + 0x0c);
}

static uint32_t csg_control(struct rig *r, unsigned g)
{
    return SHARED_VA + 0x1000 + g * r->group_stride;
}

uint32_t csg_in(struct rig *r, unsigned g)
{
    return fw(r, csg_control(r, g) + 0x04);
}

uint32_t csg_out(struct rig *r, unsigned g)
{
    return fw(r, csg_control(r, g) + 0x08);
}

uint32_t cs_in(struct rig *r, unsigned g, unsigned i)
{
    return fw(r, csg_control(r, g) + 0x40 + i * r->stream_stride + 0x04);
}

uint32_t cs_out(struct rig *r, unsigned g, unsigned i)
{
    return fw(r, csg_control(r, g) + 0x40 + i * r->stream_stride + 0x08);
}

/* --- requests -------------------------------------------------------------------------------------- */
/* A request toggles: pending while request and acknowledge words differ in the bit. */
static void toggle(struct rig *r, uint32_t req, uint32_t ack, uint32_t bits)
{
    set_fw(r, req, (fw(r, req) & ~bits) | (~fw(r, ack) & bits));
}

bool glb_request(struct rig *r, uint32_t bits)
{
    uint32_t in = glb_in(r), out = glb_out(r);

    toggle(r, in, out, bits);
    wr(r, DOORBELL(0), 1);
    step(r, 20000);
    return !((fw(r, in) ^ fw(r, out)) & bits);
}

void ring_csg(struct rig *r, unsigned g)
{
    toggle(r, glb_in(r) + 0x08, glb_out(r) + 0x08, 1u << g);
    wr(r, DOORBELL(0), 1);
    step(r, 20000);
}

void ring_cs(struct rig *r, unsigned g, unsigned i)
{
    toggle(r, csg_in(r, g) + 0x08, csg_out(r, g) + 0x08, 1u << i);
    ring_csg(r, g);
}

bool csg_request(struct rig *r, unsigned g, uint32_t bits)
{
    uint32_t in = csg_in(r, g), out = csg_out(r, g);

    toggle(r, in, out, bits);
    ring_csg(r, g);
    return !((fw(r, in) ^ fw(r, out)) & bits);
}

bool csg_state(struct rig *r, unsigned g, unsigned state)
{
    uint32_t in = csg_in(r, g), out = csg_out(r, g);

    set_fw(r, in, (fw(r, in) & ~7u) | state);
    ring_csg(r, g);
    return !((fw(r, in) ^ fw(r, out)) & 7);
}

uint32_t csg_events(struct rig *r, unsigned g)
{
    return (fw(r, csg_in(r, g)) ^ fw(r, csg_out(r, g))) & 0xf0000000u;
}

uint32_t cs_events(struct rig *r, unsigned g, unsigned i)
{
    return (fw(r, cs_in(r, g, i)) ^ fw(r, cs_out(r, g, i))) & 0xcc000000u;
}

void csg_ack(struct rig *r, unsigned g, uint32_t bits)
{
    uint32_t in = csg_in(r, g);

    set_fw(r, in, (fw(r, in) & ~bits) | (fw(r, csg_out(r, g)) & bits));
}

/* --- groups, rings ------------------------------------------------------------------------------------ */
void vm_new(struct rig *r, unsigned as)
{
    r->vm_root[as] = rig_pages(r, PAGE, PAGE);
    r->data[as] = rig_pages(r, MIB2, MIB2);
    r->stream[as] = rig_pages(r, MIB2, MIB2);
    r->stream_used[as] = 0;
    pt_map(r, r->vm_root[as], DATA_VA, r->data[as], MIB2, PTE_RW);
    pt_map(r, r->vm_root[as], STREAM_VA, r->stream[as], MIB2, PTE_R);
    as_enable(r, as, r->vm_root[as]);
}

static uint64_t ring_va(unsigned g, unsigned i)
{
    return RING_VA + g * 0x100000ull + i * 0x10000ull;
}

static uint32_t userio_va(unsigned g, unsigned i)
{
    return USERIO_VA + g * 0x40000 + i * 0x2000;
}

static void queue_new(struct rig *r, unsigned g, unsigned as, unsigned i)
{
    if (!r->userio[g][i]) {
        r->userio[g][i] = rig_pages(r, 2 * PAGE, PAGE);
        r->ring[g][i] = rig_pages(r, RING_SIZE, PAGE);
        pt_map(r, r->fw_root, userio_va(g, i), r->userio[g][i], 2 * PAGE, PTE_RW);
    }
    pt_map(r, r->vm_root[as], ring_va(g, i), r->ring[g][i], RING_SIZE, PTE_R);
}

static void queue_prog(struct rig *r, unsigned slot, unsigned g, unsigned i)
{
    uint32_t in = cs_in(r, slot, i);

    set64(r, r->userio[g][i] + 8, mem64(r, r->userio[g][i] + PAGE)); /* start at extract */
    set_fw64(r, in + 0x10, ring_va(g, i));
    set_fw(r, in + 0x18, RING_SIZE);
    set_fw64(r, in + 0x30, userio_va(g, i));
    set_fw64(r, in + 0x38, userio_va(g, i) + PAGE);
    set_fw(r, in + 0x04, 1 | (slot + 1) << 8); /* priority, doorbell */
    set_fw(r, in + 0x0c, ~0u);
    set_fw(r, in, (fw(r, cs_out(r, slot, i)) & ~7u) | 1 | 1 << 8 | 1 << 10); /* start; idle when waiting, empty */
}

void group_new(struct rig *r, unsigned g, unsigned as, unsigned queues)
{
    if (!r->suspend[g]) {
        r->suspend[g] = rig_pages(r, r->suspend_size, PAGE);
        pt_map(r, r->fw_root, SUSPEND_VA + g * 0x100000, r->suspend[g], (r->suspend_size + 4095) & ~4095u,
               PTE_RW);
    }
    for (unsigned i = 0; i < queues; i++)
        queue_new(r, g, as, i);
    r->slot[g] = NO_SLOT;
}

void group_place(struct rig *r, unsigned slot, unsigned g, unsigned as, unsigned queues)
{
    uint32_t in = csg_in(r, slot);
    uint64_t cores = rd64(r, SHADER_PRESENT);

    group_new(r, g, as, queues);
    for (unsigned i = 0; i < queues; i++)
        queue_prog(r, slot, g, i);
    set_fw64(r, in + 0x20, cores);
    set_fw64(r, in + 0x28, cores);
    set_fw(r, in + 0x30, 1);
    set_fw(r, in + 0x34, 4 | 4 << 8 | 1 << 16 | (15 - slot) << 28);
    set_fw64(r, in + 0x40, SUSPEND_VA + g * 0x100000);
    set_fw(r, in + 0x50, as);
    set_fw(r, in + 0x04, ~0u);
    set_fw(r, in + 0x08, fw(r, csg_out(r, slot) + 0x08) ^ ((1u << queues) - 1));
    r->slot[g] = slot;
}

void group_prog(struct rig *r, unsigned g, unsigned as, unsigned queues)
{
    group_place(r, g, g, as, queues);
}

bool group_start(struct rig *r, unsigned g, unsigned as, unsigned queues)
{
    group_prog(r, g, as, queues);
    return csg_state(r, g, CSG_START);
}

void submit(struct rig *r, unsigned g, unsigned i, const uint64_t *words, unsigned n)
{
    uint64_t insert = mem64(r, r->userio[g][i]);

    for (unsigned at = 0; at < ((n + 7) & ~7u); at++, insert += 8)
        set64(r, r->ring[g][i] + (insert & (RING_SIZE - 1)), at < n ? words[at] : 0);
    set64(r, r->userio[g][i], insert);
    if (r->slot[g] != NO_SLOT)
        wr(r, DOORBELL(r->slot[g] + 1), 1);
}

uint64_t put_stream(struct rig *r, unsigned as, const uint64_t *words, unsigned n)
{
    uint32_t at = r->stream_used[as];

    qtest_write_block(r->q, r->stream[as] + at, words, n * 8);
    r->stream_used[as] = (at + n * 8 + 63) & ~63u;
    return STREAM_VA + at;
}

void submit_call(struct rig *r, unsigned g, unsigned i, uint64_t va, unsigned words)
{
    submit(r, g, i, (const uint64_t[]){ cs_mov48(92, va), cs_mov32(94, words * 8), cs_call(92, 94) }, 3);
}

uint64_t extract(struct rig *r, unsigned g, unsigned i)
{
    return mem64(r, r->userio[g][i] + PAGE);
}

uint32_t data32(struct rig *r, unsigned as, uint32_t off)
{
    return mem32(r, r->data[as] + off);
}
