// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * GPU control: who the GPU is, power of the L2, resets, cache flushes, counters, the GPU interrupt.
 *
 * Called by garm_device.c (probe, suspend, resume, reset), garm_mmu.c (flushes), garm_drv.c
 * (counters); calls garm_irq.c and garm_device_reset().
 *
 * Only the L2 is switched by the driver; cores and tiler belong to the firmware (driver-facts B.4).
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include <drm/drm_managed.h>

#include <kunit/static_stub.h>

#include "garm_device.h"
#include "garm_gpu.h"
#include "garm_trace.h"

#define POWER_POLL_US		100
#define FLUSH_SPIN_US		20
#define POWER_TIMEOUT_US	20000	/* driver-facts B.5 */
#define RESET_POLL_US		100
#define RESET_TIMEOUT_US	100000
#define FLUSH_TIMEOUT_MS	100

/*
 * RESET_COMPLETED is polled for: a reset may take the mask along with everything else. The end of a
 * flush is wanted only while somebody sleeps for it.
 */
#define GPU_IRQS		(GPU_IRQ_FAULT | GPU_IRQ_PROTM_FAULT)
/* While the event gpu_power_status is on. */
#define GPU_IRQS_POWER		(GPU_IRQ_POWER_CHANGED | GPU_IRQ_POWER_CHANGED_ALL)

/*
 * Ranges that the rest of the driver can work with; the page-table code needs more than 32 bits of
 * VA.
 */
#define MIN_VA_BITS		33
#define MAX_VA_BITS		48
#define MIN_PA_BITS		32
#define MAX_PA_BITS		48

#define EXCEPTION_GPU_BUS_FAULT	0x80

/**
 * struct garm_gpu - the GPU block
 * @irq: its interrupts
 * @flush_mutex: one flush at a time; held for up to 100 ms, nobody allocates under it
 * @flush_lock: protects @flushing, @flush_stuck and the write of the command; irqsave
 * @flushing: a flush was started and is not known to be over
 * @flush_stuck: the last flush timed out; further ones fail until the GPU was reset
 * @flush_done: woken when @flushing becomes false
 * @node: in gpus
 */
struct garm_gpu {
	struct garm_irq irq;
	struct mutex flush_mutex;	/* one flush at a time */
	spinlock_t flush_lock;		/* the two flags */
	bool flushing;
	bool flush_stuck;
	wait_queue_head_t flush_done;
	struct list_head node;
};

/* Tracepoints belong to the module, not to a device: all GPUs, and whether the event is on. */
static DEFINE_MUTEX(gpus_lock);
static LIST_HEAD(gpus);
static bool power_traced;	/* written under the lock */

/* An interrupt block that comes up with the event on must not miss it, see the order below. */
static void irq_on(struct garm_gpu *gpu)
{
	garm_irq_resume(&gpu->irq, GPU_IRQS);
	if (READ_ONCE(power_traced))
		garm_irq_enable(&gpu->irq, GPU_IRQS_POWER);
}

/** garm_gpu_trace_power_on() - the event gpu_power_status is switched on. Return: 0 */
int garm_gpu_trace_power_on(void)
{
	struct garm_gpu *gpu;

	guard(mutex)(&gpus_lock);
	/* First: a block that is resumed from here on sees it, all others are in the list. */
	WRITE_ONCE(power_traced, true);
	list_for_each_entry(gpu, &gpus, node)
		garm_irq_enable(&gpu->irq, GPU_IRQS_POWER);
	return 0;
}

/** garm_gpu_trace_power_off() - ... and off */
void garm_gpu_trace_power_off(void)
{
	struct garm_gpu *gpu;

	guard(mutex)(&gpus_lock);
	WRITE_ONCE(power_traced, false);
	list_for_each_entry(gpu, &gpus, node)
		garm_irq_disable(&gpu->irq, GPU_IRQS_POWER);
}

static void forget_gpu(struct drm_device *drm, void *data)
{
	struct garm_gpu *gpu = data;

	guard(mutex)(&gpus_lock);
	list_del(&gpu->node);
}

/*
 * Identity
 */

