// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The device as a whole: clocks, power domains, runtime PM, system sleep, reset, unplug, the
 * flush-id page.
 *
 * Called by garm_drv.c (probe, remove, mmap, PM callbacks) and by every room that needs power or a
 * reset; calls the rooms' init, suspend, resume, reset and unplug hooks in the order of README.md.
 *
 * Power states and resets interlock without a lock: a request first sets reset.pending and then
 * looks at pm.state; suspend and resume first change pm.state and then look at the work and at
 * reset.pending. So either the request finds the device active and queues the work, or whoever
 * changes the state sees the request.
 */
#include <linux/dma-fence.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/property.h>
#include <linux/sched/mm.h>

#include <drm/drm_managed.h>

#include <kunit/static_stub.h>

#include "garm_debugfs.h"
#include "garm_device.h"
#include "garm_fw.h"
#include "garm_gem.h"
#include "garm_gpu.h"
#include "garm_mmu.h"
#include "garm_sched.h"
#include "garm_trace.h"

#define AUTOSUSPEND_MS		50	/* about three frames; driver-facts C.4 */
#define RESET_TRIES		3
#define RESUME_TRIES		2	/* the second one is always slow */

/* The last doorbell page that is used must be inside the window. */
#define MIN_WINDOW_SIZE		(GPU_DOORBELL(GPU_DOORBELL_CSG(GARM_MAX_CSGS_USED - 1)) + SZ_64K)

static enum garm_pm_state pm_state(struct garm_device *gdev)
{
	return atomic_read(&gdev->pm.state);
}

/*
 * Names of exceptions: faults of queues, of address spaces and of the GPU share one numbering
 * (driver-facts B.10).
 */
static const char * const exception_names[] = {
	[0x00] = "OK",
	[0x04] = "TERMINATED",
	[0x05] = "KABOOM",
	[0x06] = "EUREKA",
	[0x08] = "ACTIVE",
	[0x0f] = "CS_RES_TERM",
	[0x40] = "CS_CONFIG_FAULT",
	[0x41] = "CS_UNRECOVERABLE",
	[0x44] = "CS_ENDPOINT_FAULT",
	[0x48] = "CS_BUS_FAULT",
	[0x49] = "CS_INSTR_INVALID",
	[0x4a] = "CS_CALL_STACK_OVERFLOW",
	[0x4b] = "CS_INHERIT_FAULT",
	[0x50] = "INSTR_INVALID_PC",
	[0x51] = "INSTR_INVALID_ENC",
	[0x55] = "INSTR_BARRIER_FAULT",
	[0x58] = "DATA_INVALID_FAULT",
	[0x59] = "TILE_RANGE_FAULT",
	[0x5a] = "ADDR_RANGE_FAULT",
	[0x5b] = "IMPRECISE_FAULT",
	[0x60] = "OOM",
	[0x68] = "CSF_FW_INTERNAL_ERROR",
	[0x69] = "CSF_RES_EVICTION_TIMEOUT",
	[0x80] = "GPU_BUS_FAULT",
	[0x88] = "GPU_SHAREABILITY_FAULT",
	[0x89] = "SYS_SHAREABILITY_FAULT",
	[0x8a] = "GPU_CACHEABILITY_FAULT",
	[0xc0] = "TRANSLATION_FAULT_0",
	[0xc1] = "TRANSLATION_FAULT_1",
	[0xc2] = "TRANSLATION_FAULT_2",
	[0xc3] = "TRANSLATION_FAULT_3",
	[0xc4] = "TRANSLATION_FAULT_4",
	[0xc8] = "PERM_FAULT_0",
	[0xc9] = "PERM_FAULT_1",
	[0xca] = "PERM_FAULT_2",
	[0xcb] = "PERM_FAULT_3",
	[0xd9] = "ACCESS_FLAG_1",
	[0xda] = "ACCESS_FLAG_2",
	[0xdb] = "ACCESS_FLAG_3",
	[0xe0] = "ADDR_SIZE_FAULT_IN",
	[0xe4] = "ADDR_SIZE_FAULT_OUT0",
	[0xe5] = "ADDR_SIZE_FAULT_OUT1",
	[0xe6] = "ADDR_SIZE_FAULT_OUT2",
	[0xe7] = "ADDR_SIZE_FAULT_OUT3",
	[0xe8] = "MEM_ATTR_FAULT_0",
	[0xe9] = "MEM_ATTR_FAULT_1",
	[0xea] = "MEM_ATTR_FAULT_2",
	[0xeb] = "MEM_ATTR_FAULT_3",
};

