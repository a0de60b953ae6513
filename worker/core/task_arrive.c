/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that comes from another incident, with a merge or back from one. It goes on with what it had:
 * as a task that arrives, or with the one that is here already.
 */
#include "task_arrive.h"

#include "closing.h"
#include "deadline.h"
#include "occurrence.h"
#include "task_clock.h"

/* No occurrence of the task that was here, and was closed, comes back, and no number of a reminder in one. */
static void follow_on(struct task *task, const struct task *before)
{
    bool is_again = task->status != STATUS_CLOSED;
    if (!before->moved_to.p || !task->moved_from.p)
        task->occurrence = before->occurrence + is_again;
    else if (before->occurrence > task->occurrence)
        task->occurrence = before->occurrence;
    if (task->occurrence > before->occurrence) return;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
        if (before->reminders[kind].number > task->reminders[kind].number)
            task->reminders[kind].number = before->reminders[kind].number;
}

struct entry *task_arrive(struct step *step, const struct task_seed *seed,
                          const struct task *carried)
{
    struct str name = task_name(step, seed->kind, seed->part);
    struct entry *entry = step_task_entry(step, name);
    const struct task *before = entry->exists ? entry->task : NULL;
    occurrence_ensure_open(step);
    struct task *task = arena_copy(step->arena, carried, sizeof *carried);
    /* Its own time never runs back. */
    step->at = time_later(step->cause.at, carried->updated_at);
    if (before) step->at = time_later(step->at, before->updated_at);
    task->name = name;
    task->incident_id = step->incident->incident_id;
    task->finding_id = seed->finding_id;
    task->origin = seed->origin;
    if (task->kind != seed->kind) {
        task->queue = seed->ruling.queue;
        task->policy_rule = seed->ruling.rule;
    }
    task->kind = seed->kind;
    task->moved_to = STR_NONE;
    task->policy_version = step->policy->version;
    task->created_at = before ? before->created_at : step->at;
    task->updated_at = step->at;
    /* That it comes is an update: nobody is told that there was none while it was held. */
    task->touched_at = time_later(task->touched_at, step->at);
    task->version = before ? before->version + 1 : 1;
    if (before) follow_on(task, before);
    task_rise(step, task, seed->ruling.priority);
    task_clock_judge(step, task);
    task_put(step, entry, task);
    return entry;
}

/* Of two clocks the one that ends first, with what was said of it. */
static void take_clock(struct task *task, const struct task *other)
{
    task->assign_due_at = time_first(task->assign_due_at, other->assign_due_at);
    if (other->due_at >= task->due_at) return;
    task->due_at = other->due_at;
    task->due_fixed = other->due_fixed;
    task->clock_start = other->clock_start;
    task->clock_moved = other->clock_moved;
    task->paused_for = other->paused_for;
    task->overdue_from = other->overdue_from;
    task->escalated |= other->escalated;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++) {
        struct reminder_state *ours = &task->reminders[kind];
        ours->last = time_later(ours->last, other->reminders[kind].last);
        ours->said = other->reminders[kind].said;
    }
    if (task->first_breached_at == TIME_NONE) task->first_breached_at = other->first_breached_at;
}

/* What nobody has said of it so far. */
static void take_what_lacks(struct task *task, const struct task *other)
{
    bool is_ours = owner_eq(task->owner, task->given);
    bool has_ticket = task->tracker.key.p;
    if (!has_ticket) task->tracker = other->tracker;
    /* Who follows it knows whose ticket that is. */
    if (!task->moved_from.p || (!has_ticket && other->tracker.key.p))
        task->moved_from = other->moved_from;
    if (task->status == STATUS_OPEN) {
        task->status = other->status;
        task->resolved_at = other->resolved_at;
    }
    if (is_ours && !owner_is_nobody(other->owner) && !owner_eq(other->owner, other->given))
        task->owner = other->owner;
    if (!task->reason.p) task->reason = other->reason;
    if (!task->evidence.n) task->evidence = other->evidence;
    if (task->submitted_at == TIME_NONE) task->submitted_at = other->submitted_at;
    if (!task->participants.n) task->participants = other->participants;
}

/* An obligation that has all that it takes to be done (R4.138). */
static bool is_submitted(const struct step *step, const struct task *task)
{
    return task->kind == KIND_OBLIGATION && task->submitted_at != TIME_NONE &&
           !closing_task_lacks_evidence(step->policy, task);
}

void task_join(struct step *step, struct entry *entry, const struct task *carried)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    struct task other = *carried;
    /* Where one has it, somebody has said that it is not done all the same. */
    bool is_said = is_submitted(step, task) || is_submitted(step, &other);
    /* It waits only where both do. */
    if (task_is_paused(&other) && !task_is_paused(task)) task_clock_resume(step, &other);
    if (task_is_paused(task) && !task_is_paused(&other)) task_clock_resume(step, task);
    take_what_lacks(task, &other);
    task_rise(step, task, other.priority);
    take_clock(task, &other);
    if (!is_said && is_submitted(step, task)) task_apply_status(step, task, REPORTED_VERIFIED);
    task_changed(step, entry, before);
}
