// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Who gets the firmware's group slots. See garm_slots.h; called by the tick (garm_sched.c), calls
 * nothing.
 *
 * Strict between priorities, round robin within one. A group that is ready takes the place of one
 * that waits for a sync object or is idle; among the ready ones of a priority the one with the
 * highest firmware priority goes to the end of the row when its time slice is over. Each pick gets
 * a firmware priority of its own: two groups with the same one can hold half of the resources each
 * and wait for the other half for ever (driver-facts C.2).
 */
#include "garm_slots.h"

struct garm_pick_ctx {
	const struct garm_slots *in;
	struct garm_plan *plan;
	struct garm_cand *row[GARM_SLOTS_MAX];	/* residents, highest firmware priority first */
	u32 row_count;
	const void *vms[GARM_SLOTS_MAX];
	u32 vm_count;
};

static bool has_room(const struct garm_pick_ctx *ctx, const void *vm, bool *new_vm)
{
	*new_vm = false;
	if (ctx->plan->count == ctx->in->slot_count)
		return false;
	for (u32 i = 0; i < ctx->vm_count; i++) {
		if (ctx->vms[i] == vm)
			return true;
	}
	*new_vm = true;
	return ctx->vm_count < ctx->in->vm_count;
}

/* Behind those of the same priority, before those of lower ones. */
static void insert(struct garm_plan *plan, struct garm_cand *cand)
{
	u32 at = plan->count++;

	for (; at && plan->pick[at - 1]->priority < cand->priority; at--)
		plan->pick[at] = plan->pick[at - 1];
	plan->pick[at] = cand;
}

static void try_pick(struct garm_pick_ctx *ctx, struct garm_cand *cand)
{
	bool new_vm;

	if (cand->picked || !cand->can_run || !has_room(ctx, cand->vm, &new_vm))
		return;
	if (new_vm)
		ctx->vms[ctx->vm_count++] = cand->vm;
	cand->picked = true;
	insert(ctx->plan, cand);
}

static void pick_residents(struct garm_pick_ctx *ctx, u8 priority, enum garm_cand_class class,
			   const struct garm_cand *except)
{
	for (u32 i = 0; i < ctx->row_count; i++) {
		struct garm_cand *cand = ctx->row[i];

		if (cand->priority == priority && cand->class == class && cand != except)
			try_pick(ctx, cand);
	}
}

static void pick_list(struct garm_pick_ctx *ctx, struct list_head *list)
{
	struct garm_cand *cand;

	list_for_each_entry(cand, list, node) {
		if (ctx->plan->count == ctx->in->slot_count)
			return;
		try_pick(ctx, cand);
	}
}

/* The one of a priority that ran first in the time slice that is over. */
static struct garm_cand *first_of_row(const struct garm_pick_ctx *ctx, u8 priority)
{
	for (u32 i = 0; i < ctx->row_count; i++) {
		struct garm_cand *cand = ctx->row[i];

		if (cand->priority == priority && cand->class == GARM_CAND_READY && cand->can_run)
			return cand;
	}
	return NULL;
}

/*
 * Within a time slice residents keep their places; only the preempting priority comes before lower
 * ones.
 */
static void pick_within_slice(struct garm_pick_ctx *ctx)
{
	for (int p = GARM_PRIORITIES - 1; p >= 0; p--) {
		pick_residents(ctx, p, GARM_CAND_READY, NULL);
		if (p == GARM_PRIORITY_PREEMPTS)
			pick_list(ctx, &ctx->in->ready[p]);
	}
}

/* Of those without a slot, the one that has waited longest and fits. */
static struct garm_cand *pick_longest_waiting(struct garm_pick_ctx *ctx, struct list_head *list)
{
	struct garm_cand *cand;

	list_for_each_entry(cand, list, node) {
		if (ctx->plan->count == ctx->in->slot_count)
			return NULL;
		try_pick(ctx, cand);
		if (cand->picked)
			return cand;
	}
	return NULL;
}

/* Behind the others of its priority that have been picked so far. */
static void move_back(struct garm_plan *plan, struct garm_cand *cand)
{
	u32 at = 0;

	while (plan->pick[at] != cand)
		at++;
	plan->count--;
	for (; at < plan->count; at++)
		plan->pick[at] = plan->pick[at + 1];
	insert(plan, cand);
}

/*
 * When the time slice is over, the one that has waited longest comes in before residents can use up
 * the address spaces: groups of few VMs would keep those of others out for ever.
 */
