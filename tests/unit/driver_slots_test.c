/*
 * garm.ko's decision who gets the group slots (driver/garm_slots.c), without a kernel: the rules one by one, and
 * random populations over many time slices against invariants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../driver/garm_slots.h"

#include "tap.h"

#include <stdlib.h>

enum { LOW, MEDIUM, HIGH, REALTIME };
#define MAX_GROUPS 64

/* Groups, and the slots as the driver would have left them after the last decision. */
struct world {
    struct garm_slots in;
    struct list_head ready[GARM_PRIORITIES], waiting[GARM_PRIORITIES];
    struct garm_cand group[MAX_GROUPS];
    unsigned ran[MAX_GROUPS]; /* time slices on a slot */
    unsigned count;
    struct garm_plan plan;
};

static void world_init(struct world *w, unsigned slots, unsigned vms)
{
    memset(w, 0, sizeof(*w));
    for (unsigned p = 0; p < GARM_PRIORITIES; p++) {
        INIT_LIST_HEAD(&w->ready[p]);
        INIT_LIST_HEAD(&w->waiting[p]);
    }
    w->in = (struct garm_slots){ .slot_count = slots, .vm_count = vms, .slice_over = true,
                                 .ready = w->ready, .waiting = w->waiting };
}

static void place(struct world *w, struct garm_cand *c)
{
    list_del_init(&c->node);
    if (c->slot >= 0 || !c->can_run || c->class == GARM_CAND_IDLE)
        return;
    list_add_tail(&c->node, c->class == GARM_CAND_READY ? &w->ready[c->priority] : &w->waiting[c->priority]);
}

static struct garm_cand *add(struct world *w, unsigned priority, enum garm_cand_class class, uintptr_t vm)
{
    struct garm_cand *c = &w->group[w->count++];

    *c = (struct garm_cand){ .vm = (void *)vm, .class = class, .priority = (u8)priority,
                             .can_run = true, .slot = -1 };
    INIT_LIST_HEAD(&c->node);
    place(w, c);
    return c;
}

static void set_class(struct world *w, struct garm_cand *c, enum garm_cand_class class)
{
    c->class = class;
    place(w, c);
}

/* Decide, and do what the driver does with it. */
static void step(struct world *w, bool slice_over)
{
    w->in.slice_over = slice_over;
    garm_slots_decide(&w->in, &w->plan);
    for (unsigned s = 0; s < w->in.slot_count; s++) {
        struct garm_cand *c = w->in.resident[s];

        if (!c || c->picked)
            continue;
        w->in.resident[s] = NULL;
        c->slot = -1;
        place(w, c);
    }
    for (unsigned i = 0, s = 0; i < w->plan.count; i++) {
        struct garm_cand *c = w->plan.pick[i];

        c->fw_priority = (u8)(GARM_FW_PRIORITY_MAX - i);
        w->ran[c - w->group]++;
        if (c->slot >= 0)
            continue;
        while (w->in.resident[s])
            s++;
        w->in.resident[s] = c;
        c->slot = (s8)s;
        place(w, c);
    }
}

static bool on(const struct garm_cand *c)
{
    return c->slot >= 0;
}

static void one_group(void)
{
    struct world w;
    struct garm_cand *a;

    world_init(&w, 2, 7);
    a = add(&w, MEDIUM, GARM_CAND_READY, 1);
    step(&w, true);
    TAP_CHECK(on(a));
    TAP_CHECK_EQ(a->fw_priority, GARM_FW_PRIORITY_MAX);
    TAP_CHECK_EQ(w.plan.busy, 1);
    TAP_CHECK(!w.plan.rotate && !w.plan.left_out);
    set_class(&w, a, GARM_CAND_IDLE);
    step(&w, true);
    TAP_CHECK(on(a)); /* nobody else wants the slot */
    TAP_CHECK_EQ(w.plan.busy, 0);
}

static void nobody(void)
{
    struct world w;

    world_init(&w, 2, 7);
    add(&w, MEDIUM, GARM_CAND_IDLE, 1);
    step(&w, true);
    TAP_CHECK_EQ(w.plan.count, 0);
    TAP_CHECK(!w.plan.rotate && !w.plan.left_out);
}

