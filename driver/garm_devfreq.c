// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Frequency scaling: operating points, regulators, the simple_ondemand governor, a cooling device.
 *
 * Called by garm_device.c (probe, suspend, resume) and by the scheduler (busy, idle); calls the
 * kernel's devfreq and OPP layers. They own clock rate and voltage; the driver only says how busy
 * the GPU is.
 */
#include <linux/clk.h>
#include <linux/devfreq.h>
#include <linux/devfreq_cooling.h>
#include <linux/ktime.h>
#include <linux/pm_opp.h>
#include <linux/regulator/consumer.h>
#include <linux/thermal.h>

#include <drm/drm_managed.h>

#include "garm_device.h"
#include "garm_gpu.h"

#define POLL_MS			50	/* about three frames; driver-facts C.4 */
#define UP_THRESHOLD		45	/* percent busy */
#define DOWN_DIFFERENTIAL	5

/**
 * struct garm_devfreq - frequency scaling of a GPU
 * @devfreq: the kernel's object
 * @profile: of @devfreq; one each, since the core keeps state in it
 * @governor: thresholds
 * @lock: protects the rest; irqsave, leaf
 * @busy: the GPU has work
 * @since: when @busy_time and @idle_time were last brought up to date
 * @busy_time: since the governor last asked
 * @idle_time: likewise
 */
struct garm_devfreq {
	struct devfreq *devfreq;
	struct devfreq_dev_profile profile;
	struct devfreq_simple_ondemand_data governor;
	spinlock_t lock;	/* the fields below */
	bool busy;
	ktime_t since;
	ktime_t busy_time;
	ktime_t idle_time;
};

static void account(struct garm_devfreq *df)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&df->lock);
	if (df->busy)
		df->busy_time = ktime_add(df->busy_time, ktime_sub(now, df->since));
	else
		df->idle_time = ktime_add(df->idle_time, ktime_sub(now, df->since));
	df->since = now;
}

static void start_period(struct garm_devfreq *df)
{
	lockdep_assert_held(&df->lock);
	df->busy_time = 0;
	df->idle_time = 0;
	df->since = ktime_get();
}

static void set_busy(struct garm_device *gdev, bool busy)
{
	struct garm_devfreq *df = gdev->devfreq;

	guard(spinlock_irqsave)(&df->lock);
	account(df);
	df->busy = busy;
}

/**
 * garm_devfreq_busy() - the GPU has work from now on
 * @gdev: the device
 *
 * Not counted. Any context.
 */
void garm_devfreq_busy(struct garm_device *gdev)
{
	set_busy(gdev, true);
}

/**
 * garm_devfreq_idle() - the GPU has no work any more
 * @gdev: the device
 *
 * Any context.
 */
void garm_devfreq_idle(struct garm_device *gdev)
{
	set_busy(gdev, false);
}

static int devfreq_target(struct device *dev, unsigned long *rate, u32 flags)
{
	struct dev_pm_opp *opp = devfreq_recommended_opp(dev, rate, flags);

	if (IS_ERR(opp))
		return PTR_ERR(opp);
	dev_pm_opp_put(opp);
	return dev_pm_opp_set_rate(dev, *rate);
}

static int devfreq_status(struct device *dev, struct devfreq_dev_status *status)
{
	struct garm_device *gdev = dev_get_drvdata(dev);
	struct garm_devfreq *df = gdev->devfreq;

	status->current_frequency = garm_devfreq_rate(gdev);
	guard(spinlock_irqsave)(&df->lock);
	account(df);
	status->busy_time = ktime_to_ns(df->busy_time);
	status->total_time = ktime_to_ns(ktime_add(df->busy_time, df->idle_time));
	start_period(df);
	return 0;
}

static int devfreq_rate(struct device *dev, unsigned long *rate)
{
	*rate = garm_devfreq_rate(dev_get_drvdata(dev));
	return 0;
}

/**
 * garm_devfreq_rate() - the GPU's clock now
 * @gdev: the device
 *
 * Return: Hz. May sleep.
 */
unsigned long garm_devfreq_rate(struct garm_device *gdev)
{
	return clk_get_rate(gdev->clks.core);
}

/*
 * Operating points come from the device tree, unless the power domain brought its own. The OPP
 * layer takes one regulator; "sram" is coupled to it in the device tree and only has to be kept on.
 */
static int init_opps(struct device *dev)
{
	static const char * const supplies[] = { "mali", NULL };
	struct opp_table *table = dev_pm_opp_get_opp_table(dev);
	int ret;

	if (!IS_ERR_OR_NULL(table)) {
		dev_pm_opp_put_opp_table(table);
	} else {
		/* A board whose voltage is fixed needs no regulator. */
		ret = devm_pm_opp_set_regulators(dev, supplies);
		if (ret && ret != -ENODEV)
			return dev_err_probe(dev, ret, "regulator mali\n");
		ret = devm_pm_opp_of_add_table(dev);
		if (ret)
			return dev_err_probe(dev, ret, "operating points\n");
	}
	ret = devm_regulator_get_enable_optional(dev, "sram");
	if (ret && ret != -ENODEV)
		return dev_err_probe(dev, ret, "regulator sram\n");
	return 0;
}

