/*
 * mali_gpu_load() on mutated images of a device that was running. A refused
 * image must leave a reset device, an accepted one a device that can be used.
 *
 * Input: kind; then edits {offset u24, op u8, value}, or a size, or raw bytes. Odd kinds keep the stale
 * checksum.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "harness.h"
#include "../../hw/csf/cs.h"

static void *base;
static size_t base_size;
/* Where the image keeps a checksum of what follows its header; found once, 0 if there is none. */
static size_t sum_at, sum_from;

static uint32_t checksum(const uint8_t *p, size_t n) /* FNV-1a, as hw/gpu/snapshot.c */
{
    uint32_t h = 2166136261u;

    for (; n; n--) {
        h = (h ^ *p++) * 16777619u;
    }
    return h;
}

/* Edited images must get past the checksum; looked for, so that the header may change. */
static void find_checksum(void)
{
    for (size_t from = 8; from < 512 && from < base_size; from += 4) {
        uint32_t sum = checksum((const uint8_t *)base + from, base_size - from);

        for (size_t at = 0; at < from; at += 4) {
            if (!memcmp((const uint8_t *)base + at, &sum, 4)) {
                sum_at = at;
                sum_from = from;
                return;
            }
        }
    }
    if (base_size) {
        hx_die("harness: no checksum found: edited images would all be refused");
    }
}

/* Booted, one group with two streams: one waits for a sync object, one is empty. */
static void prepare(struct hx *h)
{
    static const char *const text[] = {"MOVE d0, #0x30000000", "MOVE32 r2, #0x5",
                                       "SYNC_WAIT32.gt.inherit [d0], r2"};
    uint64_t words[3];
    const char *err = NULL;

    for (unsigned i = 0; i < 3; i++) {
        if (!cs_assemble(text[i], &words[i], &err)) {
            hx_die(err);
        }
    }
    hx_user_space(h);
    if (!hx_boot(h)) {
        hx_die("the free firmware does not boot");
    }
    hx_stream_setup(h, 0, 0);
    hx_stream_setup(h, 0, 1);
    hx_group_request(h, 0, 1);
    hx_submit(h, 0, 0, words, 3);
}

static uint8_t *mutate(struct fz *f, size_t *size)
{
    uint8_t kind = fz_u8(f), *image;

    *size = base_size;
    if (kind == 0xff) { /* a foreign file */
        *size = f->n;
    } else if (kind >= 0xf0) {
        *size = fz_u32(f) % (base_size + 64);
    }
    image = malloc(*size ? *size : 1);
    if (kind == 0xff) {
        memcpy(image, f->p, f->n);
        f->n = 0;
        return image;
    }
    memset(image, 0, *size);
    memcpy(image, base, *size < base_size ? *size : base_size);
    for (unsigned n = 0; f->n && n < 64 && *size >= 8; n++) {
        size_t at = (fz_u16(f) | (size_t)fz_u8(f) << 16) % (*size - 7);
        uint8_t op = fz_u8(f);
        uint64_t v;

        if (op & 0x20) { /* the device's and the first streams' state, not the idle streams' */
            at %= base_size < 0x2400 ? base_size - 7 : 0x2400;
            at = at < *size - 7 ? at : 0;
        }
        if (op < 0x40) {
            image[at] = fz_u8(f);
        } else if (op < 0x80) {
            image[at] ^= 1 << (op & 7);
        } else {
            v = fz_value(f);
            memcpy(image + (at & ~3ull), &v, op & 1 ? 8 : 4);
        }
    }
    if (*size > sum_from && !(kind & 1)) {
        uint32_t sum = checksum(image + sum_from, *size - sum_from);

        memcpy(image + sum_at, &sum, 4);
    }
    return image;
}

static void use(struct hx *h)
{
    static const uint64_t nop[1];

    mali_gpu_timer_expired(h->gpu);
    hx_run(h);
    hx_check_irq(h);
    for (unsigned i = 0; i < 3; i++) {
        hx_w(h, 0x80000 + 0x10000 * i, 1);
        hx_submit(h, 0, i, nop, 1);
        hx_advance(h, 2000000);
    }
    hx_group_request(h, 0, 2);
    hx_group_request(h, 0, 3);
    for (unsigned as = 0; as < 4; as++) {
        hx_w(h, 0x2418 + 0x40 * as, 5);
        hx_r(h, 0x241c + 0x40 * as);
    }
    hx_advance(h, 200000000);
    hx_snapshot_roundtrip(h);
    hx_w(h, 0x30, 0x101);
    hx_advance(h, 10000000);
    hx_check_irq(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz f = {data, size};
    const char *err = NULL;
    struct mali_config cfg;
    uint8_t *image;
    struct hx h;
    size_t n;

    hx_config(&cfg);
    hx_init(&h, &cfg);
    prepare(&h);
    if (!base) {
        mali_gpu_pause(h.gpu);
        base = mali_gpu_save(h.gpu, &base_size);
        mali_gpu_resume(h.gpu);
        if (!base || base_size < 8) {
            hx_die("save failed");
        }
        find_checksum();
    }
    image = mutate(&f, &n);
    mali_gpu_pause(h.gpu);
    if (!mali_gpu_load(h.gpu, image, n, &err)) {
        if (!err) {
            hx_die("a snapshot was refused without a reason");
        }
        if (hx_r(&h, 0x704) || hx_r(&h, 0x160)) {
            hx_die("a refused snapshot left more than a reset device");
        }
    }
    mali_gpu_resume(h.gpu);
    use(&h);
    free(image);
    hx_fini(&h);
    return 0;
}
