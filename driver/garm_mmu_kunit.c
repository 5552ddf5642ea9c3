// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of address-space slots (garm_mmu.c): who gets one, who has to leave, what the
 * hardware is told. Run when garm.ko is loaded into a kernel that has KUnit.
 *
 * Registers are memory: a status register that reads 0 is a command that is done. Cache flushes and
 * resets are replaced by counters. The GPU of these tests has slot 0 and two more.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "garm_gpu.h"
#include "garm_vm_internal.h"

#define USER_SLOTS	2
#define VMS		4
#define REGS_SIZE	(AS_TRANSTAB(GARM_MAX_AS))

struct as_rig {
	struct kunit *test;
	struct garm_device *gdev;
	struct garm_mmu *mmu;
	u8 *regs;
	struct garm_vm *fw, *vm[VMS];
	int flushes, resets;
};

static struct as_rig *as_rig(void)
{
	return kunit_get_current_test()->priv;
}

static int fake_flush(struct garm_device *gdev, u32 l2, u32 lsc, u32 other)
{
	as_rig()->flushes++;
	return 0;
}

static void fake_reset(struct garm_device *gdev, const char *why)
{
	as_rig()->resets++;
}

static u64 reg64(struct as_rig *rig, u32 at)
{
	return *(u64 *)(rig->regs + at);
}

static struct garm_vm *vm_new(struct as_rig *rig, u32 id)
{
	struct garm_vm *vm = kunit_kzalloc(rig->test, sizeof(*vm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, vm);
	vm->gdev = rig->gdev;
	vm->id = id;
	vm->as.slot = -1;
	INIT_LIST_HEAD(&vm->as.lru);
	vm->transtab = 0x100000ull * id;
	vm->transcfg = 6;
	vm->memattr = 0x88;
	return vm;
}

static int mmu_test_init(struct kunit *test)
{
	struct as_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct garm_mmu *mmu;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->test = test;
	rig->gdev = kunit_kzalloc(test, sizeof(*rig->gdev), GFP_KERNEL);
	rig->mmu = kunit_kzalloc(test, sizeof(*rig->mmu), GFP_KERNEL);
	rig->regs = kunit_kzalloc(test, REGS_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, rig->gdev && rig->mmu && rig->regs);
	mmu = rig->mmu;
	rig->gdev->mmu = mmu;
	rig->gdev->iomem = (void __iomem __force *)rig->regs;
	rig->gdev->gpu_info.as_present = GENMASK(USER_SLOTS, 0);
	mmu->gdev = rig->gdev;
	mmu->irq.gdev = rig->gdev;
	spin_lock_init(&mmu->irq.lock);
	mutex_init(&mmu->slots_lock);
	INIT_LIST_HEAD(&mmu->lru);
	mmu->up = true;
	rig->fw = vm_new(rig, 1);
	rig->fw->for_fw = true;
	for (u32 i = 0; i < VMS; i++)
		rig->vm[i] = vm_new(rig, 2 + i);
	kunit_activate_static_stub(test, garm_gpu_flush_caches, fake_flush);
	kunit_activate_static_stub(test, garm_device_reset, fake_reset);
	return 0;
}

/* Used and left alone, as by a group that came and went. */
static int visit(struct garm_vm *vm)
{
	int as = garm_vm_activate(vm);

	if (as >= 0)
		garm_vm_deactivate(vm);
	return as;
}

static void free_slots_first(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), 1);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[1]), 2);
	for (int i = 0; i < USER_SLOTS; i++) {
		KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[i]), 1 + i);
		KUNIT_EXPECT_EQ(test, reg64(rig, AS_TRANSTAB(1 + i)), rig->vm[i]->transtab);
		KUNIT_EXPECT_EQ(test, reg64(rig, AS_TRANSCFG(1 + i)), rig->vm[i]->transcfg);
		KUNIT_EXPECT_TRUE(test, rig->mmu->irq.mask & MMU_IRQ_FAULT(1 + i));
	}
	KUNIT_EXPECT_EQ(test, rig->flushes, 0);
}

static void a_vm_keeps_its_slot(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	KUNIT_EXPECT_EQ(test, visit(rig->vm[0]), 1);
	KUNIT_EXPECT_EQ(test, visit(rig->vm[1]), 2);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[0]), 1);
	/* Back without a word to the hardware. */
	memset(rig->regs, 0, REGS_SIZE);
	KUNIT_EXPECT_EQ(test, visit(rig->vm[0]), 1);
	KUNIT_EXPECT_EQ(test, rig->flushes, 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(rig->regs, 0, REGS_SIZE), NULL);
}

static void least_recently_used_goes(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	visit(rig->vm[0]);
	visit(rig->vm[1]);
	KUNIT_EXPECT_EQ(test, visit(rig->vm[2]), 1);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[0]), -1);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[1]), 2);
	/* Nothing of the old one is in a cache, and the slot has the new one's tables. */
	KUNIT_EXPECT_EQ(test, rig->flushes, 1);
	KUNIT_EXPECT_EQ(test, reg64(rig, AS_TRANSTAB(1)), rig->vm[2]->transtab);
	/* Used again, so the other one is the oldest now. */
	KUNIT_EXPECT_EQ(test, visit(rig->vm[1]), 2);
	KUNIT_EXPECT_EQ(test, visit(rig->vm[3]), 1);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[2]), -1);
	KUNIT_EXPECT_EQ(test, rig->flushes, 2);
}

