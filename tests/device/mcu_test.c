/*
 * The microcontroller: boots that work and boots that must not, halt and boot again, every global request
 * with its acknowledgement and interrupt, what is refused.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rig.h"
#include "tap.h"

enum { DISABLED, ENABLED, HALTED, FATAL };

/* --- boot --------------------------------------------------------------------------- */
static void boot_good(void)
{
    struct rig *r = rig_new("");

    TAP_REQUIRE(power_l2(r));
    load_firmware(r);
    wr(r, JOB_MASK, ~0u);
    wr(r, GPU_MASK, IRQ_MCU_STATUS);
    wr(r, MCU_CONTROL, 2);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), ENABLED);
    TAP_CHECK_EQ(rd(r, MCU_CONTROL), 2);
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT), JOB_GLB);
    TAP_CHECK(qtest_irq_level(r->q, LINE_JOB));
    TAP_CHECK(qtest_irq_level(r->q, LINE_GPU));
    wr(r, JOB_CLEAR, JOB_GLB);
    TAP_CHECK(!qtest_irq_level(r->q, LINE_JOB));
    rig_free(r);
}

/* What panthor 6.12 and 7.2 check of the interface (driver-facts B.7). */
static void published_interface(void)
{
    struct rig *r = rig_up("csgs=5,streams=12");

    TAP_REQUIRE(r);
    TAP_CHECK_EQ(fw(r, SHARED_VA) >> 16, 0x101);
    TAP_CHECK_EQ(r->group_num, 5);
    TAP_CHECK_EQ(r->stream_num, 12);
    TAP_CHECK(r->suspend_size != 0);
    TAP_CHECK(glb_in(r) - SHARED_VA < SHARED_SIZE && glb_out(r) - SHARED_VA < SHARED_SIZE);
    TAP_CHECK_EQ(fw(r, glb_out(r) + 0x10), 0); /* halt status */
    for (unsigned g = 0; g < r->group_num; g++) {
        uint32_t at = SHARED_VA + 0x1000 + g * r->group_stride;

        for (unsigned off = 0x0c; off <= 0x18; off += 4) /* all groups equal */
            TAP_CHECK_EQ(fw(r, at + off), fw(r, SHARED_VA + 0x1000 + off));
        TAP_CHECK(fw(r, at + 0x10) != 0);
        TAP_CHECK(csg_in(r, g) - SHARED_VA < SHARED_SIZE && csg_out(r, g) - SHARED_VA < SHARED_SIZE);
        for (unsigned i = 0; i < r->stream_num; i++) {
            uint32_t features = fw(r, at + 0x40 + i * r->stream_stride);

            TAP_CHECK_EQ(features & 0xff, 95);            /* registers - 1 */
            TAP_CHECK((features >> 8 & 0xff) != 0);       /* scoreboard entries */
            TAP_CHECK_EQ(features >> 16 & 7, 7);          /* compute, fragment, tiler */
            TAP_CHECK(cs_in(r, g, i) - SHARED_VA < SHARED_SIZE);
            TAP_CHECK(cs_out(r, g, i) - SHARED_VA < SHARED_SIZE);
        }
    }
    rig_free(r);
}

/* A rig with L2 and firmware; the caller spoils something. */
static struct rig *loaded(void)
{
    struct rig *r = rig_new("");

    if (!TAP_CHECK(power_l2(r)))
        return NULL;
    load_firmware(r);
    wr(r, MMU_CLEAR, ~0u);
    wr(r, MMU_MASK, 0xffff);
    return r;
}

/* The boot fails, with the words @says in the log; the fault of AS 0 is @code, 0: none. */
static void must_not_boot(struct rig *r, const char *says, unsigned code, unsigned how, uint64_t va)
{
    as_command(r, 0, AS_FLUSH_MEM);
    TAP_CHECK(!boot(r));
    TAP_CHECK_EQ(rd(r, MCU_STATUS), FATAL);
    if (!TAP_CHECK(qtest_stderr_has(r->q, says)))
        tap_note("no \"%s\" in the log", says);
    TAP_CHECK_EQ(rd(r, MMU_RAWSTAT) & 0xffff, code ? 1 : 0);
    if (code) {
        TAP_CHECK(qtest_irq_level(r->q, LINE_MMU));
        TAP_CHECK_EQ(rd(r, AS_REG(0, AS_FAULTSTATUS)) & 0x3ff, code | how << 8);
        TAP_CHECK_EQ(rd64(r, AS_REG(0, AS_FAULTADDRESS)), va);
    }
    rig_free(r);
}

static void boot_without_address_space(void)
{
    struct rig *r = rig_new("");

    TAP_REQUIRE(power_l2(r));
    wr(r, MMU_MASK, 0xffff);
    must_not_boot(r, "vector table", 0xc0, 2, 0);
}

