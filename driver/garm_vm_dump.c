// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The map of a VM in a device core dump.
 *
 * Called by garm_dump.c when a dump is delivered, off the fence-signalling path; reads the tree of
 * garm_vm.c.
 */
#include "garm_dump.h"
#include "garm_vm_internal.h"

static void vm_dump_mapping(struct garm_dump *dump, struct drm_gpuva *va)
{
	const struct garm_vma *vma = container_of(va, struct garm_vma, base);
	struct garm_bo *bo = to_garm_bo(va->gem.obj);

	mutex_lock(&bo->label_lock);
	garm_dump_map(dump, va->va.addr, va->va.range, va->gem.offset, vma->flags, bo->label);
	mutex_unlock(&bo->label_lock);
}

/**
 * garm_vm_dump() - add every mapping of a VM to a dump
 * @vm: the VM
 * @dump: the dump
 *
 * Takes op_lock. The dump's memory comes from GFP_NOWAIT, as that lock demands.
 */
void garm_vm_dump(struct garm_vm *vm, struct garm_dump *dump)
{
	struct drm_gpuva *va;

	garm_dump_section(dump, "vm as=%d faulted=%d usable=%d", garm_vm_as(vm),
			  garm_vm_faulted(vm), garm_vm_usable(vm));
	mutex_lock(&vm->op_lock);
	drm_gpuvm_for_each_va(va, &vm->base) {
		if (va->gem.obj)
			vm_dump_mapping(dump, va);
	}
	mutex_unlock(&vm->op_lock);
}
