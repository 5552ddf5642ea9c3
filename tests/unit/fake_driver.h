/*
 * What a kernel driver does to the GPU, in little: power, firmware, address
 * spaces, groups, rings. For unit tests, fuzzers and the benchmark that need a
 * running device. Reads the interface layout from the control blocks, as a
 * driver must, and keeps its own offsets: nothing of hw/mcu is included.
 *
 * Deterministic: no GPU thread; fd_pump() moves work and virtual time on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_FAKE_DRIVER_H
#define GARM_FAKE_DRIVER_H

#include "fake_host.h"
#include "../../hw/gpu/gpu.h"

#define FD_RING_VA    0x10000000ull /* + slot * 1 MiB + queue * 64 KiB, in the group's VM */
#define FD_STREAM_VA  0x20000000ull
#define FD_DATA_VA    0x30000000ull /* 1 MiB, zero at first */
#define FD_RING_SIZE  4096u
#define FD_SHARED_VA  0x04000000ull
#define FD_SUSPEND_VA 0x08000000ull /* + group * 1 MiB, in the firmware's VM */
#define FD_USERIO_VA  0x0c000000ull /* + slot * 256 KiB + queue * 8 KiB */

struct fake_driver {
    struct fake_host *h;
    struct mali_gpu *gpu;
    uint64_t fw_root, shared_pa, next_page; /* next_page: physical pages handed out */
    uint32_t group_num, group_stride, stream_num, stream_stride, suspend_size;
    uint64_t vm_root[16];
    uint64_t data_pa[16], stream_pa[16];
    uint32_t stream_used[16];
};

/** A GPU with @cfg (NULL: defaults), powered up and with booted firmware; NULL if that failed. */
struct fake_driver *fd_new(const struct mali_config *cfg);
void fd_free(struct fake_driver *d);
/** Only the GPU, cold. */
struct fake_driver *fd_new_cold(const struct mali_config *cfg);
bool fd_power_l2(struct fake_driver *d);
void fd_load_firmware(struct fake_driver *d);
bool fd_boot(struct fake_driver *d);

uint32_t fd_rd(struct fake_driver *d, uint32_t off);
void fd_wr(struct fake_driver *d, uint32_t off, uint32_t val);
/** Runs work and timers for at most @ns of virtual time, or until nothing is left to wait for. */
void fd_pump(struct fake_driver *d, uint64_t ns);

uint64_t fd_pages(struct fake_driver *d, uint64_t bytes);
/** Enables address space @as with ring, stream and data areas mapped. */
void fd_vm(struct fake_driver *d, unsigned as);

/** Interface memory: word at @off of a block. */
uint32_t *fd_word(struct fake_driver *d, uint32_t va);
uint32_t fd_glb_in(struct fake_driver *d);
uint32_t fd_glb_out(struct fake_driver *d);
uint32_t fd_csg_in(struct fake_driver *d, unsigned g);
uint32_t fd_csg_out(struct fake_driver *d, unsigned g);
uint32_t fd_cs_in(struct fake_driver *d, unsigned g, unsigned i);
uint32_t fd_cs_out(struct fake_driver *d, unsigned g, unsigned i);

/** Toggles global request @bits and rings; true when they were acknowledged. */
bool fd_glb_request(struct fake_driver *d, uint32_t bits);
void fd_ring_csg(struct fake_driver *d, unsigned g);
/** Sets the group's state field and rings; true when acknowledged. */
bool fd_csg_state(struct fake_driver *d, unsigned g, unsigned state);
bool fd_csg_request(struct fake_driver *d, unsigned g, uint32_t toggle);
/** Programs slot @g for group number @group (its suspend buffer) with @queues queues in VM @as. */
void fd_group_prog(struct fake_driver *d, unsigned g, unsigned group, unsigned as, unsigned queues);
/** Programs the slot with fresh rings and starts it. */
bool fd_group_start(struct fake_driver *d, unsigned g, unsigned as, unsigned queues);
/** Puts @n words into the ring of queue @q (padded to 64 bytes), without ringing. */
void fd_ring_put(struct fake_driver *d, unsigned g, unsigned q, const uint64_t *words, unsigned n);
/** Rings user doorbell of slot @g. */
void fd_kick(struct fake_driver *d, unsigned g);
/** Copies a stream into VM @as; returns its VA (64-byte aligned). */
uint64_t fd_stream(struct fake_driver *d, unsigned as, const uint64_t *words, unsigned n);
uint64_t fd_extract(struct fake_driver *d, unsigned g, unsigned q);
uint32_t *fd_data(struct fake_driver *d, unsigned as, uint32_t off);

/* Command-stream words, by hand from v10.xml's bit positions. */
static inline uint64_t cs_word(unsigned op, uint64_t rest)
{
    return (uint64_t)op << 56 | rest;
}
static inline uint64_t cs_mov48(unsigned reg, uint64_t imm)
{
    return cs_word(1, (uint64_t)reg << 48 | (imm & 0xffffffffffffull));
}
static inline uint64_t cs_mov32(unsigned reg, uint32_t imm)
{
    return cs_word(2, (uint64_t)reg << 48 | imm);
}
static inline uint64_t cs_wait(unsigned mask)
{
    return cs_word(3, (uint64_t)mask << 16);
}
static inline uint64_t cs_add32(unsigned dst, unsigned src, int32_t imm)
{
    return cs_word(16, (uint64_t)dst << 48 | (uint64_t)src << 40 | (uint32_t)imm);
}
static inline uint64_t cs_store(unsigned reg, unsigned addr, unsigned mask, int16_t off)
{
    return cs_word(21, (uint64_t)reg << 48 | (uint64_t)addr << 40 | (uint64_t)mask << 16 |
                           (uint16_t)off);
}
static inline uint64_t cs_branch(unsigned cond, unsigned reg, int16_t off)
{
    return cs_word(22, (uint64_t)cond << 28 | (uint64_t)reg << 40 | (uint16_t)off);
}
static inline uint64_t cs_call(unsigned addr, unsigned len)
{
    return cs_word(32, (uint64_t)addr << 40 | (uint64_t)len << 32);
}
static inline uint64_t cs_sync_add64(unsigned addr, unsigned data)
{
    return cs_word(51, 1 | (uint64_t)addr << 40 | (uint64_t)data << 32);
}
static inline uint64_t cs_sync_wait64(unsigned addr, unsigned data, unsigned cond)
{
    return cs_word(53, (uint64_t)cond << 28 | (uint64_t)addr << 40 | (uint64_t)data << 32);
}

#endif
