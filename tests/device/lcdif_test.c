/*
 * The display controller as Linux's mxsfb drives it: reset, set and clear twins, frames and their
 * interrupt status, pictures of flips, and registers that no driver would write.
 *
 * Offsets and bits from drivers/gpu/drm/mxsfb/mxsfb_regs.h (V4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"
#include "tap.h"

#define LCDIF   0x0c202000ull /* behind the GPU's registers and its platform page */
#define SIZE    128u
#define PICTURE (RAM_BASE + 0x100000)
#define FRAME   (1000000000ull / 60)

enum {
    CTRL = 0x00,
    CTRL1 = 0x10,
    TRANSFER = 0x30,
    CUR_BUF = 0x40,
    NEXT_BUF = 0x50,
    VDCTRL0 = 0x70,
    VDCTRL1 = 0x80,
    VDCTRL2 = 0x90,
    VDCTRL4 = 0xb0,
    SET = 4,
    CLR = 8,
    TOG = 12
};
#define SFTRST   (1u << 31)
#define CLKGATE  (1u << 30)
#define DOTCLK   (1u << 17)
#define RUN      1u
#define DONE_IRQ (1u << 9)

static char folder[64];

static uint32_t get(struct rig *r, uint32_t off)
{
    return (uint32_t)qtest_read(r->q, LCDIF + off, 4);
}

static void put(struct rig *r, uint32_t off, uint32_t val)
{
    qtest_write(r->q, LCDIF + off, val, 4);
}

static struct rig *start_with(const char *rate)
{
    char extra[200];

    snprintf(folder, sizeof(folder), "/tmp/garm-lcdif-XXXXXX");
    if (!mkdtemp(folder))
        return NULL;
    snprintf(extra, sizeof(extra), "-device lcdif,width=%u,height=%u,rate=%s,frames=%s,limit=8",
             SIZE, SIZE, rate, folder);
    return rig_new_raw("deterministic=on", extra);
}

static struct rig *start(void)
{
    return start_with("60");
}

static void stop(struct rig *r)
{
    char command[128];

    rig_free(r);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command))
        tap_note("%s stays", folder);
}

/* As mxsfb_crtc_mode_set_nofb() and mxsfb_enable_controller(), 32 bits a pixel. */
static void enable(struct rig *r, uint64_t picture)
{
    put(r, CTRL + CLR, SFTRST);
    put(r, CTRL + CLR, CLKGATE);
    put(r, CTRL1, 7 << 16);
    put(r, CTRL, 3 << 10 | 3 << 8 | 1 << 5);
    put(r, TRANSFER, SIZE << 16 | SIZE);
    put(r, VDCTRL1, SIZE + 28);
    put(r, VDCTRL2, SIZE + 256);
    put(r, CUR_BUF, (uint32_t)picture);
    put(r, NEXT_BUF, (uint32_t)picture);
    put(r, CTRL + SET, DOTCLK);
    put(r, CTRL + SET, RUN);
}

/* A pixel of a flip's picture; -1: there is no such file. */
static int pixel(unsigned series, unsigned frame, unsigned x, unsigned y)
{
    static uint8_t data[SIZE * SIZE * 3];
    char name[128], head[32] = "";
    size_t got = 0;
    FILE *f;

    snprintf(name, sizeof(name), "%s/%03u-%05u.ppm", folder, series, frame);
    f = fopen(name, "rb");
    if (!f)
        return -1;
    if (fread(head, 1, 15, f) == 15 && !memcmp(head, "P6\n128 128\n255\n", 15))
        got = fread(data, 1, sizeof(data), f);
    fclose(f);
    if (got != sizeof(data))
        return -2;
    const uint8_t *p = data + 3 * (y * SIZE + x);
    return p[0] << 16 | p[1] << 8 | p[2];
}

static void twins(void)
{
    struct rig *r = start();

    TAP_REQUIRE(r);
    TAP_CHECK_EQ(get(r, CTRL), SFTRST | CLKGATE);
    put(r, CTRL + CLR, SFTRST);
    TAP_CHECK_EQ(get(r, CTRL), CLKGATE);
    put(r, CTRL1 + SET, 0xf000);
    put(r, CTRL1 + CLR, 0x5000);
    put(r, CTRL1 + TOG, 0x3000);
    TAP_CHECK_EQ(get(r, CTRL1), 0x9000);
    put(r, TRANSFER, 0x12345678);
    put(r, TRANSFER + SET, ~0u); /* has no twins */
    TAP_CHECK_EQ(get(r, TRANSFER), 0x12345678);
    put(r, CTRL + SET, SFTRST); /* all registers */
    TAP_CHECK_EQ(get(r, CTRL), SFTRST | CLKGATE);
    TAP_CHECK_EQ(get(r, TRANSFER), 0);
    stop(r);
}

