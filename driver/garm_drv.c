// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The DRM driver: module, probe, files, the ioctl table, DEV_QUERY and the BO ioctls, mmap, fdinfo,
 * sysfs.
 *
 * Called by the kernel only; calls every room. ioctls of VMs, groups and heaps are in their rooms,
 * here they only get their guard against unplug. Behaviour and errors are those of Panthor in Linux
 * 7.3 (driver-facts A).
 */
#include <linux/compat.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>

#ifdef CONFIG_ARM_ARCH_TIMER
#include <asm/arch_timer.h>
#endif

#include "garm_debugfs.h"
#include "garm_device.h"
#include "garm_gem.h"
#include "garm_gpu.h"
#include "garm_heap.h"
#include "garm_mmu.h"
#include "garm_sched.h"
#include "garm_sync.h"
#include "garm_vm.h"

#define LABEL_LIMIT		4096	/* bytes of a BO's label with its end */

/* sysfs "profiling" */
#define PROFILE_CYCLES		BIT(0)
#define PROFILE_TIME		BIT(1)
#define PROFILE_ALL		(PROFILE_CYCLES | PROFILE_TIME)

/*
 * DEV_QUERY
 */

#define TIMESTAMP_FLAGS \
	(DRM_PANTHOR_TIMESTAMP_GPU | DRM_PANTHOR_TIMESTAMP_CPU_TYPE_MASK | \
	 DRM_PANTHOR_TIMESTAMP_GPU_OFFSET | DRM_PANTHOR_TIMESTAMP_GPU_CYCLE_COUNT | \
	 DRM_PANTHOR_TIMESTAMP_FREQ | DRM_PANTHOR_TIMESTAMP_DURATION)
/* What was answered before there were flags. */
#define TIMESTAMP_DEFAULT \
	(DRM_PANTHOR_TIMESTAMP_GPU | DRM_PANTHOR_TIMESTAMP_GPU_OFFSET | DRM_PANTHOR_TIMESTAMP_FREQ)

static u64 timestamp_frequency(void)
{
#ifdef CONFIG_ARM_ARCH_TIMER
	return arch_timer_get_cntfrq();
#else
	return 0;
#endif
}

