/*
 * The device tree that -M virt hands to the kernel: the GPU's node and those of its clock, regulator and
 * operating points, against Documentation/devicetree/bindings/gpu/arm,mali-valhall-csf.yaml.
 *
 * Reads the blob itself (Devicetree Specification 0.4, chapter 5).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <unistd.h>

#include "rig.h"
#include "tap.h"

#define GPU     "/platform-bus@c000000/gpu@0"
#define SYSREG  "/platform-bus@c000000/sysreg@200000"
#define OSC     "/gpu-0-config-bus/gpu-clock"
#define SUPPLY  "/gpu-0-regulator"
#define OPPS    "/gpu-0-opp-table"

enum { BEGIN_NODE = 1, END_NODE, PROP, NOP, END = 9 };

static uint8_t blob[1 << 21];

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static bool dump(const char *properties)
{
    char path[64], extra[96], text[512];
    size_t len = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/tmp/garm-dtb-%d", (int)getpid());
    snprintf(extra, sizeof(extra), "-machine dumpdtb=%s", path);
    if (!TAP_CHECK_EQ(qtest_run(properties, extra, text, sizeof(text)), 0))
        tap_note("%s", text);
    memset(blob, 0, sizeof(blob));
    f = fopen(path, "rb");
    if (f) {
        len = fread(blob, 1, sizeof(blob), f);
        fclose(f);
        unlink(path);
    }
    return TAP_CHECK(len > 40 && be32(blob) == 0xd00dfeed && be32(blob + 4) <= len);
}

/* Value of a property of the node with this full path, "" for the node itself; NULL: not there. */
static const uint8_t *find(const char *path, const char *name, uint32_t *len)
{
    const uint8_t *p = blob + be32(blob + 8), *strings = blob + be32(blob + 12);
    char at[256] = "";

    for (;;) {
        uint32_t token = be32(p);

        p += 4;
        if (token == BEGIN_NODE) {
            const char *node = (const char *)p;
            size_t used = strlen(at);

            if (*node) /* the root has no name */
                snprintf(at + used, sizeof(at) - used, "/%s", node);
            p += (strlen(node) + 4) & ~3u;
            if (!*name && !strcmp(at, path))
                return p;
        } else if (token == END_NODE) {
            char *slash = strrchr(at, '/');

            if (slash)
                *slash = 0;
        } else if (token == PROP) {
            *len = be32(p);
            if (!strcmp(at, path) && !strcmp((const char *)strings + be32(p + 4), name))
                return p + 8;
            p += 8 + ((*len + 3) & ~3u);
        } else if (token != NOP) {
            return NULL;
        }
    }
}

static bool has(const char *path, const char *name)
{
    uint32_t len;

    return find(path, name, &len) != NULL;
}

static uint32_t cell(const char *path, const char *name, unsigned n)
{
    uint32_t len;
    const uint8_t *p = find(path, name, &len);

    if (p && len >= 4 * (n + 1))
        return be32(p + 4 * n);
    TAP_CHECK(!"the cell exists");
    tap_note("%s: %s, cell %u", path, name, n);
    return 0;
}

static void check_strings(const char *path, const char *name, const char *want, size_t size)
{
    uint32_t len = 0;
    const uint8_t *p = find(path, name, &len);

    if (!TAP_CHECK(p && len == size && !memcmp(p, want, size)))
        tap_note("%s: %s is \"%.*s\"", path, name, (int)len, p ? (const char *)p : "");
}

#define CHECK_STRINGS(path, name, want) check_strings(path, name, want, sizeof(want))

static void gpu_node(void)
{
    TAP_REQUIRE(dump(""));
    CHECK_STRINGS(GPU, "compatible", "rockchip,rk3588-mali\0arm,mali-valhall-csf");
    TAP_CHECK_EQ(cell(GPU, "reg", 0), 0); /* from the bus's base */
    TAP_CHECK_EQ(cell(GPU, "reg", 1), 0x200000);
    TAP_CHECK_EQ(cell("/platform-bus@c000000", "ranges", 2), GPU_BASE);
    CHECK_STRINGS(GPU, "interrupt-names", "job\0mmu\0gpu");
    for (unsigned i = 0; i < 3; i++) {
        TAP_CHECK_EQ(cell(GPU, "interrupts", 3 * i), 0); /* SPI */
        TAP_CHECK_EQ(cell(GPU, "interrupts", 3 * i + 1), FIRST_SPI + i);
        TAP_CHECK_EQ(cell(GPU, "interrupts", 3 * i + 2), 4); /* level, high */
    }
    CHECK_STRINGS(GPU, "clock-names", "core\0coregroup\0stacks");
    for (unsigned i = 0; i < 3; i++)
        TAP_CHECK_EQ(cell(GPU, "clocks", i), cell(OSC, "phandle", 0));
    TAP_CHECK_EQ(cell(GPU, "mali-supply", 0), cell(SUPPLY, "phandle", 0));
    TAP_CHECK_EQ(cell(GPU, "operating-points-v2", 0), cell(OPPS, "phandle", 0));
    TAP_CHECK_EQ(cell(GPU, "#cooling-cells", 0), 2);
    TAP_CHECK(!has(GPU, "dma-coherent"));
    TAP_CHECK(has(GPU, "dma-noncoherent")); /* the root node of -M virt says dma-coherent */
    TAP_CHECK(!has(GPU, "power-domains")); /* optional in the binding; nothing on virt provides one */
}

