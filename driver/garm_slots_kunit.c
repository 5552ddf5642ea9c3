// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of the decision who gets the group slots (garm_slots.c), compiled as the kernel does.
 * Run when garm.ko is loaded into a kernel that has KUnit. The rules one by one; random
 * populations are left to the host's test (tests/unit/driver_slots_test.c).
 */
#include <kunit/test.h>

#include "garm_slots.h"

#define MAX_GROUPS 16

enum { LOW, MEDIUM, HIGH, REALTIME };

struct world {
	struct garm_slots in;
	struct garm_plan plan;
	struct list_head ready[GARM_PRIORITIES], waiting[GARM_PRIORITIES];
	struct garm_cand group[MAX_GROUPS];
	unsigned int ran[MAX_GROUPS], count;
};

static struct world *world_new(struct kunit *test, u32 slots, u32 vms)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	for (int p = 0; p < GARM_PRIORITIES; p++) {
		INIT_LIST_HEAD(&w->ready[p]);
		INIT_LIST_HEAD(&w->waiting[p]);
	}
	w->in.slot_count = slots;
	w->in.vm_count = vms;
	w->in.ready = w->ready;
	w->in.waiting = w->waiting;
	return w;
}

static void place(struct world *w, struct garm_cand *c)
{
	list_del_init(&c->node);
	if (c->slot >= 0 || !c->can_run)
		return;
	if (c->class == GARM_CAND_READY)
		list_add_tail(&c->node, &w->ready[c->priority]);
	else if (c->class == GARM_CAND_WAITING)
		list_add_tail(&c->node, &w->waiting[c->priority]);
}

static struct garm_cand *add(struct world *w, u8 priority, enum garm_cand_class class,
			     unsigned long vm)
{
	struct garm_cand *c = &w->group[w->count++];

	c->vm = (void *)vm;
	c->class = class;
	c->priority = priority;
	c->can_run = true;
	c->slot = -1;
	INIT_LIST_HEAD(&c->node);
	place(w, c);
	return c;
}

/* Decide, and do what the driver does with it. */
static void step(struct world *w, bool slice_over)
{
	u32 slot = 0;

	w->in.slice_over = slice_over;
	garm_slots_decide(&w->in, &w->plan);
	for (u32 i = 0; i < w->in.slot_count; i++) {
		struct garm_cand *c = w->in.resident[i];

		if (!c || c->picked)
			continue;
		w->in.resident[i] = NULL;
		c->slot = -1;
		place(w, c);
	}
	for (u32 i = 0; i < w->plan.count; i++) {
		struct garm_cand *c = w->plan.pick[i];

		c->fw_priority = GARM_FW_PRIORITY_MAX - i;
		w->ran[c - w->group]++;
		if (c->slot >= 0)
			continue;
		while (w->in.resident[slot])
			slot++;
		w->in.resident[slot] = c;
		c->slot = slot;
		place(w, c);
	}
}

static void one_group_gets_a_slot_and_keeps_it(struct kunit *test)
{
	struct world *w = world_new(test, 2, 7);
	struct garm_cand *a = add(w, MEDIUM, GARM_CAND_READY, 1);

	step(w, true);
	KUNIT_EXPECT_EQ(test, a->slot, 0);
	KUNIT_EXPECT_EQ(test, a->fw_priority, GARM_FW_PRIORITY_MAX);
	KUNIT_EXPECT_EQ(test, w->plan.busy, 1);
	KUNIT_EXPECT_FALSE(test, w->plan.rotate || w->plan.left_out);
	a->class = GARM_CAND_IDLE;
	step(w, true);
	KUNIT_EXPECT_EQ(test, a->slot, 0);
	KUNIT_EXPECT_EQ(test, w->plan.busy, 0);
}

static void groups_of_a_priority_take_turns(struct kunit *test)
{
	struct world *w = world_new(test, 2, 7);

	for (int i = 0; i < 5; i++)
		add(w, MEDIUM, GARM_CAND_READY, 1);
	for (int i = 0; i < 50; i++) {
		step(w, true);
		KUNIT_EXPECT_TRUE(test, w->plan.rotate && w->plan.left_out);
	}
	for (int i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, w->ran[i], 20);
}

