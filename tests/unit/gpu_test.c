/*
 * The GPU core through its public face: identity, configuration, interrupt
 * blocks, power, reset, cache commands, counters, snapshots, threads.
 *
 * Independent of what the microcontroller does: it links with the real one or
 * with fake_mcu.c. Safe points and parking: gpu_thread_test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "gpu_fixture.h"

#include <pthread.h>

/* --- identity, registers ------------------------------------------------------ */
static void identity_g610(void)
{
    struct fixture f = setup(&det);
    struct mali_identity id;

    TAP_CHECK_EQ(rd(f, 0x000), 0xa8670005);
    TAP_CHECK_EQ(rd(f, 0x004), 0x7120306);
    TAP_CHECK_EQ(rd(f, 0x00c), 0x809);
    TAP_CHECK_EQ(rd(f, 0x010), 0x301);
    TAP_CHECK_EQ(rd(f, 0x014), 0x2830);
    TAP_CHECK_EQ(rd(f, 0x018), 0xff);
    TAP_CHECK_EQ(rd(f, 0x01c), 0x40a0412);
    TAP_CHECK_EQ(rd(f, 0x0a0), 2048);
    TAP_CHECK_EQ(rd(f, 0x0a4), 1024);
    TAP_CHECK_EQ(rd(f, 0x0ac), 0x4010000);
    TAP_CHECK_EQ(rd(f, 0x0b0), 0xc1ffff9e);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, 0x100, 8), 0x50005);
    TAP_CHECK_EQ(rd(f, 0x110), 1);
    TAP_CHECK_EQ(rd(f, 0x120), 1);
    TAP_CHECK_EQ(rd(f, 0x300), 0);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, 0x060, 8), 0);
    TAP_CHECK_EQ(f.h->log_count[MALI_LOG_GUEST_ERROR], 0);
    mali_gpu_get_identity(f.gpu, &id);
    TAP_CHECK_STR(id.firmware_dir, "arch10.8");
    TAP_CHECK_STR(id.dt_name, "rockchip,rk3588-mali");
    TAP_CHECK_EQ(id.csgs * 100 + id.streams, 808);
    TAP_CHECK_EQ(id.va_bits * 100 + id.pa_bits, 4840);
    teardown(f);
}

static void properties(void)
{
    struct mali_config c = det;
    c.cores = 6;
    c.l2_slices = 2;
    c.address_spaces = 16;
    c.coherency = "ace-lite";
    struct fixture f = setup(&c);

    TAP_CHECK_EQ(rd(f, 0x100), 0x150015);
    TAP_CHECK_EQ(rd(f, 0x010), 0x101);
    TAP_CHECK_EQ(rd(f, 0x018), 0xffff);
    TAP_CHECK_EQ(rd(f, 0x300), 1);
    teardown(f);
}

static void refused(struct mali_config c, const char *property, const char *value, const char *limit)
{
    struct fake_host *h = fake_host_new(FAKE_RAM_BASE, FAKE_MIB);
    char *err = NULL;

    TAP_CHECK(!mali_gpu_new(&c, fake_host_ops(), h, &err));
    if (TAP_CHECK(err != NULL)) {
        if (!TAP_CHECK(strstr(err, property) && strstr(err, value) && strstr(err, limit)))
            tap_note("message: %s", err);
        free(err);
    }
    fake_host_free(h);
}

static void config_errors(void)
{
    refused((struct mali_config){ .model = "g78" }, "model", "g78", "g610, g710");
    refused((struct mali_config){ .cores = 7 }, "cores", "7", "1 to 6");
    refused((struct mali_config){ .model = "g310", .cores = 2 }, "cores", "2", "g310: 1 to 1");
    refused((struct mali_config){ .l2_slices = 9 }, "l2_slices", "9", "1 to 8");
    refused((struct mali_config){ .csgs = 2 }, "csgs", "2", "3 to 31");
    refused((struct mali_config){ .csgs = 32 }, "csgs", "32", "3 to 31");
    refused((struct mali_config){ .streams = 7 }, "streams", "7", "8 to 32");
    refused((struct mali_config){ .address_spaces = 1 }, "address_spaces", "1", "2 to 16");
    refused((struct mali_config){ .address_spaces = 17 }, "address_spaces", "17", "2 to 16");
    refused((struct mali_config){ .coherency = "ace" }, "coherency", "ace", "ace-lite");
    refused((struct mali_config){ .threads = 1000 }, "threads", "1000", "1 to 256");
    refused((struct mali_config){ .vectors = "mmx" }, "vectors", "mmx", "best, base");
}

