// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory of idle objects, given back when the system runs short of it.
 *
 * Called by the kernel's reclaim (shrinker), by garm_gem.c whenever something changes that decides
 * whether an object's pages may go, and by a test through debugfs. Calls garm_vm_evict.c for the
 * mappings in VMs and garm_gem.c for the pages. They go back to shmem, which swaps them out;
 * GROUP_SUBMIT and CPU faults bring them back.
 *
 * What may go: pages that nobody has pinned (the driver's own objects, CPU mappings of the kernel,
 * importers, operations in progress) or exported, of an object whose reservation is idle. Every job
 * of a VM leaves its fence in the reservations of all objects mapped there, so an idle reservation
 * means that no VM in which the object is mapped uses it.
 *
 * Two lists in the order of arrival: objects that no VM maps, and those that some VM maps. Mapped
 * objects of VMs that were used a moment ago are spared as long as others suffice.
 *
 * Reclaim may be entered while almost any lock is held, in particular reservations. So everything
 * is only tried: reservation, list of mappings (gpuva lock), op_lock. What is waited for is never
 * held over an allocation: garm_shrink.lock (leaf), the CPU mappings' i_mmap_rwsem, as other
 * reclaim does, and mmu.slots_lock with the hardware's flush, which ends in bounded time.
 */
#include <linux/debugfs.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>
#include <drm/drm_vma_manager.h>

#include "garm_device.h"
#include "garm_gem.h"
#include "garm_mmu.h"
#include "garm_trace.h"
#include "garm_vm.h"

/* A VM that submitted less than this ago is likely to do so again. */
#define RECENT_MS	1000

/** struct garm_shrink - lives as long as the DRM device */
struct garm_shrink {
	struct garm_device *gdev;
	struct shrinker *shrinker;
	struct mutex lock;			/* lists; taken in reclaim, leaf */
	struct list_head lists[GARM_BO_CLASSES];	/* oldest first; not KEPT */
	/* In the lists, read without the lock. Of KEPT they mean nothing. */
	unsigned long pages[GARM_BO_CLASSES];
	unsigned long objects[GARM_BO_CLASSES];
	atomic_long_t evicted, restored;	/* objects, since probe */
	unsigned long last;			/* pages of the last scan */
};

static unsigned long bo_pages(const struct garm_bo *bo)
{
	return bo->base.size >> PAGE_SHIFT;
}

/* @class: GARM_BO_KEPT takes it off. */
static void set_class(struct garm_shrink *shrink, struct garm_bo *bo, enum garm_bo_class class)
{
	mutex_lock(&shrink->lock);
	shrink->pages[bo->reclaim_class] -= bo_pages(bo);
	shrink->objects[bo->reclaim_class]--;
	bo->reclaim_class = class;
	shrink->pages[class] += bo_pages(bo);
	shrink->objects[class]++;
	if (class == GARM_BO_KEPT)
		list_del_init(&bo->reclaim_node);
	else
		list_move_tail(&bo->reclaim_node, &shrink->lists[class]);
	mutex_unlock(&shrink->lock);
}

/**
 * garm_shrink_update() - what holds an object's pages has changed
 * @bo: the object, its reservation held
 *
 * It becomes the youngest of its list.
 */
void garm_shrink_update(struct garm_bo *bo)
{
	enum garm_bo_class class = GARM_BO_KEPT;

	dma_resv_assert_held(bo->base.resv);
	if (drm_gem_is_imported(&bo->base))
		return;
	/* The list of VMs only decides which objects go first, so it needs no lock. */
	if (bo->pages && !bo->pins && !bo->exports)
		class = list_empty(&bo->base.gpuva.list) ? GARM_BO_UNMAPPED : GARM_BO_MAPPED;
	if (class == GARM_BO_KEPT && bo->reclaim_class == class)
		return;
	set_class(to_garm_device(bo->base.dev)->shrink, bo, class);
}

/** garm_shrink_forget() - the last reference of @bo is gone; no reservation is needed any more */
void garm_shrink_forget(struct garm_bo *bo)
{
	if (bo->reclaim_class != GARM_BO_KEPT)
		set_class(to_garm_device(bo->base.dev)->shrink, bo, GARM_BO_KEPT);
}

