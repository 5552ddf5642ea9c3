// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Files in debugfs, one folder per device: what there is, and what it is doing.
 *
 * Called by garm_drv.c and garm_gem.c; only reads what the other rooms have. Every file is read
 * inside drm_dev_enter(): afterwards there is nothing to show (ENODEV).
 *
 * Locks: what is printed in one row is consistent, because the lock that protects it is held while
 * the row is printed. Nothing is allocated under these locks, some of which are on the
 * fence-signalling path: seq_file allocates before and after. Locks under which others allocate
 * (those of heaps) are taken with no other lock held; see next_vm().
 *
 * Text that user space chose (labels, names of tasks) is escaped, so that a row stays a row.
 * Addresses are those of the GPU; no address of the kernel is printed.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_managed.h>

#include "garm_debugfs.h"
#include "garm_device.h"
#include "garm_gem.h"
#include "garm_heap.h"
#include "garm_sched_internal.h"
#include "garm_vm_internal.h"

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

/* In a column of @width characters, one more behind it. */
static void put_text(struct seq_file *m, const char *text, int width)
{
	size_t start = m->count;

	seq_escape_str(m, text, ESCAPE_ANY_NP, "");
	seq_printf(m, "%*s", max(1, width + 1 - (int)(m->count - start)), "");
}

static void put_task(struct seq_file *m, const char *comm, u32 pid, int width)
{
	char text[TASK_COMM_LEN + 16];

	snprintf(text, sizeof(text), "%.*s/%u", TASK_COMM_LEN, comm, pid);
	put_text(m, text, width);
}

/*
 * Buffer objects
 */

/** garm_debugfs_add_bo() - an object that is complete. Takes gems.lock */
void garm_debugfs_add_bo(struct garm_device *gdev, struct garm_bo *bo)
{
	mutex_lock(&gdev->gems.lock);
	list_add_tail(&bo->node, &gdev->gems.list);
	mutex_unlock(&gdev->gems.lock);
}

/** garm_debugfs_remove_bo() - undo it; also for an object that was not added */
void garm_debugfs_remove_bo(struct garm_device *gdev, struct garm_bo *bo)
{
	mutex_lock(&gdev->gems.lock);
	list_del_init(&bo->node);
	mutex_unlock(&gdev->gems.lock);
}

static void show_bo(struct seq_file *m, struct garm_bo *bo, u64 *size, u64 *resident)
{
	unsigned int refs = kref_read(&bo->base.refcount);
	u64 pages = READ_ONCE(bo->pages) ? bo->base.size : 0;

	/* It is being freed. */
	if (!refs)
		return;
	put_task(m, bo->creator, bo->creator_pid, 24);
	seq_printf(m, "%4u %4u %5u %12zu %12llu 0x%-12lx 0x%-3x ", refs, READ_ONCE(bo->pins),
		   READ_ONCE(bo->vmaps), bo->base.size, pages,
		   drm_vma_node_start(&bo->base.vma_node), bo->flags);
	put_text(m, drm_gem_is_imported(&bo->base) ? "imported" :
		    READ_ONCE(bo->base.dma_buf) ? "exported" : "-", 8);
	put_text(m, bo->fw_mapped ? "firmware" : bo->kernel ? "kernel" : "user", 8);
	put_text(m, bo->exclusive_vm ? "yes" : "no", 7);
	mutex_lock(&bo->label_lock);
	if (bo->label)
		seq_escape_str(m, bo->label, ESCAPE_ANY_NP, "");
	mutex_unlock(&bo->label_lock);
	seq_putc(m, '\n');
	*size += bo->base.size;
	*resident += pages;
}

/* "gems": every buffer object, the driver's own too. */
static void show_gems(struct garm_device *gdev, struct seq_file *m)
{
	u64 size = 0, resident = 0;
	struct garm_bo *bo;

	seq_puts(m, "created-by               refs pins vmaps         size     resident ");
	seq_puts(m, "offset         flags state    use      private label\n");
	mutex_lock(&gdev->gems.lock);
	list_for_each_entry(bo, &gdev->gems.list, node)
		show_bo(m, bo, &size, &resident);
	mutex_unlock(&gdev->gems.lock);
	seq_printf(m, "total size %llu resident %llu\n", size, resident);
}

/*
 * VMs and heaps
 */

