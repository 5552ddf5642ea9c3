// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Address-space slots of the GPU: who has which, commands to them, faults. See garm_mmu.h.
 *
 * Called by the scheduler and the firmware room (activation), garm_vm_op.c (regions around changes
 * of tables), garm_device.c (power, reset) and the MMU's interrupt thread; calls garm_gpu.c to
 * flush caches and garm_vm_report_fault().
 *
 * A slot keeps its VM after the last user has gone, until another VM needs it: most come back. The
 * change of owner flushes caches and shuts the slot first, so that nothing of the old VM is left
 * for the new one to see.
 *
 * Changes of tables follow the protocol of Linux 7.3: LOCK the region, edit, flush through GPU_CMD,
 * UNLOCK. A VM without a slot needs none of it: nothing of it is cached. A VM that gets a slot in
 * the middle of an operation gets the lock with it.
 */
#include <linux/slab.h>

#include <drm/drm_managed.h>

#include "garm_gpu.h"
#include "garm_sched.h"
#include "garm_trace.h"
#include "garm_vm_internal.h"

#define AS_TIMEOUT_US 100000

static int as_wait(struct garm_device *gdev, int as)
{
	u32 status;
	int ret;

	ret = garm_poll(gdev, AS_STATUS(as), status, !(status & AS_STATUS_ACTIVE), 10,
			AS_TIMEOUT_US);
	if (ret) {
		drm_err(&gdev->base, "AS %d: a command is not finished after %d ms (STATUS 0x%x)\n",
			as, AS_TIMEOUT_US / 1000, status);
		garm_device_reset(gdev, "MMU command");
	}
	return ret;
}

/* One that is written while another is active is lost, so wait before it too. */
static int as_command(struct garm_device *gdev, int as, u32 command)
{
	int ret = as_wait(gdev, as);

	if (ret)
		return ret;
	garm_write(gdev, AS_COMMAND(as), command);
	return as_wait(gdev, as);
}

static int as_configure(struct garm_device *gdev, int as, u64 transtab, u64 memattr, u64 transcfg)
{
	garm_write64(gdev, AS_TRANSTAB(as), transtab);
	garm_write64(gdev, AS_MEMATTR(as), memattr);
	garm_write64(gdev, AS_TRANSCFG(as), transcfg);
	return as_command(gdev, as, AS_CMD_UPDATE);
}

/*
 * The smallest region that can be locked: a naturally aligned power of two that has both ends.
 * LOCKADDR's low six bits are its logarithm minus one, 32 KiB at least (driver-facts B.3).
 */
static int as_lock(struct garm_device *gdev, int as, u64 start, u64 size)
{
	u32 bits = max(fls64(start ^ (start + size - 1)), AS_LOCK_MIN_SHIFT);

	garm_write64(gdev, AS_LOCKADDR(as),
		     (bits < 64 ? start & GENMASK_ULL(63, bits) : 0) | (bits - 1));
	return as_command(gdev, as, AS_CMD_LOCK);
}

static int flush_caches(struct garm_device *gdev)
{
	return garm_gpu_flush_caches(gdev, GPU_FLUSH_CLEAN_INVALIDATE, GPU_FLUSH_CLEAN_INVALIDATE,
				     GPU_FLUSH_INVALIDATE);
}

static int slot_enable(struct garm_mmu *mmu, int as)
{
	struct garm_as_slot *slot = &mmu->slots[as];
	struct garm_device *gdev = mmu->gdev;
	struct garm_vm *vm = slot->vm;
	int ret;

	lockdep_assert_held(&mmu->slots_lock);
	/*
	 * What was raised here belongs to an earlier owner, or to a time before its fault was
	 * handled.
	 */
	garm_write(gdev, MMU_INT_BASE + INT_CLEAR, MMU_IRQ_FAULT(as));
	garm_irq_enable(&mmu->irq, MMU_IRQ_FAULT(as));
	if (READ_ONCE(vm->unusable))
		/* Jobs must fault rather than see half of a change. */
		ret = as_configure(gdev, as, 0, 0, AS_TRANSCFG_UNMAPPED);
	else
		ret = as_configure(gdev, as, vm->transtab, vm->memattr, vm->transcfg);
	if (!ret && vm->as.lock_size)
		ret = as_lock(gdev, as, vm->as.lock_start, vm->as.lock_size);
	if (ret)
		garm_irq_disable(&mmu->irq, MMU_IRQ_FAULT(as));
	else
		slot->on = true;
	return ret;
}

