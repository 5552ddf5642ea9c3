/*
 * Fault injection: the catalogue, the text of rules and its errors, triggers, every fault on a
 * running device, and that the same scenario leaves the same log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_driver.h"
#include "tap.h"

#include "../../hw/inject/inject_priv.h"

#include <stdlib.h>

#define DATA   0x600du
#define MS     1000000ull
#define RAW(n) fd_rd(d, (n))
enum {
    GPU_RAW = 0x20,
    GPU_CMD = 0x30,
    L2_READY = 0x160,
    L2_TRANS = 0x220,
    MCU_STATUS = 0x704,
    JOB_RAW = 0x1000,
    JOB_STAT = 0x100c,
    MMU_RAW = 0x2000
};

/* --- helpers ------------------------------------------------------------------------ */
static bool add(struct fake_driver *d, const char *text)
{
    char *err = NULL;
    bool ok = mali_gpu_inject_add(d->gpu, text, &err);

    if (!ok)
        tap_note("%s", err ? err : "no reason given");
    free(err);
    return ok;
}

/* How often the only rule has struck. */
static unsigned struck(struct fake_driver *d)
{
    char *text = mali_gpu_inject_rules(d->gpu), *at = strstr(text, "struck=");
    unsigned n = at ? (unsigned)atoi(at + 7) : 0;

    free(text);
    return n;
}

/* Moves virtual time on by @ns, also when nothing happens. */
static void pass(struct fake_driver *d, uint64_t ns)
{
    uint64_t end = d->h->now_ns + ns;

    fd_pump(d, ns);
    if (d->h->now_ns < end)
        fake_advance(d->h, end - d->h->now_ns);
    fd_pump(d, 1);
}

/* A driver with a group of one queue in slot 0, VM in address space 1. */
static struct fake_driver *bench(void)
{
    struct fake_driver *d = fd_new(NULL);

    if (!TAP_CHECK(d != NULL))
        return NULL;
    fd_vm(d, 1);
    TAP_CHECK(fd_group_start(d, 0, 1, 1));
    return d;
}

/* A job of queue @q of the group in slot @g, in VM @as, that stores @val; true when it was stored.
 */
static bool job_at(struct fake_driver *d, unsigned g, unsigned q, unsigned as, uint32_t val)
{
    const uint64_t words[] = {cs_mov48(68, FD_DATA_VA), cs_mov32(70, val), cs_store(70, 68, 1, 0),
                              cs_wait(0xff)};

    fd_ring_put(d, g, q, words, 4);
    fd_kick(d, g);
    pass(d, 2 * MS);
    return *fd_data(d, as, 0) == val;
}

/* The same of the only queue of bench(). */
static bool job(struct fake_driver *d, uint32_t val)
{
    return job_at(d, 0, 0, 1, val);
}

static uint32_t cs_ack(struct fake_driver *d, uint32_t bit)
{
    return (*fd_word(d, fd_cs_in(d, 0, 0)) ^ *fd_word(d, fd_cs_out(d, 0, 0))) & bit;
}

/* --- tables ---------------------------------------------------------------------------- */
static void catalogue(void)
{
    char *text = mali_inject_catalogue();

    TAP_CHECK(INJECT_FAULTS >= 60);
    TAP_REQUIRE(text);
    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        const struct inject_fault *f = &inject_faults[i];

        TAP_CHECK(f->limit_ms && *f->what && *f->source && *f->duty && *f->stage);
        TAP_CHECK(!strpbrk(f->what, "\"\\") && !strpbrk(f->source, "\"\\"));
        TAP_CHECK(strstr(text, f->name));
        TAP_CHECK_EQ(f->point == INJECT_device, !!(f->flags & INJECT_ACTION));
        for (unsigned k = 0; k < i; k++)
            TAP_CHECK(strcmp(f->name, inject_faults[k].name));
        for (unsigned k = 0; k < 2 && f->param[k].name; k++)
            TAP_CHECK(f->param[k].def >= f->param[k].lo && f->param[k].def <= f->param[k].hi);
    }
    free(text);
}

