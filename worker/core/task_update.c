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

static bool has_reason(const struct task *task, const struct task_update_event *event)
{
    return (event->present & TASK_UPDATE_REASON) ? event->reason.n : task->reason.n;
}

/* What it says of the end; one that was wanting something is said again by what it wanted. */
static void take_end(struct step *step, struct task *task, const struct task *before,
                     const struct task_update_event *event)
{
    bool says_until = event->present & TASK_UPDATE_ACCEPTED_UNTIL;
    bool says_by = event->present & TASK_UPDATE_ACCEPTED_BY;
    struct claim claim = {
        .task = before,
        .status = event->status,
        .priority = task->priority,
        .owner = task->owner,
        .by = event->by,
        .has_reason = has_reason(task, event),
        .accepted_until = event->accepted_until,
        .accepted_by = event->accepted_by,
    };
    if (!claim.status && (says_until || says_by)) claim.status = task->refused;
    closing_accept(step, &claim, says_until, says_by);
    task->accepted_until = claim.accepted_until;
    task->accepted_by = claim.accepted_by;
    if (!claim.status) return;
    enum reported_status taken = closing_judge(step, &claim);
    if (taken)
        task_apply_status(step, task, taken);
    else
        task_note_refused(step, task, claim.status);
}

static void take_work(struct step *step, struct task *task, const struct task *before,
                      const struct task_update_event *event)
{
    if (!stays_closed(step, task)) take_end(step, task, before, event);
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
    else if (task_has_other_status(before, task) && event->status != REPORTED_DISMISSED &&
             task->resolution != RESOLUTION_WONT_FIX)
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
    struct claim claim = {
        .status = event->status,
        .priority = task->priority,
        .has_reason = has_reason(task, event),
        .accepted_until = event->present & TASK_UPDATE_ACCEPTED_UNTIL ? event->accepted_until
                                                                      : task->accepted_until,
        .accepted_by =
            event->present & TASK_UPDATE_ACCEPTED_BY ? event->accepted_by : task->accepted_by,
    };
    /* No duty ends by that word: it is ignored, with a warning. */
    if (task->kind == KIND_OBLIGATION && claim.status == REPORTED_WONT_FIX) return false;
    return closing_refuse_reason(step, &claim, event->incident_id);
}