/*
 * The point that fits the clock as the boot loader left it. Setting it turns the regulator on,
 * which would otherwise go off as unused at the end of the kernel's start.
 */
static int init_rate(struct garm_device *gdev, unsigned long *rate)
{
	struct device *dev = gdev->base.dev;
	struct dev_pm_opp *opp;
	int ret;

	*rate = garm_devfreq_rate(gdev);
	opp = devfreq_recommended_opp(dev, rate, 0);
	if (IS_ERR(opp))
		return dev_err_probe(dev, PTR_ERR(opp), "no operating point for %lu Hz\n", *rate);
	ret = dev_pm_opp_set_opp(dev, opp);
	dev_pm_opp_put(opp);
	if (ret)
		return dev_err_probe(dev, ret, "operating point of %lu Hz cannot be set\n", *rate);

	gdev->fast_rate = ULONG_MAX;
	opp = dev_pm_opp_find_freq_floor(dev, &gdev->fast_rate);
	if (IS_ERR(opp))
		return dev_err_probe(dev, PTR_ERR(opp), "no fastest operating point\n");
	dev_pm_opp_put(opp);
	return 0;
}

static void unregister_cooling(void *cooling)
{
	devfreq_cooling_unregister(cooling);
}

/* Without one the GPU works, but is not throttled when the chip is hot. */
static int init_cooling(struct garm_device *gdev, struct devfreq *devfreq)
{
	struct thermal_cooling_device *cooling = devfreq_cooling_em_register(devfreq, NULL);

	if (IS_ERR(cooling)) {
		drm_info(&gdev->base, "no cooling device: %pe\n", cooling);
		return 0;
	}
	return devm_add_action_or_reset(gdev->base.dev, unregister_cooling, cooling);
}

/**
 * garm_devfreq_init() - operating points, regulators, governor
 * @gdev: the device; clocks are known, they need not run
 *
 * Sets gdev->fast_rate. Undone with the device's managed resources. Probe only.
 * Return: 0, -EPROBE_DEFER, -ENODEV without operating points, or another error.
 */
int garm_devfreq_init(struct garm_device *gdev)
{
	struct device *dev = gdev->base.dev;
	struct garm_devfreq *df;
	int ret;

	/*
	 * Lives as long as files do: the scheduler may still say "idle" after the device is gone.
	 */
	df = drmm_kzalloc(&gdev->base, sizeof(*df), GFP_KERNEL);
	if (!df)
		return -ENOMEM;
	spin_lock_init(&df->lock);
	df->since = ktime_get();
	gdev->devfreq = df;

	ret = init_opps(dev);
	if (ret)
		return ret;
	df->profile = (struct devfreq_dev_profile){
		.timer = DEVFREQ_TIMER_DELAYED,
		.polling_ms = POLL_MS,
		.target = devfreq_target,
		.get_dev_status = devfreq_status,
		.get_cur_freq = devfreq_rate,
	};
	df->governor.upthreshold = UP_THRESHOLD;
	df->governor.downdifferential = DOWN_DIFFERENTIAL;
	ret = init_rate(gdev, &df->profile.initial_freq);
	if (ret)
		return ret;
	df->devfreq = devm_devfreq_add_device(dev, &df->profile, DEVFREQ_GOV_SIMPLE_ONDEMAND,
					      &df->governor);
	if (IS_ERR(df->devfreq))
		return dev_err_probe(dev, PTR_ERR(df->devfreq), "devfreq with governor %s\n",
				     DEVFREQ_GOV_SIMPLE_ONDEMAND);
	/* Until the first resume, which finds it as every other does. */
	garm_devfreq_suspend(gdev);
	return init_cooling(gdev, df->devfreq);
}

/**
 * garm_devfreq_resume() - scale again
 * @gdev: the device; its clocks run
 */
void garm_devfreq_resume(struct garm_device *gdev)
{
	struct garm_devfreq *df = gdev->devfreq;

	scoped_guard(spinlock_irqsave, &df->lock)
		start_period(df);
	drm_WARN_ON(&gdev->base, devfreq_resume_device(df->devfreq));
}

/**
 * garm_devfreq_suspend() - stop looking at the load; the clock's rate stays
 * @gdev: the device
 */
void garm_devfreq_suspend(struct garm_device *gdev)
{
	drm_WARN_ON(&gdev->base, devfreq_suspend_device(gdev->devfreq->devfreq));
}
