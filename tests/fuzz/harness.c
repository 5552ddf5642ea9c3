/*
 * The fuzz host and the driver-like sequences. See harness.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "harness.h"
#include "../../hw/csf/cs.h"
#include "../../hw/trace/trace.h"
#include "../../images/firmware/fwbuild.h"
#include "../../images/firmware/fwimage.h"

#define GUARD 0x10000ull
#define PAGE  0x1000ull

_Noreturn void hx_die(const char *what)
{
    fprintf(stderr, "fuzz: promise broken: %s\n", what);
    abort();
}

/* --- input ------------------------------------------------------------------------ */

uint64_t fz_bits(struct fz *f, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes && f->n; i++, f->n--) {
        v |= (uint64_t)*f->p++ << (8 * i);
    }
    return v;
}

uint64_t fz_value(struct fz *f)
{
    static const uint64_t special[] = {
        0, 1, 2, 3, 4, 7, 8, 16, 63, 64, 0xff, 0xfff, 0x1000, 0xffff, 0x10000, 0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, 0xffffffffffff, 0x1000000000000, UINT64_MAX,
        UINT64_MAX - 7, HX_DATA_VA, HX_DATA_VA + HX_DATA_SIZE - 8, HX_DATA_VA + HX_DATA_SIZE,
        HX_RING_VA, HX_RING_VA + 0x1000 - 8, HX_STREAM_VA, HX_STREAM_VA + 8, HX_RO_VA,
        HX_RO_VA + 0x1000, HX_IFACE_VA, HX_IFACE_VA + 0x1000, HX_SUSPEND_VA, HX_SHARED_VA,
        HX_RAM_BASE, HX_RAM_BASE + HX_HALF - 8, HX_RAM_BASE + HX_RAM_SIZE, HX_ROM_BASE,
        HX_SHARED_VA + 0x1000, 0x20000, 0x5a5a5a5a,
    };
    uint8_t k = fz_u8(f);

    if (k < 64) {
        return special[k % (sizeof(special) / sizeof(special[0]))];
    }
    if (k < 96) {
        return HX_DATA_VA + (fz_u16(f) & ~7ull);
    }
    if (k < 112) {
        return 1ull << (k & 63);
    }
    if (k < 160) {
        return fz_u8(f);
    }
    if (k < 224) {
        return fz_u32(f);
    }
    return fz_u64(f);
}

/* --- the host's side of the bus ------------------------------------------------------ */

void *hx_ram(const struct hx *h, uint64_t pa, uint64_t len)
{
    uint64_t off = pa - HX_RAM_BASE, in = off % HX_HALF;

    if (off >= HX_RAM_SIZE || len > HX_HALF - in) {
        return NULL;
    }
    return h->half[off / HX_HALF] + in;
}

static void *op_ram(void *opaque, uint64_t pa, uint64_t *avail, bool *writable)
{
    struct hx *h = opaque;
    uint64_t off = pa - HX_RAM_BASE;

    if (off >= HX_RAM_SIZE) {
        *avail = 0;
        *writable = false;
        return NULL;
    }
    *writable = pa < HX_ROM_BASE;
    /* up to the end of the block or of what can be written */
    *avail = (*writable && pa >= HX_RAM_BASE + HX_HALF ? HX_ROM_BASE - HX_RAM_BASE
                                                       : (off / HX_HALF + 1) * HX_HALF) - off;
    return hx_ram(h, pa, 1);
}

static void op_dirty(void *opaque, uint64_t pa, uint64_t len)
{
    (void)opaque;
    if (pa < HX_RAM_BASE || len > HX_ROM_BASE - HX_RAM_BASE || pa - HX_RAM_BASE > HX_ROM_BASE - HX_RAM_BASE - len) {
        hx_die("dirty() outside writable RAM");
    }
}

static uint64_t op_now(void *opaque)
{
    return ((struct hx *)opaque)->now;
}

static uint64_t op_counter(void *opaque)
{
    return ((struct hx *)opaque)->now / 1000 * 24;
}

static uint32_t op_counter_hz(void *opaque)
{
    (void)opaque;
    return 24000000;
}

static void op_timer(void *opaque, uint64_t ns)
{
    ((struct hx *)opaque)->timer = ns;
}

static void op_irq(void *opaque)
{
    struct hx *h = opaque;

    h->calls++;
    if (h->gpu && mali_gpu_irq_levels(h->gpu) >> MALI_IRQ_LINES) {
        hx_die("irq_levels() has bits that are no line");
    }
}

