/*
 * The mali-g610 device: properties, MMIO, interrupts, time and the host side
 * of struct mali_host_ops. Everything a GPU does is in the core (hw/mali/gpu).
 *
 * Locks: register accesses come with the BQL held and take the core's lock for
 * moments. The GPU thread takes the BQL only to set interrupt lines, with no
 * core lock held, and counts as paused meanwhile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/core/cpu.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "system/system.h"
#include "trace/control.h"
#include "hw/mali/qemu/mali_device.h"
#include "hw/mali/qemu/spin.h"

#define NO_TIMER UINT64_MAX

/* ---- registers ------------------------------------------------------------ */

/* Bytes and half words read 0 and write nothing: the bus has no smaller unit than a register. */
static bool takes(hwaddr addr, unsigned size, const char *what)
{
    if (size >= 4) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "mali: %u-byte %s at 0x%" HWADDR_PRIx
                  ", registers take 4 or 8\n", size, what, addr);
    return false;
}

static uint64_t mali_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    MaliState *s = opaque;

    return takes(addr, size, "read") ? mali_gpu_read(s->gpu, addr, size) : 0;
}

static void mali_mmio_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    MaliState *s = opaque;

    if (takes(addr, size, "write")) {
        mali_gpu_write(s->gpu, addr, val, size);
    }
}