/* What a rule prints is a rule that prints the same. */
static void round_trip(void)
{
    static const char *const texts[] = {
        "irq-lost:line=mmu:nth=7:times=3",
        "mmu-translation:as=2:va=0x1000-0x1fff:access=write",
        "gone:on=walk:as=1:nth=100",
        "cs-slow:delay=250ms:always",
        "cs-fatal-bus:prob=0.25:seed=42:always",
        "irq-storm:irq=2:count=5:at=3s",
        "ping-lost",
        "sync-lost:every=3:times=2",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *err, a[256] = "", b[256] = "";
        struct inject_rule *r = inject_parse(texts[i], &err), *again;
        FILE *f = fmemopen(a, sizeof(a), "w");

        if (!TAP_CHECK(r != NULL)) {
            tap_note("%s: %s", texts[i], err);
            continue;
        }
        inject_rule_print(f, r);
        fclose(f);
        again = inject_parse(a, &err);
        if (!TAP_CHECK(again != NULL)) {
            tap_note("%s: %s", a, err);
            continue;
        }
        f = fmemopen(b, sizeof(b), "w");
        inject_rule_print(f, again);
        fclose(f);
        TAP_CHECK_STR(a, b);
        inject_rules_free(r);
        inject_rules_free(again);
    }
}

static void every_fault_by_name(void)
{
    struct fake_driver *d = fd_new_cold(NULL);

    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        char text[128];

        snprintf(text, sizeof(text), "%s:at=1000s", inject_faults[i].name);
        TAP_CHECK(add(d, text));
    }
    TAP_CHECK(mali_gpu_inject_remove(d->gpu, 1));
    TAP_CHECK(!mali_gpu_inject_remove(d->gpu, 1));
    TAP_CHECK(mali_gpu_inject_remove(d->gpu, 0));
    fd_free(d);
}

static void comments_and_lines(void)
{
    char *err;
    struct inject_rule *r =
        inject_parse("# a scenario\nping-lost; mcu-hang:at=1s # later\n\n gone\n", &err);
    unsigned n = 0;

    for (struct inject_rule *at = r; at; at = at->next)
        n++;
    TAP_CHECK_EQ(n, 3);
    inject_rules_free(r);
    TAP_CHECK(!inject_parse("  # nothing\n", &err) && !err);
}

/* Name, value and limit are in the message. */
static void errors(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"nonsense", "no fault is called \"nonsense\""},
        {"irq-late:delay=1h", "delay=1h: a time such as 250ms"},
        {"irq-late:delay=61s", "delay=61s: allowed are 1000 to 60000000000 ns"},
        {"irq-storm:irq=3", "irq=3: allowed are 0 to 2"},
        {"irq-lost:line=cpu", "line=cpu: one of job mmu gpu"},
        {"irq-lost:group=1", "group: not known at \"irq-raise\""},
        {"irq-lost:on=walk", "this fault has a place of its own"},
        {"gone:on=nowhere", "no such point"},
        {"mmu-translation:level=5", "level=5: allowed are 0 to 4"},
        {"mmu-access-flag:level=0", "level=0: allowed are 1 to 3"},
        {"gone:va=1", "va: not known at \"device\""},
        {"sync-lost:va=9-1", "the first is above the last"},
        {"sync-lost:va=x", "va=x: a number or FIRST-LAST"},
        {"sync-lost:nth=0", "nth=0: allowed are 1 to"},
        {"sync-lost:times=-1", "times=-1: allowed are 1 to"},
        {"sync-lost:prob=0", "prob=0: a number above 0"},
        {"sync-lost:prob=1.5", "prob=1.5: a number above 0"},
        {"sync-lost:prob=", "prob=: a number above 0"},
        {"sync-lost:seed=q", "seed=q: a number"},
        {"sync-lost:colour=red", "colour: neither a parameter"},
        {"sync-lost:often", "\"often\": once, always, now"},
        {"ping-lost;ping-lost:x", "ping-lost:x: \"x\""},
        {":", "no fault is called \"\""},
        {"sync-lost:va=99999999999999999999999", "a number or FIRST-LAST"},
        {"irq-late:delay=99999999999999s", "a time such as"},
    };
    struct fake_driver *d = fd_new_cold(NULL);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *err = NULL, *left;

        TAP_CHECK(!mali_gpu_inject_add(d->gpu, rows[i].text, &err));
        if (!TAP_CHECK(err && strstr(err, rows[i].want)))
            tap_note("%s: expected \"%s\", got \"%s\"", rows[i].text, rows[i].want, err ? err : "");
        free(err);
        left = mali_gpu_inject_rules(d->gpu);
        TAP_CHECK_STR(left, ""); /* all or nothing */
        free(left);
    }
    fd_free(d);
}