static void rotation(void)
{
    struct world w;

    world_init(&w, 2, 7);
    for (unsigned i = 0; i < 5; i++)
        add(&w, MEDIUM, GARM_CAND_READY, 1);
    for (unsigned i = 0; i < 50; i++) {
        step(&w, true);
        TAP_CHECK(w.plan.rotate && w.plan.left_out);
    }
    for (unsigned i = 0; i < 5; i++)
        TAP_CHECK_EQ(w.ran[i], 20);
}

/* All fit: they only take turns at being first. */
static void rotation_of_priorities(void)
{
    struct world w;
    unsigned first[3] = {};

    world_init(&w, 4, 7);
    for (unsigned i = 0; i < 3; i++)
        add(&w, MEDIUM, GARM_CAND_READY, 1);
    for (unsigned i = 0; i < 30; i++) {
        step(&w, true);
        TAP_CHECK_EQ(w.plan.count, 3);
        first[w.plan.pick[0] - w.group]++;
    }
    for (unsigned i = 0; i < 3; i++)
        TAP_CHECK_EQ(first[i], 10);
    TAP_CHECK(w.plan.rotate && !w.plan.left_out);
}

static void strict_priorities(void)
{
    struct world w;
    struct garm_cand *low, *high;

    world_init(&w, 1, 7);
    low = add(&w, LOW, GARM_CAND_READY, 1);
    step(&w, true);
    TAP_CHECK(on(low));
    high = add(&w, HIGH, GARM_CAND_READY, 2);
    step(&w, false);
    TAP_CHECK(on(low)); /* until its time slice ends */
    TAP_CHECK(w.plan.rotate);
    step(&w, true);
    TAP_CHECK(on(high) && !on(low));
    /* Rotation would change nothing, but somebody must look. */
    TAP_CHECK(!w.plan.rotate && w.plan.left_out);
    set_class(&w, high, GARM_CAND_IDLE);
    step(&w, false);
    TAP_CHECK(on(low) && !on(high));
}

static void real_time_preempts(void)
{
    struct world w;
    struct garm_cand *low, *medium, *rt;

    world_init(&w, 2, 7);
    low = add(&w, LOW, GARM_CAND_READY, 1);
    medium = add(&w, MEDIUM, GARM_CAND_READY, 1);
    step(&w, true);
    rt = add(&w, REALTIME, GARM_CAND_READY, 2);
    step(&w, false);
    TAP_CHECK(on(rt) && on(medium) && !on(low));
    TAP_CHECK_EQ(rt->fw_priority, GARM_FW_PRIORITY_MAX);
    TAP_CHECK_EQ(medium->fw_priority, GARM_FW_PRIORITY_MAX - 1);
}

/* The last of a priority's groups that found no slot is not forgotten: slots full, one each but two of LOW. */
static void one_left_of_its_priority(void)
{
    struct world w;
    struct garm_cand *a, *b;

    world_init(&w, 2, 7);
    add(&w, HIGH, GARM_CAND_READY, 1);
    a = add(&w, LOW, GARM_CAND_READY, 1);
    b = add(&w, LOW, GARM_CAND_READY, 1);
    step(&w, true);
    TAP_CHECK(on(a) && !on(b));
    TAP_CHECK(w.plan.rotate);
    step(&w, true);
    TAP_CHECK(!on(a) && on(b));
}

static void waiting_fills_up(void)
{
    struct world w;
    struct garm_cand *idle, *waiting, *ready;

    world_init(&w, 1, 7);
    idle = add(&w, HIGH, GARM_CAND_READY, 1);
    step(&w, true);
    set_class(&w, idle, GARM_CAND_IDLE);
    waiting = add(&w, LOW, GARM_CAND_WAITING, 1);
    step(&w, false);
    TAP_CHECK(on(waiting) && !on(idle));
    TAP_CHECK(!w.plan.left_out);
    ready = add(&w, LOW, GARM_CAND_READY, 1);
    step(&w, false);
    TAP_CHECK(on(ready) && !on(waiting));
    TAP_CHECK(w.plan.left_out);
}

