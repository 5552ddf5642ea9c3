/*
 * The display controller of the guest: the LCDIF of NXP's i.MX28, as far as Linux's mxsfb driver
 * uses it. Mesa's kmsro wants a display that is no PCI device beside a GPU on the platform bus;
 * this is the smallest one whose stock driver is in all of Debian's arm64 kernels.
 * Sources: i.MX28 Applications Processor Reference Manual, chapter 33 (LCDIF);
 * drivers/gpu/drm/mxsfb, Linux 6.12 and 7.3.
 *
 * Modelled: dot-clock mode with 16 and 32 bits a pixel, double-buffered addresses, the frame-done
 * and vsync interrupts. The panel keeps its last picture when the controller stops, so that a
 * screenshot shows what a program drew that has ended. `frames=FOLDER` writes every flip as a PPM
 * file, for tests that compare a frame by its number.
 *
 * A panel with `adaptive=on` stretches the blanking until there is something new, as panels with
 * adaptive refresh do: programs wait less, and a guest that draws nothing has few interrupts. Two
 * frames go on at the full rate, because mxsfb asks for its event behind the address.
 *
 * Called by QEMU: MMIO, timer and console, all with the BQL held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "system/dma.h"
#include "hw/mali/qemu/lcdif.h"

/* Registers, by number; the address is 16 times that. Those with SCT have twins that set, clear
 * and toggle bits, 4, 8 and 12 bytes on. */
enum {
    CTRL,
    CTRL1,
    CTRL2,
    TRANSFER_COUNT,
    CUR_BUF,
    NEXT_BUF,
    VDCTRL0 = 7,
    VDCTRL1,
    VDCTRL2,
    VDCTRL3,
    VDCTRL4,
};

#define CTRL_SFTRST      (1u << 31)
#define CTRL_CLKGATE     (1u << 30)
#define CTRL_DOTCLK_MODE (1u << 17)
#define CTRL_RUN         (1u << 0)
#define CTRL1_VSYNC_IRQ  (1u << 8)
#define CTRL1_FRAME_IRQ  (1u << 9)
#define CTRL1_IRQ_SHIFT  8 /* status bits 8 to 11, their enables 12 to 15 */

/* CTRL.WORD_LENGTH: bits of a pixel in memory. */
enum { WORD_16, WORD_8, WORD_18, WORD_24 };
/* CTRL1.BYTE_PACKING_FORMAT: all four bytes of a word hold data, or the lower three. */
enum { PACKING_THREE = 0x7, PACKING_FOUR = 0xf };

static const struct {
    const char *name;
    uint32_t writable;
    bool sct;
} registers[LCDIF_REGISTERS] = {
    [CTRL] = {"CTRL", 0xffffffff, true},
    [CTRL1] = {"CTRL1", 0x0fffff07, true},
    [CTRL2] = {"CTRL2", 0x00ffffff, true},
    [TRANSFER_COUNT] = {"TRANSFER_COUNT", 0xffffffff, false},
    [CUR_BUF] = {"CUR_BUF", 0xffffffff, false},
    [NEXT_BUF] = {"NEXT_BUF", 0xffffffff, false},
    [VDCTRL0] = {"VDCTRL0", 0x3fffffff, true},
    [VDCTRL1] = {"VDCTRL1", 0xffffffff, false},
    [VDCTRL2] = {"VDCTRL2", 0xffffffff, false},
    [VDCTRL3] = {"VDCTRL3", 0x3fffffff, false},
    [VDCTRL4] = {"VDCTRL4", 0xe007ffff, false},
};

static uint64_t clock_of(const LcdifState *s)
{
    uint64_t line = s->prop.width + LCDIF_H_FRONT + LCDIF_H_SYNC + LCDIF_H_BACK;
    uint64_t lines = s->prop.height + LCDIF_V_FRONT + LCDIF_V_SYNC + LCDIF_V_BACK;

    return line * lines * s->prop.rate;
}

uint32_t lcdif_clock(const LcdifState *s)
{
    return (uint32_t)clock_of(s); /* lcdif_realize() has looked */
}

static bool running(const LcdifState *s)
{
    uint32_t want = CTRL_DOTCLK_MODE | CTRL_RUN;

    return (s->reg[CTRL] & (want | CTRL_SFTRST | CTRL_CLKGATE)) == want;
}

static void update_irq(LcdifState *s)
{
    uint32_t status = extract32(s->reg[CTRL1], CTRL1_IRQ_SHIFT, 4);
    uint32_t enable = extract32(s->reg[CTRL1], CTRL1_IRQ_SHIFT + 4, 4);

    qemu_set_irq(s->irq, (status & enable) != 0);
}