static const char *gpu_name(u32 id)
{
	switch (GPU_ARCH_MAJOR(id) << 4 | GPU_PROD_MAJOR(id)) {
	case 0xa2:
		return "Mali-G710";
	case 0xa3:
		return "Mali-G510";
	case 0xa4:
		return "Mali-G310";
	case 0xa7:
		return "Mali-G610";
	case 0xb2:
		return "Mali-G715";
	case 0xb3:
		return "Mali-G615";
	case 0xc0:
		return "Mali-G720";
	case 0xc1:
		return "Mali-G620";
	case 0xd0:
		return "Mali-G725";
	case 0xd1:
		return "Mali-G625";
	default:
		return "unknown Mali";
	}
}

static void read_identity(struct garm_device *gdev)
{
	struct drm_panthor_gpu_info *info = &gdev->gpu_info;

	info->gpu_rev = garm_read(gdev, GPU_REVID);
	info->csf_id = garm_read(gdev, GPU_CSF_ID);
	info->l2_features = garm_read(gdev, GPU_L2_FEATURES);
	info->core_features = garm_read(gdev, GPU_CORE_FEATURES);
	info->tiler_features = garm_read(gdev, GPU_TILER_FEATURES);
	info->mem_features = garm_read(gdev, GPU_MEM_FEATURES);
	info->mmu_features = garm_read(gdev, GPU_MMU_FEATURES);
	info->as_present = garm_read(gdev, GPU_AS_PRESENT);
	info->thread_features = garm_read(gdev, GPU_THREAD_FEATURES);
	info->max_threads = garm_read(gdev, GPU_THREAD_MAX_THREADS);
	info->thread_max_workgroup_size = garm_read(gdev, GPU_THREAD_MAX_WORKGROUP_SIZE);
	info->thread_max_barrier_size = garm_read(gdev, GPU_THREAD_MAX_BARRIER_SIZE);
	info->coherency_features = garm_read(gdev, GPU_COHERENCY_FEATURES);
	for (int i = 0; i < ARRAY_SIZE(info->texture_features); i++)
		info->texture_features[i] = garm_read(gdev, GPU_TEXTURE_FEATURES(i));
	info->shader_present = garm_read64(gdev, GPU_SHADER_PRESENT);
	info->tiler_present = garm_read64(gdev, GPU_TILER_PRESENT);
	info->l2_present = garm_read64(gdev, GPU_L2_PRESENT);
	/* The register exists from architecture 11 on (driver-facts B.3). */
	if (GPU_ARCH_MAJOR(info->gpu_id) >= 11)
		info->gpu_features = garm_read64(gdev, GPU_FEATURES);
}

static int check_identity(struct garm_device *gdev)
{
	const struct drm_panthor_gpu_info *info = &gdev->gpu_info;
	u32 va = GPU_MMU_VA_BITS(info->mmu_features), pa = GPU_MMU_PA_BITS(info->mmu_features);

	if (va < MIN_VA_BITS || va > MAX_VA_BITS || pa < MIN_PA_BITS || pa > MAX_PA_BITS) {
		drm_err(&gdev->base,
			"MMU_FEATURES %#x: VA %u bits (%u to %u), PA %u bits (%u to %u)\n",
			info->mmu_features, va, MIN_VA_BITS, MAX_VA_BITS, pa, MIN_PA_BITS,
			MAX_PA_BITS);
		return -EINVAL;
	}
	/* Address space 0 is the firmware's; without another there is none for users. */
	if (!(info->as_present & BIT(0)) || !(info->as_present & GENMASK(GARM_MAX_AS - 1, 1))) {
		drm_err(&gdev->base, "AS_PRESENT %#x: needs bit 0 and one more of %d\n",
			info->as_present, GARM_MAX_AS);
		return -EINVAL;
	}
	if (!info->shader_present || !info->tiler_present || !info->l2_present) {
		drm_err(&gdev->base, "cores %#llx, tiler %#llx, L2 %#llx: none may be 0\n",
			info->shader_present, info->tiler_present, info->l2_present);
		return -EINVAL;
	}
	return 0;
}

/*
 * The device tree tells whether the interconnect snoops; then the GPU must be able to take part.
 * ACE is not used by GPUs with a Command Stream Frontend.
 */