static void too_many(void)
{
    struct fake_driver *d = fd_new_cold(NULL);
    char *err = NULL;

    for (unsigned i = 0; i < INJECT_RULES_MAX; i++)
        TAP_CHECK(add(d, "ping-lost"));
    TAP_CHECK(!mali_gpu_inject_add(d->gpu, "ping-lost", &err));
    TAP_CHECK(err && strstr(err, "256 are possible"));
    free(err);
    fd_free(d);
}

static void refused_at_start(void)
{
    struct fake_host *h = fake_host_new(FAKE_RAM_BASE, FAKE_MIB);
    const struct mali_config cfg = {.deterministic = true, .inject = "what"};
    char *err = NULL;

    TAP_CHECK(!mali_gpu_new(&cfg, fake_host_ops(), h, &err));
    TAP_CHECK(err && strstr(err, "no fault is called"));
    free(err);
    fake_host_free(h);
}

/* --- triggers ------------------------------------------------------------------------------ */
/* Reads GPU_STATUS @n times; a bit per read that was struck. */
static uint64_t reads(struct fake_driver *d, unsigned n)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < n; i++)
        mask |= (uint64_t)(fd_rd(d, 0x34) >> 31) << i;
    return mask;
}

static void triggers(void)
{
    static const struct {
        const char *text;
        uint64_t want;
    } rows[] = {
        {"read-flipped:bit=31", 0x1},
        {"read-flipped:bit=31:once:nth=5", 0x10},
        {"read-flipped:bit=31:always", 0xffff},
        {"read-flipped:bit=31:times=3", 0x7},
        {"read-flipped:bit=31:nth=2:every=4:always", 0x2222},
        {"read-flipped:bit=31:nth=2:every=4:times=2", 0x22},
        {"read-flipped:bit=31:always:reg=0x30-0x40", 0xffff},
        {"read-flipped:bit=31:always:reg=0x38", 0},
        {"read-flipped:bit=31:always:prob=1", 0xffff},
        {"read-flipped:bit=31:at=1000s", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_driver *d = fd_new_cold(NULL);

        TAP_CHECK(add(d, rows[i].text));
        if (!TAP_CHECK_EQ(reads(d, 16), rows[i].want))
            tap_note("%s", rows[i].text);
        fd_free(d);
    }
}

static void seeds(void)
{
    uint64_t got[3];
    static const char *const texts[] = {"read-flipped:bit=31:always:prob=0.5:seed=1",
                                        "read-flipped:bit=31:always:prob=0.5:seed=1",
                                        "read-flipped:bit=31:always:prob=0.5:seed=2"};

    for (unsigned i = 0; i < 3; i++) {
        struct fake_driver *d = fd_new_cold(NULL);

        TAP_CHECK(add(d, texts[i]));
        got[i] = reads(d, 64);
        fd_free(d);
    }
    TAP_CHECK_EQ(got[0], got[1]);
    TAP_CHECK(got[0] != got[2]);
    TAP_CHECK(__builtin_popcountll(got[0]) > 16 && __builtin_popcountll(got[0]) < 48);
}

static void times_of_day(void)
{
    struct fake_driver *d = fd_new_cold(NULL);

    TAP_CHECK(add(d, "read-flipped:bit=31:after=5ms"));
    TAP_CHECK_EQ(reads(d, 4), 0);
    fake_advance(d->h, 5 * MS);
    TAP_CHECK_EQ(reads(d, 4), 1);
    TAP_CHECK(add(d, "gone:after=3ms"));
    pass(d, 2 * MS);
    TAP_CHECK_EQ(fd_rd(d, 0), 0xa8670005);
    pass(d, 2 * MS); /* the timer does it, without an access */
    TAP_CHECK_EQ(fd_rd(d, 0), 0xffffffff);
    fd_free(d);
}

static void action_on_event(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "mcu-fatal:on=cs-instr:opcode=21:nth=2"));
    TAP_CHECK(job(d, 1));
    TAP_CHECK_EQ(RAW(MCU_STATUS), 1);
    job(d, 2);
    TAP_CHECK_EQ(RAW(MCU_STATUS), 3);
    TAP_CHECK_EQ(struck(d), 1);
    fd_free(d);
}

