// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The firmware's life: loaded, booted, watched, halted, loaded anew.
 *
 * Called by garm_device.c (probe, power, reset, unplug), by the JOB interrupt, and by groups for
 * memory in the firmware's VM. Calls garm_fw_image.c, garm_fw_iface.c, garm_fw_req.c, VM, BOs, and
 * tells the scheduler about events of groups.
 *
 * Everything that a later boot needs is kept: contents of the sections, CPU mappings. So a resume
 * or a reset allocates nothing and takes no reservation, which the fence-signalling path requires.
 * Source of the sequences: driver-facts B.4, B.5, B.10.
 */
#include <linux/firmware.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>

#include "garm_dump.h"
#include "garm_fw_priv.h"
#include "garm_mmu.h"
#include "garm_sched.h"
#include "garm_trace.h"
#include "garm_vm.h"

#define FW_FILE			"mali_csffw.bin"
#define FW_BOOT_MS		1000
#define FW_HALT_US		(1000 * USEC_PER_MSEC)
#define FW_STOP_US		(100 * USEC_PER_MSEC)
#define FW_POLL_US		10
#define FW_QUICK_US		(1 * USEC_PER_MSEC)
#define FW_REST_US		(1 * USEC_PER_MSEC)
#define FW_PING_MS		12000

/* Where the firmware's VM puts memory of groups: what the microcontroller may share. */
#define FW_AUTO_START		GARM_FWI_SHARED_VA
#define FW_AUTO_SIZE		SZ_64M

static const char *fw_mcu_status_name(u32 status)
{
	static const char * const names[] = {
		[MCU_STATUS_DISABLED] = "disabled",
		[MCU_STATUS_ENABLED] = "enabled",
		[MCU_STATUS_HALT] = "halted",
		[MCU_STATUS_FATAL] = "fatal",
	};

	return status < ARRAY_SIZE(names) ? names[status] : "unknown";
}

/* --- Sections --- */

static u32 fw_map_flags(u32 flags)
{
	u32 map = 0;

	if (!(flags & GARM_FWI_WRITE))
		map |= DRM_PANTHOR_VM_BIND_OP_MAP_READONLY;
	if (!(flags & GARM_FWI_EXEC))
		map |= DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC;
	/*
	 * Coherent with the CPU means uncached here: that holds with and without an interconnect
	 * that snoops.
	 */
	if ((flags & GARM_FWI_CACHE_MASK) != GARM_FWI_CACHED)
		map |= DRM_PANTHOR_VM_BIND_OP_MAP_UNCACHED;
	return map;
}

/*
 * Sections start on GPU pages, which may be smaller than the kernel's: a BO is then larger than its
 * section, but the map must not be, or it would cover the next section.
 */
static int fw_section_create(struct garm_fw *fw, struct garm_fw_section *section,
			     const struct garm_fwi_section *s, const u8 *file)
{
	struct garm_device *gdev = fw->gdev;
	struct garm_kbo *kbo;
	int ret;

	section->va = s->va;
	section->size = s->size;
	section->flags = s->flags;
	section->data_size = s->data_size;
	snprintf(section->name, sizeof(section->name), "%.*s", (int)s->name_len, s->name);
	if (s->data_size) {
		section->data = kvmemdup(file + s->data, s->data_size, GFP_KERNEL);
		if (!section->data)
			return -ENOMEM;
	}
	kbo = garm_kbo_create(gdev, fw->vm, s->size, DRM_PANTHOR_BO_NO_MMAP, fw_map_flags(s->flags),
			      s->va, "firmware section");
	if (IS_ERR(kbo))
		return PTR_ERR(kbo);
	section->kbo = kbo;
	if (kbo->va != s->va || kbo->va_size != s->size) {
		drm_err(&gdev->base,
			"firmware: section 0x%x + 0x%x was mapped at 0x%llx + 0x%llx\n", s->va,
			s->size, kbo->va, kbo->va_size);
		return -EINVAL;
	}
	ret = garm_kbo_vmap(kbo);
	if (ret)
		return ret;
	drm_dbg(&gdev->base,
		"firmware: section '%s' at 0x%x, 0x%x bytes, flags 0x%x, 0x%x bytes of contents\n",
		section->name, s->va, s->size, s->flags, s->data_size);
	return 0;
}