static void register_names(void)
{
    TAP_CHECK_STR(mali_gpu_reg_name(0x30), "GPU_CMD");
    TAP_CHECK_STR(mali_gpu_reg_name(0x44), "GPU_FAULT_ADDR_HI");
    TAP_CHECK_STR(mali_gpu_reg_name(0x24c0), "AS_TRANSTAB_LO(3)");
    TAP_CHECK_STR(mali_gpu_reg_name(0x10000), "CSF_GPU_LATEST_FLUSH_ID");
    TAP_CHECK_STR(mali_gpu_reg_name(0x1f0000), "CSF_DOORBELL(23)");
    TAP_CHECK_STR(mali_gpu_reg_name(0x90004), NULL);
    TAP_CHECK_STR(mali_gpu_reg_name(0x38), NULL);
    TAP_CHECK_STR(mali_gpu_reg_name(0x2), NULL);
    for (unsigned i = 0; i < MALI_REG_WORDS; i++) {
        const struct mali_reg_word *w = &mali_reg_words()[i];
        TAP_CHECK(mali_reg_find(w->off) == w); /* also: no two rows overlap */
        TAP_CHECK(w->off + 4 <= MALI_MMIO_SIZE);
        TAP_CHECK((w->reg->fidelity == MALI_FID_EXACT) == !*w->reg->how);
    }
}

static void register_absent(void)
{
    struct fixture f = setup(&det);

    for (int i = 0; i < 3; i++) {
        wr(f, 0x38, 0xffffffff);
        TAP_CHECK_EQ(rd(f, 0x38), 0);
    }
    TAP_CHECK_EQ(f.h->log_count[MALI_LOG_GUEST_ERROR], 1);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, 0xa0000, 8), 0); /* a write-only word and an absent one */
    TAP_CHECK_EQ(f.h->log_count[MALI_LOG_GUEST_ERROR], 3);
    TAP_CHECK(fake_log_has(f.h, "0xa0000 (CSF_DOORBELL(2)) is write-only"));
    TAP_CHECK(fake_log_has(f.h, "0xa0004 (none) does not exist"));
    TAP_CHECK_EQ(rd(f, 0x2c0), 0);
    TAP_CHECK(fake_log_has(f.h, "is not on this model"));
    TAP_CHECK_EQ(rd(f, 0x2400 + 8 * 0x40), 0); /* AS 8 of 0..7 */
    wr(f, R(GPU_ID), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_ID)), 0xa8670005);
    TAP_CHECK(fake_log_has(f.h, "read-only"));
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, 0x1fffff, 4), 0);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, MALI_MMIO_SIZE, 4), 0);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, UINT64_MAX - 3, 4), 0);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, MALI_MMIO_SIZE - 8, 8), 0);
    teardown(f);
}

/* Any guest may write anything anywhere. */
static void register_sweep(void)
{
    struct fixture f = setup(&det);

    for (unsigned i = 0; i < MALI_REG_WORDS; i++) {
        const struct mali_reg_word *w = &mali_reg_words()[i];
        wr(f, w->off, 0xffffffff);
        wr(f, w->off, 0);
        rd(f, w->off);
    }
    for (uint64_t off = 0; off < 0x4000; off += 8)
        mali_gpu_write(f.gpu, off, UINT64_MAX, 8);
    pass(f, 1000 * US);
    mali_gpu_timer_expired(f.gpu);
    mali_gpu_system_reset(f.gpu);
    TAP_CHECK_EQ(rd(f, R(GPU_ID)), 0xa8670005);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), 0);
    TAP_CHECK_EQ(rd(f, R(MCU_STATUS)), 0);
    teardown(f);
}