static int check_timestamp_flags(u32 flags)
{
	if (flags & ~TIMESTAMP_FLAGS)
		return -EINVAL;
	switch (flags & DRM_PANTHOR_TIMESTAMP_CPU_TYPE_MASK) {
	case DRM_PANTHOR_TIMESTAMP_CPU_NONE:
	case DRM_PANTHOR_TIMESTAMP_CPU_MONOTONIC:
	case DRM_PANTHOR_TIMESTAMP_CPU_MONOTONIC_RAW:
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * Clocks that are compared with each other, or a duration: nothing may come between the readings.
 */
static bool wants_no_interruption(u32 flags)
{
	int clocks = !!(flags & DRM_PANTHOR_TIMESTAMP_GPU) +
		     !!(flags & DRM_PANTHOR_TIMESTAMP_GPU_CYCLE_COUNT) +
		     !!(flags & DRM_PANTHOR_TIMESTAMP_CPU_TYPE_MASK);

	return clocks > 1 || (flags & DRM_PANTHOR_TIMESTAMP_DURATION);
}

static void read_clocks(struct garm_device *gdev, u32 flags,
			struct drm_panthor_timestamp_info *info, struct timespec64 *cpu)
{
	bool quiet = wants_no_interruption(flags);
	unsigned long irqflags = 0;
	u64 start;

	if (quiet)
		local_irq_save(irqflags);
	start = local_clock();
	if (flags & DRM_PANTHOR_TIMESTAMP_GPU)
		info->current_timestamp = garm_gpu_timestamp(gdev);
	switch (flags & DRM_PANTHOR_TIMESTAMP_CPU_TYPE_MASK) {
	case DRM_PANTHOR_TIMESTAMP_CPU_MONOTONIC:
		ktime_get_ts64(cpu);
		break;
	case DRM_PANTHOR_TIMESTAMP_CPU_MONOTONIC_RAW:
		ktime_get_raw_ts64(cpu);
		break;
	}
	if (flags & DRM_PANTHOR_TIMESTAMP_GPU_CYCLE_COUNT)
		info->cycle_count = garm_gpu_cycles(gdev);
	if (flags & DRM_PANTHOR_TIMESTAMP_DURATION)
		info->duration_nsec = local_clock() - start;
	if (quiet)
		local_irq_restore(irqflags);
}

/* @info: in: flags; out: all, what was not asked for is 0 */
static int query_timestamp(struct garm_device *gdev, struct drm_panthor_timestamp_info *info)
{
	u32 flags = info->flags ?: TIMESTAMP_DEFAULT;
	struct timespec64 cpu = {};
	int ret;

	ret = check_timestamp_flags(flags);
	if (ret)
		return ret;
	ret = garm_device_get(gdev);
	if (ret)
		return ret;
	*info = (struct drm_panthor_timestamp_info){ .flags = info->flags };
	if (flags & DRM_PANTHOR_TIMESTAMP_FREQ)
		info->timestamp_frequency = timestamp_frequency();
	if (flags & DRM_PANTHOR_TIMESTAMP_GPU_OFFSET)
		info->timestamp_offset = garm_gpu_timestamp_offset(gdev);
	read_clocks(gdev, flags, info, &cpu);
	garm_device_put(gdev);

	if (flags & DRM_PANTHOR_TIMESTAMP_CPU_TYPE_MASK) {
		/* As the caller's clock_gettime() tells it. */
		timens_add_monotonic(&cpu);
		info->cpu_timestamp_sec = cpu.tv_sec;
		info->cpu_timestamp_nsec = cpu.tv_nsec;
	}
	return 0;
}

/*
 * @last: field of the first version of the interface that came last; a shorter buffer is an error.
 */
#define COPY_OUT(args, type, last, object) \
	garm_copy_out((args)->pointer, (args)->size, offsetofend(type, last), sizeof(type), object)

static int answer_timestamp(struct garm_device *gdev, const struct drm_panthor_dev_query *args)
{
	struct drm_panthor_timestamp_info info;
	int ret;

	/* Flags are input; what older user space does not have reads as 0. */
	ret = copy_struct_from_user(&info, sizeof(info), u64_to_user_ptr(args->pointer),
				    args->size);
	if (ret)
		return ret;
	ret = query_timestamp(gdev, &info);
	if (ret)
		return ret;
	return COPY_OUT(args, struct drm_panthor_timestamp_info, current_timestamp, &info);
}

static int answer_query(struct garm_device *gdev, const struct drm_panthor_dev_query *args,
			struct drm_file *file)
{
	struct drm_panthor_group_priorities_info priorities = {};
	const struct drm_panthor_mmu_info mmu = { .page_size_bitmap = GARM_VM_PAGE_SIZES };

	switch (args->type) {
	case DRM_PANTHOR_DEV_QUERY_GPU_INFO:
		return COPY_OUT(args, struct drm_panthor_gpu_info, tiler_present, &gdev->gpu_info);
	case DRM_PANTHOR_DEV_QUERY_CSIF_INFO:
		return COPY_OUT(args, struct drm_panthor_csif_info, pad, &gdev->csif_info);
	case DRM_PANTHOR_DEV_QUERY_TIMESTAMP_INFO:
		return answer_timestamp(gdev, args);
	case DRM_PANTHOR_DEV_QUERY_GROUP_PRIORITIES_INFO:
		priorities.allowed_mask = garm_allowed_priorities(file);
		return COPY_OUT(args, struct drm_panthor_group_priorities_info, pad, &priorities);
	case DRM_PANTHOR_DEV_QUERY_MMU_INFO:
		return COPY_OUT(args, struct drm_panthor_mmu_info, page_size_bitmap, &mmu);
	default:
		return -EINVAL;
	}
}

static int answer_size(struct drm_panthor_dev_query *args)
{
	switch (args->type) {
	case DRM_PANTHOR_DEV_QUERY_GPU_INFO:
		args->size = sizeof(struct drm_panthor_gpu_info);
		return 0;
	case DRM_PANTHOR_DEV_QUERY_CSIF_INFO:
		args->size = sizeof(struct drm_panthor_csif_info);
		return 0;
	case DRM_PANTHOR_DEV_QUERY_TIMESTAMP_INFO:
		args->size = sizeof(struct drm_panthor_timestamp_info);
		return 0;
	case DRM_PANTHOR_DEV_QUERY_GROUP_PRIORITIES_INFO:
		args->size = sizeof(struct drm_panthor_group_priorities_info);
		return 0;
	case DRM_PANTHOR_DEV_QUERY_MMU_INFO:
		args->size = sizeof(struct drm_panthor_mmu_info);
		return 0;
	default:
		return -EINVAL;
	}
}

static int garm_ioctl_dev_query(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_dev_query *args = data;

	if (!args->pointer)
		return answer_size(args);
	return answer_query(to_garm_device(drm), args, file);
}

/*
 * Buffer objects
 */

/* Either, neither, not both. */
#define BO_FLAGS		(DRM_PANTHOR_BO_NO_MMAP | DRM_PANTHOR_BO_WB_MMAP)

static int garm_ioctl_bo_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct garm_file *gfile = file->driver_priv;
	struct drm_panthor_bo_create *args = data;
	struct garm_vm *vm = NULL;
	int ret;

	if (!args->size || args->pad || (args->flags & ~BO_FLAGS))
		return -EINVAL;
	if ((args->flags & BO_FLAGS) == BO_FLAGS)
		return -EINVAL;
	/* Rounding up to pages must not wrap. */
	if (args->size > round_down(U64_MAX, PAGE_SIZE))
		return -EINVAL;
	if (args->exclusive_vm_id) {
		vm = garm_vm_pool_get(gfile, args->exclusive_vm_id);
		if (!vm)
			return -EINVAL;
	}
	ret = garm_bo_create_handle(file, vm, &args->size, args->flags, &args->handle);
	garm_vm_put(vm);
	return ret;
}

static int garm_ioctl_bo_mmap_offset(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_bo_mmap_offset *args = data;
	struct drm_gem_object *obj;
	int ret;

	if (args->pad)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	if (to_garm_bo(obj)->flags & DRM_PANTHOR_BO_NO_MMAP)
		ret = -EPERM;
	else
		ret = drm_gem_create_mmap_offset(obj);
	if (!ret)
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return ret;
}

static int garm_ioctl_bo_set_label(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_bo_set_label *args = data;
	struct drm_gem_object *obj;
	char *label = NULL;
	int ret;

	if (args->pad)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	if (args->label) {
		label = strndup_user(u64_to_user_ptr(args->label), LABEL_LIMIT);
		if (IS_ERR(label)) {
			ret = PTR_ERR(label);
			/* That is how strndup_user() says "too long". */
			if (ret == -EINVAL)
				ret = -E2BIG;
			goto out;
		}
	}
	ret = garm_bo_set_label(to_garm_bo(obj), label);
	kfree(label);
out:
	drm_gem_object_put(obj);
	return ret;
}

static int sync_one(struct drm_file *file, const struct drm_panthor_bo_sync_op *op)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, op->handle);
	int ret;

	if (!obj)
		return -ENOENT;
	ret = garm_bo_sync(to_garm_bo(obj), op->type, op->offset, op->size);
	drm_gem_object_put(obj);
	return ret;
}