static void op_log(void *opaque, enum mali_log level, const char *line)
{
    struct hx *h = opaque;

    h->calls += strlen(line) + level;
    if (strchr(line, '\n')) {
        hx_die("a log line holds a newline");
    }
    if (h->verbose) {
        fprintf(stderr, "log%d %s\n", level, line);
    }
}

static void op_trace(void *opaque, const struct mali_event *ev)
{
    struct hx *h = opaque;

    if ((unsigned)ev->id >= MALI_EV_COUNT) {
        hx_die("a trace event without a row");
    }
    h->calls += ev->name ? strlen(ev->name) : 0;
    if (h->verbose) {
        fprintf(stderr, "event %d %s %llx %llx %llx %llx\n", ev->id, ev->name ? ev->name : "-",
                (unsigned long long)ev->a, (unsigned long long)ev->b, (unsigned long long)ev->c,
                (unsigned long long)ev->d);
    }
}

static const struct mali_host_ops ops = {
    .ram = op_ram, .dirty = op_dirty, .now = op_now, .counter = op_counter,
    .counter_hz = op_counter_hz, .timer = op_timer, .irq = op_irq, .log = op_log,
    .trace = op_trace,
};

static uint8_t *half_new(void)
{
    uint8_t *p = mmap(NULL, HX_HALF + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p + GUARD, HX_HALF, PROT_READ | PROT_WRITE)) {
        hx_die("no host memory");
    }
    return p + GUARD;
}

void hx_config(struct mali_config *cfg)
{
    *cfg = (struct mali_config){.csgs = HX_CSGS,
                                .streams = HX_STREAMS,
                                .address_spaces = 4,
                                .deterministic = true,
                                .threads = 1,
                                .log_mask = 7,
                                .trace_instr = true};
}

/* The mappings outlive an input; only what was written is cleared. */
static uint8_t *halves[2];

void hx_init(struct hx *h, const struct mali_config *cfg)
{
    char *err = NULL;

    memset(h, 0, sizeof(*h));
    h->verbose = getenv("FUZZ_LOG") != NULL;
    for (unsigned i = 0; i < 2; i++) {
        if (!halves[i]) {
            halves[i] = half_new();
        }
        h->half[i] = halves[i];
        madvise(h->half[i], HX_HALF, MADV_DONTNEED);
    }
    memset(hx_ram(h, HX_ROM_BASE, 0x10000), 0xa5, 0x10000);
    h->bus = (struct mali_bus){.ops = &ops, .opaque = h, .log_mask = 7};
    h->next_page = HX_RAM_BASE;
    h->timer = UINT64_MAX;
    h->now = 1000;
    if (cfg) {
        h->gpu = mali_gpu_new(cfg, &ops, h, &err);
        if (!h->gpu) {
            hx_die(err ? err : "mali_gpu_new() failed without a reason");
        }
    }
}

void hx_fini(struct hx *h)
{
    const uint8_t *rom = hx_ram(h, HX_ROM_BASE, 0x10000);

    mali_gpu_free(h->gpu);
    h->gpu = NULL;
    for (unsigned i = 0; i < 0x10000; i++) {
        if (rom[i] != 0xa5) {
            hx_die("the ROM was written");
        }
    }
}

/* --- MMIO, time ----------------------------------------------------------------------- */

void hx_check_irq(struct hx *h)
{
    static const uint32_t stat[MALI_IRQ_LINES] = {
        [MALI_IRQ_JOB] = 0x100c, [MALI_IRQ_MMU] = 0x200c, [MALI_IRQ_GPU] = 0x2c};

    for (unsigned i = 0; i < MALI_IRQ_LINES; i++) {
        bool level = mali_gpu_irq_levels(h->gpu) >> i & 1;

        if (level != !!mali_gpu_read(h->gpu, stat[i], 4)) {
            hx_die("an interrupt line disagrees with its STAT register");
        }
    }
}

void hx_w(struct hx *h, uint32_t off, uint32_t val)
{
    mali_gpu_write(h->gpu, off, val, 4);
}

void hx_w64(struct hx *h, uint32_t off, uint64_t val)
{
    hx_w(h, off, (uint32_t)val);
    hx_w(h, off + 4, (uint32_t)(val >> 32));
}

uint32_t hx_r(struct hx *h, uint32_t off)
{
    uint64_t v = mali_gpu_read(h->gpu, off, 4);

    if (v >> 32) {
        hx_die("a 4-byte read returned more than 4 bytes");
    }
    return (uint32_t)v;
}

void hx_run(struct hx *h)
{
    for (unsigned i = 0; i < 4 && mali_gpu_run(h->gpu, 4); i++) {
    }
}