/* --- streams ---------------------------------------------------------------------------------- */
static void stream_faults(void)
{
    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        const struct inject_fault *f = &inject_faults[i];
        bool fatal = !strncmp(f->name, "cs-fatal-", 9);
        struct fake_driver *d;

        if (strncmp(f->name, "cs-fault-", 9) && !fatal)
            continue;
        d = bench();
        TAP_REQUIRE(d);
        TAP_CHECK(add(d, f->name));
        job(d, 1);
        TAP_CHECK_EQ(struck(d), 1);
        TAP_CHECK(cs_ack(d, fatal ? 1u << 30 : 1u << 31));
        TAP_CHECK_EQ(*fd_word(d, fd_cs_out(d, 0, 0) + (fatal ? 0x84 : 0x80)), f->arg);
        if (!TAP_CHECK_EQ(job(d, 2), false)) /* in the error state, or dead */
            tap_note("%s", f->name);
        fd_free(d);
    }
}

/* Whom a rule names is struck, and nobody else. Job numbers and shaders: pipeline_compute_test. */
static void matches(void)
{
    static const struct {
        const char *rule;
        bool struck[3]; /* queue 0 of slot 0; queues 0 and 1 of slot 1, which has another VM */
    } rows[] = {
        {"flip-result:always:group=0", {true, false, false}},
        {"flip-result:always:group=1", {false, true, true}},
        {"flip-result:always:queue=1", {false, false, true}},
        {"flip-result:always:group=1:queue=0", {false, true, false}},
        {"flip-result:always:as=1", {true, false, false}},
        {"flip-result:always:group=0:queue=1", {false, false, false}},
        {"flip-result:always:group=2", {false, false, false}},
    };
    static const unsigned who[3][3] = {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}; /* slot, queue, VM */

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_driver *d = bench();

        TAP_REQUIRE(d);
        fd_vm(d, 2);
        TAP_CHECK(fd_group_start(d, 1, 2, 2));
        TAP_CHECK(add(d, rows[i].rule));
        for (unsigned k = 0; k < 3; k++)
            if (!TAP_CHECK_EQ(job_at(d, who[k][0], who[k][1], who[k][2], 0x10 + 2 * k),
                              !rows[i].struck[k]))
                tap_note("%s, client %u", rows[i].rule, k);
        fd_free(d);
    }
}

static void endless(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "cs-endless:opcode=1"));
    TAP_CHECK(!job(d, 1));
    TAP_CHECK(!job(d, 2));
    TAP_CHECK_EQ(struck(d), 1);
    TAP_CHECK(fd_csg_state(d, 0, 0));
    pass(d, MS);
    TAP_CHECK(fd_group_start(d, 0, 1, 1)); /* a new group is not held */
    pass(d, MS);
    TAP_CHECK(job(d, 3));
    fd_free(d);
}

static void slow(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "cs-slow:opcode=21:delay=20ms"));
    TAP_CHECK(!job(d, 1));
    pass(d, 30 * MS);
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 1);
    fd_free(d);
}

static void results(void)
{
    struct fake_driver *d = bench();
    const uint64_t sync[] = {cs_mov48(68, FD_DATA_VA + 64), cs_mov48(70, 5), cs_sync_add64(68, 70),
                             cs_wait(0xff)};

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "flip-result:bit=4"));
    TAP_CHECK(!job(d, 0x100));
    TAP_CHECK_EQ(*fd_data(d, 1, 0), 0x110);
    TAP_CHECK(job(d, 0x200));
    TAP_CHECK(add(d, "sync-lost:va=0x30000040"));
    for (unsigned i = 0; i < 2; i++) {
        fd_ring_put(d, 0, 0, sync, 4);
        fd_kick(d, 0);
        pass(d, MS);
        TAP_CHECK_EQ(*fd_data(d, 1, 64), 5 * i);
    }
    TAP_CHECK(add(d, "extract-ahead:by=64"));
    job(d, 1);
    TAP_CHECK_EQ(fd_extract(d, 0, 0) % 64, 0);
    fd_free(d);
}

static void oom(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "heap-oom:opcode=21"));
    TAP_CHECK(!job(d, 1));
    TAP_CHECK(cs_ack(d, 1u << 26)); /* TILER_OOM */
    fd_free(d);
}

