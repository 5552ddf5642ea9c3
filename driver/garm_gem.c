// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Buffer objects: memory from shmem or from another device, and its mappings for CPU and device.
 * See garm_gem.h.
 *
 * Called by garm_drv.c (handles, mmap, PRIME), garm_vm.c (pins what it maps) and through garm_kbo.c
 * by everybody who needs memory of its own; calls only the kernel's GEM, shmem, DMA and dma-buf
 * functions.
 *
 * Pages appear with the first pin, CPU fault or vmap, and stay until the object goes or
 * garm_shrink.c takes them, which it may when @pins and @exports are 0. Everything about backing
 * memory is under the object's reservation.
 *
 * Which CPU mapping: write-combined when the GPU does not snoop, so that neither side needs cache
 * maintenance. The pages were zeroed through the kernel's cached mapping; mapping them for DMA
 * writes that back, so it comes before any write-combined CPU mapping. A coherent GPU must not get
 * write-combined mappings: for it the DMA functions do no maintenance, and the zeros could hit
 * memory later than the user's data.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_managed.h>
#include <drm/drm_prime.h>

#include "garm_debugfs.h"
#include "garm_device.h"
#include "garm_gem.h"
#include "garm_vm.h"

/* Pages that one CPU fault maps: neighbours are wanted next, and faults cost more than they do. */
#define FAULT_AROUND 16

static struct device *dma_device(const struct garm_bo *bo)
{
	return bo->base.dev->dev;
}

static int populate_locked(struct garm_bo *bo)
{
	struct page **pages;

	dma_resv_assert_held(bo->base.resv);
	if (bo->pages)
		return 0;
	/*
	 * An object may be larger than memory, its pages are all there or none: trying would take
	 * everybody's memory first. The table of pages has a limit of its own, which warns.
	 */
	if (bo->base.size >> PAGE_SHIFT > min(totalram_pages(), INT_MAX / sizeof(*pages)))
		return -ENOMEM;
	pages = drm_gem_get_pages(&bo->base);
	if (IS_ERR(pages)) {
		drm_dbg(bo->base.dev, "BO of %zu bytes: no pages: %pe\n", bo->base.size, pages);
		return PTR_ERR(pages);
	}
	bo->pages = pages;
	garm_shrink_update(bo);
	return 0;
}

static int dma_map_locked(struct garm_bo *bo)
{
	struct sg_table *sgt;
	int ret;

	ret = populate_locked(bo);
	if (ret || bo->sgt)
		return ret;
	sgt = drm_prime_pages_to_sg(bo->base.dev, bo->pages, bo->base.size >> PAGE_SHIFT);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	ret = dma_map_sgtable(dma_device(bo), sgt, DMA_BIDIRECTIONAL, 0);
	if (ret) {
		sg_free_table(sgt);
		kfree(sgt);
		return ret;
	}
	bo->sgt = sgt;
	return 0;
}

/**
 * garm_bo_populate_locked() - see that there are pages and DMA addresses
 * @bo: the object, its reservation held
 *
 * Unless it is pinned, they may go when the reservation is dropped. Allocates.
 * Return: 0, or -ENOMEM or another error of allocation.
 */
int garm_bo_populate_locked(struct garm_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);
	return drm_gem_is_imported(&bo->base) ? 0 : dma_map_locked(bo);
}

static void dma_unmap(struct garm_bo *bo)
{
	if (!bo->sgt)
		return;
	dma_unmap_sgtable(dma_device(bo), bo->sgt, DMA_BIDIRECTIONAL, 0);
	sg_free_table(bo->sgt);
	kfree(bo->sgt);
	bo->sgt = NULL;
}

/**
 * garm_bo_depopulate_locked() - give the pages back to shmem, which keeps what is in them
 * @bo: an object with pages, its reservation held; not pinned, and mapped by no CPU and no GPU
 *
 * Unmapping for DMA drops lines from the CPU's caches, so that what the GPU wrote is what gets
 * swapped out. Lines that a write-back mapping has made dirty are written first.
 */