static int garm_ioctl_bo_sync(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_bo_sync *args = data;
	struct drm_panthor_bo_sync_op *ops;
	int ret = 0;

	ops = GARM_ARRAY_GET(&args->ops, struct drm_panthor_bo_sync_op, size);
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	for (u32 i = 0; i < args->ops.count && !ret; i++) {
		/* The number is the user's: millions are possible. */
		ret = garm_may_go_on(drm) ?: sync_one(file, &ops[i]);
	}
	kvfree(ops);
	return ret;
}

static int garm_ioctl_bo_query_info(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_bo_query_info *args = data;
	struct drm_gem_object *obj;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	args->extra_flags = drm_gem_is_imported(obj) ? DRM_PANTHOR_BO_IS_IMPORTED : 0;
	args->create_flags = to_garm_bo(obj)->flags;
	args->pad = 0;
	drm_gem_object_put(obj);
	return 0;
}

static int garm_ioctl_set_user_mmio_offset(struct drm_device *drm, void *data,
					   struct drm_file *file)
{
	struct drm_panthor_set_user_mmio_offset *args = data;
	struct garm_file *gfile = file->driver_priv;

	if (args->offset != DRM_PANTHOR_USER_MMIO_OFFSET_32BIT &&
	    args->offset != DRM_PANTHOR_USER_MMIO_OFFSET_64BIT)
		return -EINVAL;
	WRITE_ONCE(gfile->mmio_offset, args->offset);
	return 0;
}