/**
 * garm_exception_name() - name of an exception
 * @code: as read from a fault register or the firmware's interface; any value
 *
 * Return: a constant string, "UNKNOWN" for a code without a name.
 */
const char *garm_exception_name(u32 code)
{
	if (code >= ARRAY_SIZE(exception_names) || !exception_names[code])
		return "UNKNOWN";
	return exception_names[code];
}

/* Clocks */

static int clocks_get(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;

	gdev->clks.core = devm_clk_get(dev, NULL);
	if (IS_ERR(gdev->clks.core))
		return dev_err_probe(dev, PTR_ERR(gdev->clks.core), "core clock\n");
	gdev->clks.stacks = devm_clk_get_optional(dev, "stacks");
	if (IS_ERR(gdev->clks.stacks))
		return dev_err_probe(dev, PTR_ERR(gdev->clks.stacks), "stacks clock\n");
	gdev->clks.coregroup = devm_clk_get_optional(dev, "coregroup");
	if (IS_ERR(gdev->clks.coregroup))
		return dev_err_probe(dev, PTR_ERR(gdev->clks.coregroup), "coregroup clock\n");
	return 0;
}

static int clocks_on(struct garm_device *gdev)
{
	int ret;

	ret = clk_prepare_enable(gdev->clks.core);
	if (ret)
		return ret;
	ret = clk_prepare_enable(gdev->clks.stacks);
	if (ret)
		goto err_core;
	ret = clk_prepare_enable(gdev->clks.coregroup);
	if (ret)
		goto err_stacks;
	return 0;

err_stacks:
	clk_disable_unprepare(gdev->clks.stacks);
err_core:
	clk_disable_unprepare(gdev->clks.core);
	return ret;
}

static void clocks_off(struct garm_device *gdev)
{
	clk_disable_unprepare(gdev->clks.coregroup);
	clk_disable_unprepare(gdev->clks.stacks);
	clk_disable_unprepare(gdev->clks.core);
}

/*
 * Suspend and resume
 */

/*
 * Change the state and take the flush-id page away from every process: the next access faults and
 * gets what fits the new state. With the lock held no fault is half way between looking at the
 * state and mapping a page.
 */
static void set_state_and_zap(struct garm_device *gdev, enum garm_pm_state state)
{
	trace_garm_power(gdev->base.dev, state, 0);
	mutex_lock(&gdev->pm.mmio_lock);
	atomic_set(&gdev->pm.state, state);
	unmap_mapping_range(gdev->base.anon_inode->i_mapping, DRM_PANTHOR_USER_MMIO_OFFSET, 0, 1);
	mutex_unlock(&gdev->pm.mmio_lock);
}

static int resume_rooms(struct garm_device *gdev)
{
	int ret;

	ret = garm_gpu_resume(gdev);
	if (ret)
		goto err_gpu;
	garm_mmu_resume(gdev);
	ret = garm_fw_resume(gdev);
	if (ret)
		goto err_mmu;
	return 0;

err_mmu:
	garm_mmu_suspend(gdev);
err_gpu:
	/* What went wrong is not known, so the GPU is soft-reset rather than only powered down. */
	gdev->reset.fast = false;
	garm_gpu_suspend(gdev);
	return ret;
}

static int resume_hardware(struct garm_device *gdev)
{
	int ret = 0;

	for (int try = 0; try < RESUME_TRIES; try++) {
		bool fast;

		/* A reset was requested after the last suspend began: this resume does its work. */
		if (atomic_xchg(&gdev->reset.pending, 0))
			gdev->reset.fast = false;
		fast = gdev->reset.fast;
		ret = resume_rooms(gdev);
		if (!ret) {
			garm_sched_resume(gdev);
			return 0;
		}
		drm_err(&gdev->base, "%s resume, try %d of %d, failed: %d\n",
			fast ? "fast" : "slow", try + 1, RESUME_TRIES, ret);
	}
	return ret;
}

static void note_resume(struct garm_device *gdev, bool failed)
{
	mutex_lock(&gdev->pm.recover_lock);
	gdev->pm.resume_failed = failed;
	mutex_unlock(&gdev->pm.recover_lock);
}