void garm_bo_depopulate_locked(struct garm_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);
	if (drm_WARN_ON(bo->base.dev, bo->pins || bo->exports || !bo->pages))
		return;
	if (bo->sgt && bo->cached)
		dma_sync_sgtable_for_device(dma_device(bo), bo->sgt, DMA_TO_DEVICE);
	dma_unmap(bo);
	drm_gem_put_pages(&bo->base, bo->pages, true, false);
	bo->pages = NULL;
	bo->evictions++;
	garm_shrink_update(bo);
}

/**
 * garm_bo_pin_locked() - make pages and DMA addresses stay
 * @bo: the object, its reservation held
 *
 * Afterwards @bo->sgt is valid until the matching unpin. Allocates: not on the fence-signalling
 * path.
 * Return: 0, or -ENOMEM or another error of allocation.
 */
int garm_bo_pin_locked(struct garm_bo *bo)
{
	int ret;

	ret = garm_bo_populate_locked(bo);
	if (ret)
		return ret;
	if (!bo->pins++)
		garm_shrink_update(bo);
	return 0;
}

/** garm_bo_pin() - garm_bo_pin_locked() for callers without the reservation */
int garm_bo_pin(struct garm_bo *bo)
{
	int ret;

	dma_resv_lock(bo->base.resv, NULL);
	ret = garm_bo_pin_locked(bo);
	dma_resv_unlock(bo->base.resv);
	return ret;
}

/**
 * garm_bo_unpin_locked() - take back one pin
 * @bo: the object, its reservation held
 *
 * The pages stay for the next user of the object; without a pin they may be reclaimed.
 */
void garm_bo_unpin_locked(struct garm_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);
	if (!drm_WARN_ON(bo->base.dev, !bo->pins) && !--bo->pins)
		garm_shrink_update(bo);
}

/** garm_bo_unpin() - garm_bo_unpin_locked() for callers without the reservation */
void garm_bo_unpin(struct garm_bo *bo)
{
	dma_resv_lock(bo->base.resv, NULL);
	garm_bo_unpin_locked(bo);
	dma_resv_unlock(bo->base.resv);
}

static pgprot_t bo_pgprot(const struct garm_bo *bo, pgprot_t prot)
{
	return bo->cached ? prot : pgprot_writecombine(prot);
}

static int vmap_import_locked(struct garm_bo *bo)
{
	struct dma_buf *buf = bo->base.import_attach->dmabuf;
	struct iosys_map map;
	int ret = dma_buf_vmap(buf, &map);

	if (ret)
		return ret;
	if (map.is_iomem) {
		/* Callers use plain pointers. No exporter that we can meet on an SoC does this. */
		dma_buf_vunmap(buf, &map);
		return -EOPNOTSUPP;
	}
	bo->vaddr = map.vaddr;
	return 0;
}

static int vmap_locked(struct garm_bo *bo)
{
	int ret;

	dma_resv_assert_held(bo->base.resv);
	if (bo->vmaps) {
		bo->vmaps++;
		return 0;
	}
	ret = garm_bo_pin_locked(bo);
	if (ret)
		return ret;
	if (drm_gem_is_imported(&bo->base)) {
		ret = vmap_import_locked(bo);
	} else {
		bo->vaddr = vmap(bo->pages, bo->base.size >> PAGE_SHIFT, VM_MAP,
				 bo_pgprot(bo, PAGE_KERNEL));
		ret = bo->vaddr ? 0 : -ENOMEM;
	}
	if (ret) {
		garm_bo_unpin_locked(bo);
		return ret;
	}
	bo->vmaps = 1;
	return 0;
}

static void vunmap_locked(struct garm_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);
	if (drm_WARN_ON(bo->base.dev, !bo->vmaps) || --bo->vmaps)
		return;
	if (drm_gem_is_imported(&bo->base)) {
		struct iosys_map map = IOSYS_MAP_INIT_VADDR(bo->vaddr);

		dma_buf_vunmap(bo->base.import_attach->dmabuf, &map);
	} else {
		vunmap(bo->vaddr);
	}
	bo->vaddr = NULL;
	garm_bo_unpin_locked(bo);
}

/**
 * garm_bo_vmap() - map for the kernel
 * @bo: the object
 * @vaddr: out: address of its first byte
 *
 * Counted: mappings are shared. Takes the reservation, allocates.
 * Return: 0, -ENOMEM, or what the exporter of an imported object says.
 */