/* ---- the picture ------------------------------------------------------------------------ */

/* Bytes of a pixel in memory; 0 for formats that are not modelled, which the log names once. */
static unsigned pixel_bytes(LcdifState *s)
{
    unsigned word = extract32(s->reg[CTRL], 8, 2), packing = extract32(s->reg[CTRL1], 16, 4);

    if (word == WORD_16 && packing == PACKING_FOUR) {
        return 2;
    }
    if (word == WORD_24 && packing == PACKING_THREE) {
        return 4;
    }
    if (!s->format_named) {
        qemu_log_mask(LOG_UNIMP, "lcdif: word length %u with byte packing 0x%x is not modelled\n",
                      word, packing);
        s->format_named = true;
    }
    return 0;
}

static void convert_565(uint32_t *to, const uint8_t *from, unsigned pixels)
{
    for (unsigned x = 0; x < pixels; x++) {
        uint32_t v = lduw_le_p(from + 2 * x);
        uint32_t r = v >> 11, g = (v >> 5) & 0x3f, b = v & 0x1f;

        to[x] = (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 | (b << 3 | b >> 2);
    }
}

static void convert_8888(uint32_t *to, const uint8_t *from, unsigned pixels)
{
    for (unsigned x = 0; x < pixels; x++) {
        to[x] = ldl_le_p(from + 4 * x) & 0xffffff;
    }
}

/* Copy the frame at @address to the console; false when there is none that can be shown. */
static bool fetch_picture(LcdifState *s, uint32_t address)
{
    unsigned width = extract32(s->reg[TRANSFER_COUNT], 0, 16);
    unsigned height = extract32(s->reg[TRANSFER_COUNT], 16, 16);
    unsigned bytes = pixel_bytes(s);
    g_autofree uint8_t *row = NULL;
    DisplaySurface *surface;

    if (!bytes || !width || !height || width > LCDIF_MAX_PIXELS || height > LCDIF_MAX_PIXELS) {
        return false;
    }
    surface = qemu_console_surface(s->console);
    if (surface_width(surface) != width || surface_height(surface) != height ||
        surface_format(surface) != PIXMAN_x8r8g8b8) {
        qemu_console_resize(s->console, width, height);
        surface = qemu_console_surface(s->console);
    }
    row = g_malloc(width * bytes);
    for (unsigned y = 0; y < height; y++) {
        uint32_t *to = (uint32_t *)((uint8_t *)surface_data(surface) + y * surface_stride(surface));

        if (dma_memory_read(&address_space_memory, address + (uint64_t)y * width * bytes,
                            row, width * bytes, MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
            memset(row, 0, width * bytes); /* the bus has nothing there */
        }
        (bytes == 2 ? convert_565 : convert_8888)(to, row, width);
    }
    dpy_gfx_update_full(s->console);
    return true;
}

/* One flip, to @address, as FOLDER/SERIES-FRAME.ppm. */
static void write_frame(LcdifState *s, uint32_t address)
{
    g_autofree char *name =
        g_strdup_printf("%s/%03u-%05u.ppm", s->prop.frames, s->series, s->frame);
    g_autofree uint8_t *rgb = NULL;
    DisplaySurface *surface;
    FILE *file;

    if (s->frame % s->prop.every || s->written >= s->prop.limit || !fetch_picture(s, address)) {
        return;
    }
    file = fopen(name, "wb");
    if (!file) {
        warn_report("lcdif: %s: %s", name, strerror(errno));
        return;
    }
    surface = qemu_console_surface(s->console);
    rgb = g_malloc(3 * surface_width(surface));
    fprintf(file, "P6\n%d %d\n255\n", surface_width(surface), surface_height(surface));
    /* By rows: this holds the BQL, and the guest waits for a frame no longer than 100 ms. */
    for (int y = 0; y < surface_height(surface); y++) {
        const uint32_t *from =
            (uint32_t *)((uint8_t *)surface_data(surface) + y * surface_stride(surface));

        for (int x = 0; x < surface_width(surface); x++) {
            rgb[3 * x] = from[x] >> 16;
            rgb[3 * x + 1] = from[x] >> 8;
            rgb[3 * x + 2] = from[x];
        }
        fwrite(rgb, 3, surface_width(surface), file);
    }
    if (fclose(file)) {
        warn_report("lcdif: %s: %s", name, strerror(errno));
    }
    s->written++;
}

static void update_console(void *opaque)
{
    LcdifState *s = opaque;

    if (running(s)) {
        fetch_picture(s, s->reg[CUR_BUF]);
    }
}

/* ---- frames ----------------------------------------------------------------------------- */

static uint32_t max_rate(const LcdifState *s)
{
    return s->prop.adaptive ? LCDIF_MAX_ADAPTIVE_RATE : LCDIF_MAX_RATE;
}

/* Nanoseconds of a frame as it is programmed; 0 when the registers make none. */
static uint64_t frame_ns(const LcdifState *s)
{
    uint64_t pixels = (uint64_t)s->reg[VDCTRL1] * extract32(s->reg[VDCTRL2], 0, 18);

    /* Not less than the highest rate has, and a second at most: the guest chooses, and must not
     * drown the host. */
    return pixels ? MAX(MIN(pixels, lcdif_clock(s)) * NANOSECONDS_PER_SECOND / lcdif_clock(s),
                        NANOSECONDS_PER_SECOND / max_rate(s))
                  : 0;
}

static bool stretched(const LcdifState *s)
{
    return s->prop.adaptive && s->quiet >= LCDIF_QUIET;
}

static void arm_timer(LcdifState *s)
{
    uint64_t length = frame_ns(s);

    if (length && stretched(s)) {
        length = MAX(length, NANOSECONDS_PER_SECOND / LCDIF_LOW_RATE);
    }
    if (running(s) && length) {
        timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + length);
    } else {
        timer_del(s->timer);
    }
}

/* What was flipped to is shown, or would have been. */
static void flip_done(LcdifState *s)
{
    if (!s->flipped) {
        return;
    }
    s->flipped = false;
    if (s->prop.frames) {
        write_frame(s, s->reg[NEXT_BUF]);
    }
    s->frame++;
}

/* A frame has left: the next address is taken over, the interrupts say so. */
static void frame_done(void *opaque)
{
    LcdifState *s = opaque;

    s->reg[CUR_BUF] = s->reg[NEXT_BUF];
    flip_done(s);
    s->quiet = MIN(s->quiet + 1, LCDIF_QUIET);
    s->reg[CTRL1] |= CTRL1_FRAME_IRQ | CTRL1_VSYNC_IRQ;
    update_irq(s);
    arm_timer(s);
}

/* The guest has written an address: a stretched blanking ends. */
static void picture_new(LcdifState *s)
{
    bool waiting = stretched(s);

    s->flipped |= s->reg[NEXT_BUF] != s->reg[CUR_BUF];
    s->quiet = 0;
    if (waiting) {
        arm_timer(s);
    }
}

/* ---- registers -------------------------------------------------------------------------- */

static void reset_registers(LcdifState *s)
{
    memset(s->reg, 0, sizeof(s->reg));
    s->reg[CTRL] = CTRL_SFTRST | CTRL_CLKGATE;
    s->flipped = false;
    s->quiet = 0;
}

static void control_written(LcdifState *s, bool was_running)
{
    if (s->reg[CTRL] & CTRL_SFTRST) {
        reset_registers(s); /* the reset also gates the clock */
    }
    if (!(s->reg[CTRL] & CTRL_DOTCLK_MODE)) {
        s->reg[CTRL] &= ~CTRL_RUN; /* at the end of the frame, says the manual */
    }
    if (running(s) && !was_running) {
        s->series++;
        s->frame = 0;
        s->flipped = true;
        arm_timer(s);
    } else if (!running(s) && was_running) {
        timer_del(s->timer);
    }
}

static uint64_t lcdif_read(void *opaque, hwaddr addr, unsigned size)
{
    LcdifState *s = opaque;
    unsigned number = addr >> 4;

    if (number >= LCDIF_REGISTERS || !registers[number].name) {
        qemu_log_mask(LOG_UNIMP, "lcdif: read of 0x%" HWADDR_PRIx " is not modelled\n", addr);
        return 0;
    }
    return s->reg[number];
}

static void lcdif_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    LcdifState *s = opaque;
    unsigned number = addr >> 4, twin = extract32(addr, 2, 2);
    bool was_running = running(s);
    uint32_t old, changed;

    if (number >= LCDIF_REGISTERS || !registers[number].name || (twin && !registers[number].sct)) {
        qemu_log_mask(LOG_UNIMP, "lcdif: write to 0x%" HWADDR_PRIx " is not modelled\n", addr);
        return;
    }
    old = s->reg[number];
    changed = twin == 0 ? val : twin == 1 ? old | val : twin == 2 ? old & ~val : old ^ val;
    if (number == CTRL && was_running && (~changed & CTRL_DOTCLK_MODE || changed & CTRL_SFTRST)) {
        fetch_picture(s, s->reg[CUR_BUF]); /* the panel keeps it */
    }
    /* A driver whose interrupt came late takes the frame before for this one's, and flips again
     * before this one was shown: a flip it was. */
    if (number == NEXT_BUF && was_running && changed != old) {
        flip_done(s);
        s->flipped = true;
    }
    s->reg[number] = (changed & registers[number].writable) | (old & ~registers[number].writable);
    if (number == NEXT_BUF) { /* drivers write it again when they switch the controller on */
        picture_new(s);
    } else if (number == CTRL) {
        control_written(s, was_running);
    }
    update_irq(s);
}

