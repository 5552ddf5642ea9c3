// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What every snapshot of the GPU begins with: who it is, its registers, the firmware's interfaces.
 *
 * Called by garm_dump.c; reads registers and interface memory.
 */
#include <linux/ktime.h>
#include <linux/utsname.h>

#include "garm_dump.h"
#include "garm_fw_priv.h"

/* --- Registers --- */

#define REG32(reg)                  \
	{                           \
#reg, reg, 32, NULL \
	}
#define REG64(reg)                  \
	{                           \
#reg, reg, 64, NULL \
	}
#define REG_INT(block, reg)                                         \
	{                                                           \
#block "_" #reg, block##_BASE + INT_##reg, 32, NULL \
	}

static const struct garm_dump_field dump_regs[] = {
	REG32(GPU_ID),
	REG32(GPU_REVID),
	REG32(GPU_CSF_ID),
	REG32(GPU_STATUS),
	REG32(GPU_FAULT_STATUS),
	REG64(GPU_FAULT_ADDR),
	REG_INT(GPU_INT, RAWSTAT),
	REG_INT(GPU_INT, MASK),
	REG_INT(JOB_INT, RAWSTAT),
	REG_INT(JOB_INT, MASK),
	REG_INT(MMU_INT, RAWSTAT),
	REG_INT(MMU_INT, MASK),
	REG32(MCU_CONTROL),
	REG32(MCU_STATUS),
	REG64(GPU_SHADER_PRESENT),
	REG64(GPU_SHADER_READY),
	REG64(GPU_SHADER_PWRTRANS),
	REG64(GPU_SHADER_PWRACTIVE),
	REG64(GPU_TILER_PRESENT),
	REG64(GPU_TILER_READY),
	REG64(GPU_TILER_PWRTRANS),
	REG64(GPU_TILER_PWRACTIVE),
	REG64(GPU_L2_PRESENT),
	REG64(GPU_L2_READY),
	REG64(GPU_L2_PWRTRANS),
	REG64(GPU_L2_PWRACTIVE),
	REG32(GPU_COHERENCY_PROTOCOL),
	REG64(GPU_TIMESTAMP),
	REG64(GPU_CYCLE_COUNT),
	REG32(GPU_LATEST_FLUSH_ID),
};

/* Of an address space, from its first register. */
static const struct garm_dump_field dump_as_regs[] = {
	{ "TRANSTAB", AS_TRANSTAB(0), 64, NULL },
	{ "MEMATTR", AS_MEMATTR(0), 64, NULL },
	{ "TRANSCFG", AS_TRANSCFG(0), 64, NULL },
	{ "LOCKADDR", AS_LOCKADDR(0), 64, NULL },
	{ "STATUS", AS_STATUS(0), 32, NULL },
	{ "FAULTSTATUS", AS_FAULTSTATUS(0), 32, NULL },
	{ "FAULTADDRESS", AS_FAULTADDRESS(0), 64, NULL },
};

static const char *const dump_as_names[GARM_MAX_AS] = {
	"AS0_", "AS1_", "AS2_",	 "AS3_",  "AS4_",  "AS5_",  "AS6_",  "AS7_",
	"AS8_", "AS9_", "AS10_", "AS11_", "AS12_", "AS13_", "AS14_", "AS15_",
};

static void dump_regs_at(struct garm_device *gdev, struct garm_dump *dump, const char *heading,
			 const char *block, u32 base, const struct garm_dump_field *fields,
			 u32 count)
{
	u64 *values = garm_dump_values(dump, heading, block, fields, count);

	for (u32 i = 0; values && i < count; i++) {
		u32 offset = base + fields[i].offset;

		values[i] = fields[i].bits == 64 ? garm_read64(gdev, offset) :
						   garm_read(gdev, offset);
	}
}

static void dump_registers(struct garm_device *gdev, struct garm_dump *dump)
{
	unsigned long spaces = gdev->gpu_info.as_present;
	u32 as;

	if (!garm_device_powered(gdev)) {
		garm_dump_section(dump, "registers");
		garm_dump_add(dump, "error the device is off");
		return;
	}
	dump_regs_at(gdev, dump, "registers", "", 0, dump_regs, ARRAY_SIZE(dump_regs));
	for_each_set_bit(as, &spaces, GARM_MAX_AS)
		dump_regs_at(gdev, dump, NULL, dump_as_names[as], MMU_AS(as) - MMU_AS(0),
			     dump_as_regs, ARRAY_SIZE(dump_as_regs));
}

