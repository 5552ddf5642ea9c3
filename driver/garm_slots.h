/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Who gets the firmware's group slots: a decision as a pure function.
 *
 * No register, no lock, no allocation, no struct of the driver: garm_sched.c describes its groups
 * with struct garm_cand and applies the plan; tests call it with candidates of their own.
 */
#ifndef GARM_SLOTS_H
#define GARM_SLOTS_H

#include <linux/list.h>
#include <linux/types.h>

#define GARM_SLOTS_MAX		16	/* firmware priorities are 4 bits and must differ */
#define GARM_FW_PRIORITY_MAX	15
#define GARM_PRIORITIES		4	/* as in enum drm_panthor_group_priority */
#define GARM_PRIORITY_PREEMPTS	3	/* real time: does not wait for the end of a time slice */

enum garm_cand_class {
	GARM_CAND_IDLE,		/* nothing to do: keeps a slot that nobody else wants */
	GARM_CAND_WAITING,	/* its work waits for a sync object: fills slots left over */
	GARM_CAND_READY,
};

/** struct garm_cand - a group as the decision sees it */
struct garm_cand {
	struct list_head node;		/* in one of the lists while it has no slot */
	const void *vm;			/* identity only */
	enum garm_cand_class class;
	u8 priority;
	bool can_run;			/* false: dying; gets no slot */
	s8 slot;			/* -1: none */
	u8 fw_priority;			/* on a slot: what the firmware has been told */
	bool picked;			/* out */
};

/** struct garm_slots - what the decision looks at */
struct garm_slots {
	u32 slot_count;			/* at most GARM_SLOTS_MAX */
	u32 vm_count;			/* address spaces for user VMs */
	bool slice_over;		/* false: only GARM_PRIORITY_PREEMPTS may push others out */
	struct garm_cand *resident[GARM_SLOTS_MAX];	/* by slot; NULL: free */
	/* [GARM_PRIORITIES] each, longest waiting first, none of them on a slot: */
	struct list_head *ready;
	struct list_head *waiting;
};

/** struct garm_plan - the decision */
struct garm_plan {
	u32 count;
	/*
	 * In order of firmware priority: pick[i] gets GARM_FW_PRIORITY_MAX - i. Residents that are
	 * not here go.
	 */
	struct garm_cand *pick[GARM_SLOTS_MAX];
	u32 busy;			/* of the picked ones are ready */
	bool rotate;			/* another tick is needed at the end of the time slice */
	bool left_out;			/* groups with work got no slot: look after them */
};

void garm_slots_decide(const struct garm_slots *in, struct garm_plan *plan);

#endif