int garm_bo_vmap(struct garm_bo *bo, void **vaddr)
{
	int ret;

	dma_resv_lock(bo->base.resv, NULL);
	ret = vmap_locked(bo);
	if (!ret)
		*vaddr = bo->vaddr;
	dma_resv_unlock(bo->base.resv);
	return ret;
}

/** garm_bo_vunmap() - undo one garm_bo_vmap(); takes the reservation */
void garm_bo_vunmap(struct garm_bo *bo)
{
	dma_resv_lock(bo->base.resv, NULL);
	vunmap_locked(bo);
	dma_resv_unlock(bo->base.resv);
}

/*
 * Last reference gone: nobody else can see the object, so its reservation, which may belong to a VM
 * and be held by whoever drops the reference, is not taken.
 */
static void garm_gem_free(struct drm_gem_object *obj)
{
	struct garm_bo *bo = to_garm_bo(obj);
	struct drm_gem_object *root = bo->exclusive_vm;

	garm_debugfs_remove_bo(to_garm_device(obj->dev), bo);
	drm_WARN_ON(obj->dev, bo->pins || bo->vmaps || bo->exports);
	garm_shrink_forget(bo);
	if (drm_gem_is_imported(obj)) {
		drm_prime_gem_destroy(obj, bo->sgt);
	} else {
		dma_unmap(bo);
		if (bo->pages)
			drm_gem_put_pages(obj, bo->pages, true, false);
	}
	drm_gem_object_release(obj);
	mutex_destroy(&bo->gpuva_lock);
	mutex_destroy(&bo->label_lock);
	kfree_const(bo->label);
	kfree(bo);
	if (root)
		drm_gem_object_put(root);
}

static int garm_gem_pin(struct drm_gem_object *obj)
{
	return garm_bo_pin_locked(to_garm_bo(obj));
}

static void garm_gem_unpin(struct drm_gem_object *obj)
{
	garm_bo_unpin_locked(to_garm_bo(obj));
}

/* A table of its own for each importer: it maps it for its own device. Pinned by the attachment. */
static struct sg_table *garm_gem_get_sg_table(struct drm_gem_object *obj)
{
	struct garm_bo *bo = to_garm_bo(obj);

	if (drm_WARN_ON(obj->dev, !bo->pages))
		return ERR_PTR(-EINVAL);
	return drm_prime_pages_to_sg(obj->dev, bo->pages, obj->size >> PAGE_SHIFT);
}

static int garm_gem_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	struct garm_bo *bo = to_garm_bo(obj);
	int ret = vmap_locked(bo);

	if (!ret)
		iosys_map_set_vaddr(map, bo->vaddr);
	return ret;
}

static void garm_gem_vunmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	vunmap_locked(to_garm_bo(obj));
}

static enum drm_gem_object_status garm_gem_status(struct drm_gem_object *obj)
{
	bool resident = drm_gem_is_imported(obj) || READ_ONCE(to_garm_bo(obj)->pages);

	return resident ? DRM_GEM_OBJECT_RESIDENT : 0;
}

static void garm_gem_print_info(struct drm_printer *p, unsigned int indent,
				const struct drm_gem_object *obj)
{
	const struct garm_bo *bo = to_garm_bo((struct drm_gem_object *)obj);

	drm_printf_indent(p, indent,
			  "flags=0x%x pins=%u vmaps=%u exports=%u resident=%d evictions=%u creator=%s/%u\n",
			  bo->flags, READ_ONCE(bo->pins), READ_ONCE(bo->vmaps),
			  READ_ONCE(bo->exports), !!READ_ONCE(bo->pages), READ_ONCE(bo->evictions),
			  bo->creator, bo->creator_pid);
}

/* Map the page that was touched and its neighbours, as far as they are in the same VMA. */
static vm_fault_t insert_pages(struct vm_fault *vmf, struct garm_bo *bo, pgoff_t index)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long fault_addr = vmf->address & PAGE_MASK;
	pgoff_t first = round_down(index, FAULT_AROUND);
	pgoff_t count = bo->base.size >> PAGE_SHIFT;
	vm_fault_t ret;

	ret = vmf_insert_pfn(vma, fault_addr, page_to_pfn(bo->pages[index]));
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	for (pgoff_t i = first; i < min(first + FAULT_AROUND, count); i++) {
		/* Wraps for pages before the VMA, and is then beyond its end. */
		unsigned long addr = fault_addr + (i - index) * PAGE_SIZE;

		if (i == index || addr < vma->vm_start || addr >= vma->vm_end)
			continue;
		if (vmf_insert_pfn(vma, addr, page_to_pfn(bo->pages[i])) != VM_FAULT_NOPAGE)
			break;
	}
	return VM_FAULT_NOPAGE;
}