static const MemoryRegionOps mali_mmio_ops = {
    .read = mali_mmio_read,
    .write = mali_mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* ---- what the core asks of its host ------------------------------------------- */

static uint64_t host_now(void *opaque)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* What the guest reads as CNTVCT; source: gt_get_countervalue(), target/arm. */
static uint64_t host_counter(void *opaque)
{
    MaliState *s = opaque;

    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / s->counter_period;
}

static uint32_t host_counter_hz(void *opaque)
{
    MaliState *s = opaque;

    return s->counter_hz;
}

static void timer_arm(void *opaque)
{
    MaliState *s = opaque;
    uint64_t ns = qatomic_read(&s->timer_ns);

    if (ns >= INT64_MAX) {
        timer_del(s->timer);
    } else {
        timer_mod(s->timer, ns);
    }
}

/* Arming needs the BQL (icount): the GPU thread leaves it to the main loop. */
static void host_timer(void *opaque, uint64_t ns)
{
    MaliState *s = opaque;

    if (qatomic_xchg(&s->timer_ns, ns) == ns) {
        return;
    }
    if (bql_locked()) {
        timer_arm(s);
    } else {
        qemu_bh_schedule(s->timer_bh);
    }
}

static void timer_fired(void *opaque)
{
    MaliState *s = opaque;
    uint64_t due = qatomic_read(&s->timer_ns);

    /* The GPU thread may have asked for a later time already: that one must stay. */
    if (due <= host_now(s)) {
        qatomic_cmpxchg(&s->timer_ns, due, NO_TIMER);
    }
    mali_gpu_timer_expired(s->gpu);
}

static void set_lines(MaliState *s)
{
    unsigned levels = mali_gpu_irq_levels(s->gpu);

    for (int i = 0; i < MALI_IRQ_LINES; i++) {
        qemu_set_irq(s->irq[i], (levels >> i) & 1);
    }
}

static void host_irq(void *opaque)
{
    MaliState *s = opaque;

    if (bql_locked()) {
        set_lines(s);
        return;
    }
    bql_lock();
    set_lines(s);
    bql_unlock();
}

static void host_log(void *opaque, enum mali_log level, const char *line)
{
    if (level == MALI_LOG_INFO) {
        info_report("mali: %s", line);
    } else {
        qemu_log_mask(level == MALI_LOG_UNIMP ? LOG_UNIMP : LOG_GUEST_ERROR, "mali: %s\n", line);
    }
}

static void host_thread(void *opaque, bool start)
{
    if (start) {
        rcu_register_thread();
    } else {
        rcu_unregister_thread();
    }
}

static const struct mali_host_ops host_ops = {
    .ram = mali_ram_lookup,
    .dirty = mali_ram_dirty,
    .now = host_now,
    .counter = host_counter,
    .counter_hz = host_counter_hz,
    .timer = host_timer,
    .irq = host_irq,
    .log = host_log,
    .trace = mali_trace_to_qemu,
    .thread = host_thread,
};

/* Trace points that are on when the device is made (-trace); the monitor comes too late. */
static bool traced(void)
{
    TraceEventIter iter;
    TraceEvent *ev;

    trace_event_iter_init_pattern(&iter, "mali_*");
    while ((ev = trace_event_iter_next(&iter))) {
        if (trace_event_get_state_dynamic(ev)) {
            return true;
        }
    }
    return false;
}

/* ---- life ------------------------------------------------------------------------ */

static void find_counter(MaliState *s)
{
    uint64_t hz = 0;

    if (first_cpu && object_property_find(OBJECT(first_cpu), "cntfrq")) {
        hz = object_property_get_uint(OBJECT(first_cpu), "cntfrq", NULL);
    }
    s->counter_hz = hz ? hz : 62500000;
    s->counter_period = s->counter_hz < NANOSECONDS_PER_SECOND
                            ? NANOSECONDS_PER_SECOND / s->counter_hz : 1;
}

static bool log_mask(const char *text, unsigned *mask)
{
    if (!text || !strcmp(text, "guest")) {
        *mask = 1u << MALI_LOG_GUEST_ERROR | 1u << MALI_LOG_UNIMP;
    } else if (!strcmp(text, "off")) {
        *mask = 0;
    } else if (!strcmp(text, "all")) {
        *mask = 1u << MALI_LOG_GUEST_ERROR | 1u << MALI_LOG_UNIMP | 1u << MALI_LOG_INFO;
    } else {
        return false;
    }
    return true;
}

static void gpu_gone(MaliState *s)
{
    struct mali_gpu *gpu = s->gpu;
    bool locked = bql_locked();

    if (!gpu) {
        return;
    }
    /* The GPU thread may be waiting for the BQL to set a line: let it. */
    if (locked) {
        bql_unlock();
    }
    if (s->prop.stats) {
        uint64_t failed, compiled = mali_gpu_compiled(&failed);

        fprintf(stderr, "mali: device-busy-seconds %.6f\n", mali_gpu_busy_ns(gpu) / 1e9);
        fprintf(stderr, "mali: vcpu-yields %" PRIu64 "\n", mali_vcpu_yields());
        fprintf(stderr, "mali: shaders-compiled %" PRIu64 ", failed %" PRIu64 "\n", compiled,
                failed);
        s->prop.stats = false;
    }
    mali_gpu_stop(gpu);
    if (locked) {
        bql_lock();
    }
}

/* Report and timeline must be whole however QEMU ends. */
static void at_exit(Notifier *n, void *data)
{
    gpu_gone(container_of(n, MaliState, exit));
    mali_gpu_exit();
}

static void run_state_changed(void *opaque, bool running, RunState state)
{
    MaliState *s = opaque;

    /* QEMU's exit notifiers come too late for that: they run among exit()'s handlers. */
    if (state == RUN_STATE_SHUTDOWN) {
        mali_gpu_exit();
    }
    if (running == !s->paused) {
        return;
    }
    s->paused = !running;
    if (running) {
        mali_gpu_resume(s->gpu);
    } else {
        mali_gpu_pause(s->gpu);
    }
}

/* An enum mali_jit, or -1. */
static int jit_of(const char *name)
{
    static const char *const names[] = {
        [MALI_JIT_OFF] = "off",
        [MALI_JIT_IF_THERE] = "auto",
        [MALI_JIT_NEEDED] = "on",
    };

    if (!name) {
        return MALI_JIT_OFF;
    }
    for (int i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(name, names[i])) {
            return i;
        }
    }
    return -1;
}