/*
 * The rest is zeroed whether the section asks for it or not: a reload then gives what the first
 * load gave.
 */
static void fw_section_fill(const struct garm_fw_section *section)
{
	if (section->data_size)
		memcpy(section->kbo->kmap, section->data, section->data_size);
	memset(section->kbo->kmap + section->data_size, 0, section->size - section->data_size);
}

static void fw_sections_destroy(struct garm_fw *fw)
{
	for (unsigned int i = 0; i < fw->section_count; i++) {
		garm_kbo_destroy(fw->sections[i].kbo);
		kvfree(fw->sections[i].data);
	}
	kfree(fw->sections);
	fw->sections = NULL;
	fw->section_count = 0;
	fw->shared = NULL;
}

static int fw_sections_create(struct garm_fw *fw, const struct garm_fwi *image, const u8 *file)
{
	fw->sections = kcalloc(image->count, sizeof(*fw->sections), GFP_KERNEL);
	if (!fw->sections)
		return -ENOMEM;
	for (unsigned int i = 0; i < image->count; i++) {
		int ret;

		fw->section_count = i + 1; /* what exists of it is freed with the others */
		ret = fw_section_create(fw, &fw->sections[i], &image->sections[i], file);
		if (ret) {
			drm_err(&fw->gdev->base,
				"firmware: section %u at 0x%x, 0x%x bytes: error %d\n", i,
				image->sections[i].va, image->sections[i].size, ret);
			return ret;
		}
	}
	fw->shared = &fw->sections[image->shared];
	return 0;
}

static int fw_load_image(struct garm_fw *fw, const char *path, const u8 *file, size_t size)
{
	struct garm_device *gdev = fw->gdev;
	struct garm_fwi *image = kmalloc(sizeof(*image), GFP_KERNEL);
	int ret;

	if (!image)
		return -ENOMEM;
	ret = garm_fwi_parse(file, size, image);
	if (ret) {
		drm_err(&gdev->base, "%s: %s (at 0x%x: 0x%llx, limit 0x%llx)\n", path,
			image->error.what, image->error.at, image->error.value, image->error.limit);
		goto out_free;
	}
	if (image->left_out)
		drm_info(&gdev->base, "%s: %u sections for protected mode are left out\n", path,
			 image->left_out);
	if (image->build)
		drm_info(&gdev->base, "Firmware git sha: %.*s\n", (int)image->build_len,
			 image->build);
	ret = fw_sections_create(fw, image, file);
out_free:
	kfree(image);
	return ret;
}

static int fw_load(struct garm_fw *fw)
{
	struct garm_device *gdev = fw->gdev;
	u32 id = gdev->gpu_info.gpu_id;
	const struct firmware *file;
	char path[48];
	int ret;

	snprintf(path, sizeof(path), "arm/mali/arch%u.%u/" FW_FILE, GPU_ARCH_MAJOR(id),
		 GPU_ARCH_MINOR(id));
	ret = request_firmware(&file, path, gdev->base.dev);
	if (ret) {
		drm_err(&gdev->base, "firmware %s cannot be read: error %d\n", path, ret);
		return ret;
	}
	ret = fw_load_image(fw, path, file->data, file->size);
	release_firmware(file);
	return ret;
}

/* --- Boot and halt --- */

static void fw_handle_irq(struct garm_device *gdev, u32 status)
{
	struct garm_fw *fw = gdev->fw;

	garm_write(gdev, JOB_INT_BASE + INT_CLEAR, status);
	if (status & JOB_IRQ_GLOBAL)
		WRITE_ONCE(fw->booted, true);
	wake_up_all(&fw->wait);
	if (!READ_ONCE(fw->ready))
		return;

	/* The groups' own idle events tell the scheduler; this one is only taken off the list. */
	if (status & JOB_IRQ_GLOBAL)
		garm_glb_update(gdev, READ_ONCE(fw->glb.out->ack), GLB_IDLE_EVENT);
	if (status & JOB_IRQ_CSG_MASK && READ_ONCE(gdev->sched))
		garm_sched_report_fw_events(gdev, status & JOB_IRQ_CSG_MASK);
}

/* The JOB interrupt block's thread. */
static void fw_irq_handler(struct garm_device *gdev, u32 status)
{
	u64 start = trace_gpu_job_irq_enabled() ? ktime_get_ns() : 0;

	fw_handle_irq(gdev, status);
	if (start)
		trace_gpu_job_irq(gdev->base.dev, status, ktime_get_ns() - start);
}

