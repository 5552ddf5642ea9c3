/*
 * The device on a bench: what a kernel driver does to the GPU, in little, with
 * nothing but register and memory accesses over qtest. Offsets are panthor's
 * (driver-facts B.3, B.6 to B.9), written down here on purpose: the model has
 * its own tables, and nothing of hw/ is included.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_RIG_H
#define GARM_RIG_H

#include "qtest_client.h"

#define GPU_BASE      0x0c000000ull /* where -M virt puts the first platform device */
#define PLATFORM_PAGE 0x0c200000ull
#define RAM_BASE      0x40000000ull
#define GIC_DIST      0x08000000ull
#define FIRST_SPI     112u
#define MS            1000000ull
#define MAX_SLOTS     8
#define MAX_GROUPS    (MAX_SLOTS + 1) /* more than there are slots for */
#define NO_SLOT       (~0u)
#define MAX_QUEUES    8

enum { LINE_JOB, LINE_MMU, LINE_GPU };

enum { /* registers */
    GPU_ID = 0x000, GPU_RAWSTAT = 0x020, GPU_CLEAR = 0x024, GPU_MASK = 0x028, GPU_STAT = 0x02c,
    GPU_CMD = 0x030, GPU_STATUS = 0x034, CYCLE_COUNT = 0x090, TIMESTAMP = 0x098,
    SHADER_PRESENT = 0x100, SHADER_READY = 0x140, TILER_READY = 0x150, L2_READY = 0x160,
    SHADER_PWRON = 0x180, TILER_PWRON = 0x190, L2_PWRON = 0x1a0,
    SHADER_PWROFF = 0x1c0, TILER_PWROFF = 0x1d0, L2_PWROFF = 0x1e0,
    SHADER_PWRTRANS = 0x200, TILER_PWRTRANS = 0x210, L2_PWRTRANS = 0x220,
    MCU_CONTROL = 0x700, MCU_STATUS = 0x704,
    JOB_RAWSTAT = 0x1000, JOB_CLEAR = 0x1004, JOB_MASK = 0x1008, JOB_STAT = 0x100c,
    MMU_RAWSTAT = 0x2000, MMU_CLEAR = 0x2004, MMU_MASK = 0x2008, MMU_STAT = 0x200c,
    LATEST_FLUSH_ID = 0x10000,
};
#define AS_REG(as, off)  (0x2400u + (as) * 0x40u + (off))
#define DOORBELL(n)      (0x80000u + (n) * 0x10000u)
enum { /* in an AS block */
    AS_TRANSTAB = 0x00, AS_MEMATTR = 0x08, AS_LOCKADDR = 0x10, AS_COMMAND = 0x18,
    AS_FAULTSTATUS = 0x1c, AS_FAULTADDRESS = 0x20, AS_STATUS = 0x28, AS_TRANSCFG = 0x30,
};
enum { AS_NOP, AS_UPDATE, AS_LOCK, AS_UNLOCK, AS_FLUSH_PT, AS_FLUSH_MEM };

#define IRQ_RESET_DONE  (1u << 8)
#define IRQ_POWER_ONE   (1u << 9)
#define IRQ_POWER_ALL   (1u << 10)
#define IRQ_FLUSH_DONE  (1u << 17)
#define IRQ_MCU_STATUS  (1u << 19)
#define JOB_GLB         (1u << 31)

/* Page-table descriptors, Arm LPAE stage 1. */
#define PTE_VALID  1ull
#define PTE_TABLE  2ull /* a page, at level 3 */
#define PTE_ATTR(n) ((uint64_t)(n) << 2)
#define PTE_USER   (1ull << 6)
#define PTE_RO     (1ull << 7)
#define PTE_AF     (1ull << 10)
#define PTE_XN     (1ull << 54)
#define PTE_R      (PTE_VALID | PTE_USER | PTE_RO | PTE_AF | PTE_XN)
#define PTE_RW     (PTE_VALID | PTE_USER | PTE_AF | PTE_XN)
#define PTE_RX     (PTE_VALID | PTE_USER | PTE_RO | PTE_AF)
/* MEMATTR: 0 not cached, 1 write-back, 2 device; 3 to 7 are the fault encoding. */
#define MEMATTR    0xc0c0c0c0c04c9f4cull
#define TRANSCFG   ((uint64_t)(6 | (55 - 48) << 6 | 2 << 24 | 1 << 30))

