/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The firmware's interface memory: global, group (CSG) and stream (CS) blocks.
 *
 * Layouts only; the accessors are in garm_fw.h. "in" blocks are written by the driver and read by
 * the firmware, "out" blocks the other way round. The firmware is not trusted: read a field once
 * (READ_ONCE), check it, use the copy. Source: driver-facts B.7; a test compares it with the
 * model's (hw/mcu/fw_if.h).
 */
#ifndef GARM_FW_IF_H
#define GARM_FW_IF_H

#include <linux/bits.h>
#include <linux/types.h>

#define FW_CSG_CONTROL_START	0x1000	/* of the first group's control block */
#define FW_CS_CONTROL_START	0x40	/* of the first stream's, from its group's */

struct fw_glb_control {
	u32 version;			/* major 31:24, minor 23:16, patch 15:0 */
	u32 features;
	u32 input_va;
	u32 output_va;
	u32 group_num;
	u32 group_stride;
	u32 perfcnt_size;
	u32 instr_features;		/* from 1.1 */
};

#define FW_VERSION_MAJOR(v)	((v) >> 24)
#define FW_VERSION_MINOR(v)	(((v) >> 16) & 0xff)
#define FW_VERSION_PATCH(v)	((v) & 0xffff)
#define FW_VERSION(major, minor, patch) ((major) << 24 | (minor) << 16 | (patch))

struct fw_glb_in {
	u32 req;			/* 0x00 */
#define GLB_HALT			BIT(0)
#define GLB_CFG_PROGRESS_TIMER		BIT(1)
#define GLB_CFG_ALLOC_EN		BIT(2)
#define GLB_CFG_POWEROFF_TIMER		BIT(3)
#define GLB_PROTM_ENTER			BIT(4)
#define GLB_PERFCNT_EN			BIT(5)
#define GLB_PERFCNT_SAMPLE		BIT(6)
#define GLB_COUNTER_EN			BIT(7)
#define GLB_PING			BIT(8)
#define GLB_FWCFG_UPDATE		BIT(9)
#define GLB_IDLE_EN			BIT(10)
#define GLB_SLEEP			BIT(12)
#define GLB_STATE_MASK			GENMASK(14, 12)	/* from 4.1 */
#define GLB_STATE(n)			((n) << 12)
#define GLB_STATE_ACTIVE		0
#define GLB_STATE_HALT			1
#define GLB_INACTIVE_COMPUTE		BIT(20)
#define GLB_INACTIVE_FRAGMENT		BIT(21)
#define GLB_INACTIVE_TILER		BIT(22)
#define GLB_PROTM_EXIT			BIT(23)
#define GLB_IDLE_EVENT			BIT(26)
	u32 ack_irq_mask;		/* 0x04 */
	u32 doorbell_req;		/* 0x08: a bit per group */
	u32 reserved1;
	u32 progress_timer;		/* 0x10: units of 1024 cycles */
	u32 poweroff_timer;		/* 0x14: GLB_TIMER_* */
#define GLB_TIMER_VALUE(n)		((n) & GENMASK(30, 0))
#define GLB_TIMER_GPU_COUNTER		BIT(31)	/* GPU cycles, not the architected timer */
	u64 core_en_mask;		/* 0x18 */
	u32 reserved2;			/* 0x20 */
	u32 perfcnt_as;			/* 0x24 */
	u64 perfcnt_base;		/* 0x28 */
	u32 perfcnt_extract;		/* 0x30 */
	u32 reserved3[3];
	u32 perfcnt_config;		/* 0x40 */
	u32 perfcnt_csg_select;
	u32 perfcnt_fw_enable;
	u32 perfcnt_csg_enable;
	u32 perfcnt_csf_enable;		/* 0x50 */
	u32 perfcnt_shader_enable;
	u32 perfcnt_tiler_enable;
	u32 perfcnt_mmu_l2_enable;
	u32 reserved4[8];		/* 0x60 */
	u32 idle_timer;			/* 0x80 */
	u32 reserved5;
};

