// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The interfaces that the firmware publishes in the shared section: found, checked, configured.
 *
 * Called by garm_fw.c after each boot; calls garm_fw_req.c for the first requests. The firmware
 * writes the control blocks, and it is not trusted: each block is copied once, the copy is checked,
 * and every address in it is translated with its bounds. Pointers found at the first boot stay in
 * use by other rooms, so a firmware that places its blocks differently at a later boot is refused.
 * Source: driver-facts B.7.
 */
#include <linux/math64.h>
#include <linux/sizes.h>

#include <drm/drm_managed.h>

#ifdef CONFIG_ARM_ARCH_TIMER
#include <asm/arch_timer.h>
#endif

#include "garm_fw_priv.h"

#define FW_MIN_GROUPS		3
#define FW_MIN_STREAMS		8
#define FW_MIN_REGISTERS	8	/* the words around a job use four, the stream some */
#define FW_MAX_SCOREBOARDS	16	/* bits of a wait mask */
#define FW_MAX_SUSPEND_SIZE	SZ_16M
#define FW_UNPRESERVED_REGS	4	/* registers that the words around a job change */

#define FW_IDLE_US		800
#define FW_POWEROFF_US		10000
#define FW_PROGRESS_CYCLES	(5ull * 500 * SZ_1M)
#define FW_TIMER_SHIFT		10	/* timers count in units of 1024 cycles */

static_assert(sizeof(struct fw_glb_control) == 0x20);
static_assert(sizeof(struct fw_glb_in) == 0x88);
static_assert(sizeof(struct fw_csg_control) == 0x1c);
static_assert(sizeof(struct fw_csg_in) == 0x58);
static_assert(sizeof(struct fw_csg_out) == 0x20);
static_assert(sizeof(struct fw_cs_in) == 0x58);
static_assert(sizeof(struct fw_cs_out) == 0xd8);

struct fw_blocks {
	void *in;
	const void *out;
};

/* A block of the shared section by its offset, or NULL when it is not all inside. */
static void *fw_at_offset(struct garm_fw *fw, u64 offset, u32 size)
{
	if (offset % sizeof(u32) || offset > fw->shared->size || size > fw->shared->size - offset)
		return NULL;
	return fw->shared->kbo->kmap + offset;
}

static void *fw_at_va(struct garm_fw *fw, u32 va, u32 size)
{
	return va < fw->shared->va ? NULL : fw_at_offset(fw, va - fw->shared->va, size);
}

/* Copy a control block, each word read once. NULL in @from: the block is outside the section. */
static int fw_copy_control(struct garm_fw *fw, void *to, const void *from, u32 size,
			   const char *what, u32 index)
{
	const u32 *words = from;

	if (!from) {
		drm_err(&fw->gdev->base,
			"firmware: control block of %s %u is outside the shared 0x%x bytes\n",
			what, index, fw->shared->size);
		return -EINVAL;
	}
	for (u32 i = 0; i < size / sizeof(u32); i++)
		((u32 *)to)[i] = READ_ONCE(words[i]);
	return 0;
}

/* Translate a block's input and output addresses; at later boots they must be what they were. */
static int fw_find_blocks(struct garm_fw *fw, const char *what, u32 index, u32 in_va, u32 in_size,
			  u32 out_va, u32 out_size, struct fw_blocks *now)
{
	void *in = fw_at_va(fw, in_va, in_size);
	void *out = fw_at_va(fw, out_va, out_size);

	if (!in || !out) {
		drm_err(&fw->gdev->base,
			"firmware: %s %u: input 0x%x or output 0x%x outside shared 0x%x + 0x%x\n",
			what, index, in_va, out_va, fw->shared->va, fw->shared->size);
		return -EINVAL;
	}
	if (fw->discovered && (in != now->in || out != now->out)) {
		drm_err(&fw->gdev->base,
			"firmware: %s %u moved between two boots: input 0x%x, output 0x%x\n",
			what, index, in_va, out_va);
		return -EINVAL;
	}
	now->in = in;
	now->out = out;
	return 0;
}

static int fw_check(struct garm_fw *fw, bool ok, const char *what, u32 index, const char *field,
		    u32 value, u32 min, u32 max)
{
	if (ok)
		return 0;
	drm_err(&fw->gdev->base, "firmware: %s %u: %s is 0x%x, expected 0x%x to 0x%x\n", what,
		index, field, value, min, max);
	return -EINVAL;
}