static int select_coherency(struct garm_device *gdev)
{
	struct drm_panthor_gpu_info *info = &gdev->gpu_info;

	info->selected_coherency = DRM_PANTHOR_GPU_COHERENCY_NONE;
	if (!gdev->coherent)
		return 0;
	if (!(info->coherency_features & GPU_COHERENCY_FEATURE_ACE_LITE)) {
		drm_err(&gdev->base,
			"dma-coherent, but COHERENCY_FEATURES %#x lacks ACE-Lite (bit 0)\n",
			info->coherency_features);
		return -EOPNOTSUPP;
	}
	info->selected_coherency = DRM_PANTHOR_GPU_COHERENCY_ACE_LITE;
	return 0;
}

static int identify(struct garm_device *gdev)
{
	struct drm_panthor_gpu_info *info = &gdev->gpu_info;
	int ret;

	info->gpu_id = garm_read(gdev, GPU_ID);
	if (!info->gpu_id) {
		drm_err(&gdev->base, "GPU_ID reads 0: no GPU, or no power\n");
		return -ENXIO;
	}
	if (GPU_ARCH_MAJOR(info->gpu_id) < 10 || GPU_ARCH_MAJOR(info->gpu_id) > 13) {
		drm_err(&gdev->base, "GPU_ID %#x: architecture %u, supported are 10 to 13\n",
			info->gpu_id, GPU_ARCH_MAJOR(info->gpu_id));
		return -EOPNOTSUPP;
	}
	read_identity(gdev);
	ret = check_identity(gdev);
	if (ret)
		return ret;
	drm_info(&gdev->base, "%s, id %#x (architecture %u.%u.%u, r%up%u status %u), revision %#x\n",
		 gpu_name(info->gpu_id), info->gpu_id, GPU_ARCH_MAJOR(info->gpu_id),
		 GPU_ARCH_MINOR(info->gpu_id), GPU_ARCH_REV(info->gpu_id),
		 GPU_VER_MAJOR(info->gpu_id), GPU_VER_MINOR(info->gpu_id),
		 GPU_VER_STATUS(info->gpu_id), info->gpu_rev);
	drm_info(&gdev->base, "features: L2 %#x tiler %#x memory %#x MMU %#x, address spaces %#x\n",
		 info->l2_features, info->tiler_features, info->mem_features, info->mmu_features,
		 info->as_present);
	drm_info(&gdev->base, "cores %#llx, tiler %#llx, L2 %#llx\n", info->shader_present,
		 info->tiler_present, info->l2_present);
	return select_coherency(gdev);
}

/*
 * Power
 */

/*
 * The L2 of the first core group; that is the only one on every GPU with a Command Stream Frontend
 * known.
 */
static u64 l2_mask(struct garm_device *gdev)
{
	return gdev->gpu_info.l2_present & -gdev->gpu_info.l2_present;
}

static int wait_no_transition(struct garm_device *gdev, const char *what, u32 reg, u64 mask)
{
	u64 val;
	int ret;

	ret = garm_poll64(gdev, reg, val, !(val & mask), POWER_POLL_US, POWER_TIMEOUT_US);
	if (ret)
		drm_err(&gdev->base,
			"%s: still in transition after %u us: PWRTRANS %#llx, mask %#llx\n",
			what, POWER_TIMEOUT_US, val, mask);
	return ret;
}

/* Power a domain down and see that it is: no transition left and nothing ready. */
static int power_off(struct garm_device *gdev, const char *what, u32 ready, u32 off, u32 trans,
		     u64 mask)
{
	u64 val;
	int ret;

	ret = wait_no_transition(gdev, what, trans, mask);
	if (ret)
		return ret;
	if (!(garm_read64(gdev, ready) & mask))
		return 0;
	garm_write64(gdev, off, mask);
	ret = wait_no_transition(gdev, what, trans, mask);
	if (ret)
		return ret;
	ret = garm_poll64(gdev, ready, val, !(val & mask), POWER_POLL_US, POWER_TIMEOUT_US);
	if (ret)
		drm_err(&gdev->base, "%s: not off after %u us: READY %#llx, mask %#llx\n", what,
			POWER_TIMEOUT_US, val, mask);
	return ret;
}