void hx_advance(struct hx *h, uint64_t ns)
{
    uint64_t end = h->now + ns;
    unsigned same = 0, total = 0;

    while (h->timer <= end) {
        uint64_t at = h->timer;

        same = at > h->now ? 0 : same + 1;
        if (same > 1000) {
            hx_die("the timer is asked for again and again without time passing");
        }
        if (++total > 6) {
            break; /* a long advance with short timers: enough of it */
        }
        h->now = at > h->now ? at : h->now;
        h->timer = UINT64_MAX;
        mali_gpu_timer_expired(h->gpu);
    }
    h->now = end > h->now ? end : h->now;
    hx_run(h);
}

void hx_snapshot_roundtrip(struct hx *h)
{
    const char *err = NULL;
    size_t n1, n2;
    void *a, *b;

    mali_gpu_pause(h->gpu);
    a = mali_gpu_save(h->gpu, &n1);
    if (!a) {
        hx_die("save failed");
    }
    if (!mali_gpu_load(h->gpu, a, n1, &err)) {
        fprintf(stderr, "load: %s\n", err ? err : "(no reason)");
        hx_die("the device refuses its own snapshot");
    }
    b = mali_gpu_save(h->gpu, &n2);
    if (!b || n1 != n2 || memcmp(a, b, n1)) {
        hx_die("save, load, save changed the image");
    }
    free(a);
    free(b);
    mali_gpu_resume(h->gpu);
}

/* --- memory ------------------------------------------------------------------------------ */

uint64_t hx_pages(struct hx *h, unsigned n)
{
    uint64_t pa = h->next_page, len = n * PAGE;

    if (!hx_ram(h, pa, len)) { /* crosses into the second block */
        pa = HX_RAM_BASE + HX_HALF;
    }
    if (pa + len > HX_ROM_BASE) {
        hx_die("harness: out of guest memory");
    }
    h->next_page = pa + len;
    return pa;
}

void hx_map(struct hx *h, uint64_t root, uint64_t va, uint64_t pa, uint64_t size, unsigned rwx)
{
    for (; size; size -= PAGE, va += PAGE, pa += PAGE) {
        uint64_t table = root, *e;

        for (unsigned level = 0; level < 3; level++) {
            e = hx_ram(h, table + (va >> (39 - 9 * level) & 511) * 8, 8);
            if (!*e) {
                *e = hx_pages(h, 1) | 3;
            }
            table = *e & 0x0000fffffffff000ull;
        }
        e = hx_ram(h, table + (va >> 12 & 511) * 8, 8);
        /* page, attribute 1 (write-back), AP[1], AF, nG-free; AP[2] read only; XN */
        *e = pa | 3 | 1 << 2 | 1 << 6 | 1 << 10 | (rwx & HX_W ? 0 : 1ull << 7) |
             (rwx & HX_X ? 0 : 3ull << 53);
    }
}

void hx_as_enable(struct hx *h, unsigned as, uint64_t root)
{
    uint32_t base = 0x2400 + 0x40 * as;

    hx_w64(h, base + 0x00, root);
    hx_w64(h, base + 0x08, HX_MEMATTR);
    hx_w64(h, base + 0x30, HX_TRANSCFG);
    hx_w(h, base + 0x18, 1);
    hx_advance(h, 1000);
}

/* --- driver-like sequences ------------------------------------------------------------------ */

void hx_l2_on(struct hx *h)
{
    hx_w(h, 0x1a0, 1);
    for (unsigned i = 0; i < 20 && !hx_r(h, 0x160); i++) {
        hx_advance(h, 1000000);
    }
}

static void load_firmware(struct hx *h)
{
    static uint8_t *image;
    static size_t size;
    struct fwi_image img;
    const char *err = NULL;

    if (!image) {
        image = fwb_build("fuzz", "0", NULL, &size, &err);
    }
    if (!image || !fwi_parse(image, size, FWI_PANTHOR_7_2, &img)) {
        hx_die("harness: the free firmware does not load");
    }
    h->root0 = hx_pages(h, 1);
    for (unsigned i = 0; i < img.section_count; i++) {
        const struct fwi_section *s = &img.sections[i];
        uint32_t bytes = s->va_end - s->va_start;
        uint64_t pa;

        if (s->va_start == FWI_SHARED_VA) {
            bytes = 0x20000; /* what the small configuration needs, and more */
        }
        pa = hx_pages(h, bytes / PAGE);
        memcpy(hx_ram(h, pa, bytes), image + s->data_start, s->data_end - s->data_start);
        hx_map(h, h->root0, s->va_start, pa, bytes,
               HX_R | (s->flags & FWI_SEC_WRITE ? HX_W : 0) | (s->flags & FWI_SEC_EXEC ? HX_X : 0));
        if (s->va_start == FWI_SHARED_VA) {
            h->shared_pa = pa;
        }
    }
}