static int fw_check_range(struct garm_fw *fw, const char *what, u32 index, const char *field,
			  u32 value, u32 min, u32 max)
{
	return fw_check(fw, value >= min && value <= max, what, index, field, value, min, max);
}

static int fw_check_same(struct garm_fw *fw, const char *what, u32 index, const char *field,
			 u32 value, u32 expected)
{
	return fw_check(fw, value == expected, what, index, field, value, expected, expected);
}

/* Where the control block of a stream is. The strides have been checked by the callers. */
static int fw_discover_cs(struct garm_fw *fw, u32 slot, u32 index, u64 offset)
{
	struct garm_cs_iface *cs = &fw->cs[slot * fw->stream_num + index];
	struct fw_blocks blocks = { cs->in, cs->out };
	const struct fw_cs_control *control = fw_at_offset(fw, offset, sizeof(*control));
	struct fw_cs_control c;
	int ret;

	ret = fw_copy_control(fw, &c, control, sizeof(c), "stream", index);
	if (ret)
		return ret;
	ret = fw_find_blocks(fw, "stream", index, c.input_va, sizeof(*cs->in), c.output_va,
			     sizeof(*cs->out), &blocks);
	if (ret)
		return ret;
	if (!slot && !index && !fw->discovered) {
		ret = fw_check_range(fw, "stream", 0, "number of registers",
				     CS_FEATURES_WORK_REGS(c.features), FW_MIN_REGISTERS, 256);
		if (!ret)
			ret = fw_check_range(fw, "stream", 0, "number of scoreboard entries",
					     CS_FEATURES_SCOREBOARDS(c.features), 1,
					     FW_MAX_SCOREBOARDS);
	} else {
		ret = fw_check_same(fw, "stream", index, "features", c.features,
				    fw->cs[0].features);
	}
	if (ret || fw->discovered)
		return ret;
	spin_lock_init(&cs->lock);
	cs->control = control;
	cs->in = blocks.in;
	cs->out = blocks.out;
	cs->features = c.features;
	return 0;
}

/* What the first group's block may say. The number of streams decides the size of a table. */
static int fw_check_first_csg(struct garm_fw *fw, const struct fw_csg_control *c)
{
	int ret;

	ret = fw_check_range(fw, "group", 0, "suspend buffer's size", c->suspend_size, 1,
			     FW_MAX_SUSPEND_SIZE);
	if (!ret)
		ret = fw_check_range(fw, "group", 0, "protected suspend buffer's size",
				     c->protm_suspend_size, 1, FW_MAX_SUSPEND_SIZE);
	if (!ret)
		ret = fw_check_range(fw, "group", 0, "number of streams", c->stream_num,
				     FW_MIN_STREAMS, GARM_MAX_CS_PER_CSG);
	return ret;
}

/* A group must be able to run in any slot, so all are alike; and alike after each boot. */
static int fw_check_csg(struct garm_fw *fw, u32 slot, const struct fw_csg_control *c)
{
	const struct garm_csg_iface *first = &fw->csg[0];
	int ret;

	if (!slot && !fw->discovered)
		return fw_check_first_csg(fw, c);
	ret = fw_check_same(fw, "group", slot, "suspend buffer's size", c->suspend_size,
			    first->suspend_size);
	if (!ret)
		ret = fw_check_same(fw, "group", slot, "protected suspend buffer's size",
				    c->protm_suspend_size, first->protm_suspend_size);
	if (!ret)
		ret = fw_check_same(fw, "group", slot, "number of streams", c->stream_num,
				    first->stream_num);
	return ret;
}

static int fw_store_csg(struct garm_fw *fw, u32 slot, const struct fw_csg_control *control,
			const struct fw_csg_control *c, const struct fw_blocks *blocks)
{
	struct garm_csg_iface *csg = &fw->csg[slot];

	spin_lock_init(&csg->lock);
	csg->control = control;
	csg->in = blocks->in;
	csg->out = blocks->out;
	csg->suspend_size = c->suspend_size;
	csg->protm_suspend_size = c->protm_suspend_size;
	csg->stream_num = c->stream_num;
	if (slot)
		return 0;
	fw->stream_num = c->stream_num;
	fw->cs = drmm_kcalloc(&fw->gdev->base, fw->glb.group_num * c->stream_num, sizeof(*fw->cs),
			      GFP_KERNEL);
	return fw->cs ? 0 : -ENOMEM;
}