static void higher_priority_first(struct kunit *test)
{
	struct world *w = world_new(test, 2, 7);
	struct garm_cand *low = add(w, LOW, GARM_CAND_READY, 1);
	struct garm_cand *a, *b;

	step(w, true);
	KUNIT_EXPECT_GE(test, low->slot, 0);
	a = add(w, HIGH, GARM_CAND_READY, 1);
	b = add(w, HIGH, GARM_CAND_READY, 1);
	step(w, true);
	KUNIT_EXPECT_LT(test, low->slot, 0);
	KUNIT_EXPECT_TRUE(test, a->slot >= 0 && b->slot >= 0);
	KUNIT_EXPECT_NE(test, a->fw_priority, b->fw_priority);
}

static void a_slice_is_not_cut_short_but_for_real_time(struct kunit *test)
{
	struct world *w = world_new(test, 1, 7);
	struct garm_cand *a = add(w, LOW, GARM_CAND_READY, 1), *high, *real;

	step(w, true);
	high = add(w, HIGH, GARM_CAND_READY, 1);
	step(w, false);
	KUNIT_EXPECT_EQ(test, a->slot, 0);
	KUNIT_EXPECT_LT(test, high->slot, 0);
	real = add(w, REALTIME, GARM_CAND_READY, 1);
	step(w, false);
	KUNIT_EXPECT_LT(test, a->slot, 0);
	KUNIT_EXPECT_EQ(test, real->slot, 0);
}

static void ready_before_waiting_before_idle(struct kunit *test)
{
	struct world *w = world_new(test, 1, 7);
	struct garm_cand *idle = add(w, HIGH, GARM_CAND_READY, 1), *waiting, *ready;

	step(w, true);
	idle->class = GARM_CAND_IDLE;
	waiting = add(w, LOW, GARM_CAND_WAITING, 1);
	step(w, true);
	KUNIT_EXPECT_LT(test, idle->slot, 0);
	KUNIT_EXPECT_EQ(test, waiting->slot, 0);
	ready = add(w, LOW, GARM_CAND_READY, 1);
	step(w, true);
	KUNIT_EXPECT_LT(test, waiting->slot, 0);
	KUNIT_EXPECT_EQ(test, ready->slot, 0);
}

static void address_spaces_are_slots_too(struct kunit *test)
{
	struct world *w = world_new(test, 4, 2);

	for (unsigned long vm = 1; vm <= 3; vm++) {
		add(w, MEDIUM, GARM_CAND_READY, vm);
		add(w, MEDIUM, GARM_CAND_READY, vm);
	}
	for (int i = 0; i < 60; i++) {
		unsigned long vms = 0;

		step(w, true);
		for (u32 k = 0; k < w->plan.count; k++)
			vms |= BIT((unsigned long)w->plan.pick[k]->vm);
		KUNIT_EXPECT_LE(test, hweight_long(vms), 2);
	}
	/* Nobody is kept out for ever. */
	for (int i = 0; i < 6; i++)
		KUNIT_EXPECT_GT(test, w->ran[i], 10);
}

static void the_dying_get_no_slot(struct kunit *test)
{
	struct world *w = world_new(test, 2, 7);
	struct garm_cand *a = add(w, MEDIUM, GARM_CAND_READY, 1);
	struct garm_cand *b = add(w, MEDIUM, GARM_CAND_READY, 1);

	step(w, true);
	a->can_run = false;
	step(w, true);
	KUNIT_EXPECT_LT(test, a->slot, 0);
	KUNIT_EXPECT_GE(test, b->slot, 0);
	KUNIT_EXPECT_EQ(test, w->plan.count, 1);
}

static struct kunit_case slots_cases[] = {
	KUNIT_CASE(one_group_gets_a_slot_and_keeps_it),
	KUNIT_CASE(groups_of_a_priority_take_turns),
	KUNIT_CASE(higher_priority_first),
	KUNIT_CASE(a_slice_is_not_cut_short_but_for_real_time),
	KUNIT_CASE(ready_before_waiting_before_idle),
	KUNIT_CASE(address_spaces_are_slots_too),
	KUNIT_CASE(the_dying_get_no_slot),
	{}
};

static struct kunit_suite slots_suite = {
	.name = "garm-slots",
	.test_cases = slots_cases,
};

kunit_test_suite(slots_suite);
