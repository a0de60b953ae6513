/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tasks of parties that a closure names, and of the duties that the policy has towards parties.
 * A duty is one task with the party that the closure names, if it does.
 */
#include "coordination.h"

#include "common/text.h"
#include "deadline.h"
#include "followup.h"
#include "incident.h"

static bool applies(const struct step *step, const struct obligation *o)
{
    struct condition_subject subject = incident_subject(step->policy, step->incident);
    return !o->when.n || condition_any(&o->when, &subject);
}

/* The duty towards this party, or NULL. */
static const struct obligation *obligation_to(const struct step *step, struct str party)
{
    for (size_t i = 0; i < step->policy->obligations_n; i++) {
        const struct obligation *o = &step->policy->obligations[i];
        if (str_eq(o->party, party) && applies(step, o)) return o;
    }
    return NULL;
}

static ms_t obligation_start(const struct incident *incident, enum obligation_start from)
{
    switch (from) {
    case FROM_STARTED_AT: return incident->started_at;
    case FROM_DETECTED_AT: return incident->detected_at;
    case FROM_CONTAINED_AT: return incident->contained_at;
    case FROM_CLOSED_AT:
    default: return incident->closed_at;
    }
}

/* A duty's clock starts where the duty says; where that is not known, with the task. */
static void oblige(struct step *step, const struct obligation *o, struct task_seed *seed)
{
    ms_t start = obligation_start(step->incident, o->from);
    if (start != TIME_NONE) seed->clock_start = start;
    seed->due_at = deadline_add(&step->policy->calendar, seed->clock_start, o->within);
    seed->rule = arena_printf(step->arena, "obligation/%.*s", STR_ARG(o->name));
}

/* The same for a task that exists: the duty is new, or the time that it counts from is known now.
 * A second closing restarts no clock. */
static void oblige_again(struct step *step, const struct obligation *o, struct task *task)
{
    ms_t start = obligation_start(step->incident, o->from);
    if (task->due_fixed && (start == TIME_NONE || o->from == FROM_CLOSED_AT)) return;
    struct task_seed seed = {.clock_start = task->clock_start};
    oblige(step, o, &seed);
    task->clock_start = seed.clock_start;
    task->clock_moved = task->paused_for = 0;
    task->policy_rule = seed.rule;
    task_apply_due_at(step, task, seed.due_at);
}

static struct str party_description(struct step *step, const struct coordination *c,
                                    const struct obligation *o)
{
    struct str text = party_kind_name(c->party_kind);
    if (c->reference.p)
        text =
            arena_printf(step->arena, "%.*s; reference %.*s", STR_ARG(text), STR_ARG(c->reference));
    if (o) text = arena_printf(step->arena, "%.*s; duty %.*s", STR_ARG(text), STR_ARG(o->name));
    return text_clean(step->arena, text);
}

static struct entry *create_coordination(struct step *step, const struct coordination *c,
                                         enum queue queue, const struct obligation *o)
{
    struct str what = o ? arena_printf(step->arena, "Meet the duty %.*s towards %.*s on",
                                       STR_ARG(o->name), STR_ARG(c->party))
                        : arena_printf(step->arena, "Coordinate with %.*s on", STR_ARG(c->party));
    struct task_seed seed = followup_seed(step, KIND_COORDINATION, followup_title(step, what.p));
    seed.part = c->party;
    seed.queue = queue;
    seed.description = party_description(step, c, o);
    seed.rule = STR("coordination");
    if (o) oblige(step, o, &seed);
    return task_create(step, &seed);
}

void coordination_take(struct step *step, const struct coordination *c)
{
    struct entry *entry = step_task_entry(step, task_name(step, KIND_COORDINATION, c->party));
    const struct obligation *o = obligation_to(step, c->party);
    enum queue queue = c->party_kind == PARTY_INTERNAL_GROUP ? QUEUE_RESPONSE_TEAM : QUEUE_EXTERNAL;
    if (!entry->exists) {
        entry = create_coordination(step, c, queue, o);
    } else {
        bool comes_back = step->is_resumed && task_is_put_aside(entry->task) && !c->closed;
        if (entry->task->status == STATUS_CLOSED && !comes_back) return;
        const struct task *before;
        struct task *task = task_edit(step, entry, &before);
        if (comes_back) task_apply_status(step, task, REPORTED_OPEN);
        task->description = party_description(step, c, o);
        task->queue = queue;
        if (o) oblige_again(step, o, task);
        task_changed(step, entry, before);
    }
    if (c->closed) task_close(step, entry, RESOLUTION_DONE, STR_NONE);
}

static bool is_named(const struct closure *closure, struct str party)
{
    for (size_t i = 0; i < closure->coordination.n; i++)
        if (str_eq(closure->coordination.items[i].party, party)) return true;
    return false;
}

void coordination_take_duties(struct step *step, const struct closure *closure)
{
    /* A duty is one task with the party that the closure names, if it does. */
    for (size_t i = 0; i < step->policy->obligations_n; i++) {
        const struct obligation *o = &step->policy->obligations[i];
        if (!applies(step, o) || is_named(closure, o->party)) continue;
        coordination_take(step,
                          &(struct coordination){.party = o->party, .party_kind = o->party_kind});
    }
}