static void pick_ready(struct garm_pick_ctx *ctx)
{
	for (int p = GARM_PRIORITIES - 1; p >= 0; p--) {
		struct garm_cand *first = NULL, *next = NULL;

		if (ctx->in->slice_over) {
			first = first_of_row(ctx, p);
			next = pick_longest_waiting(ctx, &ctx->in->ready[p]);
		}
		pick_residents(ctx, p, GARM_CAND_READY, first);
		if (next)
			move_back(ctx->plan, next);
		pick_list(ctx, &ctx->in->ready[p]);
		if (first)
			try_pick(ctx, first);
	}
}

static void pick_left_over(struct garm_pick_ctx *ctx)
{
	for (int p = GARM_PRIORITIES - 1; p >= 0; p--) {
		pick_residents(ctx, p, GARM_CAND_WAITING, NULL);
		pick_list(ctx, &ctx->in->waiting[p]);
	}
	for (int p = GARM_PRIORITIES - 1; p >= 0; p--)
		pick_residents(ctx, p, GARM_CAND_IDLE, NULL);
}

/* Would a ready group that got no slot get one from a picked one of its own or a lower priority? */
static bool could_follow(const struct garm_cand *cand, int lowest_busy)
{
	return cand->can_run && !cand->picked && cand->class == GARM_CAND_READY &&
	       cand->priority >= lowest_busy;
}

static bool needs_rotation(const struct garm_pick_ctx *ctx)
{
	u32 busy[GARM_PRIORITIES] = {};
	int lowest = GARM_PRIORITIES;
	struct garm_cand *cand;

	for (u32 i = 0; i < ctx->plan->count; i++) {
		cand = ctx->plan->pick[i];
		if (cand->class != GARM_CAND_READY)
			continue;
		if (++busy[cand->priority] > 1)
			return true;
		if (cand->priority < lowest)
			lowest = cand->priority;
	}
	for (u32 i = 0; i < ctx->row_count; i++) {
		if (could_follow(ctx->row[i], lowest))
			return true;
	}
	for (int p = lowest; p < GARM_PRIORITIES; p++) {
		list_for_each_entry(cand, &ctx->in->ready[p], node) {
			if (could_follow(cand, lowest))
				return true;
		}
	}
	return false;
}

static bool is_left_out(const struct garm_cand *cand)
{
	return cand->can_run && !cand->picked && cand->class != GARM_CAND_IDLE;
}

static bool any_left_out(const struct garm_pick_ctx *ctx)
{
	struct garm_cand *cand;

	for (u32 i = 0; i < ctx->row_count; i++) {
		if (is_left_out(ctx->row[i]))
			return true;
	}
	for (int p = 0; p < GARM_PRIORITIES; p++) {
		list_for_each_entry(cand, &ctx->in->ready[p], node) {
			if (is_left_out(cand))
				return true;
		}
		list_for_each_entry(cand, &ctx->in->waiting[p], node) {
			if (is_left_out(cand))
				return true;
		}
	}
	return false;
}

static void begin(struct garm_pick_ctx *ctx)
{
	struct garm_cand *cand;

	for (u32 slot = 0; slot < ctx->in->slot_count; slot++) {
		u32 at = ctx->row_count;

		cand = ctx->in->resident[slot];
		if (!cand)
			continue;
		cand->picked = false;
		ctx->row_count++;
		for (; at && ctx->row[at - 1]->fw_priority < cand->fw_priority; at--)
			ctx->row[at] = ctx->row[at - 1];
		ctx->row[at] = cand;
	}
	for (int p = 0; p < GARM_PRIORITIES; p++) {
		list_for_each_entry(cand, &ctx->in->ready[p], node)
			cand->picked = false;
		list_for_each_entry(cand, &ctx->in->waiting[p], node)
			cand->picked = false;
	}
}

/**
 * garm_slots_decide() - who is on the slots next, and with what firmware priority
 * @in: the groups that have a slot and those that want one; only garm_cand.picked is written
 * @plan: out
 *
 * Groups off the slots that are idle are in no list: bringing them in costs firmware requests and
 * gains nothing until they have work. The caller serialises access to the candidates.
 */
void garm_slots_decide(const struct garm_slots *in, struct garm_plan *plan)
{
	struct garm_pick_ctx ctx = { .in = in, .plan = plan };

	*plan = (struct garm_plan){};
	begin(&ctx);
	if (!in->slice_over)
		pick_within_slice(&ctx);
	pick_ready(&ctx);
	pick_left_over(&ctx);

	for (u32 i = 0; i < plan->count; i++)
		plan->busy += plan->pick[i]->class == GARM_CAND_READY;
	plan->rotate = needs_rotation(&ctx);
	plan->left_out = any_left_out(&ctx);
}