/* A CPU touched a page. mmap_lock or the VMA lock is held: it ranks above reservations. */
static vm_fault_t garm_gem_fault(struct vm_fault *vmf)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;
	struct garm_bo *bo = to_garm_bo(obj);
	/* Not relative to the VMA, which may be what munmap() left of a larger one. */
	pgoff_t index = vmf->pgoff - drm_vma_node_start(&obj->vma_node);
	vm_fault_t ret;
	int err;

	if (index >= obj->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	/* Interrupted: return to user space, which takes the signal and faults again. */
	if (dma_resv_lock_interruptible(obj->resv, NULL))
		return VM_FAULT_NOPAGE;
	err = bo->cached ? populate_locked(bo) : dma_map_locked(bo);
	/* Not VM_FAULT_OOM, which faults again and again: what was tried has tried hard. */
	ret = err ? VM_FAULT_SIGBUS : insert_pages(vmf, bo, index);
	dma_resv_unlock(obj->resv);
	return ret;
}

static const struct vm_operations_struct garm_gem_vm_ops = {
	.fault = garm_gem_fault,
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

static int garm_gem_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	struct garm_bo *bo = to_garm_bo(obj);
	int ret;

	if (drm_gem_is_imported(obj)) {
		/* The exporter sets its own; ours must not be called if it sets none. */
		vma->vm_private_data = NULL;
		vma->vm_ops = NULL;
		ret = dma_buf_mmap(obj->import_attach->dmabuf, vma, 0);
		/* The VMA holds the dma-buf now, not our object. */
		if (!ret)
			drm_gem_object_put(obj);
		return ret;
	}
	if (bo->flags & DRM_PANTHOR_BO_NO_MMAP)
		return -EINVAL;
	/* Copy-on-write of raw page numbers is not possible. */
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
		return -EINVAL;
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = bo_pgprot(bo, vm_get_page_prot(vma->vm_flags));
	return 0;
}

/*
 * PRIME. Importers are told about the CPU's accesses: their tables and ours are synchronised around
 * them, which does nothing for coherent devices and is what makes write-back mappings of an
 * exported object usable.
 */
static struct sg_table *garm_dmabuf_map(struct dma_buf_attachment *attach,
					enum dma_data_direction dir)
{
	struct sg_table *sgt = drm_gem_map_dma_buf(attach, dir);

	if (!IS_ERR(sgt))
		attach->priv = sgt;
	return sgt;
}

static void garm_dmabuf_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			      enum dma_data_direction dir)
{
	attach->priv = NULL;
	drm_gem_unmap_dma_buf(attach, sgt, dir);
}

static int garm_dmabuf_begin_cpu_access(struct dma_buf *buf, enum dma_data_direction dir)
{
	struct drm_gem_object *obj = buf->priv;
	struct garm_bo *bo = to_garm_bo(obj);
	struct dma_buf_attachment *attach;

	dma_resv_lock(obj->resv, NULL);
	if (bo->sgt)
		dma_sync_sgtable_for_cpu(dma_device(bo), bo->sgt, dir);
	if (bo->vaddr)
		invalidate_kernel_vmap_range(bo->vaddr, obj->size);
	list_for_each_entry(attach, &buf->attachments, node) {
		if (attach->priv)
			dma_sync_sgtable_for_cpu(attach->dev, attach->priv, dir);
	}
	dma_resv_unlock(obj->resv);
	return 0;
}

static int garm_dmabuf_end_cpu_access(struct dma_buf *buf, enum dma_data_direction dir)
{
	struct drm_gem_object *obj = buf->priv;
	struct garm_bo *bo = to_garm_bo(obj);
	struct dma_buf_attachment *attach;

	dma_resv_lock(obj->resv, NULL);
	list_for_each_entry(attach, &buf->attachments, node) {
		if (attach->priv)
			dma_sync_sgtable_for_device(attach->dev, attach->priv, dir);
	}
	if (bo->vaddr)
		flush_kernel_vmap_range(bo->vaddr, obj->size);
	if (bo->sgt)
		dma_sync_sgtable_for_device(dma_device(bo), bo->sgt, dir);
	dma_resv_unlock(obj->resv);
	return 0;
}