/* With the firmware halted: what it left on depends on the L2, so that goes last. */
static int l2_off(struct garm_device *gdev)
{
	const struct drm_panthor_gpu_info *info = &gdev->gpu_info;

	return power_off(gdev, "cores", GPU_SHADER_READY, GPU_SHADER_PWROFF, GPU_SHADER_PWRTRANS,
			 info->shader_present) ?:
	       power_off(gdev, "tiler", GPU_TILER_READY, GPU_TILER_PWROFF, GPU_TILER_PWRTRANS,
			 info->tiler_present) ?:
	       power_off(gdev, "L2", GPU_L2_READY, GPU_L2_PWROFF, GPU_L2_PWRTRANS,
			 info->l2_present);
}

/**
 * garm_gpu_l2_on() - power the L2 up
 * @gdev: the device, powered
 *
 * The coherency protocol may be changed only while the L2 is off, and is lost with a reset: it is
 * written before each power-on. Does nothing when the L2 is on. Sleeps.
 * Return: 0, or -ETIMEDOUT after 20 ms (twice that when it was still going down).
 */
int garm_gpu_l2_on(struct garm_device *gdev)
{
	u64 mask = l2_mask(gdev), val;
	int ret;

	ret = wait_no_transition(gdev, "L2", GPU_L2_PWRTRANS, mask);
	if (ret)
		return ret;
	if ((garm_read64(gdev, GPU_L2_READY) & mask) == mask)
		return 0;
	garm_write(gdev, GPU_COHERENCY_PROTOCOL, gdev->gpu_info.selected_coherency);
	garm_write64(gdev, GPU_L2_PWRON, mask);
	/*
	 * Every bit: a condition that holds for READY = 0 would not wait at all (driver-facts B.4).
	 */
	ret = garm_poll64(gdev, GPU_L2_READY, val, (val & mask) == mask, POWER_POLL_US,
			  POWER_TIMEOUT_US);
	if (ret)
		drm_err(&gdev->base, "L2: not on after %u us: READY %#llx, mask %#llx\n",
			POWER_TIMEOUT_US, val, mask);
	return ret;
}

/*
 * Reset
 */

/* A reset empties the caches, which is all that a flush in progress was to achieve. */
static void end_flush_by_reset(struct garm_gpu *gpu)
{
	unsigned long flags;

	spin_lock_irqsave(&gpu->flush_lock, flags);
	gpu->flushing = false;
	gpu->flush_stuck = false;
	spin_unlock_irqrestore(&gpu->flush_lock, flags);
	wake_up_all(&gpu->flush_done);
}

static int reset_try(struct garm_device *gdev, u32 command)
{
	u32 val;

	garm_write(gdev, GPU_INT_BASE + INT_CLEAR, GPU_IRQ_RESET_COMPLETED);
	garm_write(gdev, GPU_CMD, command);
	return garm_poll(gdev, GPU_INT_BASE + INT_RAWSTAT, val, val & GPU_IRQ_RESET_COMPLETED,
			 RESET_POLL_US, RESET_TIMEOUT_US);
}

/* With the interrupt block suspended. */
static int reset_masked(struct garm_device *gdev)
{
	static const struct {
		const char *name;
		u32 command;
	} tries[] = {
		{ "soft", GPU_CMD_SOFT_RESET },
		{ "second soft", GPU_CMD_SOFT_RESET },
		{ "hard", GPU_CMD_HARD_RESET },
	};

	for (int i = 0; i < ARRAY_SIZE(tries); i++) {
		if (!reset_try(gdev, tries[i].command)) {
			garm_write(gdev, GPU_INT_BASE + INT_CLEAR, GPU_IRQ_RESET_COMPLETED);
			return 0;
		}
		drm_err(&gdev->base, "%s reset: not done after %u us: RAWSTAT %#x, STATUS %#x\n",
			tries[i].name, RESET_TIMEOUT_US,
			garm_read(gdev, GPU_INT_BASE + INT_RAWSTAT), garm_read(gdev, GPU_STATUS));
	}
	return -ETIMEDOUT;
}

