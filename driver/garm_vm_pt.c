// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Page tables of a VM: stage 1 of the Armv8 format, 4 KiB granule, leaves of 4 KiB and 2 MiB,
 * whatever the page size of the kernel.
 *
 * Called by garm_vm_op.c with vm.op_lock held, and for the life of the tables by garm_vm.c. Calls
 * the kernel's io-pgtable, whose tables come from garm_pt_alloc(): out of what the operation has
 * reserved, because changes happen on the fence-signalling path. Tables that are removed are kept
 * until the operation is cleaned up.
 *
 * io-pgtable before Linux 6.14 splits a 2 MiB leaf that is unmapped in part, and allocates for it;
 * later ones refuse. Neither is used: garm_vm_op.c unmaps whole leaves and maps again what shall
 * stay.
 */
#include <linux/iommu.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "garm_vm_internal.h"

/*
 * MAIR of the Arm architecture, one byte per index: outer policy above inner, 0 in bits 3:2 of
 * either: device
 */
#define MAIR_WRITE_BACK		BIT(2)
#define MAIR_ALLOC_WRITE	BIT(0)
#define MAIR_ALLOC_READ		BIT(1)

static void *garm_pt_alloc(void *cookie, size_t size, gfp_t gfp)
{
	struct garm_vm *vm = cookie;
	struct garm_tables *tables;
	void *table;

	/* Below 4 KiB: a top-level table of few entries. */
	if (drm_WARN_ON(&vm->gdev->base, size > SZ_4K))
		return NULL;
	if (!vm->root) {
		vm->root = kmem_cache_zalloc(vm->gdev->mmu->tables, gfp);
		kmemleak_ignore(vm->root);
		return vm->root;
	}
	if (drm_WARN_ON(&vm->gdev->base, !vm->op))
		return NULL;
	tables = &vm->op->tables;
	if (drm_WARN_ON(&vm->gdev->base, tables->used == tables->count))
		return NULL;
	table = tables->spare[tables->used++];
	memset(table, 0, SZ_4K);
	return table;
}

static void garm_pt_free(void *cookie, void *table, size_t size)
{
	struct garm_vm *vm = cookie;

	if (!vm->op) {
		/* The VM goes. */
		kmem_cache_free(vm->gdev->mmu->tables, table);
		return;
	}
	/*
	 * No walk is in it: its region is locked, which waited for walks, and the entry that led
	 * here is gone. So the first word is free for the list.
	 */
	*(void **)table = vm->op->tables.removed;
	vm->op->tables.removed = table;
}

/*
 * MAIR to the GPU's MEMATTR (driver-facts B.9): write-back where both policies are write-back, else
 * uncached. Without coherency only the GPU's own inner domain is allowed for write-back memory;
 * with it, it is the CPU's.
 */
static u64 memattr_from_mair(u64 mair, bool coherent)
{
	u64 memattr = 0;

	for (int i = 0; i < 8; i++) {
		u8 attr = mair >> (8 * i), inner = attr & 0xf, outer = attr >> 4, out;
		/*
		 * Outer 0b01xx without allocation hints is non-cacheable, 0b00xx device or
		 * write-through.
		 */
		bool wb = (outer & MAIR_WRITE_BACK) &&
			  (outer & (MAIR_ALLOC_READ | MAIR_ALLOC_WRITE)) &&
			  (inner & MAIR_WRITE_BACK);

		if (wb)
			out = AS_MEMATTR_INNER_OUTER_WB |
			      AS_MEMATTR_ALLOC_EXPL(inner & MAIR_ALLOC_WRITE,
						    inner & MAIR_ALLOC_READ) |
			      (coherent ? AS_MEMATTR_COH_CPU_INNER : AS_MEMATTR_COH_MIDGARD_INNER);
		else
			out = AS_MEMATTR_INNER_OUTER_NC | AS_MEMATTR_ALLOC_EXPL(0, 0) |
			      AS_MEMATTR_COH_MIDGARD_INNER;
		memattr |= (u64)out << (8 * i);
	}
	return memattr;
}

