/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Duties that merged incidents have in common. The duty of an incident is one thing wherever it goes,
 * as a finding is, and goes the same ways; but where several come to one incident, or it asks for the
 * same duty itself, one task stands for all. Why none is lost, and none asked for twice, is in
 * docs/design.md, "A duty is one task".
 */
#include "duty.h"

#include "deadline.h"
#include "forward.h"
#include "incident.h"
#include "state_key.h"
#include "task.h"
#include "task_arrive.h"

/* ---- what is known of it ---- */

struct entry *duty_entry(struct step *step, struct str incident_id, struct str name)
{
    return step_holder(step, state_duty_key(step->arena, step->header->key, name, incident_id));
}

struct entry *duty_own(struct step *step, struct str name)
{
    return duty_entry(step, step->incident->incident_id, name);
}

struct str duty_party_name(struct step *step, struct str key)
{
    return arena_join(step->arena, STR("coordination/"), state_encode_part(step->arena, key),
                      STR_NONE);
}

struct str duty_name(struct step *step, const struct task *task)
{
    if (task->kind != KIND_COORDINATION || !task->party.p) return state_duty_name(task->name);
    return duty_party_name(step, task->party);
}

/* A party's task is called by what was written first in its incident. */
struct entry *duty_task(struct step *step, struct str name)
{
    struct str part = state_duty_part(name), key = state_decode_part(step->arena, part);
    struct entry *named = step_task_entry(step, task_name(step, state_task_kind(name), part));
    struct entry *found = NULL;
    if (named->exists || state_task_kind(name) != KIND_COORDINATION) return named;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        if (e->exists && e->type == ENTRY_TASK && str_eq(e->task->party, key) &&
            (!found || str_cmp(e->key, found->key) < 0))
            found = e;
    return found ? found : named;
}

bool duty_is_away(struct step *step, struct str name)
{
    return duty_is_elsewhere(duty_own(step, name));
}

const struct task *duty_carried(struct step *step, struct str name)
{
    const struct entry *entry = duty_own(step, name);
    return duty_is_elsewhere(entry) ? entry->duty->carried.items : NULL;
}

struct entry *duty_next_guest(const struct step *step, const struct entry *after, struct str name)
{
    if (!step->incident->duties) return NULL;
    struct entry *e = after ? after->next_sibling : step->header->next_sibling;
    while (e && !(e->exists && e->type == ENTRY_DUTY && str_eq(e->duty->name, name) &&
                  !duty_is_own(step, e->duty)))
        e = e->next_sibling;
    return e;
}

/* Whether the task that is here goes on with it. */
static bool rests(const struct entry *guest)
{
    return !guest->duty->moved_to.p && !guest->duty->met && !guest->duty->held;
}

bool duty_has_guests(const struct step *step, struct str name)
{
    const struct entry *e = duty_next_guest(step, NULL, name);
    while (e && !rests(e)) e = duty_next_guest(step, e, name);
    return e != NULL;
}

const struct task *duty_first_due(struct step *step, struct str name)
{
    const struct task *first = NULL;
    for (const struct entry *e = NULL; (e = duty_next_guest(step, e, name));) {
        const struct task *task = e->duty->carried.items;
        if (rests(e) && (!first || task->due_at < first->due_at)) first = task;
    }
    return first;
}

/* Of several the one of the first key: nothing depends on the order in which they were loaded. */
const struct task *duty_met_elsewhere(const struct step *step, struct str name)
{
    const struct entry *first = NULL;
    for (const struct entry *e = NULL; (e = duty_next_guest(step, e, name));)
        if (e->duty->met && (!first || str_cmp(e->key, first->key) < 0)) first = e;
    return first ? first->duty->carried.items : NULL;
}

const struct task *duty_work(struct step *step, struct str name)
{
    const struct entry *entry = duty_task(step, name);
    if (task_entry_is_done(entry)) return entry->task;
    const struct task *met = duty_met_elsewhere(step, name);
    return met || !entry->exists ? met : entry->task;
}

bool duty_is_met(struct step *step, struct str name)
{
    const struct task *work = duty_work(step, name);
    return work && task_is_done(work);
}

/* ---- as it is written ---- */

struct duty *duty_edit(struct step *step, struct entry *entry)
{
    entry->duty = arena_copy(step->arena, entry->duty, sizeof *entry->duty);
    step_touch(step, entry);
    return entry->duty;
}

void duty_carry(struct step *step, struct duty *duty, const struct task *task)
{
    duty->carried = (struct task_list){arena_copy(step->arena, task, sizeof *task), 1};
}

struct task duty_as_sent(struct step *step, const struct task *task)
{
    struct task copy = *task;
    copy.moved_from = state_task_id(step->arena, task->incident_id, task->name);
    copy.moved_to = STR_NONE;
    copy.for_others = false;
    return copy;
}

void duty_point_to(struct step *step, struct entry *task, struct str incident_id, struct str id,
                   enum resolution resolution)
{
    const char *says = resolution == RESOLUTION_DUPLICATE ? "merged into %.*s" : "goes on in %.*s";
    task_leave(step, task, resolution, id, arena_printf(step->arena, says, STR_ARG(incident_id)));
}