/* --- memory -------------------------------------------------------------------------------------
 */
static void mmu_fault(const char *name, const char *more, unsigned code)
{
    struct fake_driver *d = bench();
    char text[96];

    TAP_REQUIRE(d);
    snprintf(text, sizeof(text), "%s:as=1:va=0x30000000-0x30000fff:access=write%s", name, more);
    TAP_CHECK(job(d, 1)); /* so that the page is in the TLB */
    TAP_CHECK(add(d, text));
    TAP_CHECK(!job(d, 2));
    TAP_CHECK(RAW(MMU_RAW) & 2);
    if (!TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x1c) & 0xff, code))
        tap_note("%s", text);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x20), FD_DATA_VA);
    fd_free(d);
}

static void mmu_faults(void)
{
    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        const struct inject_fault *f = &inject_faults[i];

        if (!strncmp(f->name, "mmu-", 4) && f->point == INJECT_walk && !f->preset[0])
            mmu_fault(f->name, "", f->arg + (unsigned)f->param[0].def);
    }
    mmu_fault("mmu-translation", ":level=0", 0xc0);
    mmu_fault("mmu-translation", ":level=4", 0xc4);
    mmu_fault("mmu-permission", ":level=2", 0xca);
    mmu_fault("mmu-access-flag", ":level=1", 0xd9);
    mmu_fault("mmu-address-size", ":level=0", 0xe4);
    mmu_fault("mmu-attribute", ":level=1", 0xe9);
}

/* Each access counts, not each page. */
static void access_count(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "mmu-translation:as=1:va=0x30000000-0x30000fff:nth=4"));
    for (unsigned i = 1; i < 4; i++)
        TAP_CHECK(job(d, i));
    TAP_CHECK(!job(d, 4));
    fd_free(d);
}

static void page_table_bits(void)
{
    static const struct {
        unsigned bit, code;
    } rows[] = {{0, 0xc3}, {6, 0xcb}, {7, 0xcb}, {10, 0xdb}, {45, 0xe7}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_driver *d = bench();
        char text[96];

        TAP_REQUIRE(d);
        snprintf(text, sizeof(text), "flip-pte:as=1:va=0x30000000:access=write:bit=%u",
                 rows[i].bit);
        TAP_CHECK(add(d, text));
        TAP_CHECK(!job(d, 1));
        TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x1c) & 0xff, rows[i].code);
        fd_free(d);
    }
}

static void as_commands(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "as-late:as=1:delay=3ms"));
    fd_wr(d, 0x2400 + 0x40 + 0x18, 5);
    pass(d, MS);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x28) & 1, 1);
    pass(d, 3 * MS);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x28) & 1, 0);
    TAP_CHECK(add(d, "as-stuck:as=1:command=5"));
    fd_wr(d, 0x2400 + 0x40 + 0x18, 5);
    pass(d, 1000 * MS);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x28) & 1, 1);
    fd_wr(d, GPU_CMD, 0x101);
    pass(d, MS);
    TAP_CHECK_EQ(fd_rd(d, 0x2400 + 0x40 + 0x28) & 1, 0);
    TAP_CHECK(add(d, "mmu-spurious:space=3"));
    pass(d, MS);
    TAP_CHECK_EQ(RAW(MMU_RAW), 8);
    fd_free(d);
}

static void firmware_memory(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "mmu-firmware"));
    fd_glb_request(d, 1u << 8);
    TAP_CHECK_EQ(RAW(MCU_STATUS), 3);
    TAP_CHECK(RAW(MMU_RAW) & 1);
    fd_free(d);
}

/* --- microcontroller
 * ------------------------------------------------------------------------------- */
static void boots(void)
{
    struct fake_driver *d = fd_new_cold(NULL);

    fd_power_l2(d);
    fd_load_firmware(d);
    TAP_CHECK(add(d, "mcu-boot-fails"));
    TAP_CHECK(!fd_boot(d));
    TAP_CHECK_EQ(RAW(MCU_STATUS), 3);
    fd_wr(d, 0x700, 0);
    TAP_CHECK(add(d, "mcu-boot-silent"));
    TAP_CHECK(!fd_boot(d));
    TAP_CHECK_EQ(RAW(MCU_STATUS), 0);
    fd_wr(d, 0x700, 0);
    TAP_CHECK(add(d, "mcu-boot-late:delay=300ms"));
    fd_wr(d, 0x700, 2);
    pass(d, 200 * MS);
    TAP_CHECK_EQ(RAW(MCU_STATUS), 0);
    pass(d, 200 * MS);
    TAP_CHECK_EQ(RAW(MCU_STATUS), 1);
    fd_free(d);
}

