/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Differences between the kernels that garm.ko supports: Linux 6.12 (Debian stable) to 7.3
 * (backports).
 *
 * The only place with version tests; included by garm_device.h. Where a kernel has the newer
 * interface it is used under its own name; for an older kernel the same name is provided here. Each
 * section says who uses it.
 */
#ifndef GARM_COMPAT_H
#define GARM_COMPAT_H

#include <linux/version.h>

#define GARM_KERNEL(a, b) (LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))

/* jobqueue.c */
#if !GARM_KERNEL(7, 2)
/*
 * dma_fence_ops of a signalled fence are still called; later kernels forget them when it signals.
 */
#define GARM_FENCE_OPS_OUTLIVE_SIGNAL
#endif
#if !GARM_KERNEL(6, 18)
#define system_dfl_wq system_unbound_wq
#endif

/* garm_dump.c */
#if !GARM_KERNEL(6, 14)
#define kthread_run_worker kthread_create_worker
#endif

/*
 * garm_gem.c, garm_vm*.c: lists of a GEM object's mappings under a mutex that may be taken on the
 * fence-signalling path. Newer kernels have it in drm_gem_object; before, it is garm_bo.gpuva_lock.
 */
#if GARM_KERNEL(6, 18)
#define garm_gpuva_lock(bo) (&(bo)->base.gpuva.lock)
#define drm_gem_gpuva_set_lock(obj, lock) ((void)(obj), (void)(lock))
#define GARM_GPUVM_FLAGS (DRM_GPUVM_RESV_PROTECTED | DRM_GPUVM_IMMEDIATE_MODE)
#define garm_gpuvm_sm_map(gpuvm, priv, address, bytes, object, start) ({ \
	const struct drm_gpuvm_map_req __req = { \
		.map.va.addr = (address), .map.va.range = (bytes), \
		.map.gem.obj = (object), .map.gem.offset = (start), \
	}; \
	drm_gpuvm_sm_map(gpuvm, priv, &__req); })
#else
#define garm_gpuva_lock(bo) (&(bo)->gpuva_lock)
#define GARM_GPUVM_FLAGS DRM_GPUVM_RESV_PROTECTED
#define garm_gpuvm_sm_map(gpuvm, priv, address, bytes, object, start) \
	drm_gpuvm_sm_map(gpuvm, priv, address, bytes, object, start)
#endif
#if GARM_KERNEL(7, 0)
/* drm_gpuvm_bo_obtain_prealloc() takes the mutex by itself. */
#define garm_gpuvm_obtain_lock(lock) ((void)(lock))
#define garm_gpuvm_obtain_unlock(lock) ((void)(lock))
#else
#define garm_gpuvm_obtain_lock(lock) mutex_lock(lock)
#define garm_gpuvm_obtain_unlock(lock) mutex_unlock(lock)
#endif
#if GARM_KERNEL(6, 13)
#define GARM_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#else
#define GARM_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#endif

/*
 * garm_device.c: the uevent WEDGED=... of the primary node, which tells user space that a device
 * was reset or is lost. @method: GARM_WEDGED_*. Older kernels have no such convention: nothing is
 * sent.
 */
#if GARM_KERNEL(6, 15)
#define GARM_WEDGED_RECOVERED	DRM_WEDGE_RECOVERY_NONE
#define GARM_WEDGED_LOST	DRM_WEDGE_RECOVERY_REBIND
#if GARM_KERNEL(6, 17)
#define garm_wedged_event(drm, method) drm_dev_wedged_event(drm, method, NULL)
#else
#define garm_wedged_event(drm, method) drm_dev_wedged_event(drm, method)
#endif
#else
#define GARM_WEDGED_RECOVERED	0
#define GARM_WEDGED_LOST	0
#define garm_wedged_event(drm, method) ((void)(drm), (void)(method), 0)
#endif

/*
 * garm_gem.c: a tmpfs of our own that gives huge pages to files that are large enough. Newer
 * kernels have it in the DRM device; before, it is garm_device.huge_mnt.
 */
#if GARM_KERNEL(6, 19)
#define garm_huge_mnt_create(gdev) drm_gem_huge_mnt_create(&(gdev)->base, "within_size")
#else
#define GARM_OWN_HUGE_MNT
#endif

/* garm_drv.c: fields of struct drm_driver and of the file operations that come and go. */
#if GARM_KERNEL(6, 14)
#define GARM_DRM_DATE(when)
#else
/* Missing, it is a warning of the kernel at each DRM_IOCTL_VERSION. */
#define GARM_DRM_DATE(when) .date = (when),
#endif
#if GARM_KERNEL(7, 3)
/* Every driver with GEM objects has it. */
#define GARM_DRIVER_GEM_GPUVA 0
#else
#define GARM_DRIVER_GEM_GPUVA DRIVER_GEM_GPUVA
#endif
#if GARM_KERNEL(7, 0)
/* Addresses that fit huge pages of the object. */
#define GARM_GET_UNMAPPED_AREA drm_gem_get_unmapped_area
#else
#define GARM_GET_UNMAPPED_AREA NULL
#endif

#endif