static int fw_discover_csg(struct garm_fw *fw, u32 slot, u32 stride, u32 *features)
{
	struct fw_blocks blocks = { fw->csg[slot].in, fw->csg[slot].out };
	u64 offset = FW_CSG_CONTROL_START + (u64)slot * stride;
	const struct fw_csg_control *control = fw_at_offset(fw, offset, sizeof(*control));
	struct fw_csg_control c;
	int ret;

	ret = fw_copy_control(fw, &c, control, sizeof(c), "group", slot);
	if (ret)
		return ret;
	ret = fw_find_blocks(fw, "group", slot, c.input_va, sizeof(struct fw_csg_in), c.output_va,
			     sizeof(struct fw_csg_out), &blocks);
	if (ret)
		return ret;
	ret = fw_check_csg(fw, slot, &c);
	if (!ret && slot)
		ret = fw_check_same(fw, "group", slot, "features", c.features, *features);
	if (!ret)
		ret = fw_check_range(fw, "group", slot, "distance of streams", c.stream_stride,
				     sizeof(struct fw_cs_control), U32_MAX);
	if (!ret && !fw->discovered)
		ret = fw_store_csg(fw, slot, control, &c, &blocks);
	*features = c.features;
	for (u32 i = 0; i < fw->stream_num && !ret; i++)
		ret = fw_discover_cs(fw, slot, i,
				     offset + FW_CS_CONTROL_START + (u64)i * c.stream_stride);
	return ret;
}

static int fw_check_glb(struct garm_fw *fw, const struct fw_glb_control *c)
{
	int ret;

	if (!c->version) {
		drm_err(&fw->gdev->base, "firmware: interface version is 0: it did not come up\n");
		return -EINVAL;
	}
	ret = fw_check_range(fw, "global interface", 0, "number of groups", c->group_num,
			     FW_MIN_GROUPS, GARM_MAX_CSGS);
	if (!ret)
		ret = fw_check_range(fw, "global interface", 0, "distance of groups",
				     c->group_stride, sizeof(struct fw_csg_control), U32_MAX);
	if (!ret && fw->discovered)
		ret = fw_check_same(fw, "global interface", 0, "version", c->version,
				    fw->glb.version);
	if (!ret && fw->discovered)
		ret = fw_check_same(fw, "global interface", 0, "number of groups", c->group_num,
				    fw->glb.group_num);
	return ret;
}

static int fw_discover_glb(struct garm_fw *fw, struct fw_glb_control *c)
{
	const struct fw_glb_control *control = fw_at_offset(fw, 0, sizeof(*control));
	struct fw_blocks blocks = { fw->glb.in, fw->glb.out };
	int ret;

	ret = fw_copy_control(fw, c, control, sizeof(*c), "global interface", 0);
	if (!ret)
		ret = fw_check_glb(fw, c);
	if (!ret)
		ret = fw_find_blocks(fw, "global interface", 0, c->input_va,
				     sizeof(struct fw_glb_in), c->output_va,
				     sizeof(struct fw_glb_out), &blocks);
	if (ret || fw->discovered)
		return ret;
	spin_lock_init(&fw->glb.lock);
	fw->glb.control = control;
	fw->glb.in = blocks.in;
	fw->glb.out = blocks.out;
	fw->glb.version = c->version;
	fw->glb.group_num = c->group_num;
	return 0;
}

static void fw_fill_csif_info(struct garm_fw *fw)
{
	struct drm_panthor_csif_info *info = &fw->gdev->csif_info;

	info->csg_slot_count = garm_fw_csg_count(fw->gdev);
	info->cs_slot_count = fw->stream_num;
	info->cs_reg_count = CS_FEATURES_WORK_REGS(fw->cs[0].features);
	info->scoreboard_slot_count = CS_FEATURES_SCOREBOARDS(fw->cs[0].features);
	info->unpreserved_cs_reg_count = FW_UNPRESERVED_REGS;
}