static bool fw_stands(u32 status, bool halted)
{
	return status == MCU_STATUS_DISABLED || (halted && status != MCU_STATUS_ENABLED);
}

/*
 * Waits until the microcontroller is disabled or, where @halted will do, does not run for any other
 * reason. That takes microseconds; while it takes longer, the processor may rest between two looks.
 * Return: 0 or -ETIMEDOUT after @timeout_us; @status: the last one in either case.
 */
static int fw_wait_stands(struct garm_device *gdev, bool halted, u32 *status, u32 timeout_us)
{
	u32 now;
	int ret;

	ret = garm_poll(gdev, MCU_STATUS, now, fw_stands(now, halted), FW_POLL_US, FW_QUICK_US);
	if (ret)
		ret = garm_poll(gdev, MCU_STATUS, now, fw_stands(now, halted), FW_REST_US,
				timeout_us);
	*status = now;
	return ret;
}

static int fw_stop(struct garm_fw *fw)
{
	struct garm_device *gdev = fw->gdev;
	u32 status;
	int ret;

	if (!fw->enabled)
		return 0;
	fw->enabled = false;
	garm_write(gdev, MCU_CONTROL, MCU_CONTROL_DISABLE);
	ret = fw_wait_stands(gdev, false, &status, FW_STOP_US);
	if (ret)
		drm_err(&gdev->base,
			"firmware: the microcontroller does not stop (status %s after %ld ms)\n",
			fw_mcu_status_name(status), FW_STOP_US / USEC_PER_MSEC);
	return ret;
}

static int fw_boot(struct garm_fw *fw)
{
	struct garm_device *gdev = fw->gdev;

	WRITE_ONCE(fw->booted, false);
	fw->irq_on = true;
	garm_irq_resume(&fw->irq, JOB_IRQ_GLOBAL | JOB_IRQ_CSG_MASK);
	fw->enabled = true;
	garm_write(gdev, MCU_CONTROL, MCU_CONTROL_AUTO);
	if (wait_event_timeout(fw->wait, READ_ONCE(fw->booted), msecs_to_jiffies(FW_BOOT_MS)))
		return 0;
	if (garm_read(gdev, JOB_INT_BASE + INT_RAWSTAT) & JOB_IRQ_GLOBAL) {
		drm_warn(&gdev->base, "firmware: booted, but its interrupt did not arrive\n");
		return 0;
	}
	drm_err(&gdev->base,
		"firmware: no boot in %u ms: microcontroller is %s, AS 0 fault 0x%x at 0x%llx\n",
		FW_BOOT_MS, fw_mcu_status_name(garm_read(gdev, MCU_STATUS)),
		garm_read(gdev, AS_FAULTSTATUS(0)), garm_read64(gdev, AS_FAULTADDRESS(0)));
	garm_dump_end(garm_dump_begin(gdev, "firmware does not boot"));
	return -ETIMEDOUT;
}

/*
 * Everything that fw_start() does, undone; in suspend, before a reset, at the end, and after a
 * failed start.
 */
static void fw_down(struct garm_fw *fw)
{
	WRITE_ONCE(fw->ready, false);
	if (fw->irq_on)
		garm_irq_suspend(&fw->irq);
	fw->irq_on = false;
	fw_stop(fw);
	if (fw->vm_active)
		garm_vm_deactivate(fw->vm);
	fw->vm_active = false;
}

static int fw_activate_vm(struct garm_fw *fw)
{
	int as;

	/* A fault of the firmware is one reason for a reset; it must not outlive it. */
	as = garm_vm_activate(fw->vm);
	if (as < 0) {
		drm_err(&fw->gdev->base,
			"firmware: its address space cannot be activated: error %d\n", as);
		return as;
	}
	fw->vm_active = true;
	if (as) {
		drm_err(&fw->gdev->base, "firmware: its address space has slot %d, only 0 works\n",
			as);
		return -EINVAL;
	}
	return 0;
}