/**
 * garm_device_resume() - runtime-PM callback: power the GPU up
 * @dev: the platform device
 *
 * Before probe is complete and after unplug only clocks and devfreq: there is nothing else to bring
 * back.
 * Return: 0, or an error after which everything is off again.
 */
int garm_device_resume(struct device *dev)
{
	struct garm_device *gdev = dev_get_drvdata(dev);
	int ret, idx;

	if (drm_WARN_ON(&gdev->base, pm_state(gdev) != GARM_PM_SUSPENDED))
		return -EINVAL;
	trace_garm_power(dev, GARM_PM_RESUMING, 0);
	atomic_set(&gdev->pm.state, GARM_PM_RESUMING);
	ret = clocks_on(gdev);
	if (ret) {
		drm_err(&gdev->base, "clocks cannot be enabled: %d\n", ret);
		goto err_state;
	}
	garm_devfreq_resume(gdev);

	if (READ_ONCE(gdev->ready) && drm_dev_enter(&gdev->base, &idx)) {
		ret = resume_hardware(gdev);
		drm_dev_exit(idx);
		if (ret)
			goto err_clocks;
	}
	note_resume(gdev, false);
	set_state_and_zap(gdev, GARM_PM_ACTIVE);
	/* A reset that was requested since resume_hardware() looked; see the top of the file. */
	smp_mb();
	if (READ_ONCE(gdev->ready) && garm_device_reset_pending(gdev))
		queue_work(gdev->reset.wq, &gdev->reset.work);
	return 0;

err_clocks:
	garm_devfreq_suspend(gdev);
	clocks_off(gdev);
err_state:
	trace_garm_power(dev, GARM_PM_SUSPENDED, ret);
	note_resume(gdev, true);
	atomic_set(&gdev->pm.state, GARM_PM_SUSPENDED);
	return ret;
}

/**
 * garm_device_suspend() - runtime-PM and system-sleep callback: power the GPU down
 * @dev: the platform device
 *
 * A reset in progress is waited for; one that is requested from here on makes the next resume a
 * slow one.
 * Return: 0, or -EINVAL when the device is not active.
 */
int garm_device_suspend(struct device *dev)
{
	struct garm_device *gdev = dev_get_drvdata(dev);
	int idx;

	if (drm_WARN_ON(&gdev->base, pm_state(gdev) != GARM_PM_ACTIVE))
		return -EINVAL;
	/* First, so that no process reads a register whose clock is off. */
	set_state_and_zap(gdev, GARM_PM_SUSPENDING);

	if (READ_ONCE(gdev->ready) && drm_dev_enter(&gdev->base, &idx)) {
		cancel_work_sync(&gdev->reset.work);
		garm_sched_suspend(gdev);
		garm_fw_suspend(gdev);
		garm_mmu_suspend(gdev);
		garm_gpu_suspend(gdev);
		drm_dev_exit(idx);
	}
	garm_devfreq_suspend(gdev);
	clocks_off(gdev);
	trace_garm_power(dev, GARM_PM_SUSPENDED, 0);
	atomic_set(&gdev->pm.state, GARM_PM_SUSPENDED);
	return 0;
}

/* The GPU will not work any more: no reset, no resume. Takes away what user space has of it. */
static void give_up(struct garm_device *gdev)
{
	/* Keeps the rooms from starting something new until unplug is through. */
	atomic_set(&gdev->reset.pending, 1);
	drm_err(&gdev->base, "the GPU cannot be brought back: unplugging it\n");
	queue_work(gdev->unplug.wq, &gdev->unplug.work);
}

/**
 * garm_device_system_resume() - system-sleep callback
 * @dev: the platform device
 *
 * Jobs may have been waiting since before the sleep and no ioctl will try again for them. So when
 * the GPU does not come back, it is unplugged, which ends them with an error.
 * Return: 0, or the error of the resume.
 */
int garm_device_system_resume(struct device *dev)
{
	struct garm_device *gdev = dev_get_drvdata(dev);
	int ret = pm_runtime_force_resume(dev);

	if (ret)
		give_up(gdev);
	return ret;
}

/*
 * Runtime PM remembers the error of a resume callback and refuses (-EINVAL) until the status is set
 * by hand.
 * Return: true when the error was another caller's, so that it is worth to try once more.
 */