/**
 * garm_fw_discover() - find and check the interfaces of a firmware that has booted
 * @gdev: the device
 * @kept: its memory was kept, so that a look at the global interface is enough
 *
 * The first time, remembers where they are and fills csif_info; later, checks that they are where
 * they were.
 *
 * Context: boot; sleeps and allocates the first time only, so that it is allowed in a reset.
 * Return: 0, -EINVAL when a field is outside its limits (logged), -ENOMEM.
 */
int garm_fw_discover(struct garm_device *gdev, bool kept)
{
	struct garm_fw *fw = gdev->fw;
	struct fw_glb_control c;
	u32 features = 0;
	int ret;

	ret = fw_discover_glb(fw, &c);
	if (ret || kept)
		return ret;
	for (u32 slot = 0; !ret && slot < fw->glb.group_num; slot++)
		ret = fw_discover_csg(fw, slot, c.group_stride, &features);
	if (ret || fw->discovered)
		return ret;
	fw->discovered = true;
	fw_fill_csif_info(fw);
	drm_info(&gdev->base,
		 "CSF FW using interface v%u.%u.%u, Features %#x Instrumentation features %#x\n",
		 FW_VERSION_MAJOR(c.version), FW_VERSION_MINOR(c.version),
		 FW_VERSION_PATCH(c.version), c.features,
		 c.version >= FW_VERSION(1, 1, 0) ? c.instr_features : 0);
	return 0;
}

/** garm_fw_has_glb_state() - whether halt is a state, not a bit. Source: driver-facts B.7 */
bool garm_fw_has_glb_state(struct garm_device *gdev)
{
	return gdev->fw->glb.version >= FW_VERSION(4, 1, 0);
}

/*
 * A timer's value: units of 1024 ticks of the architected timer, or of the GPU's clock where there
 * is none.
 */
static u32 fw_timer(struct garm_device *gdev, u32 us)
{
	u32 source = 0;
	u64 hz = 0, ticks;

#ifdef CONFIG_ARM_ARCH_TIMER
	hz = arch_timer_get_cntfrq();
#endif
	if (!hz) {
		hz = clk_get_rate(gdev->clks.core);
		source = GLB_TIMER_GPU_COUNTER;
	}
	if (!hz) {
		drm_warn_once(&gdev->base,
			      "no clock has a rate: firmware timers are at their longest\n");
		return GLB_TIMER_VALUE(~0u) | source;
	}
	ticks = DIV_ROUND_UP_ULL(us * hz, USEC_PER_SEC << FW_TIMER_SHIFT);
	return GLB_TIMER_VALUE(min_t(u64, ticks, GLB_TIMER_VALUE(~0u))) | source;
}

/**
 * garm_fw_configure() - tell a firmware that has booted how to work: cores, timers, events
 * @gdev: the device
 *
 * After every boot, fast ones too. Does not wait: the firmware has taken it when it answers the
 * first ping.
 *
 * Context: boot, device powered. Takes the global interface's lock.
 */
void garm_fw_configure(struct garm_device *gdev)
{
	struct garm_glb_iface *glb = &gdev->fw->glb;
	u32 events = GLB_CFG_ALLOC_EN | GLB_CFG_PROGRESS_TIMER | GLB_CFG_POWEROFF_TIMER | GLB_PING |
		     GLB_IDLE_EN | GLB_IDLE_EVENT;

	if (garm_fw_has_glb_state(gdev))
		events |= GLB_STATE_MASK;
	WRITE_ONCE(glb->in->core_en_mask, gdev->gpu_info.shader_present);
	WRITE_ONCE(glb->in->poweroff_timer, fw_timer(gdev, FW_POWEROFF_US));
	WRITE_ONCE(glb->in->progress_timer, FW_PROGRESS_CYCLES >> FW_TIMER_SHIFT);
	WRITE_ONCE(glb->in->idle_timer, fw_timer(gdev, FW_IDLE_US));
	WRITE_ONCE(glb->in->ack_irq_mask, events);

	/*
	 * Counters run from here on: user space was promised that it may read them (interface
	 * version 1.6).
	 */
	garm_glb_update(gdev, GLB_IDLE_EN | GLB_COUNTER_EN, GLB_IDLE_EN | GLB_COUNTER_EN);
	garm_glb_toggle(gdev, GLB_CFG_ALLOC_EN | GLB_CFG_POWEROFF_TIMER | GLB_CFG_PROGRESS_TIMER);
	garm_fw_ring(gdev, GPU_DOORBELL_GLB);
}
