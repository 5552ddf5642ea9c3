/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * debugfs: tables of buffer objects, VMs, heaps, groups and slots. Implemented in garm_debugfs.c.
 *
 * Called by garm_drv.c (the files) and garm_gem.c (the list of objects). Without CONFIG_DEBUG_FS
 * nothing of it exists.
 */
#ifndef GARM_DEBUGFS_H
#define GARM_DEBUGFS_H

struct drm_minor;
struct garm_bo;
struct garm_device;

#ifdef CONFIG_DEBUG_FS
int garm_debugfs_setup(struct garm_device *gdev);	/* before the first object; 0 or -ENOMEM */
void garm_debugfs_files(struct drm_minor *minor);	/* drm_driver.debugfs_init */
void garm_debugfs_add_bo(struct garm_device *gdev, struct garm_bo *bo);
void garm_debugfs_remove_bo(struct garm_device *gdev, struct garm_bo *bo);
#else
static inline int garm_debugfs_setup(struct garm_device *gdev) { return 0; }
static inline void garm_debugfs_add_bo(struct garm_device *gdev, struct garm_bo *bo) {}
static inline void garm_debugfs_remove_bo(struct garm_device *gdev, struct garm_bo *bo) {}
#endif

#endif
