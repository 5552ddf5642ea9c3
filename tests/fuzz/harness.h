/*
 * What the fuzz targets share: a host that checks what the core asks of it, a
 * reader of fuzz input, page tables, and the driver's boot sequence, so that a
 * target starts in a deep state.
 *
 * Everything is deterministic: same input, same run. A broken promise of the
 * core (see hx_die() calls) aborts, which libFuzzer reports like a crash.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GARM_FUZZ_HARNESS_H
#define GARM_FUZZ_HARNESS_H

#include <string.h>

#include "../../hw/bus/bus.h"
#include "../../hw/gpu/gpu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- input ------------------------------------------------------------------- */
struct fz {
    const uint8_t *p;
    size_t n;
};
/* Past the end: zeroes. */
uint64_t fz_bits(struct fz *f, unsigned bytes);
#define fz_u8(f)  ((uint8_t)fz_bits(f, 1))
#define fz_u16(f) ((uint16_t)fz_bits(f, 2))
#define fz_u32(f) ((uint32_t)fz_bits(f, 4))
#define fz_u64(f) fz_bits(f, 8)
/** A value that often means something: addresses of the harness, edges, raw bits. */
uint64_t fz_value(struct fz *f);

/* --- the host ------------------------------------------------------------------ */
#define HX_RAM_BASE 0x40000000ull
#define HX_HALF     0x200000ull      /* RAM is two host blocks of this size, with guards */
#define HX_RAM_SIZE (2 * HX_HALF)
#define HX_ROM_BASE (HX_RAM_BASE + HX_RAM_SIZE - 0x10000) /* the last 64 KiB cannot be written */

/* Where the harness puts things in the user address space of every group. */
#define HX_USER_AS     1
#define HX_RING_VA     0x10000000ull /* + 0x10000 per stream: 4 KiB rings */
#define HX_STREAM_VA   0x20000000ull /* 32 KiB: command streams */
#define HX_STREAM_SIZE 0x8000ull
#define HX_DATA_VA     0x30000000ull /* 64 KiB, RW */
#define HX_DATA_SIZE   0x10000ull
#define HX_RO_VA       0x38000000ull /* one page, read only; a ROM page follows */
/* ... and in the firmware's */
#define HX_IFACE_VA    0x08000000ull /* + 0x2000 per stream: ring input and output page */
#define HX_SUSPEND_VA  0x09000000ull /* + 0x10000 per group */
#define HX_SHARED_VA   0x04000000ull
#define HX_CSGS        3
#define HX_STREAMS     8

struct hx {
    struct mali_bus bus; /* for targets without a GPU */
    struct mali_gpu *gpu;
    uint8_t *half[2];
    uint64_t next_page;  /* allocator: pages of the first, then the second half */
    uint64_t now, timer, calls;
    bool verbose;        /* FUZZ_LOG is set: log lines and events to stderr */
    uint64_t root0, root1, shared_pa, data_pa, stream_pa, ring_pa, iface_pa;
    bool booted;
};

/** New host; the GPU too when @cfg is given. RAM reads zero. */
void hx_init(struct hx *h, const struct mali_config *cfg);
void hx_config(struct mali_config *cfg); /* the usual small deterministic device */
void hx_fini(struct hx *h);
_Noreturn void hx_die(const char *what);
/** Host pointer to guest-physical memory; NULL outside RAM or across the halves. */
void *hx_ram(const struct hx *h, uint64_t pa, uint64_t len);

/* --- MMIO, time ------------------------------------------------------------------ */
void hx_w(struct hx *h, uint32_t off, uint32_t val);
void hx_w64(struct hx *h, uint32_t off, uint64_t val); /* two halves, low first, as panthor */
uint32_t hx_r(struct hx *h, uint32_t off);
/** Moves virtual time, serving the timer; then lets the GPU run for a bounded while. */
void hx_advance(struct hx *h, uint64_t ns);
void hx_run(struct hx *h);
/** Interrupt lines equal what the STAT registers say. */
void hx_check_irq(struct hx *h);
/** save, load, save: must succeed and give the same image. */
void hx_snapshot_roundtrip(struct hx *h);

/* --- memory ------------------------------------------------------------------------ */
enum { HX_R = 1, HX_W = 2, HX_X = 4 };
uint64_t hx_pages(struct hx *h, unsigned n); /* contiguous, zeroed; dies when RAM is used up */
void hx_map(struct hx *h, uint64_t root, uint64_t va, uint64_t pa, uint64_t size, unsigned rwx);
#define HX_MEMATTR   0xc0c0c0c0c04c9f4cull /* as panthor 6.12 writes it */
#define HX_TRANSCFG  ((uint64_t)(6 | (55 - 48) << 6 | 2 << 24 | 1 << 30))
void hx_as_enable(struct hx *h, unsigned as, uint64_t root);

/* --- driver-like sequences ------------------------------------------------------------ */
void hx_l2_on(struct hx *h);
/** Loads the free firmware, enables AS0 and the MCU. True when it came up. */
bool hx_boot(struct hx *h);
/** User address space: rings, streams, data, read-only and ROM pages in AS HX_USER_AS. */
void hx_user_space(struct hx *h);
void *hx_shared(struct hx *h, uint32_t off); /* interface memory */
uint32_t hx_get(struct hx *h, uint32_t off); /* a word of it; 0 outside */
void hx_put(struct hx *h, uint32_t off, uint32_t val);
/* Offsets in the shared section of input and output blocks, as the firmware published them. */
uint32_t hx_glb_in(struct hx *h), hx_glb_out(struct hx *h);
uint32_t hx_csg_in(struct hx *h, unsigned g), hx_csg_out(struct hx *h, unsigned g);
uint32_t hx_cs_in(struct hx *h, unsigned g, unsigned s), hx_cs_out(struct hx *h, unsigned g, unsigned s);
void hx_group_request(struct hx *h, unsigned g, uint32_t state);
void hx_stream_setup(struct hx *h, unsigned g, unsigned s);
/** Copies @n words into the ring, moves INSERT and rings the stream's doorbell. */
void hx_submit(struct hx *h, unsigned g, unsigned s, const uint64_t *words, unsigned n);
/** A command-stream instruction: mostly known opcodes. */
uint64_t hx_insn(struct fz *f);

#endif
