/* SPDX-License-Identifier: Apache-2.0 */
/* What a tracker or a person says of a task, and where it does not count. */
#include "task_update.h"

#include "closing.h"
#include "deadline.h"
#include "finding_task.h"
#include "incident.h"
#include "obligation.h"
#include "order.h"
#include "task.h"

/* Where finding and tracker contradict each other the later to arrive wins, save that a finding
 * which is ended keeps its task closed (R3.28), as does an incident that is
 * none or was merged. */
static bool stays_closed(struct step *step, const struct task *task)
{
    if (task->status != STATUS_CLOSED) return false;
    if (incident_is_put_aside(step->incident)) return true;
    if (!task_kind_is_finding_work(task->kind)) return false;
    /* A finding that is held while its incident is followed up is about to open its task itself. */
    const struct finding *finding = step_finding_entry(step, task->finding_id)->finding;
    return finding_task_is_ended(finding) || !finding->kind;
}

static void take_work(struct step *step, struct task *task, const struct task *before,
                      const struct task_update_event *event)
{
    if (event->status && !stays_closed(step, task)) {
        struct claim claim = {before, event->status, task->priority, task->owner, event->by};
        task_apply_status(step, task, closing_judge(step, &claim));
    }
    /* Of the occurrence that the status leads to. */
    if (event->present & TASK_UPDATE_EVIDENCE) task->evidence = event->evidence;
    if (event->present & TASK_UPDATE_SNOOZED_UNTIL)
        task_apply_snooze(step, task, event->snoozed_until);
}

void task_update_take(struct step *step, const struct task_update_event *event)
{
    struct entry *entry = step_task_entry(step, event->name);
    if (!order_is_later(entry->task->order, event->order)) return;
    step->cause.by = event->by;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task->order = order_advance(step->arena, task->order, event->order);

    if (event->present & TASK_UPDATE_OWNER)
        task->owner = owner_is_nobody(event->owner) ? rules_of(step, task).fallback
                                                    : policy_owner(step->policy, task->owner,
                                                                   event->owner, event->owner_part);
    if (event->present & TASK_UPDATE_TRACKER) task->tracker = event->tracker;
    if (task->kind == KIND_OBLIGATION)
        obligation_update(step, task, event);
    else
        take_work(step, task, before, event);
    if (event->present & TASK_UPDATE_REASON)
        task->reason = event->reason;
    else if (task_has_other_status(before, task) && event->status != REPORTED_DISMISSED)
        task->reason = STR_NONE;
    task_changed(step, entry, before);
    task_tell_warnings(step, entry);
    if (task->kind == KIND_OBLIGATION) obligation_follow(step);
}

/* The task that it names, or NULL. */
static const struct task *task_named(struct step *step, struct str name)
{
    if (!name.p) return NULL;
    const struct entry *entry = step_task_entry(step, name);
    return entry->exists ? entry->task : NULL;
}

bool task_update_refused(struct step *step, const struct task_update_event *event)
{
    const struct task *task = task_named(step, event->name);
    if (!task) {
        step->d->refused = (struct refused){
            REFUSE_UNKNOWN_TASK,
            arena_printf(step->arena, "task_id: there is no task '%.*s'", STR_ARG(event->task_id)),
            event->incident_id};
        return true;
    }
    if (step_refuse_crowded(step, task->order, event->order)) return true;
    bool has_reason = (event->present & TASK_UPDATE_REASON) ? event->reason.n : task->reason.n;
    if (event->status == REPORTED_DISMISSED && !has_reason) {
        step->d->refused =
            (struct refused){REFUSE_MISSING_FIELD,
                             STR("reason: a dismissal needs a reason, a text"), event->incident_id};
        return true;
    }
    return false;
}