/* Firmware's address space. */
#define SHARED_VA   0x04000000u
#define SHARED_SIZE 0x100000u
#define HANDLER_VA  0x1000u /* the reset handler's page; the vectors are at 0 */
#define SUSPEND_VA  0x08000000u
#define USERIO_VA   0x0c000000u
/* A VM's address space; each area is 2 MiB, except the rings. */
#define DATA_VA     0x30000000ull
#define STREAM_VA   0x20000000ull
#define RING_VA     0x10000000ull
#define RING_SIZE   4096u

/* GLB, CSG and CS requests and events. */
#define GLB_PING        (1u << 8)
#define GLB_IDLE_EVENT  (1u << 26)
#define CSG_SYNC_UPDATE (1u << 28)
#define CSG_IDLE        (1u << 29)
#define CSG_PROGRESS    (1u << 31)
#define CS_PROTM        (1u << 27)
#define CS_FATAL        (1u << 30)
#define CS_FAULT        (1u << 31)
enum { CSG_TERMINATE, CSG_START, CSG_SUSPEND, CSG_RESUME };

struct rig {
    struct qtest *q;
    uint64_t next;            /* guest memory not yet given out */
    uint64_t vectors, handler, shared, fw_root;
    uint32_t group_num, group_stride, stream_num, stream_stride, suspend_size;
    uint64_t vm_root[16], data[16], stream[16];
    uint32_t stream_used[16];
    /* Per group: its memory, and the slot that it is in. */
    uint64_t suspend[MAX_GROUPS], userio[MAX_GROUPS][MAX_QUEUES], ring[MAX_GROUPS][MAX_QUEUES];
    unsigned slot[MAX_GROUPS];
};

/** A GPU after reset, deterministic, with more @properties ("" or "a=b,c=d"). */
struct rig *rig_new(const char *properties);
/** As rig_new(), but all arguments of qtest_start() are the caller's. */
struct rig *rig_new_raw(const char *properties, const char *extra);
/** L2 on, firmware loaded, booted and configured. NULL after a failed check. */
struct rig *rig_up(const char *properties);
void rig_free(struct rig *r);

uint32_t rd(struct rig *r, uint32_t off);
uint64_t rd64(struct rig *r, uint32_t off);
void wr(struct rig *r, uint32_t off, uint32_t val);
void wr64(struct rig *r, uint32_t off, uint64_t val); /* two halves, low first */
void step(struct rig *r, uint64_t ns);

/* --- guest memory ------------------------------------------------------------------- */
uint64_t rig_pages(struct rig *r, uint64_t bytes, uint64_t align); /* zeroed */
uint32_t mem32(struct rig *r, uint64_t pa);
void set32(struct rig *r, uint64_t pa, uint32_t val);
uint64_t mem64(struct rig *r, uint64_t pa);
void set64(struct rig *r, uint64_t pa, uint64_t val);

/* --- page tables, address spaces -------------------------------------------------------- */
/** Writes the descriptor for @va at @level; makes the tables above it. */
void pt_set(struct rig *r, uint64_t root, uint64_t va, unsigned level, uint64_t desc);
/** Maps with 2 MiB blocks where possible, else 4 KiB pages; @bits: PTE_R, PTE_RW, PTE_RX. */
void pt_map(struct rig *r, uint64_t root, uint64_t va, uint64_t pa, uint64_t size, uint64_t bits);
/** Issues a command and waits until it is not active. */
void as_command(struct rig *r, unsigned as, unsigned command);
void as_enable(struct rig *r, unsigned as, uint64_t root);

/* --- firmware ------------------------------------------------------------------------------ */
bool power_l2(struct rig *r);
/** Lays out an image's sections in the firmware's VM and enables AS 0. */
void load_firmware(struct rig *r);
/** Enables the MCU; true when the global interface's interrupt came. */
bool boot(struct rig *r);
/** Takes group_num and so on from the published interface; boot() does. */
void read_layout(struct rig *r);
/** Interface memory at a firmware VA. */
uint32_t fw(struct rig *r, uint32_t va);
void set_fw(struct rig *r, uint32_t va, uint32_t val);
void set_fw64(struct rig *r, uint32_t va, uint64_t val);
uint32_t glb_in(struct rig *r);
uint32_t glb_out(struct rig *r);
uint32_t csg_in(struct rig *r, unsigned g);
uint32_t csg_out(struct rig *r, unsigned g);
uint32_t cs_in(struct rig *r, unsigned g, unsigned i);
uint32_t cs_out(struct rig *r, unsigned g, unsigned i);