/* No access goes through the slot any more, and nothing of its VM is in a cache. */
static int slot_disable(struct garm_mmu *mmu, int as)
{
	struct garm_as_slot *slot = &mmu->slots[as];
	struct garm_device *gdev = mmu->gdev;
	int ret = 0, err;

	lockdep_assert_held(&mmu->slots_lock);
	garm_irq_disable(&mmu->irq, MMU_IRQ_FAULT(as));
	if (slot->vm && slot->vm->as.lock_size)
		ret = as_command(gdev, as, AS_CMD_UNLOCK);
	err = as_configure(gdev, as, 0, 0, AS_TRANSCFG_UNMAPPED);
	ret = ret ?: err;
	/* Last: walks put page tables into the L2 cache, where no later change would reach them. */
	err = flush_caches(gdev);
	slot->on = false;
	return ret ?: err;
}

static void slot_release(struct garm_mmu *mmu, int as)
{
	struct garm_vm *vm = mmu->slots[as].vm;

	lockdep_assert_held(&mmu->slots_lock);
	trace_garm_as_released(vm, as);
	list_del_init(&vm->as.lru);
	WRITE_ONCE(vm->as.slot, -1);
	mmu->slots[as] = (struct garm_as_slot){ };
}

/* A slot for @vm: 0 for the firmware, else one that is free or whose VM has waited longest. */
static int slot_find(struct garm_mmu *mmu, const struct garm_vm *vm)
{
	u32 present = mmu->gdev->gpu_info.as_present & GENMASK(GARM_MAX_AS - 1, 1);
	struct garm_vm *oldest;
	int as, ret;

	lockdep_assert_held(&mmu->slots_lock);
	if (vm->for_fw)
		return mmu->slots[0].vm ? -EBUSY : 0;
	for (as = 1; as < GARM_MAX_AS; as++) {
		if ((present & BIT(as)) && !mmu->slots[as].vm)
			return as;
	}
	oldest = list_first_entry_or_null(&mmu->lru, struct garm_vm, as.lru);
	if (!oldest)
		return -EBUSY;
	as = oldest->as.slot;
	trace_garm_as_evicted(oldest, as);
	if (mmu->slots[as].on) {
		ret = slot_disable(mmu, as);
		if (ret)
			return ret;
	}
	slot_release(mmu, as);
	return as;
}

/* Does the hardware have a fault that the interrupt's thread has yet to see? */
static bool fault_pending(struct garm_mmu *mmu, int as)
{
	return garm_read(mmu->gdev, MMU_INT_BASE + INT_RAWSTAT) & MMU_IRQ_FAULT(as);
}

/* The VM's slot, as it is when nobody has used it yet. */
static int first_user(struct garm_mmu *mmu, struct garm_vm *vm)
{
	int as, ret = 0;

	if (vm->as.slot < 0) {
		as = slot_find(mmu, vm);
		if (as < 0)
			return as;
		mmu->slots[as].vm = vm;
		WRITE_ONCE(vm->as.slot, as);
		trace_garm_as_bound(vm, as);
	}
	as = vm->as.slot;
	/* A fault of those who have left is not the new one's. */
	if (mmu->slots[as].on && fault_pending(mmu, as))
		ret = slot_disable(mmu, as);
	if (!ret && !mmu->slots[as].on)
		ret = slot_enable(mmu, as);
	if (ret)
		slot_release(mmu, as);
	return ret ?: as;
}

static int activate_locked(struct garm_mmu *mmu, struct garm_vm *vm)
{
	int as;

	lockdep_assert_held(&mmu->slots_lock);
	if (!mmu->up)
		return -ENODEV;
	as = vm->as.slot;
	if (!vm->as.active)
		as = first_user(mmu, vm);
	else if (!vm->for_fw && (!mmu->slots[as].on || fault_pending(mmu, as)))
		return -EAGAIN;
	if (as < 0)
		return as;
	if (!vm->as.active++)
		list_del_init(&vm->as.lru);
	return as;
}