static void key_and_coherency(void)
{
    struct fixture f = setup(&det);

    wr(f, R(GPU_PWR_OVERRIDE0), 5);
    TAP_CHECK_EQ(rd(f, R(GPU_PWR_OVERRIDE0)), 0);
    wr(f, R(GPU_PWR_KEY), 0x2968a819);
    wr(f, R(GPU_PWR_OVERRIDE0), 5);
    wr(f, R(GPU_PWR_OVERRIDE1), 6); /* one key, one write */
    TAP_CHECK_EQ(rd(f, R(GPU_PWR_OVERRIDE0)), 5);
    TAP_CHECK_EQ(rd(f, R(GPU_PWR_OVERRIDE1)), 0);
    fake_log_clear(f.h);
    wr(f, R(GPU_COHERENCY_PROTOCOL), 31);
    TAP_CHECK(!fake_log_has(f.h, "COHERENCY"));
    wr(f, R(GPU_COHERENCY_PROTOCOL), 0); /* not coherent, so no ACE-Lite */
    TAP_CHECK(fake_log_has(f.h, "GPU_COHERENCY_PROTOCOL: 0"));
    teardown(f);
}

/* --- interrupts ------------------------------------------------------------------ */
static void irq_block(struct fixture f, uint64_t raw, unsigned line)
{
    const uint64_t clear = raw + 4, mask = raw + 8, stat = raw + 12;

    TAP_CHECK_EQ(rd(f, raw), 0);
    f.h->irq_calls = 0;
    wr(f, raw, 3); /* masked: stays, line low */
    TAP_CHECK_EQ(rd(f, raw), 3);
    TAP_CHECK_EQ(rd(f, stat), 0);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), 0);
    TAP_CHECK_EQ(f.h->irq_calls, 0);
    wr(f, mask, 2); /* unmask later: the line rises */
    TAP_CHECK_EQ(rd(f, stat), 2);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), line);
    TAP_CHECK_EQ(f.h->irq_calls, 1);
    wr(f, clear, 1); /* the other bit goes: level unchanged, host not told */
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), line);
    TAP_CHECK_EQ(f.h->irq_calls, 1);
    wr(f, mask, 0); /* hard handler of panthor */
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), 0);
    TAP_CHECK_EQ(rd(f, raw), 2);
    wr(f, mask, 2);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), line);
    wr(f, clear, 2);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), 0);
    TAP_CHECK_EQ(f.h->irq_calls, 4);
    wr(f, mask, 0);
}

static void irq_blocks(void)
{
    struct fixture f = setup(&det);

    irq_block(f, 0x20, GPU_LINE);
    irq_block(f, 0x1000, JOB_LINE);
    irq_block(f, 0x2000, MMU_LINE);
    wr(f, 0x28, 0xffffffff);
    TAP_CHECK_EQ(rd(f, 0x28), 0xe0703);
    wr(f, 0x1008, 0xffffffff);
    TAP_CHECK_EQ(rd(f, 0x1008), 0xffffffff);
    teardown(f);
}

/* --- power --------------------------------------------------------------------------- */
static void power_l2(void)
{
    struct fixture f = setup(&det);

    wr(f, R(GPU_INT_MASK), BIT(9));
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    wr(f, R(L2_PWRON), 1);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 1);
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)), 2);
    pass(f, 49 * US);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 1);
    expire(f);
    TAP_CHECK_EQ(f.h->now_ns, 50 * US);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), GPU_LINE);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 1);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), BIT(9) | BIT(10));
    TAP_CHECK_EQ(f.h->timer_ns, UINT64_MAX);
    wr(f, R(GPU_INT_CLEAR), BIT(9) | BIT(10));
    wr(f, R(L2_PWRON), 1); /* already on: nothing happens */
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 0);
    wr(f, R(L2_PWRON), 2); /* not present */
    TAP_CHECK(fake_log_has(f.h, "present are 0x1"));
    mali_gpu_write(f.gpu, R(L2_PWROFF), 1, 8);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 1);
    pass(f, 50 * US); /* seen by a read alone, without the timer */
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 0);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    teardown(f);
}

static void power_dependencies(void)
{
    struct fixture f = setup(&det);

    wr(f, R(SHADER_PWRON), 0x50005);
    TAP_CHECK(fake_log_has(f.h, "shader power on while the L2 is off"));
    pass(f, 1000 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 0);
    wr(f, R(L2_PWRON), 1);
    wr(f, R(SHADER_PWRON), 0x50005); /* waits for the L2: 50 + 20 us */
    wr(f, R(TILER_PWRON), 1);
    TAP_CHECK_EQ(rd(f, R(SHADER_PWRTRANS)), 0x50005);
    pass(f, 69 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), BIT(9));
    pass(f, 1 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 0x50005);
    TAP_CHECK_EQ(rd(f, R(TILER_READY)), 1);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), BIT(9) | BIT(10));
    wr(f, R(SHADER_PWROFF), 1);
    pass(f, 20 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 0x50004);
    wr(f, R(L2_PWROFF), 1); /* takes the rest along: 20 + 50 us, all of it PWRTRANS */
    TAP_CHECK(fake_log_has(f.h, "powered off first"));
    pass(f, 69 * US);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 1);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 0);
    TAP_CHECK_EQ(rd(f, R(TILER_READY)), 0);
    pass(f, 1 * US);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 0);
    teardown(f);
}