static void count_export(struct garm_bo *bo, int change)
{
	dma_resv_lock(bo->base.resv, NULL);
	bo->exports += change;
	garm_shrink_update(bo);
	dma_resv_unlock(bo->base.resv);
}

/* Mappings by the CPU through the dma-buf are in its own address space: they have ended now. */
static void garm_dmabuf_release(struct dma_buf *buf)
{
	struct drm_gem_object *obj = buf->priv;

	count_export(to_garm_bo(obj), -1);
	drm_gem_dmabuf_release(buf);
}

static const struct dma_buf_ops garm_dmabuf_ops = {
	.attach = drm_gem_map_attach,
	.detach = drm_gem_map_detach,
	.map_dma_buf = garm_dmabuf_map,
	.unmap_dma_buf = garm_dmabuf_unmap,
	.release = garm_dmabuf_release,
	.mmap = drm_gem_dmabuf_mmap,
	.vmap = drm_gem_dmabuf_vmap,
	.vunmap = drm_gem_dmabuf_vunmap,
	.begin_cpu_access = garm_dmabuf_begin_cpu_access,
	.end_cpu_access = garm_dmabuf_end_cpu_access,
};

static struct dma_buf *garm_gem_export(struct drm_gem_object *obj, int flags)
{
	struct dma_buf_export_info info = {
		.exp_name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		.ops = &garm_dmabuf_ops,
		.size = obj->size,
		.flags = flags,
		.priv = obj,
		.resv = obj->resv,
	};
	struct dma_buf *buf;

	/* Its reservation is the VM's: others would wait for everything that happens there. */
	if (to_garm_bo(obj)->exclusive_vm)
		return ERR_PTR(-EINVAL);
	count_export(to_garm_bo(obj), 1);
	buf = drm_gem_dmabuf_export(obj->dev, &info);
	if (IS_ERR(buf))
		count_export(to_garm_bo(obj), -1);
	return buf;
}

static const struct drm_gem_object_funcs garm_gem_funcs = {
	.free = garm_gem_free,
	.print_info = garm_gem_print_info,
	.export = garm_gem_export,
	.pin = garm_gem_pin,
	.unpin = garm_gem_unpin,
	.get_sg_table = garm_gem_get_sg_table,
	.vmap = garm_gem_vmap,
	.vunmap = garm_gem_vunmap,
	.mmap = garm_gem_mmap,
	.status = garm_gem_status,
	.vm_ops = &garm_gem_vm_ops,
};

/**
 * garm_gem_prime_import() - drm_driver.gem_prime_import
 * @drm: the device
 * @buf: what to import
 *
 * Return: with a reference: our own object if @buf is one of this device, else an imported one; or
 * ERR_PTR.
 */
struct drm_gem_object *garm_gem_prime_import(struct drm_device *drm, struct dma_buf *buf)
{
	struct drm_gem_object *obj = buf->priv;

	if (buf->ops == &garm_dmabuf_ops && obj->dev == drm) {
		drm_gem_object_get(obj);
		return obj;
	}
	return drm_gem_prime_import(drm, buf);
}

/*
 * Huge pages: shmem takes them from a mount that says so, where the object has room for them.
 */

static bool transparent_hugepage = true;
module_param(transparent_hugepage, bool, 0400);
MODULE_PARM_DESC(transparent_hugepage, "Buffer objects may get huge pages (default: true)");

#ifdef GARM_OWN_HUGE_MNT
static void huge_mnt_release(struct drm_device *drm, void *data)
{
	kern_unmount(data);
}

static int garm_huge_mnt_create(struct garm_device *gdev)
{
	char options[] = "huge=within_size";
	struct file_system_type *type = get_fs_type("tmpfs");
	struct vfsmount *mnt;

	if (!type)
		return -EOPNOTSUPP;
	mnt = vfs_kern_mount(type, SB_KERNMOUNT, type->name, options);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	gdev->huge_mnt = mnt;
	return drmm_add_action_or_reset(&gdev->base, huge_mnt_release, mnt);
}

