/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a task-updated of a duty goes. Told under the name of the incident that asks for it, it follows that
 * duty. Told under the name of a task that stands for the duties of others, it is of the task that goes on
 * with these now: it follows one of them, and ends in the first incident that has a task for it. Of such a name
 * the incident where it was told knows alone which records were taken, and compares them.
 */
#include "duty_told.h"

#include "duty.h"
#include "order.h"

struct str duty_told_key(struct arena *arena, struct str header_key,
                         const struct task_update_event *event)
{
    struct str from = event->origin.incident_id;
    return from.p && event->name.p ? state_duty_key(arena, header_key, event->name, from)
                                   : STR_NONE;
}

struct str duty_told_name(struct step *step, const struct task_update_event *event)
{
    if (event->origin.incident_id.p) return event->name;
    if (!step->incident->duties || !state_duty_name(event->name).p) return STR_NONE;
    const struct entry *task = step_task_entry(step, event->name);
    if (task->exists) return duty_name(step, task->task);
    if (!event->party.p) return state_duty_name(event->name);
    return duty_party_name(step, event->party);
}

static struct str from_of(const struct task_update_event *event)
{
    return event->origin.incident_id.p ? event->origin.incident_id : event->incident_id;
}

static struct entry *entry_of(struct step *step, const struct task_update_event *event)
{
    return duty_entry(step, from_of(event), duty_told_name(step, event));
}

/* Whether it has come from a task that stood for this duty: the first that it has come through is not the
 * one that asks for it. */
static bool is_by_stand_in(const struct task_update_event *event)
{
    return !str_eq(event->passed.items[0], event->origin.incident_id);
}

struct entry *duty_told_stand_in(struct step *step, const struct task_update_event *event)
{
    if (event->origin.incident_id.p || !duty_told_name(step, event).p) return NULL;
    struct entry *task = step_task_entry(step, event->name);
    bool stands = task->exists && task->task->for_others && !entry_of(step, event)->exists;
    return stands ? task : NULL;
}

/* Whether it is of the task that there is, whoever asks for it: also where nothing is known here (any more) of
 * the duty that it speaks of. */
static bool is_of_all(struct step *step, const struct task_update_event *event)
{
    if (!event->origin.incident_id.p) return duty_told_stand_in(step, event);
    return is_by_stand_in(event) || !entry_of(step, event)->exists;
}

/* The incident that the work of a guest went to from here, or was done in; absent: it is here. */
static struct str gone_to(const struct duty *guest)
{
    return guest->met ? guest->incident_id : guest->moved_to;
}

/* Whether work of it is here: a task that is open or done, or what merged incidents have brought. */
static bool is_here(struct step *step, struct str name)
{
    const struct entry *task = duty_task(step, name);
    if (task->exists && (task->task->status != STATUS_CLOSED || task_is_done(task->task)))
        return true;
    const struct entry *e = duty_next_guest(step, NULL, name);
    while (e && gone_to(e->duty).p) e = duty_next_guest(step, e, name);
    return e;
}

/* Where the work is for which this task stood, all of which has gone. Of several duties it is told of one that
 * went where the task says that it goes on; `duty`: of which incident. */
static struct str left_with(struct step *step, const struct task *task, struct origin *duty)
{
    struct str name = duty_name(step, task), first = STR_NONE, to = STR_NONE;
    bool is_found = false;
    for (const struct entry *e = NULL; (e = duty_next_guest(step, e, name));) {
        struct str id = state_task_id(step->arena, gone_to(e->duty), STR(""));
        bool is_there = str_starts(task->moved_to, id);
        bool is_before = !first.p || str_cmp(e->key, first) < 0;
        if (is_there < is_found || (is_there == is_found && !is_before)) continue;
        first = e->key;
        is_found = is_there;
        duty->incident_id = e->duty->incident_id;
        to = gone_to(e->duty);
    }
    return to;
}

struct str duty_told_goes_to(struct step *step, const struct task_update_event *event,
                             struct origin *duty)
{
    struct str name = duty_told_name(step, event);
    *duty = (struct origin){from_of(event), STR_NONE};
    if (!name.p) return STR_NONE;
    if (is_of_all(step, event) && is_here(step, name)) return STR_NONE;
    struct entry *task = duty_told_stand_in(step, event);
    if (task) return left_with(step, task->task, duty);
    return duty_goes_to(step, duty->incident_id, name, event->passed);
}

struct entry *duty_told_held(struct step *step, const struct task_update_event *event,
                             const struct entry *after)
{
    struct str name = duty_told_name(step, event);
    if (!name.p) return NULL;
    if (is_of_all(step, event)) {
        struct entry *e = duty_next_guest(step, after, name);
        while (e && !e->duty->held) e = duty_next_guest(step, e, name);
        return e;
    }
    struct entry *entry = entry_of(step, event);
    return !after && entry->exists && entry->duty->held ? entry : NULL;
}

struct entry *duty_told_guest(struct step *step, const struct task_update_event *event)
{
    bool is_guest = event->origin.incident_id.p && event->name.p && !is_by_stand_in(event) &&
                    !str_eq(event->origin.incident_id, step->incident->incident_id);
    struct entry *entry = is_guest ? entry_of(step, event) : NULL;
    return entry && entry->exists ? entry : NULL;
}

bool duty_told_is_ordered(struct step *step, const struct task_update_event *event)
{
    if (!event->origin.incident_id.p || !event->name.p) return false;
    if (is_by_stand_in(event)) return true;
    return !str_eq(event->origin.incident_id, step->incident->incident_id) &&
           !duty_told_guest(step, event);
}

bool duty_told_note(struct step *step, const struct task_update_event *event)
{
    struct entry *entry = duty_told_stand_in(step, event);
    if (!entry) return true;
    if (!order_is_later(entry->task->order, event->order)) return false;
    struct task *task = arena_copy(step->arena, entry->task, sizeof *task);
    task->order = order_advance(step->arena, task->order, event->order);
    entry->task = task;
    step_touch(step, entry);
    return true;
}