static void mali_realize(DeviceState *dev, Error **errp)
{
    MaliState *s = MALI_G610(dev);
    int jit = jit_of(s->prop.jit);
    struct mali_config cfg = {
        .model = s->prop.model,
        .cores = s->prop.cores,
        .l2_slices = s->prop.l2_slices,
        .csgs = s->prop.csgs,
        .streams = s->prop.streams,
        .address_spaces = s->prop.address_spaces,
        .coherency = s->prop.coherency,
        .deterministic = s->prop.deterministic,
        .threads = s->prop.threads,
        .jit = jit < 0 ? MALI_JIT_OFF : (enum mali_jit)jit,
        .jit_cache = s->prop.jit_cache,
        .vectors = s->prop.vectors,
        .core_clock_hz = s->prop.clock,
        .trace_instr = s->prop.trace_instr,
        .trace_file = s->prop.trace,
        .report_file = s->prop.report,
        .capture_file = s->prop.capture,
        .race = s->prop.race,
        .capture_limit = s->prop.capture_limit,
        .inject = s->prop.inject,
    };
    char *err = NULL;

    if (s->prop.clock < MALI_CLOCK_MIN || s->prop.clock > MALI_CLOCK_MAX) {
        error_setg(errp, "clock=%u: allowed are %u to %u Hz", s->prop.clock, MALI_CLOCK_MIN,
                   MALI_CLOCK_MAX);
        return;
    }
    if (jit < 0) {
        error_setg(errp, "jit=%s: off, on or auto", s->prop.jit);
        return;
    }
    if (!log_mask(s->prop.log, &cfg.log_mask)) {
        error_setg(errp, "log=%s: off, guest or all", s->prop.log);
        return;
    }
    find_counter(s);
    s->timer_ns = NO_TIMER;
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_fired, s);
    s->timer_bh = qemu_bh_new(timer_arm, s);
    s->ops = host_ops;
    if (!traced()) {
        s->ops.trace = NULL; /* the core then builds no events for it */
    }
    s->gpu = mali_gpu_new(&cfg, &s->ops, s, &err);
    if (!s->gpu) {
        error_setg(errp, "%s", err ? err : "out of memory");
        free(err);
        qemu_bh_delete(s->timer_bh);
        timer_free(s->timer);
        return;
    }
    mali_gpu_pause(s->gpu);
    s->paused = true;
    memory_region_init_io(&s->mmio, OBJECT(s), &mali_mmio_ops, s, "mali-mmio", MALI_MMIO_SIZE);
    mali_platform_init(s);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->mmio);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->platform.mmio);
    for (int i = 0; i < MALI_IRQ_LINES; i++) {
        sysbus_init_irq(SYS_BUS_DEVICE(s), &s->irq[i]);
    }
    mali_ram_init(s);
    s->vmstate_change = qemu_add_vm_change_state_handler(run_state_changed, s);
    s->exit.notify = at_exit;
    qemu_add_exit_notifier(&s->exit);
}

static void mali_unrealize(DeviceState *dev)
{
    MaliState *s = MALI_G610(dev);

    qemu_remove_exit_notifier(&s->exit);
    qemu_del_vm_change_state_handler(s->vmstate_change);
    gpu_gone(s);
    mali_ram_cleanup(s);
    mali_gpu_free(s->gpu);
    qemu_bh_delete(s->timer_bh);
    timer_free(s->timer);
}

static void mali_reset_hold(Object *obj, ResetType type)
{
    MaliState *s = MALI_G610(obj);

    mali_gpu_system_reset(s->gpu);
    mali_platform_reset(s);
    set_lines(s);
}

/* ---- what QMP may ask (qom-get) ------------------------------------------------------ */

enum mali_query { QUERY_GPU_ID, QUERY_CLOCK, QUERY_VOLTAGE, QUERY_IRQ };

static void query_get(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MaliState *s = MALI_G610(obj);
    struct mali_identity id;
    uint32_t val = 0;

    switch ((enum mali_query)(uintptr_t)opaque) {
    case QUERY_GPU_ID:
        mali_gpu_get_identity(s->gpu, &id);
        val = id.gpu_id;
        break;
    case QUERY_CLOCK:
        val = s->platform.clock_hz;
        break;
    case QUERY_VOLTAGE:
        val = mali_voltages[s->platform.led & 7];
        break;
    case QUERY_IRQ:
        val = mali_gpu_irq_levels(s->gpu);
        break;
    }
    visit_type_uint32(v, name, &val, errp);
}

/* ---- injected faults: rules by -device or qom-set, log and catalogue by qom-get ------ */

/* The core's texts come from malloc(), QOM wants them from g_malloc(). */
static char *text_for_qom(char *text)
{
    char *copy = g_strdup(text ? text : "");

    free(text);
    return copy;
}

static char *inject_get(Object *obj, Error **errp)
{
    MaliState *s = MALI_G610(obj);

    return s->gpu ? text_for_qom(mali_gpu_inject_rules(s->gpu)) : g_strdup(s->prop.inject);
}

static void inject_set(Object *obj, const char *text, Error **errp)
{
    MaliState *s = MALI_G610(obj);
    char *err = NULL;
    unsigned id;

    if (!s->gpu) { /* -device: the rules are read when the device is made */
        g_autofree char *before = s->prop.inject;

        s->prop.inject = before && *before ? g_strdup_printf("%s;%s", before, text) : g_strdup(text);
    } else if (!strcmp(text, "clear")) {
        mali_gpu_inject_remove(s->gpu, 0);
    } else if (!strcmp(text, "clear-log")) {
        mali_gpu_inject_log_clear(s->gpu);
    } else if (!strncmp(text, "remove ", 7)) {
        if (qemu_strtoui(text + 7, NULL, 10, &id) || !id || !mali_gpu_inject_remove(s->gpu, id)) {
            error_setg(errp, "inject: %s: no rule has this number", text);
        }
    } else if (!mali_gpu_inject_add(s->gpu, text, &err)) {
        error_setg(errp, "%s", err ? err : "inject: out of memory");
        free(err);
    }
}