/* "vms": what "vm" means in tracepoints and in the other tables. */
static void show_vms(struct garm_device *gdev, struct seq_file *m)
{
	struct garm_mmu *mmu = gdev->mmu;
	struct garm_vm *vm;

	seq_puts(m, "vm     owner     as users user-end         faulted unusable destroyed binds\n");
	mutex_lock(&mmu->vms_lock);
	list_for_each_entry(vm, &mmu->vms, node) {
		seq_printf(m, "%-6u %-8s %3d %5u 0x%-14llx %-7s %-8s %-9s %s\n", vm->id,
			   vm->for_fw ? "firmware" : "user", READ_ONCE(vm->as.slot),
			   READ_ONCE(vm->as.active), vm->user_end, yes_no(READ_ONCE(vm->faulted)),
			   yes_no(READ_ONCE(vm->unusable)), yes_no(READ_ONCE(vm->destroyed)),
			   vm->for_fw || jobq_idle(&vm->bindq) ? "idle" : "queued");
	}
	mutex_unlock(&mmu->vms_lock);
}

/*
 * The VM after @last in the order of their numbers, with a reference, so that it can be looked at
 * without the list's lock; NULL at the end. One that is being freed is passed over.
 */
static struct garm_vm *next_vm(struct garm_mmu *mmu, u32 last)
{
	struct garm_vm *vm, *best;

	mutex_lock(&mmu->vms_lock);
	do {
		best = NULL;
		list_for_each_entry(vm, &mmu->vms, node) {
			if (vm->id > last && (!best || vm->id < best->id) &&
			    kref_read(&vm->base.kref))
				best = vm;
		}
	} while (best && !kref_get_unless_zero(&best->base.kref));
	mutex_unlock(&mmu->vms_lock);
	return best;
}

/* Bytes of a mapping that leaves of 2 MiB translate. op_lock is held. */
static u64 large_bytes(struct garm_vm *vm, const struct drm_gpuva *va)
{
	u64 end = va->va.addr + va->va.range, bytes = 0;

	for (u64 at = ALIGN(va->va.addr, SZ_2M); at + SZ_2M <= end; at += SZ_2M) {
		if (garm_pt_may_be_block(vm, at))
			bytes += SZ_2M;
	}
	return bytes;
}

/* "leaves": how much of each VM is translated by leaves of either size, how much is evicted. */
static void show_leaves(struct garm_device *gdev, struct seq_file *m)
{
	struct garm_vm *vm;
	u32 last = 0;

	seq_puts(m, "vm               4K           2M      evicted\n");
	while ((vm = next_vm(gdev->mmu, last))) {
		u64 all = 0, large = 0, evicted = 0;
		struct drm_gpuva *va;

		last = vm->id;
		mutex_lock(&vm->op_lock);
		drm_gpuvm_for_each_va(va, &vm->base) {
			const struct garm_vma *vma = container_of(va, struct garm_vma, base);

			if (vma->evicted) {
				evicted += va->va.range;
				continue;
			}
			all += va->va.range;
			/* Those of terabytes repeat one leaf. */
			if (!(vma->flags & DRM_PANTHOR_VM_BIND_OP_MAP_SPARSE))
				large += large_bytes(vm, va);
		}
		mutex_unlock(&vm->op_lock);
		seq_printf(m, "%-6u %12llu %12llu %12llu\n", last, all - large, large, evicted);
		garm_vm_put(vm);
	}
}

static void show_mapping(struct seq_file *m, u32 vm, struct drm_gpuva *va)
{
	const struct garm_vma *vma = container_of(va, struct garm_vma, base);
	struct garm_bo *bo = to_garm_bo(va->gem.obj);

	seq_printf(m, "%-6u 0x%-14llx 0x%-12llx 0x%-12llx 0x%-3x ", vm, va->va.addr, va->va.range,
		   va->gem.offset, vma->flags);
	mutex_lock(&bo->label_lock);
	if (bo->label)
		seq_escape_str(m, bo->label, ESCAPE_ANY_NP, "");
	mutex_unlock(&bo->label_lock);
	seq_putc(m, '\n');
}

/*
 * "gpuvas": every mapping of every VM. DRM has a function with this table, but it prints addresses
 * of kernel objects.
 */
