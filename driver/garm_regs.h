/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Registers of Mali GPUs with a Command Stream Frontend, architecture 10 to 13.
 *
 * The driver's own table; tests/unit/driver_regs_test.c compares it with the model's
 * (hw/regs/gpu.def), so that a wrong offset shows on either side. Offsets are bytes in the 2 MiB
 * window. 64-bit registers are accessed as two halves, the low one first. Source: driver-facts B.3.
 */
#ifndef GARM_REGS_H
#define GARM_REGS_H

#include <linux/bits.h>

/* GPU control */
#define GPU_ID				0x000
#define   GPU_ARCH_MAJOR(id)		((id) >> 28)
#define   GPU_ARCH_MINOR(id)		(((id) >> 24) & 0xf)
#define   GPU_ARCH_REV(id)		(((id) >> 20) & 0xf)
#define   GPU_PROD_MAJOR(id)		(((id) >> 16) & 0xf)
#define   GPU_VER_MAJOR(id)		(((id) >> 12) & 0xf)
#define   GPU_VER_MINOR(id)		(((id) >> 4) & 0xff)
#define   GPU_VER_STATUS(id)		((id) & 0xf)
#define GPU_L2_FEATURES			0x004
#define   GPU_L2_LINE_SIZE(features)	(1u << ((features) & 0xff))
#define GPU_CORE_FEATURES		0x008
#define GPU_TILER_FEATURES		0x00c
#define GPU_MEM_FEATURES		0x010
#define   GPU_MEM_GROUPS_L2_COHERENT	BIT(0)
#define GPU_MMU_FEATURES		0x014
#define   GPU_MMU_VA_BITS(features)	((features) & 0xff)
#define   GPU_MMU_PA_BITS(features)	(((features) >> 8) & 0xff)
#define GPU_AS_PRESENT			0x018
#define GPU_CSF_ID			0x01c

#define GPU_INT_BASE			0x020
#define   GPU_IRQ_FAULT			BIT(0)
#define   GPU_IRQ_PROTM_FAULT		BIT(1)
#define   GPU_IRQ_RESET_COMPLETED	BIT(8)
#define   GPU_IRQ_POWER_CHANGED		BIT(9)
#define   GPU_IRQ_POWER_CHANGED_ALL	BIT(10)
#define   GPU_IRQ_CLEAN_CACHES_COMPLETED BIT(17)
#define   GPU_IRQ_DOORBELL_MIRROR	BIT(18)
#define   GPU_IRQ_MCU_STATUS_CHANGED	BIT(19)
#define GPU_CMD				0x030
#define   GPU_CMD_SOFT_RESET		0x101
#define   GPU_CMD_HARD_RESET		0x201
#define   GPU_FLUSH_NONE		0
#define   GPU_FLUSH_CLEAN		1
#define   GPU_FLUSH_INVALIDATE		2
#define   GPU_FLUSH_CLEAN_INVALIDATE	3
#define   GPU_CMD_FLUSH_CACHES(l2, lsc, other) (4 | ((l2) << 8) | ((lsc) << 12) | ((other) << 16))
#define   GPU_CMD_CLEAR_FAULT		7	/* recalled from Arm's driver; the model agrees */
#define GPU_STATUS			0x034
#define GPU_FAULT_STATUS		0x03c
#define GPU_FAULT_ADDR			0x040
#define GPU_L2_CONFIG			0x048
#define   GPU_L2_CONFIG_HASH_ENABLE	BIT(24)
#define GPU_FEATURES			0x060
#define GPU_TIMESTAMP_OFFSET		0x088
#define GPU_CYCLE_COUNT			0x090
#define GPU_TIMESTAMP			0x098
#define GPU_THREAD_MAX_THREADS		0x0a0
#define GPU_THREAD_MAX_WORKGROUP_SIZE	0x0a4
#define GPU_THREAD_MAX_BARRIER_SIZE	0x0a8
#define GPU_THREAD_FEATURES		0x0ac
#define GPU_TEXTURE_FEATURES(n)		(0x0b0 + 4 * (n))
#define GPU_SHADER_PRESENT		0x100
#define GPU_TILER_PRESENT		0x110
#define GPU_L2_PRESENT			0x120
#define GPU_SHADER_READY		0x140
#define GPU_TILER_READY			0x150
#define GPU_L2_READY			0x160
#define GPU_SHADER_PWRON		0x180
#define GPU_TILER_PWRON			0x190
#define GPU_L2_PWRON			0x1a0
#define GPU_SHADER_PWROFF		0x1c0
#define GPU_TILER_PWROFF		0x1d0
#define GPU_L2_PWROFF			0x1e0
#define GPU_SHADER_PWRTRANS		0x200
#define GPU_TILER_PWRTRANS		0x210
#define GPU_L2_PWRTRANS			0x220
#define GPU_SHADER_PWRACTIVE		0x240
#define GPU_TILER_PWRACTIVE		0x250
#define GPU_L2_PWRACTIVE		0x260
#define GPU_REVID			0x280
#define GPU_ASN_HASH(n)			(0x2c0 + 4 * (n))
#define GPU_COHERENCY_FEATURES		0x300
#define   GPU_COHERENCY_FEATURE_ACE_LITE BIT(0)
#define   GPU_COHERENCY_FEATURE_ACE	BIT(1)
#define GPU_COHERENCY_PROTOCOL		0x304
#define   GPU_COHERENCY_ACE_LITE	0
#define   GPU_COHERENCY_ACE		1
#define   GPU_COHERENCY_NONE		31

