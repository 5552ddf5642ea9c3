/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Address spaces of the GPU: slots, commands, faults. VMs are in garm_vm.h.
 *
 * Slot 0 belongs to the firmware's VM; the others are shared by user VMs, least recently used first
 * out. Implemented in garm_mmu.c; called by garm_vm.c (activation, flush after a change) and
 * garm_device.c.
 */
#ifndef GARM_MMU_H
#define GARM_MMU_H

#include <linux/types.h>

struct garm_device;
struct garm_mmu;
struct garm_vm;

int garm_mmu_init(struct garm_device *gdev);
void garm_mmu_unplug(struct garm_device *gdev);
void garm_mmu_suspend(struct garm_device *gdev);	/* all slots off; users keep their claim */
void garm_mmu_resume(struct garm_device *gdev);
void garm_mmu_pre_reset(struct garm_device *gdev);
void garm_mmu_post_reset(struct garm_device *gdev);

/**
 * garm_vm_activate() - get the VM an address-space slot and keep it there
 *
 * Counted; called when a group of the VM gets a CSG slot. Return: the slot, or -EBUSY when all
 * slots are held by active VMs, -ENODEV, -ETIMEDOUT of the hardware (a reset was requested). On the
 * fence-signalling path: allocates nothing.
 */
int garm_vm_activate(struct garm_vm *vm);
void garm_vm_deactivate(struct garm_vm *vm);	/* the slot can be taken by others */
int garm_vm_as(struct garm_vm *vm);		/* slot, or -1 */
/* For reclaim: garm_mmu_op_begin() without waiting. */
bool garm_mmu_op_try_begin(struct garm_mmu *mmu);
void garm_mmu_op_end(struct garm_mmu *mmu);
u32 garm_mmu_fault_mask(struct garm_device *gdev, u32 status);

#endif