static void dump_head(struct garm_device *gdev, struct garm_dump *dump, const char *why)
{
	garm_dump_section(dump, "garm-dump version=1");
	garm_dump_add(dump, "reason %s", why);
	garm_dump_add(dump, "kernel %s", init_utsname()->release);
	garm_dump_add(dump, "driver %s %d.%d", gdev->base.driver->name, gdev->base.driver->major,
		      gdev->base.driver->minor);
	garm_dump_add(dump, "time %llu", ktime_get_boottime_ns());
	garm_dump_add(dump, "resets %d", atomic_read(&gdev->reset.count));
	if (garm_device_reset_pending(gdev))
		garm_dump_add(dump, "reset_pending %s", READ_ONCE(gdev->reset.why) ?: "yes");
	garm_dump_add(dump, "gpu_id 0x%08x", gdev->gpu_info.gpu_id);
	garm_dump_add(dump, "coherent %d", gdev->coherent);
}

/* --- The firmware's interfaces --- */

#define FIELD32(type, member)                                    \
	{                                                        \
#member, offsetof(struct type, member), 32, NULL \
	}
#define FIELD64(type, member)                                    \
	{                                                        \
#member, offsetof(struct type, member), 64, NULL \
	}
#define FIELD_WORD(type, member, fn)                           \
	{                                                      \
#member, offsetof(struct type, member), 32, fn \
	}

static const char *dump_exception(u32 value)
{
	return garm_exception_name(CS_EXCEPTION_TYPE(value));
}

static const char *dump_blocked(u32 value)
{
	static const char *const names[] = {
		[CS_STATUS_BLOCKED_NONE] = "UNBLOCKED",	   [CS_STATUS_BLOCKED_SB] = "SCOREBOARD",
		[CS_STATUS_BLOCKED_PROGRESS] = "PROGRESS", [CS_STATUS_BLOCKED_SYNC] = "SYNC_WAIT",
		[CS_STATUS_BLOCKED_DEFERRED] = "DEFERRED", [CS_STATUS_BLOCKED_RES] = "RESOURCE",
		[CS_STATUS_BLOCKED_FLUSH] = "FLUSH",
	};

	value = CS_STATUS_BLOCKED(value);
	return value < ARRAY_SIZE(names) ? names[value] : "UNKNOWN";
}

static const struct garm_dump_field glb_in_fields[] = {
	FIELD32(fw_glb_in, req),
	FIELD32(fw_glb_in, ack_irq_mask),
	FIELD32(fw_glb_in, doorbell_req),
	FIELD32(fw_glb_in, progress_timer),
	FIELD32(fw_glb_in, poweroff_timer),
	FIELD64(fw_glb_in, core_en_mask),
	FIELD32(fw_glb_in, idle_timer),
};

static const struct garm_dump_field glb_out_fields[] = {
	FIELD32(fw_glb_out, ack),
	FIELD32(fw_glb_out, doorbell_ack),
	FIELD32(fw_glb_out, halt_status),
};

static const struct garm_dump_field csg_in_fields[] = {
	FIELD32(fw_csg_in, req),
	FIELD32(fw_csg_in, ack_irq_mask),
	FIELD32(fw_csg_in, doorbell_req),
	FIELD32(fw_csg_in, cs_irq_ack),
	FIELD64(fw_csg_in, allow_compute),
	FIELD64(fw_csg_in, allow_fragment),
	FIELD32(fw_csg_in, allow_other),
	FIELD32(fw_csg_in, endpoint_req),
	FIELD64(fw_csg_in, endpoint_req2),
	FIELD64(fw_csg_in, suspend_buf),
	FIELD64(fw_csg_in, protm_suspend_buf),
	FIELD32(fw_csg_in, config),
};

static const struct garm_dump_field csg_out_fields[] = {
	FIELD32(fw_csg_out, ack),
	FIELD32(fw_csg_out, doorbell_ack),
	FIELD32(fw_csg_out, cs_irq_req),
	FIELD32(fw_csg_out, status_endpoint_current),
	FIELD32(fw_csg_out, status_endpoint_req),
	FIELD32(fw_csg_out, status_state),
	FIELD32(fw_csg_out, resource_dep),
};

static const struct garm_dump_field cs_in_fields[] = {
	FIELD32(fw_cs_in, req),
	FIELD32(fw_cs_in, config),
	FIELD32(fw_cs_in, ack_irq_mask),
	FIELD64(fw_cs_in, ringbuf_base),
	FIELD32(fw_cs_in, ringbuf_size),
	FIELD64(fw_cs_in, heap_start),
	FIELD64(fw_cs_in, heap_end),
	FIELD64(fw_cs_in, ringbuf_input),
	FIELD64(fw_cs_in, ringbuf_output),
	FIELD32(fw_cs_in, instr_config),
};