/**
 * garm_gpu_soft_reset() - put the GPU into its reset state
 * @gdev: the device, powered, nothing else using it
 *
 * Soft, soft again, hard; 100 ms each. Ends a cache flush that someone waits for. Interrupts of the
 * GPU block are on afterwards if they were before, all other state of the GPU is lost. Sleeps; on
 * the fence-signalling path.
 * Return: 0 or -ETIMEDOUT.
 */
int garm_gpu_soft_reset(struct garm_device *gdev)
{
	struct garm_gpu *gpu = gdev->gpu;
	bool was_on = READ_ONCE(gpu->irq.state) != GARM_IRQ_SUSPENDED;
	int ret;

	garm_irq_suspend(&gpu->irq);
	ret = reset_masked(gdev);
	if (!ret)
		end_flush_by_reset(gpu);
	if (was_on)
		irq_on(gpu);
	return ret;
}

/*
 * Caches
 */

static void flush_completed(struct garm_gpu *gpu)
{
	unsigned long flags;

	spin_lock_irqsave(&gpu->flush_lock, flags);
	gpu->flushing = false;
	spin_unlock_irqrestore(&gpu->flush_lock, flags);
	wake_up_all(&gpu->flush_done);
}

static int start_flush(struct garm_device *gdev, u32 command)
{
	struct garm_gpu *gpu = gdev->gpu;

	guard(spinlock_irqsave)(&gpu->flush_lock);
	if (gpu->flush_stuck)
		return -ETIMEDOUT;
	gpu->flushing = true;
	/* Whoever raised it before, the end that is seen from now on is this one's. */
	garm_write(gdev, GPU_INT_BASE + INT_CLEAR, GPU_IRQ_CLEAN_CACHES_COMPLETED);
	garm_write(gdev, GPU_CMD, command);
	return 0;
}

static bool flush_seen_over(struct garm_device *gdev)
{
	struct garm_gpu *gpu = gdev->gpu;

	guard(spinlock_irqsave)(&gpu->flush_lock);
	if (gpu->flushing) {
		if (!(garm_read(gdev, GPU_INT_BASE + INT_RAWSTAT) & GPU_IRQ_CLEAN_CACHES_COMPLETED))
			return false;
		garm_write(gdev, GPU_INT_BASE + INT_CLEAR, GPU_IRQ_CLEAN_CACHES_COMPLETED);
		gpu->flushing = false;
	}
	return true;
}

/* Caches with little to write back are clean sooner than an interrupt's thread runs. */
static bool flush_spin(struct garm_device *gdev)
{
	ktime_t end = ktime_add_us(ktime_get(), FLUSH_SPIN_US);

	do {
		if (flush_seen_over(gdev))
			return true;
		cpu_relax();
	} while (ktime_before(ktime_get(), end));
	/* Who was kept from looking need not sleep for what is over. */
	return flush_seen_over(gdev);
}

static bool flush_sleep(struct garm_gpu *gpu)
{
	long left;

	garm_irq_enable(&gpu->irq, GPU_IRQ_CLEAN_CACHES_COMPLETED);
	left = wait_event_timeout(gpu->flush_done, !READ_ONCE(gpu->flushing),
				  msecs_to_jiffies(FLUSH_TIMEOUT_MS));
	garm_irq_disable(&gpu->irq, GPU_IRQ_CLEAN_CACHES_COMPLETED);
	return left;
}

/*
 * The interrupt did not come in time: is it the flush that is late, or only the interrupt's thread?
 */
static bool flush_is_over(struct garm_device *gdev)
{
	struct garm_gpu *gpu = gdev->gpu;
	u32 raw;

	guard(spinlock_irqsave)(&gpu->flush_lock);
	raw = garm_read(gdev, GPU_INT_BASE + INT_RAWSTAT);
	if (gpu->flushing && !(raw & GPU_IRQ_CLEAN_CACHES_COMPLETED)) {
		/* Its late end must not be taken for the end of the next one. */
		gpu->flush_stuck = true;
		gpu->flushing = false;
		return false;
	}
	garm_write(gdev, GPU_INT_BASE + INT_CLEAR, GPU_IRQ_CLEAN_CACHES_COMPLETED);
	gpu->flushing = false;
	return true;
}