/* A request against a transition takes effect after it. */
static void power_reversal(void)
{
    struct fixture f = setup(&det);

    wr(f, R(L2_PWRON), 1);
    pass(f, 10 * US);
    wr(f, R(L2_PWROFF), 1);
    pass(f, 40 * US);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 1);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    pass(f, 50 * US);
    TAP_CHECK_EQ(rd(f, R(L2_PWRTRANS)), 0);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    teardown(f);
}

/* --- commands ------------------------------------------------------------------------ */
static void reset_kind(uint32_t cmd)
{
    struct fixture f = setup(&det);

    l2_on(f);
    wr(f, R(AS_TRANSTAB) + 0x40, 0x1000);
    wr(f, R(JOB_INT_MASK), 1);
    wr(f, R(JOB_INT_RAWSTAT), 1);
    wr(f, R(GPU_TIMESTAMP_OFFSET), 9);
    wr(f, R(GPU_INT_MASK), BIT(8));
    wr(f, R(GPU_INT_CLEAR), BIT(8));
    wr(f, R(GPU_CMD), cmd);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)) & 1, 1);
    wr(f, R(GPU_CMD), 0x104); /* ignored */
    expire(f);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), GPU_LINE);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), BIT(8));
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)), 0);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    TAP_CHECK_EQ(rd(f, R(AS_TRANSTAB) + 0x40), 0);
    TAP_CHECK_EQ(rd(f, R(JOB_INT_RAWSTAT)), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_TIMESTAMP_OFFSET)), 0);
    TAP_CHECK_EQ(rd(f, R(MCU_STATUS)), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_ID)), 0xa8670005);
    teardown(f);
}

static void reset_soft(void)
{
    reset_kind(0x101);
}

static void reset_hard(void)
{
    reset_kind(0x201);
}

static void commands_bad(void)
{
    struct fixture f = setup(&det);

    wr(f, R(GPU_CMD), 0);
    TAP_CHECK_EQ(f.h->log_total, 0);
    wr(f, R(GPU_CMD), 0x301);
    TAP_CHECK(fake_log_has(f.h, "reset: kind 3"));
    wr(f, R(GPU_CMD), 0x42);
    TAP_CHECK(fake_log_has(f.h, "does not exist"));
    wr(f, R(GPU_CMD), 5);
    TAP_CHECK_EQ(f.h->log_count[MALI_LOG_UNIMP], 1);
    pass(f, 1000 * US);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), 0);
    teardown(f);
}

static void cache_flush(void)
{
    struct fixture f = setup(&det);

    wr(f, R(GPU_INT_MASK), BIT(17));
    uint32_t id = rd(f, R(CSF_GPU_LATEST_FLUSH_ID));
    wr(f, R(GPU_CMD), 0x33304);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)), 1);
    expire(f);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), GPU_LINE);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), BIT(17));
    TAP_CHECK_EQ(rd(f, R(CSF_GPU_LATEST_FLUSH_ID)), id + 1);
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)), 0);
    teardown(f);
}