/* Microcontroller */
#define MCU_CONTROL			0x700
#define   MCU_CONTROL_DISABLE		0
#define   MCU_CONTROL_ENABLE		1
#define   MCU_CONTROL_AUTO		2
#define MCU_STATUS			0x704
#define   MCU_STATUS_DISABLED		0
#define   MCU_STATUS_ENABLED		1
#define   MCU_STATUS_HALT		2
#define   MCU_STATUS_FATAL		3

/* An interrupt block: four registers from its base. */
#define INT_RAWSTAT			0x0
#define INT_CLEAR			0x4
#define INT_MASK			0x8
#define INT_STAT			0xc

#define JOB_INT_BASE			0x1000
#define   JOB_IRQ_CSG(n)		BIT(n)
#define   JOB_IRQ_CSG_MASK		GENMASK(30, 0)
#define   JOB_IRQ_GLOBAL		BIT(31)
#define MMU_INT_BASE			0x2000
#define   MMU_IRQ_FAULT(as)		BIT(as)
#define   MMU_IRQ_FAULT_MASK		GENMASK(15, 0)

/* Address spaces */
#define MMU_AS(as)			(0x2400 + 0x40 * (as))
#define AS_TRANSTAB(as)			(MMU_AS(as) + 0x00)
#define AS_MEMATTR(as)			(MMU_AS(as) + 0x08)
#define   AS_MEMATTR_ALLOC(w, r)	(((w) ? 1 : 0) | ((r) ? 2 : 0))
#define   AS_MEMATTR_ALLOC_EXPL(w, r)	((3 << 2) | AS_MEMATTR_ALLOC(w, r))
#define   AS_MEMATTR_INNER_OUTER_NC	BIT(4)
#define   AS_MEMATTR_INNER_OUTER_WB	(2 << 4)
#define   AS_MEMATTR_COH_MIDGARD_INNER	(0 << 6)
#define   AS_MEMATTR_COH_CPU_INNER	BIT(6)
#define   AS_MEMATTR_COH_CPU_INNER_SHADER (2 << 6)
#define AS_LOCKADDR(as)			(MMU_AS(as) + 0x10)
#define   AS_LOCK_MIN_SHIFT		15	/* 32 KiB: the size field holds log2 - 1 */
#define AS_COMMAND(as)			(MMU_AS(as) + 0x18)
#define   AS_CMD_NOP			0
#define   AS_CMD_UPDATE			1
#define   AS_CMD_LOCK			2
#define   AS_CMD_UNLOCK			3
#define   AS_CMD_FLUSH_PT		4
#define   AS_CMD_FLUSH_MEM		5
#define AS_FAULTSTATUS(as)		(MMU_AS(as) + 0x1c)
#define   AS_FAULT_EXCEPTION(s)		((s) & 0xff)
#define   AS_FAULT_ACCESS(s)		(((s) >> 8) & 3)
#define   AS_FAULT_DECODER		BIT(10)
#define   AS_FAULT_SOURCE(s)		((s) >> 16)
#define AS_FAULTADDRESS(as)		(MMU_AS(as) + 0x20)
#define AS_STATUS(as)			(MMU_AS(as) + 0x28)
#define   AS_STATUS_ACTIVE		BIT(0)
#define AS_TRANSCFG(as)			(MMU_AS(as) + 0x30)
#define   AS_TRANSCFG_UNMAPPED		1
#define   AS_TRANSCFG_IDENTITY		2
#define   AS_TRANSCFG_AARCH64_4K	6
#define   AS_TRANSCFG_AARCH64_64K	8
#define   AS_TRANSCFG_INA_BITS(n)	((u64)(n) << 6)
#define   AS_TRANSCFG_PTW_NC		BIT_ULL(24)
#define   AS_TRANSCFG_PTW_WB		(2ull << 24)
#define   AS_TRANSCFG_PTW_SH_NS		(0ull << 28)
#define   AS_TRANSCFG_PTW_SH_OS		(2ull << 28)
#define   AS_TRANSCFG_PTW_SH_IS		(3ull << 28)
#define   AS_TRANSCFG_PTW_RA		BIT_ULL(30)
#define AS_FAULTEXTRA(as)		(MMU_AS(as) + 0x38)

/* Pages that user space or the doorbells use */
#define GPU_LATEST_FLUSH_ID		0x10000
#define GPU_DOORBELL(n)			(0x80000 + 0x10000 * (n))
#define   GPU_DOORBELL_GLB		0
#define   GPU_DOORBELL_CSG(slot)	((slot) + 1)

#endif
