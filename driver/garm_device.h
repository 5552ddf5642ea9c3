/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The device: what every part of the driver shares. Register access, interrupts, power references,
 * reset.
 *
 * Implemented in garm_device.c (clocks, power, reset, interrupts) and garm_drv.c (probe, files,
 * ioctls). A part of the driver ("room") owns one pointer here and nobody else looks behind it.
 */
#ifndef GARM_DEVICE_H
#define GARM_DEVICE_H

#include <linux/atomic.h>
#include <linux/clk.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "compat.h"
#include "garm_regs.h"
#include "garm_uapi.h"

#define GARM_MAX_CSGS		31	/* slots that the interface can name */
#define GARM_MAX_CSGS_USED	16	/* priorities must differ and are 4 bits wide */
#define GARM_MAX_CS_PER_CSG	32
#define GARM_MAX_AS		16
#define GARM_MAX_JOBS_PER_FILE	65536

struct garm_devfreq;
struct garm_fw;
struct garm_gpu;
struct garm_heap_pools;
struct garm_irq;
struct garm_mmu;
struct garm_sched;
struct garm_shrink;
struct garm_vm_pool;
struct garm_group_pool;

/**
 * struct garm_irq - one of the three interrupt blocks (GPU, MMU, JOB)
 *
 * The hard handler masks the block and wakes the thread; the thread calls @handler with the bits
 * that are raised and enabled, until none is left, then unmasks. @handler clears the bits itself
 * (INT_CLEAR), so that what must be read before the clear (fault registers) can be.
 */
struct garm_irq {
	struct garm_device *gdev;
	const char *name;
	u32 base;		/* GPU_INT_BASE, MMU_INT_BASE, JOB_INT_BASE */
	int irq;
	void (*handler)(struct garm_device *gdev, u32 status);
	spinlock_t lock;	/* protects mask, state and the write of INT_MASK; irqsave */
	u32 mask;		/* bits that are wanted */
	enum { GARM_IRQ_SUSPENDED, GARM_IRQ_ACTIVE, GARM_IRQ_PROCESSING } state;
};

enum garm_pm_state {
	GARM_PM_SUSPENDED,	/* no register may be touched */
	GARM_PM_RESUMING,
	GARM_PM_ACTIVE,
	GARM_PM_SUSPENDING,
};

/** struct garm_device - a GPU */
struct garm_device {
	struct drm_device base;
	phys_addr_t phys;	/* of the register window */
	void __iomem *iomem;
	struct {
		struct clk *core, *stacks, *coregroup;
	} clks;
	bool coherent;		/* the interconnect snoops for the GPU */

	struct drm_panthor_gpu_info gpu_info;	/* constant after garm_gpu_init() */
	struct drm_panthor_csif_info csif_info;	/* constant after garm_fw_init() */

	struct garm_gpu *gpu;
	struct garm_devfreq *devfreq;
	struct garm_mmu *mmu;
	struct garm_fw *fw;
	struct garm_sched *sched;
	struct garm_shrink *shrink;
	struct vfsmount *huge_mnt;	/* tmpfs with huge pages; NULL: none, or DRM has it */

	/*
	 * Probe is complete: suspend, resume and reset call the rooms, and resets are carried out.
	 */
	bool ready;

	struct {
		struct mutex lock;		/* serialises unplug */
		bool done;			/* garm_device_unplug() is over; under @lock */
		bool told;			/* user space knows that the GPU is lost; @lock */
		struct workqueue_struct *wq;	/* for @work: reset.wq must not wait for itself */
		struct work_struct work;	/* unplugs after the GPU was given up */
		struct work_struct tell_work;	/* uevent after a reset that succeeded */
	} unplug;

	struct {
		struct workqueue_struct *wq;	/* ordered, WQ_MEM_RECLAIM: resets, time-outs */
		struct work_struct work;
		/*
		 * Requested, and the GPU not yet in its reset state. Clear again while MMU and
		 * firmware come back, so that they can wait for each other and a request made
		 * meanwhile counts. Stays set once the GPU was given up.
		 */
		atomic_t pending;
		const char *why;		/* of the last request; constant string, or NULL */
		bool fast;			/* the next firmware boot may keep its memory */
		atomic_t count;			/* resets done, for debugfs */
	} reset;

	struct {
		atomic_t state;			/* enum garm_pm_state */
		struct mutex mmio_lock;		/* flush-id page: fault against suspend, resume */
		struct page *dummy_flush_id;	/* what user space sees while suspended; holds 1 */
		struct mutex recover_lock;	/* protects resume_failed; leaf */
		bool resume_failed;		/* runtime PM holds on to the error of a resume */
	} pm;

	struct {
		struct mutex lock;		/* protects the list; label_lock inside */
		struct list_head list;		/* garm_bo.node; for debugfs */
	} gems;

	unsigned long fast_rate;		/* Hz, highest operating point */
	unsigned int profile_mask;		/* sysfs "profiling": bit 0 cycles, bit 1 time */
};

/** struct garm_file - one open file */
struct garm_file {
	struct garm_device *gdev;
	u64 mmio_offset;			/* of the MMIO pages in this file's mmap() space */
	struct garm_vm_pool *vms;
	struct garm_group_pool *groups;
	atomic_t jobs;				/* of groups and VM_BIND that are not freed yet */
	struct {
		u64 time_ns, cycles;		/* of this client's jobs */
		spinlock_t lock;		/* protects both; leaf */
	} stats;
};