/** Toggles global request @bits and rings; true when acknowledged. */
bool glb_request(struct rig *r, uint32_t bits);
/** Toggles group request bits (endpoint configuration, status update). */
bool csg_request(struct rig *r, unsigned g, uint32_t bits);
/** Asks for a state of the group. */
bool csg_state(struct rig *r, unsigned g, unsigned state);
void ring_csg(struct rig *r, unsigned g);
/** Rings for stream @i of the group, whose request word was changed. */
void ring_cs(struct rig *r, unsigned g, unsigned i);
/** Event bits of a group / stream that the host has not acknowledged. */
uint32_t csg_events(struct rig *r, unsigned g);
uint32_t cs_events(struct rig *r, unsigned g, unsigned i);
void csg_ack(struct rig *r, unsigned g, uint32_t bits);

/* --- groups, rings ----------------------------------------------------------------------------- */
/** Enables address space @as with data and stream areas. */
void vm_new(struct rig *r, unsigned as);
/** Gives group @g rings, ring interfaces and a suspend buffer, if it has none. It is in no slot. */
void group_new(struct rig *r, unsigned g, unsigned as, unsigned queues);
/** Programs @slot for group @g: @queues queues in VM @as. */
void group_place(struct rig *r, unsigned slot, unsigned g, unsigned as, unsigned queues);
/** Programs slot @g for group @g. */
void group_prog(struct rig *r, unsigned g, unsigned as, unsigned queues);
bool group_start(struct rig *r, unsigned g, unsigned as, unsigned queues);
/** Appends @n words to the ring, padded to 64 bytes, and kicks if the group is in a slot. */
void submit(struct rig *r, unsigned g, unsigned i, const uint64_t *words, unsigned n);
/** Copies a stream into VM @as; its VA. */
uint64_t put_stream(struct rig *r, unsigned as, const uint64_t *words, unsigned n);
/** Calls a stream from the ring. */
void submit_call(struct rig *r, unsigned g, unsigned i, uint64_t va, unsigned words);
uint64_t extract(struct rig *r, unsigned g, unsigned i);
uint32_t data32(struct rig *r, unsigned as, uint32_t off);

/* --- command-stream words, from v10.xml's bit positions ------------------------------------------ */
static inline uint64_t cs_op(unsigned op, uint64_t rest)
{
    return (uint64_t)op << 56 | rest;
}

static inline uint64_t cs_mov48(unsigned reg, uint64_t imm)
{
    return cs_op(1, (uint64_t)reg << 48 | (imm & 0xffffffffffffull));
}

static inline uint64_t cs_mov32(unsigned reg, uint32_t imm)
{
    return cs_op(2, (uint64_t)reg << 48 | imm);
}

static inline uint64_t cs_wait(unsigned mask)
{
    return cs_op(3, (uint64_t)mask << 16);
}

static inline uint64_t cs_add32(unsigned dst, unsigned src, int32_t imm)
{
    return cs_op(16, (uint64_t)dst << 48 | (uint64_t)src << 40 | (uint32_t)imm);
}

static inline uint64_t cs_load32(unsigned reg, unsigned addr)
{
    return cs_op(20, (uint64_t)reg << 48 | (uint64_t)addr << 40 | 1 << 16);
}

static inline uint64_t cs_store32(unsigned reg, unsigned addr)
{
    return cs_op(21, (uint64_t)reg << 48 | (uint64_t)addr << 40 | 1 << 16);
}

enum { CS_LE, CS_GT, CS_EQ, CS_NE, CS_LT, CS_GE, CS_ALWAYS };

static inline uint64_t cs_branch(unsigned cond, unsigned reg, int16_t off)
{
    return cs_op(22, (uint64_t)cond << 28 | (uint64_t)reg << 40 | (uint16_t)off);
}

static inline uint64_t cs_call(unsigned addr, unsigned len)
{
    return cs_op(32, (uint64_t)addr << 40 | (uint64_t)len << 32);
}

static inline uint64_t cs_sync_add64(unsigned addr, unsigned data)
{
    return cs_op(51, 1 | (uint64_t)addr << 40 | (uint64_t)data << 32);
}

static inline uint64_t cs_sync_wait64(unsigned addr, unsigned data, unsigned cond)
{
    return cs_op(53, (uint64_t)cond << 28 | (uint64_t)addr << 40 | (uint64_t)data << 32);
}

#endif