/**
 * garm_vm_activate() - get the VM an address-space slot and keep it there
 * @vm: the VM; the caller has a reference and keeps it until garm_vm_deactivate()
 *
 * Counted. A slot that was shut by a fault is switched on again when its users have left; until
 * then nobody else gets it. Takes slots_lock. On the fence-signalling path: allocates nothing.
 *
 * Return: the slot; -EAGAIN while a fault of its users has to be answered for: the scheduler was
 * told (garm_sched_report_mmu_fault()) or will be, by the interrupt or by the end of a reset;
 * -EBUSY when all slots are held by active VMs; -ENODEV when the device is gone, suspended or in
 * reset; -ETIMEDOUT of the hardware (a reset was requested).
 */
int garm_vm_activate(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;
	int ret;

	mutex_lock(&mmu->slots_lock);
	ret = activate_locked(mmu, vm);
	mutex_unlock(&mmu->slots_lock);
	return ret;
}

/** garm_vm_deactivate() - undo one garm_vm_activate(); takes slots_lock */
void garm_vm_deactivate(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;

	mutex_lock(&mmu->slots_lock);
	/* Slot 0 is the firmware's also while that is stopped. */
	if (!drm_WARN_ON(&vm->gdev->base, !vm->as.active) && !--vm->as.active) {
		WRITE_ONCE(vm->faulted, false);
		if (vm->as.slot >= 0 && !vm->for_fw)
			list_add_tail(&vm->as.lru, &mmu->lru);
	}
	mutex_unlock(&mmu->slots_lock);
}

/** garm_vm_as() - the VM's slot, or -1; stable only while the VM is active */
int garm_vm_as(struct garm_vm *vm)
{
	return READ_ONCE(vm->as.slot);
}

/**
 * garm_mmu_lock_region() - the GPU's accesses to a part of a VM stall from now on
 * @vm: the VM, op_lock held
 * @start: first byte
 * @size: bytes, not 0
 *
 * Return: 0 (garm_mmu_unlock_region() must follow), or -ETIMEDOUT: nothing is locked, a reset was
 * requested.
 */
int garm_mmu_lock_region(struct garm_vm *vm, u64 start, u64 size)
{
	struct garm_mmu *mmu = vm->gdev->mmu;
	int ret = 0, as;

	lockdep_assert_held(&vm->op_lock);
	mutex_lock(&mmu->slots_lock);
	as = vm->as.slot;
	if (as >= 0 && mmu->slots[as].on)
		ret = as_lock(vm->gdev, as, start, size);
	if (!ret) {
		vm->as.lock_start = start;
		vm->as.lock_size = size;
	}
	mutex_unlock(&mmu->slots_lock);
	return ret;
}

/**
 * garm_mmu_unlock_region() - make a change visible and let the GPU go on
 * @vm: the VM, op_lock held, after garm_mmu_lock_region()
 *
 * Return: 0: no cache or TLB has anything of before; or -ETIMEDOUT: they may, until the reset that
 * was requested is done.
 */
int garm_mmu_unlock_region(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;
	int ret = 0, as;

	lockdep_assert_held(&vm->op_lock);
	mutex_lock(&mmu->slots_lock);
	as = vm->as.slot;
	if (as >= 0 && mmu->slots[as].on) {
		ret = flush_caches(vm->gdev);
		if (!ret)
			ret = as_command(vm->gdev, as, AS_CMD_UNLOCK);
		if (ret)
			garm_device_reset(vm->gdev, "flush after a change of page tables");
	}
	vm->as.lock_start = 0;
	vm->as.lock_size = 0;
	mutex_unlock(&mmu->slots_lock);
	return ret;
}

/**
 * garm_mmu_shut() - no access of the GPU to a VM succeeds from now on
 * @vm: the VM, marked unusable
 *
 * What runs in it faults, which ends it. On the fence-signalling path: allocates nothing.
 */
void garm_mmu_shut(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;
	int as;

	mutex_lock(&mmu->slots_lock);
	as = vm->as.slot;
	if (as >= 0 && mmu->slots[as].on) {
		slot_disable(mmu, as);
		if (vm->as.active)
			slot_enable(mmu, as);
	}
	mutex_unlock(&mmu->slots_lock);
}

/** garm_mmu_forget() - a VM goes: take its slot. Not on the fence-signalling path */
void garm_mmu_forget(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;
	int as;

	mutex_lock(&mmu->slots_lock);
	as = vm->as.slot;
	if (as >= 0) {
		drm_WARN_ON(&vm->gdev->base, vm->as.active);
		if (mmu->slots[as].on)
			slot_disable(mmu, as);
		slot_release(mmu, as);
	}
	mutex_unlock(&mmu->slots_lock);
}