/**
 * garm_pt_init() - empty tables, and what the hardware has to be told about them
 * @vm: the VM, under construction
 *
 * Return: 0, or -ENOMEM (io-pgtable gives no other reason).
 */
int garm_pt_init(struct garm_vm *vm)
{
	struct garm_device *gdev = vm->gdev;
	u32 va_bits = GPU_MMU_VA_BITS(gdev->gpu_info.mmu_features);
	/* No TLB functions: what has to be flushed, is when the operation's region is unlocked. */
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = GARM_VM_PAGE_SIZES,
		.ias = va_bits,
		.oas = GPU_MMU_PA_BITS(gdev->gpu_info.mmu_features),
		.coherent_walk = gdev->coherent,
		.iommu_dev = gdev->base.dev,
		.alloc = garm_pt_alloc,
		.free = garm_pt_free,
	};

	vm->pt = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, vm);
	if (!vm->pt)
		return -ENOMEM;
	vm->transtab = cfg.arm_lpae_s1_cfg.ttbr;
	vm->memattr = memattr_from_mair(cfg.arm_lpae_s1_cfg.mair, gdev->coherent);
	vm->transcfg = AS_TRANSCFG_PTW_WB | AS_TRANSCFG_PTW_RA | AS_TRANSCFG_AARCH64_4K |
		       AS_TRANSCFG_INA_BITS(55 - va_bits);
	if (gdev->coherent)
		vm->transcfg |= AS_TRANSCFG_PTW_SH_OS;
	return 0;
}

/** garm_pt_fini() - free all tables; no slot has them any more */
void garm_pt_fini(struct garm_vm *vm)
{
	free_io_pgtable_ops(vm->pt);
}

static u64 spanned(u64 va, u64 size, u64 unit)
{
	return size ? (va + size - 1) / unit - va / unit + 1 : 0;
}

/* Tables that mapping a range may need: one for each entry of each level above the last. */
u64 garm_pt_count_map(u64 va, u64 size)
{
	return spanned(va, size, 1ull << 39) + spanned(va, size, SZ_1G) + spanned(va, size, SZ_2M);
}

/* Leaves of 2 MiB that map_segment() will make. */
static u64 segment_blocks(u64 va, u64 pa, u64 size)
{
	u64 first = round_up(va, SZ_2M), end = round_down(va + size, SZ_2M);

	return IS_ALIGNED(va ^ pa, SZ_2M) && end > first ? (end - first) / SZ_2M : 0;
}

/* Leaves of 2 MiB that garm_pt_map() will make. */
static u64 count_blocks(const struct garm_vm_op *op)
{
	u64 va = op->va, size = op->size, offset = op->bo_offset, blocks = 0;
	struct scatterlist *sg;
	unsigned int i;

	if (op->flags & DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE)
		return 0;
	for_each_sgtable_dma_sg(op->bo->sgt, sg, i) {
		u64 bytes = sg_dma_len(sg);

		if (offset >= bytes) {
			offset -= bytes;
			continue;
		}
		bytes = min(bytes - offset, size);
		blocks += segment_blocks(va, sg_dma_address(sg) + offset, bytes);
		offset = 0;
		va += bytes;
		size -= bytes;
		if (!size)
			break;
	}
	return blocks;
}

/*
 * Has @before left a table of 4 KiB pages where @op begins, which @op does not replace as a whole?
 * No mapping covers all of such a block, so nothing takes it for a leaf either.
 */
static bool begins_in_table(const struct garm_vm_op *op, const struct garm_vm_op *before)
{
	u64 end = before->va + before->size;

	return before->type == GARM_VM_OP_MAP && !IS_ALIGNED(end, SZ_2M) &&
	       op->va / SZ_2M == end / SZ_2M && (!IS_ALIGNED(op->va, SZ_2M) || op->size < SZ_2M);
}

/**
 * garm_pt_count_map_op() - tables that a map operation may need
 * @op: the operation, its BO pinned
 * @before: the one that is executed immediately before, or NULL
 *
 * Return: fewer than garm_pt_count_map(), where leaves of 2 MiB or tables are certain.
 */
