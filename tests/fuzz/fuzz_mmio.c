/*
 * Random register accesses and virtual time against a whole device.
 *
 * Input: a byte of flags (bit 0: boot first, bit 1: trace instructions), then operations.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "harness.h"

static uint32_t known[1024];
static unsigned known_count;

static void learn_registers(void)
{
    for (uint32_t off = 0; off < MALI_MMIO_SIZE && known_count < 1024; off += 4) {
        if (off == 0x4000) {
            off = 0x10000;
        } else if (off > 0x10000 && (off & 0xffff) > 4) {
            off |= 0xfffc;
            continue;
        }
        if (mali_gpu_reg_name(off)) {
            known[known_count++] = off;
        }
    }
    if (!known_count) {
        hx_die("no register has a name");
    }
}

static void host_event(struct hx *h, struct fz *f)
{
    switch (fz_u8(f) % 8) {
    case 0:
        mali_gpu_set_clock(h->gpu, (uint32_t)fz_value(f));
        break;
    case 1:
        mali_gpu_set_voltage(h->gpu, (uint32_t)fz_value(f));
        break;
    case 2:
        mali_gpu_ram_changed(h->gpu);
        break;
    case 3:
        mali_gpu_dirty_sync(h->gpu);
        break;
    case 4:
        mali_gpu_system_reset(h->gpu);
        break;
    case 5:
        mali_gpu_pause(h->gpu);
        hx_w(h, known[fz_u8(f) % known_count], fz_u32(f));
        hx_advance(h, fz_u16(f));
        mali_gpu_resume(h->gpu);
        break;
    case 6:
        hx_snapshot_roundtrip(h);
        break;
    default:
        mali_gpu_timer_expired(h->gpu); /* spurious */
    }
}

static void operation(struct hx *h, struct fz *f)
{
    uint32_t off, as;

    switch (fz_u8(f) % 10) {
    case 0: case 1: case 2:
        off = known[fz_u16(f) % known_count];
        hx_w(h, off, (uint32_t)fz_value(f));
        break;
    case 3:
        hx_r(h, known[fz_u16(f) % known_count]);
        break;
    case 4: /* anything, anywhere */
        off = fz_u32(f) % MALI_MMIO_SIZE;
        if (off & 1) {
            mali_gpu_write(h->gpu, off & ~7u, fz_u64(f), 8);
        } else if (off & 2) {
            mali_gpu_read(h->gpu, off & ~7u, 8);
        } else {
            hx_w(h, off & ~3u, fz_u32(f));
        }
        break;
    case 5:
        hx_advance(h, 1ull << (fz_u8(f) % 32));
        break;
    case 6: /* a whole AS set-up with odd values */
        as = fz_u8(f) % 16;
        hx_w64(h, 0x2400 + 0x40 * as, fz_value(f));
        hx_w64(h, 0x2430 + 0x40 * as, fz_u8(f) & 1 ? HX_TRANSCFG : fz_value(f));
        hx_w64(h, 0x2410 + 0x40 * as, fz_value(f));
        hx_w(h, 0x2418 + 0x40 * as, fz_u8(f) % 8);
        break;
    case 7:
        hx_w(h, 0x30, (uint32_t[]){0x101, 0x201, 4, 0x22204, 0x104, 1}[fz_u8(f) % 6]);
        break;
    case 8:
        host_event(h, f);
        break;
    default:
        hx_w(h, 0x80000 + 0x10000 * (fz_u8(f) % 24), fz_u8(f));
        hx_run(h);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz f = {data, size};
    struct mali_config cfg;
    struct hx h;
    uint8_t flags = fz_u8(&f);

    if (!known_count) {
        learn_registers();
    }
    hx_config(&cfg);
    cfg.trace_instr = flags & 2;
    hx_init(&h, &cfg);
    if (flags & 1 && !hx_boot(&h)) {
        hx_die("the free firmware does not boot");
    }
    for (unsigned n = 0; f.n && n < 200; n++) {
        operation(&h, &f);
        if (n % 4 == 3 || !f.n) { /* each look runs the device: an endless stream makes it slow */
            hx_check_irq(&h);
        }
    }
    hx_fini(&h);
    return 0;
}