int garm_gpu_flush_caches(struct garm_device *gdev, u32 l2, u32 lsc, u32 other)
{
	struct garm_gpu *gpu = gdev->gpu;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(garm_gpu_flush_caches, gdev, l2, lsc, other);
	guard(mutex)(&gpu->flush_mutex);
	ret = start_flush(gdev, GPU_CMD_FLUSH_CACHES(l2, lsc, other));
	if (ret)
		return ret;
	if (flush_spin(gdev) || flush_sleep(gpu))
		return 0;
	if (flush_is_over(gdev)) {
		/* The thread may have seen the bit already: it is not to end the next flush. */
		synchronize_irq(gpu->irq.irq);
		return 0;
	}
	drm_err(&gdev->base, "cache flush (L2 %u, LSC %u, other %u): not done after %u ms\n", l2,
		lsc, other, FLUSH_TIMEOUT_MS);
	garm_device_reset(gdev, "cache flush timed out");
	return -ETIMEDOUT;
}

/*
 * Interrupt
 */

static void report_fault(struct garm_device *gdev)
{
	u32 status = garm_read(gdev, GPU_FAULT_STATUS);
	u64 address = garm_read64(gdev, GPU_FAULT_ADDR);
	u32 code = status & 0xff;

	drm_err_ratelimited(&gdev->base, "GPU fault %#x (%s) at %#llx\n", status,
			    garm_exception_name(code), address);
	/* Otherwise the registers keep this fault and hide the next. */
	garm_write(gdev, GPU_CMD, GPU_CMD_CLEAR_FAULT);
	/*
	 * An access of the GPU itself that memory refused: what it holds is not to be trusted any
	 * more.
	 */
	if (code == EXCEPTION_GPU_BUS_FAULT)
		garm_device_reset(gdev, "GPU bus fault");
}

static void trace_power(struct garm_device *gdev)
{
	trace_gpu_power_status(gdev->base.dev, garm_read64(gdev, GPU_SHADER_READY),
			       garm_read64(gdev, GPU_TILER_READY),
			       garm_read64(gdev, GPU_L2_READY));
}

static void garm_gpu_interrupt(struct garm_device *gdev, u32 status)
{
	/* Before looking at what happened, so that what happens from now on is reported again. */
	garm_write(gdev, GPU_INT_BASE + INT_CLEAR, status);
	if (status & GPU_IRQ_CLEAN_CACHES_COMPLETED)
		flush_completed(gdev->gpu);
	if (status & GPU_IRQS_POWER && trace_gpu_power_status_enabled())
		trace_power(gdev);
	if (status & GPU_IRQ_FAULT)
		report_fault(gdev);
	if (status & GPU_IRQ_PROTM_FAULT) {
		/* The driver never enters protected mode. */
		drm_err_ratelimited(&gdev->base, "GPU fault in protected mode\n");
		garm_device_reset(gdev, "GPU fault in protected mode");
	}
}

/*
 * Hooks
 */

static bool gpu_is_cold(struct garm_device *gdev)
{
	return garm_read(gdev, MCU_STATUS) == MCU_STATUS_DISABLED &&
	       !garm_read64(gdev, GPU_L2_READY) && !garm_read64(gdev, GPU_L2_PWRTRANS);
}

static int start_gpu(struct garm_device *gdev)
{
	int ret;

	/*
	 * A driver before us, or in the kernel before this one, may have left it running, with its
	 * address spaces.
	 */
	if (!gpu_is_cold(gdev)) {
		drm_info(&gdev->base, "GPU is in use (MCU_STATUS %u): resetting it\n",
			 garm_read(gdev, MCU_STATUS));
		ret = garm_gpu_soft_reset(gdev);
		if (ret)
			return ret;
	}
	irq_on(gdev->gpu);
	ret = garm_gpu_l2_on(gdev);
	if (ret)
		garm_irq_suspend(&gdev->gpu->irq);
	return ret;
}

/**
 * garm_gpu_init() - find out what GPU it is, request its interrupt, power the L2
 * @gdev: the device, powered; @coherent is set
 *
 * Sets gdev->gpu, gdev->gpu_info and the DMA mask. Memory is freed with the DRM device.
 * Return: 0; -ENXIO no GPU; -EOPNOTSUPP not one of ours, or not coherent as it should be; -EINVAL
 * impossible features; errors of the interrupt and DMA mask; -ETIMEDOUT. Probe only.
 */