static void interfaces(void)
{
    for (unsigned i = 0; i < INJECT_FAULTS; i++) {
        const struct inject_fault *f = &inject_faults[i];
        struct fake_driver *d;

        if (f->point != INJECT_fw_publish)
            continue;
        d = fd_new_cold(NULL);
        fd_power_l2(d);
        fd_load_firmware(d);
        TAP_CHECK(add(d, f->name));
        fd_wr(d, 0x700, 2);
        pass(d, MS);
        if (!TAP_CHECK_EQ(*fd_word(d, FD_SHARED_VA + f->arg), f->param[0].def))
            tap_note("%s", f->name);
        fd_free(d);
    }
}

static void requests(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "glb-late:delay=10ms"));
    TAP_CHECK(fd_glb_request(d, 1u << 8) || true);
    pass(d, 20 * MS);
    TAP_CHECK_EQ((*fd_word(d, fd_glb_in(d)) ^ *fd_word(d, fd_glb_out(d))) & 1u << 8, 0);
    TAP_CHECK(add(d, "ping-lost"));
    TAP_CHECK(!fd_glb_request(d, 1u << 8));
    TAP_CHECK(job(d, 1)); /* the rest of the firmware goes on */
    TAP_CHECK(add(d, "csg-suspend-lost"));
    TAP_CHECK(!fd_csg_state(d, 0, 2));
    TAP_CHECK(job(d, 2));
    TAP_CHECK(add(d, "csg-wrong-state:request=0"));
    TAP_CHECK(!fd_csg_state(d, 0, 0));
    TAP_CHECK(job(d, 3));
    TAP_CHECK(add(d, "csg-terminate-lost"));
    TAP_CHECK(!fd_csg_state(d, 0, 0));
    TAP_CHECK(add(d, "doorbell-lost"));
    TAP_CHECK(!job(d, 4));
    TAP_CHECK(job(d, 5));
    TAP_CHECK(add(d, "mcu-hang"));
    pass(d, MS);
    TAP_CHECK(!job(d, 6));
    TAP_CHECK_EQ(RAW(MCU_STATUS), 1); /* it does not say so */
    fd_free(d);
}

static void suspends(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "suspend-garbage"));
    TAP_CHECK(fd_csg_state(d, 0, 2));
    TAP_CHECK(!fd_csg_state(d, 0, 3));
    TAP_CHECK_EQ(RAW(MCU_STATUS), 3);
    fd_free(d);
    d = bench();
    TAP_CHECK(add(d, "suspend-halts"));
    TAP_CHECK(!fd_csg_state(d, 0, 2));
    TAP_CHECK_EQ(RAW(MCU_STATUS), 1);
    TAP_CHECK(!fd_glb_request(d, 1u << 8));
    fd_free(d);
}

static void events(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "cs-fatal-bus;cs-event-lost"));
    TAP_CHECK(!job(d, 1));
    TAP_CHECK_EQ(cs_ack(d, 1u << 30), 0);
    fd_free(d);
    d = bench();
    TAP_CHECK(add(d, "progress-spurious"));
    pass(d, MS);
    TAP_CHECK((*fd_word(d, fd_csg_in(d, 0)) ^ *fd_word(d, fd_csg_out(d, 0))) & 1u << 31);
    fd_free(d);
}

/* --- interrupts, power, clock, the device
 * ---------------------------------------------------------------- */