static void show_gpuvas(struct garm_device *gdev, struct seq_file *m)
{
	struct drm_gpuva *va;
	struct garm_vm *vm;

	seq_puts(m, "vm     start            size           offset         flags label\n");
	for (u32 last = 0; (vm = next_vm(gdev->mmu, last)); last = vm->id, garm_vm_put(vm)) {
		mutex_lock(&vm->op_lock);
		drm_gpuvm_for_each_va(va, &vm->base) {
			if (va->gem.obj)
				show_mapping(m, vm->id, va);
		}
		mutex_unlock(&vm->op_lock);
	}
}

/* "heaps": tiler heaps of every VM. */
static void show_heaps(struct garm_device *gdev, struct seq_file *m)
{
	struct garm_heap_pool *heaps;
	struct garm_vm *vm;

	seq_puts(m, "vm     heap context            chunks  max chunk-size target first-chunk\n");
	for (u32 last = 0; (vm = next_vm(gdev->mmu, last)); last = vm->id, garm_vm_put(vm)) {
		heaps = garm_vm_heaps(vm, false);
		if (IS_ERR(heaps))
			continue;
		garm_heap_pool_show(heaps, vm->id, m);
		garm_heap_pool_put(heaps);
	}
}

/*
 * Groups and slots
 */

static const char *class_name(enum garm_cand_class class)
{
	static const char *const names[] = {
		[GARM_CAND_IDLE] = "idle",
		[GARM_CAND_WAITING] = "waiting",
		[GARM_CAND_READY] = "ready",
	};

	return names[class];
}

static void show_queue(struct seq_file *m, const struct garm_queue *queue)
{
	const char *doing = "busy";

	if (queue->group->blocked_queues & BIT(queue->index))
		doing = "blocked";
	else if (queue->group->idle_queues & BIT(queue->index))
		doing = "idle";
	if (queue->group->fatal_queues & BIT(queue->index))
		doing = "fatal";
	seq_printf(m, "  %-16s prio %-2u ring %-5u insert 0x%llx extract 0x%llx ", queue->name,
		   queue->priority, queue->ring_size, queue->insert,
		   READ_ONCE(queue->out->extract));
	seq_printf(m, "written %llu done %llu %s", queue->submitted, queue->done, doing);
	if (queue->wait.valid)
		seq_printf(m, " until [0x%llx] %s 0x%llx", queue->wait.va,
			   queue->wait.gt ? ">" : "<=", queue->wait.ref);
	seq_putc(m, '\n');
}

static void show_group(struct seq_file *m, const struct garm_group *group)
{
	seq_printf(m, "%-6llu %-5u %-6u ", group->client, group->serial, group->vm->id);
	put_task(m, group->task.comm, group->task.pid, 24);
	seq_printf(m, "%4u %-9s %4d %-7s %-8s %-8s %-9s %s\n", group->cand.priority,
		   garm_group_state_name(group->state), group->cand.slot,
		   class_name(group->cand.class), yes_no(group->timedout),
		   yes_no(group->innocent), yes_no(group->destroyed), yes_no(group->vm_gone));
	for (u32 i = 0; i < group->queue_count; i++)
		show_queue(m, &group->queues[i]);
}

/* "groups": every group that is not dead, with its queues. */
static void show_groups(struct garm_device *gdev, struct seq_file *m)
{
	struct garm_sched *sched = gdev->sched;
	struct garm_group *group;

	seq_puts(m, "client group vm     task                     prio state     slot wants   ");
	seq_puts(m, "timedout innocent destroyed vm-gone\n");
	mutex_lock(&sched->lock);
	list_for_each_entry(group, &sched->groups, node)
		show_group(m, group);
	mutex_unlock(&sched->lock);
}

static void show_group_slots(struct garm_sched *sched, struct seq_file *m)
{
	seq_printf(m, "group slots: %s, %u ready groups at the last tick\n",
		   sched->on ? "in use" : "shut", sched->busy);
	seq_puts(m, "slot client group vm     state     prio req        ack\n");
	for (u32 slot = 0; slot < sched->slot_count; slot++) {
		const struct garm_csg_iface *csg = garm_fw_csg(sched->gdev, slot);
		const struct garm_group *group = sched->slots[slot];

		seq_printf(m, "%4u ", slot);
		if (group)
			seq_printf(m, "%-6llu %-5u %-6u %-9s %4u ", group->client, group->serial,
				   group->vm->id, garm_group_state_name(group->state),
				   group->cand.fw_priority);
		else
			seq_printf(m, "%-6s %-5s %-6s %-9s %4s ", "-", "-", "-", "free", "-");
		seq_printf(m, "0x%08x 0x%08x\n", READ_ONCE(csg->in->req),
			   READ_ONCE(csg->out->ack));
	}
}