static void frames(void)
{
    struct rig *r = start();
    uint32_t colour = 0xff123456;

    TAP_REQUIRE(r);
    qtest_zero(r->q, PICTURE, 2 * SIZE * SIZE * 4);
    qtest_write(r->q, PICTURE + 4 * (5 * SIZE + 7), colour, 4);
    qtest_write(r->q, PICTURE + 4 * (SIZE * SIZE + 1), colour, 4);
    enable(r, PICTURE);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, 0);
    step(r, FRAME / 2);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, 0);
    step(r, FRAME);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, DONE_IRQ);
    TAP_CHECK_EQ(pixel(1, 0, 7, 5), 0x123456);
    TAP_CHECK_EQ(pixel(1, 0, 8, 5), 0);

    put(r, NEXT_BUF, (uint32_t)PICTURE); /* the same once more is no flip */
    step(r, FRAME);
    TAP_CHECK_EQ(pixel(1, 1, 1, 0), -1);
    put(r, CTRL1 + CLR, DONE_IRQ);
    put(r, NEXT_BUF, (uint32_t)(PICTURE + SIZE * SIZE * 4));
    TAP_CHECK_EQ(get(r, CUR_BUF), PICTURE); /* until the frame ends */
    step(r, FRAME);
    TAP_CHECK_EQ(get(r, CUR_BUF), PICTURE + SIZE * SIZE * 4);
    TAP_CHECK_EQ(pixel(1, 1, 1, 0), 0x123456);
    step(r, 3 * FRAME);
    TAP_CHECK_EQ(pixel(1, 2, 0, 0), -1); /* no flip, no picture */
    put(r, NEXT_BUF, (uint32_t)PICTURE); /* two in one frame */
    put(r, NEXT_BUF, (uint32_t)(PICTURE + SIZE * SIZE * 4));
    TAP_CHECK_EQ(pixel(1, 2, 7, 5), 0x123456);
    step(r, FRAME);
    TAP_CHECK_EQ(pixel(1, 3, 1, 0), 0x123456);
    TAP_CHECK_EQ(pixel(1, 4, 0, 0), -1);

    put(r, CTRL + CLR, DOTCLK);
    TAP_CHECK_EQ(get(r, CTRL) & RUN, 0);
    put(r, CTRL1 + CLR, DONE_IRQ);
    step(r, 3 * FRAME);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, 0);
    enable(r, PICTURE);
    step(r, 2 * FRAME);
    TAP_CHECK_EQ(pixel(2, 0, 7, 5), 0x123456);
    stop(r);
}

/* A quicker panel: the same registers, the frame is done sooner. */
static void rate(void)
{
    struct rig *r = start_with("500");

    TAP_REQUIRE(r);
    enable(r, PICTURE);
    step(r, FRAME * 60 / 500 / 2);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, 0);
    step(r, FRAME * 60 / 500);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, DONE_IRQ);
    stop(r);
}

/* Whether a frame ended meanwhile. */
static bool ended(struct rig *r, uint64_t ns)
{
    put(r, CTRL1 + CLR, DONE_IRQ);
    step(r, ns);
    return get(r, CTRL1) & DONE_IRQ;
}

/* A panel that waits for something new, but no longer than drivers do. */
static void adaptive(void)
{
    const uint64_t frame = 1000000000ull / 2000, low = 1000000000ull / 50;
    struct rig *r = start_with("2000,adaptive=on");

    TAP_REQUIRE(r);
    enable(r, PICTURE);
    TAP_CHECK(ended(r, frame * 5 / 4));
    TAP_CHECK(ended(r, frame)); /* the driver may have asked late */
    TAP_CHECK(!ended(r, low / 2));
    put(r, NEXT_BUF, (uint32_t)PICTURE + 4096);
    TAP_CHECK(!ended(r, frame * 3 / 4));
    TAP_CHECK_EQ(get(r, CUR_BUF), PICTURE);
    TAP_CHECK(ended(r, frame / 2));
    TAP_CHECK_EQ(get(r, CUR_BUF), PICTURE + 4096);
    TAP_CHECK(ended(r, frame));
    TAP_CHECK(!ended(r, low / 2));
    TAP_CHECK(ended(r, low));
    TAP_CHECK(ended(r, low + frame)); /* again and again */
    stop(r);
}

static void hostile(void)
{
    static const struct {
        uint32_t transfer, lines, clocks, picture;
    } cases[] = {
        {~0u, ~0u, ~0u, 0xfffffff0},  {SIZE << 16 | SIZE, 1, 1, 0x10},
        {0, 5, 0, (uint32_t)PICTURE}, {4096u << 16 | 4096, 0, 77, 0x08000000},
        {1, 1000, 1000, 0x3ffffffd},
    };
    struct rig *r = start();

    TAP_REQUIRE(r);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (uint32_t form = 0; form < 4; form++) {
            enable(r, cases[i].picture);
            put(r, CTRL + CLR, 3 << 8);
            put(r, CTRL + SET, form << 8);
            put(r, CTRL1, (form & 1 ? 0xfu : 7u) << 16);
            put(r, TRANSFER, cases[i].transfer);
            put(r, VDCTRL1, cases[i].lines);
            put(r, VDCTRL2, cases[i].clocks);
            step(r, FRAME);
            put(r, CTRL + SET, SFTRST);
        }
    put(r, 0x1ffc, 1);
    get(r, 0x1ffc);
    enable(r, PICTURE); /* and it still works */
    step(r, 2 * FRAME);
    TAP_CHECK_EQ(get(r, CTRL1) & DONE_IRQ, DONE_IRQ);
    stop(r);
}

TAP_MAIN({"twins", twins}, {"frames", frames}, {"rate", rate}, {"adaptive", adaptive},
         {"hostile", hostile})