static char *inject_log_get(Object *obj, Error **errp)
{
    MaliState *s = MALI_G610(obj);

    return s->gpu ? text_for_qom(mali_gpu_inject_log(s->gpu)) : g_strdup("");
}

static char *inject_catalogue_get(Object *obj, Error **errp)
{
    return text_for_qom(mali_gpu_inject_catalogue());
}

static const Property mali_properties[] = {
    DEFINE_PROP_STRING("model", MaliState, prop.model),
    DEFINE_PROP_UINT32("cores", MaliState, prop.cores, 0),
    DEFINE_PROP_UINT32("l2-slices", MaliState, prop.l2_slices, 0),
    DEFINE_PROP_UINT32("csgs", MaliState, prop.csgs, 0),
    DEFINE_PROP_UINT32("streams", MaliState, prop.streams, 0),
    DEFINE_PROP_UINT32("address-spaces", MaliState, prop.address_spaces, 0),
    DEFINE_PROP_STRING("coherency", MaliState, prop.coherency),
    DEFINE_PROP_BOOL("deterministic", MaliState, prop.deterministic, false),
    DEFINE_PROP_UINT32("threads", MaliState, prop.threads, 0),
    DEFINE_PROP_STRING("jit", MaliState, prop.jit),
    DEFINE_PROP_STRING("jit-cache", MaliState, prop.jit_cache),
    DEFINE_PROP_STRING("vectors", MaliState, prop.vectors),
    DEFINE_PROP_UINT32("clock", MaliState, prop.clock, MALI_CLOCK_MAX),
    DEFINE_PROP_STRING("log", MaliState, prop.log),
    DEFINE_PROP_STRING("trace", MaliState, prop.trace),
    DEFINE_PROP_BOOL("trace-instr", MaliState, prop.trace_instr, false),
    DEFINE_PROP_STRING("report", MaliState, prop.report),
    DEFINE_PROP_STRING("capture", MaliState, prop.capture),
    DEFINE_PROP_BOOL("race", MaliState, prop.race, false),
    DEFINE_PROP_UINT64("capture-limit", MaliState, prop.capture_limit, 0),
    DEFINE_PROP_BOOL("stats", MaliState, prop.stats, false),
};

static void mali_class_init(ObjectClass *klass, void *data)
{
    static const struct {
        const char *name, *what;
        enum mali_query query;
    } queries[] = {
        { "gpu-id", "GPU_ID register", QUERY_GPU_ID },
        { "core-clock", "core clock in Hz", QUERY_CLOCK },
        { "core-voltage", "core voltage in microvolt", QUERY_VOLTAGE },
        { "irq-levels", "interrupt lines: bit 0 job, 1 mmu, 2 gpu", QUERY_IRQ },
    };
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->realize = mali_realize;
    dc->unrealize = mali_unrealize;
    dc->vmsd = &vmstate_mali;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    dc->desc = "Arm Mali-G610 GPU (Valhall, command stream frontend)";
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    rc->phases.hold = mali_reset_hold;
    device_class_set_props(dc, mali_properties);
    object_class_property_add_str(klass, "inject", inject_get, inject_set);
    object_class_property_set_description(klass, "inject", "rules of injected faults, see hw/inject/README.md");
    object_class_property_add_str(klass, "inject-log", inject_log_get, NULL);
    object_class_property_set_description(klass, "inject-log", "what was injected, and what followed");
    object_class_property_add_str(klass, "inject-catalogue", inject_catalogue_get, NULL);
    object_class_property_set_description(klass, "inject-catalogue", "every fault, as JSON");
    for (unsigned i = 0; i < ARRAY_SIZE(queries); i++) {
        object_class_property_add(klass, queries[i].name, "uint32", query_get, NULL, NULL,
                                  (void *)(uintptr_t)queries[i].query);
        object_class_property_set_description(klass, queries[i].name, queries[i].what);
    }
}

static const TypeInfo mali_type = {
    .name = TYPE_MALI_G610,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(MaliState),
    .class_init = mali_class_init,
};

static void mali_register(void)
{
    type_register_static(&mali_type);
}

type_init(mali_register)