/*
 * The table. Each ioctl is inside drm_dev_enter(): unplug waits for it, and none begins afterwards.
 */

#define GUARDED(name) \
static int guarded_##name(struct drm_device *drm, void *data, struct drm_file *file) \
{ \
	int idx, ret; \
\
	if (!drm_dev_enter(drm, &idx)) \
		return -ENODEV; \
	ret = garm_ioctl_##name(drm, data, file); \
	drm_dev_exit(idx); \
	return ret; \
}

GUARDED(dev_query)
GUARDED(vm_create)
GUARDED(vm_destroy)
GUARDED(vm_bind)
GUARDED(vm_get_state)
GUARDED(bo_create)
GUARDED(bo_mmap_offset)
GUARDED(group_create)
GUARDED(group_destroy)
GUARDED(group_submit)
GUARDED(group_get_state)
GUARDED(heap_create)
GUARDED(heap_destroy)
GUARDED(bo_set_label)
GUARDED(set_user_mmio_offset)
GUARDED(bo_sync)
GUARDED(bo_query_info)

#define ENTRY(id, name) DRM_IOCTL_DEF_DRV(PANTHOR_##id, guarded_##name, DRM_RENDER_ALLOW)

static const struct drm_ioctl_desc garm_ioctls[] = {
	ENTRY(DEV_QUERY, dev_query),
	ENTRY(VM_CREATE, vm_create),
	ENTRY(VM_DESTROY, vm_destroy),
	ENTRY(VM_BIND, vm_bind),
	ENTRY(VM_GET_STATE, vm_get_state),
	ENTRY(BO_CREATE, bo_create),
	ENTRY(BO_MMAP_OFFSET, bo_mmap_offset),
	ENTRY(GROUP_CREATE, group_create),
	ENTRY(GROUP_DESTROY, group_destroy),
	ENTRY(GROUP_SUBMIT, group_submit),
	ENTRY(GROUP_GET_STATE, group_get_state),
	ENTRY(TILER_HEAP_CREATE, heap_create),
	ENTRY(TILER_HEAP_DESTROY, heap_destroy),
	ENTRY(BO_SET_LABEL, bo_set_label),
	ENTRY(SET_USER_MMIO_OFFSET, set_user_mmio_offset),
	ENTRY(BO_SYNC, bo_sync),
	ENTRY(BO_QUERY_INFO, bo_query_info),
};

/*
 * Files
 */

static int garm_open(struct drm_device *drm, struct drm_file *file)
{
	struct garm_file *gfile;
	int ret;

	gfile = kzalloc(sizeof(*gfile), GFP_KERNEL);
	if (!gfile)
		return -ENOMEM;
	gfile->gdev = to_garm_device(drm);
	gfile->mmio_offset = DRM_PANTHOR_USER_MMIO_OFFSET;
	/* mmap2() of a 32-bit process reaches 2^44 only. */
	if (in_compat_syscall())
		gfile->mmio_offset = DRM_PANTHOR_USER_MMIO_OFFSET_32BIT;
	spin_lock_init(&gfile->stats.lock);

	ret = garm_vm_pool_create(gfile);
	if (ret)
		goto err_free;
	ret = garm_group_pool_create(gfile);
	if (ret)
		goto err_vms;
	file->driver_priv = gfile;
	return 0;

err_vms:
	garm_vm_pool_destroy(gfile);
err_free:
	kfree(gfile);
	return ret;
}