static void show_as_slots(struct garm_mmu *mmu, struct seq_file *m)
{
	seq_printf(m, "\naddress spaces: %s\n", mmu->up ? "in use" : "shut");
	seq_puts(m, "slot vm     state    users locked\n");
	for (u32 as = 0; as < GARM_MAX_AS; as++) {
		const struct garm_vm *vm = mmu->slots[as].vm;

		if (!(mmu->gdev->gpu_info.as_present & BIT(as)))
			continue;
		if (!vm) {
			seq_printf(m, "%4u %-6s free\n", as, "-");
			continue;
		}
		seq_printf(m, "%4u %-6u %-8s %5u ", as, vm->id, mmu->slots[as].on ? "on" : "off",
			   vm->as.active);
		if (vm->as.lock_size)
			seq_printf(m, "0x%llx+0x%llx\n", vm->as.lock_start, vm->as.lock_size);
		else
			seq_puts(m, "-\n");
	}
}

/* "slots": who has the firmware's group slots and the MMU's address spaces, at one time each. */
static void show_slots(struct garm_device *gdev, struct seq_file *m)
{
	mutex_lock(&gdev->sched->lock);
	show_group_slots(gdev->sched, m);
	mutex_unlock(&gdev->sched->lock);
	mutex_lock(&gdev->mmu->slots_lock);
	show_as_slots(gdev->mmu, m);
	mutex_unlock(&gdev->mmu->slots_lock);
}

/*
 * The device
 */

static void show_device(struct garm_device *gdev, struct seq_file *m)
{
	static const char * const states[] = {
		[GARM_PM_SUSPENDED] = "suspended",
		[GARM_PM_RESUMING] = "resuming",
		[GARM_PM_ACTIVE] = "active",
		[GARM_PM_SUSPENDING] = "suspending",
	};

	seq_printf(m, "power: %s\n", states[atomic_read(&gdev->pm.state)]);
	seq_printf(m, "coherent: %d\n", gdev->coherent);
	seq_printf(m, "resets: %d\n", atomic_read(&gdev->reset.count));
	seq_printf(m, "reset pending: %d\n", garm_device_reset_pending(gdev));
	seq_printf(m, "last reset: %s\n", READ_ONCE(gdev->reset.why) ?: "none");
	seq_printf(m, "next boot: %s\n", gdev->reset.fast ? "fast" : "slow");
}

/* The file's function is its drm_info_list.data. */
static int show(struct seq_file *m, void *unused)
{
	struct drm_info_node *node = m->private;
	void (*table)(struct garm_device *gdev, struct seq_file *m) = node->info_ent->data;
	int idx;

	if (!drm_dev_enter(node->minor->dev, &idx))
		return -ENODEV;
	table(to_garm_device(node->minor->dev), m);
	drm_dev_exit(idx);
	return 0;
}

static const struct drm_info_list files[] = {
	{ "device", show, 0, show_device },
	{ "gems", show, 0, show_gems },
	{ "gpuvas", show, 0, show_gpuvas },
	{ "groups", show, 0, show_groups },
	{ "heaps", show, 0, show_heaps },
	{ "leaves", show, 0, show_leaves },
	{ "slots", show, 0, show_slots },
	{ "vms", show, 0, show_vms },
};

/* "1" resets the GPU, for tests of recovery. */
static int debugfs_reset(void *data, u64 value)
{
	if (value != 1)
		return -EINVAL;
	garm_device_reset(data, "written to debugfs");
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(debugfs_reset_fops, NULL, debugfs_reset, "%llu\n");

/** garm_debugfs_files() - drm_driver.debugfs_init */
void garm_debugfs_files(struct drm_minor *minor)
{
	drm_debugfs_create_files(files, ARRAY_SIZE(files), minor->debugfs_root, minor);
	debugfs_create_file("reset", 0200, minor->debugfs_root, to_garm_device(minor->dev),
			    &debugfs_reset_fops);
	garm_shrink_debugfs_init(minor);
}

/** garm_debugfs_setup() - the list of objects. Return: 0 or -ENOMEM; probe only */
int garm_debugfs_setup(struct garm_device *gdev)
{
	INIT_LIST_HEAD(&gdev->gems.list);
	return drmm_mutex_init(&gdev->base, &gdev->gems.lock);
}