static bool forget_resume_error(struct garm_device *gdev, int error)
{
	guard(mutex)(&gdev->pm.recover_lock);
	if (gdev->pm.resume_failed) {
		gdev->pm.resume_failed = false;
		pm_runtime_set_suspended(gdev->base.dev);
	}
	return error == -EINVAL;
}

int garm_device_get(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	int ret;

	ret = pm_runtime_resume_and_get(dev);
	if (ret && forget_resume_error(gdev, ret)) {
		ret = pm_runtime_resume_and_get(dev);
		if (ret)
			forget_resume_error(gdev, ret);
	}
	if (!ret)
		return 0;
	return drm_dev_is_unplugged(&gdev->base) ? -ENODEV : ret;
}

void garm_device_put(struct garm_device *gdev)
{
	/* Only later kernels mark in the put itself; twice does no harm. */
	pm_runtime_mark_last_busy(gdev->base.dev);
	pm_runtime_put_autosuspend(gdev->base.dev);
}

/*
 * Reset
 */

static void trace_reset_stage(struct garm_device *gdev, const char *stage, int error)
{
	trace_garm_reset(gdev->base.dev, stage, READ_ONCE(gdev->reset.why) ?: "", error);
}

/* One attempt, with everything stopped. On failure MMU and firmware are stopped again. */
static int reset_once(struct garm_device *gdev)
{
	int ret;

	ret = garm_gpu_soft_reset(gdev);
	trace_reset_stage(gdev, "gpu reset", ret);
	if (ret)
		return ret;
	/* Whatever asks for a reset from here on means the GPU as it comes up now. */
	atomic_set(&gdev->reset.pending, 0);
	ret = garm_gpu_l2_on(gdev);
	if (ret)
		return ret;
	garm_mmu_post_reset(gdev);
	ret = garm_fw_post_reset(gdev);
	trace_reset_stage(gdev, "firmware up", ret);
	if (ret) {
		garm_fw_pre_reset(gdev, true);
		garm_mmu_pre_reset(gdev);
	}
	return ret;
}

static int reset_hardware(struct garm_device *gdev)
{
	int ret = 0;

	trace_reset_stage(gdev, "begin", 0);
	garm_sched_pre_reset(gdev);
	trace_reset_stage(gdev, "slots cleared", 0);
	garm_fw_pre_reset(gdev, true);
	garm_mmu_pre_reset(gdev);
	trace_reset_stage(gdev, "stopped", 0);
	/* Nothing that was in the GPU or the firmware's memory is to be trusted. */
	gdev->reset.fast = false;
	for (int try = 0; try < RESET_TRIES; try++) {
		ret = reset_once(gdev);
		if (!ret)
			break;
		drm_err(&gdev->base, "reset, try %d of %d, failed: %d\n", try + 1, RESET_TRIES,
			ret);
	}
	atomic_inc(&gdev->reset.count);
	if (ret) {
		give_up(gdev);
		/*
		 * ioctls may wait for the end of the reset, and unplug waits for them: let them go
		 * on as without hardware.
		 */
		garm_mmu_unplug(gdev);
	}
	garm_sched_post_reset(gdev, ret);
	trace_reset_stage(gdev, ret ? "given up" : "done", ret);
	return ret;
}

static void reset_work(struct work_struct *work)
{
	struct garm_device *gdev = container_of(work, struct garm_device, reset.work);
	bool cookie;
	int idx;

	/*
	 * Suspending: the next resume does it, and suspend waits for this work. Not pending: a
	 * resume has done it since the work was queued.
	 */
	if (!garm_device_reset_pending(gdev) || pm_state(gdev) != GARM_PM_ACTIVE)
		return;
	if (!drm_dev_enter(&gdev->base, &idx))
		return;
	/* Jobs wait for the end of this; README, Locking. */
	cookie = dma_fence_begin_signalling();
	if (!reset_hardware(gdev)) {
		drm_info(&gdev->base, "reset done (number %d)\n", atomic_read(&gdev->reset.count));
		queue_work(gdev->unplug.wq, &gdev->unplug.tell_work);
	}
	dma_fence_end_signalling(cookie);
	drm_dev_exit(idx);
}