u64 garm_pt_count_map_op(const struct garm_vm_op *op, const struct garm_vm_op *before)
{
	u64 count = garm_pt_count_map(op->va, op->size);

	if (op->size >= SZ_2M)
		count -= count_blocks(op);
	/* A table of each level. */
	return before && begins_in_table(op, before) ? count - 3 : count;
}

/* Tables that unmapping a range may need: for a leaf at either end, which is split. */
u64 garm_pt_count_unmap(u64 va, u64 size)
{
	u64 end = va + size;

	if (IS_ALIGNED(va, SZ_2M))
		return !IS_ALIGNED(end, SZ_2M);
	return 1 + (!IS_ALIGNED(end, SZ_2M) && va / SZ_2M != end / SZ_2M);
}

/**
 * garm_pt_reserve() - allocate tables for an operation
 * @vm: the VM
 * @tables: zeroed; garm_pt_release() frees, also after an error
 * @count: how many
 *
 * Return: 0 or -ENOMEM. Does not make the out-of-memory killer run: the user chose the size.
 */
int garm_pt_reserve(struct garm_vm *vm, struct garm_tables *tables, u64 count)
{
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;

	if (!count)
		return 0;
	/* More than half of the memory cannot be meant. */
	if (count > totalram_pages() * (PAGE_SIZE / SZ_4K) / 2)
		return -ENOMEM;
	tables->spare = kvmalloc_array(count, sizeof(*tables->spare), gfp);
	if (!tables->spare)
		return -ENOMEM;
	while (tables->count < count) {
		u32 batch = min(count - tables->count, 256);

		if (!kmem_cache_alloc_bulk(vm->gdev->mmu->tables, gfp, batch,
					   &tables->spare[tables->count]))
			return -ENOMEM;
		/* Entries are physical addresses: kmemleak does not see them. */
		for (u32 i = 0; i < batch; i++)
			kmemleak_ignore(tables->spare[tables->count + i]);
		tables->count += batch;
		cond_resched();
	}
	return 0;
}

/** garm_pt_release() - free what was not used and what was removed, after the flush */
void garm_pt_release(struct garm_vm *vm, struct garm_tables *tables)
{
	struct kmem_cache *cache = vm->gdev->mmu->tables;
	void *table, *next;

	for (table = tables->removed; table; table = next) {
		next = *(void **)table;
		kmem_cache_free(cache, table);
	}
	if (tables->used < tables->count)
		kmem_cache_free_bulk(cache, tables->count - tables->used,
				     &tables->spare[tables->used]);
	kvfree(tables->spare);
	*tables = (struct garm_tables){ };
}

/* Pages of one size from @va on: io-pgtable works inside one table at a time. */
static size_t page_run(u64 va, u64 align, u64 size, size_t *count)
{
	u64 to_block = round_up(va + 1, SZ_2M) - va;

	if (IS_ALIGNED(align, SZ_2M) && size >= SZ_2M) {
		*count = min(round_up(va + 1, SZ_1G) - va, size) / SZ_2M;
		return SZ_2M;
	}
	*count = min(to_block, size) / SZ_4K;
	return SZ_4K;
}

static int map_segment(struct garm_vm *vm, u64 va, u64 pa, u64 size, int prot, u64 *done)
{
	while (size) {
		size_t count, mapped = 0;
		size_t page = page_run(va, va | pa, size, &count);
		int ret;

		/* The flags do not matter: garm_pt_alloc() allocates nothing. */
		ret = vm->pt->map_pages(vm->pt, va, pa, page, count, prot, GFP_NOWAIT, &mapped);
		va += mapped;
		pa += mapped;
		size -= mapped;
		*done += mapped;
		if (ret || !mapped)
			return ret ?: -ENOMEM;
		cond_resched();
	}
	return 0;
}