bool hx_boot(struct hx *h)
{
    hx_l2_on(h);
    if (!h->root0) {
        load_firmware(h);
        h->iface_pa = hx_pages(h, 2 * HX_CSGS * HX_STREAMS);
        hx_map(h, h->root0, HX_IFACE_VA, h->iface_pa, 0x2000ull * HX_CSGS * HX_STREAMS, HX_R | HX_W);
    }
    hx_as_enable(h, 0, h->root0);
    hx_w(h, 0x28, 0xffffffff);
    hx_w(h, 0x1008, 0xffffffff);
    hx_w(h, 0x2008, 0x0000ffff);
    hx_w(h, 0x700, 2);
    for (unsigned i = 0; i < 50 && !(hx_r(h, 0x1000) >> 31); i++) {
        hx_advance(h, 1000000);
    }
    h->booted = hx_r(h, 0x1000) >> 31 && hx_get(h, 0) != 0;
    hx_w(h, 0x1004, 0xffffffff);
    if (h->booted) {
        uint32_t in = hx_glb_in(h);

        hx_put(h, in + 0x10, 0x271000);     /* progress timer */
        hx_put(h, in + 0x14, 0x200);        /* power-off timer */
        hx_put(h, in + 0x80, 0x20);         /* idle timer */
        hx_put(h, in + 0x18, 0xffffffff);   /* cores */
        hx_put(h, in + 0x04, 0xffffffff);   /* every ack interrupts */
        hx_put(h, in, hx_get(h, in) ^ 0x40e);
        hx_w(h, 0x80000, 1);
        hx_run(h);
    }
    return h->booted;
}

void hx_user_space(struct hx *h)
{
    const unsigned streams = HX_CSGS * HX_STREAMS;

    h->root1 = hx_pages(h, 1);
    h->ring_pa = hx_pages(h, streams);
    h->stream_pa = hx_pages(h, HX_STREAM_SIZE / PAGE);
    h->data_pa = hx_pages(h, HX_DATA_SIZE / PAGE);
    for (unsigned i = 0; i < streams; i++) {
        hx_map(h, h->root1, HX_RING_VA + i * 0x10000, h->ring_pa + i * PAGE, PAGE, HX_R);
    }
    hx_map(h, h->root1, HX_STREAM_VA, h->stream_pa, HX_STREAM_SIZE, HX_R | HX_W);
    hx_map(h, h->root1, HX_DATA_VA, h->data_pa, HX_DATA_SIZE, HX_R | HX_W);
    hx_map(h, h->root1, HX_RO_VA, hx_pages(h, 1), PAGE, HX_R);
    hx_map(h, h->root1, HX_RO_VA + PAGE, HX_ROM_BASE, PAGE, HX_R | HX_W);
    if (h->gpu) {
        hx_as_enable(h, HX_USER_AS, h->root1);
    }
}

void *hx_shared(struct hx *h, uint32_t off)
{
    return h->shared_pa && off <= 0x20000 - 4 ? hx_ram(h, h->shared_pa + off, 4) : NULL;
}

uint32_t hx_get(struct hx *h, uint32_t off)
{
    void *p = hx_shared(h, off);
    uint32_t v = 0;

    if (p) {
        memcpy(&v, p, 4);
    }
    return v;
}

void hx_put(struct hx *h, uint32_t off, uint32_t val)
{
    void *p = hx_shared(h, off);

    if (p) {
        memcpy(p, &val, 4);
    }
}

uint32_t hx_glb_in(struct hx *h)
{
    return hx_get(h, 0x08) - (uint32_t)HX_SHARED_VA;
}

uint32_t hx_glb_out(struct hx *h)
{
    return hx_get(h, 0x0c) - (uint32_t)HX_SHARED_VA;
}

static uint32_t csg_control(struct hx *h, unsigned g)
{
    return 0x1000 + g * hx_get(h, 0x14);
}

uint32_t hx_csg_in(struct hx *h, unsigned g)
{
    return hx_get(h, csg_control(h, g) + 4) - (uint32_t)HX_SHARED_VA;
}

uint32_t hx_csg_out(struct hx *h, unsigned g)
{
    return hx_get(h, csg_control(h, g) + 8) - (uint32_t)HX_SHARED_VA;
}