static const MemoryRegionOps lcdif_mmio_ops = {
    .read = lcdif_read,
    .write = lcdif_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 4},
    .impl = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- life ------------------------------------------------------------------------------- */

static const GraphicHwOps console_ops = {
    .gfx_update = update_console,
};

static bool size_allowed(uint32_t pixels, unsigned align)
{
    return pixels >= 128 && pixels <= LCDIF_MAX_PIXELS && pixels % align == 0;
}

static void lcdif_realize(DeviceState *dev, Error **errp)
{
    LcdifState *s = LCDIF(dev);

    if (!size_allowed(s->prop.width, LCDIF_ALIGN) || !size_allowed(s->prop.height, 1)) {
        error_setg(errp, "width=%u,height=%u: allowed are 128 to %u, widths in steps of %u",
                   s->prop.width, s->prop.height, LCDIF_MAX_PIXELS, LCDIF_ALIGN);
        return;
    }
    if (!s->prop.rate || s->prop.rate > max_rate(s)) {
        error_setg(errp, "rate=%u: allowed are 1 to %u frames a second%s", s->prop.rate,
                   max_rate(s), s->prop.adaptive ? "" : ", or more with adaptive=on");
        return;
    }
    if (clock_of(s) > INT32_MAX) {
        error_setg(errp, "width=%u,height=%u,rate=%u: a clock of %" PRIu64 " Hz, at most %d",
                   s->prop.width, s->prop.height, s->prop.rate, clock_of(s), INT32_MAX);
        return;
    }
    if (!s->prop.every) {
        error_setg(errp, "every=0: at least 1");
        return;
    }
    if (s->prop.frames && g_mkdir_with_parents(s->prop.frames, 0777)) {
        error_setg_errno(errp, errno, "frames=%s", s->prop.frames);
        return;
    }
    memory_region_init_io(&s->mmio, OBJECT(s), &lcdif_mmio_ops, s, TYPE_LCDIF, LCDIF_MMIO_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(s), &s->irq);
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, frame_done, s);
    s->console = graphic_console_init(dev, 0, &console_ops, s);
    qemu_console_resize(s->console, s->prop.width, s->prop.height);
}