/** garm_mmu_add_vm() - a VM that resets and debugfs shall see; its JobQueue is initialised */
void garm_mmu_add_vm(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;

	mutex_lock(&mmu->vms_lock);
	list_add_tail(&vm->node, &mmu->vms);
	if (mmu->resetting && !vm->for_fw)
		jobq_stop(&vm->bindq);
	mutex_unlock(&mmu->vms_lock);
}

/** garm_mmu_remove_vm() - undo garm_mmu_add_vm(); does nothing the second time */
void garm_mmu_remove_vm(struct garm_vm *vm)
{
	struct garm_mmu *mmu = vm->gdev->mmu;

	mutex_lock(&mmu->vms_lock);
	list_del_init(&vm->node);
	mutex_unlock(&mmu->vms_lock);
}

/**
 * garm_mmu_op_begin() - wait until no reset is in progress and keep it away
 * @mmu: the MMU
 *
 * For operations outside of JobQueues, which a reset stops by itself. What an operation takes away
 * is freed when it is finished, so it must not finish while a GPU that is about to be reset may
 * still access it. Not on the fence-signalling path. Between begin and end: no reservation, no
 * allocation, as under op_lock.
 */
void garm_mmu_op_begin(struct garm_mmu *mmu)
{
	for (;;) {
		atomic_inc(&mmu->ops);
		smp_mb__after_atomic();		/* pairs with the one in garm_mmu_pre_reset() */
		if (!READ_ONCE(mmu->resetting))
			return;
		garm_mmu_op_end(mmu);
		wait_event(mmu->gate, !READ_ONCE(mmu->resetting));
	}
}

/**
 * garm_mmu_op_try_begin() - garm_mmu_op_begin(), unless there is a reset or will be one
 * @mmu: the MMU
 *
 * Return: whether garm_mmu_op_end() must follow. Also false while a GPU that failed to flush waits
 * for its reset.
 */
bool garm_mmu_op_try_begin(struct garm_mmu *mmu)
{
	atomic_inc(&mmu->ops);
	smp_mb__after_atomic();		/* pairs with the one in garm_mmu_pre_reset() */
	if (!READ_ONCE(mmu->resetting) && !garm_device_reset_pending(mmu->gdev))
		return true;
	garm_mmu_op_end(mmu);
	return false;
}

/** garm_mmu_op_end() - let resets through again */
void garm_mmu_op_end(struct garm_mmu *mmu)
{
	if (atomic_dec_and_test(&mmu->ops))
		wake_up_all(&mmu->gate);
}

static const char *access_name(u32 status)
{
	static const char * const names[] = { "atomic", "execute", "read", "write" };

	return names[AS_FAULT_ACCESS(status)];
}

static void handle_fault(struct garm_mmu *mmu, int as)
{
	struct garm_device *gdev = mmu->gdev;
	u64 address;
	u32 status;

	mutex_lock(&mmu->slots_lock);
	/*
	 * Since the interrupt was seen, the slot may have changed its owner, who must not be
	 * blamed.
	 */
	if (!(garm_read(gdev, MMU_INT_BASE + INT_RAWSTAT) & MMU_IRQ_FAULT(as))) {
		mutex_unlock(&mmu->slots_lock);
		return;
	}
	status = garm_read(gdev, AS_FAULTSTATUS(as));
	address = garm_read64(gdev, AS_FAULTADDRESS(as));
	trace_garm_as_fault(mmu->slots[as].vm, as, status, address);
	drm_err_ratelimited(&gdev->base, "AS %d: %s (0x%x) at 0x%016llx: %s by source 0x%x\n", as,
			    garm_exception_name(AS_FAULT_EXCEPTION(status)),
			    AS_FAULT_EXCEPTION(status), address, access_name(status),
			    AS_FAULT_SOURCE(status));
	drm_dbg(&gdev->base, "AS %d: status 0x%08x, %s fault\n", as, status,
		status & AS_FAULT_DECODER ? "decoder" : "slave");
	/* Ends every access of the VM's groups, before the next fault can be recorded. */
	slot_disable(mmu, as);
	garm_write(gdev, MMU_INT_BASE + INT_CLEAR, MMU_IRQ_FAULT(as));
	if (mmu->slots[as].vm)
		garm_vm_report_fault(mmu->slots[as].vm);
	mutex_unlock(&mmu->slots_lock);

	/* The firmware does not survive that; waiting for its watchdog would only take longer. */
	if (!as)
		garm_device_reset(gdev, "MMU fault of the firmware");
}

