/*
 * The firmware interface: boots the microcontroller as the driver does, then
 * randomises interface memory, queues, page tables and doorbells.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "harness.h"

static void submit_random(struct hx *h, struct fz *f, unsigned g, unsigned s)
{
    uint64_t words[16];
    unsigned n = 1 + fz_u8(f) % 16;

    for (unsigned i = 0; i < n; i++) {
        words[i] = hx_insn(f);
    }
    hx_submit(h, g, s, words, n);
}

static void ring_group(struct hx *h, unsigned g)
{
    uint32_t glb = hx_glb_in(h);

    hx_put(h, glb + 8, hx_get(h, glb + 8) ^ 1u << g);
    hx_w(h, 0x80000, 1);
    hx_run(h);
}

/* As the host does: acknowledge everything that differs. */
static void host_ack(struct hx *h, unsigned g)
{
    uint32_t in = hx_csg_in(h, g), out = hx_csg_out(h, g);
    const uint32_t csg_events = 0xf0000000u, cs_events = 0xcc000000u;

    hx_put(h, in, (hx_get(h, in) & ~csg_events) | (hx_get(h, out) & csg_events));
    hx_put(h, in + 0x0c, hx_get(h, out + 0x0c));
    for (unsigned s = 0; s < HX_STREAMS; s++) {
        uint32_t ci = hx_cs_in(h, g, s), co = hx_cs_out(h, g, s);

        hx_put(h, ci, (hx_get(h, ci) & ~cs_events) | (hx_get(h, co) & cs_events));
    }
    hx_w(h, 0x1004, 0xffffffff);
}

static void operation(struct hx *h, struct fz *f)
{
    unsigned op = fz_u8(f) % 18, where = fz_u8(f);
    unsigned g = where % HX_CSGS, s = where / HX_CSGS % HX_STREAMS;
    uint32_t off;
    void *p;

    switch (op) {
    case 0: /* any word of the interface, control blocks included */
        hx_put(h, fz_u32(f) & 0x1fffc, (uint32_t)fz_value(f));
        break;
    case 1: /* a global request */
        off = hx_glb_in(h);
        hx_put(h, off, hx_get(h, off) ^ 1u << where % 32);
        hx_w(h, 0x80000, 1);
        hx_run(h);
        break;
    case 2:
        hx_put(h, hx_glb_in(h) + where % 0x90 / 4 * 4, (uint32_t)fz_value(f));
        break;
    case 3: /* a group request, state or bits */
        off = hx_csg_in(h, g);
        hx_put(h, off, hx_get(h, off) ^ (fz_u8(f) & 1 ? fz_u32(f) : 1u << fz_u8(f) % 32));
        ring_group(h, g);
        break;
    case 4:
        hx_put(h, hx_csg_in(h, g) + fz_u8(f) % 0x58 / 4 * 4, (uint32_t)fz_value(f));
        break;
    case 5:
        hx_put(h, hx_cs_in(h, g, s) + fz_u8(f) % 0x58 / 4 * 4, (uint32_t)fz_value(f));
        break;
    case 6:
        hx_stream_setup(h, g, s);
        break;
    case 7:
        hx_group_request(h, g, fz_u8(f) % 4);
        break;
    case 8: case 9: case 10:
        submit_random(h, f, g, s);
        break;
    case 11:
        hx_advance(h, 1ull << (where % 33));
        break;
    case 12:
        hx_w(h, 0x80000 + 0x10000 * (where % 24), 1);
        hx_run(h);
        break;
    case 13: /* tables, rings, suspend images: any word of RAM */
        p = hx_ram(h, HX_RAM_BASE + (fz_u32(f) % (HX_RAM_SIZE - 0x10000) & ~7ull), 8);
        if (p) {
            uint64_t v = fz_value(f);

            memcpy(p, &v, 8);
        }
        break;
    case 14: /* AS commands under load */
        off = 0x2400 + 0x40 * (where & 1);
        hx_w64(h, off + 0x10, (fz_u32(f) & ~0x3full) | (fz_u8(f) & 63));
        hx_w(h, off + 0x18, fz_u8(f) % 6);
        hx_run(h);
        break;
    case 15:
        host_ack(h, g);
        break;
    case 16:
        hx_snapshot_roundtrip(h);
        break;
    default: /* the ring's INSERT: past the ring, backwards, huge */
        p = hx_ram(h, h->iface_pa + 0x2000ull * (g * HX_STREAMS + s), 8);
        if (p) {
            uint64_t v = fz_value(f);

            memcpy(p, &v, 8);
        }
        if (where & 0x80) { /* reset and boot anew over what is there */
            hx_w(h, 0x700, 0);
            hx_w(h, 0x30, 0x101);
            hx_advance(h, 10000000);
            hx_boot(h);
            hx_as_enable(h, HX_USER_AS, h->root1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz f = {data, size};
    struct mali_config cfg;
    struct hx h;
    uint8_t flags = fz_u8(&f);

    hx_config(&cfg);
    cfg.trace_instr = flags & 2;
    hx_init(&h, &cfg);
    hx_user_space(&h);
    if (!hx_boot(&h)) {
        hx_die("the free firmware does not boot");
    }
    if (flags & 1) { /* a group that runs */
        hx_stream_setup(&h, 0, 0);
        hx_stream_setup(&h, 0, 1);
        hx_group_request(&h, 0, 1);
    }
    for (unsigned n = 0; f.n && n < 64; n++) {
        operation(&h, &f);
        if (n % 4 == 3 || !f.n) { /* each look runs the device: an endless stream makes it slow */
            hx_check_irq(&h);
        }
    }
    hx_fini(&h);
    return 0;
}