static void lcdif_unrealize(DeviceState *dev)
{
    LcdifState *s = LCDIF(dev);

    graphic_console_close(s->console);
    timer_free(s->timer);
}

static void lcdif_reset_hold(Object *obj, ResetType type)
{
    LcdifState *s = LCDIF(obj);

    timer_del(s->timer);
    reset_registers(s);
    update_irq(s);
}

static const VMStateDescription vmstate_lcdif = {
    .name = TYPE_LCDIF,
    .version_id = 2,
    .minimum_version_id = 2,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32_ARRAY(reg, LcdifState, LCDIF_REGISTERS),
            VMSTATE_UINT32(series, LcdifState),
            VMSTATE_UINT32(frame, LcdifState),
            VMSTATE_BOOL(flipped, LcdifState),
            VMSTATE_UINT32(quiet, LcdifState),
            VMSTATE_TIMER_PTR(timer, LcdifState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property lcdif_properties[] = {
    DEFINE_PROP_UINT32("width", LcdifState, prop.width, 640),
    DEFINE_PROP_UINT32("height", LcdifState, prop.height, 480),
    DEFINE_PROP_UINT32("rate", LcdifState, prop.rate, LCDIF_RATE),
    DEFINE_PROP_BOOL("adaptive", LcdifState, prop.adaptive, false),
    DEFINE_PROP_STRING("frames", LcdifState, prop.frames),
    DEFINE_PROP_UINT32("every", LcdifState, prop.every, 1),
    DEFINE_PROP_UINT32("limit", LcdifState, prop.limit, 100),
};

static void lcdif_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = lcdif_realize;
    dc->unrealize = lcdif_unrealize;
    dc->vmsd = &vmstate_lcdif;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    dc->desc = "Display controller of the i.MX28 with a panel (Linux: mxsfb, panel-simple)";
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    RESETTABLE_CLASS(klass)->phases.hold = lcdif_reset_hold;
    device_class_set_props(dc, lcdif_properties);
}

static const TypeInfo lcdif_type = {
    .name = TYPE_LCDIF,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(LcdifState),
    .class_init = lcdif_class_init,
};

static void lcdif_register(void)
{
    type_register_static(&lcdif_type);
}

type_init(lcdif_register)