/** garm_mmu_fault_mask() - the faults of slots that exist in an MMU interrupt status */
u32 garm_mmu_fault_mask(struct garm_device *gdev, u32 status)
{
	return status & MMU_IRQ_FAULT_MASK & gdev->gpu_info.as_present;
}

static void garm_mmu_irq(struct garm_device *gdev, u32 status)
{
	u32 faults = garm_mmu_fault_mask(gdev, status);
	int as;

	for (as = 0; as < GARM_MAX_AS; as++) {
		if (faults & MMU_IRQ_FAULT(as))
			handle_fault(gdev->mmu, as);
	}
	/* None that we asked for; left raised they would keep the thread busy. */
	if (status & ~faults)
		garm_write(gdev, MMU_INT_BASE + INT_CLEAR, status & ~faults);
}

/* The hardware has no configuration: give the VMs in use theirs, let the others go. */
static void restore_slots(struct garm_mmu *mmu)
{
	int as;

	lockdep_assert_held(&mmu->slots_lock);
	for (as = 0; as < GARM_MAX_AS; as++) {
		struct garm_vm *vm = mmu->slots[as].vm;

		if (!vm)
			continue;
		if (!vm->as.active)
			slot_release(mmu, as);
		else if (!mmu->slots[as].on && slot_enable(mmu, as))
			drm_err(&mmu->gdev->base, "AS %d: not enabled\n", as);
	}
}

/**
 * garm_mmu_suspend() - switch all slots off
 * @gdev: the device, powered, firmware halted
 *
 * VMs that are active keep their slot number. Caches are written back. Afterwards no register is
 * touched until garm_mmu_resume(). Sleeps.
 */
void garm_mmu_suspend(struct garm_device *gdev)
{
	struct garm_mmu *mmu = gdev->mmu;
	int as;

	garm_irq_suspend(&mmu->irq);
	mutex_lock(&mmu->slots_lock);
	for (as = 0; as < GARM_MAX_AS; as++) {
		if (mmu->slots[as].on)
			slot_disable(mmu, as);
		if (mmu->slots[as].vm && !mmu->slots[as].vm->as.active)
			slot_release(mmu, as);
	}
	mmu->up = false;
	mutex_unlock(&mmu->slots_lock);
}

/**
 * garm_mmu_resume() - undo garm_mmu_suspend(): interrupt on, slots of active VMs on
 * @gdev: the device, L2 powered
 *
 * Sleeps.
 */
void garm_mmu_resume(struct garm_device *gdev)
{
	struct garm_mmu *mmu = gdev->mmu;

	mutex_lock(&mmu->slots_lock);
	mmu->up = true;
	garm_irq_resume(&mmu->irq, 0);
	restore_slots(mmu);
	mutex_unlock(&mmu->slots_lock);
}

/**
 * garm_mmu_pre_reset() - the hardware is about to be reset
 * @gdev: the device
 *
 * Waits for operations that are in progress; new ones wait for garm_mmu_post_reset(). Slots are not
 * shut by command: that they do not obey may be the reason of the reset. Idempotent.
 */
void garm_mmu_pre_reset(struct garm_device *gdev)
{
	struct garm_mmu *mmu = gdev->mmu;
	struct garm_vm *vm;
	int as;

	garm_irq_suspend(&mmu->irq);
	mutex_lock(&mmu->vms_lock);
	if (!mmu->resetting) {
		WRITE_ONCE(mmu->resetting, true);
		list_for_each_entry(vm, &mmu->vms, node) {
			if (!vm->for_fw)
				jobq_stop(&vm->bindq);
		}
	}
	mutex_unlock(&mmu->vms_lock);
	smp_mb();		/* pairs with the one in garm_mmu_op_begin() */
	wait_event(mmu->gate, !atomic_read(&mmu->ops));

	mutex_lock(&mmu->slots_lock);
	mmu->up = false;
	for (as = 0; as < GARM_MAX_AS; as++)
		mmu->slots[as].on = false;
	mutex_unlock(&mmu->slots_lock);
}