void garm_device_reset(struct garm_device *gdev, const char *why)
{
	KUNIT_STATIC_STUB_REDIRECT(garm_device_reset, gdev, why);
	/* Fully ordered when it succeeds: state is read after pending was set. */
	if (atomic_cmpxchg(&gdev->reset.pending, 0, 1))
		return;
	WRITE_ONCE(gdev->reset.why, why);
	trace_reset_stage(gdev, "requested", 0);
	drm_warn(&gdev->base, "reset requested: %s\n", why);
	if (READ_ONCE(gdev->ready) && pm_state(gdev) == GARM_PM_ACTIVE)
		queue_work(gdev->reset.wq, &gdev->reset.work);
}

/*
 * Unplug
 */

static void unplug_rooms(struct garm_device *gdev)
{
	garm_sched_unplug(gdev);
	garm_fw_unplug(gdev);
	garm_mmu_unplug(gdev);
	garm_gpu_unplug(gdev);
}

/*
 * Power down, although jobs that have ended but are still being freed may hold references. Theirs
 * are dropped later and change nothing then: the status is suspended already.
 */
static void power_down_for_good(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;

	pm_runtime_dont_use_autosuspend(dev);
	pm_runtime_put_sync_suspend(dev);
	/* Whatever the references are, and through the power domain. Disables runtime PM. */
	if (!pm_runtime_force_suspend(dev)) {
		/* Since Linux 6.17 it leaves a device active that somebody still refers to. */
		pm_runtime_set_suspended(dev);
		pm_runtime_enable(dev);
	}
	if (!IS_ENABLED(CONFIG_PM))
		garm_device_suspend(dev);
}

static void unplug_locked(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;

	/*
	 * No suspend from here on: it would find drm_dev_enter() failing and leave the firmware
	 * running.
	 */
	pm_runtime_get_noresume(dev);
	pm_runtime_barrier(dev);
	drm_dev_unplug(&gdev->base);
	disable_work_sync(&gdev->reset.work);

	/* A suspended device gets its clocks only, see garm_device_resume(). */
	if (!garm_device_powered(gdev)) {
		int ret = garm_device_get(gdev);

		if (ret)
			drm_err(&gdev->base, "unplug: no power: %d\n", ret);
		else
			pm_runtime_put_noidle(dev);
	}
	unplug_rooms(gdev);
	power_down_for_good(gdev);
}

/**
 * garm_device_unplug() - take the GPU away from everybody, files may be open
 * @gdev: the device
 *
 * Afterwards every ioctl fails with ENODEV and all fences of jobs have signalled. Idempotent; a
 * second caller waits for the first. May sleep; not inside drm_dev_enter(), nor on reset.wq.
 */
void garm_device_unplug(struct garm_device *gdev)
{
	guard(mutex)(&gdev->unplug.lock);
	if (gdev->unplug.done)
		return;
	unplug_locked(gdev);
	gdev->unplug.done = true;
}

/*
 * User space hears of it by a uevent (Documentation/gpu/drm-uapi.rst, "Device Wedging"), not from
 * the reset itself: sending one allocates memory, and reclaim may wait for the reset.
 */
static void tell_user_space(struct garm_device *gdev, unsigned long method)
{
	int ret = garm_wedged_event(&gdev->base, method);

	if (ret)
		drm_warn(&gdev->base, "no uevent: %d\n", ret);
}

/* After a reset that succeeded: nothing has to be done, but monitors may want to count. */
static void tell_work(struct work_struct *work)
{
	struct garm_device *gdev = container_of(work, struct garm_device, unplug.tell_work);
	int idx;

	if (!drm_dev_enter(&gdev->base, &idx))
		return;
	tell_user_space(gdev, GARM_WEDGED_RECOVERED);
	drm_dev_exit(idx);
}

static void unplug_work(struct work_struct *work)
{
	struct garm_device *gdev = container_of(work, struct garm_device, unplug.work);

	/* Before the node that sends it is gone. */
	scoped_guard(mutex, &gdev->unplug.lock) {
		if (!gdev->unplug.done && !gdev->unplug.told)
			tell_user_space(gdev, GARM_WEDGED_LOST);
		gdev->unplug.told = true;
	}
	garm_device_unplug(gdev);
}

/*
 * The flush-id page: the one page of registers that user space may map. LATEST_FLUSH_ID tells
 * whether caches were flushed since a job was recorded (driver-facts A.10).
 */

