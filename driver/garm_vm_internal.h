/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What garm_mmu.c, garm_vm.c, garm_vm_op.c, garm_vm_pt.c and garm_vm_bind.c share; nobody else
 * includes it but garm_trace.c and garm_debugfs.c, which only read.
 *
 * An operation (struct garm_vm_op) is prepared (may fail, allocates everything), executed
 * (vm.op_lock, on the fence-signalling path for asynchronous binds, allocates nothing) and cleaned
 * up (frees what was replaced, off the path). Between lock and unlock of its region the GPU's
 * accesses to it stall; when the region is unlocked, nothing in a cache or TLB is older than the
 * tables.
 */
#ifndef GARM_VM_INTERNAL_H
#define GARM_VM_INTERNAL_H

#include <linux/io-pgtable.h>
#include <linux/sizes.h>
#include <linux/wait.h>

#include <drm/drm_gpuvm.h>
#include <drm/drm_mm.h>

#include "garm_device.h"
#include "garm_gem.h"
#include "garm_mmu.h"
#include "garm_vm.h"
#include "jobqueue.h"

#define GARM_MAP_FLAGS (DRM_PANTHOR_VM_BIND_OP_MAP_READONLY | DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC | \
			DRM_PANTHOR_VM_BIND_OP_MAP_UNCACHED | DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE)

/** struct garm_as_slot - an address space of the hardware; under slots_lock */
struct garm_as_slot {
	struct garm_vm *vm;	/* whose tables it has, or had before it was shut; no reference */
	bool on;		/* translates; when not, it is unmapped or the hardware is down */
};

/** struct garm_mmu - lives as long as the DRM device */
struct garm_mmu {
	struct garm_device *gdev;
	struct garm_irq irq;
	struct kmem_cache *tables;		/* 4 KiB each */
	struct kmem_cache *vmas;		/* struct garm_vma */
	struct workqueue_struct *bind_wq;	/* WQ_MEM_RECLAIM: JobQueues of all VMs */

	struct mutex slots_lock;		/* on the fence-signalling path */
	struct garm_as_slot slots[GARM_MAX_AS];
	struct list_head lru;			/* VMs with a slot and no user, oldest first */
	bool up;				/* registers may be touched; slots_lock */

	struct mutex vms_lock;			/* on the fence-signalling path */
	struct list_head vms;
	atomic_t vm_serial;			/* of the last VM */
	bool resetting;				/* written under vms_lock */
	atomic_t ops;				/* synchronous operations that a reset waits for */
	wait_queue_head_t gate;			/* for the two */
};

/** struct garm_tables - page tables that an operation may need, and those that it removed */
struct garm_tables {
	void **spare;
	u32 count, used;
	void *removed;		/* list through the first word; no walk is in them any more */
};

struct garm_vma {
	struct drm_gpuva base;
	struct list_head node;	/* of garm_vm_op.dead */
	u32 flags;		/* DRM_PANTHOR_VM_BIND_OP_MAP_* */
	/* Both under op_lock: */
	bool evicted;		/* not in the tables, see garm_vm_evict.c */
	bool dead;		/* in garm_vm_op.dead */
};

enum garm_vm_op_type { GARM_VM_OP_NONE, GARM_VM_OP_MAP, GARM_VM_OP_UNMAP };

/** struct garm_vm_op - see above. Owned by one thread or job; no locking */
struct garm_vm_op {
	enum garm_vm_op_type type;
	u32 flags;
	u64 va, size;
	struct garm_bo *bo;		/* MAP: reference */
	u64 bo_offset;
	bool pinned;			/* MAP: @bo is */
	struct drm_gpuvm_bo *vm_bo;	/* MAP: reference */
	struct garm_vma *spare[3];	/* the new mapping, what is left of old ones beside it */
	struct garm_tables tables;
	struct list_head dead;		/* garm_vma out of the tree, still linked to their BO */
	bool unflushed;			/* only a reset makes @dead unreachable */
};

struct garm_vm {
	struct drm_gpuvm base;
	struct garm_device *gdev;
	struct list_head node;		/* mmu.vms */
	u32 id;				/* of the device's VMs, for traces and debugfs */
	bool for_fw;
	u64 user_end;