static void boot_without_vectors(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    pt_set(r, r->fw_root, 0, 3, 0);
    must_not_boot(r, "vector table", 0xc3, 2, 0);
}

static void boot_at_an_arm_address(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    set32(r, r->vectors + 4, HANDLER_VA);
    must_not_boot(r, "not a Thumb address", 0, 0, 0);
}

static void boot_into_data(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    pt_map(r, r->fw_root, HANDLER_VA, r->handler, 4096, PTE_RW);
    must_not_boot(r, "reset handler", 0xcb, 1, HANDLER_VA);
}

static void boot_into_nothing(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    set32(r, r->vectors + 4, 0x700001);
    must_not_boot(r, "reset handler", 0xc2, 1, 0x700000);
}

static void boot_without_shared_section(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    pt_set(r, r->fw_root, SHARED_VA, 3, 0);
    must_not_boot(r, "shared section", 0xc3, 3, SHARED_VA);
}

static void boot_with_read_only_section(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    pt_map(r, r->fw_root, SHARED_VA, r->shared, SHARED_SIZE, PTE_R);
    must_not_boot(r, "shared section", 0xcb, 3, SHARED_VA);
}

static void boot_again_after_failure(void)
{
    struct rig *r = loaded();

    TAP_REQUIRE(r);
    set32(r, r->vectors + 4, HANDLER_VA);
    TAP_CHECK(!boot(r));
    set32(r, r->vectors + 4, HANDLER_VA + 1);
    wr(r, MCU_CONTROL, 0);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), DISABLED);
    TAP_CHECK(boot(r));
    rig_free(r);
}

/* Slow reset: stop, start, and the boot interrupt comes again (driver-facts B.10). */
static void stop_and_start(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    for (unsigned i = 0; i < 3; i++) {
        wr(r, MCU_CONTROL, 0);
        step(r, 10000);
        TAP_CHECK_EQ(rd(r, MCU_STATUS), DISABLED);
        TAP_CHECK(boot(r));
    }
    TAP_CHECK(glb_request(r, GLB_PING));
    rig_free(r);
}

/* Fast suspend and resume: halt, disable, L2 off, L2 on, enable. Interface memory is kept. */
static void halt_and_resume(void)
{
    struct rig *r = rig_up("");
    uint32_t in;

    TAP_REQUIRE(r);
    in = glb_in(r);
    set_fw(r, in, fw(r, in) | 1);
    wr(r, DOORBELL(0), 1);
    step(r, 100000);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), HALTED);
    TAP_CHECK_EQ(fw(r, glb_out(r) + 0x10), 0);
    TAP_CHECK(!glb_request(r, GLB_PING)); /* nobody is there */
    wr(r, MCU_CONTROL, 0);
    step(r, 10000);
    TAP_CHECK_EQ(rd(r, MCU_STATUS), DISABLED);
    wr(r, L2_PWROFF, 1);
    step(r, MS);
    TAP_CHECK_EQ(rd(r, L2_READY), 0);
    set_fw(r, in, fw(r, in) & ~1u);
    TAP_REQUIRE(power_l2(r));
    TAP_CHECK(boot(r));
    TAP_CHECK(glb_request(r, GLB_PING));
    rig_free(r);
}

/* --- global requests ----------------------------------------------------------------- */
static void every_global_request(void)
{
    static const struct {
        unsigned bit;
        const char *name;
    } requests[] = {
        { 1, "progress timer" }, { 2, "allocation mask" }, { 3, "power-off timer" }, { 5, "counters" },
        { 6, "counter sample" }, { 7, "counter enable" },  { 8, "ping" },            { 9, "configuration" },
        { 10, "idle" },
    };
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    vm_new(r, 1);
    set_fw(r, glb_in(r) + 0x24, 1); /* where counters go */
    set_fw64(r, glb_in(r) + 0x28, DATA_VA);
    for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        uint32_t bit = 1u << requests[i].bit;

        for (unsigned twice = 0; twice < 2; twice++) { /* a request is a change, not a level */
            wr(r, JOB_CLEAR, ~0u);
            bool ok = TAP_CHECK(glb_request(r, bit));
            ok &= TAP_CHECK(rd(r, JOB_RAWSTAT) & JOB_GLB) & TAP_CHECK(qtest_irq_level(r->q, LINE_JOB));
            if (!ok)
                tap_note("request %u, %s", requests[i].bit, requests[i].name);
        }
    }
    rig_free(r);
}

static void interrupt_mask_of_acknowledgements(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    set_fw(r, glb_in(r) + 0x04, ~GLB_PING);
    TAP_CHECK(glb_request(r, GLB_PING));
    TAP_CHECK_EQ(rd(r, JOB_RAWSTAT), 0); /* acknowledged without an interrupt */
    rig_free(r);
}