static const struct garm_dump_field cs_out_fields[] = {
	FIELD32(fw_cs_out, ack),
	FIELD64(fw_cs_out, status_cmd_ptr),
	FIELD32(fw_cs_out, status_wait),
	FIELD32(fw_cs_out, status_req_resource),
	FIELD64(fw_cs_out, status_wait_sync_ptr),
	FIELD32(fw_cs_out, status_wait_sync_value),
	FIELD32(fw_cs_out, status_wait_sync_value_hi),
	FIELD32(fw_cs_out, status_scoreboards),
	FIELD_WORD(fw_cs_out, status_blocked_reason, dump_blocked),
	FIELD_WORD(fw_cs_out, fault, dump_exception),
	FIELD64(fw_cs_out, fault_info),
	FIELD_WORD(fw_cs_out, fatal, dump_exception),
	FIELD64(fw_cs_out, fatal_info),
	FIELD32(fw_cs_out, heap_vt_start),
	FIELD32(fw_cs_out, heap_vt_end),
	FIELD32(fw_cs_out, heap_frag_end),
	FIELD64(fw_cs_out, heap_address),
};

static void dump_fields(struct garm_dump *dump, const char *heading, const char *block,
			const void *base, const struct garm_dump_field *fields, u32 count)
{
	u64 *values = garm_dump_values(dump, heading, block, fields, count);

	for (u32 i = 0; values && i < count; i++) {
		const u32 *words = base + fields[i].offset;

		values[i] = READ_ONCE(words[0]);
		if (fields[i].bits == 64)
			values[i] |= (u64)READ_ONCE(words[1]) << 32;
	}
}

static void dump_csg(struct garm_dump *dump, struct garm_fw *fw, u32 slot)
{
	const struct garm_csg_iface *csg = &fw->csg[slot];
	u32 req = READ_ONCE(csg->in->req), ack = READ_ONCE(csg->out->ack);
	char heading[24];

	if (!((req | ack) & CSG_STATE_MASK) && req == ack)
		return;
	scnprintf(heading, sizeof(heading), "csg slot=%u", slot);
	dump_fields(dump, heading, "in.", csg->in, csg_in_fields, ARRAY_SIZE(csg_in_fields));
	dump_fields(dump, NULL, "out.", csg->out, csg_out_fields, ARRAY_SIZE(csg_out_fields));
	for (u32 i = 0; i < fw->stream_num; i++) {
		const struct garm_cs_iface *cs = &fw->cs[slot * fw->stream_num + i];

		req = READ_ONCE(cs->in->req);
		ack = READ_ONCE(cs->out->ack);
		if (!((req | ack) & CS_STATE_MASK) && req == ack)
			continue;
		scnprintf(heading, sizeof(heading), "cs slot=%u cs=%u", slot, i);
		dump_fields(dump, heading, "in.", cs->in, cs_in_fields, ARRAY_SIZE(cs_in_fields));
		dump_fields(dump, NULL, "out.", cs->out, cs_out_fields, ARRAY_SIZE(cs_out_fields));
	}
}

static void dump_firmware(struct garm_device *gdev, struct garm_dump *dump)
{
	struct garm_fw *fw = gdev->fw;

	garm_dump_section(dump, "firmware");
	garm_dump_add(dump, "ready %d", READ_ONCE(fw->ready));
	if (!fw->discovered)
		return;
	garm_dump_add(dump, "version %u.%u.%u", FW_VERSION_MAJOR(fw->glb.version),
		      FW_VERSION_MINOR(fw->glb.version), FW_VERSION_PATCH(fw->glb.version));
	garm_dump_add(dump, "groups %u", fw->glb.group_num);
	garm_dump_add(dump, "streams %u", fw->stream_num);
	dump_fields(dump, "glb", "in.", fw->glb.in, glb_in_fields, ARRAY_SIZE(glb_in_fields));
	dump_fields(dump, NULL, "out.", fw->glb.out, glb_out_fields, ARRAY_SIZE(glb_out_fields));
	for (u32 slot = 0; slot < fw->glb.group_num; slot++)
		dump_csg(dump, fw, slot);
}

/**
 * garm_dump_state() - the first part of every snapshot: header, registers, interfaces
 * @gdev: the device
 * @dump: the snapshot
 * @why: for the reader
 *
 * Context: any; takes no lock, so that it can be called with any. Writes nothing.
 */
void garm_dump_state(struct garm_device *gdev, struct garm_dump *dump, const char *why)
{
	dump_head(gdev, dump, why);
	dump_registers(gdev, dump);
	dump_firmware(gdev, dump);
}