static void who_is_in_use_stays(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	garm_vm_activate(rig->vm[0]);
	garm_vm_activate(rig->vm[1]);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[2]), -EBUSY);
	/* Counted: one of two users leaves. */
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), 1);
	garm_vm_deactivate(rig->vm[0]);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[2]), -EBUSY);
	garm_vm_deactivate(rig->vm[0]);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[2]), 1);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[0]), -1);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[1]), 2);
}

static void slot_0_is_the_firmwares(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	visit(rig->vm[0]);
	visit(rig->vm[1]);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->fw), 0);
	garm_vm_deactivate(rig->fw);
	/* Also while it is stopped: two more VMs push out users, not it. */
	KUNIT_EXPECT_GT(test, garm_vm_activate(rig->vm[2]), 0);
	KUNIT_EXPECT_GT(test, garm_vm_activate(rig->vm[3]), 0);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), -EBUSY);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->fw), 0);
}

static void a_vm_that_goes_leaves_its_slot(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	visit(rig->vm[0]);
	visit(rig->vm[1]);
	garm_mmu_forget(rig->vm[1]);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[1]), -1);
	KUNIT_EXPECT_EQ(test, rig->flushes, 1);
	KUNIT_EXPECT_EQ(test, reg64(rig, AS_TRANSCFG(2)), AS_TRANSCFG_UNMAPPED);
	KUNIT_EXPECT_EQ(test, visit(rig->vm[2]), 2);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[0]), 1);
	/* Without a slot there is nothing to leave. */
	garm_mmu_forget(rig->vm[1]);
	KUNIT_EXPECT_EQ(test, rig->flushes, 1);
}

static void an_unusable_vm_translates_nothing(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	rig->vm[0]->unusable = true;
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), 1);
	KUNIT_EXPECT_EQ(test, reg64(rig, AS_TRANSCFG(1)), AS_TRANSCFG_UNMAPPED);
	KUNIT_EXPECT_EQ(test, reg64(rig, AS_TRANSTAB(1)), 0);
}

/* A VM that gets a slot in the middle of an operation gets the lock with it. */
static void a_lock_comes_along(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	rig->vm[0]->as.lock_start = 0x12345000;
	rig->vm[0]->as.lock_size = 0x1000;
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), 1);
	/* 32 KiB at least, naturally aligned; the low bits are the logarithm less one. */
	KUNIT_EXPECT_EQ(test, reg64(rig, AS_LOCKADDR(1)), 0x12340000 | 14);
	KUNIT_EXPECT_EQ(test, reg64(rig, AS_COMMAND(1)) & 0xffffffff, AS_CMD_LOCK);
}

static void a_fault_is_not_the_next_ones(struct kunit *test)
{
	struct as_rig *rig = test->priv;
	u32 *rawstat = (u32 *)(rig->regs + MMU_INT_BASE + INT_RAWSTAT);

	garm_vm_activate(rig->vm[0]);
	*rawstat = MMU_IRQ_FAULT(1);
	/* Its users have to answer for it first. */
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), -EAGAIN);
	rig->vm[0]->faulted = true;
	garm_vm_deactivate(rig->vm[0]);
	KUNIT_EXPECT_FALSE(test, rig->vm[0]->faulted);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), 1);
	KUNIT_EXPECT_EQ(test, rig->flushes, 1);
	KUNIT_EXPECT_EQ(test, *(u32 *)(rig->regs + MMU_INT_BASE + INT_CLEAR), MMU_IRQ_FAULT(1));
}

static void hardware_that_hangs(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	*(u32 *)(rig->regs + AS_STATUS(1)) = AS_STATUS_ACTIVE;
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), -ETIMEDOUT);
	KUNIT_EXPECT_GT(test, rig->resets, 0);
	KUNIT_EXPECT_EQ(test, garm_vm_as(rig->vm[0]), -1);
	KUNIT_EXPECT_FALSE(test, rig->mmu->irq.mask & MMU_IRQ_FAULT(1));
}

static void no_slot_without_power(struct kunit *test)
{
	struct as_rig *rig = test->priv;

	visit(rig->vm[0]);
	rig->mmu->up = false;
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[0]), -ENODEV);
	KUNIT_EXPECT_EQ(test, garm_vm_activate(rig->vm[1]), -ENODEV);
}

static struct kunit_case mmu_cases[] = {
	KUNIT_CASE(free_slots_first),
	KUNIT_CASE(a_vm_keeps_its_slot),
	KUNIT_CASE(least_recently_used_goes),
	KUNIT_CASE(who_is_in_use_stays),
	KUNIT_CASE(slot_0_is_the_firmwares),
	KUNIT_CASE(a_vm_that_goes_leaves_its_slot),
	KUNIT_CASE(an_unusable_vm_translates_nothing),
	KUNIT_CASE(a_lock_comes_along),
	KUNIT_CASE(a_fault_is_not_the_next_ones),
	KUNIT_CASE(hardware_that_hangs),
	KUNIT_CASE(no_slot_without_power),
	{}
};

static struct kunit_suite mmu_suite = {
	.name = "garm-address-spaces",
	.init = mmu_test_init,
	.test_cases = mmu_cases,
};

kunit_test_suite(mmu_suite);