static void interrupts(void)
{
    struct fake_driver *d = fd_new(NULL);

    TAP_REQUIRE(d);
    fd_wr(d, 0x28, 1u << 17); /* CLEAN_COMPLETED */
    fd_wr(d, 0x24, ~0u);
    TAP_CHECK(add(d, "irq-lost:line=gpu:bits=0x20000"));
    fd_wr(d, GPU_CMD, 0x3304);
    pass(d, MS);
    TAP_CHECK(RAW(GPU_RAW) & 1u << 17);
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 4, 0);
    fd_wr(d, GPU_CMD, 0x3304);
    pass(d, MS);
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 4, 4);
    fd_wr(d, 0x24, ~0u);
    TAP_CHECK(add(d, "irq-late:line=gpu:delay=4ms"));
    fd_wr(d, GPU_CMD, 0x3304);
    pass(d, MS);
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 4, 0);
    pass(d, 4 * MS);
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 4, 4);
    fd_wr(d, 0x24, ~0u);
    TAP_CHECK(add(d, "irq-storm:irq=0:count=3"));
    fd_wr(d, 0x1004, ~0u);
    for (unsigned i = 0; i < 3; i++) {
        TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 1, 1);
        TAP_CHECK_EQ(RAW(JOB_STAT), 0);
    }
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 1, 0);
    TAP_CHECK(add(d, "irq-stuck:irq=1"));
    pass(d, MS);
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 2, 2);
    TAP_CHECK(mali_gpu_inject_remove(d->gpu, 0));
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu) & 2, 0);
    fd_free(d);
}

static void power(void)
{
    struct fake_driver *d = fd_new_cold(NULL);

    TAP_CHECK(add(d, "power-on-stuck"));
    TAP_CHECK(!fd_power_l2(d));
    pass(d, 1000 * MS);
    TAP_CHECK_EQ(RAW(L2_TRANS), 1);
    TAP_CHECK(add(d, "reset-ignored:times=2"));
    for (unsigned i = 0; i < 3; i++) {
        fd_wr(d, 0x24, ~0u);
        fd_wr(d, GPU_CMD, 0x101);
        pass(d, MS);
        TAP_CHECK_EQ(RAW(GPU_RAW) >> 8 & 1, i == 2);
    }
    TAP_CHECK(add(d, "power-slow:delay=8ms"));
    TAP_CHECK(!fd_power_l2(d));
    pass(d, 9 * MS);
    TAP_CHECK_EQ(RAW(L2_READY), 1);
    TAP_CHECK(add(d, "power-off-slow:delay=8ms"));
    fd_wr(d, 0x1e0, 1); /* L2_PWROFF */
    pass(d, 7 * MS);
    TAP_CHECK_EQ(RAW(L2_TRANS), 1);
    pass(d, 2 * MS);
    TAP_CHECK_EQ(RAW(L2_TRANS), 0);
    TAP_CHECK_EQ(RAW(L2_READY), 0);
    TAP_CHECK(fd_power_l2(d));
    TAP_CHECK(add(d, "flush-lost;flush-late:nth=1:delay=5ms"));
    fd_wr(d, 0x24, ~0u);
    fd_wr(d, GPU_CMD, 0x3304);
    pass(d, 10 * MS);
    TAP_CHECK_EQ(RAW(GPU_RAW) >> 17 & 1, 0);
    TAP_CHECK(add(d, "reset-dead"));
    for (unsigned i = 0; i < 5; i++) {
        fd_wr(d, 0x24, ~0u);
        fd_wr(d, GPU_CMD, 0x101);
        pass(d, 10 * MS);
        TAP_CHECK_EQ(RAW(GPU_RAW) >> 8 & 1, 0);
    }
    fd_free(d);
}

static void clocks(void)
{
    struct fake_driver *d = fd_new(NULL);
    uint64_t before, after;
    bool error = false;

    TAP_REQUIRE(d);
    mali_gpu_set_clock(d->gpu, 100000000);
    TAP_CHECK(add(d, "clock-wrong:percent=10"));
    before = mali_gpu_read(d->gpu, 0x90, 8);
    fake_advance(d->h, MS);
    after = mali_gpu_read(d->gpu, 0x90, 8);
    TAP_CHECK_EQ(after - before, 10000);
    before = mali_gpu_read(d->gpu, 0x98, 8);
    TAP_CHECK(add(d, "timestamp-jump:by=0x500000000"));
    pass(d, MS);
    TAP_CHECK_EQ((mali_gpu_read(d->gpu, 0x98, 8) - before) >> 32, 5);
    TAP_CHECK(!mali_gpu_platform_fault(d->gpu, MALI_CLOCK_SET, &error));
    TAP_CHECK(add(d, "clock-error;clock-unreadable;regulator-ignored;clock-ignored"));
    TAP_CHECK(mali_gpu_platform_fault(d->gpu, MALI_CLOCK_SET, &error) && error);
    TAP_CHECK(mali_gpu_platform_fault(d->gpu, MALI_CLOCK_SET, &error) && !error);
    TAP_CHECK(mali_gpu_platform_fault(d->gpu, MALI_CLOCK_GET, &error) && error);
    TAP_CHECK(mali_gpu_platform_fault(d->gpu, MALI_VOLTAGE_SET, &error) && !error);
    fd_free(d);
}