/* Physical page to show; a page of memory while the GPU is off. */
static unsigned long flush_id_pfn(struct garm_device *gdev, bool active)
{
	if (active)
		return PHYS_PFN(gdev->phys + GPU_LATEST_FLUSH_ID);
	return page_to_pfn(gdev->pm.dummy_flush_id);
}

static vm_fault_t flush_id_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct garm_device *gdev = vma->vm_private_data;
	unsigned int noreclaim;
	vm_fault_t ret;
	bool active;
	int idx;

	if (!drm_dev_enter(&gdev->base, &idx))
		return VM_FAULT_SIGBUS;
	/*
	 * The lock is held until the page is in, so that no register stays mapped after suspend has
	 * taken all of them away. Suspend waits for the lock and fences may wait for suspend: a
	 * page table that is allocated here must not go into reclaim, which may wait for a fence.
	 */
	mutex_lock(&gdev->pm.mmio_lock);
	noreclaim = memalloc_noreclaim_save();
	active = pm_state(gdev) == GARM_PM_ACTIVE;
	ret = vmf_insert_pfn_prot(vma, vmf->address, flush_id_pfn(gdev, active),
				  active ? pgprot_noncached(vma->vm_page_prot) : vma->vm_page_prot);
	memalloc_noreclaim_restore(noreclaim);
	mutex_unlock(&gdev->pm.mmio_lock);
	drm_dev_exit(idx);
	return ret;
}

static const struct vm_operations_struct flush_id_vm_ops = {
	.fault = flush_id_fault,
};

/**
 * garm_device_mmap_io() - mmap() of registers
 * @gdev: the device
 * @vma: offset as the kernel counts it, DRM_PANTHOR_USER_MMIO_OFFSET and up
 *
 * Return: 0, or -EINVAL for anything but one shared, read-only page at the flush id's offset.
 */
int garm_device_mmap_io(struct garm_device *gdev, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;

	if (offset != DRM_PANTHOR_USER_FLUSH_ID_MMIO_OFFSET)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED) || (vma->vm_flags & (VM_WRITE | VM_EXEC)))
		return -EINVAL;
	if (vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
			  VM_NORESERVE);
	/* The file that is mapped holds a reference to the device. */
	vma->vm_private_data = gdev;
	vma->vm_ops = &flush_id_vm_ops;
	return 0;
}

/*
 * Probe
 */

static void free_dummy_page(struct drm_device *drm, void *page)
{
	__free_page(page);
}

static void destroy_wq(struct drm_device *drm, void *wq)
{
	destroy_workqueue(wq);
}

/* What has no hardware behind it and lives until the last file is closed. */
static int init_software(struct garm_device *gdev)
{
	struct drm_device *drm = &gdev->base;
	int ret;

	atomic_set(&gdev->pm.state, GARM_PM_SUSPENDED);
	INIT_WORK(&gdev->reset.work, reset_work);
	INIT_WORK(&gdev->unplug.work, unplug_work);
	INIT_WORK(&gdev->unplug.tell_work, tell_work);
	ret = drmm_mutex_init(drm, &gdev->unplug.lock) ?:
	      drmm_mutex_init(drm, &gdev->pm.mmio_lock) ?:
	      drmm_mutex_init(drm, &gdev->pm.recover_lock) ?:
	      garm_debugfs_setup(gdev);
	if (ret)
		return ret;

	gdev->pm.dummy_flush_id = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!gdev->pm.dummy_flush_id)
		return -ENOMEM;
	/*
	 * While the GPU is off nothing needs flushing, which any old id tells; 0 would mean "flush
	 * always".
	 */
	*(u32 *)page_address(gdev->pm.dummy_flush_id) = 1;
	ret = drmm_add_action_or_reset(drm, free_dummy_page, gdev->pm.dummy_flush_id);
	if (ret)
		return ret;

	gdev->reset.wq = alloc_ordered_workqueue("garm-reset", WQ_MEM_RECLAIM);
	if (!gdev->reset.wq)
		return -ENOMEM;
	ret = drmm_add_action_or_reset(drm, destroy_wq, gdev->reset.wq);
	if (ret)
		return ret;
	/* Freezable: no unplug in the middle of system sleep. */
	gdev->unplug.wq = alloc_ordered_workqueue("garm-unplug", WQ_MEM_RECLAIM | WQ_FREEZABLE);
	if (!gdev->unplug.wq)
		return -ENOMEM;
	return drmm_add_action_or_reset(drm, destroy_wq, gdev->unplug.wq);
}