/** garm_shrink_restored() - a VM that is used again has got its mappings of @bo back */
void garm_shrink_restored(struct garm_bo *bo)
{
	atomic_long_inc(&to_garm_device(bo->base.dev)->shrink->restored);
	garm_shrink_update(bo);
}

/* The oldest object of a list, with a reference, and now the youngest; or NULL. */
static struct garm_bo *take_first(struct garm_shrink *shrink, enum garm_bo_class class)
{
	struct garm_bo *bo;

	mutex_lock(&shrink->lock);
	bo = list_first_entry_or_null(&shrink->lists[class], struct garm_bo, reclaim_node);
	if (bo) {
		list_move_tail(&bo->reclaim_node, &shrink->lists[class]);
		/* Being freed: it leaves the list by itself. */
		if (!kref_get_unless_zero(&bo->base.refcount))
			bo = NULL;
	}
	mutex_unlock(&shrink->lock);
	return bo;
}

static bool evict_locked(struct garm_bo *bo)
{
	struct drm_device *drm = bo->base.dev;
	bool done = false;

	/*
	 * Before the lock of the mappings, which fences wait for: unmapping may wait for somebody
	 * who waits for a fence. A fault now waits for the reservation.
	 */
	drm_vma_node_unmap(&bo->base.vma_node, drm->anon_inode->i_mapping);
	if (mutex_trylock(garm_gpuva_lock(bo))) {
		done = !garm_vm_evict_bo(bo);
		mutex_unlock(garm_gpuva_lock(bo));
	}
	if (done)
		garm_bo_depopulate_locked(bo);
	return done;
}

/* Take the pages of an object, if nothing speaks against it. Return: whether they are gone. */
static bool try_evict(struct garm_shrink *shrink, struct garm_bo *bo, bool spare_recent)
{
	struct garm_device *gdev = shrink->gdev;
	bool done = false;

	if (!dma_resv_trylock(bo->base.resv))
		return false;
	if (!bo->pages || bo->pins || bo->exports ||
	    !dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP))
		goto out;
	if (spare_recent && garm_vm_bo_used_since(bo, jiffies - msecs_to_jiffies(RECENT_MS)))
		goto out;
	/* A GPU that waits for its reset may still use what the tables no longer have. */
	if (!garm_mmu_op_try_begin(gdev->mmu))
		goto out;
	done = evict_locked(bo);
	garm_mmu_op_end(gdev->mmu);
	if (done) {
		atomic_long_inc(&shrink->evicted);
		if (list_empty(&bo->base.gpuva.list))
			trace_garm_evicted(NULL, bo->base.size, 0);
	}
out:
	dma_resv_unlock(bo->base.resv);
	return done;
}

/* One look at every object of a list, until @wanted pages are gone. Return: how many are. */
static unsigned long scan_list(struct garm_shrink *shrink, enum garm_bo_class class,
			       unsigned long wanted, bool spare_recent)
{
	unsigned long rounds = READ_ONCE(shrink->objects[class]), freed = 0;

	while (freed < wanted && rounds--) {
		struct garm_bo *bo = take_first(shrink, class);

		if (!bo)
			continue;
		if (try_evict(shrink, bo, spare_recent))
			freed += bo_pages(bo);
		drm_gem_object_put(&bo->base);
	}
	return freed;
}

static unsigned long scan(struct garm_shrink *shrink, unsigned long wanted)
{
	unsigned long freed = scan_list(shrink, GARM_BO_UNMAPPED, wanted, false);

	if (freed < wanted)
		freed += scan_list(shrink, GARM_BO_MAPPED, wanted - freed, true);
	if (freed < wanted)
		freed += scan_list(shrink, GARM_BO_MAPPED, wanted - freed, false);
	WRITE_ONCE(shrink->last, freed);
	return freed;
}

static unsigned long reclaimable(struct garm_shrink *shrink)
{
	return READ_ONCE(shrink->pages[GARM_BO_UNMAPPED]) +
	       READ_ONCE(shrink->pages[GARM_BO_MAPPED]);
}

/* Without swap shmem could do nothing with the pages. */
static unsigned long shrinker_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long count = reclaimable(shrinker->private_data);

	if (get_nr_swap_pages() <= 0)
		return 0;
	return count ?: SHRINK_EMPTY;
}