int garm_gpu_init(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	struct garm_gpu *gpu;
	u32 pa_bits;
	int ret;

	gpu = drmm_kzalloc(&gdev->base, sizeof(*gpu), GFP_KERNEL);
	if (!gpu)
		return -ENOMEM;
	ret = drmm_mutex_init(&gdev->base, &gpu->flush_mutex);
	if (ret)
		return ret;
	spin_lock_init(&gpu->flush_lock);
	init_waitqueue_head(&gpu->flush_done);

	ret = identify(gdev);
	if (ret)
		return ret;
	pa_bits = GPU_MMU_PA_BITS(gdev->gpu_info.mmu_features);
	dma_set_max_seg_size(dev, UINT_MAX);
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(pa_bits));
	if (ret) {
		drm_err(&gdev->base, "DMA with addresses of %u bits: %d\n", pa_bits, ret);
		return ret;
	}
	gdev->gpu = gpu;
	ret = garm_irq_request(gdev, &gpu->irq, "gpu", GPU_INT_BASE, garm_gpu_interrupt);
	if (ret)
		return ret;
	scoped_guard(mutex, &gpus_lock)
		list_add_tail(&gpu->node, &gpus);
	ret = drmm_add_action_or_reset(&gdev->base, forget_gpu, gpu);
	if (ret)
		return ret;
	return start_gpu(gdev);
}

/**
 * garm_gpu_unplug() - leave the GPU dark
 * @gdev: the device, powered; all other rooms are unplugged
 */
void garm_gpu_unplug(struct garm_device *gdev)
{
	/*
	 * As a driver of the next probe may expect it. A GPU that refuses was reported, and stays
	 * as it is.
	 */
	if (garm_device_powered(gdev) && !gpu_is_cold(gdev))
		garm_gpu_soft_reset(gdev);
	garm_irq_suspend(&gdev->gpu->irq);
	/* Nobody shall wait for a flush that nothing ends. */
	end_flush_by_reset(gdev->gpu);
}

/**
 * garm_gpu_suspend() - last of the rooms to suspend
 * @gdev: the device, powered; firmware and MMU are suspended
 *
 * With the firmware halted cleanly its state is in memory and powering the L2 down is enough.
 * Otherwise, and when a reset is wanted or the L2 does not go down, the GPU is reset and the next
 * boot of the firmware is slow.
 */
void garm_gpu_suspend(struct garm_device *gdev)
{
	bool clean = gdev->reset.fast && !garm_device_reset_pending(gdev);

	if (!clean || l2_off(gdev)) {
		gdev->reset.fast = false;
		garm_gpu_soft_reset(gdev);
	}
	garm_irq_suspend(&gdev->gpu->irq);
}

/**
 * garm_gpu_resume() - first of the rooms to resume
 * @gdev: the device, powered
 *
 * Return: 0, or -ETIMEDOUT of the L2; the interrupt is on in both cases.
 */
int garm_gpu_resume(struct garm_device *gdev)
{
	irq_on(gdev->gpu);
	return garm_gpu_l2_on(gdev);
}

/**
 * garm_gpu_timestamp() - the GPU's time, which runs at the rate of the architected timer
 * @gdev: the device, powered
 *
 * Any context.
 */
u64 garm_gpu_timestamp(struct garm_device *gdev)
{
	return garm_read_counter(gdev, GPU_TIMESTAMP);
}

/**
 * garm_gpu_timestamp_offset() - what was added to the system's time to get the GPU's
 * @gdev: the device, powered
 *
 * Any context.
 */
u64 garm_gpu_timestamp_offset(struct garm_device *gdev)
{
	return garm_read64(gdev, GPU_TIMESTAMP_OFFSET);
}

/** garm_gpu_cycles() - cycles of the GPU's clock since it was last reset. Powered; any context */
u64 garm_gpu_cycles(struct garm_device *gdev)
{
	return garm_read_counter(gdev, GPU_CYCLE_COUNT);
}
