/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the firmware's room share: garm_fw.c (load, boot, halt), garm_fw_iface.c
 * (discovery and configuration), garm_fw_req.c (requests). Nobody else includes it.
 */
#ifndef GARM_FW_PRIV_H
#define GARM_FW_PRIV_H

#include <linux/wait.h>
#include <linux/workqueue.h>

#include "garm_device.h"
#include "garm_fw.h"
#include "garm_fw_image.h"
#include "garm_gem.h"

struct garm_dump;

/*
 * struct garm_fw_section - a section in memory. Constant between garm_fw_init() and
 * garm_fw_unplug()
 */
struct garm_fw_section {
	struct garm_kbo *kbo; /* always mapped for the CPU: a reset must not allocate */
	u32 va, size;
	u32 flags;
	void *data; /* initial contents, for reloads; kvmalloc */
	u32 data_size;
	char name[24];
};

/*
 * struct garm_fw - the microcontroller and its firmware
 * @wait: everybody who waits for an acknowledgment or the boot; woken by the JOB interrupt
 * @booted: the firmware raised its first interrupt since MCU_CONTROL was written; interrupt thread
 * and boot
 * @ready: interfaces may be used: boot, discovery and configuration are done; READ_ONCE
 * @enabled: MCU_CONTROL is not DISABLE; boot and halt only, which the device serialises
 * @irq_on, @vm_active: likewise
 * @ping: watchdog, on the reset workqueue
 * @dump: the snapshot for device core dumps (garm_dump.c)
 */
struct garm_fw {
	struct garm_device *gdev;
	struct garm_irq irq;
	struct garm_vm *vm;
	struct garm_fw_section *sections;
	unsigned int section_count;
	struct garm_fw_section *shared;

	wait_queue_head_t wait;
	bool booted;
	bool ready;
	bool enabled, irq_on, vm_active;
	struct delayed_work ping;
	struct garm_dump *dump;

	bool discovered; /* the fields below are constant from now on */
	u32 stream_num;
	struct garm_glb_iface glb;
	struct garm_csg_iface csg[GARM_MAX_CSGS];
	struct garm_cs_iface *cs; /* [group_num][stream_num], device-managed */
};

/* garm_fw_iface.c */
int garm_fw_discover(struct garm_device *gdev, bool kept);
void garm_fw_configure(struct garm_device *gdev);
bool garm_fw_has_glb_state(struct garm_device *gdev);

/* garm_dump_state.c */
void garm_dump_state(struct garm_device *gdev, struct garm_dump *dump, const char *why);

#endif