/* @fast: the memory is what a clean halt left; only the request has to be taken back. */
static void fw_prepare_memory(struct garm_fw *fw, bool fast)
{
	if (fast) {
		if (garm_fw_has_glb_state(fw->gdev))
			garm_glb_update(fw->gdev, GLB_STATE(GLB_STATE_ACTIVE), GLB_STATE_MASK);
		else
			garm_glb_update(fw->gdev, 0, GLB_HALT);
		return;
	}
	for (unsigned int i = 0; i < fw->section_count; i++)
		fw_section_fill(&fw->sections[i]);
}

static int fw_start(struct garm_fw *fw, bool fast)
{
	int ret;

	ret = fw_activate_vm(fw);
	if (ret)
		goto err_down;
	fw_prepare_memory(fw, fast);
	ret = fw_boot(fw);
	if (ret)
		goto err_down;
	ret = garm_fw_discover(fw->gdev, fast);
	if (ret) {
		drm_err(&fw->gdev->base, "firmware: its interfaces cannot be used: error %d\n",
			ret);
		goto err_down;
	}
	garm_fw_configure(fw->gdev);
	WRITE_ONCE(fw->ready, true);
	mod_delayed_work(fw->gdev->reset.wq, &fw->ping, msecs_to_jiffies(FW_PING_MS));
	return 0;

err_down:
	fw_down(fw);
	return ret;
}

/* A fast boot that fails is not tried again here: the GPU has to be reset before a slow one. */
static int fw_restart(struct garm_fw *fw)
{
	bool fast = fw->gdev->reset.fast;

	fw->gdev->reset.fast = false;
	return fw_start(fw, fast);
}

static const char *fw_halt_status_name(u32 code)
{
	switch (code) {
	case GLB_HALT_STATUS_OK:
		return "ok";
	case GLB_HALT_STATUS_PANIC:
		return "panic";
	case GLB_HALT_STATUS_WATCHDOG:
		return "watchdog";
	}
	return "unknown";
}

/* Ask the microcontroller to stop where its memory is consistent. Return: whether it did. */
static bool fw_halt(struct garm_fw *fw)
{
	struct garm_device *gdev = fw->gdev;
	u32 status, code;

	if (garm_fw_has_glb_state(gdev))
		garm_glb_update(gdev, GLB_STATE(GLB_STATE_HALT), GLB_STATE_MASK);
	else
		garm_glb_update(gdev, GLB_HALT, GLB_HALT);
	garm_fw_ring(gdev, GPU_DOORBELL_GLB);
	fw_wait_stands(gdev, true, &status, FW_HALT_US);
	code = READ_ONCE(fw->glb.out->halt_status);
	if (status == MCU_STATUS_HALT && garm_fw_has_glb_state(gdev) &&
	    (READ_ONCE(fw->glb.out->ack) & GLB_STATE_MASK) != GLB_STATE(GLB_STATE_HALT))
		status = MCU_STATUS_ENABLED;
	if (status == MCU_STATUS_HALT && code == GLB_HALT_STATUS_OK)
		return true;
	drm_warn(&gdev->base,
		 "firmware: no clean halt: microcontroller is %s, halt status 0x%x (%s)\n",
		 fw_mcu_status_name(status), code, fw_halt_status_name(code));
	garm_dump_end(garm_dump_begin(gdev, "firmware does not halt"));
	return false;
}

static void fw_quiesce(struct garm_fw *fw, bool halt)
{
	cancel_delayed_work_sync(&fw->ping);
	fw->gdev->reset.fast = halt && READ_ONCE(fw->ready) && fw_halt(fw);
	fw_down(fw);
}

/**
 * garm_fw_suspend() - halt the firmware before power goes
 * @gdev: the device; the scheduler has taken everything off the slots
 *
 * Afterwards gdev->reset.fast tells whether the halt was clean, so that the L2 can be switched off
 * instead of a soft reset and the next boot keeps the memory. Not attempted with a reset pending.
 *
 * Context: suspend of the device; sleeps.
 */
void garm_fw_suspend(struct garm_device *gdev)
{
	fw_quiesce(gdev->fw, !garm_device_reset_pending(gdev));
}

/**
 * garm_fw_resume() - boot the firmware and configure it
 * @gdev: the device; GPU and MMU have been resumed
 *
 * Context: resume of the device; sleeps, allocates nothing.
 * Return: 0; -ETIMEDOUT without boot, -EINVAL for interfaces that changed, errors of
 * garm_vm_activate(). The firmware is then off, and the next attempt a slow one.
 */