static uint32_t cs_control(struct hx *h, unsigned g, unsigned s)
{
    return csg_control(h, g) + 0x40 + s * hx_get(h, csg_control(h, g) + 0x18);
}

uint32_t hx_cs_in(struct hx *h, unsigned g, unsigned s)
{
    return hx_get(h, cs_control(h, g, s) + 4) - (uint32_t)HX_SHARED_VA;
}

uint32_t hx_cs_out(struct hx *h, unsigned g, unsigned s)
{
    return hx_get(h, cs_control(h, g, s) + 8) - (uint32_t)HX_SHARED_VA;
}

static void put64(struct hx *h, uint32_t off, uint64_t val)
{
    hx_put(h, off, (uint32_t)val);
    hx_put(h, off + 4, (uint32_t)(val >> 32));
}

void hx_group_request(struct hx *h, unsigned g, uint32_t state)
{
    uint32_t in = hx_csg_in(h, g), glb = hx_glb_in(h);
    uint64_t suspend = HX_SUSPEND_VA + 0x10000ull * g;
    uint64_t *e;

    /* a suspend buffer when first needed; its size is the firmware's */
    e = h->root0 ? hx_ram(h, h->root0, 8) : NULL;
    if (e && !hx_get(h, in + 0x40)) {
        uint32_t size = (hx_get(h, csg_control(h, g) + 0x0c) + 0xfff) & ~0xfffu;

        if (size && size <= 0x10000) {
            hx_map(h, h->root0, suspend, hx_pages(h, size / PAGE), size, HX_R | HX_W);
        }
    }
    hx_put(h, in + 0x04, 0xffffffff);
    put64(h, in + 0x20, UINT64_MAX);
    put64(h, in + 0x28, UINT64_MAX);
    hx_put(h, in + 0x30, 0xffffffff);
    hx_put(h, in + 0x34, 0x00010101 | g << 28);
    put64(h, in + 0x40, suspend);
    put64(h, in + 0x48, suspend);
    hx_put(h, in + 0x50, HX_USER_AS);
    hx_put(h, in, (hx_get(h, in) & ~7u) | (state & 7));
    hx_put(h, glb + 8, hx_get(h, glb + 8) ^ 1u << g);
    hx_w(h, 0x80000, 1);
    hx_run(h);
}

void hx_stream_setup(struct hx *h, unsigned g, unsigned s)
{
    unsigned i = g * HX_STREAMS + s;
    uint32_t in = hx_cs_in(h, g, s), csg = hx_csg_in(h, g), glb = hx_glb_in(h);
    uint64_t iface = HX_IFACE_VA + 0x2000ull * i;

    hx_put(h, in + 0x04, s | (g + 1) << 8);
    hx_put(h, in + 0x0c, 0xffffffff);
    put64(h, in + 0x10, HX_RING_VA + 0x10000ull * i);
    hx_put(h, in + 0x18, 0x1000);
    put64(h, in + 0x30, iface);
    put64(h, in + 0x38, iface + 0x1000);
    hx_put(h, in, (hx_get(h, in) & ~7u) | 1 | 1u << 8 | 1u << 10);
    hx_put(h, csg + 8, hx_get(h, csg + 8) ^ 1u << s);
    hx_put(h, glb + 8, hx_get(h, glb + 8) ^ 1u << g);
}

void hx_submit(struct hx *h, unsigned g, unsigned s, const uint64_t *words, unsigned n)
{
    unsigned i = g * HX_STREAMS + s;
    uint64_t *insert = hx_ram(h, h->iface_pa + 0x2000ull * i, 8);
    uint8_t *ring = hx_ram(h, h->ring_pa + PAGE * i, PAGE);

    for (unsigned k = 0; k < n; k++) {
        memcpy(ring + (*insert & 0xff8), &words[k], 8);
        *insert += 8;
    }
    hx_w(h, 0x80000 + 0x10000 * (g + 1), 1);
    hx_run(h);
}

uint64_t hx_insn(struct fz *f)
{
    const struct cs_insn *row;
    uint8_t k = fz_u8(f);
    uint64_t word;

    if (k >= 0xf8) {
        return fz_u64(f);
    }
    row = cs_insn_at(k % 64);
    word = fz_bits(f, 7);
    if (row && k >= 64) { /* no stray bits: further than the encoding check */
        word &= row->known_bits;
    }
    return (word & ~(0xffull << 56)) | (uint64_t)(row ? row->opcode : k) << 56;
}