struct fw_glb_out {
	u32 ack;			/* 0x00 */
	u32 reserved1;
	u32 doorbell_ack;		/* 0x08 */
	u32 reserved2;
	u32 halt_status;		/* 0x10 */
#define GLB_HALT_STATUS_OK		0
#define GLB_HALT_STATUS_PANIC		0x4e
#define GLB_HALT_STATUS_WATCHDOG	0x4f
	u32 perfcnt_status;		/* 0x14 */
	u32 perfcnt_insert;		/* 0x18 */
};

struct fw_csg_control {
	u32 features;
	u32 input_va;
	u32 output_va;
	u32 suspend_size;
	u32 protm_suspend_size;
	u32 stream_num;
	u32 stream_stride;
};

struct fw_csg_in {
	u32 req;			/* 0x00 */
#define CSG_STATE_MASK			GENMASK(2, 0)
#define CSG_STATE_TERMINATE		0
#define CSG_STATE_START			1
#define CSG_STATE_SUSPEND		2
#define CSG_STATE_RESUME		3
#define CSG_ENDPOINT_CONFIG		BIT(4)
#define CSG_STATUS_UPDATE		BIT(5)
#define CSG_SYNC_UPDATE			BIT(28)	/* events from here on */
#define CSG_IDLE			BIT(29)
#define CSG_DOORBELL			BIT(30)
#define CSG_PROGRESS_TIMER_EVENT	BIT(31)
#define CSG_EVENT_MASK			(CSG_SYNC_UPDATE | CSG_IDLE | CSG_PROGRESS_TIMER_EVENT)
	u32 ack_irq_mask;		/* 0x04 */
	u32 doorbell_req;		/* 0x08: a bit per stream */
	u32 cs_irq_ack;			/* 0x0c */
	u32 reserved1[4];
	u64 allow_compute;		/* 0x20 */
	u64 allow_fragment;		/* 0x28 */
	u32 allow_other;		/* 0x30: tiler cores */
	u32 endpoint_req;		/* 0x34 */
#define CSG_EP_REQ_COMPUTE(n)		((n) & GENMASK(7, 0))
#define CSG_EP_REQ_FRAGMENT(n)		(((n) << 8) & GENMASK(15, 8))
#define CSG_EP_REQ_TILER(n)		(((n) << 16) & GENMASK(19, 16))
#define CSG_EP_REQ_EXCL_COMPUTE		BIT(20)
#define CSG_EP_REQ_EXCL_FRAGMENT	BIT(21)
#define CSG_EP_REQ_PRIORITY_MASK	GENMASK(31, 28)
#define CSG_EP_REQ_PRIORITY(n)		(((u32)(n) << 28) & CSG_EP_REQ_PRIORITY_MASK)
	u64 endpoint_req2;		/* 0x38: from 4.0 */
	u64 suspend_buf;		/* 0x40 */
	u64 protm_suspend_buf;		/* 0x48 */
	u32 config;			/* 0x50: address space */
	u32 iter_trace_config;
};

struct fw_csg_out {
	u32 ack;			/* 0x00 */
	u32 reserved1;
	u32 doorbell_ack;		/* 0x08 */
	u32 cs_irq_req;			/* 0x0c */
	u32 status_endpoint_current;	/* 0x10 */
	u32 status_endpoint_req;
	u32 status_state;		/* 0x18 */
#define CSG_STATUS_STATE_IDLE		BIT(0)
	u32 resource_dep;
};

struct fw_cs_control {
	u32 features;
#define CS_FEATURES_WORK_REGS(f)	(((f) & GENMASK(7, 0)) + 1)
#define CS_FEATURES_SCOREBOARDS(f)	(((f) & GENMASK(15, 8)) >> 8)
#define CS_FEATURES_COMPUTE		BIT(16)
#define CS_FEATURES_FRAGMENT		BIT(17)
#define CS_FEATURES_TILER		BIT(18)
	u32 input_va;
	u32 output_va;
};