int garm_fw_resume(struct garm_device *gdev)
{
	return fw_restart(gdev->fw);
}

/**
 * garm_fw_pre_reset() - switch the firmware off before a reset of the GPU
 * @gdev: the device
 * @hang: something does not answer; a halt is not attempted and all memory loaded anew afterwards
 *
 * Context: reset work; fence-signalling path.
 */
void garm_fw_pre_reset(struct garm_device *gdev, bool hang)
{
	fw_quiesce(gdev->fw, !hang);
}

/**
 * garm_fw_post_reset() - boot the firmware after a reset of the GPU
 * @gdev: the device
 *
 * Context: reset work; fence-signalling path: allocates nothing.
 * Return: as garm_fw_resume().
 */
int garm_fw_post_reset(struct garm_device *gdev)
{
	return fw_restart(gdev->fw);
}

/* The watchdog. An answer also shows that the configuration was taken. */
static void fw_ping_work(struct work_struct *work)
{
	struct garm_fw *fw = container_of(to_delayed_work(work), struct garm_fw, ping);
	struct garm_device *gdev = fw->gdev;
	u32 acked;
	int ret, idx;

	if (!drm_dev_enter(&gdev->base, &idx))
		return;
	if (!READ_ONCE(fw->ready) || garm_device_reset_pending(gdev))
		goto out_exit;
	garm_glb_toggle(gdev, GLB_PING);
	garm_fw_ring(gdev, GPU_DOORBELL_GLB);
	ret = garm_glb_wait(gdev, GLB_PING, &acked, GARM_FW_TIMEOUT_MS);
	if (!ret) {
		mod_delayed_work(gdev->reset.wq, &fw->ping, msecs_to_jiffies(FW_PING_MS));
	} else if (ret != -EIO) {
		drm_err(&gdev->base,
			"firmware: no answer to a ping within %u ms (microcontroller is %s)\n",
			GARM_FW_TIMEOUT_MS, fw_mcu_status_name(garm_read(gdev, MCU_STATUS)));
		garm_device_reset(gdev, "firmware does not answer");
	}
out_exit:
	drm_dev_exit(idx);
}

/**
 * garm_fw_unplug() - end the firmware and free its memory
 * @gdev: the device; the scheduler has ended
 *
 * Memory that groups still have in the firmware's VM holds its own reference on it. Called once,
 * also when garm_fw_init() failed. Context: sleeps.
 */
void garm_fw_unplug(struct garm_device *gdev)
{
	struct garm_fw *fw = gdev->fw;

	if (!fw)
		return;
	disable_delayed_work_sync(&fw->ping);
	fw_down(fw);
	garm_dump_unplug(gdev);
	fw_sections_destroy(fw);
	garm_vm_put(fw->vm);
	fw->vm = NULL;
}

/**
 * garm_fw_init() - load and boot the firmware, find its interfaces
 * @gdev: the device: powered, L2 on, MMU ready
 *
 * Fills gdev->csif_info. Context: probe; sleeps.
 * Return: 0, the error of the file's search (-ENOENT), -EINVAL for a file or interfaces that break
 * a rule, -ETIMEDOUT without boot, -ENOMEM.
 */
int garm_fw_init(struct garm_device *gdev)
{
	struct garm_fw *fw = drmm_kzalloc(&gdev->base, sizeof(*fw), GFP_KERNEL);
	struct garm_vm *vm;
	int ret;

	if (!fw)
		return -ENOMEM;
	fw->gdev = gdev;
	init_waitqueue_head(&fw->wait);
	INIT_DELAYED_WORK(&fw->ping, fw_ping_work);
	gdev->fw = fw;
	ret = garm_dump_init(gdev);
	if (ret)
		goto err_unplug;
	ret = garm_irq_request(gdev, &fw->irq, "job", JOB_INT_BASE, fw_irq_handler);
	if (ret)
		goto err_unplug;
	vm = garm_vm_create(gdev, true, 0, SZ_4G, FW_AUTO_START, FW_AUTO_SIZE);
	if (IS_ERR(vm)) {
		ret = PTR_ERR(vm);
		goto err_unplug;
	}
	fw->vm = vm;
	ret = fw_load(fw);
	if (ret)
		goto err_unplug;
	ret = fw_start(fw, false);
	if (ret)
		goto err_unplug;
	return 0;

err_unplug:
	garm_fw_unplug(gdev);
	return ret;
}