static inline struct garm_device *to_garm_device(struct drm_device *drm)
{
	return container_of(drm, struct garm_device, base);
}

/**
 * garm_file_add_job() - one more job of a client, which must not fill the memory with them
 *
 * Return: whether it may be; garm_file_remove_job() follows when it is freed.
 */
static inline bool garm_file_add_job(struct garm_file *file)
{
	return atomic_add_unless(&file->jobs, 1, GARM_MAX_JOBS_PER_FILE);
}

static inline void garm_file_remove_job(struct garm_file *file)
{
	atomic_dec(&file->jobs);
}

/**
 * garm_device_powered() - may registers be touched?
 *
 * Stays true only while the caller holds a reference of garm_device_get(), or runs in a suspend,
 * resume or reset hook.
 */
static inline bool garm_device_powered(struct garm_device *gdev)
{
	return atomic_read(&gdev->pm.state) != GARM_PM_SUSPENDED;
}

/* Registers. Only between drm_dev_enter() and drm_dev_exit(), with the device powered. */
static inline u32 garm_read(struct garm_device *gdev, u32 reg)
{
	return readl(gdev->iomem + reg);
}

static inline void garm_write(struct garm_device *gdev, u32 reg, u32 value)
{
	writel(value, gdev->iomem + reg);
}

static inline u64 garm_read64(struct garm_device *gdev, u32 reg)
{
	u32 lo = garm_read(gdev, reg);

	return lo | (u64)garm_read(gdev, reg + 4) << 32;
}

static inline void garm_write64(struct garm_device *gdev, u32 reg, u64 value)
{
	garm_write(gdev, reg, lower_32_bits(value));
	garm_write(gdev, reg + 4, upper_32_bits(value));
}

/* A 64-bit counter that runs: read until the high half stands still. */
static inline u64 garm_read_counter(struct garm_device *gdev, u32 reg)
{
	u32 hi, lo, again;

	do {
		hi = garm_read(gdev, reg + 4);
		lo = garm_read(gdev, reg);
		again = garm_read(gdev, reg + 4);
	} while (hi != again);
	return lo | (u64)hi << 32;
}

/* Poll a register until @cond about @val holds; -ETIMEDOUT after @timeout_us. May sleep. */
#define garm_poll(gdev, reg, val, cond, delay_us, timeout_us) \
	read_poll_timeout(garm_read, val, cond, delay_us, timeout_us, false, gdev, reg)
#define garm_poll64(gdev, reg, val, cond, delay_us, timeout_us) \
	read_poll_timeout(garm_read64, val, cond, delay_us, timeout_us, false, gdev, reg)
#define garm_poll_atomic(gdev, reg, val, cond, delay_us, timeout_us) \
	read_poll_timeout_atomic(garm_read, val, cond, delay_us, timeout_us, false, gdev, reg)

/* garm_device.c */
int garm_device_init(struct garm_device *gdev);
/*
 * The rooms' unplug hooks run with clocks on, so registers may be touched, but drm_dev_enter()
 * fails in them and in whatever they wait for. Was the device suspended, interrupt blocks still are
 * and firmware does not run.
 */
void garm_device_unplug(struct garm_device *gdev);

/**
 * garm_device_get() - take a runtime-PM reference and power the device up
 *
 * Return: 0, -ENODEV when it is gone, or the error of the resume, after which a later call tries
 * again. May sleep; not on the fence-signalling path.
 */
int garm_device_get(struct garm_device *gdev);
/** garm_device_put() - drop a reference of garm_device_get(); autosuspend follows */
void garm_device_put(struct garm_device *gdev);

/**
 * garm_device_reset() - request a reset of the GPU, from any context
 *
 * Does nothing when one is pending. While suspended or suspending, the request makes the next
 * resume a slow one. @why is a constant string for the log and the dump.
 */
void garm_device_reset(struct garm_device *gdev, const char *why);
static inline bool garm_device_reset_pending(struct garm_device *gdev)
{
	return atomic_read(&gdev->reset.pending);
}

int garm_device_suspend(struct device *dev);	/* runtime and system sleep */
int garm_device_resume(struct device *dev);
int garm_device_system_resume(struct device *dev);
int garm_device_mmap_io(struct garm_device *gdev, struct vm_area_struct *vma);

const char *garm_exception_name(u32 code);	/* "TRANSLATION_FAULT_3", or "UNKNOWN" */

/*
 * Interrupt blocks (garm_irq.c). Request leaves the block suspended. Resume clears only what was
 * suspended.
 */
int garm_irq_request(struct garm_device *gdev, struct garm_irq *irq, const char *name, u32 base,
		     void (*handler)(struct garm_device *gdev, u32 status));
void garm_irq_resume(struct garm_irq *irq, u32 mask);	/* clears what was raised, unmasks */
void garm_irq_suspend(struct garm_irq *irq);		/* masks, waits for the handler; sleeps */
void garm_irq_enable(struct garm_irq *irq, u32 bits);	/* any context */
void garm_irq_disable(struct garm_irq *irq, u32 bits);

#endif