static void coherent_node(void)
{
    TAP_REQUIRE(dump("coherency=ace-lite"));
    TAP_CHECK(has(GPU, "dma-coherent") && !has(GPU, "dma-noncoherent"));
}

static void model_without_a_board(void)
{
    TAP_REQUIRE(dump("model=g310"));
    CHECK_STRINGS(GPU, "compatible", "arm,mali-valhall-csf");
}

static void clock_nodes(void)
{
    TAP_REQUIRE(dump(""));
    CHECK_STRINGS(SYSREG, "compatible", "arm,vexpress-sysreg");
    TAP_CHECK_EQ(cell(SYSREG, "reg", 0), PLATFORM_PAGE - GPU_BASE);
    TAP_CHECK_EQ(cell(SYSREG, "reg", 1), 0x1000);
    CHECK_STRINGS("/gpu-0-config-bus", "compatible", "arm,vexpress,config-bus");
    TAP_CHECK_EQ(cell("/gpu-0-config-bus", "arm,vexpress,config-bridge", 0), cell(SYSREG, "phandle", 0));
    CHECK_STRINGS(OSC, "compatible", "arm,vexpress-osc");
    TAP_CHECK_EQ(cell(OSC, "freq-range", 0), 100000000);
    TAP_CHECK_EQ(cell(OSC, "freq-range", 1), 1000000000);
    TAP_CHECK_EQ(cell(OSC, "#clock-cells", 0), 0);
}

static void regulator_node(void)
{
    const char *led = SYSREG "/sys_led";

    TAP_REQUIRE(dump(""));
    CHECK_STRINGS(SUPPLY, "compatible", "regulator-gpio");
    CHECK_STRINGS(led, "compatible", "arm,vexpress-sysreg,sys_led");
    for (unsigned i = 0; i < 3; i++) {
        TAP_CHECK_EQ(cell(SUPPLY, "gpios", 3 * i), cell(led, "phandle", 0));
        TAP_CHECK_EQ(cell(SUPPLY, "gpios", 3 * i + 1), i);
    }
    for (unsigned i = 0; i < 8; i++) {
        TAP_CHECK_EQ(cell(SUPPLY, "states", 2 * i), 675000 + 25000 * i);
        TAP_CHECK_EQ(cell(SUPPLY, "states", 2 * i + 1), i);
    }
}

/* The RK3588's GPU table: 300 to 1000 MHz; every voltage is one that the regulator has. */
static void operating_points(void)
{
    static const uint32_t volts[] = { 675000, 675000, 675000, 675000, 700000, 750000, 800000, 850000 };

    TAP_REQUIRE(dump(""));
    CHECK_STRINGS(OPPS, "compatible", "operating-points-v2");
    for (unsigned i = 0; i < 8; i++) {
        char node[96];
        uint32_t hz = (300 + 100 * i) * 1000000;

        snprintf(node, sizeof(node), OPPS "/opp-%u", hz);
        TAP_CHECK_EQ(cell(node, "opp-hz", 0), 0);
        TAP_CHECK_EQ(cell(node, "opp-hz", 1), hz);
        TAP_CHECK_EQ(cell(node, "opp-microvolt", 0), volts[i]);
    }
}

/* The bus has room for more than one. */
static void two_gpus(void)
{
    struct rig *r = rig_new_raw("deterministic=on", "-device mali-g610,id=second,deterministic=on,model=g310");

    TAP_CHECK_EQ(rd(r, GPU_ID), 0xa8670005);
    TAP_CHECK_EQ(qtest_read(r->q, GPU_BASE + 0x400000, 4) >> 16, 0xac74);
    rig_free(r);
}

TAP_MAIN({"gpu-node", gpu_node}, {"coherent-node", coherent_node},
         {"model-without-a-board", model_without_a_board}, {"clock-nodes", clock_nodes},
         {"regulator-node", regulator_node}, {"operating-points", operating_points}, {"two-gpus", two_gpus})
