/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done of a duty, as others know it: it is told along the merges, so none of them asks for it; and
 * so is what is told of it later, to all that were told of it.
 */
#include "duty_met.h"

#include "duty.h"
#include "forward.h"
#include "incident.h"
#include "task.h"

/* With this one last. */
static struct str_list told_last(struct arena *arena, struct str_list told, struct str id)
{
    struct str *items = arena_alloc(arena, (told.n + 1) * sizeof *items);
    size_t n = 0;
    for (size_t i = 0; i < told.n; i++)
        if (!str_eq(told.items[i], id)) items[n++] = told.items[i];
    items[n++] = id;
    return (struct str_list){items, n};
}

void duty_met_tell(struct step *step, struct entry *entry)
{
    struct str into = step->incident->merged_into;
    const struct duty *duty = entry->duty;
    const struct str_list told = duty->told;
    if (!into.p || str_list_has(duty->passed, into)) return;
    if (told.n && str_eq(told.items[told.n - 1], into)) return;
    forward_duty(step, into, duty);
    duty_edit(step, entry)->told = told_last(step->arena, told, into);
}

/* Over each merge it goes behind what was told before, so the last that comes is the last that is; and it ends, for
 * who knows it tells nobody. */
static void tell_again(struct step *step, const struct duty *duty)
{
    for (size_t i = 0; i < duty->told.n; i++) forward_duty(step, duty->told.items[i], duty);
}

static bool is_later(const struct duty *a, const struct duty *b)
{
    const struct task *x = a->carried.items, *y = b->carried.items;
    if (x->updated_at != y->updated_at) return x->updated_at > y->updated_at;
    return x->version > y->version;
}

static void forget(struct step *step, struct entry *entry)
{
    entry->exists = false;
    step_touch(step, entry);
}

void duty_met_withdraw(struct step *step, struct entry *entry)
{
    struct duty on = *entry->duty;
    on.met = false;
    on.withdrawn = true;
    tell_again(step, &on);
    forget(step, entry);
}

void duty_met_follow(struct step *step, struct str name)
{
    if (!step->incident->duties) return;
    struct entry *entry = duty_own(step, name);
    const struct entry *work = duty_task(step, name);
    if (!entry->exists || !entry->duty->met) return;
    if (!task_entry_is_done(work)) {
        duty_met_withdraw(step, entry);
        return;
    }
    const struct task *known = entry->duty->carried.items;
    if (known->submitted_at == work->task->submitted_at &&
        evidence_list_eq(known->evidence, work->task->evidence))
        return;
    const struct task now = duty_as_sent(step, work->task);
    duty_carry(step, duty_edit(step, entry), &now);
    tell_again(step, entry->duty);
}

bool duty_met_take(struct step *step, const struct entry *entry, struct duty *in)
{
    bool is_known = entry->exists && entry->duty->met;
    if (is_known && !is_later(in, entry->duty)) return false;
    if (is_known) in->told = entry->duty->told;
    tell_again(step, in);
    return true;
}

void duty_met_close(struct step *step, const struct duty *duty)
{
    struct entry *task = duty_task(step, duty->name);
    const struct task *met = duty_met_elsewhere(step, duty->name);
    bool is_left = task->exists && duty_is_own(step, duty) && !task_entry_is_done(task);
    if (met && (task_entry_is_open(task) || is_left))
        duty_point_to(step, task, met->incident_id, met->moved_from, RESOLUTION_DUPLICATE);
}

/* The task goes on that was closed because of it; without one, what rests here gets one. */
static void go_on(struct step *step, struct str name)
{
    struct entry *task = duty_task(step, name);
    bool is_closed = task->exists && task->task->moved_to.p && !duty_is_away(step, name);
    bool is_wanted = is_closed && (!task->task->for_others || duty_has_guests(step, name));
    if (is_wanted && !incident_is_put_aside(step->incident)) {
        const struct task *before;
        struct task *now = task_edit(step, task, &before);
        task_apply_status(step, now, REPORTED_OPEN);
        task_changed(step, task, before);
        return;
    }
    for (struct entry *e = NULL; (e = duty_next_guest(step, e, name));)
        if (!e->duty->moved_to.p) duty_edit(step, e)->held = true;
}

void duty_met_take_back(struct step *step, const struct duty *in)
{
    struct entry *entry = duty_entry(step, in->incident_id, in->name);
    if (!entry->exists || !entry->duty->met || is_later(entry->duty, in)) return;
    struct duty on = *in;
    on.told = entry->duty->told;
    tell_again(step, &on);
    forget(step, entry);
    if (duty_is_met(step, in->name)) return;
    go_on(step, in->name);
    step->incident->brought |= CHANGE_UNMET;
}