/* --- counters ------------------------------------------------------------------------- */
static void cycle_count(void)
{
    struct mali_config c = det;
    c.core_clock_hz = 333333333;
    struct fixture f = setup(&c);

    pass(f, 100 * US);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, R(GPU_CYCLE_COUNT), 8), 0); /* unpowered */
    l2_on(f);
    for (int i = 0; i < 300; i++) { /* many reads lose no fraction: 3 s */
        pass(f, 10000 * US);
        mali_gpu_read(f.gpu, R(GPU_CYCLE_COUNT), 8);
    }
    uint64_t n = mali_gpu_read(f.gpu, R(GPU_CYCLE_COUNT), 8);
    TAP_CHECK_EQ(n, 999999999);
    mali_gpu_set_clock(f.gpu, 1000000000);
    pass(f, 3 * US);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, R(GPU_CYCLE_COUNT), 8), n + 3000);
    mali_gpu_set_clock(f.gpu, 0);
    pass(f, 100 * US);
    TAP_CHECK_EQ(rd(f, R(GPU_CYCLE_COUNT)), (uint32_t)(n + 3000));
    mali_gpu_set_clock(f.gpu, 1000000000);
    wr(f, R(GPU_CMD), 0x003); /* stop */
    pass(f, 100 * US);
    TAP_CHECK_EQ(rd(f, R(GPU_CYCLE_COUNT)), (uint32_t)(n + 3000));
    wr(f, R(GPU_CMD), 0x103); /* start */
    wr(f, R(L2_PWROFF), 1);
    pass(f, 1000 * US); /* counts until the L2 is off */
    TAP_CHECK_EQ(rd(f, R(GPU_CYCLE_COUNT)), (uint32_t)(n + 3000 + 50000));
    mali_gpu_set_voltage(f.gpu, 675000);
    teardown(f);
}

static void timestamp(void)
{
    struct fixture f = setup(&det);

    f.h->counter_offset = 0xfffffffeull;
    f.h->counter_hz = 1000000000;
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, R(GPU_TIMESTAMP), 8), 0xfffffffe);
    pass(f, 3);
    TAP_CHECK_EQ(rd(f, R(GPU_TIMESTAMP) + 4), 1);
    TAP_CHECK_EQ(rd(f, R(GPU_TIMESTAMP)), 1);
    wr(f, R(GPU_TIMESTAMP_OFFSET), 0xffffffff); /* -1 */
    wr(f, R(GPU_TIMESTAMP_OFFSET) + 4, 0xffffffff);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, R(GPU_TIMESTAMP), 8), 0x100000000ull);
    TAP_CHECK_EQ(mali_gpu_read(f.gpu, R(GPU_TIMESTAMP_OFFSET), 8), UINT64_MAX);
    teardown(f);
}

/* --- snapshots ------------------------------------------------------------------------- */
static void snapshot_round_trip(void)
{
    struct fixture a = setup(&det), b;
    const char *err = NULL;
    size_t size, size2;

    l2_on(a);
    wr(a, R(GPU_INT_MASK), BIT(17));
    wr(a, R(JOB_INT_MASK), 4);
    wr(a, R(JOB_INT_RAWSTAT), 4);
    wr(a, R(AS_TRANSTAB) + 0x40, 0x12345000);
    wr(a, R(SHADER_PWRON), 5);
    wr(a, R(GPU_CMD), 0x33304);
    pass(a, 2 * US);
    uint64_t cycles = mali_gpu_read(a.gpu, R(GPU_CYCLE_COUNT), 8);
    mali_gpu_pause(a.gpu);
    void *image = mali_gpu_save(a.gpu, &size);

    b = setup(&det);
    pass(b, 777 * US); /* another virtual time */
    mali_gpu_pause(b.gpu);
    TAP_CHECK(mali_gpu_load(b.gpu, image, size, &err));
    TAP_CHECK_STR(err, NULL);
    TAP_CHECK_EQ(mali_gpu_irq_levels(b.gpu), JOB_LINE);
    TAP_CHECK(b.h->irq);
    TAP_CHECK_EQ(b.h->timer_ns, 780 * US); /* the cache command's remaining 3 us */
    void *again = mali_gpu_save(b.gpu, &size2);
    TAP_CHECK_EQ(size2, size);
    TAP_CHECK_MEM(again, image, size);
    mali_gpu_resume(b.gpu);
    TAP_CHECK_EQ(mali_gpu_read(b.gpu, R(GPU_CYCLE_COUNT), 8), cycles);
    TAP_CHECK_EQ(rd(b, R(AS_TRANSTAB) + 0x40), 0x12345000);
    TAP_CHECK_EQ(rd(b, R(SHADER_PWRTRANS)), 5);
    expire(b);
    TAP_CHECK_EQ(mali_gpu_irq_levels(b.gpu), JOB_LINE | GPU_LINE);
    expire(b);
    TAP_CHECK_EQ(b.h->now_ns, 795 * US);
    TAP_CHECK_EQ(rd(b, R(SHADER_READY)), 5);
    free(again);
    free(image);
    teardown(a);
    teardown(b);
}

