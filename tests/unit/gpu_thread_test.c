/*
 * The GPU thread against a microcontroller whose slices the test holds: safe
 * points of AS, cache and reset commands, parking, callbacks, and the
 * deterministic mode's shares. Links with fake_mcu.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_mcu.h"
#include "gpu_fixture.h"

#include <unistd.h>

/* --- helpers ------------------------------------------------------------------------- */
static bool until(bool (*cond)(struct fixture), struct fixture f)
{
    for (int i = 0; i < 50000; i++) {
        if (cond(f))
            return true;
        usleep(100);
    }
    return false;
}

static bool in_slice(struct fixture f)
{
    (void)f;
    return atomic_load(&fake_mcu->in_slice);
}

static bool as_idle(struct fixture f)
{
    return rd(f, R(AS_STATUS) + 0x40) == 0;
}

static bool flushed(struct fixture f)
{
    return rd(f, R(GPU_INT_RAWSTAT)) & BIT(17);
}

static bool was_reset(struct fixture f)
{
    return rd(f, R(GPU_INT_RAWSTAT)) & BIT(8);
}

static bool mcu_off(struct fixture f)
{
    return rd(f, R(MCU_STATUS)) == 0;
}

/* A GPU whose thread is inside a slice. */
static struct fixture setup_in_slice(void)
{
    struct fixture f = setup(&threaded);

    atomic_store(&fake_mcu->hold, true);
    wr(f, R(MCU_CONTROL), 2);
    wr(f, R(CSF_DOORBELL), 1);
    TAP_CHECK(until(in_slice, f));
    return f;
}

static void end_slice(void)
{
    atomic_store(&fake_mcu->hold, false);
}

/* --- tests --------------------------------------------------------------------------- */
static void safe_point_as_command(void)
{
    struct fixture f = setup_in_slice();

    wr(f, R(AS_COMMAND) + 0x40, 1);
    usleep(2000);
    TAP_CHECK_EQ(rd(f, R(AS_STATUS) + 0x40), 1);
    end_slice();
    TAP_CHECK(until(as_idle, f));
    usleep(2000);
    wr(f, R(AS_COMMAND) + 0x40, 1); /* nothing runs: at once */
    TAP_CHECK_EQ(rd(f, R(AS_STATUS) + 0x40), 0);
    teardown(f);
}

static void safe_point_flush(void)
{
    struct fixture f = setup_in_slice();
    uint32_t id = rd(f, R(CSF_GPU_LATEST_FLUSH_ID));

    wr(f, R(GPU_CMD), 0x33304);
    expire(f);
    TAP_CHECK(!flushed(f));
    TAP_CHECK_EQ(f.h->timer_ns, UINT64_MAX); /* overdue: no timer storm */
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)), 1);
    end_slice();
    TAP_CHECK(until(flushed, f));
    TAP_CHECK_EQ(rd(f, R(CSF_GPU_LATEST_FLUSH_ID)), id + 1);
    teardown(f);
}

static void safe_point_reset(void)
{
    struct fixture f = setup_in_slice();

    wr(f, R(GPU_CMD), 0x101);
    pass(f, 1000 * US);
    TAP_CHECK(!was_reset(f));
    TAP_CHECK_EQ(rd(f, R(GPU_STATUS)) & 1, 1);
    end_slice();
    TAP_CHECK(until(was_reset, f));
    TAP_CHECK_EQ(rd(f, R(MCU_STATUS)), 0);
    teardown(f);
}

static void mcu_control_waits(void)
{
    struct fixture f = setup_in_slice();

    wr(f, R(GPU_INT_CLEAR), 0xffffffff);
    wr(f, R(MCU_CONTROL), 0);
    TAP_CHECK_EQ(rd(f, R(MCU_CONTROL)), 0);
    TAP_CHECK_EQ(rd(f, R(MCU_STATUS)), 1);
    end_slice();
    TAP_CHECK(until(mcu_off, f));
    TAP_CHECK_EQ(rd(f, R(GPU_INT_RAWSTAT)), BIT(19));
    teardown(f);
}

static void *slow_release(void *arg)
{
    usleep(5000);
    end_slice();
    return arg;
}

static void pause_parks(void)
{
    struct fixture f = setup_in_slice();
    pthread_t t;

    pthread_create(&t, NULL, slow_release, NULL);
    mali_gpu_pause(f.gpu); /* returns when the slice has ended */
    TAP_CHECK(!in_slice(f));
    unsigned steps = atomic_load(&fake_mcu->steps);
    wr(f, R(CSF_DOORBELL), 1);
    usleep(5000);
    TAP_CHECK_EQ(atomic_load(&fake_mcu->steps), steps);
    mali_gpu_resume(f.gpu);
    for (int i = 0; i < 50000 && atomic_load(&fake_mcu->steps) == steps; i++)
        usleep(100);
    TAP_CHECK_EQ(atomic_load(&fake_mcu->steps), steps + 1);
    pthread_join(t, NULL);
    teardown(f);
}

/* QEMU: ops->irq takes the big lock, and pause is called with it held. */
static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t main_thread;
static atomic_uint irqs_taken;