static void device(void)
{
    struct fake_driver *d = bench();

    TAP_REQUIRE(d);
    TAP_CHECK(add(d, "gpu-fault;gpu-protected"));
    pass(d, MS);
    TAP_CHECK_EQ(RAW(GPU_RAW) & 3, 3);
    TAP_CHECK_EQ(fd_rd(d, 0x3c), 0x80);
    TAP_CHECK(add(d, "write-lost:reg=0x28"));
    fd_wr(d, 0x28, 0x55);
    TAP_CHECK(fd_rd(d, 0x28) != (0x55 & 0xe0703));
    TAP_CHECK(add(d, "gone"));
    pass(d, MS);
    TAP_CHECK_EQ(fd_rd(d, 0), 0xffffffff);
    TAP_CHECK(!job(d, 1));
    TAP_CHECK_EQ(mali_gpu_irq_levels(d->gpu), 0);
    TAP_CHECK(mali_gpu_inject_remove(d->gpu, 0)); /* put in again, as after a system reset */
    TAP_CHECK_EQ(fd_rd(d, 0), 0xa8670005);
    TAP_CHECK_EQ(fd_rd(d, L2_READY), 0);
    fd_free(d);
}

/* --- reproducible
 * ---------------------------------------------------------------------------------------------- */
static char *scenario_log(unsigned seed)
{
    struct fake_driver *d = bench();
    char text[256], *log;

    if (!d)
        return NULL;
    snprintf(text, sizeof(text),
             "irq-lost:prob=0.3:seed=%u:always;cs-slow:delay=1ms:prob=0.05:seed=%u:times=9;"
             "as-late:delay=2ms;flip-result:prob=0.2:seed=%u:always",
             seed, seed + 1, seed + 2);
    add(d, text);
    for (unsigned i = 0; i < 40; i++) {
        job(d, i);
        fd_wr(d, 0x1004, ~0u);
    }
    fd_wr(d, 0x2400 + 0x40 + 0x18, 5);
    pass(d, 10 * MS);
    log = mali_gpu_inject_log(d->gpu);
    fd_free(d);
    return log;
}

static void same_log(void)
{
    char *a = scenario_log(7), *b = scenario_log(7), *c = scenario_log(8);

    TAP_REQUIRE(a && b && c);
    TAP_CHECK(strlen(a) > 500);
    TAP_CHECK(!strcmp(a, b));
    TAP_CHECK(strcmp(a, c));
    TAP_CHECK(strstr(a, "strike 1 ") && strstr(a, " then +"));
    free(a);
    free(b);
    free(c);
}

/* Nothing waits: no rule is asked, whatever happens. */
static void nothing_armed(void)
{
    struct fake_driver *d = bench();
    char *log;

    TAP_REQUIRE(d);
    TAP_CHECK(job(d, 1));
    log = mali_gpu_inject_log(d->gpu);
    TAP_CHECK_STR(log, "");
    free(log);
    fd_free(d);
}

TAP_MAIN({"catalogue", catalogue}, {"every-fault-by-name", every_fault_by_name},
         {"round-trip", round_trip}, {"comments-and-lines", comments_and_lines}, {"errors", errors},
         {"too-many", too_many}, {"refused-at-start", refused_at_start}, {"triggers", triggers},
         {"seeds", seeds}, {"times", times_of_day}, {"action-on-event", action_on_event},
         {"stream-faults", stream_faults}, {"matches", matches}, {"endless", endless},
         {"slow", slow}, {"results", results}, {"oom", oom}, {"mmu-faults", mmu_faults},
         {"access-count", access_count}, {"page-table-bits", page_table_bits},
         {"as-commands", as_commands}, {"firmware-memory", firmware_memory}, {"boots", boots},
         {"interfaces", interfaces}, {"requests", requests}, {"suspends", suspends},
         {"events", events}, {"interrupts", interrupts}, {"power", power}, {"clocks", clocks},
         {"device", device}, {"same-log", same_log}, {"nothing-armed", nothing_armed})