/* --- For the other rooms --- */

/** garm_fw_vm() - the firmware's VM; borrowed, NULL after unplug */
struct garm_vm *garm_fw_vm(struct garm_device *gdev)
{
	return gdev->fw->vm;
}

/** garm_fw_glb() - the global interface; valid until garm_fw_unplug() */
struct garm_glb_iface *garm_fw_glb(struct garm_device *gdev)
{
	return &gdev->fw->glb;
}

/** garm_fw_csg() - a group slot's interface, or NULL (with a warning) when there is no such slot */
struct garm_csg_iface *garm_fw_csg(struct garm_device *gdev, u32 slot)
{
	struct garm_fw *fw = gdev->fw;

	if (drm_WARN_ON_ONCE(&gdev->base, slot >= fw->glb.group_num))
		return NULL;
	return &fw->csg[slot];
}

/** garm_fw_cs() - a stream's interface, or NULL (with a warning) when there is none */
struct garm_cs_iface *garm_fw_cs(struct garm_device *gdev, u32 slot, u32 cs)
{
	struct garm_fw *fw = gdev->fw;

	if (drm_WARN_ON_ONCE(&gdev->base, slot >= fw->glb.group_num || cs >= fw->stream_num))
		return NULL;
	return &fw->cs[slot * fw->stream_num + cs];
}

/** garm_fw_csg_count() - slots that may be used: each needs its own priority, there are 16 */
u32 garm_fw_csg_count(struct garm_device *gdev)
{
	return min_t(u32, gdev->fw->glb.group_num, GARM_MAX_CSGS_USED);
}

/** garm_fw_cs_count() - streams in each group slot */
u32 garm_fw_cs_count(struct garm_device *gdev)
{
	return gdev->fw->stream_num;
}

/**
 * garm_fw_alloc_ring_ifaces() - memory for queues' struct fw_ring_in and fw_ring_out
 * @gdev: the device
 * @count: of queues; each has FW_RING_IFACE_SIZE
 *
 * In the firmware's VM, uncached, zeroed, mapped for the CPU; freed with garm_kbo_destroy().
 * Context: sleeps, allocates. Return: ERR_PTR on failure.
 */
struct garm_kbo *garm_fw_alloc_ring_ifaces(struct garm_device *gdev, u32 count)
{
	size_t size = count * FW_RING_IFACE_SIZE;
	struct garm_kbo *kbo;
	int ret;

	kbo = garm_kbo_create(gdev, gdev->fw->vm, size, DRM_PANTHOR_BO_NO_MMAP,
			      DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC |
			      DRM_PANTHOR_VM_BIND_OP_MAP_UNCACHED,
			      GARM_KBO_AUTO_VA, "queues' ring interfaces");
	if (IS_ERR(kbo))
		return kbo;
	ret = garm_kbo_vmap(kbo);
	if (ret) {
		garm_kbo_destroy(kbo);
		return ERR_PTR(ret);
	}
	memset(kbo->kmap, 0, size);
	return kbo;
}

/**
 * garm_fw_alloc_suspend_bufs() - memory where the firmware saves a group
 * @gdev: the device
 * @size: of both, see struct garm_csg_iface
 *
 * In the firmware's VM, not mapped for the CPU; freed with garm_kbo_destroy().
 * Context: sleeps, allocates. Return: ERR_PTR on failure.
 */
struct garm_kbo *garm_fw_alloc_suspend_bufs(struct garm_device *gdev, size_t size)
{
	return garm_kbo_create(gdev, gdev->fw->vm, size, DRM_PANTHOR_BO_NO_MMAP,
			       DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC, GARM_KBO_AUTO_VA,
			       "group's suspend buffers");
}

MODULE_FIRMWARE("arm/mali/arch10.8/" FW_FILE);
MODULE_FIRMWARE("arm/mali/arch10.10/" FW_FILE);
MODULE_FIRMWARE("arm/mali/arch10.12/" FW_FILE);
MODULE_FIRMWARE("arm/mali/arch11.8/" FW_FILE);
MODULE_FIRMWARE("arm/mali/arch12.8/" FW_FILE);
MODULE_FIRMWARE("arm/mali/arch13.8/" FW_FILE);