static void unknown_request(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    TAP_CHECK(!glb_request(r, 1u << 15));
    TAP_CHECK(qtest_stderr_has(r->q, "global request bits 0x00008000 are not known"));
    TAP_CHECK(glb_request(r, GLB_PING));
    rig_free(r);
}

static void protected_mode(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    TAP_CHECK(glb_request(r, 1u << 4));
    TAP_CHECK_EQ(rd(r, GPU_STATUS) & 1u << 7, 0);
    TAP_CHECK((fw(r, glb_in(r)) ^ fw(r, glb_out(r))) & 1u << 23); /* and left again */
    TAP_CHECK(qtest_stderr_has(r->q, "protected mode requested: refused"));
    rig_free(r);
}

static void counters(void)
{
    struct rig *r = rig_up("");
    uint32_t in, sample[64];

    TAP_REQUIRE(r);
    vm_new(r, 1);
    in = glb_in(r);
    set_fw(r, in + 0x24, 1);
    set_fw64(r, in + 0x28, DATA_VA);
    set_fw(r, in + 0x50, ~0u);
    TAP_REQUIRE(glb_request(r, 1u << 5));
    TAP_REQUIRE(group_start(r, 0, 1, 1));
    submit(r, 0, 0, (const uint64_t[]){ cs_mov32(70, 1), cs_mov32(71, 2) }, 2);
    step(r, MS);
    TAP_REQUIRE(glb_request(r, 1u << 6));
    TAP_CHECK_EQ(fw(r, glb_out(r) + 0x18), 1); /* insert index */
    qtest_read_block(r->q, r->data[1], sample, sizeof(sample));
    TAP_CHECK(sample[4] > 0);     /* cycles */
    TAP_CHECK_EQ(sample[5], 8);   /* instructions: two and the padding */
    TAP_REQUIRE(glb_request(r, 1u << 6));
    qtest_read_block(r->q, r->data[1] + 256, sample, sizeof(sample));
    TAP_CHECK_EQ(sample[5], 0); /* none since */
    rig_free(r);
}

static void global_idle_event(void)
{
    struct rig *r = rig_up("");

    TAP_REQUIRE(r);
    vm_new(r, 1);
    TAP_REQUIRE(group_start(r, 0, 1, 1));
    submit(r, 0, 0, (const uint64_t[]){ cs_mov32(70, 1) }, 1);
    step(r, 10000);
    TAP_CHECK(!((fw(r, glb_in(r)) ^ fw(r, glb_out(r))) & GLB_IDLE_EVENT));
    wr(r, JOB_CLEAR, ~0u);
    step(r, 50 * MS);
    TAP_CHECK((fw(r, glb_in(r)) ^ fw(r, glb_out(r))) & GLB_IDLE_EVENT);
    TAP_CHECK(rd(r, JOB_RAWSTAT) & JOB_GLB);
    rig_free(r);
}

/* The firmware powers cores up for streams that ask for endpoints, and down some time after. */
static void power_follows_requests(void)
{
    struct rig *r = rig_up("");
    const uint64_t job[] = { cs_op(34, 1), cs_add32(70, 70, 1), cs_branch(CS_ALWAYS, 70, -2) };

    TAP_REQUIRE(r);
    vm_new(r, 1);
    TAP_REQUIRE(group_start(r, 0, 1, 1));
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0);
    submit_call(r, 0, 0, put_stream(r, 1, job, 3), 3);
    step(r, 200000);
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0x50005);
    TAP_CHECK_EQ(rd(r, TILER_READY), 1);
    TAP_CHECK(csg_state(r, 0, CSG_TERMINATE));
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0x50005); /* the power-off timer: 10 * 1024 ticks, 0.16 ms */
    step(r, MS);
    TAP_CHECK_EQ(rd(r, SHADER_READY), 0);
    TAP_CHECK_EQ(rd(r, TILER_READY), 0);
    TAP_CHECK_EQ(rd(r, L2_READY), 1); /* the driver's */
    rig_free(r);
}

TAP_MAIN({"boot", boot_good}, {"published-interface", published_interface},
         {"boot-without-address-space", boot_without_address_space},
         {"boot-without-vectors", boot_without_vectors}, {"boot-at-an-arm-address", boot_at_an_arm_address},
         {"boot-into-data", boot_into_data}, {"boot-into-nothing", boot_into_nothing},
         {"boot-without-shared-section", boot_without_shared_section},
         {"boot-with-read-only-section", boot_with_read_only_section},
         {"boot-again-after-failure", boot_again_after_failure}, {"stop-and-start", stop_and_start},
         {"halt-and-resume", halt_and_resume}, {"every-global-request", every_global_request},
         {"interrupt-mask-of-acknowledgements", interrupt_mask_of_acknowledgements},
         {"unknown-request", unknown_request}, {"protected-mode", protected_mode}, {"counters", counters},
         {"global-idle-event", global_idle_event}, {"power-follows-requests", power_follows_requests})