static unsigned long shrinker_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	if (get_nr_swap_pages() <= 0)
		return SHRINK_STOP;
	return scan(shrinker->private_data, sc->nr_to_scan) ?: SHRINK_STOP;
}

static void shrink_release(struct drm_device *drm, void *data)
{
	struct garm_shrink *shrink = data;

	shrinker_free(shrink->shrinker);
	drm_WARN_ON(drm, reclaimable(shrink));
	mutex_destroy(&shrink->lock);
}

/**
 * garm_shrink_init() - lists for objects
 * @gdev: the device, before there is any object
 *
 * Return: 0 or -ENOMEM. Freed with the DRM device: objects live until then.
 */
int garm_shrink_init(struct garm_device *gdev)
{
	struct garm_shrink *shrink = drmm_kzalloc(&gdev->base, sizeof(*shrink), GFP_KERNEL);

	if (!shrink)
		return -ENOMEM;
	shrink->gdev = gdev;
	mutex_init(&shrink->lock);
	for (int i = 0; i < GARM_BO_CLASSES; i++)
		INIT_LIST_HEAD(&shrink->lists[i]);
	gdev->shrink = shrink;

	/* Tell lockdep what will happen, before anybody allocates under this lock. */
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(&shrink->lock);
	fs_reclaim_release(GFP_KERNEL);
	return drmm_add_action_or_reset(&gdev->base, shrink_release, shrink);
}

/**
 * garm_shrink_register() - let the kernel's reclaim in
 * @gdev: the device, at the end of its probe
 *
 * Return: 0 or -ENOMEM.
 */
int garm_shrink_register(struct garm_device *gdev)
{
	struct shrinker *shrinker = shrinker_alloc(0, "garm-%s", dev_name(gdev->base.dev));

	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = shrinker_count;
	shrinker->scan_objects = shrinker_scan;
	shrinker->private_data = gdev->shrink;
	gdev->shrink->shrinker = shrinker;
	shrinker_register(shrinker);
	return 0;
}

#ifdef CONFIG_DEBUG_FS
/* Read: pages of the last scan. Write: take that many pages, with or without swap; for tests. */
static int shrink_get(void *data, u64 *value)
{
	struct garm_device *gdev = data;

	*value = READ_ONCE(gdev->shrink->last);
	return 0;
}

static int shrink_set(void *data, u64 value)
{
	struct garm_device *gdev = data;
	unsigned int flags;
	int idx;

	if (!drm_dev_enter(&gdev->base, &idx))
		return -ENODEV;
	/* In that order: lockdep is to see it. */
	fs_reclaim_acquire(GFP_KERNEL);
	flags = memalloc_noreclaim_save();
	scan(gdev->shrink, min_t(u64, value, ULONG_MAX));
	memalloc_noreclaim_restore(flags);
	fs_reclaim_release(GFP_KERNEL);
	drm_dev_exit(idx);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(shrink_fops, shrink_get, shrink_set, "%llu\n");

static int show_reclaim(struct seq_file *m, void *data)
{
	static const char * const names[GARM_BO_CLASSES] = {
		[GARM_BO_UNMAPPED] = "unmapped", [GARM_BO_MAPPED] = "mapped",
	};
	struct drm_info_node *node = m->private;
	struct garm_shrink *shrink = to_garm_device(node->minor->dev)->shrink;

	mutex_lock(&shrink->lock);
	for (int i = GARM_BO_UNMAPPED; i < GARM_BO_CLASSES; i++)
		seq_printf(m, "%s: %lu objects, %lu pages\n", names[i], shrink->objects[i],
			   shrink->pages[i]);
	mutex_unlock(&shrink->lock);
	seq_printf(m, "evicted: %ld\n", atomic_long_read(&shrink->evicted));
	seq_printf(m, "restored: %ld\n", atomic_long_read(&shrink->restored));
	return 0;
}

static const struct drm_info_list shrink_files[] = {
	{ "reclaim", show_reclaim },
};

/** garm_shrink_debugfs_init() - "shrink" and "reclaim" */
void garm_shrink_debugfs_init(struct drm_minor *minor)
{
	drm_debugfs_create_files(shrink_files, ARRAY_SIZE(shrink_files), minor->debugfs_root,
				 minor);
	debugfs_create_file("shrink", 0600, minor->debugfs_root, to_garm_device(minor->dev),
			    &shrink_fops);
}
#endif