	struct io_pgtable_ops *pt;
	void *root;			/* top-level table */
	u64 transtab, transcfg, memattr;

	struct mutex op_lock;		/* tree and tables; on the fence-signalling path */
	struct garm_vm_op *op;		/* the one that is executed; op_lock */

	struct mutex mm_lock;		/* of @mm */
	struct drm_mm mm;		/* the kernel's part of the range */
	u64 auto_start, auto_end;

	struct {			/* mmu.slots_lock */
		int slot;		/* or -1; read without the lock too */
		unsigned int active;	/* garm_vm_activate() minus garm_vm_deactivate() */
		struct list_head lru;	/* mmu.lru */
		u64 lock_start, lock_size;	/* region of the operation that is executed */
	} as;

	unsigned long last_use;		/* jiffies of the last submission; no lock */
	bool faulted;			/* an active slot was shut by a fault; mmu.slots_lock */
	bool unusable;			/* never cleared; written under op_lock */
	bool destroyed;			/* written under op_lock and resv, read under either */

	struct mutex heap_lock;		/* creation of heaps and dummy */
	struct garm_heap_pool *heaps;
	/*
	 * 2 MiB behind every sparse mapping, private: what one VM writes no other can read. Made
	 * when first needed, until the VM is destroyed.
	 */
	struct garm_bo *dummy;
	struct jobq bindq;		/* not for the firmware's VM */
};

static inline struct garm_vm *to_garm_vm(struct drm_gpuvm *gpuvm)
{
	return container_of(gpuvm, struct garm_vm, base);
}

/* garm_mmu.c */
int garm_mmu_lock_region(struct garm_vm *vm, u64 start, u64 size);
int garm_mmu_unlock_region(struct garm_vm *vm);
void garm_mmu_shut(struct garm_vm *vm);
void garm_mmu_add_vm(struct garm_vm *vm);
void garm_mmu_remove_vm(struct garm_vm *vm);
void garm_mmu_forget(struct garm_vm *vm);
void garm_mmu_op_begin(struct garm_mmu *mmu);

/* garm_vm_pt.c */
int garm_pt_init(struct garm_vm *vm);
void garm_pt_fini(struct garm_vm *vm);
int garm_pt_reserve(struct garm_vm *vm, struct garm_tables *tables, u64 count);
void garm_pt_release(struct garm_vm *vm, struct garm_tables *tables);
u64 garm_pt_count_map(u64 va, u64 size);
u64 garm_pt_count_map_op(const struct garm_vm_op *op, const struct garm_vm_op *before);
u64 garm_pt_count_unmap(u64 va, u64 size);
int garm_pt_map(struct garm_vm *vm, u64 va, u64 size, const struct garm_bo *bo, u64 offset,
		u32 flags);
void garm_pt_unmap(struct garm_vm *vm, u64 va, u64 size);
bool garm_pt_may_be_block(struct garm_vm *vm, u64 va);

/* garm_vm_evict.c */
int garm_vm_bo_validate(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec);

/* garm_vm_op.c */
extern const struct drm_gpuvm_ops garm_gpuvm_ops;
void garm_vm_op_init(struct garm_vm_op *op);
int garm_vm_op_prepare_map(struct garm_vm_op *op, struct garm_vm *vm, struct garm_bo *bo,
			   u64 offset, u64 size, u64 va, u32 flags,
			   const struct garm_vm_op *before);
int garm_vm_op_prepare_unmap(struct garm_vm_op *op, struct garm_vm *vm, u64 va, u64 size);
int garm_vm_ops_exec(struct garm_vm_op *ops, u32 count, struct garm_vm *vm, bool fatal,
		     u32 *done);
int garm_vm_ops_exec_sync(struct garm_vm_op *ops, u32 count, struct garm_vm *vm, u32 *done);
int garm_vm_op_exec_sync(struct garm_vm_op *op, struct garm_vm *vm);
void garm_vm_op_cleanup(struct garm_vm_op *op, struct garm_vm *vm);

/* garm_vm.c */
void garm_vm_set_unusable(struct garm_vm *vm);
void garm_vm_free(struct drm_gpuvm *gpuvm);
struct garm_bo *garm_vm_dummy(struct garm_vm *vm);

/* garm_vm_bind.c */
void garm_vm_bind_init(struct garm_vm *vm);

#endif