/* With the device's mount, if there is one. */
static int object_init(struct garm_device *gdev, struct drm_gem_object *obj, size_t size)
{
	struct file *file;

	if (!gdev->huge_mnt)
		return drm_gem_object_init(&gdev->base, obj, size);
	drm_gem_private_object_init(&gdev->base, obj, size);
	file = shmem_file_setup_with_mnt(gdev->huge_mnt, "garm bo", size, VM_NORESERVE);
	if (IS_ERR(file))
		return PTR_ERR(file);
	obj->filp = file;
	return 0;
}
#else
#define object_init(gdev, obj, size) drm_gem_object_init(&(gdev)->base, obj, size)
#endif

/**
 * garm_gem_init() - what objects need of the device
 * @gdev: the device, before there is any object
 *
 * Return: 0. Without huge pages everything works, with more entries in the tables.
 */
int garm_gem_init(struct garm_device *gdev)
{
	int ret;

	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) || !transparent_hugepage)
		return 0;
	ret = garm_huge_mnt_create(gdev);
	if (ret)
		drm_warn(&gdev->base, "no huge pages for buffer objects: %d\n", ret);
	return 0;
}

static struct garm_bo *bo_alloc(struct garm_device *gdev, u32 flags)
{
	struct garm_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL);

	if (!bo)
		return NULL;
	bo->base.funcs = &garm_gem_funcs;
	bo->flags = flags;
	bo->cached = gdev->coherent || (flags & DRM_PANTHOR_BO_WB_MMAP);
	INIT_LIST_HEAD(&bo->node);
	mutex_init(&bo->gpuva_lock);
	drm_gem_gpuva_set_lock(&bo->base, &bo->gpuva_lock);
	mutex_init(&bo->label_lock);
	INIT_LIST_HEAD(&bo->reclaim_node);
	bo->creator_pid = current->tgid;
	get_task_comm(bo->creator, current->group_leader);
	return bo;
}

/**
 * garm_gem_prime_import_sg() - drm_driver.gem_prime_import_sg_table
 * @drm: the device
 * @attach: our attachment to the dma-buf; DRM's core makes it the object's afterwards
 * @sgt: its memory, mapped for our device until the object goes
 *
 * Return: a new object, or ERR_PTR.
 */
struct drm_gem_object *garm_gem_prime_import_sg(struct drm_device *drm,
						struct dma_buf_attachment *attach,
						struct sg_table *sgt)
{
	struct garm_bo *bo = bo_alloc(to_garm_device(drm), 0);
	int ret;

	if (!bo)
		return ERR_PTR(-ENOMEM);
	drm_gem_private_object_init(drm, &bo->base, attach->dmabuf->size);
	ret = drm_gem_create_mmap_offset(&bo->base);
	if (ret) {
		drm_gem_object_put(&bo->base);
		return ERR_PTR(ret);
	}
	bo->sgt = sgt;
	garm_debugfs_add_bo(to_garm_device(drm), bo);
	return &bo->base;
}

/**
 * garm_bo_create() - see garm_gem.h
 * @gdev: the device
 * @size: bytes
 * @flags: DRM_PANTHOR_BO_*
 * @vm: the only VM that may map it, or NULL
 *
 * Allocates no pages yet. May sleep and allocate.
 * Return: with one reference; ERR_PTR(-EINVAL) for a size of 0 or beyond what shmem can do, or
 * -ENOMEM.
 */
struct garm_bo *garm_bo_create(struct garm_device *gdev, size_t size, u32 flags, struct garm_vm *vm)
{
	struct garm_bo *bo;
	int ret;