static int init_power(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	struct dev_pm_domain_list *domains;
	int ret;

	ret = clocks_get(gdev);
	if (ret)
		return ret;
	/* The driver core attaches a single domain; several are ours to attach. */
	if (!dev->pm_domain) {
		ret = devm_pm_domain_attach_list(dev, NULL, &domains);
		if (ret < 0)
			return dev_err_probe(dev, ret, "power domains\n");
	}
	return garm_devfreq_init(gdev);
}

static int init_registers(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	struct resource *res;

	gdev->iomem = devm_platform_get_and_ioremap_resource(to_platform_device(dev), 0, &res);
	if (IS_ERR(gdev->iomem))
		return dev_err_probe(dev, PTR_ERR(gdev->iomem), "registers\n");
	if (resource_size(res) < MIN_WINDOW_SIZE)
		return dev_err_probe(dev, -EINVAL, "register window has %#llx bytes, needs %#x\n",
				     (u64)resource_size(res), MIN_WINDOW_SIZE);
	/* User space gets whole pages; register pages are 64 KiB apart. */
	if (!PAGE_ALIGNED(res->start) || PAGE_SIZE > SZ_64K)
		return dev_err_probe(dev, -EINVAL, "registers at %pa: not on a page of %lu bytes\n",
				     &res->start, PAGE_SIZE);
	gdev->phys = res->start;
	return 0;
}

static int init_rooms(struct garm_device *gdev)
{
	int ret;

	ret = garm_shrink_init(gdev);
	if (ret)
		return ret;
	ret = garm_gem_init(gdev);
	if (ret)
		return ret;
	ret = garm_gpu_init(gdev);
	if (ret)
		return ret;
	ret = garm_mmu_init(gdev);
	if (ret)
		goto err_gpu;
	ret = garm_fw_init(gdev);
	if (ret)
		goto err_mmu;
	ret = garm_sched_init(gdev);
	if (ret)
		goto err_fw;
	return 0;

err_fw:
	garm_fw_unplug(gdev);
err_mmu:
	garm_mmu_unplug(gdev);
err_gpu:
	garm_gpu_unplug(gdev);
	return ret;
}

/*
 * From here on suspend, resume and reset concern the rooms; a reset requested during probe is done
 * now.
 */
static void set_ready(struct garm_device *gdev)
{
	WRITE_ONCE(gdev->ready, true);
	/* A request sets pending, then looks at ready; here the other way round. */
	smp_mb();
	if (garm_device_reset_pending(gdev))
		queue_work(gdev->reset.wq, &gdev->reset.work);
}

static int init_powered(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	int ret;

	ret = init_rooms(gdev);
	if (ret)
		return ret;
	ret = garm_shrink_register(gdev);
	if (!ret)
		ret = drm_dev_register(&gdev->base, 0);
	if (ret) {
		unplug_rooms(gdev);
		return ret;
	}
	pm_runtime_set_autosuspend_delay(dev, AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	/* The caller's reference keeps the device from being suspended before this. */
	set_ready(gdev);
	return 0;
}

/**
 * garm_device_init() - bring up a GPU and register it
 * @gdev: zeroed except for @base, which devm_drm_dev_alloc() made; drvdata of its device
 *
 * Return: 0, or an error with everything undone (devm and drmm do the rest). May sleep; probe only.
 */
int garm_device_init(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	int ret;

	gdev->coherent = device_get_dma_attr(dev) == DEV_DMA_COHERENT;
	ret = init_software(gdev);
	if (ret)
		return ret;
	ret = init_power(gdev);
	if (ret)
		return ret;
	ret = init_registers(gdev);
	if (ret)
		return ret;
	ret = devm_pm_runtime_enable(dev);
	if (ret)
		return ret;
	ret = garm_device_get(gdev);
	if (ret)
		return dev_err_probe(dev, ret, "power\n");
	/* Without runtime PM the callback is never called: the GPU is then always on. */
	if (!IS_ENABLED(CONFIG_PM)) {
		ret = garm_device_resume(dev);
		if (ret)
			return ret;
	}

	ret = init_powered(gdev);
	if (!ret) {
		garm_device_put(gdev);
		return 0;
	}
	pm_runtime_put_sync_suspend(dev);
	if (!IS_ENABLED(CONFIG_PM))
		garm_device_suspend(dev);
	return ret;
}