static int map_table(struct garm_vm *vm, u64 va, u64 size, const struct sg_table *sgt, u64 offset,
		     int prot, u64 *done)
{
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		u64 bytes = sg_dma_len(sg);

		if (offset >= bytes) {
			offset -= bytes;
			continue;
		}
		bytes = min(bytes - offset, size);
		ret = map_segment(vm, va, sg_dma_address(sg) + offset, bytes, prot, done);
		if (ret)
			return ret;
		offset = 0;
		va += bytes;
		size -= bytes;
		if (!size)
			return 0;
	}
	/* An imported object whose memory is shorter than it says. */
	return -EINVAL;
}

static int prot_from_flags(u32 flags)
{
	int prot = IOMMU_READ;

	if (!(flags & DRM_PANTHOR_VM_BIND_OP_MAP_READONLY))
		prot |= IOMMU_WRITE;
	if (flags & DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC)
		prot |= IOMMU_NOEXEC;
	if (!(flags & DRM_PANTHOR_VM_BIND_OP_MAP_UNCACHED))
		prot |= IOMMU_CACHE;
	return prot;
}

/**
 * garm_pt_map() - enter a range into the tables
 * @vm: the VM, op_lock held, @vm->op with enough tables
 * @va: first byte; the range is not mapped
 * @size: bytes, a multiple of 4 KiB
 * @bo: pinned; for a sparse mapping 2 MiB that are repeated, so that address and offset agree
 *	modulo 2 MiB
 * @offset: in @bo; not for sparse
 * @flags: DRM_PANTHOR_VM_BIND_OP_MAP_*
 *
 * Return: 0; or an error that means that the tables or @bo are not what they should be: nothing is
 * mapped then.
 */
int garm_pt_map(struct garm_vm *vm, u64 va, u64 size, const struct garm_bo *bo, u64 offset,
		u32 flags)
{
	int prot = prot_from_flags(flags), ret = 0;
	u64 done = 0;

	lockdep_assert_held(&vm->op_lock);
	if (flags & DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE) {
		while (!ret && done < size) {
			u64 at = va + done, in_block = at % SZ_2M;

			ret = map_table(vm, at, min(SZ_2M - in_block, size - done), bo->sgt,
					in_block, prot, &done);
		}
	} else {
		ret = map_table(vm, va, size, bo->sgt, offset, prot, &done);
	}
	if (ret) {
		drm_err_ratelimited(&vm->gdev->base, "map of 0x%llx bytes at 0x%llx: %d after 0x%llx\n",
				    size, va, ret, done);
		garm_pt_unmap(vm, va, done);
	}
	return ret;
}

/**
 * garm_pt_unmap() - take a range out of the tables
 * @vm: the VM, op_lock held
 * @va: first byte; all of the range is mapped, and no 2 MiB leaf reaches out of it
 * @size: bytes, a multiple of 4 KiB
 *
 * If the tables disagree with that the VM becomes unusable, and the rest of the range is unmapped
 * nevertheless.
 */
void garm_pt_unmap(struct garm_vm *vm, u64 va, u64 size)
{
	lockdep_assert_held(&vm->op_lock);
	while (size) {
		size_t count, page = page_run(va, va, size, &count);
		size_t done = vm->pt->unmap_pages(vm->pt, va, page, count, NULL);

		if (done != page * count) {
			drm_err_once(&vm->gdev->base, "unmap of 0x%zx bytes at 0x%llx: 0x%zx done\n",
				     page * count, va, done);
			garm_vm_set_unusable(vm);
			done += page;
		}
		va += done;
		size -= done;
		cond_resched();
	}
}

/**
 * garm_pt_may_be_block() - is there possibly a 2 MiB leaf?
 * @vm: the VM, op_lock held
 * @va: aligned to 2 MiB; the 2 MiB from here are mapped, by one mapping
 *
 * Pages of 4 KiB that look alike are taken for one: unmapping and mapping them again does no harm.
 */
bool garm_pt_may_be_block(struct garm_vm *vm, u64 va)
{
	u64 first = vm->pt->iova_to_phys(vm->pt, va);
	u64 last = vm->pt->iova_to_phys(vm->pt, va + SZ_2M - SZ_4K);

	return IS_ALIGNED(first, SZ_2M) && last - first == SZ_2M - SZ_4K;
}