/* Also after unplug: the rooms know that there is no hardware any more. */
static void garm_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct garm_file *gfile = file->driver_priv;

	garm_group_pool_destroy(gfile);
	garm_vm_pool_destroy(gfile);
	kfree(gfile);
}

static int garm_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct drm_file *file = filp->private_data;
	struct garm_file *gfile = file->driver_priv;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	/* Once: another thread may change it, and both uses must agree. */
	u64 mmio_offset = READ_ONCE(gfile->mmio_offset);
	int idx, ret;

	if (!drm_dev_enter(file->minor->dev, &idx))
		return -ENODEV;
	if (offset >= mmio_offset) {
		/*
		 * Where the file put them, registers are mapped at one offset, at which suspend
		 * finds them.
		 */
		offset = offset - mmio_offset + DRM_PANTHOR_USER_MMIO_OFFSET;
		vma->vm_pgoff = offset >> PAGE_SHIFT;
		ret = garm_device_mmap_io(gfile->gdev, vma);
	} else {
		ret = drm_gem_mmap(filp, vma);
	}
	drm_dev_exit(idx);
	return ret;
}

static void show_engine(struct drm_printer *p, struct garm_file *gfile)
{
	struct garm_device *gdev = gfile->gdev;
	u32 profile = READ_ONCE(gdev->profile_mask);
	u64 time_ns, cycles;

	scoped_guard(spinlock, &gfile->stats.lock) {
		time_ns = gfile->stats.time_ns;
		cycles = gfile->stats.cycles;
	}
	/* Without profiling jobs are not measured; no number is better than a wrong one. */
	if (profile & PROFILE_TIME)
		drm_printf(p, "drm-engine-panthor:\t%llu ns\n", time_ns);
	if (profile & PROFILE_CYCLES)
		drm_printf(p, "drm-cycles-panthor:\t%llu\n", cycles);
	drm_printf(p, "drm-maxfreq-panthor:\t%lu Hz\n", gdev->fast_rate);
	drm_printf(p, "drm-curfreq-panthor:\t%lu Hz\n", garm_devfreq_rate(gdev));
}

/* In the largest unit in which it is a whole number, as DRM's own sizes are. */
static void show_size(struct drm_printer *p, const char *key, u64 size)
{
	static const char * const units[] = { "", " KiB", " MiB" };
	int unit = 0;

	while (unit < ARRAY_SIZE(units) - 1 && size && IS_ALIGNED(size, SZ_1K)) {
		size /= SZ_1K;
		unit++;
	}
	drm_printf(p, "%s:\t%llu%s\n", key, size, units[unit]);
}

/* Heaps of all VMs; those of a VM that has an address space may be in use by the GPU. */
static void add_heaps(struct garm_file *gfile, u64 *resident, u64 *active)
{
	for (u32 id = 1; id <= GARM_MAX_VMS_PER_FILE; id++) {
		struct garm_vm *vm = garm_vm_pool_get(gfile, id);
		struct garm_heap_pool *heaps;

		if (!vm)
			continue;
		heaps = garm_vm_heaps(vm, false);
		if (!IS_ERR(heaps)) {
			u64 size = garm_heap_pool_size(heaps);

			*resident += size;
			if (garm_vm_as(vm) >= 0)
				*active += size;
			garm_heap_pool_put(heaps);
		}
		garm_vm_put(vm);
	}
}

static void garm_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct garm_file *gfile = file->driver_priv;
	u64 resident = 0, active = 0;
	int idx;

	/* The clock belongs to the device, which may be gone while the file is open. */
	if (drm_dev_enter(file->minor->dev, &idx)) {
		show_engine(p, gfile);
		drm_dev_exit(idx);
	}
	/* What the driver itself needs for this client; it is in no handle's size. */
	garm_group_memory(gfile, &resident, &active);
	add_heaps(gfile, &resident, &active);
	show_size(p, "panthor-resident-memory", resident);
	show_size(p, "panthor-active-memory", active);
	drm_show_memory_stats(p, file);
}