static void snapshot_bad(void)
{
    struct mali_config other = det;
    other.csgs = 9;
    struct fixture f = setup(&det), foreign = setup(&other);
    const char *err = NULL;
    size_t size;
    unsigned refused_flips = 0;

    l2_on(f);
    mali_gpu_pause(f.gpu);
    uint8_t *image = mali_gpu_save(f.gpu, &size);
    mali_gpu_pause(foreign.gpu);
    TAP_CHECK(!mali_gpu_load(foreign.gpu, image, size, &err));
    TAP_CHECK(err && strstr(err, "csgs"));
    for (size_t n = 0; n < size; n += 1 + n / 8)
        TAP_CHECK(!mali_gpu_load(f.gpu, image, n, &err));
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0); /* reset state after a bad image */
    for (size_t i = 0; i < size; i += 61) {
        image[i] ^= 0x10;
        refused_flips += !mali_gpu_load(f.gpu, image, size, &err);
        image[i] ^= 0x10;
    }
    TAP_CHECK_EQ(refused_flips, (size + 60) / 61);
    TAP_CHECK(mali_gpu_load(f.gpu, image, size, &err));
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 1);
    free(image);
    teardown(f);
    teardown(foreign);
}

static void system_reset(void)
{
    struct fixture f = setup(&det);

    l2_on(f);
    wr(f, R(GPU_INT_MASK), 0xffffffff);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), GPU_LINE);
    mali_gpu_system_reset(f.gpu);
    TAP_CHECK_EQ(mali_gpu_irq_levels(f.gpu), 0);
    TAP_CHECK_EQ(rd(f, R(GPU_INT_MASK)), 0);
    TAP_CHECK_EQ(rd(f, R(L2_READY)), 0);
    teardown(f);
}

/* --- threads --------------------------------------------------------------------------- */
static void *hammer(void *arg)
{
    struct fixture f = *(struct fixture *)arg;

    for (unsigned i = 0; i < 3000; i++) {
        wr(f, R(JOB_INT_RAWSTAT), 1);
        wr(f, R(JOB_INT_CLEAR), 1);
        wr(f, R(CSF_DOORBELL), 1);
        wr(f, R(AS_COMMAND) + 0x40, 1 + i % 5);
        wr(f, i % 2 ? R(L2_PWRON) : R(L2_PWROFF), 1);
        wr(f, R(MCU_CONTROL), i % 16 ? 2 : 0);
        wr(f, R(GPU_CMD), i % 32 ? 0x33304 : 0x101);
        fake_advance(f.h, 7 * US);
        rd(f, R(GPU_STATUS));
        mali_gpu_timer_expired(f.gpu);
    }
    return NULL;
}

static void threads_hammer(void)
{
    struct fixture f = setup(&threaded);
    pthread_t t[2];

    wr(f, R(JOB_INT_MASK), 1);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, hammer, &f);
    for (int i = 0; i < 50; i++) {
        size_t size;
        mali_gpu_pause(f.gpu);
        void *image = mali_gpu_save(f.gpu, &size);
        mali_gpu_ram_changed(f.gpu);
        if (i % 10 == 9)
            TAP_CHECK(mali_gpu_load(f.gpu, image, size, NULL));
        mali_gpu_resume(f.gpu);
        free(image);
        mali_gpu_dirty_sync(f.gpu);
        if (i % 7 == 6)
            mali_gpu_system_reset(f.gpu);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    teardown(f);
}

TAP_MAIN({ "identity-g610", identity_g610 }, { "properties", properties },
         { "config-errors", config_errors }, { "register-names", register_names },
         { "register-absent", register_absent }, { "register-sweep", register_sweep },
         { "key-and-coherency", key_and_coherency }, { "irq-blocks", irq_blocks },
         { "power-l2", power_l2 }, { "power-dependencies", power_dependencies },
         { "power-reversal", power_reversal }, { "reset-soft", reset_soft },
         { "reset-hard", reset_hard }, { "commands-bad", commands_bad },
         { "cache-flush", cache_flush }, { "cycle-count", cycle_count },
         { "timestamp", timestamp }, { "snapshot-round-trip", snapshot_round_trip },
         { "snapshot-bad", snapshot_bad }, { "system-reset", system_reset },
         { "threads-hammer", threads_hammer })