static void irq_takes_big_lock(void *opaque)
{
    (void)opaque;
    if (pthread_equal(pthread_self(), main_thread))
        return;
    pthread_mutex_lock(&big_lock);
    atomic_fetch_add(&irqs_taken, 1);
    pthread_mutex_unlock(&big_lock);
}

static void pause_while_in_irq(void)
{
    struct mali_host_ops ops = *fake_host_ops();
    struct fixture f = { .h = fake_host_new(FAKE_RAM_BASE, FAKE_MIB) };

    ops.irq = irq_takes_big_lock;
    main_thread = pthread_self();
    atomic_store(&irqs_taken, 0);
    f.gpu = mali_gpu_new(&threaded, &ops, f.h, NULL);
    wr(f, R(JOB_INT_MASK), 2);
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&big_lock);
        mali_gpu_pause(f.gpu);
        fake_mcu->raise = 2;
        unsigned steps = atomic_load(&fake_mcu->steps);
        wr(f, R(CSF_DOORBELL), 1);
        mali_gpu_resume(f.gpu);
        for (int n = 0; i % 3 && n < 20 && atomic_load(&fake_mcu->steps) == steps; n++)
            usleep(100); /* the thread gets as far as ops->irq, and waits there */
        mali_gpu_pause(f.gpu);
        wr(f, R(JOB_INT_CLEAR), 2);
        mali_gpu_resume(f.gpu);
        pthread_mutex_unlock(&big_lock);
        usleep(200); /* the mutex is not fair */
    }
    for (int n = 0; n < 50000 && !atomic_load(&irqs_taken); n++)
        usleep(100);
    TAP_CHECK(atomic_load(&irqs_taken) > 0);
    teardown(f);
}

static void ram_changed_waits(void)
{
    struct fixture f = setup_in_slice();
    pthread_t t;

    pthread_create(&t, NULL, slow_release, NULL);
    mali_gpu_ram_changed(f.gpu);
    TAP_CHECK(!in_slice(f));
    pthread_join(t, NULL);
    teardown(f);
}

static void mcu_callbacks(void)
{
    struct fixture f = setup(&det);
    const struct mali_mcu_ops *ops = fake_mcu->ops;
    void *o = fake_mcu->opaque;

    ops->want_power(o, 0x50005, true); /* L2 off: nothing comes up */
    pass(f, 1000 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_PWRTRANS)) | rd(f, R(SHADER_READY)), 0);
    TAP_CHECK(!ops->l2_ready(o));
    l2_on(f);
    TAP_CHECK(ops->l2_ready(o));
    ops->want_power(o, 0x4, true);
    pass(f, 20 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 4);
    ops->want_power(o, 0x1, false);
    pass(f, 20 * US);
    TAP_CHECK_EQ(rd(f, R(SHADER_READY)), 1);
    TAP_CHECK_EQ(rd(f, R(TILER_READY)), 0);
    uint32_t id = rd(f, R(CSF_GPU_LATEST_FLUSH_ID));
    TAP_CHECK_EQ(ops->flush(o, 0x333), id + 1);
    TAP_CHECK_EQ(rd(f, R(CSF_GPU_LATEST_FLUSH_ID)), id + 1);
    ops->timer(o, f.h->now_ns + 5 * US);
    wr(f, R(CSF_DOORBELL) + 0x30000, 1); /* a write runs steps and arms timers */
    TAP_CHECK_EQ(fake_mcu->rings, 8);
    TAP_CHECK_EQ(atomic_load(&fake_mcu->steps), 1);
    expire(f);
    TAP_CHECK_EQ(fake_mcu->timers, 1);
    wr(f, R(CSF_DOORBELL), 2); /* bit 0 clear: no ring */
    TAP_CHECK_EQ(fake_mcu->rings, 8);
    teardown(f);
}

static void deterministic_slices(void)
{
    struct fixture f = setup(&det);

    fake_mcu->work = 99;
    wr(f, R(CSF_DOORBELL), 1);
    TAP_CHECK_EQ(atomic_load(&fake_mcu->steps), 64);
    TAP_CHECK_EQ(f.h->timer_ns, 10 * US);
    expire(f);
    TAP_CHECK_EQ(atomic_load(&fake_mcu->steps), 100);
    TAP_CHECK_EQ(f.h->timer_ns, UINT64_MAX);
    fake_mcu->work = 3;
    TAP_CHECK(mali_gpu_run(f.gpu, 2));
    TAP_CHECK(!mali_gpu_run(f.gpu, 2));
    TAP_CHECK_EQ(f.h->threads, 0);
    teardown(f);
}

TAP_MAIN({ "safe-point-as-command", safe_point_as_command },
         { "safe-point-flush", safe_point_flush },
         { "safe-point-reset", safe_point_reset },
         { "mcu-control-waits", mcu_control_waits },
         { "pause-parks", pause_parks },
         { "pause-while-in-irq", pause_while_in_irq },
         { "ram-changed-waits", ram_changed_waits },
         { "mcu-callbacks", mcu_callbacks },
         { "deterministic-slices", deterministic_slices })