static void address_spaces(void)
{
    struct world w;
    struct garm_cand *a, *b, *c, *d;

    world_init(&w, 4, 2);
    a = add(&w, MEDIUM, GARM_CAND_READY, 1);
    b = add(&w, MEDIUM, GARM_CAND_READY, 2);
    c = add(&w, MEDIUM, GARM_CAND_READY, 3);
    d = add(&w, MEDIUM, GARM_CAND_READY, 1);
    step(&w, true);
    TAP_CHECK(on(a) && on(b) && !on(c) && on(d));
    TAP_CHECK(w.plan.rotate && w.plan.left_out);
    for (unsigned i = 0; i < 8 && !on(c); i++)
        step(&w, true);
    TAP_CHECK(on(c));
}

static void dying_groups_go(void)
{
    struct world w;
    struct garm_cand *a;

    world_init(&w, 2, 7);
    a = add(&w, REALTIME, GARM_CAND_READY, 1);
    step(&w, true);
    a->can_run = false;
    step(&w, false);
    TAP_CHECK(!on(a));
    TAP_CHECK(!w.plan.rotate && !w.plan.left_out);
}

static void check_plan(const struct world *w)
{
    const void *vms[MAX_GROUPS];
    unsigned vm_count = 0, lowest = GARM_PRIORITIES;

    TAP_CHECK(w->plan.count <= w->in.slot_count);
    for (unsigned i = 0; i < w->plan.count; i++) {
        const struct garm_cand *c = w->plan.pick[i];
        unsigned v = 0;

        TAP_CHECK(c->can_run && c->picked);
        if (i)
            TAP_CHECK(c->priority <= w->plan.pick[i - 1]->priority);
        if (c->class == GARM_CAND_READY && c->priority < lowest)
            lowest = c->priority;
        for (unsigned j = 0; j < i; j++)
            TAP_CHECK(w->plan.pick[j] != c);
        while (v < vm_count && vms[v] != c->vm)
            v++;
        if (v == vm_count)
            vms[vm_count++] = c->vm;
    }
    TAP_CHECK(vm_count <= w->in.vm_count);
    if (vm_count == w->in.vm_count || !w->in.slice_over)
        return;
    for (unsigned i = 0; i < w->count; i++) {
        const struct garm_cand *c = &w->group[i];

        /* A slot is free, or a lower group has one, and this one has none? */
        if (c->can_run && c->class == GARM_CAND_READY && !c->picked)
            TAP_CHECK(w->plan.count == w->in.slot_count && lowest >= c->priority);
    }
}

static void random_worlds(void)
{
    srand(1);
    for (unsigned round = 0; round < 300; round++) {
        struct world w;

        world_init(&w, 1 + rand() % GARM_SLOTS_MAX, 1 + rand() % 15);
        for (unsigned n = 1 + rand() % MAX_GROUPS; n; n--)
            add(&w, rand() % GARM_PRIORITIES, rand() % 3, 1 + rand() % 20);
        for (unsigned i = 0; i < 50; i++) {
            struct garm_cand *c = &w.group[rand() % w.count];

            c->can_run = rand() % 16 != 0;
            set_class(&w, c, rand() % 3);
            step(&w, rand() % 4);
            check_plan(&w);
        }
    }
}

/* No ready group of the highest priority that is ready waits for ever, whatever the VMs. */
static void fairness(void)
{
    struct world w;

    world_init(&w, 3, 2);
    for (unsigned i = 0; i < 12; i++)
        add(&w, MEDIUM, GARM_CAND_READY, 1 + i % 5);
    for (unsigned i = 0; i < 600; i++)
        step(&w, true);
    for (unsigned i = 0; i < 12; i++)
        TAP_CHECK(w.ran[i] > 20);
}

TAP_MAIN({ "one-group", one_group }, { "nobody", nobody }, { "rotation", rotation },
         { "rotation-of-priorities", rotation_of_priorities }, { "strict-priorities", strict_priorities },
         { "real-time-preempts", real_time_preempts },
         { "one-left-of-its-priority", one_left_of_its_priority }, { "waiting-fills-up", waiting_fills_up },
         { "address-spaces", address_spaces }, { "dying-groups-go", dying_groups_go },
         { "random-worlds", random_worlds }, { "fairness", fairness })