	if (!size || size > SIZE_MAX - PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	bo = bo_alloc(gdev, flags);
	if (!bo)
		return ERR_PTR(-ENOMEM);
	ret = object_init(gdev, &bo->base, PAGE_ALIGN(size));
	if (ret)
		goto err_put;
	/* Pinned for as long as it is mapped: must not sit where memory has to be movable. */
	mapping_set_gfp_mask(bo->base.filp->f_mapping,
			     GFP_HIGHUSER | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (!(flags & DRM_PANTHOR_BO_NO_MMAP)) {
		ret = drm_gem_create_mmap_offset(&bo->base);
		if (ret)
			goto err_put;
	}
	if (vm) {
		bo->exclusive_vm = garm_vm_root(vm);
		drm_gem_object_get(bo->exclusive_vm);
		bo->base.resv = bo->exclusive_vm->resv;
	}
	garm_debugfs_add_bo(gdev, bo);
	return bo;

err_put:
	drm_gem_object_put(&bo->base);
	return ERR_PTR(ret);
}

/**
 * garm_bo_create_handle() - BO_CREATE, after its checks
 * @file: whose handle
 * @vm: exclusive VM, or NULL
 * @size: in: bytes; out: rounded up to pages
 * @flags: DRM_PANTHOR_BO_*, checked
 * @handle: out
 *
 * Return: 0 or the error of garm_bo_create() or of the handle.
 */
int garm_bo_create_handle(struct drm_file *file, struct garm_vm *vm, u64 *size, u32 flags,
			  u32 *handle)
{
	struct garm_device *gdev = to_garm_device(file->minor->dev);
	struct garm_bo *bo = garm_bo_create(gdev, *size, flags, vm);
	int ret;

	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->base, handle);
	if (!ret)
		*size = bo->base.size;
	/* The handle has its own reference. */
	drm_gem_object_put(&bo->base);
	return ret;
}

/**
 * garm_bo_set_label() - name an object for debugfs and dumps
 * @bo: the object
 * @label: copied; NULL clears
 *
 * Return: 0 or -ENOMEM. Sleeps.
 */
int garm_bo_set_label(struct garm_bo *bo, const char *label)
{
	const char *copy = NULL;

	if (label) {
		copy = kstrdup_const(label, GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
	}
	mutex_lock(&bo->label_lock);
	swap(bo->label, copy);
	mutex_unlock(&bo->label_lock);
	kfree_const(copy);
	return 0;
}

/* Clean a piece of the CPU's caches, and drop it from them so that what the GPU wrote is seen. */
static void sync_range(struct garm_bo *bo, dma_addr_t addr, size_t size, bool invalidate)
{
	dma_sync_single_for_device(dma_device(bo), addr, size, DMA_TO_DEVICE);
	if (invalidate)
		dma_sync_single_for_cpu(dma_device(bo), addr, size, DMA_FROM_DEVICE);
}

static int sync_locked(struct garm_bo *bo, u64 offset, u64 size, bool invalidate)
{
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	/* No page, nothing in a cache. */
	if (!bo->pages)
		return 0;
	ret = dma_map_locked(bo);
	if (ret)
		return ret;
	for_each_sgtable_dma_sg(bo->sgt, sg, i) {
		u64 bytes = sg_dma_len(sg);

		if (offset >= bytes) {
			offset -= bytes;
			continue;
		}
		bytes = min(bytes - offset, size);
		sync_range(bo, sg_dma_address(sg) + offset, bytes, invalidate);
		offset = 0;
		size -= bytes;
		if (!size)
			break;
	}
	return 0;
}

/**
 * garm_bo_sync() - BO_SYNC: CPU cache maintenance for a part of an object
 * @bo: the object
 * @type: DRM_PANTHOR_BO_SYNC_*
 * @offset: first byte
 * @size: bytes
 *
 * Does nothing for write-combined mappings, and nothing for coherent devices but checks.
 * Return: 0, -EINVAL (range, type, imported), -EINTR, or an error of allocation.
 */
int garm_bo_sync(struct garm_bo *bo, u32 type, u64 offset, u64 size)
{
	int ret;

	if (offset > bo->base.size || size > bo->base.size - offset)
		return -EINVAL;
	if (drm_gem_is_imported(&bo->base))
		return -EINVAL;
	if (type != DRM_PANTHOR_BO_SYNC_CPU_CACHE_FLUSH &&
	    type != DRM_PANTHOR_BO_SYNC_CPU_CACHE_FLUSH_AND_INVALIDATE)
		return -EINVAL;
	if (!bo->cached || !size)
		return 0;
	ret = dma_resv_lock_interruptible(bo->base.resv, NULL);
	if (ret)
		return ret;
	ret = sync_locked(bo, offset, size,
			  type == DRM_PANTHOR_BO_SYNC_CPU_CACHE_FLUSH_AND_INVALIDATE);
	dma_resv_unlock(bo->base.resv);
	return ret;
}

GARM_IMPORT_NS(DMA_BUF);