struct fw_cs_in {
	u32 req;			/* 0x00 */
#define CS_STATE_MASK			GENMASK(2, 0)
#define CS_STATE_STOP			0
#define CS_STATE_START			1
#define CS_EXTRACT_EVENT		BIT(4)
#define CS_IDLE_SYNC_WAIT		BIT(8)
#define CS_IDLE_PROTM_PENDING		BIT(9)
#define CS_IDLE_EMPTY			BIT(10)
#define CS_IDLE_RESOURCE_REQ		BIT(11)
#define CS_TILER_OOM			BIT(26)	/* events from here on */
#define CS_PROTM_PENDING		BIT(27)
#define CS_FATAL			BIT(30)
#define CS_FAULT			BIT(31)
#define CS_EVENT_MASK			(CS_TILER_OOM | CS_PROTM_PENDING | CS_FATAL | CS_FAULT)
	u32 config;			/* 0x04 */
#define CS_CONFIG_PRIORITY(n)		((n) & GENMASK(3, 0))
#define CS_CONFIG_DOORBELL(n)		(((n) << 8) & GENMASK(15, 8))
	u32 reserved1;
	u32 ack_irq_mask;		/* 0x0c */
	u64 ringbuf_base;		/* 0x10 */
	u32 ringbuf_size;		/* 0x18 */
	u32 reserved2;
	u64 heap_start;			/* 0x20 */
	u64 heap_end;			/* 0x28 */
	/* 0x30: address of struct fw_ring_in in the firmware's VM */
	u64 ringbuf_input;
	u64 ringbuf_output;		/* 0x38 */
	u32 instr_config;		/* 0x40 */
	u32 instrbuf_size;
	u64 instrbuf_base;
	u64 instrbuf_offset_ptr;	/* 0x50 */
};

struct fw_cs_out {
	u32 ack;			/* 0x00 */
	u32 reserved1[15];
	u64 status_cmd_ptr;		/* 0x40 */
	u32 status_wait;		/* 0x48 */
#define CS_STATUS_WAIT_SB_MASK		GENMASK(15, 0)
#define CS_STATUS_WAIT_CONDITION(w)	(((w) >> 24) & 0xf)
#define CS_STATUS_WAIT_LE		0	/* goes on when the object is <= the value */
#define CS_STATUS_WAIT_GT		1
#define CS_STATUS_WAIT_PROGRESS		BIT(28)
#define CS_STATUS_WAIT_PROTM		BIT(29)
#define CS_STATUS_WAIT_SYNC_64B		BIT(30)
#define CS_STATUS_WAIT_SYNC		BIT(31)
	u32 status_req_resource;	/* 0x4c */
	u64 status_wait_sync_ptr;	/* 0x50 */
	u32 status_wait_sync_value;	/* 0x58 */
	u32 status_scoreboards;		/* 0x5c */
	u32 status_blocked_reason;	/* 0x60 */
#define CS_STATUS_BLOCKED(r)		((r) & GENMASK(3, 0))
#define CS_STATUS_BLOCKED_NONE		0
#define CS_STATUS_BLOCKED_SB		1
#define CS_STATUS_BLOCKED_PROGRESS	2
#define CS_STATUS_BLOCKED_SYNC		3
#define CS_STATUS_BLOCKED_DEFERRED	4
#define CS_STATUS_BLOCKED_RES		5
#define CS_STATUS_BLOCKED_FLUSH		6
	u32 status_wait_sync_value_hi;	/* 0x64 */
	u32 reserved2[6];
	u32 fault;			/* 0x80 */
	u32 fatal;			/* 0x84 */
#define CS_EXCEPTION_TYPE(f)		((f) & GENMASK(7, 0))
#define CS_EXCEPTION_DATA(f)		((f) >> 8)
	u64 fault_info;			/* 0x88 */
	u64 fatal_info;			/* 0x90 */
	u32 reserved3[10];
	u32 heap_vt_start;		/* 0xc0: render passes begun, */
	u32 heap_vt_end;		/* vertex and tiling done, */
	u32 reserved4;
	u32 heap_frag_end;		/* fragment done */
	u64 heap_address;		/* 0xd0: heap context of the out-of-memory event */
};

/* A queue's ring interface: two pages in the firmware's VM. Byte counts that never wrap. */
struct fw_ring_in {
	u64 insert;
	u64 extract;
};

struct fw_ring_out {
	u64 extract;
	u32 active;
};

#define FW_RING_OUT_OFFSET	0x1000
#define FW_RING_IFACE_SIZE	0x2000

#endif