static const struct file_operations garm_fops = {
	/* An open file keeps the module. */
	.owner = THIS_MODULE,
	.open = drm_open,
	.release = drm_release,
	.unlocked_ioctl = drm_ioctl,
	.compat_ioctl = drm_compat_ioctl,
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.mmap = garm_mmap,
	.get_unmapped_area = GARM_GET_UNMAPPED_AREA,
	.show_fdinfo = drm_show_fdinfo,
	.fop_flags = FOP_UNSIGNED_OFFSET,
};

static const struct drm_driver garm_drm_driver = {
	.driver_features = DRIVER_RENDER | DRIVER_GEM | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE |
			   GARM_DRIVER_GEM_GPUVA,
	.open = garm_open,
	.postclose = garm_postclose,
	.show_fdinfo = garm_show_fdinfo,
	.ioctls = garm_ioctls,
	.num_ioctls = ARRAY_SIZE(garm_ioctls),
	.fops = &garm_fops,
	/* What user space looks for: the interface's name, not the driver's. */
	.name = "panthor",
	.desc = "Panthor DRM driver",
	GARM_DRM_DATE("20261121")
	.major = GARM_UAPI_MAJOR,
	.minor = GARM_UAPI_MINOR,
	.gem_prime_import = garm_gem_prime_import,
	.gem_prime_import_sg_table = garm_gem_prime_import_sg,
#ifdef CONFIG_DEBUG_FS
	.debugfs_init = garm_debugfs_files,
#endif
};

/*
 * Platform device
 */

static ssize_t profiling_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct garm_device *gdev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", READ_ONCE(gdev->profile_mask));
}

static ssize_t profiling_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t len)
{
	struct garm_device *gdev = dev_get_drvdata(dev);
	u32 mask;
	int ret;

	ret = kstrtou32(buf, 0, &mask);
	if (ret)
		return ret;
	if (mask & ~PROFILE_ALL)
		return -EINVAL;
	/* Jobs submitted from now on are measured so. */
	WRITE_ONCE(gdev->profile_mask, mask);
	return len;
}
static DEVICE_ATTR_RW(profiling);

static struct attribute *garm_attrs[] = {
	&dev_attr_profiling.attr,
	NULL,
};
ATTRIBUTE_GROUPS(garm);

static int garm_probe(struct platform_device *pdev)
{
	struct garm_device *gdev;

	gdev = devm_drm_dev_alloc(&pdev->dev, &garm_drm_driver, struct garm_device, base);
	if (IS_ERR(gdev))
		return PTR_ERR(gdev);
	platform_set_drvdata(pdev, gdev);
	return garm_device_init(gdev);
}

static void garm_remove(struct platform_device *pdev)
{
	struct garm_device *gdev = platform_get_drvdata(pdev);

	garm_device_unplug(gdev);
	/* It finds that there is nothing left to do, but must not run in a module that is gone. */
	cancel_work_sync(&gdev->unplug.work);
	cancel_work_sync(&gdev->unplug.tell_work);
}

static const struct of_device_id garm_of_match[] = {
	{ .compatible = "rockchip,rk3588-mali" },
	{ .compatible = "arm,mali-valhall-csf" },
	{}
};
MODULE_DEVICE_TABLE(of, garm_of_match);

static const struct dev_pm_ops garm_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(pm_runtime_force_suspend, garm_device_system_resume)
	RUNTIME_PM_OPS(garm_device_suspend, garm_device_resume, NULL)
};

static struct platform_driver garm_platform_driver = {
	.probe = garm_probe,
	.remove = garm_remove,
	.driver = {
		.name = "garm",
		.pm = pm_ptr(&garm_pm_ops),
		.of_match_table = garm_of_match,
		.dev_groups = garm_groups,
	},
};

static int __init garm_module_init(void)
{
	return platform_driver_register(&garm_platform_driver);
}
module_init(garm_module_init);

static void __exit garm_module_exit(void)
{
	platform_driver_unregister(&garm_platform_driver);
	/* Fences outlive devices; their code must outlive them. */
	jobq_module_exit();
}
module_exit(garm_module_exit);

MODULE_DESCRIPTION("DRM driver for Mali GPUs with a Command Stream Frontend");
MODULE_AUTHOR("The Garm project");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_SOFTDEP("pre: governor_simpleondemand");