static void end_reset(struct garm_mmu *mmu)
{
	struct garm_vm *vm;

	mutex_lock(&mmu->vms_lock);
	if (mmu->resetting) {
		WRITE_ONCE(mmu->resetting, false);
		list_for_each_entry(vm, &mmu->vms, node) {
			if (!vm->for_fw)
				jobq_start(&vm->bindq);
		}
	}
	mutex_unlock(&mmu->vms_lock);
	wake_up_all(&mmu->gate);
}

/**
 * garm_mmu_post_reset() - the reset is done: as garm_mmu_resume(), and operations go on
 * @gdev: the device, L2 powered
 */
void garm_mmu_post_reset(struct garm_device *gdev)
{
	struct garm_mmu *mmu = gdev->mmu;
	int as;

	mutex_lock(&mmu->slots_lock);
	/* When this is called once per attempt, the earlier attempt's configuration is gone too. */
	for (as = 0; as < GARM_MAX_AS; as++)
		mmu->slots[as].on = false;
	mmu->up = true;
	garm_irq_resume(&mmu->irq, 0);
	restore_slots(mmu);
	mutex_unlock(&mmu->slots_lock);
	end_reset(mmu);
}

/**
 * garm_mmu_unplug() - the device goes: no register is touched afterwards
 * @gdev: the device, firmware stopped
 *
 * VMs, which open files may hold for long, go on without hardware.
 */
void garm_mmu_unplug(struct garm_device *gdev)
{
	struct garm_mmu *mmu = gdev->mmu;
	int as;

	garm_irq_suspend(&mmu->irq);
	mutex_lock(&mmu->slots_lock);
	mmu->up = false;
	for (as = 0; as < GARM_MAX_AS; as++)
		mmu->slots[as].on = false;
	mutex_unlock(&mmu->slots_lock);
	end_reset(mmu);
}

static void mmu_release(struct drm_device *drm, void *data)
{
	struct garm_mmu *mmu = data;

	drm_WARN_ON(drm, !list_empty(&mmu->vms));
	if (mmu->bind_wq)
		destroy_workqueue(mmu->bind_wq);
	kmem_cache_destroy(mmu->tables);
	kmem_cache_destroy(mmu->vmas);
}

/**
 * garm_mmu_init() - slots, table cache, interrupt
 * @gdev: the device, powered, identity known
 *
 * Return: 0; -EINVAL when the hardware cannot have a VM besides the firmware's; or the error of an
 * allocation or of the interrupt. Freed with the DRM device: VMs may live until then.
 */
int garm_mmu_init(struct garm_device *gdev)
{
	struct garm_mmu *mmu;
	const char *name;
	int ret;

	/* Slot 0 for the firmware, another one for users. */
	if (!(gdev->gpu_info.as_present & BIT(0)) ||
	    !(gdev->gpu_info.as_present & GENMASK(GARM_MAX_AS - 1, 1))) {
		drm_err(&gdev->base, "address spaces 0x%x: slot 0 and another one are needed\n",
			gdev->gpu_info.as_present);
		return -EINVAL;
	}
	mmu = drmm_kzalloc(&gdev->base, sizeof(*mmu), GFP_KERNEL);
	if (!mmu)
		return -ENOMEM;
	mmu->gdev = gdev;
	mutex_init(&mmu->slots_lock);
	mutex_init(&mmu->vms_lock);
	INIT_LIST_HEAD(&mmu->lru);
	INIT_LIST_HEAD(&mmu->vms);
	init_waitqueue_head(&mmu->gate);
	ret = drmm_add_action(&gdev->base, mmu_release, mmu);
	if (ret)
		return ret;
	name = kasprintf(GFP_KERNEL, "garm-tables-%s", dev_name(gdev->base.dev));
	if (!name)
		return -ENOMEM;
	/* Charged to whoever maps: a sparse mapping of terabytes must not be for free. */
	mmu->tables = kmem_cache_create(name, SZ_4K, SZ_4K, SLAB_ACCOUNT, NULL);
	kfree(name);
	mmu->vmas = KMEM_CACHE(garm_vma, SLAB_ACCOUNT);
	mmu->bind_wq = alloc_workqueue("garm-vm-bind", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!mmu->tables || !mmu->vmas || !mmu->bind_wq)
		return -ENOMEM;
	gdev->mmu = mmu;
	ret = garm_irq_request(gdev, &mmu->irq, "mmu", MMU_INT_BASE, garm_mmu_irq);
	if (ret)
		return ret;
	garm_mmu_resume(gdev);
	return 0;
}
